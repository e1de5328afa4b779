"""The key figures of a whole log follow from the moments of its cases."""  # K14, K16, K17, K24, K25, K31

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.analytics.whole_log import Reopened, WholeLog, figures_document
from servicecrm.calendars import Calendar
from servicecrm.errors import NaiveDatetime
from servicecrm.tracking import Moment, Moments, Side

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
OFFICE = Calendar(zone="UTC", hours="mon-fri 09:00-17:00")
HOUR = timedelta(hours=1)


def life(*told: tuple[str, float] | tuple[str, float, str]) -> Moments:
    """The moments of a case, each so many hours after Monday nine o'clock."""
    return tuple(
        Moment(
            n=n,
            kind=kind,
            occurred_at=MONDAY + hours * HOUR,
            recorded_at=MONDAY + hours * HOUR,
            side=Side.INSIDE,
            code=code[0] if code else None,
        )
        for n, (kind, hours, *code) in enumerate(told, 1)
    )


def log(*lives: Moments, now: datetime = MONDAY + timedelta(days=14)) -> WholeLog:
    whole = WholeLog(hours=OFFICE, now=now)
    for n, moments in enumerate(lives):
        whole.take(f"c-{n}", moments[0].occurred_at, moments)
    return whole


RECEIVED = ("received", 0.0)


def test_the_figures_of_three_cases_are_those_that_a_person_counts() -> None:
    found = figures_document(
        log(
            # Six open hours, of which the customer was waited for two; passed on once, then closed.
            life(RECEIVED, ("waiting", 1, "customer"), ("resumed", 3, "customer"), ("forwarded", 4), ("closed", 6)),
            # Answered after two hours, closed the next day, taken up again, and open since.
            life(RECEIVED, ("answered", 2), ("closed", 24), ("reopened", 26), ("forwarded", 27)),
            # Came in on the second Monday, withdrawn at once.
            life(("received", 168), ("withdrawn", 169)),
        ).figures()
    )

    assert found["K14"] == {"value": 3.0, "unit": "hours", "n": 2}  # four and two hours
    assert (found["K14.median"]["value"], found["K14.p90"]["value"]) == (3.0, 4.0)
    assert found["K16"] == {"value": 0.5, "unit": "count", "n": 2}  # one forward before two closings
    assert found["K17"]["value"] == 50.0
    flow = [found[kpi]["value"] for kpi in ("K24", "K24.received", "K24.reopened", "K24.ended")]
    assert flow == [1, 3, 1, 3]
    assert found["K25"] == {"value": 50.0, "unit": "percent", "n": 2}
    assert found["K31"] == {"value": 10.0, "unit": "business_days", "n": 1}
    assert found["K31.open"]["parts"] == {"0-2": 0, "3-5": 0, "6-10": 1, "11-20": 0, ">20": 0}


def test_who_closes_a_case_in_the_row_that_passes_it_on_has_it() -> None:
    found = figures_document(log(life(RECEIVED, ("closed", 1), ("forwarded", 1))).figures())

    assert found["K16"]["value"] == 1.0


def test_reopenings_stand_in_the_month_of_the_zone_in_which_they_happened() -> None:
    whole = WholeLog(hours=OFFICE, now=MONDAY + timedelta(days=90), zone=ZoneInfo("Pacific/Auckland"))
    april = 24 * 29 + 2  # 31 March, eleven o'clock in UTC, is the midnight with which April begins in Auckland
    whole.take("c", MONDAY, life(RECEIVED, ("closed", 1), ("reopened", april - 1), ("closed", april)))

    assert whole.reopened() == (
        Reopened(month="2026-03", closed=1, reopened=1),
        Reopened(month="2026-04", closed=1, reopened=0),
    )


def test_what_comes_after_the_moment_of_the_summary_does_not_count_yet() -> None:
    whole = log(life(RECEIVED, ("closed", 5)), now=MONDAY + 4 * HOUR)

    assert figures_document(whole.figures())["K24"]["value"] == 1
    assert whole.reopened() == ()


def test_a_log_without_cases_has_no_figures_and_no_zero_in_their_place() -> None:
    found = figures_document(log().figures())

    assert [found[kpi]["value"] for kpi in ("K14", "K16", "K17", "K25", "K31")] == [None] * 5
    assert found["K24"]["value"] == 0


def test_now_needs_a_zone() -> None:
    with pytest.raises(NaiveDatetime):
        WholeLog(hours=OFFICE, now=datetime(2026, 3, 2))


KINDS = st.sampled_from(["answered", "closed", "withdrawn", "reopened", "forwarded", "waiting", "resumed"])
LIVES = st.lists(st.lists(st.tuples(KINDS, st.integers(0, 200)), max_size=8), max_size=6)


@given(LIVES)
def test_what_is_open_is_what_came_in_and_was_reopened_and_did_not_end(told: list[list[tuple[str, int]]]) -> None:
    lives = [life(RECEIVED, *sorted(each, key=lambda moment: moment[1])) for each in told]
    found = figures_document(log(*lives).figures())
    open_, received, reopened, ended = (
        found[kpi]["value"] for kpi in ("K24", "K24.received", "K24.reopened", "K24.ended")
    )

    assert received == len(lives)
    assert open_ == received + reopened - ended  # type: ignore[operator]
    assert sum(found["K31.open"]["parts"].values()) == open_  # type: ignore[attr-defined]

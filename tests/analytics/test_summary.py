"""A summary counts cases from plain rows; its numbers add up, and it prints in every language."""

import json
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.analytics import CaseRow, Month, Share, summarise
from servicecrm.analytics.printing import TEXTS
from servicecrm.errors import InvalidValue, NaiveDatetime

NOW = datetime(2026, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def an_open(**changes: Any) -> CaseRow:
    return CaseRow(state="in_handling", open=True, received_at=NOW - DAY)._replace(**changes)


def a_closed(**changes: Any) -> CaseRow:
    return CaseRow(state="closed", open=False, received_at=NOW - 9 * DAY, closed_at=NOW - DAY)._replace(**changes)


MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))
COMMON = {
    "received_at": MOMENTS,
    "due_at": st.none() | MOMENTS,
    "reopenings": st.integers(0, 3),
    "forwards": st.integers(0, 9),
    "category": st.none() | st.sampled_from("abcdefghijklmn"),
    "handler": st.none() | st.sampled_from("xyz"),
}
OPEN = st.builds(
    CaseRow,
    state=st.sampled_from(["recorded", "in_handling", "responded"]),
    open=st.just(value=True),
    closed_at=st.none(),
    **COMMON,
)
ENDED = st.builds(
    CaseRow,
    state=st.sampled_from(["closed", "withdrawn"]),
    open=st.just(value=False),
    closed_at=st.none() | MOMENTS,
    **COMMON,
)
ROWS = st.lists(OPEN | ENDED)


@given(ROWS, st.sampled_from([UTC, ZoneInfo("Pacific/Auckland")]))
def test_every_case_is_counted_once_and_the_months_add_up(rows: list[CaseRow], zone: tzinfo) -> None:
    summary = summarise(rows, now=NOW, zone=zone)
    undated = sum(not row.open and row.closed_at is None for row in rows)

    assert summary.cases == len(rows) == summary.open + summary.closed + summary.withdrawn
    assert sum(share.cases for share in summary.ageing) == summary.open
    assert sum(month.received for month in summary.backlog) == summary.cases - undated
    assert sum(month.closed for month in summary.backlog) == summary.closed + summary.withdrawn - undated
    open_start = 0
    for month in summary.backlog:
        assert month.open_end == open_start + month.received - month.closed
        open_start = month.open_end
    assert open_start == summary.open
    months = [month.month for month in summary.backlog]
    assert months == sorted(set(months))


@given(ROWS.flatmap(lambda rows: st.tuples(st.just(rows), st.permutations(rows))))
def test_the_order_of_the_rows_does_not_matter(both: tuple[list[CaseRow], list[CaseRow]]) -> None:
    rows, mixed = both

    assert summarise(iter(mixed), now=NOW) == summarise(rows, now=NOW)


def test_a_case_closed_at_its_target_is_on_time_and_a_second_later_is_late() -> None:
    closed = NOW - DAY
    rows = [
        a_closed(due_at=closed),
        a_closed(due_at=closed - timedelta(seconds=1)),
        a_closed(due_at=closed - DAY, state="withdrawn"),  # nobody was late for it
        a_closed(),
        an_open(due_at=NOW),
        an_open(due_at=NOW - timedelta(seconds=1)),
        an_open(),
    ]
    summary = summarise(rows, now=NOW)

    assert (summary.on_time, summary.overdue, summary.open_on_time, summary.open_overdue) == (1, 1, 1, 1)
    assert (summary.closed, summary.withdrawn, summary.open) == (3, 1, 3)


@pytest.mark.parametrize(
    ("age", "group"),
    [
        (-DAY, "0_7"),
        (8 * DAY - timedelta(seconds=1), "0_7"),
        (8 * DAY, "8_30"),
        (31 * DAY, "31_90"),
        (91 * DAY - timedelta(seconds=1), "31_90"),
        (91 * DAY, "over_90"),
    ],
)
def test_open_cases_are_grouped_by_full_days_of_age(age: timedelta, group: str) -> None:
    summary = summarise([an_open(received_at=NOW - age), a_closed()], now=NOW)

    assert [share.name for share in summary.ageing if share.cases] == [group]


def test_a_month_begins_where_the_zone_says_and_quiet_months_are_shown() -> None:
    rows = [an_open(received_at=datetime(2026, 1, 31, 23, 30, tzinfo=UTC)), a_closed(received_at=NOW - 90 * DAY)]

    assert summarise(rows, now=NOW).backlog[0].month == "2026-01"
    assert summarise(rows, now=NOW, zone=ZoneInfo("Europe/Berlin")).backlog == (
        Month(month="2026-02", received=1, closed=0, open_end=1),
        Month(month="2026-03", received=1, closed=0, open_end=2),
        Month(month="2026-04", received=0, closed=0, open_end=2),
        Month(month="2026-05", received=0, closed=1, open_end=1),
    )


def test_the_most_frequent_categories_and_the_handlers_of_open_cases_come_first() -> None:
    rows = [an_open(category="b", handler="z"), an_open(category="b"), a_closed(category="c", handler="y"), a_closed()]
    summary = summarise([*rows, a_closed(category="a")], now=NOW, top=3)

    assert summary.categories == (Share(name="b", cases=2), Share(name="a", cases=1), Share(name="c", cases=1))
    assert summary.handlers == (Share(name="z", cases=1), Share(name=None, cases=1))


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(NaiveDatetime):
        summarise([], now=datetime(2026, 1, 1))


def test_the_dict_is_json_and_tells_of_a_log_only_if_there_was_one() -> None:
    rows = [an_open(category="Leak"), a_closed(due_at=NOW)]
    plain = summarise(rows, now=NOW, events=7, findings=0, refused_rows=1).to_dict()

    assert json.loads(json.dumps(plain)) == plain
    assert plain["now"] == "2026-06-01T00:00:00+00:00"
    assert plain["ageing"] == {"0_7": 1, "8_30": 0, "31_90": 0, "over_90": 0}
    assert {"events": 7, "findings": 0, "refused_rows": 1, "on_time": 1}.items() <= plain.items()
    assert not {"events", "findings", "refused_rows"} & summarise(rows, now=NOW).to_dict().keys()


def test_the_text_has_a_line_for_each_number() -> None:
    rows = [an_open(category="Leak", received_at=NOW - 40 * DAY), a_closed(due_at=NOW, forwards=1_200)]

    assert list(summarise(rows, now=NOW, events=7).lines()) == [
        "Cases                     2",
        "Open                      1",
        "Closed                    1",
        "Withdrawn                 0",
        "Cases taken up again      0",
        "Times taken up again      0",
        "Forwards              1,200",
        "Closed on time            1",
        "Closed late               0",
        "Open, still on time       0",
        "Open and overdue          0",
        "Events                    7",
        "",
        "Age of open cases",
        "  0 to 7 days    0",
        "  8 to 30 days   0",
        "  31 to 90 days  1",
        "  over 90 days   0",
        "",
        "Most frequent categories",
        "  Leak    1",
        "  (none)  1",
        "",
        "Backlog by month",
        "  Month    Received  Ended  Open at end",
        "  2026-04         1      0            1",
        "  2026-05         1      1            1",
    ]


def test_an_empty_set_has_a_text_too() -> None:
    assert [line.split() for line in summarise([], now=NOW).lines()][:2] == [["Cases", "0"], ["Open", "0"]]


def test_every_text_is_there_in_every_language() -> None:
    assert set(TEXTS.languages) == {"en", "de", "zh"}
    assert TEXTS.problems() == ()
    summary = summarise([an_open(category="Leck")], now=NOW)
    for language, word in (("de-AT", "Offen"), ("zh", "未结案"), ("fr", "Open")):
        assert any(line.startswith(word) for line in summary.lines(language=language))
    with pytest.raises(InvalidValue):
        list(summary.lines(language="?"))

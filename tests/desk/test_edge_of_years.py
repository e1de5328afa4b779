"""Times at the edge of the calendar are refused by the name of their argument, and stop nobody's work."""  # C125

import logging
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any, Final

import pytest

from servicecrm.desk import Desk
from servicecrm.errors import InvalidValue
from servicecrm.kernel.years import in_years
from servicecrm.testing import FixedClock
from tests.desk.calling import bring

DAY: Final = timedelta(days=1)
AFTER: Final = datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-14)))
BEFORE: Final = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))

CALLS: Final[dict[str, Callable[[Desk, datetime], object]]] = {
    "as_of, of key figures": lambda crm, at: crm.kpis("2026-Q1", as_of=at),
    "as_of, of customers": lambda crm, at: crm.numbers.customers("2026-Q1", as_of=at),
    "now": lambda crm, at: crm.sweep(at),
    "at": lambda crm, at: crm.timers(bring(crm, "complaints", "recorded").id, at=at),
    "since": lambda crm, at: crm.customers.timeline(bring(crm, "customers", "active").id, since=at),
    "planned_for": lambda crm, at: crm.meetings.plan("Spring", customer="c-1", planned_for=at),
    "cut_off": lambda crm, at: produce(crm, cut_off=at),
}


@pytest.fixture
def kind() -> str:
    """One kind of store, as no store is asked."""
    return "memory"


def produce(crm: Desk, **told: Any) -> object:
    spec = bring(crm, "report_specs", "specified")
    return crm.report_specs.produce(spec.id, **{"due_on": crm.clock().date(), "digest": "d" * 64, **told})


@pytest.mark.parametrize("at", [AFTER, BEFORE], ids=["after the last", "before the first"])
@pytest.mark.parametrize("name", CALLS)
def test_a_time_that_is_none_in_utc_is_refused_by_name(crm: Desk, name: str, at: datetime) -> None:
    with pytest.raises(InvalidValue, match=f"{name.partition(',')[0]}: it leads out of the years 1 to 9999"):
        CALLS[name](crm, at)


def test_a_report_is_not_made_for_the_last_day_of_the_calendar(crm: Desk) -> None:
    with pytest.raises(InvalidValue, match="due_on: it leads out of the years"):
        produce(crm, due_on=date.max, cut_off=crm.clock())


@pytest.mark.parametrize(
    ("days", "says"),
    [
        (10**7, "it leads out of the years"),
        (10**40, "it leads out of the years"),
        (float("nan"), "expected a whole number"),
        (float("inf"), "expected a whole number"),
    ],
)
def test_nobody_looks_further_ahead_than_there_are_days(crm: Desk, days: Any, says: str) -> None:
    bring(crm, "review_schedules", "active")

    with pytest.raises(InvalidValue, match=f"ahead_days: {says}"):
        crm.review_schedules.overdue(ahead_days=days)


@pytest.mark.parametrize("days", [0, 1, 300])
def test_a_sweep_needs_room_to_count_days_from_its_time(crm: Desk, days: int) -> None:
    bring(crm, "review_schedules", "active")

    for at in (datetime.max.replace(tzinfo=UTC) - days * DAY, datetime.min.replace(tzinfo=UTC) + days * DAY):
        with pytest.raises(InvalidValue, match="now: it leads out of the years"):
            crm.sweep(at)


def test_a_schedule_that_cannot_be_read_does_not_keep_others_from_being_swept(
    crm: Desk, clock: FixedClock, caplog: pytest.LogCaptureFixture
) -> None:  # C084
    told: dict[str, Any] = {"customer": "c-1", "every": "1 month", "owner": "ann"}
    odd = crm.review_schedules.start("review", first=date(1900, 1, 1), roll="next", **told)
    late = crm.review_schedules.start("meeting", first=clock().date(), **told)
    clock.advance(days=20)

    with caplog.at_level(logging.WARNING, "servicecrm"):
        swept = crm.sweep()
    assert {each.source for each in crm.actions.find()} == {late.id}
    assert len(swept.events) == crm.actions.count() > 0
    assert f"the schedule {odd.id}" in caplog.text


def test_a_time_is_in_the_years_if_all_that_is_near_it_is() -> None:
    last, spare = datetime.max.replace(tzinfo=UTC), 2 * DAY
    assert in_years("at", last) == last
    assert in_years("at", last - spare, spare=spare) == last - spare
    with pytest.raises(InvalidValue):
        in_years("at", last - spare + timedelta(microseconds=1), spare=spare)
    with pytest.raises(InvalidValue, match="zone"):
        in_years("at", datetime(2026, 3, 2))

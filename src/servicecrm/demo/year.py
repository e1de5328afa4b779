"""The year: stories that run side by side, each at its own times, on a clock that only they move."""

from collections.abc import Iterator
from datetime import date
from typing import Final

from servicecrm.calendars import Calendar
from servicecrm.demo.cast import CASES, COMPLAINTS, CUSTOMERS, HEAD
from servicecrm.demo.handling import complaint, request
from servicecrm.demo.looking_back import kept, meeting, proposals, regular, reports, review, waves
from servicecrm.demo.serving import TAG, agreed, customers, leaving, passing, prospect, services, touches
from servicecrm.demo.stage import END, YEAR, ZONE, Stage, Story, on, tell
from servicecrm.desk import Desk, House
from servicecrm.errors import PolicyViolation
from servicecrm.kernel.filters import where
from servicecrm.storage.store import EngineStore
from servicecrm.testing import FixedClock, SeededIds

__all__ = ["a_year"]

_OFFICE: Final = Calendar(zone=ZONE.key, hours="mon-fri 08:00-18:00")


def a_year(store: EngineStore) -> Desk:
    """The year in an empty store, and the desk of the utility at the end of it. What has it already stays as it is.

    All of it is saved in one unit; then what came due is fired.

    Raises:
        PolicyViolation: the store has customers of its own, which are not to be mixed up with those of a story.
    """
    clock = FixedClock(on(date(YEAR, 1, 2), 7))
    desk = Desk(store, actor=HEAD, clock=clock, ids=SeededIds(), house=House(roles={"supervisor": HEAD}))
    told = desk.customers.count(where("tags").has(TAG)) > 0
    if not told:
        if desk.customers.count():
            raise PolicyViolation("demo", "the store has customers of its own; name a new store, or none")
        with desk.unit():
            desk.policies.publish(_OFFICE, name="default", effective=clock())
            tell(_stories(Stage(desk)), clock, until=END)
    clock.advance(seconds=(END - clock()).total_seconds())
    if not told:
        desk.sweep()
    return desk


def _stories(stage: Stage) -> Iterator[Story]:
    """What happens in the year. What others rest on comes first."""
    yield services(stage)
    yield customers(stage)
    yield prospect(stage)
    yield from (agreed(stage, key) for key, plays in CUSTOMERS.items() if plays.supplied)
    yield from (complaint(stage, told) for told in COMPLAINTS)
    yield from (request(stage, told) for told in CASES)
    yield waves(stage)
    yield regular(stage)
    for key in ("hospital", "town"):
        for quarter, month in (("Q1", 4), ("Q2", 7), ("Q3", 10)):
            yield review(stage, key, quarter, date(YEAR, month, 15))
    yield review(stage, "brewery", "Q1", date(YEAR, 4, 15))
    yield meeting(stage, "housing", date(YEAR, 11, 6))
    yield meeting(stage, "hotel", date(YEAR, 11, 20))
    yield from (kept(stage, key) for key, plays in CUSTOMERS.items() if plays.supplied)
    yield leaving(stage, "laundry")
    yield passing(stage)
    yield proposals(stage)
    yield reports(stage)
    yield touches(stage, "hospital", (date(YEAR, month, 20) for month in range(2, 13, 2)))
    yield touches(stage, "cafe", [date(YEAR, 3, 20), date(YEAR, 9, 18)])
    yield touches(stage, "hotel", [date(YEAR, 5, 15)])

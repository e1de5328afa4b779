"""Ready-made meetings, reviews, needs, schedules and reports for tests."""

from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from servicecrm.calendars import Calendar
from servicecrm.reviews import (
    Achieved,
    Attendee,
    Meeting,
    Need,
    OpenAction,
    PackEntry,
    ReportSpec,
    Schedule,
    ServiceReview,
    Topic,
    meetings,
    needs,
    pack,
    report_specs,
    schedules,
    service_reviews,
)
from servicecrm.tracking.moments import Side

MONDAY: Final = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
ANN: Final = "ann@city.example"
CAFE: Final = "harbour-cafe"
OFFICE: Final = Calendar(id="office", zone="UTC", hours="mon-fri 09:00-17:00")
BOTH: Final = (Attendee(person="rosa", side=Side.OUTSIDE), Attendee(person="ann", side=Side.INSIDE))
TALKED: Final = (Topic(title="New valves", text="The customer wants them before summer."),)


def a_schedule(id: str = "s-1", **changes: Any) -> Schedule:
    """A review every quarter, first due on 31 January 2026."""
    given = {"customer": CAFE, "every": "quarter", "first": date(2026, 1, 31), "owner": "ann", **changes}
    occasion = given.pop("occasion", "service_review")
    at = given.pop("at", datetime(2026, 1, 1, tzinfo=UTC))
    return schedules.start(occasion, id=id, by=ANN, at=at, **given).after


def a_meeting(id: str = "m-1", **changes: Any) -> Meeting:
    """A meeting that is planned."""
    given = {"customer": CAFE, "planned_for": MONDAY + DAY, "organizer": "ann", **changes}
    return meetings.plan("Spring talk", id=id, by=ANN, at=MONDAY, **given).after


def held(id: str = "m-1", **changes: Any) -> Meeting:
    """One that was held, on Tuesday from 9."""
    return meetings.hold(a_meeting(id, **changes), BOTH, calendar=OFFICE, by=ANN, at=MONDAY + DAY).after


def drafted(id: str = "m-1", **changes: Any) -> Meeting:
    """One with a draft of its minutes."""
    return meetings.draft(held(id, **changes), TALKED, by=ANN, at=MONDAY + DAY + HOUR).after


def approved(id: str = "m-1", **changes: Any) -> Meeting:
    """One with minutes that both sides have approved."""
    half = meetings.approve(drafted(id, **changes), "inside", by="ann", at=MONDAY + DAY + 2 * HOUR).after
    return meetings.approve(half, "outside", by="rosa", at=MONDAY + DAY + 3 * HOUR).after


def a_review(id: str = "r-1", **changes: Any) -> ServiceReview:
    """A review of the last quarter of 2025 that is planned."""
    given = {"customer": CAFE, "services": ("water",), "period": "2025-Q4", "organizer": "ann", **changes}
    given.setdefault("planned_for", MONDAY + 7 * DAY)
    return service_reviews.plan("Quarterly review", id=id, by=ANN, at=MONDAY, **given).after


def a_pack(**changes: Any) -> Any:
    """What a review looks at: one target, one complaint, one open action."""
    given: dict[str, Any] = {
        "cut_off": MONDAY,
        "services": ("water",),
        "results": (Achieved(service="water", target="resolution", agreed="8h business", achieved="9/10"),),
        "complaints": (PackEntry(record="CMP-2025-000007", title="No water", service="water", at=MONDAY),),
        "actions": (OpenAction(record="ACT-2025-000003", title="Renew the valve", owner="north", due_at=MONDAY),),
        **changes,
    }
    return pack(**given)


def prepared(id: str = "r-1", **changes: Any) -> ServiceReview:
    """One that knows what it looks at."""
    return service_reviews.prepare(a_review(id, **changes), a_pack(), by=ANN, at=MONDAY).after


def a_need(id: str = "n-1", **changes: Any) -> Need:
    """A need that was said in a meeting."""
    given = {"customer": CAFE, "source_kind": "meeting", "source": "m-1", "service": "water", **changes}
    text = given.pop("text", "Water in the garden")
    return needs.capture(text, id=id, by=ANN, at=MONDAY, **given).after


def confirmed(id: str = "n-1", **changes: Any) -> Need:
    return needs.confirm(a_need(id, **changes), by=ANN, at=MONDAY).after


def a_spec(id: str = "p-1", **changes: Any) -> ReportSpec:
    """A report for every month, due on its first day."""
    given: dict[str, Any] = {
        "purpose": "to see whether the targets are met",
        "audience": ("rosa", "ann"),
        "every": "month",
        "first": date(2026, 1, 1),
        "content": ("targets", "complaints"),
        "format": "PDF",
        "delivery": "e-mail",
        "owner": "ann",
        "at": datetime(2025, 12, 1, tzinfo=UTC),
        **changes,
    }
    return report_specs.specify("Service levels", id=id, by=ANN, **given).after

"""How the calls about meetings, reviews, needs, reports and improvements are taken."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from servicecrm.desk import Desk
from servicecrm.improvements.model import Origin
from servicecrm.reviews import Followed, Resolution, Topic
from servicecrm.testing.makers import MONDAY
from tests.desk.calls.words import Found, Told, Way, ways
from tests.reviews.making import BOTH, CAFE, TALKED

__all__ = ["MAKES", "ONLY", "STATES", "TOLD", "WAYS"]

DAY: Final = timedelta(days=1)
TODAY: Final = MONDAY.date()
YEAR: Final = {"first": TODAY, "end": TODAY + 365 * DAY}
REPORT: Final[Told] = {
    "purpose": "to see whether the targets are met",
    "audience": ["rosa"],
    "content": ["targets"],
    "format": "PDF",
    "delivery": "e-mail",
}
PRODUCED: Final = {"due_on": TODAY, "cut_off": MONDAY, "digest": "d" * 64}


def _followed(crm: Desk, review: str) -> list[Followed]:
    """All actions that are open are looked at."""
    pack = crm.service_reviews.get(review).pack
    return [] if pack is None else [Followed(action=each.record, note="It goes on.") for each in pack.actions]


def _unscheduled(crm: Desk, _: str) -> str:
    """A customer for whom nothing is scheduled."""
    return f"c-{crm.review_schedules.count()}"


MAKES: Final = {
    "improvements": "propose",
    "meetings": "plan",
    "needs": "capture",
    "report_specs": "specify",
    "review_schedules": "start",
    "service_reviews": "plan",
}

TOLD: Final[Told] = {
    "answer": "We will do so.",
    "attendees": BOTH,
    "due_on": TODAY,
    "every": "month",
    "first": TODAY,
    "occasion": "meeting",
    "on": TODAY,
    "origins": [Origin(kind="complaint", id="c-1")],
    "owner": "ann@city.example",
    "period": "2025-Q4",
    "planned_for": MONDAY,
    "reason": "Nobody has time.",
    "resolutions": [Resolution(text="Renew the valve", owner="north", due_at=MONDAY + DAY)],
    "route": "agreements",
    "side": "inside",
    "source": "i-1",
    "source_kind": "inspection",
    "text": "Water in the garden",
    "title": "Spring talk",
    "to": "improvement",
    "topics": [Topic(title="New valves")],
}

ONLY: Final[Mapping[str, Told]] = {
    "improvements.propose": {"kind": "service"},
    "improvements.edit": {"benefit": "Fewer leaks"},
    "improvements.told_from": {"kind": "complaint", "id": "c-1"},
    "meetings.distribute": {"to": ["rosa"]},
    "meetings.draft": {"topics": TALKED},
    "meetings.edit": {"topics": TALKED},
    "meetings.plan": {"customer": CAFE},
    "meetings.reschedule": {"planned_for": MONDAY + DAY},
    "needs.capture": {"customer": CAFE},
    "needs.edit": {"text": "More water in the garden"},
    "needs.link": {"other": None},
    "report_specs.amend": {"format": "HTML"},
    "report_specs.due": YEAR,
    "report_specs.produce": PRODUCED,
    "report_specs.specify": {"name": "Service levels", **REPORT},
    "review_schedules.dues": YEAR,
    "review_schedules.start": {"customer": Found(_unscheduled)},
    "service_reviews.edit": {"exceptional": "A storm"},
    "service_reviews.hold": {"attendees": BOTH, "followed": Found(_followed)},
    "service_reviews.plan": {"customer": CAFE},
    "service_reviews.publish": {"next_on": TODAY + 90 * DAY},
    "service_reviews.reschedule": {"planned_for": MONDAY + DAY},
}

STATES: Final = {
    "report_specs.deliver": "produced",
    "needs.propose": "confirmed",
    "service_reviews.publish": "told",
}

WAYS: Final[Mapping[str, Mapping[str, Way]]] = {
    "improvements": ways(
        "improvements",
        "proposed",
        accepted=("proposed", "accept", {}),
        rejected=("proposed", "reject", {"answer": "It costs too much."}),
        handed_over=("accepted", "hand_over", {"to": "improvement"}),
    ),
    "meetings": ways(
        "meetings",
        "planned",
        held=("planned", "hold", {"attendees": BOTH}),
        drafted=("held", "draft", {"topics": TALKED}),
        half_approved=("drafted", "approve", {"side": "inside"}),
        approved=("half_approved", "approve", {"side": "outside", "signer": "rosa"}),
        distributed=("approved", "distribute", {"to": ["rosa"]}),
        cancelled=("planned", "cancel", {"reason": "Nobody has time."}),
    ),
    "needs": ways(
        "needs",
        "captured",
        confirmed=("captured", "confirm", {}),
        routed=("confirmed", "route", {"route": "agreements"}),
        satisfied=("routed", "satisfy", {"answer": "There is a tap now."}),
        declined=("captured", "decline", {"answer": "There is no pipe."}),
    ),
    "report_specs": ways(
        "report_specs",
        "specified",
        produced=("specified", "produce", PRODUCED),
        ended=("specified", "end", {}),
    ),
    "review_schedules": ways("review_schedules", "active", ended=("active", "end", {})),
    "service_reviews": ways(
        "service_reviews",
        "planned",
        prepared=("planned", "prepare", {"changes": []}),
        held=("prepared", "hold", {"attendees": BOTH, "followed": Found(_followed)}),
        told=("held", "edit", {"exceptional": "A storm", "customer_view": ["Faster"], "provider_view": ["Earlier"]}),
        published=("told", "publish", {"next_on": TODAY + 90 * DAY}),
        cancelled=("planned", "cancel", {"reason": "Nobody has time."}),
    ),
}

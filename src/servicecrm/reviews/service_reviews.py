"""Service reviews: planned, prepared, held, and published as a report.

Everything that can be done with a service review: pure commands, each giving a decision to save.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from servicecrm.errors import InvalidValue
from servicecrm.kernel.decisions import Actor, Decision, begin, stamp
from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.kernel.shapes import several
from servicecrm.reviews.cadencing import day_of
from servicecrm.reviews.data_pack import DataPack
from servicecrm.reviews.events import (
    ReviewCancelled,
    ReviewPlanned,
    ReviewPrepared,
    ReviewRescheduled,
    ReviewTopicsAdded,
)
from servicecrm.reviews.following import check_follows
from servicecrm.reviews.lifecycle import ADD_TOPICS, CANCEL, PREPARE, RESCHEDULE
from servicecrm.reviews.lifecycle import SERVICE_REVIEW as LIFECYCLE
from servicecrm.reviews.model import ServiceReview, ServiceReviewId
from servicecrm.reviews.parts import Topic, more_topics
from servicecrm.reviews.policy import DEFAULT, ReviewPolicy
from servicecrm.reviews.reporting import add, edit, hold, publish, resolve, sign_off

__all__ = [
    "LIFECYCLE",
    "add",
    "add_topics",
    "cancel",
    "edit",
    "hold",
    "plan",
    "prepare",
    "publish",
    "reschedule",
    "resolve",
    "sign_off",
]


def plan(
    title: str,
    *,
    id: str,
    customer: str,
    services: Iterable[str] = (),
    period: str,
    zone: str = "UTC",
    planned_for: datetime,
    planned_until: datetime | None = None,
    organizer: str,
    occasion: str = "service_review",
    place: str | None = None,
    agenda: Iterable[Topic] = (),
    due_on: date | None = None,
    number: str | None = None,
    extra: Mapping[str, object] = EMPTY,
    policy: ReviewPolicy = DEFAULT,
    policy_version: int = 0,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[ServiceReview]:
    """Plan a review of a customer's services over a period such as `2026-Q1`.

    `due_on` is the day of its schedule that it is held for, if it is for one.

    Raises:
        InvalidValue: a text is blank, there is no such period or zone, or it ends before it begins.

    Source: C087; FitSM PR7, plan and prepare a service review.
    """
    event = ReviewPlanned(**stamp(by, at, occurred_at))
    review = ServiceReview(
        id=ServiceReviewId(id),
        number=number,
        state=LIFECYCLE.initial,
        customer=customer,
        services=tuple(dict.fromkeys(several("services", services, str))),
        period=period,
        zone=zone,
        occasion=occasion,
        title=title,
        place=place,
        organizer=organizer,
        agenda=more_topics((), agenda),
        planned_for=planned_for,
        planned_until=planned_until,
        first_planned_for=planned_for,
        due_on=due_on,
        prepare_by=_prepare_by(planned_for, zone, policy),
        policy=policy_version,
        extra=FrozenMap(extra),
    )
    return begin(review, event)


def add_topics(
    review: ServiceReview,
    topics: Iterable[Topic],
    *,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[ServiceReview]:
    """Put something on the agenda. What comes from a record that is on it already is not put there again.

    Raises:
        TransitionNotAllowed: it was held or cancelled.
    """
    event = ReviewTopicsAdded(**stamp(by, at, occurred_at))
    return LIFECYCLE.move(review, ADD_TOPICS, event, agenda=more_topics(review.agenda, topics))


def reschedule(
    review: ServiceReview,
    planned_for: datetime,
    *,
    planned_until: datetime | None = None,
    place: str | None = None,
    reason: str | None = None,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
    policy: ReviewPolicy = DEFAULT,
) -> Decision[ServiceReview]:
    """Hold it at another time, and perhaps in another place. The day on which it is due stays as it is.

    Raises:
        TransitionNotAllowed: it was held or cancelled.
        GuardNotMet: the time is the present one.

    Source: C084.
    """
    event = ReviewRescheduled(**stamp(by, at, occurred_at), reason=reason)
    changes: dict[str, Any] = {
        "planned_for": planned_for,
        "planned_until": planned_until,
        "place": review.place if place is None else place,
        "reschedulings": review.reschedulings + 1,
        "prepare_by": _prepare_by(planned_for, review.zone, policy),
    }
    return LIFECYCLE.move(review, RESCHEDULE, event, **changes)


def prepare(
    review: ServiceReview,
    pack: DataPack,
    *,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[ServiceReview]:
    """Give it what it looks at: see `pack`. Until it is held it can be prepared again, with newer figures.

    Raises:
        TransitionNotAllowed: it was held or cancelled.
        GuardNotMet: no source gave anything to look at.
        PolicyViolation: the pack holds what was known only later.

    Source: C087; FitSM PR7, plan and prepare a service review.
    """
    event = ReviewPrepared(**stamp(by, at, occurred_at), digest=pack.digest)
    decision = LIFECYCLE.move(
        review, PREPARE, event, pack=pack, pack_digest=event.digest, prepared_at=event.occurred_at
    )
    check_follows(event, pack.cut_off, "the cut-off of what it looks at")
    return decision


def cancel(
    review: ServiceReview, reason: str, *, by: Actor | str, at: datetime, occurred_at: datetime | None = None
) -> Decision[ServiceReview]:
    """Note that it does not take place. It does not count as held.

    Raises:
        TransitionNotAllowed: it was held or cancelled.
        InvalidValue: the reason is blank.
    """
    event = ReviewCancelled(**stamp(by, at, occurred_at), reason=reason)
    return LIFECYCLE.move(review, CANCEL, event, cancelled_at=event.occurred_at)


def _prepare_by(planned_for: datetime, zone: str, policy: ReviewPolicy) -> date:
    try:
        return day_of(planned_for, zone) - timedelta(days=policy.prepare_days)
    except OverflowError:
        raise InvalidValue("planned_for", "it leads out of the years 1 to 9999; choose another time") from None

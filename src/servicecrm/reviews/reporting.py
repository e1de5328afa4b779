"""Holding a service review, and the report of it."""

from collections.abc import Iterable
from datetime import date, datetime
from itertools import repeat
from typing import Any, TypedDict, Unpack

from servicecrm.errors import InvalidValue, PolicyViolation
from servicecrm.kernel.decisions import Actor, Decision, stamp
from servicecrm.kernel.records import evolve
from servicecrm.kernel.shapes import several
from servicecrm.kernel.values import Attachment
from servicecrm.reviews.cadencing import day_of
from servicecrm.reviews.events import (
    ReviewAdded,
    ReviewEdited,
    ReviewHeld,
    ReviewPublished,
    ReviewResolved,
    ReviewSignedOff,
)
from servicecrm.reviews.following import check_follows
from servicecrm.reviews.lifecycle import ADD, EDIT, HOLD, PUBLISH, RESOLVE, SIGN_OFF
from servicecrm.reviews.lifecycle import SERVICE_REVIEW as LIFECYCLE
from servicecrm.reviews.model import Followed, ServiceReview
from servicecrm.reviews.parts import Addendum, Attendee, Resolution, attendees_of
from servicecrm.reviews.resolving import resolved
from servicecrm.reviews.signing import signature_for
from servicecrm.tracking.moments import Side
from servicecrm.tracking.signatures import with_signature

__all__ = ["Findings", "add", "edit", "hold", "publish", "resolve", "sign_off"]


class Findings(TypedDict, total=False):
    """What is recorded of a review: what was out of the ordinary, and what could be better, as each side sees it."""

    exceptional: str
    customer_view: Iterable[str]
    provider_view: Iterable[str]
    next_on: date | None


def hold(
    review: ServiceReview,
    attendees: Iterable[Attendee],
    *,
    followed: Iterable[Followed] = (),
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
    **findings: Unpack[Findings],
) -> Decision[ServiceReview]:
    """Note that it took place, who was there, and what was said. The actions that were open come first: `followed`.

    Raises:
        TransitionNotAllowed: it is not prepared, or it was held or cancelled.
        GuardNotMet: one of the sides was absent, or an action that was open was not looked at.
        InvalidValue: somebody stands there twice, or something else is given than `Findings`.

    Source: C088; FitSM PR7, perform and record a service review.
    """
    event = ReviewHeld(**stamp(by, at, occurred_at))
    decision = LIFECYCLE.move(
        review,
        HOLD,
        event,
        held_at=event.occurred_at,
        attendees=attendees_of(attendees),
        followed=several("followed", followed),
        **_found(findings),
    )
    check_follows(event, review.prepared_at, "it was prepared")
    return decision


def edit(
    review: ServiceReview,
    *,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
    **findings: Unpack[Findings],
) -> Decision[ServiceReview]:
    """Change what is recorded of it, until the report is published.

    Raises:
        TransitionNotAllowed: it was not held, or is published; add to it then.
        InvalidValue: nothing is given, or something else than `Findings`.
    """
    if not findings:
        raise InvalidValue("service_review", f"nothing is given; it can change {', '.join(Findings.__annotations__)}")
    return LIFECYCLE.move(review, EDIT, ReviewEdited(**stamp(by, at, occurred_at)), **_found(findings))


def resolve(
    review: ServiceReview,
    resolutions: Iterable[Resolution],
    *,
    ids: Iterable[str],
    numbers: Iterable[str | None] = repeat(None),
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> tuple[Decision[Any], ...]:
    """Decide something; each action is an action item. Each action and proposal gets one of the `ids`.

    Raises:
        TransitionNotAllowed: it was not held, or is published.
        InvalidValue: nothing is given; or there are fewer ids or numbers than needed.
        PolicyViolation: an action would be due before it is decided on, or it was decided before the review.

    Source: C006, C088.
    """
    LIFECYCLE.target(review.state, RESOLVE)  # before an action is opened because of it
    told = stamp(by, at, occurred_at)
    new = resolved(resolutions, told, source_kind=LIFECYCLE.name, source=review.id, ids=ids, numbers=numbers)
    event = ReviewResolved(**told, actions=tuple(each.after.id for each in new.actions))
    decision = LIFECYCLE.move(review, RESOLVE, event, resolutions=(*review.resolutions, *new.resolutions))
    check_follows(event, review.held_at, "the review")
    return decision, *new.actions


def publish(
    review: ServiceReview,
    *,
    next_on: date | None = None,
    document: Attachment | None = None,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[ServiceReview]:
    """Publish its report, which names the day of the next one. `document` is the report as it was passed on.

    Raises:
        TransitionNotAllowed: it was not held, or is published.
        GuardNotMet: it is not said of every service what was agreed and achieved, or when the next review is.
        PolicyViolation: the next review would not lie after this one.

    Source: C088; FitSM PR7, service review reports.
    """
    day = review.next_on if next_on is None else next_on
    event = ReviewPublished(**stamp(by, at, occurred_at), digest=evolve(review, next_on=day).digest)
    decision = LIFECYCLE.move(review, PUBLISH, event, next_on=day, document=document, published_at=event.occurred_at)
    check_follows(event, review.held_at, "the review")
    if review.held_at is not None and day is not None and day <= day_of(review.held_at, review.zone):
        raise PolicyViolation("next_on", "the next review lies after this one; name a later day")
    return decision


def sign_off(
    review: ServiceReview,
    side: Side | str,
    *,
    signer: str | None = None,
    digest: str | None = None,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[ServiceReview]:
    """Stand by the published report for one side. Nothing waits for it.

    Raises:
        TransitionNotAllowed: it is not published.
        PolicyViolation: the report is another one than `digest` names, or the signer was there for the other side.

    Source: C088.
    """
    LIFECYCLE.target(review.state, SIGN_OFF)
    stamped, shown = stamp(by, at, occurred_at), review.digest
    new = signature_for(side, stamped, signer=signer, digest=digest or shown, attendees=review.attendees)
    event = ReviewSignedOff(**stamped, side=Side(new.party), digest=shown)
    check_follows(event, review.published_at, "the report was published")
    return LIFECYCLE.move(review, SIGN_OFF, event, sign_offs=with_signature(review.sign_offs, new, digest=shown))


def add(
    review: ServiceReview, text: str, *, by: Actor | str, at: datetime, occurred_at: datetime | None = None
) -> Decision[ServiceReview]:
    """Add something to a published report, which itself stays as it is.

    Raises:
        TransitionNotAllowed: it is not published yet; change what is recorded instead.
        InvalidValue: the text is blank.
    """
    event = ReviewAdded(**stamp(by, at, occurred_at))
    addendum = Addendum(text=text, by=event.by.id, at=event.occurred_at)
    decision = LIFECYCLE.move(review, ADD, event, addenda=(*review.addenda, addendum))
    check_follows(event, review.published_at, "the report was published")
    return decision


def _found(findings: Findings) -> dict[str, Any]:
    """The changes that findings are.

    Raises:
        InvalidValue: something else is given.
    """
    others = findings.keys() - Findings.__annotations__.keys()
    if others:
        raise InvalidValue("service_review", f"cannot record {', '.join(sorted(others))}")
    changes: dict[str, Any] = dict(findings)
    for name in ("customer_view", "provider_view"):
        if name in changes:
            changes[name] = several(name, changes[name])
    return changes

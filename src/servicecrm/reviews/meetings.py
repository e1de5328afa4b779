"""Meetings with customers: planned, held, and written down in minutes that both sides approve.

Everything that can be done with a meeting: pure commands, each giving a decision to save.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from itertools import repeat
from typing import Any

from servicecrm.calendars import BusinessHours
from servicecrm.kernel.decisions import Actor, Decision, begin, stamp
from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.reviews.events import (
    MeetingCancelled,
    MeetingHeld,
    MeetingPlanned,
    MeetingRescheduled,
    MeetingResolved,
    MeetingTopicsAdded,
)
from servicecrm.reviews.following import check_follows
from servicecrm.reviews.lifecycle import ADD_TOPICS, CANCEL, HOLD, RESCHEDULE, RESOLVE
from servicecrm.reviews.lifecycle import MEETING as LIFECYCLE
from servicecrm.reviews.minutes import add, approve, distribute, draft, edit
from servicecrm.reviews.model import Meeting, MeetingId
from servicecrm.reviews.parts import Attendee, Resolution, Topic, attendees_of, more_topics
from servicecrm.reviews.policy import DEFAULT, ReviewPolicy
from servicecrm.reviews.resolving import resolved

__all__ = [
    "LIFECYCLE",
    "add",
    "add_topics",
    "approve",
    "cancel",
    "distribute",
    "draft",
    "edit",
    "hold",
    "plan",
    "reschedule",
    "resolve",
]


def plan(
    title: str,
    *,
    id: str,
    customer: str,
    planned_for: datetime,
    planned_until: datetime | None = None,
    organizer: str,
    occasion: str = "meeting",
    place: str | None = None,
    agenda: Iterable[Topic] = (),
    due_on: date | None = None,
    number: str | None = None,
    extra: Mapping[str, object] = EMPTY,
    policy_version: int = 0,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Meeting]:
    """Plan a meeting with a customer. `due_on` is the day of its schedule that it is held for, if it is for one.

    Raises:
        InvalidValue: a text is blank, or it ends before it begins.

    Source: C084, C085; YaSM SP3.5.
    """
    event = MeetingPlanned(**stamp(by, at, occurred_at))
    meeting = Meeting(
        id=MeetingId(id),
        number=number,
        state=LIFECYCLE.initial,
        customer=customer,
        occasion=occasion,
        title=title,
        place=place,
        organizer=organizer,
        agenda=more_topics((), agenda),
        planned_for=planned_for,
        planned_until=planned_until,
        first_planned_for=planned_for,
        due_on=due_on,
        policy=policy_version,
        extra=FrozenMap(extra),
    )
    return begin(meeting, event)


def add_topics(
    meeting: Meeting,
    topics: Iterable[Topic],
    *,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Meeting]:
    """Put something on the agenda. What comes from a record that is on it already is not put there again.

    Raises:
        TransitionNotAllowed: it was held or cancelled.
    """
    event = MeetingTopicsAdded(**stamp(by, at, occurred_at))
    return LIFECYCLE.move(meeting, ADD_TOPICS, event, agenda=more_topics(meeting.agenda, topics))


def reschedule(
    meeting: Meeting,
    planned_for: datetime,
    *,
    planned_until: datetime | None = None,
    place: str | None = None,
    reason: str | None = None,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Meeting]:
    """Hold it at another time, and perhaps in another place. The day on which it is due stays as it is.

    Raises:
        TransitionNotAllowed: it was held or cancelled.
        GuardNotMet: the time is the present one.

    Source: C084.
    """
    event = MeetingRescheduled(**stamp(by, at, occurred_at), reason=reason)
    changes: dict[str, Any] = {
        "planned_for": planned_for,
        "planned_until": planned_until,
        "place": meeting.place if place is None else place,
        "reschedulings": meeting.reschedulings + 1,
    }
    return LIFECYCLE.move(meeting, RESCHEDULE, event, **changes)


def hold(
    meeting: Meeting,
    attendees: Iterable[Attendee],
    *,
    calendar: BusinessHours,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
    policy: ReviewPolicy = DEFAULT,
) -> Decision[Meeting]:
    """Note that it took place, and who was there. From now on its minutes are due, by the `calendar`.

    Raises:
        TransitionNotAllowed: it was held or cancelled.
        GuardNotMet: one of the sides was absent.
        InvalidValue: somebody stands there twice.

    Source: C085.
    """
    event = MeetingHeld(**stamp(by, at, occurred_at))
    return LIFECYCLE.move(
        meeting,
        HOLD,
        event,
        held_at=event.occurred_at,
        attendees=attendees_of(attendees),
        distribute_by=calendar.due(event.occurred_at, policy.distribute_within).at,
    )


def resolve(
    meeting: Meeting,
    resolutions: Iterable[Resolution],
    *,
    ids: Iterable[str],
    numbers: Iterable[str | None] = repeat(None),
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> tuple[Decision[Any], ...]:
    """Decide something; each action is an action item. Each action and proposal gets one of the `ids`.

    What was approved of a draft before counts no more.

    Raises:
        TransitionNotAllowed: it was not held, or its minutes are approved.
        InvalidValue: nothing is given; or there are fewer ids or numbers than needed.
        PolicyViolation: an action would be due before it is decided on, or it was decided before the meeting.

    Source: C006, C085.
    """
    LIFECYCLE.target(meeting.state, RESOLVE)  # before an action is opened because of it
    told = stamp(by, at, occurred_at)
    new = resolved(resolutions, told, source_kind=LIFECYCLE.name, source=meeting.id, ids=ids, numbers=numbers)
    event = MeetingResolved(**told, actions=tuple(each.after.id for each in new.actions))
    decision = LIFECYCLE.move(
        meeting, RESOLVE, event, resolutions=(*meeting.resolutions, *new.resolutions), approvals=()
    )
    check_follows(event, meeting.held_at, "the meeting")
    return decision, *new.actions


def cancel(
    meeting: Meeting, reason: str, *, by: Actor | str, at: datetime, occurred_at: datetime | None = None
) -> Decision[Meeting]:
    """Note that it does not take place, or that one side did not come. It does not count as held.

    Raises:
        TransitionNotAllowed: it was held or cancelled.
        InvalidValue: the reason is blank.
    """
    event = MeetingCancelled(**stamp(by, at, occurred_at), reason=reason)
    return LIFECYCLE.move(meeting, CANCEL, event, cancelled_at=event.occurred_at)

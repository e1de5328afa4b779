"""Who has a case: routed, assigned, accepted, forwarded, handed back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from servicecrm.cases.chronology import move
from servicecrm.cases.codes import ForwardClock
from servicecrm.cases.events import (
    CaseAccepted,
    CaseAssigned,
    CaseForwarded,
    CaseHandedBack,
    CaseRouted,
    ForwardLimitPassed,
    WorkStarted,
)
from servicecrm.cases.lifecycle import ACCEPT, ASSIGN, FORWARD, HAND_BACK, ROUTE, START
from servicecrm.cases.model import Case, Holder, Promise
from servicecrm.cases.policy import DEFAULT, CasePolicy
from servicecrm.cases.promises import check_put_off, put_off
from servicecrm.cases.routing import NOBODY_ABSENT, Routing, present
from servicecrm.errors import PolicyViolation
from servicecrm.kernel.decisions import Actor, Decision, Event, decide, stamp
from servicecrm.kernel.records import evolve
from servicecrm.kernel.shapes import coded
from servicecrm.tracking.chronology import check_later

__all__ = ["accept", "assign", "forward", "hand_back", "route", "start"]


def route(
    case: Case, routing: Routing, *, by: Actor | str, at: datetime, occurred_at: datetime | None = None
) -> Decision[Case]:
    """Send a case to the queue or person responsible, as a `Router` found, or as a person decides.

    Raises:
        TransitionNotAllowed: it was routed before: it can be forwarded or handed back.
        GuardNotMet: neither a queue nor a handler is named, or one is an empty text.

    Source: C059.
    """
    event = CaseRouted(**stamp(by, at, occurred_at), rule=routing.rule, deputy_for=routing.deputy_for)
    return move(case, ROUTE, event, **_held(case, routing.queue, routing.handler, event))


def assign(
    case: Case,
    handler: str,
    *,
    reason: str | None = None,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Case]:
    """Give a case that nobody has accepted yet to a person in its queue.

    Raises:
        TransitionNotAllowed: it is not routed yet, or accepted: forward it instead.
        GuardNotMet: the handler is the present one, or an empty text.

    Source: C059.
    """
    event = CaseAssigned(**stamp(by, at, occurred_at), reason=reason)
    return move(case, ASSIGN, event, **_held(case, case.queue, handler, event, reason))


def accept(
    case: Case,
    *,
    expected_by: datetime | None = None,
    deputies: Mapping[str, str] = NOBODY_ABSENT,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Case]:
    """Take a case on, as its handler, as the deputy of an absent one, or out of a queue where nobody has it yet.

    The case stays open; the time for an answer starts. `expected_by` is the promise given with it. A deputy becomes
    the handler. To act on behalf of the handler gives no right to it: `deputies` names who stands in for whom.

    Raises:
        TransitionNotAllowed: it is not routed, or accepted already.
        PolicyViolation: it is somebody else's; or the promise lies before it is given, or there is one already.

    Source: C060.
    """
    event = CaseAccepted(**stamp(by, at, occurred_at))
    taker = event.by.id  # on whose behalf it is done, anybody may claim
    deputy = case.handler not in (None, taker)
    if deputy:
        event = evolve(event, deputy_for=case.handler)
    changes = {} if taker == case.handler else _held(case, case.queue, taker, event)
    if expected_by is not None:
        changes["promise"] = Promise(first=expected_by, given_at=event.occurred_at)
    decision = move(case, ACCEPT, event, **changes, accepted_at=event.occurred_at)
    if deputy and present(case.handler, deputies) != taker:
        raise PolicyViolation(
            "accept", "a case is accepted by its handler or the deputy; it can be assigned anew first"
        )
    if expected_by is not None:
        if case.promise is not None:
            raise PolicyViolation("expected_by", "there is a promise already; extend it, with a reason")
        check_later(
            "expected_by", expected_by, event.occurred_at, "a promise lies after it is given; name a later time"
        )
    return decision


def start(case: Case, *, by: Actor | str, at: datetime, occurred_at: datetime | None = None) -> Decision[Case]:
    """Begin to work on an accepted case. A contact or a referral begins it too.

    Raises:
        TransitionNotAllowed: it is not accepted, or in work already.
    """
    return move(case, START, WorkStarted(**stamp(by, at, occurred_at)))


def forward(
    case: Case,
    handler: str | None = None,
    *,
    queue: str | None = None,
    reason: str,
    clock: ForwardClock | str | None = None,
    until: datetime | None = None,
    approved_by: str | None = None,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
    policy: CasePolicy = DEFAULT,
) -> Decision[Case]:
    """Hand a case on to a person, a queue or both, who accept it anew. A case that was waiting no longer is.

    `clock` says what becomes of the time that is left: the policy's word by default. To `"extend"` it, `until` is the
    new promise, as in `extend`. From the forwarding after the limit on, the decision has one more fact, for whoever
    watches.

    Raises:
        TransitionNotAllowed: it is not accepted.
        GuardNotMet: nobody is named, or the present handler.
        PolicyViolation: `until` is missing to extend, or given for something else; or the promise may not be extended
            like that.

    Source: C062.
    """
    clock = policy.forward_clock if clock is None else coded("clock", ForwardClock, clock)
    event = CaseForwarded(**stamp(by, at, occurred_at), reason=reason)
    decision = move(
        case,
        FORWARD,
        event,
        code=clock,
        **_held(case, case.queue if queue is None else queue, handler, event, reason),
        waiting=None,
        accepted_at=None,
        forwards=case.forwards + 1,
        promise=case.promise if until is None else put_off(case.promise, until, reason, event, approved_by),
    )
    if (until is not None) != (clock is ForwardClock.EXTEND):
        raise PolicyViolation("until", "to extend the time that is left, say until when; otherwise it does not change")
    if until is not None:
        check_put_off(case.promise, until, event, approved_by, policy)
    if decision.after.forwards > policy.forward_limit:
        passed = ForwardLimitPassed(
            **stamp(by, at, occurred_at), forwards=decision.after.forwards, limit=policy.forward_limit
        )
        return decision.then(decide, passed)
    return decision


def hand_back(
    case: Case,
    reason: str,
    *,
    queue: str | None = None,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Case]:
    """Return a case that came to the wrong place, to be routed anew by its queue, or by another one.

    Raises:
        TransitionNotAllowed: nobody has it, or it was answered.
        GuardNotMet: it is in no queue, so that nobody would see it; name one.
        InvalidValue: the reason is blank.

    Source: C059.
    """
    event = CaseHandedBack(**stamp(by, at, occurred_at), reason=reason)
    held = _held(case, case.queue if queue is None else queue, None, event, reason)
    return move(case, HAND_BACK, event, **held, waiting=None, accepted_at=None)


def _held(
    case: Case, queue: str | None, handler: str | None, event: Event, reason: str | None = None
) -> dict[str, Any]:
    """The changes by which somebody else has the case."""
    holder = Holder(queue=queue, handler=handler, since=event.occurred_at, reason=reason)
    return {"queue": queue, "handler": handler, "holders": (*case.holders, holder)}

"""What the requester was told: until when an answer is promised, and that it takes longer."""

from datetime import datetime

from servicecrm.cases.chronology import move
from servicecrm.cases.events import PromiseExtended, PromiseGiven
from servicecrm.cases.lifecycle import EXTEND, PROMISE
from servicecrm.cases.model import Case, Extension, Promise
from servicecrm.cases.policy import DEFAULT, CasePolicy
from servicecrm.kernel.decisions import Actor, Decision, Event, stamp
from servicecrm.kernel.records import evolve
from servicecrm.tracking.chronology import check_later

__all__ = ["check_put_off", "extend", "promise", "put_off"]


def promise(
    case: Case, until: datetime, *, by: Actor | str, at: datetime, occurred_at: datetime | None = None
) -> Decision[Case]:
    """Tell the requester until when to expect an answer, if that was not told when the case was accepted.

    Raises:
        TransitionNotAllowed: the case is not accepted.
        GuardNotMet: there is a promise already: extend it.
        PolicyViolation: the promise lies before it is given.

    Source: C060, C038.
    """
    event = PromiseGiven(**stamp(by, at, occurred_at))
    decision = move(case, PROMISE, event, promise=Promise(first=until, given_at=event.occurred_at))
    check_later("until", until, event.occurred_at, "a promise lies after it is given; name a later time")
    return decision


def extend(
    case: Case,
    until: datetime,
    *,
    reason: str,
    approved_by: str | None = None,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
    policy: CasePolicy = DEFAULT,
) -> Decision[Case]:
    """Put a promise off. The first promise is kept for the record, and so is each extension with its reason.

    Raises:
        TransitionNotAllowed: the case is not accepted.
        GuardNotMet: nothing is promised.
        InvalidValue: the reason is blank, or whoever approved it.
        PolicyViolation: the new time is not later, or after so many extensions nobody else has approved it.

    Source: C060, C038.
    """
    event = PromiseExtended(**stamp(by, at, occurred_at))
    decision = move(case, EXTEND, event, promise=put_off(case.promise, until, reason, event, approved_by))
    check_put_off(case.promise, until, event, approved_by, policy)
    return decision


def put_off(
    given: Promise | None, until: datetime, reason: str, event: Event, approved_by: str | None = None
) -> Promise:
    """A promise, extended; where there was none, the first one."""
    if given is None:
        return Promise(first=until, given_at=event.occurred_at)
    extension = Extension(until=until, reason=reason, given_at=event.occurred_at, approved_by=approved_by)
    return evolve(given, extensions=(*given.extensions, extension))


def check_put_off(
    given: Promise | None, until: datetime, event: Event, approved_by: str | None, policy: CasePolicy
) -> None:
    """Refuses an extension that is none, or that somebody else would have to approve.

    Raises:
        PolicyViolation: names the rule.
    """
    earlier = event.occurred_at if given is None else given.until
    check_later("until", until, earlier, "an extension ends after what was promised before; name a later time")
    if given is not None:
        policy.check_extension(len(given.extensions), approved_by, asked_by=event.by)

"""How an agreement begins to hold, and how it ends: by its days, by notice, or because another one takes its place."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from itertools import repeat
from typing import Any, Final, Unpack

from servicecrm.agreements.codes import Party
from servicecrm.agreements.events import (
    AgreementDrafted,
    AgreementExpired,
    AgreementExtended,
    AgreementRenewed,
    AgreementResumed,
    AgreementStarted,
    AgreementSuperseded,
    AgreementSuspended,
    AgreementTerminated,
    NoticeGiven,
    NoticeWithdrawn,
)
from servicecrm.agreements.lifecycle import (
    AGREEMENT,
    BOUND,
    END,
    EXPIRE,
    EXTEND,
    RENEW,
    RESUME,
    SIGNED,
    START,
    SUPERSEDE,
    SUSPEND,
    TERMINATE,
    WITHDRAW_NOTICE,
)
from servicecrm.agreements.model import Agreement, AgreementId
from servicecrm.agreements.negotiating import Terms, told
from servicecrm.agreements.notice import last_day_after
from servicecrm.agreements.parts import GivenNotice, Spell, day_begins, day_of
from servicecrm.agreements.policy import DEFAULT, AgreementPolicy
from servicecrm.calendars import BusinessHours
from servicecrm.errors import InvalidValue, PolicyViolation
from servicecrm.kernel.decisions import Actor, Decision, begin, stamp
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.records import evolve
from servicecrm.kernel.years import day_told
from servicecrm.tracking import action_items
from servicecrm.tracking.action_model import ActionItem

__all__ = [
    "advance",
    "renew",
    "resume",
    "supersede",
    "suspend",
    "terminate",
    "wind_down",
    "withdraw_notice",
]

_DAY: Final = timedelta(days=1)


def advance(
    agreement: Agreement, *, successor: Agreement | None = None, by: Actor | str, at: datetime
) -> Decision[Agreement] | None:
    """Bring the state of an agreement up to date with its days: it came into force, was extended, expired or ended.

    A `successor` that has come into force takes its place, so that it is not extended any more (see `supersede`).

    None if nothing has changed, so that it can be asked as often as you like, and however late: each step counts from
    when it was due.

    Raises:
        InvalidValue: it would be extended beyond the year 2199.

    Source: C029, C030.
    """
    decision: Decision[Agreement] | None = None
    while True:
        step = _step(agreement if decision is None else decision.after, successor, by, at)
        if step is None:
            return decision
        decision = step if decision is None else Decision(decision.before, step.after, decision.steps + step.steps)


def suspend(
    agreement: Agreement, reason: str, *, by: Actor | str, at: datetime, occurred_at: datetime | None = None
) -> Decision[Agreement]:
    """Let an agreement not count for some time.

    Raises:
        TransitionNotAllowed: it is not in force.
    """
    event = AgreementSuspended(**stamp(by, at, occurred_at), reason=reason)
    return AGREEMENT.move(
        agreement, SUSPEND, event, suspensions=(*agreement.suspensions, Spell(since=event.occurred_at))
    )


def resume(
    agreement: Agreement, *, by: Actor | str, at: datetime, occurred_at: datetime | None = None
) -> Decision[Agreement]:
    """Let an agreement count again.

    Raises:
        TransitionNotAllowed: it is not suspended.
        PolicyViolation: it would count again before it was suspended.
    """
    event = AgreementResumed(**stamp(by, at, occurred_at))
    *earlier, last = agreement.suspensions or (None,)
    ended = () if last is None else (*earlier, evolve(last, until=event.occurred_at))
    decision = AGREEMENT.move(agreement, RESUME, event, suspensions=ended)
    if last is not None and micros(event.occurred_at) < micros(last.since):
        raise PolicyViolation("occurred_at", "it cannot be resumed before it was suspended")
    return decision


def terminate(
    agreement: Agreement,
    party: Party | str,
    *,
    reason: str | None = None,
    last_day: date | None = None,
    override: str | None = None,
    calendar: BusinessHours | None = None,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Agreement]:
    """Give notice for a party: the agreement ends after the day that its rule gives, or on a later `last_day`.

    It stays in force until then. An earlier day needs a reason, `override`, such as that both agree.

    Raises:
        TransitionNotAllowed: nobody is held to it.
        GuardNotMet: notice was given before.
        PolicyViolation: the day is earlier than its rule allows, or lies before the notice, and nothing says why; or
            nothing says how it can be ended, and no day is given.

    Source: C030.
    """
    side, stamped = Party(party), stamp(by, at, occurred_at)
    given_on = day_of(stamped["occurred_at"], agreement.zone)
    AGREEMENT.target(agreement.state, TERMINATE)
    last = _agreed(agreement, given_on, last_day, override, calendar)
    event = NoticeGiven(**stamped, party=side, last_day=last)
    notice = GivenNotice(party=side, given_at=event.occurred_at, last_day=last, reason=reason, override=override)
    return AGREEMENT.move(agreement, TERMINATE, event, notice=notice)


def withdraw_notice(
    agreement: Agreement, reason: str, *, by: Actor | str, at: datetime, occurred_at: datetime | None = None
) -> Decision[Agreement]:
    """Take notice back, so that the agreement goes on.

    Raises:
        TransitionNotAllowed: it has ended.
        GuardNotMet: no notice was given.
    """
    event = NoticeWithdrawn(**stamp(by, at, occurred_at), reason=reason)
    return AGREEMENT.move(agreement, WITHDRAW_NOTICE, event, notice=None)


def renew(
    agreement: Agreement,
    *,
    id: str,
    number: str | None = None,
    by: Actor | str,
    at: datetime,
    **terms: Unpack[Terms],
) -> tuple[Decision[Agreement], ...]:
    """Begin the agreement that follows this one, as a draft with the same terms but for those that are given.

    It begins on the day after this one ends, unless `first_day` says otherwise; one that begins earlier takes the place
    of this one then (see `supersede`). Both name each other. Gives the new one first.

    Raises:
        TransitionNotAllowed: nobody is held to it, or it was terminated.
        GuardNotMet: it has a successor.
        InvalidValue: it has no end, and no `first_day` is given; or a term is unknown.

    Source: C030.
    """
    successor = AgreementId(id)
    old = AGREEMENT.move(agreement, RENEW, AgreementRenewed(**stamp(by, at), successor=id), successor=successor)
    given = told(terms)
    if "first_day" not in given:
        if agreement.final_day is None:
            raise InvalidValue("first_day", "this agreement has no end; say from when on the next one holds")
        given["first_day"] = agreement.final_day + _DAY
    new = Agreement(
        id=successor,
        number=number,
        state=AGREEMENT.initial,
        customer=agreement.customer,
        general=agreement.general,
        drafted_at=at,
        predecessor=agreement.id,
        extra=agreement.extra,
        **{**{name: getattr(agreement, name) for name in Terms.__annotations__}, "last_day": None, **given},
    )
    return begin(new, AgreementDrafted(**stamp(by, at), predecessor=agreement.id)), old


def supersede(
    agreement: Agreement, successor: Agreement, *, by: Actor | str, at: datetime
) -> Decision[Agreement] | None:
    """End an agreement early, because its successor has come into force; None if it has not, or this one is over.

    It ends when the successor begins, whatever it would have been extended to.

    Source: C030.
    """
    begins = successor.starts_at
    if agreement.state not in BOUND or begins is None or micros(at) < micros(begins):
        return None
    if any(each.ends_at is not None and micros(each.ends_at) <= micros(begins) for each in (agreement, successor)):
        return None
    event = AgreementSuperseded(**stamp(by, at, begins), successor=successor.id)
    return AGREEMENT.move(agreement, SUPERSEDE, event, ended_at=begins)


def wind_down(
    agreement: Agreement,
    *,
    ids: Iterable[str],
    numbers: Iterable[str | None] = repeat(None),
    by: Actor | str,
    at: datetime,
    policy: AgreementPolicy = DEFAULT,
) -> tuple[Decision[ActionItem], ...]:
    """What is to be done before an agreement ends, as the house has it: an action item for each step.

    What should have been done by now is due at once.

    Raises:
        PolicyViolation: it has no end.
        InvalidValue: there are fewer ids than steps.

    Source: C006, C030.
    """
    if agreement.final_day is None:
        raise PolicyViolation("wind_down", "it has no end; give notice first")
    found: list[Decision[ActionItem]] = []
    for step, id, number in zip(policy.wind_down, ids, numbers, strict=False):
        due = day_begins(agreement.final_day + _DAY - step.days_before * _DAY, agreement.zone)
        found.append(
            action_items.open(
                step.title,
                id=id,
                number=number,
                source_kind=AGREEMENT.name,
                source=agreement.id,
                owner=step.owner,
                due_at=max(due, at, key=micros),
                by=by,
                at=at,
            )
        )
    if len(found) < len(policy.wind_down):
        raise InvalidValue("ids", f"every step needs an id, {len(policy.wind_down)} in all")
    return tuple(found)


def _step(
    agreement: Agreement, successor: Agreement | None, by: Actor | str, at: datetime
) -> Decision[Agreement] | None:
    """The next thing that the days of an agreement, and of its successor, have brought about by now."""
    own = _own_step(agreement, by, at)
    ended = None if successor is None else supersede(agreement, successor, by=by, at=at)
    if own is None or ended is None:
        return own or ended
    due, taken = (micros(each.events[0].occurred_at) for each in (own, ended))
    return own if due < taken else ended


def _own_step(agreement: Agreement, by: Actor | str, at: datetime) -> Decision[Agreement] | None:
    state, start, last = agreement.state, agreement.starts_at, agreement.final_day
    if state not in BOUND or start is None:
        return None
    over = None if last is None else day_begins(last + _DAY, agreement.zone)
    if over is not None and micros(over) <= micros(at) and agreement.notice is not None:
        return AGREEMENT.move(agreement, END, AgreementTerminated(**stamp(by, at, over)), ended_at=over)
    if state == SIGNED:
        started = AgreementStarted(**stamp(by, at, min(start, at, key=micros)))
        return AGREEMENT.move(agreement, START, started) if micros(start) <= micros(at) else None
    if over is None or micros(at) < micros(over):
        return None
    if agreement.extension is not None:
        longer: Any = agreement.term_of(agreement.extensions + 1)
        extended = AgreementExtended(**stamp(by, at, over), last_day=longer)
        return AGREEMENT.move(agreement, EXTEND, extended, extensions=agreement.extensions + 1)
    return AGREEMENT.move(agreement, EXPIRE, AgreementExpired(**stamp(by, at, over)), ended_at=over)


def _agreed(
    agreement: Agreement,
    given_on: date,
    last_day: date | None,
    override: str | None,
    calendar: BusinessHours | None,
) -> date:
    """The last day after notice: that of the rule, a later one, or an earlier one with a reason."""
    if last_day is not None and day_told("last_day", last_day) < given_on:
        raise PolicyViolation("termination", "it cannot end before notice is given; name a later day")
    if last_day is not None and override is not None:
        return last_day
    earliest = last_day_after(agreement, given_on, calendar=calendar)
    if last_day is not None and last_day < earliest:
        says = f"it ends on {earliest} at the earliest; with override=... say why it may end sooner"
        raise PolicyViolation("termination", says)
    if agreement.extension is None and (last_day or earliest) > (agreement.term_end or date.max):
        raise PolicyViolation("termination", f"its term ends before that, on {agreement.term_end}; renew it instead")
    return earliest if last_day is None else last_day

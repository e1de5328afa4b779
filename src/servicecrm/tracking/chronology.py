"""The moves of a ticket in the order of time, and the moments that they leave for its clocks."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, Generic, TypeVar

import attrs

from servicecrm.errors import PolicyViolation
from servicecrm.kernel.decisions import Decision, Event
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.lifecycle import Lifecycle
from servicecrm.kernel.shapes import coded
from servicecrm.tracking.moments import Moments, Side, standing, with_moment, without_moment
from servicecrm.tracking.tickets import Ticket, Waiting, WaitingFor

__all__ = ["ANSWERED", "CLOSED", "Chronology", "Earlier", "Mark", "check_later"]

T = TypeVar("T", bound=Ticket)

RECEIVED, REOPENED = "received", "reopened"
WAITING, RESUMED = "waiting", "resumed"
"""The kinds of the moments that a wait leaves."""

HOLDS: Final[Mapping[str, Callable[[Ticket], bool]]] = {
    RECEIVED: lambda _: True,
    REOPENED: lambda ticket: ticket.closed_at is None,
    WAITING: lambda ticket: ticket.waiting is not None,
    RESUMED: lambda ticket: ticket.waiting is None,
}
"""Of every ticket, when the last moment of a kind says what the ticket says itself."""

AT_ANY_TIME: Final = ("message", "note")
"""The actions that tell what may have been said before there was a ticket, such as the letter that led to it."""


@attrs.frozen
class Earlier(Generic[T]):
    """Something that a step follows: a sentence that names it, with `{}` for the kind of ticket, and when it was."""

    says: str
    when: Callable[[T], datetime | None]


ANSWERED: Final = Earlier[Any]("the {} was answered", lambda ticket: ticket.answered_at)
CLOSED: Final = Earlier[Any]("the {} was closed", lambda ticket: ticket.closed_at)


@attrs.frozen
class Mark(Generic[T]):
    """What an action leaves: a moment of a kind, of a side unless the move names another one.

    It comes `after` what it follows, besides the receipt: a clock that reads them in another order may never stop.
    While the field `holds` has a value, the state rests on the last such moment.
    """

    kind: str | None
    side: Side | None = None
    after: tuple[Earlier[T], ...] = ()
    holds: str | None = None


UNMARKED: Final = Mark[Any](None)


@attrs.frozen
class Chronology(Generic[T]):
    """The moves of a kind of ticket, with the mark of each action that leaves one. `begins` is what makes a ticket.

    `values` are the kinds of moments that say which value the ticket has, such as its priority: the last one holds.
    """

    lifecycle: Lifecycle[T]
    begins: str
    marks: Mapping[str, Mark[T]]
    values: frozenset[str] = frozenset()

    def move(
        self,
        ticket: T,
        action: str,
        event: Event,
        *,
        side: Side | None = None,
        code: str | None = None,
        **changes: object,
    ) -> Decision[T]:
        """Take a step that the lifecycle allows, and that did not happen before what it follows.

        It leaves the moment of its mark with this `code`, after that of a wait which it ends, unless `moments` are
        given.

        Raises:
            TransitionNotAllowed: the lifecycle has no such move from this state.
            GuardNotMet: something has to be there first.
            PolicyViolation: it would lie before the receipt, or before the step that it follows or undoes.
        """
        mark = self.marks.get(action, UNMARKED)
        ended = None if changes.get("waiting", ticket.waiting) else ticket.waiting
        if "moments" not in changes:
            moments = ticket.moments
            if ended is not None:
                moments = with_moment(moments, RESUMED, event, code=ended.for_)
            if mark.kind is not None:
                moments = with_moment(moments, mark.kind, event, side=side or mark.side, code=code)
            changes["moments"] = moments
        decision = self.lifecycle.move(ticket, action, event, **changes)
        if action not in AT_ANY_TIME:
            self._check_follows("the {} was received", ticket.received_at, event)
        for earlier in mark.after:
            self._check_follows(earlier.says, earlier.when(ticket), event)
        if ended is not None:
            self._check_follows("the wait began", ended.since, event)
        return decision

    def wait(
        self, ticket: T, for_: WaitingFor | str, event: Event, *, reason: str | None, until: datetime | None
    ) -> Decision[T]:
        """Put a ticket on hold until somebody else has done something.

        Raises what `move` raises, and:
            InvalidValue: nobody knows for whom it would wait.
            PolicyViolation: the wait would end before it starts.
        """
        waiting = Waiting(for_=coded("for_", WaitingFor, for_), reason=reason, since=event.occurred_at, until=until)
        moments = with_moment(ticket.moments, WAITING, event, code=waiting.for_, until=until)
        decision = self.move(ticket, "wait", event, waiting=waiting, moments=moments)
        resumed = (moment.occurred_at for moment in standing(ticket.moments) if moment.kind == RESUMED)
        self._check_follows("the {} last went on", max(resumed, key=micros, default=None), event)
        if until is not None:
            check_later("until", until, event.occurred_at, "a wait ends after it starts; name a later time, or none")
        return decision

    def void(self, ticket: T, n: int, event: Event) -> Decision[T]:
        """Take back the n-th moment, which was entered by mistake.

        Raises what `move` raises, and:
            InvalidValue: there is no such moment.
            PolicyViolation: it was voided before, or is itself a voiding; or the ticket says the same, and clocks
                would tell something else.
        """
        decision = self.move(ticket, "void", event, moments=without_moment(ticket.moments, n, event))
        moment = ticket.moments[n - 1]
        if moment not in self.voidable(ticket):
            name, kind, instead = self.lifecycle.name, moment.kind, self._instead(ticket, moment.kind)
            raise PolicyViolation("void", f"the {name} is still {kind}, as moment {n} says; {instead} instead")
        return decision

    def voidable(self, ticket: T) -> Moments:
        """The moments that can be taken back: nothing that the ticket says rests on them."""
        moments = standing(ticket.moments)
        last = {moment.kind: moment.n for moment in sorted(moments, key=lambda moment: moment.n)}
        return tuple(
            moment for moment in moments if moment.n < last[moment.kind] or not self._holds(ticket, moment.kind)
        )

    def _holds(self, ticket: T, kind: str) -> bool:
        """Does the ticket say what the last moment of this kind says?"""
        if kind in HOLDS:
            return HOLDS[kind](ticket)
        held = self._held()
        return kind in self.values or (kind in held and getattr(ticket, held[kind]) is not None)

    def _held(self) -> Mapping[str | None, str]:
        return {mark.kind: mark.holds for mark in self.marks.values() if mark.holds is not None}

    def _instead(self, ticket: T, kind: str) -> str:
        """What to do about a moment that is wrong, and cannot be taken back."""
        if kind in self._held() and "reopen" in self.lifecycle.allowed(ticket):
            return "reopen it"
        return f"{self.begins} a new one" if kind in (RECEIVED, *self._held()) else "take the step that changes it"

    def _check_follows(self, says: str, earlier: datetime | None, event: Event) -> None:
        if earlier is not None and micros(event.occurred_at) < micros(earlier):
            name, since = says.format(self.lifecycle.name), earlier.astimezone(UTC).isoformat(timespec="seconds")
            raise PolicyViolation("occurred_at", f"it cannot lie before {name}, at {since}")


def check_later(rule: str, when: datetime, than: datetime, says: str) -> None:
    """Refuses a time that is not after another one.

    Raises:
        PolicyViolation: names the rule.
    """
    if micros(when) <= micros(than):
        raise PolicyViolation(rule, says)

"""What a command decides: a record as it was, as it is to be, and the facts that say why.

A command is a pure function `(record, what, *, by, at) -> Decision`. Saving a decision is the store's work.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, ClassVar, Generic, NamedTuple, TypedDict, TypeVar

import attrs

from servicecrm.errors import InvalidValue, NaiveDatetime, PolicyViolation
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.records import evolve, fields_of, record
from servicecrm.kernel.shapes import filled

__all__ = ["Actor", "Decision", "Event", "Stamp", "Step", "acting", "begin", "decide", "flat", "stamp"]

R = TypeVar("R")


@record
class Actor:
    """Who acts: a person, a team or a process, perhaps on behalf of somebody else. Both are ids, not names."""

    id: str = attrs.field(validator=filled)
    on_behalf_of: str | None = attrs.field(default=None, validator=filled)


def acting(by: Actor | str) -> Actor:
    """The actor meant by an id."""
    return by if isinstance(by, Actor) else Actor(id=by)


@record
class Event:
    """A fact, in the past tense, with a stable `type`.

    `occurred_at` is when it happened, `recorded_at` when it was told to the system: they differ for facts
    that are entered later or come from another system.

    Raises:
        PolicyViolation: it would lie in the future.
    """

    type: ClassVar[str]
    types: ClassVar[set[str]] = set()
    """The types of all events that are loaded, for whoever wants to hear of one."""
    erases: ClassVar[bool] = False
    """Does it tell that something personal is gone? Then the journal forgets what was personal of the record before."""

    by: Actor
    occurred_at: datetime
    recorded_at: datetime

    def __init_subclass__(cls) -> None:
        Event.types.add(cls.type)

    def __attrs_post_init__(self) -> None:
        if self.occurred_at is not self.recorded_at and micros(self.occurred_at) > micros(self.recorded_at):
            raise PolicyViolation("occurred_at", "a fact cannot lie in the future; record it when it has happened")


class Stamp(TypedDict):
    """What every event carries."""

    by: Actor
    occurred_at: datetime
    recorded_at: datetime


def stamp(
    by: Actor | str, at: datetime, occurred_at: datetime | None = None, *, given_as: str = "occurred_at"
) -> Stamp:
    """What every event carries, from what every command is given: `at` is now, `occurred_at` perhaps earlier.

    Raises:
        InvalidValue: what is given as a time is none; names it as the command does, `given_as` being another name of
            the earlier one.
        NaiveDatetime: it has no zone.
    """
    _check_time("at", at)
    if occurred_at is not None:
        _check_time(given_as, occurred_at)
    return Stamp(by=acting(by), occurred_at=at if occurred_at is None else occurred_at, recorded_at=at)


def _check_time(name: str, at: object) -> None:
    if not isinstance(at, datetime):
        raise InvalidValue(name, f"expected a datetime, got {type(at).__name__}")
    if at.tzinfo is None:
        raise NaiveDatetime(name)


class Step(NamedTuple):
    """One fact of a decision with the field values that it set. The journal keeps one entry for each.

    A field that only grew is in `appended`, with what was added to it, so that a long history is not told again
    with every fact.
    """

    event: Event
    changes: Mapping[str, object]
    appended: Mapping[str, tuple[Any, ...]] = MappingProxyType({})

    def __repr__(self) -> str:
        # The changes may be personal, so only their names are shown.
        return f"Step({self.event.type}: {', '.join((*self.changes, *self.appended))})"


@attrs.frozen(repr=False)
class Decision(Generic[R]):
    """A change that is decided and not yet saved.

    `before` is None for a new record. The record to use further on is the one that saving returns: it
    carries the new revision.
    """

    before: R | None
    after: R
    steps: tuple[Step, ...]

    @property
    def events(self) -> tuple[Event, ...]:
        """The facts that say why."""
        return tuple(step.event for step in self.steps)

    def then(self, command: Callable[..., "Decision[R]"], *args: Any, **kwargs: Any) -> "Decision[R]":
        """This decision and one more command on its outcome, as one decision."""
        more = command(self.after, *args, **kwargs)
        if not isinstance(more, Decision):
            raise TypeError("this command decides about several records: save(decision), then save(command(...))")
        return Decision(self.before, more.after, self.steps + more.steps)

    def __repr__(self) -> str:
        types = ", ".join(event.type for event in self.events)
        return f"Decision({type(self.after).__name__} {getattr(self.after, 'id', '')}: {types})"


def flat(decisions: Iterable["Decision[Any] | tuple[Decision[Any], ...]"]) -> tuple["Decision[Any]", ...]:
    """Decisions one by one; a command that decides about several records gives them as a tuple.

    Raises:
        TypeError: one is no decision.
    """
    found = [each for decided in decisions for each in (decided if isinstance(decided, tuple) else (decided,))]
    for each in found:
        if not isinstance(each, Decision):
            raise TypeError(f"expected a decision, as a command gives it, got a {type(each).__name__}")
    return tuple(found)


def begin(new: R, event: Event) -> Decision[R]:
    """The decision to start a record."""
    return Decision(None, new, (Step(event, fields_of(new)),))


def decide(old: R, event: Event, **changes: object) -> Decision[R]:
    """The decision to change a record, with the fact that says why."""
    new = evolve(old, **changes)
    appended: dict[str, tuple[Any, ...]] = {}
    for name, value in changes.items():
        if isinstance(value, tuple) and (tail := _added(getattr(old, name), value)):
            appended[name] = tail
    told = {n: v for n, v in changes.items() if n not in appended and v != getattr(old, n)}
    return Decision(old, new, (Step(event, told, appended),))


def _added(old: object, new: tuple[Any, ...]) -> tuple[Any, ...]:
    """What a tuple got at its end, if that is all that was done to it."""
    if isinstance(old, tuple) and old and new[: len(old)] == old:
        return new[len(old) :]
    return ()

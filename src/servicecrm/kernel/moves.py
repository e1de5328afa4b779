"""The parts of a lifecycle's table: moves, guards and rows, and what makes a table a bad one."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from operator import attrgetter
from typing import Any, Final, Generic, Protocol, TypeVar

import attrs

from servicecrm.errors import ServiceCRMError

__all__ = [
    "ANYONE",
    "STAY",
    "BadLifecycle",
    "Guard",
    "HasState",
    "Move",
    "Row",
    "given",
    "merged",
    "problems",
    "reachable",
]

M = TypeVar("M", bound="Move[Any]")

STAY: Final = "="
"""As `Move.to`: the action leaves the state as it is, such as a message, a note or a forwarding."""

ANYONE: Final = "anyone"
"""The role of a move that is nobody's particular duty."""


class HasState(Protocol):
    """What a record needs to have a lifecycle."""

    @property
    def state(self) -> str: ...


R_contra = TypeVar("R_contra", bound=HasState, contravariant=True)


class BadLifecycle(ServiceCRMError, ValueError):
    """A table that cannot be a lifecycle: every problem at once."""

    code = "bad_lifecycle"

    def __init__(self, lifecycle: str, problems: tuple[str, ...]) -> None:
        self.lifecycle = lifecycle
        self.problems = problems
        super().__init__(f"{lifecycle}: {'; '.join(problems)}")


@attrs.frozen
class Guard(Generic[R_contra]):
    """Something that has to be true of a move, judged on the record before and **after** it.

    Most guards look at the record after, so that a value given with the action counts. `says` is an English
    sentence without a full stop ("a handler is named"); `name` is its key in other languages and in tables that
    are read from TOML. `holds` is pure, and does not raise.
    """

    name: str
    says: str
    holds: Callable[[R_contra, R_contra], bool]


def _names(of: str | Iterable[str]) -> tuple[str, ...]:
    if isinstance(of, str):
        return (of,)
    # A set has no order of its own, and the order of states is seen in diagrams.
    return tuple(sorted(of)) if isinstance(of, set | frozenset) else tuple(of)


@attrs.frozen
class Move(Generic[R_contra]):
    """One line of the table: this action, from these states, leads to that state.

    `demands` names fields that must hold something afterwards; an interface asks for them. `role` says whose
    duty the action is: it is reported, not enforced, because rights are the host's business.
    """

    action: str
    from_: tuple[str, ...] = attrs.field(converter=_names)
    to: str
    role: str = ANYONE
    guards: tuple[Guard[R_contra], ...] = attrs.field(default=(), validator=attrs.validators.instance_of(tuple))
    demands: tuple[str, ...] = attrs.field(default=(), converter=_names)


@attrs.frozen
class Row:
    """One action from one state, for reports: names only. `to` is a state, also where the move says `STAY`."""

    action: str
    from_: str
    to: str
    role: str
    guards: tuple[str, ...] = ()
    demands: tuple[str, ...] = ()

    @property
    def stays(self) -> bool:
        """Does the action leave the state as it is?"""
        return self.from_ == self.to


def merged(table: Sequence[M], new: M) -> list[M]:
    """The moves with one more; it takes the place of the rows with its action and states."""
    result: list[M] = []
    place = None
    for old in table:
        taken = old.action == new.action and not set(old.from_).isdisjoint(new.from_)
        rest = tuple(state for state in old.from_ if state not in new.from_) if taken else old.from_
        if rest:
            result.append(attrs.evolve(old, from_=rest) if taken else old)
        if taken and place is None:
            place = len(result)
    result.insert(len(result) if place is None else place, new)
    return result


def reached(table: Iterable[Move[Any]], initial: str) -> set[str]:
    """The states that moves lead to from the initial one, and itself."""
    leads_to = {(state, move.to) for move in table for state in move.from_ if move.to != STAY}
    found: set[str] = set()
    further = {initial}
    while further:
        found |= further
        further = {to for state, to in leads_to if state in found} - found
    return found


def reachable(table: Sequence[M], initial: str) -> list[M]:
    """The moves without the states that nothing leads to."""
    there = reached(table, initial)
    kept = ((move, tuple(state for state in move.from_ if state in there)) for move in table)
    return [attrs.evolve(move, from_=states) for move, states in kept if states]


def problems(
    moves: Sequence[Move[Any]],
    initial: str,
    resting: frozenset[str],
    final: frozenset[str],
    tags: Mapping[str, frozenset[str]],
) -> Iterator[str]:
    """Everything that keeps these moves from being a lifecycle."""
    yield from _bad_names(moves, initial)
    rows = [(move.action, state, state if move.to == STAY else move.to) for move in moves for state in move.from_]
    seen: set[tuple[str, str]] = set()
    for action, state, _ in rows:
        if (action, state) in seen:
            yield f"{action} from {state} is declared twice"
        seen.add((action, state))

    exits: dict[str, list[str]] = {initial: []}
    for _, state, to in rows:
        exits.setdefault(to, [])
        exits.setdefault(state, []).extend([to] if to != state else [])
    there = reached(moves, initial)
    for state, leads_to in exits.items():
        if state not in there:
            yield f"{state} cannot be reached from {initial}"
        if state in final and leads_to:
            yield f"{state} is final, yet leads to {', '.join(dict.fromkeys(leads_to))}"
        if state not in final and not leads_to:
            yield f"{state} has no exit and is not final"

    if initial in final:
        yield f"the initial state {initial} is final"
    for state in sorted(resting & final):
        yield f"{state} is both resting and final"
    groups = {"resting": resting, "final": final, **{f"tag {tag}": states for tag, states in tags.items()}}
    for group, states in groups.items():
        for state in sorted(states - exits.keys()):
            yield f"{group} names the unknown state {state}"


def _bad_names(moves: Sequence[Move[Any]], initial: str) -> Iterator[str]:
    if initial in ("", STAY):
        yield f"{initial!r} cannot be a state"
    guards: dict[str, Guard[Any]] = {}
    for move in moves:
        if not move.action:
            yield "an action has no name"
        if not move.from_:
            yield f"{move.action} starts from no state"
        for state in dict.fromkeys((*move.from_, move.to or "")):
            if not state or (state == STAY and state in move.from_):
                yield f"{move.action}: {state!r} cannot be a state"
        for guard in (*map(given, move.demands), *move.guards):
            if guards.setdefault(guard.name, guard) != guard:
                yield f"two guards are named {guard.name}"


@cache
def given(field: str) -> Guard[Any]:
    """The guard of a demand: this field of the record holds something."""
    value_of = attrgetter(field)

    def holds(_: Any, after: Any) -> bool:
        value = value_of(after)
        return value not in (None, "", (), frozenset())

    return Guard(field, f"{field.replace('_', ' ')} is given", holds)

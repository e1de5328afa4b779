"""When may a record move from one state to another, who may move it, and what has to be there first?

A lifecycle is one table of moves, checked when it is built, and the only place where a state change is decided.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any, Final, Generic, TypeVar

import attrs

from servicecrm.errors import GuardNotMet, InvalidValue, TransitionNotAllowed
from servicecrm.kernel.decisions import Decision, Event, decide
from servicecrm.kernel.moves import (
    ANYONE,
    STAY,
    BadLifecycle,
    Guard,
    HasState,
    Move,
    Row,
    given,
    merged,
    problems,
    reachable,
)
from servicecrm.kernel.records import evolve

__all__ = ["ANYONE", "STAY", "BadLifecycle", "Guard", "HasState", "Lifecycle", "Move", "Row", "going_by"]

R = TypeVar("R", bound=HasState)


@attrs.frozen(init=False, repr=False)
class Lifecycle(Generic[R]):
    """The states of a record and the moves between them.

    `resting` states are settled but may be left (closed, until somebody reopens it); `final` ones are never left,
    though an action that stays (a late message) may still happen there. `tags` groups states under names for
    lists. States and actions are language-neutral text.

    Raises:
        BadLifecycle: a row is declared twice; a state cannot be reached, or is not final and has no exit; a final
            state has one; resting, final or a tag names an unknown state; the initial state is final.

    Source: C003.
    """

    name: str
    initial: str
    moves: tuple[Move[R], ...]
    resting: frozenset[str]
    final: frozenset[str]
    tags: Mapping[str, frozenset[str]] = attrs.field(hash=False)
    states: tuple[str, ...] = attrs.field(init=False, eq=False)
    actions: tuple[str, ...] = attrs.field(init=False, eq=False)
    open: frozenset[str] = attrs.field(init=False, eq=False)
    _steps: dict[str, dict[str, tuple[str, tuple[Guard[R], ...]]]] = attrs.field(init=False, eq=False)

    def __init__(
        self,
        name: str,
        *,
        initial: str,
        moves: Iterable[Move[R]],
        resting: Iterable[str] = (),
        final: Iterable[str] = (),
        tags: Mapping[str, Iterable[str]] = MappingProxyType({}),
    ) -> None:
        groups = MappingProxyType({tag: frozenset(states) for tag, states in tags.items()})
        self.__attrs_init__(name, initial, tuple(moves), frozenset(resting), frozenset(final), groups)

    def __attrs_post_init__(self) -> None:
        # States that are moved between come first: "message, from everywhere" says nothing about their order.
        moving = [move for move in self.moves if move.to != STAY] + [move for move in self.moves if move.to == STAY]
        named = [self.initial, *(state for move in moving for state in (*move.from_, move.to) if state != STAY)]
        states = tuple(dict.fromkeys(named))
        steps: dict[str, dict[str, tuple[str, tuple[Guard[R], ...]]]] = {state: {} for state in states}
        for move in self.moves:
            guards = (*map(given, move.demands), *move.guards)
            for state in move.from_:
                to = state if move.to == STAY else move.to
                steps.setdefault(state, {}).setdefault(move.action, (to, guards))
        derived = {
            "states": states,
            "actions": tuple(dict.fromkeys(move.action for move in self.moves)),
            "open": frozenset(states) - self.resting - self.final,
            "_steps": steps,
        }
        for field, value in derived.items():
            object.__setattr__(self, field, value)
        found = tuple(dict.fromkeys(problems(self.moves, self.initial, self.resting, self.final, self.tags)))
        if found:
            raise BadLifecycle(self.name, found)

    # -- moving ----------------------------------------------------------------------------------

    def target(self, state: str, action: str) -> str:
        """The state that an action leads to.

        Raises:
            TransitionNotAllowed: the action does not start from this state; lists what does.
            InvalidValue: this lifecycle has no such state.
        """
        return self._step(state, action)[0]

    def move(self, record: R, action: str, event: Event, /, **changes: object) -> Decision[R]:
        """The decision to take an action: the new state, other changed fields, and the fact that says why.

        Raises:
            TransitionNotAllowed: the action does not start from this state; nothing else was looked at.
            GuardNotMet: the record with its changes lacks something; every unmet sentence.
            InvalidValue: a changed value has not the shape of its field.

        Source: C003.
        """
        to, guards = self._step(record.state, action)
        decision = decide(record, event, state=to, **changes)
        if guards:
            self._judge(action, guards, record, decision.after)
        return decision

    def step(self, record: R, action: str, /, **changes: object) -> str:
        """The state that `move` would lead to with these changes, judged in full, without deciding anything.

        Raises what `move` raises.
        """
        to, guards = self._step(record.state, action)
        self._judge(action, guards, record, evolve(record, state=to, **changes))
        return to

    def check(self, action: str, before: R, after: R) -> None:
        """Judge a change that was made elsewhere, such as in a host's own code.

        Raises:
            TransitionNotAllowed: the action does not start from the state before.
            InvalidValue: the state after is not the one that the action leads to.
            GuardNotMet: the record after lacks something; every unmet sentence.
        """
        to, guards = self._step(before.state, action)
        if after.state != to:
            raise InvalidValue(f"{self.name}.state", f"{action} while {before.state} leads to {to}")
        self._judge(action, guards, before, after)

    def adopt(self, record: R, state: str, event: Event, /, **changes: object) -> Decision[R]:
        """Take over a state that another system decided: the only way around the table, for importers.

        Guards are not judged; the event is what marks the change as adopted.

        Raises:
            InvalidValue: this lifecycle has no such state; names those that it has.
        """
        self._from(state)
        return decide(record, event, state=state, **changes)

    # -- asking ----------------------------------------------------------------------------------

    def allowed(self, of: R | str) -> tuple[str, ...]:
        """The actions that start from the state of a record, in the order of the table.

        Guards are not judged, because they look at the record after the move: see `blocked`.
        """
        return tuple(self._from(of if isinstance(of, str) else of.state))

    def unmet(self, record: R, action: str) -> tuple[Guard[R], ...]:
        """The guards of an action that the record as it is now does not meet."""
        return tuple(guard for guard in self._step(record.state, action)[1] if not guard.holds(record, record))

    def blocked(self, record: R) -> Mapping[str, tuple[str, ...]]:
        """What has to be supplied first, or with the action: unmet sentences by allowed action.

        Actions that could be taken at once are left out.
        """
        unmet = {action: self.unmet(record, action) for action in self._from(record.state)}
        return {action: tuple(guard.says for guard in guards) for action, guards in unmet.items() if guards}

    def rows(self) -> tuple[Row, ...]:
        """The table for reports: one row per action and state, in the order of the moves."""
        return tuple(
            Row(
                action=move.action,
                from_=state,
                to=state if move.to == STAY else move.to,
                role=move.role,
                guards=tuple(guard.name for guard in move.guards),
                demands=move.demands,
            )
            for move in self.moves
            for state in move.from_
        )

    def matrix(self) -> dict[str, tuple[str, ...]]:
        """Who is responsible for what: the roles of each action, usually one."""
        return {
            action: tuple(dict.fromkeys(move.role for move in self.moves if move.action == action))
            for action in self.actions
        }

    # -- adapting --------------------------------------------------------------------------------

    def with_moves(self, *moves: Move[R], resting: Iterable[str] = (), final: Iterable[str] = ()) -> "Lifecycle[R]":
        """A new checked table with more moves; a row with the same action and state is replaced where it stands.

        `resting` and `final` say what the added states are, if they are not open. What is allowed in every state, such
        as to say something, is allowed in an added one; every other row for it you give.
        """
        added = dict.fromkeys(state for move in moves for state in (*move.from_, move.to) if state != STAY)
        states = (*self.states, *(state for state in added if state not in self.states))
        table = [
            attrs.evolve(move, from_=states) if frozenset(self.states) <= frozenset(move.from_) else move
            for move in self.moves
        ]
        for new in moves:
            table = merged(table, new)
        return self._rebuilt(table, self.resting.union(resting), self.final.union(final))

    def without(self, *actions: str) -> "Lifecycle[R]":
        """A new checked table without some actions; states that only they led to are gone with them."""
        unknown = [f"there is no action {action!r} to leave out" for action in actions if action not in self.actions]
        if unknown:
            raise BadLifecycle(self.name, tuple(unknown))
        table = reachable([move for move in self.moves if move.action not in actions], self.initial)
        return self._rebuilt(table, self.resting, self.final)

    def _rebuilt(self, moves: list[Move[R]], resting: frozenset[str], final: frozenset[str]) -> "Lifecycle[R]":
        kept = {self.initial, *(state for move in moves for state in (*move.from_, move.to))}
        gone = frozenset(self.states) - kept
        tags = {tag: states - gone for tag, states in self.tags.items()}
        return Lifecycle(
            self.name, initial=self.initial, moves=moves, resting=resting - gone, final=final - gone, tags=tags
        )

    @classmethod
    def from_toml(cls, text: str, guards: Mapping[str, Guard[R]]) -> "Lifecycle[R]":
        """A table that a house wrote down itself; see `servicecrm.kernel.tables` for the layout.

        Guards are taken by name from those that are given; text is never evaluated.

        Raises:
            MalformedDocument: the text is not TOML or has not this layout, or names an unknown guard.
            BadLifecycle: the table cannot be a lifecycle.
        """
        from servicecrm.kernel.tables import read_lifecycle

        return read_lifecycle(text, guards)

    # -- showing ---------------------------------------------------------------------------------

    def __repr__(self) -> str:
        return f"<Lifecycle {self.name}: {len(self.states)} states, {len(self.actions)} actions>"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        from servicecrm.kernel.diagrams import bundle

        return bundle(self)

    # -- inside ----------------------------------------------------------------------------------

    def _step(self, state: str, action: str) -> tuple[str, tuple[Guard[R], ...]]:
        try:
            return _OWN.get().get(self.name, self)._steps[state][action]  # noqa: SLF001
        except KeyError:
            allowed = tuple(self._from(state))
        raise TransitionNotAllowed(self.name, action, state, allowed)

    def _from(self, state: str) -> Mapping[str, tuple[str, tuple[Guard[R], ...]]]:
        table = _OWN.get().get(self.name, self)
        try:
            return table._steps[state]  # noqa: SLF001
        except KeyError:
            # The state may come from another system's file, so it is not shown.
            known = ", ".join(table.states)
        raise InvalidValue(f"{self.name}.state", f"not a state of this lifecycle; known: {known}")

    def _judge(self, action: str, guards: tuple[Guard[R], ...], before: R, after: R) -> None:
        unmet = [guard for guard in guards if not guard.holds(before, after)]
        if unmet:
            names, sentences = zip(*((guard.name, guard.says) for guard in unmet), strict=True)
            raise GuardNotMet(self.name, action, names, sentences)


_NONE: Final[Mapping[str, Lifecycle[Any]]] = MappingProxyType({})
_OWN: Final[ContextVar[Mapping[str, Lifecycle[Any]]]] = ContextVar("servicecrm_lifecycles", default=_NONE)


@contextmanager
def going_by(*tables: Lifecycle[Any]) -> Iterator[None]:
    """Within this block, commands go by a house's own tables instead of the shipped ones of the same names.

    What an outer block has said counts no more: other commands go by the shipped tables. It holds for this thread, or
    this task, alone: `with going_by(ours): complaints.close(complaint, ...)`. A desk does it by itself for the
    `lifecycles` of its house.

    Source: C003.
    """
    token = _OWN.set({table.name: table for table in tables} if tables else _NONE)
    try:
        yield
    finally:
        _OWN.reset(token)

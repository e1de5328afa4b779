"""Is everything on a record that should be there by now?

A checklist is one table of lines. A line says what a record holds, how much that matters, and in which states it
counts; from the table follow a report for whoever works on the record, and guards for moves.
"""

from collections.abc import Iterable, Iterator
from types import NoneType, UnionType
from typing import Any, Generic, TypeVar, Union, get_args, get_origin

import attrs

from servicecrm.errors import GuardNotMet, InvalidValue
from servicecrm.kernel.lifecycle import Guard, HasState, Lifecycle
from servicecrm.kernel.moves import given, reached
from servicecrm.kernel.records import base_type, field_names, record
from servicecrm.kernel.shapes import Code
from servicecrm.kernel.texts import Texts

__all__ = ["Checklist", "Level", "Line", "Report", "from_"]

R = TypeVar("R", bound=HasState)


class Level(Code):
    """How much it matters that a line is met."""

    MUST = "must"
    SHOULD = "should"


def _level(code: Level | str) -> Level:
    return Level(code)


def _states(of: str | Iterable[str] | None) -> tuple[str, ...] | None:
    return of if of is None else (of,) if isinstance(of, str) else tuple(of)


@attrs.frozen
class Line:
    """One line of a checklist: this field holds something, in these states. Without `states` it counts in all of them.

    `path` is a field, or with dots a field of a record in a field: `waiting.until`. `says` is an English sentence
    without a full stop, as that of a guard is; its key in other languages is `checklist.<path>`.
    """

    path: str
    level: Level = attrs.field(default=Level.MUST, converter=_level)
    states: tuple[str, ...] | None = attrs.field(default=None, converter=_states)
    says: str = attrs.field()

    @says.default
    def _said(self) -> str:
        return given(self.path).says

    @property
    def name(self) -> str:
        """What a guard that demands this line is called."""
        return f"checklist.{self.path}"

    def words(self, texts: Texts, *, language: str) -> str:
        """The sentence in a language; one that a house wrote itself stays as it is.

        Source: C093.
        """
        key = self.name
        shipped = key in texts.keys("en") and texts.get(key, language="en") == self.says
        return texts.get(key, language=language) if shipped else self.says

    def counts(self, state: str) -> bool:
        """Does it count for a record in this state?"""
        return self.states is None or state in self.states

    def met(self, record: object) -> bool:
        """Does the field hold something? The rule is that of a lifecycle's demands."""
        *owners, last = self.path.split(".")
        for owner in owners:
            record = getattr(record, owner)
            if record is None:
                return False
        return given(last).holds(record, record)

    def met_after(self, _: object, after: object) -> bool:
        """The same of the record after a move, as a guard asks it."""
        return self.met(after)


@record
class Report:
    """What a record lacks: of what must be there, and of what should be.

    `percent` is the share of the lines that count in its state and are met, rounded down, so that 100 is said only
    when nothing is missing. A line that must be met weighs as much as one that should.
    """

    missing: tuple[Line, ...]
    warnings: tuple[Line, ...]
    percent: int


def _lines(of: Iterable[Line]) -> tuple[Line, ...]:
    return tuple(of)


@attrs.frozen
class Checklist(Generic[R]):
    """What a record of one type has to hold, state by state.

    Raises:
        InvalidValue: a path is no field of the record, and names those that are; a path has two lines; a line counts in
            no state, or in one that the lifecycle does not have. Every problem at once.

    Source: C007.
    """

    name: str
    of: type[R]
    lifecycle: Lifecycle[R] = attrs.field(kw_only=True)
    lines: tuple[Line, ...] = attrs.field(kw_only=True, converter=_lines)

    def __attrs_post_init__(self) -> None:
        self._refuse(_problems(self.lines, self.of, self.lifecycle.states))

    def lines_in(self, state: str) -> tuple[Line, ...]:
        """The lines that count in a state.

        Raises:
            InvalidValue: the lifecycle has no such state; names those that it has.
        """
        self.lifecycle.allowed(state)  # refuses a state that there is not
        return tuple(line for line in self.lines if line.counts(state))

    def check(self, record: R) -> Report:
        """What a record lacks in the state where it is.

        Raises:
            InvalidValue: the lifecycle has no such state.

        Source: C007.
        """
        counted = self.lines_in(record.state)
        lacking = [line for line in counted if not line.met(record)]
        return Report(
            missing=tuple(line for line in lacking if line.level is Level.MUST),
            warnings=tuple(line for line in lacking if line.level is Level.SHOULD),
            percent=100 * (len(counted) - len(lacking)) // len(counted) if counted else 100,
        )

    def require(self, record: R, action: str) -> None:
        """Refuse an action unless the record that it leads to has all that it must have there.

        Raises:
            GuardNotMet: it lacks something; every missing line in its own words.
            InvalidValue: the lifecycle has no such state.

        Source: C007, C049.
        """
        missing = self.check(record).missing
        if missing:
            names, sentences = zip(*((line.name, line.says) for line in missing), strict=True)
            raise GuardNotMet(self.lifecycle.name, action, names, sentences)

    def guards(self, state: str) -> tuple[Guard[R], ...]:
        """A guard for each line that must be met in a state, for the moves of a house's own table that lead there.

        Raises:
            InvalidValue: the lifecycle has no such state.

        Source: C007, C049.
        """
        must = (line for line in self.lines_in(state) if line.level is Level.MUST)
        return tuple(Guard(line.name, line.says, line.met_after) for line in must)

    def extended(self, *lines: Line) -> "Checklist[R]":
        """This checklist with more lines; one for the same path takes the place of the line that is there.

        It keeps the sentence of that line unless it has its own.

        Raises:
            InvalidValue: what must be there would only be so in fewer states, or no longer; or the lines cannot be on
                this list. Every problem at once.
        """
        table = {line.path: line for line in self.lines}
        problems: list[str] = []
        for new in lines:
            old = table.get(new.path, new)
            if old.level is Level.MUST:
                problems += _weakened(old, new, self.lifecycle.states)
            unsaid = new.says == given(new.path).says
            table[new.path] = attrs.evolve(new, says=old.says) if unsaid else new
        self._refuse(problems)
        return attrs.evolve(self, lines=table.values())

    def _refuse(self, problems: Iterable[str]) -> None:
        found = "; ".join(problems)
        if found:
            raise InvalidValue(f"checklist {self.name}", found)


def from_(lifecycle: Lifecycle[R], state: str) -> tuple[str, ...]:
    """A state, and all those that a record cannot reach without having been in it.

    What is known since a complaint was answered is known when it is closed, and perhaps not when it was withdrawn.

    Raises:
        InvalidValue: the lifecycle has no such state; names those that it has.
    """
    lifecycle.allowed(state)  # refuses a state that there is not
    if state == lifecycle.initial:
        return lifecycle.states
    around = reached((move for move in lifecycle.moves if move.to != state), lifecycle.initial)
    return tuple(each for each in lifecycle.states if each not in around)


# -- what makes a table a bad one ----------------------------------------------------------------


def _problems(lines: Iterable[Line], of: type, states: tuple[str, ...]) -> Iterator[str]:
    seen: set[str] = set()
    for line in lines:
        if line.path in seen:
            yield f"{line.path} has two lines"
        seen.add(line.path)
        yield from _bad_path(line.path, of)
        if line.states == ():
            yield f"{line.path} counts in no state; leave the states out where it counts in all"
        for state in line.states or ():
            if state not in states:
                yield f"{line.path} counts in the unknown state {state}; known: {', '.join(states)}"


def _bad_path(path: str, of: type) -> Iterator[str]:
    here = of
    for name in path.split("."):
        known = field_names(here) if attrs.has(here) else ()
        if name not in known:
            yield f"{path}: {name!r} is no field of {here.__name__}; known: {', '.join(known) or 'none'}"
            return
        here = _held(attrs.fields_dict(here)[name].type)


def _held(annotation: Any) -> type:
    """The class that a field holds, if not None."""
    annotation = base_type(annotation)
    union = get_origin(annotation) in (Union, UnionType)
    parts = [base_type(part) for part in get_args(annotation)] if union else [annotation]
    return next((part for part in parts if isinstance(part, type) and part is not NoneType), NoneType)


def _weakened(old: Line, new: Line, states: tuple[str, ...]) -> Iterator[str]:
    if new.level is not Level.MUST:
        yield f"{old.path} must be there, and cannot become a line that only should be met"
    lost = [state for state in states if old.counts(state) and not new.counts(state)]
    if lost:
        yield f"{old.path} must be there in {', '.join(lost)} too"

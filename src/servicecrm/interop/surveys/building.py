"""Putting together what another tool asks, and noting what of it is not taken over."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import count
from typing import Any, Final, NamedTuple

import attrs

from servicecrm.errors import InvalidValue
from servicecrm.interop.surveys.expressions import Both, Compared, Either, Not, Tree, Unreadable, read
from servicecrm.kernel.checks import text_problem
from servicecrm.kernel.decisions import Actor, Decision
from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.kernel.records import evolve, record
from servicecrm.kernel.shapes import printable
from servicecrm.surveys.checking import problems
from servicecrm.surveys.items import Item, ItemKind, Words, item
from servicecrm.surveys.model import Questionnaire
from servicecrm.surveys.questionnaires import Content, draft

__all__ = ["BAD", "Building", "Foreign", "LeftOut", "Place"]


BAD: Final = (InvalidValue, TypeError, ValueError, OverflowError)
"""What is raised where a tool says something that it could not, such as a list for a number."""

_OTHER_TYPE: Final = "something in it is of another type than it should be"


@record
class LeftOut:
    """Something that is not taken over, or not as it was: where, and what."""

    path: str
    says: str

    def __str__(self) -> str:
        return f"{self.path}: {self.says}"


@attrs.frozen(kw_only=True)
class Foreign:
    """A questionnaire of another tool: what could be taken over of it, and what could not.

    `columns` say under which name that tool exports the answer with a key, and `words` which of our codes its codes
    mean, as `surveys.importing.read_rows` takes them.

    Source: C074.
    """

    title: FrozenMap
    introduction: FrozenMap = EMPTY
    languages: tuple[str, ...]
    items: tuple[Item, ...]
    left_out: tuple[LeftOut, ...]
    columns: FrozenMap = EMPTY
    words: FrozenMap = EMPTY

    @property
    def content(self) -> Content:
        """What `surveys.draft` and `desk.surveys.draft` take."""
        return {
            "title": _words(self.title),
            "introduction": _words(self.introduction),
            "languages": self.languages,
            "items": self.items,
        }

    def draft(self, *, id: str, by: Actor | str, at: datetime) -> Decision[Questionnaire]:
        """Begin a questionnaire from it.

        Raises:
            InvalidValue: the id or the person says nothing.

        Source: C074.
        """
        return draft(id=id, by=by, at=at, **self.content)


def _words(texts: FrozenMap) -> Words:
    return {language: f"{text}" for language, text in texts.items()}


class Place(NamedTuple):
    """What a name of the tool stands for: an item, a row of it, or an option that is chosen there."""

    item: str
    row: str | None = None
    option: str | None = None


class _Codes(NamedTuple):
    """The codes of an item, and those of them that are numbers."""

    all: frozenset[str]
    numbers: tuple[tuple[float, str], ...]


_MOST_NAMED: Final = 10_000
"""How many codes all comparisons may come to: each of them names every code that lies where it says."""


class Building:
    """The items so far, the names that the tool has for their answers, and what is left out."""

    def __init__(self, *, bare: bool = False) -> None:
        self.items: dict[str, Item] = {}
        self.names: dict[str, Place] = {}
        self.left_out: list[LeftOut] = []
        self._bare = bare
        self._conditions: dict[str, list[str | Tree]] = {}
        self._numbers: dict[str, int] = {}
        self._codes: dict[str, _Codes] = {}
        self._named = 0

    def leave(self, path: str, says: str) -> None:
        """Note something that is not taken over."""
        self.left_out.append(LeftOut(path=path, says=says))

    def add(self, id: str, kind: str, *, shown: Iterable[str | Tree] = (), **given: Any) -> Item | None:
        """Add an item, which is shown if all of these are true; None if it cannot be one of ours."""
        if (problem := text_problem(id)) is not None:
            self.leave(f"items.{printable(id)}", f"left out: its name is no text that can be kept: {problem}")
            return None
        own = self._free(id)
        if own != id:
            self.leave(f"items.{own}", f"another item is called {id!r} too, or it has a slash")
        try:
            made = item(own, kind, **given)
        except BAD as error:
            self.leave(f"items.{own}", f"left out: {error.says if isinstance(error, InvalidValue) else _OTHER_TYPE}")
            return None
        self.items[own] = made
        self.names.setdefault(id, Place(own))
        for row in made.rows:
            self.names.setdefault(f"{id}.{row.code}", Place(own, row=row.code))
        self._conditions[own] = [each for each in shown if each]
        return made

    def also(self, name: str, shown: Tree) -> None:
        """Show the item of this name only if that is true too; nothing happens if it is not taken over."""
        if name in self.names:
            self._conditions[self.names[name].item].append(shown)

    def finished(self, *, title: Words, introduction: Words, languages: Iterable[str], **more: Any) -> Foreign:
        """All of it, with the conditions."""
        for id, conditions in self._conditions.items():
            self._condition(id, conditions)
        found = Foreign(
            title=FrozenMap(title),
            introduction=FrozenMap(introduction),
            languages=tuple(languages),
            items=tuple(self.items.values()),
            left_out=(),
            **{name: FrozenMap(of) for name, of in more.items()},
        )
        return attrs.evolve(found, items=tuple(self._sound(found)), left_out=tuple(self.left_out))

    def _free(self, id: str) -> str:
        id = id.replace("/", "_")
        if id not in self.items:
            return id
        free = next(n for n in count(self._numbers.get(id, 2)) if f"{id}_{n}" not in self.items)
        self._numbers[id] = free  # those before it stay taken
        return f"{id}_{free}"

    # -- conditions ------------------------------------------------------------------------------

    def _condition(self, id: str, conditions: list[str | Tree]) -> None:
        named = self._named
        try:
            trees = [read(each, bare=self._bare) if isinstance(each, str) else each for each in conditions]
            parts = tuple(map(self._said, trees))
        except Unreadable as error:
            self._named = named
            self.leave(f"items.{id}.shown_if", f"it is always shown, as its condition cannot be said: {error}")
            return
        if parts:
            shown = parts[0] if len(parts) == 1 else {"all": parts}
            self.items[id] = evolve(self.items[id], shown_if=FrozenMap(shown))

    def _said(self, tree: Tree) -> Mapping[str, object]:
        match tree:
            case Both(parts):
                return {"all": tuple(map(self._said, dict.fromkeys(parts)))}
            case Either(parts):
                return {"any": tuple(map(self._said, dict.fromkeys(parts)))}
            case Not(part):
                return {"not": self._said(part)}
        if tree.name not in self.names:
            raise Unreadable(f"nothing here is called {tree.name!r}")
        place = self.names[tree.name]
        return self._asks(self.items[place.item], place, tree)

    def _asks(self, item: Item, place: Place, tree: Compared) -> Mapping[str, object]:
        """What a comparison asks of an item of ours."""
        of = {"item": place.item} | ({} if place.row is None else {"row": place.row})
        if tree.sign == "empty" and place.option is None:
            return {"any": ({**of, "is": "missing"}, {**of, "is": "not_shown"})}
        if tree.sign == "!=":
            return {"not": self._asks(item, place, tree._replace(sign="="))}
        if place.option is not None:
            includes: dict[str, object] = {**of, "includes": place.option}
            return includes if _YES.get(f"{tree.value}".lower()) == "yes" else {"not": includes}
        if item.kind in (ItemKind.MULTIPLE, ItemKind.RANKING) and tree.sign in ("includes", "="):
            return {**of, "includes": self._code(item, tree.value)}
        if self._of(item).all and tree.sign in _HOLDS:
            return {**of, "one_of": self._codes_that(item, tree)}
        if self._of(item).all:
            return {**of, "equals": self._code(item, tree.value)}
        if tree.value in item.apart and tree.sign == "=":
            return {**of, "is": tree.value}
        if item.kind is ItemKind.TEXT or tree.sign not in _TESTS:
            raise Unreadable(f"{item.id} is a {item.kind}, which is not compared so")
        return {**of, _TESTS[tree.sign]: tree.value if item.kind is ItemKind.DATE else _number(tree.value)}

    def _code(self, item: Item, value: str | float) -> str:
        code = value if isinstance(value, str) else f"{value:g}"
        if item.kind is ItemKind.YES_NO:
            code = _YES.get(code.lower(), code)
        if code not in self._of(item).all:
            raise Unreadable(f"{item.id} has no answer {code!r}")
        return code

    def _codes_that(self, item: Item, tree: Compared) -> tuple[str, ...]:
        """The codes that are numbers, and lie where the comparison says."""
        limit, holds = _number(tree.value), _HOLDS[tree.sign]
        found = tuple(code for number, code in self._of(item).numbers if holds(number, limit))
        if not found:
            raise Unreadable(f"no answer to {item.id} lies there")
        self._named += len(found)
        if self._named > _MOST_NAMED:
            raise Unreadable(f"with it, the comparisons come to more than {_MOST_NAMED:,} codes")
        return found

    def _of(self, item: Item) -> _Codes:
        if item.id not in self._codes:
            numbers = ((float(code), code) for code in item.codes if _WHOLE.fullmatch(code))
            self._codes[item.id] = _Codes(frozenset(item.codes), tuple(numbers))
        return self._codes[item.id]

    def _sound(self, found: Foreign) -> Iterator[Item]:
        """The items, each shown always if its condition could not be checked."""
        whole = found.draft(id="foreign", by="foreign", at=datetime.min.replace(tzinfo=UTC)).after
        wrong = {each.path: each.says for each in problems(whole) if each.check in ("conditions", "reachable")}
        for each in found.items:
            path = f"items.{each.id}.shown_if"
            if path in wrong:
                self.leave(path, f"it is always shown: {wrong[path]}")
            yield evolve(each, shown_if=EMPTY) if path in wrong else each


_TESTS: Final = {"=": "equals", "<": "below", "<=": "at_most", ">": "above", ">=": "at_least"}
_HOLDS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
}
_WHOLE: Final = re.compile(r"-?\d+")
_YES: Final = {"y": "yes", "yes": "yes", "true": "yes", "1": "yes", "n": "no", "no": "no", "false": "no", "0": "no"}


def _number(value: str | float) -> float:
    try:
        return float(value)
    except ValueError:
        raise Unreadable(f"{value!r} is no number") from None

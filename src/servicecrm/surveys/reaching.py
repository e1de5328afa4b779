"""Can every item be reached? Conditions narrow down what answers may be, until some are left for all of them, or none.

Of answers that no condition tells apart, only one is looked at.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import chain, combinations, islice, pairwise
from typing import Any, Final

from servicecrm.errors import InvalidValue
from servicecrm.surveys.answers import Answer, Status, read
from servicecrm.surveys.items import Item, ItemKind
from servicecrm.surveys.logic import Asked, asked

__all__ = ["unreachable"]

_STEPS: Final = 400_000
"""How much is done for a questionnaire. An item may take a tenth of what is left, so that each has its turn."""
_LEAST: Final = 100
"""What an item may take in any case."""
_VALUES: Final = 2_000
"""How many values of an answer are looked at."""
_LONGEST: Final = 100_000
"""How long the text is that is tried."""


class _Undecided(Exception):
    """There is too much to try."""


def unreachable(items: Sequence[Item]) -> Iterator[str]:
    """The items that no answers lead to. What their conditions ask has to fit the items.

    An item counts as reached when too many combinations of answers would have to be tried.

    Source: C074.
    """
    known = _Known(items)
    yield from (item.id for item in items if item.shown_if and not known.reached(item))


class _Known:
    """What is known of the items so far: which answers there can be, and whether they are ever shown."""

    def __init__(self, items: Sequence[Item]) -> None:
        self.items = {item.id: item for item in items}
        self.places = {id: n for n, id in enumerate(self.items)}
        self.decided: dict[str, bool] = {}
        self.partly: set[str] = set()
        """The keys of answers that have more values than are looked at."""
        self._asking: dict[str, set[Asked]] = {}
        for asks in chain.from_iterable(asked(item.shown_if) for item in items):
            self._asking.setdefault(asks.key, set()).add(asks)
        self._possible: dict[str, tuple[Answer, ...]] = {}
        self._left = _STEPS

    def reached(self, item: Item) -> bool:
        """Is it shown after some answers? What cannot be decided counts as that."""
        search = _Search(self, max(_LEAST, self._left // 10))
        try:
            found = search.finds(item.shown_if)
        except _Undecided:
            return True
        finally:
            self._left -= search.steps
        if not found and search.partly:
            return True
        self.decided[item.id] = found
        return found

    def possible(self, asks: Asked) -> tuple[Answer, ...]:
        """What can come of an answer; where its item has a condition, also that it is not shown."""
        if asks.key not in self._possible:
            item = self.items[asks.item]
            found, whole = _outcomes(item, tuple(self._asking[asks.key]))
            hidden = (Answer(item=asks.item, row=asks.row, status=Status.NOT_SHOWN),) if item.shown_if else ()
            self._possible[asks.key] = found + hidden
            if not whole:
                self.partly.add(asks.key)
        return self._possible[asks.key]


_Every = tuple[tuple[Mapping[str, Any], bool], "_Every"] | None
"""Conditions that still have to be true, or not to be: the first one, and the others."""
_Some = tuple[tuple[Sequence[Mapping[str, Any]], int, bool], "_Some"] | None
"""Lists of which, from some place on, one still has to be true, or not to be."""


class _Search:
    """Looks for answers after which a condition holds, and keeps of each answer what it may still be.

    What has to hold in any case comes first. Only a list of which one has to hold leaves a choice: its first one does,
    or if this leads nowhere, it does not, and one of the others does. Nothing here calls itself, so that a condition
    may be as long as it likes, and each step is counted.
    """

    def __init__(self, known: _Known, most: int) -> None:
        self.steps = 0
        self.partly = False
        self._known = known
        self._most = most
        self._may: dict[str, Any] = {}
        self._shown: dict[str, Any] = {}
        self._earliest = len(known.items)
        self._before: list[tuple[dict[str, Any], str, Any]] = []

    def finds(self, condition: Mapping[str, Any]) -> bool:
        """Are there such answers?

        Raises:
            _Undecided: to find that out takes more steps than it may.
        """
        every: _Every = ((condition, True), None)
        some: _Some = None
        choices: list[tuple[_Every, _Some, int, int]] = []
        while every is not None or some is not None:
            self._count(1)
            if every is None and some is not None:
                (parts, n, wanted), some = some
                if n + 1 < len(parts):
                    rest: _Some = ((parts, n + 1, wanted), some)
                    choices.append((((parts[n], not wanted), None), rest, len(self._before), self._earliest))
                every = ((parts[n], wanted), None)
            assert every is not None
            (part, wanted), every = every
            match part:
                case {"all": parts} | {"any": parts} if ("all" in part) is wanted:
                    for each in parts:
                        every = ((each, wanted), every)
                case {"all": parts} | {"any": parts}:
                    some = ((parts, 0, wanted), some)
                case {"not": inner}:
                    every = ((inner, not wanted), every)
                case _:
                    (asks,) = asked(part)
                    needed = self._needed(asks, wanted=wanted)
                    if needed is None and not choices:
                        return False
                    if needed is None:
                        every, some, mark, self._earliest = choices.pop()
                        self._undo(mark)
                    elif needed and every is None and some is None and self._is_reached(asks.item):
                        return True
                    elif needed:
                        every = (needed[0], every)
        return True

    def _needed(self, asks: Asked, *, wanted: bool) -> tuple[tuple[Mapping[str, Any], bool], ...] | None:
        """Narrow down an answer. What has to hold now that did not before; None if nothing is left that it can be."""
        may = self._may.get(asks.key)
        if may is None:
            may = self._known.possible(asks)
            self.partly = self.partly or asks.key in self._known.partly
        self._count(len(may))
        left = tuple(answer for answer in may if asks.true_of(answer) == wanted)
        self._put(self._may, asks.key, left)
        self._earliest = min(self._earliest, self._known.places[asks.item])
        shown = {answer.status is not Status.NOT_SHOWN for answer in left}
        condition = self._known.items[asks.item].shown_if
        if len(shown) == 2 or (left and not condition):
            return ()  # both are still possible, or there is no condition
        before = self._shown.get(asks.item)
        if not left or before not in (None, *shown) or (True in shown and self._known.decided.get(asks.item) is False):
            return None
        if before is not None:
            return ()
        self._put(self._shown, asks.item, True in shown)
        return ((condition, True in shown),)

    def _is_reached(self, item: str) -> bool:
        """Is it known that it can be shown, without anything that was narrowed down so far?"""
        known = self._known
        return bool(self._shown[item] and known.decided.get(item)) and known.places[item] <= self._earliest

    def _count(self, steps: int) -> None:
        self.steps += steps
        if self.steps > self._most:
            raise _Undecided

    def _put(self, of: dict[str, Any], key: str, value: object) -> None:
        self._before.append((of, key, of.get(key)))
        of[key] = value

    def _undo(self, mark: int) -> None:
        while len(self._before) > mark:
            of, key, value = self._before.pop()
            if value is None:
                del of[key]
            else:
                of[key] = value


def _outcomes(item: Item, asking: Sequence[Asked]) -> tuple[tuple[Answer, ...], bool]:
    """One answer for each way in which the tests can come out, and whether all ways were looked for."""
    mentioned = sorted({value for asks in asking if asks.test != "is" for value in asks.values})
    missing = () if item.required else (None,)
    values = chain(missing, item.apart, _candidates(item, mentioned))
    found: dict[tuple[bool, ...], Answer] = {}
    for value in islice(values, _VALUES):
        try:
            answer = read(item, value, row=asking[0].row)
        except InvalidValue:
            continue
        found.setdefault(tuple(asks.true_of(answer) for asks in asking), answer)
    whole = next(iter(values), values) is values and not (item.kind is ItemKind.TEXT and (item.least or 0) > _LONGEST)
    return tuple(found.values()), whole


def _candidates(item: Item, mentioned: list[Any]) -> Iterator[object]:
    """Values among which there is one at, and on each side of, every value that is mentioned. Some are invalid."""
    if item.scale is not None:
        near = {(item.scale.place(value) or 0) + step for value in mentioned for step in (-1, 0, 1)}
        yield from (item.scale.points[place] for place in sorted(near | {0}) if 0 <= place < len(item.scale.points))
    elif item.kind is ItemKind.NUMBER:
        limits = (limit for limit in (item.least, item.most) if limit is not None)
        yield from chain([0], limits, mentioned, ((a + b) / 2 for a, b in pairwise(mentioned)))
        for value in mentioned:
            far = max(1, int(abs(value) / 10**6))  # of large numbers, those that are close count as equal
            yield from (near + step for near in (value, int(value)) for step in (-far, -1, 0, 1, far))
    elif item.kind is ItemKind.DATE:
        yield date(2000, 1, 1)
        for day in map(date.fromisoformat, mentioned):
            yield from (day + timedelta(step) for step in (-1, 0, 1) if date.min < day < date.max)
    elif item.kind in (ItemKind.MULTIPLE, ItemKind.RANKING):
        others = [code for code in item.codes if code not in mentioned]
        chosen = chain.from_iterable(combinations(mentioned, n) for n in range(len(mentioned) + 1))
        yield from ([*codes, *others[:n]] for codes in chosen for n in range(len(others) + 1))
        yield from ([code] for code in others)
    elif item.kind is ItemKind.TEXT:
        yield "x" * int(max(1, min(item.least or 1, _LONGEST)))
    else:
        yield from item.codes

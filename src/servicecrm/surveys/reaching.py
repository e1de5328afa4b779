"""Can every item be reached? Answers are tried, but of those that no condition tells apart, only one."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import chain, combinations, pairwise
from typing import Any, Final

from servicecrm.errors import InvalidValue
from servicecrm.surveys.answers import Answer, Status, read
from servicecrm.surveys.items import Item, ItemKind
from servicecrm.surveys.logic import Asked, asked, holds

__all__ = ["unreachable"]

_TRIES: Final = 20_000


def unreachable(items: Sequence[Item]) -> Iterator[str]:
    """The items that no answers lead to. What their conditions ask has to fit the items.

    An item counts as reached when too many combinations of answers would have to be tried.

    Source: C074.
    """
    known = {item.id: item for item in items}
    asking: dict[str, list[Asked]] = {}
    for asks in chain.from_iterable(asked(item.shown_if) for item in items):
        asking.setdefault(asks.key, []).append(asks)
    outcomes = {key: _outcomes(known[of[0].item], of) for key, of in asking.items()}
    yield from (item.id for item in items if item.shown_if and not _reached(item, known, outcomes))


def _reached(item: Item, known: Mapping[str, Item], outcomes: Mapping[str, tuple[Answer, ...]]) -> bool:
    places = {id: n for n, id in enumerate(known)}
    order = sorted(_needed(item, known), key=lambda asks: places[asks.item])
    tries = iter(range(_TRIES))

    def search(n: int, answers: dict[str, Answer]) -> bool:
        if n == len(order):
            return holds(item.shown_if, answers) or next(tries, None) is None
        asks = order[n]
        possible = outcomes[asks.key]
        if not holds(known[asks.item].shown_if, answers):
            possible = (Answer(item=asks.item, row=asks.row, status=Status.NOT_SHOWN),)
        return any(search(n + 1, {**answers, asks.key: answer}) for answer in possible)

    return search(0, {})


def _needed(item: Item, known: Mapping[str, Item]) -> tuple[Asked, ...]:
    """All answers that decide whether an item is shown, directly or by deciding about others."""
    found: dict[str, Asked] = {}
    further = list(asked(item.shown_if))
    while further:
        asks = further.pop()
        if asks.key not in found:
            found[asks.key] = asks
            further += asked(known[asks.item].shown_if)
    return tuple(found.values())


def _outcomes(item: Item, asking: Sequence[Asked]) -> tuple[Answer, ...]:
    """One answer for each way in which the tests can come out."""
    mentioned = sorted({value for asks in asking if asks.test != "is" for value in asks.values})
    missing = () if item.required else (None,)
    found: dict[tuple[bool, ...], Answer] = {}
    for value in chain(missing, item.apart, _candidates(item, mentioned)):
        try:
            answer = read(item, value, row=asking[0].row)
        except InvalidValue:
            continue
        found.setdefault(tuple(asks.true_of(answer) for asks in asking), answer)
    return tuple(found.values())


def _candidates(item: Item, mentioned: list[Any]) -> Iterator[object]:
    """Values among which there is one at, and on each side of, every value that is mentioned. Some are invalid."""
    if item.scale is not None:
        yield from item.scale.points
    elif item.kind is ItemKind.NUMBER:
        limits = (limit for limit in (item.least, item.most) if limit is not None)
        yield from chain([0], limits, mentioned, ((a + b) / 2 for a, b in pairwise(mentioned)))
        yield from (near + step for value in mentioned for near in (value, int(value)) for step in (-1, 0, 1))
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
        yield "x" * max(1, int(item.least or 1))
    else:
        yield from item.codes

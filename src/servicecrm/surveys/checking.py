"""What has to be right about a questionnaire before people are asked to answer it."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import cache
from typing import Any, Final, NamedTuple

from servicecrm.kernel.frozen import FrozenMap
from servicecrm.surveys.items import Item, ItemKind, texts_of
from servicecrm.surveys.logic import Asked, asked, is_number
from servicecrm.surveys.model import Questionnaire
from servicecrm.surveys.reaching import unreachable

__all__ = ["CHECKS", "Check", "Finding", "misfits", "problems"]


class Finding(NamedTuple):
    """Something that is wrong: the check that found it, where, and what it is."""

    check: str
    path: str
    says: str

    def __str__(self) -> str:
        return f"{self.path}: {self.says}"


Problems = Iterator[tuple[str, str]]
"""Each a path, and what is wrong there."""


class Check(NamedTuple):
    """Something to be checked. `says` is what is true when nothing is found, as a guard says it."""

    name: str
    says: str
    find: Callable[[Questionnaire], Problems]


def problems(questionnaire: Questionnaire) -> tuple[Finding, ...]:
    """What is wrong with a questionnaire; all of it has to be mended before it is reviewed.

    Source: C074.
    """
    return tuple(Finding(check.name, *found) for check in CHECKS for found in check.find(questionnaire))


def misfits(condition: Mapping[str, Any], questionnaire: Questionnaire) -> Iterator[str]:
    """What a condition asks that a questionnaire cannot tell once it is answered.

    Source: C074.
    """
    items = {item.id: item for item in questionnaire.items}
    answered = cache(lambda id: _answered(items[id]))
    for asks in asked(condition):
        if asks.item in items:
            yield from _unfit(asks, answered(asks.item))
        else:
            yield f"there is no item {asks.item}; known: {', '.join(items)}"


def _twice(questionnaire: Questionnaire) -> Problems:
    seen: set[str] = set()
    for item in questionnaire.items:
        if item.id in seen:
            yield f"items.{item.id}", "another item has this id"
        seen.add(item.id)


def _unsaid(questionnaire: Questionnaire) -> Problems:
    for path, words in _texts(questionnaire):
        missing = [language for language in questionnaire.languages if language not in words]
        if missing:
            yield path, f"there is no text in {', '.join(missing)}"


def _texts(questionnaire: Questionnaire) -> Iterator[tuple[str, FrozenMap]]:
    """Every text with its path."""
    yield "title", questionnaire.title
    if questionnaire.introduction:
        yield "introduction", questionnaire.introduction
    for item in questionnaire.items:
        yield from ((f"items.{item.id}.{path}", words) for path, words in texts_of(item))


def _unlabelled(questionnaire: Questionnaire) -> Problems:
    for item in questionnaire.items:
        if item.scale is not None:
            labelled = {item.scale.place(label.at) for label in item.labels}
            ends = {0: item.scale.low, len(item.scale.points) - 1: item.scale.high}
            yield from (
                (f"items.{item.id}.labels", f"{at:g} has no label") for n, at in ends.items() if n not in labelled
            )


# -- conditions ----------------------------------------------------------------------------------


def _misfits(questionnaire: Questionnaire) -> Problems:
    places = {item.id: n for n, item in reversed(list(enumerate(questionnaire.items)))}
    answered = cache(lambda place: _answered(questionnaire.items[place]))
    for n, item in enumerate(questionnaire.items):
        for asks in asked(item.shown_if):
            yield from ((f"items.{item.id}.shown_if", says) for says in _misfit(asks, n, places, answered))


def _misfit(asks: Asked, here: int, places: Mapping[str, int], answered: "Callable[[int], Answered]") -> Iterator[str]:
    place = places.get(asks.item)
    if place is None:
        yield f"there is no item {asks.item}"
    elif place == here:
        yield "it depends on itself"
    elif place > here:
        yield f"it depends on {asks.item}, which comes later; only what was asked before is known"
    else:
        yield from _unfit(asks, answered(place))


def _unfit(asks: Asked, of: "Answered") -> Iterator[str]:
    if asks.row not in of.parts:
        known = ", ".join(filter(None, of.parts))
        yield f"{of.id} needs a row out of {known}" if known else f"{of.id} has no rows"
    if asks.test not in of.tests:
        yield f"{of.id} cannot be asked with {asks.test}; it can with {', '.join(of.tests)}"
    elif not all(map(of.tests[asks.test].fits, asks.values)):
        yield f"{of.id} {asks.test}: expected {of.tests[asks.test].says}"


class Value(NamedTuple):
    """What a test compares with."""

    says: str
    fits: Callable[[Any], bool]


class Answered(NamedTuple):
    """How an item is answered, found once for all that ask about it: there may be thousands of codes and conditions."""

    id: str
    parts: Mapping[str | None, None]
    tests: Mapping[str, Value]


def _answered(item: Item) -> Answered:
    return Answered(item.id, dict.fromkeys(item.parts), _tests(item))


_ORDERED: Final = ("equals", "one_of", "below", "at_most", "at_least", "above")


def _tests(item: Item) -> dict[str, Value]:
    """The tests that an item can be asked with."""
    tests = {"is": _out_of("answered", "missing", "not_shown", *item.apart)}
    if item.kind in (ItemKind.MULTIPLE, ItemKind.RANKING):
        return tests | {"includes": _out_of(*item.codes)}
    if item.codes:
        return tests | dict.fromkeys(("equals", "one_of"), _out_of(*item.codes))
    if item.scale is not None:
        scale = item.scale
        return tests | dict.fromkeys(_ORDERED, Value(f"a number on {scale}", lambda at: scale.place(at) is not None))
    if item.kind is ItemKind.NUMBER:
        return tests | dict.fromkeys(_ORDERED, Value("a number", is_number))
    if item.kind is ItemKind.DATE:
        return tests | dict.fromkeys(_ORDERED, Value("a date in ISO 8601, such as 2026-03-02", _is_day))
    return tests


def _out_of(*codes: str) -> Value:
    known = frozenset(codes)
    return Value(f"one of {', '.join(codes)}", lambda code: isinstance(code, str) and code in known)


def _is_day(value: object) -> bool:
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _unreachable(questionnaire: Questionnaire) -> Problems:
    if not any(_twice(questionnaire)) and not any(_misfits(questionnaire)):  # or else there is nothing to go by
        yield from ((f"items.{id}.shown_if", "no answers lead to it") for id in unreachable(questionnaire.items))


# -- twins ---------------------------------------------------------------------------------------


def _unpaired(questionnaire: Questionnaire) -> Problems:
    known = {item.id: item for item in questionnaire.items}
    taken: set[tuple[str, str]] = set()
    for item in questionnaire.items:
        for name in ("importance_of", "expectation_of"):
            of = getattr(item, name)
            if of is None:
                continue
            path = f"items.{item.id}.{name}"
            if of not in known or _is_twin(known[of]):
                yield path, f"{of} is no item whose twin this could be"
            elif (name, of) in taken:
                yield path, f"{of} has such a twin already"
            elif name == "expectation_of" and (item.scale, item.parts) != (known[of].scale, known[of].parts):
                yield path, f"it is compared with {of}, so it has the same scale and the same rows"
            elif item.parts not in ((None,), known[of].parts):
                yield path, f"it has the rows of {of}, or none"
            taken.add((name, of))
        if item.importance_of and item.expectation_of:
            yield f"items.{item.id}", "it asks for the importance of an item, or for its ideal, but not for both"


def _is_twin(item: Item) -> bool:
    return item.importance_of is not None or item.expectation_of is not None


CHECKS: Final = (
    Check("ids", "every item has an id of its own", _twice),
    Check("languages", "every text is there in every language", _unsaid),
    Check("ends", "both ends of every scale have a label", _unlabelled),
    Check("conditions", "every condition asks about earlier items, in a way that they can answer", _misfits),
    Check("reachable", "every item can be reached", _unreachable),
    Check("twins", "importance and expectation are asked for of items that are there", _unpaired),
)

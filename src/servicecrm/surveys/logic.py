"""When is an item shown? A condition is a small tree of plain data, which is stored as it is and never run as text.

```text
{"item": "overall", "at_most": 4}                              an answer of 4 or less
{"item": "aspects", "row": "price", "is": "not_applicable"}    what came of a row of a matrix
{"all": [..., ...]}   {"any": [..., ...]}   {"not": ...}       conditions put together
```

A comparison holds only of an answer. A condition asks about earlier items, so that there can be no circle.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from itertools import chain
from math import isclose
from typing import Any, Final, NamedTuple, Protocol

__all__ = ["Asked", "Known", "asked", "holds", "is_number", "shape_problems"]


class Known(Protocol):
    """What a condition looks at of an answer."""

    @property
    def status(self) -> str: ...
    @property
    def number(self) -> float | None: ...
    @property
    def codes(self) -> tuple[str, ...]: ...
    @property
    def day(self) -> date | None: ...


class Asked(NamedTuple):
    """What a condition asks of one answer: the test, and what it compares with."""

    item: str
    row: str | None
    test: str
    value: Any

    @property
    def key(self) -> str:
        """The key of the answer."""
        return self.item if self.row is None else f"{self.item}/{self.row}"

    @property
    def values(self) -> tuple[Any, ...]:
        """What it compares with, one by one."""
        return self.value if self.test == "one_of" else (self.value,)

    def true_of(self, answer: Known) -> bool:
        """Is it so?"""
        return _TESTS[self.test](answer, self.value)


def holds(condition: Mapping[str, Any], answers: Mapping[str, Known]) -> bool:
    """Is the condition true of these answers, which are given by key? Without a condition it is.

    Source: C074.
    """
    match condition:
        case {"all": parts}:
            return all(holds(part, answers) for part in parts)
        case {"any": parts}:
            return any(holds(part, answers) for part in parts)
        case {"not": part}:
            return not holds(part, answers)
        case {"item": _}:
            asks = _asks(condition)
            return asks.key in answers and asks.true_of(answers[asks.key])
    return True


def asked(condition: Mapping[str, Any]) -> Iterator[Asked]:
    """All that a condition asks."""
    match condition:
        case {"all": parts} | {"any": parts}:
            yield from chain.from_iterable(map(asked, parts))
        case {"not": part}:
            yield from asked(part)
        case {"item": _}:
            yield _asks(condition)


def _asks(part: Mapping[str, Any]) -> Asked:
    test = next(test for test in _TESTS if test in part)
    return Asked(part["item"], part.get("row"), test, part[test])


def _order(answer: Known, value: Any) -> int | None:
    """Does the answer lie below (-1), at (0) or above (1) the value? None if they do not compare."""
    if answer.number is not None and is_number(value):
        there = answer.number
        return 0 if isclose(there, value, rel_tol=1e-9, abs_tol=1e-9) else (there > value) - (there < value)
    there_text = answer.day.isoformat() if answer.day is not None else next(iter(answer.codes), None)
    if there_text is None or not isinstance(value, str):
        return None
    return (there_text > value) - (there_text < value)  # dates in ISO 8601 sort as texts do


def is_number(value: object) -> bool:
    """Is it a number to compare with? True and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


_TESTS: Final[Mapping[str, Callable[[Known, Any], bool]]] = {
    "is": lambda answer, value: answer.status == value,
    "equals": lambda answer, value: _order(answer, value) == 0,
    "one_of": lambda answer, values: any(_order(answer, value) == 0 for value in values),
    "below": lambda answer, value: _order(answer, value) == -1,
    "at_most": lambda answer, value: _order(answer, value) in (-1, 0),
    "at_least": lambda answer, value: _order(answer, value) in (0, 1),
    "above": lambda answer, value: _order(answer, value) == 1,
    "includes": lambda answer, value: value in answer.codes,
}


# -- is it a condition? --------------------------------------------------------------------------


def shape_problems(condition: Mapping[str, Any]) -> Iterator[str]:
    """What keeps a mapping from being a condition. An empty one is none at all, and always holds."""
    return _shape(condition, "$") if condition else iter(())


def _shape(part: Any, path: str) -> Iterator[str]:
    match part:
        case {"all": [_, *_] as parts, **rest} | {"any": [_, *_] as parts, **rest} if not rest:
            for n, inner in enumerate(parts):
                yield from _shape(inner, f"{path}[{n}]")
        case {"not": inner, **rest} if not rest:
            yield from _shape(inner, f"{path}.not")
        case {"item": str(), **rest}:
            row, tests = rest.pop("row", ""), rest.keys() & _TESTS.keys()
            if not isinstance(row, str) or len(tests) != 1 or rest.keys() - tests:
                yield f"{path}: expected an item, perhaps a row, and one of {', '.join(_TESTS)}"
            elif not all(_is_value(test, rest[test]) for test in tests):
                yield f"{path}: expected a text or a number to compare with, or several for one_of"
        case _:
            yield f"{path}: expected all, any or not of conditions, or an item"


def _is_value(test: object, value: Any) -> bool:
    values = value if test == "one_of" else (value,)
    return isinstance(values, tuple) and bool(values) and all(isinstance(v, str) or is_number(v) for v in values)

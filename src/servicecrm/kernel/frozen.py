"""A mapping that cannot be changed, for what a host keeps on our records."""

from collections.abc import Iterator, Mapping
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

from servicecrm.errors import InvalidValue
from servicecrm.kernel.checks import text_problem

__all__ = ["EMPTY", "FrozenMap", "Plain", "freeze", "frozen_map", "thaw"]

MAX_DEPTH: Final = 32
_MIN, _MAX = -(2**63), 2**63 - 1
_UNCHANGED: Final = "a FrozenMap cannot be changed; make a new one"

Plain = str | int | float | bool | None | tuple["Plain", ...] | Mapping[str, "Plain"]
"""What JSON can hold, in immutable form."""


class FrozenMap(Mapping[str, Plain]):
    """An immutable, hashable mapping. Compares equal to any mapping with the same items."""

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[str, object] = {}) -> None:
        if not isinstance(items, Mapping):
            raise InvalidValue("mapping", f"expected a mapping, got {type(items).__name__}")
        if hasattr(self, "_items"):
            raise AttributeError(_UNCHANGED)
        # What is frozen already is taken as it is.
        frozen = items._items if isinstance(items, FrozenMap) else _frozen(items, MAX_DEPTH)  # noqa: SLF001
        object.__setattr__(self, "_items", frozen)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(_UNCHANGED)

    def __delattr__(self, name: str) -> None:
        raise AttributeError(_UNCHANGED)

    def __getitem__(self, key: str) -> Plain:
        items: dict[str, Plain] = self._items
        return items[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __hash__(self) -> int:
        return hash(frozenset(self._items.items()))

    def __repr__(self) -> str:
        # A host may keep anything here, so only the keys are shown.
        return f"FrozenMap({', '.join(self._items)})"

    if TYPE_CHECKING:
        # A record takes any mapping for a field of this type, and makes it one of these. No type checker knows that,
        # but all of them know fields that convert what is set.
        def __get__(self, record: object, owner: type | None = None) -> "FrozenMap": ...
        def __set__(self, record: object, given: Mapping[str, object]) -> None: ...

    def __reduce__(self) -> tuple[type["FrozenMap"], tuple[dict[str, Plain]]]:
        return FrozenMap, (dict(self._items),)

    _items: dict[str, Plain]


def frozen_map(items: Any) -> Any:
    """The immutable form of a mapping, for a field; whatever is none is left for its record to refuse.

    Raises:
        InvalidValue: JSON cannot hold it.
    """
    if type(items) is dict:  # the usual one, in half the time
        return _holding(_frozen(items, MAX_DEPTH))
    return FrozenMap(items) if isinstance(items, Mapping) and type(items) is not FrozenMap else items


def freeze(value: object, depth: int = MAX_DEPTH) -> Plain:
    """The immutable form of a JSON value: lists become tuples, mappings become frozen.

    Raises:
        InvalidValue: JSON cannot hold it, a number is not finite or an integer has more than 64 bits, it nests deeper
            than `depth`, or a text is one that stores cannot keep.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        if not _MIN <= value <= _MAX:
            raise InvalidValue("mapping", "an integer must fit in 64 bits")
        return value
    if isinstance(value, str):
        return _storable(value)
    if isinstance(value, float):
        if not isfinite(value):
            raise InvalidValue("mapping", "a number must be finite")
        return value
    if isinstance(value, Mapping | list | tuple) and depth == 0:
        raise InvalidValue("mapping", f"it nests deeper than {MAX_DEPTH}")
    if isinstance(value, Mapping):
        return _holding(_frozen(value, depth))
    if isinstance(value, list | tuple):
        return tuple(freeze(item, depth - 1) for item in value)
    raise InvalidValue("mapping", f"expected what JSON can hold, got {type(value).__name__}")


def _holding(items: dict[str, Plain]) -> FrozenMap:
    new = object.__new__(FrozenMap)
    object.__setattr__(new, "_items", items)
    return new


def _frozen(items: Mapping[Any, object], depth: int) -> dict[str, Plain]:
    # Almost all keys and values are short texts, which must cost next to nothing.
    return {
        key if type(key) is str and key.isascii() and "\0" not in key else _key(key): value
        if type(value) is str and value.isascii() and "\0" not in value
        else freeze(value, depth - 1)
        for key, value in items.items()
    }


def _key(key: object) -> str:
    if not isinstance(key, str):
        raise InvalidValue("mapping", f"a key must be text, got {type(key).__name__}")
    return _storable(str(key))


def _storable(text: str) -> str:
    problem = text_problem(text)
    if problem is not None:
        raise InvalidValue("mapping", problem)
    return text


def thaw(value: Plain) -> object:
    """The plain form of a frozen value: dicts and lists."""
    if isinstance(value, Mapping):
        return {key: thaw(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [thaw(item) for item in value]
    return value


EMPTY: Final = FrozenMap()

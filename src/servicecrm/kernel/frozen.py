"""A mapping that cannot be changed, for what a host keeps on our records."""

from collections.abc import Iterator, Mapping
from math import isfinite
from typing import Final

from servicecrm.errors import InvalidValue
from servicecrm.kernel.checks import text_problem

__all__ = ["EMPTY", "FrozenMap", "Plain", "freeze", "thaw"]

Plain = str | int | float | bool | None | tuple["Plain", ...] | Mapping[str, "Plain"]
"""What JSON can hold, in immutable form."""


class FrozenMap(Mapping[str, Plain]):
    """An immutable, hashable mapping. Compares equal to any mapping with the same items."""

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[str, object] = {}) -> None:
        if not isinstance(items, Mapping):
            raise InvalidValue("mapping", f"expected a mapping, got {type(items).__name__}")
        object.__setattr__(self, "_items", {str(freeze(str(key))): freeze(value) for key, value in items.items()})

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("a FrozenMap cannot be changed; make a new one")

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

    def __reduce__(self) -> tuple[type["FrozenMap"], tuple[dict[str, Plain]]]:
        return FrozenMap, (dict(self._items),)

    _items: dict[str, Plain]


def freeze(value: object) -> Plain:
    """The immutable form of a JSON value: lists become tuples, mappings become frozen.

    Raises:
        InvalidValue: JSON cannot hold it, a number is not finite, or a text is one that stores cannot keep.
    """
    if value is None or isinstance(value, int):
        return value
    if isinstance(value, str):
        problem = text_problem(value)
        if problem is not None:
            raise InvalidValue("mapping", problem)
        return value
    if isinstance(value, float):
        if not isfinite(value):
            raise InvalidValue("mapping", "a number must be finite")
        return value
    if isinstance(value, FrozenMap):
        return value
    if isinstance(value, Mapping):
        return FrozenMap(value)
    if isinstance(value, list | tuple):
        return tuple(freeze(item) for item in value)
    raise InvalidValue("mapping", f"expected what JSON can hold, got {type(value).__name__}")


def thaw(value: Plain) -> object:
    """The plain form of a frozen value: dicts and lists."""
    if isinstance(value, Mapping):
        return {key: thaw(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [thaw(item) for item in value]
    return value


EMPTY: Final = FrozenMap()

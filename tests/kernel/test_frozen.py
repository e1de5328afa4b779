"""Frozen mappings: what a host keeps on our records, and nobody can change."""

import pickle
from copy import copy, deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.errors import InvalidValue
from servicecrm.kernel.frozen import EMPTY, FrozenMap, freeze, thaw

_texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=5)
_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | _texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_texts, inner, max_size=3),
    max_leaves=8,
)
_objects = st.dictionaries(_texts, _json, max_size=3)


@given(_json)
def test_thawing_gives_back_what_was_frozen(value: Any) -> None:
    assert thaw(freeze(value)) == value


@given(_objects)
def test_equal_mappings_have_equal_hashes_in_any_order(items: dict[str, Any]) -> None:
    one, other = FrozenMap(items), FrozenMap(dict(reversed(items.items())))

    assert one == other
    assert hash(one) == hash(other)


@given(_objects)
def test_a_copy_is_equal(items: dict[str, Any]) -> None:
    one = FrozenMap(items)

    assert copy(one) == deepcopy(one) == pickle.loads(pickle.dumps(one)) == one


def test_changing_what_it_was_made_from_does_not_change_it() -> None:
    inner = [1]
    items = {"a": inner}
    one = FrozenMap(items)
    inner.append(2)
    items["b"] = [3]

    assert thaw(one) == {"a": [1]}


def test_it_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        EMPTY["a"] = 1  # type: ignore[index]
    with pytest.raises(AttributeError, match="make a new one"):
        EMPTY._items = {"a": 1}
    with pytest.raises(AttributeError, match="make a new one"):
        del EMPTY._items
    with pytest.raises(AttributeError, match="make a new one"):
        EMPTY.__init__({"a": 1})  # type: ignore[misc]
    assert not EMPTY


def nested(depth: int, wrap: Any) -> Any:
    value: Any = "deep"
    for _ in range(depth):
        value = wrap(value)
    return value


@pytest.mark.parametrize("wrap", [lambda v: {"a": v}, lambda v: [v], lambda v: (v,)])
def test_it_nests_32_deep_and_no_deeper(wrap: Any) -> None:
    assert FrozenMap({"a": nested(31, wrap)})
    for depth in (32, 5_000):
        with pytest.raises(InvalidValue, match="nests deeper than 32"):
            FrozenMap({"a": nested(depth, wrap)})


def test_frozen_maps_inside_each_other_count_as_deep_as_they_are() -> None:
    with pytest.raises(InvalidValue, match="nests deeper than 32"):
        nested(33, lambda inner: FrozenMap({"a": inner}))


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, 10**5000], ids=["above", "below", "enormous"])
def test_an_integer_fits_in_64_bits(value: int) -> None:
    assert freeze(2**63 - 1) == 2**63 - 1
    assert freeze(-(2**63)) == -(2**63)
    with pytest.raises(InvalidValue, match="64 bits"):
        FrozenMap({"a": [value]})


@pytest.mark.parametrize("key", [1, None, True, b"a", ("a",)])
def test_a_key_is_text(key: Any) -> None:
    with pytest.raises(InvalidValue, match="a key must be text"):
        FrozenMap({"a": {key: 1}})


def test_its_repr_shows_keys_and_no_values() -> None:
    assert repr(FrozenMap({"meter": "secret"})) == "FrozenMap(meter)"


@pytest.mark.parametrize(
    "value",
    [
        float("nan"),
        float("inf"),
        "\x00",
        "\ud800",
        ["\x00"],
        {"\x00": 1},
        {"a": {"b": "\x00"}},
        {"\ud800": 1},
        {"a": "\ud800"},
    ],
)
def test_what_a_store_could_not_keep_is_refused(value: Any) -> None:
    with pytest.raises(InvalidValue):
        freeze(value)


@pytest.mark.parametrize("value", [object(), {1}, b"x", [object()]])
def test_what_json_cannot_hold_is_refused(value: Any) -> None:
    with pytest.raises(InvalidValue, match="expected what JSON can hold"):
        freeze(value)

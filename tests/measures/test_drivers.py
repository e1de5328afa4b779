from math import isclose
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.errors import InvalidValue
from servicecrm.measures import Crosshair, Scale, key_drivers, quadrants

COLUMNS = ("overall", "speed", "price", "staff")

Rows = list[tuple[int, int, int, int]]

tables = st.lists(st.tuples(*[st.integers(1, 10)] * 4), min_size=8, max_size=30)
figures = st.dictionaries(st.sampled_from("abcdef"), st.floats(-10, 10), min_size=1)

EIGHT: Rows = [
    (8, 7, 3, 9),
    (5, 5, 6, 4),
    (9, 8, 2, 8),
    (3, 2, 7, 5),
    (6, 7, 5, 5),
    (7, 6, 4, 9),
    (2, 3, 9, 1),
    (4, 4, 4, 6),
]


@given(tables)
def test_the_shares_of_all_drivers_sum_to_what_they_explain(rows: Rows) -> None:
    found = key_drivers(rows, columns=COLUMNS, outcome="overall")

    if found.r2 is not None:
        assert -1e-9 <= found.r2 <= 1 + 1e-9
        assert isclose(sum(driver.lmg or 0.0 for driver in found.drivers), found.r2, abs_tol=1e-6)
        assert all((driver.lmg or 0.0) >= -1e-9 for driver in found.drivers)


@given(tables)
def test_the_order_of_columns_does_not_matter(rows: Rows) -> None:
    found = key_drivers(rows, columns=COLUMNS, outcome="overall")
    turned = key_drivers([row[::-1] for row in rows], columns=COLUMNS[::-1], outcome="overall")

    assert found.reason == turned.reason
    for driver in found.drivers:
        other = turned[driver.name]
        assert isclose(driver.lmg or 0.0, other.lmg or 0.0, abs_tol=1e-6)
        assert isclose(driver.relative_weight, other.relative_weight, abs_tol=1e-6)


@given(tables, st.floats(0.1, 10), st.floats(-5, 5))
def test_the_unit_of_a_driver_does_not_matter(rows: Rows, factor: float, shift: float) -> None:
    scaled = [(row[0], row[1] * factor + shift, *row[2:]) for row in rows]
    found, other = (key_drivers(each, columns=COLUMNS, outcome="overall") for each in (rows, scaled))

    if found.r2 is not None and other.r2 is not None:
        assert isclose(found["speed"].lmg or 0.0, other["speed"].lmg or 0.0, abs_tol=1e-6)


def test_one_driver_alone_has_all_that_is_explained() -> None:
    found = key_drivers([row[:2] for row in EIGHT], columns=COLUMNS[:2], outcome="overall")
    only = found["speed"]

    assert found.n == 8
    for share in (only.lmg, only.relative_weight, only.first_r_squared):
        assert isclose(share or 0.0, found.r2 or 0.0)


def test_two_drivers_that_are_the_same_share_equally() -> None:
    found = key_drivers([(y, x, x) for y, x, *_ in EIGHT], columns=COLUMNS[:3], outcome="overall")
    alone = key_drivers([(y, x) for y, x, *_ in EIGHT], columns=COLUMNS[:2], outcome="overall")

    assert isclose(found.r2 or 0.0, alone.r2 or 0.0, abs_tol=1e-9)
    for driver in found.drivers:
        assert isclose(driver.lmg or 0.0, (alone.r2 or 0.0) / 2, abs_tol=1e-9)
        assert isclose(driver.relative_weight, (alone.r2 or 0.0) / 2, abs_tol=1e-9)


def test_more_than_fifteen_drivers_have_relative_weights_only() -> None:
    columns = ("y", *(f"x{i}" for i in range(16)))
    rows = [[(i * i + 3 * j * j + i * j * j) % 11 for j in range(17)] for i in range(60)]
    found = key_drivers(rows, columns=columns, outcome="y")

    assert found.r2 is not None
    assert {driver.lmg for driver in found.drivers} == {None}
    assert isclose(sum(driver.relative_weight for driver in found.drivers), found.r2)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [([], "no_answers"), (EIGHT[:4], "no_answers"), ([(5, *row[1:]) for row in EIGHT], "no_variance")],
)
def test_without_drivers_there_is_a_reason(rows: Any, reason: str) -> None:
    found = key_drivers(rows, columns=COLUMNS, outcome="overall")

    assert (found.r2, found.drivers, found.reason) == (None, (), reason)


def test_only_complete_rows_tell_what_drives() -> None:
    gap = (None, 10, 10, 10)

    assert key_drivers([*EIGHT, gap], columns=COLUMNS, outcome="overall") == key_drivers(
        EIGHT, columns=COLUMNS, outcome="overall"
    )


# -- importance and performance ------------------------------------------------------------------


def test_four_aspects_lie_in_four_quadrants() -> None:  # C081
    importance = {"speed": 9.0, "price": 8.0, "staff": 3.0, "rooms": 2.0}
    performance = {"speed": 8.0, "price": 3.0, "staff": 9.0, "rooms": 2.0}
    found = quadrants(importance, performance)

    assert found.crosshair == Crosshair(importance=5.5, performance=5.5)
    assert [found[name] for name in importance] == ["keep_up", "concentrate_here", "possible_overkill", "low_priority"]


def test_the_lines_may_lie_at_the_middle_of_the_scale() -> None:  # C081
    middle = Scale(low=1, high=10).middle
    found = quadrants(
        {"speed": 9, "price": 7}, {"speed": 9, "price": 7}, crosshair=Crosshair(importance=middle, performance=middle)
    )

    assert [aspect.quadrant for aspect in found.aspects] == ["keep_up", "keep_up"]


@given(figures)
def test_what_lies_on_a_line_is_on_its_upper_side(importance: dict[str, float]) -> None:
    line = max(importance.values())
    found = quadrants(importance, importance, crosshair=Crosshair(importance=line, performance=line))

    assert {aspect.quadrant for aspect in found.aspects if aspect.importance == line} == {"keep_up"}
    assert {aspect.quadrant for aspect in found.aspects if aspect.importance < line} <= {"low_priority"}


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: key_drivers(EIGHT, columns=COLUMNS, outcome="rooms"),
        lambda: key_drivers([(1,)], columns=("overall",), outcome="overall"),
        lambda: key_drivers(EIGHT, columns=COLUMNS[:3], outcome="overall"),
        lambda: key_drivers(EIGHT, columns=COLUMNS, outcome="overall")["rooms"],
        lambda: quadrants({}, {}),
        lambda: quadrants({"a": 1}, {"b": 1}),
        lambda: quadrants({"a": 1}, {"a": 1})["b"],
    ],
)
def test_what_does_not_fit_is_refused(wrong: Any) -> None:
    with pytest.raises(InvalidValue):
        wrong()

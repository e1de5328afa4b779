from fractions import Fraction
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.errors import InvalidValue
from servicecrm.measures import Publication, SuppressedTable, publication, released, suppressed

sizes = st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 12), min_size=1)
tables = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(st.integers(0, 14), min_size=width, max_size=width), min_size=1, max_size=4)
)

Cell = tuple[int, int]


@given(sizes, st.integers(1, 8), st.integers(0, 6))
def test_what_is_hidden_is_large_enough_together_or_everything(
    units: dict[str, int], threshold: int, direct: int
) -> None:
    shown = released(units, threshold=threshold, direct=direct)
    hidden = units.keys() - shown

    assert all(units[unit] >= threshold for unit in shown)
    assert not hidden or not shown or direct + sum(units[unit] for unit in hidden) >= threshold


@given(sizes, st.integers(1, 8))
def test_nothing_is_hidden_that_need_not_be(units: dict[str, int], threshold: int) -> None:
    if all(n >= threshold for n in units.values()):
        assert released(units, threshold=threshold) == units.keys()
    assert released(units, threshold=1, direct=1) >= {unit for unit, n in units.items() if n}


def test_one_small_cell_also_hides_a_second() -> None:  # C080
    assert released({"a": 3, "b": 6, "c": 9}, threshold=5) == {"c"}


# -- tables --------------------------------------------------------------------------------------


def shown_cells(found: SuppressedTable) -> set[Cell]:
    rows = [[*cells, total] for cells, total in zip(found.cells, found.row_totals, strict=True)]
    rows.append([*found.column_totals, found.total])
    return {(i, j) for i, row in enumerate(rows) for j, shown in enumerate(row) if shown}


def follows(hidden: list[Cell], height: int, width: int) -> set[Cell]:
    """The hidden cells that the equations between cells and totals determine, by elimination in exact fractions."""
    lines = [
        [Fraction(0 if cell[axis] != line else -1 if cell[1 - axis] == last else 1) for cell in hidden]
        for axis, count, last in ((0, height, width - 1), (1, width, height - 1))
        for line in range(count)
    ]
    done = 0
    for column in range(len(hidden)):
        pivot = next((i for i in range(done, len(lines)) if lines[i][column]), None)
        if pivot is None:
            continue
        lines[done], lines[pivot] = lines[pivot], lines[done]
        lines[done] = [x / lines[done][column] for x in lines[done]]
        for i, line in enumerate(lines):
            if i != done and line[column]:
                lines[i] = [x - line[column] * y for x, y in zip(line, lines[done], strict=True)]
        done += 1
    return {hidden[[bool(x) for x in line].index(True)] for line in lines[:done] if sum(bool(x) for x in line) == 1}


@given(tables, st.integers(1, 6))
def test_no_hidden_cell_of_a_table_follows_from_what_is_shown(counts: list[list[int]], threshold: int) -> None:  # C080
    found = shown_cells(suppressed(counts, threshold=threshold))
    height, width = len(counts) + 1, len(counts[0]) + 1
    hidden = sorted(set(product(range(height), range(width))) - found)

    assert follows(hidden, height, width) == set()


@given(tables, st.integers(1, 6))
def test_no_small_cell_or_total_is_shown_and_what_is_hidden_in_a_line_is_large_enough(
    counts: list[list[int]], threshold: int
) -> None:
    table = [[*row, sum(row)] for row in counts]
    table.append([sum(column) for column in zip(*table, strict=True)])
    found = shown_cells(suppressed(counts, threshold=threshold))

    assert all(table[i][j] >= threshold for i, j in found)
    for lines, turned in ((table, False), ([list(line) for line in zip(*table, strict=True)], True)):
        for i, line in enumerate(lines):
            shown = [((j, i) if turned else (i, j)) in found for j in range(len(line))]
            hidden = [n for n, visible in zip(line[:-1], shown[:-1], strict=True) if not visible]
            assert not hidden or not shown[-1] or sum(hidden) >= threshold


@given(tables)
def test_a_table_of_large_groups_is_shown_whole(counts: list[list[int]]) -> None:
    found = suppressed([[n + 5 for n in row] for row in counts], threshold=5)

    assert len(shown_cells(found)) == (len(counts) + 1) * (len(counts[0]) + 1)


def test_a_small_cell_takes_three_others_with_it() -> None:  # C080
    found = suppressed([[2, 20, 30], [10, 40, 50], [60, 70, 80]], threshold=5)

    assert found.cells == ((False, False, True), (False, False, True), (True, True, True))
    assert all((*found.row_totals, *found.column_totals, found.total))


# -- publishing ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answered", "asked", "ratings", "average"),
    [(2, 4, False, False), (3, 20, True, False), (5, 20, True, True), (0, 0, False, False)],
)
def test_an_average_speaks_for_enough_of_those_asked(answered: int, asked: int, ratings: bool, average: bool) -> None:
    found = publication(answered, asked, min_answers=3, min_share=0.25)

    assert found == Publication(ratings=ratings, average=average)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: released({"a": -1}, threshold=5),
        lambda: released({"a": 1}, threshold=5, direct=-1),
        lambda: released({"a": 1}, threshold=0),
        lambda: suppressed([], threshold=5),
        lambda: suppressed([[]], threshold=5),
        lambda: suppressed([[1, 2], [3]], threshold=5),
        lambda: suppressed([[-1]], threshold=5),
        lambda: publication(3, 2, min_answers=1, min_share=0.1),
    ],
)
def test_what_is_no_number_of_answers_is_refused(wrong: Any) -> None:
    with pytest.raises(InvalidValue):
        wrong()

"""Which results may be shown, so that no small group is shown, nor can be had by subtraction.

A group below the smallest size is hidden. Where its parent's total is shown too, the total less the other groups would
give it away, and so a second group is hidden beside it: the smallest one.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from servicecrm.errors import InvalidValue
from servicecrm.kernel.records import record

__all__ = ["Publication", "SuppressedTable", "publication", "released", "suppressed"]


def released(units: Mapping[str, int], *, threshold: int, direct: int = 0) -> frozenset[str]:
    """The units of one parent whose results may be shown; `units` says how many answered in each.

    Units below the threshold are hidden. While something is hidden, and all that is hidden together with the `direct`
    answers, which belong to no unit, is below the threshold too, the smallest unit shown is hidden as well: it could be
    had from the total. The total itself may be shown if it reaches the threshold. Direct answers alone hide nothing: if
    they must not follow from the total either, give them as a unit of their own.

    Raises:
        InvalidValue: a number of answers is below 0, or the threshold below 1.

    Source: C080.
    """
    _check([*units.values(), direct], threshold)
    shown = {unit: n for unit, n in units.items() if n >= threshold}
    hidden = direct + sum(n for unit, n in units.items() if unit not in shown)
    while shown and len(shown) < len(units) and hidden < threshold:
        smallest = min(shown, key=shown.__getitem__)
        hidden += shown.pop(smallest)
    return frozenset(shown)


@record
class Publication:
    """What of the ratings may be published."""

    ratings: bool
    average: bool


def publication(answered: int, asked: int, *, min_answers: int, min_share: float) -> Publication:
    """May ratings and their average be published, by how many of those asked have answered?

    Ratings need `min_answers`; an average also needs `min_share` of those asked, since it speaks for all of them.

    Raises:
        InvalidValue: more have answered than were asked.
    """
    if not 0 <= answered <= asked:
        raise InvalidValue("answered", "expected from 0 to as many as were asked")
    ratings = answered >= min_answers
    return Publication(ratings=ratings, average=ratings and answered >= min_share * asked)


@record
class SuppressedTable:
    """Which cells of a table may be shown, with the totals of its rows, of its columns, and of all."""

    cells: tuple[tuple[bool, ...], ...]
    row_totals: tuple[bool, ...]
    column_totals: tuple[bool, ...]
    total: bool


def suppressed(counts: Sequence[Sequence[int]], *, threshold: int) -> SuppressedTable:
    """Which results of a table of groups may be shown beside all its totals; `counts` says how many answered in each.

    Cells and totals below the threshold are hidden. Then more is hidden, the smallest first, until in no row or column
    what is hidden is smaller than the threshold together, and no hidden cell follows from what is shown by any number
    of additions and subtractions, nor from that all numbers are whole and not below 0.

    Raises:
        InvalidValue: the rows have different lengths, a count is below 0, or the threshold is below 1.

    Source: C080; Gusfield, A Graph Theoretic Approach to Statistical Data Security, 1988.
    """
    width = len(counts[0]) if counts else 0
    if not width or any(len(row) != width for row in counts):
        raise InvalidValue("counts", "expected rows of one length")
    _check([n for row in counts for n in row], threshold)
    table = [[*row, sum(row)] for row in counts]
    table.append([sum(column) for column in zip(*table, strict=True)])
    hidden = _Hidden(table, threshold)
    hidden.close()
    *rows, last = hidden.shown()
    return SuppressedTable(
        cells=tuple(row[:-1] for row in rows),
        row_totals=tuple(row[-1] for row in rows),
        column_totals=last[:-1],
        total=last[-1],
    )


_Cell = tuple[int, int]
_Side = tuple[set[int], set[int]]
"""Rows and columns."""


class _Hidden:
    """The hidden cells of a table whose last row and column are totals.

    Rows and columns are the nodes of a graph, hidden cells its edges. A cell follows from the shown ones exactly if no
    circle of hidden cells leads through it; and as none is below 0, of one that is not empty, no circle of such cells.
    """

    def __init__(self, table: Sequence[Sequence[int]], threshold: int) -> None:
        self._table = table
        self._threshold = threshold
        self._height, self._width = len(table), len(table[0])
        self._cells = {cell for cell in self._every() if self._size(cell) < threshold}

    def close(self) -> None:
        """Hide what gives away something hidden, until nothing does."""
        while more := next(self._needed(), None):
            self._cells.add(more)

    def shown(self) -> tuple[tuple[bool, ...], ...]:
        return tuple(tuple((i, j) not in self._cells for j in range(self._width)) for i in range(self._height))

    def _every(self) -> Iterator[_Cell]:
        return ((i, j) for i in range(self._height) for j in range(self._width))

    def _size(self, cell: _Cell) -> int:
        return self._table[cell[0]][cell[1]]

    def _needed(self) -> Iterator[_Cell]:
        for line in self._lines():
            *cells, total = line
            inside = [cell for cell in cells if cell in self._cells]
            if inside and total not in self._cells and sum(map(self._size, inside)) < self._threshold:
                yield self._smallest(line)
        for cell in sorted(self._cells):
            here, there = self._sides(cell)
            if cell[1] not in here[1]:
                shown = [other for other in self._every() if other not in self._cells]
                closing = [other for other in shown if _joins(other, here, there)]
                leading_on = (other for other in shown if (other[0] in here[0]) != (other[1] in here[1]))
                yield self._smallest(closing or leading_on)

    def _lines(self) -> Iterator[list[_Cell]]:
        yield from ([(i, j) for j in range(self._width)] for i in range(self._height))
        yield from ([(i, j) for i in range(self._height)] for j in range(self._width))

    def _smallest(self, cells: Iterable[_Cell]) -> _Cell:
        """The smallest of the cells that are still shown; a total only if nothing else is left."""
        ends = (self._height - 1, self._width - 1)
        shown = (cell for cell in cells if cell not in self._cells)
        return min(
            shown, key=lambda cell: (sum(at == end for at, end in zip(cell, ends, strict=True)), self._size(cell))
        )

    def _sides(self, cell: _Cell) -> tuple[_Side, _Side]:
        """What hidden cells lead to from the row of a cell, and from its column, not going through the cell itself."""
        # An empty cell can be no smaller than it is, and so nothing can change along it.
        others = {other for other in self._cells - {cell} if self._size(other) or not self._size(cell)}
        return _reached(others, {cell[0]}, set()), _reached(others, set(), {cell[1]})


def _reached(cells: set[_Cell], rows: set[int], columns: set[int]) -> _Side:
    while more := {(i, j) for i, j in cells if (i in rows) != (j in columns)}:
        rows |= {i for i, _ in more}
        columns |= {j for _, j in more}
    return rows, columns


def _joins(cell: _Cell, here: _Side, there: _Side) -> bool:
    return (cell[0] in here[0] and cell[1] in there[1]) or (cell[0] in there[0] and cell[1] in here[1])


def _check(sizes: Iterable[int], threshold: int) -> None:
    if min(sizes, default=0) < 0:
        raise InvalidValue("counts", "a number of answers is 0 or more")
    if threshold < 1:
        raise InvalidValue("threshold", "expected 1 or more")

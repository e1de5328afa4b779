"""Covariances of answers to several questions, and the little matrix algebra that goes with them."""

from collections.abc import Iterable, Sequence
from itertools import combinations_with_replacement
from math import fsum, hypot, sqrt
from operator import mul

__all__ = ["Matrix", "correlations", "covariances", "eigen", "inverse_diagonal"]

Matrix = list[list[float]]


def covariances(rows: Iterable[tuple[Sequence[float | None], int]], *, width: int) -> Matrix | None:
    """Sample covariances (n - 1) of rows, each with the number of times that it was given.

    Each is over the rows that have both answers; None if there are not two such rows.
    """
    table, counted = [[0.0] * width for _ in range(width)], list(rows)
    columns = list(zip(*(row for row, _ in counted), strict=True)) or [()] * width
    times = [many for _, many in counted]
    n = sum(times)
    whole = {i: _deviations(column, times, n) for i, column in enumerate(columns) if n >= 2 and None not in column}
    weighed = {i: list(map(mul, deviations, times)) for i, deviations in whole.items()}
    for i, j in combinations_with_replacement(range(width), 2):
        if i in whole and j in whole:  # what most columns are, so that each is prepared once
            found: float | None = fsum(map(mul, whole[i], weighed[j])) / (n - 1)
        else:
            found = _covariance(columns[i], columns[j], times)
        if found is None:
            return None
        table[i][j] = table[j][i] = found
    return table


def _covariance(one: Sequence[float | None], other: Sequence[float | None], times: Sequence[int]) -> float | None:
    """The covariance over those who gave both answers; None if there are not two of them."""
    pairs = [(x, y, many) for x, y, many in zip(one, other, times, strict=True) if x is not None and y is not None]
    n = sum(many for _, _, many in pairs)
    if n < 2:
        return None
    xs, ys, both = zip(*pairs, strict=True)
    return fsum(map(mul, _deviations(xs, both, n), map(mul, _deviations(ys, both, n), both))) / (n - 1)


def _deviations(values: Sequence[float], times: Sequence[int], n: int) -> list[float]:
    first = values[0]  # counted from there, what never varies varies by exactly 0
    moved = [x - first for x in values]
    mean = fsum(map(mul, moved, times)) / n
    return [x - mean for x in moved]


def correlations(covariance: Matrix | None) -> Matrix | None:
    """Correlations; None without covariances, or if a variable does not vary."""
    if covariance is None:
        return None
    spread = [sqrt(covariance[i][i]) for i in range(len(covariance))]
    if not all(spread):
        return None
    return [
        [1.0 if i == j else value / (spread[i] * spread[j]) for j, value in enumerate(row)]
        for i, row in enumerate(covariance)
    ]


def inverse_diagonal(table: Matrix) -> list[float] | None:
    """The diagonal of the inverse of a positive definite matrix; None if it is not one."""
    size = len(table)
    rows = [[*row, *(float(i == j) for j in range(size))] for i, row in enumerate(table)]
    for i in range(size):
        pivot = rows[i][i]
        if pivot <= 1e-12 * table[i][i]:
            return None
        rows[i] = [value / pivot for value in rows[i]]
        for j in range(size):
            if j != i and rows[j][i]:
                factor = rows[j][i]
                rows[j] = [value - factor * above for value, above in zip(rows[j], rows[i], strict=True)]
    return [rows[i][size + i] for i in range(size)]


def eigen(table: Matrix) -> tuple[list[float], Matrix]:
    """The eigenvalues of a symmetric matrix, and its eigenvectors as columns, by Jacobi's rotations."""
    size = len(table)
    a = [row[:] for row in table]
    vectors = [[float(i == j) for j in range(size)] for i in range(size)]
    for _ in range(100):
        if hypot(*(a[i][j] for i in range(size) for j in range(i))) < 1e-15 * size:
            break
        for p in range(size - 1):
            for q in range(p + 1, size):
                if a[p][q]:
                    _rotate(a, vectors, p, q)
    return [a[i][i] for i in range(size)], vectors


def _rotate(a: Matrix, vectors: Matrix, p: int, q: int) -> None:
    theta = (a[q][q] - a[p][p]) / (2 * a[p][q])
    t = (1.0 if theta >= 0 else -1.0) / (abs(theta) + hypot(theta, 1.0))
    c = 1 / hypot(t, 1.0)
    s = t * c
    for rows in (a, vectors):
        for row in rows:
            row[p], row[q] = c * row[p] - s * row[q], s * row[p] + c * row[q]
    a[p], a[q] = (
        [c * x - s * y for x, y in zip(a[p], a[q], strict=True)],
        [s * x + c * y for x, y in zip(a[p], a[q], strict=True)],
    )

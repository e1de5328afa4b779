"""Do several questions measure one thing? Alpha and omega, with what a missing answer means said aloud."""

from collections.abc import Sequence
from math import fsum, sqrt
from typing import Final

import attrs

from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.kernel.records import record
from servicecrm.measures.distributions import f_quantile, two_sided_z
from servicecrm.measures.items import Missing, Patterns, Rows, answered, complete, filled_in
from servicecrm.measures.matrices import Matrix, correlations, covariances, inverse_diagonal
from servicecrm.measures.scales import Scale
from servicecrm.measures.scores import Reason

__all__ = ["Reliability", "alpha", "omega_of", "omega_total", "reliability_of"]

_LARGEST: Final = sqrt(0.995)
"""No question is taken to be the common factor itself."""

_NOISE: Final = 1e-13


@record
class Reliability:
    """Cronbach's alpha of some questions, with Feldt's interval and what each question does to it.

    `n` counts the rows that were used. `std_alpha` is the alpha of the correlations, `lambda6` Guttman's, `average_r`
    the mean correlation. `if_deleted` is the alpha of the others by question, and `r_drop` how a question correlates
    with the sum of the others. What cannot be computed is None; `reason` says why there is no alpha.

    Source: Cronbach 1951; Feldt, Woodruff & Salih 1987 (interval); Guttman 1945.
    """

    alpha: float | None
    low: float | None
    high: float | None
    n: int
    missing: Missing
    confidence: float
    std_alpha: float | None = None
    lambda6: float | None = None
    average_r: float | None = None
    if_deleted: FrozenMap = attrs.field(default=EMPTY, converter=FrozenMap)
    r_drop: FrozenMap = attrs.field(default=EMPTY, converter=FrozenMap)
    reason: Reason | None = None


def alpha(
    rows: Rows,
    *,
    items: Sequence[str],
    missing: Missing = "listwise",
    reverse: Sequence[str] = (),
    scale: Scale | None = None,
    confidence: float = 0.95,
) -> Reliability:
    """Cronbach's alpha of questions; `items` names them in the order of each row.

    The questions in `reverse` ask for the opposite: their answers are turned on the declared scale first. The interval
    counts the rows that were used, not all.

    Raises:
        InvalidValue: a row does not fit the items, an answer is not on the scale, or a question to be reversed is not
            among them or has no scale.
    """
    two_sided_z(confidence)
    found = answered(rows, items=items, reverse=reverse, scale=scale)
    return reliability_of(found, items=items, missing=missing, confidence=confidence)


def reliability_of(found: Patterns, *, items: Sequence[str], missing: Missing, confidence: float) -> Reliability:
    """The reliability of answers that are counted and turned already."""
    used = filled_in(found, missing)
    n, width = sum(used.values()), len(items)
    covariance = covariances(used.items(), width=width)
    value = None if covariance is None else _alpha(covariance)
    if covariance is None or value is None:
        reason: Reason = "one_item" if width < 2 else "no_answers" if covariance is None else "no_variance"
        return Reliability(alpha=None, low=None, high=None, n=n, missing=missing, confidence=confidence, reason=reason)
    whole = covariances(complete(used).items(), width=width) if missing == "pairwise" else covariance
    tail, df = (1 - confidence) / 2, (n - 1, (n - 1) * (width - 1))
    correlation = correlations(covariance)
    return Reliability(
        alpha=value,
        low=1 - (1 - value) * f_quantile(1 - tail, *df),
        high=1 - (1 - value) * f_quantile(tail, *df),
        n=n,
        missing=missing,
        confidence=confidence,
        std_alpha=None if correlation is None else _alpha(correlation),
        lambda6=None if correlation is None else _lambda6(correlation),
        average_r=None if correlation is None else (fsum(map(fsum, correlation)) - width) / (width * (width - 1)),
        if_deleted=FrozenMap({item: _alpha(_without(covariance, i)) for i, item in enumerate(items)}),
        r_drop=FrozenMap(_r_drop(whole, items)),
    )


def omega_total(
    rows: Rows, *, items: Sequence[str], reverse: Sequence[str] = (), scale: Scale | None = None
) -> float | None:
    """McDonald's omega of one common factor, from the complete rows; None if there are no three questions that vary.

    The factor is the one whose products of loadings come closest to the correlations (minres).

    Raises:
        InvalidValue: as `alpha` does.

    Source: McDonald 1999; Harman & Jones 1966 (minres).
    """
    return omega_of(answered(rows, items=items, reverse=reverse, scale=scale), width=len(items))


def omega_of(found: Patterns, *, width: int) -> float | None:
    """The omega of answers that are counted and turned already."""
    correlation = correlations(covariances(complete(found).items(), width=width))
    if correlation is None or width < 3:
        return None
    loadings = _loadings(correlation)
    common = fsum(loadings) ** 2
    return common / (common + fsum(1 - loading**2 for loading in loadings))


def _alpha(covariance: Matrix) -> float | None:
    width, total = len(covariance), fsum(map(fsum, covariance))
    if width < 2 or total <= _NOISE * fsum(abs(x) for row in covariance for x in row):
        return None
    return width / (width - 1) * (1 - fsum(covariance[i][i] for i in range(width)) / total)


def _without(table: Matrix, left_out: int) -> Matrix:
    return [[x for j, x in enumerate(row) if j != left_out] for i, row in enumerate(table) if i != left_out]


def _lambda6(correlation: Matrix) -> float | None:
    diagonal = inverse_diagonal(correlation)
    return None if diagonal is None else 1 - fsum(1 / x for x in diagonal) / fsum(map(fsum, correlation))


def _r_drop(covariance: Matrix | None, items: Sequence[str]) -> dict[str, float | None]:
    """How each question correlates with the sum of the others: both follow from the covariances."""
    if covariance is None:
        return dict.fromkeys(items)
    found: dict[str, float | None] = {}
    noise = _NOISE * fsum(abs(x) for row in covariance for x in row)
    for i, (item, row) in enumerate(zip(items, covariance, strict=True)):
        others = fsum(x for line in _without(covariance, i) for x in line)
        together = fsum(x for j, x in enumerate(row) if j != i)
        found[item] = together / sqrt(row[i] * others) if row[i] and others > noise else None
    return found


def _loadings(correlation: Matrix) -> list[float]:
    """The loadings on one factor: each in turn is made the best one, until none changes."""
    total = fsum(map(fsum, correlation))
    loadings = [fsum(row) / sqrt(total) if total > 0 else 1.0 for row in correlation]
    for _ in range(10_000):
        before = loadings[:]
        for i, row in enumerate(correlation):
            others = fsum(x * x for j, x in enumerate(loadings) if j != i)
            best = fsum(r * x for j, (r, x) in enumerate(zip(row, loadings, strict=True)) if j != i)
            loadings[i] = max(-_LARGEST, min(_LARGEST, best / others)) if others else 0.0
        if all(abs(x - y) < 1e-12 for x, y in zip(loadings, before, strict=True)):
            break
    return loadings

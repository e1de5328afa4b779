"""Do several people who judge the same things agree? For coded comments, and for ratings by several judges."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import product
from math import fsum, sqrt
from typing import Final, Literal

from servicecrm.errors import InvalidValue
from servicecrm.kernel.records import record
from servicecrm.measures.distributions import two_sided_z
from servicecrm.measures.items import answered, complete

__all__ = ["Icc", "Kappa", "Level", "icc", "kappa", "krippendorff"]

Level = Literal["nominal", "ordinal", "interval"]
"""What differences between codes mean: only that they differ; their order; their distance."""


@record
class Kappa:
    """Cohen's kappa of two coders, with its standard error and interval; None where chance alone explains all."""

    value: float | None
    se: float | None
    low: float | None
    high: float | None
    n: int


def kappa(table: Sequence[Sequence[int]], *, confidence: float = 0.95) -> Kappa:
    """How far two coders agree beyond chance: how often the first gave the code of a row, the second of a column.

    Raises:
        InvalidValue: the table is not square, or a count is below 0.

    Source: Cohen 1960; Fleiss, Cohen & Everitt 1969 (standard error).
    """
    size = len(table)
    if not size or any(len(row) != size or min(row) < 0 for row in table):
        raise InvalidValue("table", "expected as many columns as rows, and counts from 0")
    z, n = two_sided_z(confidence), sum(map(sum, table))
    if not n:
        return Kappa(value=None, se=None, low=None, high=None, n=0)
    p = [[count / n for count in row] for row in table]
    rows, columns = [fsum(row) for row in p], [fsum(column) for column in zip(*p, strict=True)]
    agreed = fsum(p[i][i] for i in range(size))
    chance = fsum(row * column for row, column in zip(rows, columns, strict=True))
    if chance >= 1:
        return Kappa(value=None, se=None, low=None, high=None, n=n)
    value = (agreed - chance) / (1 - chance)
    same = fsum(p[i][i] * (1 - (rows[i] + columns[i]) * (1 - value)) ** 2 for i in range(size))
    apart = fsum(p[i][j] * (columns[i] + rows[j]) ** 2 for i in range(size) for j in range(size) if i != j)
    variance = same + (1 - value) ** 2 * apart - (value - chance * (1 - value)) ** 2
    se = sqrt(max(0.0, variance) / n) / (1 - chance)
    return Kappa(value=value, se=se, low=value - z * se, high=value + z * se, n=n)


def krippendorff(codings: Sequence[Sequence[float | None]], *, level: Level) -> float | None:
    """Krippendorff's alpha: the codes of each coder along the same units, None where one has not coded.

    None if no unit has two codes, or all codes are the same. Codes of a nominal level may be any numbers.

    Raises:
        InvalidValue: the coders have different numbers of units, or there is no such level.

    Source: Krippendorff, Computing Krippendorff's Alpha-Reliability, 2011.
    """
    if level not in _PLACES:
        raise InvalidValue("level", f"expected one of {', '.join(_PLACES)}")
    if len({len(coder) for coder in codings}) > 1:
        raise InvalidValue("codings", "expected a code or None of each coder for each unit")
    weights: dict[tuple[float, float], float] = {}
    for unit in zip(*codings, strict=True):
        codes = Counter(code for code in unit if code is not None)
        for (a, first), (b, second) in product(codes.items(), repeat=2):
            if times := first * (second - (a == b)):
                weights[a, b] = weights.get((a, b), 0.0) + times / (codes.total() - 1)
    totals: dict[float, float] = {}
    for (code, _), weight in sorted(weights.items()):
        totals[code] = totals.get(code, 0.0) + weight
    if len(totals) < 2:
        return None
    n, place = fsum(totals.values()), _PLACES[level](totals)
    if place is None:
        observed = fsum(weight for (a, b), weight in weights.items() if a != b)
        expected = fsum(total * (n - total) for total in totals.values())
    else:
        # The squared distances of all pairs are 2n times those from the mean, which are fewer to count.
        mean = fsum(total * place[code] for code, total in totals.items()) / n
        observed = fsum(weight * (place[a] - place[b]) ** 2 for (a, b), weight in weights.items())
        expected = 2 * n * fsum(total * (place[code] - mean) ** 2 for code, total in totals.items())
    return 1 - (n - 1) * observed / expected if expected else None


_Places = Mapping[float, float]
"""Where the codes lie, so that their distances can be taken."""


def _ordinal(totals: Mapping[float, float]) -> _Places:
    reached, middle = 0.0, {}
    for code in sorted(totals):
        middle[code] = reached + totals[code] / 2
        reached += totals[code]
    return middle


_PLACES: Final[dict[str, Callable[[Mapping[float, float]], _Places | None]]] = {
    "nominal": lambda _: None,
    "ordinal": _ordinal,
    "interval": lambda totals: {code: code for code in totals},
}


_NOISE: Final = 1e-12
"""What varies less, as a part of the ratings, does not vary."""


@record
class Icc:
    """Intraclass correlations: of one judge, and (k) of the mean of all.

    `one_way`: other judges for each target; `random`: the same ones, a sample of judges; `mixed`: the same ones, and no
    others matter. These are ICC 1, 2 and 3.
    """

    one_way: float | None
    random: float | None
    mixed: float | None
    one_way_k: float | None
    random_k: float | None
    mixed_k: float | None
    n: int


def icc(rows: Iterable[Sequence[float | None]], *, judges: Sequence[str]) -> Icc:
    """The six intraclass correlations of ratings: one row for each target, with the rating of each judge.

    Targets that a judge has not rated are left out.

    Raises:
        InvalidValue: a row does not fit the judges.

    Source: Shrout & Fleiss 1979.
    """
    found, k = complete(answered(rows, items=judges)), len(judges)
    n = sum(found.values())
    if n < 2 or k < 2:
        return Icc(one_way=None, random=None, mixed=None, one_way_k=None, random_k=None, mixed_k=None, n=n)
    grand = fsum(fsum(row) * times for row, times in found.items()) / (n * k)
    judged = [fsum(row[j] * times for row, times in found.items()) / n for j in range(k)]
    whole = fsum((x - grand) ** 2 * times for row, times in found.items() for x in row)
    between = k * fsum((fsum(row) / k - grand) ** 2 * times for row, times in found.items())
    by_judge = n * fsum((mean - grand) ** 2 for mean in judged)
    targets = between / (n - 1)
    within = (whole - between) / (n * (k - 1))
    judges_square = by_judge / (k - 1)
    error = (whole - between - by_judge) / ((n - 1) * (k - 1))
    largest = max(abs(x) for row in found for x in row)
    noise = _NOISE * largest * (sqrt(whole / (n * k)) + _NOISE * largest)

    def part(part: float, whole: float) -> float | None:
        return part / whole if whole > noise else None  # where nothing varies, all that is left is rounding

    return Icc(
        one_way=part(targets - within, targets + (k - 1) * within),
        random=part(targets - error, targets + (k - 1) * error + k * (judges_square - error) / n),
        mixed=part(targets - error, targets + (k - 1) * error),
        one_way_k=part(targets - within, targets),
        random_k=part(targets - error, targets + (judges_square - error) / n),
        mixed_k=part(targets - error, targets),
        n=n,
    )

"""Is it a change, or is it chance? Differences of two scores, of many shares, and of many comparisons at once."""

from collections.abc import Callable, Sequence
from math import copysign, hypot, inf, isinf, sqrt
from typing import Final, Literal, NamedTuple

from servicecrm.errors import InvalidValue
from servicecrm.kernel.records import record
from servicecrm.measures.distributions import (
    chi_square_tail,
    normal_tails,
    student_quantile,
    student_tails,
    two_sided_z,
)
from servicecrm.measures.scores import Method, Reason, Score

__all__ = ["ChiSquare", "Difference", "NotComparable", "Verdict", "adjusted", "difference", "homogeneity"]

Verdict = Literal["higher", "lower", "no_detectable_change", "not_known"]
"""What a difference comes to."""

Test = Literal["newcombe", "normal", "welch"]


class NotComparable(InvalidValue):
    """Two scores were made by different methods, so that their difference would say nothing."""

    code = "not_comparable"

    def __init__(self, first: str, second: str) -> None:
        self.first = first
        self.second = second
        super().__init__("score", f"{first} and {second} do not compare; make both by one method")


@record
class Difference:
    """How much one score lies above another one, with the interval in which the difference may lie.

    `p_value` is the probability of a difference at least as large by chance alone, and `se` the standard error that its
    test uses. Without them, or without limits, `reason` says why.

    Source: C079.
    """

    value: float | None
    low: float | None
    high: float | None
    se: float | None
    p_value: float | None
    method: Method
    test: Test
    confidence: float
    reason: Reason | None = None

    def __repr__(self) -> str:
        value, low, high = (None if x is None else round(x, 4) for x in (self.value, self.low, self.high))
        return f"Difference({value}, low={low}, high={high}, verdict={self.verdict!r})"

    @property
    def statistic(self) -> float | None:
        """How many standard errors the difference comes to: z, or Welch's t."""
        return self.value / self.se if self.value is not None and self.se else None

    @property
    def verdict(self) -> Verdict:
        """Higher or lower, if that is more than chance would explain at this confidence."""
        if self.value is None or self.p_value is None:
            return "not_known"
        if self.p_value >= 1 - self.confidence:
            return "no_detectable_change"
        return "higher" if self.value > 0 else "lower"

    @property
    def significant(self) -> bool:
        """Is it more than chance would explain at this confidence?"""
        return self.verdict in ("higher", "lower")


def difference(score: Score, other: Score) -> Difference:
    """How much a score lies above another one of other people: `difference(this_wave, last_wave)`.

    Shares are compared by Newcombe's interval, which is made of the limits of both, and by the z test with their
    pooled share; scores in points by the normal distribution; means by Welch's t. Where neither sample varies, nothing
    is known of chance.

    Raises:
        NotComparable: the scores have different methods, intervals or confidences.

    Source: C079, K21; Newcombe 1998 (method 10); Welch 1947.
    """
    if _comparable(score) != _comparable(other):
        raise NotComparable(_label(score), _label(other))
    test = _test(score)
    value = None if score.value is None or other.value is None else score.value - other.value
    reason = _untestable(score, other, test)
    low, high, se, p_value = (None, None, None, None) if reason else _TESTS[test](score, other)
    return Difference(
        value=value,
        low=low,
        high=high,
        se=se,
        p_value=p_value,
        method=score.method,
        test=test,
        confidence=score.confidence,
        reason=reason,
    )


class ChiSquare(NamedTuple):
    """A test that several shares are the same: how far they are from it, and how probable that is by chance alone."""

    value: float
    df: int
    p_value: float


def homogeneity(hits: Sequence[int], n: Sequence[int]) -> ChiSquare | None:
    """Test whether several waves or groups have the same share: the hits of each, and its number of answers.

    None where all or none are hits, so that there is nothing to tell apart.

    Raises:
        InvalidValue: there are less than two shares, or more hits than answers.

    Source: C079; Pearson 1900.
    """
    if len(hits) != len(n) or len(n) < 2 or not all(0 <= x <= base and base for x, base in zip(hits, n, strict=False)):
        raise InvalidValue("hits", "expected two shares or more, each with from 0 to n hits and an n above 0")
    pooled = sum(hits) / sum(n)
    if pooled in (0, 1):
        return None
    squares = (((x - base * pooled) ** 2) / (base * pooled * (1 - pooled)) for x, base in zip(hits, n, strict=True))
    value = sum(squares)
    return ChiSquare(value, len(n) - 1, chi_square_tail(value, len(n) - 1))


def adjusted(p_values: Sequence[float], *, method: Literal["holm", "benjamini_hochberg"] = "holm") -> tuple[float, ...]:
    """What the p-values of several comparisons come to, since among many one will look like a change by chance.

    `holm` keeps the probability of any false alarm; `benjamini_hochberg` keeps the share of false ones among alarms.

    Raises:
        InvalidValue: a p-value does not lie between 0 and 1, or there is no such method.

    Source: Holm 1979; Benjamini & Hochberg 1995.
    """
    if not all(0 <= p <= 1 for p in p_values):
        raise InvalidValue("p_values", "a p-value lies between 0 and 1")
    if method not in ("holm", "benjamini_hochberg"):
        raise InvalidValue("method", "expected one of holm, benjamini_hochberg")
    many, holm = len(p_values), method == "holm"
    order = sorted(range(many), key=p_values.__getitem__, reverse=not holm)
    found, reached = [0.0] * many, 0.0 if holm else 1.0
    for done, i in enumerate(order):
        raised = p_values[i] * (many - done if holm else many / (many - done))
        reached = min(1.0, max(reached, raised)) if holm else min(reached, raised)
        found[i] = reached
    return tuple(found)


# -- the tests -----------------------------------------------------------------------------------

_Found = tuple[float, float, float, float]
"""Lower limit, upper limit, standard error and p-value of a difference."""


def _test(score: Score) -> Test:
    if score.interval == "student_t":
        return "welch"
    return "newcombe" if "hits" in score.parts else "normal"


def _untestable(score: Score, other: Score, test: Test) -> Reason | None:
    if score.se is None or other.se is None:
        return next(each.reason for each in (score, other) if each.se is None)
    census = isinf(score.base) and isinf(other.base)
    return "no_variance" if test != "newcombe" and not (score.se or other.se or census) else None


def _newcombe(score: Score, other: Score) -> _Found:
    p1, l1, u1 = _share(score)
    p2, l2, u2 = _share(other)
    value = p1 - p2
    pooled = (p1 * score.n_eff + p2 * other.n_eff) / (score.n_eff + other.n_eff)
    se = sqrt(pooled * (1 - pooled) * (1 / score.base + 1 / other.base))
    return (
        100 * (value - hypot(p1 - l1, u2 - p2)),
        100 * (value + hypot(u1 - p1, p2 - l2)),
        100 * se,
        normal_tails(_errors(value, se)),
    )


def _share(score: Score) -> tuple[float, float, float]:
    value, low, high = (figure or 0.0 for figure in (score.value, score.low, score.high))
    return value / 100, low / 100, high / 100


def _normal(score: Score, other: Score) -> _Found:
    value, se = _apart(score, other)
    half = two_sided_z(score.confidence) * se
    return value - half, value + half, se, normal_tails(_errors(value, se))


def _welch(score: Score, other: Score) -> _Found:
    value, se = _apart(score, other)
    spread = sum(((each.se or 0.0) ** 2) ** 2 / (each.base - 1) for each in (score, other))
    df = se**4 / spread if spread else inf
    half = student_quantile((1 + score.confidence) / 2, df) * se
    return value - half, value + half, se, student_tails(_errors(value, se), df)


def _apart(score: Score, other: Score) -> tuple[float, float]:
    """The difference and its standard error."""
    return (score.value or 0.0) - (other.value or 0.0), hypot(score.se or 0.0, other.se or 0.0)


def _errors(value: float, se: float) -> float:
    """How many standard errors a difference comes to; without any error, whatever there is counts."""
    return value / se if se else copysign(inf, value) if value else 0.0


_TESTS: Final[dict[Test, Callable[[Score, Score], _Found]]] = {
    "newcombe": _newcombe,
    "normal": _normal,
    "welch": _welch,
}


def _comparable(score: Score) -> tuple[Method, str, float]:
    return score.method, score.interval, score.confidence


def _label(score: Score) -> str:
    return f"{score.method}, {score.interval} {score.confidence:.4g}"

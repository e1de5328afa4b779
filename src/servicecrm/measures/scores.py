"""What a score is: a figure with its interval, its base, and the method that it may be compared by.

There are three: a share, the difference of two shares of the same answers, and a mean.
"""

from collections.abc import Mapping
from math import inf, isinf, sqrt
from typing import Literal, NamedTuple, cast

import attrs

from servicecrm.errors import InvalidValue
from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.kernel.records import evolve, record
from servicecrm.measures.distributions import two_sided_z
from servicecrm.measures.histograms import Histogram
from servicecrm.measures.intervals import (
    Interval,
    NpsMethod,
    ShareMethod,
    mean_interval,
    nps_interval,
    share_interval,
)

__all__ = ["Exactness", "Method", "Reason", "Score", "mean_of", "net", "share"]

Reason = Literal["no_answers", "one_answer", "no_variance", "zero_base", "no_values", "one_item", "hidden"]
"""Why there is no figure."""

Band = tuple[float, float]
"""The lowest and the highest of some answers, both included."""


@record
class Method:
    """How a score was made. Scores compare only if all of this is equal."""

    name: str
    scale: str
    rule: str
    unit: Literal["points", "percent", "scale"]
    better: Literal["higher", "lower"] = "higher"

    def __str__(self) -> str:
        parts = [self.name, f"on {self.scale}" if self.scale else "", f"({self.rule})" if self.rule else ""]
        return " ".join(filter(None, parts))


@record
class Score:
    """A figure from answers, with the interval in which it may lie.

    `n` counts the answers that it is made of, and `n_eff` how many of equal weight would tell as much. `se` is its
    standard error in its own unit. What is not in `n` stands beside it. A score that cannot be computed is None, and
    `reason` says why; so is a limit.

    Source: C078.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int
    method: Method
    interval: str
    confidence: float
    n_eff: float
    se: float | None = None
    population: int | None = None
    not_answered: int = 0
    invalid: int = 0
    parts: FrozenMap = attrs.field(default=EMPTY, converter=FrozenMap)
    """What it was made of, such as the numbers of promoters and detractors."""
    reason: Reason | None = None

    def __repr__(self) -> str:
        invalid = f", invalid={self.invalid}" if self.invalid else ""
        if self.value is None:
            return f"Score(None, n={self.n}{invalid}, reason={self.reason!r})"
        low, high = (None if limit is None else round(limit, 4) for limit in (self.low, self.high))
        return f"Score({round(self.value, 4)}, low={low}, high={high}, n={self.n}{invalid})"

    @property
    def base(self) -> float:
        """How many answers of equal weight from an endless population would tell as much; infinite for a census.

        Source: K39 (finite population correction).
        """
        if self.population is None:
            return self.n_eff
        return self.n_eff * (self.population - 1) / (self.population - self.n) if self.n < self.population else inf


class Exactness(NamedTuple):
    """How sure an interval is to be, out of how many the answers were drawn, and how it is made."""

    confidence: float
    population: int | None = None
    interval: NpsMethod | ShareMethod | None = None


def share(found: Histogram, method: Method, band: Band, *, exact: Exactness) -> Score:
    """The percentage of the answers that lie in a band. `parts` has their number."""
    hits = found.counted(*band)
    blank = _blank(found, method, exact, exact.interval or "wilson", {"hits": hits})
    part = found.share(*band)
    if part is None:
        return blank
    limits = Interval(part, part)
    if not isinf(blank.base):
        how = cast(ShareMethod, blank.interval)
        limits = share_interval(part * blank.base, blank.base, method=how, confidence=exact.confidence)
    return evolve(
        blank,
        value=100 * part,
        low=100 * limits.low,
        high=100 * limits.high,
        se=100 * sqrt(part * (1 - part) / blank.base),
    )


def net(
    found: Histogram,
    method: Method,
    bands: tuple[Band, Band, Band],
    *,
    names: tuple[str, str, str],
    exact: Exactness,
) -> Score:
    """The percentage in the first band less that in the last one, in points. `parts` has the number in each."""
    counts = {name: found.counted(*band) for name, band in zip(names, bands, strict=True)}
    blank = _blank(found, method, exact, exact.interval or "adjusted_wald", counts)
    if not found.weight:
        return blank
    good, between, bad = (found.share(*band) or 0.0 for band in bands)
    value = 100 * (good - bad)
    if isinf(blank.base):
        return evolve(blank, value=value, low=value, high=value, se=0.0)
    limits = nps_interval(
        good * blank.base,
        between * blank.base,
        bad * blank.base,
        method=cast(NpsMethod, blank.interval),
        confidence=exact.confidence,
    )
    # The adjustment moves the middle towards 0, of one or two answers past what they say.
    low, high = min(value, limits.low), max(value, limits.high)
    return evolve(blank, value=value, low=low, high=high, se=limits.se)


def mean_of(found: Histogram, method: Method, *, factor: float = 1.0, shift: float = 0.0, exact: Exactness) -> Score:
    """The mean of factor * (answer + shift), with limits within what the scale can come to.

    `parts` has the standard deviation (n - 1), in the unit of the score. Where all answers are the same, they do not
    say how far the mean may be off, and there are no limits.
    """
    mean, sd = found.mean(), found.sd()
    blank = _blank(found, method, exact, "student_t", {"sd": sd if sd is None else factor * sd})
    if mean is None:
        return blank
    value = factor * (mean + shift)
    if sd is None:
        return evolve(blank, value=value, reason="one_answer")
    limits = Interval(value, value)
    if not isinf(blank.base):
        if not sd:
            return evolve(blank, value=value, se=0.0, reason="no_variance")
        limits = mean_interval(value, factor * sd, blank.base, confidence=exact.confidence)
    low, high = (factor * (end + shift) for end in (found.scale.low, found.scale.high))
    se = factor * sd / sqrt(blank.base)
    return evolve(blank, value=value, low=max(low, limits.low), high=min(high, limits.high), se=se)


def _blank(
    found: Histogram, method: Method, exact: Exactness, interval: str, parts: Mapping[str, float | None]
) -> Score:
    """The score of no answers, which the others fill."""
    if exact.population is not None and exact.population < found.n:
        raise InvalidValue("population", f"it has at least the {found.n} who answered")
    two_sided_z(exact.confidence)  # refuses what is no confidence
    return Score(
        value=None,
        low=None,
        high=None,
        n=found.n,
        method=method,
        interval=interval,
        confidence=exact.confidence,
        n_eff=found.n_eff,
        population=exact.population,
        not_answered=found.not_answered,
        invalid=found.invalid,
        parts=FrozenMap(parts),
        reason=None if found.weight else "no_answers",
    )

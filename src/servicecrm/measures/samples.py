"""How many have to be asked, and how exact what so many say can be."""

from math import ceil, inf, isinf, sqrt
from typing import Final, NamedTuple

from servicecrm.errors import InvalidValue
from servicecrm.measures.distributions import two_sided_z

__all__ = ["SampleSize", "margin_of_error", "required_sample"]


_LEAST: Final = 1e-100


class SampleSize(NamedTuple):
    """How many answers are needed: as computed, and of an endless population; `needed` is the next whole number."""

    exact: float
    endless: float

    @property
    def needed(self) -> int:
        """How many answers to get."""
        return ceil(self.exact)


def required_sample(
    margin: float, *, share: float = 0.5, confidence: float = 0.95, population: int | None = None
) -> SampleSize:
    """How many answers a share needs so that it is known to plus or minus `margin`, such as 0.05.

    Half is the share that needs most. A small population needs fewer; the answers needed are never more than it has.

    Raises:
        InvalidValue: the margin is not above 0, or the share or the confidence does not lie between 0 and 1.

    Source: K39; Cochran, Sampling Techniques, 1977 (4.1).
    """
    if not 0 < share < 1 or not margin > 0:
        raise InvalidValue("margin", "expected a margin above 0, and a share between 0 and 1")
    endless = (two_sided_z(confidence) / margin) ** 2 * share * (1 - share) if margin >= _LEAST else inf
    if isinf(endless):
        raise InvalidValue("margin", f"expected {_LEAST} or more; no number of answers is so exact")
    if population is None:
        return SampleSize(endless, endless)
    if population < 1:
        raise InvalidValue("population", "expected 1 or more")
    return SampleSize(min(float(population), endless / (1 + (endless - 1) / population)), endless)


def margin_of_error(
    n: float, *, share: float = 0.5, confidence: float = 0.95, population: int | None = None, design_effect: float = 1.0
) -> float | None:
    """How far a share from `n` answers may be off, as a share; None without answers.

    `design_effect` is how many weighted answers tell as much as one of a plain sample.

    Raises:
        InvalidValue: the share or the confidence is out of its range, the population is smaller than the sample, or
            the design effect is not above 0.

    Source: K39; Kish 1965 (design effect).
    """
    if not 0 <= share <= 1 or not n >= 0 or not design_effect > 0:
        raise InvalidValue("share", "expected a share from 0 to 1, answers from 0 and a design effect above 0")
    if population is not None and population < n:
        raise InvalidValue("population", "it has at least those who answered")
    if n == 0:
        return None
    left = 1.0 if population is None else (population - n) / (population - 1) if population > 1 else 0.0
    return two_sided_z(confidence) * sqrt(share * (1 - share) / n * design_effect * left)

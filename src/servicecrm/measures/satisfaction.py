"""Satisfaction scores: Net Promoter Score, customer satisfaction, customer effort, the mean, and rates.

The same answers have many scores. Which one is meant is asked for by name, and kept with the number.
"""

from collections.abc import Sequence
from typing import Final, Literal

from servicecrm.errors import InvalidValue
from servicecrm.measures.histograms import Answers, Histogram, histogram_of
from servicecrm.measures.intervals import NpsMethod, ShareMethod
from servicecrm.measures.scales import Scale
from servicecrm.measures.scores import Exactness, Method, Score, mean_of, net, share

__all__ = ["ces", "csat", "mean", "nps", "rate", "satisfied_from"]

NPS_SCALE: Final = Scale(low=0, high=10)
CES_SCALE: Final = Scale(low=1, high=7)
_NPS: Final = Method(name="nps", scale=str(NPS_SCALE), rule="9..10 - 0..6", unit="points")

_TOP: Final = {3: 1, 4: 2, 5: 2, 6: 2, 7: 2, 10: 3}
"""How many of the upper points of a scale count as satisfied, by the number of its points, if nobody says so."""


def nps(
    answers: Answers,
    *,
    weights: Sequence[float] | None = None,
    confidence: float = 0.95,
    interval: NpsMethod = "adjusted_wald",
    population: int | None = None,
) -> Score:
    """The Net Promoter Score in points: the percentage who answer 9 or 10, less that of 0 to 6.

    Raises:
        InvalidValue: the confidence does not lie between 0 and 1, there is not a weight from 0 for each answer, or the
            population is smaller than the sample.

    Source: K36, C078.
    """
    found = histogram_of(answers, scale=NPS_SCALE, weights=weights)
    names = ("promoters", "passives", "detractors")
    return net(found, _NPS, ((9, 10), (7, 8), (0, 6)), names=names, exact=Exactness(confidence, population, interval))


def csat(
    answers: Answers,
    *,
    scale: Scale,
    method: Literal["top_box", "mean_percent", "sum_over_max"],
    satisfied: float | None = None,
    weights: Sequence[float] | None = None,
    confidence: float = 0.95,
    interval: ShareMethod = "wilson",
    population: int | None = None,
) -> Score:
    """Customer satisfaction in percent, by one of three methods that give different numbers.

    `top_box` is the share of answers that are at least `satisfied`, which is `satisfied_from(scale)` unless it is
    given. `mean_percent` is where the mean lies between the ends of the scale. `sum_over_max` is the mean as a part of
    the highest answer, so that it never reaches 0 on a scale that starts with 1. `interval` is that of `top_box`; means
    have the one of Student's t.

    Raises:
        InvalidValue: there is no such method; `satisfied` is not on the scale, or has to be given; the highest answer
            is not above 0.

    Source: K34, K35, C078.
    """
    found = histogram_of(answers, scale=scale, weights=weights)
    exact = Exactness(confidence, population, interval)
    if method == "top_box":
        low = satisfied_from(scale) if satisfied is None else satisfied
        if scale.place(low) is None:
            raise InvalidValue("satisfied", f"expected an answer on {scale}")
        how = Method(name="csat_top_box", scale=str(scale), rule=f">= {low:g}", unit="percent")
        return share(found, how, (low, scale.high), exact=exact)
    if method == "mean_percent":
        how = Method(name="csat_mean_percent", scale=str(scale), rule="", unit="percent")
        return mean_of(found, how, factor=100 / (scale.high - scale.low), shift=-scale.low, exact=exact)
    if method == "sum_over_max":
        if scale.high <= 0 or scale.low < 0:
            raise InvalidValue("scale", "a part of the highest answer needs answers from 0 up")
        how = Method(name="csat_sum_over_max", scale=str(scale), rule="", unit="percent")
        return mean_of(found, how, factor=100 / scale.high, exact=exact)
    raise InvalidValue("method", "expected one of top_box, mean_percent, sum_over_max")


def satisfied_from(scale: Scale) -> float:
    """The lowest answer that counts as satisfied if nobody says so: the top 1 of 3, 2 of 4 to 7, 3 of 10 points.

    Raises:
        InvalidValue: there is no usual rule for so many points.
    """
    top = _TOP.get(len(scale.points))
    if top is None:
        raise InvalidValue("satisfied", f"say from which answer on {scale} one counts as satisfied")
    return scale.points[-top]


def ces(
    answers: Answers,
    *,
    method: Literal["mean", "index", "agree"],
    scale: Scale = CES_SCALE,
    better: Literal["higher", "lower"] = "higher",
    weights: Sequence[float] | None = None,
    confidence: float = 0.95,
    population: int | None = None,
) -> Score:
    """The Customer Effort Score. `better` says what was asked: how easy it was ("higher"), or how much effort it took.

    `mean` is the mean answer. On 1..7 there are two more: `index`, the percentage of 6 and 7 less that of 1 to 3, and
    `agree`, the percentage from 5 to 7. If lower is better, both are taken from the other end.

    Raises:
        InvalidValue: there is no such method, or it needs answers on 1..7.

    Source: K37, C078; Dixon, Freeman & Toman 2010 (effort); CES 2.0 (agreement that it was easy).
    """
    found = histogram_of(answers, scale=scale, weights=weights)
    exact = Exactness(confidence, population)
    if method == "mean":
        how = Method(name="ces_mean", scale=str(scale), rule="", unit="scale", better=better)
        return mean_of(found, how, exact=exact)
    if method not in ("index", "agree"):
        raise InvalidValue("method", "expected one of mean, index, agree")
    if scale.points != CES_SCALE.points:
        raise InvalidValue("scale", f"the {method} is made for answers on {CES_SCALE}; take the mean of others")
    if method == "agree":
        low, high = (5.0, 7.0) if better == "higher" else (1.0, 3.0)
        how = Method(name="ces_agree", scale=str(scale), rule=f"{low:g}..{high:g}", unit="percent")
        return share(found, how, (low, high), exact=exact)
    bands = ((6, 7), (4, 5), (1, 3)) if better == "higher" else ((1, 2), (3, 4), (5, 7))
    rule = " - ".join(f"{low}..{high}" for low, high in (bands[0], bands[2]))
    how = Method(name="ces_index", scale=str(scale), rule=rule, unit="points")
    return net(found, how, bands, names=("good", "between", "bad"), exact=exact)


def mean(
    answers: Answers,
    *,
    scale: Scale,
    better: Literal["higher", "lower"] = "higher",
    weights: Sequence[float] | None = None,
    confidence: float = 0.95,
    population: int | None = None,
) -> Score:
    """The mean answer, with the interval of Student's t. `parts` has the standard deviation (n - 1).

    Raises:
        InvalidValue: the confidence does not lie between 0 and 1, there is not a weight from 0 for each answer, or the
            population is smaller than the sample.

    Source: K38, C079.
    """
    how = Method(name="mean", scale=str(scale), rule="", unit="scale", better=better)
    found = histogram_of(answers, scale=scale, weights=weights)
    return mean_of(found, how, exact=Exactness(confidence, population))


def rate(
    hits: int,
    n: int,
    *,
    name: str = "rate",
    better: Literal["higher", "lower"] = "higher",
    confidence: float = 0.95,
    interval: ShareMethod = "wilson",
    population: int | None = None,
) -> Score:
    """How many of a number, in percent: 8 of 10 reviews held are 80. `name` says of what it is the rate.

    Raises:
        InvalidValue: there are more hits than there can be.

    Source: K11, K22, K33, K41.
    """
    if not 0 <= hits <= n:
        raise InvalidValue("hits", "expected from 0 to n hits")
    yes_no = Histogram(scale=Scale(low=0, high=1), counts=(n - hits, hits))
    method = Method(name=name, scale="", rule="", unit="percent", better=better)
    return share(yes_no, method, (1, 1), exact=Exactness(confidence, population, interval))

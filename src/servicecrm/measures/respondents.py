"""The score of each respondent from several questions about one thing."""

from collections import Counter
from collections.abc import Sequence
from math import fsum, sqrt
from typing import Final, Literal

from servicecrm.errors import InvalidValue
from servicecrm.kernel.records import record
from servicecrm.measures.distributions import two_sided_z
from servicecrm.measures.items import Missing, Row, filled, reader, stand_ins
from servicecrm.measures.reliability import Reliability, omega_of, reliability_of
from servicecrm.measures.scales import Scale

__all__ = ["ScaleScores", "scale_scores", "sus"]

_SUS_ITEMS: Final = tuple(f"q{i}" for i in range(1, 11))
_SUS: Final = reader(items=_SUS_ITEMS, reverse=_SUS_ITEMS[1::2], scale=Scale(low=1, high=5))


@record
class ScaleScores:
    """Scores of respondents in the order of their rows, None for one who is not scored, and how far to trust them.

    `sd` is the standard deviation of the scores (n - 1), and `omega` McDonald's, of the complete rows.
    """

    scores: tuple[float | None, ...]
    n: int
    mean: float | None
    sd: float | None
    reliability: Reliability
    omega: float | None


def scale_scores(
    rows: Sequence[Sequence[float | None]],
    *,
    items: Sequence[str],
    missing: Literal["available", "listwise", "median", "mean"] = "available",
    min_answered: int = 1,
    reverse: Sequence[str] = (),
    scale: Scale | None = None,
    confidence: float = 0.95,
) -> ScaleScores:
    """The mean answer of each respondent, with the reliability of the same questions under the same policy.

    `available` takes the mean of the answers that there are, if they are at least `min_answered`; `listwise` scores
    complete rows only; `median` and `mean` put those of the question in place of a missing answer, and score every row.

    Raises:
        InvalidValue: as `alpha` does, or there is no such policy.

    Source: C078.
    """
    two_sided_z(confidence)
    if missing not in ("available", "listwise", "median", "mean"):
        raise InvalidValue("missing", "expected one of available, listwise, median, mean")
    policy: Missing = "pairwise" if missing == "available" else missing
    read = reader(items=items, reverse=reverse, scale=scale)
    whole = [read(row) for row in rows]
    found = Counter(whole)
    instead = stand_ins(found, policy) if missing in ("median", "mean") else (None,) * len(items)
    least = min_answered if missing == "available" else len(items)
    scores = tuple(_score(filled(row, instead), least) for row in whole)
    scored = [score for score in scores if score is not None]
    mean = fsum(scored) / len(scored) if scored else None
    return ScaleScores(
        scores=scores,
        n=len(scored),
        mean=mean,
        sd=sqrt(fsum((x - mean) ** 2 for x in scored) / (len(scored) - 1)) if mean is not None and scored[1:] else None,
        reliability=reliability_of(found, items=items, missing=policy, confidence=confidence),
        omega=omega_of(found, width=len(items)),
    )


def _score(row: Row, least: int) -> float | None:
    given = [x for x in row if x is not None]
    return fsum(given) / len(given) if given and len(given) >= least else None


def sus(answers: Sequence[float | None]) -> float | None:
    """The System Usability Scale of one respondent, 0 to 100, from ten answers on 1..5; None if one is missing.

    The odd questions praise and the even ones blame.

    Raises:
        InvalidValue: there are not ten answers, or one is not on 1..5.

    Source: Brooke, SUS: A quick and dirty usability scale, 1996.
    """
    row = _SUS(answers)
    return None if None in row else 2.5 * fsum(x - 1 for x in row if x is not None)

"""What is kept of the evaluation of a survey: figures, what follows from them, and what is done about low scores."""

import json
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from typing import NewType

import attrs

from servicecrm.errors import InvalidValue
from servicecrm.kernel.frozen import EMPTY, FrozenMap, thaw
from servicecrm.kernel.records import Personal, record
from servicecrm.kernel.shapes import Code, filled

__all__ = ["Conclusion", "Handling", "LowScore", "Saying", "SurveyEvaluation", "SurveyEvaluationId", "figures_digest"]

SurveyEvaluationId = NewType("SurveyEvaluationId", str)


class Saying(Code):
    """What somebody says about figures: what is seen in them, what follows, and what they cannot tell."""

    FINDING = "finding"
    CONCLUSION = "conclusion"
    LIMIT = "limit"


@record
class Conclusion:
    """What somebody says about the figures."""

    kind: Saying
    text: Personal[str] = attrs.field(validator=filled)


@record
class LowScore:
    """A score that is not good enough. `name` says of what, such as `overall`, or `overall [north]` of a group."""

    name: str
    figure: str
    value: float
    threshold: float
    n: int


@record
class Handling:
    """What is done about low scores: an action item by its id, or a reason why nothing is.

    Raises:
        InvalidValue: it is neither, or both.
    """

    scores: tuple[str, ...]
    action: str | None = attrs.field(default=None, validator=filled)
    waiver: Personal[str] | None = attrs.field(default=None, validator=filled)

    def __attrs_post_init__(self) -> None:
        if (self.action is None) == (self.waiver is None) or not self.scores:
            raise InvalidValue("Handling", "name the scores, and either what is done about them or why nothing is")


@record
class SurveyEvaluation:
    """The evaluation of a survey, as it is reviewed and published.

    `figures` are the rows of `Evaluation.to_dicts`, `pages` its text by language, and `digest` that of both: what is
    published can be had again as it was. `low` are the scores below their thresholds. `basis` is the digest of the
    responses that it is made of and of the way in which it is; there is none where these are not known.

    Source: C082.
    """

    id: SurveyEvaluationId = attrs.field(validator=filled)
    revision: int = attrs.field(default=0, eq=False)
    state: str
    questionnaire: str = attrs.field(validator=filled)
    questionnaire_digest: str | None = None
    campaign: str | None = None
    wave: str | None = None
    responses: int
    basis: str | None = None
    min_n: int
    figures: tuple[FrozenMap, ...] = attrs.field(repr=False)
    pages: FrozenMap = EMPTY
    digest: str
    low: tuple[LowScore, ...] = ()
    handled: tuple[Handling, ...] = ()
    conclusions: tuple[Conclusion, ...] = ()
    drafted_at: datetime
    reviewed_at: datetime | None = None
    reviewed_by: str | None = None
    published_at: datetime | None = None
    extra: FrozenMap = EMPTY

    @property
    def open_scores(self) -> tuple[LowScore, ...]:
        """The low scores about which nothing was decided yet."""
        settled = {name for each in self.handled for name in each.scores}
        return tuple(score for score in self.low if score.name not in settled)


def figures_digest(figures: Iterable[FrozenMap], pages: FrozenMap) -> str:
    """The SHA-256 of figures and pages."""
    told = {"figures": [thaw(figure) for figure in figures], "pages": thaw(pages)}
    return sha256(json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()).hexdigest()

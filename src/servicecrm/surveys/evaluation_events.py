"""What happened to the evaluation of a survey."""

import attrs

from servicecrm.kernel.decisions import Event
from servicecrm.kernel.records import Personal, record
from servicecrm.kernel.shapes import filled

__all__ = [
    "EvaluationConcluded",
    "EvaluationDrafted",
    "EvaluationPublished",
    "EvaluationReviewed",
    "EvaluationRevised",
    "EvaluationSentBack",
    "LowScoreHandled",
]


@record
class EvaluationDrafted(Event):
    """The answers to a survey were evaluated; `digest` is that of the figures."""

    type = "survey_evaluation.drafted"
    digest: str


@record
class EvaluationRevised(Event):
    """They were evaluated again, because there are other answers or another way to score them."""

    type = "survey_evaluation.revised"
    digest: str


@record
class EvaluationConcluded(Event):
    """Something was found, or concluded, or said about what the figures cannot tell."""

    type = "survey_evaluation.concluded"
    kind: str


@record
class LowScoreHandled(Event):
    """Something is to be done about scores that are too low, or there is a reason why nothing is."""

    type = "survey_evaluation.low_score_handled"
    scores: tuple[str, ...]
    action: str | None = None
    waiver: Personal[str] | None = attrs.field(default=None, validator=filled)


@record
class EvaluationReviewed(Event):
    """Somebody looked it through, and found it good."""

    type = "survey_evaluation.reviewed"


@record
class EvaluationSentBack(Event):
    """Somebody looked it through, and found something to change."""

    type = "survey_evaluation.sent_back"
    reason: Personal[str] = attrs.field(validator=filled)


@record
class EvaluationPublished(Event):
    """It was made known, and its figures stay as they are."""

    type = "survey_evaluation.published"

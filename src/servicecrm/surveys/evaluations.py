"""Everything that can be done with the evaluation of a survey that is kept: pure commands, each giving a decision.

```python
kept = evaluations.draft(evaluation, id="e-1", threshold=7, by="ann", at=now).after
kept = evaluations.conclude(kept, "Billing annoys people", by="ann", at=now).after
kept = evaluations.review(kept, by="bob", at=now).after
kept = evaluations.handle(kept, "billing", action="a-1", by="bob", at=now).after
evaluations.publish(kept, by="bob", at=now)
```
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from servicecrm.errors import InvalidValue, PolicyViolation
from servicecrm.kernel.decisions import Actor, Decision, begin, stamp
from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.kernel.shapes import several
from servicecrm.measures.scales import number
from servicecrm.surveys.campaign_lifecycle import OPEN
from servicecrm.surveys.campaign_model import Campaign
from servicecrm.surveys.cells import parts
from servicecrm.surveys.evaluation import Evaluation
from servicecrm.surveys.evaluation_events import (
    EvaluationConcluded,
    EvaluationDrafted,
    EvaluationPublished,
    EvaluationReviewed,
    EvaluationRevised,
    EvaluationSentBack,
    LowScoreHandled,
)
from servicecrm.surveys.evaluation_lifecycle import (
    CONCLUDE,
    EVALUATION_LIFECYCLE,
    HANDLE,
    PUBLISH,
    REVIEW,
    REVISE,
    SEND_BACK,
)
from servicecrm.surveys.evaluation_lines import About, Line, ends, group_name, quoted
from servicecrm.surveys.evaluation_model import (
    Conclusion,
    Handling,
    LowScore,
    Saying,
    SurveyEvaluation,
    SurveyEvaluationId,
    figures_digest,
)
from servicecrm.surveys.evaluation_pools import rated

__all__ = ["Thresholds", "conclude", "draft", "handle", "low_scores", "publish", "review", "revise", "send_back"]

Thresholds = float | Mapping[str, float]
"""From where a score is good enough. A number is for the mean of every rating on whose scale it lies; by key, a number
is for the figure that this key is known by, in its own unit: `{"recommend": 20, "overall": 7}`."""


def low_scores(evaluation: Evaluation, threshold: Thresholds) -> tuple[LowScore, ...]:
    """The scores that are not good enough, of everybody and of each group. What is hidden is not among them.

    Raises:
        InvalidValue: a threshold is no number, a key is unknown, or the number lies on no scale.

    Source: C082; FitSM PR7 (insufficient customer satisfaction).
    """
    _check_thresholds(threshold)
    known = {line.key for line in evaluation.lines}
    if isinstance(threshold, Mapping) and not threshold.keys() <= known:
        raise InvalidValue("threshold", f"there is nothing on {', '.join(sorted(threshold.keys() - known))}")
    limits = dict(_limits(evaluation, threshold))
    if not limits and not isinstance(threshold, Mapping):
        raise InvalidValue("threshold", f"{threshold:g} lies on the scale of no rating; give a number for each key")
    judged = ((line, limit) for line in evaluation.lines if (limit := limits.get(_figure(line))) is not None)
    return tuple(
        LowScore(name=_name(line), figure=line.figure, value=value, threshold=number(limit), n=line.n)
        for line, limit in judged
        if line.score is not None and (value := line.score.value) is not None
        if (value > limit if line.score.method.better == "lower" else value < limit)
    )


def draft(
    evaluation: Evaluation,
    *,
    id: str,
    threshold: Thresholds,
    campaign: str | None = None,
    languages: Iterable[str] = ("en", "de", "zh"),
    extra: Mapping[str, object] = EMPTY,
    by: Actor | str,
    at: datetime,
) -> Decision[SurveyEvaluation]:
    """Keep an evaluation with its figures, and with its text in some languages.

    Raises:
        InvalidValue: as `low_scores` does, or a language is none.

    Source: C082.
    """
    figures, pages, digest = _told(evaluation, languages)
    new = SurveyEvaluation(
        id=SurveyEvaluationId(id),
        state=EVALUATION_LIFECYCLE.initial,
        questionnaire=evaluation.questionnaire.id,
        questionnaire_digest=evaluation.questionnaire.digest,
        campaign=campaign or evaluation.campaign,
        wave=evaluation.wave,
        responses=evaluation.responses,
        basis=evaluation.basis,
        min_n=evaluation.min_n,
        figures=figures,
        pages=pages,
        digest=digest,
        low=low_scores(evaluation, threshold),
        drafted_at=at,
        extra=FrozenMap(extra),
    )
    return begin(new, EvaluationDrafted(**stamp(by, at), digest=digest))


def revise(
    kept: SurveyEvaluation, evaluation: Evaluation, *, threshold: Thresholds, by: Actor | str, at: datetime
) -> Decision[SurveyEvaluation]:
    """Put other figures in place of those that are kept. It is a draft again; what is still low stays handled.

    Raises:
        TransitionNotAllowed: it is published; make another evaluation.
        InvalidValue: it is of another questionnaire, or as `low_scores` does.
    """
    if evaluation.questionnaire.id != kept.questionnaire:
        raise InvalidValue("evaluation", f"this one is of questionnaire {kept.questionnaire}")
    figures, pages, digest = _told(evaluation, kept.pages)
    return EVALUATION_LIFECYCLE.move(
        kept,
        REVISE,
        EvaluationRevised(**stamp(by, at), digest=digest),
        figures=figures,
        pages=pages,
        digest=digest,
        wave=evaluation.wave,
        responses=evaluation.responses,
        basis=evaluation.basis,
        min_n=evaluation.min_n,
        low=low_scores(evaluation, threshold),
        reviewed_at=None,
        reviewed_by=None,
    )


def conclude(
    kept: SurveyEvaluation, text: str, *, kind: Saying | str = Saying.CONCLUSION, by: Actor | str, at: datetime
) -> Decision[SurveyEvaluation]:
    """Say what is seen in the figures, what follows from them, or what they cannot tell.

    Raises:
        TransitionNotAllowed: it is not a draft.
        InvalidValue: the text is blank, or there is no such kind.
    """
    saying = Saying(kind)
    event = EvaluationConcluded(**stamp(by, at), kind=saying.value)
    conclusions = (*kept.conclusions, Conclusion(kind=saying, text=text))
    return EVALUATION_LIFECYCLE.move(kept, CONCLUDE, event, conclusions=conclusions)


def handle(
    kept: SurveyEvaluation,
    scores: str | Iterable[str],
    *,
    action: str | None = None,
    waiver: str | None = None,
    by: Actor | str,
    at: datetime,
) -> Decision[SurveyEvaluation]:
    """Say what is done about low scores, by their names: the id of an action item, or a reason why nothing is.

    Raises:
        TransitionNotAllowed: it is published.
        InvalidValue: a score is not among the low ones; neither an action nor a reason is given, or both.

    Source: C082, K30.
    """
    names = (scores,) if isinstance(scores, str) else several("scores", scores)
    known = {score.name for score in kept.low}
    if not set(names) <= known:
        raise InvalidValue("scores", f"expected some of the low ones: {', '.join(sorted(known)) or 'there are none'}")
    event = LowScoreHandled(**stamp(by, at), scores=names, action=action, waiver=waiver)
    handled = (*kept.handled, Handling(scores=names, action=action, waiver=waiver))
    return EVALUATION_LIFECYCLE.move(kept, HANDLE, event, handled=handled)


def review(kept: SurveyEvaluation, *, by: Actor | str, at: datetime) -> Decision[SurveyEvaluation]:
    """Find an evaluation good, so that it can be published.

    Raises:
        TransitionNotAllowed: it is not a draft.
        GuardNotMet: nothing was concluded.
    """
    event = EvaluationReviewed(**stamp(by, at))
    return EVALUATION_LIFECYCLE.move(kept, REVIEW, event, reviewed_at=event.occurred_at, reviewed_by=event.by.id)


def send_back(kept: SurveyEvaluation, reason: str, *, by: Actor | str, at: datetime) -> Decision[SurveyEvaluation]:
    """Make a reviewed evaluation a draft again.

    Raises:
        TransitionNotAllowed: it is not reviewed.
    """
    event = EvaluationSentBack(**stamp(by, at), reason=reason)
    return EVALUATION_LIFECYCLE.move(kept, SEND_BACK, event, reviewed_at=None, reviewed_by=None)


def publish(
    kept: SurveyEvaluation,
    campaign: Campaign | None = None,
    *,
    earlier: Iterable[SurveyEvaluation] = (),
    by: Actor | str,
    at: datetime,
) -> Decision[SurveyEvaluation]:
    """Make an evaluation known. Its figures stay as they are.

    While the `campaign` that it is of takes answers, nothing is published: what people read would sway their answers,
    and the difference to what is published at the end would tell what the last ones said. For figures now and then,
    ask in waves.

    `earlier` are those of the same campaign that were published before. It is published beside them only if it is made
    of the same responses in the same way: from two that differ, however many they differ by, it may follow what one
    person said. Of those whose responses are not known, as of rows of a file, only the numbers are compared.

    Raises:
        TransitionNotAllowed: it is not reviewed.
        GuardNotMet: about a low score nothing is done and no reason is given; or its figures are not those of its
            digest.
        PolicyViolation: the campaign is still open; or an earlier one is made of other responses, or in another way.

    Source: C080, C082.
    """
    event = EvaluationPublished(**stamp(by, at))
    decision = EVALUATION_LIFECYCLE.move(kept, PUBLISH, event, published_at=event.occurred_at)
    if campaign is not None and campaign.state == OPEN:
        raise PolicyViolation("campaign", "it is open, and more may answer; close it first")
    for each in earlier:
        if not _goes_with(kept, each):
            why = f"it is not made of the same responses in the same way as {each.id}; both may tell what somebody said"
            how = 'let the same ones count, in one way; by=("service", "stratum") cuts by several at once'
            raise PolicyViolation("published", f"{why}: {how}")
    return decision


def _goes_with(one: SurveyEvaluation, other: SurveyEvaluation) -> bool:
    """Does nothing follow from two evaluations that does not follow from one of them?"""
    if one.basis is not None and other.basis is not None:
        return one.basis == other.basis
    apart = abs(one.responses - other.responses)  # the least that it can be where the responses are not known
    return apart == 0 or apart >= max(one.min_n, other.min_n)


def _check_thresholds(threshold: Thresholds) -> None:
    if isinstance(threshold, Mapping):
        several("threshold", threshold, str)
    for limit in threshold.values() if isinstance(threshold, Mapping) else (threshold,):
        try:
            number(limit)
        except InvalidValue:
            told = f"expected a finite number, or one for each key, got {type(limit).__name__}"
            raise InvalidValue("threshold", told) from None


_Figure = tuple[About, str, str]


def _figure(line: Line) -> _Figure:
    return line.about, line.key, line.figure


def _limits(evaluation: Evaluation, threshold: Thresholds) -> Iterator[tuple[_Figure, float]]:
    """From where each figure is good enough, where anybody says so."""
    whole = [line for line in evaluation.lines if not line.group and line.about is not About.OPTION]
    if isinstance(threshold, Mapping):
        known_by = {(line.about, line.key): line for line in reversed(whole)}
        yield from ((_figure(line), threshold[key]) for (_, key), line in known_by.items() if key in threshold)
        return
    judged = {part.key for part in parts(evaluation.questionnaire) if rated(part)}
    for line in whole:
        reach = None if line.figure != "mean" or line.score is None else ends(line.score)
        if reach is None or (line.about is About.ITEM and line.key not in judged):
            continue
        if reach[0] <= threshold <= reach[1]:
            yield _figure(line), threshold


def _name(line: Line) -> str:
    # An item may be called as a service is, and both can be low.
    key = f"{line.about} {quoted(line.key)}" if line.about in (About.SERVICE, About.DIMENSION) else line.key
    return f"{key} [{group_name(line.group)}]" if line.group else key


def _told(evaluation: Evaluation, languages: Iterable[str]) -> tuple[tuple[FrozenMap, ...], FrozenMap, str]:
    if not isinstance(evaluation, Evaluation):
        raise InvalidValue("evaluation", f"expected what surveys.evaluate gives, got {type(evaluation).__name__}")
    figures = tuple(map(FrozenMap, evaluation.to_dicts()))
    pages = FrozenMap(
        {language: evaluation.markdown(language=language) for language in several("languages", languages)}
    )
    return figures, pages, figures_digest(figures, pages)

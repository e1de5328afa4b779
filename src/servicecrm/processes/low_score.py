"""Somebody is not satisfied: it is taken up with them, and where many are not, with the service."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final, NamedTuple, Protocol

import attrs

from servicecrm import surveys
from servicecrm.calendars import BusinessHours, Duration, ElapsedTime, duration
from servicecrm.errors import InvalidValue
from servicecrm.kernel.decisions import Actor, Decision
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.kernel.records import record
from servicecrm.kernel.shapes import filled
from servicecrm.surveys import Answer
from servicecrm.surveys.evaluation_model import SurveyEvaluation
from servicecrm.surveys.evaluations import handle
from servicecrm.surveys.logic import holds, shape_problems
from servicecrm.tracking import action_items
from servicecrm.tracking.action_model import ActionItem

__all__ = ["FollowUp", "LowScoreRule", "Told", "call_back", "follow_up", "rule"]

_USUAL: Final = ElapsedTime(seconds=48 * 3600)


class Told(Protocol):
    """What has to be known of a response."""

    @property
    def id(self) -> str: ...
    @property
    def mode(self) -> str: ...
    @property
    def answers(self) -> tuple[Answer, ...]: ...


def _condition(_: object, attribute: "attrs.Attribute[FrozenMap]", when: FrozenMap) -> None:
    found = "; ".join(shape_problems(when)) if when else "expected a condition, such as {'item': 'easy', 'at_most': 3}"
    if found:
        raise InvalidValue(f"LowScoreRule.{attribute.name}", found)


@record
class LowScoreRule:
    """To whom somebody is called back, after which answers, and within what time.

    `when` is a condition as items have it: `{"item": "recommend", "at_most": 6}`, or several put together.

    Raises:
        InvalidValue: a text is blank, or `when` is no condition.

    Source: C082.
    """

    name: str = attrs.field(validator=filled)
    when: FrozenMap = attrs.field(validator=_condition)
    title: str = attrs.field(validator=filled)
    owner: str = attrs.field(validator=filled)
    within: Duration = _USUAL


def rule(
    name: str, when: Mapping[str, object], *, title: str, owner: str, within: Duration | str = _USUAL
) -> LowScoreRule:
    """A rule in few words: `rule("easy", {"item": "easy", "at_most": 3}, title="Call back", owner="care")`.

    Raises:
        InvalidValue: as `LowScoreRule` does, or the text is no duration.
    """
    how_long = duration(within) if isinstance(within, str) else within
    return LowScoreRule(name=name, when=FrozenMap(when), title=title, owner=owner, within=how_long)


def call_back(
    response: Told,
    rules: Iterable[LowScoreRule],
    *,
    known: Collection[str] = (),
    calendar: BusinessHours | None = None,
    by: Actor | str,
    at: datetime,
) -> tuple[Decision[ActionItem], ...]:
    """What is to be done because of the answers of one response: an action item for each rule that they fit.

    An item's id follows from the response and the rule, so that it is opened once, however often anybody looks; those
    whose ids are `known` are left out. Nobody is called back who was promised to be anonymous.

    Raises:
        InvalidValue: a rule counts business time, and there is no calendar.

    Source: C082; FitSM PR7 (follow-up actions on insufficient satisfaction).
    """
    if response.mode == _ANONYMOUS:
        return ()
    answers = {answer.key: answer for answer in response.answers}
    return tuple(
        action_items.open(
            each.title,
            id=id,
            source_kind="response",
            source=response.id,
            owner=each.owner,
            due_at=_due(at, each.within, calendar),
            extra={"rule": each.name},
            by=by,
            at=at,
        )
        for each in rules
        if (id := _key(response.id, each.name)) not in known and holds(each.when, answers)
    )


class FollowUp(NamedTuple):
    """The actions because of low scores, and the evaluation that names them; None if there is nothing to be done."""

    actions: tuple[Decision[ActionItem], ...]
    evaluation: Decision[SurveyEvaluation] | None


def follow_up(
    evaluation: SurveyEvaluation,
    *,
    owners: str | Mapping[str, str],
    due_at: datetime,
    language: str = "en",
    by: Actor | str,
    at: datetime,
) -> FollowUp:
    """An action item for each low score of an evaluation about which nothing was decided yet.

    `owners` is who takes them all, or who takes each by its name; those without an owner stay undecided.

    Raises:
        TransitionNotAllowed: the evaluation is published.
        PolicyViolation: an action would be due before it is opened.

    Source: C082, K30; FitSM PR7.
    """
    actions: list[Decision[ActionItem]] = []
    decided: Decision[SurveyEvaluation] | None = None
    for score in evaluation.open_scores:
        owner = owners if isinstance(owners, str) else owners.get(score.name)
        if owner is None:
            continue
        words = {"value": f"{score.value:.1f}", "threshold": f"{score.threshold:g}", "n": f"{score.n:,}"}
        action = action_items.open(
            surveys.TEXTS.get("evaluation.low_title", language=language, name=score.name),
            text=surveys.TEXTS.get("evaluation.low_text", language=language, **words),
            id=_key(evaluation.id, score.name),
            source_kind="survey_evaluation",
            source=evaluation.id,
            owner=owner,
            due_at=due_at,
            by=by,
            at=at,
        )
        actions.append(action)
        before = evaluation if decided is None else decided.after
        more = handle(before, score.name, action=action.after.id, by=by, at=at)
        decided = more if decided is None else Decision(evaluation, more.after, decided.steps + more.steps)
    return FollowUp(tuple(actions), decided)


_ANONYMOUS: Final = "anonymous"


def _due(at: datetime, within: Duration, calendar: BusinessHours | None) -> datetime:
    if calendar is not None:
        return calendar.due(at, within).at
    if isinstance(within, ElapsedTime):
        return at + timedelta(seconds=within.seconds)
    raise InvalidValue("calendar", f"{within} needs to know when it is open")


def _key(*parts: str) -> str:
    return ":".join(("low_score", *(part.replace("%", "%25").replace(":", "%3A") for part in parts)))

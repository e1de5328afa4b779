"""Somebody is not satisfied: it is taken up with them, and where many are not, with the service."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple, Protocol, TypedDict, Unpack

import attrs

from servicecrm import complaints, surveys
from servicecrm.calendars import BusinessHours, Duration, ElapsedTime, duration
from servicecrm.complaints import DEFAULT, Channel, Complaint, ComplaintPolicy
from servicecrm.errors import InvalidValue
from servicecrm.kernel.decisions import Actor, Decision
from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.kernel.records import record
from servicecrm.kernel.shapes import filled
from servicecrm.processes.keys import key
from servicecrm.surveys import Answer, Questionnaire
from servicecrm.surveys.checking import misfits
from servicecrm.surveys.evaluation_model import SurveyEvaluation
from servicecrm.surveys.evaluations import handle
from servicecrm.surveys.logic import holds, shape_problems
from servicecrm.tracking import action_items
from servicecrm.tracking.action_model import ActionItem

__all__ = [
    "FollowUp",
    "LowScoreRule",
    "Told",
    "act",
    "because_of",
    "call_back",
    "check_rules",
    "complain",
    "follow_up",
    "look_into",
    "rule",
]

_USUAL: Final = ElapsedTime(seconds=48 * 3600)


class Told(Protocol):
    """What has to be known of a response."""

    @property
    def id(self) -> str: ...
    @property
    def mode(self) -> str: ...
    @property
    def answers(self) -> tuple[Answer, ...]: ...
    @property
    def stratum(self) -> str | None: ...
    @property
    def customer(self) -> str | None: ...
    @property
    def service(self) -> str | None: ...


def _condition(_: object, attribute: "attrs.Attribute[FrozenMap]", when: FrozenMap) -> None:
    found = "; ".join(shape_problems(when)) if when else ""
    if found:
        raise InvalidValue(f"LowScoreRule.{attribute.name}", found)


@record
class LowScoreRule:
    """After which answers somebody is called back, by whom, and within what time; or a complaint is opened as well.

    `when` is a condition as items have it: `{"item": "recommend", "at_most": 6}`, or several put together. `codes` are
    those given to free texts, of which one is enough. Both have to hold where both are said. `strata` are the groups
    whose responses are looked at, by default all. With `times` the condition has to hold in so many of the last
    responses of the same person, one after the other. With `complaint` a complaint is opened, which has the clocks of
    complaints; what the owner has to do within the time is to look into it.

    Raises:
        InvalidValue: a text is blank, `when` is no condition, or there is neither a condition nor a code.

    Source: C082.
    """

    name: str = attrs.field(validator=filled)
    when: FrozenMap = attrs.field(default=EMPTY, validator=_condition)
    title: str = attrs.field(validator=filled)
    owner: str = attrs.field(validator=filled)
    within: Duration = _USUAL
    codes: tuple[str, ...] = ()
    strata: tuple[str, ...] = ()
    times: int = 1
    complaint: bool = False

    def __attrs_post_init__(self) -> None:
        if not self.when and not self.codes:
            raise InvalidValue("LowScoreRule.when", "expected a condition, such as {'item': 'easy', 'at_most': 3}")
        if self.times < 1:
            raise InvalidValue("LowScoreRule.times", "once is the least")

    def fits(self, response: Told, *, codes: Collection[str] = (), earlier: Sequence[Told] = ()) -> bool:
        """Is somebody to be called back because of a response? `earlier` ones are of the same person, newest first."""
        if self.strata and response.stratum not in self.strata:
            return False
        if self.codes and not set(self.codes) & set(codes):
            return False
        looked_at = (response, *earlier)[: self.times]
        return len(looked_at) == self.times and all(self._low(each) for each in looked_at)

    def _low(self, response: Told) -> bool:
        return not self.when or holds(self.when, {answer.key: answer for answer in response.answers})


class RuleParts(TypedDict, total=False):
    """What a rule may say besides its condition."""

    codes: tuple[str, ...]
    strata: tuple[str, ...]
    times: int
    complaint: bool


def rule(
    name: str,
    when: Mapping[str, object] = EMPTY,
    *,
    title: str,
    owner: str,
    within: Duration | str = _USUAL,
    **parts: Unpack[RuleParts],
) -> LowScoreRule:
    """A rule in few words: `rule("easy", {"item": "easy", "at_most": 3}, title="Call back", owner="care")`.

    Raises:
        InvalidValue: as `LowScoreRule` does, or the text is no duration.
    """
    how_long = duration(within) if isinstance(within, str) else within
    return LowScoreRule(name=name, when=FrozenMap(when), title=title, owner=owner, within=how_long, **parts)


def call_back(
    response: Told,
    rules: Iterable[LowScoreRule],
    *,
    known: Collection[str] = (),
    codes: Collection[str] = (),
    earlier: Sequence[Told] = (),
    calendar: BusinessHours | None = None,
    by: Actor | str,
    at: datetime,
) -> tuple[Decision[ActionItem] | Decision[Complaint], ...]:
    """What is to be done because of one response: an action item for the owner of each rule that it fits.

    A rule that asks for a complaint opens this one first, and the action item is because of it.

    `codes` are those that were given to its free texts, and `earlier` the responses of the same person before it,
    newest first. What is opened has an id that follows from the response and the rule, so that it is opened once,
    however often anybody looks; those whose ids are `known` are left out. Nobody is called back who was promised to be
    anonymous.

    Raises:
        InvalidValue: a rule counts business time, and there is no calendar.

    Source: C082; FitSM PR7 (follow-up actions on insufficient satisfaction).
    """
    found = because_of(response, rules, codes=codes, earlier=earlier)
    opened = {id: each for id, each in found.items() if id not in known}
    decisions: list[Decision[ActionItem] | Decision[Complaint]] = []
    for id, each in opened.items():
        if each.complaint:
            complaint = complain(each, response, id=id, by=by, at=at)
            decisions += [complaint, look_into(each, complaint.after, calendar=calendar, by=by, at=at)]
        else:
            decisions.append(act(each, response, id=id, calendar=calendar, by=by, at=at))
    return tuple(decisions)


def check_rules(rules: Iterable[LowScoreRule], questionnaire: Questionnaire) -> None:
    """Refuses rules that ask for what a questionnaire does not, and so would never call anybody back.

    Raises:
        InvalidValue: an item is unknown, or cannot be asked like that: all that is wrong with the rule.
    """
    for each in rules:
        found = "; ".join(misfits(each.when, questionnaire))
        if found:
            raise InvalidValue(f"LowScoreRule {each.name}", found)


def because_of(
    response: Told,
    rules: Iterable[LowScoreRule],
    *,
    codes: Collection[str] = (),
    earlier: Sequence[Told] = (),
) -> Mapping[str, LowScoreRule]:
    """The rules that a response fits, by the ids of what is opened because of them."""
    if response.mode == _ANONYMOUS:
        return {}
    return {
        key("low_score", response.id, each.name): each
        for each in rules
        if each.fits(response, codes=codes, earlier=earlier)
    }


def act(
    rule: LowScoreRule,
    response: Told,
    *,
    id: str,
    number: str | None = None,
    calendar: BusinessHours | None = None,
    by: Actor | str,
    at: datetime,
) -> Decision[ActionItem]:
    """The action item that a rule asks for because of a response."""
    return action_items.open(
        rule.title,
        id=id,
        number=number,
        source_kind="response",
        source=response.id,
        owner=rule.owner,
        due_at=_due(at, rule.within, calendar),
        extra={"rule": rule.name},
        by=by,
        at=at,
    )


def complain(
    rule: LowScoreRule,
    response: Told,
    *,
    id: str,
    number: str | None = None,
    policy: ComplaintPolicy = DEFAULT,
    policy_version: int = 0,
    by: Actor | str,
    at: datetime,
) -> Decision[Complaint]:
    """The complaint that a rule opens because of a response. It has the customer, and nothing of the answers.

    Nobody handles it yet: see `look_into`.
    """
    return complaints.record(
        id=id,
        number=number,
        subject=rule.title,
        channel=Channel.SURVEY,
        customer=response.customer,
        service=response.service,
        extra={"rule": rule.name, "response": response.id},
        by=by,
        at=at,
        policy=policy,
        policy_version=policy_version,
    )


def look_into(
    rule: LowScoreRule,
    complaint: Complaint,
    *,
    number: str | None = None,
    calendar: BusinessHours | None = None,
    by: Actor | str,
    at: datetime,
) -> Decision[ActionItem]:
    """The action item for the owner of a rule that has opened a complaint, so that somebody knows of it."""
    return action_items.open(
        rule.title,
        id=key(complaint.id, "look_into"),
        number=number,
        source_kind="complaint",
        source=complaint.id,
        owner=rule.owner,
        due_at=_due(at, rule.within, calendar),
        extra={"rule": rule.name},
        by=by,
        at=at,
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
    numbers: Iterable[str] = (),
    by: Actor | str,
    at: datetime,
) -> FollowUp:
    """An action item for each low score of an evaluation about which nothing was decided yet.

    `owners` is who takes them all, or who takes each by its name; those without an owner stay undecided. `numbers` are
    those of the items for people, in their order.

    Raises:
        TransitionNotAllowed: the evaluation is published.
        PolicyViolation: an action would be due before it is opened.

    Source: C082, K30; FitSM PR7.
    """
    actions: list[Decision[ActionItem]] = []
    numbered = iter(numbers)
    decided: Decision[SurveyEvaluation] | None = None
    for score in evaluation.open_scores:
        owner = owners if isinstance(owners, str) else owners.get(score.name)
        if owner is None:
            continue
        words = {"value": f"{score.value:.1f}", "threshold": f"{score.threshold:g}", "n": f"{score.n:,}"}
        action = action_items.open(
            surveys.TEXTS.get("evaluation.low_title", language=language, name=score.name),
            text=surveys.TEXTS.get("evaluation.low_text", language=language, **words),
            id=key("low_score", evaluation.id, score.name),
            number=next(numbered, None),
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

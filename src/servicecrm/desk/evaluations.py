"""Evaluations of surveys at the desk: figures from what is stored, what follows from them, and who is called back."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, ClassVar, Unpack

from servicecrm import surveys
from servicecrm.complaints import Complaint
from servicecrm.complaints.policy import ComplaintPolicies
from servicecrm.desk.asked import asks, counted
from servicecrm.desk.books import book_of
from servicecrm.desk.commands import Commands
from servicecrm.desk.programs import Decided, Order, change, saved_with_all, start
from servicecrm.errors import InvalidValue
from servicecrm.kernel.decisions import Decision
from servicecrm.kernel.filters import where
from servicecrm.kernel.shapes import mapped, several
from servicecrm.processes import low_score
from servicecrm.processes.low_score import LowScoreRule
from servicecrm.storage import answers as table
from servicecrm.storage.ports import Program
from servicecrm.storage.work import Work
from servicecrm.surveys import evaluations
from servicecrm.surveys.campaign_model import Campaign, Mode
from servicecrm.surveys.evaluating import How
from servicecrm.surveys.evaluation import Evaluation
from servicecrm.surveys.evaluation_lifecycle import EVALUATION_LIFECYCLE, PUBLISHED
from servicecrm.surveys.evaluation_model import Saying, SurveyEvaluation
from servicecrm.surveys.evaluation_schema import SURVEY_EVALUATION
from servicecrm.surveys.evaluations import Thresholds
from servicecrm.surveys.response_model import Response
from servicecrm.tracking.action_model import ActionItem
from servicecrm.tracking.books import CalendarBook

__all__ = ["Evaluations"]


class Evaluations(Commands[SurveyEvaluation]):
    """See what the answers to a campaign say, keep and publish it, and act on it.

    Source: C078-C082.
    """

    _kind: ClassVar = SURVEY_EVALUATION
    _actions: ClassVar = evaluations
    _lifecycle: ClassVar = EVALUATION_LIFECYCLE
    _by_policy: ClassVar = frozenset()

    def of(self, campaign: str, **how: Unpack[How]) -> Evaluation:
        """What the answers to a campaign say, as they are now. See `surveys.evaluate`.

        Those of an anonymous campaign can be broken down by what was asked alone; those of a confidential one also by
        `service` and `stratum`, `language` and `source`, and where people are named also by `customer` and by what is
        in the `context`.
        """

        def program(work: Work) -> Program[Evaluation]:
            found, questionnaire = yield from asks(work, campaign)
            if found.mode is Mode.ANONYMOUS:
                given = [each for each in (yield from table.answers_of(found.id)) if each.counts]
                return surveys.evaluate(questionnaire, given, **how)
            return surveys.evaluate(questionnaire, (yield from counted(work, found)), **how)

        return self._desk.perform(program, readonly=True)

    def draft(
        self,
        evaluation: Evaluation,
        *,
        threshold: Thresholds,
        campaign: str | None = None,
        languages: Iterable[str] = ("en", "de", "zh"),
        command: str | None = None,
    ) -> SurveyEvaluation:
        """Keep an evaluation; gives it with its new id. See `evaluations.draft`."""
        every, figures = several("languages", languages), _evaluated(evaluation)
        asked = {
            "figures": None if command is None else figures.to_dicts(),
            "threshold": threshold,
            "campaign": campaign,
            "languages": every,
        }
        order = self._order("draft", asked, command)
        id = self._desk.ids()

        def program(work: Work) -> Program[SurveyEvaluation]:
            def decide() -> Program[Decided]:
                self._permit(order, "draft")
                found = None if campaign is None else (yield from asks(work, campaign))[0]
                return evaluations.draft(
                    figures,
                    id=id,
                    threshold=threshold,
                    campaign=None if found is None else found.id,
                    languages=every,
                    by=order.by,
                    at=order.at,
                )

            return (yield from start(work, SurveyEvaluation, decide, order))

        return self._desk.perform(program)

    def revise(self, kept: str, evaluation: Evaluation, *, threshold: Thresholds) -> SurveyEvaluation:
        """Put other figures in place of those that are kept. See `evaluations.revise`."""
        told: dict[str, Any] = {"evaluation": _evaluated(evaluation), "threshold": threshold}
        return self._do("revise", kept, None, **told)

    def conclude(
        self, kept: str, text: str, *, kind: Saying | str = Saying.CONCLUSION, command: str | None = None
    ) -> SurveyEvaluation:
        """Say what is seen, what follows, or what the figures cannot tell. See `evaluations.conclude`."""
        return self._do("conclude", kept, command, text=text, kind=kind)

    def handle(
        self,
        kept: str,
        scores: str | Iterable[str],
        *,
        action: str | None = None,
        waiver: str | None = None,
        command: str | None = None,
    ) -> SurveyEvaluation:
        """Say what is done about low scores, or why nothing is. See `evaluations.handle`."""
        told: dict[str, Any] = {
            "scores": scores if isinstance(scores, str) else several("scores", scores, str),
            "action": action,
            "waiver": waiver,
        }
        order = self._order("handle", {"kept": kept, **told}, command)

        def program(work: Work) -> Program[SurveyEvaluation]:
            def decided(found: SurveyEvaluation) -> Program[Decided]:
                yield from ()
                self._permit(order, "handle", found)
                return evaluations.handle(found, **told, by=order.by, at=order.at)

            return (yield from change(work, SURVEY_EVALUATION, [kept], decided, order))[0]

        return self._desk.perform(program)

    def follow_up(
        self, kept: str, *, owners: str | Mapping[str, str], due_at: datetime, language: str = "en"
    ) -> SurveyEvaluation:
        """Open an action item for each low score about which nothing was decided yet. See `low_score.follow_up`."""
        whose = owners if isinstance(owners, str) else mapped("owners", owners)
        order = self._order("follow_up", {}, None)

        def program(work: Work) -> Program[SurveyEvaluation]:
            def decided(found: SurveyEvaluation) -> Program[Decided | None]:
                self._permit(order, "handle", found)
                follow = partial(low_score.follow_up, found, owners=whose, due_at=due_at, language=language)
                opened = len(follow(by=order.by, at=order.at).actions)
                numbers = (yield from work.numbers(ActionItem, order.at.year, opened)) if opened else ()
                actions, evaluation = follow(numbers=numbers, by=order.by, at=order.at)
                return None if evaluation is None else (evaluation, *actions)

            return (yield from change(work, SURVEY_EVALUATION, [kept], decided, order))[0]

        return self._desk.perform(program)

    def review(self, kept: str, *, command: str | None = None) -> SurveyEvaluation:
        """Find it good. See `evaluations.review`."""
        return self._do("review", kept, command)

    def send_back(self, kept: str, reason: str, *, command: str | None = None) -> SurveyEvaluation:
        """Make it a draft again. See `evaluations.send_back`."""
        return self._do("send_back", kept, command, reason=reason)

    def publish(self, kept: str, *, command: str | None = None) -> SurveyEvaluation:
        """Make it known. See `evaluations.publish`."""

        def more(work: Work, found: SurveyEvaluation, _: Order) -> Program[Mapping[str, Any]]:
            if found.campaign is None:
                return {}
            every = yield from work.find(SurveyEvaluation, where("campaign") == found.campaign)
            earlier = tuple(each for each in every if each.state == PUBLISHED)
            # Of two that are published at one time, each has to see the other one.
            yield from work.present(SurveyEvaluation, [each.id for each in every if each not in earlier], rivals=True)
            told: dict[str, Any] = {"earlier": earlier}
            if work.keeps(Campaign):
                told["campaign"] = (yield from work.present(Campaign, [found.campaign])).get(found.campaign)
            return told

        return self._do("publish", kept, command, more=more)

    # -- one by one ------------------------------------------------------------------------------

    def call_back(
        self,
        campaign: str,
        rules: Iterable[LowScoreRule],
        *,
        codes: Mapping[str, Iterable[str]] | None = None,
    ) -> tuple[ActionItem | Complaint, ...]:
        """Open what rules ask for because of single responses to a campaign; gives what is new.

        Once for each response and rule, so it can be called as often as you like, such as after every answer. `codes`
        are those that somebody gave to the texts of a response, by its id. Of an anonymous campaign nobody is called
        back. See `low_score.call_back`.

        Raises:
            InvalidValue: a rule asks for what the questionnaire does not; names the items that it has.
        """
        every = several("rules", rules, LowScoreRule)
        told_of = {} if codes is None else mapped("codes", codes)
        given = {id: several("codes", each) for id, each in told_of.items()}
        order = self._order("call_back", {}, None)

        def program(work: Work) -> Program[tuple[ActionItem | Complaint, ...]]:
            found, questionnaire = yield from asks(work, campaign)
            low_score.check_rules(every, questionnaire)
            if found.mode is Mode.ANONYMOUS:
                return ()
            self._permit(order, "handle")
            page = yield from work.find(Response, where("campaign") == found.id, where("counts").is_(True))
            wanted: dict[str, tuple[LowScoreRule, Response]] = {}
            earlier = yield from _earlier(work, page.items, every)
            for response in page:
                told: dict[str, Any] = {"codes": given.get(response.id, ()), "earlier": earlier.get(response.id, ())}
                because = low_score.because_of(response, every, **told)
                wanted |= {id: (rule, response) for id, rule in because.items()}
            decisions = yield from _opened(work, wanted, order)
            saved = (yield from saved_with_all(work, decisions, order)) if decisions else ()
            return tuple(saved)

        return self._desk.perform(program)


def _evaluated(evaluation: object) -> Evaluation:
    if not isinstance(evaluation, Evaluation):
        raise InvalidValue("evaluation", f"expected an Evaluation, got {type(evaluation).__name__}")
    return evaluation


def _earlier(
    work: Work, responses: Sequence[Response], rules: Sequence[LowScoreRule]
) -> Program[Mapping[str, Sequence[Response]]]:
    """By the ids of responses, what the same person said in other campaigns before, newest first, if a rule asks."""
    if all(rule.times == 1 for rule in rules):
        return {}
    contacts = sorted({each.contact for each in responses if each.contact is not None})
    of: dict[str | None, list[Response]] = {}
    for each in (yield from work.among(Response, "contact", contacts, where("counts").is_(True), order="-day")):
        of.setdefault(each.contact, []).append(each)
    return {
        now.id: [each for each in of.get(now.contact, ()) if each.campaign != now.campaign and each.day <= now.day]
        for now in responses
    }


def _opened(
    work: Work, wanted: Mapping[str, tuple[LowScoreRule, Response]], order: Order
) -> Program[list[Decision[Any]]]:
    """What is not there yet, each with a number of its kind."""
    known = {*(yield from work.present(ActionItem, list(wanted), held=False))}
    known |= {*(yield from work.present(Complaint, list(wanted), held=False))}
    new = {id: each for id, each in wanted.items() if id not in known}
    version, policy = (yield from book_of(work, ComplaintPolicies)).in_force(order.at)
    book = yield from book_of(work, CalendarBook)
    calendar = book.numbered(book.in_force(order.at)[0])
    decisions: list[Decision[Any]] = []
    year, heard = order.at.year, sum(rule.complaint for rule, _ in new.values())
    numbers = (yield from work.numbers(ActionItem, year, len(new))) if new else ()
    complaints = iter((yield from work.numbers(Complaint, year, heard)) if heard else ())
    for (id, (rule, response)), number in zip(new.items(), numbers, strict=True):
        told: dict[str, Any] = {"number": number, "calendar": calendar, "by": order.by, "at": order.at}
        if not rule.complaint:
            decisions.append(low_score.act(rule, response, id=id, **told))
            continue
        complaint = low_score.complain(
            rule,
            response,
            id=id,
            number=next(complaints),
            policy=policy,
            policy_version=version,
            by=order.by,
            at=order.at,
        )
        decisions += [complaint, low_score.look_into(rule, complaint.after, **told)]
    return decisions

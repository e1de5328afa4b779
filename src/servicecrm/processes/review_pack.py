"""What other slices know becomes the lines of a review's data pack."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Final

from servicecrm.agreements import Evaluation, LevelTarget, Outcome, Result
from servicecrm.complaints import Complaint, Feedback
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.values import Period
from servicecrm.reviews import Achieved, Achievement, Measured, Need, OpenAction, PackEntry
from servicecrm.surveys.evaluation_model import SurveyEvaluation
from servicecrm.tracking import action_items
from servicecrm.tracking.action_lifecycle import TO_DO
from servicecrm.tracking.action_model import ActionItem

__all__ = ["FIGURES", "achieved_in", "heard_in", "measured_in", "needed", "open_at"]

FIGURES: Final = frozenset({"nps", "csat", "ces"})
"""How the names of the figures of an evaluation begin that tell how satisfied somebody is."""


def achieved_in(evaluations: Iterable[Evaluation], services: Collection[str] = ()) -> tuple[Achieved, ...]:
    """What was agreed and achieved, a line for each target: of all services, or of some.

    Source: C032, C088.
    """
    results = ((each.name, result) for each in evaluations for result in each.results)
    return tuple(_achieved(period, result) for period, result in results if not services or result.service in services)


def heard_in(
    complaints: Iterable[Complaint], period: Period, *, feedback: Feedback = Feedback.COMPLAINT
) -> tuple[PackEntry, ...]:
    """The complaints, or with `feedback` the compliments, that were received in a period, in that order.

    Source: C041, C087.
    """
    found = [each for each in complaints if each.feedback is feedback and period.contains(each.received_at)]
    return tuple(
        PackEntry(
            record=each.number or each.id,
            title=each.subject,
            service=each.service,
            at=each.received_at,
            state=each.state,
        )
        for each in sorted(found, key=lambda each: (micros(each.received_at), each.id))
    )


def open_at(items: Iterable[ActionItem], at: datetime) -> tuple[OpenAction, ...]:
    """The actions that are still to be done, those first that have been due for the longest.

    Source: C006, C088.
    """
    left = [each for each in items if each.state in TO_DO]
    return tuple(
        OpenAction(
            record=each.number or each.id,
            title=each.title,
            owner=each.owner,
            due_at=each.due_at,
            days_late=action_items.days_late(each, at),
        )
        for each in sorted(left, key=lambda each: (micros(each.due_at), each.id))
    )


def needed(needs: Iterable[Need]) -> tuple[PackEntry, ...]:
    """What a customer needs and plans, and how it stands with it.

    Source: C086, C087.
    """
    return tuple(
        PackEntry(
            record=each.number or each.id, title=each.text, service=each.service, at=each.captured_at, state=each.state
        )
        for each in needs
    )


def measured_in(evaluations: Iterable[SurveyEvaluation], figures: Collection[str] = FIGURES) -> tuple[Measured, ...]:
    """How satisfied customers were, by what evaluations have kept of all who answered.

    Source: C082, C087.
    """
    return tuple(line for each in evaluations for line in _measured(each, figures))


def _achieved(period: str, result: Result) -> Achieved:
    target = result.target
    if isinstance(target, LevelTarget):
        return Achieved(
            service=result.service,
            period=period,
            target=target.measure,
            agreed=f"{'≥' if target.at_least is not None else '≤'} {target.limit} {target.unit}",
            achieved=None if result.value is None else f"{result.value} {target.unit}",
            outcome=_OUTCOMES[result.outcome],
        )
    return Achieved(
        service=result.service,
        period=period,
        target=target.timer,
        agreed=target.within,
        achieved=f"{result.met}/{result.n}" if result.n else None,
        outcome=_OUTCOMES[result.outcome],
    )


def _measured(evaluation: SurveyEvaluation, figures: Collection[str]) -> Iterator[Measured]:
    for row in evaluation.figures:
        name, value, n = row.get("figure"), row.get("value"), row.get("n")
        whole = row.get("group") is None and row.get("hidden") is None
        if whole and str(name).partition("_")[0] in figures and isinstance(value, int | float) and isinstance(n, int):
            yield Measured(measure=str(name), value=Decimal(str(value)), n=n, source=evaluation.id)


_OUTCOMES: Final = {
    Outcome.MET: Achievement.MET,
    Outcome.MISSED: Achievement.MISSED,
    Outcome.NOT_MEASURABLE: Achievement.NOT_MEASURED,
}

"""A meeting or a review that was not held when it was due goes to whoever sees to it, and then higher."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Final

import attrs

from servicecrm.errors import InvalidValue
from servicecrm.kernel.decisions import Actor, Decision
from servicecrm.kernel.records import record
from servicecrm.kernel.shapes import filled
from servicecrm.processes.keys import key
from servicecrm.processes.words import TEXTS
from servicecrm.reviews import Due, DueStatus
from servicecrm.reviews.lifecycle import SCHEDULE
from servicecrm.reviews.words import occasion_name
from servicecrm.tracking import action_items
from servicecrm.tracking.action_model import ActionItem

__all__ = ["STEPS", "MissedStep", "escalate_missed"]


@record
class MissedStep:
    """After so many days somebody has to act: `to`, or without that whoever sees to the schedule.

    Raises:
        InvalidValue: it would be before it is overdue, or there is no day left to act.
    """

    after_days: int = 1
    to: str | None = attrs.field(default=None, validator=filled)
    within_days: int = 5

    def __attrs_post_init__(self) -> None:
        if self.after_days < 1 or self.within_days < 1:
            raise InvalidValue("MissedStep", "it is overdue after a day or more, and there is a day or more to act")


STEPS: Final = (MissedStep(),)
"""The steps that are shipped: whoever sees to it is told on the day after."""


def escalate_missed(
    dues: Iterable[Due],
    steps: Iterable[MissedStep] = STEPS,
    *,
    known: Collection[str] = (),
    numbers: Iterable[str] = (),
    language: str = "en",
    by: Actor | str,
    at: datetime,
) -> tuple[Decision[ActionItem], ...]:
    """An action item for each step that something overdue has come to. See `reviews.overdue`.

    An item's id follows from what was due and the step, so that it is opened once, however often anybody looks; those
    whose ids are `known` are left out.

    Source: C084, C039; FitSM PR7.
    """
    told, numbered = tuple(steps), iter(numbers)
    return tuple(
        action_items.open(
            TEXTS.get(
                "missed_review.title",
                language=language,
                occasion=occasion_name(due.occasion, language=language),
                customer=due.customer,
                due=due.due.isoformat(),
            ),
            text=TEXTS.get("missed_review.text", language=language, days=due.days_late),
            id=id,
            number=next(numbered, None),
            source_kind=SCHEDULE.name,
            source=due.schedule,
            owner=due.owner if step.to is None else step.to,
            due_at=at + timedelta(days=step.within_days),
            by=by,
            at=at,
        )
        for due in dues
        if due.status is DueStatus.OVERDUE
        for step in told
        if due.days_late >= step.after_days
        if (id := key("missed_review", due.schedule, due.due.isoformat(), str(step.after_days))) not in known
    )

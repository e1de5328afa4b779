"""What a review of complaints decides, and what becomes of it: actions, and proposals for a change."""

from collections.abc import Iterable
from datetime import datetime
from itertools import repeat
from typing import TYPE_CHECKING, Final, NamedTuple

import attrs

from servicecrm.errors import InvalidValue
from servicecrm.kernel.decisions import Actor, Decision
from servicecrm.kernel.records import Personal, evolve, record
from servicecrm.kernel.shapes import Code, filled
from servicecrm.tracking import action_items
from servicecrm.tracking.action_model import ActionItem

if TYPE_CHECKING:
    from servicecrm.analytics.complaint_review import ComplaintReview

__all__ = ["SOURCE", "DecisionKind", "Outcome", "Proposal", "ReviewDecision", "decided"]

SOURCE: Final = "complaint_review"
"""The kind of source that actions and proposals of a review have; the source itself is its period."""


class DecisionKind(Code):
    """What becomes of a decision. Of one that is `none` it is only kept that it was taken."""

    ACTION = "action"
    PROPOSAL = "proposal"
    NONE = "none"


@record
class ReviewDecision:
    """What was decided about the complaints of a period: `ReviewDecision(text="Renew valve 17", owner="north", ...)`.

    Raises:
        InvalidValue: the text is blank, there is no such kind, or an action lacks its owner or its due date.
    """

    text: Personal[str] = attrs.field(validator=filled)
    kind: DecisionKind = attrs.field(default=DecisionKind.ACTION, converter=DecisionKind)
    owner: str | None = attrs.field(default=None, validator=filled)
    due_at: datetime | None = None

    def __attrs_post_init__(self) -> None:
        if self.kind is DecisionKind.ACTION and (self.owner is None or self.due_at is None):
            raise InvalidValue("ReviewDecision", "say who does it and by when, or that it is a proposal, or none")


@record
class Proposal:
    """A change that a review proposes, under an id of the host's."""

    id: str = attrs.field(validator=filled)
    text: Personal[str] = attrs.field(validator=filled)
    source_kind: str
    source: str
    owner: str | None = None
    due_at: datetime | None = None


class Outcome(NamedTuple):
    """A review with what it has decided, and what follows: `crm.save(*outcome.actions)`."""

    review: "ComplaintReview"
    actions: tuple[Decision[ActionItem], ...]
    proposals: tuple[Proposal, ...]


def decided(
    review: "ComplaintReview",
    decisions: Iterable[ReviewDecision],
    *,
    ids: Iterable[str],
    numbers: Iterable[str | None] = repeat(None),
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Outcome:
    """Decide about the complaints of a period. Each action gets one of the `ids` and `numbers`, each proposal an id.

    Raises:
        InvalidValue: there are fewer ids than actions and proposals, or fewer numbers than actions.
        PolicyViolation: an action would be due before it is decided on.

    Source: C054, C006.
    """
    taken = tuple(decisions)
    new_id, number = iter(ids), iter(numbers)
    actions: list[Decision[ActionItem]] = []
    proposals: list[Proposal] = []
    try:
        for each in taken:
            if each.kind is DecisionKind.PROPOSAL:
                proposals.append(
                    Proposal(
                        id=next(new_id),
                        text=each.text,
                        source_kind=SOURCE,
                        source=review.period,
                        owner=each.owner,
                        due_at=each.due_at,
                    )
                )
            elif each.owner is not None and each.due_at is not None and each.kind is DecisionKind.ACTION:
                actions.append(
                    action_items.open(
                        each.text,
                        id=next(new_id),
                        number=next(number),
                        source_kind=SOURCE,
                        source=review.period,
                        owner=each.owner,
                        due_at=each.due_at,
                        by=by,
                        at=at,
                        occurred_at=occurred_at,
                    )
                )
    except StopIteration:
        raise InvalidValue("ids", "every action and proposal needs an id, and every action a number") from None
    return Outcome(evolve(review, decisions=(*review.decisions, *taken)), tuple(actions), tuple(proposals))

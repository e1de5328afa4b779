"""The kinds of records that have clocks, and what a clock and its notices have to know of each."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

import attrs

from servicecrm import cases, complaints
from servicecrm.cases.model import Case
from servicecrm.cases.targets import TARGETS as FOR_CASES
from servicecrm.complaints.model import Complaint
from servicecrm.complaints.targets import TARGETS as FOR_COMPLAINTS
from servicecrm.kernel.kinds import Identified, Kind
from servicecrm.kernel.shapes import Code
from servicecrm.notifications import Party
from servicecrm.tracking import ACTION_ITEM, ActionItem, ActionMomentKind, Facts, Moments, Targets, standing
from servicecrm.tracking.action_lifecycle import LIFECYCLE as ACTIONS
from servicecrm.tracking.action_targets import ACTION_TARGETS

__all__ = ["TRACKED", "Tracked"]

R = TypeVar("R", bound=Identified)


@attrs.frozen(kw_only=True)
class Tracked(Generic[R]):
    """A kind of record that has a clock."""

    kind: Kind[R]
    moments: type[Code]
    """The kinds of its moments, which targets may wait for."""
    targets: Targets
    """Those that are shipped."""
    open: Callable[[R], bool]
    """Is somebody still to do something about it?"""
    facts: Callable[[R], Facts]
    people: Callable[[R], Mapping[Party, str | None]]


def _complaint(complaint: Complaint) -> Facts:
    return Facts(
        moments=complaint.moments,
        handler=complaint.handler,
        priority=complaint.priority,
        type=complaint.category,
        given=_by("resolution", complaint.due_at, complaint.moments),
    )


def _by(timer: str, due: datetime | None, moments: Moments) -> dict[str, datetime]:
    """A date that a timer was given; one that was over when the record was taken up again counts no longer."""
    reopened = max((moment.occurred_at for moment in standing(moments) if moment.kind == "reopened"), default=None)
    return {} if due is None or (reopened is not None and due <= reopened) else {timer: due}


def _case(case: Case) -> Facts:
    given = _by("resolution", None if case.promise is None else case.promise.until, case.moments)
    return Facts(
        moments=case.moments,
        handler=case.handler or case.queue,
        priority=case.priority,
        type=case.request_type,
        given=given | _update_due(case),
    )


def _update_due(case: Case) -> dict[str, datetime]:
    """By when an update is due: the first date of those asked for and not answered, or else of those answered last."""
    answers = [request.answered_at for request in case.update_requests if request.answered_at is not None]
    last = max(answers, default=None)
    asked = case.open_updates or [request for request in case.update_requests if request.answered_at == last]
    return {"demanded_update": min(request.due_at for request in asked)} if asked else {}


def _action(item: ActionItem) -> Facts:
    return Facts(moments=item.moments, handler=item.owner, given={"action_due": item.due_at})


_KINDS: Final[Iterable[Tracked[Any]]] = (
    Tracked(
        kind=complaints.COMPLAINT,
        moments=complaints.MomentKind,
        targets=FOR_COMPLAINTS,
        open=lambda complaint: complaint.state in complaints.LIFECYCLE.open,
        facts=_complaint,
        people=lambda complaint: {Party.REQUESTER: complaint.customer, Party.HANDLER: complaint.handler},
    ),
    Tracked(
        kind=cases.CASE,
        moments=cases.MomentKind,
        targets=FOR_CASES,
        open=lambda case: case.state in cases.LIFECYCLE.open,
        facts=_case,
        people=lambda case: {
            Party.REQUESTER: case.requester,
            Party.SPONSOR: case.sponsor,
            Party.HANDLER: case.handler,
            Party.TEAM: case.queue,
        },
    ),
    Tracked(
        kind=ACTION_ITEM,
        moments=ActionMomentKind,
        targets=ACTION_TARGETS,
        open=lambda item: item.state in ACTIONS.open,
        facts=_action,
        people=lambda item: {Party.HANDLER: item.owner},
    ),
)

TRACKED: Final[Mapping[type, Tracked[Any]]] = {tracked.kind.schema.record: tracked for tracked in _KINDS}
"""Every kind that has a clock, by its class."""

"""The kinds of records that have clocks, and what a clock and its notices have to know of each."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, Generic, TypeVar

import attrs

from servicecrm import cases, complaints
from servicecrm.cases.model import Case
from servicecrm.cases.targets import TARGETS as FOR_CASES
from servicecrm.complaints.targets import TARGETS as FOR_COMPLAINTS
from servicecrm.complaints.targets import facts_of
from servicecrm.kernel.kinds import Identified, Kind
from servicecrm.kernel.shapes import Code
from servicecrm.notifications import Party
from servicecrm.tracking import ACTION_ITEM, ActionItem, ActionMomentKind, Facts, Targets, standing
from servicecrm.tracking.action_lifecycle import LIFECYCLE as ACTIONS
from servicecrm.tracking.action_targets import ACTION_TARGETS
from servicecrm.tracking.stretches import Given

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
    customer: str | None = None
    """Its field and column that say which customer it is about, if agreements with them hold for it."""
    roles: Callable[[R], Mapping[str, str | None]] = lambda _: {}
    """Whoever has a role of its lifecycle because of the record, and is no party of notices."""


def _case(case: Case) -> Facts:
    return Facts(
        moments=case.moments,
        handler=case.handler or case.queue,
        priority=case.priority,
        type=case.request_type,
        given={"resolution": tuple(_promised(case)), "demanded_update": tuple(_demanded(case))},
    )


def _promised(case: Case) -> Iterator[Given]:
    if case.promise is not None:
        yield Given(at=case.promise.first, since=case.promise.given_at)
        yield from (Given(at=later.until, since=later.given_at) for later in case.promise.extensions)


def _demanded(case: Case) -> Iterator[Given]:
    """By when an update is due since each request: the first date of those that nobody had answered by then."""
    for request in case.update_requests:
        since = request.asked_at
        open_ = (
            other.due_at
            for other in case.update_requests
            if other.asked_at <= since and (other.answered_at is None or other.answered_at > since)
        )
        yield Given(at=min(open_, default=request.due_at), since=since)


def _action(item: ActionItem) -> Facts:
    return Facts(moments=item.moments, handler=item.owner, given={"action_due": tuple(_agreed(item))})


def _agreed(item: ActionItem) -> Iterator[Given]:
    """The first date, and since the first change the present one: an item does not keep those in between."""
    yield Given(at=item.first_due_at, since=item.opened_at)
    changes = (ActionMomentKind.POSTPONED, ActionMomentKind.REOPENED)
    changed = (moment.occurred_at for moment in standing(item.moments) if moment.kind in changes)
    yield from (Given(at=item.due_at, since=since) for since in changed)


_KINDS: Final[Iterable[Tracked[Any]]] = (
    Tracked(
        kind=complaints.COMPLAINT,
        moments=complaints.MomentKind,
        targets=FOR_COMPLAINTS,
        open=lambda complaint: complaint.closed_at is None,
        facts=facts_of,
        people=lambda complaint: {Party.REQUESTER: complaint.customer, Party.HANDLER: complaint.handler},
        customer="customer",
    ),
    Tracked(
        kind=cases.CASE,
        moments=cases.MomentKind,
        targets=FOR_CASES,
        open=lambda case: case.closed_at is None,
        facts=_case,
        people=lambda case: {
            Party.REQUESTER: case.requester,
            Party.SPONSOR: case.sponsor,
            Party.HANDLER: case.handler,
            Party.TEAM: case.queue,
        },
        customer="requester",
    ),
    Tracked(
        kind=ACTION_ITEM,
        moments=ActionMomentKind,
        targets=ACTION_TARGETS,
        open=lambda item: item.state in ACTIONS.open,
        facts=_action,
        people=lambda item: {Party.HANDLER: item.owner},
        roles=lambda item: {"owner": item.owner},
    ),
)

TRACKED: Final[Mapping[type, Tracked[Any]]] = {tracked.kind.schema.record: tracked for tracked in _KINDS}
"""Every kind that has a clock, by its class."""

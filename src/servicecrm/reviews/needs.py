"""What customers need, and what they plan: captured with its source, confirmed, routed, and answered.

Everything that can be done with a need: pure commands, each giving a decision to save. And what others go on with.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, TypedDict, Unpack

import attrs

from servicecrm.errors import InvalidValue, PolicyViolation
from servicecrm.kernel.decisions import Actor, Decision, begin, stamp
from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.kernel.records import Personal
from servicecrm.kernel.shapes import coded
from servicecrm.reviews.codes import NeedKind, Route
from servicecrm.reviews.following import check_follows
from servicecrm.reviews.lifecycle import CONFIRM, DECLINE, DECLINED, EDIT, LINK, ROUTE, SATISFY
from servicecrm.reviews.lifecycle import NEED as LIFECYCLE
from servicecrm.reviews.need_events import (
    NeedCaptured,
    NeedConfirmed,
    NeedDeclined,
    NeedEdited,
    NeedLinked,
    NeedRouted,
    NeedSatisfied,
)
from servicecrm.reviews.need_model import Need, NeedId

__all__ = [
    "LIFECYCLE",
    "NeedDetails",
    "Wanted",
    "capture",
    "confirm",
    "decline",
    "edit",
    "link",
    "route",
    "satisfy",
    "wanted",
]


def capture(
    text: str,
    *,
    id: str,
    customer: str,
    source_kind: str,
    source: str,
    kind: NeedKind | str = NeedKind.NEED,
    service: str | None = None,
    horizon: date | None = None,
    number: str | None = None,
    extra: Mapping[str, object] = EMPTY,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Need]:
    """Keep what a customer needs or plans, with the record in which it was said, such as a meeting.

    Raises:
        InvalidValue: a text is blank, or there is no such kind.

    Source: C086; YaSM SP3.5.
    """
    event = NeedCaptured(**stamp(by, at, occurred_at))
    need = Need(
        id=NeedId(id),
        number=number,
        state=LIFECYCLE.initial,
        customer=customer,
        kind=coded("kind", NeedKind, kind),
        text=text,
        service=service,
        horizon=horizon,
        source_kind=source_kind,
        source=source,
        captured_at=event.occurred_at,
        extra=FrozenMap(extra),
    )
    return begin(need, event)


class NeedDetails(TypedDict, total=False):
    """What can be changed of a need before somebody goes on with it; None takes a value away."""

    text: str
    kind: NeedKind | str
    service: str | None
    horizon: date | None


def edit(
    need: Need,
    *,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
    **details: Unpack[NeedDetails],
) -> Decision[Need]:
    """Put right what is known of it.

    Raises:
        TransitionNotAllowed: somebody goes on with it, or it has ended.
        InvalidValue: nothing is given, or something else than `NeedDetails`.
    """
    others = details.keys() - NeedDetails.__annotations__.keys()
    if others or not details:
        told = f"cannot change {', '.join(sorted(others))}" if others else "nothing is given"
        raise InvalidValue("need", f"{told}; it can change {', '.join(NeedDetails.__annotations__)}")
    changes: dict[str, Any] = dict(details)
    if "kind" in changes:
        changes["kind"] = coded("kind", NeedKind, changes["kind"])
    return LIFECYCLE.move(need, EDIT, NeedEdited(**stamp(by, at, occurred_at)), **changes)


def confirm(need: Need, *, by: Actor | str, at: datetime, occurred_at: datetime | None = None) -> Decision[Need]:
    """Confirm that this is what the customer needs.

    Raises:
        TransitionNotAllowed: it was confirmed, or has ended.
    """
    event = NeedConfirmed(**stamp(by, at, occurred_at))
    decision = LIFECYCLE.move(need, CONFIRM, event, confirmed_at=event.occurred_at)
    check_follows(event, need.captured_at, "it was captured")
    return decision


def link(
    need: Need, other: Need | None, *, by: Actor | str, at: datetime, occurred_at: datetime | None = None
) -> Decision[Need]:
    """Say that it is the same need as another one, of this or another customer; None takes that back.

    Raises:
        TransitionNotAllowed: it has ended.
        PolicyViolation: it would be a duplicate of itself, or of a duplicate.

    Source: C086.
    """
    event = NeedLinked(**stamp(by, at, occurred_at))
    decision = LIFECYCLE.move(need, LINK, event, duplicate_of=None if other is None else other.id)
    if other is not None and (other.id == need.id or other.duplicate_of is not None):
        raise PolicyViolation("duplicate_of", "name the need that was there first, which is itself no duplicate")
    return decision


def route(
    need: Need,
    route: Route | str,
    *,
    target: str | None = None,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Need]:
    """Say who goes on with it; `target` is what it became there, such as a service, an agreement or a proposal.

    Raises:
        TransitionNotAllowed: it is not confirmed yet, or has ended.

    Source: C086.
    """
    event = NeedRouted(**stamp(by, at, occurred_at))
    whom = coded("route", Route, route)
    decision = LIFECYCLE.move(need, ROUTE, event, route=whom, target=target, routed_at=event.occurred_at)
    check_follows(event, need.confirmed_at, "it was confirmed")
    return decision


def satisfy(
    need: Need, answer: str, *, by: Actor | str, at: datetime, occurred_at: datetime | None = None
) -> Decision[Need]:
    """The customer has what it needs, and was told so.

    Raises:
        TransitionNotAllowed: nobody goes on with it, or it has ended.
        InvalidValue: the answer is blank.

    Source: C086.
    """
    event = NeedSatisfied(**stamp(by, at, occurred_at))
    decision = LIFECYCLE.move(need, SATISFY, event, answer=answer, ended_at=event.occurred_at)
    check_follows(event, need.routed_at, "somebody went on with it")
    return decision


def decline(
    need: Need, answer: str, *, by: Actor | str, at: datetime, occurred_at: datetime | None = None
) -> Decision[Need]:
    """Nothing comes of it, and the customer was told why.

    Raises:
        TransitionNotAllowed: it has ended.
        InvalidValue: the answer is blank.

    Source: C086.
    """
    event = NeedDeclined(**stamp(by, at, occurred_at))
    decision = LIFECYCLE.move(need, DECLINE, event, answer=answer, ended_at=event.occurred_at)
    check_follows(event, need.captured_at, "it was captured")
    return decision


@attrs.frozen(kw_only=True)
class Wanted:
    """One need as strategy, the service portfolio and improvement look at it, however many customers have it.

    `needs` are all that say the same, the first one first. `horizon` is the first day by which it matters to somebody.
    """

    needs: tuple[str, ...]
    kind: NeedKind
    text: Personal[str] = attrs.field(repr=False)
    service: str | None
    route: Route | None
    target: str | None
    state: str
    horizon: date | None
    customers: tuple[str, ...]

    def to_dict(self) -> dict[str, object]:
        """A flat row of it, in JSON types.

        Source: C130.
        """
        return {
            "need": self.needs[0],
            "kind": self.kind.value,
            "text": self.text,
            "service": self.service,
            "route": None if self.route is None else self.route.value,
            "target": self.target,
            "state": self.state,
            "horizon": None if self.horizon is None else self.horizon.isoformat(),
            "customers": len(self.customers),
            "needs": len(self.needs),
        }


def wanted(needs: Iterable[Need], route: Route | str | None = None) -> tuple[Wanted, ...]:
    """Each need once, with those who have it; what most customers need comes first. What was declined is left out.

    With a `route`, only those with which somebody goes on there: what is handed to the service portfolio, for example.

    Source: C086; YaSM SP3.5 (a basis of the service strategy and of service improvement).
    """
    whom = None if route is None else coded("route", Route, route)
    groups: dict[str, list[Need]] = {}
    heads: dict[str, Need] = {}
    for need in needs:
        head = need.id if need.duplicate_of is None else need.duplicate_of
        if need.duplicate_of is None:
            heads[head] = need
        if need.state != DECLINED:
            groups.setdefault(head, []).append(need)
    found = [_wanted(heads.get(head), group) for head, group in groups.items()]
    kept = [each for each in found if whom is None or each.route is whom]
    return tuple(sorted(kept, key=lambda each: (-len(each.customers), each.horizon or date.max, each.needs[0])))


def _wanted(head: Need | None, group: list[Need]) -> Wanted:
    # Somebody may go on with a duplicate only, or with a need whose first one was declined.
    first = head if head is not None and head in group else group[0]
    routed = first if first.route is not None else next((each for each in group if each.route is not None), first)
    others = sorted(each.id for each in group if each is not first)
    return Wanted(
        needs=(first.id, *others),
        kind=first.kind,
        text=first.text,
        service=first.service,
        route=routed.route,
        target=routed.target,
        state=routed.state,
        horizon=min((each.horizon for each in group if each.horizon is not None), default=None),
        customers=tuple(sorted({each.customer for each in group})),
    )

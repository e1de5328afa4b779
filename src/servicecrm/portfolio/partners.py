"""Working with partners, and looking regularly how well that goes."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import TypedDict, Unpack

from servicecrm.errors import InvalidValue
from servicecrm.kernel.decisions import Actor, Decision, Event, begin, stamp
from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.shapes import distinct, several
from servicecrm.measures.indexes import weighted_index
from servicecrm.portfolio.codes import PartnerRole
from servicecrm.portfolio.contacts import checked, contact_named
from servicecrm.portfolio.following import check_follows
from servicecrm.portfolio.partner_events import (
    PartnerActivated,
    PartnerAdded,
    PartnerContactErased,
    PartnerEnded,
    PartnerErased,
    PartnerEvaluated,
    PartnerUpdated,
)
from servicecrm.portfolio.partner_lifecycle import (
    ACTIVATE,
    ACTIVE,
    END,
    ERASE,
    ERASE_CONTACT,
    EVALUATE,
    LIFECYCLE,
    UPDATE,
)
from servicecrm.portfolio.partner_model import Criterion, Evaluation, Partner, PartnerId
from servicecrm.portfolio.parts import Channel, Contact
from servicecrm.portfolio.policy import DEFAULT, PortfolioPolicy
from servicecrm.portfolio.privacy import erasures

__all__ = [
    "LIFECYCLE",
    "PartnerDetails",
    "activate",
    "add",
    "end",
    "erase",
    "erase_contact",
    "evaluate",
    "overdue",
    "update",
]


def add(
    name: str,
    *,
    id: str,
    role: PartnerRole | str,
    number: str | None = None,
    customer: str | None = None,
    manager: str | None = None,
    contacts: Iterable[Contact] = (),
    channels: Iterable[Channel] = (),
    services: Iterable[str] = (),
    tags: Iterable[str] = (),
    extra: Mapping[str, object] = EMPTY,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Partner]:
    """Keep somebody who may work with us. `customer` is its id, if it is a customer too.

    Raises:
        InvalidValue: a text is blank, or the role is unknown.
        PolicyViolation: a person stands twice among the contacts, or two are primary for the same.

    Source: C023.
    """
    event = PartnerAdded(**stamp(by, at, occurred_at))
    partner = Partner(
        id=PartnerId(id),
        number=number,
        state=LIFECYCLE.initial,
        name=name,
        role=PartnerRole(role),
        customer=customer,
        manager=manager,
        contacts=checked(several("Partner.contacts", contacts)),
        channels=several("Partner.channels", channels),
        services=distinct("Partner.services", services),
        tags=distinct("Partner.tags", tags),
        added_at=event.occurred_at,
        recorded_at=event.recorded_at,
        extra=FrozenMap(extra),
    )
    return begin(partner, event)


class PartnerDetails(TypedDict, total=False):
    """What can be brought up to date of a partner; None takes a value away."""

    name: str
    role: PartnerRole | str
    customer: str | None
    manager: str | None
    contacts: Iterable[Contact]
    channels: Iterable[Channel]
    services: Iterable[str]
    tags: Iterable[str]
    extra: Mapping[str, object]


def update(
    partner: Partner,
    *,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
    **details: Unpack[PartnerDetails],
) -> Decision[Partner]:
    """Bring what is known of a partner up to date.

    Raises:
        TransitionNotAllowed: we no longer work together.
        InvalidValue: nothing is given, or something else than `PartnerDetails`, or as `add` does.
        PolicyViolation: a person stands twice among the contacts, or two are primary for the same.
    """
    others = details.keys() - PartnerDetails.__annotations__.keys()
    if others or not details:
        says = f"cannot update {', '.join(sorted(others))}" if others else "nothing to update"
        raise InvalidValue("partner", f"{says}; it can change {', '.join(PartnerDetails.__annotations__)}")
    told: dict[str, object] = dict(details)
    if "role" in details:
        told["role"] = PartnerRole(details["role"])
    if "contacts" in details:
        told["contacts"] = checked(several("Partner.contacts", details["contacts"]))
    if "channels" in details:
        told["channels"] = several("Partner.channels", details["channels"])
    if "services" in details:
        told["services"] = distinct("Partner.services", details["services"])
    if "tags" in details:
        told["tags"] = distinct("Partner.tags", details["tags"])
    if "extra" in details:
        told["extra"] = FrozenMap(details["extra"])
    return _move(partner, UPDATE, PartnerUpdated(**stamp(by, at, occurred_at)), **told)


def activate(
    partner: Partner,
    *,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
    policy: PortfolioPolicy = DEFAULT,
) -> Decision[Partner]:
    """Begin to work with a partner, or begin again.

    Raises:
        TransitionNotAllowed: we do so already.
        GuardNotMet: it has no contact.
    """
    event = PartnerActivated(**stamp(by, at, occurred_at))
    due = event.occurred_at.astimezone(UTC) + policy.evaluate_every
    decision = _move(partner, ACTIVATE, event, since=event.occurred_at, ended_at=None, evaluation_due_at=due)
    check_follows(event, partner.ended_at, "we stopped working together")
    return decision


def evaluate(
    partner: Partner,
    criteria: Iterable[Criterion],
    *,
    first: date,
    last: date,
    summary: str = "",
    actions: Iterable[str] = (),
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
    policy: PortfolioPolicy = DEFAULT,
) -> Decision[Partner]:
    """Keep how well a partner worked from a day to another. The next evaluation is due as often as the house says.

    Raises:
        TransitionNotAllowed: it is erased.
        InvalidValue: there is no criterion, one stands twice, or the last day lies before the first.

    Source: C023.
    """
    event = PartnerEvaluated(**stamp(by, at, occurred_at))
    looked_at = several("criteria", criteria, Criterion)
    names = [criterion.name for criterion in looked_at]
    if not names or len(set(names)) < len(names):
        raise InvalidValue("criteria", "expected one or more criteria, each of them once")
    index = weighted_index(
        {each.name: each.score for each in looked_at}, {each.name: each.weight for each in looked_at}
    )
    new = Evaluation(
        first=first,
        last=last,
        criteria=looked_at,
        score=index.value,
        summary=summary,
        actions=distinct("actions", actions),
        by=event.by.id,
        at=event.occurred_at,
    )
    due = event.occurred_at.astimezone(UTC) + policy.evaluate_every if partner.state == ACTIVE else None
    return _move(partner, EVALUATE, event, evaluations=(*partner.evaluations, new), evaluation_due_at=due)


def end(
    partner: Partner, reason: str, *, by: Actor | str, at: datetime, occurred_at: datetime | None = None
) -> Decision[Partner]:
    """Stop working with a partner.

    Raises:
        TransitionNotAllowed: we do not work together any more.
        InvalidValue: the reason is blank.
    """
    event = PartnerEnded(**stamp(by, at, occurred_at), reason=reason)
    decision = _move(partner, END, event, ended_at=event.occurred_at, evaluation_due_at=None)
    check_follows(event, partner.since, "we began to work together")
    return decision


def erase_contact(
    partner: Partner, contact: str, *, by: Actor | str, at: datetime, occurred_at: datetime | None = None
) -> Decision[Partner]:
    """Erase what is known of a person at a partner.

    Raises:
        TransitionNotAllowed: the partner is erased already.
        InvalidValue: there is no such contact.

    Source: C011, C012.
    """
    LIFECYCLE.target(partner.state, ERASE_CONTACT)
    event = PartnerContactErased(**stamp(by, at, occurred_at), contact=contact)
    gone = contact_named(partner.contacts, contact)
    return _move(partner, ERASE_CONTACT, event, contacts=tuple(each for each in partner.contacts if each is not gone))


def erase(
    partner: Partner, reason: str, *, by: Actor | str, at: datetime, occurred_at: datetime | None = None
) -> Decision[Partner]:
    """Erase all that is personal about a partner; that there was one, and its scores, are kept.

    Raises:
        TransitionNotAllowed: it is erased already.
        InvalidValue: the reason is blank.

    Source: C011.
    """
    event = PartnerErased(**stamp(by, at, occurred_at), reason=reason)
    ended = event.occurred_at if partner.ended_at is None else partner.ended_at
    return _move(partner, ERASE, event, **erasures(partner), ended_at=ended, evaluation_due_at=None)


def overdue(partners: Iterable[Partner], *, at: datetime) -> tuple[Partner, ...]:
    """The partners whose evaluation is late, the latest first.

    Source: C023.
    """
    late = [each for each in partners if each.evaluation_due_at and micros(each.evaluation_due_at) < micros(at)]
    return tuple(sorted(late, key=lambda each: micros(each.evaluation_due_at) if each.evaluation_due_at else 0))


def _move(partner: Partner, action: str, event: Event, /, **changes: object) -> Decision[Partner]:
    decision = LIFECYCLE.move(partner, action, event, **changes)
    check_follows(event, partner.added_at, "the partner was added")
    return decision

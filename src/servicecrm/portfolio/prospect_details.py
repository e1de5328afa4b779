"""Who may become a customer, and what is known of it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TypedDict, Unpack

from servicecrm.errors import InvalidValue
from servicecrm.kernel.decisions import Actor, Decision, Event, begin, stamp
from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.kernel.shapes import distinct, several
from servicecrm.kernel.values import language_tag
from servicecrm.portfolio.codes import CustomerKind
from servicecrm.portfolio.contacts import checked
from servicecrm.portfolio.following import check_follows
from servicecrm.portfolio.parts import Contact
from servicecrm.portfolio.prospect_events import (
    ProspectAdded,
    ProspectUpdated,
)
from servicecrm.portfolio.prospect_lifecycle import (
    LIFECYCLE,
    UPDATE,
)
from servicecrm.portfolio.prospect_model import Prospect, ProspectId

__all__ = ["ProspectDetails", "add", "move", "update"]


def add(
    name: str,
    *,
    id: str,
    number: str | None = None,
    kind: CustomerKind | str = CustomerKind.EXTERNAL,
    language: str | None = None,
    contacts: Iterable[Contact] = (),
    seller: str | None = None,
    source: str | None = None,
    campaign: str | None = None,
    brand: str | None = None,
    interests: Iterable[str] = (),
    tags: Iterable[str] = (),
    extra: Mapping[str, object] = EMPTY,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Prospect]:
    """Keep somebody who may become a customer.

    Raises:
        InvalidValue: a text is blank, or a code or the language is unknown.
        PolicyViolation: a person stands twice among the contacts, or two are primary for the same.

    Source: C015; YaSM SP3.1.
    """
    event = ProspectAdded(**stamp(by, at, occurred_at))
    prospect = Prospect(
        id=ProspectId(id),
        number=number,
        state=LIFECYCLE.initial,
        name=name,
        kind=CustomerKind(kind),
        language=None if language is None else language_tag(language),
        contacts=checked(several("Prospect.contacts", contacts)),
        seller=seller,
        source=source,
        campaign=campaign,
        brand=brand,
        interests=distinct("Prospect.interests", interests),
        tags=distinct("Prospect.tags", tags),
        added_at=event.occurred_at,
        recorded_at=event.recorded_at,
        extra=FrozenMap(extra),
    )
    return begin(prospect, event)


class ProspectDetails(TypedDict, total=False):
    """What can be brought up to date of a prospect; None takes a value away."""

    name: str
    kind: CustomerKind | str
    language: str | None
    contacts: Iterable[Contact]
    seller: str | None
    source: str | None
    campaign: str | None
    brand: str | None
    interests: Iterable[str]
    tags: Iterable[str]
    extra: Mapping[str, object]


def update(
    prospect: Prospect,
    *,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
    **details: Unpack[ProspectDetails],
) -> Decision[Prospect]:
    """Bring what is known of a prospect up to date.

    Raises:
        TransitionNotAllowed: it is won, lost or erased.
        InvalidValue: nothing is given, or something else than `ProspectDetails`, or as `add` does.
        PolicyViolation: a person stands twice among the contacts, or two are primary for the same.
    """
    others = details.keys() - ProspectDetails.__annotations__.keys()
    if others or not details:
        says = f"cannot update {', '.join(sorted(others))}" if others else "nothing to update"
        raise InvalidValue("prospect", f"{says}; it can change {', '.join(ProspectDetails.__annotations__)}")
    told: dict[str, object] = dict(details)
    if "kind" in details:
        told["kind"] = CustomerKind(details["kind"])
    language = details.get("language")
    if language is not None:
        told["language"] = language_tag(language)
    if "contacts" in details:
        told["contacts"] = checked(several("Prospect.contacts", details["contacts"]))
    if "interests" in details:
        told["interests"] = distinct("Prospect.interests", details["interests"])
    if "tags" in details:
        told["tags"] = distinct("Prospect.tags", details["tags"])
    if "extra" in details:
        told["extra"] = FrozenMap(details["extra"])
    return move(prospect, UPDATE, ProspectUpdated(**stamp(by, at, occurred_at)), **told)


def move(prospect: Prospect, action: str, event: Event, /, **changes: object) -> Decision[Prospect]:
    """Take a step that the lifecycle allows, and that does not lie before the prospect was added.

    Raises:
        TransitionNotAllowed: the lifecycle has no such move from this state.
        GuardNotMet: something has to be there first.
        PolicyViolation: it would lie before the prospect was added.
    """
    decision = LIFECYCLE.move(prospect, action, event, **changes)
    check_follows(event, prospect.added_at, "the prospect was added")
    return decision

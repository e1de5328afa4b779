"""Personal data: what is known of a person, what is erased of a record, and what keeps it from being erased."""

import json
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, TypeVar

import attrs

from servicecrm.kernel.decisions import Actor, Decision, Event, decide, stamp
from servicecrm.kernel.documents import Document, joined, members_but
from servicecrm.kernel.frozen import EMPTY
from servicecrm.kernel.kinds import Identified
from servicecrm.kernel.records import ERASED, evolve, field_names, is_personal, personal_fields, record
from servicecrm.kernel.shapes import filled
from servicecrm.kernel.values import Attachment, ContactPoint
from servicecrm.portfolio.interaction_model import Interaction
from servicecrm.portfolio.model import Customer
from servicecrm.portfolio.partner_model import Partner
from servicecrm.portfolio.prospect_model import Prospect

__all__ = ["PersonErased", "about_person", "access", "erase_record", "erasures", "plain", "without_personal"]

R = TypeVar("R", bound=Identified)
T = TypeVar("T")


@record
class PersonErased(Event):
    """All that is personal about a record was erased, because of a person; `reason` says why, and is not personal."""

    type = "person.erased"
    erases = True
    person: str
    reason: str = attrs.field(validator=filled)


def erase_record(
    found: R, reason: str, *, person: str, counted: Collection[str] = (), by: Actor | str, at: datetime
) -> Decision[R]:
    """Erase all that is personal about a record of any kind. Its state stays, and whatever can be counted.

    See `erasures` for `counted`. The `reason` is kept, so it names nobody.

    Raises:
        InvalidValue: the reason is blank.

    Source: C011; GDPR, article 17.
    """
    event = PersonErased(**stamp(by, at), person=person, reason=reason)
    return decide(found, event, **erasures(found, counted=counted))


def without_personal(of: T) -> T:
    """The record without anything that is marked as personal, in itself or in the records inside it.

    A text reads `[erased]`, and everything else is gone; what is not personal stays, such as ids, states and times.
    """
    return evolve(of, **erasures(of))


def erasures(of: object, *, counted: Collection[str] = ()) -> dict[str, object]:
    """The fields of a record that change when it is erased, and what they hold then.

    Of the records in a field that is `counted`, such as judgements with their grounds, only what is personal goes.
    """
    personal = personal_fields(type(of))
    cls: Any = type(of)
    values = {a.name: (a.type, getattr(of, a.name)) for a in attrs.fields(cls) if a.name in personal}
    erased = {
        name: _gone(value)
        if is_personal(annotation) and not (name in counted and _counts(value))
        else _inside(value, counted=name in counted)
        for name, (annotation, value) in values.items()
    }
    return {name: value for name, value in erased.items() if value != values[name][1]}


def _gone(value: object) -> object:
    match value:
        case str():
            return ERASED
        case tuple() | frozenset():
            return type(value)()
        case Mapping():
            return EMPTY
    return None


def _counts(value: object) -> bool:
    """Is it a record, or several, of which something is left without its personal part?"""
    if isinstance(value, tuple):
        return all(map(_counts, value))
    return attrs.has(type(value)) and not isinstance(value, Attachment | ContactPoint)


def _inside(value: Any, *, counted: bool) -> Any:
    if isinstance(value, tuple | frozenset):
        return type(value)(_inside(each, counted=counted) for each in value)
    if not attrs.has(type(value)):
        return value
    return evolve(value, **erasures(value, counted=field_names(type(value)) if counted else ()))


def access(
    person: str,
    *,
    customers: Iterable[Customer] = (),
    prospects: Iterable[Prospect] = (),
    partners: Iterable[Partner] = (),
    interactions: Iterable[Interaction] = (),
) -> Document:
    """Everything that these records hold about a person, as JSON values, to be handed to this person.

    It tells nothing of the other people at the same customer. A customer that is itself the person, by its id, is told
    in full but for its contacts.

    Source: GDPR, article 15; C011, C012.
    """
    found: Document = {"person": person}
    organisations: dict[str, Iterable[Customer | Prospect | Partner]] = {
        "customers": customers,
        "prospects": prospects,
        "partners": partners,
    }
    for kind, records in organisations.items():
        found[kind] = [about for record in records if (about := about_person(person, record, own=record.id == person))]
    found["interactions"] = [plain(each) for each in interactions if person in (each.contact, *each.participants)]
    return found


def about_person(person: str, record: Customer | Prospect | Partner, *, own: bool) -> Document | None:
    """What a record of an organisation holds about one of its contacts, or, if it is its `own`, about the person that
    it is; None if nothing.
    """
    contacts = [plain(each) for each in record.contacts if each.id == person]
    consents = [
        plain(each)
        for each in getattr(record, "consents", ())
        if each.person == person or (own and each.person is None)
    ]
    if not (own or contacts or consents):
        return None
    whole = plain(record, "contacts", "consents") if own else {"id": record.id, "number": record.number}
    return {**whole, "contacts": contacts, "consents": consents}


def plain(record: object, *without: str) -> Document:
    """A record as JSON values, without some fields."""
    document: Document = json.loads(joined(members_but(record, frozenset(without))))
    return document

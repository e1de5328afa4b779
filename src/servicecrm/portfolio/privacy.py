"""Personal data: what is known of a person, what is erased of a record, and what keeps it from being erased."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import attrs

from servicecrm.kernel.documents import Document, joined, members_but
from servicecrm.kernel.frozen import EMPTY
from servicecrm.kernel.records import ERASED, evolve, is_personal, personal_fields
from servicecrm.portfolio.interaction_model import Interaction
from servicecrm.portfolio.model import Customer
from servicecrm.portfolio.partner_model import Partner
from servicecrm.portfolio.prospect_model import Prospect

__all__ = ["access", "erasures", "without_personal"]

T = TypeVar("T")


def without_personal(of: T) -> T:
    """The record without anything that is marked as personal, in itself or in the records inside it.

    A text reads `[erased]`, and everything else is gone; what is not personal stays, such as ids, states and times.
    """
    return evolve(of, **erasures(of))


def erasures(of: object) -> dict[str, object]:
    """The fields of a record that change when it is erased, and what they hold then."""
    personal = personal_fields(type(of))
    cls: Any = type(of)
    values = {a.name: (a.type, getattr(of, a.name)) for a in attrs.fields(cls) if a.name in personal}
    erased = {
        name: _gone(value) if is_personal(annotation) else _inside(value)
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


def _inside(value: Any) -> Any:
    if isinstance(value, tuple | frozenset):
        return type(value)(map(_inside, value))
    return without_personal(value) if attrs.has(type(value)) else value


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
        found[kind] = [about for record in records if (about := _about(person, record)) is not None]
    found["interactions"] = [_plain(each) for each in interactions if person in (each.contact, *each.participants)]
    return found


def _about(person: str, record: Customer | Prospect | Partner) -> Document | None:
    own = record.id == person
    contacts = [_plain(each) for each in record.contacts if each.id == person]
    consents = [
        _plain(each)
        for each in getattr(record, "consents", ())
        if each.person == person or (own and each.person is None)
    ]
    if not (own or contacts or consents):
        return None
    whole = _plain(record, "contacts", "consents") if own else {"id": record.id, "number": record.number}
    return {**whole, "contacts": contacts, "consents": consents}


def _plain(record: object, *without: str) -> Document:
    document: Document = json.loads(joined(members_but(record, frozenset(without))))
    return document

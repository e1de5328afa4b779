"""What is known of a person, in whatever kind of record, and how it is told to this person, or erased."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

import attrs

from servicecrm.agreements.schema import AGREEMENT, GENERAL_AGREEMENT
from servicecrm.cases.schema import CASE
from servicecrm.complaints.schema import COMPLAINT
from servicecrm.desk.families import merged
from servicecrm.desk.merged import merged_into
from servicecrm.desk.programs import Order, saved_with_all
from servicecrm.errors import GuardNotMet
from servicecrm.improvements.schema import PROPOSAL
from servicecrm.kernel.decisions import Decision
from servicecrm.kernel.documents import Document
from servicecrm.kernel.filters import Filter, in_parts, where
from servicecrm.kernel.kinds import Kind, key_text
from servicecrm.kernel.shapes import several
from servicecrm.portfolio import actions, interactions, partners, prospects
from servicecrm.portfolio.codes import RemovalMode
from servicecrm.portfolio.lifecycle import ERASE, ERASE_CONTACT, LIFECYCLE, NOT_HELD
from servicecrm.portfolio.model import Customer
from servicecrm.portfolio.privacy import PersonErased, about_person, erase_record, plain
from servicecrm.portfolio.removal import Blocker
from servicecrm.portfolio.schema import CUSTOMER, INTERACTION, PARTNER, PROSPECT
from servicecrm.reviews.schema import MEETING, NEED, REPORT_SPEC, SCHEDULE, SERVICE_REVIEW
from servicecrm.storage import answers
from servicecrm.storage.ports import Program
from servicecrm.storage.rows import Tables, ask
from servicecrm.storage.work import Work
from servicecrm.surveys.evaluation_schema import SURVEY_EVALUATION
from servicecrm.surveys.response_model import Response
from servicecrm.surveys.schema import INVITATION, RESPONSE
from servicecrm.tracking.action_schema import ACTION_ITEM
from servicecrm.tracking.moments import Side
from servicecrm.tracking.rights import permit
from servicecrm.tracking.schema import MESSAGE

if TYPE_CHECKING:
    from servicecrm.desk.desk import Desk

__all__ = ["TRACES", "Found", "Privacy", "Trace", "forgotten", "found_of", "told"]


@attrs.frozen(kw_only=True)
class Trace:
    """How a person is found in a kind of record, and what is left of such a record.

    The columns `own` and the terms `among` name a person whose record it then is; the term `contacts` one that is told
    of beside others. The columns `of` and the terms `about` name records whose own person it is about, such as the
    complaint of a message; a term does so by kind and id. `counted` are the fields that keep what is not personal.
    """

    kind: Kind[Any]
    own: tuple[str, ...] = ()
    among: tuple[str, ...] = ()
    contacts: bool = False
    of: tuple[str, ...] = ()
    about: tuple[str, ...] = ()
    only: Filter | None = None
    """Whose `own` columns count, where they may name us too."""
    counted: frozenset[str] = frozenset()


_MET: Final = frozenset({"agenda", "resolutions", "addenda"})

TRACES: Final[Sequence[Trace]] = (
    # What others point to comes first.
    Trace(kind=CUSTOMER, own=("id",), contacts=True),
    Trace(kind=PROSPECT, own=("id", "customer"), contacts=True),
    Trace(kind=PARTNER, own=("id", "customer"), contacts=True),
    Trace(kind=INTERACTION, own=("contact", "customer"), among=("participants",), of=("prospect", "partner")),
    Trace(
        kind=COMPLAINT,
        own=("customer",),
        counted=frozenset({"waiting", "judgements", "investigation", "remedies", "referrals"}),
    ),
    Trace(kind=CASE, own=("requester",), counted=frozenset({"holders", "promise", "waiting", "referral"})),
    Trace(kind=AGREEMENT, own=("customer",), counted=frozenset({"signatures", "notice", "reviews"})),
    Trace(kind=GENERAL_AGREEMENT, own=("customer",), counted=frozenset({"signatures"})),
    Trace(kind=INVITATION, own=("contact", "customer")),
    Trace(kind=RESPONSE, own=("contact", "customer"), of=("invitation",), counted=frozenset({"answers"})),
    Trace(kind=MEETING, own=("customer",), counted=_MET | {"topics", "approvals"}),
    Trace(kind=SERVICE_REVIEW, own=("customer",), counted=_MET | {"pack", "followed", "sign_offs"}),
    Trace(kind=SCHEDULE, own=("customer",)),
    Trace(kind=REPORT_SPEC, own=("customer",), counted=frozenset({"reports"})),
    Trace(kind=NEED, own=("customer",), of=("source",)),
    Trace(kind=PROPOSAL, own=("raised_by",), about=("raised_from",)),
    Trace(kind=ACTION_ITEM, of=("source",)),
    Trace(kind=MESSAGE, own=("author",), of=("about",), only=where("side") == Side.OUTSIDE),
    Trace(kind=SURVEY_EVALUATION),  # it is about nobody alone
)
"""Every kind that holds something personal, so that nothing is forgotten when a person is."""

OPEN: Final = ("complaint", "case", "agreement", "general_agreement", "action_item")
"""Kinds of records that have to be over before they are erased."""

ERASED_CAUSE: Final = "erased"
"""Why a notice about a record is not delivered any longer."""

ERASED_STATE: Final = "erased"

_ERASERS: Final[Mapping[Kind[Any], tuple[Callable[..., Decision[Any]], Callable[..., Decision[Any]]]]] = {
    CUSTOMER: (actions.remove, actions.erase_contact),
    PROSPECT: (prospects.erase, prospects.erase_contact),
    PARTNER: (partners.erase, partners.erase_contact),
    INTERACTION: (interactions.erase, interactions.erase),
}
"""Kinds whose lifecycle has an erasure: of a whole record, and of one of its contacts."""


@attrs.frozen
class Found:
    """A record that is about a person; a record of several people is not its `own`."""

    trace: Trace
    record: Any
    own: bool


class Privacy:
    """What is known of a person, wherever it is kept: told to the person, or erased.

    A person is an id: of a contact, of a customer that is a person, or whatever your records name people by.

    Source: C011, C012; GDPR, articles 15 and 17.
    """

    def __init__(self, desk: "Desk") -> None:
        self._desk = desk

    def access(self, person: str, *, also: Iterable[str] = ()) -> Document:
        """Everything that is held about a person, as JSON values by kind, to be handed to this person.

        It tells nothing of other people beside this one. `also` are ids of more records to be told, such as minutes
        that name the person in a text: no search finds those.

        Source: C011; GDPR, article 15.
        """
        more = several("also", also)
        return self._desk.perform(lambda work: told(work, person, more), readonly=True)

    def forget(self, person: str, reason: str, *, also: Iterable[str] = ()) -> tuple[str, ...]:
        """Erase everything that is held about a person; gives the ids of the records that changed.

        What can be counted stays, and so does who did what when. `also` are ids of more records to be erased. Doing so
        again changes nothing. The `reason` is kept, so it names nobody.

        Raises:
            GuardNotMet: something is not over yet, or a hold keeps the data of a customer; nothing is erased then.
            NotPermitted: whoever asks may not erase a customer.

        Source: C011, C012; GDPR, article 17.
        """
        more = several("also", also)
        desk = self._desk
        order = Order(desk.actor, desk.clock(), None, desk.house)
        return desk.perform(lambda work: forgotten(work, person, reason, order, more))


def told(work: Work, person: str, also: Sequence[str] = ()) -> Program[Document]:
    """Everything that is held about a person."""
    document: Document = {"person": person, **{f"{each.kind.name}s": [] for each in TRACES if _kept(work, each)}}
    for found in (yield from found_of(work, person, also)):
        record, kind = found.record, found.trace.kind
        held = about_person(person, record, own=found.own) if found.trace.contacts else plain(record)
        document[f"{kind.name}s"].append(held)
    return document


def forgotten(
    work: Work,
    person: str,
    reason: str,
    order: Order,
    also: Sequence[str] = (),
    *,
    occurred_at: datetime | None = None,
) -> Program[tuple[str, ...]]:
    """Everything that is held about a person, erased; `occurred_at` is when a customer was removed for that."""
    every = yield from found_of(work, person, also)
    _permit(order, [each for each in every if each.trace.kind is CUSTOMER])
    yield from _check(work, every)
    decisions: list[Decision[Any]] = []
    for each in every:
        decision = yield from _erased(work, each, person, reason, order=order, occurred_at=occurred_at)
        decisions += [] if decision is None else [decision]
    saved = yield from saved_with_all(work, decisions, order)
    for after in saved:
        if isinstance(after, Response):
            yield from answers.replaced(after.given())
    own = sorted((each.trace.kind.name, str(each.record.id)) for each in every if each.own)
    for kind, group in groupby(own, key=itemgetter(0)):
        for ids in in_parts([id for _, id in group]):
            yield from ask(Tables.erase_notices, kind, ids, ERASED_CAUSE)
    return tuple(after.id for after in saved)


def found_of(work: Work, person: str, also: Sequence[str] = ()) -> Program[list[Found]]:
    """The records that are about a person, each once, and those that are named."""
    found: dict[tuple[str, str], Found] = {}
    people = [*(yield from merged(work, [key_text("person", person)]))]  # nobody is no person, and has no records
    for trace in TRACES:
        if not _kept(work, trace):
            continue
        cls = trace.kind.schema.record
        own = [id for (_, id), each in found.items() if each.own]
        keys = [f"{kind}:{id}" for (kind, id), each in found.items() if each.own]
        for each in (yield from work.present(cls, [*(people if "id" in trace.own else ()), *also])).values():
            found[trace.kind.name, each.id] = Found(trace, each, own=True)
        others = (yield from _others(work, found.values(), people)) if trace.kind is MESSAGE else {}
        for filter in _filters(trace, people, own, keys):
            for each in (yield from work.find(cls, filter)).items:
                if not others or each.author not in others.get(each.about, ()):
                    found.setdefault((trace.kind.name, each.id), Found(trace, each, own=True))
        if trace.contacts:
            for each in (yield from work.find(cls, where("contacts").has(person))).items:
                found.setdefault((trace.kind.name, each.id), Found(trace, each, own=False))
    return list(found.values())


def _others(work: Work, found: Iterable[Found], people: Sequence[str]) -> Program[Mapping[str, frozenset[str]]]:
    """Who else speaks in complaints: what those say whose complaints were merged into them is theirs."""
    others: dict[str, frozenset[str]] = {}
    for complaint in [each.record for each in found if each.trace.kind is COMPLAINT]:
        merged = yield from merged_into(work, complaint)
        if customers := {each.customer for each in merged if each.customer is not None}.difference(people):
            others[complaint.id] = frozenset(customers)
    return others


def _filters(trace: Trace, people: Sequence[str], own: Sequence[str], keys: Sequence[str]) -> Iterable[Filter]:
    for column in trace.own:
        if column != "id":
            for part in in_parts(people):
                named = where(column).one_of(part)
                yield named if trace.only is None else named & trace.only
    for term in trace.among:
        yield from (where(term).has(each) for each in people)
    for column in trace.of:
        yield from (where(column).one_of(part) for part in in_parts(own))
    for term in trace.about:
        yield from (where(term).has(key) for key in keys)


def _kept(work: Work, trace: Trace) -> bool:
    return work.keeps(trace.kind.schema.record)


def _permit(order: Order, customers: Sequence[Found]) -> None:
    """Who may not erase customers, or contacts there, may not do so elsewhere."""
    house = order.house
    if house is not None and house.rights is not None:
        among = dict.fromkeys(move.role for move in LIFECYCLE.moves)
        asked = [(ERASE if each.own else ERASE_CONTACT, each.record) for each in customers]
        for action, record in asked or [(ERASE_CONTACT, None)]:
            roles = house.roles_of(order.by.id, {}, record, among)
            permit(house.rights, roles, lifecycle=LIFECYCLE, action=action)


def _check(work: Work, every: Sequence[Found]) -> Program[None]:
    """Refuses to erase what is not over, or belongs to a customer on hold, with all that is in the way at once."""
    own = [(each.trace.kind, each.record) for each in every if each.own]
    blockers = [
        Blocker(kind=kind.name, id=record.id)
        for kind, record in own
        if kind.name in OPEN and kind.column("open").of(record)
    ]
    owners: set[str] = set()
    for each in every:
        owner = yield from _owner(work, each)
        owners |= set() if owner is None else {owner}
    held = False
    if work.keeps(Customer):
        held = any(each.holds for each in (yield from work.present(Customer, sorted(owners))).values())
        customers = [record.id for kind, record in own if kind is CUSTOMER]
        parts = yield from work.among(Customer, "parent", customers, where("open").is_(True))
        blockers += [Blocker(kind=CUSTOMER.name, id=part.id) for part in parts if part.id not in customers]
    unmet = [(NOT_HELD.name, NOT_HELD.says)] if held else []
    unmet += [("nothing_open", str(each)) for each in blockers]
    if unmet:
        guards, sentences = zip(*unmet, strict=True)
        raise GuardNotMet(LIFECYCLE.name, ERASE, guards, sentences)


def _owner(work: Work, found: Found) -> Program[str | None]:
    """The customer whose holds keep a record."""
    record = found.record
    if found.trace.kind is CUSTOMER:
        return str(record.id)
    if found.trace.kind is MESSAGE:
        whose = next((each for each in TRACES if each.kind.name == record.about_kind), None)
        if whose is None or not _kept(work, whose):
            return None
        about = yield from work.present(whose.kind.schema.record, [record.about])
        record = about.get(record.about)
    owner: str | None = getattr(record, "customer", None) or getattr(record, "requester", None)
    return owner


def _erased(
    work: Work, found: Found, person: str, reason: str, *, order: Order, occurred_at: datetime | None
) -> Program[Decision[Any] | None]:
    """What is decided about a record that is about a person; None if it was erased before."""
    record, kind = found.record, found.trace.kind
    by: dict[str, Any] = {"by": order.by, "at": order.at}
    if getattr(record, "state", None) == ERASED_STATE:
        return None
    if kind is CUSTOMER and found.own:
        return actions.remove(record, reason, mode=RemovalMode.ERASE, occurred_at=occurred_at, **by)
    if kind in _ERASERS:
        whole, part = _ERASERS[kind]
        return whole(record, reason, **by) if found.own else part(record, person, **by)
    decision = erase_record(record, reason, person=person, counted=found.trace.counted, **by)
    if not decision.steps[0].changes:  # nothing of it is left, but earlier values may be, or reasons of what was done
        entries = yield from work.history(type(record), record.id)
        return None if entries[-1].type == PersonErased.type else decision
    return decision

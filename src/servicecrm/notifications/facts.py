"""From what happened to the notices of it: who is told, once, and who is not."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final, Protocol

import attrs

from servicecrm.errors import InvalidValue
from servicecrm.kernel.decisions import Decision, Event
from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.kernel.kinds import Identified, micros
from servicecrm.kernel.notices import Notice
from servicecrm.kernel.records import field_names, personal_fields, record
from servicecrm.kernel.shapes import filled
from servicecrm.notifications.matrix import Entry, Matrix, Party
from servicecrm.notifications.plain import one_line

__all__ = ["EVERY_FACT", "UNDELIVERABLE", "Fact", "Preferences", "facts_of", "notices", "undelivered"]

EVERY_FACT: Final = frozenset({"number", "at"})
"""The values that every notice has: the number of its record, and when it happened."""

RESERVED: Final = EVERY_FACT | {"duty"}

UNDELIVERABLE: Final = "notice.undeliverable"
"""The type of the event that a notice could not be delivered."""

Recipients = Mapping[Party, str | Iterable[str] | None] | Mapping[str, str | Iterable[str] | None]


class Preferences(Protocol):
    """What people want to be told of, besides what they have to be told."""

    def wants(self, recipient: str, topic: str) -> bool:
        """Does somebody want notices of this topic, which is the name of a template?"""
        ...


class _Everything:
    def wants(self, recipient: str, topic: str) -> bool:
        return True


@record
class Fact:
    """Something that happened to a record, as far as others may be told of it.

    `key` tells it from others of its type, such as "complaint:c-1:3". `values` are ids, codes and dates; those that the
    matrix names are kept with the notices, so that personal data do not belong here.

    Raises:
        InvalidValue: a value has a name that every notice has.
    """

    event: str = attrs.field(validator=filled)
    kind: str = attrs.field(validator=filled)
    id: str = attrs.field(validator=filled)
    number: str | None = None
    key: str = attrs.field(validator=filled)
    by: str
    at: datetime
    not_before: datetime | None = None
    values: FrozenMap = EMPTY

    def __attrs_post_init__(self) -> None:
        taken = sorted(RESERVED & self.values.keys())
        if taken:
            raise InvalidValue("Fact.values", f"every notice has {', '.join(taken)} already; name it otherwise")


def facts_of(
    decision: Decision[Any], *, kind: str, id: str | None = None, number: str | None = None, **values: object
) -> tuple[Fact, ...]:
    """The facts of a decision about a record of this kind, with `values` of the caller's own.

    What the events hold comes along, but nothing that is marked as personal. `id` and `number` name another record, if
    that is what the facts are about: a clock tells of a complaint. An event that is `quiet` is left out, and one that
    is not to be told before a time keeps it.

    Raises:
        InvalidValue: it is no decision, but perhaps several: ask for the facts of each.
    """
    if not isinstance(decision, Decision):
        raise InvalidValue("decision", f"expected one decision, got {type(decision).__name__}")
    about: Identified = decision.after
    id = about.id if id is None else id
    number = getattr(about, "number", None) if number is None else number
    # Saving gives the next revision, and only once: so nothing else has this key.
    revision = 1 if decision.before is None else decision.before.revision + 1
    return tuple(
        Fact(
            event=event.type,
            kind=kind,
            id=id,
            number=number,
            key=f"{kind}:{_escaped(id)}:{revision}",
            by=event.by.id,
            at=event.occurred_at,
            not_before=getattr(event, "not_before", None),
            values=FrozenMap({**_told_by(event), **{name: _plain(value) for name, value in values.items()}}),
        )
        for event in decision.events
        if not getattr(event, "quiet", False)
    )


def undelivered(notice: Notice, *, at: datetime) -> Fact | None:
    """The fact that a notice could not be delivered, to be told to others; None if the notice told of that itself."""
    if UNDELIVERABLE in notice.key.split(":"):
        return None
    number = notice.body.get("number")
    return Fact(
        event=UNDELIVERABLE,
        kind=notice.kind,
        id=notice.id,
        number=number if isinstance(number, str) else None,
        key=notice.key,
        by=notice.recipient,  # who cannot be reached is not told so
        at=at,
    )


def notices(
    facts: Iterable[Fact],
    matrix: Matrix,
    *,
    parties: Recipients,
    preferences: Preferences | None = None,
    switches: Collection[str] = (),
    not_before: datetime | None = None,
) -> tuple[Notice, ...]:
    """Whom to tell of the facts of one unit about one record: `unit.save(decision, notices=notices(...))`.

    `parties` are ids of people by party; there may be none. A person gets one notice of each type of event, whatever
    roles he has: a duty goes before a courtesy. Whoever did it is not told, nor whoever does not want a courtesy. The
    keys of the notices follow from the facts, so that the same facts are told once. Nothing is delivered before
    `not_before`, nor before that of its fact.

    Raises:
        InvalidValue: there is no such party or switch; a fact lacks a value that the matrix promises, or has one that
            is more than a line of plain text.

    Source: C061, C092, C094; R15, R16.
    """
    matrix.check_switches(switches)
    people = {Party(party): _ids(given) for party, given in parties.items()}
    asked = _Everything() if preferences is None else preferences
    told: dict[tuple[str, str, str, str], Notice] = {}
    for fact in facts:
        entries = [entry for entry in matrix.of(fact.event) if _holds(entry, fact, people, switches)]
        for recipient, entry in _chosen(fact, entries, people, asked):
            once = (fact.kind, fact.id, fact.event, recipient)
            if once not in told:
                told[once] = _notice(fact, entry, recipient, matrix, not_before)
    return tuple(told.values())


def _holds(entry: Entry, fact: Fact, people: Mapping[Party, tuple[str, ...]], switches: Collection[str]) -> bool:
    on = entry.switch is None or entry.switch in switches
    given = entry.given is None or entry.given in fact.values
    return on and given and not (entry.unless is not None and people.get(entry.unless))


def _chosen(
    fact: Fact, entries: Iterable[Entry], people: Mapping[Party, tuple[str, ...]], preferences: Preferences
) -> Iterator[tuple[str, Entry]]:
    """Whom to tell, with the entry that says so; those that bind most first."""
    for entry in entries:
        for person in people.get(entry.party, ()):
            own = person == fact.by and not entry.receipt
            if not own and (entry.duty or preferences.wants(person, entry.template)):
                yield person, entry


def _notice(fact: Fact, entry: Entry, recipient: str, matrix: Matrix, not_before: datetime | None) -> Notice:
    promised = matrix.values_of(fact.event) | ({entry.given} if entry.given else set())
    missing = sorted(promised - fact.values.keys())
    if missing:
        raise InvalidValue(fact.event, f"the fact needs a value for {', '.join(missing)}")
    number = fact.id if fact.number is None else fact.number
    # No more than templates may use: what is not kept cannot leak, and need not be a line of plain text.
    told = {name: fact.values[name] for name in sorted(promised)}
    body = {**told, "number": number, "at": _iso(fact.at), "duty": entry.duty}
    for name, value in body.items():
        one_line(f"{fact.event} {name}", str(value))
    return Notice(
        key=f"{fact.key}:{fact.event}:{_escaped(recipient)}",
        topic=entry.template,
        recipient=recipient,
        kind=fact.kind,
        id=fact.id,
        body=FrozenMap(body),
        not_before=max(filter(None, (fact.not_before, not_before)), key=micros, default=None),
    )


def _ids(given: str | Iterable[str] | None) -> tuple[str, ...]:
    found = (given,) if isinstance(given, str) else given or ()
    return tuple(sorted({id for id in found if id.strip()}))  # sorted: a set has another order in every process


def _told_by(event: Event) -> dict[str, object]:
    others = {*field_names(Event), *personal_fields(type(event)), *RESERVED}
    found = ((name, getattr(event, name)) for name in field_names(type(event)) if name not in others)
    return {name: _plain(value) for name, value in found if isinstance(value, str | int | datetime)}


def _plain(value: object) -> object:
    return _iso(value) if isinstance(value, datetime) else value


def _iso(at: datetime) -> str:
    micros(at)  # refuses a time without a zone
    return at.astimezone(UTC).isoformat(timespec="seconds")


def _escaped(id: str) -> str:
    """An id as a part of a key, whose parts are apart at each colon."""
    return id.replace("%", "%25").replace(":", "%3A")

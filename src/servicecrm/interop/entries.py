"""What exports need of an entry of a journal, and which part of it is not personal."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import Any, Final, Protocol

from servicecrm.kernel.decisions import Event
from servicecrm.kernel.frozen import Plain
from servicecrm.kernel.kinds import Kind
from servicecrm.kernel.records import field_names, personal_fields

__all__ = ["JournalEntry", "Open", "open_part", "without_personal"]

ABOUT_US: Final = frozenset({"complained_about"})
"""Fields that say something bad of one of ours: no other tool has to know, so they count as personal here."""


class JournalEntry(Protocol):
    """One fact of a record's history, as every store of ours gives it; a host's own journal may give the same."""

    @property
    def kind(self) -> str: ...
    @property
    def id(self) -> str: ...
    @property
    def n(self) -> int: ...
    @property
    def revision(self) -> int: ...
    @property
    def type(self) -> str: ...
    @property
    def by(self) -> str: ...
    @property
    def on_behalf_of(self) -> str | None: ...
    @property
    def occurred_at(self) -> datetime: ...
    @property
    def recorded_at(self) -> datetime: ...
    @property
    def data(self) -> Mapping[str, Plain]: ...
    @property
    def changes(self) -> Mapping[str, Plain]: ...
    @property
    def appended(self) -> Mapping[str, Plain]: ...


Open = Mapping[str, frozenset[str]]
"""The fields of a record that are not personal, by the name of its kind."""


def open_part(kinds: Iterable[Kind[Any]]) -> Open:
    """The fields that are not personal, of every kind; who was complained about is."""
    records: dict[str, type] = {kind.name: kind.schema.record for kind in kinds}
    return {name: _open_fields(record) for name, record in records.items()}


def without_personal(entry: JournalEntry, open_: Open) -> dict[str, Mapping[str, Plain]]:
    """What an entry tells, without its personal part. Of a kind or an event that nobody knows, nothing is told."""
    fields = open_.get(entry.kind, frozenset())
    event = _events_of(len(Event.types)).get(entry.type)
    own = frozenset[str]() if event is None else _open_fields(event)
    return {
        "data": {name: value for name, value in entry.data.items() if name in own},
        "changes": {name: value for name, value in entry.changes.items() if name in fields},
        "appended": {name: value for name, value in entry.appended.items() if name in fields},
    }


@cache
def _open_fields(cls: type) -> frozenset[str]:
    return frozenset(field_names(cls)) - personal_fields(cls) - ABOUT_US


@cache
def _events_of(_: int) -> Mapping[str, type]:
    """The classes of all events, by type, when so many are loaded."""
    return {cls.type: cls for cls in _classes(Event)}


def _classes(of: type[Event]) -> Iterator[type[Event]]:
    for cls in of.__subclasses__():
        # With slots there are two classes of each, and the first one knows nothing of its fields.
        if "__attrs_attrs__" in vars(cls):
            yield cls
        yield from _classes(cls)

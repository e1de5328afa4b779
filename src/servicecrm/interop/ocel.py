"""Journals of several kinds of records as one object-centric event log, OCEL 2.0 in JSON, for process mining.

Each record is an object, each fact an event. What an object is worth at a time are its columns: what a store finds it
by. Personal fields are never among them.

Source: OCEL 2.0, https://www.ocel-standard.org/2.0/ocel20_specification.pdf, and its JSON schema.
"""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final, TypedDict

from servicecrm.errors import InvalidValue
from servicecrm.interop.entries import JournalEntry, Open, open_part
from servicecrm.kernel.frozen import Plain
from servicecrm.kernel.kinds import ColumnType, Kind
from servicecrm.kernel.quick import time_text
from servicecrm.kernel.records import field_names

__all__ = ["Log", "to_ocel"]

_TYPES: Final[Mapping[ColumnType, str]] = {
    ColumnType.TEXT: "string",
    ColumnType.INTEGER: "integer",
    ColumnType.BOOLEAN: "boolean",
    ColumnType.INSTANT: "time",
    ColumnType.DATE: "string",
    ColumnType.DECIMAL: "float",
}

EVENT_ATTRIBUTES: Final = (("by", "string"), ("on_behalf_of", "string"), ("recorded_at", "time"))

NAMED: Final = (("about_kind", "about"), ("source_kind", "source"))
"""Fields that name another record by its kind and its id: a message what it is about, an action item what it is for."""

_NO_LINKS: Final[Mapping[str, str]] = MappingProxyType({})


class _Type(TypedDict):
    name: str
    attributes: list[dict[str, str]]


class Log(TypedDict):
    """A log as `json` writes it."""

    eventTypes: list[_Type]
    objectTypes: list[_Type]
    events: list[dict[str, Any]]
    objects: list[dict[str, Any]]


def to_ocel(
    entries: Iterable[JournalEntry], *, kinds: Iterable[Kind[Any]], links: Mapping[str, str] = _NO_LINKS
) -> Log:
    """The log of entries, in their order; `kinds` are those of their records.

    `links` says which fields name other objects, and of which type these are: `{"customer": "customer"}`. Without being
    asked, a message is linked to what it is about, an action item to what it follows from, and complaints and cases to
    those that they belong to, by how they do, such as `child_of`. Objects that are only named have no attributes.
    Values are texts, as the schema wants it, and the types say how to read them; what became empty is the empty text.

    Raises:
        InvalidValue: an entry is of a kind that is not given, or a link is a personal field, or one that no kind has.
    """
    building = _Building({kind.name: kind for kind in kinds}, links)
    for entry in entries:
        building.add(entry)
    return building.log()


class _Building:
    """A log that entries are added to."""

    def __init__(self, kinds: Mapping[str, Kind[Any]], links: Mapping[str, str]) -> None:
        fields = frozenset[str]().union(*(field_names(kind.schema.record) for kind in kinds.values()))
        if unknown := sorted(links.keys() - fields):
            raise InvalidValue("links", f"none of the kinds has a field {', '.join(map(repr, unknown))}")
        self.kinds, self.links = kinds, links
        self.attributes = {name: dict(_attributes(kind)) for name, kind in kinds.items()}
        self.open: Open = open_part(kinds.values())
        self.events: list[dict[str, Any]] = []
        self.objects: dict[str, dict[str, Any]] = {}
        self.filled: set[tuple[str, str]] = set()

    def add(self, entry: JournalEntry) -> None:
        if entry.kind not in self.kinds:
            raise InvalidValue("kinds", f"there is an entry of {entry.kind!r}; give that kind too")
        about = self.object(entry.kind, entry.id)
        attributes = self.attributes[entry.kind]
        at = time_text(entry.occurred_at)
        for name, value in entry.changes.items():
            if name not in attributes or isinstance(value, Mapping | tuple):
                continue
            filled = (about["id"], name)
            if value is not None or filled in self.filled:  # what was never there does not become empty
                self.filled.add(filled)
                about["attributes"].append({"name": name, "time": at, "value": _text(value)})
        linked = [(self.object(type_, id_)["id"], field) for field, type_, id_ in self.linked(entry)]
        for object_id, field in linked:
            link = {"objectId": object_id, "qualifier": field}
            if link not in about["relationships"]:
                about["relationships"].append(link)
        told = {"by": entry.by, "on_behalf_of": entry.on_behalf_of, "recorded_at": time_text(entry.recorded_at)}
        self.events.append(
            {
                "id": f"{entry.kind}:{entry.id}:{entry.n}",
                "type": entry.type,
                "time": at,
                "attributes": [{"name": name, "value": value} for name, value in told.items() if value is not None],
                "relationships": [
                    {"objectId": object_id, "qualifier": qualifier}
                    for object_id, qualifier in [(about["id"], entry.kind), *linked]
                ],
            }
        )

    def object(self, type_: str, id_: str) -> dict[str, Any]:
        key = f"{type_}:{id_}"
        return self.objects.setdefault(key, {"id": key, "type": type_, "attributes": [], "relationships": []})

    def linked(self, entry: JournalEntry) -> Iterator[tuple[str, str, str]]:
        """The other objects that an entry names: why, which is mostly the field, the type and the id of each."""
        changes = entry.changes
        for of_kind, field in NAMED:
            type_, id_ = changes.get(of_kind), changes.get(field)
            if isinstance(type_, str) and isinstance(id_, str):
                yield field, type_, id_
        if "links" in self.open[entry.kind]:
            yield from _belonging(changes.get("links"))
        for field, type_ in self.links.items():
            if field in changes and field not in self.open[entry.kind]:
                raise InvalidValue("links", f"{field} of a {entry.kind} is personal, so it cannot be a link")
            value = changes.get(field)
            for id_ in value if isinstance(value, tuple) else (value,):
                if isinstance(id_, str):
                    yield field, type_, id_

    def log(self) -> Log:
        event_types = sorted({event["type"] for event in self.events})
        object_types = sorted({each["type"] for each in self.objects.values()})
        return {
            "eventTypes": [_type(name, EVENT_ATTRIBUTES) for name in event_types],
            "objectTypes": [_type(name, self.attributes.get(name, {}).items()) for name in object_types],
            "events": self.events,
            "objects": list(self.objects.values()),
        }


def _attributes(kind: Kind[Any]) -> Iterator[tuple[str, str]]:
    """The columns that are fields as they stand, and not personal."""
    fields = open_part([kind])[kind.name]
    return ((column.name, _TYPES[column.type]) for column in kind.columns if column.name in fields)


def _belonging(links: Plain) -> Iterator[tuple[str, str, str]]:
    """The records that the links of a record name: how it belongs to each, the type and the id."""
    for link in links if isinstance(links, tuple) else ():
        how = link.get("kind") if isinstance(link, Mapping) else None
        if isinstance(link, Mapping) and isinstance(how, str):
            yield from ((how, type_, id_) for type_, id_ in link.items() if type_ != "kind" and isinstance(id_, str))


def _type(name: str, attributes: Iterable[tuple[str, str]]) -> _Type:
    return {"name": name, "attributes": [{"name": each, "type": type_} for each, type_ in attributes]}


def _text(value: Plain) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)

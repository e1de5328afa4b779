"""Facts of a journal as CloudEvents 1.0, in the JSON format: for whoever listens to what happens here.

Source: CloudEvents 1.0.2, its JSON format and JSON batch format.
"""

import re
from collections.abc import Iterable
from typing import Any, Final

from servicecrm.errors import InvalidValue
from servicecrm.interop.entries import JournalEntry, open_part, without_personal
from servicecrm.kernel.frozen import thaw
from servicecrm.kernel.kinds import Kind
from servicecrm.kernel.quick import time_text

__all__ = ["BATCH_MEDIA_TYPE", "MEDIA_TYPE", "to_batch", "to_cloudevent"]

MEDIA_TYPE: Final = "application/cloudevents+json"
BATCH_MEDIA_TYPE: Final = "application/cloudevents-batch+json"
"""What to say of the body: one event is an object, a batch is a list of them."""

_URI_REFERENCE: Final = re.compile(r"(?:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+")
_NO_TEXT: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_PREFIX: Final = re.compile(r"(?:[a-z0-9-]+\.)*", re.ASCII)


def to_cloudevent(
    entry: JournalEntry, *, source: str, kinds: Iterable[Kind[Any]], prefix: str = "", personal: bool = False
) -> dict[str, object]:
    """The event for an entry of a journal.

    `source` says whose journal it is, `https://city.example/crm`; with several tenants, each has its own. Together with
    the id it is unique, so that whoever gets an event twice can tell. `prefix` goes before the type,
    `example.city.complaint.recorded`. `kinds` are those of the records, which say what is personal: it is left out
    unless `personal` asks for it, and of a kind that is not among them nothing is told but that it happened.

    Raises:
        InvalidValue: the source is no URI reference, the prefix is no domain turned round that ends with a dot, or the
            id of a record cannot stand in an event.
    """
    if not _URI_REFERENCE.fullmatch(source):
        raise InvalidValue("source", "expected a URI reference, such as https://city.example/crm")
    if not _PREFIX.fullmatch(prefix):
        raise InvalidValue("prefix", "expected a domain turned round that ends with a dot, such as example.city.")
    if _NO_TEXT.search(entry.id):
        raise InvalidValue("entry.id", "an id with control characters cannot stand in an event")
    whole = {"data": entry.data, "changes": entry.changes, "appended": entry.appended}
    parts = whole if personal else without_personal(entry, open_part(kinds))
    return {
        "specversion": "1.0",
        "id": f"{entry.kind}:{entry.id}:{entry.n}",
        "source": source,
        "type": f"{prefix}{entry.type}",
        "subject": f"{entry.kind}/{entry.id}",
        "time": time_text(entry.occurred_at),
        "datacontenttype": "application/json",
        "data": {
            "n": entry.n,
            "revision": entry.revision,
            "by": entry.by,
            "on_behalf_of": entry.on_behalf_of,
            "recorded_at": time_text(entry.recorded_at),
            **{name: {key: thaw(value) for key, value in part.items()} for name, part in parts.items()},
        },
    }


def to_batch(
    entries: Iterable[JournalEntry],
    *,
    source: str,
    kinds: Iterable[Kind[Any]],
    prefix: str = "",
    personal: bool = False,
) -> list[dict[str, object]]:
    """The events for several entries, in their order. See `to_cloudevent`.

    Raises what `to_cloudevent` raises.
    """
    listed = tuple(kinds)
    return [to_cloudevent(each, source=source, kinds=listed, prefix=prefix, personal=personal) for each in entries]

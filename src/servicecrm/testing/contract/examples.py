"""The few records, notices and commands that the contract is told with."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

from servicecrm import complaints
from servicecrm.complaints import Complaint
from servicecrm.complaints.events import ComplaintAmended
from servicecrm.kernel.decisions import Decision, begin, decide, stamp
from servicecrm.kernel.filters import Filter
from servicecrm.kernel.kinds import Identified
from servicecrm.kernel.records import evolve
from servicecrm.storage.ports import Command, Delivery, Head, Notice, Page, Store
from servicecrm.tracking import Message, write

__all__ = [
    "AT",
    "BY",
    "NOW",
    "amended",
    "claim",
    "command",
    "complaint",
    "count",
    "find",
    "get",
    "ids",
    "lines",
    "message",
    "notice",
    "put",
]

AT: Final = datetime(2026, 3, 2, 9, tzinfo=UTC)
BY: Final = "ann@city.example"
NOW: Final = AT + timedelta(hours=1)

R = TypeVar("R", bound=Identified)


def complaint(id: str = "c-1", **fields: object) -> Decision[Complaint]:
    """A new complaint; `fields` may be any of its fields, whatever the process says."""
    first = complaints.record(id=id, subject="No water", channel="phone", by=BY, at=AT)
    return begin(evolve(first.after, **fields), first.events[0])


def amended(old: Complaint, **fields: object) -> Decision[Complaint]:
    """A change of some fields."""
    return decide(old, ComplaintAmended(**stamp(BY, AT)), **fields)


def message(id: str = "m-1", text: str = "Any news?", *, about: str = "c-1") -> Decision[Message]:
    """A new message about a complaint."""
    return write(text, id=id, about_kind="complaint", about=about, side="outside", klass="substantive", by=BY, at=AT)


def notice(key: str = "n-1", *, id: str = "c-1", not_before: datetime | None = None) -> Notice:
    """A notice about a complaint."""
    return Notice(
        key=key, topic="complaint.recorded", recipient="water", kind="complaint", id=id, not_before=not_before
    )


def command(id: str = "k-1", fingerprint: str = "record(No water)") -> Command:
    """A command."""
    return Command(id=id, fingerprint=fingerprint)


def put(store: Store, *decisions: Decision[Any], notices: Sequence[Notice] = ()) -> tuple[Any, ...]:
    """Save in a unit of its own."""
    saved: tuple[Any, ...] = store.atomically(lambda unit: unit.save(*decisions, notices=notices))
    return saved


def sealed_head(store: Store) -> Head:
    """The head after everything is sealed."""
    store.seal()
    return store.head()


def get(store: Store, record: type[R], id: str) -> R:
    """Read in a unit of its own."""
    with store.unit(readonly=True) as unit:
        return unit.get(record, id)


def find(
    store: Store, *filters: Filter, order: str = "id", limit: int | None = None, after: str | None = None
) -> Page[Complaint]:
    """Find complaints in a unit of its own."""
    with store.unit(readonly=True) as unit:
        return unit.find(Complaint, *filters, order=order, limit=limit, after=after)


def ids(found: Page[Complaint]) -> list[str]:
    """The ids of what was found."""
    return [complaint.id for complaint in found]


def count(store: Store, *filters: Filter) -> int:
    """Count complaints in a unit of its own."""
    with store.unit(readonly=True) as unit:
        return unit.count(Complaint, *filters)


def lines(store: Store, id: str = "c-1") -> int:
    """How many facts the journal holds of a complaint."""
    with store.unit(readonly=True) as unit:
        return len(unit.history(Complaint, id))


def claim(
    store: Store,
    worker: str = "w-1",
    *,
    now: datetime = NOW,
    limit: int = 20,
    lease: timedelta = timedelta(minutes=5),
) -> tuple[Delivery, ...]:
    """Claim notices in a unit of its own."""
    with store.unit(claiming=True) as unit:
        return unit.claim(worker, now=now, limit=limit, lease=lease)

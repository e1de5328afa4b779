"""What a store promises. Anything that passes `servicecrm.testing.StoreContract` is a store."""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Generic, Literal, Protocol, TypeVar

import attrs

from servicecrm.kernel.decisions import Decision, Event
from servicecrm.kernel.filters import Filter
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.kernel.kinds import Identified, Indexed, Kind
from servicecrm.kernel.notices import Notice
from servicecrm.kernel.records import record
from servicecrm.kernel.shapes import filled

if TYPE_CHECKING:
    from servicecrm.storage.work import Work

__all__ = [
    "Command",
    "Delivery",
    "Entry",
    "Fact",
    "Head",
    "Notice",
    "Op",
    "OutboxCounts",
    "Outcome",
    "Page",
    "Program",
    "Queued",
    "Store",
    "Unit",
]

T = TypeVar("T")
R = TypeVar("R", bound=Identified)

Op = Callable[[Any], Any]
"""One request to the tables of a store, such as `lambda tables: tables.fetch(kind, id)`."""

Program = Generator[Op, Any, T]
"""Work without input or output: it yields requests, is sent their answers, and returns a result.

One program runs in memory, on SQLite and on PostgreSQL, waited for or awaited.
"""


@record
class Command:
    """The name that a caller gives to a change, so that sending it again changes nothing.

    `fingerprint` is over the action and the caller's own arguments, without times and new ids. Once something of what
    the command changed is erased, it is erased too, and the same `id` alone is the same command.
    """

    id: str = attrs.field(validator=filled)
    fingerprint: str


@record
class Outcome:
    """What a command did the first time."""

    kind: str
    id: str
    revision: int
    number: str | None = None


@record
class Delivery:
    """A notice that a worker has claimed. Deliver it, then `settle` it; after `until` others may claim it again."""

    notice: Notice
    worker: str
    attempt: int
    until: datetime
    tenant: str = "default"


@record
class Queued:
    """A notice that is not delivered, as the outbox shows it: without its body, which is for the recipient alone.

    `attempts` counts the claims; `worker` made the last one. While `claimed_until` is there, he has it. `cause` is why
    it failed, if whoever settled it said so.
    """

    key: str
    topic: str
    recipient: str
    kind: str
    id: str
    not_before: datetime | None
    attempts: int
    worker: str | None
    claimed_until: datetime | None
    failed_at: datetime | None
    cause: str | None = None

    @property
    def state(self) -> Literal["waiting", "claimed", "failed"]:
        """What becomes of it: a failed one stays until somebody gives it back, all others are delivered."""
        if self.failed_at is not None:
            return "failed"
        return "waiting" if self.claimed_until is None else "claimed"


@record
class OutboxCounts:
    """How many notices of a tenant are in which state; `oldest` is the first one that waits or is claimed."""

    waiting: int
    claimed: int
    delivered: int
    failed: int
    oldest: Queued | None


@record
class Entry:
    """One fact of a record's history, as it was saved.

    `data` is what the event itself holds, `changes` the fields that it set, `appended` what it added to fields that
    only grew; all as documents. Values that were erased are missing.
    """

    kind: str
    id: str
    n: int
    revision: int
    type: str
    by: str
    on_behalf_of: str | None
    occurred_at: datetime
    recorded_at: datetime
    command: str | None
    schema: int
    data: FrozenMap
    changes: FrozenMap
    appended: FrozenMap
    erased: bool
    hash: str

    @property
    def at(self) -> datetime:
        """When it happened."""
        return self.occurred_at


@attrs.frozen
class Fact:
    """Something that was saved: the event, the record as it then was, and whose it is."""

    kind: str
    event: Event
    record: Any
    tenant: str = "default"


@record
class Head:
    """The end of a tenant's journal. Kept elsewhere, it proves later that nothing was cut off."""

    seal: int
    hash: str


@attrs.frozen
class Page(Generic[T]):
    """Some records in order, and the cursor of the page after, if there is one."""

    items: tuple[T, ...]
    next: str | None

    def __iter__(self) -> Iterator[T]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, n: int) -> T:
        return self.items[n]


class Unit(Protocol):
    """One unit of work: everything is saved when its block ends, or nothing."""

    outcome: Outcome | None
    """What the unit's command did the first time, if this is a repetition: then there is nothing left to do."""

    def get(self, record: type[R], id: str) -> R:
        """The record with this id. Raises `NotFound`."""
        ...

    def find(
        self,
        record: type[R],
        *filters: Filter,
        order: str = "id",
        limit: int | None = None,
        after: str | None = None,
    ) -> Page[R]:
        """Records that pass all filters. `order` is a column, "-" before it turns it round; missing values last."""
        ...

    def count(self, record: type[Identified], *filters: Filter) -> int:
        """How many records pass all filters."""
        ...

    def rows(
        self,
        record: type[Identified],
        columns: Sequence[str],
        *filters: Filter,
        order: str = "id",
        limit: int | None = None,
        after: str | None = None,
    ) -> tuple[list[tuple[Indexed, ...]], str | None]:
        """Stored column values without reading documents, and the cursor of the page after."""
        ...

    def save(
        self, *decisions: Decision[Any] | tuple[Decision[Any], ...], notices: Sequence[Notice] = ()
    ) -> tuple[Any, ...]:
        """Save decisions with their facts and notices; gives the records with their new revisions.

        A command that decides about several records gives a tuple; it is taken as it is.

        Raises:
            StaleRevision: somebody saved one of them in between.
            AlreadyExists: a new record's id or number is taken.
        """
        ...

    def number(self, record: type[Identified], year: int) -> str:
        """The next human number of a kind."""
        ...

    def history(self, record: type[Identified], id: str) -> tuple[Entry, ...]:
        """The facts of one record, oldest first."""
        ...

    def claim(self, worker: str, *, now: datetime, limit: int = 20, lease: timedelta = ...) -> tuple[Delivery, ...]:
        """Notices to deliver, for this worker alone until the lease ends by the store's own clock."""
        ...

    def take(self, record: type[R], *filters: Filter, order: str = "id", limit: int = 20) -> tuple[R, ...]:
        """Records for this unit alone until it ends; those that others hold are passed over."""
        ...

    def settle(
        self,
        deliveries: Sequence[Delivery],
        *,
        delivered: bool = True,
        dead: bool = False,
        retry_at: datetime | None = None,
        cause: str | None = None,
    ) -> int:
        """Mark claimed notices as delivered, or give them back. Tells how many were still this worker's.

        What is not delivered and `dead` is never claimed again; its key stays taken, and the outbox shows the `cause`,
        which holds nothing personal.

        Raises:
            InvalidValue: a notice that is not dead has a cause, or one that is delivered is dead.
        """
        ...


class Store(Protocol):
    """Where records live."""

    def unit(
        self, command: Command | None = None, *, readonly: bool = False, claiming: bool = False
    ) -> AbstractContextManager[Unit]:
        """Begin a unit of work; inside another unit of the same store it joins that one.

        `claiming` is for `claim` and `take`. Raises `StoreBusy` where others came in between; then do the block again.
        """
        ...

    def atomically(self, function: Callable[[Any], T], *, readonly: bool = False, claiming: bool = False) -> T:
        """Call a function with a unit of its own, and again with a new one when others came in between."""
        ...

    def perform(
        self,
        program: "Callable[[Work], Program[T]]",
        *,
        readonly: bool = False,
        claiming: bool = False,
        glance: bool = False,
    ) -> T:
        """Run a program in a unit of work of its own, or in the one that is open; a `glance` asks one question."""
        ...

    def seal(self) -> int:
        """Link what no seal covers yet into the tenant's chain; tells how many entries. 0 where units do it."""
        ...

    def tenant(self, name: str) -> "Store":
        """The same store for another tenant. Tenants never see each other."""
        ...

    def tenants(self) -> tuple[str, ...]:
        """The tenants that have saved something."""
        ...

    def head(self) -> Head:
        """The end of this tenant's journal."""
        ...

    def verify(self, head: Head | None = None) -> int:
        """Check the whole journal of this tenant; tells how many entries were read. Raises `BrokenJournal`."""
        ...

    def close(self) -> None:
        """Give everything back. A closed store refuses to work."""
        ...

    @property
    def kinds(self) -> Mapping[type, Kind[Any]]:
        """The kinds of records that it keeps."""
        ...

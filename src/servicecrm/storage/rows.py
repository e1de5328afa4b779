"""The shapes that programs and tables exchange."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Concatenate, Final, NamedTuple, ParamSpec, Protocol, TypeVar, overload

from servicecrm.errors import MalformedDocument
from servicecrm.kernel.documents import to_text
from servicecrm.kernel.filters import Filter
from servicecrm.kernel.frozen import FrozenMap, thaw
from servicecrm.kernel.kinds import Identified, Indexed, Kind, from_micros, key_text, micros
from servicecrm.storage.journal import EntryRow, Link, SealRow
from servicecrm.storage.ports import Command, Delivery, Notice, Outcome, Program, Queued

__all__ = [
    "FETCHED",
    "Change",
    "Coming",
    "CommandRow",
    "EntryKey",
    "NoticeRow",
    "NumberRow",
    "Position",
    "Query",
    "QueueCounts",
    "QueuedRow",
    "RecordRow",
    "Request",
    "Tables",
    "Term",
    "ask",
    "checked_record",
    "command_rows",
    "delivery_of",
    "fetched",
    "loaded",
    "notice_row",
    "outcome_of",
    "queued_of",
]


P = ParamSpec("P")
T = TypeVar("T")
R = TypeVar("R", bound=Identified)


class RecordRow(NamedTuple):
    """A record as it is stored."""

    id: str
    revision: int
    schema: int
    document: str


class Change(NamedTuple):
    """A record to be put in its place, its columns, and the revision that has to be there before."""

    row: RecordRow
    columns: Mapping[str, Indexed]
    expected: int = 0


class Coming(Sequence[T]):
    """So many rows, each made when it is asked for first, in order: a database puts some in while others are made."""

    def __init__(self, rows: Iterator[T], count: int) -> None:
        self._rows, self._count = rows, count
        self._made: list[T] = []

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, place: int) -> T: ...
    @overload
    def __getitem__(self, place: slice) -> list[T]: ...
    def __getitem__(self, place: int | slice) -> T | list[T]:
        return next(islice(self, place, None)) if isinstance(place, int) else [*self][place]

    def __iter__(self) -> Iterator[T]:
        yield from self._made
        for row in self._rows:
            self._made.append(row)
            yield row


class Position(NamedTuple):
    """Where a page ended: the value that it is ordered by, and the id that breaks ties."""

    value: Indexed
    id: str


def ask(method: "Callable[Concatenate[Tables, P], T]", *args: P.args, **kwargs: P.kwargs) -> Program[T]:
    """Put one request to the tables: `row = yield from ask(Tables.fetch, kind, id)`."""
    answer: T = yield Request(method.__name__, args, kwargs)
    return answer


READS: Final = frozenset(
    {
        *("fetch", "hold", "select", "columns", "count", "terms", "commands", "tenants"),
        *("entries", "entries_after", "last_seal", "seals_after", "sealed_hashes"),
        *("queued", "queue_counts"),
        *("commands_after", "numbers", "notices_after", "forget"),
        "next_number",  # it writes, but a number that nobody got is only a gap
    }
)
"""Requests after which nothing has to be taken back."""


EntryKey = tuple[str, str, int]
"""The kind, the id and the number of an entry."""

Term = tuple[str, str, str]
"""The field and the value of a term, and the id of its record."""


class Request:
    """One request to the tables."""

    __slots__ = ("args", "kwargs", "method")

    def __init__(self, method: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        self.method: str = method
        self.args: tuple[Any, ...] = args
        self.kwargs: Mapping[str, Any] = kwargs

    @property
    def writes(self) -> bool:
        """Is there something to take back if what it belongs to fails?"""
        return self.method not in READS

    def __call__(self, tables: Any) -> Any:
        return getattr(tables, self.method)(*self.args, **self.kwargs)


class CommandRow(NamedTuple):
    """A command as it is stored."""

    id: str
    fingerprint: str
    kind: str
    record: str
    revision: int
    number: str | None
    given_at: int


class NumberRow(NamedTuple):
    """The last human number of a kind and year."""

    kind: str
    year: int
    last: int


class NoticeRow(NamedTuple):
    """A notice as it is stored."""

    key: str
    place: int
    topic: str
    recipient: str
    kind: str
    record: str
    body: str
    not_before: int | None
    attempt: int
    worker: str | None
    claimed_until: int | None
    delivered_at: int | None
    failed_at: int | None = None
    """Not in the tables and the exports of version 1."""
    cause: str | None = None
    """Not in the tables and the exports of versions 1 to 4."""


class QueuedRow(NamedTuple):
    """A notice that is not delivered, without its body. `claimed_until` is there while the lease lasts."""

    key: str
    topic: str
    recipient: str
    kind: str
    record: str
    not_before: int | None
    attempt: int
    worker: str | None
    claimed_until: int | None
    failed_at: int | None
    cause: str | None


class QueueCounts(NamedTuple):
    """How many notices there are, wait or are claimed, are claimed, have failed."""

    all: int
    pending: int
    claimed: int
    failed: int


class Query(NamedTuple):
    """What to read. One row more than `limit` is read, to see whether there is another page.

    With `taking`, the rows are locked until the unit ends, and those that others hold are passed over.
    """

    filter: Filter
    order: str = "id"
    descending: bool = False
    limit: int | None = None
    after: Position | None = None
    taking: bool = False


class Tables(Protocol):
    """The requests that programs make. In memory they are done, for SQL they become statements.

    What takes a list gives one answer for each of its items, in order.
    """

    def fetch(self, kind: Kind[Any], ids: Sequence[str]) -> list[RecordRow | None]: ...
    def select(self, kind: Kind[Any], query: Query) -> list[tuple[RecordRow, Position]]: ...
    def columns(
        self, kind: Kind[Any], names: Sequence[str], query: Query
    ) -> list[tuple[tuple[Indexed, ...], Position]]: ...
    def count(self, kind: Kind[Any], filter: Filter) -> int: ...
    def hold(self, kind: Kind[Any], ids: Sequence[str]) -> dict[str, int]:
        """Keep records from being changed until the transaction ends; gives their revisions."""
        ...

    def touch(self, kind: Kind[Any], ids: Sequence[str]) -> dict[str, int]:
        """The same, and whoever saves one of them in a transaction that has begun already has to begin again."""
        ...

    def insert(self, kind: Kind[Any], changes: Sequence[Change]) -> list[bool]: ...
    def update(self, kind: Kind[Any], changes: Sequence[Change]) -> list[Link | None]:
        """The end of each record's chain, or None where another revision was there."""
        ...

    def add_terms(self, kind: Kind[Any], terms: Sequence[Term]) -> None: ...
    def drop_terms(self, kind: Kind[Any], terms: Sequence[Term]) -> None: ...
    def terms(self, kind: Kind[Any], ids: Sequence[str]) -> list[Term]: ...

    def append(self, rows: Sequence[EntryRow]) -> None: ...
    def entries(self, kind: str, ids: Sequence[str], *, type: str | None = None) -> list[EntryRow]:
        """The entries of some records, or those of one type, by id and in order."""
        ...

    def entries_after(self, after: EntryKey | None, limit: int) -> list[EntryRow]: ...
    def seal(self, n: int, limit: int) -> list[str]:
        """Put entries that no seal covers yet under one; gives their hashes."""
        ...

    def erase_entries(self, kind: str, id: str, before: int) -> None:
        """Take the personal part out of a record's entries before the one with this number."""
        ...

    def last_seal(self) -> SealRow | None: ...
    def add_seal(self, seal: SealRow) -> None: ...
    def seals_after(self, n: int | None, limit: int) -> list[SealRow]: ...
    def sealed_hashes(self, first: int, last: int) -> list[tuple[int, str]]: ...

    def commands(self, ids: Sequence[str]) -> dict[str, tuple[str, Outcome]]: ...
    def add_commands(self, outcomes: Sequence[tuple[Command, Outcome]], now: datetime) -> None: ...
    def erase_commands(self, kind: str, id: str, instead: str) -> None:
        """Put something else in place of the fingerprints of the commands that changed a record."""
        ...

    def next_number(self, kind: str, year: int, count: int) -> int: ...
    def reserve_number(self, kind: str, year: int, count: int) -> None: ...

    def enqueue(self, notices: Sequence[Notice]) -> None: ...
    def claim(self, worker: str, now: datetime, limit: int, lease: timedelta) -> list[Delivery]: ...
    def settle(
        self, delivery: Delivery, *, delivered: bool, dead: bool, retry_at: datetime | None, cause: str | None
    ) -> int: ...
    def queued(self, after: str | None, limit: int, *, failed: bool) -> list[QueuedRow]:
        """Notices that have failed, or those that wait or are claimed, after the one with this key."""
        ...

    def erase_notices(self, kind: str, ids: Sequence[str], cause: str) -> None:
        """Empty the notices about records; those that wait have failed with that, for this cause."""
        ...

    def queue_counts(self) -> QueueCounts: ...
    def revive(self, key: str) -> int:
        """Let a failed notice wait again, as a new one; tells whether it had failed."""
        ...

    # For moving a whole tenant: everything after a key, and putting it in as it was.
    def commands_after(self, id: str, limit: int) -> list[CommandRow]: ...
    def numbers(self) -> list[NumberRow]: ...
    def notices_after(self, place: int, limit: int) -> list[NoticeRow]: ...
    def put_commands(self, rows: Sequence[CommandRow]) -> None: ...
    def put_numbers(self, rows: Sequence[NumberRow]) -> None: ...
    def put_notices(self, rows: Sequence[NoticeRow]) -> None: ...

    def register(self) -> None: ...
    def tenants(self) -> tuple[str, ...]: ...
    def forget(self) -> None:
        """What this unit overwrites is to be nowhere any more, once it is saved; nor in a log, where that is ours."""


FETCHED: Final = 500
"""How many records are asked for at once; a statement has a place for only so many ids."""


def fetched(kind: Kind[Any], ids: Sequence[str]) -> Program[list[RecordRow | None]]:
    """Any number of records by their ids."""
    found: list[RecordRow | None] = []
    for start in range(0, len(ids), FETCHED):
        found += yield from ask(Tables.fetch, kind, ids[start : start + FETCHED])
    return found


def loaded(kind: Kind[R], row: RecordRow) -> R:
    """The record of a row.

    Raises:
        MalformedDocument: it cannot be read; names its id.
    """
    try:
        return kind.schema.load_text(row.document, version=row.schema, revision=row.revision)
    except MalformedDocument as error:
        raise MalformedDocument(error.kind, error.problems, id=row.id) from None


def checked_record(kind: Kind[R], row: RecordRow) -> R:
    """The record of a row, whoever wrote it, with every check. See `loaded`."""
    try:
        return kind.schema.check_text(row.document, version=row.schema, revision=row.revision)
    except MalformedDocument as error:
        raise MalformedDocument(error.kind, error.problems, id=row.id) from None


def command_rows(outcomes: Sequence[tuple[Command, Outcome]], now: datetime) -> list[CommandRow]:
    """What these commands did, as rows."""
    given = micros(now)
    return [
        CommandRow(command.id, command.fingerprint, done.kind, done.id, done.revision, done.number, given)
        for command, done in outcomes
    ]


def outcome_of(row: CommandRow) -> Outcome:
    """What the command of a row did."""
    return Outcome(kind=row.kind, id=row.record, revision=row.revision, number=row.number)


def notice_row(notice: Notice, place: int) -> NoticeRow:
    """A new notice as a row."""
    return NoticeRow(
        key=key_text("key", notice.key),
        place=place,
        topic=notice.topic,
        recipient=notice.recipient,
        kind=notice.kind,
        record=notice.id,
        body=to_text(thaw(notice.body)),
        not_before=None if notice.not_before is None else micros(notice.not_before),
        attempt=0,
        worker=None,
        claimed_until=None,
        delivered_at=None,
    )


def delivery_of(row: NoticeRow) -> Delivery:
    """The notice of a claimed row, for its worker."""
    assert row.worker is not None
    assert row.claimed_until is not None
    notice = Notice(
        key=row.key,
        topic=row.topic,
        recipient=row.recipient,
        kind=row.kind,
        id=row.record,
        body=FrozenMap(json.loads(row.body)),
        not_before=_time(row.not_before),
    )
    return Delivery(notice=notice, worker=row.worker, attempt=row.attempt, until=from_micros(row.claimed_until))


def queued_of(row: QueuedRow) -> Queued:
    """A notice that is not delivered, to be shown."""
    return Queued(
        key=row.key,
        topic=row.topic,
        recipient=row.recipient,
        kind=row.kind,
        id=row.record,
        not_before=_time(row.not_before),
        attempts=row.attempt,
        worker=row.worker,
        claimed_until=_time(row.claimed_until),
        failed_at=_time(row.failed_at),
        cause=row.cause,
    )


def _time(micros: int | None) -> datetime | None:
    return None if micros is None else from_micros(micros)

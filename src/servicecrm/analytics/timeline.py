"""Everything that happened with a customer, over every slice, in one order and page by page.

The programs here ask for what they need to read; a desk runs them over its store, waited for or awaited.
"""

import base64
import json
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any, Final, NamedTuple, Protocol, TypeVar

from servicecrm.analytics.timeline_sources import SOURCES, Source, TimelineEntry
from servicecrm.errors import InvalidValue
from servicecrm.kernel.filters import Filter, where
from servicecrm.kernel.kinds import Indexed, from_micros
from servicecrm.kernel.records import record
from servicecrm.kernel.years import in_years
from servicecrm.portfolio import INTERACTION, Customer
from servicecrm.tracking.action_schema import ACTION_ITEM

__all__ = ["SOURCES", "Reads", "Timeline", "TimelineEntry", "check_size", "timeline"]

T = TypeVar("T")

Reading = Generator[Any, Any, T]
"""A program that reads."""

MAX_SIZE: Final = 500
CAUSES: Final = 200
"""How many of the newest records of each kind are looked at for actions that follow from them."""


class Reads(Protocol):
    """What a unit of work offers to read with."""

    def rows(
        self,
        record: type[Any],
        columns: Sequence[str],
        *filters: Filter,
        order: str,
        limit: int | None,
        after: str | None = None,
    ) -> Reading[tuple[list[tuple[Indexed, ...]], str | None]]: ...

    def present(self, record: type[Any], ids: Sequence[str], *, held: bool = True) -> Reading[dict[str, Any]]: ...


Place = Callable[[str, tuple[Indexed, str]], str]
"""The cursor of a store for a place in an order: of its value, and of the id that breaks ties."""


@record
class Timeline:
    """A page of what happened, the newest first. `next` is where the following page begins; None at the end."""

    entries: tuple[TimelineEntry, ...]
    next: str | None = None

    def __iter__(self) -> Iterator[TimelineEntry]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)


def check_size(size: int) -> None:
    """Refuses a page of a size that is not from 1 to 500."""
    if not 1 <= size <= MAX_SIZE:
        raise InvalidValue("size", f"expected 1 to {MAX_SIZE}; read on with the `next` of a page")


class _Found(NamedTuple):
    """Something that may be on the page, in the order of the page."""

    at: int
    source: int
    id: str


def timeline(
    work: Reads,
    customer: Customer,
    *,
    place: Place,
    kinds: Collection[str],
    merged: Sequence[str] = (),
    since: datetime | None = None,
    size: int = 50,
    after: str | None = None,
) -> Reading[Timeline]:
    """A page of what happened with a customer, also while it was a prospect; the newest first.

    `merged` are the ids of those that go on as this one: what is kept under them is its own.
    `kinds` are the names of those to read, which the store has. What began at the same instant always has the same
    order, and whatever is added meanwhile, no entry comes twice. Actions are those that follow from the customer, and
    from the newest records of each kind that is read. `place` makes the cursors of the store.

    Raises:
        InvalidValue: the size is not from 1 to 500, or `after` is not the `next` of a page.
        NaiveDatetime: a time has no zone.

    Source: C017; SRM, contact and profile: all interactions, including calls, e-mail, correspondence and meetings.
    """
    check_size(size)
    last = None if after is None else _read(after)
    read = [(n, source) for n, source in enumerate(SOURCES) if source.kind.name in kinds]
    found: list[_Found] = []
    ids = (customer.id, *merged)
    for n, source in read:
        for condition in (yield from _whose(work, customer, ids, source, read)):
            filters = [condition] if since is None else [condition, _since(source, since)]
            start = None if last is None else place(f"-{source.at}", _start(source, n, last))
            rows = yield from _rows(work, source, filters, size + 1, start)
            found += [_Found(source.instant(at), n, str(id)) for id, at in rows]
    # Backwards by time and id, as the store reads them.
    found.sort(key=lambda each: each.id, reverse=True)
    found.sort(key=lambda each: (-each.at, each.source))
    if last is not None:
        found = [each for each in found if _follows(each, last)]
    page = found[:size]
    entries = yield from _entries(work, page)
    return Timeline(entries=entries, next=_written(page[-1]) if len(found) > size else None)


def _rows(
    work: Reads, source: Source, filters: Sequence[Filter], limit: int, start: str | None
) -> Reading[list[tuple[Indexed, ...]]]:
    """The ids and times of the next records, or of all of them, where no index has them in this order.

    There a database might walk through everybody's records in the order of time, to find those of one customer.
    """
    record, columns, begun = source.kind.schema.record, ("id", source.at), ~where(source.at).is_(None)
    if source.ordered:
        rows, _ = yield from work.rows(
            record, columns, *filters, begun, order=f"-{source.at}", limit=limit, after=start
        )
    else:
        rows, _ = yield from work.rows(record, columns, *filters, begun, order=source.whose, limit=None)
    return rows


def _follows(each: _Found, last: _Found) -> bool:
    """Does it come after the last one of the page before?"""
    one, other = (-each.at, each.source), (-last.at, last.source)
    return one > other or (one == other and each.id < last.id)


def _whose(
    work: Reads, customer: Customer, ids: Sequence[str], source: Source, read: Sequence[tuple[int, Source]]
) -> Reading[tuple[Filter, ...]]:
    """The conditions under which a record belongs to a customer, one of which holds."""
    if source.kind is ACTION_ITEM:
        causes: list[str] = [*ids]
        for _, cause in read:
            if cause.causes:
                rows = []
                for id in ids:  # each by itself, as an index finds them
                    rows += yield from _rows(work, cause, [where(cause.whose) == id], CAUSES, None)
                rows.sort(key=lambda row: cause.instant(row[1]), reverse=True)
                causes += [str(id) for id, _ in rows[:CAUSES]]
        return tuple(where("source").one_of(causes[n : n + 1000]) for n in range(0, len(causes), 1000))
    own = tuple(where(source.whose) == id for id in ids)
    if source.kind is INTERACTION and customer.origin is not None:
        return (*own, where("prospect") == customer.origin)
    return own


def _since(source: Source, since: datetime) -> Filter:
    return where(source.at) >= (in_years("since", since).astimezone(UTC).date() if source.daily else since)


def _entries(work: Reads, page: Iterable[_Found]) -> Reading[tuple[TimelineEntry, ...]]:
    listed = list(page)
    records: dict[tuple[int, str], Any] = {}
    by_source = sorted(listed, key=lambda each: each.source)
    for n, group in groupby(by_source, key=lambda each: each.source):
        there = yield from work.present(SOURCES[n].kind.schema.record, [each.id for each in group], held=False)
        records |= {(n, id): record for id, record in there.items()}
    return tuple(
        SOURCES[each.source].entry(records[each.source, each.id], each.at)
        for each in listed
        if (each.source, each.id) in records
    )


# -- where a page begins -------------------------------------------------------------------------


def _start(source: Source, n: int, last: _Found) -> tuple[Indexed, str]:
    """The place in a source after the last entry of a page, which may be of another source."""
    if n == last.source:
        return source.stored(last.at), last.id
    told = source.instant(source.stored(last.at)) == last.at and n < last.source  # at that instant, it came before
    if told:
        return source.stored(last.at), ""
    return source.stored(last.at + (_DAY if source.daily else 1)), ""


_DAY: Final = timedelta(days=1) // timedelta(microseconds=1)


def _written(last: _Found) -> str:
    told = [last.at, SOURCES[last.source].kind.name, last.id]
    return base64.urlsafe_b64encode(json.dumps(told).encode()).decode()


def _read(cursor: str) -> _Found:
    try:
        at, kind, id = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        if type(at) is int and type(id) is str:
            from_micros(at + _DAY)
            return _Found(at, _PLACES[kind], id)
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        pass
    raise InvalidValue("after", "not a cursor; hand back the `next` of a page as it is")


_PLACES: Final[Mapping[str, int]] = {source.kind.name: n for n, source in enumerate(SOURCES)}

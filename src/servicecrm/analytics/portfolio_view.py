"""The customers at a glance: who looks after each, what was agreed, what is open, and when we last heard of it."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Protocol

import attrs

from servicecrm.agreements.lifecycle import IN_FORCE
from servicecrm.agreements.schema import AGREEMENT
from servicecrm.analytics.timeline import Reading, Reads, check_size
from servicecrm.calendars import BusinessHours
from servicecrm.complaints.schema import COMPLAINT
from servicecrm.errors import ServiceCRMError
from servicecrm.kernel.filters import Filter, in_parts, where
from servicecrm.kernel.kinds import Indexed, Kind, from_micros
from servicecrm.kernel.records import Personal, fields_of, record
from servicecrm.portfolio import INTERACTION, Customer
from servicecrm.portfolio.shapes import figure
from servicecrm.reviews.lifecycle import CANCELLED
from servicecrm.reviews.schedule_model import Schedule
from servicecrm.reviews.schema import MEETING, SCHEDULE, SERVICE_REVIEW

__all__ = ["PortfolioLine", "PortfolioView", "portfolio_view"]


class Finds(Reads, Protocol):
    """What a unit of work offers to read a page of records with."""

    def find(
        self, record: type[Any], *filters: Filter, order: str, limit: int | None, after: str | None = None
    ) -> Reading[Any]: ...


@record
class PortfolioLine:
    """A customer, and how it stands with it. `satisfaction` is a figure of the host's choice.

    `agreements` and `open_complaints` count those in force and those that are open, also of customers that were merged
    into this one. `heard_at` is when we were last in touch, and `next_review` the first day by which a review is due:
    one that is planned, or the next of a schedule other than that of meetings.
    """

    id: str
    number: str | None
    name: Personal[str]
    state: str
    account_manager: str | None
    deputy: str | None
    value_class: str | None
    services: tuple[str, ...]
    agreements: int
    open_complaints: int
    satisfaction: float | None = attrs.field(converter=figure)
    heard_at: datetime | None
    next_review: date | None
    verified_at: datetime | None


@record
class PortfolioView:
    """A page of the portfolio as it was at a time; it never changes. `next` is where the following page begins.

    Source: C024; YaSM, customer portfolio.
    """

    at: datetime
    lines: tuple[PortfolioLine, ...]
    next: str | None = None

    def __iter__(self) -> Iterator[PortfolioLine]:
        return iter(self.lines)

    def __len__(self) -> int:
        return len(self.lines)

    def to_dicts(self) -> list[dict[str, Any]]:
        """A dict for each line, in JSON types."""
        return [{name: _plain(value) for name, value in fields_of(line).items()} for line in self.lines]


def portfolio_view(
    work: Finds,
    *,
    at: datetime,
    kinds: Collection[str],
    manager: str | None = None,
    order: str | None = None,
    size: int = 50,
    after: str | None = None,
    satisfaction: Mapping[str, float] = MappingProxyType({}),
    calendar: BusinessHours | None = None,
) -> Reading[PortfolioView]:
    """A page of the customers that we serve or may serve, with what stands beside each.

    With a `manager`, those that this person looks after, whom nobody has verified for long first; without one, the last
    that were added first. `order` is another column of customers. `kinds` are the names of the kinds that the store
    has: without reviews there is none due. By the `calendar` days of schedules are moved to business days.

    Raises:
        InvalidValue: there is no such column, the size is not from 1 to 500, or `after` is no cursor.

    Source: C024, K01.
    """
    check_size(size)
    chosen = [where("open").is_(True)]
    if manager is not None:
        chosen.append(where("account_manager") == manager)
    by = order or ("-added_at" if manager is None else "verified_at")
    page = yield from work.find(Customer, *chosen, order=by, limit=size, after=after)
    customers: tuple[Customer, ...] = page.items
    ids = [customer.id for customer in customers]
    whose = yield from _whose(work, ids)
    complaints = yield from _counted(work, COMPLAINT, whose, where("open").is_(True))
    agreements = yield from _counted(work, AGREEMENT, whose, where("state") == IN_FORCE)
    reviews = yield from _next_reviews(work, whose, kinds, calendar)
    lines = []
    for customer in customers:
        heard_at = yield from _heard_at(work, customer.id)
        line = PortfolioLine(
            id=customer.id,
            number=customer.number,
            name=customer.name,
            state=customer.state,
            account_manager=customer.account_manager,
            deputy=customer.deputy,
            value_class=customer.classes[-1].value_class.value if customer.classes else None,
            services=tuple(sorted(customer.services)),
            agreements=agreements[customer.id],
            open_complaints=complaints[customer.id],
            satisfaction=satisfaction.get(customer.id),
            heard_at=heard_at,
            next_review=reviews.get(customer.id),
            verified_at=customer.verified_at,
        )
        lines.append(line)
    return PortfolioView(at=at, lines=tuple(lines), next=page.next)


def _whose(work: Reads, customers: Sequence[str]) -> Reading[dict[str, str]]:
    """The ids of customers and of all that go on as one of them, each with the customer that it counts for."""
    whose = {id: id for id in customers}
    new = [*customers]
    while new:
        found: dict[str, str] = {}
        for part in in_parts(new):
            merged = where("merged_into").one_of(part)
            rows, _ = yield from work.rows(Customer, ("id", "merged_into"), merged, order="merged_into", limit=None)
            found |= {str(id): whose[str(into)] for id, into in rows if str(id) not in whose}
        whose |= found
        new = [*found]
    return whose


def _of(
    work: Reads, kind: Kind[Any], whose: Mapping[str, str], columns: Sequence[str], *conditions: Filter
) -> Reading[list[tuple[Indexed, ...]]]:
    """Columns of all records of a kind that belong to customers; the customer that each counts for comes first."""
    found: list[tuple[Indexed, ...]] = []
    for part in in_parts(whose):
        mine, read = where("customer").one_of(part), ("customer", *columns)
        rows, _ = yield from work.rows(kind.schema.record, read, mine, *conditions, order="customer", limit=None)
        found += [(whose[str(customer)], *values) for customer, *values in rows]
    return found


def _counted(work: Reads, kind: Kind[Any], whose: Mapping[str, str], condition: Filter) -> Reading[Counter[str]]:
    """How many records of a kind each customer has."""
    rows = yield from _of(work, kind, whose, (), condition)
    return Counter(str(customer) for (customer,) in rows)


def _next_reviews(
    work: Reads, whose: Mapping[str, str], kinds: Collection[str], calendar: BusinessHours | None
) -> Reading[dict[str, date]]:
    """The first day by which a review with each customer is due."""
    due: list[tuple[str, date]] = []
    taken: dict[tuple[str, str], date] = {}
    for kind in (SERVICE_REVIEW, MEETING):
        if kind.name in kinds:
            stands = ~where("due_on").is_(None) & ~(where("state") == CANCELLED)
            for each in (yield from _of(work, kind, whose, ("occasion", "due_on", "open"), stands)):
                customer, occasion, day = str(each[0]), str(each[1]), date.fromisoformat(str(each[2]))
                taken[customer, occasion] = max(day, taken.get((customer, occasion), day))
                if kind is SERVICE_REVIEW and each[3]:
                    due.append((customer, day))
    if SCHEDULE.name in kinds:
        regular = where("open").is_(True) & ~(where("occasion") == "meeting")
        rows = yield from _of(work, SCHEDULE, whose, ("id",), regular)
        of = {str(id): str(customer) for customer, id in rows}
        for id, schedule in (yield from work.present(Schedule, [*of], held=False)).items():
            try:
                day = schedule.next_after(taken.get((of[id], schedule.occasion)), calendar=calendar)
            except ServiceCRMError:  # without a calendar, or with one that has run out, nobody knows the day
                continue
            due += [] if day is None else [(of[id], day)]
    return dict(sorted(due, reverse=True))  # the first day comes last


def _heard_at(work: Reads, customer: str) -> Reading[datetime | None]:
    mine = where("customer") == customer
    rows, _ = yield from work.rows(INTERACTION.schema.record, ("occurred_at",), mine, order="-occurred_at", limit=1)
    return from_micros(int(rows[0][0] or 0)) if rows else None


def _plain(value: object) -> object:
    if isinstance(value, date):  # a time as well
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value

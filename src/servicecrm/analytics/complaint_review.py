"""The complaints of a period looked through together: what is frequent, what comes back, what is left undone.

```python
from datetime import UTC, datetime

from servicecrm.analytics.complaint_review import ReviewRow, review_complaints

rows = [ReviewRow(id="c-1", received_at=datetime(2026, 3, 2, 9, tzinfo=UTC), category="water")]
review = review_complaints(rows, period="2026-Q1", zone="Europe/Berlin", as_of=datetime(2026, 4, 7, tzinfo=UTC))
print(review.markdown())
```
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING, Final, NamedTuple

import attrs

from servicecrm.analytics.kpis_rows import ActionRow
from servicecrm.analytics.pareto import Pareto, ParetoLine, pareto
from servicecrm.analytics.review_decisions import SOURCE, ReviewDecision
from servicecrm.errors import InvalidValue
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.records import Personal, fields_of, record
from servicecrm.measures import kpi_period, previous_period, relative_change
from servicecrm.measures.scores import Reason

if TYPE_CHECKING:
    from servicecrm.complaints.model import Complaint

__all__ = [
    "ComplaintReview",
    "OverdueAction",
    "Pareto",
    "ParetoLine",
    "Repeat",
    "ReviewRow",
    "review_complaints",
    "review_row",
]

TABLES: Final = ("category", "service", "segment", "cause", "verdict")
"""The columns by which complaints are counted."""

FOLLOWED: Final = ("complaint", SOURCE)
"""What the actions of a review follow from: complaints, and what earlier reviews have decided."""

_COMPLAINT: Final = "complaint"
_DAY: Final = 24 * 60 * 60 * 1_000_000
"""Microseconds."""


class ReviewRow(NamedTuple):
    """What a review has to know of a complaint. `closed_at` is when it ended, and `segment` that of its customer.

    Without `recorded_at` it was recorded when it was received.
    """

    id: str
    received_at: datetime
    recorded_at: datetime | None = None
    closed_at: datetime | None = None
    feedback: str = _COMPLAINT
    duplicate_of: str | None = None
    customer: str | None = None
    category: str | None = None
    service: str | None = None
    segment: str | None = None
    cause: str | None = None
    verdict: str | None = None


def review_row(complaint: "Complaint", *, segment: str | None = None) -> ReviewRow:
    """The row of a complaint, of a customer in a segment of the host's."""
    return ReviewRow(
        id=complaint.id,
        received_at=complaint.received_at,
        recorded_at=complaint.recorded_at,
        closed_at=complaint.closed_at,
        feedback=complaint.feedback,
        duplicate_of=complaint.duplicate_of,
        customer=complaint.customer,
        category=complaint.category,
        service=complaint.service,
        segment=segment,
        cause=None if complaint.investigation is None else complaint.investigation.cause,
        verdict=complaint.verdict,
    )


@record
class Repeat:
    """A complaint that came so many full days after another one of the same customer in the same category."""

    id: str
    after: str
    customer: str
    category: str
    days: int


@record
class OverdueAction:
    """An action that is late, by begun days of 24 hours, and what it follows from."""

    action: str
    source_kind: str
    source: str
    owner: str | None
    due_at: datetime
    days_late: int


@record
class ComplaintReview:
    """What came in within a period, and what is still to be done.

    `complaints` are those that were received in the period, `still_open` those from before that had not ended at its
    end, or at `as_of` if that was earlier: together, each of them once. What goes on as another complaint counts there;
    `duplicates` says how many of the period do. `decisions` are what was decided about all this: see `decided`.
    """

    period: str
    zone: str
    as_of: datetime
    complaints: tuple[str, ...] = attrs.field(repr=False)
    still_open: tuple[str, ...] = attrs.field(repr=False)
    duplicates: int
    previous: int
    change: float | None
    reason: Reason | None
    tables: tuple[Pareto, ...] = attrs.field(repr=False)
    repeats: tuple[Repeat, ...] = attrs.field(repr=False)
    overdue: tuple[OverdueAction, ...] = attrs.field(repr=False)
    decisions: Personal[tuple[ReviewDecision, ...]] = ()

    def table(self, by: str) -> Pareto:
        """The complaints by a column.

        Raises:
            InvalidValue: there is no such column; names those that there are.
        """
        for table in self.tables:
            if table.by == by:
                return table
        raise InvalidValue("by", f"expected one of {', '.join(TABLES)}")

    def to_dicts(self) -> list[dict[str, object]]:
        """A dict for each line of each table, in JSON types, without the complaints behind it."""
        return [
            {"period": self.period, "by": table.by}
            | {
                name: float(value) if isinstance(value, Decimal) else value
                for name, value in fields_of(line).items()
                if name != "ids"
            }
            for table in self.tables
            for line in table
        ]

    def markdown(self, *, language: str = "en") -> str:
        """The whole review as a text in Markdown.

        Raises:
            InvalidValue: the language is not a language tag.
        """
        from servicecrm.analytics.review_page import markdown

        return markdown(self, language)

    def html(self, *, language: str = "en") -> str:
        """The whole review as tables of HTML."""
        from servicecrm.analytics.review_page import html

        return html(self, language)

    def __str__(self) -> str:
        return self.markdown()

    def _repr_html_(self) -> str:
        return self.html()


def review_complaints(
    rows: Iterable[ReviewRow],
    actions: Iterable[ActionRow] = (),
    *,
    period: str,
    zone: str,
    as_of: datetime,
    repeat_days: int = 180,
) -> ComplaintReview:
    """Look through the complaints of a period such as `2026-Q1`, as they are known at an instant.

    Give all rows there are: what is open or comes back began before the period. A repetition comes within
    `repeat_days` of the complaint before, as in K28; what is received is counted as in K18. A period that is not over
    is not compared with the one before.

    Raises:
        InvalidValue: there is no such period or zone, a complaint stands there twice, or the days are none.
        NaiveDatetime: a time has no zone.

    Source: C054, K18, K21, K28, K30; FitSM PR9 (periodic review of complaints and of actions).
    """
    if repeat_days < 1:
        raise InvalidValue("repeat_days", "expected one day or more")
    asked, earlier = kpi_period(period, zone=zone), kpi_period(previous_period(period), zone=zone)
    now, start = micros(as_of), micros(asked.start)
    over = now >= start and not asked.contains(as_of)
    known = _known(rows, now)
    counting = [row for row in known if row.duplicate_of is None]
    received = [row for row in counting if asked.contains(row.received_at)]
    before = [row for row in counting if earlier.contains(row.received_at)]
    change = relative_change(len(received) if over else None, len(before))

    def ended(row: ReviewRow) -> bool:
        """Had it ended at the end of the period, or by now if that is earlier?"""
        at = row.closed_at
        return at is not None and micros(at) <= now and (micros(at) < start or asked.contains(at))

    return ComplaintReview(
        period=period,
        zone=zone,
        as_of=as_of,
        complaints=tuple(row.id for row in received),
        still_open=tuple(row.id for row in counting if micros(row.received_at) < start and not ended(row)),
        duplicates=sum(row.duplicate_of is not None and asked.contains(row.received_at) for row in known),
        previous=len(before),
        change=change.value,
        reason=change.reason,
        tables=tuple(_table(by, received, before, over=over) for by in TABLES),
        repeats=tuple(_repeats(counting, {row.id for row in received}, repeat_days)),
        overdue=tuple(_overdue(actions, now)),
    )


def _known(rows: Iterable[ReviewRow], now: int) -> list[ReviewRow]:
    """The complaints that were known by now, in the order in which they came in."""
    known: dict[str, ReviewRow] = {}
    for row in rows:
        if row.feedback != _COMPLAINT or micros(row.received_at) > now or _later(row, now):
            continue
        if row.id in known:
            raise InvalidValue("rows", "a complaint stands there twice; give each of them once")
        known[row.id] = row
    return sorted(known.values(), key=lambda row: (micros(row.received_at), row.id))


def _later(row: ReviewRow | ActionRow, now: int) -> bool:
    """Was it recorded after now?"""
    return row.recorded_at is not None and micros(row.recorded_at) > now


def _table(by: str, received: Iterable[ReviewRow], before: Iterable[ReviewRow], *, over: bool) -> Pareto:
    ids: defaultdict[str | None, list[str]] = defaultdict(list)
    for row in received:
        ids[getattr(row, by)].append(row.id)
    return pareto(by, ids, Counter(getattr(row, by) for row in before), comparable=over)


def _repeats(rows: Iterable[ReviewRow], received: set[str], days: int) -> Iterator[Repeat]:
    """Those that were received soon after another one; what came at the same time is no repetition of each other."""
    last: dict[tuple[str, str], ReviewRow] = {}
    for _, together in groupby(rows, key=lambda row: micros(row.received_at)):
        new: dict[tuple[str, str], ReviewRow] = {}
        for row in together:
            if row.customer is None or row.category is None:
                continue
            new[row.customer, row.category] = row
            earlier = last.get((row.customer, row.category))
            if earlier is None or row.id not in received:
                continue
            passed = micros(row.received_at) - micros(earlier.received_at)
            if passed <= days * _DAY:
                yield Repeat(
                    id=row.id, after=earlier.id, customer=row.customer, category=row.category, days=passed // _DAY
                )
        last |= new


def _overdue(actions: Iterable[ActionRow], now: int) -> Iterator[OverdueAction]:
    """The actions that nobody had ended by now, the latest first."""
    for row in sorted(actions, key=lambda row: (micros(row.due_at), row.id)):
        ended = any(at is not None and micros(at) <= now for at in (row.done_at, row.cancelled_at))
        if row.source_kind in FOLLOWED and not ended and micros(row.due_at) < now and not _later(row, now):
            yield OverdueAction(
                action=row.id,
                source_kind=row.source_kind,
                source=row.source,
                owner=row.owner,
                due_at=row.due_at,
                days_late=-((micros(row.due_at) - now) // _DAY),
            )

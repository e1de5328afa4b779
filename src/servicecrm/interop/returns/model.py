"""What a complaints return is made of, whoever asks for it: one row for each complaint."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Literal, NamedTuple

import attrs

from servicecrm.complaints.codes import Verdict
from servicecrm.errors import InvalidValue, MalformedDocument
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.records import Personal, evolve, record
from servicecrm.kernel.shapes import filled
from servicecrm.kernel.values import Money, Period

__all__ = ["Finding", "Redress", "ReturnRow", "foreign", "known", "refuse", "repeated", "span", "stood", "total"]


@record
class Redress:
    """Something that was done for the complainant. With an `amount`, it was paid, or cost us so much.

    Goodwill, compensation for distress, and interest are redress too.
    """

    kind: str
    amount: Money | None = None
    given_at: datetime


@record
class ReturnRow:
    """What a return has to know of a complaint: it is about a `product`, and `issue` is the main thing that was wrong.

    Both are words of the return, not of the house. `closed_at` is when the complainant had the final response, or
    accepted an earlier one. `passed_on` says how much of it was for somebody else to answer.

    Raises:
        InvalidValue: it was closed before it was received, or withdrawn and not closed.
    """

    complaint: str = attrs.field(validator=filled)
    product: str | None = None
    issue: str | None = None
    received_at: datetime
    closed_at: datetime | None = None
    withdrawn: bool = False
    verdict: Verdict | None = None
    passed_on: Literal["no", "part", "whole"] = "no"
    redress: Personal[tuple[Redress, ...]] = ()

    def __attrs_post_init__(self) -> None:
        if self.closed_at is not None and micros(self.closed_at) < micros(self.received_at):
            raise InvalidValue("ReturnRow.closed_at", "a complaint is closed after it was received")
        if self.withdrawn and self.closed_at is None:
            raise InvalidValue("ReturnRow.closed_at", "a complaint that was withdrawn is closed")


class Finding(NamedTuple):
    """Why a complaint does not fit into a return, and where; its values are not shown."""

    complaint: str
    field: str
    says: str

    def __str__(self) -> str:
        return f"{self.complaint}.{self.field}: {self.says}"


def refuse(kind: str, findings: Iterable[Finding]) -> None:
    """Refuses a return that would not be right.

    Raises:
        MalformedDocument: there is a finding; tells all of them.
    """
    found = tuple(map(str, findings))
    if found:
        raise MalformedDocument(kind, found)


def known(row: ReturnRow, field: str, value: str | None, words: Iterable[str] = ()) -> Iterator[Finding]:
    """What is wrong with a word of a return: it is missing, or not one of its list. Without a list any word will do."""
    listed = tuple(words)
    if value is None:
        yield Finding(row.complaint, field, "is missing")
    elif listed and value not in listed:
        yield Finding(row.complaint, field, f"expected one of {'; '.join(listed)}")


def repeated(rows: Iterable[ReturnRow]) -> Iterator[Finding]:
    """The complaints that stand in a return more than once."""
    times = Counter(row.complaint for row in rows)
    return (Finding(name, "complaint", f"stands {count} times") for name, count in times.items() if count > 1)


def foreign(row: ReturnRow, currency: str) -> Iterator[Finding]:
    """What was paid in another currency than the return is made in: nothing is converted here."""
    others = {each.amount.currency for each in row.redress if each.amount is not None} - {currency}
    for other in sorted(others):
        yield Finding(row.complaint, "redress", f"is in {other}; convert it to {currency} first")


def total(given: Iterable[Redress]) -> Decimal:
    """What redress came to; only sensible in one currency."""
    return sum((each.amount.amount for each in given if each.amount is not None), Decimal(0))


def stood(row: ReturnRow, at: int) -> ReturnRow:
    """A complaint as it stood before an instant, in microseconds: what came later did not count yet.

    A verdict counts from the closing on, and so does that it was passed on whole.
    """
    row = evolve(row, redress=tuple(each for each in row.redress if micros(each.given_at) < at))
    if row.closed_at is not None and micros(row.closed_at) < at:
        return row
    passed_on = "no" if row.closed_at is not None and row.passed_on == "whole" else row.passed_on
    return evolve(row, closed_at=None, withdrawn=False, verdict=None, passed_on=passed_on)


def span(period: Period) -> tuple[int, int]:
    """When the period of a return starts and ends, in microseconds.

    Raises:
        InvalidValue: it has no end.
    """
    if period.end is None:
        raise InvalidValue("period", "the period of a return has an end")
    return micros(period.start), micros(period.end)

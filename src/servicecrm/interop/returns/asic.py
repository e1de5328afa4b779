"""The internal dispute resolution data that Australian financial firms report to ASIC: one row for each complaint.

The elements and when they are needed are here; the numbers that stand for a product, an issue, an outcome and the like
are those of the handbook that the firm reports under, so they are given as `codes`.

Source: ASIC Corporations (Internal Dispute Resolution Data Reporting) Instrument 2022/205; IDR data reporting handbook.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime, tzinfo
from decimal import Decimal
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

import attrs

from servicecrm.errors import InvalidValue
from servicecrm.interop.returns.model import Finding, ReturnRow, foreign, refuse, repeated, span, total
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.records import Personal, record
from servicecrm.kernel.shapes import filled
from servicecrm.kernel.values import Period

__all__ = ["ELEMENTS", "AsicRow", "Codes", "Element", "Value", "findings", "rows"]

Value = str | int | date | Decimal | None
"""What stands in a row: how a date or an amount is written is for the file."""

Codes = Mapping[str, Mapping[str, str]]
"""For each coded element, the code of every word: `{"Complaint status": {"open": "1", "closed": "2"}}`."""


@record
class AsicRow(ReturnRow):
    """A complaint to a financial firm of Australia, about one of its brands.

    `outcome` is how it ended, unless it was withdrawn. `representative` is the one that it is about, if it is about
    one. What the complainant did not tell stays None.

    Raises:
        InvalidValue: an age is below 0.
    """

    brand: str = attrs.field(validator=filled)
    channel: str
    outcome: str | None = None
    representative: str | None = None
    complainant_type: Personal[str] | None = None
    gender: Personal[str] | None = None
    age: Personal[int] | None = None
    postcode: Personal[str] | None = None

    def __attrs_post_init__(self) -> None:
        ReturnRow.__attrs_post_init__(self)
        if self.age is not None and self.age < 0:
            raise InvalidValue("AsicRow.age", "an age is 0 or more years")

    def closed_by(self, end: int) -> datetime | None:
        """When it was closed, if that was before the end of a period, given in microseconds."""
        return self.closed_at if self.closed_at is not None and micros(self.closed_at) < end else None


class Element(NamedTuple):
    """An element of the data dictionary: how it is found, which rows need it, and if it is coded.

    What needs an answer is `answered`: closed, and not withdrawn. `of` is given the complaint, the end of the period in
    microseconds, and the zone whose dates count.
    """

    name: str
    of: Callable[[AsicRow, int, tzinfo], Value]
    needed: Literal["always", "closed", "answered", "never"] = "never"
    form: Literal["plain", "coded"] = "plain"


def _days_open(row: AsicRow, end: int, zone: tzinfo) -> int | None:
    closed = row.closed_by(end)
    return None if closed is None else (_day(closed, zone) - _day(row.received_at, zone)).days


def _closed_on(row: AsicRow, end: int, zone: tzinfo) -> date | None:
    closed = row.closed_by(end)
    return None if closed is None else _day(closed, zone)


def _day(at: datetime, zone: tzinfo) -> date:
    return at.astimezone(zone).date()


ELEMENTS: Final = (
    #       name                             how it is found                                        needed    form
    Element("Complaint unique identifier",   lambda row, *_: row.complaint,                         "always"),
    Element("Brand",                         lambda row, *_: row.brand,                             "always"),
    Element("Complainant type",              lambda row, *_: row.complainant_type,                  "never",  "coded"),
    Element("Complainant gender",            lambda row, *_: row.gender,                            "never",  "coded"),
    Element("Complainant age",               lambda row, *_: row.age),
    Element("Complainant postcode",          lambda row, *_: row.postcode),
    Element("Complaint status",              lambda row, end, _: _status(row, end),                 "always", "coded"),
    Element("Complaint channel",             lambda row, *_: row.channel,                           "always", "coded"),
    Element("Date complaint received",       lambda row, _, zone: _day(row.received_at, zone),      "always"),
    Element("Date complaint closed",         _closed_on,                                            "closed"),
    Element("Number of days open",           _days_open,                                            "closed"),
    Element("Representative",                lambda row, *_: row.representative),
    Element("Product or service",            lambda row, *_: row.product,                           "always", "coded"),
    Element("Complaint issue",               lambda row, *_: row.issue,                             "always", "coded"),
    Element("Complaint outcome",             lambda row, end, _: row.outcome if row.closed_by(end) else None,
            "answered", "coded"),
    Element("Monetary remedy",               lambda row, end, _: _paid(row, end) if row.closed_by(end) else None),
)  # fmt: skip
"""The data elements, in order."""

_NO_CODES: Final[Codes] = MappingProxyType({})


def rows(
    complaints: Iterable[AsicRow], *, period: Period, zone: tzinfo, codes: Codes = _NO_CODES
) -> list[dict[str, Value]]:
    """The rows of a reporting period: of all complaints that were received in it, or still open when it began.

    They are told as they stood when the period ended. A coded element that `codes` does not name keeps its word. A firm
    without rows declares that instead.

    Raises:
        MalformedDocument: a complaint does not fit; every finding.
        InvalidValue: the period has no end.
    """
    told = _of(complaints, period)
    refuse("ASIC IDR data", findings(told, period=period, zone=zone, codes=codes))
    _, end = span(period)
    return [{each.name: _coded(each, each.of(row, end, zone), codes) for each in ELEMENTS} for row in told]


def findings(
    complaints: Iterable[AsicRow], *, period: Period, zone: tzinfo, codes: Codes = _NO_CODES
) -> tuple[Finding, ...]:
    """What keeps complaints out of the data, all of it."""
    told, (_, end) = _of(complaints, period), span(period)
    return (*repeated(told), *(each for row in told for each in _misfits(row, end, zone, codes)))


# -- inside --------------------------------------------------------------------------------------


def _of(complaints: Iterable[AsicRow], period: Period) -> list[AsicRow]:
    start, end = span(period)
    return [row for row in complaints if micros(row.received_at) < end and row.closed_by(start) is None]


def _misfits(row: AsicRow, end: int, zone: tzinfo, codes: Codes) -> Iterator[Finding]:
    yield from foreign(row, "AUD")
    for each in ELEMENTS:
        value = each.of(row, end, zone)
        listed = codes.get(each.name) if each.form == "coded" else None
        if value is None and _needs(each, row, end):
            yield Finding(row.complaint, each.name, "is missing")
        elif value is not None and listed is not None and value not in listed:
            yield Finding(row.complaint, each.name, f"has no code; there are codes for {'; '.join(listed)}")


def _needs(element: Element, row: AsicRow, end: int) -> bool:
    closed = row.closed_by(end) is not None
    answered = closed and not row.withdrawn
    return {"always": True, "closed": closed, "answered": answered, "never": False}[element.needed]


def _coded(element: Element, value: Value, codes: Codes) -> Value:
    listed = codes.get(element.name) if element.form == "coded" else None
    return value if listed is None or not isinstance(value, str) else listed[value]


def _status(row: AsicRow, end: int) -> str:
    if row.closed_by(end) is None:
        return "open"
    return "withdrawn" if row.withdrawn else "closed"


def _paid(row: AsicRow, end: int) -> Decimal | None:
    return total(each for each in row.redress if micros(each.given_at) < end) or None

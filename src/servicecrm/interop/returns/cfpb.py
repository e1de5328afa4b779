"""Complaints as the US Consumer Financial Protection Bureau publishes them, and what a company answered in its terms.

Source: the field reference of the Consumer Complaint Database; Company Portal Manual, March 2016.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import attrs

from servicecrm.complaints.codes import RemedyKind
from servicecrm.errors import InvalidValue
from servicecrm.interop.returns.model import Finding, ReturnRow, foreign, known, refuse, repeated, total
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.records import Personal, record
from servicecrm.kernel.shapes import Code, filled

__all__ = [
    "CHANNELS",
    "COLUMNS",
    "PUBLIC_RESPONSES",
    "TAGS",
    "CfpbRow",
    "CompanyResponse",
    "Consent",
    "findings",
    "response",
    "rows",
    "timely",
]

WASHINGTON: Final = ZoneInfo("America/New_York")

RESPONSE_WITHIN: Final = timedelta(days=15)
FINAL_WITHIN: Final = timedelta(days=60)
"""Within which a company has to respond, and to respond finally, after the complaint was sent to it."""

COLUMNS: Final = (
    *("Date received", "Product", "Sub-product", "Issue", "Sub-issue", "Consumer complaint narrative"),
    *("Company public response", "Company", "State", "ZIP code", "Tags", "Consumer consent provided?"),
    *("Submitted via", "Date sent to company", "Company response to consumer", "Timely response?"),
    *("Consumer disputed?", "Complaint ID"),
)
"""The columns of the database, in its order."""

CHANNELS: Final = ("Web", "Referral", "Phone", "Postal mail", "Fax", "Email", "Web Referral")
TAGS: Final = ("Older American", "Servicemember")

PUBLIC_RESPONSES: Final = (
    "Company has responded to the consumer and the CFPB and chooses not to provide a public response",
    "Company believes it acted appropriately as authorized by contract or law",
    "Company chooses not to provide a public response",
    "Company believes the complaint is the result of a misunderstanding",
    "Company disputes the facts presented in the complaint",
    (
        "Company believes complaint caused principally by actions of third party outside the control or direction "
        "of the company"
    ),
    "Company believes complaint is the result of an isolated error",
    "Company believes complaint represents an opportunity for improvement to better serve consumers",
    "Company can't verify or dispute the facts in the complaint",
    "Company believes complaint relates to a discontinued policy or procedure",
)
"""What a company may say in public, from a list."""

NO_RELIEF: Final = (RemedyKind.INFORMATION, RemedyKind.REFERRAL, RemedyKind.APOLOGY)
"""What is done for a consumer and is no relief that could be measured."""


class CompanyResponse(Code):
    """How a company answered the consumer."""

    IN_PROGRESS = "In progress"
    MONETARY = "Closed with monetary relief"
    NON_MONETARY = "Closed with non-monetary relief"
    EXPLANATION = "Closed with explanation"
    CLOSED = "Closed"
    UNTIMELY = "Untimely response"


class Consent(Code):
    """May what the consumer wrote be published?"""

    PROVIDED = "Consent provided"
    NOT_PROVIDED = "Consent not provided"
    WITHDRAWN = "Consent withdrawn"
    NOT_ASKED = "N/A"
    OTHER = "Other"


@record
class CfpbRow(ReturnRow):
    """A complaint that the Bureau sent to a company.

    `sent_at` is when it was sent, `responded_at` when the company first responded, be it only that it is in progress.
    An `administrative` closing is one without a response to the matter, such as of what the consumer never sent.

    Raises:
        InvalidValue: it was sent before it was received, or answered before it was sent.
    """

    sub_product: str | None = None
    sub_issue: str | None = None
    company: str = attrs.field(validator=filled)
    sent_at: datetime
    responded_at: datetime | None = None
    administrative: bool = False
    submitted_via: str
    narrative: Personal[str] | None = None
    consent: Consent = Consent.NOT_ASKED
    public_response: str | None = None
    state: Personal[str] | None = None
    zip_code: Personal[str] | None = None
    tags: Personal[frozenset[str]] = frozenset()

    def __attrs_post_init__(self) -> None:
        ReturnRow.__attrs_post_init__(self)
        times = [at for at in (self.received_at, self.sent_at, self.responded_at, self.closed_at) if at is not None]
        if sorted(times, key=micros) != times:
            raise InvalidValue("CfpbRow", "a complaint is received, sent, responded to and closed, in this order")


def rows(complaints: Iterable[CfpbRow], *, at: datetime) -> list[dict[str, str]]:
    """The rows of the database for complaints, as they stand at a time; dates are those of Washington.

    What a consumer wrote is told only with the consumer's consent. The Bureau stopped asking in 2017 whether consumers
    dispute an answer.

    Raises:
        MalformedDocument: a complaint does not fit; every finding.
    """
    told = tuple(complaints)
    refuse("CFPB complaints", findings(told))
    return [dict(zip(COLUMNS, _cells(row, at), strict=True)) for row in told]


def findings(complaints: Iterable[CfpbRow]) -> tuple[Finding, ...]:
    """What keeps complaints out of the database, all of it."""
    told = tuple(complaints)
    return (*repeated(told), *(each for row in told for each in _misfits(row)))


def response(row: CfpbRow, *, at: datetime) -> CompanyResponse:
    """How the company answered, as seen at a time: with money, with other relief, with an explanation, or not yet.

    What is not closed is in progress as long as there is time for the next response, and untimely afterwards.
    """
    if _closed(row, at):
        if row.administrative:
            return CompanyResponse.CLOSED
        given = [each for each in row.redress if micros(each.given_at) <= micros(at)]
        if total(given) > 0:
            return CompanyResponse.MONETARY
        relief = any(each.kind not in NO_RELIEF for each in given)
        return CompanyResponse.NON_MONETARY if relief else CompanyResponse.EXPLANATION
    return CompanyResponse.IN_PROGRESS if _in_time(row, at) else CompanyResponse.UNTIMELY


def timely(row: CfpbRow, *, at: datetime) -> bool:
    """Did the company respond in time, or is there still time to?"""
    return _in_time(row, _closed(row, at) or at)


# -- inside --------------------------------------------------------------------------------------


def _closed(row: CfpbRow, at: datetime) -> datetime | None:
    """When it was closed, if it was at that time."""
    return row.closed_at if row.closed_at is not None and micros(row.closed_at) <= micros(at) else None


def _in_time(row: CfpbRow, at: datetime) -> bool:
    """Were both limits kept by then? What counts are the days, not the hours."""
    first = min((each for each in (row.responded_at, row.closed_at, at) if each is not None), key=micros)
    sent = _day(row.sent_at)
    return _day(first) <= sent + RESPONSE_WITHIN and _day(at) <= sent + FINAL_WITHIN


def _day(at: datetime) -> date:
    return at.astimezone(WASHINGTON).date()


def _misfits(row: CfpbRow) -> Iterator[Finding]:
    yield from known(row, "product", row.product)
    yield from known(row, "issue", row.issue)
    yield from known(row, "submitted_via", row.submitted_via, CHANNELS)
    if row.public_response is not None:
        yield from known(row, "public_response", row.public_response, PUBLIC_RESPONSES)
    for tag in sorted(row.tags - set(TAGS)):
        yield from known(row, "tags", tag, TAGS)
    if row.state is not None and not (len(row.state) == 2 and row.state.isalpha() and row.state.isupper()):
        yield Finding(row.complaint, "state", "expected two capital letters")
    yield from foreign(row, "USD")


def _cells(row: CfpbRow, at: datetime) -> Iterator[str]:
    shown = row.narrative if row.consent is Consent.PROVIDED else None
    yield f"{_day(row.received_at):%m/%d/%Y}"
    for text in (row.product, row.sub_product, row.issue, row.sub_issue, shown, row.public_response):
        yield text or ""
    yield from (row.company, row.state or "", row.zip_code or "", ", ".join(sorted(row.tags)), row.consent.value)
    yield row.submitted_via
    yield f"{_day(row.sent_at):%m/%d/%Y}"
    yield response(row, at=at).value
    yield "Yes" if timely(row, at=at) else "No"
    yield "N/A"
    yield row.complaint

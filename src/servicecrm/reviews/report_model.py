"""What a regular report is, and what is kept of each that was made."""

import re
from datetime import date, datetime
from typing import Final, NewType

import attrs

from servicecrm.calendars import BusinessHours, Cadence
from servicecrm.errors import InvalidValue
from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.kernel.records import Personal, record
from servicecrm.kernel.shapes import filled
from servicecrm.kernel.values import Attachment
from servicecrm.reviews.cadencing import check_cadences, due_days

__all__ = ["ProducedReport", "ReportSpec", "ReportSpecId"]

ReportSpecId = NewType("ReportSpecId", str)

_SHA256: Final = re.compile(r"[0-9a-f]{64}")


@record
class ProducedReport:
    """A report as it was made for the day on which it was due, out of what was known at the `cut_off`.

    `digest` is the SHA-256 of its content.

    Raises:
        InvalidValue: the digest has another shape.
    """

    due_on: date
    cut_off: datetime
    digest: str
    document: Personal[Attachment] | None = None
    produced_at: datetime
    delivered_at: datetime | None = None
    delivered_to: tuple[str, ...] = ()

    def __attrs_post_init__(self) -> None:
        if not _SHA256.fullmatch(self.digest):
            raise InvalidValue("ProducedReport.digest", "a SHA-256 digest is 64 lower-case hex digits")


@record
class ReportSpec:
    """What a regular report is: its identity, purpose, audience, frequency, content, format and method of delivery.

    Its frequency are the `cadences`, each of which holds until the next one starts. `customer` is whom it is about,
    if it is about one. `reports` are those that were made.

    Raises:
        InvalidValue: one of the seven is missing or blank, or the zone is unknown.

    Source: C089; FitSM, service reporting (PR3).
    """

    id: ReportSpecId = attrs.field(validator=filled)
    number: str | None = None
    revision: int = attrs.field(default=0, eq=False)
    state: str

    name: str = attrs.field(validator=filled)
    purpose: str = attrs.field(validator=filled)
    audience: tuple[str, ...] = attrs.field(converter=tuple)
    cadences: tuple[Cadence, ...]
    content: tuple[str, ...] = attrs.field(converter=tuple)
    format: str = attrs.field(validator=filled)
    delivery: str = attrs.field(validator=filled)

    owner: str = attrs.field(validator=filled)
    customer: str | None = attrs.field(default=None, validator=filled)
    zone: str = "UTC"
    reports: Personal[tuple[ProducedReport, ...]] = ()
    specified_at: datetime
    ended_at: datetime | None = None
    ended_on: date | None = None
    extra: Personal[FrozenMap] = EMPTY

    def __attrs_post_init__(self) -> None:
        check_cadences("ReportSpec.cadences", self.cadences, self.zone)
        for name, texts in (("audience", self.audience), ("content", self.content)):
            if not texts or not all(text.strip() for text in texts):
                raise InvalidValue(f"ReportSpec.{name}", "name one or more, none of them blank")

    def days(self, first: date, end: date, *, calendar: BusinessHours | None = None) -> tuple[date, ...]:
        """The days on which a report is due, from one day up to and without another."""
        return due_days(self.cadences, first, end, ended_on=self.ended_on, calendar=calendar)

    def report(self, due_on: date) -> ProducedReport | None:
        """The report that was made for a day."""
        return next((each for each in self.reports if each.due_on == due_on), None)

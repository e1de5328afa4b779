"""What an agreement is made of: its lines, the duties of both sides, how it ends, and what happened to it."""

from datetime import date, datetime
from functools import cache
from zoneinfo import ZoneInfo

import attrs

from servicecrm.agreements.codes import ContactPurpose, EndOf, Party, ReviewDecision
from servicecrm.agreements.levels import ServiceLevels
from servicecrm.agreements.service_model import Price
from servicecrm.calendars import BusinessDays, CalendarTime, duration
from servicecrm.calendars.clock import midnight, utc
from servicecrm.calendars.table import FIRST_YEAR, LAST_YEAR
from servicecrm.errors import InvalidValue, PolicyViolation
from servicecrm.kernel.records import Personal, record
from servicecrm.kernel.shapes import filled
from servicecrm.kernel.years import zone_told

__all__ = [
    "AgreementContact",
    "AgreementReview",
    "Attached",
    "Duty",
    "GivenNotice",
    "Line",
    "Round",
    "Spell",
    "Termination",
    "check_day",
    "check_days",
    "check_length",
    "day_begins",
    "day_of",
]


@record
class Line:
    """One service that an agreement is about: a version of its definition, what is promised of it, and what it costs.

    `calendar` names the agreed service time; without one that is every hour of every day.
    """

    service: str = attrs.field(validator=filled)
    version: int = 1
    levels: ServiceLevels = attrs.field(factory=ServiceLevels)
    price: Price | None = None
    calendar: str | None = attrs.field(default=None, validator=filled)


@record
class Duty:
    """Something that one of the parties has to do."""

    party: Party = attrs.field(converter=Party)
    text: str = attrs.field(validator=filled)


@record
class AgreementContact:
    """Somebody whom the other party turns to, by id, and for what. Who is named for signing is who may sign."""

    party: Party = attrs.field(converter=Party)
    purpose: ContactPurpose = attrs.field(converter=ContactPurpose)
    person: str = attrs.field(validator=filled)


@record
class Termination:
    """How an agreement can be ended: `Termination(notice="3 calendar months", to="quarter")`.

    Notice is some calendar time or business days; the agreement ends at the end of its last day, or of the month, the
    quarter, the year or the term in which that day lies, and not before the day `not_before`.

    Raises:
        InvalidValue: the notice has another form, or is below zero; or the day lies outside the years 1900 to 2199.
    """

    notice: str = "3 calendar months"
    to: EndOf = attrs.field(default=EndOf.DAY, converter=EndOf)
    not_before: date | None = None

    def __attrs_post_init__(self) -> None:
        check_length("Termination.notice", self.notice, business=True, least=0)
        check_day("Termination.not_before", self.not_before)


@record
class Attached:
    """The general agreement that is a part of this one, as it was worded then."""

    agreement: str
    topic: str
    version: int


@record
class Round:
    """What a party has proposed: the digest of the terms as they were then."""

    party: Party
    by: str
    at: datetime
    digest: str


@record
class Spell:
    """From when to when an agreement was suspended."""

    since: datetime
    until: datetime | None = None


@record
class GivenNotice:
    """That a party ends the agreement: after which day, and why. `override` says why it may end sooner than agreed.

    Raises:
        InvalidValue: the day lies outside the years 1900 to 2199.
    """

    party: Party
    given_at: datetime
    last_day: date
    reason: Personal[str] | None = attrs.field(default=None, validator=filled)
    override: Personal[str] | None = attrs.field(default=None, validator=filled)

    def __attrs_post_init__(self) -> None:
        check_day("GivenNotice.last_day", self.last_day)


@record
class AgreementReview:
    """What the parties found when they looked at the agreement; `change` is the id of the change that follows."""

    held_on: date
    by: str
    findings: Personal[str] = attrs.field(validator=filled)
    decision: ReviewDecision
    change: str | None = attrs.field(default=None, validator=filled)


def day_begins(day: date, zone: str) -> datetime:
    """The first instant of a day in a zone."""
    return utc(midnight(day.toordinal(), _zone(zone)))


def day_of(at: datetime, zone: str) -> date:
    """The day on which an instant lies in a zone.

    Raises:
        InvalidValue: it lies on none there.
    """
    try:
        return at.astimezone(_zone(zone)).date()
    except (AttributeError, OverflowError):
        raise InvalidValue("occurred_at", "expected a time between the years 1 and 9999 there") from None


@cache
def _zone(name: str) -> ZoneInfo:
    return zone_told("zone", name)


def check_day(where: str, day: date | None) -> None:
    """Refuses a day of which no calendar knows."""
    if day is not None and not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise InvalidValue(where, f"it lies in the years {FIRST_YEAR} to {LAST_YEAR}; what has no end has no last day")


def check_days(where: str, first: date, last: date | None, zone: str) -> None:
    """Refuses days of which the last one comes before the first or no calendar knows, and an unknown zone."""
    _zone(zone)
    check_day(f"{where}.first_day", first)
    check_day(f"{where}.last_day", last)
    if last is not None and last < first:
        raise InvalidValue(f"{where}.last_day", "it ends on its first day or later")


def check_signed_in_time(signed_at: datetime, last: date | None, zone: str) -> None:
    """Refuses a signature after the last day, under which nobody would ever be held to anything."""
    if last is not None and day_of(signed_at, zone) > last:
        raise PolicyViolation("last_day", f"it was over on {last}; agree on a later last day, and sign that")


def check_length(where: str, text: str, *, business: bool, least: int) -> None:
    """Refuses a length that is not on the calendar, or in `business` days, or is too short."""
    match duration(text):
        case CalendarTime(count=count):
            pass
        case BusinessDays(days=count) if business:
            pass
        case _:
            told = "3 calendar months" + (" or 30 business days" if business else "")
            raise InvalidValue(where, f"it is written in days, weeks or months, such as {told}")
    if count < least:
        raise InvalidValue(where, f"it is {least} or more")

"""What an agreement is: with one customer about services, or about everything."""

from datetime import date, datetime, timedelta
from typing import Final, NewType

import attrs

from servicecrm.agreements.codes import ContactPurpose, EndOf, Party
from servicecrm.agreements.levels import ServiceLevels
from servicecrm.agreements.parts import (
    AgreementContact,
    AgreementReview,
    Attached,
    Duty,
    GivenNotice,
    Line,
    Round,
    Spell,
    Termination,
    check_day,
    check_days,
    check_length,
    day_begins,
)
from servicecrm.calendars import Cadence, CalendarTime, duration
from servicecrm.errors import InvalidValue
from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.records import Personal, evolve, record
from servicecrm.kernel.shapes import filled
from servicecrm.tracking.signatures import Signature, signed_digest

__all__ = ["Agreement", "AgreementId", "GeneralAgreement"]

AgreementId = NewType("AgreementId", str)

DAY: Final = timedelta(days=1)


TERMS: Final = (
    "id",
    "customer",
    "title",
    "lines",
    "general",
    "duties",
    "contacts",
    "change_rule",
    "termination",
    "extension",
    "reporting",
    "review_every",
    "glossary",
    "zone",
    "first_day",
    "last_day",
)
"""What both parties sign."""


@record
class Agreement:
    """A service agreement with a customer, and where it stands.

    Customers, services and people are opaque ids; terms that are signed name nobody otherwise. `first_day` and
    `last_day` are days in the `zone`, both of which belong to it; without a last day it goes on until somebody ends it.
    `extension` is for how long it goes on each time that it is not ended in time, and `extensions` how often it has.
    `review_every` is how often both look at it. `predecessor` and `successor` link a renewal both ways; `source` is the
    system that it was taken over from.

    Raises:
        InvalidValue: it ends before it begins; it has an extension, or notice to the end of its term, and no last day;
            a day, or the end of its first extension, lies outside the years 1900 to 2199; or the zone is unknown.

    Source: C028.
    """

    id: AgreementId = attrs.field(validator=filled)
    number: str | None = None
    revision: int = attrs.field(default=0, eq=False)
    state: str

    customer: str = attrs.field(validator=filled)
    title: str = attrs.field(validator=filled)
    lines: tuple[Line, ...] = attrs.field(default=(), converter=tuple)
    general: tuple[Attached, ...] = attrs.field(default=(), converter=tuple)
    duties: tuple[Duty, ...] = attrs.field(default=(), converter=tuple)
    contacts: tuple[AgreementContact, ...] = attrs.field(default=(), converter=tuple)
    change_rule: str | None = attrs.field(default=None, validator=filled)
    termination: Termination | None = None
    extension: str | None = None
    reporting: str | None = attrs.field(default=None, validator=filled)
    review_every: str | None = None
    glossary: FrozenMap = EMPTY
    zone: str = "UTC"
    first_day: date
    last_day: date | None = None

    drafted_at: datetime
    rounds: tuple[Round, ...] = ()
    agreed_by: Party | None = None
    agreed_at: datetime | None = None
    signatures: Personal[tuple[Signature, ...]] = ()
    signed_at: datetime | None = None
    suspensions: tuple[Spell, ...] = ()
    extensions: int = 0
    notice: Personal[GivenNotice] | None = None
    ended_at: datetime | None = None

    reviews: Personal[tuple[AgreementReview, ...]] = ()
    predecessor: str | None = None
    successor: str | None = None
    source: str | None = attrs.field(default=None, validator=filled)
    extra: Personal[FrozenMap] = EMPTY

    def __attrs_post_init__(self) -> None:
        check_days("Agreement", self.first_day, self.last_day, self.zone)
        if self.extension is not None:
            check_length("Agreement.extension", self.extension, business=False, least=1)
        if self.review_every is not None:
            Cadence(every=self.review_every, start=self.first_day)  # refuses another form
        to_term = self.termination is not None and self.termination.to is EndOf.TERM
        if self.last_day is None and (self.extension is not None or to_term):
            raise InvalidValue("Agreement.last_day", "what ends with its term, or is extended, has a last day")
        self.term_of(1)  # refuses an extension that no calendar reaches

    @property
    def digest(self) -> str:
        """The digest of its terms, which is what both parties sign."""
        return signed_digest(self, TERMS)

    @property
    def final_day(self) -> date | None:
        """The last day on which it is in force, as it stands now; None if it goes on."""
        return self.term_end if self.notice is None else self.notice.last_day

    @property
    def term_end(self) -> date | None:
        """The last day of its term, with the extensions that it has had."""
        return self.term_of(self.extensions)

    @property
    def starts_at(self) -> datetime | None:
        """When it is in force from: its first day, or its last signature if that is later; None before that."""
        if self.signed_at is None:
            return None
        return max(self.signed_at, day_begins(self.first_day, self.zone), key=micros)

    @property
    def ends_at(self) -> datetime | None:
        """When it is over, as it stands now; None if it goes on."""
        if self.ended_at is not None:
            return self.ended_at
        goes_on = self.notice is None and self.extension is not None
        return None if self.final_day is None or goes_on else day_begins(self.final_day + DAY, self.zone)

    def term_of(self, extensions: int) -> date | None:
        """The last day of its term after so many extensions; None if it goes on.

        Raises:
            InvalidValue: it lies outside the years 1900 to 2199.
        """
        if self.last_day is None or self.extension is None or not extensions:
            return self.last_day
        once = duration(self.extension)
        assert isinstance(once, CalendarTime)
        # Counted from the day after the end, so that a term that ends with a month ends with one again.
        last = evolve(once, count=once.count * extensions).after(self.last_day + DAY) - DAY
        check_day("Agreement.extension", last)
        return last

    def in_force(self, at: datetime) -> bool:
        """Is it in force at a time? That follows from its days, whether or not its state is up to date."""
        start, end, now = self.starts_at, self.ends_at, micros(at)
        if start is None or now < micros(start) or (end is not None and micros(end) <= now):
            return False
        return not any(
            micros(spell.since) <= now and (spell.until is None or now < micros(spell.until))
            for spell in self.suspensions
        )

    def contact(self, party: Party | str, purpose: ContactPurpose | str) -> tuple[str, ...]:
        """Whom to turn to for a purpose."""
        wanted = Party(party), ContactPurpose(purpose)
        return tuple(each.person for each in self.contacts if (each.party, each.purpose) == wanted)

    def line(self, service: str) -> Line | None:
        """What it says about a service: the first line about it."""
        return next((each for each in self.lines if each.service == service), None)


GENERAL_TERMS: Final = ("id", "customer", "topic", "version", "terms", "levels", "zone", "first_day", "last_day")


@record
class GeneralAgreement:
    """Terms that hold for all service agreements of a customer, about one topic. Each version is a record of its own.

    Source: C027.
    """

    id: AgreementId = attrs.field(validator=filled)
    number: str | None = None
    revision: int = attrs.field(default=0, eq=False)
    state: str

    customer: str = attrs.field(validator=filled)
    topic: str = attrs.field(default="general", validator=filled)
    version: int = 1
    terms: str = attrs.field(validator=filled)
    levels: ServiceLevels = attrs.field(factory=ServiceLevels)
    zone: str = "UTC"
    first_day: date
    last_day: date | None = None

    signatures: Personal[tuple[Signature, ...]] = ()
    signed_at: datetime | None = None
    ended_at: datetime | None = None
    predecessor: str | None = None
    extra: Personal[FrozenMap] = EMPTY

    def __attrs_post_init__(self) -> None:
        check_days("GeneralAgreement", self.first_day, self.last_day, self.zone)

    @property
    def digest(self) -> str:
        """The digest of its terms, which is what both parties sign."""
        return signed_digest(self, GENERAL_TERMS)

    @property
    def attached(self) -> Attached:
        """How a service agreement names it."""
        return Attached(agreement=self.id, topic=self.topic, version=self.version)

    def in_force(self, at: datetime) -> bool:
        """Is it in force at a time?"""
        if self.signed_at is None:
            return False
        start = max(self.signed_at, day_begins(self.first_day, self.zone), key=micros)
        last = None if self.last_day is None else day_begins(self.last_day + DAY, self.zone)
        ends = [end for end in (self.ended_at, last) if end is not None]
        return micros(start) <= micros(at) and all(micros(at) < micros(end) for end in ends)

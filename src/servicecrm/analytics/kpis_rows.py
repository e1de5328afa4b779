"""What key figures are computed from: plain rows, and the rules of the house."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

import attrs

from servicecrm.analytics.kpis_ages import age_groups, rising
from servicecrm.errors import InvalidValue
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.records import record
from servicecrm.kernel.shapes import Code
from servicecrm.kernel.values import Money
from servicecrm.tracking import Moment, Reading

__all__ = [
    "EXTERNAL",
    "GROUPS",
    "ActionRow",
    "ComplaintRow",
    "ExchangeRate",
    "Instant",
    "KpiRows",
    "KpiRules",
    "MoveKind",
    "MoveRow",
    "RemedyRow",
    "TimerRow",
    "timer_row",
]

EXTERNAL: Final = "external"
"""The code of an escalation to an outside body, such as an ombudsman."""

GROUPS: Final = ("service", "category", "channel", "customer", "agreement", "handler", "severity", "priority", "stage")
"""The columns by which figures can be grouped."""


Instant = datetime | int
"""When something was: a time in a zone, or the microseconds since 1970 in UTC that a store has in its columns."""


class ComplaintRow(NamedTuple):
    """A complaint or a case as its columns have it now. Without `recorded_at` it was recorded when it was received."""

    id: str
    received_at: Instant
    recorded_at: Instant | None = None
    feedback: str = "complaint"
    duplicate_of: str | None = None
    verdict: str | None = None
    judged_at: Instant | None = None
    service: str | None = None
    category: str | None = None
    channel: str | None = None
    customer: str | None = None
    agreement: str | None = None
    handler: str | None = None
    severity: str | None = None
    priority: str | None = None
    stage: str | None = None


class MoveKind(Code):
    """What happened to a record, as far as figures count it.

    `contacted` is a contact after the first one that the other side made; `ended` is any end but a closing, such as a
    withdrawal or a merger.
    """

    FORWARDED = "forwarded"
    CONTACTED = "contacted"
    ESCALATED = "escalated"
    CLOSED = "closed"
    ENDED = "ended"
    REOPENED = "reopened"


class MoveRow(NamedTuple):
    """A move of a record, as its journal has it. What happened at the same time happened in the order of `n`."""

    about: str
    kind: str
    at: Instant
    recorded_at: Instant | None = None
    n: int = 0
    code: str | None = None


class TimerRow(NamedTuple):
    """A timer of a record as its clock keeps it. Without `recorded_at` its end was told when it happened.

    What it took is a duration, or microseconds.
    """

    about: str
    name: str
    n: int
    state: str
    late: bool
    due_at: Instant | None = None
    stopped_at: Instant | None = None
    elapsed: timedelta | int | None = None
    recorded_at: Instant | None = None


class ActionRow(NamedTuple):
    """An action that follows from a record. Without `recorded_at` it was there from the start."""

    id: str
    source_kind: str
    source: str
    due_at: datetime
    done_at: datetime | None = None
    cancelled_at: datetime | None = None
    recorded_at: datetime | None = None
    verified_at: datetime | None = None
    owner: str | None = None


class RemedyRow(NamedTuple):
    """A remedy that was granted, and what it cost, if it cost anything."""

    about: str
    kind: str
    at: Instant
    amount: Money | None = None
    recorded_at: Instant | None = None


@attrs.frozen(kw_only=True)
class KpiRows:
    """Everything that key figures are computed from. Each source is read once, so that a generator will do.

    Give all rows there are, not those of the period alone: what is open, reopened or repeated began before it.
    """

    complaints: Iterable[ComplaintRow]
    moves: Iterable[MoveRow] = ()
    timers: Iterable[TimerRow] = ()
    actions: Iterable[ActionRow] = ()
    remedies: Iterable[RemedyRow] = ()


@record
class ExchangeRate:
    """How much of the currency of a report one unit of another currency is."""

    currency: str
    rate: Decimal


@record
class KpiRules:
    """What a house decides about its key figures.

    `feedback` is the kind of feedback that counts. `acknowledge` and `resolution` name the timers that are measured.
    `repeat_days` is how soon a complaint is a repetition. `ages` are the last business days of the groups by age; what
    is older is in a group of its own. Remedies are summed in `currency`, by default their own one.

    Raises:
        InvalidValue: the days are none, the ages do not rise, or there are rates to no currency.

    Source: K18, K28, K31, K32.
    """

    feedback: str = "complaint"
    acknowledge: str = "acknowledge"
    resolution: str = "resolution"
    repeat_days: int = 180
    ages: tuple[int, ...] = (2, 5, 10, 20)
    currency: str | None = None
    rates: tuple[ExchangeRate, ...] = ()

    def __attrs_post_init__(self) -> None:
        if self.repeat_days < 1:
            raise InvalidValue("KpiRules.repeat_days", "expected one day or more")
        rising("KpiRules.ages", self.ages)
        if self.rates and self.currency is None:
            raise InvalidValue("KpiRules.currency", "name the currency that the rates lead to")

    @property
    def age_groups(self) -> tuple[str, ...]:
        """The names of the groups by age: `0-2`, `3-5`, ... and `>20`."""
        return age_groups(self.ages)


def timer_row(about: str, reading: Reading, moments: Iterable[Moment] = ()) -> TimerRow:
    """The row of a timer that a clock has kept; `moments` of its record tell when its end was told.

    Those that were told when they happened may be left out.
    """
    stopped = None if reading.stopped_at is None else micros(reading.stopped_at)
    told = (
        moment.recorded_at
        for moment in moments
        if micros(moment.occurred_at) == stopped and (reading.read is None or moment.n <= reading.read)
    )
    return TimerRow(
        about=about,
        name=reading.name,
        n=reading.n,
        state=reading.state,
        late=reading.late,
        due_at=reading.due_at,
        stopped_at=reading.stopped_at,
        elapsed=reading.elapsed,
        recorded_at=max(told, key=micros, default=None),
    )

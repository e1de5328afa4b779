"""What happened to the timers of a record.

Each of these says when it happened, however late anybody looked. `to` are the roles to be told, after `not_before` if
that is given; what is `quiet` is told to nobody, because it was told, or something later of its kind is told instead.
"""

from datetime import datetime

import attrs

from servicecrm.kernel.decisions import Event
from servicecrm.kernel.records import Personal, record
from servicecrm.kernel.shapes import filled
from servicecrm.tracking.runs import TimerState

__all__ = [
    "ClockRefreshed",
    "ClockStarted",
    "RecordEscalated",
    "TimerCancelled",
    "TimerCorrected",
    "TimerMet",
    "TimerMissed",
    "TimerWarned",
]


@record
class ClockStarted(Event):
    """A record got a clock."""

    type = "clock.started"


@record
class ClockRefreshed(Event):
    """A clock was read again, and something is due at another time."""

    type = "clock.refreshed"


@record
class TimerWarned(Event):
    """A timer came to a threshold: before it is due, or again and again after that."""

    type = "timer.warned"
    timer: str
    n: int
    threshold: str
    due_at: datetime
    to: tuple[str, ...]
    not_before: datetime | None = None
    quiet: bool = False


@record
class TimerMissed(Event):
    """A timer was due, and what it waits for had not happened: the ball was dropped."""

    type = "timer.missed"
    timer: str
    n: int
    threshold: str
    due_at: datetime
    to: tuple[str, ...]
    not_before: datetime | None = None
    quiet: bool = False


@record
class RecordEscalated(Event):
    """A record was put before a higher role: by a timer, or by somebody, with a reason.

    `timer` and `n` say on whose ladder, and `level` how high. `person` is who had the role, or a deputy; without one it
    is for whoever looks after the role.
    """

    type = "record.escalated"
    level: int
    to: str
    person: str | None = None
    timer: str | None = None
    n: int | None = None
    threshold: str | None = None
    due_at: datetime | None = None
    not_before: datetime | None = None
    reason: Personal[str] | None = attrs.field(default=None, validator=filled)


@record
class TimerMet(Event):
    """A timer was fulfilled in time."""

    type = "timer.met"
    timer: str
    n: int
    due_at: datetime | None


@record
class TimerCancelled(Event):
    """A timer came to nothing: its record ended, it was reset, or the house no longer has such a target."""

    type = "timer.cancelled"
    timer: str
    n: int
    due_at: datetime | None


@record
class TimerCorrected(Event):
    """A corrected fact changed a result, or other rules did while the timer still ran. What it was is told here.

    Without `state` there is no such timer any longer.
    """

    type = "timer.corrected"
    timer: str
    n: int
    was: TimerState
    was_late: bool
    was_due_at: datetime | None
    was_stopped_at: datetime | None
    state: TimerState | None
    late: bool

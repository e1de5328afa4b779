"""Lives of a record, written as lines: what happened, and when."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

from servicecrm.calendars import Calendar
from servicecrm.tracking import Basis, Clock, Facts, Moment, Moments, Side, Target, Targets, refresh, start

__all__ = [
    "ALWAYS",
    "DAY",
    "HOUR",
    "MINUTE",
    "OFFICE",
    "T0",
    "a_basis",
    "happened",
    "keys",
    "known",
    "life",
    "seen",
    "started",
    "voided",
]

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
T0: Final = datetime(2026, 3, 2, 9, tzinfo=UTC)
"""Monday, 9 in the morning, when the office opens."""

OFFICE: Final = Calendar(zone="UTC", hours="mon-fri 09:00-17:00")
ALWAYS: Final = Calendar(id="always", zone="UTC", hours="mon-sun 00:00-24:00")


def happened(line: str, at: datetime, n: int, *, recorded_at: datetime | None = None) -> Moment:
    """A moment from its line: `waiting customer`, `message outside substantive`."""
    kind, *words = line.split()
    sides = [Side(word) for word in words if word in ("inside", "outside")]
    codes = [word for word in words if word not in ("inside", "outside")]
    return Moment(
        n=n,
        kind=kind,
        occurred_at=at,
        recorded_at=at if recorded_at is None else recorded_at,
        side=sides[0] if sides else None,
        code=codes[0] if codes else None,
    )


def life(*lines: tuple[timedelta | datetime, str]) -> Moments:
    """Moments in the order in which they were told, each at a time or so long after the beginning."""
    return tuple(
        happened(line, T0 + at if isinstance(at, timedelta) else at, n) for n, (at, line) in enumerate(lines, 1)
    )


def voided(moments: Moments, n: int, at: datetime) -> Moments:
    """The moments and one more, which voids the n-th."""
    voiding = Moment(n=len(moments) + 1, kind="voided", occurred_at=at, recorded_at=at, voids=n)
    return (*moments, voiding)


def a_basis(*targets: Target, policy: int = 0, calendar: Calendar = OFFICE, **others: Calendar) -> Basis:
    """Rules with these targets."""
    return Basis(targets=Targets(targets=targets), calendars={"default": calendar, **others}, policy=policy)


def started(moments: Moments, basis: Basis, at: datetime = T0) -> Clock:
    """The clock of a record that was started with these moments."""
    return start("complaint", "c-1", Facts(moments=moments), basis, by="system", at=at).after


def seen(clock: Clock, moments: Moments, basis: Basis, at: datetime) -> Clock:
    """The clock after one more reading."""
    decision = refresh(clock, Facts(moments=moments), basis, by="system", at=at)
    return clock if decision is None else decision.after


def keys(clock: Clock, *, of: str = "") -> list[str]:
    """What has fired, in order, perhaps only of one timer."""
    return [fired.key for fired in clock.fired if fired.key.startswith(of)]


def known(moments: Iterable[Moment], at: datetime) -> Moments:
    """The moments that were told by then."""
    return tuple(moment for moment in moments if moment.recorded_at <= at)

"""Times and days outside the years that can be told, from 1 to 9999: refused by name before anything is counted."""

from datetime import UTC, date, datetime, timedelta
from typing import Final

from servicecrm.errors import InvalidValue, NaiveDatetime

__all__ = ["in_years", "later"]

SAYS: Final = "it leads out of the years 1 to 9999; choose another"


def in_years(where: str, at: datetime, *, spare: timedelta = timedelta(0)) -> datetime:
    """The time itself, which lies in these years in UTC too, and so does whatever is up to `spare` away.

    Raises:
        InvalidValue: it does not.
        NaiveDatetime: it has no zone.
    """
    if at.tzinfo is None:
        raise NaiveDatetime(where)
    try:
        utc = at.astimezone(UTC)
        _ = utc - spare, utc + spare
    except OverflowError:
        raise InvalidValue(where, f"{SAYS} time") from None
    return at


def later(where: str, day: date, days: int) -> date:
    """The day so many days later.

    Raises:
        InvalidValue: it is none that can be told.
    """
    try:
        return day + timedelta(days=days)
    except (OverflowError, ValueError):
        raise InvalidValue(where, f"{SAYS} number of days") from None

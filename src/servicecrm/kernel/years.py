"""Times, days and zones that cannot be told, such as those outside the years 1 to 9999: refused by name before anything
is counted."""

from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from servicecrm.errors import InvalidValue, NaiveDatetime
from servicecrm.kernel.shapes import whole

__all__ = ["day_told", "in_years", "later", "zone_told"]

SAYS: Final = "it leads out of the years 1 to 9999; choose another"


def in_years(where: str, at: datetime, *, spare: timedelta = timedelta(0)) -> datetime:
    """The time itself, which lies in these years in UTC too, and so does whatever is up to `spare` away.

    Raises:
        InvalidValue: it does not, or is no time.
        NaiveDatetime: it has no zone.
    """
    if not isinstance(at, datetime):
        raise InvalidValue(where, f"expected a datetime, got {type(at).__name__}")
    if at.tzinfo is None:
        raise NaiveDatetime(where)
    try:
        utc = at.astimezone(UTC)
        _ = utc - spare, utc + spare
    except OverflowError:
        raise InvalidValue(where, f"{SAYS} time") from None
    return at


def day_told(where: str, day: object) -> date:
    """The day itself, which is one, and no time.

    Raises:
        InvalidValue: it is not.
    """
    if not isinstance(day, date) or isinstance(day, datetime):
        raise InvalidValue(where, f"expected a date, got {type(day).__name__}")
    return day


def zone_told(where: str, name: Any) -> ZoneInfo:
    """The zone of this name.

    Raises:
        InvalidValue: there is none.
    """
    try:
        return ZoneInfo(name)
    except (ValueError, KeyError, OSError, TypeError, AttributeError):
        raise InvalidValue(where, "a zone is a name of the tz database, such as Europe/Berlin") from None


def later(where: str, day: date, days: int) -> date:
    """The day so many days later.

    Raises:
        InvalidValue: it is none that can be told, or one of the two is no day, or no whole number.
    """
    try:
        return day_told(where, day) + timedelta(days=whole(where, days))
    except OverflowError:
        raise InvalidValue(where, f"{SAYS} number of days") from None

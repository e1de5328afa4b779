"""Durations that say what they count: elapsed time, business time, business days, or calendar days, weeks and months.

Each has a text, `str(duration)`, which `duration` reads again.
"""

import calendar
import re
from datetime import MAXYEAR, MINYEAR, date, timedelta
from functools import cache
from typing import Final, Literal

import attrs

from servicecrm.errors import InvalidValue
from servicecrm.kernel.records import record

__all__ = ["BusinessDays", "BusinessTime", "CalendarTime", "Duration", "ElapsedTime", "duration"]


_LIMIT: Final = 10**10


def _limited(of: object, _: object, seconds: int) -> None:
    if abs(seconds) > _LIMIT:
        raise InvalidValue(
            f"{type(of).__name__}.seconds", f"a duration has at most {_LIMIT} seconds, which are 316 years"
        )


@record
class ElapsedTime:
    """Seconds by any clock, day and night: `36h elapsed`."""

    seconds: int = attrs.field(validator=_limited)

    def __str__(self) -> str:
        return f"{_clock_text(self.seconds)} elapsed"


@record
class BusinessTime:
    """Seconds in which business is open: `8h business`."""

    seconds: int = attrs.field(validator=_limited)

    def __str__(self) -> str:
        return f"{_clock_text(self.seconds)} business"


@record
class BusinessDays:
    """A number of business days; the day on which they start is not counted. `3 business days until close`.

    `until` says when on the last day: `"open"` is the same time on the clock, or if that is closed the next time that
    is open (the last one, if days are counted back); `"clock"` is the same time, open or not (`same clock`); `"close"`
    is when that day's hours end; `"midnight"` is the end of the day, which is the first instant of the next one.
    """

    days: int
    until: Literal["open", "clock", "close", "midnight"] = "open"

    def __str__(self) -> str:
        return f"{_counted(self.days, 'business day')}{_UNTIL[self.until]}"


@record
class CalendarTime:
    """A number of days, weeks or months on the calendar: `8 calendar weeks`.

    `until` says when on the last day: `"midnight"` is its end, the first instant of the next day; `"clock"` is the
    same time on the clock (`same clock`). A month after 31 January is the last day of February.
    """

    count: int
    unit: Literal["day", "week", "month"] = "day"
    until: Literal["clock", "midnight"] = "midnight"

    def __str__(self) -> str:
        until = "" if self.until == "midnight" else _UNTIL[self.until]
        return f"{_counted(self.count, f'calendar {self.unit}')}{until}"

    def after(self, day: date) -> date:
        """The date so long after a day.

        Raises:
            InvalidValue: it lies outside the years 1 to 9999.
        """
        try:
            if self.unit != "month":
                return day + timedelta(days=self.count * (7 if self.unit == "week" else 1))
            year, month = divmod(day.year * 12 + day.month - 1 + self.count, 12)
            if not MINYEAR <= year <= MAXYEAR:
                raise OverflowError
            return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
        except OverflowError:
            raise InvalidValue("duration", "it leads out of the years 1 to 9999; choose a shorter one") from None


Duration = ElapsedTime | BusinessTime | BusinessDays | CalendarTime

_UNTIL: Final = {"open": "", "clock": " same clock", "close": " until close", "midnight": " until midnight"}
_LONGEST: Final = 100
_CLOCK: Final = re.compile(r"(-?)(?=\d)(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)? (elapsed|business)", re.ASCII)
_COUNT: Final = re.compile(
    r"(-?\d+) (business|calendar) (day|week|month)s?( same clock| until close| until midnight)?", re.ASCII
)


@cache
def duration(text: str) -> Duration:
    """The duration of a text: `36h elapsed`, `1h30m business`, `3 business days until close`, `8 calendar weeks`.

    Raises:
        InvalidValue: the text has another form, or is longer than any duration.
    """
    if len(text) > _LONGEST:  # Python reads no number of thousands of digits
        raise InvalidValue("duration", f"a duration has at most {_LONGEST} characters, such as 36h elapsed")
    if found := _CLOCK.fullmatch(text):
        hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:4])
        total = (hours * 3600 + minutes * 60 + seconds) * (-1 if found[1] else 1)
        return ElapsedTime(seconds=total) if found[5] == "elapsed" else BusinessTime(seconds=total)
    if found := _COUNT.fullmatch(text):
        count, unit, phrase = int(found[1]), found[3], found[4]
        if found[2] == "business" and unit == "day":
            return BusinessDays(days=count, until=_BUSINESS[phrase])
        if found[2] == "calendar" and phrase in _CALENDAR:
            return CalendarTime(count=count, unit=_UNITS[unit], until=_CALENDAR[phrase])
    asked = f"did you mean {meant}? " if (meant := _meant(text)) else ""
    raise InvalidValue(
        "duration",
        f"{asked}a duration is written like 36h elapsed, 1h30m business, 3 business days, 3 business days until close, "
        "or 8 calendar weeks",
    )


def _meant(text: str) -> Duration | None:
    """The duration that is meant by a text which names business time in another usual way."""
    said = re.sub(r"(\d{1,6}) (?:business|working) (h|m)(?:ours?|inutes?)\b", r"\1\2 business", text)
    said = re.sub(r"\bwork(?:ing )? ?days?\b", "business days", said)
    return None if said == text else duration(said)


_BUSINESS: Final[dict[str | None, Literal["open", "clock", "close", "midnight"]]] = {
    None: "open",
    " same clock": "clock",
    " until close": "close",
    " until midnight": "midnight",
}
_CALENDAR: Final[dict[str | None, Literal["clock", "midnight"]]] = {
    None: "midnight",
    " same clock": "clock",
    " until midnight": "midnight",
}
_UNITS: Final[dict[str, Literal["day", "week", "month"]]] = {"day": "day", "week": "week", "month": "month"}


def _clock_text(seconds: int) -> str:
    minutes, rest = divmod(abs(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = "".join(f"{amount}{unit}" for amount, unit in ((hours, "h"), (minutes, "m"), (rest, "s")) if amount)
    return ("-" if seconds < 0 else "") + (parts or "0s")


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if abs(count) == 1 else f"{count} {what}s"

"""On which day an agreement ends that somebody ends today, and until when that is in time."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Final

from servicecrm.agreements.codes import EndOf
from servicecrm.agreements.model import Agreement
from servicecrm.agreements.parts import Termination
from servicecrm.calendars import BusinessDays, BusinessHours, CalendarTime, duration
from servicecrm.errors import InvalidValue, PolicyViolation

__all__ = ["end_of", "last_day_after", "notice_by"]

_DAY: Final = timedelta(days=1)


def last_day_after(agreement: Agreement, given_on: date, *, calendar: BusinessHours | None = None) -> date:
    """The last day of an agreement that is ended on a day, by its own rule.

    A month after 31 January is the last day of February. Where its term ends before that, it ends with its term; but
    one that is extended ends with its term only if notice is in time for that.

    Raises:
        PolicyViolation: nothing says how it can be ended.
        InvalidValue: notice is in business days, and there is no calendar.

    Source: C030.
    """
    rule = agreement.termination
    if rule is None:
        raise PolicyViolation("termination", "nothing says how it can be ended; agree on a last day, and say why")
    earliest = max(_after(rule, given_on, calendar), rule.not_before or given_on)
    if rule.to is EndOf.TERM:
        return _end_of_term(agreement, earliest)
    found = end_of(rule.to, earliest)
    if agreement.term_end is None or agreement.extension is not None:
        return found
    return min(found, agreement.term_end)


def notice_by(agreement: Agreement, *, calendar: BusinessHours | None = None) -> date | None:
    """The last day on which notice is in time for the end of the present term; None if it has no end or no notice.

    Source: C030.
    """
    rule, last = agreement.termination, agreement.term_end
    if rule is None or last is None:
        return None
    day = last
    while end_of(rule.to, _after(rule, day, calendar)) > last:
        day -= _DAY
    return day


def end_of(what: EndOf, day: date) -> date:
    """The last day of the month, the quarter or the year in which a day lies; of a day that day itself."""
    return _ENDS[what](day)


def _after(rule: Termination, given_on: date, calendar: BusinessHours | None) -> date:
    match duration(rule.notice):
        case CalendarTime() as length:
            return length.after(given_on)
        case BusinessDays(days=days):
            if calendar is None:
                raise InvalidValue("calendar", "notice is in business days, so it needs a calendar")
            return calendar.business_day(given_on, days)
        case _ as other:
            raise InvalidValue("Termination.notice", f"cannot count {other}")


def _end_of_term(agreement: Agreement, earliest: date) -> date:
    times = agreement.extensions
    while (last := agreement.term_of(times)) is not None and last < earliest and agreement.extension is not None:
        times += 1
    return earliest if last is None else last


def _month(day: date, months: int) -> date:
    """The last day of the period of so many months in which a day lies."""
    first = date(day.year, (day.month - 1) // months * months + 1, 1)
    return CalendarTime(count=months, unit="month").after(first) - _DAY


_ENDS: Final[dict[EndOf, Callable[[date], date]]] = {
    EndOf.DAY: lambda day: day,
    EndOf.MONTH: lambda day: _month(day, 1),
    EndOf.QUARTER: lambda day: _month(day, 3),
    EndOf.YEAR: lambda day: _month(day, 12),
    EndOf.TERM: lambda day: day,
}

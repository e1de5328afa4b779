"""Durations in the words of a reader: `4h business` is four business hours, 4 Geschäftsstunden, 4 个工作小时."""

from collections.abc import Iterator

from servicecrm.calendars import BusinessDays, BusinessTime, CalendarTime, Duration, ElapsedTime
from servicecrm.calendars.cadences import regular
from servicecrm.kernel.texts import Texts

__all__ = ["every", "in_words"]

TEXTS = Texts("servicecrm.reports")


def in_words(length: Duration, *, language: str) -> str:
    """A duration in a language.

    Source: C093.
    """

    def text(key: str, **values: str) -> str:
        return TEXTS.get(f"duration.{key}", language=language, **values)

    amounts = [text(f"{unit}.{'one' if abs(n) == 1 else 'many'}", n=f"{n}") for n, unit in _amounts(length)]
    return text(f"until.{_until(length)}", time=" ".join(amounts))


def every(cadence: str, *, language: str) -> str:
    """How often, in a language: `2 weeks` is every 2 weeks, alle 2 Wochen, 每 2 周. A rule stays as it is."""
    found = regular(cadence)
    if found is None:
        return cadence
    n, unit = found
    return TEXTS.get(f"every.{unit}.{'one' if n == 1 else 'many'}", language=language, n=f"{n}")


def _amounts(length: Duration) -> Iterator[tuple[int, str]]:
    """Each amount with its unit; the first one says what is counted, and a sign that it counts back."""
    match length:
        case BusinessDays():
            yield length.days, "business_day"
        case CalendarTime():
            yield length.count, f"calendar_{length.unit}"
        case BusinessTime() | ElapsedTime():
            minutes, seconds = divmod(abs(length.seconds), 60)
            parts = zip((*divmod(minutes, 60), seconds), ("hour", "minute", "second"), strict=True)
            told = [(n, unit) for n, unit in parts if n] or [(0, "hour")]
            kind = "business_" if isinstance(length, BusinessTime) else ""
            (n, unit), *others = told
            yield (-n if length.seconds < 0 else n), f"{kind}{unit}"
            yield from others


def _until(length: Duration) -> str:
    """When on the last day it is over, if that has to be said, and that elapsed time does not stop at night."""
    match length:
        case BusinessDays():
            return length.until
        case CalendarTime():
            return "clock" if length.until == "clock" else "open"
        case BusinessTime():
            return "open"
        case ElapsedTime():
            return "night"

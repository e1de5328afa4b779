"""Why something is due when it is, and by how much it was late, with the holidays that put it off by name."""

from collections.abc import Iterator
from datetime import UTC, timedelta, tzinfo
from typing import TYPE_CHECKING, Final

from servicecrm.calendars import BusinessDays, BusinessTime, duration
from servicecrm.calendars.answers import local_time, spent

if TYPE_CHECKING:
    from servicecrm.tracking.runs import Timer

__all__ = ["explained"]

MOST: Final = 20
"""So much of what counted after the due time is told line by line."""


def explained(timer: "Timer") -> str:
    """Where a timer stands, what led to its due time, and of one that has ended what became of it."""
    late = " (late)" if timer.late and not timer.done else ""
    counted = timer.counted() if timer.counted is not None else None
    told = timer if counted is None else counted
    lines = [f"{timer.name} {timer.n}: {timer.state}{late}", *_due(told), *_stopped(told)]
    if timer.settled is not None:
        lines.append(f"settled under {timer.settled}")
    return "\n".join(lines)


def _due(timer: "Timer") -> Iterator[str]:
    """What was asked for, what counted, and when that is over."""
    if timer.due is not None and not timer.given:
        *spans, answer = str(timer.due.explain()).splitlines()
        yield from spans
        yield answer if timer.due_at is not None else "paused: nothing is due until it goes on"
    elif timer.due_at is not None:
        yield f"from {local_time(timer.started_at, _zone(timer))}"
        yield f"due {'at a given time, ' if timer.given else ''}{local_time(timer.due_at, _zone(timer))}"
    else:
        yield "no goal holds for this record, so nothing is due"


def _stopped(timer: "Timer") -> Iterator[str]:
    """What counted after the due time, and when the timer came to its end."""
    if timer.stopped_at is None:
        return
    open_time = _counts_open_time(timer)
    if timer.due is not None and timer.overrun and open_time:
        over = spent(timer.due.calendar, timer.due.at, timer.stopped_at, pauses=timer.due.pauses, negative="signed")
        lines = str(over.explain()).splitlines()[1:-1]
        yield from lines[:MOST]
        if len(lines) > MOST:
            yield f"  ... and {len(lines) - MOST} lines more"
    in_time = _in_time(timer, " of open time" if open_time else "")
    yield f"stopped {local_time(timer.stopped_at, _zone(timer))}{in_time}"


def _in_time(timer: "Timer", what: str) -> str:
    """By how much it was late, or how much was left."""
    if timer.remaining is None:
        return ""
    if timer.late and timer.remaining > timedelta(0):
        return f", with {timer.remaining}{what} left; an earlier due time was missed"
    return f", late by {timer.overrun}{what}" if timer.late else f", with {timer.remaining}{what} left"


def _counts_open_time(timer: "Timer") -> bool:
    """Does open time count, as far as that is known?"""
    if timer.given:
        return timer.goal is not None and isinstance(duration(timer.goal.within), BusinessTime | BusinessDays)
    return timer.due is not None and isinstance(timer.due.duration, BusinessTime | BusinessDays)


def _zone(timer: "Timer") -> tzinfo:
    return UTC if timer.due is None else timer.due.calendar.tz()

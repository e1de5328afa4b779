"""How many timers of each kind were met, and how many were missed."""

from collections import Counter
from collections.abc import Iterable, Iterator

from servicecrm.analytics.printing import TEXTS, section
from servicecrm.kernel.records import record
from servicecrm.tracking import Timers, TimerState, timer_name

__all__ = ["TimerCount", "count_timers", "timer_lines"]


@record
class TimerCount:
    """The instances of a timer: fulfilled in time, missed, still running in time or too late, and come to nothing.

    What is missed stays missed, also if it was fulfilled later; `late` still runs, and is too late already.
    """

    name: str
    met: int
    missed: int
    running: int
    late: int
    cancelled: int


def count_timers(each: Iterable[Timers]) -> tuple[TimerCount, ...]:
    """Count the timers of many records, in the order in which their targets stand.

    Source: C036, K22.
    """
    counts: dict[str, Counter[str]] = {}
    for timers in each:
        for timer in timers:
            counts.setdefault(timer.name, Counter())[_column(timer.state, late=timer.late)] += 1
    return tuple(
        TimerCount(name=name, **{column: counted[column] for column in COLUMNS}) for name, counted in counts.items()
    )


COLUMNS = ("met", "missed", "running", "late", "cancelled")


def timer_lines(counts: Iterable[TimerCount], *, language: str = "en") -> Iterator[str]:
    """The counts as a table to print; nothing if there are none."""
    rows = [
        (timer_name(count.name, language=language), *(f"{getattr(count, column):,}" for column in COLUMNS))
        for count in counts
    ]
    if rows:
        head = tuple(TEXTS.get(f"timers.{name}", language=language) for name in ("timer", *COLUMNS))
        yield from section(TEXTS.get("timers.title", language=language), [head, *rows])


def _column(state: TimerState, *, late: bool) -> str:
    match state:
        case TimerState.MET | TimerState.MISSED | TimerState.CANCELLED:
            return state.value
    return "late" if late else "running"

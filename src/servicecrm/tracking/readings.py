"""What a clock keeps of a timer: where it stood when it was last read, and for good once it came to its end."""

from collections.abc import Callable
from datetime import datetime, timedelta

from servicecrm.kernel.records import record
from servicecrm.tracking.runs import Timer, TimerState

__all__ = ["Reading", "reading", "settled_timer"]


@record
class Reading:
    """A timer as a clock read it.

    Of one that has ended it also keeps how much time it took, and under which rules that was found. `read` counts the
    moments that there were then: only a fact that was told later, and changes what happened before, changes the result.
    """

    name: str
    n: int
    state: TimerState
    late: bool
    started_at: datetime
    due_at: datetime | None = None
    stopped_at: datetime | None = None
    elapsed: timedelta | None = None
    remaining: timedelta | None = None
    read: int | None = None
    basis: str | None = None

    @property
    def key(self) -> tuple[str, int]:
        """The timer and its number."""
        return self.name, self.n

    @property
    def done(self) -> bool:
        """Has it come to its end?"""
        return self.stopped_at is not None


def reading(timer: Timer, *, read: int, basis: str) -> Reading:
    """What a clock keeps of a timer. What goes on is kept without the time it took, which changes by itself."""
    done = timer.done
    return Reading(
        name=timer.name,
        n=timer.n,
        state=timer.state,
        late=timer.late,
        started_at=timer.started_at,
        due_at=timer.due_at,
        stopped_at=timer.stopped_at,
        elapsed=timer.elapsed if done else None,
        remaining=timer.remaining if done else None,
        read=read if done else None,
        basis=basis if done else None,
    )


def settled_timer(kept: Reading, counted: Callable[[], Timer | None] | None = None) -> Timer:
    """The timer of a result that was kept, and how to find what counted then."""
    return Timer(
        name=kept.name,
        n=kept.n,
        state=kept.state,
        late=kept.late,
        started_at=kept.started_at,
        due_at=kept.due_at,
        stopped_at=kept.stopped_at,
        elapsed=timedelta(0) if kept.elapsed is None else kept.elapsed,
        remaining=kept.remaining,
        pauses=(),
        settled=kept.basis or "rules without a name",
        counted=counted,
    )

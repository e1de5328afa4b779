"""Where every timer of a record stands: read from its moments, each time anew.

Nothing is added up and kept, so that a late entry, a voided one, another calendar or a new priority leads to what it
would have led to from the start, and no pause is ever lost.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

import attrs

from servicecrm.calendars import BusinessHours
from servicecrm.calendars.table import FIRST_YEAR, LAST_YEAR
from servicecrm.errors import InvalidValue
from servicecrm.kernel.kinds import from_micros, micros
from servicecrm.tracking.moments import Moment
from servicecrm.tracking.readings import Reading, settled_timer
from servicecrm.tracking.runs import Context, Timer, TimerState, timer
from servicecrm.tracking.spells import Spell, ahead, happened, spells
from servicecrm.tracking.stretches import Dates, Given
from servicecrm.tracking.targets import RATED, Targets
from servicecrm.tracking.thresholds import Firing

__all__ = ["Timer", "TimerState", "Timers", "timers"]


@attrs.frozen(repr=False)
class Timers:
    """The timers of a record, in the order of its targets, each followed by its later instances.

    `ahead` is when the first of those moments and dates comes that were told already, and are not to be counted yet.
    """

    all: tuple[Timer, ...]
    ahead: datetime | None = None

    def __iter__(self) -> Iterator[Timer]:
        return iter(self.all)

    def __len__(self) -> int:
        return len(self.all)

    def __contains__(self, name: object) -> bool:
        return any(timer.name == name for timer in self.all)

    def __getitem__(self, name: str) -> Timer:
        """The last instance of a timer.

        Raises:
            InvalidValue: the record has no timer of this name; names those that it has.
        """
        return self.each(name)[-1]

    def each(self, name: str) -> tuple[Timer, ...]:
        """Every instance of a timer, from the first to the last: the first resolution, and those after reopenings.

        Raises:
            InvalidValue: the record has no timer of this name; names those that it has.
        """
        found = tuple(timer for timer in self.all if timer.name == name)
        if not found:
            known = ", ".join(dict.fromkeys(timer.name for timer in self.all)) or "none has started"
            raise InvalidValue("timers", f"this record has no timer of this name; it has: {known}")
        return found

    def total(self, name: str) -> timedelta:
        """The time that all instances of a timer took together: how long a matter took that was taken up again."""
        return sum((timer.elapsed for timer in self.each(name)), timedelta(0))

    @property
    def due_at(self) -> datetime | None:
        """When the first of those that still run is due, or was."""
        return min((timer.due_at for timer in self.all if not timer.done and timer.due_at), default=None)

    @property
    def next_at(self) -> datetime | None:
        """The first instant after now at which anything will be reached, or happen as it was told already."""
        return min(filter(None, (self.ahead, *(timer.next_at for timer in self.all))), default=None)

    @property
    def firings(self) -> tuple[Firing, ...]:
        """Every threshold that was reached, in the order in which that happened."""
        found = [firing for timer in self.all for firing in timer.firings]
        return tuple(sorted(found, key=lambda firing: (firing.at, firing.due_at)))

    def __repr__(self) -> str:
        return f"<Timers {', '.join(f'{timer.name} {timer.n}: {timer.state}' for timer in self.all)}>"


def timers(
    moments: Iterable[Moment],
    targets: Targets,
    calendars: Mapping[str, BusinessHours],
    *,
    now: datetime,
    priority: str | None = None,
    type: str | None = None,
    given: Mapping[str, Dates] | None = None,
    settled: Iterable[Reading] = (),
    counted: Callable[[Reading], Timer | None] | None = None,
) -> Timers:
    """Every timer of a record as it stands now, or stood at an earlier time.

    Moments of the kind `rated` say which priority it had when; `priority` is for a record without such moments.
    `given` are the dates that were fixed for a timer by hand. It is due then, whatever the goal or a pause, but only
    since the date was given: what was missed before stays missed.
    `settled` are results that a clock keeps, whatever would come out today. `counted` finds how such a result came out
    then; it is asked when one is explained.

    Raises:
        NaiveDatetime: a time has no zone.
        InvalidValue: a target needs a calendar that is not there.
        NoBusinessTime: a calendar is not open for as long as a target allows.

    Source: C035, C036, C037.
    """
    now = from_micros(micros(now))
    told = tuple(moments)
    facts = happened(told, now)
    dates = {name: _known(each) for name, each in (given or {}).items()}
    # Of several priorities at one time the last one that was told counts.
    ratings = tuple({at: moment.code or "" for at, moment in facts if moment.kind == RATED}.items())
    context = Context(now=now, calendars=calendars, ratings=ratings or ((_ALWAYS, priority),), type=type)
    found = {kept.key: settled_timer(kept, counted and partial(counted, kept)) for kept in settled}
    live: dict[tuple[str, int], Timer] = {}
    for target in targets.targets:
        runs = spells(target, targets, facts)
        for run in runs:
            key = target.name, run.n
            mine = _dates(dates.get(target.name, ()), run, last=run is runs[-1])
            live[key] = found.get(key) or timer(target, run, context, dates=mine)
    since = (date.since for each in dates.values() if isinstance(each, tuple) for date in each)
    to_come = [ahead(told, now), *(at for at in since if at > now)]
    return Timers(tuple({**live, **found}.values()), min(filter(None, to_come), default=None))


_ALWAYS: Final = datetime.min.replace(tzinfo=UTC)


def _dates(dates: Dates, run: Spell, *, last: bool) -> tuple[Given, ...]:
    """The dates for one run of a timer."""
    if isinstance(dates, tuple):
        return dates
    return (Given(at=dates, since=run.born),) if last else ()


def _known(dates: Dates) -> Dates:
    """The dates in UTC, if calendars reach so far."""
    if isinstance(dates, tuple):
        return tuple(Given(at=_utc(date.at), since=_utc(date.since)) for date in dates)
    return _utc(dates)


def _utc(date: datetime) -> datetime:
    if not FIRST_YEAR <= date.year <= LAST_YEAR:
        raise InvalidValue("given", f"a date lies in the years {FIRST_YEAR} to {LAST_YEAR}; name such a one, or none")
    return from_micros(micros(date))

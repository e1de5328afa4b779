"""What a house promises: which timers a record has, how long each may run, and what stops it or makes it wait."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from functools import cache
from types import MappingProxyType
from typing import Final

import attrs

from servicecrm.errors import InvalidValue
from servicecrm.kernel.records import record
from servicecrm.kernel.shapes import Code, filled
from servicecrm.tracking.conditions import On, on
from servicecrm.tracking.ladders import Ladder
from servicecrm.tracking.thresholds import DUE, Threshold, length

__all__ = ["ENDS", "RATED", "Goal", "OnChange", "Target", "Targets"]

ENDS: Final = on("closed", "withdrawn", "lapsed", "passed_on", "merged")
"""The moments at which a record comes to an end, of whatever kind it is."""

RATED: Final = "rated"
"""The kind of a moment at which a record got a priority; its code is that priority."""


class OnChange(Code):
    """What a new priority does to a timer that is running."""

    FROM_START = "from_start"
    REMAINING_SHARE = "remaining_share"
    FREEZE = "freeze"


@record
class Goal:
    """How long a timer may run for some records only: of some priorities or types, or begun in a season.

    A season is written `11-01 to 03-31`; both days belong to it. Without a `calendar` it is that of the target.

    Raises:
        InvalidValue: the duration or the season has another form.
    """

    within: str
    priorities: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    season: str | None = None
    calendar: str | None = None

    def __attrs_post_init__(self) -> None:
        _check_within(self.within, "Goal.within")
        if self.season is not None:
            _season(self.season)

    @property
    def conditions(self) -> int:
        """How many things it asks for; the goal that asks for most is taken."""
        return bool(self.priorities) + bool(self.types) + (self.season is not None)

    def fits(self, priority: str | None, type: str | None, day: date) -> bool:
        """Does it hold for such a record, begun on this day?"""
        return (
            (not self.priorities or priority in self.priorities)
            and (not self.types or type in self.types)
            and (self.season is None or _day_of_year(day) in _season(self.season))
        )


@record
class Target:
    """A timer that a record has: what begins it, what fulfils it, and how long it may take.

    `within` holds for every record for which none of `goals` does. A target with neither runs to a date that comes with
    the record. Each of `start`, `stop` and the like are conditions, of which any one will do:

    - `start` begins it: until it was fulfilled once, or with `each` again and again, whenever it is not running;
    - `stop` fulfils it; `cancel` ends it unfulfilled;
    - `reset` ends it unfulfilled, and begins the next one: what was missed before stays missed;
    - `pause` makes it wait until `resume`, or without that until the next moment of the same kind that is no pause; a
      pause that says `until` ends then at the latest;
    - `reopen` takes up again what was stopped, and the time in between does not count.

    It counts from `origin`, a kind of moment, if that came before the start; what was waited for meanwhile does not
    count either, unless `retroactive_pause` is False. Pauses do not move a `fixed_due`.

    Raises:
        InvalidValue: the name or a duration has another form; nothing starts or stops it; a goal or a threshold stands
            twice; or for a part of the year no goal holds.

    Source: C035, C036.
    """

    name: str = attrs.field(validator=filled)
    within: str | None = None
    start: tuple[On, ...]
    stop: tuple[On, ...]
    pause: tuple[On, ...] = ()
    resume: tuple[On, ...] = ()
    reset: tuple[On, ...] = ()
    cancel: tuple[On, ...] = ()
    reopen: tuple[On, ...] = ()
    each: bool = False
    origin: str | None = None
    retroactive_pause: bool = True
    fixed_due: bool = False
    calendar: str = "default"
    goals: tuple[Goal, ...] = ()
    on_change: OnChange = OnChange.FROM_START
    thresholds: tuple[Threshold, ...] = ()
    ladder: Ladder | None = None

    def __attrs_post_init__(self) -> None:
        problem = next(self._problems(), None)
        if problem is not None:
            raise InvalidValue(f"target {self.name}", problem)
        if self.within is not None:
            _check_within(self.within, f"target {self.name}.within")

    def goal(self, priority: str | None, type: str | None, day: date) -> Goal | None:
        """The goal for such a record, begun on this day: the one that asks for most, or else `within`; None if none."""
        fitting = [goal for goal in self.goals if goal.fits(priority, type, day)]
        default = None if self.within is None else Goal(within=self.within)
        return max(fitting, key=lambda goal: goal.conditions, default=default)

    def points(self) -> Iterator[tuple[Threshold, int]]:
        """Every threshold, with the level of those that are rungs; the due time is always among them."""
        if all(threshold.at != DUE for threshold in self.thresholds):
            yield Threshold(at=DUE), 0
        yield from ((threshold, 0) for threshold in self.thresholds)
        if self.ladder is not None:
            for level, rung in enumerate(self.ladder.rungs, 1):
                yield Threshold(at=rung.at, to=(rung.to,), urgent=rung.urgent), level

    def conditions(self) -> Iterator[tuple[str, tuple[On, ...]]]:
        """What it waits for, by the name of the field."""
        for name in ("start", "stop", "pause", "resume", "reset", "cancel", "reopen"):
            yield name, getattr(self, name)

    def _problems(self) -> Iterator[str]:
        if not _NAME.fullmatch(self.name):
            yield "a name is written in small letters, digits and _, such as first_response"
        if not self.start:
            yield "nothing starts it; name a moment"
        if not self.stop:
            yield "nothing stops it; name a moment"
        if self.resume and not self.pause:
            yield "something resumes it, but nothing pauses it"
        if self.each and self.reopen:
            yield "with each, a reopening begins the next one; it cannot take up the last one too"
        at = [threshold.at for threshold in self.thresholds]
        if len(set(at)) < len(at):
            yield "a threshold stands twice"
        asked = [(set(goal.priorities), set(goal.types), goal.season) for goal in self.goals]
        if any(goal in asked[:n] for n, goal in enumerate(asked)):
            yield "two goals hold for the same records, so that one is never reached"
        if any(not goal.conditions for goal in self.goals):
            yield "a goal without conditions holds for every record; that is what `within` is for"
        yield from self._season_problems()

    def _season_problems(self) -> Iterator[str]:
        seasonal = [goal for goal in self.goals if goal.season is not None]
        for goal in seasonal:
            alike = [other for other in seasonal if _same_records(goal, other)]
            days = [day for other in alike for day in _season(other.season or "")]
            if len(set(days)) < len(days):
                yield "two seasons overlap"
            always = self.within is not None or any(o.season is None and _same_records(goal, o) for o in self.goals)
            missing = sorted(_YEAR - set(days))
            if missing and not always:
                yield f"no season holds on {missing[0]}; add one, or give it a `within` for the rest of the year"


@record
class Targets:
    """The targets of a house for one kind of record.

    When the record comes to an end, by `ends`, every timer does, and nothing starts until it is taken up again, by
    `reopens`. What was missed by then stays missed. Where moments of one kind do both, such as those that say what a
    record is taken for, the later one takes the earlier one back: timers that it ended go on, without the time between.

    Raises:
        InvalidValue: two targets have one name, or one could never run because what starts it ends the record.

    Source: C036.
    """

    targets: tuple[Target, ...] = ()
    ends: tuple[On, ...] = ENDS
    reopens: tuple[On, ...] = attrs.field(factory=lambda: on("reopened"))

    def __attrs_post_init__(self) -> None:
        names = [target.name for target in self.targets]
        for name in names:
            if names.count(name) > 1:
                raise InvalidValue("Targets", f"two targets are named {name}")
        ending = {condition.kind for condition in self.ends if condition == On(kind=condition.kind)}
        for target in self.targets:
            if all(condition.kind in ending for condition in target.start):
                raise InvalidValue(f"target {target.name}", "it never runs: what starts it also ends the record")

    @property
    def calendars(self) -> frozenset[str]:
        """The names of the calendars that they count by."""
        goals = ((target, goal) for target in self.targets for goal in target.goals)
        return frozenset(
            (
                *(target.calendar for target in self.targets),
                *(goal.calendar or target.calendar for target, goal in goals),
            )
        )

    def check(
        self,
        kinds: Iterable[str],
        calendars: Iterable[str] = ("default",),
        *,
        others: Iterable[str] = (),
        codes: Mapping[str, Iterable[str]] = MappingProxyType({}),
    ) -> None:
        """Refuses targets that wait for moments which such a record never has, or that need another calendar.

        `others` are moments that only other kinds of records have: one target may serve several kinds, as long as
        something of this kind starts it and stops it. `codes` are those of each kind of moment whose codes are a fixed
        list.

        Raises:
            InvalidValue: every such condition and calendar by its name, with what is known.
        """
        known, elsewhere, open_ = {*map(str, kinds), RATED}, set(map(str, others)), set(calendars)
        unknown = [
            f"{where}: no moment of such a record is {condition.kind!r}"
            for where, conditions in self._conditions()
            for condition in conditions
            if condition.kind not in known | elsewhere
            or (where.endswith((".start", ".stop")) and known.isdisjoint(other.kind for other in conditions))
        ]
        unknown += [
            f"{where}: no {condition.kind} has the code {code!r}, only {', '.join(codes[condition.kind])}"
            for where, conditions in self._conditions()
            for condition in conditions
            for code in condition.codes
            if condition.kind in codes and code not in ("", *codes[condition.kind])
        ]
        unknown += [
            f"{target.name}.origin: no moment of such a record is {target.origin!r}"
            for target in self.targets
            if target.origin not in (None, *known)
        ]
        missing = [
            f"{target.name}: there is no calendar {name!r}"
            for target in self.targets
            for name in sorted({target.calendar, *(goal.calendar or target.calendar for goal in target.goals)} - open_)
        ]
        if unknown or missing:
            names = f"moments: {', '.join(sorted(known))}; calendars: {', '.join(sorted(open_))}"
            raise InvalidValue("Targets", f"{'; '.join(unknown + missing)} (known {names})")

    def _conditions(self) -> Iterator[tuple[str, tuple[On, ...]]]:
        yield "ends", () if self.ends == ENDS else self.ends
        yield "reopens", self.reopens
        for target in self.targets:
            yield from ((f"{target.name}.{field}", conditions) for field, conditions in target.conditions())


_NAME: Final = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)
_SEASON: Final = re.compile(r"(\d\d-\d\d) to (\d\d-\d\d)", re.ASCII)
_LEAP: Final = date(2000, 1, 1)
_YEAR: Final = frozenset(f"{_LEAP + timedelta(days=n):%m-%d}" for n in range(366))


def _day_of_year(day: date) -> str:
    return f"{day:%m-%d}"


@cache
def _season(text: str) -> frozenset[str]:
    """The days of a season, each as month and day."""
    found = _SEASON.fullmatch(text)
    if found is None or not _YEAR.issuperset(found.groups()):
        raise InvalidValue("Goal.season", "a season is written 11-01 to 03-31, from month-day to month-day")
    first, last = found.groups()
    if first <= last:
        return frozenset(day for day in _YEAR if first <= day <= last)
    return frozenset(day for day in _YEAR if day >= first or day <= last)


def _same_records(one: Goal, other: Goal) -> bool:
    return set(one.priorities) == set(other.priorities) and set(one.types) == set(other.types)


def _check_within(within: str, where: str) -> None:
    if length(within) < 0:
        raise InvalidValue(where, "nothing can be due before it begins")

"""Business time agrees with a model that looks at every minute, in many zones, around every change of their clocks."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from random import Random
from zoneinfo import ZoneInfo

import pytest

from servicecrm.calendars import (
    BusinessDays,
    BusinessTime,
    Calendar,
    CalendarTime,
    DayHours,
    ElapsedTime,
    Holiday,
    Pause,
    model,
)
from servicecrm.errors import ServiceCRMError
from tests.calendars.reference import Model, Spans, Window

ZONES = re.findall(
    r"\S+",
    """
Africa/Cairo Africa/Casablanca Africa/El_Aaiun Africa/Johannesburg Africa/Juba Africa/Lagos Africa/Tripoli
Africa/Tunis Africa/Windhoek America/Anchorage America/Argentina/Buenos_Aires America/Argentina/San_Luis
America/Asuncion America/Bogota America/Caracas America/Chicago America/Denver America/Halifax America/Havana
America/Lima America/Los_Angeles America/Mexico_City America/Montevideo America/New_York America/Nuuk
America/Port-au-Prince America/Santiago America/Sao_Paulo America/St_Johns Antarctica/Troll Asia/Amman Asia/Baghdad
Asia/Beirut Asia/Dhaka Asia/Famagusta Asia/Gaza Asia/Hong_Kong Asia/Irkutsk Asia/Jerusalem Asia/Kathmandu Asia/Kolkata
Asia/Pyongyang Asia/Shanghai Asia/Tehran Asia/Tokyo Asia/Ulaanbaatar Atlantic/Azores Australia/Adelaide
Australia/Eucla Australia/Lord_Howe Australia/Sydney Europe/Berlin Europe/Dublin Europe/Istanbul Europe/Lisbon
Europe/London Europe/Moscow Europe/Volgograd Pacific/Apia Pacific/Auckland Pacific/Chatham Pacific/Easter Pacific/Fiji
Pacific/Kiritimati Pacific/Norfolk Pacific/Tongatapu UTC
""",
)

YEARS = range(2000, 2038)

SPECIAL = [
    ("Pacific/Apia", datetime(2011, 12, 30, 10, tzinfo=UTC)),  # there was no 30 December
    ("Australia/Lord_Howe", datetime(2026, 4, 4, 15, tzinfo=UTC)),  # half an hour
    ("Australia/Lord_Howe", datetime(2026, 10, 3, 15, 30, tzinfo=UTC)),
    ("America/Sao_Paulo", datetime(2015, 10, 18, 3, tzinfo=UTC)),  # there was no midnight
    ("America/Sao_Paulo", datetime(2015, 2, 22, 2, tzinfo=UTC)),
    ("Antarctica/Troll", datetime(2026, 3, 29, 1, tzinfo=UTC)),  # two hours
    ("Asia/Pyongyang", datetime(2018, 5, 4, 15, tzinfo=UTC)),
]

CLOCK = [0, 1, 1.5, 2, 2.25, 2.5, 2.75, 3, 3.5, 4, 8, 9, 12, 12.5, 17, 18, 22, 23, 23.5, 24]
"""Hours of the day at which something opens or closes: most changes of clocks are at night."""


@cache
def changes(zone: str, year: int) -> tuple[datetime, ...]:
    """The instants of a year at which the clocks of a zone change."""
    tz, hour = ZoneInfo(zone), timedelta(hours=1)

    def offset(at: datetime) -> timedelta | None:
        return at.astimezone(tz).utcoffset()

    def search(low: datetime, high: datetime, step: timedelta) -> Iterator[datetime]:
        while low < high:
            if offset(low) != offset(low + step):
                if step == timedelta(minutes=1):
                    yield low + step
                else:
                    yield from search(low, low + step, hour if step > hour else timedelta(minutes=1))
            low += step

    return tuple(search(datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC), timedelta(days=1)))


def test_the_zones_change_their_clocks_often_enough_to_be_a_trial() -> None:
    assert len(ZONES) >= 60
    assert all(at in changes(zone, at.year) for zone, at in SPECIAL)
    assert len(changes("Europe/Berlin", 2026)) == 2


# -- cases ---------------------------------------------------------------------------------------


def clock(seconds: int) -> str:
    seconds %= 86400
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def text(spans: Spans) -> str:
    return ", ".join(f"{clock(a)}-{'24:00' if b == 86400 else clock(b)}" for a, b in spans)


def some_spans(random: Random, step: int, *, night: bool) -> Spans:
    """Up to three spans of a day, and perhaps one into the next day."""
    edges = sorted(random.sample(CLOCK, 2 * random.randint(1, 3)))
    shift = random.choice([0, 0, 1, 7]) * step
    spans = [
        (int(a * 3600) + (shift if a else 0), int(b * 3600) - (shift if b == 24 else 0))
        for a, b in zip(edges[::2], edges[1::2], strict=True)
    ]
    spans = [(a, b) for a, b in spans if a < b]
    start, end = spans[-1]
    if night:
        spans[-1] = (
            start,
            max(end, 86400 + random.choice([late for late in (0, 1800, 9000, 9900) if late < start] or [0])),
        )
    return spans


class Case:
    """A calendar, and the same hours as the model wants them."""

    def __init__(self, window: Window, seed: str) -> None:
        self.window: Window = window
        self.random: Random = Random(seed)
        random, step, inside = self.random, window.step, window.dates[1:-1]
        night = random.random() < 0.3
        # Nights reach 02:45 of the next day, so with nights no day opens before 03:00.
        week = {n: self._spans(night=night) for n in range(7) if random.random() < 0.75}
        week = week or {n: [(0, 86400)] for n in range(7)}
        days = {
            day: some_spans(random, step, night=False) for day in random.sample(inside, random.choice([0, 0, 1, 2]))
        }
        closed = random.sample(inside, random.choice([0, 0, 1, 2]))
        extra = {day: some_spans(random, step, night=True) for day in random.sample(inside, random.choice([0, 0, 1]))}
        self.breaks: dict[date, Spans] = {
            day: some_spans(random, step, night=night) for day in random.sample(inside, random.choice([0, 1, 2]))
        }
        whole, part = (window.dates[0], window.dates[-1]), sorted(random.sample(window.dates, 2))
        valid_from, valid_until = random.choice([(None, None), whole, part])
        names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
        self.calendar: Calendar = Calendar(
            zone=window.zone,
            hours="; ".join(f"{names[n]} {text(spans)}" for n, spans in week.items()),
            days=tuple(DayHours(date=day, hours=text(spans)) for day, spans in days.items()),
            extra_days=tuple(DayHours(date=day, hours=text(spans)) for day, spans in extra.items()),
            holidays=tuple(Holiday(date=day) for day in closed),
            breaks=tuple(DayHours(date=day, hours=text(spans)) for day, spans in self.breaks.items()),
            valid_from=valid_from,
            valid_until=valid_until,
        )
        self.hours: dict[date, Spans] = {}
        for day in window.dates:
            if valid_from is None or valid_until is None or valid_from <= day < valid_until:
                usual = [] if day in closed else days.get(day, week.get(day.weekday(), []))
                self.hours[day] = extra.get(day, usual)
        self.model: Model = Model(window, self.hours, self.breaks)

    def _spans(self, *, night: bool) -> Spans:
        spans = some_spans(self.random, self.window.step, night=night)
        while night and spans[0][0] < 10000:
            spans = some_spans(self.random, self.window.step, night=night)
        return spans

    def disagreements(self, count: int = 4) -> Iterator[str]:
        """What the calendar answers otherwise than the model, from some random instants."""
        for _ in range(count):
            n = self.random.randrange(self.model.first, self.model.end)
            steps = self.random.choice([1, 2, 59, 60, 61, self.random.randrange(1, 2000)])
            for what, ours, theirs in self._asked(n, steps):
                if theirs is not None and ours != theirs:
                    yield f"{self.calendar} {what} {self.window.at(n)} {steps}: {ours}, not {theirs}"

    def _asked(self, n: int, steps: int) -> Iterator[tuple[str, object, object]]:
        ours, theirs, at, random = self.calendar, self.model, self.window.at, self.random
        size = timedelta(seconds=self.window.step)
        time, begin = steps * size, at(n)

        def step(found: int | None) -> datetime | None:
            return None if found is None else at(found)

        m = random.randrange(theirs.first, theirs.end)
        yield "is_open", ours.is_open(begin), theirs.is_open(n)
        yield "between", ours.between(begin, at(m)), theirs.between(n, m) * size
        for boundary, found in (("close", theirs.add(n, steps)), ("next_open", theirs.next_open(n, steps))):
            yield f"add {boundary}", found and ours.add(begin, time, boundary=boundary), step(found)  # type: ignore[arg-type]
        for what, found in (
            ("next_open", theirs.next_open(n)),
            ("next_close", theirs.next_close(n)),
            ("previous_open", theirs.subtract(n, 0)),
        ):
            yield what, found and getattr(ours, what)(begin), step(found)
        found = theirs.subtract(n, steps)
        yield "subtract", found and ours.subtract(begin, time), step(found)
        yield from self._paused(n, steps)
        yield from self._by_days(n)

    def _paused(self, n: int, steps: int) -> Iterator[tuple[str, object, object]]:
        ours, at = self.calendar, self.window.at
        edges = [self.random.randrange(n - 50, n + 3000) for _ in range(2 * self.random.randint(0, 3))]
        edges = [max(0, min(edge, self.window.count - 1)) for edge in edges]
        paused = [(min(pair), max(pair)) for pair in zip(edges[::2], edges[1::2], strict=True)]
        pauses: list[Pause] = [(at(a), at(b)) for a, b in paused]
        seconds = steps * self.window.step
        m = self.random.randrange(n, self.model.end)
        left = timedelta(seconds=self.model.between(n, m, paused) * self.window.step)
        yield "spent", ours.spent(at(n), at(m), pauses=pauses).time, left
        for duration, found in (
            (BusinessTime(seconds=seconds), self.model.add(n, steps, paused)),
            (ElapsedTime(seconds=seconds), self.model.add(n, steps, paused, always=True)),
        ):
            if found is not None:
                yield f"{duration} {pauses}", ours.due(at(n), duration, pauses=pauses).at, at(found)
                runs = self.model.next_open(found, 0, paused)
                if runs is not None:
                    opened = ours.due(at(n), duration, pauses=pauses, boundary="next_open").at
                    yield f"{duration} {pauses} next_open", opened, at(runs)

    def _by_days(self, n: int) -> Iterator[tuple[str, object, object]]:
        ours, window, begin = self.calendar, self.window, self.window.at(n)
        shown = window.walls[n]
        seconds = shown.hour * 3600 + shown.minute * 60 + shown.second
        days = self.random.choice([-2, -1, 1, 1, 2])
        day = self.model.business_day(shown.date(), days)
        if day is not None:
            yield "business_day", ours.business_day(shown.date(), days), day
            close = ours.due(begin, BusinessDays(days=days, until="close")).at
            yield "until close", close, window.at(self.model.closing(day))
            same = window.when(day, seconds)
            if same is not None:
                yield "same clock", ours.due(begin, BusinessDays(days=days, until="clock")).at, window.at(same)
                found = (
                    self.model.next_open(same) if days > 0 or self.model.is_open(same) else self.model.subtract(same, 0)
                )
                if found is not None and (days > 0 or not self.model.is_open(same)):
                    yield "open", ours.due(begin, BusinessDays(days=days)).at, window.at(found)
        end = window.when(shown.date() + timedelta(days=days), 86400)
        if end is not None:
            yield "calendar days", ours.due(begin, CalendarTime(count=days)).at, window.at(end)


def windows(places: list[tuple[str, datetime]]) -> Iterator[Window]:
    """Some days around each change by the minute, and now and then by the second."""
    for n, (zone, at) in enumerate(places):
        if n % 60 == 59:
            yield Window(zone, at - timedelta(days=2.5), 5, 1)
        else:
            yield Window(zone, at - timedelta(days=3), 6, 60)


def disagreements(places: list[tuple[str, datetime]], cases: int) -> Iterator[str]:
    for window in windows(places):
        for n in range(cases):
            yield from Case(window, f"{window.zone} {window.start} {n}").disagreements()


def some_places(count: int) -> list[tuple[str, datetime]]:
    """The special changes, and others at random."""
    random = Random(4)
    found = list(SPECIAL)
    while len(found) < count:
        zone = random.choice(ZONES)
        found += [(zone, at) for at in changes(zone, random.choice(YEARS))][:1] or [
            (zone, datetime(2026, 5, 1, tzinfo=UTC))
        ]
    return found


def test_every_answer_agrees_with_the_model_around_changes_of_clocks() -> None:  # C034
    assert list(disagreements(some_places(125), cases=16)) == []  # 2,000 calendars


@pytest.mark.torture
@pytest.mark.parametrize("part", range(6))
def test_every_answer_agrees_with_the_model_around_all_changes_of_clocks(part: int) -> None:
    places = [(zone, at) for zone in ZONES for year in YEARS for at in changes(zone, year)]
    assert next(disagreements(places[part::6], cases=-(-100_000 // len(places))), None) is None


def test_the_model_knows_a_break_that_ends_after_its_window() -> None:
    window = Window("Australia/Adelaide", datetime(2031, 4, 2, 16, 30, tzinfo=UTC), 6, 60)  # until 9 April, 02:00
    monday, tuesday = date(2031, 4, 7), date(2031, 4, 8)
    shift, rest = [(9 * 3600, 26 * 3600 + 2700)], [(2 * 3600 + 2220, 26 * 3600 + 1800)]
    calendar = Calendar(
        zone=window.zone,
        days=(DayHours(date=monday, hours=text(shift)),),
        breaks=(DayHours(date=tuesday, hours=text(rest)),),
    )

    closing = window.at(Model(window, {monday: shift}, {tuesday: rest}).closing(monday))
    assert closing == calendar.closing(monday) == datetime(2031, 4, 7, 17, 7, tzinfo=UTC)


def test_the_model_sees_a_calendar_that_takes_the_second_of_two_equal_times(monkeypatch: pytest.MonkeyPatch) -> None:
    def second(ordinal: int, seconds: int, zone: ZoneInfo) -> int:
        shown = datetime.fromordinal(ordinal).replace(tzinfo=zone) + timedelta(seconds=seconds)
        return int(shown.replace(fold=1).timestamp()) * 1_000_000

    monkeypatch.setattr(model, "wall", second)
    try:
        found = next(disagreements(SPECIAL, cases=8), None)
    except ServiceCRMError:
        found = "refused"
    assert found is not None

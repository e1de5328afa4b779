"""The key figures of a whole log, from the moments of its cases, and how its reopenings went month by month."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from datetime import UTC, datetime, tzinfo
from statistics import fmean
from types import MappingProxyType
from typing import Final

from servicecrm.analytics.kpis_counting import count
from servicecrm.analytics.kpis_rows import ComplaintRow, KpiRows, KpiRules, MoveKind, MoveRow, TimerRow
from servicecrm.analytics.kpis_table import KpiLine, KpiTable
from servicecrm.analytics.kpis_tally import Question, Tally, instant
from servicecrm.calendars import BusinessHours
from servicecrm.errors import NaiveDatetime
from servicecrm.kernel.kinds import from_micros, micros
from servicecrm.kernel.records import record
from servicecrm.measures import percentile
from servicecrm.measures.catalogue import KPIS
from servicecrm.tracking import Moments, Targets, TimerState, standing, usual
from servicecrm.tracking.spells import happened, spells

__all__ = ["Reopened", "WholeLog", "figures_document"]

_MOVES: Final[Mapping[str, MoveKind]] = MappingProxyType(
    {
        "forwarded": MoveKind.FORWARDED,
        "closed": MoveKind.CLOSED,
        "withdrawn": MoveKind.ENDED,
        "lapsed": MoveKind.ENDED,
        "passed_on": MoveKind.ENDED,
        "merged": MoveKind.ENDED,
        "reopened": MoveKind.REOPENED,
    }
)
_FLOW: Final = {"K24": "open", "K24.received": "came_in", "K24.reopened": "reopened", "K24.ended": "ended"}
# What it took is asked for, and not how long it might have taken.
_RESOLUTION: Final = usual("resolution", "1h elapsed")
_TARGETS: Final = Targets(targets=(_RESOLUTION,))


@record
class Reopened:
    """How many closings there were in a month (`2026-03`), and how many reopenings of what was closed or answered."""

    month: str
    closed: int
    reopened: int


class WholeLog:
    """The cases of a log, taken one after the other, and what they come to at the moment `now`.

    Time is counted in the open hours of `hours`, without the waits that are not ours, and age in its business days.

    Raises:
        NaiveDatetime: `now` has no zone.

    Source: K14, K16, K17, K24, K25, K31.
    """

    def __init__(self, *, hours: BusinessHours, now: datetime, zone: tzinfo = UTC) -> None:
        if now.utcoffset() is None:
            raise NaiveDatetime("now")
        self._hours, self._now, self._zone = hours, now, zone
        self._complaints: list[ComplaintRow] = []
        self._moves: list[MoveRow] = []
        self._timers: list[TimerRow] = []
        self._months: dict[str, Counter[str]] = {}
        self.last: datetime | None = None
        """When the last of all that was taken happened."""

    def take(self, id: str, received_at: datetime, moments: Moments) -> None:
        """One more case."""
        self._complaints.append(ComplaintRow(id=id, received_at=received_at))
        self.last = max(filter(None, (self.last, received_at, *(moment.occurred_at for moment in moments))), key=micros)
        for moment in standing(moments):
            kind = _MOVES.get(moment.kind)
            if kind is not None and moment.occurred_at <= self._now:
                # A row that closes a case may pass it on too: who closes it has it then.
                n = 0 if kind is MoveKind.FORWARDED else moment.n
                self._moves.append(MoveRow(about=id, kind=kind, at=moment.occurred_at, n=n))
                month = f"{moment.occurred_at.astimezone(self._zone):%Y-%m}"
                self._months.setdefault(month, Counter())[kind] += 1
        for run in spells(_RESOLUTION, _TARGETS, happened(moments, self._now)):
            if run.ended is not None and run.fulfilled:
                spent = self._hours.spent(run.began, run.ended, pauses=run.pauses).time
                row = TimerRow(about=id, name=_RESOLUTION.name, n=run.n, state=TimerState.MET, late=False)
                self._timers.append(row._replace(stopped_at=run.ended, elapsed=spent))

    def reopened(self) -> tuple[Reopened, ...]:
        """Closings and reopenings of each month that has any."""
        return tuple(
            Reopened(month=month, closed=counted[MoveKind.CLOSED], reopened=counted[MoveKind.REOPENED])
            for month, counted in sorted(self._months.items())
            if counted[MoveKind.CLOSED] or counted[MoveKind.REOPENED]
        )

    def figures(self) -> KpiTable:
        """The key figures from the first receipt to `now`."""
        now = micros(self._now)
        start = min((instant(row.received_at) for row in self._complaints), default=now)
        question = Question(
            before=start, start=start, end=now + 1, as_of=now, by=None, calendar=self._hours, rules=KpiRules()
        )
        rows = KpiRows(complaints=self._complaints, moves=self._moves, timers=self._timers)
        return KpiTable(
            period="/".join(f"{at.astimezone(self._zone):%Y-%m-%d}" for at in (from_micros(start), self._now)),
            zone=str(self._zone),
            as_of=self._now,
            lines=tuple(_lines(count(rows, question).tallies[None], question.rules.age_groups)),
        )


def _lines(tally: Tally, ages: Iterable[str]) -> Iterator[KpiLine]:
    """The lines of the table. Each is what `key_figures` makes of the same tally."""

    def amounts(name: str) -> list[float]:
        return [float(amount) for amount in tally.found(name).amounts]

    resolved, closed, open_ = amounts("resolved"), amounts("closed"), amounts("open")
    yield _line("K14", _mean(resolved), resolved)
    yield _line("K14.median", percentile(resolved, 50, rule="linear"), resolved)
    yield _line("K14.p90", percentile(resolved, 90), resolved)
    yield _line("K16", _mean(closed), closed)
    yield _line("K17", _percent(tally.found("closed_forwarded"), closed), closed)
    for kpi, name in {
        "K24": "open",
        "K24.received": "came_in",
        "K24.reopened": "reopened",
        "K24.ended": "ended",
    }.items():
        found = tally.found(name)
        yield _line(kpi, len(found), found)
    closings = tally.found("closings")
    yield _line("K25", _percent(tally.found("reopened"), closings), closings)
    yield _line("K31", _mean(open_), open_)
    yield _line("K31.open", len(open_), open_)
    for group in ages:
        found = tally.found("open", group)
        yield _line("K31.open", len(found), found, part=group)


def _line(kpi: str, value: float | None, base: Sized, *, part: str | None = None) -> KpiLine:
    found = KPIS[kpi].value(value, n=len(base))
    return KpiLine(kpi=kpi, value=found.value, n=found.n, unit=found.unit, reason=found.reason, part=part)


def _mean(values: Sequence[float]) -> float | None:
    return fmean(values) if values else None


def _percent(part: Sized, whole: Sized) -> float | None:
    return 100 * len(part) / len(whole) if whole else None


def figures_document(table: KpiTable) -> dict[str, dict[str, object]]:
    """The figures by their ids, in JSON types; what has parts has them under `parts`."""
    document: dict[str, dict[str, object]] = {}
    parts: dict[str, dict[str, float | None]] = {}
    for line in table:
        if line.part is not None:
            parts.setdefault(line.kpi, {})[line.part] = line.value
        else:
            document[line.kpi] = {"value": line.value, "unit": line.unit, "n": line.n}
    for kpi, values in parts.items():
        document.setdefault(kpi, {})["parts"] = values
    return document

"""What a replay comes to, for people and for programs."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from servicecrm.analytics.clocks import TimerCount, count_timers, timer_lines
from servicecrm.analytics.printing import TEXTS
from servicecrm.analytics.summary import TARGETS, CaseRow, Summary, summarise
from servicecrm.complaints.model import Complaint
from servicecrm.desk.desk import Desk
from servicecrm.desk.replay import Replay
from servicecrm.interop.maps import LogMap
from servicecrm.kernel.kinds import from_micros
from servicecrm.kernel.records import fields_of
from servicecrm.kernel.texts import Texts
from servicecrm.storage.store import EngineUnit
from servicecrm.tracking import timers

__all__ = ["report_document", "report_lines", "summary_of", "timers_of"]

OWN_TEXTS: Final = Texts("servicecrm.cli")
COLUMNS: Final = ("id", *CaseRow._fields)
TIMES: Final = ("received_at", "closed_at", "due_at")
PAGE: Final = 10_000


def summary_of(desk: Desk, log_map: LogMap, result: Replay, *, now: datetime) -> Summary:
    """Sum up the cases of a log that the desk's store holds; months begin in the zone of the log."""

    def summary(unit: EngineUnit) -> Summary:
        return summarise(
            _cases(unit, f"{log_map.name}:"),
            now=now,
            zone=log_map.zone,
            events=result.events,
            findings=result.findings,
            refused_rows=result.refused_rows,
        )

    return desk.store.atomically(summary, readonly=True)  # others may write meanwhile


def timers_of(desk: Desk, log_map: LogMap, *, now: datetime) -> tuple[TimerCount, ...]:
    """The timers of the cases of a log, by the targets and calendars of its map."""
    if not log_map.targets.targets:
        return ()
    calendars = {calendar.id: calendar for calendar in log_map.calendars}

    def counted(unit: EngineUnit) -> tuple[TimerCount, ...]:
        return count_timers(
            timers(complaint.moments, log_map.targets, calendars, now=now, priority=complaint.priority)
            for complaint in _complaints(unit, f"{log_map.name}:")
        )

    return desk.store.atomically(counted, readonly=True)


def _complaints(unit: EngineUnit, prefix: str) -> Iterator[Complaint]:
    after: str | None = None
    while True:
        page = unit.find(Complaint, limit=PAGE, after=after)
        yield from (complaint for complaint in page.items if complaint.id.startswith(prefix))
        after = page.next
        if after is None:
            return


def _cases(unit: EngineUnit, prefix: str) -> Iterator[CaseRow]:
    """The cases whose id begins so, from the columns of the store: no document is read."""
    after: str | None = None
    while True:
        rows, after = unit.rows(Complaint, COLUMNS, limit=PAGE, after=after)
        for id, *values in rows:
            if str(id).startswith(prefix):
                yield _case(values)
        if after is None:
            return


def _case(values: Sequence[Any]) -> CaseRow:
    """A case from column values in their stored form."""
    row = CaseRow(*values)
    times: dict[str, Any] = {name: from_micros(at) for name in TIMES if (at := getattr(row, name)) is not None}
    return row._replace(open=bool(row.open), **times)


def report_lines(
    summary: Summary, counts: Sequence[TimerCount], result: Replay, log: str, *, language: str
) -> Iterator[str]:
    """The summary, the timers, then what was remarkable: each kind of finding and refused rows, the first of them."""
    yield from summary.lines(language=language)
    yield from timer_lines(counts, language=language)
    if result.events and not result.new:
        yield ""
        yield OWN_TEXTS.get("replay.nothing_new", language=language)
    if result.kinds:
        yield ""
        yield TEXTS.get("summary.findings", language=language)
        for says, count in result.kinds.most_common():
            yield f"  {count:>9,}  {says}  ({log}:{result.first[says]})"
    if result.refused:
        yield ""
        yield TEXTS.get("summary.refused_rows", language=language)
        for row, column, says in result.refused:
            where = f"{log}:{row}" if column is None else f"{log}:{row} {column!r}"
            yield f"  {where}: {says}"
        if result.refused_rows > len(result.refused):
            yield "  ..."


def report_document(
    summary: Summary, counts: Sequence[TimerCount], result: Replay, log_map: LogMap
) -> dict[str, object]:
    """The same in JSON types. What is on time, and which timers were met, is told only if the map names targets."""
    document = summary.to_dict()
    if all(column.field != "due_at" for column in log_map.columns):
        for name in TARGETS:
            del document[name]
    if log_map.targets.targets:
        document["timers"] = [fields_of(count) for count in counts]
    return {
        "log": log_map.name,
        **document,
        "new": result.new,
        "findings_by_kind": {
            says: {"count": count, "first_row": result.first[says]} for says, count in result.kinds.most_common()
        },
        "refused": [row._asdict() for row in result.refused],
    }

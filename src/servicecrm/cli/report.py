"""What a replay comes to, for people and for programs."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import attrs

from servicecrm.analytics.clocks import TimerCount, count_timers, timer_lines
from servicecrm.analytics.kpis_table import KpiTable
from servicecrm.analytics.page import Listed, report_page
from servicecrm.analytics.printing import TEXTS
from servicecrm.analytics.summary import TARGETS, CaseRow, Summary, summarise
from servicecrm.analytics.whole_log import Reopened, WholeLog, figures_document
from servicecrm.calendars import Calendar
from servicecrm.complaints.model import Complaint
from servicecrm.desk.desk import Desk
from servicecrm.desk.replay import Refusals, Replay
from servicecrm.errors import InvalidValue
from servicecrm.interop.logs import RefusedRow, UnknownWords
from servicecrm.interop.maps import LogMap
from servicecrm.kernel.kinds import from_micros
from servicecrm.kernel.records import fields_of, record
from servicecrm.kernel.texts import Texts
from servicecrm.storage.store import EngineUnit
from servicecrm.tracking import Timers, timers

__all__ = ["Courses", "courses_of", "report_document", "report_html", "report_lines", "summary_of"]

OWN_TEXTS: Final = Texts("servicecrm.cli")
COLUMNS: Final = ("id", *CaseRow._fields)
TIMES: Final = ("received_at", "closed_at", "due_at")
PAGE: Final = 10_000
SHOWN: Final = 20
"""Words that the map has not, and other reasons to refuse a row, of which so many are shown to people."""


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


@record
class Courses:
    """What the moments of the cases of a log come to: timers by the targets of its map, key figures, reopenings."""

    timers: tuple[TimerCount, ...]
    figures: KpiTable
    reopened: tuple[Reopened, ...]


def courses_of(desk: Desk, log_map: LogMap, *, now: datetime) -> Courses:
    """Follow the cases of a log that the desk's store holds, by the calendars of its map.

    A map without a calendar is of a house that never closes: nobody can say when it does.

    Raises:
        InvalidValue: the cases go on after `now`; how they stood then, their columns do not say.
    """
    calendars = {calendar.id: calendar for calendar in log_map.calendars}
    hours = calendars.get("default") or Calendar(zone=log_map.zone.key, hours="mon-sun 00:00-24:00")
    whole = WholeLog(hours=hours, now=now, zone=log_map.zone)

    def followed(unit: EngineUnit) -> Iterator[Timers]:
        for complaint in _complaints(unit, f"{log_map.name}:"):
            whole.take(complaint.id, complaint.received_at, complaint.moments)
            if log_map.targets.targets:
                yield timers(complaint.moments, log_map.targets, calendars, now=now, priority=complaint.priority)

    counts = desk.store.atomically(lambda unit: count_timers(followed(unit)), readonly=True)
    if whole.last is not None and whole.last > now:
        raise InvalidValue("now", f"the log goes on until {whole.last.isoformat()}; name a time after that, or none")
    return Courses(timers=counts, figures=whole.figures(), reopened=whole.reopened())


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
    summary: Summary, courses: Courses, result: Replay, log: str, *, unknown: UnknownWords | None = None, language: str
) -> Iterator[str]:
    """The summary, the timers, what was remarkable, and the key figures.

    Of each kind of finding the first one is told. Refused rows are told by the word that the map has not, the others by
    column and reason: the most frequent ones, each with its first row.
    """
    yield from summary.lines(language=language)
    yield from timer_lines(courses.timers, language=language)
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
        yield from _refused_lines(_refusals(result, unknown), log)
    yield ""
    yield courses.figures.text(language=language)


class _Refusals(NamedTuple):
    """The refused rows as people are told of them: by the word that the map has not, and the others by reason."""

    words: Sequence[tuple[str, int, RefusedRow]]
    others: Sequence[Refusals]
    left: int


def _refusals(result: Replay, unknown: UnknownWords | None) -> _Refusals:
    words: list[tuple[str, int, RefusedRow]] = []
    if unknown is not None:
        words = [(word, count, unknown.first[word]) for word, count in unknown.counts.most_common(SHOWN)]
    by_word = {(first.column, first.says) for *_, first in words}
    others = [each for each in result.refused_by_reason if (each.column, each.says) not in by_word][:SHOWN]
    told = sum(count for _, count, _ in words) + sum(each.count for each in others)
    return _Refusals(words, others, result.refused_rows - told)


def _refused_lines(refused: _Refusals, log: str) -> Iterator[str]:
    for each in refused.others:
        column = "" if each.column is None else f"{each.column!r}: "
        yield f"  {each.count:>9,}  {column}{each.says}  ({log}:{each.first_row})"
    # The words stand below their heading, and nothing else does.
    if refused.words:
        *_, first = refused.words[0]
        yield f"  {first.column!r}: {first.says}"
    for word, count, first in refused.words:
        yield f"  {count:>9,}  {word!r}  ({log}:{first.row})"
    if refused.left:
        yield f"  {refused.left:>9,}  ..."


def report_html(
    summary: Summary, courses: Courses, result: Replay, log: str, *, unknown: UnknownWords, language: str
) -> str:
    """The same as a page for a browser."""

    def text(key: str) -> str:
        return TEXTS.get(key, language=language)

    remarkable = []
    if result.kinds:
        head = tuple(text(f"page.{key}") for key in ("finding", "count", "first_row"))
        kinds = [(says, f"{count:,}", f"{result.first[says]}") for says, count in result.kinds.most_common()]
        remarkable.append(Listed(text("summary.findings"), head, kinds))
    refused = _refusals(result, unknown)
    if refused.words:
        head = tuple(text(f"page.{key}") for key in ("word", "rows", "first_row"))
        words = [(word, f"{count:,}", f"{first.row}") for word, count, first in refused.words]
        remarkable.append(Listed(text("page.unknown_words"), head, words))
    if refused.others or refused.left:
        head = tuple(text(f"page.{key}") for key in ("says", "column", "rows", "first_row"))
        others = [(each.says, each.column or "", f"{each.count:,}", f"{each.first_row}") for each in refused.others]
        if refused.left:
            others.append((TEXTS.get("page.more", language=language, count=f"{refused.left:,}"), "", "", ""))
        remarkable.append(Listed(text("summary.refused_rows"), head, others))
    return report_page(
        summary,
        log=log,
        figures=courses.figures,
        timers=courses.timers,
        reopened=courses.reopened,
        more=remarkable,
        language=language,
    )


def report_document(
    summary: Summary, courses: Courses, result: Replay, log_map: LogMap, *, unknown: UnknownWords
) -> dict[str, object]:
    """The same in JSON types. What is on time, and which timers were met, is told only if the map names targets."""
    document = summary.to_dict()
    if all(column.field != "due_at" for column in log_map.columns):
        for name in TARGETS:
            del document[name]
    if log_map.targets.targets:
        document["timers"] = [fields_of(count) for count in courses.timers]
    return {
        "log": log_map.name,
        **document,
        "kpis": figures_document(courses.figures),
        "new": result.new,
        "findings_by_kind": {
            says: {"count": count, "first_row": result.first[says]} for says, count in result.kinds.most_common()
        },
        "unknown_words": {
            word: {"count": count, "first_row": unknown.first[word].row} for word, count in unknown.counts.most_common()
        },
        "refused_by_reason": [attrs.asdict(each) for each in result.refused_by_reason],
        "refused": [row._asdict() for row in result.refused],
    }

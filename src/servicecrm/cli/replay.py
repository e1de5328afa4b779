"""`servicecrm replay`: another system's log into a store."""

import json
import sys
from argparse import Namespace
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from errno import EEXIST, EISDIR, ENOENT
from pathlib import Path
from time import perf_counter

import attrs

from servicecrm.cli.report import courses_of, report_document, report_html, report_lines, summary_of
from servicecrm.cli.stores import opened
from servicecrm.desk.desk import Desk
from servicecrm.desk.opening import is_url
from servicecrm.desk.replay import Replay, replay
from servicecrm.desk.row_counts import RowCounts
from servicecrm.errors import ImportProblem, MalformedDocument
from servicecrm.interop.logs import UnknownWords, read_log
from servicecrm.interop.maps import LogMap
from servicecrm.interop.vocabulary import COMPLAINT_WORDS
from servicecrm.storage.sqlite import SQLiteStore

__all__ = ["profile_line", "replay_log"]


def replay_log(args: Namespace) -> None:
    """Replay the log that the arguments name, and print what it comes to.

    Raises:
        ImportProblem: rows were refused, and none could be taken. What it comes to is printed before.
        OSError: a report cannot be written, or would be written over the log, the map, the store or the other report.
    """
    log_map = _map(Path(args.map))
    reports = [Path(name) if name else None for name in (args.json, args.report)]
    used = [("log", Path(args.log)), ("map", Path(args.map))]
    if args.store != "memory:" and not is_url(args.store):
        used.append(("store", Path(args.store)))
    for report in filter(None, reports):
        _check_place(report, used)  # told now, not after a long replay
        used.append(("other report", report))
    unknown = UnknownWords(log_map)
    with ExitStack() as stack:
        # A log that does not fit its map leaves no empty store behind.
        facts = unknown.watch(read_log(args.log, log_map, count=stack.enter_context(RowCounts())))
        desk = stack.enter_context(opened(args, tenant=args.tenant))
        start = perf_counter()
        result = replay(desk, facts, log_map, batch=args.batch, strict=args.strict, progress=_progress(start))
        desk.store.seal()
        print(_speed(result, start), file=sys.stderr)
        if args.store != "memory:":
            print(profile_line(desk), file=sys.stderr)
        now = args.now or desk.clock()
        summary, courses = summary_of(desk, log_map, result, now=now), courses_of(desk, log_map, now=now)
    name = Path(args.log).name
    as_json, as_html = reports
    if as_json is not None:
        document = json.dumps(
            report_document(summary, courses, result, log_map, unknown=unknown), ensure_ascii=False, indent=2
        )
        as_json.write_text(f"{document}\n", encoding="utf-8", newline="\n")
    if as_html is not None:
        page = report_html(summary, courses, result, name, unknown=unknown, language=args.language)
        as_html.write_text(page, encoding="utf-8", newline="\n")
    for line in report_lines(summary, courses, result, name, unknown=unknown, language=args.language):
        print(line)
    if result.refused_rows and not result.events:
        sys.stdout.flush()
        raise ImportProblem(f"nothing could be taken; the summary says why; rows refused: {result.refused_rows:,}")


def profile_line(desk: Desk) -> str:
    """How the database keeps its promises, in one line."""
    (_, version), *settings = attrs.asdict(desk.profile).items()
    name = "SQLite" if isinstance(desk.store, SQLiteStore) else "PostgreSQL"
    return f"{name} {version}: {' '.join(f'{name}={value}' for name, value in settings)}"


def _check_place(report: Path, used: Iterable[tuple[str, Path]]) -> None:
    """Refuses a place for a report that is none, or holds something that is used."""
    if not report.parent.is_dir():
        raise FileNotFoundError(ENOENT, "there is no such folder for the report", str(report.parent))
    if report.is_dir():
        raise IsADirectoryError(EISDIR, "this is a folder; name a file for the report", str(report))
    for what, path in used:
        if report.resolve() == path.resolve() or (report.exists() and path.exists() and report.samefile(path)):
            raise FileExistsError(EEXIST, f"this is the {what}; name another file for the report", str(report))


def _map(path: Path) -> LogMap:
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError:
        raise MalformedDocument("log map", ("the map is not UTF-8",)) from None
    return LogMap.from_toml(text, COMPLAINT_WORDS)


def _progress(start: float) -> Callable[[Replay], None] | None:
    """One line on a terminal that is written again and again; nothing where nobody looks on."""
    if not sys.stderr.isatty():
        return None
    return lambda result: print(_speed(result, start), end="\r", file=sys.stderr, flush=True)


def _speed(result: Replay, start: float) -> str:
    return f"{result.events:,} events, {result.events / (perf_counter() - start):>6,.0f} events/s"

"""`servicecrm demo`: a year of complaints of a water utility that does not exist."""

from argparse import Namespace
from datetime import UTC, datetime
from importlib.resources import as_file, files
from typing import Final

from servicecrm.cli.report import courses_of, report_lines, summary_of
from servicecrm.cli.stores import opened
from servicecrm.desk.replay import replay
from servicecrm.interop.logs import read_log
from servicecrm.interop.maps import LogMap
from servicecrm.interop.vocabulary import COMPLAINT_WORDS

__all__ = ["demonstrate"]

NOW: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""The end of the year that the log tells of. With a clock that stands still, every run prints the same."""


def demonstrate(args: Namespace) -> None:
    """Replay the log that is shipped into the store that the arguments name, and print what it comes to."""
    folder = files("servicecrm") / "demo"
    log_map = LogMap.from_toml((folder / "water_utility.toml").read_text("utf-8"), COMPLAINT_WORDS)
    with as_file(folder / "water_utility.csv") as log, opened(args, clock=lambda: NOW) as desk:
        result = replay(desk, read_log(log, log_map), log_map)
        desk.store.seal()
        summary = summary_of(desk, log_map, result, now=NOW)
        courses = courses_of(desk, log_map, now=NOW)
        for line in report_lines(summary, courses, result, log.name, language=args.language):
            print(line)

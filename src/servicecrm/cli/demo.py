"""`servicecrm demo`: a year of a water utility that does not exist."""

from argparse import Namespace
from importlib.resources import as_file, files
from pathlib import Path

from servicecrm.cli.report import courses_of, report_lines, summary_of
from servicecrm.cli.stores import opened
from servicecrm.demo import END, TEXTS, a_year, manager_page
from servicecrm.desk.replay import replay
from servicecrm.interop.logs import read_log
from servicecrm.interop.maps import LogMap
from servicecrm.interop.vocabulary import COMPLAINT_WORDS

__all__ = ["demonstrate"]


def demonstrate(args: Namespace) -> None:
    """Let the year happen in the store that the arguments name, replay the log that is shipped into it, print what the
    log comes to, and write the page for managers."""
    folder = files("servicecrm") / "demo"
    log_map = LogMap.from_toml((folder / "water_utility.toml").read_text("utf-8"), COMPLAINT_WORDS)
    # With a clock that stands still at the end of the year, every run prints the same.
    with as_file(folder / "water_utility.csv") as log, opened(args, clock=lambda: END) as desk:
        year = a_year(desk.store)
        result = replay(desk, read_log(log, log_map), log_map)
        summary = summary_of(desk, log_map, result, now=END)
        courses = courses_of(desk, log_map, now=END)
        page = Path(args.report)
        page.write_text(manager_page(year, language=args.language), encoding="utf-8", newline="\n")
        desk.store.seal()
        for line in report_lines(summary, courses, result, log.name, language=args.language):
            print(line)
        print()
        print(TEXTS.get("page.written", language=args.language, file=page.name))

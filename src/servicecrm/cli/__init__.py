"""The command `servicecrm`: replay another system's log, see a demonstration, look after a store.

Exit codes: 0 done, 1 it could not be done (standard error says why, a line for each problem), 2 wrong usage,
130 interrupted.
"""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from io import TextIOWrapper
from typing import Final

from servicecrm.errors import ImportProblem, MalformedDocument, ServiceCRMError, StoreError

__all__ = ["main"]

LANGUAGES: Final = ("en", "de", "zh")

EXAMPLES: Final = """\
examples:
  servicecrm demo --language de
  servicecrm replay tickets.csv --map tickets.toml                    a trial in memory
  servicecrm replay tickets.csv --map tickets.toml --store crm.db     again later: only what is new is added
  servicecrm doctor --store crm.db
  servicecrm doctor --store postgresql://crm@db.example/crm           PGPASSWORD or ~/.pgpass may hold the password
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line; gives the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a log may hold what the terminal cannot show
    parser = _parser()
    args = parser.parse_args(argv)
    try:
        return _run(args, parser)
    except BrokenPipeError:  # whoever reads the output has seen enough, such as `head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 1
    except (ServiceCRMError, OSError) as error:
        for problem in _problems(error, args):
            print(f"servicecrm: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("servicecrm: interrupted; what was saved stays, and the same command goes on from there", file=sys.stderr)
        return 130


def _run(args: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    # What a command needs is loaded when it runs, so that --help is there at once.
    if args.version:
        from servicecrm.cli.versions import installed

        print(f"servicecrm {installed('servicecrm') or '(not installed)'}")
    elif args.command == "replay":
        from servicecrm.cli.replay import replay_log

        replay_log(args)
    elif args.command == "demo":
        from servicecrm.cli.demo import demonstrate

        demonstrate(args)
    elif args.command == "doctor":
        from servicecrm.cli.doctor import examine

        examine(args)
    else:
        parser.error("name a command; servicecrm --help tells which there are")
    sys.stdout.flush()
    return 0


def _problems(error: ServiceCRMError | OSError, args: argparse.Namespace) -> Iterator[str]:
    """What to tell about an error, with the name of the file that it is about."""
    match error:
        case MalformedDocument(kind="log map") if args.command == "replay":
            yield from (f"{args.map}: {problem}" for problem in error.problems)
        case ImportProblem() if args.command == "replay":
            yield f"{args.log}: {error}"
        case StoreError() if args.command is not None:
            yield f"{args.store.split('://')[0]}: {error}"  # the rest of a URL may hold a password
        case OSError(filename=str() as name, strerror=str() as says):
            yield f"{name}: {says}"
        case _:
            yield str(error)


# -- what can be said ----------------------------------------------------------------------------


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="servicecrm",
        description="Complaints of a service: replay another system's log, see a demonstration, look after a store.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="store_true", help="tell the version")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    _replay_parser(
        commands.add_parser(
            "replay",
            help="read another system's log into a store, and sum it up",
            description="Read another system's log into a store, and sum up its cases. "
            "The same log again changes nothing; a later extract of it adds what is new.",
        )
    )
    demo = commands.add_parser(
        "demo",
        help="sum up a year of complaints of a water utility",
        description="Replay the log that is shipped, a year of complaints of a water utility that does not exist, "
        "and sum it up.",
    )
    _add_store(demo, "where to keep it", default="memory:")
    _add_language(demo)
    doctor = commands.add_parser(
        "doctor",
        help="tell versions and extras, and check a store",
        description="Tell the versions in use and which extras are installed; with --store, also check a store. "
        "It changes nothing.",
    )
    _add_store(doctor, "the store to check", default=None)
    return parser


def _replay_parser(replay: argparse.ArgumentParser) -> None:
    replay.add_argument("log", metavar="LOG", help="a CSV file, also inside a .zip or .gz")
    replay.add_argument("--map", metavar="MAP.toml", required=True, help="what the columns and words of the log mean")
    _add_store(replay, "where to keep it", default="memory:")
    replay.add_argument("--tenant", metavar="NAME", default="default", help="whose it is (default: %(default)s)")
    replay.add_argument("--json", metavar="REPORT.json", help="also write the summary to this file")
    replay.add_argument(
        "--now", metavar="TIME", type=_time, help="sum up as of this time, in ISO 8601 with a zone (default: the clock)"
    )
    replay.add_argument("--strict", action="store_true", help="stop at the first row that cannot be taken")
    replay.add_argument(
        "--batch", metavar="N", type=_number, default=1_000, help="facts saved in one commit (default: %(default)s)"
    )
    replay.add_argument(
        "--writers",
        choices=("many", "one"),
        default="many",
        help="may other processes use the file meanwhile? 'one' is faster (default: %(default)s)",
    )
    _add_language(replay)


def _add_store(parser: argparse.ArgumentParser, what: str, *, default: str | None) -> None:
    told = f"{what}: a file, or postgresql://..." + ("" if default is None else " (default: %(default)s)")
    parser.add_argument("--store", metavar="STORE", default=default, help=told)
    parser.add_argument("--schema", metavar="NAME", help="the schema of the tables in PostgreSQL")
    parser.add_argument(
        "--tenants-apart", action="store_true", help="expect row level security to keep tenants apart in PostgreSQL"
    )


def _add_language(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--language", choices=LANGUAGES, default="en", help="of the summary (default: %(default)s)")


def _time(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        time = None
    if time is None or time.tzinfo is None:
        raise argparse.ArgumentTypeError("expected a time with a zone, such as 2026-03-02T09:00+01:00")
    return time


def _number(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("expected a whole number, 1 or more")
    return int(text)

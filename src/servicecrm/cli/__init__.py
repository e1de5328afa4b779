"""The command `servicecrm`: replay another system's log, see a demonstration, fire what is due, look after a store.

Exit codes: 0 done, 1 it could not be done (standard error says why, a line for each problem), 2 wrong usage,
130 interrupted.
"""

import argparse
import os
import re
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from io import TextIOWrapper
from typing import TYPE_CHECKING, Final

from servicecrm.errors import BrokenJournal, ImportProblem, InvalidValue, MalformedDocument, ServiceCRMError, StoreError

if TYPE_CHECKING:
    from servicecrm.notifications import Letterhead

__all__ = ["main"]

LANGUAGES: Final = ("en", "de", "zh")

EXAMPLES: Final = """\
examples:
  servicecrm demo --language de
  servicecrm replay tickets.csv --map tickets.toml                    a trial in memory
  servicecrm replay tickets.csv --map tickets.toml --store crm.db     again later: only what is new is added
  servicecrm sweep --store crm.db --every 60s --people people.toml
  servicecrm deliver --store crm.db --smtp mail.city.example --from "Office <office@city.example>" --people people.toml
  servicecrm doctor --store crm.db
  servicecrm doctor --store postgresql://crm@db.example/crm           PGPASSWORD or ~/.pgpass may hold the password
  servicecrm schema complaint > complaint.schema.json
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
    elif args.command == "sweep":
        from servicecrm.cli.sweep import sweep_store

        sweep_store(args)
    elif args.command == "deliver":
        from servicecrm.cli.deliver import deliver_notices

        deliver_notices(args)
    elif args.command == "doctor":
        from servicecrm.cli.doctor import examine

        examine(args)
    elif args.command == "schema":
        from servicecrm.cli.schema import print_schema

        print_schema(args)
    else:
        parser.error("name a command; servicecrm --help tells which there are")
    sys.stdout.flush()
    return 0


def _problems(error: ServiceCRMError | OSError, args: argparse.Namespace) -> Iterator[str]:
    """What to tell about an error, with the name of the file that it is about."""
    match error:
        case MalformedDocument(kind="log map") if args.command == "replay":
            yield from (f"{args.map}: {problem}" for problem in error.problems)
        case MalformedDocument(kind="people"):
            yield from (f"{args.people}: {problem}" for problem in error.problems)
        case ImportProblem() if args.command == "replay":
            yield f"{args.log}: {error}"
        case StoreError() if args.command is not None:
            store = args.store.split("://")[0]  # the rest of a URL may hold a password
            yield from (f"{store}: {says}" for says in (error.breaks if isinstance(error, BrokenJournal) else [error]))
        case OSError(filename=str() as name, strerror=str() as says):
            yield f"{name}: {says}"
        case _:
            yield str(error)


# -- what can be said ----------------------------------------------------------------------------


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="servicecrm",
        description="Complaints of a service: replay another system's log, see a demonstration, fire what is due, "
        "deliver notices, look after a store.",
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
        help="a year of a water utility, and a page about it for managers",
        description="Let a year of a water utility that does not exist happen: customers, agreements, complaints, "
        "surveys, reviews. Replay the log of its complaints that is shipped, sum it up, and write a page for managers.",
    )
    _add_store(demo, "where to keep it", default="memory:")
    demo.add_argument(
        "--report", metavar="PAGE.html", default="water-utility.html", help="the page to write (default: %(default)s)"
    )
    _add_language(demo)
    _sweep_parser(
        commands.add_parser(
            "sweep",
            help="fire what is due: warnings, misses, escalations",
            description="Fire what is due in every tenant, once, however late and in however many processes. "
            "Notices of it wait in the store; see `servicecrm deliver`.",
        )
    )
    _deliver_parser(
        commands.add_parser(
            "deliver",
            help="deliver the notices that wait",
            description="Deliver the notices of every tenant by mail, or into a folder, each at least once. "
            "Those whose recipient is not among the people, or is refused, are given up.",
        )
    )
    doctor = commands.add_parser(
        "doctor",
        help="tell versions and extras, and check a store",
        description="Tell the versions in use and which extras are installed; with --store, also check a store. "
        "It changes nothing.",
    )
    _add_store(doctor, "the store to check", default=None)
    schema = commands.add_parser(
        "schema",
        help="tell the form of a stored document, as JSON Schema",
        description="Tell the form of the stored documents of a kind, as JSON Schema (draft 2020-12): the fields, "
        "which of them have to be there, the codes, and what is personal.",
    )
    schema.add_argument("kind", metavar="KIND", nargs="?", help="such as complaint (default: list the kinds)")
    return parser


def _replay_parser(replay: argparse.ArgumentParser) -> None:
    replay.add_argument("log", metavar="LOG", help="a CSV or XES file, also inside a .zip or .gz")
    replay.add_argument("--map", metavar="MAP.toml", required=True, help="what the columns and words of the log mean")
    _add_store(replay, "where to keep it", default="memory:")
    replay.add_argument("--tenant", metavar="NAME", default="default", help="whose it is (default: %(default)s)")
    replay.add_argument("--json", metavar="REPORT.json", help="also write the summary to this file")
    replay.add_argument("--report", metavar="REPORT.html", help="also write a page for a browser, with charts")
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


def _sweep_parser(sweep: argparse.ArgumentParser) -> None:
    _add_store(sweep, "the store to sweep", default=None, required=True)
    sweep.add_argument("--tenant", metavar="NAME", help="only this one (default: all, in turn)")
    _add_every(sweep)
    sweep.add_argument("--people", metavar="PEOPLE.toml", help="who has which role, and who is away")


def _deliver_parser(deliver: argparse.ArgumentParser) -> None:
    _add_store(deliver, "whose notices", default=None, required=True)
    to = deliver.add_mutually_exclusive_group(required=True)
    to.add_argument("--smtp", metavar="HOST[:PORT]", type=_server, help="the mail server")
    to.add_argument("--folder", metavar="DIR", help="a folder for mails as files, for looking at them")
    deliver.add_argument(
        "--from",
        metavar="WHO",
        dest="letterhead",
        type=_letterhead,
        required=True,
        help='who writes, such as "Office <office@city.example>"',
    )
    deliver.add_argument("--people", metavar="PEOPLE.toml", required=True, help="where people are reached")
    deliver.add_argument(
        "--security",
        choices=("starttls", "tls", "none"),
        default="starttls",
        help="of the way to the mail server; none only on this machine (default: %(default)s)",
    )
    deliver.add_argument(
        "--login-env", metavar="NAME", help="the environment variable that holds user:password for the mail server"
    )
    _add_every(deliver)


def _add_every(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--every", metavar="TIME", type=_pause, help="go on with such pauses, as 60s, 5m or 1h (default: do it once)"
    )


def _add_store(parser: argparse.ArgumentParser, what: str, *, default: str | None, required: bool = False) -> None:
    told = f"{what}: a file, or postgresql://..." + ("" if default is None else " (default: %(default)s)")
    parser.add_argument("--store", metavar="STORE", default=default, required=required, help=told)
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


def _pause(text: str) -> timedelta:
    found = re.fullmatch(r"(\d{1,6}(?:\.\d{1,3})?)([smh])", text, re.ASCII)
    if found is None or not float(found[1]):
        raise argparse.ArgumentTypeError("expected a time such as 60s, 5m or 1h")
    return timedelta(seconds=float(found[1]) * {"s": 1, "m": 60, "h": 3600}[found[2]])


def _server(text: str) -> tuple[str, int | None]:
    # Nothing before the host: a login must not stand on a command line.
    found = re.fullmatch(r"(?:\[([0-9a-fA-F:.]+)\]|([^][\s:@/]+))(?::(\d{1,5}))?", text, re.ASCII)
    if found is None:
        raise argparse.ArgumentTypeError("expected a host, and perhaps a port: mail.city.example:587")
    return found[1] or found[2], None if found[3] is None else int(found[3])


def _letterhead(text: str) -> "Letterhead":
    from email.utils import parseaddr

    from servicecrm.notifications import Letterhead

    name, address = parseaddr(text)
    try:
        return Letterhead(address=address, name=name or None)
    except InvalidValue:
        raise argparse.ArgumentTypeError('expected an address, such as "Office <office@city.example>"') from None

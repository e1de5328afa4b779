"""When is what due, and what was missed: the shipped targets of a complaint, as a walk through its facts.

Time never stands still here but for waits, so that a goal is a number of hours. The rules of a house never change, so
that a result is always what the facts make of it.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, Final

Fact = dict[str, Any]
"""What happened to a complaint: `n`, `kind`, `at`, and perhaps `side`, `code`, `until` and `voids`."""

Timer = dict[str, Any]
"""`name`, `n`, `state`, `late`, `began`, `due`, `ended`; `misses` is when it was missed, `wakes` what is next."""

Says = Callable[[Fact], bool]

HOURS: Final = {"acknowledge": 24, "first_response": 48, "resolution": 240, "stage": 480}
NOT_OURS: Final = ("customer", "third_party", "scheduled")
SAYS_NOTHING: Final = ("courtesy", "auto_reply", "bounce", "own_notice", "internal_note")
INSTANT: Final = timedelta(microseconds=1)


def is_(*kinds: str) -> Says:
    return lambda fact: fact["kind"] in kinds


def is_no_complaint(fact: Fact) -> bool:
    return fact["kind"] in ("received", "reclassified") and fact["code"] not in (None, "complaint")


def is_taken_for_one(fact: Fact) -> bool:
    return (fact["kind"], fact["code"]) == ("reclassified", "complaint")


def is_reply(fact: Fact) -> bool:
    said = fact["kind"] == "message" and fact["side"] == "inside" and fact["code"] not in SAYS_NOTHING
    return said or fact["kind"] == "answered"


def ends(fact: Fact) -> bool:
    return is_("closed", "withdrawn", "lapsed", "passed_on", "merged")(fact) or is_no_complaint(fact)


def takes_up(fact: Fact) -> bool:
    return fact["kind"] == "reopened" or is_taken_for_one(fact)


def never(_: Fact) -> bool:
    return False


TARGETS: Final[dict[str, dict[str, Any]]] = {
    "acknowledge": {
        "starts": lambda fact: fact["kind"] == "received" or is_taken_for_one(fact),
        "stops": is_("acknowledged", "answered"),
    },
    "first_response": {
        "starts": lambda fact: fact["kind"] == "received" or is_taken_for_one(fact),
        "stops": is_reply,
    },
    "resolution": {
        "starts": lambda fact: fact["kind"] == "received" or takes_up(fact),
        "stops": is_("answered", "closed"),
        "cancels": is_("stage"),
        "again": True,
        "waits": True,
    },
    "stage": {
        "starts": is_("stage"),
        "stops": is_("answered", "closed"),
        "restarts": is_("stage"),
        "again": True,
        "waits": True,
    },
}


def standing(facts: Iterable[Fact]) -> list[Fact]:
    """The facts that count, in the order in which they happened."""
    told = list(facts)
    voided = {fact["voids"] for fact in told}
    counting = [fact for fact in told if fact["voids"] is None and fact["n"] not in voided]
    return sorted(counting, key=lambda fact: (fact["at"], fact["n"]))


def timers(facts: Iterable[Fact], now: datetime) -> list[Timer]:
    """Every timer of a complaint as it stands now."""
    told = standing(facts)
    found = []
    for name, target in TARGETS.items():
        runs, waits = _walk(told, **target)
        for n, run in enumerate(runs, 1):
            found.append(_timer(name, n, run, waits, now))
    return found


def _walk(
    facts: list[Fact],
    *,
    starts: Says,
    stops: Says,
    cancels: Says = never,
    restarts: Says = never,
    again: bool = False,
    waits: bool = False,
) -> tuple[list[dict[str, Any]], list[tuple[datetime, datetime | None]]]:
    """From when to when a timer ran, and when it would have waited if it did."""
    runs: list[dict[str, Any]] = []
    pauses: list[tuple[datetime, datetime | None]] = []
    since: datetime | None = None
    until: datetime | None = None
    over = False
    cut: str | None = None
    for fact in facts:
        at = fact["at"]
        over = (over or ends(fact)) and not takes_up(fact)
        if since is not None and until is not None and until <= at:
            pauses.append((since, until))
            since = None
        resumes = (fact["kind"] == "resumed" and fact["code"] in NOT_OURS) or (
            fact["kind"] == "waiting" and fact["code"] not in NOT_OURS
        )
        if since is not None and (over or resumes):
            pauses.append((since, at))
            since = None
        elif waits and not over and fact["kind"] == "waiting" and fact["code"] in NOT_OURS:
            since, until = since or at, fact["until"]
        running = bool(runs) and runs[-1]["ended"] is None
        if running and stops(fact):
            runs[-1].update(ended=at, met=True)
            cut = None
        elif running and (over or cancels(fact)):
            runs[-1].update(ended=at)
            cut = fact["kind"] if over else None
        elif running and restarts(fact):
            runs[-1].update(ended=at)
            runs.append({"began": at, "ended": None, "met": False, "gaps": []})
        may = not runs or (runs[-1]["ended"] is not None and (again or not runs[-1]["met"]))
        if not running and not over and fact["kind"] == cut and takes_up(fact):
            if runs[-1]["ended"] < at:
                runs[-1]["gaps"].append((runs[-1]["ended"], at))
            runs[-1].update(ended=None)
        elif may and not over and starts(fact):
            runs.append({"began": at, "ended": None, "met": False, "gaps": []})
    return runs, pauses if since is None else [*pauses, (since, until)]


def _timer(
    name: str, n: int, run: dict[str, Any], waits: list[tuple[datetime, datetime | None]], now: datetime
) -> Timer:
    began, ended = run["began"], run["ended"]
    end = ended or now
    waiting, wakes, due = None, None, began + timedelta(hours=HOURS[name])
    covered = began
    for since, until in sorted([*waits, *run["gaps"]], key=lambda wait: wait[0]):
        start, stop = max(since, covered), until
        if ended is not None:
            stop = ended if stop is None else min(stop, ended)
        if stop is not None and stop <= start:
            continue
        if stop is None or stop > end:  # it waits now
            waiting, wakes = start, stop
            break
        if start < due:  # what was used up before is not given back
            due += stop - start
        covered = stop
    looked = end if waiting is None else waiting
    late = due < looked or (due == looked == ended and not run["met"])
    if ended is not None:
        state = "missed" if late else "met" if run["met"] else "cancelled"
    else:
        state = "running" if waiting is None else "paused"
    nexts = []
    if ended is None:
        nexts = [wakes] if waiting is not None else [] if late else [due + INSTANT]
    return {
        "name": name,
        "n": n,
        "state": state,
        "late": late,
        "began": began,
        "due": due if waiting is None or due < waiting else None,
        "ended": ended,
        "misses": due if late else None,
        "wakes": min((at for at in nexts if at is not None), default=None),
    }

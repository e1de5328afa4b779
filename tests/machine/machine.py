"""The complaint engine on an SQLite file, driven by anything in any order, beside an account of its own.

Files are kept in memory where the system has such a place: what is tried here is what a process leaves when it ends,
and not whether a disk keeps its word.
"""

import contextlib
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, ClassVar, Final

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from servicecrm import connect
from servicecrm.desk import Desk
from servicecrm.errors import IdempotencyMismatch, RuleError
from servicecrm.testing import FixedClock, SeededIds
from servicecrm.tracking import TimerMissed
from tests.machine.book import Record, Refused
from tests.machine.calls import AGO, BEHALF, RECORD, arguments, likely, mostly, people, told
from tests.machine.house import HOUSE, OFFICE, POLICY, PROMISES
from tests.machine.looking import Looking, same
from tests.machine.model import Model
from tests.machine.rules import ENDED

__all__ = ["STEPS", "Machine"]

STEPS: Final = 200
"""In one run, from an empty store on."""

BEGIN: Final = datetime(2026, 12, 7, 9, tzinfo=UTC)
"""In December, so that numbers see a new year."""


class Left(Exception):
    """A unit is left before its end."""


class Machine(RuleBasedStateMachine):
    """Tries anything, and looks whether the store and the account agree."""

    steps: ClassVar[int] = 0
    """How many steps were taken, in all runs together."""
    done: ClassVar[Counter[str]] = Counter()
    """How often each command was not refused."""

    @initialize()
    def open(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="servicecrm-machine-"))
        self.opened = 0
        self.clock, self.ids, self.model = FixedClock(BEGIN), SeededIds(), Model()
        self.given: list[tuple[str, str, str, dict[str, Any], str | None, str]] = []
        self.touched: set[str] = set()
        self.story: list[str] = []
        self.taken, self.asked = 0, 0
        self.sound = True
        self._connect(self.folder / "0.db")
        mia = self.crm.acting_as("mia")
        mia.policies.publish(OFFICE, name="default", effective=BEGIN)
        mia.policies.publish(PROMISES, name="complaint", effective=BEGIN)
        mia.policies.publish(POLICY, effective=BEGIN)
        for customer, about in (("mill", "mia"), (None, None)):
            first = {
                "customer": customer,
                "about": about,
                "category": "water",
                "feedback": "complaint",
                "safety": False,
            }
            self._take_in(first, "zoe", 0)

    def teardown(self) -> None:
        if not hasattr(self, "crm"):
            return
        try:
            if self.sound:
                self._looking().at_everything()
        except BaseException as error:
            error.add_note("\n".join(("in the end:", *self.story)))
            raise
        finally:
            self.crm.close()
            shutil.rmtree(self.folder)

    # -- what can be done ------------------------------------------------------------------------

    @rule(seed=st.integers(0, 2**64))
    def step(self, seed: int) -> None:
        """One step of any kind. Chance is asked for all of it: what Hypothesis likes to try seldom leads far."""
        type(self).steps += 1
        self.taken += 1
        self.sound = False
        try:
            chance = Random(seed)
            getattr(self, f"_{chance.choice(ACTS)}")(chance)
            looking = self._looking()
            for id in self.touched:
                looking.at(id)
            self.touched.clear()
            if self.taken % 50 == 0:
                looking.at_everything()
        except BaseException as error:
            error.add_note("\n".join(("so far:", *self.story)))
            raise
        self.sound = True

    def _record(self, chance: Random) -> None:
        if len(self.model.complaints) < 4:  # few of which much is known, rather than many
            self._take_in(_one_of_each(chance, RECORD), chance.choice(people()), chance.choice(AGO))

    def _command(self, chance: Random) -> None:
        self._do(chance, chance.choice(BEHALF), chance.choice(AGO))

    def _unit(self, chance: Random) -> None:
        """Several commands, all of them or none."""
        before, given, copied = self.model.copied(), list(self.given), None
        ends = chance.choice(("committed", "committed", "failed", "crashed"))
        self.story.append(f"a unit, {ends}:")
        try:
            with self.crm.unit():
                for _ in range(chance.randint(1, 4)):
                    if not self._do(chance, None, 0):
                        raise Left
                if ends == "crashed":
                    copied = self._copied()
                if ends != "committed":
                    raise Left
        except Left:
            self.story.append("the unit is left")
            self.model, self.given = before, given
        if copied is not None:
            self.crm.close()
            self._connect(copied)

    def _finish_action(self, chance: Random) -> None:
        if not self.model.items:
            return
        items = list(self.model.items)
        id = chance.choice([id for id in items if self.model.items[id]["state"] == "open"] * 3 + items)
        who, ago, at = chance.choice(people()), chance.choice(AGO), self.clock()
        action = chance.choice(mostly(("done",), "cancel"))
        evidence = chance.choice(mostly(("seen",), None))
        given = {"evidence": evidence} if action == "done" else {}

        def expected() -> list[Record]:
            getattr(self.model, action)(id, who=who, at=at, ago=ago, **given)
            return []

        self.touched |= {id, self.model.items[id]["source"]}
        told_then = {"item": id, **(given if action == "done" else {"reason": "no longer"}), **_when(at, ago)}
        self._both(action, expected, who, None, told_then)

    def _let_pass(self, chance: Random) -> None:
        hours = chance.choice((1, 24, 24, 48, 100, 240, 400))
        self.clock.advance(hours=hours)
        self.story.append(f"{hours} hours pass")

    def _sweep(self, _: Random) -> None:
        self.story.append("a sweep")
        swept = self.crm.sweep()
        missed = Counter((each.id, each.event.timer) for each in swept.events if isinstance(each.event, TimerMissed))
        same((missed, swept.failed), (self.model.sweep(self.clock()), ()))
        same(self.crm.sweep().clocks, 0)
        self.touched.update(self.model.complaints)

    def _repeat(self, chance: Random) -> None:
        """A command that was given before, with what it was given then or with something else."""
        action, who, id, told_then, behalf, command = chance.choice(self.given)
        crm = self.crm.acting_as(who, on_behalf_of=behalf)
        self.touched.add(id)
        self.story.append(f"{action} of {id} again")
        if chance.choice((True, False)):
            with _refused(IdempotencyMismatch):
                crm.complaints.note(next(iter(self.model.complaints)), "Something else", command=command)
            return
        of: Any = crm.actions if action in OF_ACTIONS else crm.complaints
        found = getattr(of, action)(**told_then, command=command)
        same(found, of.get(found.id))
        if action != "message":  # which may be about another one by now
            same(found.id, id)

    def _open_again(self, chance: Random) -> None:
        """The process ends, in order or not, and another one goes on with its file."""
        closed = chance.choice((True, False))
        self.story.append(f"the file is opened again, closed before: {closed}")
        path = self.crm.store.path if closed else self._copied()  # type: ignore[attr-defined]  # it is a file
        self.crm.close()
        self._connect(path)

    # -- how it is done --------------------------------------------------------------------------

    def _take_in(self, given: dict[str, Any], who: str, ago: int) -> None:
        at = self.clock()
        told_then = {name: value for name, value in given.items() if name != "about"}
        told_then |= {"subject": "No water", "channel": "phone", "complained_about": given["about"]}
        told_then |= {"received_at": at - timedelta(hours=ago)} if ago else {}
        self._both("record", lambda: [self.model.record(who=who, at=at, ago=ago, **given)], who, None, told_then)

    def _do(self, chance: Random, behalf: str | None, ago: int) -> bool:
        """Do something with some complaint; tells whether it was done."""
        model, at = self.model, self.clock()
        ids = list(model.complaints)
        going_on = [id for id in ids if model.complaints[id]["state"] not in ("withdrawn", "merged")]
        id = chance.choice(going_on[:2] * 2 + going_on + ids)
        c = model.complaints[id]
        ended = [other for other in ids if model.complaints[other]["state"] in ENDED]
        action = chance.choice(likely(c, ended=bool(ended)))
        who = chance.choice(people(c))
        given = _one_of_each(chance, arguments(action, c))
        if action in ("merge", "link"):
            other = "into" if action == "merge" else "other"
            given[other] = chance.choice(ended * 3 + ids)
        self.touched |= {id, model.goes_on_as(id), *(given[name] for name in ("into", "other") if name in given)}
        name = chance.choice((id, c["number"]))
        return self._both(
            action,
            lambda: model.do(action, id, who=who, behalf=behalf, at=at, ago=ago, **given),
            who,
            behalf,
            {"id" if action in TICKETS else "complaint": name, **told(action, given, at), **_when(at, ago)},
        )

    def _both(
        self, action: str, expected: Callable[[], list[Record]], who: str, behalf: str | None, given: dict[str, Any]
    ) -> bool:
        """Ask the account, then the desk; tells whether it was done."""
        crm = self.crm.acting_as(who, on_behalf_of=behalf)
        told_of = ", ".join(f"{name}={value}" for name, value in given.items())
        self.story.append(f"{self.clock():%m-%d %H} {who}{f' for {behalf}' if behalf else ''}: {action} {told_of}")
        self.asked += 1
        command = f"k-{self.asked}"
        do = getattr(crm.actions if action in OF_ACTIONS else crm.complaints, action)
        try:
            new = expected()
        except Refused as refused:
            self.story[-1] += f" - refused: {refused}"
            with _refused(RuleError, why=refused.why):
                do(**given, command=command)
            return False
        found = do(**given, command=command)
        type(self).done[action] += 1
        self.given.append((action, who, found.id, given, behalf, command))
        self.touched.add(found.id)
        for each, id in zip(new, self._ids(action, found, len(new)), strict=True):
            self.model.named(each, id)
            self.touched.add(id)
        return True

    def _ids(self, action: str, found: Any, count: int) -> Sequence[str]:
        if action == "record":
            return [found.id]
        if action == "split":
            return [part.id for part in self.crm.complaints.parts(found.id) if part.id not in self.model.complaints]
        return [step.action for step in found.steps[-count:]] if count else []

    def _looking(self) -> Looking:
        return Looking(self.crm, self.model, len(self.given))

    def _connect(self, path: Path) -> None:
        self.crm: Desk = connect(path, clock=self.clock, ids=self.ids, house=HOUSE)
        with self.crm.store.engine._connection() as connection:  # type: ignore[attr-defined]  # it is a file
            connection.execute("PRAGMA cache_size = 1")  # so that a unit writes into the file before it is committed

    def _copied(self) -> Path:
        """The files as they are at this moment, of which some other process may find them."""
        self.opened += 1
        path, copy = self.crm.store.path, self.folder / f"{self.opened}.db"  # type: ignore[attr-defined]
        for end in ("", "-journal", "-wal"):
            if Path(f"{path}{end}").exists():
                shutil.copyfile(f"{path}{end}", f"{copy}{end}")
        return copy


ACTS: Final = (
    *("command",) * 20,
    *("unit",) * 4,
    *("let_pass",) * 3,
    *("finish_action",) * 2,
    *("sweep",) * 2,
    *("repeat",) * 2,
    "open_again",
    "record",
)
"""What can be done, each as often as it stands there."""

OF_ACTIONS: Final = ("done", "cancel")
"""The commands of action items."""

TICKETS: Final = ("message", "note", "wait", "resume", "close", "withdraw", "void")
"""The commands that complaints have from every ticket, and what they call the record."""


@contextlib.contextmanager
def _refused(error: type[BaseException], *, why: Collection[str] = ()) -> Iterator[None]:
    """It has to be refused so, perhaps by one of some errors."""
    try:
        yield
    except error as caught:
        if why and type(caught).__name__ not in why:
            raise AssertionError(f"it is refused by {caught!r}, and should be by {', '.join(why)}") from caught
        return
    raise AssertionError(f"it is not refused, and should be by {', '.join(why) or error.__name__}")


def _one_of_each(chance: Random, given: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    return {name: chance.choice(values) for name, values in given.items()}


def _when(at: datetime, ago: int) -> dict[str, Any]:
    return {"occurred_at": at - timedelta(hours=ago)} if ago else {}

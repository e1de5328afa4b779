"""Replay another system's log into a store: every fact once, in batches, however often the log is sent."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import attrs

from servicecrm.complaints.model import Complaint
from servicecrm.desk.base import BaseDesk
from servicecrm.desk.following import Following
from servicecrm.errors import IdempotencyMismatch, ImportProblem, InvalidValue, PolicyViolation
from servicecrm.interop.following import follow
from servicecrm.interop.logs import Fact, RefusedRow
from servicecrm.interop.maps import LogMap
from servicecrm.kernel.decisions import Actor, Decision, Step, stamp
from servicecrm.kernel.records import evolve
from servicecrm.storage.ports import Command, Outcome, Program
from servicecrm.storage.work import Work

if TYPE_CHECKING:
    from servicecrm.desk.desk import Desk

__all__ = ["Replay", "following", "replay"]

BATCH: Final = 1_000
SHOWN: Final = 10
"""Refused rows that are kept to be shown."""


@attrs.define
class Replay:
    """What came of a log. It shows no values.

    `events` counts the facts that the store now holds, `new` those of them that it did not hold before. `kinds` counts
    the new ones that our lifecycle would not have allowed, by what it has against them; `first` has the first row of
    each kind. `refused` are the first of the refused rows.
    """

    events: int = 0
    new: int = 0
    refused_rows: int = 0
    kinds: Counter[str] = attrs.field(factory=Counter)
    first: dict[str, int] = attrs.field(factory=dict)
    refused: list[RefusedRow] = attrs.field(factory=list)

    @property
    def findings(self) -> int:
        """How many of the new facts our lifecycle would not have allowed."""
        return self.kinds.total()

    def refuse(self, row: RefusedRow) -> None:
        """Count a row that could not be taken."""
        self.refused_rows += 1
        self._keep(row)

    def _keep(self, row: RefusedRow) -> None:
        """The first rows, but one alone for each word that the map has not."""
        if len(self.refused) < SHOWN and (row.word is None or all(row.word != each.word for each in self.refused)):
            self.refused.append(row)

    def take(self, fact: Fact, finding: str | None) -> None:
        """Count a new fact, and what was remarkable about it."""
        self.events += 1
        self.new += 1
        if finding is not None:
            self.kinds[finding] += 1
            self.first.setdefault(finding, fact.row)

    def add(self, other: "Replay") -> None:
        """Count what came of the rows that follow."""
        self.events += other.events
        self.new += other.new
        self.refused_rows += other.refused_rows
        self.kinds += other.kinds
        self.first = other.first | self.first
        for row in other.refused:
            self._keep(row)


def replay(
    desk: "Desk",
    facts: Iterable[Fact | RefusedRow],
    log_map: LogMap,
    *,
    batch: int = BATCH,
    strict: bool = False,
    progress: Callable[[Replay], object] | None = None,
) -> Replay:
    """Follow a log into the desk's store, a unit of work for each batch of facts.

    The complaint of a case has the id `<name of the log>:<case>`. Every fact has a command key of its own, so a second
    run changes nothing, and a later extract of the same log only adds.

    Raises:
        ImportProblem: the store holds this log under another map; with `strict`, also the first bad row. The batches
            before stay.
        InvalidValue: the desk is awaited, and so is its own `replay`.
    """
    from servicecrm.desk.desk import Desk  # which knows this module

    if not isinstance(desk, Desk):
        raise InvalidValue("desk", "expected a desk of connect(); for one of aconnect(), await its own replay(...)")
    result = Replay()
    rows = iter(facts)
    while part := list(islice(rows, batch)):
        result.add(desk.perform(following(desk, part, log_map, strict=strict)))
        if progress is not None:
            progress(result)
    return result


def following(
    desk: BaseDesk[Any], rows: Sequence[Fact | RefusedRow], log_map: LogMap, *, strict: bool
) -> Callable[[Work], Program[Replay]]:
    """Follow one batch of facts, as a program."""
    return lambda work: _Batch(work, desk, log_map, strict=strict).run(rows)


class _Batch:
    """The facts of one unit of work."""

    def __init__(self, work: Work, desk: BaseDesk[Any], log_map: LogMap, *, strict: bool) -> None:
        self.work, self.log_map, self.strict = work, log_map, strict
        self.at = desk.clock()
        self.result = Replay()
        self.before: Mapping[str, Complaint] = {}
        self.new: dict[int, list[str]] = {}
        self.now: dict[str, Complaint] = {}
        self.steps: dict[str, list[tuple[Step, Command]]] = {}
        self.messages: list[tuple[Decision[Any], Command]] = []

    def run(self, rows: Sequence[Fact | RefusedRow]) -> Program[Replay]:
        """Follow the facts that are new, and save what they come to."""
        digest, name = self.log_map.digest, self.log_map.name
        facts = [row for row in rows if isinstance(row, Fact)]
        commands = [Command(id=f"{name}:{fact.case}:{fact.ordinal}", fingerprint=digest) for fact in facts]
        try:
            known = yield from self.work.known(commands)
        except IdempotencyMismatch:
            raise ImportProblem(
                f"the store holds the log {name!r} under another map; "
                "use the map that it was replayed with, another store, or another [log] name"
            ) from None
        new = (self._id(fact) for fact, command in zip(facts, commands, strict=True) if command.id not in known)
        self.before = yield from self.work.present(Complaint, tuple(dict.fromkeys(new)))
        following = iter(commands)
        for row in rows:
            if isinstance(row, RefusedRow):
                self._refuse(row)
                continue
            command = next(following)
            if command.id in known:
                self.result.events += 1
            else:
                self._follow(row, command)
        yield from self._save()
        return self.result

    def _id(self, fact: Fact) -> str:
        return f"{self.log_map.name}:{fact.case}"

    def _refuse(self, row: RefusedRow) -> None:
        if self.strict:
            raise ImportProblem(row.says, row=row.row, column=row.column)
        self.result.refuse(row)

    def _follow(self, fact: Fact, command: Command) -> None:
        source, id = self.log_map.name, self._id(fact)
        complaint = self.now.get(id, self.before.get(id))
        try:
            when = stamp(fact.by or source, self.at, fact.occurred_at)
            decision, message, finding = follow(complaint, fact, when, id=id, source=source)
        except (InvalidValue, PolicyViolation) as error:
            self._refuse(RefusedRow(fact.row, None, str(error)))
            return
        if complaint is None:
            self.new.setdefault(fact.occurred_at.year, []).append(id)
        self.now[id] = decision.after
        self.steps.setdefault(id, []).extend((step, command) for step in decision.steps)
        if message is not None:
            self.messages.append((message, command))
        self.result.take(fact, finding)

    def _save(self) -> Program[None]:
        for year, ids in self.new.items():
            for id, number in zip(ids, (yield from self.work.numbers(Complaint, year, len(ids))), strict=True):
                self._give(id, number)
        decisions = [
            Decision(self.before.get(id), self.now[id], tuple(step for step, _ in steps))
            for id, steps in self.steps.items()
        ]
        # What is still open is swept from now on as everything else. That it was late long ago is told to nobody.
        source = Actor(id=self.log_map.name)
        followed = (yield from Following(None, self.work, source, self.at).followed(decisions)).decisions
        clocks = followed[len(decisions) :]
        saved = yield from self.work.save(
            *decisions,
            *(message for message, _ in self.messages),
            *clocks,
            commands=[
                *(command for steps in self.steps.values() for _, command in steps),
                *(command for _, command in self.messages),
                *(None for clock in clocks for _ in clock.steps),
            ],
        )
        done: list[tuple[Command, Outcome]] = []
        for complaint, steps in zip(saved, self.steps.values(), strict=False):  # messages and clocks come after them
            outcome = Outcome(kind="complaint", id=complaint.id, revision=complaint.revision, number=complaint.number)
            done += [(command, outcome) for command in dict.fromkeys(command for _, command in steps)]
        yield from self.work.remember(done, now=self.at)

    def _give(self, id: str, number: str) -> None:
        """A number, which only a case that has begun uses up."""
        (first, command), *others = self.steps[id]
        self.steps[id] = [(first._replace(changes={**first.changes, "number": number}), command), *others]
        self.now[id] = evolve(self.now[id], number=number)

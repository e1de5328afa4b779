"""Replay another system's log into a store: every fact once, in batches, however often the log is sent."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import attrs

from servicecrm.complaints.model import Complaint
from servicecrm.errors import IdempotencyMismatch, ImportProblem, InvalidValue, NotFound, PolicyViolation
from servicecrm.interop.following import follow
from servicecrm.interop.logs import Fact, RefusedRow
from servicecrm.interop.maps import LogMap
from servicecrm.kernel.decisions import Decision, Step, stamp
from servicecrm.storage.ports import Command, Outcome, Program
from servicecrm.storage.work import Work

if TYPE_CHECKING:
    from servicecrm.desk.desk import Desk

__all__ = ["Example", "Replay", "replay"]

BATCH: Final = 1_000
EXAMPLES: Final = 20


@attrs.frozen
class Example:
    """One row that is worth a look: a finding, or a row that was refused. It shows no values."""

    row: int
    says: str
    column: str | None = None


@attrs.define
class Replay:
    """What came of a log: facts that were read, of those the new ones, and what was remarkable about them."""

    events: int = 0
    new: int = 0
    findings: int = 0
    refused_rows: int = 0
    found: Counter[str] = attrs.field(factory=Counter)
    examples: list[Example] = attrs.field(factory=list)

    def refuse(self, row: RefusedRow) -> None:
        """Count a row that could not be taken."""
        self.refused_rows += 1
        self._show(Example(row.row, row.says, row.column))

    def find(self, row: int, findings: Sequence[str]) -> None:
        """Count a fact that our lifecycle would not have allowed."""
        self.findings += bool(findings)
        for says in findings:
            self.found[says] += 1
            if self.found[says] == 1:
                self._show(Example(row, says))

    def _show(self, example: Example) -> None:
        if len(self.examples) < EXAMPLES:
            self.examples.append(example)


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
        ImportProblem: the store holds this log under another map; with `strict`, also the first bad row.
    """
    result = Replay()
    rows = iter(facts)
    while part := list(islice(rows, batch)):
        good = []
        for row in part:
            if isinstance(row, Fact):
                good.append(row)
            elif strict:
                raise ImportProblem(row.says, row=row.row, column=row.column)
            else:
                result.refuse(row)
        seen = attrs.evolve(result, found=Counter(result.found), examples=list(result.examples))
        result = desk.perform(lambda work, good=good, seen=seen: _Batch(work, desk, log_map, seen, strict).run(good))
        if progress is not None:
            progress(result)
    return result


class _Batch:
    """The facts of one unit of work."""

    def __init__(self, work: Work, desk: "Desk", log_map: LogMap, result: Replay, strict: bool) -> None:
        self.work, self.desk, self.log_map, self.result, self.strict = work, desk, log_map, result, strict
        self.at = desk.clock()
        self.before: dict[str, Complaint | None] = {}
        self.now: dict[str, Complaint] = {}
        self.steps: dict[str, list[tuple[Step, Command]]] = {}
        self.messages: list[tuple[Decision[Any], Command]] = []

    def run(self, facts: Sequence[Fact]) -> Program[Replay]:
        """Follow the facts that are new, and save what they come to."""
        commands = {self._key(fact): fact for fact in facts}
        digest = self.log_map.digest
        named = [Command(id=key, fingerprint=digest) for key in commands]
        try:
            known = yield from self.work.known(named)
        except IdempotencyMismatch:
            raise ImportProblem(
                f"this store holds the log {self.log_map.name!r} under another map; "
                "use the map that it was replayed with, another store, or another [log] name"
            ) from None
        for command, fact in zip(named, commands.values(), strict=True):
            self.result.events += 1
            if command.id not in known:
                yield from self._follow(fact, command)
        yield from self._save()
        return self.result

    def _key(self, fact: Fact) -> str:
        return f"{self.log_map.name}:{fact.case}:{fact.ordinal}"

    def _follow(self, fact: Fact, command: Command) -> Program[None]:
        id = f"{self.log_map.name}:{fact.case}"
        if id not in self.before:
            self.before[id] = yield from self._stored(id)
        complaint = self.now.get(id, self.before[id])
        number = None
        if complaint is None:
            number = yield from self.work.number(Complaint, fact.occurred_at.year)
        source = self.log_map.name
        try:
            when = stamp(fact.by or source, self.at, fact.occurred_at)
            followed = follow(complaint, fact, when, id=id, number=number, source=source)
        except (InvalidValue, PolicyViolation) as error:
            refused = RefusedRow(fact.row, None, str(error))
            if self.strict:
                raise ImportProblem(refused.says, row=refused.row) from None
            self.result.refuse(refused)
            return
        self.now[id] = followed.decision.after
        self.steps.setdefault(id, []).extend((step, command) for step in followed.decision.steps)
        if followed.message is not None:
            self.messages.append((followed.message, command))
        self.result.new += 1
        self.result.find(fact.row, followed.findings)

    def _stored(self, id: str) -> Program[Complaint | None]:
        try:
            return (yield from self.work.get(Complaint, id))
        except NotFound:
            return None

    def _save(self) -> Program[None]:
        done: list[tuple[Command, Outcome]] = []
        for id, steps in self.steps.items():
            decision = Decision(self.before[id], self.now[id], tuple(step for step, _ in steps))
            (saved,) = yield from self.work.save(decision, commands=[command for _, command in steps])
            outcome = Outcome(kind="complaint", id=id, revision=saved.revision, number=saved.number)
            done += [(command, outcome) for command in dict.fromkeys(command for _, command in steps)]
        for message, command in self.messages:
            yield from self.work.save(message, commands=[command])
        yield from self.work.remember(done, now=self.at)

"""Replay another system's log into a store: every fact once, in batches, however often the log is sent."""

from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

import attrs

from servicecrm.complaints.model import Complaint
from servicecrm.desk.base import BaseDesk
from servicecrm.desk.following import Following
from servicecrm.errors import IdempotencyMismatch, ImportProblem, InvalidValue, PolicyViolation
from servicecrm.interop.following import Followed, follow
from servicecrm.interop.logs import Fact, RefusedRow, refused_fact
from servicecrm.interop.maps import LogMap
from servicecrm.kernel.decisions import Actor, Decision, Step, stamp
from servicecrm.kernel.records import evolve
from servicecrm.storage.ports import Command, Outcome, Program
from servicecrm.storage.work import Work

if TYPE_CHECKING:
    from servicecrm.desk.desk import Desk

__all__ = ["Refusals", "Replay", "following", "in_batches", "replay"]

BATCH: Final = 1_000
SHOWN: Final = 10
"""Refused rows that are kept to be shown."""

MAX_REASONS: Final = 100
"""Kinds of refused rows that are counted one by one: a file that is no table has one for each row."""

AHEAD: Final = 3
"""How many rows after the last new one of a case are looked for: as many refused ones may stand between."""

TOO_LATE: Final = "comes before what was taken of its case already; replay the whole log into another store"

Row = list[Fact | RefusedRow]
"""What belongs together: all that a row about a whole case says, or else one event, or one refused row."""


@attrs.frozen
class Refusals:
    """The rows that were refused for the same reason, in the same column of the log."""

    column: str | None
    says: str
    count: int
    first_row: int


@attrs.define
class Replay:
    """What came of a log. It shows no values.

    `events` counts the facts that the store now holds, `new` those of them that it did not hold before. `kinds` counts
    the new ones that our lifecycle would not have allowed, by what it has against them; `first` has the first row of
    each kind. `refused` are the first of the refused rows, and `reasons` counts them by column and reason; of very many
    reasons, the first hundred.
    """

    events: int = 0
    new: int = 0
    refused_rows: int = 0
    kinds: Counter[str] = attrs.field(factory=Counter)
    first: dict[str, int] = attrs.field(factory=dict)
    refused: list[RefusedRow] = attrs.field(factory=list)
    reasons: dict[tuple[str | None, str], Refusals] = attrs.field(factory=dict)

    @property
    def refused_by_reason(self) -> tuple[Refusals, ...]:
        """The refused rows by column and reason, the most frequent first."""
        return tuple(sorted(self.reasons.values(), key=lambda kind: -kind.count))

    @property
    def findings(self) -> int:
        """How many of the new facts our lifecycle would not have allowed."""
        return self.kinds.total()

    def refuse(self, row: RefusedRow) -> None:
        """Count a row that could not be taken."""
        self.refused_rows += 1
        self._keep(row)
        self._count(Refusals(row.column, row.says, 1, row.row))

    def _count(self, more: Refusals) -> None:
        known = self.reasons.get((more.column, more.says))
        self.reasons[more.column, more.says] = attrs.evolve(known, count=known.count + more.count) if known else more

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
        for kind, more in other.reasons.items():
            if kind in self.reasons or len(self.reasons) < MAX_REASONS:
                self._count(more)


def replay(
    desk: "Desk",
    facts: Iterable[Fact | RefusedRow],
    log_map: LogMap,
    *,
    batch: int = BATCH,
    strict: bool = False,
    progress: Callable[[Replay], object] | None = None,
) -> Replay:
    """Follow a log into the desk's store, a unit of work for each batch of facts. A row is taken as a whole or refused.

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
    for part in in_batches(facts, log_map, batch=batch):
        result.add(desk.perform(following(desk, part, log_map, strict=strict)))
        if progress is not None:
            progress(result)
    return result


def in_batches(facts: Iterable[Fact | RefusedRow], log_map: LogMap, *, batch: int) -> Iterator[list[Row]]:
    """The rows of a log, so many facts at a time; what belongs together is not torn apart."""
    part: list[Row] = []
    size = 0
    for row in _rows(facts, log_map):
        part.append(row)
        size += len(row)
        if size >= batch:
            yield part
            part, size = [], 0
    if part:
        yield part


def _rows(facts: Iterable[Fact | RefusedRow], log_map: LogMap) -> Iterator[Row]:
    if log_map.shape == "events":
        return ([each] for each in facts)
    # By the case too: all rows of an XES log may stand on one line.
    by_row = groupby(facts, key=lambda each: (each.row, each.case if isinstance(each, Fact) else None))
    return (list(row) for _, row in by_row)


def following(
    desk: BaseDesk[Any], rows: Sequence[Row], log_map: LogMap, *, strict: bool
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

    def run(self, rows: Sequence[Row]) -> Program[Replay]:
        """Follow the facts that are new, and save what they come to."""
        facts = [each for row in rows for each in row if isinstance(each, Fact)]
        commands = [self._command(fact.case, fact.ordinal) for fact in facts]
        known = yield from self._known(commands)
        old: dict[str, int] = {}
        new: dict[str, int] = {}
        for fact, command in zip(facts, commands, strict=True):
            (old if command.id in known else new)[fact.case] = fact.ordinal
        self.before = yield from self.work.present(Complaint, [self._id(case) for case in new])
        taken = yield from self._taken(old, new)
        following = iter(commands)
        for row in rows:
            told: list[tuple[Fact, Command]] = []
            for each in row:
                if isinstance(each, RefusedRow):
                    self._refuse(each)
                elif (command := next(following)).id in known:
                    self.result.events += 1
                else:
                    told.append((each, command))
            if told and told[0][0].ordinal < taken.get(told[0][0].case, 0):
                self._refuse(RefusedRow(told[0][0].row, None, TOO_LATE))
            elif told:
                self._follow(told)
        yield from self._save()
        return self.result

    def _command(self, case: str, ordinal: int) -> Command:
        return Command(id=f"{self.log_map.name}:{case}:{ordinal}", fingerprint=self.log_map.digest)

    def _known(self, commands: Sequence[Command]) -> Program[Container[str]]:
        """Those that the store holds."""
        try:
            return (yield from self.work.known(commands))
        except IdempotencyMismatch:
            raise ImportProblem(
                f"the store holds the log {self.log_map.name!r} under another map; "
                "use the map that it was replayed with, another store, or another [log] name"
            ) from None

    def _taken(self, old: Mapping[str, int], new: Mapping[str, int]) -> Program[Mapping[str, int]]:
        """Up to where the cases were taken before, as far as these facts and those right after them tell."""
        ahead = {
            self._command(case, n): (case, n)
            for case, last in new.items()
            if self._id(case) in self.before
            for n in range(last + 1, last + 1 + AHEAD)
        }
        known = yield from self._known([*ahead])
        later = [place for command, place in ahead.items() if command.id in known]
        return {**old, **dict(later)}

    def _id(self, case: str) -> str:
        return f"{self.log_map.name}:{case}"

    def _refuse(self, row: RefusedRow) -> None:
        if self.strict:
            raise ImportProblem(row.says, row=row.row, column=row.column)
        self.result.refuse(row)

    def _follow(self, told: Sequence[tuple[Fact, Command]]) -> None:
        """Take what is new in a row; nothing of it, if a part cannot be followed."""
        source, id = self.log_map.name, self._id(told[0][0].case)
        before = complaint = self.now.get(id, self.before.get(id))
        followed: list[Followed] = []
        for fact, _ in told:
            try:
                when = stamp(fact.by or source, self.at, fact.occurred_at)
                followed.append(follow(complaint, fact, when, id=id, source=source))
            except (InvalidValue, PolicyViolation) as error:
                self._refuse(refused_fact(fact, error, self.log_map))
                return
            complaint = followed[-1].decision.after
        if before is None:
            self.new.setdefault(told[0][0].occurred_at.year, []).append(id)
        for (fact, command), (decision, message, finding) in zip(told, followed, strict=True):
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
        # What is still open is swept from now on as everything else.
        following = Following(None, self.work, Actor(id=self.log_map.name), self.at, elsewhere=True)
        followed = (yield from following.followed(decisions)).decisions
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

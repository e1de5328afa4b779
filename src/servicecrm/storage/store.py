"""The store that every engine shares: units of work, joining, repetition, tenants."""

import contextlib
import copy
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, Self, TypeVar, cast

from servicecrm.errors import StaleRevision, StoreError
from servicecrm.kernel.decisions import Decision
from servicecrm.kernel.filters import Filter
from servicecrm.kernel.kinds import Identified, Indexed, Kind, storable
from servicecrm.storage.ports import Command, Delivery, Entry, Fact, Head, Notice, Op, Outcome, Page, Program
from servicecrm.storage.rows import Tables, ask
from servicecrm.storage.verifying import verified
from servicecrm.storage.work import BROKEN, LEASE, Work

__all__ = ["Answer", "Engine", "EngineStore", "EngineUnit", "run"]

T = TypeVar("T")
R = TypeVar("R", bound=Identified)

Answer = Callable[[Op], Any]
"""Puts a request to the tables of a transaction."""

TRIES = 5


class Engine(Protocol):
    """What a store runs on."""

    def transaction(self, tenant: str, *, readonly: bool) -> contextlib.AbstractContextManager[Answer]:
        """A transaction for one tenant: commits at the end of the block, rolls back on any exception."""
        ...

    def close(self) -> None: ...


def run(program: Program[T], answer: Answer) -> T:
    """Run a program to its end, waiting for each answer."""
    try:
        request = next(program)
        while True:
            try:
                value = answer(request)
            except BaseException as error:
                request = program.throw(error)
            else:
                request = program.send(value)
    except StopIteration as stop:
        return cast(T, stop.value)


class EngineUnit:
    """A unit of work on an engine. See `servicecrm.storage.ports.Unit`."""

    def __init__(self, work: Work, answer: Answer, command: Command | None = None) -> None:
        self.outcome: Outcome | None = None
        self._work, self._answer, self._command = work, answer, command

    def get(self, record: type[R], id: str) -> R:
        return self._run(self._work.get(record, id))

    def find(
        self,
        record: type[R],
        *filters: Filter,
        order: str = "id",
        limit: int | None = None,
        after: str | None = None,
    ) -> Page[R]:
        return self._run(self._work.find(record, *filters, order=order, limit=limit, after=after))

    def count(self, record: type[Identified], *filters: Filter) -> int:
        return self._run(self._work.count(record, *filters))

    def rows(
        self,
        record: type[Identified],
        columns: Sequence[str],
        *filters: Filter,
        order: str = "id",
        limit: int | None = None,
        after: str | None = None,
    ) -> tuple[list[tuple[Indexed, ...]], str | None]:
        return self._run(self._work.rows(record, columns, *filters, order=order, limit=limit, after=after))

    def save(
        self, *decisions: Decision[Any] | tuple[Decision[Any], ...], notices: Sequence[Notice] = ()
    ) -> tuple[Any, ...]:
        flat = tuple(_flat(decisions))
        steps = sum(len(decision.steps) for decision in flat)
        return self._run(self._work.save(*flat, notices=notices, commands=[self._command] * steps))

    def number(self, record: type[Identified], year: int) -> str:
        return self._run(self._work.number(record, year))

    def history(self, record: type[Identified], id: str) -> tuple[Entry, ...]:
        return self._run(self._work.history(record, id))

    def claim(self, worker: str, *, now: datetime, limit: int = 20, lease: timedelta = LEASE) -> tuple[Delivery, ...]:
        return self._run(self._work.claim(worker, now=now, limit=limit, lease=lease))

    def settle(
        self, deliveries: Sequence[Delivery], *, delivered: bool = True, retry_at: datetime | None = None
    ) -> int:
        return self._run(self._work.settle(deliveries, delivered=delivered, retry_at=retry_at))

    def _run(self, program: Program[T]) -> T:
        with self._work.whole():
            return run(program, self._answer)


class EngineStore:
    """A store on an engine. See `servicecrm.storage.ports.Store`."""

    def __init__(
        self,
        engine: Engine,
        kinds: Sequence[Kind[Any]],
        *,
        tenant: str = "default",
        on_facts: Callable[[Sequence[Fact]], None] | None = None,
    ) -> None:
        self.engine = engine
        self.name = tenant
        self.on_facts = on_facts
        self._kinds: Mapping[type, Kind[Any]] = {kind.schema.record: kind for kind in kinds}
        self._open: ContextVar[tuple[str, Work, Answer] | None] = ContextVar("servicecrm_unit", default=None)

    @property
    def kinds(self) -> Mapping[type, Kind[Any]]:
        """The kinds of records that this store keeps, by their class."""
        return self._kinds

    @contextlib.contextmanager
    def unit(self, command: Command | None = None, *, readonly: bool = False) -> Iterator[EngineUnit]:
        """Begin a unit of work; inside another unit of this store it joins that one.

        With a command that was given before, `unit.outcome` says what it did: then leave the block.

        Raises:
            IdempotencyMismatch: the command was used for something else.
        """
        with self._working(readonly=readonly) as (work, answer):
            unit = EngineUnit(work, answer, command)
            mark = work.mark()
            if command is not None:
                unit.outcome = run(work.known([command]), answer).get(command.id)
            yield unit
            outcome = work.outcome_since(mark)
            if command is not None and unit.outcome is None and outcome is not None:
                run(work.remember([(command, outcome)], now=datetime.now(UTC)), answer)

    def perform(self, program: Callable[[Work], Program[T]], *, readonly: bool = False) -> T:
        """Run a program in a unit of work of its own, or in the one that is open.

        A unit of its own is run again when somebody saved one of its records in between.
        """
        joined = self._open.get()
        tries = TRIES if joined is None or joined[1].ended else 1
        while True:
            try:
                with self._working(readonly=readonly) as (work, answer):
                    return run(program(work), answer)
            except StaleRevision:
                tries -= 1
                if not tries:
                    raise

    @contextlib.contextmanager
    def _working(self, *, readonly: bool) -> Iterator[tuple[Work, Answer]]:
        joined = self._open.get()
        # A task that was started inside a unit may live longer than the unit.
        if joined is not None and not joined[1].ended:
            tenant, work, answer = joined
            if tenant != self.name:
                raise StoreError(f"a unit of tenant {tenant!r} is open; end it before work for tenant {self.name!r}")
            with work.whole():
                yield work, answer
            return
        with self.engine.transaction(self.name, readonly=readonly) as answer:
            work = Work(self._kinds, readonly=readonly)
            guarded = _while_open(work, answer)
            self._open.set((self.name, work, guarded))
            try:
                yield work, guarded
                run(work.finish(), answer)
            finally:
                work.ended = True
                self._open.set(None)  # not a reset: a host may leave a unit in another context than it entered it
        if work.facts:
            self._after_commit(work.facts)

    def _after_commit(self, facts: Sequence[Fact]) -> None:
        if self.on_facts is not None:
            self.on_facts(facts)

    def tenant(self, name: str) -> Self:
        """The same store for another tenant."""
        if not storable("tenant", name):
            raise StoreError("a tenant has a name")
        other = copy.copy(self)
        other.name = name
        return other

    def tenants(self) -> tuple[str, ...]:
        """The tenants that have saved something."""

        def program(_: Work) -> Program[tuple[str, ...]]:
            return (yield from ask(Tables.tenants))

        return self.perform(program, readonly=True)

    def head(self) -> Head:
        """The end of this tenant's journal; keep it elsewhere to prove later that nothing was cut off."""

        def program(_: Work) -> Program[Head]:
            seal = yield from ask(Tables.last_seal)
            return Head(seal=seal.n, hash=seal.hash) if seal else Head(seal=0, hash="")

        return self.perform(program, readonly=True)

    def verify(self, head: Head | None = None) -> int:
        """Check every entry and seal of this tenant's journal; tells how many entries there are.

        Raises:
            BrokenJournal: an entry was changed, moved, put in or left out; with `head`, also cut off at the end.
        """
        return self.perform(lambda _: verified(self._kinds, head), readonly=True)

    def close(self) -> None:
        """Give everything back. A closed store refuses to work."""
        self.engine.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _flat(decisions: Iterable[Decision[Any] | tuple[Decision[Any], ...]]) -> Iterator[Decision[Any]]:
    """A command that decides about several records gives them as a tuple."""
    for decided in decisions:
        for decision in decided if isinstance(decided, tuple) else (decided,):
            if not isinstance(decision, Decision):
                raise TypeError(f"expected a decision, as a command gives it, got a {type(decision).__name__}")
            yield decision


def _while_open(work: Work, answer: Answer) -> Answer:
    def guarded(op: Op) -> Any:
        if work.ended:
            raise StoreError("this unit of work has ended; begin a new one")
        if work.broken:
            raise StoreError(BROKEN)
        if getattr(op, "writes", True):
            work.writes += 1
        return answer(op)

    return guarded

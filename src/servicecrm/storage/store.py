"""The store that every engine shares: units of work, joining, repetition, tenants."""

import contextlib
import copy
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Generic, Literal, NamedTuple, Protocol, Self, TypeVar, cast

from servicecrm.errors import StaleRevision, StoreBusy, StoreError, StoreUnavailable
from servicecrm.kernel.decisions import Decision, flat
from servicecrm.kernel.filters import Filter
from servicecrm.kernel.kinds import Identified, Indexed, Kind, key_text
from servicecrm.storage.ports import Command, Delivery, Entry, Fact, Head, Notice, Op, Outcome, Page, Program
from servicecrm.storage.queue import LEASE
from servicecrm.storage.rows import Tables, ask
from servicecrm.storage.verifying import verified
from servicecrm.storage.work import BROKEN, Work

__all__ = [
    "Answer",
    "AskedMore",
    "BaseStore",
    "Engine",
    "EngineStore",
    "EngineUnit",
    "Here",
    "Mode",
    "Opened",
    "Run",
    "Settings",
    "Tries",
    "head_of",
    "mode_of",
    "run",
    "while_open",
]

T = TypeVar("T")
R = TypeVar("R", bound=Identified)

Answer = Callable[[Op], Any]
"""Puts a request to the tables of a transaction."""


class Run(Protocol):
    """Runs a program of a unit to its end."""

    def __call__(self, program: Program[T]) -> T: ...


Mode = Literal["glance", "read", "write", "program", "claim"]
"""What a transaction is for. One of a program writes as well, and its block waits for nothing but answers; one that
claims does not mind what others do to rows that it passes over. A glance answers one question, and then raises
`AskedMore`."""


class AskedMore(BaseException):
    """A glance was not enough. No error, so that no program takes it for one of its own."""


class Settings(Protocol):
    """What a store has to know of the engine that it runs on."""

    timeout: float
    """How many seconds to wait for others."""
    seals: bool
    """Does every unit seal its own entries? Else `seal` does it later, because units do not wait for each other."""
    holds: bool
    """May others change what a unit has only read? Then it is looked at once more at the end."""
    joined: bool
    """Does a host commit?"""
    glances: bool
    """Is one question answered without a transaction around it?"""


class Engine(Settings, Protocol):
    """What a store runs on."""

    def transaction(self, tenant: str, mode: Mode) -> contextlib.AbstractContextManager[Answer]:
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

    def __init__(self, work: Work, run: Run, command: Command | None = None) -> None:
        self.outcome: Outcome | None = None
        self._work, self._run, self._command = work, run, command

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
        every = flat(decisions)
        steps = sum(len(decision.steps) for decision in every)
        return self._run(self._work.save(*every, notices=notices, commands=[self._command] * steps))

    def number(self, record: type[Identified], year: int) -> str:
        return self._run(self._work.number(record, year))

    def history(self, record: type[Identified], id: str) -> tuple[Entry, ...]:
        return self._run(self._work.history(record, id))

    def claim(self, worker: str, *, now: datetime, limit: int = 20, lease: timedelta = LEASE) -> tuple[Delivery, ...]:
        return self._run(self._work.claim(worker, now=now, limit=limit, lease=lease))

    def take(self, record: type[R], *filters: Filter, order: str = "id", limit: int = 20) -> tuple[R, ...]:
        return self._run(self._work.take(record, *filters, order=order, limit=limit))

    def settle(
        self,
        deliveries: Sequence[Delivery],
        *,
        delivered: bool = True,
        dead: bool = False,
        retry_at: datetime | None = None,
        cause: str | None = None,
    ) -> int:
        return self._run(self._work.settle(deliveries, delivered=delivered, dead=dead, retry_at=retry_at, cause=cause))


class Opened(NamedTuple):
    """The unit that is open."""

    tenant: str
    work: Work
    run: Run


class Here:
    """Holds the unit that is open here, in this thread or task: for one store, or for all on a host's connection."""

    def get(self) -> Opened | None:
        return next((opened for here, opened in _OPEN.get() if here is self), None)

    def set(self, opened: Opened | None) -> None:
        others = tuple(each for each in _OPEN.get() if each[0] is not self and not each[1].work.ended)
        _OPEN.set(others if opened is None else (*others, (self, opened)))


_OPEN: ContextVar[tuple[tuple[Here, Opened], ...]] = ContextVar("servicecrm_units", default=())
# One variable for all: a context never forgets one that was set in it, and a host makes a store for each transaction.


E = TypeVar("E", bound=Settings)


class BaseStore(Generic[E]):
    """What a store is, whether it is waited for or awaited."""

    def __init__(
        self,
        engine: E,
        kinds: Sequence[Kind[Any]],
        *,
        tenant: str = "default",
        on_facts: Callable[[Sequence[Fact]], Any] | None = None,
    ) -> None:
        self.engine: E = engine
        self.name: str = tenant
        self.on_facts: Callable[[Sequence[Fact]], Any] | None = on_facts
        self._kinds: Mapping[type, Kind[Any]] = {kind.schema.record: kind for kind in kinds}
        self._open: Here = Here()
        self._registered: set[str] = set()
        self._waiting: list[Fact] = []

    @property
    def kinds(self) -> Mapping[type, Kind[Any]]:
        """The kinds of records that this store keeps, by their class."""
        return self._kinds

    def tenant(self, name: str) -> Self:
        """The same store for another tenant."""
        if not key_text("tenant", name):
            raise StoreError("a tenant has a name")
        other = copy.copy(self)
        other.name = name
        return other

    @property
    def in_unit(self) -> bool:
        """Is a unit of this store open here, in this thread or task?"""
        return self._joined() is not None

    def _joined(self) -> Opened | None:
        """The unit that is open here, if one is."""
        opened = self._open.get()
        # A task that was started inside a unit may live longer than the unit.
        if opened is None or opened.work.ended:
            return None
        if opened.tenant != self.name:
            raise StoreError(f"a unit of tenant {opened.tenant!r} is open; end it before work for tenant {self.name!r}")
        return opened

    def _work(self, mode: Mode) -> Work:
        return Work(
            self._kinds,
            tenant=self.name,
            readonly=mode in ("glance", "read"),
            seals=self.engine.seals,
            holds=self.engine.holds and mode in ("write", "program"),
            registered=self.name in self._registered,
        )

    def _committed(self, work: Work) -> Sequence[Fact]:
        """What hooks have to hear of now; nothing while a host has not committed."""
        if self.engine.joined:
            self._waiting += work.facts
            return ()
        if work.registered:
            self._registered.add(self.name)
        return work.facts


class EngineStore(BaseStore[Engine]):
    """A store on an engine. See `servicecrm.storage.ports.Store`."""

    @contextlib.contextmanager
    def unit(
        self, command: Command | None = None, *, readonly: bool = False, claiming: bool = False
    ) -> Iterator[EngineUnit]:
        """Begin a unit of work; inside another unit of this store it joins that one.

        With a command that was given before, `unit.outcome` says what it did: then leave the block. A unit that is
        `claiming` is for `claim` and `take`: it disturbs no other, but its other reads may see what changes meanwhile.

        Raises:
            IdempotencyMismatch: the command was used for something else.
        """
        with self._working(mode_of(readonly=readonly, claiming=claiming)) as (work, run):
            unit = EngineUnit(work, run, command)
            mark = work.mark()
            if command is not None:
                unit.outcome = run(work.known([command])).get(command.id)
            yield unit
            outcome = work.outcome_since(mark)
            if command is not None and unit.outcome is None and outcome is not None:
                run(work.remember([(command, outcome)], now=datetime.now(UTC)))

    def perform(
        self,
        program: Callable[[Work], Program[T]],
        *,
        readonly: bool = False,
        claiming: bool = False,
        glance: bool = False,
    ) -> T:
        """Run a program in a unit of work of its own, or in the one that is open.

        A unit of its own is run again when others came in between: somebody saved one of its records, or the database
        could not let both units have been alone. A `glance` only reads, and most likely asks one question; if it asks
        more, it is run again in a transaction.
        """

        def once(mode: Mode) -> T:
            with self._working(mode) as (work, run):
                return run(program(work))

        if glance and self.engine.glances:
            # A transaction finds out which connections are lost, and passes over them.
            with contextlib.suppress(AskedMore, StoreUnavailable):
                return once("glance")
        mode = mode_of(readonly=readonly or glance, claiming=claiming)
        return self._again(partial(once, "program" if mode == "write" else mode))

    def atomically(self, function: Callable[[EngineUnit], T], *, readonly: bool = False, claiming: bool = False) -> T:
        """Call a function with a unit of its own, and again with a new one when others came in between.

        The function must do nothing outside the unit that it should not do twice.
        """

        def once() -> T:
            with self.unit(readonly=readonly, claiming=claiming) as unit:
                return function(unit)

        return self._again(once)

    def _again(self, once: Callable[[], T]) -> T:
        if self._joined() is not None:  # only the whole of the unit that is open can be done again
            return once()
        tries = Tries(self.engine.timeout)
        while True:
            try:
                return once()
            except (StaleRevision, StoreBusy) as error:
                time.sleep(tries.pause(error))

    @contextlib.contextmanager
    def _working(self, mode: Mode) -> Iterator[tuple[Work, Run]]:
        joined = self._joined()
        if joined is not None:
            with joined.work.whole():
                yield joined.work, joined.run
            return
        with self.engine.transaction(self.name, mode) as answer:
            work = self._work(mode)
            guarded = while_open(work, answer)

            def run_whole(program: "Program[T]") -> T:  # or the annotation would be made for every unit
                with work.whole():
                    return run(program, guarded)

            self._open.set(Opened(self.name, work, run_whole))
            try:
                yield work, run_whole
                run(work.finish(), guarded)
            finally:
                work.ended = True
                self._open.set(None)  # not a reset: a host may leave a unit in another context than it entered it
        self._tell(self._committed(work))

    def _tell(self, facts: Sequence[Fact]) -> None:
        if facts and self.on_facts is not None:
            self.on_facts(facts)

    def tenants(self) -> tuple[str, ...]:
        """The tenants that have saved something."""
        return self.perform(lambda _: ask(Tables.tenants), glance=True)

    def seal(self) -> int:
        """Link what no seal covers yet into this tenant's chain; tells how many entries.

        Only needed where units do not wait for each other, as on PostgreSQL; elsewhere there is nothing to do.
        """
        if self.engine.seals:
            return 0
        sealed = 0
        while some := self.perform(lambda work: work.seal(), claiming=True):
            sealed += some
        return sealed

    def head(self) -> Head:
        """The end of this tenant's journal; keep it elsewhere to prove later that nothing was cut off."""
        return self.perform(lambda _: head_of(), glance=True)

    def verify(self, head: Head | None = None) -> int:
        """Check every entry and seal of this tenant's journal; tells how many entries there are.

        Raises:
            BrokenJournal: an entry was changed, moved, put in or left out; with `head`, also cut off at the end.
        """
        return self.perform(lambda _: verified(self._kinds, head, all_sealed=self.engine.seals), readonly=True)

    def committed(self) -> None:
        """The host has committed: run the hooks for what happened in its transaction."""
        facts = list(self._waiting)
        self._waiting.clear()  # the list is shared with the same store for other tenants
        self._tell(facts)

    def rolled_back(self) -> None:
        """The host has rolled back: what happened in its transaction has not happened."""
        self._waiting.clear()

    def close(self) -> None:
        """Give everything back. A closed store refuses to work."""
        self.engine.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Tries:
    """How long to wait before a unit is tried again: for a busy store until the deadline.

    A unit that is stale again and again may have been given something stale from outside, so it has a few tries.
    """

    def __init__(self, timeout: float) -> None:
        self._deadline = time.monotonic() + timeout
        self._stale = 12
        self._longest = 0.001

    def pause(self, error: StaleRevision | StoreBusy) -> float:
        """A time at random, longer from try to try; raises the error when there is no other try."""
        if isinstance(error, StaleRevision):
            self._stale -= 1
        if not self._stale or (isinstance(error, StoreBusy) and time.monotonic() >= self._deadline):
            raise error
        self._longest = min(self._longest * 2, 0.1)
        return random.uniform(0, self._longest)


def head_of() -> Program[Head]:
    """The last seal of a tenant, for somebody outside to keep."""
    seal = yield from ask(Tables.last_seal)
    return Head(seal=seal.n, hash=seal.hash) if seal else Head(seal=0, hash="")


def mode_of(*, readonly: bool, claiming: bool) -> Mode:
    """What a transaction for such a unit is for."""
    return "read" if readonly else "claim" if claiming else "write"


def while_open(work: Work, answer: Answer) -> Answer:
    """An answer that refuses once the unit has ended or failed in part."""

    def guarded(op: Op) -> Any:
        if work.ended:
            raise StoreError("this unit of work has ended; begin a new one")
        if work.broken:
            raise StoreError(BROKEN)
        if getattr(op, "writes", True):
            work.writes += 1
        return answer(op)

    return guarded

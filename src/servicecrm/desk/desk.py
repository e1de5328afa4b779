"""The desk: a store, a clock, new ids and an actor around the pure commands."""

import contextlib
import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Protocol, TypeVar

import attrs

from servicecrm.complaints.model import Complaint
from servicecrm.desk.complaints import Complaints
from servicecrm.desk.ids import uuid7
from servicecrm.desk.policies import Policies
from servicecrm.desk.programs import fetch, is_number
from servicecrm.errors import ImportProblem, InvalidValue, NotFound, StoreError, StoreUnavailable
from servicecrm.kernel.decisions import Actor, Decision, Event
from servicecrm.kernel.ids import Ids
from servicecrm.storage.joined import JoinedStore
from servicecrm.storage.ports import Command, Entry, Fact, Page, Program
from servicecrm.storage.sqlite import Profile, SQLiteStore
from servicecrm.storage.store import EngineStore, EngineUnit
from servicecrm.storage.transfer import exported, imported
from servicecrm.storage.work import Work

if TYPE_CHECKING:
    from servicecrm.desk.replay import Replay
    from servicecrm.interop.logs import Fact as LogFact
    from servicecrm.interop.logs import RefusedRow
    from servicecrm.interop.maps import LogMap

__all__ = ["Clock", "Desk", "Hook", "HookError"]

T = TypeVar("T")

Hook = Callable[[Fact], object]

logger: logging.Logger = logging.getLogger("servicecrm")
logger.addHandler(logging.NullHandler())


class Clock(Protocol):
    """Tells the time, with its zone."""

    def __call__(self) -> datetime: ...


def _now() -> datetime:
    return datetime.now(UTC)


@attrs.frozen
class HookError:
    """A hook that failed after the commit: what it was called for, and how it failed.

    The error is the host's own and may say anything, so that neither the log nor the repr shows its text.
    """

    type: str
    id: str
    error: Exception = attrs.field(repr=lambda error: type(error).__name__)


class _Hooks:
    """What a host wants to hear of, after it is saved."""

    def __init__(self) -> None:
        self.by_type: dict[str, list[Hook]] = {}
        self.errors: deque[HookError] = deque(maxlen=1_000)

    def __call__(self, facts: Sequence[Fact]) -> None:
        for fact in facts:
            for hook in (*self.by_type.get(fact.event.type, ()), *self.by_type.get("*", ())):
                try:
                    hook(fact)
                except Exception as error:  # the change is saved, whatever a hook does
                    self.errors.append(HookError(fact.event.type, fact.record.id, error))
                    logger.error(
                        "a hook for %s of %s failed with %s; see Desk.hook_errors",
                        fact.event.type,
                        fact.record.id,
                        type(error).__name__,
                    )


class Desk:
    """Work on a store as somebody.

    One desk serves many threads; `acting_as` gives the same desk to another actor. Use it as a context manager, or
    call `close`.
    """

    def __init__(
        self,
        store: EngineStore,
        *,
        actor: Actor | str | None = None,
        clock: Clock = _now,
        ids: Ids = uuid7,
    ) -> None:
        self.store = store
        self.clock: Clock = clock
        self.ids: Ids = ids
        self._actor = actor if actor is None or isinstance(actor, Actor) else Actor(id=actor)
        # Several desks on one store share their hooks, or the last one would silence the others.
        self._hooks = store.on_facts if isinstance(store.on_facts, _Hooks) else _Hooks()
        self._owner = True
        store.on_facts = self._hooks

    # -- who and where ---------------------------------------------------------------------------

    @property
    def actor(self) -> Actor:
        """Who works at this desk.

        Raises:
            InvalidValue: nobody does.
        """
        if self._actor is None:
            raise InvalidValue("actor", "who does this? name one: connect(..., actor=...) or acting_as(...)")
        return self._actor

    def acting_as(self, actor: str, *, on_behalf_of: str | None = None) -> "Desk":
        """The same desk for another actor; it shares the store, its units and the hooks."""
        return self._copy(self.store, Actor(id=actor, on_behalf_of=on_behalf_of))

    def tenant(self, name: str) -> "Desk":
        """The same desk for another tenant of the store."""
        return self._copy(self.store.tenant(name), self._actor)

    def _copy(self, store: EngineStore, actor: Actor | None) -> "Desk":
        other = Desk.__new__(Desk)
        other.__dict__.update(self.__dict__, store=store, _actor=actor, _owner=False)
        return other

    # -- the slices ------------------------------------------------------------------------------

    @property
    def complaints(self) -> Complaints:
        """Record complaints and handle them."""
        return Complaints(self)

    @property
    def policies(self) -> Policies:
        """The house rules, version by version."""
        return Policies(self)

    # -- units and hooks -------------------------------------------------------------------------

    @contextlib.contextmanager
    def unit(self) -> Iterator[EngineUnit]:
        """Several changes, one commit: all of them are saved when the block ends, or none.

        Changes by this desk, and by others that it was given to, join the unit.
        """
        with self.store.unit() as unit:
            yield unit

    def save(
        self, *decisions: Decision[Any] | tuple[Decision[Any], ...], command: Command | None = None
    ) -> tuple[Any, ...]:
        """Save decisions that a host made with the pure commands; gives the records with their new revisions.

        A command that decides about several records gives a tuple; it is taken as it is. The same `command` again
        saves nothing, and gives the first of the records as it is now.

        Raises:
            StaleRevision: somebody saved one of the records in between.
        """
        with self.store.unit(command) as unit:
            if unit.outcome is not None:
                first = decisions[0][0] if isinstance(decisions[0], tuple) else decisions[0]
                return (unit.get(type(first.after), unit.outcome.id),)
            return unit.save(*decisions)

    def on(self, type: str, hook: Hook) -> None:
        """Call a hook after every saved event of a type, such as "complaint.closed"; "*" is any.

        A hook that fails undoes nothing: it is logged, and listed in `hook_errors`.

        Raises:
            InvalidValue: there is no such type of event; names those that there are.

        Source: C004.
        """
        if not callable(hook):
            raise InvalidValue("hook", f"expected something to call, got {hook.__class__.__name__}")
        if type != "*" and type not in Event.types:
            raise InvalidValue("type", f"there is no event {type!r}; known: {', '.join(sorted(Event.types))}")
        self._hooks.by_type.setdefault(type, []).append(hook)

    def committed(self) -> None:
        """Tell a desk on your own connection that you have committed: its hooks run."""
        self._joined().committed()

    def rolled_back(self) -> None:
        """Tell a desk on your own connection that you have rolled back: its hooks will not run."""
        self._joined().rolled_back()

    def _joined(self) -> JoinedStore:
        if not isinstance(self.store, JoinedStore):
            raise StoreError("this desk commits by itself; only a desk on your own connection has to be told")
        return self.store

    @property
    def hook_errors(self) -> tuple[HookError, ...]:
        """The latest failures of hooks."""
        return tuple(self._hooks.errors)

    # -- reading ---------------------------------------------------------------------------------

    def history(self, id: str) -> tuple[Entry, ...]:
        """What happened to a record, oldest first; a complaint may also be named by its number.

        Raises:
            NotFound: there is no such record.
        """

        def program(work: Work) -> Program[tuple[Entry, ...]]:
            for record, kind in self.store.kinds.items():
                key = (yield from fetch(work, kind, id)).id if is_number(kind, id) else id
                entries = yield from work.history(record, key)
                if entries:
                    return entries
            raise NotFound("record", id)

        return self.perform(program, readonly=True)

    def worklist(self, handler: str, *, limit: int = 50, after: str | None = None) -> Page[Complaint]:
        """The open complaints of a handler, those that are due next first."""
        return self.complaints.worklist(handler, limit=limit, after=after)

    # -- the file --------------------------------------------------------------------------------

    @property
    def profile(self) -> Profile:
        """How SQLite keeps its promises here.

        Raises:
            StoreError: the store is not a file of ours.
        """
        return self._file().profile

    def backup(self, to: str | Path) -> Path:
        """A consistent and verified copy in a new file, made while others go on writing. See `storage.restore`.

        Raises:
            StoreError: the store is not a file of ours; use `export`.
            StoreUnavailable: there is a file of that name already, or the copy is not sound.
        """
        return self._file().backup(to)

    def _file(self) -> SQLiteStore:
        if not isinstance(self.store, SQLiteStore):
            raise StoreError("this store is not an SQLite file of ours; export() works with every store")
        return self.store

    # -- moving everything -----------------------------------------------------------------------

    def export(self, to: str | Path | IO[str]) -> int:
        """Write everything of this tenant as JSON Lines, to a new file; tells how many lines. See `import_`.

        Raises:
            StoreUnavailable: there is a file of that name already.
        """
        if isinstance(to, str | Path):
            try:
                with Path(to).open("x", encoding="utf-8", newline="\n") as file:
                    return self.export(file)
            except FileExistsError:
                raise StoreUnavailable(f"{Path(to).name} is there already; name a new file") from None
        return self.perform(lambda _: exported(self.store.kinds, to.write), readonly=True)

    def import_(self, source: str | Path | IO[str]) -> int:
        """Put an export into this tenant, which has to be empty: all of it, or nothing; tells how many lines.

        Raises:
            ImportProblem: it is no export, or not all of one.
        """
        if isinstance(source, str | Path):
            with Path(source).open(encoding="utf-8") as file:
                return self.import_(file)
        try:
            return self.perform(lambda work: imported(self.store.kinds, source, work.seal))
        except UnicodeDecodeError:
            raise ImportProblem("not a text in UTF-8, as an export is") from None

    def replay(
        self,
        facts: "Iterable[LogFact | RefusedRow]",
        log_map: "LogMap",
        *,
        batch: int = 1_000,
        strict: bool = False,
        progress: "Callable[[Replay], object] | None" = None,
    ) -> "Replay":
        """Follow another system's log: `crm.replay(read_log(path, log_map), log_map)`. A second run changes nothing.

        Every `batch` facts are a unit of work. The complaint of a case has the id `<name of the log>:<case>`.

        Raises:
            ImportProblem: the store holds this log under another map; with `strict`, also the first bad row. The
                batches before stay.
        """
        from servicecrm.desk.replay import replay

        return replay(self, facts, log_map, batch=batch, strict=strict, progress=progress)

    # -- the end ---------------------------------------------------------------------------------

    def perform(self, program: Callable[[Work], Program[T]], *, readonly: bool = False) -> T:
        """Run a program on the store; what every method above does."""
        return self.store.perform(program, readonly=readonly)

    def close(self) -> None:
        """Give the store back. A desk that came from another one leaves that to it."""
        if self._owner:
            self.store.close()

    def __enter__(self) -> "Desk":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

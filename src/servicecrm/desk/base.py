"""What every desk has, whether it is waited for or awaited: a store, a clock, new ids, an actor, and hooks."""

import contextlib
import logging
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from inspect import isawaitable
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, ClassVar, Generic, Protocol, Self, TypeVar

import attrs

from servicecrm.desk.house import House
from servicecrm.desk.ids import uuid7
from servicecrm.errors import ImportProblem, InvalidValue, StoreError
from servicecrm.kernel.decisions import Actor, Event
from servicecrm.kernel.ids import Ids
from servicecrm.kernel.kinds import storable
from servicecrm.kernel.lifecycle import going_by
from servicecrm.kernel.shapes import named
from servicecrm.storage.ports import Fact
from servicecrm.storage.sqlite import Profile, SQLiteStore
from servicecrm.storage.store import BaseStore

if TYPE_CHECKING:
    from servicecrm.storage.postgres import PostgresProfile

__all__ = [
    "AwaitedHooks",
    "BaseDesk",
    "Clock",
    "Hook",
    "HookError",
    "Rewound",
    "WaitedHooks",
    "file_of",
    "now",
    "profile_of",
    "to_import",
    "utf8",
]

S = TypeVar("S", bound=BaseStore[Any])

Hook = Callable[[Fact], object]

logger: logging.Logger = logging.getLogger("servicecrm")
logger.addHandler(logging.NullHandler())


class Clock(Protocol):
    """Tells the time, with its zone."""

    def __call__(self) -> datetime: ...


def now() -> datetime:
    """The time of this machine."""
    return datetime.now(UTC)


@attrs.frozen
class HookError:
    """A hook that failed after the commit: what it was called for, and how it failed.

    The error is the host's own and may say anything, so that neither the log nor the repr shows its text.
    """

    type: str
    id: str
    error: BaseException = attrs.field(repr=lambda error: type(error).__name__)


def profile_of(store: object) -> "Profile | PostgresProfile":
    """How the database of a store keeps its promises."""
    profile: Profile | PostgresProfile | None = getattr(store, "profile", None)
    if profile is None:
        raise StoreError("only a store in a database of ours has a profile")
    return profile


def file_of(store: object) -> SQLiteStore:
    """The store, which has to be a file."""
    if not isinstance(store, SQLiteStore):
        raise StoreError("this store is not an SQLite file of ours; export() works with every store")
    return store


@contextlib.contextmanager
def utf8() -> Iterator[None]:
    """Says so when an export is not a text in UTF-8."""
    try:
        yield
    except UnicodeDecodeError:
        raise ImportProblem("not a text in UTF-8, as an export is") from None


class Rewound:
    """A stream that a unit reads or writes, from where it is now: again from there, if the unit is done again.

    Raises:
        InvalidValue: it is none.
    """

    def __init__(self, stream: IO[str]) -> None:
        if not hasattr(stream, "seekable"):
            raise InvalidValue("file", f"expected a path, or a file that is open as text, got {type(stream).__name__}")
        self._stream: IO[str] = stream
        self._start: int | None = stream.tell() if stream.seekable() else None
        self._begun: bool = False

    def __call__(self) -> IO[str]:
        """The stream, at its start.

        Raises:
            StoreError: it cannot go back there.
        """
        if self._begun:
            if self._start is None:
                raise StoreError("others came in between, and this stream cannot be begun again; give a file")
            self._stream.seek(self._start)
            if self._stream.writable():
                self._stream.truncate()
        self._begun = True
        return self._stream


def to_import(path: str | Path) -> IO[str]:
    """The file of an export, open to be read.

    Raises:
        ImportProblem: it cannot be opened.
    """
    try:
        return Path(path).open(encoding="utf-8")
    except OSError as error:
        raise ImportProblem(f"the file cannot be read: {error.strerror or 'damaged'}") from None


class Hooks:
    """What a host wants to hear of, after it is saved."""

    def __init__(self) -> None:
        self.by_type: dict[str, list[Hook]] = {}
        self.errors: deque[HookError] = deque(maxlen=1_000)

    def wanted(self, facts: Sequence[Fact]) -> Iterator[tuple[Fact, Hook]]:
        """Each fact with each hook that wants it."""
        for fact in facts:
            for hook in (*self.by_type.get(fact.event.type, ()), *self.by_type.get("*", ())):
                yield fact, hook

    @contextlib.contextmanager
    def noted(self, fact: Fact, *others: type[BaseException]) -> Iterator[None]:
        """Keeps the failure of a hook from the caller."""
        caught: tuple[type[BaseException], ...] = (Exception, *others)
        try:
            yield
        except caught as error:  # the change is saved, whatever a hook does
            self.errors.append(HookError(fact.event.type, fact.record.id, error))
            logger.error(
                "a hook for %s of %s failed with %s; see Desk.hook_errors",
                fact.event.type,
                fact.record.id,
                type(error).__name__,
            )


class WaitedHooks(Hooks):
    """Hooks that are called one after the other."""

    def __call__(self, facts: Sequence[Fact]) -> None:
        for fact, hook in self.wanted(facts):
            with self.noted(fact):
                hook(fact)


class AwaitedHooks(Hooks):
    """Hooks that may give something to await."""

    async def __call__(self, facts: Sequence[Fact]) -> None:
        from asyncio import CancelledError  # heavy, and only for those who await

        for fact, hook in self.wanted(facts):
            with self.noted(fact, CancelledError):  # it is the hook's own: what is saved is told to the end
                given = hook(fact)
                if isawaitable(given):
                    await given


class BaseDesk(Generic[S]):
    """Work on a store as somebody."""

    _hooks_of: ClassVar[type[WaitedHooks] | type[AwaitedHooks]]

    def __init__(
        self,
        store: S,
        *,
        actor: Actor | str | None = None,
        clock: Clock = now,
        ids: Ids = uuid7,
        house: House | None = None,
    ) -> None:
        self.store: S = store
        self.house: House | None = house
        self.clock: Clock = clock
        self.ids: Ids = ids
        self._actor: Actor | None = actor if actor is None or isinstance(actor, Actor) else Actor(id=actor)
        # Several desks on one store share their hooks, or the last one would silence the others.
        shared = store.on_facts
        self._hooks: Hooks = shared if isinstance(shared, WaitedHooks | AwaitedHooks) else self._hooks_of()
        store.on_facts = self._hooks
        self._owner: bool = True

    @property
    def actor(self) -> Actor:
        """Who works at this desk.

        Raises:
            InvalidValue: nobody does.
        """
        if self._actor is None:
            raise InvalidValue("actor", "who does this? name one: connect(..., actor=...) or acting_as(...)")
        return self._actor

    def acting_as(self, actor: str, *, on_behalf_of: str | None = None) -> Self:
        """The same desk for another actor; it shares the store, its units and the hooks."""
        return self._copy(self.store, Actor(id=actor, on_behalf_of=on_behalf_of))

    def tenant(self, name: str) -> Self:
        """The same desk for another tenant of the store."""
        return self._copy(self.store.tenant(name), self._actor)

    def _own_tables(self) -> contextlib.AbstractContextManager[None]:
        """Goes by the lifecycles of the house, and by no others: a hook of another house may have called this desk."""
        return going_by(*(() if self.house is None else self.house.lifecycles))

    def _copy(self, store: S, actor: Actor | None) -> Self:
        other = type(self).__new__(type(self))
        other.__dict__.update(self.__dict__, store=store, _actor=actor, _owner=False)
        return other

    def on(self, type: str, hook: Hook) -> None:
        """Call a hook after every saved event of a type, such as "complaint.closed"; "*" is any.

        A hook that fails undoes nothing: it is logged, and listed in `hook_errors`.

        Raises:
            InvalidValue: there is no such type of event; names those that there are.

        Source: C004.
        """
        if not callable(hook):
            raise InvalidValue("hook", f"expected something to call, got {hook.__class__.__name__}")
        if storable("type", type) != "*" and type not in Event.types:
            raise InvalidValue("type", f"there is no {named('event', type)}; known: {', '.join(sorted(Event.types))}")
        self._hooks.by_type.setdefault(type, []).append(hook)

    @property
    def hook_errors(self) -> tuple[HookError, ...]:
        """The latest failures of hooks."""
        return tuple(self._hooks.errors)

    def _on_a_connection(self) -> S:
        if not self.store.engine.joined:
            raise StoreError("this desk commits by itself; only a desk on your own connection has to be told")
        return self.store

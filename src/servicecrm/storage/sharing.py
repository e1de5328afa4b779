"""Programs that write one after the other in one transaction, and share its commit: many wait for the disk once.

An interrupt may come anywhere. So nothing is kept of a transaction in which a unit was begun and neither finished nor
taken back, the outcome is unknown unless the commit has told it, and who has the turn is said by one name, which one
assignment changes.
"""

import contextlib
import copy
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Final

from servicecrm.errors import CommitOutcomeUnknown, StoreBusy, StoreError
from servicecrm.storage.driver import in_unit, named_errors

__all__ = ["Asked", "Group", "Turn"]

MOST: Final = 32
"""How many units share a commit: nobody's own has to wait for ever, and other processes want to write too."""
YOUNG: Final = 0.1
"""How old a transaction may be that is handed over, as a share of the timeout."""


class Group:
    """Units in one transaction. One that fails is taken back alone; what the others did is kept by one commit."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection: sqlite3.Connection = connection
        self.begun: float = time.monotonic()
        self.tried: int = 0
        self.done: int = 0
        self.whole: bool = True
        """Is every unit in it finished or taken back?"""
        self.committing: bool = False
        self.forgets: bool = False
        self.ended: threading.Event = threading.Event()
        self._error: StoreError | None = None

    @contextlib.contextmanager
    def unit(self) -> Iterator[None]:
        """One unit more; whatever it raises, it has done nothing."""
        self.tried += 1
        if self.done:
            with named_errors():
                self.connection.execute("SAVEPOINT unit")
        self.whole = False
        try:
            yield
        except BaseException:
            if self.done:
                with contextlib.suppress(sqlite3.Error):  # after some errors SQLite has taken back everything
                    self.connection.execute("ROLLBACK TO unit")
                    self.whole = True
            raise
        self.done += 1
        self.whole = True

    def end(self, error: StoreError | None) -> None:
        """All is kept; or it is not, for this reason."""
        self._error = error
        self.ended.set()

    def abandon(self) -> None:
        """Keep nothing, as far as that is still possible."""
        error: StoreError = CommitOutcomeUnknown("interrupted")
        try:
            self.connection.rollback()
            if not self.committing:
                error = StoreBusy()
        finally:
            self.end(error)

    def wait(self, timeout: float) -> None:
        """Wait for the commit.

        Raises:
            StoreBusy: nothing of the group is kept; each of its units may be tried again.
            CommitOutcomeUnknown: the commit failed, or did not come: a program after this one takes so long.
        """
        if not self.ended.wait(timeout):
            raise CommitOutcomeUnknown("others that share it take too long")
        if self._error is not None:
            raise copy.copy(self._error) from self._error


class Asked:
    """Somebody who wants the turn. A program also takes over what the one before has left open, if that is one."""

    def __init__(self, *, program: bool) -> None:
        self.program: bool = program
        self.called: threading.Lock = threading.Lock()
        self.called.acquire()


class Turn:
    """Whose turn it is to write: one after the other, in the order in which they asked.

    Who has written hands over its transaction to who comes next, if both are programs, which ask nobody but the store.
    The last one commits it with `settle`, for all of them.
    """

    def __init__(
        self, settle: Callable[[Group], None], give_back: Callable[[sqlite3.Connection], None], timeout: float
    ) -> None:
        self.group: Group | None = None
        """What is open; it belongs to who has the turn."""
        self._settle, self._give_back, self._timeout = settle, give_back, timeout
        self._lock = threading.Lock()
        self._waiting: deque[Asked] = deque()
        self._has: Asked | None = None

    def take(self, asked: Asked, *, timeout: float) -> None:
        """Wait for the turn.

        Raises:
            StoreBusy: it did not come up to the timeout.
        """
        with self._lock:
            if self._has is None:
                self._has = asked
                return
            self._waiting.append(asked)
        asked.called.acquire(timeout=timeout)
        with self._lock:
            with contextlib.suppress(ValueError):
                self._waiting.remove(asked)  # it is there still if it was never called
            if self._has is not asked:
                raise StoreBusy

    def leave(self, asked: Asked) -> None:
        """Hand the turn over with what is open, and wait for its commit; or commit, and give the turn back."""
        group = self.group
        assert group is not None
        if asked.program and self._may_go_on(group) and self._hand_over():
            group.wait(2 * self._timeout)  # the commit may wait for others as long as that
            return
        try:
            self._settle(group)
        finally:
            self.give_up(asked)

    def give_up(self, asked: Asked) -> None:
        """Leave the queue, or the turn; nothing is kept of what is open. Whoever is interrupted may call it again."""
        with self._lock:
            if self._has is not asked:
                with contextlib.suppress(ValueError):
                    self._waiting.remove(asked)
                return
        group = self.group
        if group is not None:
            if not group.ended.is_set():
                group.abandon()
            self._give_back(group.connection)
        self.group = None
        with self._lock:
            if self._waiting:
                self._call_next()
            else:
                self._has = None

    @contextlib.contextmanager
    def place(self, *, timeout: float) -> Iterator[None]:
        """Have the turn for the block.

        Raises:
            StoreBusy: it did not come up to the timeout.
        """
        asked = Asked(program=False)
        try:
            self.take(asked, timeout=timeout)
            yield
        finally:
            self.give_up(asked)

    def _may_go_on(self, group: Group) -> bool:
        young = time.monotonic() - group.begun < YOUNG * self._timeout
        return group.whole and group.tried < MOST and young and in_unit(group.connection)

    def _hand_over(self) -> bool:
        with self._lock:
            if not self._waiting or not self._waiting[0].program:
                return False
            self._call_next()
            return True

    def _call_next(self) -> None:
        self._has = called = self._waiting[0]
        self._waiting.popleft()
        called.called.release()

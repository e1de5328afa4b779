"""Programs that write one after the other in one transaction, and share its commit: many wait for the disk once."""

import contextlib
import copy
import sqlite3
import threading
from collections.abc import Callable, Iterator
from typing import Final

from servicecrm.errors import CommitOutcomeUnknown, StoreError
from servicecrm.storage.driver import in_unit, named_errors, rollback
from servicecrm.storage.places import Places

__all__ = ["Group", "Turn"]

MOST: Final = 32
"""How many units share a commit: nobody's own has to wait for ever, and other processes want to write too."""


class Group:
    """Units in one transaction. One that fails is taken back alone; what the others did is kept by one commit."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection: sqlite3.Connection = connection
        self.units: int = 0
        self.forgets: bool = False
        self._error: StoreError | None = None
        self._ended = threading.Lock()
        self._ended.acquire()

    @contextlib.contextmanager
    def unit(self) -> Iterator[None]:
        """One unit more; whatever it raises, it has done nothing."""
        if self.units:
            with named_errors():
                self.connection.execute("SAVEPOINT unit")
        try:
            yield
        except BaseException:
            self._take_back()
            raise
        self.units += 1

    def _take_back(self) -> None:
        if self.units and in_unit(self.connection):
            with contextlib.suppress(sqlite3.Error):
                self.connection.execute("ROLLBACK TO unit")
                return
        rollback(self.connection)

    def end(self, error: StoreError | None) -> None:
        """All is kept; or nothing is, for this reason."""
        self._error = error
        self._ended.release()

    def wait(self, timeout: float) -> None:
        """Wait for the commit.

        Raises:
            StoreBusy: nothing of the group is kept; each of its units may be tried again.
            CommitOutcomeUnknown: the commit failed, or did not come: a program after this one takes so long.
        """
        if not self._ended.acquire(timeout=timeout):
            raise CommitOutcomeUnknown("others that share it take too long")
        self._ended.release()  # the next one may hear of the end
        if self._error is not None:
            raise copy.copy(self._error) from self._error


class Turn(Places):
    """Whose turn it is to write: one after the other, in the order in which they asked.

    Who has written hands over its transaction to who comes next, if that is a program, which asks nobody but the store.
    The last one commits it with `settle`, for all of them.
    """

    def __init__(self, settle: Callable[[Group], None], timeout: float) -> None:
        super().__init__(1)
        self._settle, self._timeout = settle, timeout
        self._open: Group | None = None

    def take_over(self) -> Group | None:
        """The transaction that is open, for who has the turn now."""
        group, self._open = self._open, None
        return group

    def leave(self, group: Group) -> None:
        """Hand the turn over with the transaction, and wait for its commit; or commit, and give the turn back."""
        self._open = group
        if group.units < MOST and in_unit(group.connection) and self.hand_over():
            group.wait(self._timeout)
        else:
            self.release()

    def release(self) -> None:
        """Give the turn back; what is left is committed before."""
        group = self.take_over()
        try:
            if group is not None:
                self._settle(group)
        finally:
            super().release()

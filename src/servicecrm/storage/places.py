"""A limited number of places, given in the order in which they were asked for."""

import contextlib
import threading
from collections import deque
from collections.abc import Iterator

from servicecrm.errors import StoreBusy

__all__ = ["Places"]


class Places:
    """Places for threads. Unlike a `threading.Semaphore`, nobody who comes back at once overtakes those who wait."""

    def __init__(self, count: int) -> None:
        self._free = count
        self._waiting: deque[threading.Lock] = deque()
        self._lock = threading.Lock()

    def acquire(self, *, timeout: float) -> bool:
        """Take a place, waiting for one up to the timeout; tells whether there was one."""
        with self._lock:
            if self._free:
                self._free -= 1
                return True
            turn = threading.Lock()
            turn.acquire()
            self._waiting.append(turn)
        try:
            if turn.acquire(timeout=timeout):
                return True
        except BaseException:  # an interrupt
            if not self._left(turn):
                self.release()
            raise
        return not self._left(turn)

    def _left(self, turn: threading.Lock) -> bool:
        """Leave the queue; False if the turn has come just now."""
        with self._lock:
            if turn in self._waiting:
                self._waiting.remove(turn)
                return True
            return False

    def release(self) -> None:
        """Give a place back: to the one who waits longest, if anybody does."""
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._free += 1

    @contextlib.contextmanager
    def place(self, *, timeout: float) -> Iterator[None]:
        """Have a place for the block.

        Raises:
            StoreBusy: there was none up to the timeout.
        """
        if not self.acquire(timeout=timeout):
            raise StoreBusy
        try:
            yield
        finally:
            self.release()

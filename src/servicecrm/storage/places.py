"""A limited number of places, given in the order in which they were asked for."""

import threading
from collections import deque
from typing import NamedTuple

__all__ = ["Places"]


class _Asked(NamedTuple):
    turn: threading.Lock
    follows: bool


class Places:
    """Places for threads. Unlike a `threading.Semaphore`, nobody who comes back at once overtakes those who wait."""

    def __init__(self, count: int) -> None:
        self._free = count
        self._waiting: deque[_Asked] = deque()
        self._lock = threading.Lock()

    def acquire(self, *, timeout: float, follows: bool = False) -> bool:
        """Take a place, waiting for one up to the timeout; tells whether there was one.

        Who `follows` takes a place over as well, see `hand_over`.
        """
        with self._lock:
            if self._free:
                self._free -= 1
                return True
            asked = _Asked(threading.Lock(), follows)
            asked.turn.acquire()
            self._waiting.append(asked)
        try:
            if asked.turn.acquire(timeout=timeout):
                return True
        except BaseException:  # an interrupt
            if not self._left(asked):
                self.release()
            raise
        return not self._left(asked)

    def _left(self, asked: _Asked) -> bool:
        """Leave the queue; False if the turn has come just now."""
        with self._lock:
            if asked in self._waiting:
                self._waiting.remove(asked)
                return True
            return False

    def hand_over(self) -> bool:
        """Give a place to the one who waits longest, if that one follows; else keep it."""
        with self._lock:
            if not self._waiting or not self._waiting[0].follows:
                return False
            self._waiting.popleft().turn.release()
            return True

    def release(self) -> None:
        """Give a place back: to the one who waits longest, if anybody does."""
        with self._lock:
            if self._waiting:
                self._waiting.popleft().turn.release()
            else:
                self._free += 1

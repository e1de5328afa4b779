"""What became of one record in a period, read from its moves in the order of time."""

from collections.abc import Iterable

import attrs

from servicecrm.analytics.kpis_rows import EXTERNAL, MoveKind

__all__ = ["Course", "Move"]

Move = tuple[int, int, str, str | None]
"""When it happened, in microseconds; its number; its kind; its code."""


@attrs.define(slots=True)
class Course:
    """A record on its way through its moves.

    The counts are those of the period alone; `forwards`, `contacts` and `reopenings` are all there were so far. A
    closing stays counted when it is undone: the reopening counts by itself, in its own period.
    """

    received: int
    start: int
    open: bool = True
    open_at_start: bool = False
    ended: int = 0
    closings: int = 0
    reopened: int = 0
    escalated: bool = False
    escalated_outside: bool = False
    forwards: int = 0
    contacts: int = 0
    reopenings: int = 0
    forwards_when_closed: int = 0
    closed_at_once: bool = False

    @property
    def handled(self) -> bool:
        """Was it open at some time in the period, or escalated in it?"""
        return self.open or self.open_at_start or self.escalated or self.ended > 0 or self.reopened > 0

    def follow(self, moves: Iterable[Move]) -> None:
        """Take all moves up to the end of the period, in any order."""
        started = self.received >= self.start
        for at, _, kind, code in sorted(moves, key=lambda move: move[:2]):
            # What was entered with a time before the receipt happened at the receipt.
            within = max(at, self.received) >= self.start
            if within and not started:
                started, self.open_at_start = True, self.open
            self._take(kind, code, within=within)
        if not started:
            self.open_at_start = self.open

    def _take(self, kind: str, code: str | None, *, within: bool) -> None:
        if kind == MoveKind.FORWARDED:
            self.forwards += 1
        elif kind == MoveKind.CONTACTED:
            self.contacts += 1
        elif kind == MoveKind.ESCALATED:
            self.escalated |= within
            self.escalated_outside |= within and code == EXTERNAL
        elif kind == MoveKind.REOPENED:
            if not self.open:  # what was only answered is open still
                self.open = True
                self.reopenings += 1
                self.reopened += within
        elif self.open:
            self.open = False
            self.ended += within
            if within and kind == MoveKind.CLOSED:
                self.closings += 1
                self.forwards_when_closed = self.forwards
                self.closed_at_once = not (self.forwards or self.contacts or self.reopenings)

"""A machine whose power fails: what may then be on its disk, from what was written and what was waited for."""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import attrs

from tests.torture.disk import Change, Create, Delete, Sync, Truncate, Write

__all__ = ["Committed", "Outage", "outages"]

SECTOR: Final = 512


class Committed(NamedTuple):
    """A unit is acknowledged: what the store holds from then on."""

    contents: str


@attrs.define
class _File:
    """What is surely on the disk, and what was done since."""

    safe: bytearray = attrs.field(factory=bytearray)
    pending: list[Write | Truncate] = attrs.field(factory=list)

    def sync(self) -> None:
        for change in self.pending:
            _apply(self.safe, change)
        self.pending.clear()

    def after(self, chance: random.Random, kept: float) -> bytearray:
        """What may be found after the power has failed: of what is not safe any part, in sectors."""
        found = bytearray(self.safe)
        for change in self.pending:
            if isinstance(change, Truncate) or chance.random() < 0.8:
                if chance.random() < kept:
                    _apply(found, change)
            else:
                for sector in _sectors(change):
                    if chance.random() < max(kept, 0.2):
                        _apply(found, sector)
        return found


def _apply(content: bytearray, change: Write | Truncate) -> None:
    if isinstance(change, Truncate):
        del content[change.size :]
    else:
        content.extend(bytes(max(0, change.offset - len(content))))
        content[change.offset : change.offset + len(change.data)] = change.data


def _sectors(write: Write) -> Iterator[Write]:
    """The parts of a write that a disk keeps or loses as a whole."""
    end = write.offset + len(write.data)
    for sector in range(write.offset // SECTOR, (end - 1) // SECTOR + 1):
        first, last = max(write.offset, sector * SECTOR), min(end, (sector + 1) * SECTOR)
        yield Write(write.file, first, write.data[first - write.offset : last - write.offset])


class _Disk:
    """Files and their folder. What is done to the folder comes to the disk in order, with any file at the latest."""

    def __init__(self, *, honest: bool) -> None:
        self._honest = honest
        self._open: dict[str, _File] = {}
        self._safe: dict[str, _File] = {}
        self._pending: list[tuple[str, _File | None]] = []

    def take(self, change: Change) -> None:
        match change:
            case Create(file):
                self._open[file] = _File()
                self._pending.append((file, self._open[file]))
            case Write(file) | Truncate(file):
                self._open[file].pending.append(change)
            case Sync(file) if self._honest:
                self._open[file].sync()
                self._sync()
            case Delete(file, synced):
                del self._open[file]
                self._pending.append((file, None))
                if synced and self._honest:
                    self._sync()
            case _:
                pass

    def _sync(self) -> None:
        for name, file in self._pending:
            _put(self._safe, name, file)
        self._pending.clear()

    def after(self, chance: random.Random) -> dict[str, bytearray]:
        kept = chance.choice((0.0, 0.1, 0.5, 0.9, 1.0))
        folder = dict(self._safe)
        for name, file in self._pending[: chance.randint(0, len(self._pending))]:
            _put(folder, name, file)
        return {name: file.after(chance, kept) for name, file in folder.items()}


def _put(folder: dict[str, _File], name: str, file: _File | None) -> None:
    if file is None:
        folder.pop(name, None)
    else:
        folder[name] = file


class Outage(NamedTuple):
    """The power has failed at some point of a log."""

    before: tuple[str, ...]
    """What the store held after each unit that was acknowledged. At first it has nothing, not even tables."""
    next: str | None
    """What it would have held after the unit that was at work, if there was one."""
    files: dict[str, bytearray]

    def leave(self, folder: Path) -> None:
        """Leave a folder as the machine finds it when it starts again."""
        for file in folder.iterdir():
            file.unlink()
        for name, content in self.files.items():
            (folder / name).write_bytes(content)


def outages(log: Sequence[Change | Committed], points: int, *, seed: int, honest: bool = True) -> Iterator[Outage]:
    """So many power failures, at random points of a log. A disk that is not honest never waits for anything."""
    chance, disk = random.Random(seed), _Disk(honest=honest)
    commits = tuple(change.contents for change in log if isinstance(change, Committed))
    acknowledged = 0
    failures = Counter(chance.randrange(len(log) + 1) for _ in range(points))
    for n, change in enumerate((*log, None)):
        for _ in range(failures[n]):
            yield Outage(commits[:acknowledged], next(iter(commits[acknowledged:]), None), disk.after(chance))
        if isinstance(change, Committed):
            acknowledged += 1
        elif change is not None:
            disk.take(change)

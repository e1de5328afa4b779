"""New ids that are the same in every run."""

import random

__all__ = ["SeededIds"]


class SeededIds:
    """A source of ids for tests: each looks like a UUIDv7, is new, and sorts after the one before.

    The same seed gives the same ids.
    """

    def __init__(self, seed: int = 0) -> None:
        self._random = random.Random(seed)
        self._millisecond = 1_767_225_600_000  # the start of 2026

    def __call__(self) -> str:
        self._millisecond += 1
        a, b = self._random.getrandbits(12), self._random.getrandbits(62)
        digits = f"{self._millisecond:012x}{0x7000 | a:04x}{1 << 63 | b:016x}"
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))

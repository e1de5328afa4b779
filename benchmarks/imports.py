"""What an application pays for importing the complaint engine."""

import subprocess
import sys
from statistics import median
from time import perf_counter
from typing import Final

from benchmarks.rounds import ROUNDS

__all__ = ["TARGET", "import_time"]

TARGET: Final = 0.120
"""Seconds."""


def import_time(*, rounds: int = ROUNDS) -> float:
    """Seconds that a new process takes longer than one that does nothing."""
    taken = [_seconds("import servicecrm.complaints") - _seconds("pass") for _ in range(rounds + 1)]
    return median(taken[1:])


def _seconds(code: str) -> float:
    start = perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return perf_counter() - start

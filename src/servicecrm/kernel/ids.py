"""Names of records: opaque ids, and numbers that a person can read out on the phone."""

import re
from typing import Protocol

from servicecrm.errors import InvalidValue

__all__ = ["Ids", "human_number", "parts_of_number"]


class Ids(Protocol):
    """Where new ids come from."""

    def __call__(self) -> str:
        """An id that was never given before."""
        ...


def human_number(prefix: str, year: int, count: int) -> str:
    """`CMP-2026-000042`: unique for its kind, tenant and year, never reused, without personal data. Gaps are allowed.

    Source: C001.
    """
    if count < 1:
        raise InvalidValue("number", "numbers start at 1")
    return f"{prefix}-{year:04}-{count:06}"


def parts_of_number(prefix: str, number: str) -> tuple[int, int] | None:
    """The year and the count of a human number; None if it is not one of this prefix."""
    found = re.fullmatch(rf"{re.escape(prefix)}-([0-9]{{4}})-([0-9]{{6,12}})", number)
    return None if found is None else (int(found[1]), int(found[2]))

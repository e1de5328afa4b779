"""Names of records: opaque ids, and numbers that a person can read out on the phone."""

from typing import Protocol

from servicecrm.errors import InvalidValue

__all__ = ["Ids", "human_number"]


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

"""The complaints that go on as another one."""

from typing import Final

from servicecrm.complaints.model import Complaint
from servicecrm.kernel.filters import where
from servicecrm.storage.ports import Program
from servicecrm.storage.work import Work

__all__ = ["PART", "merged_into"]

PART: Final = 1_000
"""So many ids are asked for at once."""


def merged_into(work: Work, complaint: Complaint) -> Program[tuple[Complaint, ...]]:
    """All that go on as a complaint: what was merged may have taken in others before."""
    found: list[Complaint] = []
    new = [complaint.id]
    while new:
        page = yield from work.find(Complaint, where("duplicate_of").one_of(new[:PART]))
        found += page.items
        new = [*new[PART:], *(each.id for each in page.items)]
    return tuple(found)

"""The complaints that go on as another one."""

from servicecrm.complaints.model import Complaint
from servicecrm.storage.ports import Program
from servicecrm.storage.work import Work

__all__ = ["merged_into"]


def merged_into(work: Work, complaint: Complaint) -> Program[tuple[Complaint, ...]]:
    """All that go on as a complaint: what was merged may have taken in others before.

    Our commands merge nothing in a circle, but what is imported or adopted may be in one.
    """
    found: dict[str, Complaint] = {}
    new = [complaint.id]
    while new:
        more = yield from work.among(Complaint, "duplicate_of", new)
        new = [each.id for each in more if each.id not in found and each.id != complaint.id]
        found |= {each.id: each for each in more if each.id in new}
    return tuple(found.values())

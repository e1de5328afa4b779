"""The row of a return, made of a complaint."""

from collections.abc import Iterator
from typing import Final, TypeVar, overload

from servicecrm.complaints.codes import Feedback, RemedyStatus
from servicecrm.complaints.lifecycle import REFERRED, WITHDRAWN
from servicecrm.complaints.model import Complaint
from servicecrm.errors import InvalidValue
from servicecrm.interop.returns.model import Redress, ReturnRow

__all__ = ["return_row"]

R = TypeVar("R", bound=ReturnRow)

TAKEN: Final = (RemedyStatus.ACCEPTED, RemedyStatus.PROVIDED)


@overload
def return_row(complaint: Complaint, *, product: str | None, issue: str | None) -> ReturnRow: ...
@overload
def return_row(complaint: Complaint, *, product: str | None, issue: str | None, of: type[R], **more: object) -> R: ...
def return_row(
    complaint: Complaint,
    *,
    product: str | None,
    issue: str | None,
    of: type[ReturnRow] = ReturnRow,
    **more: object,
) -> ReturnRow:
    """The row of a complaint, as it stands now; product and issue are words of the return, None where none is known.

    A return whose rows hold more names their class and that: `of=AsicRow, brand="Example Super", channel="phone"`.

    It is closed from the answer on, or from its end if it ended without one; one that was taken up again is open.
    Redress is what the complainant has accepted, at that time, so that it is in one return only, and not again when it
    is paid. What was passed on whole and taken back is ours.

    Raises:
        InvalidValue: it is no complaint, or goes on as another one; or the row refuses what it is given.
    """
    if complaint.feedback is not Feedback.COMPLAINT:
        raise InvalidValue("complaint", f"only complaints are reported, and this is a {complaint.feedback}")
    if complaint.duplicate_of is not None:
        raise InvalidValue("complaint", "it goes on as another complaint; report that one")
    passed_on = any(not each.whole for each in complaint.referrals)
    return of(
        complaint=complaint.number or complaint.id,
        product=product,
        issue=issue,
        received_at=complaint.received_at,
        closed_at=complaint.answered_at or complaint.closed_at,
        withdrawn=complaint.state == WITHDRAWN and complaint.answered_at is None,
        verdict=complaint.verdict,
        passed_on="whole" if complaint.state == REFERRED else "part" if passed_on else "no",
        redress=tuple(_redress(complaint)),
        **more,
    )


def _redress(complaint: Complaint) -> Iterator[Redress]:
    for remedy in complaint.remedies:
        given_at = remedy.answered_at or remedy.provided_at
        if remedy.status in TAKEN and given_at is not None:
            yield Redress(kind=remedy.kind, amount=remedy.amount, given_at=given_at)

"""What the clock of a complaint reads, and the targets that come with the library."""

from typing import Final

from servicecrm.complaints.codes import Feedback
from servicecrm.complaints.model import Complaint, MomentKind
from servicecrm.kernel.records import evolve
from servicecrm.tracking.clock_model import Facts
from servicecrm.tracking.conditions import On, on
from servicecrm.tracking.moments import standing
from servicecrm.tracking.ready_made import usual
from servicecrm.tracking.stretches import Given
from servicecrm.tracking.targets import ENDS, Target, Targets

__all__ = ["TARGETS", "facts_of"]

OTHERS: Final = tuple(each for each in Feedback if each is not Feedback.COMPLAINT)
TAKEN_FOR_ONE: Final[tuple[On, ...]] = on(MomentKind.RECLASSIFIED, codes=(Feedback.COMPLAINT,))


def _promised(name: str, within: str, **changes: object) -> Target:
    target = usual(name, within, kinds=frozenset(MomentKind), **changes)
    return evolve(target, start=target.start + TAKEN_FOR_ONE)


TARGETS: Final = Targets(
    targets=(
        _promised("acknowledge", "1 business day", stop=on(MomentKind.ACKNOWLEDGED, MomentKind.ANSWERED)),
        _promised("first_response", "2 business days"),
        _promised("resolution", "10 business days", cancel=on(MomentKind.STAGE)),
        usual("stage", "20 business days", kinds=frozenset(MomentKind)),
    ),
    ends=ENDS + on(MomentKind.RECEIVED, MomentKind.RECLASSIFIED, codes=OTHERS),
    reopens=on(MomentKind.REOPENED) + TAKEN_FOR_ONE,
)
"""Acknowledged within a working day, a first response within two, and answered within ten, or within twenty at a higher
stage.

Only complaints have them: what is taken for one later counts from then. If it was taken for one before, what was cut
off goes on, and the time in between does not count.

Source: C036, C041, C042, C048; the two stages of the LGSCO code.
"""


def facts_of(complaint: Complaint) -> Facts:
    """What a complaint tells its clock. Where it does not say since when it is due at a time, it always was."""
    told = [moment for moment in standing(complaint.moments) if moment.kind == MomentKind.DUE]
    taken_back = max((n for n, moment in enumerate(told) if moment.until is None), default=-1)
    dates = tuple(Given(at=m.until, since=m.occurred_at) for m in told[taken_back + 1 :] if m.until is not None)
    if not told and complaint.due_at is not None:
        dates = (Given(at=complaint.due_at, since=complaint.received_at),)
    return Facts(
        moments=complaint.moments,
        handler=complaint.handler,
        priority=complaint.priority,
        type=complaint.category,
        given={"resolution": dates} if dates else {},
    )

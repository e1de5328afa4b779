"""The moves of a complaint in the order of time, and the moments that they leave."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from servicecrm.complaints.lifecycle import (
    ACCEPT_ANSWER,
    ACKNOWLEDGE,
    ANSWER,
    ASSESS,
    ASSIGN,
    CLOSE,
    DECLINE_ANSWER,
    FORWARD,
    JUDGE,
    LAPSE,
    LIFECYCLE,
    MERGE,
    MESSAGE,
    RAISE_STAGE,
    RECLASSIFY,
    REFER,
    REOPEN,
    TAKE_IN,
    WAIT,
    WITHDRAW,
)
from servicecrm.complaints.model import Complaint, MomentKind
from servicecrm.tracking.chronology import ANSWERED, CLOSED, Chronology, Earlier, Mark
from servicecrm.tracking.moments import Side, standing

__all__ = ["CHRONOLOGY", "move"]


def _last(kind: MomentKind) -> Callable[[Complaint], datetime | None]:
    """When such a moment was the last time."""
    return lambda complaint: next(
        (moment.occurred_at for moment in reversed(standing(complaint.moments)) if moment.kind == kind), None
    )


CAME: Final = Earlier[Complaint]("it came to its handler", lambda complaint: complaint.handler_since)
RENAMED: Final = Earlier[Complaint]("it was reclassified", _last(MomentKind.RECLASSIFIED))
AT_STAGE: Final = Earlier[Complaint]("its stage began", _last(MomentKind.STAGE))
TAKEN_UP: Final = Earlier[Complaint]("it was taken up again", _last(MomentKind.REOPENED))
JUDGED: Final = Earlier[Complaint](
    "it was judged", lambda complaint: complaint.judgement.at if complaint.judgement else None
)

CHRONOLOGY: Final = Chronology[Complaint](
    LIFECYCLE,
    "record",
    {
        # action             leaves                   by            after                 holds while there is
        ACKNOWLEDGE:    Mark(MomentKind.ACKNOWLEDGED, Side.INSIDE),
        ASSESS:         Mark(None,                    None,         (TAKEN_UP,)),
        ASSIGN:         Mark(MomentKind.ASSIGNED,     Side.INSIDE),
        FORWARD:        Mark(MomentKind.FORWARDED,    Side.INSIDE,  (TAKEN_UP, CAME)),
        WAIT:           Mark(None,                    None,         (TAKEN_UP,)),
        MESSAGE:        Mark(MomentKind.MESSAGE),
        RECLASSIFY:     Mark(MomentKind.RECLASSIFIED, None,         (TAKEN_UP, RENAMED)),
        JUDGE:          Mark(MomentKind.JUDGED,       Side.INSIDE,  (AT_STAGE, JUDGED)),
        ANSWER:         Mark(MomentKind.ANSWERED,     Side.INSIDE,  (TAKEN_UP, JUDGED),   "answered_at"),
        ACCEPT_ANSWER:  Mark(None,                    None,         (ANSWERED,)),
        DECLINE_ANSWER: Mark(None,                    None,         (ANSWERED,)),
        RAISE_STAGE:    Mark(MomentKind.STAGE,        None,         (ANSWERED, CLOSED)),
        CLOSE:          Mark(MomentKind.CLOSED,       Side.INSIDE,  (TAKEN_UP, ANSWERED), "closed_at"),
        REOPEN:         Mark(MomentKind.REOPENED,     None,         (ANSWERED, CLOSED)),
        WITHDRAW:       Mark(MomentKind.WITHDRAWN,    Side.OUTSIDE, (TAKEN_UP,),          "closed_at"),
        LAPSE:          Mark(MomentKind.LAPSED,       Side.OUTSIDE, (TAKEN_UP,),          "closed_at"),
        REFER:          Mark(MomentKind.PASSED_ON,    Side.INSIDE,  (TAKEN_UP,),          "closed_at"),
        MERGE:          Mark(MomentKind.MERGED,       Side.INSIDE,  (TAKEN_UP,),          "closed_at"),
        TAKE_IN:        Mark(None,                    None,         (TAKEN_UP, AT_STAGE)),
    },
    values=frozenset(
        {MomentKind.RATED, MomentKind.RECLASSIFIED, MomentKind.JUDGED, MomentKind.STAGE, MomentKind.DUE}
    ),
)  # fmt: skip
"""What each action leaves for the clocks, and what it follows.

Of an acknowledgement a complaint says only when it was: one that never left is taken back, and its clock runs on.
"""

move: Final = CHRONOLOGY.move

"""The moves of a case in the order of time, and the moments that they leave."""

from typing import Final

from servicecrm.cases.codes import MomentKind
from servicecrm.cases.lifecycle import (
    ACCEPT,
    ANSWER,
    ASSIGN,
    CLOSE,
    CONTACT,
    FORWARD,
    GIVE_UPDATE,
    HAND_BACK,
    LIFECYCLE,
    MESSAGE,
    PARTNER_UPDATE,
    RATE,
    REFER,
    REOPEN,
    REQUEST_UPDATE,
    ROUTE,
    WAIT,
    WITHDRAW,
)
from servicecrm.cases.model import Case
from servicecrm.kernel.kinds import micros
from servicecrm.tracking.chronology import ANSWERED, CLOSED, Chronology, Earlier, Mark
from servicecrm.tracking.moments import Side, standing

__all__ = ["CHRONOLOGY", "move"]

CAME: Final = Earlier[Case]("it came to whoever has it", lambda case: case.holders[-1].since if case.holders else None)
ACCEPTED: Final = Earlier[Case]("it was accepted", lambda case: case.accepted_at)
ASKED: Final = Earlier[Case](
    "an update was asked for",
    lambda case: max((request.asked_at for request in case.open_updates), key=micros, default=None),
)
TAKEN_UP: Final = Earlier[Case](
    "it was taken up again",
    lambda case: next(
        (moment.occurred_at for moment in reversed(standing(case.moments)) if moment.kind == MomentKind.REOPENED), None
    ),
)

CHRONOLOGY: Final = Chronology[Case](
    LIFECYCLE,
    "open",
    {
        # action             leaves                       by            after                holds while there is
        ROUTE:          Mark(MomentKind.ROUTED,           Side.INSIDE),
        ASSIGN:         Mark(MomentKind.ASSIGNED,         Side.INSIDE,  (CAME,)),
        ACCEPT:         Mark(MomentKind.ACCEPTED,         Side.INSIDE,  (CAME,)),
        FORWARD:        Mark(MomentKind.FORWARDED,        Side.INSIDE,  (CAME, ACCEPTED)),
        HAND_BACK:      Mark(MomentKind.HANDED_BACK,      Side.INSIDE,  (CAME, ACCEPTED)),
        REQUEST_UPDATE: Mark(MomentKind.UPDATE_REQUESTED),
        GIVE_UPDATE:    Mark(MomentKind.UPDATE_GIVEN,     Side.INSIDE,  (ASKED,)),
        CONTACT:        Mark(MomentKind.CONTACT,          Side.INSIDE),
        REFER:          Mark(MomentKind.REFERRED,         Side.INSIDE),
        PARTNER_UPDATE: Mark(MomentKind.PARTNER_UPDATE,   Side.OUTSIDE),
        RATE:           Mark(MomentKind.RATED),
        WAIT:           Mark(None,                        None,         (TAKEN_UP,)),
        MESSAGE:        Mark(MomentKind.MESSAGE),
        ANSWER:         Mark(MomentKind.ANSWERED,         Side.INSIDE,  (TAKEN_UP,),         "answered_at"),
        CLOSE:          Mark(MomentKind.CLOSED,           Side.INSIDE,  (TAKEN_UP, ANSWERED), "closed_at"),
        REOPEN:         Mark(MomentKind.REOPENED,         None,         (ANSWERED, CLOSED)),
        WITHDRAW:       Mark(MomentKind.WITHDRAWN,        Side.OUTSIDE, (TAKEN_UP,),         "closed_at"),
    },
    values=frozenset({MomentKind.RATED}),
)  # fmt: skip
"""What each action leaves for the clocks, and what it follows."""

move: Final = CHRONOLOGY.move

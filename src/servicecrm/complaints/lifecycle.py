"""When may a complaint move, and who may move it?

Waiting, priority and forwarding are values of a complaint, not states: they change while it stays where it is.
"""

from typing import Final

from servicecrm.complaints.model import Complaint
from servicecrm.kernel.lifecycle import ANYONE, STAY, Guard, Lifecycle, Move

__all__ = ["LIFECYCLE"]

RECORDED: Final = "recorded"
ACKNOWLEDGED: Final = "acknowledged"
ASSESSED: Final = "assessed"
IN_HANDLING: Final = "in_handling"
RESPONDED: Final = "responded"
CLOSED: Final = "closed"
WITHDRAWN: Final = "withdrawn"

BEING_WORKED_ON: Final = (ACKNOWLEDGED, ASSESSED, IN_HANDLING)
OPEN: Final = (RECORDED, *BEING_WORKED_ON, RESPONDED)
NOT_WITHDRAWN: Final = (*OPEN, CLOSED)
EVERYWHERE: Final = (*NOT_WITHDRAWN, WITHDRAWN)

ACKNOWLEDGE: Final = "acknowledge"
ASSESS: Final = "assess"
ASSIGN: Final = "assign"
FORWARD: Final = "forward"
WAIT: Final = "wait"
RESUME: Final = "resume"
MESSAGE: Final = "message"
NOTE: Final = "note"
AMEND: Final = "amend"
ANSWER: Final = "answer"
CLOSE: Final = "close"
REOPEN: Final = "reopen"
WITHDRAW: Final = "withdraw"
VOID: Final = "void"

HANDLER: Final = "handler"
MANAGER: Final = "manager"

PRIORITY_KNOWN: Final = Guard[Complaint](
    "priority_known",
    "severity and impact are rated, so that the priority is known",
    lambda _, after: after.priority is not None,
)
HANDLER_NAMED: Final = Guard[Complaint](
    "handler_named", "a handler is named", lambda _, after: bool(after.handler and after.handler.strip())
)
OTHER_HANDLER: Final = Guard[Complaint](
    "other_handler",
    "the new handler is another one than the present one",
    lambda before, after: before.handler != after.handler,
)
IS_WAITING: Final = Guard[Complaint](
    "waiting", "the complaint is waiting", lambda before, _: before.waiting is not None
)
NOT_WAITING: Final = Guard[Complaint](
    "not_waiting", "the complaint is not waiting already", lambda before, _: before.waiting is None
)
ANSWER_GIVEN: Final = Guard[Complaint](
    "answer_given", "an answer was given", lambda _, after: after.answered_at is not None
)

LIFECYCLE: Final = Lifecycle[Complaint](
    "complaint",
    initial=RECORDED,
    moves=(
        #    action       from                      to            who      guards
        Move(ACKNOWLEDGE, RECORDED,                 ACKNOWLEDGED, HANDLER),
        Move(ASSESS,      ACKNOWLEDGED,             ASSESSED,     MANAGER, (PRIORITY_KNOWN,)),
        Move(ASSESS,      (ASSESSED, IN_HANDLING),  STAY,         MANAGER, (PRIORITY_KNOWN,)),
        Move(ASSIGN,      (ACKNOWLEDGED, ASSESSED), IN_HANDLING,  MANAGER, (HANDLER_NAMED,)),
        Move(FORWARD,     IN_HANDLING,              STAY,         HANDLER, (HANDLER_NAMED, OTHER_HANDLER)),
        Move(WAIT,        BEING_WORKED_ON,          STAY,         HANDLER, (NOT_WAITING,)),
        Move(RESUME,      BEING_WORKED_ON,          STAY,         HANDLER, (IS_WAITING,)),
        Move(ANSWER,      IN_HANDLING,              RESPONDED,    HANDLER, (ANSWER_GIVEN,)),
        Move(CLOSE,       RESPONDED,                CLOSED,       HANDLER, demands=("closing_code",)),
        Move(REOPEN,      (RESPONDED, CLOSED),      IN_HANDLING,  MANAGER),
        Move(WITHDRAW,    OPEN,                     WITHDRAWN,    ANYONE),
        Move(AMEND,       NOT_WITHDRAWN,            STAY,         HANDLER),
        Move(MESSAGE,     EVERYWHERE,               STAY,         ANYONE),
        Move(NOTE,        EVERYWHERE,               STAY,         HANDLER),
        Move(VOID,        EVERYWHERE,               STAY,         MANAGER),
    ),
    resting={CLOSED},
    final={WITHDRAWN},
    tags={"open": OPEN},
)  # fmt: skip
"""The lifecycle of a complaint: recorded, acknowledged, assessed, in handling, responded, closed; or withdrawn.

Source: C003, C042, C043, C049, C050; ISO 10002 clause 7.
"""

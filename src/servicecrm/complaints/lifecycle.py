"""When may a complaint move, and who may move it?

Waiting, priority, verdict, stage and escalation are values of a complaint, not states: they change while it stays where
it is.
"""

from typing import Final

from servicecrm.complaints.codes import Feedback
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
LAPSED: Final = "lapsed"
REFERRED: Final = "referred"
MERGED: Final = "merged"

BEING_WORKED_ON: Final = (ACKNOWLEDGED, ASSESSED, IN_HANDLING)
UNANSWERED: Final = (RECORDED, *BEING_WORKED_ON)
OPEN: Final = (*UNANSWERED, RESPONDED)
ENDED: Final = (CLOSED, LAPSED, REFERRED)
"""Where a complaint rests: it can be taken up again. So can one that goes on as another one, but nothing else."""
OVER: Final = (RESPONDED, *ENDED)
NOT_GONE: Final = (*OPEN, *ENDED)
NOT_TAKEN_BACK: Final = (*NOT_GONE, MERGED)
"""Where an action that ends still ends its step: what was merged may be parted, and would wait for it for ever."""
EVERYWHERE: Final = (*NOT_GONE, WITHDRAWN, MERGED)

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
RECLASSIFY: Final = "reclassify"
JUDGE: Final = "judge"
PLAN: Final = "plan"
FINISH_STEP: Final = "finish_step"
DROP_STEP: Final = "drop_step"
REOPEN_STEP: Final = "reopen_step"
INVESTIGATE: Final = "investigate"
FIND_CAUSE: Final = "find_cause"
OFFER: Final = "offer"
APPROVE: Final = "approve"
SETTLE: Final = "settle"
PROVIDE: Final = "provide"
ACCEPT_ANSWER: Final = "accept_answer"
DECLINE_ANSWER: Final = "decline_answer"
RAISE_STAGE: Final = "raise_stage"
LAPSE: Final = "lapse"
REFER_PART: Final = "refer_part"
REFER: Final = "refer"
MERGE: Final = "merge"
TAKE_IN: Final = "take_in"
SPLIT: Final = "split"
LINK: Final = "link"
PROPOSE_CHANGE: Final = "propose_change"

HANDLER: Final = "handler"
MANAGER: Final = "manager"
COMPLAINANT: Final = "requester"

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

AT_ONCE: Final = Guard[Complaint](
    "at_once",
    "its receipt is acknowledged, or there is a risk to safety, or nobody whom to acknowledge it to",
    lambda before, _: before.safety or not before.can_reply,
)
NOT_ACKNOWLEDGED: Final = Guard[Complaint](
    "not_acknowledged", "its receipt is not confirmed yet", lambda before, _: before.acknowledged_at is None
)
IMPARTIAL: Final = Guard[Complaint](
    "impartial",
    "whoever judges it is not the one that it is about",
    lambda _, after: after.judgement is None or after.judgement.by != after.complained_about,
)
TAKEN_UP_FIRST: Final = Guard[Complaint](
    "taken_up_first",
    "what was answered or has ended is taken up again before it is taken for a complaint",
    lambda before, after: after.feedback is not Feedback.COMPLAINT or before.feedback is after.feedback,
)
OTHER_JUDGE: Final = Guard[Complaint](
    "other_judge",
    "whoever judges it has not decided about it at an earlier stage",
    lambda _, after: after.judgement is None or after.judgement.by not in after.deciders,
)
JUDGED: Final = Guard[Complaint](
    "judged",
    "it is judged at this stage whether the complaint is justified",
    lambda _, after: (
        after.feedback is not Feedback.COMPLAINT
        or (after.judgement is not None and after.judgement.stage == after.stage)
    ),
)
STEPS_DONE: Final = Guard[Complaint](
    "steps_done",
    "every mandatory step is done",
    lambda _, after: all(step.done_at is not None for step in after.steps if step.mandatory),
)
OTHER_DECIDER: Final = Guard[Complaint](
    "other_decider",
    "whoever answers has not decided about it at an earlier stage",
    lambda _, after: after.response is None or after.response.by not in after.deciders,
)
RECOURSE_TOLD: Final = Guard[Complaint](
    "recourse_told",
    "the answer was not declined, or the complainant was told where else to turn",
    lambda _, after: after.response is None or after.response.accepted is not False or bool(after.response.recourse),
)
NO_WAY_TO_REPLY: Final = Guard[Complaint](
    "no_way_to_reply",
    "it is answered, or there is no way to reach the complainant",
    lambda _, after: not after.can_reply,
)
OTHER_COMPLAINT: Final = Guard[Complaint](
    "other_complaint",
    "a complaint is linked to another one",
    lambda _, after: all(link.complaint != after.id for link in after.links),
)

LIFECYCLE: Final = Lifecycle[Complaint](
    "complaint",
    initial=RECORDED,
    moves=(
        #    action          from                      to            who          guards
        Move(ACKNOWLEDGE,    RECORDED,                 ACKNOWLEDGED, HANDLER),
        Move(ACKNOWLEDGE,    IN_HANDLING,              STAY,         HANDLER,     (NOT_ACKNOWLEDGED,)),
        Move(ASSESS,         ACKNOWLEDGED,             ASSESSED,     MANAGER,     (PRIORITY_KNOWN,)),
        Move(ASSESS,         (ASSESSED, IN_HANDLING),  STAY,         MANAGER,     (PRIORITY_KNOWN,)),
        Move(ASSIGN,         RECORDED,                 IN_HANDLING,  MANAGER,     (HANDLER_NAMED, AT_ONCE)),
        Move(ASSIGN,         (ACKNOWLEDGED, ASSESSED), IN_HANDLING,  MANAGER,     (HANDLER_NAMED,)),
        Move(FORWARD,        IN_HANDLING,              STAY,         HANDLER,     (HANDLER_NAMED, OTHER_HANDLER)),
        Move(WAIT,           BEING_WORKED_ON,          STAY,         HANDLER,     (NOT_WAITING,)),
        Move(RESUME,         BEING_WORKED_ON,          STAY,         HANDLER,     (IS_WAITING,)),
        Move(RECLASSIFY,     UNANSWERED,               STAY,         MANAGER),
        Move(RECLASSIFY,     OVER,                     STAY,         MANAGER,     (TAKEN_UP_FIRST,)),
        Move(PLAN,           (ASSESSED, IN_HANDLING),  STAY,         HANDLER),
        Move(FINISH_STEP,    NOT_TAKEN_BACK,           STAY,         HANDLER),
        Move(DROP_STEP,      NOT_TAKEN_BACK,           STAY,         HANDLER),
        Move(REOPEN_STEP,    NOT_TAKEN_BACK,           STAY,         HANDLER),
        Move(INVESTIGATE,    BEING_WORKED_ON,          STAY,         HANDLER),
        Move(FIND_CAUSE,     NOT_GONE,                 STAY,         HANDLER),
        Move(JUDGE,          (ASSESSED, IN_HANDLING),  STAY,         MANAGER,     (IMPARTIAL, OTHER_JUDGE)),
        Move(JUDGE,          (RESPONDED, CLOSED),      STAY,         MANAGER,     (IMPARTIAL, OTHER_JUDGE)),
        Move(OFFER,          (IN_HANDLING, RESPONDED), STAY,         HANDLER),
        Move(APPROVE,        (IN_HANDLING, RESPONDED), STAY,         MANAGER),
        Move(SETTLE,         NOT_GONE,                 STAY,         COMPLAINANT),
        Move(PROVIDE,        NOT_GONE,                 STAY,         HANDLER),
        Move(ANSWER,         IN_HANDLING,              RESPONDED,    HANDLER,
             (ANSWER_GIVEN, JUDGED, IMPARTIAL, STEPS_DONE, OTHER_DECIDER)),
        Move(ACCEPT_ANSWER,  RESPONDED,                STAY,         COMPLAINANT),
        Move(DECLINE_ANSWER, (RESPONDED, CLOSED),      STAY,         COMPLAINANT),
        Move(RAISE_STAGE,    (RESPONDED, CLOSED),      IN_HANDLING,  MANAGER,     (HANDLER_NAMED,)),
        Move(CLOSE,          RESPONDED,                CLOSED,       HANDLER,
             (JUDGED, IMPARTIAL, STEPS_DONE, RECOURSE_TOLD), demands=("closing_code",)),
        Move(CLOSE,          IN_HANDLING,              CLOSED,       HANDLER,
             (NO_WAY_TO_REPLY, JUDGED, IMPARTIAL, STEPS_DONE), demands=("closing_code",)),
        Move(REOPEN,         (*OVER, MERGED),          IN_HANDLING,  MANAGER,     (HANDLER_NAMED,)),
        Move(WITHDRAW,       OPEN,                     WITHDRAWN,    ANYONE),
        Move(LAPSE,          BEING_WORKED_ON,          LAPSED,       HANDLER),
        Move(REFER_PART,     NOT_GONE,                 STAY,         MANAGER),
        Move(REFER,          OPEN,                     REFERRED,     MANAGER),
        Move(MERGE,          OPEN,                     MERGED,       HANDLER,     (OTHER_COMPLAINT,)),
        Move(TAKE_IN,        UNANSWERED,               STAY,         HANDLER),
        Move(SPLIT,          OPEN,                     STAY,         HANDLER),
        Move(LINK,           NOT_GONE,                 STAY,         HANDLER,     (OTHER_COMPLAINT,)),
        Move(PROPOSE_CHANGE, NOT_GONE,                 STAY,         ANYONE),
        Move(AMEND,          NOT_GONE,                 STAY,         HANDLER),
        Move(MESSAGE,        EVERYWHERE,               STAY,         ANYONE),
        Move(NOTE,           EVERYWHERE,               STAY,         HANDLER),
        Move(VOID,           EVERYWHERE,               STAY,         MANAGER),
    ),
    resting={*ENDED, MERGED},
    final={WITHDRAWN},
    tags={"open": OPEN},
)  # fmt: skip
"""The lifecycle of a complaint: recorded, acknowledged, assessed, in handling, responded, closed; or withdrawn, lapsed,
referred to somebody else, merged into another one.

Source: C003, C042-C050, C055; ISO 10002 clause 7.
"""

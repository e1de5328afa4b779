"""Everything that can be done with a complaint: pure commands, each giving a decision to save.

Nothing but a message or a note can lie before the complaint was received: such a command raises `PolicyViolation`.
"""

from servicecrm.complaints.adoption import adopt
from servicecrm.complaints.answers import accept_answer, decline_answer, raise_stage
from servicecrm.complaints.correspondence import answer, message, note
from servicecrm.complaints.endings import lapse, refer
from servicecrm.complaints.handling import assign, close, forward, reopen, resume, void, wait, withdraw
from servicecrm.complaints.intake import Amendment, acknowledge, amend, assess, record
from servicecrm.complaints.judging import find_cause, investigate, judge, reclassify
from servicecrm.complaints.links import link, merge, propose_change, split
from servicecrm.complaints.remedies import (
    accept_remedy,
    approve_remedy,
    decline_remedy,
    offer,
    provide_remedy,
    refuse_remedy,
)
from servicecrm.complaints.steps import drop_step, finish_step, plan, reopen_step

__all__ = [
    "Amendment",
    "accept_answer",
    "accept_remedy",
    "acknowledge",
    "adopt",
    "amend",
    "answer",
    "approve_remedy",
    "assess",
    "assign",
    "close",
    "decline_answer",
    "decline_remedy",
    "drop_step",
    "find_cause",
    "finish_step",
    "forward",
    "investigate",
    "judge",
    "lapse",
    "link",
    "merge",
    "message",
    "note",
    "offer",
    "plan",
    "propose_change",
    "provide_remedy",
    "raise_stage",
    "reclassify",
    "record",
    "refer",
    "refuse_remedy",
    "reopen",
    "reopen_step",
    "resume",
    "split",
    "void",
    "wait",
    "withdraw",
]

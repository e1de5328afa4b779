"""Everything that can be done with a complaint: pure commands, each giving a decision to save.

Nothing but a message or a note can lie before the complaint was received: such a command raises `PolicyViolation`.
"""

from servicecrm.complaints.adoption import adopt
from servicecrm.complaints.correspondence import answer, message, note
from servicecrm.complaints.handling import assign, close, forward, reopen, resume, void, wait, withdraw
from servicecrm.complaints.intake import Amendment, acknowledge, amend, assess, record

__all__ = [
    "Amendment",
    "acknowledge",
    "adopt",
    "amend",
    "answer",
    "assess",
    "assign",
    "close",
    "forward",
    "message",
    "note",
    "record",
    "reopen",
    "resume",
    "void",
    "wait",
    "withdraw",
]

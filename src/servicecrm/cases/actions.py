"""Everything that can be done with a case: pure commands, each giving a decision to save.

Nothing but a message or a note can lie before the case was received: such a command raises `PolicyViolation`.
"""

from servicecrm.cases.callbacks import callback
from servicecrm.cases.correspondence import answer, contact, give_update, message, note
from servicecrm.cases.details import Amendment, amend, classify, link, rate, void
from servicecrm.cases.ending import close, reopen, withdraw
from servicecrm.cases.handling import accept, assign, forward, hand_back, route, start
from servicecrm.cases.intake import open
from servicecrm.cases.partners import partner_update, refer
from servicecrm.cases.promises import extend, promise
from servicecrm.cases.updates import request_update
from servicecrm.cases.waits import resume, wait

__all__ = [
    "Amendment",
    "accept",
    "amend",
    "answer",
    "assign",
    "callback",
    "classify",
    "close",
    "contact",
    "extend",
    "forward",
    "give_update",
    "hand_back",
    "link",
    "message",
    "note",
    "open",
    "partner_update",
    "promise",
    "rate",
    "refer",
    "reopen",
    "request_update",
    "resume",
    "route",
    "start",
    "void",
    "wait",
    "withdraw",
]

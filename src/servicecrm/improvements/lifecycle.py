"""When may a proposal move, and who may move it?"""

from typing import Final

from servicecrm.improvements.model import Proposal
from servicecrm.kernel.lifecycle import ANYONE, STAY, Lifecycle, Move

__all__ = ["LIFECYCLE"]

PROPOSED: Final = "proposed"
ACCEPTED: Final = "accepted"
REJECTED: Final = "rejected"
HANDED_OVER: Final = "handed_over"

EDIT: Final = "edit"
CITE: Final = "cite"
ACCEPT: Final = "accept"
REJECT: Final = "reject"
HAND_OVER: Final = "hand_over"

OWNER: Final = "owner"

LIFECYCLE: Final = Lifecycle[Proposal](
    "proposal",
    initial=PROPOSED,
    moves=(
        #    action     from                               to           who
        Move(EDIT,      PROPOSED,                          STAY,        ANYONE),
        Move(CITE,      (PROPOSED, ACCEPTED, HANDED_OVER), STAY,        ANYONE),
        Move(ACCEPT,    PROPOSED,                          ACCEPTED,    OWNER),
        Move(REJECT,    (PROPOSED, ACCEPTED),              REJECTED,    OWNER, demands=("answer",)),
        Move(HAND_OVER, ACCEPTED,                          HANDED_OVER, OWNER, demands=("handed_to",)),
    ),
    final={REJECTED, HANDED_OVER},
)  # fmt: skip
"""The lifecycle of a proposal: proposed, accepted, handed over; or rejected, with an answer.

Source: C003, C107.
"""

"""When may a prospect move on its way to become a customer?"""

from typing import Final

from servicecrm.kernel.lifecycle import STAY, Guard, Lifecycle, Move
from servicecrm.portfolio.codes import OfferAnswer
from servicecrm.portfolio.prospect_model import Prospect

__all__ = ["LIFECYCLE"]

IDENTIFIED: Final = "identified"
CONTACTED: Final = "contacted"
PRESENTED: Final = "presented"
NEGOTIATING: Final = "negotiating"
PARKED: Final = "parked"
WON: Final = "won"
LOST: Final = "lost"
ERASED: Final = "erased"

OPEN: Final = (IDENTIFIED, CONTACTED, PRESENTED, NEGOTIATING)
NOT_GONE: Final = (*OPEN, PARKED, WON, LOST)

UPDATE: Final = "update"
CONTACT: Final = "contact"
PRESENT: Final = "present"
ANSWER: Final = "answer"
NEGOTIATE: Final = "negotiate"
PARK: Final = "park"
RESUME: Final = "resume"
CONVERT: Final = "convert"
LOSE: Final = "lose"
ERASE: Final = "erase"
ERASE_CONTACT: Final = "erase_contact"

SELLER: Final = "seller"
MANAGER: Final = "manager"

NOTHING_ACCEPTED: Final = Guard[Prospect](
    "nothing_accepted",
    "no offer was accepted",
    lambda _, after: all(offer.answer is not OfferAnswer.ACCEPTED for offer in after.offers),
)

LIFECYCLE: Final = Lifecycle[Prospect](
    "prospect",
    initial=IDENTIFIED,
    moves=(
        #    action     from                      to           who      guards
        Move(CONTACT,   IDENTIFIED,               CONTACTED,   SELLER),
        Move(CONTACT,   (CONTACTED, PRESENTED, NEGOTIATING), STAY, SELLER),
        Move(PRESENT,   (IDENTIFIED, CONTACTED),  PRESENTED,   SELLER),
        Move(PRESENT,   (PRESENTED, NEGOTIATING), STAY,        SELLER),
        Move(ANSWER,    (PRESENTED, NEGOTIATING), STAY,        SELLER),
        Move(NEGOTIATE, PRESENTED,                NEGOTIATING, SELLER),
        Move(CONVERT,   OPEN,                     WON,         SELLER,  demands=("customer",)),
        Move(LOSE,      (*OPEN, PARKED),          LOST,        SELLER,  (NOTHING_ACCEPTED,), demands=("lost_reason",)),
        Move(PARK,      OPEN,                     PARKED,      SELLER),
        Move(RESUME,    (PARKED, LOST),           CONTACTED,   SELLER),
        Move(UPDATE,    (*OPEN, PARKED),          STAY,        SELLER),
        Move(ERASE_CONTACT, NOT_GONE,             STAY,        MANAGER),
        Move(ERASE,     NOT_GONE,                 ERASED,      MANAGER),
    ),
    resting={PARKED, WON, LOST},
    final={ERASED},
    tags={"open": OPEN},
)  # fmt: skip
"""The lifecycle of a prospect: identified, contacted, presented, negotiating; then won or lost, or parked for later.

Source: C003, C015; YaSM SP3.1.
"""

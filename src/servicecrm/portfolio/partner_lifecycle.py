"""When may a partner move?"""

from typing import Final

from servicecrm.kernel.lifecycle import STAY, Guard, Lifecycle, Move
from servicecrm.portfolio.partner_model import Partner

__all__ = ["LIFECYCLE"]

CANDIDATE: Final = "candidate"
ACTIVE: Final = "active"
ENDED: Final = "ended"
ERASED: Final = "erased"

ACTIVATE: Final = "activate"
UPDATE: Final = "update"
EVALUATE: Final = "evaluate"
END: Final = "end"
ERASE: Final = "erase"
ERASE_CONTACT: Final = "erase_contact"

MANAGER: Final = "manager"

CONTACT_NAMED: Final = Guard[Partner](
    "contact_named", "somebody is named to turn to", lambda _, after: bool(after.contacts)
)

LIFECYCLE: Final = Lifecycle[Partner](
    "partner",
    initial=CANDIDATE,
    moves=(
        #    action    from                        to      who      guards
        Move(ACTIVATE, (CANDIDATE, ENDED),         ACTIVE, MANAGER, (CONTACT_NAMED,)),
        Move(UPDATE,   (CANDIDATE, ACTIVE),        STAY,   MANAGER),
        Move(EVALUATE, (CANDIDATE, ACTIVE, ENDED), STAY,   MANAGER),
        Move(END,      (CANDIDATE, ACTIVE),        ENDED,  MANAGER),
        Move(ERASE_CONTACT, (CANDIDATE, ACTIVE, ENDED), STAY, MANAGER),
        Move(ERASE,    (CANDIDATE, ACTIVE, ENDED), ERASED, MANAGER),
    ),
    resting={ENDED},
    final={ERASED},
)  # fmt: skip
"""The lifecycle of a partner: candidate, active, ended.

Source: C003, C023.
"""

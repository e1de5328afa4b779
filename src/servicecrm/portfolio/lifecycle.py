"""When may a customer move, and who may move it?

To be merged, to be on hold and to belong to a class are values of a customer, not states: they change while it stays
where it is, so that a merge can be undone.
"""

from typing import Final

from servicecrm.kernel.kinds import micros
from servicecrm.kernel.lifecycle import STAY, Guard, Lifecycle, Move
from servicecrm.portfolio.codes import ContactRole
from servicecrm.portfolio.model import Customer

__all__ = ["LIFECYCLE"]

PROSPECT: Final = "prospect"
ACTIVE: Final = "active"
DORMANT: Final = "dormant"
FORMER: Final = "former"
ARCHIVED: Final = "archived"
ERASED: Final = "erased"

SERVED: Final = (ACTIVE, DORMANT)
PRESENT: Final = (PROSPECT, *SERVED)
KEPT: Final = (*PRESENT, FORMER)
READABLE: Final = (*KEPT, ARCHIVED)

ACTIVATE: Final = "activate"
UPDATE: Final = "update"
PLACE: Final = "place"
ADD_CONTACT: Final = "add_contact"
CHANGE_CONTACT: Final = "change_contact"
ERASE_CONTACT: Final = "erase_contact"
ASSIGN_MANAGER: Final = "assign_manager"
SET_CHANNEL: Final = "set_channel"
COLLECT: Final = "collect"
CONSENT: Final = "consent"
CLASSIFY: Final = "classify"
SCORE: Final = "score"
HOLD: Final = "hold"
RELEASE: Final = "release"
LAPSE: Final = "lapse"
REACTIVATE: Final = "reactivate"
END: Final = "end"
ARCHIVE: Final = "archive"
ERASE: Final = "erase"
MERGE: Final = "merge"
TAKE_IN: Final = "take_in"
UNMERGE: Final = "unmerge"
GIVE_BACK: Final = "give_back"

ACCOUNT_MANAGER: Final = "account_manager"
MANAGER: Final = "manager"


def _spoken_for(customer: Customer) -> bool:
    """Does somebody speak for a customer who has not gone by the time at which we began to serve it?"""
    since = customer.served[-1].since if customer.served else customer.added_at
    speakers = (contact for contact in customer.contacts if contact.role is ContactRole.CUSTOMER)
    return any(contact.until is None or micros(contact.until) > micros(since) for contact in speakers)


CONTACT_NAMED: Final = Guard[Customer](
    "contact_named", "somebody is named who speaks for the customer", lambda _, after: _spoken_for(after)
)
MANAGER_NAMED: Final = Guard[Customer](
    "manager_named", "an account manager is named", lambda _, after: after.account_manager is not None
)
NOT_MERGED: Final = Guard[Customer](
    "not_merged", "the customer does not go on as another one", lambda before, _: before.merged_into is None
)
IS_MERGED: Final = Guard[Customer](
    "merged", "the customer goes on as another one", lambda before, _: before.merged_into is not None
)
OTHER_CUSTOMER: Final = Guard[Customer](
    "other_customer", "the other customer is another one", lambda _, after: after.merged_into != after.id
)
OTHER_PARENT: Final = Guard[Customer](
    "other_parent", "a customer is no part of itself", lambda _, after: after.parent != after.id
)
NOT_HELD: Final = Guard[Customer](
    "not_held", "nothing keeps the data from being erased", lambda before, _: not before.holds
)

_MOVES: Final[tuple[Move[Customer], ...]] = (
    #    action          from               to        who              guards
    Move(ACTIVATE,       PROSPECT,          ACTIVE,   ACCOUNT_MANAGER, (CONTACT_NAMED, MANAGER_NAMED)),
    Move(UPDATE,         KEPT,              STAY,     ACCOUNT_MANAGER),
    Move(PLACE,          KEPT,              STAY,     ACCOUNT_MANAGER, (OTHER_PARENT,)),
    Move(ADD_CONTACT,    KEPT,              STAY,     ACCOUNT_MANAGER),
    Move(CHANGE_CONTACT, KEPT,              STAY,     ACCOUNT_MANAGER),
    Move(ASSIGN_MANAGER, PRESENT,           STAY,     MANAGER),
    Move(SET_CHANNEL,    KEPT,              STAY,     ACCOUNT_MANAGER),
    Move(COLLECT,        KEPT,              STAY,     ACCOUNT_MANAGER),
    Move(CONSENT,        READABLE,          STAY,     ACCOUNT_MANAGER),
    Move(CLASSIFY,       KEPT,              STAY,     ACCOUNT_MANAGER),
    Move(SCORE,          KEPT,              STAY,     ACCOUNT_MANAGER),
    Move(HOLD,           READABLE,          STAY,     MANAGER),
    Move(RELEASE,        READABLE,          STAY,     MANAGER),
    Move(LAPSE,          ACTIVE,            DORMANT,  ACCOUNT_MANAGER),
    Move(REACTIVATE,     (DORMANT, FORMER, ARCHIVED), ACTIVE, ACCOUNT_MANAGER, (CONTACT_NAMED, MANAGER_NAMED)),
    Move(END,            SERVED,            FORMER,   ACCOUNT_MANAGER),
    Move(ARCHIVE,        KEPT,              ARCHIVED, MANAGER),
    Move(MERGE,          KEPT,              STAY,     MANAGER,         (OTHER_CUSTOMER,)),
    Move(TAKE_IN,        KEPT,              STAY,     MANAGER),
    Move(GIVE_BACK,      KEPT,              STAY,     MANAGER),
)  # fmt: skip
"""What only a customer does that does not go on as another one."""

LIFECYCLE: Final = Lifecycle[Customer](
    "customer",
    initial=PROSPECT,
    moves=(
        *(Move(m.action, m.from_, m.to, m.role, (NOT_MERGED, *m.guards)) for m in _MOVES),
        #    action        from      to      who      guards
        Move(UNMERGE,       KEPT,     STAY,   MANAGER, (IS_MERGED,)),
        Move(ERASE_CONTACT, READABLE, STAY,   MANAGER, (NOT_HELD,)),
        Move(ERASE,         READABLE, ERASED, MANAGER, (NOT_HELD,)),
    ),
    resting={FORMER, ARCHIVED},
    final={ERASED},
    tags={"served": SERVED},
)  # fmt: skip
"""The lifecycle of a customer: prospect, active, dormant, former; then archived or erased.

Whoever was merged into another customer stays as it was, and does nothing more until the two are parted again.

Source: C003, C009, C011, C016, C019; YaSM SP3, customer portfolio.
"""

"""Everything that can be done with a customer: pure commands, each giving a decision to save."""

from servicecrm.portfolio.channels import consent, set_channel
from servicecrm.portfolio.classes import classify, overrule
from servicecrm.portfolio.contacts import ContactDetails, add_contact, change_contact
from servicecrm.portfolio.customers import Details, activate, add, end, lapse, place, reactivate, update
from servicecrm.portfolio.managers import assign_manager, hand_over_due
from servicecrm.portfolio.merging import merge, unmerge
from servicecrm.portfolio.profile import collect, take_score
from servicecrm.portfolio.removal import erase_contact, hold, release, remove

__all__ = [
    "ContactDetails",
    "Details",
    "activate",
    "add",
    "add_contact",
    "assign_manager",
    "change_contact",
    "classify",
    "collect",
    "consent",
    "end",
    "erase_contact",
    "hand_over_due",
    "hold",
    "lapse",
    "merge",
    "overrule",
    "place",
    "reactivate",
    "release",
    "remove",
    "set_channel",
    "take_score",
    "unmerge",
    "update",
]

"""Everything that can be done with a service agreement: pure commands, each giving a decision to save."""

from servicecrm.agreements.ending import (
    advance,
    renew,
    resume,
    supersede,
    suspend,
    terminate,
    wind_down,
    withdraw_notice,
)
from servicecrm.agreements.importing import adopt
from servicecrm.agreements.negotiating import Terms, abandon, accept, attach, counter, draft, edit, propose
from servicecrm.agreements.reviewing import review
from servicecrm.agreements.signing import sign

__all__ = [
    "Terms",
    "abandon",
    "accept",
    "adopt",
    "advance",
    "attach",
    "counter",
    "draft",
    "edit",
    "propose",
    "renew",
    "resume",
    "review",
    "sign",
    "supersede",
    "suspend",
    "terminate",
    "wind_down",
    "withdraw_notice",
]

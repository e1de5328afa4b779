"""What has to be in an agreement and in the definition of a service, and from when on."""

from typing import Final

from servicecrm.agreements import lifecycle
from servicecrm.agreements.model import Agreement
from servicecrm.agreements.service_model import Service
from servicecrm.tracking.checklists import Checklist, Level, Line, from_

__all__ = ["AGREEMENT", "SERVICE"]

ALWAYS: Final = None
# What is abandoned was perhaps never proposed; what is signed was, and was accepted.
AGREED: Final = from_(lifecycle.AGREEMENT, lifecycle.AGREED)
SIGNED: Final = from_(lifecycle.AGREEMENT, lifecycle.SIGNED)
PROPOSED: Final = from_(lifecycle.AGREEMENT, lifecycle.NEGOTIATING)
LIVE: Final = (lifecycle.LIVE, lifecycle.RETIRING)

AGREEMENT: Final = Checklist(
    "agreement",
    Agreement,
    lifecycle=lifecycle.AGREEMENT,
    lines=(
        #    path           level         counts in  says
        Line("customer",     Level.MUST,   ALWAYS,   "it is known with whom it is made"),
        Line("title",        Level.MUST,   ALWAYS,   "it has a title"),
        Line("first_day",    Level.MUST,   ALWAYS,   "it is said from when on it holds"),
        Line("lines",        Level.MUST,   PROPOSED, "it is about one service or more"),
        Line("duties",       Level.SHOULD, PROPOSED, "it is said what both sides have to do"),
        Line("contacts",     Level.SHOULD, PROPOSED, "it is said whom to turn to"),
        Line("change_rule",  Level.SHOULD, PROPOSED, "it is said how it can be changed"),
        Line("termination",  Level.SHOULD, PROPOSED, "it is said how it can be ended"),
        Line("reporting",    Level.SHOULD, PROPOSED, "it is said what is reported, and how often"),
        Line("review_every", Level.SHOULD, PROPOSED, "it is said how often both look at it again"),
        Line("agreed_at",    Level.SHOULD, AGREED,   "it is known when it was accepted"),
        Line("signed_at",    Level.MUST,   SIGNED,   "both parties have signed it"),
        Line("signatures",   Level.SHOULD, SIGNED,   "it is known who signed it"),
    ),
)  # fmt: skip
"""The checklist of a service agreement that is shipped; a house extends it.

Source: C007, C028; YaSM customer service agreement.
"""

SERVICE: Final = Checklist(
    "service",
    Service,
    lifecycle=lifecycle.SERVICE,
    lines=(
        #    path                                level         counts in says
        Line("owner",                            Level.MUST,   ALWAYS,   "it is known who answers for it"),
        Line("definition.name",                  Level.MUST,   ALWAYS,   "it has a name"),
        Line("definition.utility",               Level.SHOULD, ALWAYS,   "it is said what it does for a customer"),
        Line("versions",                         Level.MUST,   LIVE,     "a version of its definition is released"),
        Line("definition.levels.times",          Level.SHOULD, LIVE,     "it is said how soon one is helped"),
        Line("definition.levels.levels",         Level.SHOULD, LIVE,     "it is said which levels are guaranteed"),
        Line("definition.warranty.availability", Level.SHOULD, LIVE,     "it is said how available it is"),
        Line("definition.warranty.capacity",     Level.SHOULD, LIVE,     "it is said how much it can take"),
        Line("definition.warranty.continuity",   Level.SHOULD, LIVE,     "it is said what happens after a disaster"),
        Line("definition.warranty.security",     Level.SHOULD, LIVE,     "it is said how it is kept secure"),
        Line("definition.requesting",            Level.SHOULD, LIVE,     "it is said how one gets it"),
        Line("definition.price",                 Level.SHOULD, LIVE,     "it is said what it costs"),
        Line("definition.resources",             Level.SHOULD, LIVE,     "it is said with what it is provided"),
    ),
)  # fmt: skip
"""The checklist of a service and its definition that is shipped; a house extends it.

Source: C007, C025; YaSM service definition.
"""

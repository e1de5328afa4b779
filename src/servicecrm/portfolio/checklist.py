"""What has to be on the entry of a customer, and from when on."""

from typing import Final

from servicecrm.portfolio.lifecycle import ACTIVE, DORMANT, FORMER, KEPT, LIFECYCLE, SERVED
from servicecrm.portfolio.model import Customer
from servicecrm.tracking.checklists import Checklist, Level, Line

__all__ = ["CHECKLIST"]

EVER_SERVED: Final = (ACTIVE, DORMANT, FORMER)

CHECKLIST: Final = Checklist(
    "customer",
    Customer,
    lifecycle=LIFECYCLE,
    lines=(
        #    path              level         counts in    says
        Line("name",           Level.MUST,   KEPT,        "it has a name"),
        Line("kind",           Level.MUST,   KEPT,        "it is said what kind of customer it is"),
        Line("contacts",       Level.MUST,   SERVED,      "somebody is named to turn to"),
        Line("managers",       Level.MUST,   SERVED,      "an account manager is named"),
        Line("served",         Level.MUST,   EVER_SERVED, "it is known since when we serve it"),
        Line("leaving_reason", Level.SHOULD, FORMER,      "it is known why it left"),
        Line("channels",       Level.SHOULD, SERVED,      "it is agreed how to order, escalate and complain"),
        Line("services",       Level.SHOULD, SERVED,      "it is known which services it uses"),
        Line("classes",        Level.SHOULD, SERVED,      "it belongs to a class"),
        Line("language",       Level.SHOULD, SERVED,      "it is known in which language to write to it"),
        Line("verified_at",    Level.SHOULD, SERVED,      "somebody has verified what is known of it"),
    ),
)  # fmt: skip
"""The checklist that is shipped; a house extends it: `CHECKLIST.extended(Line("references"))`.

Agreements, satisfaction, complaints and reviews of a customer are records of their own, with lists of their own.

Source: C007, C009; YaSM SP3, customer portfolio.
"""

"""The portfolio: customers, the people there, who looks after them, and who may become one.

```python
from datetime import UTC, datetime

from servicecrm import portfolio

now = datetime(2026, 3, 2, 9, tzinfo=UTC)
mia = portfolio.contact("Mia Holt", id="person-1", purposes={"general", "escalation"})
added = portfolio.add(
    id="c-1", name="Harbour Cafe", contacts=[mia], account_manager="ann@city.example", by="ann@city.example", at=now
)
customer = added.after
customer.state, portfolio.contact_for(customer, "escalation", at=now)
```
"""

from servicecrm.kernel.texts import Texts
from servicecrm.portfolio import interactions, partners, prospects, snapshots
from servicecrm.portfolio.actions import (
    ContactDetails,
    Details,
    activate,
    add,
    add_contact,
    assign_manager,
    change_contact,
    classify,
    collect,
    consent,
    end,
    erase_contact,
    hand_over_due,
    hold,
    lapse,
    merge,
    overrule,
    place,
    reactivate,
    release,
    remove,
    set_channel,
    take_score,
    unmerge,
    update,
)
from servicecrm.portfolio.channels import channels_for, consented
from servicecrm.portfolio.checklist import CHECKLIST
from servicecrm.portfolio.classes import Facts, Proposal, class_at, facts, migration, propose
from servicecrm.portfolio.codes import (
    ContactRole,
    CustomerKind,
    Datatype,
    Direction,
    InteractionKind,
    OfferAnswer,
    PartnerRole,
    Purpose,
    RemovalMode,
    ValueClass,
)
from servicecrm.portfolio.contacts import contact, contact_for
from servicecrm.portfolio.duplicates import Likeness, duplicates, likeness
from servicecrm.portfolio.health import Health, complaint_part, external_part, health, recency_part
from servicecrm.portfolio.hierarchy import Hierarchy
from servicecrm.portfolio.interaction_model import Interaction, InteractionId
from servicecrm.portfolio.lifecycle import LIFECYCLE
from servicecrm.portfolio.managers import manager_at, transfers
from servicecrm.portfolio.model import Customer, CustomerId
from servicecrm.portfolio.partner_model import Criterion, Evaluation, Partner, PartnerId
from servicecrm.portfolio.parts import (
    Assignment,
    Channel,
    Consent,
    Contact,
    ExternalScore,
    Hold,
    Observation,
    Served,
    TakenIn,
    Tenure,
)
from servicecrm.portfolio.policy import DEFAULT, PortfolioPolicy
from servicecrm.portfolio.privacy import access, without_personal
from servicecrm.portfolio.profile import Known, completeness, known
from servicecrm.portfolio.prospect_model import Offer, Prospect, ProspectId
from servicecrm.portfolio.removal import Blocker
from servicecrm.portfolio.reports import (
    Coming,
    Gap,
    coming_and_going,
    currency,
    gaps,
    is_current,
    manager_coverage,
    served_at,
)
from servicecrm.portfolio.rfm import Bins, Purchases, Rfm, RfmScore, rfm, scored, summed
from servicecrm.portfolio.rules import ClassRule, Condition, ProfileField, Treatment
from servicecrm.portfolio.schema import CUSTOMER, INTERACTION, PARTNER, PROSPECT, SNAPSHOT
from servicecrm.portfolio.snapshot_model import PortfolioSnapshot, PortfolioSnapshotId, SnapshotLine
from servicecrm.portfolio.snapshots import LineChange, SnapshotChanges

__all__ = [
    "CHECKLIST",
    "CUSTOMER",
    "DEFAULT",
    "INTERACTION",
    "LIFECYCLE",
    "PARTNER",
    "PROSPECT",
    "SNAPSHOT",
    "TEXTS",
    "Assignment",
    "Bins",
    "Blocker",
    "Channel",
    "ClassRule",
    "Coming",
    "Condition",
    "Consent",
    "Contact",
    "ContactDetails",
    "ContactRole",
    "Criterion",
    "Customer",
    "CustomerId",
    "CustomerKind",
    "Datatype",
    "Details",
    "Direction",
    "Evaluation",
    "ExternalScore",
    "Facts",
    "Gap",
    "Health",
    "Hierarchy",
    "Hold",
    "Interaction",
    "InteractionId",
    "InteractionKind",
    "Known",
    "Likeness",
    "LineChange",
    "Observation",
    "Offer",
    "OfferAnswer",
    "Partner",
    "PartnerId",
    "PartnerRole",
    "PortfolioPolicy",
    "PortfolioSnapshot",
    "PortfolioSnapshotId",
    "ProfileField",
    "Proposal",
    "Prospect",
    "ProspectId",
    "Purchases",
    "Purpose",
    "RemovalMode",
    "Rfm",
    "RfmScore",
    "Served",
    "SnapshotChanges",
    "SnapshotLine",
    "TakenIn",
    "Tenure",
    "Treatment",
    "ValueClass",
    "access",
    "activate",
    "add",
    "add_contact",
    "assign_manager",
    "change_contact",
    "channels_for",
    "class_at",
    "classify",
    "collect",
    "coming_and_going",
    "complaint_part",
    "completeness",
    "consent",
    "consented",
    "contact",
    "contact_for",
    "currency",
    "duplicates",
    "end",
    "erase_contact",
    "external_part",
    "facts",
    "gaps",
    "hand_over_due",
    "health",
    "hold",
    "interactions",
    "is_current",
    "known",
    "lapse",
    "likeness",
    "manager_at",
    "manager_coverage",
    "merge",
    "migration",
    "overrule",
    "partners",
    "place",
    "propose",
    "prospects",
    "reactivate",
    "recency_part",
    "release",
    "remove",
    "rfm",
    "scored",
    "served_at",
    "set_channel",
    "snapshots",
    "summed",
    "take_score",
    "transfers",
    "unmerge",
    "update",
    "without_personal",
]

TEXTS = Texts("servicecrm.portfolio")
"""The words for codes, states, actions, guards and events: `TEXTS.get("state.active", language="de")`."""

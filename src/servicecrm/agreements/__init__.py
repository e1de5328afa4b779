"""Services and agreements: what is offered, what was agreed with whom, which target counts, and whether it was kept.

```python
from datetime import UTC, date, datetime

from servicecrm import agreements
from servicecrm.agreements import Line, Party, ServiceLevels, TimeTarget

now = datetime(2026, 3, 2, 9, tzinfo=UTC)
water = Line(service="water", levels=ServiceLevels(times=[TimeTarget(timer="resolution", within="8h business")]))
agreement = agreements.draft(
    id="a-1", customer="harbour-cafe", title="Water", lines=[water], first_day=date(2026, 4, 1), by="ann", at=now
).after
agreement = agreements.propose(agreement, by="ann", at=now).after
agreement = agreements.accept(agreement, Party.CUSTOMER, by="ann", at=now).after
agreements.entitlement("harbour-cafe", "water", at=now, agreements=[agreement]).explain()
```

Commands about services are in `agreements.services`, those about general agreements in `agreements.general`.
"""

from servicecrm.agreements import general, services
from servicecrm.agreements.actions import (
    Terms,
    abandon,
    accept,
    adopt,
    advance,
    attach,
    counter,
    draft,
    edit,
    propose,
    renew,
    resume,
    review,
    sign,
    supersede,
    suspend,
    terminate,
    wind_down,
    withdraw_notice,
)
from servicecrm.agreements.availability import Availability, Outage, Watched, availability
from servicecrm.agreements.catalogue import Offer, catalogue
from servicecrm.agreements.codes import Aspect, ContactPurpose, EndOf, Outcome, Party, ReviewDecision, TargetSource
from servicecrm.agreements.dependencies import Weakness, cycle, weaknesses
from servicecrm.agreements.evaluating import (
    Evaluation,
    Figure,
    Result,
    TimerResult,
    Violation,
    ViolationId,
    evaluate,
    violations,
)
from servicecrm.agreements.importing import Imported, read_rows
from servicecrm.agreements.levels import LevelTarget, ServiceLevels, TimeTarget
from servicecrm.agreements.lifecycle import AGREEMENT as LIFECYCLE
from servicecrm.agreements.model import Agreement, AgreementId, GeneralAgreement
from servicecrm.agreements.notice import last_day_after, notice_by
from servicecrm.agreements.parts import (
    AgreementContact,
    AgreementReview,
    Attached,
    Duty,
    GivenNotice,
    Line,
    Round,
    Spell,
    Termination,
)
from servicecrm.agreements.policy import DEFAULT, AgreementPolicies, AgreementPolicy, Promised, WindDownStep
from servicecrm.agreements.reports import availability_of, compliance, movement, renewals
from servicecrm.agreements.reviewing import Renewal, due_for_renewal, overlapping, reviews_due, uncovered
from servicecrm.agreements.schema import AGREEMENT, GENERAL_AGREEMENT, SERVICE, VIOLATION
from servicecrm.agreements.service_model import (
    Price,
    Service,
    ServiceDefinition,
    ServiceId,
    ServiceVersion,
    Support,
    Warranty,
)
from servicecrm.agreements.targets import Entitled, Entitlement, Tier, entitlement, levels_of, overlay, unmeasured
from servicecrm.agreements.words import TEXTS

__all__ = [
    "AGREEMENT",
    "DEFAULT",
    "GENERAL_AGREEMENT",
    "LIFECYCLE",
    "SERVICE",
    "TEXTS",
    "VIOLATION",
    "Agreement",
    "AgreementContact",
    "AgreementId",
    "AgreementPolicies",
    "AgreementPolicy",
    "AgreementReview",
    "Aspect",
    "Attached",
    "Availability",
    "ContactPurpose",
    "Duty",
    "EndOf",
    "Entitled",
    "Entitlement",
    "Evaluation",
    "Figure",
    "GeneralAgreement",
    "GivenNotice",
    "Imported",
    "LevelTarget",
    "Line",
    "Offer",
    "Outage",
    "Outcome",
    "Party",
    "Price",
    "Promised",
    "Renewal",
    "Result",
    "ReviewDecision",
    "Round",
    "Service",
    "ServiceDefinition",
    "ServiceId",
    "ServiceLevels",
    "ServiceVersion",
    "Spell",
    "Support",
    "TargetSource",
    "Termination",
    "Terms",
    "Tier",
    "TimeTarget",
    "TimerResult",
    "Violation",
    "ViolationId",
    "Warranty",
    "Watched",
    "Weakness",
    "WindDownStep",
    "abandon",
    "accept",
    "adopt",
    "advance",
    "attach",
    "availability",
    "availability_of",
    "catalogue",
    "compliance",
    "counter",
    "cycle",
    "draft",
    "due_for_renewal",
    "edit",
    "entitlement",
    "evaluate",
    "general",
    "last_day_after",
    "levels_of",
    "movement",
    "notice_by",
    "overlapping",
    "overlay",
    "propose",
    "read_rows",
    "renew",
    "renewals",
    "resume",
    "review",
    "reviews_due",
    "services",
    "sign",
    "supersede",
    "suspend",
    "terminate",
    "uncovered",
    "unmeasured",
    "violations",
    "weaknesses",
    "wind_down",
    "withdraw_notice",
]

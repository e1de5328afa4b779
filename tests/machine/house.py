"""The house whose rules the account knows: people, promises, and what its complaints may cost and how they end."""

from decimal import Decimal
from typing import Final

from servicecrm.calendars import Calendar
from servicecrm.complaints import LIFECYCLE, ComplaintPolicy, RemedyLimit, StepTemplate
from servicecrm.complaints.targets import TARGETS
from servicecrm.desk.house import House
from servicecrm.kernel.policies import LIFECYCLE as POLICIES
from servicecrm.kernel.records import evolve
from servicecrm.tracking import Targets
from servicecrm.tracking.action_lifecycle import LIFECYCLE as ACTIONS
from servicecrm.tracking.responsibility import Duty, Part, from_lifecycle
from servicecrm.tracking.rights import ByMatrix
from tests.machine.rules import CATEGORIES, CAUSES, CODES, LIMIT, REOPEN_WITHIN, ROLES, TEMPLATES
from tests.machine.timers import HOURS

__all__ = ["HOUSE", "OFFICE", "POLICY", "PROMISES"]

RECORDING: Final = Duty("complaint.record", {"anyone": Part.RESPONSIBLE})
"""No move of a lifecycle, and so without a row of its own there."""

HOUSE: Final = House(roles=ROLES, rights=ByMatrix(from_lifecycle(LIFECYCLE, ACTIONS, POLICIES).with_duties(RECORDING)))
POLICY: Final = ComplaintPolicy(
    categories=CATEGORIES[1:],
    causes=CAUSES,
    closing_codes=CODES,
    reopen_within=REOPEN_WITHIN,
    remedy_limits=(RemedyLimit(currency=LIMIT[0], amount=Decimal(LIMIT[1])),),
    steps=tuple(
        StepTemplate(title=title, within=f"{hours}h elapsed", owner=owner, mandatory=mandatory, category=category)
        for category, steps in TEMPLATES.items()
        for title, hours, owner, mandatory in steps
    ),
)
PROMISES: Final = Targets(
    targets=tuple(evolve(each, within=f"{HOURS[each.name]}h elapsed") for each in TARGETS.targets),
    ends=TARGETS.ends,
    reopens=TARGETS.reopens,
)
OFFICE: Final = Calendar(zone="UTC", hours="mon-sun 00:00-24:00")
"""Always open, so that a promise is a number of hours."""

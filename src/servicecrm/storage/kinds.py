"""The kinds of records that come with servicecrm."""

from typing import Any, Final

from servicecrm.cases import schema as cases
from servicecrm.complaints.schema import COMPLAINT, POLICIES
from servicecrm.kernel.kinds import Kind
from servicecrm.tracking.action_schema import ACTION_ITEM
from servicecrm.tracking.books import CALENDARS, TARGETS
from servicecrm.tracking.schema import CLOCK, MESSAGE

__all__ = ["SHIPPED"]

SHIPPED: Final[tuple[Kind[Any], ...]] = (
    COMPLAINT,
    MESSAGE,
    POLICIES,
    cases.CASE,
    cases.REQUEST_TYPE,
    cases.ROUTING,
    cases.POLICIES,
    ACTION_ITEM,
    CLOCK,
    TARGETS,
    CALENDARS,
)

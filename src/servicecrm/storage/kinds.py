"""The kinds of records that come with servicecrm."""

from typing import Any, Final

from servicecrm.complaints.schema import COMPLAINT, POLICIES
from servicecrm.kernel.kinds import Kind
from servicecrm.tracking.schema import MESSAGE

__all__ = ["SHIPPED"]

SHIPPED: Final[tuple[Kind[Any], ...]] = (COMPLAINT, MESSAGE, POLICIES)

"""The house rules for complaints: priorities, categories, closing codes, and for how long one may be reopened."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import attrs

from servicecrm.complaints.model import Priority, Severity
from servicecrm.errors import InvalidValue, PolicyViolation
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.policies import PolicyBook, PolicyVersion
from servicecrm.kernel.records import record

__all__ = ["DEFAULT", "ComplaintPolicies", "ComplaintPolicy"]

MATRIX: Final = FrozenMap(
    {
        # severity   by impact
        "low":      {"low": "p4", "medium": "p4", "high": "p3", "critical": "p3"},
        "medium":   {"low": "p4", "medium": "p3", "high": "p3", "critical": "p2"},
        "high":     {"low": "p3", "medium": "p3", "high": "p2", "critical": "p1"},
        "critical": {"low": "p3", "medium": "p2", "high": "p1", "critical": "p1"},
    }
)  # fmt: skip

CLOSING_CODES: Final = ("resolved", "explained", "goodwill", "unreachable", "no_action")


@record
class ComplaintPolicy:
    """The rules of a house. Without `categories` any category will do; without `reopen_within` it is never too late.

    Raises:
        InvalidValue: the matrix lacks a priority for some severity and impact, and names them; there is no closing
            code; or there is no time to reopen.

    Source: C008, C043, C049, C050.
    """

    matrix: FrozenMap = attrs.field(default=MATRIX, converter=FrozenMap)
    """Priority by severity, then impact: `{"low": {"low": "p4", ...}, ...}`."""
    categories: tuple[str, ...] = attrs.field(default=(), converter=tuple)
    closing_codes: tuple[str, ...] = attrs.field(default=CLOSING_CODES, converter=tuple)
    reopen_within: timedelta | None = None

    def __attrs_post_init__(self) -> None:
        cells = [(severity, impact) for severity in Severity for impact in Severity]
        missing = [f"{severity}/{impact}" for severity, impact in cells if self._cell(severity, impact) is None]
        if missing:
            raise InvalidValue("ComplaintPolicy.matrix", f"no priority for severity/impact {', '.join(missing)}")
        if not self.closing_codes:
            raise InvalidValue("ComplaintPolicy.closing_codes", "without a closing code no complaint could be closed")
        if self.reopen_within is not None and self.reopen_within <= timedelta(0):
            raise InvalidValue("ComplaintPolicy.reopen_within", "expected a positive duration, or None for no limit")

    def priority(self, severity: Severity | None, impact: Severity | None, *, safety: bool) -> Priority | None:
        """What the ratings come to; None while one of them is missing. A risk to safety always comes first."""
        if safety:
            return Priority.P1
        return None if severity is None or impact is None else self._cell(severity, impact)

    def check_priority(
        self, priority: Priority | None, *, computed: Priority | None, safety: bool, reason: str | None
    ) -> None:
        """Refuses a priority that may not be in force.

        Raises:
            PolicyViolation: another one than computed needs a reason; a risk to safety allows no other.
        """
        if priority == computed:
            return
        if safety:
            raise PolicyViolation("priority", f"a risk to safety always has priority {computed}")
        if reason is None:
            raise PolicyViolation("priority", "another priority than the computed one needs a reason")

    def check_category(self, category: str | None) -> None:
        """Refuses a category that the house does not have.

        Raises:
            PolicyViolation: names those that it has.
        """
        if category is not None and self.categories and category not in self.categories:
            raise PolicyViolation("category", f"not a category of this house; known: {', '.join(self.categories)}")

    def check_closing_code(self, code: str) -> None:
        """Refuses a closing code that the house does not have.

        Raises:
            PolicyViolation: names those that it has.
        """
        if code not in self.closing_codes:
            known = ", ".join(self.closing_codes)
            raise PolicyViolation("closing_code", f"not a closing code of this house; known: {known}")

    def check_reopening(self, closed_at: datetime | None, at: datetime) -> None:
        """Refuses to reopen what has been closed for too long.

        Raises:
            PolicyViolation: says until when it was possible, and what can be done instead.
        """
        if closed_at is None or self.reopen_within is None:
            return
        until = closed_at.astimezone(UTC) + self.reopen_within
        if micros(at) > micros(until):
            raise PolicyViolation(
                "reopen_within",
                f"it could be reopened until {until.isoformat(timespec='seconds')}; record a new complaint instead",
            )

    def _cell(self, severity: Severity, impact: Severity) -> Priority | None:
        row = self.matrix.get(severity)
        found = row.get(impact) if isinstance(row, Mapping) else None
        return Priority(found) if found in tuple(Priority) else None


@record
class ComplaintPolicies(PolicyBook[ComplaintPolicy]):
    """All versions of a house's rules for complaints."""

    id: str = "complaint"
    versions: tuple[PolicyVersion[ComplaintPolicy], ...] = ()

    def shipped(self) -> ComplaintPolicy:
        """The rules that come with the library."""
        return DEFAULT


DEFAULT: Final = ComplaintPolicy()
"""The policy that is shipped, with number 0."""

"""The house rules for complaints: priorities, categories and causes, what has to be done and found out, what a remedy
may cost, and how it ends."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

import attrs

from servicecrm.calendars import duration
from servicecrm.complaints.codes import RemedyKind, RemedyStatus
from servicecrm.complaints.model import Complaint, Priority, Severity
from servicecrm.complaints.parts import Remedy
from servicecrm.errors import InvalidValue, PolicyViolation
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.policies import PolicyBook, PolicyVersion
from servicecrm.kernel.records import record
from servicecrm.kernel.shapes import filled
from servicecrm.kernel.values import Money

__all__ = ["DEFAULT", "ComplaintPolicies", "ComplaintPolicy", "RemedyLimit", "StepTemplate"]

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
class StepTemplate:
    """A step that complaints of a category need, done by `owner`, or else by whoever has the complaint.

    Raises:
        InvalidValue: a text is blank, or `within` is no duration.

    Source: C045.
    """

    title: str = attrs.field(validator=filled)
    within: str = "5 business days"
    owner: str | None = attrs.field(default=None, validator=filled)
    mandatory: bool = True
    category: str | None = None
    """For complaints of this category and of those below it; None is for all."""

    def __attrs_post_init__(self) -> None:
        duration(self.within)


@record
class RemedyLimit:
    """What the remedies for a complaint may cost in a currency before somebody else has to approve one.

    Raises:
        InvalidValue: the currency is not three capital letters, or the amount is below nothing.

    Source: C047.
    """

    currency: str
    amount: Decimal

    def __attrs_post_init__(self) -> None:
        limit = Money(amount=self.amount, currency=self.currency)
        if not limit.amount >= 0:
            raise InvalidValue("RemedyLimit.amount", "a limit is nothing or more")


@record
class ComplaintPolicy:
    """The rules of a house. Without `categories` or `causes` any will do; without `reopen_within` it is never too late.

    Categories and causes are paths, such as `water` and `water/pressure`; whoever is above a path belongs to it too.

    Raises:
        InvalidValue: the matrix lacks a priority for some severity and impact, and names them; there is no closing
            code; steps are for a category that there is not; a kind of remedy is blank, has a slash, or is there
            already; a currency has two limits; or a number or a time is too small.

    Source: C008, C041, C043-C050, C055.
    """

    matrix: FrozenMap = MATRIX
    """Priority by severity, then impact: `{"low": {"low": "p4", ...}, ...}`."""
    categories: tuple[str, ...] = attrs.field(default=(), converter=tuple)
    causes: tuple[str, ...] = attrs.field(default=(), converter=tuple)
    closing_codes: tuple[str, ...] = attrs.field(default=CLOSING_CODES, converter=tuple)
    reopen_within: timedelta | None = None
    steps: tuple[StepTemplate, ...] = attrs.field(default=(), converter=tuple)
    investigated: frozenset[Priority] = attrs.field(default=frozenset({Priority.P1}), converter=frozenset)
    """Complaints of these priorities are answered, or closed unanswered, only when something was found out."""
    remedy_kinds: tuple[str, ...] = attrs.field(default=(), converter=tuple)
    """What the house can do for complainants besides all that is in `RemedyKind`."""
    remedy_limits: tuple[RemedyLimit, ...] = attrs.field(default=(), converter=tuple)
    stages: int = 2
    """How often a complaint is decided, each time by somebody else, before one has to turn to others."""
    lapse_after: timedelta = timedelta(days=14)
    """A complaint lapses when the complainant has said nothing for so long after being reminded."""
    recurs_within: timedelta = timedelta(days=180)
    """The same complaint of the same customer within this time is a recurrence."""

    def __attrs_post_init__(self) -> None:
        cells = [(severity, impact) for severity in Severity for impact in Severity]
        missing = [f"{severity}/{impact}" for severity, impact in cells if self._cell(severity, impact) is None]
        if missing:
            raise InvalidValue("ComplaintPolicy.matrix", f"no priority for severity/impact {', '.join(missing)}")
        if not self.closing_codes:
            raise InvalidValue("ComplaintPolicy.closing_codes", "without a closing code no complaint could be closed")
        if self.reopen_within is not None and self.reopen_within <= timedelta(0):
            raise InvalidValue("ComplaintPolicy.reopen_within", "expected a positive duration, or None for no limit")
        for name in ("lapse_after", "recurs_within"):
            if getattr(self, name) <= timedelta(0):
                raise InvalidValue(f"ComplaintPolicy.{name}", "expected a positive duration")
        if self.stages < 1:
            raise InvalidValue("ComplaintPolicy.stages", "expected 1 or more")
        for category in {step.category for step in self.steps}:
            if not _known(category, self.categories):
                raise InvalidValue("ComplaintPolicy.steps", f"no category for the steps of {category}")
        kinds = [*RemedyKind, *self.remedy_kinds]
        if len(set(kinds)) < len(kinds) or any(not kind.strip() or "/" in kind for kind in kinds):
            raise InvalidValue("ComplaintPolicy.remedy_kinds", "each is a code without a slash, and there once")
        currencies = [limit.currency for limit in self.remedy_limits]
        if len(set(currencies)) < len(currencies):
            raise InvalidValue("ComplaintPolicy.remedy_limits", "a currency has one limit")

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

    def check_category(self, *categories: str | None) -> None:
        """Refuses a category that the house does not have.

        Raises:
            PolicyViolation: names those that it has.
        """
        for category in categories:
            _check_known("category", category, self.categories)

    def check_cause(self, cause: str) -> None:
        """Refuses a cause that the house does not have.

        Raises:
            PolicyViolation: names those that it has.
        """
        _check_known("cause", cause, self.causes)

    def steps_for(self, category: str | None) -> tuple[StepTemplate, ...]:
        """What complaints of a category need: its own steps, and those of the categories above it.

        Source: C045.
        """
        above = set(_paths(category)) if category else set()
        return tuple(step for step in self.steps if step.category is None or step.category in above)

    def check_investigation(self, complaint: Complaint) -> None:
        """Refuses to answer a pressing complaint, or to close it unanswered, that nobody has looked into.

        Raises:
            PolicyViolation: there is no finding yet.

        Source: C046.
        """
        found = complaint.investigation is not None and complaint.investigation.findings
        if complaint.priority in self.investigated and not found:
            raise PolicyViolation(
                "investigated", f"priority {complaint.priority} needs a finding before it is answered or closed"
            )

    def remedy_kind(self, kind: RemedyKind | str) -> str:
        """The code of a kind of remedy that the house has.

        Raises:
            InvalidValue: it has no such kind; names those that it has.
        """
        known = [*(each.value for each in RemedyKind), *self.remedy_kinds]
        if kind not in known:
            raise InvalidValue("kind", f"not a kind of remedy of this house; known: {', '.join(known)}")
        return known[known.index(kind)]

    def needs_approval(self, amount: Money | None, *, besides: Iterable[Remedy] = ()) -> bool:
        """Does a remedy cost more than may be given for a complaint, `besides` its other remedies?

        Those that were refused or declined cost nothing. Where there are limits, a currency without one allows nothing.

        Source: C047.
        """
        limits = {limit.currency: limit.amount for limit in self.remedy_limits}
        if amount is None or not limits:
            return False
        nothing = (RemedyStatus.REFUSED, RemedyStatus.DECLINED)
        others = (other.amount for other in besides if other.status not in nothing)
        given = sum((each.amount for each in others if each and each.currency == amount.currency), amount.amount)
        return amount.currency not in limits or given > limits[amount.currency]

    def check_stage(self, stage: int) -> None:
        """Refuses a stage that the house does not have.

        Raises:
            PolicyViolation: says what can be done instead.
        """
        if stage > self.stages:
            raise PolicyViolation("stages", f"there are {self.stages}; say where else to turn, and close or refer it")

    def check_lapse(self, reminded_at: datetime | None, at: datetime) -> None:
        """Refuses to let a complaint lapse as long as an answer may still come.

        Raises:
            PolicyViolation: nobody has reminded the complainant, or not for long enough.
        """
        if reminded_at is None:
            raise PolicyViolation("lapse_after", "remind the complainant first: a message since the wait began")
        until = reminded_at.astimezone(UTC) + self.lapse_after
        if micros(at) < micros(until):
            raise PolicyViolation("lapse_after", f"it lapses on {until.isoformat(timespec='seconds')}")

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


def _check_known(what: str, path: str | None, known: tuple[str, ...]) -> None:
    if not _known(path, known):
        raise PolicyViolation(what, f"not a {what} of this house; known: {', '.join(known)}")


def _known(path: str | None, known: tuple[str, ...]) -> bool:
    return path is None or not known or path in {above for one in known for above in _paths(one)}


def _paths(path: str) -> Iterator[str]:
    """A path, and all that are above it."""
    parts = path.split("/")
    return ("/".join(parts[:n]) for n in range(1, len(parts) + 1))


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

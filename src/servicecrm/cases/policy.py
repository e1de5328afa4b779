"""The house rules for cases: how they are closed, reopened and forwarded, and how often a promise moves."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import attrs

from servicecrm.cases.codes import Asker, Evidence, ForwardClock, LinkKind, PartnerStatus
from servicecrm.cases.model import Case, UpdateRequest
from servicecrm.errors import InvalidValue, PolicyViolation
from servicecrm.kernel.decisions import Actor
from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.policies import PolicyBook, PolicyVersion
from servicecrm.kernel.records import record
from servicecrm.kernel.shapes import filled

__all__ = ["DEFAULT", "CasePolicies", "CasePolicy", "ClosingCode"]


@record
class ClosingCode:
    """A way in which a case ends, what has to be documented for it, and whether anything was done for the requester."""

    code: str = attrs.field(validator=filled)
    needs: Evidence = Evidence.ANSWER
    action: bool = True


CLOSING: Final = (
    ClosingCode(code="answered"),
    ClosingCode(code="done"),
    ClosingCode(code="referred", needs=Evidence.REFERRAL),
    ClosingCode(code="unreachable", needs=Evidence.ATTEMPTS, action=False),
    ClosingCode(code="duplicate", needs=Evidence.DUPLICATE),
    ClosingCode(code="no_action", action=False),
)


@record
class CasePolicy:
    """The rules of a house. Without `reopen_within` it is never too late to reopen.

    Raises:
        InvalidValue: there is no closing code, or one stands twice; a number is too small; there is no time to reopen;
            a partner's status has none of our words for it.

    Source: C008, C062, C063, C065, C066.
    """

    closing: tuple[ClosingCode, ...] = attrs.field(default=CLOSING, converter=tuple)
    attempts_needed: int = 3
    """So many attempts to reach the requester stand in for an answer."""
    reopen_within: timedelta | None = timedelta(days=30)
    forward_clock: ForwardClock = ForwardClock.KEEP
    """What forwarding does to the time that is left, unless it is said."""
    forward_limit: int = 3
    """From the next forwarding on, somebody above is told."""
    extension_limit: int = 1
    """From the next extension of a promise on, somebody else approves it."""
    updates_per_day: int = 3
    """So often may an official ask for an update within 24 hours."""
    partner_statuses: FrozenMap = EMPTY
    """Our word for each status of each partner: `{"roads-agency": {"Fixed": "done"}}`."""

    def __attrs_post_init__(self) -> None:
        codes = [closing.code for closing in self.closing]
        if not codes or len(set(codes)) < len(codes):
            raise InvalidValue("CasePolicy.closing", "expected one or more closing codes, each of them once")
        for name, least in (
            ("attempts_needed", 1),
            ("forward_limit", 0),
            ("extension_limit", 0),
            ("updates_per_day", 1),
        ):
            if getattr(self, name) < least:
                raise InvalidValue(f"CasePolicy.{name}", f"expected {least} or more")
        if self.reopen_within is not None and self.reopen_within <= timedelta(0):
            raise InvalidValue("CasePolicy.reopen_within", "expected a positive duration, or None for no limit")
        for partner, statuses in self.partner_statuses.items():
            if not isinstance(statuses, Mapping) or not set(statuses.values()) <= set(PartnerStatus):
                known = ", ".join(PartnerStatus)
                raise InvalidValue("CasePolicy.partner_statuses", f"{partner}: expected a table of statuses as {known}")

    def closing_code(self, code: str) -> ClosingCode | None:
        """What the house says of a closing code, if it has it."""
        return next((closing for closing in self.closing if closing.code == code), None)

    def check_closing(self, code: str, case: Case) -> None:
        """Refuses a closing code that the house does not have, or that nothing is documented for.

        Raises:
            PolicyViolation: names the codes that there are, or what is missing.
        """
        found = self.closing_code(code)
        if found is None:
            known = ", ".join(closing.code for closing in self.closing)
            raise PolicyViolation("closing_code", f"not a closing code of this house; known: {known}")
        shown, says = {
            Evidence.ANSWER: (case.answered_at is not None, "an answer to the requester"),
            Evidence.ATTEMPTS: (
                case.attempts >= self.attempts_needed,
                f"{self.attempts_needed} documented attempts to reach the requester; there are {case.attempts}",
            ),
            Evidence.REFERRAL: (case.with_partner, "a referral to a partner that has not declined"),
            Evidence.DUPLICATE: (bool(case.linked(LinkKind.DUPLICATE_OF)), "a link to the case that it repeats"),
        }[found.needs]
        if not shown:
            raise PolicyViolation("closing_code", f"{code} needs {says}")

    def reopens(self, closed_at: datetime | None, at: datetime) -> bool:
        """Is it early enough to reopen what was closed then?"""
        until = self._reopens_until(closed_at)
        return until is None or micros(at) <= micros(until)

    def check_reopening(self, closed_at: datetime | None, at: datetime) -> None:
        """Refuses to reopen what has been closed for too long.

        Raises:
            PolicyViolation: says until when it was possible, and what can be done instead.
        """
        until = self._reopens_until(closed_at)
        if until is not None and micros(at) > micros(until):
            ended = until.isoformat(timespec="seconds")
            raise PolicyViolation("reopen_within", f"it could be reopened until {ended}; open a new case instead")

    def check_extension(self, given: int, approved_by: str | None, *, asked_by: Actor) -> None:
        """Refuses one more extension of a promise that nobody else has approved, when there were enough.

        Raises:
            PolicyViolation: says how many need no approval.
        """
        if given >= self.extension_limit and approved_by in (None, asked_by.id, asked_by.on_behalf_of):
            raise PolicyViolation(
                "extension_limit", f"after {self.extension_limit} extensions somebody else has to approve the next one"
            )

    def check_update_request(self, earlier: tuple[UpdateRequest, ...], new: UpdateRequest) -> None:
        """Refuses an official's request for an update when the official asked often enough within 24 hours.

        Raises:
            PolicyViolation: says how often it is allowed.
        """
        if new.asker is Asker.SYSTEM:
            return
        day_before = micros(new.asked_at.astimezone(UTC) - timedelta(days=1))
        asked = sum(old.asked_by == new.asked_by and micros(old.asked_at) > day_before for old in earlier)
        if asked >= self.updates_per_day:
            raise PolicyViolation(
                "updates_per_day",
                f"an official may ask {self.updates_per_day} times within 24 hours; the last one stands",
            )

    def partner_status(self, partner: str, status: str) -> PartnerStatus:
        """Our word for the status of a partner; without a table for the partner, the words are taken to be ours.

        Raises:
            PolicyViolation: the table has no such status; names it, and those that there are.
        """
        table = self.partner_statuses.get(partner)
        words = table if isinstance(table, Mapping) else {word.value: word.value for word in PartnerStatus}
        if status not in words:
            known = ", ".join(words)
            raise PolicyViolation(
                "partner_statuses", f"partner {partner} has no status {status!r} here; known: {known}"
            )
        return PartnerStatus(str(words[status]))

    def _reopens_until(self, closed_at: datetime | None) -> datetime | None:
        if closed_at is None or self.reopen_within is None:
            return None
        return closed_at.astimezone(UTC) + self.reopen_within


@record
class CasePolicies(PolicyBook[CasePolicy]):
    """All versions of a house's rules for cases."""

    id: str = "case"
    versions: tuple[PolicyVersion[CasePolicy], ...] = ()

    def shipped(self) -> CasePolicy:
        """The rules that come with the library."""
        return DEFAULT


DEFAULT: Final = CasePolicy()
"""The policy that is shipped, with number 0."""

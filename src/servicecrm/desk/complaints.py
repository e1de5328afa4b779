"""Complaints at the desk: every command by id, saved at once."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Unpack

from servicecrm.complaints import actions
from servicecrm.complaints.codes import Feedback
from servicecrm.complaints.model import Channel, Complaint, Priority, Severity
from servicecrm.complaints.parts import Needs
from servicecrm.complaints.policy import ComplaintPolicies
from servicecrm.desk.books import book_of
from servicecrm.desk.complaint_links import ComplaintLinks
from servicecrm.desk.programs import Decided, by_id, start
from servicecrm.errors import InvalidValue
from servicecrm.kernel.frozen import EMPTY
from servicecrm.kernel.shapes import distinct
from servicecrm.kernel.values import ContactPoint
from servicecrm.storage.ports import Program
from servicecrm.storage.work import Work

__all__ = ["Complaints"]


class Complaints(ComplaintLinks):
    """Record complaints, handle them, find them.

    Wherever a complaint is named, its id or its number will do. Every change takes a `command`: with the same one it
    is made once, however often it is sent; and an `occurred_at`, when it happened earlier than now.
    """

    # -- intake ----------------------------------------------------------------------------------

    def record(
        self,
        *,
        subject: str,
        channel: Channel | str,
        text: str = "",
        remedy_sought: str | None = None,
        language: str | None = None,
        customer: str | None = None,
        complainant: str | None = None,
        contact: ContactPoint | None = None,
        on_behalf_of: str | None = None,
        service: str | None = None,
        agreement: str | None = None,
        category: str | None = None,
        issues: Iterable[str] = (),
        complained_about: str | None = None,
        needs: Needs | None = None,
        feedback: Feedback | str = Feedback.COMPLAINT,
        severity: Severity | str | None = None,
        safety: bool = False,
        due_at: datetime | None = None,
        tags: Iterable[str] = (),
        extra: Mapping[str, object] = EMPTY,
        received_at: datetime | None = None,
        command: str | None = None,
    ) -> Complaint:
        """Record a complaint; gives it with its new id and number. See `servicecrm.complaints.record`."""
        told: dict[str, Any] = {
            "subject": subject,
            "channel": channel,
            "text": text,
            "remedy_sought": remedy_sought,
            "language": language,
            "customer": customer,
            "complainant": complainant,
            "contact": contact,
            "on_behalf_of": on_behalf_of,
            "service": service,
            "agreement": agreement,
            "category": category,
            "issues": distinct("issues", issues),
            "complained_about": complained_about,
            "needs": needs,
            "feedback": feedback,
            "severity": severity,
            "safety": safety,
            "due_at": due_at,
            "tags": distinct("tags", tags),
            "extra": extra,
            "received_at": received_at,
        }
        order = self._order("record", told, command)
        id = self._desk.ids()

        def program(work: Work) -> Program[Complaint]:
            def decide() -> Program[Decided]:
                self._permit(order, "record")
                known = yield from by_id(work, told)
                number, policy = (yield from book_of(work, ComplaintPolicies)).in_force(order.at)
                human = yield from work.number(Complaint, order.at.year)
                decided = actions.record(
                    id=id, number=human, policy=policy, policy_version=number, by=order.by, at=order.at, **known
                )
                self._check(order, "record", decided)
                return decided

            return (yield from start(work, Complaint, decide, order))

        return self._desk.perform(program)

    def acknowledge(
        self,
        complaint: str,
        *,
        expected_by: datetime | None = None,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Complaint:
        """Confirm receipt. See `servicecrm.complaints.acknowledge`."""
        return self._do("acknowledge", complaint, command, expected_by=expected_by, occurred_at=occurred_at)

    def assess(
        self,
        complaint: str,
        *,
        severity: Severity | str | None = None,
        impact: Severity | str | None = None,
        safety: bool | None = None,
        priority: Priority | str | None = None,
        reason: str | None = None,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Complaint:
        """Rate a complaint, which gives its priority. See `servicecrm.complaints.assess`."""
        return self._do(
            "assess",
            complaint,
            command,
            severity=severity,
            impact=impact,
            safety=safety,
            priority=priority,
            reason=reason,
            occurred_at=occurred_at,
        )

    def amend(
        self,
        complaint: str,
        *,
        reason: str | None = None,
        occurred_at: datetime | None = None,
        command: str | None = None,
        **changes: Unpack[actions.Amendment],
    ) -> Complaint:
        """Put right what is recorded. See `servicecrm.complaints.amend`."""
        return self._amend(complaint, command, changes, reason=reason, occurred_at=occurred_at)

    # -- handling --------------------------------------------------------------------------------

    def assign(
        self, complaint: str, handler: str, *, occurred_at: datetime | None = None, command: str | None = None
    ) -> Complaint:
        """Give a complaint to its first handler. See `servicecrm.complaints.assign`."""
        return self._do("assign", complaint, command, handler=handler, occurred_at=occurred_at)

    def assign_all(
        self, complaints: Sequence[str], handler: str, *, command: str | None = None
    ) -> tuple[Complaint, ...]:
        """Give several complaints to one handler: all of them, or none."""
        if isinstance(complaints, str):
            raise InvalidValue("complaints", "expected several complaints, such as assign_all([complaint.id], ...)")
        return self._do_all("assign", complaints, command, handler=handler)

    def forward(
        self,
        complaint: str,
        handler: str,
        *,
        reason: str | None = None,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Complaint:
        """Hand a complaint on. See `servicecrm.complaints.forward`."""
        return self._do("forward", complaint, command, handler=handler, reason=reason, occurred_at=occurred_at)

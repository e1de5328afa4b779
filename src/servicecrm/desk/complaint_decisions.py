"""What is decided about complaints, at the desk: what they are, what is done and offered, and what becomes of it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import count
from typing import Any, ClassVar

from servicecrm.calendars import Calendar
from servicecrm.complaints import actions
from servicecrm.complaints.codes import Feedback, RemedyKind, ResponseKind, Verdict
from servicecrm.complaints.lifecycle import LIFECYCLE
from servicecrm.complaints.model import Complaint
from servicecrm.complaints.policy import ComplaintPolicies, ComplaintPolicy, StepTemplate
from servicecrm.complaints.schema import COMPLAINT
from servicecrm.desk.books import book_of
from servicecrm.desk.programs import Order
from servicecrm.desk.tickets import Tickets
from servicecrm.errors import InvalidValue
from servicecrm.kernel.shapes import several
from servicecrm.kernel.values import Attachment, Money
from servicecrm.storage.ports import Program
from servicecrm.storage.work import Work
from servicecrm.tracking.action_model import ActionItem
from servicecrm.tracking.books import CalendarBook

__all__ = ["ComplaintDecisions"]


class ComplaintDecisions(Tickets[Complaint]):
    """Judge complaints, plan and offer what is done about them, answer them, and hear what is said to that."""

    _kind: ClassVar = COMPLAINT
    _actions: ClassVar = actions
    _lifecycle: ClassVar = LIFECYCLE
    _moves: ClassVar = {
        "approve_remedy": "approve",
        "refuse_remedy": "approve",
        "accept_remedy": "settle",
        "decline_remedy": "settle",
        "provide_remedy": "provide",
    }
    _book: ClassVar = ComplaintPolicies
    _by_policy: ClassVar = frozenset(
        {
            *("amend", "answer", "assess", "close", "find_cause", "lapse", "merge"),
            *("offer", "plan", "raise_stage", "reopen", "split"),
        }
    )

    # -- what it is ------------------------------------------------------------------------------

    def reclassify(
        self,
        complaint: str,
        feedback: Feedback | str,
        *,
        reason: str,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Complaint:
        """Say that it is something else than it was taken for. See `servicecrm.complaints.reclassify`."""
        return self._do("reclassify", complaint, command, feedback=feedback, reason=reason, occurred_at=occurred_at)

    def investigate(
        self,
        complaint: str,
        text: str,
        *,
        evidence: Iterable[str] = (),
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Complaint:
        """Keep what was found out. See `servicecrm.complaints.investigate`."""
        shown = several("evidence", evidence)
        return self._do("investigate", complaint, command, text=text, evidence=shown, occurred_at=occurred_at)

    def find_cause(
        self,
        complaint: str,
        cause: str,
        *,
        text: str | None = None,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Complaint:
        """Name the cause behind a complaint. See `servicecrm.complaints.find_cause`."""
        return self._do("find_cause", complaint, command, cause=cause, text=text, occurred_at=occurred_at)

    def judge(
        self,
        complaint: str,
        verdict: Verdict | str,
        *,
        grounds: str,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Complaint:
        """Decide whether a complaint is justified, and say why. See `servicecrm.complaints.judge`."""
        return self._do("judge", complaint, command, verdict=verdict, grounds=grounds, occurred_at=occurred_at)

    def propose_change(
        self,
        complaint: str,
        text: str,
        *,
        kind: str,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Complaint:
        """Say that a service or a process has to change. See `servicecrm.complaints.propose_change`."""
        return self._do(
            "propose_change", complaint, command, new_id=True, text=text, kind=kind, occurred_at=occurred_at
        )

    # -- what is done ----------------------------------------------------------------------------

    def plan(
        self,
        complaint: str,
        steps: Iterable[StepTemplate | str] | None = None,
        *,
        calendar: str = "default",
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Complaint:
        """Determine what has to be done, as action items due by a published calendar. See `complaints.plan`.

        A step is done when its action item is: `crm.actions.done(step.action, ...)`.
        """
        given = None if steps is None else several("steps", steps)
        if any(not isinstance(each, StepTemplate | str) for each in given or ()):
            raise InvalidValue("steps", "expected steps, each of them a StepTemplate or a text")

        def more(work: Work, found: Complaint, order: Order) -> Program[Mapping[str, Any]]:
            policy: ComplaintPolicy = (yield from book_of(work, ComplaintPolicies)).numbered(found.policy)
            numbers: list[str] = []
            for _ in policy.steps_for(found.category) if given is None else given:
                numbers.append((yield from work.number(ActionItem, order.at.year)))  # noqa: PERF401 - no list can yield
            hours: Calendar = (yield from book_of(work, partial(CalendarBook, id=calendar))).in_force(order.at)[1]
            return {"ids": (self._desk.ids() for _ in count()), "numbers": numbers, "calendar": hours}

        asked = {"steps": given, "calendar": calendar}
        return self._do("plan", complaint, command, more=more, asked=asked, steps=given, occurred_at=occurred_at)

    def offer(
        self,
        complaint: str,
        kind: RemedyKind | str,
        *,
        text: str | None = None,
        amount: Money | None = None,
        valid_until: datetime | None = None,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Complaint:
        """Offer a remedy, or propose one that somebody else has to approve. See `servicecrm.complaints.offer`."""
        return self._do(
            "offer",
            complaint,
            command,
            kind=kind,
            text=text,
            amount=amount,
            valid_until=valid_until,
            occurred_at=occurred_at,
        )

    def approve_remedy(
        self, complaint: str, remedy: int, *, occurred_at: datetime | None = None, command: str | None = None
    ) -> Complaint:
        """Approve a proposed remedy. See `servicecrm.complaints.approve_remedy`."""
        return self._do("approve_remedy", complaint, command, remedy=remedy, occurred_at=occurred_at)

    def refuse_remedy(
        self,
        complaint: str,
        remedy: int,
        *,
        reason: str,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Complaint:
        """Do not approve a proposed remedy. See `servicecrm.complaints.refuse_remedy`."""
        return self._do("refuse_remedy", complaint, command, remedy=remedy, reason=reason, occurred_at=occurred_at)

    def accept_remedy(
        self, complaint: str, remedy: int, *, occurred_at: datetime | None = None, command: str | None = None
    ) -> Complaint:
        """The complainant takes a remedy. See `servicecrm.complaints.accept_remedy`."""
        return self._do("accept_remedy", complaint, command, remedy=remedy, occurred_at=occurred_at)

    def decline_remedy(
        self,
        complaint: str,
        remedy: int,
        *,
        reason: str | None = None,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Complaint:
        """The complainant does not want a remedy. See `servicecrm.complaints.decline_remedy`."""
        return self._do("decline_remedy", complaint, command, remedy=remedy, reason=reason, occurred_at=occurred_at)

    def provide_remedy(
        self, complaint: str, remedy: int, *, occurred_at: datetime | None = None, command: str | None = None
    ) -> Complaint:
        """A remedy is carried out. See `servicecrm.complaints.provide_remedy`."""
        return self._do("provide_remedy", complaint, command, remedy=remedy, occurred_at=occurred_at)

    # -- what is answered ------------------------------------------------------------------------

    def answer(
        self,
        complaint: str,
        text: str,
        *,
        kind: ResponseKind | str | None = None,
        recourse: Iterable[str] = (),
        channel: str | None = None,
        language: str | None = None,
        attachments: Sequence[Attachment] = (),
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Complaint:
        """Give the final response. See `servicecrm.complaints.answer`."""
        return self._do(
            "answer",
            complaint,
            command,
            new_id=True,
            text=text,
            kind=kind,
            recourse=several("recourse", recourse),
            channel=channel,
            language=language,
            attachments=several("attachments", attachments),
            occurred_at=occurred_at,
        )

    def accept_answer(
        self, complaint: str, *, occurred_at: datetime | None = None, command: str | None = None
    ) -> Complaint:
        """The complainant is content with the answer. See `servicecrm.complaints.accept_answer`."""
        return self._do("accept_answer", complaint, command, occurred_at=occurred_at)

    def decline_answer(
        self,
        complaint: str,
        *,
        reason: str | None = None,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Complaint:
        """The complainant is not content with the answer. See `servicecrm.complaints.decline_answer`."""
        return self._do("decline_answer", complaint, command, reason=reason, occurred_at=occurred_at)

    def raise_stage(
        self,
        complaint: str,
        handler: str,
        *,
        reason: str | None = None,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Complaint:
        """Have somebody else decide anew. See `servicecrm.complaints.raise_stage`."""
        return self._do("raise_stage", complaint, command, handler=handler, reason=reason, occurred_at=occurred_at)

    def reopen(
        self,
        complaint: str,
        reason: str,
        *,
        handler: str | None = None,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Complaint:
        """Take up again what was answered or has ended. See `servicecrm.complaints.reopen`."""
        return self._do("reopen", complaint, command, reason=reason, handler=handler, occurred_at=occurred_at)

    # -- how it ends otherwise -------------------------------------------------------------------

    def lapse(self, complaint: str, *, occurred_at: datetime | None = None, command: str | None = None) -> Complaint:
        """End a complaint whose complainant has fallen silent. See `servicecrm.complaints.lapse`."""
        return self._do("lapse", complaint, command, occurred_at=occurred_at)

    def refer(
        self,
        complaint: str,
        to: str,
        *,
        whole: bool,
        reference: str | None = None,
        reason: str | None = None,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Complaint:
        """Pass a complaint to an authority or a partner. See `servicecrm.complaints.refer`."""
        return self._do(
            "refer",
            complaint,
            command,
            to=to,
            whole=whole,
            reference=reference,
            reason=reason,
            occurred_at=occurred_at,
        )

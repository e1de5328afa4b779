"""Complaints at the desk: every command by id, saved at once."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Unpack

from servicecrm.complaints import actions
from servicecrm.complaints.model import Channel, Complaint, Priority, Severity, WaitingFor
from servicecrm.complaints.policy import ComplaintPolicies
from servicecrm.complaints.schema import COMPLAINT
from servicecrm.desk.books import book_of
from servicecrm.desk.commands import Commands
from servicecrm.desk.programs import Decided, start
from servicecrm.errors import InvalidValue
from servicecrm.kernel.frozen import EMPTY
from servicecrm.kernel.values import Attachment, ContactPoint
from servicecrm.storage.ports import Program
from servicecrm.storage.work import Work
from servicecrm.tracking.messages import MessageClass
from servicecrm.tracking.moments import Side

__all__ = ["Complaints"]


class Complaints(Commands[Complaint]):
    """Record complaints, handle them, find them.

    Wherever a complaint is named, its id or its number will do. Every change takes a `command`: with the same one it
    is made once, however often it is sent; and an `occurred_at`, when it happened earlier than now.
    """

    _kind: ClassVar = COMPLAINT
    _actions: ClassVar = actions
    _book: ClassVar = ComplaintPolicies
    _by_policy: ClassVar = frozenset({"assess", "amend", "close", "reopen"})

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
        severity: Severity | str | None = None,
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
            "severity": severity,
            "due_at": due_at,
            "tags": tags if isinstance(tags, str) else frozenset(tags),  # one text is refused further down
            "extra": extra,
            "received_at": received_at,
        }
        order = self._order("record", told, command)
        id = self._desk.ids()

        def program(work: Work) -> Program[Complaint]:
            def decide() -> Program[Decided]:
                number, policy = (yield from book_of(work, ComplaintPolicies)).in_force(order.at)
                human = yield from work.number(Complaint, order.at.year)
                return actions.record(
                    id=id, number=human, policy=policy, policy_version=number, by=order.by, at=order.at, **told
                )

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
        told: dict[str, Any] = {"reason": reason, "occurred_at": occurred_at, **changes}
        # Here None takes a value away; elsewhere it is an argument that was not given.
        taken_away = [name for name in actions.Amendment.__annotations__ if changes.get(name, "") is None]
        return self._do("amend", complaint, command, asked={**told, "taken_away": taken_away}, **told)

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

    def wait(
        self,
        complaint: str,
        for_: WaitingFor | str,
        *,
        reason: str | None = None,
        until: datetime | None = None,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Complaint:
        """Put a complaint on hold. See `servicecrm.complaints.wait`."""
        return self._do("wait", complaint, command, for_=for_, reason=reason, until=until, occurred_at=occurred_at)

    def resume(self, complaint: str, *, occurred_at: datetime | None = None, command: str | None = None) -> Complaint:
        """Go on after a wait. See `servicecrm.complaints.resume`."""
        return self._do("resume", complaint, command, occurred_at=occurred_at)

    def close(
        self, complaint: str, code: str, *, occurred_at: datetime | None = None, command: str | None = None
    ) -> Complaint:
        """Close an answered complaint. See `servicecrm.complaints.close`."""
        return self._do("close", complaint, command, code=code, occurred_at=occurred_at)

    def reopen(
        self, complaint: str, reason: str, *, occurred_at: datetime | None = None, command: str | None = None
    ) -> Complaint:
        """Take a complaint up again. See `servicecrm.complaints.reopen`."""
        return self._do("reopen", complaint, command, reason=reason, occurred_at=occurred_at)

    def withdraw(
        self,
        complaint: str,
        *,
        reason: str | None = None,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Complaint:
        """The complainant takes it back. See `servicecrm.complaints.withdraw`."""
        return self._do("withdraw", complaint, command, reason=reason, occurred_at=occurred_at)

    def void(
        self,
        complaint: str,
        n: int,
        *,
        reason: str,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Complaint:
        """Take back a moment that was entered by mistake. See `servicecrm.complaints.void`."""
        return self._do("void", complaint, command, n=n, reason=reason, occurred_at=occurred_at)

    # -- correspondence --------------------------------------------------------------------------

    def message(
        self,
        complaint: str,
        text: str,
        *,
        side: Side | str,
        klass: MessageClass | str = MessageClass.SUBSTANTIVE,
        channel: str | None = None,
        language: str | None = None,
        attachments: Sequence[Attachment] = (),
        author: str | None = None,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Complaint:
        """Keep a message from outside or from inside. See `servicecrm.complaints.message`."""
        return self._do(
            "message",
            complaint,
            command,
            new_id=True,
            text=text,
            side=side,
            klass=klass,
            channel=channel,
            language=language,
            attachments=attachments,
            author=author,
            occurred_at=occurred_at,
        )

    def note(
        self,
        complaint: str,
        text: str,
        *,
        language: str | None = None,
        attachments: Sequence[Attachment] = (),
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Complaint:
        """Note something for ourselves. See `servicecrm.complaints.note`."""
        return self._do(
            "note",
            complaint,
            command,
            new_id=True,
            text=text,
            language=language,
            attachments=attachments,
            occurred_at=occurred_at,
        )

    def answer(
        self,
        complaint: str,
        text: str,
        *,
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
            channel=channel,
            language=language,
            attachments=attachments,
            occurred_at=occurred_at,
        )

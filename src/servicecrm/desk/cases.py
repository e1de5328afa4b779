"""Cases at the desk: every command by id, saved at once."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, ClassVar, Unpack

from servicecrm.cases import actions
from servicecrm.cases.codes import Asker, Channel, ContactOutcome, ForwardClock, LinkKind, Priority, WaitingFor
from servicecrm.cases.dossier import Dossier
from servicecrm.cases.model import Case, Place
from servicecrm.cases.policy import CasePolicies
from servicecrm.cases.routing import Router, Routing, RoutingBook
from servicecrm.cases.schema import CASE
from servicecrm.cases.types import RequestType, RequestTypeBook
from servicecrm.desk.books import book_of
from servicecrm.desk.commands import Commands
from servicecrm.desk.programs import Decided, Order, fetch, start
from servicecrm.desk.rules import demanded_by
from servicecrm.desk.tracked import TRACKED
from servicecrm.kernel.filters import where
from servicecrm.kernel.frozen import EMPTY
from servicecrm.kernel.values import Attachment, ContactPoint
from servicecrm.storage.ports import Program
from servicecrm.storage.work import Work
from servicecrm.tracking.messages import MessageClass
from servicecrm.tracking.moments import Side

__all__ = ["Cases"]


class Cases(Commands[Case]):
    """Log requests, see to it that somebody has each of them, find them.

    Wherever a case is named, its id or its number will do. Every change takes a `command`: with the same one it is made
    once, however often it is sent; and an `occurred_at`, when it happened earlier than now.
    """

    _kind: ClassVar = CASE
    _actions: ClassVar = actions
    _book: ClassVar = CasePolicies
    _by_policy: ClassVar = frozenset({"close", "extend", "forward", "partner_update", "reopen", "request_update"})
    _work: ClassVar = ("handler", "promised_by")

    # -- intake ----------------------------------------------------------------------------------

    def open(
        self,
        *,
        subject: str,
        channel: Channel | str,
        text: str = "",
        language: str | None = None,
        requester: str | None = None,
        requester_name: str | None = None,
        contact: ContactPoint | None = None,
        sponsor: str | None = None,
        place: Place | None = None,
        service: str | None = None,
        request_type: RequestType | str | None = None,
        attributes: Mapping[str, object] = EMPTY,
        priority: Priority | str | None = None,
        tags: Iterable[str] = (),
        extra: Mapping[str, object] = EMPTY,
        received_at: datetime | None = None,
        same_issue_as: str | None = None,
        command: str | None = None,
    ) -> Case:
        """Log a request, perhaps on behalf of an official; gives it with its new id and number.

        `request_type` is a published type or its code; what was published counts. When somebody calls again about the
        `same_issue_as` an earlier case, the call is kept there as a message, and what was answered or closed is
        reopened: then it gives the earlier case. If it is too late for that, or somebody else calls, the new one is
        linked to it. See `cases.open` and `cases.callback`.
        """
        told: dict[str, Any] = {
            "subject": subject,
            "channel": channel,
            "text": text,
            "language": language,
            "requester": requester,
            "requester_name": requester_name,
            "contact": contact,
            "sponsor": sponsor,
            "place": place,
            "service": service,
            "attributes": attributes,
            "priority": priority,
            "tags": tags if isinstance(tags, str) else frozenset(tags),  # one text is refused further down
            "extra": extra,
            "received_at": received_at,
        }
        code = None if request_type is None else _code(request_type)
        asked = {**told, "request_type": code, "same_issue_as": same_issue_as}
        order = self._order("open", asked, command)
        id = self._desk.ids()

        def program(work: Work) -> Program[Case]:
            def decide() -> Program[Decided]:
                before = None if same_issue_as is None else (yield from fetch(work, CASE, same_issue_as))
                book = yield from book_of(work, CasePolicies)
                version, _ = book.in_force(order.at)
                opened = actions.open(
                    id=id,
                    number=(yield from work.number(Case, order.at.year)),
                    **(yield from self._typed(work, code, order.at)),
                    policy_version=version,
                    by=order.by,
                    at=order.at,
                    **told,
                )
                return actions.callback(opened, before, policy=book.numbered(before.policy if before else version))

            return (yield from start(work, Case, decide, order))

        return self._desk.perform(program)

    def classify(
        self,
        case: str,
        request_type: RequestType | str,
        *,
        attributes: Mapping[str, object],
        reason: str | None = None,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Case:
        """Give a case another type, published and named as in `open`, or other attributes. See `cases.classify`."""
        code = _code(request_type)

        def more(work: Work, _case: Case, order: Order) -> Program[Mapping[str, Any]]:
            version, found = yield from self._published(work, code, order.at)
            return {"request_type": found, "version": version}

        told: dict[str, Any] = {"attributes": attributes, "reason": reason, "occurred_at": occurred_at}
        asked = {**told, "request_type": code}
        return self._do("classify", case, command, more=more, asked=asked, **told)

    def amend(
        self,
        case: str,
        *,
        reason: str | None = None,
        occurred_at: datetime | None = None,
        command: str | None = None,
        **changes: Unpack[actions.Amendment],
    ) -> Case:
        """Put right what is recorded. See `cases.amend`."""
        told: dict[str, Any] = {"reason": reason, "occurred_at": occurred_at, **changes}
        # Here None takes a value away; elsewhere it is an argument that was not given.
        taken_away = [name for name in actions.Amendment.__annotations__ if changes.get(name, "") is None]
        return self._do("amend", case, command, asked={**told, "taken_away": taken_away}, **told)

    def rate(
        self,
        case: str,
        priority: Priority | str,
        *,
        reason: str | None = None,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Case:
        """Say how pressing a case is. See `cases.rate`."""
        return self._do("rate", case, command, priority=priority, reason=reason, occurred_at=occurred_at)

    def link(
        self,
        case: str,
        other: str,
        *,
        kind: LinkKind | str = LinkKind.RELATED,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Case:
        """Note that a case belongs to another one. See `cases.link`."""
        return self._do("link", case, command, other=other, kind=kind, occurred_at=occurred_at)

    # -- who has it ------------------------------------------------------------------------------

    def route(
        self,
        case: str,
        queue: str | None = None,
        *,
        handler: str | None = None,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Case:
        """Send a case to a queue, or to a person in it; without a queue, where the routing rules lead.

        See `cases.route` and `cases.Router`.
        """

        def more(work: Work, found: Case, order: Order) -> Program[Mapping[str, Any]]:
            if queue is not None:
                return {"routing": Routing(queue=queue, handler=handler)}
            router: Router = (yield from book_of(work, RoutingBook)).in_force(order.at)[1]
            typed = yield from self._typed(work, found.request_type, order.at)
            deputies = {} if order.house is None else order.house.deputies
            return {"routing": router.route(found, typed.get("request_type"), deputies=deputies)}

        asked = {"queue": queue, "handler": handler}
        return self._do("route", case, command, more=more, asked=asked, occurred_at=occurred_at)

    def assign(
        self,
        case: str,
        handler: str,
        *,
        reason: str | None = None,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Case:
        """Give a case that nobody has accepted yet to a person in its queue. See `cases.assign`."""
        return self._do("assign", case, command, handler=handler, reason=reason, occurred_at=occurred_at)

    def accept(
        self,
        case: str,
        *,
        expected_by: datetime | None = None,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Case:
        """Take a case on, as its handler, as the deputy of an absent one, or out of a queue. See `cases.accept`."""
        house = self._desk.house
        deputies = {} if house is None else house.deputies
        told: dict[str, Any] = {"expected_by": expected_by, "occurred_at": occurred_at}
        return self._do("accept", case, command, asked=told, deputies=deputies, **told)

    def start(self, case: str, *, occurred_at: datetime | None = None, command: str | None = None) -> Case:
        """Begin to work on an accepted case. See `cases.start`."""
        return self._do("start", case, command, occurred_at=occurred_at)

    def forward(
        self,
        case: str,
        handler: str | None = None,
        *,
        queue: str | None = None,
        reason: str,
        clock: ForwardClock | str | None = None,
        until: datetime | None = None,
        approved_by: str | None = None,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Case:
        """Hand a case on to a person, a queue or both, who accept it anew. See `cases.forward`."""
        return self._do(
            "forward",
            case,
            command,
            handler=handler,
            queue=queue,
            reason=reason,
            clock=clock,
            until=until,
            approved_by=approved_by,
            occurred_at=occurred_at,
        )

    def hand_back(
        self,
        case: str,
        reason: str,
        *,
        queue: str | None = None,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Case:
        """Return a case that came to the wrong place, to be routed anew by its queue, or by another one.

        See `cases.hand_back`.
        """
        return self._do("hand_back", case, command, reason=reason, queue=queue, occurred_at=occurred_at)

    # -- promises and updates --------------------------------------------------------------------

    def promise(
        self, case: str, until: datetime, *, occurred_at: datetime | None = None, command: str | None = None
    ) -> Case:
        """Tell the requester until when to expect an answer, if that was not told when the case was accepted.

        See `cases.promise`.
        """
        return self._do("promise", case, command, until=until, occurred_at=occurred_at)

    def extend(
        self,
        case: str,
        until: datetime,
        *,
        reason: str,
        approved_by: str | None = None,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Case:
        """Put a promise off. See `cases.extend`."""
        return self._do(
            "extend", case, command, until=until, reason=reason, approved_by=approved_by, occurred_at=occurred_at
        )

    def request_update(
        self,
        case: str,
        due_at: datetime | None = None,
        *,
        asker: Asker | str = Asker.OFFICIAL,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Case:
        """Ask whoever has a case how it stands; without a time, within that of the target `demanded_update`.

        See `cases.request_update`.
        """

        def more(work: Work, found: Case, order: Order) -> Program[Mapping[str, Any]]:
            given = (yield from demanded_by(work, TRACKED[Case], found, order.at)) if due_at is None else due_at
            return {"due_at": given}

        told: dict[str, Any] = {"asker": asker, "occurred_at": occurred_at}
        return self._do("request_update", case, command, more=more, asked={**told, "due_at": due_at}, **told)

    def give_update(
        self,
        case: str,
        text: str,
        *,
        language: str | None = None,
        attachments: Sequence[Attachment] = (),
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Case:
        """Tell our own side how a case stands. See `cases.give_update`."""
        return self._do(
            "give_update",
            case,
            command,
            new_id=True,
            text=text,
            language=language,
            attachments=attachments,
            occurred_at=occurred_at,
        )

    def wait(
        self,
        case: str,
        for_: WaitingFor | str,
        *,
        reason: str | None = None,
        until: datetime | None = None,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Case:
        """Put an accepted case on hold until somebody else has done something. See `cases.wait`."""
        return self._do("wait", case, command, for_=for_, reason=reason, until=until, occurred_at=occurred_at)

    def resume(self, case: str, *, occurred_at: datetime | None = None, command: str | None = None) -> Case:
        """Go on after a wait. See `cases.resume`."""
        return self._do("resume", case, command, occurred_at=occurred_at)

    # -- partners --------------------------------------------------------------------------------

    def refer(
        self,
        case: str,
        partner: str,
        *,
        reference: str | None = None,
        reason: str | None = None,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Case:
        """Pass a case on to an outside partner; `reference` is the partner's number for it. See `cases.refer`."""
        return self._do(
            "refer", case, command, partner=partner, reference=reference, reason=reason, occurred_at=occurred_at
        )

    def partner_update(
        self,
        case: str,
        status: str,
        *,
        note: str | None = None,
        reference: str | None = None,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Case:
        """Take in what a partner says; what is older than the last such word changes nothing.

        See `cases.partner_update`.
        """
        return self._do(
            "partner_update", case, command, status=status, note=note, reference=reference, occurred_at=occurred_at
        )

    # -- correspondence --------------------------------------------------------------------------

    def message(
        self,
        case: str,
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
    ) -> Case:
        """Keep a message from the requester's side (`"outside"`) or from ours (`"inside"`), whatever the state.

        See `cases.message`.
        """
        return self._do(
            "message",
            case,
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
        case: str,
        text: str,
        *,
        language: str | None = None,
        attachments: Sequence[Attachment] = (),
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Case:
        """Note something for ourselves. See `cases.note`."""
        return self._do(
            "note",
            case,
            command,
            new_id=True,
            text=text,
            language=language,
            attachments=attachments,
            occurred_at=occurred_at,
        )

    def contact(
        self,
        case: str,
        outcome: ContactOutcome | str,
        *,
        note: str,
        answered: bool = False,
        channel: str | None = None,
        language: str | None = None,
        attachments: Sequence[Attachment] = (),
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Case:
        """Log an attempt to reach the requester, with a note of what was said or tried. See `cases.contact`."""
        return self._do(
            "contact",
            case,
            command,
            new_id=True,
            outcome=outcome,
            note=note,
            answered=answered,
            channel=channel,
            language=language,
            attachments=attachments,
            occurred_at=occurred_at,
        )

    def answer(
        self,
        case: str,
        text: str,
        *,
        channel: str | None = None,
        language: str | None = None,
        attachments: Sequence[Attachment] = (),
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Case:
        """Give the requester the answer. See `cases.answer`."""
        return self._do(
            "answer",
            case,
            command,
            new_id=True,
            text=text,
            channel=channel,
            language=language,
            attachments=attachments,
            occurred_at=occurred_at,
        )

    # -- the end ---------------------------------------------------------------------------------

    def close(self, case: str, code: str, *, occurred_at: datetime | None = None, command: str | None = None) -> Case:
        """Close a case; `code` says how it ended. See `cases.close`."""
        return self._do("close", case, command, code=code, occurred_at=occurred_at)

    def reopen(
        self, case: str, reason: str, *, occurred_at: datetime | None = None, command: str | None = None
    ) -> Case:
        """Take up an answered or closed case again, with the handler it had. See `cases.reopen`."""
        return self._do("reopen", case, command, reason=reason, occurred_at=occurred_at)

    def withdraw(
        self, case: str, *, reason: str | None = None, occurred_at: datetime | None = None, command: str | None = None
    ) -> Case:
        """End a case because the requester takes it back. See `cases.withdraw`."""
        return self._do("withdraw", case, command, reason=reason, occurred_at=occurred_at)

    def void(
        self, case: str, n: int, *, reason: str, occurred_at: datetime | None = None, command: str | None = None
    ) -> Case:
        """Take back the n-th moment, which was entered by mistake: no clock reads it any longer. See `cases.void`."""
        return self._do("void", case, command, n=n, reason=reason, occurred_at=occurred_at)

    # -- the file of a person --------------------------------------------------------------------

    def dossier(self, requester: str) -> Dossier:
        """All cases of a person: open while any of them is. See `cases.Dossier`."""

        def program(work: Work) -> Program[Dossier]:
            page = yield from work.find(Case, where("requester") == requester)
            return Dossier.of(requester, page.items)

        return self._desk.perform(program, readonly=True)

    # -- inside ----------------------------------------------------------------------------------

    def _typed(self, work: Work, code: str | None, at: datetime) -> Program[dict[str, Any]]:
        if code is None:
            return {}
        version, found = yield from self._published(work, code, at)
        return {"request_type": found, "type_version": version}

    def _published(self, work: Work, code: str, at: datetime) -> Program[tuple[int, RequestType]]:
        return (yield from book_of(work, partial(RequestTypeBook, id=code))).in_force(at)


def _code(request_type: RequestType | str) -> str:
    return request_type.code if isinstance(request_type, RequestType) else request_type

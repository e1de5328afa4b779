"""Requests at the desk: logged, put right, and sent where they belong."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, ClassVar, Unpack

from servicecrm.cases import actions
from servicecrm.cases.codes import Channel, LinkKind, Priority
from servicecrm.cases.lifecycle import LIFECYCLE
from servicecrm.cases.model import Case, Place
from servicecrm.cases.policy import CasePolicies
from servicecrm.cases.routing import Router, Routing, RoutingBook
from servicecrm.cases.schema import CASE
from servicecrm.cases.types import RequestType, RequestTypeBook
from servicecrm.desk.books import book_of
from servicecrm.desk.programs import Decided, Order, by_id, fetch, start
from servicecrm.desk.tickets import Tickets
from servicecrm.kernel.frozen import EMPTY
from servicecrm.kernel.shapes import distinct
from servicecrm.kernel.values import ContactPoint
from servicecrm.storage.ports import Program
from servicecrm.storage.work import Work

__all__ = ["CaseIntake"]


class CaseIntake(Tickets[Case]):
    """Log requests, and send them where they belong."""

    _kind: ClassVar = CASE
    _actions: ClassVar = actions
    _lifecycle: ClassVar = LIFECYCLE
    _book: ClassVar = CasePolicies
    _by_policy: ClassVar = frozenset({"close", "extend", "forward", "partner_update", "reopen", "request_update"})
    _work: ClassVar = ("handler", "promised_by")

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
            "tags": distinct("tags", tags),
            "extra": extra,
            "received_at": received_at,
        }
        code = None if request_type is None else _code(request_type)
        asked = {**told, "request_type": code, "same_issue_as": same_issue_as}
        order = self._order("open", asked, command)
        id = self._desk.ids()

        def program(work: Work) -> Program[Case]:
            def decide() -> Program[Decided]:
                self._permit(order, "open")
                known = yield from by_id(work, told)
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
                    **known,
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
        return self._amend(case, command, changes, reason=reason, occurred_at=occurred_at)

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

"""Coming to an agreement at the desk: drafted, proposed, countered, accepted, signed."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, ClassVar, Unpack

from servicecrm.agreements import actions
from servicecrm.agreements.codes import Party
from servicecrm.agreements.levels import ServiceLevels
from servicecrm.agreements.lifecycle import AGREEMENT as LIFECYCLE
from servicecrm.agreements.model import Agreement, GeneralAgreement
from servicecrm.agreements.negotiating import Terms
from servicecrm.agreements.parts import Line
from servicecrm.agreements.policy import AgreementPolicies
from servicecrm.agreements.reviewing import overlapping
from servicecrm.agreements.schema import AGREEMENT
from servicecrm.agreements.service_model import Service
from servicecrm.agreements.services import line
from servicecrm.desk.books import book_of
from servicecrm.desk.commands import Commands
from servicecrm.desk.programs import Decided, Order, by_id, start
from servicecrm.desk.tracked import TRACKED
from servicecrm.errors import InvalidValue
from servicecrm.kernel.filters import where
from servicecrm.kernel.frozen import EMPTY
from servicecrm.kernel.records import evolve
from servicecrm.kernel.shapes import several
from servicecrm.storage.ports import Program
from servicecrm.storage.work import Work
from servicecrm.tracking.books import CalendarBook, TargetBook

__all__ = ["AgreementTerms", "checked_levels", "checked_lines", "general_of"]


class AgreementTerms(Commands[Agreement]):
    """Come to agreements with customers. The lines are made by `crm.services.line`, or by hand.

    Source: C027-C029.
    """

    _kind: ClassVar = AGREEMENT
    _actions: ClassVar = actions
    _lifecycle: ClassVar = LIFECYCLE
    _book: ClassVar = AgreementPolicies
    _by_policy: ClassVar = frozenset()
    _work: ClassVar = ("customer", "final_day")

    def draft(
        self,
        *,
        customer: str,
        extra: Mapping[str, object] = EMPTY,
        occurred_at: datetime | None = None,
        command: str | None = None,
        **terms: Unpack[Terms],
    ) -> Agreement:
        """Begin an agreement with a customer; gives it with its new id and number. See `agreements.draft`.

        The general agreements that are in force with the customer are attached.
        """
        told: dict[str, Any] = {"customer": customer, "extra": extra, "occurred_at": occurred_at, **terms}
        order = self._order("draft", told, command)
        id = self._desk.ids()

        def program(work: Work) -> Program[Agreement]:
            def decide() -> Program[Decided]:
                self._permit(order, "draft")
                known = yield from by_id(work, told)
                known |= yield from checked_lines(work, terms, order.at)
                decision = actions.draft(
                    **known,
                    id=id,
                    number=(yield from work.number(Agreement, order.at.year)),
                    general=(yield from general_of(work, known["customer"])),
                    by=order.by,
                    at=order.at,
                    policy=(yield from book_of(work, AgreementPolicies)).in_force(order.at)[1],
                )
                self._check(order, "draft", decision)
                return decision

            return (yield from start(work, Agreement, decide, order))

        return self._desk.perform(program)

    def edit(
        self,
        agreement: str,
        *,
        occurred_at: datetime | None = None,
        command: str | None = None,
        **terms: Unpack[Terms],
    ) -> Agreement:
        """Change a draft. See `agreements.edit`."""
        return self._with_terms("edit", agreement, command, terms, occurred_at=occurred_at)

    def attach(self, agreement: str, *, occurred_at: datetime | None = None, command: str | None = None) -> Agreement:
        """Attach the general agreements that are in force with the customer. See `agreements.attach`."""

        def more(work: Work, found: Agreement, _: Order) -> Program[Mapping[str, Any]]:
            return {"general": (yield from general_of(work, found.customer))}

        return self._do("attach", agreement, command, more=more, occurred_at=occurred_at)

    def propose(
        self,
        agreement: str,
        party: Party | str = Party.PROVIDER,
        *,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Agreement:
        """Propose a draft to the other party. See `agreements.propose`."""
        return self._do("propose", agreement, command, party=party, occurred_at=occurred_at)

    def counter(
        self,
        agreement: str,
        party: Party | str,
        *,
        reason: str | None = None,
        occurred_at: datetime | None = None,
        command: str | None = None,
        **terms: Unpack[Terms],
    ) -> Agreement:
        """Propose other terms. See `agreements.counter`."""
        told = {"party": party, "reason": reason, "occurred_at": occurred_at}
        return self._with_terms("counter", agreement, command, terms, **told)

    def accept(
        self, agreement: str, party: Party | str, *, occurred_at: datetime | None = None, command: str | None = None
    ) -> Agreement:
        """Accept what the other party has proposed last. See `agreements.accept`."""
        return self._do("accept", agreement, command, party=party, occurred_at=occurred_at)

    def abandon(
        self,
        agreement: str,
        reason: str | None = None,
        *,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Agreement:
        """Give up an agreement that nobody is held to yet. See `agreements.abandon`."""
        return self._do("abandon", agreement, command, reason=reason, occurred_at=occurred_at)

    def sign(
        self,
        agreement: str,
        party: Party | str,
        *,
        signer: str | None = None,
        place: str | None = None,
        digest: str | None = None,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Agreement:
        """Sign the terms for a party. See `agreements.sign`."""

        def more(work: Work, found: Agreement, _: Order) -> Program[Mapping[str, Any]]:
            return {"others": (yield from _rivals(work, found))}

        told = {"party": party, "signer": signer, "place": place, "digest": digest, "occurred_at": occurred_at}
        return self._do("sign", agreement, command, more=more, asked=told, **told)

    # -- inside ----------------------------------------------------------------------------------

    def _with_terms(self, action: str, id: str, command: str | None, terms: Terms, **told: Any) -> Agreement:
        def more(work: Work, _: Agreement, order: Order) -> Program[Mapping[str, Any]]:
            return (yield from checked_lines(work, terms, order.at))

        return self._do(action, id, command, more=more, asked={**told, **terms}, **told, **terms)


def checked_lines(work: Work, terms: Terms, at: datetime) -> Program[Mapping[str, Any]]:
    """The lines among some terms, which may name their services by number; nothing if there are none.

    Refuses lines about a service that the store keeps, and that is not offered, or not in this version; and times of a
    timer that neither complaints nor cases have, so that nobody would notice whether they are kept, or that count by a
    calendar that nobody could read. Other services are the host's own.

    Raises:
        NotFound: no service has this number.
        PolicyViolation: a service is not offered.
        InvalidValue: there is no such version of one, or no such timer or calendar.
    """
    lines: list[Line] = []
    for each in several("Agreement.lines", terms.get("lines", ()), Line):
        named = yield from by_id(work, {"service": each.service})
        lines.append(evolve(each, **named))
    known = yield from work.present(Service, [each.service for each in lines], held=False)
    for each in lines:
        if each.service in known:
            line(known[each.service], at=at, version=each.version)
    hours = (each.calendar for each in lines if each.calendar is not None)
    yield from checked_levels(work, "Agreement.lines", at, *(each.levels for each in lines), hours=hours)
    return {"lines": tuple(lines)} if "lines" in terms else {}


def checked_levels(
    work: Work, argument: str, at: datetime, *levels: ServiceLevels, hours: Iterable[str] = ()
) -> Program[None]:
    """Refuses times that no clock could measure, and `hours` that nobody could read.

    Its timer is one that complaints or cases have, and its calendar, as those of `hours`, one that is in force.

    Raises:
        InvalidValue: there is no such timer, or no calendar of such a name.
        PolicyViolation: the last version of a calendar has ended.
    """
    times = [time for each in several(argument, levels, ServiceLevels) for time in each.times]
    timers = (yield from _timers(work, at)) if times else ()
    others = [timer for timer in dict.fromkeys(time.timer for time in times) if timer not in timers]
    if others:
        says = f"no complaint or case has the timer {', '.join(others)}; it can be {', '.join(timers)}"
        raise InvalidValue(argument, f"{says}, or publish a target of that name first")
    for name in sorted({*hours, *(time.calendar for time in times if time.calendar is not None)}):
        book = yield from book_of(work, partial(CalendarBook, id=name))
        book.in_force(at)  # refuses what is not there


def _timers(work: Work, at: datetime) -> Program[Sequence[str]]:
    """The names of the targets that count for customers, now or from a day to come on."""
    names: list[str] = []
    for tracked in TRACKED.values():
        if tracked.customer is not None:
            book = yield from book_of(work, partial(TargetBook, id=tracked.kind.name))
            number, now = book.in_force(at, otherwise=tracked.targets)
            coming = (version.policy for version in book.versions[number:])
            names += [target.name for targets in (now, *coming) for target in targets.targets]
    return tuple(dict.fromkeys(names))


def _rivals(work: Work, agreement: Agreement) -> Program[Sequence[Agreement]]:
    """The open agreements that are about the same at the same time: none may be concluded before this one is saved, nor
    by somebody who does not see this one yet."""
    if not agreement.signatures:  # the first signature concludes nothing
        return ()
    open_ = yield from work.find(Agreement, where("customer") == agreement.customer, where("open").is_(True))
    ids = [each.id for each in open_.items if each.id != agreement.id and overlapping(agreement, [each])]
    return tuple((yield from work.present(Agreement, ids, rivals=True)).values())


def general_of(work: Work, customer: str) -> Program[Sequence[GeneralAgreement]]:
    """The general agreements with a customer that have not ended."""
    return (yield from work.find(GeneralAgreement, where("customer") == customer, where("open").is_(True))).items

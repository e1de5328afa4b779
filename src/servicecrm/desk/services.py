"""Services at the desk: what is offered, in which version, what it rests on, and what a customer can expect of it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from servicecrm.agreements import services
from servicecrm.agreements.catalogue import Offer, catalogue
from servicecrm.agreements.dependencies import Weakness, weaknesses
from servicecrm.agreements.levels import ServiceLevels
from servicecrm.agreements.lifecycle import LIVE, RETIRED, RETIRING
from servicecrm.agreements.lifecycle import SERVICE as LIFECYCLE
from servicecrm.agreements.model import Agreement
from servicecrm.agreements.parts import Line
from servicecrm.agreements.schema import SERVICE
from servicecrm.agreements.service_model import Price, Service, ServiceDefinition
from servicecrm.agreements.targets import Entitlement
from servicecrm.desk.agreed import entitled
from servicecrm.desk.commands import Commands
from servicecrm.desk.programs import Decided, Order, by_id, fetch, start
from servicecrm.desk.rules import basis_of
from servicecrm.desk.tracked import TRACKED
from servicecrm.errors import InvalidValue
from servicecrm.kernel.filters import where
from servicecrm.kernel.frozen import EMPTY
from servicecrm.kernel.kinds import storable
from servicecrm.storage.ports import Program
from servicecrm.storage.work import Work

__all__ = ["Services"]


class Services(Commands[Service]):
    """Define services, release versions of them, and see what customers are offered.

    Source: C025, C026, C031.
    """

    _kind: ClassVar = SERVICE
    _actions: ClassVar = services
    _lifecycle: ClassVar = LIFECYCLE
    _by_policy: ClassVar = frozenset()
    _work: ClassVar = ("owner", "number")

    def define(
        self,
        definition: ServiceDefinition,
        *,
        owner: str,
        extra: Mapping[str, object] = EMPTY,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Service:
        """Propose a service; gives it with its new id and number. See `services.define`."""
        told: dict[str, Any] = {
            "definition": definition,
            "owner": owner,
            "extra": extra,
            "occurred_at": occurred_at,
        }
        order = self._order("define", told, command)
        id = self._desk.ids()

        def program(work: Work) -> Program[Service]:
            def decide() -> Program[Decided]:
                self._permit(order, "define")
                number = yield from work.number(Service, order.at.year)
                return services.define(id=id, number=number, by=order.by, at=order.at, **told)

            return (yield from start(work, Service, decide, order))

        return self._desk.perform(program)

    def edit(
        self,
        service: str,
        definition: ServiceDefinition | None = None,
        *,
        owner: str | None = None,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Service:
        """Say what the next version is to be, or give it another owner. See `services.edit`."""
        return self._do("edit", service, command, definition=definition, owner=owner, occurred_at=occurred_at)

    def plan(self, service: str, *, occurred_at: datetime | None = None, command: str | None = None) -> Service:
        """Decide that a service is going to be offered. See `services.plan`."""
        return self._do("plan", service, command, occurred_at=occurred_at)

    def release(
        self,
        service: str,
        *,
        effective: datetime | None = None,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Service:
        """Release the definition as the next version, which never changes. See `services.release`."""

        def more(work: Work, found: Service, _: Order) -> Program[Mapping[str, Any]]:
            return {"others": (yield from rests_on(work, found))}

        return self._do("release", service, command, more=more, effective=effective, occurred_at=occurred_at)

    def phase_out(
        self,
        service: str,
        *,
        reason: str | None = None,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Service:
        """Offer a service to nobody new. See `services.phase_out`."""
        return self._do("phase_out", service, command, reason=reason, occurred_at=occurred_at)

    def reinstate(self, service: str, *, occurred_at: datetime | None = None, command: str | None = None) -> Service:
        """Offer a service again. See `services.reinstate`."""
        return self._do("reinstate", service, command, occurred_at=occurred_at)

    def retire(
        self,
        service: str,
        *,
        reason: str | None = None,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Service:
        """End a service for good, if no agreement is about it any more. See `services.retire`."""

        def more(work: Work, found: Service, _: Order) -> Program[Mapping[str, Any]]:
            page = yield from work.find(Agreement, where("services").has(found.id), where("open").is_(True))
            return {"agreements": page.items}

        return self._do("retire", service, command, more=more, reason=reason, occurred_at=occurred_at)

    def line(
        self,
        service: str,
        *,
        version: int | None = None,
        levels: ServiceLevels | None = None,
        price: Price | None = None,
        calendar: str | None = None,
    ) -> Line:
        """A line of an agreement about a service as it is offered now. See `services.line`."""
        told: dict[str, Any] = {"version": version, "levels": levels, "price": price, "calendar": calendar}
        at = self._desk.clock()

        def program(work: Work) -> Program[Line]:
            return services.line((yield from fetch(work, SERVICE, service)), at=at, **told)

        return self._desk.perform(program, readonly=True)

    # -- reading ---------------------------------------------------------------------------------

    def catalogue(
        self,
        name: str | None = None,
        *,
        audience: Collection[str] | None = None,
        at: datetime | None = None,
        language: str = "en",
    ) -> tuple[Offer, ...]:
        """What is offered now, or at another time, in one language and without internal figures.

        See `agreements.catalogue`.
        """
        instant = self._desk.clock() if at is None else at
        states = (LIVE, RETIRING, RETIRED) if at is not None else (LIVE,)

        def program(work: Work) -> Program[tuple[Offer, ...]]:
            page = yield from work.find(Service, where("state").one_of(states))
            return catalogue(page.items, name, audience=audience, at=instant, language=language)

        return self._desk.perform(program, readonly=True)

    def weaknesses(self, service: str) -> tuple[Weakness, ...]:
        """Where what a service rests on promises less than the service itself does."""

        def program(work: Work) -> Program[tuple[Weakness, ...]]:
            found = yield from fetch(work, SERVICE, service)
            return weaknesses(found, (yield from rests_on(work, found)))

        return self._desk.perform(program, readonly=True)

    def entitlement(
        self, customer: str | None, service: str | None, *, of: str = "complaint", at: datetime | None = None
    ) -> Entitlement:
        """What a customer can expect of a service, now or at another time, and why. See `agreements.entitlement`.

        `of` is the kind of records whose published targets are the default of the house.

        Raises:
            InvalidValue: records of this kind have no targets.
        """
        instant = self._desk.clock() if at is None else at
        kinds = {each.kind.name: each for each in TRACKED.values()}
        if storable("of", of) not in kinds:
            raise InvalidValue("of", f"expected one of {', '.join(kinds)}")
        tracked = kinds[of]

        def program(work: Work) -> Program[Entitlement]:
            basis = yield from basis_of(work, tracked, instant)
            known = yield from by_id(work, {"customer": customer, "service": service})
            return (yield from entitled(work, known["customer"], known["service"], instant, basis))

        return self._desk.perform(program, readonly=True)


def rests_on(work: Work, service: Service) -> Program[tuple[Service, ...]]:
    """The services that a service rests on, and those that these rest on, each once."""
    found: dict[str, Service] = {}
    wanted: Sequence[str] = [*service.definition.rests_on, *service.current.rests_on]
    while wanted:
        new = yield from work.present(Service, sorted(set(wanted)), held=False)
        found |= new
        below = (id for each in new.values() for id in each.current.rests_on)
        wanted = [id for id in below if id not in found]
    return tuple(found.values())

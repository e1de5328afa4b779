"""Defining services: proposed, planned, released in versions, phased out, retired."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from servicecrm.agreements.dependencies import check_acyclic
from servicecrm.agreements.levels import ServiceLevels
from servicecrm.agreements.lifecycle import EDIT, PHASE_OUT, PLAN, REINSTATE, RELEASE, RETIRE, SERVICE
from servicecrm.agreements.model import Agreement
from servicecrm.agreements.parts import Line
from servicecrm.agreements.service_events import (
    ServiceEdited,
    ServicePhasedOut,
    ServicePlanned,
    ServiceProposed,
    ServiceReinstated,
    ServiceReleased,
    ServiceRetired,
)
from servicecrm.agreements.service_model import Price, Service, ServiceDefinition, ServiceId, ServiceVersion
from servicecrm.errors import InvalidValue, PolicyViolation
from servicecrm.kernel.decisions import Actor, Decision, begin, stamp
from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.records import field_names
from servicecrm.tracking.signatures import signed_digest

__all__ = ["define", "edit", "line", "phase_out", "plan", "reinstate", "release", "retire"]


def define(
    definition: ServiceDefinition,
    *,
    id: str,
    owner: str,
    number: str | None = None,
    extra: Mapping[str, object] = EMPTY,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Service]:
    """Propose a service: `define(ServiceDefinition(name={"en": "Water supply"}), id="s-1", owner="water", ...)`.

    Raises:
        InvalidValue: the owner is blank.

    Source: C025.
    """
    event = ServiceProposed(**stamp(by, at, occurred_at))
    service = Service(
        id=ServiceId(id),
        number=number,
        state=SERVICE.initial,
        owner=owner,
        definition=definition,
        proposed_at=event.occurred_at,
        extra=FrozenMap(extra),
    )
    return begin(service, event)


def edit(
    service: Service,
    definition: ServiceDefinition | None = None,
    *,
    owner: str | None = None,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Service]:
    """Say what the next version of a service is to be, or give it another owner. What is released stays as it is.

    Raises:
        TransitionNotAllowed: it is retired.
        InvalidValue: nothing is given.

    Source: C025.
    """
    if definition is None and owner is None:
        raise InvalidValue("service", "nothing is given; it can change its definition and its owner")
    told = {"definition": definition, "owner": owner}
    changes = {name: value for name, value in told.items() if value is not None}
    return SERVICE.move(service, EDIT, ServiceEdited(**stamp(by, at, occurred_at)), **changes)


def plan(service: Service, *, by: Actor | str, at: datetime, occurred_at: datetime | None = None) -> Decision[Service]:
    """Decide that a service is going to be offered.

    Raises:
        TransitionNotAllowed: it is not just proposed.
    """
    return SERVICE.move(service, PLAN, ServicePlanned(**stamp(by, at, occurred_at)))


def release(
    service: Service,
    *,
    effective: datetime | None = None,
    others: Iterable[Service] = (),
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Service]:
    """Release the definition as the next version, which never changes. It is offered from `effective` on, or at once.

    Agreements keep the version that they name. `others` are the services that it rests on, and those that these rest
    on.

    Raises:
        TransitionNotAllowed: it is only proposed, or retired.
        GuardNotMet: it is that of the version before.
        PolicyViolation: it would rest on itself, and by which way; or be offered before the version before it.

    Source: C025.
    """
    digest = signed_digest(service.definition, field_names(ServiceDefinition))
    number = len(service.versions) + 1
    event = ServiceReleased(**stamp(by, at, occurred_at), version=number, digest=digest)
    new = ServiceVersion(
        number=number,
        definition=service.definition,
        digest=digest,
        released_by=event.by.id,
        released_at=event.occurred_at,
        effective=event.occurred_at if effective is None else effective,
    )
    decision = SERVICE.move(service, RELEASE, event, versions=(*service.versions, new))
    if service.versions and micros(new.effective) < micros(service.versions[-1].effective):
        raise PolicyViolation("effective", "a version is not offered before the one before it; name a later time")
    check_acyclic(decision.after, others)
    return decision


def phase_out(
    service: Service,
    *,
    reason: str | None = None,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Service]:
    """Offer a service to nobody new. Those who have it keep it until it is retired.

    Raises:
        TransitionNotAllowed: it is not live.
    """
    event = ServicePhasedOut(**stamp(by, at, occurred_at), reason=reason)
    return SERVICE.move(service, PHASE_OUT, event, retiring_at=event.occurred_at)


def reinstate(
    service: Service, *, by: Actor | str, at: datetime, occurred_at: datetime | None = None
) -> Decision[Service]:
    """Offer a service again that was to be phased out.

    Raises:
        TransitionNotAllowed: it is not being phased out.
    """
    return SERVICE.move(service, REINSTATE, ServiceReinstated(**stamp(by, at, occurred_at)), retiring_at=None)


def retire(
    service: Service,
    *,
    reason: str | None = None,
    agreements: Iterable[Agreement] = (),
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Service]:
    """End a service for good, or drop what was never offered. `agreements` are those that may be about it.

    Raises:
        TransitionNotAllowed: it is live, so that it has to be phased out first; or it is retired already.
        PolicyViolation: agreements that both parties are held to are about it; names them.

    Source: C025.
    """
    event = ServiceRetired(**stamp(by, at, occurred_at), reason=reason)
    decision = SERVICE.move(service, RETIRE, event, retired_at=event.occurred_at)
    using = sorted(each.number or each.id for each in agreements if _holds(each, service.id, at))
    if using:
        raise PolicyViolation("retire", f"agreements are about it still: {', '.join(using)}; end or change them first")
    return decision


def line(
    service: Service,
    *,
    at: datetime,
    version: int | None = None,
    levels: ServiceLevels | None = None,
    price: Price | None = None,
    calendar: str | None = None,
) -> Line:
    """A line of an agreement about a service, as it is offered at a time, or in a `version` that was released before.

    What is guaranteed, the price and the service time are those of the version, unless others are agreed.

    Raises:
        PolicyViolation: the service is not offered then.
        InvalidValue: there is no such version.

    Source: C028.
    """
    offered = service.offered(at)
    if offered is None:
        raise PolicyViolation("service", f"{service.id} is not offered then; an agreement is about a live service")
    chosen = offered if version is None else service.version(version)
    return Line(
        service=service.id,
        version=chosen.number,
        levels=chosen.definition.levels if levels is None else levels,
        price=chosen.definition.price if price is None else price,
        calendar=chosen.definition.calendar if calendar is None else calendar,
    )


def _holds(agreement: Agreement, service: str, at: datetime) -> bool:
    """Are both parties held to it still, and is it about the service?"""
    if agreement.signed_at is None or agreement.line(service) is None:
        return False
    return agreement.ends_at is None or micros(at) < micros(agreement.ends_at)

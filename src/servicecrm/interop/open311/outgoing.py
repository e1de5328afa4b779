"""Cases and request types of ours as Open311 shows them to everybody.

Many states become two, and the reason goes to `status_notes`. Who made a request is not told.
"""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from servicecrm import cases
from servicecrm.cases.model import Case, Place
from servicecrm.cases.types import RequestType, in_language
from servicecrm.errors import InvalidValue
from servicecrm.interop.open311.model import (
    AttributeValue,
    Datatype,
    Service,
    ServiceAttribute,
    ServiceDefinition,
    ServiceRequest,
    ServiceType,
    Status,
)
from servicecrm.tracking.moments import standing

__all__ = ["UNTYPED", "definition_of", "from_case", "service_of"]

MAX_DESCRIPTION: Final = 4_000
"""Characters that the standard allows."""

UNTYPED: Final = "other"
"""The service of a case without a type: the standard knows no request without one."""

_AS_THEY_ARE: Final[Mapping[str, str]] = MappingProxyType({})


def from_case(
    case: Case,
    request_type: RequestType | None = None,
    *,
    language: str = "en",
    reasons: Mapping[str, str] = _AS_THEY_ARE,
    agencies: Mapping[str, str] = _AS_THEY_ARE,
    notice: str | None = None,
    updated_at: datetime | None = None,
) -> ServiceRequest:
    """A case as everybody may read it, under its number. Without a type, its service is `UNTYPED`.

    A closed one was last changed when it was closed, and its reason is what `reasons` says of the closing code. An open
    one was last changed at `updated_at`, which its history knows; without it, at the last moment that a clock reads.
    `agencies` are the names of queues. The text is shown as it was written: a house that does not check texts first
    leaves it out, by `evolve(request, description=None)`.

    Raises:
        InvalidValue: the request type is another one than that of the case; names that one.

    Source: C129.
    """
    if case.request_type != (request_type and request_type.code):
        raise InvalidValue("request_type", f"case {case.id} is of {case.request_type or 'no type'}; give that one")
    place = Place() if case.place is None else case.place
    is_open = case.state in cases.LIFECYCLE.open
    moments = (moment.occurred_at for moment in standing(case.moments))
    changed = updated_at or max(moments, default=case.received_at)
    return ServiceRequest(
        service_request_id=case.number or case.id,
        status=Status.OPEN if is_open else Status.CLOSED,
        status_notes=_status_notes(case, language, reasons),
        service_name=None if request_type is None else in_language(request_type.name, language),
        service_code=UNTYPED if request_type is None else request_type.code,
        description=(case.text or case.subject)[:MAX_DESCRIPTION],
        agency_responsible=case.queue and agencies.get(case.queue, case.queue),
        service_notice=notice,
        requested_datetime=case.received_at,
        updated_datetime=changed if is_open else case.closed_at,
        expected_datetime=None if case.promise is None else case.promise.until,
        address=place.address,
        address_id=place.address_id,
        zipcode=place.zipcode,
        lat=place.latitude,
        long=place.longitude,
    )


def service_of(request_type: RequestType, *, language: str = "en", type: ServiceType = ServiceType.REALTIME) -> Service:
    """A request type as a service; retired ones are the caller's to leave out."""
    return Service(
        service_code=request_type.code,
        service_name=in_language(request_type.name, language),
        description=in_language(request_type.description, language),
        metadata=bool(request_type.attributes),
        type=type,
        keywords=request_type.keywords,
        group=request_type.group,
    )


def definition_of(request_type: RequestType, *, language: str = "en") -> ServiceDefinition:
    """What a request type asks, in its order."""
    return ServiceDefinition(
        service_code=request_type.code,
        attributes=tuple(
            ServiceAttribute(
                variable=attribute.variable,
                code=attribute.code,
                datatype=Datatype(attribute.datatype.value),
                required=attribute.required,
                datatype_description=in_language(attribute.datatype_description, language),
                order=order,
                description=in_language(attribute.description, language),
                values=tuple(AttributeValue(key=v.key, name=in_language(v.name, language)) for v in attribute.values),
            )
            for order, attribute in enumerate(request_type.ordered, start=1)
        ),
    )


def _status_notes(case: Case, language: str, reasons: Mapping[str, str]) -> str:
    if case.closing_code is not None:
        return reasons.get(case.closing_code, case.closing_code)
    key = f"waiting.{case.waiting.for_}" if case.waiting else f"state.{case.state}"
    return cases.TEXTS.get(key, language=language)

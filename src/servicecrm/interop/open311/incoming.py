"""What others send by Open311, as cases and request types of ours."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, TypedDict

from servicecrm import cases
from servicecrm.cases.model import Case, Place
from servicecrm.cases.policy import DEFAULT, CasePolicy
from servicecrm.cases.types import Attribute, Choice, RequestType
from servicecrm.errors import InvalidValue
from servicecrm.interop.open311.documents import to_dict
from servicecrm.interop.open311.model import Service, ServiceDefinition, ServiceRequest, Status
from servicecrm.kernel.decisions import Actor, Decision
from servicecrm.kernel.frozen import EMPTY, FrozenMap, Plain
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.records import evolve

__all__ = ["Intake", "intake", "partner_update", "request_type_of"]

MAX_SUBJECT: Final = 100
"""Characters of a description that make a subject."""

PARTNER: Final = FrozenMap({Status.OPEN.value: "in_progress", Status.CLOSED.value: "done"})
"""Our words for the two states, where the house has none of its own for a partner."""

MAPPED: Final = (
    *("description", "requested_datetime", "attributes"),
    *("address", "address_id", "zipcode", "lat", "long"),
)
"""What a case has fields for."""


class Intake(TypedDict):
    """What `cases.open` needs besides an id, the actor and the time."""

    subject: str
    text: str
    channel: str
    place: Place | None
    request_type: RequestType | None
    attributes: Mapping[str, object]
    received_at: datetime
    extra: Mapping[str, object]


def intake(request: ServiceRequest, request_type: RequestType | None = None, *, channel: str = "web") -> Intake:
    """What a request opens a case with: `cases.open(**intake(request), id=..., by=..., at=...)`.

    What a case has no field for stays under `open311` in its `extra`, its id and its status there among them. Without a
    request type so do its attributes; with one, texts become what the type asks for.

    Raises:
        InvalidValue: the request type is another one than that of the request.

    Source: C068, C129.
    """
    if request_type is not None and request_type.code != request.service_code:
        raise InvalidValue("request_type", f"request {request.service_request_id} is of {request.service_code}")
    kept = {key: value for key, value in to_dict(request).items() if key not in MAPPED}
    attributes: Mapping[str, object] = EMPTY
    if request_type is not None:
        attributes = _typed(request_type, request.attributes)
    elif request.attributes:
        kept["attributes"] = request.attributes
    text = request.description or ""
    place = Place(
        address=request.address,
        address_id=request.address_id,
        zipcode=request.zipcode,
        latitude=request.lat,
        longitude=request.long,
    )
    return Intake(
        subject=(text.strip().split("\n")[0] or request.service_name or request.service_code)[:MAX_SUBJECT],
        text=text,
        channel=channel,
        place=None if place == Place() else place,
        request_type=request_type,
        attributes=attributes,
        received_at=request.requested_datetime,
        extra={"open311": kept},
    )


def request_type_of(
    service: Service, definition: ServiceDefinition | None = None, *, language: str = "en"
) -> RequestType:
    """A service of another system as a request type, its words being in this language.

    Raises:
        InvalidValue: the definition is that of another service, or its attributes do not hold together.

    Source: C068.
    """
    if definition is not None and definition.service_code != service.service_code:
        raise InvalidValue("definition", f"it is that of {definition.service_code}, not of {service.service_code}")
    said = definition.attributes if definition else ()
    return RequestType(
        code=service.service_code,
        name=_words(language, service.service_name),
        description=_words(language, service.description),
        group=service.group,
        keywords=service.keywords,
        attributes=tuple(
            Attribute(
                code=attribute.code,
                datatype=cases.Datatype(attribute.datatype.value),
                required=attribute.required and attribute.variable,
                order=attribute.order or 0,
                description=_words(language, attribute.description),
                datatype_description=_words(language, attribute.datatype_description),
                values=tuple(Choice(key=v.key, name=_words(language, v.name)) for v in attribute.values),
                variable=attribute.variable,
            )
            for attribute in said
        ),
    )


def partner_update(
    case: Case, request: ServiceRequest, *, by: Actor | str, at: datetime, policy: CasePolicy = DEFAULT
) -> Decision[Case] | None:
    """Take in what a partner that a case was referred to says of it; None if that is nothing new.

    Where the house has no words for the partner's two states, open is in progress, and closed is done.

    Raises:
        GuardNotMet: the case was not referred to a partner.
        InvalidValue: the partner knows the case under another id.
        PolicyViolation: the update lies in the future.

    Source: C129.
    """
    referral = case.referral
    if referral is not None and referral.reference not in (None, request.service_request_id):
        raise InvalidValue("service_request_id", f"the partner knows this case as {referral.reference}")
    if referral is not None and referral.partner not in policy.partner_statuses:
        statuses = FrozenMap({**policy.partner_statuses, referral.partner: PARTNER})
        policy = evolve(policy, partner_statuses=statuses)
    return cases.partner_update(
        case,
        request.status.value,
        note=request.status_notes,
        reference=request.service_request_id,
        by=by,
        at=at,
        occurred_at=request.updated_datetime or _made(request, case),
        policy=policy,
    )


def _made(request: ServiceRequest, case: Case) -> datetime:
    """When a request was made, or if later when the case was referred: it may have been made for the referral."""
    made, referral = request.requested_datetime, case.referral
    return made if referral is None or micros(made) > micros(referral.referred_at) else referral.referred_at


def _words(language: str, said: str | None) -> FrozenMap:
    return EMPTY if said is None else FrozenMap({language: said})


def _typed(request_type: RequestType, attributes: Mapping[str, Plain]) -> dict[str, object]:
    """Attributes as the type wants them: elsewhere a number may be a text, and one choice of several stand alone."""
    kinds = {attribute.code: attribute.datatype for attribute in request_type.attributes}
    return {code: _converted(kinds.get(code), value) for code, value in attributes.items()}


def _converted(kind: cases.Datatype | None, value: Plain) -> object:
    if not isinstance(value, str):
        return value
    if kind is cases.Datatype.MULTI:
        return (value,)
    if kind is cases.Datatype.NUMBER:
        try:
            return int(value) if value.strip().lstrip("+-").isdecimal() else float(value)
        except ValueError:
            return value  # the type refuses it, by its name
    return value

"""What Open311 GeoReport v2 speaks of, under the names that the standard gives."""

from datetime import datetime

import attrs

from servicecrm.errors import InvalidValue
from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.kernel.records import Personal, record
from servicecrm.kernel.shapes import Code, filled

__all__ = [
    "AttributeValue",
    "Datatype",
    "ErrorNote",
    "Receipt",
    "Service",
    "ServiceAttribute",
    "ServiceDefinition",
    "ServiceRequest",
    "ServiceType",
    "Status",
]


class Status(Code):
    """Where a request stands: the two states that the standard has."""

    OPEN = "open"
    CLOSED = "closed"


class ServiceType(Code):
    """When a new request gets its id: at once, later for a token, or never."""

    REALTIME = "realtime"
    BATCH = "batch"
    BLACKBOX = "blackbox"


class Datatype(Code):
    """What is entered for an attribute."""

    STRING = "string"
    NUMBER = "number"
    DATETIME = "datetime"
    TEXT = "text"
    SINGLEVALUELIST = "singlevaluelist"
    MULTIVALUELIST = "multivaluelist"


@record
class Service:
    """Something that people may ask for. With `metadata` it has a definition; `extra` is what a city adds."""

    service_code: str = attrs.field(validator=filled)
    service_name: str | None = None
    description: str | None = None
    metadata: bool = False
    type: ServiceType = ServiceType.REALTIME
    keywords: tuple[str, ...] = ()
    group: str | None = None
    extra: FrozenMap = EMPTY


@record
class AttributeValue:
    """One of the values of a list: what is sent, and what people read."""

    key: str = attrs.field(validator=filled)
    name: str | None = None


@record
class ServiceAttribute:
    """A question that a service asks; without `variable` it is only shown."""

    variable: bool = True
    code: str = attrs.field(validator=filled)
    datatype: Datatype
    required: bool = False
    datatype_description: str | None = None
    order: int | None = None
    description: str | None = None
    values: tuple[AttributeValue, ...] = ()
    extra: FrozenMap = EMPTY


@record
class ServiceDefinition:
    """What a service asks besides what every request has."""

    service_code: str = attrs.field(validator=filled)
    attributes: tuple[ServiceAttribute, ...] = ()
    extra: FrozenMap = EMPTY


@record
class ServiceRequest:
    """A request as everybody may read it; the standard shows nobody who made it.

    `updated_datetime` of a closed one is when it was closed. `lat` and `long` are WGS84. `attributes` holds the answers
    to the definition by code, `extra` what a city sends beyond the standard.

    Raises:
        InvalidValue: a coordinate is missing beside the other, or lies outside the globe.

    Source: Open311 GeoReport v2; C129.
    """

    service_request_id: str = attrs.field(validator=filled)
    status: Status
    status_notes: Personal[str] | None = None
    service_name: str | None = None
    service_code: str = attrs.field(validator=filled)
    description: Personal[str] | None = None
    agency_responsible: str | None = None
    service_notice: str | None = None
    requested_datetime: datetime
    updated_datetime: datetime | None = None
    expected_datetime: datetime | None = None
    address: Personal[str] | None = None
    address_id: Personal[str] | None = None
    zipcode: Personal[str] | None = None
    lat: Personal[float] | None = None
    long: Personal[float] | None = None
    media_url: Personal[str] | None = None
    attributes: Personal[FrozenMap] = EMPTY
    extra: Personal[FrozenMap] = EMPTY

    def __attrs_post_init__(self) -> None:
        for name, value, other, limit in (("lat", self.lat, self.long, 90), ("long", self.long, self.lat, 180)):
            if (value is None) and (other is not None):
                raise InvalidValue(f"ServiceRequest.{name}", "lat and long go together")
            if value is not None and abs(value) > limit:
                raise InvalidValue(f"ServiceRequest.{name}", f"expected degrees from -{limit} to {limit}")


@record
class Receipt:
    """What a reporter is given for a new request: its id, or a token that is changed for the id later."""

    service_request_id: str | None = None
    token: str | None = None
    service_notice: str | None = None


@record
class ErrorNote:
    """One error of an answer. `code` is mostly the HTTP status; `description` is for people."""

    code: int
    description: str

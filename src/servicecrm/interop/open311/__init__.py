"""Open311 GeoReport v2: requests, services and their definitions, in and out, as JSON and as XML.

Pure functions over documents; the web server around them is the host's.
"""

from servicecrm.interop.open311.answers import MAX_ROWS, MAX_SPAN, errors_of, query, receipt
from servicecrm.interop.open311.documents import (
    read_definition,
    read_errors,
    read_receipts,
    read_requests,
    read_services,
    to_dict,
    to_xml,
)
from servicecrm.interop.open311.incoming import Intake, intake, partner_update, request_type_of
from servicecrm.interop.open311.model import (
    AttributeValue,
    Datatype,
    ErrorNote,
    Receipt,
    Service,
    ServiceAttribute,
    ServiceDefinition,
    ServiceRequest,
    ServiceType,
    Status,
)
from servicecrm.interop.open311.outgoing import UNTYPED, definition_of, from_case, service_of

__all__ = [
    "MAX_ROWS",
    "MAX_SPAN",
    "UNTYPED",
    "AttributeValue",
    "Datatype",
    "ErrorNote",
    "Intake",
    "Receipt",
    "Service",
    "ServiceAttribute",
    "ServiceDefinition",
    "ServiceRequest",
    "ServiceType",
    "Status",
    "definition_of",
    "errors_of",
    "from_case",
    "intake",
    "partner_update",
    "query",
    "read_definition",
    "read_errors",
    "read_receipts",
    "read_requests",
    "read_services",
    "receipt",
    "request_type_of",
    "service_of",
    "to_dict",
    "to_xml",
]

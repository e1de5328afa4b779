"""Open311 documents, JSON or XML: read with the problems told at once, and written."""

from collections.abc import Iterable, Mapping
from datetime import tzinfo
from typing import Any, Final, TypeVar

from servicecrm.errors import InvalidValue, MalformedDocument
from servicecrm.interop.open311 import xmlform
from servicecrm.interop.open311.forms import DEFINITION, ERROR, FORMS, RECEIPT, REQUEST, SERVICE, Form, Reading
from servicecrm.interop.open311.model import ErrorNote, Receipt, Service, ServiceDefinition, ServiceRequest, Status
from servicecrm.kernel.documents import from_text

__all__ = ["read_definition", "read_errors", "read_receipts", "read_requests", "read_services", "to_dict", "to_xml"]

R = TypeVar("R", ServiceRequest, Receipt, Service, ServiceDefinition, ErrorNote)

Body = str | bytes | list[Any] | Mapping[str, Any]
"""A document as it arrives, JSON or XML, or what a JSON parser made of it."""

ROOTS: Final[Mapping[type, str]] = {
    ServiceRequest: "service_requests",
    Receipt: "service_requests",
    Service: "services",
    ServiceDefinition: "service_definition",
    ErrorNote: "errors",
}
"""The outermost XML element for each record: a list of them, but for a definition, which stands alone."""


ERROR_KEYS: Final = {"code", "description"}

ANSWERED: Final = "these are the errors that a server answered with; read_errors reads them"


def read_requests(
    body: Body, *, zone: tzinfo | None = None, statuses: Mapping[str, Status | str] | None = None
) -> tuple[ServiceRequest, ...]:
    """The requests of a document, in its order.

    The standard wants a zone with every time; `zone` is the one that is meant where a server names none. `statuses`
    says which of the two states a server's own words mean, `{"in_progress": "open"}`; the word goes to `status_notes`,
    where nothing else is.

    Raises:
        MalformedDocument: it is neither JSON nor XML, or requests do not fit: the first 20 problems, each with its
            place, such as `$[3].requested_datetime`, and without the value. Or it holds errors, which `read_errors`
            reads.

    Source: Open311 GeoReport v2; C129.
    """
    folding = {word.lower(): Status(status) for word, status in (statuses or {}).items()}
    found = _plain(body, ServiceRequest)
    if isinstance(found, list):
        found = [_folded(each, folding) for each in found]
    return _read_all(REQUEST, found, Reading(zone))


def read_services(body: Body) -> tuple[Service, ...]:
    """The services that a document lists.

    Raises:
        MalformedDocument: as `read_requests`.
    """
    return _read_all(SERVICE, _plain(body, Service), Reading())


def read_definition(body: Body) -> ServiceDefinition:
    """What a service asks.

    Raises:
        MalformedDocument: as `read_requests`.
    """
    reading = Reading()
    found = DEFINITION.read(reading, _plain(body, ServiceDefinition), "$")
    if found is None:
        raise _malformed(ServiceDefinition, *reading.problems)
    return found


def read_receipts(body: Body) -> tuple[Receipt, ...]:
    """What a server answers to a new request, or to a token.

    Raises:
        MalformedDocument: as `read_requests`.
    """
    return _read_all(RECEIPT, _plain(body, Receipt), Reading())


def read_errors(body: Body) -> tuple[ErrorNote, ...]:
    """The errors that a server answers with.

    Raises:
        MalformedDocument: as `read_requests`.
    """
    return _read_all(ERROR, _plain(body, ErrorNote), Reading())


def to_dict(record: ServiceRequest | Service | ServiceDefinition | Receipt | ErrorNote) -> dict[str, Any]:
    """The object that JSON has for a record: what is not there is left out, and so is who made the request."""
    return FORMS[type(record)].dump(record)


def to_xml(records: Iterable[R], *, of: type[R]) -> bytes:
    """The XML document of records, `to_xml(found, of=ServiceRequest)`; of a definition there is just one.

    It has the elements that the standard names: `attributes` of a request and `extra` are in its JSON only. A
    character that XML cannot hold becomes a question mark.

    Raises:
        InvalidValue: it is not one definition.
    """
    documents = [FORMS[of].dump(record, standard=True) for record in records]
    if of is not ServiceDefinition:
        return xmlform.write(ROOTS[of], documents)
    if len(documents) != 1:
        raise InvalidValue("records", "a document holds one definition; write the others apart")
    return xmlform.write(ROOTS[of], documents[0])


def _plain(body: Body, of: type) -> object:
    """What the parser of the document's format makes of it, if it is not about errors instead."""
    found = _parsed(body, of)
    if of is not ErrorNote and _are_errors(found):
        raise _malformed(of, ANSWERED)
    return found


def _are_errors(found: object) -> bool:
    return isinstance(found, list) and any(isinstance(each, Mapping) and {*each} == ERROR_KEYS for each in found)


def _parsed(body: Body, of: type) -> object:
    if isinstance(body, bytes | bytearray):
        try:
            body = body.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise _malformed(of, "the document is not UTF-8") from None
    if not isinstance(body, str):
        return body
    if not body.lstrip().startswith("<"):
        return from_text(body, _kind(of))
    root, content = xmlform.parse(body.lstrip(), _kind(of))
    if root == ROOTS[ErrorNote] != ROOTS[of]:
        raise _malformed(of, ANSWERED)
    if root != ROOTS[of]:
        raise _malformed(of, f"expected the element {ROOTS[of]}, got {root[:40]}")
    return content


def _read_all(form: Form[R], found: object, reading: Reading) -> tuple[R, ...]:
    records = form.read_all(reading, found)
    if reading.problems:
        raise _malformed(form.record, *reading.problems)
    return records


def _folded(found: object, folding: Mapping[str, Status]) -> object:
    if not isinstance(found, Mapping) or not isinstance(word := found.get("status"), str):
        return found
    status = folding.get(word.strip().lower())
    return found if status is None else {**found, "status": status, "status_notes": found.get("status_notes") or word}


def _malformed(of: type, *problems: str) -> MalformedDocument:
    return MalformedDocument(_kind(of), problems)


def _kind(of: type) -> str:
    return f"Open311 {ROOTS[of]}"

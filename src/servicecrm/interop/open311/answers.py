"""What an Open311 server answers: the requests that are asked for, receipts for new ones, and errors."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from servicecrm.errors import InvalidValue, MalformedDocument, NotFound, PolicyViolation, ServiceCRMError
from servicecrm.interop.open311.model import ErrorNote, Receipt, Service, ServiceRequest, ServiceType, Status
from servicecrm.kernel.kinds import micros

__all__ = ["MAX_ROWS", "MAX_SPAN", "errors_of", "query", "receipt"]

MAX_SPAN: Final = timedelta(days=90)
"""The time that one question may ask about."""

MAX_ROWS: Final = 1_000
"""The requests that one answer may hold."""

Several = str | Iterable[str]
"""Texts, or one text as in the address of a page, with commas in between."""


def query(
    requests: Iterable[ServiceRequest],
    *,
    ids: Several = (),
    service_code: Several = (),
    status: Several = (),
    start: datetime | None = None,
    end: datetime | None = None,
    page: int = 1,
    rows: int = MAX_ROWS,
    at: datetime,
) -> tuple[ServiceRequest, ...]:
    """The requests that are asked for, the newest first: `query(found, status="open", at=now)`.

    They were made from `start` to `end`, both included; without either of them in the 90 days before `at`, with one of
    them in the 90 days from or up to it. `ids` overrides all that. One answer holds 1,000 at most, or fewer `rows`; the
    next ones are on the next `page`.

    Raises:
        PolicyViolation: the time is longer than 90 days, or one answer would hold more than 1,000.
        InvalidValue: a status is neither open nor closed, the time ends before it starts, or a page is below 1.

    Source: Open311 GeoReport v2, GET Service Requests; C129.
    """
    if rows > MAX_ROWS:
        raise PolicyViolation("rows", f"one answer holds {MAX_ROWS:,} requests at most; ask for the next page")
    if page < 1 or rows < 1:
        raise InvalidValue("page", "pages and rows are counted from 1")
    wanted, codes = _several(ids), _several(service_code)
    statuses = {Status(each) for each in _several(status)} or set(Status)
    since, until = _span(start, end, at)
    found = [
        request
        for request in requests
        if (
            request.service_request_id in wanted
            if wanted
            else request.status in statuses
            and (not codes or request.service_code in codes)
            and since <= micros(request.requested_datetime) <= until
        )
    ]
    found.sort(key=lambda request: (-micros(request.requested_datetime), request.service_request_id))
    return tuple(found[(page - 1) * rows : page * rows])


def receipt(service: Service, number: str, *, notice: str | None = None) -> Receipt:
    """What a reporter is given for a new request of a service.

    `number` is the id of the request; of a batch service it is the token that will be changed for the id later, and of
    a blackbox service nobody is told.

    Source: Open311 GeoReport v2, POST Service Request; C129.
    """
    return Receipt(
        service_request_id=number if service.type is ServiceType.REALTIME else None,
        token=number if service.type is ServiceType.BATCH else None,
        service_notice=notice,
    )


def errors_of(error: ServiceCRMError) -> tuple[ErrorNote, ...]:
    """The errors to answer with: 404 for what is not there, 400 for all else; each problem of a document is one.

    Source: Open311 GeoReport v2, Errors; C129.
    """
    code = 404 if isinstance(error, NotFound) else 400
    says = error.problems if isinstance(error, MalformedDocument) else (str(error),)
    return tuple(ErrorNote(code=code, description=each) for each in says)


def _span(start: datetime | None, end: datetime | None, at: datetime) -> tuple[int, int]:
    longest = MAX_SPAN // timedelta(microseconds=1)
    latest = micros(at) if start is None else micros(start) + longest
    until = latest if end is None else micros(end)
    since = until - longest if start is None else micros(start)
    if since > until:
        raise InvalidValue("end", "the time that is asked about starts before it ends")
    if until - since > longest:
        raise PolicyViolation("span", f"a question is about {MAX_SPAN.days} days at most; ask for a shorter time")
    return since, until


def _several(value: Several) -> frozenset[str]:
    texts = value.split(",") if isinstance(value, str) else value
    return frozenset(text.strip() for text in texts if text.strip())

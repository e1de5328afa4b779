"""Taking a request in."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from servicecrm.cases.codes import Channel, MomentKind, Priority
from servicecrm.cases.events import CaseOpened
from servicecrm.cases.lifecycle import LIFECYCLE
from servicecrm.cases.model import Case, CaseId, Link, Place
from servicecrm.cases.types import RequestType, typed
from servicecrm.errors import PolicyViolation
from servicecrm.kernel.decisions import Actor, Decision, begin, stamp
from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.kernel.shapes import several
from servicecrm.kernel.values import ContactPoint, language_tag
from servicecrm.tracking.moments import Side, with_moment

__all__ = ["open"]


def open(
    *,
    id: str,
    subject: str,
    channel: Channel | str,
    number: str | None = None,
    text: str = "",
    language: str | None = None,
    requester: str | None = None,
    requester_name: str | None = None,
    contact: ContactPoint | None = None,
    sponsor: str | None = None,
    place: Place | None = None,
    service: str | None = None,
    request_type: RequestType | None = None,
    type_version: int = 0,
    attributes: Mapping[str, object] = EMPTY,
    priority: Priority | str | None = None,
    links: Iterable[Link] = (),
    tags: Iterable[str] = (),
    extra: Mapping[str, object] = EMPTY,
    by: Actor | str,
    at: datetime,
    received_at: datetime | None = None,
    policy_version: int = 0,
) -> Decision[Case]:
    """Log a request, perhaps on behalf of an official, the `sponsor`. Its requester may be unknown.

    `received_at` is when it reached us, if that was before `at`. The attributes are checked by the request type.

    Raises:
        InvalidValue: a text is blank, a code or the language is unknown, or the type does not have such attributes;
            every problem with them.
        PolicyViolation: it would be received in the future, or the type is retired.

    Source: C058, C068.
    """
    event = CaseOpened(**stamp(by, at, received_at, given_as="received_at"))
    rated = None if priority is None else Priority(priority)
    moments = with_moment((), MomentKind.RECEIVED, event, side=Side.OUTSIDE)
    if rated is not None:
        moments = with_moment(moments, MomentKind.RATED, event, code=rated)
    case = Case(
        id=CaseId(id),
        number=number,
        state=LIFECYCLE.initial,
        requester=requester,
        requester_name=requester_name,
        contact=contact,
        sponsor=sponsor,
        logged_by=event.by.id,
        subject=subject,
        text=text,
        language=None if language is None else language_tag(language),
        channel=Channel(channel),
        place=place,
        service=service,
        request_type=None if request_type is None else request_type.code,
        type_version=type_version,
        attributes=typed(request_type, attributes),
        tags=frozenset(several("Case.tags", tags)),
        priority=rated,
        links=tuple(links),
        received_at=event.occurred_at,
        recorded_at=event.recorded_at,
        policy=policy_version,
        moments=moments,
        extra=FrozenMap(extra),
    )
    if request_type is not None and request_type.retired:
        raise PolicyViolation("request_type", f"{request_type.code} is retired; choose another type")
    return begin(case, event)

"""What is recorded of a case, put right: its details, type, priority, links, and moments entered by mistake."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TypedDict, Unpack

from servicecrm.cases.chronology import CHRONOLOGY, move
from servicecrm.cases.codes import Channel, LinkKind, Priority
from servicecrm.cases.events import CaseAmended, CaseClassified, CaseLinked, CaseRated, MomentVoided
from servicecrm.cases.lifecycle import AMEND, CLASSIFY, LINK, RATE
from servicecrm.cases.model import Case, Link, Place
from servicecrm.cases.types import RequestType, typed
from servicecrm.errors import InvalidValue, PolicyViolation
from servicecrm.kernel.decisions import Actor, Decision, stamp
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.kernel.shapes import coded, distinct
from servicecrm.kernel.values import ContactPoint, language_tag

__all__ = ["Amendment", "amend", "classify", "link", "rate", "void"]


class Amendment(TypedDict, total=False):
    """What can be put right of a case; None takes a value away."""

    subject: str
    text: str
    language: str | None
    channel: Channel | str
    requester: str | None
    requester_name: str | None
    contact: ContactPoint | None
    sponsor: str | None
    place: Place | None
    service: str | None
    tags: Iterable[str]
    extra: Mapping[str, object]


def amend(
    case: Case,
    *,
    reason: str | None = None,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
    **changes: Unpack[Amendment],
) -> Decision[Case]:
    """Put right what is recorded of a case: `amend(case, service="water", by=..., at=...)`.

    Raises:
        TransitionNotAllowed: the case is withdrawn.
        InvalidValue: nothing is given, something else than an `Amendment`, a blank text, or an unknown code.
    """
    others = changes.keys() - Amendment.__annotations__.keys()
    if others or not changes:
        told = f"cannot amend {', '.join(sorted(others))}" if others else "nothing to amend"
        raise InvalidValue("case", f"{told}; it can change {', '.join(Amendment.__annotations__)}")
    if "channel" in changes:
        changes["channel"] = Channel(changes["channel"])
    language = changes.get("language")
    if language is not None:
        changes["language"] = language_tag(language)
    if "tags" in changes:
        changes["tags"] = distinct("Case.tags", changes["tags"])
    if "extra" in changes:
        changes["extra"] = FrozenMap(changes["extra"])
    return move(case, AMEND, CaseAmended(**stamp(by, at, occurred_at), reason=reason), **changes)


def classify(
    case: Case,
    request_type: RequestType,
    *,
    version: int,
    attributes: Mapping[str, object],
    reason: str | None = None,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Case]:
    """Give a case another type, or other attributes. Its number and its history stay.

    Raises:
        TransitionNotAllowed: the case is not open.
        InvalidValue: the type does not have such attributes; every problem with them.
        PolicyViolation: the type is retired, and the case does not have it yet.

    Source: C068.
    """
    decision = move(
        case,
        CLASSIFY,
        CaseClassified(**stamp(by, at, occurred_at), reason=reason),
        request_type=request_type.code,
        type_version=version,
        attributes=typed(request_type, attributes),
    )
    if request_type.retired and case.request_type != request_type.code:
        raise PolicyViolation("request_type", f"{request_type.code} is retired; choose another type")
    return decision


def rate(
    case: Case,
    priority: Priority | str,
    *,
    reason: str | None = None,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Case]:
    """Say how pressing a case is.

    Raises:
        TransitionNotAllowed: the case is not open.
        InvalidValue: there is no such priority.
    """
    event, rated = CaseRated(**stamp(by, at, occurred_at), reason=reason), Priority(priority)
    return move(case, RATE, event, code=rated, priority=rated)


def link(
    case: Case,
    other: str,
    *,
    kind: LinkKind | str = LinkKind.RELATED,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Case]:
    """Note that a case belongs to another one. The same link again changes nothing.

    Raises:
        TransitionNotAllowed: the case is withdrawn.
        GuardNotMet: it is the case itself.
        InvalidValue: the id is blank, or the kind unknown.
    """
    new = Link(kind=coded("kind", LinkKind, kind), case=other)
    links = case.links if new in case.links else (*case.links, new)
    return move(case, LINK, CaseLinked(**stamp(by, at, occurred_at)), links=links)


def void(
    case: Case, n: int, *, reason: str, by: Actor | str, at: datetime, occurred_at: datetime | None = None
) -> Decision[Case]:
    """Take back the n-th moment, which was entered by mistake: no clock reads it any longer. Nothing else changes.

    Raises:
        InvalidValue: there is no such moment.
        PolicyViolation: it was voided before, or is itself a voiding; or it is the answer or the end that still holds.
    """
    return CHRONOLOGY.void(case, n, MomentVoided(**stamp(by, at, occurred_at), reason=reason))

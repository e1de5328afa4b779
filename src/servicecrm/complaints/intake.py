"""Taking a complaint in: recorded, acknowledged, assessed, put right."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TypedDict, Unpack

from servicecrm.complaints.chronology import move
from servicecrm.complaints.codes import Feedback
from servicecrm.complaints.events import (
    ComplaintAcknowledged,
    ComplaintAmended,
    ComplaintAssessed,
    ComplaintRecorded,
)
from servicecrm.complaints.lifecycle import ACKNOWLEDGE, AMEND, ASSESS, LIFECYCLE
from servicecrm.complaints.model import Channel, Complaint, ComplaintId, MomentKind, Priority, Severity
from servicecrm.complaints.parts import Link, Needs
from servicecrm.complaints.policy import DEFAULT, ComplaintPolicy
from servicecrm.errors import InvalidValue, PolicyViolation
from servicecrm.kernel.decisions import Actor, Decision, begin, stamp
from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.records import evolve
from servicecrm.kernel.shapes import distinct
from servicecrm.kernel.values import ContactPoint, language_tag
from servicecrm.kernel.years import in_years
from servicecrm.tracking.moments import Side, with_moment

__all__ = ["Amendment", "acknowledge", "amend", "assess", "record"]


def record(
    *,
    id: str,
    subject: str,
    channel: Channel | str,
    number: str | None = None,
    text: str = "",
    remedy_sought: str | None = None,
    language: str | None = None,
    customer: str | None = None,
    complainant: str | None = None,
    contact: ContactPoint | None = None,
    on_behalf_of: str | None = None,
    service: str | None = None,
    agreement: str | None = None,
    category: str | None = None,
    issues: Iterable[str] = (),
    complained_about: str | None = None,
    needs: Needs | None = None,
    feedback: Feedback | str = Feedback.COMPLAINT,
    severity: Severity | str | None = None,
    safety: bool = False,
    due_at: datetime | None = None,
    links: Iterable[Link] = (),
    tags: Iterable[str] = (),
    extra: Mapping[str, object] = EMPTY,
    by: Actor | str,
    at: datetime,
    received_at: datetime | None = None,
    policy: ComplaintPolicy = DEFAULT,
    policy_version: int = 0,
) -> Decision[Complaint]:
    """Start a complaint. It may be anonymous; `received_at` is when it reached us, if that was before `at`.

    One that tells of a risk to `safety` has the highest priority at once, and is handled before anything else is done.

    Raises:
        InvalidValue: a text is blank, or a code or the language is unknown.
        PolicyViolation: it would be received in the future, or the house does not have the category.

    Source: ISO 10002 clause 7 (receipt); C040.
    """
    event = ComplaintRecorded(**stamp(by, at, received_at, given_as="received_at"))
    feedback = Feedback(feedback)
    code = None if feedback is Feedback.COMPLAINT else feedback  # so that the clocks of complaints leave it alone
    moments = with_moment((), MomentKind.RECEIVED, event, side=Side.OUTSIDE, code=code)
    priority = Priority.P1 if safety else None
    if priority is not None:
        moments = with_moment(moments, MomentKind.RATED, event, code=priority)
    complaint = Complaint(
        id=ComplaintId(id),
        number=number,
        state=LIFECYCLE.initial,
        customer=customer,
        complainant=complainant,
        contact=contact,
        on_behalf_of=on_behalf_of,
        subject=subject,
        text=text,
        remedy_sought=remedy_sought,
        language=None if language is None else language_tag(language),
        channel=Channel(channel),
        service=service,
        agreement=agreement,
        category=category,
        issues=_texts("issues", issues),
        complained_about=complained_about,
        needs=needs,
        feedback=feedback,
        tags=_texts("tags", tags),
        severity=None if severity is None else Severity(severity),
        safety=safety,
        computed_priority=priority,
        priority=priority,
        received_at=event.occurred_at,
        recorded_at=event.recorded_at,
        due_at=due_at,
        policy=policy_version,
        links=tuple(links),
        extra=FrozenMap(extra),
    )
    if due_at is not None:  # by now it is known to be a time
        moments = with_moment(moments, MomentKind.DUE, event, until=due_at)
    complaint = evolve(complaint, moments=moments)
    policy.check_category(category, *sorted(complaint.issues))
    return begin(complaint, event)


def acknowledge(
    complaint: Complaint,
    *,
    expected_by: datetime | None = None,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Complaint]:
    """Confirm receipt to the complainant. `expected_by` is the promise given with it.

    Raises:
        TransitionNotAllowed: the complaint is past its acknowledgement.
        GuardNotMet: it was acknowledged, and is in handling by now.
        PolicyViolation: the promise lies before it is given.

    Source: ISO 10002 clause 7 (acknowledgement); C042.
    """
    event = ComplaintAcknowledged(**stamp(by, at, occurred_at))
    promised = None if expected_by is None else in_years("expected_by", expected_by)
    decision = move(
        complaint,
        ACKNOWLEDGE,
        event,
        acknowledged_at=event.occurred_at,
        promised_by=promised,
    )
    if promised is not None and micros(promised) < micros(event.occurred_at):
        raise PolicyViolation("expected_by", "a promise cannot lie before it is given; name a later time, or none")
    return decision


def assess(
    complaint: Complaint,
    *,
    severity: Severity | str | None = None,
    impact: Severity | str | None = None,
    safety: bool | None = None,
    priority: Priority | str | None = None,
    reason: str | None = None,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
    policy: ComplaintPolicy = DEFAULT,
) -> Decision[Complaint]:
    """Rate a complaint; its priority follows from the policy. A rating that is not given stays as it was.

    `priority` puts another one in force, for a `reason`, until the complaint is assessed again.

    Raises:
        TransitionNotAllowed: the complaint is not acknowledged yet, or was answered.
        GuardNotMet: severity or impact were never rated.
        PolicyViolation: another priority than the computed one has no reason, or there is a risk to safety; or it would
            be assessed before it was taken up again.

    Source: ISO 10002 clause 7 (initial assessment); C043.
    """
    severity = complaint.severity if severity is None else Severity(severity)
    impact = complaint.impact if impact is None else Severity(impact)
    safety = complaint.safety if safety is None else safety
    computed = policy.priority(severity, impact, safety=safety)
    in_force = computed if priority is None else Priority(priority)
    event = ComplaintAssessed(**stamp(by, at, occurred_at), reason=reason)
    moments = complaint.moments
    if in_force is not None and in_force != complaint.priority:  # what is due when may depend on it
        moments = with_moment(moments, MomentKind.RATED, event, code=in_force)
    decision = move(
        complaint,
        ASSESS,
        event,
        severity=severity,
        impact=impact,
        safety=safety,
        computed_priority=computed,
        priority=in_force,
        moments=moments,
    )
    policy.check_priority(in_force, computed=computed, safety=safety, reason=reason)
    return decision


class Amendment(TypedDict, total=False):
    """What can be put right of a complaint; None takes a value away."""

    subject: str
    text: str
    remedy_sought: str | None
    language: str | None
    channel: Channel | str
    customer: str | None
    complainant: str | None
    contact: ContactPoint | None
    on_behalf_of: str | None
    service: str | None
    agreement: str | None
    category: str | None
    issues: Iterable[str] | None
    complained_about: str | None
    needs: Needs | None
    due_at: datetime | None
    tags: Iterable[str] | None
    extra: Mapping[str, object]


def amend(
    complaint: Complaint,
    *,
    reason: str | None = None,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
    policy: ComplaintPolicy = DEFAULT,
    **changes: Unpack[Amendment],
) -> Decision[Complaint]:
    """Put right what is recorded of a complaint: `amend(complaint, category="water", by=..., at=...)`.

    Raises:
        TransitionNotAllowed: the complaint is withdrawn, or goes on as another one.
        InvalidValue: nothing is given, something else than an `Amendment`, a blank text, or an unknown code.
        PolicyViolation: the house does not have the category; or whoever the complaint is about, or somebody on their
            behalf, says that it is about somebody else.
    """
    others = changes.keys() - Amendment.__annotations__.keys()
    if others or not changes:
        told = f"cannot amend {', '.join(sorted(others))}" if others else "nothing to amend"
        raise InvalidValue("complaint", f"{told}; it can change {', '.join(Amendment.__annotations__)}")
    channel, language = changes.get("channel"), changes.get("language")
    if channel is not None:
        changes["channel"] = Channel(channel)
    if language is not None:
        changes["language"] = language_tag(language)
    if "tags" in changes:
        changes["tags"] = _texts("tags", changes["tags"])
    if "issues" in changes:
        changes["issues"] = _texts("issues", changes["issues"])
    if "extra" in changes:
        changes["extra"] = FrozenMap(changes["extra"])
    event = ComplaintAmended(**stamp(by, at, occurred_at), reason=reason)
    decision = move(complaint, AMEND, event, **changes)
    if decision.after.due_at != complaint.due_at:
        moments = with_moment(complaint.moments, MomentKind.DUE, event, until=decision.after.due_at)
        decision = move(complaint, AMEND, event, moments=moments, **changes)
    policy.check_category(changes.get("category"), *sorted(changes.get("issues") or ()))
    about = complaint.complained_about
    if about not in (None, decision.after.complained_about) and about in (event.by.id, event.by.on_behalf_of):
        raise PolicyViolation("complained_about", "whoever it is about does not change that; ask somebody else")
    return decision


def _texts(field: str, texts: Iterable[str] | None) -> frozenset[str]:
    return distinct(f"Complaint.{field}", () if texts is None else texts)

"""Hypothesis strategies for records of every shape, and for whole lives of a complaint."""

from datetime import UTC, datetime, timedelta, timezone
from typing import TypeVar

from hypothesis import strategies as st

from servicecrm.complaints import (
    LIFECYCLE,
    AccessNeed,
    Channel,
    Complaint,
    ComplaintId,
    Feedback,
    Finding,
    HandlingStep,
    Investigation,
    Judgement,
    Link,
    LinkKind,
    Needs,
    Priority,
    Referral,
    Remedy,
    RemedyKind,
    RemedyStatus,
    Response,
    ResponseKind,
    Severity,
    Verdict,
    Vulnerability,
    Waiting,
    WaitingFor,
)
from servicecrm.kernel.decisions import Decision, Event, stamp
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.kernel.kinds import from_micros
from servicecrm.kernel.values import Attachment, ContactKind, ContactPoint, LanguageTag, Money
from servicecrm.testing.makers import MONDAY, a_complaint, an_actor
from servicecrm.testing.taking import feasible, take
from servicecrm.tracking import Message, MessageClass, MessageId, Moments, Side, standing, with_moment, without_moment

__all__ = ["complaints", "instants", "messages", "moments", "texts", "walks"]

T = TypeVar("T")


def texts() -> st.SearchStrategy[str]:
    """Texts that a record takes: any characters, but not blank."""
    characters = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
    return st.text(characters, min_size=1, max_size=30).filter(str.strip)


def instants() -> st.SearchStrategy[datetime]:
    """Times with a zone. Offsets are fixed, because Python never compares equal what lies in a clock change."""
    zones = st.just(UTC) | st.integers(-14, 14).map(lambda hours: timezone(timedelta(hours=hours)))
    return st.builds(lambda at, zone: from_micros(at).astimezone(zone), st.integers(0, 2**52), zones)


def moments(*, max_size: int = 6) -> st.SearchStrategy[Moments]:
    """Moments as a record has them: numbered, in any order of time, some of them voided."""
    return _moments(max_size=max_size)


def complaints() -> st.SearchStrategy[Complaint]:
    """Complaints of every shape that can be stored, whether or not a process could have led to them."""
    return st.builds(
        Complaint,
        id=texts().map(ComplaintId),
        number=_maybe(texts()),
        state=st.sampled_from(LIFECYCLE.states),
        customer=_maybe(texts()),
        complainant=_maybe(texts()),
        contact=_maybe(_contacts),
        on_behalf_of=_maybe(texts()),
        subject=texts(),
        text=texts() | st.just(""),
        remedy_sought=_maybe(texts()),
        language=_maybe(_languages),
        channel=st.sampled_from(Channel),
        service=_maybe(texts()),
        agreement=_maybe(texts()),
        category=_maybe(texts()),
        issues=st.frozensets(texts(), max_size=2),
        complained_about=_maybe(texts()),
        needs=_maybe(_needs),
        feedback=st.sampled_from(Feedback),
        tags=st.frozensets(texts(), max_size=3),
        severity=_maybe(st.sampled_from(Severity)),
        impact=_maybe(st.sampled_from(Severity)),
        safety=st.booleans(),
        computed_priority=_maybe(st.sampled_from(Priority)),
        priority=_maybe(st.sampled_from(Priority)),
        handler=_maybe(texts()),
        handler_since=_maybe(instants()),
        forwards=_counts,
        waiting=_maybe(_waits),
        stage=st.integers(1, 3),
        deciders=st.frozensets(texts(), max_size=2),
        decided_by=st.frozensets(texts(), max_size=2),
        judgements=_few(_judgements),
        steps=_few(_steps),
        investigation=_maybe(_investigations),
        remedies=_few(_remedies),
        response=_maybe(_responses),
        referrals=_few(_referrals),
        links=_few(_links),
        received_at=instants(),
        recorded_at=instants(),
        acknowledged_at=_maybe(instants()),
        promised_by=_maybe(instants()),
        due_at=_maybe(instants()),
        answered_at=_maybe(instants()),
        closed_at=_maybe(instants()),
        closing_code=_maybe(texts()),
        reopenings=_counts,
        policy=_counts,
        moments=moments(),
        extra=_extras,
    )


def messages() -> st.SearchStrategy[Message]:
    """Messages of every shape that can be stored."""
    return st.builds(
        Message,
        id=texts().map(MessageId),
        about_kind=texts(),
        about=texts(),
        side=st.sampled_from(Side),
        klass=st.sampled_from(MessageClass),
        channel=_maybe(texts()),
        text=texts(),
        language=_maybe(_languages),
        attachments=st.lists(_attachments, max_size=2).map(tuple),
        author=texts(),
        occurred_at=instants(),
        recorded_at=instants(),
        extra=_extras,
    )


@st.composite
def walks(draw: st.DrawFn, *, max_size: int = 12) -> tuple[Decision[Complaint], ...]:
    """Lives of a complaint, from just recorded: each decision is one allowed action, an hour or so after the last."""
    complaint, at, walk = a_complaint(), MONDAY, []
    for _ in range(draw(st.integers(0, max_size))):
        action = draw(st.sampled_from(feasible(complaint)))
        at += timedelta(minutes=draw(st.integers(0, 120)))
        decision = take(complaint, action, by=an_actor(), at=at)
        walk.append(decision)
        complaint = decision.after
    return tuple(walk)


def _maybe(strategy: st.SearchStrategy[T]) -> st.SearchStrategy[T | None]:
    return st.none() | strategy


def _few(strategy: st.SearchStrategy[T]) -> st.SearchStrategy[tuple[T, ...]]:
    return st.lists(strategy, max_size=2).map(tuple)


@st.composite
def _moments(draw: st.DrawFn, *, max_size: int) -> Moments:
    found: Moments = ()
    for _ in range(draw(st.integers(0, max_size))):
        occurred_at, recorded_at = sorted((draw(instants()), draw(instants())))
        event = Event(**stamp("ann@city.example", recorded_at, occurred_at))
        voids: bool = draw(st.booleans())
        if voids and standing(found):
            found = without_moment(found, draw(st.sampled_from(standing(found))).n, event)
        else:
            side, code = draw(_maybe(st.sampled_from(Side))), draw(_maybe(texts()))
            found = with_moment(found, draw(texts()), event, side=side, code=code)
    return found


_counts = st.integers(0, 2**31)
_languages = st.sampled_from(["en", "de", "de-AT", "zh-Hant-TW"]).map(LanguageTag)
_contacts = st.builds(
    ContactPoint, kind=st.sampled_from([kind for kind in ContactKind if kind is not ContactKind.EMAIL]), value=texts()
)
_waits = st.builds(
    Waiting, for_=st.sampled_from(WaitingFor), reason=_maybe(texts()), since=instants(), until=_maybe(instants())
)
_attachments = st.builds(
    Attachment,
    name=texts(),
    media_type=st.just("image/png"),
    size=_counts,
    digest=st.just("0123456789abcdef" * 4),
    location=texts(),
)
_needs = st.builds(
    Needs,
    vulnerabilities=st.frozensets(st.sampled_from(Vulnerability)),
    access=st.frozensets(st.sampled_from(AccessNeed)),
)
_judgements = st.builds(
    Judgement, verdict=st.sampled_from(Verdict), grounds=texts(), by=texts(), at=instants(), stage=st.integers(1, 3)
)
_steps = st.builds(HandlingStep, action=texts(), mandatory=st.booleans(), done_at=_maybe(instants()))
_investigations = st.builds(
    Investigation,
    findings=_few(st.builds(Finding, text=texts(), evidence=_few(texts()), by=texts(), at=instants())),
    cause=_maybe(texts()),
    cause_text=_maybe(texts()),
)
_remedies = st.builds(
    Remedy,
    kind=st.sampled_from(RemedyKind),
    text=_maybe(texts()),
    amount=_maybe(
        st.builds(Money, amount=st.decimals(0, 10**6, places=2), currency=st.sampled_from(["EUR", "USD", "CNY"]))
    ),
    status=st.sampled_from(RemedyStatus),
    proposed_by=texts(),
    written_by=_maybe(texts()),
    approved_by=_maybe(texts()),
    proposed_at=_maybe(instants()),
    offered_at=_maybe(instants()),
    valid_until=_maybe(instants()),
    answered_at=_maybe(instants()),
    provided_at=_maybe(instants()),
)
_responses = st.builds(
    Response,
    message=texts(),
    kind=_maybe(st.sampled_from(ResponseKind)),
    by=texts(),
    at=instants(),
    stage=st.integers(1, 3),
    recourse=_few(texts()),
    accepted=_maybe(st.booleans()),
)
_referrals = st.builds(
    Referral, to=texts(), whole=st.booleans(), reference=_maybe(texts()), reason=_maybe(texts()), at=instants()
)
_links = st.builds(Link, kind=st.sampled_from(LinkKind), complaint=texts())
_plain = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts()
_extras = st.dictionaries(texts(), _plain | st.lists(_plain, max_size=2), max_size=2).map(FrozenMap)

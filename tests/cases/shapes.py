"""Cases of every shape that can be stored, whether or not a process could have led to them."""

from typing import TypeVar

from hypothesis import strategies as st

from servicecrm.cases import (
    LIFECYCLE,
    Asker,
    Case,
    CaseId,
    Channel,
    Extension,
    Holder,
    Link,
    LinkKind,
    PartnerStatus,
    Place,
    Priority,
    Promise,
    Referral,
    UpdateRequest,
    Waiting,
    WaitingFor,
)
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.kernel.values import ContactKind, ContactPoint, LanguageTag
from servicecrm.testing.strategies import instants, moments, texts

__all__ = ["some_cases"]

T = TypeVar("T")


def some_cases() -> st.SearchStrategy[Case]:
    """Cases of every shape."""
    return st.builds(
        Case,
        id=texts().map(CaseId),
        number=_maybe(texts()),
        state=st.sampled_from(LIFECYCLE.states),
        requester=_maybe(texts()),
        requester_name=_maybe(texts()),
        contact=_maybe(st.builds(ContactPoint, kind=st.just(ContactKind.PHONE), value=texts())),
        sponsor=_maybe(texts()),
        logged_by=texts(),
        subject=texts(),
        text=texts() | st.just(""),
        language=_maybe(st.sampled_from(["en", "de-AT", "zh-Hant-TW"]).map(LanguageTag)),
        channel=st.sampled_from(Channel),
        place=_maybe(_places),
        service=_maybe(texts()),
        request_type=_maybe(texts()),
        type_version=_counts,
        attributes=_maps,
        tags=st.frozensets(texts(), max_size=2),
        priority=_maybe(st.sampled_from(Priority)),
        links=_few(st.builds(Link, kind=st.sampled_from(LinkKind), case=texts())),
        queue=_maybe(texts()),
        handler=_maybe(texts()),
        holders=_few(
            st.builds(Holder, queue=_maybe(texts()), handler=_maybe(texts()), since=instants(), reason=_maybe(texts()))
        ),
        forwards=_counts,
        promise=_maybe(st.builds(Promise, first=instants(), given_at=instants(), extensions=_few(_extensions))),
        update_requests=_few(
            st.builds(
                UpdateRequest,
                asker=st.sampled_from(Asker),
                asked_by=texts(),
                asked_at=instants(),
                due_at=instants(),
                answered_at=_maybe(instants()),
            )
        ),
        waiting=_maybe(
            st.builds(
                Waiting,
                for_=st.sampled_from(WaitingFor),
                reason=_maybe(texts()),
                since=instants(),
                until=_maybe(instants()),
            )
        ),
        referral=_maybe(_referrals),
        received_at=instants(),
        recorded_at=instants(),
        accepted_at=_maybe(instants()),
        answered_at=_maybe(instants()),
        closed_at=_maybe(instants()),
        closing_code=_maybe(texts()),
        without_action=st.booleans(),
        reopenings=_counts,
        policy=_counts,
        moments=moments(max_size=3),
        extra=_maps,
    )


def _maybe(strategy: st.SearchStrategy[T]) -> st.SearchStrategy[T | None]:
    return st.none() | strategy


def _few(strategy: st.SearchStrategy[T]) -> st.SearchStrategy[tuple[T, ...]]:
    return st.lists(strategy, max_size=2).map(tuple)


_counts = st.integers(0, 2**31)
_maps = st.dictionaries(texts(), texts() | st.integers(0, 9) | st.lists(texts(), max_size=2), max_size=2).map(FrozenMap)
_places = st.builds(Place, address=_maybe(texts()), address_id=_maybe(texts()), zipcode=_maybe(texts())) | st.builds(
    Place, latitude=st.floats(-90, 90), longitude=st.floats(-180, 180)
)
_extensions = st.builds(Extension, until=instants(), reason=texts(), given_at=instants(), approved_by=_maybe(texts()))
_referrals = st.builds(
    Referral,
    partner=texts(),
    reference=_maybe(texts()),
    referred_at=instants(),
    status=_maybe(st.sampled_from(PartnerStatus)),
    external_status=_maybe(texts()),
    note=_maybe(texts()),
    updated_at=_maybe(instants()),
)

"""A quota never has more places than its limit, however many people answer at once and stop half-way."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.desk.invitations import Invitee
from servicecrm.errors import GuardNotMet, InvalidValue, PolicyViolation, StaleRevision, TransitionNotAllowed
from servicecrm.surveys import Campaign, ContactRules, Exclusion, quotas
from tests.surveys.campaigning import ANN, LINK, MONDAY, a_campaign, a_desk, an_open_campaign

HOUR = timedelta(hours=1)
QUOTAS = [
    quotas.quota("north", 2, region="north"),
    quotas.quota("young", 3, age=["teen", "twen"]),
    quotas.quota("all", 4),
]
NORTH: dict[str, object] = {"region": "north"}


def open_campaign() -> Campaign:
    return a_campaign(quotas=QUOTAS)


def free(campaign: Campaign, at: Any = MONDAY) -> dict[str, int]:
    return {each.name: each.free for each in quotas.standing(campaign, at)}


def reserve(campaign: Campaign, key: str, attributes: dict[str, object], at: Any = MONDAY) -> Campaign:
    return quotas.reserve(campaign, key, attributes, until=at + HOUR, by=ANN, at=at).after


def take(campaign: Campaign, key: str, attributes: dict[str, object], at: Any = MONDAY) -> Campaign:
    return quotas.take(campaign, key, attributes, by=ANN, at=at).after


def test_somebody_needs_a_place_in_every_quota_that_they_fall_under() -> None:  # C076
    campaign = open_campaign()

    assert quotas.matching(campaign, NORTH) == ("north", "all")
    assert quotas.matching(campaign, {"region": "south", "age": "teen"}) == ("young", "all")
    assert free(take(campaign, "i-1", NORTH)) == {"north": 1, "young": 3, "all": 3}


def test_a_full_quota_takes_nobody_and_says_which_one_it_is() -> None:  # C076
    campaign = take(take(open_campaign(), "i-1", NORTH), "i-2", NORTH)

    assert quotas.full(campaign, NORTH, MONDAY) == ("north",)
    assert quotas.full(campaign, {}, MONDAY) == ()
    for command in (reserve, take):
        with pytest.raises(GuardNotMet, match="more places than its limit"):
            command(campaign, "i-3", NORTH)


def test_a_place_is_kept_while_somebody_answers_and_free_again_if_they_do_not() -> None:  # C076
    campaign = reserve(reserve(open_campaign(), "i-1", NORTH), "i-2", NORTH)

    assert (free(campaign)["north"], free(campaign, MONDAY + HOUR)["north"]) == (0, 2)
    with pytest.raises(GuardNotMet):
        reserve(campaign, "i-3", NORTH)
    assert free(take(campaign, "i-1", NORTH))["north"] == 0
    later = reserve(campaign, "i-3", NORTH, MONDAY + HOUR)
    assert [each.key for each in later.reserved] == ["i-3"]


def test_the_same_person_has_one_place() -> None:  # C076
    again = reserve(reserve(open_campaign(), "i-1", NORTH), "i-1", NORTH, MONDAY + HOUR / 2)

    assert [(each.key, each.until) for each in again.reserved] == [("i-1", MONDAY + HOUR * 1.5)]
    assert quotas.full(reserve(again, "i-2", NORTH), NORTH, MONDAY, key="i-1") == ()
    assert free(take(again, "i-1", NORTH)) == {"north": 1, "young": 3, "all": 3}


def test_a_place_can_be_given_back() -> None:  # C076
    campaign = reserve(open_campaign(), "i-1", NORTH)

    assert quotas.release(campaign, "i-1", by=ANN, at=MONDAY).after == open_campaign()


@pytest.mark.parametrize("state", ["prepared", "closed"])
def test_places_are_there_only_while_the_campaign_is_open(state: str) -> None:
    with pytest.raises(TransitionNotAllowed):
        reserve(a_campaign(state, quotas=QUOTAS), "i-1", NORTH)


def test_a_place_is_kept_until_a_later_time() -> None:
    with pytest.raises(PolicyViolation, match="later time"):
        quotas.reserve(open_campaign(), "i-1", NORTH, until=MONDAY, by=ANN, at=MONDAY)


def test_a_quota_that_nobody_could_fill_is_refused() -> None:  # C076
    for name, limit, age in ((" ", 1, "teen"), ("a", 0, "teen"), ("a", 1, ())):
        with pytest.raises(InvalidValue):
            quotas.quota(name, limit, age=age)


steps = st.lists(
    st.tuples(
        st.sampled_from([reserve, take]),
        st.sampled_from([f"i-{n}" for n in range(8)]),
        st.sampled_from([NORTH, {"age": "teen"}, {"age": "old"}, {"region": "north", "age": "twen"}]),
        st.integers(0, 90),
    ),
    max_size=25,
)


@given(steps)
def test_no_quota_is_ever_oversold(told: list[tuple[Any, str, dict[str, object], int]]) -> None:  # C076
    campaign, now = open_campaign(), MONDAY
    taken: dict[str, int] = dict.fromkeys(("north", "young", "all"), 0)
    for command, key, attributes, minutes in told:
        now += timedelta(minutes=minutes)
        try:
            campaign = command(campaign, key, attributes, now)
        except GuardNotMet:
            assert quotas.full(campaign, attributes, now, key=key)
            continue
        for name in quotas.matching(campaign, attributes) if command is take else ():
            taken[name] += 1
        for each in quotas.standing(campaign, now):
            assert each.taken == taken[each.name]
            assert each.taken + each.reserved <= each.limit


# -- at the desk ---------------------------------------------------------------------------------


def test_whoever_comes_when_a_quota_is_full_is_left_out_and_not_asked() -> None:  # C076
    with a_desk() as (crm, clock):
        campaign = an_open_campaign(crm, quotas=[quotas.quota("north", 1, region="north")])
        people = [Invitee(contact=f"c-{n}", attributes=NORTH) for n in range(3)]
        one, two, three = crm.invitations.invite(campaign.id, people, link=LINK).invitations
        assert crm.responses.begin(one.token).full == ()
        begun = crm.responses.begin(two.token)
        assert (begun.full, begun.invitation.excluded) == (("north",), Exclusion.OVER_QUOTA)
        clock.advance(hours=1)  # the first one has left
        assert crm.responses.begin(three.token).full == ()
        crm.responses.answer(three.token, {"overall": 7})
        with pytest.raises(GuardNotMet):
            crm.responses.answer(one.token, {"overall": 7})
        assert [(each.taken, each.free) for each in crm.campaigns.places(campaign.id)] == [(1, 0)]
        crm.responses.answer(three.token, {"overall": 8})  # the same place
        assert crm.responses.count() == 1


def test_the_last_place_is_never_given_twice_in_two_units_at_once() -> None:  # C076
    with a_desk() as (crm, _):
        rules = ContactRules(cooldown_days=0)
        campaign = an_open_campaign(crm, quotas=[quotas.quota("all", 1)], contact=rules)
        stale = crm.campaigns.get(campaign.id)
        crm.save(quotas.take(stale, "i-1", {}, by=ANN, at=crm.clock()))
        with pytest.raises(StaleRevision):
            crm.save(quotas.take(stale, "i-2", {}, by=ANN, at=crm.clock()))

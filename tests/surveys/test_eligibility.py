"""Nobody is asked too often, and whoever is not asked can be told why, and from when on."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.errors import InvalidValue
from servicecrm.surveys import (
    ContactHistory,
    ContactRules,
    Hindrance,
    eligibility_of,
    history_of,
    invitations,
)
from tests.surveys.campaigning import ANN, DAY, LINK, MONDAY, a_campaign, a_desk, an_invitation, an_open_campaign

TODAY = date(2026, 3, 2)


def days(n: int) -> date:
    return TODAY + timedelta(days=n)


def hindrances(history: ContactHistory, **rules: Any) -> list[str]:
    campaign = a_campaign(contact=ContactRules(**rules))
    return [each.value for each in eligibility_of(campaign, history, on=TODAY).hindrances]


def test_whoever_was_asked_ten_days_ago_is_left_alone_until_the_cooldown_is_over() -> None:  # C072
    asked = eligibility_of(a_campaign(), ContactHistory(contacted_on=days(-10)), on=TODAY)

    assert (asked.eligible, asked.hindrances, asked.from_day) == (False, (Hindrance.ASKED_LATELY,), days(20))
    assert eligibility_of(a_campaign(), ContactHistory(contacted_on=days(-30)), on=TODAY).eligible
    assert eligibility_of(a_campaign(), ContactHistory(), on=TODAY).eligible


def test_somebody_else_at_the_same_customer_was_asked() -> None:  # C072
    campaign = a_campaign(contact=ContactRules(customer_cooldown_days=14))
    asked = eligibility_of(campaign, ContactHistory(customer_contacted_on=days(-10)), on=TODAY)

    assert (asked.hindrances, asked.from_day) == ((Hindrance.CUSTOMER_ASKED_LATELY,), days(4))
    assert eligibility_of(campaign, ContactHistory(customer_contacted_on=days(-14)), on=TODAY).eligible


def test_the_clock_of_one_survey_runs_beside_that_of_all() -> None:  # C072
    history = ContactHistory(shown=1, answered=1, answered_on=days(-40), contacted_on=days(-40))

    assert hindrances(history) == []
    assert hindrances(history, interval_days=90, waves="rolling") == ["this_wave_answered"]
    campaign = a_campaign(contact=ContactRules(interval_days=90, waves="rolling"))
    assert eligibility_of(campaign, history, on=TODAY).from_day == days(50)


@pytest.mark.parametrize(
    ("rules", "history", "told"),
    [
        ({"repeat": "once"}, {"shown": 1}, ["shown_before"]),
        ({"repeat": "until_answered"}, {"shown": 1}, []),
        ({"repeat": "until_answered"}, {"shown": 1, "answered": 1}, ["answered_before"]),
        ({"repeat": "some_times", "most": 2}, {"shown": 2}, ["shown_often_enough"]),
        ({}, {"member": True}, ["invited_already"]),
    ],
)
def test_how_often_a_survey_may_be_put_to_somebody(
    rules: dict[str, Any], history: dict[str, Any], told: list[str]
) -> None:  # C072
    assert hindrances(ContactHistory(**history), **rules) == told


def test_whoever_has_opted_out_is_never_asked() -> None:  # C076
    asked = eligibility_of(a_campaign(), ContactHistory(contacted_on=days(-1)), opted_out=True, on=TODAY)

    assert asked.hindrances == (Hindrance.OPTED_OUT, Hindrance.ASKED_LATELY)
    assert asked.from_day is None  # time alone will not change it


rules = st.builds(
    ContactRules,
    cooldown_days=st.integers(0, 60),
    interval_days=st.integers(1, 60),
    customer_cooldown_days=st.integers(0, 60),
    waves=st.sampled_from(["rolling", "calendar_window"]),
)


@given(rules, st.integers(0, 40), st.integers(0, 40))
def test_on_the_day_that_is_named_they_may_be_asked_and_not_before(  # C072
    rules: ContactRules, contacted: int, answered: int
) -> None:
    campaign = a_campaign(contact=rules)
    history = ContactHistory(
        contacted_on=days(contacted), answered_on=days(answered), customer_contacted_on=days(contacted), answered=1
    )
    asked = eligibility_of(campaign, history, on=days(40))

    assert asked.eligible == (asked.from_day is None)
    if asked.from_day is not None:
        assert eligibility_of(campaign, history, on=asked.from_day).eligible
        assert not eligibility_of(campaign, history, on=asked.from_day - timedelta(days=1)).eligible


def test_the_history_is_told_by_invitations() -> None:  # C072
    campaign, other = a_campaign(), a_campaign(id="s-9")
    own = an_invitation(campaign, customer="k-1")
    own = invitations.take_part(own, "complete", by=ANN, at=MONDAY + DAY).after
    elsewhere = an_invitation(other, id="i-2", at=MONDAY + 3 * DAY)
    beside = an_invitation(other, id="i-3", contact="c-8", customer="k-1", at=MONDAY + 4 * DAY)
    waiting = an_invitation(other, id="i-4", sent=False)

    told = history_of("c-7", campaign, [own, elsewhere, beside, waiting], customer="k-1")
    assert told == ContactHistory(
        member=True,
        shown=1,
        answered=1,
        answered_on=days(1),
        contacted_on=days(3),
        customer_contacted_on=days(4),
    )
    assert history_of("c-1", campaign, [own, elsewhere]) == ContactHistory()


def test_the_desk_invites_those_who_may_be_asked_and_says_why_not_of_the_others() -> None:  # C072, C076
    with a_desk() as (crm, clock):
        first = an_open_campaign(crm)
        crm.invitations.invite(first.id, ["c-1"], link=LINK)
        clock.advance(days=10)
        second = an_open_campaign(crm)
        invited = crm.invitations.invite(
            second.id, ["c-1", "c-2", "c-3"], link=LINK, opted_out=lambda contact, _: contact == "c-3"
        )

        assert [each.contact for each in invited.invitations] == ["c-2"]
        assert {who: why.hindrances for who, why in invited.refused.items()} == {
            "c-1": (Hindrance.ASKED_LATELY,),
            "c-3": (Hindrance.OPTED_OUT,),
        }
        assert invited.refused["c-1"].from_day == date(2026, 4, 1)


@pytest.mark.parametrize("rules", [{"repeat": "some_times"}, {"most": 2}, {"cooldown_days": -1}, {"interval_days": 0}])
def test_rules_that_say_nothing_sensible_are_refused(rules: dict[str, Any]) -> None:  # C072
    with pytest.raises(InvalidValue):
        ContactRules(**rules)

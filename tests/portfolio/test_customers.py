"""Customers come, are kept up to date, have somebody who looks after them at every moment, and go."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm import portfolio
from servicecrm.errors import (
    GuardNotMet,
    InvalidValue,
    NaiveDatetime,
    PolicyViolation,
    RuleError,
    TransitionNotAllowed,
)
from servicecrm.kernel.records import evolve
from servicecrm.portfolio import LIFECYCLE, Customer, PortfolioPolicy
from servicecrm.testing.makers import MONDAY
from tests.portfolio.making import BY, DAY, a_contact, a_customer

LATER: dict[str, Any] = {"by": "ann", "at": MONDAY + 10 * DAY}


# -- coming --------------------------------------------------------------------------------------


def test_a_customer_with_a_contact_and_an_account_manager_is_active_at_once() -> None:  # C009, S0-A1, S0-A6
    added = portfolio.add(id="c-1", name="Harbour Cafe", contacts=[a_contact()], account_manager="ann", **BY)

    assert [event.type for event in added.events] == ["customer.added", "customer.activated"]
    assert (added.after.state, added.after.activated_at, added.after.account_manager) == ("active", MONDAY, "ann")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"account_manager": "ann"}, "somebody is named who speaks for the customer"),
        ({"contacts": [a_contact()]}, "an account manager is named"),
        ({"account_manager": "ann", "contacts": [a_contact(role="user")]}, "somebody is named who speaks"),
    ],
)
def test_a_customer_without_one_of_them_stays_a_prospect_and_says_what_is_missing(  # C009
    given: dict[str, Any], says: str
) -> None:
    customer = portfolio.add(id="c-1", name="Harbour Cafe", **given, **BY).after

    assert (customer.state, customer.served) == ("prospect", ())
    assert says in LIFECYCLE.blocked(customer)["activate"][0]
    with pytest.raises(GuardNotMet, match=says):
        portfolio.activate(customer, **BY)


def test_a_prospect_that_gets_what_was_missing_can_be_activated() -> None:  # C009
    customer = portfolio.add(id="c-1", name="Harbour Cafe", **BY).after
    customer = portfolio.add_contact(customer, a_contact(), **BY).after
    customer = portfolio.assign_manager(customer, "ann", **BY).after

    assert portfolio.activate(customer, **LATER).after.served[0].since == MONDAY + 10 * DAY


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": " "},
        {"kind": "friend"},
        {"language": "deutsch"},
        {"tags": "vip"},
        {"deputy": "bob"},
        {"extra": {"x": float("nan")}},
    ],
)
def test_what_cannot_be_a_customer_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue):
        portfolio.add(**{"id": "c-1", "name": "Harbour Cafe", **BY, **wrong})


def test_times_without_a_zone_are_refused() -> None:
    with pytest.raises(NaiveDatetime):
        portfolio.add(id="c-1", name="Harbour Cafe", by="ann", at=datetime(2026, 3, 2))


# -- up to date ----------------------------------------------------------------------------------


def test_an_update_without_a_change_is_none() -> None:  # C010
    customer = a_customer(tags=["vip"], language="de-AT")

    assert portfolio.update(customer, **LATER) is None
    assert portfolio.update(customer, tags=["vip"], language="DE-at", name=customer.name, **LATER) is None


def test_only_a_verified_update_moves_the_date_of_verification() -> None:  # C010, K05, S0-A7
    customer = a_customer()
    renamed = portfolio.update(customer, name="Harbour Bar", source="call", **LATER)
    verified = portfolio.update(customer, verified=True, **LATER)

    assert renamed is not None
    assert renamed.after.verified_at is None
    assert renamed.after.name == "Harbour Bar"
    assert verified is not None
    assert verified.after.verified_at == MONDAY + 10 * DAY


def test_only_what_may_be_updated_is_updated() -> None:
    with pytest.raises(InvalidValue, match="cannot update state; it can change name"):
        portfolio.update(a_customer(), state="former", **BY)  # type: ignore[call-arg]


def test_nothing_happens_to_a_customer_before_it_was_added() -> None:
    with pytest.raises(PolicyViolation, match="before the customer was added"):
        portfolio.update(a_customer(), name="X", by="ann", at=MONDAY, occurred_at=MONDAY - DAY)


# -- dormant, gone, back -------------------------------------------------------------------------


def test_a_customer_is_dormant_only_when_nothing_was_heard_of_it_for_long_enough() -> None:  # C016
    customer, policy = a_customer(), PortfolioPolicy(dormant_after=timedelta(days=10))

    assert portfolio.lapse(customer, heard_of=MONDAY, policy=policy, **LATER).after.state == "dormant"
    with pytest.raises(PolicyViolation, match="2026-03-12"):
        portfolio.lapse(customer, heard_of=MONDAY + timedelta(microseconds=1), policy=policy, **LATER)


def test_a_dormant_customer_is_served_all_the_while() -> None:  # C016
    dormant = portfolio.lapse(a_customer(), heard_of=MONDAY - 365 * DAY, **LATER).after
    back = portfolio.reactivate(dormant, **LATER).after

    assert back.served == dormant.served == a_customer().served
    with pytest.raises(PolicyViolation, match="assign another one"):
        portfolio.reactivate(dormant, account_manager="bob", **LATER)


def test_whoever_left_comes_back_with_an_account_manager_and_both_times_are_kept() -> None:  # C013, K03
    left = portfolio.end(a_customer(), "price", **LATER).after
    assert (left.state, left.leaving_reason, left.account_manager) == ("former", "price", None)
    with pytest.raises(GuardNotMet, match="an account manager is named"):
        portfolio.reactivate(left, **LATER)

    back = portfolio.reactivate(left, account_manager="bob", by="ann", at=MONDAY + 20 * DAY).after
    assert [(each.since, each.until) for each in back.served] == [
        (MONDAY, MONDAY + 10 * DAY),
        (MONDAY + 20 * DAY, None),
    ]
    assert (back.leaving_reason, back.ended_at) == (None, None)
    assert portfolio.manager_at(back, MONDAY + 15 * DAY) is None
    with pytest.raises(PolicyViolation, match="before the customer left"):
        portfolio.reactivate(left, account_manager="bob", by="ann", at=MONDAY + 20 * DAY, occurred_at=MONDAY + DAY)


def test_a_customer_leaves_for_a_reason_that_the_house_has() -> None:  # K02
    with pytest.raises(PolicyViolation, match="known: price, quality"):
        portfolio.end(a_customer(), "weather", **LATER)


# -- account managers ----------------------------------------------------------------------------


@given(
    st.lists(
        st.tuples(st.sampled_from(["ann", "bob", "cem"]), st.integers(0, 5), st.integers(-2, 6)),
        max_size=8,
    ),
    st.integers(0, 60),
)
def test_a_customer_that_is_served_has_exactly_one_account_manager_at_every_moment(  # C013, K04, S2-V5
    assigned: list[tuple[str, int, int]], looked_at: int
) -> None:
    customer, now = a_customer(), MONDAY
    for manager, passed, ahead in assigned:
        now += passed * DAY
        before = customer
        try:
            customer = portfolio.assign_manager(customer, manager, since=now + ahead * DAY, by="ann", at=now).after
        except PolicyViolation:
            assert ahead < 0
            continue
        assert portfolio.manager_at(customer, now + ahead * DAY) == customer.managers[-1]
        # Whoever is to come on does not count before, and counts once the sweep has come by.
        handed_over = portfolio.hand_over_due(customer, by="clock", at=now + looked_at * DAY)
        for each, then in (
            (customer, now),
            (customer if handed_over is None else handed_over.after, now + looked_at * DAY),
        ):
            assert each.tenure == portfolio.manager_at(each, then)
        # What was before is told as it was.
        past = MONDAY + (now + min(ahead, 0) * DAY - MONDAY) / 2
        if past < now + ahead * DAY:
            told = [portfolio.manager_at(each, past) for each in (before, customer)]
            assert [each and each.manager for each in told] in [[one, one] for one in ("ann", "bob", "cem")]

    at = MONDAY + looked_at * DAY
    there = [each for each in customer.managers if each.since <= at and (each.until is None or at < each.until)]
    assert len(there) == 1
    assert there[0] == portfolio.manager_at(customer, at)


def test_a_planned_handover_that_has_not_begun_can_be_planned_anew() -> None:  # C013
    customer = portfolio.assign_manager(a_customer(), "bob", since=MONDAY + 5 * DAY, **BY).after
    customer = portfolio.assign_manager(customer, "cem", since=MONDAY + 7 * DAY, **BY).after

    assert [each.manager for each in customer.managers] == ["ann", "cem"]
    assert customer.managers[0].until == customer.managers[1].since == MONDAY + 7 * DAY


def test_a_handover_counts_from_its_day_however_late_it_is_looked_at() -> None:  # C013
    planned = portfolio.assign_manager(a_customer(deputy="dee"), "bob", since=MONDAY + 5 * DAY, **BY).after
    late = MONDAY + 9 * DAY

    assert (planned.account_manager, planned.deputy) == ("ann", "dee")
    assert portfolio.hand_over_due(planned, by="clock", at=MONDAY + 5 * DAY - timedelta(microseconds=1)) is None
    decision = portfolio.hand_over_due(planned, by="clock", at=late)
    assert decision is not None
    (event,) = decision.events
    assert (event.type, event.occurred_at, event.recorded_at) == ("customer.handed_over", MONDAY + 5 * DAY, late)
    assert (decision.after.account_manager, decision.after.deputy) == ("bob", None)
    assert portfolio.hand_over_due(decision.after, by="clock", at=late) is None


def test_who_leaves_or_goes_on_as_another_one_is_handed_over_to_nobody() -> None:  # C013, C019
    planned = portfolio.assign_manager(a_customer(), "bob", since=MONDAY + 5 * DAY, **BY).after
    left = portfolio.end(planned, "price", by="ann", at=MONDAY + DAY).after
    merged = portfolio.merge(planned, a_customer("keep"), **BY)[0].after

    assert (left.account_manager, left.handover_at) == (None, None)
    assert portfolio.hand_over_due(left, by="clock", at=MONDAY + 9 * DAY) is None
    assert portfolio.hand_over_due(merged, by="clock", at=MONDAY + 9 * DAY) is None


def test_an_account_manager_who_would_have_had_no_time_is_not_listed() -> None:  # C013
    assert [each.manager for each in portfolio.assign_manager(a_customer(), "bob", **BY).after.managers] == ["bob"]


def test_an_account_manager_does_not_begin_before_the_present_one() -> None:  # C013
    with pytest.raises(PolicyViolation, match="before the present account manager began"):
        portfolio.assign_manager(a_customer(), "bob", since=MONDAY - DAY, **BY)
    unserved = portfolio.add(id="c-1", name="Harbour Cafe", **BY).after
    with pytest.raises(PolicyViolation, match="begins at once"):
        portfolio.assign_manager(unserved, "ann", since=MONDAY + DAY, **BY)


def test_whoever_leaves_has_a_list_of_customers_to_hand_over() -> None:  # C013
    customers = [
        a_customer("mine"),
        a_customer("as deputy", account_manager="bob", deputy="ann"),
        portfolio.assign_manager(a_customer("handed over"), "bob", **BY).after,
        portfolio.assign_manager(a_customer("coming", account_manager="bob"), "ann", since=MONDAY + DAY, **BY).after,
        portfolio.end(a_customer("gone"), "price", **BY).after,
    ]

    assert portfolio.transfers(customers, "ann", at=MONDAY + DAY / 2) == ("mine", "as deputy", "coming")


# -- structure -----------------------------------------------------------------------------------


def test_a_customer_is_no_part_of_itself_or_of_its_own_parts() -> None:  # C016
    whole, part = a_customer("whole"), a_customer("part", parent="whole")

    with pytest.raises(GuardNotMet, match="no part of itself"):
        portfolio.place(whole, whole, **BY)
    with pytest.raises(PolicyViolation, match="itself a part of this one"):
        portfolio.place(whole, part, ancestors=["whole"], **BY)
    assert portfolio.place(part, None, **BY).after.parent is None


parents = st.dictionaries(st.integers(0, 9), st.none() | st.integers(0, 9), max_size=10)


@given(parents)
def test_a_structure_is_a_tree_or_refused_and_totals_count_everybody_once(links: dict[int, int | None]) -> None:  # C016
    customers = [
        evolve(a_customer(str(id)), parent=None if parent is None else str(parent)) for id, parent in links.items()
    ]

    def circular(id: int) -> bool:
        seen: set[int] = set()
        at: int | None = id
        while at is not None and at in links:
            if at in seen:
                return True
            seen.add(at)
            at = links[at]
        return False

    if any(map(circular, links)):
        with pytest.raises(InvalidValue, match="parts of each other"):
            portfolio.Hierarchy(customers)
        return
    tree = portfolio.Hierarchy(customers)
    figures: dict[str, float] = {customer.id: float(int(customer.id) + 1) for customer in customers}
    totals = tree.rollup(figures)
    tops = [customer.id for customer in customers if not tree.above(customer.id)]
    assert sum(totals[top] for top in tops) == sum(figures.values())
    for customer in customers:
        assert totals[customer.id] == figures[customer.id] + sum(figures[each] for each in tree.below(customer.id))
        assert all(customer.id in list(tree.below(each)) for each in tree.above(customer.id))


def test_the_names_of_those_that_are_parts_of_each_other_are_told() -> None:  # C016
    with pytest.raises(InvalidValue, match="b, c"):
        portfolio.Hierarchy([a_customer("a"), a_customer("b", parent="c"), a_customer("c", parent="b")])


# -- the lifecycle -------------------------------------------------------------------------------


def test_the_states_of_a_customer() -> None:  # C003, C016
    assert LIFECYCLE.states == ("prospect", "active", "dormant", "former", "archived", "erased")
    assert (LIFECYCLE.resting, LIFECYCLE.final) == (frozenset({"former", "archived"}), frozenset({"erased"}))


def take(customer: Customer, action: str, at: datetime) -> Customer:
    who: dict[str, Any] = {"by": "ann", "at": at}
    commands: dict[str, Any] = {
        "activate": lambda: portfolio.activate(customer, **who),
        "lapse": lambda: portfolio.lapse(customer, heard_of=at - 400 * DAY, **who),
        "reactivate": lambda: portfolio.reactivate(
            customer, account_manager=None if customer.state == "dormant" else "bob", **who
        ),
        "end": lambda: portfolio.end(customer, "price", **who),
        "archive": lambda: portfolio.remove(customer, "old", **who),
        "erase": lambda: portfolio.remove(customer, "asked for", mode="erase", **who),
        "assign_manager": lambda: portfolio.assign_manager(customer, "cem", **who),
    }
    after: Customer = commands[action]().after
    return after


ACTIONS = ("activate", "lapse", "reactivate", "end", "archive", "erase", "assign_manager")


@given(st.lists(st.sampled_from(ACTIONS), max_size=8))
def test_while_a_customer_is_served_somebody_looks_after_it_and_the_times_are_told(actions: list[str]) -> None:  # C013
    customer, at = a_customer(), MONDAY
    for action in actions:
        at += DAY
        copy = evolve(customer)
        if action not in LIFECYCLE.allowed(customer):
            with pytest.raises(TransitionNotAllowed):
                take(customer, action, at)
            continue
        try:
            customer = take(customer, action, at)
        except RuleError:
            assert (action, customer.state, customer.contacts) == ("reactivate", customer.state, ())
        assert copy == evolve(copy)

        is_served = customer.state in ("active", "dormant")
        assert (customer.ended_at is None) == is_served
        assert (customer.account_manager is not None) == is_served
        for served in customer.served:
            middle = served.since + ((served.until or at + DAY) - served.since) / 2
            assert portfolio.manager_at(customer, middle) is not None
    assert customer.activated_at == MONDAY


def test_a_day_in_another_zone_is_the_same_day() -> None:
    east = timezone(timedelta(hours=9))
    customer = portfolio.assign_manager(a_customer(), "bob", since=(MONDAY + DAY).astimezone(east), **BY).after

    found = portfolio.manager_at(customer, (MONDAY + DAY).astimezone(UTC))
    assert found is not None
    assert found.manager == "bob"

"""What customers need and plan is kept with its source, passed on once, and answered."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.errors import GuardNotMet, InvalidValue, PolicyViolation, TransitionNotAllowed
from servicecrm.reviews import Need, NeedKind, Route, needs, wanted
from tests.reviews.making import ANN, DAY, MONDAY, a_need, confirmed

LATER = MONDAY + DAY


def routed(id: str = "n-1", **changes: object) -> Need:
    return needs.route(confirmed(id, **changes), "service_portfolio", target="SRV-1", by=ANN, at=LATER).after


def test_a_need_goes_from_a_meeting_to_an_answer() -> None:  # C086, S0-I3
    need = needs.satisfy(routed(), "The garden has water.", by=ANN, at=LATER).after

    assert (need.state, need.source_kind, need.source) == ("satisfied", "meeting", "m-1")
    assert (need.route, need.answer, need.ended_at) == (Route.SERVICE_PORTFOLIO, "The garden has water.", LATER)


def test_what_is_declined_is_answered() -> None:  # C086
    for need in (a_need(), confirmed(), routed()):
        with pytest.raises(InvalidValue, match="answer"):
            needs.decline(need, " ", by=ANN, at=LATER)
        declined = needs.decline(need, "There is no pipe.", by=ANN, at=LATER).after
        assert (declined.state, declined.answer, declined.ended_at) == ("declined", "There is no pipe.", LATER)
    with pytest.raises(TransitionNotAllowed):
        needs.satisfy(confirmed(), "Done.", by=ANN, at=LATER)


def test_a_need_is_passed_on_only_when_it_is_confirmed_and_may_be_passed_on_again() -> None:  # C086
    with pytest.raises(TransitionNotAllowed):
        needs.route(a_need(), Route.AGREEMENTS, by=ANN, at=LATER)
    again = needs.route(routed(), "agreements", target="AGR-1", by=ANN, at=LATER).after
    assert (again.route, again.target, again.state) == (Route.AGREEMENTS, "AGR-1", "routed")
    with pytest.raises(InvalidValue, match="route"):
        needs.route(confirmed(), "the bin", by=ANN, at=LATER)


def test_a_need_is_put_right_until_somebody_goes_on_with_it() -> None:  # C086
    need = needs.edit(confirmed(), kind="plan", service=None, horizon=date(2027, 1, 1), by=ANN, at=LATER).after

    assert (need.kind, need.service, need.horizon) == (NeedKind.PLAN, None, date(2027, 1, 1))
    with pytest.raises(TransitionNotAllowed):
        needs.edit(routed(), text="More water", by=ANN, at=LATER)
    with pytest.raises(InvalidValue, match="nothing is given"):
        needs.edit(need, by=ANN, at=LATER)
    with pytest.raises(InvalidValue, match="cannot change customer"):
        needs.edit(need, customer="x", by=ANN, at=LATER)  # type: ignore[call-arg]


def test_a_duplicate_names_the_first_one() -> None:  # C086
    first, second = confirmed("n-1"), confirmed("n-2")
    linked = needs.link(second, first, by=ANN, at=LATER).after

    assert linked.duplicate_of == "n-1"
    assert needs.link(linked, None, by=ANN, at=LATER).after.duplicate_of is None
    for wrong in (second, linked):
        with pytest.raises(PolicyViolation, match="duplicate_of"):
            needs.link(second, wrong, by=ANN, at=LATER)


def test_nothing_lies_before_what_it_follows() -> None:
    early: dict[str, Any] = {"by": ANN, "at": LATER, "occurred_at": MONDAY - DAY}
    with pytest.raises(PolicyViolation, match="captured"):
        needs.confirm(a_need(), **early)
    with pytest.raises(PolicyViolation, match="captured"):
        needs.decline(a_need(), "No.", **early)
    with pytest.raises(PolicyViolation, match="confirmed"):
        needs.route(confirmed(), "agreements", **early)
    with pytest.raises(PolicyViolation, match="went on"):
        needs.satisfy(routed(), "Done.", **early)
    with pytest.raises(GuardNotMet):
        needs.LIFECYCLE.step(confirmed(), "route")


def test_a_need_of_several_customers_is_exported_once_with_their_number() -> None:  # C086
    first = routed("n-1", horizon=date(2027, 1, 1))
    second = confirmed("n-2", customer="town-hall", horizon=date(2026, 9, 1))
    twin = needs.link(second, first, by=ANN, at=LATER).after
    other = routed("n-3", text="Gas")
    gone = needs.decline(routed("n-4"), "No.", by=ANN, at=LATER).after
    elsewhere = needs.route(confirmed("n-5"), "agreements", by=ANN, at=LATER).after

    found = wanted([other, gone, twin, first, elsewhere], "service_portfolio")
    assert [each.needs for each in found] == [("n-1", "n-2"), ("n-3",)]
    assert found[0].to_dict() == {  # C130
        "need": "n-1",
        "kind": "need",
        "text": "Water in the garden",
        "service": "water",
        "route": "service_portfolio",
        "target": "SRV-1",
        "state": "routed",
        "horizon": "2026-09-01",
        "customers": 2,
        "needs": 2,
    }
    assert {each.needs[0] for each in wanted([other, gone, twin, first, elsewhere])} == {"n-1", "n-3", "n-5"}
    assert "garden" not in repr(found)


def test_a_duplicate_stands_for_the_first_one_if_that_was_declined() -> None:  # C086
    first = confirmed("n-1")
    twin = needs.route(needs.link(confirmed("n-2"), first, by=ANN, at=LATER).after, "agreements", by=ANN, at=LATER)
    gone = needs.decline(first, "Not for you.", by=ANN, at=LATER).after

    assert [(each.needs, each.route) for each in wanted([gone, twin.after])] == [(("n-2",), Route.AGREEMENTS)]
    assert [each.route for each in wanted([first, twin.after])] == [Route.AGREEMENTS]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=8))
def test_no_need_is_lost_or_counted_twice(given: list[tuple[str, bool]]) -> None:  # C086
    head = a_need("head")
    every = [head]
    for n, (customer, same) in enumerate(given):
        need = a_need(f"n-{n}", customer=customer)
        every.append(needs.link(need, head, by=ANN, at=LATER).after if same else need)

    found = wanted(every)
    assert sorted(id for each in found for id in each.needs) == sorted(need.id for need in every)
    assert [len(each.customers) for each in found] == sorted((len(each.customers) for each in found), reverse=True)

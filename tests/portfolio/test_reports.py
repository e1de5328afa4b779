"""The portfolio says what is missing on it, and how many customers come, stay and go."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm import portfolio
from servicecrm.errors import InvalidValue
from servicecrm.kernel.records import evolve
from servicecrm.kernel.values import ContactKind, ContactPoint, Period
from servicecrm.portfolio import CHECKLIST, LIFECYCLE, Channel, Gap, PortfolioPolicy, Purpose
from servicecrm.testing.makers import MONDAY
from tests.portfolio.making import BY, DAY, a_contact, a_customer

MAIL = ContactPoint(kind=ContactKind.EMAIL, value="help@city.example")
OURS = PortfolioPolicy(channels=[Channel(purpose=each, points=(MAIL,)) for each in Purpose])  # type: ignore[arg-type]


def test_the_gaps_are_the_defects_and_no_others() -> None:  # C014, C024
    good = a_customer("good", verified=True)
    customers = [
        good,
        a_customer("stale", verified=False),
        a_customer("no contact", contacts=[a_contact(until=MONDAY + DAY)], verified=True),
        portfolio.add(id="prospect", name="Not served", **BY).after,
        portfolio.end(a_customer("left"), "price", **BY).after,
    ]

    found = portfolio.gaps(customers, at=MONDAY + 2 * DAY, policy=OURS)
    assert found == (Gap(customer="stale", code="verified"), Gap(customer="no contact", code="contact"))
    assert portfolio.gaps([good], at=MONDAY) == tuple(
        Gap(customer="good", code="channel", purpose=purpose) for purpose in ("complaints", "escalation", "ordering")
    )


def test_a_part_uses_the_channels_of_what_it_is_a_part_of() -> None:  # C014
    whole = a_customer("whole", verified=True)
    for purpose in ("complaints", "escalation", "ordering"):
        whole = portfolio.set_channel(whole, purpose, [MAIL], **BY).after

    assert portfolio.gaps([whole, a_customer("part", parent="whole", verified=True)], at=MONDAY) == ()


def test_coverage_and_currency_are_shares_of_those_served() -> None:  # K04, K05, S0-O1
    current, stale = a_customer("a", verified=True), a_customer("b")

    assert portfolio.manager_coverage([current, stale], at=MONDAY) == 1
    assert portfolio.currency([current, stale], at=MONDAY + 365 * DAY) == 0.5
    assert portfolio.currency([current, stale], at=MONDAY + 366 * DAY) == 0
    assert portfolio.currency([], at=MONDAY) is None
    assert portfolio.manager_coverage([current], at=MONDAY - DAY) is None


def test_whoever_left_and_came_back_in_the_period_is_lost_and_no_churn() -> None:  # K01, K02, K03
    left = portfolio.end(a_customer("left"), "quality", by="ann", at=MONDAY + 3 * DAY).after
    back = portfolio.end(a_customer("back"), "price", by="ann", at=MONDAY + 3 * DAY).after
    back = portfolio.reactivate(back, account_manager="ann", by="ann", at=MONDAY + 5 * DAY).after
    new = a_customer("new", at=MONDAY + 4 * DAY)

    found = portfolio.coming_and_going(
        [left, back, new, a_customer("stays")], Period(start=MONDAY + DAY, end=MONDAY + 10 * DAY)
    )
    assert (found.at_start, found.at_end, found.new, found.lost) == (3, 3, 1, 2)
    assert found.lost_by == {"": 1, "quality": 1}  # who is back has no reason any more
    assert found.churn == pytest.approx(1 / 3)
    assert found.retention == pytest.approx(2 / 3)
    with pytest.raises(InvalidValue):
        portfolio.coming_and_going([], Period(start=MONDAY))


def test_who_comes_and_who_leaves_at_the_very_start_does_so_in_the_period() -> None:  # K01, K02
    leaving = portfolio.end(a_customer("leaving"), "price", by="ann", at=MONDAY + DAY).after
    coming = a_customer("coming", at=MONDAY + DAY)

    found = portfolio.coming_and_going([leaving, coming], Period(start=MONDAY + DAY, end=MONDAY + 2 * DAY))
    assert (found.at_start, found.at_end, found.new, found.lost, found.churn) == (1, 1, 1, 1, 1.0)


@given(st.lists(st.tuples(st.integers(0, 20), st.none() | st.integers(0, 20)), max_size=8), st.integers(1, 19))
def test_months_add_up_to_the_year(stays: list[tuple[int, int | None]], middle: int) -> None:  # K01, K02
    customers = []
    for n, (came, stayed) in enumerate(stays):
        customer = a_customer(str(n), at=MONDAY + came * DAY)
        if stayed is not None:
            customer = portfolio.end(customer, "price", by="ann", at=MONDAY + (came + stayed) * DAY).after
        customers.append(customer)

    def figures(first: int, last: int) -> Any:
        return portfolio.coming_and_going(customers, Period(start=MONDAY + first * DAY, end=MONDAY + last * DAY))

    whole, one, other = figures(0, 50), figures(0, middle), figures(middle, 50)
    assert whole.new == one.new + other.new == len(stays)
    assert whole.lost == one.lost + other.lost
    assert one.at_end == other.at_start
    for each in (whole, one, other):
        assert each.at_end == each.at_start + each.new - each.lost
        assert each.churn is None or each.churn + each.retention == 1


# -- the checklist -------------------------------------------------------------------------------


def test_a_bare_prospect_lacks_nothing_and_an_active_customer_is_told_what_it_lacks() -> None:  # C007
    bare = portfolio.add(id="c-1", name="Harbour Cafe", **BY).after
    assert CHECKLIST.check(bare).percent == 100

    report = CHECKLIST.check(a_customer())
    assert (report.missing, report.percent) == ((), 50)
    assert [line.path for line in report.warnings] == ["channels", "services", "classes", "language", "verified_at"]


def test_a_customer_that_lost_what_it_must_have_is_told_so() -> None:  # C007
    report = CHECKLIST.check(evolve(a_customer(), contacts=(), managers=()))
    assert [line.path for line in report.missing] == ["contacts", "managers"]


@pytest.mark.parametrize("state", LIFECYCLE.states)
def test_every_state_can_be_checked(state: str) -> None:  # C007
    assert CHECKLIST.lines_in(state) or state in ("archived", "erased")

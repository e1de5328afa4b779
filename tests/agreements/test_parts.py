"""What is agreed with a customer covers its parts, unless they have agreed on something themselves."""

from collections.abc import Iterator
from datetime import datetime

import pytest

from servicecrm import portfolio
from servicecrm.agreements import Agreement, Line, ServiceLevels, TimeTarget
from servicecrm.agreements.evaluating import TimerResult
from servicecrm.desk import Desk, connect
from servicecrm.desk.agreement_timers import timers_under
from servicecrm.testing import FixedClock, SeededIds
from tests.agreements.making import ANN, HOUR

Tree = dict[str, str]


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def crm(clock: FixedClock) -> Iterator[Desk]:
    """A desk, where Ann works."""
    with connect("memory:", actor=ANN, clock=clock, ids=SeededIds()) as crm:
        yield crm


@pytest.fixture
def tree(crm: Desk) -> Tree:
    """The ids of a holding, of a group in it, of a branch of the group, and of a stranger."""
    found: Tree = {}
    for name, parent in {"holding": None, "group": "holding", "branch": "group", "stranger": None}.items():
        found[name] = crm.customers.add(name=name, parent=None if parent is None else found[parent]).id
    return found


def within(time: str) -> ServiceLevels:
    return ServiceLevels(times=(TimeTarget(timer="resolution", within=time),))


def agreed(crm: Desk, customer: str, time: str) -> Agreement:
    """An agreement about water that both have signed today."""
    line = Line(service="water", levels=within(time))
    drafted = crm.agreements.draft(customer=customer, title="Water", lines=[line], first_day=crm.clock().date())
    crm.agreements.propose(drafted.id)
    crm.agreements.accept(drafted.id, "customer")
    crm.agreements.sign(drafted.id, "customer")
    return crm.agreements.sign(drafted.id, "provider")


def agreed_in_general(crm: Desk, customer: str, time: str) -> None:
    drafted = crm.general_agreements.draft(
        "In time.", customer=customer, first_day=crm.clock().date(), levels=within(time)
    )
    crm.general_agreements.sign(drafted.id, "customer")
    crm.general_agreements.sign(drafted.id, "provider")


def complain(crm: Desk, customer: str) -> str:
    return crm.complaints.record(subject="No water", channel="phone", customer=customer, service="water").id


def due(crm: Desk, complaint: str) -> datetime | None:
    return crm.timers(complaint)["resolution"].due_at


def after(crm: Desk, hours: int) -> datetime:
    return crm.clock() + hours * HOUR


def results(crm: Desk, agreement: Agreement) -> list[TimerResult]:
    return crm.perform(lambda work: timers_under(work, agreement, crm.clock()), readonly=True)


def test_a_complaint_of_a_branch_is_due_by_the_nearest_agreement_above_it(crm: Desk, tree: Tree) -> None:  # C016, C031
    usual = due(crm, complain(crm, tree["branch"]))
    agreed(crm, tree["holding"], "9h elapsed")
    assert due(crm, complain(crm, tree["branch"])) == after(crm, 9)

    agreed_in_general(crm, tree["group"], "7h elapsed")
    assert due(crm, complain(crm, tree["branch"])) == after(crm, 7)
    agreement = agreed(crm, tree["branch"], "2h elapsed")
    assert due(crm, complain(crm, tree["branch"])) == after(crm, 2)
    assert crm.services.entitlement(tree["branch"], "water").counting[0].of == agreement.id

    assert due(crm, complain(crm, tree["group"])) == after(crm, 7)
    assert due(crm, complain(crm, tree["holding"])) == after(crm, 9)
    assert due(crm, complain(crm, tree["stranger"])) == due(crm, complain(crm, "of the host")) == usual


def test_a_branch_that_leaves_the_group_keeps_its_times_for_what_is_open(crm: Desk, tree: Tree) -> None:  # C016, C031
    agreed(crm, tree["group"], "7h elapsed")
    mine = complain(crm, tree["branch"])

    crm.customers.place(tree["branch"], None)
    crm.complaints.acknowledge(mine)

    assert due(crm, mine) == after(crm, 7)
    assert due(crm, complain(crm, tree["branch"])) != after(crm, 7)


def test_an_agreement_is_judged_by_its_branches_too_but_not_by_what_they_agreed_themselves(  # C016, C032
    crm: Desk, clock: FixedClock, tree: Tree
) -> None:
    agreement = agreed(crm, tree["holding"], "9h elapsed")
    whole, part = (crm.complaints.get(complain(crm, tree[name])) for name in ("holding", "branch"))
    complain(crm, tree["stranger"])
    clock.advance(minutes=1)
    agreed_in_general(crm, tree["group"], "7h elapsed")
    complain(crm, tree["branch"])
    clock.advance(hours=10)
    crm.sweep()

    found = results(crm, agreement)

    assert sorted((each.record, each.timer, each.met) for each in found) == [
        (whole.number, "resolution", False),
        (part.number, "resolution", False),
    ]


def test_customers_that_are_parts_of_each_other_after_an_import_are_covered_once(  # C016, C031, C032
    crm: Desk, clock: FixedClock, tree: Tree
) -> None:
    agreement = agreed(crm, tree["holding"], "7h elapsed")
    holding, branch = crm.customers.get(tree["holding"]), crm.customers.get(tree["branch"])
    crm.save(portfolio.place(holding, branch, by=ANN, at=crm.clock()))  # nobody told it who is above the branch
    mine = crm.complaints.get(complain(crm, tree["branch"]))

    assert due(crm, mine.id) == after(crm, 7)
    clock.advance(hours=8)
    crm.sweep()
    assert [each.record for each in results(crm, agreement)] == [mine.number]


@pytest.mark.parametrize(("merged", "into"), [("group", "stranger"), ("stranger", "group")])
def test_what_was_agreed_with_either_of_two_that_are_merged_covers_the_parts_of_both(  # C015, C016, C031, C032
    crm: Desk, clock: FixedClock, tree: Tree, merged: str, into: str
) -> None:
    agreement = agreed(crm, tree["stranger"], "7h elapsed")
    before = crm.complaints.get(complain(crm, tree["branch"]))

    crm.customers.merge(tree[merged], tree[into])

    since = [crm.complaints.get(complain(crm, tree[name])) for name in (into, "branch")]
    assert [due(crm, each.id) for each in since] == [after(crm, 7)] * 2
    assert due(crm, complain(crm, tree["holding"])) != after(crm, 7)
    clock.advance(hours=8)
    crm.sweep()
    found = {each.record for each in results(crm, agreement)}
    assert found == {each.number for each in since}
    assert before.number not in found

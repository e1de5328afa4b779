"""A snapshot of the portfolio is taken once, and two of them tell what has changed."""

from datetime import datetime
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.analytics.portfolio_view import PortfolioLine
from servicecrm.errors import InvalidValue
from servicecrm.kernel.records import evolve, field_names, personal_fields
from servicecrm.portfolio import Gap, LineChange, PortfolioSnapshot, SnapshotLine, snapshots
from servicecrm.portfolio.snapshot_events import PortfolioSnapshotTaken
from servicecrm.portfolio.snapshot_model import MOST
from servicecrm.testing.makers import MONDAY
from tests.portfolio.making import BY, DAY, a_line, a_snapshot

LINES = st.lists(
    st.builds(
        a_line,
        st.sampled_from("abcdef"),
        account_manager=st.sampled_from(["ann", "bob", None]),
        agreements=st.integers(0, 2),
        open_complaints=st.integers(0, 2),
    ),
    unique_by=lambda line: line.customer,
)
GAPS = st.lists(
    st.builds(Gap, customer=st.sampled_from("abcdef"), code=st.sampled_from(["contact", "verified"])), unique=True
)
SNAPSHOTS = st.builds(lambda lines, gaps: a_snapshot(*lines, gaps=gaps), LINES, GAPS)


def test_taking_it_says_how_many_customers_it_holds_and_names_its_content() -> None:  # C024
    decision = snapshots.take([a_line(), a_line("c-2")], id="s-1", manager="ann", **BY)
    (event,) = decision.events

    assert decision.before is None
    assert isinstance(event, PortfolioSnapshotTaken)
    assert (event.by.id, event.occurred_at, event.recorded_at) == ("ann", MONDAY, MONDAY)
    assert (event.customers, event.digest) == (2, decision.after.digest)
    assert (decision.after.manager, decision.after.taken_at) == ("ann", MONDAY)


@given(SNAPSHOTS, st.data())
def test_its_digest_is_that_of_its_content_and_of_nothing_else(taken: PortfolioSnapshot, data: st.DataObject) -> None:
    others: dict[str, Any] = {
        "taken_at": MONDAY + DAY,
        "manager": "bob",
        "lines": (*taken.lines, a_line("another")),
        "gaps": (*taken.gaps, Gap(customer="another", code="contact")),
    }
    name = data.draw(st.sampled_from(sorted(others)))

    assert evolve(taken, id="s-2", revision=7).digest == taken.digest
    assert evolve(taken, **{name: others[name]}).digest != taken.digest
    assert {*field_names(PortfolioSnapshot)} == {*others, "id", "revision"}


def test_nothing_personal_is_in_it() -> None:  # C011
    nested = (PortfolioSnapshot, SnapshotLine, Gap)
    assert [personal_fields(each) for each in nested] == [frozenset()] * len(nested)
    assert {*field_names(PortfolioLine)} - {*field_names(SnapshotLine)} == {"id", "name"}


def test_a_customer_has_one_line_and_a_snapshot_has_a_limit() -> None:
    with pytest.raises(InvalidValue, match="one line"):
        a_snapshot(a_line(), a_line())
    every = [a_line(f"c-{n}") for n in range(MOST + 1)]
    with pytest.raises(InvalidValue, match="at most 10,000 customers; take one for each manager"):
        a_snapshot(*every)
    assert len(a_snapshot(*every[1:]).lines) == MOST


@pytest.mark.parametrize(
    "told",
    [{"manager": " "}, {"at": datetime(2026, 3, 2)}, {"gaps": "contact"}, {"id": ""}],
    ids=lambda told: next(iter(told)),
)
def test_what_is_no_snapshot_is_refused(told: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue):
        a_snapshot(a_line(), **told)


# -- two of them -----------------------------------------------------------------------------------


@given(SNAPSHOTS, SNAPSHOTS)
def test_changes_lead_from_one_snapshot_to_the_other(earlier: PortfolioSnapshot, later: PortfolioSnapshot) -> None:
    # C024
    found = snapshots.changes(earlier, later)
    lines = {line.customer: line for line in earlier.lines if line.customer not in found.left}
    for change in found.changed:
        assert getattr(lines[change.customer], change.what) == change.was != change.now
        lines[change.customer] = evolve(lines[change.customer], **{change.what: change.now})
    after = {line.customer: line for line in later.lines}

    assert {*lines, *found.came} == {*after}
    for id, line in lines.items():
        assert {name: getattr(line, name) for name in snapshots.COMPARED} == {
            name: getattr(after[id], name) for name in snapshots.COMPARED
        }
    assert {*earlier.gaps} - {*found.closed} | {*found.opened} == {*later.gaps}


@given(SNAPSHOTS, SNAPSHOTS)
def test_the_other_way_round_who_came_has_left(one: PortfolioSnapshot, other: PortfolioSnapshot) -> None:
    there, back = snapshots.changes(one, other), snapshots.changes(other, one)

    assert (there.came, there.left) == (back.left, back.came)
    assert (there.opened, there.closed) == (back.closed, back.opened)
    assert {(each.customer, each.what, each.now, each.was) for each in there.changed} == {
        (each.customer, each.what, each.was, each.now) for each in back.changed
    }
    assert not any(attrs.astuple(snapshots.changes(one, one)))


def test_what_changes_every_day_is_no_change() -> None:
    busy: dict[str, Any] = {"open_complaints": 3, "heard_at": MONDAY, "satisfaction": 1.0, "verified_at": MONDAY}
    found = snapshots.changes(a_snapshot(a_line()), a_snapshot(a_line(account_manager="bob", agreements=2, **busy)))

    assert found.changed == (
        LineChange("c-1", "account_manager", "ann", "bob"),
        LineChange("c-1", "agreements", 0, 2),
    )


def test_snapshots_that_say_nothing_about_each_other_are_not_compared() -> None:
    with pytest.raises(InvalidValue, match="of one account manager"):
        snapshots.changes(a_snapshot(), a_snapshot(manager="ann"))
    with pytest.raises(InvalidValue, match="name the earlier one first"):
        snapshots.changes(a_snapshot(at=MONDAY + DAY), a_snapshot())

"""How it stood with all customers is kept as it was, whatever becomes of them."""

import io
from datetime import timedelta
from typing import Any

import pytest

from servicecrm import portfolio
from servicecrm.agreements.model import Agreement
from servicecrm.desk import Desk, House, connect
from servicecrm.errors import IdempotencyMismatch, InvalidValue, NotFound, NotPermitted
from servicecrm.kernel.filters import where
from servicecrm.kernel.records import field_names
from servicecrm.portfolio import Customer, LineChange, PortfolioSnapshot, SnapshotLine, snapshots
from servicecrm.storage.ports import Fact
from servicecrm.testing import FixedClock
from servicecrm.testing.makers import MONDAY
from servicecrm.tracking.responsibility import from_lifecycle
from servicecrm.tracking.rights import ByMatrix
from tests.desk.calling import bring
from tests.desk.calls.portfolio import PHONE

CANARY = "Canary of the Mill"
YEAR = timedelta(days=365)


def served(crm: Desk, name: str = "Cafe", *, manager: str = "ann", **told: Any) -> Customer:
    mia = portfolio.contact(CANARY, id=f"mia at {name}", points=[PHONE])
    return crm.customers.add(name=name, contacts=[mia], account_manager=manager, **told)


def lines_of(taken: PortfolioSnapshot) -> dict[str, SnapshotLine]:
    return {line.customer: line for line in taken.lines}


def text_of(crm: Desk, taken: PortfolioSnapshot) -> str:
    """All that is kept of it: its document and its history."""
    kept = io.StringIO()
    crm.export(kept)
    return "\n".join(line for line in kept.getvalue().splitlines() if taken.id in line)


def test_a_year_later_it_is_as_it_was_and_names_nobody(crm: Desk, clock: FixedClock) -> None:  # C024, C011
    cafe, bar, mill, gone = (served(crm, name) for name in ("Cafe", "Bar", CANARY, "Inn"))
    crm.complaints.record(subject=CANARY, channel="phone", customer=bar.id)
    crm.interactions.record(CANARY, kind="call", direction="inbound", customer=mill.id)
    taken = crm.portfolio_snapshots.take(satisfaction={cafe.id: 8.5})
    text, history = text_of(crm, taken), crm.history(taken.id)

    clock.advance(seconds=YEAR.total_seconds())
    crm.customers.update(cafe.id, name="Another", services=["water"], verified=True)
    crm.customers.assign_manager(cafe.id, "bob")
    crm.customers.merge(bar.id, cafe.id)
    crm.customers.end(gone.id, "price")
    crm.privacy.forget(mill.id, "asked for it")
    assert crm.customers.get(mill.id).state == "erased"

    again = crm.portfolio_snapshots.get(taken.id)
    assert (again, again.revision, again.digest) == (taken, 1, taken.digest)
    assert crm.history(taken.id) == history
    assert [(entry.type, entry.data["digest"]) for entry in history] == [("portfolio_snapshot.taken", again.digest)]
    assert text_of(crm, taken) == text
    assert mill.id in text
    assert CANARY not in text
    crm.store.verify()


def test_it_tells_what_the_view_tells_of_all_customers_page_by_page(
    crm: Desk, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:  # C024, K01
    monkeypatch.setattr("servicecrm.desk.portfolio_snapshots.PAGE", 2)
    agreed: Agreement = bring(crm, "agreements", "in_force")
    for n in range(4):
        clock.advance(minutes=1)
        served(crm, f"Cafe {n}", deputy="dan", services=["gas", "water"], verified=n == 1)
    crm.complaints.record(subject="Dry", channel="phone", customer=agreed.customer)
    crm.customers.end(served(crm, "Inn").id, "price")
    scores = {agreed.customer: 4}

    taken = crm.portfolio_snapshots.take(satisfaction=scores)
    view = crm.customers.view(order="added_at", satisfaction=scores)
    same = {*field_names(SnapshotLine)} - {"customer"}
    assert [line.customer for line in taken.lines] == [line.id for line in view]
    for line, seen in zip(taken.lines, view, strict=True):
        assert {name: getattr(line, name) for name in same} == {name: getattr(seen, name) for name in same}
    assert (lines_of(taken)[agreed.customer].agreements, lines_of(taken)[agreed.customer].open_complaints) == (1, 1)
    assert taken.taken_at == clock()


def test_it_keeps_the_gaps_of_its_customers_who_may_use_the_channels_of_others(crm: Desk) -> None:  # C014, C024
    whole = served(crm, "Whole", manager="bob")
    for purpose in ("complaints", "escalation", "ordering"):
        crm.customers.set_channel(whole.id, purpose, [PHONE])
    part = served(crm, "Part", parent=whole.id)
    served(crm, "Bar", manager="bob")

    every, ours = crm.portfolio_snapshots.take(), crm.portfolio_snapshots.take(manager="ann")
    assert {*every.gaps} == {*crm.customers.gaps()}
    assert [(gap.customer, gap.code) for gap in ours.gaps] == [(part.id, "verified")]
    assert ([*lines_of(ours)], ours.manager) == ([part.id], "ann")


def test_customers_that_were_brought_as_parts_of_each_other_do_not_keep_it_busy_for_ever(crm: Desk) -> None:
    told: dict[str, Any] = {"contacts": [portfolio.contact("Mia", id="mia")], "by": "ann", "at": MONDAY}
    for id, parent in (("a", "b"), ("b", "a"), ("c", "a")):
        manager = "ann" if id == "c" else "bob"
        crm.save(portfolio.add(id=id, name=id, parent=parent, account_manager=manager, **told))

    assert {gap.customer for gap in crm.portfolio_snapshots.take(manager="ann").gaps} == {"c"}


def test_more_customers_than_it_may_hold_are_refused_and_nothing_is_kept(
    crm: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("desk.portfolio_snapshots", "portfolio.snapshot_model"):
        monkeypatch.setattr(f"servicecrm.{module}.MOST", 2)
    monkeypatch.setattr("servicecrm.desk.portfolio_snapshots.PAGE", 1)
    for n in range(3):
        served(crm, f"Cafe {n}", manager="bob" if n else "ann")

    with pytest.raises(InvalidValue, match="take one for each manager"):
        crm.portfolio_snapshots.take()
    assert crm.portfolio_snapshots.count() == 0
    assert len(crm.portfolio_snapshots.take(manager="bob").lines) == 2


def test_the_same_command_gives_what_was_kept_first(crm: Desk, clock: FixedClock) -> None:  # C125
    cafe = served(crm)
    taken = crm.portfolio_snapshots.take(command="2026-03")
    clock.advance(days=1)
    served(crm, "Bar")

    assert crm.portfolio_snapshots.take(command="2026-03", satisfaction={cafe.id: 3}) == taken
    assert crm.portfolio_snapshots.count() == 1
    with pytest.raises(IdempotencyMismatch):
        crm.portfolio_snapshots.take(manager="ann", command="2026-03")


def test_no_score_is_lost_without_a_word(crm: Desk) -> None:
    cafe, bar, inn = served(crm), served(crm, "Bar"), served(crm, "Inn", manager="bob")
    crm.customers.merge(bar.id, cafe.id)

    taken = crm.portfolio_snapshots.take(manager="ann", satisfaction={bar.id: 8, inn.id: 3})
    assert {id: line.satisfaction for id, line in lines_of(taken).items()} == {cafe.id: 8.0}
    both = crm.portfolio_snapshots.take(satisfaction={bar.id: 8, cafe.id: 9})
    assert lines_of(both)[cafe.id].satisfaction == 9.0
    with pytest.raises(NotFound):
        crm.portfolio_snapshots.take(satisfaction={"nobody": 4})
    with pytest.raises(InvalidValue):
        crm.portfolio_snapshots.take(satisfaction={cafe.id: 10**400})


def test_a_score_follows_its_customer_through_every_merge(crm: Desk) -> None:
    inn, bar, cafe = served(crm, "Inn"), served(crm, "Bar"), served(crm)
    crm.customers.merge(inn.id, bar.id)
    crm.customers.merge(bar.id, cafe.id)

    taken = crm.portfolio_snapshots.take(satisfaction={inn.id: 8})
    assert {id: line.satisfaction for id, line in lines_of(taken).items()} == {cafe.id: 8.0}


def test_the_last_one_of_a_manager_is_found(crm: Desk, clock: FixedClock) -> None:
    made = []
    for manager in (None, "ann", "bob", "ann", None):
        made.append(crm.portfolio_snapshots.take(manager=manager))
        clock.advance(days=1)

    def last(manager: str | None) -> PortfolioSnapshot:
        return next(crm.portfolio_snapshots.find(where("manager") == manager, order="-taken_at", limit=1))

    assert [last(manager) for manager in ("ann", "bob", None)] == [made[3], made[2], made[4]]
    assert crm.portfolio_snapshots.count(where("customers") == 0, where("taken_at") >= made[3].taken_at) == 2


def test_two_of_them_tell_what_has_changed(crm: Desk, clock: FixedClock) -> None:  # C024
    cafe, bar = served(crm), served(crm, "Bar")
    earlier = crm.portfolio_snapshots.take()
    clock.advance(days=1)
    crm.customers.assign_manager(cafe.id, "bob")
    crm.customers.update(cafe.id, verified=True)
    crm.customers.merge(bar.id, cafe.id)
    new = served(crm, "Inn", verified=True)
    later = crm.portfolio_snapshots.take()

    found = crm.portfolio_snapshots.changes(earlier.id, later.id)
    assert (found.came, found.left) == ((new.id,), (bar.id,))
    assert found.changed == (LineChange(cafe.id, "account_manager", "ann", "bob"),)
    assert {gap.customer for gap in found.opened} == {new.id}
    assert (cafe.id, "verified") in {(gap.customer, gap.code) for gap in found.closed}
    with pytest.raises(NotFound):
        crm.portfolio_snapshots.changes(earlier.id, "none")


def test_those_who_may_take_one_do_and_hooks_hear_of_it(crm: Desk) -> None:  # C004, C005
    heard: list[Fact] = []
    crm.on("portfolio_snapshot.taken", heard.append)
    rights = House(rights=ByMatrix(from_lifecycle(snapshots.LIFECYCLE)), roles={"manager": "ann"})
    served(crm)

    with pytest.raises(NotPermitted):
        connect(crm.store, actor="eve", clock=crm.clock, house=rights).portfolio_snapshots.take()
    taken = connect(crm.store, actor="ann", clock=crm.clock, house=rights).portfolio_snapshots.take()
    assert [(fact.record, fact.event.by.id) for fact in heard] == [(taken, "ann")]


def test_it_is_no_access_to_what_another_tenant_has(crm: Desk) -> None:
    served(crm)
    other = crm.tenant("south")
    taken = other.portfolio_snapshots.take()

    assert (taken.lines, taken.taken_at) == ((), MONDAY)
    with pytest.raises(NotFound):
        crm.portfolio_snapshots.get(taken.id)

"""An agreement and the one that follows it: the house is held to one of them at a time, whenever anybody looks."""

import logging
import sqlite3
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm import agreements
from servicecrm.agreements import Agreement, Line
from servicecrm.desk import Desk, connect
from servicecrm.testing import FixedClock, SeededIds
from tests.agreements.making import ANN, CAFE, DAY, MONDAY, at, in_force

LATER = st.integers(1, 60)
EXTENSIONS = st.sampled_from([None, "1 calendar week", "12 calendar months"])


def both_signed(agreement: Agreement) -> Agreement:
    agreement = agreements.propose(agreement, by=ANN, at=MONDAY).after
    agreement = agreements.accept(agreement, "customer", by=ANN, at=MONDAY).after
    for party in ("customer", "provider"):
        agreement = agreements.sign(agreement, party, by=ANN, at=MONDAY).after
    return agreement


def renewed(old: Agreement, first_day: date) -> tuple[Agreement, Agreement]:
    new, before = agreements.renew(old, id="a-2", by=ANN, at=MONDAY, first_day=first_day, extension=None)
    return before.after, both_signed(new.after)


def advanced(old: Agreement, new: Agreement, days: Sequence[int]) -> Agreement:
    for day in days:
        decision = agreements.advance(old, successor=new, by=ANN, at=MONDAY + day * DAY)
        old = old if decision is None else decision.after
    return old


@given(lasts=LATER, begins=LATER, extension=EXTENSIONS, looked=LATER)
def test_two_are_never_in_force_at_once(lasts: int, begins: int, extension: str | None, looked: int) -> None:  # C030
    today = MONDAY.date()
    first = in_force(last_day=today + lasts * DAY, extension=extension)
    old, new = renewed(first, today + begins * DAY)

    old = advanced(old, new, [looked])

    assert not (old.in_force(MONDAY + looked * DAY) and new.in_force(MONDAY + looked * DAY))


@given(
    lasts=LATER,
    begins=LATER,
    extension=EXTENSIONS,
    days=st.lists(LATER, max_size=5),
)
def test_it_ends_alike_however_often_and_late_anybody_looks(
    lasts: int, begins: int, extension: str | None, days: list[int]
) -> None:  # C030
    today = MONDAY.date()
    first = in_force(last_day=today + lasts * DAY, extension=extension)
    old, new = renewed(first, today + begins * DAY)

    assert advanced(old, new, [*sorted(days), 90]) == advanced(old, new, [90])


def test_what_was_extended_before_its_successor_began_stays_so() -> None:  # C030
    old, new = renewed(in_force(last_day=date(2026, 3, 8), extension="1 calendar week"), date(2026, 3, 18))

    decision = agreements.advance(old, successor=new, by=ANN, at=at(2026, 4, 1))

    assert decision is not None
    assert [event.type for event in decision.events] == [
        "agreement.extended",
        "agreement.extended",
        "agreement.superseded",
    ]
    assert (decision.after.final_day, decision.after.ended_at) == (date(2026, 3, 22), at(2026, 3, 18))


def test_a_successor_that_is_ended_before_it_begins_takes_no_place() -> None:  # C030
    old, new = renewed(in_force(), date(2026, 4, 1))
    soon = date(2026, 3, 20)
    off = agreements.terminate(new, "customer", last_day=soon, override="both agree", by=ANN, at=MONDAY).after

    assert agreements.advance(old, successor=off, by=ANN, at=at(2026, 5, 1)) is None


# -- at the desk -----------------------------------------------------------------------------------


def concluded(crm: Desk, agreement: Agreement) -> Agreement:
    crm.agreements.propose(agreement.id)
    crm.agreements.accept(agreement.id, "customer")
    crm.agreements.sign(agreement.id, "customer")
    return crm.agreements.sign(agreement.id, "provider")


def agreed(crm: Desk, **terms: object) -> Agreement:
    given = {"title": "Water", "lines": [Line(service="water")], "first_day": crm.clock().date(), **terms}
    return concluded(crm, crm.agreements.draft(customer=CAFE, **given))  # type: ignore[arg-type]


@pytest.mark.parametrize("first_day", [date(2026, 3, 10), date(2026, 3, 11)])
def test_a_sweep_lets_the_successor_take_over_instead_of_an_extension(first_day: date) -> None:  # C030
    clock = FixedClock()
    with connect("memory:", actor=ANN, clock=clock, ids=SeededIds()) as crm:
        old = agreed(crm, last_day=date(2026, 3, 10), extension="12 calendar months")
        crm.sweep()
        new = concluded(crm, crm.agreements.renew(old.id, first_day=first_day, last_day=date(2027, 3, 10)))
        clock.advance(days=20)

        told = [(each.id, each.event.type) for each in crm.sweep().events]

        assert sorted(told) == sorted([(old.id, "agreement.superseded"), (new.id, "agreement.started")])
        assert [crm.agreements.get(each.id).state for each in (old, new)] == ["superseded", "in_force"]
        clock.advance(days=20)
        assert crm.sweep().events == ()


def test_an_agreement_that_cannot_be_read_stops_no_sweep(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:  # C029, C030
    clock, file = FixedClock(), tmp_path / "crm.db"
    with connect(file, actor=ANN, clock=clock, ids=SeededIds()) as crm:
        lines = ([Line(service=each)] for each in ("water", "gas"))
        bad, good = (agreed(crm, last_day=date(2026, 3, 10), lines=each) for each in lines)
        crm.sweep()
        with sqlite3.connect(file) as other:
            change = (
                "UPDATE servicecrm_agreement SET document = replace(document, '2026-03-10', '2026-02-30') WHERE id = ?"
            )
            assert other.execute(change, (bad.id,)).rowcount == 1
        other.close()
        clock.advance(days=20)

        with caplog.at_level(logging.WARNING, "servicecrm"):
            told = [(each.id, each.event.type) for each in crm.sweep().events]

        assert told == [(good.id, "agreement.expired")]
        assert [bad.id in message for message in caplog.messages] == [True]

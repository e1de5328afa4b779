"""The key figures of a store: what was done at the desk is what they count."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from servicecrm.analytics.board import BoardRules, Countermeasure
from servicecrm.complaints import Complaint
from servicecrm.desk import Desk
from servicecrm.desk.numbers import Numbers
from servicecrm.errors import InvalidValue
from servicecrm.kernel.values import Money
from servicecrm.testing import FixedClock
from servicecrm.tracking import Ladder, Rung, Targets, usual
from tests.desk.conftest import Bring

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def numbers(crm: Desk) -> Numbers:
    return Numbers(crm)


def ids(numbers: Numbers, *kpis: str, **asked: Any) -> list[tuple[str, ...]]:
    table = numbers.kpis("2026-03", **asked)
    return [table[kpi].hits or table[kpi].ids for kpi in kpis]


def close(crm: Desk, clock: FixedClock, complaint: Complaint) -> None:
    """Through to the end, judged and answered."""
    crm.complaints.judge(complaint.id, "justified", grounds="It was dry.")
    clock.advance(hours=1)
    crm.complaints.answer(complaint.id, "It runs again.")
    crm.complaints.close(complaint.id, "resolved")


def test_what_was_done_at_the_desk_is_counted(crm: Desk, clock: FixedClock, numbers: Numbers, bring: Bring) -> None:
    # C113, K13, K16-K20, K24, K25, K29
    waiting = bring(service="gas")
    clock.advance(hours=1)
    handled = bring("in_handling", service="water", received_at=clock() - HOUR)
    crm.complaints.forward(handled.id, "south")
    crm.complaints.message(handled.id, "Any news?", side="outside")
    at_once = bring("in_handling", service="water")
    close(crm, clock, handled)
    close(crm, clock, at_once)
    clock.advance(days=1)
    crm.complaints.reopen(handled.id, "It is dry again.")

    table = numbers.kpis("2026-03")
    assert table["K18"].n == 3
    assert table["K13"].value == 0.5  # one at once, one after an hour
    assert table["K16"].value == 0.5
    assert table["K24"].ids == tuple(sorted((waiting.id, handled.id)))
    assert ids(numbers, "K17", "K25", "K29") == [(handled.id,), (handled.id,), (at_once.id,)]
    assert table["K19"].n == 2
    assert numbers.kpis("2026-03", by="service").line("K24", group="gas").n == 1
    assert numbers.kpis("2026-02")["K18"].n == 0


def test_an_earlier_day_is_counted_as_it_was_known(
    crm: Desk, clock: FixedClock, numbers: Numbers, bring: Bring
) -> None:  # C113
    complaint = bring("in_handling")
    crm.complaints.forward(complaint.id, "south")
    begun = clock()
    clock.advance(days=1)
    close(crm, clock, complaint)
    closed = clock()
    clock.advance(days=1)
    (forwarded,) = (each for each in crm.complaints.get(complaint.id).moments if each.kind == "forwarded")
    crm.complaints.void(complaint.id, forwarded.n, reason="by mistake")

    assert [numbers.kpis("2026-03", as_of=at)["K24"].n for at in (begun, closed)] == [1, 0]
    assert [numbers.kpis("2026-03", as_of=at)["K20"].n for at in (begun, closed)] == [0, 1]
    assert [numbers.kpis("2026-03", as_of=at)["K16"].value for at in (closed, None)] == [1.0, 0.0]


def test_what_was_judged_or_passed_on_with_an_earlier_time_was_not_known_then(
    crm: Desk, clock: FixedClock, numbers: Numbers, bring: Bring
) -> None:  # C113, K20, K26
    complaint, other = bring("in_handling"), bring("in_handling")
    happened = clock.advance(hours=1)
    before = clock.advance(days=5)
    clock.advance(days=5)
    crm.complaints.judge(complaint.id, "justified", grounds="It was dry.", occurred_at=happened)
    crm.complaints.refer(other.id, "the office", whole=True, occurred_at=happened)

    for kpi in ("K20", "K26.external"):
        assert [len(numbers.kpis("2026-03", as_of=at)[kpi].hits) for at in (before, None)] == [0, 1]


def test_a_part_that_was_passed_on_counts_from_when_it_happened(
    crm: Desk, clock: FixedClock, numbers: Numbers, bring: Bring
) -> None:  # K26
    complaint = bring("in_handling")
    happened = clock.advance(hours=1)
    crm.complaints.refer(complaint.id, "the bank", whole=False)
    before = clock.advance(days=5)
    clock.advance(days=5)
    crm.complaints.refer(complaint.id, "the office", whole=True, occurred_at=happened)

    assert numbers.kpis("2026-03", as_of=before)["K26.external"].hits == (complaint.id,)


def test_what_was_answered_with_an_earlier_time_was_late_as_long_as_nobody_knew(
    crm: Desk, clock: FixedClock, numbers: Numbers, bring: Bring
) -> None:  # C113, K15, K23
    crm.policies.publish(Targets(targets=(usual("resolution", "4h business"),)), name="complaint", effective=clock())
    complaint = bring("in_handling")
    happened = clock.advance(hours=1)
    before = clock.advance(days=5)
    crm.sweep()
    clock.advance(days=5)
    crm.complaints.judge(complaint.id, "justified", grounds="It was dry.", occurred_at=happened)
    crm.complaints.answer(complaint.id, "It runs again.", occurred_at=happened)

    assert [numbers.kpis("2026-03", as_of=at)["K23"].value for at in (before, None)] == [0.0, 100.0]
    assert [numbers.kpis("2026-03", as_of=at)["K15"].n for at in (before, None)] == [1, 0]


def test_a_verdict_that_was_changed_later_counts_as_it_was(
    crm: Desk, clock: FixedClock, numbers: Numbers, bring: Bring
) -> None:  # C113, K19
    complaint = bring("in_handling")
    happened = clock.advance(hours=1)
    crm.complaints.judge(complaint.id, "justified", grounds="It was dry.")
    before = clock.advance(days=5)
    clock.advance(days=5)
    crm.complaints.judge(complaint.id, "unjustified", grounds="It was not.", occurred_at=happened)

    assert [numbers.kpis("2026-03", as_of=at)["K19"].n for at in (before, None)] == [1, 0]


def test_remedies_and_actions_are_counted(crm: Desk, clock: FixedClock, numbers: Numbers, bring: Bring) -> None:
    # K30, K32
    complaint = bring("in_handling")
    crm.complaints.offer(complaint.id, "compensation", amount=Money(amount=Decimal(5), currency="EUR"))
    crm.complaints.accept_remedy(complaint.id, 1)
    action = crm.actions.open(
        "Valve", source_kind="complaint", source=complaint.id, owner="north", due_at=clock() + DAY
    )
    clock.advance(days=3)

    table = numbers.kpis("2026-03")
    assert (table["K32"].value, table["K32"].unit) == (5.0, "EUR")
    assert table["K30.overdue"].ids == (action.id,)
    (left,) = numbers.follow_ups(status="overdue")
    assert (left.complaint, left.ended, left.days_late) == (complaint.id, False, 2)
    crm.complaints.withdraw(complaint.id)
    assert numbers.follow_ups()[0].ended


def test_a_step_up_a_ladder_is_an_escalation(crm: Desk, clock: FixedClock, numbers: Numbers, bring: Bring) -> None:
    # K15, K23, K26
    ladder = Ladder(rungs=(Rung(at="due", to="supervisor"),))
    target = usual("resolution", "4h business", ladder=ladder)
    crm.policies.publish(Targets(targets=(target,)), name="complaint", effective=clock())
    complaint = bring("in_handling")
    clock.advance(days=2)
    crm.sweep()

    assert ids(numbers, "K26", "K15") == [(complaint.id,), (complaint.id,)]
    assert numbers.kpis("2026-03")["K23"].value == 0.0


def test_cases_have_key_figures_of_their_own(crm: Desk, numbers: Numbers) -> None:  # K18, K24
    case = crm.cases.open(subject="Where is the office?", channel="phone")

    assert ids(numbers, "K18", "K24", of="case") == [(case.id,), (case.id,)]
    assert ids(numbers, "K18") == [()]
    assert [line.id for line in numbers.board(of="case")] == [case.id]
    with pytest.raises(InvalidValue, match="complaint, case"):
        numbers.kpis("2026-03", of="customer")


def test_the_board_shows_what_is_open(clock: FixedClock, numbers: Numbers, bring: Bring) -> None:  # C051
    old = bring("in_handling", category="leak")
    clock.advance(days=14)
    new = bring()
    board = numbers.board(by="category", rules=BoardRules(stalled_days=3))

    assert [line.id for line in board] == [old.id, new.id]
    assert [(line.age, line.stalled) for line in board] == [(10, True), (0, False)]
    assert board.lines[0].due_at is not None
    assert "answer_given" in board.lines[0].blockers
    assert Countermeasure.ESCALATE in board.lines[0].proposals
    assert {share.name: share.cases for share in board.groups} == {"leak": 1, None: 1}

"""Anybody proposes a change, and hears what becomes of it."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm import improvements
from servicecrm.errors import InvalidValue, PolicyViolation, TransitionNotAllowed
from servicecrm.improvements import LIFECYCLE, HandedTo, Origin, ProposalKind, rows, told, told_from
from servicecrm.improvements.checklist import PROPOSAL as CHECKLIST
from servicecrm.tracking.moments import Side
from tests.improvements.making import ANN, DAY, MONDAY, a_proposal, accepted, complaint

LATER = MONDAY + 2 * DAY


def test_a_proposal_from_five_complaints_is_handed_over_once_and_seen_from_each() -> None:  # C107, S3-O11
    proposal = accepted(raised_from=[complaint(n) for n in range(5)])
    proposal = improvements.hand_over(proposal, "change", target="CHG-7", by="olga", at=LATER).after

    assert (proposal.state, proposal.handed_to, proposal.target) == ("handed_over", HandedTo.CHANGE, "CHG-7")
    with pytest.raises(TransitionNotAllowed):
        improvements.hand_over(proposal, "improvement", by="olga", at=LATER)
    for n in range(5):
        (seen,) = told_from([proposal, a_proposal("p-2", raised_from=[])], "complaint", f"c-{n}")
        assert (seen.proposal, seen.state) == ("p-1", "handed_over")
        assert (seen.kind, seen.handed_to, seen.handed_over_at) == ("service", "change", LATER)
    assert told_from([proposal], "case", "c-1") == ()


def test_anybody_may_propose_from_inside_or_outside() -> None:  # C107, S3-O10, S3-O11
    outside = a_proposal(raised_by="harbour-cafe", side="outside", kind="process")

    assert (outside.raised_by, outside.side, outside.kind) == ("harbour-cafe", Side.OUTSIDE, ProposalKind.PROCESS)
    assert (a_proposal().raised_by, a_proposal().side) == (ANN, Side.INSIDE)
    assert LIFECYCLE.matrix()["edit"] == ("anyone",)


@pytest.mark.parametrize("make", [a_proposal, accepted])
def test_a_rejection_is_answered(make: Any) -> None:  # C107
    with pytest.raises(InvalidValue, match="answer"):
        improvements.reject(make(), " ", by="olga", at=LATER)
    rejected = improvements.reject(make(), "It costs too much.", by="olga", at=LATER).after

    assert (rejected.state, rejected.answer, rejected.decided_at) == ("rejected", "It costs too much.", LATER)
    with pytest.raises(TransitionNotAllowed):
        improvements.cite(rejected, [complaint(2)], by=ANN, at=LATER)


def test_what_is_not_accepted_is_not_handed_over() -> None:  # C107
    with pytest.raises(TransitionNotAllowed):
        improvements.hand_over(a_proposal(), "change", by="olga", at=LATER)
    with pytest.raises(InvalidValue, match="to"):
        improvements.hand_over(accepted(), "the moon", by="olga", at=LATER)


@given(st.lists(st.integers(1, 4), max_size=6), st.lists(st.integers(1, 4), min_size=1, max_size=6))
def test_each_record_is_named_once(first: list[int], more: list[int]) -> None:  # C107
    proposal = a_proposal(raised_from=map(complaint, first))
    cited = improvements.cite(proposal, map(complaint, more), by=ANN, at=LATER).after

    assert set(cited.raised_from) == {complaint(n) for n in (*first, *more)}
    assert len(set(cited.raised_from)) == len(cited.raised_from)
    assert cited.raised_from[: len(proposal.raised_from)] == proposal.raised_from


def test_what_is_proposed_is_changed_until_it_is_decided_about() -> None:  # C107
    changed = improvements.edit(a_proposal(), kind="process", about="billing", owner=None, by=ANN, at=LATER).after

    assert (changed.kind, changed.about, changed.owner) == (ProposalKind.PROCESS, "billing", None)
    with pytest.raises(TransitionNotAllowed):
        improvements.edit(accepted(), text="Something else", by=ANN, at=LATER)
    with pytest.raises(InvalidValue, match="nothing is given"):
        improvements.edit(a_proposal(), by=ANN, at=LATER)
    with pytest.raises(InvalidValue, match="cannot change answer"):
        improvements.edit(a_proposal(), answer="x", by=ANN, at=LATER)  # type: ignore[call-arg]
    with pytest.raises(InvalidValue, match="nothing is given"):
        improvements.cite(a_proposal(), [], by=ANN, at=LATER)


@pytest.mark.parametrize(
    "wrong", [{"kind": "x"}, {"side": "x"}, {"raised_by": " "}, {"raised_from": "c-1"}, {"about": ""}]
)
def test_a_proposal_knows_what_it_is(wrong: dict[str, Any]) -> None:  # C107
    with pytest.raises(InvalidValue):
        a_proposal(**wrong)
    with pytest.raises(InvalidValue):
        Origin(kind="complaint", id=" ")


def test_nothing_is_decided_before_it_was_proposed() -> None:
    with pytest.raises(PolicyViolation, match="raised"):
        improvements.accept(a_proposal(), by=ANN, at=LATER, occurred_at=MONDAY - DAY)
    with pytest.raises(PolicyViolation, match="decided"):
        improvements.hand_over(accepted(), "change", by=ANN, at=LATER, occurred_at=MONDAY)


# -- telling -------------------------------------------------------------------------------------


def test_whoever_raised_it_is_told_how_it_stands() -> None:  # C107, C093
    proposal = accepted(number="IMP-2026-000001")

    assert told(proposal).sentence() == "Your proposal IMP-2026-000001 was accepted. We will."
    assert told(proposal).sentence(language="de-AT") == "Ihr Vorschlag IMP-2026-000001 wurde angenommen. We will."
    assert told(a_proposal()).sentence(language="zh") == "您的建议 p-1 尚未作出决定。"
    assert (told(proposal).decided_at, told(proposal).raised_at) == (MONDAY + DAY, MONDAY)
    assert "valves" not in repr(told(proposal))
    assert "We will" not in repr(told(proposal))


def test_whoever_is_told_does_not_hear_who_else_has_asked() -> None:  # C107
    seen = told(a_proposal(raised_from=[complaint(8), complaint(9)], extra={"secret": "x"}))

    assert not {"raised_from", "owner", "extra", "raised_by"} & {name for name in dir(seen) if name[0] != "_"}


def test_proposals_are_a_table_without_texts() -> None:  # C107, C130
    one, two = rows([accepted(raised_from=[complaint(1), complaint(2)]), a_proposal("p-2")])

    assert one == {
        "id": "p-1",
        "number": None,
        "state": "accepted",
        "kind": "service",
        "about": None,
        "side": "inside",
        "raised_at": MONDAY.isoformat(),
        "owner": "olga",
        "decided_at": (MONDAY + DAY).isoformat(),
        "handed_to": None,
        "target": None,
        "handed_over_at": None,
        "origins": 2,
    }
    assert list(one) == list(two)


def test_the_oldest_proposal_is_told_first() -> None:  # C107
    newest_first = [a_proposal(f"p-{n}", at=MONDAY + n * DAY) for n in (3, 2, 1)]

    found = told_from(newest_first, "complaint", "c-1")
    assert all(one.raised_at < other.raised_at for one, other in pairwise(found))


def test_the_checklist_asks_for_what_a_decision_needs() -> None:  # C007, C107
    assert [line.path for line in CHECKLIST.check(a_proposal()).warnings] == ["about", "benefit"]
    handed = improvements.hand_over(accepted(), "improvement", by="olga", at=LATER).after
    assert [line.path for line in CHECKLIST.check(handed).warnings] == ["about", "benefit", "target"]
    assert CHECKLIST.check(handed).missing == ()

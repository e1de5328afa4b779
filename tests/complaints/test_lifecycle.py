"""Whatever is done with a complaint, its lifecycle decides, and what it refuses changes nothing."""

from datetime import timedelta

import pytest
from hypothesis import given

from servicecrm.complaints import LIFECYCLE, Complaint
from servicecrm.complaints.actions import __all__ as commands
from servicecrm.errors import RuleError
from servicecrm.kernel.decisions import Decision
from servicecrm.kernel.records import evolve
from servicecrm.testing.makers import MONDAY, a_complaint, a_judgement, an_actor
from servicecrm.testing.strategies import walks
from servicecrm.testing.taking import feasible, take

Walk = tuple[Decision[Complaint], ...]

LONG_AFTER = MONDAY + timedelta(days=365)
"""Later than any walk ends: what undoes an answer cannot lie before it."""


def test_states_are_told_in_the_order_of_a_life() -> None:
    assert LIFECYCLE.states == (
        "recorded", "acknowledged", "assessed", "in_handling", "responded", "closed",
        "lapsed", "referred", "merged", "withdrawn",
    )  # fmt: skip


def test_what_is_closed_or_merged_rests_and_what_is_withdrawn_is_gone() -> None:
    assert LIFECYCLE.resting == {"closed", "lapsed", "referred", "merged"}
    assert LIFECYCLE.final == {"withdrawn"}
    assert LIFECYCLE.open == LIFECYCLE.tags["open"]
    assert LIFECYCLE.allowed("withdrawn") == ("message", "note", "void")
    steps = ("finish_step", "drop_step", "reopen_step")  # the actions that they are may still end
    assert LIFECYCLE.allowed("merged") == (*steps, "reopen", "message", "note", "void")


def test_every_action_is_a_command() -> None:
    several = {
        "approve": "approve_remedy",
        "settle": "accept_remedy",
        "provide": "provide_remedy",
        "refer_part": "refer",
        "take_in": "merge",
    }
    named = {several.get(action, action) for action in LIFECYCLE.actions}
    assert named == set(commands) - {"Amendment", "record", "adopt", "decline_remedy", "refuse_remedy"}


def test_what_is_missing_is_told_before_it_is_tried() -> None:
    assert LIFECYCLE.blocked(a_complaint(state="acknowledged")) == {
        "assess": ("severity and impact are rated, so that the priority is known",),
        "assign": ("a handler is named",),
        "resume": ("the complaint is waiting",),
    }
    assert LIFECYCLE.blocked(a_complaint(state="in_handling", handler="north"))["answer"] == (
        "an answer was given",
        "it is judged at this stage whether the complaint is justified",
    )
    assert LIFECYCLE.blocked(a_complaint(state="responded", judgements=(a_judgement(),)))["close"] == (
        "closing code is given",
    )


@given(walks())
def test_a_walk_follows_the_table(walk: Walk) -> None:  # C003
    rows = {(row.from_, row.to) for row in LIFECYCLE.rows()}

    for decision in walk:
        assert decision.before is not None
        assert (decision.before.state, decision.after.state) in rows


@given(walks())
def test_what_cannot_be_done_is_refused_and_changes_nothing(walk: Walk) -> None:  # C003
    complaint = walk[-1].after if walk else a_complaint()
    copy = evolve(complaint)

    for action in LIFECYCLE.actions:
        if action in feasible(complaint):
            assert take(complaint, action, by=an_actor(), at=LONG_AFTER).before is complaint
        elif action not in ("void", "take_in"):  # moments refuse to be voided; a duplicate reopens what has ended
            with pytest.raises(RuleError):
                take(complaint, action, by=an_actor(), at=LONG_AFTER)
        assert complaint == copy


@given(walks())
def test_the_changes_of_the_facts_add_up_to_the_record(walk: Walk) -> None:  # C004, S0-O3
    replayed = a_complaint()
    for decision in walk:
        for step in decision.steps:
            grown = {name: (*getattr(replayed, name), *tail) for name, tail in step.appended.items()}
            replayed = evolve(replayed, **step.changes, **grown)

    assert replayed == (walk[-1].after if walk else a_complaint())


@given(walks())
def test_what_a_complaint_says_of_itself_holds_together(walk: Walk) -> None:
    for complaint in (decision.after for decision in walk):
        happened = [moment.kind for moment in complaint.moments]

        assert (complaint.closed_at is not None) == (complaint.state not in LIFECYCLE.open)
        assert (complaint.closing_code is not None) == (complaint.state in ("closed", "merged"))
        assert (complaint.duplicate_of is not None) == (complaint.state == "merged")
        assert (complaint.waiting is None) or complaint.state in ("acknowledged", "assessed", "in_handling")
        assert (complaint.waiting is not None) == (happened.count("waiting") - happened.count("resumed") == 1)
        assert complaint.reopenings <= happened.count("reopened")
        assert complaint.forwards == happened.count("forwarded")
        assert complaint.handler is not None or complaint.state not in ("in_handling", "responded", "closed")

"""Whatever is done with a case, its lifecycle decides, and what it refuses changes nothing."""

from datetime import timedelta

import pytest
from hypothesis import given

from servicecrm.cases import LIFECYCLE, Case, MomentKind
from servicecrm.cases.actions import __all__ as commands
from servicecrm.errors import GuardNotMet, PolicyViolation, TransitionNotAllowed
from servicecrm.kernel.decisions import Decision
from servicecrm.kernel.records import evolve
from servicecrm.testing.makers import MONDAY
from servicecrm.tracking.moments import VOIDED
from tests.cases.making import a_case, feasible, in_state, take, walks

Walk = tuple[Decision[Case], ...]

SOON_AFTER = MONDAY + timedelta(days=3)
"""Later than any walk ends, and soon enough to reopen."""


def test_states_are_told_in_the_order_of_a_life() -> None:  # C059, C060, C064, C065
    assert LIFECYCLE.states == ("new", "routed", "acknowledged", "in_work", "answered", "closed", "withdrawn")


def test_an_accepted_case_is_still_open() -> None:  # C060
    assert LIFECYCLE.open == LIFECYCLE.tags["open"] == {"new", "routed", "acknowledged", "in_work", "answered"}


def test_closed_rests_and_withdrawn_is_the_end() -> None:
    assert LIFECYCLE.resting == {"closed"}
    assert LIFECYCLE.final == {"withdrawn"}
    assert LIFECYCLE.allowed("withdrawn") == ("partner_update", "message", "note", "void")


def test_every_action_is_a_command() -> None:
    assert set(LIFECYCLE.actions) == set(commands) - {"Amendment", "open", "callback"}


MOVES = {
    "route": {"new": "routed"},
    "accept": {"routed": "acknowledged"},
    "start": {"acknowledged": "in_work"},
    "forward": {"acknowledged": "routed", "in_work": "routed"},
    "hand_back": {"routed": "new", "acknowledged": "new", "in_work": "new"},
    "contact": {"acknowledged": "in_work"},
    "refer": {"acknowledged": "in_work"},
    "answer": {"acknowledged": "answered", "in_work": "answered"},
    "close": {"acknowledged": "closed", "in_work": "closed", "answered": "closed"},
    "reopen": {"answered": "in_work", "closed": "in_work"},
    "withdraw": dict.fromkeys(("new", "routed", "acknowledged", "in_work", "answered"), "withdrawn"),
}
"""Every move from one state to another, told apart from the table that the code has."""


def test_nothing_else_moves_a_case() -> None:  # C003
    told = {(action, state, to) for action, rows in MOVES.items() for state, to in rows.items()}

    assert {(row.action, row.from_, row.to) for row in LIFECYCLE.rows() if not row.stays} == told


@pytest.mark.parametrize("action", LIFECYCLE.actions)
@pytest.mark.parametrize("state", LIFECYCLE.states)
def test_every_action_is_tried_in_every_state(state: str, action: str) -> None:  # C003
    case = in_state(state)

    if action in feasible(case):
        decision = take(case, action, at=SOON_AFTER)
        assert decision.before is case
        assert decision.after.state == MOVES.get(action, {}).get(state, state)
    else:
        with pytest.raises((TransitionNotAllowed, GuardNotMet, PolicyViolation)):
            take(case, action, at=SOON_AFTER)
    assert case == in_state(state)


def test_what_is_missing_is_told_before_it_is_tried() -> None:
    assert LIFECYCLE.blocked(in_state("routed")) == {
        "assign": ("a handler is named", "the new handler is another one than the present one"),
        "partner_update": ("the case was referred to a partner",),
    }
    assert LIFECYCLE.blocked(in_state("in_work"))["close"] == (
        "closing code is given",
        "an answer was given, or it is documented why there is none",
    )


@given(walks())
def test_a_walk_follows_the_table(walk: Walk) -> None:  # C003
    rows = {(row.from_, row.to) for row in LIFECYCLE.rows()}

    for decision in walk:
        assert decision.before is not None
        assert (decision.before.state, decision.after.state) in rows


@given(walks())
def test_what_cannot_be_done_is_refused_and_changes_nothing(walk: Walk) -> None:  # C003
    case = walk[-1].after if walk else a_case()
    copy = evolve(case)

    for action in LIFECYCLE.actions:
        if action in feasible(case):
            assert take(case, action, at=SOON_AFTER).before is case
        else:
            with pytest.raises((TransitionNotAllowed, GuardNotMet, PolicyViolation)):
                take(case, action, at=SOON_AFTER)
        assert case == copy


@given(walks())
def test_the_changes_of_the_facts_add_up_to_the_record(walk: Walk) -> None:  # C004
    replayed = a_case()
    for decision in walk:
        for step in decision.steps:
            grown = {name: (*getattr(replayed, name), *tail) for name, tail in step.appended.items()}
            replayed = evolve(replayed, **step.changes, **grown)

    assert replayed == (walk[-1].after if walk else a_case())


@given(walks())
def test_what_a_case_says_of_itself_holds_together(walk: Walk) -> None:
    for case in (decision.after for decision in walk):
        happened = [moment.kind for moment in case.moments]

        assert (case.closed_at is not None) == (case.state in ("closed", "withdrawn"))
        assert (case.closing_code is not None) == (case.state == "closed")
        assert case.waiting is None or case.state in ("acknowledged", "in_work")
        assert (case.waiting is not None) == (happened.count("waiting") - happened.count("resumed") == 1)
        assert case.reopenings == happened.count("reopened")
        assert case.forwards == happened.count("forwarded")


@given(walks())
def test_somebody_always_has_what_was_accepted_and_nobody_what_waits_to_be_routed(walk: Walk) -> None:  # C060, C062
    for case in (decision.after for decision in walk):
        if case.state in ("acknowledged", "in_work", "answered", "closed"):
            assert case.handler is not None
            assert case.accepted_at is not None
        if case.state in ("new", "routed"):
            assert case.accepted_at is None
        if case.state == "new":
            assert case.handler is None


@given(walks())
def test_the_history_of_holders_tells_who_has_the_case_now(walk: Walk) -> None:  # C062
    for case in (decision.after for decision in walk):
        last = case.holders[-1] if case.holders else None
        assert (case.queue, case.handler) == ((last.queue, last.handler) if last else (None, None))
        assert [holder.since for holder in case.holders] == sorted(holder.since for holder in case.holders)


@given(walks())
def test_a_case_ends_with_no_update_outstanding(walk: Walk) -> None:  # C063, C065
    for case in (decision.after for decision in walk):
        if case.state in ("closed", "withdrawn"):
            assert case.open_updates == ()


@given(walks())
def test_moments_are_only_ever_appended_and_of_a_known_kind(walk: Walk) -> None:  # C004
    for decision in walk:
        assert decision.before is not None
        earlier = len(decision.before.moments)
        assert decision.after.moments[:earlier] == decision.before.moments
        assert {moment.kind for moment in decision.after.moments} <= {*MomentKind, VOIDED}

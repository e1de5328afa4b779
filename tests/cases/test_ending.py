"""A case is closed for a reason that is documented, and taken up again when it has to be."""

from collections.abc import Callable
from datetime import datetime

import pytest

from servicecrm import cases
from servicecrm.cases import CasePolicy, ClosingCode, Evidence
from servicecrm.cases.policy import CasePolicies
from servicecrm.errors import GuardNotMet, InvalidValue, PolicyViolation, TransitionNotAllowed
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.kernel.records import evolve
from servicecrm.testing.makers import MONDAY
from tests.cases.making import DAY, HOUR, OFFICE, WANDA, accepted, in_state, take, tried

POLICY = CasePolicy()


def answered() -> cases.Case:
    return in_state("answered")


def with_update_open(case: cases.Case) -> cases.Case:
    return cases.request_update(case, MONDAY + DAY, by=OFFICE, at=MONDAY).after


@pytest.mark.parametrize("code", ["answered", "done", "no_action"])
def test_an_answered_case_is_closed_with_a_code(code: str) -> None:  # C065
    decision = cases.close(answered(), code, by=WANDA, at=MONDAY + HOUR)
    case = decision.after

    assert (case.state, case.closed_at, case.closing_code) == ("closed", MONDAY + HOUR, code)
    assert (case.moments[-1].kind, case.moments[-1].code) == ("closed", code)
    assert case.without_action == (code == "no_action")


def test_whom_nobody_reached_in_three_attempts_is_unreachable() -> None:  # C065
    with pytest.raises(PolicyViolation, match=r"unreachable needs 3 documented attempts .*; there are 2"):
        cases.close(tried("voicemail", 2), "unreachable", by=WANDA, at=MONDAY)

    case = cases.close(tried("no_answer", 3), "unreachable", by=WANDA, at=MONDAY).after
    assert case.without_action
    strict = CasePolicy(attempts_needed=4)
    with pytest.raises(PolicyViolation, match="needs 4 documented attempts"):
        cases.close(tried("no_answer", 3), "unreachable", by=WANDA, at=MONDAY, policy=strict)


def test_an_answer_is_no_attempt_and_attempts_are_no_answer() -> None:  # C065
    with pytest.raises(PolicyViolation, match="unreachable needs 3 documented attempts"):
        cases.close(answered(), "unreachable", by=WANDA, at=MONDAY)
    with pytest.raises(PolicyViolation, match="answered needs an answer to the requester"):
        cases.close(tried("voicemail", 3), "answered", by=WANDA, at=MONDAY)


def test_a_referral_or_a_duplicate_stands_in_for_an_answer_when_it_is_there() -> None:  # C065
    referred = cases.refer(accepted(), "roads-agency", by=WANDA, at=MONDAY).after
    linked = cases.link(accepted(), "case-0", kind="duplicate_of", by=WANDA, at=MONDAY).after

    assert not cases.close(referred, "referred", by=WANDA, at=MONDAY).after.without_action
    assert cases.close(linked, "duplicate", by=WANDA, at=MONDAY).after.closing_code == "duplicate"
    with pytest.raises(PolicyViolation, match="referred needs a referral to a partner"):
        cases.close(linked, "referred", by=WANDA, at=MONDAY)
    with pytest.raises(PolicyViolation, match="duplicate needs a link to the case that it repeats"):
        cases.close(referred, "duplicate", by=WANDA, at=MONDAY)


def test_a_case_that_is_only_related_to_another_is_no_duplicate() -> None:  # C065
    with pytest.raises(GuardNotMet, match="documented why there is none"):
        cases.close(cases.link(accepted(), "case-0", by=WANDA, at=MONDAY).after, "duplicate", by=WANDA, at=MONDAY)


def test_every_blocker_is_named_at_once() -> None:  # C065
    with pytest.raises(GuardNotMet) as caught:
        cases.close(with_update_open(accepted()), "", by=WANDA, at=MONDAY)

    assert caught.value.guards == ("closing_code", "accounted_for", "no_update_open")


def test_an_update_that_is_asked_for_blocks_the_closing() -> None:  # C063, C065
    with pytest.raises(GuardNotMet, match="every request for an update is answered"):
        cases.close(with_update_open(answered()), "answered", by=WANDA, at=MONDAY)
    told = cases.give_update(with_update_open(answered()), "Done.", id="u", by=WANDA, at=MONDAY)[0].after
    assert cases.close(told, "answered", by=WANDA, at=MONDAY).after.state == "closed"


def test_a_closing_code_comes_from_the_list_of_the_house() -> None:  # C065
    with pytest.raises(PolicyViolation, match="known: answered, done, referred, unreachable, duplicate, no_action"):
        cases.close(answered(), "whatever", by=WANDA, at=MONDAY)
    house = CasePolicy(closing=(ClosingCode(code="forgotten", action=False),))
    assert cases.close(answered(), "forgotten", by=WANDA, at=MONDAY, policy=house).after.without_action


@pytest.mark.parametrize("state", ["new", "routed", "closed", "withdrawn"])
def test_only_what_somebody_accepted_is_closed(state: str) -> None:  # C065
    with pytest.raises(TransitionNotAllowed, match=f"cannot close while {state}"):
        cases.close(in_state(state), "answered", by=WANDA, at=MONDAY)


# -- reopening -----------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["answered", "closed"])
def test_reopening_takes_up_the_work_where_it_was(state: str) -> None:  # C066
    decision = cases.reopen(in_state(state), "It stopped again.", by=OFFICE, at=MONDAY + DAY)
    case = decision.after

    assert (case.state, case.handler, case.reopenings) == ("in_work", WANDA, 1)
    assert (case.answered_at, case.closed_at, case.closing_code) == (None, None, None)
    assert case.moments[-1].kind == "reopened"
    assert "stopped" not in repr(decision.events)


def test_a_reopened_case_is_not_flagged_and_its_attempts_start_anew() -> None:  # C065, C066
    closed = cases.close(tried("voicemail", 3), "unreachable", by=WANDA, at=MONDAY).after
    case = cases.reopen(closed, "She called.", by=OFFICE, at=MONDAY + DAY).after

    assert not case.without_action
    assert case.attempts == 0
    with pytest.raises(GuardNotMet, match="documented why there is none"):
        cases.close(case, "unreachable", by=WANDA, at=MONDAY + DAY)


@pytest.mark.parametrize("action", ["wait", "withdraw", "answer", "close"])
def test_what_was_taken_up_again_waits_and_ends_after_that(action: str) -> None:  # C066
    again = cases.reopen(in_state("closed"), "It stopped again.", by=OFFICE, at=MONDAY + DAY).after
    rung = again
    for n in range(3):
        rung = cases.contact(rung, "no_answer", note="Rang.", id=f"try-{n}", by=WANDA, at=MONDAY + DAY)[0].after
    steps: dict[str, Callable[[datetime], object]] = {
        "wait": lambda when: cases.wait(again, "customer", by=OFFICE, at=MONDAY + 2 * DAY, occurred_at=when),
        "withdraw": lambda when: cases.withdraw(again, by=OFFICE, at=MONDAY + 2 * DAY, occurred_at=when),
        "answer": lambda when: cases.answer(again, "Dry.", id="a", by=WANDA, at=MONDAY + 2 * DAY, occurred_at=when),
        "close": lambda when: cases.close(rung, "unreachable", by=WANDA, at=MONDAY + 2 * DAY, occurred_at=when),
    }

    with pytest.raises(PolicyViolation, match="it cannot lie before it was taken up again, at 2026-03-03T09:00:00"):
        steps[action](MONDAY + HOUR)
    assert steps[action](MONDAY + DAY)


def test_a_reopening_lies_after_the_end_that_it_undoes() -> None:  # C066
    late = evolve(in_state("answered"), answered_at=MONDAY + 2 * HOUR)
    with pytest.raises(PolicyViolation, match="cannot lie before the case was answered"):
        cases.reopen(late, "Not so.", by=OFFICE, at=MONDAY + DAY, occurred_at=MONDAY + HOUR)
    with pytest.raises(PolicyViolation, match="cannot lie before the case was closed"):
        cases.reopen(
            evolve(in_state("closed"), closed_at=MONDAY + 2 * HOUR), "Again.",
            by=OFFICE, at=MONDAY + DAY, occurred_at=MONDAY + HOUR,
        )  # fmt: skip


def test_a_closing_lies_after_the_answer() -> None:  # C065
    late = evolve(in_state("answered"), answered_at=MONDAY + 2 * HOUR)

    with pytest.raises(PolicyViolation, match="cannot lie before the case was answered"):
        cases.close(late, "answered", by=WANDA, at=MONDAY + DAY, occurred_at=MONDAY + HOUR)
    assert cases.close(late, "answered", by=WANDA, at=MONDAY + DAY, occurred_at=MONDAY + 2 * HOUR).after.closed_at


# -- voiding -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "kind", "instead"),
    [
        ("answered", "answered", "reopen it"),
        ("closed", "answered", "reopen it"),
        ("closed", "closed", "reopen it"),
        ("withdrawn", "withdrawn", "open a new one"),
    ],
)
def test_an_answer_or_an_end_that_holds_is_not_voided(state: str, kind: str, instead: str) -> None:
    case = in_state(state)
    (n,) = (moment.n for moment in case.moments if moment.kind == kind)

    with pytest.raises(PolicyViolation, match=f"the case is still {kind}, as moment {n} says; {instead} instead"):
        cases.void(case, n, reason="a mistake", by=OFFICE, at=MONDAY + HOUR)


@pytest.mark.parametrize("kind", ["answered", "closed"])
def test_an_end_that_holds_no_longer_is_voided_as_anything_else(kind: str) -> None:
    case = cases.reopen(in_state("closed"), "Again.", by=OFFICE, at=MONDAY + HOUR).after
    ended = cases.answer(case, "Now it runs.", id="b", by=WANDA, at=MONDAY + HOUR)[0].after
    for each in (case, cases.close(ended, "answered", by=WANDA, at=MONDAY + HOUR).after):
        n = min(moment.n for moment in each.moments if moment.kind == kind)
        assert cases.void(each, n, reason="a mistake", by=OFFICE, at=MONDAY + HOUR).after.moments[-1].voids == n


def test_what_a_case_still_says_of_itself_is_not_voided() -> None:
    reopened = take(in_state("closed"), "reopen", at=MONDAY + HOUR).after
    rated = take(reopened, "rate", at=MONDAY + HOUR).after
    rerated = cases.rate(rated, "p3", by=OFFICE, at=MONDAY + HOUR).after

    for kind in ("received", "reopened", "rated"):
        n = max(moment.n for moment in rerated.moments if moment.kind == kind)
        with pytest.raises(PolicyViolation, match=f"the case is still {kind}, as moment {n} says"):
            cases.void(rerated, n, reason="a mistake", by=OFFICE, at=MONDAY + HOUR)
    earlier = min(moment.n for moment in rerated.moments if moment.kind == "rated")
    assert cases.void(rerated, earlier, reason="a mistake", by=OFFICE, at=MONDAY + HOUR).after.priority == "p3"


# -- the rules of a house ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("closing", ()),
        ("closing", (ClosingCode(code="done"), ClosingCode(code="done", needs=Evidence.REFERRAL))),
        ("attempts_needed", 0),
        ("forward_limit", -1),
        ("extension_limit", -1),
        ("updates_per_day", 0),
        ("reopen_within", 0 * DAY),
        ("partner_statuses", FrozenMap({"roads": {"Fixed": "repaired"}})),
        ("partner_statuses", FrozenMap({"roads": "done"})),
    ],
)
def test_rules_that_make_no_sense_are_refused_by_name(field: str, value: object) -> None:  # C008
    with pytest.raises(InvalidValue, match=rf"CasePolicy\.{field}"):
        CasePolicy(**{field: value})  # type: ignore[arg-type]


def test_a_limit_may_be_nought() -> None:
    assert CasePolicy(forward_limit=0, extension_limit=0).attempts_needed == 3


def test_before_the_first_version_the_shipped_rules_are_in_force() -> None:  # C008
    ours = CasePolicy(attempts_needed=5)
    book = CasePolicies().publish(ours, effective=MONDAY)

    assert book.in_force(MONDAY - HOUR) == (0, POLICY)
    assert book.in_force(MONDAY) == (1, ours)
    assert (book.numbered(0), book.numbered(1)) == (cases.DEFAULT, ours)

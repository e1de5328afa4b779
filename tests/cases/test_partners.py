"""An outside partner works on a case, and what it says is taken in once and in order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm import cases
from servicecrm.cases import CasePolicy, PartnerStatus, Referral
from servicecrm.errors import GuardNotMet, InvalidValue, PolicyViolation
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.kernel.records import evolve
from servicecrm.testing.makers import MONDAY
from tests.cases.making import DAY, HOUR, WANDA, accepted, in_state

POLICY = CasePolicy(
    partner_statuses=FrozenMap({"roads-agency": {"Dispatched": "in_progress", "Fixed": "done", "Not ours": "declined"}})
)
AGENCY = "roads-agency"


def referred() -> cases.Case:
    return cases.refer(accepted(), AGENCY, reference="R-1", reason="their road", by=WANDA, at=MONDAY).after


def updated(
    case: cases.Case, status: str, *, hours: int, note: str | None = None, reference: str | None = None
) -> cases.Case | None:
    decision = cases.partner_update(
        case, status, note=note, reference=reference, by=AGENCY, at=MONDAY + DAY, occurred_at=MONDAY + hours * HOUR,
        policy=POLICY,
    )  # fmt: skip
    return None if decision is None else decision.after


def test_a_referred_case_stays_with_its_handler() -> None:
    case = referred()

    assert (case.state, case.handler) == ("in_work", WANDA)
    assert case.referral == Referral(partner=AGENCY, reference="R-1", referred_at=MONDAY)
    assert case.moments[-1].kind == "referred"


def test_a_partner_has_words_of_its_own() -> None:
    case = updated(referred(), "Dispatched", hours=1, note="Two people.")

    assert case is not None
    assert case.referral is not None
    assert (case.referral.status, case.referral.external_status) == (PartnerStatus.IN_PROGRESS, "Dispatched")
    assert (case.referral.updated_at, case.referral.note) == (MONDAY + HOUR, "Two people.")
    assert (case.referral.reference, case.state) == ("R-1", "in_work")
    assert (case.moments[-1].kind, case.moments[-1].code) == ("partner_update", "in_progress")
    assert "Two people" not in repr(case)


def test_a_partner_that_is_done_does_not_close_our_case() -> None:
    case = updated(referred(), "Fixed", hours=1)

    assert case is not None
    assert case.state == "in_work"


def test_a_partner_may_tell_its_number_later() -> None:
    silent = cases.refer(accepted(), AGENCY, by=WANDA, at=MONDAY).after
    case = updated(silent, "Dispatched", hours=1, reference="R-99")

    assert case is not None
    assert case.referral is not None
    assert case.referral.reference == "R-99"


@given(st.lists(st.tuples(st.integers(0, 20), st.sampled_from(["Dispatched", "Fixed", "Not ours"])), max_size=8))
def test_in_whatever_order_updates_come_the_latest_holds(updates: list[tuple[int, str]]) -> None:
    case, latest = referred(), None
    for hours, status in updates:
        accepted_one = updated(case, status, hours=hours)
        known = case.referral
        assert known is not None
        stale = known.updated_at is not None and MONDAY + hours * HOUR < known.updated_at
        assert (accepted_one is None) == (stale or status == known.external_status)
        if accepted_one is not None:
            case, latest = accepted_one, status
    assert case.referral is not None
    assert case.referral.external_status == latest


def test_the_same_again_is_no_news() -> None:
    once = updated(referred(), "Dispatched", hours=1, note="Two people.")
    assert once is not None

    assert updated(once, "Dispatched", hours=2, note="Two people.") is None
    assert updated(once, "Dispatched", hours=2, note="Three people.") is not None


def test_an_update_older_than_the_last_one_changes_nothing() -> None:
    fixed = updated(referred(), "Fixed", hours=2)
    assert fixed is not None

    assert updated(fixed, "Dispatched", hours=1) is None


def test_what_a_partner_says_under_another_number_is_not_about_this_referral() -> None:
    elsewhere = cases.refer(referred(), "gas-agency", reference="G-1", by=WANDA, at=MONDAY + HOUR).after

    for hours in (0, 2):
        with pytest.raises(InvalidValue, match="reference: partner gas-agency knows this case as G-1"):
            updated(elsewhere, "done", hours=hours, reference="R-1")
    assert updated(elsewhere, "done", hours=2, reference="G-1") is not None


def test_what_was_said_before_the_referral_changes_nothing() -> None:
    again = cases.refer(referred(), AGENCY, by=WANDA, at=MONDAY + 2 * HOUR).after

    assert updated(again, "Fixed", hours=1, reference="R-1") is None
    assert updated(again, "Fixed", hours=2, reference="R-1") is not None


def test_a_partner_that_declined_is_no_reason_to_close() -> None:  # C065
    declined = updated(referred(), "Not ours", hours=1)
    assert declined is not None

    with pytest.raises(GuardNotMet, match="documented why there is none"):
        cases.close(declined, "referred", by=WANDA, at=MONDAY + DAY)
    answered = cases.answer(declined, "Nobody does it.", id="a", by=WANDA, at=MONDAY + DAY)[0].after
    with pytest.raises(PolicyViolation, match="referred needs a referral to a partner that has not declined"):
        cases.close(answered, "referred", by=WANDA, at=MONDAY + DAY)
    taken = updated(declined, "Dispatched", hours=2)
    assert taken is not None
    assert cases.close(taken, "referred", by=WANDA, at=MONDAY + DAY).after.state == "closed"


def test_a_status_that_the_house_has_no_word_for_is_named() -> None:
    with pytest.raises(PolicyViolation, match="no status 'Parked' here; known: Dispatched, Fixed, Not ours"):
        updated(referred(), "Parked", hours=1)


def test_without_a_table_a_partner_uses_our_words() -> None:
    decision = cases.partner_update(referred(), "done", by=AGENCY, at=MONDAY)
    assert decision is not None

    with pytest.raises(PolicyViolation, match="known: received, in_progress, done, declined"):
        cases.partner_update(referred(), "Fixed", by=AGENCY, at=MONDAY)


def test_only_a_partner_that_has_the_case_says_how_it_stands() -> None:
    with pytest.raises(GuardNotMet, match="the case was referred to a partner"):
        cases.partner_update(accepted(), "done", by=AGENCY, at=MONDAY)


@pytest.mark.parametrize("state", ["closed", "withdrawn"])
def test_a_late_update_is_kept_and_reopens_nothing(state: str) -> None:
    case = evolve(in_state(state), referral=referred().referral)
    decision = cases.partner_update(case, "done", by=AGENCY, at=MONDAY + HOUR)

    assert decision is not None
    assert decision.after.state == state

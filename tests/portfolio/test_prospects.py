"""Prospects are followed from the first contact to won or lost; interactions and partners are kept beside them."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.errors import GuardNotMet, InvalidValue, PolicyViolation, TransitionNotAllowed
from servicecrm.kernel.values import Money, Period
from servicecrm.portfolio import Criterion, PortfolioPolicy, Prospect, interactions, partners, prospects
from servicecrm.testing.makers import MONDAY
from tests.portfolio.making import BY, DAY, a_contact, a_customer, a_partner, a_prospect, an_interaction

LATER: dict[str, Any] = {"by": "sam", "at": MONDAY + 10 * DAY}


def offered(**changes: Any) -> Prospect:
    prospect = a_prospect(contacts=[a_contact()])
    given_ = {"id": "o-1", "service": "catering", "price": Money(amount=Decimal(90), currency="EUR"), **BY}
    return prospects.present(prospect, "Catering", **{**given_, **changes}).after


# -- prospects -----------------------------------------------------------------------------------


def test_of_four_prospects_one_is_won_and_its_story_goes_on() -> None:  # C015, K01, S2-V3, S3-P1
    every = [a_prospect(f"p-{n}") for n in range(4)]
    prospect = offered(to="mia")
    prospect = prospects.answer(prospect, "o-1", "accepted", **BY).after
    won, added = prospects.convert(prospect, id="c-9", number="CUS-2026-000001", **LATER)
    every[1] = won.after

    found = prospects.conversion(every, Period(start=MONDAY, end=MONDAY + DAY))
    assert (found.added, found.won, found.share) == (4, 1, 0.25)
    customer = added.after
    assert (customer.state, customer.account_manager, customer.services) == ("active", "sam", frozenset({"catering"}))
    assert customer.contacts == prospect.contacts
    assert (won.after.customer, customer.origin) == ("c-9", prospect.id)
    assert prospects.conversion([], Period(start=MONDAY)).share is None


def test_a_lost_prospect_has_a_reason_and_can_be_taken_up_again() -> None:  # C015
    with pytest.raises(GuardNotMet):
        prospects.lose(offered(), " ", **LATER)
    lost = prospects.lose(offered(), "price", note="too dear", **LATER).after
    assert (lost.state, lost.lost_reason, lost.ended_at) == ("lost", "price", MONDAY + 10 * DAY)

    again = prospects.resume(lost, **LATER).after
    assert (again.state, again.lost_reason, again.ended_at) == ("contacted", None, None)
    with pytest.raises(PolicyViolation, match="before the prospect was lost"):
        prospects.resume(lost, by="sam", at=MONDAY + 10 * DAY, occurred_at=MONDAY + DAY)


def test_who_accepted_an_offer_is_not_lost() -> None:  # C015
    accepted = prospects.answer(offered(), "o-1", "accepted", **BY).after
    with pytest.raises(GuardNotMet, match="no offer was accepted"):
        prospects.lose(accepted, "price", **LATER)


def test_an_offer_has_one_id_one_answer_and_a_contact_that_there_is() -> None:  # C015
    with pytest.raises(PolicyViolation, match="there is an offer o-1"):
        prospects.present(offered(), "More", id="o-1", **BY)
    with pytest.raises(InvalidValue, match="known: mia"):
        offered(to="tom")
    declined = prospects.answer(offered(), "o-1", "declined", **BY).after
    with pytest.raises(PolicyViolation, match="it was declined"):
        prospects.answer(declined, "o-1", "accepted", **BY)
    with pytest.raises(InvalidValue, match="known: o-1"):
        prospects.answer(offered(), "o-2", "accepted", **BY)
    late = offered(by="sam", at=MONDAY + DAY)
    with pytest.raises(PolicyViolation, match="before the offer was presented"):
        prospects.answer(late, "o-1", "accepted", by="sam", at=MONDAY + DAY, occurred_at=MONDAY)


def test_a_parked_prospect_waits_for_a_day_to_come() -> None:  # C015
    parked = prospects.park(a_prospect(), until=MONDAY + 30 * DAY, **LATER).after
    assert (parked.state, parked.resume_at) == ("parked", MONDAY + 30 * DAY)
    assert prospects.resume(parked, **LATER).after.resume_at is None
    with pytest.raises(PolicyViolation):
        prospects.park(a_prospect(), until=MONDAY, **LATER)


def take(prospect: Prospect, action: str, at: Any) -> Prospect:
    who: dict[str, Any] = {"by": "sam", "at": at}
    commands: dict[str, Any] = {
        "update": lambda: prospects.update(prospect, campaign="spring", **who),
        "contact": lambda: prospects.contact(prospect, interaction="i-1", **who),
        "present": lambda: prospects.present(prospect, "More", id=f"o-{at}", **who),
        "answer": lambda: prospects.answer(prospect, prospect.offers[-1].id, "declined", **who),
        "negotiate": lambda: prospects.negotiate(prospect, **who),
        "park": lambda: prospects.park(prospect, **who),
        "resume": lambda: prospects.resume(prospect, **who),
        "convert": lambda: prospects.convert(prospect, id="c-1", **who)[0],
        "lose": lambda: prospects.lose(prospect, "price", **who),
        "erase_contact": lambda: prospects.erase_contact(prospect, "mia", **who),
        "erase": lambda: prospects.erase(prospect, "asked for", **who),
    }
    after: Prospect = commands[action]().after
    return after


@given(st.lists(st.sampled_from(prospects.LIFECYCLE.actions), max_size=10))
def test_what_a_prospect_says_of_itself_holds_together(actions: list[str]) -> None:  # C003, C015
    prospect, at = a_prospect(contacts=[a_contact()]), MONDAY
    for action in actions:
        at += DAY
        if action not in prospects.LIFECYCLE.allowed(prospect):
            if action != "answer" or prospect.offers:
                with pytest.raises(TransitionNotAllowed):
                    take(prospect, action, at) if action != "erase_contact" or prospect.contacts else prospects.erase(
                        prospect, "x", by="sam", at=at
                    )
            continue
        try:
            prospect = take(prospect, action, at)
        except (InvalidValue, PolicyViolation):
            assert (action == "erase_contact" and not prospect.contacts) or action == "answer"
        ended = prospect.state in ("won", "lost", "erased")
        assert (prospect.ended_at is not None) == ended
        assert (prospect.lost_reason is not None) == (prospect.state == "lost") or prospect.state == "erased"
        assert prospect.resume_at is None


# -- interactions --------------------------------------------------------------------------------


def test_a_call_that_sells_is_an_interaction_with_a_prospect() -> None:  # C015, C017
    call = an_interaction(prospect="p-1", direction="outbound", outcome="interested", minutes=4, handler="sam")

    assert (call.prospect, call.customer, call.kind, call.outcome) == ("p-1", None, "call", "interested")


@pytest.mark.parametrize(
    "wrong",
    [{"customer": None}, {"prospect": "p-1", "customer": "c-1"}, {"kind": "x"}, {"minutes": -1}, {"subject": " "}],
)
def test_what_is_no_interaction_is_refused(wrong: dict[str, Any]) -> None:  # C017
    with pytest.raises(InvalidValue):
        an_interaction(**wrong)


def test_an_interaction_is_put_right_or_taken_back() -> None:  # C017
    amended = interactions.amend(an_interaction(), summary="She agreed.", links=["c-7"], **LATER).after
    assert (amended.summary, amended.links) == ("She agreed.", frozenset({"c-7"}))
    voided = interactions.void(amended, "wrong customer", **LATER).after
    with pytest.raises(TransitionNotAllowed):
        interactions.amend(voided, summary="x", **LATER)
    with pytest.raises(InvalidValue, match="nothing to amend"):
        interactions.amend(amended, **LATER)


# -- partners ------------------------------------------------------------------------------------


def test_an_evaluation_weighs_what_could_be_judged_and_the_next_one_falls_due() -> None:  # C023, S2-V7
    policy = PortfolioPolicy(evaluate_every=timedelta(days=100))
    partner = partners.activate(a_partner(), policy=policy, **BY).after
    assert partner.evaluation_due_at == MONDAY + 100 * DAY

    criteria = [
        Criterion(name="speed", score=80, weight=3),
        Criterion(name="care", score=40),
        Criterion(name="new", score=None),
    ]
    told = {"first": date(2026, 1, 1), "last": date(2026, 3, 1), "actions": ["a-1"]}
    partner = partners.evaluate(partner, criteria, policy=policy, **told, **LATER).after  # type: ignore[arg-type]
    assert partner.evaluations[-1].score == (3 * 80 + 40) / 4
    assert partner.evaluation_due_at == MONDAY + 110 * DAY


def test_late_evaluations_are_listed_the_latest_first() -> None:  # C023
    some = [partners.activate(a_partner(id), by="ann", at=MONDAY + n * DAY).after for n, id in enumerate("abc")]
    ended = partners.end(some[0], "sold", **LATER).after

    found = partners.overdue([*reversed(some[1:]), ended, a_partner("d")], at=MONDAY + 367 * DAY)
    assert [each.id for each in found] == ["b"]
    assert [each.id for each in partners.overdue(some, at=MONDAY + 400 * DAY)] == ["a", "b", "c"]


def test_a_partner_that_has_ended_may_be_evaluated_and_is_not_due_again() -> None:  # C023
    ended = partners.end(partners.activate(a_partner(), **BY).after, "sold", **LATER).after
    day = date(2026, 1, 1)

    found = partners.evaluate(ended, [Criterion(name="speed", score=80)], first=day, last=day, **LATER).after
    assert (len(found.evaluations), found.evaluation_due_at) == (1, None)


def test_a_party_may_be_customer_and_partner() -> None:  # C023
    assert a_partner(customer=a_customer().id).customer == "c-1"


def test_an_evaluation_looks_at_something_once_and_in_order_of_time() -> None:  # C023
    day = date(2026, 1, 1)
    one = Criterion(name="speed", score=80)
    for criteria, last in (([], day), ([one, one], day), ([one], day - timedelta(days=1))):
        with pytest.raises(InvalidValue):
            partners.evaluate(a_partner(), criteria, first=day, last=last, **BY)
    with pytest.raises(InvalidValue):
        Criterion(name="speed", score=101)
    with pytest.raises(GuardNotMet, match="somebody is named to turn to"):
        partners.activate(a_partner(contacts=[]), **BY)

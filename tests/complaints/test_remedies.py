"""What is done for a complainant: proposed, approved, offered, taken or not, and carried out."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm import complaints
from servicecrm.complaints import COMPLAINT, Complaint, ComplaintPolicy, RemedyKind, RemedyLimit, RemedyStatus
from servicecrm.errors import InvalidValue, NaiveDatetime, PolicyViolation, TransitionNotAllowed
from servicecrm.kernel.decisions import Actor
from servicecrm.kernel.records import evolve
from servicecrm.kernel.values import Money
from servicecrm.testing.makers import MONDAY, a_complaint, an_actor

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
ANN = an_actor()
HOUSE = ComplaintPolicy(
    remedy_limits=(
        RemedyLimit(currency="EUR", amount=Decimal(100)),
        RemedyLimit(currency="CNY", amount=Decimal(700)),
    )
)


def euros(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency="EUR")


def in_handling(**changes: object) -> Complaint:
    return a_complaint(**{"state": "in_handling", "handler": "north", **changes})


def offered(complaint: Complaint | None = None, kind: str = "refund", **given: object) -> Complaint:
    told = {"policy": HOUSE, "by": ANN, "at": MONDAY, **given}
    return complaints.offer(complaint or in_handling(), kind, **told).after  # type: ignore[arg-type]


def proposed(**given: object) -> Complaint:
    return offered(None, "refund", **{"amount": euros("100.01"), **given})


def statuses(complaint: Complaint) -> list[str]:
    return [remedy.status for remedy in complaint.remedies]


# -- offering ------------------------------------------------------------------------------------


def test_a_house_has_kinds_of_remedies_of_its_own() -> None:  # C041, C047
    ours = ComplaintPolicy(remedy_kinds=("free_month",))
    (remedy,) = offered(kind="free_month", policy=ours).remedies

    assert remedy.kind == "free_month"
    assert offered(kind="refund", policy=ours).remedies[0].kind == "refund"
    with pytest.raises(InvalidValue, match=r"known: refund, .*, change_notice, free_month$"):
        offered(kind="flowers", policy=ours)
    with pytest.raises(InvalidValue, match=r"known: refund, .*, change_notice$"):
        offered(kind="free_month")


@pytest.mark.parametrize("kinds", [("",), (" ",), ("a/b",), ("refund",), ("a", "a")])
def test_a_kind_of_remedy_is_a_code_that_is_there_once(kinds: tuple[str, ...]) -> None:  # C047
    with pytest.raises(InvalidValue, match=r"ComplaintPolicy\.remedy_kinds"):
        ComplaintPolicy(remedy_kinds=kinds)


@pytest.mark.parametrize("kind", RemedyKind)
def test_every_kind_of_remedy_can_be_offered(kind: RemedyKind) -> None:  # C047
    decision = complaints.offer(in_handling(), kind, text="For the water", by=ANN, at=MONDAY)

    (remedy,) = decision.after.remedies
    assert (remedy.kind, remedy.status, remedy.offered_at) == (kind, RemedyStatus.OFFERED, MONDAY)
    assert (remedy.proposed_by, remedy.approved_by) == (ANN.id, None)
    assert [event.type for event in decision.events] == ["complaint.remedy_offered"]
    assert "water" not in repr(decision.after.remedies)


def test_a_remedy_costs_nothing_or_more() -> None:
    assert offered(amount=euros("0")).remedies[0].amount == euros("0")
    with pytest.raises(InvalidValue, match="a remedy costs nothing or more"):
        offered(amount=euros("-0.01"))


@given(st.decimals(0, 200, places=2), st.sampled_from(["EUR", "CNY", "USD"]))
def test_what_is_above_the_limit_of_its_currency_is_only_proposed(amount: Decimal, currency: str) -> None:  # C047
    (remedy,) = offered(amount=Money(amount=amount, currency=currency)).remedies

    limit = {"EUR": Decimal(100), "CNY": Decimal(700)}.get(currency)
    above = limit is None or amount > limit
    assert remedy.status is (RemedyStatus.PROPOSED if above else RemedyStatus.OFFERED)
    assert remedy.offered_at == (None if above else MONDAY)


@given(st.lists(st.tuples(st.decimals(0, 90, places=2), st.sampled_from(["EUR", "CNY"]), st.booleans()), max_size=6))
def test_remedies_together_stay_within_the_limit_of_their_currency(  # C047
    given: list[tuple[Decimal, str, bool]],
) -> None:
    complaint, limits = in_handling(), {"EUR": Decimal(100), "CNY": Decimal(700)}
    running = dict.fromkeys(limits, Decimal(0))
    for amount, currency, declined in given:
        complaint = offered(complaint, amount=Money(amount=amount, currency=currency))
        above = running[currency] + amount > limits[currency]
        assert complaint.remedies[-1].status is (RemedyStatus.PROPOSED if above else RemedyStatus.OFFERED)
        if declined and not above:  # what was declined costs nothing
            complaint = complaints.decline_remedy(complaint, len(complaint.remedies), by=ANN, at=MONDAY).after
        else:
            running[currency] += amount


@pytest.mark.parametrize("status", ["proposed", "offered", "accepted", "provided"])
def test_whatever_is_still_to_be_paid_or_was_paid_counts_against_the_limit(status: str) -> None:  # C047
    remedy = evolve(offered(amount=euros("60")).remedies[0], status=RemedyStatus(status))

    assert statuses(offered(in_handling(remedies=(remedy,)), amount=euros("40.01"))) == [status, "proposed"]
    assert statuses(offered(in_handling(remedies=(remedy,)), amount=euros("40"))) == [status, "offered"]


def test_what_was_declined_and_what_is_in_another_currency_does_not_count_against_the_limit() -> None:  # C047
    declined = complaints.decline_remedy(offered(amount=euros("60")), 1, by=ANN, at=MONDAY).after
    elsewhere = offered(amount=Money(amount=Decimal(600), currency="CNY"))

    assert statuses(offered(declined, amount=euros("60"))) == ["declined", "offered"]
    assert statuses(offered(elsewhere, amount=euros("60"))) == ["offered", "offered"]


def test_whoever_writes_a_proposal_down_is_kept_besides_who_decided_it() -> None:  # C047
    (remedy,) = proposed(by=Actor(id="a clerk", on_behalf_of="ann")).remedies

    assert (remedy.proposed_by, remedy.written_by) == ("ann", "a clerk")
    assert proposed(by="ann").remedies[0].written_by == "ann"


@pytest.mark.parametrize("amount", ["100", "100.00"])
def test_the_limit_itself_may_be_given(amount: str) -> None:  # C047
    assert statuses(offered(amount=euros(amount))) == ["offered"]


def test_without_limits_and_without_an_amount_nothing_needs_an_approval() -> None:  # C047
    assert statuses(offered(amount=euros("1000000"), policy=complaints.DEFAULT)) == ["offered"]
    assert statuses(offered()) == ["offered"]


@pytest.mark.parametrize("state", ["recorded", "acknowledged", "assessed", "closed", "withdrawn"])
def test_remedies_are_offered_while_it_is_handled_or_answered(state: str) -> None:
    with pytest.raises(TransitionNotAllowed, match=f"cannot offer while {state}"):
        offered(a_complaint(state=state))


def test_an_offer_ends_after_it_is_made() -> None:  # C047
    with pytest.raises(PolicyViolation, match="valid_until: an offer ends after it is made"):
        offered(valid_until=MONDAY)
    with pytest.raises(NaiveDatetime):
        offered(valid_until=datetime(2026, 3, 9, 9))


# -- approving -----------------------------------------------------------------------------------


def test_an_offer_over_the_limit_is_blocked_until_somebody_approves_it() -> None:  # C047
    complaint = proposed()
    with pytest.raises(PolicyViolation, match="remedy 1 is proposed; only one that is offered will do"):
        complaints.accept_remedy(complaint, 1, by=ANN, at=MONDAY)

    decision = complaints.approve_remedy(complaint, 1, by="the head", at=MONDAY + HOUR)
    (remedy,) = decision.after.remedies
    assert (remedy.status, remedy.approved_by, remedy.offered_at) == ("offered", "the head", MONDAY + HOUR)
    assert [event.type for event in decision.events] == ["complaint.remedy_offered"]
    assert statuses(complaints.accept_remedy(decision.after, 1, by=ANN, at=MONDAY + HOUR).after) == ["accepted"]


@pytest.mark.parametrize(
    ("proposer", "approver"),
    [
        ("ann", "ann"),
        ("ann", Actor(id="ann", on_behalf_of="the head")),
        ("ann", Actor(id="bob", on_behalf_of="ann")),
        (Actor(id="bob", on_behalf_of="ann"), "ann"),
        (Actor(id="bob", on_behalf_of="ann"), "bob"),
        (Actor(id="bob", on_behalf_of="ann"), Actor(id="bob", on_behalf_of="the head")),
        (Actor(id="bob", on_behalf_of="ann"), Actor(id="a clerk", on_behalf_of="bob")),
    ],
)
def test_whoever_proposes_does_not_approve(proposer: Actor | str, approver: Actor | str) -> None:  # C047
    with pytest.raises(PolicyViolation, match="whoever proposes a remedy does not approve it; ask somebody else"):
        complaints.approve_remedy(proposed(by=proposer), 1, by=approver, at=MONDAY)


def test_an_approval_is_of_whoever_decided_not_of_who_wrote_it_down() -> None:  # C047
    approved = complaints.approve_remedy(proposed(), 1, by=Actor(id="bob", on_behalf_of="the head"), at=MONDAY)

    assert approved.after.remedies[0].approved_by == "the head"


def test_only_what_is_proposed_is_approved() -> None:
    with pytest.raises(PolicyViolation, match="remedy 1 is offered; only one that is proposed will do"):
        complaints.approve_remedy(offered(), 1, by="the head", at=MONDAY)


def test_what_would_be_over_is_not_approved() -> None:  # C047
    with pytest.raises(PolicyViolation, match="the offer of remedy 1 is over"):
        complaints.approve_remedy(proposed(valid_until=MONDAY + DAY), 1, by="the head", at=MONDAY + DAY)


def test_nothing_is_approved_or_refused_before_it_is_proposed() -> None:  # C047
    late = proposed(at=MONDAY + 2 * HOUR)
    told: dict[str, Any] = {"by": "the head", "at": MONDAY + DAY}

    with pytest.raises(PolicyViolation, match="it cannot lie before remedy 1 was proposed"):
        complaints.approve_remedy(late, 1, occurred_at=MONDAY + HOUR, **told)
    with pytest.raises(PolicyViolation, match="it cannot lie before remedy 1 was proposed"):
        complaints.refuse_remedy(late, 1, reason="a typo", occurred_at=MONDAY + HOUR, **told)
    approved = complaints.approve_remedy(late, 1, occurred_at=MONDAY + 2 * HOUR, **told).after.remedies[0]
    assert (approved.proposed_at, approved.offered_at) == (MONDAY + 2 * HOUR, MONDAY + 2 * HOUR)


@pytest.mark.parametrize("who", ["the head", ANN])
def test_a_proposal_that_is_refused_is_not_offered_and_costs_nothing(who: Actor | str) -> None:  # C047
    decision = complaints.refuse_remedy(proposed(amount=euros("5000")), 1, reason="a typo", by=who, at=MONDAY)
    (event,) = decision.events

    assert (event.type, event.remedy) == ("complaint.remedy_refused", 1)  # type: ignore[attr-defined]
    assert "typo" not in repr(decision)
    assert decision.after.remedies[0].offered_at is None
    assert statuses(offered(decision.after, amount=euros("100"))) == ["refused", "offered"]
    with pytest.raises(PolicyViolation, match="remedy 1 is refused; only one that is proposed will do"):
        complaints.approve_remedy(decision.after, 1, by="the head", at=MONDAY)


def test_only_what_is_proposed_is_refused_and_for_a_reason() -> None:  # C047
    with pytest.raises(PolicyViolation, match="remedy 1 is offered; only one that is proposed will do"):
        complaints.refuse_remedy(offered(), 1, reason="a typo", by="the head", at=MONDAY)
    with pytest.raises(InvalidValue, match="reason: a text must not be blank"):
        complaints.refuse_remedy(proposed(), 1, reason=" ", by="the head", at=MONDAY)
    over = proposed(valid_until=MONDAY + HOUR)  # it would count against the limit for ever
    assert statuses(complaints.refuse_remedy(over, 1, reason="late", by=ANN, at=MONDAY + DAY).after) == ["refused"]


# -- taking and declining ------------------------------------------------------------------------


def test_each_remedy_goes_its_own_way() -> None:  # C047
    complaint = offered(offered(offered(kind="apology"), kind="repair"), kind="goodwill")
    complaint = complaints.accept_remedy(complaint, 2, by="cara", at=MONDAY + HOUR).after
    declined = complaints.decline_remedy(complaint, 3, reason="an insult", by="cara", at=MONDAY + 2 * HOUR)
    complaint = complaints.provide_remedy(declined.after, 2, by=ANN, at=MONDAY + DAY).after

    assert statuses(complaint) == ["offered", "provided", "declined"]
    assert [remedy.kind for remedy in complaint.remedies] == ["apology", "repair", "goodwill"]
    assert (complaint.remedies[1].answered_at, complaint.remedies[1].provided_at) == (MONDAY + HOUR, MONDAY + DAY)
    assert complaint.remedies[2].answered_at == MONDAY + 2 * HOUR
    assert declined.events[0].remedy == 3  # type: ignore[attr-defined]
    assert "insult" not in repr(declined)


@pytest.mark.parametrize("settle", [complaints.accept_remedy, complaints.decline_remedy])
@pytest.mark.parametrize(("valid", "at"), [(DAY, DAY), (DAY, DAY + HOUR)])
def test_an_offer_that_is_over_is_neither_taken_nor_declined(  # C047
    settle: object, valid: timedelta, at: timedelta
) -> None:
    complaint = offered(valid_until=MONDAY + valid)

    with pytest.raises(PolicyViolation, match="the offer of remedy 1 is over; offer another one"):
        settle(complaint, 1, by=ANN, at=MONDAY + at)  # type: ignore[operator]
    before = MONDAY + valid - timedelta(microseconds=1)
    assert settle(complaint, 1, by=ANN, at=MONDAY + at, occurred_at=before).after  # type: ignore[operator]


@pytest.mark.parametrize("settle", [complaints.accept_remedy, complaints.decline_remedy])
def test_an_offer_is_answered_once(settle: object) -> None:
    taken = complaints.accept_remedy(offered(), 1, by=ANN, at=MONDAY).after

    with pytest.raises(PolicyViolation, match="remedy 1 is accepted; only one that is offered will do"):
        settle(taken, 1, by=ANN, at=MONDAY)  # type: ignore[operator]


@pytest.mark.parametrize("settle", [complaints.accept_remedy, complaints.decline_remedy])
def test_nobody_answers_an_offer_before_it_is_made(settle: object) -> None:  # C047
    late = offered(at=MONDAY + 2 * HOUR)

    with pytest.raises(PolicyViolation, match="it cannot lie before remedy 1 was offered"):
        settle(late, 1, by=ANN, at=MONDAY + DAY, occurred_at=MONDAY + HOUR)  # type: ignore[operator]
    assert settle(late, 1, by=ANN, at=MONDAY + DAY, occurred_at=MONDAY + 2 * HOUR).after  # type: ignore[operator]


@pytest.mark.parametrize("n", [-1, 0, 2])
@pytest.mark.parametrize("action", ["approve_remedy", "accept_remedy", "decline_remedy", "provide_remedy"])
def test_remedies_are_numbered_from_one(action: str, n: int) -> None:
    with pytest.raises(InvalidValue, match=f"there is no remedy {n}; they are numbered from 1 to 1"):
        getattr(complaints, action)(offered(), n, by="the head", at=MONDAY)
    with pytest.raises(InvalidValue, match="none was offered yet"):
        getattr(complaints, action)(in_handling(), n, by="the head", at=MONDAY)


# -- providing -----------------------------------------------------------------------------------


def test_what_was_taken_is_provided_even_after_the_end() -> None:  # C047, C049
    taken = complaints.accept_remedy(offered(valid_until=MONDAY + DAY), 1, by=ANN, at=MONDAY).after
    closed = a_complaint(state="closed", remedies=taken.remedies)
    provided = complaints.provide_remedy(closed, 1, by=ANN, at=MONDAY + 30 * DAY).after

    assert (provided.state, statuses(provided)) == ("closed", ["provided"])


@pytest.mark.parametrize("status", ["proposed", "offered", "declined"])
def test_only_what_was_taken_is_provided(status: str) -> None:
    declined = complaints.decline_remedy(offered(), 1, by=ANN, at=MONDAY).after
    complaint = {"proposed": proposed(), "offered": offered(), "declined": declined}[status]

    with pytest.raises(PolicyViolation, match=f"remedy 1 is {status}; only one that is accepted will do"):
        complaints.provide_remedy(complaint, 1, by=ANN, at=MONDAY)


def test_nothing_is_provided_before_it_was_taken() -> None:  # C047
    taken = complaints.accept_remedy(offered(), 1, by=ANN, at=MONDAY + 2 * HOUR).after

    with pytest.raises(PolicyViolation, match="it cannot lie before remedy 1 was accepted"):
        complaints.provide_remedy(taken, 1, by=ANN, at=MONDAY + DAY, occurred_at=MONDAY + HOUR)


@pytest.mark.parametrize("state", ["withdrawn", "merged"])
def test_what_is_gone_settles_nothing(state: str) -> None:
    gone = a_complaint(state=state, remedies=offered().remedies)

    with pytest.raises(TransitionNotAllowed, match=f"cannot settle while {state}"):
        complaints.accept_remedy(gone, 1, by=ANN, at=MONDAY)


@given(st.lists(st.tuples(st.sampled_from(RemedyKind), st.decimals(0, 99, places=2)), max_size=5))
def test_what_remedies_cost_can_be_added_up_per_kind_without_the_documents(  # C047
    given: list[tuple[RemedyKind, Decimal]],
) -> None:
    complaint = in_handling()
    for kind, amount in given:
        complaint = offered(complaint, kind, amount=Money(amount=amount, currency="EUR"))

    totals: dict[str, Decimal] = {}
    for term in [value for field, value in COMPLAINT.terms_of(complaint) if field == "remedies"]:
        _, kind_told, _, currency, cost = term.split("/")
        assert currency == "EUR"
        totals[kind_told] = totals.get(kind_told, Decimal(0)) + Decimal(cost)
    assert totals == {kind: sum((amount for each, amount in given if each is kind), Decimal(0)) for kind, _ in given}

"""What becomes of an answer: the complainant is content with it, or somebody else decides again."""

from datetime import timedelta

import pytest

from servicecrm import complaints
from servicecrm.complaints import Complaint, ComplaintPolicy, ResponseKind
from servicecrm.errors import GuardNotMet, InvalidValue, PolicyViolation, TransitionNotAllowed
from servicecrm.kernel.decisions import Actor
from servicecrm.testing.makers import MONDAY, a_complaint, a_judgement, an_actor

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
ANN = an_actor()
THREE = ComplaintPolicy(stages=3)


def answered(complaint: Complaint | None = None, **given: object) -> Complaint:
    if complaint is None:
        complaint = a_complaint(state="in_handling", handler="north", judgements=(a_judgement(),))
    told = {"id": "a-1", "by": ANN, "at": MONDAY, **given}
    return complaints.answer(complaint, "It runs again.", **told)[0].after  # type: ignore[arg-type]


def closed(**given: object) -> Complaint:
    return complaints.close(answered(None, **given), "resolved", by=ANN, at=MONDAY).after


def raised(complaint: Complaint | None = None, handler: str = "zoe", **given: object) -> Complaint:
    told = {"by": "the head", "at": MONDAY + DAY, **given}
    return complaints.raise_stage(complaint or answered(), handler, **told).after  # type: ignore[arg-type]


def judged(complaint: Complaint, by: str, at: timedelta) -> Complaint:
    return complaints.judge(complaint, "partly", grounds="Looked at again.", by=by, at=MONDAY + at).after


# -- the answer ----------------------------------------------------------------------------------


def test_an_answer_says_what_it_is_in_law_and_where_else_one_can_turn() -> None:  # C048
    response = answered(kind="redress_only", recourse=["ombudsman", "court"]).response

    assert response is not None
    assert (response.message, response.kind, response.stage) == ("a-1", ResponseKind.REDRESS_ONLY, 1)
    assert (response.by, response.at, response.accepted) == (ANN.id, MONDAY, None)
    assert response.recourse == ("ombudsman", "court")


def test_recourse_is_named_one_by_one_and_a_kind_is_a_known_one() -> None:  # C048
    with pytest.raises(InvalidValue, match="recourse: expected several values"):
        answered(recourse="ombudsman")
    with pytest.raises(InvalidValue, match="expected one of accepted, redress_only, rejected"):
        answered(kind="sorry")


def test_an_answer_is_of_whoever_decided_not_of_who_wrote_it_down() -> None:  # C048
    response = answered(by=Actor(id="a clerk", on_behalf_of="the head")).response

    assert response is not None
    assert response.by == "the head"


# -- what is said to it --------------------------------------------------------------------------


def test_an_accepted_answer_can_be_closed() -> None:  # C048
    decision = complaints.accept_answer(answered(), by="cara", at=MONDAY + HOUR)

    assert decision.after.response is not None
    assert decision.after.response.accepted is True
    assert decision.after.state == "responded"
    assert complaints.close(decision.after, "resolved", by=ANN, at=MONDAY + DAY).after.state == "closed"


def test_a_declined_answer_is_closed_only_when_it_was_said_where_else_to_turn() -> None:  # C048
    declined = complaints.decline_answer(answered(), reason="not enough", by="cara", at=MONDAY + HOUR)
    with pytest.raises(GuardNotMet, match="the complainant was told where else to turn"):
        complaints.close(declined.after, "explained", by=ANN, at=MONDAY + DAY)

    told = complaints.decline_answer(answered(recourse=["ombudsman"]), by="cara", at=MONDAY + HOUR).after
    assert complaints.close(told, "explained", by=ANN, at=MONDAY + DAY).after.state == "closed"
    assert "enough" not in repr(declined)


def test_the_complainant_may_change_their_mind() -> None:  # C048
    declined = complaints.decline_answer(answered(), by="cara", at=MONDAY).after
    after = complaints.accept_answer(declined, by="cara", at=MONDAY).after

    assert after.response is not None
    assert after.response.accepted is True


def test_what_is_closed_can_still_be_declined_but_not_accepted() -> None:  # C048
    after = complaints.decline_answer(closed(), by="cara", at=MONDAY + DAY).after

    assert after.response is not None
    assert (after.state, after.response.accepted) == ("closed", False)
    with pytest.raises(TransitionNotAllowed, match="cannot accept_answer while closed"):
        complaints.accept_answer(closed(), by="cara", at=MONDAY + DAY)


@pytest.mark.parametrize("say", [complaints.accept_answer, complaints.decline_answer])
@pytest.mark.parametrize("state", ["recorded", "in_handling", "withdrawn", "referred"])
def test_nothing_is_said_to_an_answer_that_was_not_given(say: object, state: str) -> None:
    with pytest.raises(TransitionNotAllowed, match=f"answer while {state}"):
        say(a_complaint(state=state), by="cara", at=MONDAY)  # type: ignore[operator]


@pytest.mark.parametrize("say", [complaints.accept_answer, complaints.decline_answer])
def test_nothing_is_said_to_an_answer_before_it_is_given(say: object) -> None:
    late = answered(at=MONDAY + 2 * HOUR)

    with pytest.raises(PolicyViolation, match="it cannot lie before the complaint was answered"):
        say(late, by="cara", at=MONDAY + DAY, occurred_at=MONDAY + HOUR)  # type: ignore[operator]


@pytest.mark.parametrize("say", [complaints.accept_answer, complaints.decline_answer])
def test_an_answer_of_another_system_can_be_spoken_of_too(say: object) -> None:
    adopted = complaints.adopt(a_complaint(), "responded", source="old-crm", by=ANN, at=MONDAY).after

    assert say(adopted, by="cara", at=MONDAY).after.response is None  # type: ignore[operator]


# -- the next stage ------------------------------------------------------------------------------


def test_a_raised_complaint_is_dealt_with_as_if_it_was_not_answered() -> None:  # C048
    decision = complaints.raise_stage(
        closed(recourse=["ombudsman"]), "zoe", reason="not heard", by="the head", at=MONDAY + DAY
    )
    after = decision.after

    assert (after.state, after.stage, after.handler, after.handler_since) == ("in_handling", 2, "zoe", MONDAY + DAY)
    assert (after.response, after.answered_at, after.closed_at, after.closing_code) == (None, None, None, None)
    assert after.judgements == closed().judgements
    assert after.deciders == {"ann@city.example"}
    assert [(moment.kind, moment.code) for moment in after.moments[-2:]] == [("reopened", None), ("stage", "2")]
    assert "heard" not in repr(decision)


@pytest.mark.parametrize(("complaint", "reopenings"), [(answered(), 0), (closed(), 1)])
def test_only_what_was_closed_is_reopened_by_it(complaint: Complaint, reopenings: int) -> None:  # C048, C050
    assert raised(complaint).reopenings == reopenings


def test_at_the_next_stage_others_judge_and_answer() -> None:  # C048
    second = raised()

    with pytest.raises(GuardNotMet, match="it is judged at this stage"):
        answered(second, by="zoe", at=MONDAY + 2 * DAY)
    with pytest.raises(GuardNotMet, match="whoever judges it has not decided about it at an earlier stage"):
        judged(second, ANN.id, 2 * DAY)
    looked_at = judged(second, "zoe", 2 * DAY)
    for by in (ANN, Actor(id="bob", on_behalf_of=ANN.id), Actor(id=ANN.id, on_behalf_of="bob")):
        with pytest.raises(GuardNotMet, match="whoever answers has not decided about it at an earlier stage"):
            answered(looked_at, by=by, at=MONDAY + 3 * DAY)
    response = answered(looked_at, by="zoe", at=MONDAY + 3 * DAY).response
    assert response is not None
    assert response.stage == 2


def test_nobody_who_decided_at_any_earlier_stage_gets_it_again() -> None:  # C048
    judge_and_writer = a_complaint(
        state="in_handling", handler="north", judgements=(a_judgement(by="bob"),), deciders=frozenset({"max"})
    )
    complaint = answered(judge_and_writer)

    for handler in (ANN.id, "bob", "max"):
        with pytest.raises(PolicyViolation, match="the handler has decided about it at an earlier stage"):
            raised(complaint, handler)
    assert raised(complaint, "zoe").deciders == {ANN.id, "bob", "max"}


def test_what_was_closed_for_too_long_has_no_next_stage() -> None:  # C048, C050
    house = ComplaintPolicy(reopen_within=30 * DAY)

    assert raised(closed(), policy=house, at=MONDAY + 30 * DAY).stage == 2
    with pytest.raises(PolicyViolation, match="reopen_within: it could be reopened until 2026-04-01T09:00:00"):
        raised(closed(), policy=house, at=MONDAY + 31 * DAY)
    assert raised(answered(), policy=house, at=MONDAY + 31 * DAY).stage == 2  # it was never closed


def test_whoever_decided_before_a_reopening_has_decided_too() -> None:  # C048, C050
    clerk_for_eva = Actor(id="a clerk", on_behalf_of="eva")
    first = complaints.judge(
        a_complaint(state="in_handling", handler="north"), "partly", grounds="Worn.", by=clerk_for_eva, at=MONDAY
    ).after
    again = complaints.reopen(answered(first, by=Actor(id="bob", on_behalf_of="max")), "Not so.", by=ANN, at=MONDAY)
    second = complaints.judge(again.after, "justified", grounds="Worn.", by="ida", at=MONDAY).after
    after = raised(answered(second, by="leo"))

    assert after.deciders == {"eva", "a clerk", "bob", "max", "ida", "leo"}
    assert after.decided_by == frozenset()
    for handler in after.deciders:
        with pytest.raises(PolicyViolation, match="the handler has decided about it at an earlier stage"):
            raised(answered(second, by="leo"), handler)


def test_a_judgement_of_what_is_answered_is_a_decision_too() -> None:  # C044, C048
    assert raised(judged(answered(), "eva", timedelta(0))).deciders == {ANN.id, "eva"}


def test_who_decided_in_another_system_is_known_by_what_it_tells() -> None:  # C048
    judged_twice, response = (a_judgement(by="eva"), a_judgement(by="ida")), answered(by="leo").response
    adopted = complaints.adopt(
        a_complaint(), "responded", source="old-crm", by=ANN, at=MONDAY, judgements=judged_twice, response=response
    ).after

    assert raised(adopted).deciders == {"eva", "ida", "leo"}
    unanswered = complaints.adopt(adopted, "responded", source="old-crm", response=None, by=ANN, at=MONDAY).after
    assert raised(unanswered).deciders == {"eva", "ida"}


def test_there_are_as_many_stages_as_the_house_has() -> None:  # C048
    second = answered(judged(raised(), "zoe", 2 * DAY), by="zoe", at=MONDAY + 2 * DAY)

    with pytest.raises(PolicyViolation, match="there are 2; say where else to turn, and close or refer it"):
        raised(second, "max", at=MONDAY + 3 * DAY)
    third = raised(second, "max", at=MONDAY + 3 * DAY, policy=THREE)
    assert (third.stage, third.deciders) == (3, frozenset({ANN.id, "zoe"}))
    with pytest.raises(PolicyViolation, match="there are 1"):
        raised(policy=ComplaintPolicy(stages=1))


def test_whoever_is_content_needs_no_next_stage() -> None:  # C048
    content = complaints.accept_answer(answered(), by="cara", at=MONDAY).after

    with pytest.raises(PolicyViolation, match="the complainant is content with the answer"):
        raised(content)
    assert raised(complaints.decline_answer(content, by="cara", at=MONDAY).after).stage == 2


def test_the_next_stage_has_a_handler() -> None:
    with pytest.raises(GuardNotMet, match="a handler is named"):
        raised(handler="")


@pytest.mark.parametrize("state", ["recorded", "in_handling", "lapsed", "referred", "withdrawn"])
def test_only_an_answer_is_taken_to_the_next_stage(state: str) -> None:
    with pytest.raises(TransitionNotAllowed, match=f"cannot raise_stage while {state}"):
        raised(a_complaint(state=state))


def test_the_next_stage_begins_after_the_answer_and_what_is_done_at_it_later() -> None:  # C048
    late = answered(at=MONDAY + 2 * HOUR)
    with pytest.raises(PolicyViolation, match="it cannot lie before the complaint was answered"):
        raised(late, occurred_at=MONDAY + HOUR)

    second = raised(late, occurred_at=MONDAY + 4 * HOUR)
    with pytest.raises(PolicyViolation, match="it cannot lie before its stage began, at 2026-03-02T13:00:00"):
        complaints.judge(
            second, "partly", grounds="Again.", by="zoe", at=MONDAY + 2 * DAY, occurred_at=MONDAY + 3 * HOUR
        )
    with pytest.raises(PolicyViolation, match="it cannot lie before it was taken up again, at 2026-03-02T13:00:00"):
        complaints.withdraw(second, by=ANN, at=MONDAY + 2 * DAY, occurred_at=MONDAY + 3 * HOUR)

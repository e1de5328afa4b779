"""What a complaint really is, what is found out about it, and whether it is justified."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm import complaints
from servicecrm.complaints import Complaint, ComplaintPolicy, Feedback, Priority, Verdict
from servicecrm.errors import GuardNotMet, InvalidValue, PolicyViolation, TransitionNotAllowed
from servicecrm.kernel.decisions import Actor
from servicecrm.testing.makers import MONDAY, a_complaint, a_judgement, an_actor

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
ANN = an_actor()
OTHERS = [each for each in Feedback if each is not Feedback.COMPLAINT]
CAUSES = ComplaintPolicy(causes=("material/wear", "staff"))


def in_handling(**changes: object) -> Complaint:
    return a_complaint(**{"state": "in_handling", "handler": "north", "handler_since": MONDAY, **changes})


def judged(complaint: Complaint, verdict: str = "justified", by: Actor | str = ANN, **given: object) -> Complaint:
    told = {"grounds": "The valve leaked.", "by": by, "at": MONDAY, **given}
    return complaints.judge(complaint, verdict, **told).after  # type: ignore[arg-type]


def answered(complaint: Complaint, **given: object) -> Complaint:
    return complaints.answer(complaint, "It runs.", **{"id": "a", "by": ANN, "at": MONDAY, **given})[0].after  # type: ignore[arg-type]


# -- what it is ----------------------------------------------------------------------------------


@pytest.mark.parametrize("feedback", OTHERS)
def test_what_turns_out_to_be_something_else_keeps_its_number_and_history(feedback: Feedback) -> None:  # C041
    before = in_handling(judgements=(a_judgement(),))
    decision = complaints.reclassify(before, feedback, reason="asks for the hours", by=ANN, at=MONDAY + HOUR)
    after = decision.after

    assert (after.number, after.state, after.received_at) == (before.number, before.state, before.received_at)
    assert after.judgements == before.judgements
    assert after.moments[:-1] == before.moments
    assert (after.moments[-1].kind, after.moments[-1].code) == ("reclassified", feedback)
    assert after.feedback is feedback
    assert "hours" not in repr(decision.events)


@pytest.mark.parametrize("feedback", Feedback)
def test_what_it_is_taken_for_already_is_not_news(feedback: Feedback) -> None:  # C041
    with pytest.raises(PolicyViolation, match=f"it is taken for a {feedback} already"):
        complaints.reclassify(a_complaint(feedback=feedback), feedback, reason="sure", by=ANN, at=MONDAY)


def test_reclassifying_has_a_reason_and_a_known_class() -> None:  # C041
    with pytest.raises(InvalidValue, match="reason: a text must not be blank"):
        complaints.reclassify(a_complaint(), "request", reason=" ", by=ANN, at=MONDAY)
    with pytest.raises(InvalidValue, match="expected one of complaint, request, incident, compliment, suggestion"):
        complaints.reclassify(a_complaint(), "rant", reason="loud", by=ANN, at=MONDAY)


@pytest.mark.parametrize("state", ["withdrawn", "merged"])
def test_what_is_gone_is_reclassified_no_more(state: str) -> None:
    with pytest.raises(TransitionNotAllowed, match=f"cannot reclassify while {state}"):
        complaints.reclassify(a_complaint(state=state), "request", reason="asks", by=ANN, at=MONDAY)


def test_reclassifications_follow_each_other() -> None:  # C041
    request = complaints.reclassify(a_complaint(), "request", reason="asks", by=ANN, at=MONDAY + 2 * HOUR).after

    with pytest.raises(PolicyViolation, match="it cannot lie before it was reclassified, at 2026-03-02T11:00:00"):
        complaints.reclassify(
            request, "complaint", reason="complains", by=ANN, at=MONDAY + DAY, occurred_at=MONDAY + HOUR
        )


def test_nothing_is_reclassified_before_it_was_taken_up_again() -> None:  # C041, C050
    closed = in_handling(state="closed", closed_at=MONDAY, judgements=(a_judgement(),))
    again = complaints.reopen(closed, "It stopped again.", by=ANN, at=MONDAY + 2 * HOUR).after
    told: dict[str, Any] = {"reason": "asks", "by": ANN, "at": MONDAY + DAY}

    with pytest.raises(PolicyViolation, match="it cannot lie before it was taken up again, at 2026-03-02T11:00:00"):
        complaints.reclassify(again, "request", occurred_at=MONDAY + HOUR, **told)
    assert complaints.reclassify(again, "request", occurred_at=MONDAY + 2 * HOUR, **told).after.feedback == "request"


@pytest.mark.parametrize("who", ["bob", Actor(id="a clerk", on_behalf_of="bob"), Actor(id="bob", on_behalf_of="ann")])
def test_whoever_it_is_about_does_not_say_what_it_is(who: Actor | str) -> None:  # C041, C044
    about_bob = in_handling(complained_about="bob")

    with pytest.raises(PolicyViolation, match="complained_about: whoever it is about does not say what it is"):
        complaints.reclassify(about_bob, "request", reason="no complaint", by=who, at=MONDAY)
    assert complaints.reclassify(about_bob, "request", reason="asks", by=ANN, at=MONDAY).after.feedback == "request"
    assert complaints.reclassify(in_handling(), "request", reason="asks", by=who, at=MONDAY).after.feedback == "request"


@pytest.mark.parametrize("state", ["responded", "closed", "lapsed", "referred"])
def test_what_is_over_is_taken_up_again_before_it_is_taken_for_a_complaint(state: str) -> None:  # C041, C044
    request = in_handling(state=state, feedback=Feedback.REQUEST, judgements=(a_judgement(),))

    with pytest.raises(GuardNotMet, match="what was answered or has ended is taken up again before it is taken for a"):
        complaints.reclassify(request, "complaint", reason="complains", by=ANN, at=MONDAY)
    assert complaints.reclassify(request, "incident", reason="burst", by=ANN, at=MONDAY).after.state == state
    again = complaints.reopen(request, "A complaint after all.", by=ANN, at=MONDAY).after
    assert complaints.reclassify(again, "complaint", reason="complains", by=ANN, at=MONDAY).after.state == "in_handling"
    complaint = in_handling(state=state)
    assert "reclassify" not in complaints.LIFECYCLE.blocked(complaint)
    with pytest.raises(PolicyViolation, match="it is taken for a complaint already"):
        complaints.reclassify(complaint, "complaint", reason="sure", by=ANN, at=MONDAY)
    assert complaints.reclassify(complaint, "request", reason="asks", by=ANN, at=MONDAY).after.state == state


@pytest.mark.parametrize("feedback", OTHERS)
def test_only_complaints_are_judged_before_they_are_answered(feedback: Feedback) -> None:  # C041, C044
    other = in_handling(feedback=feedback)

    assert answered(other).state == "responded"
    with pytest.raises(PolicyViolation, match=f"only complaints are judged, and this is a {feedback}"):
        judged(other)


# -- what is found out ---------------------------------------------------------------------------


def test_findings_are_kept_in_order_with_references_to_what_shows_them() -> None:  # C046
    first = complaints.investigate(in_handling(), "A worn valve.", evidence=["photo-1"], by=ANN, at=MONDAY).after
    second = complaints.investigate(first, "Installed in 1971.", by="bob", at=MONDAY + DAY, occurred_at=MONDAY + HOUR)

    assert second.after.investigation is not None
    one, two = second.after.investigation.findings
    assert (one.text, one.evidence, one.by, one.at) == ("A worn valve.", ("photo-1",), ANN.id, MONDAY)
    assert (two.evidence, two.by, two.at) == ((), "bob", MONDAY + HOUR)
    assert "valve" not in repr(second)


def test_a_finding_says_something_and_names_its_evidence_one_by_one() -> None:  # C046
    with pytest.raises(InvalidValue, match=r"Finding.text: a text must not be blank"):
        complaints.investigate(in_handling(), "", by=ANN, at=MONDAY)
    with pytest.raises(InvalidValue, match="evidence: expected several values"):
        complaints.investigate(in_handling(), "A worn valve.", evidence="photo-1", by=ANN, at=MONDAY)


@pytest.mark.parametrize("state", ["recorded", "responded", "closed", "withdrawn"])
def test_only_what_is_worked_on_is_looked_into(state: str) -> None:
    with pytest.raises(TransitionNotAllowed, match=f"cannot investigate while {state}"):
        complaints.investigate(a_complaint(state=state), "A worn valve.", by=ANN, at=MONDAY)


@pytest.mark.parametrize("priority", Priority)
def test_a_pressing_complaint_is_answered_only_when_somebody_has_looked_into_it(priority: Priority) -> None:  # C046
    pressing = in_handling(priority=priority, judgements=(a_judgement(),))
    with_cause = complaints.find_cause(pressing, "wear", by=ANN, at=MONDAY).after

    if priority is Priority.P1:
        for each in (pressing, with_cause):
            with pytest.raises(PolicyViolation, match="priority p1 needs a finding before it is answered or closed"):
                answered(each)
    else:
        assert answered(pressing).state == "responded"
    assert answered(complaints.investigate(pressing, "Worn.", by=ANN, at=MONDAY).after).state == "responded"
    assert answered(pressing, policy=ComplaintPolicy(investigated=frozenset())).state == "responded"


def test_a_cause_joins_what_was_found_and_the_last_one_holds() -> None:  # C046
    found = complaints.investigate(in_handling(), "A worn valve.", by=ANN, at=MONDAY).after
    first = complaints.find_cause(found, "wear", text="From 1971", by=ANN, at=MONDAY).after
    second = complaints.find_cause(first, "staff", by=ANN, at=MONDAY)

    assert second.after.investigation is not None
    assert len(second.after.investigation.findings) == 1
    assert (second.after.investigation.cause, second.after.investigation.cause_text) == ("staff", None)
    assert first.investigation is not None
    assert "1971" not in repr(first.investigation)


@pytest.mark.parametrize("state", ["in_handling", "responded", "closed"])
def test_a_cause_may_turn_out_after_the_end(state: str) -> None:  # C046
    assert complaints.find_cause(a_complaint(state=state), "wear", by=ANN, at=MONDAY).after.state == state


@pytest.mark.parametrize("cause", ["material", "material/wear", "staff"])
def test_a_cause_is_one_of_the_tree_of_the_house(cause: str) -> None:  # C046
    assert complaints.find_cause(in_handling(), cause, policy=CAUSES, by=ANN, at=MONDAY).after.investigation is not None


@pytest.mark.parametrize("cause", ["wear", "material/rust", "staff/late", "mat"])
def test_a_cause_that_the_house_does_not_have_is_refused_with_those_that_it_has(cause: str) -> None:  # C046
    with pytest.raises(PolicyViolation, match="not a cause of this house; known: material/wear, staff"):
        complaints.find_cause(in_handling(), cause, policy=CAUSES, by=ANN, at=MONDAY)


# -- whether it is justified ---------------------------------------------------------------------


@given(st.lists(st.sampled_from(Verdict), min_size=1, max_size=4))
def test_every_judgement_is_kept_and_the_last_one_holds(verdicts: list[Verdict]) -> None:  # C044, S3-P3
    complaint = in_handling()
    for n, verdict in enumerate(verdicts):
        complaint = judged(complaint, verdict, at=MONDAY + n * HOUR)

    assert [each.verdict for each in complaint.judgements] == verdicts
    assert [each.at for each in complaint.judgements] == [MONDAY + n * HOUR for n in range(len(verdicts))]
    assert complaint.verdict is verdicts[-1]
    assert [moment.code for moment in complaint.moments if moment.kind == "judged"] == verdicts


def test_a_judgement_has_a_verdict_and_grounds_which_stay_private() -> None:  # C044
    with pytest.raises(InvalidValue, match=r"Judgement.grounds: a text must not be blank"):
        judged(in_handling(), grounds=" ")
    with pytest.raises(InvalidValue, match="expected one of justified, partly, unjustified, out_of_scope"):
        judged(in_handling(), "guilty")
    assert "valve" not in repr(judged(in_handling()).judgements)


@pytest.mark.parametrize("state", ["recorded", "acknowledged", "lapsed", "referred", "withdrawn", "merged"])
def test_only_what_is_assessed_and_not_gone_is_judged(state: str) -> None:  # C044
    with pytest.raises(TransitionNotAllowed, match=f"cannot judge while {state}"):
        judged(a_complaint(state=state))


@pytest.mark.parametrize("verdict", Verdict)
def test_whatever_the_verdict_it_still_needs_an_answer(verdict: Verdict) -> None:  # C044
    reachable = judged(in_handling(customer="customer-7"), verdict)

    with pytest.raises(GuardNotMet, match="it is answered, or there is no way to reach the complainant"):
        complaints.close(reachable, "explained", by=ANN, at=MONDAY)
    closed = complaints.close(answered(reachable), "explained", by=ANN, at=MONDAY).after
    assert (closed.state, closed.verdict) == ("closed", verdict)


@pytest.mark.parametrize("contact", [None, "customer-7"])
def test_without_a_verdict_it_is_neither_answered_nor_closed(contact: str | None) -> None:  # C044
    complaint = in_handling(customer=contact)

    with pytest.raises(GuardNotMet, match="it is judged at this stage whether the complaint is justified"):
        answered(complaint)
    with pytest.raises(GuardNotMet, match="it is judged at this stage"):
        complaints.close(complaint, "explained", by=ANN, at=MONDAY)


@pytest.mark.parametrize(
    "by",
    [
        "south@city.example",
        Actor(id="south@city.example", on_behalf_of="the head"),
        Actor(id="a clerk", on_behalf_of="south@city.example"),
    ],
    ids=["themselves", "for somebody else", "by somebody else"],
)
def test_nobody_judges_a_complaint_about_themselves(by: Actor | str) -> None:  # C044
    about = in_handling(complained_about="south@city.example")

    with pytest.raises(GuardNotMet, match="whoever judges it is not the one that it is about"):
        judged(about, by=by)
    assert judged(about, by=Actor(id="a clerk", on_behalf_of="the head")).verdict is Verdict.JUSTIFIED


def test_a_judgement_is_of_whoever_decided_not_of_who_wrote_it_down() -> None:  # C044
    (judgement,) = judged(in_handling(), by=Actor(id="a clerk", on_behalf_of="the head")).judgements

    assert judgement.by == "the head"


@pytest.mark.parametrize(
    "by", ["ann@city.example", Actor(id="bob", on_behalf_of="ann@city.example"), Actor(id=ANN.id, on_behalf_of="bob")]
)
def test_at_a_higher_stage_somebody_else_judges(by: Actor | str) -> None:  # C048
    second = in_handling(stage=2, deciders=frozenset({"ann@city.example"}), judgements=(a_judgement(),))

    with pytest.raises(GuardNotMet, match="has not decided about it at an earlier stage"):
        judged(second, by=by)
    assert judged(second, by="bob").judgements[-1].stage == 2


def test_a_judgement_of_what_is_answered_changes_no_answer() -> None:  # C044
    before = answered(judged(in_handling()))
    after = judged(before, "unjustified")

    assert (after.state, after.response, after.answered_at) == (before.state, before.response, before.answered_at)
    assert after.verdict is Verdict.UNJUSTIFIED


def test_a_judgement_lies_after_the_one_that_it_replaces() -> None:  # C044
    late = judged(in_handling(), at=MONDAY + 2 * HOUR)

    with pytest.raises(PolicyViolation, match="it cannot lie before it was judged, at 2026-03-02T11:00:00"):
        judged(late, "unjustified", at=MONDAY + DAY, occurred_at=MONDAY + HOUR)
    assert judged(late, "unjustified", at=MONDAY + DAY, occurred_at=MONDAY + 2 * HOUR).verdict == "unjustified"


def test_an_answer_lies_after_its_judgement() -> None:  # C044
    late = judged(in_handling(), at=MONDAY + 2 * HOUR)

    with pytest.raises(PolicyViolation, match="it cannot lie before it was judged, at 2026-03-02T11:00:00"):
        answered(late, at=MONDAY + DAY, occurred_at=MONDAY + HOUR)
    assert answered(late, at=MONDAY + DAY, occurred_at=MONDAY + 2 * HOUR).state == "responded"

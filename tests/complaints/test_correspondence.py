"""What is said about a complaint is kept apart from it, and the answer moves it."""

from datetime import timedelta

import pytest

from servicecrm import complaints
from servicecrm.complaints import Waiting, WaitingFor
from servicecrm.errors import InvalidValue, PolicyViolation, TransitionNotAllowed
from servicecrm.testing.makers import MONDAY, a_complaint, a_judgement, an_actor
from servicecrm.tracking import MessageClass, Side

HOUR = timedelta(hours=1)
ANN = an_actor()


@pytest.mark.parametrize("state", complaints.LIFECYCLE.states)
def test_a_message_is_kept_in_every_state(state: str) -> None:
    before = a_complaint(state=state)
    kept, written = complaints.message(before, "Any news?", id="m-1", side="outside", by=ANN, at=MONDAY)

    assert kept.after.state == state
    assert (kept.after.moments[-1].kind, kept.after.moments[-1].side) == ("message", Side.OUTSIDE)
    assert kept.after.moments[-1].code == "substantive"
    assert (written.after.about_kind, written.after.about) == ("complaint", before.id)
    assert written.after.text == "Any news?"


@pytest.mark.parametrize(
    ("side", "type"), [("outside", "complaint.message_received"), ("inside", "complaint.message_sent")]
)
def test_the_side_tells_what_came_in_from_what_went_out(side: str, type: str) -> None:
    kept, written = complaints.message(a_complaint(), "Hello", id="m-1", side=side, by=ANN, at=MONDAY)

    assert [event.type for event in kept.events] == [type]
    assert [event.type for event in written.events] == ["message.written"]
    assert written.after.side == side


def test_what_the_complainant_says_while_we_wait_for_it_ends_the_wait() -> None:  # C035
    waits = complaints.wait(a_complaint(state="in_handling"), "customer", by=ANN, at=MONDAY + HOUR).after
    said = complaints.message(waits, "Tuesday is fine.", id="m-1", side="outside", by=ANN, at=MONDAY + 2 * HOUR)[0]

    assert said.after.waiting is None
    assert [(m.kind, m.code) for m in said.after.moments[-2:]] == [("resumed", "customer"), ("message", "substantive")]
    assert [event.type for event in said.events] == ["complaint.message_received"]


@pytest.mark.parametrize(
    ("for_", "side", "klass", "told_later"),
    [
        ("third_party", "outside", "substantive", False),
        ("customer", "inside", "substantive", False),
        ("customer", "outside", "courtesy", False),
        ("customer", "outside", "auto_reply", False),
        ("customer", "outside", "substantive", True),
    ],
)
def test_nothing_else_ends_a_wait(for_: str, side: str, klass: str, *, told_later: bool) -> None:  # C035
    waits = complaints.wait(a_complaint(state="in_handling"), for_, by=ANN, at=MONDAY + HOUR).after
    when = MONDAY if told_later else MONDAY + 2 * HOUR
    told = {"id": "m-1", "side": side, "klass": klass, "by": ANN, "at": MONDAY + 2 * HOUR, "occurred_at": when}

    assert complaints.message(waits, "Thanks.", **told)[0].after.waiting == waits.waiting  # type: ignore[arg-type]


def test_a_message_takes_channel_and_language_from_its_complaint_unless_told_otherwise() -> None:
    complaint = a_complaint(language="de")
    _, usual = complaints.message(complaint, "Hallo", id="m-1", side="outside", by=ANN, at=MONDAY)
    _, other = complaints.message(
        complaint, "Hello", id="m-2", side="outside", channel="letter", language="en", by=ANN, at=MONDAY
    )

    assert (usual.after.channel, usual.after.language) == ("phone", "de")
    assert (other.after.channel, other.after.language) == ("letter", "en")


def test_a_message_entered_later_counts_from_when_it_came() -> None:
    kept, written = complaints.message(
        a_complaint(),
        "Any news?",
        id="m-1",
        side="outside",
        author="customer-7",
        by=ANN,
        at=MONDAY,
        occurred_at=MONDAY - HOUR,
    )

    assert kept.after.moments[-1].occurred_at == written.after.occurred_at == MONDAY - HOUR
    assert written.after.author == "customer-7"


@pytest.mark.parametrize("klass", ["internal_note", "final_response"])
def test_notes_and_answers_have_their_own_action(klass: str) -> None:
    with pytest.raises(InvalidValue, match="note and answer make these"):
        complaints.message(a_complaint(), "Hello", id="m-1", side="inside", klass=klass, by=ANN, at=MONDAY)


def test_a_blank_message_changes_nothing() -> None:
    with pytest.raises(InvalidValue, match=r"Message.text"):
        complaints.message(a_complaint(), " ", id="m-1", side="outside", by=ANN, at=MONDAY)


def test_a_message_cannot_come_from_the_future() -> None:
    with pytest.raises(PolicyViolation, match="cannot lie in the future"):
        complaints.message(
            a_complaint(), "Hello", id="m-1", side="outside", by=ANN, at=MONDAY, occurred_at=MONDAY + HOUR
        )


@pytest.mark.parametrize("state", complaints.LIFECYCLE.states)
def test_a_note_is_ours_alone_and_no_clock_reads_it(state: str) -> None:
    before = a_complaint(state=state)
    kept, written = complaints.note(before, "Called back.", id="n-1", by=ANN, at=MONDAY)

    assert (written.after.side, written.after.klass) == (Side.INSIDE, MessageClass.INTERNAL_NOTE)
    assert written.after.channel is None
    assert kept.after == before
    assert [event.type for event in kept.events] == ["complaint.note_added"]


def test_a_blank_note_is_refused() -> None:
    with pytest.raises(InvalidValue, match=r"Message.text"):
        complaints.note(a_complaint(), "", id="n-1", by=ANN, at=MONDAY)


def test_answering_moves_the_complaint_and_writes_the_final_response() -> None:  # C048
    decided, written = complaints.answer(
        a_complaint(state="in_handling", handler="north", judgements=(a_judgement(),)),
        "It runs again.",
        id="a-1",
        by=ANN,
        at=MONDAY + HOUR,
    )

    assert decided.after.state == "responded"
    assert decided.after.answered_at == MONDAY + HOUR
    assert (decided.after.moments[-1].kind, decided.after.moments[-1].side) == ("answered", Side.INSIDE)
    assert (written.after.side, written.after.klass) == (Side.INSIDE, MessageClass.FINAL_RESPONSE)
    assert decided.events[0].message == written.after.id  # type: ignore[attr-defined]


def test_a_waiting_complaint_resumes_by_being_answered() -> None:
    waiting = Waiting(for_=WaitingFor.THIRD_PARTY, since=MONDAY)
    decided, _ = complaints.answer(
        a_complaint(state="in_handling", judgements=(a_judgement(),), waiting=waiting),
        "Done.",
        id="a-1",
        by=ANN,
        at=MONDAY,
    )

    assert decided.after.waiting is None
    assert [moment.kind for moment in decided.after.moments] == ["received", "resumed", "answered"]


@pytest.mark.parametrize("state", ["recorded", "acknowledged", "assessed", "responded", "closed", "withdrawn"])
def test_only_what_is_in_handling_is_answered(state: str) -> None:
    with pytest.raises(TransitionNotAllowed, match=f"cannot answer while {state}"):
        complaints.answer(a_complaint(state=state), "Done.", id="a-1", by=ANN, at=MONDAY)


def test_a_blank_answer_is_none() -> None:
    with pytest.raises(InvalidValue, match=r"Message.text"):
        complaints.answer(
            a_complaint(state="in_handling", judgements=(a_judgement(),)), "", id="a-1", by=ANN, at=MONDAY
        )

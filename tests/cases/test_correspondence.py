"""What is said about a case is kept apart from it; contacts are counted, and the answer moves it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm import cases
from servicecrm.cases import LIFECYCLE, ContactOutcome
from servicecrm.errors import InvalidValue, PolicyViolation, TransitionNotAllowed
from servicecrm.kernel.decisions import Actor
from servicecrm.kernel.values import Attachment
from servicecrm.testing.makers import MONDAY
from servicecrm.tracking import MessageClass, Side
from tests.cases.making import DAY, HOUR, OFFICE, WANDA, a_case, accepted, in_state, tried

UNREACHED = [outcome for outcome in ContactOutcome if outcome is not ContactOutcome.REACHED]
PICTURE = Attachment(name="tap.png", media_type="image/png", size=1, digest="0123456789abcdef" * 4, location="1")


@pytest.mark.parametrize("state", LIFECYCLE.states)
def test_a_message_is_kept_in_every_state(state: str) -> None:
    before = in_state(state)
    kept, written = cases.message(before, "Any news?", id="m-1", side="outside", by=OFFICE, at=MONDAY)

    assert kept.after.state == state
    moment = kept.after.moments[-1]
    assert (moment.kind, moment.side, moment.code) == ("message", Side.OUTSIDE, "substantive")
    assert (written.after.about_kind, written.after.about) == ("case", before.id)
    assert written.after.text == "Any news?"


@pytest.mark.parametrize(("side", "type"), [("outside", "case.message_received"), ("inside", "case.message_sent")])
def test_the_side_tells_what_came_in_from_what_went_out(side: str, type: str) -> None:
    kept, written = cases.message(a_case(), "Hello", id="m-1", side=side, by=OFFICE, at=MONDAY)

    assert [event.type for event in kept.events] == [type]
    assert written.after.side == side


def test_what_the_requester_says_while_we_wait_for_it_ends_the_wait() -> None:  # C035
    waits = cases.wait(accepted(), "customer", by=WANDA, at=MONDAY + HOUR).after
    said = cases.message(waits, "Tuesday is fine.", id="m-1", side="outside", by=OFFICE, at=MONDAY + DAY)[0].after

    assert said.waiting is None
    assert [(m.kind, m.code) for m in said.moments[-2:]] == [("resumed", "customer"), ("message", "substantive")]


def test_a_message_that_is_entered_later_keeps_both_times() -> None:
    told = cases.note(a_case(), "Rang.", id="m-1", by=OFFICE, at=MONDAY + DAY, occurred_at=MONDAY + HOUR)

    for kept in (told[0].events[0], told[1].after, told[1].events[0]):
        assert (kept.occurred_at, kept.recorded_at) == (MONDAY + HOUR, MONDAY + DAY)


def test_a_message_takes_channel_and_language_from_its_case_unless_told_otherwise() -> None:
    case = a_case(language="de")
    _, usual = cases.message(case, "Hallo", id="m-1", side="outside", by=OFFICE, at=MONDAY)
    _, other = cases.message(
        case, "Hello", id="m-2", side="outside", channel="letter", language="en", by=OFFICE, at=MONDAY
    )

    assert (usual.after.channel, usual.after.language) == ("phone", "de")
    assert (other.after.channel, other.after.language) == ("letter", "en")


@pytest.mark.parametrize(
    ("requester", "by", "author", "found"),
    [
        ("citizen-7", Actor(id=OFFICE), None, "citizen-7"),
        ("citizen-7", Actor(id=OFFICE, on_behalf_of="neighbour"), None, "neighbour"),
        ("citizen-7", Actor(id=OFFICE), "landlady", "landlady"),
        (None, Actor(id=OFFICE), None, OFFICE),
    ],
)
def test_whoever_said_it_is_the_author(requester: str | None, by: Actor, author: str | None, found: str) -> None:
    case = a_case(requester=requester)
    _, written = cases.message(case, "News?", id="m", side="outside", author=author, by=by, at=MONDAY)

    assert written.after.author == found


def test_we_are_the_authors_of_what_goes_out() -> None:
    _, written = cases.message(a_case(requester="citizen-7"), "Soon.", id="m", side="inside", by=WANDA, at=MONDAY)

    assert written.after.author == WANDA


@pytest.mark.parametrize("klass", [MessageClass.INTERNAL_NOTE, MessageClass.FINAL_RESPONSE])
def test_notes_and_answers_have_actions_of_their_own(klass: MessageClass) -> None:
    with pytest.raises(InvalidValue, match="note and answer make these"):
        cases.message(a_case(), "Hello", id="m-1", side="inside", klass=klass, by=OFFICE, at=MONDAY)


def test_a_note_is_ours_alone_and_no_clock_reads_it() -> None:
    kept, written = cases.note(a_case(), "Called the depot.", id="n", attachments=[PICTURE], by=WANDA, at=MONDAY)

    assert kept.after == kept.before
    assert (written.after.klass, written.after.channel) == (MessageClass.INTERNAL_NOTE, None)
    assert written.after.attachments == (PICTURE,)


# -- contacts ------------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", ContactOutcome)
def test_a_contact_is_logged_with_its_outcome_and_begins_the_work(outcome: ContactOutcome) -> None:  # C064
    kept, written = cases.contact(
        accepted(), outcome, note="About the pump.", id="c", attachments=[PICTURE], by=WANDA, at=MONDAY + DAY,
        occurred_at=MONDAY + HOUR,
    )  # fmt: skip
    moment = kept.after.moments[-1]

    assert kept.after.state == "in_work"
    assert (moment.kind, moment.code, moment.side) == ("contact", outcome, Side.INSIDE)
    assert (moment.occurred_at, written.after.occurred_at) == (MONDAY + HOUR, MONDAY + HOUR)
    assert (written.after.klass, written.after.channel) == (MessageClass.INTERNAL_NOTE, "phone")
    assert written.after.attachments == (PICTURE,)
    assert [event.type for event in kept.events] == ["case.contact_made"]


def test_two_voicemails_are_attempts_and_only_then_somebody_is_reached() -> None:  # C064
    case = tried("voicemail", 2)
    assert case.attempts == 2
    assert [moment.code for moment in case.moments if moment.kind == "contact"] == ["voicemail"] * 2

    reached, _ = cases.contact(case, "reached", note="Will look.", id="c", by=WANDA, at=MONDAY + HOUR)
    assert reached.after.attempts == 0
    assert reached.after.moments[-1].code == "reached"


@given(st.lists(st.sampled_from(ContactOutcome), max_size=8))
def test_attempts_are_what_came_after_the_last_time_that_somebody_was_reached(
    outcomes: list[ContactOutcome],
) -> None:  # C064
    case = accepted()
    for n, outcome in enumerate(outcomes):
        case = cases.contact(case, outcome, note="Rang.", id=f"c-{n}", by=WANDA, at=MONDAY)[0].after

    count = 0
    for outcome in reversed(outcomes):
        if outcome is ContactOutcome.REACHED:
            break
        count += 1
    assert case.attempts == count


def test_a_contact_may_be_the_answer() -> None:  # C064
    kept, written = cases.contact(
        accepted(), "reached", note="It runs again.", id="c", answered=True, by=WANDA, at=MONDAY + HOUR
    )

    assert (kept.after.state, kept.after.answered_at) == ("answered", MONDAY + HOUR)
    assert [event.type for event in kept.events] == ["case.contact_made", "case.answered"]
    assert [moment.kind for moment in kept.after.moments[-2:]] == ["contact", "answered"]
    assert written.after.klass is MessageClass.FINAL_RESPONSE


@pytest.mark.parametrize("outcome", UNREACHED)
def test_who_was_not_reached_got_no_answer(outcome: ContactOutcome) -> None:  # C064
    with pytest.raises(PolicyViolation, match="a requester who was not reached got no answer"):
        cases.contact(accepted(), outcome, note="Rang.", id="c", answered=True, by=WANDA, at=MONDAY)


@pytest.mark.parametrize("state", ["new", "routed", "answered", "closed", "withdrawn"])
def test_only_whoever_accepted_a_case_logs_contacts_and_answers(state: str) -> None:  # C064
    with pytest.raises(TransitionNotAllowed, match=f"cannot contact while {state}"):
        cases.contact(in_state(state), "reached", note="Hello.", id="c", by=WANDA, at=MONDAY)
    with pytest.raises(TransitionNotAllowed, match=f"cannot answer while {state}"):
        cases.answer(in_state(state), "It runs.", id="a", by=WANDA, at=MONDAY)


def test_a_contact_says_what_was_tried() -> None:  # C064
    with pytest.raises(InvalidValue, match="must not be blank"):
        cases.contact(accepted(), "voicemail", note=" ", id="c", by=WANDA, at=MONDAY)
    with pytest.raises(InvalidValue, match="expected one of reached, voicemail"):
        cases.contact(accepted(), "pigeon", note="Rang.", id="c", by=WANDA, at=MONDAY)


def test_the_answer_goes_out_in_the_channel_of_the_case() -> None:  # C064
    decision, written = cases.answer(accepted(language="de"), "Es läuft.", id="a", by=WANDA, at=MONDAY + HOUR)

    assert (decision.after.state, decision.after.answered_at) == ("answered", MONDAY + HOUR)
    assert decision.after.moments[-1].kind == "answered"
    assert (written.after.klass, written.after.channel, written.after.language) == ("final_response", "phone", "de")
    assert written.after.side is Side.INSIDE

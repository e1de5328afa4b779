"""Each audience is told how a record stands, and nothing that is not its own."""

import hmac
import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from enum import Enum
from typing import Any
from zoneinfo import ZoneInfo

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm import cases, complaints
from servicecrm.analytics.printing import TEXTS
from servicecrm.analytics.status import NEXT, NEXT_OF_A_CASE, NO_STATUS, SINCE, Audience, StatusInfo, StatusKey
from servicecrm.analytics.status import status_of as shown
from servicecrm.calendars import Calendar
from servicecrm.cases import Case, Waiting, WaitingFor
from servicecrm.complaints import Complaint, RemedyStatus, Verdict
from servicecrm.complaints.targets import TARGETS
from servicecrm.desk import Desk, connect
from servicecrm.desk.status import status_for
from servicecrm.errors import InvalidValue, NotFound
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.kernel.records import evolve, field_names
from servicecrm.kernel.values import Money
from servicecrm.testing import FixedClock, SeededIds, strategies
from servicecrm.testing.makers import MONDAY, a_complaint, a_judgement, a_message
from servicecrm.testing.taking import ALWAYS
from servicecrm.tracking import ActionItem, Message, MessageClass, Side, action_items, timers
from servicecrm.tracking.books import DEFAULT_CALENDAR
from tests.cases.making import DAY, HOUR, WANDA, a_case, accepted
from tests.cases.shapes import some_cases

KEY = StatusKey(bytes(range(32)))
RECORDS = strategies.complaints() | some_cases()


# -- every text of a record, made to be recognised -----------------------------------------------

AS_THEY_ARE = {"state", "language", "currency", "kind", "about_kind", "digest", "source_kind"}


def marked(of: Any, path: str) -> Any:
    """The same, with every text replaced by one that says where it stood: whatever of it is shown can be seen."""
    if isinstance(of, str) and not isinstance(of, Enum):
        return f"<{path}>"
    if isinstance(of, FrozenMap):
        return FrozenMap({f"<{path}.{n}>": marked(each, f"{path}.{n}") for n, each in enumerate(of.values())})
    if isinstance(of, tuple | frozenset | list):
        return type(of)(marked(each, f"{path}.{n}") for n, each in enumerate(of))
    if attrs.has(type(of)):
        fields = {n: getattr(of, n) for n in field_names(type(of)) if n not in AS_THEY_ARE}
        return evolve(of, **{n: marked(each, f"{path}.{n}") for n, each in fields.items()})
    return of


def marks(of: object) -> set[str]:
    """The marks in something, wherever they are."""
    text = json.dumps(of, ensure_ascii=False)
    return {part.partition(">")[0] for part in text.split("<")[1:]}


def an_action(about: Complaint | Case, id: str = "action-1", **changes: object) -> ActionItem:
    kind = "complaint" if isinstance(about, Complaint) else "case"
    opened = action_items.open(
        "Replace the valve", id=id, source_kind=kind, source=about.id, owner="wanda", due_at=MONDAY, by="ann", at=MONDAY
    )
    return evolve(opened.after, **changes)


MARKED_MESSAGES = st.lists(strategies.messages(), max_size=4)


@st.composite
def whole(draw: st.DrawFn) -> tuple[Complaint | Case, dict[str, Any]]:
    """A record of any shape and what is known about it, all marked; some of the messages are about others."""
    record = marked(draw(RECORDS), "record")
    messages = [
        evolve(
            marked(message, f"message{n}"),
            about_kind=draw(st.sampled_from(["complaint", "case"])),
            about=draw(st.sampled_from([record.id, "another"])),
        )
        for n, message in enumerate(draw(MARKED_MESSAGES))
    ]
    action = evolve(marked(an_action(record), "action"), source=record.id)
    return record, {"messages": messages, "actions": [action, evolve(action, source="another")]}


def own(record: Complaint | Case, audience: Audience) -> set[str]:
    """The texts of a record that an audience may see."""
    everybody = {"record.number" if record.number else "record.id", "record.subject"}
    if audience is Audience.OFFICIAL or isinstance(record, Case):
        return everybody | ({"record.handler"} if audience is Audience.HANDLER else set())
    seen = {f"record.response.recourse.{n}" for n in range(2)}
    for n, remedy in enumerate(record.remedies):
        if remedy.status not in (RemedyStatus.PROPOSED, RemedyStatus.REFUSED) or audience is Audience.HANDLER:
            seen.add(f"record.remedies.{n}.text")
    steps = {f"record.steps.{n}.action" for n in range(2)}
    return everybody | seen | (steps | {"record.handler"} if audience is Audience.HANDLER else set())


@given(whole(), st.sampled_from(Audience), st.sampled_from(["en", "de", "zh"]))
def test_no_text_is_in_a_view_that_is_not_the_audience_s_own(  # C052
    known: tuple[Complaint | Case, dict[str, Any]], audience: Audience, language: str
) -> None:
    record, about = known
    if audience is Audience.OFFICIAL and getattr(record, "sponsor", None) is None:
        with pytest.raises(InvalidValue, match="no official has asked"):
            shown(record, audience=audience)
        return
    info = shown(record, audience=audience, language=language, **about)

    told = own(record, audience)
    if audience is Audience.HANDLER:
        told |= {f"action.{name}" for name in ("id", "title", "owner")}
    ours = [n for n, message in enumerate(about["messages"]) if written_to_them(record, message)]
    if audience is not Audience.OFFICIAL:
        told |= {f"message{n}.text" for n in ours}
    assert marks(info.to_dict()) <= told
    assert marks(info.text()) <= told
    assert not {mark for mark in marks(repr(info)) if mark.endswith(("subject", "text", "title"))}


def written_to_them(record: Complaint | Case, message: Message) -> bool:
    kind = "complaint" if isinstance(record, Complaint) else "case"
    said = message.klass in (MessageClass.SUBSTANTIVE, MessageClass.COURTESY, MessageClass.FINAL_RESPONSE)
    return said and message.side is Side.INSIDE and (message.about_kind, message.about) == (kind, record.id)


@given(whole())
def test_the_complainant_is_told_nothing_that_only_those_who_handle_it_know(  # C052
    known: tuple[Complaint | Case, dict[str, Any]],
) -> None:
    record, about = known
    info = shown(record, audience="complainant", timers=None, **about)

    assert (info.handler, info.waiting_for, info.actions, info.timers) == (None, None, (), ())
    assert record.answered_at is not None or info.verdict is None
    hidden = {RemedyStatus.PROPOSED, RemedyStatus.REFUSED}
    assert {remedy.status for remedy in info.remedies}.isdisjoint(hidden)


# -- what is told --------------------------------------------------------------------------------


def in_handling(**changes: object) -> Complaint:
    complaint = complaints.acknowledge(a_complaint(), expected_by=MONDAY + 3 * DAY, by="ann", at=MONDAY).after
    assigned = complaints.assign(complaint, "north", by="ann", at=MONDAY + HOUR).after
    return evolve(assigned, **changes)


def answered(**changes: object) -> Complaint:
    judged = evolve(in_handling(), judgements=(a_judgement(),))
    decisions = complaints.answer(
        judged, "It runs again.", id="m-2", recourse=["the ombudsman"], by="ann", at=MONDAY + 2 * HOUR
    )
    return evolve(decisions[0].after, **changes)


def written(text: str, hours: int, **changes: object) -> Message:
    given = {"id": f"message-{hours}", "side": Side.INSIDE, "text": text, "occurred_at": MONDAY + hours * HOUR}
    return a_message(**{**given, **changes})


def test_a_complainant_reads_where_it_stands_and_what_comes_next() -> None:  # C052, S3-O9
    info = shown(in_handling(), audience="complainant", messages=[written("We look into it.", 2)])

    assert info.text(zone=ZoneInfo("Europe/Berlin")) == (
        "CMP-2026-000001: No water since Monday\n"
        "Status: in handling, since 2026-03-02 11:00 (CET)\n"
        "Next: We are looking into it. You will get an answer from us.\n"
        "Promised: an answer by 2026-03-05 10:00 (CET)\n"
        "Our last message, of 2026-03-02 12:00 (CET):\n"
        "We look into it."
    )
    assert str(info).startswith(
        "CMP-2026-000001: No water since Monday\nStatus: in handling, since 2026-03-02 10:00 (UTC)"
    )
    assert info.to_dict() == {
        "found": True,
        "audience": "complainant",
        "language": "en",
        "kind": "complaint",
        "number": "CMP-2026-000001",
        "subject": "No water since Monday",
        "state": "in_handling",
        "state_in_words": "in handling",
        "since": "2026-03-02T10:00:00+00:00",
        "next": "We are looking into it. You will get an answer from us.",
        "promised_by": "2026-03-05T09:00:00+00:00",
        "last_message": {"at": "2026-03-02T11:00:00+00:00", "text": "We look into it."},
    }


def test_the_last_message_is_the_last_that_we_have_written_to_them() -> None:  # C052
    said = written("Please send photos.", 3)
    others = [
        written("An earlier one.", 2, id="z"),
        written("He seems angry.", 4, klass=MessageClass.INTERNAL_NOTE),
        written("I am away.", 5, klass=MessageClass.AUTO_REPLY),
        written("Any news?", 6, side=Side.OUTSIDE),
        written("About another complaint.", 7, about="complaint-2"),
        written("About a case with the same id.", 8, about_kind="case"),
    ]

    for audience in ("complainant", "handler"):
        info = shown(in_handling(), audience=audience, messages=[said, *others])
        assert info.last_message is not None
        assert (info.last_message.text, info.last_message.at) == (said.text, said.occurred_at)


def test_a_note_of_a_call_that_was_the_answer_stays_with_us() -> None:  # C052, C064
    case = accepted(requester="citizen-7")
    decisions = cases.contact(
        case, "reached", note="Told him. He is hard of hearing.", id="m", answered=True, by=WANDA, at=MONDAY
    )
    case, note = decisions[0].after, decisions[1].after

    assert note.klass is MessageClass.FINAL_RESPONSE
    assert shown(case, audience="complainant", messages=[note]).last_message is None
    later = cases.reopen(case, "Dry again.", by=WANDA, at=MONDAY + DAY).after
    answer = cases.answer(later, "It runs again.", id="m-2", by=WANDA, at=MONDAY + 2 * DAY)
    told = shown(answer[0].after, audience="complainant", messages=[note, answer[1].after]).last_message
    assert told is not None
    assert told.text == "It runs again."


def test_a_message_that_was_entered_by_mistake_is_not_told() -> None:  # C052
    right = complaints.message(in_handling(), "Please call.", id="m-1", side="inside", by="ann", at=MONDAY + 2 * HOUR)
    wrong = complaints.message(right[0].after, "Dear Eva", id="m-2", side="inside", by="ann", at=MONDAY + 3 * HOUR)
    complaint, messages = wrong[0].after, [right[1].after, wrong[1].after]
    voided = complaints.void(
        complaint, len(complaint.moments), reason="Of another one.", by="ann", at=MONDAY + DAY
    ).after

    assert lines(complaint, messages=messages)[-1] == "Dear Eva"
    assert lines(voided, messages=messages)[-1] == "Please call."


def test_a_verdict_is_told_with_the_answer_and_not_before() -> None:  # C052, C044
    judged = in_handling(judgements=(a_judgement(),))

    assert shown(judged, audience="complainant").verdict is None
    assert shown(judged, audience="handler").verdict == "justified"
    assert shown(answered(), audience="complainant").verdict == "justified"


def test_what_is_judged_anew_after_the_answer_is_not_told_before_the_next_answer() -> None:  # C052, C048
    later = a_judgement(verdict=Verdict.UNJUSTIFIED, at=MONDAY + 2 * HOUR + timedelta.resolution)
    judged = answered(judgements=(a_judgement(), later))

    assert shown(judged, audience="complainant").verdict == "justified"
    assert shown(judged, audience="handler").verdict == "not justified"
    reopened = complaints.reopen(judged, "Dry again.", by="ann", at=MONDAY + DAY).after
    assert shown(reopened, audience="complainant").verdict is None


def test_what_is_judged_after_the_answer_with_a_time_before_it_is_not_told() -> None:  # C052, C044
    late = complaints.judge(
        answered(), "unjustified", grounds="A slip.", by="eva", at=MONDAY + DAY, occurred_at=MONDAY + HOUR
    ).after
    anew = complaints.reopen(late, "Dry again.", by="ann", at=MONDAY + 2 * DAY).after
    again = complaints.answer(anew, "It was you.", id="m-3", by="zoe", at=MONDAY + 3 * DAY)[0].after

    assert shown(late, audience="complainant").verdict == "justified"
    assert shown(late, audience="handler").verdict == "not justified"
    assert shown(again, audience="complainant").verdict == "not justified"


def test_of_what_was_taken_over_from_another_system_the_times_tell_what_was_known_with_the_answer() -> None:  # C052
    told = answered(judgements=(a_judgement(at=MONDAY + 2 * HOUR),))
    judged = complaints.judge(in_handling(), "justified", grounds="It leaks.", by="eva", at=MONDAY + HOUR).after

    assert shown(told, audience="complainant").verdict == "justified"
    assert shown(evolve(judged, answered_at=MONDAY + HOUR), audience="complainant").verdict == "justified"


def test_a_verdict_that_was_entered_by_mistake_is_not_told() -> None:  # C052, C044
    wrong = complaints.judge(in_handling(), "unjustified", grounds="Of another.", by="eva", at=MONDAY + HOUR).after
    told = complaints.answer(wrong, "It was you.", id="m", by="zoe", at=MONDAY + 2 * HOUR)[0].after
    right = complaints.judge(told, "justified", grounds="It leaks.", by="eva", at=MONDAY + DAY).after
    voided = complaints.void(right, len(wrong.moments), reason="A slip.", by="ann", at=MONDAY + DAY).after

    assert [shown(each, audience="complainant").verdict for each in (right, voided)] == ["not justified", None]


@pytest.mark.parametrize("mistake", [0, 1, 2])
def test_of_messages_that_were_entered_at_one_time_only_the_mistaken_one_is_hidden(mistake: int) -> None:  # C052
    complaint, messages = in_handling(), []
    for n in range(3):
        said = complaints.message(complaint, f"No. {n}", id=f"m-{n}", side="inside", by="ann", at=MONDAY + 2 * HOUR)
        complaint = said[0].after
        messages.append(said[1].after)
    n = len(complaint.moments) - 2 + mistake
    complaint = complaints.void(complaint, n, reason="Of another one.", by="ann", at=MONDAY + DAY).after
    left = [message for message in messages if message.text != f"No. {mistake}"]

    assert lines(complaint, messages=reversed(messages))[-1] == left[-1].text
    # With one of them alone nobody can say which of them it is.
    assert shown(complaint, audience="complainant", messages=left[:1]).last_message is None


def test_a_mistaken_message_from_outside_hides_none_of_ours() -> None:  # C052
    theirs = complaints.message(in_handling(), "Hello?", id="m-1", side="outside", by="ann", at=MONDAY + 2 * HOUR)
    ours = complaints.message(theirs[0].after, "Hello.", id="m-2", side="inside", by="ann", at=MONDAY + 2 * HOUR)
    complaint = complaints.void(
        ours[0].after, len(theirs[0].after.moments), reason="Of another one.", by="ann", at=MONDAY + DAY
    ).after

    assert lines(complaint, messages=[theirs[1].after, ours[1].after])[-1] == "Hello."


def test_what_was_said_again_later_at_the_time_of_a_mistake_is_told() -> None:  # C052
    wrong = complaints.message(in_handling(), "Dear Eva", id="m-1", side="inside", by="ann", at=MONDAY + 2 * HOUR)
    complaint = complaints.void(
        wrong[0].after, len(wrong[0].after.moments), reason="Of another one.", by="ann", at=MONDAY + DAY
    ).after
    right = complaints.message(
        complaint, "Dear Max", id="m-2", side="inside", by="ann", at=MONDAY + DAY, occurred_at=MONDAY + 2 * HOUR
    )

    for messages in ([wrong[1].after, right[1].after], [right[1].after]):
        assert lines(right[0].after, messages=messages)[-1] == "Dear Max"
    assert shown(right[0].after, audience="complainant", messages=[wrong[1].after]).last_message is None


def test_remedies_are_told_once_they_are_offered() -> None:  # C052, C047
    amount, until = Money(amount=Decimal("1234.50"), currency="EUR"), MONDAY + 9 * DAY
    offered = complaints.offer(
        in_handling(), "refund", amount=amount, valid_until=until, by="ann", at=MONDAY + HOUR
    ).after
    proposed = evolve(offered, remedies=(evolve(offered.remedies[0], status=RemedyStatus.PROPOSED),))
    taken = complaints.accept_remedy(offered, 1, by="ann", at=MONDAY + DAY).after

    assert shown(proposed, audience="complainant").remedies == ()
    assert "- refund: proposed, 1,234.50 EUR" in lines(proposed, "handler")
    assert "- refund: offered, 1,234.50 EUR, until 2026-03-11 09:00 (UTC)" in lines(offered)
    assert "- refund: accepted, 1,234.50 EUR" in lines(taken)
    assert shown(offered, audience="complainant").to_dict()["remedies"] == [
        {
            "kind": "refund",
            "kind_in_words": "refund",
            "status": "offered",
            "status_in_words": "offered",
            "amount": {"amount": "1234.50", "currency": "EUR"},
            "valid_until": "2026-03-11T09:00:00+00:00",
        }
    ]


def lines(record: Complaint | Case, audience: str = "complainant", **about: Any) -> list[str]:
    return shown(record, audience=audience, **about).text().splitlines()


def test_where_else_to_turn_is_told_with_the_answer() -> None:  # C052, C048
    response = evolve(answered().response, recourse=("the ombudsman", "the court"))
    assert lines(answered(response=response))[-3:] == [
        "If you are not content with our answer, you can turn to:",
        "- the ombudsman",
        "- the court",
    ]
    assert shown(in_handling(), audience="complainant").recourse == ()


def test_a_handler_sees_what_is_left_to_do_what_is_due_first_at_the_top() -> None:  # C052
    complaint = in_handling()
    planned, *steps = complaints.plan(
        complaint, ["Measure", "Call"], ids=["s-1", "s-2"], calendar=ALWAYS, by="ann", at=MONDAY + HOUR
    )
    measure, call = (step.after for step in steps)
    due = evolve(measure, due_at=call.due_at + HOUR)
    done = action_items.done(an_action(planned.after, "a-0"), "done", by="wanda", at=MONDAY + HOUR).after
    others = [an_action(a_complaint(id="another"), "a-9"), an_action(a_case(id=complaint.id), "a-8")]
    free = an_action(planned.after, "a-1", number="ACT-2026-000007")
    found = shown(planned.after, audience="handler", actions=[due, call, done, free, *others]).actions

    assert [(each.number, each.mandatory) for each in found] == [
        ("ACT-2026-000007", False),
        ("s-2", True),
        ("s-1", True),
    ]
    assert [each.title for each in found] == ["Replace the valve", "Call", "Measure"]
    # Without their action items, steps are at least counted.
    steps_alone = shown(planned.after, audience="handler").actions
    assert [(each.number, each.title) for each in steps_alone] == [("s-1", None), ("s-2", None)]
    finished = complaints.finish_step(
        planned.after, action_items.done(call, "called", by="north", at=MONDAY + DAY).after, by="north", at=MONDAY + DAY
    ).after
    assert [each.number for each in shown(finished, audience="handler").actions] == ["s-1"]


def test_a_handler_sees_the_timers_that_run_and_no_other_audience_does() -> None:  # C052
    complaint = in_handling(priority=complaints.Priority.P2)
    clocks = timers(
        complaint.moments,
        TARGETS,
        {DEFAULT_CALENDAR: ALWAYS},
        now=MONDAY + 90 * DAY,
        priority="p2",
    )
    found = shown(complaint, audience="handler", timers=clocks)

    assert {each.name for each in found.timers} == {timer.name for timer in clocks if not timer.done}
    assert any(timer.done for timer in clocks)
    (resolution,) = [each for each in found.timers if each.name == "resolution"]
    assert (resolution.late, resolution.due_at) == (True, clocks["resolution"].due_at)
    assert any(
        line.startswith("- resolution: running, until ") and line.endswith(", overdue")
        for line in lines(complaint, "handler", timers=clocks)
    )
    assert found.to_dict()["timers"][0]["late"] in (True, False)  # type: ignore[index]
    assert shown(complaint, audience="complainant", timers=clocks).timers == ()
    early = timers(complaint.moments, TARGETS, {DEFAULT_CALENDAR: ALWAYS}, now=MONDAY + HOUR, priority="p2")
    assert not any("overdue" in line for line in lines(complaint, "handler", timers=early))


def test_an_official_sees_the_course_of_a_case_and_no_words_that_were_said_to_others() -> None:  # C052, C058
    case = cases.promise(accepted(), MONDAY + 2 * DAY, by=WANDA, at=MONDAY).after
    case = cases.wait(case, "customer", reason="His husband is ill.", by=WANDA, at=MONDAY + HOUR).after
    said = written("Please call us.", 2, about_kind="case", about=case.id)

    assert lines(case, "official", messages=[said]) == [
        "CAS-2026-000001: No water since Monday",
        "Status: accepted, since 2026-03-02 10:00 (UTC)",
        "On hold: waiting for the requester",
        "Next: It goes on when the wait is over.",
        "Promised: an answer by 2026-03-04 09:00 (UTC)",
    ]


@pytest.mark.parametrize("record", [a_complaint(on_behalf_of="council-3"), a_case(sponsor=None)])
def test_what_no_official_brought_has_no_view_for_one(record: Complaint | Case) -> None:  # C052
    with pytest.raises(InvalidValue, match="no official"):
        shown(record, audience="official")


@pytest.mark.parametrize("for_", WaitingFor)
def test_while_it_waits_a_complainant_is_told_whose_turn_it_is_and_not_why(for_: WaitingFor) -> None:  # C052
    wait = Waiting(for_=for_, reason="The lawyers.", since=MONDAY + 2 * HOUR)
    info = shown(in_handling(waiting=wait), audience="complainant")

    assert (info.since, info.waiting_for) == (wait.since, None)
    assert info.next is not None
    assert ("your turn" in info.next) is (for_ is WaitingFor.CUSTOMER)
    assert shown(in_handling(waiting=wait), audience="handler").next == "resume"


@pytest.mark.parametrize(
    ("state", "since"), [("acknowledged", 0), ("in_handling", 1), ("responded", 2), ("closed", 3), ("reopened", 4)]
)
def test_it_is_told_since_when_it_is_where_it_is(state: str, since: int) -> None:  # C052
    closed = complaints.close(answered(), "resolved", by="ann", at=MONDAY + 3 * HOUR).after
    course = {
        "acknowledged": complaints.acknowledge(a_complaint(), by="ann", at=MONDAY).after,
        "in_handling": in_handling(),
        "responded": answered(),
        "closed": closed,
        "reopened": complaints.reopen(closed, "Dry again.", by="ann", at=MONDAY + 4 * HOUR).after,
    }
    later = complaints.message(course[state], "Well?", id="m", side="outside", by="ann", at=MONDAY + DAY)[0].after

    assert shown(later, audience="complainant").since == MONDAY + since * HOUR


def test_a_promise_is_told_until_it_is_kept() -> None:  # C052
    promised = shown(in_handling(), audience="complainant").promised_by

    assert promised == MONDAY + 3 * DAY
    assert shown(answered(), audience="complainant").promised_by is None
    withdrawn = complaints.withdraw(in_handling(), by="ann", at=MONDAY + DAY).after
    assert shown(withdrawn, audience="complainant").promised_by is None
    case = cases.promise(accepted(), MONDAY + DAY, by=WANDA, at=MONDAY).after
    extended = cases.extend(case, MONDAY + 2 * DAY, reason="parts", by=WANDA, at=MONDAY).after
    assert [shown(each, audience="official").promised_by for each in (case, extended)] == [
        MONDAY + DAY,
        MONDAY + 2 * DAY,
    ]


def test_what_was_promised_before_it_was_taken_up_again_is_told_no_more() -> None:  # C052
    closed = complaints.close(answered(), "resolved", by="ann", at=MONDAY + DAY).after
    anew = complaints.reopen(closed, "Dry again.", by="ann", at=MONDAY + 9 * DAY).after

    assert anew.promised_by == MONDAY + 3 * DAY
    assert shown(anew, audience="complainant").promised_by is None


def test_a_status_is_told_in_a_zone_by_its_name() -> None:  # C052
    info = shown(in_handling(), audience="complainant")

    assert info.text(zone="Europe/Berlin") == info.text(zone=ZoneInfo("Europe/Berlin"))
    with pytest.raises(InvalidValue, match=r"^zone: a zone is a name of the tz database"):
        info.text(zone="Berlin")


def test_at_the_desk_a_status_shows_the_clock_of_the_house() -> None:  # C052
    with connect("memory:", actor="ann", clock=FixedClock(MONDAY)) as crm:
        crm.policies.publish(Calendar(zone="Europe/Berlin", hours="mon-fri 09:00-17:00"), effective=MONDAY)
        complaint = crm.complaints.record(subject="No water", channel="phone")

        info = crm.status(complaint.id)
        assert "since 2026-03-02 10:00 (CET)" in info.text()
        assert info.to_dict()["since"] == "2026-03-02T09:00:00+00:00"
        assert "since 2026-03-02 09:00 (UTC)" in info.text(zone="UTC")


def test_a_record_without_a_number_is_called_by_its_id_and_a_state_of_a_house_s_own_as_it_is() -> None:  # C052
    info = shown(a_complaint(number=None, state="with_the_board"), audience="complainant")

    assert (info.number, info.state_in_words, info.next) == ("complaint-1", "with_the_board", None)
    assert info.since == MONDAY


# -- words ---------------------------------------------------------------------------------------


def test_every_state_has_words_for_what_comes_next() -> None:  # C052, C093
    for lifecycle, todo in ((complaints.LIFECYCLE, NEXT), (cases.LIFECYCLE, NEXT_OF_A_CASE)):
        told = {key.rpartition(".")[2] for key in TEXTS.keys("en") if key.startswith(f"status_next.{lifecycle.name}.")}
        assert told == set(lifecycle.states)
        assert set(todo) == lifecycle.open
        for state, action in todo.items():
            assert action in lifecycle.allowed(state)
    assert {f"status_next.official.{state}" for state in cases.LIFECYCLE.states} <= TEXTS.keys("en")
    assert TEXTS.problems() == ()


def test_every_moment_at_which_a_state_begins_is_one_of_its_kind() -> None:  # C052
    kinds = {*map(str, complaints.MomentKind), *map(str, cases.MomentKind)}
    states = {*complaints.LIFECYCLE.states, *cases.LIFECYCLE.states}

    assert set(SINCE) <= states
    assert {kind for state in states for kind in SINCE.get(state, (state,))} <= kinds


@pytest.mark.parametrize(
    ("language", "words"),
    [("de-AT", "Stand: in Bearbeitung, seit"), ("zh", "办理中"), ("fr", "Status: in handling")],
)
def test_a_status_is_told_in_a_language(language: str, words: str) -> None:  # C052, C093
    assert words in shown(in_handling(), audience="complainant", language=language).text()


def test_every_audience_has_a_view_of_every_kind_in_every_language() -> None:  # C052, C093
    for record in (answered(), accepted()):
        for audience in Audience:
            for language in TEXTS.languages:
                if audience is not Audience.OFFICIAL or isinstance(record, Case):
                    assert shown(record, audience=audience, language=language).text()


# -- for whoever comes from outside --------------------------------------------------------------


@given(RECORDS, RECORDS)
def test_a_secret_opens_the_record_that_it_was_made_for_and_no_other(  # C052
    record: Complaint | Case, other: Complaint | Case
) -> None:
    secret = KEY.secret_for(record)

    assert KEY.opens(record, secret)
    same = (type(record), record.id) == (type(other), other.id)
    assert KEY.opens(other, secret) is same
    assert not KEY.opens(None, secret)
    assert not StatusKey(bytes(32)).opens(record, secret)


def test_a_complaint_and_a_case_with_the_same_id_have_different_secrets() -> None:  # C052
    assert KEY.secret_for(a_complaint(id="x")) != KEY.secret_for(a_case(id="x"))


@pytest.mark.parametrize("wrong", ["", "\udcff", "\0", "ключ", "A" * 10_000])
def test_whatever_is_given_as_a_secret_is_only_wrong(wrong: str) -> None:  # C052
    assert not KEY.opens(a_complaint(), wrong)
    assert not KEY.opens(None, wrong)


def test_a_secret_is_fit_for_an_address_stays_the_same_and_cannot_be_guessed() -> None:  # C052
    secret = KEY.secret_for(a_complaint())

    assert secret == StatusKey(bytes(range(32))).secret_for(a_complaint(state="closed", number=None))
    assert re.fullmatch(r"[A-Za-z0-9_-]{22}", secret)  # 22 characters of 6 bits hold 128
    code = hmac.new(KEY.key, b"status\0complaint\0complaint-1", "sha256").digest()
    assert urlsafe_b64decode(secret + "==") == code[:16]


def test_no_record_has_the_secret_with_which_one_that_is_not_there_is_compared() -> None:  # C052
    blank = urlsafe_b64encode(hmac.new(KEY.key, b"status\0\0", "sha256").digest()[:16]).rstrip(b"=").decode()

    assert not KEY.opens(None, blank)


def test_a_key_is_long_and_does_not_show_itself() -> None:  # C052
    assert repr(KEY) == "StatusKey()"
    for key in (bytes(31), "x" * 32):
        with pytest.raises(InvalidValue, match="32 bytes or more"):
            StatusKey(key)  # type: ignore[arg-type]


# -- at the desk ---------------------------------------------------------------------------------


@pytest.fixture
def crm() -> Iterator[Desk]:
    with connect("memory:", actor="ann", clock=FixedClock(), ids=SeededIds()) as crm:
        yield crm


def asked(crm: Desk, id: str, **given: Any) -> StatusInfo:
    told = {"audience": "complainant", "secret": None, "key": None, "language": None, "at": crm.clock(), **given}
    return crm.perform(status_for(id, **told), readonly=True)


def test_a_number_and_its_secret_open_a_record_of_every_kind(crm: Desk) -> None:  # C052
    complaint = crm.complaints.record(subject="No water", channel="phone", language="de")
    case = crm.cases.open(subject="No light", channel="phone")
    crm.complaints.note(complaint.id, "He seems angry.")
    crm.complaints.message(complaint.id, "Please send photos.", side="inside")

    for record in (complaint, case):
        for name in (record.id, record.number):
            info = asked(crm, str(name), secret=KEY.secret_for(record), key=KEY)
            assert (info.found, info.number, info.subject) == (True, record.number, record.subject)
    info = asked(crm, complaint.id)
    assert info.last_message is not None
    assert (info.last_message.text, info.state_in_words) == ("Please send photos.", "erfasst")
    assert asked(crm, complaint.id, language="zh").state_in_words == "已登记"
    for klass in (MessageClass.COURTESY, MessageClass.OWN_NOTICE):
        crm.complaints.message(complaint.id, klass, side="inside", klass=klass)
    assert (asked(crm, complaint.id).last_message or info).text == "courtesy"


def test_an_unknown_record_and_a_wrong_secret_give_the_same_answer(crm: Desk) -> None:  # C052
    complaint = crm.complaints.record(subject="No water", channel="phone", language="de")
    case = crm.cases.open(subject="No light", channel="phone")
    secret = KEY.secret_for(complaint)
    tries = [
        (complaint.id, "wrong"),
        (str(complaint.number), KEY.secret_for(case)),
        (case.id, secret),
        ("CMP-2026-999999", secret),
        ("unknown", secret),
        ("", secret),
        ("\0", secret),
        ("x" * 10_000, secret),
    ]

    answers = [asked(crm, id, secret=wrong, key=KEY) for id, wrong in tries]
    assert {answer.text() for answer in answers} == {NO_STATUS.text()}
    assert all(answer == NO_STATUS and not answer.found for answer in answers)
    assert NO_STATUS.to_dict() == {"found": False, "language": "en"}
    assert "Geheimwort" in asked(crm, "unknown", secret="x", key=KEY, language="de").text()


def test_a_secret_opens_no_view_but_the_complainant_s(crm: Desk) -> None:  # C052
    case = crm.cases.open(subject="No light", channel="phone", sponsor="council-3")
    for id in (case.id, "unknown"):
        for audience in ("handler", "official"):
            with pytest.raises(InvalidValue, match="complainant alone"):
                asked(crm, id, audience=audience, secret=KEY.secret_for(case), key=KEY)
        with pytest.raises(InvalidValue, match="name the key"):
            asked(crm, id, secret="")
        with pytest.raises(InvalidValue, match="a language is written"):
            asked(crm, id, secret="wrong", key=KEY, language="?")
    assert asked(crm, case.id, audience="official").state == "new"


def test_without_a_secret_a_record_that_is_not_there_is_not_found(crm: Desk) -> None:  # C052
    with pytest.raises(NotFound):
        asked(crm, "unknown")


def test_a_handler_sees_timers_and_actions_of_the_record_at_the_desk(crm: Desk) -> None:  # C052
    complaint = crm.complaints.record(subject="No water", channel="phone")
    due = crm.clock() + DAY
    item = crm.actions.open("Measure", source_kind="complaint", source=complaint.id, owner="wanda", due_at=due)
    info = asked(crm, str(complaint.number), audience="handler")

    assert [each.number for each in info.actions] == [item.number]
    assert [each.name for each in info.timers] == [timer.name for timer in crm.timers(complaint.id) if not timer.done]
    assert info.timers

"""Every command of the desk: what it saves, what its history says, and that a refused one changes nothing."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final, NamedTuple

import pytest

from servicecrm.complaints import (
    LIFECYCLE,
    Complaint,
    ComplaintPolicy,
    Finding,
    Investigation,
    Judgement,
    Referral,
    Remedy,
    RemedyKind,
    RemedyStatus,
    Response,
    ResponseKind,
    Verdict,
    Waiting,
    WaitingFor,
    actions,
)
from servicecrm.desk import Desk
from servicecrm.desk.complaints import Complaints
from servicecrm.errors import GuardNotMet, InvalidValue, PolicyViolation, RuleError, TransitionNotAllowed
from servicecrm.kernel.records import evolve, fields_of
from servicecrm.kernel.values import ContactKind, ContactPoint, Money
from servicecrm.testing import FixedClock
from servicecrm.testing.contract.examples import sealed_head
from tests.desk.calling import call_of
from tests.desk.places import gaps

Bring = Callable[..., Complaint]

START = FixedClock()()
WHEN = START + timedelta(minutes=50)
"""When the commands of these tests happened; they are entered ten minutes later."""
LATER = START + timedelta(days=14)
ANN, BOB, CLARA = "ann@city.example", "bob@city.example", "clara@city.example"
FOR = "customer-7"
"""The one whom Bob acts for, who has decided what he enters."""


class Case(NamedTuple):
    """A command, the state it starts from, and what has to come of it."""

    action: str
    start: str
    arguments: dict[str, Any]
    type: str
    saved: dict[str, Any]
    """The fields that change, besides `moments`."""
    written: tuple[str, str, str] | None = None
    """The side, class and text of the message that it leaves."""
    by: str = BOB


EUROS: Final = Money(amount=Decimal(30), currency="EUR")
FOUND: Final = Finding(text="The valve leaks.", evidence=("photo 1",), by=BOB, at=WHEN)
REPAIR: Final = Remedy(
    kind=RemedyKind.REPAIR,
    status=RemedyStatus.OFFERED,
    proposed_by=ANN,
    written_by=ANN,
    proposed_at=START,
    offered_at=START,
)
OFFERED: Final = Remedy(
    kind=RemedyKind.REFUND,
    text="the fee",
    amount=EUROS,
    status=RemedyStatus.OFFERED,
    proposed_by=FOR,
    written_by=BOB,
    proposed_at=WHEN,
    offered_at=WHEN,
    valid_until=LATER,
)
PROPOSED: Final = Remedy(
    kind=RemedyKind.REFUND,
    amount=EUROS,
    status=RemedyStatus.PROPOSED,
    proposed_by=BOB,
    written_by=BOB,
    proposed_at=START,
)
ANSWER: Final = Response(message="?", by=ANN, at=START)
TAKEN_UP: Final = {
    "state": "in_handling",
    "response": None,
    "answered_at": None,
    "closed_at": None,
    "closing_code": None,
}
"""What a closed complaint forgets when it is taken up again."""


CASES = (
    Case(
        "acknowledge",
        "recorded",
        {"expected_by": START + timedelta(days=3)},
        "complaint.acknowledged",
        {"state": "acknowledged", "acknowledged_at": WHEN, "promised_by": START + timedelta(days=3)},
    ),
    Case(
        "assess",
        "acknowledged",
        {"severity": "high", "impact": "high", "safety": True, "reason": "a school"},
        "complaint.assessed",
        {
            "state": "assessed",
            "severity": "high",
            "impact": "high",
            "safety": True,
            "computed_priority": "p1",
            "priority": "p1",
        },
    ),
    Case(
        "amend",
        "recorded",
        {"category": "water", "tags": frozenset({"street"}), "reason": "misheard"},
        "complaint.amended",
        {"category": "water", "tags": frozenset({"street"})},
    ),
    Case(
        "assign",
        "acknowledged",
        {"handler": "north"},
        "complaint.assigned",
        {"state": "in_handling", "handler": "north", "handler_since": WHEN},
    ),
    Case(
        "forward",
        "in_handling",
        {"handler": "south", "reason": "their street"},
        "complaint.forwarded",
        {"handler": "south", "handler_since": WHEN, "forwards": 1},
    ),
    Case(
        "wait",
        "in_handling",
        {"for_": "customer", "reason": "photos", "until": START + timedelta(days=1)},
        "complaint.waiting_started",
        {"waiting": Waiting(for_=WaitingFor.CUSTOMER, reason="photos", since=WHEN, until=START + timedelta(days=1))},
    ),
    Case("resume", "waiting", {}, "complaint.resumed", {"waiting": None}),
    Case(
        "message",
        "recorded",
        {"text": "Any news?", "side": "outside", "klass": "courtesy"},
        "complaint.message_received",
        {},
        ("outside", "courtesy", "Any news?"),
    ),
    Case(
        "note",
        "recorded",
        {"text": "Called back."},
        "complaint.note_added",
        {},
        ("inside", "internal_note", "Called back."),
    ),
    Case(
        "reclassify",
        "recorded",
        {"feedback": "request", "reason": "asks for a date"},
        "complaint.reclassified",
        {"feedback": "request"},
    ),
    Case(
        "investigate",
        "acknowledged",
        {"text": "The valve leaks.", "evidence": ["photo 1"]},
        "complaint.finding_added",
        {"investigation": Investigation(findings=(FOUND,))},
    ),
    Case(
        "find_cause",
        "recorded",
        {"cause": "wear", "text": "30 years old"},
        "complaint.cause_found",
        {"investigation": Investigation(cause="wear", cause_text="30 years old")},
    ),
    Case(
        "judge",
        "in_handling",
        {"verdict": "partly", "grounds": "The valve leaked."},
        "complaint.judged",
        {
            "judgements": (Judgement(verdict=Verdict.PARTLY, grounds="The valve leaked.", by=FOR, at=WHEN),),
            "decided_by": frozenset({BOB, FOR}),
        },
    ),
    Case(
        "propose_change",
        "recorded",
        {"text": "Renew valves earlier.", "kind": "service"},
        "complaint.change_proposed",
        {},
    ),
    Case(
        "offer",
        "in_handling",
        {"kind": "refund", "text": "the fee", "amount": EUROS, "valid_until": LATER},
        "complaint.remedy_offered",
        {"remedies": (OFFERED,)},
    ),
    Case(
        "approve_remedy",
        "proposed",
        {"remedy": 1},
        "complaint.remedy_offered",
        {"remedies": (evolve(PROPOSED, status=RemedyStatus.OFFERED, approved_by=FOR, offered_at=WHEN),)},
        by=CLARA,
    ),
    Case(
        "refuse_remedy",
        "proposed",
        {"remedy": 1, "reason": "a typo"},
        "complaint.remedy_refused",
        {"remedies": (evolve(PROPOSED, status=RemedyStatus.REFUSED),)},
    ),
    Case(
        "accept_remedy",
        "offered",
        {"remedy": 1},
        "complaint.remedy_accepted",
        {"remedies": (evolve(REPAIR, status=RemedyStatus.ACCEPTED, answered_at=WHEN),)},
    ),
    Case(
        "decline_remedy",
        "offered",
        {"remedy": 1, "reason": "too late"},
        "complaint.remedy_declined",
        {"remedies": (evolve(REPAIR, status=RemedyStatus.DECLINED, answered_at=WHEN),)},
    ),
    Case(
        "provide_remedy",
        "taken",
        {"remedy": 1},
        "complaint.remedy_provided",
        {"remedies": (evolve(REPAIR, status=RemedyStatus.PROVIDED, answered_at=START, provided_at=WHEN),)},
    ),
    Case(
        "answer",
        "held",
        {"text": "It runs again.", "kind": "accepted", "recourse": ["ombudsman"]},
        "complaint.answered",
        {
            "state": "responded",
            "answered_at": WHEN,
            "waiting": None,
            "decided_by": frozenset({ANN, BOB, FOR}),
            "response": Response(message="?", kind=ResponseKind.ACCEPTED, by=FOR, at=WHEN, recourse=("ombudsman",)),
        },
        ("inside", "final_response", "It runs again."),
    ),
    Case("accept_answer", "responded", {}, "complaint.answer_accepted", {"response": evolve(ANSWER, accepted=True)}),
    Case(
        "decline_answer",
        "closed",
        {"reason": "It drips."},
        "complaint.answer_declined",
        {"response": evolve(ANSWER, accepted=False)},
    ),
    Case(
        "raise_stage",
        "closed",
        {"handler": "south", "reason": "It drips."},
        "complaint.stage_raised",
        {
            **TAKEN_UP,
            "handler": "south",
            "handler_since": WHEN,
            "stage": 2,
            "deciders": frozenset({ANN}),
            "decided_by": frozenset(),
            "reopenings": 1,
        },
    ),
    Case(
        "close",
        "responded",
        {"code": "resolved"},
        "complaint.closed",
        {"state": "closed", "closed_at": WHEN, "closing_code": "resolved"},
    ),
    Case(
        "reopen",
        "closed",
        {"reason": "It stopped again."},
        "complaint.reopened",
        {**TAKEN_UP, "reopenings": 1},
    ),
    Case(
        "reopen",
        "referred",
        {"reason": "It came back.", "handler": "south"},
        "complaint.reopened",
        {"state": "in_handling", "handler": "south", "handler_since": WHEN, "closed_at": None, "reopenings": 1},
    ),
    Case("lapse", "reminded", {}, "complaint.lapsed", {"state": "lapsed", "waiting": None, "closed_at": WHEN}),
    Case(
        "refer",
        "recorded",
        {"to": "ombudsman", "whole": False, "reference": "O-1", "reason": "the price"},
        "complaint.part_referred",
        {"referrals": (Referral(to="ombudsman", whole=False, reference="O-1", reason="the price", at=WHEN),)},
    ),
    Case(
        "refer",
        "waiting",
        {"to": "ombudsman", "whole": True},
        "complaint.referred",
        {
            "state": "referred",
            "waiting": None,
            "closed_at": WHEN,
            "referrals": (Referral(to="ombudsman", whole=True, at=WHEN),),
        },
    ),
    Case(
        "withdraw",
        "recorded",
        {"reason": "moved away"},
        "complaint.withdrawn",
        {"state": "withdrawn", "closed_at": WHEN},
    ),
    Case("void", "acknowledged", {"n": 2, "reason": "another complaint"}, "complaint.moment_voided", {}),
)

ELSEWHERE: Final = {"plan", "merge", "split", "link"}
"""The commands about several records, which have tests of their own: of steps, and of links."""


def test_every_action_of_the_lifecycle_is_a_command_that_is_tested_here_or_with_others() -> None:
    of_other_names = {
        "finish_step",
        "drop_step",
        "reopen_step",
        "take_in",
        "refer_part",
        *Complaints._moves.values(),
    }  # taken by other commands
    of_own = {case.action for case in CASES} - Complaints._moves.keys()

    assert of_own | ELSEWHERE | of_other_names == {move.action for move in LIFECYCLE.moves}
    assert of_own | ELSEWHERE | Complaints._moves.keys() == {
        name for name in actions.__all__ if hasattr(Complaints, name)
    } - {"record"}


@pytest.mark.parametrize("named_by", ["id", "number"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.action} {case.start}")
def test_a_command_saves_what_it_changes_and_says_who_did_it_when(  # C004, C040, C042, C043, C048-C050
    crm: Desk, clock: FixedClock, bring: Bring, case: Case, named_by: str
) -> None:
    before = bring(case.start)
    said = len(crm.complaints.messages(before.id))
    clock.advance(hours=1)

    somebody = crm.acting_as(case.by, on_behalf_of=FOR)
    command = getattr(somebody.complaints, case.action)
    after = command(getattr(before, named_by), occurred_at=WHEN, command="k-1", **case.arguments)

    assert after == crm.complaints.get(before.id)
    assert after.revision == before.revision + 1
    old, new = fields_of(before), fields_of(after)
    if after.response is not None:
        assert after.response.message in {message.id for message in crm.complaints.messages(before.id)}
    for fields in (old, new):
        if fields["response"] is not None:
            fields["response"] = evolve(fields["response"], message="?")
    assert {name: new[name] for name in new if name not in ("revision", "moments") and new[name] != old[name]} == (
        case.saved
    )
    assert after.moments[: len(before.moments)] == before.moments

    entry = crm.history(before.id)[-1]
    assert (entry.type, entry.n, entry.revision) == (case.type, after.revision, after.revision)
    assert (entry.by, entry.on_behalf_of, entry.command) == (case.by, FOR, "k-1")
    assert (entry.at, entry.recorded_at) == (WHEN, clock())

    messages = crm.complaints.messages(before.id)[said:]
    assert [(m.side, m.klass, m.text) for m in messages] == ([case.written] if case.written else [])
    for message in messages:
        # What comes from outside was said by the one whom Bob acts for, unless an author is named.
        author = FOR if message.side == "outside" else case.by
        assert (message.author, message.occurred_at) == (author, WHEN)
        assert crm.history(message.id)[0].command == "k-1"
    crm.store.verify()


def test_a_recorded_complaint_has_an_id_a_number_and_all_that_was_told(crm: Desk) -> None:  # C040
    contact = ContactPoint(kind=ContactKind.PHONE, value="0699 123")
    told = {
        "subject": "No water",
        "text": "Since Monday.",
        "remedy_sought": "a refund",
        "customer": "c-1",
        "complainant": "a tenant",
        "contact": contact,
        "on_behalf_of": "c-2",
        "service": "water",
        "agreement": "a-1",
        "category": "supply",
        "due_at": START + timedelta(days=14),
    }
    complaint = crm.complaints.record(
        **told,  # type: ignore[arg-type]
        channel="phone",
        language="DE-at",
        severity="high",
        tags=["street", "school", "street"],
        extra={"meter": [1, 2]},
        received_at=START - timedelta(hours=2),
        command="k-1",
    )

    assert {name: value for name, value in fields_of(complaint).items() if name in told} == told
    assert (complaint.channel, complaint.language, complaint.severity) == ("phone", "de-AT", "high")
    assert complaint.tags == {"street", "school"}
    assert complaint.extra == {"meter": (1, 2)}
    assert (complaint.received_at, complaint.recorded_at) == (START - timedelta(hours=2), START)
    assert (complaint.number, complaint.revision, complaint.policy) == ("CMP-2026-000001", 1, 0)
    assert crm.complaints.get(complaint.id) == crm.complaints.get("CMP-2026-000001") == complaint
    (entry,) = crm.history(complaint.id)
    assert (entry.type, entry.by, entry.command) == ("complaint.recorded", "ann@city.example", "k-1")
    assert (entry.at, entry.recorded_at) == (START - timedelta(hours=2), START)


def test_an_anonymous_complaint_needs_a_subject_and_a_channel_only(crm: Desk) -> None:  # C040
    complaint = crm.complaints.record(subject="No water", channel="web")

    assert not complaint.can_reply
    assert complaint.state == "recorded"


def test_an_action_that_the_state_forbids_is_refused_and_changes_nothing(crm: Desk, bring: Bring) -> None:  # C003
    first = bring().number
    arguments = {case.action: case.arguments for case in CASES if case.action not in Complaints._moves}
    arguments |= {action: dict(call_of(f"complaints.{action}").told) for action in ELSEWHERE}
    assert arguments["merge"] == {"into": first}
    for state in LIFECYCLE.states:
        complaint = bring(state)
        saved, head = len(crm.history(complaint.id)), sealed_head(crm.store)
        forbidden = arguments.keys() - set(LIFECYCLE.allowed(complaint)) - {"message"}  # that goes to another one

        for action in forbidden:
            with pytest.raises(TransitionNotAllowed, match="allowed: ") as refused:
                getattr(crm.complaints, action)(complaint.id, command="k-1", **arguments[action])
            assert refused.value.state == state
        assert crm.complaints.get(complaint.id).revision == complaint.revision
        assert len(crm.history(complaint.id)) == saved
        assert sealed_head(crm.store) == head


@pytest.mark.parametrize(
    ("action", "start", "arguments", "error"),
    [
        ("acknowledge", "recorded", {"expected_by": START - timedelta(days=1)}, PolicyViolation),
        ("acknowledge", "recorded", {"occurred_at": START + timedelta(days=1)}, PolicyViolation),
        ("assess", "acknowledged", {"severity": "high"}, GuardNotMet),
        ("assess", "acknowledged", {"severity": "dreadful"}, InvalidValue),
        ("assess", "acknowledged", {"severity": "low", "impact": "low", "priority": "p1"}, PolicyViolation),
        ("amend", "recorded", {}, InvalidValue),
        ("amend", "recorded", {"state": "closed"}, InvalidValue),
        ("amend", "recorded", {"subject": " "}, InvalidValue),
        ("assign", "acknowledged", {"handler": ""}, GuardNotMet),
        ("forward", "in_handling", {"handler": "north"}, GuardNotMet),
        ("wait", "waiting", {"for_": "customer"}, GuardNotMet),
        ("wait", "in_handling", {"for_": "customer", "until": START}, PolicyViolation),
        ("resume", "in_handling", {}, GuardNotMet),
        ("message", "recorded", {"text": " ", "side": "outside"}, InvalidValue),
        ("message", "recorded", {"text": "x", "side": "outside", "klass": "internal_note"}, InvalidValue),
        ("note", "recorded", {"text": ""}, InvalidValue),
        ("reclassify", "recorded", {"feedback": "complaint", "reason": "x"}, PolicyViolation),
        ("reclassify", "recorded", {"feedback": "praise", "reason": "x"}, InvalidValue),
        ("investigate", "acknowledged", {"text": " "}, InvalidValue),
        ("find_cause", "recorded", {"cause": ""}, InvalidValue),
        ("judge", "in_handling", {"verdict": "justified", "grounds": ""}, InvalidValue),
        ("judge", "in_handling", {"verdict": "true", "grounds": "x"}, InvalidValue),
        ("propose_change", "recorded", {"text": "x", "kind": "law"}, InvalidValue),
        ("offer", "in_handling", {"kind": "repair", "valid_until": START}, PolicyViolation),
        ("offer", "in_handling", {"kind": "flowers"}, InvalidValue),
        ("approve_remedy", "offered", {"remedy": 1}, PolicyViolation),
        ("accept_remedy", "proposed", {"remedy": 1}, PolicyViolation),
        ("decline_remedy", "taken", {"remedy": 1}, PolicyViolation),
        ("provide_remedy", "offered", {"remedy": 1}, PolicyViolation),
        ("provide_remedy", "taken", {"remedy": 2}, InvalidValue),
        ("answer", "in_handling", {"text": "Mended."}, GuardNotMet),
        ("answer", "judged", {"text": ""}, InvalidValue),
        ("answer", "judged", {"text": "Mended.", "kind": "maybe"}, InvalidValue),
        ("raise_stage", "responded", {"handler": ""}, GuardNotMet),
        ("raise_stage", "responded", {"handler": "ann@city.example"}, PolicyViolation),
        ("reopen", "referred", {"reason": "It came back."}, GuardNotMet),
        ("lapse", "waiting", {}, PolicyViolation),
        ("refer", "recorded", {"to": "", "whole": True}, InvalidValue),
        ("close", "responded", {"code": "forgotten"}, PolicyViolation),
        ("reopen", "closed", {"reason": ""}, InvalidValue),
        ("void", "recorded", {"n": 7, "reason": "a mistake"}, InvalidValue),
    ],
)
def test_a_refused_command_changes_nothing_and_may_be_sent_again(
    crm: Desk, bring: Bring, *, action: str, start: str, arguments: dict[str, Any], error: type[RuleError]
) -> None:
    before = bring(start)
    messages, head = crm.complaints.messages(before.id), sealed_head(crm.store)
    heard: list[object] = []
    crm.on("*", heard.append)

    with pytest.raises(error):
        getattr(crm.complaints, action)(before.id, command="k-1", **arguments)

    after = crm.complaints.get(before.id)
    assert (after, after.revision) == (before, before.revision)
    assert crm.complaints.messages(before.id) == messages
    assert sealed_head(crm.store) == head
    assert heard == []
    crm.complaints.note(before.id, "The command is still free.", command="k-1")


def test_a_refused_recording_leaves_no_record_and_uses_up_no_number_where_there_are_no_gaps(crm: Desk) -> None:  # C001
    crm.policies.publish(ComplaintPolicy(categories=("water",)), effective=START)
    with pytest.raises(PolicyViolation, match="known: water"):
        crm.complaints.record(subject="No gas", channel="phone", category="gas")

    assert crm.complaints.count() == 0
    number = crm.complaints.record(subject="No water", channel="phone").number
    assert number == "CMP-2026-000001" or gaps(crm)


def test_none_takes_an_amended_value_away(crm: Desk, bring: Bring) -> None:
    complaint = bring(category="water", complainant="a tenant", due_at=START + timedelta(days=1))
    after = crm.complaints.amend(complaint.id, complainant=None, due_at=None)

    assert (after.category, after.complainant, after.due_at) == ("water", None, None)


def test_several_complaints_get_one_handler(crm: Desk, bring: Bring) -> None:
    one, two = bring("acknowledged"), bring("assessed")
    assigned = crm.complaints.assign_all([one.id, str(two.number)], "north", command="k-1")

    assert [(c.id, c.handler, c.state) for c in assigned] == [
        (one.id, "north", "in_handling"),
        (two.id, "north", "in_handling"),
    ]
    assert [crm.history(c.id)[-1].command for c in assigned] == ["k-1", "k-1"]
    assert crm.complaints.assign_all([one.id, str(two.number)], "north", command="k-1") == assigned


def test_when_one_of_several_cannot_be_assigned_none_is(crm: Desk, bring: Bring) -> None:
    good, bad = bring("acknowledged"), bring("withdrawn")
    head = sealed_head(crm.store)
    for others in ([bad.id], ["unknown"]):
        with pytest.raises((TransitionNotAllowed, LookupError)):
            crm.complaints.assign_all([good.id, *others], "north")

    assert crm.complaints.get(good.id).handler is None
    assert sealed_head(crm.store) == head


def test_a_complaint_that_is_named_twice_is_assigned_once(crm: Desk, bring: Bring) -> None:
    complaint = bring("acknowledged")
    (assigned,) = crm.complaints.assign_all([complaint.id, str(complaint.number), complaint.id], "north")

    assert assigned.revision == complaint.revision + 1
    assert crm.complaints.assign_all([], "north") == ()

"""Every command of the desk: what it saves, what its history says, and that a refused one changes nothing."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, NamedTuple

import pytest

from servicecrm.complaints import LIFECYCLE, Complaint, ComplaintPolicy, Waiting, WaitingFor
from servicecrm.desk import Desk
from servicecrm.errors import GuardNotMet, InvalidValue, PolicyViolation, RuleError, TransitionNotAllowed
from servicecrm.kernel.records import fields_of
from servicecrm.kernel.values import ContactKind, ContactPoint
from servicecrm.testing import FixedClock
from servicecrm.testing.contract.examples import sealed_head
from tests.desk.places import gaps

Bring = Callable[..., Complaint]

START = FixedClock()()
WHEN = START + timedelta(minutes=50)
"""When the commands of these tests happened; they are entered ten minutes later."""


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
        "answer",
        "waiting",
        {"text": "It runs again."},
        "complaint.answered",
        {"state": "responded", "answered_at": WHEN, "waiting": None},
        ("inside", "final_response", "It runs again."),
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
        {"state": "in_handling", "answered_at": None, "closed_at": None, "closing_code": None, "reopenings": 1},
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


def test_every_action_of_the_lifecycle_is_a_command_that_is_tested_here() -> None:
    assert {case.action for case in CASES} == {move.action for move in LIFECYCLE.moves}


@pytest.mark.parametrize("named_by", ["id", "number"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.action)
def test_a_command_saves_what_it_changes_and_says_who_did_it_when(  # C004, C040, C042, C043, C048-C050
    crm: Desk, clock: FixedClock, bring: Bring, case: Case, named_by: str
) -> None:
    before = bring(case.start)
    said = len(crm.complaints.messages(before.id))
    clock.advance(hours=1)

    bob = crm.acting_as("bob@city.example", on_behalf_of="customer-7")
    command = getattr(bob.complaints, case.action)
    after = command(getattr(before, named_by), occurred_at=WHEN, command="k-1", **case.arguments)

    assert after == crm.complaints.get(before.id)
    assert after.revision == before.revision + 1
    old, new = fields_of(before), fields_of(after)
    assert {
        name: new[name] for name in new if name not in ("revision", "moments") and new[name] != old[name]
    } == case.saved
    assert after.moments[: len(before.moments)] == before.moments

    entry = crm.history(before.id)[-1]
    assert (entry.type, entry.n, entry.revision) == (case.type, after.revision, after.revision)
    assert (entry.by, entry.on_behalf_of, entry.command) == ("bob@city.example", "customer-7", "k-1")
    assert (entry.at, entry.recorded_at) == (WHEN, clock())

    messages = crm.complaints.messages(before.id)[said:]
    assert [(m.side, m.klass, m.text) for m in messages] == ([case.written] if case.written else [])
    for message in messages:
        # What comes from outside was said by the one whom Bob acts for, unless an author is named.
        author = "customer-7" if message.side == "outside" else "bob@city.example"
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
    arguments = {case.action: case.arguments for case in CASES}
    for state in LIFECYCLE.states:
        complaint = bring(state)
        saved, head = len(crm.history(complaint.id)), sealed_head(crm.store)
        forbidden = arguments.keys() - set(LIFECYCLE.allowed(complaint))

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
        ("answer", "in_handling", {"text": ""}, InvalidValue),
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
    good, bad = bring("acknowledged"), bring("recorded")
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

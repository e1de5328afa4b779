"""Personal values stand in records and stores, and in nothing that is shown, raised or logged."""

import io
import logging
import traceback
from collections.abc import Callable, Iterator

import pytest

from servicecrm import complaints
from servicecrm.complaints import COMPLAINT, AccessNeed, Complaint, Needs, Vulnerability
from servicecrm.desk import Desk
from servicecrm.errors import MalformedDocument, ServiceCRMError
from servicecrm.kernel.decisions import Decision
from servicecrm.kernel.records import personal_fields
from servicecrm.kernel.values import Attachment, ContactKind, ContactPoint
from servicecrm.testing import FixedClock
from servicecrm.tracking import Message

CANARY = "Kanarienvogel"
"""Stands in every personal field."""

FILE = Attachment(name=f"{CANARY}.png", media_type="image/png", size=1, digest="0" * 64, location="f-1")

PERSONAL = {
    "subject": f"{CANARY} 1",
    "text": f"{CANARY} 2",
    "remedy_sought": f"{CANARY} 3",
    "complainant": f"{CANARY} 4",
    "contact": ContactPoint(kind=ContactKind.PHONE, value=f"{CANARY} 5"),
    "needs": Needs(vulnerabilities=frozenset({Vulnerability.HEALTH}), access=frozenset({AccessNeed.SIGN_LANGUAGE})),
}


def assert_hidden(*shown: object) -> None:
    for one in shown:
        assert CANARY not in repr(one), type(one)
        assert CANARY not in str(one), type(one)


@pytest.fixture(autouse=True)
def hidden_in_logs(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever a test logs has to hide the canary too."""
    with caplog.at_level(logging.DEBUG):
        yield
    assert CANARY not in caplog.text


@pytest.fixture
def complaint(crm: Desk) -> Complaint:
    """A complaint that is waiting, with a canary in every personal field."""
    recorded = crm.complaints.record(channel="phone", extra={"note": CANARY}, **PERSONAL)  # type: ignore[arg-type]
    crm.complaints.acknowledge(recorded.id)
    crm.complaints.assess(recorded.id, severity="low", impact="low", priority="p1", reason=CANARY)
    crm.complaints.assign(recorded.id, "north")
    crm.complaints.forward(recorded.id, "south", reason=CANARY)
    crm.complaints.message(recorded.id, CANARY, side="outside", attachments=(FILE,))
    crm.complaints.note(recorded.id, CANARY, attachments=(FILE,))
    crm.complaints.investigate(recorded.id, CANARY)
    crm.complaints.find_cause(recorded.id, "wear", text=CANARY)
    crm.complaints.judge(recorded.id, "justified", grounds=CANARY)
    crm.complaints.offer(recorded.id, "repair", text=CANARY)
    crm.complaints.refer(recorded.id, "ombudsman", whole=False, reason=CANARY)
    crm.complaints.propose_change(recorded.id, CANARY, kind="service")
    crm.complaints.reclassify(recorded.id, "request", reason=CANARY)
    crm.complaints.reclassify(recorded.id, "complaint", reason=CANARY)
    return crm.complaints.wait(recorded.id, "customer", reason=CANARY)


def test_the_canaries_stand_in_every_personal_field(crm: Desk, complaint: Complaint) -> None:
    decided = {"investigation", "judgements", "remedies", "referrals"}
    assert personal_fields(Complaint) == {*PERSONAL, *decided, "waiting", "extra"}
    assert all(getattr(complaint, name) for name in decided)
    assert personal_fields(Message) == {"text", "attachments", "extra"}
    assert all(getattr(complaint, name) == value for name, value in PERSONAL.items())
    exported = io.StringIO()
    crm.export(exported)
    assert exported.getvalue().count(CANARY) > 20  # it is kept


def test_records_events_and_entries_show_no_personal_value(crm: Desk, complaint: Complaint) -> None:
    facts: list[object] = []
    crm.on("*", facts.append)
    crm.complaints.amend(complaint.id, complainant=f"{CANARY} 6", reason=CANARY)
    crm.complaints.answer(complaint.id, CANARY)
    crm.complaints.decline_remedy(complaint.id, 1, reason=CANARY)
    crm.complaints.decline_answer(complaint.id, reason=CANARY)
    crm.complaints.raise_stage(complaint.id, "south", reason=CANARY)
    crm.complaints.void(complaint.id, 2, reason=CANARY)
    crm.complaints.withdraw(complaint.id, reason=CANARY)

    after, messages, entries = (
        crm.complaints.get(complaint.id),
        crm.complaints.messages(complaint.id),
        crm.history(complaint.id),
    )
    assert (len(messages), len(entries), len(facts)) == (3, 23, 13)
    assert_hidden(after, messages, entries, facts, crm.complaints.page(), crm.worklist("south"))
    for message in messages:
        assert_hidden(message, crm.history(message.id))


def test_decisions_show_ids_and_types_only(clock: FixedClock) -> None:
    recorded = complaints.record(id="c-1", channel="phone", by="ann", at=clock(), **PERSONAL)  # type: ignore[arg-type]
    amended = complaints.amend(recorded.after, text=f"{CANARY} 2, moved", by="ann", at=clock(), reason=CANARY)
    decision, message = complaints.message(amended.after, CANARY, id="m-1", side="outside", by="ann", at=clock())

    for shown in (recorded, amended, decision, message):
        assert_hidden(shown, shown.steps, shown.events)
    assert repr(recorded.then(complaints.acknowledge, by="ann", at=clock())) == (
        "Decision(Complaint c-1: complaint.recorded, complaint.acknowledged)"
    )
    assert repr(amended.steps) == "(Step(complaint.amended: text),)"


@pytest.mark.parametrize(
    "wrong",
    [
        lambda crm, _: crm.complaints.record(subject=CANARY, channel=CANARY),
        lambda crm, _: crm.complaints.record(subject=CANARY, channel="phone", complainant=" "),
        lambda crm, _: crm.complaints.record(subject=[CANARY], channel="phone"),
        lambda crm, _: crm.complaints.record(subject=CANARY, channel="phone", contact=CANARY),
        lambda crm, _: crm.complaints.record(subject=CANARY, channel="phone", language=CANARY),
        lambda crm, _: crm.complaints.record(subject=CANARY, channel="phone", severity=CANARY),
        lambda crm, _: crm.complaints.record(subject=f"{CANARY}\0", channel="phone"),
        lambda crm, _: crm.complaints.record(subject=f"{CANARY}\ud800", channel="phone", command="k-1"),
        lambda crm, _: crm.complaints.record(subject="x", channel="phone", extra={CANARY: float("nan")}),
        lambda crm, _: crm.complaints.record(subject="x", channel="phone", tags=CANARY),
        lambda crm, id: crm.complaints.acknowledge(id),
        lambda crm, id: crm.complaints.amend(id, text=[CANARY]),
        lambda crm, id: crm.complaints.amend(id, contact=CANARY),
        lambda crm, id: crm.complaints.amend(id, subject=f"{CANARY}\ud800"),
        lambda crm, id: crm.complaints.assess(id, severity="low", impact=CANARY, reason=CANARY),
        lambda crm, id: crm.complaints.wait(id, "customer", reason=CANARY),
        lambda crm, id: crm.complaints.wait(id, CANARY, reason=CANARY),
        lambda crm, id: crm.complaints.message(id, CANARY, side=CANARY),
        lambda crm, id: crm.complaints.message(id, CANARY, side="outside", klass="internal_note"),
        lambda crm, id: crm.complaints.message(id, f"{CANARY}\0", side="outside"),
        lambda crm, id: crm.complaints.close(id, CANARY),
        lambda crm, id: crm.complaints.reopen(id, CANARY),
        lambda crm, id: crm.complaints.void(id, 1, reason=f"{CANARY}\0"),
        lambda crm, id: crm.complaints.forward(id, "south", reason=CANARY),
        lambda crm, id: crm.complaints.judge(id, CANARY, grounds=CANARY),
        lambda crm, id: crm.complaints.judge(id, "justified", grounds=f"{CANARY}\0"),
        lambda crm, id: crm.complaints.investigate(id, f"{CANARY}\0", evidence=[CANARY]),
        lambda crm, id: crm.complaints.offer(id, CANARY, text=CANARY),
        lambda crm, id: crm.complaints.decline_remedy(id, 7, reason=CANARY),
        lambda crm, id: crm.complaints.refer(id, " ", whole=True, reason=CANARY),
        lambda crm, id: crm.complaints.propose_change(id, CANARY, kind=CANARY),
        lambda crm, id: crm.complaints.split(id, " ", text=CANARY),
    ],
)
def test_no_refusal_shows_a_personal_value_in_its_text_its_repr_or_its_traceback(
    crm: Desk, complaint: Complaint, wrong: Callable[[Desk, str], object]
) -> None:
    with pytest.raises(ServiceCRMError) as refused:
        wrong(crm, complaint.id)

    # A traceback shows lines of code too, those of this test among them, but only the errors can show values.
    errors: list[BaseException] = [refused.value]
    while (
        cause := errors[-1].__cause__ or (None if errors[-1].__suppress_context__ else errors[-1].__context__)
    ) is not None:
        errors.append(cause)
    assert_hidden(*errors, *("".join(traceback.format_exception_only(error)) for error in errors))
    assert crm.complaints.get(complaint.id).revision == complaint.revision


def test_a_stored_document_that_does_not_fit_is_told_without_its_values(complaint: Complaint) -> None:
    document = COMPLAINT.schema.text(complaint)
    for text in (
        document.replace('"channel":"phone"', f'"channel":"{CANARY}"'),
        document.replace('"subject"', '"topic"'),
        document.replace('"received_at":"', f'"received_at":"{CANARY}'),
    ):
        with pytest.raises(MalformedDocument) as refused:
            COMPLAINT.schema.load_text(text, version=COMPLAINT.schema.current, revision=1)
        assert_hidden(refused.value)


def test_a_stale_change_is_told_without_its_values(crm: Desk, complaint: Complaint, clock: FixedClock) -> None:
    stale: Decision[Complaint] = complaints.amend(complaint, text=CANARY, by="ann", at=clock())
    crm.complaints.resume(complaint.id)
    with pytest.raises(ServiceCRMError, match="load it again and repeat") as refused:
        crm.save(stale)
    assert_hidden(refused.value)

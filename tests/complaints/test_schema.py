"""Complaints are found by what was decided about them, policies are read for ever, and nothing personal leaks."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm import complaints
from servicecrm.calendars import Calendar
from servicecrm.complaints import (
    COMPLAINT,
    DEFAULT,
    Complaint,
    ComplaintPolicy,
    Finding,
    Investigation,
    Judgement,
    Link,
    LinkKind,
    Needs,
    Priority,
    Referral,
    Remedy,
    RemedyKind,
    RemedyLimit,
    RemedyStatus,
    StepTemplate,
    Verdict,
    deciding_events,
    events,
)
from servicecrm.complaints.policy import ComplaintPolicies
from servicecrm.complaints.schema import POLICIES
from servicecrm.errors import ServiceCRMError
from servicecrm.kernel.documents import from_text, to_text
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.kernel.records import is_personal
from servicecrm.kernel.values import Money
from servicecrm.testing.makers import MONDAY, a_complaint, a_judgement, an_actor

GOLDEN = Path(__file__).parents[1] / "golden" / "complaint_policies"
ANN = an_actor()
SECRET = "Rosa Kern, 555-0100"
ALWAYS = Calendar(id="always", zone="UTC", hours="mon-sun 00:00-24:00")


# -- columns and terms ---------------------------------------------------------------------------


def test_complaints_are_found_by_what_was_decided_about_them() -> None:  # C041, C044, C046, C048, C055
    remedy = Remedy(kind=RemedyKind.REFUND, status=RemedyStatus.OFFERED, proposed_by="ann")
    paid = Remedy(
        kind=RemedyKind.GOODWILL,
        status=RemedyStatus.PROVIDED,
        proposed_by="ann",
        amount=Money(amount=Decimal("12.50"), currency="EUR"),
    )
    complaint = a_complaint(
        judgements=(a_judgement(verdict=Verdict.PARTLY), a_judgement(verdict=Verdict.UNJUSTIFIED)),
        investigation=Investigation(cause="wear"),
        stage=2,
        safety=True,
        links=(
            Link(kind=LinkKind.RELATED, complaint="c-7"),
            Link(kind=LinkKind.DUPLICATE_OF, complaint="c-8"),
        ),
        remedies=(remedy, paid),
    )

    index = COMPLAINT.index_of(complaint)
    told = {name: index[name] for name in ("feedback", "verdict", "cause", "stage", "safety", "duplicate_of")}
    assert told == {
        "feedback": "complaint",
        "verdict": "unjustified",
        "cause": "wear",
        "stage": 2,
        "safety": True,
        "duplicate_of": "c-8",
    }
    terms = set(COMPLAINT.terms_of(complaint))
    assert {("links", "related:c-7"), ("links", "duplicate_of:c-8")} <= terms
    assert {("remedies", "1/refund/offered//"), ("remedies", "2/goodwill/provided/EUR/12.50")} <= terms


@given(st.lists(st.sampled_from(["substantive", "courtesy", "auto_reply", "inside", "voided"]), max_size=8))
def test_a_contact_is_the_complaint_itself_or_what_they_said_to_us_since(said: list[str]) -> None:  # K29
    complaint = a_complaint()
    for what in said:
        side, klass = ("inside", "substantive") if what == "inside" else ("outside", what)
        klass = "substantive" if what == "voided" else klass
        complaint = complaints.message(complaint, "So?", id="m", side=side, klass=klass, by=ANN, at=MONDAY)[0].after
        if what == "voided":
            n = len(complaint.moments)
            complaint = complaints.void(complaint, n, reason="of another one", by=ANN, at=MONDAY).after

    assert COMPLAINT.index_of(complaint)["contacts"] == 1 + said.count("substantive")


# -- golden files --------------------------------------------------------------------------------


def the_first_policies() -> ComplaintPolicies:
    """As version 1 wrote them."""
    matrix = {**DEFAULT.matrix, "low": dict.fromkeys(("low", "medium", "high", "critical"), "p4")}
    policy = ComplaintPolicy(
        matrix=FrozenMap(matrix),
        categories=("water", "roads"),
        closing_codes=("resolved", "moved away"),
        reopen_within=timedelta(days=30),
    )
    return ComplaintPolicies().publish(policy, effective=MONDAY)


def the_policies() -> ComplaintPolicies:
    """The same and one with all that is known now."""
    policy = ComplaintPolicy(remedy_kinds=("free_month",))
    return the_second_policies().publish(policy, effective=MONDAY + timedelta(days=60))


def the_second_policies() -> ComplaintPolicies:
    """The same and one with everything that version 2 knows besides."""
    policy = ComplaintPolicy(
        categories=("water/quality", "water/bill"),
        causes=("material/wear", "staff"),
        steps=(StepTemplate(title="Measure", within="2h business", owner="north", mandatory=False, category="water"),),
        investigated=frozenset({Priority.P2}),
        remedy_limits=(RemedyLimit(currency="EUR", amount=Decimal("99.50")),),
        stages=3,
        lapse_after=timedelta(days=7),
        recurs_within=timedelta(days=90),
    )
    return the_first_policies().publish(policy, effective=MONDAY + timedelta(days=30))


@pytest.mark.parametrize(
    ("version", "policies"), [(1, the_first_policies), (2, the_second_policies), (3, the_policies)]
)
def test_what_any_version_published_is_read_as_the_same_rules(  # C008, C127
    version: int, policies: Callable[[], ComplaintPolicies]
) -> None:
    document = from_text((GOLDEN / f"v{version}.json").read_text("utf-8"))

    assert POLICIES.schema.load(document, version=version) == policies()


def test_the_current_version_has_a_golden_file() -> None:
    stored = (GOLDEN / f"v{POLICIES.schema.current}.json").read_text("utf-8")

    assert from_text(stored) == from_text(to_text(POLICIES.schema.dump(the_policies())))


# -- personal data -------------------------------------------------------------------------------

WORDS = {"text", "reason", "grounds", "cause_text", "findings", "vulnerabilities", "access"}


@pytest.mark.parametrize(
    "cls",
    [
        *(Finding, Investigation, Judgement, Needs, Referral, Remedy),
        *(getattr(facts, name) for facts in (events, deciding_events) for name in facts.__all__),
    ],
)
def test_what_somebody_has_written_is_marked_as_personal(cls: type[Any]) -> None:
    for field in cls.__attrs_attrs__:
        assert is_personal(field.type) or field.name not in WORDS, f"{cls.__name__}.{field.name}"


COMMANDS: dict[str, Callable[[Complaint], object]] = {
    "reclassify": lambda c: complaints.reclassify(c, "complaint", reason=SECRET, by=ANN, at=MONDAY),
    "investigate": lambda c: complaints.investigate(c, SECRET, by=ANN, at=MONDAY),
    "find_cause": lambda c: complaints.find_cause(
        c, SECRET, text=SECRET, policy=ComplaintPolicy(causes=("wear",)), by=ANN, at=MONDAY
    ),
    "judge": lambda c: complaints.judge(c, "partly", grounds=SECRET, by=ANN, at=MONDAY),
    "a verdict": lambda c: complaints.judge(c, SECRET, grounds=SECRET, by=ANN, at=MONDAY),
    "plan": lambda c: complaints.plan(c, [SECRET], ids=[], calendar=ALWAYS, by=ANN, at=MONDAY),
    "offer": lambda c: complaints.offer(c, "refund", text=SECRET, valid_until=MONDAY, by=ANN, at=MONDAY),
    "a kind": lambda c: complaints.offer(c, SECRET, by=ANN, at=MONDAY),
    "decline_remedy": lambda c: complaints.decline_remedy(c, 1, reason=SECRET, by=ANN, at=MONDAY),
    "refuse_remedy": lambda c: complaints.refuse_remedy(c, 1, reason=SECRET, by=ANN, at=MONDAY),
    "answer": lambda c: complaints.answer(c, SECRET, id="a", by=ANN, at=MONDAY),
    "decline_answer": lambda c: complaints.decline_answer(c, reason=SECRET, by=ANN, at=MONDAY),
    "raise_stage": lambda c: complaints.raise_stage(
        c, SECRET, reason=SECRET, policy=ComplaintPolicy(stages=1), by=ANN, at=MONDAY
    ),
    "lapse": lambda c: complaints.lapse(c, by=ANN, at=MONDAY),
    "refer": lambda c: complaints.refer(c, " ", whole=True, reason=SECRET, by=ANN, at=MONDAY),
    "merge": lambda c: complaints.merge(c, c, by=ANN, at=MONDAY),
    "split": lambda c: complaints.split(
        c, SECRET, id="c-9", category=SECRET, policy=ComplaintPolicy(categories=("water",)), by=ANN, at=MONDAY
    ),
    "link": lambda c: complaints.link(c, c, "related", by=ANN, at=MONDAY),
    "propose_change": lambda c: complaints.propose_change(c, SECRET, id="p", kind=SECRET, by=ANN, at=MONDAY),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_refusal_tells_nothing_of_whom_it_is_about(command: str) -> None:
    refusals: list[ServiceCRMError] = []
    for state in complaints.LIFECYCLE.states:
        try:
            COMMANDS[command](a_complaint(state=state, subject=SECRET, complainant=SECRET, handler=SECRET))
        except ServiceCRMError as error:
            refusals.append(error)

    assert refusals
    assert "Rosa" not in f"{refusals} {[str(error) for error in refusals]}"

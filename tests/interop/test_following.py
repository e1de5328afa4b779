"""A complaint that follows a log: by our commands where the lifecycle allows them, else by adoption with a finding."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.complaints.model import Complaint
from servicecrm.errors import InvalidValue, PolicyViolation
from servicecrm.interop import COMPLAINT_WORDS, Fact
from servicecrm.interop.following import Followed, follow
from servicecrm.kernel.decisions import stamp
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.tracking.messages import MessageClass

START = datetime(2025, 1, 6, 9, tzinfo=UTC)
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def fact(
    state: str | None = None,
    *,
    action: str | None = None,
    waiting: str | None = None,
    extra: dict[str, str] | None = None,
    at: datetime = START,
    **values: Any,
) -> Fact:
    return Fact(2, "7", 1, at, state, waiting, action, None, values, extra or {})


class Case:
    """A case of a log, and what followed from its facts so far."""

    def __init__(self, *facts: Fact) -> None:
        self.complaint: Complaint | None = None
        self.told = 0
        for each in facts:
            assert self.follow(each).finding is None

    def follow(self, of: Fact) -> Followed:
        self.told += 1
        at = of.occurred_at if of.occurred_at > START else START + timedelta(hours=self.told)
        numbered = of._replace(ordinal=self.told, occurred_at=at)
        when = stamp("log", NOW, numbered.occurred_at)
        followed = follow(self.complaint, numbered, when, id="log:7", source="log")
        self.complaint = followed.decision.after
        return followed


NEW = fact("recorded", subject="No water", severity="high")
ACKNOWLEDGED = fact("acknowledged")
ASSESSED = fact("assessed", impact="high")
IN_HANDLING = fact("in_handling", handler="pipes")
RESPONDED = fact("responded", answer="Mended.")
CLOSED = fact("closed", closing_code="mended")
WHOLE = (NEW, ACKNOWLEDGED, ASSESSED, IN_HANDLING, RESPONDED, CLOSED)
HANDLED = WHOLE[:4]


def events(followed: Followed) -> list[str]:
    return [event.type.removeprefix("complaint.") for event in followed.decision.events]


@pytest.mark.parametrize(
    "told",
    [
        fact("in_handling", handler="meters", reason="a meter is at fault"),
        fact("withdrawn", reason="a meter is at fault"),
    ],
)
def test_the_reason_of_a_forwarding_or_a_withdrawal_is_kept(told: Fact) -> None:
    (event,) = Case(*HANDLED).follow(told).decision.events

    assert event.reason == "a meter is at fault"  # type: ignore[attr-defined]  # both events have one


# -- obeyed --------------------------------------------------------------------------------------


def test_a_first_fact_records_a_complaint() -> None:
    followed = Case().follow(NEW)

    assert (followed.decision.before, events(followed), followed.finding) == (None, ["recorded"], None)
    assert (followed.decision.after.id, followed.decision.after.subject) == ("log:7", "No water")


def test_a_case_without_a_subject_is_named_after_its_key() -> None:
    assert Case().follow(fact("recorded")).decision.after.subject == "Case 7"


def test_a_case_came_in_when_the_log_says_so() -> None:
    opened = START - timedelta(days=3)

    assert Case().follow(fact("recorded", received_at=opened)).decision.after.received_at == opened


def test_a_log_that_keeps_to_our_lifecycle_is_followed_by_our_commands_alone() -> None:
    case = Case(*WHOLE)  # C003

    assert case.complaint is not None
    assert (case.complaint.state, case.complaint.closing_code, case.complaint.handler) == ("closed", "mended", "pipes")


OBEYED = [
    ((NEW,), ACKNOWLEDGED, ["acknowledged"]),
    ((NEW,), fact(action="acknowledge"), ["acknowledged"]),
    ((NEW, ACKNOWLEDGED), ASSESSED, ["assessed"]),
    ((NEW, ACKNOWLEDGED), fact(action="assess", impact="low"), ["assessed"]),
    ((NEW, ACKNOWLEDGED), IN_HANDLING, ["assigned"]),
    ((NEW, ACKNOWLEDGED), fact(action="assign", handler="pipes"), ["assigned"]),
    ((NEW, ACKNOWLEDGED), fact("in_handling", handler="pipes", impact="low"), ["assigned", "assessed"]),
    (HANDLED, fact("in_handling"), ["adopted"]),
    (HANDLED, fact("in_handling", handler="meters"), ["forwarded"]),
    (HANDLED, fact(action="forward", handler="meters"), ["forwarded"]),
    (HANDLED, fact("in_handling", severity="low"), ["assessed"]),
    (HANDLED, fact("in_handling", waiting="customer"), ["waiting_started"]),
    (HANDLED, fact(action="wait", waiting="customer"), ["waiting_started"]),
    (HANDLED, fact("in_handling", category="leak"), ["amended"]),
    (HANDLED, fact(action="amend", category="leak"), ["amended"]),
    (HANDLED, fact("in_handling", extra={"city": "Harbour"}), ["amended"]),
    (HANDLED, fact("withdrawn"), ["withdrawn"]),
    (WHOLE, fact("in_handling", reason="It drips"), ["reopened"]),
    (WHOLE, fact(action="reopen", reason="It drips", handler="meters"), ["reopened", "forwarded"]),
]


@pytest.mark.parametrize(("before", "told", "expected"), OBEYED)
def test_what_the_lifecycle_allows_is_done_by_our_commands(
    before: tuple[Fact, ...], told: Fact, expected: list[str]
) -> None:
    followed = Case(*before).follow(told)

    assert (events(followed), followed.finding) == (expected, None)


WAITING = fact("in_handling", waiting="customer")


@pytest.mark.parametrize(
    ("told", "expected", "waiting"),
    [
        (fact("in_handling"), ["resumed"], None),
        (fact(action="resume"), ["resumed"], None),
        (fact("in_handling", waiting="third_party"), ["resumed", "waiting_started"], "third_party"),
        (fact("in_handling", waiting="customer", category="leak"), ["amended"], "customer"),
        (fact(action="forward", handler="meters"), ["forwarded"], "customer"),
        (
            fact(action="forward", handler="meters", waiting="approval"),
            ["forwarded", "resumed", "waiting_started"],
            "approval",
        ),
    ],
)
def test_a_wait_lasts_until_the_log_says_otherwise(told: Fact, expected: list[str], waiting: str | None) -> None:
    followed = Case(*HANDLED, WAITING).follow(told)

    assert (events(followed), followed.finding) == (expected, None)
    now = followed.decision.after.waiting
    assert (now and now.for_) == waiting


def test_an_answer_is_kept_as_a_message_of_ours() -> None:
    message = Case(*HANDLED).follow(RESPONDED).message

    assert message is not None
    assert (message.after.about, message.after.text, message.after.klass) == (
        "log:7", "Mended.", MessageClass.FINAL_RESPONSE,
    )  # fmt: skip


# -- adopted -------------------------------------------------------------------------------------


@pytest.mark.parametrize("rated", [ASSESSED, fact("assessed", impact="high", priority="p1", reason="a school")])
@pytest.mark.parametrize("told", [RESPONDED, fact(action="answer", answer="Mended.", handler="meters")])
def test_that_a_log_tells_no_verdict_and_no_investigation_is_not_held_against_it(rated: Fact, told: Fact) -> None:
    case = Case(NEW, ACKNOWLEDGED)  # C044, C046
    case.follow(rated)
    case.follow(IN_HANDLING)
    case.follow(WAITING)
    followed = case.follow(told)

    assert (events(followed), followed.finding) == (["adopted"], None)
    after, handler = followed.decision.after, told.values.get("handler", "pipes")
    assert (after.state, after.waiting, after.handler) == ("responded", None, handler)
    assert [moment.kind for moment in after.moments][-1 - ("handler" in told.values) :][0] == "answered"


@pytest.mark.parametrize("told", [CLOSED, fact(action="close", closing_code="a code that only they have")])
def test_a_log_closes_what_nobody_has_judged(told: Fact) -> None:
    followed = Case(*WHOLE[:5]).follow(told)  # C044, C049

    assert (events(followed), followed.finding) == (["adopted"], None)
    after = followed.decision.after
    assert (after.state, after.closing_code, after.closed_at) == (
        "closed",
        told.values["closing_code"],
        after.moments[-1].occurred_at,
    )


@pytest.mark.parametrize(
    ("before", "told", "finding"),
    [
        ((NEW,), fact("in_handling", handler="pipes"), "recorded to in_handling is no move of the lifecycle"),
        (HANDLED, fact("closed", closing_code="mended"), "in_handling to closed is no move of the lifecycle"),
        (HANDLED, fact(action="acknowledge"), "acknowledge while in_handling"),
    ],
)
def test_what_only_an_exception_allows_is_no_way_for_a_log(before: tuple[Fact, ...], told: Fact, finding: str) -> None:
    assert Case(*before).follow(told).finding == finding  # C042, C049


@pytest.mark.parametrize("action", sorted({"judge", "offer", "raise_stage", "merge", "take_in", "refer", "lapse"}))
def test_what_a_log_cannot_tell_is_adopted_with_the_reason(action: str) -> None:
    followed = Case(*WHOLE[:5]).follow(fact(action=action))

    assert (events(followed), "adopted") == (["adopted"], "adopted")
    assert followed.finding in (f"{action} is not told by a log", f"{action} while responded")


ADOPTED = [
    ((), fact("recorded", handler="pipes"), "assign while recorded"),
    ((), fact("closed"), "recorded to closed is no move of the lifecycle"),
    ((NEW,), fact("recorded", impact="low"), "assess while recorded"),
    ((NEW,), fact("recorded", waiting="customer"), "wait while recorded"),
    ((NEW,), fact(action="wait", waiting="customer"), "wait while recorded"),
    ((NEW,), fact(action="answer", answer="Mended."), "answer while recorded"),
    ((NEW, ACKNOWLEDGED), fact("acknowledged", impact="low"), "assess without leaving acknowledged"),
    ((NEW, ACKNOWLEDGED), fact("acknowledged", handler="pipes"), "assign without leaving acknowledged"),
    ((fact("recorded"), ACKNOWLEDGED), fact("assessed"), "assess without priority_known"),
    ((NEW, ACKNOWLEDGED), fact("assessed", impact="low", priority="p1"), "against the rule priority"),
    ((NEW, ACKNOWLEDGED), fact("in_handling"), "assign without a handler"),
    (HANDLED, fact(action="forward"), "forward without other_handler"),
    (HANDLED, fact(action="wait"), "wait without saying for whom"),
    (HANDLED, fact(action="resume"), "resume without waiting"),
    (HANDLED, fact(action="note"), "note is not told by a log"),
    (HANDLED, fact("recorded"), "in_handling to recorded is no move of the lifecycle"),
    (HANDLED, fact("responded"), "answer without a text"),
    (WHOLE[:5], fact("closed"), "close without a code"),
    (WHOLE[:5], fact("responded", handler="meters"), "forward while responded"),
    (WHOLE, fact("in_handling"), "reopen without a reason"),
    (HANDLED, fact("withdrawn", waiting="customer"), "wait while withdrawn"),
    ((NEW, fact("withdrawn")), fact("withdrawn", category="leak"), "amend while withdrawn"),
]


@pytest.mark.parametrize(("before", "told", "finding"), ADOPTED)
def test_what_the_lifecycle_does_not_allow_is_adopted_with_the_reason(
    before: tuple[Fact, ...], told: Fact, finding: str
) -> None:
    followed = Case(*before).follow(told)

    assert (events(followed)[-1], followed.finding) == ("adopted", finding)
    if told.state is not None:
        assert followed.decision.after.state == told.state
    for name, value in told.values.items():
        if name != "answer":
            assert getattr(followed.decision.after, name) == value


@pytest.mark.parametrize(
    ("before", "action", "state"),
    [
        (HANDLED, "acknowledge", "in_handling"),
        (WHOLE, "assess", "closed"),
        (WHOLE, "withdraw", "withdrawn"),
        ((NEW,), "assign", "in_handling"),
        ((NEW,), "close", "closed"),
        ((*WHOLE[:1], fact("withdrawn")), "reopen", "in_handling"),
    ],
)
def test_an_adopted_action_leads_on_and_not_back_unless_it_reopens(
    before: tuple[Fact, ...], action: str, state: str
) -> None:
    followed = Case(*before).follow(fact(action=action))

    assert followed.finding is not None
    assert followed.decision.after.state == state


def test_an_adopted_return_to_work_counts_as_a_reopening_and_another_handler_as_a_forward() -> None:
    after = Case(*WHOLE).follow(fact("in_handling", handler="meters")).decision.after

    assert (after.reopenings, after.forwards, after.closed_at) == (1, 1, None)  # C050


def test_an_adopted_wait_and_its_end_are_taken_over() -> None:
    case = Case(NEW)

    begun = case.follow(fact(action="wait", waiting="customer")).decision.after.waiting
    assert begun is not None
    assert (begun.for_, begun.since) == ("customer", START + timedelta(hours=2))
    assert case.follow(fact(action="resume")).decision.after.waiting is None


@pytest.mark.parametrize("state", ["responded", "closed"])
def test_the_text_of_an_adopted_answer_is_kept_once(state: str) -> None:
    case = Case(NEW)

    first = case.follow(fact(state, answer="Mended."))
    assert first.message is not None
    assert first.message.after.text == "Mended."
    assert case.follow(fact("closed", answer="Mended.")).message is None


def test_a_priority_of_the_log_is_not_overruled_when_another_rating_changes() -> None:
    case = Case(NEW, ACKNOWLEDGED)
    case.follow(fact("assessed", impact="low", priority="p1"))

    assert case.follow(fact("assessed", impact="medium", priority="p1")).decision.after.priority == "p1"


def test_a_fact_of_this_very_moment_is_taken() -> None:
    assert Case(NEW).follow(fact("acknowledged", at=NOW)).finding is None


@pytest.mark.parametrize("told", [fact("acknowledged"), NEW, fact("recorded", received_at=START)])
@pytest.mark.parametrize("before", [(), (NEW,)])
def test_a_fact_in_the_future_is_refused(before: tuple[Fact, ...], told: Fact) -> None:
    with pytest.raises(PolicyViolation, match="future"):
        Case(*before).follow(told._replace(occurred_at=NOW + timedelta(seconds=1)))


def test_a_blank_subject_is_refused() -> None:
    with pytest.raises(InvalidValue, match="blank"):
        Case().follow(fact("recorded", subject=" "))


@pytest.mark.parametrize("name", ["customer", "service", "category", "handler", "closing_code"])
def test_a_text_that_no_store_could_find_the_complaint_by_is_refused(name: str) -> None:
    closed = fact("closed")

    assert Case().follow(closed._replace(values={name: "x" * 500})).decision.after.state == "closed"
    with pytest.raises(InvalidValue, match=f"^{name}: .* at most 500 bytes"):
        Case().follow(closed._replace(values={name: "x" * 501}))


def test_a_name_that_no_message_could_be_found_by_is_refused() -> None:
    answered = fact("responded", answer="It runs again.")
    with pytest.raises(InvalidValue, match=r"^by: .* at most 500 bytes"):
        Case().follow(answered._replace(by="x" * 501))


# -- the order of time -----------------------------------------------------------------------------

RECEIVED = START + timedelta(days=1)


@pytest.mark.parametrize(
    ("told", "finding"),
    [
        (fact("closed", closing_code="mended"), "closed before it was received"),
        (fact("responded", answer="Mended."), "responded before it was received"),
        (fact("in_handling"), "in_handling before it was received"),
        (fact(action="forward", handler="meters"), "forward before it was received"),
    ],
)
def test_what_happened_before_the_receipt_is_taken_with_a_finding(told: Fact, finding: str) -> None:
    early, in_time = (
        follow(
            Case(*HANDLED).complaint,
            told._replace(ordinal=9, occurred_at=at),
            stamp("log", NOW, at),
            id="log:7",
            source="log",
        )
        for at in (START, START + timedelta(hours=1))  # HANDLED was received an hour after START
    )

    assert (early.finding, events(early)[-1]) == (finding, "adopted")
    assert early.decision.after.state == in_time.decision.after.state
    assert early.decision.events[-1].occurred_at == START
    assert in_time.finding != finding


def test_a_case_that_begins_before_its_receipt_is_told_too() -> None:
    followed = Case().follow(fact("recorded", received_at=RECEIVED))

    assert (followed.decision.after.received_at, followed.finding) == (RECEIVED, "recorded before it was received")


# -- whatever the log says -----------------------------------------------------------------------


def _optional(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | values


TEXT = st.text("ab ", max_size=3)
VALUES = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("subject", "text", "customer", "handler", "category", "service", "answer", "reason"), TEXT),
        "closing_code": TEXT,
        **{name: st.sampled_from(codes) for name, codes in COMPLAINT_WORDS.codes.items() if name != "waiting"},
        "due_at": st.just(NOW),
    },
)
FACTS = st.builds(
    lambda told, waiting, values, extra: Fact(2, "7", 1, START, told[0], waiting, told[1], None, values, extra),
    st.tuples(st.sampled_from(COMPLAINT_WORDS.states), st.none())
    | st.tuples(st.none(), st.sampled_from(COMPLAINT_WORDS.actions)),
    _optional(st.sampled_from(COMPLAINT_WORDS.codes["waiting"])),
    VALUES,
    st.dictionaries(st.sampled_from("xy"), TEXT, max_size=2),
)


@given(st.lists(FACTS, min_size=1, max_size=12))
def test_any_log_is_followed_to_its_last_state_and_its_steps_tell_the_record(facts: list[Fact]) -> None:
    case = Case()
    told: dict[str, Any] = {}
    for each in facts:
        before = case.complaint
        try:
            followed = case.follow(each)
        except (InvalidValue, PolicyViolation):
            continue
        assert followed.decision.before is before
        assert followed.decision.steps
        after = followed.decision.after
        assert each.state in (None, after.state)
        assert followed.finding is None or "adopted" in events(followed)
        if each.state is not None:
            assert (after.waiting and after.waiting.for_) == each.waiting
        for name, value in each.values.items():
            if name in ("subject", "handler", "category", "due_at", "priority", "severity"):
                assert getattr(after, name) == value
        for step in followed.decision.steps:
            told.update(step.changes)
            told.update({name: (*told[name], *tail) for name, tail in step.appended.items()})
        assert Complaint(**told) == after
        assert after.extra == FrozenMap({**(before.extra if before else {}), **each.extra})

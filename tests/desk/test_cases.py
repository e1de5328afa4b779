"""Every command about a case, at the desk: what it saves, what it takes from the house's rules, and what is refused."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from servicecrm.cases import (
    LIFECYCLE,
    Asker,
    Attribute,
    Case,
    CasePolicy,
    Holder,
    Link,
    LinkKind,
    PartnerStatus,
    Promise,
    Referral,
    RequestType,
    Router,
    RoutingRule,
    UpdateRequest,
    Waiting,
    WaitingFor,
)
from servicecrm.desk import Desk, House, connect
from servicecrm.errors import GuardNotMet, InvalidValue, NotFound, PolicyViolation, RuleError
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.kernel.records import fields_of
from servicecrm.kernel.values import ContactKind, ContactPoint
from servicecrm.testing import FixedClock, SeededIds
from servicecrm.testing.contract.examples import sealed_head
from servicecrm.testing.makers import MONDAY
from servicecrm.tracking import Targets, usual
from tests.desk.calling import WAYS, bring
from tests.desk.changing import WHEN, Change, check_change, check_clock, check_forbidden, check_repetition, check_words

DAY = timedelta(days=1)
ANN = "ann@city.example"


def held(*holders: tuple[str | None, datetime], reason: str | None = None) -> tuple[Holder, ...]:
    """Who had a case of the queue `triage` since when, and why the last one of them."""
    *before, (handler, since) = holders
    made = [Holder(queue="triage", handler=handler, since=at) for handler, at in before]
    return (*made, Holder(queue="triage", handler=handler, since=since, reason=reason))


ROUTED = (None, MONDAY)
AGAIN = "It stopped again."

CHANGES = (
    Change("route", "case.routed", {"state": "routed", "queue": "triage", "holders": held((None, WHEN))}),
    Change("assign", "case.assigned", {"handler": "south", "holders": held(ROUTED, ("south", WHEN))}),
    Change(
        "accept",
        "case.accepted",
        {
            "state": "acknowledged",
            "handler": "bob@city.example",
            "holders": held(ROUTED, ("bob@city.example", WHEN)),
            "accepted_at": WHEN,
        },
    ),
    Change("start", "case.work_started", {"state": "in_work"}),
    Change(
        "forward",
        "case.forwarded",
        {
            "state": "routed",
            "handler": None,
            "holders": held(ROUTED, (ANN, MONDAY), (None, WHEN), reason=AGAIN),
            "forwards": 1,
            "accepted_at": None,
        },
    ),
    Change("hand_back", "case.handed_back", {"state": "new", "holders": held(ROUTED, (None, WHEN), reason=AGAIN)}),
    Change("promise", "case.promise_given", {"promise": Promise(first=MONDAY + 3 * DAY, given_at=WHEN)}),
    Change("give_update", "case.update_given", {}, ("inside", "internal_note")),
    Change("contact", "case.contact_made", {"state": "in_work"}, ("inside", "internal_note")),
    Change("refer", "case.referred", {"state": "in_work", "referral": Referral(partner="roads", referred_at=WHEN)}),
    Change(
        "partner_update",
        "case.partner_updated",
        {
            "referral": Referral(
                partner="roads",
                referred_at=MONDAY,
                status=PartnerStatus.DONE,
                external_status="done",
                updated_at=WHEN,
            )
        },
    ),
    Change("wait", "case.waiting_started", {"waiting": Waiting(for_=WaitingFor.CUSTOMER, since=WHEN)}),
    Change("resume", "case.resumed", {"waiting": None}),
    Change("answer", "case.answered", {"state": "answered", "answered_at": WHEN}, ("inside", "final_response")),
    Change("close", "case.closed", {"state": "closed", "closed_at": WHEN, "closing_code": "answered"}),
    Change("reopen", "case.reopened", {"state": "in_work", "answered_at": None, "reopenings": 1}),
    Change("withdraw", "case.withdrawn", {"state": "withdrawn", "closed_at": WHEN}),
    Change("rate", "case.rated", {"priority": "p1"}),
    Change("classify", "case.classified", {"request_type": "leak", "type_version": 1}),
    Change("link", "case.linked", {"links": (Link(kind=LinkKind.RELATED, case="another"),)}),
    Change("amend", "case.amended", {"service": "water", "tags": frozenset({"new"})}),
    Change("message", "case.message_received", {}, ("outside", "substantive")),
    Change("note", "case.note_added", {}, ("inside", "internal_note")),
    Change("void", "case.moment_voided", {}),
)
APART = {"extend", "request_update"}
"""What has tests of its own below."""


@pytest.fixture
def crm(crm: Desk) -> Desk:
    """A desk of a house that knows one type of requests."""
    crm.policies.publish(RequestType(code="leak"), effective=MONDAY - DAY)
    return crm


# -- every command -------------------------------------------------------------------------------


def test_every_action_of_the_lifecycle_is_a_command_that_is_tested_here() -> None:
    assert {change.action for change in CHANGES} | APART == {move.action for move in LIFECYCLE.moves}


@pytest.mark.parametrize("named_by", ["id", "number"])
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.action)
def test_a_command_saves_what_it_changes_and_says_who_did_it_when(  # C004, C059-C066
    crm: Desk, clock: FixedClock, change: Change, named_by: str
) -> None:
    check_change(crm, clock, "cases", change, named_by)


@pytest.mark.parametrize("action", sorted({move.action for move in LIFECYCLE.moves}))
def test_a_command_again_changes_nothing(crm: Desk, action: str) -> None:  # C125
    check_repetition(crm, "cases", action)


@pytest.mark.parametrize("method", ["open", *sorted({move.action for move in LIFECYCLE.moves})])
def test_a_command_again_with_another_word_is_refused(crm: Desk, method: str) -> None:  # C125
    check_words(crm, "cases", method)


@pytest.mark.parametrize("state", LIFECYCLE.states)
def test_an_action_that_the_state_forbids_is_refused_and_changes_nothing(crm: Desk, state: str) -> None:  # C003
    check_forbidden(crm, "cases", state)


# -- intake --------------------------------------------------------------------------------------


def test_an_opened_case_has_an_id_a_number_and_all_that_was_told(crm: Desk) -> None:  # C058
    told: dict[str, Any] = {
        "subject": "A leak",
        "text": "Since Monday.",
        "requester": "c-7",
        "requester_name": "a tenant",
        "contact": ContactPoint(kind=ContactKind.PHONE, value="0699 123"),
        "sponsor": "council-3",
        "service": "water",
        "request_type": "leak",
        "priority": "p2",
    }
    case = crm.cases.open(
        **told,
        channel="phone",
        language="DE-at",
        tags=["street", "school", "street"],
        extra={"meter": [1, 2]},
        received_at=MONDAY - timedelta(hours=2),
        command="k-1",
    )

    assert {name: value for name, value in fields_of(case).items() if name in told} == told
    assert (case.channel, case.language, case.logged_by) == ("phone", "de-AT", ANN)
    assert case.tags == {"street", "school"}
    assert case.extra == {"meter": (1, 2)}
    assert (case.received_at, case.recorded_at) == (MONDAY - timedelta(hours=2), MONDAY)
    assert (case.number, case.revision, case.type_version, case.policy) == ("CAS-2026-000001", 1, 1, 0)
    assert crm.cases.get(case.id) == crm.cases.get("CAS-2026-000001") == case
    (entry,) = crm.history(case.id)
    assert (entry.type, entry.by, entry.command) == ("case.opened", ANN, "k-1")
    check_clock(crm, case)


def test_opening_again_gives_the_case_as_it_is_now(crm: Desk) -> None:  # C125
    first = crm.cases.open(subject="A leak", channel="phone", request_type="leak", command="k-1")
    crm.cases.route(first.id)
    head = sealed_head(crm.store)
    again = crm.cases.open(subject="A leak", channel="phone", request_type="leak", command="k-1")

    assert (again.id, again.state) == (first.id, "routed")
    assert sealed_head(crm.store) == head


def test_the_attributes_of_a_case_are_those_of_the_type_as_it_was_then(crm: Desk, clock: FixedClock) -> None:  # C068
    crm.policies.publish(
        RequestType(code="hole", attributes=(Attribute(code="depth", required=True),)), effective=MONDAY
    )
    with pytest.raises(InvalidValue, match="depth: is required"):
        crm.cases.open(subject="A hole", channel="web", request_type="hole")
    before = crm.cases.open(subject="A hole", channel="web", request_type="hole", attributes={"depth": "2 m"})

    clock.advance(days=1)
    crm.policies.publish(RequestType(code="hole"), effective=clock())
    after = crm.cases.open(subject="A hole", channel="web", request_type="hole")
    assert (before.type_version, after.type_version) == (1, 2)
    assert crm.cases.classify(before.id, "hole", attributes={}).type_version == 2
    with pytest.raises(InvalidValue, match="depth: not an attribute of hole"):
        crm.cases.classify(after.id, "hole", attributes={"depth": "2 m"})


@pytest.mark.parametrize("code", ["no-such", "", None])
def test_an_unknown_type_is_refused_and_nothing_is_kept(crm: Desk, code: Any) -> None:  # C068
    case = bring(crm, "cases", "new")
    head = sealed_head(crm.store)
    with pytest.raises(RuleError):
        crm.cases.classify(case.id, code, attributes={})
    if code is not None:
        with pytest.raises(RuleError):
            crm.cases.open(subject="A leak", channel="web", request_type=code)

    assert sealed_head(crm.store) == head
    assert crm.cases.count() == 1


@pytest.mark.parametrize(("days", "reopened"), [(30, True), (31, False)])
def test_who_calls_again_about_the_same_has_the_case_reopened_unless_it_is_too_late(  # C066
    crm: Desk, clock: FixedClock, days: int, reopened: bool
) -> None:
    closed = bring(crm, "cases", "closed")
    clock.advance(days=days)
    case = crm.cases.open(subject="It leaks again", channel="phone", same_issue_as=closed.number, command="k-1")

    assert (case.id == closed.id, case.state) == (reopened, "in_work" if reopened else "new")
    assert case.linked(LinkKind.SAME_ISSUE) == (() if reopened else (closed.id,))
    assert crm.cases.open(subject="It leaks again", channel="phone", same_issue_as=closed.number, command="k-1") == case
    assert crm.cases.count() == (1 if reopened else 2)


def test_until_when_a_case_is_reopened_is_told_by_the_policy_that_it_started_under(  # C008, C066
    crm: Desk, clock: FixedClock
) -> None:
    closed = bring(crm, "cases", "closed")
    crm.policies.publish(CasePolicy(reopen_within=DAY), effective=MONDAY)
    clock.advance(days=2)

    assert crm.cases.open(subject="It leaks again", channel="phone", same_issue_as=closed.id).id == closed.id


def test_a_call_about_a_case_that_is_not_there_is_refused(crm: Desk) -> None:
    with pytest.raises(NotFound):
        crm.cases.open(subject="It leaks again", channel="phone", same_issue_as="no-such")
    assert crm.cases.count() == 0


# -- the rules of the house ----------------------------------------------------------------------


def test_a_case_goes_where_the_rules_of_the_day_lead(url: str, clock: FixedClock) -> None:  # C059
    rule = RoutingRule(name="pipes", keywords=("leak",), queue="water", handler="wanda")
    with connect(url, actor=ANN, clock=clock, ids=SeededIds(), house=House(deputies={"wanda": "paul"})) as crm:
        crm.policies.publish(RequestType(code="hole", queue="roads"), effective=MONDAY)
        crm.policies.publish(Router(rules=(rule,), default="intake"), effective=MONDAY)

        def routed(subject: str, request_type: str | None = None, **to: Any) -> tuple[str | None, str | None]:
            case = crm.cases.open(subject=subject, channel="web", request_type=request_type)
            case = crm.cases.route(case.id, **to)
            return case.queue, case.handler

        assert routed("A leak", "hole") == ("water", "paul")
        assert routed("A hole", "hole") == ("roads", None)
        assert routed("A song") == ("intake", None)
        assert routed("A leak", queue="triage", handler="vera") == ("triage", "vera")


def test_a_deputy_may_accept_in_place_of_an_absent_handler(url: str, clock: FixedClock) -> None:  # C060
    with connect(url, actor=ANN, clock=clock, ids=SeededIds(), house=House(deputies={"south": "paul"})) as crm:
        case = crm.cases.assign(bring(crm, "cases", "routed").id, "south")
        with pytest.raises(PolicyViolation, match="the deputy"):
            crm.cases.accept(case.id)
        assert crm.acting_as("paul").cases.accept(case.id).handler == "paul"
        assert crm.history(case.id)[-1].data["deputy_for"] == "south"


STRICT = CasePolicy(
    extension_limit=0, forward_limit=0, updates_per_day=1, partner_statuses=FrozenMap({"roads": {"Fixed": "done"}})
)


@pytest.mark.parametrize(
    ("action", "state", "told", "rule"),
    [
        ("extend", "promised", {"until": MONDAY + 9 * DAY, "reason": "frost"}, "extension_limit"),
        ("partner_update", "referred", {"status": "done"}, "partner_statuses"),
        ("request_update", "new", {}, "updates_per_day"),
    ],
)
def test_a_case_keeps_the_policy_that_it_started_under(  # C008, C062, C063
    crm: Desk, action: str, state: str, told: Mapping[str, Any], rule: str
) -> None:
    before = bring(crm, "cases", state)
    crm.policies.publish(STRICT, effective=MONDAY)
    after = bring(crm, "cases", state)
    assert (before.policy, after.policy) == (0, 1)

    command = getattr(crm.cases, action)
    for case in (before, after) if action == "request_update" else (before,):  # the first one is free
        command(case.id, **told)
    with pytest.raises(PolicyViolation) as refused:
        command(after.id, **told)
    assert refused.value.rule == rule


def test_from_the_forwarding_after_the_limit_on_there_is_one_more_fact(crm: Desk) -> None:  # C062
    crm.policies.publish(STRICT, effective=MONDAY)
    case = crm.cases.forward(bring(crm, "cases", "acknowledged").id, "paul", reason="knows the pipes")

    assert [entry.type for entry in crm.history(case.id)][-2:] == ["case.forwarded", "case.forward_limit_passed"]
    assert case.revision == 4


# -- promises and updates ------------------------------------------------------------------------


def test_a_promise_that_is_extended_keeps_what_was_promised_first(crm: Desk, clock: FixedClock) -> None:  # C038
    case = bring(crm, "cases", "promised")
    clock.advance(hours=1)
    case = crm.cases.extend(case.number, MONDAY + 9 * DAY, reason="frost", command="k-1")

    assert case.promise is not None
    assert (case.promise.first, case.promise.until) == (MONDAY + 2 * DAY, MONDAY + 9 * DAY)
    assert [(extension.reason, extension.given_at) for extension in case.promise.extensions] == [("frost", clock())]
    assert crm.timers(case.id)["resolution"].due_at == MONDAY + 9 * DAY
    check_clock(crm, case)
    with pytest.raises(PolicyViolation, match="somebody else has to approve"):
        crm.cases.extend(case.id, MONDAY + 10 * DAY, reason="frost")
    crm.cases.extend(case.id, MONDAY + 10 * DAY, reason="frost", approved_by="chief")


def test_an_update_without_a_time_is_due_as_the_target_for_it_says(crm: Desk) -> None:  # C036, C063
    case = crm.cases.request_update(bring(crm, "cases", "new").id)
    asked = UpdateRequest(asker=Asker.OFFICIAL, asked_by=ANN, asked_at=MONDAY, due_at=MONDAY + DAY)
    assert case.update_requests == (asked,)
    assert crm.timers(case.id)["demanded_update"].due_at == MONDAY + DAY
    check_clock(crm, case)

    crm.policies.publish(Targets(targets=(usual("accept", "1h elapsed"),)), name="case", effective=MONDAY)
    with pytest.raises(InvalidValue, match="publish a target named demanded_update"):
        crm.cases.request_update(case.id)
    assert crm.cases.request_update(case.id, MONDAY + 2 * DAY).open_updates[-1].due_at == MONDAY + 2 * DAY
    assert crm.cases.give_update(case.id, "The pump is ordered.").open_updates == ()


def test_what_a_partner_said_before_changes_nothing(crm: Desk, clock: FixedClock) -> None:
    case = bring(crm, "cases", "referred")
    clock.advance(hours=2)
    told = crm.cases.partner_update(case.id, "in_progress", note="Digging.", command="k-1")
    for occurred_at in (clock() - timedelta(hours=1), clock()):
        again = crm.cases.partner_update(
            case.id, "in_progress", note="Digging.", occurred_at=occurred_at, command="k-2"
        )
        assert (again, again.revision) == (told, told.revision)

    assert crm.history(case.id)[-1].command == "k-1"
    crm.cases.note(case.id, "The command is still free.", command="k-2")


# -- refused -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "state", "told", "error"),
    [
        ("accept", "routed", {"expected_by": MONDAY - DAY}, PolicyViolation),
        ("amend", "new", {}, InvalidValue),
        ("answer", "acknowledged", {"text": " "}, InvalidValue),
        ("close", "acknowledged", {"code": "answered"}, GuardNotMet),
        ("close", "answered", {"code": "forgotten"}, PolicyViolation),
        ("contact", "acknowledged", {"outcome": "voicemail", "note": "Rang.", "answered": True}, PolicyViolation),
        ("extend", "acknowledged", {"until": MONDAY + DAY, "reason": "frost"}, GuardNotMet),
        ("forward", "acknowledged", {"handler": ANN, "reason": "knows the pipes"}, GuardNotMet),
        ("message", "new", {"text": "Hm?", "side": "above"}, InvalidValue),
        ("note", "new", {"text": "Hm.", "occurred_at": MONDAY + DAY}, PolicyViolation),
        ("promise", "promised", {"until": MONDAY + DAY}, GuardNotMet),
        ("rate", "new", {"priority": "p9"}, InvalidValue),
        ("resume", "acknowledged", {}, GuardNotMet),
        ("route", "new", {"queue": ""}, GuardNotMet),
        ("void", "new", {"n": 7, "reason": "a mistake"}, InvalidValue),
        ("wait", "waiting", {"for_": "customer"}, GuardNotMet),
    ],
)
def test_a_refused_command_changes_nothing_and_may_be_sent_again(
    crm: Desk, action: str, state: str, told: Mapping[str, Any], error: type[RuleError]
) -> None:
    before = bring(crm, "cases", state)
    head = sealed_head(crm.store)
    heard: list[object] = []
    crm.on("*", heard.append)

    with pytest.raises(error):
        getattr(crm.cases, action)(before.id, command="k-1", **told)

    after = crm.cases.get(before.id)
    assert (after, after.revision) == (before, before.revision)
    assert sealed_head(crm.store) == head
    assert heard == []
    crm.cases.note(before.id, "The command is still free.", command="k-1")


# -- found ---------------------------------------------------------------------------------------


def test_the_work_of_a_handler_is_what_is_open_by_what_was_promised_first(crm: Desk) -> None:
    def promised(days: int | None) -> Case:
        case = bring(crm, "cases", "acknowledged")
        return case if days is None else crm.cases.promise(case.id, MONDAY + days * DAY)

    none, late, soon = promised(None), promised(3), promised(2)
    bring(crm, "cases", "closed")
    bring(crm, "cases", "routed")

    page = crm.cases.worklist(ANN, limit=2)
    assert list(page) == [soon, late]
    assert list(crm.cases.worklist(ANN, limit=2, after=page.next)) == [none]


def test_the_dossier_of_a_person_is_open_while_any_case_is(crm: Desk) -> None:  # C057
    one, two = (bring(crm, "cases", state, requester="c-7") for state in ("answered", "closed"))
    bring(crm, "cases", "new", requester="c-8")

    assert {case.id for case in crm.cases.dossier("c-7").cases} == {one.id, two.id}
    assert crm.cases.dossier("c-7").is_open
    crm.cases.close(one.id, "answered")
    assert not crm.cases.dossier("c-7").is_open
    assert crm.cases.dossier("nobody").cases == ()


def test_a_case_comes_to_every_state_at_the_desk() -> None:
    """The control of the states that these tests start from."""
    assert set(LIFECYCLE.states) <= WAYS["cases"].keys()

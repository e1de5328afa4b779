"""What reaches a desk: calls about earlier cases, requests of other systems, actions and what they follow from."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from importlib.resources import files
from typing import Any

import pytest

from servicecrm import AsyncWorker, Desk, House, Worker, aconnect, connect
from servicecrm.cases import Attribute, Case, Datatype, LinkKind, RequestType
from servicecrm.desk.replay import replay
from servicecrm.errors import IdempotencyMismatch, InvalidValue, NotFound, PolicyViolation
from servicecrm.interop import COMPLAINT_WORDS, LogMap, open311
from servicecrm.kernel.filters import where
from servicecrm.kernel.records import evolve
from servicecrm.storage import Delivery
from servicecrm.testing import FixedClock, SeededIds
from servicecrm.testing.makers import MONDAY
from tests.desk.calling import bring

DAY = timedelta(days=1)
MAX, EVA = "citizen-1", "citizen-2"


@pytest.fixture
def told(crm: Desk) -> Callable[[], set[tuple[str, str]]]:
    """Whom the notices since the last time have told what."""

    def told() -> set[tuple[str, str]]:
        found: set[tuple[str, str]] = set()
        Worker(crm, lambda each: found.add((each.notice.recipient, each.notice.topic))).turn()
        return found

    return told


@pytest.fixture
def crm(url: str, clock: FixedClock) -> Any:
    """A desk of a house that tells people of things."""
    with connect(url, actor="ann@city.example", clock=clock, ids=SeededIds(), house=House()) as crm:
        yield crm


def the_case(crm: Desk, state: str) -> Case:
    """A case of Max that has come to a state."""
    case: Case = bring(crm, "cases", state, requester=MAX)
    return case


# -- calls about an earlier case -----------------------------------------------------------------


@pytest.mark.parametrize("state", ["in_work", "closed"])
def test_a_call_of_somebody_else_is_a_case_of_hers_and_she_is_told(  # C066, S2-V1
    crm: Desk, told: Callable[[], set[tuple[str, str]]], state: str
) -> None:
    earlier = the_case(crm, state)
    told()
    call: dict[str, Any] = {"requester": EVA, "requester_name": "Eva", "sponsor": "council-9", "tags": ["t2"]}
    case = crm.cases.open(
        subject="Dry again", channel="phone", **call, extra={"k": "v"}, same_issue_as=earlier.number, command="k-1"
    )

    assert case.id != earlier.id
    assert (case.requester, case.requester_name, case.sponsor) == (EVA, "Eva", "council-9")
    assert case.tags == {"t2"}
    assert case.extra == {"k": "v"}
    assert case.linked(LinkKind.SAME_ISSUE) == (earlier.id,)
    assert crm.cases.get(earlier.id) == earlier
    assert told() == {(EVA, "received"), ("council-9", "copy_received")}


@pytest.mark.parametrize(("state", "topics"), [("in_work", set()), ("closed", {(MAX, "reopened")})])
def test_another_call_of_the_same_person_is_kept_with_the_case(  # C066
    crm: Desk, told: Callable[[], set[tuple[str, str]]], state: str, topics: set[tuple[str, str]]
) -> None:
    earlier = the_case(crm, state)
    told()
    call: dict[str, Any] = {"subject": "Dry again", "text": "Since noon.", "channel": "email", "requester": MAX}
    case = crm.cases.open(**call, tags=["t2"], same_issue_as=earlier.id, command="k-1")

    assert (case.id, case.state) == (earlier.id, "in_work")
    assert case.tags == {"t2"}
    said = crm.cases.messages(case.id)[-1]
    assert (said.text, said.author, said.side, said.channel) == ("Dry again\n\nSince noon.", MAX, "outside", "email")
    assert told() == topics  # who entered the call has the case, and knows
    assert crm.cases.open(**call, tags=["t2"], same_issue_as=earlier.id, command="k-1") == case
    assert (crm.cases.count(), crm.cases.messages(case.id)[-1]) == (1, said)


def test_whoever_has_an_open_case_hears_of_another_call_about_it(
    crm: Desk, told: Callable[[], set[tuple[str, str]]]
) -> None:
    earlier = the_case(crm, "in_work")
    told()
    crm.acting_as("olga").cases.open(subject="And?", channel="phone", requester=MAX, same_issue_as=earlier.id)

    assert told() == {("ann@city.example", "message")}


# -- requests of other systems -------------------------------------------------------------------

HOLE = RequestType(code="hole", attributes=(Attribute(code="depth", datatype=Datatype.NUMBER, required=True),))


def test_a_request_is_taken_in_under_a_published_type_or_its_code(crm: Desk) -> None:  # C068, C129
    (sent,) = open311.read_requests(
        '[{"service_request_id": "R-7", "service_code": "hole", "status": "open", "attributes": {"depth": "7"},'
        ' "description": "A deep hole", "requested_datetime": "2026-03-02T08:00Z"}]'
    )
    with pytest.raises(PolicyViolation, match="policy hole: nothing is published"):
        crm.cases.open(**open311.intake(sent, HOLE))
    crm.policies.publish(HOLE, effective=MONDAY - DAY)
    case = crm.cases.open(**open311.intake(sent, HOLE), command="open311:R-7")

    assert (case.request_type, case.type_version) == ("hole", 1)
    assert case.attributes == {"depth": 7}
    assert case.received_at == MONDAY - timedelta(hours=1)
    told: dict[str, Any] = {**open311.intake(sent, HOLE), "command": "open311:R-7"}
    assert crm.cases.open(**{**told, "request_type": "hole"}) == crm.cases.open(**told) == case
    with pytest.raises(IdempotencyMismatch):
        crm.cases.open(**{**told, "subject": "Another"})
    other = crm.cases.classify(case.id, evolve(HOLE, queue="roads"), attributes={"depth": 8})
    assert (other.request_type, other.type_version) == ("hole", 1)
    assert other.attributes == {"depth": 8}
    with pytest.raises(InvalidValue, match="depth: is required"):  # what was published counts
        crm.cases.open(subject="A hole", channel="web", request_type=RequestType(code="hole"))


# -- what an action follows from -----------------------------------------------------------------


@pytest.mark.parametrize("kind", ["complaint", "case", "action_item"])
def test_an_action_follows_from_a_record_that_is_there_by_its_id_or_number(crm: Desk, kind: str) -> None:  # C006
    part = {"complaint": "complaints", "case": "cases", "action_item": "actions"}[kind]
    state = {"complaint": "recorded", "case": "new", "action_item": "open"}[kind]
    fields = {"source_kind": "inspection"} if kind == "action_item" else {}
    source = bring(crm, part, state, **fields)

    def opened(source: str) -> str:
        item = crm.actions.open("Call back", source_kind=kind, source=source, owner="north", due_at=MONDAY + DAY)
        return item.source

    assert opened(source.id) == opened(source.number) == source.id
    assert len(crm.actions.of(source.id)) == 2
    assert crm.actions.of(source.number) == crm.actions.of(source.id)
    for missing in ("no-such", f"{source.number[:-6]}000009"):
        with pytest.raises(NotFound, match=f"no {kind} with the id or number"):
            opened(missing)
        assert crm.actions.of(missing) == ()


def test_an_action_may_follow_from_what_only_the_host_knows(crm: Desk) -> None:  # C006
    for source in ("CMP-2026-000009", "room 7"):
        item = crm.actions.open("Call", source_kind="inspection", source=source, owner="north", due_at=MONDAY + DAY)
        assert crm.actions.of(source) == (item,)


def test_whoever_verifies_sees_what_waits_for_it(crm: Desk, clock: FixedClock) -> None:  # C006, C053
    for state in ("open", "in_progress", "cancelled"):
        bring(crm, "actions", state, source_kind="inspection")
    first, second = (bring(crm, "actions", "open", source_kind="inspection") for _ in range(2))
    second = crm.actions.done(second.id, "Called.")
    clock.advance(hours=1)
    first = crm.actions.done(first.id, "Called.")

    assert tuple(crm.actions.unverified()) == (second, first)
    page = crm.actions.unverified(limit=1)
    assert tuple(crm.actions.unverified(limit=1, after=page.next)) == (first,)
    crm.acting_as("vera").actions.verify(second.id, "It works.", effective=True)
    assert tuple(crm.actions.unverified()) == (first,)


def test_an_action_that_has_not_worked_is_not_missed_at_once(crm: Desk, clock: FixedClock) -> None:  # C006
    item = crm.actions.done(bring(crm, "actions", "open", source_kind="inspection").id, "Called.")
    clock.advance(days=9)
    vera = crm.acting_as("vera")
    with pytest.raises(PolicyViolation, match="due_at"):
        vera.actions.verify(item.id, "No answer.", effective=False)
    vera.actions.verify(item.id, "No answer.", effective=False, due_at=clock() + DAY)

    assert crm.timers(item.id)["action_due"].due_at == clock() + DAY
    assert not crm.timers(item.id)["action_due"].late
    assert crm.actions.count(where("open").is_(True)) == 1


# -- desks of another sort -----------------------------------------------------------------------


def test_what_works_on_a_desk_says_which_sort_it_needs() -> None:
    demo = files("servicecrm") / "demo" / "water_utility.toml"
    log_map = LogMap.from_toml(demo.read_text("utf-8"), COMPLAINT_WORDS)

    async def awaited() -> None:
        async def deliver(_: Delivery) -> None: ...

        async with await aconnect("memory:", actor="ann") as crm:
            with pytest.raises(InvalidValue, match=r"desk: expected Desk; Worker is for a desk of connect\(\)"):
                Worker(crm, print)  # type: ignore[arg-type]  # what the error is for
            with pytest.raises(InvalidValue, match=r"await its own replay\(...\)"):
                replay(crm, [], log_map)  # type: ignore[arg-type]  # likewise
            AsyncWorker(crm, deliver)
        with pytest.raises(InvalidValue, match=r"desk: expected AsyncDesk; .* awaited worker for one of aconnect"):
            AsyncWorker(connect("memory:", actor="ann"), deliver)  # type: ignore[arg-type]  # likewise

    asyncio.run(awaited())

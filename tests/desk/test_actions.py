"""Every command about an action item, at the desk, and what there is to do."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.desk import Desk, connect
from servicecrm.desk.actions import ActionItems
from servicecrm.errors import GuardNotMet, IdempotencyMismatch, InvalidValue, NotFound, PolicyViolation, RuleError
from servicecrm.kernel.decisions import Actor
from servicecrm.kernel.records import fields_of
from servicecrm.kernel.values import Attachment
from servicecrm.testing import FixedClock, SeededIds
from servicecrm.testing.contract.examples import sealed_head
from servicecrm.testing.makers import MONDAY
from servicecrm.tracking import ActionItem, action_items
from tests.desk.calling import LIFECYCLES, WAYS, bring
from tests.desk.changing import WHEN, Change, check_change, check_forbidden, check_repetition, check_words

DAY = timedelta(days=1)
ANN, BOB = "ann@city.example", "bob@city.example"

CHANGES = (
    Change("take_up", "action_item.taken_up", {"state": "in_progress"}),
    Change("reassign", "action_item.reassigned", {"owner": "south"}),
    Change("postpone", "action_item.postponed", {"due_at": MONDAY + 2 * DAY, "postponements": 1}),
    Change(
        "done",
        "action_item.done",
        {
            "state": "done",
            "done_at": WHEN,
            "done_by": Actor(id=BOB, on_behalf_of="customer-7"),
            "evidence": "Called back.",
        },
    ),
    Change(  # it has not worked
        "verify",
        "action_item.reopened",
        {"state": "in_progress", "done_at": None, "done_by": None, "evidence": None, "reopenings": 1},
    ),
    Change("cancel", "action_item.cancelled", {"state": "cancelled", "cancelled_at": WHEN}),
)


def test_every_action_of_the_lifecycle_is_a_command_that_is_tested_here() -> None:
    told = {ActionItems._moves.get(change.action, change.action) for change in CHANGES}
    told |= {"reopen"}  # which `verify` does when something has not worked
    assert told == {move.action for move in LIFECYCLES["actions"].moves}


@pytest.mark.parametrize("named_by", ["id", "number"])
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.action)
def test_a_command_saves_what_it_changes_and_says_who_did_it_when(  # C004, C006
    crm: Desk, clock: FixedClock, change: Change, named_by: str
) -> None:
    check_change(crm, clock, "actions", change, named_by)


@pytest.mark.parametrize("action", [change.action for change in CHANGES])
def test_a_command_again_changes_nothing(crm: Desk, action: str) -> None:  # C125
    check_repetition(crm, "actions", action)


@pytest.mark.parametrize("method", ["open", *(change.action for change in CHANGES)])
def test_a_command_again_with_another_word_is_refused(crm: Desk, method: str) -> None:  # C125
    check_words(crm, "actions", method)


@pytest.mark.parametrize("state", sorted(WAYS["actions"]))
def test_an_action_that_the_state_forbids_is_refused_and_changes_nothing(crm: Desk, state: str) -> None:  # C003
    check_forbidden(crm, "actions", state)


def test_an_opened_action_has_an_id_a_number_and_all_that_was_told(crm: Desk) -> None:  # C006
    told: dict[str, Any] = {
        "title": "Call back",
        "text": "Before noon.",
        "source_kind": "complaint",
        "source": bring(crm, "complaints", "recorded").id,
        "owner": "north",
        "due_at": MONDAY + DAY,
    }
    item = crm.actions.open(**told, extra={"room": 7}, occurred_at=MONDAY - timedelta(hours=1), command="k-1")

    assert {name: value for name, value in fields_of(item).items() if name in told} == told
    assert item.extra == {"room": 7}
    assert (item.opened_at, item.recorded_at) == (MONDAY - timedelta(hours=1), MONDAY)
    assert (item.number, item.revision, item.first_due_at) == ("ACT-2026-000001", 1, item.due_at)
    assert crm.actions.get(item.id) == crm.actions.get("ACT-2026-000001") == item
    (entry,) = crm.history(item.id)
    assert (entry.type, entry.by, entry.command) == ("action_item.opened", ANN, "k-1")

    head = sealed_head(crm.store)
    again = crm.actions.open(**told, extra={"room": 7}, command="k-1")
    assert (again, again.revision) == (item, 1)
    with pytest.raises(IdempotencyMismatch):
        crm.actions.open(**{**told, "owner": "south"}, command="k-1")
    assert sealed_head(crm.store) == head


@pytest.mark.parametrize(("part", "kind"), [("complaints", "complaint"), ("cases", "case"), ("actions", "action_item")])
def test_an_action_follows_from_a_record_that_is_there_or_from_something_of_the_host(  # C006
    crm: Desk, part: str, kind: str
) -> None:
    source = bring(crm, part, next(iter(WAYS[part])))
    item = bring(crm, "actions", "open", source_kind=kind, source=source.number)
    assert item.source == source.id
    assert crm.actions.of(source.id) == crm.actions.of(source.number) == (item,)

    with pytest.raises(NotFound):
        bring(crm, "actions", "open", source_kind=kind, source="no-such")
    assert bring(crm, "actions", "open", source_kind="inspection", source="no-such").source == "no-such"


def test_somebody_else_than_its_owner_sees_whether_it_has_worked(crm: Desk) -> None:  # C006, C053
    item = bring(crm, "actions", "done")
    head = sealed_head(crm.store)
    for nobody in (ANN, "north"):
        with pytest.raises(GuardNotMet, match="somebody else"):
            crm.acting_as(nobody).actions.verify(item.id, "He is content.", effective=True)
    assert sealed_head(crm.store) == head

    verified = crm.acting_as(BOB).actions.verify(item.id, "He is content.", effective=True)
    assert (verified.state, verified.effect, verified.verified_by) == ("verified", "He is content.", Actor(id=BOB))


def test_an_action_may_be_shown_as_done_by_a_file(crm: Desk) -> None:  # C006
    photo = Attachment(name="tap.png", media_type="image/png", size=3, digest="0" * 64, location="s3://tap")
    assert crm.actions.done(bring(crm, "actions", "open").id, attachments=[photo]).attachments == (photo,)


@pytest.mark.parametrize(
    ("action", "state", "told", "error"),
    [
        ("take_up", "open", {"occurred_at": MONDAY - DAY}, PolicyViolation),
        ("reassign", "open", {"owner": "north"}, GuardNotMet),
        ("reassign", "open", {"owner": ""}, InvalidValue),
        ("postpone", "open", {"due_at": MONDAY, "reason": "ill"}, GuardNotMet),
        ("postpone", "open", {"due_at": MONDAY + 9 * DAY, "reason": " "}, InvalidValue),
        ("done", "open", {}, GuardNotMet),
        ("verify", "done", {"effect": "Seen.", "effective": True, "due_at": MONDAY + DAY}, InvalidValue),
        ("cancel", "open", {"reason": ""}, InvalidValue),
    ],
)
def test_a_refused_command_changes_nothing_and_may_be_sent_again(
    crm: Desk, action: str, state: str, told: Mapping[str, Any], error: type[RuleError]
) -> None:
    before = bring(crm, "actions", state)
    head = sealed_head(crm.store)
    with pytest.raises(error):
        getattr(crm.actions, action)(before.id, command="k-1", **told)

    assert crm.actions.get(before.id).revision == before.revision
    assert sealed_head(crm.store) == head
    crm.actions.open("Another", source_kind="inspection", source="m-2", owner="north", due_at=MONDAY, command="k-1")


# -- what there is to do -------------------------------------------------------------------------


Kept = tuple[int, str, str]
kept = st.tuples(st.integers(0, 9), st.sampled_from(["north", "south"]), st.sampled_from(sorted(WAYS["actions"])))


@given(st.lists(kept, max_size=12), st.integers(0, 12))
def test_overdue_is_what_is_late_and_still_to_do_the_latest_first(items: list[Kept], now: int) -> None:  # C006, K30
    # S0-A11
    clock = FixedClock()
    with connect("memory:", actor=ANN, clock=clock, ids=SeededIds()) as crm:
        made = [
            bring(crm, "actions", state, owner=owner, due_at=MONDAY + days * DAY, source=f"m-{days % 2}")
            for days, owner, state in items
        ]
        clock.advance(days=now)

        def due_first(of: list[ActionItem]) -> list[ActionItem]:
            return sorted(of, key=lambda item: (item.due_at, item.id))

        to_do = [item for item in made if item.state in ("open", "in_progress")]
        late = due_first([item for item in to_do if action_items.days_late(item, clock()) > 0])
        first = crm.actions.overdue(limit=3)
        rest = crm.actions.overdue(after=first.next) if first.next else ()
        assert [*first, *rest] == late
        assert list(crm.actions.unverified()) == [item for item in made if item.state == "done"]
        assert list(crm.actions.worklist("north")) == due_first([item for item in to_do if item.owner == "north"])
        assert list(crm.actions.of("m-1")) == due_first([item for item in made if item.source == "m-1"])

"""An action item has an owner and a due date, and its owner does not say himself that it worked."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.errors import GuardNotMet, InvalidValue, NaiveDatetime, PolicyViolation, TransitionNotAllowed
from servicecrm.kernel.decisions import Actor, Decision
from servicecrm.kernel.documents import from_text, to_text
from servicecrm.kernel.records import evolve, field_names, personal_fields
from servicecrm.kernel.texts import Texts
from servicecrm.kernel.values import Attachment
from servicecrm.testing.makers import MONDAY
from servicecrm.tracking import action_events, action_items
from servicecrm.tracking.action_items import LIFECYCLE, ActionItem, ActionMomentKind, days_late
from servicecrm.tracking.action_schema import ACTION_ITEM

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LATER = MONDAY + 100 * DAY
PICTURE = Attachment(name="valve.png", media_type="image/png", size=7, digest="0123456789abcdef" * 4, location="f/1")
TEXTS = Texts("servicecrm.tracking")
GOLDEN = Path(__file__).parents[1] / "golden" / "action_item"


def opened(**changes: Any) -> ActionItem:
    given = {"id": "a-1", "source_kind": "complaint", "source": "c-1", "owner": "olga", "due_at": MONDAY + 7 * DAY}
    return action_items.open("Replace the valve", **{**given, "by": "ann", "at": MONDAY, **changes}).after


def finished(**changes: Any) -> ActionItem:
    return action_items.done(opened(), "It is tight.", by="otto", at=MONDAY + HOUR, **changes).after


def take(item: ActionItem, action: str, *, by: str = "vera", at: datetime = LATER) -> Decision[ActionItem]:
    """Take an action by its name, with arguments that will do if the item lets any do."""
    commands: dict[str, Any] = {
        "take_up": lambda: action_items.take_up(item, by=by, at=at),
        "reassign": lambda: action_items.reassign(item, f"not {item.owner}", by=by, at=at),
        "postpone": lambda: action_items.postpone(
            item, max(at, item.due_at) + DAY, reason="no valve in store", by=by, at=at
        ),
        "finish": lambda: action_items.done(item, "It is tight.", by=by, at=at),
        "verify": lambda: action_items.verify(item, "Dry for a week.", effective=True, by=f"not {by}", at=at),
        "reopen": lambda: action_items.verify(
            item, "It drips again.", effective=False, due_at=max(at, item.due_at), by=by, at=at
        ),
        "cancel": lambda: action_items.cancel(item, "The house is gone.", by=by, at=at),
    }
    found: Decision[ActionItem] = commands[action]()
    return found


@st.composite
def walks(draw: st.DrawFn) -> tuple[Decision[ActionItem], ...]:
    """Decisions one after another, as the lifecycle allows them."""
    item, taken = opened(), []
    for hour in range(1, draw(st.integers(1, 8))):
        allowed = LIFECYCLE.allowed(item)
        if not allowed:
            break
        taken.append(take(item, draw(st.sampled_from(allowed)), at=MONDAY + hour * HOUR))
        item = taken[-1].after
    return tuple(taken)


# -- the lifecycle -------------------------------------------------------------------------------


def test_what_is_done_rests_until_it_is_verified() -> None:  # C006
    assert LIFECYCLE.states == ("open", "in_progress", "done", "verified", "cancelled")
    assert LIFECYCLE.open == {"open", "in_progress"}
    assert LIFECYCLE.resting == {"done"}
    assert LIFECYCLE.final == {"verified", "cancelled"}


@given(walks())
def test_what_cannot_be_done_is_refused_and_changes_nothing(walk: tuple[Decision[ActionItem], ...]) -> None:  # C003
    item = walk[-1].after if walk else opened()
    copy = evolve(item)

    for action in LIFECYCLE.actions:
        if action in LIFECYCLE.allowed(item):
            assert take(item, action).before is item
        else:
            with pytest.raises(TransitionNotAllowed):
                take(item, action)
        assert item == copy


@given(walks())
def test_what_an_item_says_of_itself_holds_together(walk: tuple[Decision[ActionItem], ...]) -> None:
    for item in (decision.after for decision in walk):
        happened = [moment.kind for moment in item.moments]

        assert (item.done_at is not None) == (item.state in ("done", "verified"))
        assert (item.done_by is not None) == (item.done_at is not None) == (item.evidence is not None)
        assert (item.verified_at is not None) == (item.verified_by is not None) == (item.state == "verified")
        assert (item.effect is not None) == (item.state == "verified")
        assert (item.cancelled_at is not None) == (item.state == "cancelled")
        assert item.postponements == happened.count("postponed")
        assert item.reopenings == happened.count("reopened")
        assert item.first_due_at == MONDAY + 7 * DAY


@given(walks())
def test_each_fact_is_a_moment_that_clocks_can_read(walk: tuple[Decision[ActionItem], ...]) -> None:
    facts = ["opened", *(event.type.removeprefix("action_item.") for decision in walk for event in decision.events)]
    item = walk[-1].after if walk else opened()

    assert [moment.kind for moment in item.moments] == facts
    assert set(facts) <= set(ActionMomentKind)


@given(walks())
def test_the_changes_of_the_facts_add_up_to_the_record(walk: tuple[Decision[ActionItem], ...]) -> None:  # C004
    replayed = opened()
    for step in (step for decision in walk for step in decision.steps):
        grown = {name: (*getattr(replayed, name), *tail) for name, tail in step.appended.items()}
        replayed = evolve(replayed, **step.changes, **grown)

    assert replayed == (walk[-1].after if walk else opened())


# -- opening -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["complaint", "case", "survey", "review", "meeting", "risk", "agreement", "audit"])
def test_an_action_follows_from_a_record_of_any_kind(kind: str) -> None:  # C006
    item = opened(source_kind=kind, source="x-1")

    assert (item.source_kind, item.source, item.state) == (kind, "x-1", "open")


@pytest.mark.parametrize("blank", ["owner", "source_kind", "source", "id"])
def test_owner_and_source_are_named(blank: str) -> None:  # C006
    with pytest.raises(InvalidValue, match=rf"ActionItem.{blank}: a text must not be blank"):
        opened(**{blank: " "})


def test_nothing_is_due_before_it_is_opened() -> None:
    assert opened(due_at=MONDAY).due_at == MONDAY
    with pytest.raises(PolicyViolation, match="due_at: nothing can be due before"):
        opened(due_at=MONDAY - timedelta(microseconds=1))
    assert opened(due_at=MONDAY - DAY, occurred_at=MONDAY - DAY).opened_at == MONDAY - DAY


def test_a_due_date_has_a_zone() -> None:
    with pytest.raises(NaiveDatetime):
        opened(due_at=datetime(2026, 3, 9))


# -- owner and due date --------------------------------------------------------------------------


def test_it_can_be_given_to_another_owner_only() -> None:
    decision = action_items.reassign(opened(), "otto", reason="holiday", by="ann", at=MONDAY)

    assert (decision.after.owner, decision.after.state) == ("otto", "open")
    with pytest.raises(GuardNotMet, match="the new owner is another one"):
        action_items.reassign(decision.after, "otto", by="ann", at=MONDAY)
    with pytest.raises(InvalidValue, match=r"ActionItem.owner"):
        action_items.reassign(decision.after, "", by="ann", at=MONDAY)


def test_postponing_needs_a_later_date_and_a_reason() -> None:
    item = opened()
    decision = action_items.postpone(item, item.due_at + DAY, reason="no valve in store", by="ann", at=MONDAY)

    assert decision.after.due_at == item.due_at + DAY
    assert decision.after.first_due_at == item.due_at
    assert decision.after.postponements == 1
    for not_later in (item.due_at, item.due_at - DAY):
        with pytest.raises(GuardNotMet, match="later than the present one"):
            action_items.postpone(item, not_later, reason="no valve in store", by="ann", at=MONDAY)
    with pytest.raises(InvalidValue, match="reason"):
        action_items.postpone(item, item.due_at + DAY, reason=" ", by="ann", at=MONDAY)
    with pytest.raises(PolicyViolation, match="due_at"):
        action_items.postpone(item, item.due_at + DAY, reason="forgotten", by="ann", at=MONDAY + 30 * DAY)


# -- done and verified ---------------------------------------------------------------------------


def test_done_needs_evidence_of_some_kind() -> None:  # C006
    item = opened()

    with pytest.raises(GuardNotMet, match="cannot finish yet; needed first: there is evidence that it was done"):
        action_items.done(item, by="olga", at=MONDAY)
    with pytest.raises(InvalidValue, match=r"ActionItem.evidence"):
        action_items.done(item, " ", by="olga", at=MONDAY)
    assert action_items.done(item, "It is tight.", by="olga", at=MONDAY).after.evidence == "It is tight."
    assert action_items.done(item, attachments=[PICTURE], by="olga", at=MONDAY).after.attachments == (PICTURE,)


@pytest.mark.parametrize(
    "by",
    [
        "olga",
        "otto",
        "oskar",
        Actor(id="vera", on_behalf_of="olga"),
        Actor(id="vera", on_behalf_of="otto"),
        Actor(id="otto", on_behalf_of="vera"),
    ],
)
def test_nobody_verifies_what_is_his_own(by: Actor | str) -> None:  # C053
    did = Actor(id="otto", on_behalf_of="oskar")
    item = action_items.done(opened(owner="olga"), "It is tight.", by=did, at=MONDAY).after

    with pytest.raises(GuardNotMet, match="verified by somebody else"):
        action_items.verify(item, "Dry for a week.", effective=True, by=by, at=LATER)
    assert item.state == "done"


def test_somebody_else_verifies_the_effect() -> None:  # C053
    item = action_items.verify(finished(), "Dry for a week.", effective=True, by="vera", at=LATER).after

    assert (item.state, item.effect, item.verified_by, item.verified_at) == (
        "verified", "Dry for a week.", Actor(id="vera"), LATER
    )  # fmt: skip


@pytest.mark.parametrize("effective", [True, False])
def test_an_effect_is_told_either_way(effective: bool) -> None:
    with pytest.raises(InvalidValue, match="must not be blank"):
        action_items.verify(finished(), "", effective=effective, by="vera", at=LATER)


def test_what_did_not_work_is_taken_up_again() -> None:  # C006
    decision = action_items.verify(
        finished(), "It drips again.", effective=False, due_at=LATER + DAY, by="olga", at=LATER
    )
    item = decision.after

    assert [event.type for event in decision.events] == ["action_item.reopened"]
    assert (item.state, item.due_at, item.reopenings) == ("in_progress", LATER + DAY, 1)
    assert (item.done_at, item.done_by, item.evidence, item.effect) == (None, None, None, None)


@pytest.mark.parametrize("action", ["finish", "cancel", "reassign", "postpone"])
def test_what_is_taken_up_again_goes_on_after_that(action: str) -> None:  # C006
    again = action_items.verify(finished(), "It drips.", effective=False, by="vera", at=MONDAY + 4 * HOUR).after

    with pytest.raises(
        PolicyViolation, match="it cannot lie before the action was taken up again, at 2026-03-02T13:00"
    ):
        take(again, action, at=MONDAY + 3 * HOUR)
    assert take(again, action, at=MONDAY + 4 * HOUR).after.reopenings == 1


def test_a_due_date_after_verification_fits_its_outcome() -> None:
    due = opened().due_at
    kept = action_items.verify(finished(), "It drips.", effective=False, by="vera", at=due).after
    assert kept.due_at == due
    with pytest.raises(PolicyViolation, match="due_at: nothing can be due before"):
        action_items.verify(finished(), "It drips.", effective=False, by="vera", at=due + HOUR)
    with pytest.raises(PolicyViolation, match="due_at"):
        action_items.verify(finished(), "It drips.", effective=False, due_at=MONDAY, by="vera", at=LATER)
    with pytest.raises(InvalidValue, match="due_at: nothing is due any more"):
        action_items.verify(finished(), "Dry.", effective=True, due_at=LATER, by="vera", at=LATER)


@pytest.mark.parametrize("effective", [True, False])
def test_what_is_not_done_cannot_be_verified_either_way(effective: bool) -> None:
    with pytest.raises(TransitionNotAllowed, match="cannot verify while open; allowed: take_up, finish, "):
        action_items.verify(opened(), "It drips.", effective=effective, by="vera", at=LATER)


def test_cancelling_needs_a_reason() -> None:
    with pytest.raises(InvalidValue, match="reason"):
        action_items.cancel(opened(), " ", by="ann", at=MONDAY)
    assert action_items.cancel(opened(), "The house is gone.", by="ann", at=MONDAY).after.cancelled_at == MONDAY


def test_nothing_happens_before_what_it_follows() -> None:
    with pytest.raises(PolicyViolation, match="before the action was opened, at 2026-03-02T09:00:00"):
        action_items.take_up(opened(), by="olga", at=MONDAY, occurred_at=MONDAY - HOUR)
    with pytest.raises(PolicyViolation, match="before the action was done, at 2026-03-02T10:00:00"):
        action_items.verify(finished(), "Dry.", effective=True, by="vera", at=LATER, occurred_at=MONDAY)


# -- late ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("late", "days"),
    [(-DAY, 0), (timedelta(0), 0), (timedelta(microseconds=1), 1), (DAY, 1), (DAY + HOUR, 2), (30 * DAY, 30)],
)
def test_each_day_begun_counts_as_a_day_late(late: timedelta, days: int) -> None:  # C006, K30
    item = opened()

    assert days_late(item, item.due_at + late) == days


def test_what_was_done_stays_as_late_as_it_was_done() -> None:  # K30
    item = opened()
    done = action_items.done(item, "It is tight.", by="olga", at=LATER, occurred_at=item.due_at + HOUR).after

    assert days_late(done, LATER) == days_late(done, LATER + 100 * DAY) == 1


def test_what_was_cancelled_is_not_late_and_what_was_reopened_may_be() -> None:
    late = opened().due_at + 3 * DAY
    cancelled = action_items.cancel(opened(), "The house is gone.", by="ann", at=late).after
    reopened = action_items.verify(finished(), "It drips.", effective=False, due_at=late, by="vera", at=late).after

    assert (days_late(cancelled, late), days_late(reopened, late), days_late(reopened, late + DAY)) == (0, 0, 1)


@given(st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)), st.integers(-12, 12))
def test_the_zone_of_now_makes_no_difference(wall: datetime, hours: int) -> None:
    now = wall.replace(tzinfo=UTC)

    late = days_late(opened(), now)
    assert late == days_late(opened(), now.astimezone(timezone(timedelta(hours=hours))))
    assert (late > 0) == (now > opened().due_at)
    assert late <= days_late(opened(), now + HOUR) <= late + 1


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(NaiveDatetime):
        days_late(opened(), datetime(2026, 3, 9))


# -- documents and words -------------------------------------------------------------------------


def the_item() -> ActionItem:
    item = opened(number="ACT-2026-000007", text="Main street 3", extra={"ward": 4})
    item = action_items.take_up(item, by="olga", at=MONDAY + HOUR).after
    item = action_items.reassign(item, "otto", reason="holiday", by="ann", at=MONDAY + 2 * HOUR).after
    item = take(item, "postpone", at=MONDAY + 3 * HOUR).after
    by = Actor(id="otto", on_behalf_of="south")
    item = action_items.done(item, "It is tight.", attachments=[PICTURE], by=by, at=MONDAY + DAY).after
    item = action_items.verify(item, "It drips.", effective=False, by="vera", at=MONDAY + 2 * DAY).after
    item = action_items.done(item, "Now it is.", attachments=[PICTURE], by=by, at=MONDAY + 3 * DAY).after
    return action_items.verify(item, "Dry for a week.", effective=True, by="vera", at=MONDAY + 10 * DAY).after


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("v*.json")), ids=lambda path: path.stem)
def test_what_any_version_stored_is_read_as_the_same_record(path: Path) -> None:  # C127
    document = from_text(path.read_text("utf-8"))

    assert ACTION_ITEM.schema.load(document, version=int(path.stem.removeprefix("v"))) == the_item()


def test_the_current_version_has_a_golden_file() -> None:
    stored = (GOLDEN / f"v{ACTION_ITEM.schema.current}.json").read_text("utf-8")

    assert from_text(stored) == from_text(to_text(ACTION_ITEM.schema.dump(the_item())))
    assert {name for name in field_names(ActionItem) if getattr(the_item(), name) is None} == {"cancelled_at"}


@given(walks())
def test_every_item_can_be_stored_and_indexed(walk: tuple[Decision[ActionItem], ...]) -> None:
    item = walk[-1].after if walk else opened()
    index = ACTION_ITEM.index_of(item)

    assert ACTION_ITEM.schema.load(from_text(to_text(ACTION_ITEM.schema.dump(item)))) == item
    assert index["open"] == (item.state in ("open", "in_progress"))
    assert "replace the valve" in str(index["search"])


def test_what_tells_about_somebody_is_marked_as_personal() -> None:
    assert personal_fields(ActionItem) == {"title", "text", "evidence", "attachments", "effect", "extra"}
    for name in ("ActionCancelled", "ActionPostponed", "ActionReassigned", "ActionReopened"):
        assert "reason" in personal_fields(getattr(action_events, name))


def codes() -> Iterator[str]:
    yield from (f"state.action_item.{state}" for state in LIFECYCLE.states)
    yield from (f"action.action_item.{action}" for action in (*LIFECYCLE.actions, "open"))
    yield from (f"guard.action_item.{guard.name}" for move in LIFECYCLE.moves for guard in move.guards)
    yield from (f"guard.action_item.{field}" for move in LIFECYCLE.moves for field in move.demands)
    yield from (f"role.action_item.{move.role}" for move in LIFECYCLE.moves)
    yield from (f"event.{getattr(action_events, name).type}" for name in action_events.__all__)


@pytest.mark.parametrize("language", ["en", "de", "zh"])
def test_every_code_has_a_text_and_no_text_is_left_over(language: str) -> None:
    assert {key for key in TEXTS.keys(language) if ".action_item." in key} == set(codes())


def test_the_english_guards_say_what_the_lifecycle_says() -> None:
    for guard in {guard for move in LIFECYCLE.moves for guard in move.guards}:
        assert TEXTS.get(f"guard.action_item.{guard.name}", language="en") == guard.says

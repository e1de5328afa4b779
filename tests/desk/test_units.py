"""Several changes, one commit; and hooks, which hear of what was saved and of nothing else."""  # C004, C121

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from servicecrm.complaints import Complaint
from servicecrm.desk import Desk
from servicecrm.errors import GuardNotMet, StoreError
from servicecrm.kernel.filters import where
from servicecrm.storage.ports import Fact
from servicecrm.testing.contract.examples import sealed_head
from tests.desk.places import gaps

Bring = Callable[..., Complaint]
Undone = Callable[[], AbstractContextManager[None]]


def test_the_changes_of_a_unit_are_one_commit(crm: Desk) -> None:
    seal = crm.store.head().seal
    with crm.unit():
        complaint = crm.complaints.record(subject="No water", channel="phone")
        crm.complaints.acknowledge(complaint.id)
        crm.complaints.message(str(complaint.number), "Any news?", side="outside")

    assert crm.complaints.get(complaint.id).revision == 3
    assert crm.store.head().seal == seal + 1 or not crm.store.engine.seals


def test_a_unit_sees_its_own_changes_by_every_way_of_reading(crm: Desk) -> None:
    with crm.unit() as unit:
        complaint = crm.complaints.record(subject="No water", channel="phone", command="k-1")
        assert crm.complaints.get(complaint.id) == crm.complaints.get(str(complaint.number)) == complaint
        assert unit.get(Complaint, complaint.id) == complaint
        assert crm.complaints.search("water") == (complaint,)
        assert crm.complaints.count(where("state") == "recorded") == 1
        assert len(crm.history(complaint.id)) == 1


def test_an_exception_takes_back_record_journal_message_number_and_command(crm: Desk, undone: Undone) -> None:
    head = sealed_head(crm.store)
    with undone():
        complaint = crm.complaints.record(subject="No water", channel="phone", command="k-1")
        crm.complaints.note(complaint.id, "Called back.")

    assert crm.complaints.count() == 0
    assert sealed_head(crm.store) == head
    for read in (crm.complaints.get, crm.complaints.messages, crm.history):
        with pytest.raises(LookupError):
            read(complaint.id)
    again = crm.complaints.record(subject="No water", channel="phone", command="k-1")
    assert again.number == complaint.number or gaps(crm)
    assert crm.store.verify() == 2  # the complaint and its clock


def test_an_action_that_is_refused_and_caught_does_not_spoil_its_unit(crm: Desk, bring: Bring) -> None:
    complaint = bring("acknowledged")
    with crm.unit():
        with pytest.raises(GuardNotMet):
            crm.complaints.assign(complaint.id, "")
        crm.complaints.assign(complaint.id, "north")

    assert crm.complaints.get(complaint.id).handler == "north"


def test_a_unit_inside_a_unit_is_saved_or_taken_back_with_it(crm: Desk, bring: Bring, undone: Undone) -> None:
    complaint = bring("recorded")
    with undone():
        with crm.unit():
            crm.complaints.acknowledge(complaint.id)
        assert crm.complaints.get(complaint.id).state == "acknowledged"
    assert crm.complaints.get(complaint.id).state == "recorded"

    with crm.unit(), crm.unit():
        crm.complaints.acknowledge(complaint.id)
    assert crm.complaints.get(complaint.id).state == "acknowledged"


def test_the_desk_of_another_actor_joins_the_unit(crm: Desk, bring: Bring) -> None:
    complaint = bring("recorded")
    seal = crm.store.head().seal
    with crm.acting_as("bob@city.example") as bob, bob.unit():
        bob.complaints.acknowledge(complaint.id)
        crm.complaints.note(complaint.id, "Bob has called.")

    assert [entry.by for entry in crm.history(complaint.id)] == [
        "ann@city.example",
        "bob@city.example",
        "ann@city.example",
    ]
    assert crm.store.head().seal == seal + 1 or not crm.store.engine.seals


def test_a_unit_that_has_ended_refuses_to_work(crm: Desk) -> None:
    with crm.unit() as unit:
        pass
    with pytest.raises(StoreError, match="has ended; begin a new one"):
        unit.count(Complaint)


# -- hooks ---------------------------------------------------------------------------------------


@pytest.fixture
def heard(crm: Desk) -> list[str]:
    """The types of all events that hooks were called for, those of clocks apart."""
    heard: list[str] = []
    crm.on("*", lambda fact: heard.append(fact.event.type) if fact.kind != "clock" else None)
    return heard


def test_a_hook_hears_of_its_type_and_gets_the_record_as_saved(crm: Desk, bring: Bring) -> None:
    closed: list[Fact] = []
    crm.on("complaint.closed", closed.append)
    complaint = bring("closed")

    (fact,) = closed
    assert (fact.kind, fact.event.type) == ("complaint", "complaint.closed")
    assert (fact.record, fact.record.revision) == (complaint, complaint.revision)
    assert fact.event.by.id == "ann@city.example"


def test_hooks_for_everything_hear_every_event_in_order(bring: Bring, heard: list[str]) -> None:
    bring("responded")

    assert heard == [
        "complaint.recorded",
        "complaint.acknowledged",
        "complaint.assigned",
        "complaint.judged",
        "complaint.answered",
        "message.written",
    ]


def test_hooks_run_once_after_the_outermost_commit(crm: Desk, bring: Bring, heard: list[str]) -> None:
    complaint = bring("recorded")
    heard.clear()
    with crm.unit():
        with crm.unit():
            crm.complaints.acknowledge(complaint.id)
        crm.complaints.assign(complaint.id, "north")
        assert heard == []

    assert heard == ["complaint.acknowledged", "complaint.assigned"]


def test_hooks_never_run_after_a_rollback_also_not_later(
    crm: Desk, bring: Bring, heard: list[str], undone: Undone
) -> None:
    complaint = bring("recorded")
    heard.clear()
    with undone():
        crm.complaints.acknowledge(complaint.id)
    crm.complaints.note(complaint.id, "Called back.")

    assert heard == ["complaint.note_added", "message.written"]


def test_reading_calls_no_hook(crm: Desk, bring: Bring, heard: list[str]) -> None:
    complaint = bring("recorded")
    heard.clear()
    crm.complaints.get(complaint.id)
    crm.complaints.search("water")
    crm.history(complaint.id)

    assert heard == []


def test_a_hook_that_fails_undoes_nothing_and_the_others_still_run(
    crm: Desk, bring: Bring, caplog: pytest.LogCaptureFixture
) -> None:
    def failing(_: Fact) -> None:
        raise KeyError("what Mrs Canary said")

    heard: list[object] = []
    crm.on("complaint.acknowledged", failing)
    crm.on("complaint.acknowledged", heard.append)
    with caplog.at_level(logging.DEBUG, "servicecrm"):
        complaint = bring("acknowledged")

    assert crm.complaints.get(complaint.id).state == "acknowledged"
    assert len(heard) == 1
    (failed,) = crm.hook_errors
    assert (failed.type, failed.id) == ("complaint.acknowledged", complaint.id)
    assert isinstance(failed.error, KeyError)
    assert failed.error.__traceback__ is not None
    assert complaint.id in caplog.text
    assert "KeyError" in caplog.text
    assert "Canary" not in caplog.text + repr(failed)  # an error of a host may say anything


def test_without_a_host_that_listens_nothing_is_printed() -> None:
    assert any(isinstance(handler, logging.NullHandler) for handler in logging.getLogger("servicecrm").handlers)


def test_the_list_of_failures_keeps_the_latest(crm: Desk, bring: Bring) -> None:
    crm.on("*", lambda _: 1 // 0)
    complaint = bring("recorded")
    with crm.unit():
        for _ in range(600):
            crm.complaints.note(complaint.id, "Called back.")

    assert len(crm.hook_errors) == 1_000
    assert crm.hook_errors[-1].type == "message.written"


def test_a_hook_may_use_the_desk_and_its_own_changes_are_heard_of(crm: Desk, bring: Bring, heard: list[str]) -> None:
    crm.on("complaint.recorded", lambda fact: crm.complaints.acknowledge(fact.record.id))
    crm.on("complaint.acknowledged", lambda fact: crm.complaints.assign(fact.record.id, "north"))
    complaint = bring("recorded")

    assert complaint.state == "recorded"  # as it was saved
    assert crm.complaints.get(complaint.id).handler == "north"
    assert sorted(heard) == ["complaint.acknowledged", "complaint.assigned", "complaint.recorded"]
    assert crm.hook_errors == ()


def test_a_hook_that_fails_in_a_unit_of_its_own_takes_only_that_back(crm: Desk, bring: Bring) -> None:
    def half(fact: Fact) -> None:
        with crm.unit():
            crm.complaints.assign(fact.record.id, "north")
            raise ZeroDivisionError

    crm.on("complaint.acknowledged", half)
    complaint = bring("acknowledged")

    assert crm.complaints.get(complaint.id).handler is None
    assert len(crm.hook_errors) == 1


def test_the_desks_of_other_actors_and_tenants_share_the_hooks(crm: Desk, heard: list[str]) -> None:
    crm.acting_as("bob@city.example").complaints.record(subject="No water", channel="phone")
    crm.tenant("south").complaints.record(subject="No water", channel="phone")

    assert heard == ["complaint.recorded"] * 2


def test_a_second_desk_on_one_store_does_not_silence_the_first(crm: Desk, heard: list[str]) -> None:
    second = Desk(crm.store, actor="bob@city.example")
    second.on("complaint.recorded", lambda _: heard.append("second"))
    crm.complaints.record(subject="No water", channel="phone")
    second.complaints.record(subject="No water", channel="phone")

    assert sorted(heard) == ["complaint.recorded", "complaint.recorded", "second", "second"]

"""The same command again changes nothing, however often and from wherever it is sent."""  # C125

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest

from servicecrm import complaints
from servicecrm.cases import CasePolicy
from servicecrm.complaints import Complaint
from servicecrm.complaints.policy import ComplaintPolicies
from servicecrm.desk import Desk, connect
from servicecrm.desk.programs import fingerprint
from servicecrm.errors import IdempotencyMismatch, InvalidValue
from servicecrm.storage import Command
from servicecrm.testing import FixedClock
from servicecrm.testing.contract.examples import sealed_head

Bring = Callable[..., Complaint]
Undone = Callable[[], AbstractContextManager[None]]


def test_recording_again_gives_the_complaint_as_it_is_now(crm: Desk) -> None:
    first = crm.complaints.record(subject="No water", channel="phone", command="k-1")
    crm.complaints.acknowledge(first.id)
    head = sealed_head(crm.store)
    again = crm.complaints.record(subject="No water", channel="phone", command="k-1")

    assert (again.id, again.number, again.state) == (first.id, first.number, "acknowledged")
    assert crm.complaints.count() == 1
    assert sealed_head(crm.store) == head
    assert crm.complaints.record(subject="No water", channel="phone").number == "CMP-2026-000002"


def test_a_change_again_changes_nothing_and_gives_the_record(crm: Desk, bring: Bring) -> None:
    complaint = bring("recorded")
    heard: list[object] = []
    crm.on("*", heard.append)
    first = crm.complaints.message(complaint.id, "Any news?", side="outside", command="k-1")
    again = crm.complaints.message(complaint.id, "Any news?", side="outside", command="k-1")

    assert (again, again.revision) == (first, first.revision)
    assert len(crm.complaints.messages(complaint.id)) == 1
    assert len(heard) == 2  # of the complaint and of the message, once


def test_a_repetition_is_known_when_its_action_would_no_longer_be_allowed(crm: Desk, bring: Bring) -> None:
    complaint = bring("acknowledged")
    crm.complaints.assign(complaint.id, "north", command="k-1")
    crm.complaints.withdraw(complaint.id)

    assert crm.complaints.assign(complaint.id, "north", command="k-1").state == "withdrawn"


def test_a_repetition_may_come_later_from_somebody_else_and_name_other_times(
    crm: Desk, clock: FixedClock, bring: Bring
) -> None:
    complaint = bring("recorded")
    soon = clock() + timedelta(days=1)
    first = crm.complaints.acknowledge(complaint.id, expected_by=soon, command="k-1")
    clock.advance(hours=2)
    again = crm.acting_as("bob@city.example").complaints.acknowledge(
        complaint.id, expected_by=soon + timedelta(days=1), occurred_at=clock(), command="k-1"
    )

    assert again == first


def test_rules_are_published_once_by_one_command(crm: Desk, clock: FixedClock) -> None:  # C008, C125
    ours, soon = complaints.ComplaintPolicy(categories=("water",)), clock() + timedelta(days=1)
    first = crm.policies.publish(ours, effective=soon, command="k-1")
    head = sealed_head(crm.store)
    clock.advance(days=3)

    assert crm.policies.publish(ours, effective=soon, command="k-1") == first
    for other in (complaints.ComplaintPolicy(), CasePolicy()):
        with pytest.raises(IdempotencyMismatch):
            crm.policies.publish(other, effective=soon, command="k-1")
    assert sealed_head(crm.store) == head
    assert len(crm.policies.publish(ours, effective=soon + timedelta(days=1), command="k-2").versions) == 2
    with crm.unit() as unit:
        assert [each.command for each in unit.history(ComplaintPolicies, "complaint")] == ["k-1", "k-2"]


@pytest.mark.parametrize(
    "other",
    [
        lambda crm, id: crm.complaints.amend(id, category="gas", command="k-1"),
        lambda crm, id: crm.complaints.amend(id, category=None, command="k-1"),
        lambda crm, id: crm.complaints.amend(id, category="water", reason="misheard", command="k-1"),
        lambda crm, id: crm.complaints.amend(id, category="water", extra=None, command="k-1"),
        lambda crm, id: crm.complaints.note(id, "water", command="k-1"),
        lambda crm, id: crm.complaints.assign_all([id, id], "north", command="k-1"),
        lambda crm, _: crm.complaints.record(subject="water", channel="phone", command="k-1"),
    ],
    ids=["value", "taken away", "reason", "one more", "action", "bulk", "record"],
)
def test_the_same_command_for_something_else_is_refused(
    crm: Desk, bring: Bring, other: Callable[[Desk, str], object]
) -> None:
    complaint = crm.complaints.amend(bring("recorded").id, category="water", command="k-1")
    head = sealed_head(crm.store)
    with pytest.raises(IdempotencyMismatch, match=r"'k-1' was used before .*; use a new id") as refused:
        other(crm, complaint.id)

    assert refused.value.command == "k-1"
    assert sealed_head(crm.store) == head


def test_taking_different_values_away_is_not_the_same(crm: Desk, bring: Bring) -> None:
    complaint = bring(category="water", complainant="a tenant")
    crm.complaints.amend(complaint.id, category=None, command="k-1")
    with pytest.raises(IdempotencyMismatch):
        crm.complaints.amend(complaint.id, complainant=None, command="k-1")


def test_a_command_of_another_complaint_is_another_command(crm: Desk, bring: Bring) -> None:
    crm.complaints.acknowledge(bring().id, command="k-1")
    with pytest.raises(IdempotencyMismatch):
        crm.complaints.acknowledge(bring().id, command="k-1")


def test_tenants_do_not_share_commands(crm: Desk) -> None:
    south = crm.tenant("south")
    crm.complaints.record(subject="No water", channel="phone", command="k-1")
    south.complaints.record(subject="No gas", channel="web", command="k-1")

    assert (crm.complaints.count(), south.complaints.count()) == (1, 1)


def test_a_repetition_inside_one_unit_is_known_too(crm: Desk) -> None:
    with crm.unit():
        first = crm.complaints.record(subject="No water", channel="phone", command="k-1")
        assert crm.complaints.record(subject="No water", channel="phone", command="k-1") == first
    assert crm.complaints.count() == 1


def test_a_command_is_forgotten_with_the_unit_that_failed(crm: Desk, undone: Undone) -> None:
    with undone():
        crm.complaints.record(subject="No water", channel="phone", command="k-1")
    crm.complaints.record(subject="No gas", channel="web", command="k-1")

    assert [c.subject for c in crm.complaints.find()] == ["No gas"]


def test_a_command_is_still_known_to_the_next_desk(url: str, clock: FixedClock) -> None:
    if url == "memory:":
        pytest.skip("memory forgets")
    for _ in range(3):
        with connect(url, actor="ann@city.example", clock=clock) as crm:
            crm.complaints.record(subject="No water", channel="phone", command="k-1")
            assert crm.complaints.count() == 1


def test_decisions_of_a_host_are_saved_once_for_a_command(crm: Desk, clock: FixedClock) -> None:
    command = Command(id="k-1", fingerprint="record no water")
    told: dict[str, Any] = {"subject": "No water", "channel": "phone", "by": "ann@city.example", "at": clock()}
    (first,) = crm.save(complaints.record(id="c-1", **told), command=command)
    (again,) = crm.save(complaints.record(id="c-2", **told), command=command)

    assert again == first
    assert [c.id for c in crm.complaints.find()] == ["c-1"]
    assert crm.history("c-1")[0].command == "k-1"
    with pytest.raises(IdempotencyMismatch):
        crm.save(complaints.record(id="c-3", **told), command=Command(id="k-1", fingerprint="another"))


@pytest.mark.parametrize("attempt", range(3))
def test_of_two_that_race_with_one_command_both_get_the_one_complaint(url: str, attempt: int) -> None:
    with connect(url, actor="ann@city.example") as crm:
        start, got = threading.Barrier(4), []

        def send() -> None:
            start.wait()
            got.append(crm.complaints.record(subject="No water", channel="phone", command=f"k-{attempt}"))

        threads = [threading.Thread(target=send) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert len(got) == 4
        assert len({(c.id, c.revision) for c in got}) == 1
        assert crm.complaints.count() == 1


def test_of_two_that_race_for_different_things_with_one_command_one_is_told(url: str) -> None:
    with connect(url, actor="ann@city.example") as crm:
        start = threading.Barrier(2)
        told: list[IdempotencyMismatch] = []

        def send(subject: str) -> None:
            start.wait()
            try:
                crm.complaints.record(subject=subject, channel="phone", command="k-1")
            except IdempotencyMismatch as error:
                told.append(error)

        threads = [threading.Thread(target=send, args=(subject,)) for subject in ("No water", "No gas")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert len(told) == 1
        assert crm.complaints.count() == 1


def test_a_command_without_a_name_is_refused(crm: Desk) -> None:  # or all who lost theirs would share one
    with pytest.raises(InvalidValue, match=r"Command\.id"):
        crm.complaints.record(subject="No water", channel="phone", command="")


def test_what_makes_two_calls_the_same() -> None:
    def same(one: dict[str, object], other: dict[str, object]) -> bool:
        return fingerprint("a", one) == fingerprint("a", other)

    now = FixedClock()()
    assert same({"x": 1, "y": None}, {"x": 1})
    assert same({"x": 1, "at": now}, {"x": 1, "at": now + timedelta(days=1)})
    assert same({"x": {"b": 1, "a": 2}}, {"x": {"a": 2, "b": 1}})
    assert same({"x": frozenset("abc")}, {"x": frozenset("cba")})
    assert same({"x": complaints.Severity.HIGH}, {"x": "high"})
    assert not same({"x": "1"}, {"x": 1})
    assert not same({"x": "a"}, {"y": "a"})
    assert fingerprint("a", {}) != fingerprint("b", {})


def test_a_text_that_no_store_keeps_is_refused_by_name_with_a_command_too(crm: Desk) -> None:
    with pytest.raises(InvalidValue, match="lone surrogates"):
        crm.complaints.record(subject="\ud800", channel="phone", command="k-1")

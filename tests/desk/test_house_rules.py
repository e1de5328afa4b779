"""House rules change on a date, and every complaint keeps those that it started under."""  # C008

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from servicecrm.complaints import DEFAULT, Complaint, ComplaintPolicy
from servicecrm.complaints.policy import MATRIX
from servicecrm.desk import Desk, House, connect
from servicecrm.errors import InvalidValue, NaiveDatetime, PolicyViolation
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.testing import FixedClock

Bring = Callable[..., Complaint]

STRICT = ComplaintPolicy(
    matrix=FrozenMap({severity: dict.fromkeys(MATRIX, "p1") for severity in MATRIX}),
    closing_codes=("mended",),
    categories=("water",),
    reopen_within=timedelta(days=10),
)


def test_before_the_first_version_the_shipped_rules_hold(crm: Desk, clock: FixedClock) -> None:
    assert crm.policies.in_force(ComplaintPolicy) == DEFAULT
    assert crm.policies.book(ComplaintPolicy).versions == ()
    crm.policies.publish(STRICT, effective=clock() + timedelta(days=1))

    assert crm.policies.in_force(ComplaintPolicy) == DEFAULT
    assert crm.policies.in_force(ComplaintPolicy, at=clock() + timedelta(days=1)) == STRICT


def test_a_complaint_keeps_the_rules_that_it_started_under(crm: Desk, clock: FixedClock, bring: Bring) -> None:
    old = bring("responded")
    crm.policies.publish(STRICT, effective=clock())
    new = bring("responded")

    assert (old.policy, new.policy) == (0, 1)
    with pytest.raises(PolicyViolation, match="known: mended"):
        crm.complaints.close(new.id, "resolved")
    crm.complaints.close(new.id, "mended")
    crm.complaints.close(old.id, "resolved")
    crm.complaints.amend(old.id, category="gas")
    with pytest.raises(PolicyViolation, match="known: water"):
        crm.complaints.amend(new.id, category="gas")
    clock.advance(days=11)
    crm.complaints.reopen(old.id, "It stopped again.")
    with pytest.raises(PolicyViolation, match="record a new complaint instead"):
        crm.complaints.reopen(new.id, "It stopped again.")
    assert crm.complaints.assess(old.id, severity="low", impact="low").priority == "p4"


def test_the_version_in_force_is_that_of_the_moment_of_recording(crm: Desk, clock: FixedClock, bring: Bring) -> None:
    crm.policies.publish(STRICT, effective=clock() + timedelta(days=1))
    crm.policies.publish(ComplaintPolicy(), effective=clock() + timedelta(days=2))
    policies = []
    for _ in range(4):
        policies.append(bring(category="water").policy)
        clock.advance(days=1)

    assert policies == [0, 1, 2, 2]


def test_several_complaints_of_several_versions_are_each_held_to_their_own(
    crm: Desk, clock: FixedClock, bring: Bring
) -> None:
    old = bring("acknowledged")
    crm.policies.publish(STRICT, effective=clock())
    new = bring("acknowledged")
    rated = [crm.complaints.assess(c.id, severity="low", impact="low").priority for c in (old, new)]

    assert rated == ["p4", "p1"]


def test_a_gap_or_an_overlap_is_refused_and_the_book_stays_as_it_was(crm: Desk, clock: FixedClock) -> None:
    start, end = clock(), clock() + timedelta(days=5)
    crm.policies.publish(STRICT, effective=start, until=end)
    book = crm.policies.book(ComplaintPolicy)
    for effective, says in (
        (end + timedelta(days=1), "leaves a gap"),
        (start + timedelta(days=1), "overlaps"),
        (start - timedelta(days=1), "choose a later start"),
    ):
        with pytest.raises(PolicyViolation, match=says):
            crm.policies.publish(DEFAULT, effective=effective)

    assert crm.policies.book(ComplaintPolicy) == book
    assert [v.number for v in crm.policies.publish(DEFAULT, effective=end).versions] == [1, 2]


def test_after_the_end_of_the_last_version_nothing_is_recorded(crm: Desk, clock: FixedClock, bring: Bring) -> None:
    crm.policies.publish(STRICT, effective=clock(), until=clock() + timedelta(days=5))
    clock.advance(days=6)
    with pytest.raises(PolicyViolation, match="no version is in force"):
        bring()
    assert crm.complaints.count() == 0


def test_publishing_leaves_an_entry(crm: Desk, clock: FixedClock) -> None:
    crm.policies.publish(STRICT, effective=clock())
    crm.policies.publish(DEFAULT, effective=clock() + timedelta(days=1))

    entries = crm.history(crm.policies.book(ComplaintPolicy).id)
    assert [(e.type, e.by, e.data["number"]) for e in entries] == [
        ("policy.published", "ann@city.example", 1),
        ("policy.published", "ann@city.example", 2),
    ]


def test_a_start_without_a_zone_is_refused(crm: Desk, clock: FixedClock) -> None:
    with pytest.raises(NaiveDatetime):
        crm.policies.publish(STRICT, effective=datetime(2026, 3, 2))
    crm.policies.publish(STRICT, effective=clock())
    with pytest.raises(NaiveDatetime):
        crm.policies.in_force(ComplaintPolicy, at=datetime(2026, 3, 2))


def test_of_several_who_publish_at_once_each_gets_a_version_or_is_told(url: str, clock: FixedClock) -> None:
    with connect(url, actor="ann@city.example", clock=clock) as crm:
        told: list[PolicyViolation] = []

        def publish(day: int) -> None:
            try:
                crm.policies.publish(DEFAULT, effective=clock() + timedelta(days=day))
            except PolicyViolation as error:
                told.append(error)

        threads = [threading.Thread(target=publish, args=(day,)) for day in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        book = crm.policies.book(ComplaintPolicy)
        assert len(book.versions) + len(told) == 8
        assert book.revision == len(book.versions) >= 1
        assert crm.store.verify() == len(book.versions)


def test_what_happened_too_long_ago_is_not_entered_any_more(url: str, clock: FixedClock) -> None:  # C035
    with connect(url, actor="ann", clock=clock, house=House(backdating=timedelta(days=30))) as crm:
        then = clock() - timedelta(days=30)
        complaint = crm.complaints.record(subject="No water", channel="letter", received_at=then)
        with pytest.raises(PolicyViolation, match="this house enters what happened since 2026-01-31T09:00:00"):
            crm.complaints.record(subject="No water", channel="letter", received_at=then - timedelta(seconds=1))
        clock.advance(days=1)
        with pytest.raises(PolicyViolation, match="note it instead"):
            crm.complaints.acknowledge(complaint.id, occurred_at=then)
        assert crm.complaints.note(complaint.id, "It was acknowledged by phone when it came.").state == "recorded"
        assert [entry.type for entry in crm.history(complaint.id)] == ["complaint.recorded", "complaint.note_added"]
    with pytest.raises(InvalidValue, match="backdating: expected a duration"):
        House(backdating=timedelta(days=-1))

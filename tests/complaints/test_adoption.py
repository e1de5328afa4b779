"""An importer follows another system's log, whatever the lifecycle would allow."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm import complaints
from servicecrm.complaints import Complaint, Waiting, WaitingFor
from servicecrm.complaints.events import ComplaintAdopted
from servicecrm.errors import InvalidValue
from servicecrm.testing.makers import MONDAY, a_complaint, an_actor

HOUR = timedelta(hours=1)
ENDS = ("closed", "withdrawn", "lapsed", "referred", "merged")
SETTLED = ("responded", *ENDS)


def adopted(complaint: Complaint, state: str, **changes: Any) -> Complaint:
    at = MONDAY + HOUR
    return complaints.adopt(complaint, state, source="old-crm", by=an_actor(), at=at, **changes).after


def kinds(complaint: Complaint) -> list[str]:
    return [moment.kind for moment in complaint.moments[1:]]


@given(st.sampled_from(complaints.LIFECYCLE.states), st.sampled_from(complaints.LIFECYCLE.states))
def test_every_state_can_follow_every_other_and_is_marked(before: str, after: str) -> None:
    decision = complaints.adopt(a_complaint(state=before), after, source="old-crm", by=an_actor(), at=MONDAY)

    assert decision.after.state == after
    (event,) = decision.events
    assert isinstance(event, ComplaintAdopted)
    assert event.source == "old-crm"


@given(st.lists(st.sampled_from(complaints.LIFECYCLE.states), max_size=8))
def test_reopenings_are_counted_along_any_log(log: list[str]) -> None:
    complaint = a_complaint()
    expected = 0
    for state in log:
        expected += complaint.state in SETTLED and state not in (*ENDS, complaint.state)
        complaint = adopted(complaint, state)

    assert complaint.reopenings == kinds(complaint).count("reopened") == expected
    assert complaint.closed_at is not None or complaint.state != "closed"
    assert complaint.closed_at is None or complaint.state in ENDS


def test_a_closing_by_the_log_has_its_time_and_moment() -> None:
    complaint = adopted(a_complaint(), "closed", closing_code="resolved")

    assert (complaint.closed_at, complaint.closing_code) == (MONDAY + HOUR, "resolved")
    assert kinds(complaint) == ["closed"]


def test_what_the_importer_knows_better_is_taken_from_it() -> None:
    assert adopted(a_complaint(), "closed", closed_at=MONDAY).closed_at == MONDAY
    assert adopted(a_complaint(state="closed"), "in_handling", reopenings=7).reopenings == 7


def test_an_acknowledgement_outlives_a_step_back() -> None:
    complaint = a_complaint(state="in_handling", acknowledged_at=MONDAY)

    assert adopted(complaint, "acknowledged").acknowledged_at == MONDAY


def test_a_change_of_handler_counts_as_a_forwarding_only_if_one_was_named() -> None:
    first = adopted(a_complaint(), "in_handling", handler="north")
    second = adopted(first, "in_handling", handler="south")
    nobody = adopted(second, "in_handling", handler=None)

    assert [c.forwards for c in (first, second, nobody)] == [0, 1, 1]
    assert first.handler_since == MONDAY + HOUR
    assert kinds(nobody) == ["assigned", "forwarded"]


def test_a_wait_in_the_log_is_a_wait_for_the_clocks() -> None:
    waiting = adopted(a_complaint(), "in_handling", waiting=Waiting(for_=WaitingFor.CUSTOMER, since=MONDAY))

    assert kinds(adopted(waiting, "in_handling", waiting=None)) == ["waiting", "resumed"]


@pytest.mark.parametrize("state", ["responded", "closed", "withdrawn"])
def test_a_complaint_that_the_log_ends_waits_for_nothing(state: str) -> None:
    waiting = a_complaint(state="in_handling", waiting=Waiting(for_=WaitingFor.CUSTOMER, since=MONDAY))
    complaint = adopted(waiting, state)

    assert complaint.waiting is None
    assert kinds(complaint)[0] == "resumed"


def test_the_same_again_changes_nothing() -> None:
    complaint = a_complaint(state="closed", closed_at=MONDAY)

    assert adopted(complaint, "closed") == complaint


def test_a_state_that_is_not_ours_is_refused() -> None:
    with pytest.raises(InvalidValue, match="not a state of this lifecycle; known: recorded, acknowledged"):
        adopted(a_complaint(), "limbo")


def test_a_complaint_can_begin_where_the_log_begins() -> None:
    begun = complaints.record(id="c-1", subject="No water", channel="web", by=an_actor(), at=MONDAY)
    decision = begun.then(complaints.adopt, "in_handling", source="old-crm", by=an_actor(), at=MONDAY)

    assert decision.before is None
    assert decision.after.state == "in_handling"
    assert [event.type for event in decision.events] == ["complaint.recorded", "complaint.adopted"]

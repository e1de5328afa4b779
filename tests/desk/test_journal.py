"""What the journal tells leads to the record that is stored."""  # C004

import contextlib
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servicecrm.complaints import COMPLAINT, DEFAULT, LIFECYCLE, Complaint, ComplaintPolicy
from servicecrm.complaints.events import ComplaintRecorded
from servicecrm.complaints.schema import POLICIES
from servicecrm.desk import Desk, connect
from servicecrm.kernel.decisions import begin, stamp
from servicecrm.kernel.records import evolve
from servicecrm.storage.journal import replayed
from servicecrm.testing import FixedClock, SeededIds
from servicecrm.testing import strategies as some
from servicecrm.testing.makers import MONDAY
from servicecrm.testing.taking import begun, feasible, take
from servicecrm.tracking.schema import MESSAGE
from tests.desk.places import STORES, empty_store

Bring = Callable[..., Complaint]

EVENT = ComplaintRecorded(**stamp("ann@city.example", MONDAY))


@pytest.fixture(scope="module", params=STORES)
def archive(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One store for all examples."""
    clock = FixedClock(MONDAY + timedelta(days=90))
    with (
        empty_store(request.param, tmp_path_factory.mktemp("journal"), request) as url,
        connect(url, actor="ann@city.example", clock=clock, ids=SeededIds()) as crm,
    ):
        crm.store.tenants()  # the pool has its connection: it uses chance for that, which Hypothesis forbids
        yield crm


@given(data=st.data(), shape=some.complaints(), together=st.booleans())
@settings(max_examples=200)
def test_the_journal_of_a_complaint_leads_to_the_stored_record(
    archive: Desk, data: st.DataObject, shape: Complaint, together: bool
) -> None:
    started = evolve(begun(shape), id=archive.ids(), number=None)
    with archive.unit() if together else contextlib.nullcontext():
        (complaint,) = archive.save(begin(started, EVENT))
        for minute in range(data.draw(st.integers(0, 8))):
            action = data.draw(st.sampled_from(feasible(complaint)))
            decision = take(complaint, action, by="ann@city.example", at=MONDAY + timedelta(minutes=minute))
            (complaint,) = archive.save(decision)

    stored = archive.complaints.get(complaint.id)
    told = replayed(COMPLAINT.schema, archive.history(complaint.id))
    assert told == stored == complaint
    assert told.revision == stored.revision == complaint.revision


def test_the_journal_of_what_was_done_at_the_desk_leads_to_all_that_is_stored(crm: Desk, bring: Bring) -> None:
    for state in LIFECYCLE.states:
        complaint = bring(state, complainant="a tenant", tags={"street"}, extra={"meter": [1, {"a": None}]})
        complaint = crm.complaints.note(complaint.id, "Called back.")
        assert replayed(COMPLAINT.schema, crm.history(complaint.id)) == complaint
        for message in crm.complaints.messages(complaint.id):
            assert replayed(MESSAGE.schema, crm.history(message.id)) == message
    crm.policies.publish(DEFAULT, effective=MONDAY)
    crm.policies.publish(DEFAULT, effective=MONDAY + timedelta(days=1))
    book = crm.policies.book(ComplaintPolicy)
    assert replayed(POLICIES.schema, crm.history(book.id)) == book

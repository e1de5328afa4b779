"""The complaint engine in a host with tables of its own."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servicecrm import complaints
from servicecrm.calendars import BusinessHours, Calendar
from servicecrm.complaints import Complaint, ComplaintPolicy
from servicecrm.complaints.engine import ComplaintEngine
from servicecrm.complaints.events import ComplaintAmended
from servicecrm.complaints.lifecycle import AMEND, LIFECYCLE
from servicecrm.complaints.policy import ComplaintPolicies
from servicecrm.complaints.targets import facts_of
from servicecrm.desk.tracked import TRACKED
from servicecrm.errors import InvalidValue, NotFound, PolicyViolation, StaleRevision, TransitionNotAllowed
from servicecrm.kernel.decisions import Decision, stamp
from servicecrm.testing import MONDAY, feasible, strategies, take
from servicecrm.tracking import Targets, usual
from tests.embedding.tickets import Tickets

BY = "ann@city.example"
HOUR = timedelta(hours=1)


def begun(engine: ComplaintEngine, *, at: datetime = MONDAY, **told: Any) -> Complaint:
    return engine.start(complaints.record, id="c-1", subject="No water", channel="phone", by=BY, at=at, **told)


def assigned(engine: ComplaintEngine, **told: Any) -> Complaint:
    begun(engine, **told)
    engine.do("c-1", complaints.acknowledge, by=BY, at=MONDAY)
    return engine.do("c-1", complaints.assign, "water department", by=BY, at=MONDAY)


# -- deciding and saving -------------------------------------------------------------------------


@given(st.lists(st.tuples(st.sampled_from([0, 1]), st.integers(0, 99)), max_size=20))
def test_engines_save_what_the_commands_decide_and_know_nothing_of_each_other(steps: list[tuple[int, int]]) -> None:
    # C056
    engines = [ComplaintEngine(Tickets()), ComplaintEngine(Tickets())]
    expected = [begun(engine) for engine in engines]
    for n, (which, choice) in enumerate(steps, start=1):
        actions = feasible(expected[which])
        action, at = actions[choice % len(actions)], MONDAY + n * HOUR
        expected[which] = take(expected[which], action, by=BY, at=at).after
        assert engines[which].do("c-1", take, action, by=BY, at=at) == expected[which]
        assert [engine.repository.get("c-1") for engine in engines] == expected


def test_what_is_saved_comes_with_its_revision_and_its_message() -> None:
    tickets = Tickets()
    engine = ComplaintEngine(tickets)
    assert assigned(engine).revision == 3
    assert engine.do("c-1", complaints.note, "Called back.", id="m-1", by=BY, at=MONDAY).revision == 4
    assert [message.text for message in tickets.messages("c-1")] == ["Called back."]


def test_of_several_complaints_that_a_command_decides_about_all_are_saved() -> None:
    def twice(complaint: Complaint) -> tuple[Decision[Complaint], Decision[Complaint]]:
        other = complaints.record(id="c-2", subject="The other one", channel="web", customer="x", by=BY, at=MONDAY)
        return complaints.acknowledge(complaint, by=BY, at=MONDAY), other

    tickets = Tickets()
    begun(ComplaintEngine(tickets))
    with pytest.raises(PolicyViolation, match="customer"):
        ComplaintEngine(tickets, people=Directory()).do("c-1", twice)
    assert ComplaintEngine(tickets).do("c-1", twice).id == "c-1"
    assert tickets.get("c-2").customer == "x"


def test_a_command_of_the_host_is_done_like_ours() -> None:
    def tag(complaint: Complaint, word: str, *, by: str, at: datetime) -> Decision[Complaint]:
        return LIFECYCLE.move(complaint, AMEND, ComplaintAmended(**stamp(by, at)), tags=complaint.tags | {word})

    engine = ComplaintEngine(Tickets())
    begun(engine)
    assert engine.do("c-1", tag, "press", by=BY, at=MONDAY).tags == {"press"}


def test_errors_of_rules_and_of_the_repository_come_through_and_nothing_is_saved() -> None:
    tickets = Tickets()
    engine = ComplaintEngine(tickets)
    begun(engine)
    before = dict(tickets.rows)
    with pytest.raises(TransitionNotAllowed):
        engine.do("c-1", complaints.reopen, "Again", by=BY, at=MONDAY)
    with pytest.raises(NotFound):
        engine.do("c-2", complaints.acknowledge, by=BY, at=MONDAY)

    def meanwhile(complaint: Complaint) -> Decision[Complaint]:
        engine.do("c-1", complaints.acknowledge, by="bob@city.example", at=MONDAY)
        return complaints.withdraw(complaint, by=BY, at=MONDAY)

    with pytest.raises(StaleRevision):
        engine.do("c-1", meanwhile)
    assert tickets.get("c-1").state == "acknowledged"
    assert before.keys() == tickets.rows.keys()


# -- house rules ---------------------------------------------------------------------------------


def test_a_complaint_keeps_the_rules_that_it_started_under() -> None:  # C008, C056
    tickets = Tickets()
    policies = ComplaintPolicies().publish(ComplaintPolicy(categories=("water",)), effective=MONDAY)
    begun(ComplaintEngine(tickets))
    engine = ComplaintEngine(tickets, policies=policies)
    assert engine.do("c-1", complaints.amend, category="pipes", by=BY, at=MONDAY).policy == 0

    new = ComplaintEngine(Tickets(), policies=policies)
    assert begun(new).policy == 1
    with pytest.raises(PolicyViolation, match="known: water"):
        new.do("c-1", complaints.amend, category="pipes", by=BY, at=MONDAY)
    assert new.do("c-1", complaints.amend, category="water", by=BY, at=MONDAY).category == "water"


def test_rules_that_are_given_go_before_those_of_the_engine() -> None:
    strict = ComplaintPolicy(categories=("water",))
    engine = ComplaintEngine(Tickets(), policies=ComplaintPolicies().publish(strict, effective=MONDAY))
    with pytest.raises(PolicyViolation, match="category"):
        begun(engine, category="pipes")
    assert begun(engine, category="pipes", policy=ComplaintPolicy()).policy == 0
    with pytest.raises(PolicyViolation, match="category"):
        engine.do("c-1", complaints.amend, category="roads", policy=strict, by=BY, at=MONDAY)


# -- people --------------------------------------------------------------------------------------


class Directory:
    """Knows one customer and one handler, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def knows_customer(self, id: str, /) -> bool:
        self.asked.append(id)
        return id == "harbour-cafe"

    def knows_handler(self, id: str, /) -> bool:
        self.asked.append(id)
        return id == "water department"


def test_a_customer_or_handler_whom_the_host_does_not_know_is_refused() -> None:  # C056
    tickets = Tickets()
    engine = ComplaintEngine(tickets, people=Directory())
    with pytest.raises(PolicyViolation, match=r"^customer: the host knows no customer"):
        begun(engine, customer="water department")
    assert tickets.rows == {}

    begun(engine, customer="harbour-cafe")
    engine.do("c-1", complaints.acknowledge, by=BY, at=MONDAY)
    with pytest.raises(PolicyViolation, match=r"^handler: the host knows no handler"):
        engine.do("c-1", complaints.assign, "harbour-cafe", by=BY, at=MONDAY)
    assert engine.do("c-1", complaints.assign, "water department", by=BY, at=MONDAY).handler == "water department"


def test_the_host_is_asked_only_about_who_is_new() -> None:
    people = Directory()
    assigned(ComplaintEngine(Tickets(), people=people), customer="harbour-cafe")
    assert people.asked == ["harbour-cafe", "water department"]


# -- timers --------------------------------------------------------------------------------------


def test_without_ports_of_the_host_the_shipped_targets_and_calendar_hold() -> None:  # C036, C056
    engine = ComplaintEngine(Tickets())
    begun(engine)
    timers = engine.timers("c-1", now=MONDAY + HOUR)
    assert [timer.name for timer in timers] == ["acknowledge", "first_response", "resolution"]
    assert timers["acknowledge"].due_at == datetime(2026, 3, 3, 9, tzinfo=UTC)
    assert engine.do("c-1", complaints.acknowledge, by=BY, at=MONDAY + HOUR).acknowledged_at == MONDAY + HOUR
    assert engine.timers("c-1", now=MONDAY + HOUR)["acknowledge"].state == "met"


def test_targets_and_calendars_are_those_of_the_host_at_the_time() -> None:  # C036, C056
    around_the_clock = Calendar(zone="UTC", hours="mon-sun 00:00-24:00")

    def promised(complaint: Complaint, _at: datetime, /) -> Targets:
        hours = "2h business" if complaint.agreement == "gold" else "8h business"
        return Targets(targets=(usual("acknowledge", hours, calendar="line"),))

    def open_hours(name: str, at: datetime, /) -> BusinessHours:
        assert name == "line"
        return around_the_clock if at >= MONDAY + HOUR else Calendar(zone="UTC", hours="mon-fri 12:00-16:00")

    engine = ComplaintEngine(Tickets(), targets=promised, calendar=open_hours)
    begun(engine, agreement="gold")
    assert engine.timers("c-1", now=MONDAY)["acknowledge"].due_at == MONDAY + 5 * HOUR
    assert engine.timers("c-1", now=MONDAY + HOUR)["acknowledge"].due_at == MONDAY + 2 * HOUR


def test_a_calendar_that_the_host_does_not_have_is_named() -> None:
    targets = Targets(targets=(usual("acknowledge", "4h business", calendar="night"),))
    engine = ComplaintEngine(Tickets(), targets=lambda _complaint, _at: targets)
    begun(engine)
    with pytest.raises(InvalidValue, match="'night'"):
        engine.timers("c-1", now=MONDAY)


@settings(max_examples=20)
@given(strategies.complaints())
def test_an_engine_reads_a_complaint_as_the_desk_does(complaint: Complaint) -> None:  # C035
    assert facts_of(complaint) == TRACKED[Complaint].facts(complaint)


# -- imports -------------------------------------------------------------------------------------


def test_importing_the_engine_loads_no_storage_and_no_other_slice() -> None:  # C056
    code = "import sys; import servicecrm.complaints.engine; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    loaded = done.stdout.split()
    ours = {name.split(".")[1] for name in loaded if name.startswith("servicecrm.")}
    assert ours == {"complaints", "tracking", "calendars", "kernel", "errors"}
    assert not {"sqlite3", "psycopg"} & set(loaded)

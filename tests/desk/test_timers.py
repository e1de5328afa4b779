"""What is due, at the desk: timers, what to do next, what a sweep fires, and what the rules of the day change."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.calendars import Calendar, Holiday
from servicecrm.cases import RequestType
from servicecrm.desk import Desk, House, connect, sweeping
from servicecrm.desk.sweeping import Swept
from servicecrm.errors import IdempotencyMismatch, InvalidValue, NotFound, PolicyViolation, RuleError
from servicecrm.kernel import filters
from servicecrm.kernel.decisions import decide, stamp
from servicecrm.kernel.records import evolve
from servicecrm.testing import FixedClock, SeededIds
from servicecrm.testing.contract.examples import sealed_head
from servicecrm.testing.makers import MONDAY
from servicecrm.tracking import Clock, Goal, Ladder, RecordEscalated, Rung, Targets, Threshold, clock_id, usual
from servicecrm.tracking.clock_events import ClockRefreshed
from tests.desk.calling import LIFECYCLES, WITH_CLOCKS, bring, call_of
from tests.desk.changing import check_clock

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ANN = "ann@city.example"

PROMISES = Targets(
    targets=(
        usual("acknowledge", "4h business", thresholds=(Threshold(at="75%"),)),
        usual(
            "resolution",
            "2 business days",
            ladder=Ladder(
                rungs=(
                    Rung(at="due", to="lead"),
                    Rung(at="1 business day after", to="manager"),
                    Rung(at="2 business days after", to="director"),
                )
            ),
        ),
    )
)
HOUSE = House(
    roles=lambda role, _: {"lead": ("lea",), "manager": ("max", "mia")}.get(role, ()), deputies={"max": "mia"}
)


@pytest.fixture
def crm(url: str, clock: FixedClock) -> Iterator[Desk]:
    """A desk of a house with promises of its own, open from Monday to Friday, 9 to 17."""
    with connect(url, actor=ANN, clock=clock, ids=SeededIds(), house=HOUSE) as crm:
        crm.policies.publish(PROMISES, name="complaint", effective=MONDAY)
        yield crm


def events(swept: Swept, *, of: str | None = None) -> list[tuple[str, str, datetime]]:
    """What a sweep has fired, in its order: the type, the threshold or the role, and when."""
    fired: list[Any] = [each.event for each in swept.events if of in (None, each.id)]
    return [
        (
            event.type,
            event.to if isinstance(event, RecordEscalated) else f"{event.timer} {event.threshold}",
            event.occurred_at,
        )
        for event in fired
    ]


def told(crm: Desk) -> list[tuple[str, str]]:
    """In which words somebody is told of what was due, and who."""
    due = {"warned", "missed", "escalated", "copy_escalated"}
    return sorted((queued.topic, queued.recipient) for queued in crm.outbox.pending(limit=500) if queued.topic in due)


def kept(crm: Desk, id: str, kind: str = "complaint") -> Clock:
    """The clock of a record, as it is stored."""
    with crm.store.unit(readonly=True) as unit:
        return unit.get(Clock, clock_id(kind, id))


# -- timers --------------------------------------------------------------------------------------


def test_the_timers_of_a_record_are_told_by_its_id_and_its_number(crm: Desk, clock: FixedClock) -> None:  # C035, C036
    complaint = bring(crm, "complaints", "recorded")
    clock.advance(hours=1)

    timers = crm.timers(complaint.id)
    assert [timer.name for timer in timers] == ["acknowledge", "resolution"]
    acknowledge = timers["acknowledge"]
    assert (acknowledge.state, acknowledge.due_at) == ("running", MONDAY + 4 * HOUR)
    assert (acknowledge.elapsed, acknowledge.remaining) == (HOUR, 3 * HOUR)
    assert crm.timers(complaint.number) == timers

    crm.complaints.acknowledge(complaint.id)
    assert crm.timers(complaint.id)["acknowledge"].result == "met"


def test_timers_of_another_time_are_those_that_would_have_been_told_then(crm: Desk, clock: FixedClock) -> None:  # C035
    complaint = bring(crm, "complaints", "recorded")
    clock.advance(hours=1)
    then = crm.timers(complaint.id)
    clock.advance(days=9)

    assert crm.timers(complaint.id, at=MONDAY + HOUR) == then
    assert crm.timers(complaint.id)["acknowledge"].late
    assert crm.timers(complaint.id, at=MONDAY + 9 * DAY + HOUR) == crm.timers(complaint.id)


def test_why_something_was_late_is_told_by_the_calendar_of_then(crm: Desk, clock: FixedClock) -> None:  # C035
    complaint = bring(crm, "complaints", "recorded")
    clock.advance(hours=6)
    crm.complaints.acknowledge(complaint.id)
    then = crm.timers(complaint.id)["acknowledge"].explain()
    assert then.splitlines()[1:-1] == [
        "4h business from Mon 2026-03-02 09:00:00+0000",
        "  open    Mon 2026-03-02 09:00:00+0000 to Mon 2026-03-02 13:00:00+0000  4:00:00",
        "due Mon 2026-03-02 13:00:00+0000",
        "  open    Mon 2026-03-02 13:00:00+0000 to Mon 2026-03-02 15:00:00+0000  2:00:00",
        "stopped Mon 2026-03-02 15:00:00+0000, late by 2:00:00 of open time",
    ]

    night = Calendar(zone="UTC", hours="mon-fri 20:00-24:00")
    for _ in range(2):
        clock.advance(days=1)
        crm.policies.publish(night, name="default", effective=clock())
        crm.policies.publish(Targets(), name="complaint", effective=clock())
        crm.sweep()
        assert crm.timers(complaint.id)["acknowledge"].explain() == then


def test_a_result_whose_rules_are_gone_is_told_as_it_was_kept(crm: Desk, clock: FixedClock) -> None:  # C035
    complaint = bring(crm, "complaints", "recorded")
    crm.complaints.acknowledge(complaint.id)
    for rules in ("policy 9; default@0", "policy 1; default@9", "policy 1; other@0", "rules of another house"):
        clocked = kept(crm, complaint.id)
        with crm.store.unit() as unit:
            results = tuple(evolve(each, basis=rules) if each.done else each for each in clocked.timers)
            unit.save(decide(clocked, ClockRefreshed(**stamp(ANN, clock())), timers=results))
        assert crm.timers(complaint.id)["acknowledge"].explain().splitlines()[1:] == [
            "from Mon 2026-03-02 09:00:00+0000",
            "due Mon 2026-03-02 13:00:00+0000",
            "stopped Mon 2026-03-02 09:00:00+0000, with 4:00:00 left",
            f"settled under {rules}",
        ]


def test_a_wait_for_the_customer_takes_no_time_away(crm: Desk, clock: FixedClock) -> None:  # C035, K14
    complaint = bring(crm, "complaints", "waiting")
    left = crm.timers(complaint.id)["resolution"].remaining
    clock.advance(days=30)
    assert crm.timers(complaint.id)["resolution"].state == "paused"
    assert [each.event for each in crm.sweep().events if each.event.type == "timer.missed"] == []

    resumed = crm.complaints.resume(complaint.id)
    assert crm.timers(complaint.id)["resolution"].remaining == left
    check_clock(crm, resumed)


@pytest.mark.parametrize("part", WITH_CLOCKS)
@given(steps=st.lists(st.tuples(st.integers(0, 99), st.integers(0, 300), st.booleans()), max_size=12))
def test_whatever_happens_to_a_record_its_clock_says_what_its_timers_come_to(  # C035, C037
    part: str, steps: list[tuple[int, int, bool]]
) -> None:
    clock = FixedClock()
    with connect("memory:", actor=ANN, clock=clock, ids=SeededIds()) as crm:
        record = bring(crm, part, LIFECYCLES[part].initial)
        for choice, minutes, sweeps in steps:
            clock.advance(minutes=minutes)
            allowed = LIFECYCLES[part].allowed(record)
            action = allowed[choice % len(allowed)] if allowed else "none"
            try:
                record = getattr(getattr(crm, part), action)(record.id, **call_of(f"{part}.{action}").told)
            except (AttributeError, RuleError):
                continue  # something has to be there first
            if sweeps:
                crm.sweep()
                assert crm.sweep() == Swept()
                record = getattr(crm, part).get(record.id)
            check_clock(crm, record)


def test_a_result_stands_whatever_becomes_of_the_rules(crm: Desk, clock: FixedClock) -> None:  # C035
    complaint = bring(crm, "complaints", "recorded")
    clock.advance(hours=2)
    crm.complaints.acknowledge(complaint.id)
    stricter = Targets(targets=(usual("acknowledge", "1h business"),))
    crm.policies.publish(stricter, name="complaint", effective=clock())

    assert crm.timers(complaint.id)["acknowledge"].result == "met"
    crm.sweep()
    assert crm.timers(complaint.id)["acknowledge"].result == "met"


def test_a_kept_clock_goes_on_when_it_is_a_complaint_again(clock: FixedClock) -> None:  # C041
    with connect("memory:", actor=ANN, clock=clock, ids=SeededIds()) as crm:
        complaint = bring(crm, "complaints", "in_handling")
        met = crm.timers(complaint.id)["acknowledge"]
        clock.advance(hours=1)
        crm.complaints.reclassify(complaint.id, "request", reason="asks for a date")
        assert {timer.state for timer in crm.timers(complaint.id)} == {"met", "cancelled"}
        clock.advance(hours=2)
        crm.complaints.reclassify(complaint.id, "complaint", reason="complains after all")

        again = crm.timers(complaint.id)
        assert again.each("acknowledge") == (met,)
        (resolution,) = again.each("resolution")
        assert (resolution.state, resolution.started_at) == ("running", MONDAY)
        assert resolution.pauses == ((MONDAY + HOUR, MONDAY + 3 * HOUR),)
        assert kept(crm, complaint.id).due_at == again.due_at
        assert crm.sweep() == Swept()


def test_a_record_that_is_not_there_has_no_timers(crm: Desk) -> None:
    for id in ("no-such", "CMP-2026-000099", "CAS-2026-000099", "ACT-2026-000099"):
        with pytest.raises(NotFound):
            crm.timers(id)
        with pytest.raises(NotFound):
            crm.escalate(id, "manager", reason="a school", timer="resolution")


def test_an_escalation_again_by_the_same_command_changes_nothing(crm: Desk, clock: FixedClock) -> None:  # C039, C125
    complaint = bring(crm, "complaints", "recorded")

    def escalate(role: str) -> Clock:
        return crm.escalate(complaint.id, role, reason="a school", timer="resolution", command="k-1")

    first = escalate("manager")
    assert kept(crm, complaint.id) == first
    head, notices = sealed_head(crm.store), told(crm)
    clock.advance(minutes=1)

    assert escalate("manager") == first
    with pytest.raises(IdempotencyMismatch):
        escalate("director")
    assert (sealed_head(crm.store), told(crm)) == (head, notices)


# -- the worklist --------------------------------------------------------------------------------


def test_a_worklist_holds_what_somebody_has_of_every_kind_what_is_due_first_first(crm: Desk) -> None:
    complaint = bring(crm, "complaints", "in_handling", due_at=MONDAY + 2 * DAY)
    waiting = bring(crm, "complaints", "waiting", due_at=MONDAY + 4 * DAY)
    case = crm.cases.assign(bring(crm, "cases", "routed").id, "north")
    queued = crm.cases.route(bring(crm, "cases", "new").id, "north")
    item = bring(crm, "actions", "open", owner="north", due_at=MONDAY + 3 * DAY)
    answered = bring(crm, "complaints", "responded")
    bring(crm, "complaints", "closed")
    bring(crm, "complaints", "recorded")
    crm.complaints.forward(bring(crm, "complaints", "in_handling").id, "south")

    work = list(crm.worklist("north"))
    assert {record.id for record in work} == {complaint.id, waiting.id, case.id, queued.id, item.id, answered.id}
    *due, nothing = (crm.timers(record.id).due_at for record in work)
    assert (sorted(at for at in due if at), nothing, work[-1].id) == (due, None, answered.id)
    pages, after = [], None
    while True:
        page = crm.worklist("north", limit=1, after=after)
        pages += list(page)
        after = page.next
        if after is None:
            break
    assert pages == work
    assert list(crm.worklist("nobody")) == []


# -- the sweep -----------------------------------------------------------------------------------


def test_a_warning_and_a_miss_are_fired_once_each_however_often_anybody_sweeps(  # C037, K15, S3-P4
    crm: Desk, clock: FixedClock
) -> None:
    complaint = bring(crm, "complaints", "recorded")
    assert crm.sweep() == Swept()

    clock.advance(hours=3)
    swept = crm.sweep()
    assert events(swept) == [("timer.warned", "acknowledge 75%", MONDAY + 3 * HOUR)]
    assert [(each.kind, each.id, each.number) for each in swept.events] == [
        ("complaint", complaint.id, complaint.number)
    ]
    clock.advance(hours=1, minutes=1)
    assert [type for type, *_ in events(crm.sweep())] == ["timer.missed"]
    head = sealed_head(crm.store)
    assert crm.sweep() == Swept()
    assert sealed_head(crm.store) == head
    assert kept(crm, complaint.id).next_at == crm.timers(complaint.id).next_at


def test_a_sweep_after_a_long_silence_fires_everything_in_order_as_of_when_it_was_due(  # C037, C039
    crm: Desk, clock: FixedClock
) -> None:
    silent = bring(crm, "complaints", "recorded")
    bring(crm, "complaints", "in_handling")
    clock.advance(days=30)

    assert events(crm.sweep(), of=silent.id) == [
        ("timer.warned", "acknowledge 75%", MONDAY + 3 * HOUR),
        ("timer.missed", "acknowledge due", MONDAY + 4 * HOUR),
        ("timer.missed", "resolution due", MONDAY + 2 * DAY),
        ("record.escalated", "lead", MONDAY + 2 * DAY),
        ("record.escalated", "manager", MONDAY + 3 * DAY),
        ("record.escalated", "director", MONDAY + 4 * DAY),
    ]


def test_a_sweep_of_an_earlier_time_fires_what_was_due_by_then(crm: Desk, clock: FixedClock) -> None:  # C037
    bring(crm, "complaints", "recorded")
    clock.advance(days=30)

    assert [type for type, *_ in events(crm.sweep(MONDAY + 3 * HOUR))] == ["timer.warned"]
    assert crm.sweep(MONDAY + 3 * HOUR) == Swept()
    assert len(crm.sweep().events) == 5


def test_whoever_has_a_record_is_told_of_what_was_missed(crm: Desk, clock: FixedClock) -> None:  # C037, C061
    bring(crm, "complaints", "in_handling")
    clock.advance(days=3, minutes=1)
    crm.sweep()

    assert told(crm) == [
        ("copy_escalated", "north"),
        ("copy_escalated", "north"),
        ("escalated", "lea"),
        ("escalated", "mia"),  # for Max, who is away
        ("missed", "north"),
    ]


def test_a_change_that_comes_too_late_tells_of_what_was_missed_before_any_sweep(  # C037
    crm: Desk, clock: FixedClock
) -> None:
    complaint = bring(crm, "complaints", "in_handling")
    clock.advance(days=2, minutes=1)
    crm.complaints.note(complaint.id, "Called back.")

    assert told(crm) == [("copy_escalated", "north"), ("escalated", "lea"), ("missed", "north")]
    assert crm.sweep() == Swept()


def test_clocks_that_cannot_be_read_are_named_and_the_others_are_swept(crm: Desk, clock: FixedClock) -> None:  # C037
    good, case = bring(crm, "complaints", "recorded"), bring(crm, "cases", "routed")
    let_no_case_be_read(crm)
    clock.advance(days=1)
    swept = crm.sweep()

    assert swept.failed == (case.id,)
    assert {each.id for each in swept.events} == {good.id}


def test_where_too_many_clocks_of_a_kind_cannot_be_read_those_of_others_are(  # C037
    crm: Desk, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(7):
        bring(crm, "cases", "routed")
    due = clock() + timedelta(hours=2)
    task = crm.actions.open("Call back", owner="ann", due_at=due, source_kind="inspection", source="i-1")
    let_no_case_be_read(crm)
    clock.advance(days=1)
    monkeypatch.setattr(sweeping, "BATCH", 2)
    monkeypatch.setattr(sweeping, "GIVEN_UP", 5)
    monkeypatch.setattr(filters, "MAX_VALUES", 5)
    swept = crm.sweep()

    assert len(swept.failed) == 4
    assert {each.id for each in swept.events} == {task.id}


def let_no_case_be_read(crm: Desk) -> None:
    """Publish targets by a calendar that has ended."""
    over = Calendar(zone="UTC", hours="mon-fri 09:00-17:00", valid_until=date(2026, 3, 2))
    crm.policies.publish(over, name="summer", effective=MONDAY)
    accept = usual("accept", "9h business", calendar="summer")
    crm.policies.publish(Targets(targets=(accept,)), name="case", effective=MONDAY)


# -- escalation ----------------------------------------------------------------------------------


def test_somebody_may_put_a_record_before_a_higher_role_at_once(crm: Desk, clock: FixedClock) -> None:  # C039, K26
    # S3-P4
    complaint = bring(crm, "complaints", "in_handling")
    escalated = crm.escalate(complaint.number, "manager", reason="a school", timer="resolution")

    assert escalated == kept(crm, complaint.id)
    assert escalated.level == 2
    entry = history_of_clock(crm, complaint.id)[-1]
    assert (entry.type, entry.by, entry.data["to"], entry.data["person"]) == ("record.escalated", ANN, "manager", "mia")
    assert told(crm) == [("copy_escalated", "north"), ("escalated", "mia")]

    clock.advance(days=30)
    higher = [role for type, role, _ in events(crm.sweep()) if type == "record.escalated"]
    assert higher == ["director"]  # levels only rise
    for role in ("lead", "manager", "director"):
        with pytest.raises(PolicyViolation):
            crm.escalate(complaint.id, role, reason="a school", timer="resolution")


def history_of_clock(crm: Desk, id: str) -> tuple[Any, ...]:
    return crm.history(clock_id("complaint", id))


@pytest.mark.parametrize(
    ("role", "reason", "timer", "says"),
    [
        ("king", "a school", "resolution", "lead, manager, director"),
        ("manager", " ", "resolution", "reason"),
        ("manager", "a school", "acknowledge", "those with a ladder: resolution"),
        ("manager", "a school", "flight", "those with a ladder: resolution"),
    ],
)
def test_an_escalation_that_leads_nowhere_is_refused_and_nobody_is_told(
    crm: Desk, role: str, reason: str, timer: str, says: str
) -> None:
    complaint = bring(crm, "complaints", "in_handling")
    head = sealed_head(crm.store)
    with pytest.raises(RuleError, match=says):
        crm.escalate(complaint.id, role, reason=reason, timer=timer)

    assert sealed_head(crm.store) == head
    assert told(crm) == []


# -- the rules of the day ------------------------------------------------------------------------


def test_published_targets_move_what_is_due_at_once_and_the_clock_at_the_next_change_or_sweep(  # C008, C036
    crm: Desk, clock: FixedClock
) -> None:
    changed, swept = (bring(crm, "complaints", "recorded") for _ in range(2))
    soon = Targets(targets=(usual("acknowledge", "1h business"),))
    crm.policies.publish(soon, name="complaint", effective=MONDAY + HOUR / 2)
    clock.advance(minutes=30)

    for complaint in (changed, swept):
        assert crm.timers(complaint.id)["acknowledge"].due_at == MONDAY + HOUR
        assert kept(crm, complaint.id).due_at == MONDAY + 4 * HOUR
    check_clock(crm, crm.complaints.note(changed.id, "Called back."))
    assert crm.sweep().clocks == 1
    check_clock(crm, crm.complaints.get(swept.id))
    assert crm.policies.in_force(Targets, "complaint") == soon
    assert crm.policies.in_force(Targets, "complaint", at=MONDAY) == PROMISES


def test_a_published_calendar_moves_what_is_due(crm: Desk) -> None:  # C034
    complaint, case = bring(crm, "complaints", "recorded"), bring(crm, "cases", "new")
    before = crm.timers(case.id)["resolution"].due_at
    assert before is not None
    long_weekend = Calendar(
        zone="UTC", hours="mon-fri 09:00-17:00", holidays=(Holiday(date=date(2026, 3, 3), name="Town day"),)
    )
    crm.policies.publish(long_weekend, name="default", effective=MONDAY)

    assert crm.timers(complaint.id)["resolution"].due_at == MONDAY + 3 * DAY
    assert crm.timers(case.id)["resolution"].due_at == before + DAY
    assert crm.sweep().clocks == 2
    check_clock(crm, complaint)
    check_clock(crm, case)


def test_a_target_may_have_a_calendar_of_its_own(crm: Desk) -> None:  # C034, C036
    always = Calendar(zone="UTC", hours="mon-sun 00:00-24:00")
    needs_it = Targets(targets=(usual("acknowledge", "12h business", calendar="always"),))
    with pytest.raises(InvalidValue):
        crm.policies.publish(needs_it, name="complaint", effective=MONDAY)
    crm.policies.publish(always, name="always", effective=MONDAY)
    crm.policies.publish(needs_it, name="complaint", effective=MONDAY + HOUR)

    complaint = bring(crm, "complaints", "recorded")
    due = crm.timers(complaint.id, at=MONDAY + HOUR)["acknowledge"].due_at
    assert due == MONDAY + 12 * HOUR


def test_a_target_that_waits_for_what_never_happens_is_refused(crm: Desk) -> None:  # C036
    for name, timer in (("complaint", "accept"), ("case", "action_due"), ("flight", "resolution")):
        with pytest.raises(InvalidValue):
            crm.policies.publish(Targets(targets=(usual(timer, "1h elapsed"),)), name=name, effective=MONDAY + DAY)
    assert len(crm.policies.book(Targets, "complaint").versions) == 1
    assert crm.policies.book(Targets, "case").versions == ()


@pytest.mark.parametrize(("request_type", "priority", "hours"), [(None, None, 8), ("leak", None, 4), ("leak", "p1", 1)])
def test_how_long_it_may_take_depends_on_type_and_priority(  # C036
    crm: Desk, request_type: str | None, priority: str | None, hours: int
) -> None:
    goals = (
        Goal(within="4h elapsed", types=("leak",)),
        Goal(within="1h elapsed", types=("leak",), priorities=("p1",)),
    )
    crm.policies.publish(
        Targets(targets=(usual("resolution", "8h elapsed", goals=goals),)), name="case", effective=MONDAY
    )
    crm.policies.publish(RequestType(code="leak"), effective=MONDAY)
    case = crm.cases.open(subject="A leak", channel="web", request_type=request_type, priority=priority)

    assert crm.timers(case.id)["resolution"].due_at == MONDAY + hours * HOUR
    if priority is None:
        case = crm.cases.rate(case.id, "p1")
        assert crm.timers(case.id)["resolution"].due_at == MONDAY + (1 if request_type else 8) * HOUR
        check_clock(crm, case)


def test_a_calendar_that_has_run_out_keeps_nobody_from_working() -> None:  # C034
    clock = FixedClock()
    with connect("memory:", actor="ann@city.example", clock=clock, ids=SeededIds()) as crm:
        today = clock().date()
        short = Calendar(zone="UTC", hours="mon-fri 09:00-17:00", valid_until=today + timedelta(days=1))
        crm.policies.publish(short, effective=clock())
        complaint = crm.complaints.record(subject="No water", channel="phone")

        assert crm.complaints.acknowledge(complaint.id).state == "acknowledged"

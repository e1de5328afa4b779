"""A ladder leads upwards and ends: no circle, no rung out of turn, and always somebody, or at least a role."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.errors import InvalidValue, PolicyViolation
from servicecrm.kernel.decisions import Decision
from servicecrm.kernel.records import evolve
from servicecrm.tracking import (
    Clock,
    Facts,
    Ladder,
    Moments,
    RecordEscalated,
    Rung,
    Target,
    addressee,
    escalate,
    on,
    refresh,
)
from tests.tracking.lives import DAY, HOUR, T0, a_basis, happened, life, started

LADDER = Ladder(
    rungs=(
        Rung(at="75%", to="handler"),
        Rung(at="due", to="supervisor"),
        Rung(at="2 business days after", to="crm_manager"),
    )
)
PEOPLE = {"handler": ("ann",), "supervisor": ("sue", "dan"), "crm_manager": ("meg",)}
TARGET = Target(name="resolution", within="8h business", start=on("received"), stop=on("closed"), ladder=LADDER)
RECEIVED = life((0 * HOUR, "received"))


def swept(clock: Clock, at: timedelta, *, absent: tuple[str, ...] = (), moments: Moments = RECEIVED) -> Decision[Clock]:
    facts, basis = Facts(moments=moments), a_basis(TARGET)
    decision = refresh(clock, facts, basis, by="system", at=T0 + at, people=PEOPLE, absent=absent)
    assert decision is not None
    return decision


def escalations(decision: Decision[Clock]) -> list[tuple[int, str, str | None]]:
    return [(e.level, e.to, e.person) for e in decision.events if isinstance(e, RecordEscalated)]


def test_three_rungs_fire_in_order() -> None:  # C039
    decision = swept(started(RECEIVED, a_basis(TARGET)), 10 * DAY)

    assert escalations(decision) == [(1, "handler", "ann"), (2, "supervisor", "sue"), (3, "crm_manager", "meg")]
    assert [event.occurred_at - T0 for event in decision.events if isinstance(event, RecordEscalated)] == [
        6 * HOUR,
        8 * HOUR,
        3 * DAY,
    ]
    assert decision.after.level == 3


def test_a_requester_may_ask_for_a_higher_rung_with_a_reason() -> None:  # C039, K26
    clock = started(RECEIVED, a_basis(TARGET))

    decision = escalate(
        clock,
        "supervisor",
        timer="resolution",
        reason="Third call",
        ladder=LADDER,
        by="req",
        at=T0 + HOUR,
        people=PEOPLE,
    )

    (event,) = decision.events
    assert isinstance(event, RecordEscalated)
    assert (event.level, event.to, event.person) == (2, "supervisor", "sue")
    assert (event.timer, event.n, event.threshold, event.reason) == ("resolution", 1, None, "Third call")
    assert "Third call" not in repr(event)
    later = swept(decision.after, 10 * DAY)
    assert escalations(later) == [(3, "crm_manager", "meg")]


def test_levels_only_rise() -> None:
    clock = escalate(
        started(RECEIVED, a_basis(TARGET)),
        "supervisor",
        timer="resolution",
        reason="x",
        ladder=LADDER,
        by="req",
        at=T0 + HOUR,
    ).after

    for role in ("supervisor", "handler"):
        with pytest.raises(PolicyViolation, match="it has come to level 2 already, and levels only rise"):
            escalate(clock, role, timer="resolution", reason="again", ladder=LADDER, by="req", at=T0 + 2 * HOUR)
    with pytest.raises(PolicyViolation, match="it leads to handler, supervisor, crm_manager"):
        escalate(clock, "mayor", timer="resolution", reason="again", ladder=LADDER, by="req", at=T0 + 2 * HOUR)
    with pytest.raises(InvalidValue, match="must not be blank"):
        escalate(clock, "crm_manager", timer="resolution", reason=" ", ladder=LADDER, by="req", at=T0 + 2 * HOUR)


OTHER = evolve(
    TARGET,
    name="whole",
    within="24h business",
    start=on("received", "reopened"),
    each=True,
    ladder=Ladder(rungs=(Rung(at="due", to="mayor"), Rung(at="1 business day after", to="minister"))),
)


def read_on(clock: Clock, moments: Moments, at: timedelta) -> Decision[Clock]:
    decision = refresh(clock, Facts(moments=moments), a_basis(TARGET, OTHER), by="system", at=T0 + at)
    assert decision is not None
    return decision


def test_each_of_two_ladders_is_climbed_from_its_own_bottom() -> None:  # C039
    clock = started(RECEIVED, a_basis(TARGET, OTHER))
    moments = (*RECEIVED, happened("closed", T0 + 9 * DAY, 2))

    decision = read_on(clock, moments, 10 * DAY)

    assert [(timer, level) for timer, _, level in climbed(decision)] == [
        ("resolution", 1),
        ("resolution", 2),
        ("whole", 1),
        ("resolution", 3),
        ("whole", 2),
    ]
    assert decision.after.level == 3
    assert [(each.timer, each.n, each.level) for each in decision.after.escalated] == [
        ("resolution", 1, 3),
        ("whole", 1, 2),
    ]


def test_a_new_instance_starts_at_the_bottom_and_the_record_stays_as_high_as_it_came() -> None:  # C039, C050
    moments = (*RECEIVED, happened("closed", T0 + 5 * DAY, 2), happened("reopened", T0 + 6 * DAY, 3))
    first = read_on(started(RECEIVED, a_basis(TARGET, OTHER)), moments, 6 * DAY).after

    second = read_on(first, moments, 10 * DAY)

    assert climbed(second) == [("whole", 2, 1)]
    assert (first.level, second.after.level) == (3, 3)


def test_who_asks_for_a_higher_role_climbs_the_ladder_of_the_instance_that_runs() -> None:  # C039
    moments = (*RECEIVED, happened("closed", T0 + 5 * DAY, 2), happened("reopened", T0 + 6 * DAY, 3))
    ladder = OTHER.ladder
    assert ladder is not None
    clock = read_on(started(RECEIVED, a_basis(TARGET, OTHER)), moments, 6 * DAY).after

    asked = escalate(clock, "mayor", timer="whole", reason="Again!", ladder=ladder, by="req", at=T0 + 6 * DAY)

    assert climbed(asked) == [("whole", 2, 1)]
    assert climbed(read_on(asked.after, moments, 14 * DAY)) == [("whole", 2, 2)]
    yet_to_begin = escalate(clock, "mayor", timer="accept", reason="Now", ladder=ladder, by="req", at=T0 + 6 * DAY)
    assert climbed(yet_to_begin) == [("accept", 1, 1)]


def climbed(decision: Decision[Clock]) -> list[tuple[str | None, int | None, int]]:
    return [(e.timer, e.n, e.level) for e in decision.events if isinstance(e, RecordEscalated)]


def test_the_deputy_is_asked_if_the_person_is_away() -> None:  # C039
    decision = swept(started(RECEIVED, a_basis(TARGET)), 9 * HOUR, absent=("sue",))

    assert escalations(decision)[-1] == (2, "supervisor", "dan")


def test_where_nobody_is_there_the_next_rung_is_asked_and_only_once() -> None:
    decision = swept(started(RECEIVED, a_basis(TARGET)), 9 * HOUR, absent=("sue", "dan"))

    assert escalations(decision)[-1] == (3, "crm_manager", "meg")
    assert escalations(swept(decision.after, 10 * DAY)) == []


@given(st.sets(st.sampled_from(["ann", "sue", "dan", "meg"])), st.integers(1, 3))
def test_an_escalation_always_ends_at_a_role_of_the_ladder(absent: set[str], level: int) -> None:
    role, person = addressee(LADDER, level, PEOPLE, absent=absent)

    assert LADDER.level(role) >= level
    assert person not in absent
    assert (person is None) == (absent >= {each for rung in LADDER.rungs[level - 1 :] for each in PEOPLE[rung.to]})


def test_a_role_of_which_nobody_is_known_is_reached_as_it_is() -> None:
    assert addressee(LADDER, 2, {"crm_manager": ("meg",)}) == ("supervisor", None)


def test_who_has_a_role_may_be_asked_of_a_function() -> None:
    assert addressee(LADDER, 2, lambda role: (f"the {role}",)) == ("supervisor", "the supervisor")


@pytest.mark.parametrize(
    ("rungs", "says"),
    [
        ((), "a ladder has a rung or more"),
        ((Rung(at="75%", to="a"), Rung(at="due", to="b"), Rung(at="1h elapsed after", to="a")), "in a circle"),
        ((Rung(at="due", to="a"), Rung(at="75%", to="b")), "b is reached before a"),
        ((Rung(at="90%", to="a"), Rung(at="80%", to="b")), "b is reached before a"),
        ((Rung(at="1h elapsed after", to="a"), Rung(at="100%", to="b")), "b is reached before a"),
    ],
)
def test_a_ladder_that_leads_nowhere_is_refused(rungs: tuple[Rung, ...], says: str) -> None:  # C039
    with pytest.raises(InvalidValue, match=says):
        Ladder(rungs=rungs)


def test_a_rung_is_stepped_on_once_and_belongs_to_a_role() -> None:
    with pytest.raises(InvalidValue, match="reminders that repeat are thresholds"):
        Rung(at="every 1h elapsed", to="a")
    with pytest.raises(InvalidValue, match="must not be blank"):
        Rung(at="due", to=" ")

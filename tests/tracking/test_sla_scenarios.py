"""Scenarios of other systems' test suites, as data: what happened, and what every timer had to say to it.

Two differ on purpose. A resolution that came late is missed, whenever anybody looks (sla-28). A wait while the office
is shut costs nothing and gives nothing, so that it moves nothing (sla-38).
"""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from servicecrm.calendars import Calendar, Holiday
from servicecrm.tracking import (
    Basis,
    Clock,
    Facts,
    Goal,
    Moment,
    Moments,
    On,
    Side,
    Target,
    Targets,
    Threshold,
    Timer,
    TimerMissed,
    Timers,
    TimerWarned,
    on,
    refresh,
    start,
)
from tests.tracking.lives import ALWAYS, DAY, HOUR, MINUTE, OFFICE, T0, a_basis, happened, keys, life, seen, started

Scenario = dict[str, Any]

NOW: Final = T0 + 10 * HOUR
MOMENTS: Final = {
    "created": "received",
    "created_by_agent": "received inside",
    "created_by_customer": "received outside",
    "customer_message": "message outside",
    "agent_message": "message inside",
    "first_response": "first_response inside",
    "closed": "closed",
    "resolved": "state Resolved",
}
WAITS: Final = {"pause": on("state", codes=("pending close", "stalled", "Replied"))}
IN_OPEN: Final = on("message", side="outside")
IN_REPLY: Final = on("message", side="inside")


@pytest.fixture(scope="module")
def scenarios(shared: Path) -> dict[str, Scenario]:
    file = shared / "vectors" / "sla_scenarios.json"
    if not file.exists():
        pytest.skip("the scenarios are not in the folder `shared`")
    return {each["id"]: each for each in json.loads(file.read_text(encoding="utf-8"))["scenarios"]}


def instant(text: str) -> datetime:
    """A time as scenarios write it: an ISO time, `mon 12:00`, or a name with some minutes or hours: `t1+240m`."""
    if found := re.fullmatch(r"(mon|tue) (\d+):(\d+)", text):
        day = T0.replace(hour=0) + ("mon", "tue").index(found[1]) * DAY
        return day + int(found[2]) * HOUR + int(found[3]) * MINUTE
    if re.match(r"\d{4}-", text):
        at = datetime.fromisoformat(text)
        return at if at.tzinfo else at.replace(tzinfo=UTC)
    name, *shifts = re.findall(r"t\d|now|[+-]\d+[mh]", text)
    base = NOW if name == "now" else T0 + int(name[1:]) * 13 * MINUTE
    return base + sum((int(each[:-1]) * (HOUR if each[-1] == "h" else MINUTE) for each in shifts), timedelta(0))


def moments_of(scenario: Scenario) -> Moments:
    found: list[Moment] = []
    for at, what in scenario["events"]:
        for each in filter(None, what.split(" + ")):
            kind, _, code = each.partition(":")
            moment = happened(MOMENTS.get(kind, kind), instant(at), len(found) + 1)
            if kind == "state":
                moment = Moment(n=moment.n, kind="state", code=code, occurred_at=moment.occurred_at, recorded_at=NOW)
            found.append(moment)
    return tuple(found)


def a_target(name: str, minutes: float, *, start: tuple[On, ...], stop: tuple[On, ...], **more: Any) -> Target:
    calendar = more.get("calendar", "default")
    kind = "business" if calendar == "default" else "elapsed"
    return Target(name=name, within=f"{int(minutes * 60)}s {kind}", start=start, stop=stop, **more)


def targets_of(policy: dict[str, Any]) -> tuple[Target, ...]:
    """The targets of a policy, in the words of its system."""
    found = []
    done = on("closed") + on("state", codes=("Resolved", "Closed"))
    for name, limit in policy.items():
        if name == "first_response_min":
            found.append(a_target("first_response", limit, start=on("received"), stop=IN_REPLY + on("first_response")))
        elif name in ("update_min", "next_response_min"):
            found.append(a_target("update", limit, start=IN_OPEN, stop=IN_REPLY, each=True, **WAITS))
        elif name in ("resolution_min", "resolve_min", "resolution_h"):
            minutes = limit * 60 if name.endswith("_h") else limit
            found.append(a_target("resolution", minutes, start=on("received"), stop=done, **WAITS))
        elif name == "response_min":
            starts = on("received", "message", side="outside")
            waits = WAITS if "ignore_on" in policy else {}
            found.append(a_target("response", limit, start=starts, stop=IN_REPLY, each=True, **waits))
        elif name == "keep_in_loop_min":
            waits = WAITS if "keep_in_loop_ignore_on" in policy else {}
            found.append(
                a_target("keep_in_loop", limit, start=IN_REPLY, stop=IN_REPLY, cancel=IN_OPEN, each=True, **waits)
            )
    return tuple(found)


def calendar_of(scenario: Scenario) -> Calendar:
    given = scenario["calendar"]
    if given is None:
        return ALWAYS
    hours = "; ".join(f"{day} {', '.join('-'.join(s) for s in spans)}" for day, spans in given["weekly_hours"].items())
    days = tuple(Holiday(date=datetime.fromisoformat(day).date()) for day in given["holidays"])
    return Calendar(zone=given["zone"], hours=hours, holidays=days)


def read(scenario: Scenario, *, until: int | None = None, now: datetime | None = None) -> Timers:
    """The timers after the scenario, or after so many of its events."""
    moments = moments_of(scenario)[:until]
    basis = a_basis(*targets_of(scenario["policy"]), calendar=calendar_of(scenario))
    return basis.timers(Facts(moments=moments), now=now or moments[-1].occurred_at)


def running(found: Timers, name: str) -> datetime | None:
    """When a timer is due, if it runs."""
    return found[name].due_at if name in found and not found[name].done else None


def minutes(time: timedelta | None) -> float | None:
    return None if time is None else time / MINUTE


ASKED: Final[dict[str, Callable[[Timers], Any]]] = {
    "next_due": lambda found: found.due_at,
    "due": lambda found: found.due_at,
    "first_response_due": lambda found: running(found, "first_response"),
    "update_due": lambda found: running(found, "update"),
    "response_due": lambda found: running(found, "response"),
    "resolution_due": lambda found: found["resolution"].due_at,
    "first_response_took_min": lambda found: minutes(found["first_response"].elapsed),
    "first_response_margin_min": lambda found: minutes(found["first_response"].remaining),
    "update_took_min": lambda found: minutes(found["update"].elapsed),
    "update_margin_min": lambda found: minutes(found["update"].remaining),
    "worst_update_took_min": lambda found: minutes(worst(found).elapsed),
    "worst_update_margin_min": lambda found: minutes(worst(found).remaining),
    "resolution_took_min": lambda found: minutes(found["resolution"].elapsed),
    "resolution_seconds": lambda found: found["resolution"].elapsed.total_seconds(),
    "agreement": lambda found: {"met": "Fulfilled"}.get(str(found["resolution"].result)),
    "status": lambda found: found["resolution"].result,
}


def worst(found: Timers) -> Timer:
    return max(found.each("update"), key=lambda timer: timer.elapsed)


def wanted(expected: Any) -> Any:
    return instant(expected) if isinstance(expected, str) and re.match(r"t\d|mon|\d{4}", expected) else expected


@pytest.mark.parametrize(
    "id",
    [
        *("sla-01", "sla-02", "sla-05", "sla-06", "sla-07", "sla-10", "sla-11", "sla-12"),
        *("sla-14", "sla-15", "sla-18", "sla-22", "sla-26", "sla-28", "sla-32"),
    ],
)
def test_every_timer_says_what_the_scenario_expects(scenarios: dict[str, Scenario], id: str) -> None:
    scenario = scenarios[id]
    found = read(scenario)

    for asked, expected in scenario["expected"].items():
        assert ASKED[asked](found) == wanted(expected), asked


@pytest.mark.parametrize("id", ["sla-20", "sla-21"])
def test_every_step_of_a_conversation_is_as_the_scenario_expects(scenarios: dict[str, Scenario], id: str) -> None:
    scenario = scenarios[id]

    for step in scenario["expected"]:
        assert read(scenario, until=step["after"]).due_at == wanted(step["due"]), step


def test_a_reply_satisfies_the_update_timer(scenarios: dict[str, Scenario]) -> None:  # sla-04, zammad#3140
    scenario = scenarios["sla-04"]
    scenario = {**scenario, "events": [["2013-03-21T10:00:00Z", "first_response"], *scenario["events"]]}
    expected = scenario["expected"]

    found = read(scenario)

    assert running(found, "update") is None
    assert minutes(found["update"].elapsed) == expected["update_took_min"]
    assert minutes(found["update"].remaining) == expected["update_margin_min"]
    assert found.due_at == instant(expected["next_due"])


def test_a_priority_without_a_goal_removes_every_due_date(scenarios: dict[str, Scenario]) -> None:  # sla-09
    scenario = scenarios["sla-09"]
    targets = tuple(
        Target(
            name=each.name,
            start=each.start,
            stop=each.stop,
            each=each.each,
            goals=(Goal(within=each.within or "", priorities=("normal",)),),
        )
        for each in targets_of(scenario["policy"])
    )
    basis = a_basis(*targets, calendar=calendar_of(scenario))
    created = instant(scenario["events"][0][0])
    moments = (
        happened("received", created, 1),
        happened("rated normal", created, 2),
        happened("message outside", created, 3),
        happened("rated unmatched", created + 20 * MINUTE, 4),
    )

    before = basis.timers(Facts(moments=moments), now=created + 10 * MINUTE)
    after = basis.timers(Facts(moments=moments), now=created + 30 * MINUTE)

    assert [timer.due_at is None for timer in before] == [False, False, False]
    assert [timer.due_at for timer in after] == [None, None, None]
    assert (after.due_at, after.next_at) == (scenario["expected"]["next_due"], None)


def test_a_notice_is_given_once_a_day_and_a_quarter_of_an_hour_before(scenarios: dict[str, Scenario]) -> None:  # sla-17
    before = scenarios["sla-17"]["expected"]["warning_before_min"]
    points = (Threshold(at=f"{before}m elapsed before", per_day=1), Threshold(at="every 1h elapsed", per_day=1))
    target = Target(name="t", within="60m elapsed", start=on("received"), stop=on("closed"), thresholds=points)
    basis, moments = a_basis(target, calendar=ALWAYS), life((0 * HOUR, "received"))
    clock, told = started(moments, basis), []

    for step in range(15, 60 * 30, 15):
        decision = refresh(clock, Facts(moments=moments), basis, by="system", at=T0 + step * MINUTE)
        if decision is not None:
            clock = decision.after
            told += [e for e in decision.events if isinstance(e, TimerWarned | TimerMissed) and not e.quiet]

    assert [event.occurred_at - T0 for event in told] == [45 * MINUTE, HOUR, 2 * HOUR, 15 * HOUR]
    assert len({(event.threshold, event.occurred_at.date()) for event in told}) == len(told)


def test_another_level_counts_from_the_beginning(scenarios: dict[str, Scenario]) -> None:  # sla-23
    scenario = scenarios["sla-23"]
    short, long = (targets_of({"resolve_min": each}) for each in scenario["policy"]["resolve_min"])
    moments = life((0 * HOUR, "received"))
    clock = started(moments, a_basis(*short, policy=1, calendar=ALWAYS))

    after = seen(clock, moments, a_basis(*long, policy=2, calendar=ALWAYS), instant("t1"))

    assert clock.due_at == instant(scenario["expected"]["due_before"])
    assert after.due_at == instant(scenario["expected"]["due_after"])


def test_a_stalled_record_is_due_later_by_the_time_it_was_stalled(scenarios: dict[str, Scenario]) -> None:  # sla-25
    found = read(scenarios["sla-25"])

    assert found.due_at == instant("t0+120m") + (instant("t2") - instant("t1"))


def test_there_is_one_miss_for_each_instance(scenarios: dict[str, Scenario]) -> None:  # sla-27
    scenario = scenarios["sla-27"]
    first, nrt, resolution = targets_of(scenario["policy"])
    own = a_target("update", 60, start=nrt.start, stop=nrt.stop, cancel=nrt.start, each=True)  # one for each message
    basis = a_basis(first, own, resolution, calendar=ALWAYS)
    moments: Moments = ()
    clock: Clock | None = None
    missed: list[str] = []

    for at, what in scenario["events"]:
        if what:
            moments = (*moments, *moments_of({**scenario, "events": [[at, what]]}))
            continue
        facts = Facts(moments=tuple(happened_again(moment, n) for n, moment in enumerate(moments, 1)))
        if clock is None:
            decision = start("complaint", "c-1", facts, basis, by="system", at=NOW)
        else:
            again = refresh(clock, facts, basis, by="system", at=NOW)
            assert again is not None
            decision = again
        clock = decision.after
        missed += [event.timer for event in decision.events if isinstance(event, TimerMissed)]

    expected = scenario["expected"]["events"]
    counted = {
        short: missed.count(n) for short, n in (("frt", "first_response"), ("nrt", "update"), ("rt", "resolution"))
    }
    assert counted == expected
    assert clock is not None
    assert [result.state for result in clock.results if result.name == "resolution"] == [scenario["expected"]["status"]]


def happened_again(moment: Moment, n: int) -> Moment:
    return Moment(
        n=n,
        kind=moment.kind,
        occurred_at=moment.occurred_at,
        recorded_at=NOW,
        side=None if moment.side is None else Side(moment.side),
        code=moment.code,
    )


def test_people_are_told_in_working_time_again_after_a_while_and_no_more_once_it_is_done(
    scenarios: dict[str, Scenario],
) -> None:  # sla-29
    policy, expected = scenarios["sla-29"]["policy"], scenarios["sla-29"]["expected"]
    again = (Threshold(at="every 100m business"),)
    names = ("first_response", "resolution")
    targets = [
        Target(
            name=name,
            within=f"{policy[f'{name}_min']}m elapsed",
            start=on("received"),
            stop=stop,
            thresholds=again,
        )
        for name, stop in zip(names, (on("message"), on("closed")), strict=True)
    ]
    basis, night = a_basis(*targets), T0 - 6 * HOUR
    moments: Moments = (happened("received", night, 1),)
    clock = started(moments, basis, night)
    told: list[tuple[str, datetime]] = []

    def sweep(at: datetime) -> dict[str, int]:
        nonlocal clock
        decision = refresh(clock, Facts(moments=moments), basis, by="system", at=at)
        if decision is not None:
            clock = decision.after
            events = [event for event in decision.events if isinstance(event, TimerWarned | TimerMissed)]
            told.extend((event.timer, event.not_before or at) for event in events if not event.quiet)
        return {
            short: sum(t == name and when <= at for t, when in told) for short, name in zip(shorts, names, strict=True)
        }

    shorts = ("response", "resolution")
    assert sum(sweep(T0 - HOUR).values()) == expected[0]["start_events"]  # the calendar is closed
    assert sweep(T0) == expected[1]
    assert sweep(T0 + 99 * MINUTE) == expected[2]
    assert sweep(T0 + 100 * MINUTE) == expected[3]
    moments = (*moments, happened("message inside", T0 + 101 * MINUTE, 2))
    assert sweep(T0 + 200 * MINUTE) == {"response": 2, "resolution": 3}


def test_closing_later_does_not_change_what_was_resolved(scenarios: dict[str, Scenario]) -> None:  # sla-31, glpi#23359
    scenario = {**scenarios["sla-31"], "policy": {"resolution_min": 240}}

    found = read(scenario)

    assert ASKED["resolution_seconds"](found) == scenario["expected"]["resolution_seconds"]


@pytest.mark.parametrize("id", ["sla-33", "sla-34"])
def test_a_merged_record_has_no_timers_whatever_is_written_to_it(scenarios: dict[str, Scenario], id: str) -> None:
    # Where such a message is kept is not for timers to say; for them the merged record has ended.
    assert "customer_message on A" in [what for _, what in scenarios[id]["events"]]
    targets = Targets(targets=targets_of({"update_min": 60, "resolution_min": 60}), ends=on("merged"))
    basis = Basis(targets=targets, calendars={"default": ALWAYS})
    moments = life((0 * HOUR, "received"), (10 * MINUTE, "merged"), (20 * MINUTE, "message outside"))

    found = basis.timers(Facts(moments=moments), now=NOW)

    assert [(timer.name, timer.state) for timer in found] == [("resolution", "cancelled")]
    assert found.next_at is None


def test_an_agreement_may_count_from_the_receipt_or_from_when_it_was_attached(  # sla-36
    scenarios: dict[str, Scenario],
) -> None:
    policy, expected = scenarios["sla-36"]["policy"], scenarios["sla-36"]["expected"]
    levels = [re.fullmatch(r"(\w+)-(\d+)m", each) for each in expected["levels"]]
    before = {found[1]: int(found[2]) for found in levels if found}
    targets = []
    for name, hours in policy.items():
        short = name.removesuffix("_h")
        point = Threshold(at=f"{before[short]}m elapsed before")
        begin = on("received") if short.startswith("sla") else on("attached")
        targets.append(
            a_target(short, hours * 60, start=begin, stop=on("closed"), thresholds=(point,), calendar="always")
        )
    basis = a_basis(*targets, always=ALWAYS)
    moments = (happened("received", NOW - HOUR, 1), happened("attached", NOW, 2))

    found = basis.timers(Facts(moments=moments), now=NOW)
    later = basis.timers(Facts(moments=moments), now=NOW + 30 * DAY)

    for short, minutes_before in before.items():
        due = instant(expected[short])
        assert found[short].due_at == due
        assert later[short].firings[0].at == due - minutes_before * MINUTE


def test_a_wait_out_of_hours_moves_nothing(scenarios: dict[str, Scenario]) -> None:  # sla-38, ours; erpnext#47172
    scenario = {**scenarios["sla-38"], "calendar": scenarios["sla-32"]["calendar"]}
    expected = scenario["expected"]
    moments = moments_of({**scenario, "events": [*scenario["events"], ["2020-03-04T05:00", "state:Open"]]})
    basis = a_basis(*targets_of(scenario["policy"]), calendar=calendar_of(scenario))

    timer = basis.timers(Facts(moments=moments), now=instant("2020-03-04T12:00"))["resolution"]

    ((since, until),) = timer.pauses
    assert until is not None
    assert (until - since).total_seconds() == expected["hold_seconds_wall"]
    assert timer.elapsed == 2 * HOUR
    assert timer.due_at == instant(expected["resolution_due"])


def test_thresholds_fire_once_and_again_only_where_the_goal_moved_them(
    scenarios: dict[str, Scenario],
) -> None:  # sla-39
    scenario = scenarios["sla-39"]
    short, long = (
        Target(
            name="t",
            within=f"{goal}m elapsed",
            start=on("start"),
            stop=on("closed"),
            thresholds=(Threshold(at="75%"),),
        )
        for goal in scenario["policy"]["goal_min"]
    )
    moments = life((0 * HOUR, "start"))
    clock, fired = started(moments, a_basis(short, policy=1)), []

    for (at, what), target, policy in zip(scenario["events"][1:], (short, long, long, long), (1, 2, 2, 2), strict=True):
        before = len(clock.fired)
        clock = seen(clock, moments, a_basis(target, policy=policy), instant(at))
        found = [100 if key.endswith("due") else 75 for key in keys(clock)[before:]]
        fired.append({"rearmed": [75, 100]} if what == "goal doubled" and clock.next_at else {"fired": found})

    assert fired == scenario["expected"]


def test_every_scenario_is_tried(scenarios: dict[str, Scenario]) -> None:
    text = Path(__file__).read_text(encoding="utf-8")

    assert [id for id in scenarios if text.count(id) < 1] == []
    assert OFFICE.hours != ALWAYS.hours

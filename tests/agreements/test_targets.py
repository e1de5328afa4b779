"""Which target counts: line, customer, corporate, default; and what timers make of it."""

from datetime import date
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm import agreements
from servicecrm.agreements import (
    AgreementPolicy,
    Entitlement,
    LevelTarget,
    Line,
    Promised,
    ServiceLevels,
    TargetSource,
    TimeTarget,
    entitlement,
    levels_of,
    overlay,
    unmeasured,
)
from servicecrm.kernel.records import evolve
from servicecrm.tracking.ready_made import usual
from servicecrm.tracking.targets import Goal, Target, Targets
from tests.agreements.making import CAFE, DAY, LEVELS, MONDAY, at, general_in_force, in_force, signed

PRIORITIES = ("p1", "p2", "p3", None)


def times(within: str, *priorities: str, timer: str = "resolution", **more: Any) -> ServiceLevels:
    return ServiceLevels(times=(TimeTarget(timer=timer, within=within, priorities=priorities, **more),))


def policy(*corporate: Promised, default: ServiceLevels | None = None) -> AgreementPolicy:
    return AgreementPolicy(default=default or times("40h business"), corporate=corporate)


def entitled(*there: str, service: str = "water") -> Entitlement:
    """With what is there: at the line, for the customer, for everybody."""
    return entitlement(
        CAFE,
        service,
        at=MONDAY,
        agreements=[in_force(lines=(Line(service="water", levels=times("1h business")),))] if "line" in there else [],
        general=[general_in_force(levels=times("2h business"))] if "customer" in there else [],
        policy=policy(*([Promised(levels=times("3h business"))] if "corporate" in there else [])),
    )


@pytest.mark.parametrize("there", list(product([True, False], repeat=3)))
def test_the_most_specific_target_counts(there: tuple[bool, ...]) -> None:  # C031
    names = [name for name, is_there in zip(("line", "customer", "corporate"), there, strict=True) if is_there]

    found = entitled(*names).time("resolution")

    expected = names[0] if names else "default"
    assert found is not None
    assert found.source == expected
    within = {"line": "1h", "customer": "2h", "corporate": "3h", "default": "40h"}[expected]
    assert found.target == times(f"{within} business").times[0]
    assert found.of == {"line": "a-1", "customer": "g-1"}.get(expected)


def test_another_service_and_another_customer_have_no_line() -> None:  # C031
    assert [tier.source for tier in entitled("line", service="gas").tiers] == [TargetSource.DEFAULT]
    other = entitlement("bakery", "water", at=MONDAY, agreements=[in_force()], general=[general_in_force()])
    nobody = entitlement(None, None, at=MONDAY, agreements=[in_force()], general=[general_in_force()])
    assert {tier.source for tier in (*other.tiers, *nobody.tiers)} == {TargetSource.DEFAULT}


TREE = (CAFE, "group", "holding")
PLACES = tuple(product(TREE, ("line", "customer")))


@given(st.sets(st.sampled_from(PLACES)), st.permutations(range(3)))
def test_what_is_agreed_with_the_nearest_whole_counts_where_a_part_has_nothing_of_its_own(  # C016, C031
    there: set[tuple[str, str]], order: list[int]
) -> None:
    lines = [evolve(in_force(f"a-{party}"), customer=party) for party in TREE if (party, "line") in there]
    of_all = [
        evolve(general_in_force(f"g-{party}", levels=LEVELS), customer=party)
        for party in TREE
        if (party, "customer") in there
    ]

    found = entitlement(
        CAFE,
        "water",
        at=MONDAY,
        above=TREE[1:],
        agreements=[lines[n] for n in order if n < len(lines)],
        general=[of_all[n] for n in order if n < len(of_all)],
        policy=policy(),
    )

    nearest = [f"{'a' if place == 'line' else 'g'}-{party}" for party, place in PLACES if (party, place) in there]
    assert [tier.of for tier in found.tiers] == [*nearest, None]


def test_what_is_agreed_with_a_part_holds_for_nobody_above_it_or_beside_it() -> None:  # C016, C031
    agreements = [in_force()]

    for customer in ("group", "bakery"):
        found = entitlement(customer, "water", at=MONDAY, above=["holding"], agreements=agreements)
        assert {tier.source for tier in found.tiers} == {TargetSource.DEFAULT}
    nobody = entitlement(None, "water", at=MONDAY, above=[CAFE], agreements=agreements)
    assert {tier.source for tier in nobody.tiers} == {TargetSource.DEFAULT}


def test_the_day_after_its_end_the_default_counts_again() -> None:  # C031
    agreement = in_force(last_day=date(2026, 6, 30))

    def source(*when: int) -> str | None:
        found = entitlement(CAFE, "water", at=at(*when), agreements=[agreement]).time("resolution")
        return None if found is None else found.source

    assert source(2026, 6, 30, 23, 59) == TargetSource.LINE
    assert source(2026, 7, 1) == TargetSource.DEFAULT


def test_what_is_promised_for_a_service_comes_before_what_is_promised_for_all() -> None:  # C031
    house = policy(Promised(levels=times("9h business")), Promised(levels=times("3h business"), services=("water",)))

    for service, within in {"water": "3h business", "gas": "9h business"}.items():
        found = entitlement(CAFE, service, at=MONDAY, policy=house).time("resolution")
        assert found is not None
        assert isinstance(found.target, TimeTarget)
        assert found.target.within == within


def test_of_several_agreements_the_one_counts_that_came_into_force_last() -> None:  # C031
    older = in_force("a-1", lines=(Line(service="water", levels=times("1h business")),))
    newer = signed("a-0", lines=(Line(service="water", levels=times("2h business")),), first_day=date(2026, 3, 5))

    found = entitlement(CAFE, "water", at=MONDAY + 9 * DAY, agreements=[newer, older]).time("resolution")
    assert found is not None
    assert found.of == "a-0"


def test_each_target_is_looked_for_on_its_own() -> None:  # C031
    found = entitlement(CAFE, "water", at=MONDAY, agreements=[in_force(lines=(Line(service="water", levels=LEVELS),))])

    resolution, acknowledge, available = (
        found.time("resolution"),
        found.time("acknowledge"),
        found.level("availability"),
    )
    assert resolution is not None
    assert acknowledge is not None
    assert available is not None
    assert (resolution.source, acknowledge.source, available.source) == ("line", "default", "line")
    assert found.time("unheard_of") is None
    assert found.level("availability", "year") is None


def test_what_is_agreed_for_a_priority_comes_before_what_is_agreed_for_all() -> None:  # C031
    both = ServiceLevels(times=(*times("8h business").times, *times("1h business", "p1").times))
    found = entitlement(CAFE, "water", at=MONDAY, agreements=[in_force(lines=(Line(service="water", levels=both),))])

    within = {priority: found.time("resolution", priority) for priority in ("p1", "p2", None)}
    assert {priority: each and getattr(each.target, "within", None) for priority, each in within.items()} == {
        "p1": "1h business",
        "p2": "8h business",
        None: "8h business",
    }


def test_it_explains_itself_in_every_language() -> None:  # C031, C093
    found = entitled("line", "customer", "corporate")

    assert found.explain() == "resolution: 1h business (agreed for this service, in a-1)"
    assert "für diesen Service vereinbart" in found.explain(language="de")
    level = ServiceLevels(levels=(LevelTarget(measure="availability", at_least=Decimal("99.5")),))
    told = entitlement(None, None, at=MONDAY, policy=policy(default=level)).explain()
    assert told == "availability: >= 99.5 percent, every month (default of the house)"


# -- timers ----------------------------------------------------------------------------------------

WITHIN = tuple(f"{hours}h business" for hours in range(1, 9))
SOME = st.lists(
    st.builds(
        lambda within, priorities: times(within, *priorities),
        st.sampled_from(WITHIN),
        st.sets(st.sampled_from(("p1", "p2", "p3"))).map(sorted),
    ),
    max_size=3,
)
HOUSE = usual(
    "resolution",
    "80h business",
    goals=(
        Goal(within="70h business", priorities=("p1", "p2")),
        Goal(within="60h business", types=("leak",)),
        Goal(within="50h business", types=("leak",), season="11-01 to 03-31"),
        Goal(within="45h business", priorities=("p1",), types=("leak",), season="11-01 to 03-31"),
    ),
)


@given(SOME, st.sampled_from(PRIORITIES), st.sampled_from(["leak", "noise", None]), st.sampled_from([1, 6]))
def test_a_timer_runs_for_as_long_as_the_most_specific_promise_says(  # C031, C036
    tiers: list[ServiceLevels], priority: str | None, type: str | None, month: int
) -> None:
    found = Entitlement(
        customer=None,
        service=None,
        at=MONDAY,
        tiers=tuple(agreements.Tier(source=TargetSource.CORPORATE, levels=levels) for levels in tiers),
    )

    day = date(2026, month, 15)
    of_house = HOUSE.goal(priority, type, day)
    overlaid = overlay(Targets(targets=(HOUSE,)), found).targets[0].goal(priority, type, day)
    promised = found.time("resolution", priority)

    assert overlaid is not None
    assert of_house is not None
    expected = of_house if promised is None else promised.target
    assert overlaid.within == getattr(expected, "within", None)


def test_what_begins_and_stops_a_timer_stays_that_of_the_house() -> None:  # C036
    house = Targets(targets=(HOUSE, usual("acknowledge", "4h business")))

    overlaid = overlay(house, entitled("line"))

    assert [target.name for target in overlaid.targets] == ["resolution", "acknowledge"]
    assert overlaid.targets[0].start == HOUSE.start
    assert overlaid.targets[1] == house.targets[1]
    assert overlay(house, entitled()) == house


def test_an_agreed_calendar_counts_for_its_own_targets_only() -> None:
    target: Target = usual("resolution", "80h business", calendar="office")
    both = ServiceLevels(
        times=(
            TimeTarget(timer="resolution", within="1h business", priorities=("p1",)),
            TimeTarget(timer="resolution", within="2h business", calendar="always"),
        )
    )
    found = entitlement(CAFE, "water", at=MONDAY, agreements=[in_force(lines=(Line(service="water", levels=both),))])

    (overlaid,) = overlay(Targets(targets=(target,)), found).targets

    assert overlaid.calendar == "always"
    assert [(goal.priorities, goal.calendar) for goal in overlaid.goals] == [(("p1",), "office")]


def test_the_targets_of_a_house_are_its_default() -> None:  # C031
    levels = levels_of(Targets(targets=(HOUSE,)))

    assert [(each.within, each.priorities) for each in levels.times] == [
        ("70h business", ("p1", "p2")),
        ("80h business", ()),
    ]


def test_a_promise_that_nobody_would_measure_is_told() -> None:
    found = entitlement(None, None, at=MONDAY, policy=policy(Promised(levels=times("1h business", timer="call_back"))))

    assert unmeasured(Targets(targets=(HOUSE,)), found) == ("call_back",)


@given(SOME, st.sampled_from(PRIORITIES))
def test_an_entitlement_is_never_empty(tiers: list[ServiceLevels], priority: str | None) -> None:  # C031
    house = policy(*(Promised(levels=levels) for levels in tiers))
    found = entitlement(CAFE, "water", at=MONDAY, policy=house)

    assert found.time("resolution", priority) is not None
    assert found.counting

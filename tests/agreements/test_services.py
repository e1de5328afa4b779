"""Services: their phases, their versions, and what they rest on."""

from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.agreements import LevelTarget, ServiceLevels, Support, TimeTarget, cycle, services, weaknesses
from servicecrm.agreements.levels import is_weaker
from servicecrm.errors import GuardNotMet, InvalidValue, PolicyViolation, TransitionNotAllowed
from servicecrm.kernel.records import evolve
from tests.agreements.making import ANN, AVAILABLE, DAY, LEVELS, MONDAY, a_definition, a_service, in_force, live, signed


def test_a_service_is_proposed_planned_released_phased_out_and_retired() -> None:  # C025, S2-V4
    service = a_service()
    states = [service.state]
    for command in (services.plan, services.release, services.phase_out, services.retire):
        service = command(service, by=ANN, at=MONDAY).after
        states.append(service.state)

    assert states == ["proposed", "planned", "live", "retiring", "retired"]


def test_what_was_released_stays_when_the_next_version_is() -> None:  # C025
    first = live()
    edited = services.edit(first, a_definition(name={"en": "Water and more"}), by=ANN, at=MONDAY).after
    second = services.release(edited, by=ANN, at=MONDAY + DAY).after

    assert second.versions[0] == first.versions[0]
    assert [version.number for version in second.versions] == [1, 2]
    assert second.versions[0].digest != second.versions[1].digest
    assert second.title() == "Water and more"


@pytest.mark.parametrize("words", ["Water", None, ["Water"]])
def test_words_of_a_service_that_are_not_by_language_are_refused(words: Any) -> None:  # C025, C093
    for name in ("name", "utility", "requesting"):
        with pytest.raises(InvalidValue, match="text is given by language, such as"):
            a_definition(**{name: words})


def test_the_digest_of_a_version_follows_from_its_definition_alone() -> None:  # C025
    assert live("a").versions[0].digest == live("b").versions[0].digest
    assert live("a").versions[0].digest != live("a", resources=("two people",)).versions[0].digest


def test_the_same_definition_is_not_released_again() -> None:
    with pytest.raises(GuardNotMet, match="another one than in the last version"):
        services.release(live(), by=ANN, at=MONDAY)


def test_a_version_is_offered_from_its_day_on() -> None:  # C026
    edited = services.edit(live(), a_definition(resources=("a well",)), by=ANN, at=MONDAY).after
    service = services.release(edited, effective=MONDAY + 7 * DAY, by=ANN, at=MONDAY).after

    numbers = [service.offered(MONDAY + n * DAY) for n in (-1, 0, 6, 7)]
    assert [found and found.number for found in numbers] == [None, 1, 1, 2]
    with pytest.raises(PolicyViolation, match="before the one before it"):
        services.release(evolve(service, definition=a_definition()), effective=MONDAY + DAY, by=ANN, at=MONDAY)


def test_what_is_phased_out_is_offered_to_nobody_new_until_it_is_offered_again() -> None:
    phased = services.phase_out(live(), by=ANN, at=MONDAY + DAY).after
    again = services.reinstate(phased, by=ANN, at=MONDAY + 2 * DAY).after

    assert phased.offered(MONDAY) is not None
    assert phased.offered(MONDAY + DAY) is None
    assert again.offered(MONDAY + 2 * DAY) is not None


# -- what it rests on ----------------------------------------------------------------------------


def test_a_service_that_rests_on_itself_is_refused_with_the_way() -> None:  # C025
    others = [live("b", rests_on=("c",)), live("c", rests_on=("a",))]
    planned = services.plan(a_service("a", rests_on=("b",)), by=ANN, at=MONDAY).after

    with pytest.raises(PolicyViolation, match="a > b > c > a"):
        services.release(planned, others=others, by=ANN, at=MONDAY)


@given(st.lists(st.tuples(st.sampled_from("abcde"), st.sampled_from("abcde")), max_size=8))
def test_a_cycle_is_found_if_and_only_if_there_is_one(edges: list[tuple[str, str]]) -> None:  # C025
    below = {name: {to for start, to in edges if start == name} for name in "abcde"}
    reached = {name: set(below[name]) for name in below}
    for _ in below:
        reached = {name: found | {far for near in found for far in below[near]} for name, found in reached.items()}

    found = cycle(a_service(name, rests_on=tuple(sorted(below[name]))) for name in below)

    assert bool(found) == any(name in reached[name] for name in below)
    if found:
        assert found[0] == found[-1]
        assert all(to in below[start] for start, to in pairwise(found))


def test_a_promise_on_a_weaker_one_is_told() -> None:  # C025, S3-O8
    weak = ServiceLevels(times=(), levels=(LevelTarget(measure="availability", at_least=Decimal(99)),))
    service = live(supports=(Support(service="grid"), Support(service="pumps", supplier="acme", levels=weak)))

    found = weaknesses(service, [live("grid", levels=weak)])

    assert [(each.rests_on, each.promised, each.supported) for each in found] == [
        ("grid", AVAILABLE, weak.levels[0]),
        ("pumps", AVAILABLE, weak.levels[0]),
    ]
    assert weaknesses(live(rests_on=("grid",)), [live("grid")]) == ()


@pytest.mark.parametrize(
    ("own", "promised", "weaker"),
    [
        (TimeTarget(timer="t", within="9h business"), TimeTarget(timer="t", within="8h business"), True),
        (TimeTarget(timer="t", within="8h business"), TimeTarget(timer="t", within="8h business"), False),
        (TimeTarget(timer="t", within="9h elapsed"), TimeTarget(timer="t", within="8h business"), False),
        (TimeTarget(timer="t", within="2 calendar weeks"), TimeTarget(timer="t", within="10 calendar days"), True),
        (TimeTarget(timer="u", within="9h business"), TimeTarget(timer="t", within="8h business"), False),
        (LevelTarget(measure="m", at_most=Decimal(2)), LevelTarget(measure="m", at_most=Decimal(1)), True),
        (LevelTarget(measure="m", at_most=Decimal(1)), LevelTarget(measure="m", at_least=Decimal(2)), False),
        (LevelTarget(measure="m", at_least=Decimal(1), per="year"), AVAILABLE, False),
        (AVAILABLE, TimeTarget(timer="t", within="8h business"), False),
    ],
)
def test_only_what_is_alike_is_weaker(
    own: TimeTarget | LevelTarget, promised: TimeTarget | LevelTarget, weaker: bool
) -> None:
    assert is_weaker(own, promised) is weaker


# -- retiring, and lines ---------------------------------------------------------------------------


def test_a_service_is_not_retired_while_an_agreement_is_about_it() -> None:  # C025
    phased = services.phase_out(live(), by=ANN, at=MONDAY).after

    for agreement in (in_force(), signed()):
        with pytest.raises(PolicyViolation, match="a-1"):
            services.retire(phased, agreements=[agreement], by=ANN, at=MONDAY)
    ended = in_force(last_day=MONDAY.date())
    assert services.retire(phased, agreements=[ended], by=ANN, at=MONDAY + DAY).after.state == "retired"


def test_a_live_service_is_phased_out_first() -> None:
    with pytest.raises(TransitionNotAllowed, match="phase_out"):
        services.retire(live(), by=ANN, at=MONDAY)


def test_a_line_holds_what_is_guaranteed_unless_something_else_is_agreed() -> None:  # C028
    service = live(calendar="office")

    assert services.line(service, at=MONDAY).levels == LEVELS
    assert services.line(service, at=MONDAY).calendar == "office"
    better = ServiceLevels(times=(TimeTarget(timer="resolution", within="1h business"),))
    assert services.line(service, at=MONDAY, levels=better).levels == better
    with pytest.raises(PolicyViolation, match="not offered"):
        services.line(a_service(), at=MONDAY)
    with pytest.raises(InvalidValue, match="there is no version 2"):
        services.line(service, at=MONDAY, version=2)


def test_an_agreement_keeps_its_version() -> None:  # C025
    service = live()
    line = services.line(service, at=MONDAY)
    edited = services.edit(service, a_definition(levels=ServiceLevels()), by=ANN, at=MONDAY).after
    newer = services.release(edited, by=ANN, at=MONDAY).after

    assert newer.version(line.version).definition.levels == line.levels
    assert services.line(newer, at=MONDAY).version == 2
    assert services.line(newer, at=MONDAY, version=1) == line


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: TimeTarget(timer="t", within="-1h business"),
        lambda: LevelTarget(measure="m"),
        lambda: LevelTarget(measure="m", at_least=Decimal(1), at_most=Decimal(2)),
        lambda: ServiceLevels(times=(TimeTarget(timer="t", within="1h elapsed"),) * 2),
        lambda: ServiceLevels(levels=(AVAILABLE, AVAILABLE)),
        lambda: a_definition(name={}),
        lambda: a_definition(name={"English": "x"}),
        lambda: services.edit(a_service(), by=ANN, at=MONDAY),
    ],
)
def test_what_cannot_be_is_refused(wrong: object) -> None:
    with pytest.raises(InvalidValue):
        wrong()  # type: ignore[operator]  # each is a function

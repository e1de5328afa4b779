"""A sample can be drawn again by anybody, and everybody in it stands for as many as there are."""

from math import fsum
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.errors import InvalidValue
from servicecrm.surveys import SampleKind, sampling
from servicecrm.testing.strategies import texts

people = st.lists(st.integers(0, 10_000), min_size=1, max_size=60, unique=True).map(lambda ids: [f"c-{n}" for n in ids])
groups = st.dictionaries(
    st.integers(0, 10_000).map(lambda n: f"c-{n}"), st.sampled_from(["north", "south", "west"]), min_size=3, max_size=80
)


@given(people, st.randoms(use_true_random=False), texts())
def test_the_same_people_and_the_same_seed_give_the_same_sample(everybody, random, seed) -> None:  # type: ignore[no-untyped-def]  # C073
    n = random.randint(1, len(everybody))
    other_order = random.sample(everybody, len(everybody))

    drawn = sampling.simple(everybody, n, seed=seed)
    assert drawn == sampling.simple(other_order, n, seed=seed)
    assert len(set(drawn.chosen)) == n == drawn.sampling.size
    assert set(drawn.chosen) <= set(everybody)


@given(people, st.integers(1, 60), st.integers(1, 60))
def test_a_larger_sample_only_adds_to_a_smaller_one(everybody: list[str], n: int, m: int) -> None:  # C073
    n, m = sorted((min(n, len(everybody)), min(m, len(everybody))))
    fewer, more = (sampling.simple(everybody, size, seed="7").chosen for size in (n, m))

    assert more[:n] == fewer


@given(groups, st.integers(0, 80), st.sampled_from(["proportional", "equal"]))
def test_strata_get_their_share_and_all_weights_are_the_population(of, more, allocation) -> None:  # type: ignore[no-untyped-def]  # C073
    n = min(len(of), len(set(of.values())) + more)
    drawn = sampling.stratified(of, n, seed="7", allocation=allocation)

    assert len(drawn.chosen) == n == drawn.sampling.size
    assert drawn.sampling.population == len(of)
    assert fsum(drawn.weight(person) for person in drawn.chosen) == pytest.approx(len(of))
    assert all(drawn.groups[person] == of[person] for person in drawn.chosen)
    if allocation == "proportional":
        for stratum in drawn.sampling.strata:
            # Whole people, and at least one of each: no group is further from its share than these make it.
            assert abs(stratum.sample - n * stratum.population / len(of)) < len(drawn.sampling.strata)


def test_a_proportional_sample_has_the_shares_of_the_population() -> None:  # C073
    of = {f"c-{n}": "north" if n < 60 else "south" if n < 90 else "west" for n in range(100)}
    drawn = sampling.stratified(of, 20, seed="7")

    assert {stratum.name: stratum.sample for stratum in drawn.sampling.strata} == {"north": 12, "south": 6, "west": 2}
    equal = sampling.stratified(of, 20, seed="7", allocation="equal")
    assert sorted(stratum.sample for stratum in equal.sampling.strata) == [6, 7, 7]
    own = sampling.stratified(of, 20, seed="7", allocation={"north": 5, "south": 5, "west": 10})
    assert {stratum.name: stratum.weight for stratum in own.sampling.strata} == {"north": 12, "south": 6, "west": 1}


def test_a_small_group_is_not_forgotten_and_a_full_one_gives_the_rest_to_others() -> None:  # C073
    of = {f"c-{n}": "west" if n == 0 else "north" for n in range(100)}
    sizes = {s.name: s.sample for s in sampling.stratified(of, 10, seed="7", least=3).sampling.strata}
    halves = {s.name: s.sample for s in sampling.stratified(of, 10, seed="7", allocation="equal").sampling.strata}

    assert sizes == halves == {"north": 9, "west": 1}


def test_one_large_group_gets_what_many_small_ones_cannot_fill() -> None:  # C073
    of = {f"b-{n}": "big" for n in range(40_000)} | {f"s-{n}": f"small-{n}" for n in range(6000)}
    began = perf_counter()
    drawn = sampling.stratified(of, 30_000, seed="7", allocation="equal")

    assert {each.name: each.sample for each in drawn.sampling.strata}["big"] == 24_000
    assert sum(map(drawn.weight, drawn.chosen)) == pytest.approx(len(of))
    assert perf_counter() - began < 10  # it takes a quarter of a second, but a machine may be busy


def test_everybody_is_as_likely_to_be_drawn_as_anybody() -> None:  # C073
    everybody = [f"c-{n}" for n in range(20)]
    drawn = [person for seed in range(500) for person in sampling.simple(everybody, 5, seed=str(seed)).chosen]

    assert all(90 <= drawn.count(person) <= 165 for person in everybody)  # 125 expected, four deviations of 9.7


def test_a_census_is_everybody() -> None:  # C073
    drawn = sampling.census(["c-1", "c-2"])

    assert (drawn.sampling.kind, sorted(drawn.chosen), drawn.weight("c-1")) == (SampleKind.CENSUS, ["c-1", "c-2"], 1.0)


def test_so_many_have_to_be_invited() -> None:  # C073, K39
    assert sampling.invitations_needed(200) == 132
    assert sampling.invitations_needed(200, rate=0.8) == 165
    assert sampling.invitations_needed(200, rate=0.3) == 200
    for rate in (0, 1.1):
        with pytest.raises(InvalidValue, match="rate"):
            sampling.invitations_needed(200, rate=rate)


def test_answers_that_do_not_stand_for_all_are_flagged() -> None:  # C073
    of = {f"c-{n}": "north" if n < 100 else "south" for n in range(200)}
    drawn = sampling.stratified(of, 100, seed="7").sampling

    even = sampling.check(drawn, {"north": 30, "south": 28})
    skewed = sampling.check(drawn, {"north": 40, "south": 10})
    assert (even.skewed, skewed.skewed) == (False, True)
    assert [(row.group, row.rate) for row in skewed.rows] == [("north", 0.8), ("south", 0.2)]
    assert sampling.check(drawn, {}).p_value is None
    assert sampling.check(sampling.census(["c-1"]).sampling, {"": 1}).skewed is False


def test_what_cannot_be_drawn_is_refused() -> None:  # C073
    refused = (
        lambda: sampling.simple(["c-1"], 2, seed="7"),
        lambda: sampling.simple(["c-1"], 0, seed="7"),
        lambda: sampling.simple(["c-1", "c-1"], 1, seed="7"),
        lambda: sampling.simple("c-1", 1, seed="7"),
        lambda: sampling.census([]),
        lambda: sampling.census(["\ud800"]),
        lambda: sampling.stratified({"c-1": "a", "c-2": "b"}, 1, seed="7"),
        lambda: sampling.stratified({"c-1": "a", "c-2": "b"}, 3, seed="7"),
        lambda: sampling.stratified({"c-1": "a"}, 1, seed="7", allocation={"b": 1}),
        lambda: sampling.stratified({"c-1": "a", "c-2": "b"}, 1, seed="7", allocation={"a": 1, "b": 0}),
        lambda: sampling.stratified({"c-1": "a"}, 1, seed="7", allocation="best"),  # type: ignore[arg-type]
        lambda: sampling.check(sampling.census(["c-1"]).sampling, {"north": 1}),
        lambda: sampling.check(sampling.census(["c-1"]).sampling, {"": 2}),
        lambda: sampling.census(["c-1"]).weight("c-2"),
    )
    for each in refused:
        with pytest.raises(InvalidValue):
            each()

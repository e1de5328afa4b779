"""What follows of a few from sums that are out: compared with trying every few persons, in exact fractions."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.measures import following
from servicecrm.measures.following import Following, factor

Exact = Mapping[str, Fraction]


def told(sums: Sequence[Exact], parts: Mapping[str, frozenset[int]], few: int) -> bool:
    """Does something follow of fewer? Then without what is theirs, less of the sums is different."""
    persons = frozenset().union(*parts.values())
    groups = (frozenset(some) for n in range(1, few) for some in combinations(sorted(persons), n))
    return any(
        rank([{part: x for part, x in each.items() if not parts[part] <= some} for each in sums]) < rank(sums)
        for some in groups
    )


def rank(vectors: Sequence[Exact]) -> int:
    rows: list[tuple[str, Exact]] = []
    for vector in vectors:
        rest = dict(vector)
        for first, row in rows:
            times = rest.get(first, Fraction(0))
            rest = {
                at: x for at in {*rest, *row} if (x := rest.get(at, Fraction(0)) - times * row.get(at, Fraction(0)))
            }
        if rest:
            first = min(rest)
            rows.append((first, {at: x / rest[first] for at, x in rest.items()}))
    return len(rows)


@st.composite
def systems(draw: st.DrawFn) -> tuple[dict[str, frozenset[int]], list[dict[str, int]], int]:
    """Whose the parts are, sums as what each part is divided by, and how many are few."""
    names = "abcdef"
    persons = st.frozensets(st.integers(0, 7), min_size=1, max_size=5)
    parts = {name: draw(persons) for name in names}
    sums = draw(st.lists(st.dictionaries(st.sampled_from(names), st.integers(1, 3), min_size=1), max_size=5))
    return parts, sums, draw(st.integers(1, 5))


@given(systems())
def test_a_sum_is_taken_unless_with_those_that_are_out_something_follows_of_a_few(
    system: tuple[dict[str, frozenset[int]], list[dict[str, int]], int],
) -> None:  # C080
    parts, sums, few = system
    known, out = Following(parts, few=few), list[Exact]()
    for each in sums:
        exact = {part: Fraction(1, over) for part, over in each.items()}
        taken = known.takes({part: factor(over) for part, over in each.items()})

        assert taken != told([*out, exact], parts, few)
        out += [exact] * taken


def chain(many: int) -> Iterator[dict[str, int]]:
    """Sums of two neighbours each, of which at last the first one follows."""
    yield from ({f"p{n}": 1, f"p{n + 1}": 1} for n in range(many))
    yield {f"p{many}": 1, "x": 1}


def test_what_follows_by_many_steps_is_found() -> None:  # C080
    parts: dict[str, Collection[int]] = {"x": range(100, 110), **{f"p{n}": {n, -n - 1} for n in range(51)}}
    known = Following(parts, few=3)

    assert all(known.takes(each) for each in [{"x": 1}, *chain(50)][:-1])
    assert not known.takes([*chain(50)][-1])


def test_what_was_taken_back_is_no_longer_known() -> None:  # C080
    known = Following({"a": range(9), "b": range(9, 12)}, few=5)
    assert known.takes({"a": 1, "b": 1})
    before = len(known)

    assert not known.takes({"b": 1})
    assert len(known) == before
    assert not known.takes({"a": 1})
    known.back(0)
    assert known.takes({"a": 1})
    assert not known.takes({"a": 1, "b": 1})


def test_what_is_out_already_counts_whatever_it_tells() -> None:  # C080
    known = Following({"a": range(9), "b": range(9, 12)}, few=5)
    known.add({"b": 1})
    known.add({"b": 2})

    assert len(known) == 1
    assert known.takes({"b": 1})  # nobody learns anything from it


def test_what_cannot_be_looked_through_in_time_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:  # C080
    parts = {"a": range(9), **{name: range(n, n + 3) for n, name in ((10, "b"), (20, "c"), (30, "d"))}}

    def taken() -> list[bool]:
        known = Following(parts, few=5)
        return [known.takes(sum_) for sum_ in ({"a": 1}, {"b": 1, "c": 1}, {"c": 1, "d": 1})]

    assert taken() == [True, True, True]
    monkeypatch.setattr(following, "_STEPS", 0)
    assert taken() == [True, True, False]

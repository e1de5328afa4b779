"""What is published is attacked: with exact algebra, with bounds, and with everything that was published before."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import combinations, product
from random import Random
from typing import Any, NamedTuple

import pytest

from servicecrm.errors import InvalidValue
from servicecrm.measures import following, publishable, suppressed
from servicecrm.measures.disclosure import Figure
from servicecrm.surveys import evaluate
from tests.surveys.making import a_draft, rating

MIN_N = 5
SHORT, LONG = 100, 1_000

Person = tuple[str, str, str]
Cell = tuple[int, int]
Publish = Callable[[Sequence[Sequence[Figure]]], Iterable[Figure]]


class Survey(NamedTuple):
    """Who has answered, and all tables that could be published of them: in one, two and three directions."""

    people: list[Person]
    tables: list[list[Figure]]

    @property
    def small(self) -> set[Figure]:
        """What nobody may learn."""
        return {figure for table in self.tables for figure in table if 0 < len(figure) < MIN_N}


def surveys(count: int, *, at_most: int = 120) -> Iterator[Survey]:
    chance = Random(2026)
    for _ in range(count):
        people = [
            (chance.choices("nsew", (5, 4, 2, 1))[0], chance.choices("abc", (5, 3, 1))[0], chance.choice("xy"))
            for _ in range(chance.randint(20, at_most))
        ]
        yield Survey(people, tables(people))


def tables(people: Sequence[Person]) -> list[list[Figure]]:
    """The total, each grouping, each two of them together, and all three."""
    found = []
    for which in product((True, False), repeat=3):
        groups: dict[tuple[str, ...], set[Hashable]] = {}
        for n, person in enumerate(people):
            groups.setdefault(tuple(part for part, used in zip(person, which, strict=True) if used), set()).add(n)
        found.append([frozenset(group) for group in groups.values()])
    return found


def bare(wanted: Sequence[Sequence[Figure]]) -> Iterable[Figure]:
    """The rule that is not enough: every figure from enough answers."""
    return {figure for table in wanted for figure in table if len(figure) >= MIN_N}


def gated(wanted: Sequence[Sequence[Figure]]) -> Iterable[Figure]:
    return publishable(wanted, threshold=MIN_N).shown


# -- exact algebra -------------------------------------------------------------------------------


class Algebra:
    """Everything that follows from some sums by addition and subtraction, in exact fractions."""

    def __init__(self, figures: Iterable[Figure]) -> None:
        self.rows: dict[object, dict[object, Fraction]] = {}
        for figure in figures:
            rest = self.rest(figure)
            if rest:
                first, by = next(iter(rest.items()))
                new = {at: x / by for at, x in rest.items()}
                self.rows = {at: self.without(row, first, new) for at, row in self.rows.items()}
                self.rows[first] = new

    @staticmethod
    def without(
        row: Mapping[object, Fraction], first: object, new: Mapping[object, Fraction]
    ) -> dict[object, Fraction]:
        times = row.get(first, Fraction(0))
        found = (
            {at: row.get(at, Fraction(0)) - times * new.get(at, Fraction(0)) for at in {*row, *new}} if times else row
        )
        return {at: x for at, x in found.items() if x}

    def rest(self, figure: Figure) -> dict[object, Fraction]:
        rest = {at: Fraction(1) for at in figure}
        for first, row in self.rows.items():
            rest = self.without(rest, first, row)
        return rest

    def tells(self, figure: Figure) -> bool:
        return not self.rest(figure)


def in_classes(figures: Iterable[Figure], of: Iterable[Figure]) -> tuple[list[Figure], list[Figure]]:
    """The same with one name for all responses that nothing tells apart, so that there is less to solve."""
    shown, secret = [*figures], [*of]
    signs: dict[object, tuple[bool, ...]] = {}
    for response in frozenset().union(*shown, *secret):
        signs[response] = tuple(response in figure for figure in (*shown, *secret))
    return tuple([frozenset(signs[response] for response in figure) for figure in each] for each in (shown, secret))  # type: ignore[return-value]


def recovered(published: Iterable[Figure], small: Iterable[Figure]) -> int:
    shown, secret = in_classes(published, small)
    algebra = Algebra(dict.fromkeys(shown))
    return sum(map(algebra.tells, secret))


def losses(publish: Publish, count: int) -> tuple[int, int]:
    """Of how many surveys with something small it is recovered, and of how many there are."""
    lost = there = 0
    for survey in surveys(count):
        if survey.small:
            there += 1
            lost += recovered(publish(survey.tables), survey.small) > 0
    return lost, there


def test_algebra_recovers_no_small_group_from_all_tables_of_a_survey() -> None:  # C080
    lost, there = losses(gated, SHORT)

    assert (lost, there > 90) == (0, True)


def test_a_bare_threshold_gives_nearly_every_survey_away() -> None:
    lost, there = losses(bare, SHORT)

    assert lost > 0.9 * there


@pytest.mark.torture
def test_algebra_recovers_no_small_group_of_a_thousand_surveys() -> None:  # C080
    assert losses(gated, LONG)[0] == 0
    assert losses(bare, LONG)[0] > 900


# -- groups that nobody has named ----------------------------------------------------------------


def unnamed(published: Iterable[Figure]) -> Iterator[Figure]:
    """Small groups of any responses that follow from some sums.

    What follows counts responses alike that nothing published tells apart, so that all unions of such classes are all
    that has to be tried.
    """
    found: dict[Hashable, set[Figure]] = {}
    for figure in published:
        for response in figure:
            found.setdefault(response, set()).add(figure)
    classes: dict[frozenset[Figure], set[Hashable]] = {}
    for response, inside in found.items():
        classes.setdefault(frozenset(inside), set()).add(response)
    algebra = Algebra(frozenset(sign for sign in classes if figure in sign) for figure in {*published})
    rests = {sign: algebra.rest(frozenset({sign})) for sign, of in classes.items() if len(of) < MIN_N}
    for several in (few for n in range(1, MIN_N) for few in combinations(rests, n)):
        sums: dict[object, Fraction] = {}
        for sign in several:
            for at, x in rests[sign].items():
                sums[at] = sums.get(at, Fraction(0)) + x
        group = frozenset().union(*(classes[sign] for sign in several))
        if len(group) < MIN_N and not any(sums.values()):
            yield group


def named_only(wanted: Sequence[Sequence[Figure]]) -> Iterable[Figure]:
    """The rule that looks at single groups alone, and what is left of one without another."""
    shown: list[Figure] = []
    for figure in sorted({*bare(wanted)}, key=len, reverse=True):
        found = [*shown, figure]
        left = [one - other for one in found for other in found if other < one]
        small = [group for table in wanted for group in table if 0 < len(group) < MIN_N]
        if all(len(rest) >= MIN_N for rest in left) and not recovered(found, small):
            shown = found
    return shown


@pytest.mark.parametrize("count", [SHORT, pytest.param(LONG, marks=pytest.mark.torture)])
def test_no_union_of_small_groups_follows_from_all_tables_of_a_survey(count: int) -> None:  # C080
    for survey in surveys(count, at_most=60):
        assert not [*unnamed({*gated(survey.tables)})]


def test_a_gate_for_single_groups_lets_unions_of_them_through() -> None:
    lost = sum(any(unnamed({*named_only(survey.tables)})) for survey in surveys(SHORT // 5, at_most=60))

    assert lost > SHORT // 20


def test_two_small_groups_that_follow_together_are_as_good_as_one() -> None:  # C080
    a, b, c, d = (frozenset(f"{name}{n}" for n in range(size)) for name, size in zip("abcd", (2, 2, 9, 9), strict=True))
    figures = [a | c, b | d, c | d]  # of which neither a nor b follows, but both together: the first two less the third
    edition = publishable([figures[:2], figures[2:]], threshold=MIN_N)

    assert [*unnamed(figures)] == [a | b]
    assert len(edition.shown) == 2
    assert publishable([figures[:2], figures[2:]], threshold=4).shown == {*figures}
    # Nor may it follow later, when the others are out.
    first = publishable([figures[:2]], threshold=MIN_N)
    assert not publishable([figures[2:]], threshold=MIN_N, after=first).shown


def test_what_two_groups_of_a_few_differ_by_is_not_told_either() -> None:  # C080
    region, size = frozenset(range(50)), frozenset(range(2, 52))  # the first two less the last two

    assert len(publishable([[region], [size]], threshold=MIN_N).shown) == 1
    assert len(publishable([[region], [size]], threshold=4).shown) == 2


def test_what_cannot_be_looked_through_in_time_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:  # C080
    every = [survey.tables for survey in surveys(SHORT // 4, at_most=60)]
    found = [{*gated(wanted)} for wanted in every]
    monkeypatch.setattr(following, "_STEPS", 1)
    hasty = [{*gated(wanted)} for wanted in every]
    assert sum(map(len, hasty)) < 0.99 * sum(map(len, found))
    assert not any([*unnamed(shown)] for shown in hasty)

    monkeypatch.setattr(following, "_STEPS", 10**9)
    assert [{*gated(wanted)} for wanted in every] == found


def test_a_gate_still_publishes() -> None:
    shown = large = 0
    for survey in surveys(SHORT // 4):
        published = [*gated(survey.tables)]
        shown, large = shown + len(published), large + len([*bare(survey.tables)])
        assert frozenset(range(len(survey.people))) in published

    assert shown > 0.4 * large


def test_the_lines_of_an_evaluation_tell_no_small_group() -> None:  # C080
    asked = a_draft(rating("overall"))
    for survey in surveys(SHORT // 4, at_most=60):
        rows: list[dict[str, Any]] = [
            {"overall": n % 10 + 1, "region": region, "size": size} for n, (region, size, _) in enumerate(survey.people)
        ]
        found = evaluate(asked, rows, by=("region", "size"), min_n=MIN_N)
        groups = {line.group: line.hidden for line in found if line.key == "overall" and line.figure == "mean"}
        of = {
            group: frozenset(n for n, person in enumerate(survey.people) if person[: len(group)] == group)
            for group in groups
        }
        small = [of[group] for group in groups if 0 < len(of[group]) < MIN_N]
        assert recovered((of[group] for group, hidden in groups.items() if hidden is None), small) == 0


# -- publishing again ----------------------------------------------------------------------------


def editions(people: Sequence[Person], *, remembers: bool) -> tuple[list[Figure], set[Figure]]:
    """All that is published when it is published anew after each answer, and all that was small at one time."""
    published: dict[Figure, None] = {}
    small: set[Figure] = {frozenset({n}) for n in range(len(people))}
    edition = None
    for n in range(1, len(people) + 1):
        wanted = tables(people[:n])
        edition = publishable(wanted, threshold=MIN_N, after=edition if remembers else None)
        published |= dict.fromkeys(edition.shown)
        small |= {figure for table in wanted for figure in table if 0 < len(figure) < MIN_N}
    return [*published], small


def test_publishing_after_each_answer_tells_neither_a_small_group_nor_an_answer() -> None:  # C080
    for survey in surveys(SHORT // 10, at_most=40):
        published, small = editions(survey.people, remembers=True)

        assert len(published) > 1
        assert recovered(published, small) == 0


def test_a_gate_without_memory_tells_single_answers() -> None:
    for survey in surveys(SHORT // 20, at_most=40):
        published, small = editions(survey.people, remembers=False)

        assert recovered(published, small) > 0


@pytest.mark.torture
def test_publishing_after_each_answer_is_safe_in_a_thousand_surveys() -> None:  # C080
    for survey in surveys(LONG, at_most=40):
        published, small = editions(survey.people, remembers=True)
        assert recovered(published, small) == 0


def test_a_figure_is_published_again_when_enough_are_added() -> None:
    def whole(n: int) -> Figure:
        return frozenset(range(n))

    first = publishable([[whole(6)]], threshold=MIN_N)
    second = publishable([[whole(10)]], threshold=MIN_N, after=first)
    third = publishable([[whole(11)]], threshold=MIN_N, after=second)

    assert first.shown == {whole(6)}
    assert not second.shown
    assert third.shown == {whole(11)}
    assert third.published == {whole(6), whole(11)}
    assert repr(third) == "<Edition: 1 figures, 2 so far>"


@pytest.mark.parametrize(
    ("wanted", "threshold", "says"), [([[]], 0, "1 or more"), ([[frozenset({1, 2}), frozenset({2})]], 1, "share")]
)
def test_what_is_no_table_of_groups_is_refused(wanted: list[list[Figure]], threshold: int, says: str) -> None:
    with pytest.raises(InvalidValue, match=says):
        publishable(wanted, threshold=threshold)


# -- bounds --------------------------------------------------------------------------------------


class Bounds:
    """What the numbers of answers can be, as none is below 0 and all are whole.

    A table with its totals is a network: rows and columns are its nodes, hidden numbers its arcs. A number can be
    another one exactly if a circle leads through it along which all others can change too.
    """

    def __init__(self, table: Sequence[Sequence[int]], shown: set[Cell]) -> None:
        self.last = (len(table) - 1, len(table[0]) - 1)
        self.sizes = {(i, j): n for i, row in enumerate(table) for j, n in enumerate(row)}
        # That a group is empty, everybody sees.
        self.hidden = [cell for cell, n in self.sizes.items() if cell not in shown and n]

    def arcs(self, *, but: Cell) -> Iterator[tuple[tuple[str, int], tuple[str, int]]]:
        """Where a change can go on: up along the arc of a number, down against it, unless it is 0."""
        for cell in self.hidden:
            if cell != but:
                yield self.ends(cell)
                if self.sizes[cell]:
                    yield self.ends(cell)[::-1]

    def ends(self, cell: Cell) -> tuple[tuple[str, int], tuple[str, int]]:
        row, column = ("row", cell[0]), ("column", cell[1])
        return (row, column) if (cell[0] == self.last[0]) == (cell[1] == self.last[1]) else (column, row)

    def pins(self, cell: Cell) -> bool:
        """Is there only one number that it can be?"""
        start, end = self.ends(cell)
        arcs = [*self.arcs(but=cell)]
        return not any(self.leads(arcs, one, other) for one, other in ((end, start), (start, end)))

    @staticmethod
    def leads(arcs: Sequence[tuple[tuple[str, int], tuple[str, int]]], start: object, end: object) -> bool:
        reached = {start}
        while more := {there for here, there in arcs if here in reached} - reached:
            reached |= more
        return end in reached


def counted(survey: Survey) -> list[list[int]]:
    """Regions by sizes, with all totals."""
    table = [[sum(person[:2] == (a, b) for person in survey.people) for b in "abc"] for a in "nsew"]
    table = [[*row, sum(row)] for row in table]
    return [*table, [sum(column) for column in zip(*table, strict=True)]]


def by_suppressed(survey: Survey) -> set[Cell]:
    found = suppressed([row[:-1] for row in counted(survey)[:-1]], threshold=MIN_N)
    lines = [[*row, total] for row, total in zip(found.cells, found.row_totals, strict=True)]
    lines.append([*found.column_totals, found.total])
    return {(i, j) for i, row in enumerate(lines) for j, shown in enumerate(row) if shown}


def by_publishable(survey: Survey) -> set[Cell]:
    def one(i: int, j: int) -> Figure:
        return frozenset(
            n
            for n, (a, b, _) in enumerate(survey.people)
            if a in "nsew"[i : i + 1 if i < 4 else None] or i == 4
            if b in "abc"[j : j + 1 if j < 3 else None] or j == 3
        )

    cells = {(i, j): one(i, j) for i in range(5) for j in range(4)}
    by_row, by_column = [cells[i, 3] for i in range(4)], [cells[4, j] for j in range(3)]
    inner = [cells[i, j] for i in range(4) for j in range(3)]
    shown = publishable([[cells[4, 3]], by_row, by_column, inner], threshold=MIN_N).shown
    return {cell for cell, figure in cells.items() if figure in shown}


@pytest.mark.parametrize("gate", [by_suppressed, by_publishable])
@pytest.mark.parametrize("count", [SHORT, pytest.param(LONG, marks=pytest.mark.torture)])
def test_bounds_pin_no_small_group_of_a_table(gate: Callable[[Survey], set[Cell]], count: int) -> None:  # C080
    for survey in surveys(count):
        table = counted(survey)
        bounds = Bounds(table, gate(survey))
        assert [cell for cell in bounds.hidden if bounds.sizes[cell] < MIN_N and bounds.pins(cell)] == []


def test_bounds_pin_groups_behind_a_bare_threshold() -> None:
    pinned = 0
    for survey in surveys(SHORT):
        table = counted(survey)
        bounds = Bounds(table, {(i, j) for i, row in enumerate(table) for j, n in enumerate(row) if n >= MIN_N})
        pinned += any(map(bounds.pins, bounds.hidden))

    assert pinned > 0.8 * SHORT

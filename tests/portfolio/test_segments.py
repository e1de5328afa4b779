"""Customers are graded, put into classes, and have a health; each figure says what it is made of."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm import portfolio
from servicecrm.errors import InvalidValue, PolicyViolation
from servicecrm.portfolio import Bins, ClassRule, Condition, PortfolioPolicy, RfmScore, ValueClass
from servicecrm.testing.makers import MONDAY
from tests.portfolio.making import BY, DAY, a_customer

AS_OF = date(2026, 3, 1)

TEN: list[tuple[str, date, Decimal]] = [
    (customer, AS_OF - timedelta(days=days + n), Decimal(total) / count)
    for customer, days, count, total in (
        ("c-01", 0, 10, 1000),
        ("c-02", 10, 9, 900),
        ("c-03", 20, 8, 800),
        ("c-04", 30, 7, 700),
        ("c-05", 40, 6, 600),
        ("c-06", 50, 5, 500),
        ("c-07", 100, 4, 400),
        ("c-08", 200, 3, 300),
        ("c-09", 300, 2, 200),
        ("c-10", 400, 1, 100),
    )
    for n in range(count)
]
"""Ten customers; the first one bought last, most often, and for most."""


def cells(found: portfolio.Rfm) -> list[int]:
    return [score.cell for score in found.scores]


# -- recency, frequency, money -------------------------------------------------------------------


def test_by_quantiles_each_grade_has_as_many_customers_as_can_be() -> None:  # C020, K09
    # By hand: ten customers in five bins are two in each, and recency is turned round.
    assert cells(portfolio.rfm(TEN, as_of=AS_OF)) == [555, 555, 444, 444, 333, 333, 222, 222, 111, 111]


def test_grades_are_as_equal_in_number_as_they_can_be() -> None:  # C020, K09
    seven = [row for row in TEN if row[0] <= "c-07"]
    # By hand: the i-th of seven, counted from 0 and the smallest, is in bin 1 + 5 i // 7: 1, 1, 2, 3, 3, 4, 5.
    assert [score.f for score in portfolio.rfm(seven, as_of=AS_OF).scores] == [5, 4, 3, 3, 2, 1, 1]


def test_by_fixed_limits_a_value_at_a_limit_belongs_below_it() -> None:  # C020, K09
    bins = Bins(recency=(30, 90, 180, 365), frequency=(1, 3, 5, 8), monetary=(100, 300, 500, 800))
    # By hand: 30 days are in the first bin, 3 purchases in the second, 500 in the third.
    expected = [555, 555, 544, 544, 444, 433, 333, 222, 222, 111]
    assert cells(portfolio.rfm(TEN, as_of=AS_OF, bins=bins)) == expected


@given(st.permutations(TEN), st.sampled_from([2, 3, 5, 9]))
def test_the_order_of_rows_changes_nothing(rows: list[Any], levels: int) -> None:  # C020
    assert portfolio.rfm(rows, as_of=AS_OF, levels=levels) == portfolio.rfm(TEN, as_of=AS_OF, levels=levels)


rows = st.lists(
    st.tuples(
        st.sampled_from("abcdef"),
        st.dates(date(2025, 1, 1), date(2026, 6, 1)),
        st.decimals(-100, 100, places=2),
    ),
    max_size=40,
)


@given(rows, st.integers(2, 9), st.none() | st.integers(0, 400))
def test_equal_figures_have_equal_grades_and_a_better_one_never_a_lower(  # C020, K09
    given_: list[tuple[str, date, Decimal]], levels: int, window: int | None
) -> None:
    found = portfolio.rfm(given_, as_of=AS_OF, customers="abcdef", levels=levels, window=window)

    assert {score.customer for score in found.scores} | set(found.without) == set("abcdef")
    assert len(found.scores) + len(found.without) == 6
    for one in found.scores:
        assert {one.r, one.f, one.m} <= set(range(1, levels + 1))
        assert one.cell == int(f"{one.r}{one.f}{one.m}")
        assert abs(one.weighted - (one.r + one.f + one.m) / 3) < 1e-9
        assert window is None or one.days <= window
        for other in found.scores:
            for figure, grade in ((-one.days, "r"), (one.count, "f"), (one.total, "m")):
                theirs: Any = {"r": -other.days, "f": other.count, "m": other.total}[grade]
                if figure <= theirs:
                    assert getattr(one, grade) <= getattr(other, grade)


def test_who_bought_nothing_in_the_window_has_no_grades() -> None:  # C020
    found = portfolio.rfm(TEN, as_of=AS_OF, window=365, customers=["c-10", "c-11"])

    assert found.without == ("c-10", "c-11")
    assert found.of("c-10") is None
    assert (found.as_of, found.window, found.levels) == (AS_OF, 365, 5)


def test_a_refund_lowers_the_sum_and_is_no_purchase_or_is_refused() -> None:  # C020
    rows = [("a", AS_OF - timedelta(days=9), Decimal(50)), ("a", AS_OF, Decimal(-20)), ("b", AS_OF, Decimal(-1))]

    (score,) = portfolio.rfm(rows, as_of=AS_OF).scores
    assert (score.days, score.count, score.total) == (9, 1, Decimal(30))
    with pytest.raises(InvalidValue, match="row 2"):
        portfolio.rfm(rows, as_of=AS_OF, negative="refuse")


def test_weights_move_the_weighted_grade() -> None:  # K09
    bins = Bins(recency=(9,), frequency=(1,), monetary=(10,))
    (score,) = portfolio.rfm([("a", AS_OF, Decimal(5))], as_of=AS_OF, bins=bins, weights=(3, 1, 0)).scores

    assert (score.cell, score.weighted) == (211, (3 * 2 + 1) / 4)


@pytest.mark.parametrize(
    "wrong",
    [{"levels": 1}, {"levels": 10}, {"weights": (0, 0, 0)}, {"weights": (-1, 1, 1)}],
)
def test_grades_that_cannot_be_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue):
        portfolio.rfm(TEN, as_of=AS_OF, **wrong)


@pytest.mark.parametrize(
    "limits", [((), (), ()), ((1,), (1, 2), (1,)), ((2, 1), (1, 2), (1, 2)), ((1, 1), (1, 2), (1, 2))]
)
def test_limits_that_cannot_be_are_refused(limits: tuple[Any, Any, Any]) -> None:
    with pytest.raises(InvalidValue):
        Bins(*limits)


def test_frequencies_of_real_customers_are_the_published_ones(shared: Path) -> None:  # K09
    # Repeat purchases, by day, in the first 39 weeks of a real shop, as a well-known summary of them has them.
    folder = shared / "data" / "customers"
    rows = []
    for line in (folder / "CDNOW_sample.txt").read_text().splitlines():
        _, customer, day, _, amount = line.split()
        rows.append((str(int(customer)), date.fromisoformat(f"{day[:4]}-{day[4:6]}-{day[6:]}"), Decimal(amount)))
    published = [line.split(",") for line in (folder / "cdnow_customers_summary.csv").read_text().splitlines()[1:]]

    days = {(customer, day) for customer, day, _ in rows}
    found = portfolio.summed(((c, d, Decimal(1)) for c, d in days), as_of=date(1997, 9, 30))
    counts = {each.customer: each.count - 1 for each in found}
    assert counts == {customer: int(frequency) for customer, frequency, *_ in published}


# -- classes -------------------------------------------------------------------------------------


def score(r: int, f: int, m: int) -> RfmScore:
    return RfmScore("c-1", 1, 1, Decimal(1), r, f, m, (r + f + m) / 3)


@pytest.mark.parametrize(
    ("facts", "value_class", "rule"),
    [
        ({"rfm": score(5, 5, 5)}, "high_value", "best"),
        ({"rfm": score(1, 5, 5)}, "churn_risk", "valued and silent"),
        ({"rfm": score(5, 2, 2)}, "potential", "recent and growing"),
        ({"rfm": score(1, 1, 1)}, "standard", None),
        ({"rfm": score(5, 5, 5), "satisfaction": 0.2}, "churn_risk", "discontent"),
        ({}, "standard", None),
    ],
)
def test_every_customer_is_in_exactly_one_class_and_told_why(  # C021, S2-V2
    facts: dict[str, Any], value_class: str, rule: str | None
) -> None:
    found = portfolio.propose(portfolio.facts(a_customer(), **facts))

    assert (found.value_class, found.rule) == (value_class, rule)
    assert found.reason.startswith(rule or "no rule fits")


def test_the_first_rule_that_fits_counts_and_rules_may_ask_for_anything() -> None:  # C021
    big = ClassRule(
        name="big", value_class=ValueClass.HIGH_VALUE, conditions=(Condition(fact="revenue", least=100, most=200),)
    )
    inside = ClassRule(
        name="ours", value_class=ValueClass.POTENTIAL, conditions=(Condition(fact="kind", one_of=("internal",)),)
    )
    policy = PortfolioPolicy(rules=(big, inside))

    for revenue, kind, expected in ((100, "internal", "big"), (201, "internal", "ours"), (99, "external", None)):
        facts = {**portfolio.facts(a_customer(kind=kind)), "revenue": revenue}
        assert portfolio.propose(facts, policy=policy).rule == expected
    assert str(big.conditions[0]) == "revenue is at least 100 and at most 200"


def test_a_class_is_kept_until_the_rules_say_another_one() -> None:  # C021
    customer, best = a_customer(), portfolio.facts(a_customer(), rfm=score(5, 5, 5))
    first = portfolio.classify(customer, best, **BY)
    assert first is not None
    assert portfolio.classify(first.after, best, by="ann", at=MONDAY + DAY) is None

    second = portfolio.classify(first.after, {}, by="ann", at=MONDAY + 2 * DAY)
    assert second is not None
    classes = [portfolio.class_at(second.after, MONDAY + n * DAY) for n in (-1, 1, 2)]
    assert [each and each.value_class.value for each in classes] == [None, "high_value", "standard"]


def test_a_person_overrules_the_rules_until_a_day() -> None:  # C021
    until = MONDAY + 5 * DAY
    by_rule = portfolio.classify(a_customer(), {}, **BY)
    assert by_rule is not None
    customer = portfolio.overrule(by_rule.after, "high_value", "a pilot", until=until, by="ann", at=MONDAY + DAY).after

    assert portfolio.classify(customer, {}, by="ann", at=MONDAY + 2 * DAY) is None
    for at, expected in ((MONDAY + DAY, "high_value"), (until, "standard")):
        found = portfolio.class_at(customer, at)
        assert found is not None
        assert found.value_class == expected
    with pytest.raises(InvalidValue):
        portfolio.overrule(customer, "standard", "x", until=MONDAY, **BY)
    with pytest.raises(PolicyViolation, match="put into a class last"):
        portfolio.overrule(customer, "standard", "x", until=until, **BY)


def test_the_classes_of_two_days_make_a_matrix_that_counts_everybody() -> None:  # C021
    high, standard = ValueClass.HIGH_VALUE, ValueClass.STANDARD
    before = {"a": high, "b": high, "c": standard}
    found = portfolio.migration(before, {"a": high, "b": standard, "c": standard})

    assert (found[high, high], found[high, standard], found[standard, standard]) == (1, 1, 1)
    assert sum(found.values()) == 3
    with pytest.raises(InvalidValue):
        portfolio.migration(before, {})


def test_each_class_has_its_treatment() -> None:  # C021
    policy = PortfolioPolicy()
    every = [policy.treatment(each) for each in ValueClass]

    assert all(every)
    assert PortfolioPolicy(treatments=()).treatment("standard") is None


# -- health --------------------------------------------------------------------------------------


def test_a_missing_part_is_told_and_the_others_take_over_its_weight() -> None:  # C022, K10
    policy = PortfolioPolicy(health={"satisfaction": 3.0, "complaints": 1.0})

    whole = portfolio.health({"satisfaction": 0.5, "complaints": 1.0}, policy=policy)
    assert (whole.value, whole.missing) == (100 * (3 * 0.5 + 1) / 4, ())
    part = portfolio.health({"satisfaction": 0.5, "complaints": None}, policy=policy)
    assert (part.value, part.missing, part.parts) == (50.0, ("complaints",), {"satisfaction": 0.5})
    none = portfolio.health({}, policy=policy)
    assert (none.value, none.missing) == (None, ("satisfaction", "complaints"))


@pytest.mark.parametrize("parts", [{"luck": 0.5}, {"satisfaction": 1.01}, {"recency": -0.1}])
def test_parts_that_cannot_be_are_refused(parts: dict[str, float]) -> None:
    with pytest.raises(InvalidValue):
        portfolio.health(parts)


def test_parts_come_from_what_is_known() -> None:  # C022
    policy = PortfolioPolicy(dormant_after=10 * DAY)

    assert [portfolio.complaint_part(n) for n in (0, 1, 3)] == [1, 0.5, 0.25]
    assert [portfolio.recency_part(MONDAY, at=MONDAY + n * DAY, policy=policy) for n in (0, 5, 10, 99)] == [
        1,
        0.5,
        0,
        0,
    ]


def test_a_score_from_elsewhere_is_read_on_its_scale_and_counts_while_it_is_fresh() -> None:  # C022, S2-V2
    customer = portfolio.take_score(a_customer(), 30, source="agency", worst=100, best=0, **BY).after
    customer = portfolio.take_score(customer, 5, source="club", worst=0, best=5, by="ann", at=MONDAY + 300 * DAY).after

    for days, expected in ((0, 0.7), (300, 0.85), (365, 1.0), (665, None)):
        found = portfolio.external_part(customer, at=MONDAY + days * DAY)
        assert found == expected if expected is None else found == pytest.approx(expected)
    replaced = portfolio.take_score(customer, 40, source="agency", worst=100, best=0, by="ann", at=MONDAY + 301 * DAY)
    assert len(replaced.after.scores) == 2
    with pytest.raises(InvalidValue):
        portfolio.take_score(customer, 101, source="agency", worst=100, best=0, **BY)

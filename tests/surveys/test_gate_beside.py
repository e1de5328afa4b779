"""What stands beside figures tells nothing of a few either: drivers, reliability, conditions, ranks, weights."""

from random import Random
from typing import Any

import pytest

from servicecrm import surveys
from servicecrm.errors import InvalidValue
from servicecrm.surveys import Evaluation, Scale, evaluate
from servicecrm.surveys.items import Item
from tests.surveys.making import a_draft, en, ends

FIVE = Scale(low=1, high=5)
Rows = list[dict[str, Any]]


def rated(id: str, **told: Any) -> Item:
    return surveys.item(id, "scale", text=en(id), scale=FIVE, labels=ends(FIVE), **told)


def many(n: int, *keys: str) -> Rows:
    """Answers that differ and go together."""
    chance = Random(2026)
    return [{key: min(5, max(1, base + chance.randint(-1, 1))) for key in keys} for base in (n * [1, 2, 3, 4, 5])[:n]]


# -- who has answered everything -----------------------------------------------------------------


def driven(rows: Rows) -> str | None:
    found = evaluate(a_draft(rated("a"), rated("b")), rows, outcome="a").drivers
    assert found is not None
    assert bool(found.drivers) == (found.reason is None)
    assert found.n == (len([row for row in rows if len(row) == 2]) if found.drivers else 0)
    return found.reason


def held(rows: Rows) -> bool:
    (found,) = evaluate(a_draft(rated("a", dimension="d"), rated("b", dimension="d")), rows).reliability
    assert (found.reliability is None) == (found.n == 0)
    return found.reliability is not None


def test_drivers_do_not_tell_what_those_have_said_who_left_something_out() -> None:  # C080, C081
    assert driven(many(20, "a", "b")) is None
    assert driven([*many(20, "a", "b"), {"a": 1}]) == "hidden"
    assert driven([*many(20, "a", "b"), *[{"b": 2}] * 4]) == "hidden"
    assert driven([*many(20, "a", "b"), *[{"a": 1}] * 5]) is None
    assert driven(many(4, "a", "b")) == "no_answers"


def test_reliability_is_of_those_who_have_answered_everything_and_tells_nothing_of_others() -> None:  # C078, C080
    assert held(many(20, "a", "b"))
    assert not held([*many(20, "a", "b"), {"a": 1}])
    assert held([*many(20, "a", "b"), *[{"a": 1}] * 5])
    assert not held([*many(3, "a", "b"), *[{"a": 1}] * 20])  # three have answered b, and it is of these


@pytest.mark.parametrize("missing", ["available", "listwise", "median", "mean"])
def test_the_reliability_of_complete_answers_is_the_same_whatever_fills_the_others(missing: Any) -> None:  # C078
    rows = [*many(20, "a", "b"), *[{"a": 1}] * 6]
    asked = a_draft(rated("a", dimension="d"), rated("b", dimension="d"))

    assert evaluate(asked, rows, missing=missing).reliability == evaluate(asked, rows[:20]).reliability


# -- what was asked because of something ---------------------------------------------------------


def shown(found: Evaluation, key: str) -> set[tuple[str, ...]]:
    return {line.group for line in found if line.key == key and line.hidden is None}


def test_whether_somebody_was_asked_does_not_tell_what_made_that() -> None:  # C077, C080
    asked = a_draft(
        rated("a"),
        rated("why", shown_if={"item": "a", "at_most": 2}),
        rated("what", shown_if={"item": "why", "at_least": 1}),
    )
    # Three in s have answered, one of them with 2 or less.
    s: Rows = [{"a": 5}] * 2 + [{"a": 1, "why": 3}] + [{}] * 3
    n: Rows = [{"a": 1, "why": 3, "what": 3}] * 6 + [{"a": 4}] * 6
    t: Rows = [{"a": 5}] * 7
    people = [{**row, "g": name} for name, rows in (("n", n), ("s", s), ("t", t)) for row in rows]
    found = evaluate(asked, people, by="g")

    assert shown(found, "a") == {(), ("n",)}  # t is hidden beside s
    assert shown(found, "why") == {()}
    assert {line.hidden for line in found.hidden if line.key != "a"} == {"beside"}
    without = [{**row, "a": 5, "why": None} if row["g"] == "s" else row for row in people]
    assert shown(evaluate(asked, without[:-2], by="g"), "why") == {(), ("n",), ("t",), ("s",)}
    del without[12:14]
    assert shown(evaluate(asked, without, by="g"), "a") == {(), ("n",)}
    assert shown(evaluate(asked, without, by="g"), "why") == {(), ("n",)}


def test_a_service_of_what_was_asked_because_of_something_is_hidden_with_it() -> None:  # C077, C080
    asked = a_draft(rated("a"), rated("why", shown_if={"item": "a", "at_most": 2}, service="s"))
    rows = [{"a": 5}] * 3 + [{}] * 3

    assert shown(evaluate(asked, rows), "s") == shown(evaluate(asked, rows), "why") == set()
    assert shown(evaluate(asked, [{"a": 5}] * 6), "s") == {()}


def test_figures_of_what_is_hidden_are_hidden_wherever_they_stand() -> None:  # C080, C081
    p = rated("p")
    c = rated("c", dimension="d", shown_if={"not": {"item": "p", "at_most": 2}})
    twins = [rated("i", importance_of="c"), rated("e", expectation_of="c"), rated("o", dimension="d")]
    told = []
    for low in (0, 1, 3):  # of the three who have answered p
        rows: Rows = [{"p": 1 if n < low else 5 if n < 3 else None, "c": n % 5 + 1} for n in range(30)]
        rows = [{**row, "i": 4, "e": 5, "o": row["c"]} for row in rows]
        found = evaluate(a_draft(p, c, *twins), rows, outcome="o")
        assert found.aspects is not None
        assert found.expectations is not None
        assert found.drivers is not None
        assert found["c"].hidden == "beside"
        told.append((found.aspects.aspects, found.expectations.gaps, found.reliability, found.drivers.drivers))

    assert told[0] == told[1] == told[2]


def test_items_that_are_turned_in_a_service_and_not_in_a_dimension_do_not_follow() -> None:  # C078, C080
    asked = a_draft(rated("a", service="s", dimension="d", reverse=True), rated("b", service="s", dimension="d"))
    rows: Rows = [*many(12, "a", "b"), *[{"a": 2}] * 3, *[{"b": 2}] * 2]
    found = evaluate(asked, rows)

    assert found["a"].hidden is found["b"].hidden is None
    assert found.line("s", about="service").hidden or found.line("d", about="dimension").hidden


# -- ranks and numbers ---------------------------------------------------------------------------


def test_an_option_that_few_have_ranked_does_not_follow_from_the_others() -> None:  # C078, C080
    ranks = surveys.item("r", "ranking", text=en("r"), options={"a": en("a"), "b": en("b"), "c": en("c")}, least=2)
    few = evaluate(a_draft(ranks), [{"r": ["a", "c"]}] * 6 + [{"r": ["c", "b"]}] * 3)
    enough = evaluate(a_draft(ranks), [{"r": ["a", "c"]}] * 6 + [{"r": ["c", "b"]}] * 6)

    assert {line.part: line.hidden for line in few} == dict.fromkeys("abc", "small")
    assert {line.part: (line.hidden, line.n) for line in enough} == {"a": (None, 6), "b": (None, 6), "c": (None, 12)}
    assert not any(line.distribution for line in (*few, *enough))


def test_an_option_that_a_few_have_ranked_in_what_is_hidden_does_not_follow() -> None:  # C078, C080
    ranks = surveys.item("r", "ranking", text=en("r"), options={"a": en("a"), "b": en("b"), "c": en("c")}, least=2)
    rows: Rows = [{"r": ["a", "b", "c"], "g": "n"}] * 12 + [{"r": ["b", "c"], "g": "s"}] * 6
    found = evaluate(a_draft(ranks), [*rows, *[{"r": ["b", "a", "c"], "g": "t"}] * 3], by="g")

    assert {line.group for line in found if not line.hidden} == {()}


def test_no_number_of_one_person_is_listed() -> None:  # C078, C080
    pay = surveys.item("pay", "number", text=en("pay"))

    assert not evaluate(a_draft(pay), [{"pay": 30_000 + n} for n in range(9)])["pay"].distribution


# -- weights -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("heavy", "hidden"), [(1.0, None), (1_000.0, "beside")])
def test_of_those_who_left_something_out_one_may_not_weigh_for_all(heavy: float, hidden: str | None) -> None:  # C080
    asked = a_draft(rated("a", service="s"), rated("b", service="s"))
    rows = [*many(20, "a", "b"), *[{"a": 1}] * 4, {"a": 5}]
    found = evaluate(asked, rows, weights=[heavy] * 20 + [1.0] * 4 + [heavy])

    assert found.line("s").hidden == hidden
    assert found["a"].hidden is found["b"].hidden is None


@pytest.mark.parametrize("missing", ["available", "listwise", "median", "mean"])
def test_what_weighs_nothing_does_not_count(missing: Any) -> None:  # C073, C080
    asked = a_draft(rated("a", dimension="d"), rated("b", dimension="d"))
    rows = [*many(12, "a", "b"), *[{"a": 3}] * 6]
    more = [{"a": 5, "b": 1}, *rows, {"b": 1}]
    if missing in ("median", "mean"):
        with pytest.raises(InvalidValue, match="missing: what stands in for an answer has no weight"):
            evaluate(asked, more, weights=[0.0, *[2.0] * 18, 0.0], missing=missing)
        return
    weighed = evaluate(asked, more, weights=[0.0, *[2.0] * 18, 0.0], missing=missing)

    assert [*weighed] == [*evaluate(asked, rows, weights=[2.0] * 18, missing=missing)]
    assert (weighed.responses, weighed.left_out) == (18, 2)
    assert weighed.reliability == evaluate(asked, rows, missing=missing).reliability


def test_beside_weighted_figures_none_is_listed_that_is_not_weighted() -> None:  # C073, C080
    rows = [{"a": n % 5 + 1} for n in range(10)]

    assert evaluate(a_draft(rated("a")), rows)["a"].distribution
    assert not evaluate(a_draft(rated("a")), rows, weights=[1.0] * 8 + [3.0] * 2)["a"].distribution


# -- names ---------------------------------------------------------------------------------------


def test_a_hidden_group_is_named_and_its_parts_are_not() -> None:  # C080
    rows = [{"a": n % 5 + 1, "g": "n"} for n in range(40)] + [{"a": 1, "g": "s"}]
    found = evaluate(a_draft(rated("a"), rated("o")), rows, by=("g", "a"))

    assert {line.group for line in found.hidden if line.key == "a"} == {("n",), ("s",)}


def test_what_too_few_have_answered_makes_no_groups() -> None:  # C080
    rows = [{"a": n % 5 + 1, "o": 4} for n in range(40)] + [{"a": 1, "o": 3}]
    few: Rows = [{**row, "o": None} for row in rows[:38]] + rows[38:]

    assert {line.group for line in evaluate(a_draft(rated("a"), rated("o")), rows, by="o")} == {(), ("3",), ("4",)}
    assert {line.group for line in evaluate(a_draft(rated("a"), rated("o")), few, by="o")} == {()}
    with pytest.raises(InvalidValue, match="by: pay is a number, which may be the own one of somebody; give its bands"):
        evaluate(a_draft(surveys.item("pay", "number", text=en("pay"))), [{"pay": 9_999}], by="pay")


def test_codes_of_a_few_texts_are_not_named() -> None:  # C080
    asked = a_draft(rated("a"), surveys.item("why", "text", text=en("why")))
    rows = [{"a": 3, "why": "x" if n < 3 else None} for n in range(20)]
    found = evaluate(asked, rows, codes={"why": [("fraud",), ("price",), ()] + [None] * 17})

    assert [(line.key, line.part, line.hidden) for line in found if line.key == "why"] == [("why", None, "small")]
    assert "fraud" not in str(found.to_dicts()) + found.markdown()


def test_the_index_is_made_of_items_whatever_services_are_called() -> None:  # C081
    asked = a_draft(rated("a"), rated("b", service="a"))

    assert evaluate(asked, [{"a": 1, "b": 5}] * 6).index.value == 50.0


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"weights": [1e200] * 6}, "weights: expected finite numbers from 0 to 1e"),
        ({"weights": [float("nan")] * 6}, "weights: expected finite numbers"),
        ({"weights": [-1.0] * 6}, "weights: expected finite numbers"),
        ({"outcome": "why"}, "outcome: there are no numbers at 'why', only at a"),
        ({"outcome": "nothing"}, "outcome: there are no numbers at 'nothing'"),
        ({"codes": {"why": ["price"] * 6}}, "codes of why: expected"),
        ({"min_answered": 0}, "min_answered: expected a whole number from 1"),
    ],
    ids=lambda told: next(iter(told)) if isinstance(told, dict) else "",
)
def test_what_cannot_be_meant_is_refused_by_name(how: dict[str, Any], says: str) -> None:  # C073, C078
    asked = a_draft(rated("a"), surveys.item("why", "text", text=en("why")))

    with pytest.raises(InvalidValue, match=says):
        evaluate(asked, [{"a": 3, "why": "x"}] * 6, **how)
    with pytest.raises(InvalidValue, match="responses: expected"):
        evaluate(asked, None)  # type: ignore[arg-type] # which is what is tried


@pytest.mark.parametrize(
    ("language", "says"), [("en", "a few have answered"), ("de", "einige wenige"), ("zh", "少数人")]
)
def test_hidden_drivers_say_so(language: str, says: str) -> None:  # C080, C081
    found = evaluate(a_draft(rated("a"), rated("b")), [*many(20, "a", "b"), {"a": 1}], outcome="a")
    (row,) = (row for row in found.to_dicts() if row["about"] == "driver")

    assert (row["hidden"], row["n"], row["value"]) == ("beside", None, None)
    assert says in found.markdown(language=language)
    assert says in found.html(language=language)

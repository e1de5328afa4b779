"""What stands beside figures tells nothing of a few either: drivers, reliability, conditions, ranks, weights."""

from random import Random
from typing import Any

import pytest

from servicecrm import surveys
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


# -- ranks and numbers ---------------------------------------------------------------------------


def test_an_option_that_few_have_ranked_does_not_follow_from_the_others() -> None:  # C078, C080
    ranks = surveys.item("r", "ranking", text=en("r"), options={"a": en("a"), "b": en("b"), "c": en("c")}, least=2)
    few = evaluate(a_draft(ranks), [{"r": ["a", "c"]}] * 6 + [{"r": ["c", "b"]}] * 3)
    enough = evaluate(a_draft(ranks), [{"r": ["a", "c"]}] * 6 + [{"r": ["c", "b"]}] * 6)

    assert {line.part: line.hidden for line in few} == dict.fromkeys("abc", "small")
    assert {line.part: (line.hidden, line.n) for line in enough} == {"a": (None, 6), "b": (None, 6), "c": (None, 12)}
    assert not any(line.distribution for line in (*few, *enough))


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
    weighed = evaluate(asked, more, weights=[0.0, *[2.0] * 18, 0.0], missing=missing)

    assert [*weighed] == [*evaluate(asked, rows, weights=[2.0] * 18, missing=missing)]
    assert (weighed.responses, weighed.left_out) == (18, 2)
    assert weighed.reliability == evaluate(asked, rows, missing=missing).reliability


# -- names ---------------------------------------------------------------------------------------


def test_the_index_is_made_of_items_whatever_services_are_called() -> None:  # C081
    asked = a_draft(rated("a"), rated("b", service="a"))

    assert evaluate(asked, [{"a": 1, "b": 5}] * 6).index.value == 50.0

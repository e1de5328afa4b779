"""A condition is plain data: it is checked before a release, and it is true or not of the answers so far."""

from itertools import product
from time import perf_counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servicecrm.errors import InvalidValue
from servicecrm.surveys import Item, Scale, Status, item, problems, reaching
from servicecrm.surveys.logic import shape_problems
from tests.surveys.making import a_draft, en, one_of_each, rating


def found(*items: Item) -> list[tuple[str, str]]:
    """The checks that find something, and where."""
    return [(each.check, each.path) for each in problems(a_draft(*items))]


def shown(condition: dict[str, Any], **given_: object) -> bool:
    """Is an item with this condition shown after these answers to one of each kind?"""
    questionnaire = a_draft(*one_of_each()[:-1], item("last", "text", text=en("?"), shown_if=condition))
    assert not problems(questionnaire)
    (answer,) = (each for each in questionnaire.read({"used": True, **given_}).answers if each.item == "last")
    return answer.status is not Status.NOT_SHOWN


# -- what holds ----------------------------------------------------------------------------------

TRUE = [
    ({"item": "overall", "at_most": 4}, {"overall": 4}, {"overall": 5}),
    ({"item": "overall", "below": 4}, {"overall": 3}, {"overall": 4}),
    ({"item": "overall", "at_least": 4}, {"overall": 4}, {"overall": 3}),
    ({"item": "overall", "above": 4}, {"overall": 5}, {"overall": 4}),
    ({"item": "overall", "equals": 4}, {"overall": 4}, {"overall": 5}),
    ({"item": "overall", "one_of": [1, 10]}, {"overall": 10}, {"overall": 5}),
    ({"item": "visits", "above": 2.5}, {"visits": 3}, {"visits": 2}),
    ({"item": "since", "below": "2026-01-01"}, {"since": "2025-12-31"}, {"since": "2026-01-01"}),
    ({"item": "channel", "equals": "web"}, {"channel": "web"}, {"channel": "phone"}),
    ({"item": "channel", "one_of": ["web", "phone"]}, {"channel": "phone"}, {"channel": "counter"}),
    ({"item": "ways", "includes": "web"}, {"ways": ["phone", "web"]}, {"ways": ["phone"]}),
    ({"item": "used", "equals": "yes"}, {"used": True}, {"used": False}),
    ({"item": "channel", "is": "not_applicable"}, {"channel": "not_applicable"}, {"channel": "web"}),
    ({"item": "overall", "is": "missing"}, {}, {"overall": 1}),
    ({"item": "aspects", "row": "price", "at_most": 2}, {"aspects": {"price": 1}}, {"aspects": {"delay": 1}}),
    ({"all": [{"item": "overall", "above": 2}, {"item": "easy", "above": 2}]}, {"overall": 3, "easy": 3}, {"easy": 3}),
    ({"any": [{"item": "overall", "above": 2}, {"item": "easy", "above": 2}]}, {"easy": 3}, {"overall": 2}),
    ({"not": {"item": "overall", "above": 2}}, {"overall": 2}, {"overall": 3}),
]


@pytest.mark.parametrize(("condition", "yes", "no"), TRUE)
def test_a_condition_is_true_of_some_answers_and_not_of_others(
    condition: dict[str, Any], yes: dict[str, object], no: dict[str, object]
) -> None:  # C074
    assert shown(condition, **yes)
    assert not shown(condition, **no)


@pytest.mark.parametrize("test", ["below", "at_most", "at_least", "above", "equals"])
def test_a_comparison_holds_only_of_an_answer(test: str) -> None:  # C074
    assert not shown({"item": "satisfied", test: 3})
    assert not shown({"item": "satisfied", test: 3}, satisfied="dont_know")
    assert shown({"not": {"item": "satisfied", test: 3}})


def test_the_noise_of_floats_makes_no_difference() -> None:
    tenths = rating("a", scale=Scale(low=0, high=1, step=0.1))
    last = item("last", "text", text=en("?"), shown_if={"item": "a", "equals": 0.3})
    (_, answer) = a_draft(tenths, last).read({"a": 0.1 + 0.2}).answers

    assert answer.status is Status.MISSING


def test_a_draft_can_be_tried_before_its_conditions_are_right() -> None:
    (answer,) = a_draft(item("a", "text", text=en("?"), shown_if={"item": "nobody", "equals": 1})).read({}).answers

    assert answer.status is Status.NOT_SHOWN


def test_what_was_not_shown_has_no_answer_to_ask_about() -> None:
    items = (
        item("used", "yes_no", text=en("?")),
        rating("a", shown_if={"item": "used", "equals": "yes"}),
        item("b", "text", text=en("?"), shown_if={"item": "a", "is": "not_shown"}),
    )
    answers = a_draft(*items).validated({"used": "no", "b": "I did not."})

    assert [answer.status for answer in answers] == [Status.ANSWERED, Status.NOT_SHOWN, Status.ANSWERED]


# -- its shape -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "condition",
    [
        {"all": []},
        {"all": {"item": "a", "equals": 1}},
        {"all": [{}]},
        {"not": []},
        {"item": "a"},
        {"item": 5, "equals": 1},
        {"item": "a", "row": 1, "equals": 1},
        {"item": "a", "equals": 1, "above": 1},
        {"item": "a", "equals": True},
        {"item": "a", "equals": None},
        {"item": "a", "equals": [1]},
        {"item": "a", "one_of": 1},
        {"item": "a", "one_of": []},
        {"item": "a", "equals": 1, "else": 1},
        {"any": [{"item": "a", "equals": 1}], "all": [{"item": "a", "equals": 1}]},
        {"script": "1 == 1"},
    ],
)
def test_what_is_no_condition_is_refused(condition: dict[str, Any]) -> None:  # C074
    with pytest.raises(InvalidValue, match=r"shown_if: \$"):
        item("x", "text", text=en("?"), shown_if=condition)


plain = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(["overall", "all", "web"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["item", "row", "all", "any", "not", "is", "equals", "one_of"]), inner)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["item", "row", "all", "any", "not", "is", "equals", "one_of"]), plain))
def test_whatever_is_taken_for_a_condition_can_be_asked(condition: dict[str, Any]) -> None:
    try:
        last = item("last", "text", text=en("?"), shown_if=condition)
    except InvalidValue:
        return
    questionnaire = a_draft(*one_of_each(), last)

    assert not list(shape_problems(last.shown_if))
    problems(questionnaire)
    questionnaire.read({"used": True, "overall": 3, "channel": "web"})


# -- does it fit? --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        ({"item": "nobody", "equals": 1}, "there is no item nobody"),
        ({"item": "last", "is": "missing"}, "it depends on itself"),
        ({"item": "later", "equals": 1}, "it depends on later, which comes later"),
        ({"item": "overall", "equals": 11}, "overall equals: expected a number on 1..10"),
        ({"item": "overall", "equals": "web"}, "overall equals: expected a number on 1..10"),
        ({"item": "overall", "includes": "web"}, "overall cannot be asked with includes"),
        ({"item": "overall", "is": "not_applicable"}, "expected one of answered, missing, not_shown"),
        ({"item": "overall", "row": "price", "equals": 1}, "overall has no rows"),
        ({"item": "aspects", "equals": 1}, "aspects needs a row out of price, delay"),
        ({"item": "aspects", "row": "size", "equals": 1}, "aspects needs a row out of price, delay"),
        ({"item": "channel", "equals": "fax"}, "expected one of phone, web, counter"),
        ({"item": "channel", "one_of": ["web", "fax"]}, "expected one of phone, web, counter"),
        ({"item": "channel", "above": "web"}, "channel cannot be asked with above"),
        ({"item": "ways", "equals": "web"}, "ways cannot be asked with equals"),
        ({"item": "since", "above": 2026}, "expected a date"),
        ({"item": "since", "above": "20260302"}, "expected a date"),
        ({"item": "visits", "above": "three"}, "visits above: expected a number"),
        ({"item": "why", "equals": "x"}, "why cannot be asked with equals"),
        ({"not": {"any": [{"item": "nobody", "is": "missing"}]}}, "there is no item nobody"),
    ],
)
def test_a_condition_that_fits_no_item_is_found(condition: dict[str, Any], says: str) -> None:  # C074
    last = item("last", "text", text=en("?"), shown_if=condition)
    (finding,) = problems(a_draft(*one_of_each(), last, rating("later")))

    assert (finding.check, finding.path) == ("conditions", "items.last.shown_if")
    assert says in finding.says


@given(st.lists(st.integers(0, 3), min_size=4, max_size=4))
def test_no_circle_passes(edges: list[int]) -> None:  # C074
    """Each of four items depends on the one that is named, so that somewhere there is a circle."""
    items = [
        rating(f"q{n}", shown_if={"any": [{"item": f"q{to}", "above": 1}, {"item": f"q{to}", "is": "missing"}]})
        for n, to in enumerate(edges)
    ]

    assert "conditions" in {check for check, _ in found(*items)}


def test_items_with_one_id_leave_nothing_to_go_by() -> None:
    items = (rating("a"), rating("b", shown_if={"item": "a", "above": 3}), item("a", "date", text=en("?")))

    assert found(*items) == [("ids", "items.a")]


# -- can it come true? ---------------------------------------------------------------------------

THREE = Scale(low=1, high=3)
tests = st.one_of(
    st.builds(lambda test, v: {test: v}, st.sampled_from(["below", "at_most", "equals", "above"]), st.integers(1, 3)),
    st.builds(lambda status: {"is": status}, st.sampled_from(["missing", "answered", "not_shown"])),
)


@st.composite
def items(draw: st.DrawFn) -> list[Item]:
    """A few items, each with a condition about earlier ones."""
    made = [rating("q0", scale=THREE, required=draw(st.booleans()))]
    for n in range(1, draw(st.integers(2, 4))):
        asks = st.builds(lambda to, test: {"item": f"q{to}", **test}, st.integers(0, n - 1), tests)
        condition = st.recursive(
            asks,
            lambda inner: (
                st.builds(lambda parts: {"all": parts}, st.lists(inner, min_size=1, max_size=3))
                | st.builds(lambda parts: {"any": parts}, st.lists(inner, min_size=1, max_size=3))
                | st.builds(lambda part: {"not": part}, inner)
            ),
            max_leaves=4,
        )
        made.append(rating(f"q{n}", scale=THREE, required=draw(st.booleans()), shown_if=draw(condition)))
    return made


def reached_by_trying(made: list[Item]) -> set[str]:
    """The items that are shown after some answers, of all that there are."""
    questionnaire = a_draft(*made)
    reached = set()
    for values in product((None, 1, 2, 3), repeat=len(made)):
        reading = questionnaire.read({each.id: value for each, value in zip(made, values, strict=True)})
        if not reading.problems:  # an answer is required, or was not to be given
            reached |= {answer.item for answer in reading.answers if answer.status is not Status.NOT_SHOWN}
    return reached


@settings(max_examples=30, deadline=None)
@given(items())
def test_an_item_is_called_unreachable_exactly_if_no_answers_lead_to_it(made: list[Item]) -> None:  # C074
    unreached = {path.split(".")[1] for check, path in found(*made) if check == "reachable"}

    assert unreached == {each.id for each in made} - reached_by_trying(made)


UNREACHABLE = [
    {"item": "overall", "below": 1},
    {"all": [{"item": "overall", "above": 8}, {"item": "overall", "below": 3}]},
    {"all": [{"item": "visits", "above": 3}, {"item": "visits", "below": 4}]},  # it is whole
    {"all": [{"item": "since", "above": "2026-01-01"}, {"item": "since", "below": "2026-01-02"}]},
    {"item": "visits", "above": 100},
    {"item": "used", "is": "missing"},  # it is required
    {"all": [{"item": "ways", "includes": each} for each in ("phone", "web", "counter")]},  # at most two
    {"all": [{"item": "ways", "includes": "none"}, {"item": "ways", "includes": "web"}]},
    {"not": {"any": [{"item": "best", "includes": "web"}, {"item": "best", "is": "missing"}]}},  # all are ranked
    {"item": "aspects", "row": "price", "above": 10},
    {"item": "overall", "is": "not_shown"},
]
REACHABLE = [
    {"all": [{"item": "visits", "above": 3}, {"item": "visits", "below": 5}]},
    {"all": [{"item": "visits", "above": 3.2}, {"item": "visits", "below": 4.5}]},
    {"all": [{"item": "since", "above": "2026-01-01"}, {"item": "since", "below": "2026-01-03"}]},
    {"item": "since", "above": "2026-01-01"},
    {"all": [{"item": "ways", "includes": "phone"}, {"not": {"item": "ways", "includes": "web"}}]},
    {"item": "why", "is": "answered"},
    {"item": "why", "is": "not_shown"},
    {"item": "places", "row": "last", "equals": "web"},
    {"item": "satisfied", "is": "dont_know"},
]


@pytest.mark.parametrize("condition", UNREACHABLE)
def test_an_item_that_no_answers_lead_to_is_found(condition: dict[str, Any]) -> None:  # C074
    assert found(*one_of_each(), item("last", "text", text=en("?"), shown_if=condition)) == [
        ("reachable", "items.last.shown_if")
    ]


@pytest.mark.parametrize("condition", REACHABLE)
def test_an_item_that_some_answers_lead_to_is_not(condition: dict[str, Any]) -> None:  # C074
    assert found(*one_of_each(), item("last", "text", text=en("?"), shown_if=condition)) == []


def one_hole_short(holes: int) -> tuple[list[Item], dict[str, Any]]:
    """More letters than boxes for one letter each: that this cannot be is seen only by trying a lot."""
    letters = range(holes + 1)
    boxes = [[{"item": f"q{n}-{box}", "equals": "yes"} for box in range(holes)] for n in letters]
    alone = [
        {"not": {"all": [boxes[one][box], boxes[other][box]]}}
        for box in range(holes)
        for one in letters
        for other in range(one)
    ]
    asked = [item(each["item"], "yes_no", text=en("?")) for row in boxes for each in row]
    return asked, {"all": [{"any": row} for row in boxes] + alone}


def test_what_would_take_too_long_to_find_out_counts_as_reached() -> None:  # C074
    few, never = one_hole_short(2)
    assert found(*few, rating("last", shown_if=never)) == [("reachable", "items.last.shown_if")]

    many, never = one_hole_short(12)
    last = [rating(f"last{n}", shown_if=never) for n in range(20)]
    before = perf_counter()
    assert found(*many, *last) == []  # there is too much to try
    assert perf_counter() - before < 20  # for all of them together; to try it all takes years


def test_of_a_long_condition_it_is_found_out_at_once_that_it_cannot_hold() -> None:  # C074
    many = [rating(f"q{n}") for n in range(100)]
    some = {"any": [{"item": each.id, "at_most": 4} for each in many]}
    never = {"all": [some, {"item": "q0", "at_most": 2}, {"item": "q0", "at_least": 3}]}

    assert found(*many, rating("last", shown_if=never)) == [("reachable", "items.last.shown_if")]


@pytest.mark.parametrize("together", ["all", "any"])
def test_a_condition_may_ask_a_thousand_items(together: str) -> None:  # C074
    many = [rating(f"q{n}") for n in range(1000)]
    asks = {together: [{"item": each.id, "at_most": 4} for each in many]}

    assert found(*many, rating("last", shown_if=asks)) == []


def steps_of_a_chain(n: int) -> int:
    """How much is done to see that each of so many items, which is shown because of the one before, can be reached."""
    first = rating("q0")
    chained = [rating(f"q{n}", shown_if={"item": f"q{n - 1}", "at_most": 4}) for n in range(1, n)]
    known = reaching._Known([first, *chained])
    assert all(known.reached(each) for each in chained)
    assert known.decided == {each.id: True for each in chained}
    return reaching._STEPS - known._left


def test_twice_as_many_items_in_a_chain_take_twice_as_long() -> None:  # C074
    assert steps_of_a_chain(400) < 2.2 * steps_of_a_chain(200)


@pytest.mark.parametrize("limit", [1e9, 1e12, -1e12])
def test_beside_a_large_number_lie_others(limit: float) -> None:  # C074
    asked = item("paid", "number", text=en("How much?"))

    for test in ("above", "below"):
        assert found(asked, rating("last", shown_if={"item": "paid", test: limit})) == []


def test_of_many_options_not_every_choice_is_tried() -> None:  # C074
    ways = item("ways", "multiple", text=en("Which ways?"), options={f"way{n}": en("One") for n in range(40)})
    each = [{"item": "ways", "includes": code} for code in ways.codes]

    assert found(ways, rating("last", shown_if={"all": each}), rating("none", shown_if={"not": {"any": each}})) == []

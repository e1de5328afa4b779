"""An item has what its kind needs, and nothing that its kind cannot have."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.errors import InvalidValue
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.kernel.records import evolve
from servicecrm.measures import sus, tally
from servicecrm.surveys import Answer, Item, ItemKind, Polarity, Scale, Status, coded, item, read
from servicecrm.surveys.items import Option, Row, by_language
from servicecrm.testing.makers import MONDAY
from tests.surveys.making import TEN, en, ends, one_of_each, rating

ITEMS = {each.id: each for each in one_of_each()}
TWO = {"a": en("A"), "b": en("B")}


def test_the_scale_of_the_seed_leads_from_1_to_10_with_both_ends_in_words() -> None:  # C074
    overall = item(
        "overall",
        "scale",
        text={"de": "Wie zufrieden sind Sie?"},
        scale=Scale(low=1, high=10),
        labels={1: {"de": "sehr unzufrieden"}, 10: {"de": "sehr zufrieden"}},
    )

    assert [label.at for label in overall.labels] == [1.0, 10.0]
    assert read(overall, 10).number == 10.0
    with pytest.raises(InvalidValue, match=r"expected a number on 1\.\.10"):
        read(overall, 11)


@pytest.mark.parametrize(
    ("kind", "scale"), [("nps", Scale(low=0, high=10)), ("csat", Scale(low=1, high=5)), ("ces", Scale(low=1, high=7))]
)
def test_a_metric_has_its_usual_scale(kind: str, scale: Scale) -> None:  # C078
    assert item("x", kind, text=en("?")).scale == scale
    assert Item(id="x", kind=ItemKind(kind), text=FrozenMap(en("?"))).scale == scale


BAD = {
    "a scale item without a scale": lambda: item("x", "scale", text=en("?")),
    "a text with a scale": lambda: item("x", "text", text=en("?"), scale=TEN),
    "a choice of nothing": lambda: item("x", "choice", text=en("?")),
    "a number with options": lambda: item("x", "number", text=en("?"), options=TWO),
    "a matrix without rows": lambda: item("x", "matrix", text=en("?"), scale=TEN),
    "rows without a matrix": lambda: item("x", "scale", text=en("?"), scale=TEN, rows=TWO),
    "a matrix on a scale and on options": lambda: item("x", "matrix", text=en("?"), scale=TEN, options=TWO, rows=TWO),
    "NPS on another scale": lambda: item("x", "nps", text=en("?"), scale=TEN),
    "NPS where lower is better": lambda: item("x", "nps", text=en("?"), polarity="lower"),
    "a scale with codes of its own": lambda: item(
        "x", "scale", text=en("?"), scale=Scale(low=1, high=5, apart=("na",))
    ),
    "an option with the code of no answer": lambda: item(
        "x", "choice", text=en("?"), options={"not_answered": en("?")}
    ),
    "an option with a code that is counted apart": lambda: item(
        "x", "choice", text=en("?"), options={"dont_know": en("?")}
    ),
    "a text that may be no text": lambda: item("x", "text", text=en("?"), apart=["dont_know"]),
    "don't know, twice": lambda: item("x", "nps", text=en("?"), apart=["dont_know", "dont_know"]),
    "a label off the scale": lambda: item("x", "scale", text=en("?"), scale=TEN, labels={11: en("?")}),
    "a label without a scale": lambda: item("x", "text", text=en("?"), labels={1: en("?")}),
    "something turned without a scale": lambda: item("x", "number", text=en("?"), reverse=True),
    "a row turned without a scale": lambda: item(
        "x", "matrix", text=en("?"), options=TWO, rows=[Row(code="a", text=by_language(en("A")), reverse=True)]
    ),
    "a matrix turned as a whole": lambda: item("x", "matrix", text=en("?"), scale=TEN, rows=TWO, reverse=True),
    "a limit on a date": lambda: item("x", "date", text=en("?"), least=1),
    "more to choose than there is": lambda: item("x", "multiple", text=en("?"), options=TWO, most=3),
    "nothing to choose": lambda: item("x", "multiple", text=en("?"), options=TWO, least=0),
    "limits the wrong way round": lambda: item("x", "number", text=en("?"), least=5, most=4),
    "a text that is to be whole": lambda: item("x", "text", text=en("?"), whole=True),
    "one exclusive choice of one": lambda: item(
        "x", "choice", text=en("?"), options=[Option(code="a", text=by_language(en("A")), exclusive=True)]
    ),
    "an option twice": lambda: item(
        "x", "choice", text=en("?"), options=[Option(code="a", text=by_language(en("A")))] * 2
    ),
    "an id that reads like a row": lambda: item("x/y", "text", text=en("?")),
    "no text": lambda: item("x", "text", text={}),
    "a blank text": lambda: item("x", "text", text=en(" ")),
    "a language that is none": lambda: item("x", "text", text={"english": "?"}),
    "a language in another case": lambda: Item(id="x", kind=ItemKind.TEXT, text=FrozenMap({"EN": "?"})),
    "no id": lambda: item(" ", "text", text=en("?")),
    "no kind": lambda: item("x", "slider", text=en("?")),
    "no polarity": lambda: item("x", "nps", text=en("?"), polarity="up"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_asked_is_refused(case: str) -> None:  # C074
    with pytest.raises(InvalidValue):
        BAD[case]()


def test_every_problem_of_an_item_is_told_at_once() -> None:
    with pytest.raises(InvalidValue, match=r"Item x: rows: .*; scale: .*; least, most: "):
        item("x", "matrix", text=en("?"), least=1)


@pytest.mark.parametrize("each", one_of_each(), ids=lambda each: each.id)
def test_an_item_stays_right_when_it_changes(each: Item) -> None:
    with pytest.raises(InvalidValue):
        evolve(each, text=FrozenMap())


# -- values --------------------------------------------------------------------------------------

GOOD = [
    ("used", True, ("yes",)),
    ("used", "no", ("no",)),
    ("overall", 7, 7.0),
    ("recommend", 0, 0.0),
    ("satisfied", 5.0, 5.0),
    ("easy", 1, 1.0),
    ("channel", "web", ("web",)),
    ("ways", ["web", "phone"], ("phone", "web")),
    ("ways", ["none"], ("none",)),
    ("best", ["web", "phone", "counter"], ("web", "phone", "counter")),
    ("visits", 3, 3.0),
    ("visits", 0, 0.0),
    ("since", "2026-03-02", "2026-03-02"),
    ("why", "No water.", "No water."),
]


@pytest.mark.parametrize(("id", "value", "held"), GOOD)
def test_a_value_of_the_right_kind_is_an_answer(id: str, value: object, held: object) -> None:  # C077
    answer = read(ITEMS[id], value)

    assert answer.status is Status.ANSWERED
    day = answer.day and answer.day.isoformat()
    assert [each for each in (answer.number, answer.codes or None, day, answer.text) if each is not None] == [held]


WRONG = [
    ("used", 1),
    ("used", "maybe"),
    ("overall", 0),
    ("overall", 5.5),
    ("overall", True),
    ("overall", "7"),
    ("recommend", 11),
    ("recommend", -1),
    ("recommend", 6.5),
    ("channel", "fax"),
    ("channel", ["web"]),
    ("channel", "dont_know"),  # only what the item allows
    ("ways", "web"),
    ("ways", ["web", "web"]),
    ("ways", ["web", "phone", "counter"]),  # at most two
    ("ways", ["web", "none"]),  # one that excludes the others
    ("ways", [["web"]]),
    ("best", ["web"]),  # all are ranked
    ("best", ["web", "web", "phone"]),
    ("visits", 2.5),
    ("visits", 101),
    ("visits", -1),
    ("visits", 10**400),
    ("visits", float("inf")),
    ("visits", "3"),
    ("visits", False),
    ("since", "yesterday"),
    ("since", "2026-02-30"),
    ("since", 20260302),
    ("since", MONDAY),
    ("why", 5),
    ("why", "x" * 501),
    ("why", "\x00"),
    ("why", "\ud800"),
]


@pytest.mark.parametrize(("id", "value"), WRONG)
def test_a_value_of_another_kind_is_refused(id: str, value: object) -> None:  # C077
    with pytest.raises(InvalidValue, match="expected"):
        read(ITEMS[id], value)


@pytest.mark.parametrize(
    "each", [each for each in one_of_each() if each.kind is not ItemKind.MATRIX], ids=lambda i: i.id
)
@pytest.mark.parametrize("value", [None, "", "  ", [], (), float("nan")])
def test_nothing_said_is_missing_whatever_the_kind(each: Item, value: object) -> None:  # C077
    assert read(each, value) == Answer(item=each.id, status=Status.MISSING)


def test_what_is_said_instead_of_an_answer_is_neither_an_answer_nor_missing() -> None:  # C074
    assert read(ITEMS["satisfied"], "dont_know").status is Status.DONT_KNOW
    assert read(ITEMS["channel"], "not_applicable").status is Status.NOT_APPLICABLE
    assert read(ITEMS["why"], "dont_know").text == "dont_know"  # a text says everything itself


def test_an_answer_has_a_value_and_nothing_else_has() -> None:
    with pytest.raises(InvalidValue):
        Answer(item="x", status=Status.ANSWERED)
    with pytest.raises(InvalidValue):
        Answer(item="x", status=Status.MISSING, number=1.0)
    with pytest.raises(InvalidValue):
        Answer(item="x", status=Status.ANSWERED, number=1.0, text="one")


def test_free_text_is_not_shown_by_its_repr() -> None:
    assert "No water" not in repr(read(ITEMS["why"], "No water."))


# -- counting ------------------------------------------------------------------------------------


@given(st.integers(1, 10), st.booleans())
def test_an_answer_is_turned_on_the_declared_scale(number: int, reverse: bool) -> None:  # C074
    overall, (row, *_) = evolve(ITEMS["overall"], reverse=reverse), ITEMS["aspects"].rows
    matrix = evolve(ITEMS["aspects"], rows=(evolve(row, reverse=reverse), evolve(row, code="other")))

    expected = 11 - number if reverse else number
    assert coded(overall, read(overall, number)) == expected
    assert coded(matrix, read(matrix, number, row="price")) == expected
    assert coded(matrix, read(matrix, number, row="other")) == number


def test_answers_are_counted_as_they_were_meant() -> None:  # C074, C078
    satisfied = ITEMS["satisfied"]
    answers = [read(satisfied, value) for value in (5, 4, "dont_know", None)]
    assert satisfied.measured is not None

    found = tally([coded(satisfied, answer) for answer in answers], scale=satisfied.measured)

    assert (found.n, found.not_answered, dict(found.apart)["dont_know"], found.invalid) == (2, 1, 1, 0)


def test_the_declared_polarity_is_kept_apart_from_turning() -> None:  # C074
    effort = item("effort", "ces", text=en("How much effort?"), polarity="lower")

    assert effort.polarity is Polarity.LOWER
    assert coded(effort, read(effort, 2)) == 2


def test_turned_sus_items_add_up_to_the_score() -> None:  # C078
    items = [rating(f"q{n}", scale=Scale(low=1, high=5)) for n in range(1, 11)]
    turned = [evolve(each, reverse=n % 2 == 1) for n, each in enumerate(items)]
    given = [4, 2, 5, 1, 3, 3, 4, 2, 5, 1]
    numbers = [coded(each, read(each, value)) for each, value in zip(turned, given, strict=True)]

    assert 2.5 * sum(number - 1 for number in numbers if isinstance(number, float)) == sus(given)


def test_a_row_of_a_matrix_has_a_key_of_its_own() -> None:
    assert read(ITEMS["aspects"], 3, row="price").key == "aspects/price"
    assert read(ITEMS["overall"], 3).key == "overall"
    assert ends(TEN).keys() == {1.0, 10.0}

"""In SurveyJS a questionnaire asks the same: its conditions hold of the same answers; what it cannot say is named."""

import json
import re
from itertools import product
from random import Random
from typing import Any

import pytest

from servicecrm.errors import InvalidValue
from servicecrm.kernel.records import evolve
from servicecrm.surveys import TEMPLATES, Item, Questionnaire, Scale, Status, item
from servicecrm.surveys.surveyjs import NotInSurveyJS, to_surveyjs
from tests.surveys.making import TEN, YES, a_draft, a_release, en, ends, one_of_each, rating
from tests.surveys.test_form_browser import with_conditions
from tests.surveys.test_templates import released

TYPES = {
    "boolean": {"labelTrue", "labelFalse", "valueTrue", "valueFalse"},
    "checkbox": {"choices", "maxSelectedChoices", "validators"},
    "comment": {"maxLength", "validators"},
    "matrix": {"columns", "rows", "eachRowRequired"},
    "radiogroup": {"choices"},
    "ranking": {"choices", "selectToRankEnabled", "maxSelectedChoices", "validators"},
    "rating": {"rateValues", "minRateDescription", "maxRateDescription"},
    "text": {"inputType", "min", "max", "step", "validators"},
}
"""The types of SurveyJS that are used, with the properties that each has beside those of every question."""
EVERY = {"type", "name", "title", "description", "isRequired", "visibleIf"}


def elements(*items: Item) -> dict[str, dict[str, Any]]:
    made: Any = to_surveyjs(evolve(a_draft(*items), state="reviewed"))
    return {each["name"]: each for each in made["pages"][0]["elements"]}


def problems(*items: Item) -> tuple[str, ...]:
    with pytest.raises(NotInSurveyJS) as refused:
        elements(*items)
    return refused.value.problems


# -- items -----------------------------------------------------------------------------------------


def test_every_kind_has_its_type() -> None:  # C074
    assert {name: each["type"] for name, each in elements(*one_of_each()).items()} == {
        "used": "boolean",
        "overall": "rating",
        "recommend": "rating",
        "satisfied": "radiogroup",  # a rating cannot say that somebody does not know
        "easy": "rating",
        "channel": "radiogroup",
        "ways": "checkbox",
        "best": "ranking",
        "aspects": "matrix",
        "places": "matrix",
        "visits": "text",
        "since": "text",
        "why": "comment",
    }


@pytest.mark.parametrize("name", [*TEMPLATES, "one of each"])
def test_only_properties_are_used_that_a_type_has(name: str) -> None:
    made: Any = to_surveyjs(a_release() if name == "one of each" else released(name))

    for each in made["pages"][0]["elements"]:
        assert each.keys() - EVERY <= TYPES[each["type"]]
    assert json.loads(json.dumps(made)) == made


def test_an_item_keeps_its_limits_and_its_labels() -> None:  # C074
    made = elements(*one_of_each(), item("long", "text", text=en("?"), hint=en("Hm"), least=2, required=True))

    assert made["overall"]["rateValues"] == [{"value": n} for n in range(1, 11)]
    assert (made["overall"]["minRateDescription"], made["overall"]["maxRateDescription"]) == ("bad", "good")
    assert made["satisfied"]["choices"][0] == {"value": 1, "text": "1 bad"}
    assert made["satisfied"]["choices"][-1] == {"value": "dont_know", "text": "don't know"}
    assert made["ways"]["choices"][-1] == {"value": "none", "text": "None", "isExclusive": True}
    assert made["ways"]["maxSelectedChoices"] == made["best"]["maxSelectedChoices"] - 1 == 2
    assert made["best"]["validators"] == [{"type": "answercount", "minCount": 3}]
    assert made["aspects"]["columns"][-1] == {"value": "dont_know", "text": "don't know"}
    assert made["aspects"]["rows"] == [{"value": "price", "text": "Price"}, {"value": "delay", "text": "Delay"}]
    assert (made["visits"]["min"], made["visits"]["max"]) == (0, 100)
    assert made["why"]["maxLength"] == 500
    assert made["long"] == {
        "type": "comment",
        "name": "long",
        "title": "?",
        "description": "Hm",
        "isRequired": True,
        "validators": [{"type": "text", "minLength": 2}],
    }


def test_points_with_a_name_in_between_and_very_many_points() -> None:
    labels = {**ends(TEN), 5: en("so-so")}
    named = item("a", "scale", text=en("?"), scale=TEN, labels=labels)
    made = elements(named, rating("b", scale=Scale(low=0, high=100, step=0.5)))

    assert made["a"]["rateValues"][4] == {"value": 5, "text": "so-so"}
    assert made["b"] == {
        "type": "text",
        "name": "b",
        "title": "How good?",
        "inputType": "number",
        "min": 0,
        "max": 100,
        "step": 0.5,
    }


def test_texts_are_there_by_locale_and_english_is_the_default() -> None:  # C093
    made: Any = to_surveyjs(released("nps"))
    assert made["title"].keys() == {"default", "de", "zh-cn"}
    assert "locale" not in made
    german = item("a", "yes_no", text={"de": "Ja?", "fr": "Oui ?"})
    draft = evolve(a_draft(german), state="reviewed", languages=("de", "fr"), title=german.text)
    made = to_surveyjs(draft)
    assert made["title"] == {"default": "Ja?", "de": "Ja?", "fr": "Oui ?"}
    assert made["locale"] == "de"


def test_whose_instrument_it_is_is_said() -> None:
    made: Any = to_surveyjs(released("sus"))

    assert made["pages"][0]["description"].startswith("Brooke")


# -- conditions --------------------------------------------------------------------------------------

TOKEN = re.compile(r"\s*(\(|\)|!=|<=|>=|=|<|>|!|\{[^}]*\}|'[^']*'|-?[0-9.]+|\w+)")


class Expression:
    """Says whether an expression of SurveyJS is true of a result, for as much of the language as is needed."""

    def __init__(self, text: str, result: dict[str, Any]) -> None:
        self.tokens = TOKEN.findall(text)
        assert "".join(self.tokens) == text.replace(" ", "") or "' '" in text
        self.result = result

    def is_true(self) -> bool:
        found = self.either()
        assert not self.tokens
        return found

    def either(self) -> bool:
        found = self.both()
        while self.tokens[:1] == ["or"]:
            self.tokens.pop(0)
            found = self.both() or found
        return found

    def both(self) -> bool:
        found = self.one()
        while self.tokens[:1] == ["and"]:
            self.tokens.pop(0)
            found = self.one() and found
        return found

    def one(self) -> bool:
        if self.tokens[0] == "!":
            self.tokens.pop(0)
            return not self.one()
        if self.tokens[0] == "(":
            self.tokens.pop(0)
            found = self.either()
            assert self.tokens.pop(0) == ")"
            return found
        there, test = self.value(), self.tokens.pop(0)
        if test in ("empty", "notempty"):
            return (there is None) is (test == "empty")
        value = self.value()
        if test == "contains":
            return there is not None and value in there
        if test in ("=", "!="):
            return (there == value) is (test == "=")
        if type(there) is not type(value):
            return False
        return bool({"<": there < value, "<=": there <= value, ">": there > value, ">=": there >= value}[test])

    def value(self) -> Any:
        token = self.tokens.pop(0)
        if token[0] == "{":
            name, _, row = token[1:-1].partition(".")
            there = self.result.get(name)
            return (there or {}).get(row) if row else there
        return token[1:-1] if token[0] == "'" else float(token)


def results(random: Random) -> dict[str, Any]:
    """A result as SurveyJS gives it, with numbers as floats."""
    pools: dict[str, list[Any]] = {
        "used": ["yes", "no"],
        "overall": [1.0, 4.0, 5.0, 10.0],
        "recommend": [0.0, 5.0, 9.0],
        "satisfied": [1.0, 2.0, 3.0, "dont_know"],
        "easy": [2.0, 3.0],
        "channel": ["web", "phone", "not_applicable"],
        "ways": [["web"], ["none"], ["phone", "web"]],
        "best": [["phone", "web", "counter"]],
        "aspects": [{"price": 2.0}, {"delay": "dont_know"}, {"price": 9.0, "delay": 8.0}],
        "places": [{"first": "web"}, {"last": "web"}],
        "visits": [0.0, 2.0, 3.0, 100.0],
        "since": ["2025-12-30", "2025-12-31", "2026-01-01"],
        "why": ["Slow."],
    }
    return {name: random.choice(pool) for name, pool in pools.items() if random.random() < 0.7}


def shown_there(questionnaire: Questionnaire, result: dict[str, Any], made: dict[str, dict[str, Any]]) -> set[str]:
    """What SurveyJS shows. It takes away the answers to what it hides, since it is told to."""
    assert to_surveyjs(questionnaire)["clearInvisibleValues"] == "onHidden"
    kept, shown = dict(result), set()
    for each in questionnaire.items:
        condition = made[each.id].get("visibleIf")
        if condition is None or Expression(condition, kept).is_true():
            shown.add(each.id)
        else:
            kept.pop(each.id, None)
    return shown


def test_a_condition_is_true_of_the_same_answers() -> None:  # C074
    random = Random(7)
    hidden = 0
    for _ in range(4):
        questionnaire = with_conditions(random, 25)
        made = elements(*questionnaire.items)
        for _ in range(50):
            result = {**results(random), **{f"q{n}": "x" for n in range(25) if random.random() < 0.5}}
            answers = questionnaire.read(result).answers
            shown = {answer.item for answer in answers if answer.status is not Status.NOT_SHOWN}
            assert shown_there(questionnaire, result, made) == shown
            hidden += len(questionnaire.items) - len(shown)
    assert 500 < hidden < 4500


def test_a_point_is_compared_as_it_is_stored() -> None:
    tenths = rating("a", scale=Scale(low=0, high=1, step=0.1))
    made = elements(tenths, item("b", "text", text=en("?"), shown_if={"item": "a", "equals": 0.3}))

    assert made["b"]["visibleIf"] == "{a} = 0.30000000000000004"
    assert made["a"]["rateValues"][3] == {"value": 0.30000000000000004}


def test_a_tiny_number_is_written_without_an_exponent() -> None:
    number = item("a", "number", text=en("?"))
    made = elements(number, item("b", "text", text=en("?"), shown_if={"item": "a", "below": -0.0000001}))

    assert made["b"]["visibleIf"] == "{a} < -0.0000001"


# -- what cannot be said -------------------------------------------------------------------------------

WEB = {"web": en("Web"), "phone": en("Phone")}


@pytest.mark.parametrize(
    ("items", "path"),
    [
        ([item("a", "text", text=en("Is {b} right?"))], "items.a.text"),
        ([item("a", "number", text=en("?"), apart=["dont_know"])], "items.a.apart"),
        ([item("a", "multiple", text=en("?"), options=WEB, apart=["dont_know"])], "items.a.apart"),
        ([item("a", "ranking", text=en("?"), options=WEB, apart=["dont_know"])], "items.a.apart"),
        ([item("a", "date", text=en("?"), apart=["dont_know"])], "items.a.apart"),
        ([item("a", "choice", text=en("?"), options={"x": en("?"), "X": en("?")})], "items.a.options"),
        ([item("a", "choice", text=en("?"), options={"1": en("?"), "1.0": en("?")})], "items.a.options"),
        ([item("a", "matrix", text=en("?"), options=WEB, rows={"x": en("?"), "X": en("?")})], "items.a.rows"),
        ([item("a", "matrix", text=en("?"), scale=Scale(low=0, high=99), rows={"x": en("?")})], "items.a.scale"),
        ([item("a", "text", text=en("?")), item("A", "text", text=en("?"))], "items"),
        (
            [item("a.b", "yes_no", text=en("?")), rating("c", shown_if={"item": "a.b", "equals": "yes"})],
            "items.c.shown_if",
        ),
        (
            [
                item("a", "choice", text=en("?"), options={"it's": en("?")}),
                rating("c", shown_if={"item": "a", "equals": "it's"}),
            ],
            "items.c.shown_if",
        ),
    ],
)
def test_what_it_cannot_say_is_named(items: list[Item], path: str) -> None:
    (problem,) = problems(*items)

    assert problem.startswith(f"{path}: ")


def test_all_that_it_cannot_say_is_named_at_once() -> None:
    assert len(problems(item("a", "number", text=en("{b}"), hint=en("{b}"), apart=["dont_know"]))) == 3


def test_a_condition_that_grows_without_end_is_refused() -> None:
    items = [item("q0", "yes_no", text=en("?"))]
    for n, status in product(range(1, 40), ["missing"]):
        before = {"item": f"q{n - 1}", "is": status}
        items.append(item(f"q{n}", "yes_no", text=en("?"), shown_if={"any": [before, {"not": before}]}))

    assert "longer than" in problems(*items)[0]


def test_languages_that_it_cannot_tell_apart_are_named() -> None:
    words = {"zh": "?", "zh-Hans": "?"}
    questionnaire = evolve(a_draft(item("a", "text", text=words)), state="reviewed", languages=("zh", "zh-Hans"))

    with pytest.raises(NotInSurveyJS, match="languages"):
        to_surveyjs(questionnaire)


def test_a_draft_is_not_handed_out() -> None:  # C075
    with pytest.raises(InvalidValue, match="draft"):
        to_surveyjs(a_draft(item("used", "yes_no", text=en("?")), item("why", "text", text=en("?"), shown_if=YES)))

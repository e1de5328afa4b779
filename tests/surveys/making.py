"""Questionnaires for tests: name only what the test is about, the rest is filled in."""

from collections.abc import Mapping

from servicecrm import surveys
from servicecrm.surveys import Item, ItemKind, Option, Questionnaire, Row, Scale, item
from servicecrm.surveys.items import Words
from servicecrm.testing.makers import MONDAY

ANN, BOB = "ann@city.example", "bob@city.example"
TEN = Scale(low=1, high=10)
YES = {"item": "used", "equals": "yes"}


def en(text: str) -> Words:
    return {"en": text}


def ends(scale: Scale) -> Mapping[float, Words]:
    return {scale.low: en("bad"), scale.high: en("good")}


def rating(
    id: str, *, scale: Scale = TEN, shown_if: Mapping[str, object] | None = None, required: bool = False
) -> Item:
    return item(
        id, "scale", text=en("How good?"), scale=scale, labels=ends(scale), shown_if=shown_if or {}, required=required
    )


def one_of_each() -> tuple[Item, ...]:
    """An item of every kind."""
    words = {"phone": en("Phone"), "web": en("Web"), "counter": en("In person")}
    none = Option(code="none", text=surveys.items.by_language(en("None")), exclusive=True)
    options = [Option(code=code, text=surveys.items.by_language(each)) for code, each in words.items()]
    rows = [
        Row(code="price", text=surveys.items.by_language(en("Price")), service="billing"),
        Row(code="delay", text=surveys.items.by_language(en("Delay")), reverse=True),
    ]
    return (
        item("used", "yes_no", text=en("Did you use it?"), required=True),
        rating("overall"),
        item("recommend", "nps", text=en("Recommend?"), labels=ends(Scale(low=0, high=10))),
        item("satisfied", "csat", text=en("Satisfied?"), labels=ends(Scale(low=1, high=5)), apart=["dont_know"]),
        item("easy", "ces", text=en("Easy?"), labels=ends(Scale(low=1, high=7))),
        item("channel", "choice", text=en("Which way?"), options=words, apart=["not_applicable"]),
        item("ways", "multiple", text=en("Which ways?"), options=[*options, none], most=2),
        item("best", "ranking", text=en("Which is best?"), options=words),
        item("aspects", "matrix", text=en("One by one?"), scale=TEN, labels=ends(TEN), rows=rows, apart=["dont_know"]),
        item("places", "matrix", text=en("Where?"), options=words, rows={"first": en("First"), "last": en("Last")}),
        item("visits", "number", text=en("How often?"), least=0, most=100, whole=True),
        item("since", "date", text=en("Since when?")),
        item("why", "text", text=en("Why?"), most=500, shown_if=YES),
    )


assert {each.kind for each in one_of_each()} == set(ItemKind)


def a_draft(*items: Item) -> Questionnaire:
    return surveys.draft(id="q-1", title=en("How did we do?"), items=items or one_of_each(), by=ANN, at=MONDAY).after


def a_release(*items: Item) -> Questionnaire:
    reviewed = surveys.review(a_draft(*items), by=BOB, at=MONDAY).after
    return surveys.release(reviewed, by=BOB, at=MONDAY).after

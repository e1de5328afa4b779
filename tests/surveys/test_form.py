"""A form is sound HTML in one file: every language, every label, and nothing that a text could break out of."""

import json
import re
from base64 import b64encode
from hashlib import sha256
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servicecrm import surveys
from servicecrm.errors import InvalidValue
from servicecrm.kernel.records import evolve
from servicecrm.surveys import TEMPLATES, TEXTS, Item, Option, Questionnaire, Scale, form, form_items, form_logic, item
from servicecrm.surveys.form import form_of
from servicecrm.surveys.form_logic import told
from servicecrm.surveys.items import by_language, texts_of
from servicecrm.testing.makers import MONDAY
from tests.analytics.test_page import Checked, contrast
from tests.surveys.making import BOB, YES, a_draft, a_release, en, one_of_each, rating
from tests.surveys.test_templates import released

HOSTILE = """</span></script><script>alert("x")</script>'&<img src=http://h/x onerror=y>"""


def checked(questionnaire: Questionnaire, **options: Any) -> Checked:
    return Checked(form_of(questionnaire, **options).html)


def told_of(condition: dict[str, Any]) -> str:
    last = item("last", "text", text=en("?"), shown_if=condition)
    questionnaire = a_draft(*one_of_each(), last)
    return told(last.shown_if, questionnaire, questionnaire.languages[0])


# -- what it says ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_template_is_a_form_in_every_language(name: str) -> None:  # C074, C093
    questionnaire = released(name)
    said = " ".join(checked(questionnaire).texts)

    for each, language in product(questionnaire.items, questionnaire.languages):
        assert all(f"{words[language]}" in said for _, words in texts_of(each))
    assert questionnaire.source is None or questionnaire.source in said


@pytest.mark.parametrize("questionnaire", [a_release(), released("satisfaction")], ids=["one of each", "satisfaction"])
def test_whatever_refers_to_something_refers_to_what_is_there(questionnaire: Questionnaire) -> None:
    read = checked(questionnaire)
    ids = [str(attributes["id"]) for _, attributes in read.tags if "id" in attributes]
    named = [
        id
        for _, attributes in read.tags
        for name in ("for", "aria-labelledby", "aria-describedby")
        for id in str(attributes.get(name, "")).split()
    ]

    assert len(set(ids)) == len(ids)
    assert set(named) <= set(ids)
    assert len(read.all("legend")) == len(read.all("fieldset"))
    assert all(each["name"] for tag in ("input", "textarea") for each in read.all(tag))


def test_a_text_that_we_lack_in_a_language_is_english_and_says_so() -> None:  # C093
    used = item("used", "yes_no", text={"fr": "Utilisé ?"}, required=True)
    draft = surveys.draft(id="q", title={"fr": "Titre"}, items=[used], by=BOB, at=MONDAY).after
    read = form_of(evolve(draft, state="reviewed"))

    assert '<html lang="fr" dir="ltr">' in read.html
    assert '<span class="t l0" lang="fr">Utilisé ?</span>' in read.html
    assert '<span class="t l0" lang="en">(required)</span>' in read.html


def test_languages_call_themselves_what_they_are_called() -> None:  # C093
    words = dict.fromkeys(("zh-Hant", "ar", "de"), "?")
    draft = surveys.draft(id="q", title=words, items=[item("a", "text", text=words)], by=BOB, at=MONDAY).after
    read = checked(evolve(draft, state="reviewed"), language="ar-EG")

    assert [text.strip() for text in read.texts if text.strip() in ("中文 (zh-Hant)", "ar", "Deutsch")] == [
        "中文 (zh-Hant)",
        "ar",
        "Deutsch",
    ]
    assert read.all("html") == [{"lang": "ar", "dir": "rtl"}]
    assert [each["value"] for each in read.all("input") if "checked" in each] == ["ar"]


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        ({"item": "channel", "one_of": ["web", "phone"]}, "the answer to “Which way?” is Web or Phone"),
        ({"item": "used", "equals": "yes"}, "the answer to “Did you use it?” is yes"),
        ({"item": "overall", "at_most": 4}, "the answer to “How good?” is 4 or below"),
        ({"item": "visits", "above": 2.5}, "the answer to “How often?” is above 2.5"),
        ({"item": "since", "below": "2026-01-01"}, "the answer to “Since when?” is below 2026-01-01"),
        ({"item": "ways", "includes": "none"}, "the answer to “Which ways?” includes None"),
        ({"item": "satisfied", "is": "dont_know"}, "the answer to “Satisfied?” is don't know"),
        ({"item": "why", "is": "answered"}, "“Why?” is answered"),
        ({"item": "aspects", "row": "price", "is": "missing"}, "“One by one? Price” is left without an answer"),
        (
            {"all": [{"any": [YES, {"item": "why", "is": "not_shown"}]}, {"not": {"item": "easy", "at_least": 6}}]},
            (
                "(the answer to “Did you use it?” is yes or “Why?” was not to be answered) and it is not true that "
                "the answer to “Easy?” is 6 or above"
            ),
        ),
    ],
)
def test_a_condition_is_told_in_words(condition: dict[str, Any], says: str) -> None:  # C074
    assert told_of(condition) == says


def test_every_text_of_the_form_is_used_and_none_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:  # C093
    asked_for: set[str] = set()

    class Recorded:
        languages, keys = TEXTS.languages, staticmethod(TEXTS.keys)

        def get(self, key: str, **values: Any) -> str:
            asked_for.add(key)
            return TEXTS.get(key, **values)

    for module in (form_logic, form_items, form):
        monkeypatch.setattr(module, "TEXTS", Recorded())
    limited: list[dict[str, Any]] = [{"least": 1}, {"most": 1}, {"least": 1, "most": 2}, {"least": 1, "most": 1}, {}]
    options = {"a": en("A"), "b": en("B")}
    items: list[Item] = [*one_of_each(), item("whole", "number", text=en("?"), whole=True)]
    for kind, (n, limits) in product(("number", "multiple", "ranking", "text"), enumerate(limited)):
        given_: Any = {"options": options} if kind in ("multiple", "ranking") else {}
        items.append(item(f"{kind}{n}", kind, text=en("?"), **given_, **limits))
    tests: list[dict[str, Any]] = [
        {"below": 1},
        {"at_most": 1},
        {"at_least": 1},
        {"above": 1},
        {"is": "answered"},
        {"is": "not_shown"},
    ]
    parts: list[Any] = [{"item": "overall"} | test for test in tests]
    parts += [{"item": "ways", "includes": "web"}, {"item": "aspects", "row": "price", "is": "missing"}, {"not": YES}]
    items.append(item("last", "text", text=en("?"), shown_if={"all": [{"any": parts}, YES]}))
    asks = evolve(a_draft(*items), state="reviewed")
    form_of(evolve(asks, languages=("en", "de"), title=by_language({"en": "?", "de": "?"}), items=()))
    form_of(asks)

    assert {key for key in asked_for if key.startswith("form.")} == {
        key for key in TEXTS.keys("en") if key.startswith("form.")
    }
    assert not TEXTS.problems()


# -- what it lets in, and out ----------------------------------------------------------------------


def test_the_policy_allows_its_own_script_and_style_and_no_other() -> None:
    made = form_of(a_release(), action="https://city.example:8443/answers?a=1&b=2")
    inner = {tag: re.findall(f"<{tag}>(.*?)</{tag}>", made.html, re.DOTALL) for tag in ("script", "style")}

    for tag, (text,) in inner.items():
        assert f"{tag}-src 'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" in made.csp
    assert "default-src 'none'" in made.csp
    assert "form-action https://city.example:8443;" in made.csp
    assert [each.get("content") for each in Checked(made.html).all("meta")][1] == made.csp
    assert Checked(made.html).all("form")[0]["action"] == "https://city.example:8443/answers?a=1&b=2"
    assert re.findall(r"url\(|@import|\bon\w+=|style=", made.html) == []


@pytest.mark.parametrize(
    "action", ["javascript:alert(1)", "data:,x", "https://a.example;script-src/x", "https://a b/", "https://[a/"]
)
def test_a_form_is_posted_over_the_web_only(action: str) -> None:
    with pytest.raises(InvalidValue, match="action"):
        form_of(a_release(), action=action)


def test_a_form_is_posted_to_where_it_came_from_with_fields_of_the_host() -> None:
    made = form_of(a_release(), hidden={"token": '"><b>'})

    assert "form-action 'self'" in made.csp
    assert {"type": "hidden", "name": "token", "value": '"><b>'} in Checked(made.html).all("input")
    assert "action" not in Checked(made.html).all("form")[0]
    for name in ("language", "answer.overall"):
        with pytest.raises(InvalidValue, match=name):
            form_of(a_release(), hidden={name: "x"})


@settings(max_examples=25, deadline=None)
@given(st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1).filter(str.strip) | st.just(HOSTILE))
def test_whatever_is_asked_is_text(word: str) -> None:
    def with_words(words: str) -> Questionnaire:
        option = Option(code=words, text=by_language(en(words)))
        items = (
            item("a", "choice", text=en(words), hint=en(words), options=[option]),
            item(words.replace("/", ""), "text", text=en(words), shown_if={"item": "a", "equals": words}),
        )
        draft = surveys.draft(
            id="q", title=en(words), introduction=en(words), source=words, items=items, by=BOB, at=MONDAY
        )
        return evolve(draft.after, state="released")

    if word.replace("/", "").strip() in ("", "a") or word in ("not_applicable", "dont_know", "not_answered"):
        return
    read = checked(with_words(word))

    assert [tag for tag, _ in read.tags] == [tag for tag, _ in checked(with_words("x")).tags]
    told_to_browser = re.findall(r'id="rules">(.*?)</script>', form_of(with_words(word)).html, re.DOTALL)
    assert json.loads(told_to_browser[0])[0]["codes"] == [word]


# -- controls --------------------------------------------------------------------------------------


def test_a_scale_with_very_many_points_is_typed() -> None:
    read = checked(a_release(rating("a", scale=Scale(low=0, high=1000))))

    assert [each for each in read.all("input") if each["name"] == "answer.a"] == [
        {
            "type": "number",
            "step": "any",
            "min": "0",
            "max": "1000",
            "id": "i0-0",
            "name": "answer.a",
            "aria-describedby": "i0-about",
        }
    ]


def test_points_are_posted_exactly_and_shown_as_people_write_them() -> None:
    fine = Scale(low=0, high=1, step=0.1)
    read = checked(a_release(rating("a", scale=fine)))
    values = [str(each["value"]) for each in read.all("input") if each["name"] == "answer.a"]

    assert [float(value) for value in values if value] == list(fine.points)
    assert "0.3" in read.texts


def test_only_what_is_always_asked_is_required_of_a_browser_without_scripts() -> None:  # C077
    used = item("used", "yes_no", text=en("?"), required=True)
    why = item("why", "text", text=en("?"), required=True, shown_if=YES)
    read = checked(a_release(used, why))

    assert all("required" in each for each in read.all("input") if each["name"] == "answer.used")
    assert "required" not in read.all("textarea")[0]


@pytest.mark.parametrize("required", [True, False])
def test_an_answer_can_be_taken_back_where_none_is_required(required: bool) -> None:
    read = checked(a_release(rating("a", required=required)))
    empty = [each for each in read.all("input") if each["name"] == "answer.a" and each["value"] == ""]

    assert [("checked" in each) for each in empty] == ([] if required else [True])


def test_what_was_refused_is_there_again_with_what_is_wrong() -> None:  # C077
    number = item("count", "number", text=en("?"), apart=["dont_know"])
    fields = [
        ("answer.overall", "11"),
        ("answer.recommend", "7"),
        ("answer.channel", "not_applicable"),
        ("answer.ways", "web"),
        ("answer.ways", "phone"),
        ("answer.best/web", "1"),
        ("answer.aspects/price", "3"),
        ("answer.visits", "2.5"),
        ("answer.why", "\n<Slow>"),
        ("answer.count", ""),
        ("answer.count", "dont_know"),
        ("token", "x"),
    ]
    page = form_of(a_release(*one_of_each(), number), fields=iter(fields)).html
    read = Checked(page)
    chosen = {(each["name"], each["value"]) for each in read.all("input") if "checked" in each}
    ids = [f"i{n}" for n in (0, 1, 7, 10, 12)]

    assert chosen >= {field for field in fields if field[1] and field[0].split("/")[0] in NAMES - {"answer.overall"}}
    assert sum(value == "" for _, value in chosen) == 5  # where nothing was said
    assert re.findall(
        r'name="([^"]+)"[^>]* value="([\d.]+)"', "".join(re.findall("<input type=.number.*?>", page))
    ) == [
        ("answer.best/web", "1"),
        ("answer.visits", "2.5"),
    ]
    assert "\n\n&lt;Slow&gt;</textarea>" in page
    assert [each["href"] for each in read.all("a")] == [f"#{id}" for id in ids]
    shown = [each["id"] for each in read.all("p") if each.get("class") == "error" and "hidden" not in each]
    assert shown == ["i0-missing", *(f"{id}-invalid" for id in ids[1:])]
    assert all(any(id in str(each.get("aria-describedby", "")).split() for _, each in read.tags) for id in shown)
    assert "hidden" not in next(each for each in read.all("div") if each.get("id") == "errors")


NAMES = {f"answer.{id}" for id in ("overall", "recommend", "channel", "ways", "aspects", "count")}


# -- which questionnaires ----------------------------------------------------------------------------


def test_people_are_asked_only_with_what_was_found_good() -> None:  # C075
    retired = surveys.retire(a_release(), by=BOB, at=MONDAY).after
    for questionnaire in (a_draft(), retired):
        with pytest.raises(InvalidValue, match=questionnaire.state):
            form_of(questionnaire)
    with pytest.raises(InvalidValue, match="offered in en"):
        form_of(a_release(), language="de")


def test_the_style_has_enough_contrast() -> None:
    css = (Path(surveys.__file__).parent / "form.css").read_text("utf-8")
    for block in re.findall(r":root \{(.*?)\}", css, re.DOTALL):
        colour = dict(re.findall(r"--([\w-]+): (#\w{6});", block))
        for ground, ink in product(("page", "panel"), ("ink", "quiet", "link", "wrong")):
            assert contrast(colour[ground], colour[ink]) >= 4.5, (ground, ink)
        assert contrast(colour["link"], colour["on-link"]) >= 4.5
        assert contrast(colour["rule"], colour["page"]) >= 3

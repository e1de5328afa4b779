"""A form in a real browser: it decides as the questionnaire does, and what it posts becomes a validated response."""

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from shutil import which
from typing import Any
from urllib.parse import parse_qs

import pytest

from servicecrm.kernel.records import evolve
from servicecrm.surveys import Item, Questionnaire, Scale, Status, item
from servicecrm.surveys.form import form_of
from servicecrm.surveys.form_posting import Fields, posted
from tests.analytics.test_page_browser import BROWSERS, Browser
from tests.surveys.making import YES, a_draft, a_release, en, one_of_each, rating
from tests.surveys.test_templates import released

FILL = """
(fields) => {
  const form = document.getElementById("form");
  form.reset();
  for (const [name, value] of fields)
    for (const control of form.querySelectorAll("[name]"))
      if (control.name === name) {
        if (["radio", "checkbox"].includes(control.type)) control.checked ||= control.value === value;
        else control.value = value;
      }
  form.dispatchEvent(new Event("input", { bubbles: true }));
  const sent = new Event("submit", { bubbles: true, cancelable: true });
  form.dispatchEvent(sent);
  return {
    fields: [...new FormData(form)],
    encoded: new URLSearchParams(new FormData(form)).toString(),
    hidden: [...document.querySelectorAll(".item")].map((item, n) => (item.hidden ? n : -1)).filter((n) => n >= 0),
    wrong: [...document.querySelectorAll(".wrong")].map((part) => part.id),
    refused: sent.defaultPrevented,
  };
}
"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    program = next(filter(None, map(which, BROWSERS)), None)
    if program is None:
        pytest.skip("needs Chromium: Debian's package `chromium`")
    browser = Browser(program, tmp_path_factory.mktemp("profile"))
    try:
        target = browser.do("Target.createTarget", url="about:blank")["targetId"]
        browser.session = browser.do("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime"):
            browser.do(f"{domain}.enable")
        yield browser
    finally:
        browser.close()


def show(
    browser: Browser,
    folder: Path,
    questionnaire: Questionnaire,
    *,
    width: int = 800,
    scheme: str = "light",
    scripts: bool = True,
    language: str | None = None,
    fields: Fields = (),
) -> None:
    file = folder / "form.html"
    file.write_text(form_of(questionnaire, language=language, fields=fields).html, encoding="utf-8")
    browser.do("Emulation.setScriptExecutionDisabled", value=not scripts)
    browser.do("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
    browser.do("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    browser.events.clear()
    browser.do("Page.navigate", url=file.as_uri())
    browser.wait_for("Page.loadEventFired")


def filled(browser: Browser, *cases: list[tuple[str, str]]) -> list[dict[str, Any]]:
    """What comes of filling in a form, once for each case."""
    found = browser.value(f"{json.dumps(cases)}.map({FILL})")
    assert isinstance(found, list), browser.told("Runtime.exceptionThrown")
    return found


def press(browser: Browser, *keys: str) -> None:
    codes = {"Tab": (9, ""), "Enter": (13, "\r"), " ": (32, " "), "ArrowRight": (39, "")}
    for key in keys:
        code, text = codes[key]
        said = {"key": key, "code": "Space" if key == " " else key, "windowsVirtualKeyCode": code}
        browser.do("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", text=text, **said)
        browser.do("Input.dispatchKeyEvent", type="keyUp", **said)


def seen(browser: Browser, selector: str) -> list[str]:
    """The texts that a person sees of some elements, of those that are shown at all."""
    shown = f"[...document.querySelectorAll({json.dumps(selector)})].filter(e => e.checkVisibility())"
    found: list[str] = browser.value(f"{shown}.map(e => e.innerText.trim())")
    return found


# -- skip logic --------------------------------------------------------------------------------

TESTS: dict[str, list[dict[str, Any]]] = {
    "used": [{"equals": "yes"}, {"equals": "no"}],
    "overall": [{test: at} for test in ("below", "at_most", "equals", "at_least", "above") for at in (1, 4, 10)],
    "recommend": [{"one_of": [0, 5, 10]}, {"above": 8}],
    "satisfied": [{"is": "dont_know"}, {"at_most": 2}],
    "easy": [{"at_least": 3}],
    "channel": [{"equals": "web"}, {"one_of": ["phone", "counter"]}, {"is": "not_applicable"}],
    "ways": [{"includes": "web"}, {"includes": "none"}],
    "best": [{"includes": "phone"}],
    "aspects": [{"row": "price", "at_most": 3}, {"row": "delay", "is": "dont_know"}, {"row": "delay", "above": 7}],
    "places": [{"row": "first", "equals": "web"}, {"row": "last", "is": "missing"}],
    "visits": [{"above": 2.5}, {"at_most": 0.3}, {"equals": 100}, {"below": 0}],
    "since": [{"below": "2026-01-01"}, {"at_least": "2025-12-31"}, {"equals": "2026-01-01"}],
    "why": [{"is": "answered"}, {"is": "not_shown"}],
    "share": [{"equals": 0.3}, {"above": 99.9}],
    "weight": [{"is": "dont_know"}, {"above": 2.4}],
}
ANY = [{"is": status} for status in ("answered", "missing", "not_shown")]

VALUES: dict[str, list[str]] = {
    "used": ["yes", "no"],
    "overall": [f"{n}" for n in range(1, 11)],
    "recommend": [f"{n}" for n in range(11)],
    "satisfied": ["1", "2", "3", "4", "5", "dont_know"],
    "easy": ["1", "3", "7"],
    "channel": ["web", "phone", "counter", "not_applicable"],
    "visits": ["0", "0.3", "2.5", "3", "100", "101", "-1", "1e2", "1e999"],
    "since": ["2025-12-31", "2026-01-01", "2026-02-28"],
    "share": ["0.3", "100", "100.1", "0.25"],
    "weight": ["2.5", "-7", "1e3", "dont_know"],
    "why": ["Slow.", "  ", "\u3000", "😀" * 260, "x" * 501, "two\nlines"],
}


def condition(random: Random, earlier: list[str], depth: int = 2) -> dict[str, Any]:
    shape = random.choice(["all", "any", "not", "asks", "asks"]) if depth else "asks"
    if shape == "asks":
        id = random.choice(earlier)
        row = {"row": TESTS[id][0]["row"]} if "row" in TESTS.get(id, [{}])[0] else {}
        return {"item": id, **row, **random.choice(TESTS.get(id, ANY) + ANY)}
    if shape == "not":
        return {"not": condition(random, earlier, depth - 1)}
    return {shape: [condition(random, earlier, depth - 1) for _ in range(random.randint(1, 3))]}


TYPED = (
    rating("share", scale=Scale(low=0, high=100, step=0.1)),
    item("weight", "number", text=en("How heavy?"), apart=["dont_know"]),
)


def with_conditions(random: Random, count: int, *more: Item) -> Questionnaire:
    """One item of each kind and some more, and others that depend on them and on each other."""
    items: list[Item] = [*one_of_each(), *more]
    for n in range(count):
        shown_if = condition(random, [each.id for each in items])
        items.append(item(f"q{n}", "text", text=en(f"Item {n}?"), shown_if=shown_if, required=random.random() < 0.2))
    return evolve(a_draft(*items), state="reviewed")  # whether they can all be reached is not what this is about


def a_filling(random: Random, questionnaire: Questionnaire) -> list[tuple[str, str]]:
    fields: list[tuple[str, str]] = []
    for each in questionnaire.items:
        if random.random() < 0.25:
            continue
        name = f"answer.{each.id}"
        if each.id == "ways":
            fields += [(name, code) for code in random.sample(each.codes, random.randint(1, 3))]
        elif each.id == "best":
            places = random.choice([["1", "2", "3"], ["3", "1", "2"], ["1", "1", "2"], ["2", "", ""], ["", "1", ""]])
            fields += [(f"{name}/{code}", place) for code, place in zip(each.codes, places, strict=True)]
        elif each.rows:
            codes = each.codes or ["2", "3", "8", "dont_know"]
            fields += [(f"{name}/{row.code}", random.choice(codes)) for row in each.rows]
        else:
            fields.append((name, random.choice(VALUES.get(each.id, ["x"]))))
    return fields


def part_of(questionnaire: Questionnaire, path: str) -> str:
    """The id in the page of what a path such as `$.aspects.price` names."""
    id, _, row = path.removeprefix("$.").partition(".")
    (n,) = (n for n, each in enumerate(questionnaire.items) if each.id == id)
    return f"i{n}-{questionnaire.items[n].parts.index(row)}" if row else f"i{n}"


def test_the_browser_shows_and_refuses_exactly_what_the_questionnaire_does(
    browser: Browser, tmp_path: Path
) -> None:  # C074, C077
    random = Random(2026)
    shown = refused = 0
    for _ in range(2):
        questionnaire = with_conditions(random, 80, *TYPED)
        show(browser, tmp_path, questionnaire)
        fillings = [a_filling(random, questionnaire) for _ in range(60)]
        for filling, came in zip(fillings, filled(browser, *fillings), strict=True):
            reading = questionnaire.read(posted(questionnaire, came["fields"]))
            hidden = {answer.item for answer in reading.answers if answer.status is Status.NOT_SHOWN}
            wrong = {part_of(questionnaire, problem.partition(":")[0]) for problem in reading.problems}

            assert {questionnaire.items[n].id for n in came["hidden"]} == hidden, filling
            assert set(came["wrong"]) == wrong, (filling, reading.problems)
            assert came["refused"] is bool(wrong)
            shown += len(questionnaire.items) - len(hidden)
            refused += bool(wrong)
    assert shown > 1000
    assert 10 < refused < 120  # both happen, or else this would show nothing


# -- what is posted ------------------------------------------------------------------------------

ALL_OF_IT = [
    ("answer.used", "yes"),
    ("answer.overall", "7"),
    ("answer.recommend", "0"),
    ("answer.satisfied", "dont_know"),
    ("answer.easy", "7"),
    ("answer.channel", "not_applicable"),
    ("answer.ways", "counter"),
    ("answer.ways", "phone"),
    ("answer.best/phone", "3"),
    ("answer.best/web", "1"),
    ("answer.best/counter", "2"),
    ("answer.aspects/price", "10"),
    ("answer.aspects/delay", "dont_know"),
    ("answer.places/first", "web"),
    ("answer.visits", "12"),
    ("answer.since", "2025-02-28"),
    ("answer.why", "It rained.\n„Sehr“ & 很多 <b>"),
]


def test_what_a_browser_posts_becomes_a_validated_response(browser: Browser, tmp_path: Path) -> None:  # C077
    questionnaire = a_release()
    show(browser, tmp_path, questionnaire)
    (came,) = filled(browser, ALL_OF_IT)

    assert (came["wrong"], came["refused"]) == ([], False)
    expected = questionnaire.validated(
        {
            "used": True,
            "overall": 7,
            "recommend": 0,
            "satisfied": "dont_know",
            "easy": 7,
            "channel": "not_applicable",
            "ways": ["phone", "counter"],
            "best": ["web", "counter", "phone"],
            "aspects": {"price": 10, "delay": "dont_know"},
            "places": {"first": "web"},
            "visits": 12,
            "since": "2025-02-28",
            "why": "It rained.\n„Sehr“ & 很多 <b>",
        }
    )
    assert questionnaire.validated(posted(questionnaire, came["fields"])) == expected
    assert questionnaire.validated(posted(questionnaire, parse_qs(came["encoded"]))) == expected
    assert dict(came["fields"])["language"] == "en"


def test_an_answer_that_is_hidden_again_is_not_posted(browser: Browser, tmp_path: Path) -> None:  # C077
    questionnaire = a_release()
    show(browser, tmp_path, questionnaire)
    (came,) = filled(browser, [("answer.why", "Slow."), ("answer.used", "no")])

    assert "answer.why" not in dict(came["fields"])
    assert questionnaire.validated(posted(questionnaire, came["fields"]))[-1].status is Status.NOT_SHOWN


def test_what_is_said_instead_of_an_answer_takes_its_place(browser: Browser, tmp_path: Path) -> None:  # C074
    visits = item("visits", "number", text=en("How often?"), apart=["dont_know"])
    show(browser, tmp_path, a_release(visits))
    browser.value("document.querySelector('[type=number]').focus()")
    browser.do("Input.insertText", text="5")
    press(browser, "Tab", " ")
    (number, box) = ("document.querySelector('[type=number]')", "document.querySelector('[type=checkbox]')")

    assert browser.value(f"[{number}.value, {box}.checked]") == ["", True]
    browser.value(f"{number}.focus()")
    browser.do("Input.insertText", text="6")
    assert browser.value(f"[{number}.value, {box}.checked]") == ["6", False]


def test_half_a_number_is_not_taken_for_none(browser: Browser, tmp_path: Path) -> None:  # C077
    show(browser, tmp_path, a_release(item("visits", "number", text=en("How often?"))))
    browser.value("document.querySelector('[type=number]').focus()")
    browser.do("Input.insertText", text="1e")
    press(browser, "Enter")

    assert browser.value("new FormData(form).get('answer.visits')") == ""  # which is all that the server would see
    assert seen(browser, ".error") == ["Something is not right with this answer. Please check it."]


# -- how it looks and sounds -----------------------------------------------------------------------


def test_the_page_fits_the_screen_asks_for_nothing_and_nothing_is_wrong_with_it(
    browser: Browser, tmp_path: Path
) -> None:
    hostile = "<script>alert(1)</script><img src=http://h/x onerror=alert(2)>\"'&</title></textarea>" + "x" * 200
    questionnaire = evolve(a_release(*one_of_each(), item("last", "text", text=en(hostile))), source=hostile)
    for width, scheme in ((320, "light"), (320, "dark"), (1400, "light"), (1400, "dark")):
        show(browser, tmp_path, questionnaire, width=width, scheme=scheme)

        assert browser.value("document.documentElement.scrollWidth") <= width
        assert browser.value("document.querySelectorAll('img').length + document.scripts.length") == 2
        assert browser.told("Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown") == []
        asked = [event["request"]["url"] for event in browser.told("Network.requestWillBeSent")]
        assert {url.partition(":")[0] for url in asked} <= {"file", "data"}
        assert sum(url.startswith("file:") for url in asked) == 1
    assert seen(browser, ".item > label")[-1] == hostile


def test_every_control_has_a_name_and_a_group_has_its_question(browser: Browser, tmp_path: Path) -> None:
    show(browser, tmp_path, released("satisfaction"))
    nodes = browser.do("Accessibility.getFullAXTree")["nodes"]

    def names(role: str) -> list[str]:
        return [node["name"]["value"] for node in nodes if node.get("role", {}).get("value") == role]

    assert "1 very dissatisfied" in names("radio")
    assert {"English", "Deutsch", "中文", "no answer", "don't know"} <= set(names("radio"))
    assert "All in all, how satisfied are you with our service?\xa0(required)" in names("group")
    assert all(name.strip() for role in ("radio", "textbox", "group", "button") for name in names(role))


def test_another_language_is_chosen_by_keyboard_and_posted(browser: Browser, tmp_path: Path) -> None:  # C093
    show(browser, tmp_path, released("nps"), language="en-GB")
    assert seen(browser, "h1") == ["Would you recommend us?"]
    press(browser, "Tab", "ArrowRight")

    assert seen(browser, "h1") == ["Würden Sie uns weiterempfehlen?"]
    assert browser.value("[document.documentElement.lang, document.title]") == ["de", seen(browser, "h1")[0]]
    assert seen(browser, "button") == ["Absenden"]
    assert browser.value("new FormData(form).get('language')") == "de"


def test_the_keyboard_alone_answers_is_led_to_what_is_missing_and_sends(browser: Browser, tmp_path: Path) -> None:
    show(browser, tmp_path, released("nps"))
    browser.value("addEventListener('submit', e => { window.sent = !e.defaultPrevented; e.preventDefault() })")
    press(browser, "Tab", "Tab", "Tab", "Tab", "Enter")  # language, points, reason, button

    assert browser.value("[window.sent, document.activeElement.id]") == [False, "errors"]
    assert seen(browser, "#errors li") == ["How likely are you to recommend us to somebody you know?\xa0(required)"]
    assert seen(browser, ".error") == ["Please answer this."]
    assert browser.value("document.getElementById('i0').getAttribute('aria-describedby')") == "i0-missing"
    press(browser, "Tab", "Enter")
    assert browser.value("document.activeElement.name") == "answer.recommend"
    press(browser, " ")
    assert (seen(browser, "#errors"), seen(browser, ".error")) == ([], [])
    assert browser.value("document.getElementById('i0').hasAttribute('aria-describedby')") is False
    press(browser, "Tab", "Tab", "Enter")
    assert browser.value("window.sent") is True


# -- without scripts -----------------------------------------------------------------------------


def test_without_scripts_everything_is_there_and_the_rules_are_told(browser: Browser, tmp_path: Path) -> None:
    show(browser, tmp_path, released("csat"), scripts=False)
    try:
        assert len(seen(browser, ".item")) == 2
        (rule,) = seen(browser, ".rule")
        assert rule.startswith("Please answer this only if the answer to “")
        assert rule.endswith("” is 2 or below.")
        press(browser, "Tab", "ArrowRight")  # even the languages
        assert seen(browser, ".rule")[0].startswith("Bitte antworten Sie hierauf nur, wenn gilt: die Antwort auf „")
        assert browser.value("document.querySelector('[name=\"answer.satisfied\"]').required") is True
        assert browser.value("document.getElementById('form').noValidate") is False
    finally:
        browser.do("Emulation.setScriptExecutionDisabled", value=False)


REFUSED = [field for field in ALL_OF_IT if field[0] not in ("answer.used", "answer.visits")] + [
    ("answer.visits", "101")
]


def test_what_the_server_refused_is_shown_again_to_be_put_right(browser: Browser, tmp_path: Path) -> None:  # C077
    questionnaire = a_release()
    show(browser, tmp_path, questionnaire, fields=REFUSED)
    assert seen(browser, "#errors li") == ["Did you use it?\xa0(required)", "How often?"]
    browser.value("document.querySelector('[value=yes]').click()")
    browser.value("document.getElementsByName('answer.visits')[0].focus()")
    browser.value("document.activeElement.select()")
    browser.do("Input.insertText", text="12")

    assert seen(browser, "#errors") == []
    fields = browser.value("[...new FormData(form)]")
    put_right, meant = (questionnaire.validated(posted(questionnaire, each)) for each in (fields, ALL_OF_IT))
    assert put_right == meant


def test_without_scripts_the_server_tells_what_is_wrong(browser: Browser, tmp_path: Path) -> None:  # C077
    show(browser, tmp_path, a_release(), fields=REFUSED, scripts=False)
    try:
        assert seen(browser, "#errors li") == ["Did you use it?", "How often?", "Why?"]
        assert len(seen(browser, ".error")) == 3
    finally:
        browser.do("Emulation.setScriptExecutionDisabled", value=False)


def test_with_scripts_a_rule_is_not_told_but_followed(browser: Browser, tmp_path: Path) -> None:
    why = item("why", "text", text=en("Why?"), shown_if=YES)
    show(browser, tmp_path, a_release(item("used", "yes_no", text=en("Used?")), why))

    assert (seen(browser, ".rule"), len(seen(browser, ".item"))) == ([], 1)
    browser.value("document.querySelector('[value=yes]').click()")
    assert (seen(browser, ".rule"), len(seen(browser, ".item"))) == ([], 2)

"""Templates are checked as a whole before anybody gets one, and values only ever fill them."""  # C093, C094

import re
from datetime import UTC
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.errors import InvalidValue
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.kernel.records import evolve
from servicecrm.notifications import (
    MATRIX,
    TEXTS,
    BadTemplates,
    Entry,
    Matrix,
    Party,
    Template,
    Templates,
    standard_templates,
)
from servicecrm.notifications.templates import filled_in

BERLIN = ZoneInfo("Europe/Berlin")
AT = "2026-03-02T09:00:00+00:00"
VALUES = {
    "number": "CMP-1",
    "to": "OMB",
    "timer": "resolution",
    "due_at": AT,
    "promised_by": AT,
    "service": "GAS",
    "target": "99",
    "period": "2026-03",
    "title": "...",
    "link": "-",
    "until": AT,
}
INVITING = ("survey_invitation", "survey_reminder")
"""Letters that nobody answers by mail."""


def template(key: str = "t", language: str = "en", **changes: Any) -> Template:
    given = {"subject": "About {number}", "body": "It is {number}.", "values": ("number",), **changes}
    return Template(key=key, language=language, **given)


def problems(*templates: Template) -> tuple[str, ...]:
    with pytest.raises(BadTemplates) as refused:
        Templates(templates=templates)
    assert all(problem in str(refused.value) for problem in refused.value.problems)
    return refused.value.problems


# -- those that are shipped ----------------------------------------------------------------------


def test_the_languages_agree_and_no_text_is_left_over() -> None:
    keys = {*(entry.template for entry in MATRIX.entries), *INVITING}

    assert not TEXTS.problems()
    assert TEXTS.keys("en") == {"time", *(f"{key}.{part}" for key in keys for part in ("subject", "body"))}


@pytest.mark.parametrize("shipped", standard_templates().templates, ids=lambda t: f"{t.language}-{t.key}")
def test_every_template_that_is_shipped_names_the_number_in_its_subject(shipped: Template) -> None:
    subject, body = filled_in(shipped, VALUES, zone=BERLIN)

    assert subject.startswith("[CMP-1] ") or shipped.key in INVITING  # so that an answer finds its record
    assert body.strip()
    assert "{" not in subject + body
    foreign = {"en": r"[^\x00-\x7f]", "de": r"[^\x00-\x7fÄÖÜäöüß]", "zh": r"[a-z]"}[shipped.language]
    assert not re.search(foreign, subject + body.replace("CET", ""))


@pytest.mark.parametrize(
    ("language", "says"),
    [("en", "2026-03-02 10:00 (CET)"), ("de-AT", "02.03.2026, 10:00 Uhr (CET)"), ("zh", "2026年03月02日 10:00")],
)
def test_a_time_is_written_as_the_reader_is_used_to(language: str, says: str) -> None:
    missed = standard_templates().get("missed", language)

    assert says in filled_in(missed, VALUES, zone=BERLIN)[1]


@pytest.mark.parametrize(
    ("language", "subject"),
    [
        ("en", "[CMP-1] Overdue: resolution"),
        ("de", "[CMP-1] Frist überschritten: Lösung"),
        ("zh", "[CMP-1] 已逾期\N{FULLWIDTH COLON}解决"),
    ],
)
def test_two_misses_of_one_record_read_differently(language: str, subject: str) -> None:
    missed = standard_templates().get("missed", language)

    assert filled_in(missed, VALUES, zone=BERLIN)[0] == subject
    assert "pothole_gone" in filled_in(missed, {**VALUES, "timer": "pothole_gone"}, zone=BERLIN)[0]  # a house's own


@pytest.mark.parametrize("shipped", standard_templates().templates, ids=lambda t: f"{t.language}-{t.key}")
def test_a_paragraph_is_one_line_which_a_mail_program_breaks(shipped: Template) -> None:
    lines = shipped.body.splitlines()

    ends = (".", ",", "。", "\N{FULLWIDTH EXCLAMATION MARK}", "{link}", ":", "\N{FULLWIDTH COLON}")
    assert all(line.endswith(ends) and line == line.strip() for line in lines if line)
    assert not any(one and other for one, other in pairwise(lines))


# -- values --------------------------------------------------------------------------------------


@given(st.text())
def test_a_value_fills_its_place_as_it_is_or_is_refused(value: str) -> None:
    if value.isprintable() and not {"<", ">"} & set(value) and "=?" not in value:
        subject, body = filled_in(template(), {"number": value}, zone=UTC)
        assert (subject, body) == (f"About {value}", f"It is {value}.")
        assert subject.splitlines() == [subject]
    else:
        with pytest.raises(InvalidValue):
            filled_in(template(), {"number": value}, zone=UTC)


@pytest.mark.parametrize("value", ["a\r\nBcc: all@city.example", "a\nb", "=?utf-8?q?=0d=0aBcc:_all?=", "<script>"])
def test_no_value_gets_out_of_a_header(value: str) -> None:
    with pytest.raises(InvalidValue):
        filled_in(template(), {"number": value}, zone=UTC)


def test_values_are_never_looked_into() -> None:
    assert filled_in(template(), {"number": "{number.__class__}"}, zone=UTC)[0] == "About {number.__class__}"


def test_a_missing_value_or_a_time_that_is_none_is_refused() -> None:
    dated = template(times=("due",), body="{due}")

    with pytest.raises(InvalidValue, match="needs a value for due"):
        filled_in(dated, {"number": "CMP-1"}, zone=UTC)
    for wrong in ("soon", "2026-03-02T09:00:00", 7):
        with pytest.raises(InvalidValue):
            filled_in(dated, {"number": "CMP-1", "due": wrong}, zone=UTC)


# -- the book ------------------------------------------------------------------------------------


@pytest.mark.parametrize("placeholder", ["{number.real}", "{number[0]}", "{number!r}", "{number:>9}", "{}", "{0}", "{"])
def test_a_placeholder_is_a_simple_name(placeholder: str) -> None:
    (problem,) = problems(template(body=placeholder))

    assert problem.startswith("t (en): ")
    assert "simple name" in problem or placeholder == "{"


def test_every_problem_is_told_at_once() -> None:
    assert set(
        problems(
            template("a", body="{nubmer}"),
            template("b", values=("number", "due")),
            template("b", "de", body="{number} {due}", times=("due",)),
            template("c", subject="{number}\nBcc: {number}"),
            template("c", "de"),
            template("c", "de"),
            template("d", "de"),
        )
    ) == {
        "a (en): the variable nubmer is not declared",
        "a (de): the template is missing",
        "b (en): the variable due is declared and not used",
        "b: the languages declare other variables",
        "c (en): the subject: expected one line of plain text, without control characters and angle brackets",
        "c (de): the template is there twice",
        "d (en): the template is missing",
    }


def test_every_book_has_english_for_whoever_reads_none_of_its_languages() -> None:
    assert problems(template(language="de")) == ("t (en): the template is missing",)


def test_a_variable_is_a_value_or_a_time() -> None:
    says = ("t (en): the variable number is declared as a value, a time or a code, once",)
    assert problems(template(times=("number",))) == says
    assert problems(template(values=(), codes=("number",))) == (
        "t (en): there are no words for number; for codes there are: timer",
    )


def test_a_house_says_a_single_thing_otherwise() -> None:
    theirs = standard_templates()
    ours = theirs.with_templates(evolve(theirs.get("closed", "de"), subject="[{number}] Erledigt"))

    assert ours.get("closed", "de-AT").subject == "[{number}] Erledigt"
    assert ours.get("closed", "zh") == theirs.get("closed", "zh")
    assert theirs.get("closed", "de").subject != "[{number}] Erledigt"
    assert len(ours.templates) == len(theirs.templates)


def test_a_new_language_comes_whole_or_not_at_all() -> None:
    book = Templates(templates=(template("a"), template("b")))

    with pytest.raises(BadTemplates, match=r"b \(fr\): the template is missing"):
        book.with_templates(template("a", "fr"))
    french = book.with_templates(template("a", "fr", body="Oui {number}"), template("b", "fr"))
    assert french.get("a", "fr-CA").body == "Oui {number}"
    assert french.get("a", "ja").body == "It is {number}."
    assert french.languages == ("en", "fr")


def test_a_template_that_is_not_there_is_named() -> None:
    with pytest.raises(InvalidValue, match="no template 'x'; known: t"):
        Templates(templates=(template(),)).get("x", "en")


def test_a_matrix_that_the_templates_cannot_tell_is_refused() -> None:
    book = Templates(
        templates=(template("dated", times=("due",), body="{due}"), template("at", times=("at",), body="{at}"))
    )
    entries = [
        Entry(event="case.opened", party=party, template=key)
        for party, key in zip(Party, ["dated", "at", "nowhere"], strict=False)
    ]

    with pytest.raises(BadTemplates) as refused:
        book.check(Matrix(entries=tuple(entries)))
    assert refused.value.problems == (
        "case.opened/handler: the template dated needs due, which the event does not have",
        "case.opened/team: there is no template nowhere",
    )
    book.check(Matrix(entries=tuple(entries[:2]), values=FrozenMap({"case.opened": ["due"]})))


def test_a_matrix_that_tells_of_what_never_happens_is_refused_and_the_events_that_there_are_are_named() -> None:
    book = Templates(templates=(template(),))
    entries = [Entry(event=event, party=Party.TEAM, template="t") for event in ("case.close", "cases.closed", "my.own")]

    with pytest.raises(BadTemplates) as refused:
        book.check(Matrix(entries=tuple(entries), values=FrozenMap({"my.own": ()})))
    misspelt, unknown = refused.value.problems
    assert misspelt.startswith("case.close/team: there is no such event; events of a case are case.accepted, ")
    assert unknown == "cases.closed/team: there is no such event; nothing is told of a cases"

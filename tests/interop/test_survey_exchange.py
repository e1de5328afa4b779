"""Questionnaires of other tools are taken over as far as ours can ask the same, and what is not is told."""

import csv
from contextlib import suppress
from functools import partial
from io import StringIO
from pathlib import Path
from time import perf_counter
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm import surveys
from servicecrm.errors import InvalidValue, MalformedDocument
from servicecrm.interop.surveys import (
    TEXTS,
    Foreign,
    expressions,
    read_json,
    read_lss,
    read_surveyjs,
    read_xlsform,
    write_json,
    write_long,
    write_wide,
)
from servicecrm.interop.surveys.building import Building
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.kernel.records import evolve
from servicecrm.measures import sus
from servicecrm.surveys import Item, Scale
from servicecrm.surveys.columns import Answered
from servicecrm.surveys.importing import read_rows
from servicecrm.testing.makers import MONDAY
from tests.surveys.making import ANN, a_draft, a_release


def by_id(found: Foreign) -> dict[str, Item]:
    return {item.id: item for item in found.items}


def left(found: Foreign) -> dict[str, str]:
    return {each.path: each.says for each in found.left_out}


# -- LimeSurvey ----------------------------------------------------------------------------------


def lss(questions: str, more: str = "") -> str:
    return (
        "<document><LimeSurveyDocType>Survey</LimeSurveyDocType><languages><language>en</language></languages>"
        f"<questions><rows>{questions}</rows></questions>{more}</document>"
    )


def question(qid: int, code: str, type: str, **fields: str) -> str:
    told = {"qid": f"{qid}", "gid": "1", "type": type, "title": code, "question": code, "language": "en", **fields}
    told.setdefault("question_order", f"{qid}")
    return "<row>" + "".join(f"<{name}><![CDATA[{text}]]></{name}>" for name, text in told.items()) + "</row>"


def options(table: str, **codes: int) -> str:
    of, name, text = ("qid", "code", "answer") if table == "answers" else ("parent_qid", "title", "question")
    rows = (
        f"<row><{of}>{qid}</{of}><{name}>{code}</{name}><{text}>{code}</{text}><language>en</language></row>"
        for code, qid in codes.items()
    )
    return f"<{table}><rows>{''.join(rows)}</rows></{table}>"


def test_the_codes_of_a_study_match_the_columns_of_its_data(shared: Path) -> None:  # C077
    folder = shared / "data" / "surveys" / "sus_study"
    found = read_lss((folder / "limesurvey_survey_782678.lss").read_bytes())
    questionnaire = found.draft(id="q-1", by=ANN, at=MONDAY).after
    with (folder / "clean_data_quantitative.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    # The study renamed the columns, and put who had the two models in another order together.
    columns = {"age": "age", "sex": "gender", "edlevel": "edlevel", "famgames": "gamefam", "country": "country"}
    columns |= {f"SusATMSG01/SQ{n:02}": f"A_SUS{n:02}" for n in range(1, 11)}
    columns |= {f"SusLMGM/SQ{n:02}": f"L_SUS{n:02}" for n in range(1, 11)}
    everybody = surveys.edit(
        questionnaire, items=[evolve(each, shown_if=FrozenMap()) for each in found.items], by=ANN, at=MONDAY
    ).after

    read = list(read_rows(rows, everybody, columns=columns, missing=("", "NA")))
    assert len(read) == len(rows) == 32
    assert [row.problems for row in read] == [()] * 32
    scores = []
    for row, cells in zip(read, rows, strict=True):
        numbers = [answer.number for answer in row.answers if answer.item == "SusATMSG01"]
        assert numbers == [
            None if cells[f"A_SUS{n:02}"] == "NA" else float(cells[f"A_SUS{n:02}"]) for n in range(1, 11)
        ]
        scores += [sus(numbers)] if None not in numbers else []
    assert len(scores) == 28


def test_conditions_of_groups_are_those_of_their_questions(shared: Path) -> None:  # C074
    found = read_lss((shared / "data/surveys/sus_study/limesurvey_survey_782678.lss").read_bytes())
    items = by_id(found)

    assert items["age"].shown_if == {"item": "famsgs", "one_of": ("4", "5")}
    assert items["SusLMGM"].scale == Scale(low=1, high=5)
    assert "groupassignment" in left(found)["items.SusATMSG01.shown_if"]


def test_a_survey_in_three_languages_is_one_questionnaire(shared: Path) -> None:  # C074
    found = read_lss((shared / "data/surveys/ls191_sample_survey_multilingual.lss").read_bytes())
    items = by_id(found)

    assert found.languages == ("en", "fr", "de")
    assert dict(items["Y"].text) == {"en": "Yes/No", "fr": "Oui/Non", "de": "Ja/Nein"}
    assert [option.code for option in items["M2"].options if option.exclusive] == ["SQ05"]
    assert items["1_2"].codes == ("A21", "A22", "A23", "A24")
    assert found.columns["F/SQ01"] == "F[SQ01]"
    assert {each.kind for each in found.items} >= {"text", "number", "yes_no", "scale", "choice", "multiple", "ranking"}
    assert left(found)["questions.;"] == "left out: an array of texts has no counterpart"
    answers = {"QCS1": ["SH101"], "QCS2": []}
    asked = found.draft(id="q-1", by=ANN, at=MONDAY).after
    assert _status(asked, answers, "QCS3") == "missing"
    assert _status(asked, {}, "QCS3") == "not_shown"


def _status(questionnaire: surveys.Questionnaire, given_: dict[str, Any], id: str) -> str:
    return next(answer.status.value for answer in questionnaire.read(given_).answers if answer.item == id)


def test_another_answer_is_an_option_with_a_text_beside_it() -> None:
    found = read_lss(lss(question(1, "Q", "L", other="Y"), options("answers", A1=1, A2=1)))
    choice, text = found.items

    assert choice.codes == ("A1", "A2", "-oth-")
    assert text.shown_if == {"item": "Q", "equals": "-oth-"}
    assert found.columns[text.id] == "Q[other]"


@pytest.mark.parametrize(
    ("relevance", "shown_if"),
    [
        ("1", {}),
        ("Q1 >= 2", {"item": "Q1", "at_least": 2.0}),
        ("Q1.NAOK == 3 or is_empty(Q2)", None),
        ("!is_empty(Q1)", {"not": {"any": ({"item": "Q1", "is": "missing"}, {"item": "Q1", "is": "not_shown"})}}),
        ("Q2 == 'Y'", {"item": "Q2", "equals": "yes"}),
        ('Q2 != "N" && 2 < Q1', {"all": ({"not": {"item": "Q2", "equals": "no"}}, {"item": "Q1", "above": 2.0})}),
        ("Q3_B.NAOK == 'Y'", {"item": "Q3", "includes": "B"}),
    ],
)
def test_a_relevance_is_a_condition(relevance: str, shown_if: Any) -> None:  # C074
    found = read_lss(
        lss(
            question(1, "Q1", "5")
            + question(2, "Q2", "Y")
            + question(3, "Q3", "M")
            + question(4, "Q4", "N", relevance=relevance),
            options("subquestions", A=3, B=3),
        )
    )

    assert not found.left_out
    if shown_if is not None:
        assert by_id(found)["Q4"].shown_if == shown_if


@pytest.mark.parametrize(
    "relevance",
    ["nobody > 1", "Q1 + 1 > 2", "regexMatch('/a/', Q1)", "Q1 >", "(" * 60 + "Q1", "Q1 = 1 " * 900, "Q9 == 1", "§"],
)
def test_a_condition_that_cannot_be_said_is_told_and_the_item_is_always_shown(relevance: str) -> None:
    found = read_lss(lss(question(1, "Q1", "5") + question(4, "Q4", "N", relevance=relevance) + question(9, "Q9", "5")))

    assert by_id(found)["Q4"].shown_if == {}
    assert "always shown" in left(found)["items.Q4.shown_if"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("<document", "not XML"),
        ("<document><other/></document>", "no LimeSurveyDocType"),
        (lss(""), "asks no question"),
        ('<!DOCTYPE x [<!ENTITY a "b">]><document/>', "document type"),
        ("<a>" * 20 + "</a>" * 20, "deeper than 16"),
        ("<a>" + " " * 2**25 + "</a>", "larger than 32 MB"),
        (b'<?xml version="1.0" encoding="nothing"?><document/>', "not XML"),
    ],
)
def test_what_is_no_survey_structure_is_refused(text: str | bytes, says: str) -> None:  # R29
    with pytest.raises(MalformedDocument, match=says):
        read_lss(text)


@given(st.binary(max_size=200) | st.text(max_size=200))
def test_whatever_is_read_is_a_survey_or_malformed(content: str | bytes) -> None:
    with pytest.raises(MalformedDocument):
        read_lss(content)
    if isinstance(content, str):
        with pytest.raises(MalformedDocument):
            read_surveyjs(content)


def test_no_word_is_missing() -> None:
    assert TEXTS.languages == ("de", "en", "zh")
    assert TEXTS.problems() == ()


def test_a_long_survey_is_read_however_its_questions_depend_on_each_other() -> None:  # C074
    n = 300
    first = [question(i, f"b{i}", "5") for i in range(n)]
    then = [question(n + i, f"c{i}", "5", relevance=f"b{i}>1") for i in range(n)]
    last = question(2 * n, "z", "5", relevance=" or ".join(f"c{i}>1" for i in range(n)))
    found = read_lss(lss("".join([*first, *then, last])))

    assert len(found.items) == 2 * n + 1
    assert found.left_out == ()
    assert all(item.shown_if for item in found.items[n:])


def test_a_place_of_thousands_of_digits_is_none() -> None:  # R29
    asked = [question(1, "a", "5", question_order="9" * 5000), question(2, "b", "5", question_order="1")]

    assert [item.id for item in read_lss(lss("".join(asked))).items] == ["a", "b"]


# -- XLSForm -------------------------------------------------------------------------------------

FORM: list[dict[str, object]] = [
    {"type": "begin group", "name": "all", "relevant": "${age} > 17"},
    {"type": "select_one rating", "name": "good", "label::English (en)": "Good?", "appearance": "likert"},
    {"type": "select_multiple ways", "name": "ways", "label::English (en)": "How?", "label::Deutsch (de)": "Wie?"},
    {"type": "end group"},
    {"type": "text", "name": "why", "label::English (en)": "Why?", "relevant": "selected(${ways}, 'web')"},
    {"type": "geopoint", "name": "where", "label::English (en)": "Where?"},
    {"type": "start", "name": "start"},
]
AGE = {
    "type": "integer",
    "name": "age",
    "label::English (en)": "Age?",
    "constraint": ". >= 0 and . <= 120",
    "required": "yes",
}
CHOICES: list[dict[str, object]] = [
    *(dict[str, object]({"list_name": "rating", "name": n, "label::English (en)": f"{n}"}) for n in (1.0, 2.0, 3.0)),
    *(dict[str, object]({"list_name": "ways", "name": code, "label::English (en)": code}) for code in ("web", "phone")),
]


def test_the_rows_of_an_xlsform_are_a_questionnaire() -> None:  # C074
    found = read_xlsform([AGE, *FORM], CHOICES, settings={"form_title": "Visits"})
    items = by_id(found)

    assert (dict(found.title), found.languages) == ({"en": "Visits", "de": "Visits"}, ("en", "de"))
    assert [(item.id, item.kind) for item in found.items] == [
        ("age", "number"),
        ("good", "scale"),
        ("ways", "multiple"),
        ("why", "text"),
    ]
    assert (items["age"].least, items["age"].most, items["age"].whole, items["age"].required) == (0, 120, True, True)
    assert items["good"].scale == Scale(low=1, high=3)
    assert items["good"].shown_if == {"item": "age", "above": 17.0}
    assert items["why"].shown_if == {"item": "ways", "includes": "web"}
    assert left(found) == {"survey.where": "left out: 'geopoint' has no counterpart"}


def test_what_an_xlsform_asks_before_it_knows_is_told() -> None:
    found = read_xlsform([*FORM, AGE], CHOICES)

    assert by_id(found)["good"].shown_if == {}
    assert "comes later" in left(found)["items.good.shown_if"]
    with pytest.raises(MalformedDocument, match="no row"):
        read_xlsform([{"type": "note"}])


class NotAvailable:
    """What a library of data frames has for a cell without a value; it does not even say whether it equals itself."""

    def __eq__(self, other: object) -> Any:
        return self

    def __ne__(self, other: object) -> Any:
        return self

    def __bool__(self) -> bool:
        raise TypeError

    __hash__ = None  # type: ignore[assignment]


@pytest.mark.parametrize("blank", [None, "", float("nan"), NotAvailable()])
def test_blank_cells_are_blank_however_they_are_read(blank: object) -> None:  # C074
    names = ("type", "name", *FORM[2], *AGE, "relevant", "hint", "appearance", "default")
    columns: dict[str, object] = dict.fromkeys(names, blank)
    choices = [{"list_name": blank, "name": blank, "label::English (en)": blank, **each} for each in CHOICES]
    rows = [{**columns, **AGE}, *({**columns, **each} for each in FORM), columns]
    found = read_xlsform(rows, [*choices, columns], settings=columns)
    plain = read_xlsform([AGE, *FORM], CHOICES)

    assert (found.items, found.left_out) == (plain.items, plain.left_out)
    assert "nan" not in f"{found}"


def test_what_no_sheet_holds_is_malformed_or_passed_over() -> None:  # R29
    with pytest.raises(MalformedDocument, match="so many digits"):
        read_xlsform([{"type": "text", "name": 10**5000}])
    unnamed: list[Any] = [{"type": "text", "name": "why", 5: "x", None: ["y"]}]
    assert [item.id for item in read_xlsform(unnamed).items] == ["why"]


def test_groups_do_not_stand_in_each_other_for_ever() -> None:  # R29
    opening = [{"type": "begin group", "name": f"g{n}"} for n in range(20)]
    asks = {"type": "text", "name": "why"}

    assert [item.id for item in read_xlsform([*opening, asks]).items] == ["why"]
    with pytest.raises(MalformedDocument, match="20 deep"):
        read_xlsform([*opening, opening[0], asks])


def test_items_of_the_same_name_are_numbered() -> None:  # C074
    names = ["a", "a", "a_3", "a/b", "a_b", *["a"] * 1000]
    found = read_xlsform([{"type": "text", "name": name} for name in names])

    assert [item.id for item in found.items][:8] == ["a", "a_2", "a_3", "a_b", "a_b_2", "a_4", "a_5", "a_6"]
    assert len({item.id for item in found.items}) == len(names)


def test_thousands_of_items_of_the_same_name_are_numbered_at_once() -> None:
    building, began = Building(), perf_counter()
    one = surveys.item("why", "text", text={"en": "Why?"})
    for _ in range(20_000):
        building.items[building._free("why")] = one

    assert [*building.items][-1] == "why_20000"
    assert perf_counter() - began < 5  # it takes a hundredth of a second, but a machine may be busy


# -- SurveyJS ------------------------------------------------------------------------------------


def test_what_we_write_for_surveyjs_is_read_again() -> None:  # C074
    before = a_release()
    found = read_surveyjs(surveys.to_surveyjs(before))
    rated = {"nps": "scale", "csat": "scale", "ces": "scale"}

    assert [each.id for each in found.items] == [each.id for each in before.items]
    assert not found.left_out
    for new, old in zip(found.items, before.items, strict=True):
        assert new.kind == rated.get(old.kind, old.kind)
        assert (new.scale, new.codes, new.apart, new.limits) == (old.scale, old.codes, old.apart, old.limits)
        assert (new.text, new.shown_if, new.required) == (old.text, old.shown_if, old.required)
        assert [row.code for row in new.rows] == [row.code for row in old.rows]


def test_panels_languages_and_what_is_not_taken_over() -> None:
    survey = {
        "locale": "de",
        "title": {"default": "Umfrage", "en": "Survey"},
        "pages": [
            {
                "elements": [
                    {"type": "rating", "name": "good", "rateMax": 10, "title": "Wie gut?"},
                    {
                        "type": "panel",
                        "visibleIf": "{good} <= 4",
                        "elements": [{"type": "comment", "name": "why", "visibleIf": "{good} notempty"}],
                    },
                    {"type": "radiogroup", "name": "way", "choices": ["web", "phone"], "showOtherItem": True},
                    {"type": "signaturepad", "name": "sign"},
                    {"type": "rating", "name": "odd", "rateValues": [1, 2, 4]},
                ]
            }
        ],
    }
    found = read_surveyjs(survey)
    items = by_id(found)

    assert (dict(found.title), found.languages) == ({"de": "Umfrage", "en": "Survey"}, ("de", "en"))
    assert items["good"].scale == Scale(low=1, high=10)
    assert items["why"].shown_if["all"][0] == {"item": "good", "at_most": 4.0}  # type: ignore[index]
    assert items["way"].codes == ("web", "phone", "other")
    assert items["way-Comment"].shown_if == {"item": "way", "equals": "other"}
    assert left(found).keys() == {"elements.sign", "elements.odd"}


def test_what_is_no_surveyjs_is_refused() -> None:
    nested: dict[str, Any] = {"elements": []}
    for _ in range(30):
        nested = {"elements": [nested]}
    for wrong in ("{", "[]", "{}", nested, "[" * 100_000):
        with pytest.raises(MalformedDocument):
            read_surveyjs(wrong)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 12) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
SAID = """title description isRequired visibleIf choices rows columns rateValues rateMin rateMax rateStep rateCount min
max maxLength inputType elements showOtherItem showNoneItem showDontKnowItem minSelectedChoices"""
ELEMENTS = st.fixed_dictionaries(
    {
        "type": st.sampled_from(
            ["rating", "radiogroup", "checkbox", "ranking", "boolean", "text", "comment", "matrix", "panel"]
        ),
        "name": st.sampled_from(["a", "b", "a/b", ""]) | JSON,
    },
    optional=dict.fromkeys(SAID.split(), JSON)
    | {"validators": st.lists(st.fixed_dictionaries({"minCount": JSON, "minLength": JSON}), max_size=1)},
)


@given(st.lists(ELEMENTS, min_size=1, max_size=4), JSON)
def test_whatever_stands_in_a_survey_is_taken_over_or_told(elements: list[dict[str, Any]], title: Any) -> None:  # R29
    try:
        found = read_surveyjs({"title": title, "elements": elements})
    except MalformedDocument:
        return
    assert all(each.id and each.text for each in found.items)
    found.draft(id="q-1", by=ANN, at=MONDAY)


@given(
    st.text(max_size=60)
    | st.lists(
        st.sampled_from(["Q1", "Q2", "and", "or", "not", "(", ")", ">=", "==", "3", "'Y'", ",", "is_empty", "!", "."])
    ).map(" ".join)
)
def test_any_text_is_a_condition_or_unreadable(text: str) -> None:
    for bare in (True, False):
        with suppress(expressions.Unreadable):
            expressions.read(text, bare=bare)


# -- responses -----------------------------------------------------------------------------------

ALL = a_draft()
GIVEN = st.fixed_dictionaries(
    {},
    optional={
        "used": st.booleans(),
        "overall": st.integers(1, 10),
        "satisfied": st.integers(1, 5) | st.just("dont_know"),
        "channel": st.sampled_from(["phone", "web", "not_applicable"]),
        "ways": st.lists(st.sampled_from(["phone", "web"]), unique=True, min_size=1),
        "best": st.permutations(["phone", "web", "counter"]),
        "aspects": st.fixed_dictionaries({"price": st.integers(1, 10), "delay": st.just("dont_know")}),
        "visits": st.integers(0, 100),
        "since": st.dates().map(str),
        "why": st.sampled_from(["Because.", 'A "quoted", text', "one\ntwo"]),
    },
)


class Told:
    """A response."""

    day = MONDAY.date()

    def __init__(self, given_: dict[str, Any]) -> None:
        self.answers = ALL.read(given_).answers


@given(st.lists(GIVEN, max_size=5))
def test_wide_rows_are_read_as_the_same_answers(given_: list[dict[str, Any]]) -> None:  # C077
    responses, file = [Told(each) for each in given_], StringIO(newline="")

    assert isinstance(Told({}), Answered)
    assert write_wide(ALL, responses, file, beside=["day"]) == len(responses)
    read = list(read_rows(csv.DictReader(StringIO(file.getvalue(), newline="")), ALL, day="day"))
    assert [row.answers for row in read] == [each.answers for each in responses]
    assert {row.day for row in read} <= {MONDAY.date()}


@given(st.lists(GIVEN, max_size=5))
def test_json_is_read_as_the_same_questionnaire_and_answers(given_: list[dict[str, Any]]) -> None:
    responses = [Told(each) for each in given_]
    questionnaire, read = read_json(write_json(ALL, responses))

    assert questionnaire == ALL
    assert [ALL.read(each, partial=True).answers for each in read] == [each.answers for each in responses]


@given(st.lists(GIVEN, max_size=5))
def test_long_rows_have_every_answer_and_every_option_that_was_chosen(given_: list[dict[str, Any]]) -> None:
    responses, file = [Told(each) for each in given_], StringIO(newline="")
    count = write_long(responses, file, beside=["day"])
    rows = list(csv.DictReader(StringIO(file.getvalue(), newline="")))

    assert len(rows) == count
    assert {row["day"] for row in rows} <= {f"{MONDAY.date()}"}
    for n, response in enumerate(responses, 1):
        here = [row for row in rows if row["response"] == f"{n}"]
        assert len(here) == sum(max(1, len(answer.codes)) for answer in response.answers)
        ranked = [row["value"] for row in here if row["item"] == "best" and row["value"]]
        assert ranked == list(given_[n - 1].get("best", []))


def test_a_text_that_would_be_a_formula_is_none() -> None:
    file = StringIO(newline="")
    write_wide(ALL, [Told({"used": True, "why": "=1+1"})], file)

    assert "'=1+1" in file.getvalue()


@pytest.mark.parametrize("write", [partial(write_wide, ALL), write_long])
def test_what_stands_beside_the_answers_is_no_formula_either(write: Any) -> None:
    response = SimpleNamespace(answers=Told({"used": True}).answers, stratum="=cmd|x", service="@x", share=-0.5)
    file = StringIO(newline="")
    write([response], file, beside=["stratum", "service", "share"])
    row = next(csv.DictReader(StringIO(file.getvalue(), newline="")))

    assert (row["stratum"], row["service"], row["share"]) == ("'=cmd|x", "'@x", "-0.5")


def test_what_cannot_be_written_or_read_back_is_refused() -> None:
    one = surveys.item("a", "choice", text={"en": "?"}, options={"x;y": {"en": "x"}})
    with pytest.raises(InvalidValue, match="long rows"):
        write_wide(a_draft(one), [], StringIO())
    file = StringIO()
    with pytest.raises(InvalidValue, match="no 'nothing'"):
        write_wide(ALL, [Told({})], file, beside=["nothing"])
    with pytest.raises(InvalidValue, match="no 'nothing'"):
        write_long([Told({})], file, beside=["nothing"])
    assert file.getvalue() == ""
    with pytest.raises(MalformedDocument, match="expected a schema"):
        read_json("{}")

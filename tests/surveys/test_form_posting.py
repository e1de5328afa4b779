"""What a browser posts becomes the values that are validated: nothing is lost, and nothing is made up."""

from collections.abc import Iterable, Mapping
from urllib.parse import parse_qs, parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.errors import MalformedDocument
from servicecrm.surveys import Status, item
from servicecrm.surveys.form import form_of
from servicecrm.surveys.form_posting import posted
from tests.surveys.making import a_release, en, one_of_each

EACH = a_release()
Fields = list[tuple[str, str]]


def taken(*fields: tuple[str, str]) -> dict[str, object]:
    """The values without what the names of all of them begin with."""
    return posted(EACH, [(f"answer.{name}", value) for name, value in fields])


def test_fields_are_read_however_a_framework_gives_them() -> None:  # C077
    query = "answer.ways=web&answer.ways=phone&answer.used=yes&language=de&token=1&answer.why="

    class Fields(dict[str, str]):  # gives the last one, as those of Django and Werkzeug do
        def getlist(self, name: str) -> list[str]:
            return parse_qs(query)[name]

    expected = {"ways": ["web", "phone"], "used": "yes"}
    assert posted(EACH, parse_qs(query)) == expected
    assert posted(EACH, parse_qsl(query, keep_blank_values=True)) == expected
    assert posted(EACH, Fields({name: texts[-1] for name, texts in parse_qs(query).items()})) == expected
    assert posted(EACH, {"answer.used": "yes", "answer.ways": ("web", "phone")}) == expected


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("overall", "7", 7.0),
        ("overall", "dont_know", "dont_know"),
        ("satisfied", "dont_know", "dont_know"),
        ("visits", "-1.5e2", -150.0),
        ("visits", "nan", "nan"),
        ("visits", "1_000", "1_000"),
        ("visits", "٣", "٣"),
        ("why", "7", "7"),
        ("why", "a\r\nb", "a\nb"),
        ("why", " a ", " a "),
        ("since", "2026-03-02", "2026-03-02"),
        ("channel", "web", "web"),
    ],
)
def test_a_text_becomes_a_number_only_where_one_is_asked_for(name: str, text: str, value: object) -> None:  # C077
    assert taken((name, text)) == {name: value}


@pytest.mark.parametrize(
    ("fields", "value"),
    [
        ([("best/phone", "2"), ("best/web", "1"), ("best/counter", "3")], ["web", "phone", "counter"]),
        ([("best/phone", "1"), ("best/web", ""), ("best/counter", "2")], ["phone", "counter"]),
        ([("best/phone", ""), ("best/web", " ")], None),
    ],
)
def test_a_ranking_is_told_by_places(fields: Fields, value: object) -> None:  # C077
    assert taken(*fields).get("best") == value


def test_a_matrix_is_told_row_by_row_and_rows_without_an_answer_are_left_out() -> None:  # C077
    assert taken(("aspects/price", "3"), ("aspects/delay", ""), ("places/first", "web")) == {
        "aspects": {"price": 3.0},
        "places": {"first": "web"},
    }


WRONG: list[tuple[Fields, str]] = [
    ([("overall", "7"), ("overall", "8")], "$.overall"),
    ([("visits", "3"), ("visits", "dont_know")], "$.visits"),
    ([("satisfied", "3"), ("satisfied", "dont_know")], "$.satisfied"),
    ([("ways", "web"), ("ways", "web")], "$.ways"),
    ([("best/phone", "1"), ("best/web", "1"), ("best/counter", "2")], "$.best"),
    ([("best/phone", "2"), ("best/web", "3"), ("best/counter", "4")], "$.best"),
    ([("best/phone", "1"), ("best/phone", "2"), ("best/web", "3")], "$.best"),
    ([("best/fax", "1"), ("best/web", "2"), ("best/counter", "3")], "$.best"),
    ([("aspects", "3"), ("aspects/price", "3")], "$.aspects.price"),
    ([("aspects/size", "3")], "$.aspects.size"),
    ([("shoe", "42")], "$.shoe"),
    ([("shoe", "")], "$.shoe"),
    ([("overall/price", "3")], "$.overall/price"),
    ([("why", "a"), ("why", "b")], "$.why"),
    ([("visits", "nan")], "$.visits"),
    ([("visits", "1e999")], "$.visits"),
]


@pytest.mark.parametrize(("fields", "path"), WRONG)
def test_what_cannot_be_meant_is_refused_and_not_guessed(fields: Fields, path: str) -> None:  # C077
    with pytest.raises(MalformedDocument) as refused:
        EACH.validated(taken(("used", "yes"), *fields))

    assert any(problem.startswith(f"{path}:") for problem in refused.value.problems)


def test_what_may_be_said_instead_stands_alone_in_every_kind() -> None:  # C074
    apart = ["dont_know"]
    options = {"web": en("Web"), "phone": en("Phone")}
    questionnaire = a_release(
        item("a", "multiple", text=en("?"), options=options, apart=apart),
        item("b", "ranking", text=en("?"), options=options, apart=apart),
        item("c", "number", text=en("?"), apart=apart),
    )
    alone = [(f"answer.{id}", "dont_know") for id in "abc"]

    answers = questionnaire.validated(posted(questionnaire, [*alone, ("answer.b/web", ""), ("answer.c", "")]))
    assert [answer.status for answer in answers] == [Status.DONT_KNOW] * 3
    both = [*alone, ("answer.a", "web"), ("answer.b/web", "1"), ("answer.b/phone", "2"), ("answer.c", "3")]
    answers = questionnaire.read(posted(questionnaire, both)).answers
    assert [answer.status for answer in answers] == [Status.INVALID] * 3


names = st.builds(
    lambda id, row: f"answer.{id}{row}",
    st.sampled_from([each.id for each in one_of_each()] + ["", "shoe"]),
    st.sampled_from(["", "/", "/price", "/web", "/first", "//"]),
)
texts = st.text(max_size=3) | st.sampled_from(["1", "2", "web", "yes", "dont_know", "2026-01-01"])


@given(st.lists(st.tuples(names, texts)) | st.dictionaries(names, texts | st.lists(texts)))
def test_whatever_is_posted_is_read_or_refused(fields: Iterable[tuple[str, str]] | Mapping[str, object]) -> None:
    reading = EACH.read(posted(EACH, fields), partial=True)

    assert len(reading.answers) == sum(len(each.parts) for each in one_of_each())


UNSTORABLE = ["a\0b", "a\ud800b"]


@pytest.mark.parametrize("text", UNSTORABLE)
@pytest.mark.parametrize("name", ["answer.why", "answer.{}", "answer.aspects/{}", "answer.best/{}", "answer.overall"])
def test_what_no_store_could_keep_is_refused_and_shown_as_far_as_it_can_be(name: str, text: str) -> None:  # C077
    fields = [("answer.used", "yes"), ("answer.visits", "3"), (name.format(text), text)]
    with pytest.raises(MalformedDocument) as refused:
        EACH.validated(posted(EACH, fields))
    assert len(refused.value.problems) == 1

    html = form_of(EACH, fields=fields).html
    assert text not in html
    assert 'value="3"' in html
    assert ("a\N{REPLACEMENT CHARACTER}b" in html) == (name == "answer.why")


def test_a_row_that_is_named_by_a_number_is_told() -> None:  # C077
    assert EACH.read({"aspects": {5: 1}}, partial=True).problems == ("$.aspects.5: there is no such row",)

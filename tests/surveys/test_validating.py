"""A response is held against the questionnaire: all that is wrong is told at once, and nothing is made up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.errors import MalformedDocument
from servicecrm.surveys import Answer, Item, Status, item
from tests.surveys.making import YES, a_release, en, one_of_each, rating

EACH = a_release()
KEYS = [
    f"{each.id}/{row}" if row else each.id
    for each in one_of_each()
    for row in each.parts
]  # fmt: skip


def status_of(answers: tuple[Answer, ...]) -> dict[str, Status]:
    return {answer.key: answer.status for answer in answers}


def problems(given_: dict[str, object], *items: Item, **options: str) -> tuple[str, ...]:
    with pytest.raises(MalformedDocument) as refused:
        (a_release(*items) if items else EACH).validated(given_, language=options.get("language"))
    return refused.value.problems


def test_every_item_and_every_row_has_an_answer_in_the_order_of_the_questionnaire() -> None:  # C077
    answers = EACH.validated({"why": "Slow.", "used": True, "aspects": {"delay": 2, "price": "dont_know"}})

    assert [answer.key for answer in answers] == KEYS
    told = {key: status for key, status in status_of(answers).items() if status is not Status.MISSING}
    assert told == {
        "used": Status.ANSWERED,
        "aspects/price": Status.DONT_KNOW,
        "aspects/delay": Status.ANSWERED,
        "why": Status.ANSWERED,
    }


def test_every_way_of_having_no_answer_is_told_apart() -> None:  # C077
    items = (
        item("used", "yes_no", text=en("?"), required=True),
        item("asked", "text", text=en("?"), shown_if=YES),
        rating("open"),
        rating("wrong"),
        item("satisfied", "csat", text=en("?"), labels={1: en("-"), 5: en("+")}, apart=["not_applicable", "dont_know"]),
        item("easy", "ces", text=en("?"), labels={1: en("-"), 7: en("+")}, apart=["dont_know"]),
    )
    reading = a_release(*items).read({"used": False, "wrong": 11, "satisfied": "not_applicable", "easy": "dont_know"})

    assert status_of(reading.answers) == {
        "used": Status.ANSWERED,
        "asked": Status.NOT_SHOWN,
        "open": Status.MISSING,
        "wrong": Status.INVALID,
        "satisfied": Status.NOT_APPLICABLE,
        "easy": Status.DONT_KNOW,
    }
    assert reading.problems == ("$.wrong: expected a number on 1..10",)


def test_all_that_is_wrong_is_told_at_once_with_its_path() -> None:  # C077
    found = problems(
        {
            "overall": 11,
            "aspects": {"price": 0, "size": 3},
            "channel": "fax",
            "since": "soon",
            "visits": 2.5,
            "shoe": 42,
        },
        language="fr",
    )

    assert found == (
        "language: it is offered in en",
        "$.shoe: there is no such item",
        "$.used: an answer is required",
        "$.overall: expected a number on 1..10",
        "$.channel: expected one of phone, web, counter, or one of not_applicable",
        "$.aspects.size: there is no such row",
        "$.aspects.price: expected a number on 1..10, or one of dont_know",
        "$.visits: expected a whole number",
        "$.since: expected a date in ISO 8601, such as 2026-03-02",
    )


def test_an_answer_to_what_was_not_asked_is_not_lost_in_silence() -> None:  # C077
    assert problems({"used": False, "why": "Slow."}) == ("$.why: it is not asked after these answers",)
    assert status_of(EACH.validated({"used": False, "why": None}))["why"] is Status.NOT_SHOWN


def test_what_is_not_shown_is_not_required() -> None:  # C077
    hidden = item("why", "text", text=en("?"), required=True, shown_if=YES)
    questionnaire = a_release(item("used", "yes_no", text=en("?")), hidden)

    assert status_of(questionnaire.validated({"used": "no"}))["why"] is Status.NOT_SHOWN
    assert problems({"used": "yes"}, *questionnaire.items) == ("$.why: an answer is required",)


def test_in_a_partial_response_nothing_is_required_and_the_rest_is_as_strict() -> None:  # C077
    assert status_of(EACH.validated({}, partial=True))["used"] is Status.MISSING
    with pytest.raises(MalformedDocument, match="overall"):
        EACH.validated({"overall": 11}, partial=True)


def test_it_counts_as_an_answer_to_say_that_something_does_not_apply() -> None:  # C077
    questionnaire = a_release(
        item("used", "yes_no", text=en("?"), required=True, apart=["not_applicable"]),
    )

    assert status_of(questionnaire.validated({"used": "not_applicable"}))["used"] is Status.NOT_APPLICABLE


@pytest.mark.parametrize("value", [3, [1, 2], "dont_know", True])
def test_a_matrix_is_answered_row_by_row(value: object) -> None:  # C077
    assert problems({"used": True, "aspects": value}) == tuple(
        f"$.aspects.{row}: expected a number on 1..10, or one of dont_know" for row in ("price", "delay")
    )


@pytest.mark.parametrize(("language", "offered"), [("en", True), ("en-GB", True), ("de", False)])
def test_it_is_offered_in_a_language_or_in_a_near_one(language: str, *, offered: bool) -> None:  # C074
    assert (EACH.read({}, language=language, partial=True).problems == ()) is offered


def test_something_else_than_an_object_is_refused() -> None:
    with pytest.raises(MalformedDocument, match="expected an object"):
        EACH.validated([("used", True)])  # type: ignore[arg-type]


SECRET = "Kanarienvogel"
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.just(SECRET) | st.sampled_from(["yes", "web", "none"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["price", "delay"]), inner),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from([each.id for each in one_of_each()]), anything))
def test_whatever_is_sent_is_read_or_refused_and_never_shown(sent: dict[str, object]) -> None:  # C077
    reading = EACH.read(sent, partial=True)

    assert [answer.key for answer in reading.answers] == KEYS
    invalid = [answer for answer in reading.answers if answer.status is Status.INVALID]
    assert len(invalid) <= len(reading.problems)
    assert SECRET not in f"{reading} {reading.answers}"
    if not reading.problems:
        assert EACH.validated(sent, partial=True) == reading.answers
        again = {answer.key: answer.number for answer in reading.answers if answer.number is not None}
        assert all(EACH.item(key.partition("/")[0]) for key in again)

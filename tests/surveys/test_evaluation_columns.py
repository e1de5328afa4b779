"""Answers come in many forms, and every form makes the same table."""

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.errors import InvalidValue
from servicecrm.kernel.records import evolve
from servicecrm.measures import tally
from servicecrm.surveys import Status, item, tabulate
from servicecrm.surveys.answers import Answer
from tests.surveys.making import TEN, a_draft, en, ends, one_of_each, rating

ALL = a_draft()
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "used": st.sampled_from([True, "no", "perhaps", None]),
    "overall": st.sampled_from([1, 10, 11, 6.5, "7", True, None, float("nan")]),
    "satisfied": st.sampled_from([1, 5, "dont_know", "not_applicable"]),
    "ways": st.sampled_from([["web"], ["web", "none"], ["phone", "web"], [], "web"]),
    "best": st.sampled_from([["web", "phone", "counter"], ["web"], None]),
    "aspects": st.sampled_from([{"price": 9, "delay": 2}, {"price": "dont_know"}, {"delay": 0}, "all", None]),
    "visits": st.sampled_from([3, 3.5, 1000, None]),
    "since": st.sampled_from(["2026-03-02", "yesterday"]),
    "why": st.sampled_from(["Too slow", " ", None]),
}
ROWS = st.lists(st.fixed_dictionaries({}, optional=VALUES), min_size=1, max_size=8)


@given(ROWS)
def test_plain_rows_say_what_the_questionnaire_reads_in_them(rows: list[dict[str, Any]]) -> None:  # C077
    rows = [{"used": True, **row} for row in rows]

    assert tabulate(ALL, rows).cells == tabulate(ALL, [ALL.read(row).answers for row in rows]).cells


@given(ROWS)
def test_records_lists_and_frames_make_the_same_table(rows: list[dict[str, Any]]) -> None:  # C077
    rows = [{"used": True, "aspects": {}, **row} for row in rows]
    rows = [row for row in rows if isinstance(row["aspects"], dict)]
    table = tabulate(ALL, rows)
    keys = [key for key in table.cells if "/" not in key]
    lists = {key: [row.get(key) for row in rows] for key in keys if key not in ("aspects", "places")}
    lists |= {f"aspects/{code}": [row["aspects"].get(code) for row in rows] for code in ("price", "delay")}
    series = {key: SimpleNamespace(to_list=lambda values=values: values) for key, values in lists.items()}

    class Frame:
        columns = tuple(series)

        def __getitem__(self, name: str) -> SimpleNamespace:
            return series[name]

    whole = {key: [row.get(key) for row in rows] for key in (*keys, "aspects")}
    assert tabulate(ALL, whole).cells == table.cells
    records = [SimpleNamespace(answers=ALL.read(row).answers) for row in rows]
    assert tabulate(ALL, lists).cells == table.cells
    assert tabulate(ALL, Frame()).cells == table.cells
    assert tabulate(ALL, records).cells == table.cells
    assert tabulate(ALL, table) is table


def test_a_data_frame_of_pandas_is_read() -> None:
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    frame = pandas.DataFrame({"overall": [9, None, 11], "aspects/price": [1.0, 2.0, None], "region": ["n", None, "s"]})
    table = tabulate(ALL, frame)

    assert table["overall"] == [9.0, None, "invalid"]
    assert table["aspects/price"] == [1.0, 2.0, None]
    assert table.groups("region") == ("n", "", "s")


def test_a_histogram_has_turned_answers_and_everything_else_apart() -> None:  # C074, C078
    rows = [{"aspects": {"delay": x}} for x in (1, 10, "dont_know", None, 0)]
    found = tabulate(ALL, rows).histogram("aspects/delay")

    scale = evolve(TEN, apart=("dont_know",))
    assert found == tally([10, 1, "dont_know", None, "invalid"], scale=scale)
    with pytest.raises(InvalidValue, match="no scale"):
        tabulate(ALL, rows).histogram("why")


def test_what_was_not_asked_is_in_no_base() -> None:  # C074
    asked = a_draft(one_of_each()[0], rating("good", shown_if={"item": "used", "equals": "yes"}))
    table = tabulate(asked, [{"used": True, "good": 9}, {"used": False, "good": 1}, {"used": True}])

    assert table["good"] == [9.0, Status.NOT_SHOWN, None]
    assert (table.histogram("good").n, table.histogram("good").not_answered) == (1, 1)


def test_responses_that_do_not_count_are_left_out() -> None:  # C077
    responses = [
        SimpleNamespace(answers=ALL.read({"overall": n}).answers, counts=n != 3, customer=f"c-{n}", context={"size": n})
        for n in (5, 3, 8)
    ]
    table = tabulate(ALL, responses, keep=("customer", "size"))

    assert (table.n, table.given, table["overall"]) == (2, 3, [5.0, 8.0])
    assert table.groups("customer") == ("c-5", "c-8")
    assert table.groups("size") == ("5", "8")
    assert table.beside(["a", "b", "c"], "weights") == ["a", "c"]
    with pytest.raises(InvalidValue, match="each of 3"):
        table.beside(["a", "b"], "weights")


def test_a_table_of_anonymous_answers_is_put_together_without_its_texts() -> None:  # C076
    marked = [answer for answer in ALL.read({"used": True, "overall": 4, "why": "Slow"}).answers if answer.text is None]
    given_ = [SimpleNamespace(response="r-1", counts=True, answer=answer) for answer in marked]
    given_ += [SimpleNamespace(response="r-2", counts=False, answer=answer) for answer in marked]
    text = Answer(item="why", status=Status.ANSWERED, text="Slow")
    table = tabulate(ALL, [*given_, SimpleNamespace(response="r-9", counts=True, answer=text)])

    assert (table.n, table["overall"], table["why"]) == (1, [4.0], ["answered"])


@pytest.mark.parametrize(
    ("responses", "says"),
    [
        ([{"overal": 9}], "no column is an item"),
        ({"overall": [1], "easy": [1, 2]}, "different lengths"),
        ([object()], "expected responses"),
        ([(Answer(item="gone", status=Status.MISSING),)], "an answer to nothing"),
        ([SimpleNamespace(answers=(), questionnaire="q-0")], "does not answer questionnaire q-1"),
    ],
)
def test_what_is_no_answer_to_the_questionnaire_is_refused(responses: Any, says: str) -> None:
    with pytest.raises(InvalidValue, match=says):
        tabulate(ALL, responses)


def test_answers_to_another_questionnaire_are_refused() -> None:
    with pytest.raises(InvalidValue, match="q-2"):
        tabulate(ALL, tabulate(evolve(ALL, id="q-2"), [{"overall": 1}]))


def test_groups_are_what_one_thing_is_chosen_from() -> None:  # C080
    table = tabulate(ALL, [{"channel": "web", "ways": ["web", "phone"]}, {"channel": "not_applicable"}, {}])

    assert table.groups("channel") == ("web", "not_applicable", "")
    for name in ("ways", "gone"):
        with pytest.raises(InvalidValue):
            table.groups(name)
    with pytest.raises(InvalidValue, match="known"):
        table["gone"]


def test_no_answers_make_an_empty_table() -> None:
    table = tabulate(a_draft(item("nps", "nps", text=en("?"), labels=ends(TEN))), [])

    assert (table.n, table["nps"]) == (0, [])


@given(st.integers(-(2**53) + 1, 2**53 - 1))
def test_a_group_has_the_same_name_where_one_is_missing_and_its_column_turned_to_floats(number: int) -> None:  # C080
    whole = tabulate(ALL, {"overall": [1], "dept": [number]}).groups("dept")
    beside = tabulate(ALL, {"overall": [1, 2], "dept": [float(number), float("nan")]}).groups("dept")

    assert whole == (f"{number}",)
    assert beside == (f"{number}", "")


def test_other_numbers_keep_their_names() -> None:  # C080
    odd = [0.5, 1e300, float("inf"), True, "1.0"]

    assert tabulate(ALL, {"overall": [1] * 5, "dept": odd}).groups("dept") == ("0.5", "1e+300", "inf", "True", "1.0")

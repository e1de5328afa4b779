"""Responses come in from tables of other tools too, and what is wrong in a cell is told by row and column."""

import csv
from datetime import date
from io import StringIO
from pathlib import Path
from statistics import mean
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.errors import ImportProblem, InvalidValue, PolicyViolation
from servicecrm.surveys import Status, importing
from tests.surveys.campaigning import a_desk, an_open_campaign, questions
from tests.surveys.making import a_release, one_of_each, rating

DATA = Path(__file__).parents[3] / "shared" / "data" / "surveys"
EACH = a_release(*one_of_each())


def read(text: str, questionnaire: Any = EACH, **options: Any) -> list[importing.ReadRow]:
    return list(importing.read_rows(csv.DictReader(StringIO(text)), questionnaire, **options))


def statuses(row: importing.ReadRow) -> dict[str, str]:
    return {answer.key: answer.status.value for answer in row.answers if answer.status is not Status.MISSING}


def test_every_kind_of_answer_is_read_from_a_cell() -> None:  # C077
    (row,) = read(
        "used,overall,recommend,satisfied,easy,channel,ways,best,aspects/price,aspects/delay,places/first,visits,since,why\n"
        "yes,9, 10 ,dont_know,7.0,web,phone;web,web;phone;counter,3,dont_know,counter,12,2020-02-29,5\n"
    )

    assert row.problems == ()
    found = {answer.key: answer for answer in row.answers}
    assert [found[key].number for key in ("overall", "recommend", "easy", "aspects/price", "visits")] == [
        9,
        10,
        7,
        3,
        12,
    ]
    assert (found["ways"].codes, found["best"].codes) == (("phone", "web"), ("web", "phone", "counter"))
    assert (found["channel"].codes, found["places/first"].codes, found["used"].codes) == (
        ("web",),
        ("counter",),
        ("yes",),
    )
    assert (found["satisfied"].status, found["aspects/delay"].status) == (Status.DONT_KNOW, Status.DONT_KNOW)
    assert (found["since"].day, found["why"].text) == (date(2020, 2, 29), "5")
    assert found["places/last"].status is Status.MISSING
    assert row.finished


def test_a_cell_of_a_data_frame_is_the_number_or_the_day_that_it_means() -> None:  # C077
    frame = pl.DataFrame(
        {"overall": [9, None], "aspects/price": [3.0, float("nan")], "since": [date(2020, 2, 29), None], "id": [7, 8]}
    )
    first, second = importing.read_rows(frame.to_dicts(), EACH, day="since")
    as_texts = "overall,aspects/price,since,id\n9,3,2020-02-29,7\n,,,8\n"

    assert [first, second] == read(as_texts, day="since")
    assert statuses(first).items() >= {"overall": "answered", "aspects/price": "answered", "since": "answered"}.items()


@pytest.mark.parametrize("rows", [pl.DataFrame({"overall": [9]}), "overall", [9], 9, None])
def test_what_is_no_table_of_rows_is_refused(rows: Any) -> None:  # C077
    with pytest.raises(InvalidValue, match=r"^rows: expected a mapping for each row, such as .* frame\.to_dicts\(\)"):
        list(importing.read_rows(rows, EACH))


def test_what_is_wrong_in_a_cell_is_invalid_and_told_by_row_and_column() -> None:  # C077
    rows = read("used,Score,aspects/price\nyes,9,3\nyes,11,much\nperhaps,9,3\n", columns={"overall": "Score"})

    assert rows[0].problems == ()
    assert [(p.row, p.column) for row in rows for p in row.problems] == [
        (3, "Score"),
        (3, "aspects/price"),
        (4, "used"),
    ]
    assert statuses(rows[1]) == {"used": "answered", "overall": "invalid", "aspects/price": "invalid"}
    assert [row.finished for row in rows] == [True, True, False]
    assert "much" not in str(rows[1].problems)


def test_words_of_another_tool_are_put_into_ours() -> None:  # C077
    words = {"Ja": "yes", "sehr gut": "10", "k. A.": "dont_know", "Telefon": "phone"}
    (row,) = read("used,overall,satisfied,ways,why\nJa,sehr gut,k. A.,Telefon|web,Ja\n", words=words, separator="|")

    assert row.problems == ()
    found = {answer.key: answer for answer in row.answers}
    assert (found["overall"].number, found["ways"].codes) == (10, ("phone", "web"))
    assert found["why"].text == "Ja"  # what somebody wrote is left as it is


def test_missing_marks_days_and_other_columns_are_understood() -> None:  # C077
    rows = read(
        "used,overall,on,id\nyes,NA,2026-03-02,7\nyes, ,,8\nyes,-99,soon,9\n", missing=("", "NA", "-99"), day="on"
    )

    assert [(row.n, row.day, dict(row.others)) for row in rows] == [
        (2, date(2026, 3, 2), {"on": "2026-03-02", "id": "7"}),
        (3, None, {"on": "", "id": "8"}),
        (4, None, {"on": "soon", "id": "9"}),
    ]
    assert [(p.row, p.column) for row in rows for p in row.problems] == [(4, "on")]
    assert all("overall" not in statuses(row) for row in rows)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"columns": {"colour": "used"}}, "nothing with the key colour"),
        ({"columns": {"overall": "Score"}}, "no such column"),
        ({"day": "on"}, "no such column"),
    ],
)
def test_a_table_that_does_not_fit_is_refused(options: dict[str, Any], says: str) -> None:  # C077
    with pytest.raises(ImportProblem, match=says):
        read("used,overall\nyes,9\n", **options)
    with pytest.raises(ImportProblem, match="no column is an answer"):
        read("shoe\n42\n")
    assert read("used,overall\n") == []


@given(st.lists(st.tuples(st.text(), st.text(), st.text()), max_size=5))
def test_whatever_stands_in_a_cell_every_row_is_read(cells: list[tuple[str, str, str]]) -> None:  # C077
    rows = [dict(zip(("overall", "price", "why"), row, strict=True)) for row in cells]
    found = list(importing.read_rows(rows, questions()))

    assert len(found) == len(rows)
    for row, answers in zip(rows, found, strict=True):
        invalid = [answer for answer in answers.answers if answer.status is Status.INVALID]
        assert len(answers.problems) == len(invalid)
        assert not any(answers.problems) or row


# -- at the desk ---------------------------------------------------------------------------------


def test_a_table_is_imported_once_however_often_it_is_given() -> None:  # C077
    text = "overall,price,why,id,who\n9,3,Fine,7,c-1\n11,,,8,c-2\n2,,,9,\n2,,,9,\n"
    with a_desk() as (crm, _):
        campaign = an_open_campaign(crm, mode="identified")
        asks = crm.questionnaires.get(campaign.questionnaire)
        first = crm.responses.import_(campaign.id, read(text, asks), key="id", contact="who")
        again = crm.responses.import_(campaign.id, read(text, asks), key="id", contact="who")
        assert (first.saved, first.known, len(first.problems), first.broken_off) == (3, 1, 1, 1)
        assert (again.saved, again.known, again.broken_off) == (0, 4, 0)
        found = {each.contact: each for each in crm.responses.of(campaign.id, every=True)}
        assert set(found) == {"c-1", "c-2", None}
        assert {who: each.extent.value for who, each in found.items()} == {
            "c-1": "complete",
            "c-2": "broken_off",
            None: "complete",
        }
        assert sorted(filter(None, crm.responses.columns(campaign.id)["value"])) == [2, 3, 9]
        with pytest.raises(InvalidValue, match="row 2 has no column"):
            crm.responses.import_(campaign.id, read(text, asks), key="number")


def test_a_row_without_its_key_is_left_out_and_told() -> None:  # C077
    with a_desk() as (crm, _):
        campaign = an_open_campaign(crm, mode="identified")
        rows = read("overall,id\n9,7\n8,\n7,\n", crm.questionnaires.get(campaign.questionnaire))
        for saved, known in ((1, 0), (0, 1)):
            done = crm.responses.import_(campaign.id, rows, key="id")
            assert (done.saved, done.known) == (saved, known)
            assert [(each.row, each.column) for each in done.problems] == [(3, "id"), (4, "id")]
            assert [each.id for each in crm.responses.find()] == [f"{campaign.id}:7"]


def test_at_the_desk_an_anonymous_answer_is_told_which_calls_it_takes() -> None:  # C076
    with a_desk() as (crm, _):
        campaign = an_open_campaign(crm, mode="anonymous")
        (asked,) = crm.invitations.invite(campaign.id, ["c-1"], link="https://city.example/{token}").invitations
        with pytest.raises(PolicyViolation, match=r"`crm\.responses\.take_part`, then `crm\.responses\.cast`"):
            crm.responses.answer(asked.token, {"overall": 9})
        with pytest.raises(PolicyViolation, match=r"`crm\.responses\.ballot`, then `crm\.responses\.cast`"):
            crm.responses.record(campaign.id, {"overall": 9})


def test_an_anonymous_table_becomes_ballots_and_no_records() -> None:  # C076
    with a_desk() as (crm, _):
        campaign = an_open_campaign(crm, mode="anonymous")
        rows = read("overall,who\n9,c-1\n2,c-2\n", crm.questionnaires.get(campaign.questionnaire))
        with pytest.raises(PolicyViolation, match=r"`crm\.responses\.ballot`, then `crm\.responses\.cast`"):
            crm.responses.import_(campaign.id, rows)
        crm.responses.cast(*(crm.responses.ballot(campaign.id, row.answers) for row in rows))
        assert sorted(filter(None, crm.responses.columns(campaign.id)["value"])) == [2, 9]
        assert crm.responses.count() == 0


# -- a real table --------------------------------------------------------------------------------


@pytest.mark.skipif(not (DATA / "plspm_satisfaction.csv").exists(), reason="the data beside the project are absent")
def test_a_real_table_of_answers_is_read_whole() -> None:  # C077
    with (DATA / "plspm_satisfaction.csv").open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    names = [name for name in table[0] if name[:-1] in ("imag", "expe", "qual", "val", "sat", "loy")]
    asks = a_release(*(rating(name) for name in names))
    rows = list(importing.read_rows(table, asks))

    assert (len(rows), len(names)) == (250, 27)
    # The scale leads from 1 to 10, and here and there somebody stands with a 0: it is told, and enters no mean.
    wrong = {(problem.row, problem.column) for row in rows for problem in row.problems}
    assert wrong == {(n, name) for n, row in enumerate(table, start=2) for name in names if row[name] == "0"}
    for name in names:
        found = [answer.number for row in rows for answer in row.answers if answer.key == name]
        told = [float(row[name]) for row in table if row[name] != "0"]
        assert mean(number for number in found if number is not None) == mean(told)

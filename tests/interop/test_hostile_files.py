"""Files that somebody made to do harm, or by mistake: they are read, or refused by name, and soon; nothing is lost."""

import csv
import gzip
import io
import json
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from servicecrm import surveys
from servicecrm.agreements.importing import adopt, read_rows
from servicecrm.complaints import COMPLAINT
from servicecrm.desk import connect
from servicecrm.errors import ImportProblem, InvalidValue, MalformedDocument, SchemaTooNew
from servicecrm.interop import eventlog
from servicecrm.interop.csvfile import read_rows as rows_of_csv
from servicecrm.interop.customer_import import CustomerMap, import_customers
from servicecrm.interop.customers import read_back, write_customers
from servicecrm.interop.mail import read_mail
from servicecrm.interop.meetings_ical import meetings_ical, read_meetings
from servicecrm.interop.surveys import (
    Foreign,
    read_json,
    read_lss,
    read_surveyjs,
    read_xlsform,
    write_json,
    write_long,
    write_wide,
)
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.kernel.records import evolve
from servicecrm.storage import cursors
from servicecrm.storage.rows import Position
from servicecrm.surveys import Scale
from servicecrm.surveys.importing import read_rows as rows_of_answers
from servicecrm.testing.makers import MONDAY
from tests.interop.test_eventlog import entry
from tests.interop.test_survey_exchange import by_id, left, lss, options, question
from tests.portfolio.making import a_contact, a_customer
from tests.reviews.making import a_meeting
from tests.surveys.making import ANN, a_draft

ENDLESS = "&#" + "1" * 4_301 + ";"
AT = datetime(2026, 5, 1, tzinfo=UTC)


# -- mails and texts -----------------------------------------------------------------------------


@pytest.mark.parametrize("html", ["{}", "<img alt='{}'>", "<a href='{}'>x</a>"])
def test_a_character_of_thousands_of_digits_stays_as_it_is(html: str) -> None:
    head = "From: a@b.example\r\nContent-Type: text/html\r\n\r\n"
    mail, _ = read_mail((head + html.format(ENDLESS) + "&auml;").encode(), own=["city.example"])

    assert mail.text.endswith("ä")
    assert ("href" in html) or ENDLESS in mail.text
    assert by_id(read_lss(lss(question(1, "a", "T", question=ENDLESS))))["a"].text["en"] == ENDLESS


def test_a_mail_in_a_mail_may_have_any_boundary() -> None:
    inner = 'From: x@y.example\r\nContent-Type: multipart/mixed; boundary="ä"\r\n\r\n--ä\r\n\r\nhello\r\n--ä--\r\n'
    outer = (
        "From: a@b.example\r\nContent-Type: multipart/mixed; boundary=X\r\n\r\n--X\r\nContent-Type: message/rfc822\r\n"
    )
    _, files = read_mail(f"{outer}\r\n{inner}--X--\r\n".encode(), own=["city.example"])

    (content,) = files.values()
    assert b'boundary="\xc3\xa4"' in content
    assert b"hello" in content


# -- questionnaires ------------------------------------------------------------------------------


def js(*elements: Any) -> Foreign:
    return read_surveyjs(json.dumps({"elements": elements}))


@pytest.mark.parametrize("step", [0, 1])
def test_a_long_list_that_is_compared_again_and_again_is_read_at_once(step: int) -> None:
    codes = ["x", *map(str, range(2_000))]
    shown = [" or ".join(f"{{a}}>{5 + step * n}" for n in range(300)) for _ in range(4)]
    found = js(
        {"type": "radiogroup", "name": "a", "choices": codes},
        *({"type": "text", "name": f"b{n}", "visibleIf": condition} for n, condition in enumerate(shown)),
        {"type": "text", "name": "last", "visibleIf": "{a} > 1990"},
    )

    assert by_id(found)["last"].shown_if == FrozenMap({"item": "a", "one_of": tuple(map(str, range(1_991, 2_000)))})
    assert all("more than 10,000 codes" in says for says in left(found).values())
    assert len(found.left_out) == (4 if step else 0)


def test_parameters_without_an_end_are_read_at_once() -> None:
    """Looked at from every letter on, they would take an hour, and the suite would end before."""
    found = read_xlsform([{"type": "range", "name": "a", "parameters": "w" * 2_000_000}])

    assert by_id(found)["a"].scale == Scale(low=1, high=10)


def test_a_question_in_a_language_that_the_survey_has_not_is_read() -> None:
    asked = question(1, "a", "O", language="de", question="Was?")

    assert by_id(read_lss(lss(asked, options("answers", A1=1))))["a_comment"].text["de"] == "Was? (Kommentar)"


def test_what_stands_twice_is_told() -> None:
    assert left(
        read_xlsform(
            [{"type": "select_one l", "name": "a"}],
            [{"list_name": "l", "name": "1", "label": "A"}, {"list_name": "l", "name": "1", "label": "B"}],
        )
    ) == {"choices.l.1": "left out: the list has this code twice"}
    assert left(js({"type": "matrix", "name": "a", "columns": [1, 2, 3], "rows": ["r", "r"]})) == {
        "elements.a.rows.r": "left out: there is such a row already"
    }
    assert left(read_lss(lss(question(1, "a", "T") + question(1, "b", "T")))) == {
        "questions.b": "left out: a has the same number and language"
    }
    with pytest.raises(MalformedDocument, match="twice"):
        read_surveyjs('{"elements": [{"type": "text", "name": "a"}], "elements": []}')


def test_a_name_that_cannot_be_kept_is_left_out() -> None:
    found = js({"type": "text", "name": "a\0"}, {"type": "text", "name": "b\ud800"}, {"type": "text", "name": "c"})

    assert list(by_id(found)) == ["c"]
    assert list(left(found)) == ["items.a\ufffd", "items.b\ufffd"]


@pytest.mark.parametrize("response", ["1", '"a"', '{"a": 1e999}', '{"a": "\\ud800"}'])
def test_responses_that_are_none_are_refused(response: str) -> None:
    text = write_json(a_draft())

    with pytest.raises(MalformedDocument, match=r"\$\.responses\[0\]"):
        read_json(text.replace('"responses":[]', f'"responses":[{response}]'))
    with pytest.raises(SchemaTooNew):
        read_json(text.replace('{"schema":', '{"schema":99'))


# -- tables --------------------------------------------------------------------------------------


LIVE = ("=1+1", "-oth-", "@x", "b")


def test_no_code_and_no_name_is_a_formula_and_all_are_read_back_as_they_were() -> None:  # C077
    items = [
        surveys.item("=HYPERLINK(1)", "multiple", text={"en": "M"}, options={code: {"en": code} for code in LIVE}),
        surveys.item("said", "text", text={"en": "T"}),
    ]
    asked = surveys.draft(id="q", by=ANN, at=MONDAY, title={"en": "Q"}, languages=("en",), items=items).after
    given = {"=HYPERLINK(1)": list(LIVE), "said": "- too loud"}
    for _ in range(3):
        response = SimpleNamespace(answers=asked.read(given).answers)
        wide, long = io.StringIO(newline=""), io.StringIO(newline="")
        write_wide(asked, [response], wide)
        write_long([response], long)
        cells = [cell for text in (wide, long) for row in csv.reader(io.StringIO(text.getvalue())) for cell in row]
        assert not [cell for cell in cells for part in cell.split(";") if part.startswith(("=", "-", "@"))]
        (row,) = rows_of_answers(csv.DictReader(io.StringIO(wide.getvalue())), asked)
        assert row.answers == response.answers
        given["said"] = next(answer.text or "" for answer in row.answers if answer.item == "said")
    assert given["said"] == "- too loud"


def test_an_interchange_that_could_not_be_read_back_is_refused(tmp_path: Path) -> None:  # C009
    def written(size: int) -> Any:
        customer = evolve(a_customer(), extra=FrozenMap({"a": "x" * size}))
        with (tmp_path / "c.csv").open("w", encoding="utf-8", newline="") as file:
            write_customers([customer], file, mode="interchange")
        return customer

    just = 2**17 - len('{"a":""}')
    customer = written(just)
    assert list(read_back(tmp_path / "c.csv")) == [customer]
    with pytest.raises(InvalidValue, match=r"extra.*is not read back"):
        written(just + 1)
    many = evolve(a_customer(), contacts=tuple(a_contact(id=f"k{n}", name="x" * 120) for n in range(1_000)))
    with pytest.raises(InvalidValue, match=r"contacts.*is not read back"):
        write_customers([many], io.StringIO(), mode="interchange")


def test_a_small_file_of_blank_lines_is_soon_refused(tmp_path: Path) -> None:
    (tmp_path / "log.csv.gz").write_bytes(gzip.compress(b"a,b\n" + b"\n" * 2**25))
    with pytest.raises(ImportProblem, match="rows are blank, one after the other"):
        list(rows_of_csv(tmp_path / "log.csv.gz"))


def test_of_two_columns_of_one_name_the_first_is_read_and_that_is_told(tmp_path: Path) -> None:  # C009
    (tmp_path / "c.csv").write_text("Key,Company,Company\nk1,Acme,Other\n", "utf-8")
    found = import_customers(
        tmp_path / "c.csv", CustomerMap(source="e", columns={"reference": "Key", "name": "Company"}), by=ANN, at=AT
    )

    assert [each.after.name for each in found.decisions] == ["Acme"]
    assert [(each.row, each.column) for each in found.problems] == [(1, "Company")]


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("ended_on", "9999-12-31"),
        ("signed_on", "0001-01-01"),
        ("last_day", "9999-12-31"),
        ("notice", "9" * 5_000 + " days"),
    ],
)  # fmt: skip
def test_a_day_without_others_around_it_is_told_and_no_other_row_is_lost(column: str, cell: str) -> None:  # C028
    row = {"reference": "r1", "customer": "c", "title": "t", "first_day": "2026-01-01", "service": "s"}
    found = read_rows([row, {**row, "reference": "r2", column: cell}], source="x", by=ANN, at=AT)

    assert len(found.decisions) == 1
    assert [(each.row, each.column) for each in found.problems] == [(3, column)]


def test_an_agreement_is_not_taken_over_with_such_a_day() -> None:  # C028
    with pytest.raises(InvalidValue, match="ended_on"):
        adopt(
            id="a",
            customer="c",
            signed_on=AT.date(),
            ended_on=date.max,
            title="T",
            first_day=AT.date(),
            source="x",
            by=ANN,
            at=AT,
        )


# -- meetings, exports, cursors ------------------------------------------------------------------


@pytest.mark.parametrize("line", ["UID:m", "SUMMARY:a", "LOCATION:b", "STATUS:CONFIRMED"])
def test_an_event_that_says_something_twice_is_refused(line: str) -> None:  # C084
    pytest.importorskip("icalendar")
    lines = (
        "BEGIN:VCALENDAR",
        "BEGIN:VEVENT",
        "DTSTART:20260302T090000Z",
        line,
        line,
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    )

    with pytest.raises(MalformedDocument, match=f"{line.partition(':')[0]}.*it stands twice"):
        read_meetings("\r\n".join(lines).encode())


@pytest.mark.parametrize("domain", ["", "a@b", "a b", "x\r\nATTENDEE:q", "x\x1b"])
def test_a_domain_that_could_not_be_read_back_is_refused(domain: str) -> None:  # C084
    with pytest.raises(InvalidValue, match="domain"):
        meetings_ical([a_meeting()], at=MONDAY, domain=domain)


def test_a_meeting_at_the_end_of_all_calendars_is_refused() -> None:  # C084
    late = evolve(a_meeting(), planned_for=datetime(9999, 12, 31, 23, 30, tzinfo=UTC), planned_until=None)

    with pytest.raises(InvalidValue, match="planned_for"):
        meetings_ical([late], at=MONDAY)


def test_an_export_that_is_not_there_is_told(tmp_path: Path) -> None:
    with connect("memory:", actor="ann") as crm:
        for path in (tmp_path / "none.jsonl", tmp_path):
            with pytest.raises(ImportProblem, match="the file cannot be read"):
                crm.import_(path)


def test_a_page_of_the_timeline_of_nobody_has_no_raw_error() -> None:
    assert cursors.read(cursors.write("\ud800", Position("a", "a")), "\ud800", None) == Position("a", "a")


def test_the_names_in_an_archive_cannot_steer_a_terminal(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "log.zip", "w") as archive:
        for n in range(2):
            archive.writestr(f"\x1b[2J{n}.csv", "a")
    with pytest.raises(ImportProblem) as problem:
        list(rows_of_csv(tmp_path / "log.zip"))

    assert str(problem.value).isprintable()
    assert "found: \ufffd[2J0.csv, \ufffd[2J1.csv" in str(problem.value)


def test_a_log_with_a_cell_that_is_not_read_back_is_refused() -> None:
    long = entry(changes={"state": "recorded", "subject": "x" * 140_000})

    with pytest.raises(InvalidValue, match=r"subject.*is not read back"):
        eventlog.write([long], io.StringIO(), kind=COMPLAINT, columns=["subject"], personal=True)

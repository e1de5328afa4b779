"""Lists of records as tables."""

import json
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.analytics import Table
from servicecrm.analytics.board import OpenRow
from servicecrm.errors import InvalidValue
from servicecrm.testing import MONDAY, a_complaint, a_message

SUBJECTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1).filter(str.strip)


@given(st.lists(st.builds(a_complaint, subject=SUBJECTS, safety=st.booleans()), max_size=5))
def test_every_record_is_a_row_in_json_types(records: list[object]) -> None:
    table = Table(records, columns=("id", "subject", "safety", "received_at"))

    assert len(table) == len(records)
    assert json.loads(json.dumps(table.to_dicts())) == table.to_dicts() == list(table)


def test_without_columns_it_has_the_fields_that_hold_something_plain() -> None:
    (row,) = Table([a_complaint()])

    assert row["number"] == "CMP-2026-000001"
    assert row["channel"] == "phone"
    assert datetime.fromisoformat(row["received_at"]) == MONDAY
    assert not {"moments", "tags", "handler", "extra"} & row.keys()


def test_rows_without_a_record_are_taken_as_well() -> None:
    (row,) = Table([OpenRow("c-1", "recorded", MONDAY)])

    assert row == {"id": "c-1", "state": "recorded", "received_at": MONDAY.isoformat()}


def test_it_draws_itself_and_a_text_in_it_stays_text() -> None:
    shown = Table([a_complaint(subject="<b>No water</b>")], columns=("number", "subject", "handler"))._repr_html_()

    assert "<td>&lt;b&gt;No water&lt;/b&gt;</td><td></td>" in shown


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_it_goes_on_in_a_data_frame_with_a_type_for_each_column(library: str) -> None:
    pytest.importorskip(library)
    table = Table([a_complaint(), a_complaint(handler="north")], columns=("number", "handler", "safety", "reopenings"))
    frame = table.to_pandas() if library == "pandas" else table.to_polars()

    assert list(frame.columns) == ["number", "handler", "safety", "reopenings"]
    assert frame["reopenings"].sum() == 0
    assert list(frame["handler"])[1] == "north"


class Held(NamedTuple):
    """What a data frame has types for, of which each may be missing."""

    day: date | None
    at: datetime | None
    mixed: object


MISSING = Held(None, None, None)
IN_BERLIN = Held(date(2026, 3, 2), datetime(2026, 3, 2, 10, tzinfo=ZoneInfo("Europe/Berlin")), MONDAY)


def test_times_are_in_utc_and_days_are_days_in_pandas_and_what_is_missing_is_missing() -> None:
    pytest.importorskip("pandas")
    frame = Table([IN_BERLIN, MISSING, Held(None, MONDAY, 1)]).to_pandas()

    assert str(frame["at"].dtype) == "datetime64[us, UTC]"
    assert list(frame["at"].dropna()) == [MONDAY, MONDAY]
    assert frame["day"][0] == date(2026, 3, 2)
    assert list(frame["mixed"]) == [MONDAY.isoformat(), None, 1]
    assert list(frame.isna().sum()) == [2, 1, 1]


def test_times_are_in_utc_and_days_are_days_in_polars_and_what_is_missing_is_missing() -> None:
    polars = pytest.importorskip("polars")
    frame = Table([IN_BERLIN, MISSING]).to_polars()

    utc = polars.Datetime("us", "UTC")
    assert frame.schema == {"day": polars.Date, "at": utc, "mixed": utc}
    assert frame.rows() == [(date(2026, 3, 2), MONDAY, MONDAY), (None, None, None)]


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_a_column_without_any_value_has_the_type_of_its_field(library: str) -> None:
    frames = pytest.importorskip(library)
    tables = (Table([a_complaint(due_at=at)], columns=("id", "due_at", "stage")) for at in (None, MONDAY))
    first, second = (table.to_pandas() if library == "pandas" else table.to_polars() for table in tables)

    assert list(first.dtypes) == list(second.dtypes)
    assert len(frames.concat([first, second])) == 2


def test_what_does_not_go_together_is_refused() -> None:
    with pytest.raises(InvalidValue, match="of one kind"):
        Table([a_complaint(), a_message()])
    with pytest.raises(InvalidValue, match="there is no price; known: id, number"):
        Table([a_complaint()], columns=("id", "price"))
    assert Table([], columns=("id",)).to_dicts() == []

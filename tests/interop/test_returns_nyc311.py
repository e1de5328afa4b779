"""Rows of New York's 311 data, in and out: what was read is written as it was."""

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.errors import InvalidValue, MalformedDocument
from servicecrm.interop.returns import nyc311
from servicecrm.interop.returns.nyc311 import RequestRow, read_row, to_row
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.kernel.records import evolve

NEW_YORK = ZoneInfo("America/New_York")

REQUEST = RequestRow(
    unique_key="42254749",
    created_at=datetime(2019, 4, 18, 21, 55, 45, tzinfo=NEW_YORK),
    agency="NYPD",
    complaint_type="Noise - Residential",
    status="Open",
)

texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1).filter(str.strip)


@given(
    key=texts,
    descriptor=st.none() | texts,
    made=st.datetimes(datetime(2010, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
    place=st.none() | st.tuples(st.floats(-90, 90), st.floats(-180, 180)),
    extra=st.dictionaries(st.sampled_from(("Landmark", "Vehicle Type")), texts),
)
def test_a_request_comes_back_as_it_was(
    key: str, descriptor: str | None, made: datetime, place: tuple[float, float] | None, extra: dict[str, str]
) -> None:
    latitude, longitude = place or (None, None)
    request = evolve(
        REQUEST,
        unique_key=key,
        descriptor=descriptor,
        created_at=made.replace(microsecond=0),
        latitude=latitude,
        longitude=longitude,
        extra=FrozenMap(extra),
    )
    found = read_row(to_row(request))

    # An hour that the clocks show twice is told by the clock only: then the first one is read.
    assert found.created_at.replace(tzinfo=None) == request.created_at.astimezone(NEW_YORK).replace(tzinfo=None, fold=0)
    assert evolve(found, created_at=request.created_at) == request


def test_real_rows_are_written_as_they_were_read(shared: Path) -> None:
    with (shared / "data" / "cases" / "nyc311_100_qsv.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))

    assert len(rows) == 100
    assert tuple(rows[0]) == tuple(column.heading for column in nyc311.COLUMNS)
    for row in rows:
        assert to_row(read_row(row)) == row


def test_times_are_those_of_new_yorks_clocks() -> None:
    noon = evolve(REQUEST, created_at=datetime(2026, 7, 1, 16, 5, tzinfo=UTC), closed_at=None)

    assert to_row(noon)["Created Date"] == "07/01/2026 12:05:00 PM"
    assert to_row(noon)["Closed Date"] == ""


def test_words_of_no_list_and_columns_that_there_are_not_are_refused_all_at_once() -> None:
    strange = evolve(REQUEST, status="Solved", borough="JERSEY", channel="PIGEON", extra=FrozenMap({"Mood": "bad"}))
    with pytest.raises(MalformedDocument) as refused:
        to_row(strange)

    said = [each.split(":")[0] for each in refused.value.problems]
    assert said == ["Status", "Borough", "Open Data Channel Type", "extra.Mood"]


def test_bad_cells_and_missing_columns_are_told_all_at_once_without_their_values() -> None:
    row = {**to_row(REQUEST), "Created Date": "yesterday", "Due Date": "2026-01-01", "Latitude": "nan", "Agency": " "}
    row |= {"Longitude": "-73.9"}
    del row["Status"]
    with pytest.raises(MalformedDocument) as refused:
        read_row(row)

    assert [each.split(":")[0] for each in refused.value.problems] == [
        "Created Date", "Agency", "Status", "Due Date", "Latitude",
    ]  # fmt: skip
    assert "yesterday" not in str(refused.value)


@pytest.mark.parametrize("cell", ["nan", "inf", "190", "north"])
def test_what_are_no_degrees_is_refused(cell: str) -> None:
    with pytest.raises(MalformedDocument, match=r"Latitude: expected degrees$"):
        read_row({**to_row(REQUEST), "Latitude": cell, "Longitude": "-73.9"})


def test_a_lone_coordinate_is_refused() -> None:
    with pytest.raises(MalformedDocument, match="go together"):
        read_row({**to_row(REQUEST), "Latitude": "40.5"})
    with pytest.raises(InvalidValue, match="go together"):
        evolve(REQUEST, longitude=1.0)


def test_dirty_data_are_read_as_they_are() -> None:
    row = {**to_row(REQUEST), "Status": "Draft", "Closed Date": "01/01/2000 12:00:00 AM", "Borough": ""}
    found = read_row(row)

    assert (found.status, found.borough) == ("Draft", "Unspecified")
    assert found.closed_at is not None
    assert found.created_at - found.closed_at > timedelta(days=365)

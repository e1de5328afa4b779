"""Service requests as New York City's 311 publishes them: its columns, its words and its times, in and out.

Source: NYC Open Data, 311 Service Requests from 2010 to Present (erm2-nwe9).
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import attrs

from servicecrm.errors import InvalidValue, MalformedDocument
from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.kernel.records import Personal, record
from servicecrm.kernel.shapes import filled

__all__ = ["BOROUGHS", "CHANNELS", "COLUMNS", "Column", "RequestRow", "read_row", "to_row"]

NEW_YORK: Final = ZoneInfo("America/New_York")

BOROUGHS: Final = ("BRONX", "BROOKLYN", "MANHATTAN", "QUEENS", "STATEN ISLAND", "Unspecified")
CHANNELS: Final = ("PHONE", "ONLINE", "MOBILE", "OTHER", "UNKNOWN")

STATUSES: Final = (
    *("Open", "Assigned", "Started", "In Progress", "Pending", "Email Sent", "Closed"),
    *("Closed - Testing", "Cancel", "Unassigned", "Unspecified"),
)

_TIME: Final = "%m/%d/%Y %I:%M:%S %p"


@record
class RequestRow:
    """A request of the 311 data set. `extra` holds the columns that only some agencies fill, by their headings.

    Raises:
        InvalidValue: a coordinate stands alone.
    """

    unique_key: str = attrs.field(validator=filled)
    created_at: datetime
    closed_at: datetime | None = None
    agency: str = attrs.field(validator=filled)
    agency_name: str | None = None
    complaint_type: str = attrs.field(validator=filled)
    descriptor: str | None = None
    location_type: str | None = None
    incident_zip: Personal[str] | None = None
    incident_address: Personal[str] | None = None
    street_name: Personal[str] | None = None
    city: Personal[str] | None = None
    status: str
    due_at: datetime | None = None
    resolution: Personal[str] | None = None
    resolution_updated_at: datetime | None = None
    community_board: str | None = None
    bbl: Personal[str] | None = None
    borough: str = "Unspecified"
    channel: str = "UNKNOWN"
    latitude: Personal[float] | None = None
    longitude: Personal[float] | None = None
    extra: Personal[FrozenMap] = EMPTY

    def __attrs_post_init__(self) -> None:
        if (self.latitude is None) != (self.longitude is None):
            raise InvalidValue("RequestRow.latitude", "latitude and longitude go together")


class Column(NamedTuple):
    """A column of the data set: its heading, our field if it is one, what its cells hold, and the words of its list."""

    heading: str
    field: str | None = None
    holds: str = "text"
    words: tuple[str, ...] = ()


COLUMNS: Final = (
    Column("Unique Key", "unique_key"),
    Column("Created Date", "created_at", "time"),
    Column("Closed Date", "closed_at", "time"),
    Column("Agency", "agency"),
    Column("Agency Name", "agency_name"),
    Column("Complaint Type", "complaint_type"),
    Column("Descriptor", "descriptor"),
    Column("Location Type", "location_type"),
    Column("Incident Zip", "incident_zip"),
    Column("Incident Address", "incident_address"),
    Column("Street Name", "street_name"),
    Column("Cross Street 1"),
    Column("Cross Street 2"),
    Column("Intersection Street 1"),
    Column("Intersection Street 2"),
    Column("Address Type"),
    Column("City", "city"),
    Column("Landmark"),
    Column("Facility Type"),
    Column("Status", "status", words=STATUSES),
    Column("Due Date", "due_at", "time"),
    Column("Resolution Description", "resolution"),
    Column("Resolution Action Updated Date", "resolution_updated_at", "time"),
    Column("Community Board", "community_board"),
    Column("BBL", "bbl"),
    Column("Borough", "borough", words=BOROUGHS),
    Column("X Coordinate (State Plane)"),
    Column("Y Coordinate (State Plane)"),
    Column("Open Data Channel Type", "channel", words=CHANNELS),
    Column("Park Facility Name"),
    Column("Park Borough"),
    Column("Vehicle Type"),
    Column("Taxi Company Borough"),
    Column("Taxi Pick Up Location"),
    Column("Bridge Highway Name"),
    Column("Bridge Highway Direction"),
    Column("Road Ramp"),
    Column("Bridge Highway Segment"),
    Column("Latitude", "latitude", "degrees"),
    Column("Longitude", "longitude", "degrees"),
    Column("Location"),
)
"""The columns of the data set, in its order."""


def to_row(request: RequestRow) -> dict[str, str]:
    """The row of a request, by headings; times are those of New York's clocks, to the second.

    Raises:
        MalformedDocument: a word is not one of its list, or `extra` names a column that there is not; every problem.
    """
    problems = [*_unlisted(request), *_unknown(request)]
    if problems:
        raise MalformedDocument("NYC 311 row", tuple(problems))
    row = {column.heading: _cell(request, column) for column in COLUMNS}
    if request.latitude is not None:
        row["Location"] = f"({row['Latitude']}, {row['Longitude']})"
    return row


def read_row(row: Mapping[str, str]) -> RequestRow:
    """The request of a row, as `csv.DictReader` gives it.

    Data are dirty: words that are in no list are taken, and so is a closing before the request. Of an hour that the
    clocks show twice the first one is meant.

    Raises:
        MalformedDocument: a column is missing, or a cell does not fit; every problem, without the values.
    """
    values: dict[str, object] = {}
    problems = []
    for column in COLUMNS:
        cell = row.get(column.heading) or ""
        if not cell.strip():
            if column.field in _NEEDED:
                problems.append(f"{column.heading}: is missing")
        elif column.field is not None:
            try:
                values[column.field] = _READ[column.holds](cell)
            except ValueError:
                problems.append(f"{column.heading}: expected {_FORMS[column.holds]}")
    if not problems and ("latitude" in values) != ("longitude" in values):
        problems.append("Latitude: latitude and longitude go together")
    if problems:
        raise MalformedDocument("NYC 311 row", tuple(problems))
    extra = {heading: row[heading] for heading in _FREE if row.get(heading)}
    return RequestRow(**values, extra=FrozenMap(extra))  # type: ignore[arg-type]  # by the table of columns


# -- inside --------------------------------------------------------------------------------------

_NEEDED: Final = ("unique_key", "created_at", "agency", "complaint_type", "status")
_FREE: Final = tuple(each.heading for each in COLUMNS if each.field is None and each.heading != "Location")

_FORMS: Final = {"text": "a text", "time": "a time such as 04/18/2019 09:55:45 PM", "degrees": "degrees"}


def _time(cell: str) -> datetime:
    return datetime.strptime(cell, _TIME).replace(tzinfo=NEW_YORK)


def _degrees(cell: str) -> float:
    degrees = float(cell)
    if not abs(degrees) <= 180:  # not a number is no degree either
        raise ValueError
    return degrees


_READ: Final[Mapping[str, Callable[[str], object]]] = {"text": str, "time": _time, "degrees": _degrees}


def _cell(request: RequestRow, column: Column) -> str:
    value = request.extra.get(column.heading) if column.field is None else getattr(request, column.field)
    if isinstance(value, datetime):
        return value.astimezone(NEW_YORK).strftime(_TIME)
    return "" if value is None else str(value)


def _unlisted(request: RequestRow) -> Iterable[str]:
    for column in COLUMNS:
        if column.words and column.field and getattr(request, column.field) not in column.words:
            yield f"{column.heading}: expected one of {', '.join(column.words)}"


def _unknown(request: RequestRow) -> Iterable[str]:
    strange = sorted(request.extra.keys() - set(_FREE))
    return (f"extra.{name}: there is no such column to fill" for name in strange)

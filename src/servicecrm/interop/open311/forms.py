"""How each thing of Open311 is read and written as plain values: one table for each record."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, tzinfo
from functools import partial
from math import isfinite
from typing import Any, Final, Generic, TypeVar

import attrs

from servicecrm.errors import InvalidValue
from servicecrm.interop.open311.model import (
    AttributeValue,
    Datatype,
    ErrorNote,
    Receipt,
    Service,
    ServiceAttribute,
    ServiceDefinition,
    ServiceRequest,
    ServiceType,
    Status,
)
from servicecrm.kernel.frozen import FrozenMap, thaw
from servicecrm.kernel.records import field_names, fields_of
from servicecrm.kernel.shapes import Code

__all__ = ["DEFINITION", "ERROR", "FORMS", "RECEIPT", "REQUEST", "SERVICE", "Form", "Reading"]

R = TypeVar("R")

REQUESTER: Final = frozenset({"email", "device_id", "account_id", "first_name", "last_name", "phone"})
"""What is told about a requester when a request is made, and shown to nobody afterwards."""

MAX_TOLD: Final = 20
"""The problems of a document that are told; of the others only how many there are."""


class Reading:
    """Reads plain values, and goes on after a problem, so that the first ones are told, and how many more there are.

    Texts, numbers and flags are taken in either form, because XML knows only texts, and because servers differ.
    """

    def __init__(self, zone: tzinfo | None = None) -> None:
        self.told: list[str] = []
        self.found: int = 0
        self.zone = zone

    @property
    def problems(self) -> tuple[str, ...]:
        """What is told of the problems that were found."""
        more = self.found - len(self.told)
        return (*self.told, f"and {more:,} more") if more else tuple(self.told)

    def problem(self, where: str, says: str) -> None:
        if self.found < MAX_TOLD:
            self.told.append(f"{where}: {says}")
        self.found += 1

    def text(self, value: object) -> str:
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise InvalidValue("", "a text is needed")
        return str(value).strip()

    def number(self, value: object) -> float:
        try:
            found = float(self.text(str(value) if isinstance(value, float) else value))
        except ValueError:
            found = float("nan")
        if not isfinite(found):
            raise InvalidValue("", "a number is needed")
        return found

    def whole(self, value: object) -> int:
        found = self.number(value)
        if not found.is_integer():
            raise InvalidValue("", "a whole number is needed")
        return int(found)

    def flag(self, value: object) -> bool:
        word = str(value).strip().lower()
        if word not in ("true", "false"):
            raise InvalidValue("", "true or false is needed")
        return word == "true"

    def time(self, value: object) -> datetime:
        try:
            found = datetime.fromisoformat(self.text(value))
            if found.tzinfo is None and self.zone is not None:
                # A wall time that is skipped moves forward, and one that comes twice is the first.
                found = found.replace(tzinfo=self.zone).astimezone(UTC).astimezone(self.zone)
        except (ValueError, OverflowError):
            raise InvalidValue("", "a time in ISO 8601 is needed, such as 2010-01-01T00:00:00Z") from None
        if found.tzinfo is None:
            raise InvalidValue("", "a time needs a zone; say which one is meant where none is named")
        return found

    def mapping(self, value: object) -> FrozenMap:
        if not isinstance(value, Mapping):
            raise InvalidValue("", "an object is needed")
        return FrozenMap(value)

    def words(self, value: object) -> tuple[str, ...]:
        return tuple(filter(None, map(str.strip, self.text(value).split(","))))


def _one_of(codes: type[Code], reading: Reading, value: object) -> Code:
    return codes(reading.text(value).lower())


Read = Callable[[Reading, object], object]


@attrs.frozen
class Form(Generic[R]):
    """How a record is read and written: by field, in the order of the standard, a reader or the form of its items."""

    record: type[R]
    fields: "Mapping[str, Read | Form[Any]]"
    needed: tuple[str, ...] = ()

    def read(self, reading: Reading, found: object, where: str) -> R | None:
        """The record of an object; without one, the reading has more problems than before."""
        if not isinstance(found, Mapping):
            reading.problem(where, "an object is needed")
            return None
        before = reading.found
        values = {name: self._value(reading, name, found.get(name), f"{where}.{name}") for name in self.fields}
        if "extra" in field_names(self.record):
            others = {key: value for key, value in found.items() if key not in self.fields}
            values["extra"] = _read(reading.mapping, others, reading, where)
        if reading.found == before:
            try:
                return self.record(**{name: value for name, value in values.items() if value is not None})
            except InvalidValue as error:
                reading.problem(f"{where}.{error.where.rpartition('.')[2]}", error.says)
        return None

    def read_all(self, reading: Reading, found: object, where: str = "$") -> tuple[R, ...]:
        """The records of a list."""
        if not isinstance(found, list | tuple):
            reading.problem(where, "a list is needed")
            return ()
        read = [self.read(reading, each, f"{where}[{n}]") for n, each in enumerate(found)]
        return tuple(each for each in read if each is not None)

    def dump(self, record: R, *, standard: bool = False) -> dict[str, Any]:
        """The object of a record, without what is not there; with `standard` only what the standard names in XML."""
        values = fields_of(record)
        found = {name: _plain(values[name], standard=standard) for name in self.fields}
        plain = {name: value for name, value in found.items() if value is not None}
        extra = values.get("extra")
        if isinstance(extra, FrozenMap) and not standard:
            plain |= {key: value for key, value in _public(thaw(extra)).items() if key not in self.fields}
        return plain

    def _value(self, reading: Reading, name: str, value: object, where: str) -> object:
        if value is None or (isinstance(value, str) and not value.strip()):
            if name in self.needed:
                reading.problem(where, "is missing")
            return None
        read = self.fields[name]
        if isinstance(read, Form):
            return read.read_all(reading, value, where)
        return _read(partial(read, reading), value, reading, where)


def _read(read: Callable[[object], object], value: object, reading: Reading, where: str) -> object:
    try:
        return read(value)
    except InvalidValue as error:
        reading.problem(where, error.says)
    return None


# -- writing -------------------------------------------------------------------------------------


def _plain(value: object, *, standard: bool) -> object:
    """The form in which JSON has a value; None for what is not there."""
    if isinstance(value, datetime):
        return re.sub(r"\+00:00$", "Z", value.isoformat())
    if isinstance(value, FrozenMap):
        return None if standard else thaw(value) or None
    if isinstance(value, tuple):
        if value and isinstance(value[0], str):
            return ", ".join(value)
        return [FORMS[type(item)].dump(item, standard=standard) for item in value] or None
    return value.value if isinstance(value, Code) else value


def _public(value: object) -> Any:
    """What everybody may read of what a city adds."""
    if isinstance(value, dict):
        return {key: _public(each) for key, each in value.items() if key.lower() not in REQUESTER}
    return [_public(each) for each in value] if isinstance(value, list) else value


# -- the tables ----------------------------------------------------------------------------------

_TEXT, _TIME, _FLAG, _NUMBER = Reading.text, Reading.time, Reading.flag, Reading.number

VALUE: Final = Form(AttributeValue, {"key": _TEXT, "name": _TEXT}, needed=("key",))
ATTRIBUTE: Final = Form(
    ServiceAttribute,
    {
        "variable": _FLAG,
        "code": _TEXT,
        "datatype": partial(_one_of, Datatype),
        "required": _FLAG,
        "datatype_description": _TEXT,
        "order": Reading.whole,
        "description": _TEXT,
        "values": VALUE,
    },
    needed=("code", "datatype"),
)
DEFINITION: Final = Form(ServiceDefinition, {"service_code": _TEXT, "attributes": ATTRIBUTE}, needed=("service_code",))
SERVICE: Final = Form(
    Service,
    {
        "service_code": _TEXT,
        "service_name": _TEXT,
        "description": _TEXT,
        "metadata": _FLAG,
        "type": partial(_one_of, ServiceType),
        "keywords": Reading.words,
        "group": _TEXT,
    },
    needed=("service_code",),
)
REQUEST: Final = Form(
    ServiceRequest,
    {
        "service_request_id": _TEXT,
        "status": partial(_one_of, Status),
        "status_notes": _TEXT,
        "service_name": _TEXT,
        "service_code": _TEXT,
        "description": _TEXT,
        "agency_responsible": _TEXT,
        "service_notice": _TEXT,
        "requested_datetime": _TIME,
        "updated_datetime": _TIME,
        "expected_datetime": _TIME,
        "address": _TEXT,
        "address_id": _TEXT,
        "zipcode": _TEXT,
        "lat": _NUMBER,
        "long": _NUMBER,
        "media_url": _TEXT,
        "attributes": Reading.mapping,
    },
    needed=("service_request_id", "status", "service_code", "requested_datetime"),
)
RECEIPT: Final = Form(Receipt, {"service_request_id": _TEXT, "token": _TEXT, "service_notice": _TEXT})
ERROR: Final = Form(ErrorNote, {"code": Reading.whole, "description": _TEXT}, needed=("code", "description"))

FORMS: Final[Mapping[type, Form[Any]]] = {
    form.record: form for form in (VALUE, ATTRIBUTE, DEFINITION, SERVICE, REQUEST, RECEIPT, ERROR)
}
"""The form of each record."""

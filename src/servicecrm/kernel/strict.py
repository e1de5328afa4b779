"""The strict reading of documents, which tells every problem with its path. Loaded when it is needed first."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from enum import Enum, StrEnum
from typing import Any, Final, get_args, get_origin
from zoneinfo import ZoneInfo

import attrs
import cattrs
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from servicecrm.errors import InvalidValue
from servicecrm.kernel.checks import base_type
from servicecrm.kernel.frozen import FrozenMap, thaw
from servicecrm.kernel.quick import time_text

__all__ = ["problems", "strict_converter"]

_ISO_DURATION: Final = "P{days}DT{seconds}.{micros:06}S"


def strict_converter() -> cattrs.Converter:
    """A converter between records and documents; refuses with every problem at once."""
    c = cattrs.Converter(forbid_extra_keys=True, detailed_validation=True)
    _configure_primitives(c)
    _configure_times(c)
    _configure_containers(c)
    _configure_records(c)
    return c


def _configure_primitives(c: cattrs.Converter) -> None:
    for cls, says in ((str, "text"), (int, "an integer"), (float, "a number"), (bool, "true or false")):
        c.register_structure_hook(cls, _exactly(cls, says))
    c.register_structure_hook(Decimal, _parsed(Decimal, "a decimal number as text"))
    c.register_unstructure_hook(Decimal, str)
    c.register_structure_hook(ZoneInfo, _parsed(ZoneInfo, "the name of a time zone"))
    c.register_unstructure_hook(ZoneInfo, lambda zone: zone.key)
    for kind in (Enum, StrEnum):  # an enum of texts is a text too: the nearest class decides
        c.register_structure_hook(kind, _enum)
        c.register_unstructure_hook(kind, lambda member: member.value)


def _configure_times(c: cattrs.Converter) -> None:
    c.register_unstructure_hook(datetime, time_text)
    c.register_structure_hook(datetime, _datetime)
    for cls in (date, time):
        c.register_unstructure_hook(cls, lambda value: value.isoformat())
        c.register_structure_hook(cls, _parsed(cls.fromisoformat, f"a {cls.__name__} in ISO 8601"))
    c.register_unstructure_hook(timedelta, _duration_text)
    c.register_structure_hook(timedelta, _parsed(_duration, "a duration such as P1DT2H30M"))


def _configure_containers(c: cattrs.Converter) -> None:
    # With a mark around it, it would be taken for any mapping.
    c.register_unstructure_hook_func(lambda cls: base_type(cls) is FrozenMap, thaw)
    c.register_structure_hook_func(lambda cls: base_type(cls) is FrozenMap, _frozen_map)
    for container in (tuple, frozenset):
        _configure_container(c, container)


def _configure_container(c: cattrs.Converter, container: type) -> None:
    def matches(cls: Any) -> bool:
        return get_origin(base_type(cls)) is container

    c.register_structure_hook_factory(matches, lambda cls: _sequence(c, cls, container))
    c.register_unstructure_hook_factory(matches, lambda cls: _items(c, cls, ordered=container is tuple))


def _configure_records(c: cattrs.Converter) -> None:
    def structure(cls: Any) -> Any:
        return make_dict_structure_fn(
            cls,
            c,
            _cattrs_forbid_extra_keys=True,
            _cattrs_detailed_validation=True,
            _cattrs_use_alias=False,
        )

    def unstructure(cls: Any) -> Any:
        left_out: dict[str, Any] = {a.name: override(omit=True) for a in attrs.fields(cls) if a.name == "revision"}
        return make_dict_unstructure_fn(cls, c, **left_out)

    c.register_structure_hook_factory(attrs.has, structure)
    c.register_unstructure_hook_factory(attrs.has, unstructure)


def _exactly(cls: type, says: str) -> Callable[[Any, Any], Any]:
    def structure(value: Any, _: Any) -> Any:
        if type(value) is cls:
            return value
        if cls is float and type(value) is int:
            return float(value)
        raise InvalidValue("", f"expected {says}, got {type(value).__name__}")

    return structure


def _parsed(parse: Callable[[str], Any], says: str) -> Callable[[Any, Any], Any]:
    def structure(value: Any, _: Any) -> Any:
        if isinstance(value, str):
            try:
                return parse(value)
            except (ValueError, KeyError, InvalidOperation, OverflowError, OSError):
                pass
        raise InvalidValue("", f"expected {says}")

    return structure


def _enum(value: Any, cls: Any) -> Any:
    try:
        return cls(value)
    except ValueError:
        known = ", ".join(str(member.value) for member in cls)
        raise InvalidValue("", f"expected one of {known}") from None


def _datetime(value: Any, _: Any) -> datetime:
    try:
        at = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise InvalidValue("", "expected a time in ISO 8601") from None
    if at.tzinfo is None:
        raise InvalidValue("", "a time needs a zone, such as +00:00")
    return at


def _duration_text(value: timedelta) -> str:
    days, rest = divmod(abs(value), timedelta(days=1))
    text = _ISO_DURATION.format(days=days, seconds=rest.seconds, micros=rest.microseconds)
    return f"-{text}" if value < timedelta(0) else text


def _duration(text: str) -> timedelta:
    sign, text = (-1, text[1:]) if text.startswith("-") else (1, text)
    if not text.startswith("P"):
        raise ValueError
    days, _, clock = text[1:].partition("T")
    units = {**_amounts(days, "WD"), **_amounts(clock, "HMS")}
    if not units:
        raise ValueError
    return sign * sum((_UNITS[unit] * amount for unit, amount in units.items()), timedelta(0))


_UNITS: Final = {
    "W": timedelta(weeks=1),
    "D": timedelta(days=1),
    "H": timedelta(hours=1),
    "M": timedelta(minutes=1),
    "S": timedelta(seconds=1),
}


def _amounts(text: str, units: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for unit in units:
        amount, mark, rest = text.partition(unit)
        if mark:
            found[unit], text = float(amount) if "." in amount else int(amount), rest
    if text:
        raise ValueError
    return found


def _frozen_map(value: Any, _: Any) -> FrozenMap:
    if not isinstance(value, Mapping):
        raise InvalidValue("", f"expected an object, got {type(value).__name__}")
    return FrozenMap(value)


def _sequence(c: cattrs.Converter, cls: Any, build: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
    item = get_args(base_type(cls))[0]
    hook = c.get_structure_hook(item)

    def structure(value: Any, _: Any) -> Any:
        if not isinstance(value, list | tuple):
            raise InvalidValue("", f"expected a list, got {type(value).__name__}")
        good, bad = [], []
        for n, one in enumerate(value):
            try:
                good.append(hook(one, item))
            except Exception as error:
                error.__notes__ = [*getattr(error, "__notes__", []), cattrs.IterableValidationNote("", n, item)]
                bad.append(error)
        if bad:
            raise cattrs.IterableValidationError("", bad, cls)
        return build(good)

    return structure


def _items(c: cattrs.Converter, cls: Any, *, ordered: bool) -> Callable[[Any], list[Any]]:
    hook = c.get_unstructure_hook(get_args(base_type(cls))[0])
    if ordered:
        return lambda value: [hook(one) for one in value]
    return lambda value: sorted(hook(one) for one in value)


def problems(error: BaseException, path: str = "$") -> list[str]:
    """Every problem of a failed reading with its path. Values are never shown."""
    if isinstance(error, cattrs.ClassValidationError | cattrs.IterableValidationError):
        groups, others = error.group_exceptions()
        inside = [line for inner, note in groups for line in problems(inner, f"{path}{_step(note)}")]
        return inside + [line for inner in others for line in problems(inner, path)]
    if isinstance(error, cattrs.ForbiddenExtraKeysError):
        return [f"{path}.{name}: unknown field" for name in sorted(error.extra_fields)]
    if isinstance(error, InvalidValue):
        return [f"{path}: {error.says}"]
    if isinstance(error, KeyError):
        return [f"{path}: required field missing"]
    return [f"{path}: has not the expected shape"]


def _step(note: cattrs.AttributeValidationNote | cattrs.IterableValidationNote) -> str:
    return f".{note.name}" if isinstance(note, cattrs.AttributeValidationNote) else f"[{note.index}]"

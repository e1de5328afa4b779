"""What a browser posts from a form, as the values that a questionnaire validates."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from servicecrm.surveys.items import Item, ItemKind
from servicecrm.surveys.model import Questionnaire

__all__ = ["ANSWER", "Fields", "by_name", "field_name", "posted"]

ANSWER: Final = "answer."
"""What the names of all fields with answers begin with; others, such as a token, are the host's."""

Fields = Mapping[str, object] | Iterable[tuple[str, object]]
"""The fields of a posted form: pairs of names and values, or a mapping of names to a value or to several."""

_NUMBER: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?")


def field_name(item: Item, part: str | None = None) -> str:
    """The name of the field for an item, for a row of a matrix, or for the place of an option in a ranking."""
    return f"{ANSWER}{item.id}" if part is None else f"{ANSWER}{item.id}/{part}"


def posted(questionnaire: Questionnaire, fields: Fields) -> dict[str, object]:
    """The values to validate, from the fields of a posted form, for `questionnaire.validated(...)`.

    The fields are pairs of names and values, or a mapping of names to a value or to all of them, such as what
    `urllib.parse.parse_qs` gives; of one with `getlist`, as web frameworks have it, no repeated value is lost. What was
    left empty is left out. What cannot be meant is kept as it is, so that it is refused, and so is what answers nothing
    that is asked. Fields of the host are passed over.

    Source: C077.
    """
    known = {item.id: item for item in questionnaire.items}
    given: dict[str, object] = {}
    parts: dict[str, dict[str, object]] = {}
    for name, values in by_name(fields).items():
        id, slash, part = name.partition("/")
        item = known.get(id)
        said = [value for value in values if not (isinstance(value, str) and not value.strip())]
        if item is None or (slash and not item.rows and item.kind is not ItemKind.RANKING):
            given[name] = said  # there is no such item
        elif said and slash:
            parts.setdefault(id, {})[part] = _value(item, said)
        elif said:
            given[id] = _value(item, said)
    for id, values_by_part in parts.items():
        ranked = values_by_part if known[id].rows else _ranked(values_by_part)
        given[id] = [given[id], ranked] if id in given else ranked  # both cannot be meant
    return given


def by_name(fields: Fields) -> dict[str, list[object]]:
    """All values of each field with an answer, by its name without what all of them begin with."""
    found: dict[str, list[object]] = {}
    for name, values in _pairs(fields):
        if name.startswith(ANSWER):
            several = values if isinstance(values, Sequence) and not isinstance(values, str) else (values,)
            found.setdefault(name.removeprefix(ANSWER), []).extend(several)
    return found


def _pairs(fields: Fields) -> Iterable[tuple[str, object]]:
    if not isinstance(fields, Mapping):
        return fields
    every = getattr(fields, "getlist", None)  # its [] would give only one of them
    return [(name, every(name)) for name in fields] if every else fields.items()


def _value(item: Item, said: list[object]) -> object:
    if item.kind is ItemKind.MULTIPLE and said[0] not in item.apart:
        return said
    if len(said) > 1:
        return said  # one answer was asked for
    (value,) = said
    if item.kind is ItemKind.TEXT and isinstance(value, str):
        return value.replace("\r\n", "\n")  # browsers post every line break as two characters
    numeric = item.scale is not None or item.kind is ItemKind.NUMBER
    return float(value) if numeric and isinstance(value, str) and _NUMBER.fullmatch(value) else value


def _ranked(places: Mapping[str, object]) -> object:
    """The codes in the order of their places, if these are 1, 2, 3 and so on."""
    order = [f"{n}" for n in range(1, len(places) + 1)]
    if sorted(map(str, places.values())) != sorted(order):
        return places
    return sorted(places, key=lambda code: order.index(str(places[code])))

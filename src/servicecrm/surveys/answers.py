"""What came of a questionnaire's items in a response, and what an answer to an item may be."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Final, TypedDict

from servicecrm.errors import InvalidValue
from servicecrm.kernel.checks import text_problem
from servicecrm.kernel.records import Personal, record
from servicecrm.kernel.shapes import Code
from servicecrm.measures.scales import is_missing, number
from servicecrm.surveys.items import Apart, Item, ItemKind

__all__ = ["Answer", "Status", "coded", "legible", "read"]


class Status(Code):
    """What came of an item in a response."""

    ANSWERED = "answered"
    NOT_APPLICABLE = "not_applicable"
    DONT_KNOW = "dont_know"
    MISSING = "missing"
    INVALID = "invalid"
    NOT_SHOWN = "not_shown"


class Held(TypedDict, total=False):
    """The one value that an answer holds, in the field of its kind."""

    number: float
    codes: tuple[str, ...]
    day: date
    text: str


@record
class Answer:
    """What came of one item, or of one row of a matrix.

    Points of a scale and numbers are in `number`, chosen and ranked options in `codes`, a date in `day`. Free text is
    kept apart from all of them, and is personal.

    Raises:
        InvalidValue: it is answered without a value, or with two, or has a value without being answered.

    Source: C077.
    """

    item: str
    row: str | None = None
    status: Status
    number: float | None = None
    codes: tuple[str, ...] = ()
    day: date | None = None
    text: Personal[str] | None = None

    def __attrs_post_init__(self) -> None:
        held = sum((self.number is not None, bool(self.codes), self.day is not None, self.text is not None))
        if held != (self.status is Status.ANSWERED):
            raise InvalidValue("Answer", "what is answered has one value, and what is not has none")

    @property
    def key(self) -> str:
        """Its item, and its row after a slash: `overall`, or `aspects/price`."""
        return self.item if self.row is None else f"{self.item}/{self.row}"


def read(item: Item, value: object, *, row: str | None = None) -> Answer:
    """The answer that a value means. None, NaN, a blank text and an empty list mean that it is missing.

    Raises:
        InvalidValue: the item cannot be answered so. The value is not shown.

    Source: C077.
    """
    if (
        is_missing(value)
        or (isinstance(value, str) and not value.strip())
        or (isinstance(value, list | tuple) and not value)
    ):
        return Answer(item=item.id, row=row, status=Status.MISSING)
    if isinstance(value, str) and value in item.apart:
        return Answer(item=item.id, row=row, status=Status(value))
    return Answer(item=item.id, row=row, status=Status.ANSWERED, **_READ[item.kind](item, value))


def coded(item: Item, answer: Answer) -> float | str | None:
    """An answer on a scale as `measures.tally` counts it: the number, turned if it is reverse-coded, or the code of
    what was said instead, or None.

    What was not shown has no place in a tally; leave it out.

    Source: C074, C078.
    """
    if answer.number is not None and item.scale is not None:
        turned = item.reverse or any(row.reverse for row in item.rows if row.code == answer.row)
        return item.scale.reversed(answer.number) if turned else answer.number
    return answer.status.value if answer.status.value in tuple(Apart) else None


def legible(text: object) -> str:
    """What somebody sent, as it can be shown: with a mark for NUL and lone surrogates, which no text here holds."""
    return _ILLEGIBLE.sub("\N{REPLACEMENT CHARACTER}", f"{text}")


_ILLEGIBLE: Final = re.compile("[\0\ud800-\udfff]")


# -- reading values ------------------------------------------------------------------------------

_YES_NO: Final = {True: "yes", "yes": "yes", False: "no", "no": "no"}


def _refused(of: Item, says: str) -> InvalidValue:
    instead = f", or one of {', '.join(of.apart)}" if of.apart else ""
    return InvalidValue(f"Item {of.id}", f"expected {says}{instead}")


def _check_limits(of: Item, size: float, what: str) -> None:
    least, most = of.limits
    if (least is not None and size < least) or (most is not None and size > most):
        limits = (f"at least {least:g}" if least is not None else "", f"at most {most:g}" if most is not None else "")
        raise _refused(of, f"{what}: {' and '.join(filter(None, limits))}")


def _rating(of: Item, value: object) -> Held:
    place = None if of.scale is None else of.scale.place(value)
    if of.scale is None or place is None:
        raise _refused(of, f"a number on {of.scale}")
    return {"number": of.scale.points[place]}


def _number(of: Item, value: object) -> Held:
    what = "a whole number" if of.whole else "a number"
    try:
        found = number(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        raise _refused(of, what) from None
    if of.whole and not found.is_integer():
        raise _refused(of, what)
    _check_limits(of, found, what)
    return {"number": found}


def _choice(of: Item, value: object) -> Held:
    if not isinstance(value, str) or value not in of.codes:
        raise _refused(of, f"one of {', '.join(of.codes)}")
    return {"codes": (value,)}


def _ranking(of: Item, value: object) -> Held:
    known = ", ".join(of.codes)
    if not isinstance(value, list | tuple) or not all(isinstance(code, str) and code in of.codes for code in value):
        raise _refused(of, f"a list of codes out of {known}")
    if len(set(value)) < len(value):
        raise _refused(of, "each code once")
    _check_limits(of, len(value), f"codes out of {known}")
    return {"codes": tuple(value)}


def _multiple(of: Item, value: object) -> Held:
    chosen = _ranking(of, value)["codes"]
    if len(chosen) > 1 and any(option.exclusive for option in of.options if option.code in chosen):
        raise _refused(of, "an exclusive code alone")
    return {"codes": tuple(code for code in of.codes if code in chosen)}


def _yes_no(of: Item, value: object) -> Held:
    if not isinstance(value, str | bool) or value not in _YES_NO:
        raise _refused(of, "yes or no")
    return {"codes": (_YES_NO[value],)}


def _date(of: Item, value: object) -> Held:
    if isinstance(value, str):
        try:
            return {"day": date.fromisoformat(value)}
        except ValueError:
            pass
    if not isinstance(value, date):
        raise _refused(of, "a date in ISO 8601, such as 2026-03-02")
    return {"day": value}


def _text(of: Item, value: object) -> Held:
    if not isinstance(value, str) or text_problem(value) is not None:
        raise _refused(of, "a text")
    _check_limits(of, len(value), "a text, in characters")
    return {"text": value}


def _cell(of: Item, value: object) -> Held:
    return _choice(of, value) if of.options else _rating(of, value)


_READ: Final[Mapping[ItemKind, Callable[[Item, object], Held]]] = {
    ItemKind.SCALE: _rating,
    ItemKind.NPS: _rating,
    ItemKind.CSAT: _rating,
    ItemKind.CES: _rating,
    ItemKind.CHOICE: _choice,
    ItemKind.MULTIPLE: _multiple,
    ItemKind.RANKING: _ranking,
    ItemKind.MATRIX: _cell,
    ItemKind.YES_NO: _yes_no,
    ItemKind.NUMBER: _number,
    ItemKind.DATE: _date,
    ItemKind.TEXT: _text,
}

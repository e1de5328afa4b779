"""Questionnaires written as an XLSForm: the rows of its sheets, however they were read."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from servicecrm.errors import InvalidValue, MalformedDocument
from servicecrm.interop.surveys.building import Building, Foreign
from servicecrm.interop.surveys.expressions import SELF, Both, Compared, Tree, Unreadable, read
from servicecrm.interop.surveys.numbers import scale_of
from servicecrm.kernel.values import language_tag
from servicecrm.measures.scales import Scale, is_missing
from servicecrm.surveys.items import Words

__all__ = ["read_xlsform"]

Cells = Mapping[str, object]
"""A row of a sheet by the names of its columns."""

_KIND: Final = "XLSForm"
MAX_DEPTH: Final = 20
"""Groups inside each other."""


def read_xlsform(
    survey: Iterable[Cells], choices: Iterable[Cells] = (), *, settings: Cells | None = None, language: str = "en"
) -> Foreign:
    """What an XLSForm asks, as far as a questionnaire of ours can ask it, from the rows of its sheets.

    `language` is that of columns without one, such as `label`, unless the settings name a default. Select-one
    questions with the appearance `likert`, whose codes are consecutive numbers, become scales. Blank cells may be None,
    or NaN and its like, as data frames have them.

    Raises:
        MalformedDocument: nothing in it has a type and a name, groups stand in each other more than 20 deep, or a
            number has thousands of digits.
        InvalidValue: the language is not a language tag.

    Source: C074.
    """
    told = {} if settings is None else settings
    return _Form(choices, _tag(_text(told, "default_language")) or language_tag(language)).taken(survey, told)


class _Form:
    def __init__(self, choices: Iterable[Cells], language: str) -> None:
        self.building = Building()
        self.language = language
        self.choices: dict[str, dict[str, Words]] = defaultdict(dict)
        for row in choices:
            code = _text(row, "name") or _text(row, "value")
            name = _text(row, "list_name") or _text(row, "list name")
            if code and code in self.choices[name]:
                self.building.leave(f"choices.{name}.{code}", "left out: the list has this code twice")
            else:
                self.choices[name][code] = self.words(row, "label")
        self.groups: list[str] = []

    def taken(self, survey: Iterable[Cells], settings: Cells) -> Foreign:
        rows = [row for row in survey if _text(row, "type")]
        if not any(_text(row, "name") for row in rows):
            raise MalformedDocument(_KIND, ("no row of the survey has a type and a name",))
        for row in rows:
            self._row(row)
        title = _text(settings, "form_title") or _text(settings, "form_id") or _KIND
        languages = dict.fromkeys(
            tag for row in rows for column in row if (tag := self._language(column, "label")) is not None
        )
        found = [self.language, *languages] if self.language in languages or not languages else [*languages]
        first = dict.fromkeys(found)
        return self.building.finished(title=dict.fromkeys(first, title), introduction={}, languages=first)

    # -- texts -----------------------------------------------------------------------------------

    def words(self, row: Cells, name: str) -> Words:
        """The texts of a column by language, such as `label::English (en)`."""
        found = {tag: _text(row, column) for column in row if (tag := self._language(column, name)) is not None}
        return {tag: text for tag, text in found.items() if text}

    def _language(self, column: object, name: str) -> str | None:
        if not isinstance(column, str):
            return None  # a table without a header has numbers for names
        first, _, language = column.partition("::" if "::" in column else ":")
        if first.strip() != name:
            return None
        return _tag(language) if language else self.language

    # -- rows ------------------------------------------------------------------------------------

    def _row(self, row: Cells) -> None:
        type, *rest = _text(row, "type").split()
        path = f"survey.{_text(row, 'name')}"
        whole = " ".join((type, *rest)).replace("_", " ")
        if whole in ("begin group", "begin repeat"):
            if len(self.groups) == MAX_DEPTH:
                raise MalformedDocument(_KIND, (f"groups stand in each other more than {MAX_DEPTH} deep",))
            self.groups.append(_text(row, "relevant"))
            if whole == "begin repeat":
                self.building.leave(path, "it is asked once, as there is no repeating")
        elif whole in ("end group", "end repeat"):
            del self.groups[-1:]
        elif (make := _MAKE.get(type)) is not None:
            self._left(row, path)
            make(self, row, rest)
        elif type not in _DEVICE.split():
            self.building.leave(path, f"left out: {type!r} has no counterpart")

    def _left(self, row: Cells, path: str) -> None:
        for column in ("calculation", "choice_filter", "default", "trigger"):
            if _text(row, column):
                self.building.leave(path, f"its {column}")

    def add(self, row: Cells, kind: str, **given: Any) -> None:
        """Add an item."""
        name = _text(row, "name")
        limits = self._limits(row) if kind in ("number", "text") else {}
        if _text(row, "constraint") and not limits:
            self.building.leave(f"survey.{name}", "its constraint")
        self.building.add(
            name,
            kind,
            text=self.words(row, "label") or {self.language: name},
            hint=self.words(row, "hint"),
            required=_text(row, "required").lower() in ("yes", "true", "true()"),
            shown=[*self.groups, _text(row, "relevant")],
            **{**limits, **given},
        )

    def _limits(self, row: Cells) -> dict[str, float]:
        """The least and the most, from a constraint such as `. >= 0 and . <= 120`."""
        try:
            tree = read(_text(row, "constraint")) if _text(row, "constraint") else Both(())
            return dict(_limit(part) for part in (tree.parts if isinstance(tree, Both) else (tree,)))
        except Unreadable:
            return {}

    def number(self, row: Cells, rest: Sequence[str]) -> None:
        self.add(row, "number", whole=_text(row, "type").startswith("int"))

    def text(self, row: Cells, rest: Sequence[str]) -> None:
        self.add(row, "text")

    def date(self, row: Cells, rest: Sequence[str]) -> None:
        self.add(row, "date")

    def range(self, row: Cells, rest: Sequence[str]) -> None:
        told = dict(re.findall(r"\b(\w+)\s*=\s*(-?[\d.]+)", _text(row, "parameters")))
        try:
            scale = Scale(
                low=float(told.get("start", 1)), high=float(told.get("end", 10)), step=float(told.get("step", 1))
            )
        except (InvalidValue, ValueError):
            self.building.leave(f"survey.{_text(row, 'name')}", "left out: its range is none")
            return
        self.add(row, "scale", scale=scale)

    def one(self, row: Cells, rest: Sequence[str]) -> None:
        options = self._options(row, rest)
        scale = scale_of(options) if "likert" in _text(row, "appearance") else None
        if scale is None:
            self.add(row, "choice", options=options)
        else:
            self.add(row, "scale", scale=scale, labels={float(code): text for code, text in options.items()})

    def multiple(self, row: Cells, rest: Sequence[str]) -> None:
        self.add(row, "multiple", options=self._options(row, rest))

    def rank(self, row: Cells, rest: Sequence[str]) -> None:
        self.add(row, "ranking", options=self._options(row, rest))

    def yes(self, row: Cells, rest: Sequence[str]) -> None:
        self.add(row, "yes_no")

    def _options(self, row: Cells, rest: Sequence[str]) -> dict[str, Words]:
        found = dict(self.choices.get(" ".join(rest[:1]), {}))
        if "or_other" in rest:
            found["other"] = {self.language: "Other"}
            self.building.leave(f"survey.{_text(row, 'name')}", "what was written for another answer")
        return found


_MAKE: Final[Mapping[str, Callable[[_Form, Cells, Sequence[str]], None]]] = {
    **dict.fromkeys(("integer", "int", "decimal"), _Form.number),
    **dict.fromkeys(("text", "string"), _Form.text),
    **dict.fromkeys(("select_one", "select1"), _Form.one),
    **dict.fromkeys(("select_multiple", "select"), _Form.multiple),
    "date": _Form.date,
    "range": _Form.range,
    "rank": _Form.rank,
    "acknowledge": _Form.yes,
}
_DEVICE: Final = "start end today deviceid username phonenumber email simserial subscriberid audit start-geopoint"
"""What is noted about the device without asking, and is no question."""

_TAGGED: Final = re.compile(r"\(([\w-]+)\)\s*$")


def _limit(part: Tree) -> tuple[str, float]:
    if isinstance(part, Compared) and part.name == SELF and isinstance(part.value, float):
        if part.sign in (">=", ">"):
            return "least", part.value + (part.sign == ">")
        if part.sign in ("<=", "<"):
            return "most", part.value - (part.sign == "<")
    raise Unreadable("no limit")


def _text(row: Cells, column: str) -> str:
    value = row.get(column)
    if is_missing(value):
        return ""  # so a blank cell is read by a library of data frames
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # a spreadsheet has no other numbers
    try:
        return str(value).strip()
    except ValueError:  # of a number with thousands of digits
        raise MalformedDocument(_KIND, (f"{column}: no cell holds a number of so many digits",)) from None


def _tag(language: str) -> str | None:
    """`en` of `English (en)`, or of itself."""
    named = _TAGGED.search(language)
    try:
        return language_tag(named[1] if named else language.strip())
    except InvalidValue:
        return None

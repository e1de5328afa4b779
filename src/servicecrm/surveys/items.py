"""What a questionnaire asks: its items, and the scales and options that they are answered with."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import attrs

from servicecrm.errors import InvalidValue
from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.kernel.records import evolve, record
from servicecrm.kernel.shapes import Code, filled, several
from servicecrm.kernel.values import language_tag
from servicecrm.measures.scales import NOT_ANSWERED, Scale, number
from servicecrm.surveys.logic import shape_problems

__all__ = [
    "Apart",
    "Item",
    "ItemKind",
    "Label",
    "Option",
    "Polarity",
    "Row",
    "Words",
    "by_language",
    "item",
    "spoken",
    "texts_of",
]

YES_NO: Final = ("yes", "no")


class ItemKind(Code):
    """How an item is answered. A metric is declared by its kind, and never guessed from the numbers of a scale."""

    SCALE = "scale"
    NPS = "nps"
    CSAT = "csat"
    CES = "ces"
    CHOICE = "choice"
    MULTIPLE = "multiple"
    RANKING = "ranking"
    MATRIX = "matrix"
    YES_NO = "yes_no"
    NUMBER = "number"
    DATE = "date"
    TEXT = "text"


class Polarity(Code):
    """Which answers on a scale are the good ones: the highest, the lowest, or the middle, as between two extremes."""

    HIGHER = "higher"
    LOWER = "lower"
    MIDDLE = "middle"


class Apart(Code):
    """What may be said instead of an answer. It is neither an answer nor a missing one, and enters no score."""

    NOT_APPLICABLE = "not_applicable"
    DONT_KNOW = "dont_know"


_SPOKEN: Final = "a text is given by language, such as {'en': 'How satisfied are you?'}"


def spoken(of: object, attribute: "attrs.Attribute[FrozenMap]", words: FrozenMap) -> None:
    """Refuses what is no text by language; `attrs.field(validator=spoken)`."""
    for language, text in words.items():
        if language_tag(language) != language or not isinstance(text, str) or not text.strip():
            raise InvalidValue(f"{type(of).__name__}.{attribute.name}", _SPOKEN)


@record
class Label:
    """What a point of a scale means, by language."""

    at: float
    text: FrozenMap = attrs.field(validator=spoken)


@record
class Option:
    """An answer to choose, by the code that is stored. One that is `exclusive`, such as "none", goes with no other."""

    code: str = attrs.field(validator=filled)
    text: FrozenMap = attrs.field(validator=spoken)
    exclusive: bool = False


@record
class Row:
    """One line of a matrix. Its service and its dimension go before those of the matrix."""

    code: str = attrs.field(validator=filled)
    text: FrozenMap = attrs.field(validator=spoken)
    reverse: bool = False
    service: str | None = None
    dimension: str | None = None


_USUAL: Final = {
    ItemKind.NPS: Scale(low=0, high=10),
    ItemKind.CSAT: Scale(low=1, high=5),
    ItemKind.CES: Scale(low=1, high=7),
}
RATED: Final = (ItemKind.SCALE, *_USUAL)
CHOSEN: Final = (ItemKind.CHOICE, ItemKind.MULTIPLE, ItemKind.RANKING)
LIMITED: Final = (ItemKind.NUMBER, ItemKind.MULTIPLE, ItemKind.RANKING, ItemKind.TEXT)


@record
class Item:
    """One question.

    `least` and `most` limit a number, how many options are chosen or ranked, or how long a text is. All options are
    ranked unless they say otherwise. `reverse` is for an item that asks for the opposite of what its dimension
    measures: its answers are turned on the declared scale before they are put together with others. `importance_of`
    and `expectation_of` name the item whose importance, or whose ideal, this one asks for.

    Raises:
        InvalidValue: the item lacks what its kind needs, or has what its kind cannot have; every problem at once.

    Source: C074.
    """

    id: str = attrs.field(validator=filled)
    kind: ItemKind
    text: FrozenMap = attrs.field(validator=spoken)
    hint: FrozenMap = attrs.field(default=EMPTY, validator=spoken)
    required: bool = False
    shown_if: FrozenMap = EMPTY
    """The condition under which it is shown, see `servicecrm.surveys.logic`; without one it always is."""
    scale: Scale | None = attrs.field(default=attrs.Factory(lambda self: _USUAL.get(self.kind), takes_self=True))
    labels: tuple[Label, ...] = ()
    polarity: Polarity = Polarity.HIGHER
    reverse: bool = False
    apart: tuple[Apart, ...] = ()
    options: tuple[Option, ...] = ()
    rows: tuple[Row, ...] = ()
    least: float | None = None
    most: float | None = None
    whole: bool = False
    service: str | None = None
    dimension: str | None = None
    importance_of: str | None = None
    expectation_of: str | None = None

    def __attrs_post_init__(self) -> None:
        found = "; ".join(_problems(self))
        if found:
            raise InvalidValue(f"Item {self.id}", found)

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes that may be chosen."""
        return YES_NO if self.kind is ItemKind.YES_NO else tuple(option.code for option in self.options)

    @property
    def limits(self) -> tuple[float | None, float | None]:
        """The least and the most in force."""
        if self.kind is ItemKind.RANKING and (self.least, self.most) == (None, None):
            return len(self.options), len(self.options)
        return self.least, self.most

    @property
    def parts(self) -> tuple[str | None, ...]:
        """What is answered one by one: the rows of a matrix, or else the item as a whole."""
        return tuple(row.code for row in self.rows) or (None,)

    @property
    def measured(self) -> Scale | None:
        """The scale to count answers on, with the codes that are counted apart."""
        return self.scale and evolve(self.scale, apart=tuple(code.value for code in self.apart))


Words = Mapping[str, str]
"""A text by language: `{"en": "Price", "de": "Preis"}`."""

_NO_WORDS: Final[Words] = {}
_NO_LABELS: Final[Mapping[float, Words]] = {}


def item(
    id: str,
    kind: ItemKind | str,
    *,
    text: Words,
    hint: Words = _NO_WORDS,
    required: bool = False,
    shown_if: Mapping[str, object] = EMPTY,
    scale: Scale | None = None,
    labels: Mapping[float, Words] = _NO_LABELS,
    polarity: Polarity | str = Polarity.HIGHER,
    reverse: bool = False,
    apart: Iterable[Apart | str] = (),
    options: Mapping[str, Words] | Iterable[Option] = (),
    rows: Mapping[str, Words] | Iterable[Row] = (),
    least: float | None = None,
    most: float | None = None,
    whole: bool = False,
    service: str | None = None,
    dimension: str | None = None,
    importance_of: str | None = None,
    expectation_of: str | None = None,
) -> Item:
    """An item in few words: `item("recommend", "nps", text={"en": "Would you recommend us?"})`.

    Labels are given by point, options and rows by code. NPS, CSAT and CES have their usual scales.

    Raises:
        InvalidValue: as `Item` does, or a code is unknown.

    Source: C074.
    """
    kind = ItemKind(kind)
    if isinstance(options, Mapping):
        options = [Option(code=code, text=by_language(words, "options")) for code, words in options.items()]
    if isinstance(rows, Mapping):
        rows = [Row(code=code, text=by_language(words, "rows")) for code, words in rows.items()]
    if not isinstance(labels, Mapping):
        raise InvalidValue("labels", "they are given by point, such as {1: {'en': 'poor'}, 5: {'en': 'good'}}")
    return Item(
        id=id,
        kind=kind,
        text=by_language(text, "text"),
        hint=by_language(hint, "hint"),
        required=required,
        shown_if=FrozenMap(shown_if),
        scale=_USUAL.get(kind) if scale is None else scale,
        labels=tuple(Label(at=number(at), text=by_language(words, "labels")) for at, words in labels.items()),
        polarity=Polarity(polarity),
        reverse=reverse,
        apart=tuple(map(Apart, several("apart", apart))),
        options=several("options", options),
        rows=several("rows", rows),
        least=None if least is None else number(least),
        most=None if most is None else number(most),
        whole=whole,
        service=service,
        dimension=dimension,
        importance_of=importance_of,
        expectation_of=expectation_of,
    )


def by_language(words: Words, name: str = "text") -> FrozenMap:
    """A text by language as it is kept, the languages in their usual case.

    Raises:
        InvalidValue: it is not given by language; says which argument, by its `name`.
    """
    if not isinstance(words, Mapping):
        raise InvalidValue(name, _SPOKEN)
    return FrozenMap({language_tag(language): text for language, text in words.items()})


def texts_of(item: Item) -> Iterator[tuple[str, FrozenMap]]:
    """Every text of an item with its path."""
    yield "text", item.text
    if item.hint:
        yield "hint", item.hint
    yield from ((f"labels.{label.at:g}", label.text) for label in item.labels)
    yield from ((f"options.{option.code}", option.text) for option in item.options)
    yield from ((f"rows.{row.code}", row.text) for row in item.rows)


# -- what makes an item a bad one ----------------------------------------------------------------


def _problems(of: Item) -> Iterator[str]:
    matrix = of.kind is ItemKind.MATRIX
    if not of.text:
        yield "text: an item asks something"
    if "/" in of.id:
        yield "id: a slash stands between an item and its row"
    if bool(of.rows) != matrix:
        yield "rows: a matrix has some, and nothing else"
    if (of.kind in RATED or (matrix and not of.options)) != (of.scale is not None):
        yield "scale: a rating needs one, a matrix one or options, and nothing else has any"
    if bool(of.options) != (of.kind in CHOSEN or (matrix and of.scale is None)):
        yield "options: a choice has some, a matrix some or a scale, and nothing else"
    if of.kind is ItemKind.NPS and (of.scale != _USUAL[ItemKind.NPS] or of.polarity is not Polarity.HIGHER):
        yield "scale: NPS is asked for on 0..10, and higher is better"
    if of.scale is not None and of.scale.apart:
        yield "scale.apart: say it as `apart` of the item"
    if (of.scale is None or matrix) and of.reverse:
        yield "reverse: only a scale can be turned, and a matrix row by row"
    if of.scale is None and any(row.reverse for row in of.rows):
        yield "rows: only a scale can be turned"
    yield from _bad_lists(of)
    yield from _bad_limits(of)
    yield from (f"shown_if: {problem}" for problem in shape_problems(of.shown_if))


def _bad_lists(of: Item) -> Iterator[str]:
    lists: Mapping[str, list[object]] = {
        "labels": [label.at for label in of.labels],
        "options": [option.code for option in of.options],
        "rows": [row.code for row in of.rows],
        "apart": list(of.apart),
    }
    for name, found in lists.items():
        if len(set(found)) < len(found):
            yield f"{name}: one stands twice"
    if any(of.scale is None or of.scale.place(label.at) is None for label in of.labels):
        yield "labels: a label is for a point of the scale"
    if {*Apart, NOT_ANSWERED}.intersection(option.code for option in of.options):
        yield "options: a code is one of those that are counted apart; choose another"
    if of.apart and of.kind is ItemKind.TEXT:
        yield "apart: a text says everything itself"
    if of.kind is not ItemKind.MULTIPLE and any(option.exclusive for option in of.options):
        yield "options: where one is chosen, all are exclusive"


def _bad_limits(of: Item) -> Iterator[str]:
    least, most = of.limits
    if of.kind not in LIMITED and (of.least, of.most) != (None, None):
        yield "least, most: these limit a number, how many are chosen or ranked, or a text"
    if of.whole and of.kind is not ItemKind.NUMBER:
        yield "whole: only a number can have to be whole"
    if least is not None and most is not None and least > most:
        yield "least, most: the least is more than the most"
    if of.kind in CHOSEN and not all(1 <= limit <= len(of.options) for limit in (least, most) if limit is not None):
        yield "least, most: from 1 option to all of them"

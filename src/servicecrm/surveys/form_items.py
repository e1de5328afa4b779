"""The items of a form, with the controls to answer them; each text in every language."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from html import escape
from typing import Final

from servicecrm.kernel.frozen import FrozenMap
from servicecrm.kernel.values import LanguageTag, fallbacks
from servicecrm.surveys.answers import legible
from servicecrm.surveys.form_logic import TEXTS, number_text, told
from servicecrm.surveys.form_posting import field_name
from servicecrm.surveys.items import Item, ItemKind
from servicecrm.surveys.model import Questionnaire

__all__ = ["MOST_POINTS", "ItemWriter", "language_of"]

MOST_POINTS: Final = 25
"""Of a scale with more points, the number is typed."""


class ItemWriter:
    """Writes items, with what was entered into them before, by name, and what was wrong with it, by key."""

    def __init__(
        self, questionnaire: Questionnaire, entered: Mapping[str, Sequence[object]], wrong: Mapping[str, str]
    ) -> None:
        self.questionnaire = questionnaire
        self.entered = entered
        self.wrong = wrong

    # -- texts -----------------------------------------------------------------------------------

    def each(self, say: Callable[[LanguageTag], tuple[str, str]]) -> str:
        """What is said in every language, with the language in which it is said."""
        said = (say(tag) for tag in self.questionnaire.languages)
        return "".join(
            f'<span class="t l{n}" lang="{language}">{escape(text)}</span>' for n, (language, text) in enumerate(said)
        )

    def spoken(self, words: FrozenMap) -> str:
        return self.each(lambda tag: (tag, f"{words[tag]}"))

    def own(self, key: str, **values: str) -> str:
        """A text of our own. It is in English where we have none in the language."""
        return self.each(lambda tag: (language_of(key, tag), TEXTS.get(key, language=tag, **values)))

    # -- items -----------------------------------------------------------------------------------

    def item(self, id: str, item: Item) -> str:
        if not item.rows:
            return self.part(id, item, None, item.text, self.about(id, item))
        rows = (self.part(f"{id}-{m}", item, row.code, row.text, "") for m, row in enumerate(item.rows))
        opening = f'<fieldset class="item" id="{id}"{_described([f"{id}-about"] if _hints(item) else [])}>\n'
        legend = f"<legend>{self.title(item.text, item)}</legend>\n"
        return f"{opening}{legend}{self.about(id, item)}{''.join(rows)}</fieldset>\n"

    def part(self, id: str, item: Item, row: str | None, words: FrozenMap, about: str) -> str:
        """What is answered by itself: an item, or a row of a matrix."""
        wrong = self.wrong.get(item.id if row is None else f"{item.id}/{row}")
        classes = f"{'item ' if row is None else ''}part{' wrong' if wrong else ''}"
        title = self.title(words, item) if row is None else self.spoken(words)
        about += "".join(
            f'<p class="error" id="{id}-{kind}"{"" if kind == wrong else " hidden"}>{self.own(f"form.{kind}")}</p>\n'
            for kind in _PROBLEMS
        )
        hints = [f"{id}-about"] if row is None and _hints(item) else []
        described = _described([*hints, f"{id}-{wrong}"] if wrong else hints)
        controls = ItemWriter.typed if _is_typed(item) else _CONTROLS.get(item.kind, ItemWriter.radios)
        if controls in (ItemWriter.typed, ItemWriter.area) and not item.apart:
            label = f'<label id="{id}-title" for="{id}-0">{title}</label>'
            control = controls(self, id, item, row, described)
            return f'<div class="{classes}" id="{id}">\n{label}\n{about}{control}</div>\n'
        legend = f'<legend id="{id}-title">{title}</legend>'
        control = controls(self, id, item, row, "")
        return f'<fieldset class="{classes}" id="{id}"{described}>\n{legend}\n{about}{control}</fieldset>\n'

    def title(self, words: FrozenMap, item: Item) -> str:
        required = f'<span class="required">&nbsp;{self.own("form.required")}</span>' if item.required else ""
        return f"{self.spoken(words)}{required}"

    def about(self, id: str, item: Item) -> str:
        """When it is to be answered, and how."""
        hints = ([self.spoken(item.hint)] if item.hint else []) + [self.own(k, **said) for k, said in _limits(item)]
        return (f'<p class="rule">{self.each(partial(self.rule, item))}</p>\n' if item.shown_if else "") + (
            f'<p class="hint" id="{id}-about">{" ".join(hints)}</p>\n' if hints else ""
        )

    def rule(self, item: Item, tag: LanguageTag) -> tuple[str, str]:
        condition = told(item.shown_if, self.questionnaire, tag)
        return language_of("form.rule", tag), TEXTS.get("form.rule", language=tag, condition=condition)

    # -- controls --------------------------------------------------------------------------------

    def radios(self, id: str, item: Item, row: str | None, _: str) -> str:
        choices = [*self.choices(item), *self.apart(item)]
        # What was chosen could not be taken back without it.
        none = [] if item.required else [("", self.own("form.no_answer"))]
        written = (
            self.choice("radio", field_name(item, row), value, said, _needed(item)) for value, said in choices + none
        )
        return f'<div class="choices{" scale" if item.scale else ""}">\n{"".join(written)}</div>\n'

    def boxes(self, id: str, item: Item, row: str | None, _: str) -> str:
        alone = {option.code for option in item.options if option.exclusive} | {code.value for code in item.apart}
        written = (
            self.choice("checkbox", field_name(item), value, said, " data-alone" if value in alone else "")
            for value, said in [*self.choices(item), *self.apart(item)]
        )
        return f'<div class="choices">\n{"".join(written)}</div>\n'

    def places(self, id: str, item: Item, row: str | None, _: str) -> str:
        written = "".join(
            f'<label><input type="number" name="{escape(field_name(item, option.code))}" min="1" '
            f'max="{len(item.options)}" inputmode="numeric" data-code="{escape(option.code)}"'
            f"{self.value(item, option.code)}> "
            f"<span>{self.spoken(option.text)}</span></label>\n"
            for option in item.options
        )
        return f'<div class="choices">\n{written}{self.instead(item, row)}</div>\n'

    def typed(self, id: str, item: Item, row: str | None, described: str) -> str:
        least, most = (item.scale.low, item.scale.high) if item.scale else item.limits
        limits = "".join(
            f' {name}="{_exactly(limit)}"' for name, limit in (("min", least), ("max", most)) if limit is not None
        )
        kind = 'type="date"' if item.kind is ItemKind.DATE else f'type="number" step="any"{limits}'
        # Where there are boxes as well, the title is that of all of them.
        marks = f' aria-labelledby="{id}-title"' if item.apart else described + _needed(item)
        control = f'<input {kind} id="{id}-0" name="{escape(field_name(item, row))}"{self.value(item, row)}{marks}>\n'
        return f'{control}<div class="choices">\n{self.instead(item, row)}</div>\n' if item.apart else control

    def area(self, id: str, item: Item, row: str | None, described: str) -> str:
        marks = f"{described}{_needed(item)}"
        # The first line break after the tag is none of the text.
        return f'<textarea id="{id}-0" name="{escape(field_name(item))}"{marks}>\n{self.typed_in(item)}</textarea>\n'

    def choices(self, item: Item) -> Iterator[tuple[str, str]]:
        """What can be chosen: each value with what is said beside it."""
        if item.scale is not None:
            labels = {item.scale.place(label.at): self.spoken(label.text) for label in item.labels}
            for place, point in enumerate(item.scale.points):
                yield _exactly(point), f"<span>{number_text(point)}</span> {labels.get(place, '')}"
        elif item.options:
            yield from ((option.code, self.spoken(option.text)) for option in item.options)
        else:
            yield from ((code, self.own(f"answer.{code}")) for code in item.codes)

    def apart(self, item: Item) -> Iterator[tuple[str, str]]:
        yield from ((code.value, self.own(f"status.{code}")) for code in item.apart)

    def instead(self, item: Item, row: str | None) -> str:
        """Boxes for what may be said instead of what is typed."""
        name = field_name(item, row)
        return "".join(self.choice("checkbox", name, value, said, " data-alone") for value, said in self.apart(item))

    def value(self, item: Item, part: str | None) -> str:
        entered = self.typed_in(item, part)
        return f' value="{entered}"' if entered else ""

    def typed_in(self, item: Item, part: str | None = None) -> str:
        """What was typed, and not chosen instead of it."""
        entered = self.entered.get(field_name(item, part), ())
        return next((escape(legible(text)) for text in entered if isinstance(text, str) and text not in item.apart), "")

    def choice(self, kind: str, name: str, value: str, said: str, marks: str) -> str:
        entered = self.entered.get(name, ())
        checked = value in entered if kind == "checkbox" else value == next(iter(entered), "")
        marks += " checked" if checked else ""
        control = f'<input type="{kind}" name="{escape(name)}" value="{escape(value)}"{marks}>'
        return f"<label>{control} <span>{said}</span></label>\n"


_PROBLEMS: Final = ("missing", "invalid")
_CONTROLS: Final = {
    ItemKind.MULTIPLE: ItemWriter.boxes,
    ItemKind.RANKING: ItemWriter.places,
    ItemKind.NUMBER: ItemWriter.typed,
    ItemKind.DATE: ItemWriter.typed,
    ItemKind.TEXT: ItemWriter.area,
}


def _described(ids: Sequence[str]) -> str:
    return f' aria-describedby="{" ".join(ids)}"' if ids else ""


def _hints(item: Item) -> bool:
    return bool(item.hint or _limits(item))


def _is_typed(item: Item) -> bool:
    return item.scale is not None and len(item.scale.points) > MOST_POINTS


def _exactly(number: float) -> str:
    return repr(number).removesuffix(".0")


def _needed(item: Item) -> str:
    # A browser without scripts cannot know whether an answer is to be given that depends on others.
    return " required" if item.required and not item.shown_if else ""


def language_of(key: str, tag: LanguageTag) -> str:
    return next((near for near in fallbacks(tag) if near in TEXTS.languages and key in TEXTS.keys(near)), "en")


_LIMITED: Final = {
    ItemKind.NUMBER: "number",
    ItemKind.MULTIPLE: "several",
    ItemKind.RANKING: "places",
    ItemKind.TEXT: "length",
}


_Said = list[tuple[str, dict[str, str]]]


def _limits(item: Item) -> _Said:
    """The keys of what is said about how to answer, with the values for them."""
    family = _LIMITED.get(item.kind)
    least, most = item.limits
    if item.scale is not None and _is_typed(item):
        family, least, most = "number", item.scale.low, item.scale.high
    if family is None:
        return []
    values = {name: number_text(at) for name, at in (("least", least), ("most", most)) if at is not None}
    which = ("exactly" if least == most else "between") if len(values) == 2 else next(iter(values), None)
    said: _Said = [] if family == "length" else [(f"form.{family}.{'whole' if item.whole else 'any'}", {})]
    return said + ([(f"form.{family}.{which}", values)] if which else [])

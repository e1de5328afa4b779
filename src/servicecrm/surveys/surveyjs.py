"""A questionnaire as SurveyJS JSON, for those who show surveys with that library.

What SurveyJS gives as a result is what `Questionnaire.validated` takes.
"""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from functools import partial
from typing import Any, Final

from servicecrm.kernel.frozen import FrozenMap
from servicecrm.kernel.texts import Texts
from servicecrm.kernel.values import LanguageTag
from servicecrm.surveys.form_items import MOST_POINTS
from servicecrm.surveys.form_logic import check_askable, number_text
from servicecrm.surveys.items import Item, ItemKind
from servicecrm.surveys.logic import Asked, asked
from servicecrm.surveys.model import Questionnaire
from servicecrm.surveys.surveyjs_problems import NotInSurveyJS, locale, problems

__all__ = ["NotInSurveyJS", "to_surveyjs"]

_TEXTS: Final = Texts("servicecrm.surveys")
_LONGEST: Final = 20_000

Json = dict[str, object]


def to_surveyjs(questionnaire: Questionnaire) -> dict[str, object]:
    """What `new Survey.Model(json)` takes, in every language of the questionnaire, with the conditions as `visibleIf`.

    Raises:
        InvalidValue: the questionnaire is a draft or retired.
        NotInSurveyJS: there is something in it that SurveyJS cannot say, or would understand in another way.

    Source: C074.
    """
    check_askable(questionnaire)
    found = tuple(problems(questionnaire))
    if found:
        raise NotInSurveyJS(found)
    write = _Writer(questionnaire)
    page = {"name": "page1", "elements": [write.element(item) for item in questionnaire.items]}
    first = locale(questionnaire.languages[0])
    return {
        **({} if first == "en" else {"locale": first}),
        "title": write.spoken(questionnaire.title),
        **({"description": write.spoken(questionnaire.introduction)} if questionnaire.introduction else {}),
        "clearInvisibleValues": "onHidden",  # what is not shown has no answer, neither for conditions nor in the result
        "pages": [{**page, "description": questionnaire.source} if questionnaire.source else page],
    }


class _Writer:
    """Writes the items, each text by locale."""

    def __init__(self, questionnaire: Questionnaire) -> None:
        self.languages = questionnaire.languages
        self.conditions = _Conditions(questionnaire.items)

    def element(self, item: Item) -> Json:
        condition = self.conditions.shown(item)
        return {
            "name": item.id,
            "title": self.spoken(item.text),
            **({"description": self.spoken(item.hint)} if item.hint else {}),
            **({"isRequired": True} if item.required else {}),
            **({"visibleIf": condition} if condition else {}),
            **_ELEMENTS.get(item.kind, _Writer.rating)(self, item),
        }

    def rating(self, item: Item) -> Json:
        scale = item.scale
        if scale is None or item.apart:
            return {"type": "radiogroup", "choices": self.choices(item)}
        if len(scale.points) > MOST_POINTS:
            limits = {"min": _plain(scale.low), "max": _plain(scale.high), "step": _plain(scale.step)}
            return {"type": "text", "inputType": "number", **limits}
        labels = {scale.place(label.at): self.spoken(label.text) for label in item.labels}
        ends = {
            "minRateDescription": labels.pop(0, None),
            "maxRateDescription": labels.pop(len(scale.points) - 1, None),
        }
        values = (
            {"value": _plain(point), **({"text": labels[place]} if place in labels else {})}
            for place, point in enumerate(scale.points)
        )
        return {"type": "rating", "rateValues": [*values], **{name: text for name, text in ends.items() if text}}

    def multiple(self, item: Item) -> Json:
        return {"type": "checkbox", "choices": self.choices(item), **_counted(item)}

    def ranking(self, item: Item) -> Json:
        # Without the selection, an order that nobody has touched could not be told from one that is meant.
        return {"type": "ranking", "selectToRankEnabled": True, "choices": self.choices(item), **_counted(item)}

    def matrix(self, item: Item) -> Json:
        rows = [{"value": row.code, "text": self.spoken(row.text)} for row in item.rows]
        needed = {"eachRowRequired": True} if item.required else {}
        return {"type": "matrix", "columns": self.choices(item), "rows": rows, **needed}

    def yes_no(self, item: Item) -> Json:
        if item.apart:
            return {"type": "radiogroup", "choices": self.choices(item)}
        yes, no = (self.own(f"answer.{code}") for code in item.codes)
        return {"type": "boolean", "labelTrue": yes, "labelFalse": no, "valueTrue": "yes", "valueFalse": "no"}

    def number(self, item: Item) -> Json:
        limits = {name: _plain(at) for name, at in (("min", item.least), ("max", item.most)) if at is not None}
        whole = {"validators": [{"type": "regex", "regex": "^-?[0-9]+$"}]} if item.whole else {}
        return {"type": "text", "inputType": "number", **limits, **whole}

    def date(self, item: Item) -> Json:
        return {"type": "text", "inputType": "date"}

    def text(self, item: Item) -> Json:
        least = {} if item.least is None else {"validators": [{"type": "text", "minLength": _plain(item.least)}]}
        return {"type": "comment", **({} if item.most is None else {"maxLength": _plain(item.most)}), **least}

    def choices(self, item: Item) -> list[Json]:
        """What can be chosen, and what may be said instead of it."""
        found: list[Json] = []
        if item.scale is not None:
            labels = {item.scale.place(label.at): label.text for label in item.labels}
            for place, point in enumerate(item.scale.points):
                said = self.each(partial(_labelled, number_text(point), labels.get(place)))
                found.append({"value": _plain(point), "text": said})
        for option in item.options:
            alone = {"isExclusive": True} if option.exclusive else {}
            found.append({"value": option.code, "text": self.spoken(option.text), **alone})
        if item.kind is ItemKind.YES_NO:
            found += [{"value": code, "text": self.own(f"answer.{code}")} for code in item.codes]
        return found + [{"value": code.value, "text": self.own(f"status.{code}")} for code in item.apart]

    # -- texts -----------------------------------------------------------------------------------

    def spoken(self, words: FrozenMap) -> object:
        return self.each(lambda tag: f"{words[tag]}")

    def own(self, key: str) -> object:
        return self.each(lambda tag: _TEXTS.get(key, language=tag))

    def each(self, say: Callable[[LanguageTag], str]) -> object:
        """A text by locale. SurveyJS takes English for the default one, whatever stands under `en`."""
        said = {"default" if tag == "en" else locale(tag): say(tag) for tag in self.languages}
        return {"default": say(self.languages[0]), **said} if len(said) > 1 else next(iter(said.values()))


_ELEMENTS: Final[Mapping[ItemKind, Callable[[_Writer, Item], Json]]] = {
    ItemKind.MULTIPLE: _Writer.multiple,
    ItemKind.RANKING: _Writer.ranking,
    ItemKind.MATRIX: _Writer.matrix,
    ItemKind.YES_NO: _Writer.yes_no,
    ItemKind.NUMBER: _Writer.number,
    ItemKind.DATE: _Writer.date,
    ItemKind.TEXT: _Writer.text,
}


def _counted(item: Item) -> Json:
    least, most = item.limits
    counted: Json = {} if most is None else {"maxSelectedChoices": _plain(most)}
    if least is not None:  # SurveyJS's own least number of choices would be asked of who leaves it out as well
        counted["validators"] = [{"type": "answercount", "minCount": _plain(least)}]
    return counted


def _labelled(number: str, label: FrozenMap | None, tag: LanguageTag) -> str:
    return number if label is None else f"{number} {label[tag]}"


def _plain(number: float) -> float:
    return int(number) if number == int(number) else number


# -- conditions ----------------------------------------------------------------------------------


class _Conditions:
    """Writes conditions as SurveyJS reads them."""

    def __init__(self, items: Iterable[Item]) -> None:
        self.items = {item.id: item for item in items}
        self.written: dict[str, str] = {}

    def shown(self, item: Item) -> str:
        """When an item is shown; empty if it always is."""
        if item.id not in self.written:
            said = self.said(item.shown_if) if item.shown_if else ""
            if len(said) > _LONGEST:
                raise NotInSurveyJS((f"items.{item.id}.shown_if: it is longer than {_LONGEST} characters there",))
            self.written[item.id] = said
        return self.written[item.id]

    def said(self, condition: Mapping[str, Any]) -> str:
        match condition:
            case {"all": parts}:
                return " and ".join(f"({self.said(part)})" for part in parts)
            case {"any": parts}:
                return " or ".join(f"({self.said(part)})" for part in parts)
            case {"not": part}:
                return f"!({self.said(part)})"
        (asks,) = asked(condition)
        return self.asks(asks, self.items[asks.item])

    def asks(self, asks: Asked, item: Item) -> str:
        answer = f"{{{asks.key.replace('/', '.')}}}"
        if asks.test == "is":
            return self.status(asks.value, item, answer)
        return " or ".join(f"{answer} {_SIGNS[asks.test]} {_literal(value, item)}" for value in asks.values)

    def status(self, status: str, item: Item, answer: str) -> str:
        shown = self.shown(item)
        match status:
            case "not_shown":
                return f"!({shown})" if shown else "1 = 2"
            case "missing":
                return f"({shown}) and {answer} empty" if shown else f"{answer} empty"
            case "answered":
                return " and ".join([f"{answer} notempty", *(f"{answer} != '{code}'" for code in item.apart)])
        return f"{answer} = '{status}'"


_SIGNS: Final = {
    "equals": "=",
    "one_of": "=",
    "below": "<",
    "at_most": "<=",
    "at_least": ">=",
    "above": ">",
    "includes": "contains",
}


def _literal(value: Any, item: Item) -> str:
    if isinstance(value, str):
        return f"'{value}'"
    place = None if item.scale is None else item.scale.place(value)
    point = value if item.scale is None or place is None else item.scale.points[place]
    return f"{Decimal(repr(_plain(float(point)))):f}"

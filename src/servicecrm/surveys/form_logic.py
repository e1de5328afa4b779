"""When the items of a form are shown: as data for the browser, and in words for who has no scripts."""

from collections.abc import Iterable, Iterator, Mapping
from functools import reduce
from typing import Any, Final

from servicecrm.errors import InvalidValue
from servicecrm.kernel.frozen import thaw
from servicecrm.kernel.texts import Texts
from servicecrm.kernel.values import LanguageTag
from servicecrm.surveys.items import YES_NO, Item
from servicecrm.surveys.lifecycle import RELEASED, REVIEWED
from servicecrm.surveys.logic import Asked, asked
from servicecrm.surveys.model import Questionnaire

__all__ = ["TEXTS", "check_askable", "number_text", "rules", "told"]

TEXTS: Final = Texts("servicecrm.surveys")


def check_askable(questionnaire: Questionnaire) -> None:
    """Refuses one that people cannot be asked with: a draft may still lack texts.

    Raises:
        InvalidValue: it is neither reviewed nor released.
    """
    if questionnaire.state not in (REVIEWED, RELEASED):
        where = f"questionnaire {questionnaire.id}"
        raise InvalidValue(
            where, f"it is {questionnaire.state}; people are asked with one that is reviewed or released"
        )


def rules(questionnaire: Questionnaire) -> list[dict[str, object]]:
    """What the browser has to know of each item, to read its answer and to tell whether it is shown."""
    return [_rule(item) for item in questionnaire.items]


def _rule(item: Item) -> dict[str, object]:
    least, most = item.limits
    return {
        "id": item.id,
        "kind": item.kind.value,
        "required": item.required,
        "if": thaw(item.shown_if),
        "parts": list(item.parts),
        "apart": [code.value for code in item.apart],
        "codes": list(item.codes),
        "alone": [option.code for option in item.options if option.exclusive],
        "scale": None if item.scale is None else [item.scale.low, item.scale.step, len(item.scale.points)],
        "least": least,
        "most": most,
        "whole": item.whole,
    }


def told(condition: Mapping[str, Any], questionnaire: Questionnaire, language: LanguageTag) -> str:
    """A condition in words, which stand after "if"."""
    return _Words(questionnaire, language).said(condition)


class _Words:
    """Finds words for conditions in one language."""

    def __init__(self, questionnaire: Questionnaire, language: LanguageTag) -> None:
        self.questionnaire = questionnaire
        self.language = language

    def said(self, condition: Mapping[str, Any]) -> str:
        match condition:
            case {"all": parts}:
                return self._joined("form.and", parts)
            case {"any": parts}:
                return self._joined("form.or", parts)
            case {"not": part}:
                return self._text("form.not", condition=self._inner(part))
        (asks,) = asked(condition)
        return self._asks(asks, self.questionnaire.item(asks.item))

    def _joined(self, word: str, parts: tuple[Mapping[str, Any], ...]) -> str:
        return self._one_by_one(word, map(self._inner, parts))

    def _one_by_one(self, word: str, texts: Iterable[str]) -> str:
        return reduce(lambda one, other: self._text(word, one=one, other=other), texts)

    def _inner(self, part: Mapping[str, Any]) -> str:
        return f"({self.said(part)})" if "all" in part or "any" in part else self.said(part)

    def _asks(self, asks: Asked, item: Item) -> str:
        question = self._question(item, asks.row)
        if asks.test == "is" and asks.value not in item.apart:
            return self._text(f"form.is.{asks.value}", question=question)
        values = self._one_by_one("form.or", self._values(asks, item))
        test = asks.test if asks.test in ("below", "at_most", "at_least", "above", "includes") else "equals"
        return self._text(f"form.{test}", question=question, value=values)

    def _question(self, item: Item, code: str | None) -> str:
        question = f"{item.text[self.language]}"
        row = next((f"{row.text[self.language]}" for row in item.rows if row.code == code), None)
        return question if row is None else self._text("form.row", question=question, row=row)

    def _values(self, asks: Asked, item: Item) -> Iterator[str]:
        options = {option.code: f"{option.text[self.language]}" for option in item.options}
        for value in asks.values:
            if value in item.apart:
                yield self._text(f"status.{value}")
            elif value in YES_NO and not options:
                yield self._text(f"answer.{value}")
            else:
                yield options.get(value, f"{value}") if isinstance(value, str) else number_text(value)

    def _text(self, key: str, **values: str) -> str:
        return TEXTS.get(key, language=self.language, **values)


def number_text(number: float) -> str:
    """A number as a person reads it, without the noise of floats."""
    return f"{number:.12g}"

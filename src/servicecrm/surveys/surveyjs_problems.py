"""What of a questionnaire cannot be said in SurveyJS JSON."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from servicecrm.errors import DocumentError
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.surveys.form_items import MOST_POINTS
from servicecrm.surveys.items import ItemKind, texts_of
from servicecrm.surveys.logic import Asked, asked
from servicecrm.surveys.model import Questionnaire

__all__ = ["NotInSurveyJS", "locale", "problems"]

_NAME: Final = re.compile(r"[\w-]+")
_NUMBER: Final = re.compile(r"-?[0-9]+([.,][0-9]+)?")
_LOCALES: Final = {"zh": "zh-cn", "zh-Hans": "zh-cn", "zh-Hant": "zh-tw"}


class NotInSurveyJS(DocumentError):
    """SurveyJS cannot say what a questionnaire asks: every problem, with its path."""

    code = "not_in_surveyjs"

    def __init__(self, problems: tuple[str, ...]) -> None:
        self.problems = problems
        super().__init__(f"SurveyJS cannot say this: {'; '.join(problems)}")


def locale(tag: str) -> str:
    """What SurveyJS calls a language."""
    return _LOCALES.get(tag, tag.lower())


def problems(questionnaire: Questionnaire) -> Iterator[str]:
    """Everything that SurveyJS has no way to say, or would understand in another way, each with its path."""
    yield from _alike("languages", map(locale, questionnaire.languages))
    yield from _alike("items", (item.id for item in questionnaire.items))
    yield from _replaced("title", questionnaire.title)
    yield from _replaced("introduction", questionnaire.introduction)
    for item in questionnaire.items:
        path = f"items.{item.id}"
        for where, words in texts_of(item):
            yield from _replaced(f"{path}.{where}", words)
        yield from _alike(f"{path}.options", item.codes)
        yield from _alike(f"{path}.rows", (row.code for row in item.rows))
        many = item.scale is not None and len(item.scale.points) > MOST_POINTS
        if many and item.kind is ItemKind.MATRIX:
            yield f"{path}.scale: a matrix has at most {MOST_POINTS} points"
        if item.apart and (many or item.kind in _WITHOUT_APART):
            yield f"{path}.apart: there is nothing to choose beside this kind of answer"
        for asks in asked(item.shown_if):
            yield from (f"{path}.shown_if: {says}" for says in _unaskable(asks))


_WITHOUT_APART: Final = (ItemKind.MULTIPLE, ItemKind.RANKING, ItemKind.NUMBER, ItemKind.DATE)


def _replaced(path: str, words: FrozenMap) -> Iterator[str]:
    if any(re.search(r"\{[^{}]+\}", f"{text}") for text in words.values()):
        yield f"{path}: what stands in braces would be replaced by an answer"


def _alike(path: str, names: Iterable[str]) -> Iterator[str]:
    for name, n in Counter(map(_taken_for, names)).items():
        if n > 1:
            yield f"{path}: several are taken for {name!r}"


def _taken_for(name: str) -> str:
    """What a name or a code is compared by: there is no difference of case, nor between 1, 01 and 1.0."""
    text = name.strip().lower()
    return repr(float(text.replace(",", "."))) if _NUMBER.fullmatch(text) else text


def _unaskable(asks: Asked) -> Iterator[str]:
    for name in filter(None, (asks.item, asks.row)):
        if not _NAME.fullmatch(name):
            yield f"a name that is asked about has letters, digits, _ and - only, unlike {name!r}"
    for value in asks.values:
        if isinstance(value, str) and (set(value) & set("'\"\\{}") or value.lower() in ("true", "false", "undefined")):
            yield f"the value {value!r} has another meaning there"

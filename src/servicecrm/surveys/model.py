"""What a questionnaire is."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any, Final, NewType

import attrs

from servicecrm.errors import InvalidValue, MalformedDocument
from servicecrm.kernel.documents import dump_fields
from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.kernel.records import Personal, record
from servicecrm.kernel.shapes import filled
from servicecrm.kernel.values import LanguageTag, fallbacks, language_tag
from servicecrm.surveys.answers import Answer, Status, legible, read
from servicecrm.surveys.items import Item, spoken
from servicecrm.surveys.logic import holds

__all__ = ["Questionnaire", "QuestionnaireId", "Reading", "content_digest"]

QuestionnaireId = NewType("QuestionnaireId", str)

CONTENT: Final = ("title", "introduction", "source", "languages", "items")
"""What people are shown, and what a release freezes."""

_NO_ANSWER: Final = object()
"""Stands for what is no answer to anything."""


@record
class Reading:
    """What a response says: an answer for every item and every row, and all that is wrong with it, each with its path.

    What is wrong with an item makes its answer invalid, and it is counted as that.
    """

    answers: Personal[tuple[Answer, ...]]
    problems: tuple[str, ...] = ()


@record
class Questionnaire:
    """One version of a questionnaire.

    Versions of the same questionnaire have one `family`, and each names the id of the one that it was made from. The
    first of the `languages` is the one that it is written in. `source` says whose instrument it is, where that has to
    be said. `digests` are those of its content, since its release: the first is what was released, each further one
    what a correction of words made of it. A campaign asks with one version, and keeps its id.

    Source: C074, C075.
    """

    id: QuestionnaireId = attrs.field(validator=filled)
    revision: int = attrs.field(default=0, eq=False)
    family: str = attrs.field(validator=filled)
    version: int = 1
    previous: str | None = None
    state: str
    title: FrozenMap = attrs.field(validator=spoken)
    introduction: FrozenMap = attrs.field(default=EMPTY, validator=spoken)
    purpose: str | None = None
    owner: str | None = None
    template: str | None = None
    source: str | None = None
    languages: tuple[LanguageTag, ...]
    items: tuple[Item, ...] = ()
    drafted_at: datetime
    reviewed_at: datetime | None = None
    reviewed_by: str | None = None
    released_at: datetime | None = None
    retired_at: datetime | None = None
    digests: tuple[str, ...] = ()
    extra: FrozenMap = EMPTY

    def __attrs_post_init__(self) -> None:
        if not self.title:
            raise InvalidValue("Questionnaire.title", "expected a text by language, such as {'en': 'How did we do?'}")
        if not self.languages or [language_tag(language) for language in self.languages] != [*self.languages]:
            raise InvalidValue("Questionnaire.languages", "expected one or more languages, such as de or zh-Hant")

    @property
    def digest(self) -> str | None:
        """The digest of its content, which answers can be kept with; None until it is released."""
        return self.digests[-1] if self.digests else None

    def item(self, id: str) -> Item:
        """The item of this id.

        Raises:
            InvalidValue: there is none; names those that there are.
        """
        for item in self.items:
            if item.id == id:
                return item
        known = ", ".join(item.id for item in self.items) or "none"
        raise InvalidValue(f"questionnaire {self.id}", f"there is no item {id!r}; known: {known}")

    def nearest(self, language: str) -> LanguageTag | None:
        """The language to ask somebody in: `de` for `de-AT`; None if it is not offered in any that is near."""
        return next((tag for tag in fallbacks(language_tag(language)) if tag in self.languages), None)

    def validated(
        self, given: Mapping[str, object], *, language: str | None = None, partial: bool = False
    ) -> tuple[Answer, ...]:
        """The answers of a response: one for every item and every row of a matrix, in their order.

        `given` has values by item id, and for a matrix a mapping by row. In a `partial` response nothing is required.

        Raises:
            MalformedDocument: an answer is wrong, required and missing, or to a question that was not to be asked; an
                item is unknown; or it is not offered in the language. Every problem at once, with its path.
            InvalidValue: the language is not a language tag.

        Source: C077.
        """
        reading = self.read(given, language=language, partial=partial)
        if reading.problems:
            raise MalformedDocument("response", reading.problems)
        return reading.answers

    def read(self, given: Mapping[str, object], *, language: str | None = None, partial: bool = False) -> Reading:
        """The same with the problems beside the answers, for responses that are there and cannot be asked for again."""
        if not isinstance(given, Mapping):
            raise MalformedDocument("response", ("$: expected an object, with values by item",))
        problems: list[str] = []
        if language is not None and self.nearest(language) is None:
            problems.append(f"language: it is offered in {', '.join(self.languages)}")
        known = {item.id: item for item in self.items}
        problems += [f"$.{legible(id)}: there is no such item" for id in given if id not in known]
        answers: dict[str, Answer] = {}
        for item in self.items:
            shown = holds(item.shown_if, answers)
            for row, value, path in _values(item, given.get(item.id), problems):
                answer, problem = _answer(item, row, value, shown=shown, partial=partial)
                problems += [f"{path}: {problem}"] if problem else []
                answers[answer.key] = answer
        return Reading(answers=tuple(answers.values()), problems=tuple(problems))


def _values(item: Item, value: object, problems: list[str]) -> Iterator[tuple[str | None, object, str]]:
    """The value of each part of an item, with its path."""
    path = f"$.{item.id}"
    if not item.rows:
        yield None, value, path
        return
    by_row = {} if value is None else value if isinstance(value, Mapping) else dict.fromkeys(item.parts, _NO_ANSWER)
    problems += [f"{path}.{legible(row)}: there is no such row" for row in by_row if row not in item.parts]
    yield from ((row, by_row.get(row), f"{path}.{row}") for row in item.parts)


def _answer(item: Item, row: str | None, value: object, *, shown: bool, partial: bool) -> tuple[Answer, str | None]:
    """The answer, and what is wrong with it."""
    try:
        answer, problem = read(item, value, row=row), None
    except InvalidValue as error:
        answer, problem = Answer(item=item.id, row=row, status=Status.INVALID), error.says
    missing = answer.status is Status.MISSING
    if not shown:
        hidden = Answer(item=item.id, row=row, status=Status.NOT_SHOWN)
        return hidden, None if missing else "it is not asked after these answers"
    if missing and item.required and not partial:
        problem = "an answer is required"
    return answer, problem


def content_digest(questionnaire: Questionnaire) -> str:
    """The SHA-256 of what people are shown. What is empty is left out, so that it outlasts fields that are added later.

    Source: C075.
    """
    content = dump_fields(Questionnaire, {name: getattr(questionnaire, name) for name in CONTENT})
    text = json.dumps(_told(content), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()


def _told(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _told(inner) for name, inner in value.items() if not _is_empty(inner)}
    return [_told(inner) for inner in value] if isinstance(value, list) else value


def _is_empty(value: Any) -> bool:
    return value is None or value is False or value in ("", [], {})

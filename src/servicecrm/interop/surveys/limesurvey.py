"""Questionnaires of LimeSurvey, from its survey structure files (`.lss`)."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from servicecrm.interop.surveys.building import Building, Foreign, Place
from servicecrm.interop.surveys.expressions import Compared, Tree
from servicecrm.interop.surveys.lss import tables
from servicecrm.interop.surveys.numbers import scale_of
from servicecrm.interop.surveys.structure import Part, Question, Structure, whole_number
from servicecrm.kernel.texts import Texts
from servicecrm.measures.scales import Scale
from servicecrm.surveys.items import Option, Words, by_language

__all__ = ["read_lss"]

TEXTS: Final = Texts("servicecrm.interop.surveys")
OTHER: Final = "-oth-"
"""The code that LimeSurvey stores where none of the answers was chosen, but another one was written."""


def read_lss(content: str | bytes) -> Foreign:
    """What a survey structure file of LimeSurvey asks, as far as a questionnaire of ours can ask it.

    Items have the codes of the questions, rows those of the subquestions, options those of the answers. Answers whose
    codes are consecutive numbers make a scale in an array. Markup becomes plain text. Each question of which something
    is not taken over is named in `left_out`.

    Raises:
        MalformedDocument: it is no such file, is larger than 32 MB, or declares a document type.

    Source: C074, C077.
    """
    return _Survey(Structure(tables(content))).taken()


class _Survey:
    def __init__(self, found: Structure) -> None:
        self.found = found
        self.building = Building(bare=True)
        self.columns: dict[str, str] = {}

    def taken(self) -> Foreign:
        for question in self.found.questions():
            self._add(question)
        for code, tree in self.found.conditions():
            self.building.also(code, tree)
        return self.building.finished(
            title=self.found.told("surveyls_title") or {self.found.languages[0]: "LimeSurvey"},
            introduction=self.found.told("surveyls_welcometext"),
            languages=self.found.languages,
            columns=self.columns,
            words={"Y": "yes", "N": "no"},
        )

    def _own(self, key: str) -> Words:
        """A word that LimeSurvey has itself, and not the file."""
        return {tag: TEXTS.get(f"limesurvey.{key}", language=tag) for tag in self.found.languages}

    def _add(self, question: Question) -> None:
        make, path = _MAKE.get(question.type), f"questions.{question.code}"
        for code in question.twins:
            self.building.leave(f"questions.{code}", f"left out: {question.code} has the same number and language")
        if make is None:
            kind = _KINDS_LEFT.get(question.type, f"a question of type {question.type!r}")
            self.building.leave(path, f"left out: {kind} has no counterpart")
        elif not question.text:
            self.building.leave(path, "left out: it has no text")
        else:
            make(self, question)
            if any(_PIPED.search(text) for text in question.text.values()):
                self.building.leave(path, "what stands in braces was replaced by an answer; here it stays as it is")

    def item(
        self,
        question: Question,
        kind: str,
        *,
        suffix: str = "",
        column: str = "",
        also: Iterable[Tree] = (),
        **given: Any,
    ) -> str | None:
        """Add an item, which is shown if what is told of the question, and what is said here `also`; gives its id."""
        shown = [question.group.get("grelevance", ""), question.fields.get("relevance", "")]
        made = self.building.add(
            f"{question.code}{suffix}",
            kind,
            **{
                "text": question.text,
                "hint": question.hint,
                "required": question.fields.get("mandatory") in ("Y", "S"),
                "shown": [*(each for each in shown if each.strip() not in ("", "1")), *also],
                **given,
            },
        )
        if made is None:
            return None
        self.columns |= {made.id: column or question.code} if not made.rows else {}
        for row in made.rows:
            self.columns[f"{made.id}/{row.code}"] = f"{question.code}[{row.code}]{column}"
            self.building.names.setdefault(f"{question.code}_{row.code}", Place(made.id, row=row.code))
        return made.id

    def text(self, question: Question) -> None:
        limit = whole_number(self.found.attributes[question.qid].get("maximum_chars"))
        if self.found.attributes[question.qid].get("numbers_only") == "1":
            self.item(question, "number")
        else:
            self.item(question, "text", most=limit or None)

    def number(self, question: Question) -> None:
        told = self.found.attributes[question.qid]
        whole = told.get("num_value_int_only") == "1"
        self.item(question, "number", whole=whole, **_limits(told, "min_num_value_n", "max_num_value_n"))

    def date(self, question: Question) -> None:
        self.item(question, "date")

    def yes_no(self, question: Question) -> None:
        self.item(question, "yes_no")

    def points(self, question: Question) -> None:
        self.item(question, "scale", scale=Scale(low=1, high=5))

    def gender(self, question: Question) -> None:
        self.item(question, "choice", options={code: self._own(code) for code in ("F", "M")})

    def choice(self, question: Question) -> None:
        options = {part.code: part.text for part in self.found.answers[question.qid]}
        other = question.fields.get("other") == "Y"
        id = self.item(question, "choice", options=options | ({OTHER: self._own("other")} if other else {}))
        if id and other:
            self._written(question, "other", Compared(question.code, "=", OTHER))
        if id and question.type == "O":
            self._written(question, "comment")

    def _written(self, question: Question, what: str, *also: Tree) -> None:
        """What is written beside what is chosen."""
        said = {tag: TEXTS.get(f"limesurvey.{what}", language=tag) for tag in question.text}
        words = {tag: f"{text} ({said[tag]})" for tag, text in question.text.items()}
        column = f"{question.code}[{what}]"
        self.item(question, "text", suffix=f"_{what}", column=column, also=also, text=words, hint={}, required=False)

    def multiple(self, question: Question) -> None:
        told = self.found.attributes[question.qid]
        alone = set(re.split(r"[;,]", told.get("exclude_all_others", "")))
        options = [
            Option(code=part.code, text=by_language(part.text), exclusive=part.code in alone)
            for part in self.found.subquestions[question.qid]
        ]
        if question.fields.get("other") == "Y":
            options.append(Option(code=OTHER, text=by_language(self._own("other"))))
            self.building.leave(f"questions.{question.code}", "what was written for another answer")
        if question.type == "P":
            self.building.leave(f"questions.{question.code}", "the comments on the options")
        limits = _limits(told, "min_answers", "max_answers")
        id = self.item(question, "multiple", options=options, **limits)
        for part in self.found.subquestions[question.qid] if id else ():
            self.building.names.setdefault(f"{question.code}_{part.code}", Place(id or "", option=part.code))
        self.columns.pop(id or "", None)  # LimeSurvey has a column for each option

    def ranking(self, question: Question) -> None:
        told = self.found.attributes[question.qid]
        options = {
            part.code: part.text for part in self.found.answers[question.qid] or self.found.subquestions[question.qid]
        }
        limits = _limits(told, "min_answers", "max_answers")
        self.columns.pop(self.item(question, "ranking", options=options, **limits) or "", None)

    def several(self, question: Question) -> None:
        kind = "text" if question.type == "Q" else "number"
        for part in self.found.subquestions[question.qid]:
            words = {tag: f"{text}: {part.text.get(tag, part.code)}" for tag, text in question.text.items()}
            self.item(
                question,
                kind,
                suffix=f"_{part.code}",
                column=f"{question.code}[{part.code}]",
                text=words,
            )

    def array(self, question: Question) -> None:
        for n, scale in enumerate(dict.fromkeys(part.scale for part in self.found.answers[question.qid])):
            parts = [part for part in self.found.answers[question.qid] if part.scale == scale]
            dual = question.type == "1"
            self._matrix(
                question, _asked(parts), suffix=f"_{n + 1}" if dual else "", column=f"[{n + 1}]" if dual else ""
            )

    def fixed_array(self, question: Question) -> None:
        codes = _FIXED[question.type]
        if isinstance(codes, int):
            self._matrix(question, {"scale": Scale(low=1, high=codes)})
        else:
            self._matrix(question, {"options": {code: self._own(code) for code in codes}})

    def _matrix(self, question: Question, asked: Mapping[str, Any], *, suffix: str = "", column: str = "") -> None:
        rows = {part.code: part.text for part in self.found.subquestions[question.qid] if part.scale == "0"}
        self.item(question, "matrix", rows=rows, suffix=suffix, column=column, **asked)


_Make = Callable[[_Survey, Question], None]
_MAKE: Final[Mapping[str, _Make]] = {
    **dict.fromkeys("STU", _Survey.text),
    **dict.fromkeys("L!O", _Survey.choice),
    **dict.fromkeys("MP", _Survey.multiple),
    **dict.fromkeys("QK", _Survey.several),
    **dict.fromkeys("FH1", _Survey.array),
    **dict.fromkeys("ABCE", _Survey.fixed_array),
    "N": _Survey.number,
    "D": _Survey.date,
    "Y": _Survey.yes_no,
    "G": _Survey.gender,
    "5": _Survey.points,
    "R": _Survey.ranking,
}
_FIXED: Final[Mapping[str, int | tuple[str, ...]]] = {"A": 5, "B": 10, "C": ("Y", "N", "U"), "E": ("I", "S", "D")}
_KINDS_LEFT: Final = {
    "X": "a text without a question",
    "*": "an equation",
    "I": "a choice of the language",
    "|": "an upload",
    ";": "an array of texts",
    ":": "an array of numbers",
}
_PIPED: Final = re.compile(r"\{[^{}]+\}")


def _asked(parts: Iterable[Part]) -> Mapping[str, Any]:
    """A scale, if the codes are numbers one after the other, or else options."""
    texts = {part.code: part.text for part in parts}
    found = scale_of(texts)
    return (
        {"options": texts} if found is None else {"scale": found, "labels": {float(at): of for at, of in texts.items()}}
    )


def _limits(told: Mapping[str, str], least: str, most: str) -> dict[str, Any]:
    return {"least": _number(told.get(least)), "most": _number(told.get(most))}


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None

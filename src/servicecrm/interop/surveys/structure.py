"""What the tables of a LimeSurvey file say: questions in all languages, their parts, and when they are shown."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple, cast

from servicecrm.errors import InvalidValue
from servicecrm.interop.mail_html import html_to_text
from servicecrm.interop.surveys.expressions import Both, Compared, Either, Not, Sign, Tree
from servicecrm.interop.surveys.lss import Rows
from servicecrm.kernel.values import language_tag
from servicecrm.surveys.items import Words

__all__ = ["Part", "Question", "Structure", "whole_number"]


class Question(NamedTuple):
    """A question, in all languages."""

    qid: str
    code: str
    type: str
    text: Words
    hint: Words
    fields: Mapping[str, str]
    group: Mapping[str, str]
    twins: tuple[str, ...]
    """The codes of others with the same number, in a language that it has already."""


class Part(NamedTuple):
    """A subquestion or an answer."""

    code: str
    text: Words
    scale: str


class Structure:
    """A survey, by what it is made of."""

    def __init__(self, found: Mapping[str, Rows]) -> None:
        self._tables: Mapping[str, Rows] = found
        self.languages: tuple[str, ...] = self._languages()
        self.attributes: dict[str, dict[str, str]] = defaultdict(dict)
        for row in found.get("question_attributes", ()):
            self.attributes[row.get("qid", "")].setdefault(row.get("attribute", ""), row.get("value", ""))
        self.subquestions: dict[str, list[Part]] = self._parts(
            "subquestions", "parent_qid", "title", "question", "question_order"
        )
        self.answers: dict[str, list[Part]] = self._parts("answers", "qid", "code", "answer", "sortorder")

    def told(self, field: str) -> Words:
        """A text about the survey as a whole, such as its title."""
        rows = self._tables.get("surveys_languagesettings", ())
        return self._words((row.get("surveyls_language"), row.get(field)) for row in rows)

    def questions(self) -> Iterator[Question]:
        """The questions in the order in which they are asked."""
        groups = {row.get("gid", ""): row for row in reversed(self._tables.get("groups", []))}
        by_id: dict[str, Rows] = {}
        for row in self._tables["questions"]:
            by_id.setdefault(row.get("qid", ""), []).append(row)
        found = []
        for qid, rows in by_id.items():
            first = rows[0]
            found.append(
                Question(
                    qid=qid,
                    code=first.get("title") or f"Q{qid}",
                    type=first.get("type", ""),
                    text=self._words((row.get("language"), row.get("question")) for row in rows),
                    hint=self._words((row.get("language"), row.get("help")) for row in rows),
                    fields=first,
                    group=groups.get(first.get("gid", ""), {}),
                    twins=tuple(_twins(rows)),
                )
            )
        yield from sorted(
            found,
            key=lambda each: (
                whole_number(each.group.get("group_order")),
                whole_number(each.fields.get("question_order")),
            ),
        )

    def _parts(self, table: str, of: str, code: str, text: str, order: str) -> dict[str, list[Part]]:
        by_key: dict[tuple[str, str, str], Rows] = {}
        for row in sorted(self._tables.get(table, ()), key=lambda row: whole_number(row.get(order))):
            key = (row.get(of, ""), row.get("scale_id", "0"), row.get(code, ""))
            by_key.setdefault(key, []).append(row)
        found: dict[str, list[Part]] = defaultdict(list)
        for (qid, scale, name), rows in by_key.items():
            words = self._words((row.get("language"), row.get(text)) for row in rows)
            found[qid].append(Part(name, words or dict.fromkeys(self.languages, name), scale))
        return found

    def conditions(self) -> Iterator[tuple[str, Tree]]:
        """When questions are shown, by their codes, in files from before 2011; later ones have a relevance instead."""
        codes = {row.get("qid", ""): row.get("title", "") for row in self._tables["questions"]}
        by_question: dict[str, dict[str, dict[str, list[Tree]]]] = defaultdict(lambda: defaultdict(dict))
        for row in self._tables.get("conditions", ()):
            asks = codes.get(row.get("cqid", ""), "")
            field = row.get("cfieldname", "").rpartition("X")[2].removeprefix(row.get("cqid", ""))
            value, sign = row.get("value", ""), row.get("method", "")
            compared = Compared(f"{asks}_{field}" if field else asks, "=" if value else "empty", value)
            if sign in _OLD:
                compared = compared._replace(sign=cast(Sign, sign))
            tree: Tree = Not(compared) if sign == "!=" else compared
            here = by_question[codes.get(row.get("qid", ""), "")][row.get("scenario", "1")]
            here.setdefault(row.get("cfieldname", ""), []).append(tree)
        for code, scenarios in by_question.items():
            ways = tuple(Both(tuple(Either(tuple(alike)) for alike in of.values())) for of in scenarios.values())
            yield code, Either(ways)

    def _languages(self) -> tuple[str, ...]:
        (survey, *_) = self._tables.get("surveys") or [{}]
        named = [survey.get("language", ""), *survey.get("additional_languages", "").split()]
        named += [row["language"] for row in self._tables.get("languages", ())]
        found = dict.fromkeys(filter(None, map(_tag, named)))
        return tuple(found) or ("en",)

    def _words(self, texts: Iterable[tuple[str | None, str | None]]) -> Words:
        found: dict[str, str] = {}
        for language, text in texts:
            tag, plain = _tag(language or ""), " ".join(html_to_text(text or "").split())
            if tag and plain:
                found.setdefault(tag, plain)
        return found


def _twins(rows: Rows) -> Iterator[str]:
    seen: set[str | None] = set()
    for row in rows:
        if row.get("language") in seen:
            yield row.get("title") or f"Q{row.get('qid', '')}"
        seen.add(row.get("language"))


_OLD: Final = ("<", "<=", ">", ">=")


def whole_number(text: str | None) -> int:
    """The number, or 0; no file counts further than 18 digits."""
    return int(text) if text and text.isdecimal() and len(text) <= _DIGITS else 0


_DIGITS: Final = 18


def _tag(language: str) -> str | None:
    """A language as we write it: LimeSurvey has its own variants, such as de-informal."""
    for text in (language, language.partition("-")[0]):
        try:
            return language_tag(text)
        except InvalidValue:
            continue
    return None

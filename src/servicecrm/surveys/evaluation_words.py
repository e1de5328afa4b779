"""The words for an evaluation in one language: what items, figures and groups are called, how numbers are written."""

from html import escape
from typing import TYPE_CHECKING, Final

from servicecrm.kernel.frozen import FrozenMap
from servicecrm.kernel.texts import Texts
from servicecrm.measures import TEXTS as MEASURES
from servicecrm.surveys.cells import Part, parts
from servicecrm.surveys.evaluation_lines import Line
from servicecrm.surveys.items import Item

if TYPE_CHECKING:
    from servicecrm.surveys.evaluation import Evaluation

__all__ = ["Words", "in_markdown", "interval_of", "measured", "shown"]

_TEXTS: Final = Texts("servicecrm.surveys")


class Words:
    """The words for an evaluation in one language."""

    def __init__(self, evaluation: "Evaluation", language: str) -> None:
        self.of: Evaluation = evaluation
        self.language: str = language
        self.parts: dict[str, Part] = {part.key: part for part in parts(evaluation.questionnaire)}
        # What they say is told beside the item that they ask about.
        self.twins: dict[str, str] = {key: name for key, part in self.parts.items() if (name := _twin(part.item))}

    def title(self) -> str:
        title = self.words(self.of.questionnaire.title)
        if self.of.wave is None:
            return self.text("title", title=title)
        return self.text("wave", title=title, wave=self.of.wave)

    def head(self, *names: str) -> tuple[str, ...]:
        return tuple(map(self.text, names))

    def text(self, key: str, **values: str) -> str:
        return _TEXTS.get(f"evaluation.{key}", language=self.language, **values)

    def words(self, said: FrozenMap) -> str:
        known = self.of.questionnaire
        return str(said.get(known.nearest(self.language) or known.languages[0], ""))

    def label(self, key: str) -> str:
        part = self.parts.get(key)
        if part is None:
            item = next((item for item in self.of.questionnaire.items if item.id == key), None)
            return key if item is None else self.words(item.text)
        said = self.words(part.item.text if part.row is None else part.row.text)
        return f"{said} ({self.text(self.twins[key])})" if key in self.twins else said

    def option(self, line: Line) -> str:
        part = self.parts[line.key]
        said = next((option.text for option in part.item.options if option.code == line.part), None)
        if said is not None:
            return self.words(said)
        key = f"answer.{line.part}"
        return _TEXTS.get(key, language=self.language) if key in _TEXTS.keys("en") else line.part or ""

    def named(self, line: Line) -> str:
        return self.label(line.key) if line.part is None else f"{self.label(line.key)}: {self.option(line)}"

    def group(self, line: Line) -> str:
        return " / ".join(name or self.text("unknown") for name in line.group)

    def figure(self, line: Line) -> str:
        return self.text("counted") if line.figure == "answers" else measured(f"method.{line.figure}", self.language)

    def told(self, line: Line) -> tuple[str, str]:
        """A figure with its unit, and its interval."""
        score = line.score
        if score is None:
            return ("" if line.hidden is None else self.text(line.hidden)), ""
        unit = {"percent": " %", "points": "", "scale": f" ({score.method.scale})" if score.method.scale else ""}
        if score.value is None:
            return self.reason(None, score.reason), ""
        form = "{:.2f}" if score.method.unit == "scale" else "{:.1f}"
        return f"{form.format(score.value)}{unit[score.method.unit]}", interval_of(score.low, score.high, form)

    def reason(self, value: float | None, reason: str | None, form: str = "{:.1f}") -> str:
        if value is not None:
            return form.format(value)
        return "-" if reason is None else measured(f"reason.{reason}", self.language)


def _twin(item: Item) -> str | None:
    return "importance" if item.importance_of else "expected" if item.expectation_of else None


_MARKS: Final = str.maketrans({mark: f"\\{mark}" for mark in "\\|[]`"})


def in_markdown(said: str) -> str:
    """Somebody's words in a text in Markdown: no bar, line break, tag, link or picture becomes one of the page."""
    return " ".join(escape(said, quote=False).translate(_MARKS).split())


def measured(key: str, language: str) -> str:
    return MEASURES.get(key, language=language)


def shown(value: object, form: str) -> str:
    return form.format(value) if isinstance(value, float) else "-"


def interval_of(low: float | None, high: float | None, form: str) -> str:
    return "" if low is None or high is None else f"{form.format(low)} … {form.format(high)}"

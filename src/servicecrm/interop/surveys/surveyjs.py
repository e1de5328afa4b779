"""Questionnaires of SurveyJS: the parts of its JSON that ours can ask too. What we write is read again."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from servicecrm.errors import InvalidValue, MalformedDocument
from servicecrm.interop.surveys.building import BAD, Building, Foreign, Place
from servicecrm.interop.surveys.numbers import scale_of
from servicecrm.kernel.documents import from_text
from servicecrm.kernel.values import language_tag
from servicecrm.measures.scales import Scale
from servicecrm.surveys.items import Apart, Option, Words, by_language

__all__ = ["read_surveyjs"]

Json = Mapping[str, Any]

_KIND: Final = "SurveyJS survey"
_LOCALES: Final = {"zh-cn": "zh", "zh-tw": "zh-Hant"}
MAX_DEPTH: Final = 20
"""Panels inside each other."""


def read_surveyjs(survey: Json | str) -> Foreign:
    """What a survey of SurveyJS asks, as far as a questionnaire of ours can ask it, from its JSON.

    Ratings become scales: which of them is a Net Promoter Score is not guessed from its numbers.

    Raises:
        MalformedDocument: it is not JSON, has a key twice, or has no elements.

    Source: C074.
    """
    if isinstance(survey, str):
        survey = from_text(survey, _KIND)
    if not isinstance(survey, Mapping):
        raise MalformedDocument(_KIND, ("$: expected an object",))
    return _Survey(survey).taken()


class _Survey:
    def __init__(self, survey: Json) -> None:
        self.survey = survey
        self.building = Building()
        self.first = _tag(str(survey.get("locale") or "en")) or "en"
        self.languages: dict[str, None] = {self.first: None}

    def taken(self) -> Foreign:
        elements = [*self._elements(self.survey, (), 0)]
        if not elements:
            raise MalformedDocument(_KIND, ("it has no elements",))
        for element, shown in elements:
            self._add(element, shown)
        title = self.words(self.survey.get("title")) or {self.first: _KIND}
        told = self.words(self.survey.get("description"))
        return self.building.finished(title=title, introduction=told, languages=self.languages)

    def _elements(self, around: Json, shown: tuple[str, ...], depth: int) -> Iterator[tuple[Json, tuple[str, ...]]]:
        """The questions in pages and panels, each with the conditions around it."""
        if depth > MAX_DEPTH:
            raise MalformedDocument(_KIND, (f"panels stand in each other more than {MAX_DEPTH} deep",))
        for each in (*_objects(around.get("pages")), *_objects(around.get("elements") or around.get("questions"))):
            condition = each.get("visibleIf")
            inner = (*shown, condition) if isinstance(condition, str) else shown
            if "elements" in each or "questions" in each:
                yield from self._elements(each, inner, depth + 1)
            elif isinstance(each.get("type"), str):
                yield each, inner

    def words(self, text: object) -> Words:
        """A text by language: a plain one is in the first, and so is the default of several."""
        texts = text if isinstance(text, Mapping) else {"default": text}
        found: dict[str, str] = {}
        for name, said in texts.items():
            tag = self.first if name == "default" else _tag(str(name))
            if tag and isinstance(said, str) and said.strip():
                found.setdefault(tag, said)
                self.languages.setdefault(tag)
        return found

    def _add(self, element: Json, shown: tuple[str, ...]) -> None:
        name, type = str(element.get("name") or ""), str(element.get("type"))
        make, path = _MAKE.get(type), f"elements.{name}"
        if make is None or not name:
            self.building.leave(path, f"left out: {type!r} has no counterpart" if name else "left out: it has no name")
            return
        for key in _LEFT.intersection(element):
            self.building.leave(path, f"its {key}")
        try:
            kind, given = make(self, element)
        except BAD as error:
            self.building.leave(path, f"left out: {error}")
            return
        made = self.building.add(
            name,
            kind,
            text=self.words(element.get("title")) or {self.first: name},
            hint=self.words(element.get("description")),
            required=element.get("isRequired") is True or element.get("eachRowRequired") is True,
            shown=shown,
            **given,
        )
        if made is not None and element.get("showOtherItem"):
            more = {tag: f"{text} (…)" for tag, text in made.text.items()}
            self.building.add(f"{name}-Comment", "text", text=more, shown=[f"{{{name}}} = 'other'"])

    # -- questions -------------------------------------------------------------------------------

    def rating(self, of: Json) -> "_Made":
        values = [*self._choices(of.get("rateValues"))]
        scale = scale_of([value for value, _ in values]) if values else _scale(of)
        if scale is None:
            raise InvalidValue("rateValues", "they are not the points of a scale")
        labels = {float(value): text for value, text in values if text}
        ends = {scale.low: of.get("minRateDescription"), scale.high: of.get("maxRateDescription")}
        labels |= {at: words for at, text in ends.items() if (words := self.words(text))}
        return "scale", {"scale": scale, "labels": labels}

    def one(self, of: Json) -> "_Made":
        choices = [*self._choices(of.get("choices"))]
        apart = [value for value, _ in choices if value in tuple(Apart)]
        rest = [(value, text) for value, text in choices if value not in apart]
        if of.get("showDontKnowItem"):
            apart.append(Apart.DONT_KNOW)
        codes = [value for value, _ in rest]
        scale = None if any(isinstance(code, str) for code in codes) else scale_of(codes)
        if scale is not None:
            labels = {float(value): text for value, text in rest if text}
            return "scale", {"scale": scale, "labels": labels, "apart": apart}
        if codes == ["yes", "no"]:
            return "yes_no", {"apart": apart}
        return "choice", {"options": self._options(of, rest), "apart": apart}

    def several(self, of: Json) -> "_Made":
        return "multiple", {"options": self._options(of, self._choices(of.get("choices"))), **_limits(of)}

    def ranking(self, of: Json) -> "_Made":
        return "ranking", {"options": self._options(of, self._choices(of.get("choices"))), **_limits(of)}

    def boolean(self, of: Json) -> "_Made":
        return "yes_no", {}

    def line(self, of: Json) -> "_Made":
        kind = of.get("inputType")
        if kind in ("number", "range"):
            whole = any(each.get("regex") == "^-?[0-9]+$" for each in _objects(of.get("validators")))
            return "number", {"least": of.get("min"), "most": of.get("max"), "whole": whole}
        return ("date", {}) if kind == "date" else self.comment(of)

    def comment(self, of: Json) -> "_Made":
        least = [each["minLength"] for each in _objects(of.get("validators")) if each.get("minLength")]
        most = of.get("maxLength")
        return "text", {"least": next(iter(least), None), "most": most if most and most > 0 else None}

    def matrix(self, of: Json) -> "_Made":
        rows: dict[str, Words] = {}
        for value, text in self._choices(of.get("rows")):
            if str(value) in rows:
                self.building.leave(f"elements.{of['name']}.rows.{value}", "left out: there is such a row already")
            rows.setdefault(str(value), text or {self.first: str(value)})
        _, asked = self.one({"choices": of.get("columns")})
        if "options" not in asked and "scale" not in asked:  # yes and no alone
            asked = {**asked, "options": self._options(of, self._choices(of.get("columns")))}
        for row in rows:
            self.building.names.setdefault(f"{of['name']}.{row}", Place(str(of["name"]), row=row))
        return "matrix", {"rows": rows, **asked}

    def _choices(self, choices: object) -> Iterator[tuple[Any, Words]]:
        for each in choices if isinstance(choices, list | tuple) else ():
            value = each.get("value") if isinstance(each, Mapping) else each
            yield value, self.words(each.get("text") if isinstance(each, Mapping) else None)

    def _options(self, of: Json, choices: Iterable[tuple[Any, Words]]) -> list[Option]:
        alone = {each.get("value") for each in _objects(of.get("choices")) if each.get("isExclusive")}
        found = [(value, text, value in alone) for value, text in choices]
        several = of.get("type") in ("checkbox", "tagbox")
        found += [("none", {}, several)] if of.get("showNoneItem") else []
        found += [("other", {}, False)] if of.get("showOtherItem") else []
        return [
            Option(code=f"{code}", text=by_language(text or {self.first: f"{code}"}), exclusive=exclusive)
            for code, text, exclusive in found
        ]


_Made = tuple[str, dict[str, Any]]
_MAKE: Final[Mapping[str, Callable[[_Survey, Json], _Made]]] = {
    "rating": _Survey.rating,
    **dict.fromkeys(("radiogroup", "dropdown", "buttongroup"), _Survey.one),
    **dict.fromkeys(("checkbox", "tagbox"), _Survey.several),
    "ranking": _Survey.ranking,
    "boolean": _Survey.boolean,
    "text": _Survey.line,
    "comment": _Survey.comment,
    "matrix": _Survey.matrix,
}
_LEFT: Final = frozenset(
    {"choicesByUrl", "choicesVisibleIf", "defaultValue", "enableIf", "requiredIf", "rowsVisibleIf", "setValueIf"}
)


def _scale(of: Json) -> Scale | None:
    step = of.get("rateStep", 1)
    high = of.get("rateMax", of.get("rateMin", 1) + (of.get("rateCount", 5) - 1) * step)
    return Scale(low=of.get("rateMin", 1), high=high, step=step)


def _limits(of: Json) -> dict[str, Any]:
    counted = [each["minCount"] for each in _objects(of.get("validators")) if each.get("minCount")]
    least = next(iter(counted), None) or of.get("minSelectedChoices") or None
    return {"least": least, "most": of.get("maxSelectedChoices") or None}


def _objects(found: object) -> list[Json]:
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list | tuple) else []


def _tag(locale: str) -> str | None:
    try:
        return language_tag(_LOCALES.get(locale.lower(), locale))
    except InvalidValue:
        return None

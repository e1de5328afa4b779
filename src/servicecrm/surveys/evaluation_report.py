"""The evaluation of a survey as it is published: its figures, what is done about low scores, what was concluded."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from servicecrm.kernel.texts import Texts
from servicecrm.kernel.values import fallbacks, language_tag
from servicecrm.surveys.evaluation_model import Handling, Saying, SurveyEvaluation
from servicecrm.surveys.evaluation_words import in_markdown

__all__ = ["report_markdown"]

_TEXTS: Final = Texts("servicecrm.surveys")


def report_markdown(
    kept: SurveyEvaluation, *, language: str = "en", names: Mapping[str, str] = MappingProxyType({})
) -> str:
    """The whole report as a text in Markdown: with the figures as they were kept, whatever is computed today.

    `names` are what actions are called by people, by their ids: their numbers, or their titles.

    Raises:
        InvalidValue: the language is not a language tag.

    Source: C082.
    """
    pages = [kept.pages[tag] for tag in (*fallbacks(language_tag(language)), "en", *kept.pages) if tag in kept.pages]
    parts = [str(pages[0]).rstrip()] if pages else []
    parts += _sayings(kept, language)
    if kept.low:
        lines = [f"- {line}" for line in _low(kept, language, names)]
        parts.append("\n".join([f"## {_text('low', language)}", "", *lines]))
    return "\n\n".join(parts) + "\n"


def _sayings(kept: SurveyEvaluation, language: str) -> Iterator[str]:
    for kind in Saying:
        said = [f"- {in_markdown(each.text)}" for each in kept.conclusions if each.kind is kind]
        if said:
            yield "\n".join([f"## {_text(f'saying.{kind.value}', language)}", "", *said])


def _low(kept: SurveyEvaluation, language: str, names: Mapping[str, str]) -> Iterator[str]:
    for score in kept.low:
        decided = [_decided(each, language, names) for each in kept.handled if score.name in each.scores]
        told = "; ".join(decided) or _text("unhandled", language)
        yield f"{in_markdown(score.name)}: {score.value:.2f} / {score.threshold:g} (n = {score.n:,}): {told}"


def _decided(each: Handling, language: str, names: Mapping[str, str]) -> str:
    if each.action is not None:
        name = names.get(each.action)
        return _text("opened", language) if name is None else _text("handled", language, action=in_markdown(name))
    return _text("waived", language, reason=in_markdown(each.waiver or ""))


def _text(key: str, language: str, **values: str) -> str:
    return _TEXTS.get(f"evaluation.{key}", language=language, **values)

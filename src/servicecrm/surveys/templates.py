"""Ready-made questionnaires, in every language that is shipped.

Where the wording of an instrument is protected, ours is our own, after what the instrument measures. SUS was made
freely available by its author, and is to be cited; its translations are ours.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple

from servicecrm.errors import InvalidValue
from servicecrm.kernel.shapes import several
from servicecrm.kernel.texts import Texts
from servicecrm.kernel.values import language_tag
from servicecrm.measures.scales import Scale
from servicecrm.surveys.items import Apart, Item, ItemKind, Polarity, item
from servicecrm.surveys.questionnaires import Content

__all__ = ["TEMPLATES", "template"]

_TEXTS: Final = Texts("servicecrm.surveys")
_LANGUAGES: Final = ("en", "de", "zh")
_TEN, _SEVEN, _FIVE = Scale(low=1, high=10), Scale(low=1, high=7), Scale(low=1, high=5)

_Said = dict[str, str]


class _Words(NamedTuple):
    """The texts of one template, in some languages."""

    template: str
    languages: tuple[str, ...]

    def of(self, key: str) -> _Said:
        return self._said(f"template.{self.template}.{key}")

    def rows(self, *codes: str) -> dict[str, _Said]:
        return {code: self.of(f"row.{code}") for code in codes}

    def ends(self, scale: Scale, name: str) -> dict[float, _Said]:
        """The labels of both ends of a scale."""
        return {scale.low: self._said(f"label.{name}.low"), scale.high: self._said(f"label.{name}.high")}

    def _said(self, key: str) -> _Said:
        return {language: _TEXTS.get(key, language=language) for language in self.languages}


def template(name: str, *, languages: Iterable[str] | None = None) -> Content:
    """What a questionnaire from a template is made of: `draft(id="q-1", **template("nps"), by=..., at=...)`.

    Raises:
        InvalidValue: there is no such template, or not in such a language; names those that there are.

    Source: C074.
    """
    if name not in TEMPLATES:
        raise InvalidValue("template", f"there is no template {name!r}; known: {', '.join(TEMPLATES)}")
    tags = _LANGUAGES if languages is None else tuple(map(language_tag, several("languages", languages)))
    if not set(tags) <= set(_LANGUAGES):
        raise InvalidValue("languages", f"templates are there in {', '.join(_LANGUAGES)}")
    items, source = TEMPLATES[name]
    words = _Words(name, tags)
    return {
        "title": words.of("title"),
        "introduction": words.of("introduction"),
        "languages": tags,
        "items": items(words),
        "source": source,
        "template": name,
    }


def _satisfaction(words: _Words) -> Iterable[Item]:
    ends = words.ends(_TEN, "satisfied")
    yield item("overall", ItemKind.SCALE, text=words.of("overall"), scale=_TEN, labels=ends, required=True)
    yield item(
        "aspects",
        ItemKind.MATRIX,
        text=words.of("aspects"),
        scale=_TEN,
        labels=ends,
        rows=words.rows("quality", "reliability", "speed", "staff", "information", "price"),
        apart=(Apart.NOT_APPLICABLE, Apart.DONT_KNOW),
    )
    yield item("trouble", ItemKind.TEXT, text=words.of("trouble"), shown_if={"item": "overall", "at_most": 4})
    yield item("better", ItemKind.TEXT, text=words.of("better"))


def _nps(words: _Words) -> Iterable[Item]:
    ends = words.ends(Scale(low=0, high=10), "likely")
    yield item("recommend", ItemKind.NPS, text=words.of("recommend"), labels=ends, required=True)
    yield item("reason", ItemKind.TEXT, text=words.of("reason"))


def _csat(words: _Words) -> Iterable[Item]:
    yield item(
        "satisfied", ItemKind.CSAT, text=words.of("satisfied"), labels=words.ends(_FIVE, "satisfied"), required=True
    )
    yield item("trouble", ItemKind.TEXT, text=words.of("trouble"), shown_if={"item": "satisfied", "at_most": 2})


def _ces(words: _Words) -> Iterable[Item]:
    yield item("easy", ItemKind.CES, text=words.of("easy"), labels=words.ends(_SEVEN, "agree"), required=True)
    yield item("obstacle", ItemKind.TEXT, text=words.of("obstacle"), shown_if={"item": "easy", "at_most": 3})


_DIMENSIONS: Final = {
    "tangibles": ("equipment", "premises", "appearance", "material"),
    "reliability": ("promises", "interest", "first_time", "on_time", "records"),
    "responsiveness": ("when", "prompt", "willing", "never_busy"),
    "assurance": ("trust", "safe", "polite", "knowledge"),
    "empathy": ("individual", "hours", "personal", "best_interest", "needs"),
}


def _perceived(words: _Words, *, ideal: bool) -> Iterable[Item]:
    """What is found, or with `ideal` what would be found at an excellent service: the same statements for each."""
    for dimension, codes in _DIMENSIONS.items():
        yield item(
            f"{dimension}_ideal" if ideal else dimension,
            ItemKind.MATRIX,
            text=words.of("ideal" if ideal else "found"),
            scale=_SEVEN,
            labels=words.ends(_SEVEN, "agree"),
            rows=words.rows(*codes),
            apart=(Apart.DONT_KNOW,),
            dimension=dimension,
            expectation_of=dimension if ideal else None,
        )


def _servperf(words: _Words) -> Iterable[Item]:
    # The statements are those of SERVQUAL, and stand there.
    return _perceived(words._replace(template="servqual"), ideal=False)


def _servqual(words: _Words) -> Iterable[Item]:
    yield from _perceived(words, ideal=True)
    yield from _perceived(words, ideal=False)
    for dimension in _DIMENSIONS:
        yield item(
            f"{dimension}_points",
            ItemKind.NUMBER,
            text=words.of(f"points.{dimension}"),
            hint=words.of("points.hint"),
            least=0,
            most=100,
            whole=True,
            dimension=dimension,
            importance_of=dimension,
        )


def _sus(words: _Words) -> Iterable[Item]:
    for n in range(1, 11):
        blames = n % 2 == 0
        yield item(
            f"q{n}",
            ItemKind.SCALE,
            text=words.of(f"q{n}"),
            scale=_FIVE,
            labels=words.ends(_FIVE, "agree"),
            polarity=Polarity.LOWER if blames else Polarity.HIGHER,
            reverse=blames,
            dimension="usability",
        )


def _iso10004(words: _Words) -> Iterable[Item]:
    rows = words.rows("product", "delivery", "staff", "information", "complaints", "price")
    apart = (Apart.NOT_APPLICABLE, Apart.DONT_KNOW)
    yield item(
        "aspects",
        ItemKind.MATRIX,
        text=words.of("aspects"),
        scale=_TEN,
        labels=words.ends(_TEN, "satisfied"),
        rows=rows,
        apart=apart,
    )
    yield item(
        "importance",
        ItemKind.MATRIX,
        text=words.of("importance"),
        scale=_TEN,
        labels=words.ends(_TEN, "important"),
        rows=rows,
        apart=apart,
        importance_of="aspects",
    )
    yield item("overall", ItemKind.SCALE, text=words.of("overall"), scale=_TEN, labels=words.ends(_TEN, "satisfied"))
    yield item("better", ItemKind.TEXT, text=words.of("better"))


_NPS_SOURCE: Final = (
    "Reichheld, The One Number You Need to Grow, 2003. Net Promoter, Net Promoter Score and NPS are registered "
    "trademarks of Bain & Company, Inc., Fred Reichheld and Satmetrix Systems, Inc."
)
_SERVQUAL_SOURCE: Final = "Statements of our own, after the five dimensions of Parasuraman, Zeithaml & Berry, 1988"
_SERVPERF_SOURCE: Final = f"{_SERVQUAL_SOURCE}; perceptions alone after Cronin & Taylor, 1992"
_SUS_SOURCE: Final = "Brooke, SUS: A quick and dirty usability scale, 1996; German and Chinese translations of our own"

TEMPLATES: Final[Mapping[str, tuple[Callable[[_Words], Iterable[Item]], str | None]]] = {
    "satisfaction": (_satisfaction, "The scale of YaSM SP3.6, 1: very dissatisfied to 10: very satisfied"),
    "nps": (_nps, _NPS_SOURCE),
    "csat": (_csat, None),
    "ces": (_ces, "Agreement that it was easy, as in CES 2.0, after Dixon, Freeman & Toman, 2010"),
    "servqual": (_servqual, _SERVQUAL_SOURCE),
    "servperf": (_servperf, _SERVPERF_SOURCE),
    "sus": (_sus, _SUS_SOURCE),
    "iso10004": (
        _iso10004,
        "Questions of our own, for an index of satisfaction weighted by importance as in ISO 10004",
    ),
}
"""The templates that are shipped: the items of each, and whose instrument it is."""

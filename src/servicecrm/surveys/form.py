"""A questionnaire as one web page that needs nothing else: every language, with or without scripts, no request."""

import json
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from html import escape
from importlib.resources import files
from typing import Final
from urllib.parse import urlsplit

from servicecrm.errors import InvalidValue
from servicecrm.kernel.records import record
from servicecrm.kernel.values import LanguageTag, fallbacks
from servicecrm.surveys.answers import Status
from servicecrm.surveys.form_items import ItemWriter, language_of
from servicecrm.surveys.form_logic import TEXTS, check_askable, rules
from servicecrm.surveys.form_posting import ANSWER, Fields, by_name, posted
from servicecrm.surveys.model import Questionnaire

__all__ = ["Form", "form_of"]

_RIGHT_TO_LEFT: Final = ("ar", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi")
_ORIGIN: Final = re.compile(r"[A-Za-z0-9.:\[\]-]*")
_Entered = Mapping[str, Sequence[object]]
_Wrong = Mapping[str, str]
_NO_FIELDS: Final[Mapping[str, str]] = {}


@record
class Form:
    """The page, and the Content-Security-Policy to send with it, under which it runs its own script and no other."""

    html: str
    csp: str


def form_of(
    questionnaire: Questionnaire,
    *,
    action: str = "",
    hidden: Mapping[str, str] = _NO_FIELDS,
    language: str | None = None,
    fields: Fields = (),
) -> Form:
    """The form to fill in a questionnaire, in one file that asks no server for anything.

    It is posted to `action`, or else to where it came from, with the `hidden` fields, such as a token; `posted` reads
    what arrives. It begins in the language that is nearest to `language`, or in its first one, and can be switched to
    any other. Items that are not to be answered are hidden; without scripts, the page says in words when they are.
    `fields` are those of a form that was posted and refused: what was entered is there again, with what is wrong.

    Raises:
        InvalidValue: the questionnaire is a draft or retired, or not offered in the language; the action is no address
            of the web; a hidden field has the name of one of the form's own.

    Source: C074, C077.
    """
    check_askable(questionnaire)
    first = questionnaire.languages[0] if language is None else questionnaire.nearest(language)
    if first is None:
        raise InvalidValue("language", f"it is offered in {', '.join(questionnaire.languages)}")
    taken = [name for name in hidden if name == "language" or name.startswith(ANSWER)]
    if taken:
        raise InvalidValue("hidden", f"the form has fields of its own with the names {', '.join(taken)}")
    entered, wrong = _entered(questionnaire, fields)
    page = _Page(questionnaire, first, entered, wrong)
    style, script = page.style(), _file("form.js")
    csp = (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; img-src data:; "
        f"form-action {_origin(action)}; base-uri 'none'"
    )
    return Form(html="".join(page.written(action, hidden, style=style, script=script, csp=csp)), csp=csp)


def _entered(questionnaire: Questionnaire, fields: Fields) -> tuple[_Entered, _Wrong]:
    entered = {f"{ANSWER}{name}": values for name, values in by_name(fields).items()}
    if not entered:
        return {}, {}
    reading = questionnaire.read(posted(questionnaire, entered))
    wrong = {
        answer.key: "missing" if answer.status is Status.MISSING else "invalid"
        for answer in reading.answers
        if any(problem.startswith(f"$.{answer.key.replace('/', '.')}: ") for problem in reading.problems)
    }
    return entered, wrong


def _file(name: str) -> str:
    return (files("servicecrm.surveys") / name).read_text("utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def _origin(action: str) -> str:
    """Where the form may be posted to."""
    try:
        address = urlsplit(action)
    except ValueError:
        address = None
    if address is None or address.scheme not in ("", "http", "https") or not _ORIGIN.fullmatch(address.netloc):
        raise InvalidValue("action", "expected an address such as /answers or https://city.example/answers")
    if not address.netloc:
        return "'self'"
    return f"{address.scheme}://{address.netloc}" if address.scheme else address.netloc


class _Page(ItemWriter):
    """Writes what is around the items. `first` is the language in which it is shown at first."""

    def __init__(self, questionnaire: Questionnaire, first: LanguageTag, entered: _Entered, wrong: _Wrong) -> None:
        super().__init__(questionnaire, entered, wrong)
        self.first = first

    def style(self) -> str:
        """What is shown follows the chosen language without a script. A browser that cannot do it shows all of them."""
        shown = (
            f"html:has(#l{n}:checked) .t:not(.l{n}) {{ display: none; }}\n"
            f"html:has(#l{n}:checked) {{ direction: {_direction(tag)}; }}\n"
            for n, tag in enumerate(self.questionnaire.languages)
        )
        return "\n" + _file("form.css") + "".join(shown)

    def written(self, action: str, hidden: Mapping[str, str], *, style: str, script: str, csp: str) -> Iterator[str]:
        asked = self.questionnaire
        yield f'<!DOCTYPE html>\n<html lang="{self.first}" dir="{_direction(self.first)}">\n<head>\n'
        yield f'<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" content="{escape(csp)}">\n'
        yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n<link rel="icon" href="data:,">\n'
        yield f"<title>{escape(f'{asked.title[self.first]}')}</title>\n<style>{style}</style>\n</head>\n<body>\n"
        to = f' action="{escape(action)}"' if action else ""
        yield f'<form id="form" method="post"{to} autocomplete="off">\n{self.languages()}<main>\n'
        yield f"<h1>{self.spoken(asked.title)}</h1>\n"
        if asked.introduction:
            yield f'<p class="introduction">{self.spoken(asked.introduction)}</p>\n'
        marks = "" if self.wrong else " hidden"
        yield f'<div id="errors" role="group" aria-labelledby="errors-title" tabindex="-1"{marks}>\n'
        yield f'<h2 id="errors-title">{self.own("form.errors")}</h2>\n<ul>{self.links()}</ul>\n</div>\n'
        yield from (self.item(f"i{n}", item) for n, item in enumerate(asked.items))
        yield from (f'<input type="hidden" name="{escape(n)}" value="{escape(v)}">\n' for n, v in hidden.items())
        yield f'<p><button type="submit">{self.own("form.send")}</button></p>\n</main>\n</form>\n'
        if asked.source:
            yield f"<footer><p>{escape(asked.source)}</p></footer>\n"
        told_to_browser = json.dumps(rules(asked), ensure_ascii=False).replace("<", "\\u003c")
        yield f'<script type="application/json" id="rules">{told_to_browser}</script>\n'
        yield f"<script>{script}</script>\n</body>\n</html>\n"

    def links(self) -> str:
        """Links to what is wrong. With scripts, they are made in the browser."""
        return "".join(
            f'<li><a href="#i{n}">{self.spoken(item.text)}</a></li>'
            for n, item in enumerate(self.questionnaire.items)
            if any(key.partition("/")[0] == item.id for key in self.wrong)
        )

    def languages(self) -> str:
        tags = self.questionnaire.languages
        if len(tags) == 1:
            return f'<input type="hidden" name="language" value="{tags[0]}">\n'
        choices = "".join(
            f'<label lang="{tag}"><input type="radio" name="language" id="l{n}" value="{tag}"'
            f"{' checked' if tag == self.first else ''}> {escape(_name_of(tag))}</label>\n"
            for n, tag in enumerate(tags)
        )
        legend = f"<legend>{self.own('form.language')}</legend>"
        return f'<fieldset class="languages">\n{legend}\n<div class="choices">\n{choices}</div>\n</fieldset>\n'


def _direction(tag: LanguageTag) -> str:
    return "rtl" if tag.partition("-")[0] in _RIGHT_TO_LEFT else "ltr"


def _name_of(tag: LanguageTag) -> str:
    """What a language calls itself, as far as we speak it."""
    near = language_of("form.language_name", tag)
    if near not in fallbacks(tag):
        return tag
    name = TEXTS.get("form.language_name", language=near)
    return name if near == tag else f"{name} ({tag})"

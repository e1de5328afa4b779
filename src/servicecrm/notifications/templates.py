"""The words of notices: templates by key and language, checked as a whole before anybody gets one."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, tzinfo
from string import Formatter
from typing import Final

import attrs

from servicecrm.errors import InvalidValue, ServiceCRMError
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.records import evolve, record
from servicecrm.kernel.shapes import filled
from servicecrm.kernel.texts import Texts
from servicecrm.kernel.values import LanguageTag, fallbacks, language_tag
from servicecrm.notifications.facts import EVERY_FACT
from servicecrm.notifications.known import unknown_events
from servicecrm.notifications.matrix import Matrix
from servicecrm.notifications.plain import header_line, one_line
from servicecrm.tracking.names import timer_name

__all__ = ["TEXTS", "BadTemplates", "Template", "Templates", "filled_in"]

TEXTS: Final = Texts("servicecrm.notifications")
"""The words of the templates that are shipped, and how a time is written."""

LAST_RESORT: Final = LanguageTag("en")

_IN_WORDS: Final = {"timer": timer_name}


class BadTemplates(ServiceCRMError, ValueError):
    """Templates that cannot tell what they have to tell: every problem at once."""

    code = "bad_templates"

    def __init__(self, problems: tuple[str, ...]) -> None:
        self.problems = problems
        super().__init__("; ".join(problems))


@record
class Template:
    """What a notice says in one language.

    Subject and body hold placeholders that are simple names, such as `{number}`. Each is declared in `values`; or in
    `times` if it is a time, which is written as the reader is used to; or in `codes` if it is a word of ours, which is
    put into his language: `timer`, the name of a target.
    """

    key: str = attrs.field(validator=filled)
    language: str = attrs.field(converter=language_tag)
    subject: str = attrs.field(validator=filled)
    body: str = attrs.field(validator=filled)
    values: tuple[str, ...] = attrs.field(default=(), converter=tuple)
    times: tuple[str, ...] = attrs.field(default=(), converter=tuple)
    codes: tuple[str, ...] = attrs.field(default=(), converter=tuple)

    @property
    def names(self) -> frozenset[str]:
        """Everything that it needs a value for."""
        return frozenset((*self.values, *self.times, *self.codes))

    def problems(self) -> Iterator[str]:
        """What is wrong with it."""
        where = f"{self.key} ({self.language})"
        try:
            used = _names(self.subject) | _names(self.body)
            header_line("the subject", self.subject)
        except ValueError as error:
            yield f"{where}: {error}"
            return
        for name in sorted(used - self.names):
            yield f"{where}: the variable {name} is not declared"
        for name in sorted(self.names - used):
            yield f"{where}: the variable {name} is declared and not used"
        for name, kinds in sorted(Counter((*self.values, *self.times, *self.codes)).items()):
            if kinds > 1:
                yield f"{where}: the variable {name} is declared as a value, a time or a code, once"
        for name in sorted(set(self.codes) - _IN_WORDS.keys()):
            yield f"{where}: there are no words for {name}; for codes there are: {', '.join(_IN_WORDS)}"


@record
class Templates:
    """A book of templates. Every template is there in every language of the book, English among them.

    Raises:
        BadTemplates: a placeholder is no simple name or is not declared, or a declared one is not used; a template
            lacks a language, is there twice, or declares other variables in another language; a subject has several
            lines. Every problem.

    Source: C093, C094.
    """

    templates: tuple[Template, ...] = attrs.field(converter=tuple)

    def __attrs_post_init__(self) -> None:
        problems = tuple(self._problems())
        if problems:
            raise BadTemplates(problems)

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages of the book."""
        return tuple(sorted({LAST_RESORT, *(template.language for template in self.templates)}))

    def get(self, key: str, language: str) -> Template:
        """The template for a reader of a language, or of the nearest one (`de-AT`, `de`, then `en`).

        Raises:
            InvalidValue: there is no such template, or the language is no language tag.
        """
        found = {template.language: template for template in self.templates if template.key == key}
        for tag in (*fallbacks(language_tag(language)), LAST_RESORT):
            if tag in found:
                return found[tag]
        raise InvalidValue("template", f"there is no template {key!r}; known: {', '.join(self._keys())}")

    def with_templates(self, *templates: Template) -> "Templates":
        """This book and more: a template takes the place of the one with its key and language.

        Raises:
            BadTemplates: the book would not be whole, such as with only one template in a new language.
        """
        replaced = {_place(template) for template in templates}
        kept = (template for template in self.templates if _place(template) not in replaced)
        return evolve(self, templates=(*kept, *templates))

    def check(self, matrix: Matrix) -> None:
        """Refuses a matrix that these templates cannot tell.

        Raises:
            BadTemplates: the matrix names an event that never happens, a template that is not there, or one that needs
                values which the event does not have. Every problem.
        """
        problems = (*unknown_events(matrix), *self._unfit(matrix))
        if problems:
            raise BadTemplates(problems)

    def _keys(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(template.key for template in self.templates))

    def _problems(self) -> Iterator[str]:
        for template in self.templates:
            yield from template.problems()
        for key in self._keys():
            found = [template for template in self.templates if template.key == key]
            tags = [template.language for template in found]
            for language in self.languages:
                if tags.count(language) != 1:
                    yield f"{key} ({language}): the template is {'there twice' if language in tags else 'missing'}"
            if len({tuple(map(frozenset, (each.values, each.times, each.codes))) for each in found}) > 1:
                yield f"{key}: the languages declare other variables"

    def _unfit(self, matrix: Matrix) -> Iterator[str]:
        for entry in matrix.entries:
            where = f"{entry.event}/{entry.party}"
            if entry.template not in self._keys():
                yield f"{where}: there is no template {entry.template}"
                continue
            names = self.get(entry.template, LAST_RESORT).names
            for name in sorted(names - EVERY_FACT - matrix.values_of(entry.event) - {entry.given}):
                yield f"{where}: the template {entry.template} needs {name}, which the event does not have"


def filled_in(template: Template, values: Mapping[str, object], *, zone: tzinfo) -> tuple[str, str]:
    """The subject and the body for a reader in this zone. Values are put in as they are, and never looked into.

    Raises:
        InvalidValue: a value is missing, is more than a line of plain text, or is no time where one is needed.
    """
    missing = sorted(template.names - values.keys())
    if missing:
        raise InvalidValue(f"template {template.key}", f"it needs a value for {', '.join(missing)}")
    words = {name: one_line(name, str(values[name])) for name in template.values}
    words |= {name: _time(name, values[name], template.language, zone) for name in template.times}
    words |= {
        name: one_line(name, _IN_WORDS[name](str(values[name]), language=template.language)) for name in template.codes
    }
    return header_line("subject", _put(template.subject, words)), _put(template.body, words)


def _time(name: str, value: object, language: str, zone: tzinfo) -> str:
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        raise InvalidValue(name, "expected a time in ISO 8601") from None
    micros(at)  # refuses a time without a zone
    local = at.astimezone(zone)
    parts = {"year": "%Y", "month": "%m", "day": "%d", "time": "%H:%M", "zone": "%Z"}
    return TEXTS.get("time", language=language, **{part: local.strftime(code) for part, code in parts.items()})


def _put(text: str, words: Mapping[str, str]) -> str:
    return "".join(literal + (words[name] if name is not None else "") for literal, name in _parts(text))


def _names(text: str) -> frozenset[str]:
    return frozenset(name for _, name in _parts(text) if name is not None)


def _parts(text: str) -> Iterator[tuple[str, str | None]]:
    # `str.format` would also follow attributes and items of the values, so only the parsing is taken from it.
    for literal, name, spec, conversion in Formatter().parse(text):
        if name is not None and (not name.isidentifier() or spec or conversion):
            raise ValueError("a placeholder is a simple name, such as {number}")
        yield literal, name


def _place(template: Template) -> tuple[str, str]:
    return template.key, template.language

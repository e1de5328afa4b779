"""Documents in the form of a house, by templates of its own. What they tell stays text, whatever characters are in it.

A template is looked for as `minutes.de.md`, `minutes.md` and `document.md`, or with `html`; what a house has no
template for is written as it is without any. It sees the `document` as plain values, its sections by their keys, and
whatever else it is given:

```jinja
# {{ document.title }}
{% for fact in section.head.blocks[0].facts %}
{{ fact.name }}: {{ fact.told }}
{% endfor %}
```
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

import attrs

from servicecrm.errors import InvalidValue, MissingExtra
from servicecrm.kernel.values import LanguageTag, fallbacks
from servicecrm.reports.html import html
from servicecrm.reports.markdown import markdown, plain
from servicecrm.reports.model import Document

if TYPE_CHECKING:
    from jinja2 import BaseLoader
    from jinja2.sandbox import ImmutableSandboxedEnvironment

__all__ = ["Templates"]

T = TypeVar("T")

Form = Literal["md", "html"]

_WITHOUT: Final[Mapping[Form, Callable[[Document], str]]] = {"md": markdown, "html": html}
"""What writes a document for which a house has no template."""


class Templates:
    """The templates of a house: those of a folder, or texts by their names. They are written in Jinja.

    A template reaches nothing but what it is given: no attribute of Python, and no file outside the folder. For
    Markdown every value is escaped before the template sees it; in HTML it is when it is written, so put it between
    quotes where it is the value of an attribute.

    Raises:
        MissingExtra: Jinja is not installed.

    Source: C088, templates that can be plugged in.
    """

    def __init__(self, templates: Path | str | Mapping[str, str]) -> None:
        try:
            from jinja2 import DictLoader, FileSystemLoader
        except ImportError as error:
            raise MissingExtra("templates of a house", "reports") from error
        loader = DictLoader(templates) if isinstance(templates, Mapping) else FileSystemLoader(templates)
        self._environments: dict[Form, ImmutableSandboxedEnvironment] = {
            form: _environment(loader, form) for form in _WITHOUT
        }

    def markdown(self, document: Document, **values: object) -> str:
        """The document as Markdown. `values` are more to be told: texts, numbers, lists and mappings of them.

        Raises:
            InvalidValue: the template is wrong, or asks for what is not there or not allowed; or a value is no plain
                one.
        """
        return self._written(document, "md", values)

    def html(self, document: Document, **values: object) -> str:
        """The document as HTML; see `markdown`."""
        return self._written(document, "html", values)

    def _written(self, document: Document, form: Form, values: Mapping[str, object]) -> str:
        name = self._name(document, form)
        if name is None:
            return _WITHOUT[form](document)
        told = attrs.asdict(document)  # type: ignore[arg-type]  # of attrs, which a decorator of ours hides
        given = {"document": told, "section": {each["key"]: each for each in told["sections"]}, **values}
        shown = {key: _plain(value, plain if form == "md" else str, key) for key, value in given.items()}
        return _checked(name, lambda: self._environments[form].get_template(name).render(shown))

    def _name(self, document: Document, form: Form) -> str | None:
        """The name of the template that fits best, if there is any."""
        there = frozenset(_checked("folder", self._environments[form].list_templates))
        languages = [f"{document.kind}.{tag}" for tag in fallbacks(LanguageTag(document.language))]
        names = (f"{name}.{form}" for name in (*languages, document.kind, "document"))
        return next((name for name in names if name in there), None)


def _environment(loader: "BaseLoader", form: Form) -> "ImmutableSandboxedEnvironment":
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(
        loader=loader,
        autoescape=form == "html",
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for name in ("safe", "urlize"):  # no value is ever more than text
        del environment.filters[name]
    return environment


def _checked(name: str, what: Callable[[], T]) -> T:
    """What a template gives; whatever it does wrong is told with its name, and without the values that it was given."""
    from jinja2 import TemplateError, TemplateSyntaxError

    try:
        return what()
    except TemplateSyntaxError as error:
        raise InvalidValue("template", f"{error.name or name}, line {error.lineno}: {error.message}") from None
    except TemplateError as error:
        raise InvalidValue("template", f"{name}: {error.message}") from None
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        raise InvalidValue("template", f"{name}: it cannot be filled in ({type(error).__name__})") from None


def _plain(value: object, escaped: Callable[[str], str], where: str) -> Any:  # what Jinja takes
    """A value as templates have it: nothing of it can be called or changed.

    Raises:
        InvalidValue: it is no text, number, list or mapping.
    """
    match value:
        case str():
            return escaped(value)
        case None | bool() | int() | float() | Decimal():
            return value
        case Mapping():
            return {str(key): _plain(each, escaped, where) for key, each in value.items()}
        case list() | tuple():
            return [_plain(each, escaped, where) for each in value]
    raise InvalidValue(where, f"expected a text, a number, a list or a mapping, got a {type(value).__name__}")

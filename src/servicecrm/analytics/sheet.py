"""One web page of several sections that needs nothing else: it asks no server for anything, and is read by anybody.

Without a mouse and without scripts, on a phone and on a wide screen, in light and in dark. Every text is escaped here.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from html import escape
from importlib.resources import files
from typing import NamedTuple

from servicecrm.analytics.charts import Series
from servicecrm.analytics.printing import TEXTS

__all__ = ["Part", "Sheet"]


class Part(NamedTuple):
    """A section: its name in the address of the page, its heading, and its content as HTML."""

    id: str
    title: str
    content: str


class Sheet:
    """Writes pages, and what stands in their sections, in one language.

    Raises, when it writes:
        InvalidValue: the language is not a language tag.
    """

    def __init__(self, language: str) -> None:
        self.language = language

    def page(self, title: str, at: datetime, parts: Sequence[Part], *, style: str = "") -> str:
        """The whole page; `style` is what it has of its own in CSS."""
        return "".join(self._page(escape(title), at, parts, style))

    def _page(self, title: str, at: datetime, parts: Sequence[Part], style: str) -> Iterator[str]:
        shared = (files("servicecrm.analytics") / "page.css").read_text("utf-8")
        yield f'<!DOCTYPE html>\n<html lang="{escape(self.language, quote=True)}">\n<head>\n<meta charset="utf-8">\n'
        # Nothing may be asked for, whatever a text holds; the empty icon keeps a browser from asking for one.
        yield (
            '<meta http-equiv="Content-Security-Policy" '
            "content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">\n"
        )
        yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n<link rel="icon" href="data:,">\n'
        yield f"<title>{title}</title>\n<style>\n{shared}{style}</style>\n</head>\n<body>\n"
        yield f'<a class="skip" href="#main">{escape(self._text("page.skip"))}</a>\n'
        moment = f'<time datetime="{at.isoformat()}">{escape(f"{at:%Y-%m-%d %H:%M %Z}".strip())}</time>'
        yield f"<header>\n<h1>{title}</h1>\n<p>{self._text('page.as_of', now=moment)}</p>\n</header>\n"
        yield f'<nav aria-label="{escape(self._text("page.sections"), quote=True)}">\n<ul>\n'
        for part in parts:
            yield f'<li><a href="#{part.id}">{escape(part.title)}</a></li>\n'
        yield '</ul>\n</nav>\n<main id="main" tabindex="-1">\n'
        for part in parts:
            yield f'<section id="{part.id}" aria-labelledby="{part.id}-h">\n<h2 id="{part.id}-h">'
            yield f"{escape(part.title)}</h2>\n{part.content}</section>\n"
        yield "</main>\n</body>\n</html>\n"

    # -- what stands in a section ----------------------------------------------------------------

    def tiles(self, figures: Iterable[tuple[str, str]]) -> str:
        """Names with their figures, large."""
        told = (f"<div><dt>{escape(name)}</dt><dd>{escape(figure)}</dd></div>\n" for name, figure in figures)
        return f"<dl>\n{''.join(told)}</dl>\n"

    def table(
        self, title: str, head: Sequence[str], rows: Sequence[Sequence[str]], *, words: Collection[int] = ()
    ) -> str:
        """A table; the first cell of each row names it. The columns `words` hold texts and not numbers."""
        if not rows:
            return f"<p>{escape(self._text('page.nothing'))}</p>\n"
        names = "".join(_cell("th", name, words=n in words) for n, name in enumerate(head))
        body = "".join(
            f'<tr><th scope="row">{escape(first)}</th>'
            f"{''.join(_cell('td', cell, words=n in words) for n, cell in enumerate(cells, 1))}</tr>\n"
            for first, *cells in rows
        )
        return self.scroll(title, f"<table>\n<thead><tr>{names}</tr></thead>\n<tbody>\n{body}</tbody>\n</table>")

    def figure(self, title: str, picture: str, table: str, series: Sequence[Series] = ()) -> str:
        """A chart, and its figures as a table below it."""
        legend = "".join(f'<li><span class="key {each.colour}"></span>{escape(each.name)}</li>' for each in series)
        told = f'<ul class="legend">{legend}</ul>\n' if series else ""
        return (
            f"<figure>\n<figcaption>{escape(title)}</figcaption>\n{told}{picture}\n"
            f"<details>\n<summary>{escape(self._text('page.table'))}</summary>\n{table}</details>\n</figure>\n"
        )

    def scroll(self, title: str, table: str) -> str:
        """A table of HTML that may be wider than the screen."""
        # It can be scrolled by keyboard only if it takes the focus.
        name = escape(title, quote=True)
        return f'<div class="scroll" tabindex="0" role="region" aria-label="{name}">\n{table}\n</div>\n'

    def _text(self, key: str, **values: str) -> str:
        return TEXTS.get(key, language=self.language, **values)


def _cell(tag: str, text: str, *, words: bool) -> str:
    scope = ' scope="col"' if tag == "th" else ""
    kind = ' class="words"' if words else ""
    return f"<{tag}{scope}{kind}>{escape(text)}</{tag}>"

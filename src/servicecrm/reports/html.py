"""A document as a page of HTML that needs nothing else. Every text is escaped here."""

from collections.abc import Iterator
from html import escape
from importlib.resources import files

from servicecrm.reports.model import Block, Document, Facts, Passage, Points, Section, Table

__all__ = ["html"]


def html(document: Document) -> str:
    """The whole document as a page: it runs no script and asks for nothing."""
    return "".join(_page(document))


def _page(document: Document) -> Iterator[str]:
    title = escape(document.title)
    style = (files("servicecrm.reports") / "page.css").read_text("utf-8")
    yield f'<!DOCTYPE html>\n<html lang="{escape(document.language, quote=True)}">\n<head>\n<meta charset="utf-8">\n'
    yield (
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">\n"
    )
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n<link rel="icon" href="data:,">\n'
    yield f"<title>{title}</title>\n<style>\n{style}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n"
    for section in document.sections:
        yield from _section(section)
    yield "</main>\n</body>\n</html>\n"


def _section(section: Section) -> Iterator[str]:
    yield "<section>\n"
    if section.title:
        yield f"<h2>{escape(section.title)}</h2>\n"
    for block in section.blocks:
        yield f"{_block(block, section.title)}\n"
    yield "</section>\n"


def _block(block: Block, title: str) -> str:
    match block:
        case Facts(facts=facts):
            told = (f"<dt>{escape(each.name)}</dt><dd>{escape(each.told)}</dd>" for each in facts)
            return f"<dl>{''.join(told)}</dl>"
        case Points(points=points):
            return f"<ul>{''.join(f'<li>{escape(each)}</li>' for each in points)}</ul>"
        case Passage(text=text):
            return f"<p>{escape(text)}</p>"
        case Table(head=head, rows=rows):
            names = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
            body = "".join(
                f'<tr><th scope="row">{escape(first)}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in cells)}</tr>'
                for first, *cells in rows
            )
            # What may be wider than the screen can be scrolled by keyboard only if it takes the focus.
            return (
                f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(title, quote=True)}">'
                f"<table><thead><tr>{names}</tr></thead><tbody>{body}</tbody></table></div>"
            )

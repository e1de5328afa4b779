"""A document as Markdown. What it tells stays text, whatever characters are in it."""

import re
from collections.abc import Iterator, Sequence
from html import escape
from typing import Final

from servicecrm.reports.model import Block, Document, Facts, Passage, Points, Table

__all__ = ["markdown", "plain"]

_MARKS: Final = re.compile(r"[\\`*_\[\]|~$^]|(?<=www)\.|:(?=//)")
"""What is more than a character within a line: code, stress, links, cells, formulas, addresses that become links."""

_BEGIN: Final = re.compile(r"(?P<digits>\d+)(?=[.)](?:\s|$))|[#=]|[-+](?=[\s-]|$)")
"""What is more than a character at the beginning of a line: lists, headings, rules."""


def plain(text: str) -> str:
    """A text that Markdown shows as it is, in one line."""
    line = _MARKS.sub(r"\\\g<0>", escape(" ".join(text.split()), quote=False))
    found = _BEGIN.match(line)
    if found is None:
        return line
    at = 0 if found["digits"] is None else found.end()
    return f"{line[:at]}\\{line[at:]}"


def markdown(document: Document) -> str:
    """The whole document as Markdown."""
    parts = [f"# {plain(document.title)}"]
    for section in document.sections:
        if section.title:
            parts.append(f"## {plain(section.title)}")
        parts += ["\n".join(_lines(block)) for block in section.blocks]
    return "\n\n".join(parts) + "\n"


def _lines(block: Block) -> Iterator[str]:
    match block:
        case Facts(facts=facts):
            yield from (f"- **{plain(each.name)}:** {plain(each.told)}" for each in facts)
        case Points(points=points):
            yield from (f"- {plain(each)}" for each in points)
        case Passage(text=text):
            yield plain(text)
        case Table(head=head, rows=rows):
            yield _row(head)
            yield f"| {' | '.join('---' for _ in head)} |"
            yield from map(_row, rows)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(map(plain, cells))} |"

"""Texts that are meant to be more than text, documents full of them, and what is left of them when they are read."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import strategies as st

from servicecrm.kernel.records import evolve
from servicecrm.reports import Document, Fact, Facts, Passage, Points, Section, Table

HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)',
    "' autofocus onfocus='alert(1)",
    "</td></tr></table><h1>owned</h1>",
    "<!-- ",
    "]]>",
    "&lt;b&gt; &amp; &#x3c;",
    "{{ 7 * 7 }} {% for x in y %}",
    "${7*7} #{7*7} <%= 7 %>",
    "[link](javascript:alert(1))",
    "![image](https://evil.example/x.png)",
    "[ref]: https://evil.example",
    "<https://evil.example>",
    "https://evil.example www.evil.example",
    "**bold** __bold__ *it* _it_ ~~gone~~",
    "`code` ``code``",
    "# heading",
    "> quoted",
    "- point",
    "+ point",
    "1. point",
    "1) point",
    "---",
    "===",
    "***",
    "| a | b |",
    "a | b\n| --- | --- |",
    "line\n\n# heading\r\n\r\n- point",
    "    indented",
    "\tindented",
    "~~~\nfence",
    "```\nfence",
    "trailing \\",
    "\\",
    "a\u2028b\u2029c\u0085d",
    "Subject: x\r\nBcc: all@evil.example",
    "\u202etxt.exe",
    "$x^2$ ^[note]",
    "=HYPERLINK(1)",
)


def texts() -> st.SearchStrategy[str]:
    """Texts of all kinds, many of them meant to be more than text."""
    marks = st.sampled_from("\\`*_[]|~$^#=+-.:>&<!(){}@\"'/ \n\t1a")
    any_text = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)
    return st.one_of(st.sampled_from(HOSTILE), st.lists(marks, max_size=24).map("".join), any_text)


def shown(text: str) -> str:
    """A text as a page shows it: every blank is one space."""
    return " ".join(text.split())


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """A document with every kind of block, in which everything is hostile."""
    told = texts()
    width = draw(st.integers(1, 3))
    row = st.lists(told, min_size=width, max_size=width).map(tuple)
    blocks = (
        Facts(facts=tuple(Fact(name=draw(told), told=draw(told)) for _ in range(draw(st.integers(0, 2))))),
        Points(points=tuple(draw(st.lists(told, min_size=1, max_size=3)))),
        Passage(text=draw(told)),
        Table(head=draw(row), rows=tuple(draw(st.lists(row, min_size=1, max_size=3)))),
    )
    section = Section(key="all", title=draw(told), blocks=blocks)
    return Document(kind="minutes", language="en", title=draw(told), sections=(section,))


class Read(HTMLParser):
    """Which tags a page has, with their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, frozenset[str]]] = []
        self.text = ""
        self.feed(re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, frozenset(name for name, _ in attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def every_text(of: Document) -> Iterator[str]:
    for section in of.sections:
        yield section.title
        for block in section.blocks:
            match block:
                case Facts(facts=facts):
                    yield from (each for fact in facts for each in (fact.name, fact.told))
                case Points(points=points):
                    yield from points
                case Passage(text=text):
                    yield text
                case Table(head=head, rows=rows):
                    yield from (cell for row in (head, *rows) for cell in row)


def harmless(of: Document) -> Document:
    """The same document, in which every text is `x`."""
    (section,) = of.sections
    facts, points, _, table = section.blocks
    assert isinstance(facts, Facts)
    assert isinstance(points, Points)
    assert isinstance(table, Table)
    blocks = (
        Facts(facts=tuple(Fact(name="x", told="x") for _ in facts.facts)),
        Points(points=("x",) * len(points.points)),
        Passage(text="x"),
        Table(head=("x",) * len(table.head), rows=tuple(("x",) * len(row) for row in table.rows)),
    )
    title = "x" if section.title else ""
    return evolve(of, title="x", sections=(Section(key="all", title=title, blocks=blocks),))


def commonmark() -> Any:  # which is not there for everybody
    """A reader of Markdown that takes HTML, tables and strikes as they are."""
    reader = pytest.importorskip("markdown_it").MarkdownIt("commonmark", {"html": True})
    return reader.enable(["table", "strikethrough"])

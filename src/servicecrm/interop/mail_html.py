"""HTML to plain text. Nothing of it is run or fetched; what is not text is left out.

The tags are found with an expression that looks at each character a fixed number of times. The parser of the standard
library takes a minute for 90 kB of tags that are never closed, before its version 3.13.6.
"""

import re
from collections.abc import Iterator
from html import unescape
from typing import Final

__all__ = ["html_to_text"]

_TAG: Final = re.compile(
    r"""<(?:(?P<comment>!--)|(?P<end>/?)(?P<name>[a-z][a-z0-9:-]*)(?P<rest>(?:[^<>"']|"[^"<]*"|'[^'<]*')*)>"""
    r"""|[!?/a-z][^<>]*>)""",
    re.IGNORECASE,
)
_LINK: Final = re.compile(r"""\bhref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
_ALT: Final = re.compile(r"""\balt\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
_ENDLESS: Final = re.compile(r"&(?=#[0-9]{100})")
"""Where a number begins that is no character, and has more digits than Python reads."""
_SCHEME: Final = re.compile(r"(?:https?://|mailto:)\S{1,1999}", re.IGNORECASE)

_HIDDEN: Final = frozenset({"math", "object", "script", "select", "style", "svg", "template", "textarea", "title"})
_NAMES: Final = (
    "address article aside blockquote body center dd div dl dt fieldset figure footer form h1 h2 h3 h4 h5 h6 header "
    "hr html li main nav ol p pre section table tbody tfoot thead tr ul"
)
_BLOCKS: Final = frozenset(_NAMES.split())
_APART: Final = frozenset({"blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "p", "pre", "table"})
"""Blocks with an empty line before and after them."""
_MAX_QUOTES: Final = 20


def html_to_text(html: str) -> str:
    """The text that a reader of this HTML sees, with a `>` before each line of a quote and the address of a link."""
    page = _Page()
    for name, rest, text in _tokens(html):
        page.text(text)
        page.tag(name, rest)
    return page.finished()


def _tokens(html: str) -> Iterator[tuple[str, str, str]]:
    """The name of each tag, with a slash before that of an end, what else is in it, and the text before it."""
    lowered, at = html.lower(), 0
    if len(lowered) != len(html):  # a few letters grow, and then places would not fit
        lowered = html
    endless: set[str] = set()
    while found := _TAG.search(html, at):
        text, name = html[at : found.start()], (found["name"] or "").lower()
        at = found.end()
        if found["comment"]:
            end = lowered.find("-->", at)
            at = len(html) if end < 0 else end + 3
        elif name in _HIDDEN and name not in endless and not found["end"]:
            end = lowered.find(f"</{name}", at)
            if end < 0:
                endless.add(name)  # so that nothing is hidden, and nothing is looked for again
            else:
                at = end
        yield f"{found['end'] or ''}{name}", found["rest"] or "", text
    yield "", "", html[at:]


class _Page:
    """Lines of text as they come."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._line: list[str] = []
        self._quotes = 0
        self._preformatted = 0
        self._link: tuple[str, int] | None = None

    def text(self, html: str) -> None:
        text = _unescaped(html)
        if not self._preformatted:
            self._line.append(re.sub(r"\s+", " ", text))
            return
        first, *others = text.split("\n")
        self._line.append(first)
        for other in others:
            self._break()
            self._line.append(other)

    def tag(self, name: str, rest: str) -> None:
        kind, ends = name.lstrip("/"), name.startswith("/")
        if kind in _BLOCKS and "".join(self._line).strip():
            self._break()
        if kind == "blockquote" and ends:
            self._quotes = max(0, self._quotes - 1)
        if kind in _APART:
            self._gap()
        if kind in _BLOCKS:
            self._line.clear()
        if kind == "blockquote" and not ends:
            self._quotes += 1
        elif kind == "pre":
            self._preformatted = max(0, self._preformatted + (-1 if ends else 1))
        elif name == "br":
            self._break()
        elif name == "li":
            self._line.append("- ")
        elif name in ("td", "th"):
            self._line.append(" ")
        elif name == "img":
            self._line.append(_value(_ALT, rest))
        elif name == "a":
            self._link = (_value(_LINK, rest), len(self._line))
        elif name == "/a":
            self._link_ends()

    def finished(self) -> str:
        self._break()
        return re.sub(r"\n{3,}", "\n\n", "\n".join(self._lines)).strip("\n")

    def _link_ends(self) -> None:
        if self._link is None:
            return
        address, start = self._link
        self._link = None
        shown = "".join(self._line[start:]).strip()
        if _SCHEME.fullmatch(address) and shown not in (address, address.partition(":")[2].lstrip("/")):
            self._line.append(f" <{address}>")

    def _gap(self) -> None:
        if self._lines and not self._lines[-1].strip("> "):
            self._lines.pop()
        if self._lines:
            self._lines.append(self._prefix().rstrip())

    def _break(self) -> None:
        line = "".join(self._line)
        self._lines.append(f"{self._prefix()}{line.rstrip() if self._preformatted else line.strip()}".rstrip())
        self._line.clear()
        self._link = self._link and (self._link[0], 0)

    def _prefix(self) -> str:
        return "> " * min(self._quotes, _MAX_QUOTES)


def _unescaped(html: str) -> str:
    """The text with its character references read; one of very many digits stays as it is."""
    return unescape(_ENDLESS.sub("&amp;", html))


def _value(pattern: re.Pattern[str], rest: str) -> str:
    found = pattern.search(rest)
    return _unescaped(next((group for group in found.groups() if group), "")).strip() if found else ""

"""The XML of Open311, as the same plain values that its JSON has."""

import re
from collections.abc import Iterable, Mapping
from typing import Final
from xml.etree import ElementTree

from servicecrm.errors import MalformedDocument

__all__ = ["parse", "write"]

MAX_DEPTH: Final = 16
"""Elements inside each other; the standard needs seven."""

LISTS: Final = {
    # (the element around it, the list): its items
    ("", "service_requests"): "request",
    ("", "services"): "service",
    ("", "errors"): "error",
    ("service_definition", "attributes"): "attribute",
    ("attribute", "values"): "value",
}

_NO_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML cannot hold."""

Content = str | None | dict[str, "Content"] | list["Content"]


def parse(text: str, kind: str) -> tuple[str, Content]:
    """The name of the outermost element, and what is in it: texts, objects and lists.

    Blank texts are nothing. Nothing outside the text is ever read, and no entity is expanded.

    Raises:
        MalformedDocument: it is not XML, declares a document type, or nests too deep.
    """
    plain = _Plain(kind)
    parser = ElementTree.XMLParser(target=plain)
    try:
        parser.feed(text)
        parser.close()
    except ElementTree.ParseError as error:
        line, column = error.position
        raise MalformedDocument(kind, (f"not XML: line {line}, column {column + 1}",)) from None
    except UnicodeEncodeError:
        raise MalformedDocument(kind, ("not XML: it holds lone surrogates",)) from None
    return plain.found


def write(root: str, content: Mapping[str, object] | Iterable[Mapping[str, object]]) -> bytes:
    """The document in UTF-8. What XML cannot hold in a text becomes a question mark."""
    element = _element(root, content, "")
    written: bytes = ElementTree.tostring(element, encoding="utf-8", xml_declaration=True)
    return written


class _Plain:
    """Builds plain values while the parser walks; holds what is open, outermost first."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.open: list[tuple[str, list[tuple[str, Content]], list[str]]] = []
        self.found: tuple[str, Content] = "", None

    def doctype(self, *_: object) -> None:
        raise MalformedDocument(self.kind, ("XML with a document type is refused; send it without <!DOCTYPE>",))

    def start(self, tag: str, _: Mapping[str, str]) -> None:
        if len(self.open) == MAX_DEPTH:
            raise MalformedDocument(self.kind, (f"nests deeper than {MAX_DEPTH} elements",))
        self.open.append((tag.rpartition("}")[2], [], []))  # without its namespace: the standard has none

    def data(self, text: str) -> None:
        self.open[-1][2].append(text)

    def end(self, _: str) -> None:
        tag, children, texts = self.open.pop()
        around = self.open[-1][0] if self.open else ""
        content = _content(children, "".join(texts).strip(), listed=(around, tag) in LISTS)
        if self.open:
            self.open[-1][1].append((tag, content))
        else:
            self.found = tag, content


def _content(children: list[tuple[str, Content]], text: str, *, listed: bool) -> Content:
    if listed:
        return [content for _, content in children]
    if not children:
        return text or None
    found: dict[str, Content] = {}
    for tag, content in children:
        before = found.get(tag)
        if tag not in found:
            found[tag] = content
        elif isinstance(before, list):
            before.append(content)
        else:
            found[tag] = [before, content]
    return found


def _element(tag: str, content: object, around: str) -> ElementTree.Element:
    element = ElementTree.Element(tag)
    item = LISTS.get((around, tag))
    if isinstance(content, Mapping):
        element.extend(_element(key, value, tag) for key, value in content.items())
    elif item is not None and isinstance(content, Iterable):
        element.extend(_element(item, each, tag) for each in content)
    else:
        element.text = _NO_XML.sub("?", _text(content))
    return element


def _text(content: object) -> str:
    return str(content).lower() if isinstance(content, bool) else str(content)

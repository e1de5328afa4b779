"""The tables in a survey structure file (`.lss`) of LimeSurvey: safe to read, whoever wrote it."""

from collections.abc import Mapping
from typing import Final
from xml.etree import ElementTree

from servicecrm.errors import MalformedDocument

__all__ = ["Rows", "tables"]

MAX_BYTES: Final = 2**25
MAX_DEPTH: Final = 16
KIND: Final = "LimeSurvey survey"

Rows = list[dict[str, str]]


def tables(content: str | bytes) -> Mapping[str, Rows]:
    """The tables by name, each a list of rows; the languages are a table of one column.

    Nothing outside the text is ever read, and no entity is expanded.

    Raises:
        MalformedDocument: it is not XML or no survey of LimeSurvey, declares a document type, nests too deep, or is
            larger than 32 MB.
    """
    if len(content) > MAX_BYTES:
        raise MalformedDocument(KIND, (f"larger than {MAX_BYTES // 2**20} MB",))
    found = _Tables()
    parser = ElementTree.XMLParser(target=found)
    try:
        parser.feed(content)
        parser.close()
    except ElementTree.ParseError as error:
        line, column = error.position
        raise MalformedDocument(KIND, (f"not XML: line {line}, column {column + 1}",)) from None
    except (LookupError, ValueError):
        raise MalformedDocument(KIND, ("not XML: it is in an encoding that cannot be read",)) from None
    if found.type != "Survey":
        raise MalformedDocument(KIND, ("there is no LimeSurveyDocType that says Survey",))
    if not found.tables.get("questions"):
        raise MalformedDocument(KIND, ("it asks no question",))
    return found.tables


class _Tables:
    """Collects `document/<table>/rows/row/<field>` while the parser walks."""

    def __init__(self) -> None:
        self.tables: dict[str, Rows] = {}
        self.type = ""
        self._open: list[str] = []
        self._text: list[str] = []

    def doctype(self, *_: object) -> None:
        raise MalformedDocument(KIND, ("XML with a document type is refused; take out <!DOCTYPE>",))

    def start(self, tag: str, _: Mapping[str, str]) -> None:
        if len(self._open) == MAX_DEPTH:
            raise MalformedDocument(KIND, (f"nests deeper than {MAX_DEPTH} elements",))
        self._open.append(tag)
        self._text.clear()
        match self._open:
            case ["document", table, "rows", "row"]:
                self.tables.setdefault(table, []).append({})

    def data(self, text: str) -> None:
        self._text.append(text)

    def end(self, _: str) -> None:
        text = "".join(self._text).strip()
        match self._open:
            case ["document", "LimeSurveyDocType"]:
                self.type = text
            case ["document", "languages", "language"]:
                self.tables.setdefault("languages", []).append({"language": text})
            case ["document", table, "rows", "row", field]:
                self.tables[table][-1][field] = text
        self._open.pop()
        self._text.clear()

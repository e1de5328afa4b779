"""A document on pages, to be sent and printed."""

import json
import re
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path
from typing import Final

import attrs

from servicecrm.errors import InvalidValue, MissingExtra
from servicecrm.kernel.values import language_tag
from servicecrm.reports.model import Document
from servicecrm.reports.writing import written

__all__ = ["pdf"]

_UNSHOWN: Final = re.compile(r'the text `"(?:\\u\{(?P<code>[0-9a-f]+)\}|(?P<character>.))')
"""How typst names the first text for which it has found no glyph."""


def pdf(document: Document, *, font_paths: Iterable[Path | str] = ()) -> bytes:
    """The whole document as a PDF on A4, which can be read aloud and searched (PDF/UA-1).

    The same document gives the same bytes, as long as the fonts are the same. Latin, Greek and Cyrillic letters have a
    font that comes with the extra; for others, such as Chinese, there are the fonts of the system and those in the
    folders `font_paths`.

    Raises:
        MissingExtra: typst is not installed.
        InvalidValue: the language is not a language tag; or no font shows a character of the document, as none is
            left out or becomes a box.

    Source: C088.
    """
    try:
        import typst
    except ImportError as error:
        raise MissingExtra("documents as PDF", "pdf") from error
    try:
        return typst.compile(  # type: ignore[call-overload,no-any-return]  # which wants paths and text of one type
            (files("servicecrm.reports") / "document.typ").read_bytes(),
            root=typst.__file__,  # a file and no folder: nothing can be read from there
            font_paths=[str(path) for path in font_paths],
            sys_inputs={"document": _told(document)},
            pdf_standards="ua-1",  # by which it is an error that a glyph is missing
        )
    except typst.TypstError as error:
        unshown = _UNSHOWN.search(error.diagnostic)
        if unshown is None:
            raise
    code = int(unshown["code"], 16) if unshown["code"] else ord(unshown["character"])
    raise InvalidValue(
        "document",
        f"no font shows the character U+{code:04X}; install one that does, such as Noto Sans CJK for Chinese, "
        "or name a folder that has it in font_paths",
    )


def _told(document: Document) -> str:
    """What the template is given."""
    told = attrs.asdict(
        document,  # type: ignore[arg-type]  # of attrs, which a decorator of ours hides
        value_serializer=lambda _, __, value: written(value) if isinstance(value, str) else value,
    )
    language, *rest = language_tag(document.language).split("-")
    region = next((part for part in rest if len(part) == 2), None)
    return json.dumps({**told, "language": language, "region": region})

"""A document on pages, to be sent and printed."""

import json
import re
import unicodedata
from collections.abc import Iterable
from importlib.resources import files
from itertools import chain
from pathlib import Path
from typing import Final

import attrs

from servicecrm.errors import InvalidValue, MissingExtra
from servicecrm.kernel.records import evolve
from servicecrm.kernel.shapes import several
from servicecrm.kernel.values import language_tag
from servicecrm.reports.model import Document
from servicecrm.reports.writing import written

__all__ = ["pdf"]

_SAID: Final = re.compile(r"^error: (.*)$", re.MULTILINE)
"""What typst says, without its warnings and hints."""

_UNSHOWN: Final = re.compile(r'the text `"(?:\\u\{(?P<code>[0-9a-f]+)\}|\\?(?P<character>.))')
"""How typst names each text for which it has found no glyph."""

_BROKE_DOWN: Final = "endless letter"
"""What the template says of a text with which typst breaks down."""

_LEFT_OUT: Final = str.maketrans({"\t": " ", "\u1680": " "} | dict.fromkeys("\u00ad\u200b\ufeff"))
"""Blanks that fonts do not have, and what nobody sees: places to break a word, and the mark at the start of files."""

_NOBODYS: Final = re.compile("[\ue000-\uf8ff\ufffc\U000f0000-\U0010ffff]")
"""Characters that every font shows as something else, and the one that stands for a picture."""

_ALONE: Final = Document(kind="character", language="en", title="", sections=())
"""A document that shows its title, to ask for one character by itself."""


def pdf(document: Document, *, font_paths: Iterable[Path | str] = ()) -> bytes:
    """The whole document as a PDF on A4, which can be read aloud and searched (PDF/UA-1).

    The same document gives the same bytes, as long as the fonts are the same. Latin, Greek and Cyrillic letters have a
    font that comes with the extra; for others, such as Chinese, there are the fonts of the system and those in the
    folders `font_paths`.

    Raises:
        MissingExtra: typst is not installed.
        InvalidValue: the language is not a language tag; there is no such folder of fonts; the document has no name;
            no font shows a character of it, as none is left out or becomes a box; or a text cannot be set.

    Source: C088.
    """
    folders = _folders(font_paths)
    made = _made(_told(document), folders)
    if isinstance(made, bytes):
        return made
    if unshown := list(dict.fromkeys(map(_character, _UNSHOWN.finditer(made)))):
        # A letter is named with its marks, be it the letter or a mark that has no glyph, or no font has both.
        alone = (each for each in unshown[:20] if isinstance(_made(_told(evolve(_ALONE, title=each)), folders), str))
        marks = (each for each in unshown if unicodedata.category(each)[0] == "M" and not "\ufe00" <= each <= "\ufe0f")
        raise _no_font(next(chain(alone, marks, unshown)))
    if _BROKE_DOWN in made:
        says = "a text cannot be set: hundreds of marks or letters have no break between them; put blanks into it"
    else:  # without what stands in the document
        says = "typst cannot set it: " + re.sub("`.*`", "…", "".join(_SAID.findall(made)[:1]))
    raise InvalidValue("document", says)


def _made(told: str, folders: list[str]) -> bytes | str:
    """The file, or what typst says why there is none."""
    try:
        import typst
    except ImportError as error:
        raise MissingExtra("documents as PDF", "pdf") from error
    try:
        return typst.compile(  # type: ignore[call-overload,no-any-return]  # which wants paths and text of one type
            (files("servicecrm.reports") / "document.typ").read_bytes(),
            root=typst.__file__,  # a file and no folder: nothing can be read from there
            font_paths=folders,
            sys_inputs={"document": told},
            pdf_standards="ua-1",  # by which it is an error that a glyph is missing
        )
    except typst.TypstError as error:
        return error.diagnostic
    except (Exception, KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # a panic, which no `except Exception` of a caller would catch
        return _BROKE_DOWN


def _character(found: re.Match[str]) -> str:
    """The character that typst names."""
    return chr(int(found["code"], 16)) if found["code"] else found["character"]


def _no_font(character: str) -> InvalidValue:
    """That a character has no glyph, and where there may be one."""
    name = unicodedata.name(character, "")
    east_asian = name.startswith(("CJK", "IDEOGRAPHIC", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO"))
    font = "one that does, such as Noto Sans CJK" if east_asian else "a font that has it"
    return InvalidValue(
        "document",
        f"no font shows the character U+{ord(character):04X}; install {font}, or name its folder in font_paths",
    )


def _folders(paths: Iterable[Path | str]) -> list[str]:
    """The folders of fonts. Typst itself passes over those that are not there."""
    folders = [str(path) for path in several("font_paths", paths)]
    for folder in folders:
        if not Path(folder).is_dir():
            raise InvalidValue("font_paths", f"there is no folder {folder!r}")
    return folders


def _told(document: Document) -> str:
    """What the template is given."""
    told = attrs.asdict(
        document,  # type: ignore[arg-type]  # of attrs, which a decorator of ours hides
        value_serializer=lambda _, __, value: _settable(value) if isinstance(value, str) else value,
    )
    if not (told["title"].strip() or told["kind"].strip()):
        raise InvalidValue("document", "it has neither a title nor a kind, and is to be called by one of them")
    language, *rest = language_tag(document.language).split("-")
    region = next((part for part in rest if len(part) == 2), None)
    return json.dumps({**told, "language": language, "region": region})


def _settable(text: str) -> str:
    """A text as it can be set."""
    if nobodys := _NOBODYS.search(text):
        code = f"U+{ord(nobodys[0]):04X}"
        raise InvalidValue("document", f"no font shows the character {code} as it is meant; leave it out")
    return written(text).translate(_LEFT_OUT)

"""The parts of a mail: bounded in size, depth and number, whatever a sender puts into them.

The standard parser is lenient about bodies, but not about headers: asked for a malformed one, and even while it
parses a part, it may raise anything, and long ones take it minutes. So headers are cut, and stay the text that they
are until one is needed.
"""

import re
from codecs import lookup
from collections.abc import Iterator, Mapping
from email.generator import BytesGenerator
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import EmailPolicy
from email.policy import default as standard
from email.utils import collapse_rfc2231_value
from io import BytesIO
from typing import Any, Final, NamedTuple

import attrs

from servicecrm.errors import MalformedDocument
from servicecrm.interop.mail_html import html_to_text

__all__ = ["File", "Part", "Parts", "cleaned", "decoded_words", "headers_of", "one_line", "parse", "parts_of"]

MAX_SIZE: Final = 50 * 2**20
MAX_HEADERS: Final = 2**20
"""Bytes that all headers of a mail may have."""
MAX_HEADER: Final = 2_000
MAX_REFERENCES: Final = 20_000
"""Characters that are read of a header; of the ids in a long conversation more."""
MAX_PARTS: Final = 1_000
MAX_DEPTH: Final = 50
MAX_WORK: Final = 10_000_000
"""Lines times boundaries: the parser looks at each line once more for every boundary that is open."""
MAX_TEXT: Final = 1_000_000
MAX_HTML: Final = 10_000_000
"""Characters that are kept of a text, and read of one in HTML."""

Part = EmailMessage

_BOUNDARY: Final = re.compile(rb"boundary\s*(?:\*[0-9*]*)?\s*=", re.IGNORECASE)
_HEADERS_END: Final = re.compile(rb"\r?\n\r?\n|\r\r")
_CONTROLS: Final = {n: "\ufffd" for n in range(0x20) if chr(n) not in "\t\n"} | {0x7F: "\ufffd"}
_NO_CHARSET: Final = frozenset({"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"})
"""Codecs of Python that are no charset of a text; to decode punycode takes the square of its length."""


_WIDER: Final = {
    "ascii": "utf-8",
    "big5": "big5hkscs",
    "euc_kr": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "iso8859-1": "cp1252",
    "shift_jis": "cp932",
}
"""What a text may really be written in that names the smaller charset."""
_MEDIA_TYPE: Final = re.compile(r"[a-z0-9!#$&^_.+-]{1,80}/[a-z0-9!#$&^_.+-]{1,80}")


class _TooMuch(Exception):
    """A mail that is not read to its end."""


class _Plain(EmailPolicy):
    """Headers as text: decoded from bytes and cut, but not parsed. What came in is given on as it is."""

    verify_generated_headers = False

    def header_source_parse(self, sourcelines: Any) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        limit = MAX_REFERENCES if name.lower() == "references" else MAX_HEADER
        return name, _from_bytes(value[:limit])

    def header_fetch_parse(self, name: str, value: str) -> Any:
        return " ".join(value.splitlines())


_POLICY: Final = _Plain(utf8=True, refold_source="none")


def _from_bytes(value: str) -> str:
    """A header whose bytes beyond ASCII are decoded: as UTF-8, which many senders put there, or else one by one."""
    if value.isascii():
        return value
    raw = value.encode("utf-8", "surrogateescape")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def parse(raw: bytes) -> Part:
    """The parts of a mail.

    Raises:
        MalformedDocument: it is too large, has too many parts or nests too deep, or has no headers.
    """
    for problem in _too_large(raw):
        raise MalformedDocument("mail", (problem,))
    made = 0

    def make(policy: Any) -> Part:
        nonlocal made
        made += 1
        if made > MAX_PARTS:
            raise _TooMuch(f"it has more than {MAX_PARTS} parts")
        return Part(policy=policy)

    try:
        mail = BytesParser(policy=_POLICY.clone(message_factory=make)).parsebytes(raw)
    except _TooMuch as error:
        raise MalformedDocument("mail", (str(error),)) from None
    except RecursionError:
        raise MalformedDocument("mail", ("its parts nest too deep",)) from None
    if not isinstance(mail, Part) or not mail.keys():
        raise MalformedDocument("mail", ("it has no headers",))
    return mail


def _too_large(raw: bytes) -> Iterator[str]:
    if len(raw) > MAX_SIZE:
        yield f"it has more than {MAX_SIZE} bytes"
    elif len(raw) > MAX_HEADERS and not _HEADERS_END.search(raw, 0, MAX_HEADERS):
        yield f"its headers have more than {MAX_HEADERS} bytes"
    elif raw.count(b"\n") * (1 + len(_BOUNDARY.findall(raw))) > MAX_WORK:
        yield "it has too many lines, or too many boundaries for so many lines"


# -- headers -------------------------------------------------------------------------------------


def headers_of(part: Part) -> Mapping[str, str]:
    """The first header of each name, which is in lower case; not decoded."""
    headers: dict[str, str] = {}
    for name, value in part.items():
        headers.setdefault(name.lower(), value.strip())
    return headers


def decoded_words(value: str) -> str:
    """A header with its encoded words decoded, on one line."""
    if "=?" in value:
        try:
            value = str(standard.header_factory("subject", value))
        except Exception:  # the parser of the standard library promises no kind of error
            return one_line(value)
    return one_line(value)


def one_line(text: str) -> str:
    """A text on one line: what would begin another header or hide something in it is a blank."""
    return " ".join("".join(c if c.isprintable() else " " for c in cleaned(text)).split())


def cleaned(text: str) -> str:
    """A text that every store can keep: its line ends are all the same, and control characters are replaced."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").translate(_CONTROLS)
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


# -- content -------------------------------------------------------------------------------------


@attrs.frozen(repr=False)
class File:
    """A part that is not the text of the mail."""

    name: str
    media_type: str
    content: bytes


class Parts(NamedTuple):
    """What a mail holds: its text, its files, and what was wrong and could be read all the same."""

    text: str
    files: tuple[File, ...]
    flaws: frozenset[str]


class _Piece(NamedTuple):
    text: str
    html: bool


@attrs.define
class _Found:
    pieces: list[_Piece] = attrs.field(factory=list)
    files: list[File] = attrs.field(factory=list)


def parts_of(mail: Part) -> Parts:
    """The text and the files of a mail. Of alternatives, plain text is preferred; nothing is opened or fetched.

    Raises:
        MalformedDocument: it nests too deep.
    """
    flaws: set[str] = set()
    try:
        found = _collect(mail, MAX_DEPTH, flaws)
    except RecursionError:
        raise MalformedDocument("mail", ("its parts nest too deep",)) from None
    text = "\n".join(piece.text for piece in found.pieces if piece.text.strip())
    if len(text) > MAX_TEXT:
        flaws.add("text_cut")
    return Parts(text[:MAX_TEXT], tuple(found.files), frozenset(flaws))


def _collect(part: Part, depth: int, flaws: set[str]) -> _Found:
    if depth == 0:
        raise MalformedDocument("mail", (f"its parts nest deeper than {MAX_DEPTH}",))
    if part.defects:
        flaws.add("structure")
    if part.get_content_maintype() == "multipart" and part.is_multipart():
        inside = [_collect(child, depth - 1, flaws) for child in _children(part)]
        chosen = _preferred(inside) if part.get_content_subtype() == "alternative" else inside
        return _Found([p for one in chosen for p in one.pieces], [file for one in inside for file in one.files])
    if _is_text(part):
        text = _text_of(part, flaws)
        if part.get_content_type() != "text/html":
            return _Found(pieces=[_Piece(text, html=False)])
        if len(text) > MAX_HTML:
            flaws.add("text_cut")
        return _Found(pieces=[_Piece(cleaned(html_to_text(text[:MAX_HTML])), html=True)])
    return _Found(files=[File(_name_of(part), _media_type(part), _bytes_of(part))])


def _children(part: Part) -> list[Part]:
    return [child for child in part.get_payload() if isinstance(child, Part)]


def _preferred(inside: list[_Found]) -> list[_Found]:
    filled = [found for found in inside if any(piece.text.strip() for piece in found.pieces)]
    plain = [found for found in filled if not any(piece.html for piece in found.pieces)]
    return (plain or filled)[:1]


def _is_text(part: Part) -> bool:
    if part.get_content_type() not in ("text/plain", "text/html") and part.get_content_maintype() != "multipart":
        return False  # a multipart without a boundary is read as the text that it shows
    return part.get_content_disposition() != "attachment" and not _told_name(part)


def _text_of(part: Part, flaws: set[str]) -> str:
    raw = _bytes_of(part)
    for charset in (collapse_rfc2231_value(part.get_param("charset") or "utf-8"), "utf-8"):
        try:
            name = lookup(charset).name
            if name not in _NO_CHARSET:
                return cleaned(raw.decode(_WIDER.get(name, name)))
        except (LookupError, ValueError):
            pass
        flaws.add("charset")
    return cleaned(raw.decode("cp1252", "replace"))


def _media_type(part: Part) -> str:
    told = part.get_content_type()
    return told if _MEDIA_TYPE.fullmatch(told) else "application/octet-stream"


def _bytes_of(part: Part) -> bytes:
    if part.is_multipart():  # a message, or a report of delivery
        return b"".join(map(_written, _children(part)))
    try:
        content = part.get_payload(decode=True)
    except Exception:  # as with headers: an encoding that is not the one it says
        content = None
    return content if isinstance(content, bytes) else str(part.get_payload()).encode("utf-8", "replace")


class _Bytes(BytesGenerator):
    """Writes in UTF-8 what the standard one refuses, such as a boundary beyond ASCII and the lines around it."""

    def write(self, s: str) -> None:
        self._fp.write(s.encode("utf-8", "surrogateescape"))  # type: ignore[attr-defined]  # what it writes to


def _written(part: Part) -> bytes:
    to = BytesIO()
    _Bytes(to, mangle_from_=False, policy=_POLICY).flatten(part)
    return to.getvalue()


# -- names of files ------------------------------------------------------------------------------

_NOT_IN_NAMES: Final = re.compile(r'[<>:"|?*]|[^\S ]')
_DEVICES: Final = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)
_MAX_NAME: Final = 120


def _told_name(part: Part) -> str:
    try:
        return part.get_filename() or ""
    except Exception:  # parameters in pieces, each of them encoded: see above
        return ""


def _name_of(part: Part) -> str:
    """The name of a file without any path, as any system can keep it."""
    name = decoded_words(_told_name(part)).replace("\\", "/").rpartition("/")[2]
    name = _NOT_IN_NAMES.sub("_", name).strip(". ")
    if _DEVICES.match(name):
        name = f"_{name}"
    stem, dot, ending = name.rpartition(".")
    if dot and len(ending) <= 10:
        return f"{stem[: _MAX_NAME - len(ending) - 1]}.{ending}"
    return name[:_MAX_NAME] or ("message.eml" if part.get_content_maintype() == "message" else "attachment")

"""The text of a value, and the value of a text: character sets, quoted-printable, escapes."""

import re
from binascii import a2b_qp
from collections.abc import Iterable
from typing import Final

from servicecrm.interop.vcards.lines import Property

__all__ = ["FOLD", "Unreadable", "decoded", "escaped", "folded", "plain", "quoted", "split"]

CHARSETS: Final = re.compile(
    r"us-ascii|ascii|utf-?8|utf-?16(?:[bl]e)?|iso-?8859-\d{1,2}|windows-\d{3,4}|cp\d{3,4}|koi8-[ru]"
    r"|shift_jis|euc-(?:jp|kr)|gb2312|gbk|gb18030|big5",
    re.IGNORECASE,
)
"""Character sets that a value may name. Python knows others, which are none, or take very long."""

FOLD: Final = 75
"""How many bytes a line has at most."""


class Unreadable(Exception):
    """A value that cannot be read."""

    def __init__(self, says: str) -> None:
        self.says = says


def decoded(property: Property, encoding: str) -> str:
    """The characters of a value; `encoding` is that of one that is not UTF-8 and does not say what it is.

    Raises:
        Unreadable: it has bytes that its character set has not, or a character set that nobody knows.
    """
    value, parameters = property.value, property.parameters
    if property.has("QUOTED-PRINTABLE") or "QUOTED-PRINTABLE" in map(str.upper, parameters.get("ENCODING", ())):
        value = a2b_qp(value)
    charset = parameters.get("CHARSET", (None,))[0]
    if charset is not None and not CHARSETS.fullmatch(charset):
        raise Unreadable("the character set is unknown")
    for each in ("utf-8", encoding) if charset is None else (charset,):
        try:
            return _clean(value.decode(each))
        except (UnicodeError, LookupError):
            continue
    raise Unreadable("some of its bytes are no characters; name the encoding of the file")


def _clean(text: str) -> str:
    """With line breaks of one kind, and without control characters, which no card can hold."""
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


# -- escapes -------------------------------------------------------------------------------------

_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)
_OLD_ESCAPE: Final = re.compile(r"\\([\\;,:])")
"""In 2.1 a backslash before another character is one: `C:\\news`."""


def plain(text: str, version: str) -> str:
    """A text without its escapes."""
    if version == "2.1":
        return _OLD_ESCAPE.sub(r"\1", text)
    return _ESCAPE.sub(lambda found: "\n" if found[1] in "nN" else found[1], text)


def split(text: str, separator: str, version: str) -> list[str]:
    """The parts of a text between separators that are not escaped, each without its escapes."""
    parts = re.findall(rf"(?:^|{separator})((?:\\.|[^{separator}])*)", text, re.DOTALL)
    return [plain(part, version).strip() for part in parts]


def escaped(text: str, version: str, marks: str = ";,") -> str:
    """A text with what it needs so that it is read back; a backslash goes before each of the marks."""
    text = _clean(text).replace("\\", "\\\\")
    for mark in marks:
        text = text.replace(mark, f"\\{mark}")
    return text if version == "2.1" else text.replace("\n", "\\n")


# -- lines ---------------------------------------------------------------------------------------


def folded(line: str) -> bytes:
    """A line as several ones that go on after a blank; no character is taken apart."""
    lines, taken = [bytearray()], 0
    for char in line:
        piece = char.encode()
        if taken + len(piece) > FOLD:
            lines.append(bytearray(b" "))
            taken = 1
        lines[-1] += piece
        taken += len(piece)
    return b"\r\n".join(lines)


def quoted(header: str, value: str) -> bytes:
    """A line of 2.1 whose value is quoted-printable, with soft line breaks."""
    start = f"{header};CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:"
    lines, taken = [start], len(start)
    for piece in _pieces(value.replace("\n", "\r\n").encode()):
        if taken + len(piece) >= FOLD:
            lines.append("")
            taken = 0
        lines[-1] += piece
        taken += len(piece)
    return "=\r\n".join(lines).encode("ascii")


def _pieces(value: bytes) -> Iterable[str]:
    return (chr(byte) if 33 <= byte <= 126 and byte != ord("=") else f"={byte:02X}" for byte in value)

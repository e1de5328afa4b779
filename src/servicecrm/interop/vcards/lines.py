"""From the bytes of a file to the properties of its cards, within limits.

A card may be folded in two ways, holds parameters in two ways, and a value may go on after a soft line break of
quoted-printable or after lines of Base64 that nothing marks; each of it is what some address book writes.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple

import attrs

from servicecrm.errors import ImportProblem

__all__ = ["Property", "RawCard", "properties", "raw_cards"]

MAX_BYTES: Final = 2**26
MAX_CARD: Final = 2**23
"""How many bytes a file and a card in it may have; a card with a picture is far below."""
MAX_CARDS: Final = 100_000
MAX_LINES: Final = 200_000
"""How many lines a card may have: as many as a picture of that size."""
MAX_PROPERTIES: Final = 2_000
MAX_DEPTH: Final = 3
"""How deep cards may lie in cards."""

_BEGIN: Final = re.compile(rb"\s*BEGIN\s*:\s*VCARD\s*", re.IGNORECASE)
_END: Final = re.compile(rb"\s*END\s*:\s*VCARD\s*", re.IGNORECASE)
_AGENT: Final = re.compile(rb"(?:[\w-]+\.)?AGENT\b[^:]*:\s*", re.IGNORECASE)
_VERSION: Final = re.compile(rb"VERSION[^:]*:\s*([\d.]+)\s*", re.IGNORECASE)
_BREAK: Final = re.compile(rb"\r\n|\r|\n")
_QUOTED: Final = re.compile(rb"[^:]*;(?:ENCODING=)?QUOTED-PRINTABLE[;:]", re.IGNORECASE)
_BASE64: Final = re.compile(rb"[^:]*;(?:ENCODING=)?(?:BASE64|ENCODING=B)[;:]", re.IGNORECASE)

_VALUES: Final = rb'(?:"[^"]*"|[^;:",]*)(?:,(?:"[^"]*"|[^;:",]*))*'
_HEADER: Final = re.compile(rb'(?:[\w-]+\.)?([\w-]+)((?:;[^;:=,"]*(?:=' + _VALUES + rb")?)*):")
_ONE: Final = re.compile(rb';([^;:=,"]*)(?:=(' + _VALUES + rb"))?")
_WORD: Final = re.compile(rb'"([^"]*)"|([^,"]+)')

Tell = Callable[[ImportProblem], None]


class RawCard(NamedTuple):
    """The lines of a card, each with its number in the file; those of cards inside it are left out."""

    row: int
    version: str
    lines: list[tuple[int, bytes]]


class Property(NamedTuple):
    """A property: its name and parameters in capital letters, and its value as it stands there."""

    row: int
    name: str
    parameters: Mapping[str, tuple[str, ...]]
    value: bytes

    def has(self, type_: str) -> bool:
        """Is it of that type, such as `FAX`?"""
        return any(type_ == each.upper() for each in self.parameters.get("TYPE", ()))

    @property
    def rank(self) -> int:
        """What is preferred comes first."""
        preference = self.parameters.get("PREF", ("",))[0]
        return int(preference) if preference.isdecimal() and len(preference) < 4 else 0 if self.has("PREF") else 101


@attrs.define
class _Open:
    """A card whose end is still to come."""

    row: int
    lines: list[tuple[int, bytes]] = attrs.field(factory=list)
    size: int = 0
    depth: int = 1

    def holds_one(self) -> bool:
        """May a card begin inside of it, here?"""
        return self.depth > 1 or (bool(self.lines) and _AGENT.fullmatch(self.lines[-1][1]) is not None)

    def deeper(self, row: int) -> None:
        """A card inside of it begins."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ImportProblem(f"cards lie in cards, more than {MAX_DEPTH} deep", row=row)

    def add(self, row: int, line: bytes) -> None:
        """One more line; those of cards inside count for the size."""
        self.size += len(line)
        if self.size > MAX_CARD or len(self.lines) > MAX_LINES:
            raise ImportProblem(f"the card has more than {MAX_CARD:,} bytes or {MAX_LINES:,} lines", row=self.row)
        if self.depth == 1:
            self.lines.append((row, line))


def raw_cards(content: bytes, tell: Tell) -> Iterator[RawCard]:
    """The cards of a file. What lies outside of them, or has no end, is told.

    Raises:
        ImportProblem: the file or a card in it is beyond all measure.
    """
    if len(content) > MAX_BYTES:
        raise ImportProblem(f"the file has more than {MAX_BYTES:,} bytes; take it apart first")
    card: _Open | None = None
    told, count = False, 0
    for row, line in enumerate(_BREAK.split(_utf8(content)), 1):
        if _BEGIN.fullmatch(line):
            if card is not None and card.holds_one():
                card.deeper(row)
                continue
            _tell_open(card, tell)
            card, told = _Open(row), False
        elif card is None:
            if line.strip() and not told:
                tell(ImportProblem("what stands outside of cards is left out", row=row))
                told = True
        elif not _END.fullmatch(line):
            card.add(row, line)
        elif card.depth > 1:
            card.depth -= 1
        else:
            count += 1
            if count > MAX_CARDS:
                raise ImportProblem(f"the file has more than {MAX_CARDS:,} cards; take it apart first", row=card.row)
            yield RawCard(card.row, _version(card.lines), card.lines)
            card = None
    _tell_open(card, tell)


def _tell_open(card: _Open | None, tell: Tell) -> None:
    if card is not None:
        tell(ImportProblem("the card is left out: it has no end", row=card.row))


def _utf8(content: bytes) -> bytes:
    """The same without a byte order mark, which also tells of UTF-16."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace").encode("utf-8", "replace")
    return content.removeprefix(b"\xef\xbb\xbf")


def _version(lines: list[tuple[int, bytes]]) -> str:
    found = (_VERSION.fullmatch(line) for _, line in lines)
    return next((each[1].decode("ascii") for each in found if each), "2.1")  # the oldest one may do without


def properties(card: RawCard, tell: Tell) -> Iterator[Property]:
    """The properties of a card; a line that is none is told.

    Raises:
        ImportProblem: there are too many.
    """
    for n, (row, line) in enumerate(_unfolded(card)):
        if n == MAX_PROPERTIES:
            raise ImportProblem(f"the card has more than {MAX_PROPERTIES:,} properties", row=card.row)
        found = _HEADER.match(line)
        if found is None:
            tell(ImportProblem("the line is no property", row=row))
            continue
        yield Property(row, _text(found[1]).upper(), _parameters(found[2]), line[found.end() :])


def _parameters(text: bytes) -> dict[str, tuple[str, ...]]:
    told: dict[str, list[str]] = {}
    for name, values in _ONE.findall(text):
        key = _text(name).strip().upper()
        if values:
            # Several types may stand in one parameter, also in quotes: TYPE="work,voice".
            words = tuple(_text(quoted or plain).strip() for quoted, plain in _WORD.findall(values))
            words = tuple(part for word in words for part in word.split(",")) if key == "TYPE" else words
        else:
            key, words = "TYPE", (key,)  # as 2.1 has it: TEL;WORK;FAX, and QUOTED-PRINTABLE
        told.setdefault(key, []).extend(words)
    return {key: tuple(words) for key, words in told.items()}


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")


def _unfolded(card: RawCard) -> Iterator[tuple[int, bytes]]:
    """Whole lines, each with the number of its first one."""
    keep = card.version == "2.1"  # there, the blank at the start of a line belongs to the value
    first, parts = 0, list[bytes]()
    quoted = base64 = False
    for row, line in card.lines:
        if quoted and parts[-1].endswith(b"="):
            parts[-1] = parts[-1][:-1]
            parts.append(line)
        elif parts and line[:1] in (b" ", b"\t"):
            parts.append(line if keep else line[1:])
        elif base64 and b":" not in line:
            parts.append(line)
        elif line.strip():
            if parts:
                yield first, b"".join(parts)
            first, parts = row, [line]
            quoted, base64 = (bool(mark.match(line)) for mark in (_QUOTED, _BASE64))
    if parts:
        yield first, b"".join(parts)

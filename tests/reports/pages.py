"""What stands in a PDF as typst writes it: its objects, its texts line by line, and what is known about it."""

import re
import zlib
from collections.abc import Iterator

_OBJECT = re.compile(rb"(\d+) 0 obj\n(.*?)(?:stream\r?\n(.*?)\r?\n?endstream\s*)?endobj", re.DOTALL)
_BYTE = rb"(?:\\[0-7]{3}|\\.|[^\\])"
_SHOWN = re.compile(rb"/(f\d+) [\d.]+ Tf|(?<=[\[\dm])\((?P<text>(?:%b{2})*?)\)|(?P<end>\bET\b)" % _BYTE, re.DOTALL)
_PLACE = re.compile(rb"q 1 0 0 -1 ([\d.]+) ([\d.]+) cm/[^\n]*\nBT[^\n]*?/(f\d+) ([\d.]+) Tf (.*?)\nET\n", re.DOTALL)
_ESCAPE = re.compile(rb"\\([0-7]{3}|.)", re.DOTALL)
_PLAIN = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


class Pages:
    """A PDF that is opened."""

    def __init__(self, file: bytes) -> None:
        assert file.startswith(b"%PDF-1.7")
        assert file.rstrip().endswith(b"%%EOF")
        self.objects = {int(n): (head, _opened(head, stream)) for n, head, stream in _OBJECT.findall(file)}
        pages = [head for head, _ in self.objects.values() if b"/Type/Page/" in head]
        self.texts = ["".join(self._shown(page)) for page in pages]

    @property
    def text(self) -> str:
        """Everything that is shown, without blanks and line breaks: where lines end is for the typesetter to say."""
        return bare("".join(self.texts))

    def places(self, page: int) -> list[tuple[float, float, float]]:
        """Where the texts of a page stand: how high, from where, and to where. Kerning is not counted."""
        head = [head for head, _ in self.objects.values() if b"/Type/Page/" in head][page]
        fonts = dict(re.findall(rb"/(f\d+) (\d+) 0 R", self._of(head, b"Resources")))
        return [
            (float(y), float(x), float(x) + float(size) * self._width(fonts[font], shown))
            for x, y, font, size, shown in _PLACE.findall(self._of(head, b"Contents"))
        ]

    def _width(self, font: bytes, shown: bytes) -> float:
        """How wide a text is in a font of the size 1."""
        told = re.search(rb"/DescendantFonts\[(\d+) 0 R", self.objects[int(font)][0])
        assert told is not None
        listed = re.search(rb"/W\[([^]]*)\]", self.objects[int(told[1])][0])
        assert listed is not None
        widths = {int(first): float(width) for first, _, width in re.findall(rb"(\d+) (\d+) ([\d.]+)", listed[1])}
        codes = b"".join(_ESCAPE.sub(_unescaped, found["text"] or b"") for found in _SHOWN.finditer(shown))
        return sum(widths[int.from_bytes(codes[at : at + 2])] for at in range(0, len(codes), 2)) / 1000

    def _shown(self, page: bytes) -> Iterator[str]:
        fonts = dict(re.findall(rb"/(f\d+) (\d+) 0 R", self._of(page, b"Resources")))
        glyphs: dict[bytes, str] = {}
        for found in _SHOWN.finditer(self._of(page, b"Contents")):
            if found[1]:
                glyphs = _characters(self._of(self.objects[int(fonts[found[1]])][0], b"ToUnicode"))
            elif found["end"]:
                yield "\n"
            else:
                codes = _ESCAPE.sub(_unescaped, found["text"])
                yield "".join(glyphs[codes[at : at + 2]] for at in range(0, len(codes), 2))

    def _of(self, head: bytes, name: bytes) -> bytes:
        found = re.search(rb"/" + name + rb" (\d+) 0 R", head)
        assert found is not None
        head, stream = self.objects[int(found[1])]
        return stream or head


def bare(text: str) -> str:
    """A text without its blanks, and without what is never seen."""
    return re.sub(r"[\s\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]", "", text)


def _opened(head: bytes, stream: bytes) -> bytes:
    return zlib.decompressobj().decompress(stream) if b"/FlateDecode" in head else stream


def _characters(table: bytes) -> dict[bytes, str]:
    """Which text each glyph of a font stands for."""
    return {
        bytes.fromhex(glyph.decode()): bytes.fromhex(text.decode()).decode("utf-16-be")
        for glyph, text in re.findall(rb"^<([0-9A-F]{4})> <([0-9A-F]+)>$", table, re.MULTILINE)
    }


def _unescaped(found: re.Match[bytes]) -> bytes:
    what = found[1]
    return bytes([int(what, 8)]) if what.isdigit() else _PLAIN.get(what, what)

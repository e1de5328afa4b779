"""The rows of a CSV file, plain or inside a .zip or .gz, one by one; memory does not grow with the file."""

import csv
import gzip
import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from os import PathLike
from pathlib import Path
from typing import IO, NamedTuple, Protocol

from servicecrm.errors import ImportProblem

__all__ = ["Row", "read_rows"]

MAX_ROW = 2**20
"""Characters that a row may have at most."""

MAX_RATIO, ALWAYS_FINE = 200, 2**26
"""A compressed file may grow to this many times its size; up to so many bytes it always may."""

_DAMAGE = (
    EOFError,
    NotImplementedError,  # a compression that this Python cannot read
    RuntimeError,  # a member with a password
    ValueError,
    lzma.LZMAError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)


class Row(NamedTuple):
    """A row of a file. `n` counts from 1 as a spreadsheet does, the header too; `flaw` says why it has no cells."""

    n: int
    cells: list[str]
    flaw: str | None = None


def read_rows(path: str | PathLike[str], *, delimiter: str = ",", encoding: str = "utf-8") -> Iterator[Row]:
    """The rows of a CSV file; blank ones are counted and left out.

    The first bytes of the file tell whether it is a .zip (with exactly one .csv inside), a .gz or plain. A byte order
    mark is left out. A row that cannot be split into cells is flawed, and reading goes on after it.

    Raises:
        ImportProblem: the file cannot be opened, decompressed or decoded, or a quote in it is never closed.
    """
    n = 0
    try:
        with ExitStack() as stack:
            lines = _Lines(_text(Path(path), encoding, stack))
            reader = csv.reader(lines, delimiter=delimiter, strict=True)
            while True:
                n += 1
                row = _next_row(reader, lines, n)
                if row is None:
                    return
                if row.cells or row.flaw:
                    yield row
    except UnicodeError:
        raise ImportProblem(
            f"here or soon after, the file is not {encoding}; name its encoding", row=n or None
        ) from None
    except _DAMAGE:
        raise ImportProblem("the compressed file is damaged, cut off or locked", row=n or None) from None
    except OSError as error:
        raise ImportProblem(f"the file cannot be read: {error.strerror or 'damaged'}", row=n or None) from None


class _CSVReader(Protocol):
    def __next__(self) -> list[str]: ...


def _next_row(reader: _CSVReader, lines: "_Lines", n: int) -> Row | None:
    lines.start_row()
    try:
        cells = next(reader)
    except StopIteration:
        return None
    except csv.Error:
        # The limit for a field is a setting of the process. Over several lines, a field is that long for one reason.
        if lines.ended or (lines.count > 1 and lines.size > csv.field_size_limit()):
            raise ImportProblem("a quote is opened and never closed", row=n) from None
        return Row(n, [], "cannot be split into cells: a quote is out of place, or a cell is too long")
    return Row(n, cells) if lines.flaw is None else Row(n, [], lines.flaw)


class _Lines:
    """The lines of a text for a CSV reader, which guards what they hold while they make up a row."""

    def __init__(self, text: IO[str]) -> None:
        self._readline = text.readline
        self.ended = False
        self.start_row()

    def start_row(self) -> None:
        self.count = self.size = 0
        self.flaw: str | None = None

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._readline(MAX_ROW)
        if not line:
            self.ended = True
            raise StopIteration
        self.count += 1
        self.size += len(line)
        if self.size >= MAX_ROW:
            if self.count > 1:
                raise ImportProblem("a quote is opened and never closed, or a row is too long")
            self.flaw = f"longer than {MAX_ROW:,} characters"
            while line and line[-1] not in "\r\n":
                line = self._readline(MAX_ROW)
            return "\n"
        if "\0" in line:
            self.flaw = "holds the character NUL"
        return line


# -- opening -------------------------------------------------------------------------------------


def _text(path: Path, encoding: str, stack: ExitStack) -> IO[str]:
    file = stack.enter_context(path.open("rb"))
    start = file.read(4)
    file.seek(0)
    content: IO[bytes] | gzip.GzipFile = file
    if start in (b"PK\3\4", b"PK\5\6"):
        content = stack.enter_context(_only_csv(stack.enter_context(zipfile.ZipFile(file))))
    elif start[:2] == b"\x1f\x8b":
        content = stack.enter_context(gzip.GzipFile(fileobj=file))
    if content is not file:
        limit = max(ALWAYS_FINE, MAX_RATIO * path.stat().st_size)
        content = stack.enter_context(io.BufferedReader(_Limited(content, limit), 2**16))
    if encoding == "utf-8":
        encoding = "utf-8-sig"
    return stack.enter_context(io.TextIOWrapper(content, encoding, newline=""))


def _only_csv(archive: zipfile.ZipFile) -> IO[bytes]:
    names = [name for name in archive.namelist() if name.lower().endswith(".csv") and not name.startswith("__MACOSX/")]
    if len(names) != 1:
        found = ", ".join(names[:10]) or "none"
        raise ImportProblem(f"the archive needs exactly one .csv file; found: {found}")
    return archive.open(names[0])


class _Limited(io.RawIOBase):
    """Decompressed bytes, up to a limit: a small file must not keep us busy for ever."""

    def __init__(self, content: IO[bytes] | gzip.GzipFile, limit: int) -> None:
        self._content, self._left = content, limit

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # io hands over these two
        found = self._content.read(len(buffer))
        self._left -= len(found)
        if self._left < 0:
            raise ImportProblem(f"the compressed file grows to more than {MAX_RATIO} times its size; unpack it first")
        buffer[: len(found)] = found
        return len(found)

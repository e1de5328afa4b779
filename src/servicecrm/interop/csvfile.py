"""The rows of a CSV file, plain or inside a .zip or .gz, one by one; memory does not grow with the file."""

import csv
import io
from collections.abc import Iterator, Mapping
from os import PathLike
from typing import IO, Final, NamedTuple, Protocol

from servicecrm.errors import ImportProblem, InvalidValue
from servicecrm.interop.packed import opened

__all__ = ["Row", "check_cells", "read_rows"]

MAX_ROW = 2**20
"""Characters that a row may have at most."""
MAX_CELL: Final = 2**17
"""The same of a cell: the limit of the module `csv`, unless a program sets another one."""
MAX_BLANK: Final = 2**20
"""Blank rows one after the other; no sheet has more rows. A small compressed file may hold any number of them."""


class Row(NamedTuple):
    """A row of a file. `n` counts from 1 as a spreadsheet does, the header too; `flaw` says why it has no cells."""

    n: int
    cells: list[str]
    flaw: str | None = None


def read_rows(path: str | PathLike[str], *, delimiter: str = ",", encoding: str = "utf-8") -> Iterator[Row]:
    """The rows of a CSV file; blank ones are counted and left out.

    A byte order mark is left out. A row that cannot be split into cells is flawed, and reading goes on after it.

    Raises:
        ImportProblem: the file cannot be opened, decompressed or decoded, or a quote in it is never closed.
    """
    n = blank = 0
    with (
        opened(path, lambda: n or None) as content,
        io.TextIOWrapper(content, "utf-8-sig" if encoding == "utf-8" else encoding, newline="") as text,
    ):
        lines = _Lines(text)
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        try:
            while True:
                n += 1
                row = _next_row(reader, lines, n)
                if row is None:
                    return
                if row.cells or row.flaw:
                    blank = 0
                    yield row
                else:
                    blank += 1
                if blank > MAX_BLANK:
                    raise ImportProblem(f"more than {MAX_BLANK:,} rows are blank, one after the other", row=n)
        except UnicodeError:
            raise ImportProblem(f"here or soon after, the file is not {encoding}; name its encoding", row=n) from None


def check_cells(cells: Mapping[str, str]) -> None:
    """Refuses a row that `read_rows` could not read back, by the names of its columns.

    Raises:
        InvalidValue: a cell, or all of them together, are too long.
    """
    for name, cell in cells.items():
        if len(cell) > MAX_CELL:
            raise InvalidValue(name, f"a cell of {len(cell):,} characters is not read back; {MAX_CELL:,} are")
    if sum(len(cell) + cell.count('"') + 3 for cell in cells.values()) >= MAX_ROW:
        raise InvalidValue("row", f"a row of more than {MAX_ROW:,} characters is not read back")


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

"""The bytes of a log, plain or inside a .zip or .gz, with a limit to how much a small file may become."""

import gzip
import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from os import PathLike
from pathlib import Path
from typing import IO, Final

from servicecrm.errors import ImportProblem
from servicecrm.kernel.shapes import printable

__all__ = ["opened"]

MAX_RATIO, ALWAYS_FINE = 200, 2**24
"""A compressed file may grow to this many times its size; up to so many bytes it always may."""

ENDINGS: Final = (".csv", ".xes")
"""What is looked for in a .zip, in this order."""

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


@contextmanager
def opened(path: str | PathLike[str], row: Callable[[], int | None] = lambda: None) -> Iterator[io.BufferedReader]:
    """The content of a file. Its first bytes tell whether it is a .zip, with exactly one log inside, a .gz or plain.

    What goes wrong while it is read is told as a problem in the row that `row` names then.

    Raises:
        ImportProblem: the file cannot be opened, read or decompressed.
    """
    try:
        with ExitStack() as stack:
            yield _content(Path(path), stack)
    except _DAMAGE:
        raise ImportProblem("the compressed file is damaged, cut off or locked", row=row()) from None
    except OSError as error:
        raise ImportProblem(f"the file cannot be read: {error.strerror or 'damaged'}", row=row()) from None


def _content(path: Path, stack: ExitStack) -> io.BufferedReader:
    file = stack.enter_context(path.open("rb"))
    start = file.read(4)
    file.seek(0)
    content: IO[bytes] | gzip.GzipFile
    if start in (b"PK\3\4", b"PK\5\6"):
        content = stack.enter_context(_only_log(stack.enter_context(zipfile.ZipFile(file))))
    elif start[:2] == b"\x1f\x8b":
        content = stack.enter_context(gzip.GzipFile(fileobj=file))
    else:
        return file
    limit = max(ALWAYS_FINE, MAX_RATIO * path.stat().st_size)
    return stack.enter_context(io.BufferedReader(_Limited(content, limit), 2**16))


def _only_log(archive: zipfile.ZipFile) -> IO[bytes]:
    members = [name for name in archive.namelist() if not name.startswith("__MACOSX/")]
    names: list[str] = []
    for ending in ENDINGS:
        names = names or [name for name in members if name.lower().endswith(ending)]
    if len(names) != 1:
        found = ", ".join(printable(name[:60]) for name in names[:10]) or "none"
        raise ImportProblem(f"the archive needs exactly one {' or '.join(ENDINGS)} file; found: {found}")
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

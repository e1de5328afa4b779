"""The files of SQLite under watch: each change of one is told before it is made, and may be refused.

It stands between the SQLite that Python's own `sqlite3` uses and the operating system, as a VFS: so the stores are
tried as they are shipped, with their own driver.
"""

import _sqlite3
import contextlib
import ctypes
import os
from collections.abc import Callable, Iterator
from ctypes import POINTER, Structure, c_char_p, c_int, c_int64, c_void_p
from pathlib import Path
from typing import Any, NamedTuple

import pytest

__all__ = ["Change", "Create", "Delete", "Sync", "Truncate", "Watch", "Write", "watched"]


class Create(NamedTuple):
    """A file is made, and empty."""

    file: str


class Write(NamedTuple):
    """Some bytes of a file are written; from then on everybody reads them, but they may not be on the disk yet."""

    file: str
    offset: int
    data: bytes


class Truncate(NamedTuple):
    """A file is cut off."""

    file: str
    size: int


class Sync(NamedTuple):
    """The system is asked to bring all of a file to the disk, and to say when it is there."""

    file: str


class Delete(NamedTuple):
    """A file is taken away; `synced` if the folder has to be on the disk without it."""

    file: str
    synced: bool


Change = Create | Write | Truncate | Sync | Delete
Watch = Callable[[Change], bool]
"""Is told of a change of a file in the folder, and says whether it is to be made. If not, SQLite gets an I/O error."""

# SQLite's own names of what may fail: sqlite.org/rescode.html.
IOERR_WRITE, IOERR_FSYNC, IOERR_TRUNCATE, IOERR_DELETE, CANTOPEN = 778, 1034, 1546, 2570, 14

_OPEN = ctypes.CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_int, c_void_p)
_DELETE = ctypes.CFUNCTYPE(c_int, c_void_p, c_char_p, c_int)
_WRITE = ctypes.CFUNCTYPE(c_int, c_void_p, c_void_p, c_int, c_int64)
_TRUNCATE = ctypes.CFUNCTYPE(c_int, c_void_p, c_int64)
_SYNC = ctypes.CFUNCTYPE(c_int, c_void_p, c_int)


class _VFS(Structure):
    """`sqlite3_vfs`, as far as it is looked at; the rest is carried along."""

    _fields_ = [
        ("version", c_int),
        ("size_of_file", c_int),
        ("longest_name", c_int),
        ("next", c_void_p),
        ("name", c_char_p),
        ("data", c_void_p),
        ("open", _OPEN),
        ("delete", _DELETE),
        ("others", c_void_p * 14),
    ]


class _Methods(Structure):
    """`sqlite3_io_methods`, likewise."""

    _fields_ = [
        ("version", c_int),
        ("close", c_void_p),
        ("read", c_void_p),
        ("write", _WRITE),
        ("truncate", _TRUNCATE),
        ("sync", _SYNC),
        ("others", c_void_p * 13),
    ]


def _library() -> Any:
    """The library that `sqlite3` itself uses."""
    library = ctypes.CDLL(getattr(_sqlite3, "__file__", None))
    try:
        library.sqlite3_vfs_find.restype = POINTER(_VFS)
    except AttributeError:
        pytest.skip("NOT RUN: this Python hides the SQLite that it uses")
    return library


class _Watched:
    """The files of one folder, and what is done with them."""

    def __init__(self, folder: Path, watch: Watch, base: Any) -> None:
        self._folder, self._watch, self._base = f"{folder}{os.sep}", watch, base
        self._names: dict[int, str] = {}
        self._own: dict[int, _Methods] = {}
        self.vfs: _VFS = _VFS.from_buffer_copy(base.contents)
        self.vfs.name = b"watched"
        self.vfs.open = _OPEN(self._open)
        self.vfs.delete = _DELETE(self._delete)

    def _asked(self, change: Change) -> bool:
        try:
            return self._watch(change)
        except BaseException:
            return False

    def _open(self, _: int, name: int | None, file: int, flags: int, given: int | None) -> int:
        path = ctypes.string_at(name).decode() if name else ""
        ours = path.startswith(self._folder)
        short = path.removeprefix(self._folder)
        if ours and not os.path.exists(path) and not self._asked(Create(short)):
            return CANTOPEN
        found: int = self._base.contents.open(ctypes.addressof(self._base.contents), name, file, flags, given)
        methods = c_void_p.from_address(file)  # the first member of a `sqlite3_file`
        if found == 0 and ours and methods.value:
            self._names[file] = short
            if methods.value not in self._own:
                self._own[methods.value] = self._methods(_Methods.from_address(methods.value))
            methods.value = ctypes.addressof(self._own[methods.value])
        return found

    def _methods(self, base: _Methods) -> _Methods:
        own = _Methods.from_buffer_copy(base)

        def write(file: int, data: int, size: int, offset: int) -> int:
            asked = self._asked(Write(self._names[file], offset, ctypes.string_at(data, size)))
            return base.write(file, data, size, offset) if asked else IOERR_WRITE

        def truncate(file: int, size: int) -> int:
            return base.truncate(file, size) if self._asked(Truncate(self._names[file], size)) else IOERR_TRUNCATE

        def sync(file: int, flags: int) -> int:
            return base.sync(file, flags) if self._asked(Sync(self._names[file])) else IOERR_FSYNC

        own.write, own.truncate, own.sync = _WRITE(write), _TRUNCATE(truncate), _SYNC(sync)
        return own

    def _delete(self, _: int, name: bytes, synced: int) -> int:
        path = name.decode()
        ours = path.startswith(self._folder) and os.path.exists(path)
        if ours and not self._asked(Delete(path.removeprefix(self._folder), bool(synced))):
            return IOERR_DELETE
        deleted: int = self._base.contents.delete(ctypes.addressof(self._base.contents), name, synced)
        return deleted


@contextlib.contextmanager
def watched(folder: Path, watch: Watch) -> Iterator[None]:
    """Have every database in a folder that is opened meanwhile under watch. Close them all inside."""
    library = _library()
    base = library.sqlite3_vfs_find(None)
    files = _Watched(folder, watch, base)
    assert library.sqlite3_vfs_register(ctypes.byref(files.vfs), 1) == 0
    try:
        yield
    finally:
        library.sqlite3_vfs_register(base, 1)
        library.sqlite3_vfs_unregister(ctypes.byref(files.vfs))

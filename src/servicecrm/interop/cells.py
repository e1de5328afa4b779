"""From a cell of a log to a value of ours: one reader per column, made once for the whole log."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

from servicecrm.interop.maps import NEEDED, TIMES, Column, LogMap

__all__ = ["Read", "Refused", "extra_readers", "readers"]

MAX_CASE: Final = 200
"""Characters that the id of a case may have: it is a part of command keys."""

MAX_CASE_BYTES: Final = 400
"""The same in UTF-8: with the name of the log and a number, every store can still find it."""

Read = Callable[[str], Any]
"""Gives the value of a cell, or None where nothing is there; raises `Refused`."""


class Refused(Exception):
    """A cell that cannot be taken."""

    def __init__(self, column: str | None, says: str) -> None:
        self.column = column
        self.says = says


def readers(log_map: LogMap, names: list[str]) -> list[tuple[str, int, Read]]:
    """How to read the fields of a row: name, place and reader of each; the case comes first."""
    times = _time_reader(log_map)
    found = []
    for column in log_map.columns:
        if column.name is not None:
            read = _reader(column, column.name, log_map, times)
            if column.field in NEEDED[log_map.shape]:
                read = _needed(read, column.name)
            found.append((column.field, names.index(column.name), read))
    return sorted(found, key=lambda part: part[0] != "case")


def extra_readers(log_map: LogMap, names: list[str]) -> list[tuple[str, int, Read]]:
    """How to read what the map keeps besides, as it is."""
    return [(c.field, names.index(c.name), _text_reader(c, log_map)) for c in log_map.extra if c.name is not None]


def _reader(column: Column, name: str, log_map: LogMap, times: Read) -> Read:
    if column.field == "word":
        return _word_reader(name, log_map)
    text = _text_reader(column, log_map)
    if column.field == "case":
        return _short(text, name)
    if column.field in TIMES:
        return _guarded(text, times, name)
    return _code_reader(column.field, name, log_map, text)


def _text_reader(column: Column, log_map: LogMap) -> Read:
    missing = frozenset(() if column.keep_missing else map(log_map.same, log_map.missing))
    same = log_map.same

    def exact(cell: str) -> str | None:
        return None if not cell or cell in missing or cell.isspace() else cell

    def folded(cell: str) -> str | None:
        return None if not cell or same(cell) in missing or cell.isspace() else cell

    return folded if log_map.fold and missing else exact


def _needed(read: Read, name: str) -> Read:
    def needed(cell: str) -> Any:
        value = read(cell)
        if value is None:
            raise Refused(name, "is empty, but every row needs it")
        return value

    return needed


def _short(text: Read, name: str) -> Read:
    def short(cell: str) -> Any:
        if len(cell) > MAX_CASE or len(cell.encode("utf-8", "surrogatepass")) > MAX_CASE_BYTES:
            most = f"{MAX_CASE} characters, or {MAX_CASE_BYTES} bytes in UTF-8,"
            raise Refused(name, f"longer than the {most} that the id of a case may have")
        return text(cell)

    return short


def _guarded(text: Read, times: Read, name: str) -> Read:
    def time(cell: str) -> Any:
        if text(cell) is None:
            return None
        try:
            return times(cell)
        except (ValueError, OverflowError):
            raise Refused(name, "is not a time in a format of the map") from None

    return time


def _word_reader(name: str, log_map: LogMap) -> Read:
    words = {log_map.same(word.text): word for word in log_map.words}
    same = log_map.same

    def word(cell: str) -> Any:
        found = words.get(same(cell))
        if found is None:
            raise Refused(name, "is a word that the map has not; add it to [words], or mark it { ignore = true }")
        return found

    return word


def _code_reader(field: str, name: str, log_map: LogMap, text: Read) -> Read:
    codes = {log_map.same(coding.text): coding.code for coding in log_map.values if coding.field == field}
    known = log_map.vocabulary.codes.get(field)
    if known is None and not codes:
        return text
    if known is not None and not codes:
        codes = {log_map.same(code): code for code in known}
    same, others = log_map.same, codes.get("*")

    def code(cell: str) -> Any:
        value = text(cell)
        if value is None:
            return None
        found = codes.get(same(value), others)
        if found is None and known is not None:
            raise Refused(name, f"is a word that the map has not; add it to [values.{field}]")
        return value if found is None else found

    return code


def _time_reader(log_map: LogMap) -> Read:
    zone, formats = log_map.zone, log_map.time_formats

    def parsed(cell: str) -> datetime:
        for each in formats[:-1]:
            try:
                return datetime.strptime(cell, each)  # noqa: DTZ007 - the zone follows
            except ValueError:
                continue
        return datetime.strptime(cell, formats[-1]) if formats else datetime.fromisoformat(cell)  # noqa: DTZ007

    @lru_cache(maxsize=2**14)  # the same time stands in many rows, mostly near each other
    def time(cell: str) -> datetime:
        found = parsed(cell.strip())
        # As fold is 0, a wall time that is skipped moves forward, and one that comes twice is the first.
        return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)

    return time

"""Taking a TOML table apart, and going on after a problem, so that all of them are told, each with its place."""

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from servicecrm.errors import InvalidValue

__all__ = ["Reading", "Table"]

T = TypeVar("T")

Table = Mapping[str, object]


class Reading:
    """What is read from tables, and what is wrong in them."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def problem(self, where: str, says: str) -> None:
        """Note what is wrong."""
        self.problems.append(f"{where}: {says}")

    def only(self, table: Table, known: Iterable[str], where: str) -> None:
        """A table that has known keys only."""
        for key in table:
            if key not in known:
                self.problem(f"{where}{key}", f"unknown key; known: {', '.join(known) or 'none'}")

    def one_of(self, found: str, known: Iterable[str], where: str) -> str:
        """A known word; nothing at all is another problem."""
        if found and found not in known:
            self.problem(where, f"unknown word {found!r}; known: {', '.join(known)}")
        return found

    def made(self, where: str, make: Callable[[], T]) -> T | None:
        """A value that checks itself when it is made."""
        try:
            return make()
        except InvalidValue as error:
            self.problem(where, error.says)
        return None

    def table(self, table: Table, key: str, where: str = "", *, needed: bool = False) -> Table:
        """A table in a table."""
        found = table.get(key, None if needed else {})
        if isinstance(found, dict):
            return found
        self.problem(f"{where}{key}", "a table is needed")
        return {}

    def text(self, table: Table, key: str, where: str, default: str = "") -> str:
        """A text that says something."""
        found = table.get(key, default)
        if isinstance(found, str) and found:
            return found
        self.problem(f"{where}{key}", "a text is needed")
        return ""

    def texts(self, table: Table, key: str, where: str) -> tuple[str, ...]:
        """A list of texts."""
        found = table.get(key, [])
        if isinstance(found, list) and all(isinstance(item, str) for item in found):
            return tuple(found)
        self.problem(f"{where}{key}", "a list of texts is needed")
        return ()

    def flag(self, table: Table, key: str, where: str) -> bool:
        """True or false; false, if it is not said."""
        found = table.get(key, False)
        if isinstance(found, bool):
            return found
        self.problem(f"{where}{key}", "true or false is needed")
        return False

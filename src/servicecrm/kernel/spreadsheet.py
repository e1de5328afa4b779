"""Cells that no spreadsheet takes for a formula.

What a spreadsheet runs begins with `=`, `+`, `-` or `@`, in their wide forms too, perhaps after blanks or characters
that nobody sees. A cell begins where the file says so, and also after a semicolon, a tabulator or a line break, if the
program takes these for the ends of cells. An apostrophe goes before each such place; it says "this is text".
"""

import re
from typing import Final

__all__ = ["neutral", "original"]

_SIGNS: Final = r"=+\-@＝＋－＠"  # noqa: RUF001 - the wide forms are meant
_UNSEEN: Final = (
    r"\x00-\x08\x0b\x0c\x0e-\x20\x7f-\xa0\xad\u061c\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff"
)
_START: Final = rf"(?='*[{_UNSEEN}]*[{_SIGNS}])"
"""Where a formula could begin, or does not because of apostrophes: one more goes there, so that it can go again."""
_LIVE: Final = re.compile(rf"^(?=[\t\r\n'])|(^|[;\t\r\n]){_START}")
_PUT: Final = re.compile(rf"^'(?=[\t\r\n'])|(^|[;\t\r\n])'{_START}")


def neutral(cell: str) -> str:
    """The text of a cell with an apostrophe wherever a formula could begin, and before an apostrophe of its own."""
    return _LIVE.sub(lambda found: f"{found[1] or ''}'", cell)


def original(cell: str) -> str:
    """The text that `neutral` made this cell of."""
    return _PUT.sub(lambda found: found[1] or "", cell)

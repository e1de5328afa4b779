"""What may stand in one line of a message, and in its header: plain text, and nothing that means something there."""

from typing import Final

from servicecrm.errors import InvalidValue

__all__ = ["header_line", "one_line"]

LONGEST: Final = 250
"""How many characters may stand in a header: servers take lines of 998 bytes."""


def one_line(where: str, text: str) -> str:
    """The text itself, which is one line without markup. The text is never shown: it may be personal.

    Raises:
        InvalidValue: it has a line break, another character that is not printed, or an angle bracket.
    """
    if not text.isprintable() or "<" in text or ">" in text:
        raise InvalidValue(where, "expected one line of plain text, without control characters and angle brackets")
    return text


def header_line(where: str, text: str) -> str:
    """The text itself, which can be written into a header and says there what it says here.

    Raises:
        InvalidValue: it is blank, too long, or not one line of plain text, or holds `=?`, which begins an encoded word.
    """
    if not one_line(where, text).strip() or len(text) > LONGEST or "=?" in text:
        raise InvalidValue(where, f"expected at most {LONGEST} characters that are not all blank, and no `=?`")
    return text

"""What a mail says itself, without the mail that it answers and without the signature."""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

__all__ = ["Said", "is_forwarded", "is_reply", "said"]

_REPLY: Final = re.compile(r"\s*(?:re|aw|antw|antwort|回复|回覆|答复)\s*(?:\[\d+\])?\s*[:\uff1a]", re.IGNORECASE)
_FORWARD: Final = re.compile(r"\s*(?:fw|fwd|wg|转发|轉寄)\s*[:\uff1a]", re.IGNORECASE)

_ATTRIBUTION: Final = re.compile(
    r"(?:on|am)\s.{0,26}\d.{1,300}\s(?:wrote|schrieb)\b.{0,200}[:\uff1a]|.{0,26}\d.{1,300}[写寫]道\s*[:\uff1a]",
    re.IGNORECASE,
)
"""On a date, somebody wrote."""
_ORIGINAL: Final = re.compile(
    r"-{2,}\s*(?:original message|original-nachricht|ursprüngliche nachricht|原始邮件|原邮件)\s*-{2,}", re.IGNORECASE
)
_FROM: Final = re.compile(r"\*?(?:from|von|发件人|寄件者)\s*[:\uff1a]", re.IGNORECASE)
_HEAD: Final = re.compile(
    r"\*?(?:sent|date|to|cc|subject|gesendet|datum|an|betreff|发送时间|日期|收件人|抄送|主题)\s*[:\uff1a]",
    re.IGNORECASE,
)
_MACHINE: Final = re.compile(
    r"(?:sent from|get outlook for|(?:diese nachricht wurde )?von meinem .{1,60} gesendet|gesendet (?:von|mit) "
    r"|发自我的|發自我的)",
    re.IGNORECASE,
)
MAX_SIGNATURE: Final = 15
"""Lines that a signature has at most; more after a dash are text."""


class Said(NamedTuple):
    """The text of a mail in three: what is new, what it quotes, and the signature."""

    text: str
    quoted: str = ""
    signature: str = ""


def is_reply(subject: str) -> bool:
    """Does the subject say that this answers another mail?"""
    return _REPLY.match(subject) is not None


def is_forwarded(subject: str) -> bool:
    """Does the subject say that this passes on another mail?"""
    return _FORWARD.match(subject) is not None


def said(text: str, *, forwarded: bool = False) -> Said:
    """Take a text apart. What is forwarded is no quote, and where nothing else is said the quote is what is said."""
    if forwarded:
        return Said(text.strip())
    new, quoted = _without_quotes(text.split("\n"))
    new, signature = _without_signature(new)
    kept = "\n".join(new).strip()
    return Said(kept, "\n".join(quoted).strip(), "\n".join(signature).strip()) if kept else Said(text.strip())


def _without_quotes(lines: Sequence[str]) -> tuple[list[str], list[str]]:
    new: list[str] = []
    quoted: list[str] = []
    at = 0
    while at < len(lines):
        intro = _attribution(lines, at)
        if intro and _next_is_quoted(lines, at + intro):
            quoted += lines[at : at + intro]  # the answer may stand below the quote or within it
            at += intro
        elif intro or _begins_original(lines, at):
            while new and not new[-1].strip("_ "):  # a ruler before it
                new.pop()
            return new, [*quoted, *lines[at:]]
        else:
            (quoted if lines[at].startswith(">") else new).append(lines[at])
            at += 1
    return new, quoted


def _attribution(lines: Sequence[str], at: int) -> int:
    """How many lines say who wrote what is quoted below; a long one is wrapped."""
    for count in (1, 2, 3):
        if at + count <= len(lines) and _ATTRIBUTION.fullmatch(" ".join(lines[at : at + count])[:600].strip()):
            # A sentence before it may begin in the same way.
            return 0 if any(_attribution(lines[: at + count], later) for later in range(at + 1, at + count)) else count
    return 0


def _next_is_quoted(lines: Sequence[str], at: int) -> bool:
    following = next((line for line in lines[at : at + 3] if line.strip()), "")
    return following.startswith(">")


def _begins_original(lines: Sequence[str], at: int) -> bool:
    line = lines[at].strip()[:200]
    if _ORIGINAL.fullmatch(line):
        return True
    return bool(_FROM.match(line)) and sum(bool(_HEAD.match(other.strip())) for other in lines[at + 1 : at + 6]) >= 2


def _without_signature(lines: list[str]) -> tuple[list[str], list[str]]:
    while lines and not lines[-1].strip():
        lines.pop()
    for at in range(max(0, len(lines) - MAX_SIGNATURE - 1), len(lines)):
        if lines[at] in ("--", "-- ", "—"):
            return lines[:at], lines[at + 1 :]
    if lines and _MACHINE.match(lines[-1].strip()):
        return lines[:-1], lines[-1:]
    return lines, []

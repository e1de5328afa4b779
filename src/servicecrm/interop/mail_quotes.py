"""What a mail says itself, without the mail that it answers and without the signature."""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

__all__ = ["Said", "is_forwarded", "is_reply", "said"]

_REPLY: Final = re.compile(r"\s*(?:re|aw|antw|antwort|回复|回覆|答复)\s*(?:\[\d+\])?\s*[:\uff1a]", re.IGNORECASE)
_FORWARD: Final = re.compile(r"\s*(?:fw|fwd|wg|转发|轉寄)\s*[:\uff1a]", re.IGNORECASE)

_WROTE: Final = re.compile(r"(?P<who>.+)\s(?:wrote|schrieb)\b(?P<more>.*)", re.IGNORECASE)
_ON_A_DATE: Final = re.compile(r"(?:on|am)\s.{0,26}?\d.", re.IGNORECASE)
_WROTE_CHINESE: Final = re.compile(r"(?P<who>.+)[写寫]道(?P<more>)\s*")
_A_DATE: Final = re.compile(r".{0,26}?\d.")
MAX_WHO: Final = 330
MAX_MORE: Final = 200
"""Characters before "wrote" and after it."""
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
        intro = _attribution(lines, at, len(lines))
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


def _attribution(lines: Sequence[str], at: int, end: int) -> int:
    """How many lines before the end say who wrote what is quoted below; a long one is wrapped."""
    for last in range(at + 1, min(at + 3, end) + 1):
        if _says_who_wrote(" ".join(lines[at:last])[:600].strip()):
            # A sentence before it may begin in the same way.
            return 0 if any(_attribution(lines, later, last) for later in range(at + 1, last)) else last - at
    return 0


def _says_who_wrote(text: str) -> bool:
    """On a date, somebody wrote. Each part is looked for by itself: together they would take a long time to miss."""
    if not text.endswith((":", "\uff1a")):
        return False
    for wrote, dated in ((_WROTE, _ON_A_DATE), (_WROTE_CHINESE, _A_DATE)):
        found = wrote.fullmatch(text[:-1])  # the last one
        if found and len(found["who"]) <= MAX_WHO and len(found["more"]) <= MAX_MORE and dated.match(found["who"]):
            return True
    return False


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

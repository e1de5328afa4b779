"""Is this thanks and nothing else?

Whatever is not known to be polite is substance: a mail that is taken too seriously costs a look, and one that is
overlooked is a dropped ball.
"""

import re
from collections.abc import Iterable
from typing import Final
from unicodedata import normalize

__all__ = ["is_courtesy"]

MAX_LENGTH: Final = 300

_SUBSTANCE: Final = re.compile(r"[\d?\uff1f]")
_WORD: Final = re.compile(r"[^\W\d_]+")


def _known(words: str) -> frozenset[str]:
    return frozenset(words.casefold().split())


_THANKS: Final = _known("thank thanks thx danke dank dankeschön")
_POLITE: Final = _THANKS | _known(
    "a again all and best cheers dear evening fast for good great hello hi kind lot many morning mr mrs ms much ok "
    "okay perfect quick really regards sincerely so the very you your yours "
    "abend beste besten damen das deine der die dir euch eure frau freundliche freundlichen für ganz geehrte geehrten "
    "geehrter grüße grüßen gruß guten hallo herr herren herzlich herzliche herzlichen ihnen ihre lg liebe lieber mfg "
    "mit morgen nochmals rasche schnelle schönen sehr tag und vg viele vielen"
)
_THANKED_FOR: Final = _known(
    "answer help reply response support antwort bemühungen hilfe mühe rückmeldung unterstützung"
)
"""Polite where somebody is thanked *for* it, and a call for it elsewhere."""
_FOR: Final = _known("for für")

_HAN_THANKS: Final = re.compile("(?:非常|十分|万分)?(?:感谢|谢谢|多谢|感謝|謝謝|多謝)")
_HAN_POLITE: Final = re.compile(
    "(?:您|你|您们|你们|大家)的?(?:帮助|帮忙|支持|回复|答复|幫助|幫忙|回覆)|"
    "您好|你好|尊敬的|先生|女士|老师|收到|好的|了|您们|你们|您|你|大家|辛苦|此致|敬礼|祝好"
)


def is_courtesy(text: str, *, names: Iterable[str] = ()) -> bool:
    """Does a text without quotes and signature only say thanks, in English, German or Chinese?

    `names` are those of the people who write and are written to: they may stand in it.
    """
    if len(text) > MAX_LENGTH or _SUBSTANCE.search(text):
        return False
    rest, thanked = _HAN_THANKS.subn(" ", text)
    words = _words(_HAN_POLITE.sub(" ", rest))
    if not thanked and not words & _THANKS:
        return False
    people = frozenset[str]().union(*map(_words, names))
    return words - people <= (_POLITE | _THANKED_FOR if words & _FOR else _POLITE)


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(normalize("NFC", text).casefold()))

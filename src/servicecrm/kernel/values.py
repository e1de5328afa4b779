"""Values that many records share: money, periods, contact points, languages, attachments."""

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Context, Decimal, Inexact
from functools import total_ordering
from typing import Final, NewType

from servicecrm.errors import InvalidValue
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.records import ERASED, Personal, record
from servicecrm.kernel.shapes import Code

__all__ = [
    "Attachment",
    "ContactKind",
    "ContactPoint",
    "LanguageTag",
    "Money",
    "Period",
    "fallbacks",
    "in_language",
    "language_tag",
]

_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_LANGUAGE: Final = re.compile(r"([a-z]{2,3})(-[a-z]{4})?(-(?:[a-z]{2}|[0-9]{3}))?", re.ASCII | re.IGNORECASE)
# Python's own context would round to 28 digits without a word.
_EXACT: Final = Context(prec=100, traps=[Inexact])


@total_ordering
@record
class Money:
    """An exact amount in one currency, which is named as in ISO 4217.

    Amounts of one currency can be added, subtracted and put in order. Nothing is rounded or converted.

    Raises:
        InvalidValue: the currency is not three capital letters; an operation mixes currencies, or its result has
            more than 100 digits.
    """

    amount: Decimal
    currency: str

    def __attrs_post_init__(self) -> None:
        if not _CURRENCY.fullmatch(self.currency):
            raise InvalidValue("Money.currency", "a currency is three capital letters, such as EUR")

    def __add__(self, other: "Money") -> "Money":
        if not isinstance(other, Money):
            return NotImplemented
        return self._plus(other, other.amount)

    def __sub__(self, other: "Money") -> "Money":
        if not isinstance(other, Money):
            return NotImplemented
        return self._plus(other, other.amount.copy_negate())

    def __lt__(self, other: "Money") -> bool:
        if not isinstance(other, Money):
            return NotImplemented
        self._same_currency(other)
        return self.amount < other.amount

    def _plus(self, other: "Money", amount: Decimal) -> "Money":
        self._same_currency(other)
        try:
            return Money(amount=_EXACT.add(self.amount, amount), currency=self.currency)
        except Inexact:
            raise InvalidValue("Money.amount", f"an amount has at most {_EXACT.prec} digits") from None

    def _same_currency(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise InvalidValue("Money", f"{self.currency} and {other.currency} do not mix; convert one of them first")


@record
class Period:
    """A stretch of time that holds its start and not its end; without an end it goes on.

    Raises:
        InvalidValue: it does not start before it ends.
    """

    start: datetime
    end: datetime | None = None

    def __attrs_post_init__(self) -> None:
        if not _before(self.start, self.end):
            raise InvalidValue("Period", "a period starts before it ends")

    def contains(self, instant: datetime) -> bool:
        """Does the instant lie in this period?

        Raises:
            NaiveDatetime: the instant has no zone.
        """
        return micros(self.start) <= micros(instant) and _before(instant, self.end)

    def overlaps(self, other: "Period") -> bool:
        """Is there an instant in both periods?"""
        return _before(self.start, other.end) and _before(other.start, self.end)


def _before(instant: datetime, end: datetime | None) -> bool:
    # Two times in one zone compare by the clock on the wall, which is wrong in the hour that is shown twice.
    return end is None or micros(instant) < micros(end)


class ContactKind(Code):
    """How a contact point is reached."""

    PHONE = "phone"
    EMAIL = "email"
    POST = "post"
    WEB = "web"
    CHAT = "chat"
    OTHER = "other"


@record
class ContactPoint:
    """Where somebody can be reached: a number, an address, a page.

    Only an e-mail address is looked at, and only for its `@`: whether mail arrives is known after sending it.

    Raises:
        InvalidValue: the value is blank, or an e-mail address is not "something@something".
    """

    kind: ContactKind
    value: Personal[str]

    def __attrs_post_init__(self) -> None:
        if not self.value.strip():
            raise InvalidValue("ContactPoint.value", "a contact point has a number or an address")
        if self.kind is ContactKind.EMAIL and self.value != ERASED:
            before, _, after = self.value.rpartition("@")
            if not before.strip() or not after.strip():
                raise InvalidValue("ContactPoint.value", "an e-mail address is something@something")


LanguageTag = NewType("LanguageTag", str)
"""A language as in BCP 47, in its usual case: `de`, `de-AT`, `zh-Hant-TW`. Made by `language_tag`."""


def language_tag(text: str) -> LanguageTag:
    """The tag of a language, with an optional script and region, in its usual case: `DE-at` is `de-AT`.

    Raises:
        InvalidValue: the text has another shape.
    """
    try:
        found = _LANGUAGE.fullmatch(text)
    except TypeError:  # no text, of which nothing is told: it may be endless, or too deep to be written out
        found = None
    if found is None:
        raise InvalidValue("language", "a language is written language[-script][-region], such as de, de-AT or zh-Hant")
    language, script, region = found.groups(default="")
    return LanguageTag(language.lower() + script.title() + region.upper())


def fallbacks(tag: LanguageTag) -> tuple[LanguageTag, ...]:
    """The languages to try for a tag, the tag itself first: `de-AT`, then `de`."""
    parts = tag.split("-")
    return tuple(LanguageTag("-".join(parts[:length])) for length in range(len(parts), 0, -1))


def in_language(words: Mapping[str, object], language: str) -> str | None:
    """The wording in a language, or the nearest one that there is (`de-AT`, `de`, then `en`, then any)."""
    for tag in (*fallbacks(language_tag(language)), LanguageTag("en"), *words):
        found = words.get(tag)
        if isinstance(found, str):
            return found
    return None


@record
class Attachment:
    """A reference to a file that the host keeps.

    `size` counts bytes, `digest` is the SHA-256 of the content in lower-case hex, and `location` is the host's own
    key, which is never opened or interpreted.

    Raises:
        InvalidValue: the size is negative, or the digest has another shape.
    """

    name: Personal[str]
    media_type: str
    size: int
    digest: str
    location: str

    def __attrs_post_init__(self) -> None:
        if self.size < 0:
            raise InvalidValue("Attachment.size", "a size is 0 or more bytes")
        if not _SHA256.fullmatch(self.digest):
            raise InvalidValue("Attachment.digest", "a SHA-256 digest is 64 lower-case hex digits")

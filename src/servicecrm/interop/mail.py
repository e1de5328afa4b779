"""Inbound e-mail: the bytes of a mail in, what it says and what it is worth out.

```python
from servicecrm.interop.mail import read_mail

raw = b"From: Cem <cem@home.example>\\r\\nSubject: Re: [CMP-2026-000042] No water\\r\\n\\r\\nStill dry."
mail, files = read_mail(raw, own=["city.example"], host="crm.city.example")
mail.number, mail.side, mail.klass, mail.text
```
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import Final

import attrs

from servicecrm.errors import InvalidValue
from servicecrm.interop.mail_bounces import Failure, Returned, failures_of, returned_by
from servicecrm.interop.mail_classes import Seen, answerable, classify
from servicecrm.interop.mail_courtesy import is_courtesy
from servicecrm.interop.mail_parts import File, decoded_words, headers_of, one_line, parse, parts_of
from servicecrm.interop.mail_quotes import Said, is_forwarded, is_reply, said
from servicecrm.kernel.notices import NOTICE_HEADER
from servicecrm.kernel.records import Personal, record
from servicecrm.kernel.shapes import filled
from servicecrm.kernel.values import Attachment, LanguageTag, language_tag
from servicecrm.tracking.messages import MessageClass
from servicecrm.tracking.moments import Side

__all__ = ["NOTICE_HEADER", "Failure", "InboundMail", "read_mail"]

NUMBERED: Final = ("CMP", "CAS")
"""How the numbers of those records begin that mails are about."""

_QUOTED: Final = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|\([^()]*\)')
_ANGLED: Final = re.compile(r"<\s*([^<>@\s]+@[^<>@\s]+)\s*>")
_BARE: Final = re.compile(r"(?<![^\s,:;])[^\s<>@,;:\"()]+@[^\s<>@,;:\"()]+")
_NOTICE: Final = re.compile(r"<((?:([A-Z]{1,9}-\d{4}-\d{6,12})|notice)\.[0-9a-f]{32})@([^<>@\s]{1,255})>")
"""The Message-ID of a notice of ours: the number of what it is about, if that has one, and a hash of its key."""


@record
class InboundMail:
    """A mail as it came in.

    `side` says whether the sender's address is one of ours; an address can be forged. `klass` is what it is worth, and
    `because` the rule that says so. `answerable` tells whether a machine may answer it. It is about the record with
    the `number` in its subject, or in the Message-IDs of those `notices` of ours that it answers, the nearest first.

    `text` is what is new in it; what it quotes and the signature are apart. `attachments` are references to files,
    by their digest. `flaws` names what was wrong and could be read all the same: "charset", "date", "sender",
    "structure", "text_cut". `digest` and `size` are those of the whole mail.
    """

    digest: str
    size: int
    message_id: Personal[str] | None = None
    sent_at: datetime | None = None

    side: Side
    klass: MessageClass
    because: str
    answerable: bool
    number: str | None = None
    notices: tuple[str, ...] = ()
    failures: Personal[tuple[Failure, ...]] = ()

    sender: Personal[str] | None = attrs.field(default=None, validator=filled)
    sender_name: Personal[str] | None = attrs.field(default=None, validator=filled)
    reply_to: Personal[str] | None = attrs.field(default=None, validator=filled)
    subject: Personal[str] = ""
    text: Personal[str] = ""
    quoted: Personal[str] = ""
    signature: Personal[str] = ""
    language: LanguageTag | None = None
    attachments: Personal[tuple[Attachment, ...]] = ()
    flaws: tuple[str, ...] = ()


def read_mail(
    raw: bytes, *, own: Iterable[str], host: str | None = None, numbered: Iterable[str] = NUMBERED
) -> tuple[InboundMail, Mapping[str, bytes]]:
    """Read a mail, as RFC 5322 writes it. The second value holds the content of each attachment by its digest.

    `own` are our addresses, and the domains whose addresses are all ours, with an `@` or without; `host` is what stands
    after the `@` in the Message-IDs of our notices: the domain of the address that they are sent from. `numbered` are
    the prefixes of the numbers to look for in a subject.

    Raises:
        MalformedDocument: it has no headers, or is too large, too deep or too many parts to be read.
        InvalidValue: `own` is one text instead of several, or the mail is a text: only its bytes tell its charset.

    Source: RFC 5322, RFC 2045 to 2049, RFC 3464, RFC 3834; C017.
    """
    ours = _ours(own)
    if isinstance(raw, str):  # type: ignore[unreachable]  # not everybody checks types
        raise InvalidValue("raw", "expected the bytes of a mail, as they came in, not a text")
    part = parse(raw)
    headers, parts = headers_of(part), parts_of(part)
    flaws = set(parts.flaws)
    sender, sent_at = _address(headers.get("from", "")), _date(headers.get("date", ""))
    flaws |= {name for name, value in (("sender", sender), ("date", sent_at)) if value is None}

    subject = decoded_words(headers.get("subject", ""))
    failures = failures_of(part, parts.text, headers)
    returned = returned_by(part) if part.get_content_subtype() == "report" else Returned()
    told = said(parts.text, forwarded=is_forwarded(subject))
    references = (headers.get("in-reply-to", ""), *reversed(headers.get("references", "").split()), returned.message_id)
    notices = {notice: about for ids in references for notice, about in _notices(ids, host)}
    numbers = (_number(subject, numbered), *notices.values(), _number(returned.subject, numbered))
    number = next(filter(None, numbers), None)
    seen = Seen(
        headers=headers,
        media_type=part.get_content_type(),
        report=str(part.get_param("report-type") or "").casefold(),
        sender=sender or "",
        subject=subject,
        undelivered=bool(failures),
        own_message_id=bool(_notices(headers.get("message-id", ""), host)),
        courtesy=not parts.files and _only_thanks(told, subject, headers, known=number is not None),
    )
    klass, because = classify(seen)
    attachments = tuple(map(_reference, parts.files))
    mail = InboundMail(
        digest=hashlib.sha256(raw).hexdigest(),
        size=len(raw),
        message_id=one_line(headers.get("message-id", "")) or None,
        sent_at=sent_at,
        side=_side(headers.get("from", ""), ours),
        klass=klass,
        because=because,
        answerable=answerable(seen, klass),
        number=number,
        notices=tuple(notices),
        failures=failures,
        sender=sender,
        sender_name=_name(headers.get("from", "")) or None,
        reply_to=_address(headers.get("reply-to", "")),
        subject=subject,
        text=told.text,
        quoted=told.quoted,
        signature=told.signature,
        language=_language(headers.get("content-language", "")),
        attachments=attachments,
        flaws=tuple(sorted(flaws)),
    )
    return mail, MappingProxyType({a.digest: file.content for a, file in zip(attachments, parts.files, strict=True)})


# -- whom and what it is about -------------------------------------------------------------------


def _ours(own: Iterable[str]) -> frozenset[str]:
    if isinstance(own, str):
        raise InvalidValue("own", "expected several texts, such as own=['city.example']")
    return frozenset(each.strip().casefold().removeprefix("@") for each in own)


def _side(value: str, ours: frozenset[str]) -> Side:
    """Ours, if every address in the header is: one that only looks like ours makes no insider."""
    bare = _unquoted(value)
    found = [address.casefold() for address in (*_ANGLED.findall(bare), *_BARE.findall(bare))]
    inside = found and all(a in ours or a.rpartition("@")[2] in ours for a in found)
    return Side.INSIDE if inside else Side.OUTSIDE


def _address(value: str) -> str | None:
    """The address in a header: that in angle brackets, or the first one. A name may look like an address, too."""
    bare = _unquoted(value)
    found = _ANGLED.findall(bare) or _BARE.findall(bare)
    return one_line(found[0]) if found else None


def _name(value: str) -> str:
    name = value.rpartition("<")[0].strip().replace('\\"', "'")
    return decoded_words(name.strip('"')).strip("'\" ")


def _unquoted(value: str) -> str:
    return _QUOTED.sub(" ", value)


def _number(subject: str, numbered: Iterable[str]) -> str | None:
    prefixes = "|".join(map(re.escape, numbered))
    found = re.search(rf"(?<![A-Za-z0-9-])(?:{prefixes})-[0-9]{{4}}-[0-9]{{6,12}}(?![0-9])", subject, re.IGNORECASE)
    return found[0].upper() if found and prefixes else None


def _notices(ids: str, host: str | None) -> list[tuple[str, str | None]]:
    """Each notice of ours among these Message-IDs, with the number that it tells."""
    found = _NOTICE.findall(ids) if host is not None else []
    return [(notice, number or None) for notice, number, at in found if at.casefold() == str(host).casefold()]


# -- what it says --------------------------------------------------------------------------------


def _only_thanks(told: Said, subject: str, headers: Mapping[str, str], *, known: bool) -> bool:
    names = [_name(headers.get("from", "")), *map(_name, headers.get("to", "").split(","))]
    answers = known or is_reply(subject) or "in-reply-to" in headers
    if not answers and subject and not is_courtesy(subject, names=names):
        return False  # what starts a conversation may say all in its subject
    return is_courtesy(told.text, names=names)


def _date(value: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(value)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)  # "-0000" is UTC, from anywhere
    except (TypeError, ValueError, OverflowError, IndexError):
        return None


def _language(value: str) -> LanguageTag | None:
    try:
        return language_tag(value.partition(",")[0].strip())
    except InvalidValue:
        return None


def _reference(file: File) -> Attachment:
    digest = hashlib.sha256(file.content).hexdigest()
    return Attachment(
        name=file.name, media_type=file.media_type, size=len(file.content), digest=digest, location=f"sha256:{digest}"
    )

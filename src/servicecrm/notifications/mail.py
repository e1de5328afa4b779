"""A letter as e-mail, and how we know our own when it comes back."""

import quopri
from collections.abc import Iterable
from email.header import Header
from email.utils import format_datetime, quote
from typing import Final

from servicecrm.kernel.notices import NOTICE_HEADER
from servicecrm.kernel.records import record
from servicecrm.notifications.delivery import Letter, mailbox
from servicecrm.notifications.plain import header_line

__all__ = ["LOOP_HEADER", "Letterhead", "as_mail", "is_own"]

LOOP_HEADER: Final = NOTICE_HEADER
"""The header that every mail of ours has, so that we do not answer ourselves."""


@record
class Letterhead:
    """Who writes: the address that letters come from, its name, and where answers go, if not there.

    Raises:
        InvalidValue: an address is none, or the name is not a single line.
    """

    address: str
    name: str | None = None
    reply_to: str | None = None

    def __attrs_post_init__(self) -> None:
        _ = self.mailbox
        if self.name is not None:
            header_line("Letterhead.name", self.name)
        if self.reply_to is not None:
            mailbox("Letterhead.reply_to", self.reply_to)

    @property
    def mailbox(self) -> str:
        """The address as it is written on an envelope."""
        return mailbox("Letterhead.address", self.address)

    @property
    def host(self) -> str:
        """The host in the Message-ID of our letters."""
        return self.mailbox.rpartition("@")[2]


def as_mail(letter: Letter, letterhead: Letterhead) -> bytes:
    """The letter as a mail to its one reader, in plain text.

    It says that a machine wrote it, so that no machine answers; a courtesy says how to leave. All of it is in ASCII,
    unless an address is not.
    """
    headers = {
        "From": _addressed("From", letterhead.mailbox, letterhead.name),
        "To": _addressed("To", letter.to.mailbox, letter.to.name),
        "Subject": _encoded("Subject", letter.subject),
        "Date": format_datetime(letter.at),
        "Message-ID": f"<{letter.id}@{letterhead.host}>",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        LOOP_HEADER: letter.id,
        "MIME-Version": "1.0",
        "Content-Type": 'text/plain; charset="utf-8"',
        "Content-Transfer-Encoding": "quoted-printable",
        "Content-Language": letter.language,
    }
    if letterhead.reply_to is not None:
        headers["Reply-To"] = mailbox("reply_to", letterhead.reply_to)
    if letter.to.unsubscribe is not None and not letter.duty:
        headers["List-Unsubscribe"] = f"<{letter.to.unsubscribe}>"
    head = "".join(f"{name}: {value}\n" for name, value in headers.items())
    body = quopri.encodestring("\n".join(letter.body.splitlines()).encode() + b"\n")
    return (head.encode() + b"\n" + body).replace(b"\n", b"\r\n")


def is_own(headers: Iterable[str]) -> bool:
    """Is this a mail of ours? `headers` are the names of its headers: a mail or a mapping will do.

    Source: RFC 3834.
    """
    return any(name.lower() == LOOP_HEADER.lower() for name in headers)


def _addressed(header: str, address: str, name: str | None) -> str:
    if name is None:
        return address
    return f'"{quote(name)}" <{address}>' if name.isascii() else f"{_encoded(header, name)} <{address}>"


def _encoded(header: str, text: str) -> str:
    # `EmailMessage` would lose spaces where it folds a long text that is not ASCII.
    return Header(text, "us-ascii" if text.isascii() else "utf-8", header_name=header).encode()

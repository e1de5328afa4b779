"""How a notice gets to its reader: written out when it is due, in his language, and handed to a sender."""

import re
from collections.abc import Callable
from datetime import datetime, tzinfo
from hashlib import sha256
from typing import TYPE_CHECKING, Final, Protocol

import attrs

from servicecrm.errors import InvalidValue, ServiceCRMError
from servicecrm.kernel.notices import Notice
from servicecrm.kernel.records import Personal, record
from servicecrm.kernel.values import language_tag
from servicecrm.kernel.years import zone_told
from servicecrm.notifications.plain import header_line
from servicecrm.notifications.standard import standard_templates
from servicecrm.notifications.templates import Templates, filled_in

if TYPE_CHECKING:
    from servicecrm.storage.ports import Delivery

__all__ = ["Deliverer", "Directory", "Letter", "NotDelivered", "Reader", "Sender", "Undeliverable", "letter", "mailbox"]


class NotDelivered(ServiceCRMError):
    """A notice could not be delivered now; try again later."""

    code = "not_delivered"

    def __init__(self, key: str, says: str) -> None:
        self.key = key
        self.says = says
        super().__init__(f"notice {key}: {says}")


class Undeliverable(NotDelivered):
    """A notice cannot be delivered as it is, however often it is tried."""

    code = "undeliverable"


def mailbox(where: str, address: str) -> str:
    """An e-mail address as it is written on an envelope, its domain in ASCII.

    Raises:
        InvalidValue: it is not "something@something", or holds what does not belong into an address.
    """
    user, _, domain = header_line(where, address).rpartition("@")
    # A comma or a space would make several recipients of one, a quotation mark would hide the next character.
    if not user or any(character in ' \t",;:()[]\\@' for character in user):
        raise InvalidValue(where, "an e-mail address is something@something, without quotation marks and spaces")
    try:
        host = domain.encode("idna").decode("ascii")
    except UnicodeError:
        host = ""
    if not host.strip(".") or not all(character.isalnum() or character in "-." for character in host):
        raise InvalidValue(where, "the domain of an e-mail address is a host name")
    return f"{user}@{host}"


_LINK: Final = re.compile(r"(?:https|mailto):[!-~]+")


@record
class Reader:
    """Where a notice goes, and how its reader is used to have it. `unsubscribe` is a `https:` or `mailto:` address.

    Raises:
        InvalidValue: a text is not a single line, the address is none, or there is no such zone or language.
    """

    address: Personal[str]
    name: Personal[str] | None = None
    language: str = attrs.field(default="en", converter=language_tag)
    zone: str = "UTC"
    unsubscribe: Personal[str] | None = None

    def __attrs_post_init__(self) -> None:
        _ = self.mailbox, self.tz
        if self.name is not None:
            header_line("Reader.name", self.name)
        link = self.unsubscribe
        if link is not None and not _LINK.fullmatch(header_line("Reader.unsubscribe", link)):
            raise InvalidValue("Reader.unsubscribe", "expected an address in ASCII that begins with https: or mailto:")

    @property
    def mailbox(self) -> str:
        """The address as it is written on an envelope."""
        return mailbox("Reader.address", self.address)

    @property
    def tz(self) -> tzinfo:
        """The zone that his clock shows."""
        return zone_told("Reader.zone", self.zone)


_NUMBER: Final = r"[A-Z]{1,9}-[0-9]{4}-[0-9]{6,12}"
_ID: Final = re.compile(rf"(?:{_NUMBER}|notice)\.[0-9a-f]{{32}}")


@record
class Letter:
    """A notice as its reader gets it. Sent again, it has the same `id`.

    Raises:
        InvalidValue: the subject is not a single line, or the id is none that can name a file or a mail.
    """

    id: str
    key: str
    topic: str
    duty: bool
    to: Personal[Reader]
    language: str
    subject: str
    body: str
    at: datetime

    def __attrs_post_init__(self) -> None:
        header_line("Letter.subject", self.subject)
        if not _ID.fullmatch(self.id):
            raise InvalidValue("Letter.id", "an id is a number or a word, a dot and hex digits")


class Directory(Protocol):
    """Knows where people can be reached. It is asked when a notice is sent, so that no address is kept with it."""

    def reader(self, recipient: str, *, tenant: str) -> Reader | None:
        """Where a recipient can be reached; None if he cannot."""
        ...


class Sender(Protocol):
    """Takes letters to their readers."""

    def send(self, letter: Letter) -> None:
        """Hand a letter over.

        Raises:
            Undeliverable: it will never be taken.
            Exception: anything else, if it may be taken later.
        """
        ...


class Deliverer:
    """Delivers what a worker has claimed: `Worker(crm, Deliverer(sender, directory, clock=crm.clock))`.

    Reader and words are looked up now, not when the notice was made. The clock dates the letters.

    Source: C094; R17.
    """

    def __init__(
        self,
        sender: Sender,
        directory: Directory,
        *,
        clock: Callable[[], datetime],
        templates: Templates | None = None,
    ) -> None:
        self._sender = sender
        self._directory = directory
        self._clock = clock
        self._templates = standard_templates() if templates is None else templates

    def __call__(self, delivery: "Delivery") -> None:
        """Deliver one notice.

        Raises:
            Undeliverable: its recipient has no address, or cannot be told in these templates, or nobody takes it there.
            Exception: anything else, when it should be tried again.
        """
        notice = delivery.notice
        try:
            reader = self._directory.reader(notice.recipient, tenant=delivery.tenant)
            if reader is None:
                raise Undeliverable(notice.key, "its recipient has no address; add one to the directory")
            written = letter(notice, reader, self._templates, tenant=delivery.tenant, at=self._clock())
        except InvalidValue as error:
            raise Undeliverable(notice.key, str(error)) from error
        self._sender.send(written)


def letter(notice: Notice, reader: Reader, templates: Templates, *, tenant: str, at: datetime) -> Letter:
    """Write a notice out for its reader.

    Raises:
        InvalidValue: there is no such template, or the notice lacks a value for it or has one that is no plain text.
    """
    template = templates.get(notice.topic, reader.language)
    subject, body = filled_in(template, notice.body, zone=reader.tz)
    number = str(notice.body.get("number"))
    # The number lets an answer be found by it; the rest is the same for the same notice, and for no other one.
    name = number if re.fullmatch(_NUMBER, number) else "notice"
    digest = sha256(f"{tenant}\0{notice.key}".encode()).hexdigest()[:32]
    return Letter(
        id=f"{name}.{digest}",
        key=notice.key,
        topic=notice.topic,
        duty=notice.body.get("duty") is True,
        to=reader,
        language=template.language,
        subject=subject,
        body=body,
        at=at,
    )

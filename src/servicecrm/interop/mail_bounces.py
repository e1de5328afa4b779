"""What could not be delivered, as the systems on the way report it."""

import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

import attrs

from servicecrm.errors import MalformedDocument
from servicecrm.interop.mail_parts import Part, decoded_words, headers_of, one_line, parse
from servicecrm.kernel.records import Personal, record
from servicecrm.kernel.shapes import filled

__all__ = ["Failure", "Returned", "failures_of", "returned_by"]

MAX_FAILURES: Final = 100

_STATUS: Final = re.compile(r"\b([45]\.\d{1,3}\.\d{1,3})\b")
_NOT_DELIVERED: Final = ("failed", "delayed")


@record
class Failure:
    """A recipient whom a mail of ours did not reach. `status` is as in RFC 3463, such as "5.1.1", if it was told.

    `action` is "failed", or "delayed" while it is still being tried.
    """

    recipient: Personal[str] = attrs.field(validator=filled)
    action: str
    status: str | None = None

    @property
    def permanent(self) -> bool:
        """Will it fail again, whenever it is sent?"""
        return self.action == "failed" and (self.status is None or self.status.startswith("5"))


class Returned(NamedTuple):
    """The mail of ours that a bounce is about, as far as it came back."""

    message_id: str = ""
    subject: str = ""


def failures_of(mail: Part, text: str, headers: Mapping[str, str]) -> tuple[Failure, ...]:
    """Everybody whom a mail of ours did not reach, if this is a report of it.

    Source: RFC 3464; `X-Failed-Recipients`, where a system writes no report.
    """
    found = list(_reported(mail))
    if not found and "x-failed-recipients" in headers:
        status = _STATUS.search(text)
        addresses = filter(None, map(one_line, headers["x-failed-recipients"].split(",")))
        found = [Failure(recipient=each, action="failed", status=status and status[1]) for each in addresses]
    return tuple(found[:MAX_FAILURES])


def _reported(mail: Part) -> Iterator[Failure]:
    for part in _inside(mail, "message/delivery-status"):
        for block in part.get_payload():
            told = headers_of(block) if isinstance(block, Part) else {}
            # The original recipient is the one that we wrote to.
            recipient = _typed(told.get("original-recipient", "")) or _typed(told.get("final-recipient", ""))
            action = one_line(told.get("action", "failed")).casefold()
            status = _STATUS.search(told.get("status", ""))
            if recipient and action in _NOT_DELIVERED:
                yield Failure(recipient=recipient, action=action, status=status and status[1])


def _typed(value: str) -> str:
    """The address in "rfc822; somebody@somewhere"."""
    return one_line(value.rpartition(";")[2])


def returned_by(mail: Part) -> Returned:
    """What a report says of the mail that it is about: the mail itself or its headers are a part of it."""
    for part in _inside(mail, "message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers"):
        try:
            original = _first_message(part)
        except MalformedDocument:
            continue
        told = headers_of(original)
        return Returned(told.get("message-id", ""), decoded_words(told.get("subject", "")))
    return Returned()


def _first_message(part: Part) -> Part:
    inside = part.get_payload()
    if isinstance(inside, list) and inside and isinstance(inside[0], Part):
        return inside[0]
    content = part.get_payload(decode=True)
    return parse(content if isinstance(content, bytes) else b"")


def _inside(mail: Part, *media_types: str) -> list[Part]:
    if mail.get_content_maintype() != "multipart" or not mail.is_multipart():
        return []
    return [part for part in mail.get_payload() if isinstance(part, Part) and part.get_content_type() in media_types]

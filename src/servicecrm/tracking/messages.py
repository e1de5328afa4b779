"""What was said about a record, from either side.

A message is a record of its own, so that a long conversation does not make heavy what it is about.
"""

from datetime import datetime
from typing import NewType

import attrs

from servicecrm.kernel.decisions import Actor, Decision, Event, begin, stamp
from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.kernel.records import Personal, record
from servicecrm.kernel.shapes import Code, filled
from servicecrm.kernel.values import Attachment, LanguageTag, language_tag
from servicecrm.tracking.moments import Side

__all__ = ["Message", "MessageClass", "MessageId", "MessageWritten", "write"]

MessageId = NewType("MessageId", str)


class MessageClass(Code):
    """What a message is worth: an automatic reply does not stop the clock that a substantive one stops."""

    SUBSTANTIVE = "substantive"
    COURTESY = "courtesy"
    AUTO_REPLY = "auto_reply"
    BOUNCE = "bounce"
    OWN_NOTICE = "own_notice"
    INTERNAL_NOTE = "internal_note"
    FINAL_RESPONSE = "final_response"


@record
class Message:
    """Something that was said or written. `about_kind` and `about` name the record that it belongs to."""

    id: MessageId = attrs.field(validator=filled)
    revision: int = attrs.field(default=0, eq=False)
    about_kind: str
    about: str
    side: Side
    klass: MessageClass
    channel: str | None = None
    text: Personal[str] = attrs.field(validator=filled)
    language: LanguageTag | None = None
    attachments: Personal[tuple[Attachment, ...]] = ()
    author: str
    occurred_at: datetime
    recorded_at: datetime
    extra: Personal[FrozenMap] = EMPTY


@record
class MessageWritten(Event):
    """A message was written down."""

    type = "message.written"


def write(
    text: str,
    *,
    id: str,
    about_kind: str,
    about: str,
    side: Side | str,
    klass: MessageClass | str,
    channel: str | None = None,
    language: str | None = None,
    attachments: tuple[Attachment, ...] = (),
    author: str | None = None,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Message]:
    """Write down a message; `author` is whoever said it, if that is not who writes it down.

    Raises:
        InvalidValue: the text is blank, or a code or the language is unknown.
        PolicyViolation: it would lie in the future.
    """
    event = MessageWritten(**stamp(by, at, occurred_at))
    message = Message(
        id=MessageId(id),
        about_kind=about_kind,
        about=about,
        side=Side(side),
        klass=MessageClass(klass),
        channel=channel,
        text=text,
        language=None if language is None else language_tag(language),
        attachments=attachments,
        author=event.by.id if author is None else author,
        occurred_at=event.occurred_at,
        recorded_at=event.recorded_at,
    )
    return begin(message, event)

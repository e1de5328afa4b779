"""What is said about a complaint, and its answer. Each command decides about the complaint and about the message."""

from collections.abc import Iterable
from datetime import datetime

from servicecrm.complaints.chronology import move
from servicecrm.complaints.events import ComplaintAnswered, MessageReceived, MessageSent, NoteAdded
from servicecrm.complaints.handling import after_wait
from servicecrm.complaints.lifecycle import ANSWER, LIFECYCLE, MESSAGE, NOTE
from servicecrm.complaints.model import Complaint, MomentKind
from servicecrm.errors import InvalidValue
from servicecrm.kernel.decisions import Actor, Decision, Event, stamp
from servicecrm.kernel.values import Attachment
from servicecrm.tracking.messages import Message, MessageClass, write
from servicecrm.tracking.moments import Side, with_moment

__all__ = ["answer", "message", "note"]


def message(
    complaint: Complaint,
    text: str,
    *,
    id: str,
    side: Side | str,
    klass: MessageClass | str = MessageClass.SUBSTANTIVE,
    channel: str | None = None,
    language: str | None = None,
    attachments: Iterable[Attachment] = (),
    author: str | None = None,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> tuple[Decision[Complaint], Decision[Message]]:
    """Keep a message from the complainant's side (`"outside"`) or from ours (`"inside"`), whatever the state.

    `author` is whoever said it: by default, of a message from outside, whoever it is entered on behalf of or the
    customer, else whoever enters it. `channel` is by default the complaint's own.

    Raises:
        InvalidValue: the text is blank, a code is unknown, or it is a note or an answer: these have their own action.
    """
    side, klass = Side(side), MessageClass(klass)
    if klass in (MessageClass.INTERNAL_NOTE, MessageClass.FINAL_RESPONSE):
        raise InvalidValue("klass", f"{klass} is not a message of its own; note and answer make these")
    fact = MessageReceived if side is Side.OUTSIDE else MessageSent
    event = fact(**stamp(by, at, occurred_at), message=id)
    written = write(
        text,
        id=id,
        about_kind=LIFECYCLE.name,
        about=complaint.id,
        side=side,
        klass=klass,
        channel=complaint.channel if channel is None else channel,
        language=complaint.language if language is None else language,
        attachments=tuple(attachments),
        author=_outside_author(complaint, event) if author is None and side is Side.OUTSIDE else author,
        by=by,
        at=at,
        occurred_at=occurred_at,
    )
    moments = with_moment(complaint.moments, MomentKind.MESSAGE, event, side=side, code=klass)
    return move(complaint, MESSAGE, event, moments=moments), written


def note(
    complaint: Complaint,
    text: str,
    *,
    id: str,
    language: str | None = None,
    attachments: Iterable[Attachment] = (),
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> tuple[Decision[Complaint], Decision[Message]]:
    """Note something for ourselves. The complainant never sees it, and no clock reads it.

    Raises:
        InvalidValue: the text is blank.
    """
    event = NoteAdded(**stamp(by, at, occurred_at), message=id)
    written = write(
        text,
        id=id,
        about_kind=LIFECYCLE.name,
        about=complaint.id,
        side=Side.INSIDE,
        klass=MessageClass.INTERNAL_NOTE,
        language=language,
        attachments=tuple(attachments),
        by=by,
        at=at,
        occurred_at=occurred_at,
    )
    return move(complaint, NOTE, event), written


def answer(
    complaint: Complaint,
    text: str,
    *,
    id: str,
    channel: str | None = None,
    language: str | None = None,
    attachments: Iterable[Attachment] = (),
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> tuple[Decision[Complaint], Decision[Message]]:
    """Give the complainant the final response. A complaint that was waiting no longer is.

    Raises:
        TransitionNotAllowed: it is not in handling.
        InvalidValue: the text is blank.

    Source: ISO 10002 clause 7 (communicating the decision); C048.
    """
    event = ComplaintAnswered(**stamp(by, at, occurred_at), message=id)
    klass = MessageClass.FINAL_RESPONSE
    decision = move(
        complaint,
        ANSWER,
        event,
        waiting=None,
        answered_at=event.occurred_at,
        moments=with_moment(after_wait(complaint, event), MomentKind.ANSWERED, event, side=Side.INSIDE, code=klass),
    )
    written = write(
        text,
        id=id,
        about_kind=LIFECYCLE.name,
        about=complaint.id,
        side=Side.INSIDE,
        klass=klass,
        channel=complaint.channel if channel is None else channel,
        language=complaint.language if language is None else language,
        attachments=tuple(attachments),
        by=by,
        at=at,
        occurred_at=occurred_at,
    )
    return decision, written


def _outside_author(complaint: Complaint, event: Event) -> str | None:
    return event.by.on_behalf_of or complaint.customer

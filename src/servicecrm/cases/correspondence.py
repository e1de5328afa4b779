"""What is said about a case, and its answer. Each command decides about the case and about the message."""

from collections.abc import Iterable
from datetime import datetime

from servicecrm.cases.chronology import after_wait, move
from servicecrm.cases.codes import ContactOutcome, MomentKind
from servicecrm.cases.events import CaseAnswered, ContactMade, MessageReceived, MessageSent, NoteAdded, UpdateGiven
from servicecrm.cases.lifecycle import ANSWER, CONTACT, GIVE_UPDATE, LIFECYCLE, MESSAGE, NOTE
from servicecrm.cases.model import Case
from servicecrm.cases.shapes import coded
from servicecrm.errors import InvalidValue, PolicyViolation
from servicecrm.kernel.decisions import Actor, Decision, Event, stamp
from servicecrm.kernel.records import evolve
from servicecrm.kernel.values import Attachment
from servicecrm.tracking.messages import Message, MessageClass, write
from servicecrm.tracking.moments import Side, with_moment

__all__ = ["answer", "contact", "give_update", "message", "note", "written"]


def message(
    case: Case,
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
) -> tuple[Decision[Case], Decision[Message]]:
    """Keep a message from the requester's side (`"outside"`) or from ours (`"inside"`), whatever the state.

    `author` is whoever said it: by default, of a message from outside, whoever it is entered on behalf of or the
    requester, else whoever enters it. `channel` is by default the case's own.

    Raises:
        InvalidValue: the text is blank, a code is unknown, or it is a note or an answer: these have their own action.
    """
    side, klass = Side(side), coded("klass", MessageClass, klass)
    if klass in (MessageClass.INTERNAL_NOTE, MessageClass.FINAL_RESPONSE):
        raise InvalidValue("klass", f"{klass} is not a message of its own; note and answer make these")
    fact = MessageReceived if side is Side.OUTSIDE else MessageSent
    event = fact(**stamp(by, at, occurred_at), message=id)
    if author is None and side is Side.OUTSIDE:
        author = event.by.on_behalf_of or case.requester
    said = written(
        case,
        text,
        event,
        id=id,
        klass=klass,
        side=side,
        channel=channel,
        language=language,
        attachments=attachments,
        author=author,
    )
    moments = with_moment(case.moments, MomentKind.MESSAGE, event, side=side, code=klass)
    return move(case, MESSAGE, event, moments=moments), said


def note(
    case: Case,
    text: str,
    *,
    id: str,
    language: str | None = None,
    attachments: Iterable[Attachment] = (),
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> tuple[Decision[Case], Decision[Message]]:
    """Note something for ourselves. The requester never sees it, and no clock reads it.

    Raises:
        InvalidValue: the text is blank.
    """
    event = NoteAdded(**stamp(by, at, occurred_at), message=id)
    said = written(case, text, event, id=id, language=language, attachments=attachments)
    return move(case, NOTE, event), said


def give_update(
    case: Case,
    text: str,
    *,
    id: str,
    language: str | None = None,
    attachments: Iterable[Attachment] = (),
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> tuple[Decision[Case], Decision[Message]]:
    """Tell our own side how a case stands. It answers every request for an update, and needs none.

    Raises:
        TransitionNotAllowed: the case is not open.
        InvalidValue: the text is blank.

    Source: C063.
    """
    event = UpdateGiven(**stamp(by, at, occurred_at), message=id)
    answered = (
        request if request.answered_at is not None else evolve(request, answered_at=event.occurred_at)
        for request in case.update_requests
    )
    decision = move(
        case,
        GIVE_UPDATE,
        event,
        update_requests=tuple(answered),
        moments=with_moment(case.moments, MomentKind.UPDATE_GIVEN, event, side=Side.INSIDE),
    )
    return decision, written(case, text, event, id=id, language=language, attachments=attachments)


def contact(
    case: Case,
    outcome: ContactOutcome | str,
    *,
    note: str,
    id: str,
    answered: bool = False,
    channel: str | None = None,
    language: str | None = None,
    attachments: Iterable[Attachment] = (),
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> tuple[Decision[Case], Decision[Message]]:
    """Log an attempt to reach the requester, with a note of what was said or tried. It begins the work on a case.

    Only `"reached"` is a contact for the clocks; other outcomes are counted as attempts. With `answered`, the contact
    was the answer as well, and the note tells it.

    Raises:
        TransitionNotAllowed: the case is not accepted, or was answered.
        InvalidValue: the note is blank, or the outcome unknown.
        PolicyViolation: whoever was not reached got no answer.

    Source: C064.
    """
    outcome = coded("outcome", ContactOutcome, outcome)
    event = ContactMade(**stamp(by, at, occurred_at), message=id)
    moments = with_moment(case.moments, MomentKind.CONTACT, event, side=Side.INSIDE, code=outcome)
    decision = move(case, CONTACT, event, moments=moments)
    if answered and outcome is not ContactOutcome.REACHED:
        raise PolicyViolation("answered", "a requester who was not reached got no answer; log the attempt only")
    if answered:
        decision = decision.then(_answered, CaseAnswered(**stamp(by, at, occurred_at), message=id))
    said = written(
        case,
        note,
        event,
        id=id,
        klass=MessageClass.FINAL_RESPONSE if answered else MessageClass.INTERNAL_NOTE,
        channel=case.channel if channel is None else channel,
        language=language,
        attachments=attachments,
    )
    return decision, said


def answer(
    case: Case,
    text: str,
    *,
    id: str,
    channel: str | None = None,
    language: str | None = None,
    attachments: Iterable[Attachment] = (),
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> tuple[Decision[Case], Decision[Message]]:
    """Give the requester the answer. A case that was waiting no longer is.

    Raises:
        TransitionNotAllowed: the case is not accepted, or was answered.
        InvalidValue: the text is blank.

    Source: C064.
    """
    event = CaseAnswered(**stamp(by, at, occurred_at), message=id)
    decision = _answered(case, event)
    said = written(
        case,
        text,
        event,
        id=id,
        klass=MessageClass.FINAL_RESPONSE,
        channel=channel,
        language=language,
        attachments=attachments,
    )
    return decision, said


def _answered(case: Case, event: CaseAnswered) -> Decision[Case]:
    klass = MessageClass.FINAL_RESPONSE
    return move(
        case,
        ANSWER,
        event,
        waiting=None,
        answered_at=event.occurred_at,
        moments=with_moment(after_wait(case, event), MomentKind.ANSWERED, event, side=Side.INSIDE, code=klass),
    )


def written(
    case: Case,
    text: str,
    event: Event,
    *,
    id: str,
    klass: MessageClass = MessageClass.INTERNAL_NOTE,
    side: Side = Side.INSIDE,
    channel: str | None = None,
    language: str | None = None,
    attachments: Iterable[Attachment] = (),
    author: str | None = None,
) -> Decision[Message]:
    """A message about the case: by default in its channel and language, unless it is a note, which goes nowhere."""
    if klass is not MessageClass.INTERNAL_NOTE:
        channel = case.channel if channel is None else channel
        language = case.language if language is None else language
    return write(
        text,
        id=id,
        about_kind=LIFECYCLE.name,
        about=case.id,
        side=side,
        klass=klass,
        channel=channel,
        language=language,
        attachments=tuple(attachments),
        author=author,
        by=event.by,
        at=event.recorded_at,
        occurred_at=event.occurred_at,
    )

"""What is said about a case, and its answer. Each command decides about the case and about the message."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from servicecrm.cases.chronology import CHRONOLOGY, move
from servicecrm.cases.codes import ContactOutcome
from servicecrm.cases.events import CaseAnswered, ContactMade, MessageReceived, MessageSent, NoteAdded, UpdateGiven
from servicecrm.cases.lifecycle import ANSWER, CONTACT, GIVE_UPDATE
from servicecrm.cases.model import Case
from servicecrm.errors import PolicyViolation
from servicecrm.kernel.decisions import Actor, Decision, stamp
from servicecrm.kernel.records import evolve
from servicecrm.kernel.shapes import coded
from servicecrm.kernel.values import Attachment
from servicecrm.tracking.correspondence import Correspondence, Wording
from servicecrm.tracking.messages import Message, MessageClass
from servicecrm.tracking.moments import Side

__all__ = ["answer", "contact", "give_update", "message", "note", "written"]

CORRESPONDENCE: Final = Correspondence[Case](
    chronology=CHRONOLOGY,
    received=MessageReceived,
    sent=MessageSent,
    noted=NoteAdded,
    party=lambda case: case.requester,
)
written: Final = CORRESPONDENCE.written


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
    requester, else whoever enters it. `channel` is by default the case's own. While we wait for the requester, what
    comes from there ends the wait; mere thanks, and what a machine wrote, do not.

    Raises:
        InvalidValue: the text is blank, a code is unknown, or it is a note or an answer: these have their own action.
    """
    wording, told = Wording(channel, language, attachments), stamp(by, at, occurred_at)
    return CORRESPONDENCE.message(case, text, wording, told, id=id, side=side, klass=klass, author=author)


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
    wording = Wording(language=language, attachments=attachments)
    return CORRESPONDENCE.note(case, text, wording, stamp(by, at, occurred_at), id=id)


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
    decision = move(case, GIVE_UPDATE, event, update_requests=tuple(answered))
    return decision, written(case, text, event, Wording(language=language, attachments=attachments), id=id)


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
    told = stamp(by, at, occurred_at)
    event = ContactMade(**told, message=id)
    decision = move(case, CONTACT, event, code=outcome)
    if answered and outcome is not ContactOutcome.REACHED:
        raise PolicyViolation("answered", "a requester who was not reached got no answer; log the attempt only")
    if answered:
        decision = decision.then(_answered, CaseAnswered(**told, message=id))
    klass = MessageClass.FINAL_RESPONSE if answered else MessageClass.INTERNAL_NOTE
    wording = Wording(case.channel if channel is None else channel, language, attachments)
    return decision, written(case, note, event, wording, id=id, klass=klass)


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
    wording = Wording(channel, language, attachments)
    return _answered(case, event), written(case, text, event, wording, id=id, klass=MessageClass.FINAL_RESPONSE)


def _answered(case: Case, event: CaseAnswered) -> Decision[Case]:
    klass = MessageClass.FINAL_RESPONSE
    return move(case, ANSWER, event, code=klass, waiting=None, answered_at=event.occurred_at)

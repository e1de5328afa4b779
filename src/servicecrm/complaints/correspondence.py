"""What is said about a complaint, and its answer. Each command decides about the complaint and about the message."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from servicecrm.complaints.chronology import CHRONOLOGY, move
from servicecrm.complaints.codes import ResponseKind
from servicecrm.complaints.events import ComplaintAnswered, MessageReceived, MessageSent, NoteAdded
from servicecrm.complaints.lifecycle import ANSWER, LIFECYCLE
from servicecrm.complaints.model import Complaint
from servicecrm.complaints.parts import Response
from servicecrm.complaints.policy import DEFAULT, ComplaintPolicy
from servicecrm.kernel.decisions import Actor, Decision, stamp
from servicecrm.kernel.records import evolve
from servicecrm.kernel.shapes import several
from servicecrm.kernel.values import Attachment
from servicecrm.tracking.correspondence import Correspondence, Wording
from servicecrm.tracking.messages import Message, MessageClass
from servicecrm.tracking.moments import Side

__all__ = ["answer", "message", "note"]

CORRESPONDENCE: Final = Correspondence[Complaint](
    chronology=CHRONOLOGY,
    received=MessageReceived,
    sent=MessageSent,
    noted=NoteAdded,
    party=lambda complaint: complaint.customer,
)


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
    customer, else whoever enters it. `channel` is by default the complaint's own. While we wait for
    the complainant, what comes from there ends the wait; mere thanks, and what a machine wrote, do not.

    Raises:
        InvalidValue: the text is blank, a code is unknown, or it is a note or an answer: these have their own action.
    """
    wording, told = Wording(channel, language, attachments), stamp(by, at, occurred_at)
    return CORRESPONDENCE.message(complaint, text, wording, told, id=id, side=side, klass=klass, author=author)


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
    wording = Wording(language=language, attachments=attachments)
    return CORRESPONDENCE.note(complaint, text, wording, stamp(by, at, occurred_at), id=id)


def answer(
    complaint: Complaint,
    text: str,
    *,
    id: str,
    kind: ResponseKind | str | None = None,
    recourse: Iterable[str] = (),
    channel: str | None = None,
    language: str | None = None,
    attachments: Iterable[Attachment] = (),
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
    policy: ComplaintPolicy = DEFAULT,
) -> tuple[Decision[Complaint], Decision[Message]]:
    """Give the complainant the final response. A complaint that was waiting no longer is.

    `kind` is what it says in law, `recourse` where it says that one can turn to when one is not content with it.

    Raises:
        TransitionNotAllowed: it is not in handling.
        GuardNotMet: it is not judged at this stage, a mandatory step is not done, or whoever answers, or on whose
            behalf, has decided about it at an earlier stage.
        PolicyViolation: its priority asks for an investigation first.
        InvalidValue: the text is blank.

    Source: ISO 10002 clause 7 (communicating the decision); C048.
    """
    event = ComplaintAnswered(**stamp(by, at, occurred_at), message=id)
    klass, wording = MessageClass.FINAL_RESPONSE, Wording(channel, language, attachments)
    response = Response(
        message=id,
        kind=None if kind is None else ResponseKind(kind),
        by=event.by.on_behalf_of or event.by.id,
        at=event.occurred_at,
        stage=complaint.stage,
        recourse=several("recourse", recourse),
    )
    decision = move(
        complaint,
        ANSWER,
        event,
        code=klass,
        waiting=None,
        answered_at=event.occurred_at,
        response=response,
        decided_by=complaint.decided_by | {response.by, event.by.id},
    )
    written_by = evolve(response, by=event.by.id)
    LIFECYCLE.step(complaint, ANSWER, answered_at=event.occurred_at, response=written_by)
    policy.check_investigation(complaint)
    return decision, CORRESPONDENCE.written(complaint, text, event, wording, id=id, klass=klass)

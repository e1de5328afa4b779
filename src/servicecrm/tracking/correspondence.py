"""What is said about a ticket. Each command decides about the ticket and about the message."""

from collections.abc import Callable, Iterable
from typing import Generic, NamedTuple, TypeVar

import attrs

from servicecrm.errors import InvalidValue
from servicecrm.kernel.decisions import Decision, Event, Stamp
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.shapes import coded
from servicecrm.kernel.values import Attachment
from servicecrm.tracking.chronology import Chronology
from servicecrm.tracking.messages import Message, MessageClass, write
from servicecrm.tracking.moments import Side
from servicecrm.tracking.tickets import Ticket, WaitingFor

__all__ = ["Correspondence", "Wording"]

T = TypeVar("T", bound=Ticket)


class Wording(NamedTuple):
    """How something is said, where that is not as usual, and what comes with it."""

    channel: str | None = None
    language: str | None = None
    attachments: Iterable[Attachment] = ()


@attrs.frozen(kw_only=True)
class Correspondence(Generic[T]):
    """How a kind of ticket is talked about: the facts that say so, and whom a ticket is for."""

    chronology: Chronology[T]
    received: Callable[..., Event]
    sent: Callable[..., Event]
    noted: Callable[..., Event]
    party: Callable[[T], str | None]

    def message(
        self,
        ticket: T,
        text: str,
        wording: Wording,
        told: Stamp,
        *,
        id: str,
        side: Side | str,
        klass: MessageClass | str,
        author: str | None,
    ) -> tuple[Decision[T], Decision[Message]]:
        """Keep a message. Without an `author`, who says it from outside is whom it is entered for, or the party.

        What the other side says while we wait for it ends the wait, so that the next step is ours again.

        Raises:
            InvalidValue: the text is blank, a code is unknown, or it is a note or an answer.
        """
        side, klass = Side(side), coded("klass", MessageClass, klass)
        if klass in (MessageClass.INTERNAL_NOTE, MessageClass.FINAL_RESPONSE):
            raise InvalidValue("klass", f"{klass} is not a message of its own; note and answer make these")
        event = (self.received if side is Side.OUTSIDE else self.sent)(**told, message=id)
        if author is None and side is Side.OUTSIDE:
            author = event.by.on_behalf_of or self.party(ticket)
        said = side is Side.OUTSIDE and klass is MessageClass.SUBSTANTIVE and _waited_for(ticket, event)
        ends: dict[str, None] = {"waiting": None} if said else {}
        decision = self.chronology.move(ticket, "message", event, side=side, code=klass, **ends)
        return decision, self.written(ticket, text, event, wording, id=id, side=side, klass=klass, author=author)

    def note(
        self, ticket: T, text: str, wording: Wording, told: Stamp, *, id: str
    ) -> tuple[Decision[T], Decision[Message]]:
        """Note something for ourselves.

        Raises:
            InvalidValue: the text is blank.
        """
        event = self.noted(**told, message=id)
        decision = self.chronology.move(ticket, "note", event)
        return decision, self.written(ticket, text, event, wording, id=id)

    def written(
        self,
        ticket: T,
        text: str,
        event: Event,
        wording: Wording,
        *,
        id: str,
        side: Side = Side.INSIDE,
        klass: MessageClass = MessageClass.INTERNAL_NOTE,
        author: str | None = None,
    ) -> Decision[Message]:
        """A message, by default in the channel and language of the ticket, unless it is a note, which goes nowhere."""
        channel, language, attachments = wording
        if klass is not MessageClass.INTERNAL_NOTE:
            channel = ticket.channel if channel is None else channel
            language = ticket.language if language is None else language
        return write(
            text,
            id=id,
            about_kind=self.chronology.lifecycle.name,
            about=ticket.id,
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


def _waited_for(ticket: Ticket, event: Event) -> bool:
    """Does it wait for the other side? What was said before the wait began, and told later, was not waited for."""
    waiting = ticket.waiting
    if waiting is None or waiting.for_ is not WaitingFor.CUSTOMER:
        return False
    return micros(waiting.since) <= micros(event.occurred_at)

"""Finding new customers: who may become one, what was offered, and what came of it.

Everything that can be done with a prospect: pure commands, each giving a decision to save.
"""

from datetime import datetime

from servicecrm.errors import PolicyViolation
from servicecrm.kernel.decisions import Actor, Decision, stamp
from servicecrm.kernel.kinds import micros, storable
from servicecrm.portfolio.contacts import contact_named
from servicecrm.portfolio.following import check_follows
from servicecrm.portfolio.offers import Conversion, answer, conversion, convert, present
from servicecrm.portfolio.privacy import erasures
from servicecrm.portfolio.prospect_details import ProspectDetails, add, move, update
from servicecrm.portfolio.prospect_events import (
    ProspectContacted,
    ProspectContactErased,
    ProspectErased,
    ProspectLost,
    ProspectNegotiating,
    ProspectParked,
    ProspectResumed,
)
from servicecrm.portfolio.prospect_lifecycle import (
    CONTACT,
    ERASE,
    ERASE_CONTACT,
    LIFECYCLE,
    LOSE,
    NEGOTIATE,
    PARK,
    RESUME,
)
from servicecrm.portfolio.prospect_model import Prospect

__all__ = [
    "LIFECYCLE",
    "Conversion",
    "ProspectDetails",
    "add",
    "answer",
    "contact",
    "conversion",
    "convert",
    "erase",
    "erase_contact",
    "lose",
    "negotiate",
    "park",
    "present",
    "resume",
    "update",
]


def contact(
    prospect: Prospect,
    *,
    interaction: str | None = None,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Prospect]:
    """Note that we were in touch with a prospect; `interaction` is the id of the call or the visit.

    Raises:
        TransitionNotAllowed: it is parked, won or lost.
    """
    event = ProspectContacted(**stamp(by, at, occurred_at), interaction=interaction)
    return move(prospect, CONTACT, event, contacted_at=event.occurred_at)


def negotiate(
    prospect: Prospect, *, by: Actor | str, at: datetime, occurred_at: datetime | None = None
) -> Decision[Prospect]:
    """Begin to talk about the conditions.

    Raises:
        TransitionNotAllowed: nothing was presented, or that was begun already.
    """
    return move(prospect, NEGOTIATE, ProspectNegotiating(**stamp(by, at, occurred_at)))


def park(
    prospect: Prospect,
    *,
    until: datetime | None = None,
    reason: str | None = None,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Prospect]:
    """Leave a prospect alone for now, perhaps until a day.

    Raises:
        TransitionNotAllowed: it is parked already, won or lost.
        PolicyViolation: that day is over.
    """
    event = ProspectParked(**stamp(by, at, occurred_at), reason=reason)
    decision = move(prospect, PARK, event, resume_at=until)
    if until is not None and micros(until) <= micros(event.occurred_at):
        raise PolicyViolation("until", "it is taken up again later; name a later time, or none")
    return decision


def resume(
    prospect: Prospect, *, by: Actor | str, at: datetime, occurred_at: datetime | None = None
) -> Decision[Prospect]:
    """Take up a prospect again that was parked or lost.

    Raises:
        TransitionNotAllowed: it is neither.
    """
    event = ProspectResumed(**stamp(by, at, occurred_at))
    decision = move(prospect, RESUME, event, resume_at=None, ended_at=None, lost_reason=None)
    check_follows(event, prospect.ended_at, "the prospect was lost")
    return decision


def lose(
    prospect: Prospect,
    reason: str,
    *,
    note: str | None = None,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Prospect]:
    """Note that a prospect does not become a customer; `reason` is a word of the house to count by, such as `price`.

    Raises:
        TransitionNotAllowed: it is won or lost already.
        GuardNotMet: the reason is empty, or an offer was accepted.
        InvalidValue: the reason is no text.

    Source: C015.
    """
    event = ProspectLost(**stamp(by, at, occurred_at), note=note)
    word = storable("reason", reason).strip()
    return move(prospect, LOSE, event, lost_reason=word, ended_at=event.occurred_at, resume_at=None)


def erase_contact(
    prospect: Prospect, contact: str, *, by: Actor | str, at: datetime, occurred_at: datetime | None = None
) -> Decision[Prospect]:
    """Erase what is known of a person at a prospect.

    Raises:
        TransitionNotAllowed: the prospect is erased already.
        InvalidValue: there is no such contact.

    Source: C011, C012.
    """
    LIFECYCLE.target(prospect.state, ERASE_CONTACT)
    event = ProspectContactErased(**stamp(by, at, occurred_at), contact=contact)
    gone = contact_named(prospect.contacts, contact)
    return move(prospect, ERASE_CONTACT, event, contacts=tuple(each for each in prospect.contacts if each is not gone))


def erase(
    prospect: Prospect, reason: str, *, by: Actor | str, at: datetime, occurred_at: datetime | None = None
) -> Decision[Prospect]:
    """Erase all that is personal about a prospect; that there was one, and what came of it, is kept.

    Raises:
        TransitionNotAllowed: it is erased already.
        InvalidValue: the reason is blank.

    Source: C011.
    """
    event = ProspectErased(**stamp(by, at, occurred_at), reason=reason)
    ended = event.occurred_at if prospect.ended_at is None else prospect.ended_at
    return move(prospect, ERASE, event, **erasures(prospect), ended_at=ended)

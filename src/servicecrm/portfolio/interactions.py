"""Recording that we and a customer, a prospect or a partner were in touch."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TypedDict, Unpack

from servicecrm.errors import GuardNotMet, InvalidValue, PolicyViolation
from servicecrm.kernel.decisions import Actor, Decision, begin, stamp
from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.kernel.shapes import distinct, several
from servicecrm.portfolio.codes import Direction, InteractionKind
from servicecrm.portfolio.interaction_events import (
    InteractionAmended,
    InteractionErased,
    InteractionRecorded,
    InteractionRepointed,
    InteractionVoided,
)
from servicecrm.portfolio.interaction_lifecycle import AMEND, ERASE, LIFECYCLE, REPOINT, VOID
from servicecrm.portfolio.interaction_model import Interaction, InteractionId
from servicecrm.portfolio.lifecycle import NOT_HELD
from servicecrm.portfolio.model import Customer
from servicecrm.portfolio.privacy import erasures

__all__ = ["LIFECYCLE", "InteractionDetails", "amend", "erase", "record", "repoint", "void"]


def record(
    subject: str,
    *,
    id: str,
    kind: InteractionKind | str,
    direction: Direction | str,
    customer: str | None = None,
    prospect: str | None = None,
    partner: str | None = None,
    contact: str | None = None,
    participants: Iterable[str] = (),
    handler: str | None = None,
    summary: str = "",
    outcome: str | None = None,
    links: Iterable[str] = (),
    minutes: int | None = None,
    extra: Mapping[str, object] = EMPTY,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Interaction]:
    """Record a call, a letter, a meeting. `handler` is who was in touch, if that is not who records it.

    Raises:
        InvalidValue: the subject is blank, a code is unknown, or it is with nobody or with several.
        PolicyViolation: it would lie in the future.

    Source: C017.
    """
    event = InteractionRecorded(**stamp(by, at, occurred_at))
    new = Interaction(
        id=InteractionId(id),
        state=LIFECYCLE.initial,
        customer=customer,
        prospect=prospect,
        partner=partner,
        kind=InteractionKind(kind),
        direction=Direction(direction),
        contact=contact,
        participants=several("participants", participants),
        handler=event.by.id if handler is None else handler,
        subject=subject,
        summary=summary,
        outcome=outcome,
        links=distinct("links", links),
        minutes=minutes,
        occurred_at=event.occurred_at,
        recorded_at=event.recorded_at,
        extra=FrozenMap(extra),
    )
    return begin(new, event)


class InteractionDetails(TypedDict, total=False):
    """What can be put right of an interaction; None takes a value away."""

    contact: str | None
    participants: Iterable[str]
    subject: str
    summary: str
    outcome: str | None
    links: Iterable[str]
    minutes: int | None


def amend(
    interaction: Interaction, *, by: Actor | str, at: datetime, **details: Unpack[InteractionDetails]
) -> Decision[Interaction]:
    """Put right what is recorded of an interaction.

    Raises:
        TransitionNotAllowed: it is voided or erased.
        InvalidValue: nothing is given, or something else than `InteractionDetails`, or a blank text.
    """
    others = details.keys() - InteractionDetails.__annotations__.keys()
    if others or not details:
        says = f"cannot amend {', '.join(sorted(others))}" if others else "nothing to amend"
        raise InvalidValue("interaction", f"{says}; it can change {', '.join(InteractionDetails.__annotations__)}")
    told: dict[str, object] = dict(details)
    if "participants" in details:
        told["participants"] = several("participants", details["participants"])
    if "links" in details:
        told["links"] = distinct("links", details["links"])
    return LIFECYCLE.move(interaction, AMEND, InteractionAmended(**stamp(by, at)), **told)


def void(interaction: Interaction, reason: str, *, by: Actor | str, at: datetime) -> Decision[Interaction]:
    """Take back an interaction that was entered by mistake. It stays to be read, and counts no longer.

    Raises:
        TransitionNotAllowed: it is voided or erased already.
        InvalidValue: the reason is blank.
    """
    return LIFECYCLE.move(interaction, VOID, InteractionVoided(**stamp(by, at), reason=reason))


def repoint(interaction: Interaction, customer: Customer, *, by: Actor | str, at: datetime) -> Decision[Interaction]:
    """Let an interaction belong to the customer that its own was merged into, or was parted from again.

    Raises:
        PolicyViolation: its own customer neither goes on as that one, nor was this one before.

    Source: C019.
    """
    event = InteractionRepointed(**stamp(by, at))
    own, before = interaction.customer, interaction.repointed_from
    if own is not None and any(each.customer == own for each in customer.taken_in):
        return LIFECYCLE.move(interaction, REPOINT, event, customer=customer.id, repointed_from=(*before, own))
    if before[-1:] == (customer.id,) and customer.merged_into is None:
        return LIFECYCLE.move(interaction, REPOINT, event, customer=customer.id, repointed_from=before[:-1])
    raise PolicyViolation("repoint", "its own customer was neither merged with that one, nor parted from it")


def erase(
    interaction: Interaction, reason: str, *, of: Customer | None = None, by: Actor | str, at: datetime
) -> Decision[Interaction]:
    """Erase all that is personal about an interaction; that it took place, when and how, is kept.

    `of` is the customer that it was with, whose holds keep the interaction too.

    Raises:
        TransitionNotAllowed: it is erased already.
        GuardNotMet: something keeps the data of the customer from being erased.
        InvalidValue: the reason is blank.

    Source: C011.
    """
    event = InteractionErased(**stamp(by, at), reason=reason)
    LIFECYCLE.target(interaction.state, ERASE)
    if of is not None and of.holds:
        raise GuardNotMet(LIFECYCLE.name, ERASE, (NOT_HELD.name,), (NOT_HELD.says,))
    return LIFECYCLE.move(interaction, ERASE, event, **erasures(interaction))

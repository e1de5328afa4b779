"""What is offered to a prospect, what is said to it, and the prospect that becomes a customer."""

from collections.abc import Iterable
from datetime import datetime

import attrs

from servicecrm.errors import InvalidValue, PolicyViolation
from servicecrm.kernel.decisions import Actor, Decision, stamp
from servicecrm.kernel.records import evolve
from servicecrm.kernel.shapes import several
from servicecrm.kernel.values import Money, Period
from servicecrm.portfolio import customers
from servicecrm.portfolio.codes import OfferAnswer
from servicecrm.portfolio.contacts import contact_named
from servicecrm.portfolio.following import check_follows
from servicecrm.portfolio.model import Customer
from servicecrm.portfolio.prospect_details import move
from servicecrm.portfolio.prospect_events import (
    OfferAnswered,
    OfferPresented,
    ProspectWon,
)
from servicecrm.portfolio.prospect_lifecycle import (
    ANSWER,
    CONVERT,
    LIFECYCLE,
    PRESENT,
)
from servicecrm.portfolio.prospect_model import Offer, Prospect

__all__ = ["Conversion", "answer", "conversion", "convert", "present"]


def present(
    prospect: Prospect,
    title: str,
    *,
    id: str,
    service: str | None = None,
    price: Money | None = None,
    to: str | None = None,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Prospect]:
    """Present an offer to a prospect; `id` is that of the offer, `to` that of the contact.

    Raises:
        TransitionNotAllowed: it is parked, won or lost.
        InvalidValue: the title is blank, or there is no such contact.
        PolicyViolation: an offer has this id already.

    Source: C015; YaSM SP3.1.
    """
    event = OfferPresented(**stamp(by, at, occurred_at), offer=id)
    offer = Offer(id=id, title=title, service=service, price=price, to=to, presented_at=event.occurred_at)
    offers = (*prospect.offers, offer)
    decision = move(prospect, PRESENT, event, offers=offers, contacted_at=event.occurred_at)
    if any(each.id == id for each in prospect.offers):
        raise PolicyViolation("offers", f"there is an offer {id} already")
    if to is not None:
        contact_named(prospect.contacts, to)
    return decision


def answer(
    prospect: Prospect,
    offer: str,
    answer: OfferAnswer | str,
    *,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Prospect]:
    """Note what was said to an offer.

    Raises:
        TransitionNotAllowed: the prospect is parked, won or lost, or nothing was offered.
        InvalidValue: there is no such offer.
        PolicyViolation: it has its answer already, or the answer would lie before the offer.
    """
    LIFECYCLE.target(prospect.state, ANSWER)
    event = OfferAnswered(**stamp(by, at, occurred_at), offer=offer)
    found = next((each for each in prospect.offers if each.id == offer), None)
    if found is None:
        known = ", ".join(each.id for each in prospect.offers) or "none"
        raise InvalidValue("offer", f"there is no offer {offer!r}; known: {known}")
    new = evolve(found, answer=OfferAnswer(answer), answered_at=event.occurred_at)
    offers = tuple(new if each is found else each for each in prospect.offers)
    decision = move(prospect, ANSWER, event, offers=offers)
    if found.answer is not None:
        raise PolicyViolation("answer", f"it was {found.answer}; present a new offer instead")
    check_follows(event, found.presented_at, "the offer was presented")
    return decision


def convert(
    prospect: Prospect,
    *,
    id: str,
    number: str | None = None,
    account_manager: str | None = None,
    services: Iterable[str] = (),
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> tuple[Decision[Prospect], Decision[Customer]]:
    """Make a prospect a customer, with its contacts; `id` and `number` are those of the customer.

    Without another `account_manager` it is whoever sold. Each knows the other, so that what was said before belongs to
    the customer's story too.

    Raises:
        TransitionNotAllowed: it is parked, won or lost.

    Source: C015.
    """
    event = ProspectWon(**stamp(by, at, occurred_at))
    won = move(prospect, CONVERT, event, customer=id, ended_at=event.occurred_at)
    accepted = {
        offer.service for offer in prospect.offers if offer.answer is OfferAnswer.ACCEPTED and offer.service is not None
    }
    added = customers.add(
        id=id,
        number=number,
        name=prospect.name,
        kind=prospect.kind,
        language=prospect.language,
        contacts=prospect.contacts,
        account_manager=account_manager or prospect.seller,
        services=accepted.union(several("services", services)),
        tags=prospect.tags,
        origin=prospect.id,
        by=by,
        at=at,
        occurred_at=occurred_at,
    )
    return won, added


@attrs.frozen
class Conversion:
    """How many prospects came in a period, how many of them were won, and the share; None if none came."""

    added: int
    won: int
    share: float | None


def conversion(prospects: Iterable[Prospect], period: Period) -> Conversion:
    """What has become so far of the prospects that were added in a period.

    Source: C015, K01.
    """
    came = [each for each in prospects if period.contains(each.added_at)]
    won = sum(each.customer is not None for each in came)
    return Conversion(len(came), won, won / len(came) if came else None)

"""How to be in touch with a customer for a purpose, and what somebody has agreed to."""

from collections.abc import Iterable
from datetime import datetime

from servicecrm.kernel.decisions import Actor, Decision, stamp
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.shapes import several
from servicecrm.kernel.values import ContactPoint
from servicecrm.portfolio.codes import Purpose
from servicecrm.portfolio.contacts import contact_named
from servicecrm.portfolio.events import ChannelSet, ConsentStated
from servicecrm.portfolio.lifecycle import CONSENT, SET_CHANNEL
from servicecrm.portfolio.model import Customer
from servicecrm.portfolio.moving import move
from servicecrm.portfolio.parts import Channel, Consent
from servicecrm.portfolio.policy import DEFAULT, PortfolioPolicy

__all__ = ["channels_for", "consent", "consented", "set_channel"]


def set_channel(
    customer: Customer,
    purpose: Purpose | str,
    points: Iterable[ContactPoint],
    *,
    needs: str | None = None,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Customer]:
    """Agree on the ways to use for a purpose, the first one first; without any, those of the house count again.

    `needs` names the consent without which they are not used.

    Raises:
        TransitionNotAllowed: the customer is archived or erased.
        InvalidValue: the purpose is unknown.

    Source: FitSM-1 PR7.3; C014.
    """
    event = ChannelSet(**stamp(by, at, occurred_at), purpose=Purpose(purpose))
    others = tuple(channel for channel in customer.channels if channel.purpose is not event.purpose)
    new = Channel(purpose=event.purpose, points=several("points", points), consent=needs)
    return move(customer, SET_CHANNEL, event, channels=(*others, new) if new.points else others)


def channels_for(
    customer: Customer,
    purpose: Purpose | str,
    *,
    above: Iterable[Customer] = (),
    policy: PortfolioPolicy = DEFAULT,
) -> tuple[ContactPoint, ...]:
    """The ways to use for a purpose: those of the customer, of the nearest one `above` that has some, or of the house.

    What the customer that they belong to has not consented to is left out.

    Source: C014.
    """
    wanted = Purpose(purpose)
    for owner in (customer, *above):
        for channel in owner.channels:
            if channel.purpose is wanted and (channel.consent is None or consented(owner, channel.consent)):
                return channel.points
    return next((channel.points for channel in policy.channels if channel.purpose is wanted), ())


def consent(
    customer: Customer,
    use: str,
    *,
    given: bool,
    source: str,
    person: str | None = None,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Customer]:
    """Note that a customer, or a `person` among its contacts, gave or withdrew a consent, and how we know.

    Raises:
        TransitionNotAllowed: the customer is erased.
        InvalidValue: a text is blank, or there is no such contact.
    """
    event = ConsentStated(**stamp(by, at, occurred_at))
    if person is not None:
        contact_named(customer.contacts, person)
    new = Consent(use=use, given=given, person=person, at=event.occurred_at, source=source)
    return move(customer, CONSENT, event, consents=(*customer.consents, new))


def consented(customer: Customer, use: str, *, person: str | None = None, at: datetime | None = None) -> bool:
    """Has a customer, or a person there, consented to a use, as far as was said by a time? Silence is no consent."""
    said = [
        each
        for each in reversed(customer.consents)  # of two at the same time, what was told last holds
        if each.use == use and each.person == person and (at is None or micros(each.at) <= micros(at))
    ]
    return bool(said) and max(said, key=lambda each: micros(each.at)).given

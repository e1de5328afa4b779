"""Invitations at the desk: who may be asked is invited, reminded and left alone, and the letters go to the outbox."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from types import MappingProxyType
from typing import Any, ClassVar, Final

import attrs

from servicecrm.desk.commands import Commands
from servicecrm.desk.programs import Decided, Order, change, fetch, is_number
from servicecrm.desk.quota_places import places_moved
from servicecrm.errors import InvalidValue, NotFound
from servicecrm.kernel.decisions import Decision
from servicecrm.kernel.filters import where
from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.kernel.kinds import storable
from servicecrm.kernel.notices import Notice
from servicecrm.kernel.records import ERASED
from servicecrm.kernel.shapes import several
from servicecrm.measures import ResponseRates, response_rates
from servicecrm.portfolio.model import Customer
from servicecrm.portfolio.schema import CUSTOMER
from servicecrm.storage.ports import Program
from servicecrm.storage.work import Work
from servicecrm.surveys import invitations
from servicecrm.surveys.campaign_lifecycle import INVITATION_LIFECYCLE, UNFINISHED
from servicecrm.surveys.campaign_model import Campaign, Exclusion, Invitation
from servicecrm.surveys.eligibility import Eligibility, OptOuts, eligibility_of, history_of
from servicecrm.surveys.invitations import News
from servicecrm.surveys.returns import dispositions, return_rate
from servicecrm.surveys.schema import CAMPAIGN, INVITATION

__all__ = ["Invitations", "Invited", "Invitee", "Turnout", "invited_by"]

INVITATION_TOPIC: Final = "survey_invitation"
REMINDER_TOPIC: Final = "survey_reminder"


@attrs.frozen(kw_only=True)
class Invitee:
    """Somebody to invite, and what is known of them: the `customer` by its id or number. `attributes` are what quotas
    look at."""

    contact: str
    customer: str | None = None
    stratum: str | None = None
    attributes: Mapping[str, object] = EMPTY
    language: str | None = None


@attrs.frozen
class Invited:
    """Who was invited, and who was not, with the reasons and from when on they may be asked."""

    invitations: tuple[Invitation, ...]
    refused: Mapping[str, Eligibility]


@attrs.frozen
class Turnout:
    """How many were invited, and how many of them have answered; the share and the rates of the AAPOR."""

    invited: int
    share: float | None
    dispositions: Mapping[str, float]
    rates: ResponseRates


class Invitations(Commands[Invitation]):
    """Invite people to campaigns, remind them, and see how many have answered.

    Source: C076.
    """

    _kind: ClassVar = INVITATION
    _actions: ClassVar = invitations
    _lifecycle: ClassVar = INVITATION_LIFECYCLE
    _by_policy: ClassVar = frozenset()

    def invite(
        self, campaign: str, people: Iterable[Invitee | str], *, link: str, opted_out: OptOuts | None = None
    ) -> Invited:
        """Invite those who may be asked: all of them in one unit, so a few thousand at once at most.

        Their letters wait in the outbox; `link` is an address with `{token}` in it. `opted_out` is asked about each.
        The same people again are not invited twice. Where others of a customer are left alone for some days, the first
        of its people here is invited.

        Raises:
            PolicyViolation: the campaign is not open, or its time to send is over.
            InvalidValue: the link has no `{token}`, somebody stands there twice, it is one text, or somebody is neither
                an id nor an `Invitee`.
            NotFound: somebody is of a customer whose number there is not.
        """
        every = [_invitee(each) for each in several("people", people)]
        if len({each.contact for each in every}) < len(every):
            raise InvalidValue("people", "somebody stands there twice; everybody is invited once")
        _check_link(link)
        if opted_out is not None and not callable(opted_out):
            raise InvalidValue("opted_out", f"expected something to call, got {type(opted_out).__name__}")
        order = self._order("invite", {}, None)
        tokens = [secrets.token_urlsafe(24) for _ in every]

        def program(work: Work) -> Program[Invited]:
            found = yield from fetch(work, CAMPAIGN, campaign)
            self._permit(order, "invite")
            ids = yield from _ids(work, every)
            those = [attrs.evolve(each, customer=ids.get(each.customer, each.customer)) for each in every]
            known = yield from _known(work, found, those)
            decisions: list[Decision[Invitation]] = []
            refused: dict[str, Eligibility] = {}
            asked: dict[str | None, Invitation] = {}  # just now, by customer
            for each, token in zip(those, tokens, strict=True):
                out = opted_out is not None and opted_out(each.contact, found)
                before = [*known[each.contact], *filter(None, (asked.get(each.customer),))]
                told = history_of(each.contact, found, before, customer=each.customer)
                may = eligibility_of(found, told, opted_out=out, on=order.at.astimezone(UTC).date())
                if not may.eligible:
                    refused[each.contact] = may
                    continue
                new = invitations.invite(
                    found,
                    id=_id_of(found, each.contact),
                    token=token,
                    by=order.by,
                    at=order.at,
                    **attrs.asdict(each, recurse=False),
                )
                decisions.append(new.then(invitations.send, found, by=order.by, at=order.at))
                asked[each.customer] = decisions[-1].after
            saved = yield from _saved(work, found, decisions, INVITATION_TOPIC, link)
            return Invited(saved, MappingProxyType(refused))

        return self._desk.perform(program)

    def send(self, invitation: str, *, link: str) -> Invitation:
        """Send an invitation once more, after it came back. See `invitations.send`."""
        _check_link(link)
        order = self._order("send", {}, None)

        def program(work: Work) -> Program[Invitation]:
            found = yield from work.get(Invitation, invitation)
            campaign = yield from work.get(Campaign, found.campaign)
            self._permit(order, "send", found)
            decision = invitations.send(found, campaign, by=order.by, at=order.at)
            return (yield from _saved(work, campaign, [decision], INVITATION_TOPIC, link))[0]

        return self._desk.perform(program)

    def remind(self, campaign: str, *, link: str, opted_out: OptOuts | None = None) -> tuple[Invitation, ...]:
        """Remind everybody of a campaign whose reminder is due now; call it once a day, as often as you like.

        Raises:
            PolicyViolation: the campaign is not open, or its time to send is over.
            InvalidValue: the link has no `{token}`.
        """
        _check_link(link)
        order = self._order("remind", {}, None)

        def program(work: Work) -> Program[tuple[Invitation, ...]]:
            found = yield from fetch(work, CAMPAIGN, campaign)
            self._permit(order, "remind")
            page = yield from work.find(Invitation, where("campaign") == found.id, where("state").one_of(UNFINISHED))
            due = invitations.reminders_due(page, found, order.at)
            decisions = [
                invitations.remind(each, found, by=order.by, at=order.at)
                for each in due
                if opted_out is None or not opted_out(each.contact, found)
            ]
            return (yield from _saved(work, found, decisions, REMINDER_TOPIC, link))

        return self._desk.perform(program)

    def mark(self, invitation: str, news: News | str, *, command: str | None = None) -> Invitation:
        """Keep what was heard of it on its way: delivered, opened, bounced. See `invitations.mark`."""
        return self._do("mark", invitation, command, news=news)

    def decline(self, token: str) -> Invitation:
        """Keep that somebody does not want to take part. See `invitations.decline`.

        Raises:
            NotFound: nobody was given such a token.
        """
        order = self._order("decline", {}, None)

        def program(work: Work) -> Program[Invitation]:
            found = yield from invited_by(work, token)
            self._permit(order, "decline", found)
            declined = invitations.decline(found, by=order.by, at=order.at)
            saved, *_ = yield from work.save(declined, *(yield from _places_back(work, declined, order)))
            return saved  # type: ignore[no-any-return]  # what was decided about

        return self._desk.perform(program)

    def exclude(self, invitation: str, exclusion: Exclusion | str, *, command: str | None = None) -> Invitation:
        """Keep that somebody was not to answer after all. See `invitations.exclude`."""
        order = self._order("exclude", {"invitations": [invitation], "exclusion": exclusion}, command)

        def program(work: Work) -> Program[Invitation]:
            def decide(found: Invitation) -> Program[Decided]:
                self._permit(order, "exclude", found)
                left = invitations.exclude(found, exclusion, by=order.by, at=order.at)
                return (left, *(yield from _places_back(work, left, order)))

            return (yield from change(work, INVITATION, [invitation], decide, order))[0]

        return self._desk.perform(program)

    def turnout(self, campaign: str, *, weighted: bool = False) -> Turnout:
        """How many of those invited have answered; `weighted` by how many people each of them stands for.

        Raises:
            InvalidValue: weights are asked for, and no sample was drawn with the strata of the invitations.

        Source: K33, C076.
        """

        def program(work: Work) -> Program[Turnout]:
            found = yield from fetch(work, CAMPAIGN, campaign)
            strata = () if found.sampling is None else found.sampling.strata
            weights = {stratum.name: stratum.weight for stratum in strata} if weighted else None
            page = yield from work.find(Invitation, where("campaign") == found.id)
            counts = dispositions(page, weights=weights)
            return Turnout(len(page), return_rate(page), MappingProxyType(counts), response_rates(counts))

        return self._desk.perform(program, readonly=True)


def invited_by(work: Work, token: str) -> Program[Invitation]:
    """The invitation with this token, which is a secret and never shown.

    Raises:
        NotFound: nobody was given such a token.
    """
    page = yield from work.find(Invitation, where("token") == token, limit=1)
    if token == ERASED or not page.items:
        raise NotFound(INVITATION.name, says="no invitation has this token; take it from the link as it was sent")
    return page.items[0]


def _places_back(work: Work, moved: Decision[Invitation], order: Order) -> Program[tuple[Decision[Campaign], ...]]:
    """What was kept for somebody who is not to answer any more is given back."""
    if moved.before is None or moved.before.reserved is None:
        return ()
    campaign = yield from work.get(Campaign, moved.after.campaign)
    return (yield from places_moved(work, campaign, moved, order))


def _invitee(person: object) -> Invitee:
    if isinstance(person, Invitee):
        return person
    if not isinstance(person, str):
        told = type(person).__name__
        raise InvalidValue("people", f"expected ids of people, or Invitee(contact='person-1'), got {told}")
    return Invitee(contact=person)


def _id_of(campaign: Campaign, contact: str) -> str:
    """The one id that an invitation of somebody can have: desks that invite them at once cannot both save it."""
    return sha256(f"{campaign.id}\0{contact}".encode()).hexdigest()[:32]


def _check_link(link: str) -> None:
    if "{token}" not in storable("link", link):
        raise InvalidValue("link", "a link holds the token: https://city.example/ask?{token}")


def _ids(work: Work, people: Iterable[Invitee]) -> Program[Mapping[str | None, str]]:
    """The ids of the customers that are named by their numbers.

    Raises:
        NotFound: there is no such number.
    """
    named = {each.customer for each in people if each.customer is not None} if work.keeps(Customer) else set()
    numbers = sorted(name for name in named if is_number(CUSTOMER, name))
    ids = {each.number: each.id for each in (yield from work.among(Customer, "number", numbers))}
    for number in numbers:
        if number not in ids:
            raise NotFound(CUSTOMER.name, number)
    return ids


def _known(work: Work, campaign: Campaign, people: Sequence[Invitee]) -> Program[Mapping[str, Sequence[Invitation]]]:
    """The invitations of each of them before, and if that matters those of others at the same customer."""
    contacts = {each.contact for each in people}
    customers = {each.customer for each in people if each.customer and campaign.contact.customer_cooldown_days}
    found: dict[str, Invitation] = {}
    for column, ids in (("contact", sorted(contacts)), ("customer", sorted(customers))):
        found |= {each.id: each for each in (yield from work.among(Invitation, column, ids))}
    of: dict[tuple[str, str | None], list[Invitation]] = {}
    for each in found.values():
        of.setdefault(("contact", each.contact), []).append(each)
        of.setdefault(("customer", each.customer), []).append(each)
    told: dict[str, Sequence[Invitation]] = {}
    for person in people:
        beside = of.get(("customer", person.customer), ()) if person.customer in customers else ()
        own = of.get(("contact", person.contact), ())
        told[person.contact] = tuple({each.id: each for each in (*own, *beside)}.values())
    return told


def _saved(
    work: Work, campaign: Campaign, decisions: Sequence[Decision[Invitation]], topic: str, link: str
) -> Program[tuple[Invitation, ...]]:
    """Save invitations with their letters, which are told by what was decided, and so once."""
    letters = [_letter(decision.after, campaign, topic, link) for decision in decisions]
    return (yield from work.save(*decisions, notices=letters))


def _letter(invitation: Invitation, campaign: Campaign, topic: str, link: str) -> Notice:
    body: dict[str, Any] = {
        "number": campaign.number or campaign.id,
        "title": campaign.title,
        "link": link.replace("{token}", invitation.token),
        "until": _iso(campaign.answer_until),
        "at": _iso(invitation.contacted_at or invitation.created_at),
        "duty": False,
    }
    return Notice(
        key=f"invitation:{invitation.id}:{invitation.revision + 1}:{topic}",
        topic=topic,
        recipient=invitation.contact,
        kind=INVITATION.name,
        id=invitation.id,
        body=FrozenMap(body),
    )


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")

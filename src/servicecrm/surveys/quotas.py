"""At most so many answers of each kind: places that are kept while somebody answers, taken, or given back.

A campaign counts them, and its revision guards them, so that the last place is never given twice. Whose place is kept,
and until when, stands in the invitation; what is done here with a place is saved together with what is done there. So
nothing has to be read of those who are answering just now, but only the invitations whose time has come to its end
since places were counted last: any number of others, such as all of the campaign, may be among those that are given.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime

from servicecrm.errors import PolicyViolation
from servicecrm.kernel.decisions import Actor, Decision, Event, stamp
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.records import evolve, record
from servicecrm.surveys.campaign_events import InvitationOpened, PlaceReleased, PlaceReserved, PlaceTaken
from servicecrm.surveys.campaign_lifecycle import (
    CAMPAIGN_LIFECYCLE,
    INVITATION_LIFECYCLE,
    OPENING,
    RELEASE_PLACE,
    RESERVE,
    TAKE,
    in_use,
)
from servicecrm.surveys.campaign_model import Campaign, Invitation, Quota, Reservation

__all__ = ["Standing", "full", "keeps_place", "matching", "quota", "release", "reserve", "standing", "take"]


@record
class Standing:
    """How full a quota is."""

    name: str
    limit: int
    taken: int
    reserved: int

    @property
    def free(self) -> int:
        """How many places are left."""
        return max(0, self.limit - self.taken - self.reserved)


def quota(name: str, limit: int, **of: str | Iterable[str]) -> Quota:
    """A quota in few words: `quota("north", 50, region="north", age=["teen", "twen"])`.

    Raises:
        InvalidValue: the limit is below 1, or an attribute has nothing to be.
    """
    told = {attribute: wanted if isinstance(wanted, str) else list(wanted) for attribute, wanted in of.items()}
    return Quota(name=name, limit=limit, of=FrozenMap(told))


def standing(campaign: Campaign, at: datetime, over: Iterable[Invitation] = ()) -> tuple[Standing, ...]:
    """How full each quota is. Places that were kept for the invitations `over` do not count if their time is over."""
    now = _counted(campaign, at, over)
    found = []
    for quota in campaign.quotas:
        taken = in_use(evolve(now, reserved=FrozenMap()), quota.name)
        reserved = in_use(now, quota.name) - taken
        found.append(Standing(name=quota.name, limit=quota.limit, taken=taken, reserved=reserved))
    return tuple(found)


def matching(campaign: Campaign, attributes: Mapping[str, object]) -> tuple[str, ...]:
    """The quotas that somebody with these attributes needs a place in."""
    return tuple(quota.name for quota in campaign.quotas if _fits(quota, attributes))


def full(campaign: Campaign, invitation: Invitation, at: datetime, over: Iterable[Invitation] = ()) -> tuple[str, ...]:
    """Those quotas that they need a place in and that have none left, apart from what is kept for themselves."""
    needed = matching(campaign, invitation.attributes)
    others = _counted(campaign, at, over, but=invitation)
    return tuple(each.name for each in standing(others, at) if each.name in needed and not each.free)


def keeps_place(campaign: Campaign, invitation: Invitation) -> bool:
    """Does the campaign count a place that is kept for them?"""
    kept, since = invitation.reserved, campaign.counted_at
    if kept is None or invitation.campaign != campaign.id:
        return False
    return since is None or micros(kept.until) > micros(since)


def reserve(
    campaign: Campaign,
    invitation: Invitation,
    over: Iterable[Invitation] = (),
    *,
    until: datetime,
    by: Actor | str,
    at: datetime,
) -> tuple[Decision[Campaign], Decision[Invitation]]:
    """Keep a place for somebody who begins to answer, in every quota that they fall under. Again, it is kept longer.

    `over` are the invitations whose time is over since `campaign.counted_at`.

    Raises:
        TransitionNotAllowed: the campaign is not open, or they are not to answer.
        GuardNotMet: a quota is full; see `full`.
        PolicyViolation: it would be kept until a time that is over.

    Source: C073, C076.
    """
    if micros(until) <= micros(at):
        raise PolicyViolation("until", "a place is kept until a later time")
    free = _counted(campaign, at, over, but=invitation)
    kept = Reservation(quotas=matching(campaign, invitation.attributes), until=until)
    opened = INVITATION_LIFECYCLE.move(invitation, OPENING, InvitationOpened(**stamp(by, at)), reserved=kept)
    # By a clock that is behind that of others its time may be over already: nobody would ever count it off.
    new = kept.quotas if keeps_place(free, opened.after) else ()
    return _moved(campaign, RESERVE, PlaceReserved(**stamp(by, at)), free, reserved=_plus(free.reserved, new)), opened


def take(
    campaign: Campaign, invitation: Invitation, over: Iterable[Invitation] = (), *, by: Actor | str, at: datetime
) -> Decision[Campaign]:
    """Take a place for good, kept or not, for an `invitation` as it was before it was answered.

    Save it together with the answer, by which what was kept is no longer. For `over` see `reserve`.

    Raises:
        TransitionNotAllowed: the campaign is not open.
        GuardNotMet: nothing was kept, or it was for too short, and a quota is full by now.

    Source: C073, C076.
    """
    free = _counted(campaign, at, over, but=invitation)
    taken = _plus(free.taken, matching(campaign, invitation.attributes))
    return _moved(campaign, TAKE, PlaceTaken(**stamp(by, at)), free, taken=taken)


def release(
    campaign: Campaign, invitation: Invitation, over: Iterable[Invitation] = (), *, by: Actor | str, at: datetime
) -> Decision[Campaign]:
    """Give back what is kept for an `invitation` as it was before it was declined, or left out.

    Save it together with that. For `over` see `reserve`.

    Raises:
        TransitionNotAllowed: the campaign is not open.

    Source: C073, C076.
    """
    free = _counted(campaign, at, over, but=invitation)
    return _moved(campaign, RELEASE_PLACE, PlaceReleased(**stamp(by, at)), free)


def _fits(quota: Quota, attributes: Mapping[str, object]) -> bool:
    return all(
        attributes.get(name) in (wanted if isinstance(wanted, tuple) else (wanted,))
        for name, wanted in quota.of.items()
    )


def _counted(
    campaign: Campaign, at: datetime, over: Iterable[Invitation], *, but: Invitation | None = None
) -> Campaign:
    """The same without the places whose time is over, and without what is kept for one invitation.

    Time never goes back here, even if a clock does: what was counted off once is not counted off again.
    """
    since = campaign.counted_at
    now = at if since is None or micros(at) > micros(since) else since
    gone = {each.id: each for each in over if each.reserved and micros(each.reserved.until) <= micros(now)}
    if but is not None:
        gone[but.id] = but
    places = Counter(
        name for each in gone.values() if each.reserved and keeps_place(campaign, each) for name in each.reserved.quotas
    )
    left = {name: count - places[name] for name, count in campaign.reserved.items() if isinstance(count, int)}
    reserved = FrozenMap({name: count for name, count in left.items() if count > 0})
    return evolve(campaign, reserved=reserved, counted_at=now)


def _plus(counts: FrozenMap, names: Iterable[str]) -> FrozenMap:
    places = Counter({name: count for name, count in counts.items() if isinstance(count, int)})
    places.update(names)
    return FrozenMap(places)


def _moved(campaign: Campaign, action: str, event: Event, now: Campaign, **changes: FrozenMap) -> Decision[Campaign]:
    """The campaign with its places as they are now, and with what is done to them."""
    counted = {"reserved": now.reserved, "counted_at": now.counted_at, **changes}
    return CAMPAIGN_LIFECYCLE.move(campaign, action, event, **counted)

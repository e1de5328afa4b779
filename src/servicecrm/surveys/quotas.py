"""At most so many answers of each kind: places that are reserved while somebody answers, taken, or given back.

A campaign's revision guards them, so that the last place is never given twice.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from servicecrm.errors import PolicyViolation
from servicecrm.kernel.decisions import Actor, Decision, stamp
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.records import evolve, record
from servicecrm.surveys.campaign_events import PlaceReleased, PlaceReserved, PlaceTaken
from servicecrm.surveys.campaign_lifecycle import CAMPAIGN_LIFECYCLE, RELEASE_PLACE, RESERVE, TAKE, in_use
from servicecrm.surveys.campaign_model import Campaign, Quota, Reservation

__all__ = ["Standing", "full", "matching", "quota", "release", "reserve", "standing", "take"]


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


def standing(campaign: Campaign, at: datetime) -> tuple[Standing, ...]:
    """How full each quota is. A reservation that is over does not count."""
    now = _without_old(campaign, at)
    found = []
    for quota in campaign.quotas:
        reserved = sum(quota.name in each.quotas for each in now.reserved)
        taken = in_use(now, quota.name) - reserved
        found.append(Standing(name=quota.name, limit=quota.limit, taken=taken, reserved=reserved))
    return tuple(found)


def matching(campaign: Campaign, attributes: Mapping[str, object]) -> tuple[str, ...]:
    """The quotas that somebody with these attributes needs a place in."""
    return tuple(quota.name for quota in campaign.quotas if _fits(quota, attributes))


def full(
    campaign: Campaign, attributes: Mapping[str, object], at: datetime, *, key: str | None = None
) -> tuple[str, ...]:
    """Those of them that have no place left, apart from what is kept for this `key`."""
    needed = matching(campaign, attributes)
    others = campaign if key is None else _without(campaign, key)
    return tuple(each.name for each in standing(others, at) if each.name in needed and not each.free)


def reserve(
    campaign: Campaign,
    key: str,
    attributes: Mapping[str, object],
    *,
    until: datetime,
    by: Actor | str,
    at: datetime,
) -> Decision[Campaign]:
    """Keep a place for somebody, named by a `key`, in every quota that they fall under. Again, it is kept longer.

    Raises:
        TransitionNotAllowed: the campaign is not open.
        GuardNotMet: a quota is full; see `full`.
        PolicyViolation: it would be kept until a time that is over.

    Source: C073, C076.
    """
    if micros(until) <= micros(at):
        raise PolicyViolation("until", "a place is kept until a later time")
    free = _without(_without_old(campaign, at), key)
    new = Reservation(key=key, quotas=matching(campaign, attributes), until=until)
    event = PlaceReserved(**stamp(by, at))
    return CAMPAIGN_LIFECYCLE.move(campaign, RESERVE, event, reserved=(*free.reserved, new))


def take(
    campaign: Campaign, key: str, attributes: Mapping[str, object], *, by: Actor | str, at: datetime
) -> Decision[Campaign]:
    """Take a place for good, reserved or not.

    Raises:
        TransitionNotAllowed: the campaign is not open.
        GuardNotMet: nothing was reserved, or it was for too short, and a quota is full by now.

    Source: C073, C076.
    """
    free = _without(_without_old(campaign, at), key)
    needed = matching(campaign, attributes)
    counts = {quota.name: in_use(evolve(free, reserved=()), quota.name) for quota in campaign.quotas}
    taken = FrozenMap({name: count + (name in needed) for name, count in counts.items()})
    event = PlaceTaken(**stamp(by, at))
    return CAMPAIGN_LIFECYCLE.move(campaign, TAKE, event, reserved=free.reserved, taken=taken)


def release(campaign: Campaign, key: str, *, by: Actor | str, at: datetime) -> Decision[Campaign]:
    """Give a reserved place back.

    Raises:
        TransitionNotAllowed: the campaign is not open.
    """
    event = PlaceReleased(**stamp(by, at))
    free = _without(_without_old(campaign, at), key)
    return CAMPAIGN_LIFECYCLE.move(campaign, RELEASE_PLACE, event, reserved=free.reserved)


def _fits(quota: Quota, attributes: Mapping[str, object]) -> bool:
    return all(
        attributes.get(name) in (wanted if isinstance(wanted, tuple) else (wanted,))
        for name, wanted in quota.of.items()
    )


def _without_old(campaign: Campaign, at: datetime) -> Campaign:
    kept = tuple(each for each in campaign.reserved if micros(each.until) > micros(at))
    return evolve(campaign, reserved=kept)


def _without(campaign: Campaign, key: str) -> Campaign:
    return evolve(campaign, reserved=tuple(each for each in campaign.reserved if each.key != key))

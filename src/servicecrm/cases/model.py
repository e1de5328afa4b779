"""What a case is."""

from datetime import datetime
from typing import NewType

import attrs

from servicecrm.cases.codes import Asker, ContactOutcome, LinkKind, MomentKind, PartnerStatus
from servicecrm.errors import InvalidValue
from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.records import Personal, record
from servicecrm.kernel.shapes import filled
from servicecrm.kernel.values import ContactPoint, LanguageTag
from servicecrm.tracking.moments import Moments, standing
from servicecrm.tracking.tickets import Channel, Priority, Waiting

__all__ = ["Case", "CaseId", "Extension", "Holder", "Link", "Place", "Promise", "Referral", "UpdateRequest", "Waiting"]

CaseId = NewType("CaseId", str)


@record
class Place:
    """Where a request is about: an address, a point on the map, or both. `address_id` is the host's own key.

    Raises:
        InvalidValue: a point lacks its latitude or longitude, or is not on the map.
    """

    address: Personal[str] | None = attrs.field(default=None, validator=filled)
    address_id: Personal[str] | None = attrs.field(default=None, validator=filled)
    zipcode: Personal[str] | None = attrs.field(default=None, validator=filled)
    latitude: Personal[float] | None = None
    longitude: Personal[float] | None = None

    def __attrs_post_init__(self) -> None:
        if (self.latitude is None) != (self.longitude is None):
            raise InvalidValue("Place", "a point on the map has a latitude and a longitude")
        for name, value, limit in (("latitude", self.latitude, 90), ("longitude", self.longitude, 180)):
            if value is not None and abs(value) > limit:
                raise InvalidValue(f"Place.{name}", f"expected degrees from -{limit} to {limit}")


@record
class Holder:
    """Who had a case: a queue, a person or both, since when, and why it came there."""

    queue: str | None
    handler: str | None
    since: datetime
    reason: Personal[str] | None = attrs.field(default=None, validator=filled)


@record
class Extension:
    """A promise put off, with the reason that the requester can be told."""

    until: datetime
    reason: Personal[str] = attrs.field(validator=filled)
    given_at: datetime
    approved_by: str | None = attrs.field(default=None, validator=filled)


@record
class Promise:
    """When the requester can expect an answer. The first promise is kept, however often it is extended."""

    first: datetime
    given_at: datetime
    extensions: Personal[tuple[Extension, ...]] = ()

    @property
    def until(self) -> datetime:
        """What holds now."""
        return self.extensions[-1].until if self.extensions else self.first


@record
class UpdateRequest:
    """Somebody asked how the case stands, and by when an update is due.

    `asked_by` is whoever wants to know: the official, where somebody else asks on the official's behalf.
    """

    asker: Asker
    asked_by: str
    asked_at: datetime
    due_at: datetime
    answered_at: datetime | None = None


@record
class Link:
    """Another case that this one belongs to."""

    kind: LinkKind
    case: str = attrs.field(validator=filled)


@record
class Referral:
    """An outside partner that works on the case, and what it said last.

    `reference` is the partner's number for it and `external_status` the partner's own word; `updated_at` is when the
    partner said so, not when we heard of it.
    """

    partner: str = attrs.field(validator=filled)
    reference: str | None = attrs.field(default=None, validator=filled)
    referred_at: datetime
    status: PartnerStatus | None = None
    external_status: str | None = None
    note: Personal[str] | None = attrs.field(default=None, validator=filled)
    updated_at: datetime | None = None


@record
class Case:
    """A request for information or help, and where its handling stands.

    Requesters, sponsors, queues and handlers are opaque ids of the host. `sponsor` is the official on whose behalf it
    was logged, `logged_by` whoever logged it. `queue` is the department that has it and `handler` the person there;
    `holders` are all that ever had it. `received_at` is when it reached us, `recorded_at` when it was entered,
    `closed_at` when it ended, by closing or by withdrawal. `policy` is the number of the policy that it started under,
    0 for the one that is shipped. What was said is kept apart, as messages.

    Source: C058.
    """

    id: CaseId = attrs.field(validator=filled)
    number: str | None = None
    revision: int = attrs.field(default=0, eq=False)
    state: str

    requester: str | None = None
    requester_name: Personal[str] | None = attrs.field(default=None, validator=filled)
    contact: Personal[ContactPoint] | None = None
    sponsor: str | None = None
    logged_by: str

    subject: Personal[str] = attrs.field(validator=filled)
    text: Personal[str] = ""
    language: LanguageTag | None = None
    channel: Channel
    place: Personal[Place] | None = None
    service: str | None = None
    request_type: str | None = None
    type_version: int = 0
    attributes: Personal[FrozenMap] = EMPTY
    tags: frozenset[str] = frozenset()
    priority: Priority | None = None
    links: tuple[Link, ...] = ()

    queue: str | None = None
    handler: str | None = None
    holders: Personal[tuple[Holder, ...]] = ()
    forwards: int = 0
    promise: Personal[Promise] | None = None
    update_requests: tuple[UpdateRequest, ...] = ()
    waiting: Personal[Waiting] | None = None
    referral: Personal[Referral] | None = None

    received_at: datetime
    recorded_at: datetime
    accepted_at: datetime | None = None
    answered_at: datetime | None = None
    closed_at: datetime | None = None
    closing_code: str | None = None
    without_action: bool = False
    reopenings: int = 0

    policy: int = 0
    moments: Moments = attrs.field(default=(), repr=False)
    extra: Personal[FrozenMap] = EMPTY

    @property
    def can_reply(self) -> bool:
        """Is there a way to reach the requester? An anonymous request has none."""
        return self.contact is not None or self.requester is not None

    @property
    def with_partner(self) -> bool:
        """Was it referred to a partner that has not declined it?"""
        return self.referral is not None and self.referral.status is not PartnerStatus.DECLINED

    @property
    def open_updates(self) -> tuple[UpdateRequest, ...]:
        """The requests for an update that nobody has answered."""
        return tuple(request for request in self.update_requests if request.answered_at is None)

    @property
    def update_due_at(self) -> datetime | None:
        """When the first of them is due."""
        return min((request.due_at for request in self.open_updates), key=micros, default=None)

    @property
    def attempts(self) -> int:
        """How often somebody tried in vain to reach the requester, since the last time that it went well."""
        tried = 0
        for moment in standing(self.moments):
            if moment.kind == MomentKind.CONTACT and moment.code != ContactOutcome.REACHED:
                tried += 1
            elif moment.kind in (MomentKind.CONTACT, MomentKind.REOPENED):
                tried = 0
        return tried

    def linked(self, kind: LinkKind) -> tuple[str, ...]:
        """The ids of the cases that this one has such a link to."""
        return tuple(link.case for link in self.links if link.kind is kind)

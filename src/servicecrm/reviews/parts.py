"""What meetings and reviews are made of: who takes part, what is talked about, what is decided, what is added."""

from collections.abc import Iterable
from datetime import datetime

import attrs

from servicecrm.errors import InvalidValue
from servicecrm.kernel.records import Personal, record
from servicecrm.kernel.shapes import filled, several
from servicecrm.reviews.codes import ResolutionKind
from servicecrm.tracking.moments import Side

__all__ = ["Addendum", "Attendee", "Resolution", "Topic", "attendees_of", "both_sides", "more_topics"]


@record
class Attendee:
    """Somebody who takes part, by the host's own id, for the customer (`outside`) or for us (`inside`)."""

    person: str = attrs.field(validator=filled)
    side: Side = attrs.field(converter=Side)


@record
class Topic:
    """What is to be talked about, and in minutes what was said about it.

    `source_kind` and `source` name the record that it comes from, such as a complaint or a need.

    Raises:
        InvalidValue: only one of the two is given.
    """

    title: Personal[str] = attrs.field(validator=filled)
    text: Personal[str] = ""
    service: str | None = attrs.field(default=None, validator=filled)
    source_kind: str | None = attrs.field(default=None, validator=filled)
    source: str | None = attrs.field(default=None, validator=filled)

    def __attrs_post_init__(self) -> None:
        if (self.source_kind is None) != (self.source is None):
            raise InvalidValue("Topic", "name both the kind of the record that it comes from and its id, or neither")


@record
class Resolution:
    """Something that was decided: `Resolution(text="Renew the valve", owner="north", due_at=...)`.

    `record` is what came of it: the id of the action item, or that of the proposal.

    Raises:
        InvalidValue: an action lacks its owner or its due date.
    """

    text: Personal[str] = attrs.field(validator=filled)
    kind: ResolutionKind = attrs.field(default=ResolutionKind.ACTION, converter=ResolutionKind)
    owner: str | None = attrs.field(default=None, validator=filled)
    due_at: datetime | None = None
    record: str | None = None

    def __attrs_post_init__(self) -> None:
        if self.kind is ResolutionKind.ACTION and (self.owner is None or self.due_at is None):
            raise InvalidValue("Resolution", "say who does it and by when, or that it is a proposal, or none")


@record
class Addendum:
    """What was put right or added when nothing could be changed any more."""

    text: Personal[str] = attrs.field(validator=filled)
    by: str
    at: datetime


def attendees_of(given: Iterable[Attendee]) -> tuple[Attendee, ...]:
    """Those who took part, each once.

    Raises:
        InvalidValue: somebody stands there twice, or something else does.
    """
    attendees = several("attendees", given, Attendee)
    if len({each.person for each in attendees}) < len(attendees):
        raise InvalidValue("attendees", "somebody stands there twice; everybody takes part once, for one side")
    return attendees


def both_sides(attendees: Iterable[Attendee]) -> bool:
    """Was somebody there for the customer, and somebody for us?"""
    return {each.side for each in attendees} == set(Side)


def more_topics(agenda: tuple[Topic, ...], topics: Iterable[Topic]) -> tuple[Topic, ...]:
    """An agenda with more topics; what comes from a record that is on it already is left out."""
    found = list(agenda)
    for topic in several("topics", topics):
        if not isinstance(topic, Topic):
            raise InvalidValue("topics", f"expected a Topic, got {type(topic).__name__}")
        known = {(each.source_kind, each.source) for each in found if each.source is not None}
        if (topic.source_kind, topic.source) not in known:
            found.append(topic)
    return tuple(found)

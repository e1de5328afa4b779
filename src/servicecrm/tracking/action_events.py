"""What happened to an action item. An event holds only what is not simply a changed field, such as the reason given."""

import attrs

from servicecrm.kernel.decisions import Event
from servicecrm.kernel.records import Personal, record
from servicecrm.kernel.shapes import filled

__all__ = [
    "ActionCancelled",
    "ActionDone",
    "ActionOpened",
    "ActionPostponed",
    "ActionReassigned",
    "ActionReopened",
    "ActionTakenUp",
    "ActionVerified",
]


@record
class ActionOpened(Event):
    """Somebody is to do something."""

    type = "action_item.opened"


@record
class ActionTakenUp(Event):
    """Its owner began with it."""

    type = "action_item.taken_up"


@record
class ActionReassigned(Event):
    """It was given to another owner."""

    type = "action_item.reassigned"
    reason: Personal[str] | None = attrs.field(default=None, validator=filled)


@record
class ActionPostponed(Event):
    """It may be done later than agreed before."""

    type = "action_item.postponed"
    reason: Personal[str] = attrs.field(validator=filled)


@record
class ActionDone(Event):
    """It was done."""

    type = "action_item.done"


@record
class ActionVerified(Event):
    """Somebody else found that it worked."""

    type = "action_item.verified"


@record
class ActionReopened(Event):
    """Somebody found that it did not work; `reason` is what was seen."""

    type = "action_item.reopened"
    reason: Personal[str] = attrs.field(validator=filled)


@record
class ActionCancelled(Event):
    """It is not to be done any more."""

    type = "action_item.cancelled"
    reason: Personal[str] = attrs.field(validator=filled)

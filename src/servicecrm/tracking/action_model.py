"""What an action item is: something that somebody is to do by a certain time, because of a record."""

from datetime import datetime
from typing import NewType

import attrs

from servicecrm.kernel.decisions import Actor
from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.kernel.records import Personal, record
from servicecrm.kernel.shapes import Code, filled
from servicecrm.kernel.values import Attachment
from servicecrm.tracking.moments import Moments

__all__ = ["ActionItem", "ActionItemId", "ActionMomentKind"]

ActionItemId = NewType("ActionItemId", str)


class ActionMomentKind(Code):
    """The kinds of moments that clocks of an action item read."""

    OPENED = "opened"
    TAKEN_UP = "taken_up"
    REASSIGNED = "reassigned"
    POSTPONED = "postponed"
    DONE = "done"
    REOPENED = "reopened"
    VERIFIED = "verified"
    CANCELLED = "cancelled"


@record
class ActionItem:
    """Something to be done, by whom and by when.

    `source_kind` and `source` name the record that it follows from, such as a complaint or a meeting. `due_at` is in
    force, and `first_due_at` what was agreed at first. Nothing here says that it is late: `days_late` does. `effect`
    is what was seen when somebody looked whether it had worked.
    """

    id: ActionItemId = attrs.field(validator=filled)
    number: str | None = None
    revision: int = attrs.field(default=0, eq=False)
    state: str

    source_kind: str = attrs.field(validator=filled)
    source: str = attrs.field(validator=filled)
    title: Personal[str] = attrs.field(validator=filled)
    text: Personal[str] = ""

    owner: str = attrs.field(validator=filled)
    due_at: datetime
    first_due_at: datetime
    postponements: int = 0

    opened_at: datetime
    recorded_at: datetime
    done_at: datetime | None = None
    done_by: Actor | None = None
    evidence: Personal[str] | None = attrs.field(default=None, validator=filled)
    attachments: Personal[tuple[Attachment, ...]] = ()
    verified_at: datetime | None = None
    verified_by: Actor | None = None
    effect: Personal[str] | None = attrs.field(default=None, validator=filled)
    cancelled_at: datetime | None = None
    reopenings: int = 0

    moments: Moments = attrs.field(default=(), repr=False)
    extra: Personal[FrozenMap] = EMPTY

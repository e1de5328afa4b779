"""Snapshots of the portfolio: taken once, kept as they are, and compared with each other."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final

import attrs

from servicecrm.errors import InvalidValue
from servicecrm.kernel.decisions import Actor, Decision, begin, stamp
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.lifecycle import Lifecycle, Move
from servicecrm.kernel.shapes import several
from servicecrm.portfolio.reports import Gap
from servicecrm.portfolio.snapshot_events import PortfolioSnapshotTaken
from servicecrm.portfolio.snapshot_model import PortfolioSnapshot, PortfolioSnapshotId, SnapshotLine

__all__ = ["COMPARED", "LIFECYCLE", "LineChange", "SnapshotChanges", "changes", "take"]

LIFECYCLE: Final[Lifecycle[Any]] = Lifecycle(
    "portfolio_snapshot", initial="due", moves=(Move("take", "due", "taken", "manager"),), final={"taken"}
)
"""Who takes a snapshot: rights are asked about it as about every other command. The snapshot itself has no states.

Source: C005, C024.
"""

COMPARED: Final = ("state", "account_manager", "deputy", "value_class", "services", "agreements")
"""What two snapshots are compared by. What is open, and when we last heard of a customer, changes every day."""


def take(
    lines: Iterable[SnapshotLine],
    *,
    id: str,
    manager: str | None = None,
    gaps: Iterable[Gap] = (),
    by: Actor | str,
    at: datetime,
) -> Decision[PortfolioSnapshot]:
    """Keep how it stands with these customers. With a `manager` they are all that this person looks after.

    Raises:
        InvalidValue: these are more than 10,000 customers, or one comes twice; or the manager is a blank text.

    Source: C024.
    """
    new = PortfolioSnapshot(
        id=PortfolioSnapshotId(id),
        taken_at=at,
        manager=manager,
        lines=several("lines", lines),
        gaps=several("gaps", gaps),
    )
    return begin(new, PortfolioSnapshotTaken(**stamp(by, at), customers=len(new.lines), digest=new.digest))


@attrs.frozen
class LineChange:
    """A field of the line of a customer, and what it `was` in the earlier snapshot and is `now`, in the later one."""

    customer: str
    what: str
    was: object
    now: object


@attrs.frozen(kw_only=True)
class SnapshotChanges:
    """What is different in the later one of two snapshots. `came` and `left` are ids of customers.

    A customer that was merged has left. `opened` are gaps that were not there before, and `closed` those that are gone,
    also because the customer is.
    """

    came: tuple[str, ...]
    left: tuple[str, ...]
    changed: tuple[LineChange, ...]
    opened: tuple[Gap, ...]
    closed: tuple[Gap, ...]


def changes(earlier: PortfolioSnapshot, later: PortfolioSnapshot) -> SnapshotChanges:
    """What has changed from one snapshot to another: who came and left, what is another now, and what is missing.

    Raises:
        InvalidValue: they are of different managers, or the later one was taken first.

    Source: C024.
    """
    if earlier.manager != later.manager:
        raise InvalidValue("later", "both snapshots are of one account manager, or both of all customers")
    if micros(later.taken_at) < micros(earlier.taken_at):
        raise InvalidValue("later", "it was taken before the other one; name the earlier one first")
    before, after = ({line.customer: line for line in each.lines} for each in (earlier, later))
    return SnapshotChanges(
        came=tuple(id for id in after if id not in before),
        left=tuple(id for id in before if id not in after),
        changed=tuple(change for id, line in after.items() if id in before for change in _changes(before[id], line)),
        opened=_without(later.gaps, earlier.gaps),
        closed=_without(earlier.gaps, later.gaps),
    )


def _changes(was: SnapshotLine, now: SnapshotLine) -> Iterator[LineChange]:
    for name in COMPARED:
        values = getattr(was, name), getattr(now, name)
        if values[0] != values[1]:
            yield LineChange(now.customer, name, *values)


def _without(gaps: Iterable[Gap], others: Iterable[Gap]) -> tuple[Gap, ...]:
    gone = set(others)
    return tuple(gap for gap in gaps if gap not in gone)

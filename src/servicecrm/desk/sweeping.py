"""Everything that is due, fired once: whoever sweeps, in however many processes, and however late."""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

import attrs

from servicecrm.agreements.model import Agreement
from servicecrm.agreements.schema import AGREEMENT
from servicecrm.desk.agreed import agreed_basis, stale
from servicecrm.desk.agreement_days import advanced
from servicecrm.desk.following import Following, told_from
from servicecrm.desk.handovers import handed_over
from servicecrm.desk.house import House
from servicecrm.desk.programs import Order
from servicecrm.desk.review_schedules import missed
from servicecrm.desk.rules import basis_of
from servicecrm.desk.tracked import TRACKED, Tracked
from servicecrm.errors import DocumentError, NotFound, ServiceCRMError, StoreError
from servicecrm.kernel.decisions import Actor, Decision, Event
from servicecrm.kernel.filters import Filter, where
from servicecrm.kernel.kinds import Kind
from servicecrm.kernel.years import in_years
from servicecrm.portfolio.model import Customer
from servicecrm.portfolio.schema import CUSTOMER
from servicecrm.reviews.schedule_model import Schedule
from servicecrm.storage.ports import Program
from servicecrm.storage.work import Work
from servicecrm.tracking import ACTION_ITEM, ActionItem, Basis, Clock

__all__ = ["Sweep", "Swept", "SweptEvent"]

logger: logging.Logger = logging.getLogger("servicecrm")

BATCH: Final = 50
"""So many clocks are read in one unit."""

GIVEN_UP: Final = 1_000
"""After so many clocks of a kind that cannot be read, no more of them are: a filter passes over no more than these."""

AHEAD: Final = timedelta(days=365)
"""So far around the time of a sweep days are counted."""

AFTER_ZONES: Final = ":"
"""Comes after every version of the time zones, which begin with the year."""


class SweptEvent(NamedTuple):
    """Something that came due for a record."""

    kind: str
    id: str
    number: str | None
    event: Event


@attrs.frozen
class Swept:
    """What a sweep came to: how many clocks were read, what happened, and the records whose clocks cannot be read."""

    clocks: int = 0
    events: tuple[SweptEvent, ...] = ()
    failed: tuple[str, ...] = ()
    _kind: str = attrs.field(default="", eq=False, repr=False)
    """What their clocks are about."""
    _by_rules: bool = attrs.field(default=False, eq=False, repr=False)
    """Were these read because other rules are in force?"""

    @staticmethod
    def together(parts: Iterable["Swept"]) -> "Swept":
        """What several came to."""
        clocks, events, failed = 0, list[SweptEvent](), list[str]()
        for part in parts:
            clocks += part.clocks
            events += part.events
            failed += part.failed
        return Swept(clocks, tuple(events), tuple(failed))


class Sweep:
    """One sweep, in as many units as it takes: each reads some of the clocks, until none are left."""

    def __init__(self, house: House | None, by: Actor, at: datetime) -> None:
        self._house, self._by, self._at = house, by, in_years("now", at, spare=AHEAD)
        self._failed: dict[str, tuple[str, ...]] = {}
        self._read: set[tuple[str, str]] = set()
        self._disputed: set[str] = set()
        self._begun: bool = False

    def goes_on(self, part: Swept) -> bool:
        """After a unit that came to this: are there perhaps more?"""
        self._begun = True
        if part.failed:
            failed = self._failed[part._kind] = (*self._failed.get(part._kind, ()), *part.failed)  # noqa: SLF001
            if _given_up(failed):
                logger.warning("%s clocks of %s cannot be read; their sweep ends", len(failed), part._kind)  # noqa: SLF001
        if part._by_rules:  # noqa: SLF001
            read = {(event.kind, event.id) for event in part.events}
            # Others, whose clocks go otherwise, find other rules in force: we would undo each other's work for ever.
            self._disputed |= {kind for kind, _ in read & self._read}
            self._read |= read
        return bool(part.clocks or part.events)

    def some(self, work: Work) -> Program[Swept]:
        """See to what the days bring about, or read some of the clocks whose time has come or whose rules changed."""
        if not self._begun:
            days = yield from self._days(work)
            if days:
                return Swept(events=days)
        for tracked in TRACKED.values():
            failed = self._failed.get(tracked.kind.name, ())
            if _given_up(failed):
                continue
            but_failed = [~where("about").one_of(failed)] if failed else []
            basis = yield from basis_of(work, tracked, self._at)
            mine = where("about_kind") == tracked.kind.name
            reasons = [*self._reasons(tracked, basis)]
            if (name := (yield from stale(work, tracked, basis, self._at))) is not None:
                reasons.append((where("basis") == name, "basis"))
            for due, order in reasons:
                some = yield from work.take(Clock, mine, due, *but_failed, order=order, limit=BATCH)
                if not some:
                    continue
                records = yield from _known(work, tracked, [clock.about for clock in some])
                parts: list[Swept] = []
                for clock in some:
                    parts += [(yield from self._one(work, tracked, clock, records.get(clock.about), basis))]
                return attrs.evolve(Swept.together(parts), kind=tracked.kind.name, by_rules=order == "basis")
        return Swept()

    def _days(self, work: Work) -> Program[tuple[SweptEvent, ...]]:
        """What the days bring about that no clock tells: agreements begin and end, customers change hands, and reviews
        are overdue."""
        order = Order(self._by, self._at, None, self._house)
        changed: list[Decision[Any]] = []
        if work.keeps(Agreement):
            changed += yield from advanced(work, order)
        if work.keeps(Customer):
            changed += yield from handed_over(work, order)
        if work.keeps(Schedule):
            changed += yield from missed(work, order)
        return tuple(_told(each, event) for each in changed for event in each.events)

    def _reasons(self, tracked: Tracked[Any], basis: Basis) -> Iterator[tuple[Filter, str]]:
        """Why a clock is to be read, and in which order."""
        yield where("next_at") <= self._at, "next_at"
        if tracked.kind.name not in self._disputed:
            # Other rules are older ones or newer ones; asked for in this way, an index finds them.
            yield where("basis") < str(basis), "basis"
            # But the same rules with newer time zones stand: another machine knows them, and this one does not yet.
            yield where("basis") > str(basis).removesuffix(basis.zones) + AFTER_ZONES, "basis"

    def _one(self, work: Work, tracked: Tracked[Any], clock: Clock, known: Any, basis: Basis) -> Program[Swept]:
        following = Following(self._house, work, self._by, self._at)
        try:
            record = known or (yield from work.get(tracked.kind.schema.record, clock.about, held=False))
            agreed = yield from agreed_basis(work, tracked, record, basis, self._at, clock=clock)
            read, demanded = following.came_due(tracked, record, clock, agreed)
            if read is None:
                raise AssertionError(f"{clock.id} was due, and nothing changed")
            decisions = (read,) if demanded is None else (read, demanded)
            opens = told_from(*decisions)
            told = [n for each in decisions for n in following.notices(tracked, record, each, not_before=opens)]
        except ServiceCRMError as error:
            if isinstance(error, StoreError) and not isinstance(error, NotFound):
                raise
            # The others are swept all the same.
            logger.warning("the clock %s cannot be read: %s", clock.id, error)
            return Swept(1, failed=(clock.about,))
        yield from work.save(*decisions, notices=told)
        named = tracked.kind.name, record.id, getattr(record, "number", None)
        return Swept(1, tuple(SweptEvent(*named, event) for decision in decisions for event in decision.events))


def _given_up(failed: Sequence[str]) -> bool:
    return len(failed) + BATCH > GIVEN_UP


def _known(work: Work, tracked: Tracked[Any], ids: Sequence[str]) -> Program[Mapping[str, Any]]:
    """The records of these ids, read at once; none if one of them cannot be read."""
    if not work.keeps(tracked.kind.schema.record):
        return {}
    try:
        return (yield from work.present(tracked.kind.schema.record, ids, held=False))
    except DocumentError:
        return {}


_DAYS: Final[Mapping[type, Kind[Any]]] = {Agreement: AGREEMENT, Customer: CUSTOMER, ActionItem: ACTION_ITEM}
"""What the days change."""


def _told(decision: Decision[Any], event: Event) -> SweptEvent:
    return SweptEvent(_DAYS[type(decision.after)].name, decision.after.id, decision.after.number, event)

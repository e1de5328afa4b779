"""Timers at the desk: where they stand, what is due next, and escalation by hand."""

import re
from collections.abc import Callable, Collection
from datetime import datetime
from functools import partial
from typing import Any, Final

from servicecrm.calendars import Calendar
from servicecrm.desk.agreed import agreed_basis
from servicecrm.desk.books import book_of
from servicecrm.desk.following import Following, clock_of
from servicecrm.desk.programs import Order, commanded, fetch, is_number, outcome_before, saved_with_all
from servicecrm.desk.rules import basis_of
from servicecrm.desk.tracked import TRACKED, Tracked
from servicecrm.errors import InvalidValue, NotFound
from servicecrm.kernel.filters import where
from servicecrm.kernel.shapes import named
from servicecrm.kernel.years import in_years
from servicecrm.storage.ports import Page, Program
from servicecrm.storage.work import Work
from servicecrm.tracking import Basis, Clock, Targets, Timers, clock_id, clocks
from servicecrm.tracking.books import DEFAULT_CALENDAR, CalendarBook, TargetBook
from servicecrm.tracking.clock_model import AGREED

__all__ = ["escalated", "timers_of", "worklist_of"]


def timers_of(id: str, at: datetime) -> Callable[[Work], Program[Timers]]:
    """Where the timers of a record stand at a time, by the rules that are in force then."""

    in_years("at", at)

    def program(work: Work) -> Program[Timers]:
        tracked, record = yield from _found(work, id)
        clock = yield from clock_of(work, tracked.kind.name, record.id)
        house = yield from basis_of(work, tracked, at)
        basis = yield from agreed_basis(work, tracked, record, house, at, clock=clock)
        known = [] if clock is None else [each for each in clock.results if each.stopped_at and each.stopped_at <= at]
        under = {each.basis for each in known if each.basis is not None} - {str(basis)}
        earlier = (yield from _rules(work, tracked, clock, under)) if clock is not None and under else {}
        return basis.timers(tracked.facts(record), now=at, settled=known, earlier=earlier)

    return program


def _rules(work: Work, tracked: Tracked[Any], clock: Clock, names: Collection[str]) -> Program[dict[str, Basis]]:
    """The rules of before by their names, such as `policy 1; default@2`, as far as all versions of them are there."""
    found: dict[str, Basis] = {}
    books: dict[str, CalendarBook] = {}
    published = yield from book_of(work, partial(TargetBook, id=tracked.kind.name))
    for name in names:
        targets = _targets(name, tracked, clock, published)
        versions = set(_PARTS.split(name))
        calendars: dict[str, Calendar] = {}
        needed: Collection[str] = () if targets is None else targets.calendars
        for each in needed:
            if each not in books:
                books[each] = yield from book_of(work, partial(CalendarBook, id=each))
            of = books[each]
            first = 0 if each == DEFAULT_CALENDAR else 1  # which is there before any is published
            number = next((n for n in range(first, len(of.versions) + 1) if f"{each}@{n}" in versions), None)
            if number is not None:
                calendars[each] = of.numbered(number)
        if targets is not None and len(calendars) == len(needed):
            found[name] = Basis(targets=targets, calendars=calendars)
    return found


def _targets(name: str, tracked: Tracked[Any], clock: Clock, published: TargetBook) -> Targets | None:
    """The targets of rules of before. Of what was agreed for one record its clock knows the last ones alone."""
    policy = _POLICY.match(name)
    if policy is None:
        return None
    number = int(policy[1])
    if AGREED in name:
        return clock.agreed if clock.policy == number else None
    if number > len(published.versions):
        return None
    return published.numbered(number) if number else tracked.targets


_POLICY: Final = re.compile(r"policy (\d+)")
_PARTS: Final = re.compile(f"{AGREED}|[,;] ")


def worklist_of(handler: str, *, limit: int, after: str | None) -> Callable[[Work], Program[Page[Any]]]:
    """The open records of a handler, those first of which something is due first, and last those with nothing due."""

    def program(work: Work) -> Program[Page[Any]]:
        page = yield from work.find(Clock, where("handler") == handler, order="due_at", limit=limit, after=after)
        records: dict[tuple[str, str], Any] = {}
        for tracked in TRACKED.values():
            ids = [clock.about for clock in page.items if clock.about_kind == tracked.kind.name]
            found = yield from work.present(tracked.kind.schema.record, ids)
            records |= {(tracked.kind.name, id): record for id, record in found.items()}
        there = (records.get((clock.about_kind, clock.about)) for clock in page.items)
        return Page(tuple(record for record in there if record is not None), page.next)

    return program


def escalated(
    id: str, role: str, *, reason: str, timer: str, command: str | None = None, order: Order
) -> Callable[[Work], Program[Clock]]:
    """Put a record before a higher role at once, on the ladder of one of its targets: once by a command."""
    told = {"id": id, "role": role, "reason": reason, "timer": timer}
    order = order._replace(command=commanded(command, "escalate", told))

    def program(work: Work) -> Program[Clock]:
        done = yield from outcome_before(work, order)
        if done is not None:
            return (yield from work.get(Clock, done.id))
        tracked, record = yield from _found(work, id)
        basis = yield from basis_of(work, tracked, order.at)
        ladder = next((target.ladder for target in basis.targets.targets if target.name == timer), None)
        if ladder is None:
            known = ", ".join(target.name for target in basis.targets.targets if target.ladder)
            says = f"those with a ladder: {known}" if known else "publish targets of which one has a Ladder"
            raise InvalidValue("timer", f"there is no {named('target', timer)} with a ladder; {says}")
        clock = yield from work.get(Clock, clock_id(tracked.kind.name, record.id))
        following = Following(order.house, work, order.by, order.at)
        decision = clocks.escalate(
            clock,
            role,
            timer=timer,
            reason=reason,
            ladder=ladder,
            by=order.by,
            at=order.at,
            people=partial(following.people, tracked, record),
            absent=() if order.house is None else order.house.deputies,
        )
        notices = tuple(following.notices(tracked, record, decision))
        (saved,) = yield from saved_with_all(work, (decision,), order, notices=notices)
        return saved  # type: ignore[no-any-return]  # saving gives back what was decided about

    return program


def _found(work: Work, id: str) -> Program[tuple[Tracked[Any], Any]]:
    """The record with this id or number, of whatever kind it is."""
    for tracked in TRACKED.values():
        if not is_number(tracked.kind, id):
            found = yield from work.present(tracked.kind.schema.record, [id])
            if id in found:
                return tracked, found[id]
        else:
            return tracked, (yield from fetch(work, tracked.kind, id))
    raise NotFound("record", id)

"""Regular reports: specified, made for each day on which they are due, and passed on; and what of it was not done.

Everything that can be done with the specification of a report: pure commands, each giving a decision to save.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple, TypedDict, Unpack

from servicecrm.calendars import BusinessHours, Cadence
from servicecrm.errors import InvalidValue, PolicyViolation
from servicecrm.kernel.decisions import Actor, Decision, begin, stamp
from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.kernel.records import evolve
from servicecrm.kernel.shapes import several
from servicecrm.kernel.values import Attachment
from servicecrm.reviews.cadencing import Roll, day_of, with_cadence
from servicecrm.reviews.codes import ReportStatus
from servicecrm.reviews.following import check_follows
from servicecrm.reviews.lifecycle import AMEND, DELIVER, END, PRODUCE
from servicecrm.reviews.lifecycle import REPORT_SPEC as LIFECYCLE
from servicecrm.reviews.report_model import ProducedReport, ReportSpec, ReportSpecId
from servicecrm.reviews.schedule_events import (
    ReportAmended,
    ReportDelivered,
    ReportEnded,
    ReportProduced,
    ReportSpecified,
)

__all__ = [
    "LIFECYCLE",
    "DueReport",
    "ReportDetails",
    "amend",
    "deliver",
    "due_reports",
    "end",
    "produce",
    "specify",
]

_DAY: Final = timedelta(days=1)


def specify(
    name: str,
    *,
    id: str,
    purpose: str,
    audience: Iterable[str],
    every: str,
    first: date,
    roll: Roll = "as_is",
    content: Iterable[str],
    format: str,
    delivery: str,
    owner: str,
    customer: str | None = None,
    zone: str = "UTC",
    number: str | None = None,
    extra: Mapping[str, object] = EMPTY,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[ReportSpec]:
    """Say what a regular report is: what for, for whom, how often, what is in it, in which format, and how sent.

    It is first due on the day `first`, and then `every` so often, as a `Cadence` has it.

    Raises:
        InvalidValue: one of these is missing or blank, `every` has another form, or the zone is unknown.

    Source: C089; FitSM, service reporting (PR3).
    """
    event = ReportSpecified(**stamp(by, at, occurred_at))
    spec = ReportSpec(
        id=ReportSpecId(id),
        number=number,
        state=LIFECYCLE.initial,
        name=name,
        purpose=purpose,
        audience=several("audience", audience),
        cadences=(Cadence(every=every, start=first, roll=roll),),
        content=several("content", content),
        format=format,
        delivery=delivery,
        owner=owner,
        customer=customer,
        zone=zone,
        specified_at=event.occurred_at,
        extra=FrozenMap(extra),
    )
    return begin(spec, event)


class ReportDetails(TypedDict, total=False):
    """What can be changed of a specification; a new frequency needs both `every` and `first`."""

    name: str
    purpose: str
    audience: Iterable[str]
    every: str
    first: date
    roll: Roll
    content: Iterable[str]
    format: str
    delivery: str
    owner: str


def amend(
    spec: ReportSpec,
    *,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
    **details: Unpack[ReportDetails],
) -> Decision[ReportSpec]:
    """Change what a report is to be. What was due before stays due.

    Raises:
        TransitionNotAllowed: it is not made any more.
        InvalidValue: nothing is given, something else than `ReportDetails`, a blank text, or half a frequency.
        PolicyViolation: the new frequency would begin in the past.

    Source: C089.
    """
    event = ReportAmended(**stamp(by, at, occurred_at))
    others = details.keys() - ReportDetails.__annotations__.keys()
    if others or not details:
        told = f"cannot change {', '.join(sorted(others))}" if others else "nothing is given"
        raise InvalidValue("report_spec", f"{told}; it can change {', '.join(ReportDetails.__annotations__)}")
    changes: dict[str, Any] = dict(details)
    every, first, roll = (changes.pop(name, None) for name in ("every", "first", "roll"))
    if (every is None) != (first is None) or (roll is not None and every is None):
        raise InvalidValue("report_spec", "say both how often it is due, and from which day on")
    if every is not None and first is not None:
        new = Cadence(every=every, start=first, roll=roll or "as_is")
        changes["cadences"] = with_cadence(spec.cadences, new, event, spec.zone)
    for name in ("audience", "content"):
        if name in changes:
            changes[name] = several(name, changes[name])
    return LIFECYCLE.move(spec, AMEND, event, **changes)


def produce(
    spec: ReportSpec,
    due_on: date,
    *,
    cut_off: datetime,
    digest: str,
    document: Attachment | None = None,
    calendar: BusinessHours | None = None,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[ReportSpec]:
    """Keep that the report for a day was made, out of what was known at the `cut_off`; `digest` is that of its content.

    Raises:
        TransitionNotAllowed: it is not made any more.
        PolicyViolation: nothing is due on that day, the report was made, or it holds what was known only later.
        InvalidValue: the digest has another shape, or there is no calendar and the days need one.

    Source: C089.
    """
    event = ReportProduced(**stamp(by, at, occurred_at), due_on=due_on)
    LIFECYCLE.target(spec.state, PRODUCE)
    if spec.report(due_on) is not None:
        raise PolicyViolation("due_on", "the report for that day was made already")
    if not spec.days(due_on, due_on + _DAY, calendar=calendar):
        raise PolicyViolation("due_on", "no report is due on that day; name one on which it is")
    check_follows(event, cut_off, "the cut-off of what it says")
    new = ProducedReport(
        due_on=due_on, cut_off=cut_off, digest=digest, document=document, produced_at=event.occurred_at
    )
    return LIFECYCLE.move(spec, PRODUCE, event, reports=(*spec.reports, new))


def deliver(
    spec: ReportSpec,
    due_on: date,
    to: Iterable[str] | None = None,
    *,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[ReportSpec]:
    """Keep that the report for a day was passed on: to its audience, or to whom is named.

    Raises:
        PolicyViolation: it was not made, or passed on already; or it would lie before it was made.
        InvalidValue: nobody is named.

    Source: C089.
    """
    event = ReportDelivered(**stamp(by, at, occurred_at), due_on=due_on)
    found = spec.report(due_on)
    if found is None or found.delivered_at is not None:
        said = "was not made yet" if found is None else "was passed on already"
        raise PolicyViolation("due_on", f"the report for that day {said}")
    people = spec.audience if to is None else several("to", to)
    if not people:
        raise InvalidValue("to", "say who has got it")
    check_follows(event, found.produced_at, "it was made")
    delivered = evolve(found, delivered_at=event.occurred_at, delivered_to=people)
    reports = tuple(delivered if each is found else each for each in spec.reports)
    return LIFECYCLE.move(spec, DELIVER, event, reports=reports)


def end(
    spec: ReportSpec,
    reason: str | None = None,
    *,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[ReportSpec]:
    """Make a report no longer. From this day on none is due; those that were made are kept.

    Raises:
        TransitionNotAllowed: it is not made any more.
    """
    event = ReportEnded(**stamp(by, at, occurred_at), reason=reason)
    day = day_of(event.occurred_at, spec.zone)
    return LIFECYCLE.move(spec, END, event, ended_at=event.occurred_at, ended_on=day)


class DueReport(NamedTuple):
    """A report that is due on a day, and how it stands with it. `days_late` counts whole days after that day."""

    spec: str
    name: str
    owner: str
    due: date
    status: ReportStatus
    days_late: int


def due_reports(
    specs: Iterable[ReportSpec], first: date, end: date, *, at: datetime, calendar: BusinessHours | None = None
) -> tuple[DueReport, ...]:
    """The reports that are due from one day up to and without another, in the order of their days.

    One that its readers do not have by the end of its day is missed until they have it, and late from then on.

    Raises:
        InvalidValue: the days of a report are moved to business days, and there is no calendar.

    Source: C089.
    """
    found = (each for spec in specs for each in _due(spec, first, end, at, calendar))
    return tuple(sorted(found, key=lambda each: (each.due, each.name, each.spec)))


def _due(spec: ReportSpec, first: date, end: date, at: datetime, calendar: BusinessHours | None) -> Iterator[DueReport]:
    for due in spec.days(first, end, calendar=calendar):
        report = spec.report(due)
        got = None if report is None else report.delivered_at
        late = max(0, (day_of(at if got is None else got, spec.zone) - due).days)
        if got is not None:
            status = ReportStatus.LATE if late else ReportStatus.DELIVERED
        elif late:
            status = ReportStatus.MISSED
        else:
            status = ReportStatus.UPCOMING if report is None else ReportStatus.PRODUCED
        yield DueReport(spec.id, spec.name, spec.owner, due, status, late)

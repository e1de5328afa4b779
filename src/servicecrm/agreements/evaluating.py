"""Was an agreement kept? Each target of each line, met or missed, or nobody knows; and each violation once."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Final, NewType

import attrs

from servicecrm.agreements.availability import Availability, Outage, Watched, availability
from servicecrm.agreements.codes import Outcome
from servicecrm.agreements.events import TargetViolated
from servicecrm.agreements.levels import AVAILABILITY, LevelTarget, Per, TimeTarget
from servicecrm.agreements.model import Agreement
from servicecrm.agreements.parts import Line
from servicecrm.agreements.policy import DEFAULT, AgreementPolicy
from servicecrm.calendars import BusinessHours
from servicecrm.errors import InvalidValue
from servicecrm.kernel.decisions import Actor, Decision, begin, stamp
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.records import evolve, record
from servicecrm.kernel.shapes import filled
from servicecrm.kernel.values import Period
from servicecrm.measures.kpis import kpi_period

__all__ = ["Evaluation", "Figure", "Result", "TimerResult", "Violation", "ViolationId", "evaluate", "violations"]

ViolationId = NewType("ViolationId", str)


@record
class Figure:
    """What somebody has measured of a service in a whole period, such as the mean time to answer the phone."""

    service: str
    measure: str
    period: Period
    value: Decimal


@record
class TimerResult:
    """What became of a timer of a record about a service. What is open and past its due time is not met."""

    service: str
    record: str
    timer: str
    n: int = 1
    priority: str | None = None
    due_at: datetime
    met: bool


@attrs.frozen(kw_only=True)
class Result:
    """What became of one target of one line.

    `value` and `margin` are those of a level: a margin below zero is missed by so much. `low` and `high` are what the
    value may be, as not all was measured. Of a time `met` of `n` timers were, and `missed` are those that were not.
    `excluded` is planned maintenance that was left out, `unmeasured` the agreed time of which nobody knows.
    """

    service: str
    target: TimeTarget | LevelTarget
    outcome: Outcome
    value: Decimal | None = None
    margin: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    n: int = 0
    met: int = 0
    missed: tuple[TimerResult, ...] = ()
    excluded: tuple[Period, ...] = ()
    unmeasured: tuple[Period, ...] = ()


@attrs.frozen(kw_only=True)
class Evaluation:
    """Whether an agreement was kept in a period. `period` is the part of it in which the agreement was in force.

    `until` is when it was looked at if that part was not over by then, so that the rest may change what is said here.
    """

    agreement: Agreement = attrs.field(repr=lambda agreement: agreement.id)
    name: str
    period: Period | None
    until: datetime | None = None
    results: tuple[Result, ...]

    @property
    def kept(self) -> bool | None:
        """Was all of it kept, or with `until` so far? None if nothing was missed, and not everything was measured."""
        outcomes = {result.outcome for result in self.results}
        if Outcome.MISSED in outcomes:
            return False
        return None if Outcome.NOT_MEASURABLE in outcomes or not outcomes else True


@record
class Violation:
    """That a target of an agreement was missed: in which period, or by which timer of which record.

    Its id follows from what it is about, so that it is found once, however often anybody looks.

    Source: C032.
    """

    id: ViolationId = attrs.field(validator=filled)
    revision: int = attrs.field(default=0, eq=False)
    agreement: str
    customer: str
    service: str
    target: str
    period: str
    record: str | None = None
    value: Decimal | None = None
    limit: Decimal | None = None
    due_at: datetime | None = None
    found_at: datetime


def evaluate(
    agreement: Agreement,
    period: str,
    *,
    figures: Iterable[Figure] = (),
    outages: Iterable[Outage] = (),
    watched: Iterable[Watched] | None = None,
    timers: Iterable[TimerResult] = (),
    calendars: Mapping[str, BusinessHours] = MappingProxyType({}),
    policy: AgreementPolicy = DEFAULT,
    at: datetime | None = None,
) -> Evaluation:
    """Compare what was measured with what was agreed, for a period such as `2026-03`, in the zone of the agreement.

    A level counts in periods of its own length; where the agreement was in force for a part of one, that part counts.
    Timers count by their due time. What nobody measured is neither met nor missed: an availability is judged only if it
    would come out alike whatever happened then, or if `enough` of the time was measured.

    With `at`, the time at which one looks, an evaluation of a period that goes on says so, by its `until`.

    Raises:
        InvalidValue: the period has another form, or there is no calendar of the name that a line has.

    Source: C032, K11, K12.
    """
    whole = kpi_period(period, zone=agreement.zone)
    part = _in_force(agreement, whole)
    if part is None:
        return Evaluation(agreement=agreement, name=period, period=None, results=())
    told = tuple(figures), tuple(outages), None if watched is None else tuple(watched), tuple(timers)
    evaluating = _Evaluating(agreement, whole, part, _per(period), *told, calendars, policy.enough)
    goes_on = at is not None and part.end is not None and micros(at) < micros(part.end)
    return Evaluation(
        agreement=agreement,
        name=period,
        period=part,
        until=at if goes_on else None,
        results=tuple(evaluating.results()),
    )


def violations(
    evaluation: Evaluation, *, known: Collection[str] = (), by: Actor | str, at: datetime
) -> tuple[Decision[Violation], ...]:
    """The violations that an evaluation has found, each as a record of its own. Those whose ids are known are left out.

    The customer is told of each by its event.

    Source: C032; FitSM PR2.
    """
    told = stamp(by, at)
    return tuple(
        begin(
            each,
            TargetViolated(
                **told, agreement=each.agreement, service=each.service, target=each.target, period=each.period
            ),
        )
        for each in dict.fromkeys(_found(evaluation, at))
        if each.id not in known
    )


@attrs.frozen
class _Evaluating:
    """One agreement in one period."""

    agreement: Agreement
    whole: Period
    part: Period
    per: Per
    figures: tuple[Figure, ...]
    outages: tuple[Outage, ...]
    watched: tuple[Watched, ...] | None
    timers: tuple[TimerResult, ...]
    calendars: Mapping[str, BusinessHours]
    enough: Decimal

    def results(self) -> Iterator[Result]:
        for line in self.agreement.lines:
            yield from (self._time(line, target) for target in line.levels.times)
            yield from (self._level(line, target) for target in line.levels.levels if target.per == self.per)

    def _time(self, line: Line, target: TimeTarget) -> Result:
        counted = [each for each in self.timers if self._counts(each, line, target)]
        missed = tuple(each for each in counted if not each.met)
        outcome = Outcome.MISSED if missed else Outcome.MET if counted else Outcome.NOT_MEASURABLE
        met = len(counted) - len(missed)
        return Result(service=line.service, target=target, outcome=outcome, n=len(counted), met=met, missed=missed)

    def _counts(self, timer: TimerResult, line: Line, target: TimeTarget) -> bool:
        if (timer.service, timer.timer) != (line.service, target.timer):
            return False
        if not self.whole.contains(timer.due_at) or not self.agreement.in_force(timer.due_at):
            return False
        named = {priority for each in line.levels.times if each.timer == target.timer for priority in each.priorities}
        return timer.priority in target.priorities if target.priorities else timer.priority not in named

    def _level(self, line: Line, target: LevelTarget) -> Result:
        told = [
            each.value
            for each in self.figures
            if (each.service, each.measure) == (line.service, target.measure) and each.period in (self.whole, self.part)
        ]
        if told:  # the last one corrects those before it
            return _judged(line, target, told[-1], told[-1], told[-1])
        if target.measure != AVAILABILITY:
            return _judged(line, target, None, None, None)
        found = self._availability(line, target)
        trusted = found.measured is not None and found.measured >= 100 * self.enough
        low, high = (found.value, found.value) if trusted else (found.low, found.high)
        return attrs.evolve(
            _judged(line, target, found.value, low, high),
            low=found.low,
            high=found.high,
            excluded=found.excluded,
            unmeasured=found.unmeasured,
        )

    def _availability(self, line: Line, target: LevelTarget) -> Availability:
        if line.calendar is not None and line.calendar not in self.calendars:
            raise InvalidValue("calendars", f"there is no calendar {line.calendar!r}, which the agreed hours are in")
        watched = self.watched
        return availability(
            self.part,
            outages=[each for each in self.outages if each.service == line.service],
            watched=None if watched is None else [each for each in watched if each.service == line.service],
            hours=None if line.calendar is None else self.calendars[line.calendar],
            suspended=self.agreement.suspensions,
            planned_counts=target.planned_counts,
        )


def _judged(
    line: Line, target: LevelTarget, value: Decimal | None, low: Decimal | None, high: Decimal | None
) -> Result:
    margins = [target.margin(bound) for bound in (low, high) if bound is not None]
    if not margins or min(margins) < 0 <= max(margins):
        outcome = Outcome.NOT_MEASURABLE
    else:
        outcome = Outcome.MET if min(margins) >= 0 else Outcome.MISSED
    return Result(
        service=line.service,
        target=target,
        outcome=outcome,
        value=value,
        margin=None if value is None else target.margin(value),
        n=0 if value is None else 1,
    )


def _found(evaluation: Evaluation, at: datetime) -> Iterator[Violation]:
    agreement = evaluation.agreement
    for result in evaluation.results:
        target, service = result.target, result.service
        name = target.timer if isinstance(target, TimeTarget) else target.measure
        found = Violation(
            id=_key(agreement.id, service, name, evaluation.name),
            agreement=agreement.id,
            customer=agreement.customer,
            service=service,
            target=name,
            period=evaluation.name,
            found_at=at,
        )
        if isinstance(target, LevelTarget) and result.outcome is Outcome.MISSED:
            yield evolve(found, value=result.value, limit=target.limit)
        for each in result.missed:
            id = _key(agreement.id, service, name, each.record, str(each.n))
            yield evolve(found, id=id, record=each.record, due_at=each.due_at)


def _key(*parts: str) -> ViolationId:
    return ViolationId(":".join(part.replace("%", "%25").replace(":", "%3A") for part in parts))


def _in_force(agreement: Agreement, period: Period) -> Period | None:
    """The part of a period in which an agreement was in force."""
    if agreement.starts_at is None:
        return None
    start = max(agreement.starts_at, period.start, key=micros)
    end = min((each for each in (agreement.ends_at, period.end) if each is not None), key=micros)
    return Period(start=start, end=end) if micros(start) < micros(end) else None


_FORMS: Final[Mapping[Per, str]] = {
    "year": r"\d{4}",
    "half": r"\d{4}-H\d",
    "quarter": r"\d{4}-Q\d",
    "week": r"\d{4}-W\d\d",
    "month": r"\d{4}-\d\d",
    "day": r"\d{4}-\d\d-\d\d",
}


def _per(period: str) -> Per:
    return next(per for per, form in _FORMS.items() if re.fullmatch(form, period))

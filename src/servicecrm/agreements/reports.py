"""The key figures of agreements: how many were signed and ended, renewed, and kept."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from servicecrm.agreements.codes import Outcome
from servicecrm.agreements.evaluating import Evaluation, Result
from servicecrm.agreements.levels import AVAILABILITY, LevelTarget
from servicecrm.agreements.lifecycle import ABANDONED, EXPIRED, TERMINATED
from servicecrm.agreements.model import DAY, Agreement
from servicecrm.agreements.parts import day_begins
from servicecrm.kernel.values import Period
from servicecrm.measures.kpis import Kpi, Value

__all__ = ["KPIS", "availability_of", "compliance", "movement", "renewals"]

KPIS: Final[Mapping[str, Kpi]] = MappingProxyType(
    {
        kpi.id: kpi
        for kpi in (
            Kpi(
                id="K07.signed",
                unit="count",
                better="higher",
                additive=True,
                formula="agreements that both parties have signed in the period",
                source="C029",
            ),
            Kpi(
                id="K07.terminated",
                unit="count",
                better="lower",
                additive=True,
                formula="agreements that ended in the period, because notice had been given",
                source="C030",
            ),
            Kpi(
                id="K07",
                unit="count",
                better="higher",
                additive=True,
                formula="signed - terminated in the period",
                source="C030",
            ),
            Kpi(
                id="K08",
                unit="percent",
                better="higher",
                formula="renewed / (renewed + expired + terminated), of those whose term ended in the period",
                source="C030",
            ),
            Kpi(
                id="K11",
                unit="percent",
                better="higher",
                formula="targets met / (met + missed), of those that could be measured in the period",
                source="C032",
            ),
            Kpi(
                id="K12",
                unit="percent",
                better="higher",
                formula="(agreed service time - unplanned downtime) / agreed service time, as far as measured",
                source="C032",
            ),
        )
    }
)
"""What each of them means.

Source: C113, C116; K07, K08, K11, K12.
"""


def movement(agreements: Iterable[Agreement], period: Period) -> tuple[Value, Value, Value]:
    """How many agreements were signed and terminated in a period, and how many more there are.

    Source: K07, C116.
    """
    every = list(agreements)
    signed = sum(each.signed_at is not None and period.contains(each.signed_at) for each in every)
    terminated = sum(each.state == TERMINATED and _within(each.ended_at, period) for each in every)
    return (
        KPIS["K07.signed"].value(signed, n=len(every)),
        KPIS["K07.terminated"].value(terminated, n=len(every)),
        KPIS["K07"].value(signed - terminated, n=len(every)),
    )


def renewals(agreements: Iterable[Agreement], period: Period) -> Value:
    """How many of the agreements whose term ended in a period were renewed: extended, or followed by a signed one.

    An agreement that was terminated counts in the period in which it ended.

    Source: K08, C116.
    """
    every = list(agreements)
    signed: set[str] = {each.id for each in every if each.signed_at is not None}
    renewed = sum(_renewed(each, signed, period) for each in every)
    lost = sum(_lost(each, signed) and _within(each.ended_at, period) for each in every)
    total = renewed + lost
    return KPIS["K08"].value(100 * renewed / total if total else None, n=total)


def compliance(evaluations: Iterable[Evaluation]) -> Value:
    """How many of the targets were met: every timer by itself, and every level. What nobody measured does not count.

    Source: K11, C032.
    """
    met = missed = 0
    for result in _results(evaluations):
        if isinstance(result.target, LevelTarget):
            met += result.outcome is Outcome.MET
            missed += result.outcome is Outcome.MISSED
        else:
            met += result.met
            missed += len(result.missed)
    total = met + missed
    return KPIS["K11"].value(100 * met / total if total else None, n=total)


def availability_of(evaluation: Evaluation, service: str) -> Value:
    """How available a service was, as far as it was measured; without a level for it there is none.

    Source: K12, C032.
    """
    found = next(
        (
            each.value
            for each in evaluation.results
            if each.service == service and isinstance(each.target, LevelTarget) and each.target.measure == AVAILABILITY
        ),
        None,
    )
    return KPIS["K12"].value(None if found is None else float(found), n=0 if found is None else 1)


def _results(evaluations: Iterable[Evaluation]) -> Iterable[Result]:
    return (result for each in evaluations for result in each.results)


def _renewed(agreement: Agreement, signed: set[str], period: Period) -> int:
    """How often a term that ended in the period was followed by another one."""
    if agreement.signed_at is None or agreement.state == ABANDONED:
        return 0
    ends = [agreement.term_of(n) for n in range(agreement.extensions + 1)]
    terms = [day_begins(last + DAY, agreement.zone) for last in ends if last is not None]
    followed = terms[: agreement.extensions]
    if agreement.successor in signed:
        followed += [agreement.ended_at] if agreement.ended_at is not None else terms[agreement.extensions :]
    return sum(_within(end, period) for end in followed)


def _lost(agreement: Agreement, signed: set[str]) -> bool:
    return agreement.state in (TERMINATED, EXPIRED) and agreement.successor not in signed


def _within(at: datetime | None, period: Period) -> bool:
    return at is not None and period.contains(at)

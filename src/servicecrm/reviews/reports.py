"""The key figures of meetings and reviews: held, in time, and with minutes in time."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from servicecrm.kernel.kinds import micros
from servicecrm.kernel.values import Period
from servicecrm.measures.kpis import Kpi, Value
from servicecrm.reviews.codes import DueStatus
from servicecrm.reviews.model import Meeting
from servicecrm.reviews.monitor import Due, Gathering

__all__ = ["KPIS", "coverage", "held_on_time", "late_minutes", "meetings_held", "minutes_on_time"]

KPIS: Final[Mapping[str, Kpi]] = MappingProxyType(
    {
        kpi.id: kpi
        for kpi in (
            Kpi(
                id="K41",
                unit="percent",
                better="higher",
                formula="customers whose reviews were held by the day on which they were due / customers with one due",
                source="C084",
            ),
            Kpi(
                id="K42",
                unit="count",
                better="higher",
                additive=True,
                formula="meetings that were held in the period",
                source="C085",
            ),
            Kpi(
                id="K42.on_time",
                unit="percent",
                better="higher",
                formula="meetings that were held by the day on which they were due / meetings that were due",
                source="C084",
            ),
            Kpi(
                id="K42.minutes",
                unit="percent",
                better="higher",
                formula="meetings whose minutes were passed on in time / meetings whose minutes were due",
                source="C085",
            ),
        )
    }
)
"""What each of them means.

Source: C113, C116; K41, K42.
"""

_OPEN: Final = frozenset({DueStatus.UPCOMING, DueStatus.PLANNED})


def coverage(dues: Iterable[Due]) -> Value:
    """The share of the customers with a review due who had it in time: each of those that were due.

    Give the `dues` of a period, and of the occasion that is meant. What is still to come does not count.

    Source: K41, C084.
    """
    customers: dict[str, bool] = {}
    for each in _counted(dues):
        customers[each.customer] = customers.get(each.customer, True) and each.status is DueStatus.HELD
    total = len(customers)
    return KPIS["K41"].value(100 * sum(customers.values()) / total if total else None, n=total)


def meetings_held(gatherings: Iterable[Gathering], period: Period) -> Value:
    """How many meetings were held in a period.

    Source: K42.
    """
    held = sum(each.held_at is not None and period.contains(each.held_at) for each in gatherings)
    return KPIS["K42"].value(held, n=held)


def held_on_time(dues: Iterable[Due]) -> Value:
    """The share of what was due that was held by the day on which it was due. What is still to come does not count.

    Source: K42, C084.
    """
    counted = list(_counted(dues))
    held = sum(each.status is DueStatus.HELD for each in counted)
    return KPIS["K42.on_time"].value(100 * held / len(counted) if counted else None, n=len(counted))


def minutes_on_time(meetings: Iterable[Meeting], period: Period, *, at: datetime) -> Value:
    """The share of the meetings of a period whose minutes were passed on in time. What may still be does not count.

    Source: K42, C085.
    """
    held = [each for each in meetings if each.held_at is not None and period.contains(each.held_at)]
    late = len(late_minutes(held, at=at))
    total = late + sum(each.distributed_at is not None and not _late(each, at) for each in held)
    return KPIS["K42.minutes"].value(100 * (total - late) / total if total else None, n=total)


def late_minutes(meetings: Iterable[Meeting], *, at: datetime) -> tuple[Meeting, ...]:
    """The meetings whose minutes were not passed on in time, or are late now; what was due first comes first.

    Source: C085.
    """
    late = [each for each in meetings if _late(each, at)]
    return tuple(sorted(late, key=lambda each: (micros(each.distribute_by or at), each.id)))


def _late(meeting: Meeting, at: datetime) -> bool:
    if meeting.distribute_by is None:
        return False
    got = at if meeting.distributed_at is None else meeting.distributed_at
    return micros(got) > micros(meeting.distribute_by)


def _counted(dues: Iterable[Due]) -> Iterable[Due]:
    return (each for each in dues if each.status not in _OPEN)

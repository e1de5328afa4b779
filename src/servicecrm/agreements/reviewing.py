"""Looking at agreements again: what is due for review or renewal, and what is not covered."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from types import MappingProxyType

import attrs

from servicecrm.agreements.codes import ReviewDecision
from servicecrm.agreements.events import AgreementReviewed, ChangeRequested
from servicecrm.agreements.lifecycle import AGREEMENT, BOUND, REVIEW
from servicecrm.agreements.model import Agreement
from servicecrm.agreements.notice import notice_by
from servicecrm.agreements.parts import AgreementReview, day_of
from servicecrm.calendars import BusinessHours, Cadence, Recurring, Standing, due_list, standing
from servicecrm.errors import InvalidValue
from servicecrm.kernel.decisions import Actor, Decision, stamp

__all__ = ["Renewal", "due_for_renewal", "next_review", "overlapping", "review", "reviews_due", "uncovered"]


@attrs.frozen(kw_only=True)
class Renewal:
    """An agreement whose term ends soon: when it does, and until when notice is in time."""

    agreement: str
    last_day: date
    notice_by: date | None


def review(
    agreement: Agreement,
    findings: str,
    *,
    decision: ReviewDecision | str,
    change: str | None = None,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Agreement]:
    """Record that both parties looked at an agreement, and what they decided: to keep it, to change it, or to end it.

    `change` is the id of the change that follows, which is told with an event of its own.

    Raises:
        TransitionNotAllowed: it is not in force.
        InvalidValue: the findings are blank; or it is to change and no change is named, or the other way round.

    Source: C033.
    """
    event = AgreementReviewed(**stamp(by, at, occurred_at))
    outcome = ReviewDecision(decision)
    if (outcome is ReviewDecision.CHANGE) != (change is not None):
        raise InvalidValue("change", "what is to change is named by the id of the change, and nothing else is")
    new = AgreementReview(
        held_on=day_of(event.occurred_at, agreement.zone),
        by=event.by.id,
        findings=findings,
        decision=outcome,
        change=change,
    )
    reviewed = AGREEMENT.move(agreement, REVIEW, event, reviews=(*agreement.reviews, new))
    if change is None:
        return reviewed
    requested = ChangeRequested(**stamp(by, at, occurred_at), change=change)
    return reviewed.then(AGREEMENT.move, REVIEW, requested)


def reviews_due(
    agreements: Iterable[Agreement], *, on: date, ahead_days: int = 0, calendar: BusinessHours | None = None
) -> tuple[Standing, ...]:
    """The agreements whose review is due on a day, or so many days ahead; what has been due longest comes first.

    It is due so long after the last one, or after the first day. One that was skipped stays due.

    Source: C033, C084.
    """
    return due_list(
        [found for each in agreements if (found := _recurring(each)) is not None],
        on=on,
        ahead_days=ahead_days,
        calendar=calendar,
    )


def next_review(agreement: Agreement) -> date | None:
    """The day on which its next review is due, or has been since; None if no review is due, or it does not hold.

    Source: C033, C084.
    """
    recurring = _recurring(agreement)
    found = None if recurring is None else standing(recurring, on=agreement.first_day)
    return None if found is None else found.due


def due_for_renewal(
    agreements: Iterable[Agreement], *, on: date, days: int = 90, calendar: BusinessHours | None = None
) -> tuple[Renewal, ...]:
    """The agreements without a successor whose term ends within so many days, the earliest first.

    Source: C030.
    """
    found = [
        Renewal(agreement=each.id, last_day=last, notice_by=notice_by(each, calendar=calendar))
        for each in agreements
        if each.state in BOUND and each.successor is None and each.notice is None
        if (last := each.term_end) is not None and on <= last <= on + timedelta(days=days)
    ]
    return tuple(sorted(found, key=lambda each: (each.last_day, each.agreement)))


def uncovered(
    used: Iterable[tuple[str, str]],
    agreements: Iterable[Agreement],
    *,
    at: datetime,
    above: Mapping[str, Iterable[str]] = MappingProxyType({}),
) -> tuple[tuple[str, str], ...]:
    """Which customers use which services without an agreement about them that is in force.

    `used` are pairs of a customer and a service, such as your records have them. `above` tells of customers that are
    parts of others who these are: what is agreed with those covers them too.

    Source: C030.
    """
    covered = {(each.customer, line.service) for each in agreements if each.in_force(at) for line in each.lines}
    return tuple(
        (customer, service)
        for customer, service in dict.fromkeys(used)
        if covered.isdisjoint((party, service) for party in (customer, *above.get(customer, ())))
    )


def overlapping(agreement: Agreement, others: Iterable[Agreement] = ()) -> tuple[str, ...]:
    """The services about which an agreement says something twice, or other agreements with the customer do meanwhile.

    `sign` refuses to conclude such an agreement. One that was taken over from elsewhere, or has been extended, may be
    such all the same, and is to be looked at: of several agreements in force the latest counts.

    Source: C028.
    """
    services = [line.service for line in agreement.lines]
    rivals = {
        line.service
        for other in others
        if other.id not in (agreement.id, agreement.predecessor, agreement.successor) and _meanwhile(agreement, other)
        for line in other.lines
    }
    return tuple(name for name in dict.fromkeys(services) if services.count(name) > 1 or name in rivals)


def _recurring(agreement: Agreement) -> Recurring | None:
    if agreement.review_every is None or agreement.state not in BOUND:
        return None
    cadence = Cadence(every=agreement.review_every, start=agreement.first_day, counted_from="last")
    last = agreement.reviews[-1].held_on if agreement.reviews else agreement.first_day
    return Recurring(id=agreement.id, cadence=cadence, last_done=last)


def _meanwhile(one: Agreement, other: Agreement) -> bool:
    if one.customer != other.customer or other.ended_at is not None:
        return False
    ends = [each.final_day or date.max for each in (one, other)]
    return one.first_day <= ends[1] and other.first_day <= ends[0]

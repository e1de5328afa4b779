"""How many of those who were asked have answered, and what became of the others."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from servicecrm.errors import InvalidValue
from servicecrm.measures.dispositions import DISPOSITIONS
from servicecrm.surveys.campaign_lifecycle import (
    ANSWERED,
    BOUNCED,
    BROKEN_OFF,
    COMPLETED,
    CREATED,
    DECLINED,
    DELIVERED,
    LEFT_OUT,
    OPENED,
    PARTIAL,
    SENT,
)
from servicecrm.surveys.campaign_model import Exclusion, Invitation

__all__ = ["Disposition", "disposition", "dispositions", "return_rate"]


class Disposition(NamedTuple):
    """What came of an invitation in the terms of the AAPOR: one of `measures.DISPOSITIONS`, and the detailed code."""

    group: str
    code: str


_BY_STATE: Final[Mapping[str, Disposition]] = {
    COMPLETED: Disposition("I", "1.1"),
    PARTIAL: Disposition("P", "1.2"),
    DECLINED: Disposition("R", "2.11"),
    OPENED: Disposition("R", "2.1121"),
    BROKEN_OFF: Disposition("R", "2.12"),
    CREATED: Disposition("UH", "3.11"),
    SENT: Disposition("UH", "3.19"),
    DELIVERED: Disposition("UH", "3.19"),
    BOUNCED: Disposition("UO", "3.30"),
}
_NOT_ELIGIBLE: Final[Mapping[Exclusion | None, Disposition]] = {
    Exclusion.SCREENED_OUT: Disposition("NE", "4.10"),
    Exclusion.OVER_QUOTA: Disposition("NE", "4.80"),
    Exclusion.DUPLICATE: Disposition("NE", "4.81"),
}


def disposition(invitation: Invitation) -> Disposition:
    """What came of an invitation, if nothing more comes of it.

    Source: AAPOR, Standard Definitions, 9th edition, 2016: Internet surveys of specifically named persons.
    """
    return _NOT_ELIGIBLE[invitation.excluded] if invitation.state == LEFT_OUT else _BY_STATE[invitation.state]


def dispositions(invitations: Iterable[Invitation], *, weights: Mapping[str, float] | None = None) -> dict[str, float]:
    """How many invitations came to what, for `measures.response_rates`; with the `weights` of strata, their sums.

    Raises:
        InvalidValue: a stratum has no weight.

    Source: K33, C076.
    """
    counts = dict.fromkeys(DISPOSITIONS, 0.0)
    for each in invitations:
        stratum = each.stratum or ""
        if weights is not None and stratum not in weights:
            raise InvalidValue("weights", "every stratum needs a weight")
        counts[disposition(each).group] += 1.0 if weights is None else weights[stratum]
    return counts


def return_rate(invitations: Iterable[Invitation], *, partial: bool = True) -> float | None:
    """The share of those who were asked and have answered; what came back was not asked. None if nobody was.

    Source: K33, C076.
    """
    counts = Counter(each.state for each in invitations if each.sent_at is not None)
    asked = counts.total() - counts[BOUNCED] - counts[LEFT_OUT]
    answered = sum(counts[state] for state in ANSWERED) if partial else counts[COMPLETED]
    return answered / asked if asked else None

"""Asking how a case stands, when nothing is heard of it."""

from datetime import datetime

from servicecrm.cases.chronology import move
from servicecrm.cases.codes import Asker
from servicecrm.cases.events import UpdateRequested
from servicecrm.cases.lifecycle import REQUEST_UPDATE
from servicecrm.cases.model import Case, UpdateRequest
from servicecrm.cases.policy import DEFAULT, CasePolicy
from servicecrm.kernel.decisions import Actor, Decision, stamp
from servicecrm.kernel.shapes import coded
from servicecrm.tracking.chronology import check_later

__all__ = ["request_update"]


def request_update(
    case: Case,
    due_at: datetime,
    *,
    asker: Asker | str = Asker.OFFICIAL,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
    policy: CasePolicy = DEFAULT,
) -> Decision[Case]:
    """Ask whoever has a case how it stands, by a time of its own. A status note answers it: `give_update`.

    The system asks once until it is answered; an official may ask again, so often within 24 hours as the policy says,
    whoever asks on the official's behalf.

    Raises:
        TransitionNotAllowed: the case is not open.
        GuardNotMet: the system is waiting for an update already.
        PolicyViolation: it would be due before it is asked for, or the official asked too often.

    Source: C063.
    """
    event = UpdateRequested(**stamp(by, at, occurred_at))
    request = UpdateRequest(
        asker=coded("asker", Asker, asker),
        asked_by=event.by.on_behalf_of or event.by.id,
        asked_at=event.occurred_at,
        due_at=due_at,
    )
    decision = move(case, REQUEST_UPDATE, event, code=request.asker, update_requests=(*case.update_requests, request))
    check_later("due_at", due_at, event.occurred_at, "an update is due after it is asked for; name a later time")
    policy.check_update_request(case.update_requests, request)
    return decision

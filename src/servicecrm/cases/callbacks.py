"""What becomes of a call from somebody who has called before."""

from typing import Any

from servicecrm.cases.codes import LinkKind
from servicecrm.cases.correspondence import message, written
from servicecrm.cases.details import amend, link
from servicecrm.cases.ending import reopen
from servicecrm.cases.lifecycle import LIFECYCLE, REOPEN
from servicecrm.cases.model import Case
from servicecrm.cases.policy import DEFAULT, CasePolicy
from servicecrm.kernel.decisions import Decision
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.tracking.correspondence import Wording
from servicecrm.tracking.messages import Message, MessageClass
from servicecrm.tracking.moments import Side

__all__ = ["callback"]


def callback(
    new: Decision[Case], same_issue_as: Case | None = None, *, policy: CasePolicy = DEFAULT
) -> tuple[Decision[Case], *tuple[Decision[Message], ...]]:
    """Decide what becomes of a call from somebody who has called before; `new` is the case that it would open.

    The first decision is about the case, and the second one, if there is one, about a message: `decision, *said = ...`.

    About something else, a new case is opened. About the same issue, the call belongs to the earlier case: it is kept
    there as a message from outside, under the id that the new case would have had, and a case that was answered or
    closed is reopened. Name, contact, place, service, tags and `extra` of the call amend the case; its type, its
    attributes and its priority stay as they are.

    If the earlier case can no longer be reopened, or somebody else calls, or on behalf of another sponsor, the new case
    is opened and linked to it: so nobody is told of what is not theirs, and everybody of what is.

    Source: C066.
    """
    if same_issue_as is None:
        return (new,)
    call, opened, before = new.after, new.events[0], same_issue_as
    stamped: dict[str, Any] = {"by": opened.by, "at": opened.recorded_at, "occurred_at": opened.occurred_at}
    again = REOPEN in LIFECYCLE.allowed(before) and policy.reopens(before.closed_at, opened.occurred_at)
    if not (_same_people(call, before) and (again or before.state in LIFECYCLE.open)):
        return (new.then(link, before.id, kind=LinkKind.SAME_ISSUE, **stamped),)
    said: dict[str, Any] = {"id": call.id, "side": Side.OUTSIDE}
    text = call.text if call.subject in call.text else f"{call.subject}\n\n{call.text}".strip()
    if again:
        # The reopening tells of the call: whoever has the case need not hear of it twice.
        decision = reopen(before, call.text.strip() or call.subject, policy=policy, **stamped)
        klass, author = MessageClass.SUBSTANTIVE, opened.by.on_behalf_of or before.requester
        wording = Wording(call.channel, call.language)
        kept = written(before, text, decision.events[0], wording, klass=klass, author=author, **said)
    else:
        decision, kept = message(before, text, channel=call.channel, language=call.language, **said, **stamped)
    changes = _changes(call, before)
    return decision.then(amend, **changes, **stamped) if changes else decision, kept


def _same_people(call: Case, case: Case) -> bool:
    """Does a call come from those whom the case is for? A call that does not say from whom is taken to."""
    if call.sponsor not in (None, case.sponsor):
        return False
    if call.requester is not None:
        return call.requester == case.requester
    return call.requester_name in (None, case.requester_name) and call.contact in (None, case.contact)


def _changes(call: Case, case: Case) -> dict[str, Any]:
    """What a call tells of a case that is not known yet."""
    told = {name: getattr(call, name) for name in ("requester_name", "contact", "place", "service")}
    told = {name: value for name, value in told.items() if value is not None}
    told |= {"tags": case.tags | call.tags, "extra": FrozenMap({**case.extra, **call.extra})}
    return {name: value for name, value in told.items() if value != getattr(case, name)}

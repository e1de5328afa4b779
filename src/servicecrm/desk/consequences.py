"""What one decision leads to elsewhere, in the same unit of work: the processes between the slices.

Rights are asked about what somebody does, and not about what follows: whoever may finish an action finishes the step of
its complaint by that, and need not be the handler of the complaint. Whoever may not is refused before anything follows.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final, NamedTuple

from servicecrm.agreements.model import Agreement
from servicecrm.cases.model import Case
from servicecrm.complaints.events import ComplaintClosed
from servicecrm.complaints.model import Complaint
from servicecrm.desk.managers import managers_of
from servicecrm.improvements import Proposal
from servicecrm.kernel.decisions import Actor, Decision
from servicecrm.kernel.filters import where
from servicecrm.processes.ended_agreement import ends, warn_open
from servicecrm.processes.proposing import propose_decided, propose_from_complaint, proposes
from servicecrm.processes.review_agenda import onto_agenda
from servicecrm.processes.steps import ended_step_of, step_ended
from servicecrm.reviews import Meeting, ServiceReview
from servicecrm.storage.ports import Program
from servicecrm.storage.work import Work
from servicecrm.tracking.action_model import ActionItem
from servicecrm.tracking.messages import Message

__all__ = ["with_consequences"]


class _By(NamedTuple):
    """Whose doing it is, and when."""

    by: Actor
    at: datetime


def with_consequences(
    work: Work, decisions: Sequence[Decision[Any]], *, by: Actor, at: datetime
) -> Program[tuple[Decision[Any], ...]]:
    """What is about to be saved, and what else has to be decided because of it, which comes last."""
    every = list(decisions)
    for process in _PROCESSES:
        for more in (yield from process(work, tuple(every), _By(by, at))):
            _join(every, more)
    return tuple(every)


def _join(every: list[Decision[Any]], more: Decision[Any]) -> None:
    """Put a decision to the others. A record is saved once: what was decided about it already comes before."""
    for n, other in enumerate(every):
        if type(other.after) is type(more.after) and other.after.id == more.after.id:
            every[n] = Decision(other.before, more.after, other.steps + more.steps)
            return
    every.append(more)


def _steps(work: Work, decisions: Sequence[Decision[Any]], _: _By) -> Program[Sequence[Decision[Any]]]:
    """An action that ends is a step of its complaint that ends."""
    done = [
        (id, decision)
        for decision in decisions
        if isinstance(decision.after, ActionItem) and (id := ended_step_of(decision)) is not None
    ]
    if not done:
        return ()
    there: dict[str, Any] = {each.after.id: each.after for each in decisions if isinstance(each.after, Complaint)}
    there |= yield from work.present(Complaint, list(dict.fromkeys(id for id, _ in done if id not in there)))
    ended: list[Decision[Any]] = []
    for id, decision in done:
        event = decision.events[-1]
        step = id in there and step_ended(there[id], decision.after, by=event.by, at=event.recorded_at)
        if step:
            there[id] = step.after
            ended.append(step)
    return ended


def _agenda(work: Work, decisions: Sequence[Decision[Any]], now: _By) -> Program[Sequence[Decision[Any]]]:
    """A complaint that is closed is talked about in the next review with its customer."""
    closed = [
        each
        for each in decisions
        if isinstance(each.after, Complaint)
        and each.after.customer is not None
        and any(isinstance(event, ComplaintClosed) for event in each.events)
    ]
    if not closed or not work.keeps(ServiceReview):
        return ()
    customers = list(dict.fromkeys(each.after.customer for each in closed))
    found = yield from work.among(ServiceReview, "customer", customers, where("open").is_(True))
    reviews: dict[str, Any] = {each.id: each for each in found}
    put: list[Decision[Any]] = []
    for each in closed:
        more = onto_agenda(each, reviews.values(), by=now.by, at=now.at)
        if more is not None:
            reviews[more.after.id] = more.after
            put.append(more)
    return put


def _proposals(work: Work, decisions: Sequence[Decision[Any]], now: _By) -> Program[Sequence[Decision[Any]]]:
    """A change that was proposed because of a complaint is a record that somebody answers: who looks after the
    customer, or else who has the complaint."""
    proposing = [each for each in decisions if isinstance(each.after, Complaint) and proposes(each)]
    if not proposing or not work.keeps(Proposal):
        return ()
    made = [propose_from_complaint(each, by=now.by, at=now.at) for each in proposing]
    known = yield from work.present(Proposal, [each.after.id for each in made if each is not None], held=False)
    new = [each for each in proposing if (event := proposes(each)) is not None and event.proposal not in known]
    numbers = (yield from work.numbers(Proposal, now.at.year, len(new))) if new else ()
    managers = yield from managers_of(work, [each.after.customer for each in new])
    owned = (
        propose_from_complaint(
            each,
            owner=managers.get(each.after.customer, each.after.handler),
            number=number,
            by=now.by,
            at=now.at,
        )
        for each, number in zip(new, numbers, strict=True)
    )
    return [each for each in owned if each is not None]


def _resolutions(work: Work, decisions: Sequence[Decision[Any]], now: _By) -> Program[Sequence[Decision[Any]]]:
    """What a meeting or a review has decided to propose is a proposal that somebody answers."""
    made: list[Decision[Any]] = []
    for each in decisions:
        if not isinstance(each.after, Meeting | ServiceReview) or not work.keeps(Proposal):
            continue
        wanted = [proposal.after.id for proposal in propose_decided(each.after, by=now.by, at=now.at)]
        if wanted:
            known = yield from work.present(Proposal, wanted, held=False)
            new = len(wanted) - len(known)
            numbers = (yield from work.numbers(Proposal, now.at.year, new)) if new else ()
            made += propose_decided(each.after, known=known, numbers=numbers, by=now.by, at=now.at)
    return made


def _warnings(work: Work, decisions: Sequence[Decision[Any]], now: _By) -> Program[Sequence[Decision[Any]]]:
    """When an agreement ends, whoever has an open case or complaint under it is warned."""
    ended = [each for each in decisions if isinstance(each.after, Agreement) and ends(each)]
    if not ended:
        return ()
    customers = list(dict.fromkeys(each.after.customer for each in ended))
    records: dict[str | None, list[Any]] = {}
    for record, whose in ((Complaint, "customer"), (Case, "requester")):
        for each in (yield from work.among(record, whose, customers, where("open").is_(True))):
            records.setdefault(getattr(each, whose), []).append(each)
    warn = [partial(warn_open, each, records.get(each.after.customer, ()), by=now.by, at=now.at) for each in ended]
    written = [note.after.id for notes in warn for note in notes() if isinstance(note.after, Message)]
    known = yield from work.present(Message, written, held=False)
    return [note for notes in warn for note in notes(known=known)]


Process = Callable[[Work, Sequence[Decision[Any]], _By], Program[Sequence[Decision[Any]]]]

_PROCESSES: Final[Sequence[Process]] = (_steps, _agenda, _proposals, _resolutions, _warnings)
"""What is looked at, in this order."""

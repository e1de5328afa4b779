"""Taking the actions of a lifecycle by their names, for walks through whole lives of complaints."""

from collections.abc import Callable, Mapping
from datetime import datetime
from itertools import count
from typing import Final

from servicecrm import complaints
from servicecrm.calendars import Calendar
from servicecrm.complaints import Complaint, Feedback, Priority, RemedyStatus
from servicecrm.complaints.chronology import CHRONOLOGY
from servicecrm.complaints.lifecycle import OVER
from servicecrm.kernel.decisions import Actor, Decision, acting
from servicecrm.kernel.records import evolve
from servicecrm.testing.makers import a_complaint
from servicecrm.tracking import ActionItem, action_items

__all__ = ["begun", "feasible", "take"]

ALWAYS: Final = Calendar(id="always", zone="UTC", hours="mon-sun 00:00-24:00")


DETAILS: Final = (
    *("id", "customer", "complainant", "contact", "on_behalf_of", "needs", "feedback", "subject", "text"),
    *("remedy_sought", "language", "channel", "service", "agreement", "category", "issues", "tags", "extra"),
)


def begun(shape: Complaint) -> Complaint:
    """A complaint with these details, just recorded: what has happened to a shape that was made up could not have."""
    return evolve(a_complaint(), **{name: getattr(shape, name) for name in DETAILS})


def feasible(complaint: Complaint) -> tuple[str, ...]:
    """The actions that the lifecycle allows and that `take` can satisfy."""
    allowed = complaints.LIFECYCLE.allowed(complaint)
    return tuple(action for action in allowed if _POSSIBLE.get(action, bool)(complaint))


def take(complaint: Complaint, action: str, *, by: Actor | str, at: datetime) -> Decision[Complaint]:
    """Take an action of the lifecycle by its name, with arguments that will do if the complaint lets any do."""
    return _TAKE[action](complaint, by, at)


_Take = Callable[[Complaint, Actor | str, datetime], Decision[Complaint]]


def _void(complaint: Complaint, by: Actor | str, at: datetime) -> Decision[Complaint]:
    return complaints.void(complaint, CHRONOLOGY.voidable(complaint)[-1].n, reason="a mistake", by=by, at=at)


def _forward(complaint: Complaint, by: Actor | str, at: datetime) -> Decision[Complaint]:
    return complaints.forward(complaint, "north" if complaint.handler == "south" else "south", by=by, at=at)


def _decider(complaint: Complaint, by: Actor | str) -> Actor | str:
    """Whoever acts, or somebody else who has not decided at an earlier stage."""
    return f"reviewer {complaint.stage}" if acting(by).id in complaint.deciders else by


def _judged(complaint: Complaint) -> bool:
    if complaint.feedback is not Feedback.COMPLAINT:
        return True
    return complaint.judgement is not None and complaint.judgement.stage == complaint.stage


def _answerable(complaint: Complaint) -> bool:
    looked_into = complaint.priority is not Priority.P1 or bool(
        complaint.investigation and complaint.investigation.findings
    )
    return looked_into and _judged(complaint) and not _open_steps(complaint)


def _closable(complaint: Complaint) -> bool:
    if not _judged(complaint):
        return False
    if complaint.response is None:
        return complaint.state == "responded" or (not complaint.can_reply and _answerable(complaint))
    return complaint.response.accepted is not False or bool(complaint.response.recourse)


def _open_steps(complaint: Complaint) -> list[str]:
    return [step.action for step in complaint.steps if step.done_at is None]


def _done_steps(complaint: Complaint) -> list[str]:
    return [step.action for step in complaint.steps if step.done_at is not None]


def _remedy(complaint: Complaint, status: RemedyStatus) -> int:
    """The number of the first remedy that has come so far; 0 if there is none."""
    return next((n for n, remedy in enumerate(complaint.remedies, 1) if remedy.status is status), 0)


def _assign(complaint: Complaint, by: Actor | str, at: datetime) -> Decision[Complaint]:
    return complaints.assign(complaint, "north", by=by, at=at)


def _step(complaint: Complaint, among: list[str], by: Actor | str, at: datetime) -> ActionItem:
    """The action item of the first of some steps, not done yet, or one that is no step of it."""
    id, about = (among or ["no step of it"])[0], complaint.id
    return action_items.open(
        "Measure", id=id, source_kind="complaint", source=about, owner="north", due_at=at, by=by, at=at
    ).after


def _finish_step(complaint: Complaint, by: Actor | str, at: datetime) -> Decision[Complaint]:
    step = _step(complaint, _open_steps(complaint), by, at)
    done = action_items.done(step, evidence="measured", by=by, at=at).after
    return complaints.finish_step(complaint, done, by=by, at=at)


def _drop_step(complaint: Complaint, by: Actor | str, at: datetime) -> Decision[Complaint]:
    step = _step(complaint, _open_steps(complaint), by, at)
    cancelled = action_items.cancel(step, "not needed", by=by, at=at).after
    return complaints.drop_step(complaint, cancelled, by=by, at=at)


def _reopen_step(complaint: Complaint, by: Actor | str, at: datetime) -> Decision[Complaint]:
    return complaints.reopen_step(complaint, _step(complaint, _done_steps(complaint), by, at), by=by, at=at)


def _other(complaint: Complaint) -> Complaint:
    known = {link.complaint for link in complaint.links}
    unknown = next(id for id in map("complaint-{}".format, count(2)) if id not in known)
    return a_complaint(id=unknown, feedback=complaint.feedback)


_POSSIBLE: Mapping[str, Callable[[Complaint], bool]] = {
    "acknowledge": lambda complaint: complaint.acknowledged_at is None,
    "assign": lambda complaint: complaint.state != "recorded" or complaint.safety or not complaint.can_reply,
    "resume": lambda complaint: complaint.waiting is not None,
    "wait": lambda complaint: complaint.waiting is None,
    "void": lambda complaint: bool(CHRONOLOGY.voidable(complaint)),
    "reclassify": lambda complaint: complaint.feedback is Feedback.COMPLAINT or complaint.state not in OVER,
    "judge": lambda complaint: complaint.feedback is Feedback.COMPLAINT,
    "finish_step": lambda complaint: bool(_open_steps(complaint)),
    "drop_step": lambda complaint: bool(_open_steps(complaint)),
    "reopen_step": lambda complaint: bool(_done_steps(complaint)),
    "approve": lambda complaint: bool(_remedy(complaint, RemedyStatus.PROPOSED)),
    "settle": lambda complaint: bool(_remedy(complaint, RemedyStatus.OFFERED)),
    "provide": lambda complaint: bool(_remedy(complaint, RemedyStatus.ACCEPTED)),
    "answer": _answerable,
    "close": _closable,
    "raise_stage": lambda complaint: (
        complaint.stage < complaints.DEFAULT.stages
        and (complaint.response is None or complaint.response.accepted is not True)
    ),
    "lapse": lambda _: False,  # it takes weeks of silence
}
"""What an action needs besides its state, so that `take` can satisfy the rest."""

_TAKE: Mapping[str, _Take] = {
    "acknowledge": lambda complaint, by, at: complaints.acknowledge(complaint, expected_by=at, by=by, at=at),
    "assess": lambda complaint, by, at: complaints.assess(complaint, severity="high", impact="low", by=by, at=at),
    "assign": _assign,
    "forward": _forward,
    "wait": lambda complaint, by, at: complaints.wait(complaint, "customer", reason="photos", by=by, at=at),
    "resume": lambda complaint, by, at: complaints.resume(complaint, by=by, at=at),
    "message": lambda complaint, by, at: complaints.message(complaint, "News?", id="m", side="outside", by=by, at=at)[
        0
    ],
    "note": lambda complaint, by, at: complaints.note(complaint, "Called back.", id="n", by=by, at=at)[0],
    "amend": lambda complaint, by, at: complaints.amend(complaint, category="water", by=by, at=at),
    "reclassify": lambda complaint, by, at: complaints.reclassify(
        complaint, "request" if complaint.feedback is Feedback.COMPLAINT else "complaint", reason="asks", by=by, at=at
    ),
    "plan": lambda complaint, by, at: complaints.plan(
        complaint, ["Measure"], ids=[f"step-{len(complaint.steps)}"], calendar=ALWAYS, by=by, at=at
    )[0],
    "finish_step": _finish_step,
    "drop_step": _drop_step,
    "reopen_step": _reopen_step,
    "investigate": lambda complaint, by, at: complaints.investigate(complaint, "The valve leaks.", by=by, at=at),
    "find_cause": lambda complaint, by, at: complaints.find_cause(complaint, "wear", by=by, at=at),
    "judge": lambda complaint, by, at: complaints.judge(
        complaint, "justified", grounds="The valve leaked.", by=_decider(complaint, by), at=at
    ),
    "offer": lambda complaint, by, at: complaints.offer(complaint, "repair", by=by, at=at),
    "approve": lambda complaint, _, at: complaints.approve_remedy(
        complaint, _remedy(complaint, RemedyStatus.PROPOSED), by="the head", at=at
    ),
    "settle": lambda complaint, by, at: complaints.accept_remedy(
        complaint, _remedy(complaint, RemedyStatus.OFFERED), by=by, at=at
    ),
    "provide": lambda complaint, by, at: complaints.provide_remedy(
        complaint, _remedy(complaint, RemedyStatus.ACCEPTED), by=by, at=at
    ),
    "answer": lambda complaint, by, at: complaints.answer(
        complaint, "It runs again.", id="a", recourse=["ombudsman"], by=_decider(complaint, by), at=at
    )[0],
    "accept_answer": lambda complaint, by, at: complaints.accept_answer(complaint, by=by, at=at),
    "decline_answer": lambda complaint, by, at: complaints.decline_answer(complaint, by=by, at=at),
    "raise_stage": lambda complaint, by, at: complaints.raise_stage(
        complaint, f"reviewer {complaint.stage + 1}", by=by, at=at
    ),
    "lapse": lambda complaint, by, at: complaints.lapse(complaint, by=by, at=at),
    "refer_part": lambda complaint, by, at: complaints.refer(complaint, "regulator", whole=False, by=by, at=at),
    "refer": lambda complaint, by, at: complaints.refer(complaint, "regulator", whole=True, by=by, at=at),
    "merge": lambda complaint, by, at: complaints.merge(complaint, _other(complaint), by=by, at=at)[0],
    "take_in": lambda complaint, by, at: complaints.merge(_other(complaint), complaint, by=by, at=at)[1],
    "split": lambda complaint, by, at: complaints.split(complaint, "The bill", id="part", by=by, at=at)[0],
    "link": lambda complaint, by, at: complaints.link(complaint, _other(complaint), "related", by=by, at=at),
    "propose_change": lambda complaint, by, at: complaints.propose_change(
        complaint, "Renew valves earlier.", id="p", kind="service", by=by, at=at
    ),
    "close": lambda complaint, by, at: complaints.close(complaint, "resolved", by=by, at=at),
    "reopen": lambda complaint, by, at: complaints.reopen(
        complaint, "It stopped again.", handler=complaint.handler or "north", by=by, at=at
    ),
    "withdraw": lambda complaint, by, at: complaints.withdraw(complaint, by=by, at=at),
    "void": _void,
}

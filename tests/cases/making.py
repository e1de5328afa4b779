"""Ready-made cases for tests, and whole lives of one."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from hypothesis import strategies as st

from servicecrm import cases
from servicecrm.cases import LIFECYCLE, Case, Routing
from servicecrm.cases.chronology import CHRONOLOGY
from servicecrm.kernel.decisions import Decision
from servicecrm.kernel.records import evolve
from servicecrm.testing.makers import MONDAY
from servicecrm.tracking.moments import Moments

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
OFFICE = "office@council-3.example"
WANDA = "wanda@water.example"
PAUL = "paul@water.example"


def a_case(**changes: object) -> Case:
    """A case, just opened, with some fields as the test needs them: `a_case(state="in_work")`."""
    opened = cases.open(
        id="case-1",
        number="CAS-2026-000001",
        subject="No water since Monday",
        channel="phone",
        sponsor="council-3",
        by=OFFICE,
        at=MONDAY,
    )
    return evolve(opened.after, **changes)


def accepted(**changes: object) -> Case:
    """A case that Wanda of the water department has accepted."""
    routed = cases.route(a_case(), Routing(queue="water"), by=OFFICE, at=MONDAY).after
    return evolve(cases.accept(routed, by=WANDA, at=MONDAY).after, **changes)


def tried(outcome: str, times: int, **changes: object) -> Case:
    """A case whose requester somebody tried to reach so many times."""
    case = accepted(**changes)
    for n in range(times):
        case = cases.contact(case, outcome, note="Rang.", id=f"try-{n}", by=WANDA, at=MONDAY)[0].after
    return case


def in_state(state: str) -> Case:
    """A case that came to a state the usual way."""
    path = ("route", "accept", "start", "answer", "close")
    if state == "withdrawn":
        return take(a_case(), "withdraw", at=MONDAY).after
    case = a_case()
    for action in path[: LIFECYCLE.states.index(state)]:
        case = take(case, action, at=MONDAY).after
    return case


def feasible(case: Case) -> tuple[str, ...]:
    """The actions that the lifecycle allows and that `take` can satisfy."""
    possible = {
        "promise": case.promise is None,
        "extend": case.promise is not None,
        "partner_update": case.referral is not None,
        "wait": case.waiting is None,
        "resume": case.waiting is not None,
        "close": not case.open_updates and case.answered_at is not None,
        "void": bool(voidable(case)),
    }
    return tuple(action for action in LIFECYCLE.allowed(case) if possible.get(action, True))


def voidable(case: Case) -> Moments:
    """The moments that nothing rests on, in the order in which they happened."""
    return CHRONOLOGY.voidable(case)


def take(case: Case, action: str, *, at: datetime) -> Decision[Case]:
    """Take an action of the lifecycle by its name, with arguments that will do if the case lets any do."""
    return _TAKE[action](case, at)


@st.composite
def walks(draw: st.DrawFn, *, max_size: int = 15) -> tuple[Decision[Case], ...]:
    """Lives of a case, from just opened: each decision is one allowed action, an hour or so after the last."""
    case, at, walk = a_case(), MONDAY, []
    for _ in range(draw(st.integers(0, max_size))):
        action = draw(st.sampled_from(feasible(case)))
        at += timedelta(minutes=draw(st.integers(0, 120)))
        decision = take(case, action, at=at)
        walk.append(decision)
        case = decision.after
    return tuple(walk)


def _partner_update(case: Case, at: datetime) -> Decision[Case]:
    said = len(case.moments)  # never the same twice
    decision = cases.partner_update(case, "in_progress", note=f"Digging, hole {said}.", by="agency", at=at)
    assert decision is not None
    return decision


_Take = Callable[[Case, datetime], Decision[Case]]

_TAKE: Mapping[str, _Take] = {
    "route": lambda case, at: cases.route(case, Routing(queue="water"), by=OFFICE, at=at),
    "assign": lambda case, at: cases.assign(case, PAUL if case.handler == WANDA else WANDA, by=OFFICE, at=at),
    "accept": lambda case, at: cases.accept(case, by=case.handler or WANDA, at=at),
    "start": lambda case, at: cases.start(case, by=WANDA, at=at),
    "forward": lambda case, at: cases.forward(
        case, PAUL if case.handler == WANDA else WANDA, reason="knows the street", by=WANDA, at=at
    ),
    "hand_back": lambda case, at: cases.hand_back(case, "It is a gas pipe.", by=WANDA, at=at),
    "promise": lambda case, at: cases.promise(case, at + DAY, by=WANDA, at=at),
    "extend": lambda case, at: cases.extend(
        case, at + 9999 * DAY + len(case.promise.extensions if case.promise else ()) * DAY,
        reason="frost", approved_by="chief", by=WANDA, at=at,
    ),
    "request_update": lambda case, at: cases.request_update(case, at + DAY, by=f"asker-{len(case.moments)}", at=at),
    "give_update": lambda case, at: cases.give_update(case, "The pump is ordered.", id="u", by=WANDA, at=at)[0],
    "contact": lambda case, at: cases.contact(case, "voicemail", note="Rang.", id="c", by=WANDA, at=at)[0],
    "refer": lambda case, at: cases.refer(case, "roads-agency", reference="R-1", by=WANDA, at=at),
    "partner_update": _partner_update,
    "wait": lambda case, at: cases.wait(case, "customer", reason="photos", by=WANDA, at=at),
    "resume": lambda case, at: cases.resume(case, by=WANDA, at=at),
    "answer": lambda case, at: cases.answer(case, "It runs again.", id="a", by=WANDA, at=at)[0],
    "close": lambda case, at: cases.close(case, "answered", by=WANDA, at=at),
    "reopen": lambda case, at: cases.reopen(case, "It stopped again.", by=OFFICE, at=at),
    "withdraw": lambda case, at: cases.withdraw(case, by=OFFICE, at=at),
    "rate": lambda case, at: cases.rate(case, "p1", by=OFFICE, at=at),
    "classify": lambda case, at: cases.classify(
        case, cases.RequestType(code="water"), version=1, attributes={}, by=OFFICE, at=at
    ),
    "link": lambda case, at: cases.link(case, "case-0", by=WANDA, at=at),
    "amend": lambda case, at: cases.amend(case, service="water", by=WANDA, at=at),
    "message": lambda case, at: cases.message(case, "News?", id="m", side="outside", by=OFFICE, at=at)[0],
    "note": lambda case, at: cases.note(case, "Called the depot.", id="n", by=WANDA, at=at)[0],
    "void": lambda case, at: cases.void(
        case, (voidable(case) or case.moments)[-1].n, reason="a mistake", by=OFFICE, at=at
    ),
}  # fmt: skip

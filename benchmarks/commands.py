"""A command that moves a record and back: ours makes a new frozen record and an event, others change an object."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from benchmarks.rounds import Comparison, repeated
from servicecrm import complaints
from servicecrm.complaints import Complaint, Severity
from servicecrm.kernel.decisions import Actor, Decision, Event, stamp
from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.kernel.lifecycle import Guard, Lifecycle, Move
from servicecrm.kernel.records import Personal, record
from servicecrm.tracking import Moments

__all__ = ["AT", "BY", "a_ticket", "assign", "commands", "open_complaint", "release"]

AT: Final = datetime(2026, 3, 2, 9, tzinfo=UTC)
BY: Final = Actor(id="ann@city.example")


@record
class Ticket:
    """A record with 25 fields of the kinds that records have."""

    id: str
    number: str | None = None
    revision: int = 0
    state: str
    customer: str | None = None
    complainant: Personal[str] | None = None
    subject: Personal[str]
    text: Personal[str] = ""
    language: str | None = None
    channel: str
    service: str | None = None
    category: str | None = None
    tags: frozenset[str] = frozenset()
    severity: Severity | None = None
    safety: bool = False
    handler: str | None = None
    handler_since: datetime | None = None
    forwards: int = 0
    received_at: datetime
    recorded_at: datetime
    due_at: datetime | None = None
    closed_at: datetime | None = None
    closing_code: str | None = None
    moments: Moments = ()
    extra: FrozenMap = EMPTY


@record
class Assigned(Event):
    """It was given to a handler."""

    type = "ticket.assigned"


@record
class Released(Event):
    """It was given back."""

    type = "ticket.released"


HANDLER_NAMED: Final = Guard[Ticket]("handler_named", "a handler is named", lambda _, after: bool(after.handler))
NO_HANDLER: Final = Guard[Ticket]("no_handler", "no handler is named", lambda _, after: not after.handler)

LIFECYCLE: Final = Lifecycle[Ticket](
    "ticket",
    initial="open",
    moves=(
        Move("assign", "open", "in_handling", guards=(HANDLER_NAMED,)),
        Move("release", "in_handling", "open", guards=(NO_HANDLER,)),
    ),
    resting=("open",),
)


def assign(ticket: Ticket, handler: str, *, by: Actor, at: datetime) -> Decision[Ticket]:
    """Give a ticket to a handler."""
    event = Assigned(**stamp(by, at))
    return LIFECYCLE.move(ticket, "assign", event, handler=handler, handler_since=event.occurred_at)


def release(ticket: Ticket, *, by: Actor, at: datetime) -> Decision[Ticket]:
    """Take a ticket back."""
    return LIFECYCLE.move(ticket, "release", Released(**stamp(by, at)), handler=None, handler_since=None)


def a_ticket() -> Ticket:
    """A ticket with about half of its fields filled."""
    return Ticket(
        id="0199a5f0-7c1e-7000-8000-000000000001",
        number="TKT-2026-000001",
        state="open",
        customer="customer-7",
        complainant="Harbour Cafe",
        subject="No water since Monday",
        channel="phone",
        category="water",
        severity=Severity.HIGH,
        received_at=AT,
        recorded_at=AT,
        due_at=AT,
    )


def open_complaint(id: str = "complaint-1", number: str = "CMP-2026-000001") -> Complaint:
    """A real complaint in handling."""
    recorded = complaints.record(
        id=id,
        number=number,
        subject="No water since Monday",
        text="The tap has been dry for two days, and nobody answers the telephone.",
        channel="phone",
        customer="customer-7",
        category="water",
        tags=frozenset({"water", "outage"}),
        by=BY,
        at=AT,
    )
    acknowledged = recorded.then(complaints.acknowledge, by=BY, at=AT)
    return acknowledged.then(complaints.assign, "south", by=BY, at=AT).after


def commands() -> tuple[Comparison, ...]:
    """A record of 25 fields there and back, and a forwarding of a real complaint."""
    others = {"transitions": _transitions(), "python-statemachine": _statemachine()}
    return (
        Comparison(
            title="command: guard, new frozen record of 25 fields, event",
            count=2_000,
            per=2,
            ours=repeated(_there_and_back(a_ticket())),
            others=others,
            targets={"transitions": 1.0, "python-statemachine": 8.0},
        ),
        Comparison(
            title="command: complaints.forward, 38 fields and a moment",
            count=2_000,
            per=2,
            ours=repeated(_forwarding(open_complaint())),
            others=others,
        ),
    )


def _there_and_back(ticket: Ticket) -> Callable[[], object]:
    return lambda: release(assign(ticket, "north", by=BY, at=AT).after, by=BY, at=AT)


def _forwarding(complaint: Complaint) -> Callable[[], object]:
    def forward() -> object:
        north = complaints.forward(complaint, "north", by=BY, at=AT).after
        return complaints.forward(north, "south", by=BY, at=AT)

    return forward


def _transitions() -> Callable[[int], object]:
    from transitions import Machine

    class Model:
        handler = "north"

        def is_named(self) -> bool:
            return bool(self.handler)

    model: Any = Model()
    Machine(
        model,
        states=["open", "in_handling"],
        initial="open",
        auto_transitions=False,
        transitions=[
            {"trigger": "assign", "source": "open", "dest": "in_handling", "conditions": "is_named"},
            {"trigger": "release", "source": "in_handling", "dest": "open", "conditions": "is_named"},
        ],
    )
    return repeated(lambda: (model.assign(), model.release()))


def _statemachine() -> Callable[[int], object]:
    from statemachine import State, StateMachine

    class Machine(StateMachine):
        open = State(initial=True)
        in_handling = State()
        assign = open.to(in_handling, cond="is_named")
        release = in_handling.to(open, cond="is_named")
        handler = "north"

        def is_named(self) -> bool:
            return bool(self.handler)

    machine: Any = Machine()
    return repeated(lambda: (machine.assign(), machine.release()))

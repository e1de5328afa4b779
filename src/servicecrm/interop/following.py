"""A complaint follows another system's log: by our own commands where the lifecycle allows them, else by adoption.

What the log says has happened, whether our table likes it or not. So nothing is dropped, and what our table would
not have allowed is told as a finding.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any, Final, NamedTuple

from servicecrm.complaints import actions
from servicecrm.complaints.lifecycle import (
    AMEND,
    ANSWER,
    ASSESS,
    ASSIGN,
    CLOSE,
    FORWARD,
    LIFECYCLE,
    REOPEN,
    RESUME,
    WAIT,
)
from servicecrm.complaints.model import Channel, Complaint, Priority, Severity, Waiting, WaitingFor
from servicecrm.complaints.policy import ComplaintPolicy
from servicecrm.errors import GuardNotMet, PolicyViolation
from servicecrm.interop.logs import Fact
from servicecrm.kernel.decisions import Decision, Stamp
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.tracking.messages import Message

__all__ = ["Followed", "follow"]

RATINGS: Final = ("severity", "impact", "priority")
DETAILS: Final = ("subject", "text", "customer", "category", "channel", "service", "due_at")
CODES: Final = {"channel": Channel, "severity": Severity, "impact": Severity, "priority": Priority}
BETWEEN: Final = {(row.from_, row.to): row.action for row in LIFECYCLE.rows() if not row.stays}


class Followed(NamedTuple):
    """What a fact of a log comes to; `findings` says what our lifecycle would not have allowed."""

    decision: Decision[Complaint]
    message: Decision[Message] | None
    findings: tuple[str, ...]


class Command(NamedTuple):
    """One of our commands with what the log gives for it; `lacks` says what it does not give."""

    action: str
    arguments: dict[str, Any]
    lacks: str | None = None

    @property
    def call(self) -> Callable[..., Any]:
        """The command itself."""
        found: Callable[..., Any] = getattr(actions, self.action)
        return found


def follow(
    complaint: Complaint | None, fact: Fact, stamp: Stamp, *, id: str, number: str | None, source: str
) -> Followed:
    """What a complaint comes to by a fact of a log; without a complaint, the fact starts one with this id and number.

    Raises:
        InvalidValue: a value of the log has not the shape of our field.
        PolicyViolation: the fact lies in the future.
    """
    begun = None if complaint is not None else _recorded(fact, stamp, id=id, number=number)
    before: Complaint = complaint if begun is None else begun.after  # type: ignore[assignment]  # one of them is there
    commands = tuple(_commands(before, fact, message_id=f"{id}:{fact.ordinal}"))
    findings = tuple(_forbidden(before, commands))
    decision: Decision[Complaint] | None = None
    message: Decision[Message] | None = None
    if not findings and commands:
        try:
            decision, message = _obeyed(before, commands, stamp)
        except (GuardNotMet, PolicyViolation) as error:
            findings = (f"{', '.join(command.action for command in commands)}: {error.code}",)
    if findings or (begun is None and not commands):
        decision = _adopted(before, fact, stamp, source=source)
    parts = [part for part in (begun, decision) if part is not None]
    steps = tuple(step for part in parts for step in part.steps)
    return Followed(Decision(complaint, parts[-1].after, steps), message, findings)


def _recorded(fact: Fact, stamp: Stamp, *, id: str, number: str | None) -> Decision[Complaint]:
    said: dict[str, Any] = {name: fact.values[name] for name in (*DETAILS, "severity") if name in fact.values}
    received: Any = fact.values.get("received_at", fact.occurred_at)
    return actions.record(
        **{"subject": f"Case {fact.case}", "channel": Channel.OTHER, **said},
        id=id,
        number=number,
        extra=FrozenMap(fact.extra),
        by=stamp["by"],
        at=stamp["recorded_at"],
        received_at=received,
    )


# -- which commands ------------------------------------------------------------------------------


def _commands(complaint: Complaint, fact: Fact, *, message_id: str) -> Iterator[Command]:
    """Our commands for a fact, in an order in which each may be allowed by the state that the one before leaves."""
    move = _move(complaint, fact, message_id)
    staying = list(_staying(complaint, fact, move))
    if move is None:
        yield from staying
        return
    early = [command for command in staying if _stays(complaint.state, command.action)]
    yield from early
    yield move
    yield from (command for command in staying if command not in early)


def _move(complaint: Complaint, fact: Fact, message_id: str) -> Command | None:
    """The command that changes the state as the log says."""
    action = fact.action
    if action is None:
        if fact.state in (None, complaint.state):
            return None
        action = BETWEEN.get((complaint.state, str(fact.state)))
        if action is None:
            return Command(f"{complaint.state} to {fact.state}", {}, "is no move of the lifecycle")
    return _command(action, complaint, fact, message_id)


def _command(action: str, complaint: Complaint, fact: Fact, message_id: str) -> Command:
    values = fact.values
    if action in (ASSIGN, FORWARD):
        handler = values.get("handler", complaint.handler)
        return Command(action, {"handler": handler}, None if handler else "without a handler")
    if action == ANSWER:
        text = values.get("answer")
        return Command(action, {"text": text, "id": message_id}, None if text else "without a text")
    if action == CLOSE:
        code = str(values.get("closing_code", ""))
        return Command(
            action, {"code": code, "policy": _policy(code)} if code else {}, None if code else "without a code"
        )
    if action == REOPEN:
        return Command(action, {"reason": values.get("reason")}, None if "reason" in values else "without a reason")
    if action == ASSESS:
        return Command(action, {name: values[name] for name in RATINGS if name in values})
    if action == WAIT:
        return Command(action, {"for_": fact.waiting}, None if fact.waiting else "without saying for whom")
    if action in ("message", "note", "void", AMEND):
        return Command(action, {}, "is not told by a log")
    return Command(action, {})


def _staying(complaint: Complaint, fact: Fact, move: Command | None) -> Iterator[Command]:
    """The commands for what changes besides the state."""
    values, moved = fact.values, move.action if move else None
    handler = values.get("handler", complaint.handler)
    if handler != complaint.handler and moved not in (ASSIGN, FORWARD):
        yield Command(FORWARD if complaint.handler else ASSIGN, {"handler": handler})
    rated = {name: values[name] for name in RATINGS if _differs(complaint, name, fact)}
    if rated and moved != ASSESS:
        yield Command(ASSESS, rated)
    yield from _waits(complaint, fact, moved)
    changed: dict[str, Any] = {name: values[name] for name in DETAILS if _differs(complaint, name, fact)}
    extra = FrozenMap({**complaint.extra, **fact.extra})
    if extra != complaint.extra:
        changed["extra"] = extra
    if changed:
        yield Command(AMEND, changed)


def _waits(complaint: Complaint, fact: Fact, moved: str | None) -> Iterator[Command]:
    if fact.state is None:  # the log tells actions, waiting among them
        return
    now = complaint.waiting.for_ if complaint.waiting and moved not in (ANSWER, REOPEN, "withdraw") else None
    if fact.waiting == now:
        return
    if now is not None:
        yield Command(RESUME, {})
    if fact.waiting is not None:
        yield Command(WAIT, {"for_": fact.waiting})


def _differs(complaint: Complaint, name: str, fact: Fact) -> bool:
    return name in fact.values and fact.values[name] != getattr(complaint, name)


def _stays(state: str, action: str) -> bool:
    return action in LIFECYCLE.allowed(state) and LIFECYCLE.target(state, action) == state


@cache
def _policy(code: str) -> ComplaintPolicy:
    """Rules of a house that closes with this code, as the other system does."""
    return ComplaintPolicy(closing_codes=(code,))


# -- obeying or adopting -------------------------------------------------------------------------


def _forbidden(complaint: Complaint, commands: Iterable[Command]) -> Iterator[str]:
    """What our lifecycle has against these commands, one after the other."""
    state = complaint.state
    for command in commands:
        if command.lacks is not None:
            yield f"{command.action} {command.lacks}"
        elif command.action not in LIFECYCLE.allowed(state):
            yield f"{command.action} while {state}"
        else:
            state = LIFECYCLE.target(state, command.action)


def _obeyed(
    complaint: Complaint, commands: Iterable[Command], stamp: Stamp
) -> tuple[Decision[Complaint], Decision[Message] | None]:
    decision = Decision(complaint, complaint, ())
    message: Decision[Message] | None = None
    for command in commands:
        decided = command.call(
            decision.after,
            **command.arguments,
            by=stamp["by"],
            at=stamp["recorded_at"],
            occurred_at=stamp["occurred_at"],
        )
        if isinstance(decided, tuple):
            decided, message = decided
        decision = Decision(complaint, decided.after, decision.steps + decided.steps)
    return decision, message


def _adopted(complaint: Complaint, fact: Fact, stamp: Stamp, *, source: str) -> Decision[Complaint]:
    told: dict[str, Any] = {
        name: fact.values[name] for name in (*DETAILS, *RATINGS, "handler") if _differs(complaint, name, fact)
    }
    told = {name: CODES[name](value) if name in CODES else value for name, value in told.items()}
    state = complaint.state if fact.state is None else fact.state
    if fact.state is not None:
        for_ = None if fact.waiting is None else WaitingFor(fact.waiting)
        if for_ != (complaint.waiting and complaint.waiting.for_):
            told["waiting"] = None if for_ is None else Waiting(for_=for_, since=fact.occurred_at)
    elif fact.action is not None:
        state = _state_of(fact.action) or state
    if state == "closed" and "closing_code" in fact.values:
        told["closing_code"] = fact.values["closing_code"]
    if fact.extra:
        told["extra"] = FrozenMap({**complaint.extra, **fact.extra})
    return actions.adopt(
        complaint,
        state,
        source=source,
        by=stamp["by"],
        at=stamp["recorded_at"],
        occurred_at=stamp["occurred_at"],
        **told,
    )


@cache
def _state_of(action: str) -> str | None:
    """The state that an action leads to, whatever it starts from."""
    return next((row.to for row in LIFECYCLE.rows() if row.action == action and not row.stays), None)

"""A complaint follows another system's log: by our own commands where the lifecycle allows them, else by adoption.

What the log says has happened, whether our table likes it or not. So it is taken as it is, and what our table would
not have allowed is told as a finding, unless it only asks for what no log tells. What happened before the receipt is
one too.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final, NamedTuple

from servicecrm.calendars.table import FIRST_YEAR, LAST_YEAR
from servicecrm.complaints import actions
from servicecrm.complaints.lifecycle import (
    ACKNOWLEDGE,
    AMEND,
    ANSWER,
    ASSESS,
    ASSIGN,
    BEING_WORKED_ON,
    CLOSE,
    CLOSED,
    EVERYWHERE,
    FORWARD,
    LIFECYCLE,
    REOPEN,
    RESPONDED,
    RESUME,
    WAIT,
    WITHDRAW,
)
from servicecrm.complaints.model import Channel, Complaint, Priority, Severity, Waiting, WaitingFor
from servicecrm.complaints.policy import ComplaintPolicy
from servicecrm.complaints.schema import COMPLAINT
from servicecrm.errors import GuardNotMet, InvalidValue, PolicyViolation
from servicecrm.interop.logs import Fact
from servicecrm.kernel.decisions import Decision, Stamp
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.kernel.kinds import ColumnType, key_text, micros
from servicecrm.kernel.lifecycle import Lifecycle
from servicecrm.kernel.shapes import Code
from servicecrm.tracking.messages import Message, MessageClass, write
from servicecrm.tracking.moments import Side

__all__ = ["Followed", "follow"]

RATINGS: Final = ("severity", "impact", "priority")
DETAILS: Final = ("subject", "text", "customer", "category", "channel", "service", "due_at")
CODES: Final[dict[str, type[Code]]] = {
    "channel": Channel,
    "severity": Severity,
    "impact": Severity,
    "priority": Priority,
}

TEXT_KEYS: Final = tuple(column.name for column in COMPLAINT.columns if column.type is ColumnType.TEXT)

# A log tells no verdicts, findings and steps, nor what was said about recourse. It may all have been there, so that
# its absence is not held against the log. It tells no risk to safety either, nor that nobody can be reached: ways that
# are open only then are none for a log.
NEVER_TOLD: Final = frozenset({"judged", "steps_done", "other_decider", "recourse_told", "investigated"})
EXCEPTIONAL: Final = frozenset({"at_once", "not_acknowledged", "no_way_to_reply"})
USUAL: Final = Lifecycle[Complaint](
    LIFECYCLE.name,
    initial=LIFECYCLE.initial,
    moves=(move for move in LIFECYCLE.moves if not EXCEPTIONAL.intersection(guard.name for guard in move.guards)),
    resting=LIFECYCLE.resting,
    final=LIFECYCLE.final,
)
BETWEEN: Final = {(row.from_, row.to): row.action for row in USUAL.rows() if not row.stays}


class Followed(NamedTuple):
    """What a fact of a log comes to; `finding` says what our lifecycle has against it."""

    decision: Decision[Complaint]
    message: Decision[Message] | None
    finding: str | None


class Command(NamedTuple):
    """One of our commands with what the log gives for it; `lacks` says what it does not give."""

    action: str
    arguments: dict[str, Any]
    lacks: str | None = None


def follow(complaint: Complaint | None, fact: Fact, stamp: Stamp, *, id: str, source: str) -> Followed:
    """What a complaint comes to by a fact of a log; without a complaint, the fact starts one with this id.

    Raises:
        InvalidValue: a value of the log has not the shape of our field, or a time of it lies in years that no calendar
            knows.
        PolicyViolation: the fact, or the receipt, lies in the future.
    """
    if micros(fact.occurred_at) > micros(stamp["recorded_at"]):
        raise PolicyViolation("occurred_at", "it lies in the future")
    for name, value in (*fact.values.items(), ("occurred_at", fact.occurred_at)):
        if isinstance(value, datetime) and not FIRST_YEAR < value.astimezone(UTC).year < LAST_YEAR:
            raise InvalidValue(name, f"a time in a log lies in the years {FIRST_YEAR + 1} to {LAST_YEAR - 1}")
    key_text("by", fact.by or "")
    for name in fact.values.keys() & TEXT_KEYS:
        key_text(name, str(fact.values[name]))
    start = Decision(complaint, complaint, ()) if complaint else _recorded(fact, stamp, id=id)
    before = start.after
    message_id = f"{id}:{fact.ordinal}"
    move = _move(before, fact, message_id)
    commands = _commands(before, fact, move)
    finding = _too_early(before, fact) or _against(before.state, commands, move)
    if finding is None and (commands or complaint is None):
        try:
            return Followed(*_obeyed(start, commands, stamp), None)
        except GuardNotMet as error:
            unmet = [guard for guard in error.guards if guard not in NEVER_TOLD]
            finding = f"{error.action} without {', '.join(unmet)}" if unmet else None
        except PolicyViolation as error:
            finding = None if error.rule in NEVER_TOLD else f"against the rule {error.rule}"
    decision = _adopted(start, fact, stamp, source=source)
    return Followed(decision, _answer(before, decision.after, fact, stamp, id=message_id), finding)


def _recorded(fact: Fact, stamp: Stamp, *, id: str) -> Decision[Complaint]:
    said: dict[str, Any] = {name: fact.values[name] for name in (*DETAILS, "severity") if name in fact.values}
    received: Any = fact.values.get("received_at", fact.occurred_at)
    return actions.record(
        **{"subject": f"Case {fact.case}", "channel": Channel.OTHER, **said},
        id=id,
        extra=FrozenMap(fact.extra),
        by=stamp["by"],
        at=stamp["recorded_at"],
        received_at=received,
    )


# -- which commands ------------------------------------------------------------------------------


def _move(complaint: Complaint, fact: Fact, message_id: str) -> Command | None:
    """The command that the log tells, or the one that changes the state as the log says."""
    if fact.action == AMEND or fact.state == complaint.state or (fact.action is None and fact.state is None):
        return None
    if fact.action is not None:
        return _command(fact.action, complaint, fact, message_id)
    action = BETWEEN.get((complaint.state, str(fact.state)))
    if action is None:
        return Command(f"{complaint.state} to {fact.state}", {}, "is no move of the lifecycle")
    return _command(action, complaint, fact, message_id)


def _command(action: str, complaint: Complaint, fact: Fact, message_id: str) -> Command:
    values = fact.values
    if action in (ASSIGN, FORWARD):
        handler = values.get("handler", complaint.handler)
        told = {"handler": handler} | (_reason(fact) if action == FORWARD else {})
        return Command(action, told, None if handler else "without a handler")
    if action == ANSWER:
        text = values.get("answer")
        return Command(action, {"text": text, "id": message_id}, None if text else "without a text")
    if action == CLOSE:
        code = str(values.get("closing_code", ""))
        return Command(action, {"code": code, "policy": _policy(code)}, None if code else "without a code")
    if action == REOPEN:
        return Command(action, _reason(fact), None if "reason" in values else "without a reason")
    if action == WITHDRAW:
        return Command(action, _reason(fact))
    if action == ASSESS:
        return Command(action, _ratings(fact))
    if action == WAIT:
        return Command(action, {"for_": fact.waiting}, None if fact.waiting else "without saying for whom")
    return Command(action, {}, None if action in (ACKNOWLEDGE, RESUME) else "is not told by a log")


def _commands(complaint: Complaint, fact: Fact, move: Command | None) -> tuple[Command, ...]:
    """Our commands for a fact, in an order in which each may be allowed by the state that the one before leaves."""
    staying = tuple(_staying(complaint, fact, move.action if move else None))
    if move is None:
        return staying
    # Waiting comes last, because some moves end it.
    early = tuple(c for c in staying if c.action not in (WAIT, RESUME) and _stays(complaint.state, c.action))
    return (*early, move, *(command for command in staying if command not in early))


def _staying(complaint: Complaint, fact: Fact, moved: str | None) -> Iterator[Command]:
    """The commands for what changes besides the state."""
    handler = fact.values.get("handler", complaint.handler)
    if handler != complaint.handler and moved not in (ASSIGN, FORWARD):
        first = not complaint.handler
        yield Command(ASSIGN if first else FORWARD, {"handler": handler} | ({} if first else _reason(fact)))
    if moved != ASSESS and any(_differs(complaint, name, fact) for name in RATINGS):
        yield Command(ASSESS, _ratings(fact))
    yield from _waits(complaint, fact, moved)
    changed: dict[str, Any] = {name: fact.values[name] for name in DETAILS if _differs(complaint, name, fact)}
    extra = FrozenMap({**complaint.extra, **fact.extra})
    if extra != complaint.extra:
        changed["extra"] = extra
    if changed:
        yield Command(AMEND, changed)


def _waits(complaint: Complaint, fact: Fact, moved: str | None) -> Iterator[Command]:
    if moved in (WAIT, RESUME) or not _tells_wait(fact):
        return
    now = complaint.waiting.for_ if complaint.waiting and moved not in (ANSWER, REOPEN, WITHDRAW) else None
    if fact.waiting == now:
        return
    if now is not None:
        yield Command(RESUME, {})
    if fact.waiting is not None:
        yield Command(WAIT, {"for_": fact.waiting})


def _tells_wait(fact: Fact) -> bool:
    """Does the fact say whether the case waits? A state always does; an action only if it is about waiting."""
    return fact.state is not None or fact.waiting is not None or fact.action == RESUME


def _reason(fact: Fact) -> dict[str, Any]:
    return {"reason": fact.values["reason"]} if "reason" in fact.values else {}


def _ratings(fact: Fact) -> dict[str, Any]:
    return {name: fact.values[name] for name in RATINGS if name in fact.values}


def _differs(complaint: Complaint, name: str, fact: Fact) -> bool:
    return name in fact.values and fact.values[name] != getattr(complaint, name)


def _stays(state: str, action: str) -> bool:
    return action in USUAL.allowed(state) and USUAL.target(state, action) == state


@cache
def _policy(code: str) -> ComplaintPolicy:
    """Rules of a house that closes with this code, as the other system does."""
    return ComplaintPolicy(closing_codes=(code,))


# -- obeying or adopting -------------------------------------------------------------------------


def _too_early(complaint: Complaint, fact: Fact) -> str | None:
    early = micros(fact.occurred_at) < micros(complaint.received_at)
    return f"{fact.action or fact.state} before it was received" if early else None


def _against(state: str, commands: Sequence[Command], move: Command | None) -> str | None:
    """The first thing that our lifecycle has against these commands, one after the other."""
    for command in commands:
        if command.lacks is not None:
            return f"{command.action} {command.lacks}"
        if command.action not in USUAL.allowed(state):
            return f"{command.action} while {state}"
        target = USUAL.target(state, command.action)
        if target != state and command is not move:
            return f"{command.action} without leaving {state}"
        state = target
    return None


def _obeyed(
    decision: Decision[Complaint], commands: Sequence[Command], stamp: Stamp
) -> tuple[Decision[Complaint], Decision[Message] | None]:
    message: Decision[Message] | None = None
    for command in commands:
        decided = getattr(actions, command.action)(
            decision.after,
            **command.arguments,
            by=stamp["by"],
            at=stamp["recorded_at"],
            occurred_at=stamp["occurred_at"],
        )
        if isinstance(decided, tuple):
            decided, message = decided
        decision = Decision(decision.before, decided.after, decision.steps + decided.steps)
    return decision, message


def _adopted(start: Decision[Complaint], fact: Fact, stamp: Stamp, *, source: str) -> Decision[Complaint]:
    complaint = start.after
    told: dict[str, Any] = {
        name: fact.values[name] for name in (*DETAILS, *RATINGS, "handler") if _differs(complaint, name, fact)
    }
    told = {name: CODES[name](value) if name in CODES else value for name, value in told.items()}
    state = fact.state or _state_after(complaint.state, fact.action)
    waiting = _wait_after(complaint, fact, state)
    if waiting or complaint.waiting:
        told["waiting"] = waiting
    if state == CLOSED and "closing_code" in fact.values:
        told["closing_code"] = fact.values["closing_code"]
    if fact.extra:
        told["extra"] = FrozenMap({**complaint.extra, **fact.extra})
    return start.then(
        actions.adopt,
        state,
        source=source,
        by=stamp["by"],
        at=stamp["recorded_at"],
        occurred_at=stamp["occurred_at"],
        **told,
    )


def _wait_after(complaint: Complaint, fact: Fact, state: str) -> Waiting | None:
    """What the complaint waits for when it has followed, in whatever state."""
    now = complaint.waiting
    if not _tells_wait(fact):
        return now if state == complaint.state or state in BEING_WORKED_ON else None
    if fact.waiting is None:
        return None
    if now and now.for_ == fact.waiting:
        return now
    return Waiting(for_=WaitingFor(fact.waiting), since=fact.occurred_at)


def _answer(before: Complaint, after: Complaint, fact: Fact, stamp: Stamp, *, id: str) -> Decision[Message] | None:
    """What the complainant was told, if an adopted fact is the one that answers the complaint."""
    text = fact.values.get("answer")
    over = (RESPONDED, CLOSED)
    if not isinstance(text, str) or before.state in over or after.state not in over:
        return None
    return write(
        text,
        id=id,
        about_kind=LIFECYCLE.name,
        about=after.id,
        side=Side.INSIDE,
        klass=MessageClass.FINAL_RESPONSE,
        channel=after.channel,
        by=stamp["by"],
        at=stamp["recorded_at"],
        occurred_at=stamp["occurred_at"],
    )


@cache
def _state_after(state: str, action: str | None) -> str:
    """Where an action leads that our table does not allow here: on, but not back, unless it reopens."""
    to = next((row.to for row in USUAL.rows() if row.action == action and not row.stays), state)
    return to if action == REOPEN or EVERYWHERE.index(to) > EVERYWHERE.index(state) else state

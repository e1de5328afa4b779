"""What holds of every command at a desk, whatever it is about."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any, Final, NamedTuple, get_origin

import pytest

from servicecrm.desk import Desk
from servicecrm.desk.tracked import TRACKED
from servicecrm.errors import IdempotencyMismatch, TransitionNotAllowed
from servicecrm.kernel.records import fields_of
from servicecrm.testing import FixedClock
from servicecrm.testing.contract.examples import sealed_head
from servicecrm.testing.makers import MONDAY
from servicecrm.tracking import Clock, clock_id
from tests.desk.calling import ALSO, LIFECYCLES, arguments_of, bring, call_of, looked_up, named_by

__all__ = ["WHEN", "Change", "check_change", "check_clock", "check_forbidden", "check_repetition", "check_words"]

WHEN: Final = MONDAY + timedelta(minutes=50)
"""When the commands happened; they are entered ten minutes later."""


class Change(NamedTuple):
    """A command, and what has to come of it."""

    action: str
    type: str
    """The type of its event."""
    saved: Mapping[str, Any]
    """The fields that change, besides `moments`."""
    written: tuple[str, str] | None = None
    """The side and the class of the message that it leaves."""


def check_change(crm: Desk, clock: FixedClock, part: str, change: Change, named_by: str) -> None:
    """A command saves what it changes, and says who did it when."""
    call = call_of(f"{part}.{change.action}")
    before, told = bring(crm, part, str(call.state)), call.told
    said = len(getattr(crm, part).messages(before.id))
    clock.advance(hours=1)

    bob = crm.acting_as("bob@city.example", on_behalf_of="customer-7")
    command = attrgetter(f"{part}.{change.action}")(bob)
    after = command(getattr(before, named_by), occurred_at=WHEN, command="k-1", **told)

    assert after == getattr(crm, part).get(before.id)
    assert after.revision == before.revision + 1
    old, new = fields_of(before), fields_of(after)
    changed = {name: new[name] for name in new if name not in ("revision", "moments") and new[name] != old[name]}
    assert changed == change.saved
    assert after.moments[: len(before.moments)] == before.moments

    entry = crm.history(before.id)[-1]
    assert (entry.type, entry.n, entry.revision) == (change.type, after.revision, after.revision)
    assert (entry.by, entry.on_behalf_of, entry.command) == ("bob@city.example", "customer-7", "k-1")
    assert (entry.at, entry.recorded_at) == (WHEN, clock())

    messages = getattr(crm, part).messages(before.id)[said:]
    assert [(message.side, message.klass) for message in messages] == ([change.written] if change.written else [])
    for message in messages:
        assert (message.text, message.occurred_at) == (told.get("text") or told["note"], WHEN)
        assert crm.history(message.id)[0].command == "k-1"
    check_clock(crm, after)
    crm.store.verify()


def check_clock(crm: Desk, record: Any) -> None:
    """What is kept of the timers of a record is what they come to."""
    tracked = TRACKED.get(type(record))
    if tracked is None:
        return
    with crm.store.unit(readonly=True) as unit:
        kept = unit.get(Clock, clock_id(tracked.kind.name, record.id))
    timers = crm.timers(record.id)
    assert (kept.next_at, kept.due_at) == (timers.next_at, timers.due_at)
    assert kept.handler == (tracked.facts(record).handler if tracked.open(record) else None)


def check_repetition(crm: Desk, part: str, action: str) -> None:
    """The same command again changes nothing and gives the record; about another record it is refused."""
    _, _, state, told = call_of(f"{part}.{action}")
    id, other = (bring(crm, part, str(state)).id for _ in range(2))
    command = attrgetter(f"{part}.{action}")(crm)
    first = command(id, command="k-1", **told)
    head = sealed_head(crm.store)

    again = command(id, command="k-1", **told)
    assert (again, again.revision) == (first, first.revision)
    with pytest.raises(IdempotencyMismatch):
        command(other, command="k-1", **told)
    assert sealed_head(crm.store) == head


def check_words(crm: Desk, part: str, method: str) -> None:
    """A command that is sent again with another word is another command, whatever word it is; times are none."""
    name = f"{part}.{method}"
    about, _, state, told = call_of(name)
    if about is not None:
        told = {**told, about: bring(crm, part, str(state)).id}
    attrgetter(name)(crm)(**told, command="k-1")
    head = sealed_head(crm.store)

    for argument, kind in arguments_of(name).items():
        if argument != "command" and kind not in (datetime, datetime | None):
            several = get_origin(kind) in (Iterable, Sequence)
            another = 7 if kind is int else ["another word"] if several else "another word"
            with pytest.raises(IdempotencyMismatch):
                attrgetter(name)(crm)(**{**told, argument: another}, command="k-1")
    assert sealed_head(crm.store) == head


def check_forbidden(crm: Desk, part: str, state: str) -> None:
    """An action that the state forbids is refused, says what is allowed, and changes nothing."""
    lifecycle, made = LIFECYCLES[part], getattr(crm, part)
    record = bring(crm, part, state)
    assert record.state == state

    allowed = {*lifecycle.allowed(record)}
    moves = {move.action: move.action for move in lifecycle.moves} | dict(made._moves)
    commands = {
        command: _about(crm, f"{part}.{command}", record)
        for command, action in moves.items()
        if not {action, ALSO.get(f"{part}.{command}")} & allowed
        if hasattr(made, command) and call_of(f"{part}.{command}").part == part
    }
    head = sealed_head(crm.store)

    for command, told in commands.items():
        with pytest.raises(TransitionNotAllowed, match="allowed: ") as refused:
            getattr(made, command)(**told)
        assert refused.value.state == state
    assert made.get(record.id).revision == record.revision
    assert sealed_head(crm.store) == head


def _about(crm: Desk, name: str, record: Any) -> dict[str, Any]:
    """What a call is told about a record."""
    about, _, _, told = call_of(name)
    again = {"command": "k-1"} if "command" in arguments_of(name) else {}
    return {**looked_up(crm, told, record.id), str(about): named_by(str(about), record), **again}

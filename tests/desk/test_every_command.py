"""What holds of every command about records without clocks, found by looking at the desk."""  # C005, C010, C125

from operator import attrgetter
from typing import Any, Final

import pytest

from servicecrm import complaints
from servicecrm.desk import Desk, House, connect
from servicecrm.errors import IdempotencyMismatch, InvalidValue, NotPermitted
from servicecrm.testing import FixedClock, SeededIds
from servicecrm.testing.contract.examples import sealed_head
from servicecrm.tracking.responsibility import Responsibilities
from servicecrm.tracking.rights import ByMatrix
from tests.desk.calling import (
    LIFECYCLES,
    REGISTERS,
    WAYS,
    WITH_CLOCKS,
    arguments_of,
    bring,
    call_of,
    looked_up,
    named_by,
    public,
)
from tests.desk.calls.records import further
from tests.desk.changing import check_forbidden

PARTS: Final = [part for part in REGISTERS if part not in WITH_CLOCKS]
METHODS: Final = [f"{part}.{method}" for part in PARTS for method in sorted(public(REGISTERS[part]))]
COMMANDS: Final = [name for name in METHODS if "command" in arguments_of(name)]
MOVING: Final = [part for part in PARTS if part in LIFECYCLES]
STATES: Final = [(part, state) for part in MOVING for state in WAYS[part] if state in LIFECYCLES[part].states]


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def crm(clock: FixedClock) -> Desk:
    """A desk in memory: that all stores are alike is tested elsewhere."""
    return connect("memory:", actor="ann@city.example", clock=clock, ids=SeededIds())


def test_every_state_is_reached() -> None:  # C003
    assert {(part, state) for part in MOVING for state in LIFECYCLES[part].states} == {*STATES}


def told_to(crm: Desk, name: str) -> dict[str, Any]:
    """What a call is told, about a new record if it is about one."""
    about, part, state, told = call_of(name)
    if about is None:
        return looked_up(crm, told)
    record = bring(crm, part, str(state))
    return {**looked_up(crm, told, record.id), about: named_by(about, record)}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_says_who_did_it_when(crm: Desk, clock: FixedClock, name: str) -> None:  # C004, C010
    told = told_to(crm, name)
    clock.advance(minutes=5)
    bob = crm.acting_as("bob@city.example", on_behalf_of="customer-7")

    after = attrgetter(name)(bob)(**told, command="k-1")
    entry = crm.history(after.id)[-1]
    assert (entry.by, entry.on_behalf_of, entry.command) == ("bob@city.example", "customer-7", "k-1")
    assert (entry.revision, entry.recorded_at) == (after.revision, clock())
    crm.store.verify()


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_again_changes_nothing(crm: Desk, name: str) -> None:  # C125
    told, other = told_to(crm, name), told_to(crm, name)
    command = attrgetter(name)(crm)
    first = command(**told, command="k-1")
    head = sealed_head(crm.store)

    again = command(**told, command="k-1")
    assert (again, again.revision) == (first, first.revision)
    if call_of(name).about is not None:
        with pytest.raises(IdempotencyMismatch):
            command(**other, command="k-1")
    assert sealed_head(crm.store) == head


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_again_with_another_word_is_refused(crm: Desk, name: str) -> None:  # C125
    told = told_to(crm, name)
    attrgetter(name)(crm)(**told, command="k-1")
    head = sealed_head(crm.store)

    for argument, kind in arguments_of(name).items():
        if argument not in ("command", call_of(name).about) and kind in (str, str | None):
            with pytest.raises(IdempotencyMismatch):
                attrgetter(name)(crm)(**{**told, argument: "another word"}, command="k-1")
    assert sealed_head(crm.store) == head


@pytest.mark.parametrize(("part", "state"), STATES)
def test_an_action_that_the_state_forbids_is_refused_and_changes_nothing(crm: Desk, part: str, state: str) -> None:
    # C003
    check_forbidden(crm, part, state)


WITHOUT_COMMANDS: Final = [
    *("customers.forget", "customers.import_", "evaluations.call_back", "evaluations.follow_up", "evaluations.revise"),
    *("invitations.decline", "invitations.invite", "invitations.remind", "invitations.send"),
    *("responses.begin", "responses.import_", "responses.take_part"),
]


@pytest.mark.parametrize("name", [*COMMANDS, *WITHOUT_COMMANDS])
def test_nobody_does_what_the_house_says_is_for_nobody(crm: Desk, name: str) -> None:  # C005
    told = told_to(crm, name)
    nobody = House(rights=ByMatrix(Responsibilities(duties=(), roles=())))
    desk = connect(crm.store, actor="eve", clock=crm.clock, ids=crm.ids, house=nobody)
    head = sealed_head(crm.store)

    with pytest.raises(NotPermitted):
        attrgetter(name)(desk)(**told)
    assert sealed_head(crm.store) == head


# -- what is easily mistaken ---------------------------------------------------------------------


def test_a_customer_as_it_was_is_not_another_record_with_its_id(crm: Desk) -> None:  # C010
    first, *others = further("same", 1, "Mine")
    crm.save(complaints.record(id="same", subject="No water", channel="phone", by="ann", at=crm.clock()))
    crm.save(first, *others)

    assert crm.customers.as_of("same", crm.clock()) == crm.customers.get("same")


@pytest.mark.parametrize(("name", "argument"), [("invitations.invite", "people"), ("responses.import_", "rows")])
def test_one_text_is_not_taken_apart_into_its_letters(crm: Desk, name: str, argument: str) -> None:  # C076, C077
    told = told_to(crm, name)
    with pytest.raises(InvalidValue):
        attrgetter(name)(crm)(**{**told, argument: "mia"})

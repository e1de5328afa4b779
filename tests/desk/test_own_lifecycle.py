"""A house adapts a lifecycle: its desks go by its own table, and nobody else does."""  # C003

import asyncio
import threading

import pytest

from servicecrm import complaints
from servicecrm.complaints import LIFECYCLE, Complaint
from servicecrm.desk import Desk, House, connect
from servicecrm.errors import InvalidValue, TransitionNotAllowed
from servicecrm.kernel.filters import where
from servicecrm.kernel.lifecycle import Lifecycle, Move, going_by
from servicecrm.storage.ports import Fact
from servicecrm.testing import MONDAY, FixedClock, a_complaint

IN_REVIEW = "in_review"
OURS: Lifecycle[Complaint] = LIFECYCLE.with_moves(
    Move("assign", "acknowledged", IN_REVIEW, "manager"),
    Move("assign", IN_REVIEW, "in_handling", "manager"),
).without("split")
"""Whoever gets it looks first whether it is theirs."""


def given(complaint: Complaint) -> Complaint:
    return complaints.assign(complaint, "north", by="ann", at=MONDAY).after


def acknowledged() -> Complaint:
    return a_complaint(state="acknowledged", customer="c-7")


def test_a_command_goes_by_our_table_within_the_block_and_by_the_shipped_one_after_it() -> None:
    with going_by(OURS):
        ours = given(acknowledged())
        told = "cannot split while in_review; allowed: message, note, void, assign"
        with pytest.raises(TransitionNotAllowed, match=told):
            complaints.split(ours, "The bill", id="c-2", by="ann", at=MONDAY)

    assert ours.state == IN_REVIEW
    assert given(acknowledged()).state == "in_handling"
    with pytest.raises(InvalidValue, match="not a state of this lifecycle"):
        LIFECYCLE.allowed(ours)


def test_a_desk_finds_by_the_states_of_its_own_house_and_no_others() -> None:
    with connect("memory:", house=House(lifecycles=(OURS,))) as ours:
        assert ours.complaints.count(where("state") == IN_REVIEW) == 0
        with pytest.raises(InvalidValue, match=r"known: .*in_handling"):
            Desk(ours.store, actor="ann").complaints.count(where("state") == IN_REVIEW)


def test_records_in_a_state_that_there_is_no_longer_are_found_all_the_same() -> None:
    with connect("memory:", actor="ann", house=House(lifecycles=(OURS,))) as ours:
        id = ours.complaints.record(subject="No water", channel="phone").id
        ours.complaints.acknowledge(id)
        ours.complaints.assign(id, "north")
        shipped = Desk(ours.store, actor="ann").complaints

        assert [each.id for each in shipped.find(where("state") == IN_REVIEW)] == [id]
        assert shipped.count(where("state") != IN_REVIEW) == 0


def test_another_thread_and_another_task_go_by_the_shipped_table() -> None:
    states: list[str] = []

    def acknowledge() -> None:
        states.append(given(acknowledged()).state)

    async def both() -> None:
        async def ours() -> None:
            with going_by(OURS):
                await asyncio.sleep(0)
                acknowledge()

        async def shipped() -> None:
            acknowledge()

        await asyncio.gather(ours(), shipped())

    with going_by(OURS):
        thread = threading.Thread(target=acknowledge)
        thread.start()
        thread.join()
    asyncio.run(both())

    assert states == ["in_handling", "in_handling", IN_REVIEW]


def test_a_desk_goes_by_the_lifecycles_of_its_house(url: str, clock: FixedClock) -> None:
    with connect(url, actor="ann", clock=clock, house=House(lifecycles=(OURS,))) as crm:
        complaint = crm.complaints.record(subject="No water", channel="phone", customer="c-7")
        crm.complaints.acknowledge(complaint.id)
        assert crm.complaints.assign(complaint.id, "north").state == IN_REVIEW
        clock.advance(days=30)
        crm.sweep()
        assert crm.complaints.count(where("open").is_(True)) == 1
        assert crm.complaints.assign(complaint.id, "north").state == "in_handling"
        assert [line.id for line in crm.numbers.board()] == [complaint.id]


def test_a_desk_of_another_house_does_not_take_over_our_table_when_a_hook_calls_it(clock: FixedClock) -> None:
    with connect("memory:", actor="ann", clock=clock, house=House(lifecycles=(OURS,))) as own:
        plain = Desk(own.store, actor="bob", clock=clock)
        ours, other = (own.complaints.record(subject="No water", channel="phone", customer="c-7") for _ in range(2))
        for each in (ours, other):
            own.complaints.acknowledge(each.id)

        def assign(fact: Fact) -> None:
            if fact.record.id == ours.id:
                plain.complaints.assign(other.id, "south")

        plain.on("complaint.assigned", assign)
        own.complaints.assign(ours.id, "north")

        assert not own.hook_errors
        assert (plain.complaints.get(ours.id).state, plain.complaints.get(other.id).state) == (IN_REVIEW, "in_handling")


def test_a_house_has_one_table_for_a_kind_and_none_for_what_is_not_there() -> None:
    nothing = Lifecycle[Complaint]("tickets", initial="new", moves=(Move("end", "new", "old"),), final={"old"})
    for tables in ((OURS, OURS), (nothing,)):
        with pytest.raises(InvalidValue, match="one for each of complaint, case, action_item"):
            House(lifecycles=tables)

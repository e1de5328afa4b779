# ruff: noqa: PT012 - a unit of work is a block of its own
"""A command that is sent again changes nothing, and a number is given once."""

import contextlib

import pytest

from servicecrm.complaints import Complaint
from servicecrm.errors import AlreadyExists, IdempotencyMismatch, InvalidValue, StoreError
from servicecrm.storage.ports import Command, Outcome, Store
from servicecrm.testing.contract.examples import (
    amended,
    claim,
    command,
    complaint,
    count,
    get,
    lines,
    message,
    notice,
    put,
)
from servicecrm.tracking import Message

__all__ = ["Commands", "Numbers"]


def outcome(store: Store, given: Command) -> Outcome | None:
    """What a command did, as a unit is told."""
    with store.unit(given) as unit:
        return unit.outcome


class Commands:
    """The client may always ask again."""

    def test_a_new_command_has_no_outcome(self, store: Store) -> None:
        assert outcome(store, command()) is None
        assert outcome(store, command()) is None
        with store.unit() as unit:
            assert unit.outcome is None

    def test_a_repeated_command_is_told_what_it_did(self, store: Store) -> None:
        with store.unit(command()) as unit:
            unit.save(complaint(number="CMP-2026-000007"), message(), notices=[notice()])
        first = Outcome(kind="complaint", id="c-1", revision=1, number="CMP-2026-000007")

        assert outcome(store, command()) == first
        put(store, amended(get(store, Complaint, "c-1"), category="water"))
        assert outcome(store, command()) == first
        assert outcome(store, command("k-2")) is None

    def test_who_leaves_the_block_of_a_repeated_command_changes_nothing(self, store: Store) -> None:
        for _ in range(3):
            with store.unit(command()) as unit:
                if unit.outcome is None:
                    unit.save(complaint(), notices=[notice()])
        assert count(store) == 1
        assert lines(store) == 1
        assert len(claim(store)) == 1
        assert store.verify() == 1

    def test_the_outcome_is_of_the_first_record_and_says_nothing_that_is_not_there(self, store: Store) -> None:
        with store.unit(command()) as unit:
            unit.save(message("m-9"))
            unit.save(complaint())
        assert outcome(store, command()) == Outcome(kind="message", id="m-9", revision=1, number=None)

    def test_the_same_id_for_something_else_is_a_mismatch(self, store: Store) -> None:
        with store.unit(command()) as unit:
            unit.save(complaint())

        with pytest.raises(IdempotencyMismatch) as found, store.unit(command(fingerprint="other")) as unit:
            unit.save(complaint("c-2"))
        assert found.value.command == "k-1"
        assert count(store) == 1
        assert outcome(store, command()) is not None

    def test_a_command_whose_unit_was_rolled_back_was_never_given(self, store: Store) -> None:
        with pytest.raises(ZeroDivisionError), store.unit(command()) as unit:
            unit.save(complaint())
            raise ZeroDivisionError
        assert outcome(store, command()) is None
        assert outcome(store, command(fingerprint="other")) is None

        with store.unit(command(fingerprint="third")) as unit:
            unit.save(complaint())
        assert outcome(store, command(fingerprint="third")) is not None

    def test_a_command_whose_save_failed_was_never_given(self, store: Store) -> None:
        put(store, complaint())
        with pytest.raises(StoreError), store.unit(command()) as unit:
            unit.save(message())
            with contextlib.suppress(AlreadyExists):
                unit.save(complaint())
        assert outcome(store, command()) is None

    def test_a_command_that_saved_nothing_is_not_remembered(self, store: Store) -> None:
        with store.unit(command()) as unit:
            unit.count(Complaint)
        assert outcome(store, command(fingerprint="other")) is None

    def test_several_commands_in_one_unit_have_an_outcome_each(self, store: Store) -> None:
        with store.unit(command("outer")):
            with store.unit(command("a")) as unit:
                unit.save(complaint("c-a"))
            with store.unit(command("b")) as unit:
                unit.save(complaint("c-b"))
            with store.unit(command("a")) as unit:
                assert unit.outcome is not None
                assert unit.outcome.id == "c-a"
        first, second, whole = (outcome(store, command(id)) for id in ("a", "b", "outer"))

        assert first is not None
        assert second is not None
        assert whole is not None
        assert (first.id, second.id, whole.id) == ("c-a", "c-b", "c-a")

    def test_a_command_within_a_unit_that_was_rolled_back_was_never_given(self, store: Store) -> None:
        with pytest.raises(ZeroDivisionError), store.unit():
            with store.unit(command()) as unit:
                unit.save(complaint())
            assert outcome(store, command()) is not None
            raise ZeroDivisionError
        assert outcome(store, command()) is None

    def test_the_journal_names_the_command_of_each_fact(self, store: Store) -> None:
        with store.unit(command("k-1")) as unit:
            unit.save(complaint("a"), complaint("b"))
        store.perform(lambda work: work.save(complaint("c"), commands=[command("k-7")]))
        put(store, complaint("d"))
        with store.unit(readonly=True) as unit:
            entries = [entry for id in "abcd" for entry in unit.history(Complaint, id)]
        assert [entry.command for entry in entries] == ["k-1", "k-1", "k-7", None]

    @pytest.mark.parametrize("id", ["k'1", "K-1", "k-1 ", "é", "💧", "k" * 500])
    def test_a_command_may_have_any_text_as_its_id(self, store: Store, id: str) -> None:
        with store.unit(command("k-1")) as unit:
            unit.save(complaint("other"))
        with store.unit(command(id)) as unit:
            assert unit.outcome is None
            unit.save(complaint())
        found = outcome(store, command(id))
        assert found is not None
        assert found.id == "c-1"


class Numbers:
    """Human numbers are unique for each kind and year."""

    def number(self, store: Store, year: int = 2026) -> str:
        with store.unit() as unit:
            return unit.number(Complaint, year)

    def test_numbers_count_from_one_in_each_year(self, store: Store) -> None:
        assert [self.number(store) for _ in range(3)] == ["CMP-2026-000001", "CMP-2026-000002", "CMP-2026-000003"]
        assert self.number(store, 2027) == "CMP-2027-000001"
        assert self.number(store) == "CMP-2026-000004"

    def test_a_unit_that_takes_several_gets_several(self, store: Store) -> None:
        with store.unit() as unit:
            taken = [unit.number(Complaint, 2026) for _ in range(3)]
        assert len(set(taken)) == 3
        assert self.number(store) not in taken

    def test_a_number_that_was_saved_is_never_given_again(self, store: Store) -> None:
        saved = []
        for n in range(6):
            with contextlib.suppress(ZeroDivisionError), store.unit() as unit:
                number = unit.number(Complaint, 2026)
                unit.save(complaint(f"{n}", number=number))
                if n % 2:
                    raise ZeroDivisionError
                saved.append(number)
        assert len(set(saved)) == len(saved) == 3
        assert self.number(store) not in saved
        assert count(store) == 3

    def test_a_kind_without_numbers_says_so(self, store: Store) -> None:
        with store.unit() as unit, pytest.raises(InvalidValue, match="no human numbers"):
            unit.number(Message, 2026)

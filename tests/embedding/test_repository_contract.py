"""The contract of a repository passes what is sound, and tells of each planted fault in its own words."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any

import pytest

from servicecrm.complaints import Complaint
from servicecrm.complaints.ports import Repository
from servicecrm.kernel.decisions import Decision
from servicecrm.kernel.filters import where
from servicecrm.kernel.records import field_names, fields_of
from servicecrm.storage import MemoryStore
from servicecrm.testing import RepositoryContract
from servicecrm.tracking import Message
from tests.embedding.planted import PLANTED
from tests.embedding.tickets import Tickets

ASIDE = {"test_a_long_life_comes_back_after_every_step", "test_every_field_comes_back"}
"""These go through everything, so that they notice most faults besides the test that is about them."""


EMPTY: tuple[Any, ...] = (None, "", 0, (), frozenset(), {})
TESTS = {name for name in dir(RepositoryContract) if name.startswith("test_")}


class TestTickets(RepositoryContract):
    """The control: a sound repository in a dict."""

    @pytest.fixture
    def repository(self) -> Repository:
        return Tickets()

    def reopened(self, repository: Tickets) -> Tickets:
        return repository.again()

    def messages(self, repository: Tickets, complaint: str) -> Sequence[Message]:
        return repository.messages(complaint)

    def events(self, repository: Tickets, complaint: str) -> Sequence[str]:
        return [type for id, type in repository.log if id == complaint]


class InOurStore:
    """A repository of two lines on a store of ours."""

    def __init__(self) -> None:
        self.store = MemoryStore()

    def get(self, id: str, /) -> Complaint:
        return self.store.atomically(lambda unit: unit.get(Complaint, id))

    def save(self, *decisions: Decision[Any]) -> Sequence[Any]:
        return self.store.atomically(lambda unit: unit.save(*decisions))


class TestOurStore(RepositoryContract):
    """A control from another hand."""

    @pytest.fixture
    def repository(self) -> Iterator[Repository]:
        repository = InOurStore()
        with repository.store:
            yield repository

    def messages(self, repository: InOurStore, complaint: str) -> Sequence[Message]:
        return repository.store.atomically(lambda unit: unit.find(Message, where("about") == complaint)).items

    def events(self, repository: InOurStore, complaint: str) -> Sequence[str]:
        return [entry.type for entry in repository.store.atomically(lambda unit: unit.history(Complaint, complaint))]


def test_a_host_that_keeps_neither_messages_nor_events_is_told_what_is_not_proven() -> None:
    contract = RepositoryContract()
    for test in (contract.test_a_message_is_kept, contract.test_every_fact_is_kept_in_order):
        with pytest.raises(pytest.skip.Exception, match=r"override `(messages|events)`"):
            test(Tickets())


def test_the_contract_tries_a_value_in_every_field() -> None:
    class Watching(Tickets):
        def put(self, decision: Decision[Any]) -> Any:
            filled.update(name for name, value in fields_of(decision.after).items() if value not in EMPTY)
            return super().put(decision)

    filled: set[str] = set()
    assert list(failures(Watching, ["test_every_field_comes_back"])) == []
    assert set(field_names(Complaint)) - filled == {"number", "revision"}


def failures(faulty: type[Tickets], names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Which of some tests of the contract a repository fails, each with what it says."""
    contract = TestTickets()
    for name in names:
        test = getattr(contract, name)
        (mark,) = getattr(test, "pytestmark", [pytest.mark.parametrize("none", [None]).mark])
        for value in mark.args[1]:
            try:
                test(faulty(), **({} if value is None else {mark.args[0]: value}))
            except AssertionError as error:
                yield name, str(error).partition("\n")[0]


FAULTY = {faulty.__name__: faulty for faulty, _ in PLANTED}


@cache
def caught(fault: str) -> dict[str, str]:
    """The tests about one thing that notice a fault, with what each says; or else those that go through everything."""
    faulty = FAULTY[fault]
    return dict(failures(faulty, TESTS - ASIDE)) or dict(failures(faulty, ASIDE))


@pytest.mark.parametrize(("fault", "says"), [(faulty.__name__, says) for faulty, says in PLANTED])
def test_a_planted_fault_is_caught_and_named(fault: str, says: str) -> None:  # C056
    (said,) = set(caught(fault).values())
    assert said.startswith(says)


def test_every_test_of_the_contract_catches_a_fault() -> None:
    assert {name for fault in FAULTY for name in caught(fault)} == TESTS

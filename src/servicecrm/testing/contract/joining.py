# ruff: noqa: PT012 - a unit of work is a block of its own
"""A store inside a host's own transaction: both are saved, or neither."""

import contextlib
from typing import Protocol

import pytest

from servicecrm.complaints import Complaint
from servicecrm.errors import AlreadyExists, NotFound, NoTransaction, StaleRevision, StoreError
from servicecrm.storage.ports import Store
from servicecrm.testing.contract.examples import (
    amended,
    claim,
    command,
    complaint,
    count,
    find,
    get,
    ids,
    lines,
    notice,
    put,
    sealed_head,
)

__all__ = ["Host", "Joining"]


class Host(Protocol):
    """An application with rows and a connection of its own."""

    def begin(self) -> None:
        """Begin a transaction."""
        ...

    def commit(self) -> None: ...

    def rollback(self) -> None: ...

    def join(self) -> Store:
        """A store inside the open transaction."""
        ...

    def put(self, text: str) -> None:
        """Save a row of the host's own."""
        ...

    def texts(self) -> list[str]:
        """The host's own rows."""
        ...


class Joining:
    """For stores that join a host's transaction. The fixture `host` gives a `Host` without rows."""

    def test_the_hosts_rows_and_ours_are_saved_together(self, host: Host) -> None:
        host.begin()
        host.put("mine")
        (saved,) = put(host.join(), complaint(), notices=[notice()])
        host.commit()

        host.begin()
        assert host.texts() == ["mine"]
        assert get(host.join(), Complaint, "c-1") == saved
        assert lines(host.join()) == 1
        assert len(claim(host.join())) == 1
        assert host.join().verify() == 1
        host.rollback()

    def test_the_hosts_rollback_takes_ours_back_too(self, host: Host) -> None:
        host.begin()
        host.put("mine")
        store = host.join()
        with store.unit(command()) as unit:
            unit.save(complaint(), notices=[notice()])
        assert count(store) == 1
        host.rollback()

        host.begin()
        assert host.texts() == []
        store = host.join()
        assert count(store) == 0
        assert sealed_head(store).seal == 0
        assert claim(store) == ()
        with store.unit(command()) as unit:
            assert unit.outcome is None
        host.rollback()

    def test_nothing_is_committed_for_the_host(self, host: Host) -> None:
        host.begin()
        host.put("before")
        put(host.join(), complaint())
        host.put("after")
        host.rollback()

        host.begin()
        assert host.texts() == []
        host.rollback()

    def test_a_unit_that_fails_takes_back_only_its_own(self, host: Host) -> None:
        host.begin()
        host.put("mine")
        store = host.join()
        (first,) = put(store, complaint("kept"))
        put(store, amended(first, category="water"))
        for decision in (complaint("kept"), amended(first, category="roads")):
            with pytest.raises((AlreadyExists, StaleRevision)):
                put(store, complaint("lost"), decision)
        with pytest.raises(NotFound):
            get(store, Complaint, "lost")
        host.put("more")
        put(store, complaint("too"))
        host.commit()

        host.begin()
        assert host.texts() == ["mine", "more"]
        assert count(host.join()) == 2
        assert host.join().verify() == 3
        host.rollback()

    def test_a_unit_inside_a_unit_of_another_store_is_the_same_unit(self, host: Host) -> None:
        host.begin()
        one, other = host.join(), host.join()
        with one.unit() as outer:
            (old,) = outer.save(complaint("a"))
            with other.unit() as inner:
                (new,) = inner.save(amended(old, category="water"))
                outer.save(complaint("b"))
            put(other, complaint("c"))
            outer.save(amended(new, category="roads"))
        host.commit()

        host.begin()
        assert ids(find(host.join())) == ["a", "b", "c"]
        assert lines(host.join(), "a") == 3
        assert host.join().verify() == 5
        host.rollback()

    def test_a_store_that_fails_inside_a_unit_of_another_one_takes_nothing_back_unnoticed(self, host: Host) -> None:
        host.begin()
        one, other = host.join(), host.join()
        put(one, complaint("kept"))
        with pytest.raises(StoreError, match="nothing of it was saved"), one.unit() as outer:
            outer.save(complaint("a"))
            with contextlib.suppress(AlreadyExists), other.unit() as inner:
                outer.save(complaint("b"))
                inner.save(complaint("c"), complaint("kept"))
        with one.unit() as outer:
            outer.save(complaint("d"))
            with contextlib.suppress(NotFound), other.unit() as inner:
                inner.get(Complaint, "nowhere")
        host.commit()

        host.begin()
        assert ids(find(host.join())) == ["d", "kept"]
        assert host.join().verify() == 2
        host.rollback()

    def test_two_tenants_share_the_hosts_transaction_one_after_the_other(self, host: Host) -> None:
        host.begin()
        south, north = host.join().tenant("south"), host.join().tenant("north")
        put(south, complaint("a"))
        put(north, complaint("a"), complaint("b"))
        assert (count(south), count(north)) == (1, 2)
        with south.unit() as unit:
            unit.save(complaint("c"))
            with pytest.raises(StoreError, match="'south' is open; end it before work for tenant 'north'"):
                put(north, complaint("d"))
        host.commit()

        host.begin()
        assert (count(host.join().tenant("south")), count(host.join().tenant("north"))) == (2, 2)
        host.rollback()

    def test_without_a_transaction_it_refuses(self, host: Host) -> None:
        with pytest.raises(NoTransaction):
            host.join()
        host.begin()
        store = host.join()
        host.commit()
        with pytest.raises(NoTransaction):
            put(store, complaint())
        with pytest.raises(NoTransaction):
            count(store)

    def test_closing_it_leaves_the_hosts_transaction_open(self, host: Host) -> None:
        host.begin()
        host.put("mine")
        host.join().close()
        host.put("more")
        host.commit()

        host.begin()
        assert host.texts() == ["mine", "more"]
        host.rollback()

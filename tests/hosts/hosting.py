# ruff: noqa: PT012 - a transaction is a block of its own
"""What every application that works with us in its own transaction can rely on, whichever library it uses for that."""

import contextlib
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any, Protocol

import pytest

import servicecrm
from servicecrm import Desk, complaints
from servicecrm.complaints import Complaint
from servicecrm.errors import (
    AlreadyExists,
    InvalidValue,
    NotFound,
    NoTransaction,
    ServiceCRMError,
    StaleRevision,
    StoreError,
    StoreUnavailable,
    TransitionNotAllowed,
)
from servicecrm.testing.contract.examples import AT, BY, amended, complaint

__all__ = ["Application", "Hosting", "recorded"]


class Application(Protocol):
    """An application with rows of its own, and with a way of its own to begin and to end transactions."""

    options: dict[str, Any]
    """What `connect` has to know beside the connection."""

    def transaction(self) -> AbstractContextManager[Desk]:
        """A transaction with a desk in it, which is told how it ends: kept after the block, rolled back on any error.

        The desk tells `heard` what was saved.
        """
        ...

    def savepoint(self) -> AbstractContextManager[Desk]:
        """A part of the transaction that is open, which is rolled back alone; with a desk of its own."""
        ...

    def connection(self) -> Any:
        """The driver's connection, as it is used now."""
        ...

    def put(self, text: str) -> None:
        """Save a row of the application's own."""
        ...

    def texts(self) -> list[str]:
        """The application's own rows."""
        ...

    def execute(self, statement: str) -> None:
        """Give a statement to the database."""
        ...

    def elsewhere(self) -> AbstractContextManager["Application"]:
        """The same application in another process, say: with a connection of its own."""
        ...

    heard: list[str]


class Stop(Exception):
    """What goes wrong in a test."""


def recorded(desk: Desk, subject: str) -> Complaint:
    """Record a complaint."""
    return desk.complaints.record(subject=subject, channel="web")


def subjects(desk: Desk) -> list[str]:
    """What the complaints are about."""
    return sorted(complaint.subject for complaint in desk.complaints.find())


class Hosting:
    """Needs a fixture `app` that gives an `Application` without rows."""

    def test_the_commit_keeps_the_hosts_rows_and_ours(self, app: Application) -> None:
        with app.transaction() as desk:
            app.put("before")
            recorded(desk, "ours")
            app.put("after")
        with app.elsewhere() as other, other.transaction() as desk:
            assert other.texts() == ["before", "after"]
            assert subjects(desk) == ["ours"]
            desk.store.seal()
            assert desk.store.verify() == 2  # each complaint has a clock

    def test_the_rollback_takes_both_back(self, app: Application) -> None:
        with pytest.raises(Stop), app.transaction() as desk:
            app.put("mine")
            recorded(desk, "ours")
            with desk.unit():
                recorded(desk, "more of ours")
                app.put("more of mine")
            raise Stop
        with app.elsewhere() as other, other.transaction() as desk:
            assert (other.texts(), subjects(desk), desk.store.tenants()) == ([], [], ())

    def test_a_failing_block_of_ours_that_the_host_does_not_catch_takes_both_back(self, app: Application) -> None:
        with pytest.raises(TransitionNotAllowed), app.transaction() as desk:
            app.put("mine")
            desk.complaints.close(recorded(desk, "ours").id, "resolved")
        with app.transaction() as desk:
            assert (app.texts(), subjects(desk)) == ([], [])

    def test_hooks_hear_of_it_after_the_commit_only(self, app: Application) -> None:
        with app.transaction() as desk:
            recorded(desk, "first")
            assert app.heard == []
            recorded(desk, "second")
            assert app.heard == []
        assert app.heard == ["first", "second"]

    def test_hooks_hear_nothing_of_what_was_rolled_back(self, app: Application) -> None:
        with pytest.raises(Stop), app.transaction() as desk:
            recorded(desk, "lost")
            raise Stop
        assert app.heard == []
        with app.transaction() as desk:
            recorded(desk, "kept")
        assert app.heard == ["kept"]

    def test_an_error_of_ours_leaves_the_hosts_transaction_usable(self, app: Application) -> None:
        with app.transaction() as desk:
            app.put("mine")
            desk.save(complaint("c-1"))
            old = desk.complaints.get("c-1")
            desk.save(amended(old, category="water"))
            desk.complaints.acknowledge("c-1")

            def refused(error: type[ServiceCRMError]) -> AbstractContextManager[object]:
                return pytest.raises(error)

            with refused(AlreadyExists):
                desk.save(complaint("lost"), complaint("c-1"))
            with refused(StaleRevision):
                desk.save(complaint("lost"), amended(old, category="roads"))
            with refused(InvalidValue):
                desk.complaints.record(subject="", channel="web")
            with refused(NotFound):
                desk.complaints.get("nowhere")
            with refused(TransitionNotAllowed):
                desk.complaints.close("c-1", "resolved")
            with refused(StoreError), desk.unit() as unit:
                unit.save(complaint("lost"))
                with refused(AlreadyExists):
                    unit.save(complaint("lost too"), complaint("c-1"))
            app.put("more")
            recorded(desk, "after all")
        with app.transaction() as desk:
            assert app.texts() == ["mine", "more"]
            assert subjects(desk) == ["No water", "after all"]
            assert desk.complaints.get("c-1").category == "water"
            desk.store.seal()
            types = [entry.type for entry in desk.history("c-1")]
            assert types == ["complaint.recorded", "complaint.amended", "complaint.acknowledged"]
            desk.store.verify()

    def test_an_error_of_the_database_leaves_the_hosts_transaction_usable(self, app: Application) -> None:
        journal = "servicecrm_journal"
        if schema := app.options.get("schema"):
            journal = f"{schema}.{journal}"
        with app.transaction() as desk:
            app.put("mine")
            first = recorded(desk, "ours")
            app.execute(f"ALTER TABLE {journal} RENAME TO {'' if schema else 'servicecrm_'}hidden")
            for _ in range(2):
                with pytest.raises(StoreUnavailable):
                    recorded(desk, "lost")
                with pytest.raises(StoreUnavailable):
                    desk.complaints.acknowledge(first.id)
            app.execute(f"ALTER TABLE {f'{schema}.' if schema else 'servicecrm_'}hidden RENAME TO servicecrm_journal")
            desk.complaints.acknowledge(first.id)
            app.put("more")
        with app.transaction() as desk:
            assert app.texts() == ["mine", "more"]
            assert [each.state for each in desk.complaints.find()] == ["acknowledged"]

    def test_a_savepoint_of_the_hosts_takes_back_what_was_done_in_it(self, app: Application) -> None:
        with app.transaction() as desk:
            first = recorded(desk, "outside")
            with pytest.raises(Stop), app.savepoint() as inner:
                app.put("lost")
                recorded(inner, "lost")
                inner.complaints.acknowledge(first.id)
                raise Stop
            with app.savepoint() as inner:
                app.put("kept")
                recorded(inner, "kept")
            desk.complaints.acknowledge(first.id)
            assert app.heard == []
        assert sorted(app.heard) == ["kept", "outside", "outside: acknowledged"]
        with app.transaction() as desk:
            assert app.texts() == ["kept"]
            assert subjects(desk) == ["kept", "outside"]
            desk.store.seal()
            assert desk.store.verify() == 6

    def test_a_transaction_that_is_rolled_back_takes_back_its_savepoints(self, app: Application) -> None:
        with pytest.raises(Stop), app.transaction() as desk:
            with app.savepoint() as inner:
                recorded(inner, "lost")
            recorded(desk, "lost too")
            raise Stop
        assert app.heard == []
        with app.transaction() as desk:
            assert subjects(desk) == []

    def test_a_desk_does_not_outlive_its_transaction(self, app: Application) -> None:
        with app.transaction() as desk:
            recorded(desk, "kept")
        with pytest.raises(NoTransaction):
            recorded(desk, "lost")
        with pytest.raises(NoTransaction):
            desk.complaints.count()
        with app.transaction() as desk:
            assert subjects(desk) == ["kept"]

    def test_two_desks_for_two_tenants_share_the_transaction(self, app: Application) -> None:
        with app.transaction() as desk:
            south, north = desk.tenant("south"), connected(app, tenant="north")
            numbers = {recorded(south, "from the south").number, recorded(north, "from the north").number}
            assert len(numbers) == 1
            assert (subjects(south), subjects(north)) == (["from the south"], ["from the north"])
            with south.unit():
                recorded(south, "once more")
                with pytest.raises(StoreError, match="end it before work for tenant 'north'"):
                    recorded(north, "not now")
        with app.transaction() as desk:
            assert desk.store.tenants() == ("north", "south")
            assert subjects(desk.tenant("south")) == ["from the south", "once more"]
            assert subjects(desk.tenant("north")) == ["from the north"]

    def test_a_function_with_a_desk_of_its_own_joins_the_unit_that_is_open(self, app: Application) -> None:
        def note(id: str) -> None:
            connected(app).complaints.note(id, "seen by another desk")

        with app.transaction() as desk:
            with pytest.raises(Stop), desk.unit():
                note(recorded(desk, "lost").id)
                raise Stop
            with desk.unit():
                first = recorded(desk, "kept")
                note(first.id)
                desk.complaints.acknowledge(first.id)
        with app.transaction() as desk:
            assert subjects(desk) == ["kept"]
            types = [entry.type for entry in desk.history(first.id)]
            assert types == ["complaint.recorded", "complaint.note_added", "complaint.acknowledged"]
            desk.store.seal()
            assert desk.store.verify() == 6

    def test_nobody_else_sees_it_before_the_commit(self, app: Application) -> None:
        with app.elsewhere() as other:
            with app.transaction() as desk:
                recorded(desk, "ours")
                app.put("mine")
                with reading(other) as seen:
                    assert (subjects(seen), other.texts()) == ([], [])
            with other.transaction() as seen:
                assert (subjects(seen), other.texts()) == (["ours"], ["mine"])

    def test_decisions_of_the_hosts_own_are_saved_with_its_rows(self, app: Application) -> None:
        with app.transaction() as desk:
            decision = complaints.record(id="c-1", subject="decided outside", channel="web", by=BY, at=AT)
            (saved,) = desk.save(decision.then(complaints.acknowledge, by=BY, at=AT))
            app.put(saved.id)
        with app.transaction() as desk:
            (id,) = app.texts()
            assert desk.complaints.get(id) == saved


def connected(app: Application, **options: Any) -> Desk:
    """Another desk inside the transaction that is open."""
    return servicecrm.connect(app.connection(), actor=BY, **app.options, **options)


@contextlib.contextmanager
def reading(app: Application) -> Iterator[Desk]:
    """A transaction that reads only, and ends without having written."""
    with contextlib.suppress(Stop), app.transaction() as desk:
        yield desk
        raise Stop

"""What is saved comes back, and nobody overwrites what somebody else saved."""

from datetime import UTC, date, datetime, timedelta, timezone
from types import MappingProxyType

import pytest

from servicecrm.complaints import Complaint, Severity, Waiting, WaitingFor
from servicecrm.complaints.model import Channel
from servicecrm.errors import AlreadyExists, InvalidValue, NotFound, StaleRevision
from servicecrm.kernel.filters import where
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.values import ContactKind, ContactPoint
from servicecrm.storage.ports import Store
from servicecrm.testing.contract.examples import AT, amended, complaint, count, find, get, lines, message, put
from servicecrm.tracking import Message, Moment, Side

__all__ = ["Locking", "RoundTrip"]


class RoundTrip:
    """Records come back equal."""

    def test_a_record_comes_back_equal_with_every_kind_of_value(self, store: Store) -> None:
        east = timezone(timedelta(hours=5, minutes=45))
        moments = (
            Moment(n=1, kind="received", occurred_at=AT, recorded_at=AT, side=Side.OUTSIDE),
            Moment(n=2, kind="voided", occurred_at=AT, recorded_at=AT, voids=1),
        )
        given = complaint(
            number="CMP-2026-000001",
            complainant="C. Resident",
            contact=ContactPoint(kind=ContactKind.EMAIL, value="resident@home.example"),
            tags=frozenset({"b", "a"}),
            channel=Channel.LETTER,
            severity=Severity.HIGH,
            safety=True,
            forwards=3,
            received_at=datetime(2026, 3, 2, 12, 30, 0, 123456, tzinfo=east),
            waiting=Waiting(for_=WaitingFor.CUSTOMER, reason="a photo", since=AT),
            moments=moments,
            extra=FrozenMap({"list": [1, 2.5, None, True], "inner": {"deep": "x"}}),
        )
        (saved,) = put(store, given)
        found = get(store, Complaint, "c-1")

        assert found == given.after
        assert saved == found
        assert type(found) is Complaint
        assert found.received_at.utcoffset() is not None
        assert micros(found.received_at) == micros(given.after.received_at)
        assert found.tags == {"a", "b"}
        assert found.severity is Severity.HIGH
        assert found.safety is True
        assert found.moments == moments
        assert found.waiting == given.after.waiting
        assert found.extra["inner"] == MappingProxyType({"deep": "x"})
        assert found.number == "CMP-2026-000001"
        assert hash(found) == hash(given.after)

    def test_missing_values_come_back_missing(self, store: Store) -> None:
        put(store, complaint())
        found = get(store, Complaint, "c-1")

        assert found.customer is None
        assert found.closed_at is None
        assert found.tags == frozenset()
        assert found.extra == {}
        assert found.text == ""

    def test_the_revision_counts_saves(self, store: Store) -> None:
        (first,) = put(store, complaint())
        (second,) = put(store, amended(first, category="water"))

        assert first.revision == 1
        assert second.revision == 2
        assert get(store, Complaint, "c-1").revision == 2
        assert get(store, Complaint, "c-1").category == "water"

    def test_saving_gives_the_records_in_the_order_of_the_decisions(self, store: Store) -> None:
        saved = put(store, complaint("b"), message("m"), complaint("a"))

        assert [record.id for record in saved] == ["b", "m", "a"]
        assert [type(record) for record in saved] == [Complaint, Message, Complaint]
        assert put(store) == ()

    def test_what_a_unit_saved_it_reads_itself(self, store: Store) -> None:
        with store.unit() as unit:
            (saved,) = unit.save(complaint())
            assert unit.get(Complaint, "c-1") == saved
            assert unit.count(Complaint) == 1
            (again,) = unit.save(amended(saved, category="water"))
            assert unit.get(Complaint, "c-1").category == "water"
            assert unit.find(Complaint, where("category") == "water").items == (again,)

    def test_an_unknown_id_is_not_found(self, store: Store) -> None:
        put(store, message("m-1"))

        with pytest.raises(NotFound) as found:
            get(store, Complaint, "m-1")
        assert (found.value.kind, found.value.id) == ("complaint", "m-1")
        assert isinstance(found.value, LookupError)
        with pytest.raises(NotFound):
            get(store, Complaint, "")

    def test_kinds_are_apart_even_with_the_same_ids(self, store: Store) -> None:
        put(store, complaint("same"), message("same"))

        assert get(store, Complaint, "same").subject == "No water"
        assert get(store, Message, "same").text == "Any news?"
        assert count(store) == 1
        assert lines(store, "same") == 1

    def test_a_class_that_the_store_does_not_keep_is_refused_by_name(self, store: Store) -> None:
        with store.unit() as unit, pytest.raises(InvalidValue, match="keeps no such records") as found:
            unit.get(date, "1")  # type: ignore[type-var]  # that is the point
        assert "complaint" in str(found.value)
        assert Complaint in store.kinds
        assert store.kinds[Complaint].name == "complaint"

    def test_stored_columns_are_read_without_the_documents(self, store: Store) -> None:
        closed = datetime(2026, 3, 3, tzinfo=UTC)
        put(store, complaint("a", forwards=2), complaint("b", closed_at=closed, safety=True))
        with store.unit(readonly=True) as unit:
            found, after = unit.rows(Complaint, ["id", "forwards", "closed_at", "open"])
            first, more = unit.rows(Complaint, ["id"], order="-id", limit=1)
            rest, end = unit.rows(Complaint, ["id"], order="-id", limit=1, after=more)
            only, _ = unit.rows(Complaint, ["state"], where("forwards") == 2)

            assert found == [("a", 2, None, 1), ("b", 0, micros(closed), 0)]
            assert after is None
            assert (first, rest, end) == ([("b",)], [("a",)], None)
            assert more is not None
            assert only == [("recorded",)]
            with pytest.raises(InvalidValue, match="there is no column"):
                unit.rows(Complaint, ["nonsense"])


class Locking:
    """A change is saved only on top of what it was decided on."""

    def test_a_change_of_an_old_revision_is_stale_and_tells_both_revisions(self, store: Store) -> None:
        (first,) = put(store, complaint())
        put(store, amended(first, category="water"))

        with pytest.raises(StaleRevision) as found:
            put(store, amended(first, category="roads"))
        assert (found.value.expected, found.value.actual) == (1, 2)
        assert (found.value.kind, found.value.id) == ("complaint", "c-1")
        assert get(store, Complaint, "c-1").category == "water"
        assert lines(store) == 2

    def test_a_change_of_a_record_that_is_not_there_is_stale(self, store: Store) -> None:
        unsaved = complaint().after
        with pytest.raises(StaleRevision) as found:
            put(store, amended(unsaved, category="water"))
        assert (found.value.expected, found.value.actual) == (0, None)
        assert count(store) == 0
        assert lines(store) == 0

    def test_a_revision_from_the_future_is_stale_too(self, store: Store) -> None:
        (first,) = put(store, complaint())
        (second,) = put(store, amended(first, category="water"))
        with pytest.raises(StaleRevision):
            put(store, amended(second, category="roads"), amended(second, category="parks"))

    def test_a_record_of_a_unit_that_was_rolled_back_is_stale(self, store: Store) -> None:
        (first,) = put(store, complaint(category="water"))
        given: list[Complaint] = []
        with pytest.raises(KeyError):
            saved_and_rolled_back(store, first, given)
        put(store, amended(first, category="roads"))

        with pytest.raises(StaleRevision):  # it has the same revision
            put(store, amended(given[0], forwards=1))
        assert get(store, Complaint, "c-1").category == "roads"
        store.verify()

    def test_a_taken_id_is_refused(self, store: Store) -> None:
        put(store, complaint())

        with pytest.raises(AlreadyExists) as found:
            put(store, complaint(category="other"))
        assert (found.value.kind, found.value.id) == ("complaint", "c-1")
        assert get(store, Complaint, "c-1").category is None
        assert lines(store) == 1

    def test_a_taken_number_is_refused(self, store: Store) -> None:
        put(store, complaint("a", number="CMP-2026-000001"))

        with pytest.raises(AlreadyExists):
            put(store, complaint("b", number="CMP-2026-000001"))
        put(store, complaint("c"), complaint("d"))
        assert [found.id for found in find(store)] == ["a", "c", "d"]

    def test_two_units_that_read_the_same_cannot_both_save(self, store: Store) -> None:
        put(store, complaint())
        mine, theirs = get(store, Complaint, "c-1"), get(store, Complaint, "c-1")
        put(store, amended(theirs, handler="bob"))

        with pytest.raises(StaleRevision):
            put(store, amended(mine, handler="ann"))
        assert get(store, Complaint, "c-1").handler == "bob"

    def test_a_program_is_run_again_when_somebody_saved_in_between(self, store: Store) -> None:
        (stale,) = put(store, complaint())
        put(store, amended(stale, forwards=1))
        read = [stale]

        def program(work):  # type: ignore[no-untyped-def]
            old = read.pop() if read else (yield from work.get(Complaint, "c-1"))
            return (yield from work.save(amended(old, forwards=old.forwards + 1)))

        (saved,) = store.perform(program)
        assert saved.forwards == 2
        assert get(store, Complaint, "c-1").revision == 3
        assert lines(store) == 3

    def test_a_program_that_stays_stale_gives_up(self, store: Store) -> None:
        (stale,) = put(store, complaint())
        put(store, amended(stale, forwards=1))

        with pytest.raises(StaleRevision):
            store.perform(lambda work: work.save(amended(stale, forwards=9)))
        assert get(store, Complaint, "c-1").forwards == 1


def saved_and_rolled_back(store: Store, old: Complaint, given: list[Complaint]) -> None:
    """Save a change, hand out what was saved, and take it back."""
    with store.unit() as unit:
        given += unit.save(amended(old, category="parks"))
        raise KeyError

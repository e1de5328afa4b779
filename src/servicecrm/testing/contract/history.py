# ruff: noqa: PT012 - a unit of work is a block of its own
"""The journal tells what happened, leads to the stored record, and shows when somebody touched it."""

import contextlib
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, Protocol

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servicecrm import complaints
from servicecrm.complaints import Complaint
from servicecrm.errors import BrokenJournal
from servicecrm.kernel.decisions import Actor
from servicecrm.kernel.records import evolve
from servicecrm.storage.journal import FIRST_SEAL, START, EntryRow, SealRow, chained, hash_of, replayed, sealed
from servicecrm.storage.ports import Entry, Head, Store
from servicecrm.testing.contract.examples import AT, BY, amended, complaint, get, lines, message, put, sealed_head
from servicecrm.tracking import Message

__all__ = ["History", "RawJournal", "Tampering"]


def history(store: Store, id: str = "c-1") -> tuple[Entry, ...]:
    with store.unit(readonly=True) as unit:
        return unit.history(Complaint, id)


def relinked(rows: Sequence[EntryRow], previous: str = "") -> list[EntryRow]:
    """Entries with hashes as if they had been written so."""
    found = []
    for row in rows:
        previous = hash_of(previous, row)
        found.append(row._replace(hash=previous))
    return found


class History:
    """Every save leaves its facts, chained and sealed."""

    def test_an_entry_says_who_did_what_when_and_what_it_changed(self, store: Store) -> None:
        told = AT + timedelta(hours=2)
        by = Actor(id="bob@city.example", on_behalf_of="customer-7")
        (old,) = put(store, complaint())
        put(store, complaints.acknowledge(old, by=by, at=told, occurred_at=AT + timedelta(minutes=5)))
        first, second = history(store)

        assert (first.kind, first.id, first.n, first.revision) == ("complaint", "c-1", 1, 1)
        assert (second.n, second.revision) == (2, 2)
        assert (first.type, second.type) == ("complaint.recorded", "complaint.acknowledged")
        assert (first.by, first.on_behalf_of) == (BY, None)
        assert (second.by, second.on_behalf_of) == ("bob@city.example", "customer-7")
        assert (first.occurred_at, first.recorded_at) == (AT, AT)
        assert (second.occurred_at, second.recorded_at) == (AT + timedelta(minutes=5), told)
        assert first.changes["subject"] == "No water"
        assert second.changes["state"] == "acknowledged"
        assert "subject" not in second.changes
        assert not first.erased
        assert first.schema == store.kinds[Complaint].schema.current
        assert first.command is None
        assert first.hash != second.hash

    def test_several_facts_of_one_decision_are_several_entries_of_one_revision(self, store: Store) -> None:
        decision = complaint().then(complaints.acknowledge, by=BY, at=AT)
        (saved,) = put(store, decision)
        store.seal()
        put(store, amended(saved, category="water"))

        assert [(entry.n, entry.revision) for entry in history(store)] == [(1, 1), (2, 1), (3, 2)]
        assert store.verify() == 3
        assert sealed_head(store).seal == 2

    def test_replaying_the_history_gives_the_stored_record(self, store: Store) -> None:
        n = iter(range(10_000))

        @settings(deadline=None, database=None, max_examples=20)
        @given(st.lists(st.sampled_from(_STEPS), max_size=6))
        def check(steps: list[Callable[[Complaint], Any]]) -> None:
            (saved,) = put(store, complaint(id := f"c-{next(n)}"))
            for step in steps:
                (saved,) = put(store, step(saved))
            entries = history(store, id)
            found = replayed(store.kinds[Complaint].schema, entries)
            assert found == get(store, Complaint, id) == saved
            assert found.revision == saved.revision == len(entries)

        check()
        assert store.verify() >= 20

    def test_a_record_without_history_has_none(self, store: Store) -> None:
        put(store, message("c-1"))

        assert history(store) == ()
        with store.unit(readonly=True) as unit:
            assert len(unit.history(Message, "c-1")) == 1

    def test_personal_values_are_in_the_entry_for_who_may_read_it(self, store: Store) -> None:
        put(store, complaint(complainant="C. Resident", category="water"))
        (entry,) = history(store)

        assert entry.changes["complainant"] == "C. Resident"
        assert entry.changes["category"] == "water"

    def test_every_unit_that_saved_is_one_seal(self, store: Store) -> None:
        assert sealed_head(store) == Head(seal=0, hash="")
        assert store.verify() == 0

        put(store, complaint("a"), complaint("b"))
        one = sealed_head(store)
        put(store, complaint("c"))
        two = sealed_head(store)

        assert (one.seal, two.seal) == (1, 2)
        assert one.hash not in ("", two.hash)
        assert store.verify() == 3
        assert store.verify(one) == 3
        assert store.verify(two) == 3
        assert store.verify(Head(seal=0, hash="")) == 3

    def test_a_head_that_this_store_never_had_is_told(self, store: Store) -> None:
        put(store, complaint())
        head = sealed_head(store)

        with pytest.raises(BrokenJournal, match="cut off"):
            store.verify(Head(seal=2, hash=head.hash))
        with pytest.raises(BrokenJournal):
            store.verify(Head(seal=1, hash="0" * 64))

    def test_a_failed_unit_leaves_no_gap(self, store: Store) -> None:
        put(store, complaint("a"))
        store.seal()
        with pytest.raises(ZeroDivisionError), store.unit() as unit:
            unit.save(complaint("b"))
            raise ZeroDivisionError
        put(store, complaint("b"))

        assert sealed_head(store).seal == 2
        assert store.verify() == 2
        assert lines(store, "b") == 1


_STEPS: Sequence[Callable[[Complaint], Any]] = (
    lambda old: amended(old, category="water", tags=frozenset({"x", "y"})),
    lambda old: amended(old, category=None, complainant="C. Resident"),
    lambda old: amended(old, subject="Still no water", text="Line one\nline two"),
    lambda old: amended(old, forwards=old.forwards + 1, due_at=AT),
    lambda old: amended(old, moments=old.moments + old.moments[:1], safety=True),
    lambda old: amended(old, complainant=None, due_at=None),
)


class RawJournal(Protocol):
    """Somebody who can reach the rows of the default tenant's journal, behind the store."""

    def read(self) -> tuple[list[EntryRow], list[SealRow]]:
        """All entries in the order of kind, id and number, and all seals in order."""
        ...

    def write(self, entries: Sequence[EntryRow], seals: Sequence[SealRow]) -> None:
        """Put these rows in the place of all that there are."""
        ...


class Tampering:
    """For stores whose rows somebody could edit. The fixture `raw` gives a `RawJournal` of the store."""

    @pytest.fixture
    def told(self, store: Store) -> Head:
        """A store with some history, and the head that was kept elsewhere."""
        (first, *_) = put(store, complaint("a", complainant="C. Resident"), complaint("b"))
        store.seal()
        put(store, complaints.acknowledge(first, by=BY, at=AT), message("m"))
        store.seal()
        put(store, complaint("c"))
        return sealed_head(store)

    def test_rows_that_nobody_touched_are_sound(self, store: Store, raw: RawJournal, told: Head) -> None:
        entries, seals = raw.read()
        raw.write(entries, seals)

        assert store.verify(told) == 5
        assert [seal.n for seal in seals] == [1, 2, 3]
        assert [(entry.kind, entry.id, entry.n) for entry in entries] == [
            ("complaint", "a", 1),
            ("complaint", "a", 2),
            ("complaint", "b", 1),
            ("complaint", "c", 1),
            ("message", "m", 1),
        ]

    @pytest.mark.parametrize("n", range(5))
    @pytest.mark.parametrize(
        "change",
        [
            {"body": '{"data":{},"changes":{}}'},
            {"by": "eve"},
            {"type": "complaint.closed"},
            {"occurred_at": 0},
            {"recorded_at": 0},
            {"revision": 7},
            {"schema": 99},
            {"command": "k-9"},
            {"on_behalf_of": "eve"},
            {"personal": '{"changes":{"subject":"Nothing"}}'},
            {"commitment": "0" * 64},
            {"hash": "0" * 64},
            {"id": "z"},
            {"n": 9},
            {"seal": 9},
            {"seal": 1, "hash": ""},
        ],
        ids="+".join,
    )
    def test_a_changed_entry_is_found(
        self, store: Store, raw: RawJournal, told: Head, n: int, change: dict[str, Any]
    ) -> None:
        entries, seals = raw.read()
        entries[n] = entries[n]._replace(**change)
        raw.write(entries, seals)

        with pytest.raises(BrokenJournal):
            store.verify()

    @pytest.mark.parametrize("n", range(5))
    def test_a_missing_entry_is_found(self, store: Store, raw: RawJournal, told: Head, n: int) -> None:
        entries, seals = raw.read()
        raw.write([*entries[:n], *entries[n + 1 :]], seals)

        with pytest.raises(BrokenJournal):
            store.verify()

    def test_an_entry_that_was_put_in_is_found(self, store: Store, raw: RawJournal, told: Head) -> None:
        entries, seals = raw.read()
        for forged in (entries[0]._replace(id="z"), entries[1]._replace(n=3)):
            raw.write([*entries, forged], seals)
            with pytest.raises(BrokenJournal):
                store.verify()

    def test_swapped_entries_are_found(self, store: Store, raw: RawJournal, told: Head) -> None:
        entries, seals = raw.read()
        first, second = entries[0]._replace(n=2), entries[1]._replace(n=1)
        raw.write([second, first, *entries[2:]], seals)

        with pytest.raises(BrokenJournal):
            store.verify()

    @pytest.mark.parametrize("change", [{"hash": "0" * 64}, {"entries": 9}, {"n": 9}])
    @pytest.mark.parametrize("n", range(3))
    def test_a_changed_seal_is_found(
        self, store: Store, raw: RawJournal, told: Head, n: int, change: dict[str, Any]
    ) -> None:
        entries, seals = raw.read()
        seals[n] = seals[n]._replace(**change)
        raw.write(entries, seals)

        with pytest.raises(BrokenJournal):
            store.verify()

    def test_a_rewritten_past_does_not_fit_what_came_after(self, store: Store, raw: RawJournal, told: Head) -> None:
        entries, seals = raw.read()
        forged = complaint("b", category="forged")
        kind, record = store.kinds[Complaint], evolve(forged.after, revision=1)
        steps = [(step, None) for step in forged.steps]
        document = entries[2].document  # the record itself stays as it was
        (entry,) = chained(kind, record, steps, members=kind.schema.members(record), text="", last=START, seal=1)
        (entries[2],) = relinked([entry._replace(document=document)])
        seals[0] = sealed(FIRST_SEAL, [entry.hash for entry in entries if entry.seal == 1])
        raw.write(entries, seals)
        with pytest.raises(BrokenJournal, match="seal 2"):
            store.verify()

        for n in (2, 3):
            seals[n - 1] = sealed(seals[n - 2], [entry.hash for entry in entries if entry.seal == n])
        raw.write(entries, seals)
        assert store.verify() == 5
        with pytest.raises(BrokenJournal, match="cut off"):
            store.verify(told)

    def test_missing_seals_are_found(self, store: Store, raw: RawJournal, told: Head) -> None:
        entries, seals = raw.read()
        for fewer in (seals[1:], seals[:1] + seals[2:], seals[:2], []):
            raw.write(entries, fewer)
            with pytest.raises(BrokenJournal):
                store.verify()

    def test_a_journal_that_was_cut_off_is_found_with_the_head_that_was_kept(
        self, store: Store, raw: RawJournal, told: Head
    ) -> None:
        entries, seals = raw.read()
        raw.write([entry for entry in entries if entry.seal != 3], seals[:2])

        for head in (None, told):  # the record that lost its entry tells it, even without a head
            with pytest.raises(BrokenJournal):
                store.verify(head)

    @pytest.mark.parametrize("seal", [0, -5, 3])
    def test_an_entry_that_was_put_in_under_no_seal_of_its_own_is_found(
        self, store: Store, raw: RawJournal, told: Head, seal: int | None
    ) -> None:
        entries, seals = raw.read()
        forged = entries[1]._replace(n=3, type="complaint.withdrawn", seal=seal)
        raw.write([*entries, *relinked([forged], entries[1].hash)], seals)

        with pytest.raises(BrokenJournal):
            store.verify(told)

    def test_an_entry_that_was_put_in_under_no_seal_is_found_where_every_unit_seals(
        self, store: Store, raw: RawJournal, told: Head
    ) -> None:
        put(store, complaint("d"))
        entries, seals = raw.read()
        forged = entries[1]._replace(n=3, type="complaint.withdrawn", seal=None)
        raw.write([*entries, *relinked([forged], entries[1].hash)], seals)
        every_unit_seals = len(seals) == 4

        # Where seals come later, this is what a new entry looks like until then.
        with pytest.raises(BrokenJournal) if every_unit_seals else contextlib.nullcontext():
            store.verify(told)

    def test_an_erased_personal_part_leaves_the_chain_sound(self, store: Store, raw: RawJournal, told: Head) -> None:
        entries, seals = raw.read()
        raw.write([entry._replace(personal=None, salt=None) for entry in entries], seals)
        first, second = history(store, "a")

        assert store.verify(told) == 5
        assert first.erased
        assert "complainant" not in first.changes
        assert first.changes["channel"] == "phone"
        assert not second.erased

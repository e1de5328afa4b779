"""Tenants never see each other, and a whole tenant can move to another store."""

import json
from collections.abc import Iterable

import pytest

from servicecrm.complaints import Complaint
from servicecrm.errors import AlreadyExists, ImportProblem, NotFound, StaleRevision, StoreError
from servicecrm.kernel.filters import search, where
from servicecrm.storage.memory import MemoryStore
from servicecrm.storage.ports import Head, Store
from servicecrm.storage.transfer import exported, imported
from servicecrm.testing.contract.examples import (
    NOW,
    amended,
    claim,
    command,
    complaint,
    count,
    find,
    get,
    ids,
    lines,
    message,
    notice,
    put,
    sealed_head,
)
from servicecrm.testing.contract.population import POPULATION
from servicecrm.tracking import Message

__all__ = ["Tenants", "Transfer"]


class Tenants:
    """What belongs to somebody else is not there."""

    def test_a_foreign_id_is_the_same_error_as_an_absent_one(self, store: Store) -> None:
        here, there = store.tenant("here"), store.tenant("there")
        put(there, complaint("theirs"))

        with pytest.raises(NotFound) as foreign:
            get(here, Complaint, "theirs")
        with pytest.raises(NotFound) as absent:
            get(here, Complaint, "absent")
        assert str(foreign.value) == str(absent.value).replace("absent", "theirs")
        with pytest.raises(StaleRevision) as stale:
            put(here, amended(get(there, Complaint, "theirs"), category="water"))
        assert stale.value.actual is None
        assert get(there, Complaint, "theirs").category is None

    def test_nothing_of_another_tenant_is_found_counted_or_told(self, store: Store) -> None:
        here, there = store.tenant("here"), store.tenant("there")
        put(there, complaint("a", category="x", tags=frozenset({"x"})), notices=[notice()])

        assert find(here).items == ()
        assert find(here, order="-category", limit=5).items == ()
        assert count(here) == 0
        assert count(here, where("category") == "x") == 0
        assert count(here, where("tags").has("x")) == 0
        assert count(here, search("water")) == 0
        assert lines(here, "a") == 0
        assert claim(here) == ()
        assert sealed_head(here) == Head(seal=0, hash="")
        assert here.verify() == 0
        with here.unit(readonly=True) as unit:
            assert unit.rows(Complaint, ["id"]) == ([], None)
        assert count(here, ~(where("category") == "x")) == 0

    def test_the_same_ids_numbers_keys_and_commands_live_side_by_side(self, store: Store) -> None:
        for name in ("here", "there"):
            tenant = store.tenant(name)
            with tenant.unit(command(fingerprint=name)) as unit:
                assert unit.outcome is None
                number = unit.number(Complaint, 2026)
                unit.save(complaint("same", number=number, category=name, tags=frozenset({name})), notices=[notice()])
            assert number == "CMP-2026-000001"
        for name, other in (("here", "there"), ("there", "here")):
            tenant = store.tenant(name)
            assert get(tenant, Complaint, "same").category == name
            assert count(tenant, where("tags").has(name)) == 1
            assert count(tenant, where("tags").has(other)) == 0
            assert lines(tenant, "same") == 1
            assert sealed_head(tenant).seal == 1
            assert tenant.verify() == 1
            assert [delivery.notice.key for delivery in claim(tenant)] == ["n-1"]
            with pytest.raises(AlreadyExists):
                put(tenant, complaint("same"))
        assert sealed_head(store.tenant("here")) != sealed_head(store.tenant("there"))

    def test_a_change_here_changes_nothing_there(self, store: Store) -> None:
        here, there = store.tenant("here"), store.tenant("there")
        (mine,), (theirs,) = put(here, complaint(tags=frozenset("ab"))), put(there, complaint(tags=frozenset("ab")))
        put(here, amended(mine, category="water", tags=frozenset("b")))

        assert get(there, Complaint, "c-1") == theirs
        assert get(there, Complaint, "c-1").revision == 1
        assert count(there, where("tags").has("a")) == 1
        assert lines(there) == 1

    def test_a_foreign_claim_cannot_be_settled(self, store: Store) -> None:
        here, there = store.tenant("here"), store.tenant("there")
        put(here, notices=[notice()])
        put(there, notices=[notice()])
        (mine,) = claim(here)
        claim(there, "w-2")
        with there.unit() as unit:
            assert unit.settle([mine]) == 0
            assert unit.settle([mine], delivered=False, dead=True) == 0
        with here.unit() as unit:
            assert unit.settle([mine]) == 1

    def test_the_tenants_are_those_that_saved_a_record(self, store: Store) -> None:
        assert store.tenants() == ()
        put(store.tenant("b"), complaint())
        put(store.tenant("a"), complaint())
        put(store.tenant("b"), complaint("c-2"))
        find(store.tenant("reader"))

        assert store.tenants() == ("a", "b")
        assert store.tenant("a").tenants() == ("a", "b")

    @pytest.mark.parametrize("name", ["a'b", "Ä", "%", "a b", "💧", "a" * 500])
    def test_a_tenant_may_have_any_name(self, store: Store, name: str) -> None:
        put(store.tenant(name), complaint())
        put(store.tenant("other"), complaint("c-2"))

        assert ids(find(store.tenant(name))) == ["c-1"]
        assert name in store.tenants()

    def test_a_tenant_has_a_name(self, store: Store) -> None:
        with pytest.raises(StoreError, match="name"):
            store.tenant("")

    def test_a_tenant_keeps_the_same_kinds(self, store: Store) -> None:
        assert store.tenant("here").kinds == store.kinds


def copied(source: Store, to: Store) -> list[str]:
    """Export one tenant and import it into another; gives the lines."""
    lines = export(source)
    imports(to, lines)
    return lines


def export(store: Store) -> list[str]:
    lines: list[str] = []
    store.seal()
    assert store.perform(lambda _: exported(store.kinds, lines.append)) == len(lines)
    return lines


def imports(store: Store, lines: Iterable[str]) -> int:
    return store.perform(lambda work: imported(store.kinds, lines, work.seal))


class Transfer:
    """A tenant in JSON Lines is the whole tenant, in any store."""

    def fill(self, store: Store) -> None:
        put(store, *POPULATION, message(text='one\ntwo\u2028three \\ " é 💧'))
        put(store, amended(get(store, Complaint, "01"), category="other", tags=frozenset({"new"})))
        with store.unit(command()) as unit:
            unit.save(complaint("numbered", number=unit.number(Complaint, 2026)))
            unit.number(Complaint, 2027)
        put(store, notices=[notice(f"{n}", not_before=NOW if n % 2 else None) for n in range(6)])
        delivered, dead, _ = claim(store, limit=3)
        with store.unit() as unit:
            unit.settle([delivered])
            unit.settle([dead], delivered=False, dead=True, cause="nobody lives there")

    def test_a_tenant_comes_back_the_same_through_another_store(self, store: Store) -> None:
        self.fill(store)
        with MemoryStore(tuple(store.kinds.values())) as between:
            first = copied(store, between)
            back = store.tenant("back")
            second = copied(between, back)
        third = export(back)

        assert first == second == third
        assert find(back).items == find(store).items
        assert [one.revision for one in find(back)] == [one.revision for one in find(store)]
        assert ids(find(back, order="-category")) == ids(find(store, order="-category"))
        assert count(back, where("tags").has("new")) == 1
        assert count(back, search("STRASSE")) == count(store, search("STRASSE")) > 0
        assert get(back, Message, "m-1") == get(store, Message, "m-1")

    def test_the_history_comes_along_and_goes_on(self, store: Store) -> None:
        self.fill(store)
        head, back = sealed_head(store), store.tenant("back")
        copied(store, back)

        assert sealed_head(back) == head
        assert back.verify(head) == store.verify(head) == 39
        with store.unit(readonly=True) as unit:
            entries = unit.history(Complaint, "01")
        with back.unit(readonly=True) as unit:
            assert unit.history(Complaint, "01") == entries
        put(back, amended(get(back, Complaint, "01"), category="more"))
        assert back.verify(head) == 40
        assert back.tenants() == ("back", "default")

    def test_commands_numbers_and_notices_come_along(self, store: Store) -> None:
        self.fill(store)
        back = store.tenant("back")
        copied(store, back)

        with back.unit(command()) as unit:
            assert unit.outcome is not None
            assert unit.outcome.id == "numbered"
        with back.unit() as unit:
            assert unit.number(Complaint, 2026) == "CMP-2026-000002"
            assert unit.number(Complaint, 2027) == "CMP-2027-000002"
        with pytest.raises(AlreadyExists):
            put(back, complaint("taken", number="CMP-2026-000001"))
        put(back, notices=[notice("0"), notice("1"), notice("new")])
        again = claim(back)
        assert [delivery.notice.key for delivery in again] == ["2", "3", "4", "5", "new"]
        assert [delivery.attempt for delivery in again] == [2, 1, 1, 1, 1]

    def test_an_empty_tenant_is_a_valid_export(self, store: Store) -> None:
        lines = copied(store, store.tenant("back"))

        assert len(lines) == 2
        assert find(store.tenant("back")).items == ()
        assert store.tenant("back").verify() == 0

    def test_a_tenant_that_holds_something_takes_no_import(self, store: Store) -> None:
        put(store, complaint())
        lines = export(store)

        with pytest.raises(StoreError, match="holds records already"):
            imports(store, lines)
        imports(store.tenant("back"), lines)
        with pytest.raises(StoreError, match="holds records already"):
            imports(store.tenant("back"), lines)
        assert count(store) == 1

    def test_an_export_that_is_cut_off_anywhere_leaves_nothing(self, store: Store) -> None:
        put(store, complaint(), message(), notices=[notice()])
        lines = export(store)
        back = store.tenant("back")

        for end in range(len(lines)):
            with pytest.raises(ImportProblem) as found:
                imports(back, lines[:end])
            assert found.value.row == end
        for n in range(1, len(lines)):
            with pytest.raises(ImportProblem):
                imports(back, [*lines[:n], *lines[n + 1 :]])
        assert count(back) == 0
        assert lines_of(back) == (0, ())
        assert imports(back, lines) == len(lines)

    @pytest.mark.parametrize(
        "line",
        [
            "",
            "nonsense",
            "{}",
            "[]",
            "7",
            "null",
            '["unknown", 1]',
            '["record", "planet", "id", 1, 1, "{}"]',
            '["record"]',
            '["entry", 1]',
            '["seal", 1]',
            '["command"]',
            '["notice", "n"]',
            '["number", "complaint"]',
            '["servicecrm", 1]',
            "[" * 10_000,
        ],
        ids=lambda line: line[:20],
    )
    def test_a_line_that_is_not_ours_is_refused_with_its_row(self, store: Store, line: str) -> None:
        put(store, complaint())
        lines = export(store)
        back = store.tenant("back")

        with pytest.raises(ImportProblem) as found:
            imports(back, [lines[0], line, *lines[1:]])
        assert found.value.row == 2
        assert lines_of(back) == (0, ())

    def test_an_export_of_another_format_is_refused(self, store: Store) -> None:
        _, *rest = export(store)
        for first in (json.dumps(["servicecrm", 2]), json.dumps(["other", 1])):
            with pytest.raises(ImportProblem, match="format 1") as found:
                imports(store.tenant("back"), [first, *rest])
            assert found.value.row == 1


def lines_of(store: Store) -> tuple[int, tuple[object, ...]]:
    """How many entries a tenant's journal holds, and its notices."""
    return store.verify(), claim(store)

"""Pages: nothing is skipped, nothing comes twice, and missing values come last."""

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servicecrm.complaints import Complaint
from servicecrm.errors import InvalidValue
from servicecrm.kernel.filters import where
from servicecrm.storage.ports import Store
from servicecrm.testing.contract.examples import AT, amended, complaint, find, ids, put
from servicecrm.testing.contract.population import POPULATION, ordered

__all__ = ["Paging"]


def walk(store: Store, order: str, limit: int) -> list[list[str]]:
    """The ids on all pages."""
    pages: list[list[str]] = []
    after = None
    while not pages or after is not None:
        page = find(store, order=order, limit=limit, after=after)
        pages.append(ids(page))
        after = page.next
        assert len(pages) <= len(POPULATION), "the cursors never come to an end"
    return pages


class Paging:
    """Records in order, page by page."""

    def test_any_order_and_any_page_size_gives_all_records_in_order(self, store: Store) -> None:
        put(store, *POPULATION)

        @settings(deadline=None, database=None)
        @given(st.sampled_from(sorted(ordered())), st.booleans(), st.integers(1, len(POPULATION) + 1))
        def check(column: str, down: bool, limit: int) -> None:  # noqa: FBT001 - as it is drawn
            order = f"-{column}" if down else column
            pages = walk(store, order, limit)
            assert [id for page in pages for id in page] == ordered()[column](down)
            assert {len(page) for page in pages[:-1]} <= {limit}
            assert 0 < len(pages[-1]) <= limit

        check()

    def test_missing_values_come_last_both_ways(self, store: Store) -> None:
        put(store, complaint("a"), complaint("b", category="x"), complaint("c", category="y"), complaint("d"))

        assert ids(find(store, order="category")) == ["b", "c", "a", "d"]
        assert ids(find(store, order="-category")) == ["c", "b", "d", "a"]
        assert walk(store, "category", 1) == [["b"], ["c"], ["a"], ["d"]]
        assert walk(store, "-category", 1) == [["c"], ["b"], ["d"], ["a"]]
        assert walk(store, "-category", 3) == [["c", "b", "d"], ["a"]]

    def test_equal_values_are_ordered_by_id(self, store: Store) -> None:
        put(store, *(complaint(id, forwards=1) for id in ("b", "a", "C", "10", "9")))

        assert ids(find(store, order="forwards")) == ["10", "9", "C", "a", "b"]
        assert ids(find(store, order="-forwards")) == ["b", "a", "C", "9", "10"]
        assert ids(find(store)) == ["10", "9", "C", "a", "b"]
        assert ids(find(store, order="-id")) == ["b", "a", "C", "9", "10"]
        assert walk(store, "forwards", 2) == [["10", "9"], ["C", "a"], ["b"]]

    def test_the_last_page_has_no_cursor_even_when_it_is_full(self, store: Store) -> None:
        put(store, *(complaint(f"{n}") for n in range(4)))

        assert find(store, limit=4).next is None
        assert find(store).next is None
        assert find(store, limit=3).next is not None
        assert len(find(store, limit=3)) == 3
        assert ids(find(store, limit=2, after=find(store, limit=2).next)) == ["2", "3"]

    def test_no_record_means_an_empty_page(self, store: Store) -> None:
        assert find(store).items == ()
        assert find(store).next is None
        assert find(store, limit=5).items == ()
        assert len(find(store, limit=1)) == 0

    def test_records_that_come_in_between_neither_repeat_nor_hide_others(self, store: Store) -> None:
        put(store, *(complaint(id, received_at=AT + timedelta(hours=n)) for n, id in enumerate("bdfh")))
        first = find(store, order="received_at", limit=2)
        put(store, complaint("a", received_at=AT), complaint("g", received_at=AT + timedelta(hours=2, minutes=30)))
        put(store, amended(first.items[0], received_at=AT - timedelta(days=1)))
        second = find(store, order="received_at", limit=9, after=first.next)

        assert ids(first) == ["b", "d"]
        assert ids(second) == ["f", "g", "h"]
        assert second.next is None

    def test_a_cursor_works_although_its_own_record_moved_away(self, store: Store) -> None:
        put(store, *(complaint(id, category=id) for id in "abcd"))
        first = find(store, order="category", limit=2)
        put(store, amended(first.items[-1], category="zzz"))

        assert ids(find(store, order="category", after=first.next)) == ["c", "d", "b"]

    def test_pages_of_filtered_records_hold_only_those(self, store: Store) -> None:
        put(store, *(complaint(f"{n}", category="x" if n % 2 else None) for n in range(6)))
        first = find(store, where("category") == "x", limit=2)

        assert ids(first) == ["1", "3"]
        assert ids(find(store, where("category") == "x", limit=2, after=first.next)) == ["5"]

    def test_a_cursor_belongs_to_its_order(self, store: Store) -> None:
        put(store, complaint("a"), complaint("b"))
        cursor = find(store, limit=1).next

        for order in ("-id", "category", "received_at"):
            with pytest.raises(InvalidValue, match="order"):
                find(store, order=order, after=cursor)

    @pytest.mark.parametrize(
        "content",
        [
            b"\xff",
            b"nonsense",
            b"[]",
            b'["id"]',
            b'["id", "a", 1]',
            b'["id", true, "a"]',
            b'["id", [], "a"]',
            b'{"id": 1}',
            b'["id", "a", "\\ud800"]',
            b'["id", "a", "b", "c"]',
            b"[" * 5_000,
        ],
    )
    def test_what_is_no_cursor_is_refused(self, store: Store, content: bytes) -> None:
        put(store, complaint("a"))
        with pytest.raises(InvalidValue, match="cursor"):
            find(store, after=base64.urlsafe_b64encode(content).decode())

    @pytest.mark.parametrize("text", ["", "a", "%%%", "ü", "a" * 10_000])
    def test_what_is_not_even_encoded_is_refused(self, store: Store, text: str) -> None:
        with pytest.raises(InvalidValue, match="cursor"):
            find(store, after=text)

    @pytest.mark.parametrize("value", ["text", 2**63, -(2**63) - 1, 10**30])
    def test_a_cursor_with_a_value_that_its_column_cannot_hold_is_refused(self, store: Store, value: str | int) -> None:
        put(store, complaint("a"))
        cursor = base64.urlsafe_b64encode(json.dumps(["forwards", value, "a"]).encode()).decode()
        with pytest.raises(InvalidValue, match="cursor"):
            find(store, order="forwards", after=cursor)

    def test_an_unknown_order_and_an_empty_page_are_refused(self, store: Store) -> None:
        for order in ("nonsense", "--id", "", "subject", "id; DROP TABLE complaint"):
            with pytest.raises(InvalidValue, match="no column"):
                find(store, order=order)
        limits: tuple[Any, ...] = (0, -1, 2**63 - 1, "5", True)
        for limit in limits:
            with pytest.raises(InvalidValue, match="an integer from 1 to"):
                find(store, limit=limit)
        wrong: Any = 5
        with pytest.raises(InvalidValue, match="expected a column"):
            find(store, order=wrong)
        with store.unit(readonly=True) as unit, pytest.raises(InvalidValue, match="an integer from 1 to"):
            unit.rows(Complaint, ["id"], limit=0)

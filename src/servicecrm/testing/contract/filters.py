"""Filters, searches and terms mean the same in every store."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given, settings

from servicecrm.complaints import Complaint
from servicecrm.complaints.lifecycle import LIFECYCLE
from servicecrm.errors import InvalidValue, NaiveDatetime
from servicecrm.kernel.filters import AllOf, AnyOf, search, where
from servicecrm.storage.ports import Store
from servicecrm.testing.contract.examples import AT, amended, complaint, count, find, ids, put
from servicecrm.testing.contract.population import POPULATION, Asked, asked
from servicecrm.tracking import Message

__all__ = ["Filters", "Terms"]


class Filters:
    """Two-valued logic, code points, instants; and no wildcards."""

    def test_random_filters_find_what_the_same_question_in_python_finds(self, store: Store) -> None:
        everyone = sorted((decision.after for decision in POPULATION), key=lambda complaint: complaint.id)
        put(store, *POPULATION)
        put(store.tenant("other"), *POPULATION)

        @settings(deadline=None, database=None)
        @given(asked())
        def check(question: Asked) -> None:
            filter, test = question
            expected = [complaint.id for complaint in everyone if test(complaint)]
            assert ids(find(store, filter)) == expected
            assert count(store, filter) == len(expected)
            assert count(store, ~filter) == len(everyone) - len(expected)

        check()

    def test_no_filter_means_all(self, store: Store) -> None:
        put(store, complaint("a"), complaint("b"))

        assert ids(find(store)) == ["a", "b"]
        assert count(store) == 2
        assert count(store, AllOf(())) == 2
        assert count(store, AnyOf(())) == 0
        assert count(store, where("category").one_of([])) == 0

    def test_several_filters_must_all_hold(self, store: Store) -> None:
        put(store, complaint("a", category="x", forwards=1), complaint("b", category="x"))

        assert ids(find(store, where("category") == "x", where("forwards") > 0)) == ["a"]
        assert count(store, where("category") == "x", ~(where("forwards") > 0)) == 1

    def test_a_comparison_with_a_missing_value_is_false_and_its_negation_true(self, store: Store) -> None:
        put(store, complaint("none"), complaint("some", category="m"))

        assert ids(find(store, where("category") == "m")) == ["some"]
        assert ids(find(store, where("category") != "m")) == ["none"]
        assert ids(find(store, where("category") < "z")) == ["some"]
        assert ids(find(store, ~(where("category") < "z"))) == ["none"]
        assert ids(find(store, ~~(where("category") < "z"))) == ["some"]
        assert ids(find(store, ~((where("category") < "z") | (where("category") == "q")))) == ["none"]
        assert ids(find(store, ~((where("category") >= "a") & (where("forwards") == 0)))) == ["none"]
        assert ids(find(store, where("category") == None)) == ["none"]  # noqa: E711 - a filter
        assert ids(find(store, where("category") != None)) == ["some"]  # noqa: E711

    def test_texts_compare_by_code_point_and_exactly(self, store: Store) -> None:
        put(store, complaint("a", category="Z"), complaint("b", category="a"), complaint("c", category="é"))

        assert ids(find(store, where("category") < "a")) == ["a"]
        assert ids(find(store, where("category") > "z")) == ["c"]
        assert count(store, where("category") == "A") == 0
        assert count(store, where("category") == "e\u0301") == 0
        assert count(store, where("category") == "a ") == 0

    def test_instants_compare_as_instants_whatever_their_zone(self, store: Store) -> None:
        east = timezone(timedelta(hours=9))
        put(store, complaint("a", received_at=AT), complaint("b", received_at=AT + timedelta(microseconds=1)))

        assert ids(find(store, where("received_at") == AT.astimezone(east))) == ["a"]
        assert ids(find(store, where("received_at") > AT.astimezone(east))) == ["b"]
        assert ids(find(store, where("received_at") >= AT)) == ["a", "b"]
        assert count(store, where("received_at") < datetime(9999, 12, 31, tzinfo=UTC)) == 2
        assert count(store, where("received_at") < datetime(1, 1, 1, tzinfo=UTC)) == 0

    def test_derived_columns_follow_the_record(self, store: Store) -> None:
        (old,) = put(store, complaint())
        assert count(store, where("open") == True) == 1  # noqa: E712 - a filter

        put(store, amended(old, state=next(iter(LIFECYCLE.resting)), closed_at=AT))
        assert count(store, where("open") == True) == 0  # noqa: E712
        assert count(store, where("open") == False) == 1  # noqa: E712
        assert count(store, where("closed_at") == AT) == 1

    def test_records_that_are_changed_together_are_found_by_what_each_is_now(self, store: Store) -> None:
        one, two, three = put(store, *(complaint(id, category="water", handler="ann") for id in "abc"))

        put(store, amended(one, category="roads"), amended(two, handler="bea"), amended(three, forwards=1))
        assert ids(find(store, where("category") == "water")) == ["b", "c"]
        assert ids(find(store, where("category") == "roads")) == ["a"]
        assert ids(find(store, where("handler") == "ann")) == ["a", "c"]
        assert ids(find(store, where("handler") == "bea")) == ["b"]

    def test_a_search_looks_for_a_part_whatever_the_case(self, store: Store) -> None:
        put(store, complaint("a", subject="Große STRASSE"), complaint("b", subject="Short", text="Big ROAD"))

        assert ids(find(store, search("grosse straße"))) == ["a"]
        assert ids(find(store, search("ROAD"))) == ["b"]
        assert ids(find(store, search("o"))) == ["a", "b"]
        assert ids(find(store, search(""))) == ["a", "b"]
        assert ids(find(store, ~search("road"))) == ["a"]
        assert count(store, search("big short")) == 0

    def test_a_search_follows_the_record(self, store: Store) -> None:
        (old,) = put(store, complaint(subject="Leaking pipe"))
        put(store, amended(old, subject="Dry well"))

        assert count(store, search("pipe")) == 0
        assert count(store, search("well")) == 1

    def test_wildcards_and_quotes_are_only_characters(self, store: Store) -> None:
        texts = ("100%", "10_0", "a*c", "[abc]", "it's", '"q"', "a\\b", "?", "-- x", "'; DROP TABLE x; --")
        put(store, *(complaint(f"{n}", subject=text, category=text) for n, text in enumerate(texts)))
        put(store, complaint("z", subject="1000 abc", category="1000"))

        for n, text in enumerate(texts):
            assert ids(find(store, where("category") == text)) == [f"{n}"]
            assert f"{n}" in ids(find(store, search(text)))
        assert ids(find(store, search("%"))) == ["0"]
        assert ids(find(store, search("_"))) == ["1"]
        assert ids(find(store, search("*"))) == ["2"]
        assert count(store, where("category").one_of(texts)) == len(texts)
        assert count(store) == len(texts) + 1

    def test_questions_that_make_no_sense_are_refused_by_name(self, store: Store) -> None:
        for name in ("nonsense", "subject", "id; --", ""):
            with pytest.raises(InvalidValue, match="there is no column"):
                count(store, where(name) == "x")
        for filter in (where("category") < None, where("closed_at") >= None):
            with pytest.raises(InvalidValue, match="missing value"):
                count(store, filter)
        for filter in (
            where("category") == 1,
            where("forwards") == "1",
            where("forwards") == True,  # noqa: E712
            where("open") == 1,
            where("received_at") == "2026-03-02",
            where("received_at") == date(2026, 3, 2),
            where("forwards") == Decimal(1),
            where("category") == b"water",
        ):
            with pytest.raises(InvalidValue, match="expected"):
                count(store, filter)
        with pytest.raises(NaiveDatetime):
            count(store, where("received_at") == datetime(2026, 3, 2))  # noqa: DTZ001 - to be refused
        with store.unit(readonly=True) as unit, pytest.raises(InvalidValue, match="no search text"):
            unit.count(Message, search("x"))
        with store.unit(readonly=True) as unit, pytest.raises(TypeError, match="expected a filter"):
            unit.count(Complaint, "category = 'x'")  # type: ignore[arg-type]  # that is the point


class Terms:
    """Keys of which a record has several."""

    def test_a_record_is_found_by_each_of_its_terms(self, store: Store) -> None:
        put(store, complaint("a", tags=frozenset({"x", "y"})), complaint("b", tags=frozenset({"y"})), complaint("c"))

        assert ids(find(store, where("tags").has("x"))) == ["a"]
        assert ids(find(store, where("tags").has("y"))) == ["a", "b"]
        assert ids(find(store, where("tags").has("x") & where("tags").has("y"))) == ["a"]
        assert ids(find(store, ~where("tags").has("x"))) == ["b", "c"]
        assert ids(find(store, ~(where("tags").has("x") | where("tags").has("y")))) == ["c"]
        assert count(store, where("tags").has("X")) == 0
        assert count(store, where("tags").has("")) == 0

    def test_terms_follow_the_record(self, store: Store) -> None:
        (first,) = put(store, complaint(tags=frozenset({"x", "y"})))
        (second,) = put(store, amended(first, tags=frozenset({"y", "z"})))

        assert count(store, where("tags").has("x")) == 0
        assert count(store, where("tags").has("y")) == 1
        assert count(store, where("tags").has("z")) == 1

        put(store, amended(second, tags=frozenset()))
        assert count(store, where("tags").has("y")) == 0
        assert count(store, where("tags").has("z")) == 0

    def test_a_change_of_something_else_leaves_the_terms(self, store: Store) -> None:
        (old,) = put(store, complaint(tags=frozenset({"x"})))
        put(store, amended(old, category="water"))

        assert count(store, where("tags").has("x"), where("category") == "water") == 1

    def test_a_term_takes_any_text(self, store: Store) -> None:
        odd = ("", " ", "a'b", '"', "%", "é", "💧", "a" * 500)
        put(store, complaint("a", tags=frozenset(odd)))

        for tag in odd:
            assert ids(find(store, where("tags").has(tag))) == ["a"]
        assert count(store, where("tags").has("_")) == 0

    def test_an_unknown_term_is_refused_by_name(self, store: Store) -> None:
        with pytest.raises(InvalidValue, match="there is no term 'category'; known: tags"):
            count(store, where("category").has("x"))
        with pytest.raises(InvalidValue, match="has several tags; ask"):
            count(store, where("tags") == "x")

"""Values that break stores: each is kept exactly, or refused by name before anything is saved."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servicecrm.complaints import Complaint
from servicecrm.errors import InvalidValue, NaiveDatetime, NotFound, ServiceCRMError
from servicecrm.kernel.filters import search, where
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.storage.ports import Command, Notice, Store
from servicecrm.testing.contract.examples import (
    AT,
    NOW,
    claim,
    command,
    complaint,
    count,
    find,
    get,
    ids,
    message,
    notice,
    put,
)
from servicecrm.tracking import Message

__all__ = ["Hostile"]

TEXTS = (
    "'; DROP TABLE servicecrm_complaint; --",
    '"quoted" \\ back\\slash \\u0000 %s {} ?1 :name $1',
    "\u202eright to left\u202c \u200b\ufeff",
    "e\u0301 and é, ﬁ, ǅ, İ, ẞ",
    "💧👩\u200d👩\u200d👧\U0010ffff",
    "\x01\x07\x1b[31m\x7f\x85\u2028",
    "tab\tnew\nline\r\nreturn\r",
    "\ufffe\uffff\ue000",
    "x" * 1_000_000,
    "é" * 300_000,
    " leading and trailing ",
    "null",
    "=1+1",
)
BAD_TEXTS = ("a\x00b", "\x00", "\ud800", "a\udfffb")
BIG = (2**63, -(2**63) - 1, 10**40)


class Hostile:
    """Accepted or refused alike everywhere."""

    @pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
    def test_odd_texts_come_back_exactly(self, store: Store, text: str) -> None:
        key = text[:250]
        put(store, complaint(subject=text, category=key, tags=frozenset({key}), extra=FrozenMap({text: [text]})))
        put(store, message(text=text), notices=[Notice(key=key, topic=text, recipient=text, kind="k", id=text)])
        found = get(store, Complaint, "c-1")

        assert found.subject == text
        assert found.category == key
        assert found.tags == {key}
        assert found.extra == {text: (text,)}
        assert get(store, Message, "m-1").text == text
        assert ids(find(store, where("category") == key)) == ["c-1"]
        assert ids(find(store, where("tags").has(key))) == ["c-1"]
        assert ids(find(store, search(text))) == ["c-1"]
        assert claim(store)[0].notice.recipient == text
        assert store.verify() == 2

    @pytest.mark.parametrize("long", ["x" * 501, "é" * 251, "💧" * 126])
    def test_a_text_to_be_found_by_has_at_most_500_bytes(self, store: Store, long: str) -> None:
        fits = long[:-1]
        put(store, complaint(fits, category=fits, handler=fits, tags=frozenset({fits})), notices=[notice(fits)])
        for bad in (
            complaint(long),
            complaint(category=long),
            complaint(handler=long),
            complaint(tags=frozenset({long})),
        ):
            with pytest.raises(InvalidValue, match="500 bytes"):
                put(store, bad)
        with pytest.raises(InvalidValue, match="500 bytes"):
            put(store, notices=[notice(long)])
        with pytest.raises(InvalidValue, match="500 bytes"):
            store.tenant(long)
        with pytest.raises(InvalidValue, match="500 bytes"), store.unit(command(long)):
            pass
        with pytest.raises(InvalidValue, match="500 bytes"):
            get(store, Complaint, long)
        assert ids(find(store)) == [fits]

    @pytest.mark.parametrize("id", [text[:250] for text in TEXTS], ids=range(len(TEXTS)))
    def test_odd_ids_are_found_again(self, store: Store, id: str) -> None:
        put(store, complaint(id), complaint("plain"))

        assert get(store, Complaint, id).id == id
        assert sorted(ids(find(store))) == sorted([id, "plain"])
        first = find(store, limit=1)
        assert ids(find(store, after=first.next)) == sorted([id, "plain"])[1:]

    def test_any_text_comes_back_exactly_or_is_refused_by_name(self, store: Store) -> None:
        n = iter(range(100_000))

        @settings(deadline=None, database=None, max_examples=40)
        @given(st.text(st.characters(), min_size=1))
        def check(text: str) -> None:
            id = f"c-{next(n)}"
            try:
                put(store, complaint(id, category=text, text=text, tags=frozenset({text})))
            except InvalidValue:
                assert "\x00" in text or not text.isprintable()
                assert count(store, where("category") == "never") == 0
                return
            assert get(store, Complaint, id).text == text
            assert id in ids(find(store, where("category") == text))
            assert id in ids(find(store, where("tags").has(text)))

        check()

    @pytest.mark.parametrize("text", BAD_TEXTS, ids=ascii)
    def test_texts_that_no_store_could_keep_alike_are_refused_by_name(self, store: Store, text: str) -> None:
        old = complaint()
        for make in (
            lambda: complaint(text),
            lambda: complaint(subject=text),
            lambda: complaint(category=text),
            lambda: complaint(tags=frozenset({text})),
            lambda: message(text=text),
            lambda: notice(text),
            lambda: Command(id=text, fingerprint="f"),
        ):
            with pytest.raises(InvalidValue):
                make()
        put(store, old)
        for ask in (where("category") == text, where("category") > text):
            with pytest.raises(InvalidValue):
                count(store, ask)
        assert count(store) == 1

    @pytest.mark.parametrize("text", BAD_TEXTS, ids=ascii)
    def test_what_could_not_be_saved_is_not_found_either(self, store: Store, text: str) -> None:
        put(store, complaint(tags=frozenset({"a"})))
        asks: tuple[Callable[[], object], ...] = (
            lambda: get(store, Complaint, text),
            lambda: count(store, where("tags").has(text)),
            lambda: count(store, search(text)),
            lambda: claim(store, text),
            lambda: put(store.tenant(text), complaint()),
        )
        for ask in asks:
            with pytest.raises((InvalidValue, NotFound)):
                ask()
        assert count(store) == 1

    @pytest.mark.parametrize(
        "value",
        ["a\x00b", "\ud800", float("nan"), float("inf"), -float("inf")],
        ids=ascii,
    )
    def test_what_the_host_keeps_is_kept_exactly_or_refused_by_name(self, store: Store, value: Any) -> None:
        for place in (
            {"k": value},
            {"k": [value]},
            {"k": {"in": value}},
            *([{value: 1}] if str is type(value) else []),
        ):
            try:
                put(store, complaint(extra=FrozenMap(place)))
            except ServiceCRMError:
                assert count(store) == 0
                continue
            raise AssertionError(f"{place!r} was accepted")

    @pytest.mark.parametrize("number", BIG)
    def test_integers_beyond_64_bits_are_refused_by_name(self, store: Store, number: int) -> None:
        with pytest.raises(InvalidValue, match="64 bits"):
            complaint(forwards=number)
        for ask in (where("forwards") == number, where("forwards") < number):
            with pytest.raises(InvalidValue, match="64 bits"):
                count(store, ask)

    def test_integers_of_64_bits_are_kept(self, store: Store) -> None:
        put(store, complaint("a", forwards=2**63 - 1), complaint("b", forwards=-(2**63)))

        assert get(store, Complaint, "a").forwards == 2**63 - 1
        assert ids(find(store, order="forwards")) == ["b", "a"]
        assert ids(find(store, where("forwards") == -(2**63))) == ["b"]
        assert ids(find(store, order="-forwards", limit=1, after=find(store, order="-forwards", limit=1).next)) == ["b"]

    def test_the_whole_calendar_is_kept(self, store: Store) -> None:
        last = datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
        first = datetime(1, 1, 1, tzinfo=UTC)
        put(store, complaint("a", due_at=last), complaint("b", due_at=first), notices=[notice(not_before=last)])

        assert get(store, Complaint, "a").due_at == last
        assert get(store, Complaint, "b").due_at == first
        assert ids(find(store, order="due_at")) == ["b", "a"]
        assert ids(find(store, where("due_at") == last)) == ["a"]
        assert claim(store) == ()
        assert claim(store, now=last)[0].notice.not_before == last

    @pytest.mark.parametrize("hours", [-14, 14])
    def test_an_instant_that_has_no_utc_date_is_kept_or_refused_by_name(self, store: Store, hours: int) -> None:
        edge = datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=hours)))
        if hours > 0:
            edge = datetime(1, 1, 1, 1, tzinfo=timezone(timedelta(hours=hours)))
        with pytest.raises(InvalidValue):
            put(store, complaint(due_at=edge))
        assert count(store) == 0

    def test_a_time_without_a_zone_is_refused_by_name(self, store: Store) -> None:
        with pytest.raises(NaiveDatetime):
            complaint(due_at=datetime(2026, 3, 2))  # noqa: DTZ001 - to be refused
        with pytest.raises(NaiveDatetime):
            claim(store, now=datetime(2026, 3, 2))  # noqa: DTZ001
        assert AT < NOW

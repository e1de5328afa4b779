from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.errors import InvalidValue, NaiveDatetime, PolicyViolation
from servicecrm.kernel.documents import Schema, from_text, to_text
from servicecrm.kernel.policies import PolicyBook, PolicyVersion
from servicecrm.kernel.records import record
from servicecrm.kernel.values import Period

JANUARY = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


@record
class Target:
    hours: int


def day(number: int) -> datetime:
    return JANUARY + number * DAY


EMPTY = PolicyBook[Target](id="complaint targets")
BOOK = EMPTY.publish(Target(hours=4), effective=day(0)).publish(Target(hours=8), effective=day(10), until=day(20))

publishes = st.lists(st.tuples(st.integers(0, 12), st.none() | st.integers(0, 12)), max_size=8)


def published(wishes: list[tuple[int, int | None]]) -> list[PolicyBook[Target]]:
    """The book after each wish that is accepted."""
    books = [EMPTY]
    for hours, (start, end) in enumerate(wishes):
        try:
            until = None if end is None else day(end)
            books.append(books[-1].publish(Target(hours=hours), effective=day(start), until=until))
        except (PolicyViolation, InvalidValue):
            continue
    return books


def test_a_record_keeps_the_version_that_it_started_under() -> None:  # C008
    started_under = BOOK.at(day(3)).number

    assert BOOK.version(started_under).policy == Target(hours=4)
    assert BOOK.at(day(10)).policy == Target(hours=8)


def test_a_new_version_ends_the_open_one_before_it() -> None:  # C008
    assert [version.effective for version in BOOK.versions] == [
        Period(start=day(0), end=day(10)),
        Period(start=day(10), end=day(20)),
    ]


@given(publishes)
def test_every_instant_from_the_first_start_on_has_exactly_one_version(  # C008
    wishes: list[tuple[int, int | None]],
) -> None:
    book = published(wishes)[-1]
    if not book.versions:
        return
    end = book.versions[-1].effective.end
    for half_days in range(-2, 30):
        instant = JANUARY + half_days * DAY / 2
        found = [version for version in book.versions if version.effective.contains(instant)]
        if instant < book.versions[0].effective.start or (end is not None and instant >= end):
            assert found == []
            with pytest.raises(PolicyViolation):
                book.at(instant)
        else:
            assert found == [book.at(instant)]


@given(publishes)
def test_a_published_version_never_changes_but_for_the_end_of_the_last_open_one(  # C008
    wishes: list[tuple[int, int | None]],
) -> None:
    books = published(wishes)
    for before, after in pairwise(books):
        assert after.versions[: len(before.versions) - 1] == before.versions[:-1]
        assert [version.number for version in after.versions] == list(range(1, len(before.versions) + 2))
        if before.versions:
            was, now = before.versions[-1], after.versions[-2]
            assert (now.number, now.policy, now.effective.start) == (was.number, was.policy, was.effective.start)
            assert now.effective.end == (was.effective.end or after.versions[-1].effective.start)


@given(publishes)
def test_a_refused_version_leaves_no_trace_and_the_next_start_is_always_accepted(
    wishes: list[tuple[int, int | None]],
) -> None:
    book = published(wishes)[-1]
    end = book.versions[-1].effective.end if book.versions else None

    assert book.publish(Target(hours=0), effective=end or day(100)).at(day(100)).policy == Target(hours=0)


def test_a_start_at_or_before_the_last_one_is_refused() -> None:  # C008
    book = EMPTY.publish(Target(hours=4), effective=day(5))
    for start in (5, 4):
        with pytest.raises(PolicyViolation) as refused:
            book.publish(Target(hours=8), effective=day(start))
        assert str(refused.value) == (
            "policy complaint targets: version 2 starts no later than version 1, "
            "which starts at 2026-01-06T00:00:00+00:00; choose a later start"
        )


@pytest.mark.parametrize(("start", "fault"), [(15, "overlaps version 2"), (25, "leaves a gap after version 2")])
def test_neither_an_overlap_nor_a_gap_is_published(start: int, fault: str) -> None:  # C008
    with pytest.raises(PolicyViolation) as refused:
        BOOK.publish(Target(hours=2), effective=day(start))
    assert str(refused.value) == (
        f"policy complaint targets: version 3 {fault}, which ends at 2026-01-21T00:00:00+00:00; start there"
    )


def test_a_version_may_follow_a_fixed_end_at_once() -> None:
    assert BOOK.publish(Target(hours=2), effective=day(20)).at(day(20)).number == 3


def test_a_version_ends_after_it_starts() -> None:
    with pytest.raises(InvalidValue, match="starts before it ends"):
        BOOK.publish(Target(hours=2), effective=day(20), until=day(20))


@pytest.mark.parametrize(
    ("book", "number", "says"),
    [
        (EMPTY, 0, "nothing is published yet"),
        (BOOK, -1, "the first one starts at 2026-01-01T00:00:00+00:00"),
        (BOOK, 20, "the last one ends at 2026-01-21T00:00:00+00:00"),
    ],
)
def test_outside_of_all_versions_none_is_in_force(book: PolicyBook[Target], number: int, says: str) -> None:  # C008
    with pytest.raises(PolicyViolation, match="no version is in force") as refused:
        book.at(day(number))
    assert says in refused.value.says


@pytest.mark.parametrize("number", [-1, 0, 3])
def test_an_unknown_version_is_named(number: int) -> None:
    with pytest.raises(InvalidValue, match=f"there is no version {number}; published so far: 2"):
        BOOK.version(number)


def test_a_time_without_a_zone_is_refused() -> None:
    naive = datetime(2026, 2, 1)
    with pytest.raises(NaiveDatetime):
        BOOK.at(naive)
    for book in (EMPTY, EMPTY.publish(Target(hours=4), effective=day(0)), BOOK):
        with pytest.raises(NaiveDatetime):
            book.publish(Target(hours=2), effective=naive)


def version(number: int, start: int, end: int | None = None) -> PolicyVersion[Target]:
    effective = Period(start=day(start), end=None if end is None else day(end))
    return PolicyVersion(number=number, policy=Target(hours=1), effective=effective)


@pytest.mark.parametrize(
    ("versions", "says"),
    [
        ((version(2, 0),), "numbered from 1"),
        ((version(1, 0, 5), version(1, 5)), "numbered from 1"),
        ((version(1, 0), version(2, 5)), "version 2 overlaps version 1, which has no end"),
        ((version(1, 5, 9), version(2, 0, 5)), "version 2 starts no later than version 1"),
        ((version(1, 0, 5), version(2, 4)), "version 2 overlaps version 1"),
        ((version(1, 0, 5), version(2, 6)), "version 2 leaves a gap after version 1"),
    ],
)
def test_a_book_put_together_by_hand_is_judged_as_well(versions: tuple[PolicyVersion[Target], ...], says: str) -> None:
    with pytest.raises((PolicyViolation, InvalidValue), match=says):
        PolicyBook(id="targets", versions=versions)


def test_a_book_comes_back_from_its_document() -> None:
    schema = Schema("policy_book", PolicyBook[Target])

    assert schema.load(from_text(to_text(schema.dump(BOOK)))) == BOOK

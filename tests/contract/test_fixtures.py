"""The clock and the ids that tests use."""

import uuid
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from servicecrm.errors import NaiveDatetime
from servicecrm.testing import FixedClock, SeededIds


def test_the_clock_stands_still_until_it_is_told_to_go_on() -> None:
    clock = FixedClock(datetime(2026, 3, 2, 9, tzinfo=UTC))

    assert clock() == clock() == datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert clock.advance(days=1, hours=5, minutes=30, seconds=1) == datetime(2026, 3, 3, 14, 30, 1, tzinfo=UTC)
    assert clock() == datetime(2026, 3, 3, 14, 30, 1, tzinfo=UTC)
    with pytest.raises(NaiveDatetime):
        FixedClock(datetime(2026, 3, 2, 9))


def test_an_hour_is_an_hour_across_a_change_of_the_clocks() -> None:
    clock = FixedClock(datetime(2026, 3, 29, 1, 30, tzinfo=ZoneInfo("Europe/Berlin")))

    assert clock.advance(hours=1).isoformat() == "2026-03-29T03:30:00+02:00"


def test_seeded_ids_are_new_sorted_and_the_same_in_every_run() -> None:
    ids, again, others = SeededIds(7), SeededIds(7), SeededIds(8)
    made = [ids() for _ in range(100)]

    assert made == [again() for _ in range(100)]
    assert made == sorted(set(made))
    assert others() not in made
    assert {(uuid.UUID(id).version, uuid.UUID(id).variant) for id in made} == {(7, uuid.RFC_4122)}

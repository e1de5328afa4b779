# ruff: noqa: PT012 - a unit of work is a block of its own
"""Notices wait until one worker has delivered them, and are enqueued once."""

from datetime import UTC, datetime, timedelta

import pytest

from servicecrm.errors import InvalidValue
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.kernel.records import evolve
from servicecrm.storage.ports import Delivery, Notice, Store
from servicecrm.testing.contract.examples import AT, NOW, claim, complaint, notice, put

__all__ = ["Outbox"]


def keys(deliveries: tuple[Delivery, ...]) -> list[str]:
    return [delivery.notice.key for delivery in deliveries]


def settle(
    store: Store,
    *deliveries: Delivery,
    delivered: bool = True,
    dead: bool = False,
    retry_at: datetime | None = None,
) -> int:
    with store.unit() as unit:
        return unit.settle(deliveries, delivered=delivered, dead=dead, retry_at=retry_at)


def bury(store: Store, *deliveries: Delivery) -> int:
    return settle(store, *deliveries, delivered=False, dead=True)


class Outbox:
    """At least once, in order, and never under two names."""

    def test_a_notice_comes_out_as_it_went_in(self, store: Store) -> None:
        given = Notice(
            key="complaint:7:acknowledge:1",
            topic="complaint.overdue",
            recipient="Wässer 'dept' <a@b.example>",
            kind="complaint",
            id="c-7",
            body=FrozenMap({"level": 2, "words": ["é", "💧"], "none": None}),
            not_before=AT + timedelta(microseconds=1),
        )
        put(store, complaint(), notices=[given])
        before = datetime.now(UTC)
        (found,) = claim(store, "w-1", lease=timedelta(minutes=5))

        assert found.notice == given
        assert (found.worker, found.attempt) == ("w-1", 1)
        assert abs(found.until - before - timedelta(minutes=5)) < timedelta(minutes=1)
        assert found.until.utcoffset() == timedelta(0)

    def test_notices_come_in_the_order_in_which_they_were_saved(self, store: Store) -> None:
        put(store, complaint("a"), notices=[notice("z"), notice("b")])
        put(store, notices=[notice("a"), notice("y")])

        assert keys(claim(store, limit=3)) == ["z", "b", "a"]
        assert keys(claim(store, limit=3)) == ["y"]
        assert claim(store) == ()

    def test_notices_need_no_decision(self, store: Store) -> None:
        assert put(store, notices=[notice()]) == ()
        assert keys(claim(store)) == ["n-1"]
        assert store.verify() == 0

    def test_a_key_is_enqueued_once_whatever_became_of_it(self, store: Store) -> None:
        put(store, notices=[notice(), notice()])
        put(store, notices=[notice(id="another")])
        (waiting,) = claim(store)
        assert waiting.notice.id == "c-1"

        put(store, notices=[notice()])
        assert claim(store, "w-2") == ()
        assert settle(store, waiting) == 1

        put(store, notices=[notice(), notice("n-2")])
        assert keys(claim(store)) == ["n-2"]

    def test_a_claimed_notice_is_nobody_elses(self, store: Store) -> None:
        put(store, notices=[notice("a"), notice("b"), notice("c")])

        assert keys(claim(store, "w-1", limit=2)) == ["a", "b"]
        assert keys(claim(store, "w-2", limit=2)) == ["c"]
        assert claim(store, "w-1") == ()
        assert claim(store, "w-2") == ()

    def test_a_claim_within_one_unit_is_not_given_twice(self, store: Store) -> None:
        put(store, notices=[notice("a"), notice("b")])
        with store.unit() as unit:
            first = unit.claim("w-1", now=NOW, limit=1)
            second = unit.claim("w-1", now=NOW, limit=1)
            assert keys(first + second) == ["a", "b"]
            assert unit.claim("w-1", now=NOW) == ()

    def test_after_the_lease_others_may_claim_again_and_see_that_it_is_again(self, store: Store) -> None:
        put(store, notices=[notice()])
        (first,) = claim(store, "w-1", lease=timedelta(0))
        (second,) = claim(store, "w-2", lease=timedelta(0))
        (third,) = claim(store, "w-1")

        assert (first.attempt, second.attempt, third.attempt) == (1, 2, 3)
        assert first.notice == second.notice == third.notice
        assert claim(store, "w-2") == ()

    def test_the_lease_runs_by_the_clock_of_the_store_and_not_by_the_callers(self, store: Store) -> None:
        put(store, notices=[notice()])
        claim(store, "w-1", now=NOW - timedelta(days=3650))
        assert claim(store, "w-2", now=NOW + timedelta(days=3650)) == ()

    def test_only_the_holder_settles(self, store: Store) -> None:
        put(store, notices=[notice()])
        (late,) = claim(store, "w-1", lease=timedelta(0))
        (holder,) = claim(store, "w-2")

        assert settle(store, late) == 0
        assert settle(store, evolve(holder, worker="w-3")) == 0
        assert settle(store, evolve(holder, attempt=1)) == 0
        assert settle(store, late, delivered=False) == 0
        assert bury(store, late) == 0
        assert settle(store, evolve(holder, notice=notice("unknown"))) == 0
        assert settle(store, holder) == 1
        assert settle(store, holder) == 0
        assert settle(store, holder, delivered=False) == 0
        assert bury(store, holder) == 0
        assert claim(store) == ()

    def test_the_same_worker_with_an_older_claim_does_not_settle(self, store: Store) -> None:
        put(store, notices=[notice()])
        (older,) = claim(store, "w-1", lease=timedelta(0))
        (newer,) = claim(store, "w-1")

        assert settle(store, older) == 0
        assert settle(store, newer) == 1

    def test_a_dead_notice_is_never_claimed_again_and_keeps_its_key(self, store: Store) -> None:
        put(store, notices=[notice("dead"), notice("alive")])
        (held,) = claim(store, limit=1, lease=timedelta(0))

        assert bury(store, held) == 1
        put(store, notices=[notice("dead")])
        assert keys(claim(store, now=NOW + timedelta(days=3650), lease=timedelta(0))) == ["alive"]
        assert settle(store, held) == 0
        assert settle(store, held, delivered=False) == 0
        assert bury(store, held) == 0
        assert keys(claim(store)) == ["alive"]

    def test_a_notice_is_not_delivered_and_dead_at_once(self, store: Store) -> None:
        put(store, notices=[notice()])
        (held,) = claim(store)

        with pytest.raises(InvalidValue, match="dead"):
            settle(store, held, dead=True)
        assert settle(store, held) == 1

    def test_only_a_dead_notice_has_a_cause(self, store: Store) -> None:
        put(store, notices=[notice()])
        (held,) = claim(store)

        with store.unit() as unit, pytest.raises(InvalidValue, match="cause"):
            unit.settle([held], delivered=False, cause="the server is away")
        with store.unit() as unit, pytest.raises(InvalidValue, match="NUL"):
            unit.settle([held], delivered=False, dead=True, cause="\0")
        with store.unit() as unit:
            assert unit.settle([held], delivered=False, dead=True, cause="the server 'é' is away") == 1

    def test_several_are_settled_at_once_and_counted(self, store: Store) -> None:
        put(store, notices=[notice("a"), notice("b"), notice("c")])
        claimed = claim(store)

        assert settle(store) == 0
        assert settle(store, claimed[0]) == 1
        assert settle(store, *claimed) == 2
        assert claim(store) == ()

    def test_a_notice_that_could_not_be_delivered_comes_again_when_it_should(self, store: Store) -> None:
        put(store, notices=[notice("a"), notice("b")])
        first, second = claim(store)

        assert settle(store, first, delivered=False, retry_at=NOW + timedelta(hours=1)) == 1
        assert settle(store, second, delivered=False) == 1
        (again,) = claim(store)
        assert (again.notice.key, again.attempt) == ("b", 2)
        assert claim(store, now=NOW + timedelta(minutes=59)) == ()
        (later,) = claim(store, "w-2", now=NOW + timedelta(hours=1))
        assert (later.notice.key, later.attempt) == ("a", 2)

    def test_a_notice_waits_for_its_time(self, store: Store) -> None:
        put(store, notices=[notice("later", not_before=NOW), notice("now")])

        assert keys(claim(store, now=NOW - timedelta(microseconds=1))) == ["now"]
        assert keys(claim(store, now=NOW)) == ["later"]

    def test_what_a_rolled_back_unit_claimed_settled_or_enqueued_did_not_happen(self, store: Store) -> None:
        put(store, notices=[notice("a"), notice("dead"), notice("b")])
        held, dying = claim(store, limit=2)
        with pytest.raises(ZeroDivisionError), store.unit() as unit:
            assert keys(unit.claim("w-2", now=NOW)) == ["b"]
            assert unit.settle([held]) == 1
            assert unit.settle([dying], delivered=False, dead=True) == 1
            unit.save(notices=[notice("c")])
            raise ZeroDivisionError

        (free,) = claim(store, "w-3")
        assert (free.notice.key, free.attempt) == ("b", 1)
        assert settle(store, held) == 1
        assert bury(store, dying) == 1
        put(store, notices=[notice("c")])
        assert keys(claim(store)) == ["c"]

    def test_nothing_to_claim_is_nothing(self, store: Store) -> None:
        assert claim(store) == ()
        put(store, notices=[notice()])
        for bad in (0, -1, 10_001, 2**63, True):
            with pytest.raises(InvalidValue, match="limit"):
                claim(store, limit=bad)
        assert keys(claim(store, limit=1)) == ["n-1"]

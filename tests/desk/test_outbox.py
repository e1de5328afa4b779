"""Whoever runs it sees what waits and what could not be told, and lets it be tried again."""  # C094

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.desk import Desk, connect
from servicecrm.desk.outbox import Outbox
from servicecrm.errors import InvalidValue, NotFound
from servicecrm.storage import Delivery, MemoryStore, Notice, Page, Queued
from servicecrm.testing import FixedClock
from servicecrm.testing.makers import MONDAY
from tests.desk.places import STORES, empty_store

LATER = MONDAY + timedelta(days=1)
FAR = LATER + timedelta(days=1)


@pytest.fixture(params=STORES)
def crm(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    with (
        empty_store(request.param, tmp_path, request) as url,
        connect(url, actor="ann@city.example", clock=FixedClock(MONDAY)) as desk,
    ):
        yield desk


@pytest.fixture
def outbox(crm: Desk) -> Outbox:
    return crm.outbox


def enqueue(crm: Desk, *keys: str) -> None:
    notices = [Notice(key=key, topic="mail", recipient="water", kind="complaint", id="c-1") for key in keys]
    crm.store.atomically(lambda unit: unit.save(notices=notices))


def claim(
    crm: Desk, worker: str = "w-1", *, limit: int = 20, minutes: int = 5, now: datetime = LATER
) -> tuple[Delivery, ...]:
    lease = timedelta(minutes=minutes)
    return crm.store.atomically(lambda unit: unit.claim(worker, now=now, limit=limit, lease=lease), claiming=True)


def settle(crm: Desk, delivery: Delivery) -> int:
    return crm.store.atomically(lambda unit: unit.settle([delivery]), claiming=True)


def give_up(crm: Desk, *deliveries: Delivery) -> None:
    crm.store.atomically(lambda unit: unit.settle(deliveries, delivered=False, dead=True), claiming=True)


def give_back(crm: Desk, delivery: Delivery) -> None:
    crm.store.atomically(lambda unit: unit.settle([delivery], delivered=False, retry_at=FAR), claiming=True)


def keys(page: Page[Queued]) -> list[str]:
    return [queued.key for queued in page]


def test_a_notice_is_seen_waiting_claimed_and_failed(crm: Desk, outbox: Outbox) -> None:
    notice = Notice(key="n-1", topic="mail", recipient="water", kind="complaint", id="c-1", not_before=LATER)
    crm.store.atomically(lambda unit: unit.save(notices=[notice]))
    (waiting,) = outbox.pending()
    assert waiting == Queued(
        key="n-1",
        topic="mail",
        recipient="water",
        kind="complaint",
        id="c-1",
        not_before=LATER,
        attempts=0,
        worker=None,
        claimed_until=None,
        failed_at=None,
    )
    assert waiting.state == "waiting"

    (held,) = claim(crm)
    (claimed,) = outbox.pending()
    assert (claimed.state, claimed.attempts, claimed.worker) == ("claimed", 1, "w-1")
    assert claimed.claimed_until == held.until

    give_up(crm, held)
    assert outbox.pending().items == ()
    (failed,) = outbox.failed()
    assert (failed.state, failed.attempts, failed.worker) == ("failed", 1, "w-1")
    assert failed.failed_at is not None
    assert abs(failed.failed_at - (held.until - timedelta(minutes=5))) < timedelta(minutes=1)


def test_a_notice_whose_lease_has_ended_waits(crm: Desk, outbox: Outbox) -> None:
    enqueue(crm, "n-1")
    claim(crm, minutes=0)

    (queued,) = outbox.pending()
    assert (queued.state, queued.attempts, queued.worker) == ("waiting", 1, "w-1")
    assert outbox.counts().claimed == 0


def test_what_is_delivered_is_no_longer_listed(crm: Desk, outbox: Outbox) -> None:
    enqueue(crm, "n-1", "n-2")
    settle(crm, claim(crm)[0])

    assert keys(outbox.pending()) == ["n-2"]
    assert outbox.failed().items == ()


def test_pages_come_in_order_and_end(crm: Desk, outbox: Outbox) -> None:
    enqueue(crm, "e", "d", "c", "b", "a")
    give_up(crm, *claim(crm, limit=2))
    enqueue(crm, "f")
    for read, all_of_it in ((outbox.pending, ["c", "b", "a", "f"]), (outbox.failed, ["e", "d"])):
        page = read(limit=1)
        found = keys(page)
        while page.next and len(found) < len(all_of_it):
            page = read(limit=1, after=page.next)
            found += keys(page)
        assert (found, page.next) == (all_of_it, None)
        assert read(limit=len(all_of_it)).next is None


def test_a_page_goes_on_after_a_notice_that_has_left_the_list(crm: Desk, outbox: Outbox) -> None:
    enqueue(crm, "a", "b", "c")
    first = outbox.pending(limit=1)
    settle(crm, claim(crm, limit=1)[0])

    assert keys(outbox.pending(after=first.next)) == ["b", "c"]


def test_a_cursor_of_another_list_is_refused(crm: Desk, outbox: Outbox) -> None:
    enqueue(crm, "a", "b")
    after = outbox.pending(limit=1).next
    for cursor in (after, "", "nonsense"):
        with pytest.raises(InvalidValue, match="after"):
            outbox.failed(after=cursor)
    for limit in (0, -1, 10_001):
        with pytest.raises(InvalidValue, match="limit"):
            outbox.pending(limit=limit)


STATES = ("waiting", "claimed", "delivered", "failed")


@given(st.lists(st.sampled_from(STATES), max_size=8))
def test_the_counts_tell_how_many_are_in_which_state(states: list[str]) -> None:
    with MemoryStore() as store:
        check_counts(connect(store, actor="ann@city.example", clock=FixedClock(MONDAY)), states)


def test_every_store_counts_alike(crm: Desk) -> None:
    check_counts(crm, ["delivered", "failed", "failed", "claimed", "waiting", "claimed", "claimed", "waiting"])


def check_counts(crm: Desk, states: list[str]) -> None:
    for n, state in enumerate(states):
        enqueue(crm, f"{n}")
        (held,) = claim(crm, minutes=5)
        if state == "waiting":
            give_back(crm, held)
        elif state == "delivered":
            settle(crm, held)
        elif state == "failed":
            give_up(crm, held)
    counts = crm.outbox.counts()
    assert {state: getattr(counts, state) for state in STATES} == {state: states.count(state) for state in STATES}
    pending = [f"{n}" for n, state in enumerate(states) if state in ("waiting", "claimed")]
    assert ([counts.oldest.key] if counts.oldest else []) == pending[:1]
    assert keys(crm.outbox.pending()) == pending


def test_a_failed_notice_that_is_given_back_begins_anew(crm: Desk, outbox: Outbox) -> None:
    enqueue(crm, "n-1")
    give_back(crm, *claim(crm))
    give_up(crm, *claim(crm, now=FAR))
    outbox.retry("n-1")

    assert outbox.failed().items == ()
    (queued,) = outbox.pending()
    assert (queued.state, queued.attempts, queued.worker, queued.not_before) == ("waiting", 0, None, None)
    (held,) = claim(crm)
    assert (held.notice.key, held.attempt) == ("n-1", 1)
    assert settle(crm, held) == 1


def test_a_claim_from_before_it_failed_does_not_settle_a_notice_that_was_given_back(crm: Desk, outbox: Outbox) -> None:
    enqueue(crm, "n-1")
    (stale,) = claim(crm, "mailer", minutes=0)
    give_up(crm, *claim(crm))
    outbox.retry("n-1")
    (held,) = claim(crm, "mailer")

    assert stale.attempt == held.attempt == 1
    assert settle(crm, stale) == 0
    assert settle(crm, held) == 1


def test_only_a_failed_notice_is_given_back(crm: Desk, outbox: Outbox) -> None:
    enqueue(crm, "delivered", "claimed", "waiting")
    delivered, _ = claim(crm, limit=2)
    settle(crm, delivered)
    before = outbox.pending(), outbox.counts()

    for key in ("delivered", "claimed", "waiting", "unknown"):
        with pytest.raises(NotFound, match="failed notice"):
            outbox.retry(key)
    assert (outbox.pending(), outbox.counts()) == before
    for bad in ("\0", "a" * 501):
        with pytest.raises(InvalidValue, match="key"):
            outbox.retry(bad)


def test_what_is_given_back_in_a_unit_that_fails_stays_failed(crm: Desk, outbox: Outbox) -> None:
    enqueue(crm, "n-1")
    give_up(crm, *claim(crm))
    with pytest.raises(ZeroDivisionError), crm.unit():  # noqa: PT012 - a unit of work is a block of its own
        outbox.retry("n-1")
        raise ZeroDivisionError

    assert keys(outbox.failed()) == ["n-1"]

"""Places are given in the order in which they were asked for."""

import threading
from concurrent.futures import ThreadPoolExecutor

from servicecrm.storage.places import Places


def test_who_asks_for_a_place_that_is_taken_waits_until_the_deadline() -> None:
    places = Places(2)
    assert places.acquire(timeout=0)
    assert places.acquire(timeout=0)
    assert not places.acquire(timeout=0.01)
    places.release()
    assert places.acquire(timeout=0)


def test_who_comes_back_at_once_does_not_overtake_who_waits() -> None:
    places, got = Places(1), threading.Event()
    places.acquire(timeout=0)

    def wait() -> None:
        assert places.acquire(timeout=10)
        got.set()
        places.release()

    waiter = threading.Thread(target=wait)
    waiter.start()
    while not places._waiting:
        pass
    places.release()
    assert places.acquire(timeout=10)
    assert got.is_set()
    waiter.join()


def test_many_threads_never_hold_more_places_than_there_are() -> None:
    places, inside, most, lock = Places(3), 0, 0, threading.Lock()

    def visit(_: int) -> bool:
        nonlocal inside, most
        if not places.acquire(timeout=0.0005):
            return False
        with lock:
            inside += 1
            most = max(most, inside)
        with lock:
            inside -= 1
        places.release()
        return True

    with ThreadPoolExecutor(16) as pool:
        visits = list(pool.map(visit, range(5_000)))
    assert any(visits)
    assert most <= 3
    assert all(places.acquire(timeout=0) for _ in range(3))  # none was lost on the way
    assert not places.acquire(timeout=0)

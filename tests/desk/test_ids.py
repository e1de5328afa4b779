"""New ids: UUIDs of version 7 that rise, whoever asks and however fast."""  # C001

import threading
import time
import uuid

import pytest

from servicecrm.desk.ids import uuid7


def test_an_id_is_a_uuid_of_version_7_that_holds_the_time() -> None:
    before = time.time_ns() // 1_000_000
    id = uuid.UUID(uuid7())

    assert (id.version, id.variant) == (7, uuid.RFC_4122)
    assert before <= id.int >> 80 <= time.time_ns() // 1_000_000 + 10


def test_ids_rise_also_within_a_millisecond_and_when_the_clock_is_set_back(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = [uuid7() for _ in range(10_000)]
    monkeypatch.setattr(time, "time_ns", lambda: 0)
    ids += [uuid7() for _ in range(10)]

    assert ids == sorted(ids)
    assert len(set(ids)) == len(ids)


def test_threads_never_get_the_same_id() -> None:
    ids: list[str] = []
    threads = [threading.Thread(target=lambda: ids.extend([uuid7() for _ in range(500)])) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(ids)) == 4_000

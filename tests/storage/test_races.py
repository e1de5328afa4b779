"""Many processes on one store: nothing is lost, nothing is seen that could not have happened one after another."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import psycopg
import pytest

from servicecrm.complaints import Complaint
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.testing.makers import MONDAY
from tests.histories import Client, Kind, Transaction, anomalies, run
from tests.storage import racing
from tests.storage.racing import COUNTERS, Place, recorded, together

PROCESSES = 8


def weaker(place: Place, isolation: str) -> Place:
    return Place(place.url, (*place.options, ("isolation", isolation)))


# -- isolation -------------------------------------------------------------------------------------


def observed(
    place: Place,
    *,
    transactions: int,
    seed: int,
    lists: Callable[[Place], AbstractContextManager[Client]] = racing.lists,
) -> list[Transaction]:
    keys = [f"{seed}-{n}" for n in range(12)]
    with place.open() as crm, crm.store.unit() as unit:
        unit.save(*(recorded(key, extra=FrozenMap({"items": []})) for key in keys))
    session = partial(lists, place)
    return run(PROCESSES, transactions=transactions, keys=keys, seed=seed, session=session)


def test_serializable_units_see_no_more(server: Place) -> None:
    assert anomalies(observed(weaker(server, "serializable"), transactions=40, seed=0)) == []


def test_units_on_records_of_their_own_do_not_disturb_each_other(server: Place) -> None:
    place = Place(server.url, (*server.options, ("timeout", 60)))
    with place.open() as crm, crm.store.unit() as unit:
        unit.save(*(recorded(f"own-{n}-{k}") for n in range(PROCESSES) for k in range(5)))

    assert together(racing.work_apart, place, 20, processes=PROCESSES) == [0] * PROCESSES


@pytest.mark.parametrize("seeds", [1, pytest.param(10, marks=pytest.mark.torture)])
def test_what_units_see_could_have_happened_one_after_another(place: Place, seeds: int) -> None:  # R11
    for seed in range(seeds):
        history = observed(place, transactions=40 if seeds == 1 else 125, seed=seed)

        assert anomalies(history) == []
        assert sum(each.outcome == "committed" for each in history) > len(history) / 10


@pytest.mark.parametrize(("isolation", "shows"), [("read committed", "G-single"), ("repeatable read", "G2-item")])
def test_without_a_last_look_at_what_was_read_the_same_units_see_more(
    server: Place, isolation: str, shows: Kind
) -> None:
    for seed in range(20):  # the first few do, as a rule
        place = weaker(server, isolation)
        history = observed(place, transactions=60, seed=seed, lists=racing.lists_without_holding)
        if shows in {anomaly.kind for anomaly in anomalies(history)}:
            return
    pytest.fail(f"{isolation} has not shown {shows}")


# -- lost updates ----------------------------------------------------------------------------------


def counted(place: Place, add: Callable[[Place, int, int], int], updates: int) -> tuple[int, int]:
    """What the counters show in the end, and how often a unit was run again."""
    with place.open() as crm, crm.store.unit() as unit:
        unit.save(*(recorded(f"counter-{n}", extra=FrozenMap({"total": 0})) for n in range(COUNTERS)))
    again = together(add, place, updates, processes=PROCESSES)
    with place.open() as crm:
        totals = [crm.complaints.get(f"counter-{n}").extra["total"] for n in range(COUNTERS)]
    return sum(total for total in totals if isinstance(total, int)), sum(again)


@pytest.mark.parametrize("updates", [125, pytest.param(10_000, marks=pytest.mark.torture)])
def test_conflicting_updates_of_eight_processes_lose_nothing(place: Place, updates: int) -> None:  # R9
    total, again = counted(place, racing.add, updates)

    assert total == PROCESSES * updates
    print(f"{place.url.split(':')[0]}: {total} updates, {again} units were run again")  # noqa: T201
    with place.open() as crm:
        crm.store.seal()
        assert crm.store.verify() == total + COUNTERS


def test_the_same_updates_without_a_look_at_the_revision_lose_some(server: Place) -> None:
    total, _ = counted(weaker(server, "read committed"), racing.add_without_looking, 100)

    assert total < PROCESSES * 100


# -- the outbox ------------------------------------------------------------------------------------


@pytest.mark.parametrize("notices", [50, pytest.param(400, marks=pytest.mark.torture)])
def test_no_notice_of_eight_writers_is_missed_or_delivered_twice(place: Place, tmp_path: Path, notices: int) -> None:
    place.open().close()
    sink = tmp_path / "sink"
    sink.touch()
    expected = {f"{n}-{k}" for n in range(PROCESSES) for k in range(notices)}

    delivered = together(partial(_write_or_deliver, place, notices, sink), processes=PROCESSES + 2)

    keys = sink.read_text().splitlines()
    assert set(keys) == expected
    assert len(keys) == sum(delivered) == len(expected)


def _write_or_deliver(place: Place, notices: int, sink: Path, n: int) -> int:
    if n < 2:
        return racing.deliver(place, sink, PROCESSES * notices, n)
    racing.enqueue(place, notices, n - 2)
    return 0


def test_a_position_in_the_outbox_would_miss_some(server: Place) -> None:
    """Why workers claim: the order of places is not the order of commits."""
    server.open().close()
    schema = dict(server.options)["schema"]
    insert = (
        f"INSERT INTO {schema}.servicecrm_outbox (tenant, key, place, topic, recipient, kind, record, body, attempt)"
        f" VALUES ('default', %s, nextval('{schema}.servicecrm_outbox_places'), 't', 'r', 'k', 'r', '{{}}', 0)"
    ).encode()
    read = f"SELECT key, place FROM {schema}.servicecrm_outbox WHERE place > %s ORDER BY place".encode()
    seen: list[str] = []
    with psycopg.connect(server.url, autocommit=True) as fast, psycopg.connect(server.url) as slow:
        slow.execute(insert, ("slow",))
        fast.execute(insert, ("fast",))
        ((key, last),) = fast.execute(read, (0,)).fetchall()
        seen.append(key)
        slow.commit()
        seen += [key for key, _ in fast.execute(read, (last,)).fetchall()]

    assert seen == ["fast"]
    with server.open() as crm, crm.store.unit(claiming=True) as unit:
        assert [delivery.notice.key for delivery in unit.claim("w", now=MONDAY)] == ["slow", "fast"]


# -- errors ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [4, pytest.param(60, marks=pytest.mark.torture)])
def test_no_error_of_a_driver_reaches_a_caller(place: Place, seconds: float) -> None:  # R13
    with place.open() as crm, crm.store.unit() as unit:
        unit.save(*(recorded(f"shared-{n}") for n in range(6)))

    counted = together(racing.bustle, place, seconds, processes=PROCESSES)

    print(counted)  # noqa: T201
    assert all(part.get("done", 0) > 0 for part in counted)
    assert {name for part in counted for name in part} <= {"done", "StoreBusy", "StaleRevision"}
    with place.open() as crm:
        crm.store.seal()
        with crm.store.unit(readonly=True) as unit:
            assert unit.count(Complaint) > 6
        crm.store.verify()

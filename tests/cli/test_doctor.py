"""The doctor says what waits in a store, and what nobody knows what to do with."""  # C094, C123

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from servicecrm.cli import main
from servicecrm.cli.doctor import LIFECYCLES
from servicecrm.desk import connect
from servicecrm.kernel.kinds import Kind
from servicecrm.storage import Notice
from servicecrm.storage.kinds import SHIPPED
from tests.cli.test_cli import execute
from tests.desk.places import STORES, empty_store

Captured = pytest.CaptureFixture[str]


@pytest.fixture(params=STORES[1:])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty store that is kept, as the option names it."""
    with empty_store(request.param, tmp_path, request) as url:
        yield url


def told(store: str, capsys: Captured, *, ends: int = 0) -> list[str]:
    """What the doctor says of the one tenant."""
    assert main(["doctor", "--store", store]) == ends
    out, _ = capsys.readouterr()
    return out.partition("tenant default\n")[2].splitlines()


def test_the_doctor_tells_what_waits_and_for_how_long(store: str, capsys: Captured) -> None:
    with connect(store, actor="ann@city.example") as crm:
        now = crm.clock()
        retried, failed = (Notice(key=key, topic="mail", recipient="w", kind="c", id="c-1") for key in ("a", "b"))
        crm.store.atomically(lambda unit: unit.save(notices=[retried, failed]))
        with crm.store.unit(claiming=True) as unit:
            first, second = unit.claim("w", now=now)
            unit.settle([first], delivered=False, retry_at=now - timedelta(hours=30))
            unit.settle([second], delivered=False, dead=True)
        crm.complaints.record(subject="No water", channel="phone")
    lines = told(store, capsys)

    assert any(
        line.startswith("  outbox: 1 waiting, 0 claimed, 1 failed; the first could have been delivered 1 day, 6:00:")
        for line in lines
    )
    assert "  clocks due: 0" in lines


def test_the_doctor_tells_the_seal_to_be_kept_elsewhere(store: str, capsys: Captured) -> None:
    with connect(store, actor="ann@city.example") as crm:
        crm.complaints.record(subject="No water", channel="phone")
        crm.store.seal()
        head = crm.store.head()

    assert f"  seal {head.seal}: {head.hash}" in told(store, capsys)


def test_the_doctor_finds_unknown_states_of_every_kind_that_has_states(store: str, capsys: Captured) -> None:
    with connect(store, actor="ann@city.example") as crm:
        id = crm.cases.open(subject="A leak", channel="phone").id
    execute(store, "UPDATE servicecrm_case SET state = 'lost'")
    lines = told(store, capsys, ends=1)  # the case itself says something else

    assert lines[lines.index("  cases in an unknown state: 1") + 1] == f"    {id}: lost"
    assert "  complaints in an unknown state: 0" in lines


def test_the_doctor_knows_the_states_of_every_kind() -> None:
    def has_states(kind: Kind[Any]) -> bool:
        return any(column.name == "state" for column in kind.columns)

    assert {kind.name for kind in SHIPPED if has_states(kind)} == set(LIFECYCLES)


def test_the_doctor_finds_a_damaged_page(tmp_path: Path, capsys: Captured) -> None:
    path = tmp_path / "crm.db"
    with connect(str(path), actor="ann@city.example") as desk:
        for n in range(30):
            desk.complaints.record(subject=f"No water {n}", channel="phone")
    with closing(sqlite3.connect(path)) as connection:
        (page,) = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'servicecrm_complaint_state'"
        ).fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    content = bytearray(path.read_bytes())
    content[(page - 1) * size : page * size] = bytes(size)
    path.write_bytes(content)

    assert main(["doctor", "--store", str(path)]) == 1
    assert "damaged; restore the last backup that is sound" in capsys.readouterr().err

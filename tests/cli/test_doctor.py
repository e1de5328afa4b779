"""The doctor says what waits in a store, and what nobody knows what to do with."""  # C094, C123

import re
import sqlite3
import tomllib
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from servicecrm.cli import main
from servicecrm.cli.doctor import LIFECYCLES
from servicecrm.cli.versions import EXTRAS
from servicecrm.complaints import LIFECYCLE
from servicecrm.desk import House, connect
from servicecrm.kernel.filters import where
from servicecrm.kernel.kinds import Kind
from servicecrm.kernel.lifecycle import Move
from servicecrm.storage import Notice
from servicecrm.storage.kinds import SHIPPED
from servicecrm.storage.sqlite_engine import Profile
from tests.cli.test_cli import ROOT, execute
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

    assert lines[lines.index("  cases in a state that the shipped lifecycle has not: 1") + 1] == f"    {id}: lost"
    assert not any("complaint" in line for line in lines)  # there is none, so there is nothing to tell


def test_the_doctor_does_not_judge_a_state_that_a_house_has_added(store: str, capsys: Captured) -> None:
    ours = LIFECYCLE.with_moves(
        Move("assign", "acknowledged", "in_review", role="manager"),
        Move("assign", "in_review", "in_handling", role="manager"),
    )
    with connect(store, actor="ann@city.example", house=House(lifecycles=[ours])) as crm:
        id = crm.complaints.record(subject="No water", channel="phone").id
        crm.complaints.acknowledge(id)
        crm.complaints.assign(id, "north")
        assert crm.complaints.count(~where("state").one_of(ours.states)) == 0  # as the page says to ask
    lines = told(store, capsys)

    first = lines.index("  complaints in a state that the shipped lifecycle has not: 1")
    assert lines[first + 1 : first + 3] == [
        f"    {id}: in_review",
        "    That is in order if the house has added the state; ask a desk that has the table of the house.",
    ]


def test_a_tenant_with_nothing_strange_has_few_lines(store: str, capsys: Captured) -> None:
    with connect(store, actor="ann@city.example") as crm:
        crm.complaints.record(subject="No water", channel="phone")
    lines = told(store, capsys)

    assert [line.partition(":")[0].split()[0] for line in lines] == [
        *("complaint", "clock", "outbox", "clocks", "journal"),
        "no" if "://" in store else "seal",
    ]


def test_the_doctor_goes_on_after_a_broken_journal_and_lists_every_one(store: str, capsys: Captured) -> None:
    ids = {}
    for tenant in ("east", "north", "south", "west"):
        with connect(store, tenant=tenant, actor="ann@city.example") as crm:
            ids[tenant] = crm.complaints.record(subject="No water", channel="phone").id
    execute(store, "UPDATE servicecrm_journal SET type = 'complaint.closed' WHERE tenant = 'east' AND n = 1")
    execute(store, "DELETE FROM servicecrm_complaint WHERE tenant = 'south'")

    assert main(["doctor", "--store", store]) == 1
    out, err = capsys.readouterr()
    journals = [line for line in out.splitlines() if line.startswith(("tenant ", "  journal: "))]
    assert journals[0] == "tenant east"
    assert journals[1].startswith("  journal: broken; entry 1 of ")
    assert journals[2:] == [
        "tenant north",
        "  journal: 2 entries, verified",
        "tenant south",
        f"  journal: broken; complaint {ids['south']} is gone, and its history is there",
        "tenant west",
        "  journal: 2 entries, verified",
    ]
    place = store.split("://", maxsplit=1)[0]
    first, second = err.splitlines()
    assert first.startswith(f"servicecrm: {place}: tenant east: entry 1 of ")
    assert second == f"servicecrm: {place}: tenant south: complaint {ids['south']} is gone, and its history is there"


def test_the_doctor_says_how_a_file_is_written_when_it_only_reads_it(tmp_path: Path, capsys: Captured) -> None:
    path = tmp_path / "crm.db"
    for version, mode in (((3, 40, 1), "truncate"), ((3, 51, 3), "wal")):
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(sqlite3, "sqlite_version_info", version)
            with connect(str(path), actor="ann@city.example") as crm:
                assert isinstance(crm.profile, Profile)
                assert crm.profile.journal_mode == mode
            assert main(["doctor", "--store", str(path)]) == 0
        out, _ = capsys.readouterr()
        assert f"journal_mode={mode}" in out
        # The file itself remembers that it is in WAL, and a connection that only reads leaves it there.
        assert ("  journal_mode=truncate, or wal with writers=one.\n" in out) == (mode == "truncate")


def test_every_extra_is_known_to_the_doctor() -> None:
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    assert set(EXTRAS) == set(wanted)
    for extra, requirements in wanted.items():
        needed, with_parts = set(), set()
        for requirement in requirements:
            name, parts = re.findall(r"^([\w-]+)(?:\[([^]]*)\])?", requirement)[0]
            needed.add(name)
            with_parts |= {f"{name}-{part}" for part in parts.split(",")}
        assert needed <= set(EXTRAS[extra]) <= needed | with_parts


def test_an_extra_is_there_when_all_of_its_packages_are(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    there = {"psycopg": "3.2", "typst": "0.14.1"}
    monkeypatch.setattr("servicecrm.cli.versions.installed", there.get)

    assert main(["doctor"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "extra pdf: typst 0.14.1" in lines
    assert 'extra postgres: not installed; pip install "servicecrm[postgres]"' in lines


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

"""`servicecrm sweep`: every tenant in turn, for as long as one likes, and in spite of a store that is away."""

import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from servicecrm import Desk, connect
from servicecrm.cli import _parser, main
from servicecrm.cli import people as people_file
from servicecrm.cli.people import People, read_people
from servicecrm.cli.rounds import rounds
from servicecrm.complaints.targets import TARGETS
from servicecrm.desk.house import House
from servicecrm.errors import StoreUnavailable
from servicecrm.kernel.policies import publish
from servicecrm.testing import FixedClock
from servicecrm.tracking import Ladder, Rung, Targets
from servicecrm.tracking.books import TargetBook
from servicecrm.tracking.ready_made import usual
from tests.desk.places import STORES, empty_store, empty_tables
from tests.servers import Postgres

IMPATIENT = """
from functools import partial
from servicecrm.cli import main, stores
stores.connect = partial(stores.connect, timeout=0.5)
raise SystemExit(main())
"""
"""The command line, but it does not wait long for a store."""
PAGE = Path(__file__).parent.parent.parent / "docs" / "how-to" / "keep-the-clock.md"
LONG_AGO = datetime(2025, 3, 3, 9, tzinfo=UTC)
PEOPLE = """
switches = ["supervisor_copies"]

[people."wanda@water.example"]
address = "wanda@mail.example"
deputy = "otto@water.example"

[people."otto@water.example"]
address = "otto@mail.example"
name = "Otto Öl"
language = "de"
zone = "Europe/Berlin"

[roles]
supervisor = ["wanda@water.example"]
"""

Captured = pytest.CaptureFixture[str]


@pytest.fixture(params=STORES[1:])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A store where two tenants have one complaint each, long past its targets."""
    with empty_store(request.param, tmp_path, request) as url:
        for tenant in ("north", "south"):
            forget(url, tenant)
        yield url


@pytest.fixture
def people(tmp_path: Path) -> Path:
    path = tmp_path / "people.toml"
    path.write_text(PEOPLE, "utf-8")
    return path


def long_ago(store: str, tenant: str) -> Desk:
    return connect(store, actor="ann@city.example", tenant=tenant, clock=FixedClock(LONG_AGO), house=House())


def forget(store: str, tenant: str) -> str:
    """Record a complaint that nobody looks after."""
    with long_ago(store, tenant) as crm:
        return crm.complaints.record(subject="Frau Weber has no water", channel="phone").id


def told(store: str, tenant: str) -> set[tuple[str, str]]:
    """The topics and recipients of the notices that wait."""
    with connect(store, tenant=tenant) as crm:
        return {(queued.topic, queued.recipient) for queued in crm.outbox.pending()}


# -- once ----------------------------------------------------------------------------------------


def test_what_is_due_in_every_tenant_is_fired_once_and_counted(store: str, capsys: Captured) -> None:  # C037
    assert [main(["sweep", "--store", store]), main(["sweep", "--store", store])] == [0, 0]

    missed = "3 timer.missed"  # all shipped targets but that of a higher stage
    assert capsys.readouterr() == (f"north: {missed}\nsouth: {missed}\n", "")


def test_one_tenant_may_be_swept_alone(store: str, capsys: Captured) -> None:
    assert main(["sweep", "--store", store, "--tenant", "south"]) == 0
    assert [line.split(":")[0] for line in capsys.readouterr().out.splitlines()] == ["south"]
    assert main(["sweep", "--store", store]) == 0
    assert [line.split(":")[0] for line in capsys.readouterr().out.splitlines()] == ["north"]


def test_tenants_of_many_units_are_swept_to_their_end(
    store: str, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setattr("servicecrm.desk.sweeping.BATCH", 1)
    for _ in range(2):
        forget(store, "south")

    assert main(["sweep", "--store", store]) == 0
    assert capsys.readouterr().out == "north: 3 timer.missed\nsouth: 9 timer.missed\n"


def test_who_did_it_is_the_library(store: str) -> None:
    main(["sweep", "--store", store])

    with connect(store, tenant="north") as crm:
        (complaint,) = crm.complaints.find()
        assert {entry.by for entry in crm.history(f"complaint:{complaint.id}")} == {"ann@city.example", "servicecrm"}


def test_people_with_a_role_and_those_who_stand_in_for_them_are_told(
    store: str, people: Path, capsys: Captured
) -> None:  # C039, C061
    ladder = Ladder(rungs=(Rung(at="1 business day after", to="supervisor"),))
    with long_ago(store, "north") as crm:
        promise = Targets(targets=(usual("resolution", "2 business days", ladder=ladder),))
        crm.policies.publish(promise, name="complaint", effective=LONG_AGO)

    assert main(["sweep", "--store", store, "--people", str(people)]) == 0
    assert "north: 1 record.escalated" in capsys.readouterr().out
    # A copy of the miss for both, as the switch says; the escalation for who is there.
    assert told(store, "north") == {
        ("copy_missed", "wanda@water.example"),
        ("copy_missed", "otto@water.example"),
        ("escalated", "otto@water.example"),
    }


def test_two_who_stand_in_for_each_other_are_both_away() -> None:
    people = People(deputies={"wanda": "otto", "otto": "wanda"}, roles={"supervisor": ("wanda",)})

    assert people.holders("supervisor", None) == ("wanda", "otto")


def test_rules_that_cannot_be_followed_keep_only_their_own_tenant_waiting(store: str, capsys: Captured) -> None:
    with long_ago(store, "north") as crm:
        until = LONG_AGO + timedelta(days=9)
        book = TargetBook(id="complaint")
        crm.save(publish(book, TARGETS, effective=LONG_AGO, until=until, by="ann@city.example", at=LONG_AGO))

    assert main(["sweep", "--store", store]) == 1
    out, err = capsys.readouterr()
    assert out.startswith("south: 3 timer.missed\n")
    assert err.startswith("servicecrm: north: ")
    assert err.count("\n") == 1


# -- what can go wrong ---------------------------------------------------------------------------


def test_a_wrong_name_makes_no_store(tmp_path: Path, capsys: Captured) -> None:
    assert main(["sweep", "--store", str(tmp_path / "crm.db")]) == 1
    assert capsys.readouterr().err == f"servicecrm: {tmp_path / 'crm.db'}: there is no file crm.db\n"
    assert list(tmp_path.iterdir()) == []


def test_a_store_in_memory_is_refused(capsys: Captured) -> None:
    assert main(["sweep", "--store", "memory:"]) == 1
    assert "name one that is kept" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "instead", "place"),
    [
        ('switches = ["supervisor_copies"]', 'switches = ["copies"]', "switches"),
        ('switches = ["supervisor_copies"]', "switches = true", "switches"),
        ('switches = ["supervisor_copies"]', "colour = 1", "colour"),
        ('address = "otto@mail.example"', "", "people.otto@water.example.address"),
        ('address = "otto@mail.example"', 'address = "otto"', "people.otto@water.example.address"),
        ('name = "Otto Öl"', "name = 1", "people.otto@water.example.name"),
        ('name = "Otto Öl"', 'name = "Otto\\nBcc: x"', "people.otto@water.example.name"),
        ('language = "de"', 'language = "German"', "people.otto@water.example.language"),
        ('zone = "Europe/Berlin"', 'zone = "Berlin"', "people.otto@water.example.zone"),
        ('zone = "Europe/Berlin"', 'phone = "110"', "people.otto@water.example.phone"),
        ('deputy = "otto@water.example"', 'deputy = "lin"', "people.wanda@water.example.deputy"),
        ('supervisor = ["wanda@water.example"]', 'supervisor = "wanda@water.example"', "roles.supervisor"),
        ('supervisor = ["wanda@water.example"]', 'supervisor = ["lin"]', "roles.supervisor"),
        ("supervisor =", "superviser =", "switches"),
        ("[roles]", "[people.lin.roles]", "people.lin.roles"),
        ("[roles]", "[[roles]]", "roles"),
    ],
)
def test_what_is_wrong_with_the_people_is_told_with_its_place(
    line: str, instead: str, place: str, people: Path, capsys: Captured
) -> None:
    assert line in PEOPLE
    people.write_text(PEOPLE.replace(line, instead, 1), "utf-8")

    assert main(["sweep", "--store", "memory:", "--people", str(people)]) == 1
    assert capsys.readouterr().err.startswith(f"servicecrm: {people}: {place}: ")


def test_every_problem_of_the_people_has_its_line(people: Path, capsys: Captured) -> None:
    bad = PEOPLE.replace("otto@mail", "otto mail").replace("Europe/Berlin", "Berlin").replace("supervisor_", "")
    people.write_text(bad, "utf-8")

    assert main(["sweep", "--store", "memory:", "--people", str(people)]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(": ")[2].rpartition(".")[2] for line in lines] == ["switches", "address", "zone"]
    assert "otto mail" not in "".join(lines)


@pytest.mark.parametrize(("content", "says"), [(b"\xff\xfe", "not UTF-8"), (b"[people", "not TOML")])
def test_people_that_are_no_text_are_named(content: bytes, says: str, people: Path, capsys: Captured) -> None:
    people.write_bytes(content)

    assert main(["sweep", "--store", "memory:", "--people", str(people)]) == 1
    assert says in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "--store"),
        (["--store", "crm.db", "--every", "60"], "60s, 5m or 1h"),
        (["--store", "crm.db", "--every", "0s"], "60s, 5m or 1h"),
        (["--store", "crm.db", "--every", "-1s"], "expected one argument"),
    ],
)
def test_wrong_usage_is_explained(arguments: list[str], says: str, capsys: Captured) -> None:
    with pytest.raises(SystemExit) as raised:
        main(["sweep", *arguments])
    assert raised.value.code == 2
    assert says in capsys.readouterr().err


# -- on the page ---------------------------------------------------------------------------------


def test_the_page_shows_commands_and_people_as_they_are_understood(people: Path) -> None:
    page = PAGE.read_text("utf-8")
    (shown,) = re.findall(r'title="people.toml"\n(.*?)^```', page, re.MULTILINE | re.DOTALL)
    people.write_text(shown, "utf-8")
    commands = re.findall(r"servicecrm ((?:sweep|deliver) --.*?)$", page.replace("\\\n", ""), re.MULTILINE)

    assert read_people(people).house.roles("supervisor", None) == ("otto@water.example",)
    assert shown in str(people_file.__doc__)
    assert [_parser().parse_args(shlex.split(command)).command for command in commands] == [
        *("sweep", "deliver", "sweep", "sweep")
    ]


# -- again and again -----------------------------------------------------------------------------


def test_a_turn_that_fails_is_told_and_the_next_one_is_taken(capsys: Captured) -> None:
    turns: list[Callable[[], object]] = [away, lambda: None, lambda: signal.raise_signal(signal.SIGTERM)]

    def turn() -> None:
        turns.pop(0)()

    rounds(turn, every=timedelta(milliseconds=1), stop=lambda: None)

    assert turns == []
    assert capsys.readouterr().err == "servicecrm: the disk is gone; another try follows\n"


def away() -> None:
    raise StoreUnavailable("the disk is gone")


def test_a_store_that_is_away_is_not_asked_again_for_each_tenant(
    store: str, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    asked: list[object] = []

    def some(*of: object) -> None:
        asked.append(of)
        away()

    monkeypatch.setattr("servicecrm.desk.sweeping.Sweep.some", some)
    assert main(["sweep", "--store", store]) == 1
    assert len(asked) == 1
    assert capsys.readouterr().err.endswith(": the disk is gone\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_lets_the_turn_end_and_a_second_one_does_not_wait(number: signal.Signals) -> None:
    done: list[str] = []

    def interrupt(*_: object) -> None:
        done.append("interrupted")

    def turn() -> None:
        signal.raise_signal(number)
        done.append("turn")
        signal.raise_signal(number)

    before = signal.signal(number, interrupt)
    try:
        rounds(turn, every=timedelta(hours=1), stop=lambda: done.append("asked to stop"))
        assert signal.getsignal(number) is interrupt
    finally:
        signal.signal(number, before)
    assert done == ["asked to stop", "turn", "interrupted"]


def test_a_sweeper_waits_for_a_server_that_is_away_and_ends_when_it_is_asked_to(own_postgres: Postgres) -> None:
    with empty_tables(own_postgres) as url:
        forget(url, "north")
        sweeper = subprocess.Popen(
            (sys.executable, "-c", IMPATIENT, "sweep", "--store", url, "--every", "0.1s"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert sweeper.stdout is not None
        assert sweeper.stderr is not None
        try:
            assert sweeper.stdout.readline() == "north: 3 timer.missed\n"
            own_postgres.stop(immediate=True)
            assert any(line.endswith("; another try follows\n") for line in sweeper.stderr)  # psycopg says more
            own_postgres.start()
            forget(url, "south")
            assert sweeper.stdout.readline() == "south: 3 timer.missed\n"
            sweeper.terminate()
            out, err = sweeper.communicate(timeout=30)
        finally:
            sweeper.kill()
    assert (sweeper.returncode, out) == (0, "")
    assert "Traceback" not in err

"""The command line and `postgresql://`: what cannot be opened is told in one line, which never shows a password."""

import re
import subprocess
import sys
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from servicecrm.cli import main
from servicecrm.storage.postgres.dialect import named
from tests.desk.places import empty_tables
from tests.servers import Postgres
from tests.stores import clean_schema

DEMO = Path(str(files("servicecrm"))) / "demo"
REPLAY = ["replay", str(DEMO / "water_utility.csv"), "--map", str(DEMO / "water_utility.toml")]
COMMANDS = {"replay": REPLAY, "doctor": ["doctor"], "demo": ["demo"]}
SECRET = "Geheimwort"
UNREACHABLE = "the server cannot be reached"

Captured = pytest.CaptureFixture[str]


def changed(url: str, *, user: str | None = None, database: str | None = None) -> str:
    """The URL of a server, with the secret as its password, and perhaps another role or database."""
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    name = f"{user or parts.username}:{SECRET}@{place}"
    return parts._replace(netloc=name, path=f"/{database}" if database else parts.path).geturl()


NO_SUCH: dict[str, tuple[str, Callable[[str], str]]] = {
    "no such role": (
        "the server does not let this role in",
        lambda url: changed(url, user="nobody_of_that_name"),
    ),
    "no such database": (
        "there is no database of that name",
        lambda url: changed(url, database="no_such_database"),
    ),
}
"""What the server itself says, in English, about whom it does not let in."""

BAD: dict[str, Callable[[str], str]] = {
    "no server at the port": lambda _: f"postgresql://ann:{SECRET}@127.0.0.1:1/crm",
    "no such host": lambda _: f"postgresql://ann:{SECRET}@no-such-host.invalid/crm",
    "no such socket": lambda _: f"postgresql://ann:{SECRET}@/crm?host=/nowhere",
    "a port that is no number": lambda _: f"postgresql://ann:{SECRET}@db.example:{SECRET}/crm",
    "a setting that there is not": lambda url: f"{changed(url)}?{SECRET}=1",
    "a password that is not encoded": lambda _: f"postgresql://ann:%zz{SECRET}@db.example/crm",
}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_a_database_that_cannot_be_opened_is_told_without_its_password(
    postgres: Postgres, bad: Callable[[str], str], command: list[str], capsys: Captured
) -> None:
    assert main([*command, "--store", bad(postgres.url)]) == 1

    out, err = capsys.readouterr()
    assert err.startswith(f"servicecrm: postgresql: {UNREACHABLE}")
    assert err.count("\n") == 1
    assert SECRET not in out + err


@pytest.mark.parametrize(("says", "bad"), NO_SUCH.values(), ids=NO_SUCH)
def test_who_or_what_the_server_does_not_know_is_told_apart(
    postgres: Postgres, says: str, bad: Callable[[str], str], capsys: Captured
) -> None:
    assert main(["doctor", "--store", bad(postgres.url)]) == 1

    out, err = capsys.readouterr()
    assert err == f"servicecrm: postgresql: {says}\n"
    assert SECRET not in out + err


@pytest.mark.parametrize(
    ("says", "state"),
    [
        ('FATAL:  database "crm" does not exist', "no database of that name"),
        ('FATAL:  password authentication failed for user "ann"', "not let this role in"),
        ('FATAL:  no pg_hba.conf entry for host "10.0.0.1", user "ann", database "crm"', "not let this role in"),
        ('FATAL:  permission denied for database "crm"\nDETAIL:  No CONNECT privilege.', "not let this role in"),
        ('FATAL:  role "ann" is not permitted to log in', "not let this role in"),
        ("FATAL:  Datenbank »crm« existiert nicht", UNREACHABLE),
        ("connection refused", UNREACHABLE),
    ],
)
def test_a_refused_login_is_told_by_what_the_server_says(says: str, state: str) -> None:
    text = str(named(psycopg.OperationalError(f'connection to server at "db.example", port 5432 failed: {says}')))
    assert state in text
    assert not {"ann", "crm"} & set(re.findall(r"\w+", text))


def test_a_schema_that_is_not_there_is_told_where_nobody_may_make_it(postgres: Postgres, capsys: Captured) -> None:
    assert main(["doctor", "--store", changed(postgres.url), "--schema", "nowhere_to_be_found"]) == 1

    out, err = capsys.readouterr()
    there_is_none = "there is no store there: the database has no schema nowhere_to_be_found"
    assert err == f"servicecrm: postgresql: {there_is_none}\n"
    assert SECRET not in out + err


def test_a_role_that_may_not_make_tables_is_told_so_without_its_password(postgres: Postgres, capsys: Captured) -> None:
    clerk = postgres.role("clerk")
    password = urlsplit(clerk.url).password
    assert password

    assert main(["demo", "--store", f"{clerk.url}?options=-csearch_path%3Dpg_catalog"]) == 1
    out, err = capsys.readouterr()
    assert err.startswith("servicecrm: postgresql: ")
    assert err.count("\n") == 1
    assert password not in out + err


@pytest.mark.parametrize("host", ["x" * 64, "h\udcff"])
def test_a_host_that_can_be_none_is_told_without_the_password(host: str, capsys: Captured) -> None:
    assert main(["doctor", "--store", f"postgresql://ann:{SECRET}@{host}/crm"]) == 1
    assert SECRET not in capsys.readouterr().err


def test_what_the_doctor_says_of_a_database_without_our_tables(postgres: Postgres, capsys: Captured) -> None:
    assert main(["doctor", "--store", f"{changed(postgres.url)}?options=-csearch_path%3Dnowhere"]) == 1

    out, err = capsys.readouterr()
    assert err.startswith("servicecrm: postgresql: the tables of servicecrm are missing, so there is no store there")
    assert SECRET not in out + err


def test_what_is_told_when_all_is_well_shows_no_password_either(postgres: Postgres, capsys: Captured) -> None:
    with empty_tables(postgres) as url:
        for command in COMMANDS.values():
            assert main([*command, "--store", changed(url)]) == 0

    out, err = capsys.readouterr()
    assert "\nPostgreSQL " in out
    assert "\nPostgreSQL " in err
    assert SECRET not in out + err


@pytest.mark.parametrize("package", ["psycopg", "psycopg_pool"])
def test_without_the_extra_it_is_told_how_to_get_it_and_the_password_is_not(package: str) -> None:
    code = f"import sys; sys.modules['{package}'] = None; from servicecrm.cli import main; sys.exit(main(sys.argv[1:]))"
    store = f"postgresql://ann:{SECRET}@db.example/crm"
    done = subprocess.run(
        (sys.executable, "-c", code, *REPLAY, "--store", store), check=False, capture_output=True, text=True
    )

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == 'servicecrm: a store on PostgreSQL needs an extra: pip install "servicecrm[postgres]"\n'


def test_memory_and_files_need_no_extra() -> None:
    code = (
        "import sys; sys.modules['psycopg'] = sys.modules['psycopg_pool'] = None\n"
        "from servicecrm.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    assert subprocess.run((sys.executable, "-c", code, *REPLAY), check=False, capture_output=True).returncode == 0


def test_a_store_in_a_schema_of_its_own_is_reached_by_its_name(
    postgres: Postgres, capsys: pytest.CaptureFixture[str]
) -> None:
    with clean_schema(postgres) as schema:
        assert main([*REPLAY, "--store", postgres.url, "--schema", schema]) == 0
        assert main(["doctor", "--store", postgres.url, "--schema", schema]) == 0
        assert f"schema={schema}" in capsys.readouterr().out


def test_options_of_postgresql_are_refused_for_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for option in (["--schema", "crm"], ["--tenants-apart"]):
        assert main(["demo", "--store", str(tmp_path / "crm.db"), *option]) != 0
        assert "are for a store at postgresql://" in capsys.readouterr().err

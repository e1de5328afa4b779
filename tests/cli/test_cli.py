"""What the command line says, to people and to programs, when all is well and when it is not."""

import contextlib
import gzip
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import psycopg
import pytest

from servicecrm.cli import main
from servicecrm.cli.versions import EXTRAS
from servicecrm.demo.cast import COMPLAINTS, CUSTOMERS
from servicecrm.desk import connect
from servicecrm.desk.rules import zones
from servicecrm.storage.schema import CURRENT
from tests.desk.places import STORES, empty_store

ROOT = Path(__file__).parent.parent.parent
DEMO = Path(str(files("servicecrm"))) / "demo"
LOG, MAP = DEMO / "water_utility.csv", DEMO / "water_utility.toml"
COMMAND = (sys.executable, "-m", "servicecrm")

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """The first hundred events of the log that is shipped."""
    lines = LOG.read_text("utf-8").splitlines(keepends=True)
    path = tmp_path / "water.csv"
    path.write_text("".join(lines[:101]), "utf-8")
    return path


@pytest.fixture(params=STORES[1:])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty store that is kept, as the option names it."""
    with empty_store(request.param, tmp_path, request) as url:
        yield url


def shown(store: str) -> str:
    """What an error says of the store: all of a file's name, nothing of a URL that might be secret."""
    return store.split("://", maxsplit=1)[0]


def database(store: str) -> str:
    """Which database the second line of a replay names."""
    return "PostgreSQL" if "://" in store else "SQLite"


def execute(store: str, statement: str) -> None:
    """Change a store behind the back of the library."""
    if "://" in store:
        with psycopg.connect(store) as database:
            database.execute(statement.encode())
    else:
        with contextlib.closing(sqlite3.connect(store)) as file, file:
            file.execute(statement)


def replay(log: Path | str, *options: object, map: Path | str = MAP) -> int:
    return main(["replay", str(log), "--map", str(map), *(str(option) for option in options)])


# -- replay --------------------------------------------------------------------------------------


def test_a_replay_prints_the_summary_and_the_findings_and_reports_the_same(
    log: Path, tmp_path: Path, capsys: Captured
) -> None:
    report = tmp_path / "report.json"

    assert replay(log, "--json", report, "--now", "2025-02-01T00:00Z") == 0
    out, err = capsys.readouterr()
    told = json.loads(report.read_text("utf-8"))
    assert (told["events"], told["new"], told["now"]) == (100, 100, "2025-02-01T00:00:00+00:00")
    assert out.splitlines()[0].split() == ["Cases", str(told["cases"])]
    finding = "recorded to closed is no move of the lifecycle"
    assert f"{told['findings_by_kind'][finding]['count']:,}  {finding}  (water.csv:74)" in out
    assert told["on_time"] + told["overdue"] == told["closed"]
    assert told["open_on_time"] + told["open_overdue"] == told["open"]
    assert err.startswith("100 events, ")


def test_a_log_is_not_summed_up_as_of_a_time_before_its_end(log: Path, capsys: Captured) -> None:
    assert replay(log, "--now", "2025-01-08T00:00Z") == 1
    assert "now: the log goes on until 2025-01-" in capsys.readouterr().err


def test_a_later_extract_adds_to_the_store_and_the_same_one_changes_nothing(
    log: Path, store: str, tmp_path: Path, capsys: Captured
) -> None:
    report = tmp_path / "report.json"

    def new(of: Path) -> int:
        assert replay(of, "--store", store, "--json", report, "--writers", "one", "--batch", 30) == 0
        count: int = json.loads(report.read_text("utf-8"))["new"]
        return count

    whole = gzip.compress(b"".join(LOG.read_bytes().splitlines(keepends=True)[:201]))
    later = tmp_path / "later.csv.gz"
    later.write_bytes(whole)
    assert [new(log), new(log), new(later)] == [100, 0, 100]
    out, err = capsys.readouterr()
    assert out.count("\nNothing new in this log\n") == 1
    assert [line.split()[0] for line in err.splitlines()] == [
        word for count in ("100", "100", "200") for word in (count, database(store))
    ]


@pytest.mark.parametrize("command", ["replay", "demo"])
def test_what_was_replayed_is_sealed_at_the_end(command: str, log: Path, store: str) -> None:
    assert (replay(log, "--store", store) if command == "replay" else main(["demo", "--store", store])) == 0

    with connect(store) as desk:
        assert desk.store.seal() == 0
        assert desk.store.head().seal > 0


def test_the_summary_is_about_the_cases_of_the_log_and_of_the_tenant(
    log: Path, store: str, tmp_path: Path, capsys: Captured
) -> None:
    report = tmp_path / "report.json"
    with connect(store, actor="ann@city.example") as desk:
        desk.complaints.record(subject="No water", channel="phone")

    assert replay(log, "--store", store, "--tenant", "harbour", "--json", report) == 0
    harbour = json.loads(report.read_text("utf-8"))
    assert replay(log, "--store", store, "--json", report) == 0
    assert json.loads(report.read_text("utf-8"))["cases"] == harbour["cases"]
    with connect(store) as desk:
        assert set(desk.store.tenants()) == {"default", "harbour"}
    assert [line.split()[0] for line in capsys.readouterr().err.splitlines()] == ["100", database(store)] * 2


def test_rows_that_cannot_be_taken_are_shown_with_row_and_column(log: Path, tmp_path: Path, capsys: Captured) -> None:
    log.write_text(log.read_text("utf-8").replace(",Acknowledged,", ",Receipted,", 1), "utf-8")

    assert replay(log) == 0
    out, _ = capsys.readouterr()
    assert "\nRefused rows\n  'Status': is a word that the map has not; " in out
    assert "\n          1  'Receipted'  (water.csv:4)\n" in out

    assert replay(log, "--strict", "--store", tmp_path / "crm.db") == 1
    assert f"servicecrm: {log}: row 4, column 'Status': " in capsys.readouterr().err


def test_rows_refused_for_the_same_word_are_told_once_with_their_count(
    log: Path, tmp_path: Path, capsys: Captured
) -> None:
    report, page = tmp_path / "report.json", tmp_path / "report.html"
    text = log.read_text("utf-8").replace(",Acknowledged,", ",Receipted,").replace(",Assessed,", ",Weighed,", 1)
    count = text.count(",Receipted,")
    rows = text.splitlines(keepends=True)
    log.write_text("".join([*rows, rows[-1].replace("2025-", "never-", 1)]), "utf-8")

    assert replay(log, "--json", report, "--report", page) == 0
    out, _ = capsys.readouterr()
    first = next(n for n, row in enumerate(rows, 1) if ",Receipted," in row)
    refused = out.partition("\nRefused rows\n")[2].partition("\n\n")[0].splitlines()
    assert count > 10  # more than are shown one by one
    time = "'Changed at': is not a time in a format of the map"
    assert refused[0] == f"  {1:>9,}  {time}  (water.csv:{len(rows) + 1})"
    assert refused[1].startswith("  'Status': is a word that the map has not; ")
    assert refused[2] == f"  {count:>9,}  'Receipted'  (water.csv:{first})"
    assert refused[3].split()[:2] == ["1", "'Weighed'"]
    assert len(refused) == 4

    told = json.loads(report.read_text("utf-8"))
    assert told["unknown_words"]["Receipted"] == {"count": count, "first_row": first}
    assert list(told["unknown_words"]) == ["Receipted", "Weighed"]
    assert told["refused"][0]["word"] == "Receipted"
    assert f'<th scope="row">Receipted</th><td>{count}</td><td>{first}</td>' in page.read_text("utf-8")


@pytest.mark.parametrize(
    ("language", "head"),
    [
        ("en", 'Reason</th><th scope="col">Column</th><th scope="col">Rows</th><th scope="col">First in row'),
        ("de", 'Grund</th><th scope="col">Spalte</th><th scope="col">Zeilen</th><th scope="col">Zuerst in Zeile'),
        ("zh", '原因</th><th scope="col">列</th><th scope="col">行数</th><th scope="col">首次出现的行'),
    ],
)
def test_refused_rows_are_told_by_reason_with_their_count_the_most_frequent_first(
    language: str, head: str, log: Path, tmp_path: Path, capsys: Captured
) -> None:
    report, page = tmp_path / "report.json", tmp_path / "report.html"
    header, *rows = log.read_text("utf-8").splitlines(keepends=True)
    bad = [rows[0].replace("2025-", "never-", 1)] * 30
    short = [",".join("x" * cells) + "\n" for cells in range(20, 42)]
    log.write_text("".join([header, *short, *bad, *rows]), "utf-8")

    assert replay(log, "--json", report, "--report", page, "--language", language) == 0
    refused = capsys.readouterr().out.split("\n\n")[-2].splitlines()
    width = len(header.split(","))
    time = "is not a time in a format of the map"
    assert refused[1] == f"  {30:>9,}  'Changed at': {time}  (water.csv:24)"
    assert refused[2] == f"  {1:>9,}  has 20 cells, the header has {width}  (water.csv:2)"
    assert (len(refused), refused[-1]) == (1 + 20 + 1, f"  {3:>9,}  ...")  # 23 reasons, of which 20 are told

    told = json.loads(report.read_text("utf-8"))
    assert told["refused_by_reason"][0] == {"column": "Changed at", "says": time, "count": 30, "first_row": 24}
    assert sum(each["count"] for each in told["refused_by_reason"]) == told["refused_rows"] == 52
    assert [each["row"] for each in told["refused"]] == list(range(2, 12))
    html = page.read_text("utf-8")
    assert f'<th scope="col">{head}</th>' in html
    assert f'<th scope="row">{time}</th><td>Changed at</td><td>30</td><td>24</td>' in html


def test_a_log_of_which_nothing_can_be_taken_fails_after_it_was_told_why(
    log: Path, tmp_path: Path, capsys: Captured
) -> None:
    good = log.read_text("utf-8")
    log.write_text(good.replace("2025-", "never-"), "utf-8")
    report, store = tmp_path / "report.json", tmp_path / "crm.db"

    assert replay(log, "--store", store, "--json", report) == 1
    out, err = capsys.readouterr()
    says = "nothing could be taken; the summary says why; rows refused: 100"
    assert err.splitlines()[2:] == [f"servicecrm: {log}: {says}"]
    assert "\nRefused rows\n        100  'Changed at': " in out
    assert json.loads(report.read_text("utf-8"))["refused_rows"] == 100

    first, *_, last = good.splitlines(keepends=True)
    log.write_text(f"{first}{last}{last.replace('2025-', 'never-')}", "utf-8")
    assert [replay(log, "--store", store), replay(log, "--store", store)] == [0, 0]  # the store holds something of it
    log.write_text(first, "utf-8")
    assert replay(log, "--store", store) == 0  # there is nothing in it, and nothing is wrong


@pytest.mark.parametrize(("language", "word"), [("de", "Auffälligkeiten"), ("zh", "异常事项")])
def test_the_summary_speaks_other_languages(log: Path, language: str, word: str, capsys: Captured) -> None:
    assert replay(log, "--language", language) == 0
    assert word in capsys.readouterr().out


def test_8_of_41_closed_requests_of_new_york_with_a_target_are_late(
    shared: Path, tmp_path: Path, capsys: Captured
) -> None:
    report = tmp_path / "report.json"
    requests = shared / "data" / "cases" / "nyc311_100_qsv.csv"

    options = ("--json", report, "--now", "2021-01-01T00:00-05:00")
    assert replay(requests, *options, map=ROOT / "examples" / "maps" / "nyc311.toml") == 0
    told = json.loads(report.read_text("utf-8"))
    assert (told["cases"], told["open"], told["closed"], told["refused_rows"]) == (100, 2, 98, 0)
    assert (told["on_time"], told["overdue"]) == (33, 8)
    assert (told["open_on_time"], told["open_overdue"]) == (0, 1)
    assert "Closed late" in capsys.readouterr().out


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_a_terminal_shows_progress_in_one_line(log: Path) -> None:
    ours, theirs = os.openpty()
    try:
        arguments = ("replay", log, "--map", MAP, "--batch", "20")
        subprocess.run((*COMMAND, *arguments), check=True, stdout=subprocess.DEVNULL, stderr=theirs)
        shown = os.read(ours, 10_000).decode()
    finally:
        os.close(ours)
        os.close(theirs)

    assert [line.split(" events")[0] for line in shown.split("\r")][:5] == ["20", "40", "60", "80", "100"]
    assert shown.count("\n") == 1


# -- what can go wrong ---------------------------------------------------------------------------


def told(capsys: Captured) -> list[str]:
    out, err = capsys.readouterr()
    assert "Cases" not in out
    return err.splitlines()


def test_a_missing_map_is_named(log: Path, capsys: Captured) -> None:
    assert replay(log, map="nowhere.toml") == 1
    assert told(capsys) == ["servicecrm: nowhere.toml: No such file or directory"]


def test_a_missing_log_is_named_and_leaves_no_store_behind(tmp_path: Path, capsys: Captured) -> None:
    assert replay("nowhere.csv", "--store", tmp_path / "crm.db") == 1
    assert told(capsys) == ["servicecrm: nowhere.csv: the file cannot be read: No such file or directory"]
    assert list(tmp_path.iterdir()) == []


def test_every_problem_of_a_map_has_its_line(log: Path, tmp_path: Path, capsys: Captured) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_text(MAP.read_text("utf-8").replace("Europe/London", "Atlantis").replace('"closed"', '"shut"'), "utf-8")

    assert replay(log, map=bad) == 1
    lines = told(capsys)
    assert len(lines) == 2
    assert all(line.startswith(f"servicecrm: {bad}: ") for line in lines)
    assert any("zone" in line for line in lines)
    assert any("words.Closed.state" in line for line in lines)


@pytest.mark.parametrize(("content", "says"), [(b"\xff\xfe", "not UTF-8"), (b"[log", "not TOML")])
def test_a_map_that_is_no_text_is_named(content: bytes, says: str, log: Path, tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "bad.toml").write_bytes(content)

    assert replay(log, map=tmp_path / "bad.toml") == 1
    (line,) = told(capsys)
    assert says in line


def test_a_log_without_a_column_of_the_map_is_refused_at_once(log: Path, tmp_path: Path, capsys: Captured) -> None:
    log.write_text(log.read_text("utf-8").replace("Department", "Team"), "utf-8")

    assert replay(log, "--store", tmp_path / "crm.db") == 1
    (line,) = told(capsys)
    assert line.startswith(f"servicecrm: {log}: row 1: the map names columns that the file has not: Department; it has")
    assert not (tmp_path / "crm.db").exists()


@pytest.mark.parametrize("command", ["replay", "doctor"])
def test_a_file_that_is_no_database_is_named_and_stays_as_it_is(command: str, log: Path, capsys: Captured) -> None:
    before = log.read_bytes()

    assert (replay(log, "--store", log) if command == "replay" else main(["doctor", "--store", str(log)])) == 1
    assert told(capsys) == [f"servicecrm: {log}: the file is not an SQLite database"]
    assert log.read_bytes() == before


@pytest.mark.parametrize("command", ["replay", "doctor"])
def test_a_store_of_a_newer_version_is_refused(command: str, log: Path, store: str, capsys: Captured) -> None:
    connect(store).close()
    execute(store, "UPDATE servicecrm_version SET version = 99")
    try:
        assert (replay(log, "--store", store) if command == "replay" else main(["doctor", "--store", store])) == 1
    finally:
        execute(store, f"UPDATE servicecrm_version SET version = {CURRENT}")  # other tests get the same tables
    (line,) = told(capsys)
    assert line.startswith(f"servicecrm: {shown(store)}: ")
    assert "version 99" in line
    assert line.endswith("install a newer servicecrm")


def test_a_store_that_does_not_exist_cannot_be_examined(tmp_path: Path, capsys: Captured) -> None:
    assert main(["doctor", "--store", str(tmp_path / "crm.db")]) == 1
    assert "there is no file" in told(capsys)[0]
    assert list(tmp_path.iterdir()) == []


def test_another_map_on_the_same_store_is_refused(log: Path, store: str, tmp_path: Path, capsys: Captured) -> None:
    other = tmp_path / "other.toml"
    other.write_text(
        MAP.read_text("utf-8").replace('Answered = { state = "responded" }', 'Answered = { state = "closed" }')
    )
    assert replay(log, "--store", store) == 0
    capsys.readouterr()

    assert replay(log, "--store", store, map=other) == 1
    (line,) = told(capsys)
    assert line.startswith(f"servicecrm: {log}: the store holds the log 'water_utility' under another map; use the map")


def test_a_report_without_a_folder_is_refused_before_the_replay(log: Path, tmp_path: Path, capsys: Captured) -> None:
    report, store = tmp_path / "nowhere" / "report.json", tmp_path / "crm.db"

    assert replay(log, "--json", report, "--store", store) == 1
    assert told(capsys) == [f"servicecrm: {report.parent}: there is no such folder for the report"]
    assert not store.exists()


@pytest.mark.parametrize("option", ["--json", "--report"])
@pytest.mark.parametrize("what", ["log", "map", "store"])
@pytest.mark.parametrize("by", ["its name", "a link", "a way around"])
def test_a_report_is_not_written_over_what_the_replay_reads_or_keeps(
    log: Path, capsys: Captured, option: str, what: str, by: str
) -> None:
    tmp_path = log.parent
    used = {"log": log, "map": tmp_path / "water.toml", "store": tmp_path / "crm.db"}
    shutil.copy(MAP, used["map"])
    assert replay(log, "--store", used["store"], map=used["map"]) == 0
    kept = {name: path.read_bytes() for name, path in used.items()}
    report = {
        "its name": used[what],
        "a link": tmp_path / "link",
        "a way around": tmp_path / "x" / ".." / used[what].name,
    }
    (tmp_path / "link").hardlink_to(used[what])
    (tmp_path / "x").mkdir()
    capsys.readouterr()

    assert replay(log, "--store", used["store"], option, report[by], map=used["map"]) == 1
    assert told(capsys) == [f"servicecrm: {report[by]}: this is the {what}; name another file for the report"]
    assert {name: path.read_bytes() for name, path in used.items()} == kept


def test_two_reports_are_two_files_and_a_folder_is_none(log: Path, tmp_path: Path, capsys: Captured) -> None:
    one = tmp_path / "report"

    assert replay(log, "--json", one, "--report", one, "--store", tmp_path / "crm.db") == 1
    assert told(capsys) == [f"servicecrm: {one}: this is the other report; name another file for the report"]
    assert replay(log, "--json", tmp_path, "--store", tmp_path / "crm.db") == 1
    assert told(capsys) == [f"servicecrm: {tmp_path}: this is a folder; name a file for the report"]
    assert not (tmp_path / "crm.db").exists()


def test_a_report_that_cannot_be_written_is_named(log: Path, tmp_path: Path, capsys: Captured) -> None:
    assert replay(log, "--json", tmp_path) == 1
    assert told(capsys)[-1].startswith(f"servicecrm: {tmp_path}: ")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "name a command"),
        (["mend"], "invalid choice: 'mend'"),
        (["replay", "log.csv"], "--map"),
        (["replay", "log.csv", "--map", "m.toml", "--now", "2026-01-01T00:00"], "with a zone, such as"),
        (["replay", "log.csv", "--map", "m.toml", "--now", "soon"], "with a zone, such as"),
        (["replay", "log.csv", "--map", "m.toml", "--batch", "0"], "1 or more"),
        (["demo", "--language", "tlh"], "invalid choice: 'tlh'"),
    ],
)
def test_wrong_usage_is_explained(arguments: list[str], says: str, capsys: Captured) -> None:
    with pytest.raises(SystemExit) as raised:
        main(arguments)
    assert raised.value.code == 2
    assert says in capsys.readouterr().err


def test_an_interrupted_command_says_how_to_go_on(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("servicecrm.cli.demo.demonstrate", interrupted)
    assert main(["demo"]) == 130
    assert "the same command goes on from there" in told(capsys)[0]


@pytest.mark.skipif(sys.platform == "win32", reason="a closed pipe is another error there")
def test_a_reader_who_has_seen_enough_is_no_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run((*COMMAND, "demo"), check=False, stdout=writing, stderr=subprocess.PIPE)
    os.close(writing)

    assert (done.returncode, done.stderr) == (1, b"")


# -- demo ----------------------------------------------------------------------------------------


def test_the_demonstration_is_the_same_on_every_run(capsys: Captured) -> None:
    expected = Path(__file__).with_name("demo.txt").read_text("utf-8")

    assert [main(["demo"]), main(["demo"])] == [0, 0]
    assert capsys.readouterr() == (expected * 2, "")


def test_the_demonstration_may_be_kept_and_a_second_one_adds_nothing(store: str, capsys: Captured) -> None:
    expected = Path(__file__).with_name("demo.txt").read_text("utf-8")

    assert [main(["demo", "--store", store]), main(["demo", "--store", store])] == [0, 0]
    out, err = capsys.readouterr()
    assert (out[: len(expected)], err) == (expected, "")
    assert out[len(expected) :].startswith("Cases                   390\nOpen                     13\n")
    assert "\nNothing new in this log\n" in out[len(expected) :]
    with connect(store, readonly=True) as desk:
        assert desk.complaints.count() == 390 + len(COMPLAINTS)
        assert desk.customers.count() == len(CUSTOMERS) + 1


def test_the_demonstration_prints_the_same_numbers_in_every_language(capsys: Captured) -> None:
    numbers = []
    for language in ("en", "de", "zh"):
        assert main(["demo", "--language", language]) == 0
        numbers.append(re.findall(r"\d[\d,]*", capsys.readouterr().out))

    assert numbers[0] == numbers[1] == numbers[2] != []


# -- doctor, version and help --------------------------------------------------------------------


def test_the_doctor_tells_what_is_installed_and_how_to_install_the_rest(tmp_path: Path) -> None:
    info = tmp_path / "servicecrm-9.8.7.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        "Metadata-Version: 2.4\nName: servicecrm\nVersion: 9.8.7\nProvides-Extra: of-an-older-installation\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run((*COMMAND, "doctor"), check=True, capture_output=True, text=True, env=environment)
    lines = [line for line in done.stdout.splitlines() if "which is safe" not in line]  # said of some versions

    assert lines[0] == "servicecrm 9.8.7"
    assert f"SQLite {sqlite3.sqlite_version}" in done.stdout
    assert [line.split()[0] for line in lines[1:7]] == [
        *("Python", "SQLite", "attrs", "cattrs", "python-dateutil", "tzdata")
    ]
    assert lines[7] == f"time zones: {zones() or 'found'}"
    assert [line.partition(":")[0] for line in lines[8:]] == [f"extra {name}" for name in EXTRAS]
    assert f"extra testing: hypothesis {version('hypothesis')}, pytest {version('pytest')}" in lines
    told = subprocess.run((*COMMAND, "--version"), check=True, capture_output=True, text=True, env=environment)
    assert told.stdout == "servicecrm 9.8.7\n"


def test_the_doctor_examines_every_tenant_of_a_store(log: Path, store: str, capsys: Captured) -> None:
    replay(log, "--store", store)
    with connect(store, actor="ann@city.example", tenant="harbour") as desk:
        desk.complaints.record(subject="No water", channel="phone")
    capsys.readouterr()

    assert main(["doctor", "--store", store]) == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    told = {
        f"store version {CURRENT}",
        "tenants: 2",
        "tenant default",
        "tenant harbour",
        "  complaint: 1",
        "  clock: 1",
    }
    assert told <= set(lines)
    assert "shipped lifecycle has not" not in out
    assert "  journal: 2 entries, verified" in lines
    assert ("isolation=repeatable read" if "://" in store else "synchronous=FULL") in out
    assert err == ""


def test_the_doctor_names_complaints_in_states_that_nobody_knows(log: Path, store: str, capsys: Captured) -> None:
    replay(log, "--store", store)
    execute(store, "UPDATE servicecrm_complaint SET state = 'lost' WHERE id = 'water_utility:C-0001'")
    capsys.readouterr()

    assert main(["doctor", "--store", store]) == 1
    out, err = capsys.readouterr()
    assert "  complaints in a state that the shipped lifecycle has not: 1\n    water_utility:C-0001: lost\n" in out
    assert "complaint water_utility:C-0001 is found by something else than it says: state" in err


def test_the_doctor_finds_a_history_that_was_tampered_with(log: Path, store: str, capsys: Captured) -> None:
    replay(log, "--store", store)
    execute(store, "UPDATE servicecrm_journal SET \"by\" = 'bob@city.example' WHERE n = 2")
    capsys.readouterr()

    assert main(["doctor", "--store", store]) == 1
    out, err = capsys.readouterr()
    assert "verified" not in out
    assert err.startswith(f"servicecrm: {shown(store)}: ")
    assert err.count("\n") == 1


def test_a_store_in_memory_cannot_be_examined(capsys: Captured) -> None:
    assert main(["doctor", "--store", "memory:"]) == 1
    assert told(capsys) == [
        "servicecrm: memory:: a store in memory begins empty, so there is nothing to check; name a file"
    ]


def test_help_has_examples_and_loads_nothing_that_it_does_not_need() -> None:
    code = (
        "import sys; from servicecrm.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: print({'attr', 'sqlite3', 'servicecrm.desk', 'servicecrm.storage'} & set(sys.modules))"
    )
    done = subprocess.run((sys.executable, "-c", code), check=True, capture_output=True, text=True)

    assert "examples:" in done.stdout
    assert done.stdout.endswith("set()\n")


def test_the_command_is_installed_under_its_name() -> None:
    command = shutil.which("servicecrm", path=str(Path(sys.executable).parent))
    if command is None:
        pytest.skip("the project is not installed here")
    assert "replay" in subprocess.run((command, "--help"), check=True, capture_output=True, text=True).stdout

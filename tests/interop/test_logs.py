"""A log is read row by row: good rows become facts, bad ones are told, and only a damaged file stops the reading."""

import csv
import gzip
import io
import random
import tracemalloc
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.desk.row_counts import RowCounts
from servicecrm.errors import ImportProblem
from servicecrm.interop import COMPLAINT_WORDS, Fact, LogMap, RefusedRow, packed, read_log
from servicecrm.interop.logs import UnknownWords
from tests.interop.conftest import CASES, EVENTS, Read

HEAD = "Ticket,When,Status,Group,Via,City\n"
ROW = "7,01.03.2026 09:15,New,?,Call,Bonn\n"
CASES_HEAD = "Key,Created,Answered,Closed,Status,About,Outcome\n"
ABOVE = "a row about this case stands above already"


def facts(found: list[Fact | RefusedRow]) -> list[Fact]:
    assert all(isinstance(each, Fact) for each in found), found
    return [each for each in found if isinstance(each, Fact)]


def zipped(**members: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name.replace("_csv", ".csv"), text)
    return packed.getvalue()


# -- facts ---------------------------------------------------------------------------------------


def test_a_row_becomes_a_fact(read: Read) -> None:
    (fact,) = facts(read(HEAD + ROW))

    assert fact == Fact(
        row=2,
        case="7",
        ordinal=1,
        occurred_at=datetime(2026, 3, 1, 8, 15, tzinfo=UTC),
        state="recorded",
        waiting=None,
        action=None,
        by="import",
        values={"handler": "?", "channel": "phone"},  # for a handler, the word "?" is kept
        extra={"city": "Bonn"},
    )
    with pytest.raises(TypeError):
        fact.values["handler"] = "x"  # type: ignore[index]
    assert "Bonn" not in repr(fact)


def test_words_mean_states_waiting_actions_or_nothing(read: Read) -> None:
    words = ("New", "Viewed", "Waiting", "Passed")
    found = facts(read(HEAD + "".join(ROW.replace("New", word) for word in words)))

    assert [(f.ordinal, f.state, f.waiting, f.action) for f in found] == [
        (1, "recorded", None, None),
        (3, "in_handling", "customer", None),  # the ignored row has its number too
        (4, None, None, "forward"),
    ]


def test_blank_and_missing_cells_give_no_value(read: Read) -> None:
    (fact,) = facts(read(HEAD + "7,01.03.2026 09:15,New,  ,?,\n"))

    assert (fact.values, fact.extra) == ({}, {})


def test_words_are_exact_unless_the_map_folds_them(read: Read) -> None:
    row = HEAD + ROW.replace("New", " NEW ").replace("Call", "CALL")

    says = "is a word that the map has not; add it to [words], or mark it { ignore = true }"
    assert read(row) == [RefusedRow(2, "Status", says, " NEW ")]
    (fact,) = facts(read(row, EVENTS.replace('missing = ["?"]', "fold = true")))
    assert (fact.state, fact.values["channel"]) == ("recorded", "phone")


def test_folding_leaves_values_alone_that_the_map_does_not_name(read: Read) -> None:
    folded = CASES.replace('zone = "UTC"', 'zone = "UTC"\nfold = true').replace("answer =", "category =")
    log = CASES_HEAD + "a,2026-03-01,,,OPEN,,Water\n" + "b,2026-03-01,,,open ,,water \n"

    assert [fact.values["category"] for fact in facts(read(log, folded))] == ["Water", "water "]
    named = folded + '[values.category]\nWater = "Water"\n'
    assert [fact.values["category"] for fact in facts(read(log, named))] == ["Water", "Water"]


def test_a_field_with_codes_refuses_a_word_that_is_none_and_a_free_field_keeps_it(read: Read) -> None:
    own_codes = EVENTS.partition("[values")[0]

    assert read(HEAD + ROW, own_codes) == [
        RefusedRow(2, "Via", "is a word that the map has not; add it to [values.channel]")
    ]
    assert facts(read(HEAD + ROW.replace("Call", "phone"), own_codes))[0].values["channel"] == "phone"
    translated = EVENTS + '[values.handler]\n"?" = "nobody"\n'
    found = facts(read(HEAD + ROW + ROW.replace("?", "billing"), translated))
    assert [fact.values["handler"] for fact in found] == ["nobody", "billing"]


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("Löschen", "Löschen"),
        ("", ""),
        ("w" * 40, "w" * 40),
        ("w" * 41, "w" * 39 + "…"),
        ("a\x1b[31mb\u202ec", "a\ufffd[31mb\ufffdc"),
    ],
)
def test_a_word_that_the_map_has_not_is_shown_as_it_can_be_printed(read: Read, cell: str, shown: str) -> None:
    (refused,) = read(HEAD + ROW.replace("New", cell))

    assert isinstance(refused, RefusedRow)
    assert (refused.column, refused.word) == ("Status", shown)


def test_only_unknown_words_are_shown_and_no_other_value(read: Read) -> None:
    shared = EVENTS.replace('"Group", keep_missing = true', '"Status"').replace('"Via"', '"Status"')
    kinds = shared.replace('"*" = "other"\n', "")  # a channel that is in the column of the words
    found = read(HEAD + ROW.replace("01.03.2026", "secret"), EVENTS) + read(HEAD + ROW, kinds)

    assert [(each.column, each.word) for each in found if isinstance(each, RefusedRow)] == [
        ("When", None),
        ("Status", None),
    ]


@given(st.lists(st.sampled_from(["New", "Old", "old ", "Gone"])), st.booleans())
def test_unknown_words_are_counted_with_the_first_row_of_each(words: list[str], fold: bool) -> None:
    log_map = LogMap.from_toml(EVENTS.replace('missing = ["?"]', f"fold = {str(fold).lower()}"), COMPLAINT_WORDS)
    unknown = UnknownWords(log_map)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "log.csv"
        path.write_text(HEAD + "".join(ROW.replace("New", word) for word in words), "utf-8")
        found = list(read_log(path, log_map))
        assert list(unknown.watch(found)) == found

    bad = [(n, log_map.same(word)) for n, word in enumerate(words, 2) if word != "New"]
    counted = {log_map.same(word): (count, unknown.first[word].row) for word, count in unknown.counts.items()}
    assert counted == {
        word: (sum(word == other for _, other in bad), min(n for n, other in bad if other == word)) for _, word in bad
    }


def test_a_column_of_texts_is_not_counted_without_end() -> None:
    unknown = UnknownWords(LogMap.from_toml(EVENTS, COMPLAINT_WORDS))
    list(unknown.watch(RefusedRow(n, "Status", "is none", f"{n % 1_001}") for n in range(2_002)))

    assert (len(unknown.counts), set(unknown.counts.values())) == (1_000, {2})


@pytest.mark.parametrize(
    ("wall", "instant"),
    [
        ("29.03.2026 02:30", datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),  # skipped: 03:30 of that day
        ("25.10.2026 02:30", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),  # twice: the first
        ("25.10.2026", datetime(2026, 10, 24, 22, 0, tzinfo=UTC)),  # the second format of the map
    ],
)
def test_a_wall_time_is_read_in_the_zone_of_the_map(read: Read, wall: str, instant: datetime) -> None:
    assert facts(read(HEAD + ROW.replace("01.03.2026 09:15", wall)))[0].occurred_at == instant


def test_without_formats_times_are_iso_and_may_name_their_own_offset(read: Read) -> None:
    iso = EVENTS.replace('time_formats = ["%d.%m.%Y %H:%M", "%d.%m.%Y"]', "")
    times = ("2026-03-01T09:15", "2026-03-01 08:15:00+00:00", "2026-03-01T08:15Z")
    found = facts(read(HEAD + "".join(ROW.replace("01.03.2026 09:15", time) for time in times), iso))

    assert {fact.occurred_at for fact in found} == {datetime(2026, 3, 1, 8, 15, tzinfo=UTC)}


def test_a_row_about_a_case_becomes_the_facts_that_its_status_tells(read: Read) -> None:
    log = (
        f"{CASES_HEAD}"
        "a,2026-03-01,,,Open,Leak,\n"
        "b,2026-03-01,,2026-03-02,Pending,Leak,\n"  # the status says that the closing date no longer holds
        "c,2026-03-01,2026-03-02,,Answered,Leak,Mended\n"
        "d,2026-03-01,2026-03-02,2026-03-03,Closed,Leak,Mended\n"
        "e,2026-03-01,,2026-03-03,Closed,Leak,Mended\n"
        "e,2026-03-04,,2026-03-05,Closed,Leak,Mended\n"
        "f,2026-03-01,,,Closed,Leak,Mended\n"
    )
    *good, again, bad = read(log, CASES)

    assert [(f.case, f.ordinal, f.occurred_at.day, f.state, f.waiting, sorted(f.values)) for f in facts(good)] == [
        ("a", 1, 1, "recorded", None, ["received_at", "subject"]),
        ("b", 1, 1, "recorded", None, ["received_at", "subject"]),
        ("b", 2, 1, "in_handling", "third_party", []),
        ("c", 1, 1, "recorded", None, ["received_at", "subject"]),
        ("c", 3, 2, "responded", None, ["answer"]),
        ("d", 1, 1, "recorded", None, ["received_at", "subject"]),
        ("d", 3, 2, "responded", None, ["answer"]),
        ("d", 4, 3, "closed", None, []),
        ("e", 1, 1, "recorded", None, ["received_at", "subject"]),
        ("e", 4, 3, "closed", None, ["answer"]),
    ]
    assert again == RefusedRow(7, "Key", ABOVE)
    assert bad == RefusedRow(8, "Closed", "is empty, but the state of the case needs this time")


@pytest.mark.parametrize(
    ("row", "outcome"),
    [
        (
            "a,2026-03-01,2026-03-02,2026-03-03,Closed,Leak,Mended,done,Late",
            [[], ["answer"], ["closing_code", "reason"]],
        ),
        ("a,2026-03-01,,2026-03-03,Closed,Leak,Mended,done,Late", [[], ["answer", "closing_code", "reason"]]),
        ("a,2026-03-01,2026-03-02,,Answered,Leak,Mended,done,Late", [[], ["answer", "closing_code", "reason"]]),
        ("a,2026-03-01,,,Open,Leak,Mended,done,Late", [["answer", "closing_code", "reason"]]),
    ],
)
def test_the_answer_of_a_case_is_told_when_it_was_answered_and_how_it_ended_at_the_end(
    read: Read, row: str, outcome: list[list[str]]
) -> None:
    head = "Key,Created,Answered,Closed,Status,About,Outcome,Code,Why\n"
    text = CASES.replace("[words]", 'closing_code = "Code"\nreason = "Why"\n\n[words]')
    found = facts(read(head + row + "\n", text))

    assert [sorted({*fact.values} & {"answer", "closing_code", "reason"}) for fact in found] == outcome


def test_a_later_extract_of_cases_only_adds_facts(read: Read) -> None:
    before = facts(read(CASES_HEAD + "a,2026-03-01,,,Open,Leak,\n", CASES))
    after = facts(read(CASES_HEAD + "a,2026-03-01,,2026-03-02,Closed,Leak,Mended\n", CASES))

    assert after[: len(before)] == before


def test_without_a_status_the_times_of_a_case_tell_its_state(read: Read) -> None:
    no_words = CASES.partition("[words]")[0].replace('word = "Status"', "")
    log = (
        "Key,Created,Answered,Closed,About,Outcome\n"
        "a,2026-03-01,,,,\n"
        "b,2026-03-01,2026-03-02,,,\n"
        "c,2026-03-01,,2026-03-02,,\n"
    )
    found = facts(read(log, no_words))

    assert [(f.case, f.state) for f in found] == [
        *(("a", "recorded"), ("b", "recorded"), ("b", "responded"), ("c", "recorded"), ("c", "closed"))
    ]


GOOD, BAD, IGNORED = "2026-03-01,,2026-03-02,Closed", "2026-03-01,,,Closed", "2026-03-01,,,Dup"


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from([GOOD, BAD, IGNORED]))))
def test_the_first_row_about_a_case_that_says_something_is_taken_and_any_later_one_refused(
    rows: list[tuple[str, str]],
) -> None:
    log_map = LogMap.from_toml(CASES + "Dup = { ignore = true }\n", COMPLAINT_WORDS)
    with TemporaryDirectory() as folder, RowCounts() as count:
        path = Path(folder) / "log.csv"
        path.write_text(CASES_HEAD + "".join(f"{case},{row},Leak,\n" for case, row in rows))
        found = list(read_log(path, log_map))
        assert list(read_log(path, log_map, count=count)) == found

    good = [(n, case) for n, (case, row) in enumerate(rows, 2) if row is GOOD]
    first = {case: n for n, case in reversed(good)}
    taken = [(fact.row, fact.case, fact.ordinal) for fact in found if isinstance(fact, Fact)]
    assert taken == [(n, case, ordinal) for n, case in good if first[case] == n for ordinal in (1, 4)]
    refused = [(each.row, each.column) for each in found if isinstance(each, RefusedRow) and each.says == ABOVE]
    assert refused == [(n, "Key") for n, case in good if first[case] != n]


# -- bad rows ------------------------------------------------------------------------------------


NO_TIME = "is not a time in a format of the map"
LONG_CASE = "longer than the 200 characters, or 400 bytes in UTF-8, that the id of a case may have"
NO_CELLS = "cannot be split into cells: a quote is out of place, or a cell is too long"


@pytest.mark.parametrize(
    ("bad", "column", "says"),
    [
        ("7,01.03.2026 09:15,New\n", None, "has 3 cells, the header has 6"),
        (ROW.replace("Bonn", "Bonn,Bonn"), None, "has 7 cells, the header has 6"),
        (ROW.replace("7", ""), "Ticket", "is empty, but every row needs it"),
        (ROW.replace("7", "7" * 201), "Ticket", LONG_CASE),
        (ROW.replace("7", "水" * 134), "Ticket", LONG_CASE),
        (ROW.replace("01.03.2026 09:15", ""), "When", "is empty, but every row needs it"),
        (ROW.replace("01.03.2026", "31.02.2026"), "When", NO_TIME),
        (ROW.replace("01.03.2026 09:15", "01.01.0001"), "When", NO_TIME),
        (ROW.replace("Bonn", "Bo\0nn"), None, "holds the character NUL"),
        (ROW.replace("Bonn", '"Bo"nn'), None, NO_CELLS),
        (ROW.replace("Bonn", "B" * 140_000), None, NO_CELLS),
        (ROW.replace("Bonn", "B" * 2**20), None, "longer than 1,048,576 characters"),
        (ROW.replace("Bonn", "B" * 2**22), None, "longer than 1,048,576 characters"),
    ],
)  # fmt: skip
def test_a_bad_row_is_told_without_its_values_and_reading_goes_on(
    read: Read, bad: str, column: str | None, says: str
) -> None:
    before, refused, after = read(HEAD + ROW + bad + ROW)

    assert refused == RefusedRow(3, column, says)
    assert isinstance(before, Fact)
    assert isinstance(after, Fact)
    assert after.row == 4


def test_numbers_stay_when_a_bad_row_is_mended(read: Read) -> None:
    first, _, third = read(HEAD + ROW + ROW.replace("09:15", "09:75") + ROW)
    mended = facts(read(HEAD + ROW * 3))

    assert (first, third) == (mended[0], mended[2])


def test_blank_rows_are_counted_and_left_out(read: Read) -> None:
    assert [fact.row for fact in facts(read(HEAD + "\n" + ROW + "\r\n\r\n" + ROW))] == [3, 6]


# -- files ---------------------------------------------------------------------------------------


def test_plain_zip_and_gz_give_the_same_facts_whatever_the_file_is_called(read: Read) -> None:
    plain = read("\ufeff" + HEAD + ROW)

    assert read(zipped(log_csv=HEAD + ROW, readme="not a log")) == plain
    assert read(gzip.compress((HEAD + ROW).encode())) == plain
    assert read(
        (HEAD + ROW).encode("utf-16"), EVENTS.replace('missing = ["?"]', 'missing = ["?"]\nencoding = "utf-16"')
    )
    assert len(plain) == 1


def test_cells_may_hold_line_ends_delimiters_and_quotes(read: Read) -> None:
    (fact,) = facts(read(HEAD + ROW.replace("Bonn", '"Bonn, ""old""\ntown"')))

    assert fact.extra["city"] == 'Bonn, "old"\ntown'


@pytest.mark.parametrize(
    ("log", "says"),
    [
        ("", "the file has no header"),
        ("Ticket,When\n", "the map names columns that the file has not: Status, Group, Via, City; it has: 'Ticket'"),
        ((HEAD + ROW).replace("Bonn", "Köln").encode("latin-1"), "row 1: here or soon after, the file is not utf-8"),
        (HEAD + ROW + '7,"never closed', "row 3: a quote is opened and never closed"),
        (HEAD + ROW + '7,"never closed\n' + ROW * 5000, "row 3: a quote is opened and never closed"),
        (zipped(a_csv=HEAD, b_csv=HEAD), "the archive needs exactly one .csv or .xes file; found: a.csv, b.csv"),
        (zipped(readme="x"), "the archive needs exactly one .csv or .xes file; found: none"),
        (zipped(a_csv=HEAD + ROW)[:-30], "the compressed file is damaged, cut off or locked"),
        (gzip.compress((HEAD + ROW * 9).encode())[:-12], "the compressed file is damaged, cut off or locked"),
        (b"PK\3\4 but nothing else", "the compressed file is damaged, cut off or locked"),
        (b"\x1f\x8b but nothing else", "the file cannot be read: damaged"),
    ],
    ids=[  # by name: compressed files hold the time, and every worker has to collect the same tests
        *("empty", "missing columns", "encoding", "open quote", "open quote in a long file", "two members"),
        *("no member", "cut zip", "cut gzip", "zip by name", "gzip by name"),
    ],
)  # fmt: skip
def test_a_damaged_file_or_a_missing_column_is_told(read: Read, log: str | bytes, says: str) -> None:
    with pytest.raises(ImportProblem) as problem:
        read(log)
    assert says in str(problem.value)


def test_a_missing_column_is_told_before_any_row_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(HEAD.replace("When", "Then") + ROW)

    with pytest.raises(ImportProblem, match="has not: When"):
        read_log(tmp_path / "log.csv", LogMap.from_toml(EVENTS, COMPLAINT_WORDS))


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(ImportProblem, match="the file cannot be read"):
            read_log(path, LogMap.from_toml(EVENTS, COMPLAINT_WORDS))


def test_a_small_file_that_grows_without_end_is_stopped(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "ALWAYS_FINE", 2**16)

    for bomb in (zipped(a_csv=HEAD + ROW * 100_000), gzip.compress((HEAD + ROW * 100_000).encode())):
        with pytest.raises(ImportProblem, match="grows to more than 200 times its size"):
            read(bomb)


def peak(folder: Path, rows: int, *, cases: int, count: Callable[[str], int] | None = None) -> int:
    """The most bytes that are taken to read so many rows of so many cases."""
    chance = random.Random(1)
    log_map = LogMap.from_toml(EVENTS, COMPLAINT_WORDS)
    with (folder / "log.csv").open("w") as file:
        file.write(HEAD)
        for n in range(rows):
            file.write(f"{n % cases},01.03.2026 09:15,New,{chance.random()},Call,{n}\n")
    tracemalloc.start()
    assert sum(1 for _ in read_log(folder / "log.csv", log_map, count=count)) == rows
    found = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return found


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    peak(tmp_path, 1, cases=50)
    assert peak(tmp_path, 20_000, cases=50) < peak(tmp_path, 1_000, cases=50) + 200_000


def test_memory_grows_with_the_cases_unless_their_rows_are_counted_elsewhere(tmp_path: Path) -> None:
    peak(tmp_path, 1, cases=50)
    few = peak(tmp_path, 1_000, cases=1_000)
    with RowCounts() as count:
        assert peak(tmp_path, 20_000, cases=20_000, count=count) < few + 200_000
    assert peak(tmp_path, 20_000, cases=20_000) > few + 1_000_000


def test_rows_are_numbered_alike_wherever_they_are_counted(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(HEAD + "".join(f"C-{n % 7},01.03.2026 09:15,New,,Call,{n}\n" for n in range(40)))
    log_map = LogMap.from_toml(EVENTS, COMPLAINT_WORDS)
    with RowCounts() as count:
        counted = [*read_log(tmp_path / "log.csv", log_map, count=count)]
    assert counted == [*read_log(tmp_path / "log.csv", log_map)]
    assert {fact.ordinal for fact in counted if isinstance(fact, Fact)} == {*range(1, 7)}


def only_named_problems(log: bytes, text: str) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder, "log")
        path.write_bytes(log)
        try:
            for each in read_log(path, LogMap.from_toml(text, COMPLAINT_WORDS)):
                assert isinstance(each, Fact | RefusedRow)
        except ImportProblem:
            pass


@given(st.binary(max_size=400), st.sampled_from([b"", b"PK\3\4", b"\x1f\x8b\x08", (HEAD + ROW).encode()]))
def test_no_bytes_make_anything_but_named_problems(log: bytes, start: bytes) -> None:
    only_named_problems(start + log, EVENTS)


@given(st.data())
def test_no_flipped_bytes_of_an_archive_make_anything_but_named_problems(data: st.DataObject) -> None:
    pack = data.draw(st.sampled_from([zipped(a_csv=HEAD + ROW * 9), gzip.compress((HEAD + ROW * 9).encode())]))
    log = bytearray(pack)
    for at in data.draw(st.lists(st.integers(0, len(log) - 1), min_size=1, max_size=4)):
        log[at] = data.draw(st.integers(0, 255))
    only_named_problems(bytes(log), EVENTS)


CELLS = st.text(max_size=12) | st.sampled_from(
    [
        "7",
        "New",
        "Closed",
        "Waiting",
        "Call",
        "01.03.2026 09:15",
        "9999-12-31T23:59-14:00",
        "0001-01-01",
        '"',
        "\0",
        "?",
    ]
)


@given(st.lists(st.lists(CELLS, min_size=5, max_size=8), max_size=6), st.sampled_from([EVENTS, CASES]), st.booleans())
def test_no_cells_make_anything_but_named_problems(rows: list[list[str]], text: str, quoted: bool) -> None:
    log = io.StringIO()
    writer = csv.writer(log, quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_NONE, escapechar="\\", lineterminator="\n")
    writer.writerows(rows)
    head = HEAD if text is EVENTS else CASES_HEAD
    only_named_problems((head + log.getvalue()).encode("utf-8", "replace"), text)

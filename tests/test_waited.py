"""The modules for threads are what the tool makes of the awaited ones."""

import runpy
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

_TOOL = runpy.run_path(str(ROOT / "tools" / "waited.py"))
MADE: dict[Path, Path] = _TOOL["MADE"]
made: Callable[[str, str], str] = _TOOL["made"]


@pytest.mark.parametrize("target", MADE, ids=str)
def test_a_module_for_threads_is_as_the_tool_makes_it(target: Path) -> None:
    source = MADE[target]
    text = (ROOT / source).read_text("utf-8")

    assert (ROOT / target).read_text("utf-8") == made(text, source.name)
    assert (ROOT / target).read_text("utf-8") != made(text.replace("__all__ =", "names ="), source.name)


@pytest.mark.parametrize("target", MADE, ids=str)
def test_nothing_in_it_is_awaited(target: Path) -> None:
    text = (ROOT / target).read_text("utf-8")

    assert not {"await", "async", "asyncio", "Async"} & set(text.replace("(", " ").split())

"""Every Python example of the README and the docs runs, or says why it does not."""

import re
from bisect import bisect
from pathlib import Path

import pytest
from sybil import Sybil
from sybil.evaluators.skip import Skipper

ROOT = Path(__file__).parent.parent
DOCS = ["README.md", *sorted(str(page.relative_to(ROOT)) for page in ROOT.glob("docs/**/*.md"))]

FENCE = re.compile(
    r"^[ \t>]*(?:[-*+][ \t]+|\d+[.)][ \t]+)?(?:`{3,}|~{3,})[ \t]*\{?[ \t.]*py", re.MULTILINE | re.IGNORECASE
)
"""Whatever a renderer would colour as Python: more ways to write it than those that run."""


@pytest.mark.parametrize("page", DOCS)
def test_every_python_fence_of_a_page_runs_or_is_skipped_with_a_reason(page: str, pages: list[Sybil]) -> None:
    path = ROOT / page
    found = [sybil for sybil in pages if sybil.should_parse(path)]
    assert len(found) == 1, "this page is not among those whose examples run"

    examples = list(found[0].parse(path))
    skips = [i for i, example in enumerate(examples) if isinstance(example.region.evaluator, Skipper)]
    for i in skips:
        action, reason = examples[i].parsed
        assert action == "next", "only `skip: next` is used, so that each skipped example has its own reason"
        assert re.fullmatch(r'"[^"]+"', reason or ""), 'write <!-- skip: next "reason" -->'
        assert i + 1 < len(examples), "this skips nothing"
        assert i + 1 not in skips, "this skips nothing"

    # A fence of `>>>` lines holds several examples.
    fences = [fence.start() for fence in FENCE.finditer(path.read_text(encoding="utf-8"))]
    reached = {bisect(fences, example.start) for i, example in enumerate(examples) if i not in skips}
    assert reached == set(range(1, len(fences) + 1)), "write the fence as bare ```python"

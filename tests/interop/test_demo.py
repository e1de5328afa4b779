"""The demonstration log that is shipped: made by a script, read without a refusal, with everything that can happen."""

import runpy
from pathlib import Path

from servicecrm.interop import COMPLAINT_WORDS, Fact, LogMap, read_log

ROOT = Path(__file__).parent.parent.parent
LOG = ROOT / "src" / "servicecrm" / "demo" / "water_utility.csv"


def test_the_log_is_what_its_script_makes() -> None:
    made = runpy.run_path(str(ROOT / "examples" / "water_utility.py"))["log"]()

    assert LOG.read_bytes() == made.encode(), "run: python examples/water_utility.py"
    assert len(made) < 250_000


def test_every_row_is_a_fact_and_every_kind_of_thing_happens() -> None:
    log_map = LogMap.from_toml(LOG.with_suffix(".toml").read_text("utf-8"), COMPLAINT_WORDS)
    found = [each for each in read_log(LOG, log_map) if isinstance(each, Fact)]

    assert len(found) == len(LOG.read_text("utf-8").splitlines()) - 1
    assert {fact.state for fact in found} == set(COMPLAINT_WORDS.states)
    assert {fact.waiting for fact in found} == {None, "customer", "third_party", "scheduled"}
    assert {fact.occurred_at.year for fact in found} == {2025}
    assert [fact.occurred_at for fact in found] == sorted(fact.occurred_at for fact in found)

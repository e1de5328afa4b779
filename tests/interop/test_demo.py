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


def facts() -> list[Fact]:
    log_map = LogMap.from_toml(LOG.with_suffix(".toml").read_text("utf-8"), COMPLAINT_WORDS)
    return [each for each in read_log(LOG, log_map) if isinstance(each, Fact)]


def test_the_house_answers_with_a_text_rates_the_impact_and_names_no_department_before_work_begins() -> None:
    found = facts()

    assert all("answer" in fact.values for fact in found if fact.state == "responded")
    assert len({fact.values["answer"] for fact in found if "answer" in fact.values}) >= 12
    assert {fact.case for fact in found if "impact" in fact.values} == {
        fact.case for fact in found if fact.state in ("assessed", "in_handling")
    }
    assert not any("handler" in fact.values for fact in found if fact.state in ("recorded", "acknowledged", "assessed"))


def test_every_row_is_a_fact_and_every_kind_of_thing_happens() -> None:
    found = facts()

    assert len(found) == len(LOG.read_text("utf-8").splitlines()) - 1
    never = {"lapsed", "referred", "merged"}  # such ends are ours
    assert {fact.state for fact in found} == set(COMPLAINT_WORDS.states) - never
    assert {fact.waiting for fact in found} == {None, "customer", "third_party", "scheduled"}
    assert {fact.occurred_at.year for fact in found} == {2025}
    assert [fact.occurred_at for fact in found] == sorted(fact.occurred_at for fact in found)

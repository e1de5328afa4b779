"""The table of key figures says of each what it means."""

import pytest

from servicecrm.kernel.records import evolve
from servicecrm.measures.catalogue import KPIS


def test_every_figure_of_complaints_and_cases_is_defined_under_its_id() -> None:  # C113, K13-K32
    assert [kpi.partition(".")[0] for kpi in KPIS if "." not in kpi] == [f"K{n}" for n in range(13, 33)]
    assert all(id == kpi.id for id, kpi in KPIS.items())


def test_months_add_up_where_things_are_counted_that_happen_once() -> None:  # C113
    assert {id for id, kpi in KPIS.items() if kpi.additive} == {
        "K15",
        "K18",
        "K19",
        "K24.received",
        "K24.reopened",
        "K24.ended",
        "K32",
    }


def test_what_is_in_time_or_at_once_is_better_when_there_is_more_of_it() -> None:
    assert {id for id, kpi in KPIS.items() if kpi.better == "higher"} == {"K22", "K23", "K24.ended", "K29", "K30"}


def test_the_table_is_not_changed_but_a_house_may_have_a_target() -> None:
    with pytest.raises(TypeError):
        KPIS["K22"] = KPIS["K23"]  # type: ignore[index]
    assert evolve(KPIS["K22"], target=95.0).value(96.0, n=100).status == "met"

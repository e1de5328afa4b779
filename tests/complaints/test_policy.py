"""A house sets its own priorities, categories, closing codes and window for reopening."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.complaints import DEFAULT, ComplaintPolicy, Priority, Severity
from servicecrm.complaints.policy import ComplaintPolicies
from servicecrm.errors import InvalidValue
from servicecrm.kernel.documents import Schema, from_text, to_text
from servicecrm.kernel.frozen import FrozenMap, thaw
from servicecrm.testing.makers import MONDAY

RATINGS = [(severity, impact) for severity in Severity for impact in Severity]


@pytest.mark.parametrize(("severity", "impact"), RATINGS)
def test_every_severity_and_impact_has_a_priority(severity: Severity, impact: Severity) -> None:  # C043
    assert DEFAULT.priority(severity, impact, safety=False) in tuple(Priority)


def test_a_worse_rating_never_comes_later() -> None:  # C043
    order = list(Severity)
    for severity, impact in RATINGS:
        here = DEFAULT.priority(severity, impact, safety=False)
        for worse in order[order.index(severity) :]:
            there = DEFAULT.priority(worse, impact, safety=False)
            assert here is not None
            assert there is not None
            assert there <= here


@given(st.sets(st.sampled_from(RATINGS), min_size=1))
def test_a_matrix_with_holes_is_refused_and_names_them(holes: set[tuple[Severity, Severity]]) -> None:  # C043
    cells: dict[str, dict[str, str]] = {severity: dict.fromkeys(Severity, "p3") for severity in Severity}
    for severity, impact in holes:
        del cells[severity][impact]

    with pytest.raises(InvalidValue) as caught:
        ComplaintPolicy(matrix=FrozenMap(cells))

    named = caught.value.says.removeprefix("no priority for severity/impact ").split(", ")
    assert set(named) == {f"{severity}/{impact}" for severity, impact in holes}


@pytest.mark.parametrize("wrong", ["p9", 1, None, {"high": "p1"}])
def test_what_is_no_priority_leaves_a_hole(wrong: object) -> None:
    cells: dict[str, dict[str, object]] = {severity: dict.fromkeys(Severity, "p3") for severity in Severity}
    cells["low"]["high"] = wrong

    with pytest.raises(InvalidValue, match="no priority for severity/impact low/high"):
        ComplaintPolicy(matrix=FrozenMap(cells))


def test_a_row_that_is_no_row_is_all_holes() -> None:
    with pytest.raises(InvalidValue, match=r"low/low, low/medium, low/high, low/critical$"):
        ComplaintPolicy(matrix=FrozenMap({**DEFAULT.matrix, "low": "p3"}))


def test_without_a_closing_code_nothing_could_be_closed() -> None:
    with pytest.raises(InvalidValue, match="closing_codes"):
        ComplaintPolicy(closing_codes=())


@pytest.mark.parametrize("window", [timedelta(0), timedelta(days=-1)])
def test_a_window_for_reopening_is_longer_than_nothing(window: timedelta) -> None:
    with pytest.raises(InvalidValue, match="a positive duration"):
        ComplaintPolicy(reopen_within=window)


def test_before_the_first_version_the_shipped_rules_are_in_force() -> None:  # C008
    ours = ComplaintPolicy(categories=("water",))
    book = ComplaintPolicies().publish(ours, effective=MONDAY)

    assert isinstance(book, ComplaintPolicies)
    assert book.in_force(MONDAY - timedelta(seconds=1)) == (0, DEFAULT)
    assert book.in_force(MONDAY) == (1, ours)
    assert (book.numbered(0), book.numbered(1)) == (DEFAULT, ours)


def test_a_policy_can_be_written_down() -> None:  # C008
    schema = Schema("complaint policy", ComplaintPolicy)
    policy = ComplaintPolicy(categories=("water",), reopen_within=timedelta(days=30))

    assert schema.load(from_text(to_text(schema.dump(policy)))) == policy
    assert schema.dump(policy)["matrix"] == thaw(policy.matrix)

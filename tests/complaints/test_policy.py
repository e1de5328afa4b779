"""A house sets its own priorities, categories and causes, steps and limits, closing codes and windows of time."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.complaints import DEFAULT, ComplaintPolicy, Priority, RemedyLimit, Severity, StepTemplate
from servicecrm.complaints.policy import ComplaintPolicies
from servicecrm.errors import InvalidValue, PolicyViolation
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


@pytest.mark.parametrize("field", ["lapse_after", "recurs_within"])
@pytest.mark.parametrize("time", [timedelta(0), timedelta(days=-1)])
def test_a_window_of_time_is_longer_than_nothing(field: str, time: timedelta) -> None:
    with pytest.raises(InvalidValue, match=f"{field}: expected a positive duration"):
        ComplaintPolicy(**{field: time})  # type: ignore[arg-type]


def test_a_house_decides_once_at_least() -> None:  # C048
    assert ComplaintPolicy(stages=1).stages == 1
    with pytest.raises(InvalidValue, match="stages: expected 1 or more"):
        ComplaintPolicy(stages=0)


@pytest.mark.parametrize("category", [None, "water", "water/quality", "roads"])
def test_whatever_is_above_a_category_is_one_too(category: str | None) -> None:  # C041
    ComplaintPolicy(categories=("water/quality", "roads")).check_category(category)
    ComplaintPolicy().check_category(category)


@pytest.mark.parametrize("category", ["wat", "water/", "water/quality/taste", "quality", "roads/holes", ""])
def test_what_is_not_in_the_tree_is_refused_with_what_is(category: str) -> None:  # C041
    with pytest.raises(PolicyViolation, match="not a category of this house; known: water/quality, roads"):
        ComplaintPolicy(categories=("water/quality", "roads")).check_category("roads", category)


def test_steps_are_for_categories_that_there_are() -> None:  # C045
    steps = (StepTemplate(title="Call back"), StepTemplate(title="Measure", category="water"))

    assert ComplaintPolicy(steps=steps).steps == ComplaintPolicy(steps=steps, categories=("water/bill",)).steps
    with pytest.raises(InvalidValue, match="no category for the steps of water"):
        ComplaintPolicy(steps=steps, categories=("waterfront",))


def test_a_step_has_a_title_and_a_duration() -> None:  # C045
    with pytest.raises(InvalidValue, match=r"StepTemplate.title"):
        StepTemplate(title=" ")
    with pytest.raises(InvalidValue, match="duration"):
        StepTemplate(title="Measure", within="soon")


def test_a_currency_has_one_limit_that_somebody_can_be_below() -> None:  # C047
    euros = RemedyLimit(currency="EUR", amount=Decimal(100))
    with pytest.raises(InvalidValue, match="a currency has one limit"):
        ComplaintPolicy(remedy_limits=(euros, RemedyLimit(currency="EUR", amount=Decimal(50))))
    with pytest.raises(InvalidValue, match="a currency is three capital letters"):
        RemedyLimit(currency="eur", amount=Decimal(1))
    with pytest.raises(InvalidValue, match="a limit is nothing or more"):
        RemedyLimit(currency="EUR", amount=Decimal(-1))


def test_before_the_first_version_the_shipped_rules_are_in_force() -> None:  # C008, S0-A3
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

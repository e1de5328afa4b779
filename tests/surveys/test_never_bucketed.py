"""What does not fit is refused by name or counted as invalid: nothing is put silently to the next best place."""

from collections.abc import Callable
from typing import Any

import pytest

from servicecrm import surveys
from servicecrm.errors import (
    GuardNotMet,
    InvalidValue,
    MalformedDocument,
    PolicyViolation,
    ServiceCRMError,
)
from servicecrm.interop.surveys import read_lss, read_xlsform
from servicecrm.measures import (
    EmptyTargetLevel,
    Scale,
    csat,
    fitted_table,
    mean,
    nps,
    poststratified,
    rake,
    tally,
    tally_by,
)
from servicecrm.surveys import Status, ballots, campaigns, coded, responses
from servicecrm.testing.makers import MONDAY
from tests.surveys.campaigning import a_campaign, a_plan
from tests.surveys.making import ANN, BOB, a_draft, a_release, one_of_each, rating

NPS, TEN = Scale(low=0, high=10), Scale(low=1, high=10)
WRONG = {"recommend": 11, "overall": 6.5, "channel": "fax", "ways": ["web", "fax"], "visits": 2.5, "since": "soon"}
"""An answer to each kind of item that is none of those that it has."""


@pytest.mark.parametrize("wrong", [6.5, 11, -1, 10.1, 9.999, "9", "nine", True, float("inf"), [9], 10**400])
def test_what_is_not_on_a_scale_is_counted_as_invalid_by_every_score(wrong: Any) -> None:  # C078
    given = [*range(11), wrong, wrong]
    score = nps(given)

    assert (score.n, score.invalid, score.not_answered) == (11, 2, 0)
    assert score.value == nps(range(11)).value
    assert tally_by(["a"] * 13, given, scale=NPS)["a"].counts == (1,) * 11
    assert tally([wrong], scale=NPS).counts == (0,) * 11
    assert (mean(given, scale=NPS).invalid, mean(given, scale=NPS).value) == (2, 5.0)
    top = csat(given, scale=TEN, method="top_box")  # on which 0 is none either
    assert (top.n, top.invalid) == (10, 3)


@pytest.mark.parametrize("id", WRONG)
def test_what_is_no_answer_to_an_item_is_refused_or_counted_as_invalid(id: str) -> None:  # C077, C078
    asks, given = a_release(*one_of_each()), {"used": True, id: WRONG[id]}
    with pytest.raises(MalformedDocument) as refused:
        asks.validated(given)
    (problem,) = refused.value.problems
    reading = asks.read(given)
    (answer,) = [each for each in reading.answers if each.key == id]
    kept = surveys.tabulate(asks, [given, {"used": True}])

    assert problem.startswith(f"$.{id}")
    assert reading.problems == (problem,)
    assert (answer.status, answer.number, answer.codes) == (Status.INVALID, None, ())
    if id in ("recommend", "overall", "channel"):
        line = next(each for each in surveys.evaluate(asks, kept, min_n=1) if each.key == id and each.group == ())
        assert line.counts
        assert (line.n, line.counts.invalid) == (0, 1)
        assert coded(asks.item(id), answer) is None


ANSWERS: dict[str, Callable[[Any, Any], object]] = {
    "a response": lambda campaign, asks: responses.record(campaign, asks, {"overall": 3}, id="r-1", by=ANN, at=MONDAY),
    "a ballot": lambda campaign, asks: ballots.ballot(campaign, asks, {"overall": 3}, key="secret", at=MONDAY),
}


@pytest.mark.parametrize(("way", "mode"), [("a response", "identified"), ("a ballot", "anonymous")])
def test_no_version_is_answered_that_is_not_released(way: str, mode: str) -> None:  # C075
    released = a_release(rating("overall"))
    campaign = a_campaign(asks=released, mode=mode)
    draft = surveys.new_version(released, id="q-2", by=ANN, at=MONDAY, items=(rating("overall"), rating("price"))).after

    with pytest.raises(InvalidValue, match="questionnaire q-1"):
        ANSWERS[way](campaign, draft)
    with pytest.raises(PolicyViolation, match="release it first"):
        campaigns.prepare(a_plan(mode=mode), draft, by=ANN, at=MONDAY)
    assert ANSWERS[way](campaign, released)


def test_margins_that_nothing_can_meet_are_never_said_to_be_met() -> None:  # K39
    rows, names = [("a", "x"), ("b", "y")], ["one", "two"]
    found = rake(rows, {"one": {"a": 3, "b": 1}, "two": {"x": 1, "y": 3}}, variables=names)
    table = fitted_table([[1, 0], [0, 1]], [3, 1], [1, 3])

    assert (found.converged, found.outcome, table.outcome) == (False, "not_possible", "not_possible")
    assert min(found.margin_error, table.margin_error) > 0.1
    with pytest.raises(InvalidValue, match="same total"):
        rake(rows, {"one": {"a": 3, "b": 1}, "two": {"x": 1, "y": 2}}, variables=names)
    with pytest.raises(InvalidValue, match="without a target"):
        rake(rows, {"one": {"a": 4}}, variables=names)


@pytest.mark.parametrize(
    "empty",
    [
        lambda: rake([("a",)], {"g": {"a": 1, "b": 1}}, variables=["g"]),
        lambda: rake([("a",), ("b",)], {"g": {"a": 1, "b": 1}}, variables=["g"], counts=[1, 0]),
        lambda: rake([("a",), ("b",)], {"g": {"a": 1, "b": 1}}, variables=["g"], weights=[1.0, 0.0]),
        lambda: poststratified({"a": 3, "b": 0}, {"a": 5, "b": 5}),
        lambda: fitted_table([[1, 0], [1, 0]], [1, 1], [1, 1]),
    ],
)
def test_a_part_of_the_population_that_nobody_answered_from_is_named(empty: Callable[[], object]) -> None:  # K39
    with pytest.raises(EmptyTargetLevel) as refused:
        empty()
    assert refused.value.code == "empty_target_level"
    assert refused.value.level in ("b", "1")


CIRCLE = {"a": {"item": "b", "above": 3}, "b": {"item": "a", "above": 3}}


def test_items_that_are_shown_because_of_each_other_are_not_released() -> None:  # C074
    draft = a_draft(*(rating(id, shown_if=because) for id, because in CIRCLE.items()))

    with pytest.raises(GuardNotMet, match="a"):
        surveys.review(draft, by=BOB, at=MONDAY)
    reading = draft.read({"a": 5, "b": 5})  # nor does reading go round in it
    assert {answer.status for answer in reading.answers} == {Status.NOT_SHOWN}
    assert len(reading.problems) == 2


def test_a_circle_of_another_tool_is_told_and_cut() -> None:  # C074
    rows = "".join(
        f"<row><qid>{n}</qid><gid>1</gid><type>5</type><title>{id}</title><question>{id}</question>"
        f"<language>en</language><question_order>{n}</question_order><relevance>{other} &gt; 3</relevance></row>"
        for n, (id, other) in enumerate((("a", "b"), ("b", "a")), 1)
    )
    begin = "<document><LimeSurveyDocType>Survey</LimeSurveyDocType><languages><language>en</language></languages>"
    form: list[dict[str, object]] = [
        {"type": "integer", "name": id, "label": id, "relevant": f"${{{other}}} > 3"} for id, other in ("ab", "ba")
    ]

    for found in (read_lss(f"{begin}<questions><rows>{rows}</rows></questions></document>"), read_xlsform(form)):
        shown = {each.id: each.shown_if for each in found.items}
        assert [each.path for each in found.left_out] == ["items.a.shown_if"]
        assert shown["a"] == {}
        assert shown["b"]["item"] == "a"


@pytest.mark.parametrize("text", ["", "<document/>", "<document>", "{}", "\0", b"\xff\xfe", b"PK\x03\x04"])
def test_a_file_that_is_no_survey_is_refused_by_name(text: str | bytes) -> None:  # R29
    with pytest.raises(MalformedDocument) as refused:
        read_lss(text)
    assert isinstance(refused.value, ServiceCRMError)
    assert refused.value.code

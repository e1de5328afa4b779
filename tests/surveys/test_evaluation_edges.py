"""What is easily got wrong: who is in a base, which way is up, and how far an interval reaches."""

from collections.abc import Iterator
from math import sqrt
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm import measures, surveys
from servicecrm.errors import InvalidValue
from servicecrm.measures import Scale
from servicecrm.surveys import Answer, Comparability, Item, Status, evaluate, evaluations, item, template, trend, weigh
from servicecrm.surveys.evaluation_lines import About
from servicecrm.testing.makers import MONDAY
from tests.surveys.making import ANN, TEN, YES, a_draft, en, ends, one_of_each, rating

FIVE = Scale(low=1, high=5)
ALL = a_draft()


def rated(id: str, **changes: Any) -> Item:
    return item(id, "scale", text=en(id), scale=FIVE, labels=ends(FIVE), **changes)


# -- bases ---------------------------------------------------------------------------------------


def test_what_was_not_asked_is_neither_missing_nor_invalid() -> None:  # C078
    asked = a_draft(one_of_each()[0], rating("good", shown_if=YES))
    found = evaluate(asked, [{"used": True, "good": 9}, {"used": False, "good": 1}, {"used": True}], min_n=1)["good"]

    assert found.score is not None
    assert (found.n, found.score.not_answered, found.score.invalid) == (1, 1, 0)
    assert found.counts
    assert (found.counts.missing, found.counts.not_shown) == (1, 1)


def test_whoever_was_not_asked_about_a_service_lacks_no_answer_to_it() -> None:  # C079
    asked = a_draft(one_of_each()[0], surveys.item("a", "scale", text=en("a"), scale=FIVE, shown_if=YES, service="x"))
    line = evaluate(asked, [{"used": True, "a": 4}, {"used": False}, {"used": True}], min_n=1).line("x")

    assert line.counts
    assert (line.counts.answered, line.counts.missing, line.counts.not_shown) == (1, 1, 1)


def test_a_text_that_nobody_coded_is_in_no_share() -> None:  # C082
    answers = {"used": [True] * 3, "why": ["a", "b", "c"]}
    line = evaluate(ALL, answers, min_n=1, codes={"why": [("x",), (), None]}).line("why", part="x")

    assert line.score is not None
    assert (line.value, line.n, line.score.invalid) == (50.0, 2, 0)


def test_only_a_text_may_lack_in_a_table_of_anonymous_answers() -> None:  # C076
    (first, *_) = ALL.read({"used": True}).answers
    table = surveys.tabulate(ALL, [SimpleNamespace(response="r", counts=True, answer=first)])

    assert table["why"] == [None]
    assert table.apart == {"why"}
    assert table["overall"] == [None]
    with pytest.raises(InvalidValue, match="nobody knows who wrote something at why"):
        table.groups("why")


@given(st.lists(st.sampled_from(["yes, and why", "yes", "no"]), max_size=9))
def test_texts_that_lead_to_nobody_are_counted_for_all_and_for_no_group(said: list[str]) -> None:  # C076, C078
    def rows() -> Iterator[SimpleNamespace]:
        for n, word in enumerate(said):
            text = "Slow" if word == "yes, and why" else None
            for answer in ALL.read({"used": word != "no", "channel": "phone", "why": text}).answers:
                if answer.item != "why":
                    yield SimpleNamespace(response=f"r-{n}", counts=True, answer=answer)
            if text is not None:
                told = Answer(item="why", status=Status.ANSWERED, text=text)
                yield SimpleNamespace(response=f"t-{n}", counts=True, answer=told)

    found = evaluate(ALL, list(rows()), by=() if not said else "channel", min_n=1)

    counts = found.line("why").counts
    assert found.responses == len(said)
    assert counts
    assert (counts.answered, counts.missing, counts.not_shown) == tuple(map(said.count, ("yes, and why", "yes", "no")))
    assert not any(line.group for line in found if line.key == "why")
    assert any(line.group for line in found if line.key == "overall") == bool(said)


def test_what_does_not_count_is_told() -> None:  # C077
    responses = [SimpleNamespace(answers=ALL.read({"overall": 5}).answers, counts=n > 1) for n in range(4)]
    found = evaluate(ALL, responses)

    assert (found.responses, found.left_out) == (2, 2)


def test_the_population_is_that_of_all_and_not_of_a_group() -> None:  # K39
    people = [{"overall": n, "region": "north" if n < 5 else "south"} for n in (3, 4, 5, 6)]
    found = evaluate(ALL, people, by="region", min_n=1, population=4)

    whole, part = found["overall"].score, found.line("overall", group="north").score
    assert whole is not None
    assert part is not None
    assert whole.low == whole.value == 4.5
    assert part.population is None
    assert part.low is not None
    assert part.low < 3


# -- which way is up -----------------------------------------------------------------------------


def test_satisfied_is_high_for_a_service_and_as_coded_for_a_dimension() -> None:  # C079
    asked = a_draft(
        rated("trouble", polarity="lower", service="water", dimension="pain"),
        rated("delay", polarity="lower", dimension="pain"),
    )
    found = evaluate(asked, [{"trouble": 1, "delay": 1}], min_n=1)

    assert found.line("water", about="service").value == 5.0
    pain = found.line("pain", about="dimension")
    assert pain.value == 1.0
    assert pain.score is not None
    assert pain.score.method.better == "lower"
    assert found["trouble"].value == 1.0


def test_the_first_rank_is_the_best() -> None:
    found = evaluate(ALL, [{"best": ["web", "phone", "counter"]}] * 2, min_n=1).line("best", part="web")

    assert found.score is not None
    assert (found.value, found.score.method.better) == (1.0, "lower")


def test_neither_what_is_ideal_nor_what_is_best_in_the_middle_is_put_together_with_satisfaction() -> None:  # C081
    asked = a_draft(
        rated("good", service="water"),
        rated("ideal", service="water", expectation_of="good"),
        rated("size", service="water", polarity="middle"),
        rated("matters", service="water", importance_of="good"),
    )
    found = evaluate(asked, [{"good": 5, "ideal": 1, "size": 1, "matters": 1}], min_n=1)

    assert found.line("water").value == 5.0
    assert found.index.value == 100.0
    assert [low.name for low in evaluations.low_scores(found, 3)] == []


def test_recommending_and_effort_are_no_part_of_satisfaction_with_a_service() -> None:  # K36, K38
    asked = a_draft(
        rated("good", service="water"),
        item("recommend", "nps", text=en("?"), labels=ends(Scale(low=0, high=10)), service="water"),
    )

    assert evaluate(asked, [{"good": 5, "recommend": 0}], min_n=1).line("water").value == 5.0


# -- several items -------------------------------------------------------------------------------


def test_too_few_answers_of_one_respondent_make_no_score() -> None:  # C078
    asked = a_draft(rated("a", dimension="care"), rated("b", dimension="care"))
    people = [{"a": 5, "b": 3}, {"a": 1}]

    assert evaluate(asked, people, min_n=1).line("care").value == 2.5
    assert evaluate(asked, people, min_n=1, min_answered=2).line("care").value == 4.0


def test_reliability_is_asked_of_dimensions_only() -> None:
    asked = a_draft(rated("a", service="x"), rated("b", service="x"), rated("c", dimension="alone"))

    assert evaluate(asked, []).reliability == ()


def test_the_interval_of_a_mean_of_items_ends_with_the_scale_and_knows_the_population() -> None:  # K39
    asked = a_draft(rated("a", dimension="care"), rated("b", dimension="care"))
    people = [{"a": 5, "b": 5}, {"a": 5, "b": 4}, {"a": 1, "b": 2}]
    line = evaluate(asked, people, min_n=1, population=9).line("care")

    assert line.score is not None
    assert (line.score.low, line.score.high) == (1.0, 5.0)
    sd = float(str(line.score.parts["sd"]))
    assert line.score.se == pytest.approx(sd / sqrt(3) * sqrt((9 - 3) / (9 - 1)))


# -- importance and ideals -----------------------------------------------------------------------


def test_derived_importance_is_cut_at_its_own_mean_also_when_performance_is_cut_in_the_middle() -> None:  # C081
    asked = surveys.draft(id="q-1", **template("satisfaction"), by=ANN, at=MONDAY).after
    people = [
        {
            "overall": 1 + (7 * n) % 10,
            "aspects": {code: 1 + (k * n + n // 3) % 10 for k, code in enumerate(asked.item("aspects").parts, 2)},
        }
        for n in range(20)
    ]
    found = evaluate(asked, people, crosshair="middle").aspects

    assert found is not None
    assert found.crosshair is not None
    importances = [each.importance or 0.0 for each in found.aspects]
    assert found.crosshair.performance == 5.5
    assert found.crosshair.importance == pytest.approx(sum(importances) / len(importances))


def test_gaps_and_points_from_too_few_are_hidden() -> None:  # C080
    asked = a_draft(
        rated("good", dimension="care"),
        rated("ideal", dimension="care", expectation_of="good"),
        item("points", "number", text=en("?"), least=0, most=100, dimension="care", importance_of="good"),
    )
    people = [{"good": 4, "ideal": 5, "points": 30}] * 4

    hidden = evaluate(asked, people).expectations
    assert hidden is not None
    assert (hidden.gaps[0].gap, hidden.gaps[0].hidden, dict(hidden.dimensions)) == (None, True, {})
    few = evaluate(asked, [*people, {"good": 4, "ideal": 5}]).expectations
    assert few is not None
    assert (dict(few.dimensions), dict(few.points), few.servqual) == ({"care": -1.0}, {}, None)
    # Points that do not come to 100 count by their shares.
    shown = evaluate(asked, people, min_n=4).expectations
    assert shown is not None
    assert shown.servqual == measures.servqual({"care": -1.0}, {"care": 100.0})


def test_importance_of_a_whole_matrix_is_set_against_the_mean_of_its_rows() -> None:  # C081
    asked = a_draft(
        item("good", "matrix", text=en("?"), scale=TEN, labels=ends(TEN), rows={"a": en("a"), "b": en("b")}),
        item("matters", "scale", text=en("?"), scale=FIVE, labels=ends(FIVE), importance_of="good"),
    )
    found = evaluate(asked, [{"good": {"a": 10, "b": 1}, "matters": 5}], min_n=1).aspects

    assert found is not None
    (aspect,) = found.aspects
    assert (aspect.key, found.unit) == ("good", "0..100")
    assert aspect.performance == pytest.approx(50)
    assert aspect.gap is not None
    assert aspect.gap.value == pytest.approx(50)


# -- weights and waves ---------------------------------------------------------------------------


def test_weights_of_a_design_are_kept_when_margins_are_fitted() -> None:  # C073
    people = [{"overall": 1, "region": "north"}] * 2 + [{"overall": 1, "region": "south"}] * 2
    found = weigh(ALL, people, {"region": {"north": 10, "south": 10}}, weights=[1, 4, 1, 1])

    assert found.weights == pytest.approx((2, 8, 5, 5))


def test_weighted_shares_are_not_put_to_a_test_made_for_plain_ones() -> None:  # C079
    asked = a_draft(item("again", "yes_no", text=en("Again?")))
    answers = {"again": ["yes", "no", "no", "yes"]}
    waves = [evaluate(asked, answers, wave=wave, min_n=1, weights=[1, 2, 3, 4]) for wave in ("Q1", "Q2")]

    assert trend(*waves)["again"].alike is None
    assert trend(*waves)["again"].compared == (Comparability.SAME,)


def test_a_threshold_is_not_for_how_important_something_is() -> None:  # C082
    asked = a_draft(rated("good"), rated("matters", importance_of="good"))
    found = evaluate(asked, [{"good": 5, "matters": 1}] * 5)

    assert evaluations.low_scores(found, 3) == ()
    assert [low.name for low in evaluations.low_scores(found, {"matters": 3})] == ["matters"]


def test_a_service_called_as_an_item_is_told_from_it() -> None:
    found = evaluate(a_draft(rated("water"), rated("other", service="water")), [{"water": 1, "other": 5}], min_n=1)

    assert found.line("water", about=About.ITEM).value == 1.0
    assert found.line("water", about="service").value == 5.0

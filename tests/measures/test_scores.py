from functools import partial
from math import isclose
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.errors import InvalidValue
from servicecrm.measures import (
    Scale,
    Score,
    ces,
    csat,
    mean,
    mean_interval,
    nps,
    nps_interval,
    rate,
    rescaled,
    satisfied_from,
    share_interval,
    tally,
)

FIVE, TEN, SEVEN = (Scale(low=1, high=high) for high in (5, 10, 7))

nps_answers = st.lists(st.integers(0, 10), min_size=1, max_size=60)
ratings = st.lists(st.integers(1, 10), min_size=1, max_size=60)
confidences = st.sampled_from([0.5, 0.8, 0.9, 0.95, 0.99])
shares = st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def limits(score: Score) -> tuple[float, float]:
    assert score.low is not None
    assert score.high is not None
    return score.low, score.high


def every(answers: list[int], **options: Any) -> list[Score]:
    """Each kind of score that answers on 1..10 can have."""
    return [
        csat(answers, scale=TEN, method="top_box", **options),
        csat(answers, scale=TEN, method="mean_percent", **options),
        csat(answers, scale=TEN, method="sum_over_max", **options),
        mean(answers, scale=TEN, **options),
        nps(answers, **options),
    ]


# -- what holds for all --------------------------------------------------------------------------


@given(ratings, confidences)
def test_an_interval_contains_its_value(answers: list[int], confidence: float) -> None:  # K39
    for score in every(answers, confidence=confidence):
        assert score.value is not None
        if score.reason is None:
            low, high = limits(score)
            assert low - 1e-9 <= score.value <= high + 1e-9


@given(ratings)
def test_more_confidence_makes_an_interval_wider_and_more_answers_make_it_narrower(answers: list[int]) -> None:
    for usual, sure, more in zip(every(answers), every(answers, confidence=0.99), every(answers * 4), strict=True):
        if usual.reason is None:
            (low, high), (sure_low, sure_high), (more_low, more_high) = map(limits, (usual, sure, more))
            assert sure_high - sure_low >= high - low - 1e-9
            assert more_high - more_low <= high - low + 1e-9


@given(ratings, st.integers(0, 40))
def test_a_small_population_leaves_less_in_doubt(answers: list[int], others: int) -> None:  # K39
    n = len(answers)
    for endless, small in zip(every(answers), every(answers, population=n + others), strict=True):
        assert small.value == endless.value
        if endless.reason is None:
            (low, high), (small_low, small_high) = limits(endless), limits(small)
            assert small_high - small_low <= high - low + 1e-9
            if not others:
                assert small_low == small_high == small.value


@given(ratings)
def test_weights_of_1_change_nothing(answers: list[int]) -> None:
    assert every(answers) == every(answers, weights=[1.0] * len(answers))


def test_without_answers_there_is_no_score_and_a_reason() -> None:  # C078
    for score in every([]):
        assert (score.value, score.low, score.high, score.n, score.reason) == (None, None, None, 0, "no_answers")
        assert repr(score) == "Score(None, n=0, reason='no_answers')"


def test_what_is_no_answer_is_told_beside_the_score() -> None:  # C078
    score = nps([10, None, 11, 6.5, True, "9"])

    assert (score.value, score.n, score.not_answered, score.invalid) == (100.0, 1, 1, 4)


@pytest.mark.parametrize("wrong", [{"confidence": 95}, {"confidence": 0}, {"population": 2}])
def test_what_cannot_be_is_refused_even_without_need(wrong: dict[str, Any]) -> None:
    for score in (nps, lambda answers, **options: mean(answers, scale=TEN, **options)):
        with pytest.raises(InvalidValue):
            score([1, 2, 3], **wrong)


# -- one by one ----------------------------------------------------------------------------------


def test_the_net_promoter_score_counts_0_as_a_detractor() -> None:  # C078, K36
    assert nps([9, 10, 8, 6, 0]).value == 0.0


@pytest.mark.parametrize("score", [csat, mean, ces])
def test_what_is_no_scale_is_refused_and_one_is_shown(score: Any) -> None:
    told = {"method": "mean_percent"} if score is csat else {"method": "mean"} if score is ces else {}
    with pytest.raises(InvalidValue, match=r"scale: expected one such as Scale\(low=1, high=5\), got tuple"):
        score([5, 4], scale=(1, 5), **told)


def test_a_score_shows_itself_in_short() -> None:
    score = nps([10, 9, 9, 7, 6, 3, 10, 8])

    assert repr(score) == "Score(25.0, low=-29.4168, high=65.7804, n=8)"
    assert repr(nps(["10", 9])).endswith(", n=1, invalid=1)")
    assert repr(nps(["10", "9", "3"])) == "Score(None, n=0, invalid=3, reason='no_answers')"
    assert str(score.method) == "nps on 0..10 (9..10 - 0..6)"
    assert dict(score.parts) == {"promoters": 4, "passives": 2, "detractors": 2}


@given(nps_answers)
def test_the_net_promoter_score_of_the_opposite_answers_lies_on_the_other_side(answers: list[int]) -> None:
    up, down = nps([9 if x <= 6 else 0 if x >= 9 else x for x in answers]), nps(answers)

    assert up.value is not None
    assert down.value is not None
    assert isclose(up.value, -down.value, abs_tol=1e-9)
    assert isclose(limits(up)[0], -limits(down)[1], abs_tol=1e-9)


def test_three_methods_make_three_labelled_scores_of_the_same_answers() -> None:  # C078, K34, K35
    answers = {5: 4, 4: 4, 1: 2}
    scores = [csat(answers, scale=FIVE, method=method) for method in ("top_box", "mean_percent", "sum_over_max")]

    assert [score.value and round(score.value, 9) for score in scores] == [80.0, 70.0, 76.0]
    assert [str(score.method) for score in scores] == [
        "csat_top_box on 1..5 (>= 4)",
        "csat_mean_percent on 1..5",
        "csat_sum_over_max on 1..5",
    ]


@given(ratings, st.integers(1, 9))
def test_a_mean_in_percent_does_not_depend_on_where_the_scale_starts(answers: list[int], shift: int) -> None:  # K35
    other = Scale(low=1 + shift, high=10 + shift)
    here = csat(answers, scale=TEN, method="mean_percent")
    there = csat([x + shift for x in answers], scale=other, method="mean_percent")

    assert isclose(here.value or 0.0, there.value or 0.0, abs_tol=1e-9)
    assert isclose(here.value or 0.0, rescaled(mean(answers, scale=TEN).value or 0.0, TEN), abs_tol=1e-9)


@given(ratings)
def test_a_mean_has_the_limits_of_student(answers: list[int]) -> None:  # K38
    score, found = mean(answers, scale=TEN), tally(answers, scale=TEN)
    middle, sd = found.mean(), found.sd()

    assert score.value == middle
    assert score.parts["sd"] == sd
    if sd is None or middle is None:
        assert (score.low, score.high, score.reason) == (None, None, "one_answer")
    elif sd == 0:  # C079
        assert (score.low, score.high, score.reason) == (None, None, "no_variance")
    else:
        low, high = mean_interval(middle, sd, len(answers))
        assert limits(score) == (max(1.0, low), min(10.0, high))


@pytest.mark.parametrize(("points", "smallest"), [(3, 3), (4, 3), (5, 4), (6, 5), (7, 6), (10, 8)])
def test_who_counts_as_satisfied_if_nobody_says_so(points: int, smallest: float) -> None:  # K34
    assert satisfied_from(Scale(low=1, high=points)) == smallest


@pytest.mark.parametrize("points", [2, 8, 9, 11])
def test_for_other_scales_it_has_to_be_said(points: int) -> None:
    scale = Scale(low=1, high=points)
    with pytest.raises(InvalidValue, match="say from which answer"):
        csat([1], scale=scale, method="top_box")
    assert csat([1, 2], scale=scale, method="top_box", satisfied=2).value == 50.0


def test_effort_may_be_good_at_either_end() -> None:  # K37
    ease = {7: 5, 6: 1, 4: 2, 2: 2}
    effort = {8 - answer: count for answer, count in ease.items()}
    for method in ("index", "agree"):
        easy, hard = ces(ease, method=method), ces(effort, method=method, better="lower")
        assert (easy.value, easy.low) == (hard.value, hard.low)
        assert easy.method != hard.method
    assert ces(ease, method="index").value == 40.0
    assert ces(ease, method="agree").value == 60.0
    assert ces([1, 2], scale=FIVE, method="mean", better="lower").value == 1.5


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: csat([1], scale=FIVE, method="average"),  # type: ignore[arg-type]
        lambda: csat([1], scale=FIVE, method="top_box", satisfied=4.5),
        lambda: csat([1], scale=Scale(low=-1, high=1), method="sum_over_max"),
        lambda: ces([1], method="best"),  # type: ignore[arg-type]
        lambda: ces([1], scale=FIVE, method="index"),
        lambda: rate(3, 2),
        lambda: rate(-1, 2),
        lambda: nps(tally([1], scale=FIVE)),
    ],
)
def test_what_has_no_meaning_is_refused(wrong: Any) -> None:
    with pytest.raises(InvalidValue):
        wrong()


@given(st.integers(1, 99), st.integers(101, 1000))
def test_a_small_population_counts_as_the_formula_says(hits: int, population: int) -> None:  # K39
    low, high = limits(rate(hits, 100, interval="agresti_coull", population=population))
    base = 100 * (population - 1) / (population - 100)

    expected = share_interval(hits / 100 * base, base, method="agresti_coull")
    assert isclose(low, 100 * expected.low, abs_tol=1e-9)
    assert isclose(high, 100 * expected.high, abs_tol=1e-9)


def test_eight_of_ten_are_80_percent() -> None:  # K41
    assert rate(8, 10, name="review_coverage").value == 80.0
    assert rate(0, 0).reason == "no_answers"


# -- intervals -----------------------------------------------------------------------------------


@given(shares, confidences, st.sampled_from(["wilson", "agresti_coull", "clopper_pearson", "wald"]))
def test_the_interval_of_a_share_lies_around_it_and_is_the_same_from_the_other_side(
    share: tuple[int, int], confidence: float, method: Any
) -> None:
    hits, n = share
    low, high = share_interval(hits, n, method=method, confidence=confidence)
    other_low, other_high = share_interval(n - hits, n, method=method, confidence=confidence)

    assert 0 <= low <= hits / n + 1e-12
    assert hits / n - 1e-12 <= high <= 1
    assert isclose(low, 1 - other_high, abs_tol=1e-9)
    assert isclose(high, 1 - other_low, abs_tol=1e-9)


@given(shares, confidences)
def test_agresti_and_coull_and_clopper_and_pearson_are_more_careful_than_wilson(
    share: tuple[int, int], confidence: float
) -> None:
    wilson, coull = (share_interval(*share, method=how, confidence=confidence) for how in ("wilson", "agresti_coull"))

    assert coull.low <= wilson.low + 1e-12
    assert coull.high >= wilson.high - 1e-12


def test_the_plain_interval_trusts_ten_of_ten_and_the_default_does_not() -> None:
    assert nps_interval(10, 0, 0, method="wald")[:2] == (100.0, 100.0)
    assert nps_interval(10, 0, 0).low < 50


@pytest.mark.parametrize("counts", [(50, 33, 17), (5, 3, 2), (400, 500, 600), (0, 7, 0), (3, 0, 0), (0, 3, 5)])
def test_resampled_limits_are_reached_by_all_draws_and_their_opposites(counts: tuple[int, int, int]) -> None:
    found, turned = nps_interval(*counts, method="bootstrap"), nps_interval(*counts[::-1], method="bootstrap")
    plain = nps_interval(*counts, method="wald")

    assert isclose(found.low, -turned.high, abs_tol=100 / sum(counts) + 1e-9)
    assert abs(found.low - plain.low) <= max(2.0, 150 / sum(counts))
    assert abs(found.high - plain.high) <= max(2.0, 150 / sum(counts))


def test_hardly_any_answers_have_limits_however_these_are_made() -> None:  # K39
    assert nps_interval(0.4, 0, 0, method="bootstrap")[:2] == (100.0, 100.0)
    found = csat([1, 5], scale=FIVE, method="top_box", interval="clopper_pearson", weights=[1, 1e-16])
    assert limits(found) == pytest.approx((0.0, 97.5))
    assert mean_interval(3.0, 0.0, 1.000001) == (3.0, 3.0)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: share_interval(1, 0),
        lambda: share_interval(2, 1),
        lambda: share_interval(1, 2, method="exact"),  # type: ignore[arg-type]
        lambda: share_interval(1, 2, method="clopper_pearson", confidence=1.0),
        lambda: nps_interval(0, 0, 0),
        lambda: nps_interval(-1, 2, 0),
        lambda: nps_interval(1, 2, 0, method="exact"),  # type: ignore[arg-type]
        lambda: mean_interval(1, 1, 1),
        lambda: nps_interval(float("nan"), 1, 1),
        lambda: nps_interval(1, float("nan"), 1),
        lambda: nps_interval(1, 1, float("inf")),
        *(
            partial(interval, confidence=wrong)
            for wrong in ("0.95", None, [0.95])
            for interval in (
                partial(share_interval, 1, 2),
                partial(share_interval, 1, 2, method="clopper_pearson"),
                partial(mean_interval, 1, 1, 5),
                partial(nps_interval, 1, 1, 1),
                partial(nps_interval, 1, 1, 1, method="bootstrap"),
            )
        ),
    ],
)
def test_what_has_no_interval_is_refused(wrong: Any) -> None:
    with pytest.raises(InvalidValue):
        wrong()

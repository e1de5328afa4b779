"""What the answers to a questionnaire say: the right scores of the right people, and nothing about too few of them."""

import csv
import statistics
from collections.abc import Iterator
from math import isclose
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from servicecrm import measures, surveys
from servicecrm.errors import InvalidValue
from servicecrm.measures import EmptyTargetLevel, Scale, key_drivers
from servicecrm.surveys import Evaluation, Questionnaire, Row, evaluate, item, template, weigh
from servicecrm.surveys.evaluation_lines import About
from servicecrm.surveys.items import by_language
from servicecrm.testing.makers import MONDAY
from tests.surveys.making import ANN, TEN, a_draft, en, ends, one_of_each, rating

FIVE, SEVEN = Scale(low=1, high=5), Scale(low=1, high=7)
ALL = a_draft()
NPS = a_draft(item("recommend", "nps", text=en("Recommend?"), labels=ends(Scale(low=0, high=10))))
MIXED = st.lists(st.sampled_from([0, 3, 6, 7, 8, 9, 10, 11, None]), max_size=30)


def made_from(name: str) -> Questionnaire:
    return surveys.draft(id="q-1", **template(name), by=ANN, at=MONDAY).after


def two_services() -> Questionnaire:
    rows = [
        Row(code="water", text=by_language(en("Water")), service="water"),
        Row(code="bill", text=by_language(en("Bills")), service="billing"),
        Row(code="desk", text=by_language(en("Desk")), service="billing"),
    ]
    return a_draft(item("good", "matrix", text=en("Good?"), scale=TEN, labels=ends(TEN), rows=rows))


def a_dimension(**reversed_: bool) -> Questionnaire:
    return a_draft(
        *(
            item(
                id,
                "scale",
                text=en(id),
                scale=FIVE,
                labels=ends(FIVE),
                dimension="care",
                reverse=turn,
                polarity="lower" if turn else "higher",
            )
            for id, turn in {"kind": False, "rude": True, "quick": False, **reversed_}.items()
        )
    )


# -- one item ------------------------------------------------------------------------------------


@given(MIXED)
def test_an_item_has_the_score_of_its_answers_and_counts_the_rest(answers: list[int | None]) -> None:  # C078, K36
    line = evaluate(NPS, {"recommend": answers}, min_n=1)["recommend"]

    valid = [x for x in answers if x is not None and x <= 10]
    expected = measures.nps(answers)
    assert line.score == expected
    assert line.counts
    assert (line.n, line.counts.missing, line.counts.invalid) == (len(valid), answers.count(None), answers.count(11))


def test_nps_of_five_answers_counts_zero_as_a_detractor() -> None:  # C078
    assert evaluate(NPS, {"recommend": [9, 10, 8, 6, 0]})["recommend"].value == 0.0


def test_a_metric_is_declared_by_its_item_and_each_has_its_label() -> None:  # C078, K34, K35, K37
    answers = [{"satisfied": 5, "easy": 7, "overall": 9}, {"satisfied": 2, "easy": 3, "overall": 4}]
    found = evaluate(ALL, answers, min_n=1)

    figures = {key: [line.figure for line in found if line.key == key] for key in ("satisfied", "easy", "overall")}
    assert figures == {
        "satisfied": ["csat_top_box", "csat_mean_percent", "mean"],
        "easy": ["ces_mean", "ces_index", "ces_agree"],
        "overall": ["mean"],
    }
    assert found["satisfied"].value == 50.0
    assert found.line("satisfied", figure="csat_mean_percent").value == 62.5


@given(st.lists(st.integers(1, 10), min_size=2, max_size=20))
def test_a_mean_and_its_deviation_are_those_of_the_statistics_module(answers: list[int]) -> None:  # C079, K38
    score = evaluate(ALL, {"overall": answers}, min_n=1)["overall"].score

    assert score is not None
    assert score.value is not None
    assert isclose(score.value, statistics.fmean(answers))
    assert isclose(float(str(score.parts["sd"])), statistics.stdev(answers), abs_tol=1e-12)


@given(st.lists(st.integers(0, 100), min_size=2, max_size=12), st.integers(1, 4))
def test_numbers_have_the_interval_that_means_have_and_weights_of_one_change_nothing(
    answers: list[int], weight: int
) -> None:  # C078
    found = evaluate(ALL, {"visits": answers}, min_n=1)["visits"].score
    weighed = evaluate(ALL, {"visits": answers}, min_n=1, weights=[weight] * len(answers))["visits"].score

    expected = measures.mean(answers, scale=Scale(low=0, high=100))
    assert found is not None
    assert weighed is not None
    for name in ("value", "se", "n_eff"):
        mine, theirs = getattr(found, name), getattr(expected, name)
        assert isclose(mine, theirs, abs_tol=1e-9)
        assert isclose(getattr(weighed, name), theirs, abs_tol=1e-9)
    assert (found.low is None) == (expected.low is None) == (len(set(answers)) == 1)
    if found.low is not None and expected.low is not None and expected.low > 0:
        assert isclose(found.low, expected.low, abs_tol=1e-9)


def test_whoever_answered_a_census_leaves_no_doubt() -> None:  # K39
    found = evaluate(ALL, {"visits": [1, 2, 6]}, min_n=1, population=3)["visits"].score

    assert found is not None
    assert (found.low, found.high) == (3.0, 3.0)


def test_options_are_shares_of_those_who_chose_and_ranks_are_means() -> None:  # C078
    answers = [
        {"ways": ["web", "phone"], "channel": "web", "best": ["web", "phone", "counter"]},
        {"ways": ["web"], "channel": "not_applicable", "best": ["phone", "web", "counter"]},
        {"ways": None, "channel": "phone"},
    ]
    found = evaluate(ALL, answers, min_n=1)

    assert {line.part: line.value for line in found if line.key == "ways"} == {
        "phone": 50.0,
        "web": 100.0,
        "counter": 0.0,
        "none": 0.0,
    }
    assert found.line("channel", part="web").value == 50.0
    counts = found["channel"].counts
    assert counts
    assert counts.not_applicable == 1
    assert found.line("best", part="web").value == 1.5
    assert found.line("best", part="counter").value == 3.0


def test_texts_are_counted_by_the_codes_that_people_gave_them() -> None:  # C082
    answers = {"used": [True] * 4, "why": ["Dear and slow", "Dear", None, "?"]}
    found = evaluate(ALL, answers, min_n=1, codes={"why": [("price", "delay"), ("price",), None, ()]})

    assert {line.part: line.value for line in found if line.key == "why"} == {
        "delay": pytest.approx(100 / 3),
        "price": pytest.approx(200 / 3),
    }
    assert "Dear" not in str(found)
    with pytest.raises(InvalidValue, match="no free text"):
        evaluate(ALL, answers, codes={"used": [(), (), (), ()]})


def test_two_coders_are_compared_code_by_code() -> None:  # C082
    first = [("price",), ("price", "staff"), (), None, ("staff",)]
    same = surveys.coder_agreement(first, first)
    other = surveys.coder_agreement(first, [("price",), ("staff",), ("price",), ("price",), ("staff",)])

    assert {code: each.value for code, each in same.items()} == {"price": 1.0, "staff": 1.0}
    assert other["staff"].value == 1.0
    assert other["price"].value == pytest.approx(0.0)
    with pytest.raises(InvalidValue, match="same texts"):
        surveys.coder_agreement(first, first[1:])


# -- several items together ----------------------------------------------------------------------


def test_a_service_has_the_mean_of_what_each_respondent_says_of_it() -> None:  # C079, K38
    answers = [{"good": {"water": 10, "bill": 2, "desk": 4}}, {"good": {"water": 8, "bill": 6}}]
    found = evaluate(two_services(), answers, min_n=1)

    assert found.line("water", about="service").value == 9.0
    billing = found.line("billing", about="service")
    assert (billing.value, billing.n) == (4.5, 2)  # (2 + 4) / 2 and 6
    assert found.line("billing", figure="csat_mean_percent").value == pytest.approx(100 * 3.5 / 9)


@pytest.mark.parametrize(
    ("missing", "value", "n"),
    [("available", 3.75, 2), ("listwise", 3.0, 1), ("median", 3.5, 2), ("mean", 3.5, 2)],
)
def test_what_a_missing_answer_means_is_chosen_and_told(missing: Any, value: float, n: int) -> None:  # C078
    answers = [{"kind": 3, "rude": 3, "quick": 3}, {"kind": 4, "rude": 1}, {}]
    found = evaluate(a_dimension(), answers, missing=missing, min_n=1)

    line = found.line("care", about="dimension")
    assert line.value == pytest.approx(value)
    assert line.n == n
    assert found.missing == missing
    assert line.score is not None
    assert missing in line.score.method.rule


def test_items_on_other_scales_are_put_together_from_0_to_100() -> None:  # C078
    items = [
        item(id, "scale", text=en(id), scale=scale, labels=ends(scale), service="water")
        for id, scale in {"five": FIVE, "ten": TEN}.items()
    ]
    line = evaluate(a_draft(*items), [{"five": 3, "ten": 10}], min_n=1).line("water")

    assert line.value == 75.0
    assert line.score is not None
    assert line.score.method.scale == "0..100"


def test_the_reliability_of_a_dimension_is_that_of_its_turned_items() -> None:  # C078
    rows = [(1, 5, 2), (2, 4, 2), (4, 1, 5), (5, 2, 4), (3, 3, 3)]
    answers = [dict(zip(("kind", "rude", "quick"), row, strict=True)) for row in rows]
    (found,) = evaluate(a_dimension(), answers).reliability

    expected = measures.alpha(rows, items=("kind", "rude", "quick"), reverse=("rude",), scale=FIVE, missing="listwise")
    assert found.reliability == expected
    assert found.omega == measures.omega_total(rows, items=("kind", "rude", "quick"), reverse=("rude",), scale=FIVE)
    (hidden,) = evaluate(a_dimension(), answers, min_n=6).reliability
    assert (hidden.n, hidden.reliability, hidden.omega) == (0, None, None)


def test_the_index_is_weighted_as_asked_and_turns_what_is_good_when_low() -> None:  # K40, C081
    bad = item("trouble", "scale", text=en("?"), scale=FIVE, labels=ends(FIVE), polarity="lower")
    asked = a_draft(rating("good"), bad)
    answers = [{"good": 10, "trouble": 5}]

    assert evaluate(asked, answers, min_n=1).index.value == 50.0
    assert evaluate(asked, answers, min_n=1, index={"good": 3, "trouble": 1}).index.value == 75.0
    assert evaluate(asked, answers, min_n=1, index={"trouble": 1}).index.value == 0.0
    assert evaluate(asked, answers, min_n=2).index.value is None
    with pytest.raises(InvalidValue, match="no rating"):
        evaluate(asked, answers, index={"gone": 1})


def test_satisfaction_counts_from_the_good_end() -> None:  # K34
    turned = item("satisfied", "csat", text=en("?"), labels=ends(FIVE), polarity="lower")

    found = evaluate(a_draft(turned), {"satisfied": [1, 1, 2, 5]}, min_n=1)
    assert found["satisfied"].value == 75.0
    assert found.index.value == found.line("satisfied", figure="csat_mean_percent").value


# -- importance, ideals, drivers -----------------------------------------------------------------


def four_aspects() -> list[dict[str, Any]]:
    """Importance and satisfaction: both high, high and low, both low, low and high; each as it is, and apart by 1."""
    pairs = {"product": (9, 9), "delivery": (9, 3), "staff": (3, 3), "information": (3, 9)}
    return [
        {
            "importance": {code: important + step for code, (important, _) in pairs.items()},
            "aspects": {code: good - step for code, (_, good) in pairs.items()},
        }
        for step in (-1, 0, 1)
    ]


def test_four_aspects_fall_into_four_quadrants_with_their_gaps() -> None:  # C081, K40
    found = evaluate(made_from("iso10004"), four_aspects(), min_n=1).aspects

    assert found is not None
    assert found.basis == "stated"
    assert {each.key: (each.quadrant, each.gap and each.gap.value) for each in found.aspects[:4]} == {
        "aspects/product": ("keep_up", 0.0),
        "aspects/delivery": ("concentrate_here", 6.0),
        "aspects/staff": ("low_priority", 0.0),
        "aspects/information": ("possible_overkill", -6.0),
    }
    assert found.crosshair == measures.Crosshair(importance=6, performance=6)
    assert found.index.value == pytest.approx(100 * (9 * 8 + 9 * 2 + 3 * 2 + 3 * 8) / 24 / 9)
    assert found.index.missing == ("aspects/complaints", "aspects/price")


def test_the_lines_may_lie_in_the_middle_of_the_scale() -> None:  # C081
    high = [{"importance": {"product": 9, "price": 8}, "aspects": {"product": 7, "price": 8}}] * 5
    found = evaluate(made_from("iso10004"), high, crosshair="middle").aspects

    assert found is not None
    assert found.crosshair == measures.Crosshair(importance=5.5, performance=5.5)
    assert {each.quadrant for each in found.aspects if each.n} == {"keep_up"}


@given(st.lists(st.tuples(*[st.integers(1, 10)] * 7), min_size=8, max_size=25))
def test_drivers_are_those_of_the_answers_and_importance_is_derived_from_them(rows: list[tuple[int, ...]]) -> None:
    # C081
    codes = ("quality", "reliability", "speed", "staff", "information", "price")
    answers = [{"aspects": dict(zip(codes, row, strict=False)), "overall": row[6]} for row in rows]
    found = evaluate(made_from("satisfaction"), answers, min_n=1)

    columns = (*(f"aspects/{code}" for code in codes), "overall")
    assert found.drivers == key_drivers(rows, columns=columns, outcome="overall")
    if found.aspects is not None:
        assert found.aspects.basis == "derived"
        assert [each.importance for each in found.aspects.aspects] == [each.lmg for each in found.drivers.drivers]


def test_drivers_are_looked_for_only_where_it_is_clear_of_what() -> None:
    assert evaluate(a_draft(rating("one"), rating("other")), []).drivers is None
    found = evaluate(a_draft(rating("one"), rating("other")), [{"one": 1, "other": 2}] * 3, outcome="other").drivers
    assert found is not None
    assert (found.outcome, found.drivers, found.reason) == ("other", (), "no_answers")


def test_expectations_make_the_score_of_servqual() -> None:  # K40
    questionnaire = made_from("servqual")
    gaps = {"tangibles": 0, "reliability": -2, "responsiveness": -1, "assurance": 0, "empathy": -1}
    points = {"tangibles": 10, "reliability": 30, "responsiveness": 20, "assurance": 20, "empathy": 20}
    answer: dict[str, Any] = {f"{name}_points": value for name, value in points.items()}
    for name, gap in gaps.items():
        codes = questionnaire.item(name).parts
        answer |= {f"{name}_ideal": dict.fromkeys(codes, 6), name: dict.fromkeys(codes, 6 + gap)}
    found = evaluate(questionnaire, [answer] * 5).expectations

    assert found is not None
    assert dict(found.dimensions) == gaps
    assert found.servqual == measures.servqual(gaps, points)


def test_system_usability_of_a_study_is_that_of_its_report(shared: Path) -> None:
    """It put 3 in place of the answers that two people left out."""
    with (shared / "data" / "surveys" / "sus_study" / "clean_data_quantitative.csv").open(
        encoding="utf-8-sig"
    ) as lines:
        rows = list(csv.DictReader(lines))
    answers = [
        {f"q{n}": 3 if row[f"A_SUS{n:02}"] == "NA" else int(row[f"A_SUS{n:02}"]) for n in range(1, 11)}
        for row in rows
        if any(row[f"A_SUS{n:02}"] != "NA" for n in range(1, 11))
    ]
    score = evaluate(made_from("sus"), answers, missing="listwise").line("usability", figure="csat_mean_percent").score

    assert score is not None
    assert (score.n, round(score.value or 0, 2)) == (30, 58.83)
    assert round(float(str(score.parts["sd"])), 2) == 17.50


# -- groups, and what stays hidden ---------------------------------------------------------------

GROUPS = st.sampled_from(["north", "south", "east", None])
PEOPLE = st.lists(
    st.fixed_dictionaries(
        {"overall": st.none() | st.integers(1, 10), "region": GROUPS, "size": st.sampled_from(["small", "large"])}
    ),
    max_size=60,
)


def figures(found: Evaluation) -> Iterator[dict[tuple[str, ...], Any]]:
    """The lines of each figure by their groups."""
    together: dict[object, dict[tuple[str, ...], Any]] = {}
    for line in found:
        together.setdefault((line.about, line.key, line.part, line.figure), {})[line.group] = line
    yield from together.values()


@given(PEOPLE, st.integers(1, 8))
def test_no_subtraction_tells_what_too_few_have_answered(people: list[dict[str, Any]], min_n: int) -> None:  # C080
    found = evaluate(ALL, people, by=("region", "size"), min_n=min_n)

    def answers(group: tuple[str, ...]) -> list[Any]:
        regions = [(each["region"] or "", each["size"]) for each in people]
        return [each["overall"] for each, of in zip(people, regions, strict=True) if of[: len(group)] == group]

    for lines in figures(found):
        for group, line in lines.items():
            asked = answers(group)
            assert line.hidden or not asked or (len(asked) >= min_n and (not line.n or line.n >= min_n))
            parts = [other for at, other in lines.items() if len(at) == len(group) + 1 and at[: len(group)] == group]
            hidden = [each for part in parts if part.hidden for each in answers(part.group)]
            answered = [each for each in hidden if each is not None] if line.key == "overall" else []
            if not line.hidden:
                assert not hidden or len(hidden) >= min_n
                assert not answered or len(answered) >= min_n
            else:
                assert all(part.hidden for part in parts)


@given(PEOPLE)
def test_groups_add_up_to_all(people: list[dict[str, Any]]) -> None:  # C080
    found = evaluate(ALL, people, by=("region", "size"), min_n=1)

    whole = found["overall"]
    for depth in (1, 2):
        parts = [line for line in found if line.key == "overall" and len(line.group) == depth]
        assert sum(line.n for line in parts) == whole.n
        total = sum(line.n * line.value for line in parts if line.value is not None)
        assert isclose(total, whole.n * (whole.value or 0), abs_tol=1e-9)


def test_one_small_group_also_hides_a_second_one() -> None:  # C080
    people = [{"overall": 5, "region": region} for region, n in {"a": 3, "b": 6, "c": 9}.items() for _ in range(n)]
    found = evaluate(ALL, people, by="region")

    assert {line.group: line.hidden for line in found.hidden if line.key == "overall"} == {
        ("a",): "small",
        ("b",): "beside",
    }
    assert found.line("overall", group="c").value == 5.0


def test_an_empty_group_hides_nobody() -> None:  # C080
    people = [{"overall": 5, "region": "a"}] * 6 + [{"region": "b"}] * 6

    assert evaluate(ALL, people, by="region").line("overall", group="a").value == 5.0


def test_what_too_few_have_answered_is_hidden_everywhere() -> None:  # C080
    answers = [{"overall": 7, "aspects": {"quality": 3}}] * 4
    found = evaluate(made_from("satisfaction"), answers)

    assert {(line.n, line.counts, line.score) for line in found} == {(0, None, None)}
    assert {line.hidden for line in found} == {"small", "beside"}  # the one is what was asked because of a score
    assert [row["value"] for row in found.to_dicts() if row["value"] is not None] == []
    assert "7.00" not in str(found)
    assert all(not line.distribution for line in found)


def test_groups_may_be_given_one_for_each_response() -> None:
    found = evaluate(ALL, [{"overall": 1}, {"overall": 3}], by={"team": ["x", "y"]}, min_n=1)

    assert found.line("overall", group="y").value == 3.0
    with pytest.raises(InvalidValue, match="groups: x, y"):
        found.line("overall", group="z")
    with pytest.raises(InvalidValue, match="each of 2"):
        evaluate(ALL, [{"overall": 1}, {"overall": 3}], by={"team": ["x"]})


# -- weights -------------------------------------------------------------------------------------


def test_weights_from_targets_say_how_well_they_fit() -> None:  # C073, C080
    people = [{"overall": 8, "region": "north"}] * 8 + [{"overall": 4, "region": "south"}] * 2
    fitted = weigh(ALL, people, {"region": {"north": 50, "south": 50}})
    found = evaluate(ALL, people, weights=fitted)

    assert found["overall"].value == pytest.approx(6.0)
    assert found.weighting is not None
    assert found.weighting.outcome == "converged"
    assert found.weighting.n_eff == pytest.approx(6.4)
    with pytest.raises(EmptyTargetLevel):
        weigh(ALL, people, {"region": {"north": 50, "south": 40, "west": 10}})


def test_margins_that_contradict_each_other_are_told_with_the_evaluation() -> None:  # C080
    people = [{"overall": 8, "region": "north", "size": "small"}] * 8
    people += [{"overall": 4, "region": "south", "size": "large"}] * 2
    targets = {"region": {"north": 50, "south": 50}, "size": {"small": 25, "large": 75}}
    found = evaluate(ALL, people, weights=weigh(ALL, people, targets))

    assert found.weighting is not None
    assert found.weighting.outcome == "not_possible"
    assert (found.weighting.margin_error or 0) > 0.1
    assert "cannot all be met" in str(found)


@given(PEOPLE, st.data())
def test_weights_are_those_of_the_responses_that_count(people: list[dict[str, Any]], data: st.DataObject) -> None:
    assume(people)
    weights = data.draw(st.lists(st.floats(0.1, 9), min_size=len(people), max_size=len(people)))
    found = evaluate(ALL, people, weights=weights, min_n=1)["overall"].score

    expected = measures.mean([person["overall"] for person in people], scale=TEN, weights=weights)
    assert found is not None
    assert (found.value, found.n_eff) == (expected.value, expected.n_eff)


def test_a_weight_for_each_response_is_needed() -> None:
    with pytest.raises(InvalidValue, match="weights"):
        evaluate(ALL, [{"overall": 1}], weights=[1.0, 2.0])


# -- asking for it -------------------------------------------------------------------------------


def test_a_line_is_found_by_key_figure_part_and_group() -> None:
    found = evaluate(ALL, [{"overall": 1, "channel": "web"}], min_n=1)

    assert found.line("channel", part="web").about is About.OPTION
    for asked, says in ((("gone",), "overall"), (("overall",), "figures: mean")):
        with pytest.raises(InvalidValue, match=says):
            found.line(*asked, figure="nps")
    with pytest.raises(InvalidValue, match="min_n"):
        evaluate(ALL, [], min_n=0)


@pytest.mark.parametrize("name", surveys.TEMPLATES)
def test_every_template_can_be_evaluated_without_an_answer(name: str) -> None:
    found = evaluate(made_from(name), [], by=())

    assert found.responses == 0
    assert all(line.value is None for line in found)
    assert found.index.value is None


def test_every_kind_of_item_has_a_line() -> None:
    lines = [line for line in evaluate(ALL, []) if line.about in (About.ITEM, About.OPTION)]

    assert {line.key.partition("/")[0] for line in lines} == {each.id for each in one_of_each()}


def test_scores_are_there_by_their_names() -> None:  # DESIGN 7
    assert surveys.nps([10, 9, 9, 7, 6, 3, 10, 8]).value == 25.0
    assert surveys.csat([5, 1], scale=FIVE, method="top_box").value == 50.0
    assert surveys.ces([7, 1], method="mean").value == surveys.mean([7, 1], scale=SEVEN).value

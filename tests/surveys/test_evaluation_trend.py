"""Waves are compared where they can be, and a change by chance is not told as one."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm import measures
from servicecrm.errors import InvalidValue, PolicyViolation
from servicecrm.kernel.records import evolve
from servicecrm.measures import NotComparable, Scale
from servicecrm.surveys import Comparability, Evaluation, Questionnaire, change, evaluate, item, trend
from servicecrm.surveys.evaluation_lines import About
from servicecrm.surveys.items import by_language
from tests.surveys.making import TEN, a_draft, en, one_of_each, rating

ALL = a_draft()
FIVE = Scale(low=1, high=5)
ANSWERS = st.lists(st.integers(1, 10), min_size=3, max_size=20)


def wave(name: str, questionnaire: Questionnaire = ALL, **asked: Any) -> Evaluation:
    answers = asked.pop("answers")
    return evaluate(questionnaire, answers, wave=name, **{"min_n": 1, **asked})


def same_but(id: str, **changes: Any) -> Questionnaire:
    return evolve(ALL, items=tuple(evolve(each, **changes) if each.id == id else each for each in ALL.items))


@given(ANSWERS, ANSWERS)
def test_a_change_is_the_difference_of_two_waves(before: list[int], after: list[int]) -> None:  # C079
    waves = [wave(n, answers={"overall": answers}) for n, answers in (("Q1", before), ("Q2", after))]
    found = change(waves[0], waves[1], "overall")

    expected = measures.difference(measures.mean(after, scale=TEN), measures.mean(before, scale=TEN))
    assert found == expected
    line = trend(*waves)["overall"]
    assert line.changes == (expected,)
    assert line.compared == (Comparability.SAME,)
    assert line.relative == (measures.relative_change(waves[1]["overall"].value, waves[0]["overall"].value),)


def test_a_trend_across_another_scale_is_refused() -> None:  # C079
    items = (*one_of_each()[:1], rating("overall", scale=FIVE), *one_of_each()[2:])
    newer = evolve(ALL, items=items)
    waves = [wave("Q1", answers={"overall": [3, 4]}), wave("Q2", newer, answers={"overall": [3, 4]})]

    with pytest.raises(PolicyViolation, match="asked in another way"):
        change(waves[0], waves[1], "overall")
    line = trend(*waves)["overall"]
    assert (line.compared, line.changes) == ((Comparability.BROKEN,), (None,))


def test_other_words_are_flagged_and_so_are_weights_in_one_wave_only() -> None:  # C079
    newer = same_but("overall", text=by_language(en("How well?")))
    waves = [wave("Q1", answers={"overall": [3, 4]}), wave("Q2", newer, answers={"overall": [3, 6]})]
    assert trend(*waves)["overall"].compared == (Comparability.FLAGGED,)

    weighed = wave("Q3", answers={"overall": [3, 4]}, weights=[1, 2])
    assert trend(waves[0], weighed)["overall"].compared == (Comparability.FLAGGED,)


def test_a_service_is_followed_as_long_as_the_same_is_asked_of_it() -> None:  # C079
    older = a_draft(evolve(rating("a"), service="water"))
    newer = a_draft(evolve(rating("a"), service="water"), evolve(rating("b"), service="water"))
    waves = [wave("Q1", older, answers={"a": [1, 2]}), wave("Q2", newer, answers={"a": [1, 2], "b": [3, 4]})]

    lines = {(line.about, line.key): line.compared for line in trend(*waves)}
    assert lines[About.ITEM, "a"] == (Comparability.SAME,)
    assert lines[About.ITEM, "b"] == (Comparability.ADDED,)
    assert lines[About.SERVICE, "water"] == (Comparability.BROKEN,)


def test_what_is_hidden_in_a_wave_has_no_change() -> None:  # C080
    waves = [wave("Q1", answers={"overall": [1, 2]}, min_n=3), wave("Q2", answers={"overall": [5, 5]})]

    assert trend(*waves)["overall"].changes == (None,)
    with pytest.raises(PolicyViolation, match="not shown in both"):
        change(waves[0], waves[1], "overall")


def test_another_way_of_scoring_does_not_compare() -> None:  # C078
    waves = [wave("Q1", answers={"overall": [1, 2]}), wave("Q2", answers={"overall": [5, 5]}, confidence=0.9)]

    with pytest.raises(NotComparable):
        change(waves[0], waves[1], "overall")
    assert trend(*waves)["overall"].compared == (Comparability.BROKEN,)


def test_many_comparisons_raise_the_bar_for_each() -> None:  # C079
    items = [rating(f"r{n}") for n in range(20)]
    asked = a_draft(*items)
    low, high = [3, 4, 5, 4, 3, 5], [4, 6, 5, 6, 6, 5]
    first = wave("Q1", asked, answers={each.id: low for each in items})
    second = wave("Q2", asked, answers={each.id: high if each.id == "r0" else low for each in items})
    line = trend(first, second)["r0"]

    assert line.changes[0] is not None
    assert line.changes[0].verdict == "higher"
    assert line.p_values[0] == pytest.approx(20 * (line.changes[0].p_value or 0))
    assert (line.p_values[0] or 0) > 0.05


def test_a_share_over_several_waves_is_tested_as_one() -> None:  # C079
    chosen = a_draft(item("again", "yes_no", text=en("Again?")))
    waves = [
        wave(f"Q{n}", chosen, answers={"again": ["yes"] * hits + ["no"] * (20 - hits)})
        for n, hits in enumerate((15, 10, 5), 1)
    ]
    line = trend(*waves)["again"]

    assert line.alike == measures.homogeneity((15, 10, 5), (20, 20, 20))
    assert [row["wave"] for row in trend(*waves).to_dicts()[:3]] == ["Q1", "Q2", "Q3"]
    assert trend(*waves).to_dicts()[1]["change"] == -25.0


def test_waves_need_names_of_their_own() -> None:
    one = wave("Q1", answers={"overall": [1]})
    for waves in ((one,), (one, one)):
        with pytest.raises(InvalidValue, match="name of its own"):
            trend(*waves)
    with pytest.raises(InvalidValue, match="overall"):
        trend(one, wave("Q2", answers={"overall": [1]}))["gone"]

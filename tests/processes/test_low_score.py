"""Who is not satisfied is called back in time, once, unless nobody was to know who it is."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.calendars import Calendar
from servicecrm.complaints import Complaint
from servicecrm.errors import InvalidValue, PolicyViolation, TransitionNotAllowed
from servicecrm.processes.low_score import because_of, call_back, check_rules, follow_up, rule
from servicecrm.surveys import Mode, SurveyEvaluation, evaluate, evaluations
from servicecrm.testing.makers import MONDAY
from servicecrm.tracking import ActionItem
from tests.surveys.making import ANN, BOB, a_draft, a_release, rating

ALL = a_draft()
CALL = rule("detractor", {"item": "recommend", "at_most": 6}, title="Call the customer back", owner="care")
BILLS = rule(
    "bills",
    {"all": [{"item": "aspects", "row": "price", "at_most": 3}, {"item": "used", "equals": "yes"}]},
    title="Look at the bill",
    owner="billing",
    within="4h business",
)


def a_response(mode: Mode = Mode.IDENTIFIED, **answers: Any) -> Any:
    read = ALL.read({"used": True, **answers}).answers
    return SimpleNamespace(id="r-1", mode=mode, answers=read, stratum=None, customer=None, service=None)


@given(st.integers(0, 10) | st.none())
def test_somebody_is_called_back_after_an_answer_that_the_rule_names(answer: int | None) -> None:  # C082, S0-A16
    found = call_back(a_response(recommend=answer), [CALL], by=ANN, at=MONDAY)

    assert bool(found) == (answer is not None and answer <= 6)
    for action in found:
        item = action.after
        assert isinstance(item, ActionItem)
        assert (item.owner, item.source_kind, item.source) == ("care", "response", "r-1")
        assert item.due_at == MONDAY + timedelta(hours=48)
        assert item.extra["rule"] == "detractor"


def test_every_rule_is_looked_at_and_each_opens_its_action_once() -> None:  # C082
    response = a_response(recommend=2, aspects={"price": 3})
    shop = Calendar(id="shop", zone="UTC", hours="mon-fri 09:00-12:00")
    first = call_back(response, [CALL, BILLS], calendar=shop, by=ANN, at=MONDAY)

    assert [getattr(each.after, "title", None) for each in first] == ["Call the customer back", "Look at the bill"]
    assert first[1].after.due_at == MONDAY + timedelta(days=1, hours=1)  # 3 h today, 1 h tomorrow
    ids = {each.after.id for each in first}
    later = MONDAY + timedelta(days=3)
    assert {each.after.id for each in call_back(response, [CALL, BILLS], calendar=shop, by=BOB, at=later)} == ids
    assert call_back(response, [CALL, BILLS], known=ids, by=ANN, at=later) == ()


def test_nobody_is_called_back_who_was_promised_to_be_anonymous() -> None:  # C076, C082
    assert call_back(a_response(Mode.ANONYMOUS, recommend=0), [CALL], by=ANN, at=MONDAY) == ()
    assert call_back(a_response(Mode.CONFIDENTIAL, recommend=0), [CALL], by=ANN, at=MONDAY)


def test_ids_of_other_responses_and_rules_are_others() -> None:
    def id_of(response: str, rule_name: str) -> str:
        told = a_response(recommend=0)
        told.id = response
        named = rule(rule_name, CALL.when, title="Call", owner="care")
        return call_back(told, [named], by=ANN, at=MONDAY)[0].after.id

    assert id_of("a:b", "c") != id_of("a", "b:c")


def test_business_time_needs_a_calendar() -> None:
    with pytest.raises(InvalidValue, match="4h business"):
        call_back(a_response(aspects={"price": 1}), [BILLS], by=ANN, at=MONDAY)


@pytest.mark.parametrize("when", [{}, {"item": "easy"}, {"eval": "1"}])
def test_a_rule_needs_a_condition(when: Any) -> None:
    with pytest.raises(InvalidValue):
        rule("x", when, title="Call", owner="care")


def names(*fitting: Any, **how: Any) -> list[str]:
    """The rules that a response of 3 fits."""
    return [id.rpartition(":")[2] for id in because_of(a_response(recommend=3), fitting, **how)]


@given(st.sets(st.sampled_from(["price", "staff", "noise"])))
def test_one_code_of_a_text_is_enough_and_a_condition_has_to_hold_beside_it(codes: set[str]) -> None:  # C082
    alone = rule("alone", codes=("price", "staff"), title="Call", owner="care")
    low = rule("low", {"item": "recommend", "at_most": 3}, codes=("price",), title="Call", owner="care")
    high = rule("high", {"item": "recommend", "at_least": 4}, codes=("price",), title="Call", owner="care")

    assert ("alone" in names(alone, codes=codes)) == bool(codes & {"price", "staff"})
    assert names(low, high, codes=codes) == (["low"] if "price" in codes else [])


@given(st.lists(st.integers(0, 10), max_size=4), st.integers(1, 4))
def test_what_has_to_be_low_several_times_is_so_in_the_last_responses_of_a_person(
    earlier: list[int], times: int
) -> None:  # C082
    often = rule("often", {"item": "recommend", "at_most": 6}, title="Call", owner="care", times=times)
    before = [a_response(recommend=each) for each in earlier]
    lows = [3, *earlier][:times]

    assert names(often, earlier=before) == (["often"] if len(lows) == times and max(lows) <= 6 else [])


def test_a_rule_may_be_about_some_groups_alone() -> None:  # C082
    some = rule("some", {"item": "recommend", "at_most": 6}, title="Call", owner="care", strata=("south",))
    told = a_response(recommend=3)

    assert not because_of(told, [some])
    told.stratum = "south"
    assert because_of(told, [some])


def test_a_rule_may_open_a_complaint_which_holds_nothing_of_the_answers() -> None:  # C082
    angry = rule("angry", {"item": "recommend", "at_most": 3}, title="Very low", owner="care", complaint=True)
    told = a_response(recommend=0)
    told.customer, told.service = "mill", "water"

    opened, look = call_back(told, [angry], by=ANN, at=MONDAY)

    complaint = opened.after
    assert isinstance(complaint, Complaint)
    assert (complaint.subject, complaint.channel, complaint.customer, complaint.service) == (
        "Very low",
        "survey",
        "mill",
        "water",
    )
    assert complaint.extra == {"rule": "angry", "response": "r-1"}
    assert call_back(told, [angry], known=[complaint.id], by=ANN, at=MONDAY) == ()
    item = look.after
    assert isinstance(item, ActionItem)
    assert (item.source_kind, item.source, item.owner) == ("complaint", complaint.id, "care")
    assert (item.title, item.due_at) == ("Very low", MONDAY + timedelta(hours=48))


@pytest.mark.parametrize(
    ("when", "says"),
    [
        ({"item": "recomend", "at_most": 6}, "there is no item recomend; known: .*recommend"),
        ({"item": "aspects", "at_most": 3}, "aspects needs a row"),
        ({"all": [{"item": "recommend", "at_most": 6}, {"not": {"item": "x", "at_most": 1}}]}, "no item x"),
        ({"item": "recommend", "includes": "yes"}, "cannot be asked with includes"),
    ],
)
def test_a_rule_that_asks_for_what_the_questionnaire_does_not_is_refused(when: Any, says: str) -> None:  # C082
    check_rules([CALL, BILLS, rule("texts", codes=("price",), title="Call", owner="care")], ALL)
    with pytest.raises(InvalidValue, match=f"LowScoreRule typo: .*{says}"):
        check_rules([CALL, rule("typo", when, title="Call", owner="care")], ALL)


# -- what many say -------------------------------------------------------------------------------


def an_evaluation() -> SurveyEvaluation:
    asked = a_release(rating("water"), rating("billing"))
    found = evaluate(asked, {"water": [5] * 5, "billing": [4] * 5})
    kept = evaluations.draft(found, id="e-1", threshold=7, by=ANN, at=MONDAY).after
    concluded = evaluations.conclude(kept, "Both annoy", by=ANN, at=MONDAY).after
    return evaluations.review(concluded, by=BOB, at=MONDAY).after


def test_every_low_score_gets_an_action_and_the_evaluation_can_be_published() -> None:  # C082, K30
    due = MONDAY + timedelta(days=30)
    found = follow_up(an_evaluation(), owners="head", due_at=due, language="de", by=BOB, at=MONDAY)

    assert [(each.after.title, each.after.owner, each.after.due_at) for each in found.actions] == [
        ("Niedriger Wert: water", "head", due),
        ("Niedriger Wert: billing", "head", due),
    ]
    assert found.evaluation is not None
    assert found.evaluation.before == an_evaluation()
    assert {event.type for event in found.evaluation.events} == {"survey_evaluation.low_score_handled"}
    done = evaluations.publish(found.evaluation.after, by=BOB, at=MONDAY).after
    assert {each.action for each in done.handled} == {each.after.id for each in found.actions}


def test_a_score_without_an_owner_stays_undecided() -> None:  # C082
    due = MONDAY + timedelta(days=30)
    found = follow_up(an_evaluation(), owners={"billing": "finance"}, due_at=due, by=BOB, at=MONDAY)

    assert found.evaluation is not None
    assert [score.name for score in found.evaluation.after.open_scores] == ["water"]
    again = follow_up(found.evaluation.after, owners={"billing": "finance"}, due_at=due, by=BOB, at=MONDAY)
    assert again == ((), None)


def test_an_action_is_due_later_and_a_published_evaluation_gets_none() -> None:
    with pytest.raises(PolicyViolation):
        follow_up(an_evaluation(), owners="head", due_at=MONDAY - timedelta(1), by=BOB, at=MONDAY)
    handled = evaluations.handle(an_evaluation(), "water", waiver="No", by=BOB, at=MONDAY).after
    all_handled = evaluations.handle(handled, "billing", waiver="No", by=BOB, at=MONDAY).after
    done = evaluations.publish(all_handled, by=BOB, at=MONDAY).after
    assert follow_up(done, owners="head", due_at=MONDAY, by=BOB, at=MONDAY) == ((), None)
    with pytest.raises(TransitionNotAllowed):
        evaluations.handle(done, "water", waiver="No", by=BOB, at=MONDAY)

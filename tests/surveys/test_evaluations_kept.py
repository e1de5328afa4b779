"""An evaluation is reviewed and published, with something done about every low score, and stays as it was."""

from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm import surveys
from servicecrm.errors import GuardNotMet, IdempotencyMismatch, InvalidValue, PolicyViolation, TransitionNotAllowed
from servicecrm.kernel.decisions import Event
from servicecrm.kernel.documents import from_text, to_text
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.kernel.records import evolve, field_names, is_personal
from servicecrm.surveys import (
    EVALUATION_CHECKLIST,
    SURVEY_EVALUATION,
    Evaluation,
    LowScore,
    Saying,
    SurveyEvaluation,
    evaluate,
    evaluation_events,
    evaluations,
    report_markdown,
)
from servicecrm.surveys.evaluation_model import Handling
from servicecrm.testing.makers import MONDAY
from tests.surveys.campaigning import a_campaign, a_desk, an_open_campaign
from tests.surveys.making import ANN, BOB, TEN, a_release, en, ends, rating

GOLDEN = Path(__file__).parents[1] / "golden" / "survey_evaluation"
ASKED = a_release(rating("water"), rating("billing"))


def an_evaluation(billing: int = 4, **asked: Any) -> Evaluation:
    people = [{"water": 9, "billing": billing, "team": "north" if n < 5 else "south"} for n in range(10)]
    return evaluate(ASKED, people, wave="2026-Q1", **asked)


def kept(**asked: Any) -> SurveyEvaluation:
    return evaluations.draft(an_evaluation(**asked), id="e-1", threshold=7.0, by=ANN, at=MONDAY).after


def reviewed(**asked: Any) -> SurveyEvaluation:
    concluded = evaluations.conclude(kept(**asked), "Bills annoy people", by=ANN, at=MONDAY).after
    return evaluations.review(concluded, by=BOB, at=MONDAY).after


def published() -> SurveyEvaluation:
    handled = evaluations.handle(reviewed(), "billing", action="a-1", by=BOB, at=MONDAY).after
    return evaluations.publish(handled, by=BOB, at=MONDAY).after


# -- low scores ----------------------------------------------------------------------------------


def test_a_score_below_its_threshold_is_low_for_everybody_and_for_a_group() -> None:  # C082, S0-A13
    found = evaluations.low_scores(an_evaluation(by="team"), 7.0)

    assert [score.name for score in found] == ["billing", "billing [north]", "billing [south]"]
    assert found[0] == LowScore(name="billing", figure="mean", value=4.0, threshold=7.0, n=10)


@given(st.integers(1, 10), st.integers(1, 10))
def test_a_score_at_its_threshold_is_good_enough(billing: int, threshold: int) -> None:  # C082
    found = evaluations.low_scores(an_evaluation(billing), {"billing": threshold})

    assert bool(found) == (billing < threshold)


def test_where_low_is_good_a_high_score_is_the_bad_one() -> None:  # C082
    bad = surveys.item("trouble", "scale", text=en("?"), scale=TEN, labels=ends(TEN), polarity="lower")
    found = evaluate(a_release(bad), {"trouble": [9] * 5})

    assert [score.name for score in evaluations.low_scores(found, 7)] == ["trouble"]
    assert not evaluations.low_scores(found, {"trouble": 9})


def test_what_is_hidden_is_not_told_as_low() -> None:  # C080, C082
    assert evaluations.low_scores(an_evaluation(min_n=11), {"billing": 7}) == ()


@pytest.mark.parametrize(
    ("threshold", "says"),
    [
        (70, "no rating"),
        ({"gone": 1}, "gone"),
        (None, "threshold: expected a finite number, .*NoneType"),
        ("7", "threshold: expected a finite number, .*str"),
        ({"billing": None}, "threshold: expected a finite number, .*NoneType"),
    ],
)
def test_a_threshold_for_nothing_is_refused(threshold: Any, says: str) -> None:
    with pytest.raises(InvalidValue, match=says):
        evaluations.low_scores(an_evaluation(), threshold)


# -- the way to publication ----------------------------------------------------------------------


def test_an_evaluation_with_an_unhandled_low_service_is_not_published() -> None:  # C082
    with pytest.raises(GuardNotMet, match="low score"):
        evaluations.publish(reviewed(), by=BOB, at=MONDAY)

    waived = evaluations.handle(reviewed(), "billing", waiver="Replaced in May", by=BOB, at=MONDAY).after
    assert evaluations.publish(waived, by=BOB, at=MONDAY).after.published_at == MONDAY


def test_nothing_is_published_while_people_still_answer() -> None:  # C080, C082
    waived = evaluations.handle(reviewed(), "billing", waiver="Replaced in May", by=BOB, at=MONDAY).after
    with pytest.raises(PolicyViolation, match="it is open, and more may answer; close it first"):
        evaluations.publish(waived, a_campaign("open"), by=BOB, at=MONDAY)

    assert evaluations.publish(waived, a_campaign("closed"), by=BOB, at=MONDAY).after.published_at == MONDAY


def test_a_desk_publishes_what_came_of_a_campaign_once_it_is_closed() -> None:  # C080, C082
    with a_desk() as (crm, _):
        campaign = an_open_campaign(crm)
        kept = crm.evaluations.draft(crm.evaluations.of(campaign.id), threshold={"overall": 6}, campaign=campaign.id)
        crm.evaluations.conclude(kept.id, "Nobody answers")
        crm.evaluations.review(kept.id)
        with pytest.raises(PolicyViolation, match="close it first"):
            crm.evaluations.publish(kept.id)
        crm.campaigns.close(campaign.id)
        assert crm.evaluations.publish(kept.id).state == "published"


def ready(**told: Any) -> SurveyEvaluation:
    return evolve(evaluations.handle(reviewed(), "billing", action="a-1", by=BOB, at=MONDAY).after, **told)


@given(st.sampled_from(["1" * 64, "2" * 64]), st.integers(0, 30), st.lists(st.integers(0, 30), min_size=1, max_size=3))
def test_beside_others_only_what_is_made_of_the_same_responses_in_the_same_way(
    basis: str, now: int, before: list[int]
) -> None:  # C080, C082
    ours = ready(basis="1" * 64, responses=now)
    earlier = [evolve(published(), id=f"e-{n}", basis=basis, responses=many) for n, many in enumerate(before, start=7)]

    if basis == ours.basis:
        assert evaluations.publish(ours, earlier=earlier, by=BOB, at=MONDAY).after.state == "published"
    else:
        says = r'published: .* in the same way as e-7; .*: let the same ones count, .* by=\("service", "stratum"\) cuts'
        with pytest.raises(PolicyViolation, match=says):
            evaluations.publish(ours, earlier=earlier, by=BOB, at=MONDAY)


@pytest.mark.parametrize("ours", [None, "1" * 64])
@pytest.mark.parametrize("number", [4, 5, 6, 9, 10, 11, 14, 15])
def test_where_the_responses_are_not_known_only_their_numbers_are_compared(ours: str | None, number: int) -> None:
    earlier = [evolve(published(), basis=None if ours else "1" * 64, responses=number)]  # C080, C082
    later = ready(basis=ours, responses=10)

    if number in (10, 5, 4, 15):
        assert evaluations.publish(later, earlier=earlier, by=BOB, at=MONDAY).after.state == "published"
    else:
        with pytest.raises(PolicyViolation, match="let the same ones count"):
            evaluations.publish(later, earlier=earlier, by=BOB, at=MONDAY)


def test_what_is_kept_knows_of_what_it_is_made() -> None:  # C082
    begun, again = (attrs.evolve(an_evaluation(), basis=basis) for basis in ("1" * 64, "2" * 64))
    draft = evaluations.draft(begun, id="e-1", threshold=7, by=ANN, at=MONDAY).after

    assert draft.basis == begun.basis
    assert evaluations.revise(draft, again, threshold=7, by=ANN, at=MONDAY).after.basis == again.basis


def test_an_evaluation_of_something_that_no_store_here_knows_is_published() -> None:  # C082
    with a_desk() as (crm, _):
        begun = evaluations.draft(an_evaluation(8), id="e-1", threshold=7, campaign="elsewhere", by=ANN, at=MONDAY)
        crm.save(begun.then(evaluations.conclude, "All is well", by=ANN, at=MONDAY))
        crm.evaluations.review("e-1")
        assert crm.evaluations.publish("e-1").state == "published"


@pytest.mark.parametrize("given", ["s-1", None, 7])
def test_what_is_no_evaluation_is_refused_by_name(given: Any) -> None:
    with pytest.raises(InvalidValue, match=f"evaluation: expected what .* gives, got {type(given).__name__}"):
        evaluations.draft(given, id="e-1", threshold=7, by=ANN, at=MONDAY)
    with pytest.raises(InvalidValue, match="languages: expected several values"):
        evaluations.draft(an_evaluation(), id="e-1", threshold=7, languages="en", by=ANN, at=MONDAY)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"by": 7}, "by: expected several values"),
        ({"by": {"team": "north"}}, "by team: expected several values"),
        ({"codes": [["price"]]}, "codes: they are given by the item"),
    ],
)
def test_an_argument_of_another_shape_is_refused_by_name(asked: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidValue, match=says):
        an_evaluation(**asked)


def test_it_is_reviewed_only_with_a_conclusion() -> None:  # C082
    limited = evaluations.conclude(kept(), "Few answered", kind="limit", by=ANN, at=MONDAY).after
    with pytest.raises(GuardNotMet, match="what follows"):
        evaluations.review(limited, by=BOB, at=MONDAY)


def test_other_figures_or_thresholds_are_another_command() -> None:  # C004, C082
    with a_desk() as (crm, _):
        told: dict[str, Any] = {"threshold": {"water": 7}, "command": "d-1"}
        first = crm.evaluations.draft(an_evaluation(), **told)
        assert crm.evaluations.draft(an_evaluation(), **told) == first
        for evaluation, changed in ((an_evaluation(5), {}), (an_evaluation(), {"threshold": {"water": 8}})):
            with pytest.raises(IdempotencyMismatch):
                crm.evaluations.draft(evaluation, **{**told, **changed})


def test_what_is_published_stays_as_it_is() -> None:  # C082
    done = published()

    with pytest.raises(TransitionNotAllowed):
        evaluations.revise(done, an_evaluation(), threshold=7, by=ANN, at=MONDAY)
    with pytest.raises(TransitionNotAllowed):
        evaluations.conclude(done, "Late", by=ANN, at=MONDAY)
    with pytest.raises(TransitionNotAllowed):
        evaluations.send_back(done, "Late", by=ANN, at=MONDAY)


def test_figures_that_were_changed_behind_its_back_are_not_published() -> None:  # C082
    handled = evaluations.handle(reviewed(), "billing", action="a-1", by=BOB, at=MONDAY).after
    better = tuple(FrozenMap({**figure, "value": 9.9}) for figure in handled.figures)

    with pytest.raises(GuardNotMet, match="digest"):
        evaluations.publish(evolve(handled, figures=better), by=BOB, at=MONDAY)


def test_figures_published_again_are_identical() -> None:  # C082
    stored = SURVEY_EVALUATION.schema.load(from_text(to_text(SURVEY_EVALUATION.schema.dump(published()))))

    assert stored == published()
    assert report_markdown(stored, language="de") == report_markdown(published(), language="de")
    assert kept().digest == stored.digest


def test_a_revision_is_a_draft_again_and_keeps_what_was_decided() -> None:  # C082
    handled = evaluations.handle(reviewed(), "billing", action="a-1", by=BOB, at=MONDAY).after
    again = evaluations.revise(handled, an_evaluation(5), threshold=7.0, by=ANN, at=MONDAY).after

    assert (again.state, again.reviewed_by, again.low[0].value, again.open_scores) == ("draft", None, 5.0, ())
    assert again.digest != handled.digest
    other = evolve(ASKED, id="q-2")
    with pytest.raises(InvalidValue, match="q-1"):
        evaluations.revise(handled, evaluate(other, []), threshold={}, by=ANN, at=MONDAY)


def test_it_is_sent_back_with_a_reason() -> None:
    back = evaluations.send_back(reviewed(), "Which bills?", by=BOB, at=MONDAY)

    assert (back.after.state, back.after.reviewed_by) == ("draft", None)


@pytest.mark.parametrize("given_", [{}, {"action": "a-1", "waiver": "No"}, {"action": " "}])
def test_a_low_score_is_handled_in_one_way(given_: dict[str, str]) -> None:
    with pytest.raises(InvalidValue):
        evaluations.handle(kept(), "billing", **given_, by=BOB, at=MONDAY)
    with pytest.raises(InvalidValue, match="billing"):
        evaluations.handle(kept(), "water", action="a-1", by=BOB, at=MONDAY)
    with pytest.raises(InvalidValue):
        Handling(scores=(), action="a-1")


def test_the_checklist_asks_for_what_is_missing() -> None:  # C007
    assert [line.path for line in EVALUATION_CHECKLIST.check(kept()).warnings] == ["campaign"]
    assert not EVALUATION_CHECKLIST.check(published()).missing


# -- to read -------------------------------------------------------------------------------------


def test_the_report_tells_figures_conclusions_and_what_is_done() -> None:  # C082, S0-O4, S3-O2
    waived = evaluations.handle(reviewed(), "billing", waiver="It ends in <May>", by=BOB, at=MONDAY).after
    text = report_markdown(waived)

    assert "4.00 (1..10)" in text
    assert "## What follows\n\n- Bills annoy people" in text
    assert "- billing: 4.00 / 7 (n = 10): nothing is done: It ends in &lt;May&gt;" in text
    assert "nothing is decided yet" in report_markdown(kept())
    assert "(n = 10): 已开启措施\n" in report_markdown(published(), language="zh")
    named = report_markdown(published(), language="zh", names={"a-1": "ACT-2026-000001"})
    assert "(n = 10): 措施 ACT-2026-000001\n" in named
    assert report_markdown(kept(), language="fr").startswith("# Evaluation")


# -- stored --------------------------------------------------------------------------------------
#
# A golden file is what some version wrote, and is never changed: see `test_questionnaire_documents.py`.


def the_evaluation() -> SurveyEvaluation:
    return evolve(
        published(),
        campaign="c-1",
        basis="1" * 64,
        figures=published().figures[:1],
        pages=FrozenMap({"en": "# Evaluation"}),
        digest="0" * 64,
        handled=(Handling(scores=("billing",), action="a-1"), Handling(scores=("billing",), waiver="Because")),
        extra=FrozenMap({"board": 4}),
    )


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("v*.json")), ids=lambda path: path.stem)
def test_what_any_version_stored_is_read_as_the_same_record(path: Path) -> None:  # C127
    version = int(path.stem.removeprefix("v"))

    read = SURVEY_EVALUATION.schema.load(from_text(path.read_text("utf-8")), version=version)
    assert read == (the_evaluation() if version > 2 else evolve(the_evaluation(), basis=None))


def test_the_current_version_has_a_golden_file_with_something_everywhere() -> None:
    stored = (GOLDEN / f"v{SURVEY_EVALUATION.schema.current}.json").read_text("utf-8")

    assert from_text(stored) == from_text(to_text(SURVEY_EVALUATION.schema.dump(the_evaluation())))
    assert [name for name in field_names(SurveyEvaluation) if not getattr(the_evaluation(), name)] == ["revision"]


def test_it_is_found_by_what_it_is() -> None:
    index = SURVEY_EVALUATION.index_of(the_evaluation())

    assert (index["campaign"], index["wave"], index["state"]) == ("c-1", "2026-Q1", "published")


def test_what_people_write_is_personal() -> None:  # C014
    events: list[type[Event]] = [getattr(evaluation_events, name) for name in evaluation_events.__all__]
    texts = {(event, name) for event in events for name in ("reason", "waiver") if name in field_names(event)}

    assert texts
    assert all(is_personal(event.__annotations__[name]) for event, name in texts)
    assert "Bills" not in repr(reviewed())
    assert {saying.value for saying in Saying} == {"finding", "conclusion", "limit"}

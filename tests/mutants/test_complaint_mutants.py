"""The tests of the complaint engine are proven too: each of these faults is noticed by its test."""

import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import pytest

from servicecrm.complaints import (
    adoption,
    answers,
    chronology,
    endings,
    intake,
    judging,
    links,
    policy,
    remedies,
    schema,
    steps,
    targets,
)
from servicecrm.complaints.model import MomentKind
from servicecrm.kernel.records import evolve
from servicecrm.tracking.conditions import On

TESTS = Path(__file__).parent.parent / "complaints"

Break = Callable[[pytest.MonkeyPatch], None]


class Outcome:
    """Counts what came of the tests."""

    def __init__(self) -> None:
        self.passed, self.failed = 0, 0

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.passed += report.when == "call" and report.passed
        self.failed += report.failed


def outcome(*tests: str) -> Outcome:
    """Runs tests in a pytest of their own, up to the first failure; each is named by its file and its name."""
    found = Outcome()
    plain = ("-o", "addopts=", "--import-mode=importlib", "-p", "no:xdist", "-p", "no:cacheprovider")
    named = [f"{TESTS}/test_{file}.py::{name}" for file, name in (test.split("::") for test in tests)]
    pytest.main([*named, "-x", "-q", "--capture=no", "--tb=line", *plain], plugins=[found])
    return found


def functions(of: ModuleType | type, module: str) -> Iterator[tuple[str, FunctionType]]:
    """The functions of a module and the methods of its classes, by name."""
    for name, found in vars(of).items():
        if isinstance(found, FunctionType) and found.__module__ == module:
            yield f"{of.__name__}.{name}", found
        elif isinstance(found, type) and found.__module__ == module and found is not of:
            yield from functions(found, module)


def says(module: ModuleType, old: str, new: str) -> Break:
    """A module whose source says something else: its functions get the code of that, whoever has imported them."""

    def break_(patch: pytest.MonkeyPatch) -> None:
        source = inspect.getsource(module)
        assert source.count(old) == 1, f"{module.__name__} says {source.count(old)} times {old!r}"
        broken = ModuleType(module.__name__)
        exec(compile(source.replace(old, new), module.__file__ or "", "exec"), vars(broken))
        sound, changed = (dict(functions(each, module.__name__)) for each in (module, broken))
        for name, function in changed.items():
            if function.__code__ != sound[name].__code__:
                patch.setattr(sound[name], "__code__", function.__code__)

    return break_


def unmarked(action: str) -> Break:
    """A move that may happen before what it follows."""

    def break_(patch: pytest.MonkeyPatch) -> None:
        marks: Any = chronology.CHRONOLOGY.marks
        mark = marks[action]
        patch.setitem(marks, action, type(mark)(mark.kind, mark.side, (), mark.holds))

    return break_


def goes_on_after(kind: MomentKind) -> Break:
    """Clocks that do not know an end."""

    def break_(patch: pytest.MonkeyPatch) -> None:
        ends = tuple(end for end in targets.TARGETS.ends if end.kind != kind)
        patch.setattr(targets, "TARGETS", evolve(targets.TARGETS, ends=ends))

    return break_


def without(name: str, field: str, kind: MomentKind) -> Break:
    """A target that does not heed a kind of moments."""

    def break_(patch: pytest.MonkeyPatch) -> None:
        def kept(conditions: tuple[On, ...]) -> tuple[On, ...]:
            return tuple(each for each in conditions if each.kind != kind)

        changed = [
            evolve(each, **{field: kept(getattr(each, field))}) if each.name == name else each
            for each in targets.TARGETS.targets
        ]
        patch.setattr(targets, "TARGETS", evolve(targets.TARGETS, targets=tuple(changed)))

    return break_


def untold(field: str) -> Break:
    """An import that keeps a new value to itself."""

    def break_(patch: pytest.MonkeyPatch) -> None:
        told: Any = adoption.TOLD
        patch.delitem(told, field)

    return break_


WRITTEN_BY = "    LIFECYCLE.step(complaint, JUDGE, judgements=(*before, written_by))\n"

MUTANTS: tuple[tuple[str, Break], ...] = (
    # what it is, and whether it is justified
    (
        "judging::test_what_it_is_taken_for_already_is_not_news",
        says(judging, "if feedback is complaint.feedback:", "if False:"),
    ),
    (
        "judging::test_what_turns_out_to_be_something_else_keeps_its_number_and_history",
        says(judging, "code=feedback, feedback=feedback", "feedback=feedback"),
    ),
    (
        "judging::test_findings_are_kept_in_order_with_references_to_what_shows_them",
        says(judging, "(*known.findings, finding)", "(finding,)"),
    ),
    (
        "judging::test_a_cause_that_the_house_does_not_have_is_refused_with_those_that_it_has",
        says(judging, "policy.check_cause(cause)", "pass"),
    ),
    (
        "judging::test_a_judgement_is_of_whoever_decided_not_of_who_wrote_it_down",
        says(judging, "by=event.by.on_behalf_of or event.by.id", "by=event.by.id"),
    ),
    ("judging::test_nobody_judges_a_complaint_about_themselves", says(judging, WRITTEN_BY, "")),
    (
        "judging::test_only_complaints_are_judged_before_they_are_answered",
        says(judging, "if complaint.feedback is not Feedback.COMPLAINT:", "if False:"),
    ),
    (
        "judging::test_at_a_higher_stage_somebody_else_judges",
        says(judging, "stage=complaint.stage", "stage=1"),
    ),
    ("judging::test_an_answer_lies_after_its_judgement", unmarked("answer")),
    ("judging::test_reclassifications_follow_each_other", unmarked("reclassify")),
    (
        "intake::test_what_is_recorded_may_be_no_complaint_and_clocks_are_told",
        says(intake, "code = None if feedback is Feedback.COMPLAINT else feedback", "code = None"),
    ),
    # what has to be done
    (
        "steps::test_a_category_yields_its_steps_due_on_business_days",
        says(steps, "step.owner or complaint.handler", "complaint.handler or step.owner"),
    ),
    (
        "steps::test_every_mandatory_step_is_done_before_the_answer",
        says(steps, "mandatory=step.mandatory", "mandatory=True"),
    ),
    (
        "steps::test_a_step_is_done_when_its_action_item_was",
        says(steps, "done_at=item.done_at", "done_at=event.occurred_at"),
    ),
    (
        "steps::test_only_a_done_step_of_this_complaint_is_finished",
        says(steps, "if item.done_at is None:", "if False:"),
    ),
    (
        "steps::test_steps_are_inherited_from_the_categories_above",
        says(policy, "step.category in above)", "step.category == category)"),
    ),
    # what is done for them
    (
        "remedies::test_the_limit_itself_may_be_given",
        says(policy, "amount.amount > limits[amount.currency]", "amount.amount >= limits[amount.currency]"),
    ),
    (
        "remedies::test_what_is_above_the_limit_of_its_currency_is_only_proposed",
        says(policy, "amount.currency not in limits or", "amount.currency in limits and"),
    ),
    (
        "remedies::test_whoever_proposes_does_not_approve",
        says(remedies, "proposed_by in (approver, event.by.id)", "proposed_by == event.by.id"),
    ),
    (
        "remedies::test_an_offer_ends_after_it_is_made",
        says(remedies, "micros(remedy.valid_until) <= micros", "micros(remedy.valid_until) < micros"),
    ),
    (
        "remedies::test_what_was_taken_is_provided_even_after_the_end",
        says(remedies, "if needs is not RemedyStatus.ACCEPTED:", "if True:"),
    ),
    (
        "remedies::test_nobody_answers_an_offer_before_it_is_made",
        says(remedies, "micros(event.occurred_at) < micros(since)", "False"),
    ),
    ("remedies::test_remedies_are_numbered_from_one", says(remedies, "if not 1 <= n", "if not 0 <= n")),
    # what becomes of the answer
    (
        "answers::test_nobody_who_decided_at_any_earlier_stage_gets_it_again",
        says(answers, "complaint.deciders | decided", "decided"),
    ),
    (
        "answers::test_at_the_next_stage_others_judge_and_answer",
        says(answers, "for each in (complaint.judgement, complaint.response)", "for each in ()"),
    ),
    (
        "answers::test_only_what_was_closed_is_reopened_by_it",
        says(answers, " + (complaint.closed_at is not None)", " + 1"),
    ),
    (
        "answers::test_there_are_as_many_stages_as_the_house_has",
        says(policy, "if stage > self.stages:", "if stage > self.stages + 1:"),
    ),
    ("answers::test_the_next_stage_begins_after_the_answer_and_what_is_done_at_it_later", unmarked("raise_stage")),
    ("answers::test_nothing_is_said_to_an_answer_before_it_is_given", unmarked("decline_answer")),
    (
        "answers::test_whoever_is_content_needs_no_next_stage",
        says(answers, "and complaint.response.accepted:", "and False:"),
    ),
    ("endings::test_what_was_taken_up_again_ends_after_that", unmarked("merge")),
    ("endings::test_what_was_taken_up_again_ends_after_that", unmarked("close")),
    # other ends
    (
        "endings::test_a_machine_neither_reminds_nor_breaks_the_silence",
        says(endings, "any_of(on(MomentKind.MESSAGE), moment)", "moment.kind == MomentKind.MESSAGE"),
    ),
    ("endings::test_a_new_wait_needs_a_new_reminder", says(endings, "began = max(", "began = min(")),
    (
        "endings::test_it_lapses_as_long_after_the_last_reminder_as_the_house_says",
        says(policy, "if micros(at) < micros(until):", "if micros(at) <= micros(until):"),
    ),
    (
        "endings::test_only_the_customer_can_fall_silent",
        says(endings, "waiting is None or waiting.for_ is not WaitingFor.CUSTOMER", "waiting is None"),
    ),
    ("endings::test_the_whole_is_passed_on_and_ends_here", says(endings, "    if not whole:", "    if True:")),
    # how complaints belong together
    (
        "links::test_merging_into_one_that_has_ended_reopens_it",
        says(links, "if into.state not in ENDED:", "if True:"),
    ),
    (
        "links::test_what_was_merged_takes_in_nothing_and_names_where_it_went",
        says(links, "if into.duplicate_of is not None:", "if False:"),
    ),
    ("links::test_nobody_becomes_their_own_ancestor", says(links, "and complaint.id in above:", "and False:")),
    ("links::test_no_complaint_is_linked_to_itself_or_twice", says(links, "if new in complaint.links:", "if False:")),
    (
        "links::test_a_part_becomes_a_complaint_of_its_own_with_the_origin_of_the_whole",
        says(links, "received_at=complaint.received_at", "received_at=at"),
    ),
    # clocks and columns
    ("targets::test_nothing_runs_on_for_what_has_ended", goes_on_after(MomentKind.MERGED)),
    ("targets::test_nothing_runs_on_for_what_has_ended", goes_on_after(MomentKind.LAPSED)),
    (
        "targets::test_what_turns_out_to_be_something_else_has_them_no_longer",
        goes_on_after(MomentKind.RECLASSIFIED),
    ),
    (
        "targets::test_the_next_stage_has_a_clock_of_its_own_and_no_other",
        without("resolution", "cancel", MomentKind.STAGE),
    ),
    ("targets::test_an_answer_acknowledges_too", without("acknowledge", "stop", MomentKind.ANSWERED)),
    ("targets::test_every_stage_above_the_first_is_timed", untold("stage")),
    (
        "schema::test_a_contact_is_the_complaint_itself_or_what_they_said_to_us_since",
        says(schema, "for moment in standing(complaint.moments)", "for moment in complaint.moments"),
    ),
)

NAMES = [test for test, _ in MUTANTS]


@pytest.mark.parametrize(("test", "break_"), MUTANTS, ids=[f"{n}-{test}" for n, test in enumerate(NAMES, 1)])
def test_a_planted_fault_is_noticed_by_its_test(monkeypatch: pytest.MonkeyPatch, test: str, break_: Break) -> None:
    with monkeypatch.context() as patch:
        break_(patch)
        assert outcome(test).failed


def test_the_same_tests_of_the_sound_engine_pass() -> None:
    found = outcome(*sorted(set(NAMES)))

    assert found.passed >= len(set(NAMES))
    assert found.failed == 0

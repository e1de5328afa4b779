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
    correspondence,
    endings,
    engine,
    handling,
    intake,
    judging,
    links,
    policy,
    remedies,
    schema,
    steps,
    targets,
)
from servicecrm.complaints.lifecycle import LIFECYCLE
from servicecrm.complaints.model import MomentKind
from servicecrm.kernel.records import evolve
from servicecrm.processes import steps as following
from servicecrm.tracking import chronology as order
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


def unguarded(action: str, guard: str) -> Break:
    """A move that does not ask for something."""

    def break_(patch: pytest.MonkeyPatch) -> None:
        table: Any = LIFECYCLE
        for state, steps_ in table._steps.items():
            if action in steps_:
                to, guards = steps_[action]
                patch.setitem(table._steps[state], action, (to, tuple(each for each in guards if each.name != guard)))

    return break_


def unheld(kind: str, holds: Callable[[Any], bool] = lambda _: False) -> Break:
    """A moment on which nothing is said to rest, or always something."""

    def break_(patch: pytest.MonkeyPatch) -> None:
        rules: Any = order.HOLDS
        patch.setitem(rules, kind, holds)

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
        "intake::test_whoever_it_is_about_does_not_change_that",
        says(intake, "about in (event.by.id, event.by.on_behalf_of)", "about == event.by.id"),
    ),
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
        "steps::test_only_a_step_of_this_complaint_that_is_not_done_is_taken_up_again",
        says(steps, "if item.done_at is not None:", "if False:"),
    ),
    (
        "steps::test_a_step_that_did_not_work_is_to_be_done_again_before_the_answer",
        says(steps, "evolve(step, done_at=None)", "step"),
    ),
    (
        "steps::test_what_does_not_change_a_step_leads_to_nothing",
        says(following, "if item.done_at is None and step.done_at is not None:", "if item.done_at is None:"),
    ),
    (
        "steps::test_a_step_follows_its_action_item_however_often_that_is_done",
        says(following, "ActionDone | ActionCancelled | ActionReopened", "ActionDone | ActionCancelled"),
    ),
    (
        "steps::test_steps_are_inherited_from_the_categories_above",
        says(policy, "step.category in above)", "step.category == category)"),
    ),
    # what is done for them
    (
        "remedies::test_the_limit_itself_may_be_given",
        says(policy, "given > limits[amount.currency]", "given >= limits[amount.currency]"),
    ),
    (
        "remedies::test_what_is_above_the_limit_of_its_currency_is_only_proposed",
        says(policy, "amount.currency not in limits or", "amount.currency in limits and"),
    ),
    (
        "remedies::test_whoever_proposes_does_not_approve",
        says(remedies, "{approver, event.by.id}:", "{event.by.id}:"),
    ),
    (
        "remedies::test_whoever_proposes_does_not_approve",
        says(remedies, "{proposal.proposed_by, proposal.written_by}", "{proposal.proposed_by}"),
    ),
    (
        "remedies::test_whoever_writes_a_proposal_down_is_kept_besides_who_decided_it",
        says(remedies, "written_by=event.by.id", "written_by=None"),
    ),
    (
        "remedies::test_what_was_declined_and_what_is_in_another_currency_does_not_count_against_the_limit",
        says(policy, "if other.status not in nothing", "if True"),
    ),
    (
        "remedies::test_what_was_declined_and_what_is_in_another_currency_does_not_count_against_the_limit",
        says(policy, "each and each.currency == amount.currency", "each"),
    ),
    (
        "remedies::test_whatever_is_still_to_be_paid_or_was_paid_counts_against_the_limit",
        says(remedies, "besides=complaint.remedies", "besides=()"),
    ),
    (
        "remedies::test_an_offer_ends_after_it_is_made",
        says(remedies, "micros(remedy.valid_until) <= micros", "micros(remedy.valid_until) < micros"),
    ),
    (
        "remedies::test_what_was_taken_is_provided_even_after_the_end",
        says(remedies, "not in (RemedyStatus.PROVIDED, RemedyStatus.REFUSED)", "is not None"),
    ),
    (
        "remedies::test_nobody_answers_an_offer_before_it_is_made",
        says(remedies, "micros(event.occurred_at) < micros(since)", "False"),
    ),
    (
        "remedies::test_nothing_is_approved_or_refused_before_it_is_proposed",
        says(remedies, " or remedy.proposed_at", ""),
    ),
    (
        "remedies::test_a_proposal_that_is_refused_is_not_offered_and_costs_nothing",
        says(policy, "(RemedyStatus.REFUSED, RemedyStatus.DECLINED)", "(RemedyStatus.DECLINED,)"),
    ),
    ("remedies::test_remedies_are_numbered_from_one", says(remedies, "if not 1 <= whole", "if not 0 <= whole")),
    # what becomes of the answer
    (
        "answers::test_nobody_who_decided_at_any_earlier_stage_gets_it_again",
        says(answers, "complaint.deciders | decided", "decided"),
    ),
    (
        "answers::test_who_decided_in_another_system_is_known_by_what_it_tells",
        says(answers, "for each in (*complaint.judgements, complaint.response)", "for each in ()"),
    ),
    (
        "answers::test_whoever_decided_before_a_reopening_has_decided_too",
        says(answers, "return complaint.decided_by | ", "return frozenset() | "),
    ),
    (
        "answers::test_whoever_decided_before_a_reopening_has_decided_too",
        says(answers, "decided_by=frozenset()", "decided_by=complaint.decided_by"),
    ),
    (
        "answers::test_whoever_decided_before_a_reopening_has_decided_too",
        says(judging, "| {judgement.by, event.by.id}", "| {judgement.by}"),
    ),
    (
        "answers::test_whoever_decided_before_a_reopening_has_decided_too",
        says(correspondence, "| {response.by, event.by.id}", ""),
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
    ("endings::test_what_was_taken_up_again_goes_on_after_that", unmarked("assess")),
    ("endings::test_what_was_taken_up_again_waits_after_that", unmarked("wait")),
    ("judging::test_a_judgement_lies_after_the_one_that_it_replaces", unmarked("judge")),
    ("links::test_a_duplicate_is_taken_in_after_the_stage_of_the_other_one_began", unmarked("take_in")),
    (
        "judging::test_whoever_it_is_about_does_not_say_what_it_is",
        says(judging, "about in (event.by.id, event.by.on_behalf_of)", "about == event.by.id"),
    ),
    (
        "answers::test_what_was_closed_for_too_long_has_no_next_stage",
        says(answers, "policy.check_reopening(complaint.closed_at, event.occurred_at)", "pass"),
    ),
    (
        "steps::test_a_step_that_did_not_work_is_done_again_before_the_complaint_is_closed",
        unguarded("close", "steps_done"),
    ),
    # other ends
    (
        "handling::test_what_is_pressing_is_looked_into_even_if_nobody_can_be_reached",
        says(handling, "if complaint.state == IN_HANDLING:", "if False:"),
    ),
    (
        "handling::test_what_is_pressing_is_looked_into_even_if_nobody_can_be_reached",
        says(handling, "if complaint.state == IN_HANDLING:", "if True:"),
    ),
    ("handling::test_what_was_judged_by_whom_it_is_about_is_not_closed", unguarded("close", "impartial")),
    (
        "judging::test_what_is_over_is_taken_up_again_before_it_is_taken_for_a_complaint",
        unguarded("reclassify", "taken_up_first"),
    ),
    ("handling::test_a_receipt_is_never_voided", unheld(order.RECEIVED)),
    *(
        ("handling::test_the_last_that_a_complaint_was_told_holds_and_what_was_told_before_does_not", unheld(kind))
        for kind in (order.REOPENED, order.WAITING, order.RESUMED)
    ),
    (
        "handling::test_a_reopening_of_what_has_ended_again_is_voided_as_anything_else",
        unheld(order.REOPENED, lambda _: True),
    ),
    (
        "handling::test_a_confirmation_that_never_left_is_taken_back",
        unheld(MomentKind.ACKNOWLEDGED, lambda _: True),
    ),
    *(
        ("handling::test_the_last_that_a_complaint_was_told_holds_and_what_was_told_before_does_not", unheld(kind))
        for kind in (MomentKind.RATED, MomentKind.RECLASSIFIED, MomentKind.JUDGED, MomentKind.DUE)
    ),
    ("handling::test_a_stage_that_was_reached_is_not_voided", unheld(MomentKind.STAGE)),
    (
        "handling::test_the_last_that_a_complaint_was_told_holds_and_what_was_told_before_does_not",
        says(order, "moment.n < last[moment.kind] or not", "not"),
    ),
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
        says(links, "if into.state not in OVER:", "if True:"),
    ),
    (
        "links::test_merging_into_what_was_answered_takes_that_up_again",
        says(links, "if into.state not in OVER:", "if into.state == 'responded' or into.state not in OVER:"),
    ),
    (
        "links::test_only_the_same_kind_of_feedback_is_merged",
        says(links, "if complaint.feedback is not into.feedback:", "if False:"),
    ),
    (
        "links::test_a_risk_to_safety_goes_on_with_the_other_one",
        says(links, "if complaint.safety and not into.safety:", "if False:"),
    ),
    (
        "links::test_what_is_the_most_pressing_already_is_not_rated_again",
        says(links, "if into.priority is not Priority.P1:", "if True:"),
    ),
    (
        "links::test_the_earlier_due_date_is_kept",
        says(links, "micros(due_at) < micros(into.due_at)", "micros(due_at) > micros(into.due_at)"),
    ),
    (
        "links::test_the_earlier_due_date_is_kept",
        says(links, "micros(due_at) < micros(into.due_at)", "micros(due_at) <= micros(into.due_at)"),
    ),
    (
        "links::test_the_earlier_due_date_is_kept",
        says(links, "moments = with_moment(moments, MomentKind.DUE, event, until=due_at)", "pass"),
    ),
    (
        "links::test_what_was_merged_can_be_taken_up_again_and_is_no_duplicate_then",
        says(handling, "links=complaint.other_links", "links=complaint.links"),
    ),
    (
        "links::test_it_is_never_too_late_to_take_up_what_was_merged",
        says(handling, "if complaint.state != MERGED:", "if True:"),
    ),
    (
        "links::test_an_importer_takes_up_what_was_merged_without_its_link",
        says(adoption, '"links": complaint.other_links,', ""),
    ),
    (
        "links::test_a_part_is_taken_for_what_the_whole_is",
        says(links, "feedback=complaint.feedback,", ""),
    ),
    (
        "links::test_what_the_whole_was_told_counts_for_the_part_too",
        says(links, "and moment.side is Side.INSIDE", ""),
    ),
    (
        "links::test_an_answer_to_the_whole_confirms_the_part_and_does_not_resolve_it",
        says(links, "elif moment.kind == MomentKind.ANSWERED:", "elif False:"),
    ),
    (
        "links::test_a_moment_that_was_taken_back_counts_for_no_part",
        says(links, "for moment in standing(whole.moments):", "for moment in whole.moments:"),
    ),
    (
        "links::test_a_merge_goes_by_the_rules_of_the_one_that_goes_on",
        says(engine, "numbered(into.policy)", "numbered(complaint.policy)"),
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
    *(
        ("links::test_who_may_not_decide_about_a_duplicate_does_not_decide_about_the_other_one", says(links, *fault))
        for fault in (
            ("into.complained_about or complaint.complained_about", "into.complained_about"),
            ("max(into.stage, complaint.stage)", "into.stage"),
            ("if complaint.stage > into.stage:", "if False:"),
            ("each.deciders | decided(each)", "each.deciders"),
            ("decided_by |= each.decided_by if", "decided_by |= set() if"),
        )
    ),
    (
        "links::test_nobody_judges_a_complaint_that_a_duplicate_about_them_went_on_as",
        says(links, "{each.complained_about for each in both} - {about, None}", "set()"),
    ),
    (
        "links::test_who_may_not_decide_about_the_whole_does_not_decide_about_the_part",
        says(links, '("stage", "deciders", "decided_by")', '("stage", "decided_by")'),
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
        says(schema, "for moment in counting(complaint.moments)", "for moment in complaint.moments"),
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

"""Each judgement of a complaint has its moment, which tells when it was entered."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from servicecrm import complaints
from servicecrm.complaints import MomentKind, Verdict
from servicecrm.complaints.judged import judged
from servicecrm.kernel.records import evolve
from servicecrm.testing.makers import MONDAY, a_complaint, a_judgement

HOUR = timedelta(hours=1)
VERDICTS = st.sampled_from([Verdict.JUSTIFIED, Verdict.UNJUSTIFIED])


@given(st.lists(st.tuples(st.booleans(), VERDICTS, st.integers(0, 2))))
def test_a_judgement_has_the_moment_that_it_left_and_one_taken_over_has_none(
    course: list[tuple[bool, Verdict, int]],
) -> None:  # C044
    complaint = a_complaint(state="in_handling", handler="north")
    left: list[int | None] = []
    when = MONDAY
    for taken_over, verdict, hours in course:
        when += hours * HOUR
        if taken_over:  # with a time of its own, so that it is mistaken for no other
            at = when + HOUR / 4
            complaint = evolve(complaint, judgements=(*complaint.judgements, a_judgement(verdict=verdict, at=at)))
            left.append(None)
            when = at + HOUR / 4
        else:
            complaint = complaints.judge(
                complaint, verdict, grounds="So it is.", by="eva", at=MONDAY + 100 * HOUR, occurred_at=when
            ).after
            left.append(complaint.moments[-1].n)
    found = list(judged(complaint))

    assert [judgement for judgement, _ in found] == list(complaint.judgements)
    assert [moment and moment.n for _, moment in found] == left
    assert {moment.kind for _, moment in found if moment} <= {MomentKind.JUDGED}


def test_what_was_taken_over_takes_no_moment_of_another_verdict_at_the_same_time() -> None:  # C044
    taken_over = a_complaint(state="in_handling", judgements=(a_judgement(verdict=Verdict.UNJUSTIFIED, at=MONDAY),))
    complaint = complaints.judge(taken_over, "justified", grounds="So it is.", by="eva", at=MONDAY).after

    assert [moment and moment.code for _, moment in judged(complaint)] == [None, "justified"]

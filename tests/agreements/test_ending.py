"""How agreements begin and end: by their days, by notice, and by a successor."""

from datetime import date, timedelta
from typing import Any

import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import given
from hypothesis import strategies as st

from servicecrm import agreements
from servicecrm.agreements import (
    Agreement,
    AgreementPolicy,
    EndOf,
    ServiceLevels,
    Termination,
    TimeTarget,
    WindDownStep,
    last_day_after,
    notice_by,
)
from servicecrm.agreements.notice import end_of
from servicecrm.calendars import Calendar
from servicecrm.errors import GuardNotMet, InvalidValue, PolicyViolation, TransitionNotAllowed
from servicecrm.kernel.decisions import Decision
from tests.agreements.making import ANN, APRIL, DAY, MONDAY, a_draft, at, in_force, signed

DAYS = st.dates(date(2020, 1, 1), date(2032, 12, 31))
OFFICE = Calendar(zone="UTC", hours="mon-fri 09:00-17:00")


def advanced(agreement: Agreement, *when: Any) -> Agreement:
    decision = agreements.advance(agreement, by=ANN, at=when[0] if len(when) == 1 else at(*when))
    return agreement if decision is None else decision.after


# -- beginning -------------------------------------------------------------------------------------


def test_it_is_in_force_from_its_first_day_or_from_its_last_signature() -> None:  # C029
    early, late = signed(), signed(first_day=date(2026, 1, 1))

    assert early.starts_at == at(2026, 4, 1)
    assert late.starts_at == MONDAY
    assert advanced(early, at(2026, 4, 1) - timedelta(seconds=1)).state == "signed"
    assert advanced(early, 2026, 4, 1).state == "in_force"
    assert advanced(late, MONDAY).state == "in_force"


def test_days_are_those_of_its_zone() -> None:
    vienna = signed(zone="Europe/Vienna", last_day=APRIL)

    assert vienna.starts_at == at(2026, 3, 31, 22)
    assert vienna.ends_at == at(2026, 4, 1, 22)


@given(st.integers(-50, 500), st.sampled_from([None, "2 calendar months"]), st.booleans())
def test_whether_it_is_in_force_does_not_depend_on_when_anybody_looked(  # C031
    days: int, extension: str | None, notice: bool
) -> None:
    agreement = signed(last_day=date(2026, 6, 30), extension=extension)
    if notice:
        agreement = agreements.terminate(agreement, "customer", by=ANN, at=MONDAY).after
    now = at(2026, 4, 1) + days * DAY
    looked = advanced(agreement, now)

    assert looked.in_force(now) == agreement.in_force(now) == (looked.state == "in_force")


@given(st.lists(st.integers(0, 900), max_size=5))
def test_looking_again_changes_nothing_and_looking_often_comes_to_the_same(days: list[int]) -> None:  # C030
    agreement = signed(last_day=date(2026, 6, 30), extension="1 calendar month")
    step = agreement
    for each in sorted(days):
        step = advanced(step, MONDAY + each * DAY)
        assert agreements.advance(step, by=ANN, at=MONDAY + each * DAY) is None

    assert step == advanced(agreement, MONDAY + max(days, default=0) * DAY)


def test_what_came_about_late_counts_from_when_it_was_due() -> None:  # C030
    decision = agreements.advance(signed(last_day=date(2026, 4, 30)), by=ANN, at=at(2027, 1, 1))

    assert decision is not None
    assert [(event.type, event.occurred_at) for event in decision.events] == [
        ("agreement.started", at(2026, 4, 1)),
        ("agreement.expired", at(2026, 5, 1)),
    ]
    assert decision.after.ended_at == at(2026, 5, 1)


# -- notice ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("year", "day"), [(2026, 28), (2028, 29)])
def test_a_month_after_the_end_of_january_is_the_end_of_february(year: int, day: int) -> None:  # C030
    agreement = in_force(termination=Termination(notice="1 calendar month"))

    assert last_day_after(agreement, date(year, 1, 31)) == date(year, 2, day)


@given(DAYS, st.integers(0, 30))
def test_notice_in_months_is_month_end_safe(given_on: date, months: int) -> None:  # C030
    agreement = a_draft(termination=Termination(notice=f"{months} calendar months"))

    assert last_day_after(agreement, given_on) == given_on + relativedelta(months=months)


@given(DAYS, st.sampled_from(EndOf), st.integers(0, 6))
def test_it_ends_with_a_month_a_quarter_or_a_year_but_no_earlier_than_agreed(  # C030
    given_on: date, to: EndOf, months: int
) -> None:
    rule = Termination(notice=f"{months} calendar months", to=to)
    last = last_day_after(a_draft(termination=rule, last_day=date(2040, 12, 31)), given_on)

    assert last >= given_on + relativedelta(months=months)
    following = last + DAY
    assert {
        EndOf.DAY: last == given_on + relativedelta(months=months),
        EndOf.MONTH: following.day == 1,
        EndOf.QUARTER: following.day == 1 and following.month in (1, 4, 7, 10),
        EndOf.YEAR: (following.month, following.day) == (1, 1),
        EndOf.TERM: last == date(2040, 12, 31),
    }[to]
    assert end_of(to, last) == last


@given(DAYS, st.sampled_from(EndOf), st.integers(0, 5))
def test_the_last_day_for_notice_is_the_last_one_in_time(last_day: date, to: EndOf, months: int) -> None:  # C030
    rule = Termination(notice=f"{months} calendar months", to=to)
    if end_of(to, last_day) != last_day:
        last_day = end_of(to, last_day)
    agreement = a_draft(first_day=date(2010, 1, 1), last_day=last_day, extension="12 calendar months", termination=rule)

    day = notice_by(agreement)

    assert day is not None
    assert last_day_after(agreement, day) <= last_day < last_day_after(agreement, day + DAY)


def test_notice_in_business_days_needs_a_calendar() -> None:
    agreement = in_force(termination=Termination(notice="3 business days"))

    assert last_day_after(agreement, date(2026, 3, 6), calendar=OFFICE) == date(2026, 3, 11)
    with pytest.raises(InvalidValue, match="needs a calendar"):
        last_day_after(agreement, date(2026, 3, 6))


def test_it_is_not_ended_before_its_minimum_term() -> None:
    agreement = in_force(termination=Termination(notice="1 calendar month", not_before=date(2026, 12, 31)))

    assert last_day_after(agreement, date(2026, 3, 2)) == date(2026, 12, 31)


def test_after_notice_it_stays_in_force_until_its_last_day() -> None:  # C030, S3-P2
    given_notice = agreements.terminate(in_force(), "customer", reason="Moving.", by=ANN, at=MONDAY).after

    assert (given_notice.state, given_notice.final_day) == ("in_force", date(2026, 6, 2))
    assert advanced(given_notice, 2026, 6, 2).state == "in_force"
    assert advanced(given_notice, 2026, 6, 3).state == "terminated"


def test_an_earlier_end_needs_a_reason() -> None:  # C030
    agreement, early = in_force(), date(2026, 3, 31)

    with pytest.raises(PolicyViolation, match="2026-06-02 at the earliest; with override="):
        agreements.terminate(agreement, "customer", last_day=early, by=ANN, at=MONDAY)
    both = agreements.terminate(agreement, "customer", last_day=early, override="Both agree.", by=ANN, at=MONDAY).after
    assert both.final_day == early
    assert both.notice is not None
    assert both.notice.override == "Both agree."
    with pytest.raises(PolicyViolation, match="before notice is given"):
        agreements.terminate(agreement, "customer", last_day=date(2026, 3, 1), override="x", by=ANN, at=MONDAY)


def test_the_day_of_the_rule_needs_no_reason() -> None:
    last = last_day_after(in_force(), MONDAY.date())

    assert agreements.terminate(in_force(), "customer", last_day=last, by=ANN, at=MONDAY).after.final_day == last


def test_a_later_end_can_be_chosen_but_not_after_its_term() -> None:
    agreement = in_force(last_day=date(2026, 12, 31))

    later = agreements.terminate(agreement, "customer", last_day=date(2026, 9, 30), by=ANN, at=MONDAY).after
    assert later.final_day == date(2026, 9, 30)
    with pytest.raises(PolicyViolation, match="its term ends before that"):
        agreements.terminate(agreement, "customer", last_day=date(2027, 1, 1), by=ANN, at=MONDAY)


def test_without_a_rule_a_day_and_a_reason_are_needed() -> None:
    agreement = in_force(termination=None)

    with pytest.raises(PolicyViolation, match="nothing says how it can be ended"):
        agreements.terminate(agreement, "customer", by=ANN, at=MONDAY)
    ended = agreements.terminate(agreement, "customer", last_day=APRIL, override="Agreed.", by=ANN, at=MONDAY).after
    assert ended.final_day == APRIL


def test_notice_is_given_once_and_can_be_taken_back() -> None:
    given_notice = agreements.terminate(in_force(), "customer", by=ANN, at=MONDAY).after

    with pytest.raises(GuardNotMet, match="no notice was given"):
        agreements.terminate(given_notice, "provider", by=ANN, at=MONDAY)
    back = agreements.withdraw_notice(given_notice, "They stay.", by=ANN, at=MONDAY).after
    assert (back.notice, back.final_day) == (None, None)
    with pytest.raises(TransitionNotAllowed):
        agreements.terminate(a_draft(), "customer", by=ANN, at=MONDAY)


def test_what_is_to_be_done_before_the_end_becomes_action_items() -> None:  # C006, C030
    steps = (
        WindDownStep(title="Hand over the keys", owner="ann", days_before=0),
        WindDownStep(title="Export the data", owner="it", days_before=200),
    )
    policy = AgreementPolicy(
        default=ServiceLevels(times=(TimeTarget(timer="resolution", within="1 business day"),)), wind_down=steps
    )
    given_notice = agreements.terminate(in_force(), "customer", by=ANN, at=MONDAY).after

    items = agreements.wind_down(given_notice, ids=["i-1", "i-2"], by=ANN, at=MONDAY, policy=policy)

    assert [(each.after.title, each.after.owner, each.after.due_at) for each in items] == [
        ("Hand over the keys", "ann", at(2026, 6, 3)),
        ("Export the data", "it", MONDAY),  # it should have been done by now
    ]
    assert {(each.after.source_kind, each.after.source) for each in items} == {("agreement", "a-1")}
    with pytest.raises(InvalidValue, match="2 in all"):
        agreements.wind_down(given_notice, ids=["i-1"], by=ANN, at=MONDAY, policy=policy)
    with pytest.raises(PolicyViolation, match="it has no end"):
        agreements.wind_down(in_force(), ids=[], by=ANN, at=MONDAY, policy=policy)


# -- extension -------------------------------------------------------------------------------------


def test_what_nobody_ends_in_time_is_extended_month_end_safe() -> None:  # C030
    agreement = in_force(last_day=date(2027, 2, 28), extension="1 calendar month")

    ends = [agreement.term_of(n) for n in range(4)]
    assert ends == [date(2027, 2, 28), date(2027, 3, 31), date(2027, 4, 30), date(2027, 5, 31)]
    later = advanced(agreement, 2027, 4, 1)
    assert (later.state, later.extensions, later.final_day) == ("in_force", 2, date(2027, 4, 30))
    assert agreement.in_force(at(2030, 1, 1))


def test_notice_too_late_for_this_term_ends_it_with_the_next_one() -> None:  # C030
    rule = Termination(notice="3 calendar months", to=EndOf.TERM)
    agreement = in_force(last_day=date(2026, 12, 31), extension="12 calendar months", termination=rule)

    in_time = agreements.terminate(agreement, "customer", by=ANN, at=at(2026, 9, 30)).after
    too_late = agreements.terminate(agreement, "customer", by=ANN, at=at(2026, 10, 1)).after

    assert in_time.final_day == notice_by(agreement) + relativedelta(months=3, day=31) == date(2026, 12, 31)  # type: ignore[operator]
    assert too_late.final_day == date(2027, 12, 31)
    assert advanced(too_late, 2027, 6, 1).state == "in_force"
    assert advanced(too_late, 2028, 1, 1).state == "terminated"


# -- suspension ------------------------------------------------------------------------------------


def test_what_is_suspended_does_not_count_meanwhile() -> None:
    suspended = agreements.suspend(in_force(), "Unpaid.", by=ANN, at=MONDAY + DAY).after
    again = agreements.resume(suspended, by=ANN, at=MONDAY + 3 * DAY).after

    assert [again.in_force(MONDAY + n * DAY) for n in range(5)] == [True, False, False, True, True]
    assert not suspended.in_force(MONDAY + 9 * DAY)
    with pytest.raises(PolicyViolation, match="before it was suspended"):
        agreements.resume(suspended, by=ANN, at=MONDAY + DAY, occurred_at=MONDAY)
    with pytest.raises(TransitionNotAllowed):
        agreements.resume(again, by=ANN, at=MONDAY)


# -- renewal ---------------------------------------------------------------------------------------


def renewed(agreement: Agreement, **terms: Any) -> tuple[Agreement, Agreement]:
    new, old = agreements.renew(agreement, id="a-2", by=ANN, at=MONDAY, **terms)
    return new.after, old.after


def test_a_renewal_is_linked_both_ways_and_follows_the_day_after() -> None:  # C030
    new, old = renewed(in_force(last_day=date(2026, 12, 31)), last_day=date(2027, 12, 31))

    assert (old.successor, new.predecessor) == ("a-2", "a-1")
    assert (new.state, new.first_day, new.last_day) == ("draft", date(2027, 1, 1), date(2027, 12, 31))
    assert (new.lines, new.signatures, new.signed_at) == (old.lines, (), None)
    with pytest.raises(GuardNotMet, match="no successor"):
        renewed(old)


def test_a_renewal_of_what_has_no_end_says_from_when_on() -> None:
    with pytest.raises(InvalidValue, match="from when on"):
        renewed(in_force())
    assert renewed(in_force(), first_day=APRIL)[0].first_day == APRIL
    with pytest.raises(TransitionNotAllowed):
        renewed(a_draft())


def concluded(agreement: Agreement) -> Agreement:
    agreement = agreements.propose(agreement, by=ANN, at=MONDAY).after
    agreement = agreements.accept(agreement, "customer", by=ANN, at=MONDAY).after
    for party in ("customer", "provider"):
        agreement = agreements.sign(agreement, party, by=ANN, at=MONDAY).after
    return agreement


def superseded(old: Agreement, new: Agreement, *when: int) -> Decision[Agreement] | None:
    return agreements.supersede(old, new, by=ANN, at=at(*when))


def test_a_successor_takes_the_place_of_what_still_runs_when_it_comes_into_force() -> None:  # C030
    new, old = renewed(in_force(), first_day=APRIL)
    new = concluded(new)

    assert superseded(old, new, 2026, 3, 31) is None
    decision = superseded(old, new, 2026, 5, 1)
    assert decision is not None
    assert (decision.after.state, decision.after.ended_at) == ("superseded", at(2026, 4, 1))
    assert superseded(decision.after, new, 2026, 5, 1) is None


def test_what_ends_before_its_successor_begins_is_not_superseded() -> None:
    new, old = renewed(in_force(last_day=date(2026, 3, 31)), first_day=APRIL)

    assert superseded(old, concluded(new), 2026, 5, 1) is None
    assert superseded(old, new, 2026, 5, 1) is None  # nobody has signed the new one

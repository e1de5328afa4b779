"""Reviews, renewals, and what is not covered."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm import agreements
from servicecrm.agreements import Line, due_for_renewal, overlapping, reviews_due, uncovered
from servicecrm.agreements.codes import ReviewDecision
from servicecrm.agreements.parts import AgreementReview
from servicecrm.agreements.reviewing import next_review
from servicecrm.agreements.schema import AGREEMENT
from servicecrm.errors import InvalidValue, TransitionNotAllowed
from servicecrm.kernel.records import evolve
from tests.agreements.making import ANN, CAFE, DAY, LEVELS, MONDAY, a_draft, at, changed, in_force, signed


def due(on: date, **terms: Any) -> list[date]:
    return [each.due for each in reviews_due([signed(**terms)], on=on)]


def test_a_review_is_due_so_long_after_the_last_one_month_end_safe() -> None:  # C033
    assert due(date(2026, 3, 30), first_day=date(2026, 1, 31), review_every="1 month") == [date(2026, 2, 28)]
    assert due(date(2028, 3, 1), first_day=date(2028, 1, 31), review_every="1 month") == [date(2028, 2, 29)]
    assert due(date(2026, 2, 27), first_day=date(2026, 1, 31), review_every="1 month") == []


def test_what_began_on_29_february_is_reviewed_on_the_last_day_of_february() -> None:  # C033, C084
    leap = changed(signed(first_day=date(2028, 2, 29), review_every="1 year"), state="in_force")
    held = agreements.review(leap, "All well.", decision="keep", by=ANN, at=at(2029, 2, 28)).after

    assert due(date(2032, 1, 1), first_day=date(2028, 2, 29), review_every="1 year") == [date(2029, 2, 28)]
    assert due(date(2029, 2, 27), first_day=date(2028, 2, 29), review_every="1 year") == []
    assert [each.due for each in reviews_due([held], on=date(2030, 2, 28))] == [date(2030, 2, 28)]


def test_a_skipped_review_stays_due_until_it_is_held() -> None:  # C033
    agreement = in_force(review_every="1 month")
    (standing,) = reviews_due([agreement], on=date(2026, 6, 10))
    reviewed = agreements.review(agreement, "All well.", decision="keep", by=ANN, at=at(2026, 6, 10)).after

    assert (standing.due, standing.overdue_days) == (date(2026, 4, 2), 69)
    assert reviews_due([reviewed], on=date(2026, 7, 9)) == ()
    assert [each.due for each in reviews_due([reviewed], on=date(2026, 7, 10))] == [date(2026, 7, 10)]
    assert reviews_due([in_force(review_every=None), a_draft()], on=date(2030, 1, 1)) == ()


@given(
    st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    st.sampled_from([None, "1 month", "2 weeks", "year", "FREQ=MONTHLY;BYDAY=-1FR", "FREQ=DAILY;UNTIL=20260401"]),
    st.lists(st.dates(date(2020, 1, 1), date(2030, 1, 1)), max_size=2),
    st.sampled_from(["draft", "signed", "in_force", "suspended", "ended"]),
    st.dates(date(2020, 1, 1), date(2032, 1, 1)),
)
def test_a_review_is_due_from_the_day_on_by_which_a_store_finds_it(
    first: date, every: str | None, held: list[date], state: str, on: date
) -> None:  # C033
    keep = ReviewDecision.KEEP
    reviews = tuple(AgreementReview(held_on=day, by=ANN, findings="All well.", decision=keep) for day in sorted(held))
    agreement = evolve(signed(first_day=first, review_every=every), state=state, reviews=reviews)
    day = next_review(agreement)

    assert AGREEMENT.index_of(agreement)["next_review"] == (day and day.isoformat())
    assert [each.due for each in reviews_due([agreement], on=on)] == ([] if day is None or day > on else [day])


def test_to_change_an_agreement_is_told_with_the_change() -> None:  # C033, C101
    decision = agreements.review(in_force(), "Too slow.", decision="change", change="chg-1", by=ANN, at=MONDAY)

    assert [event.type for event in decision.events] == ["agreement.reviewed", "agreement.change_requested"]
    assert decision.after.reviews[0].change == "chg-1"
    for told in ({"decision": "change"}, {"decision": "keep", "change": "chg-1"}):
        with pytest.raises(InvalidValue):
            agreements.review(in_force(), "Too slow.", by=ANN, at=MONDAY, **told)  # type: ignore[arg-type]
    with pytest.raises(TransitionNotAllowed):
        agreements.review(a_draft(), "x", decision="keep", by=ANN, at=MONDAY)


def test_what_ends_soon_is_due_for_renewal_with_the_last_day_for_notice() -> None:  # C030
    soon, later = in_force("a-1", last_day=date(2026, 5, 31)), in_force("a-2", last_day=date(2026, 6, 30))
    others = [
        in_force("a-3"),
        changed(in_force("a-4", last_day=date(2026, 5, 31)), successor="a-9"),
        agreements.terminate(in_force("a-5", last_day=date(2026, 6, 15)), "customer", by=ANN, at=MONDAY).after,
        a_draft("a-6", last_day=date(2026, 5, 31)),
        changed(in_force("a-7"), first_day=date(2026, 1, 1), last_day=date(2026, 3, 1)),  # it is over by now
    ]

    found = due_for_renewal([later, soon, *others], on=MONDAY.date(), days=120)

    assert [(each.agreement, each.last_day, each.notice_by) for each in found] == [
        ("a-1", date(2026, 5, 31), date(2026, 2, 28)),
        ("a-2", date(2026, 6, 30), date(2026, 3, 31)),
    ]
    assert [each.agreement for each in due_for_renewal([later, soon], on=MONDAY.date())] == ["a-1"]


def test_nobody_uses_a_service_unnoticed_after_the_end() -> None:  # C030
    agreement = in_force(last_day=date(2026, 3, 31))
    used = [(CAFE, "water"), (CAFE, "gas"), ("bakery", "water"), (CAFE, "water")]

    assert uncovered(used, [agreement], at=at(2026, 3, 31, 23)) == ((CAFE, "gas"), ("bakery", "water"))
    assert (CAFE, "water") in uncovered(used, [agreement], at=at(2026, 4, 1))
    group = {"bakery": ("mill", CAFE)}
    assert uncovered(used, [agreement], at=at(2026, 3, 31, 23), above=group) == ((CAFE, "gas"),)


def test_overlapping_lines_are_told() -> None:  # C028
    twice = a_draft(lines=(Line(service="water", levels=LEVELS), Line(service="water"), Line(service="gas")))
    apart = signed("a-2", first_day=date(2027, 1, 1))
    meanwhile = signed("a-3")

    assert overlapping(twice) == ("water",)
    short = a_draft(last_day=date(2026, 12, 31))
    assert overlapping(short, [short, apart]) == ()
    assert overlapping(short, [meanwhile]) == ("water",)
    assert overlapping(changed(short, predecessor="a-3"), [meanwhile]) == ()
    assert overlapping(changed(short, customer="bakery"), [meanwhile]) == ()
    assert overlapping(short, [changed(meanwhile, ended_at=MONDAY + DAY)]) == ()

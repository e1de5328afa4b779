"""A complaint becomes a row of a return: what was decided, given and passed on, and when it was closed."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given

from servicecrm import complaints
from servicecrm.complaints import Complaint, Feedback, RemedyStatus, Verdict
from servicecrm.complaints.codes import RemedyKind
from servicecrm.errors import InvalidValue
from servicecrm.interop.returns import Redress, ReturnRow, return_row
from servicecrm.interop.returns.asic import AsicRow
from servicecrm.kernel.records import evolve
from servicecrm.kernel.values import Money
from servicecrm.testing import strategies
from servicecrm.testing.makers import MONDAY, a_complaint, a_judgement

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MONEY = Money(amount=Decimal(25), currency="GBP")


def row(complaint: Complaint) -> ReturnRow:
    return return_row(complaint, product="Credit cards", issue="Delays/timescales")


def in_handling(**changes: object) -> Complaint:
    assigned = complaints.assign(
        complaints.acknowledge(a_complaint(), by="ann", at=MONDAY).after, "north", by="ann", at=MONDAY
    )
    return evolve(assigned.after, **changes)


def answered() -> Complaint:
    judged = in_handling(judgements=(a_judgement(verdict=Verdict.PARTLY),))
    return complaints.answer(judged, "We are sorry.", id="m", by="ann", at=MONDAY + DAY)[0].after


def test_a_complaint_is_closed_from_its_final_response_on() -> None:  # C048
    closed = complaints.close(answered(), "resolved", by="ann", at=MONDAY + 9 * DAY).after

    assert row(in_handling()).closed_at is None
    assert [row(each).closed_at for each in (answered(), closed)] == [MONDAY + DAY] * 2
    assert row(closed) == ReturnRow(
        complaint="CMP-2026-000001",
        product="Credit cards",
        issue="Delays/timescales",
        received_at=MONDAY,
        closed_at=MONDAY + DAY,
        verdict=Verdict.PARTLY,
    )
    reopened = complaints.reopen(closed, "Again.", by="ann", at=MONDAY + 10 * DAY).after
    assert row(reopened).closed_at is None
    assert row(evolve(closed, number=None)).complaint == closed.id


def test_what_is_withdrawn_before_the_answer_was_never_answered() -> None:  # C049
    early = complaints.withdraw(in_handling(), by="ann", at=MONDAY + DAY).after
    late = complaints.withdraw(answered(), by="ann", at=MONDAY + 2 * DAY).after

    assert [(row(each).withdrawn, row(each).closed_at) for each in (early, late)] == [
        (True, MONDAY + DAY),
        (False, MONDAY + DAY),
    ]


def test_redress_is_what_the_complainant_has_accepted_at_that_time() -> None:  # C047
    offered = in_handling()
    for _ in range(3):
        offered = complaints.offer(offered, "refund", amount=MONEY, by="ann", at=MONDAY + HOUR).after
    declined = complaints.decline_remedy(offered, 1, by="ann", at=MONDAY + 2 * HOUR).after
    accepted = complaints.accept_remedy(declined, 2, by="ann", at=MONDAY + 2 * HOUR).after
    provided = complaints.provide_remedy(accepted, 2, by="ann", at=MONDAY + DAY).after

    assert row(declined).redress == ()
    given = (Redress(kind=RemedyKind.REFUND, amount=MONEY, given_at=MONDAY + 2 * HOUR),)
    assert row(accepted).redress == row(provided).redress == given
    # Another system may only have known when it was paid.
    paid = evolve(provided.remedies[1], answered_at=None)
    assert [each.given_at for each in row(evolve(provided, remedies=(paid,))).redress] == [MONDAY + DAY]


def test_it_is_told_how_much_of_it_was_passed_on() -> None:  # C048
    part = complaints.refer(in_handling(), "the bank", whole=False, by="ann", at=MONDAY + HOUR).after
    whole = complaints.refer(in_handling(), "the bank", whole=True, by="ann", at=MONDAY + HOUR).after
    taken_back = complaints.reopen(whole, "It is ours.", by="ann", at=MONDAY + DAY).after

    told = [row(each).passed_on for each in (in_handling(), part, whole, taken_back)]
    assert told == ["no", "part", "whole", "no"]
    assert row(whole).closed_at == MONDAY + HOUR


def test_a_return_whose_rows_hold_more_is_given_more() -> None:
    found = return_row(
        answered(), product="Home loan", issue="Delay", of=AsicRow, brand="Example", channel="phone", outcome="Apology"
    )

    assert (found.brand, found.verdict, found.closed_at) == ("Example", Verdict.PARTLY, MONDAY + DAY)


def test_what_is_no_complaint_of_its_own_is_refused() -> None:  # C041, C055
    duplicate = complaints.merge(in_handling(), a_complaint(id="other"), by="ann", at=MONDAY + DAY)[0].after

    with pytest.raises(InvalidValue, match="this is a request"):
        row(evolve(in_handling(), feedback=Feedback.REQUEST))
    with pytest.raises(InvalidValue, match="goes on as another"):
        row(duplicate)


@given(strategies.complaints())
def test_a_row_of_any_complaint_says_what_its_complaint_says(complaint: Complaint) -> None:
    fits = evolve(complaint, feedback=Feedback.COMPLAINT, links=(), answered_at=None, closed_at=None, state="assessed")
    found = row(fits)

    assert (found.received_at, found.verdict, found.withdrawn) == (fits.received_at, fits.verdict, False)
    taken = [each for each in fits.remedies if each.status in (RemedyStatus.ACCEPTED, RemedyStatus.PROVIDED)]
    assert len(found.redress) == sum(bool(each.answered_at or each.provided_at) for each in taken)

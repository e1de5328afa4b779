"""The complaints return of the FCA counts each complaint once, and says all that is wrong with those it refuses."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.calendars import Calendar, holidays
from servicecrm.complaints.codes import RemedyKind, Verdict
from servicecrm.errors import InvalidValue, MalformedDocument
from servicecrm.interop.returns import Redress, ReturnRow, fca
from servicecrm.kernel.values import Money, Period

LONDON = ZoneInfo("Europe/London")
HALF_YEAR = Period(start=datetime(2026, 1, 1, tzinfo=LONDON), end=datetime(2026, 7, 1, tzinfo=LONDON))
OFFICE = Calendar(
    zone="Europe/London", hours="mon-fri 09:00-17:00", holidays=holidays({"2026-04-03": "", "2026-04-06": ""})
)
RECEIVED = datetime(2026, 3, 2, 10, tzinfo=LONDON)  # a Monday


def row(name: str = "c-1", **fields: Any) -> ReturnRow:
    return ReturnRow(
        **{
            "complaint": name,
            "product": "Credit cards",
            "issue": "Delays/timescales",
            "received_at": RECEIVED,
            **fields,
        }
    )


def closed(at: datetime, verdict: Verdict = Verdict.UNJUSTIFIED, **fields: Any) -> ReturnRow:
    return row(closed_at=at, verdict=verdict, **fields)


def paid(amount: str, *, at: datetime = RECEIVED, currency: str = "GBP", kind: str = "goodwill") -> Redress:
    return Redress(kind=RemedyKind(kind), amount=Money(amount=Decimal(amount), currency=currency), given_at=at)


def made(*rows: ReturnRow, **options: Any) -> fca.FcaReturn:
    return fca.complaints_return(rows, period=HALF_YEAR, calendar=OFFICE, **options)


times = st.datetimes(datetime(2025, 9, 1), datetime(2026, 12, 31), timezones=st.just(UTC))


@st.composite
def complaints(draw: st.DrawFn) -> ReturnRow:
    received = draw(times)
    over = draw(st.none() | st.timedeltas(timedelta(0), timedelta(days=120)))
    return ReturnRow(
        complaint=draw(st.uuids()).hex,
        product=draw(st.sampled_from(("Credit cards", "Travel"))),
        issue=draw(st.sampled_from(fca.CAUSES)),
        received_at=received,
        closed_at=None if over is None else received + over,
        verdict=None if over is None else draw(st.sampled_from(Verdict)),
        passed_on=draw(st.sampled_from(("no", "part", "whole"))),
        redress=tuple(
            Redress(kind=RemedyKind.COMPENSATION, amount=Money(amount=Decimal(n), currency="GBP"), given_at=draw(times))
            for n in draw(st.lists(st.integers(0, 500), max_size=2))
        ),
    )


@given(st.lists(complaints(), max_size=12))
def test_what_was_open_and_came_in_is_closed_or_still_open(rows: list[ReturnRow]) -> None:
    found = made(*rows)
    end = HALF_YEAR.end
    assert end is not None
    told = [
        each
        for each in rows
        if (each.passed_on != "whole" and each.verdict is not Verdict.OUT_OF_SCOPE)
        or (each.closed_at is not None and each.closed_at >= end)  # what was decided later is for the next return
    ]
    still_open = sum(each.received_at < end and (each.closed_at is None or each.closed_at >= end) for each in told)

    assert found.outstanding_at_start + found.opened - found.closed == still_open
    assert found.upheld <= found.closed
    assert found.opened == sum(int(str(n)) for line in found.products for n in line.causes.values())
    assert found.redress == sum(
        int(each.amount.amount)
        for complaint in told
        for each in complaint.redress
        if each.amount and HALF_YEAR.contains(each.given_at)
        and complaint.received_at < end
    )  # fmt: skip
    assert found.nil == (not found.products)


@pytest.mark.parametrize(
    ("at", "bucket"),
    [
        (datetime(2026, 3, 5, 17, tzinfo=LONDON), (1, 0, 0)),  # close of business on the third day after receipt
        (datetime(2026, 3, 5, 17, 0, 1, tzinfo=LONDON), (0, 1, 0)),
        (datetime(2026, 4, 27, 23, 59, tzinfo=LONDON), (0, 1, 0)),  # eight weeks, over the change of clocks
        (datetime(2026, 4, 28, 0, 0, 1, tzinfo=LONDON), (0, 0, 1)),
    ],
)
def test_speed_is_counted_to_the_close_of_the_third_business_day_and_to_the_end_of_eight_weeks(
    at: datetime, bucket: tuple[int, int, int]
) -> None:
    (line,) = made(closed(at)).products

    assert (line.closed_within_3_days, line.closed_within_8_weeks, line.closed_later) == bucket


def test_bank_holidays_are_no_business_days() -> None:
    before_easter = datetime(2026, 4, 2, 10, tzinfo=LONDON)
    (line,) = made(closed(datetime(2026, 4, 9, 16, tzinfo=LONDON), received_at=before_easter)).products

    assert line.closed_within_3_days == 1  # 7, 8 and 9 April


@pytest.mark.parametrize(
    ("verdict", "given", "counts"),
    [
        (Verdict.JUSTIFIED, (), 1),
        (Verdict.PARTLY, (), 1),
        (Verdict.UNJUSTIFIED, (paid("50"),), 0),  # goodwill after a rejection
        (Verdict.UNDETERMINED, (paid("50"),), 1),  # nobody can know, and goodwill was paid
        (Verdict.UNDETERMINED, (), 0),
    ],
)
def test_partly_upheld_is_upheld_and_goodwill_after_a_rejection_is_not(
    verdict: Verdict, given: tuple[Redress, ...], counts: int
) -> None:
    found = made(closed(RECEIVED + timedelta(days=9), verdict, redress=given))

    assert found.upheld == counts
    assert found.redress == 50 * len(given)
    assert [line.redress_upheld for line in found.products] == [50 * len(given) * counts]


def test_redress_counts_when_it_is_paid_even_after_the_complaint_was_closed() -> None:
    old = closed(
        datetime(2025, 12, 1, tzinfo=UTC),
        Verdict.JUSTIFIED,
        received_at=datetime(2025, 11, 1, tzinfo=UTC),
        redress=(paid("10.40"), paid("10.40"), paid("7", at=datetime(2025, 12, 2, tzinfo=UTC))),
    )
    found = made(old)

    assert (found.opened, found.closed, found.outstanding_at_start, found.redress) == (0, 0, 0, 21)


def test_a_period_holds_its_first_instant_and_not_its_end() -> None:
    assert HALF_YEAR.end is not None
    at_start = row(
        "a", received_at=HALF_YEAR.start, redress=(paid("3", at=HALF_YEAR.start), paid("5", at=HALF_YEAR.end))
    )
    at_end = row("b", received_at=HALF_YEAR.end)
    found = made(at_start, at_end)

    assert (found.opened, found.outstanding_at_start, found.redress) == (1, 0, 3)


def test_what_was_passed_on_whole_or_is_out_of_scope_is_left_out_and_named() -> None:
    found = made(
        row("whole", passed_on="whole", product=None),
        row("part", passed_on="part"),
        row("alien", closed_at=RECEIVED, verdict=Verdict.OUT_OF_SCOPE),
    )

    assert (found.opened, found.left_out) == (1, ("whole", "alien"))


@pytest.mark.parametrize(
    "later",
    [
        {"verdict": Verdict.OUT_OF_SCOPE},
        {"verdict": None},
        {"verdict": Verdict.JUSTIFIED},
        {"withdrawn": True},
        {"passed_on": "whole"},
    ],
)
def test_what_became_of_a_complaint_after_the_period_changes_nothing_in_it(later: dict[str, Any]) -> None:
    assert HALF_YEAR.end is not None
    interim = paid("30")
    known = made(row(redress=(interim,)))
    closed_later = row(closed_at=HALF_YEAR.end, redress=(interim, paid("5", at=HALF_YEAR.end)), **later)

    assert made(closed_later) == known
    assert (known.opened, known.closed, known.upheld, known.redress) == (1, 0, 0, 30)
    assert fca.findings([closed_later], period=HALF_YEAR) == ()


def test_what_is_paid_after_the_period_upholds_nothing_in_it() -> None:
    assert HALF_YEAR.end is not None
    given = [paid("50", at=HALF_YEAR.end - n * timedelta.resolution) for n in (0, 1)]

    assert [made(closed(RECEIVED, Verdict.UNDETERMINED, redress=(each,))).upheld for each in given] == [0, 1]


def test_what_is_closed_in_the_period_needs_a_verdict() -> None:
    assert HALF_YEAR.end is not None
    last = row(closed_at=HALF_YEAR.end - timedelta(microseconds=1))

    assert [each.field for each in fca.findings([last], period=HALF_YEAR)] == ["verdict"]


def test_a_withdrawn_complaint_is_closed_and_not_upheld() -> None:
    found = made(row(closed_at=RECEIVED, withdrawn=True))

    assert (found.closed, found.upheld) == (1, 0)


def test_every_finding_is_told_and_not_only_the_first() -> None:
    with pytest.raises(MalformedDocument) as refused:
        made(
            row("c-1", product=None, issue="Rudeness"),
            row("c-2", product="Boats", closed_at=RECEIVED, redress=(paid("5", currency="EUR"),)),
            row("c-3", product="Travel"),
            row("c-3", product="Travel"),
            products=("Travel",),
        )

    said = refused.value.problems
    assert [each.split(":")[0] for each in said] == [
        "c-3.complaint", "c-1.product", "c-1.issue", "c-2.product", "c-2.redress", "c-2.verdict",
    ]  # fmt: skip
    assert "Rudeness" not in str(refused.value)


def test_without_complaints_there_is_nothing_to_report() -> None:
    assert made().nil
    assert made().rows() == []
    assert not made(row()).nil


def test_products_stand_in_the_order_that_was_given_and_rows_name_the_causes() -> None:
    found = made(row("a", product="Travel"), row("b"), products=("Travel", "Boats", "Credit cards"))

    assert [line["product"] for line in found.rows()] == ["Travel", "Credit cards"]
    assert found.rows()[0]["opened: Delays/timescales"] == 1
    assert found.rows()[0]["closed"] == 0


def test_a_period_without_an_end_and_a_closing_before_the_receipt_are_refused() -> None:
    with pytest.raises(InvalidValue, match="has an end"):
        fca.complaints_return((), period=Period(start=RECEIVED), calendar=OFFICE)
    with pytest.raises(InvalidValue, match="after it was received"):
        row(closed_at=RECEIVED - timedelta(seconds=1))
    with pytest.raises(InvalidValue, match="withdrawn is closed"):
        row(withdrawn=True)

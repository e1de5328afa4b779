"""The data for ASIC: a row for every complaint of the period, as it stood when the period ended."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.complaints.codes import RemedyKind
from servicecrm.errors import InvalidValue, MalformedDocument
from servicecrm.interop.returns import Redress, asic
from servicecrm.interop.returns.asic import AsicRow
from servicecrm.kernel.values import Money, Period

SYDNEY = ZoneInfo("Australia/Sydney")
HALF_YEAR = Period(start=datetime(2026, 1, 1, tzinfo=SYDNEY), end=datetime(2026, 7, 1, tzinfo=SYDNEY))
RECEIVED = datetime(2026, 2, 10, 23, 30, tzinfo=SYDNEY)
CODES = {"Complaint status": {"open": "1", "closed": "2"}, "Complaint channel": {"phone": "3"}}


def row(name: str = "c-1", **fields: Any) -> AsicRow:
    return AsicRow(
        **{
            "complaint": name,
            "brand": "Example Super",
            "product": "Home loan",
            "issue": "Delay",
            "channel": "phone",
            "received_at": RECEIVED,
            **fields,
        }
    )


def made(*rows: AsicRow, **options: Any) -> list[dict[str, asic.Value]]:
    return asic.rows(rows, period=HALF_YEAR, zone=SYDNEY, **options)


def test_a_row_has_the_elements_in_their_order() -> None:
    paid = Redress(kind=RemedyKind.REFUND, amount=Money(amount=Decimal("99.50"), currency="AUD"), given_at=RECEIVED)
    (found,) = made(
        row(closed_at=RECEIVED + timedelta(hours=1), outcome="Refund", age=41, redress=(paid,)), codes=CODES
    )

    assert list(found.items()) == [
        ("Complaint unique identifier", "c-1"),
        ("Brand", "Example Super"),
        ("Complainant type", None),
        ("Complainant gender", None),
        ("Complainant age", 41),
        ("Complainant postcode", None),
        ("Complaint status", "2"),
        ("Complaint channel", "3"),
        ("Date complaint received", date(2026, 2, 10)),
        ("Date complaint closed", date(2026, 2, 11)),
        ("Number of days open", 1),
        ("Representative", None),
        ("Product or service", "Home loan"),
        ("Complaint issue", "Delay"),
        ("Complaint outcome", "Refund"),
        ("Monetary remedy", Decimal("99.50")),
    ]


@given(st.integers(-400, 400), st.none() | st.integers(0, 400))
def test_reported_is_what_was_open_in_the_period(start: int, days: int | None) -> None:
    received = RECEIVED + timedelta(days=start)
    closed = None if days is None else received + timedelta(days=days)
    found = made(row(received_at=received, closed_at=closed, outcome="Refund"))

    assert HALF_YEAR.end is not None
    assert bool(found) == (received < HALF_YEAR.end and (closed is None or closed >= HALF_YEAR.start))


def test_what_was_closed_after_the_period_is_told_as_open() -> None:
    (found,) = made(row(closed_at=datetime(2026, 7, 1, tzinfo=SYDNEY), outcome="Refund"))

    told = ("Complaint status", "Date complaint closed", "Number of days open", "Complaint outcome")
    assert [found[name] for name in told] == ["open", None, None, None]


def test_what_is_paid_after_the_period_is_not_told_yet() -> None:
    assert HALF_YEAR.end is not None
    money = Money(amount=Decimal(5), currency="AUD")
    given = [Redress(kind=RemedyKind.REFUND, amount=money, given_at=at) for at in (RECEIVED, HALF_YEAR.end)]
    (found,) = made(row(closed_at=RECEIVED, outcome="Refund", redress=tuple(given)))

    assert found["Monetary remedy"] == 5


def test_no_money_is_no_remedy() -> None:
    sorry = Redress(kind=RemedyKind.APOLOGY, given_at=RECEIVED)
    (found,) = made(row(closed_at=RECEIVED, outcome="Apology", redress=(sorry,)))

    assert found["Monetary remedy"] is None


def test_a_withdrawn_complaint_is_told_as_such() -> None:
    (found,) = made(row(closed_at=RECEIVED, withdrawn=True))

    assert (found["Complaint status"], found["Complaint outcome"]) == ("withdrawn", None)
    with pytest.raises(MalformedDocument, match="Complaint outcome"):  # what was answered has one
        made(row(closed_at=RECEIVED))


def test_every_finding_is_told_and_not_only_the_first() -> None:
    euros = Redress(kind=RemedyKind.REFUND, amount=Money(amount=Decimal(1), currency="EUR"), given_at=RECEIVED)
    with pytest.raises(MalformedDocument) as refused:
        made(
            row("c-1", product=None, closed_at=RECEIVED, redress=(euros,)),
            row("c-2", channel="pigeon"),
            row("c-2"),
            codes=CODES,
        )

    assert [each.split(":")[0] for each in refused.value.problems] == [
        "c-2.complaint", "c-1.redress", "c-1.Product or service", "c-1.Complaint outcome", "c-2.Complaint channel",
    ]  # fmt: skip
    assert "pigeon" not in str(refused.value)


def test_without_codes_the_words_stay() -> None:
    (found,) = made(row())

    assert (found["Complaint channel"], found["Complaint status"]) == ("phone", "open")


def test_a_negative_age_is_refused() -> None:
    with pytest.raises(InvalidValue, match="0 or more"):
        row(age=-1)

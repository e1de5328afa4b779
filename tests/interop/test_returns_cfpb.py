"""Complaints in the columns and the words of the CFPB; nobody reads a narrative without consent."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.complaints.codes import RemedyKind
from servicecrm.errors import InvalidValue, MalformedDocument
from servicecrm.interop.returns import Redress, cfpb
from servicecrm.interop.returns.cfpb import CfpbRow, CompanyResponse, Consent
from servicecrm.kernel.records import evolve
from servicecrm.kernel.values import Money

SENT = datetime(2026, 1, 20, 15, tzinfo=UTC)
LATER = datetime(2026, 12, 1, tzinfo=UTC)


def row(name: str = "1563246", **fields: Any) -> CfpbRow:
    return CfpbRow(
        **{
            "complaint": name,
            "product": "Credit card",
            "issue": "Billing disputes",
            "company": "EXAMPLE BANK, N.A.",
            "received_at": SENT,
            "sent_at": SENT,
            "submitted_via": "Web",
            **fields,
        }
    )


def done(kind: str, amount: str | None = None, currency: str = "USD") -> Redress:
    money = None if amount is None else Money(amount=Decimal(amount), currency=currency)
    return Redress(kind=RemedyKind(kind), amount=money, given_at=SENT)


def day(n: int, hour: int = 15) -> datetime:
    return SENT.replace(hour=hour) + timedelta(days=n)


def test_a_row_has_the_columns_of_the_database_in_their_order() -> None:
    (found,) = cfpb.rows(
        [
            row(
                sub_product="Store card",
                state="CA",
                zip_code="92692",
                tags=frozenset({"Servicemember", "Older American"}),
                consent=Consent.NOT_PROVIDED,
                closed_at=day(3),
                redress=(done("refund", "12.50"),),
            )
        ],
        at=LATER,
    )

    assert tuple(found) == cfpb.COLUMNS
    assert found == {
        "Date received": "01/20/2026",
        "Product": "Credit card",
        "Sub-product": "Store card",
        "Issue": "Billing disputes",
        "Sub-issue": "",
        "Consumer complaint narrative": "",
        "Company public response": "",
        "Company": "EXAMPLE BANK, N.A.",
        "State": "CA",
        "ZIP code": "92692",
        "Tags": "Older American, Servicemember",
        "Consumer consent provided?": "Consent not provided",
        "Submitted via": "Web",
        "Date sent to company": "01/20/2026",
        "Company response to consumer": "Closed with monetary relief",
        "Timely response?": "Yes",
        "Consumer disputed?": "N/A",
        "Complaint ID": "1563246",
    }


@pytest.mark.parametrize("consent", Consent)
def test_a_narrative_is_published_with_consent_only(consent: Consent) -> None:
    (found,) = cfpb.rows([row(narrative="They charged me twice", consent=consent)], at=SENT)

    assert bool(found["Consumer complaint narrative"]) == (consent is Consent.PROVIDED)


@pytest.mark.parametrize(
    ("given", "response"),
    [
        ((), CompanyResponse.EXPLANATION),
        ((done("apology"), done("information")), CompanyResponse.EXPLANATION),
        ((done("apology"), done("repair")), CompanyResponse.NON_MONETARY),
        ((done("repair"), done("refund", "1")), CompanyResponse.MONETARY),
        ((done("refund", "0"),), CompanyResponse.NON_MONETARY),
    ],
)
def test_the_response_says_how_the_consumer_was_relieved(given: tuple[Redress, ...], response: CompanyResponse) -> None:
    assert cfpb.response(row(closed_at=day(1), redress=given), at=LATER) is response


def test_what_was_given_later_is_not_told_before() -> None:
    given = evolve(done("refund", "12.50"), given_at=day(9))
    complaint = row(closed_at=day(1), redress=(given,))

    assert cfpb.response(complaint, at=day(9) - timedelta(microseconds=1)) is CompanyResponse.EXPLANATION
    assert cfpb.response(complaint, at=day(9)) is CompanyResponse.MONETARY


def test_an_administrative_closing_is_just_closed() -> None:
    assert cfpb.response(row(closed_at=day(1), administrative=True), at=LATER) is CompanyResponse.CLOSED


@pytest.mark.parametrize(
    ("fields", "at", "response", "timely"),
    [
        ({}, day(15), CompanyResponse.IN_PROGRESS, True),  # the fifteenth day is not over
        ({}, day(16), CompanyResponse.UNTIMELY, False),
        ({"responded_at": day(14)}, day(60), CompanyResponse.IN_PROGRESS, True),
        ({"responded_at": day(14)}, day(61), CompanyResponse.UNTIMELY, False),
        ({"responded_at": day(14), "closed_at": day(60)}, LATER, CompanyResponse.EXPLANATION, True),
        ({"responded_at": day(14), "closed_at": day(61)}, LATER, CompanyResponse.EXPLANATION, False),
        ({"closed_at": day(16)}, LATER, CompanyResponse.EXPLANATION, False),
        ({"closed_at": day(16)}, day(10), CompanyResponse.IN_PROGRESS, True),  # as it was then
        ({"closed_at": datetime(2026, 2, 5, 4, 59, tzinfo=UTC)}, LATER, CompanyResponse.EXPLANATION, True),
        ({"closed_at": datetime(2026, 2, 5, 5, 0, tzinfo=UTC)}, LATER, CompanyResponse.EXPLANATION, False),
    ],
)
def test_15_days_to_respond_and_60_to_close_end_with_the_day_in_washington(
    fields: dict[str, Any], at: datetime, response: CompanyResponse, timely: bool
) -> None:
    assert (cfpb.response(row(**fields), at=at), cfpb.timely(row(**fields), at=at)) == (response, timely)


@given(st.integers(0, 90), st.integers(0, 90), st.integers(0, 120))
def test_what_is_untimely_stays_so(first: int, more: int, later: int) -> None:
    complaint = row(responded_at=day(first), closed_at=day(first + more))
    known = [cfpb.timely(complaint, at=day(n)) for n in (later, later + 30, 400)]

    assert known == sorted(known, reverse=True)


def test_every_finding_is_told_and_not_only_the_first() -> None:
    with pytest.raises(MalformedDocument) as refused:
        cfpb.rows(
            [
                row(
                    "1", product=None, submitted_via="Pigeon", public_response="We are sorry", tags=frozenset({"Rich"})
                ),
                row("2", issue=None, state="California", redress=(done("refund", "3", "EUR"),)),
                row("3"),
                row("3"),
            ],
            at=LATER,
        )

    assert [each.split(":")[0] for each in refused.value.problems] == [
        "3.complaint", "1.product", "1.submitted_via", "1.public_response", "1.tags", "2.issue", "2.state", "2.redress",
    ]  # fmt: skip
    assert "California" not in str(refused.value)
    assert "Rich" not in str(refused.value)


def test_the_listed_words_of_the_database_are_taken() -> None:
    for n, words in enumerate(cfpb.PUBLIC_RESPONSES):
        (found,) = cfpb.rows([row(str(n), public_response=words)], at=SENT)
        assert found["Company public response"] == words


def test_times_out_of_order_are_refused() -> None:
    with pytest.raises(InvalidValue, match="in this order"):
        row(responded_at=day(-1))
    with pytest.raises(InvalidValue, match="in this order"):
        row(responded_at=day(2), closed_at=day(1))

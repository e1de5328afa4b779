from datetime import UTC, datetime, timedelta
from decimal import Decimal, localcontext
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.errors import InvalidValue, NaiveDatetime
from servicecrm.kernel.documents import Schema, from_text, to_text
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.records import ERASED, Personal, evolve, personal_fields, record
from servicecrm.kernel.values import Attachment, ContactKind, ContactPoint, Money, Period, fallbacks, language_tag

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DIGEST = "0123456789abcdef" * 4

amounts = st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**30), max_value=10**30)
# A record refuses the first and last hours of the calendar, which some zone shows and UTC has not.
instants = st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31), timezones=st.timezones() | st.just(UTC))


def euros(amount: str | Decimal) -> Money:
    return Money(amount=Decimal(amount), currency="EUR")


@st.composite
def periods(draw: st.DrawFn) -> Period:
    start = draw(st.integers(0, 20))
    length = draw(st.none() | st.integers(1, 10))
    return Period(start=NOON + start * HOUR, end=None if length is None else NOON + (start + length) * HOUR)


# -- money ---------------------------------------------------------------------------------------


@given(amounts, amounts)
def test_what_is_added_can_be_taken_away_again_to_the_last_digit(a: Decimal, b: Decimal) -> None:
    assert euros(a) + euros(b) - euros(b) == euros(a)


def test_a_sum_does_not_depend_on_the_precision_that_the_host_has_set() -> None:
    with localcontext() as context:
        context.prec = 3
        assert euros("1000.01") + euros("0.02") == euros("1000.03")
        assert euros("1000.01") - euros("0.02") == euros("999.99")


def test_a_sum_that_would_have_to_be_rounded_is_refused() -> None:
    with pytest.raises(InvalidValue, match="at most 100 digits"):
        euros("1E+200") + euros("0.01")


@given(amounts, amounts)
def test_amounts_of_one_currency_are_ordered_as_numbers_are(a: Decimal, b: Decimal) -> None:
    assert (euros(a) < euros(b), euros(a) <= euros(b)) == (a < b, a <= b)
    assert (euros(a) > euros(b), euros(a) >= euros(b)) == (a > b, a >= b)


def test_equal_amounts_are_equal_however_many_digits_they_are_written_with() -> None:
    assert euros("2.5") == euros("2.50")
    assert len({euros("2.5"), euros("2.50")}) == 1
    assert str((euros("2.50") + euros("0")).amount) == "2.50"


@pytest.mark.parametrize("operation", ["__add__", "__sub__", "__lt__", "__le__", "__gt__", "__ge__"])
def test_two_currencies_do_not_mix(operation: str) -> None:
    with pytest.raises(InvalidValue, match="EUR and USD do not mix; convert one of them first"):
        getattr(euros("1"), operation)(Money(amount=Decimal(1), currency="USD"))
    assert euros("1") != Money(amount=Decimal(1), currency="USD")


def test_money_does_not_mix_with_plain_numbers() -> None:
    with pytest.raises(TypeError):
        euros("1") + 1  # type: ignore[operator]
    with pytest.raises(TypeError):
        euros("1") - Decimal(1)  # type: ignore[operator]
    with pytest.raises(TypeError):
        euros("1") < 2  # type: ignore[operator]  # noqa: B015 - it is the comparison that raises


@pytest.mark.parametrize("amount", [1.5, 1, True, "1.50", Decimal("NaN"), Decimal("Infinity")])
def test_an_amount_is_a_finite_decimal(amount: Decimal) -> None:
    with pytest.raises(InvalidValue, match=r"Money\.amount"):
        Money(amount=amount, currency="EUR")


@pytest.mark.parametrize("currency", ["eur", "EU", "EURO", "E1R", "ÄUR", "EUR\n", ""])
def test_a_currency_is_three_capital_letters(currency: str) -> None:
    with pytest.raises(InvalidValue, match="three capital letters"):
        Money(amount=Decimal(1), currency=currency)


# -- periods -------------------------------------------------------------------------------------


def test_a_period_holds_its_start_and_not_its_end() -> None:
    period = Period(start=NOON, end=NOON + HOUR)
    tick = timedelta(microseconds=1)

    assert [period.contains(NOON + d) for d in (-tick, timedelta(0), HOUR - tick, HOUR)] == [False, True, True, False]


def test_a_period_without_an_end_goes_on() -> None:
    assert Period(start=NOON).contains(datetime.max.replace(tzinfo=UTC))
    assert not Period(start=NOON).contains(NOON - HOUR)


@given(periods(), periods())
def test_two_periods_overlap_exactly_when_an_instant_lies_in_both(a: Period, b: Period) -> None:
    shared = any(a.contains(at) and b.contains(at) for at in (a.start, b.start))  # an overlap begins with one of them

    assert a.overlaps(b) is b.overlaps(a) is shared


@given(instants, instants)
def test_a_period_starts_before_it_ends_whatever_zones_they_are_told_in(start: datetime, end: datetime) -> None:
    if micros(start) < micros(end):
        assert Period(start=start, end=end).contains(start)
        assert not Period(start=start, end=end).contains(end)
    else:
        with pytest.raises(InvalidValue, match="starts before it ends"):
            Period(start=start, end=end)


def test_an_hour_that_the_clock_shows_twice_is_not_empty() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    first, second = (datetime(2026, 10, 25, 2, 30, tzinfo=berlin, fold=fold) for fold in (0, 1))
    period = Period(start=first, end=second)

    assert period.contains(first)
    assert period.contains(datetime(2026, 10, 25, 1, 0, tzinfo=UTC))
    assert not period.contains(second)
    with pytest.raises(InvalidValue, match="starts before it ends"):
        Period(start=second, end=first)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(NaiveDatetime):
        Period(start=datetime(2026, 1, 1))
    with pytest.raises(NaiveDatetime):
        Period(start=NOON).contains(datetime(2026, 4, 1))


# -- contact points ------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["ann@city.example", '"a b"@city.example', "bürger@stadt.example", "a@localhost"])
def test_an_email_address_is_something_at_something(address: str) -> None:
    assert ContactPoint(kind=ContactKind.EMAIL, value=address).value == address


@pytest.mark.parametrize("address", ["ann", "@city.example", "ann@", "@", " @ "])
def test_an_email_address_without_both_sides_is_refused_and_not_shown(address: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        ContactPoint(kind=ContactKind.EMAIL, value=address)
    assert str(refused.value) == "ContactPoint.value: an e-mail address is something@something"


@pytest.mark.parametrize("kind", ContactKind)
def test_a_contact_point_is_not_blank(kind: ContactKind) -> None:
    with pytest.raises(InvalidValue, match=r"ContactPoint\.value"):
        ContactPoint(kind=kind, value="  ")


@pytest.mark.parametrize("kind", ContactKind)
def test_a_contact_point_of_every_kind_can_be_erased(kind: ContactKind) -> None:
    point = ContactPoint(kind=kind, value="ann@city.example")

    assert evolve(point, value=ERASED).value == ERASED


def test_an_address_stays_out_of_the_repr() -> None:
    assert "ann" not in repr(ContactPoint(kind=ContactKind.EMAIL, value="ann@city.example"))
    assert personal_fields(ContactPoint) == {"value"}


# -- languages -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("de", "de"),
        ("DE-at", "de-AT"),
        ("zh-hANT", "zh-Hant"),
        ("ZH-HANT-tw", "zh-Hant-TW"),
        ("gsw", "gsw"),
        ("es-419", "es-419"),
    ],
)
def test_a_language_tag_gets_its_usual_case(text: str, tag: str) -> None:  # C093
    assert language_tag(text) == tag
    assert language_tag(language_tag(text)) == tag


@pytest.mark.parametrize(
    "text", ["", "d", "de_AT", "de-", "de-AUT", "de-AT-Latn", "german", "de\n", "\u017fv", "de-٤١٩"]
)
def test_a_text_of_another_shape_is_no_language(text: str) -> None:
    with pytest.raises(InvalidValue, match="such as de, de-AT or zh-Hant"):
        language_tag(text)


def test_a_language_falls_back_to_the_wider_one() -> None:  # C093
    assert fallbacks(language_tag("de")) == ("de",)
    assert fallbacks(language_tag("de-AT")) == ("de-AT", "de")
    assert fallbacks(language_tag("zh-Hant-TW")) == ("zh-Hant-TW", "zh-Hant", "zh")


# -- attachments ---------------------------------------------------------------------------------


def attachment(**changes: object) -> Attachment:
    whole = Attachment(name="letter.pdf", media_type="application/pdf", size=0, digest=DIGEST, location="files/17")
    return evolve(whole, **changes)


def test_an_attachment_may_be_empty_and_keeps_its_name_out_of_the_repr() -> None:
    assert attachment(size=0).size == 0
    assert "letter" not in repr(attachment())
    assert personal_fields(Attachment) == {"name"}


@pytest.mark.parametrize("digest", ["", DIGEST[1:], DIGEST + "0", DIGEST.upper(), DIGEST[1:] + "g", DIGEST + "\n"])
def test_a_digest_is_a_sha256_in_hex(digest: str) -> None:
    with pytest.raises(InvalidValue, match=r"Attachment\.digest: .* 64 lower-case hex digits"):
        attachment(digest=digest)


def test_a_size_is_not_negative() -> None:
    with pytest.raises(InvalidValue, match=r"Attachment\.size"):
        attachment(size=-1)


# -- documents -----------------------------------------------------------------------------------


@record
class Everything:
    money: Money
    period: Period
    points: tuple[ContactPoint, ...]
    attachments: tuple[Attachment, ...]
    note: Personal[str]


def test_every_value_comes_back_from_its_document() -> None:
    schema = Schema("everything", Everything)
    whole = Everything(
        money=euros("12.50"),
        period=Period(start=NOON),
        points=(ContactPoint(kind=ContactKind.PHONE, value="+49 30 1234"),),
        attachments=(attachment(),),
        note="kept",
    )

    assert schema.load(from_text(to_text(schema.dump(whole)))) == whole

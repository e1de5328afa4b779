"""The right person, on the right channel, at the right time; and only with consent."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm import portfolio
from servicecrm.errors import InvalidValue, PolicyViolation
from servicecrm.kernel.values import ContactKind, ContactPoint
from servicecrm.portfolio import Channel, Datatype, PortfolioPolicy, ProfileField, Purpose
from servicecrm.testing.makers import MONDAY
from tests.portfolio.making import BY, DAY, a_contact, a_customer

HANDOVER = MONDAY + 5 * DAY


def point(value: str, kind: str = "email") -> ContactPoint:
    return ContactPoint(kind=ContactKind(kind), value=value)


def test_on_the_day_of_a_handover_the_new_contact_is_the_one_to_turn_to() -> None:  # C012
    old = a_contact("old", primary={"emergency"}, until=HANDOVER)
    new = a_contact("new", primary={"emergency"}, since=HANDOVER)
    customer = a_customer(contacts=[a_contact("mia"), old, new])

    for at, who in ((HANDOVER - DAY, "old"), (HANDOVER, "new"), (HANDOVER + DAY, "new")):
        found = portfolio.contact_for(customer, "emergency", at=at)
        assert found is not None
        assert found.id == who


def test_without_a_contact_for_a_purpose_it_is_the_primary_one_for_things_in_general() -> None:  # C012
    others = [a_contact("first"), a_contact("user", role="user", primary={"escalation"})]
    customer = a_customer(contacts=[*others, a_contact("mia", primary={"general"})])

    found = portfolio.contact_for(customer, "escalation", at=MONDAY)
    assert found is not None
    assert found.id == "mia"
    assert portfolio.contact_for(a_customer(contacts=[a_contact(until=MONDAY)]), "general", at=MONDAY) is None


days = st.none() | st.integers(0, 6)


@given(st.lists(st.tuples(days, days, st.sets(st.sampled_from(Purpose), max_size=2)), max_size=4))
def test_nobody_comes_first_for_the_same_thing_at_the_same_time(
    spans: list[tuple[Any, Any, set[Purpose]]],
) -> None:  # C012
    contacts = [
        a_contact(
            str(n),
            primary=primary,
            since=None if since is None else MONDAY + since * DAY,
            until=None if until is None else MONDAY + max(until, since or 0) * DAY,
        )
        for n, (since, until, primary) in enumerate(spans)
    ]
    moments = [MONDAY + n * DAY / 2 for n in range(-2, 20)]
    first = [[each for each in contacts if each.holds(at)] for at in moments]
    if any(sum(purpose in each.primary for each in there) > 1 for there in first for purpose in Purpose):
        with pytest.raises(PolicyViolation, match="are both primary for"):
            a_customer(contacts=contacts)
    else:
        assert a_customer(contacts=contacts).contacts == tuple(contacts)


def test_a_contact_is_changed_and_ends_without_forgetting_who_it_was() -> None:  # C012
    customer = a_customer(contacts=[a_contact()])
    changed = portfolio.change_contact(customer, "mia", function="Manager", until=HANDOVER, **BY).after.contacts[0]

    assert (changed.name, changed.function, changed.until) == ("Mia Holt", "Manager", HANDOVER)
    with pytest.raises(InvalidValue, match="no contact 'tom'; known: mia"):
        portfolio.change_contact(customer, "tom", function="Manager", **BY)
    with pytest.raises(InvalidValue, match="nothing to change"):
        portfolio.change_contact(customer, "mia", **BY)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": " "},
        {"purposes": "general"},
        {"purposes": ["x"]},
        {"since": HANDOVER, "until": MONDAY},
        {"language": "?"},
    ],
)
def test_what_is_no_contact_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue):
        a_contact(**wrong)


def test_a_person_stands_once_at_a_customer_and_at_as_many_customers_as_need_be() -> None:  # C012
    with pytest.raises(PolicyViolation, match="mia is there already"):
        portfolio.add_contact(a_customer(), a_contact(), **BY)
    assert a_customer("c-2").contacts == a_customer("c-1").contacts


# -- channels and consent ------------------------------------------------------------------------


def test_channels_are_those_of_the_customer_or_of_what_it_is_a_part_of_or_of_the_house() -> None:  # C014
    policy = PortfolioPolicy(channels=(Channel(purpose=Purpose.COMPLAINTS, points=(point("help@city.example"),)),))
    whole = portfolio.set_channel(a_customer("whole"), "ordering", [point("shop@whole.example")], **BY).after
    part = portfolio.set_channel(a_customer("part"), "escalation", [point("+43 1 234567", "phone")], **BY).after

    def values(purpose: str) -> list[str]:
        return [each.value for each in portfolio.channels_for(part, purpose, above=[whole], policy=policy)]

    assert values("escalation") == ["+43 1 234567"]
    assert values("ordering") == ["shop@whole.example"]
    assert values("complaints") == ["help@city.example"]
    assert values("reviews") == []


def test_an_empty_channel_is_none() -> None:  # C014
    customer = portfolio.set_channel(a_customer(), "ordering", [point("a@b.example")], **BY).after
    assert portfolio.set_channel(customer, "ordering", [], **BY).after.channels == ()


def test_a_channel_that_needs_a_consent_is_used_only_while_there_is_one() -> None:  # C014
    customer = portfolio.set_channel(a_customer(), "general", [point("a@b.example")], needs="news", **BY).after
    assert portfolio.channels_for(customer, "general") == ()

    agreed = portfolio.consent(customer, "news", given=True, source="form", **BY).after
    assert len(portfolio.channels_for(agreed, "general")) == 1
    taken_back = portfolio.consent(agreed, "news", given=False, source="mail", **BY).after
    assert portfolio.channels_for(taken_back, "general") == ()


said_once = st.tuples(st.sampled_from([None, "mia"]), st.integers(0, 9), st.booleans())


@given(st.lists(said_once, max_size=8), st.integers(0, 9))
def test_what_was_said_last_by_a_time_is_what_somebody_consents_to(
    said: list[tuple[str | None, int, bool]], day: int
) -> None:
    customer = a_customer()
    for person, on, given_ in said:
        at = MONDAY + 10 * DAY
        customer = portfolio.consent(
            customer, "news", given=given_, source="form", person=person, by="ann", at=at, occurred_at=MONDAY + on * DAY
        ).after

    for person in (None, "mia"):
        told = sorted(((on, n, given_) for n, (who, on, given_) in enumerate(said) if who == person and on <= day))
        expected = bool(told) and told[-1][2]
        assert portfolio.consented(customer, "news", person=person, at=MONDAY + day * DAY) == expected


# -- profile -------------------------------------------------------------------------------------

POLICY = PortfolioPolicy(
    fields=(
        ProfileField(name="size", datatype=Datatype.NUMBER, weight=3),
        ProfileField(name="branch", datatype=Datatype.CHOICE, choices=("food", "trade")),
        ProfileField(name="birthday", datatype=Datatype.DATE, consent="profiling", weight=0),
    ),
    trusted=("register", "call"),
)


def collect(customer: portfolio.Customer, field: str, value: str, source: str, day: int = 0) -> portfolio.Customer:
    when = MONDAY + day * DAY
    return portfolio.collect(customer, field, value, source=source, policy=POLICY, by="ann", at=when).after


def test_of_two_sources_the_trusted_one_counts_and_the_other_stays_visible() -> None:  # C018
    customer = collect(collect(a_customer(), "size", "12", "register"), "size", "20", "website", 3)

    known = portfolio.known(customer, "size", policy=POLICY)
    assert known is not None
    assert (known.value, known.of.source) == (12.0, "register")
    assert [(other.source, other.value) for other in known.others] == [("website", "20")]


def test_of_equally_trusted_sources_the_newest_counts() -> None:  # C018
    customer = collect(collect(a_customer(), "size", "20", "website", 3), "size", "12", "flyer")

    known = portfolio.known(customer, "size", policy=POLICY)
    assert known is not None
    assert known.value == 20.0


def test_a_source_corrects_itself_and_does_not_go_back() -> None:  # C018
    customer = collect(collect(a_customer(), "size", "12", "call"), "size", "13", "call", 2)

    assert [each.value for each in customer.profile] == ["13"]
    assert [each.value for each in collect(customer, "size", "14", "call", 2).profile] == ["14"]
    with pytest.raises(PolicyViolation, match="something later already"):
        collect(customer, "size", "11", "call", 1)


def test_a_field_of_a_person_needs_consent_and_is_not_known_without() -> None:
    with pytest.raises(PolicyViolation, match="only with the consent to profiling"):
        collect(a_customer(), "birthday", "1970-01-01", "call")
    agreed = portfolio.consent(a_customer(), "profiling", given=True, source="form", **BY).after
    told = collect(agreed, "birthday", "1970-01-01", "call")
    assert portfolio.known(told, "birthday", policy=POLICY) is not None
    taken_back = portfolio.consent(told, "profiling", given=False, source="form", **BY).after
    assert portfolio.known(taken_back, "birthday", policy=POLICY) is None


@pytest.mark.parametrize(("field", "value"), [("size", "big"), ("size", "nan"), ("branch", "steel"), ("size", " ")])
def test_a_value_has_the_type_of_its_field(field: str, value: str) -> None:  # C018
    with pytest.raises(InvalidValue):
        collect(a_customer(), field, value, "call")
    with pytest.raises(PolicyViolation, match="known: size, branch, birthday"):
        collect(a_customer(), "colour", "red", "call")


def test_completeness_is_the_weighted_share_of_what_is_known() -> None:  # K06, C018
    half = collect(a_customer(), "size", "12", "call")

    assert portfolio.completeness([half], policy=POLICY) == 0.75
    assert portfolio.completeness([half, a_customer("c-2")], policy=POLICY) == 0.375
    assert portfolio.completeness([], policy=POLICY) is None
    assert portfolio.completeness([half]) is None

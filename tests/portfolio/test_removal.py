"""Customers are removed when nothing is in the way, merged by people, parted again; and personal data goes for good."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm import portfolio
from servicecrm.errors import GuardNotMet, InvalidValue, PolicyViolation, ServiceCRMError, TransitionNotAllowed
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.kernel.records import ERASED, field_names, fields_of, personal_fields
from servicecrm.kernel.values import ContactKind, ContactPoint, Period
from servicecrm.portfolio import (
    CUSTOMER,
    Blocker,
    Criterion,
    Customer,
    Interaction,
    Partner,
    PortfolioPolicy,
    ProfileField,
    Prospect,
    interactions,
    partners,
    prospects,
)
from servicecrm.portfolio.schema import INTERACTION, PARTNER, PROSPECT
from servicecrm.testing.makers import MONDAY
from tests.portfolio.making import BY, DAY, a_contact, a_customer, a_partner, a_prospect, an_interaction

LATER: dict[str, Any] = {"by": "ann", "at": MONDAY + 10 * DAY}
CANARY = "Kanarienvogel"
"""Stands in every personal field."""

MAIL = ContactPoint(kind=ContactKind.EMAIL, value=f"{CANARY}@home.example")


def canary_contact(id: str = "mia") -> portfolio.Contact:
    return a_contact(id, name=f"{CANARY} Holt", function=CANARY, points=[MAIL])


def canary_customer() -> Customer:
    """A customer with a canary in every personal field, in itself and in what it is made of."""
    policy = PortfolioPolicy(fields=(ProfileField(name="hobby"),))
    customer = a_customer(
        name=CANARY, contacts=[canary_contact()], references=[f"erp:{CANARY}"], extra={"note": CANARY}
    )
    customer = portfolio.assign_manager(customer, "bob", reason=CANARY, **LATER).after
    customer = portfolio.set_channel(customer, "general", [MAIL], **LATER).after
    customer = portfolio.collect(customer, "hobby", CANARY, source="call", policy=policy, **LATER).after
    customer = portfolio.take_score(customer, 7, source="agency", worst=0, best=10, **LATER).after
    customer = portfolio.overrule(customer, "high_value", CANARY, until=MONDAY + 99 * DAY, **LATER).after
    return portfolio.hold(customer, "court", reason=CANARY, **LATER).after


def canary_prospect() -> Prospect:
    prospect = a_prospect(name=CANARY, contacts=[canary_contact()], extra={"note": CANARY})
    return prospects.present(prospect, CANARY, id="o-1", to="mia", **LATER).after


def canary_partner() -> Partner:
    channel = portfolio.Channel(purpose=portfolio.Purpose.GENERAL, points=(MAIL,))
    partner = a_partner(name=CANARY, contacts=[canary_contact()], channels=[channel], extra={"note": CANARY})
    day = MONDAY.date()
    criterion = Criterion(name="speed", score=80, remark=CANARY)
    return partners.evaluate(partner, [criterion], first=day, last=day, summary=CANARY, **LATER).after


def canary_interaction() -> Interaction:
    return an_interaction(
        subject=CANARY, summary=CANARY, contact=f"{CANARY}-1", participants=[f"{CANARY}-2"], extra={"note": CANARY}
    )


CANARIES: list[tuple[Any, Any]] = [
    (canary_customer(), CUSTOMER),
    (canary_prospect(), PROSPECT),
    (canary_partner(), PARTNER),
    (canary_interaction(), INTERACTION),
]
BY_KIND = pytest.mark.parametrize(("record", "kind"), CANARIES, ids=lambda value: getattr(value, "name", "")[:11])


# -- personal data -------------------------------------------------------------------------------


@BY_KIND
def test_the_canaries_stand_in_every_personal_field_and_are_shown_nowhere(record: Any, kind: Any) -> None:
    values = fields_of(record)

    assert all(values[name] for name in personal_fields(type(record)))
    assert kind.schema.text(record).count(CANARY) >= len(personal_fields(type(record))) - 1  # a score is a number
    assert CANARY not in repr(record)


@BY_KIND
def test_what_is_erased_of_a_record_leaves_nothing_personal_and_everything_else(record: Any, kind: Any) -> None:  # C011
    erased = portfolio.without_personal(record)

    assert CANARY not in kind.schema.text(erased)
    assert portfolio.without_personal(erased) == erased
    assert kind.schema.load(kind.schema.dump(erased)) == erased
    others = fields_of(record).keys() - personal_fields(type(record))
    assert {name: getattr(erased, name) for name in others} == {name: getattr(record, name) for name in others}
    for text in ("name", "subject"):
        assert getattr(erased, text, ERASED) == ERASED


def test_no_refusal_shows_a_personal_value() -> None:
    customer, other = canary_customer(), a_customer("c-2", contacts=[canary_contact("tom")])
    refusals: list[Callable[[], object]] = [
        lambda: portfolio.add(id="c", name=CANARY, language=CANARY, **BY),
        lambda: portfolio.add_contact(customer, canary_contact(), **BY),
        lambda: portfolio.update(customer, name=f"{CANARY}\0", **BY),
        lambda: portfolio.end(customer, CANARY, **BY),
        lambda: portfolio.collect(customer, CANARY, CANARY, source=CANARY, **LATER),
        lambda: portfolio.remove(customer, CANARY, mode="erase", **LATER),
        lambda: portfolio.overrule(customer, CANARY, CANARY, until=MONDAY, **LATER),
        lambda: portfolio.unmerge(other, customer, CANARY, **LATER),
        lambda: interactions.record(CANARY, id="i", kind=CANARY, direction="inbound", **BY),
    ]
    for refuse in refusals:
        with pytest.raises(ServiceCRMError) as refused:
            refuse()
        assert CANARY not in str(refused.value)


def test_every_field_of_a_contact_that_says_who_somebody_is_is_marked() -> None:
    free = {"id", "role", "language", "purposes", "primary", "since", "until"}  # none of these names a person

    assert set(field_names(portfolio.Contact)) - personal_fields(portfolio.Contact) == free


def test_a_person_is_told_all_that_is_held_about_them_and_nothing_of_others() -> None:  # C011
    customer = a_customer(contacts=[canary_contact(), a_contact("tom", name="Tom Somebody")])
    customer = portfolio.consent(customer, "news", given=True, source="form", person="mia", **BY).after
    customer = portfolio.consent(customer, "news", given=True, source="form", person="tom", **BY).after
    met = [
        an_interaction(contact="mia"),
        an_interaction("i-2", contact="tom"),
        an_interaction("i-3", participants=["mia"]),
    ]

    told = portfolio.access("mia", customers=[customer, a_customer("c-2", contacts=[])], interactions=met)

    (at_customer,) = told["customers"]
    assert [contact["name"] for contact in at_customer["contacts"]] == [f"{CANARY} Holt"]
    assert [consent["person"] for consent in at_customer["consents"]] == ["mia"]
    assert [each["id"] for each in told["interactions"]] == ["i-1", "i-3"]
    assert "Tom Somebody" not in str(told)


def test_a_customer_that_is_itself_a_person_is_told_its_whole_record() -> None:
    (told,) = portfolio.access("c-1", customers=[canary_customer()])["customers"]

    assert (told["name"], told["contacts"]) == (CANARY, [])
    assert told["profile"][0]["value"] == CANARY


# -- removing ------------------------------------------------------------------------------------


def test_a_removal_lists_everything_that_is_in_the_way() -> None:  # C011, S0-A8
    customer = portfolio.hold(a_customer(), "court", reason="a case", **BY).after
    blockers = [Blocker(kind="complaint", id="CMP-1"), Blocker(kind="agreement", id="a-1")]

    with pytest.raises(GuardNotMet) as refused:
        portfolio.remove(customer, "asked for", mode="erase", blockers=blockers, **LATER)
    assert refused.value.unmet == (
        "nothing keeps the data from being erased",
        "complaint CMP-1 has ended",
        "agreement a-1 has ended",
    )
    assert portfolio.remove(customer, "old", **LATER).after.state == "archived"  # a hold keeps, and so does an archive


def test_a_released_hold_is_in_the_way_no_longer() -> None:  # C011
    held = portfolio.hold(a_customer(), "court", reason="a case", **BY).after
    with pytest.raises(GuardNotMet, match="nothing keeps the data"):
        portfolio.erase_contact(held, "mia", **LATER)
    with pytest.raises(PolicyViolation, match="there is a hold of that name already"):
        portfolio.hold(held, "court", reason="again", **LATER)
    with pytest.raises(InvalidValue, match="there is no hold of that name; there are 1, by other names"):
        portfolio.release(held, "tax", **LATER)

    released = portfolio.release(held, "court", **LATER).after
    assert portfolio.erase_contact(released, "mia", **LATER).after.contacts == ()
    assert portfolio.remove(released, "asked for", mode="erase", **LATER).after.state == "erased"


def test_no_error_repeats_what_a_hold_is_called() -> None:  # C011
    held = portfolio.hold(a_customer(), f"case of {CANARY}", reason="a case", **BY).after
    with pytest.raises(PolicyViolation) as there:
        portfolio.hold(held, f"case of {CANARY}", reason="again", **LATER)
    with pytest.raises(InvalidValue) as missing:
        portfolio.release(held, "tax", **LATER)

    assert CANARY not in str(there.value) + str(missing.value)


def test_figures_are_the_same_before_and_after_an_erasure() -> None:  # C011, K01, K02
    everybody = [
        portfolio.end(canary_customer(), "price", by="ann", at=MONDAY + 20 * DAY).after,
        a_customer("c-2"),
    ]
    everybody[0] = portfolio.release(everybody[0], "court", by="ann", at=MONDAY + 30 * DAY).after
    period = Period(start=MONDAY - DAY, end=MONDAY + 25 * DAY)
    before = portfolio.coming_and_going(everybody, period)

    everybody[0] = portfolio.remove(everybody[0], "asked for", mode="erase", by="ann", at=MONDAY + 40 * DAY).after
    assert portfolio.coming_and_going(everybody, period) == before
    assert (before.new, before.lost, before.lost_by) == (2, 1, {"price": 1})
    assert CANARY not in CUSTOMER.schema.text(everybody[0])


def test_an_erasure_ends_the_service_and_forgets_why_managers_changed() -> None:  # C011, C013
    customer = portfolio.assign_manager(a_customer(), "bob", reason=CANARY, **LATER).after
    erased = portfolio.remove(customer, "asked for", mode="erase", by="ann", at=MONDAY + 20 * DAY).after

    assert erased.managers[-1].until == erased.ended_at == MONDAY + 20 * DAY
    assert [each.reason for each in erased.managers] == [None, ERASED]


def test_who_is_removed_while_served_is_served_until_then_and_then_no_more() -> None:  # C011, C013
    removed = portfolio.remove(a_customer(), "closed down", **LATER).after

    assert (removed.ended_at, removed.account_manager) == (MONDAY + 10 * DAY, None)
    with pytest.raises(TransitionNotAllowed):
        portfolio.remove(removed, "again", **LATER)
    with pytest.raises(InvalidValue):
        portfolio.remove(a_customer(), " ", **LATER)


# -- merging -------------------------------------------------------------------------------------


def test_merging_takes_in_the_contacts_that_are_not_there_and_parting_gives_both_back_as_they_were() -> None:  # C019
    drop = a_customer("drop", contacts=[a_contact("mia"), a_contact("tom")])
    keep = a_customer("keep", contacts=[a_contact("mia")])

    merged, taken_in = portfolio.merge(drop, keep, **LATER)
    assert (merged.after.merged_into, merged.after.state) == ("keep", "active")
    assert [contact.id for contact in taken_in.after.contacts] == ["mia", "tom"]

    parted, given_back = portfolio.unmerge(merged.after, taken_in.after, "another street", **LATER)
    texts = [CUSTOMER.schema.text(each) for each in (parted.after, given_back.after)]
    assert texts == [CUSTOMER.schema.text(each) for each in (drop, keep)]


def test_what_was_merged_does_nothing_more_but_is_still_erased() -> None:  # C011, C019
    merged, taken_in = portfolio.merge(a_customer("drop"), a_customer("keep"), **LATER)
    refusals: list[Callable[[], object]] = [
        lambda: portfolio.update(merged.after, name="X", **LATER),
        lambda: portfolio.end(merged.after, "price", **LATER),
        lambda: portfolio.remove(merged.after, "old", **LATER),
        lambda: portfolio.merge(merged.after, a_customer("third"), **LATER),
        lambda: portfolio.merge(a_customer("third"), merged.after, **LATER),
    ]
    for refuse in refusals:
        with pytest.raises(GuardNotMet, match="does not go on as another one"):
            refuse()
    with pytest.raises(PolicyViolation, match="it goes on as keep"):
        portfolio.unmerge(merged.after, a_customer("third"), "wrong", **LATER)
    with pytest.raises(GuardNotMet, match="goes on as another one"):
        portfolio.unmerge(taken_in.after, merged.after, "wrong", **LATER)
    assert portfolio.remove(merged.after, "asked for", mode="erase", **LATER).after.name == ERASED


def test_a_customer_is_not_merged_with_itself_or_with_what_it_is_a_part_of() -> None:  # C019
    with pytest.raises(GuardNotMet, match="is another one"):
        portfolio.merge(a_customer(), a_customer(), **LATER)
    for drop, keep, above in (
        (a_customer("part", parent="whole"), a_customer("whole"), ()),
        (a_customer("whole"), a_customer("part", parent="whole"), ("whole",)),
        (a_customer("top"), a_customer("part", parent="whole"), ("whole", "top")),
    ):
        with pytest.raises(PolicyViolation, match="a part of the other"):
            portfolio.merge(drop, keep, ancestors=above, **LATER)


def test_interactions_follow_a_merge_and_come_back_one_merge_at_a_time() -> None:  # C019
    a, b, c = (a_customer(id) for id in "abc")
    of_a, of_b = an_interaction(customer="a"), an_interaction("i-2", customer="b")

    merged_a, b_with_a = portfolio.merge(a, b, **LATER)
    of_a_at_b = interactions.repoint(of_a, b_with_a.after, **LATER).after
    merged_b, c_with_b = portfolio.merge(b_with_a.after, c, **LATER)
    at_c = [interactions.repoint(each, c_with_b.after, **LATER).after for each in (of_a_at_b, of_b)]
    assert [each.customer for each in at_c] == ["c", "c"]

    b_again, c_again = portfolio.unmerge(merged_b.after, c_with_b.after, "wrong", **LATER)
    assert c_again.after == c
    at_b = [interactions.repoint(each, b_again.after, **LATER).after for each in at_c]
    assert at_b == [of_a_at_b, of_b]
    a_again, _ = portfolio.unmerge(merged_a.after, b_again.after, "wrong", **LATER)
    assert interactions.repoint(at_b[0], a_again.after, **LATER).after == of_a
    with pytest.raises(PolicyViolation, match="neither merged with that one"):
        interactions.repoint(of_a, c, **LATER)


# -- duplicates ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "reasons"),
    [
        ({"name": "Harbour Café GmbH"}, {"name": "harbour cafe"}, ("name",)),
        ({"name": "Cafe Harbour"}, {"name": "Harbour Cafe Ltd."}, ("name",)),
        ({"name": "北京海港咖啡有限公司"}, {"name": "北京海港咖啡"}, ("name",)),
        ({"name": "Alpha", "references": ["erp:1"]}, {"name": "Beta", "references": ["erp:1"]}, ("reference",)),
    ],
)
def test_customers_that_are_alike_are_found_and_told_why(  # C019
    one: dict[str, Any], other: dict[str, Any], reasons: tuple[str, ...]
) -> None:
    customers = [
        a_customer("c-1", contacts=[], **one),
        a_customer("c-2", contacts=[], **other),
        a_customer("c-3", name="Zoo"),
    ]

    (found,) = portfolio.duplicates(customers)
    assert (found.first, found.second, found.reasons) == ("c-1", "c-2", reasons)


def test_a_shared_number_makes_names_that_are_a_little_alike_suspect() -> None:  # C019
    def phone(value: str) -> list[portfolio.Contact]:
        return [a_contact(points=[ContactPoint(kind=ContactKind.PHONE, value=value)])]

    one = a_customer("c-1", name="Harbour Cafe", contacts=phone("+43 1 234 56 78"))
    other = a_customer("c-2", name="Harbour Bar", contacts=phone("01 2345678"))

    (found,) = portfolio.duplicates([one, other])
    assert found.reasons == ("name", "phone")
    assert portfolio.duplicates([one, a_customer("c-3", name="Harbour Bar", contacts=[])]) == ()


def test_who_was_merged_or_removed_is_nobodys_duplicate() -> None:  # C019
    one, other = a_customer("c-1", name="Harbour"), a_customer("c-2", name="Harbour")
    merged, taken_in = portfolio.merge(one, other, **LATER)

    assert portfolio.duplicates([merged.after, taken_in.after]) == ()
    assert portfolio.duplicates([one, portfolio.remove(other, "old", **LATER).after]) == ()
    with pytest.raises(InvalidValue):
        portfolio.duplicates([], threshold=0)


names = st.sampled_from(["Harbour Cafe", "Harbor Cafe", "Cafe Harbour KG", "Town Hall", "Townhall", "X", "!"])


@given(st.lists(names, max_size=6), st.randoms())
def test_likeness_is_the_same_both_ways_and_in_any_order(given_: list[str], random: Any) -> None:  # C019
    customers = [a_customer(f"c-{n}", name=name, contacts=[]) for n, name in enumerate(given_)]
    shuffled = customers.copy()
    random.shuffle(shuffled)

    found = portfolio.duplicates(customers, threshold=0.5)
    assert found == portfolio.duplicates(shuffled, threshold=0.5)
    assert all(0 <= each.score <= 1 for each in found)
    for one, other in itertools.pairwise(customers):
        assert portfolio.likeness(one, other) == portfolio.likeness(other, one)


def test_extra_is_frozen_and_erased() -> None:
    assert portfolio.without_personal(a_customer(extra={"a": [1]})).extra == FrozenMap()

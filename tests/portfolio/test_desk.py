"""Customers, prospects, partners and interactions at the desk, by id or number, each change saved at once."""

import csv
import io
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from servicecrm import portfolio
from servicecrm.desk import Desk, connect
from servicecrm.desk.customers import Customers
from servicecrm.desk.customers_brought import Brought
from servicecrm.desk.interactions import Interactions
from servicecrm.desk.partners import Partners
from servicecrm.desk.prospects import Prospects
from servicecrm.errors import (
    GuardNotMet,
    IdempotencyMismatch,
    InvalidValue,
    NotFound,
    PolicyViolation,
    StaleRevision,
)
from servicecrm.interop.customer_import import CustomerMap, import_customers
from servicecrm.interop.customers import write_customers
from servicecrm.kernel.filters import where
from servicecrm.kernel.policies import publish
from servicecrm.kernel.records import ERASED
from servicecrm.kernel.values import ContactKind, ContactPoint
from servicecrm.portfolio import (
    CUSTOMER,
    Criterion,
    Customer,
    Datatype,
    PortfolioPolicy,
    ProfileField,
)
from servicecrm.portfolio.policy import PortfolioPolicies
from servicecrm.testing import FixedClock, SeededIds
from servicecrm.testing.makers import MONDAY
from tests.portfolio.making import DAY, a_contact

IN_BOTH = pytest.mark.parametrize("crm", ["memory", "sqlite"], indirect=True)

MANAGERS = ("ann@city.example", "bob")
FIELDS = (ProfileField(name="size", datatype=Datatype.NUMBER),)
MAIL = ContactPoint(kind=ContactKind.EMAIL, value="mia@cafe.example")


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def crm(request: pytest.FixtureRequest, clock: FixedClock, tmp_path: Path) -> Iterator[Desk]:
    """A desk on an empty store."""
    place = "memory:" if getattr(request, "param", "memory") == "memory" else tmp_path / "crm.db"
    with connect(place, actor="ann@city.example", clock=clock, ids=SeededIds()) as crm:
        yield crm
        crm.store.verify()


@pytest.fixture
def customers(crm: Desk) -> Customers:
    return crm.customers


@pytest.fixture
def interactions(crm: Desk) -> Interactions:
    return crm.interactions


@pytest.fixture
def prospects(crm: Desk) -> Prospects:
    return crm.prospects


@pytest.fixture
def partners(crm: Desk) -> Partners:
    return crm.partners


def added(customers: Customers, name: str = "Harbour Cafe", **changes: Any) -> Customer:
    given: dict[str, Any] = {"contacts": [a_contact()], "account_manager": "ann@city.example"}
    return customers.add(name=name, **{**given, **changes})


# -- coming and staying --------------------------------------------------------------------------


@IN_BOTH
def test_a_customer_gets_a_number_and_is_found_by_it_and_by_its_words(customers: Customers) -> None:  # C009, S0-A6
    customer = added(customers, references=["erp:1"], tags=["vip"])

    assert (customer.number, customer.state) == ("CUS-2026-000001", "active")
    assert customers.get("CUS-2026-000001") == customer
    assert customers.search("HARBOUR") == customers.search("mia holt") == (customer,)
    assert list(customers.find(where("references").has("erp:1"))) == [customer]
    assert customers.worklist("ann@city.example").items == (customer,)


def test_the_same_command_adds_a_customer_once(customers: Customers) -> None:  # C125
    first = customers.add(name="Harbour Cafe", command="k-1")

    assert customers.add(name="Harbour Cafe", command="k-1").id == first.id
    with pytest.raises(IdempotencyMismatch):
        customers.add(name="Town Hall", command="k-1")
    assert customers.count() == 1


@IN_BOTH
def test_every_version_of_a_customer_can_be_read_again(customers: Customers, clock: FixedClock) -> None:  # C010, S0-A7
    customer = added(customers)
    versions = [customer]
    for name in ("Harbour Bar", "Harbour Inn", "Harbour Hotel"):
        clock.advance(days=1)
        versions.append(customers.update(customer.id, name=name, source="call"))

    for days, version in enumerate(versions):
        assert customers.as_of(str(customer.number), MONDAY + (days + 0.5) * DAY) == version
    with pytest.raises(NotFound):
        customers.as_of(customer.id, MONDAY - DAY)


def test_an_update_that_changes_nothing_makes_no_version(crm: Desk, customers: Customers) -> None:  # C010
    customer = added(customers, tags=["vip"])

    assert customers.update(customer.id, tags=["vip"]).revision == customer.revision
    assert len(crm.history(customer.id)) == 2


def test_an_update_of_what_others_have_saved_since_is_refused(customers: Customers) -> None:  # C010
    seen = added(customers)
    customers.update(seen.id, name="Harbour Bar", revision=seen.revision)

    with pytest.raises(StaleRevision):
        customers.update(seen.id, name="Harbour Inn", revision=seen.revision)


def test_a_customer_lapses_by_what_was_heard_of_it(  # C016
    customers: Customers, interactions: Interactions, clock: FixedClock
) -> None:
    customer = added(customers)
    clock.advance(days=300)
    interactions.record("Any news?", kind="call", direction="outbound", customer=customer.id)
    mistake = interactions.record("Other customer", kind="call", direction="outbound", customer=customer.id)
    clock.advance(days=364)
    with pytest.raises(PolicyViolation, match="dormant from"):
        customers.lapse(customer.id)

    clock.advance(days=1)
    assert customers.lapse(customer.id).state == "dormant"
    assert interactions.void(mistake.id, "wrong customer").state == "voided"
    assert customers.reactivate(customer.id).state == "active"
    with pytest.raises(PolicyViolation, match="known: price"):
        customers.end(customer.id, "weather")
    assert customers.end(customer.id, "price", note="too dear").leaving_reason == "price"


def test_contacts_managers_channels_consents_and_holds_are_kept(customers: Customers, clock: FixedClock) -> None:
    customer = customers.add(name="Harbour Cafe")
    customer = customers.add_contact(customer.id, "Tom Holt", purposes=["escalation"], points=[MAIL])
    (tom,) = customer.contacts
    customers.assign_manager(customer.id, "bob", deputy="cem")
    customers.activate(customer.id)
    customers.change_contact(customer.id, tom.id, function="Owner")
    customers.set_channel(customer.id, "ordering", [MAIL])
    customers.consent(customer.id, "news", given=True, source="form", person=tom.id)
    customers.take_score(customer.id, 7, source="agency", worst=0, best=10)
    customers.overrule(customer.id, "high_value", "a pilot", until=clock() + DAY)
    customers.hold(customer.id, "court", reason="a case")
    customer = customers.release(customer.id, "court")

    assert customer.contacts[0].function == "Owner"
    assert (customer.state, customer.account_manager, len(customer.channels)) == ("active", "bob", 1)
    assert (len(customer.consents), len(customer.scores), len(customer.classes), customer.holds) == (1, 1, 1, ())
    assert customers.transfers("cem") == (customer.id,)
    assert customers.transfers("ann@city.example") == ()


@IN_BOTH
def test_a_planned_handover_is_brought_about_by_its_day(crm: Desk, customers: Customers, clock: FixedClock) -> None:
    customer = added(customers)  # C013
    customers.assign_manager(customer.id, "bob", since=clock() + 3 * DAY)

    def told() -> list[str | None]:
        """Who looks after it: by the record, by the column, in the view, and in the file for people."""
        found = customers.get(customer.id)
        file = io.StringIO(newline="")
        write_customers([found], file, mode="spreadsheet")
        (row,) = csv.DictReader(file.getvalue().splitlines())
        by_column = [name for name in MANAGERS if [*customers.find(where("account_manager") == name)]]
        return [found.account_manager, *by_column, customers.view().lines[0].account_manager, row["account_manager"]]

    assert crm.sweep().events == ()
    assert told() == ["ann@city.example"] * 4
    clock.advance(days=4)
    (swept,) = crm.sweep().events
    assert (swept.kind, swept.number, swept.event.type) == ("customer", customer.number, "customer.handed_over")
    assert crm.sweep().events == ()
    assert told() == ["bob"] * 4


def test_a_whole_contact_is_added_as_it_is(customers: Customers) -> None:  # C012
    customer = customers.add(name="Harbour Cafe")
    mia = a_contact(function="Owner", points=[MAIL])

    assert customers.add_contact(customer.id, mia, command="1").contacts == (mia,)
    assert customers.add_contact(customer.id, mia, command="1").contacts == (mia,)
    for besides in ({"person": "tom"}, {"function": "Cook"}, {"role": "user"}, {"purposes": ["escalation"]}):
        with pytest.raises(InvalidValue, match="whole contact"):
            customers.add_contact(customer.id, a_contact("tom"), **besides)


@IN_BOTH
def test_a_table_can_be_brought_again_with_more_rows(crm: Desk, customers: Customers, tmp_path: Path) -> None:  # C009
    table, by_map = tmp_path / "table.csv", CustomerMap(source="erp", columns={"reference": "Key", "name": "Company"})

    def bring(*rows: str) -> Brought:
        table.write_text("\n".join(["Key,Company", *rows]), encoding="utf-8")
        return customers.import_(import_customers(table, by_map, by="import", at=crm.clock()).decisions)

    first = bring("7,Mill", "8,Pier")
    assert [(each.id, each.number) for each in first.new] == [
        ("erp:7", "CUS-2026-000001"),
        ("erp:8", "CUS-2026-000002"),
    ]
    customers.update("CUS-2026-000001", name="Old Mill")

    again = bring("7,Mill", "8,Pier", "9,Kiosk")
    assert ([each.number for each in again.new], again.known) == (["CUS-2026-000003"], ("erp:7", "erp:8"))
    assert customers.get("erp:7").name == "Old Mill"
    assert [entry.type for entry in crm.history("CUS-2026-000003")] == ["customer.added"]
    assert bring("7,Mill").new == ()


def test_what_is_brought_are_new_customers(customers: Customers) -> None:  # C009
    new = portfolio.add(id="erp:1", name="Mill", by="ann", at=MONDAY)
    changed = portfolio.update(new.after, name="Pier", by="ann", at=MONDAY)
    assert changed is not None
    for wrong, says in (([changed], "to add customers"), ([new, new], "twice")):
        with pytest.raises(InvalidValue, match=says):
            customers.import_(wrong)
    assert customers.count() == 0


def test_rules_are_those_of_the_day(crm: Desk, customers: Customers, clock: FixedClock) -> None:  # C008, C021
    policy = PortfolioPolicy(fields=FIELDS)
    crm.save(publish(PortfolioPolicies(), policy, effective=MONDAY + DAY, by="ann", at=MONDAY))
    customer = added(customers)
    with pytest.raises(PolicyViolation, match="known: none"):
        customers.collect(customer.id, "size", "12", source="call")

    clock.advance(days=1)
    assert customers.collect(customer.id, "size", "12", source="call").profile[0].value == "12"
    classified = customers.classify(customer.id, {"r": 5, "weighted": 5.0})
    assert classified.classes[-1].value_class == "high_value"
    assert customers.classify(customer.id, {"r": 5, "weighted": 5.0}).revision == classified.revision


def test_the_gaps_of_the_portfolio_are_listed(customers: Customers) -> None:  # C024, S0-A5
    customer = added(customers)

    assert [(gap.customer, gap.code, gap.purpose) for gap in customers.gaps()] == [
        (customer.id, "channel", "complaints"),
        (customer.id, "channel", "escalation"),
        (customer.id, "channel", "ordering"),
        (customer.id, "verified", None),
    ]


# -- structure and merging -----------------------------------------------------------------------


def test_a_customer_cannot_be_placed_below_its_own_parts(customers: Customers) -> None:  # C016
    top = added(customers, "Top")
    middle = added(customers, "Middle", parent=top.number)
    low = added(customers, "Low", parent=middle.id)

    assert customers.parts(top.id) == (middle,)
    with pytest.raises(PolicyViolation, match="itself a part"):
        customers.place(top.id, low.id)
    assert customers.place(low.id, top.id).parent == top.id
    assert customers.place(low.id, None).parent is None


@IN_BOTH
def test_a_merge_points_everything_to_one_customer_and_can_be_undone(  # C019
    customers: Customers, interactions: Interactions
) -> None:
    keep, drop = added(customers), added(customers, "Harbour Café GmbH", contacts=[a_contact("tom")])
    part = added(customers, "Terrace", parent=drop.id)
    call = interactions.record("News", kind="call", direction="inbound", customer=drop.id, contact="tom")
    kept, before = interactions.record("Bill", kind="call", direction="inbound", customer=keep.id), CUSTOMER.schema
    assert [(pair.first, pair.second) for pair in customers.duplicates()] == [(keep.id, drop.id)]

    merged = customers.merge(drop.id, keep.id, command="k-1")
    assert customers.merge(drop.id, keep.id, command="k-1") == merged
    assert merged.merged_into == keep.id
    assert customers.ids(keep.id) == (keep.id, drop.id)
    assert customers.get(part.id).parent == keep.id
    assert {each.id for each in interactions.of(keep.id)} == {call.id, kept.id}
    assert interactions.of(drop.id) == interactions.of(keep.id)
    assert customers.count(where("parent") == drop.id) == interactions.count(where("customer") == drop.id) == 0
    assert customers.duplicates() == ()

    parted = customers.unmerge(drop.id, "another street")
    for old, new in ((drop, parted), (keep, customers.get(keep.id)), (part, customers.get(part.id))):
        assert before.text(old) == before.text(new)
    assert [each.customer for each in interactions.of(drop.id)] == [drop.id]
    assert [each.customer for each in interactions.of(keep.id)] == [keep.id]


def test_what_is_told_of_a_merged_customer_is_kept_with_the_one_that_it_goes_on_as(  # C019
    customers: Customers, interactions: Interactions
) -> None:
    keep, drop = added(customers), added(customers, "Harbour Café", contacts=[])
    customers.merge(drop.id, keep.id)

    assert customers.update(drop.id, name="Harbour Inn").id == keep.id
    assert interactions.record("News", kind="call", direction="inbound", customer=drop.number).customer == keep.id


# -- removal -------------------------------------------------------------------------------------


def test_a_customer_is_not_removed_while_something_of_it_is_open(crm: Desk, customers: Customers) -> None:  # C011
    # S0-A8
    customer = added(customers)
    complaint = crm.complaints.record(subject="Cold soup", channel="phone", customer=customer.id)
    case = crm.cases.open(subject="Key", channel="phone", requester=customer.id)
    part = added(customers, "Terrace", parent=customer.id)
    action = crm.actions.open("Call", source_kind="customer", source=customer.id, owner="bob", due_at=MONDAY + DAY)
    with pytest.raises(GuardNotMet) as refused:
        customers.remove(customer.id, "asked for", mode="erase")
    assert sorted(refused.value.unmet) == sorted(
        f"{kind} {one.id} has ended"
        for kind, one in (("complaint", complaint), ("case", case), ("action_item", action), ("customer", part))
    )

    crm.complaints.withdraw(complaint.id)
    crm.cases.withdraw(case.id)
    crm.actions.cancel(action.id, "no need")
    customers.remove(part.id, "closed")
    assert customers.remove(customer.id, "closed").state == "archived"


@IN_BOTH
def test_an_erasure_reaches_all_that_belongs_to_a_customer(  # C011
    customers: Customers, prospects: Prospects, interactions: Interactions
) -> None:
    prospect = prospects.add("Harbour Cafe", contacts=[a_contact()], seller="sam")
    sale = interactions.record("Offer", kind="call", direction="outbound", prospect=prospect.number, contact="mia")
    customer = prospects.convert(prospect.id)
    twin = added(customers, "Harbour Café")
    call = interactions.record("News", kind="call", direction="inbound", customer=twin.id)
    customers.merge(twin.id, customer.id)

    assert customers.remove(customer.id, "asked for", mode="erase").name == ERASED
    assert [customers.get(id).state for id in (customer.id, twin.id)] == ["erased", "erased"]
    assert prospects.get(prospect.id).state == "erased"
    assert {interactions.get(each.id).state for each in (sale, call)} == {"erased"}
    assert customers.search("harbour") == ()
    assert prospects.search("harbour") == ()
    assert customers.count() == 2  # they still count


@IN_BOTH
def test_a_person_is_forgotten_everywhere_or_nowhere(  # C011, C012
    customers: Customers, prospects: Prospects, partners: Partners, interactions: Interactions
) -> None:
    one, other = added(customers), added(customers, "Terrace", contacts=[a_contact(), a_contact("tom")])
    prospect = prospects.add("Pier", contacts=[a_contact()])
    partner = partners.add("Waves", role="agent", contacts=[a_contact()])
    call = interactions.record("News", kind="call", direction="inbound", customer=one.id, contact="mia")
    assert len(customers.access("mia")["customers"]) == 2
    customers.hold(other.id, "court", reason="a case")
    with pytest.raises(GuardNotMet):
        customers.forget("mia", "asked for")
    assert interactions.get(call.id).state == "recorded"

    customers.release(other.id, "court")
    assert set(customers.forget("mia", "asked for")) == {one.id, other.id, prospect.id, partner.id, call.id}
    assert [contact.id for contact in customers.get(other.id).contacts] == ["tom"]
    assert not any(customers.access("mia")[kind] for kind in ("customers", "prospects", "partners", "interactions"))


# -- prospects and partners ----------------------------------------------------------------------


@IN_BOTH
def test_a_prospect_becomes_a_customer_and_its_story_is_that_of_the_customer(  # C015, S3-P1
    prospects: Prospects, interactions: Interactions, clock: FixedClock
) -> None:
    prospect = prospects.add("Harbour Cafe", contacts=[a_contact()], seller="sam", campaign="spring")
    call = interactions.record(
        "Cold call", kind="call", direction="outbound", prospect=prospect.id, outcome="interested"
    )
    prospects.contact(prospect.id, interaction=call.id)
    offer = prospects.present(str(prospect.number), "Catering", service="catering", to="mia").offers[0]
    prospects.negotiate(prospect.id)
    prospects.answer(prospect.id, offer.id, "accepted")
    customer = prospects.convert(prospect.id, command="k-1")
    assert prospects.convert(prospect.id, command="k-1") == customer

    clock.advance(days=1)
    visit = interactions.record("First order", kind="visit", direction="outbound", customer=customer.id)
    assert [each.id for each in interactions.of(customer.id)] == [visit.id, call.id]
    assert (customer.state, customer.services, customer.origin) == ("active", frozenset({"catering"}), prospect.id)
    assert prospects.get(prospect.id).customer == customer.id
    assert interactions.amend(call.id, outcome="sold").outcome == "sold"


def test_prospects_are_parked_lost_and_taken_up_again(prospects: Prospects) -> None:  # C015
    prospect = prospects.add("Pier", contacts=[a_contact()])
    prospects.park(prospect.id, until=MONDAY + DAY, reason="winter")
    prospects.resume(prospect.id)
    prospects.update(prospect.id, seller="sam", source=None)
    assert prospects.worklist("sam").items[0].id == prospect.id
    assert prospects.lose(prospect.id, "price", note="too dear").lost_reason == "price"
    assert prospects.erase_contact(prospect.id, "mia").contacts == ()
    assert prospects.erase(prospect.id, "asked for").name == ERASED


@IN_BOTH
def test_partners_whose_evaluation_is_late_are_listed(  # C023
    partners: Partners, customers: Customers, clock: FixedClock
) -> None:
    customer = added(customers)
    partner = partners.add("Waves", role="reseller", contacts=[a_contact()], customer=customer.number, manager="bob")
    assert partner.customer == customer.id
    partners.activate(partner.id)
    partners.update(partner.id, tags=["coast"])
    clock.advance(days=366)
    assert [each.id for each in partners.overdue()] == [partner.id]

    day = date(2026, 3, 2)
    evaluated = partners.evaluate(partner.id, [Criterion(name="speed", score=80)], first=day, last=day)
    assert evaluated.evaluations[0].score == 80
    assert partners.overdue().items == ()
    assert partners.end(partner.id, "sold").state == "ended"
    assert partners.erase_contact(partner.id, "mia").contacts == ()
    assert partners.erase(partner.id, "asked for").name == ERASED


def test_an_interaction_is_erased_on_its_own_unless_its_customer_is_on_hold(  # C011
    customers: Customers, interactions: Interactions
) -> None:
    customer = added(customers)
    call = interactions.record("News", kind="call", direction="inbound", customer=customer.id, participants=["tom"])
    customers.hold(customer.id, "court", reason="a case")
    with pytest.raises(GuardNotMet, match="nothing keeps the data"):
        interactions.erase(call.id, "asked for")
    with pytest.raises(GuardNotMet, match="nothing keeps the data"):
        customers.forget("tom", "asked for")
    customers.release(customer.id, "court")
    assert interactions.erase(call.id, "asked for").subject == ERASED


def test_what_is_kept_under_a_merged_customer_is_in_the_timeline_of_the_one_it_goes_on_as(
    crm: Desk,
) -> None:  # C017, C019
    one, other = (crm.customers.add(name=name) for name in ("Harbour Cafe", "Harbor Café"))
    crm.interactions.record("Asked for a meter", kind="call", direction="inbound", customer=other.id)
    crm.complaints.record(subject="No water", channel="phone", customer=other.id)
    crm.customers.merge(other.id, one.id)

    told = {entry.kind for entry in crm.customers.timeline(one.id)}
    assert {"interaction", "complaint"} <= told

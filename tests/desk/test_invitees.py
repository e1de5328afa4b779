"""People are invited as those of a customer, however the customer is named."""  # C076

import pytest

from servicecrm.desk import Desk
from servicecrm.desk.invitations import Invitee
from servicecrm.errors import NotFound
from servicecrm.kernel.filters import where
from servicecrm.surveys.campaign_model import ContactRules
from servicecrm.surveys.eligibility import Hindrance
from tests.surveys.campaigning import LINK, an_open_campaign


def test_a_customer_that_is_named_by_number_is_kept_by_id(crm: Desk) -> None:
    cafe, inn = (crm.customers.add(name=name) for name in ("Harbour Cafe", "Harbour Inn"))
    campaign = an_open_campaign(crm)
    people = [
        Invitee(contact="p-1", customer=cafe.number),
        Invitee(contact="p-2", customer=inn.id),
        Invitee(contact="p-3", customer="one of the host's own"),
        Invitee(contact="p-4"),
    ]
    invited = crm.invitations.invite(campaign.id, people, link=LINK).invitations

    assert [each.customer for each in invited] == [cafe.id, inn.id, "one of the host's own", None]
    assert crm.invitations.count(where("customer") == cafe.id) == 1


def test_others_of_the_same_customer_are_left_alone_however_it_is_named(crm: Desk) -> None:
    cafe = crm.customers.add(name="Harbour Cafe")
    campaign = an_open_campaign(crm, contact=ContactRules(customer_cooldown_days=30))
    crm.invitations.invite(campaign.id, [Invitee(contact="p-1", customer=cafe.id)], link=LINK)

    again = crm.invitations.invite(campaign.id, [Invitee(contact="p-2", customer=cafe.number)], link=LINK)
    assert (again.invitations, [*again.refused]) == ((), ["p-2"])


def test_of_several_people_of_a_customer_the_first_is_invited_and_the_others_are_left_alone(crm: Desk) -> None:  # C072
    cafe = crm.customers.add(name="Harbour Cafe")
    names = [("p-1", cafe.id), ("p-2", cafe.number), ("p-3", "inn"), ("p-4", None), ("p-5", None), ("p-6", cafe.id)]
    people = [Invitee(contact=contact, customer=customer) for contact, customer in names]

    careful = an_open_campaign(crm, contact=ContactRules(customer_cooldown_days=30))
    found = crm.invitations.invite(careful.id, people, link=LINK)
    assert [each.contact for each in found.invitations] == ["p-1", "p-3", "p-4", "p-5"]
    assert [*found.refused] == ["p-2", "p-6"]
    assert {*found.refused["p-2"].hindrances} == {Hindrance.CUSTOMER_ASKED_LATELY}

    free = an_open_campaign(crm, contact=ContactRules(cooldown_days=0))
    assert len(crm.invitations.invite(free.id, people, link=LINK).invitations) == len(people)


def test_nobody_is_invited_where_a_number_is_wrong(crm: Desk) -> None:
    campaign = an_open_campaign(crm)
    people = [Invitee(contact="p-1"), Invitee(contact="p-2", customer="CUS-2026-000009")]

    with pytest.raises(NotFound, match="CUS-2026-000009"):
        crm.invitations.invite(campaign.id, people, link=LINK)
    assert crm.invitations.count() == 0

"""Who works at the desk, and for which tenant."""  # C004, C127

from collections.abc import Callable

import pytest

from servicecrm.complaints import Complaint, ComplaintPolicy
from servicecrm.desk import Desk, connect
from servicecrm.errors import InvalidValue, NotFound
from servicecrm.kernel.decisions import Actor
from servicecrm.storage import MemoryStore
from servicecrm.testing import FixedClock

Bring = Callable[..., Complaint]


def test_every_entry_names_its_actor(crm: Desk, bring: Bring) -> None:
    complaint = bring("recorded")
    bob = crm.acting_as("bob@city.example", on_behalf_of="customer-7")
    bob.complaints.acknowledge(complaint.id)
    crm.complaints.assign(complaint.id, "north")

    assert [(entry.by, entry.on_behalf_of) for entry in crm.history(complaint.id)] == [
        ("ann@city.example", None),
        ("bob@city.example", "customer-7"),
        ("ann@city.example", None),
    ]
    assert (bob.actor, crm.actor.id) == (
        Actor(id="bob@city.example", on_behalf_of="customer-7"),
        "ann@city.example",
    )


def test_leaving_the_desk_of_another_actor_closes_nothing(crm: Desk, bring: Bring) -> None:
    with crm.acting_as("bob@city.example") as bob:
        complaint = bring("recorded")
    bob.close()
    crm.tenant("south").close()

    assert crm.complaints.get(complaint.id) == complaint
    assert bob.complaints.acknowledge(complaint.id).state == "acknowledged"


def test_leaving_the_desk_itself_closes_the_store(url: str) -> None:
    with connect(url) as crm:
        bob = crm.acting_as("bob@city.example")
    for desk in (crm, bob):
        with pytest.raises(Exception, match="the store is closed"):
            desk.complaints.count()


def test_a_desk_of_nobody_reads_but_changes_nothing(url: str, clock: FixedClock) -> None:
    with connect(url, clock=clock) as nobody:
        assert nobody.complaints.count() == 0
        with pytest.raises(InvalidValue, match=r"who does this\? name one: connect\(..., actor=...\) or acting_as"):
            nobody.complaints.record(subject="No water", channel="phone")
        with pytest.raises(InvalidValue, match="who does this"):
            nobody.policies.publish(ComplaintPolicy(), effective=clock())
        assert nobody.complaints.count() == 0
        assert nobody.acting_as("ann@city.example").complaints.record(subject="No water", channel="phone").revision == 1


def test_an_actor_may_be_given_with_whom_he_acts_for(url: str) -> None:
    with connect(url, actor=Actor(id="ann@city.example", on_behalf_of="customer-7")) as crm:
        complaint = crm.complaints.record(subject="No water", channel="phone")
        assert crm.history(complaint.id)[0].on_behalf_of == "customer-7"


# -- tenants -------------------------------------------------------------------------------------


def test_what_belongs_to_another_tenant_is_as_absent_as_what_is_not_there(crm: Desk, bring: Bring) -> None:
    bring(), bring()
    mine = bring("in_handling", category="secret")
    south = crm.tenant("south")
    south.complaints.record(subject="No gas", channel="web")

    for foreign, absent in ((mine.id, "0" * 36), (str(mine.number), "CMP-2026-000009")):
        for command in (
            south.complaints.get,
            south.complaints.messages,
            south.history,
            south.complaints.acknowledge,
            lambda id: south.complaints.assign_all([id], "north"),
        ):
            with pytest.raises(NotFound) as of_foreign:
                command(foreign)
            with pytest.raises(NotFound) as of_absent:
                command(absent)
            assert str(of_foreign.value).replace(foreign, "?") == str(of_absent.value).replace(absent, "?")
            assert of_foreign.value.kind == of_absent.value.kind
    assert [c.subject for c in south.complaints.find()] == ["No gas"]
    assert south.complaints.search("water") == ()
    assert len(south.worklist("north")) == 0
    assert crm.complaints.get(mine.id) == mine


def test_tenants_number_their_complaints_apart(crm: Desk) -> None:  # C001
    south = crm.tenant("south")
    numbers = [desk.complaints.record(subject="No water", channel="phone").number for desk in (crm, south, crm)]

    assert numbers == ["CMP-2026-000001", "CMP-2026-000001", "CMP-2026-000002"]
    assert crm.store.tenants() == ("default", "south")


def test_tenants_have_rules_of_their_own(crm: Desk, clock: FixedClock) -> None:  # C008
    crm.tenant("south").policies.publish(ComplaintPolicy(categories=("gas",)), effective=clock())

    assert crm.complaints.record(subject="No water", channel="phone", category="water").policy == 0
    assert crm.tenant("south").policies.in_force(ComplaintPolicy).categories == ("gas",)


def test_a_store_that_is_given_keeps_its_tenant_unless_another_is_named() -> None:
    with MemoryStore() as store:
        south = connect(store.tenant("south"), actor="ann@city.example")
        south.complaints.record(subject="No gas", channel="web")

        assert connect(store).complaints.count() == 0
        assert connect(store, tenant="south").complaints.count() == 1
        assert connect(store.tenant("south"), tenant="default").complaints.count() == 0

"""What type checkers know of a desk. Checked by mypy, never run: a line that must fail says which error it is."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, assert_type

import servicecrm
from servicecrm.agreements import ServiceDefinition
from servicecrm.calendars import Calendar
from servicecrm.cases import Case
from servicecrm.complaints import Complaint, ComplaintPolicy
from servicecrm.desk import Desk
from servicecrm.kernel.filters import Filter, where
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.kernel.policies import PolicyBook
from servicecrm.storage import Entry, Page
from servicecrm.storage.ports import Fact
from servicecrm.storage.store import EngineUnit
from servicecrm.testing import FixedClock, SeededIds
from servicecrm.tracking import Message, Timers

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def connecting() -> None:
    assert_type(servicecrm.connect("crm.db"), Desk)
    servicecrm.connect("memory:", actor="ann@city.example", clock=FixedClock(), ids=SeededIds(), tenant="south")
    servicecrm.connect("crm.db", writers="one", readonly=True)
    servicecrm.connect(7)  # type: ignore[arg-type]
    servicecrm.connect("crm.db", "ann@city.example")  # type: ignore[call-arg]
    servicecrm.connect("crm.db", clock=NOW)  # type: ignore[arg-type]
    servicecrm.connect("crm.db", ids="c-1")  # type: ignore[arg-type]


def made_of_maps() -> None:
    assert_type(ServiceDefinition(name={"en": "Water"}).name, FrozenMap)
    assert_type(ComplaintPolicy(matrix={"low": {"low": "p4"}}).matrix, FrozenMap)
    ComplaintPolicy(matrix=7)  # type: ignore[arg-type]


def working(crm: Desk) -> None:
    complaint = crm.complaints.record(subject="No water", channel="phone", tags=["street"], extra={"meter": 1})
    assert_type(complaint, Complaint)
    assert_type(crm.complaints.acknowledge(complaint.id, expected_by=NOW), Complaint)
    assert_type(crm.complaints.amend(complaint.id, category=None, reason="misheard"), Complaint)
    assert_type(crm.complaints.assign_all([complaint.id], "north"), tuple[Complaint, ...])
    assert_type(crm.policies.publish(ComplaintPolicy(), effective=NOW), PolicyBook[ComplaintPolicy])

    crm.complaints.record(subject="No water")  # type: ignore[call-arg]
    crm.complaints.record("No water", channel="phone")  # type: ignore[call-arg]
    crm.complaints.record(subject="No water", channel="phone", colour="red")  # type: ignore[call-arg]
    crm.complaints.acknowledge(complaint)  # type: ignore[arg-type]
    crm.complaints.acknowledge(complaint.id, NOW)  # type: ignore[call-arg]
    crm.complaints.amend(complaint.id, state="closed")  # type: ignore[call-arg]
    crm.complaints.amend(complaint.id, subject=None)  # type: ignore[arg-type]
    crm.complaints.message(complaint.id, "Any news?")  # type: ignore[call-arg]
    crm.complaints.close(complaint.id)  # type: ignore[call-arg]


def reading(crm: Desk) -> None:
    assert_type(crm.complaints.get("c-1"), Complaint)
    assert_type(crm.complaints.find(where("state") == "closed"), Iterator[Complaint])
    assert_type(crm.complaints.page(limit=10), Page[Complaint])
    assert_type(crm.complaints.search("water"), tuple[Complaint, ...])
    assert_type(crm.complaints.messages("c-1"), tuple[Message, ...])
    assert_type(crm.complaints.worklist("north"), Page[Complaint])
    assert_type(crm.worklist("north"), Page[Any])
    assert_type(crm.cases.get("c-1"), Case)
    assert_type(crm.timers("c-1"), Timers)
    assert_type(crm.policies.in_force(Calendar, "default"), Calendar)
    assert_type(crm.history("c-1"), tuple[Entry, ...])
    assert_type(where("state") == "closed", Filter)

    crm.complaints.find("closed")  # type: ignore[arg-type]
    crm.complaints.page(where("state"))  # type: ignore[arg-type]
    crm.worklist(limit=10)  # type: ignore[call-arg]


def together(crm: Desk) -> None:
    with crm.acting_as("bob@city.example", on_behalf_of="customer-7") as bob, bob.unit() as unit:
        assert_type(bob, Desk)
        assert_type(unit, EngineUnit)
        assert_type(unit.get(Complaint, "c-1"), Complaint)
        assert_type(unit.get(Message, "m-1"), Message)
        assert_type(unit.find(Complaint, where("state") == "closed"), Page[Complaint])
        unit.get(str, "c-1")  # type: ignore[type-var]
        unit.get("complaint", "c-1")  # type: ignore[arg-type]


def hearing(crm: Desk, count: list[str]) -> None:
    def hook(fact: Fact) -> None:
        count.append(fact.event.type)

    crm.on("complaint.closed", hook)
    crm.on("*", lambda fact: count.append(fact.kind))
    crm.on("*", count)  # type: ignore[arg-type]

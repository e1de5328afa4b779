"""Nothing is left of a person out of which could be guessed what commands said, and they are still made once."""

import json
from collections.abc import Sequence
from io import StringIO

import pytest

from servicecrm.desk import Desk
from servicecrm.errors import IdempotencyMismatch
from servicecrm.kernel.values import ContactKind, ContactPoint
from servicecrm.portfolio.parts import Contact


def fingerprints(crm: Desk) -> dict[str, str]:
    """What is kept of commands, by their names."""
    text = StringIO()
    crm.export(text)
    rows = [json.loads(line) for line in text.getvalue().splitlines()]
    return {row[1]: row[2] for row in rows if row[0] == "command"}


def phone(n: int) -> Sequence[Contact]:
    return [
        Contact(id="mia", name="Mia Holt", points=(ContactPoint(kind=ContactKind.PHONE, value=f"+49 30 90182{n}"),))
    ]


def customer(crm: Desk) -> str:
    """A person who has called, with what was asked for under names of commands."""
    added = crm.customers.add(name="Mia Holt", contacts=phone(1), command="k-add")
    complaint = crm.complaints.record(subject="Dry", channel="phone", customer=added.id, command="k-record")
    crm.complaints.message(complaint.id, "Call me", side="outside", command="k-message")
    crm.complaints.withdraw(complaint.id, reason="She found it.", command="k-withdraw")
    return added.id


def test_no_fingerprint_is_left_of_what_was_asked_about_a_person(crm: Desk) -> None:  # C011, R27
    mia = customer(crm)
    crm.customers.add(name="Tom Reed", command="k-other")
    before = fingerprints(crm)
    assert {len(each) for each in before.values()} == {64}

    crm.privacy.forget(mia, "asked for")
    assert fingerprints(crm) == {**dict.fromkeys(before, "[erased]"), "k-other": before["k-other"]}
    crm.store.verify()


def test_a_person_who_is_one_of_several_contacts_leaves_none_either(crm: Desk) -> None:
    crm.customers.add(name="Harbour Cafe", contacts=phone(1), command="k-add")

    crm.privacy.forget("mia", "asked for")
    assert fingerprints(crm) == {"k-add": "[erased]"}


@pytest.mark.parametrize("again", [phone(1), phone(2)], ids=["same", "other"])
def test_the_same_command_again_brings_nobody_back(crm: Desk, again: Sequence[Contact]) -> None:  # C125
    mia = customer(crm)
    crm.privacy.forget(mia, "asked for")

    found = crm.customers.add(name="Mia Holt", contacts=again, command="k-add")
    assert (found.id, found.name, found.state) == (mia, "[erased]", "erased")
    assert crm.customers.count() == 1


def test_a_command_of_somebody_else_is_still_known_by_what_it_asked_for(crm: Desk) -> None:  # C125
    crm.privacy.forget(customer(crm), "asked for")
    tom = crm.customers.add(name="Tom Reed", contacts=phone(1), command="k-other")

    assert crm.customers.add(name="Tom Reed", contacts=phone(1), command="k-other") == tom
    with pytest.raises(IdempotencyMismatch):
        crm.customers.add(name="Tom Reed", contacts=phone(2), command="k-other")

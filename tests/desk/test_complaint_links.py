"""Complaints that belong together, at the desk: merged, split, linked, and come again."""  # C055

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise

import pytest

from servicecrm.analytics.status_key import StatusKey
from servicecrm.complaints import Complaint, ComplaintPolicy, LinkKind, adopt
from servicecrm.complaints.parts import Link
from servicecrm.desk import Desk, House, connect
from servicecrm.errors import GuardNotMet, NotFound, PolicyViolation, TransitionNotAllowed
from servicecrm.kernel import filters
from servicecrm.testing import FixedClock, SeededIds
from servicecrm.testing.contract.examples import sealed_head
from servicecrm.testing.makers import MONDAY
from tests.desk import calling

Bring = Callable[..., Complaint]

DAY = timedelta(days=1)


def types(crm: Desk, id: str) -> list[str]:
    return [entry.type.removeprefix("complaint.") for entry in crm.history(id)]


# -- merging -------------------------------------------------------------------------------------


def test_what_was_adopted_in_a_circle_stops_nobody(crm: Desk, bring: Bring) -> None:
    one, other = bring("in_handling"), bring("in_handling")
    for complaint, target in ((one, other), (other, one)):
        link = Link(kind=LinkKind.DUPLICATE_OF, complaint=target.id)
        crm.save(
            adopt(crm.complaints.get(complaint.id), "merged", source="old", links=(link,), by="ann", at=crm.clock())
        )

    assert [each.id for each in crm.complaints.duplicates(one.id)] == [other.id]
    assert crm.status(one.id, audience="complainant").state == "merged"
    assert len(crm.complaints.messages(one.id)) == len(crm.complaints.messages(other.id)) == 0
    crm.complaints.reopen(one.id, "There is another one.")
    crm.complaints.message(other.id, "It is still dry.", side="outside")
    assert [each.text for each in crm.complaints.messages(one.id)] == ["It is still dry."]


@pytest.mark.parametrize("named_by", ["id", "number"])
def test_a_merged_complaint_ends_and_the_other_one_says_so(
    crm: Desk, clock: FixedClock, bring: Bring, named_by: str
) -> None:
    target, twin = bring("in_handling"), bring("waiting")
    clock.advance(hours=1)
    merged = crm.complaints.merge(getattr(twin, named_by), getattr(target, named_by), command="k-1")

    assert (merged.id, merged.state, merged.duplicate_of) == (twin.id, "merged", target.id)
    assert (merged.closed_at, merged.closing_code, merged.waiting) == (clock(), "duplicate", None)
    assert merged == crm.complaints.get(twin.id)
    after = crm.complaints.get(target.id)
    assert (after.state, after.revision, after.received_at) == ("in_handling", target.revision + 1, target.received_at)
    assert (types(crm, twin.id)[-1], types(crm, target.id)[-1]) == ("merged", "duplicate_taken_in")
    assert crm.history(target.id)[-1].command == crm.history(twin.id)[-1].command == "k-1"
    assert crm.complaints.duplicates(str(target.number)) == (merged,)
    assert crm.complaints.duplicates(twin.id) == ()
    head = sealed_head(crm.store)
    assert crm.complaints.merge(getattr(twin, named_by), getattr(target, named_by), command="k-1") == merged
    assert sealed_head(crm.store) == head
    crm.store.verify()


@pytest.mark.parametrize("state", ["closed", "lapsed"])
def test_a_target_that_has_ended_is_taken_up_again(crm: Desk, bring: Bring, state: str) -> None:
    target, twin = bring(state), bring("recorded")
    crm.complaints.merge(twin.id, target.id)

    after = crm.complaints.get(target.id)
    assert (after.state, after.reopenings, after.closed_at) == ("in_handling", 1, None)
    assert types(crm, target.id)[-2:] == ["reopened", "duplicate_taken_in"]


def test_a_target_that_has_been_closed_for_too_long_is_refused_and_nothing_is_merged(
    crm: Desk, clock: FixedClock, bring: Bring
) -> None:  # C050
    crm.policies.publish(ComplaintPolicy(reopen_within=DAY), effective=MONDAY)
    target = bring("closed")
    clock.advance(days=2)
    twin, head = bring("recorded"), sealed_head(crm.store)

    with pytest.raises(PolicyViolation, match="record a new complaint instead"):
        crm.complaints.merge(twin.id, target.id)
    assert crm.complaints.get(twin.id) == twin
    assert sealed_head(crm.store) == head or crm.store.verify() is not None


def test_no_circle_and_no_chain_comes_about(crm: Desk, bring: Bring) -> None:
    first, second, third = (bring("acknowledged") for _ in range(3))
    crm.complaints.merge(second.id, first.id)

    with pytest.raises(PolicyViolation, match=f"goes on as {first.id}; merge into this one instead"):
        crm.complaints.merge(third.id, second.id)
    with pytest.raises(PolicyViolation, match=f"goes on as {first.id}"):
        crm.complaints.merge(first.id, second.id)
    with pytest.raises(GuardNotMet, match="linked to another one"):
        crm.complaints.merge(first.id, str(first.number))
    with pytest.raises(TransitionNotAllowed):
        crm.complaints.merge(second.id, third.id)
    with pytest.raises(NotFound):
        crm.complaints.merge(third.id, "CMP-2026-000099")
    assert crm.complaints.merge(third.id, first.id).duplicate_of == first.id
    assert {each.id for each in crm.complaints.duplicates(first.id)} == {second.id, third.id}


def test_a_merged_complaint_rests_and_goes_its_own_way_when_it_is_reopened(
    crm: Desk, clock: FixedClock, bring: Bring
) -> None:
    crm.policies.publish(ComplaintPolicy(reopen_within=DAY), effective=MONDAY)
    target, twin = bring("in_handling"), bring("recorded")
    crm.complaints.merge(twin.id, target.id)
    crm.complaints.withdraw(target.id)
    clock.advance(days=2)
    parted = crm.complaints.reopen(twin.id, "It is another street.", handler="south")

    assert (parted.state, parted.handler, parted.duplicate_of, parted.closed_at, parted.closing_code) == (
        "in_handling",
        "south",
        None,
        None,
        None,
    )
    assert types(crm, twin.id)[-1] == "reopened"
    assert crm.complaints.duplicates(target.id) == ()
    assert crm.complaints.message(twin.id, "Any news?", side="outside").id == twin.id
    other = bring("recorded")
    assert crm.complaints.merge(twin.id, other.id).duplicate_of == other.id


@pytest.mark.parametrize("named_by", ["id", "number"])
def test_what_the_complainant_of_a_merged_complaint_says_is_kept_with_its_target(
    crm: Desk, clock: FixedClock, bring: Bring, named_by: str
) -> None:
    target, twin = bring("in_handling"), bring("in_handling", customer="c-7")
    crm.complaints.message(twin.id, "before", side="outside")
    crm.complaints.merge(twin.id, target.id)
    clock.advance(hours=1)
    answered = crm.complaints.message(getattr(twin, named_by), "after", side="outside", command="k-1")
    crm.complaints.note(target.id, "ours")

    assert (answered.id, answered.moments[-1].kind) == (target.id, "message")
    assert crm.complaints.message(getattr(twin, named_by), "after", side="outside", command="k-1").id == target.id
    said = crm.complaints.messages(target.id)
    assert {each.text: each.about for each in said} == {"before": twin.id, "after": target.id, "ours": target.id}
    assert {each.text: each.author for each in said}["after"] == "c-7"
    assert crm.complaints.messages(target.id)[0].text == "before"
    assert [message.text for message in crm.complaints.messages(twin.id)] == ["before"]


def test_what_another_complainant_says_is_told_and_erased_as_theirs_alone(crm: Desk) -> None:  # C011, C012
    theirs, target = (
        crm.complaints.record(subject="No water", channel="phone", customer=f"customer-{n}") for n in (1, 2)
    )
    crm.complaints.merge(theirs.id, target.id)
    crm.complaints.message(theirs.id, "My insulin is spoilt.", side="outside")
    crm.complaints.message(target.id, "It runs again.", side="outside")

    told = {customer: crm.privacy.access(customer)["messages"] for customer in ("customer-1", "customer-2")}
    assert {customer: [each["text"] for each in messages] for customer, messages in told.items()} == {
        "customer-1": ["My insulin is spoilt."],
        "customer-2": ["It runs again."],
    }
    crm.complaints.withdraw(target.id)
    crm.privacy.forget("customer-2", "asked for")
    assert [each.text for each in crm.complaints.messages(target.id)] == ["My insulin is spoilt.", "[erased]"]


def test_what_we_write_to_a_merged_complaint_stays_with_it(crm: Desk, bring: Bring) -> None:
    target, twin = bring("in_handling"), bring("in_handling")
    crm.complaints.merge(twin.id, target.id)
    before = crm.complaints.get(target.id)
    told = crm.complaints.message(twin.id, "Your case goes on there.", side="inside")
    noted = crm.complaints.note(twin.id, "Told by phone.")

    assert told.id == noted.id == twin.id
    assert [each.about for each in crm.complaints.messages(twin.id)] == [twin.id, twin.id]
    assert crm.complaints.get(target.id) == before


def test_what_is_said_about_the_first_of_a_row_reaches_the_last(crm: Desk, bring: Bring) -> None:
    first, second, last = (bring("in_handling") for _ in range(3))
    crm.complaints.message(first.id, "one", side="outside")
    crm.complaints.merge(first.id, second.id)
    crm.complaints.message(first.id, "two", side="outside")
    crm.complaints.merge(second.id, last.id)

    assert crm.complaints.message(str(first.number), "three", side="outside").id == last.id
    assert [message.text for message in crm.complaints.messages(last.id)] == ["one", "two", "three"]
    assert {each.id for each in crm.complaints.duplicates(last.id)} == {first.id, second.id}
    assert [each.id for each in crm.complaints.duplicates(second.id)] == [first.id]
    with pytest.raises(PolicyViolation, match=f"goes on as {second.id}"):
        crm.complaints.merge(last.id, first.id)


def test_more_duplicates_than_can_be_asked_for_at_once_are_all_found(
    crm: Desk, bring: Bring, monkeypatch: pytest.MonkeyPatch
) -> None:
    last, *twins = (bring("in_handling") for _ in range(6))
    into = (last, *twins[:1] * 4)  # all but one go on as the first of them, and that as the last
    for twin, target in reversed(list(zip(twins, into, strict=True))):
        crm.complaints.message(twin.id, f"from {twin.number}", side="outside")
        crm.complaints.merge(twin.id, target.id)
    monkeypatch.setattr(filters, "PART", 2)
    monkeypatch.setattr(filters, "MAX_VALUES", 2)

    assert {each.id for each in crm.complaints.duplicates(last.id)} == {twin.id for twin in twins}
    assert {each.text for each in crm.complaints.messages(last.id)} == {f"from {twin.number}" for twin in twins}


def test_every_merged_complainant_is_told_of_the_answer_under_a_number_of_their_own(clock: FixedClock) -> None:
    with connect("memory:", actor="ann", clock=clock, ids=SeededIds(), house=House()) as crm:
        target, *twins = (calling.bring(crm, "complaints", "judged", customer=name) for name in ("c-1", "c-2", "c-3"))
        for twin, into in pairwise(reversed((target, *twins))):
            crm.complaints.merge(twin.id, into.id)
        before = {queued.key for queued in crm.outbox.pending(limit=500)}
        crm.complaints.answer(target.id, "It runs again.")

        told = [queued for queued in crm.outbox.pending(limit=500) if queued.key not in before]
        assert sorted((each.topic, each.recipient, each.id) for each in told) == [
            ("answered", each.customer, each.id) for each in (target, *twins)
        ]


def test_several_complaints_are_not_assigned_when_a_merged_one_is_among_them(crm: Desk, bring: Bring) -> None:
    target, twin, other = (bring("acknowledged") for _ in range(3))
    crm.complaints.merge(twin.id, target.id)

    with pytest.raises(TransitionNotAllowed) as refused:
        crm.complaints.assign_all([other.id, twin.id], "north")
    assert refused.value.__notes__ == [f"complaint: {twin.number}"]
    assert crm.complaints.get(other.id).handler is None


# -- splitting -----------------------------------------------------------------------------------


def test_a_part_becomes_a_complaint_of_its_own(crm: Desk, clock: FixedClock, bring: Bring) -> None:
    whole = bring("in_handling", customer="c-7", service="water", category="supply", language="de")
    clock.advance(days=1)
    after = crm.complaints.split(whole.id, "The bill", text="Too high.", category="bill", command="k-1")

    assert (after.id, after.state, after.revision) == (whole.id, "in_handling", whole.revision + 1)
    (part,) = crm.complaints.parts(str(whole.number))
    assert (part.subject, part.text, part.category, part.state) == ("The bill", "Too high.", "bill", "recorded")
    assert (part.customer, part.service, part.language, part.channel) == ("c-7", "water", "de", "phone")
    assert (part.received_at, part.recorded_at) == (whole.received_at, clock())
    assert (part.number, part.linked(LinkKind.SPLIT_FROM)) == ("CMP-2026-000002", (whole.id,))
    assert types(crm, whole.id)[-1] == "split"
    assert types(crm, part.id) == ["recorded"]
    head = sealed_head(crm.store)
    assert crm.complaints.split(whole.id, "The bill", text="Too high.", category="bill", command="k-1") == after
    assert sealed_head(crm.store) == head
    assert crm.complaints.count() == 2


def test_a_part_starts_under_the_rules_of_the_whole(crm: Desk, clock: FixedClock, bring: Bring) -> None:  # C008
    whole = bring("in_handling")
    clock.advance(days=1)
    crm.policies.publish(ComplaintPolicy(categories=("water",)), effective=clock())
    crm.complaints.split(whole.id, "The bill", category="bill")

    (part,) = crm.complaints.parts(whole.id)
    assert (part.policy, whole.policy) == (0, 0)


def test_a_part_has_a_clock_like_every_complaint(crm: Desk, bring: Bring) -> None:
    whole = bring("recorded")
    crm.complaints.split(whole.id, "The bill")
    (part,) = crm.complaints.parts(whole.id)

    timers = crm.timers(part.id)
    assert timers["acknowledge"].state == "running"
    assert timers.due_at == crm.timers(bring("recorded").id).due_at


def test_nobody_is_late_with_what_was_done_for_the_whole_before_a_part_came_of_it(
    crm: Desk, clock: FixedClock, bring: Bring
) -> None:
    whole = bring("in_handling")
    clock.advance(days=5)
    crm.complaints.split(whole.id, "The bill")
    (part,) = crm.complaints.parts(whole.id)

    timers = crm.timers(part.id)
    assert [timers[name].state for name in ("acknowledge", "resolution")] == ["met", "running"]
    assert not timers["acknowledge"].late


# -- linking -------------------------------------------------------------------------------------


def test_children_are_found_below_their_parent(crm: Desk, bring: Bring) -> None:
    parent, child, other = (bring("acknowledged") for _ in range(3))
    linked = crm.complaints.link(str(child.number), str(parent.number), "child_of", command="k-1")
    crm.complaints.link(other.id, parent.id, "related")

    assert linked.linked(LinkKind.CHILD_OF) == (parent.id,)
    assert crm.complaints.children(str(parent.number)) == (linked,)
    assert crm.complaints.link(str(child.number), str(parent.number), "child_of", command="k-1") == linked


def test_no_complaint_becomes_its_own_ancestor(crm: Desk, bring: Bring) -> None:
    family = [bring("acknowledged").id for _ in range(4)]
    for child, parent in pairwise(family):
        crm.complaints.link(child, parent, "child_of")

    for descendant in family[:-1]:
        with pytest.raises(PolicyViolation, match="itself a child of this one"):
            crm.complaints.link(family[-1], descendant, "child_of")
    with pytest.raises(GuardNotMet, match="linked to another one"):
        crm.complaints.link(family[-1], family[-1], "child_of")
    with pytest.raises(PolicyViolation, match="the child of a complaint already"):
        crm.complaints.link(family[0], family[2], "child_of")
    assert crm.complaints.link(family[-1], family[0], "related").links


@pytest.mark.parametrize("kind", ["duplicate_of", "split_from"])
def test_links_of_merging_and_splitting_are_made_by_these_alone(crm: Desk, bring: Bring, kind: str) -> None:
    one, other = bring(), bring()

    with pytest.raises(PolicyViolation, match=f"{kind} is made by merging or splitting"):
        crm.complaints.link(one.id, other.id, kind)
    with pytest.raises(NotFound):
        crm.complaints.link(one.id, "nowhere", "related")


# -- coming again --------------------------------------------------------------------------------


def test_earlier_complaints_of_the_same_customer_about_the_same_are_found(
    crm: Desk, clock: FixedClock, bring: Bring
) -> None:
    def came(days: int, customer: str | None = "c-7", category: str | None = "water") -> Complaint:
        return bring(customer=customer, category=category, received_at=clock() - days * DAY)

    now, old, older = came(0), came(10), came(100)
    too_old, merged = came(181), came(20)
    came(10, customer="c-8")
    came(10, category="bill")
    crm.complaints.merge(merged.id, now.id)

    assert [each.id for each in crm.complaints.earlier_like(str(now.number))] == [old.id, older.id]
    assert crm.complaints.earlier_like(now.id, within=50 * DAY) == (old,)
    assert crm.complaints.earlier_like(now.id, within=200 * DAY)[-1] == too_old
    assert crm.complaints.earlier_like(now.id, within=timedelta.max)[-1] == too_old
    assert crm.complaints.earlier_like(now.id, within=timedelta.min) == ()
    assert crm.complaints.earlier_like(too_old.id) == ()
    assert crm.complaints.earlier_like(came(0, customer=None).id) == ()
    assert crm.complaints.earlier_like(came(0, category=None).id) == ()


def test_how_long_back_is_a_rule_of_the_house(crm: Desk, clock: FixedClock, bring: Bring) -> None:
    crm.policies.publish(ComplaintPolicy(recurs_within=5 * DAY), effective=MONDAY)
    like = {"customer": "c-7", "category": "water"}
    now = bring(**like)
    near = bring(**like, received_at=clock() - 4 * DAY)
    bring(**like, received_at=clock() - 6 * DAY)

    assert crm.complaints.earlier_like(now.id) == (near,)


def test_whoever_was_merged_sees_how_the_other_one_stands_and_nothing_that_was_said_about_it(crm: Desk) -> None:  # C052
    key = StatusKey(b"k" * 32)
    first, twin = (
        crm.complaints.record(subject=subject, channel="web", customer=customer)
        for subject, customer in (("No water", "cafe"), ("Dry taps", "bakery"))
    )
    crm.complaints.merge(twin.id, first.id)
    for act in (crm.complaints.acknowledge, lambda id: crm.complaints.assign(id, "north")):
        act(first.id)
    crm.complaints.judge(first.id, "justified", grounds="A broken pipe.")
    crm.complaints.answer(first.id, "Dear cafe, your account 42 is credited.", recourse=["ombudsman"])
    told = crm.status(str(twin.number), key=key, secret=key.secret_for(twin))

    assert (told.number, told.subject, told.state) == (twin.number, "Dry taps", "responded")
    assert (told.verdict, told.recourse, told.last_message) == ("justified", ("ombudsman",), None)
    assert "cafe" not in told.text()
    assert crm.status(twin.id, audience="handler").state == "merged"

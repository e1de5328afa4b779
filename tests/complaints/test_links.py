"""How complaints belong together: merged, split, linked; and what they show to be in need of a change."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm import complaints
from servicecrm.complaints import Complaint, ComplaintPolicy, Feedback, Link, LinkKind, Priority
from servicecrm.complaints.engine import ComplaintEngine
from servicecrm.complaints.events import ChangeProposed
from servicecrm.complaints.lifecycle import ENDED, OPEN, RESPONDED
from servicecrm.complaints.policy import ComplaintPolicies
from servicecrm.complaints.targets import TARGETS
from servicecrm.errors import GuardNotMet, InvalidValue, PolicyViolation, ServiceCRMError, TransitionNotAllowed
from servicecrm.kernel.decisions import Decision
from servicecrm.kernel.values import ContactKind, ContactPoint
from servicecrm.testing.makers import MONDAY, a_complaint, a_judgement, an_actor
from servicecrm.tracking import standing, timers
from tests.tracking.lives import OFFICE

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
ANN = an_actor()
FREE = [each for each in LinkKind if each not in (LinkKind.DUPLICATE_OF, LinkKind.SPLIT_FROM)]


def first(**changes: object) -> Complaint:
    return a_complaint(**{"id": "c-1", "number": "CMP-1", **changes})


def second(**changes: object) -> Complaint:
    return a_complaint(**{"id": "c-2", "number": "CMP-2", **changes})


def linked(one: Complaint, other: Complaint, kind: str = "related", **given: object) -> Complaint:
    return complaints.link(one, other, kind, **{"by": ANN, "at": MONDAY, **given}).after  # type: ignore[arg-type]


# -- linking -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", FREE)
def test_a_complaint_can_say_how_it_belongs_to_another_one(kind: LinkKind) -> None:  # C055
    after = linked(first(), second(), kind)

    assert after.links == (Link(kind=kind, complaint="c-2"),)
    assert after.linked(kind) == ("c-2",)
    assert after.state == "recorded"


@pytest.mark.parametrize("kind", ["duplicate_of", "split_from"])
def test_merging_and_splitting_make_their_own_links(kind: str) -> None:  # C055
    with pytest.raises(PolicyViolation, match=f"{kind} is made by merging or splitting, and not by itself"):
        linked(first(), second(), kind)


def test_no_complaint_is_linked_to_itself_or_twice() -> None:  # C055
    with pytest.raises(GuardNotMet, match="a complaint is linked to another one"):
        linked(first(), first())
    with pytest.raises(PolicyViolation, match="it has this link already"):
        linked(linked(first(), second()), second())
    both = linked(linked(first(), second()), second(), "recurrence_of")
    assert len(both.links) == 2


def test_a_complaint_has_one_parent() -> None:  # C055
    child = linked(first(), second(), "child_of")

    with pytest.raises(PolicyViolation, match="it is the child of a complaint already"):
        linked(child, a_complaint(id="c-3"), "child_of")
    assert len(linked(child, a_complaint(id="c-3"), "related").links) == 2


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=12))
def test_nobody_becomes_their_own_ancestor(pairs: list[tuple[int, int]]) -> None:  # C055
    family = {f"c-{n}": a_complaint(id=f"c-{n}") for n in range(5)}

    def above(id: str) -> list[str]:
        parents = family[id].linked(LinkKind.CHILD_OF)
        return [*parents, *(each for parent in parents for each in above(parent))]

    for one, other in pairs:
        child, parent = family[f"c-{one}"], family[f"c-{other}"]
        try:
            family[child.id] = linked(child, parent, "child_of", ancestors=above(parent.id))
        except ServiceCRMError:
            assert one == other or above(child.id) or child.id in above(parent.id)

    assert all(id not in above(id) for id in family)


def test_ancestors_are_named_one_by_one() -> None:
    with pytest.raises(InvalidValue, match="ancestors: expected several values"):
        linked(first(), second(), "child_of", ancestors="c-12")


# -- merging -------------------------------------------------------------------------------------


def merged(one: Complaint, into: Complaint, **given: object) -> tuple[Complaint, Complaint]:
    ends, goes_on = complaints.merge(one, into, **{"by": ANN, "at": MONDAY + DAY, **given})  # type: ignore[arg-type]
    return ends.after, goes_on.after


@pytest.mark.parametrize("state", [state for state in OPEN if state != RESPONDED])
def test_what_says_the_same_as_another_one_ends_and_goes_on_there(state: str) -> None:  # C055
    ends, goes_on = complaints.merge(first(state=state), second(state=state), by=ANN, at=MONDAY + DAY)

    assert (ends.after.state, ends.after.closing_code, ends.after.closed_at) == ("merged", "duplicate", MONDAY + DAY)
    assert (ends.after.duplicate_of, ends.after.number) == ("c-2", "CMP-1")
    assert ends.after.moments[-1].kind == "merged"
    assert goes_on.after == second(state=state)
    assert [event.type for decision in (ends, goes_on) for event in decision.events] == [
        "complaint.merged",
        "complaint.duplicate_taken_in",
    ]
    assert (ends.events[0].into, goes_on.events[0].duplicate) == ("c-2", "c-1")  # type: ignore[attr-defined]


def test_both_keep_their_own_times() -> None:  # C055
    later, earlier = first(received_at=MONDAY), second(received_at=MONDAY - DAY)

    assert [each.received_at for each in merged(earlier, later)] == [MONDAY - DAY, MONDAY]


def test_what_was_merged_waits_for_nothing() -> None:  # C055
    waiting = complaints.wait(first(state="in_handling"), "customer", by=ANN, at=MONDAY).after
    ends, _ = merged(waiting, second())

    assert ends.waiting is None
    assert [moment.kind for moment in ends.moments[-2:]] == ["resumed", "merged"]


@pytest.mark.parametrize("state", ENDED)
def test_merging_into_one_that_has_ended_reopens_it(state: str) -> None:  # C055, C050
    ended = second(state=state, handler="north", closed_at=MONDAY, closing_code="resolved")
    _, goes_on = complaints.merge(first(), ended, by=ANN, at=MONDAY + DAY)

    assert (goes_on.after.state, goes_on.after.reopenings, goes_on.after.closed_at) == ("in_handling", 1, None)
    assert [event.type for event in goes_on.events] == ["complaint.reopened", "complaint.duplicate_taken_in"]
    assert goes_on.events[0].reason == "a duplicate came: CMP-1"  # type: ignore[attr-defined]


def test_what_was_closed_for_too_long_is_not_reopened_by_a_duplicate() -> None:  # C055, C050
    old = second(state="closed", handler="north", closed_at=MONDAY)

    with pytest.raises(PolicyViolation, match="record a new complaint instead"):
        merged(first(), old, policy=ComplaintPolicy(reopen_within=HOUR))


def test_one_that_is_reopened_gets_the_handler_of_the_duplicate_if_it_had_none() -> None:  # C055
    lapsed = second(state="lapsed", closed_at=MONDAY)

    assert merged(first(state="in_handling", handler="north"), lapsed)[1].handler == "north"
    with pytest.raises(GuardNotMet, match="a handler is named"):
        merged(first(), lapsed)


def test_what_was_merged_takes_in_nothing_and_names_where_it_went() -> None:  # C055
    gone, _ = merged(second(), a_complaint(id="c-3"))

    with pytest.raises(PolicyViolation, match="that complaint goes on as c-3; merge into this one instead"):
        merged(first(), gone)


def test_nothing_is_merged_into_itself_or_into_what_was_taken_back() -> None:  # C055
    with pytest.raises(GuardNotMet, match="a complaint is linked to another one"):
        merged(first(), first())
    with pytest.raises(TransitionNotAllowed, match="cannot take_in while withdrawn"):
        merged(first(), second(state="withdrawn"))


@pytest.mark.parametrize("state", ["closed", "lapsed", "referred", "withdrawn", "merged"])
def test_what_has_ended_is_not_merged(state: str) -> None:
    with pytest.raises(TransitionNotAllowed, match=f"cannot merge while {state}"):
        merged(first(state=state), second())


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=12))
def test_every_duplicate_of_a_duplicate_leads_to_one_that_goes_on(pairs: list[tuple[int, int]]) -> None:  # C055, B23
    known = {f"c-{n}": a_complaint(id=f"c-{n}") for n in range(5)}
    for one, into in pairs:
        if known[f"c-{one}"].state == "merged" and into == one:  # it turns out to be another matter
            known[f"c-{one}"] = taken_up(known[f"c-{one}"])
        try:
            ended, goes_on = merged(known[f"c-{one}"], known[f"c-{into}"])
        except ServiceCRMError:
            continue
        known |= {ended.id: ended, goes_on.id: goes_on}

    for complaint in known.values():
        root, steps = complaint, 0
        while root.duplicate_of is not None:
            root, steps = known[root.duplicate_of], steps + 1
            assert steps < len(known)
        assert root.state in ("recorded", "in_handling")


def taken_up(complaint: Complaint, **given: object) -> Complaint:
    told = {"handler": "north", "by": ANN, "at": MONDAY + 2 * DAY, **given}
    return complaints.reopen(complaint, "It is another matter.", **told).after  # type: ignore[arg-type]


@pytest.mark.parametrize("state", OPEN)
def test_what_was_merged_can_be_taken_up_again_and_is_no_duplicate_then(state: str) -> None:  # C050, C055
    gone, _ = merged(linked(first(state=state, handler="north"), a_complaint(id="c-3")), second())
    again = taken_up(gone)

    assert (again.state, again.duplicate_of, again.closed_at, again.closing_code) == ("in_handling", None, None, None)
    assert again.links == (Link(kind=LinkKind.RELATED, complaint="c-3"),)
    assert (again.reopenings, again.moments[-1].kind) == (1, "reopened")
    assert merged(again, a_complaint(id="c-4"), at=MONDAY + 3 * DAY)[0].duplicate_of == "c-4"


def test_it_is_never_too_late_to_take_up_what_was_merged() -> None:  # C050, C055
    house = ComplaintPolicy(reopen_within=DAY)
    gone, _ = merged(first(handler="north"), second())

    assert taken_up(gone, policy=house, at=MONDAY + 300 * DAY).state == "in_handling"
    with pytest.raises(GuardNotMet, match="a handler is named"):
        taken_up(merged(first(), second())[0], handler=None)


def test_an_importer_takes_up_what_was_merged_without_its_link() -> None:  # C055
    gone, _ = merged(linked(first(), a_complaint(id="c-3")), second())
    again = complaints.adopt(gone, "in_handling", source="old-crm", by=ANN, at=MONDAY + 2 * DAY).after

    assert again.links == (Link(kind=LinkKind.RELATED, complaint="c-3"),)


def test_merging_into_what_was_answered_takes_that_up_again() -> None:  # C050, C055
    answered = second(state="responded", handler="south", answered_at=MONDAY)
    ends, goes_on = complaints.merge(first(), answered, by=ANN, at=MONDAY + DAY)

    assert (ends.after.state, goes_on.after.state, goes_on.after.answered_at) == ("merged", "in_handling", None)
    assert [event.type for event in goes_on.events] == ["complaint.reopened", "complaint.duplicate_taken_in"]


class Shelf:
    """The least that a host can have: it keeps nothing, and gives what it is asked to save."""

    def get(self, id: str, /) -> Complaint:
        return first(id=id)

    def save(self, *decisions: Decision[Any]) -> list[Any]:
        return [decision.after for decision in decisions]


def test_a_merge_goes_by_the_rules_of_the_one_that_goes_on() -> None:  # C050, C055, C056
    house = ComplaintPolicies().publish(ComplaintPolicy(reopen_within=HOUR), effective=MONDAY)
    engine = ComplaintEngine(Shelf(), policies=house)
    loose, strict = (second(state="closed", handler="north", closed_at=MONDAY, policy=n) for n in (0, 1))

    assert engine.do("c-1", complaints.merge, loose, by=ANN, at=MONDAY + DAY).state == "merged"
    with pytest.raises(PolicyViolation, match="reopen_within"):
        engine.do("c-1", complaints.merge, strict, by=ANN, at=MONDAY + DAY)
    with pytest.raises(PolicyViolation, match="reopen_within"):
        engine.do("c-1", complaints.merge, into=strict, by=ANN, at=MONDAY + DAY)


@pytest.mark.parametrize("state", ["recorded", "in_handling", "responded", "closed"])
def test_a_risk_to_safety_goes_on_with_the_other_one(state: str) -> None:  # C043, C055
    unsafe = complaints.record(id="c-1", subject="Gas", channel="phone", safety=True, by=ANN, at=MONDAY).after
    calm = second(state=state, handler="south", priority=Priority.P3, computed_priority=Priority.P3)
    _, goes_on = merged(unsafe, calm)

    assert (goes_on.safety, goes_on.priority, goes_on.computed_priority) == (True, Priority.P1, Priority.P1)
    assert [m.code for m in goes_on.moments if m.kind == "rated"] == ["p1"]
    assert merged(second(), unsafe)[1].moments == unsafe.moments
    assert merged(first(), second())[1].priority is None


def test_what_is_the_most_pressing_already_is_not_rated_again() -> None:  # C043, C055
    unsafe = first(safety=True, priority=Priority.P1)

    _, goes_on = merged(unsafe, second(priority=Priority.P1))
    assert (goes_on.safety, goes_on.moments) == (True, second().moments)


@given(st.none() | st.integers(1, 9), st.none() | st.integers(1, 9))
def test_the_earlier_due_date_is_kept(mine: int | None, theirs: int | None) -> None:  # C055
    one = first() if mine is None else complaints.amend(first(), due_at=MONDAY + mine * DAY, by=ANN, at=MONDAY).after
    into = second(due_at=None if theirs is None else MONDAY + theirs * DAY)
    _, goes_on = merged(one, into)

    dates = [MONDAY + days * DAY for days in (mine, theirs) if days is not None]
    assert goes_on.due_at == min(dates, default=None)
    told = [moment.until for moment in goes_on.moments if moment.kind == "due"]
    assert told == ([goes_on.due_at] if goes_on.due_at != into.due_at else [])


PEOPLE = st.frozensets(st.sampled_from("abcdef"), max_size=2)
WHO_DECIDED = st.fixed_dictionaries(
    {
        "stage": st.integers(1, 3),
        "deciders": PEOPLE,
        "decided_by": PEOPLE,
        "complained_about": st.none() | st.sampled_from("abcdef"),
    }
)


def kept_away(complaint: Complaint) -> set[str | None]:
    """Who may not judge a complaint."""
    return {*complaint.deciders, complaint.complained_about} - {None}


@given(WHO_DECIDED, WHO_DECIDED, st.sampled_from(["recorded", "in_handling", "closed"]))
def test_who_may_not_decide_about_a_duplicate_does_not_decide_about_the_other_one(  # C044, C048, C055
    mine: dict[str, Any], theirs: dict[str, Any], state: str
) -> None:
    duplicate, into = first(**mine), second(state=state, handler="north", **theirs)
    ends, goes_on = merged(duplicate, into)

    assert goes_on.stage == max(duplicate.stage, into.stage)
    assert kept_away(duplicate) | kept_away(into) <= kept_away(goes_on)
    assert goes_on.complained_about == (into.complained_about or duplicate.complained_about)
    for each in (duplicate, into):  # who has decided about one of them has decided about what goes on
        assert each.decided_by <= (goes_on.decided_by if each.stage == goes_on.stage else goes_on.deciders)
    assert kept_away(goes_on) | goes_on.decided_by <= {
        who for each in (duplicate, into) for who in kept_away(each) | each.decided_by
    }
    higher = [str(goes_on.stage)] if goes_on.stage > into.stage else []
    assert [moment.code for moment in goes_on.moments if moment.kind == "stage"] == higher
    kept = ("stage", "deciders", "decided_by", "complained_about")
    assert {name: getattr(taken_up(ends), name) for name in kept} == mine  # what is parted is as it was


def test_nobody_judges_a_complaint_that_a_duplicate_about_them_went_on_as() -> None:  # C044, C055
    _, goes_on = merged(first(complained_about="bob"), second(state="in_handling", complained_about="zoe"))

    for who in ("bob", "zoe"):
        with pytest.raises(GuardNotMet, match="whoever judges it"):
            complaints.judge(goes_on, "unjustified", grounds="So it is.", by=who, at=MONDAY)
    assert complaints.judge(goes_on, "unjustified", grounds="So it is.", by="eva", at=MONDAY).after.verdict


def test_what_was_judged_at_a_lower_stage_is_judged_anew_after_a_merger() -> None:  # C048, C055
    judged = second(state="in_handling", handler="north", judgements=(a_judgement(),))
    _, goes_on = merged(first(stage=2, deciders=frozenset({"ann"})), judged)

    assert a_judgement().by in goes_on.deciders
    with pytest.raises(GuardNotMet, match="it is judged at this stage whether the complaint is justified"):
        complaints.answer(goes_on, "It runs.", id="a", by="eva", at=MONDAY)


@pytest.mark.parametrize("state", ["responded", "closed"])
def test_a_duplicate_is_taken_in_after_the_stage_of_the_other_one_began(state: str) -> None:  # C048, C055
    handled = second(state=state, handler="south", answered_at=MONDAY)
    raised = complaints.raise_stage(handled, "zoe", by=ANN, at=MONDAY + 2 * HOUR).after

    with pytest.raises(PolicyViolation, match="it cannot lie before it was taken up again, at 2026-03-02T11:00:00"):
        merged(first(stage=3), raised, at=MONDAY + DAY, occurred_at=MONDAY + HOUR)
    assert merged(first(stage=3), raised, at=MONDAY + DAY, occurred_at=MONDAY + 2 * HOUR)[1].stage == 3


@pytest.mark.parametrize(
    ("one", "other"), [("complaint", "request"), ("request", "complaint"), ("request", "incident")]
)
def test_only_the_same_kind_of_feedback_is_merged(one: str, other: str) -> None:  # C041, C055
    with pytest.raises(PolicyViolation, match=f"this is a {one} and that a {other}; reclassify one of them first"):
        merged(first(feedback=Feedback(one)), second(feedback=Feedback(other)))
    assert merged(first(feedback=Feedback(one)), second(feedback=Feedback(one)))[0].state == "merged"


# -- splitting -----------------------------------------------------------------------------------


def test_a_part_becomes_a_complaint_of_its_own_with_the_origin_of_the_whole() -> None:  # C055
    whole = first(
        customer="customer-7",
        contact=ContactPoint(kind=ContactKind.PHONE, value="555-0100"),
        on_behalf_of="tenant-3",
        channel=complaints.Channel.LETTER,
        service="water",
        category="water/quality",
        received_at=MONDAY - DAY,
    )
    kept, part = complaints.split(
        whole, "The bill is wrong", id="c-9", number="CMP-9", category="bill", by=ANN, at=MONDAY
    )

    assert kept.after == whole
    assert kept.events[0].part == "c-9"  # type: ignore[attr-defined]
    assert part.before is None
    assert (part.after.id, part.after.number, part.after.state) == ("c-9", "CMP-9", "recorded")
    assert (part.after.subject, part.after.category) == ("The bill is wrong", "bill")
    assert part.after.links == (Link(kind=LinkKind.SPLIT_FROM, complaint="c-1"),)
    for field in ("customer", "contact", "on_behalf_of", "channel", "service", "received_at"):
        assert getattr(part.after, field) == getattr(whole, field)
    assert part.after.recorded_at == MONDAY


def clocks(complaint: Complaint, at: timedelta) -> dict[tuple[str, int], str]:
    found = timers(complaint.moments, TARGETS, {"default": OFFICE}, now=MONDAY + at)
    return {(timer.name, timer.n): timer.state for timer in found}


def split_off(whole: Complaint, at: timedelta) -> Complaint:
    return complaints.split(whole, "The bill", id="c-9", by=ANN, at=MONDAY + at)[1].after


def test_what_the_whole_was_told_counts_for_the_part_too() -> None:  # C042, C055, K22
    confirmed = complaints.acknowledge(first(), by=ANN, at=MONDAY + HOUR).after
    assert clocks(split_off(first(), HOUR), HOUR) == clocks(first(), HOUR)
    assert clocks(split_off(confirmed, 20 * DAY), HOUR * 2) == clocks(confirmed, HOUR * 2)

    written = complaints.message(confirmed, "We look.", id="m", side="inside", by=ANN, at=MONDAY + 2 * HOUR)[0].after
    asked = complaints.message(written, "When?", id="n", side="outside", by=ANN, at=MONDAY + 3 * HOUR)[0].after
    part = split_off(asked, 20 * DAY)
    assert clocks(part, 5 * HOUR) == clocks(asked, 5 * HOUR)
    assert [(m.n, m.kind) for m in part.moments] == [(1, "received"), (2, "acknowledged"), (3, "message")]
    assert (part.state, part.acknowledged_at) == ("recorded", None)


def test_an_answer_to_the_whole_confirms_the_part_and_does_not_resolve_it() -> None:  # C042, C055
    handled = first(state="in_handling", handler="north", feedback=Feedback.COMPLAINT, judgements=(a_judgement(),))
    answered = complaints.answer(handled, "It runs.", id="a", by=ANN, at=MONDAY + HOUR)[0].after

    assert clocks(split_off(answered, 2 * HOUR), 2 * HOUR) == {
        ("acknowledge", 1): "met",
        ("first_response", 1): "met",
        ("resolution", 1): "running",
    }


def test_who_may_not_decide_about_the_whole_does_not_decide_about_the_part() -> None:  # C044, C048, C055
    handled = first(state="in_handling", handler="north", complained_about="bob", judgements=(a_judgement(),))
    answered = complaints.answer(handled, "It runs.", id="a", by="eva", at=MONDAY + HOUR)[0].after
    raised = complaints.raise_stage(answered, "zoe", by=ANN, at=MONDAY + 2 * HOUR).after
    whole = complaints.judge(raised, "partly", grounds="Looked again.", by="zoe", at=MONDAY + 3 * HOUR).after
    part = split_off(whole, DAY)

    for name in ("stage", "deciders", "decided_by", "complained_about"):
        assert getattr(part, name) == getattr(whole, name)
    assert (part.stage, part.judgements) == (2, ())
    assert clocks(part, DAY)["stage", 1] == "running"
    assert clocks(part, DAY)["resolution", 1] == "cancelled"


def test_a_moment_that_was_taken_back_counts_for_no_part() -> None:  # C042, C055
    confirmed = complaints.acknowledge(first(), by=ANN, at=MONDAY + HOUR).after
    voided = complaints.void(confirmed, 2, reason="another one", by=ANN, at=MONDAY + HOUR).after

    assert [moment.kind for moment in split_off(voided, 2 * HOUR).moments] == ["received"]


def test_a_part_is_taken_for_what_the_whole_is() -> None:  # C041, C055
    request = complaints.reclassify(first(), "request", reason="asks", by=ANN, at=MONDAY + HOUR).after
    back = complaints.reclassify(request, "complaint", reason="no", by=ANN, at=MONDAY + 2 * HOUR).after
    other = complaints.record(id="c-3", subject="Hi", channel="web", feedback="request", by=ANN, at=MONDAY).after

    for whole in (request, back, other):
        part = split_off(whole, DAY)
        assert part.feedback is whole.feedback
        assert clocks(part, DAY) == clocks(whole, DAY)
        assert part.moments == standing(whole.moments)


def test_one_split_into_three_makes_two_more() -> None:  # C055, K18
    parts = [complaints.split(first(), "A part", id=id, by=ANN, at=MONDAY)[1].after for id in ("c-8", "c-9")]

    assert [part.feedback for part in (first(), *parts)] == [Feedback.COMPLAINT] * 3
    assert len({part.id for part in parts}) == 2


def test_a_part_has_a_subject_and_a_category_of_the_house() -> None:  # C055
    with pytest.raises(InvalidValue, match=r"Complaint.subject: a text must not be blank"):
        complaints.split(first(), " ", id="c-9", by=ANN, at=MONDAY)
    house = ComplaintPolicy(categories=("water",))
    with pytest.raises(PolicyViolation, match="not a category of this house"):
        complaints.split(first(), "The bill", id="c-9", category="bill", policy=house, by=ANN, at=MONDAY)


@pytest.mark.parametrize("state", ["closed", "lapsed", "referred", "withdrawn", "merged"])
def test_what_has_ended_is_not_split(state: str) -> None:
    with pytest.raises(TransitionNotAllowed, match=f"cannot split while {state}"):
        complaints.split(first(state=state), "The bill", id="c-9", by=ANN, at=MONDAY)


# -- proposing -----------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [*OPEN, *ENDED])
@pytest.mark.parametrize("kind", ["service", "process"])
def test_anybody_may_say_what_has_to_change(state: str, kind: str) -> None:  # C107
    decision = complaints.propose_change(first(state=state), "Renew valves.", id="p-1", kind=kind, by="cara", at=MONDAY)

    (event,) = decision.events
    assert isinstance(event, ChangeProposed)
    assert (event.proposal, event.kind, event.text) == ("p-1", kind, "Renew valves.")
    assert decision.after == first(state=state)
    assert "valves" not in repr(event)


def test_a_proposal_says_something_about_a_service_or_a_process() -> None:  # C107
    with pytest.raises(InvalidValue, match="text: a text must not be blank"):
        complaints.propose_change(first(), " ", id="p-1", kind="service", by="cara", at=MONDAY)
    with pytest.raises(InvalidValue, match="expected one of service, process"):
        complaints.propose_change(first(), "Renew valves.", id="p-1", kind="people", by="cara", at=MONDAY)

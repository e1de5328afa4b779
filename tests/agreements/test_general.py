"""General agreements: one for each customer and topic, attached in the version of the day."""

from datetime import date

import pytest

from servicecrm import agreements
from servicecrm.agreements import general
from servicecrm.errors import InvalidValue, PolicyViolation, TransitionNotAllowed
from tests.agreements.making import ANN, CAFE, DAY, MONDAY, a_draft, a_general, agreed, general_in_force


def test_a_new_service_agreement_has_the_general_one_attached() -> None:  # C027, S3-O1
    mine, other = general_in_force(), general_in_force("g-2", customer="bakery")
    draft = a_draft(general=[mine, other, a_general("g-3")])

    assert [(each.agreement, each.version) for each in draft.general] == [("g-1", 1)]


def test_what_is_attached_keeps_its_version() -> None:  # C027
    first = general_in_force()
    draft = a_draft(general=[first])
    new, old = general.renew(first, id="g-2", terms="Within an hour.", first_day=date(2026, 3, 3), by=ANN, at=MONDAY)

    assert (new.after.version, new.after.predecessor, new.after.signatures) == (2, "g-1", ())
    assert old.after.state == "in_force"
    assert draft.general == (first.attached,)


def test_the_next_version_ends_the_one_before_it_when_it_is_signed() -> None:  # C027
    first = general_in_force()
    new = general.renew(first, id="g-2", first_day=MONDAY.date(), by=ANN, at=MONDAY)[0].after
    (half,) = general.sign(new, "customer", others=[first], by="rosa", at=MONDAY)
    whole, ended = general.sign(half.after, "provider", others=[first, new], by=ANN, at=MONDAY)

    assert whole.after.in_force(MONDAY)
    assert (ended.after.id, ended.after.state, ended.after.in_force(MONDAY)) == ("g-1", "ended", False)


def test_there_is_one_for_each_customer_and_topic() -> None:  # C027
    def conclude(topic: str) -> str:
        (half,) = general.sign(a_general("g-2", topic=topic), "customer", by="rosa", at=MONDAY)
        return general.sign(half.after, "provider", others=[general_in_force()], by=ANN, at=MONDAY)[0].after.state

    assert conclude("privacy") == "in_force"
    with pytest.raises(PolicyViolation, match="another general agreement about it is in force"):
        conclude("general")


def test_one_whose_days_are_over_stands_in_nobodys_way() -> None:  # C027
    old = general_in_force(last_day=MONDAY.date())
    later = MONDAY + DAY
    (half,) = general.sign(a_general("g-2"), "customer", by="rosa", at=later)

    assert len(general.sign(half.after, "provider", others=[old], by=ANN, at=later)) == 1
    with pytest.raises(PolicyViolation):
        general.sign(half.after, "provider", others=[old], by=ANN, at=MONDAY)


def test_nobody_signs_one_that_is_over() -> None:  # C027, C029
    (half,) = general.sign(a_general(last_day=MONDAY.date()), "customer", by="rosa", at=MONDAY)

    with pytest.raises(PolicyViolation, match="it was over on 2026-03-02"):
        general.sign(half.after, "provider", by=ANN, at=MONDAY + DAY)
    assert general.sign(half.after, "provider", by=ANN, at=MONDAY)[0].after.state == "in_force"


def test_ending_it_tells_what_needs_another_look() -> None:  # C027
    attached, other = a_draft("a-1", general=[general_in_force()]), a_draft("a-2")
    ended = general.end(general_in_force(), "Renegotiated.", by=ANN, at=MONDAY).after

    assert not ended.in_force(MONDAY)
    assert [each.id for each in general.dependents(ended, [attached, other], at=MONDAY)] == ["a-1"]
    gone = agreements.abandon(attached, by=ANN, at=MONDAY).after
    assert general.dependents(ended, [gone], at=MONDAY) == ()


def test_attaching_another_version_clears_the_signatures() -> None:  # C027, C029
    half = agreements.sign(agreed(), "customer", by="rosa", at=MONDAY).after

    attached = agreements.attach(half, [general_in_force()], by=ANN, at=MONDAY).after
    assert (attached.signatures, len(attached.general)) == ((), 1)
    assert agreements.attach(half, [], by=ANN, at=MONDAY).after.signatures == half.signatures


def test_a_draft_is_edited_and_then_signed_anew() -> None:
    (half,) = general.sign(a_general(), "customer", by="rosa", at=MONDAY)
    edited = general.edit(half.after, terms="Within two days.", by=ANN, at=MONDAY).after

    assert (edited.signatures, edited.state) == ((), "draft")
    with pytest.raises(InvalidValue, match="nothing is given"):
        general.edit(edited, by=ANN, at=MONDAY)
    with pytest.raises(TransitionNotAllowed):
        general.edit(general_in_force(), terms="x", by=ANN, at=MONDAY)
    with pytest.raises(PolicyViolation, match="not what it says now"):
        general.sign(edited, "provider", digest=half.after.digest, by=ANN, at=MONDAY)
    assert general.end(edited, by=ANN, at=MONDAY).after.state == "ended"


def test_it_is_in_force_for_its_days() -> None:
    agreement = general_in_force(first_day=date(2026, 3, 3), last_day=date(2026, 3, 4))

    assert [agreement.in_force(MONDAY + n * DAY) for n in range(4)] == [False, True, True, False]
    assert agreement.customer == CAFE

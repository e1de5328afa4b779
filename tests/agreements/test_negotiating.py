"""From a draft to two signatures under the same terms."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm import agreements
from servicecrm.agreements import LIFECYCLE, Agreement, AgreementContact, Duty, Line
from servicecrm.agreements.checklist import AGREEMENT as CHECKLIST
from servicecrm.agreements.model import TERMS
from servicecrm.errors import GuardNotMet, InvalidValue, PolicyViolation, RuleError, TransitionNotAllowed
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.kernel.records import evolve, field_names
from tests.agreements.making import ANN, APRIL, DAY, LEVELS, MONDAY, a_draft, agreed, in_force, signed


def test_an_agreement_is_proposed_countered_accepted_and_signed() -> None:  # C028, C029, S3-P2
    proposed = agreements.propose(a_draft(), by=ANN, at=MONDAY).after
    countered = agreements.counter(proposed, "customer", title="Better water", by="rosa", at=MONDAY + DAY).after
    accepted = agreements.accept(countered, "provider", by=ANN, at=MONDAY + DAY).after

    assert [each.party for each in accepted.rounds] == ["provider", "customer"]
    assert accepted.rounds[-1].digest == accepted.digest != accepted.rounds[0].digest
    assert (accepted.state, accepted.agreed_by) == ("agreed", "provider")


def test_who_proposed_it_does_not_accept_it() -> None:  # C029
    proposed = agreements.propose(a_draft(), by=ANN, at=MONDAY).after

    with pytest.raises(GuardNotMet, match="by the other party"):
        agreements.accept(proposed, "provider", by=ANN, at=MONDAY)


def test_it_is_about_one_service_or_more() -> None:  # C028, S3-O6
    with pytest.raises(GuardNotMet, match="one service or more"):
        agreements.propose(a_draft(lines=()), by=ANN, at=MONDAY)


def test_a_change_after_the_first_signature_clears_it() -> None:  # C029
    half = agreements.sign(agreed(), "customer", by="rosa", at=MONDAY).after
    changed = agreements.counter(half, "provider", title="Water, and more", by=ANN, at=MONDAY).after

    assert len(half.signatures) == 1
    assert (changed.state, changed.signatures, changed.agreed_by) == ("negotiating", (), None)
    with pytest.raises(TransitionNotAllowed):
        agreements.sign(changed, "provider", by=ANN, at=MONDAY)


def test_the_same_terms_are_no_counter_proposal() -> None:
    with pytest.raises(GuardNotMet, match="other ones than before"):
        agreements.counter(agreed(), "customer", title="Water", by=ANN, at=MONDAY)


def test_what_has_changed_since_it_was_shown_is_not_signed() -> None:  # C029
    shown = agreed().digest
    changed = agreed(title="Other water")

    with pytest.raises(PolicyViolation, match="not what it says now"):
        agreements.sign(changed, "customer", digest=shown, by="rosa", at=MONDAY)
    assert agreements.sign(agreed(), "customer", digest=shown, by="rosa", at=MONDAY).after.signatures


def test_the_second_signature_concludes_it_and_tells_who_signed_where() -> None:  # C029
    half = agreements.sign(agreed(), "customer", signer="rosa", place="Vienna", by=ANN, at=MONDAY).after
    decision = agreements.sign(half, "provider", by=ANN, at=MONDAY + DAY)

    assert half.state == "agreed"
    assert [event.type for event in decision.events] == ["agreement.concluded"]
    assert decision.after.signed_at == MONDAY + DAY
    assert [(each.party, each.signer, each.place) for each in decision.after.signatures] == [
        ("customer", "rosa", "Vienna"),
        ("provider", ANN, None),
    ]
    assert {each.digest for each in decision.after.signatures} == {decision.after.digest}


def test_it_is_signed_when_the_later_of_both_signatures_was_given() -> None:  # C029
    half = agreements.sign(agreed(), "provider", by=ANN, at=MONDAY + DAY).after
    paper = agreements.sign(half, "customer", signer="rosa", by=ANN, at=MONDAY + 2 * DAY, occurred_at=MONDAY).after

    assert paper.signed_at == MONDAY + DAY


@pytest.mark.parametrize("party", ["customer", "provider"])
def test_nobody_signs_what_is_over(party: str) -> None:  # C029
    agreement = agreed(last_day=date(2026, 4, 30), zone="Europe/Vienna")
    over = datetime(2026, 4, 30, 22, tzinfo=UTC)  # midnight there

    with pytest.raises(PolicyViolation, match="it was over on 2026-04-30"):
        agreements.sign(agreement, party, by=ANN, at=over)
    assert agreements.sign(agreement, party, by=ANN, at=over - timedelta(seconds=1)).after.signatures
    paper = agreements.sign(agreement, party, by=ANN, at=over, occurred_at=over - DAY).after  # is told of later
    assert [each.at for each in paper.signatures] == [over - DAY]


def test_signing_twice_for_one_party_does_not_conclude_it() -> None:  # C029
    agreement = agreed()
    for hour in (1, 2):
        agreement = agreements.sign(agreement, "customer", by=f"rosa-{hour}", at=MONDAY).after

    assert agreement.state == "agreed"
    assert [each.signer for each in agreement.signatures] == ["rosa-2"]


def test_only_those_sign_who_are_named_for_it() -> None:  # C029, C012
    contact = AgreementContact(party="customer", purpose="signing", person="rosa")  # type: ignore[arg-type]
    agreement = agreed(contacts=(contact,))

    with pytest.raises(PolicyViolation, match="for the customer sign: rosa"):
        agreements.sign(agreement, "customer", by="somebody", at=MONDAY)
    assert agreements.sign(agreement, "provider", by=ANN, at=MONDAY).after.signatures


def test_nothing_is_signed_before_it_was_accepted_or_accepted_before_it_was_proposed() -> None:
    proposed = agreements.propose(a_draft(), by=ANN, at=MONDAY).after

    with pytest.raises(PolicyViolation, match="before it was proposed"):
        agreements.accept(proposed, "customer", by=ANN, at=MONDAY, occurred_at=MONDAY - DAY)
    with pytest.raises(PolicyViolation, match="before it was accepted"):
        agreements.sign(agreed(), "customer", by=ANN, at=MONDAY, occurred_at=MONDAY - DAY)


# -- the digest ------------------------------------------------------------------------------------

OTHER: dict[str, Any] = {
    "id": "a-2",
    "customer": "bakery",
    "title": "More",
    "lines": (Line(service="gas", levels=LEVELS),),
    "general": (agreements.Attached(agreement="g-1", topic="general", version=1),),
    "duties": (Duty(party="customer", text="Pay in time."),),  # type: ignore[arg-type]
    "contacts": (AgreementContact(party="provider", purpose="changes", person="bob"),),  # type: ignore[arg-type]
    "change_rule": "In writing.",
    "termination": None,
    "extension": "12 calendar months",
    "reporting": "Every month.",
    "review_every": "6 months",
    "glossary": FrozenMap({"SLA": "This agreement."}),
    "zone": "Europe/Vienna",
    "first_day": APRIL + DAY,
    "last_day": APRIL + 30 * DAY,
}


@given(st.sampled_from(TERMS))
def test_every_change_of_the_terms_is_another_content(name: str) -> None:  # C029
    agreement = a_draft(last_day=APRIL + 60 * DAY)

    assert evolve(agreement, **{name: OTHER[name]}).digest != agreement.digest


@given(st.sampled_from(sorted(set(field_names(Agreement)) - set(TERMS))))
def test_nothing_else_changes_what_was_signed(name: str) -> None:  # C029
    one, other = a_draft(), in_force(first_day=APRIL - 60 * DAY)

    assert evolve(one, **{name: getattr(other, name)}).digest == one.digest


@given(st.lists(st.sampled_from(["customer", "provider", "counter", "accept"]), max_size=12))
def test_it_is_concluded_only_with_both_signatures_under_the_present_terms(steps: list[str]) -> None:  # C029
    agreement, n = agreements.propose(a_draft(), by=ANN, at=MONDAY).after, 0
    for step in steps:
        n += 1
        try:
            if step == "counter":
                agreement = agreements.counter(agreement, "provider", title=f"Water {n}", by=ANN, at=MONDAY).after
            elif step == "accept":
                agreement = agreements.accept(agreement, "customer", by=ANN, at=MONDAY).after
            else:
                agreement = agreements.sign(agreement, step, by=ANN, at=MONDAY).after
        except RuleError:
            continue

    both = {each.party for each in agreement.signatures if each.digest == agreement.digest}
    assert (agreement.state == "signed") == (len(both) == 2)
    assert (agreement.signed_at is not None) == (agreement.state == "signed")
    assert all(each.digest == agreement.digest for each in agreement.signatures)


# -- the record ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "terms",
    [
        {"last_day": APRIL - DAY},
        {"zone": "Nowhere/Else"},
        {"extension": "12 calendar months"},
        {"extension": "8h business", "last_day": APRIL},
        {"extension": "0 calendar months", "last_day": APRIL},
        {"termination": agreements.Termination(to="term")},  # type: ignore[arg-type]
        {"review_every": "now and then"},
        {"lines": "water"},
        {"unheard": "of"},
    ],
)
def test_terms_that_cannot_be_are_refused(terms: dict[str, Any]) -> None:  # C028
    with pytest.raises(InvalidValue):
        a_draft(**terms)


def test_a_draft_needs_a_title_and_a_first_day() -> None:
    with pytest.raises(InvalidValue, match="title and first_day"):
        agreements.draft(id="a-1", customer="c", by=ANN, at=MONDAY)


def test_the_checklist_warns_of_what_is_often_forgotten() -> None:  # C007, C028
    proposed = agreements.propose(a_draft(termination=None), by=ANN, at=MONDAY).after

    assert "termination" in [line.path for line in CHECKLIST.check(proposed).warnings]
    assert CHECKLIST.check(in_force()).missing == ()


def test_a_contact_is_found_by_its_purpose() -> None:  # C028
    contact = AgreementContact(party="provider", purpose="escalation", person="vera")  # type: ignore[arg-type]

    assert a_draft(contacts=(contact,)).contact("provider", "escalation") == ("vera",)
    assert a_draft(contacts=(contact,)).contact("customer", "escalation") == ()


def test_a_draft_is_edited_and_what_nobody_is_held_to_is_abandoned() -> None:
    edited = agreements.edit(a_draft(), change_rule="In writing.", by=ANN, at=MONDAY).after
    assert edited.change_rule == "In writing."
    assert agreements.abandon(agreed(), "Too dear.", by=ANN, at=MONDAY).after.state == "abandoned"
    with pytest.raises(TransitionNotAllowed):
        agreements.abandon(signed(), by=ANN, at=MONDAY)
    with pytest.raises(InvalidValue, match="nothing is given"):
        agreements.edit(a_draft(), by=ANN, at=MONDAY)


def test_the_lifecycle_has_the_states_of_the_process() -> None:  # C003, C028
    assert set(LIFECYCLE.states) == {
        "draft",
        "negotiating",
        "agreed",
        "signed",
        "in_force",
        "suspended",
        "terminated",
        "expired",
        "superseded",
        "abandoned",
    }

"""A review looks at one frozen set of figures, takes up what was open, and ends in a report and the next date."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.errors import GuardNotMet, InvalidValue, PolicyViolation, TransitionNotAllowed
from servicecrm.kernel.records import evolve
from servicecrm.reviews import (
    Achieved,
    Achievement,
    Attendee,
    Followed,
    Measured,
    PackEntry,
    PackSource,
    Resolution,
    ResolutionKind,
    ReviewPolicy,
    ServiceReview,
    Topic,
    pack,
    service_reviews,
)
from servicecrm.reviews.checklist import SERVICE_REVIEW as CHECKLIST
from servicecrm.tracking.moments import Side
from tests.reviews.making import ANN, BOTH, DAY, HOUR, MONDAY, a_pack, a_review, prepared

WHEN = MONDAY + 7 * DAY
FOLLOWED = (Followed(action="ACT-2025-000003", note="It is ordered."),)
NEXT = date(2026, 6, 9)
ENTRY = PackEntry(record="x", title="y")


def a_held(**changes: Any) -> ServiceReview:
    given = {"followed": FOLLOWED, "customer_view": ["Faster answers."], "provider_view": ["A second line."], **changes}
    return service_reviews.hold(prepared(), BOTH, by=ANN, at=WHEN, **given).after


def published(**changes: Any) -> ServiceReview:
    return service_reviews.publish(a_held(**changes), next_on=NEXT, by=ANN, at=WHEN + DAY).after


def test_a_review_goes_from_the_plan_to_a_published_report() -> None:  # C087, C088, S0-A18, S0-A19
    review = published()

    assert (review.state, review.next_on, review.published_at) == ("published", NEXT, WHEN + DAY)
    assert [line.path for line in CHECKLIST.check(review).missing] == []
    assert (review.span.start.isoformat(), review.prepare_by) == ("2025-10-01T00:00:00+00:00", date(2026, 3, 4))


def test_a_pack_stays_as_it_is_whatever_is_known_later() -> None:  # C087
    lines = [PackEntry(record="c-1", title="No water")]
    review = service_reviews.prepare(a_review(), a_pack(complaints=lines), by=ANN, at=MONDAY).after
    lines.append(PackEntry(record="c-2", title="Still no water"))

    assert review.pack is not None
    assert [each.record for each in review.pack.complaints] == ["c-1"]
    assert review.pack_digest == review.pack.digest
    assert a_pack(complaints=lines).digest != review.pack_digest


@given(st.sets(st.sampled_from(list(PackSource))))
def test_a_source_that_is_missing_is_named_and_one_that_is_empty_is_not(missing: set[PackSource]) -> None:  # C087
    given: dict[str, Any] = {source.value: None if source in missing else () for source in PackSource}
    found = pack(cut_off=MONDAY, **given)

    assert set(found.missing) == missing
    assert found.empty == (missing == set(PackSource))
    again = pack(cut_off=MONDAY, **given)
    assert found.digest == again.digest
    assert evolve(found, cut_off=MONDAY + HOUR).digest != found.digest


def test_a_service_without_figures_was_not_measured() -> None:  # C087
    found = pack(cut_off=MONDAY, services=["water", "gas"], results=[Achieved(service="gas", outcome=Achievement.MET)])

    assert [(each.service, each.outcome) for each in found.results] == [
        ("gas", Achievement.MET),
        ("water", Achievement.NOT_MEASURED),
    ]
    assert pack(cut_off=MONDAY, services=["water"], praise=()).missing[0] is PackSource.RESULTS


def test_a_review_without_data_is_not_prepared_and_not_held() -> None:  # C087
    with pytest.raises(GuardNotMet, match="something to look at"):
        service_reviews.prepare(a_review(), pack(cut_off=MONDAY), by=ANN, at=MONDAY)
    with pytest.raises(TransitionNotAllowed):
        service_reviews.hold(a_review(), BOTH, by=ANN, at=WHEN)
    with pytest.raises(PolicyViolation, match="cut-off"):
        service_reviews.prepare(a_review(), a_pack(cut_off=MONDAY + DAY), by=ANN, at=MONDAY)


def test_newer_figures_replace_a_pack_until_the_review_is_held() -> None:  # C087
    newer = a_pack(satisfaction=[Measured(measure="nps", value=Decimal(25), n=8)])
    review = service_reviews.prepare(prepared(), newer, by=ANN, at=MONDAY + DAY).after

    assert (review.pack, review.pack_digest, review.state) == (newer, newer.digest, "prepared")
    with pytest.raises(TransitionNotAllowed):
        service_reviews.prepare(a_held(), newer, by=ANN, at=WHEN)


def test_open_actions_are_looked_at_first() -> None:  # C088
    with pytest.raises(GuardNotMet, match="open have been looked at"):
        service_reviews.hold(prepared(), BOTH, by=ANN, at=WHEN)
    assert prepared().unfollowed == ("ACT-2025-000003",)
    assert a_held().unfollowed == ()


def test_a_review_with_one_side_absent_was_not_held() -> None:  # C088
    with pytest.raises(GuardNotMet, match="for the customer"):
        service_reviews.hold(
            prepared(),
            [Attendee(person="ann", side=Side.INSIDE)],
            followed=FOLLOWED,
            by=ANN,
            at=WHEN,
        )


def test_a_report_says_of_every_service_what_was_agreed_and_achieved() -> None:  # C088, S0-O2
    without = evolve(a_held(), services=("water", "gas"))

    assert without.unanswered == ("gas",)
    with pytest.raises(GuardNotMet, match="every service"):
        service_reviews.publish(without, next_on=NEXT, by=ANN, at=WHEN)


def test_a_report_names_the_next_date() -> None:  # C088
    with pytest.raises(GuardNotMet, match="next on"):
        service_reviews.publish(a_held(), by=ANN, at=WHEN)
    with pytest.raises(PolicyViolation, match="next_on"):
        service_reviews.publish(a_held(), next_on=WHEN.date(), by=ANN, at=WHEN)
    known = service_reviews.edit(a_held(), next_on=NEXT, by=ANN, at=WHEN).after
    assert service_reviews.publish(known, by=ANN, at=WHEN).after.next_on == NEXT


def test_what_is_published_is_added_to_and_not_changed() -> None:  # C088
    report = published()
    with pytest.raises(TransitionNotAllowed):
        service_reviews.edit(report, exceptional="A flood.", by=ANN, at=WHEN + DAY)
    more = service_reviews.add(report, "There was a flood.", by=ANN, at=WHEN + DAY).after

    assert (more.digest, len(more.addenda)) == (report.digest, 1)
    with pytest.raises(TransitionNotAllowed):
        service_reviews.add(a_held(), "Too early.", by=ANN, at=WHEN)
    with pytest.raises(PolicyViolation, match="published"):
        service_reviews.add(report, "Too early.", by=ANN, at=WHEN + DAY, occurred_at=WHEN)
    with pytest.raises(PolicyViolation, match="the review"):
        service_reviews.publish(a_held(), next_on=NEXT, by=ANN, at=WHEN, occurred_at=MONDAY)


def test_the_customer_may_sign_the_report_off() -> None:  # C088
    decision = service_reviews.publish(a_held(), next_on=NEXT, by=ANN, at=WHEN + DAY)
    report = decision.after
    assert decision.events[0].digest == report.digest  # type: ignore[attr-defined]

    signed = service_reviews.sign_off(report, "outside", digest=report.digest, by="rosa", at=WHEN + DAY).after
    assert [(each.party, each.signer) for each in signed.sign_offs] == [("outside", "rosa")]
    with pytest.raises(PolicyViolation, match="signature"):
        service_reviews.sign_off(report, "outside", digest="0" * 64, by="rosa", at=WHEN + DAY)
    with pytest.raises(PolicyViolation, match="signer"):
        service_reviews.sign_off(report, "inside", by="rosa", at=WHEN + DAY)
    with pytest.raises(TransitionNotAllowed):
        service_reviews.sign_off(a_held(), "outside", by="rosa", at=WHEN)
    with pytest.raises(PolicyViolation, match="published"):
        service_reviews.sign_off(report, "outside", by="rosa", at=WHEN + DAY, occurred_at=WHEN)
    with pytest.raises(PolicyViolation, match="prepared"):
        service_reviews.hold(prepared(), BOTH, followed=FOLLOWED, by=ANN, at=WHEN, occurred_at=MONDAY - HOUR)


def test_what_is_decided_becomes_action_items() -> None:  # C006, C088
    due = WHEN + 7 * DAY
    review, action = service_reviews.resolve(
        a_held(), [Resolution(text="Renew it", owner="north", due_at=due)], ids=["a-1"], by=ANN, at=WHEN
    )

    assert review.after.resolutions[0].record == action.after.id == "a-1"
    assert (action.after.source_kind, action.after.source) == ("service_review", "r-1")
    with pytest.raises(PolicyViolation, match="the review"):
        service_reviews.resolve(
            a_held(),
            [Resolution(text="x", kind=ResolutionKind.NONE)],
            ids=[],
            by=ANN,
            at=WHEN,
            occurred_at=MONDAY,
        )


def test_a_review_is_put_off_with_what_it_has_to_be_prepared_by() -> None:  # C084, C087
    later = datetime.fromisoformat("2026-04-01T09:00+00:00")
    review = service_reviews.reschedule(
        a_review(due_on=date(2026, 3, 9)), later, by=ANN, at=MONDAY, policy=ReviewPolicy(prepare_days=2)
    ).after

    assert (review.prepare_by, review.due_on) == (date(2026, 3, 30), date(2026, 3, 9))
    assert service_reviews.cancel(prepared(), "They left.", by=ANN, at=MONDAY).after.state == "cancelled"
    topic = Topic(title="No water", source_kind="complaint", source="c-1")
    twice = service_reviews.add_topics(a_review(agenda=[topic]), [topic], by=ANN, at=MONDAY).after
    assert twice.agenda == (topic,)


@pytest.mark.parametrize(
    "wrong",
    [
        {"period": "last year"},
        {"zone": "Nowhere/Land"},
        {"customer": " "},
        {"services": "water"},
        {"planned_until": MONDAY},
    ],
)
def test_a_review_knows_its_period_and_its_customer(wrong: dict[str, Any]) -> None:  # C087
    with pytest.raises(InvalidValue):
        a_review(**wrong)


def test_only_findings_are_recorded() -> None:
    with pytest.raises(InvalidValue, match="cannot record weather"):
        service_reviews.hold(prepared(), BOTH, followed=FOLLOWED, by=ANN, at=WHEN, weather="wet")  # type: ignore[call-arg]
    with pytest.raises(InvalidValue, match="nothing is given"):
        service_reviews.edit(a_held(), by=ANN, at=WHEN)
    with pytest.raises(InvalidValue, match="customer_view"):
        service_reviews.edit(a_held(), customer_view="Faster", by=ANN, at=WHEN)


def test_a_review_shows_nothing_personal() -> None:
    for secret in ("Quarterly review", "No water", "ordered", "Faster answers"):
        assert secret not in repr(published())

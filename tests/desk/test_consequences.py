"""What happens in one slice has consequences in others, in the same unit of work, on every kind of store."""

from datetime import date, timedelta

from servicecrm.desk import Desk
from servicecrm.testing import FixedClock
from tests.agreements.making import CAFE
from tests.desk.test_agreed_times import agreed, complain

DAY = timedelta(days=1)


def test_a_closed_complaint_is_on_the_agenda_of_the_next_review(crm: Desk) -> None:  # C053, C087
    review = crm.service_reviews.plan(
        title="Water, spring",
        customer=CAFE,
        planned_for=crm.clock() + 20 * DAY,
        services=["water"],
        period="2026-Q1",
    )
    mine, other = complain(crm), complain(crm, service="gas")
    for id in (mine, other):
        crm.complaints.acknowledge(id)
        crm.complaints.assign(id, handler="north")
        crm.complaints.judge(id, "justified", grounds="The valve leaked.")
        crm.complaints.answer(id, text="It runs again.")
        crm.complaints.close(id, "resolved")

    assert [topic.source for topic in crm.service_reviews.get(review.id).agenda] == [mine]


def test_a_change_that_a_complaint_asks_for_is_a_proposal_that_is_told_back(crm: Desk) -> None:  # C107
    mine = complain(crm)
    crm.complaints.acknowledge(mine)
    crm.complaints.propose_change(mine, "Renew valves earlier.", kind="service")

    (proposal,) = crm.improvements.find()
    assert (proposal.number, proposal.about, proposal.text) == ("IMP-2026-000001", "water", "Renew valves earlier.")
    crm.improvements.accept(proposal.id, "We will, from May on.")
    assert [told.sentence() for told in crm.improvements.told_from("complaint", mine)] == [
        "Your proposal IMP-2026-000001 was accepted. We will, from May on."
    ]


def test_whoever_has_an_open_complaint_is_warned_when_the_agreement_ends(  # C030
    crm: Desk, clock: FixedClock
) -> None:
    agreement = agreed(crm, "30h elapsed", last_day=date(2026, 3, 2))
    mine, other = complain(crm), complain(crm, service="gas")
    clock.advance(days=1)

    swept = [crm.sweep(), crm.sweep()]

    assert crm.agreements.get(agreement.id).state == "expired"
    assert {(event.kind, event.event.type) for event in swept[0].events} >= {("agreement", "agreement.expired")}
    (said,) = crm.complaints.messages(mine)
    assert str(agreement.number) in said.text
    assert crm.complaints.messages(other) == ()


def test_a_review_that_was_not_held_is_taken_up_once(crm: Desk, clock: FixedClock) -> None:  # C084
    crm.review_schedules.start(
        customer=CAFE, occasion="service_review", every="1 month", first=date(2026, 3, 3), owner="mia"
    )
    assert crm.sweep().events == ()
    clock.advance(days=3)

    events = [each for _ in range(2) for each in crm.sweep().events if each.event.type == "action_item.opened"]

    (item,) = crm.actions.find()
    assert (
        [(each.kind, each.number) for each in events]
        == [("action_item", item.number)]
        == [("action_item", "ACT-2026-000001")]
    )
    assert (item.owner, item.source_kind) == ("mia", "review_schedule")

"""One complaint from its intake to its second closing: judged, its remedy refused, decided anew by somebody else,
accepted, followed up, taken up again. Every timer, notice and figure is worked out by hand; the house is open on
workdays, from 9 to 17.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from servicecrm.complaints import Complaint, ComplaintPolicy, RemedyLimit, StepTemplate
from servicecrm.desk import Desk, House, connect
from servicecrm.errors import GuardNotMet, PolicyViolation
from servicecrm.kernel.values import Money
from servicecrm.testing import FixedClock, SeededIds

CUSTOMER, ANN, NORTH, SOUTH = "customer-7", "ann@city.example", "north@city.example", "south@city.example"
VERA, BOB, OLGA = "vera@city.example", "bob@city.example", "olga@city.example"

POLICY = ComplaintPolicy(
    categories=("water/pressure", "bills"),
    steps=(StepTemplate(title="Measure the pressure", within="3 business days", category="water"),),
    remedy_limits=(RemedyLimit(currency="EUR", amount=Decimal(30)),),
)

Told = set[tuple[str, str]]
"""In which words somebody was told, and who."""


class Life:
    """A complaint at a desk, day by day."""

    def __init__(self, crm: Desk, clock: FixedClock) -> None:
        self.crm, self.clock = crm, clock
        self.ann, self.north, self.vera, self.bob, self.olga = map(crm.acting_as, (ANN, NORTH, VERA, BOB, OLGA))
        self.south = crm.acting_as(SOUTH)
        self.customer = crm.acting_as("portal", on_behalf_of=CUSTOMER)
        self.known: set[str] = set()
        crm.policies.publish(POLICY, effective=clock() - timedelta(days=1))
        self.id = self.ann.complaints.record(
            subject="Hardly any water",
            channel="phone",
            customer=CUSTOMER,
            category="water/pressure",
            complained_about=SOUTH,
            remedy_sought="My money back",
        ).id

    def on(self, day: int, hour: int = 9) -> None:
        """It is that day of March 2026."""
        self.clock.advance(seconds=(datetime(2026, 3, day, hour, tzinfo=UTC) - self.clock()).total_seconds())
        self.crm.sweep()

    def told(self) -> Told:
        """What has come into the outbox since the last look."""
        new = [queued for queued in self.crm.outbox.pending(limit=1_000) if queued.key not in self.known]
        self.known |= {queued.key for queued in new}
        return {(queued.topic, queued.recipient) for queued in new}

    def now(self) -> Complaint:
        return self.crm.complaints.get(self.id)

    def timers(self) -> dict[tuple[str, int], str]:
        return {(timer.name, timer.n): str(timer.state) for timer in self.crm.timers(self.id)}


@pytest.fixture
def life(url: str, clock: FixedClock) -> Iterator[Life]:
    house = House(roles={"supervisor": VERA})
    with connect(url, actor="office", clock=clock, ids=SeededIds(), house=house) as crm:
        yield Life(crm, clock)


def test_a_complaint_lives_through_two_stages_and_two_closings(life: Life) -> None:  # C040-C050, C053, K13-K32
    # S0-A9, S0-A10, S3-P3
    it_is_taken_in(life)
    it_is_planned_and_looked_into(life)
    it_is_judged_and_a_remedy_is_refused(life)
    it_is_answered_and_decided_anew(life)
    it_is_accepted_and_closed(life)
    what_was_promised_is_verified(life)
    it_comes_again_and_is_closed_again(life)
    its_figures_are_those_worked_out_by_hand(life)


def it_is_taken_in(life: Life) -> None:
    assert life.told() == {("received", CUSTOMER)}

    life.on(2, 13)  # four hours, of a business day that is allowed
    life.ann.complaints.acknowledge(life.id)
    assert life.told() == {("acknowledged", CUSTOMER)}
    assert life.timers()["acknowledge", 1] == "met"

    life.on(3)
    life.ann.complaints.assess(life.id, severity="high", impact="medium")
    life.ann.complaints.assign(life.id, NORTH)
    assert life.now().priority == "p3"
    assert life.told() == {("assigned", NORTH)}


def it_is_planned_and_looked_into(life: Life) -> None:
    life.north.complaints.plan(life.id)
    (step,) = life.now().steps
    item = life.crm.actions.get(step.action)
    assert (item.title, item.owner, item.due_at) == ("Measure the pressure", NORTH, datetime(2026, 3, 6, 9, tzinfo=UTC))
    life.told()

    life.on(4, 10)  # a first response was due at nine, two business days after the receipt
    assert life.told() == {("missed", NORTH)}

    life.on(5)
    life.north.complaints.message(life.id, "We are measuring.", side="inside")
    assert life.timers()["first_response", 1] == "missed"
    with pytest.raises(GuardNotMet, match="every mandatory step is done"):
        life.north.complaints.answer(life.id, "No.")
    life.north.actions.done(step.action, "2.1 bar")
    life.north.complaints.investigate(life.id, "The pressure is as agreed.", evidence=["log-17"])
    assert life.now().steps[0].done_at == life.clock()
    life.told()


def it_is_judged_and_a_remedy_is_refused(life: Life) -> None:
    life.on(6)
    with pytest.raises(GuardNotMet, match="not the one that it is about"):
        life.south.complaints.judge(life.id, "unjustified", grounds="I did all right.")
    life.north.complaints.judge(life.id, "unjustified", grounds="The pressure is as agreed.")
    life.north.complaints.offer(life.id, "goodwill", amount=Money(amount=Decimal(40), currency="EUR"))
    assert life.told() == {("remedy_to_approve", VERA)}
    with pytest.raises(PolicyViolation, match="does not approve it"):
        life.north.complaints.approve_remedy(life.id, 1)
    life.vera.complaints.approve_remedy(life.id, 1)
    assert life.told() == {("remedy_offered", CUSTOMER)}

    life.customer.complaints.decline_remedy(life.id, 1, reason="It is about the water.")
    assert life.told() == {("remedy_settled", NORTH)}


def it_is_answered_and_decided_anew(life: Life) -> None:
    life.on(9)  # five of the ten business days
    life.north.complaints.answer(life.id, "The pressure is as agreed.", kind="rejected")
    assert life.told() == {("answered", CUSTOMER)}
    assert life.timers()["resolution", 1] == "met"

    life.on(10)
    life.customer.complaints.decline_answer(life.id, reason="It is not.")
    with pytest.raises(GuardNotMet, match="told where else to turn"):
        life.north.complaints.close(life.id, "explained")
    life.vera.complaints.raise_stage(life.id, BOB)
    assert life.told() == {("answered_back", NORTH), ("assigned", BOB), ("stage_raised", CUSTOMER)}
    assert life.timers()["stage", 1] == "running"

    life.on(11)
    with pytest.raises(GuardNotMet, match="has not decided about it at an earlier stage"):
        life.north.complaints.judge(life.id, "unjustified", grounds="As I said.")
    life.bob.complaints.judge(life.id, "partly", grounds="Nobody told her when it is measured.")
    life.bob.complaints.find_cause(life.id, "communication")
    life.bob.complaints.offer(life.id, "apology")
    life.customer.complaints.accept_remedy(life.id, 2)
    life.bob.complaints.provide_remedy(life.id, 2)
    life.told()

    life.on(12)
    life.bob.complaints.answer(life.id, "We are sorry.", kind="accepted", recourse=["ombudsman"])
    assert life.timers()["stage", 1] == "met"


def it_is_accepted_and_closed(life: Life) -> None:
    life.customer.complaints.accept_answer(life.id)
    life.on(13)
    closed = life.bob.complaints.close(life.id, "resolved")
    assert (closed.state, closed.stage, closed.verdict, closed.reopenings) == ("closed", 2, "partly", 0)
    assert ("closed", CUSTOMER) in life.told()


def what_was_promised_is_verified(life: Life) -> None:
    due = datetime(2026, 3, 20, 9, tzinfo=UTC)
    item = life.bob.actions.open(
        "Announce measurements", source_kind="complaint", source=life.id, owner=OLGA, due_at=due
    )
    assert [each.action for each in life.crm.numbers.follow_ups(status="open")] == [item.id]
    life.on(18)
    life.olga.actions.done(item.id, "Letters are sent.")
    with pytest.raises(GuardNotMet, match="verified by somebody else"):
        life.olga.actions.verify(item.id, "They read them.", effective=True)
    life.on(19)
    life.vera.actions.verify(item.id, "Nobody asks any more.", effective=True)
    assert life.now().state == "closed"
    life.told()


def it_comes_again_and_is_closed_again(life: Life) -> None:
    life.on(23)
    life.ann.complaints.reopen(life.id, "It dripped again.")
    assert ("work_reopened", BOB) in life.told()
    life.on(24)
    life.bob.complaints.answer(life.id, "The valve is new.", kind="accepted")
    life.on(25)
    closed = life.bob.complaints.close(life.id, "resolved")
    assert (closed.state, closed.reopenings) == ("closed", 1)
    assert all(timer.done for timer in life.crm.timers(life.id))


def its_figures_are_those_worked_out_by_hand(life: Life) -> None:
    life.on(31, 17)
    table = life.crm.kpis("2026-03")

    assert {kpi: table[kpi].value for kpi in EXPECTED} == EXPECTED
    assert table["K18"].ids == (life.id,)


EXPECTED: dict[str, float | None] = {
    "K13": 4,  # hours of business from nine to one
    "K14": 40,  # five days of eight hours, from the 2nd to the 9th
    "K14.total": 48,  # and one more, from the 23rd to the 24th
    "K15": 1,  # the first response
    "K16": 0,
    "K18": 1,
    "K19": 1,  # in part
    "K20": 100,
    "K22": 100,
    "K23": 100,
    "K24": 0,  # none before, one received, one reopened, two ended
    "K24.received": 1,
    "K24.reopened": 1,
    "K24.ended": 2,
    "K25": 50,
    "K26": 100,  # the second stage
    "K28": 0,
    "K29": 0,
    "K30": 100,  # the measurement and the letters
    "K32": 0,  # an apology
}

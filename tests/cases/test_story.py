"""The story of a citizen who calls an official on a Monday, from the first call to the next one."""

from datetime import timedelta

from servicecrm import cases
from servicecrm.cases import Dossier, Place, RequestType, Router, RoutingRule
from servicecrm.kernel.decisions import Decision
from servicecrm.kernel.values import ContactKind, ContactPoint
from servicecrm.testing.makers import MONDAY
from tests.cases.making import DAY, HOUR, OFFICE, PAUL, WANDA

ROUTER = Router(rules=(RoutingRule(name="water", types=("no-water",), queue="water"),))
TYPE = RequestType(code="no-water")


def test_the_ball_is_never_dropped() -> None:  # C057-C066
    facts: list[str] = []

    def then(decision: Decision[cases.Case]) -> cases.Case:
        facts.extend(event.type for event in decision.events)
        return decision.after

    # A citizen calls an official for help on a Monday, and the official's staff logs the call.
    case = then(
        cases.open(
            id="case-1",
            number="CAS-2026-000001",
            subject="No water since Sunday",
            channel="phone",
            requester="citizen-7",
            requester_name="Rosa Kern",
            contact=ContactPoint(kind=ContactKind.PHONE, value="+43 1 234"),
            sponsor="council-3",
            place=Place(address="Harbour Lane 5", zipcode="1100"),
            request_type=TYPE,
            type_version=1,
            by=OFFICE,
            at=MONDAY,
            received_at=MONDAY - timedelta(minutes=5),
        )
    )
    # It goes to the department responsible, and somebody there acknowledges it, with a promise.
    case = then(cases.route(case, ROUTER.route(case, TYPE), by=OFFICE, at=MONDAY))
    case = then(cases.accept(case, expected_by=MONDAY + 2 * DAY, by=WANDA, at=MONDAY + HOUR))
    assert (case.queue, case.handler) == ("water", WANDA)
    assert case.state in cases.LIFECYCLE.open

    # She forwards it to somebody who knows more. The promise stands, and he has to accept it.
    case = then(cases.forward(case, PAUL, reason="knows the pumps", by=WANDA, at=MONDAY + 2 * HOUR))
    case = then(cases.accept(case, by=PAUL, at=MONDAY + 3 * HOUR))
    assert case.promise is not None
    assert case.promise.until == MONDAY + 2 * DAY

    # He gets sidetracked. The system asks for an update, and until it has one the case cannot be closed.
    case = then(cases.request_update(case, MONDAY + 3 * DAY, asker="system", by="system", at=MONDAY + 2 * DAY))
    assert cases.LIFECYCLE.blocked(case)["close"][-1] == "every request for an update is answered"
    case = then(cases.give_update(case, "Waiting for a valve.", id="m-1", by=PAUL, at=MONDAY + 2 * DAY + HOUR)[0])

    # He speaks with the citizen at the second attempt, and answers; then the file is closed.
    case = then(cases.contact(case, "voicemail", note="Rang.", id="m-2", by=PAUL, at=MONDAY + 3 * DAY)[0])
    kept, answer = cases.contact(
        case, "reached", answered=True, note="A new valve is in.", id="m-3", by=PAUL, at=MONDAY + 3 * DAY + HOUR
    )
    case = then(kept)
    assert answer.after.text == "A new valve is in."
    case = then(cases.close(case, "answered", by=PAUL, at=MONDAY + 4 * DAY))
    assert not Dossier.of("citizen-7", [case]).is_open

    assert facts == [
        "case.opened",
        "case.routed",
        "case.accepted",
        "case.forwarded",
        "case.accepted",
        "case.update_requested",
        "case.update_given",
        "case.contact_made",
        "case.contact_made",
        "case.answered",
        "case.closed",
    ]

    # The citizen calls again about something else: a new case, with all that was before at hand.
    call = cases.open(
        id="case-2", subject="A bill", channel="phone", requester="citizen-7", by=OFFICE, at=MONDAY + 5 * DAY
    )
    other = cases.callback(call)[0].after
    dossier = Dossier.of("citizen-7", [other, case])
    assert dossier.is_open
    assert dossier.background(other) == (case,)

    # And when the water stops again, the same case is taken up.
    call = cases.open(
        id="case-3", subject="Dry again", channel="phone", requester="citizen-7", by=OFFICE, at=MONDAY + 6 * DAY
    )
    again = cases.callback(call, same_issue_as=case)[0].after
    assert (again.id, again.state, again.handler) == ("case-1", "in_work", PAUL)

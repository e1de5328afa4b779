"""A case is routed, accepted by whoever has it, forwarded with a reason, or handed back."""

from datetime import datetime

import pytest

from servicecrm import cases
from servicecrm.cases import CasePolicy, ForwardClock, Holder, Routing
from servicecrm.cases.events import CaseAccepted, CaseForwarded, CaseRouted, ForwardLimitPassed
from servicecrm.errors import GuardNotMet, InvalidValue, PolicyViolation, TransitionNotAllowed
from servicecrm.kernel.decisions import Actor
from servicecrm.kernel.records import evolve
from servicecrm.testing.makers import MONDAY
from tests.cases.making import DAY, HOUR, OFFICE, PAUL, WANDA, a_case, accepted, in_state


def routed(queue: str | None = "water", handler: str | None = None) -> cases.Case:
    return cases.route(a_case(), Routing(queue=queue, handler=handler), by=OFFICE, at=MONDAY).after


# -- routing -------------------------------------------------------------------------------------


def test_routing_tells_the_department_and_the_rule() -> None:  # C059
    routing = Routing(queue="water", handler=PAUL, rule="water", deputy_for=WANDA)
    decision = cases.route(a_case(), routing, by=OFFICE, at=MONDAY + HOUR)
    (event,) = decision.events

    assert isinstance(event, CaseRouted)
    assert (event.rule, event.deputy_for) == ("water", WANDA)
    assert (decision.after.state, decision.after.queue, decision.after.handler) == ("routed", "water", PAUL)
    assert decision.after.holders == (Holder(queue="water", handler=PAUL, since=MONDAY + HOUR),)
    assert decision.after.moments[-1].kind == "routed"


def test_a_case_is_routed_to_somebody() -> None:  # C059
    with pytest.raises(GuardNotMet, match="a queue or a handler is named"):
        routed(queue=None)
    with pytest.raises(GuardNotMet, match="a queue or a handler is named"):
        routed(handler=" ")
    assert routed(queue=None, handler=WANDA).handler == WANDA


def test_a_queue_gives_a_case_to_one_of_its_people() -> None:  # C059
    case = cases.assign(routed(), WANDA, reason="her street", by=PAUL, at=MONDAY + HOUR).after

    assert (case.state, case.queue, case.handler) == ("routed", "water", WANDA)
    assert case.holders[-1] == Holder(queue="water", handler=WANDA, since=MONDAY + HOUR, reason="her street")
    assert case.moments[-1].kind == "assigned"
    with pytest.raises(GuardNotMet, match="another one than the present one"):
        cases.assign(case, WANDA, by=PAUL, at=MONDAY + HOUR)


def test_what_is_accepted_is_forwarded_not_assigned() -> None:
    with pytest.raises(TransitionNotAllowed, match=r"cannot assign while acknowledged; allowed: .*forward"):
        cases.assign(accepted(), PAUL, by=PAUL, at=MONDAY)


# -- accepting -----------------------------------------------------------------------------------


def test_the_clock_of_an_answer_starts_when_the_handler_accepts_and_the_case_stays_open() -> None:  # C060
    decision = cases.accept(routed(handler=WANDA), by=WANDA, at=MONDAY + 3 * HOUR)
    case = decision.after

    assert (case.state, case.accepted_at) == ("acknowledged", MONDAY + 3 * HOUR)
    assert case.state in cases.LIFECYCLE.open
    assert (case.moments[-1].kind, case.moments[-1].occurred_at) == ("accepted", MONDAY + 3 * HOUR)
    assert len(case.holders) == 1  # nobody else has it now
    (event,) = decision.events
    assert isinstance(event, CaseAccepted)
    assert event.deputy_for is None


def test_anybody_of_the_queue_takes_what_nobody_has() -> None:  # C060
    case = cases.accept(routed(), by=PAUL, at=MONDAY).after

    assert case.handler == PAUL
    assert case.holders[-1] == Holder(queue="water", handler=PAUL, since=MONDAY)


def test_a_third_person_cannot_accept_a_case() -> None:  # C060
    with pytest.raises(PolicyViolation, match="accepted by its handler or the deputy"):
        cases.accept(routed(handler=WANDA), by=PAUL, at=MONDAY)
    with pytest.raises(PolicyViolation, match="accepted by its handler or the deputy"):
        cases.accept(routed(handler=WANDA), deputies={WANDA: "olga"}, by=PAUL, at=MONDAY)
    with pytest.raises(PolicyViolation, match="accepted by its handler or the deputy"):
        cases.accept(routed(handler=WANDA), deputies={WANDA: PAUL, PAUL: "olga"}, by=PAUL, at=MONDAY)


def test_the_deputy_who_accepts_a_case_is_its_handler() -> None:  # C060
    decision = cases.accept(routed(handler=WANDA), deputies={WANDA: PAUL}, by=PAUL, at=MONDAY)

    assert decision.after.handler == PAUL
    assert decision.after.holders[-1].handler == PAUL
    (event,) = decision.events
    assert isinstance(event, CaseAccepted)
    assert event.deputy_for == WANDA


def test_to_act_on_behalf_of_somebody_gives_no_right_to_a_case() -> None:  # C060
    clerk = Actor(id="clerk", on_behalf_of=WANDA)

    for deputies in ({}, {WANDA: PAUL}):
        with pytest.raises(PolicyViolation, match="accepted by its handler or the deputy"):
            cases.accept(routed(handler=WANDA), deputies=deputies, by=clerk, at=MONDAY)
    assert cases.accept(routed(handler=WANDA), deputies={WANDA: "clerk"}, by=clerk, at=MONDAY).after.handler == "clerk"
    assert cases.accept(routed(), by=clerk, at=MONDAY).after.handler == "clerk"
    assert cases.accept(routed(handler="clerk"), by=clerk, at=MONDAY).after.handler == "clerk"


LATE = MONDAY + 2 * HOUR


@pytest.mark.parametrize("came", [
    cases.route(a_case(), Routing(queue="water"), by=OFFICE, at=LATE).after,
    cases.assign(routed(), WANDA, by=OFFICE, at=LATE).after,
    cases.forward(accepted(), PAUL, reason="his", by=WANDA, at=LATE).after,
])  # fmt: skip
def test_nobody_accepts_or_passes_on_what_has_not_come_yet(came: cases.Case) -> None:  # C060
    with pytest.raises(PolicyViolation, match="it cannot lie before it came to whoever has it, at 2026-03-02T11:00:00"):
        cases.accept(came, by=came.handler or WANDA, at=MONDAY + DAY, occurred_at=LATE - HOUR)
    with pytest.raises(PolicyViolation, match="before it came to whoever has it"):
        cases.assign(came, "olga", by=OFFICE, at=MONDAY + DAY, occurred_at=LATE - HOUR)
    with pytest.raises(PolicyViolation, match="before it came to whoever has it"):
        cases.hand_back(came, "Not ours.", by=OFFICE, at=MONDAY + DAY, occurred_at=LATE - HOUR)
    assert cases.accept(came, by=came.handler or WANDA, at=MONDAY + DAY, occurred_at=LATE).after.accepted_at == LATE


def test_nobody_passes_on_what_was_not_accepted_yet() -> None:  # C062
    case = cases.accept(routed(handler=WANDA), by=WANDA, at=LATE).after

    with pytest.raises(PolicyViolation, match="it cannot lie before it was accepted"):
        cases.forward(case, PAUL, reason="his", by=WANDA, at=MONDAY + DAY, occurred_at=MONDAY + HOUR)
    with pytest.raises(PolicyViolation, match="it cannot lie before it was accepted"):
        cases.hand_back(case, "Not ours.", by=WANDA, at=MONDAY + DAY, occurred_at=MONDAY + HOUR)


def test_work_starts_once() -> None:
    case = cases.start(accepted(), by=WANDA, at=MONDAY).after

    assert case.state == "in_work"
    with pytest.raises(TransitionNotAllowed):
        cases.start(case, by=WANDA, at=MONDAY)


# -- forwarding ----------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["acknowledged", "in_work"])
def test_the_new_handler_has_to_accept_again(state: str) -> None:  # C062
    decision = cases.forward(in_state(state), PAUL, reason="knows the pumps", by=WANDA, at=MONDAY + HOUR)
    case = decision.after

    assert (case.state, case.queue, case.handler, case.accepted_at) == ("routed", "water", PAUL, None)
    assert case.forwards == 1
    (event,) = decision.events
    assert isinstance(event, CaseForwarded)
    assert event.reason == "knows the pumps"
    with pytest.raises(PolicyViolation, match="accepted by its handler"):
        cases.accept(case, by=WANDA, at=MONDAY + HOUR)


def test_the_history_tells_who_had_it_since_when_and_why() -> None:  # C062
    case = cases.forward(accepted(), PAUL, reason="knows the pumps", by=WANDA, at=MONDAY + HOUR).after
    case = cases.accept(case, by=PAUL, at=MONDAY + 2 * HOUR).after
    case = cases.forward(case, queue="roads", reason="a broken road", by=PAUL, at=MONDAY + 3 * HOUR).after

    assert [(holder.queue, holder.handler, holder.since, holder.reason) for holder in case.holders] == [
        ("water", None, MONDAY, None),
        ("water", WANDA, MONDAY, None),
        ("water", PAUL, MONDAY + HOUR, "knows the pumps"),
        ("roads", None, MONDAY + 3 * HOUR, "a broken road"),
    ]


def test_nobody_forwards_to_where_the_case_is_or_to_nobody() -> None:  # C062
    with pytest.raises(GuardNotMet, match="another one than the present one"):
        cases.forward(accepted(), WANDA, reason="me again", by=WANDA, at=MONDAY)
    with pytest.raises(GuardNotMet, match="another one than the present one"):
        cases.forward(accepted(), WANDA, queue="roads", reason="me again", by=WANDA, at=MONDAY)
    with pytest.raises(GuardNotMet) as caught:
        cases.forward(accepted(handler=""), "", reason="away", by=WANDA, at=MONDAY)
    assert caught.value.guards == ("holder_named", "other_handler")
    with pytest.raises(InvalidValue, match="a text must not be blank"):
        cases.forward(accepted(), PAUL, reason=" ", by=WANDA, at=MONDAY)


def test_back_to_the_own_queue_is_forwarding_too() -> None:
    assert cases.forward(accepted(), reason="on leave", by=WANDA, at=MONDAY).after.handler is None


@pytest.mark.parametrize(("said", "house", "kept"), [
    (None, "keep", "keep"), (None, "reset", "reset"), ("reset", "keep", "reset"), ("keep", "reset", "keep"),
])  # fmt: skip
def test_the_clocks_are_told_what_forwarding_does_to_them(said: str | None, house: str, kept: str) -> None:  # C062
    policy = CasePolicy(forward_clock=ForwardClock(house))
    case = cases.forward(accepted(), PAUL, reason="his", clock=said, by=WANDA, at=MONDAY, policy=policy).after

    assert (case.moments[-1].kind, case.moments[-1].code) == ("forwarded", kept)


def test_forwarding_leaves_the_promise_unless_it_extends_it() -> None:  # C062
    promised = cases.accept(routed(), expected_by=MONDAY + DAY, by=WANDA, at=MONDAY).after
    kept = cases.forward(promised, PAUL, reason="his", by=WANDA, at=MONDAY + HOUR).after
    extended = cases.forward(
        promised, PAUL, reason="his", clock="extend", until=MONDAY + 3 * DAY, by=WANDA, at=MONDAY + HOUR
    ).after

    assert kept.promise == promised.promise
    assert extended.promise is not None
    assert (extended.promise.first, extended.promise.until) == (MONDAY + DAY, MONDAY + 3 * DAY)
    assert extended.promise.extensions[0].reason == "his"
    assert extended.moments[-1].code == "extend"


@pytest.mark.parametrize(
    ("clock", "until", "says"),
    [
        ("extend", None, "say until when"),
        ("keep", MONDAY + 3 * DAY, "say until when"),
        ("extend", MONDAY + DAY, "an extension ends after what was promised before"),
    ],
)
def test_only_to_extend_a_later_time_is_named(clock: str, until: datetime | None, says: str) -> None:  # C062
    promised = cases.accept(routed(), expected_by=MONDAY + DAY, by=WANDA, at=MONDAY).after

    with pytest.raises(PolicyViolation, match=says):
        cases.forward(promised, PAUL, reason="his", clock=clock, until=until, by=WANDA, at=MONDAY)


def test_the_fourth_forwarding_is_told_to_whoever_watches() -> None:  # C062, K16
    case, facts = accepted(), []
    for _ in range(5):
        other = PAUL if case.handler == WANDA else WANDA
        decision = cases.forward(case, other, reason="not mine", by=case.handler or "", at=MONDAY)
        facts.append(decision.events[1:])
        case = cases.accept(decision.after, by=other, at=MONDAY).after

    assert facts[:3] == [(), (), ()]
    told = [event for (event,) in facts[3:] if isinstance(event, ForwardLimitPassed)]
    assert [(event.forwards, event.limit) for event in told] == [(4, 3), (5, 3)]


def test_a_case_that_was_waiting_does_not_wait_with_the_new_handler() -> None:  # C062
    waiting = cases.wait(accepted(), "customer", by=WANDA, at=MONDAY).after
    case = cases.forward(waiting, PAUL, reason="his", by=WANDA, at=MONDAY).after

    assert case.waiting is None
    assert [moment.kind for moment in case.moments[-2:]] == ["resumed", "forwarded"]


# -- handing back --------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["routed", "acknowledged", "in_work"])
def test_what_came_to_the_wrong_place_goes_back_to_be_routed_anew(state: str) -> None:  # C059
    case = cases.hand_back(in_state(state), "It is a gas pipe.", by=WANDA, at=MONDAY + HOUR).after

    assert (case.state, case.queue, case.handler, case.accepted_at) == ("new", "water", None, None)
    assert case.holders[-1].reason == "It is a gas pipe."
    assert case.moments[-1].kind == "handed_back"
    assert case.forwards == 0
    assert cases.route(case, Routing(queue="gas"), by=OFFICE, at=MONDAY + HOUR).after.queue == "gas"


def test_another_queue_may_be_asked_to_route_it() -> None:  # C059
    waiting = cases.wait(accepted(), "customer", by=WANDA, at=MONDAY).after
    case = cases.hand_back(waiting, "No idea whose.", queue="triage", by=WANDA, at=MONDAY).after

    assert (case.queue, case.waiting) == ("triage", None)
    assert [moment.kind for moment in case.moments[-2:]] == ["resumed", "handed_back"]


def test_what_is_handed_back_is_in_a_queue_where_somebody_sees_it() -> None:  # C059
    with pytest.raises(GuardNotMet, match="a queue or a handler is named"):
        cases.hand_back(routed(queue=None, handler=WANDA), "Not mine.", by=WANDA, at=MONDAY)


def test_handing_back_has_a_reason() -> None:  # C059
    with pytest.raises(InvalidValue, match="a text must not be blank"):
        cases.hand_back(accepted(), "", by=WANDA, at=MONDAY)


def test_reasons_are_personal_and_shown_nowhere() -> None:
    decision = cases.forward(accepted(), PAUL, reason="the landlady shouts", by=WANDA, at=MONDAY)

    assert "landlady" not in repr(decision.events)
    assert "landlady" not in repr(evolve(decision.after))

"""A desk that asks its house first: who may do what, and what has to be there."""  # C005, C007

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest

from servicecrm import complaints
from servicecrm.complaints import Complaint
from servicecrm.complaints.checklist import CHECKLIST
from servicecrm.desk import Desk, House, connect
from servicecrm.errors import GuardNotMet, InvalidValue, NotPermitted
from servicecrm.kernel.values import Money
from servicecrm.testing import FixedClock
from servicecrm.testing.contract.examples import sealed_head
from servicecrm.tracking import action_items
from servicecrm.tracking.checklists import Level, Line
from servicecrm.tracking.responsibility import Duty, from_lifecycle
from servicecrm.tracking.rights import ByMatrix
from tests.desk import calling
from tests.desk.calling import FIRST, STRICT, call_of

Bring = Callable[..., Complaint]

MATRIX = from_lifecycle(complaints.LIFECYCLE).with_duties(Duty("complaint.record", {"anyone": "AR"}))
ROLES = {"manager": "mona", "requester": "c-7"}


def strict(crm: Desk, actor: str, **house: object) -> Desk:
    """The desk of somebody in a house that lets everybody do what is theirs."""
    rules = House(rights=ByMatrix(MATRIX), roles=ROLES, **house)  # type: ignore[arg-type]  # whatever the test needs
    return connect(crm.store, actor=actor, clock=crm.clock, ids=crm.ids, house=rules)


# -- rights --------------------------------------------------------------------------------------


def test_a_command_for_others_is_refused_by_name_and_changes_nothing(crm: Desk, bring: Bring) -> None:
    complaint = bring("judged")
    ann, head = strict(crm, "ann"), sealed_head(crm.store)

    for action in set(complaints.LIFECYCLE.allowed(complaint)) & {*dir(ann.complaints)}:
        if "anyone" not in complaints.LIFECYCLE.matrix()[action]:
            with pytest.raises(
                NotPermitted, match=f"complaint: {action} is not for somebody without a role"
            ) as refused:
                getattr(ann.complaints, action)(complaint.id, command="k-1", **call_of(f"complaints.{action}").told)
            assert refused.value.allowed == ("withdraw", "propose_change", "message")
    assert crm.complaints.get(complaint.id) == complaint
    assert sealed_head(crm.store) == head
    assert ann.complaints.message(complaint.id, "Any news?", side="outside", command="k-1").moments


def test_whoever_has_a_complaint_has_the_role_of_its_handler(crm: Desk, bring: Bring) -> None:
    complaint, other = bring("in_handling"), bring("in_handling")
    crm.complaints.forward(complaint.id, "wanda")
    wanda = strict(crm, "wanda").complaints

    assert wanda.investigate(complaint.id, "The valve leaks.").investigation
    with pytest.raises(NotPermitted, match="judge is not for handler; allowed: acknowledge, forward, "):
        wanda.judge(complaint.id, "justified", grounds="It leaks.")
    with pytest.raises(NotPermitted, match="investigate is not for somebody without a role"):
        wanda.investigate(other.id, "The valve leaks.")


def test_a_handler_who_has_handed_a_complaint_on_may_no_longer_handle_it(crm: Desk, bring: Bring) -> None:
    complaint = bring("in_handling")
    north = strict(crm, "north").complaints
    north.forward(complaint.id, "wanda")

    with pytest.raises(NotPermitted):
        north.wait(complaint.id, "customer")
    assert strict(crm, "wanda").complaints.wait(complaint.id, "customer").waiting


def test_commands_are_asked_about_under_the_name_that_they_have_in_the_lifecycle(crm: Desk) -> None:
    proposed, offered, taken = (
        calling.bring(crm, "complaints", state).id for state in ("proposed", "offered", "taken")
    )
    mona, c_7, wanda = (strict(crm, who).complaints for who in ("mona", "c-7", "north"))

    with pytest.raises(NotPermitted, match="approve is not for handler"):
        wanda.approve_remedy(proposed, 1)
    with pytest.raises(NotPermitted, match="settle is not for handler"):
        wanda.decline_remedy(offered, 1)
    with pytest.raises(NotPermitted, match="provide is not for requester"):
        c_7.provide_remedy(taken, 1)
    assert mona.approve_remedy(proposed, 1).remedies[0].status == "offered"
    assert c_7.accept_remedy(offered, 1).remedies[0].status == "accepted"
    assert wanda.provide_remedy(taken, 1).remedies[0].status == "provided"


def test_whoever_may_end_an_action_ends_its_step_though_the_complaint_is_not_theirs(crm: Desk, bring: Bring) -> None:
    rights = ByMatrix(from_lifecycle(complaints.LIFECYCLE, action_items.LIFECYCLE))
    desk = connect(crm.store, actor="olga", clock=crm.clock, ids=crm.ids, house=House(rights=rights, roles=ROLES))
    planned = crm.complaints.plan(bring("in_handling").id, ["Measure", "Dig"])
    measure, dig = (crm.actions.reassign(step.action, "olga").id for step in planned.steps)

    with pytest.raises(NotPermitted, match="complaint: note is not for somebody without a role"):
        desk.complaints.note(planned.id, "3 bar")
    with pytest.raises(NotPermitted, match="action_item: cancel is not for handler, owner; allowed: take_up, finish"):
        desk.actions.cancel(dig, "no pipe")
    assert crm.complaints.get(planned.id) == planned

    desk.actions.done(measure, "3 bar")
    desk.acting_as("mona").actions.cancel(dig, "no pipe")
    (left,) = crm.complaints.get(planned.id).steps
    assert (left.action, left.done_at) == (measure, crm.clock())


def test_what_has_no_row_in_the_matrix_nobody_may_do(crm: Desk) -> None:
    narrow = House(rights=ByMatrix(from_lifecycle(complaints.LIFECYCLE)), roles=ROLES)
    desk = connect(crm.store, actor="mona", clock=crm.clock, ids=crm.ids, house=narrow)

    with pytest.raises(NotPermitted, match="complaint: record is not for manager"):
        desk.complaints.record(subject="No water", channel="phone")
    assert crm.complaints.count() == 0
    assert strict(crm, "ann").complaints.record(subject="No water", channel="phone").number == FIRST


def test_when_one_of_several_is_not_mine_none_is_changed(crm: Desk, bring: Bring) -> None:
    ids = [bring("acknowledged").id, bring("acknowledged").id]

    with pytest.raises(NotPermitted):
        strict(crm, "ann").complaints.assign_all(ids, "north")
    assert [crm.complaints.get(id).state for id in ids] == ["acknowledged", "acknowledged"]
    assert len(strict(crm, "mona").complaints.assign_all(ids, "north")) == 2


# -- checklists ----------------------------------------------------------------------------------

CLOSING = CHECKLIST.extended(Line("category", states=("closed",), says="it has a category"))


def checking(crm: Desk, checklist: object = CLOSING) -> Desk:
    """A desk of a house with a checklist for complaints."""
    house = House(checklists={"complaint": checklist})  # type: ignore[dict-item]  # whatever the test needs
    return connect(crm.store, actor=crm.actor, clock=crm.clock, ids=crm.ids, house=house)


def test_a_house_that_wants_a_category_refuses_to_close_without_one(crm: Desk, bring: Bring) -> None:
    rated = crm.complaints.assess(bring("judged").id, severity="low", impact="low")
    complaint = crm.complaints.answer(rated.id, "It runs again.")
    desk, head = checking(crm), sealed_head(crm.store)

    with pytest.raises(GuardNotMet, match=r"cannot close yet; needed first: it has a category$"):
        desk.complaints.close(complaint.id, "resolved", command="k-1")
    assert crm.complaints.get(complaint.id) == complaint
    assert sealed_head(crm.store) == head

    desk.complaints.amend(complaint.id, category="water")
    assert desk.complaints.close(complaint.id, "resolved", command="k-1").state == "closed"


def test_everything_that_is_missing_is_told_at_once(crm: Desk, bring: Bring) -> None:
    complaint = bring("responded")

    with pytest.raises(GuardNotMet, match="needed first: it has a category; it has a priority"):
        checking(crm).complaints.close(complaint.id, "resolved")


def test_what_was_missing_before_the_checklist_keeps_nobody_from_working_on_it(crm: Desk, bring: Bring) -> None:
    complaint = bring("in_handling")  # without the priority that is wanted there
    desk = checking(crm)

    assert desk.complaints.message(complaint.id, "Any news?", side="outside").revision > complaint.revision
    assert desk.complaints.forward(complaint.id, "south").handler == "south"
    with pytest.raises(GuardNotMet, match="it has a priority"):
        desk.complaints.answer(desk.complaints.judge(complaint.id, "justified", grounds="Dry.").id, "It runs again.")


def test_what_has_to_be_there_is_not_taken_away(crm: Desk) -> None:
    wanted = CHECKLIST.extended(Line("category"))
    desk = checking(crm, wanted)
    with pytest.raises(GuardNotMet, match="cannot record yet; needed first: it has a category"):
        desk.complaints.record(subject="No water", channel="phone")
    complaint = desk.complaints.record(subject="No water", channel="phone", category="water")

    with pytest.raises(GuardNotMet, match="cannot amend yet; needed first: it has a category"):
        desk.complaints.amend(complaint.id, category=None)
    assert desk.complaints.amend(complaint.id, category="gas").category == "gas"


def test_what_must_be_there_cannot_become_what_only_should() -> None:
    with pytest.raises(InvalidValue, match="category must be there, and cannot become"):
        CLOSING.extended(Line("category", Level.SHOULD))


# -- limits --------------------------------------------------------------------------------------


def test_a_remedy_above_the_limit_of_the_house_waits_for_somebody_else(crm: Desk, clock: FixedClock) -> None:  # C047
    crm.policies.publish(STRICT, effective=clock())
    complaint = calling.bring(crm, "complaints", "in_handling")
    small, large = (Money(amount=Decimal(amount), currency="EUR") for amount in (20, 21))

    assert crm.complaints.offer(complaint.id, "refund", amount=small).remedies[0].status == "offered"
    assert crm.complaints.offer(complaint.id, "refund", amount=large).remedies[1].status == "proposed"


def test_whoever_owns_an_action_has_the_role_of_its_owner(crm: Desk, bring: Bring) -> None:
    matrix = from_lifecycle(action_items.LIFECYCLE).with_duties(Duty("action_item.open", {"manager": "R"}))
    rules = House(rights=ByMatrix(matrix), roles=ROLES)
    mona, paul, eve = (Desk(crm.store, actor=who, clock=crm.clock, house=rules) for who in ("mona", "paul", "eve"))
    due = crm.clock() + timedelta(days=1)
    item = mona.actions.open("Call", source_kind="complaint", source=bring().id, owner="paul", due_at=due)

    with pytest.raises(NotPermitted, match="finish is not for somebody without a role"):
        eve.actions.done(item.id, "called")
    assert paul.actions.done(item.id, "called").state == "done"

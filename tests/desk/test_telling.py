"""What a house tells whom: nothing that is misspelt passes, and nothing missed stays with nobody."""  # C037, C061

from collections.abc import Iterator
from datetime import timedelta
from functools import partial

import pytest

from servicecrm.cases import RequestType
from servicecrm.desk import Desk, House, connect
from servicecrm.desk.policies import CODES
from servicecrm.errors import InvalidValue
from servicecrm.notifications import MATRIX, Entry, Party, Reader, standard_templates
from servicecrm.notifications.delivery import letter
from servicecrm.storage.ports import Delivery
from servicecrm.storage.work import Work
from servicecrm.testing import FixedClock, SeededIds
from servicecrm.testing.makers import MONDAY
from servicecrm.tracking import Ladder, Rung, Target, Targets, Threshold, on, usual
from tests.desk.calling import LIFECYCLES, WITH_CLOCKS, bring, call_of

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HOUSE = House(roles={"supervisor": "vera", "lead": ()})


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(MONDAY)


@pytest.fixture
def crm(clock: FixedClock) -> Iterator[Desk]:
    """A desk where Vera is the supervisor."""
    with connect("memory:", actor="ann", clock=clock, ids=SeededIds(), house=HOUSE) as crm:
        yield crm


def told(crm: Desk) -> list[tuple[str, str]]:
    """In which words somebody is told, and who, in the order in which that happened."""
    return [(queued.topic, queued.recipient) for queued in crm.outbox.pending(limit=500)]


# -- who can do something about it ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("roles", "approver"),
    [({"supervisor": "vera", "manager": "mona"}, "mona"), ({"supervisor": "vera"}, "vera")],  # who sees to it then
)
def test_whoever_can_approve_a_remedy_is_told_that_it_waits(roles: dict[str, str], approver: str) -> None:  # C047, C061
    with connect("memory:", actor="ann", clock=FixedClock(MONDAY), ids=SeededIds(), house=House(roles=roles)) as crm:
        bring(crm, "complaints", "proposed")
        assert [whom for topic, whom in told(crm) if topic == "remedy_to_approve"] == [approver]


@pytest.mark.parametrize(
    ("language", "says"), [("en", "was not approved"), ("de", "nicht genehmigt"), ("zh", "未获批准")]
)
def test_the_handler_is_told_that_a_remedy_is_refused_and_not_why(
    crm: Desk, language: str, says: str
) -> None:  # C047, C061
    complaint = bring(crm, "complaints", "proposed", customer="lin")
    crm.complaints.refuse_remedy(complaint.id, 1, reason="lin owes us money")
    (notice,) = (held.notice for held in claim(crm) if held.notice.topic == "remedy_refused")

    assert notice.recipient == crm.complaints.get(complaint.id).handler
    assert "money" not in str(dict(notice.body))
    reader = Reader(address="north@city.example", language=language)
    written = letter(notice, reader, standard_templates(), tenant="default", at=MONDAY)
    assert says in written.subject + written.body


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize(
    ("language", "says"),
    [
        ("en", "to: Energy Ombudsman. You"),
        ("de", "abgegeben: Energy Ombudsman. Sie"),
        ("zh", "Energy Ombudsman。"),
    ],
)
def test_the_complainant_is_told_to_whom_the_complaint_went(crm: Desk, whole: bool, language: str, says: str) -> None:
    complaint = bring(crm, "complaints", "in_handling", customer="lin")
    crm.complaints.refer(complaint.id, "Energy Ombudsman", whole=whole, reason="lin owes us money")
    notice = next(held.notice for held in claim(crm) if held.notice.topic == "referred")

    assert "money" not in str(dict(notice.body))
    written = letter(
        notice, Reader(address="lin@home.example", language=language), standard_templates(), tenant="default", at=MONDAY
    )
    assert says in written.body


def claim(crm: Desk) -> tuple[Delivery, ...]:
    claim = partial(Work.claim, worker="w", now=crm.clock(), limit=500)
    return crm.store.perform(claim, claiming=True)


# -- what is misspelt ----------------------------------------------------------------------------


def test_a_house_that_turns_on_what_there_is_not_is_refused() -> None:
    with pytest.raises(InvalidValue, match="no switch supervisor_copy; it has: supervisor_copies"):
        House(switches=["supervisor_copy"])


def test_a_house_that_waits_for_events_that_never_happen_is_refused() -> None:
    wrong = Entry(event="case.close", party=Party.TEAM, template="closed")

    with pytest.raises(InvalidValue, match=r"case\.close/team: there is no such event; .* case\.closed, "):
        House(matrix=MATRIX.with_entries(wrong))


@pytest.mark.parametrize("role", ["boss", "lead"])
def test_a_ladder_to_a_role_that_nobody_has_is_not_published(crm: Desk, role: str) -> None:  # C039
    climbing = usual("resolution", "1 business day", ladder=Ladder(rungs=(Rung(at="due", to=role),)))
    warning = usual("resolution", "1 business day", thresholds=(Threshold(at="75%", to=(role,)),))

    for target in (climbing, warning):
        with pytest.raises(InvalidValue, match=f"{role}; .* handler, requester, sponsor, supervisor, team"):
            crm.policies.publish(Targets(targets=(target,)), name="case", effective=MONDAY)


@pytest.mark.parametrize("house", [None, House(), House(roles=lambda _role, _record: ())])
def test_a_role_is_taken_as_it_is_where_nobody_lists_them(house: House | None) -> None:
    climbing = usual("resolution", "1 business day", ladder=Ladder(rungs=(Rung(at="due", to="boss"),)))
    with connect("memory:", actor="ann", clock=FixedClock(MONDAY), house=house) as crm:
        crm.policies.publish(Targets(targets=(climbing,)), name="case", effective=MONDAY)


def test_a_target_that_waits_for_a_code_that_no_moment_has_is_not_published(crm: Desk) -> None:  # C036
    target = Target(name="reached", within="24h elapsed", start=on("accepted"), stop=on("contact", codes=["reach"]))

    with pytest.raises(InvalidValue, match="'reach', only reached, voicemail, wrong_number, no_answer"):
        crm.policies.publish(Targets(targets=(target,)), name="case", effective=MONDAY)


@pytest.mark.parametrize("part", WITH_CLOCKS)
def test_targets_may_wait_for_every_code_that_a_moment_gets(crm: Desk, part: str) -> None:
    slice_ = getattr(crm, part)
    crm.policies.publish(RequestType(code="leak"), effective=MONDAY)
    bring(crm, part, LIFECYCLES[part].initial)  # the one that others are merged into
    for action in {move.action for move in LIFECYCLES[part].moves if hasattr(slice_, move.action)}:
        call = call_of(f"{part}.{action}")
        record = getattr(slice_, action)(bring(crm, part, str(call.state)).id, **call.told)
        for moment in record.moments:
            assert moment.kind not in CODES or (moment.code or "") in ("", *CODES[moment.kind])


# -- what nobody has -----------------------------------------------------------------------------


def test_what_climbs_to_a_role_that_nobody_has_is_told_to_the_role() -> None:  # C039
    clock, house = FixedClock(MONDAY), House(roles=lambda _role, _record: ())
    ladder = Ladder(rungs=(Rung(at="due", to="boss"),))
    promise = usual("accept", "4h business", thresholds=(Threshold(at="due", to=("handler", "desk")),), ladder=ladder)
    with connect("memory:", actor="ann", clock=clock, ids=SeededIds(), house=house) as crm:
        crm.policies.publish(Targets(targets=(promise,)), name="case", effective=MONDAY)
        bring(crm, "cases", "routed")
        clock.advance(hours=5)
        before = len(told(crm))
        crm.sweep()

        # The directory knows a list of that name, or else the worker says that it does not.
        assert set(told(crm)[before:]) >= {("missed", "desk"), ("escalated", "boss")}


# -- when ----------------------------------------------------------------------------------------


def test_nobody_is_asked_for_an_update_at_night(crm: Desk, clock: FixedClock) -> None:  # C037, C063
    targets = Targets(
        targets=(usual("resolution", "12h elapsed"), usual("demanded_update", "1 business day")),
    )
    crm.policies.publish(targets, name="case", effective=MONDAY)
    bring(crm, "cases", "in_work")
    before = len(told(crm))
    clock.advance(hours=18)  # Tuesday, 3 in the night
    crm.sweep()

    new = list(crm.outbox.pending(limit=500))[before:]
    assert [queued.topic for queued in new] == ["missed", "update_demanded"]
    assert {queued.not_before for queued in new} == {MONDAY + DAY}


# -- what ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("klass", "topic"),
    [
        ("substantive", "message"),
        ("courtesy", None),
        ("auto_reply", None),
        ("own_notice", None),
        ("bounce", "undelivered"),  # it reached nobody
    ],
)
@pytest.mark.parametrize(("part", "state"), [("complaints", "in_handling"), ("cases", "in_work")])
def test_a_handler_reads_what_somebody_has_said_and_not_what_machines_say(
    crm: Desk, part: str, state: str, klass: str, topic: str | None
) -> None:  # C092
    record = bring(crm, part, state)
    before = len(told(crm))
    getattr(crm.acting_as("olga"), part).message(record.id, "Out of office", side="outside", klass=klass)

    assert [topic for topic, _ in told(crm)[before:]] == ([] if topic is None else [topic])


def test_a_requester_is_told_until_when_an_answer_is_promised(crm: Desk, clock: FixedClock) -> None:  # C038, C060
    def promised() -> list[tuple[str, object]]:
        with crm.store.unit(claiming=True) as unit:
            claimed = [each.notice for each in unit.claim("w", now=clock(), limit=100)]
        return [(n.topic, n.body.get("promised_by")) for n in claimed if n.recipient == "citizen-7"]

    until = MONDAY + 4 * DAY
    case = crm.cases.open(subject="No water", channel="phone", requester="citizen-7")
    crm.cases.route(case.id, "water", handler="ann")
    crm.cases.accept(case.id, expected_by=until)
    assert promised() == [("received", None), ("acknowledged_until", "2026-03-06T09:00:00+00:00")]

    crm.cases.extend(case.id, until + DAY, reason="The valve is out of stock.")
    crm.cases.forward(case.id, "paul", reason="He knows the pumps.")
    crm.acting_as("paul").cases.accept(case.id)
    assert promised() == [("promised", "2026-03-07T09:00:00+00:00"), ("acknowledged", None)]

    crm.cases.forward(case.id, "eve", reason="Pumps.", clock="extend", until=until + 2 * DAY, approved_by="vera")
    assert promised() == [("promised", "2026-03-08T09:00:00+00:00")]
    other = crm.complaints.record(subject="No water", channel="phone", customer="citizen-7")
    crm.complaints.acknowledge(other.id, expected_by=until)
    assert promised()[-1] == ("acknowledged_until", "2026-03-06T09:00:00+00:00")


def test_a_promise_that_is_entered_when_it_is_over_is_not_told_any_more(crm: Desk, clock: FixedClock) -> None:
    case = crm.cases.open(subject="No water", channel="phone", requester="citizen-7")
    crm.cases.route(case.id, "water", handler="ann")
    clock.advance(hours=3)
    crm.cases.accept(case.id, expected_by=MONDAY + 2 * HOUR, occurred_at=MONDAY + HOUR)

    assert ("acknowledged", "citizen-7") in told(crm)

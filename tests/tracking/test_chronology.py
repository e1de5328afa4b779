"""What a complaint and a case have in common: the order of their moves, the moments that these leave, and waits."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm import cases, complaints
from servicecrm.cases.chronology import CHRONOLOGY as OF_CASES
from servicecrm.complaints.chronology import CHRONOLOGY as OF_COMPLAINTS
from servicecrm.errors import GuardNotMet, InvalidValue, PolicyViolation
from servicecrm.kernel.decisions import Event, stamp
from servicecrm.kernel.lifecycle import ANYONE, STAY, Guard, Lifecycle, Move
from servicecrm.kernel.records import field_names, record
from servicecrm.tracking.chronology import ANSWERED, Chronology, Earlier, Mark
from servicecrm.tracking.moments import Moments, Side, with_moment
from servicecrm.tracking.tickets import Channel, Waiting, WaitingFor

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


@record
class Errand:
    """The least that a ticket can be."""

    id: str = "e-1"
    revision: int = 0
    state: str = "here"
    channel: Channel = Channel.PHONE
    language: str | None = None
    waiting: Waiting | None = None
    received_at: datetime = MONDAY
    answered_at: datetime | None = None
    closed_at: datetime | None = None
    moved_at: datetime | None = None
    moments: Moments = ()


@record
class Told(Event):
    """Something about an errand."""

    type = "errand.told"


IDLE = Guard[Errand]("idle", "the errand is not waiting already", lambda before, _: before.waiting is None)
MOVED = Earlier[Errand]("it was moved", lambda errand: errand.moved_at)

PLAIN = ("move", "again", "name", "resume", "message", "note")

ERRANDS = Chronology[Errand](
    Lifecycle(
        "errand",
        initial="here",
        moves=(
            *(Move[Errand](action, "here", STAY, ANYONE) for action in PLAIN),
            Move("wait", "here", STAY, ANYONE, (IDLE,)),
            Move("void", ("here", "there", "gone"), STAY, ANYONE),
            Move("answer", "here", "there", ANYONE),
            Move("reopen", "there", "here", ANYONE),
            Move("drop", "here", "gone", ANYONE),
        ),
        final={"gone"},
    ),
    "start",
    {
        "move": Mark("moved", Side.INSIDE),
        "again": Mark("moved", after=(MOVED, ANSWERED)),
        "wait": Mark("waiting"),
        "answer": Mark("answered", Side.INSIDE, holds="answered_at"),
        "drop": Mark("dropped", holds="closed_at"),
    },
    values=frozenset({"named"}),
)


def told(at: datetime = MONDAY + 5 * HOUR) -> Told:
    return Told(**stamp("ann", MONDAY + 9 * HOUR, at))


def left(errand: Errand) -> list[tuple[str, str | None, str | None]]:
    return [(moment.kind, moment.side, moment.code) for moment in errand.moments]


def waiting(for_: str = "customer", until: datetime | None = None) -> Errand:
    return ERRANDS.wait(Errand(), for_, told(MONDAY + 2 * HOUR), reason=None, until=until).after


# -- what moves leave ----------------------------------------------------------------------------


@pytest.mark.parametrize("of", [OF_COMPLAINTS, OF_CASES], ids=lambda of: of.lifecycle.name)
def test_every_mark_is_of_an_action_and_says_what_its_record_has(of: Chronology[complaints.Complaint]) -> None:
    kinds, cls = {
        "complaint": (complaints.MomentKind, complaints.Complaint),
        "case": (cases.MomentKind, cases.Case),
    }[of.lifecycle.name]

    assert of.marks.keys() <= set(of.lifecycle.actions)
    assert {mark.kind for mark in of.marks.values()} - {None} < set(kinds)
    assert {mark.holds for mark in of.marks.values() if mark.holds} <= set(field_names(cls))
    assert of.values <= set(kinds)
    assert of.begins not in of.lifecycle.actions


def test_the_marks_tell_what_others_do_from_what_we_do() -> None:
    sides = {action: mark.side for action, mark in OF_CASES.marks.items()}

    assert {action for action, side in sides.items() if side is Side.OUTSIDE} == {"withdraw", "partner_update"}
    nobodys = {"message", "rate", "reopen", "request_update", "wait"}
    assert {action for action, side in sides.items() if side is None} == nobodys
    assert OF_COMPLAINTS.marks["withdraw"].side is Side.OUTSIDE


def test_complaints_and_cases_have_the_same_codes_and_wait_alike() -> None:
    for name in ("Channel", "Priority", "WaitingFor", "Waiting"):
        assert getattr(complaints, name) is getattr(cases, name)


def test_a_move_leaves_the_moment_of_its_mark_and_one_without_a_mark_leaves_none() -> None:
    moved = ERRANDS.move(Errand(), "move", told(), code="far").after
    outside = ERRANDS.move(moved, "move", told(), side=Side.OUTSIDE).after
    named = ERRANDS.move(outside, "name", told(), code="x").after

    assert left(named) == [("moved", "inside", "far"), ("moved", "outside", None)]
    assert named.moments[0].occurred_at == MONDAY + 5 * HOUR


def test_moments_that_are_given_take_the_place_of_those_of_the_mark() -> None:
    assert ERRANDS.move(waiting(), "move", told(), waiting=None, moments=()).after.moments == ()


@given(st.sampled_from(["move", "again", "name", "resume", "answer", "drop"]), st.booleans())
def test_whatever_ends_a_wait_says_so_before_anything_else(action: str, ends: bool) -> None:
    before = waiting("third_party")
    after = ERRANDS.move(before, action, told(), **({"waiting": None} if ends else {})).after
    kinds = [moment.kind for moment in after.moments[len(before.moments) :]]

    assert kinds[:1] == ["resumed"] if ends else "resumed" not in kinds
    if ends:
        assert after.moments[len(before.moments)].code == "third_party"


# -- order ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("action", ["move", "name"])
def test_nothing_but_words_lies_before_the_receipt(action: str) -> None:
    early = told(MONDAY - HOUR)
    with pytest.raises(PolicyViolation, match="it cannot lie before the errand was received, at 2026-03-02T09:00:00"):
        ERRANDS.move(Errand(), action, early)
    for said in ("message", "note"):
        assert ERRANDS.move(Errand(), said, early).events == (early,)


@given(st.integers(1, 8), st.integers(0, 8))
def test_a_step_comes_after_each_that_it_follows(hours: int, earlier: int) -> None:
    for field, says in (("moved_at", "it was moved"), ("answered_at", "the errand was answered")):
        errand = Errand(**{field: MONDAY + earlier * HOUR})  # type: ignore[arg-type]
        if hours >= earlier:
            assert left(ERRANDS.move(errand, "again", told(MONDAY + hours * HOUR)).after) == [("moved", None, None)]
            continue
        with pytest.raises(PolicyViolation, match=f"it cannot lie before {says}, at"):
            ERRANDS.move(errand, "again", told(MONDAY + hours * HOUR))


def test_a_wait_ends_no_earlier_than_it_began() -> None:
    with pytest.raises(PolicyViolation, match="it cannot lie before the wait began, at 2026-03-02T11:00:00"):
        ERRANDS.move(waiting(), "resume", told(MONDAY + HOUR), waiting=None)
    assert ERRANDS.move(waiting(), "name", told(MONDAY + HOUR)).after == waiting()


# -- waits ---------------------------------------------------------------------------------------


def test_a_wait_is_for_somebody_and_leaves_for_whom() -> None:
    until = MONDAY + 3 * HOUR
    errand = waiting("approval", until=until)

    assert errand.waiting == Waiting(for_=WaitingFor.APPROVAL, since=MONDAY + 2 * HOUR, until=until)
    assert left(errand) == [("waiting", None, "approval")]
    with pytest.raises(InvalidValue, match="for_: expected one of customer"):
        waiting("godot")
    with pytest.raises(PolicyViolation, match="until: a wait ends after it starts"):
        waiting(until=MONDAY + 2 * HOUR)
    with pytest.raises(GuardNotMet, match="not waiting already"):
        ERRANDS.wait(errand, "customer", told(), reason=None, until=MONDAY)


# -- voiding -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "field", "instead"), [("answer", "answered_at", "reopen"), ("drop", "closed_at", "start")]
)
def test_what_the_state_rests_on_is_not_voided_until_it_rests_no_longer(action: str, field: str, instead: str) -> None:
    changes: dict[str, Any] = {field: MONDAY}
    ended = ERRANDS.move(Errand(), action, told(), **changes).after
    again = ERRANDS.move(Errand(moments=ended.moments), action, told(), **changes).after

    with pytest.raises(
        PolicyViolation, match=f"the errand is still {ended.moments[0].kind}, as moment 1 says; {instead}"
    ):
        ERRANDS.void(ended, 1, told())
    assert ERRANDS.void(again, 1, told()).after.moments[-1].voids == 1
    assert ERRANDS.void(Errand(moments=ended.moments), 1, told()).after.moments[-1].voids == 1


@pytest.mark.parametrize("kind", ["received", "named", "reopened", "waiting"])
def test_the_last_moment_that_says_what_the_errand_says_itself_is_not_voided(kind: str) -> None:
    errand = Errand(
        waiting=Waiting(for_=WaitingFor.CUSTOMER, since=MONDAY),
        moments=with_moment(with_moment((), kind, told(MONDAY)), kind, told()),
    )

    instead = "start a new one" if kind == "received" else "take the step that changes it"
    with pytest.raises(PolicyViolation, match=f"the errand is still {kind}, as moment 2 says; {instead} instead"):
        ERRANDS.void(errand, 2, told())
    voided = ERRANDS.void(errand, 1, told()).after
    assert voided.moments[-1].voids == 1
    assert ERRANDS.voidable(voided) == ()
    with pytest.raises(PolicyViolation, match="moment 2 says"):
        ERRANDS.void(voided, 2, told())


def test_what_an_errand_no_longer_says_is_voided() -> None:
    again = Errand(moments=with_moment(waiting().moments, "resumed", told()))
    ended = Errand(closed_at=MONDAY, moments=with_moment((), "reopened", told()))

    assert [moment.kind for moment in ERRANDS.voidable(again)] == ["waiting"]
    assert [moment.kind for moment in ERRANDS.voidable(ended)] == ["reopened"]
    with pytest.raises(PolicyViolation, match="the errand is still resumed, as moment 2 says"):
        ERRANDS.void(again, 2, told())


@given(st.lists(st.sampled_from(["received", "named", "moved", "answered", "waiting", "resumed", "reopened"])))
def test_what_can_be_voided_is_told_before_it_is_tried(kinds: list[str]) -> None:
    moments: Moments = ()
    for kind in kinds:
        moments = with_moment(moments, kind, told())
    errand = Errand(answered_at=MONDAY, moments=moments)

    voidable = {moment.n for moment in ERRANDS.voidable(errand)}
    for n in range(1, len(moments) + 1):
        if n in voidable:
            assert ERRANDS.void(errand, n, told()).after.moments[-1].voids == n
        else:
            with pytest.raises(PolicyViolation, match=f"moment {n} says"):
                ERRANDS.void(errand, n, told())

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from itertools import pairwise

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from servicecrm.errors import GuardNotMet, InvalidValue, RuleError, ServiceCRMError, TransitionNotAllowed
from servicecrm.kernel.decisions import Event, stamp
from servicecrm.kernel.lifecycle import ANYONE, STAY, BadLifecycle, Guard, Lifecycle, Move, Row
from servicecrm.kernel.records import evolve, fields_of, record

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@record
class Ticket:
    state: str = "new"
    owner: str | None = None
    notes: tuple[str, ...] = ()
    reply: str = ""


@record
class Happened(Event):
    type = "ticket.happened"


EVENT = Happened(**stamp("ann@city.example", NOON))

HAS_OWNER = Guard[Ticket]("has_owner", "an owner is named", lambda _, after: after.owner is not None)
OTHER_OWNER = Guard[Ticket](
    "other_owner", "the owner is another one", lambda before, after: before.owner != after.owner
)
CALM = Guard[Ticket]("calm", "nobody has noted anything", lambda before, _: not before.notes)

TABLE = Lifecycle[Ticket](
    "ticket",
    initial="new",
    moves=(
        Move("note", ("new", "open", "done", "void"), STAY),
        Move("open", "new", "open", "clerk", (HAS_OWNER, CALM)),
        Move("hand_over", "open", STAY, "clerk", (HAS_OWNER, OTHER_OWNER)),
        Move("finish", "open", "done", "clerk", demands=("reply", "notes")),
        Move("reopen", "done", "open", "chief"),
        Move("drop", ("new", "open"), "void"),
    ),
    resting={"done"},
    final={"void"},
    tags={"active": ("new", "open")},
)

NEW = Ticket()
OPEN = Ticket(state="open", owner="bob")


def lifecycle(*moves: Move[Ticket], resting: Iterable[str] = (), final: Iterable[str] = ()) -> Lifecycle[Ticket]:
    return Lifecycle("ticket", initial="new", moves=moves, resting=resting, final=final)


# -- moving --------------------------------------------------------------------------------------


def test_a_move_decides_the_new_state_with_the_other_changes_and_the_fact() -> None:  # C003
    decision = TABLE.move(NEW, "open", EVENT, owner="bob")

    assert decision.before is NEW
    assert decision.after == Ticket(state="open", owner="bob")
    assert decision.events == (EVENT,)
    assert dict(decision.steps[0].changes) == {"state": "open", "owner": "bob"}


def test_an_action_that_stays_leaves_the_state_as_it_is_wherever_it_is() -> None:  # C003
    for state in ("new", "open", "done", "void"):
        assert TABLE.target(state, "note") == state
        assert TABLE.move(Ticket(state=state), "note", EVENT, notes=("x",)).after == Ticket(state=state, notes=("x",))


def test_an_undeclared_move_raises_and_lists_what_is_allowed() -> None:  # C003
    attempts: tuple[Callable[[], object], ...] = (
        lambda: TABLE.target("new", "finish"),
        lambda: TABLE.move(NEW, "finish", EVENT, reply="done"),
        lambda: TABLE.step(NEW, "finish"),
        lambda: TABLE.check("finish", NEW, evolve(NEW, state="done")),
        lambda: TABLE.unmet(NEW, "finish"),
    )
    for attempt in attempts:
        with pytest.raises(TransitionNotAllowed, match="cannot finish while new; allowed: note, open, drop") as caught:
            attempt()
        assert (caught.value.lifecycle, caught.value.action, caught.value.state) == ("ticket", "finish", "new")
        assert caught.value.allowed == TABLE.allowed(NEW)


def test_an_undeclared_move_is_refused_before_anything_else_is_looked_at() -> None:  # C003
    with pytest.raises(TransitionNotAllowed):
        TABLE.move(NEW, "finish", EVENT, reply=7)
    with pytest.raises(TransitionNotAllowed):
        TABLE.move(NEW, "no_such_action", EVENT)


def test_every_unmet_guard_is_told_not_only_the_first() -> None:  # C003
    with pytest.raises(GuardNotMet, match="cannot open yet; needed first: an owner is named; nobody has") as caught:
        TABLE.move(Ticket(notes=("angry",)), "open", EVENT)

    assert caught.value.guards == ("has_owner", "calm")
    assert caught.value.unmet == (HAS_OWNER.says, CALM.says)
    assert (caught.value.lifecycle, caught.value.action) == ("ticket", "open")


def test_a_demanded_field_must_hold_something_after_the_move() -> None:  # C003
    with pytest.raises(GuardNotMet) as caught:
        TABLE.step(OPEN, "finish")
    assert caught.value.guards == ("reply", "notes")
    assert caught.value.unmet == ("reply is given", "notes is given")

    with pytest.raises(GuardNotMet) as caught:
        TABLE.step(OPEN, "finish", reply="", notes=("n",))
    assert caught.value.guards == ("reply",)
    assert TABLE.step(OPEN, "finish", reply="r", notes=("n",)) == "done"


def test_zero_and_false_are_something_that_is_given() -> None:
    @record
    class Count:
        state: str = "new"
        number: int | None = None
        sure: bool | None = None
        names: frozenset[str] = frozenset()

    counts = Lifecycle[Count](
        "count", initial="new", moves=[Move("end", "new", "end", demands=("number", "sure", "names"))], final={"end"}
    )

    assert counts.step(Count(), "end", number=0, sure=False, names=frozenset("a")) == "end"
    with pytest.raises(GuardNotMet) as caught:
        counts.step(Count(), "end")
    assert caught.value.guards == ("number", "sure", "names")


def test_a_guard_sees_the_record_before_and_after_the_move() -> None:  # C003
    assert TABLE.move(OPEN, "hand_over", EVENT, owner="eve").after.owner == "eve"
    with pytest.raises(GuardNotMet) as caught:
        TABLE.move(OPEN, "hand_over", EVENT, owner="bob")
    assert caught.value.unmet == (OTHER_OWNER.says,)

    assert TABLE.step(NEW, "open", owner="bob", notes=("afterwards",)) == "open"


def test_a_step_says_where_a_move_would_lead_without_deciding_it() -> None:
    assert TABLE.step(NEW, "open", owner="bob") == "open"
    with pytest.raises(GuardNotMet):
        TABLE.step(NEW, "open")
    with pytest.raises(InvalidValue):
        TABLE.step(NEW, "open", owner=7)


def test_a_changed_value_must_have_the_shape_of_its_field() -> None:
    with pytest.raises(InvalidValue):
        TABLE.move(NEW, "note", EVENT, notes="not a tuple")


def test_a_change_made_elsewhere_is_judged_like_a_move() -> None:  # C003
    TABLE.check("open", NEW, OPEN)
    with pytest.raises(GuardNotMet):
        TABLE.check("open", NEW, evolve(OPEN, owner=None))
    with pytest.raises(GuardNotMet):
        TABLE.check("hand_over", OPEN, OPEN)
    with pytest.raises(InvalidValue, match=r"ticket\.state: open while new leads to open"):
        TABLE.check("open", NEW, evolve(OPEN, state="done"))


def test_only_adopting_leads_past_the_table_and_only_to_a_state_that_it_has() -> None:  # C003
    decision = TABLE.adopt(NEW, "done", EVENT, reply="elsewhere")
    assert decision.after == Ticket(state="done", reply="elsewhere")
    assert decision.events == (EVENT,)

    with pytest.raises(InvalidValue, match="known: new, open, done, void") as caught:
        TABLE.adopt(NEW, "ann@home.example", EVENT)
    assert "ann@home.example" not in str(caught.value)


def test_a_record_in_a_state_that_the_lifecycle_does_not_have_is_refused() -> None:
    stray = Ticket(state="elsewhere")
    attempts: tuple[Callable[[], object], ...] = (
        lambda: TABLE.move(stray, "note", EVENT),
        lambda: TABLE.step(stray, "note"),
        lambda: TABLE.check("note", stray, stray),
        lambda: TABLE.allowed(stray),
        lambda: TABLE.blocked(stray),
        lambda: TABLE.target("elsewhere", "note"),
    )
    for attempt in attempts:
        with pytest.raises(InvalidValue, match="not a state of this lifecycle; known: new, open, done, void"):
            attempt()


# -- asking --------------------------------------------------------------------------------------


def test_the_allowed_actions_come_in_the_order_of_the_table() -> None:
    assert TABLE.allowed(OPEN) == TABLE.allowed("open") == ("note", "hand_over", "finish", "drop")
    assert TABLE.allowed("void") == ("note",)


def test_what_blocks_an_action_is_told_before_it_is_tried() -> None:  # C003
    assert TABLE.blocked(NEW) == {"open": (HAS_OWNER.says,)}
    assert TABLE.blocked(OPEN) == {
        "hand_over": (OTHER_OWNER.says,),
        "finish": ("reply is given", "notes is given"),
    }
    assert TABLE.blocked(Ticket(owner="bob")) == {}
    assert TABLE.unmet(Ticket(notes=("x",)), "open") == (HAS_OWNER, CALM)
    assert TABLE.unmet(NEW, "note") == ()


def test_the_rows_are_the_declared_table() -> None:  # C003
    assert TABLE.rows() == (
        *(Row("note", state, state, ANYONE) for state in ("new", "open", "done", "void")),
        Row("open", "new", "open", "clerk", ("has_owner", "calm")),
        Row("hand_over", "open", "open", "clerk", ("has_owner", "other_owner")),
        Row("finish", "open", "done", "clerk", (), ("reply", "notes")),
        Row("reopen", "done", "open", "chief"),
        Row("drop", "new", "void", ANYONE),
        Row("drop", "open", "void", ANYONE),
    )
    assert [row.action for row in TABLE.rows() if row.stays] == ["note"] * 4 + ["hand_over"]


def test_the_matrix_names_the_roles_of_each_action() -> None:  # C005
    shared = TABLE.with_moves(Move("drop", "open", "void", "chief"))

    assert TABLE.matrix()["finish"] == ("clerk",)
    assert TABLE.matrix()["note"] == (ANYONE,)
    assert shared.matrix()["drop"] == (ANYONE, "chief")
    assert tuple(shared.matrix()) == shared.actions


def test_states_are_named_in_the_order_in_which_they_are_moved_between() -> None:
    assert TABLE.states == ("new", "open", "done", "void")
    assert TABLE.actions == ("note", "open", "hand_over", "finish", "reopen", "drop")
    assert TABLE.open == {"new", "open"}
    assert TABLE.tags == {"active": {"new", "open"}}


def test_lifecycles_are_equal_when_their_tables_are() -> None:
    again = TABLE.with_moves()

    assert again == TABLE
    assert hash(again) == hash(TABLE)
    assert TABLE.without("hand_over") != TABLE


def test_a_lifecycle_cannot_be_changed() -> None:
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        TABLE.initial = "open"  # type: ignore[misc]
    with pytest.raises(TypeError):
        TABLE.tags["active"] = frozenset()  # type: ignore[index]


# -- adapting ------------------------------------------------------------------------------------


def test_a_house_adds_states_and_moves_of_its_own() -> None:  # C003
    wider = TABLE.with_moves(
        Move("park", "open", "parked"), Move("unpark", "parked", "open"), Move("scrap", "parked", "scrapped"),
        resting={"parked"}, final={"scrapped"},
    )  # fmt: skip

    assert wider.resting == {"done", "parked"}
    assert wider.final == {"void", "scrapped"}
    assert wider.open == TABLE.open
    assert wider.step(OPEN, "park") == "parked"
    assert TABLE.states == ("new", "open", "done", "void")


def test_what_is_allowed_everywhere_is_allowed_in_an_added_state_too() -> None:  # C003
    parked = Ticket(state="parked", owner="bob")
    wider = TABLE.with_moves(Move("park", "open", "parked"), Move("unpark", "parked", "open"))
    own = TABLE.with_moves(Move("park", "open", "parked"), Move("note", "parked", "open"))

    assert set(wider.allowed("parked")) == {"note", "unpark"}
    assert wider.step(parked, "note") == "parked"
    assert own.step(parked, "note") == "open"
    assert own.allowed("void") == TABLE.allowed("void")


def test_a_move_of_the_same_action_and_state_is_replaced_where_it_stands() -> None:  # C003
    stricter = TABLE.with_moves(Move("drop", "open", "void", "chief"), Move("reopen", "done", "new"))

    assert [(row.action, row.from_, row.to, row.role) for row in stricter.rows()][-3:] == [
        ("reopen", "done", "new", ANYONE),
        ("drop", "new", "void", ANYONE),
        ("drop", "open", "void", "chief"),
    ]
    assert len(stricter.rows()) == len(TABLE.rows())
    assert stricter.allowed("new") == TABLE.allowed("new")


def test_a_house_leaves_actions_out_and_states_that_nothing_names_any_longer_go_with_them() -> None:  # C003
    smaller = TABLE.without("drop", "note", "hand_over")

    assert smaller.states == ("new", "open", "done")
    assert smaller.final == frozenset()
    assert smaller.actions == ("open", "finish", "reopen")


def test_leaving_out_what_is_not_there_is_refused() -> None:
    with pytest.raises(BadLifecycle) as caught:
        TABLE.without("dorp", "note", "nite")
    assert caught.value.problems == (
        "there is no action 'dorp' to leave out",
        "there is no action 'nite' to leave out",
    )


def test_an_adapted_table_is_checked_like_any_other() -> None:
    with pytest.raises(BadLifecycle, match="done has no exit and is not final"):
        TABLE.without("reopen")
    with pytest.raises(BadLifecycle, match="parked has no exit and is not final"):
        TABLE.with_moves(Move("park", "open", "parked"))
    assert issubclass(BadLifecycle, ServiceCRMError)
    assert issubclass(BadLifecycle, ValueError)
    assert not issubclass(BadLifecycle, RuleError)


# -- bad tables ----------------------------------------------------------------------------------

GO, BACK = Move[Ticket]("go", "new", "old"), Move[Ticket]("back", "old", "new")
LOOKALIKE = Guard[Ticket]("has_owner", "an owner of another kind", lambda _, after: bool(after.owner))


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda: lifecycle(GO, BACK, GO), "go from new is declared twice"),
        (lambda: lifecycle(GO, BACK, Move("go", ("old", "old"), "new")), "go from old is declared twice"),
        (lambda: lifecycle(GO, BACK, Move("leap", "moon", "new")), "moon cannot be reached from new"),
        (lambda: lifecycle(GO), "old has no exit and is not final"),
        (lambda: lifecycle(GO, Move("note", "old", STAY)), "old has no exit and is not final"),
        (lambda: lifecycle(GO, BACK, final={"old"}), "old is final, yet leads to new"),
        (lambda: lifecycle(GO, BACK, final={"new"}), "the initial state new is final"),
        (lambda: lifecycle(GO, final={"old"}, resting={"old"}), "old is both resting and final"),
        (lambda: lifecycle(GO, BACK, resting={"mars"}), "resting names the unknown state mars"),
        (lambda: lifecycle(GO, BACK, final={"mars"}), "final names the unknown state mars"),
        (
            lambda: Lifecycle[Ticket]("t", initial="new", moves=(GO, BACK), tags={"far": {"mars"}}),
            "tag far names the unknown state mars",
        ),
        (lambda: lifecycle(GO, BACK, Move("", "new", "old")), "an action has no name"),
        (lambda: lifecycle(GO, BACK, Move("leap", (), "old")), "leap starts from no state"),
        (lambda: lifecycle(GO, BACK, Move("leap", "new", "")), "leap: '' cannot be a state"),
        (lambda: lifecycle(GO, BACK, Move("leap", ("new", ""), "old")), "leap: '' cannot be a state"),
        (lambda: lifecycle(GO, BACK, Move("leap", STAY, "old")), "leap: '=' cannot be a state"),
        (lambda: Lifecycle[Ticket]("t", initial="", moves=(GO, BACK)), "'' cannot be a state"),
        (lambda: Lifecycle[Ticket]("t", initial=STAY, moves=(GO, BACK)), "'=' cannot be a state"),
        (lifecycle, "new has no exit and is not final"),
        (
            lambda: lifecycle(
                Move("go", "new", "old", guards=(HAS_OWNER,)), Move("back", "old", "new", guards=(LOOKALIKE,))
            ),
            "two guards are named has_owner",
        ),
        (
            lambda: lifecycle(GO, Move("back", "old", "new", guards=(HAS_OWNER,), demands="has_owner")),
            "two guards are named has_owner",
        ),
    ],
)
def test_a_table_that_cannot_be_a_lifecycle_is_refused_when_it_is_built(
    make: Callable[[], Lifecycle[Ticket]], problem: str
) -> None:  # C003
    with pytest.raises(BadLifecycle) as caught:
        make()
    assert problem in caught.value.problems
    assert caught.value.code == "bad_lifecycle"


def test_every_problem_of_a_table_is_told_at_once() -> None:  # C003
    with pytest.raises(BadLifecycle) as caught:
        lifecycle(GO, GO, Move("leap", "moon", "new"), resting={"mars"}, final={"new"})

    assert caught.value.problems == (
        "go from new is declared twice",
        "new is final, yet leads to old",
        "old has no exit and is not final",
        "moon cannot be reached from new",
        "the initial state new is final",
        "resting names the unknown state mars",
    )
    assert str(caught.value) == "ticket: " + "; ".join(caught.value.problems)


def test_guards_are_given_as_a_tuple() -> None:
    with pytest.raises(TypeError):
        Move("go", "new", "old", guards=HAS_OWNER)  # type: ignore[arg-type]


# -- any table -----------------------------------------------------------------------------------

STATES = ("a", "b", "c", "d", "e", "f")


@st.composite
def lifecycles(draw: st.DrawFn) -> tuple[dict[tuple[str, str], str], Lifecycle[Ticket]]:
    """A table as a plain mapping, and the lifecycle made from it: a walk through all states, and more moves."""
    states = draw(st.permutations(STATES))[: draw(st.integers(2, len(STATES)))]
    final = {states[-1]} if draw(st.booleans()) else set()
    table = {("go", state): to for state, to in pairwise(states)}
    if not final:
        table["go", states[-1]] = draw(st.sampled_from(states[:-1]))
    for action, state, to in draw(
        st.lists(st.tuples(st.sampled_from(("x", "y", "z")), st.sampled_from(states), st.sampled_from(states)))
    ):
        table[action, state] = state if state in final else to
    moves = [
        Move[Ticket](action, state, STAY if state == to and draw(st.booleans()) else to)
        for (action, state), to in table.items()
    ]
    return table, Lifecycle("any", initial=states[0], moves=moves, final=final)


@given(lifecycles())
def test_the_exported_table_equals_the_declared_one(
    drawn: tuple[dict[tuple[str, str], str], Lifecycle[Ticket]],
) -> None:  # C003
    table, lifecycle = drawn

    assert {(row.action, row.from_): row.to for row in lifecycle.rows()} == table
    assert len(lifecycle.rows()) == len(table)
    assert set(lifecycle.states) == {lifecycle.initial} | {state for _, state in table} | set(table.values())


@given(lifecycles(), st.lists(st.sampled_from(("go", "x", "y", "z"))))
def test_a_walk_never_leaves_the_table_and_a_forbidden_action_changes_nothing(
    drawn: tuple[dict[tuple[str, str], str], Lifecycle[Ticket]], actions: list[str]
) -> None:  # C003
    table, lifecycle = drawn
    ticket = Ticket(state=lifecycle.initial)
    for action in actions:
        before = fields_of(ticket)
        to = table.get((action, ticket.state))
        if to is None:
            with pytest.raises(TransitionNotAllowed):
                lifecycle.move(ticket, action, EVENT)
            assert action not in lifecycle.allowed(ticket)
            assert fields_of(ticket) == before
        else:
            assert action in lifecycle.allowed(ticket)
            assert lifecycle.step(ticket, action) == lifecycle.target(ticket.state, action) == to
            ticket = lifecycle.move(ticket, action, EVENT).after
        assert ticket.state in lifecycle.states


@given(lifecycles(), st.data())
def test_adding_the_moves_that_are_there_changes_nothing_and_order_does_not_matter_for_meaning(
    drawn: tuple[dict[tuple[str, str], str], Lifecycle[Ticket]], data: st.DataObject
) -> None:
    table, lifecycle = drawn
    shuffled = data.draw(st.permutations(lifecycle.moves))
    again = Lifecycle[Ticket]("any", initial=lifecycle.initial, moves=shuffled, final=lifecycle.final)

    assert lifecycle.with_moves(*shuffled) == lifecycle
    for state in lifecycle.states:
        assert set(again.allowed(state)) == set(lifecycle.allowed(state))
        assert all(again.target(state, action) == table[action, state] for action in again.allowed(state))


class GuardedWalk(RuleBasedStateMachine):
    """A ticket that anybody tries anything with: what is blocked is refused, and nothing else is."""

    @initialize()
    def start(self) -> None:
        self.ticket = NEW

    @rule(
        action=st.sampled_from(TABLE.actions),
        owner=st.sampled_from((None, "bob", "eve")),
        notes=st.sampled_from(((), ("n",))),
        reply=st.sampled_from(("", "r")),
    )
    def attempt(self, action: str, owner: str | None, notes: tuple[str, ...], reply: str) -> None:
        before = self.ticket
        try:
            decision = TABLE.move(before, action, EVENT, owner=owner, notes=notes, reply=reply)
        except TransitionNotAllowed:
            assert action not in TABLE.allowed(before)
        except GuardNotMet:
            assert action in TABLE.allowed(before)
        else:
            TABLE.check(action, before, decision.after)
            self.ticket = decision.after

    @invariant()
    def what_is_not_blocked_can_be_done(self) -> None:
        blocked = TABLE.blocked(self.ticket)
        for action in TABLE.allowed(self.ticket):
            if action in blocked:
                with pytest.raises(GuardNotMet) as caught:
                    TABLE.step(self.ticket, action)
                assert caught.value.unmet == blocked[action]
            else:
                assert TABLE.step(self.ticket, action) in TABLE.states


TestGuardedWalk = GuardedWalk.TestCase
TestGuardedWalk.settings = settings(max_examples=20, stateful_step_count=20)

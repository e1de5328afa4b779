import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from servicecrm.errors import GuardNotMet, MalformedDocument
from servicecrm.kernel.lifecycle import STAY, BadLifecycle, Guard, Lifecycle, Move
from servicecrm.kernel.records import record


@record
class Ticket:
    state: str = "new"
    owner: str | None = None
    reply: str = ""


HAS_OWNER = Guard[Ticket]("has_owner", "an owner is named", lambda _, after: after.owner is not None)
UNCHANGED = Guard[Ticket]("unchanged", "the owner stays", lambda before, after: before.owner == after.owner)
GUARDS = {guard.name: guard for guard in (HAS_OWNER, UNCHANGED)}

WRITTEN = """
[lifecycle]
name = "ticket"
initial = "new"
resting = ["done"]
final = ["void"]

[lifecycle.tags]
active = ["new", "open"]

[[moves]]
action = "open"
from = "new"
to = "open"
role = "clerk"
guards = ["has_owner", "unchanged"]

[[moves]]
action = "finish"
from = "open"
to = "done"
demands = ["reply"]

[[moves]]
action = "reopen"
from = ["done"]
to = "open"

[[moves]]
action = "drop"
from = ["new", "open"]
to = "void"

[[moves]]
action = "note"
from = ["new", "open", "done", "void"]
to = "="
"""

TABLE = Lifecycle[Ticket](
    "ticket",
    initial="new",
    moves=(
        Move("open", "new", "open", "clerk", (HAS_OWNER, UNCHANGED)),
        Move("finish", "open", "done", demands=("reply",)),
        Move("reopen", "done", "open"),
        Move("drop", ("new", "open"), "void"),
        Move("note", ("new", "open", "done", "void"), STAY),
    ),
    resting={"done"},
    final={"void"},
    tags={"active": {"new", "open"}},
)

SMALLEST = """
[lifecycle]
name = "switch"
initial = "off"
[[moves]]
action = "switch_on"
from = "off"
to = "on"
[[moves]]
action = "switch_off"
from = "on"
to = "off"
"""


def problems_of(text: str) -> tuple[str, ...]:
    with pytest.raises(MalformedDocument) as caught:
        Lifecycle[Ticket].from_toml(text, GUARDS)
    assert caught.value.kind == "lifecycle"
    return caught.value.problems


def test_a_table_in_toml_equals_the_same_table_in_python() -> None:  # C003
    read = Lifecycle[Ticket].from_toml(WRITTEN, GUARDS)

    assert read == TABLE
    assert read.rows() == TABLE.rows()
    assert read.states == TABLE.states


def test_the_guards_of_a_read_table_are_judged() -> None:  # C003
    read = Lifecycle[Ticket].from_toml(WRITTEN, GUARDS)

    assert read.step(Ticket(owner="bob"), "open") == "open"
    with pytest.raises(GuardNotMet) as caught:
        read.step(Ticket(owner="bob"), "open", owner=None)
    assert caught.value.unmet == (HAS_OWNER.says, UNCHANGED.says)
    with pytest.raises(GuardNotMet, match="reply is given"):
        read.step(Ticket(state="open"), "finish")


def test_what_is_optional_may_be_left_out() -> None:
    read = Lifecycle[Ticket].from_toml(SMALLEST, {})

    assert read.states == ("off", "on")
    assert read.resting == read.final == frozenset()
    assert read.tags == {}
    assert {row.role for row in read.rows()} == {"anyone"}


def test_every_problem_of_the_layout_is_told_at_once() -> None:  # C003
    assert problems_of("""
        title = "x"
        [lifecycle]
        name = 7
        initial = ""
        start = "new"
        final = "void"
        [lifecycle.tags]
        active = "new"
        [[moves]]
        action = "open"
        to = ["open"]
        role = ""
        guards = ["has_owner", "no_such"]
        if = "always"
        [[moves]]
        action = "drop"
        from = [1]
        to = "void"
        demands = [""]
    """) == (
        "title: unknown key; known: lifecycle, moves",
        "lifecycle.start: unknown key; known: final, initial, name, resting, tags",
        "lifecycle.name: a text is needed",
        "lifecycle.initial: a text is needed",
        "lifecycle.final: a list of texts is needed",
        "lifecycle.tags.active: a list of texts is needed",
        "moves[1].if: unknown key; known: action, demands, from, guards, role, to",
        "moves[1].guards: unknown guard 'no_such'; known: has_owner, unchanged",
        "moves[1].from: a state or a list of states is needed",
        "moves[1].to: a text is needed",
        "moves[1].role: a text is needed",
        "moves[2].from: a list of texts is needed",
        "moves[2].demands: a list of texts is needed",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "lifecycle: a table is needed"),
        ("", "moves: needed, as [[moves]]"),
        ("lifecycle = 1", "lifecycle: a table is needed"),
        ("[moves]", "moves: needed, as [[moves]]"),
        ("moves = [1]", "moves: needed, as [[moves]]"),
        ("[lifecycle]\ntags = []", "lifecycle.tags: a table is needed"),
        ("[[moves]]\nfrom = ''", "moves[1].from: a state or a list of states is needed"),
    ],
)
def test_a_document_without_the_layout_says_what_is_needed(text: str, problem: str) -> None:
    assert problem in problems_of(text)


def test_an_unknown_guard_is_named_with_those_that_are_known() -> None:  # C003
    with pytest.raises(MalformedDocument) as caught:
        Lifecycle[Ticket].from_toml(WRITTEN, {})
    assert caught.value.problems == (
        "moves[1].guards: unknown guard 'has_owner'; known: none",
        "moves[1].guards: unknown guard 'unchanged'; known: none",
    )


def test_a_text_is_never_evaluated() -> None:  # C003
    code = "lambda before, after: print('evaluated')"
    (problem,) = problems_of(WRITTEN.replace('"has_owner"', f'"{code}"'))

    assert problem.startswith("moves[1].guards: unknown guard")
    assert Lifecycle[Ticket].from_toml(SMALLEST.replace("switch_on", "{0.__class__} %s $(date)"), {}).actions == (
        "{0.__class__} %s $(date)",
        "switch_off",
    )


def test_a_well_formed_table_that_cannot_be_a_lifecycle_is_refused_as_one() -> None:  # C003
    with pytest.raises(BadLifecycle) as caught:
        Lifecycle[Ticket].from_toml(WRITTEN.replace('final = ["void"]', 'final = ["nowhere"]'), GUARDS)
    assert caught.value.problems == ("void has no exit and is not final", "final names the unknown state nowhere")


@given(st.text())
@example("[lifecycle")
@example("a = " + "9" * 5000)
@example("a = " + "[" * 5000)
@example("a = 2026-02-30")
@example("a = '\ud800'")
def test_whatever_the_text_is_it_is_a_lifecycle_or_a_malformed_document(text: str) -> None:
    with pytest.raises(MalformedDocument):
        Lifecycle[Ticket].from_toml(text, GUARDS)

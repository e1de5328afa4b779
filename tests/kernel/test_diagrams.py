import os
import re
import subprocess
import sys
from html import unescape
from itertools import chain, combinations, pairwise
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.complaints.lifecycle import LIFECYCLE as COMPLAINT
from servicecrm.kernel.diagrams import bundle, mermaid, svg, table
from servicecrm.kernel.lifecycle import STAY, Guard, Lifecycle, Move

SVG = "{http://www.w3.org/2000/svg}"
TEXT = Guard[Any]("text", "a text | with *marks*", lambda _, after: bool(after))

HOSTILE = (
    "<script>alert(1)</script>",
    'a "quoted" --> s0',
    "two\nlines\r\n```\n",
    "]]> --> <!-- &amp; &#60;",
    "| a | b | `c` [d](javascript:e) ![f](g) **h** \\",
    "end note; %%{init: {}}%% : x [*] <<fork>> {",
    "#quot; style s0 fill:#f00;",
    "nul \x00 bell \x07 lone \ud800 turned \u202e bom \ufeff none \uffff",
    "状態",
)


def chain_of(*names: str, action: str = "go") -> Lifecycle[Any]:
    moves = [Move[Any](action, start, end) for start, end in pairwise(names)]
    return Lifecycle(names[0], initial=names[0], moves=moves, final={names[-1]})


SMALL = Lifecycle[Any](
    "ticket",
    initial="new",
    moves=(
        Move("open", "new", "open", "clerk", (TEXT,), demands=("owner",)),
        Move("accept", "new", "open"),
        Move("finish", "open", "done"),
        Move("reopen", "done", "open"),
        Move("drop", ("new", "open", "done"), "void"),
        Move("note", ("new", "open", "done", "void"), STAY),
        Move("hand_over", "open", STAY),
    ),
    resting={"done"},
    final={"void"},
)


def words(drawing: ElementTree.Element) -> list[str]:
    return [text.text or "" for text in drawing.iter(f"{SVG}text")]


# -- Mermaid and tables --------------------------------------------------------------------------


def test_mermaid_has_one_arrow_for_each_pair_of_states() -> None:  # C003
    assert mermaid(SMALL) == (
        "stateDiagram-v2\n"
        '    state "new" as s0\n'
        '    state "open" as s1\n'
        '    state "done" as s2\n'
        '    state "void" as s3\n'
        "    [*] --> s0\n"
        "    s0 --> s1 : open, accept\n"
        "    s1 --> s2 : finish\n"
        "    s2 --> s1 : reopen\n"
        "    s0 --> s3 : drop\n"
        "    s1 --> s3 : drop\n"
        "    s2 --> s3 : drop\n"
        "    s3 --> [*]\n"
    )


def test_the_table_has_one_row_for_each_move() -> None:  # C003
    assert table(SMALL).splitlines()[2:] == [
        "| open | new | open | clerk | owner is given; a text &#124; with &#42;marks&#42; |",
        "| accept | new | open | anyone |  |",
        "| finish | open | done | anyone |  |",
        "| reopen | done | open | anyone |  |",
        "| drop | everywhere but void | void | anyone |  |",
        "| note | everywhere | *stays* | anyone |  |",
        "| hand_over | open | *stays* | anyone |  |",
    ]
    assert len(table(COMPLAINT).splitlines()) == 2 + len(COMPLAINT.moves)


# -- the drawing ---------------------------------------------------------------------------------


@pytest.mark.parametrize("lifecycle", [SMALL, COMPLAINT], ids=lambda lifecycle: lifecycle.name)
def test_the_drawing_shows_every_state_and_action(lifecycle: Lifecycle[Any]) -> None:  # C003
    drawing = ElementTree.fromstring(svg(lifecycle))
    shown = words(drawing)

    assert set(lifecycle.states) <= set(shown)
    for action in lifecycle.actions:
        assert any(action in re.split("[:,] ?", text) for text in shown)


def test_the_drawing_is_told_to_those_who_do_not_see_it() -> None:
    drawing = ElementTree.fromstring(svg(SMALL))

    assert drawing.get("role") == "img"
    assert [child.tag for child in drawing][:2] == [f"{SVG}title", f"{SVG}desc"]
    assert drawing.findtext(f"{SVG}title") == "Lifecycle of ticket"
    assert drawing.findtext(f"{SVG}desc") == (
        "Begins as new. open, accept: from new to open. finish: from open to done. reopen: from done to open. "
        "drop: from new, open, done to void. Actions that leave the state as it is: note: everywhere. "
        "hand_over: open. Resting (dashed): done. Final (double): void."
    )


def test_moves_of_one_action_to_one_state_share_a_line() -> None:
    assert words(ElementTree.fromstring(svg(SMALL))).count("drop") == 1
    assert words(ElementTree.fromstring(svg(COMPLAINT))).count("withdraw") == 1


def test_a_resting_state_is_dashed_and_a_final_one_has_a_double_border() -> None:
    boxes = list(ElementTree.fromstring(svg(SMALL)).iter(f"{SVG}rect"))

    assert [box.get("stroke-dasharray") is not None for box in boxes] == [False, False, True, False, False]
    assert len(boxes) == len(SMALL.states) + len(SMALL.final)


def test_the_drawing_takes_the_colour_of_the_page() -> None:
    colours = {
        value
        for part in ElementTree.fromstring(svg(COMPLAINT)).iter()
        for name, value in part.attrib.items()
        if name in ("fill", "stroke", "color")
    }
    assert colours == {"currentColor", "none"}


Area = tuple[float, float, float, float]
"""Left, top, right and bottom."""


def area(text: ElementTree.Element) -> Area:
    long = sum(12 if char == "状" else 7 for char in text.text or "")
    left = float(text.attrib["x"]) - {"start": 0, "middle": long / 2, "end": long}[text.attrib["text-anchor"]]
    foot = float(text.attrib["y"])
    return left, foot - 10, left + long, foot + 3


def apart(one: Area, other: Area) -> bool:
    return one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]


def inside(one: Area, other: Area) -> bool:
    return other[0] <= one[0] and other[1] <= one[1] and one[2] <= other[2] and one[3] <= other[3]


words_of_any_width = st.text("abcdefgh_ WM状", min_size=1, max_size=24).map(str.strip).filter(bool)


@given(states=st.lists(words_of_any_width, min_size=2, max_size=8, unique=True), data=st.data())
def test_words_neither_overlap_nor_leave_the_drawing(states: list[str], data: st.DataObject) -> None:
    actions, some = st.sampled_from(("up", "to somewhere else", "x", "y")), st.sampled_from(states)
    steps = {("go", start): end for start, end in pairwise(states)} | {("back", states[-1]): states[0]}
    steps |= data.draw(st.dictionaries(st.tuples(actions, some), some))
    lifecycle = Lifecycle[Any](
        "any",
        initial=states[0],
        moves=[Move(action, start, end) for (action, start), end in steps.items()],
        resting=data.draw(st.sets(some)),
    )
    drawing = ElementTree.fromstring(svg(lifecycle))

    left, top, width, height = (float(number) for number in drawing.attrib["viewBox"].split())
    texts = [area(text) for text in drawing.iter(f"{SVG}text")]
    boxes = [
        (x, y, x + wide, y + high)
        for box in drawing.iter(f"{SVG}rect")
        for x, y, wide, high in [[float(box.attrib[name]) for name in ("x", "y", "width", "height")]]
    ]
    assert all(inside(text, (left, top, left + width, top + height)) for text in texts)
    assert all(apart(one, other) for one, other in combinations(texts, 2))
    assert all(apart(text, box) or inside(text, box) for text in texts for box in boxes)


# -- safety --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_name_stays_a_name(name: str) -> None:
    lifecycle = Lifecycle[Any](
        name,
        initial=name,
        moves=(
            Move(name, name, "next", name, (Guard(name, name, lambda *_: True),)),
            Move("end", "next", f"{name}."),
            Move(f"stay {name}", name, STAY),
        ),
        final={f"{name}."},
    )
    visible = "".join(char if char.isprintable() else " " for char in name)

    plain = chain_of("first", "next", "last")
    assert [line.split()[:3] for line in mermaid(lifecycle).splitlines() if "-->" in line] == [
        line.split()[:3] for line in mermaid(plain).splitlines() if "-->" in line
    ]
    for line in chain(mermaid(lifecycle).splitlines()[1:4], table(lifecycle).splitlines()):
        assert not set(line.replace('state "', "", 1).replace('" as s', "", 1)) & set(
            "<>\"'`[]()\\\x00\x07\ud800\u202e"
        )
    assert [line.count("|") for line in table(lifecycle).splitlines()] == [6] * 5
    assert unescape(table(lifecycle).splitlines()[2]).startswith(f"| {visible} | {visible} | next | {visible} |")

    drawing = ElementTree.fromstring(svg(lifecycle))
    assert words(drawing).count(visible) == 2
    assert {part.tag.removeprefix(SVG) for part in drawing.iter()} == {
        "svg", "title", "desc", "circle", "path", "rect", "text",
    }  # fmt: skip
    assert bundle(lifecycle)["text/markdown"].count("`") == 6


@given(st.lists(st.text(min_size=1), min_size=2, max_size=6, unique=True).filter(lambda names: "=" not in names))
def test_any_name_gives_a_drawing_that_can_be_parsed(states: list[str]) -> None:
    drawing = ElementTree.fromstring(svg(chain_of(*states, action=states[0])))

    assert len(list(drawing.iter(f"{SVG}rect"))) == len(states) + 1


# -- in a notebook -------------------------------------------------------------------------------


def test_a_notebook_gets_every_form_from_the_lifecycle_itself() -> None:
    forms = SMALL._repr_mimebundle_()

    assert forms == bundle(SMALL)
    assert forms["text/plain"] == repr(SMALL)
    assert forms["text/html"] == forms["image/svg+xml"] == svg(SMALL)
    assert mermaid(SMALL) in forms["text/markdown"]
    assert table(SMALL) in forms["text/markdown"]


def test_the_same_lifecycle_gives_the_same_forms_in_every_process() -> None:
    code = (
        "import sys; from servicecrm.complaints.lifecycle import LIFECYCLE as L;"
        "sys.stdout.buffer.write(repr(L._repr_mimebundle_()).encode())"
    )
    for seed in "1", "2":
        told = subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        )
        assert told.stdout.decode() == repr(bundle(COMPLAINT))

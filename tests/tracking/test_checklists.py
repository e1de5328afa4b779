"""A checklist finds exactly what a record lacks, says it, and can only become stricter."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.complaints import LIFECYCLE as COMPLAINT_LIFECYCLE
from servicecrm.complaints import TEXTS as COMPLAINT_TEXTS
from servicecrm.complaints import record as record_complaint
from servicecrm.complaints.checklist import CHECKLIST
from servicecrm.errors import GuardNotMet, InvalidValue
from servicecrm.kernel import moves
from servicecrm.kernel.lifecycle import Lifecycle, Move
from servicecrm.kernel.records import evolve, record
from servicecrm.tracking import TEXTS as TRACKING_TEXTS
from servicecrm.tracking.checklists import Checklist, Level, Line, Report, from_

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)


@record
class Lid:
    colour: str | None = None


@record
class Box:
    state: str
    label: str | None = None
    weight: int | None = None
    lid: Lid | None = None
    stickers: tuple[str, ...] = ()


LIFECYCLE: Lifecycle[Box] = Lifecycle(
    "box",
    initial="empty",
    moves=(
        Move("fill", "empty", "full"),
        Move("throw_away", ("empty", "full"), "gone"),
        Move("send", "full", "on_its_way"),
        Move("get_back", "on_its_way", "full"),
        Move("deliver", "on_its_way", "there"),
    ),
    final={"gone", "there"},
)
MUST, SHOULD = Level.MUST, Level.SHOULD
FIELDS = ("label", "weight", "lid", "lid.colour", "stickers")


def listed(*lines: Line) -> Checklist[Box]:
    return Checklist("box", Box, lifecycle=LIFECYCLE, lines=lines)


def paths(lines: tuple[Line, ...]) -> list[str]:
    return [line.path for line in lines]


@st.composite
def checklists(draw: st.DrawFn) -> Checklist[Box]:
    """Any checklist of a box."""
    return listed(*(draw(lines(path)) for path in draw(st.lists(st.sampled_from(FIELDS), unique=True))))


def lines(path: str) -> st.SearchStrategy[Line]:
    some = st.lists(st.sampled_from(LIFECYCLE.states), min_size=1, unique=True)
    return st.builds(Line, st.just(path), st.sampled_from(Level), st.none() | some)


BOXES = st.builds(
    Box,
    state=st.sampled_from(LIFECYCLE.states),
    label=st.sampled_from([None, "", "tea"]),
    weight=st.sampled_from([None, 0, 3]),
    lid=st.none() | st.builds(Lid, colour=st.sampled_from([None, "red"])),
    stickers=st.sampled_from([(), ("fragile",)]),
)


# -- what a record lacks -------------------------------------------------------------------------


@given(checklists(), BOXES)
def test_a_report_has_every_line_that_counts_and_is_not_met(checklist: Checklist[Box], box: Box) -> None:  # C007
    report = checklist.check(box)

    counted = [line for line in checklist.lines if line.states is None or box.state in line.states]
    there = {
        "label": bool(box.label),
        "weight": box.weight is not None,
        "lid": box.lid is not None,
        "lid.colour": box.lid is not None and box.lid.colour is not None,
        "stickers": bool(box.stickers),
    }
    assert paths(report.missing) == [line.path for line in counted if line.level is MUST and not there[line.path]]
    assert paths(report.warnings) == [line.path for line in counted if line.level is SHOULD and not there[line.path]]
    lacking = len(report.missing) + len(report.warnings)
    assert (report.percent == 100) == (lacking == 0)
    assert len(counted) * report.percent <= 100 * (len(counted) - lacking) <= len(counted) * (report.percent + 1)


@given(BOXES, st.sampled_from(["label", "weight", "lid", "stickers"]))
def test_a_line_takes_for_given_what_a_lifecycle_takes_for_given(box: Box, field: str) -> None:  # C007, C003
    assert Line(field).met(box) == moves.given(field).holds(box, box)


def test_a_report_says_how_much_is_there_rounded_down() -> None:  # C007
    checklist = listed(Line("label"), Line("weight"), Line("stickers", SHOULD))

    assert checklist.check(Box(state="full", label="tea", weight=3)).percent == 66
    assert listed().check(Box(state="full")) == Report(missing=(), warnings=(), percent=100)


def test_a_record_in_a_state_that_there_is_not_is_refused() -> None:
    with pytest.raises(InvalidValue, match="known: empty, full"):
        listed(Line("label")).check(Box(state="lost"))


# -- from a state on -----------------------------------------------------------------------------


def test_from_a_state_on_are_the_states_that_cannot_be_reached_without_it() -> None:  # C007
    assert from_(LIFECYCLE, "empty") == LIFECYCLE.states
    assert from_(LIFECYCLE, "full") == ("full", "on_its_way", "there")
    assert from_(LIFECYCLE, "on_its_way") == ("on_its_way", "there")
    assert from_(LIFECYCLE, "gone") == ("gone",)
    with pytest.raises(InvalidValue, match="known: empty, full"):
        from_(LIFECYCLE, "lost")


@given(st.data())
def test_whoever_is_in_a_later_state_has_been_in_the_earlier_one(data: st.DataObject) -> None:  # C007
    been = [COMPLAINT_LIFECYCLE.initial]
    for _ in range(data.draw(st.integers(0, 12))):
        ways = [row.to for row in COMPLAINT_LIFECYCLE.rows() if row.from_ == been[-1]]
        been.append(data.draw(st.sampled_from(ways)))

    for state in COMPLAINT_LIFECYCLE.states:
        assert been[-1] not in from_(COMPLAINT_LIFECYCLE, state) or state in been


# -- a table that cannot be a checklist ----------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (Line("colour"), "'colour' is no field of Box; known: state, label, weight, lid, stickers"),
        (Line("lid.size"), "'size' is no field of Lid; known: colour"),
        (Line("label.length"), "'length' is no field of str; known: none"),
        (Line("label", states=("empty", "lost")), "label counts in the unknown state lost; known: empty, full"),
        (Line("label", states=()), "label counts in no state"),
        (Line("weight"), "weight has two lines"),
    ],
)
def test_a_line_that_could_never_be_right_is_refused(line: Line, says: str) -> None:  # C007
    with pytest.raises(InvalidValue, match="checklist box: ") as refused:
        listed(Line("weight"), line)
    assert says in str(refused.value)


def test_every_problem_of_a_checklist_is_told_at_once() -> None:
    with pytest.raises(InvalidValue, match=r"'colour' is no field.*weight has two lines"):
        listed(Line("colour"), Line("weight"), Line("weight"))


def test_a_level_is_must_or_should() -> None:
    assert Line("label", "should").level is SHOULD
    with pytest.raises(InvalidValue, match="must, should"):
        Line("label", "may")


def test_one_state_may_be_given_as_it_is() -> None:
    assert Line("label", states="full").states == ("full",)


# -- a house extends it, and never weakens it ----------------------------------------------------


@given(checklists(), st.data())
def test_a_house_can_add_lines_and_make_none_weaker(checklist: Checklist[Box], data: st.DataObject) -> None:  # C007
    new = data.draw(st.sampled_from(FIELDS).flatmap(lines))
    demanded = {(line.path, s) for line in checklist.lines for s in LIFECYCLE.states if _must(line, s)}
    kept = {(path, state) for path, state in demanded if path != new.path or _must(new, state)}

    if kept == demanded:
        extended = checklist.extended(new)
        assert new in extended.lines
        assert {line.path for line in extended.lines} == {*paths(checklist.lines), new.path}
    else:
        with pytest.raises(InvalidValue, match=f"{new.path} must be there"):
            checklist.extended(new)


def _must(line: Line, state: str) -> bool:
    return line.level is MUST and line.counts(state)


def test_a_line_that_only_should_be_met_can_be_made_a_duty_or_left_to_fewer_states() -> None:  # C007
    checklist = listed(Line("label", SHOULD))

    assert checklist.extended(Line("label", MUST)).lines == (Line("label", MUST),)
    assert checklist.extended(Line("label", SHOULD, "full")).lines == (Line("label", SHOULD, "full"),)


def test_a_duty_does_not_get_lost_by_adding_it_twice() -> None:
    with pytest.raises(InvalidValue, match="label must be there, and cannot become"):
        listed().extended(Line("label", MUST), Line("label", SHOULD))
    with pytest.raises(InvalidValue, match="label must be there in empty, gone too"):
        listed(Line("label")).extended(Line("label", MUST, from_(LIFECYCLE, "full")))


def test_a_line_in_the_place_of_another_keeps_its_sentence_unless_it_has_its_own() -> None:
    checklist = listed(Line("weight", SHOULD, says="it was weighed"))

    assert checklist.extended(Line("weight")).lines == (Line("weight", says="it was weighed"),)
    assert checklist.extended(Line("weight", says="on the scales")).lines == (Line("weight", says="on the scales"),)


def test_an_added_line_is_checked_too() -> None:
    with pytest.raises(InvalidValue, match="'colour' is no field of Box"):
        listed().extended(Line("colour"))


# -- as guards -----------------------------------------------------------------------------------


@given(checklists(), BOXES)
def test_an_action_is_refused_with_the_sentence_of_every_missing_line(
    checklist: Checklist[Box], box: Box
) -> None:  # C007, C049
    missing = checklist.check(box).missing
    if not missing:
        checklist.require(box, "send")
        return
    with pytest.raises(GuardNotMet) as refused:
        checklist.require(box, "send")
    assert (refused.value.lifecycle, refused.value.action) == ("box", "send")
    assert refused.value.unmet == tuple(line.says for line in missing)
    assert refused.value.guards == tuple(f"checklist.{line.path}" for line in missing)


def test_a_lifecycle_can_demand_what_the_checklist_does() -> None:  # C007, C003
    checklist = listed(
        Line("weight", MUST, "on_its_way", "it was weighed"),
        Line("lid.colour", MUST, "on_its_way"),
        Line("label", SHOULD, "on_its_way"),
        Line("stickers", MUST, "there"),
    )
    send = attrs.evolve(LIFECYCLE.moves[2], guards=checklist.guards("on_its_way"))
    strict = LIFECYCLE.with_moves(send)

    box = Box(state="full", lid=Lid())
    assert strict.blocked(box)["send"] == ("it was weighed", "lid.colour is given")
    assert strict.step(box, "send", weight=3, lid=Lid(colour="red")) == "on_its_way"
    with pytest.raises(GuardNotMet, match=r"needed first: lid\.colour is given$"):
        strict.step(box, "send", weight=3)


def test_guards_of_one_checklist_can_stand_in_several_moves() -> None:
    checklist = listed(Line("weight"))
    wanted: Iterator[Any] = (
        attrs.evolve(move, guards=checklist.guards(move.to)) for move in LIFECYCLE.moves if move.to != "gone"
    )

    assert LIFECYCLE.with_moves(*wanted).unmet(Box(state="empty"), "fill") == checklist.guards("full")


# -- the checklist of a complaint ----------------------------------------------------------------

ONLY_TAKEN_IN = record_complaint(
    id="c-1", subject="No water", channel="phone", text="None at all.", by="ann", at=MONDAY
).after


def test_a_complaint_with_nothing_but_id_time_and_text_is_told_what_it_lacks() -> None:  # C007
    report = CHECKLIST.check(ONLY_TAKEN_IN)
    assert (report.percent, paths(report.missing), paths(report.warnings)) == (80, [], ["remedy_sought"])

    report = CHECKLIST.check(evolve(ONLY_TAKEN_IN, state="in_handling"))
    assert paths(report.missing) == ["priority", "handler"]
    assert paths(report.warnings) == ["remedy_sought", "category"]
    assert report.percent == 50  # four of eight

    assert paths(CHECKLIST.check(evolve(ONLY_TAKEN_IN, state="responded")).missing)[-1] == "answered_at"
    assert paths(CHECKLIST.check(evolve(ONLY_TAKEN_IN, state="closed")).missing)[-1] == "closing_code"
    assert paths(CHECKLIST.check(evolve(ONLY_TAKEN_IN, state="withdrawn")).missing) == []


def test_what_a_complaint_lacks_is_said_without_what_it_holds() -> None:
    with pytest.raises(GuardNotMet) as refused:
        CHECKLIST.require(evolve(ONLY_TAKEN_IN, state="in_handling"), "answer")

    assert str(refused.value) == "complaint: cannot answer yet; needed first: it has a priority; a handler is named"


def test_a_sentence_of_a_house_stays_as_the_house_wrote_it() -> None:  # C093
    assert Line("service").words(COMPLAINT_TEXTS, language="de") == "service is given"
    assert Line("handler", says="Wanda has it").words(COMPLAINT_TEXTS, language="de") == "Wanda has it"


# -- words ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "de", "zh"])
def test_every_line_and_level_has_its_words(language: str) -> None:  # C007, C093
    assert {line.name for line in CHECKLIST.lines} == {
        key for key in COMPLAINT_TEXTS.keys(language) if key.startswith("checklist.")
    }
    assert {f"level.{level.value}" for level in Level} == {
        key for key in TRACKING_TEXTS.keys(language) if key.startswith("level.")
    }


def test_a_shipped_line_speaks_the_language_of_its_reader() -> None:  # C007, C093
    (line,) = (line for line in CHECKLIST.lines if line.path == "handler")

    assert line.words(COMPLAINT_TEXTS, language="de-AT") == "eine Sachbearbeitung ist benannt"
    for line in CHECKLIST.lines:
        assert line.words(COMPLAINT_TEXTS, language="en") == COMPLAINT_TEXTS.get(line.name, language="en")
        assert line.says == line.words(COMPLAINT_TEXTS, language="en") != line.words(COMPLAINT_TEXTS, language="zh")

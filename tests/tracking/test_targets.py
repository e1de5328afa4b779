"""Targets say what a house promises, and are refused by name when they could not be kept."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.complaints import MomentKind
from servicecrm.errors import InvalidValue, MalformedDocument
from servicecrm.kernel.documents import Schema, from_text
from servicecrm.tracking import (
    BornLate,
    Goal,
    Ladder,
    MessageClass,
    OnChange,
    Rung,
    Target,
    Targets,
    Threshold,
    on,
    usual,
)
from servicecrm.tracking.conditions import UNSAID, any_of
from servicecrm.tracking.ready_made import USUAL
from tests.tracking.lives import T0, happened

SCHEMA = Schema("targets", Targets)
JUNE, JANUARY = date(2026, 6, 1), date(2026, 1, 15)


def a_target(**changes: Any) -> Target:
    given = {"name": "answer", "within": "2 business days", "start": on("received"), "stop": on("answered")}
    return Target(**{**given, **changes})


def holds(conditions: Any, line: str) -> bool:
    return any_of(conditions, happened(line, T0, 1))


# -- conditions ----------------------------------------------------------------------------------


def test_a_condition_holds_for_any_of_its_kinds_its_side_and_its_codes() -> None:
    ours = on("message", "contact", side="inside", codes=("reached", "substantive"))

    assert holds(ours, "message inside substantive")
    assert holds(ours, "contact inside reached")
    assert not holds(ours, "message outside substantive")
    assert not holds(ours, "contact inside voicemail")
    assert not holds(ours, "answered inside reached")


def test_a_moment_without_a_code_can_be_named() -> None:
    assert holds(on("waiting", codes=("customer", "")), "waiting")
    assert not holds(on("waiting", codes=("customer",)), "waiting")


@pytest.mark.parametrize("klass", MessageClass)
def test_what_says_nothing_counts_only_where_it_is_named(klass: MessageClass) -> None:  # freescout#3670, freescout#2626
    line = f"message outside {klass}"

    assert holds(on("message"), line) == (klass not in UNSAID)
    assert holds(on("message", codes=(klass,)), line)


def test_there_is_no_third_side() -> None:
    with pytest.raises(InvalidValue, match="expected one of outside, inside"):
        on("message", side="above")


# -- goals ---------------------------------------------------------------------------------------


def test_the_goal_that_asks_for_most_is_taken() -> None:  # C036
    target = a_target(
        goals=(
            Goal(within="5 business days", types=("roads",)),
            Goal(within="1 business day", priorities=("p1", "p2")),
            Goal(within="4h business", priorities=("p1",), types=("roads",)),
        )
    )

    def within(priority: str | None, type: str | None) -> str:
        goal = target.goal(priority, type, JUNE)
        assert goal is not None
        return goal.within

    assert within("p1", "roads") == "4h business"
    assert within("p2", "water") == "1 business day"
    assert within("p4", "roads") == "5 business days"
    assert within(None, None) == "2 business days"


def test_a_january_start_uses_the_winter_duration() -> None:  # C036
    target = a_target(
        within=None,
        goals=(
            Goal(within="10 business days", season="11-01 to 03-31"),
            Goal(within="5 business days", season="04-01 to 10-31"),
        ),
    )

    winter, summer = target.goal(None, None, JANUARY), target.goal(None, None, JUNE)

    assert winter is not None
    assert summer is not None
    assert (winter.within, summer.within) == ("10 business days", "5 business days")
    assert target.goal(None, None, date(2028, 2, 29)) == winter


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)))
def test_seasons_that_are_accepted_hold_on_every_day(day: date) -> None:
    seasons = ("12-15 to 02-28", "02-29 to 02-29", "03-01 to 12-14")
    target = a_target(within=None, goals=tuple(Goal(within="1h elapsed", season=season) for season in seasons))

    assert sum(goal.fits(None, None, day) for goal in target.goals) == 1


def test_without_a_goal_for_it_a_record_has_none() -> None:
    target = a_target(within=None, goals=(Goal(within="1h business", priorities=("p1",)),))

    assert target.goal("p2", None, JUNE) is None


# -- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"name": "First Response"}, "a name is written in small letters"),
        ({"name": "a:b"}, "a name is written in small letters"),
        ({"start": ()}, "target answer: nothing starts it"),
        ({"stop": ()}, "target answer: nothing stops it"),
        ({"within": "soon"}, "duration"),
        ({"within": "-1h business"}, "nothing can be due before it begins"),
        ({"resume": on("resumed")}, "something resumes it, but nothing pauses it"),
        ({"each": True, "reopen": on("reopened")}, "it cannot take up the last one too"),
        ({"thresholds": (Threshold(at="75%"), Threshold(at="75%", to=("boss",)))}, "a threshold stands twice"),
        ({"goals": (Goal(within="1h business"),)}, "that is what `within` is for"),
        (
            {"goals": tuple(Goal(within=w, priorities=("p1",)) for w in ("1h business", "2h business"))},
            "one is never reached",
        ),
        (
            {"within": None, "goals": (Goal(within="1h business", season="11-01 to 03-31"),)},
            "no season holds on 04-01",
        ),
        (
            {
                "goals": (
                    Goal(within="1h business", season="01-01 to 06-30"),
                    Goal(within="1h business", season="06-30 to 12-31"),
                )
            },
            "two seasons overlap",
        ),
    ],
)
def test_a_target_that_could_not_be_kept_is_refused(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidValue, match=says):
        a_target(**changes)


def test_a_gap_in_the_seasons_may_be_filled_by_a_goal_for_the_same_records() -> None:
    winter = Goal(within="8h business", priorities=("p1",), season="11-01 to 03-31")

    filled = a_target(within=None, goals=(winter, Goal(within="4h business", priorities=("p1",))))

    assert filled.goal("p1", None, JUNE) == filled.goals[1]
    with pytest.raises(InvalidValue, match="no season holds on"):
        a_target(within=None, goals=(winter, Goal(within="4h business", priorities=("p2",))))


@pytest.mark.parametrize("season", ["winter", "11-01", "02-30 to 03-01", "13-01 to 12-31", "2026-01-01 to 2026-02-01"])
def test_a_season_goes_from_one_day_of_the_year_to_another(season: str) -> None:
    with pytest.raises(InvalidValue, match="a season is written"):
        Goal(within="1h business", season=season)


def test_two_targets_of_one_name_are_refused() -> None:
    with pytest.raises(InvalidValue, match="two targets are named answer"):
        Targets(targets=(a_target(), a_target(within="1h business")))


def test_a_target_that_starts_when_the_record_ends_is_refused() -> None:
    with pytest.raises(InvalidValue, match="target answer: it never runs"):
        Targets(targets=(a_target(start=on("closed")),))


def test_what_no_record_ever_has_is_refused_by_its_name() -> None:  # C036
    targets = Targets(
        targets=(
            a_target(stop=on("anwsered"), origin="attached"),
            a_target(
                name="second", calendar="night", goals=(Goal(within="1h business", types=("a",), calendar="day"),)
            ),
        )
    )

    with pytest.raises(InvalidValue) as refused:
        targets.check(MomentKind)

    says = str(refused.value)
    assert "answer.stop: no moment of such a record is 'anwsered'" in says
    assert "answer.origin: no moment of such a record is 'attached'" in says
    assert "second: there is no calendar 'day'" in says
    assert "second: there is no calendar 'night'" in says
    assert "acknowledged, answered, assigned" in says
    Targets(targets=(a_target(start=on("received", "rated")),)).check(MomentKind, ["default"])


def test_a_code_that_such_a_moment_never_has_is_refused_with_those_that_it_has() -> None:
    def reached(*codes: str) -> Targets:
        return Targets(targets=(a_target(stop=on("contact", codes=codes) + on("closed", codes=["of this house"])),))

    kinds, codes = (*MomentKind, "contact"), {"contact": ("reached", "voicemail")}
    with pytest.raises(InvalidValue, match=r"answer\.stop: no contact has the code 'reach', only reached, voicemail"):
        reached("voicemail", "reach").check(kinds, codes=codes)
    reached("reached", "").check(kinds, codes=codes)


# -- the usual ones ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", USUAL)
def test_every_usual_target_is_ready(name: str) -> None:
    target = usual(name, "1 business day", calendar="office")

    assert (target.name, target.within, target.calendar) == (name, "1 business day", "office")
    assert Targets(targets=(target,)).targets == (target,)


@pytest.mark.parametrize("name", ["acknowledge", "first_response", "next_response", "resolution", "final_response"])
def test_a_usual_target_fits_the_moments_of_a_complaint(name: str) -> None:
    target = usual(name, "1 business day", kinds=tuple(MomentKind))

    Targets(targets=(target,)).check(MomentKind)


def test_a_usual_target_that_the_record_cannot_fulfil_is_refused() -> None:
    with pytest.raises(InvalidValue, match="target demanded_update: nothing starts it"):
        usual("demanded_update", "1 business day", kinds=tuple(MomentKind))
    with pytest.raises(InvalidValue, match="there are acknowledge, accept"):
        usual("answer", "1 business day")


# -- documents -----------------------------------------------------------------------------------


def test_targets_survive_being_stored() -> None:
    targets = Targets(
        targets=(
            a_target(
                pause=on("waiting", side="inside", codes=("customer",)),
                resume=on("resumed"),
                goals=(Goal(within="1h business", priorities=("p1",), season="01-01 to 12-31"),),
                on_change=OnChange.REMAINING_SHARE,
                thresholds=(Threshold(at="75%", born_late=BornLate.FIRE, per_day=1),),
                ladder=Ladder(rungs=(Rung(at="due", to="supervisor"),)),
            ),
            *(usual(name, "1 business day") for name in USUAL),
        )
    )

    assert SCHEMA.load(from_text(SCHEMA.text(targets))) == targets


def test_a_document_that_is_no_target_is_refused_with_its_path() -> None:
    document = SCHEMA.dump(Targets(targets=(a_target(),)))
    document["targets"][0]["within"] = "soon"

    with pytest.raises(MalformedDocument, match=r"\$\.targets\[0\]"):
        SCHEMA.load(document)


def test_a_target_may_serve_several_kinds_of_records_if_this_one_starts_and_stops_it() -> None:
    targets = Targets(targets=(usual("acknowledge", "4h business"),))

    targets.check(("received", "acknowledged", "closed", "withdrawn", "reopened"), others=("accepted",))
    with pytest.raises(InvalidValue, match=r"acknowledge\.stop"):
        targets.check(("received", "closed", "withdrawn", "reopened"), others=("accepted", "acknowledged"))

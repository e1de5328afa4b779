"""The board shows what is open, what is at risk and what stands still, and what is left to do after the end."""

import json
import sys
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.analytics.board import (
    COLUMNS,
    Board,
    BoardLine,
    BoardRules,
    Countermeasure,
    FollowUpStatus,
    OpenRow,
    Risk,
    board,
    follow_ups,
)
from servicecrm.analytics.kpis_rows import ActionRow
from servicecrm.analytics.printing import TEXTS
from servicecrm.calendars import Calendar
from servicecrm.errors import InvalidValue, NaiveDatetime
from servicecrm.kernel.records import field_names

WEEK = Calendar(zone="UTC", hours="mon-fri 09:00-17:00")
FRIDAY = datetime(2026, 3, 27, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def shown(*rows: OpenRow, **asked: Any) -> Board:
    return board(rows, **{"as_of": FRIDAY, "calendar": WEEK, **asked})


def a_row(id: str, age: int = 0, **given: Any) -> OpenRow:
    """One that came in so many calendar days ago, and that something happened to a moment ago."""
    return OpenRow(id, "in_handling", FRIDAY - age * DAY, **{"last_at": FRIDAY, "handler": "north", **given})


# calendar days back from a Friday: 0-4 are as many business days, 7 are 5, 14 are 10, 28 are 20
TWENTY = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 14, 15, 21, 28, 29, 40, 100, 200]


def test_twenty_open_complaints_are_in_their_groups_by_age_and_three_stand_still() -> None:  # C051, K31
    still = {"c-03": 7, "c-10": 8, "c-19": 150}
    rows = [a_row(f"c-{n:02}", age, last_at=FRIDAY - still.get(f"c-{n:02}", 4) * DAY) for n, age in enumerate(TWENTY)]
    found = shown(*rows)

    assert {share.name: share.cases for share in found.ageing} == {"0-2": 3, "3-5": 5, "6-10": 5, "11-20": 3, ">20": 4}
    assert {line.id for line in found.stalled} == set(still)
    assert (len(found), found.groups[0].cases) == (20, 20)


@given(st.lists(st.tuples(st.integers(-3, 400), st.none() | st.sampled_from(["north", "south"])), max_size=30))
def test_groups_by_age_and_by_handler_add_up_to_what_is_open(known: list[tuple[int, str | None]]) -> None:  # C051
    found = shown(*(a_row(f"c-{n}", age, handler=handler) for n, (age, handler) in enumerate(known)))

    assert sum(share.cases for share in found.ageing) == sum(share.cases for share in found.groups) == len(known)


def test_what_is_past_its_date_is_overdue_and_what_is_soon_due_at_risk() -> None:  # C051
    soon = FRIDAY + 3 * DAY  # one business day later, over a weekend
    found = shown(
        a_row("none"),
        a_row("later", due_at=soon + timedelta.resolution),
        a_row("soon", due_at=soon),
        a_row("now", due_at=FRIDAY),
        a_row("over", due_at=FRIDAY - timedelta.resolution),
    )

    assert [(line.id, line.risk) for line in found] == [
        ("over", Risk.OVERDUE),
        ("now", Risk.AT_RISK),
        ("soon", Risk.AT_RISK),
        ("later", None),
        ("none", None),
    ]
    assert [line.id for line in found.at_risk] == ["over", "now", "soon"]
    assert shown(a_row("soon", due_at=soon), rules=BoardRules(at_risk="4h business")).at_risk == ()


@pytest.mark.parametrize(
    ("given", "proposals"),
    [
        ({}, ()),
        ({"due_at": FRIDAY - DAY}, (Countermeasure.ESCALATE,)),
        ({"due_at": FRIDAY, "waiting_for": "customer"}, (Countermeasure.EXTEND,)),
        ({"due_at": FRIDAY - DAY, "waiting_for": "customer"}, (Countermeasure.ESCALATE, Countermeasure.EXTEND)),
        ({"last_at": FRIDAY - 20 * DAY}, (Countermeasure.REASSIGN,)),
        ({"last_at": FRIDAY - 20 * DAY, "waiting_for": "customer"}, ()),
        ({"handler": None}, (Countermeasure.REASSIGN,)),
    ],
)
def test_what_goes_wrong_has_proposals(given: dict[str, Any], proposals: tuple[Countermeasure, ...]) -> None:  # C051
    (line,) = shown(a_row("c", **given))

    assert line.proposals == proposals


def test_the_board_is_given_as_dicts_in_json_types() -> None:
    (line,) = shown(a_row("c", due_at=FRIDAY - DAY, blockers=("answer_given",)), by="state").to_dicts()

    assert line["due_at"] == "2026-03-26T12:00:00+00:00"
    assert (line["risk"], line["proposals"], line["blockers"]) == ("overdue", ["escalate"], ["answer_given"])
    assert type(line["risk"]) is str  # and not our own type
    assert json.loads(json.dumps(line)) == line


def test_the_board_becomes_a_data_frame_of_pandas_also_when_nothing_is_open() -> None:
    pytest.importorskip("pandas")
    full, empty = shown(a_row("c", due_at=FRIDAY, blockers=("judged",))).to_pandas(), shown().to_pandas()

    assert list(full.columns) == list(empty.columns) == list(field_names(BoardLine))
    assert (len(full), len(empty)) == (1, 0)
    assert (list(full["age"]), list(full["stalled"]), list(full["risk"])) == ([0], [False], ["at_risk"])
    assert list(full["blockers"][0]) == ["judged"]


def test_a_data_frame_of_polars_is_told_the_type_of_every_column(monkeypatch: pytest.MonkeyPatch) -> None:
    names = SimpleNamespace(String="text", Int64="integer", Boolean="yes or no", List=lambda of: [of])
    names.DataFrame = lambda rows, schema: (rows, schema)
    monkeypatch.setitem(sys.modules, "polars", names)
    rows, schema = shown(a_row("c")).to_polars()

    assert rows == shown(a_row("c")).to_dicts()
    assert list(schema) == list(field_names(BoardLine)) == list(rows[0])
    assert [schema[name] for name in ("id", "due_at", "age", "stalled", "blockers", "proposals")] == [
        *("text", "text", "integer", "yes or no", ["text"], ["text"]),
    ]


def test_a_board_is_printed_as_a_table_with_times_in_its_zone() -> None:  # C051
    zone = ZoneInfo("Europe/Rome")
    found = shown(
        a_row(
            "c-1", 30, number="CMP-2026-000001", due_at=FRIDAY - DAY, last_at=FRIDAY - 20 * DAY, blockers=("judged",)
        ),
        a_row("c-2", category="Leak", waiting_for="customer", handler=None),
        as_of=FRIDAY.astimezone(zone),
        by="category",
    )

    assert str(found) == (
        "2 open, 2026-03-27 13:00 CET\n"
        "  Number           State        Handler  Category  Business days  Next due          Risk                   "
        "Waits for  Lacks   Proposals\n"
        "  CMP-2026-000001  in_handling  north                         22  2026-03-26 13:00  overdue, stands still  "
        "           judged  escalate, give it to somebody\n"
        "  c-2              in_handling           Leak                  0                                           "
        "customer           give it to somebody"
    )
    assert str(shown()).splitlines()[0] == "0 open, 2026-03-27 12:00 UTC"


def test_a_notebook_shows_the_board_in_safe_cells() -> None:
    table = shown(a_row("c", handler="<b>")).html(language="de")

    assert "<caption>1 offen, 2026-03-27 12:00 UTC</caption>" in table
    assert '<tr><th scope="row">c</th>' in table
    assert "<td>&lt;b&gt;</td>" in table
    assert shown()._repr_html_() == shown().html()


@pytest.mark.parametrize("by", COLUMNS)
def test_every_column_that_a_board_may_be_asked_for_by_has_a_name(by: str) -> None:  # C093
    assert all(shown(by=by).text(language=language) for language in ("en", "de", "zh"))


def test_what_the_board_does_not_know_is_refused() -> None:
    with pytest.raises(InvalidValue, match="handler, service"):
        shown(by="colour")
    with pytest.raises(NaiveDatetime):
        shown(as_of=datetime(2026, 3, 27))
    for wrong in ({"stalled_days": 0}, {"ages": (2, 2)}):
        with pytest.raises(InvalidValue, match="BoardRules"):
            BoardRules(**wrong)


# -- follow-ups --------------------------------------------------------------------------------------

ACTIONS = (
    ActionRow("late", "complaint", "closed", FRIDAY - 2 * DAY, owner="north"),
    ActionRow("ahead", "complaint", "closed", FRIDAY),
    ActionRow("done", "complaint", "open", FRIDAY - 9 * DAY, done_at=FRIDAY - 8 * DAY + timedelta.resolution),
    ActionRow("seen", "complaint", "open", FRIDAY - 9 * DAY, done_at=FRIDAY - 10 * DAY, verified_at=FRIDAY),
    ActionRow("void", "complaint", "open", FRIDAY - 9 * DAY, cancelled_at=FRIDAY - 10 * DAY),
    ActionRow("other", "review", "spring", FRIDAY - 9 * DAY),
)


def test_a_closed_complaint_with_an_overdue_action_is_on_the_list() -> None:  # C053, K30
    (late,) = follow_ups(ACTIONS, ended={"closed"}, as_of=FRIDAY, status="overdue")

    assert (late.complaint, late.ended, late.action, late.owner, late.days_late) == ("closed", True, "late", "north", 2)


def test_every_action_because_of_a_complaint_has_a_status() -> None:  # C053
    found = follow_ups(ACTIONS, ended={"closed"}, as_of=FRIDAY)

    assert [(each.action, each.status.value, each.days_late, each.ended) for each in found] == [
        ("done", "done", 2, False),
        ("seen", "verified", 0, False),
        ("void", "cancelled", 0, False),
        ("late", "overdue", 2, True),
        ("ahead", "open", 0, True),
    ]
    with pytest.raises(InvalidValue, match="overdue"):
        follow_ups(ACTIONS, ended=(), as_of=FRIDAY, status="lost")


@pytest.mark.parametrize("language", ["en", "de", "zh"])
def test_every_code_has_its_words(language: str) -> None:  # C093
    keys = TEXTS.keys(language)
    for table, codes in (("risk", Risk), ("countermeasure", Countermeasure), ("follow_up", FollowUpStatus)):
        assert {key.partition(".")[2] for key in keys if key.startswith(f"{table}.")} == {*map(str, codes)}

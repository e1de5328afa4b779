"""A review tells of every complaint of a period once, what they have in common, and what is decided about it."""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from servicecrm.analytics.complaint_review import (
    TABLES,
    ComplaintReview,
    ReviewRow,
    review_complaints,
    review_row,
)
from servicecrm.analytics.kpis import key_figures
from servicecrm.analytics.kpis_rows import ActionRow, ComplaintRow, KpiRows, KpiRules
from servicecrm.analytics.pareto import pareto
from servicecrm.analytics.printing import TEXTS
from servicecrm.analytics.review_decisions import DecisionKind, ReviewDecision, decided
from servicecrm.complaints import Investigation, Verdict
from servicecrm.errors import InvalidValue, NaiveDatetime, PolicyViolation
from servicecrm.kernel.records import evolve
from servicecrm.testing import strategies
from servicecrm.testing.makers import a_complaint, a_judgement
from servicecrm.tracking import action_items

APRIL = datetime(2026, 4, 7, tzinfo=UTC)
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
HOURS = st.integers(-2_000, 2_000)
QUARTERS = ("2025-Q1", "2025-Q2", "2025-Q3", "2025-Q4")


def review_of(*rows: ReviewRow, actions: tuple[ActionRow, ...] = (), **asked: Any) -> ComplaintReview:
    return review_complaints(rows, actions, **{"period": "2026-Q1", "zone": "UTC", "as_of": APRIL, **asked})


def a_row(id: str, day: float = 0, **given: Any) -> ReviewRow:
    """One that came in so many days after New Year."""
    return ReviewRow(id, NEW_YEAR + day * DAY, **given)


@st.composite
def histories(draw: st.DrawFn) -> list[ReviewRow]:
    """The complaints of 2024 to 2026, in any order."""
    names = st.none() | st.sampled_from(["water", "roads", "light"])
    rows = []
    for n in range(draw(st.integers(0, 25))):
        received = NEW_YEAR + draw(st.integers(-700, 120)) * DAY
        lasted = draw(st.none() | st.integers(0, 500))
        rows.append(
            ReviewRow(
                id=f"c-{n}",
                received_at=received,
                closed_at=None if lasted is None else received + lasted * DAY,
                feedback=draw(st.sampled_from(["complaint", "complaint", "complaint", "request"])),
                duplicate_of=draw(st.sampled_from([None, None, None, "c-0"])),
                customer=draw(st.none() | st.sampled_from(["anna", "max"])),
                category=draw(names),
                service=draw(names),
                segment=draw(names),
                cause=draw(names),
                verdict=draw(st.none() | st.sampled_from(Verdict)),
            )
        )
    return rows


@given(histories())
def test_every_complaint_of_a_period_is_in_its_review_once_and_in_every_table_once(
    rows: list[ReviewRow],
) -> None:  # C054, S0-A12
    review = review_of(*rows)
    counting = {row.id: row for row in rows if row.feedback == "complaint" and row.duplicate_of is None}
    within = [id for id, row in counting.items() if NEW_YEAR <= row.received_at < NEW_YEAR + 90 * DAY]

    assert sorted(review.complaints) == sorted(within)
    for table in review.tables:
        assert sorted(id for line in table for id in line.ids) == sorted(within)
        assert all(counting[id]._asdict()[table.by] == line.name for line in table for id in line.ids)
        assert [line.complaints for line in table] == [len(line.ids) for line in table]
        assert [line.complaints for line in table] == sorted((line.complaints for line in table), reverse=True)
    assert [table.by for table in review.tables] == list(TABLES)
    assert not {*review.still_open} & {*within}
    assert len(set(review.still_open)) == len(review.still_open)


@given(histories())
def test_four_quarters_come_to_the_year(rows: list[ReviewRow]) -> None:  # C054
    quarters = [review_of(*rows, period=quarter) for quarter in QUARTERS]
    year = review_of(*rows, period="2025")

    assert sorted(year.complaints) == sorted(id for each in quarters for id in each.complaints)
    assert year.duplicates == sum(each.duplicates for each in quarters)
    assert sorted(each.id for each in year.repeats) == sorted(
        each.id for quarter in quarters for each in quarter.repeats
    )
    for by in TABLES:
        counted = Counter[str | None]()
        for quarter in quarters:
            counted.update({line.name: line.complaints for line in quarter.table(by)})
        assert {line.name: line.complaints for line in year.table(by) if line.complaints} == +counted


@given(histories())
def test_a_review_and_the_key_figures_count_alike(rows: list[ReviewRow]) -> None:  # C054, K18, K21, K28
    review = review_of(*rows)
    complaints = [
        ComplaintRow(
            row.id,
            row.received_at,
            feedback=row.feedback,
            duplicate_of=row.duplicate_of,
            customer=row.customer,
            category=row.category,
        )
        for row in rows
    ]
    table = key_figures(
        KpiRows(complaints=complaints), period="2026-Q1", zone="UTC", as_of=APRIL, rules=KpiRules(repeat_days=180)
    )

    assert table["K18"].value == len(review.complaints)
    assert sorted(table["K28"].hits) == sorted(each.id for each in review.repeats)
    change = table["K21"].value
    assert review.change == (None if change is None else pytest.approx(change / 100))


# -- shares --------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 2_000), max_size=20))
@example([1, 1, 1])
@example([1] * 7)
@example([10_000, 1])
def test_shares_sum_to_100_and_each_is_less_than_a_tenth_off(counts: list[int]) -> None:  # C054
    ids: dict[str | None, list[str]] = {f"g-{n}": ["c"] * count for n, count in enumerate(counts)}
    table = pareto("category", ids, {}, comparable=True)
    total = sum(counts)

    assert sum(line.share for line in table) == (100 if total else 0)
    assert [line.cumulative for line in table] == [
        sum((line.share for line in table.lines[: n + 1]), Decimal(0)) for n in range(len(table))
    ]
    for line in table:
        assert abs(line.share - Decimal(100 * line.complaints) / (total or 1)) < Decimal("0.1")
    assert [line.share for line in table] == sorted((line.share for line in table), reverse=True)


def test_thirds_are_rounded_so_that_nothing_is_missing() -> None:  # C054
    rows = [a_row(f"c-{n}", category=name) for n, name in enumerate(["water", "roads", "light"])]

    assert [(line.name, line.share, line.cumulative) for line in review_of(*rows).table("category")] == [
        ("light", Decimal("33.4"), Decimal("33.4")),
        ("roads", Decimal("33.3"), Decimal("66.7")),
        ("water", Decimal("33.3"), Decimal("100.0")),
    ]


# -- what was before, and what is open -----------------------------------------------------------


def test_a_review_is_compared_with_the_period_before_and_from_nothing_there_is_no_change() -> None:  # C054, K21
    rows = [
        *(a_row(f"new-{n}", category="water") for n in range(3)),
        *(a_row(f"old-{n}", -1, category="water") for n in range(2)),
        a_row("ceased", -1, category="roads"),
        a_row("begun", 89, category="light"),
        a_row("long ago", -93, category="light"),
    ]
    review = review_of(*rows)

    assert (len(review.complaints), review.previous) == (4, 3)
    assert review.change == pytest.approx(1 / 3)
    assert [
        (line.name, line.complaints, line.previous, line.change, line.reason) for line in review.table("category")
    ] == [
        ("water", 3, 2, 0.5, None),
        ("light", 1, 0, None, "zero_base"),
        ("roads", 0, 1, -1.0, None),
    ]
    nothing = review_of(rows[0])
    assert (nothing.change, nothing.reason) == (None, "zero_base")


def test_a_period_that_is_not_over_is_not_compared() -> None:  # C054, K21
    rows = [a_row("c-1"), a_row("c-2", -1)]
    end = datetime(2026, 4, 1, tzinfo=UTC)

    early = review_of(*rows, as_of=end - timedelta.resolution)
    assert (early.change, early.reason) == (None, "no_values")
    assert {line.reason for line in early.table("category")} == {"no_values"}
    assert review_of(*rows, as_of=end).change == 0.0
    assert review_of(*rows, period="2027-Q1").reason == "no_values"


def test_what_is_open_from_before_is_what_had_not_ended_at_the_end_of_the_period() -> None:  # C054
    rows = [
        a_row("open", -40),
        a_row("ended before", -40, closed_at=NEW_YEAR - DAY),
        a_row("ended within", -40, closed_at=NEW_YEAR),
        a_row("ended at the last moment", -40, closed_at=NEW_YEAR + 90 * DAY - timedelta.resolution),
        a_row("ended after", -400, closed_at=NEW_YEAR + 90 * DAY),
        a_row("of the period", 0),
        a_row("no complaint", -40, feedback="request"),
        a_row("merged", -40, duplicate_of="open"),
    ]

    assert review_of(*rows).still_open == ("ended after", "open")
    february = NEW_YEAR + 40 * DAY
    assert set(review_of(*rows, as_of=february).still_open) == {"open", "ended after", "ended at the last moment"}
    assert "ended within" in review_of(*rows, as_of=NEW_YEAR - timedelta.resolution).still_open


def test_what_came_in_after_the_review_is_not_in_it() -> None:  # C054
    rows = [a_row("c-1", 10), a_row("c-2", 11)]

    assert review_of(*rows, as_of=NEW_YEAR + 10 * DAY).complaints == ("c-1",)


def test_what_was_recorded_after_the_review_is_not_in_it() -> None:  # C054, K18
    times = (APRIL, APRIL + timedelta.resolution)
    complaints = [ReviewRow(f"c-{n}", NEW_YEAR, recorded_at=at) for n, at in enumerate(times)]
    actions = [an_action(f"a-{n}", -1)._replace(recorded_at=at) for n, at in enumerate(times)]
    review = review_of(*complaints, actions=tuple(actions))

    assert review.complaints == ("c-0",)
    assert [each.action for each in review.overdue] == ["a-0"]


def test_what_goes_on_as_another_complaint_is_counted_apart() -> None:  # C054, C055
    review = review_of(a_row("c-1"), a_row("c-2", duplicate_of="c-1"), a_row("c-3", -1, duplicate_of="c-1"))

    assert (review.complaints, review.duplicates) == (("c-1",), 1)


# -- repetitions and what is late ----------------------------------------------------------------


def test_a_repetition_comes_within_some_days_of_the_one_before_of_the_same_customer_and_category() -> None:  # C054, K28
    same: dict[str, Any] = {"customer": "anna", "category": "water"}
    rows = [
        a_row("first", -20, **same),
        a_row("in time", 10, **same),
        a_row("at once", 10, **same),
        a_row("too late", 40 + 1e-5, **same),
        a_row("another category", 11, customer="anna", category="roads"),
        a_row("another customer", 12, customer="max", category="water"),
        a_row("nobody", 13, category="water"),
        a_row("nobody again", 14, category="water"),
        a_row("nothing", 13, customer="anna"),
        a_row("nothing again", 14, customer="anna"),
    ]

    found = review_of(*rows, repeat_days=30).repeats
    assert {(each.id, each.after, each.days) for each in found} == {("in time", "first", 30), ("at once", "first", 30)}
    assert all((each.customer, each.category) == ("anna", "water") for each in found)


def an_action(id: str, due: float, **given: Any) -> ActionRow:
    told = {"source_kind": "complaint", "source": "c-1", "due_at": APRIL + due * DAY, "owner": "north", **given}
    return ActionRow(id, **told)


def test_actions_are_overdue_that_nobody_had_ended_by_then_whatever_complaint_they_follow_from() -> None:  # C054, K30
    actions = (
        an_action("late", -1),
        an_action("later", -3.5, source="of a complaint of last year"),
        an_action("of a review", -2, source_kind="complaint_review", source="2025-Q4"),
        an_action("of a meeting", -2, source_kind="meeting"),
        an_action("due now", 0),
        an_action("done", -9, done_at=APRIL),
        an_action("done too late for us", -9, done_at=APRIL + timedelta.resolution),
        an_action("cancelled", -9, cancelled_at=APRIL - DAY),
    )

    assert [(each.action, each.days_late) for each in review_of(actions=actions).overdue] == [
        ("done too late for us", 9),
        ("later", 4),
        ("of a review", 2),
        ("late", 1),
    ]


@given(HOURS, st.none() | HOURS, st.none() | HOURS)
def test_days_late_are_those_of_the_action_item(due: int, done: int | None, cancelled: int | None) -> None:  # C054
    def at(hours: int | None) -> datetime | None:
        return None if hours is None else APRIL + hours * DAY / 24

    found = review_of(actions=(an_action("a", due / 24, done_at=at(done), cancelled_at=at(cancelled)),)).overdue

    opened = action_items.open(
        "x", id="a", source_kind="complaint", source="c", owner="o", due_at=at(due) or APRIL, by="b", at=NEW_YEAR
    ).after
    ended = any(hours is not None and hours <= 0 for hours in (done, cancelled))
    late = 0 if ended else action_items.days_late(opened, APRIL)
    assert [each.days_late for each in found] == ([late] if late else [])


# -- what is given -------------------------------------------------------------------------------


@given(strategies.complaints())
def test_a_row_is_made_of_a_complaint(complaint: Any) -> None:  # C054
    row = review_row(complaint, segment="homes")

    assert (row.id, row.received_at, row.recorded_at, row.closed_at, row.segment) == (
        complaint.id,
        complaint.received_at,
        complaint.recorded_at,
        complaint.closed_at,
        "homes",
    )
    for name in ("feedback", "duplicate_of", "customer", "category", "service", "verdict"):
        assert getattr(row, name) == getattr(complaint, name)
    assert row.cause == (complaint.investigation and complaint.investigation.cause)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"period": "soon"}, "a period is written"),
        ({"zone": "nowhere"}, "a zone is a name"),
        ({"repeat_days": 0}, "one day or more"),
    ],
)
def test_what_cannot_be_reviewed_is_refused(asked: dict[str, Any], says: str) -> None:  # C054
    with pytest.raises(InvalidValue, match=says):
        review_of(**asked)


def test_a_complaint_that_stands_there_twice_is_refused_as_are_times_without_a_zone() -> None:  # C054
    with pytest.raises(InvalidValue, match="twice"):
        review_of(a_row("c-1"), a_row("c-1", 3))
    with pytest.raises(NaiveDatetime):
        review_of(a_row("c-1")._replace(received_at=datetime(2026, 1, 1)))
    with pytest.raises(InvalidValue, match="expected one of category"):
        review_of().table("handler")


def test_a_period_ends_at_midnight_in_its_zone() -> None:  # C054
    row = a_row("c-1", -0.01)

    assert review_of(row).complaints == ()
    assert review_of(row, zone="Europe/Berlin").complaints == ("c-1",)


# -- decisions -----------------------------------------------------------------------------------

DUE = APRIL + 30 * DAY
RENEW = ReviewDecision(text="Renew valve 17", owner="north", due_at=DUE)
CHANGE = ReviewDecision(text="Check valves twice a year", kind=DecisionKind.PROPOSAL, owner="vera", due_at=DUE)
FINE = ReviewDecision(text="Answers are quick enough", kind=DecisionKind.NONE)


def test_decisions_become_actions_and_proposals() -> None:  # C054, C006
    outcome = decided(
        review_of(), [CHANGE, RENEW, FINE], ids=["p-1", "a-1"], numbers=["ACT-2026-000001"], by="ann", at=APRIL
    )

    (action,) = outcome.actions
    item = action.after
    assert (item.id, item.number, item.title, item.owner, item.due_at) == (
        "a-1",
        "ACT-2026-000001",
        "Renew valve 17",
        "north",
        DUE,
    )
    assert (item.source_kind, item.source, item.opened_at) == ("complaint_review", "2026-Q1", APRIL)
    (proposal,) = outcome.proposals
    assert (proposal.id, proposal.text, proposal.owner, proposal.due_at) == ("p-1", CHANGE.text, "vera", DUE)
    assert (proposal.source_kind, proposal.source) == ("complaint_review", "2026-Q1")
    assert outcome.review == evolve(review_of(), decisions=(CHANGE, RENEW, FINE))
    more = decided(outcome.review, [FINE], ids=[], by="ann", at=APRIL)
    assert more.review.decisions == (CHANGE, RENEW, FINE, FINE)
    assert (more.actions, more.proposals) == ((), ())


def test_what_a_review_has_decided_and_nobody_did_is_in_the_next_one() -> None:  # C054
    (action,) = decided(review_of(), [RENEW], ids=["a-1"], by="ann", at=APRIL).actions
    item = action.after
    row = ActionRow(item.id, item.source_kind, item.source, item.due_at, owner=item.owner)
    later = review_of(actions=(row,), period="2026-Q2", as_of=datetime(2026, 7, 3, tzinfo=UTC))

    assert [(each.action, each.source) for each in later.overdue] == [("a-1", "2026-Q1")]


def test_an_action_says_who_does_it_and_by_when() -> None:  # C054
    for told in ({"owner": "north"}, {"due_at": DUE}, {}):
        with pytest.raises(InvalidValue, match="who does it and by when"):
            ReviewDecision(text="Renew valve 17", **told)
    with pytest.raises(InvalidValue, match="expected one of action, proposal, none"):
        ReviewDecision(text="?", kind="wish")  # type: ignore[arg-type]
    with pytest.raises(InvalidValue, match="blank"):
        ReviewDecision(text=" ", kind=DecisionKind.NONE)
    with pytest.raises(PolicyViolation, match="nothing can be due"):
        decided(review_of(), [evolve(RENEW, due_at=APRIL - DAY)], ids=["a-1"], by="ann", at=APRIL)


@pytest.mark.parametrize(("ids", "numbers"), [(["p-1"], ["n"]), ([], ["n"]), (["p-1", "a-1"], [])])
def test_too_few_ids_or_numbers_are_refused(ids: list[str], numbers: list[str]) -> None:  # C054
    with pytest.raises(InvalidValue, match="needs an id"):
        decided(review_of(), [CHANGE, RENEW], ids=ids, numbers=numbers, by="ann", at=APRIL)


def test_what_was_decided_is_kept_out_of_reprs() -> None:  # C054
    outcome = decided(review_of(), [RENEW, CHANGE], ids=["a", "b"], by="ann", at=APRIL)

    assert "valve" not in repr(outcome)


# -- to read -------------------------------------------------------------------------------------


def a_review() -> ComplaintReview:
    rows = [
        a_row("c-1", customer="anna", category="water", verdict="justified"),
        a_row("c-2", 4, customer="anna", category="water", verdict="unjustified"),
        a_row("c-3", 5, category=r"a\|b <i>"),
        a_row("c-0", -3, category="water"),
    ]
    review = review_of(*rows, actions=(an_action("a-1", -0.25),))
    return decided(review, [RENEW], ids=["a-2"], by="ann", at=APRIL).review


def test_a_review_is_read_in_markdown() -> None:  # C054
    assert (
        a_review().markdown()
        == """\
# Review of complaints, 2026-Q1 (UTC)

## Overview

| Figure | Complaints | Period before | Change |
| --- | --- | --- | --- |
| Received | 3 | 1 | +200.0 % |
| Still open from before | 1 |  |  |
| Merged into others | 0 |  |  |

## By category

| Category | Complaints | Share | Cumulative | Period before | Change |
| --- | --- | --- | --- | --- | --- |
| water | 2 | 66.7 % | 66.7 % | 1 | +100.0 % |
| a\\\\\\|b &lt;i&gt; | 1 | 33.3 % | 100.0 % | 0 | there is no change from 0 |

## By decision

| Decision | Complaints | Share | Cumulative | Period before | Change |
| --- | --- | --- | --- | --- | --- |
| justified | 1 | 33.4 % | 33.4 % | 0 | there is no change from 0 |
| not justified | 1 | 33.3 % | 66.7 % | 0 | there is no change from 0 |
| (none) | 1 | 33.3 % | 100.0 % | 1 | +0.0 % |

## Repeated complaints

| Complaint | After | Customer | Category | Days between |
| --- | --- | --- | --- | --- |
| c-2 | c-1 | anna | water | 4 |

## Overdue actions

| Action | Because of | Owner | Due | Days late |
| --- | --- | --- | --- | --- |
| a-1 | c-1 | north | 2026-04-06 | 1 |

## What was decided

| Decision | Kind | Owner | Due |
| --- | --- | --- | --- |
| Renew valve 17 | action | north | 2026-05-07 |
"""
    )
    assert str(a_review()) == a_review().markdown()
    assert "| Eingegangen | 3 | 1 |" in a_review().markdown(language="de")
    assert "| a-1 | c-1 | north | 2026-04-07 | 1 |" in evolve(a_review(), zone="Asia/Tokyo").markdown()


@given(st.text(st.sampled_from("ab[]()<>|\\`*_~!&\n\r\t\x0b\u2028 \u00e9"), min_size=1))
@example("[x](javascript:alert(1))")
@example("a](javascript:alert(1)) | b\n| c")
def test_no_name_is_more_than_a_name_in_markdown(name: str) -> None:  # C054
    text = review_of(a_row("c-1", category=name)).markdown()
    plain = review_of(a_row("c-1", category="x")).markdown()

    assert len(text.splitlines()) == len(plain.splitlines())
    (line,) = [
        line for line in text.splitlines() if line.endswith("| 1 | 100.0 % | 100.0 % | 0 | there is no change from 0 |")
    ][:1]
    cell = line.removeprefix("| ").removesuffix(" | 1 | 100.0 % | 100.0 % | 0 | there is no change from 0 |")
    assert not re.search(r"(?<!\\)(?:\\\\)*[\[\]|`*_~<>]", cell)
    assert " ".join(unescape(re.sub(r"\\(.)", r"\1", cell)).split()) == " ".join(name.split())


def test_a_review_shows_itself_in_a_notebook_and_no_name_is_taken_for_html() -> None:  # C054
    shown = a_review()._repr_html_()

    assert shown.count("<table>") == 6
    assert r"<td>a\|b &lt;i&gt;</td>" in shown
    assert "<i>" not in shown
    assert shown.startswith("<h1>Review of complaints, 2026-Q1 (UTC)</h1>")


def test_a_review_is_a_table_to_go_on_with() -> None:  # C054
    lines = a_review().to_dicts()

    assert lines[0] == {
        "period": "2026-Q1",
        "by": "category",
        "name": "water",
        "complaints": 2,
        "share": 66.7,
        "cumulative": 66.7,
        "previous": 1,
        "change": 1.0,
        "reason": None,
    }
    assert [line["by"] for line in lines] == ["category"] * 2 + ["service", "segment", "cause"] + ["verdict"] * 3


def test_every_word_of_a_review_is_there_in_every_language() -> None:  # C054, C093
    for language in TEXTS.languages:
        assert a_review().markdown(language=language)
    assert {f"review_decision.{kind}" for kind in DecisionKind} <= TEXTS.keys("en")
    assert {f"review.{prefix}{by}" for by in TABLES for prefix in ("", "by_")} <= TEXTS.keys("en")
    assert TEXTS.problems() == ()
    complaint = a_complaint(judgements=(a_judgement(),), investigation=Investigation(cause="wear"))
    told = review_of(review_row(complaint)).markdown(language="zh")
    assert "| wear |" in told

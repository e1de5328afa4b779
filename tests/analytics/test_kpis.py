"""The key figures K13 to K32: a month counted by hand, and what holds for every history."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.analytics.kpis import KpiRows, KpiRules, KpiTable, key_figures
from servicecrm.analytics.kpis_rows import (
    EXTERNAL,
    ActionRow,
    ComplaintRow,
    ExchangeRate,
    MoveRow,
    RemedyRow,
    TimerRow,
    timer_row,
)
from servicecrm.calendars import Calendar, holidays
from servicecrm.errors import InvalidValue, NaiveDatetime
from servicecrm.kernel.records import evolve
from servicecrm.kernel.values import Money
from servicecrm.measures import kpi_period, rate
from servicecrm.measures.catalogue import KPIS
from servicecrm.tracking import Moment, Reading, TimerState

BERLIN = "Europe/Berlin"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LATER = datetime(2026, 6, 1, tzinfo=UTC)


def on(day: str, clock: str = "12:00") -> datetime:
    """A time in Berlin, in 2026."""
    return datetime.fromisoformat(f"2026-{day}T{clock}:00").replace(tzinfo=ZoneInfo(BERLIN))


def in_march(rows: KpiRows, **asked: Any) -> KpiTable:
    return key_figures(rows, **{"period": "2026-03", "zone": BERLIN, "as_of": LATER, **asked})


def found(table: KpiTable, *kpis: str) -> list[float | None]:
    return [table[kpi].value for kpi in kpis]


def judged(id: str, received: str, verdict: str, at: str, **columns: Any) -> ComplaintRow:
    return ComplaintRow(id, on(received), verdict=verdict, judged_at=on(at), **columns)


# -- a month, counted by hand ----------------------------------------------------------------------

COMPLAINTS = (
    # open since January, never closed
    ComplaintRow("old", on("01-12"), customer="cafe", category="leak", service="water"),
    # received in February: closed there, reopened in March and closed again; and withdrawn in March
    ComplaintRow("back", on("02-10"), customer="mill", category="bill", service="water"),
    ComplaintRow("gone", on("02-20"), customer="cafe", category="smell", service="sewer"),
    # received in March
    judged("fast", "03-02", "justified", "03-03", customer="inn", category="leak", service="water"),
    judged("again", "03-05", "partly", "03-20", customer="cafe", category="leak", service="water"),
    judged("late", "03-10", "unjustified", "03-25", customer="mill", category="leak", service="sewer"),
    judged("vague", "03-16", "undetermined", "03-30"),
    ComplaintRow("young", on("03-30"), customer="inn", category="bill"),
    # what does not count as received: a duplicate, a request, the first minute of April
    ComplaintRow("twin", on("03-11"), duplicate_of="late", customer="mill", category="leak", service="sewer"),
    ComplaintRow("ask", on("03-12"), feedback="request"),
    ComplaintRow("april", on("04-01", "00:00")),
)
MOVES = (
    MoveRow("back", "closed", on("02-27"), n=2),
    MoveRow("back", "reopened", on("03-04"), n=3),
    MoveRow("back", "forwarded", on("03-06"), n=4),
    MoveRow("back", "forwarded", on("03-09"), n=5),
    MoveRow("back", "closed", on("03-18"), n=6),
    MoveRow("gone", "ended", on("03-02"), n=2),
    MoveRow("fast", "closed", on("03-03"), n=2),
    MoveRow("again", "contacted", on("03-06"), n=2),
    MoveRow("again", "closed", on("03-20"), n=3),
    MoveRow("late", "forwarded", on("03-11"), n=2),
    MoveRow("late", "escalated", on("03-20"), n=3),
    MoveRow("late", "escalated", on("03-24"), n=4, code=EXTERNAL),
    MoveRow("late", "closed", on("03-26"), n=5),
    MoveRow("late", "reopened", on("04-02"), n=6),
    MoveRow("twin", "ended", on("03-11", "15:00"), n=2),
    MoveRow("ask", "closed", on("03-13"), n=2),
)


def timer(about: str, name: str, due: str | None, stopped: str | None, hours: float | None, **given: Any) -> TimerRow:
    late = given.pop("late", False)
    return TimerRow(
        about=about,
        name=name,
        n=given.pop("n", 1),
        state=given.pop("state", "running" if stopped is None else "missed" if late else "met"),
        late=late,
        due_at=None if due is None else on(due),
        stopped_at=None if stopped is None else on(stopped),
        elapsed=None if hours is None else hours * HOUR,
    )


def running(row: TimerRow) -> TimerRow:
    return row._replace(stopped_at=None, state="running", late=False, elapsed=None)


TIMERS = (
    timer("fast", "acknowledge", "03-03", "03-02", 1),
    timer("again", "acknowledge", "03-06", "03-06", 4),
    timer("late", "acknowledge", "03-11", "03-12", 10, late=True),
    timer("vague", "acknowledge", "03-17", None, None),
    timer("young", "acknowledge", "04-02", None, None),
    timer("gone", "acknowledge", "03-03", "03-02", 6, state="cancelled"),
    timer("back", "resolution", "02-24", "02-26", 90, late=True),
    timer("back", "resolution", "03-18", "03-17", 30, n=2),
    timer("fast", "resolution", "03-16", "03-03", 8),
    timer("again", "resolution", "03-19", "03-20", 100, late=True),
    timer("late", "resolution", "03-24", "03-26", 60, late=True),
    timer("late", "resolution", "04-16", "04-20", 70, n=2, late=True),
    timer("ask", "resolution", "03-26", None, None),
    timer("old", "first_response", "03-31", None, None),
)
ACTIONS = (
    ActionRow("valve", "complaint", "again", on("03-13"), done_at=on("03-13")),
    ActionRow("letter", "complaint", "late", on("03-20"), done_at=on("03-23")),
    ActionRow("pump", "complaint", "old", on("03-27")),
    ActionRow("agenda", "review", "spring", on("03-06"), done_at=on("03-02")),
    ActionRow("void", "complaint", "late", on("03-24"), cancelled_at=on("03-20")),
    ActionRow("ancient", "review", "autumn", on("01-30")),
    ActionRow("ahead", "complaint", "late", on("04-03")),
)
REMEDIES = (
    RemedyRow("again", "compensation", on("03-21"), Money(amount=Decimal("50.10"), currency="EUR")),
    RemedyRow("late", "refund", on("03-25"), Money(amount=Decimal("20.20"), currency="EUR")),
    RemedyRow("late", "compensation", on("03-26"), Money(amount=Decimal(10), currency="EUR")),
    RemedyRow("late", "apology", on("03-26")),
    RemedyRow("back", "refund", on("04-01"), Money(amount=Decimal(99), currency="EUR")),
)
MONTH = KpiRows(complaints=COMPLAINTS, moves=MOVES, timers=TIMERS, actions=ACTIONS, remedies=REMEDIES)


def test_a_month_has_the_times_that_a_hand_count_gives() -> None:  # K13, K14
    table = in_march(MONTH)

    assert found(table, "K13", "K13.median") == [5.0, 4.0]  # 1, 4 and 10 hours
    assert found(table, "K14", "K14.median", "K14.p90") == [56.0, 60.0, 100.0]  # 8, 60 and 100 hours
    assert table["K14.total"].value == (8 + 100 + 60 + 120) / 4  # 90 hours and, reopened, 30 more
    assert table["K14.total"].ids == ("again", "back", "fast", "late")


def test_a_month_has_the_due_times_that_a_hand_count_gives() -> None:  # K15, K22, K23
    table = in_march(MONTH)

    # acknowledgements: again and fast in time, late late, vague never; resolutions: back and fast in time
    assert (table["K22"].value, table["K22"].n, table["K22"].hits) == (50.0, 4, ("again", "fast"))
    assert (table["K23"].value, table["K23"].n, table["K23"].hits) == (50.0, 4, ("back", "fast"))
    assert table["K15"].ids == ("again", "late", "late", "old", "vague")
    assert table.line("K15", part="acknowledge").value == 2
    assert table["K15.rate"].value == pytest.approx(100 * 4 / 6)
    assert table["K15.rate"].n == 6


def test_a_month_has_the_moves_that_a_hand_count_gives() -> None:  # K16, K17, K24, K25, K26, K29
    table = in_march(MONTH)

    assert table["K16"].ids == ("again", "back", "fast", "late")
    assert found(table, "K16", "K17") == [(0 + 2 + 0 + 1) / 4, 50.0]
    assert found(table, "K24.start", "K24.received", "K24.reopened", "K24.ended", "K24") == [2, 6, 1, 6, 3]
    assert table["K24"].ids == ("old", "vague", "young")
    assert (table["K25"].value, table["K25"].n) == (25.0, 4)
    assert table["K26"].value == pytest.approx(100 / 9)
    assert table["K26"].n == 9
    assert table["K26.external"].hits == ("late",)
    assert (table["K29"].value, table["K29"].hits) == (25.0, ("fast",))


def test_a_month_has_the_complaints_that_a_hand_count_gives() -> None:  # K18, K19, K20, K21, K27, K28
    table = in_march(MONTH, active=250)

    assert table["K18"].ids == ("again", "fast", "late", "vague", "young")
    assert table["K19"].ids == ("again", "fast")
    assert table["K20"].value == pytest.approx(200 / 3)
    assert table["K20"].n == 3
    assert table["K21"].value == 150.0  # two in February
    assert table["K27"].value == 2.0
    assert (table["K28"].value, table["K28"].hits) == (20.0, ("again",))  # 52 days after the first leak of the cafe


def test_a_month_has_the_actions_ages_and_costs_that_a_hand_count_gives() -> None:  # K30, K31, K32
    table = in_march(MONTH)

    assert (table["K30"].value, table["K30"].n) == (50.0, 4)
    assert found_parts(table, "K30") == {"complaint": pytest.approx(100 / 3), "review": 100.0}
    assert table["K30.overdue"].ids == ("ancient", "pump")
    # business days after the day of receipt, up to 31 March: 12 January 56, 16 March 11, 30 March 1
    assert table["K31"].value == (56 + 11 + 1) / 3
    assert found_parts(table, "K31.open") == {"0-2": 1, "3-5": 0, "6-10": 0, "11-20": 1, ">20": 1}
    assert (table["K32"].value, table["K32"].unit, table["K32"].n) == (80.3, "EUR", 4)
    assert found_parts(table, "K32") == {"apology": 0.0, "compensation": 60.1, "refund": 20.2}


def found_parts(table: KpiTable, kpi: str) -> dict[str | None, float | None]:
    return {line.part: line.value for line in table if line.kpi == kpi and line.part is not None}


def test_every_figure_is_in_the_table_once() -> None:  # C113
    table = in_march(MONTH)

    assert [line.kpi for line in table if line.part is None] == list(KPIS)
    assert {kpi.partition(".")[0] for kpi in KPIS} == {f"K{n}" for n in range(13, 33)}


def test_the_records_behind_a_figure_are_as_many_as_it_counts() -> None:  # C113
    for line in in_march(MONTH, active=250, by="service"):
        assert len(line.ids) == line.n, line
        if line.unit == "percent" and line.kpi not in ("K21", "K25"):
            assert (line.value, line.low) == (rate(len(line.hits), line.n).value, rate(len(line.hits), line.n).low)
        if line.unit == "count" and KPIS[line.kpi].additive:
            assert line.value == line.n


# -- what is not there ------------------------------------------------------------------------------


def test_without_anything_to_count_a_figure_is_0_or_none_with_a_reason() -> None:  # C113
    table = in_march(KpiRows(complaints=()))

    assert {line.kpi for line in table if line.value == 0} == {
        kpi for kpi in KPIS if KPIS[kpi].unit in ("count", "money") and kpi not in ("K16", "K27")
    }
    assert all(line.reason is not None for line in table if line.value is None)
    assert table["K21"].reason == "zero_base"
    assert in_march(KpiRows(complaints=()), by="service").lines == ()


def test_a_month_that_goes_on_is_not_compared_with_a_whole_one() -> None:  # K21
    table = in_march(MONTH, as_of=on("03-20"))

    assert (table["K21"].value, table["K21"].reason) == (None, "no_values")


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"by": "subject"}, "service, category"),
        ({"period": "March"}, "period"),
        ({"zone": "Berlin"}, "zone"),
        ({"definitions": {"K99": KPIS["K18"]}}, "K99"),
    ],
)
def test_what_the_engine_does_not_know_is_refused_by_name(asked: dict[str, Any], says: str) -> None:  # C113
    with pytest.raises(InvalidValue, match=says):
        in_march(MONTH, **asked)


def test_rows_that_cannot_be_counted_are_refused() -> None:  # C113
    with pytest.raises(InvalidValue, match="twice"):
        in_march(KpiRows(complaints=(COMPLAINTS[0], COMPLAINTS[0])))
    with pytest.raises(InvalidValue, match="forwarded"):
        in_march(KpiRows(complaints=COMPLAINTS, moves=[MoveRow("old", "eaten", on("03-02"))]))
    with pytest.raises(NaiveDatetime):
        in_march(KpiRows(complaints=[ComplaintRow("naive", datetime(2026, 3, 2, 12))]))
    with pytest.raises(NaiveDatetime):
        in_march(MONTH, as_of=datetime(2026, 6, 1))


@pytest.mark.parametrize(
    "given",
    [
        {"repeat_days": 0},
        {"ages": ()},
        {"ages": (5, 2)},
        {"ages": (-1, 2)},
        {"rates": (ExchangeRate(currency="USD", rate=Decimal(1)),)},
    ],
)
def test_rules_that_mean_nothing_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue, match="KpiRules"):
        KpiRules(**given)


# -- periods and cut-offs ---------------------------------------------------------------------------


def test_an_instant_belongs_to_the_period_that_it_begins() -> None:  # C113
    midnight = on("03-01", "00:00")
    rows = KpiRows(
        complaints=[ComplaintRow("first", midnight), ComplaintRow("before", midnight - timedelta.resolution)]
    )

    assert in_march(rows)["K18"].ids == ("first",)
    assert in_march(rows, period="2026-02")["K18"].ids == ("before",)
    assert in_march(rows, zone="UTC")["K18"].ids == ()  # there it is still February


def test_any_period_with_an_end_can_be_asked_for() -> None:  # C113
    march = kpi_period("2026-03", zone=BERLIN)
    table = in_march(MONTH, period=march)

    assert table.period == "2026-03-01/2026-04-01"
    assert [line for line in table if line.kpi != "K21"] == [line for line in in_march(MONTH) if line.kpi != "K21"]
    assert table["K21"].ids == ("back", "gone")  # in the 31 days before, an hour less
    with pytest.raises(InvalidValue, match="has an end"):
        in_march(MONTH, period=evolve(march, end=None))
    with pytest.raises(InvalidValue, match="zone"):
        in_march(MONTH, period=march, zone="Berlin")


def test_a_closing_that_was_undone_stays_in_its_month() -> None:  # C050, K24, K25
    before = in_march(MONTH, as_of=on("04-01"))
    after = in_march(MONTH)

    assert [found(table, "K24.ended", "K24", "K25", "K16") for table in (before, after)] == [[6, 3, 25.0, 0.75]] * 2
    assert found(in_march(MONTH, period="2026-04"), "K24.start", "K24.reopened", "K24.ended", "K24") == [3, 1, 0, 5]


def test_what_was_only_answered_is_not_reopened() -> None:  # K24, K25
    rows = KpiRows(complaints=COMPLAINTS[:1], moves=[MoveRow("old", "reopened", on("03-02"))])

    assert found(in_march(rows), "K24.reopened", "K24") == [0, 1]


def test_nothing_recorded_after_the_cut_off_counts() -> None:  # C113
    told = on("03-31")
    later = LATER - HOUR
    rows = KpiRows(
        complaints=[*COMPLAINTS, ComplaintRow("found", on("03-03"), recorded_at=later)],
        moves=[*MOVES, MoveRow("old", "closed", on("03-30"), recorded_at=later, n=9)],
        timers=[row._replace(recorded_at=later) if row.about == "fast" and row.stopped_at else row for row in TIMERS],
        actions=[*ACTIONS, ActionRow("told", "complaint", "old", on("03-02"), recorded_at=later)],
        remedies=[*REMEDIES, RemedyRow("old", "refund", on("03-02"), REMEDIES[0].amount, recorded_at=later)],
    )
    without = KpiRows(
        complaints=COMPLAINTS,
        moves=MOVES,
        timers=[
            row._replace(stopped_at=None, state="running", elapsed=None) if row.about == "fast" else row
            for row in TIMERS
        ],
        actions=ACTIONS,
        remedies=REMEDIES,
    )

    assert in_march(rows, as_of=told).lines == in_march(without, as_of=told).lines
    assert in_march(rows).lines != in_march(without).lines


def test_what_is_not_due_yet_does_not_count() -> None:  # K22, K30
    table = in_march(MONTH, as_of=on("03-17"))

    assert table["K22"].ids == ("again", "fast", "late")
    assert in_march(MONTH, as_of=on("03-17", "12:01"))["K22"].ids == ("again", "fast", "late", "vague")
    assert table["K30"].ids == ("agenda", "valve")


def test_an_action_that_was_cancelled_after_it_was_due_was_due() -> None:  # K30
    rows = KpiRows(complaints=(), actions=[ActionRow("a", "complaint", "c", on("03-10"), cancelled_at=on("04-10"))])
    table = in_march(rows)

    assert (table["K30"].value, table["K30"].n, table["K30.overdue"].n) == (0.0, 1, 1)
    assert in_march(rows, period="2026-04")["K30.overdue"].n == 0


def test_what_happens_at_an_instant_counts_from_that_instant_on() -> None:  # C113
    midnight, end = on("03-01", "00:00"), on("04-01", "00:00")
    rows = KpiRows(
        complaints=[ComplaintRow("first", on("02-02"))],
        moves=[MoveRow("first", "closed", midnight, recorded_at=on("03-09"))],
    )

    assert found(in_march(rows), "K24.start", "K24.ended", "K24") == [1, 1, 0]
    assert [in_march(rows, as_of=on("03-09") - step)["K24"].n for step in (0 * HOUR, timedelta.resolution)] == [0, 1]
    assert in_march(MONTH, as_of=on("03-03"))["K24.ended"].ids == ("fast", "gone")  # fast ended just then
    assert in_march(MONTH, as_of=on("03-03"))["K19"].ids == ("fast",)  # and was judged just then
    assert in_march(MONTH, as_of=end)["K21"].value is not None
    assert in_march(MONTH, as_of=end - timedelta.resolution)["K21"].value is None
    assert in_march(MONTH, as_of=on("03-13"))["K30"].ids == ("agenda",)  # another one is due just then


def test_moves_at_one_time_happened_in_the_order_of_their_numbers() -> None:  # C113
    same = [MoveRow("old", "reopened", on("03-02"), n=2), MoveRow("old", "closed", on("03-02"), n=1)]

    assert found(in_march(KpiRows(complaints=COMPLAINTS[:1], moves=same)), "K24.reopened", "K24") == [1, 1]


def test_the_total_of_a_resolution_counts_where_the_last_one_was() -> None:  # K14
    assert in_march(MONTH, period="2026-02")["K14.total"].value == 90.0
    april = in_march(MONTH, period="2026-04")["K14.total"]
    assert (april.ids, april.value) == (("late",), 130.0)


def test_what_was_taken_up_again_was_not_resolved_at_first_contact() -> None:  # K29
    again = [MoveRow("old", kind, on("03-02"), n=n) for n, kind in enumerate(("closed", "reopened", "closed"))]

    assert in_march(KpiRows(complaints=COMPLAINTS[:1], moves=again[:1]))["K29"].value == 100.0
    assert in_march(KpiRows(complaints=COMPLAINTS[:1], moves=again))["K29"].value == 0.0


def test_what_is_escalated_after_its_end_was_handled() -> None:  # K26
    moves = [MoveRow("old", "closed", on("02-02")), MoveRow("old", "escalated", on("03-02"), code="supervisor")]
    table = in_march(KpiRows(complaints=COMPLAINTS[:1], moves=moves))

    assert found(table, "K26", "K26.external") == [100.0, 0.0]


# -- groups and rules -------------------------------------------------------------------------------


def test_groups_add_up_to_the_whole() -> None:  # C113
    whole = in_march(MONTH)
    for by in ("service", "category", "customer"):
        table = in_march(MONTH, by=by)
        for kpi, definition in KPIS.items():
            if definition.additive or kpi in ("K24", "K24.start", "K30.overdue"):
                lines = [line for line in table if line.kpi == kpi and line.part is None]
                assert sum(line.value or 0 for line in lines) == pytest.approx(whole[kpi].value)
    assert [line.group for line in in_march(MONTH, by="service").only("K18") if line.part is None] == [
        "sewer",
        "water",
        None,
    ]


def test_complaints_per_hundred_are_known_where_the_active_ones_are() -> None:  # K27
    table = in_march(MONTH, by="service", active={"water": 50})

    assert [table.line("K27", group=group).value for group in ("water", "sewer", None)] == [4.0, None, None]
    assert in_march(MONTH, by="service", active=50).line("K27", group="water").value is None
    assert in_march(MONTH, active=0)["K27"].value is None


def test_other_feedback_is_counted_by_itself() -> None:  # C041, K18
    table = in_march(MONTH, rules=KpiRules(feedback="request"))

    assert table["K18"].ids == table["K16"].ids == table["K15"].ids == ("ask",)


def test_business_days_are_those_of_the_calendar() -> None:  # K31
    calendar = Calendar(zone=BERLIN, hours="mon-sat 09:00-17:00", holidays=holidays({"2026-03-31": "off"}))
    young = in_march(KpiRows(complaints=COMPLAINTS[7:8]), calendar=calendar, rules=KpiRules(ages=(0, 3)))

    assert young["K31"].value == 0
    assert found_parts(young, "K31.open") == {"0": 1, "1-3": 0, ">3": 0}


def test_a_repetition_is_one_within_the_days_of_the_house() -> None:  # K28
    def repeated(days: int) -> tuple[str, ...]:
        return in_march(MONTH, rules=KpiRules(repeat_days=days))["K28"].hits

    assert (repeated(51), repeated(52)) == ((), ("again",))


def test_complaints_of_one_instant_do_not_repeat_each_other() -> None:  # K28
    twins = [ComplaintRow(id, on("03-02"), customer="inn", category="leak") for id in "ab"]

    assert in_march(KpiRows(complaints=twins))["K28"].hits == ()
    earlier = ComplaintRow("c", on("03-01"), customer="inn", category="leak")
    assert in_march(KpiRows(complaints=[*twins, earlier]))["K28"].hits == ("a", "b")


def test_remedies_are_summed_in_one_currency_by_rates_that_are_given() -> None:  # K32
    dollars = RemedyRow("again", "refund", on("03-22"), Money(amount=Decimal(10), currency="USD"))
    rows = KpiRows(complaints=COMPLAINTS, remedies=[*REMEDIES, dollars])
    rates = (ExchangeRate(currency="USD", rate=Decimal("0.9")),)

    with pytest.raises(InvalidValue, match="USD"):
        in_march(rows)
    assert in_march(rows, rules=KpiRules(currency="EUR", rates=rates))["K32"].value == 89.3


def test_a_house_has_targets_of_its_own() -> None:  # C113
    definitions = {"K22": evolve(KPIS["K22"], target=95.0), "K14": evolve(KPIS["K14"], target=60.0)}
    table = in_march(MONTH, definitions=definitions)

    assert [table[kpi].status for kpi in ("K22", "K14", "K14.p90")] == ["missed", "met", None]


def test_a_clock_gives_the_rows_of_its_timers() -> None:  # C036
    kept = Reading(
        name="resolution",
        n=2,
        state=TimerState.MET,
        late=False,
        started_at=on("03-02"),
        due_at=on("03-06"),
        stopped_at=on("03-05"),
        elapsed=3 * HOUR,
    )

    assert timer_row("c", kept) == timer("c", "resolution", "03-06", "03-05", 3, n=2)


def test_the_row_of_a_timer_says_when_its_end_was_told() -> None:  # C113
    def told(n: int, occurred: str, recorded: str) -> Moment:
        return Moment(n=n, kind="answered", occurred_at=on(occurred), recorded_at=on(recorded))

    kept = Reading(
        name="resolution", n=1, state=TimerState.MET, late=False, started_at=on("03-02"), stopped_at=on("03-05"), read=2
    )
    # The third moment came when the result was there already.
    moments = (told(1, "03-04", "03-09"), told(2, "03-05", "03-07"), told(3, "03-05", "03-08"))

    assert timer_row("c", kept, moments).recorded_at == on("03-07")
    assert timer_row("c", evolve(kept, read=None), moments).recorded_at == on("03-08")
    assert timer_row("c", evolve(kept, stopped_at=None), moments).recorded_at is None


# -- what holds for every history -------------------------------------------------------------------

START = datetime(2026, 1, 1, tzinfo=UTC)
HALF_DAYS = st.integers(-30, 800).map(lambda n: START + n * DAY / 2)
MOVED = st.tuples(
    st.sampled_from(["forwarded", "contacted", "escalated", "closed", "ended", "reopened"]), HALF_DAYS, HALF_DAYS
)


DIME = Money(amount=Decimal("0.10"), currency="EUR")


@st.composite
def histories(draw: st.DrawFn) -> KpiRows:
    complaints, moves, timers, remedies = [], [], [], []
    for id in map(str, range(draw(st.integers(0, 6)))):
        received, recorded = draw(HALF_DAYS), draw(st.none() | HALF_DAYS)
        duplicate = draw(st.sampled_from([None, None, "x"]))
        judged = draw(st.none() | HALF_DAYS)
        complaints.append(
            ComplaintRow(
                id,
                received,
                recorded_at=recorded,
                duplicate_of=duplicate,
                service=draw(st.sampled_from([None, "a", "b"])),
                verdict=draw(st.sampled_from(["justified", "partly", "unjustified", "undetermined"])),
                judged_at=judged,
            )
        )
        for n, (kind, at, told) in enumerate(draw(st.lists(MOVED, max_size=8))):
            moves.append(MoveRow(id, kind, at, told, n))
        for due, stopped in draw(st.lists(st.tuples(HALF_DAYS, st.none() | HALF_DAYS), max_size=2)):
            late = stopped is not None and stopped > due
            state = "running" if stopped is None else "missed" if late else "met"
            timers.append(TimerRow(id, "resolution", 1, state, late, due, stopped, None if stopped is None else HOUR))
        remedies += [RemedyRow(id, "refund", at, DIME) for at in draw(st.lists(HALF_DAYS, max_size=2))]
    return KpiRows(complaints=complaints, moves=moves, timers=timers, remedies=remedies)


@given(
    histories(),
    st.sampled_from(["2026-01", "2026-Q1", "2026", "2026-W07"]),
    HALF_DAYS,
    st.sampled_from([None, "service"]),
)
def test_the_backlog_is_what_it_was_and_what_came_and_went(  # K24
    rows: KpiRows, period: str, as_of: datetime, by: str | None
) -> None:
    table = key_figures(rows, period=period, zone=BERLIN, as_of=as_of, by=by)

    for group in {line.group for line in table}:
        start, received, reopened, ended, end = (
            table.line(kpi, group=group).n for kpi in ("K24.start", "K24.received", "K24.reopened", "K24.ended", "K24")
        )
        assert end == start + received + reopened - ended
        assert sum(line.n for line in table if line.kpi == "K31.open" and line.part and line.group == group) == end


@given(histories(), HALF_DAYS)
def test_the_months_add_up_to_the_year_and_follow_each_other(rows: KpiRows, as_of: datetime) -> None:  # C113
    year, *months = (
        key_figures(rows, period=period, zone=BERLIN, as_of=as_of)
        for period in ("2026", *(f"2026-{month:02}" for month in range(1, 13)))
    )

    for kpi, definition in KPIS.items():
        if definition.additive:
            assert sum(month[kpi].value or 0 for month in months) == pytest.approx(year[kpi].value)
            assert sorted(id for month in months for id in month[kpi].ids) == list(year[kpi].ids)
    for month, following in pairwise(months):
        assert month["K24"].ids == following["K24.start"].ids
    assert (months[0]["K24.start"].ids, months[-1]["K24"].ids) == (year["K24.start"].ids, year["K24"].ids)


@given(histories(), HALF_DAYS, st.randoms())
def test_the_order_of_rows_does_not_matter(rows: KpiRows, as_of: datetime, chance: Any) -> None:  # C113
    def mixed(some: Any) -> Any:
        shuffled = list(some)
        chance.shuffle(shuffled)
        return iter(shuffled)

    again = KpiRows(
        complaints=mixed(rows.complaints),
        moves=mixed(rows.moves),
        timers=mixed(rows.timers),
        remedies=mixed(rows.remedies),
    )
    asked: dict[str, Any] = {"period": "2026-Q1", "zone": BERLIN, "as_of": as_of}
    assert key_figures(again, **asked) == key_figures(rows, **asked)


@given(histories(), HALF_DAYS)
def test_a_cut_off_gives_what_was_known_then(rows: KpiRows, as_of: datetime) -> None:  # C113
    def known(at: Any, told: Any) -> bool:
        return bool(at <= as_of and (told is None or told <= as_of))

    then = KpiRows(
        complaints=[row for row in rows.complaints if known(row.received_at, row.recorded_at)],
        moves=[row for row in rows.moves if known(row.at, row.recorded_at)],
        timers=[row if known(row.stopped_at or as_of, None) else running(row) for row in rows.timers],
        remedies=[row for row in rows.remedies if known(row.at, row.recorded_at)],
    )
    asked: dict[str, Any] = {"period": "2026-Q1", "zone": BERLIN, "as_of": as_of}
    assert key_figures(then, **asked) == key_figures(rows, **asked)


@given(histories(), HALF_DAYS)
def test_what_was_closed_in_a_period_that_is_over_does_not_change_any_more(rows: KpiRows, at: datetime) -> None:  # C050
    over = kpi_period("2026-Q1", zone=BERLIN).end
    assert over is not None
    told = KpiRows(
        complaints=[row._replace(recorded_at=None) for row in rows.complaints],
        moves=[row._replace(recorded_at=None) for row in rows.moves],
    )
    asked: dict[str, Any] = {"period": "2026-Q1", "zone": BERLIN}
    then, now = (key_figures(told, **asked, as_of=as_of) for as_of in (over, max(over, at)))

    for kpi in ("K16", "K17", "K18", "K24", "K24.ended", "K25", "K26", "K29", "K31"):
        assert then[kpi] == now[kpi]

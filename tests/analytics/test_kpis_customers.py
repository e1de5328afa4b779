"""The key figures K01 to K12, by hand and beside what the slices say; and a period beside the one before."""

import csv
import io
import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm import agreements, portfolio
from servicecrm.agreements import Agreement, LevelTarget, Outcome
from servicecrm.agreements.evaluating import Evaluation, Result
from servicecrm.agreements.parts import Line
from servicecrm.analytics.kpis_customers import (
    DEFINITIONS,
    CustomerKpiRows,
    CustomerRow,
    ProspectRow,
    customer_figures,
    customer_rows,
)
from servicecrm.analytics.kpis_pack import kpi_pack
from servicecrm.analytics.kpis_table import KpiLine, KpiTable
from servicecrm.errors import InvalidValue
from servicecrm.kernel.records import evolve
from servicecrm.measures import kpi_period
from servicecrm.portfolio import Customer, Datatype, PortfolioPolicy, ProfileField
from servicecrm.portfolio.parts import Served, Tenure
from tests.portfolio.making import a_customer

LATE = datetime(2027, 1, 1, tzinfo=UTC)


def on(month: int, day: int = 1) -> datetime:
    return datetime(2026, month, day, tzinfo=UTC)


def figures(*customers: CustomerRow, period: str = "2026-Q2", as_of: datetime = LATE, **more: Any) -> KpiTable:
    told = {name: more.pop(name) for name in ("policy", "definitions") if name in more}
    rows = CustomerKpiRows(customers=customers, **more)
    return customer_figures(rows, period=period, zone="UTC", as_of=as_of, **told)


def served(id: str, *stretches: tuple[datetime, datetime | None], **more: Any) -> CustomerRow:
    return CustomerRow(id, served=stretches, **more)


def values(table: KpiTable, *kpis: str) -> list[float | None]:
    return [table[kpi].value for kpi in kpis]


# -- coming and going ----------------------------------------------------------------------------


def test_who_comes_goes_and_stays_is_counted_by_hand() -> None:  # K01, K02, K03
    table = figures(
        served("stays", (on(1), None)),
        served("left", (on(1), on(5)), leaving_reason="price"),
        served("back", (on(1), on(4, 10)), (on(6), None)),
        served("new", (on(5), None)),
        served("short", (on(5), on(6)), leaving_reason="price"),
        served("later", (on(7), None)),
        CustomerRow("prospect"),
    )
    assert table["K01"].ids == ("back", "new", "stays")
    assert table["K01.new"].ids == ("new", "short")
    assert table["K02"].ids == ("back", "left", "short")
    assert table.line("K02", part="price").ids == ("left", "short")
    assert (table["K03"].ids, table["K03"].hits) == (("back", "left", "stays"), ("left",))
    assert values(table, "K03", "K03.retention") == pytest.approx([100 / 3, 200 / 3])


def test_the_start_belongs_to_the_period_and_the_end_does_not() -> None:  # K01, K02
    table = figures(served("a", (on(4), on(7))), served("b", (on(7), None)), served("c", (on(1), on(4))))
    assert (table["K01"].ids, table["K01.new"].ids, table["K02"].ids) == (("a",), ("a",), ("c",))
    assert table["K03"].ids == ("c",)


def test_what_lies_after_the_cut_off_does_not_count() -> None:
    rows = served("a", (on(4, 5), on(6))), served("b", (on(5), None))
    table = figures(*rows, as_of=on(4, 20), prospects=[ProspectRow("p", on(5)), ProspectRow("q", on(4))])
    assert values(table, "K01", "K01.new", "K02", "K01.prospects") == [1, 1, 0, 1]


def test_what_happens_at_the_very_cut_off_counts_and_what_comes_after_does_not() -> None:
    prospects = [ProspectRow("p", on(5)), ProspectRow("q", on(5) + timedelta(microseconds=1))]
    assert figures(as_of=on(5), prospects=prospects)["K01.prospects"].ids == ("p",)
    assert figures(as_of=on(4) - timedelta(microseconds=1))["K07"].value is None  # nothing of it has come


def test_without_customers_a_share_has_no_value_and_says_why() -> None:
    table = figures(as_of=on(1))
    assert values(table, "K01", "K03", "K04", "K06", "K08", "K11", "K12") == [0, *[None] * 6]
    assert {line.reason for line in table if line.value is None} == {"no_values"}
    assert list(dict.fromkeys(line.kpi for line in table)) == list(DEFINITIONS)


TIMES = st.integers(0, 400).map(lambda days: datetime(2025, 12, 1, tzinfo=UTC) + timedelta(days=days))


@st.composite
def customers_served(draw: st.DrawFn) -> list[Customer]:
    found = []
    for n in range(draw(st.integers(0, 6))):
        times = sorted(draw(st.lists(TIMES, unique=True, max_size=5)))
        ends: list[datetime | None] = [*times[1::2], None]
        stretches = tuple(Served(since=a, until=b) for a, b in zip(times[::2], ends, strict=False))
        managers = tuple(Tenure(manager="ann", since=each.since, until=each.until) for each in stretches[:1])
        found.append(
            evolve(
                a_customer(id=f"c-{n}"),
                served=stretches,
                managers=managers,
                leaving_reason=draw(st.sampled_from([None, "price", "moved"])),
                verified_at=draw(st.none() | TIMES),
            )
        )
    return found


@given(customers_served(), st.randoms(use_true_random=False))
def test_the_figures_are_those_of_the_portfolio_in_whatever_order(  # K01, K02, K03
    customers: list[Customer], chance: random.Random
) -> None:
    told = portfolio.coming_and_going(customers, kpi_period("2026-Q2", zone="UTC"))
    mixed = list(customers)
    chance.shuffle(mixed)

    table = figures(*customer_rows(mixed))
    assert table == figures(*customer_rows(customers))
    assert values(table, "K01", "K01.new", "K02") == [told.at_end, told.new, told.lost]
    if told.churn is not None and told.retention is not None:
        assert values(table, "K03", "K03.retention") == pytest.approx([100 * told.churn, 100 * told.retention])
    for reason in {reason for reason in told.lost_by if reason}:
        assert table.line("K02", part=reason).value == told.lost_by[reason]


# -- what is known -------------------------------------------------------------------------------


def test_coverage_currency_completeness_grade_and_health_are_of_those_who_are_served() -> None:  # K04-K06, K09, K10
    since = ((on(1), None),)
    table = figures(
        served("a", *since, managed=since, verified_at=on(3), completeness=0.5, grade=4.0, health=80.0),
        served("b", *since, managed=(*since, *since), completeness=1.0, grade=2.0),
        served("c", *since, verified_at=datetime(2025, 6, 1, tzinfo=UTC)),
        served("gone", (on(1), on(2)), managed=since, verified_at=on(3), completeness=0.0, grade=1.0, health=0.0),
    )
    assert table["K04"].hits == ("a",)  # two at once are no coverage
    assert table["K05"].hits == ("a",)
    assert values(table, "K04", "K05", "K06", "K09", "K10") == pytest.approx([100 / 3, 100 / 3, 75.0, 3.0, 80.0])
    assert [table[kpi].n for kpi in ("K04", "K06", "K09", "K10")] == [3, 2, 2, 1]


def test_how_lately_is_said_by_the_house() -> None:  # K05
    row = served("a", (on(1), None), verified_at=on(6, 1))
    assert figures(row, policy=PortfolioPolicy(verified_within=timedelta(days=30)))["K05"].value == 100
    assert figures(row, policy=PortfolioPolicy(verified_within=timedelta(days=29)))["K05"].value == 0


def test_the_row_of_a_customer_tells_what_the_portfolio_knows_of_it() -> None:
    policy = PortfolioPolicy(fields=(ProfileField(name="size", datatype=Datatype.NUMBER), ProfileField(name="line")))
    customer = portfolio.collect(a_customer(), "size", "5", source="call", by="ann", at=LATE, policy=policy).after
    merged = evolve(a_customer(id="c-2"), merged_into="c-1")
    bought = portfolio.rfm(
        [("c-1", date(2026, 1, 1), Decimal(5)), ("c-9", date(2026, 1, 2), Decimal(1))], as_of=date(2026, 2, 1)
    )
    health = {"c-1": portfolio.health({"recency": 0.5}, policy=policy)}

    (row,) = customer_rows([customer, merged], purchases=bought, health=health, policy=policy)
    assert (row.id, row.completeness, row.health) == ("c-1", 0.5, 50.0)
    assert row.grade == next(score.weighted for score in bought.scores if score.customer == "c-1")
    assert row.served == row.managed == ((customer.served[0].since, None),)


@given(customers_served())
def test_an_erased_customer_counts_as_before(customers: list[Customer]) -> None:  # C011
    erased = [portfolio.without_personal(customer) for customer in customers]
    assert figures(*customer_rows(erased)) == figures(*customer_rows(customers))


# -- agreements ----------------------------------------------------------------------------------


def an_agreement(id: str, *, signed_on: date = date(2026, 4, 2), ended_on: date | None = None) -> Agreement:
    return agreements.adopt(
        id=id,
        customer="c-1",
        title="SLA",
        lines=[Line(service="water", version=1)],
        first_day=date(2026, 1, 1),
        signed_on=signed_on,
        ended_on=ended_on,
        source="erp",
        by="ann",
        at=LATE,
    ).after


def an_outcome(value: str | None) -> Outcome:
    if value is None:
        return Outcome.NOT_MEASURABLE
    return Outcome.MET if Decimal(value) >= 99 else Outcome.MISSED


def an_evaluation(id: str, *results: tuple[str, str | None], measure: str = "availability") -> Evaluation:
    target = LevelTarget(measure=measure, at_least=Decimal(99))
    return Evaluation(
        agreement=an_agreement(id),
        name="2026-Q2",
        period=None,
        results=tuple(
            Result(
                service=service,
                target=target,
                outcome=Outcome.NOT_MEASURABLE
                if value is None
                else Outcome.MET
                if Decimal(value) >= 99
                else Outcome.MISSED,
                value=None if value is None else Decimal(value),
            )
            for service, value in results
        ),
    )


def test_agreements_count_as_their_slice_counts_them() -> None:  # K07, K08, K11, K12
    ended = an_agreement("a-3", signed_on=date(2026, 1, 1), ended_on=date(2026, 5, 31))
    table = figures(
        agreements=[an_agreement("a-1"), an_agreement("a-2", signed_on=date(2026, 7, 1)), ended],
        evaluations=[
            an_evaluation("a-1", ("water", "99.5"), ("gas", "98.5")),
            an_evaluation("a-2", ("water", None)),
            an_evaluation("a-2", ("water", "1"), ("gas", "2"), measure="calls_answered"),
        ],
    )
    assert values(table, "K07.signed", "K07.terminated", "K07", "K08", "K11", "K12") == [1, 1, 0, 0, 25, 99]
    assert table.line("K12", part="water").value == 99.5
    assert table["K12"].ids == ("a-1", "a-1")


def test_a_target_of_the_house_is_judged() -> None:
    definitions = {"K04": evolve(DEFINITIONS["K04"], target=100.0), "K07": evolve(DEFINITIONS["K07"], target=1.0)}
    table = figures(served("a", (on(1), None), managed=((on(1), None),)), definitions=definitions)
    assert (table["K04"].status, table["K07"].status) == ("met", "missed")
    with pytest.raises(InvalidValue, match="K99"):
        figures(definitions={"K99": DEFINITIONS["K04"]})


# -- beside the period before --------------------------------------------------------------------


def a_table(period: str, **found: float | None) -> KpiTable:
    lines = tuple(
        KpiLine(
            kpi=kpi, value=value, n=40, unit=DEFINITIONS[kpi].unit, reason=None if value is not None else "no_values"
        )
        for kpi, value in found.items()
    )
    return KpiTable(period=period, zone="UTC", as_of=LATE, lines=lines)


def test_a_pack_tells_the_difference_and_the_change() -> None:  # C116, K21
    pack = kpi_pack([a_table("2026-Q1", K01=12.0, K10=45.0)], [a_table("2025-Q4", K01=10.0, K10=60.0)])

    assert [line.difference for line in pack] == [2.0, -15.0]
    assert [line.change for line in pack] == pytest.approx([0.2, -0.25])
    assert [line.nature for line in pack] == ["counted", "judged"]
    assert "| K01 | Customers | 12 | 10 | +2 | +20.0% |  | 40 | counted |" in pack.markdown()


def test_from_nothing_there_is_no_change_and_never_an_infinite_one() -> None:  # C116
    pack = kpi_pack([a_table("2026-Q1", K01=3.0, K10=1.0)], [a_table("2025-Q4", K01=0.0)])

    assert (pack["K01"].change, pack["K01"].reason, pack["K01"].difference) == (None, "zero_base", 3.0)
    assert (pack["K10"].previous, pack["K10"].change, pack["K10"].reason) == (None, None, "no_values")
    assert "| 3 | 0 | +3 | n/a |" in str(pack)
    assert "k. A." in pack.markdown(language="de")
    assert "inf" not in str(pack)


def test_a_share_of_few_warns_and_a_count_does_not() -> None:  # C116
    now, before = a_table("2026-Q1", K01=3.0, K04=50.0), a_table("2025-Q4", K01=2.0, K04=40.0)
    few = evolve(before, lines=tuple(evolve(line, n=29) for line in before))

    assert [line.few for line in kpi_pack([now], [before])] == [False, False]
    assert [line.few for line in kpi_pack([now], [few])] == [False, True]
    assert "(few cases)" in str(kpi_pack([now], [few]))


def test_a_pack_is_csv_that_a_spreadsheet_can_open() -> None:  # C116
    pack = kpi_pack([a_table("2026-Q1", K01=3.0)], [a_table("2025-Q4", K01=2.0)])
    (row,) = csv.DictReader(io.StringIO(pack.csv()))
    assert (row["kpi"], row["name"], row["value"], row["change"], row["few"]) == (
        "K01",
        "Customers",
        "3.0",
        "0.5",
        "False",
    )
    assert pack.to_dicts()[0]["period"] == "2026-Q1"


def test_only_tables_of_one_period_and_the_one_before_go_together() -> None:
    with pytest.raises(InvalidValue, match="one period"):
        kpi_pack([a_table("2026-Q1"), a_table("2026-Q2")], [])
    with pytest.raises(InvalidValue, match="2025-Q4"):
        kpi_pack([a_table("2026-Q1")], [a_table("2025-Q3")])
    with pytest.raises(InvalidValue, match="known: K01"):
        kpi_pack([a_table("2026-Q1", K01=1.0)], [a_table("2025-Q4")])["K02"]


def test_parts_and_groups_stay_in_the_tables() -> None:
    table = figures(served("a", (on(1), on(5)), leaving_reason="price"))
    pack = kpi_pack([table], [figures(period="2026-Q1")])
    assert [line.kpi for line in pack] == list(DEFINITIONS)
    assert len(pack) == len(DEFINITIONS)

"""Agreements that were signed elsewhere are taken over, marked as such, in the state that their days give."""

import csv
import io
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from servicecrm import agreements
from servicecrm.agreements import EndOf, LevelTarget, Line, Termination, TimeTarget, read_rows
from servicecrm.errors import ImportProblem, InvalidValue, PolicyViolation
from tests.agreements.making import ANN, APRIL, LEVELS, MONDAY, at

TABLE = """\
reference,customer,title,first_day,last_day,signed_on,ended_on,notice,notice_to,service,version,price,currency,per,times,levels
V-1,cafe,Water,2025-01-01,2026-12-31,2024-12-01,,3 calendar months,quarter,water,2,12.50,EUR,month,"{times}",{levels}
V-2,bakery,,2024-01-01,,,2025-12-31,,,gas,,,,,,
V-1,,,,,,,,,gas,,,,,,
""".format(
    times="acknowledge=4h business; resolution[p1,p2]=1 business day", levels="availability>=99.5; calls_lost<=5"
)


def adopt(**changes: Any) -> agreements.Agreement:
    given: dict[str, Any] = {
        "id": "old-1",
        "customer": "cafe",
        "title": "Water",
        "lines": (Line(service="water", levels=LEVELS),),
        "first_day": date(2025, 1, 1),
        "signed_on": date(2024, 12, 1),
        "source": "filing cabinet",
        **changes,
    }
    return agreements.adopt(by=ANN, at=MONDAY, **given).after


@pytest.mark.parametrize(
    ("days", "state"),
    [
        ({}, "in_force"),
        ({"last_day": date(2026, 1, 31)}, "expired"),
        ({"first_day": APRIL}, "signed"),
        ({"ended_on": date(2025, 6, 30)}, "terminated"),
    ],
)
def test_it_is_in_the_state_that_its_days_give(days: dict[str, date], state: str) -> None:  # C028, S0-I4
    found = adopt(**days)

    assert (found.state, found.source, found.signatures) == (state, "filing cabinet", ())
    assert found.signed_at == at(2024, 12, 1)


def test_what_is_taken_over_is_marked_in_its_history() -> None:
    decision = agreements.adopt(
        id="x", customer="c", title="t", first_day=APRIL, signed_on=APRIL, source="s", by=ANN, at=at(2026, 5, 1)
    )

    assert [event.type for event in decision.events] == ["agreement.adopted", "agreement.started"]
    assert decision.before is None
    with pytest.raises(PolicyViolation, match="by now"):
        adopt(signed_on=APRIL)
    with pytest.raises(PolicyViolation, match="by now"):
        adopt(ended_on=APRIL)


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_a_table_becomes_agreements_with_their_lines() -> None:
    found = read_rows(rows(TABLE), source="sheet", by=ANN, at=MONDAY)
    first, second = (decision.after for decision in found.decisions)

    assert found.problems == ()
    assert (first.id, first.customer, first.state) == ("sheet:V-1", "cafe", "in_force")
    assert first.termination == Termination(notice="3 calendar months", to=EndOf.QUARTER)
    assert [(line.service, line.version) for line in first.lines] == [("water", 2), ("gas", 1)]
    assert first.lines[0].levels.times == (
        TimeTarget(timer="acknowledge", within="4h business"),
        TimeTarget(timer="resolution", within="1 business day", priorities=("p1", "p2")),
    )
    assert first.lines[0].levels.levels == (
        LevelTarget(measure="availability", at_least=Decimal("99.5")),
        LevelTarget(measure="calls_lost", at_most=Decimal(5)),
    )
    assert first.lines[0].price is not None
    assert first.lines[0].price.amount.amount == Decimal("12.50")
    assert (second.title, second.state, second.signed_at) == ("V-2", "terminated", at(2024, 1, 1))


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("customer", ""),
        ("service", " "),
        ("first_day", "1.1.2025"),
        ("first_day", ""),
        ("last_day", "soon"),
        ("version", "two"),
        ("price", "dear"),
        ("currency", "euro"),
        ("times", "acknowledge"),
        ("times", "acknowledge=fast"),
        ("levels", "availability=99"),
        ("notice", "a while"),
    ],
)
def test_a_wrong_cell_is_told_and_its_agreement_left_out(column: str, value: str) -> None:
    table = rows(TABLE)
    table[0][column] = value

    found = read_rows(table, source="sheet", by=ANN, at=MONDAY)

    assert [decision.after.id for decision in found.decisions] == ["sheet:V-2"]
    assert [(problem.row, problem.column) for problem in found.problems] == [(2, column)]


def test_what_is_wrong_with_a_whole_agreement_is_told_with_its_first_row() -> None:
    table = rows(TABLE)
    table[1]["signed_on"] = "2030-01-01"
    table[0]["per"] = "fortnight"

    found = read_rows(table, source="sheet", by=ANN, at=MONDAY)

    assert [problem.row for problem in found.problems] == [2, 3]
    assert found.decisions == ()


def test_an_unknown_column_is_refused() -> None:
    with pytest.raises(ImportProblem, match="unknown columns: colour"):
        read_rows([{"reference": "V-1", "colour": "red"}], source="sheet", by=ANN, at=MONDAY)


def test_an_unknown_term_is_refused() -> None:
    with pytest.raises(InvalidValue, match="it cannot have colour"):
        adopt(colour="red")

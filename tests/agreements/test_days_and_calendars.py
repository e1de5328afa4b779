"""What cannot be counted is refused when it is agreed, and not found out by whoever takes the next complaint."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.agreements import Agreement, Line, ServiceLevels, Termination, TimeTarget, terminate
from servicecrm.calendars import Calendar
from servicecrm.desk import Desk, connect
from servicecrm.errors import InvalidValue, NotFound
from servicecrm.kernel.policies import publish
from servicecrm.testing import FixedClock, SeededIds
from servicecrm.tracking.books import CalendarBook
from tests.agreements.making import ANN, APRIL, CAFE, LEVELS, MONDAY, a_definition, a_draft, a_general, in_force

UNKNOWN_DAYS = st.dates(max_value=date(1899, 12, 31)) | st.dates(min_value=date(2200, 1, 1))
KNOWN = "1900 to 2199"


@pytest.fixture
def crm() -> Iterator[Desk]:
    """A desk, where Ann works."""
    with connect("memory:", actor=ANN, clock=FixedClock(), ids=SeededIds()) as crm:
        yield crm


# -- days ------------------------------------------------------------------------------------------


@given(UNKNOWN_DAYS)
def test_an_agreement_takes_only_days_that_calendars_know(day: date) -> None:  # C027, C028, C030
    def refused(name: str) -> Any:
        return pytest.raises(InvalidValue, match=rf"{name}: .*{KNOWN}")

    with refused("Agreement.first_day"):
        a_draft(first_day=day)
    with refused("Termination.not_before"):
        Termination(not_before=day)
    with refused("GeneralAgreement.first_day"):
        a_general(first_day=day)
    if day > APRIL:
        with refused("Agreement.last_day"):
            a_draft(last_day=day)
        with refused("GeneralAgreement.last_day"):
            a_general(last_day=day)
        with refused("GivenNotice.last_day"):
            terminate(in_force(), "customer", last_day=day, override="both agree", by=ANN, at=MONDAY)


def test_the_first_and_the_last_day_that_calendars_know_are_taken() -> None:
    agreement = a_draft(first_day=date(1900, 1, 1), last_day=date(2199, 12, 31))

    assert (agreement.first_day.year, agreement.last_day) == (1900, date(2199, 12, 31))


def test_an_extension_beyond_every_calendar_is_refused() -> None:  # C030
    with pytest.raises(InvalidValue, match=rf"Agreement.extension: .*{KNOWN}"):
        a_draft(last_day=date(2026, 12, 31), extension="9000 calendar months")


# -- calendars -------------------------------------------------------------------------------------

NIGHTLY = ServiceLevels(times=(TimeTarget(timer="resolution", within="2h business", calendar="nights"),))


@pytest.mark.parametrize("line", [Line(service="water", levels=NIGHTLY), Line(service="water", calendar="nights")])
def test_a_calendar_that_does_not_exist_is_refused_with_its_name(crm: Desk, line: Line) -> None:  # C028, C031
    def drafted(*lines: Line) -> Agreement:
        return crm.agreements.draft(customer=CAFE, title="Water", first_day=APRIL, lines=lines)

    plain = Line(service="water")
    refused = pytest.raises(InvalidValue, match="no calendar named 'nights'")
    with refused:
        drafted(line)
    agreement = drafted(plain)
    with refused:
        crm.agreements.edit(agreement.id, lines=[line])
    crm.agreements.propose(agreement.id)
    with refused:
        crm.agreements.counter(agreement.id, "customer", lines=[line])
    crm.agreements.accept(agreement.id, "customer")
    for party in ("customer", "provider"):
        crm.agreements.sign(agreement.id, party)
    with refused:
        crm.agreements.renew(agreement.id, first_day=date(2026, 5, 1), lines=[line])

    nights = Calendar(zone="UTC", hours="mon-sun 20:00-24:00")
    crm.save(publish(CalendarBook(id="nights"), nights, effective=crm.clock(), by=ANN, at=crm.clock()))
    assert drafted(line).lines == (line,)
    assert crm.agreements.renew(agreement.id, first_day=date(2026, 5, 1), lines=[line]).lines == (line,)


UNHEARD_OF = ServiceLevels(times=(TimeTarget(timer="call_back", within="2h business"),))


@pytest.mark.parametrize(
    ("levels", "says"),
    [(NIGHTLY, "no calendar named 'nights'"), (UNHEARD_OF, r"the timer call_back; it can be .*resolution")],
)
def test_a_general_agreement_promises_no_time_that_no_clock_would_measure_either(  # C027, C031
    crm: Desk, levels: ServiceLevels, says: str
) -> None:
    general, today = crm.general_agreements, crm.clock().date()
    refused = pytest.raises(InvalidValue, match=says)
    with refused:
        general.draft("At once.", customer=CAFE, first_day=today, levels=levels)
    agreement = general.draft("In time.", customer=CAFE, first_day=today, levels=LEVELS)
    with refused:
        general.edit(agreement.id, levels=levels)
    assert general.edit(agreement.id, terms="All day.").terms == "All day."
    for party in ("customer", "provider"):
        general.sign(agreement.id, party)
    with refused:
        general.renew(agreement.id, first_day=today, levels=levels)


# -- services by number ----------------------------------------------------------------------------


def test_a_line_names_its_service_by_number_too(crm: Desk) -> None:  # C028
    service = crm.services.define(a_definition(), owner="water-works")
    crm.services.plan(service.id)
    crm.services.release(service.id)
    by_number = [Line(service=service.number or "")]

    agreement = crm.agreements.draft(customer=CAFE, title="Water", first_day=APRIL, lines=by_number)
    assert [each.service for each in agreement.lines] == [service.id]
    assert [each.service for each in crm.agreements.edit(agreement.id, lines=by_number).lines] == [service.id]
    with pytest.raises(NotFound):
        crm.agreements.edit(agreement.id, lines=[Line(service="SRV-2026-000009")])

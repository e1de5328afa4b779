"""The timeline of a customer: everything that happened, in one order, whole or page by page."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from servicecrm import agreements, cases, complaints
from servicecrm.agreements.evaluating import Violation, ViolationId
from servicecrm.agreements.events import TargetViolated
from servicecrm.agreements.parts import Line
from servicecrm.analytics.timeline import SOURCES, Timeline, TimelineEntry, timeline
from servicecrm.desk import Desk, connect
from servicecrm.errors import InvalidValue
from servicecrm.kernel.decisions import Decision, Event, begin, stamp
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.records import evolve, record
from servicecrm.portfolio import Customer, interactions, prospects
from servicecrm.reviews import meetings, needs
from servicecrm.storage import cursors
from servicecrm.storage.rows import Position
from servicecrm.surveys.campaign_model import Mode
from servicecrm.surveys.response_model import Extent, Response, ResponseId
from servicecrm.testing import SeededIds
from servicecrm.testing.makers import MONDAY
from servicecrm.tracking import action_items
from tests.portfolio.making import a_customer

KINDS = {source.kind.name for source in SOURCES}
LATE = MONDAY + timedelta(days=1000)


@record
class Taken(Event):
    type = "test.taken"


def taken(of: Any) -> Decision[Any]:
    return begin(of, Taken(**stamp("ann", LATE)))


@pytest.fixture(params=["memory", "sqlite"])
def crm(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    place = "memory:" if request.param == "memory" else tmp_path / "crm.db"
    with connect(place, actor="ann", clock=lambda: LATE, ids=SeededIds()) as crm:
        yield crm


def save(crm: Desk, *decisions: Decision[Any]) -> None:
    with crm.store.unit() as unit:
        unit.save(*decisions)


def page(crm: Desk, customer: Customer, **asked: Any) -> Timeline:
    kinds = asked.pop("kinds", KINDS) & {kind.name for kind in crm.store.kinds.values()}

    def place(order: str, position: tuple[Any, str]) -> str:
        return cursors.write(order, Position(*position))

    return crm.perform(lambda work: timeline(work, customer, place=place, kinds=kinds, **asked), readonly=True)


def pages(crm: Desk, customer: Customer, size: int, **asked: Any) -> list[TimelineEntry]:
    found: list[TimelineEntry] = []
    after = None
    while True:
        part = page(crm, customer, size=size, after=after, **asked)
        assert len(part) == size or part.next is None
        found += part
        after = part.next
        if after is None:
            return found


def on(hours: float) -> datetime:
    return MONDAY + timedelta(hours=hours)


def an_interaction(n: int, at: datetime, **changes: Any) -> Decision[Any]:
    whose = {} if "prospect" in changes else {"customer": "c-1"}
    told: dict[str, Any] = {"subject": f"Call {n}", "kind": "call", "direction": "inbound", **whose, **changes}
    return interactions.record(id=f"i-{n}", by="ann", at=LATE, occurred_at=at, **told)


def a_complaint(n: int, at: datetime, customer: str = "c-1") -> Decision[Any]:
    return complaints.record(
        id=f"k-{n}", subject="No water", channel="phone", customer=customer, by="ann", at=LATE, received_at=at
    )


def a_case(n: int, at: datetime) -> Decision[Any]:
    return cases.open(
        id=f"s-{n}", subject="A lamp", channel="phone", requester="c-1", by="ann", at=LATE, received_at=at
    )


def an_action(n: int, at: datetime, source: str = "c-1") -> Decision[Any]:
    told: dict[str, Any] = {"source_kind": "any", "source": source, "owner": "ann", "due_at": LATE}
    return action_items.open("Call back", id=f"a-{n}", **told, by="ann", at=LATE, occurred_at=at)


def a_response(n: int, at: datetime) -> Decision[Any]:
    return taken(
        Response(
            id=ResponseId(f"r-{n}"),
            campaign="sur-1",
            questionnaire="q-1",
            mode=Mode.IDENTIFIED,
            customer="c-1",
            extent=Extent.COMPLETE,
            day=at.astimezone(UTC).date(),
            answers=(),
        )
    )


def an_agreement(n: int, at: datetime) -> Decision[Any]:
    return taken(
        evolve(
            agreements.draft(
                id=f"g-{n}",
                customer="c-1",
                title="SLA",
                lines=[Line(service="water", version=1)],
                first_day=date(2026, 1, 1),
                by="ann",
                at=LATE,
            ).after,
            signed_at=at,
        )
    )


def a_violation(n: int, at: datetime) -> Decision[Any]:
    found = Violation(
        id=ViolationId(f"v-{n}"),
        agreement="g-1",
        customer="c-1",
        service="water",
        target="availability",
        period="2026-03",
        value=Decimal(1),
        found_at=at,
    )
    return begin(
        found,
        TargetViolated(**stamp("ann", LATE), agreement="g-1", service="water", target="availability", period="2026-03"),
    )


MAKERS = (an_interaction, a_complaint, a_case, an_action, a_response, an_agreement, a_violation)


def test_nine_kinds_of_records_stand_in_the_order_of_time_the_newest_first(crm: Desk) -> None:  # C017, S2-V6
    prospect = prospects.add(id="p-1", name="Harbour Cafe", seller="sam", by="sam", at=on(0)).after
    customer = a_customer(origin="p-1")
    save(
        crm,
        *(make(1, on(n + 2)) for n, make in enumerate(MAKERS)),
        taken(evolve(prospect, customer="c-1")),
        an_interaction(2, on(1), prospect="p-1"),
        an_interaction(3, on(1), customer="c-2"),
        a_complaint(2, on(1), customer="c-2"),
    )
    found = page(crm, customer)

    assert [entry.kind for entry in found] == [
        *("violation", "agreement", "action_item", "case", "complaint", "interaction", "interaction", "prospect"),
        "response",  # of which only the day is known
    ]
    assert found.next is None
    times = [entry.at for entry in found]
    assert times == sorted(times, reverse=True)
    call = found.entries[5]
    assert (call.id, call.title, call.what, call.number) == ("i-1", "Call 1", "call", None)


def test_meetings_that_were_held_and_needs_are_there(crm: Desk) -> None:
    told: dict[str, Any] = {"customer": "c-1", "by": "ann", "at": on(1)}
    planned = meetings.plan("Review", id="m-1", planned_for=on(5), organizer="ann", **told)
    need = needs.capture("More water", id="n-1", source_kind="meeting", source="m-1", **told).after
    held = taken(evolve(planned.after, id="m-2", held_at=on(5)))
    save(crm, planned, held, taken(evolve(need, captured_at=on(6))))

    assert [entry.id for entry in page(crm, a_customer())] == ["n-1", "m-2"]  # what was only planned did not happen


def test_an_action_is_there_whichever_record_of_the_customer_it_follows_from(crm: Desk) -> None:  # C006, C017
    save(
        crm,
        a_complaint(1, on(1)),
        a_complaint(2, on(1), customer="c-2"),
        an_action(1, on(2), source="k-1"),
        an_action(2, on(3), source="k-2"),
        an_action(3, on(4)),
    )
    assert [entry.id for entry in page(crm, a_customer())] == ["a-3", "a-1", "k-1"]
    assert [entry.id for entry in page(crm, a_customer(), kinds={"action_item"})] == ["a-3"]


def test_actions_of_the_newest_records_of_each_kind_are_looked_for(crm: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("servicecrm.analytics.timeline.CAUSES", 1)
    save(crm, a_complaint(2, on(1)), a_complaint(1, on(2)), an_action(1, on(3), "k-1"), an_action(2, on(4), "k-2"))
    assert [entry.id for entry in page(crm, a_customer())] == ["a-1", "k-1", "k-2"]


def test_an_answer_tells_its_day_and_nothing_of_what_was_answered(crm: Desk) -> None:  # C076
    save(crm, a_response(1, on(5)))
    (entry,) = page(crm, a_customer())
    assert (entry.at, entry.title, entry.what) == (datetime(2026, 3, 2, tzinfo=UTC), None, "complete")


def test_since_and_kinds_leave_out_the_rest(crm: Desk) -> None:
    save(crm, an_interaction(1, on(1)), an_interaction(2, on(2)), a_case(1, on(3)), a_response(1, on(0)))
    assert [entry.id for entry in page(crm, a_customer(), since=on(2))] == ["s-1", "i-2", "r-1"]
    assert [entry.id for entry in page(crm, a_customer(), kinds={"case"})] == ["s-1"]


def test_what_is_added_meanwhile_moves_nothing_to_another_page(crm: Desk) -> None:
    save(crm, *(an_interaction(n, on(n)) for n in range(4)))
    first = page(crm, a_customer(), size=2)
    save(crm, an_interaction(9, on(9)), a_case(1, on(2)))

    second = page(crm, a_customer(), size=9, after=first.next)
    assert [entry.id for entry in (*first, *second)] == ["i-3", "i-2", "s-1", "i-1", "i-0"]


MIXED = st.lists(st.tuples(st.sampled_from(MAKERS), st.integers(0, 6).map(lambda n: 8 * n - 9)), max_size=25)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mixed=MIXED, size=st.integers(1, 7))
def test_pages_of_any_size_give_the_same_entries_in_the_same_order(  # C017
    crm: Desk, mixed: list[tuple[Any, int]], size: int
) -> None:
    with crm.store.unit() as unit:  # another customer for each example, in one store
        crm_of = unit.count(Customer)
        customer = a_customer(id=f"c-{crm_of}")
        unit.save(taken(customer))
    made = [make(f"{crm_of}-{n:02}", on(hours)) for n, (make, hours) in enumerate(mixed)]
    save(crm, *(taken(_of(each.after, customer.id)) for each in made))

    whole = list(page(crm, customer, size=500))
    assert len(whole) == len(mixed)
    assert pages(crm, customer, size) == whole
    ranks = {source.kind.name: n for n, source in enumerate(SOURCES)}
    places = [(-micros(entry.at), ranks[entry.kind]) for entry in whole]
    assert places == sorted(places)


def _of(of: Any, customer: str) -> Any:
    field = {"Case": "requester", "ActionItem": "source"}.get(type(of).__name__, "customer")
    return evolve(of, **{field: customer})


@pytest.mark.parametrize("after", ["", "x", "W10=", "WzEsMiwzXQ==", "WzEsIm5vIiwiYSJd"])
def test_what_is_no_cursor_is_refused(crm: Desk, after: str) -> None:
    with pytest.raises(InvalidValue, match="cursor"):
        page(crm, a_customer(), after=after)


@pytest.mark.parametrize("size", [0, 501])
def test_a_page_has_a_limit(crm: Desk, size: int) -> None:
    with pytest.raises(InvalidValue, match="500"):
        page(crm, a_customer(), size=size)

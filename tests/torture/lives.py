"""Work at a desk, with units of all sizes: of one record and of many, new ones and changed ones, notices and clocks."""

from servicecrm import Worker, connect
from servicecrm.storage import SQLiteStore
from servicecrm.testing import FixedClock, SeededIds
from tests.torture.units import save

__all__ = ["live"]


def live(store: SQLiteStore) -> None:
    """Some complaints, a case and a task, from the first word to the last; and the office around them."""
    clock = FixedClock()
    crm = connect(store, actor="ann@city.example", clock=clock, ids=SeededIds())
    for n in range(3):
        save(store, n)
    id = crm.complaints.record(subject="No water", text="Since Monday. " * 800, channel="phone", tags={"water"}).id
    crm.complaints.acknowledge(id)
    crm.complaints.assess(id, severity="high", impact="low")
    crm.complaints.assign(id, handler="north")
    crm.complaints.plan(id, steps=["Measure the pressure"])
    crm.complaints.message(id, "Any news?", side="outside", command="ask")
    task = crm.actions.open(title="Call back", owner="north", due_at=clock(), source_kind="audit", source="a-1").id
    case = crm.cases.open(subject="A hole in the road", channel="web").id
    crm.cases.route(case, handler="roads")
    clock.advance(days=20)
    crm.sweep()
    crm.actions.take_up(task)
    with crm.unit():
        crm.complaints.amend(id, tags=["night"], category="water")
        crm.complaints.note(id, "Rang.")
        crm.actions.done(task, evidence="Called back.")
    Worker(crm, lambda _: None, name="w").turn()
    crm.complaints.withdraw(id)
    crm.cases.withdraw(case)

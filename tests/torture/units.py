"""Units that write everything that a unit can, and can be found again as a whole."""

from servicecrm import complaints
from servicecrm.complaints import Complaint
from servicecrm.kernel.filters import where
from servicecrm.storage import Command, Notice
from servicecrm.storage.store import EngineStore
from servicecrm.testing.makers import MONDAY
from servicecrm.tracking import Message, write

__all__ = ["MESSAGES", "save", "whole"]

BY = "ann@city.example"
MESSAGES = 5


def save(store: EngineStore, n: int) -> None:
    """The n-th unit, or nothing if its command was given before.

    It saves a complaint with a number and tags, messages about it and a notice.
    """
    with store.unit(Command(id=f"k-{n}", fingerprint="record")) as unit:
        if unit.outcome is not None:
            return
        number = unit.number(Complaint, 2026)
        unit.save(
            complaints.record(
                id=f"c-{n}",
                number=number,
                subject="No water",
                channel="phone",
                tags=frozenset({"water", "night"}),
                by=BY,
                at=MONDAY,
            ),
            *(
                write(
                    "Any news?",
                    id=f"m-{n}-{k}",
                    about_kind="complaint",
                    about=f"c-{n}",
                    side="outside",
                    klass="substantive",
                    by=BY,
                    at=MONDAY,
                )
                for k in range(MESSAGES)
            ),
            notices=[Notice(key=f"n-{n}", topic="recorded", recipient="water", kind="complaint", id=f"c-{n}")],
        )


def whole(store: EngineStore) -> set[int]:
    """The numbers of all units that are there. Fails where one is not there as a whole."""
    store.seal()
    with store.unit(readonly=True) as unit:
        rows, _ = unit.rows(Complaint, ("id", "number"))
        ids = [str(id) for id, _ in rows]
        parts = {
            len({number for _, number in rows}),
            unit.count(Complaint, where("tags").has("water") & where("tags").has("night")),
            unit.count(Message) / MESSAGES,
        }
    counts = store.perform(lambda work: work.queue_counts(), readonly=True)
    commands = [Command(id=id.replace("c", "k"), fingerprint="record") for id in ids]
    known = store.perform(lambda work: work.known(commands), readonly=True)
    parts |= {counts.waiting, len(known), store.verify() / (1 + MESSAGES)}
    assert parts == {len(rows)}, "half a unit"
    return {int(id.removeprefix("c-")) for id in ids}

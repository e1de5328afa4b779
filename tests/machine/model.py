"""What the complaint engine is to do, said once more in dictionaries: an account of its own, that shares no code.

Every command refuses by name before it changes anything. `Refused.why` has every reason that there is, because which
of them is told first is nobody's business.
"""

import copy
from collections.abc import Callable
from datetime import datetime
from typing import Any

from tests.machine.book import Act, Record
from tests.machine.deciding import Deciding
from tests.machine.rules import CATEGORIES, OPEN, TABLE, THERE, TO_DO

__all__ = ["Model"]


class Model(Deciding):
    """The account: what can be asked of it, and what can be done."""

    def copied(self) -> "Model":
        """The same once more, to go back to."""
        return copy.deepcopy(self)

    # -- asking ----------------------------------------------------------------------------------

    def goes_on_as(self, id: str) -> str:
        """The complaint in which this one lives on, after all mergers."""
        while self.complaints[id]["duplicate_of"] is not None:
            id = self.complaints[id]["duplicate_of"]
        return id

    def told_about(self, id: str) -> int:
        """How many messages there are about a complaint and those that live on in it."""
        return sum(self.messages[other] for other in {id} | self.going_on_as(id))

    def worklist(self, person: str) -> list[str]:
        """What somebody has to do, that first which is due first."""
        mine = [c for c in self.complaints.values() if c["handler"] == person and c["state"] in OPEN]
        work = [(c["clock"]["due"], "complaint", c["id"]) for c in mine]
        items = [i for i in self.items.values() if i["owner"] == person and i["state"] in TO_DO]
        work += [(i["due"], "action_item", i["id"]) for i in items]
        first = sorted(work, key=lambda each: (each[0] is None, each[0] or "", f"{each[1]}:{each[2]}"))
        return [id for _, _, id in first]

    # -- what is done ----------------------------------------------------------------------------

    def record(self, *, who: str, at: datetime, ago: int, **told: Any) -> Record:
        """A new complaint. Its id comes from the desk: see `named`."""
        a = Act(who, None, at, ago, told)
        self.why = set()
        self._permit(who, None, "anyone")
        self._refuse(("PolicyViolation", told["category"] not in (None, *CATEGORIES)))
        return self._new(a, "complaint.recorded", received=a.when, **told)

    def do(
        self, action: str, id: str, *, who: str, behalf: str | None, at: datetime, ago: int, **told: Any
    ) -> list[Record]:
        """Take a step; gives what came into being by it, that has no id yet.

        Raises:
            Refused: it must not be taken.
        """
        if action == "message" and told["side"] == "outside":
            id = self.goes_on_as(id)
        c, a = self.complaints[id], Act(who, behalf, at, ago, told)
        role, ways = TABLE[action]
        self.why = set()
        self._permit(who, c["handler"], role)
        if c["state"] not in ways:
            self.why.add("TransitionNotAllowed")
        if action not in ("message", "note") and a.when < c["received"]:
            self.why.add("PolicyViolation")
        step: Callable[[Record, Act], list[Record] | None] = getattr(self, f"_{action}")
        came = step(c, a) or []
        if action != "refer" or a["whole"]:
            c["state"] = "referred" if action == "refer" else ways[c["state"]]
        c["revision"] += 1
        self._tell(c, a)
        self.read(c, at)
        return came

    def done(self, id: str, *, who: str, at: datetime, ago: int, evidence: str | None) -> None:
        """An action is done, and by that perhaps a step of a complaint."""
        item, a = self._ended(id, "owner", who, at, ago, ("GuardNotMet", evidence is None))
        item.update(state="done", done=a.when)
        step = self._ends_a_step(item, a, "action_item.done", "complaint.step_done")
        if step is not None:
            step["done"] = a.when

    def cancel(self, id: str, *, who: str, at: datetime, ago: int) -> None:
        """An action is not to be done, and no step waits for it any longer."""
        item, a = self._ended(id, "manager", who, at, ago)
        item["state"] = "cancelled"
        step = self._ends_a_step(item, a, "action_item.cancelled", "complaint.step_dropped")
        if step is not None:
            self.complaints[item["source"]]["steps"].remove(step)

    def _ended(
        self, id: str, role: str, who: str, at: datetime, ago: int, *why: tuple[str, bool]
    ) -> tuple[Record, Act]:
        item, a = self.items[id], Act(who, None, at, ago, {})
        self.why = set()
        self._permit(who, None, role)
        early = ("PolicyViolation", a.when < item["opened"])
        self._refuse(("TransitionNotAllowed", item["state"] not in TO_DO), early, *why)
        return item, a

    def _ends_a_step(self, item: Record, a: Act, told: str, then: str) -> Record | None:
        """The step that ends with an action, if a complaint still waits for it."""
        item["revision"] += 1
        item["journal"].append(told)
        self.read_item(item, a.at, ended=a.when)
        c = self.complaints[item["source"]]
        step: Record | None = next((each for each in c["steps"] if each["action"] == item["id"]), None)
        if step is None or step["done"] is not None or c["state"] not in (*THERE, "merged"):
            return None
        c["revision"] += 1
        c["journal"].append(then)
        self.read(c, a.at)
        return step

    def named(self, new: Record, id: str) -> None:
        """What came into being has this id."""
        new["id"] = id
        if "source" in new:
            self.items[id] = new
            self.complaints[new["source"]]["steps"].append({"action": id, "mandatory": new["mandatory"], "done": None})
            if new["owner"] != new["by"]:
                self.notices[id, "action_item.opened", new["owner"]] += 1
            self.read_item(new, new["recorded"])
            return
        self.complaints[id] = new
        if new["customer"] is not None:
            self.notices[id, "complaint.recorded", new["customer"]] += 1
        self.read(new, new["recorded"])

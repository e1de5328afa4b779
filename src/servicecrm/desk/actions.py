"""Action items at the desk: what somebody is to do by a time, because of a record."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from servicecrm.desk.commands import Commands
from servicecrm.desk.programs import Decided, fetch, is_number, start
from servicecrm.kernel.filters import where
from servicecrm.kernel.frozen import EMPTY
from servicecrm.kernel.kinds import Identified
from servicecrm.kernel.shapes import several
from servicecrm.kernel.values import Attachment
from servicecrm.storage.ports import Page, Program
from servicecrm.storage.work import Work
from servicecrm.tracking import action_items
from servicecrm.tracking.action_lifecycle import DONE, FINISH, LIFECYCLE
from servicecrm.tracking.action_model import ActionItem
from servicecrm.tracking.action_schema import ACTION_ITEM

__all__ = ["ActionItems"]


class ActionItems(Commands[ActionItem]):
    """Have something done because of a record, and see to it that it is.

    Source: C006.
    """

    _kind: ClassVar = ACTION_ITEM
    _actions: ClassVar = action_items
    _lifecycle: ClassVar = LIFECYCLE
    _moves: ClassVar = {"done": FINISH}
    _by_policy: ClassVar = frozenset()
    _work: ClassVar = ("owner", "due_at")

    def open(
        self,
        title: str,
        *,
        source_kind: str,
        source: str,
        owner: str,
        due_at: datetime,
        text: str = "",
        extra: Mapping[str, object] = EMPTY,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> ActionItem:
        """Have something done by somebody; gives it with its new id and number. See `action_items.open`.

        A `source` of a kind that the store keeps, such as `"complaint"`, is named by its id or its number and has to be
        there. Other kinds are the host's own, and so are their ids.
        """
        told: dict[str, Any] = {
            "title": title,
            "source_kind": source_kind,
            "source": source,
            "owner": owner,
            "due_at": due_at,
            "text": text,
            "extra": extra,
            "occurred_at": occurred_at,
        }
        order = self._order("open", told, command)
        id = self._desk.ids()

        def program(work: Work) -> Program[ActionItem]:
            def decide() -> Program[Decided]:
                self._permit(order, "open")
                found = yield from self._source(work, source_kind, source)
                number = yield from work.number(ActionItem, order.at.year)
                opened = action_items.open(id=id, number=number, by=order.by, at=order.at, **{**told, "source": found})
                self._check(order, "open", opened)
                return opened

            return (yield from start(work, ActionItem, decide, order))

        return self._desk.perform(program)

    def take_up(self, item: str, *, occurred_at: datetime | None = None, command: str | None = None) -> ActionItem:
        """Begin with an action. See `action_items.take_up`."""
        return self._do("take_up", item, command, occurred_at=occurred_at)

    def reassign(
        self,
        item: str,
        owner: str,
        *,
        reason: str | None = None,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> ActionItem:
        """Give an action to another owner. See `action_items.reassign`."""
        return self._do("reassign", item, command, owner=owner, reason=reason, occurred_at=occurred_at)

    def postpone(
        self,
        item: str,
        due_at: datetime,
        *,
        reason: str,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> ActionItem:
        """Agree on a later due date. See `action_items.postpone`."""
        return self._do("postpone", item, command, due_at=due_at, reason=reason, occurred_at=occurred_at)

    def done(
        self,
        item: str,
        evidence: str | None = None,
        *,
        attachments: Sequence[Attachment] = (),
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> ActionItem:
        """Report an action as done, with the evidence for it: a text, attachments or both. See `action_items.done`."""
        shown = several("attachments", attachments)
        return self._do("done", item, command, evidence=evidence, attachments=shown, occurred_at=occurred_at)

    def verify(
        self,
        item: str,
        effect: str,
        *,
        effective: bool,
        due_at: datetime | None = None,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> ActionItem:
        """Tell whether what was done has worked; `effect` is what was seen. See `action_items.verify`."""
        return self._do(
            "verify", item, command, effect=effect, effective=effective, due_at=due_at, occurred_at=occurred_at
        )

    def cancel(
        self, item: str, reason: str, *, occurred_at: datetime | None = None, command: str | None = None
    ) -> ActionItem:
        """End an action that is not to be done any more. See `action_items.cancel`."""
        return self._do("cancel", item, command, reason=reason, occurred_at=occurred_at)

    def overdue(self, *, limit: int = 50, after: str | None = None) -> Page[ActionItem]:
        """One page of the actions that are late, the latest first."""
        return self.page(
            where("open").is_(True), where("due_at") < self._desk.clock(), order="due_at", limit=limit, after=after
        )

    def unverified(self, *, limit: int = 50, after: str | None = None) -> Page[ActionItem]:
        """One page of the actions that are done, and that nobody has verified; those that wait longest first."""
        return self.page(where("state") == DONE, order="done_at", limit=limit, after=after)

    def of(self, source: str) -> tuple[ActionItem, ...]:
        """The actions that follow from a record, by its id or number, in the order in which they are due."""

        def program(work: Work) -> Program[tuple[ActionItem, ...]]:
            ids = [source]
            for kind in self._desk.store.kinds.values():
                if is_number(kind, source):
                    numbered = yield from work.find(kind.schema.record, where("number") == source, limit=1)
                    ids += [record.id for record in numbered]
            page = yield from work.find(ActionItem, where("source").one_of(ids), order="due_at")
            return page.items

        return self._desk.perform(program, readonly=True)

    # -- inside ----------------------------------------------------------------------------------

    def _source(self, work: Work, kind: str, source: str) -> Program[str]:
        for known in self._desk.store.kinds.values():
            if known.name == kind:
                found: Identified = yield from fetch(work, known, source)
                return found.id
        return source

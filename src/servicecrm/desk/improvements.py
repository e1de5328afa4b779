"""Proposals for changes at the desk: raised by anybody, decided about, handed over, and told back."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, ClassVar, Unpack

from servicecrm.desk.commands import Commands
from servicecrm.desk.programs import Decided, fetch, start
from servicecrm.improvements import actions
from servicecrm.improvements.actions import ProposalDetails
from servicecrm.improvements.codes import HandedTo, ProposalKind
from servicecrm.improvements.lifecycle import LIFECYCLE
from servicecrm.improvements.model import Origin, Proposal
from servicecrm.improvements.reports import Told, told, told_from
from servicecrm.improvements.schema import PROPOSAL
from servicecrm.kernel.filters import where
from servicecrm.kernel.frozen import EMPTY
from servicecrm.kernel.shapes import several
from servicecrm.storage.ports import Program
from servicecrm.storage.work import Work
from servicecrm.tracking.moments import Side

__all__ = ["Improvements"]


class Improvements(Commands[Proposal]):
    """Take proposals from anybody, and say what becomes of them.

    Source: C107.
    """

    _kind: ClassVar = PROPOSAL
    _actions: ClassVar = actions
    _lifecycle: ClassVar = LIFECYCLE
    _by_policy: ClassVar = frozenset()
    _work: ClassVar = ("owner", "raised_at")

    def propose(
        self,
        text: str,
        *,
        kind: ProposalKind | str,
        about: str | None = None,
        benefit: str = "",
        raised_by: str | None = None,
        side: Side | str = Side.INSIDE,
        raised_from: Iterable[Origin] = (),
        owner: str | None = None,
        extra: Mapping[str, object] = EMPTY,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Proposal:
        """Propose a change; gives the proposal with its new id and number. See `improvements.propose`."""
        given: dict[str, Any] = {
            "text": text,
            "kind": kind,
            "about": about,
            "benefit": benefit,
            "raised_by": raised_by,
            "side": side,
            "raised_from": several("raised_from", raised_from),
            "owner": owner,
            "extra": extra,
            "occurred_at": occurred_at,
        }
        order = self._order("propose", given, command)
        id = self._desk.ids()

        def program(work: Work) -> Program[Proposal]:
            def decide() -> Program[Decided]:
                self._permit(order, "propose")
                number = yield from work.number(Proposal, order.at.year)
                return actions.propose(id=id, number=number, by=order.by, at=order.at, **given)

            return (yield from start(work, Proposal, decide, order))

        return self._desk.perform(program)

    def edit(
        self,
        proposal: str,
        *,
        occurred_at: datetime | None = None,
        command: str | None = None,
        **details: Unpack[ProposalDetails],
    ) -> Proposal:
        """Change what is proposed, or who decides about it. See `improvements.edit`."""
        asked = {**details, "taken_away": [name for name, value in details.items() if value is None]}
        return self._do("edit", proposal, command, asked=asked, occurred_at=occurred_at, **details)

    def cite(
        self,
        proposal: str,
        origins: Iterable[Origin],
        *,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Proposal:
        """Name more records that ask for the same. See `improvements.cite`."""
        return self._do("cite", proposal, command, origins=several("origins", origins), occurred_at=occurred_at)

    def accept(
        self,
        proposal: str,
        answer: str | None = None,
        *,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Proposal:
        """Accept a proposal. See `improvements.accept`."""
        return self._do("accept", proposal, command, answer=answer, occurred_at=occurred_at)

    def reject(
        self, proposal: str, answer: str, *, occurred_at: datetime | None = None, command: str | None = None
    ) -> Proposal:
        """Reject a proposal, and say why. See `improvements.reject`."""
        return self._do("reject", proposal, command, answer=answer, occurred_at=occurred_at)

    def hand_over(
        self,
        proposal: str,
        to: HandedTo | str,
        *,
        target: str | None = None,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Proposal:
        """Hand an accepted proposal over to whoever carries it out, once. See `improvements.hand_over`."""
        return self._do("hand_over", proposal, command, to=to, target=target, occurred_at=occurred_at)

    def told(self, proposal: str) -> Told:
        """How it stands with a proposal, for whoever raised it. See `improvements.told`."""
        return self._desk.perform(lambda work: _told(work, proposal), readonly=True)

    def told_from(self, kind: str, id: str) -> tuple[Told, ...]:
        """How it stands with what came of a record, such as a complaint, by its id. See `improvements.told_from`."""

        def program(work: Work) -> Program[tuple[Told, ...]]:
            found = yield from work.find(Proposal, where("raised_from").has(Origin(kind=kind, id=id).key))
            return told_from(found.items, kind, id)

        return self._desk.perform(program, readonly=True)


def _told(work: Work, proposal: str) -> Program[Told]:
    return told((yield from fetch(work, PROPOSAL, proposal)))

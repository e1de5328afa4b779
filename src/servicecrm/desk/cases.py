"""Cases at the desk: every command by id, saved at once."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from servicecrm.cases.codes import Asker, ContactOutcome, ForwardClock
from servicecrm.cases.dossier import Dossier
from servicecrm.cases.model import Case
from servicecrm.desk.agreed import demanded_by
from servicecrm.desk.case_intake import CaseIntake
from servicecrm.desk.programs import Order
from servicecrm.desk.tracked import TRACKED
from servicecrm.kernel.filters import where
from servicecrm.kernel.kinds import storable
from servicecrm.kernel.shapes import several
from servicecrm.kernel.values import Attachment
from servicecrm.storage.ports import Program
from servicecrm.storage.work import Work

__all__ = ["Cases"]


class Cases(CaseIntake):
    """Log requests, see to it that somebody has each of them, find them.

    Wherever a case is named, its id or its number will do. Every change takes a `command`: with the same one it is made
    once, however often it is sent; and an `occurred_at`, when it happened earlier than now.
    """

    # -- who has it ------------------------------------------------------------------------------

    def accept(
        self,
        case: str,
        *,
        expected_by: datetime | None = None,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Case:
        """Take a case on, as its handler, as the deputy of an absent one, or out of a queue. See `cases.accept`."""
        house = self._desk.house
        deputies = {} if house is None else house.deputies
        told: dict[str, Any] = {"expected_by": expected_by, "occurred_at": occurred_at}
        return self._do("accept", case, command, asked=told, deputies=deputies, **told)

    def start(self, case: str, *, occurred_at: datetime | None = None, command: str | None = None) -> Case:
        """Begin to work on an accepted case. See `cases.start`."""
        return self._do("start", case, command, occurred_at=occurred_at)

    def forward(
        self,
        case: str,
        handler: str | None = None,
        *,
        queue: str | None = None,
        reason: str,
        clock: ForwardClock | str | None = None,
        until: datetime | None = None,
        approved_by: str | None = None,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Case:
        """Hand a case on to a person, a queue or both, who accept it anew. See `cases.forward`."""
        told: dict[str, Any] = {"handler": handler, "queue": queue, "reason": reason, "occurred_at": occurred_at}
        return self._do("forward", case, command, clock=clock, until=until, approved_by=approved_by, **told)

    def hand_back(
        self,
        case: str,
        reason: str,
        *,
        queue: str | None = None,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Case:
        """Return a case that came to the wrong place, to be routed anew by its queue, or by another one.

        See `cases.hand_back`.
        """
        return self._do("hand_back", case, command, reason=reason, queue=queue, occurred_at=occurred_at)

    # -- promises and updates --------------------------------------------------------------------

    def promise(
        self, case: str, until: datetime, *, occurred_at: datetime | None = None, command: str | None = None
    ) -> Case:
        """Tell the requester until when to expect an answer, if that was not told when the case was accepted.

        See `cases.promise`.
        """
        return self._do("promise", case, command, until=until, occurred_at=occurred_at)

    def extend(
        self,
        case: str,
        until: datetime,
        *,
        reason: str,
        approved_by: str | None = None,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Case:
        """Put a promise off. See `cases.extend`."""
        return self._do(
            "extend", case, command, until=until, reason=reason, approved_by=approved_by, occurred_at=occurred_at
        )

    def request_update(
        self,
        case: str,
        due_at: datetime | None = None,
        *,
        asker: Asker | str = Asker.OFFICIAL,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Case:
        """Ask whoever has a case how it stands; without a time, within that of the target `demanded_update`.

        See `cases.request_update`.
        """

        def more(work: Work, found: Case, order: Order) -> Program[Mapping[str, Any]]:
            given = (yield from demanded_by(work, TRACKED[Case], found, order.at)) if due_at is None else due_at
            return {"due_at": given}

        told: dict[str, Any] = {"asker": asker, "occurred_at": occurred_at}
        return self._do("request_update", case, command, more=more, asked={**told, "due_at": due_at}, **told)

    def give_update(
        self,
        case: str,
        text: str,
        *,
        language: str | None = None,
        attachments: Sequence[Attachment] = (),
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Case:
        """Tell our own side how a case stands. See `cases.give_update`."""
        told: dict[str, Any] = {
            "language": language,
            "attachments": several("attachments", attachments),
            "occurred_at": occurred_at,
        }
        return self._do("give_update", case, command, new_id=True, text=text, **told)

    # -- partners and the requester --------------------------------------------------------------

    def refer(
        self,
        case: str,
        partner: str,
        *,
        reference: str | None = None,
        reason: str | None = None,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Case:
        """Pass a case on to an outside partner; `reference` is the partner's number for it. See `cases.refer`."""
        return self._do(
            "refer", case, command, partner=partner, reference=reference, reason=reason, occurred_at=occurred_at
        )

    def partner_update(
        self,
        case: str,
        status: str,
        *,
        note: str | None = None,
        reference: str | None = None,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Case:
        """Take in what a partner says; what is older than the last such word changes nothing.

        See `cases.partner_update`.
        """
        told = {"status": storable("status", status), "note": note, "reference": reference, "occurred_at": occurred_at}
        return self._do("partner_update", case, command, **told)

    def contact(
        self,
        case: str,
        outcome: ContactOutcome | str,
        *,
        note: str,
        answered: bool = False,
        channel: str | None = None,
        language: str | None = None,
        attachments: Sequence[Attachment] = (),
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Case:
        """Log an attempt to reach the requester, with a note of what was said or tried. See `cases.contact`."""
        told: dict[str, Any] = {
            "channel": channel,
            "language": language,
            "attachments": several("attachments", attachments),
        }
        told |= {"outcome": outcome, "note": note, "answered": answered, "occurred_at": occurred_at}
        return self._do("contact", case, command, new_id=True, **told)

    # -- the file of a person --------------------------------------------------------------------

    def dossier(self, requester: str) -> Dossier:
        """All cases of a person: open while any of them is. See `cases.Dossier`."""

        def program(work: Work) -> Program[Dossier]:
            page = yield from work.find(Case, where("requester") == requester)
            return Dossier.of(requester, page.items)

        return self._desk.perform(program, glance=True)

"""General agreements at the desk: terms for all service agreements of a customer."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, ClassVar

from servicecrm.agreements import general
from servicecrm.agreements.codes import Party
from servicecrm.agreements.levels import ServiceLevels
from servicecrm.agreements.lifecycle import GENERAL as LIFECYCLE
from servicecrm.agreements.model import Agreement, GeneralAgreement
from servicecrm.agreements.schema import GENERAL_AGREEMENT
from servicecrm.desk.agreement_terms import checked_levels, general_of
from servicecrm.desk.commands import Commands
from servicecrm.desk.programs import Decided, Order, by_id, fetch, start
from servicecrm.kernel.filters import where
from servicecrm.kernel.frozen import EMPTY
from servicecrm.storage.ports import Program
from servicecrm.storage.work import Work

__all__ = ["GeneralAgreements"]


class GeneralAgreements(Commands[GeneralAgreement]):
    """Agree with a customer on what holds for all of its service agreements.

    Source: C027.
    """

    _kind: ClassVar = GENERAL_AGREEMENT
    _actions: ClassVar = general
    _lifecycle: ClassVar = LIFECYCLE
    _by_policy: ClassVar = frozenset()
    _work: ClassVar = ("customer", "last_day")

    def draft(
        self,
        terms: str,
        *,
        customer: str,
        first_day: date,
        last_day: date | None = None,
        topic: str = "general",
        levels: ServiceLevels | None = None,
        zone: str = "UTC",
        extra: Mapping[str, object] = EMPTY,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> GeneralAgreement:
        """Begin a general agreement; gives it with its new id and number. See `general.draft`."""
        told: dict[str, Any] = {
            "terms": terms,
            "customer": customer,
            "first_day": first_day,
            "last_day": last_day,
            "topic": topic,
            "levels": levels,
            "zone": zone,
            "extra": extra,
            "occurred_at": occurred_at,
        }
        order = self._order("draft", told, command)
        id = self._desk.ids()

        def program(work: Work) -> Program[GeneralAgreement]:
            def decide() -> Program[Decided]:
                self._permit(order, "draft")
                known = yield from by_id(work, told)
                yield from _checked(work, levels, order.at)
                number = yield from work.number(GeneralAgreement, order.at.year)
                return general.draft(id=id, number=number, by=order.by, at=order.at, **known)

            return (yield from start(work, GeneralAgreement, decide, order))

        return self._desk.perform(program)

    def edit(
        self,
        agreement: str,
        *,
        terms: str | None = None,
        levels: ServiceLevels | None = None,
        first_day: date | None = None,
        last_day: date | None = None,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> GeneralAgreement:
        """Change a draft. See `general.edit`."""

        def more(work: Work, _: GeneralAgreement, order: Order) -> Program[Mapping[str, Any]]:
            yield from _checked(work, levels, order.at)
            return {}

        told = {
            "terms": terms,
            "levels": levels,
            "first_day": first_day,
            "last_day": last_day,
            "occurred_at": occurred_at,
        }
        return self._do("edit", agreement, command, more=more, **told)

    def sign(
        self,
        agreement: str,
        party: Party | str,
        *,
        signer: str | None = None,
        place: str | None = None,
        digest: str | None = None,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> GeneralAgreement:
        """Sign it for a party; the second signature puts it in force. See `general.sign`."""

        def more(work: Work, found: GeneralAgreement, _: Order) -> Program[Mapping[str, Any]]:
            rivals = [each.id for each in (yield from general_of(work, found.customer)) if each.topic == found.topic]
            # So that of two which are signed at the same time the later one finds the other one in force.
            others = yield from work.present(GeneralAgreement, rivals, rivals=True)
            return {"others": tuple(others.values())}

        told = {"party": party, "signer": signer, "place": place, "digest": digest, "occurred_at": occurred_at}
        return self._do("sign", agreement, command, more=more, asked=told, **told)

    def renew(
        self,
        agreement: str,
        *,
        terms: str | None = None,
        levels: ServiceLevels | None = None,
        first_day: date,
        last_day: date | None = None,
        command: str | None = None,
    ) -> GeneralAgreement:
        """Begin the next version; gives the new one. See `general.renew`."""
        told: dict[str, Any] = {"terms": terms, "levels": levels, "first_day": first_day, "last_day": last_day}
        order = self._order("renew", {"agreement": agreement, **told}, command)
        id = self._desk.ids()

        def program(work: Work) -> Program[GeneralAgreement]:
            def decide() -> Program[Decided]:
                found = yield from fetch(work, GENERAL_AGREEMENT, agreement)
                self._permit(order, "renew", found)
                yield from _checked(work, levels, order.at)
                number = yield from work.number(GeneralAgreement, order.at.year)
                return general.renew(found, id=id, number=number, by=order.by, at=order.at, **told)

            return (yield from start(work, GeneralAgreement, decide, order))

        return self._desk.perform(program)

    def end(
        self,
        agreement: str,
        reason: str | None = None,
        *,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> GeneralAgreement:
        """End it, or give up a draft of it. See `general.end`."""
        return self._do("end", agreement, command, reason=reason, occurred_at=occurred_at)

    def dependents(self, agreement: str) -> tuple[Agreement, ...]:
        """The service agreements that it is attached to, and that are not over."""

        def program(work: Work) -> Program[tuple[Agreement, ...]]:
            found = yield from fetch(work, GENERAL_AGREEMENT, agreement)
            page = yield from work.find(Agreement, where("general").has(found.id))
            return general.dependents(found, page.items, at=self._desk.clock())

        return self._desk.perform(program, readonly=True)


def _checked(work: Work, levels: ServiceLevels | None, at: datetime) -> Program[None]:
    """Refuses times that no clock could measure. See `checked_levels`."""
    if levels is not None:
        yield from checked_levels(work, "GeneralAgreement.levels", at, levels)

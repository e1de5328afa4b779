"""The desk, awaited."""

import contextlib
from asyncio import to_thread
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeVar

from servicecrm.desk.awaited import AsyncComplaints, AsyncOutbox, AsyncPolicies
from servicecrm.desk.awaited_agreements import AsyncAgreements, AsyncGeneralAgreements, AsyncServices
from servicecrm.desk.awaited_cases import AsyncActionItems, AsyncCases
from servicecrm.desk.awaited_portfolio import (
    AsyncCustomers,
    AsyncInteractions,
    AsyncPartners,
    AsyncPortfolioSnapshots,
    AsyncPrivacy,
    AsyncProspects,
)
from servicecrm.desk.awaited_reviews import (
    AsyncImprovements,
    AsyncMeetings,
    AsyncNeeds,
    AsyncReportSpecs,
    AsyncSchedules,
    AsyncServiceReviews,
)
from servicecrm.desk.awaited_surveys import AsyncCampaigns, AsyncInvitations, AsyncQuestionnaires, AsyncResponses
from servicecrm.desk.base import AwaitedHooks, BaseDesk, Rewound, file_of, profile_of, to_import, utf8
from servicecrm.desk.following import SWEEPER
from servicecrm.desk.programs import Order, history_of, saved_once
from servicecrm.desk.sweeping import Sweep, Swept
from servicecrm.desk.timers import escalated, timers_of, worklist_of
from servicecrm.errors import ReadOnlyStore, StoreUnavailable
from servicecrm.kernel.decisions import Decision, flat
from servicecrm.kernel.values import Period
from servicecrm.storage.aio import AsyncEngineStore, ThreadStore, finished
from servicecrm.storage.awaited import AsyncUnit
from servicecrm.storage.ports import Command, Entry, Page, Program
from servicecrm.storage.transfer import exported, imported
from servicecrm.storage.work import Work
from servicecrm.tracking import Clock, Timers

if TYPE_CHECKING:
    from servicecrm.analytics.kpis_table import KpiTable
    from servicecrm.analytics.status import Audience, StatusInfo, StatusKey
    from servicecrm.desk.awaited_evaluations import AsyncEvaluations
    from servicecrm.desk.awaited_numbers import AsyncNumbers
    from servicecrm.desk.replay import Replay
    from servicecrm.interop.logs import Fact as LogFact
    from servicecrm.interop.logs import RefusedRow
    from servicecrm.interop.maps import LogMap
    from servicecrm.storage.postgres import PostgresProfile
    from servicecrm.storage.sqlite import Profile

__all__ = ["AsyncDesk"]

T = TypeVar("T")


class AsyncDesk(BaseDesk[AsyncEngineStore]):
    """Work on a store as somebody, awaited: the names of `Desk`. Cancelling leaves before or after, never between.

    One desk serves many tasks of one event loop. Use it as an async context manager, or call `close`.
    """

    _hooks_of = AwaitedHooks

    @property
    def complaints(self) -> AsyncComplaints:
        """Record complaints and handle them."""
        return AsyncComplaints(self)

    @property
    def cases(self) -> AsyncCases:
        """Log requests and see to it that somebody has each of them."""
        return AsyncCases(self)

    @property
    def actions(self) -> AsyncActionItems:
        """Have something done because of a record."""
        return AsyncActionItems(self)

    @property
    def customers(self) -> AsyncCustomers:
        """Know your customers: who they are, who looks after them, what they agreed to."""
        return AsyncCustomers(self)

    @property
    def interactions(self) -> AsyncInteractions:
        """Note calls, letters and visits with customers, prospects and partners."""
        return AsyncInteractions(self)

    @property
    def prospects(self) -> AsyncProspects:
        """Follow those who may become customers, and what was offered to them."""
        return AsyncProspects(self)

    @property
    def partners(self) -> AsyncPartners:
        """Keep resellers and suppliers, and look at them regularly."""
        return AsyncPartners(self)

    @property
    def portfolio_snapshots(self) -> AsyncPortfolioSnapshots:
        """Keep how it stands with all customers, and see later what has changed."""
        return AsyncPortfolioSnapshots(self)

    @property
    def privacy(self) -> AsyncPrivacy:
        """Tell people what is held about them, and forget them."""
        return AsyncPrivacy(self)

    @property
    def services(self) -> AsyncServices:
        """Define services, release them, and see what customers are offered."""
        return AsyncServices(self)

    @property
    def agreements(self) -> AsyncAgreements:
        """Negotiate service agreements with customers, sign them, and see whether they are kept."""
        return AsyncAgreements(self)

    @property
    def general_agreements(self) -> AsyncGeneralAgreements:
        """Agree on terms that hold for all agreements of a customer."""
        return AsyncGeneralAgreements(self)

    @property
    def questionnaires(self) -> AsyncQuestionnaires:
        """Write questionnaires and release them."""
        return AsyncQuestionnaires(self)

    @property
    def campaigns(self) -> AsyncCampaigns:
        """Plan surveys and other measures of satisfaction, open and close them."""
        return AsyncCampaigns(self)

    @property
    def invitations(self) -> AsyncInvitations:
        """Invite people to a survey, and remind them."""
        return AsyncInvitations(self)

    @property
    def responses(self) -> AsyncResponses:
        """Take answers to a survey, and read them."""
        return AsyncResponses(self)

    @property
    def evaluations(self) -> "AsyncEvaluations":
        """See what the answers to a survey say, publish it, and act on it."""
        from servicecrm.desk.awaited_evaluations import AsyncEvaluations

        return AsyncEvaluations(self)

    @property
    def meetings(self) -> AsyncMeetings:
        """Hold meetings with customers, and agree on their minutes."""
        return AsyncMeetings(self)

    @property
    def service_reviews(self) -> AsyncServiceReviews:
        """Review services with customers, from frozen figures to what follows."""
        return AsyncServiceReviews(self)

    @property
    def review_schedules(self) -> AsyncSchedules:
        """See to it that meetings and reviews are held as often as was agreed."""
        return AsyncSchedules(self)

    @property
    def needs(self) -> AsyncNeeds:
        """Keep what customers need and plan, and pass it on."""
        return AsyncNeeds(self)

    @property
    def report_specs(self) -> AsyncReportSpecs:
        """Specify regular reports, and see which are due."""
        return AsyncReportSpecs(self)

    @property
    def improvements(self) -> AsyncImprovements:
        """Take up proposals for changes, and answer them."""
        return AsyncImprovements(self)

    @property
    def policies(self) -> AsyncPolicies:
        """The house rules, version by version: policies, targets, calendars, request types, routing."""
        return AsyncPolicies(self)

    @property
    def numbers(self) -> "AsyncNumbers":
        """How the work goes. See `Desk.numbers`."""
        from servicecrm.desk.awaited_numbers import AsyncNumbers

        return AsyncNumbers(self)

    @property
    def outbox(self) -> AsyncOutbox:
        """See which notices are not delivered."""
        return AsyncOutbox(self)

    @contextlib.asynccontextmanager
    async def unit(self) -> AsyncIterator[AsyncUnit]:
        """Several changes, one commit: all of them are saved when the block ends, or none."""
        async with self.store.unit() as unit:
            yield unit

    async def save(
        self, *decisions: Decision[Any] | tuple[Decision[Any], ...], command: Command | None = None
    ) -> tuple[Any, ...]:
        """Save decisions that a host made with the pure commands. See `Desk.save`."""
        every = flat(decisions)
        order = Order(self.actor, self.clock(), command, self.house)
        async with self.store.unit():  # not run again: a host decides anew when others came in between
            return await self.perform(lambda work: saved_once(work, every, order))

    async def committed(self) -> None:
        """Tell a desk on your own connection that you have committed: its hooks run."""
        await self._on_a_connection().committed()

    def rolled_back(self) -> None:
        """Tell a desk on your own connection that you have rolled back: its hooks will not run."""
        self._on_a_connection().rolled_back()

    async def history(self, id: str) -> tuple[Entry, ...]:
        """What happened to a record, oldest first. See `Desk.history`."""
        return await self.perform(lambda work: history_of(work, self.store.kinds, id), readonly=True)

    async def worklist(self, handler: str, *, limit: int = 50, after: str | None = None) -> Page[Any]:
        """The open records of a handler or a queue. See `Desk.worklist`."""
        return await self.perform(worklist_of(handler, limit=limit, after=after), readonly=True)

    async def timers(self, id: str, *, at: datetime | None = None) -> Timers:
        """Where the timers of a record stand. See `Desk.timers`."""
        return await self.perform(timers_of(id, self.clock() if at is None else at), readonly=True)

    async def kpis(
        self,
        period: str | Period,
        *,
        of: str = "complaint",
        by: str | None = None,
        zone: str | None = None,
        as_of: datetime | None = None,
    ) -> "KpiTable":
        """The key figures of a period. See `Desk.kpis`."""
        return await self.numbers.kpis(period, of=of, by=by, zone=zone, as_of=as_of)

    async def status(
        self,
        id: str,
        *,
        audience: "Audience | str" = "complainant",
        secret: str | None = None,
        key: "StatusKey | None" = None,
        language: str | None = None,
    ) -> "StatusInfo":
        """How a record stands, as far as an audience may know. See `Desk.status`."""
        from servicecrm.desk.status import status_for

        at = self.clock()
        told = status_for(id, audience=audience, secret=secret, key=key, language=language, at=at)
        return await self.perform(told, readonly=True)

    # -- what comes due --------------------------------------------------------------------------

    async def sweep(self, now: datetime | None = None) -> Swept:
        """Fire everything that is due by now. See `Desk.sweep`."""
        sweep = Sweep(self.house, SWEEPER, self.clock() if now is None else now)
        parts: list[Swept] = []
        with self._own_tables():
            while not parts or sweep.goes_on(parts[-1]):
                parts.append(await self.store.perform(sweep.some, claiming=True))
        return Swept.together(parts)

    async def escalate(self, id: str, role: str, *, reason: str, timer: str, command: str | None = None) -> Clock:
        """Put a record before a higher role at once. See `Desk.escalate`."""
        order = Order(self.actor, self.clock(), None, self.house)
        return await self.perform(escalated(id, role, reason=reason, timer=timer, command=command, order=order))

    @property
    def profile(self) -> "Profile | PostgresProfile":
        """How the database keeps its promises here. See `Desk.profile`."""
        return profile_of(self.store)

    async def backup(self, to: str | Path) -> Path:
        """A consistent and verified copy of an SQLite file. See `Desk.backup`."""
        file = file_of(self.store.store if isinstance(self.store, ThreadStore) else None)
        return await finished(to_thread(file.backup, to))

    async def export(self, to: str | Path | IO[str]) -> int:
        """Write everything of this tenant as JSON Lines, to a new file. See `Desk.export`."""
        if isinstance(to, str | Path):
            try:
                file = await finished(to_thread(Path(to).open, "x", encoding="utf-8", newline="\n"))
            except FileExistsError:
                raise StoreUnavailable(f"{Path(to).name} is there already; name a new file") from None
            try:
                with file:
                    return await self.export(file)
            except BaseException:
                Path(to).unlink()  # not all of an export is none
                raise
        with contextlib.suppress(ReadOnlyStore):  # what is not sealed yet is exported as it is
            await self.store.seal()
        written = Rewound(to)
        return await self.perform(lambda _: exported(self.store.kinds, written().write), readonly=True)

    async def import_(self, source: str | Path | IO[str]) -> int:
        """Put an export into this tenant, which has to be empty. See `Desk.import_`."""
        if isinstance(source, str | Path):
            with await finished(to_thread(to_import, source)) as file:
                return await self.import_(file)
        with utf8():
            read = Rewound(source)
            return await self.perform(lambda work: imported(self.store.kinds, read(), work.seal))

    async def replay(
        self,
        facts: "Iterable[LogFact | RefusedRow]",
        log_map: "LogMap",
        *,
        batch: int = 1_000,
        strict: bool = False,
        progress: "Callable[[Replay], object] | None" = None,
    ) -> "Replay":
        """Follow another system's log. See `Desk.replay`; the log is read in a thread."""
        from servicecrm.desk.replay import Replay, following, in_batches

        result, parts = Replay(), in_batches(facts, log_map, batch=batch)
        while part := await to_thread(lambda: next(parts, None)):
            result.add(await self.perform(following(self, part, log_map, strict=strict)))
            if progress is not None:
                progress(result)
        return result

    async def perform(
        self, program: Callable[[Work], Program[T]], *, readonly: bool = False, glance: bool = False
    ) -> T:
        """Run a program on the store; what every method above does. A `glance` most likely asks one question."""
        with self._own_tables():
            return await self.store.perform(program, readonly=readonly, glance=glance)

    async def close(self) -> None:
        """Give the store back. A desk that came from another one leaves that to it."""
        if self._owner:
            await self.store.close()

    async def __aenter__(self) -> "AsyncDesk":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

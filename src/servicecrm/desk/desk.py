"""The desk: a store, a clock, new ids and an actor around the pure commands."""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeVar

from servicecrm.desk.actions import ActionItems
from servicecrm.desk.agreements import Agreements
from servicecrm.desk.base import BaseDesk, Rewound, WaitedHooks, file_of, profile_of, to_import, utf8
from servicecrm.desk.cases import Cases
from servicecrm.desk.complaints import Complaints
from servicecrm.desk.customers import Customers
from servicecrm.desk.following import SWEEPER
from servicecrm.desk.general_agreements import GeneralAgreements
from servicecrm.desk.improvements import Improvements
from servicecrm.desk.interactions import Interactions
from servicecrm.desk.invitations import Invitations
from servicecrm.desk.meetings import Meetings
from servicecrm.desk.needs import Needs
from servicecrm.desk.outbox import Outbox
from servicecrm.desk.partners import Partners
from servicecrm.desk.policies import Policies
from servicecrm.desk.portfolio_snapshots import PortfolioSnapshots
from servicecrm.desk.privacy import Privacy
from servicecrm.desk.programs import Order, history_of, saved_once
from servicecrm.desk.prospects import Prospects
from servicecrm.desk.report_specs import ReportSpecs
from servicecrm.desk.responses import Responses
from servicecrm.desk.review_schedules import Schedules
from servicecrm.desk.service_reviews import ServiceReviews
from servicecrm.desk.services import Services
from servicecrm.desk.surveys import Campaigns, Questionnaires
from servicecrm.desk.sweeping import Sweep, Swept
from servicecrm.desk.timers import escalated, timers_of, worklist_of
from servicecrm.errors import ReadOnlyStore, StoreUnavailable
from servicecrm.kernel.decisions import Decision, flat
from servicecrm.kernel.values import Period
from servicecrm.storage.ports import Command, Entry, Page, Program
from servicecrm.storage.sqlite import Profile
from servicecrm.storage.store import EngineStore, EngineUnit
from servicecrm.storage.transfer import exported, imported
from servicecrm.storage.work import Work
from servicecrm.tracking import Clock, Timers

if TYPE_CHECKING:
    from servicecrm.analytics.kpis_table import KpiTable
    from servicecrm.analytics.status import Audience, StatusInfo, StatusKey
    from servicecrm.desk.evaluations import Evaluations
    from servicecrm.desk.numbers import Numbers
    from servicecrm.desk.replay import Replay
    from servicecrm.interop.logs import Fact as LogFact
    from servicecrm.interop.logs import RefusedRow
    from servicecrm.interop.maps import LogMap
    from servicecrm.storage.postgres import PostgresProfile

__all__ = ["Desk"]

T = TypeVar("T")


class Desk(BaseDesk[EngineStore]):
    """Work on a store as somebody.

    One desk serves many threads; `acting_as` gives the same desk to another actor. Use it as a context manager, or
    call `close`.
    """

    _hooks_of = WaitedHooks

    # -- the slices ------------------------------------------------------------------------------

    @property
    def complaints(self) -> Complaints:
        """Record complaints and handle them."""
        return Complaints(self)

    @property
    def cases(self) -> Cases:
        """Log requests and see to it that somebody has each of them."""
        return Cases(self)

    @property
    def actions(self) -> ActionItems:
        """Have something done because of a record."""
        return ActionItems(self)

    @property
    def customers(self) -> Customers:
        """Know your customers: who they are, who looks after them, what they agreed to."""
        return Customers(self)

    @property
    def interactions(self) -> Interactions:
        """Note calls, letters and visits with customers, prospects and partners."""
        return Interactions(self)

    @property
    def prospects(self) -> Prospects:
        """Follow those who may become customers, and what was offered to them."""
        return Prospects(self)

    @property
    def partners(self) -> Partners:
        """Keep resellers and suppliers, and look at them regularly."""
        return Partners(self)

    @property
    def portfolio_snapshots(self) -> PortfolioSnapshots:
        """Keep how it stands with all customers, and see later what has changed."""
        return PortfolioSnapshots(self)

    @property
    def privacy(self) -> Privacy:
        """Tell people what is held about them, and forget them."""
        return Privacy(self)

    @property
    def services(self) -> Services:
        """Define services, release them, and see what customers are offered."""
        return Services(self)

    @property
    def agreements(self) -> Agreements:
        """Negotiate service agreements with customers, sign them, and see whether they are kept."""
        return Agreements(self)

    @property
    def general_agreements(self) -> GeneralAgreements:
        """Agree on terms that hold for all agreements of a customer."""
        return GeneralAgreements(self)

    @property
    def questionnaires(self) -> Questionnaires:
        """Write questionnaires and release them."""
        return Questionnaires(self)

    @property
    def campaigns(self) -> Campaigns:
        """Plan surveys and other measures of satisfaction, open and close them."""
        return Campaigns(self)

    @property
    def invitations(self) -> Invitations:
        """Invite people to a survey, and remind them."""
        return Invitations(self)

    @property
    def responses(self) -> Responses:
        """Take answers to a survey, and read them."""
        return Responses(self)

    @property
    def evaluations(self) -> "Evaluations":
        """See what the answers to a survey say, publish it, and act on it."""
        from servicecrm.desk.evaluations import Evaluations

        return Evaluations(self)

    @property
    def meetings(self) -> Meetings:
        """Hold meetings with customers, and agree on their minutes."""
        return Meetings(self)

    @property
    def service_reviews(self) -> ServiceReviews:
        """Review services with customers, from frozen figures to what follows."""
        return ServiceReviews(self)

    @property
    def review_schedules(self) -> Schedules:
        """See to it that meetings and reviews are held as often as was agreed."""
        return Schedules(self)

    @property
    def needs(self) -> Needs:
        """Keep what customers need and plan, and pass it on."""
        return Needs(self)

    @property
    def report_specs(self) -> ReportSpecs:
        """Specify regular reports, and see which are due."""
        return ReportSpecs(self)

    @property
    def improvements(self) -> Improvements:
        """Take up proposals for changes, and answer them."""
        return Improvements(self)

    @property
    def policies(self) -> Policies:
        """The house rules, version by version: policies, targets, calendars, request types, routing."""
        return Policies(self)

    @property
    def numbers(self) -> "Numbers":
        """How the work goes: key figures, what is open, what is left to do."""
        from servicecrm.desk.numbers import Numbers

        return Numbers(self)

    @property
    def outbox(self) -> Outbox:
        """See which notices are not delivered."""
        return Outbox(self)

    # -- units and hooks -------------------------------------------------------------------------

    @contextlib.contextmanager
    def unit(self) -> Iterator[EngineUnit]:
        """Several changes, one commit: all of them are saved when the block ends, or none.

        Changes by this desk, and by others that it was given to, join the unit.
        """
        with self.store.unit() as unit:
            yield unit

    def save(
        self, *decisions: Decision[Any] | tuple[Decision[Any], ...], command: Command | None = None
    ) -> tuple[Any, ...]:
        """Save decisions that a host made with the pure commands; gives the records with their new revisions.

        A command that decides about several records gives a tuple; it is taken as it is: the rights, checklists and
        limits of the house are for the commands of the desk, and not asked. What follows from the decisions is saved
        with them: clocks are read again, and notices kept. The same `command` again saves nothing,
        and gives the first of the records as it is now.

        Raises:
            StaleRevision: somebody saved one of the records in between.
        """
        every = flat(decisions)
        order = Order(self.actor, self.clock(), command, self.house)
        with self.store.unit():  # not run again: a host decides anew when others came in between
            return self.perform(lambda work: saved_once(work, every, order))

    def committed(self) -> None:
        """Tell a desk on your own connection that you have committed: its hooks run."""
        self._on_a_connection().committed()

    def rolled_back(self) -> None:
        """Tell a desk on your own connection that you have rolled back: its hooks will not run."""
        self._on_a_connection().rolled_back()

    # -- reading ---------------------------------------------------------------------------------

    def history(self, id: str) -> tuple[Entry, ...]:
        """What happened to a record, oldest first; a complaint may also be named by its number.

        Raises:
            NotFound: there is no such record.
        """
        return self.perform(lambda work: history_of(work, self.store.kinds, id), readonly=True)

    def worklist(self, handler: str, *, limit: int = 50, after: str | None = None) -> Page[Any]:
        """The open records of a handler or a queue, of every kind, those first of which something is due first."""
        return self.perform(worklist_of(handler, limit=limit, after=after), readonly=True)

    def timers(self, id: str, *, at: datetime | None = None) -> Timers:
        """Where the timers of a record stand, now or at another time, by the rules that are in force then.

        Raises:
            NotFound: there is no such record.
            InvalidValue: `at` lies outside the years 1 to 9999 in UTC.
        """
        return self.perform(timers_of(id, self.clock() if at is None else at), readonly=True)

    def kpis(
        self,
        period: str | Period,
        *,
        of: str = "complaint",
        by: str | None = None,
        zone: str | None = None,
        as_of: datetime | None = None,
    ) -> "KpiTable":
        """The key figures of a period such as `2026-Q3`, as a table. See `Numbers.kpis`, which takes more.

        Source: C113.
        """
        return self.numbers.kpis(period, of=of, by=by, zone=zone, as_of=as_of)

    def status(
        self,
        id: str,
        *,
        audience: "Audience | str" = "complainant",
        secret: str | None = None,
        key: "StatusKey | None" = None,
        language: str | None = None,
    ) -> "StatusInfo":
        """How a record stands, as far as an audience may know: the complainant, its handler, or the official behind it.

        With the `key` of the house it is for whoever comes from outside: a wrong `secret`, none, and a record that is
        not there have the same answer, `NO_STATUS`.

        Raises:
            NotFound: there is no such record, and no secret was asked for.
            InvalidValue: a secret is given without the key, or for another audience than the complainant; there is no
                such audience; the record has no official; or the language is no language tag.

        Source: C052.
        """
        from servicecrm.desk.status import status_for

        at = self.clock()
        told = status_for(id, audience=audience, secret=secret, key=key, language=language, at=at)
        return self.perform(told, readonly=True)

    # -- what comes due --------------------------------------------------------------------------

    def sweep(self, now: datetime | None = None) -> Swept:
        """Fire everything that is due by now: once, whoever calls it, in however many processes, and however late.

        What is due follows from the moments of each record and the rules of the day, so that published holidays and
        tighter targets move it too. Tells what happened; notices of it wait in the outbox.

        Raises:
            InvalidValue: a year around `now` leads out of the calendar.

        Source: C037.
        """
        sweep = Sweep(self.house, SWEEPER, self.clock() if now is None else now)
        parts: list[Swept] = []
        with self._own_tables():
            while not parts or sweep.goes_on(parts[-1]):
                parts.append(self.store.perform(sweep.some, claiming=True))
        return Swept.together(parts)

    def escalate(self, id: str, role: str, *, reason: str, timer: str, command: str | None = None) -> Clock:
        """Put a record before a higher role at once, on the ladder of one of its targets.

        The same `command` again does not.

        Raises:
            PolicyViolation: the role is not on that ladder, or no higher than it has come already.
            InvalidValue: there is no such target, or it has no ladder.

        Source: C039.
        """
        order = Order(self.actor, self.clock(), None, self.house)
        return self.perform(escalated(id, role, reason=reason, timer=timer, command=command, order=order))

    # -- the file --------------------------------------------------------------------------------

    @property
    def profile(self) -> "Profile | PostgresProfile":
        """How the database keeps its promises here.

        Raises:
            StoreError: the store is no database of ours.
        """
        return profile_of(self.store)

    def backup(self, to: str | Path) -> Path:
        """A consistent and verified copy in a new file, made while others go on writing. See `storage.restore`.

        Raises:
            StoreError: the store is not a file of ours; use `export`.
            StoreUnavailable: there is a file of that name already, or the copy is not sound.
        """
        return file_of(self.store).backup(to)

    # -- moving everything -----------------------------------------------------------------------

    def export(self, to: str | Path | IO[str]) -> int:
        """Write everything of this tenant as JSON Lines, to a new file; tells how many lines. See `import_`.

        Raises:
            InvalidValue: it is neither a path nor a file that is open to be written.
            StoreUnavailable: there is a file of that name already.
        """
        if isinstance(to, str | Path):
            try:
                file = Path(to).open("x", encoding="utf-8", newline="\n")  # noqa: SIM115 - closed below, and removed if need be
            except FileExistsError:
                raise StoreUnavailable(f"{Path(to).name} is there already; name a new file") from None
            try:
                with file:
                    return self.export(file)
            except BaseException:
                Path(to).unlink()  # not all of an export is none
                raise
        with contextlib.suppress(ReadOnlyStore):  # what is not sealed yet is exported as it is
            self.store.seal()
        written = Rewound(to)
        return self.perform(lambda _: exported(self.store.kinds, written().write), readonly=True)

    def import_(self, source: str | Path | IO[str]) -> int:
        """Put an export into this tenant, which has to be empty: all of it, or nothing; tells how many lines.

        Raises:
            ImportProblem: it is no export, or not all of one, or the file cannot be read.
        """
        if isinstance(source, str | Path):
            with to_import(source) as file:
                return self.import_(file)
        with utf8():
            read = Rewound(source)
            return self.perform(lambda work: imported(self.store.kinds, read(), work.seal))

    def replay(
        self,
        facts: "Iterable[LogFact | RefusedRow]",
        log_map: "LogMap",
        *,
        batch: int = 1_000,
        strict: bool = False,
        progress: "Callable[[Replay], object] | None" = None,
    ) -> "Replay":
        """Follow another system's log: `crm.replay(read_log(path, log_map), log_map)`. A second run changes nothing.

        Every `batch` facts are a unit of work. The complaint of a case has the id `<name of the log>:<case>`.

        Raises:
            ImportProblem: the store holds this log under another map; with `strict`, also the first bad row. The
                batches before stay.
        """
        from servicecrm.desk.replay import replay

        return replay(self, facts, log_map, batch=batch, strict=strict, progress=progress)

    # -- the end ---------------------------------------------------------------------------------

    def perform(self, program: Callable[[Work], Program[T]], *, readonly: bool = False, glance: bool = False) -> T:
        """Run a program on the store; what every method above does. A `glance` most likely asks one question."""
        with self._own_tables():
            return self.store.perform(program, readonly=readonly, glance=glance)

    def close(self) -> None:
        """Give the store back. A desk that came from another one leaves that to it."""
        if self._owner:
            self.store.close()

    def __enter__(self) -> "Desk":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

"""Meetings with customers at the desk: planned, held, and their minutes approved and passed on."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, ClassVar

from servicecrm.desk.books import book_of
from servicecrm.desk.commands import Commands
from servicecrm.desk.programs import Decided, Order, by_id, start
from servicecrm.desk.review_schedules import calendar_of
from servicecrm.kernel.filters import where
from servicecrm.kernel.frozen import EMPTY
from servicecrm.kernel.shapes import several
from servicecrm.reviews import meetings
from servicecrm.reviews.codes import ResolutionKind
from servicecrm.reviews.lifecycle import MEETING as LIFECYCLE
from servicecrm.reviews.model import Meeting
from servicecrm.reviews.parts import Attendee, Resolution, Topic
from servicecrm.reviews.policy import ReviewPolicies
from servicecrm.reviews.schema import MEETING
from servicecrm.storage.ports import Page, Program
from servicecrm.storage.work import Work
from servicecrm.tracking.action_model import ActionItem
from servicecrm.tracking.books import DEFAULT_CALENDAR
from servicecrm.tracking.moments import Side

__all__ = ["Meetings", "numbers_for"]


def numbers_for(work: Work, resolutions: Iterable[Resolution], year: int) -> Program[list[str]]:
    """A number for each action that was decided on."""
    numbers: list[str] = []
    for each in resolutions:
        if each.kind is ResolutionKind.ACTION:
            numbers.append((yield from work.number(ActionItem, year)))  # noqa: PERF401 - no list can yield
    return numbers


class Meetings(Commands[Meeting]):
    """Meet customers, and keep what was said.

    Source: C085; YaSM SP3.5.
    """

    _kind: ClassVar = MEETING
    _actions: ClassVar = meetings
    _lifecycle: ClassVar = LIFECYCLE
    _book: ClassVar = ReviewPolicies
    _by_policy: ClassVar = frozenset({"hold"})
    _work: ClassVar = ("organizer", "planned_for")

    def plan(
        self,
        title: str,
        *,
        customer: str,
        planned_for: datetime,
        planned_until: datetime | None = None,
        organizer: str | None = None,
        occasion: str = "meeting",
        place: str | None = None,
        agenda: Iterable[Topic] = (),
        due_on: date | None = None,
        extra: Mapping[str, object] = EMPTY,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Meeting:
        """Plan a meeting; gives it with its new id and number. See `meetings.plan`.

        Without an `organizer` it is whoever plans it.
        """
        told: dict[str, Any] = {
            "title": title,
            "customer": customer,
            "planned_for": planned_for,
            "planned_until": planned_until,
            "organizer": organizer,
            "occasion": occasion,
            "place": place,
            "agenda": several("agenda", agenda),
            "due_on": due_on,
            "extra": extra,
            "occurred_at": occurred_at,
        }
        order = self._order("plan", told, command)
        id = self._desk.ids()

        def program(work: Work) -> Program[Meeting]:
            def decide() -> Program[Decided]:
                self._permit(order, "plan")
                known = yield from by_id(work, told)
                version = (yield from book_of(work, ReviewPolicies)).in_force(order.at)[0]
                number = yield from work.number(Meeting, order.at.year)
                given = {**known, "organizer": organizer or order.by.id}
                return meetings.plan(id=id, number=number, policy_version=version, by=order.by, at=order.at, **given)

            return (yield from start(work, Meeting, decide, order))

        return self._desk.perform(program)

    def add_topics(
        self,
        meeting: str,
        topics: Iterable[Topic],
        *,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Meeting:
        """Put something on the agenda. See `meetings.add_topics`."""
        return self._do("add_topics", meeting, command, topics=several("topics", topics), occurred_at=occurred_at)

    def reschedule(
        self,
        meeting: str,
        planned_for: datetime,
        *,
        planned_until: datetime | None = None,
        place: str | None = None,
        reason: str | None = None,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Meeting:
        """Hold it at another time; the day on which it is due stays as it is. See `meetings.reschedule`."""
        told = {"planned_for": planned_for, "planned_until": planned_until, "place": place, "reason": reason}
        return self._do("reschedule", meeting, command, occurred_at=occurred_at, **told)

    def hold(
        self,
        meeting: str,
        attendees: Iterable[Attendee],
        *,
        calendar: str = DEFAULT_CALENDAR,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Meeting:
        """Note that it took place, and who was there; its minutes are due by a calendar. See `meetings.hold`."""

        def more(work: Work, _: Meeting, order: Order) -> Program[Mapping[str, Any]]:
            return {"calendar": (yield from calendar_of(work, calendar, order.at))}

        people = several("attendees", attendees)
        asked = {"attendees": people, "calendar": calendar}
        return self._do("hold", meeting, command, more=more, asked=asked, attendees=people, occurred_at=occurred_at)

    def resolve(
        self,
        meeting: str,
        resolutions: Iterable[Resolution],
        *,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Meeting:
        """Decide something; each action is an action item of its own. See `meetings.resolve`."""
        given = several("resolutions", resolutions, Resolution)
        ids = [self._desk.ids() for _ in given]

        def more(work: Work, _: Meeting, order: Order) -> Program[Mapping[str, Any]]:
            return {"ids": ids, "numbers": (yield from numbers_for(work, given, order.at.year))}

        asked = {"resolutions": given}
        return self._do("resolve", meeting, command, more=more, asked=asked, resolutions=given, occurred_at=occurred_at)

    def draft(
        self,
        meeting: str,
        topics: Iterable[Topic],
        *,
        next_on: date | None = None,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Meeting:
        """Write the minutes. See `meetings.draft`."""
        told = {"topics": several("topics", topics), "next_on": next_on}
        return self._do("draft", meeting, command, occurred_at=occurred_at, **told)

    def edit(
        self,
        meeting: str,
        *,
        topics: Iterable[Topic] | None = None,
        next_on: date | None = None,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Meeting:
        """Change the draft of the minutes; whatever was approved before counts no more. See `meetings.edit`."""
        told = {"topics": None if topics is None else several("topics", topics), "next_on": next_on}
        return self._do("edit", meeting, command, occurred_at=occurred_at, **told)

    def approve(
        self,
        meeting: str,
        side: Side | str,
        *,
        signer: str | None = None,
        digest: str | None = None,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Meeting:
        """Approve the minutes for one side; with the second side they are approved. See `meetings.approve`."""
        told = {"side": side, "signer": signer, "digest": digest}
        return self._do("approve", meeting, command, occurred_at=occurred_at, **told)

    def distribute(
        self,
        meeting: str,
        to: Iterable[str] | None = None,
        *,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> Meeting:
        """Pass the approved minutes on: to all who were there, or to whom is named. See `meetings.distribute`."""
        people = None if to is None else several("to", to)
        return self._do("distribute", meeting, command, to=people, occurred_at=occurred_at)

    def add(
        self, meeting: str, text: str, *, occurred_at: datetime | None = None, command: str | None = None
    ) -> Meeting:
        """Add something to approved minutes, which themselves stay as they are. See `meetings.add`."""
        return self._do("add", meeting, command, text=text, occurred_at=occurred_at)

    def cancel(
        self, meeting: str, reason: str, *, occurred_at: datetime | None = None, command: str | None = None
    ) -> Meeting:
        """Note that it does not take place. See `meetings.cancel`."""
        return self._do("cancel", meeting, command, reason=reason, occurred_at=occurred_at)

    def late_minutes(self, *, limit: int = 50, after: str | None = None) -> Page[Meeting]:
        """One page of the meetings whose minutes are late now; what was due first comes first."""
        late = where("open").is_(True) & (where("distribute_by") < self._desk.clock())
        return self.page(late, order="distribute_by", limit=limit, after=after)

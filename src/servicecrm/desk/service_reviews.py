"""Service reviews at the desk: prepared out of what the store knows, held, and published."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, ClassVar, Unpack

from servicecrm.agreements.evaluating import Evaluation
from servicecrm.complaints.codes import Feedback
from servicecrm.complaints.model import Complaint
from servicecrm.desk.books import book_of
from servicecrm.desk.commands import Commands
from servicecrm.desk.meetings import numbers_for
from servicecrm.desk.programs import Decided, Order, by_id, start
from servicecrm.kernel.filters import where
from servicecrm.kernel.frozen import EMPTY
from servicecrm.kernel.shapes import several
from servicecrm.kernel.values import Attachment
from servicecrm.processes.review_pack import achieved_in, heard_in, needed, open_at
from servicecrm.reviews import service_reviews
from servicecrm.reviews.data_pack import Measured, PackEntry, pack
from servicecrm.reviews.lifecycle import SERVICE_REVIEW as LIFECYCLE
from servicecrm.reviews.model import Followed, Meeting, ServiceReview
from servicecrm.reviews.need_model import Need
from servicecrm.reviews.parts import Attendee, Resolution, Topic
from servicecrm.reviews.policy import ReviewPolicies
from servicecrm.reviews.reporting import Findings
from servicecrm.reviews.schema import SERVICE_REVIEW
from servicecrm.storage.ports import Page, Program
from servicecrm.storage.work import Work
from servicecrm.tracking.action_model import ActionItem
from servicecrm.tracking.moments import Side

__all__ = ["ServiceReviews"]


class ServiceReviews(Commands[ServiceReview]):
    """Look at services together with those who use them.

    Source: C087, C088; FitSM PR7.
    """

    _kind: ClassVar = SERVICE_REVIEW
    _actions: ClassVar = service_reviews
    _lifecycle: ClassVar = LIFECYCLE
    _book: ClassVar = ReviewPolicies
    _by_policy: ClassVar = frozenset({"reschedule"})
    _work: ClassVar = ("organizer", "planned_for")

    def plan(
        self,
        title: str,
        *,
        customer: str,
        services: Iterable[str] = (),
        period: str,
        zone: str = "UTC",
        planned_for: datetime,
        planned_until: datetime | None = None,
        organizer: str | None = None,
        occasion: str = "service_review",
        place: str | None = None,
        agenda: Iterable[Topic] = (),
        due_on: date | None = None,
        extra: Mapping[str, object] = EMPTY,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> ServiceReview:
        """Plan a review; gives it with its new id and number. See `service_reviews.plan`.

        Without an `organizer` it is whoever plans it.
        """
        told: dict[str, Any] = {
            "title": title,
            "customer": customer,
            "services": several("services", services),
            "period": period,
            "zone": zone,
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

        def program(work: Work) -> Program[ServiceReview]:
            def decide() -> Program[Decided]:
                self._permit(order, "plan")
                known = yield from by_id(work, told)
                version, policy = (yield from book_of(work, ReviewPolicies)).in_force(order.at)
                number = yield from work.number(ServiceReview, order.at.year)
                given = {**known, "organizer": organizer or order.by.id, "policy": policy, "policy_version": version}
                return service_reviews.plan(id=id, number=number, by=order.by, at=order.at, **given)

            return (yield from start(work, ServiceReview, decide, order))

        return self._desk.perform(program)

    def add_topics(
        self,
        review: str,
        topics: Iterable[Topic],
        *,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> ServiceReview:
        """Put something on the agenda. See `service_reviews.add_topics`."""
        return self._do("add_topics", review, command, topics=several("topics", topics), occurred_at=occurred_at)

    def reschedule(
        self,
        review: str,
        planned_for: datetime,
        *,
        planned_until: datetime | None = None,
        place: str | None = None,
        reason: str | None = None,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> ServiceReview:
        """Hold it at another time; the day on which it is due stays as it is. See `service_reviews.reschedule`."""
        told = {"planned_for": planned_for, "planned_until": planned_until, "place": place, "reason": reason}
        return self._do("reschedule", review, command, occurred_at=occurred_at, **told)

    def prepare(
        self,
        review: str,
        *,
        evaluations: Iterable[Evaluation] | None = None,
        satisfaction: Iterable[Measured] | None = None,
        changes: Iterable[PackEntry] | None = None,
        risks: Iterable[PackEntry] | None = None,
        command: str | None = None,
    ) -> ServiceReview:
        """Collect what it looks at: complaints, praise, open actions and needs of the customer out of the store.

        What the store does not know is given, or said to be missing: `evaluations` are those of the agreements, as
        `crm.agreements.evaluate` gives them. See `service_reviews.prepare`.
        """
        kept = None if evaluations is None else several("evaluations", evaluations, Evaluation)
        given: dict[str, Any] = {
            "satisfaction": None if satisfaction is None else several("satisfaction", satisfaction),
            "changes": None if changes is None else several("changes", changes),
            "risks": None if risks is None else several("risks", risks),
        }

        def more(work: Work, found: ServiceReview, order: Order) -> Program[Mapping[str, Any]]:
            mine, open_ = where("customer") == found.customer, where("open").is_(True)
            heard = yield from work.find(Complaint, mine, where("received_at") >= found.span.start)
            sources: list[object] = []
            for record in (Complaint, ServiceReview, Meeting):
                rows, _ = yield from work.rows(record, ("id",), mine)
                sources += [id for (id,) in rows]
            items = yield from work.among(ActionItem, "source", sources, open_)
            needs = yield from work.find(Need, mine, open_)
            collected = pack(
                cut_off=order.at,
                services=found.services,
                results=None if kept is None else achieved_in(kept, found.services),
                complaints=heard_in(heard.items, found.span),
                praise=heard_in(heard.items, found.span, feedback=Feedback.COMPLIMENT),
                actions=open_at(items, order.at),
                needs=needed(needs.items),
                **given,
            )
            return {"pack": collected}

        asked = {**given, "evaluations": None if kept is None else [(each.agreement.id, each.name) for each in kept]}
        return self._do("prepare", review, command, more=more, asked=asked)

    def hold(
        self,
        review: str,
        attendees: Iterable[Attendee],
        *,
        followed: Iterable[Followed] = (),
        occurred_at: datetime | None = None,
        command: str | None = None,
        **findings: Unpack[Findings],
    ) -> ServiceReview:
        """Note that it took place, who was there, and what was said. See `service_reviews.hold`."""
        told = {"attendees": several("attendees", attendees), "followed": several("followed", followed)}
        return self._do("hold", review, command, occurred_at=occurred_at, **told, **findings)

    def edit(
        self,
        review: str,
        *,
        occurred_at: datetime | None = None,
        command: str | None = None,
        **findings: Unpack[Findings],
    ) -> ServiceReview:
        """Change what is recorded of it, until the report is published. See `service_reviews.edit`."""
        return self._do("edit", review, command, occurred_at=occurred_at, **findings)

    def resolve(
        self,
        review: str,
        resolutions: Iterable[Resolution],
        *,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> ServiceReview:
        """Decide something; each action is an action item of its own. See `service_reviews.resolve`."""
        given = several("resolutions", resolutions, Resolution)
        ids = [self._desk.ids() for _ in given]

        def more(work: Work, _: ServiceReview, order: Order) -> Program[Mapping[str, Any]]:
            return {"ids": ids, "numbers": (yield from numbers_for(work, given, order.at.year))}

        asked = {"resolutions": given}
        return self._do("resolve", review, command, more=more, asked=asked, resolutions=given, occurred_at=occurred_at)

    def publish(
        self,
        review: str,
        *,
        next_on: date | None = None,
        document: Attachment | None = None,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> ServiceReview:
        """Publish its report, which names the day of the next one. See `service_reviews.publish`."""
        return self._do("publish", review, command, next_on=next_on, document=document, occurred_at=occurred_at)

    def sign_off(
        self,
        review: str,
        side: Side | str,
        *,
        signer: str | None = None,
        digest: str | None = None,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> ServiceReview:
        """Stand by the published report for one side. See `service_reviews.sign_off`."""
        told = {"side": side, "signer": signer, "digest": digest}
        return self._do("sign_off", review, command, occurred_at=occurred_at, **told)

    def add(
        self, review: str, text: str, *, occurred_at: datetime | None = None, command: str | None = None
    ) -> ServiceReview:
        """Add something to a published report, which itself stays as it is. See `service_reviews.add`."""
        return self._do("add", review, command, text=text, occurred_at=occurred_at)

    def cancel(
        self, review: str, reason: str, *, occurred_at: datetime | None = None, command: str | None = None
    ) -> ServiceReview:
        """Note that it does not take place. See `service_reviews.cancel`."""
        return self._do("cancel", review, command, reason=reason, occurred_at=occurred_at)

    def to_prepare(self, on: date, *, limit: int = 50, after: str | None = None) -> Page[ServiceReview]:
        """One page of the reviews that are to be prepared by a day and are not; the most urgent comes first."""
        due = (where("state") == LIFECYCLE.initial) & (where("prepare_by") <= on)
        return self.page(due, order="prepare_by", limit=limit, after=after)

"""A complaint that was closed is talked about in the next review with its customer."""

from collections.abc import Iterable
from datetime import datetime

from servicecrm.complaints import Complaint
from servicecrm.complaints.events import ComplaintClosed
from servicecrm.kernel.decisions import Actor, Decision
from servicecrm.kernel.kinds import micros
from servicecrm.reviews import ServiceReview, Topic, service_reviews

__all__ = ["onto_agenda"]


def onto_agenda(
    closed: Decision[Complaint], reviews: Iterable[ServiceReview], *, by: Actor | str, at: datetime
) -> Decision[ServiceReview] | None:
    """Put a complaint that was just closed on the agenda of the next review of the customer that looks at its service.

    None if it was not closed now, if no such review is planned, or if it is on the agenda already.

    Source: C053, C087; FitSM PR7, reviews of services and of complaints.
    """
    complaint = closed.after
    if complaint.customer is None or not any(isinstance(event, ComplaintClosed) for event in closed.events):
        return None
    fitting = [each for each in reviews if _looks_at(each, complaint)]
    if not fitting:
        return None
    review = min(fitting, key=lambda each: (micros(each.planned_for), each.id))
    topic = Topic(title=complaint.subject, service=complaint.service, source_kind="complaint", source=complaint.id)
    decision = service_reviews.add_topics(review, [topic], by=by, at=at)
    return None if decision.after.agenda == review.agenda else decision


def _looks_at(review: ServiceReview, complaint: Complaint) -> bool:
    """Is it still to be held, and does it look at the service that the complaint is about?"""
    about = complaint.service is None or not review.services or complaint.service in review.services
    there = review.customer == complaint.customer and "add_topics" in service_reviews.LIFECYCLE.allowed(review)
    return there and about

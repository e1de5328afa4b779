"""The report of a service review, and the minutes of a meeting."""

from collections.abc import Iterable, Iterator

from servicecrm.errors import InvalidValue
from servicecrm.measures.kpis import kpi_period
from servicecrm.reports.model import Passage, Section
from servicecrm.reports.writing import Writing
from servicecrm.reviews import TEXTS, Achieved, DataPack, Meeting, PackEntry, Resolution, ServiceReview
from servicecrm.tracking.signatures import Signature

__all__ = ["minutes", "service_review"]


def service_review(review: ServiceReview, write: Writing) -> Iterator[Section]:
    """What was looked at, what was said and what follows; the actions that were open come first.

    Raises:
        InvalidValue: nothing was collected for it yet.

    Source: C088; FitSM PR7, service review reports.
    """
    pack = review.pack
    if pack is None:
        raise InvalidValue("service_review", "nothing is collected for it yet; prepare it first")
    yield write.head(
        ("number", review.number or ""),
        ("customer", write.name(review.customer)),
        ("services", ", ".join(map(write.name, review.services))),
        ("period", review.period),
        ("held", write.time(review.held_at)),
        ("organizer", write.name(review.organizer)),
        ("attendees", _attendees(review, write)),
        ("cut_off", write.time(pack.cut_off)),
    )
    yield from write.table(
        "followed", ("action", "note"), [(write.name(each.action), each.note) for each in review.followed]
    )
    yield from _looked_at(pack, review, write)
    yield from write.passage("exceptional", review.exceptional)
    yield from write.points("customer_view", review.customer_view)
    yield from write.points("provider_view", review.provider_view)
    yield from _decided(review.resolutions, write)
    yield from write.passage("next_on", write.day(review.next_on))
    yield from _signed("sign_offs", review.sign_offs, write)
    yield from write.points("addenda", [f"{write.day(each.at)}: {each.text}" for each in review.addenda])


def _looked_at(pack: DataPack, review: ServiceReview, write: Writing) -> Iterator[Section]:
    """The data pack. Which sources gave nothing is said, as that is something else than that there was nothing."""
    periods = len({each.period for each in pack.results}) > 1  # one period is that of the review
    results = [
        (
            write.name(each.service),
            *([each.period or ""] if periods else []),
            write.target(each.target or ""),
            write.amount(each.agreed or ""),
            write.amount(each.achieved or ""),
            _outcome(each, pack, review, write),
        )
        for each in pack.results
    ]
    head = ("service", *(["period"] if periods else []), "target", "agreed", "achieved", "outcome")
    yield from write.table("results", head, results)
    for key in ("complaints", "praise", "changes", "risks", "needs"):
        yield from _entries(key, getattr(pack, key), write)
    measured = [
        (write.figure(each.measure) or each.measure, write.name(each.service), f"{each.value:,}", f"{each.n:,}")
        for each in pack.satisfaction
    ]
    yield from write.table("satisfaction", ("measure", "service", "value", "n"), measured)
    actions = [
        (each.record, each.title, write.name(each.owner), write.day(each.due_at), f"{each.days_late:,}")
        for each in pack.actions
    ]
    yield from write.table("actions", ("action", "title", "owner", "due", "days_late"), actions)
    if pack.missing:
        sources = ", ".join(TEXTS.get(f"pack_source.{each}", language=write.language) for each in pack.missing)
        yield write.section("missing", Passage(text=write.text("missing_sources", sources=sources)))


def _outcome(of: Achieved, pack: DataPack, review: ServiceReview, write: Writing) -> str:
    """What came of a target, or of its part that was over when figures were collected: the rest may change it."""
    outcome = TEXTS.get(f"achievement.{of.outcome}", language=write.language)
    if of.target is None:
        return outcome
    try:
        end = kpi_period(of.period or review.period, zone=review.zone).end
    except InvalidValue:  # a period of another form, which whoever collected it has named
        return outcome
    return write.text("so_far", outcome=outcome) if end is not None and pack.cut_off < end else outcome


def _entries(key: str, entries: Iterable[PackEntry], write: Writing) -> Iterable[Section]:
    rows = [(each.record, each.title, write.name(each.service), write.day(each.at)) for each in entries]
    return write.table(key, ("record", "title", "service", "day"), rows)


def minutes(meeting: Meeting, write: Writing) -> Iterator[Section]:
    """Who was there, what was talked about and decided, and what was added afterwards.

    Raises:
        InvalidValue: nothing is written down about it yet.

    Source: C085; YaSM SP3.5, meeting minutes.
    """
    if not meeting.topics:
        raise InvalidValue("meeting", "nothing is written down about it yet; draft its minutes first")
    yield write.head(
        ("number", meeting.number or ""),
        ("customer", write.name(meeting.customer)),
        ("held", write.time(meeting.held_at)),
        ("place", meeting.place or ""),
        ("organizer", write.name(meeting.organizer)),
        ("attendees", _attendees(meeting, write)),
    )
    yield from write.table("topics", ("topic", "said"), [(each.title, each.text) for each in meeting.topics])
    yield from _decided(meeting.resolutions, write)
    yield from write.passage("next_on", write.day(meeting.next_on))
    yield from _signed("approvals", meeting.approvals, write)
    yield from write.points("addenda", [f"{write.day(each.at)}: {each.text}" for each in meeting.addenda])


def _attendees(of: ServiceReview | Meeting, write: Writing) -> str:
    sides = {each.side: TEXTS.get(f"side.{each.side}", language=write.language) for each in of.attendees}
    return ", ".join(f"{write.name(each.person)} ({sides[each.side]})" for each in of.attendees)


def _decided(resolutions: Iterable[Resolution], write: Writing) -> Iterable[Section]:
    rows = [
        (
            each.text,
            TEXTS.get(f"resolution_kind.{each.kind}", language=write.language),
            write.name(each.owner),
            write.day(each.due_at),
        )
        for each in resolutions
    ]
    return write.table("resolutions", ("decision", "becomes", "owner", "due"), rows)


def _signed(key: str, signatures: Iterable[Signature], write: Writing) -> Iterable[Section]:
    rows = [
        (TEXTS.get(f"side.{each.party}", language=write.language), write.name(each.signer), write.time(each.at))
        for each in signatures
    ]
    return write.table(key, ("side", "signer", "at"), rows)

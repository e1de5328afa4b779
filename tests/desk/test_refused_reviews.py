"""What is wrong with a review, with minutes or with a calendar is a named error, and whatever was there stays."""

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest

from servicecrm.desk import Desk
from servicecrm.errors import GuardNotMet, InvalidValue, MalformedDocument, TransitionNotAllowed
from servicecrm.interop.meetings_ical import follow, read_meetings
from servicecrm.reports import document
from servicecrm.reviews import Attendee, Topic
from servicecrm.tracking import Side

OURS, THEIRS = Attendee(person="ann", side=Side.INSIDE), Attendee(person="rosa", side=Side.OUTSIDE)
DAY = timedelta(days=1)


def everything(crm: Desk) -> str:
    exported = StringIO()
    crm.export(exported)
    return exported.getvalue()


def test_a_review_without_data_is_not_held_and_one_that_is_not_held_has_no_report(crm: Desk) -> None:  # C087, C088
    review = crm.service_reviews.plan("Spring", customer="cafe", period="2026-Q1", planned_for=crm.clock() + DAY)
    before = everything(crm)

    with pytest.raises(TransitionNotAllowed, match=r"allowed: .*prepare"):
        crm.service_reviews.hold(review.id, [OURS, THEIRS])
    with pytest.raises(TransitionNotAllowed):
        crm.service_reviews.publish(review.id)
    with pytest.raises(InvalidValue, match="prepare it first"):
        document(crm.service_reviews.get(review.id))
    assert everything(crm) == before


def test_minutes_with_one_side_absent_are_neither_written_nor_passed_on(crm: Desk) -> None:  # C085
    meeting = crm.meetings.plan("Spring", customer="cafe", planned_for=crm.clock())
    before = everything(crm)
    for present in (OURS, THEIRS):
        with pytest.raises(GuardNotMet, match="somebody was there for"):
            crm.meetings.hold(meeting.id, [present])
    with pytest.raises(TransitionNotAllowed):
        crm.meetings.draft(meeting.id, [Topic(title="Taps", text="All are new.")])
    assert everything(crm) == before

    crm.meetings.hold(meeting.id, [OURS, THEIRS])
    crm.meetings.draft(meeting.id, [Topic(title="Taps", text="All are new.")])
    crm.meetings.approve(meeting.id, "inside")
    half = everything(crm)
    with pytest.raises(TransitionNotAllowed, match=r"allowed: .*approve"):
        crm.meetings.distribute(meeting.id)
    assert everything(crm) == half


def test_a_calendar_without_a_zone_moves_no_meeting_and_one_with_a_zone_does(crm: Desk) -> None:  # C084
    meeting = crm.meetings.plan("Spring", customer="cafe", planned_for=crm.clock() + DAY)
    before = everything(crm)

    with pytest.raises(MalformedDocument, match="event 1: DTSTART: a time needs a zone"):
        read_meetings(a_calendar(meeting.id, "DTSTART:20260310T100000"))
    assert everything(crm) == before

    (put_off,) = read_meetings(a_calendar(meeting.id, "DTSTART;TZID=Europe/Vienna:20260310T100000"))
    moved = follow(crm.meetings.get(meeting.id), put_off, by="calendar", at=crm.clock())
    assert moved is not None
    crm.save(moved)
    assert crm.meetings.get(meeting.id).planned_for == datetime(2026, 3, 10, 9, tzinfo=UTC)


def a_calendar(meeting: str, start: str) -> bytes:
    event = f"BEGIN:VEVENT\nUID:meeting-{meeting}@servicecrm\n{start}\nEND:VEVENT\n"
    return f"BEGIN:VCALENDAR\nVERSION:2.0\n{event}END:VCALENDAR\n".encode()

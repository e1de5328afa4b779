"""A regular report has seven attributes, and each day on which it is due says whether its readers have it."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.errors import InvalidValue, PolicyViolation, TransitionNotAllowed
from servicecrm.reviews import ReportSpec, ReportStatus, due_reports, report_specs
from tests.reviews.making import ANN, DAY, MONDAY, OFFICE, a_spec

DIGEST = "a" * 64
YEAR = (date(2026, 1, 1), date(2027, 1, 1))


def at(day: date, hour: int = 12) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def made(spec: ReportSpec, due: date, *, on: date | None = None) -> ReportSpec:
    when = at(due if on is None else on)
    return report_specs.produce(spec, due, cut_off=when, digest=DIGEST, by=ANN, at=when).after


def delivered(spec: ReportSpec, due: date, *, on: date | None = None) -> ReportSpec:
    when = at(due if on is None else on)
    return report_specs.deliver(made(spec, due, on=on), due, by=ANN, at=when).after


@pytest.mark.parametrize("name", ["name", "purpose", "audience", "content", "format", "delivery"])
@pytest.mark.parametrize("empty", [" ", ()])
def test_a_report_has_all_seven_attributes(name: str, empty: Any) -> None:  # C089
    given: dict[str, Any] = {
        "audience": ("rosa",),
        "content": ("targets",),
        "format": "PDF",
        "delivery": "e-mail",
        "purpose": "x",
    }
    of_several = name in ("audience", "content")
    value = (empty,) if of_several and empty else empty
    with pytest.raises(InvalidValue, match=name):
        report_specs.specify(
            **{"name": "Levels", **given, name: value},
            id="p-1",
            every="month",
            first=YEAR[0],
            owner="ann",
            by=ANN,
            at=MONDAY,
        )


def test_the_seventh_is_how_often() -> None:  # C089
    with pytest.raises(InvalidValue, match="every"):
        a_spec(every="sometimes")
    with pytest.raises(InvalidValue, match="audience"):
        a_spec(audience="rosa")


def test_a_monthly_report_is_due_twelve_times_a_year_and_a_missed_one_is_flagged() -> None:  # C089
    spec = a_spec()
    for month in range(1, 13):
        if month != 5:
            spec = delivered(spec, date(2026, month, 1))

    found = due_reports([spec], *YEAR, at=at(date(2026, 12, 31)))
    assert len(found) == 12
    assert [each.due.month for each in found if each.status is ReportStatus.MISSED] == [5]
    assert {each.status for each in found if each.due.month != 5} == {ReportStatus.DELIVERED}


def test_a_report_is_in_time_if_its_readers_have_it_on_the_day() -> None:  # C089
    spec = delivered(a_spec(), date(2026, 1, 1))
    spec = delivered(spec, date(2026, 2, 1), on=date(2026, 2, 4))
    spec = made(spec, date(2026, 3, 1))
    now = at(date(2026, 3, 1), 23)

    found = due_reports([spec], YEAR[0], date(2026, 5, 1), at=now)
    assert [(each.status.value, each.days_late) for each in found] == [
        ("delivered", 0),
        ("late", 3),
        ("produced", 0),
        ("upcoming", 0),
    ]
    assert due_reports([spec], YEAR[0], date(2026, 5, 1), at=now + DAY)[2].status is ReportStatus.MISSED


@given(st.sets(st.integers(1, 12)), st.integers(1, 12))
def test_every_day_that_is_due_is_told_once(got: set[int], month: int) -> None:  # C089
    spec = a_spec()
    for each in sorted(got):
        spec = delivered(spec, date(2026, each, 1))
    found = due_reports([spec], *YEAR, at=at(date(2026, month, 1)))

    assert [each.due.month for each in found] == list(range(1, 13))
    assert {each.due.month for each in found if each.status is ReportStatus.DELIVERED} == got
    missed = {each.due.month for each in found if each.status is ReportStatus.MISSED}
    assert missed == set(range(1, month)) - got


def test_a_report_is_made_once_for_a_day_on_which_it_is_due() -> None:  # C089
    due = date(2026, 1, 1)
    with pytest.raises(PolicyViolation, match="no report is due"):
        made(a_spec(), date(2026, 1, 2))
    with pytest.raises(PolicyViolation, match="already"):
        made(made(a_spec(), due), due)
    with pytest.raises(PolicyViolation, match="cut-off"):
        report_specs.produce(a_spec(), due, cut_off=at(due) + DAY, digest=DIGEST, by=ANN, at=at(due))
    with pytest.raises(InvalidValue, match="digest"):
        report_specs.produce(a_spec(), due, cut_off=at(due), digest="abc", by=ANN, at=at(due))


def test_a_report_is_passed_on_once_after_it_was_made() -> None:  # C089
    due = date(2026, 1, 1)
    spec = made(a_spec(), due)
    got = report_specs.deliver(spec, due, by=ANN, at=at(due)).after.report(due)

    assert got is not None
    assert got.delivered_to == ("rosa", "ann")
    with pytest.raises(PolicyViolation, match="not made yet"):
        report_specs.deliver(a_spec(), due, by=ANN, at=at(due))
    with pytest.raises(PolicyViolation, match="passed on already"):
        report_specs.deliver(delivered(a_spec(), due), due, by=ANN, at=at(due))
    with pytest.raises(InvalidValue, match="who has got it"):
        report_specs.deliver(spec, due, (), by=ANN, at=at(due))
    with pytest.raises(PolicyViolation, match="it was made"):
        report_specs.deliver(spec, due, by=ANN, at=at(due), occurred_at=at(due, 1))


def test_a_new_frequency_leaves_what_was_due_before() -> None:  # C089
    changed = report_specs.amend(
        a_spec(), every="quarter", first=date(2026, 4, 1), format="HTML", content=["targets"], by=ANN, at=MONDAY
    ).after

    assert [day.month for day in changed.days(*YEAR)] == [1, 2, 3, 4, 7, 10]
    assert (changed.format, changed.content, changed.audience) == ("HTML", ("targets",), ("rosa", "ann"))
    with pytest.raises(PolicyViolation, match="start"):
        report_specs.amend(a_spec(), every="quarter", first=date(2026, 1, 1), by=ANN, at=MONDAY)
    for half in ({"every": "quarter"}, {"first": date(2026, 4, 1)}, {"roll": "next"}):
        with pytest.raises(InvalidValue, match="how often"):
            report_specs.amend(a_spec(), by=ANN, at=MONDAY, **half)
    with pytest.raises(InvalidValue, match="nothing is given"):
        report_specs.amend(a_spec(), by=ANN, at=MONDAY)
    with pytest.raises(InvalidValue, match="cannot change colour"):
        report_specs.amend(a_spec(), colour="blue", by=ANN, at=MONDAY)  # type: ignore[call-arg]
    with pytest.raises(InvalidValue, match="content"):
        report_specs.amend(a_spec(), content=(), by=ANN, at=MONDAY)


def test_a_report_that_is_not_made_any_more_keeps_those_that_were() -> None:  # C089
    due = date(2026, 1, 1)
    ended = report_specs.end(made(a_spec(), due), "Nobody reads it.", by=ANN, at=MONDAY).after

    assert [day.month for day in ended.days(*YEAR)] == [1, 2, 3]
    assert report_specs.deliver(ended, due, by=ANN, at=MONDAY).after.report(due) is not None
    with pytest.raises(TransitionNotAllowed):
        made(ended, date(2026, 2, 1))


def test_days_that_are_moved_to_business_days_need_a_calendar() -> None:  # C089
    spec = a_spec(roll="next")
    with pytest.raises(InvalidValue, match="calendar"):
        due_reports([spec], *YEAR, at=MONDAY)
    found = due_reports([spec], *YEAR, at=MONDAY, calendar=OFFICE)
    assert found[1].due == date(2026, 2, 2)
    when = at(date(2026, 2, 2))
    done = report_specs.produce(
        spec, date(2026, 2, 2), cut_off=when, digest=DIGEST, calendar=OFFICE, by=ANN, at=when
    ).after
    assert len(done.reports) == 1

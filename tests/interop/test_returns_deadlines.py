"""The deadlines of regulators as ready targets: due when the rule says so, and waiting does not stop them."""

import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from servicecrm.calendars import Calendar, holidays
from servicecrm.complaints.model import MomentKind
from servicecrm.complaints.regulators import ASIC, CFPB, FCA, FCA_PAYMENTS, REGULATIONS, Deadline, Regulation
from servicecrm.errors import InvalidValue
from servicecrm.tracking import timers
from servicecrm.tracking.moments import Moment

LONDON, SYDNEY, WASHINGTON = "Europe/London", "Australia/Sydney", "America/New_York"


def office(zone: str, *closed: str) -> Calendar:
    return Calendar(zone=zone, hours="mon-fri 09:00-17:00", holidays=holidays(dict.fromkeys(closed, "closed")))


def moment(n: int, kind: str, at: datetime, code: str | None = None) -> Moment:
    return Moment(n=n, kind=kind, occurred_at=at, recorded_at=at, code=code)


def due(regulation: Regulation, calendar: Calendar, received: datetime, type: str | None = None) -> dict[str, datetime]:
    found = timers(
        (moment(1, "received", received), moment(2, "waiting", received + timedelta(hours=1), "customer")),
        regulation.targets,
        {"default": calendar},
        now=received + timedelta(hours=2),
        type=type,
    )
    zone = ZoneInfo(calendar.zone)
    return {timer.name: timer.due_at.astimezone(zone) for timer in found if timer.due_at is not None}


def local(zone: str, *parts: int) -> datetime:
    return datetime(*parts, tzinfo=ZoneInfo(zone))  # type: ignore[misc,arg-type]  # of a call


def test_the_fca_counts_three_business_days_to_the_close_and_eight_weeks_to_the_end() -> None:
    christmas = ("2025-12-25", "2025-12-26", "2026-01-01")
    assert due(FCA, office(LONDON, *christmas), local(LONDON, 2025, 12, 24, 15)) == {
        "summary_resolution": local(LONDON, 2025, 12, 31, 17),
        "final_response": local(LONDON, 2026, 2, 19),
    }


def test_complaints_about_payments_have_15_business_days_and_at_most_35() -> None:
    easter = ("2026-04-03", "2026-04-06", "2026-05-04")
    found = due(FCA_PAYMENTS, office(LONDON, *easter), local(LONDON, 2026, 3, 20, 11))

    assert found["final_response"] == local(LONDON, 2026, 4, 15)  # the end of the 14th
    assert found["extended_response"] == local(LONDON, 2026, 5, 14)


@pytest.mark.parametrize(
    ("type", "end"),
    [
        (None, (2026, 2, 23)),
        ("superannuation", (2026, 3, 10)),
        ("hardship", (2026, 2, 14)),
        ("credit_default", (2026, 2, 14)),
    ],
)
def test_asic_has_a_business_day_to_acknowledge_and_30_days_to_answer_or_what_the_category_has(
    type: str | None, end: tuple[int, int, int]
) -> None:
    found = due(ASIC, office(SYDNEY, "2026-01-26"), local(SYDNEY, 2026, 1, 23, 10), type)

    assert found == {"acknowledge": local(SYDNEY, 2026, 1, 27, 10), "final_response": local(SYDNEY, *end)}


def test_the_cfpb_has_15_days_to_respond_and_60_to_close() -> None:
    assert due(CFPB, office(WASHINGTON), local(WASHINGTON, 2026, 1, 20, 9)) == {
        "first_response": local(WASHINGTON, 2026, 2, 5),
        "final_response": local(WASHINGTON, 2026, 3, 22),
    }


def published(shared: Path) -> Iterator[dict[str, Any]]:
    cases = json.loads((shared / "vectors" / "business_time.json").read_text("utf-8"))["cases"]
    return (case for case in cases if "FCA" in case["source"] or "ASIC" in case["source"] or "CFPB" in case["source"])


def test_the_deadlines_are_those_that_others_worked_out_from_the_rules(shared: Path) -> None:
    ours = {
        "bt-387": (FCA, "summary_resolution"),
        "bt-388": (FCA, "final_response"),
        "bt-389": (FCA_PAYMENTS, "final_response"),
        "bt-394": (ASIC, "acknowledge"),
        "bt-395": (ASIC, "final_response"),
        "bt-396": (CFPB, "final_response"),
    }
    cases = list(published(shared))

    assert {case["id"] for case in cases} == set(ours)
    for case in cases:
        regulation, timer = ours[case["id"]]
        given = case["inputs"]["received"]
        zone = ZoneInfo(case["zone"])
        received = datetime.fromisoformat(given) if "T" in given else datetime.fromisoformat(f"{given}T12:00")
        at = due(regulation, office(case["zone"], *case["holidays"]), received.replace(tzinfo=received.tzinfo or zone))[
            timer
        ]
        if "T" in case["expected"]:
            assert at == datetime.fromisoformat(case["expected"]), case["id"]
        else:  # the day at whose end, or on which, it is due
            assert (at - timedelta(microseconds=1)).date() == date.fromisoformat(case["expected"]), case["id"]


@pytest.mark.parametrize("regulation", REGULATIONS.values(), ids=REGULATIONS)
def test_every_deadline_runs_for_complaints_and_says_where_it_is_written(regulation: Regulation) -> None:
    regulation.targets.check(MomentKind)

    assert [target.name for target in regulation.targets.targets] == [each.target.name for each in regulation.deadlines]
    assert all(each.clause and date(2016, 1, 1) <= each.wording <= date(2026, 12, 31) for each in regulation.deadlines)
    assert all(not each.target.pause for each in regulation.deadlines)
    assert REGULATIONS[regulation.name] is regulation


def test_a_final_response_in_time_meets_the_deadline() -> None:
    received = local(LONDON, 2026, 3, 2, 10)
    at = local(LONDON, 2026, 4, 27, 23, 59)
    moments = (moment(1, "received", received), moment(2, "answered", at))
    found = timers(moments, FCA.targets, {"default": office(LONDON)}, now=at + timedelta(days=9))

    assert {timer.name: timer.state for timer in found} == {"summary_resolution": "missed", "final_response": "met"}


def test_a_regulation_with_one_name_twice_is_refused() -> None:
    deadline = Deadline(target=FCA.deadlines[0].target, clause="A", wording=date(2026, 1, 1))
    with pytest.raises(InvalidValue, match="one name"):
        Regulation(name="mine", regulator="Me", deadlines=(deadline, deadline))

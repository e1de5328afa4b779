"""Runs a file of business-time cases: `python -m tests.vectors.business_time FILE.json`.

A case is a schedule, an operation and its inputs, with the answer that some other system gives. The words of such a
file are translated here; what they ask is answered by `servicecrm.calendars` alone. Where systems differ on purpose,
the case also says what a plain reading gives, `differs_reference_gives`: that has to be our answer, and where an
option of ours (`OPTIONS`) leads to another one, that one has to be the other system's.

Three things are expressed otherwise than in the file:

- A span without length, which some systems allow, is refused by ours. Except where the question is whether it is
  allowed, it is left out, and a schedule with nothing left is `NEVER`.
- The other schedule of an intersection is read in the zone of the first, as its case says.
- Holidays of every year become dates of the years around the case.
"""

import json
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Final

from servicecrm.calendars import (
    BusinessDays,
    BusinessHours,
    BusinessTime,
    Calendar,
    CalendarTime,
    DayHours,
    Duration,
    Holiday,
)
from servicecrm.errors import InvalidValue, ServiceCRMError

__all__ = ["Case", "agreement", "disagreements", "main"]

Case = dict[str, Any]
"""One case, as JSON."""

NEVER: Final = Calendar(zone="UTC", hours="mon-sun 00:00-12:00") & Calendar(zone="UTC", hours="mon-sun 12:00-24:00")

OPTIONS: Final[dict[str, dict[str, str]]] = {
    "between": {"negative": "zero"},
    "add_working_days_date": {"origin": "roll"},
}
"""The option under which a divergent case of an operation has the answer of the other system."""


def agreement(case: Case) -> str | None:
    """None if our answer is the expected one, or else what differs."""
    plain, check = _answer(case, {}), case.get("reference_check")
    if not isinstance(check, dict):
        return _difference(case["expected"], plain)
    difference = _difference(check.get("differs_reference_gives", case["expected"]), plain)
    other = _answer(case, OPTIONS.get(case["operation"], {}))
    return difference if difference or other == plain else _difference(case["expected"], other)


def disagreements(cases: list[Case]) -> Iterator[str]:
    """A line for each case with another answer than expected."""
    for case in cases:
        difference = agreement(case)
        if difference is not None:
            yield f"{case['id']} {case['operation']}: {difference}"


def main(arguments: list[str]) -> int:
    """Print how many cases agree, and every one that does not; 0 if all do."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m tests.vectors.business_time FILE.json\n")
        return 2
    cases: list[Case] = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))["cases"]
    lines = list(disagreements(cases))
    sys.stdout.write("".join(f"{line}\n" for line in [*lines, f"{len(cases) - len(lines)} of {len(cases)} agree"]))
    return 1 if lines or not cases else 0


def _difference(expected: object, found: object) -> str | None:
    if _comparable(expected) == _comparable(found):
        return None
    return f"expected {json.dumps(expected)}, got {json.dumps(_comparable(found))}"


def _comparable(value: object) -> object:
    """JSON in which equal answers are equal: instants in UTC, durations in seconds."""
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat()
        case date():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case bool():
            return value
        case int() | float():
            return float(value)
        case str() if "T" in value:
            return _instant(value).isoformat()
        case list() | tuple():
            return [_comparable(each) for each in value]
        case dict():
            return {key: _comparable(each) for key, each in value.items()}
    return value


# -- what a case asks ----------------------------------------------------------------------------


def _answer(case: Case, options: dict[str, str]) -> object:
    operation = case["operation"]
    if operation == "validate_schedule":
        return _validated(case)
    if operation not in OPERATIONS:
        return f"no such operation: {operation}"
    if "boundary_convention" in case and operation in ("add", "sla_due_with_pauses"):
        options = {**options, "boundary": case["boundary_convention"]}
    try:
        return OPERATIONS[operation](_schedule(case), case["inputs"], options)
    except ServiceCRMError as error:
        return f"{type(error).__name__}: {error}"


def _validated(case: Case) -> str:
    try:
        _calendar(case)
    except InvalidValue:
        return "configuration_error"
    return "ok"


Operation = Callable[[BusinessHours, dict[str, Any], Any], object]


def _add(calendar: BusinessHours, given: dict[str, Any], options: Any) -> object:
    return calendar.add(_instant(given["from"]), timedelta(seconds=given["seconds"]), **options)


def _subtract(calendar: BusinessHours, given: dict[str, Any], _: Any) -> object:
    return calendar.subtract(_instant(given["from"]), timedelta(seconds=given["seconds"]))


def _between(calendar: BusinessHours, given: dict[str, Any], options: Any) -> object:
    return calendar.between(_instant(given["start"]), _instant(given["end"]), **options)


def _add_then_subtract(calendar: BusinessHours, given: dict[str, Any], _: Any) -> object:
    time = timedelta(seconds=given["seconds"])
    return calendar.subtract(calendar.add(_instant(given["from"]), time), time)


def _forward(calendar: BusinessHours, given: dict[str, Any], _: Any) -> object:
    return [(span.start, span.end) for span in islice(calendar.spans(_instant(given["from"])), given["count"])]


def _backward(calendar: BusinessHours, given: dict[str, Any], _: Any) -> object:
    return [(span.start, span.end) for span in islice(calendar.spans_before(_instant(given["from"])), given["count"])]


def _forward_of_both(calendar: BusinessHours, given: dict[str, Any], options: Any) -> object:
    other = _schedule({**given["other"], "zone": calendar.tz().key})
    return _forward(calendar & other, given, options)


def _business_days(calendar: BusinessHours, given: dict[str, Any], options: Any) -> object:
    origin = given.get("from") or given["received"]
    return calendar.business_day(_local_date(calendar, origin), given["days"], **options)


def _business_dates(calendar: BusinessHours, given: dict[str, Any], _: Any) -> object:
    day = _local_date(calendar, given["from"])
    return [calendar.business_day(day, n + 1) for n in range(given["count"])]


def _same_clock(calendar: BusinessHours, given: dict[str, Any], _: Any) -> object:
    return calendar.due(_instant(given["from"]), BusinessDays(days=given["days"])).at


def _same_clock_back(calendar: BusinessHours, given: dict[str, Any], _: Any) -> object:
    same = calendar.due(_instant(given["from"]), BusinessDays(days=-given["days"], until="clock")).at
    return same if calendar.is_open(same) else calendar.previous_open(same)


def _keep_clock(calendar: BusinessHours, given: dict[str, Any], _: Any) -> object:
    return calendar.due(_instant(given["from"]), BusinessDays(days=given["days"], until="clock")).at


def _end_of_day(calendar: BusinessHours, given: dict[str, Any], _: Any) -> object:
    origin = given.get("from") or given["received"]
    return calendar.due(_instant(origin), BusinessDays(days=given["days"], until="close")).at


def _calendar_weeks(calendar: BusinessHours, given: dict[str, Any], _: Any) -> object:
    return calendar.due(_instant(given["received"]), CalendarTime(count=given["weeks"], unit="week")).at


def _calendar_days(calendar: BusinessHours, given: dict[str, Any], _: Any) -> object:
    return CalendarTime(count=given["days"]).after(_local_date(calendar, given["received"]))


def _due(calendar: BusinessHours, given: dict[str, Any], options: Any) -> object:
    begin, pauses = _instant(given["begin"]), _pauses(given)
    due = calendar.due(begin, _target(given["target"]), pauses=pauses, **options)
    found: dict[str, object] = {"due": due.at}
    if "escalation_offset" in given:
        found["escalation_at"] = calendar.due(due.at, _target(given["escalation_offset"])).at
        found["waiting_seconds"] = due.waiting
    return found


def _spent(calendar: BusinessHours, given: dict[str, Any], _: Any) -> object:
    return calendar.spent(_instant(given["begin"]), _instant(given["end"]), pauses=_pauses(given)).time


OPERATIONS: Final[dict[str, Operation]] = {
    "add": _add,
    "subtract": _subtract,
    "between": _between,
    "add_then_subtract": _add_then_subtract,
    "is_open": lambda calendar, given, _: calendar.is_open(_instant(given["at"])),
    "is_on_break": lambda calendar, given, _: (
        isinstance(calendar, Calendar) and calendar.is_on_break(_instant(given["at"]))
    ),
    "next_open": lambda calendar, given, _: calendar.next_open(_instant(given["at"])),
    "previous_open": lambda calendar, given, _: calendar.previous_open(_instant(given["at"])),
    "segments_forward": _forward,
    "segments_backward": _backward,
    "segments_forward_of_intersection": _forward_of_both,
    "resolve_wall_time": lambda calendar, given, _: calendar.instant(date.fromisoformat(given["date"]), given["time"]),
    "working_dates_after": _business_dates,
    "add_working_days_date": _business_days,
    "nth_business_day_after": _business_days,
    "add_business_days_same_clock": _same_clock,
    "subtract_business_days_same_clock": _same_clock_back,
    "add_working_days_keep_clock": _keep_clock,
    "add_working_days_end_of_day": _end_of_day,
    "close_of_nth_business_day_after": _end_of_day,
    "add_calendar_weeks_end_of_day": _calendar_weeks,
    "add_calendar_days": _calendar_days,
    "sla_due_with_pauses": _due,
    "sla_spent_with_pauses": _spent,
}


# -- the words of a file -------------------------------------------------------------------------


def _schedule(case: Case) -> BusinessHours:
    """The calendar of a case whose question is not whether it is allowed."""
    weekly = {day: [span for span in spans if span[0] != span[1]] for day, spans in case["weekly_hours"].items()}
    weekly = {day: spans for day, spans in weekly.items() if spans}
    return _calendar({**case, "weekly_hours": weekly}) if weekly or case.get("shifts") else NEVER


def _calendar(case: Case) -> Calendar:
    weekly = case.get("weekly_hours", {})
    if not isinstance(weekly, dict):
        raise InvalidValue("weekly_hours", "expected hours by day")
    return Calendar(
        zone=case["zone"],
        hours="; ".join(f"{day} {_spans(spans)}" for day, spans in weekly.items()),
        days=_day_hours(case.get("shifts", {})),
        breaks=_day_hours(case.get("breaks", {})),
        holidays=tuple(Holiday(date=day) for day in _holidays(case)),
    )


def _holidays(case: Case) -> Iterator[date]:
    yield from map(_date, case.get("holidays", []))
    for month_day in case.get("yearly_holidays_mm_dd", []):
        yield from (_date(f"{year}-{month_day}") for year in range(2000, 2045))


def _day_hours(days: object) -> tuple[DayHours, ...]:
    if not isinstance(days, dict):
        raise InvalidValue("dates", "expected hours by date")
    return tuple(DayHours(date=_date(day), hours=_spans(spans)) for day, spans in days.items())


def _spans(spans: object) -> str:
    if not isinstance(spans, list) or not all(isinstance(span, list) for span in spans):
        raise InvalidValue("spans", "expected a list of spans")
    return ", ".join("-".join(map(str, span)) for span in spans)


def _target(target: dict[str, Any]) -> Duration:
    if "seconds" in target:
        return BusinessTime(seconds=target["seconds"])
    return BusinessDays(days=target["working_days"], until="close" if target.get("end_of_day") else "clock")


def _pauses(given: dict[str, Any]) -> list[tuple[datetime, datetime]]:
    return [(_instant(begin), _instant(end)) for begin, end in given["pauses"]]


def _local_date(calendar: BusinessHours, text: str) -> date:
    return _instant(text).astimezone(calendar.tz()).date() if "T" in text else _date(text)


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _date(text: object) -> date:
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        raise InvalidValue("date", "a date is written YYYY-MM-DD") from None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Rules that say on which days something happens again, held against dateutil."""

from datetime import UTC, date, datetime, timedelta
from time import perf_counter
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import example, given
from hypothesis import strategies as st

from servicecrm.calendars.recurrence import recurrence
from servicecrm.errors import InvalidValue

END = date(2200, 1, 1)
WEEKDAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]

starts = st.dates(date(2019, 12, 1), date(2024, 3, 1))
weekdays = st.lists(st.sampled_from(WEEKDAYS), min_size=1, max_size=3, unique=True)
nth_weekdays = weekdays | st.lists(  # of both together dateutil takes what is both, not what is one of them
    st.builds("{}{}".format, st.sampled_from(["1", "+2", "-1", "5", "-5"]), st.sampled_from(WEEKDAYS)),
    min_size=1,
    max_size=3,
    unique=True,
)


def numbers(low: int, high: int, *, signed: bool = True) -> st.SearchStrategy[list[int]]:
    each = st.integers(low, high)
    return st.lists(each | each.map(lambda n: -n) if signed else each, min_size=1, max_size=4, unique=True)


@st.composite
def rules(draw: st.DrawFn) -> str:
    frequency = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    parts: dict[str, object] = {"FREQ": frequency}
    choices: dict[str, st.SearchStrategy[list[int]] | st.SearchStrategy[list[str]]] = {
        "BYMONTH": numbers(1, 12, signed=False),
        "BYDAY": nth_weekdays if frequency in ("MONTHLY", "YEARLY") else weekdays,
        "BYSETPOS": numbers(1, 6),
    }
    if frequency != "WEEKLY":
        choices["BYMONTHDAY"] = numbers(1, 31)
    if frequency == "YEARLY":
        choices["BYYEARDAY"] = numbers(1, 366)
    for name in draw(st.lists(st.sampled_from(sorted(choices)), max_size=3, unique=True)):
        parts[name] = ",".join(map(str, draw(choices[name])))
    if set(parts) == {"FREQ", "BYSETPOS"}:
        del parts["BYSETPOS"]
    if draw(st.booleans()):
        parts["INTERVAL"] = draw(st.integers(1, 5))
    ends = draw(st.sampled_from(["", "COUNT", "UNTIL"]))
    if ends:
        parts[ends] = draw(st.integers(1, 20)) if ends == "COUNT" else draw(starts).strftime("%Y%m%d")
    if draw(st.booleans()):
        parts["WKST"] = draw(st.sampled_from(WEEKDAYS))
    return ";".join(f"{name}={value}" for name, value in parts.items())


def days(text: str, start: date, since: date, end: date) -> list[date]:
    return list(recurrence(text).days(start, since=since, end=end))


def of_dateutil(text: str, start: date, end: date) -> list[date]:
    """The days of a rule before an end, as dateutil finds them.

    Of the week in which a rule starts dateutil counts positions from the start on, where RFC 5545 (3.3.10) counts those
    of the whole week. So it is asked from the beginning of the week on, and what comes before the start is left out.
    """
    parts = dict(part.split("=") for part in text.split(";"))
    begin, count = start, None
    if parts["FREQ"] == "WEEKLY" and {"BYDAY", "BYSETPOS"} <= parts.keys():
        begin -= timedelta(days=(start.weekday() - WEEKDAYS.index(parts.get("WKST", "MO"))) % 7)
        count = int(parts.pop("COUNT", 0)) or None
    rule = ";".join(f"{name}={value}" for name, value in parts.items())
    with patch("datetime.MAXYEAR", end.year):  # up to which it looks for a next day, where there is none
        found = [at.date() for at in rrulestr(rule, dtstart=datetime(begin.year, begin.month, begin.day))]
    return [day for day in found if day >= start and day < end][:count]


@given(rules(), starts, starts)
@example("FREQ=WEEKLY;BYDAY=MO,TU;BYSETPOS=1", date(2019, 12, 3), date(2019, 12, 1))
@example("FREQ=WEEKLY;BYDAY=SU,MO;BYSETPOS=-1;WKST=SU;INTERVAL=2;COUNT=3", date(2019, 12, 3), date(2019, 12, 9))
def test_the_days_of_a_rule_are_those_of_dateutil(text: str, start: date, since: date) -> None:
    end = date(2026, 1, 1)
    expected = of_dateutil(text, start, end)

    assert days(text, start, start, end) == expected
    assert days(text, start, since, end) == [day for day in expected if day >= since]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("FREQ=YEARLY", ["2024-02-29", "2028-02-29", "2032-02-29"]),
        ("FREQ=MONTHLY;BYDAY=-1FR", ["2024-03-29", "2024-04-26", "2024-05-31"]),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", ["2024-02-29", "2024-03-29", "2024-04-30"]),
        ("freq=weekly;interval=2;", ["2024-02-29", "2024-03-14", "2024-03-28"]),
        ("FREQ=WEEKLY;BYDAY=WE,TH;BYSETPOS=1", ["2024-03-06", "2024-03-13", "2024-03-20"]),  # a week has its Wednesday
        ("FREQ=YEARLY;BYYEARDAY=-1", ["2024-12-31", "2025-12-31", "2026-12-31"]),
        ("FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO", ["2024-05-27", "2025-05-26", "2026-05-25"]),
        ("FREQ=YEARLY;BYMONTH=1,3;BYMONTHDAY=1;BYSETPOS=-1", ["2024-03-01", "2025-03-01", "2026-03-01"]),
        ("FREQ=MONTHLY;BYDAY=TH,1MO", ["2024-02-29", "2024-03-04", "2024-03-07"]),
        ("FREQ=DAILY;COUNT=2", ["2024-02-29", "2024-03-01"]),
        ("FREQ=DAILY;UNTIL=20240301", ["2024-02-29", "2024-03-01"]),
        ("FREQ=DAILY;UNTIL=20240301T000000", ["2024-02-29", "2024-03-01"]),
    ],
)
def test_a_rule_begins_with_its_start_if_that_fits(text: str, first: list[str]) -> None:
    start = date(2024, 2, 29)

    assert [day.isoformat() for day in days(text, start, start, END)[:3]] == first


def test_a_rule_that_ends_at_an_instant_ends_on_the_day_of_its_zone() -> None:
    rule = recurrence("FREQ=DAILY;UNTIL=20261224T230000Z")
    start = date(2026, 12, 24)

    for zone, count in ((ZoneInfo("Europe/Berlin"), 2), (UTC, 1), (None, 1)):
        begins = datetime(2026, 12, 24, tzinfo=zone)
        assert len(list(rule.days(begins, since=start, end=END))) == count, zone
    assert len(list(rule.days(start, since=start, end=END))) == 1


@given(
    st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]),
    st.datetimes(datetime(2024, 1, 1), datetime(2025, 1, 1)).map(lambda at: at.replace(microsecond=0, fold=0)),
    st.integers(0, 100),
    st.sampled_from([-3600, -1, 0, 1, 3600]),
    st.sampled_from([None, UTC, ZoneInfo("Asia/Tokyo"), ZoneInfo("America/New_York")]),
)
def test_a_rule_that_ends_at_a_time_has_what_begins_until_then(
    frequency: str, start: datetime, days_later: int, seconds: int, zone: ZoneInfo | None
) -> None:  # RFC 5545, 3.3.10
    start = start.replace(tzinfo=zone)
    until = start + timedelta(days=days_later, seconds=seconds)
    text = until.strftime("%Y%m%dT%H%M%S") if zone is None else until.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    rule = f"FREQ={frequency};UNTIL={text}"
    found = list(recurrence(rule).days(start, since=start.date(), end=END))

    assert found == [at.date() for at in rrulestr(rule, dtstart=start)]


@pytest.mark.parametrize(
    ("until", "count"), [("99991231T235959Z", 174), ("00010101T000000Z", 0), ("20261224T235960Z", 1)]
)
@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York"])
def test_a_rule_may_end_at_the_edge_of_all_times(until: str, count: int, zone: str) -> None:
    start = datetime(2026, 12, 24, tzinfo=ZoneInfo(zone))
    rule = recurrence(f"FREQ=YEARLY;UNTIL={until}")

    assert len(list(rule.days(start, since=start.date(), end=END))) == count


@pytest.mark.parametrize(
    "text",
    """
    |FREQ|FREQ=|FREQ=HOURLY|FREQ=SECONDLY;COUNT=5|BYDAY=MO|FREQ=DAILY;FREQ=DAILY|FREQ=DAILY;INTERVAL=0
    |FREQ=DAILY;INTERVAL=-1|FREQ=DAILY;INTERVAL=1000|FREQ=DAILY;COUNT=0|FREQ=DAILY;COUNT=1000000|FREQ=DAILY;BYHOUR=9
    |FREQ=YEARLY;BYWEEKNO=5|FREQ=YEARLY;BYEASTER=0|FREQ=YEARLY;BYMONTH=13|FREQ=MONTHLY;BYMONTHDAY=0
    |FREQ=MONTHLY;BYMONTHDAY=32|FREQ=YEARLY;BYYEARDAY=367|FREQ=MONTHLY;BYDAY=54MO|FREQ=WEEKLY;BYDAY=1MO
    |FREQ=DAILY;BYDAY=-1FR|FREQ=WEEKLY;BYMONTHDAY=1|FREQ=MONTHLY;BYYEARDAY=1|FREQ=DAILY;UNTIL=20260230
    |FREQ=DAILY;UNTIL=2026-01-01|FREQ=DAILY;COUNT=1;UNTIL=20260101|FREQ=DAILY;UNTIL=20260101T990000Z|FREQ=DAILY;=
    |FREQ=DAILY;BYMONTH=1,|FREQ=DAILY,WEEKLY|FREQ=DAILY;BYMONTH=1;BYMONTH=2""".strip().split("|"),
)
def test_a_rule_that_cannot_be_meant_or_is_not_known_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue, match="here: "):
        recurrence(text.strip(), "here")
    with pytest.raises(InvalidValue):
        recurrence("FREQ=DAILY;BYMONTH=" + ",".join(["1"] * 300))


@given(
    st.text(max_size=40) | st.lists(st.sampled_from([*"FREQ=DAILY;UNTLBOMH,0123456789-+"]), max_size=40).map("".join)
)
def test_any_text_is_a_rule_or_is_refused(text: str) -> None:
    for written in (text, f"FREQ=YEARLY;{text}"):
        try:
            rule = recurrence(written)
        except InvalidValue:
            continue
        assert all(day < END for day in rule.days(date(2199, 1, 1), since=date(2199, 1, 1), end=END))


@pytest.mark.parametrize("frequency", ["DAILY", "MONTHLY", "YEARLY"])
def test_a_rule_without_any_day_is_found_out_at_once(frequency: str) -> None:
    began = perf_counter()

    assert days(f"FREQ={frequency};BYMONTH=2;BYMONTHDAY=30", date(1900, 1, 1), date(1900, 1, 1), END) == []
    assert days(f"FREQ={frequency};INTERVAL=7", date(1600, 1, 1), date(2199, 12, 1), END)[:1] <= [END]
    assert perf_counter() - began < 2

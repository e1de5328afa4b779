"""A map is read strictly: every mistake is told at once, with its place and the words that are known."""

import re
from datetime import date
from pathlib import Path

import pytest

from servicecrm.calendars import Calendar, DayHours, Holiday, yearly
from servicecrm.errors import MalformedDocument
from servicecrm.interop import COMPLAINT_WORDS, LogMap, mapclocks
from servicecrm.tracking import Target, Targets, on, usual
from tests.interop.conftest import CASES, EVENTS

MAPS = Path(__file__).parent.parent.parent / "examples" / "maps"


def problems(text: str) -> tuple[str, ...]:
    with pytest.raises(MalformedDocument) as refused:
        LogMap.from_toml(text, COMPLAINT_WORDS)
    assert refused.value.kind == "log map"
    return refused.value.problems


def changed(old: str, new: str, text: str = EVENTS) -> str:
    assert old in text
    return text.replace(old, new)


@pytest.mark.parametrize("path", sorted(MAPS.glob("*.toml")), ids=lambda path: path.stem)
def test_the_example_maps_are_sound_and_named_after_their_file(path: Path) -> None:
    assert LogMap.from_toml(path.read_text("utf-8"), COMPLAINT_WORDS).name == path.stem


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("[log]", "[logg]", "logg: unknown key; known: log, columns, extra, words, values"),
        ('name = "helpdesk"', 'name = "a b"', "log.name: up to 64 letters"),
        ('shape = "events"', 'shape = "rows"', "log.shape: unknown word 'rows'; known: events, cases"),
        ("Europe/Berlin", "Europe/Nowhere", "log.zone: not a time zone"),
        ("Europe/Berlin", "Europe", "log.zone: not a time zone"),
        ("%d.%m.%Y %H:%M", "%H:%M", "log.time_formats[1]: not a format with a year"),
        ("%d.%m.%Y %H:%M", "%d %d %m %Y", "log.time_formats[1]: not a format"),
        ('missing = ["?"]', "missing = [1]", "log.missing: a list of texts is needed"),
        ('missing = ["?"]', 'delimiter = ";;"', "log.delimiter: one character is needed"),
        ('missing = ["?"]', 'encoding = "utf-7"', "log.encoding: not an encoding of texts"),
        ('missing = ["?"]', 'encoding = "U7"', "log.encoding: not an encoding of texts"),
        ('missing = ["?"]', 'encoding = "raw_unicode_escape"', "log.encoding: not an encoding of texts"),
        ('missing = ["?"]', 'encoding = "hex"', "log.encoding: not an encoding of texts"),
        ('missing = ["?"]', "fold = 1", "log.fold: true or false is needed"),
        ('case = "Ticket"\n', "", "columns.case: needed for a log of events"),
        ('case = "Ticket"', 'case = { value = "1" }', "columns.case: a column is needed, not a constant"),
        ('case = "Ticket"', "case = 7", "columns.case: the name of a column, { column = ... } or { value = ... }"),
        ('case = "Ticket"', 'case = "Ticket"\nhandlr = "G"', "columns.handlr: unknown key; known: case, word, subject"),
        ('case = "Ticket"', 'case = "Ticket"\nclosed_at = "C"', "columns.closed_at: unknown key"),
        ("keep_missing = true", "keep_mising = true", "columns.handler.keep_mising: unknown key"),
        (
            'channel = "Via"',
            'channel = { value = "telex" }',
            "columns.channel.value: unknown word 'telex'; known: phone",
        ),
        ('"in_handling"', '"in_handlin"', "words.Waiting.state: unknown word 'in_handlin'; known: recorded, ack"),
        ('waiting = "customer"', 'waiting = "us"', "words.Waiting.waiting: unknown word 'us'; known: customer, third"),
        ('"forward"', '"foward"', "words.Passed.action: unknown word 'foward'; known: acknowledge"),
        ("{ ignore = true }", "{ ignore = false }", "words.Viewed.ignore: true is needed"),
        ("{ ignore = true }", '{ ignore = true, state = "closed" }', "words.Viewed: { state = ... }, { action"),
        ('"*" = "other"', '"*" = "others"', "values.channel.*: unknown word 'others'; known: phone, email"),
        ("[values.channel]", "[values.chanel]", "values.chanel: unknown key; known: handler, channel"),
        ('city = "City"', "city = 3", "extra.city: a text is needed"),
        ('case = "Ticket"', 'case = "Tick\\u0000et"', "must not hold the character NUL"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_is_known(old: str, new: str, says: str) -> None:
    assert says in "; ".join(problems(changed(old, new)))


def test_every_mistake_is_told_at_once() -> None:
    text = changed('"recorded"', '"new"', changed("Europe/Berlin", "Mars", changed('time = "When"', "")))

    assert [problem.partition(":")[0] for problem in problems(text)] == ["columns.time", "words.New.state", "log.zone"]


@pytest.mark.parametrize("text", ["", "[log", "a = 1\na = 2", "x = " + "9" * 5000, "[" * 5000])
def test_what_is_no_map_is_refused(text: str) -> None:
    assert problems(text)


def test_a_word_of_a_case_needs_a_state_and_the_time_of_its_end() -> None:
    assert problems(changed('closed_at = "Closed"', "", CASES)) == (
        "words.Closed: the state closed needs columns.closed_at",
    )
    assert problems(changed('answered_at = "Answered"', "", CASES)) == (
        "words.Answered: the state responded needs columns.answered_at",
    )
    assert problems(changed('{ state = "recorded" }', '{ action = "assign" }', CASES)) == (
        "words.Open: one row per case tells a state, not an action",
    )


def test_two_spellings_of_a_word_are_told_only_where_they_are_the_same() -> None:
    two = changed("[words]", '[words]\n" NEW " = { state = "assessed" }')

    assert not LogMap.from_toml(two, COMPLAINT_WORDS).fold
    assert problems(changed('missing = ["?"]', "fold = true", two)) == (
        "words: a word stands twice, because log.fold makes two spellings the same",
    )


def test_the_digest_is_about_what_a_map_says_and_not_how_it_is_written() -> None:
    def digest(text: str) -> str:
        return LogMap.from_toml(text, COMPLAINT_WORDS).digest

    viewed = "Viewed = { ignore = true }\n"
    moved = changed("[words]\n", f"[words]  # ours\n{viewed}", changed(viewed, ""))
    assert digest(moved) == digest(EVENTS)
    assert len(digest(EVENTS)) == 64
    named = changed('missing = ["?"]', 'missing = ["?"]\nencoding = "UTF8"')
    assert digest(named) == digest(EVENTS)
    others = [("?", "-"), ("Berlin", "Rome"), ("forward", "assign"), ("keep_missing = true", "keep_missing = false")]
    digests = {digest(EVENTS)} | {digest(changed(old, new)) for old, new in others}
    assert len(digests) == 5


# -- clocks --------------------------------------------------------------------------------------

CLOCKS = """
[calendar]
hours = "mon-fri 09:00-17:00"
valid_from = 2026-01-01
observed = "sun+1"

[calendar.holidays]
2026-07-01 = "Moving house"

[calendar.yearly]
12-25 = "Christmas Day"
"easter+1" = "Easter Monday"

[calendar.days]
2026-12-24 = "09:00-12:00"

[calendar.breaks]
2026-05-04 = "09:00-12:00, 11:00-13:00"

[calendars.night]
zone = "UTC"
hours = "mon-sun 22:00-06:00"

[targets.first_response]
within = "8h business"

[targets.visit]
within = "2 business days"
start = ["assigned", "forwarded"]
stop = ["answered"]
pause = ["waiting"]
each = true
calendar = "night"
"""


def test_a_map_tells_when_the_house_is_open_and_what_has_to_happen_within_how_long() -> None:  # C034, C036
    read = LogMap.from_toml(EVENTS + CLOCKS, COMPLAINT_WORDS)

    night, house = sorted(read.calendars, key=lambda calendar: calendar.id, reverse=True)
    assert night == Calendar(id="night", zone="UTC", hours="mon-sun 22:00-06:00")
    assert house == Calendar(
        zone="Europe/Berlin",  # the log's own
        hours="mon-fri 09:00-17:00",
        valid_from=date(2026, 1, 1),
        holidays=(Holiday(date=date(2026, 7, 1), name="Moving house"),),
        yearly=yearly({"12-25": "Christmas Day", "easter+1": "Easter Monday"}, observed="sun+1"),
        days=(DayHours(date=date(2026, 12, 24), hours="09:00-12:00"),),
        breaks=(DayHours(date=date(2026, 5, 4), hours="09:00-12:00, 11:00-13:00"),),
    )
    assert read.targets.targets == (
        usual("first_response", "8h business", kinds=COMPLAINT_WORDS.moments),
        Target(
            name="visit",
            within="2 business days",
            start=on("assigned", "forwarded"),
            stop=on("answered"),
            pause=on("waiting"),
            each=True,
            calendar="night",
        ),
    )
    read.targets.check(COMPLAINT_WORDS.moments, [calendar.id for calendar in read.calendars])


def test_the_layout_that_the_documentation_shows_can_be_read() -> None:
    (layout,) = re.findall(r"```toml\n(.*?)```", mapclocks.__doc__ or "", re.DOTALL)
    read = LogMap.from_toml(EVENTS + layout, COMPLAINT_WORDS)

    assert sorted(calendar.id for calendar in read.calendars) == ["default", "night"]
    assert [target.name for target in read.targets.targets] == ["first_response", "visit"]


def test_another_target_or_calendar_does_not_change_what_a_log_means() -> None:
    plain, measured = (LogMap.from_toml(text, COMPLAINT_WORDS) for text in (EVENTS, EVENTS + CLOCKS))

    assert plain.digest == measured.digest
    assert (plain.calendars, plain.targets) == ((), Targets())


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("valid_from", "valid_form", "calendar.valid_form: unknown key; known: zone, hours, holidays"),
        ("mon-fri 09:00-17:00", "mon-fri 09:00-17:00, 16:00-18:00", "calendar.hours: two spans overlap"),
        ('hours = "mon-fri 09:00-17:00"', 'hours = "9 to 5"', "calendar.hours: hours are written like mon-fri"),
        ('hours = "mon-fri 09:00-17:00"', "hours = 8", "calendar.hours: a text is needed"),
        ('zone = "UTC"', 'zone = "Mars"', "calendars.night.zone: a zone is a name of the tz database"),
        ("valid_from = 2026-01-01", 'valid_from = "soon"', "calendar.valid_from: a day is written YYYY-MM-DD"),
        ("valid_from = 2026-01-01", "valid_from = 2026-01-01T09:00:00", "calendar.valid_from: a day is written"),
        ("valid_from = 2026-01-01", "valid_until = 2026-01-01\nvalid_from = 2026-01-01", "calendar.valid_until: it is"),
        ("2026-07-01", "2026-13-01", "calendar.holidays.2026-13-01: a day is written YYYY-MM-DD"),
        ('"Moving house"', "true", "calendar.holidays.2026-07-01: a text is needed"),
        ("12-25", "25-12", "calendar.yearly.25-12: "),
        ('"Easter Monday"', "1", "calendar.yearly.easter+1: a text is needed"),
        ("sun+1", "sunday", "calendar.observed: "),
        ('"09:00-12:00"', '"9-12"', "calendar.days.2026-12-24: a time on the clock is written HH:MM"),
        ("[calendars.night]", "[calendars.default]", "calendars.default: stands twice; [calendar] is this one"),
        ("[calendars.night]", "[calendars]", "calendars.zone: a table is needed"),
        ("8h business", "8 hours", "targets.first_response.within: a duration is written like 36h elapsed"),
        ("8h business", "-8h business", "targets.first_response.within: a target lies ahead"),
        ("2 business days", "0 business days", "targets.visit.within: a target lies ahead"),
        ('within = "8h business"\n', "", "targets.first_response.within: a text is needed"),
        ('stop = ["answered"]\n', "", "targets.visit.stop: one kind of moment or more is needed"),
        ('stop = ["answered"]', "stop = []", "targets.visit.stop: one kind of moment or more is needed"),
        ('stop = ["answered"]', 'stop = "answered"', "targets.visit.stop: a list of texts is needed"),
        ('["waiting"]', '["wating"]', "targets.visit.pause: unknown word 'wating'; known: received, ack"),
        ('pause = ["waiting"]', 'paus = ["waiting"]', "targets.visit.paus: unknown key; known: within, start"),
        ("each = true", "each = 1", "targets.visit.each: true or false is needed"),
        ('"night"', '"day"', "targets.visit.calendar: the map has no calendar 'day'; known: night, default"),
        ("[targets.visit]", "[targets]", "targets.within: a table is needed"),
        ("[targets.visit]", "[targets.Visit]", "targets.Visit: a name is written in small letters"),
        ('pause = ["waiting"]', 'resume = ["waiting"]', "targets.visit: something resumes it, but nothing pauses it"),
        ('"assigned", "forwarded"', '"closed"', "targets: target visit: it never runs: what starts it also ends"),
        ("first_response", "accept", "targets.accept: nothing stops it"),  # no complaint is accepted
    ],
)
def test_a_mistake_in_a_clock_is_told_with_its_place(old: str, new: str, says: str) -> None:
    told = problems(changed(old, new, EVENTS + CLOCKS))

    assert any(problem.startswith(says) for problem in told), told


def test_every_mistake_in_the_clocks_is_told_at_once() -> None:
    text = EVENTS + CLOCKS
    for old, new in (("mon-sun", "mon-son"), ("8h business", "soon"), ("2026-12-24", "24-12-2026"), ("Berlin", "Bonn")):
        text = changed(old, new, text)

    assert [problem.partition(": ")[0] for problem in problems(text)] == [
        "log.zone",
        "calendars.night.hours",
        "calendar.days.24-12-2026",
        "targets.first_response.within",
    ]

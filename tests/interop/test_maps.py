"""A map is read strictly: every mistake is told at once, with its place and the words that are known."""

from pathlib import Path

import pytest

from servicecrm.errors import MalformedDocument
from servicecrm.interop import COMPLAINT_WORDS, LogMap
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

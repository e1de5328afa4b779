"""Documents for people: what they tell of each record, in three languages, and that what is told stays text."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servicecrm.analytics.status_info import StatusInfo
from servicecrm.calendars import BusinessDays, BusinessTime, CalendarTime, Duration, ElapsedTime, duration
from servicecrm.errors import InvalidValue
from servicecrm.kernel.records import evolve
from servicecrm.reports import TEXTS, Document, Passage, Table, document, html, markdown
from servicecrm.reports.documents import KINDS, Told
from servicecrm.reports.durations import every, in_words
from servicecrm.reports.markdown import plain
from servicecrm.reviews import Achieved, Achievement, Measured, ServiceReview
from servicecrm.surveys.evaluation_model import Handling, LowScore
from tests.reports.hostile import Read, documents, every_text, harmless, shown, texts
from tests.reports.making import NAMES, every_record, the_evaluation, the_meeting, the_review
from tests.reviews.making import a_meeting, a_pack, a_review, prepared

GOLDEN = Path(__file__).parent / "golden"
LANGUAGES = ("en", "de", "zh")

# -- what is told --------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("record", every_record(), ids=lambda record: type(record).__name__)
def test_a_document_reads_as_the_golden_one(record: Told, language: str) -> None:  # C028, C052, C082, C085, C088
    kind = KINDS[type(record)].__name__
    written = markdown(document(record, language=language, names=NAMES))

    assert written == (GOLDEN / f"{kind}.{language}.md").read_text("utf-8")


@pytest.mark.parametrize("record", every_record(), ids=lambda record: type(record).__name__)
def test_a_document_has_the_same_sections_in_every_language(record: Told) -> None:
    keys = {tuple(each.key for each in document(record, language=tag).sections) for tag in (*LANGUAGES, "de-AT", "fr")}

    assert len(keys) == 1


def test_actions_that_were_open_are_looked_at_first() -> None:  # C088
    keys = [section.key for section in document(the_review()).sections]

    assert keys[:3] == ["head", "followed", "results"]


def test_a_source_that_gave_nothing_is_named_and_not_left_blank() -> None:  # C087
    (block,) = document(the_review()).section("missing").blocks

    assert block == Passage(text="Nobody has told us anything about: risks.")


def test_what_has_no_name_is_told_by_its_id() -> None:
    assert "harbour-cafe" in markdown(document(the_review()))
    assert "harbour-cafe" not in markdown(document(the_review(), names=NAMES))


def test_times_are_told_in_the_zone_of_the_record_or_in_the_one_that_is_asked_for() -> None:
    assert "2026-03-03, 09:00 (UTC)" in markdown(document(the_meeting()))
    assert "2026-03-03, 10:00 (Europe/Berlin)" in markdown(document(the_meeting(), zone="Europe/Berlin"))


@pytest.mark.parametrize("zone", ["Berlin", "Europe/Nowhere", "../etc", "x" * 300, "\0"])
def test_a_zone_that_there_is_not_is_refused_by_name(zone: str) -> None:
    with pytest.raises(InvalidValue, match=r"^zone: a zone is a name of the tz database, such as Europe/Berlin$"):
        document(the_meeting(), zone=zone)


@pytest.mark.parametrize(
    ("asked", "written_in"),
    [
        *(("de", "de"), ("de-at", "de-AT"), ("en-GB", "en-GB"), ("es-419", "en"), ("fr", "en"), ("fr-CA", "en")),
        *(("de-419", "de-419"), ("zh-CN", "zh-CN"), ("zh-Hant", "zh"), ("zh-Hant-HK", "zh-HK")),
    ],
)
def test_a_document_says_which_language_it_is_written_in(asked: str, written_in: str) -> None:  # C093
    told = document(the_meeting(), language=asked)

    assert told.language == written_in
    assert told == evolve(document(the_meeting(), language=written_in[:2]), language=written_in)
    assert f'<html lang="{written_in}">' in html(told)


def test_what_nobody_told_is_named_in_words_that_end_the_sentence() -> None:  # C087
    silent = evolve(prepared(), pack=a_pack(services=(), results=None, complaints=None))
    told = {tag: markdown(document(silent, language=tag)) for tag in LANGUAGES}

    assert "told us anything about: what was agreed and achieved" in told["en"]
    assert "niemand etwas gesagt: Vereinbartes und Erreichtes" in told["de"]
    assert "约定与达成, 投诉" in told["zh"]


def results_of(review: ServiceReview, language: str = "en", **pack: Any) -> list[tuple[str, ...]]:
    (table,) = document(evolve(review, pack=a_pack(**pack)), language=language).section("results").blocks
    assert isinstance(table, Table)
    return list(table.rows)


def test_targets_are_told_in_words_and_what_a_house_has_named_itself_stays() -> None:  # C093
    told = (("first_response", "4h business"), ("pothole_gone", "by noon"), ("availability", "≥ 99.5 percent"))
    results = [Achieved(service="water", target=target, agreed=agreed, achieved=agreed) for target, agreed in told]

    assert [row[1:3] for row in results_of(prepared(), "de", results=results)] == [
        ("erste Antwort", "4 Geschäftsstunden"),
        ("pothole_gone", "by noon"),
        ("Verfügbarkeit", "≥ 99.5 %"),
    ]


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("1h business", ("1 business hour", "1 Geschäftsstunde", "1 个工作小时")),
        ("1h30m business", ("1 business hour 30 minutes", "1 Geschäftsstunde 30 Minuten", "1 个工作小时 30 分钟")),
        ("36h elapsed", ("36 hours, day and night", "36 Stunden, Tag und Nacht", "36 小时，昼夜连续")),  # noqa: RUF001
        ("-2h elapsed", ("-2 hours, day and night", "-2 Stunden, Tag und Nacht", "-2 小时，昼夜连续")),  # noqa: RUF001
        (
            "1m5s elapsed",
            ("1 minute 5 seconds, day and night", "1 Minute 5 Sekunden, Tag und Nacht", "1 分钟 5 秒，昼夜连续"),  # noqa: RUF001
        ),
        ("0s business", ("0 business hours", "0 Geschäftsstunden", "0 个工作小时")),
        ("2 business days", ("2 business days", "2 Geschäftstage", "2 个工作日")),
        (
            "1 business day until close",
            ("1 business day, until closing time", "1 Geschäftstag, bis Geschäftsschluss", "1 个工作日，至营业结束"),  # noqa: RUF001
        ),
        ("8 calendar weeks", ("8 calendar weeks", "8 Kalenderwochen", "8 个日历周")),
        (
            "1 calendar month same clock",
            ("1 calendar month, same time of day", "1 Kalendermonat, zur selben Uhrzeit", "1 个日历月，同一时刻"),  # noqa: RUF001
        ),
    ],
)
def test_a_duration_is_told_in_words(written: str, told: tuple[str, str, str]) -> None:  # C093
    assert tuple(in_words(duration(written), language=language) for language in LANGUAGES) == told


DURATIONS = st.one_of(
    st.builds(ElapsedTime, seconds=st.integers(0, 10**6)),
    st.builds(BusinessTime, seconds=st.integers(0, 10**6)),
    st.builds(BusinessDays, days=st.integers(0, 99), until=st.sampled_from(("open", "clock", "close", "midnight"))),
    st.builds(
        CalendarTime,
        count=st.integers(0, 99),
        unit=st.sampled_from(("day", "week", "month")),
        until=st.sampled_from(("clock", "midnight")),
    ),
)


@pytest.mark.parametrize("language", LANGUAGES)
@given(one=DURATIONS, other=DURATIONS)
def test_durations_that_differ_are_told_in_words_that_differ(language: str, one: Duration, other: Duration) -> None:
    lengths = {str(each) for each in (one, other)}
    nothing = {"0s elapsed", "0s business"}

    assert len({in_words(each, language=language) for each in (one, other)}) == len(lengths) or lengths <= nothing


def test_what_came_of_a_period_that_went_on_is_told_as_what_came_of_it_so_far() -> None:  # C088
    review = prepared(period="2026-Q1")
    ended, going_on, own = (
        Achieved(service="water", target="resolution", period=period, outcome=Achievement.MET)
        for period in ("2026-02", "2026-03", "the season")
    )
    of_the_review = Achieved(service="water", target="supply", outcome=Achievement.MISSED)
    nothing = Achieved(service="gas")

    rows = results_of(review, results=(ended, going_on, own, of_the_review, nothing))
    assert [row[-1] for row in rows if row[0] != "water" or row[2]] == [
        "met",
        "met, so far (the period is not over)",
        "met",
        "missed, so far (the period is not over)",
        "not measured",
    ]
    (row,) = results_of(review, services=(), results=(going_on,), cut_off=datetime(2026, 4, 1, tzinfo=UTC))
    assert row[-1] == "met"  # it is over, to the instant
    assert results_of(review, "de", results=(going_on,))[0][-1] == "bisher erreicht (der Zeitraum läuft noch)"


def test_figures_of_surveys_are_called_the_same_in_every_report() -> None:  # C093
    measured = [Measured(measure=each, value=Decimal(80), n=9) for each in ("csat_top_box", "smiles")]
    review = evolve(prepared(), pack=a_pack(satisfaction=measured))

    (table,) = document(review, language="de").section("satisfaction").blocks
    assert isinstance(table, Table)
    assert [row[0] for row in table.rows] == ["Kundenzufriedenheit, zufriedene Antworten", "smiles"]


@pytest.mark.parametrize(
    ("score", "told"),
    [
        ("overall", "All in all"),
        ("overall [south / harbour-cafe]", "All in all, south / harbour-cafe"),
        ("service water [harbour-cafe]", "Water supply, Harbour Cafe"),
        ("dimension trust", "trust"),
    ],
)
def test_a_low_score_is_called_as_its_figure_is_and_what_is_done_by_its_name(score: str, told: str) -> None:  # C082
    id = f"low_score:eval-1:{score}"
    low, handled = (
        LowScore(name=score, figure="mean", value=4.5, threshold=6.0, n=12),
        Handling(scores=(score,), action=id),
    )
    kept = evolve(the_evaluation(), low=(low,), handled=(handled,))

    for names, decided in ((NAMES, "an action was opened"), ({**NAMES, id: "ACT-2026-000001"}, "ACT-2026-000001")):
        (table,) = document(kept, names=names).section("low").blocks
        assert isinstance(table, Table)
        assert [(row[0], row[-1]) for row in table.rows] == [(told, decided)]


def test_a_hidden_figure_is_said_to_be_hidden() -> None:  # C080
    (table,) = document(the_evaluation()).section("groups").blocks

    assert isinstance(table, Table)
    assert [row[2] for row in table.rows] == ["4.50", "hidden"]


@pytest.mark.parametrize(
    ("record", "says"),
    [
        (a_review(), "prepare it first"),
        (a_meeting(), "draft its minutes first"),
        (StatusInfo(), "no such record was found"),
        ("a text", "there is no document of a str; known: ServiceReview, Meeting"),
    ],
)
def test_what_there_is_nothing_to_tell_of_is_refused(record: Any, says: str) -> None:  # C085, C087
    with pytest.raises(InvalidValue, match=says):
        document(record)


def test_a_section_that_is_not_there_names_those_that_are() -> None:
    with pytest.raises(InvalidValue, match="known: head, topics"):
        document(the_meeting()).section("prices")


def test_a_review_that_was_not_held_tells_what_it_will_look_at() -> None:
    keys = {section.key for section in document(prepared()).sections}

    assert {"results", "complaints", "actions", "missing"} <= keys
    assert not keys & {"followed", "next_on", "sign_offs"}


def test_nobody_is_told_twice_what_a_pack_does_not_have() -> None:
    empty = evolve(prepared(), pack=a_pack(results=(), complaints=(), actions=()))

    assert [section.key for section in document(empty).sections] == ["head", "results", "missing"]


def test_no_language_lacks_a_word() -> None:
    assert TEXTS.problems() == ()
    assert set(TEXTS.languages) == set(LANGUAGES)


# -- and stays text ------------------------------------------------------------------------------


@given(documents())
def test_no_text_becomes_markup_in_html(of: Document) -> None:
    read = Read(html(of))

    assert read.tags == Read(html(harmless(of))).tags
    assert all(text in read.text for text in every_text(of))


@settings(max_examples=300)
@given(texts())
def test_no_text_becomes_markup_in_markdown(text: str) -> None:
    parse = (
        pytest.importorskip("markdown_it").MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    )
    if not shown(text):
        return
    for written in (f"{plain(text)}\n", f"- {plain(text)}\n", f"| a | b |\n| --- | --- |\n| {plain(text)} | x |\n"):
        tokens = parse.parse(written)
        inline = [token for token in tokens if token.type == "inline"][2 if written.startswith("| a") else 0]
        assert {token.type for token in inline.children} <= {"text", "text_special"}
        assert "".join(token.content for token in inline.children) == shown(text)
        kinds = {token.type.rpartition("_")[0] for token in tokens} - {"", "th", "tr", "td", "thead", "tbody", "table"}
        assert kinds <= {"paragraph", "bullet_list", "list_item"}


@pytest.mark.parametrize(
    ("address", "written"),
    [
        ("https://evil.example", r"https\://evil.example"),
        ("www.evil.example", r"www\.evil.example"),
        ("at 10:30, 2.5 m", "at 10:30, 2.5 m"),
    ],
)
def test_an_address_does_not_become_a_link_by_itself(address: str, written: str) -> None:
    assert plain(address) == written


@given(documents())
def test_markdown_has_a_line_for_each_thing_whatever_it_holds(of: Document) -> None:
    shapes = [
        re.sub(r"[^\n]+", "x", written.replace("\u2028", "").replace("\u0085", ""))
        for written in (markdown(of), markdown(harmless(of)))
    ]
    assert shapes[0].count("\n") == shapes[1].count("\n")


def test_a_page_asks_for_nothing_and_runs_nothing() -> None:
    page = html(document(the_review(), names=NAMES))

    assert "default-src 'none'" in page
    assert not re.search(r"<script|src=|@import|url\(|https?:", page)
    assert '<html lang="en">' in page


@pytest.mark.parametrize(
    ("cadence", "told"),
    [
        ("quarter", ("every quarter", "jedes Quartal", "每季度")),
        ("2 weeks", ("every 2 weeks", "alle 2 Wochen", "每 2 周")),
        ("FREQ=MONTHLY;BYDAY=-1FR", ("FREQ=MONTHLY;BYDAY=-1FR",) * 3),
    ],
)
def test_how_often_is_told_in_words(cadence: str, told: tuple[str, ...]) -> None:  # C084, C093
    assert tuple(every(cadence, language=tag) for tag in LANGUAGES) == told

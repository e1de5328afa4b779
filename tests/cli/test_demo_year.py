"""The year that the demonstration shows: over every slice, the same every time, and told in one page for managers."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servicecrm.cli import main
from servicecrm.demo import END, TEXTS, a_year, manager_page
from servicecrm.demo.asking import EACH, answers
from servicecrm.demo.cast import CUSTOMERS
from servicecrm.demo.stage import Story, tell
from servicecrm.desk import Desk, connect
from servicecrm.errors import PolicyViolation
from servicecrm.storage import MemoryStore
from servicecrm.testing import FixedClock

SLICES = (
    *("customers", "prospects", "interactions", "services", "agreements", "complaints", "cases", "actions"),
    *("questionnaires", "campaigns", "responses", "evaluations", "meetings", "service_reviews", "review_schedules"),
    *("needs", "report_specs", "improvements", "portfolio_snapshots"),
)
LANGUAGES = ("en", "de", "zh")
SECTIONS = ("overview", "portfolio", "at_risk", "complaints", "satisfaction", "reviews", "figures")


@pytest.fixture(scope="module")
def crm() -> Desk:
    """The desk at the end of the year."""
    return a_year(MemoryStore())


def text_of(page: str) -> str:
    """What is read on a page."""
    return unescape(re.sub(r"<style>.*?</style>|<[^>]*>", " ", page, flags=re.DOTALL))


# -- the year ------------------------------------------------------------------------------------


@pytest.mark.parametrize("slice_", SLICES)
def test_every_slice_takes_part(crm: Desk, slice_: str) -> None:
    assert getattr(crm, slice_).count() > 0


def test_the_year_is_over_and_nothing_happened_after_it(crm: Desk) -> None:
    assert crm.clock() == END
    for slice_ in SLICES:
        for record in getattr(crm, slice_).find():
            assert all(entry.at <= END for entry in crm.history(record.id))


def test_a_second_year_in_the_same_store_changes_nothing(crm: Desk) -> None:
    counts = {slice_: getattr(crm, slice_).count() for slice_ in SLICES}
    again = a_year(crm.store)

    assert {slice_: getattr(again, slice_).count() for slice_ in SLICES} == counts
    assert again.clock() == END


def test_the_year_is_not_mixed_up_with_customers_of_a_house() -> None:
    store = MemoryStore()
    connect(store, actor="ann").customers.add(name="Harbour Cafe", account_manager="ann")

    with pytest.raises(PolicyViolation, match="name a new store"):
        a_year(store)


def test_what_is_added_to_the_year_stands_on_its_page() -> None:
    crm = a_year(MemoryStore())
    added = crm.customers.add(name="Late Mill", account_manager="ann")
    crm.agreements.draft(customer=added.id, title="Water", first_day=END.date())

    assert "Late Mill" in manager_page(crm)


def test_one_agreement_is_at_risk_because_of_notice_and_one_has_ended(crm: Desk) -> None:  # C030
    states = [each.state for each in crm.agreements.find()]

    assert "expired" in states
    assert any(each.notice is not None and each.ended_at is None for each in crm.agreements.find())


def test_a_review_that_nobody_held_has_become_somebodys_task(crm: Desk) -> None:  # C084
    assert [each.owner for each in crm.actions.find() if each.source_kind == "review_schedule"]


def test_the_journal_of_the_year_is_whole(crm: Desk) -> None:
    crm.store.verify()


@given(st.sampled_from(list(CUSTOMERS)), st.integers(0, 1))
def test_what_people_answer_lies_on_the_scale_and_each_answers_once(customer: str, wave: int) -> None:
    told = dict(answers(customer, wave))

    assert 0.5 * EACH < len(told) == len(list(answers(customer, wave))) < EACH
    assert {mark for each in told.values() for mark in each.values()} <= set(range(1, 11))


@settings(max_examples=50)
@given(st.lists(st.lists(st.integers(0, 100), max_size=6), max_size=6))
def test_stories_side_by_side_are_told_in_the_order_of_time(hours: list[list[int]]) -> None:
    start = datetime(2025, 1, 1, tzinfo=UTC)
    clock, told = FixedClock(start), list[tuple[datetime, datetime]]()

    def story(of: list[int]) -> Story:
        for hour in sorted(of):
            yield start + timedelta(hours=hour)
            told.append((clock(), start + timedelta(hours=hour)))

    tell([story(of) for of in hours], clock, until=start + timedelta(hours=50))
    expected = sorted(start + timedelta(hours=hour) for of in hours for hour in of if hour < 50)
    assert told == [(at, at) for at in expected]


# -- the page ------------------------------------------------------------------------------------


def test_the_page_is_the_same_to_the_byte_for_the_same_year(crm: Desk) -> None:
    first = manager_page(crm)

    assert manager_page(crm) == first == manager_page(a_year(MemoryStore()))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_has_every_section_in_every_language(crm: Desk, language: str) -> None:
    page = manager_page(crm, language=language)

    assert f'<html lang="{language}">' in page
    assert re.findall(r'<section id="(\w+)"', page) == list(SECTIONS)
    for section in SECTIONS:
        assert f'id="{section}-h">{TEXTS.get(f"page.{section}", language=language)}</h2>' in page


def test_the_page_tells_what_the_desk_knows(crm: Desk) -> None:
    told = text_of(manager_page(crm))

    for customer in crm.customers.find():
        assert customer.name in told
    for line in crm.numbers.board():
        assert (line.number or "") in told
    for name in ("notice was given", "its term ends, and nothing follows", "no detectable change", "95 % intervals"):
        assert name in told


def test_the_page_tells_whether_customers_were_met_as_often_as_they_should_be(crm: Desk) -> None:  # K41, K42
    page = manager_page(crm)
    cells = re.findall(r'<th scope="row">(K4[12][.\w]*)</th><td class="words">[^<]+</td><td>([^<]*)</td>', page)

    assert cells == [
        ("K41", "50"),  # with the hospital and the town always, with the brewery and the housing not
        ("K42", "9"),  # seven reviews and two meetings
        ("K42.on_time", "70"),  # seven of ten reviews that were due
        ("K42.minutes", "100"),
    ]


def at_risk(crm: Desk) -> set[str]:
    """The customers that stand in the section of agreements at risk."""
    section = re.search(r'<section id="at_risk".*?</section>', manager_page(crm), flags=re.DOTALL)
    assert section is not None
    return {plays.name for plays in CUSTOMERS.values() if plays.name in section[0]}


def test_agreements_at_risk_are_those_that_may_be_lost_and_none_that_is_over() -> None:  # C022, C030, C032
    crm = a_year(MemoryStore())

    assert at_risk(crm) == {"Otter Brewery", "Mill Lane Housing", "Old Quay Hotel", "Station Laundry"}
    later = FixedClock(END)
    later.advance(days=95)
    crm = connect(crm.store, actor="ann", clock=later)
    crm.agreements.advance()
    assert at_risk(crm) == {"Mill Lane Housing"}


def test_the_page_runs_no_script_and_asks_nobody(crm: Desk) -> None:
    page = manager_page(crm)

    assert "default-src 'none'" in page
    assert not re.search(r"<script|<link(?! rel=\"icon\" href=\"data:)|src=|@import|url\(|https?:", page)


def test_a_name_that_looks_like_markup_stays_a_name(crm: Desk) -> None:
    (customer,) = [each for each in crm.customers.find() if each.name == "Harbour Cafe"]
    crm.customers.update(customer.id, name="<script>alert(1)</script>")

    page = manager_page(crm)
    crm.customers.update(customer.id, name="Harbour Cafe")
    assert "&lt;script&gt;alert(1)" in page
    assert "<script" not in page


def test_no_language_lacks_a_word() -> None:
    assert TEXTS.problems() == ()
    assert set(TEXTS.languages) == set(LANGUAGES)


# -- the command ---------------------------------------------------------------------------------


def test_the_command_writes_the_page_where_it_is_told_to(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--language", "de", "--report", "seite.html"]) == 0

    assert [path.name for path in folder.iterdir()] == ["seite.html"]
    assert '<html lang="de">' in Path("seite.html").read_text("utf-8")
    assert capsys.readouterr().out.endswith("\n\nEine Seite für die Leitung: seite.html\n")


def test_a_page_that_cannot_be_written_is_said(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--report", str(folder / "nowhere" / "page.html")]) == 1
    assert "nowhere/page.html: No such file or directory" in capsys.readouterr().err

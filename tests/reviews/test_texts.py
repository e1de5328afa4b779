"""Everything that is stored as a code has its words, in every language that is shipped."""

from collections.abc import Iterator

import pytest

from servicecrm.reviews import codes, events, lifecycle, need_events, schedule_events
from servicecrm.reviews.checklist import MEETING, SERVICE_REVIEW
from servicecrm.reviews.reports import KPIS
from servicecrm.reviews.words import TEXTS
from servicecrm.tracking.moments import Side

LIFECYCLES = tuple(getattr(lifecycle, name) for name in lifecycle.__all__)


def keys() -> Iterator[str]:
    """The key of everything that a person may get to see."""
    for table in LIFECYCLES:
        yield from (f"state.{state}" for state in table.states)
        yield from (f"action.{action}" for action in table.actions)
        yield from (f"guard.{guard.name}" for move in table.moves for guard in move.guards)
        yield from (f"role.{move.role}" for move in table.moves)
    yield from ("action.plan", "action.capture", "action.start", "action.specify")  # what begins one
    for checklist in (MEETING, SERVICE_REVIEW):
        yield from (f"guard.{line.name}" for line in checklist.lines)
    for facts in (events, need_events, schedule_events):
        yield from (f"event.{getattr(facts, name).type}" for name in facts.__all__)
    yield from ("occasion.meeting", "occasion.service_review")
    for prefix, members in {
        "side": Side,
        "resolution_kind": codes.ResolutionKind,
        "pack_source": codes.PackSource,
        "achievement": codes.Achievement,
        "need_kind": codes.NeedKind,
        "route": codes.Route,
        "due_status": codes.DueStatus,
        "report_status": codes.ReportStatus,
    }.items():
        yield from (f"{prefix}.{member.value}" for member in members)
    yield from (f"kpi.{kpi}" for kpi in KPIS)


@pytest.mark.parametrize("language", ["en", "de", "zh"])
def test_every_code_has_a_text_and_no_text_is_left_over(language: str) -> None:  # C093
    assert set(TEXTS.keys(language)) == set(keys())


def test_the_languages_agree() -> None:
    assert not TEXTS.problems()


def test_the_english_sentences_say_what_the_tables_say() -> None:
    for guard in {guard for table in LIFECYCLES for move in table.moves for guard in move.guards}:
        assert TEXTS.get(f"guard.{guard.name}", language="en") == guard.says
    for line in (*MEETING.lines, *SERVICE_REVIEW.lines):
        assert TEXTS.get(f"guard.{line.name}", language="en") == line.says

"""Everything that is stored as a code has its words, in every language that is shipped."""

from collections.abc import Iterator

import pytest

from servicecrm.complaints import LIFECYCLE, Channel, Priority, Severity, WaitingFor, codes, deciding_events, events
from servicecrm.complaints.checklist import CHECKLIST
from servicecrm.kernel.texts import Texts

TEXTS = Texts("servicecrm.complaints")


def keys() -> Iterator[str]:
    """The key of everything that a person may get to see."""
    yield from (f"state.{state}" for state in LIFECYCLE.states)
    yield from (f"action.{action}" for action in (*LIFECYCLE.actions, "record"))
    yield from (f"guard.{guard.name}" for move in LIFECYCLE.moves for guard in move.guards)
    yield from (f"guard.{field}" for move in LIFECYCLE.moves for field in move.demands)
    yield from (line.name for line in CHECKLIST.lines)
    yield from (f"role.{move.role}" for move in LIFECYCLE.moves)
    for facts in (events, deciding_events):
        yield from (f"event.{getattr(facts, name).type}" for name in facts.__all__)
    for prefix, members in {
        "severity": Severity,
        "priority": Priority,
        "channel": Channel,
        "waiting": WaitingFor,
        "feedback": codes.Feedback,
        "verdict": codes.Verdict,
        "remedy": codes.RemedyKind,
        "remedy_status": codes.RemedyStatus,
        "response": codes.ResponseKind,
        "link": codes.LinkKind,
        "vulnerability": codes.Vulnerability,
        "access": codes.AccessNeed,
        "change_of": codes.ChangeOf,
    }.items():
        yield from (f"{prefix}.{member.value}" for member in members)


@pytest.mark.parametrize("language", ["en", "de", "zh"])
def test_every_code_has_a_text(language: str) -> None:
    assert set(keys()) <= set(TEXTS.keys(language))


def test_no_text_is_left_over_from_a_code_that_is_gone() -> None:
    ours = {key for key in TEXTS.keys("en") if key.partition(".")[0] not in ("notice", "template")}

    assert ours == set(keys())


def test_the_languages_agree() -> None:
    assert not TEXTS.problems()


def test_the_english_guards_say_what_the_lifecycle_says() -> None:
    for guard in {guard for move in LIFECYCLE.moves for guard in move.guards}:
        assert TEXTS.get(f"guard.{guard.name}", language="en") == guard.says

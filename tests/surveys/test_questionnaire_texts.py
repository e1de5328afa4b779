"""Everything about questionnaires that is stored as a code has its words, in every language that is shipped."""

from collections.abc import Iterator

import pytest

from servicecrm.surveys import (
    CHECKLIST,
    LIFECYCLE,
    TEXTS,
    Comparability,
    Difference,
    ItemKind,
    Polarity,
    Status,
    events,
)
from servicecrm.surveys.items import YES_NO

CODES = {
    "kind": ItemKind,
    "polarity": Polarity,
    "status": Status,
    "comparability": Comparability,
    "difference": Difference,
}


def keys() -> Iterator[str]:
    """The key of everything that a person may get to see."""
    yield from (f"state.{state}" for state in LIFECYCLE.states)
    yield from (f"action.{action}" for action in (*LIFECYCLE.actions, "draft"))
    yield from (f"guard.{guard.name}" for move in LIFECYCLE.moves for guard in move.guards)
    yield from (f"guard.{field}" for move in LIFECYCLE.moves for field in move.demands)
    yield from (line.name for line in CHECKLIST.lines)
    yield from (f"role.{move.role}" for move in LIFECYCLE.moves)
    yield from (f"event.{getattr(events, name).type}" for name in events.__all__ if name.startswith("Questionnaire"))
    yield from (f"answer.{code}" for code in YES_NO)
    for prefix, members in CODES.items():
        yield from (f"{prefix}.{member.value}" for member in members)


@pytest.mark.parametrize("language", ["en", "de", "zh"])
def test_every_code_has_a_text(language: str) -> None:  # C093
    assert set(keys()) <= TEXTS.keys(language)


def test_no_text_is_left_over_from_a_code_that_is_gone() -> None:
    ours = {key for key in TEXTS.keys("en") if key.partition(".")[0] in {*CODES, "answer"}}

    assert ours <= set(keys())


def test_the_languages_agree() -> None:
    assert not TEXTS.problems()


def test_the_english_guards_say_what_the_lifecycle_says() -> None:
    for guard in {guard for move in LIFECYCLE.moves for guard in move.guards}:
        assert TEXTS.get(f"guard.{guard.name}", language="en") == guard.says
    for line in CHECKLIST.lines:
        assert TEXTS.get(line.name, language="en") == line.says

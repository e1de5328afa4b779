"""Everything that is stored as a code has its words, in every language that is shipped."""

from collections.abc import Iterator

import pytest

from servicecrm import cases
from servicecrm.cases import LIFECYCLE, TEXTS, events

CODES = {
    "priority": cases.Priority,
    "channel": cases.Channel,
    "waiting": cases.WaitingFor,
    "contact": cases.ContactOutcome,
    "asker": cases.Asker,
    "clock": cases.ForwardClock,
    "link": cases.LinkKind,
    "partner": cases.PartnerStatus,
    "evidence": cases.Evidence,
    "datatype": cases.Datatype,
}


def codes() -> Iterator[str]:
    """The key of everything that a person may get to see."""
    yield from (f"state.{state}" for state in LIFECYCLE.states)
    yield from (f"action.{action}" for action in (*LIFECYCLE.actions, "open"))
    yield from (f"guard.{guard.name}" for move in LIFECYCLE.moves for guard in move.guards)
    yield from (f"guard.{field}" for move in LIFECYCLE.moves for field in move.demands)
    yield from (f"role.{move.role}" for move in LIFECYCLE.moves)
    yield from (f"event.{getattr(events, name).type}" for name in events.__all__)
    for prefix, members in CODES.items():
        yield from (f"{prefix}.{member.value}" for member in members)


@pytest.mark.parametrize("language", ["en", "de", "zh"])
def test_every_code_has_a_text(language: str) -> None:  # C093
    assert set(codes()) <= set(TEXTS.keys(language))


def test_no_text_is_left_over_from_a_code_that_is_gone() -> None:
    assert TEXTS.keys("en") == set(codes())


def test_the_languages_agree() -> None:
    assert not TEXTS.problems()


def test_the_english_guards_say_what_the_lifecycle_says() -> None:
    for guard in {guard for move in LIFECYCLE.moves for guard in move.guards}:
        assert TEXTS.get(f"guard.{guard.name}", language="en") == guard.says

"""Everything that is stored as a code has its words, in every language that is shipped."""

from collections.abc import Iterator
from typing import get_args, get_type_hints

import pytest

from servicecrm.agreements import codes, events, lifecycle, service_events
from servicecrm.agreements.checklist import AGREEMENT, SERVICE
from servicecrm.agreements.levels import Per
from servicecrm.agreements.reports import KPIS
from servicecrm.agreements.service_model import Price
from servicecrm.agreements.words import TEXTS

LIFECYCLES = (lifecycle.AGREEMENT, lifecycle.GENERAL, lifecycle.SERVICE)


def keys() -> Iterator[str]:
    """The key of everything that a person may get to see."""
    for table in LIFECYCLES:
        yield from (f"state.{state}" for state in table.states)
        yield from (f"action.{action}" for action in table.actions)
        yield from (f"guard.{guard.name}" for move in table.moves for guard in move.guards)
        yield from (f"role.{move.role}" for move in table.moves)
    yield from ("action.define", "action.draft", "action.adopt")  # what begins one
    for checklist in (AGREEMENT, SERVICE):
        yield from (f"guard.{line.name}" for line in checklist.lines)
    for facts in (events, service_events):
        yield from (f"event.{getattr(facts, name).type}" for name in facts.__all__)
    for prefix, members in {
        "party": codes.Party,
        "aspect": codes.Aspect,
        "contact_purpose": codes.ContactPurpose,
        "end_of": codes.EndOf,
        "outcome": codes.Outcome,
        "review_decision": codes.ReviewDecision,
        "target_source": codes.TargetSource,
    }.items():
        yield from (f"{prefix}.{member.value}" for member in members)
    yield from (f"per.{per}" for per in get_args(Per))
    yield from (f"price_per.{per}" for per in get_args(get_type_hints(Price)["per"]))
    yield from (f"kpi.{kpi}" for kpi in KPIS)


@pytest.mark.parametrize("language", ["en", "de", "zh"])
def test_every_code_has_a_text_and_no_text_is_left_over(language: str) -> None:  # C093
    assert set(TEXTS.keys(language)) == set(keys())


def test_the_languages_agree() -> None:
    assert not TEXTS.problems()


def test_the_english_sentences_say_what_the_tables_say() -> None:
    for guard in {guard for table in LIFECYCLES for move in table.moves for guard in move.guards}:
        assert TEXTS.get(f"guard.{guard.name}", language="en") == guard.says
    for line in (*AGREEMENT.lines, *SERVICE.lines):
        assert TEXTS.get(f"guard.{line.name}", language="en") == line.says

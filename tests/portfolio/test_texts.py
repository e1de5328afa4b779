"""Everything that is stored as a code has its words, in every language that is shipped."""

from collections.abc import Iterator
from typing import Any

import pytest

from servicecrm import portfolio
from servicecrm.kernel.decisions import Event
from servicecrm.kernel.lifecycle import Lifecycle
from servicecrm.portfolio import (
    CHECKLIST,
    LIFECYCLE,
    TEXTS,
    events,
    interaction_events,
    interactions,
    partner_events,
    partners,
    prospect_events,
    prospects,
    snapshot_events,
    snapshots,
)
from servicecrm.portfolio.policy import DEFAULT
from servicecrm.portfolio.privacy import PersonErased

LIFECYCLES: list[Lifecycle[Any]] = [LIFECYCLE, interactions.LIFECYCLE, prospects.LIFECYCLE, partners.LIFECYCLE]
MOVES = [move for lifecycle in LIFECYCLES for move in lifecycle.moves]
CODES = {
    "customer_kind": portfolio.CustomerKind,
    "purpose": portfolio.Purpose,
    "contact_role": portfolio.ContactRole,
    "interaction": portfolio.InteractionKind,
    "direction": portfolio.Direction,
    "removal": portfolio.RemovalMode,
    "offer": portfolio.OfferAnswer,
    "partner_role": portfolio.PartnerRole,
    "class": portfolio.ValueClass,
    "datatype": portfolio.Datatype,
}


def codes() -> Iterator[str]:
    """The key of everything that a person may get to see."""
    for lifecycle in LIFECYCLES:
        yield from (f"state.{state}" for state in lifecycle.states)
        yield from (f"action.{action}" for action in (*lifecycle.actions, "add", "record"))
    yield from (f"action.{action}" for action in snapshots.LIFECYCLE.actions)
    yield from (f"guard.{guard.name}" for move in MOVES for guard in move.guards)
    yield from (f"guard.{field}" for move in MOVES for field in move.demands)
    yield from (f"role.{move.role}" for move in MOVES)
    yield "guard.nothing_open"
    yield from (f"guard.checklist.{line.path}" for line in CHECKLIST.lines)
    for told in (events, interaction_events, prospect_events, partner_events, snapshot_events):
        every: list[type[Event]] = [getattr(told, name) for name in told.__all__]
        yield from (f"event.{event.type}" for event in every)
    yield f"event.{PersonErased.type}"
    for prefix, members in CODES.items():
        yield from (f"{prefix}.{member.value}" for member in members)
    yield from (f"leaving_reason.{reason}" for reason in DEFAULT.leaving_reasons)
    yield from (f"health.{part}" for part in DEFAULT.health)
    yield from (f"gap.{code}" for code in ("contact", "account_manager", "channel", "verified"))


@pytest.mark.parametrize("language", ["en", "de", "zh"])
def test_every_code_has_a_text(language: str) -> None:  # C093
    assert set(codes()) <= set(TEXTS.keys(language))


def test_no_text_is_left_over_from_a_code_that_is_gone() -> None:
    assert TEXTS.keys("en") == set(codes())


def test_the_languages_agree() -> None:
    assert not TEXTS.problems()


def test_the_english_guards_say_what_customers_are_told() -> None:
    for guard in {guard for move in LIFECYCLE.moves for guard in move.guards}:
        assert TEXTS.get(f"guard.{guard.name}", language="en") == guard.says
    for line in CHECKLIST.lines:
        assert TEXTS.get(f"guard.{line.name}", language="en") == line.says

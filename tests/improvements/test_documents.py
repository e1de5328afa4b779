"""Proposals survive being stored, are found, and have their words in every language."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from servicecrm import improvements
from servicecrm.improvements import LIFECYCLE, PROPOSAL, Proposal, codes, events
from servicecrm.improvements.checklist import PROPOSAL as CHECKLIST
from servicecrm.improvements.words import TEXTS
from servicecrm.kernel.decisions import Event
from servicecrm.kernel.documents import from_text, to_text
from servicecrm.kernel.filters import Comparison, encoded, where
from servicecrm.kernel.records import evolve, field_names, personal_fields
from servicecrm.tracking.moments import Side
from tests.improvements.making import DAY, MONDAY, accepted, complaint

GOLDEN = Path(__file__).parents[1] / "golden" / "proposal"
EVENTS = [getattr(events, name) for name in events.__all__]

# A golden file is what some version wrote, and is never changed. When the document changes: raise `current` in
# schema.py, add the upcast from the old version, write `v<n>.json` with the new one, and leave the record below as it
# is, but for new fields.


def the_proposal() -> Proposal:
    proposal = accepted(
        "proposal-1", number="IMP-2026-000001", about="water", benefit="Less trouble.", extra={"box": 7}
    )
    return improvements.hand_over(proposal, "change", target="CHG-7", by="olga", at=MONDAY + DAY).after


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("v*.json")), ids=lambda path: path.stem)
def test_what_any_version_stored_is_read_as_the_same_record(path: Path) -> None:  # C127
    version = int(path.stem.removeprefix("v"))
    assert PROPOSAL.schema.load(from_text(path.read_text("utf-8")), version=version) == the_proposal()


def test_the_current_version_has_a_golden_file() -> None:
    stored = (GOLDEN / f"v{PROPOSAL.schema.current}.json").read_text("utf-8")
    assert from_text(stored) == from_text(to_text(PROPOSAL.schema.dump(the_proposal())))


def test_a_golden_record_has_something_everywhere() -> None:
    assert {name for name in field_names(Proposal) if getattr(the_proposal(), name) in (None, "", ())} == set()


@pytest.mark.parametrize("column", [column.name for column in PROPOSAL.columns])
def test_proposals_can_be_asked_for_by_every_column(column: str) -> None:
    assert isinstance(encoded(where(column) == None, PROPOSAL), Comparison)  # noqa: E711
    assert column in PROPOSAL.index_of(the_proposal())


def test_a_proposal_is_found_by_each_record_that_it_comes_from() -> None:  # C107
    proposal = evolve(the_proposal(), raised_from=(complaint(1), complaint(2)))
    assert PROPOSAL.terms_of(proposal) == {("raised_from", "complaint:c-1"), ("raised_from", "complaint:c-2")}


def test_what_tells_about_somebody_is_marked_as_personal_and_not_shown() -> None:
    about = {"text", "benefit", "answer", "extra"}
    assert personal_fields(Proposal) == about
    for secret in ("valves", "trouble", "We will", "box"):
        assert secret not in repr(the_proposal())


def test_every_fact_has_a_type_of_its_own() -> None:
    assert len({cls.type for cls in EVENTS}) == len(EVENTS)
    assert all(cls.__base__ is Event and cls.type.partition(".")[0] == PROPOSAL.name for cls in EVENTS)


# -- words ---------------------------------------------------------------------------------------


def keys() -> Iterator[str]:
    """The key of everything that a person may get to see."""
    yield from (f"state.{state}" for state in LIFECYCLE.states)
    yield from (f"told.{state}" for state in LIFECYCLE.states)
    yield from (f"action.{action}" for action in ("propose", *LIFECYCLE.actions))
    yield from (f"role.{move.role}" for move in LIFECYCLE.moves)
    yield from (f"guard.{line.name}" for line in CHECKLIST.lines)
    yield from (f"event.{cls.type}" for cls in EVENTS)
    for prefix, members in (("side", Side), ("proposal_kind", codes.ProposalKind), ("handed_to", codes.HandedTo)):
        yield from (f"{prefix}.{member.value}" for member in members)


@pytest.mark.parametrize("language", ["en", "de", "zh"])
def test_every_code_has_a_text_and_no_text_is_left_over(language: str) -> None:  # C093
    assert set(TEXTS.keys(language)) == set(keys())


def test_the_languages_agree_and_the_english_sentences_say_what_the_tables_say() -> None:
    assert not TEXTS.problems()
    for line in CHECKLIST.lines:
        assert TEXTS.get(f"guard.{line.name}", language="en") == line.says

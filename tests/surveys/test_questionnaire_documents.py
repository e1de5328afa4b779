"""Questionnaires and answers survive being stored, and what was stored by any version is read for ever."""

from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm import surveys
from servicecrm.errors import MalformedDocument
from servicecrm.kernel.decisions import Event
from servicecrm.kernel.documents import Schema, from_text, to_text
from servicecrm.kernel.filters import Comparison, encoded, where
from servicecrm.kernel.kinds import Kind
from servicecrm.kernel.records import evolve, field_names, is_personal
from servicecrm.surveys import (
    LIFECYCLE,
    QUESTIONNAIRE,
    TEMPLATES,
    Answer,
    Item,
    Polarity,
    Questionnaire,
    Reading,
    Row,
    Status,
    content_digest,
    events,
    template,
)
from servicecrm.testing.makers import MONDAY
from servicecrm.testing.strategies import texts
from tests.surveys.making import ANN, BOB, a_release, one_of_each

GOLDEN = Path(__file__).parents[1] / "golden" / "questionnaire"
EVENTS = [getattr(events, name) for name in events.__all__]


# -- golden files --------------------------------------------------------------------------------
#
# A golden file is what some version wrote, and is never changed. When the document changes: raise `current` in
# schema.py, add the upcast from the old version, write `v<n>.json` with the new one
# (`to_text(QUESTIONNAIRE.schema.dump(record))`), and leave the record below as it is, but for new fields.


def the_questionnaire() -> Questionnaire:
    words = {"en": "How good?", "de-AT": "Wie gut?"}
    content: Any = {
        "title": words,
        "introduction": words,
        "items": [
            *one_of_each(),
            evolve(
                one_of_each()[1],
                id="ideal",
                hint=surveys.items.by_language(words),
                polarity=Polarity.LOWER,
                reverse=True,
                service="water",
                dimension="care",
                expectation_of="overall",
            ),
        ],
        "languages": ["en"],
        "purpose": "To find trouble before customers leave",
        "owner": "head@city.example",
        "source": "Ours",
        "template": "own",
        "extra": {"wave": 4},
    }
    draft = surveys.draft(id="q-1", family="yearly", **content, by=ANN, at=MONDAY).after
    reviewed = surveys.review(evolve(draft, previous="q-0", version=2), by=BOB, at=MONDAY).after
    released = surveys.release(reviewed, by=BOB, at=MONDAY).after
    corrected = surveys.correct(
        released, "A misprint", title={"en": "How good!", "de-AT": "Wie gut!"}, by=ANN, at=MONDAY
    )
    return surveys.retire(corrected.after, by=BOB, at=MONDAY).after


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("v*.json")), ids=lambda path: path.stem)
def test_what_any_version_stored_is_read_as_the_same_record(path: Path) -> None:  # C127
    version = int(path.stem.removeprefix("v"))

    assert QUESTIONNAIRE.schema.load(from_text(path.read_text("utf-8")), version=version) == the_questionnaire()


def test_the_current_version_has_a_golden_file() -> None:
    stored = (GOLDEN / f"v{QUESTIONNAIRE.schema.current}.json").read_text("utf-8")

    assert from_text(stored) == from_text(to_text(QUESTIONNAIRE.schema.dump(the_questionnaire())))


def test_the_golden_questionnaire_has_something_everywhere() -> None:
    assert [name for name in field_names(Questionnaire) if not getattr(the_questionnaire(), name)] == ["revision"]


def test_the_digest_of_what_is_stored_stays_what_it_was() -> None:  # C075
    """It is kept with answers, so that no later version may compute another one of the same content."""
    for path in GOLDEN.glob("v*.json"):
        document = from_text(path.read_text("utf-8"))
        stored = QUESTIONNAIRE.schema.load(document, version=int(path.stem.removeprefix("v")))
        assert content_digest(stored) == stored.digest == document["digests"][-1]


# -- round trips ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_questionnaire_survives_being_stored(name: str) -> None:
    questionnaire = surveys.draft(id=name, **template(name), by=ANN, at=MONDAY).after
    stored = from_text(to_text(QUESTIONNAIRE.schema.dump(questionnaire)))

    assert QUESTIONNAIRE.schema.load(stored) == questionnaire
    assert content_digest(QUESTIONNAIRE.schema.load(stored)) == content_digest(questionnaire)


def test_a_condition_that_is_none_is_refused_in_a_document_too() -> None:
    document = QUESTIONNAIRE.schema.dump(a_release())
    document["items"][0]["shown_if"] = {"eval": "1"}
    with pytest.raises(MalformedDocument, match="shown_if"):
        QUESTIONNAIRE.schema.load(document)


EACH = a_release()
READING = Schema("reading", Reading)


@given(st.integers(1, 10) | st.none(), texts() | st.none(), st.sampled_from(["phone", "not_applicable"]))
def test_answers_survive_being_stored(number: int | None, text: str | None, channel: str) -> None:  # C077
    given_ = {"used": True, "overall": number, "why": text, "channel": channel, "since": "2026-03-02"}
    reading = EACH.read(given_)

    assert READING.load(from_text(to_text(READING.dump(reading)))) == reading


def test_a_questionnaire_is_found_by_what_it_is() -> None:
    questionnaire = the_questionnaire()
    index = QUESTIONNAIRE.index_of(questionnaire)

    assert set(index) == {column.name for column in QUESTIONNAIRE.columns} | {"search"}
    assert (index["family"], index["version"], index["state"]) == ("yearly", 2, "retired")
    assert index["digest"] == questionnaire.digest
    assert "wie gut!" in str(index["search"])
    assert QUESTIONNAIRE.terms_of(questionnaire) == {
        ("languages", "en"),
        ("services", "billing"),
        ("services", "water"),
    }


@pytest.mark.parametrize("column", [column.name for column in QUESTIONNAIRE.columns])
def test_questionnaires_can_be_asked_for_by_every_column(column: str) -> None:
    assert isinstance(encoded(where(column) == None, QUESTIONNAIRE), Comparison)  # noqa: E711


# -- personal data and facts ---------------------------------------------------------------------


@pytest.mark.parametrize("cls", [Answer, Reading, Questionnaire, Item, Row, *EVENTS])
def test_what_tells_about_somebody_is_marked_as_personal(cls: type) -> None:
    marked = {field.name for field in attrs.fields(cls) if is_personal(field.type)}
    expected = {Answer: {"text"}, Reading: {"answers"}}.get(cls, {"reason"} & set(field_names(cls)))

    assert marked == expected


def test_every_fact_has_a_type_of_its_own() -> None:
    types = [cls.type for cls in EVENTS]

    assert len(set(types)) == len(types)
    assert all(cls.__base__ is Event for cls in EVENTS)


def test_a_kind_is_found_by_the_name_of_its_lifecycle() -> None:
    declared: Kind[Questionnaire] = QUESTIONNAIRE

    assert declared.name == LIFECYCLE.name
    assert Status("answered") is Status.ANSWERED

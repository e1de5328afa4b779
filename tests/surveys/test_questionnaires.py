"""A questionnaire is written, looked through, frozen and taken out of use, and what is frozen stays as it is."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from servicecrm import surveys
from servicecrm.errors import GuardNotMet, InvalidValue, NaiveDatetime, TransitionNotAllowed
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.kernel.records import evolve
from servicecrm.surveys import CHECKLIST, LIFECYCLE, Questionnaire, Scale, content_digest, item
from servicecrm.testing.makers import MONDAY
from tests.surveys.making import ANN, BOB, TEN, a_draft, a_release, en, ends, rating

LATER = MONDAY + timedelta(days=1)


# -- the course of a questionnaire ---------------------------------------------------------------


def test_a_questionnaire_is_drafted_reviewed_released_and_retired() -> None:  # C075
    questionnaire = a_draft()
    for command, state in ((surveys.review, "reviewed"), (surveys.release, "released"), (surveys.retire, "retired")):
        decision = command(questionnaire, by=BOB, at=LATER)
        questionnaire = decision.after
        assert questionnaire.state == state
        assert [event.type for event in decision.events] == [f"questionnaire.{state}"]

    assert (questionnaire.drafted_at, questionnaire.reviewed_by, questionnaire.retired_at) == (MONDAY, BOB, LATER)


def test_editing_what_is_released_is_refused_and_says_what_can_be_done() -> None:  # C075
    with pytest.raises(TransitionNotAllowed, match="allowed: correct, new_version, retire"):
        surveys.edit(a_release(), items=[], by=ANN, at=LATER)


def test_what_is_edited_after_its_review_has_to_be_reviewed_again() -> None:  # C075
    reviewed = surveys.review(a_draft(), by=BOB, at=MONDAY).after
    edited = surveys.edit(reviewed, items=[rating("overall")], by=ANN, at=LATER).after

    assert (edited.state, edited.reviewed_at, edited.reviewed_by) == ("draft", None, None)
    with pytest.raises(TransitionNotAllowed):
        surveys.release(edited, by=BOB, at=LATER)


def test_a_reviewer_sends_back_with_a_reason() -> None:
    reviewed = surveys.review(a_draft(), by=BOB, at=MONDAY).after
    decision = surveys.send_back(reviewed, "The second question asks two things.", by=BOB, at=LATER)

    assert (decision.after.state, decision.after.reviewed_by) == ("draft", None)
    assert "two things" not in repr(decision)


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(NaiveDatetime):
        surveys.retire(a_draft(), by=ANN, at=MONDAY.replace(tzinfo=None))


def test_only_known_content_is_taken() -> None:
    content: Any
    for content in ({}, {"colour": "red"}):
        with pytest.raises(InvalidValue, match="it can have title, "):
            surveys.edit(a_draft(), by=ANN, at=MONDAY, **content)
    with pytest.raises(InvalidValue, match="title"):
        surveys.draft(id="q-1", languages=["en"], by=ANN, at=MONDAY)
    with pytest.raises(InvalidValue, match="expected one or more languages"):
        surveys.edit(a_draft(), languages=[], by=ANN, at=MONDAY)
    with pytest.raises(InvalidValue, match="several values"):
        surveys.edit(a_draft(), languages="en", by=ANN, at=MONDAY)


BY_LANGUAGE = "a text is given by language, such as {'en': 'How satisfied are you?'}"


@pytest.mark.parametrize("words", ["How?", 7, None, ["How?"]])
def test_words_that_are_not_by_language_are_refused_by_the_argument_they_stand_in(words: Any) -> None:  # C074, C093
    draft: Any = surveys.draft
    an_item: Any = item
    for name in ("title", "introduction"):
        with pytest.raises(InvalidValue) as refused:
            draft(**{"title": en("How?"), name: words}, id="q-1", by=ANN, at=MONDAY)
        assert str(refused.value) == f"{name}: {BY_LANGUAGE}"
    for name, given in (("text", words), ("hint", words), ("labels", {1: words}), ("options", {"a": words})):
        with pytest.raises(InvalidValue) as refused:
            an_item("a", "choice", **{"text": en("How?"), name: given})
        assert str(refused.value) == f"{name}: {BY_LANGUAGE}"
    with pytest.raises(InvalidValue, match=f"^rows: {BY_LANGUAGE[:20]}"):
        item("a", "matrix", text=en("How?"), rows={"a": words})


@pytest.mark.parametrize(
    ("name", "given", "says"),
    [
        ("labels", ["poor", "good"], "labels: they are given by point, such as {1: {'en': 'poor'}"),
        ("options", "abc", "options: expected several values"),
        ("rows", 7, "rows: expected several values"),
        ("apart", "dont_know", "apart: expected several values"),
    ],
)
def test_what_is_several_in_an_item_is_refused_by_its_name(name: str, given: Any, says: str) -> None:  # C074
    with pytest.raises(InvalidValue) as refused:
        item("a", "scale", **{"text": en("How?"), name: given})
    assert str(refused.value).startswith(says)


def test_an_item_is_found_by_its_id() -> None:
    assert a_draft().item("overall").id == "overall"
    with pytest.raises(InvalidValue, match="known: used, overall, "):
        a_draft().item("nobody")


# -- what is found in a review -------------------------------------------------------------------


def trilingual() -> Questionnaire:
    words = {"en": "Good?", "de": "Gut?", "zh": "好吗"}
    labelled = item("overall", "scale", text=words, scale=TEN, labels={1: words, 10: words}, hint=words)
    chosen = item("channel", "choice", text=words, options={"web": words})
    rows = item("aspects", "matrix", text=words, options={"yes": words}, rows={"price": words})
    return surveys.draft(
        id="q-3", title=words, introduction=words, items=[labelled, chosen, rows], by=ANN, at=MONDAY
    ).after


PLACES = [
    "title",
    "introduction",
    "items.overall.text",
    "items.overall.hint",
    "items.overall.labels.1",
    "items.overall.labels.10",
    "items.channel.text",
    "items.channel.options.web",
    "items.aspects.text",
    "items.aspects.options.yes",
    "items.aspects.rows.price",
]


def without(of: Any, path: str, language: str) -> Any:
    """A record without the text in a language at a path."""
    if isinstance(of, FrozenMap):
        return FrozenMap({tag: text for tag, text in of.items() if tag != language})
    name, _, rest = path.partition(".")
    value = getattr(of, name)
    if not isinstance(value, tuple):
        return evolve(of, **{name: without(value, rest, language)})
    key, _, rest = rest.partition(".")
    ids = [str(getattr(each, "id", None) or getattr(each, "code", None) or f"{each.at:g}") for each in value]
    parts = [
        without(each, rest or "text", language) if id == key else each for id, each in zip(ids, value, strict=True)
    ]
    return evolve(of, **{name: tuple(parts)})


@pytest.mark.parametrize("path", PLACES)
@pytest.mark.parametrize("language", ["en", "de", "zh"])
def test_a_text_that_a_language_lacks_is_found_where_it_is(path: str, language: str) -> None:  # C074, C093
    assert surveys.problems(trilingual()) == ()
    (finding,) = surveys.problems(without(trilingual(), path, language))

    assert (finding.check, finding.path, finding.says) == ("languages", path, f"there is no text in {language}")


def test_both_ends_of_every_scale_are_in_words() -> None:  # C074, S3-O4
    unlabelled = item("overall", "scale", text=en("?"), scale=TEN, labels={1: en("bad")})
    nps = item("recommend", "nps", text=en("?"))

    assert [str(found) for found in surveys.problems(a_draft(unlabelled, nps))] == [
        "items.overall.labels: 10 has no label",
        "items.recommend.labels: 0 has no label",
        "items.recommend.labels: 10 has no label",
    ]


def test_a_twin_belongs_to_an_item_that_is_there() -> None:  # C074, C081
    def twin(id: str, scale: Scale = TEN, **of: str) -> surveys.Item:
        return evolve(rating(id, scale=scale), **of)

    good = (rating("a"), twin("b", importance_of="a"), twin("c", expectation_of="a"))
    assert surveys.problems(a_draft(*good)) == ()
    seven = Scale(low=1, high=7)
    assert surveys.problems(a_draft(rating("a"), twin("b", seven, importance_of="a"))) == ()
    for bad in (
        (twin("b", importance_of="a"),),
        (*good, twin("d", importance_of="a")),
        (*good, twin("d", importance_of="b")),
        (rating("a"), twin("b", importance_of="b")),
        (rating("a"), twin("b", seven, expectation_of="a")),
        (rating("a"), rating("z"), twin("b", importance_of="a", expectation_of="z")),
    ):
        assert {found.check for found in surveys.problems(a_draft(*bad))} == {"twins"}


def test_a_matrix_and_its_twin_have_the_same_rows() -> None:  # C081
    def matrix(id: str, *rows: str, importance_of: str | None = None) -> surveys.Item:
        words = {row: en(row) for row in rows}
        return item(id, "matrix", text=en("?"), scale=TEN, labels=ends(TEN), rows=words, importance_of=importance_of)

    assert surveys.problems(a_draft(matrix("a", "x", "y"), matrix("b", "x", "y", importance_of="a"))) == ()
    assert surveys.problems(a_draft(matrix("a", "x", "y"), evolve(rating("b"), importance_of="a"))) == ()
    assert surveys.problems(a_draft(matrix("a", "x", "y"), matrix("b", "x", "z", importance_of="a")))


def test_a_review_refuses_and_tells_all_that_is_wrong() -> None:  # C074, C075
    twice = (rating("a"), rating("a"), rating("b", shown_if={"item": "c", "above": 1}), item("d", "nps", text=en("?")))
    with pytest.raises(GuardNotMet) as refused:
        surveys.review(a_draft(*twice), by=BOB, at=MONDAY)

    assert refused.value.guards == ("ids", "ends", "ends", "conditions")
    assert refused.value.unmet[0] == "items.a: another item has this id"
    assert refused.value.unmet[-1] == "items.b.shown_if: there is no item c"
    assert set(LIFECYCLE.blocked(a_draft(*twice))) == {"review"}
    assert len(LIFECYCLE.blocked(a_draft(*twice))["review"]) == 3


def test_a_review_needs_something_that_is_asked() -> None:  # C075
    empty = surveys.edit(a_draft(), items=[], by=ANN, at=MONDAY).after
    with pytest.raises(GuardNotMet, match="items is given"):
        surveys.review(empty, by=BOB, at=MONDAY)


def test_nothing_is_reviewed_that_is_not_a_draft_whatever_is_wrong_with_it() -> None:
    broken = evolve(a_release(), items=(rating("a"), rating("a")))
    with pytest.raises(TransitionNotAllowed):
        surveys.review(broken, by=BOB, at=MONDAY)


# -- what is frozen ------------------------------------------------------------------------------

CHANGES: dict[str, Callable[[surveys.Item], surveys.Item]] = {
    "another scale": lambda a: evolve(a, scale=Scale(low=1, high=5), labels=()),
    "another label": lambda a: evolve(a, labels=a.labels[:1]),
    "another word": lambda a: evolve(a, text=FrozenMap({"en": "How bad?"})),
    "another condition": lambda a: evolve(a, shown_if=FrozenMap({"item": "z", "equals": 0})),
    "a condition with 0 or with nothing": lambda a: evolve(a, shown_if=FrozenMap({"item": "z", "at_most": 0})),
    "required": lambda a: evolve(a, required=True),
    "turned": lambda a: evolve(a, reverse=True),
    "another service": lambda a: evolve(a, service="water"),
}


def test_the_digest_tells_any_two_contents_apart() -> None:  # C075
    asked = rating("a")
    contents = [a_draft(asked), a_draft(), *(a_draft(change(asked)) for change in CHANGES.values())]

    assert len({content_digest(each) for each in contents}) == len(contents)


def test_the_digest_depends_on_nothing_but_the_content() -> None:  # C075
    released = a_release()

    assert released.digests == (content_digest(a_draft()),)
    assert content_digest(evolve(released, owner="bob", revision=7, state="retired")) == released.digest


def corrected(text: str, **changes: object) -> surveys.Item:
    return evolve(rating("a"), text=FrozenMap({"en": text}), **changes)


def test_a_misprint_is_corrected_and_both_digests_are_kept() -> None:  # C075
    released = a_release(rating("a"), rating("b"))
    decision = surveys.correct(released, "It said 'god'.", items=[corrected("How good!")], by=ANN, at=LATER)

    after = decision.after
    assert after.item("a").text == {"en": "How good!"}
    assert after.item("b") == released.item("b")
    assert after.digests == (released.digest, content_digest(after))
    assert after.digest != released.digest
    (event,) = decision.events
    assert event.type == "questionnaire.corrected"
    assert event.digest == after.digest  # type: ignore[attr-defined]


@pytest.mark.parametrize("change", [change for name, change in CHANGES.items() if name != "another word"])
def test_a_correction_changes_nothing_but_words(change: Callable[[surveys.Item], surveys.Item]) -> None:  # C075
    with pytest.raises(GuardNotMet, match="only words change"):
        surveys.correct(a_release(rating("a")), "?", items=[change(rating("a"))], by=ANN, at=LATER)


def test_a_correction_takes_no_language_away_and_adds_no_item() -> None:  # C075
    released = surveys.release(surveys.review(trilingual(), by=BOB, at=MONDAY).after, by=BOB, at=MONDAY).after
    with pytest.raises(GuardNotMet, match="only words change"):
        surveys.correct(released, "?", title=en("Good?"), by=ANN, at=LATER)
    with pytest.raises(InvalidValue, match="no item"):
        surveys.correct(released, "?", items=[rating("new")], by=ANN, at=LATER)
    with pytest.raises(InvalidValue, match="nothing is given"):
        surveys.correct(released, "?", by=ANN, at=LATER)
    with pytest.raises(TransitionNotAllowed):
        surveys.correct(trilingual(), "?", title=en("Good?"), by=ANN, at=LATER)


def test_what_was_changed_behind_its_back_is_no_release() -> None:  # C075
    reviewed = surveys.review(a_draft(), by=BOB, at=MONDAY).after
    with pytest.raises(GuardNotMet, match="its digest is that of its content"):
        LIFECYCLE.check("release", reviewed, evolve(reviewed, state="released", digests=("0" * 64,)))


# -- versions ------------------------------------------------------------------------------------


def test_a_new_version_is_a_draft_of_its_own_that_knows_where_it_comes_from() -> None:  # C075
    old = evolve(a_release(), revision=3)
    decision = surveys.new_version(old, id="q-2", items=[rating("overall")], by=ANN, at=LATER)

    new = decision.after
    assert decision.before is None
    assert (new.family, new.version, new.previous, new.state, new.revision) == ("q-1", 2, "q-1", "draft", 0)
    assert (new.reviewed_by, new.released_at, new.digests, new.drafted_at) == (None, None, (), LATER)
    assert [each.id for each in new.items] == ["overall"]
    assert surveys.new_version(old, id="q-2", by=ANN, at=LATER).after.items == old.items


def test_only_what_was_released_has_versions() -> None:  # C075
    with pytest.raises(TransitionNotAllowed):
        surveys.new_version(a_draft(), id="q-2", by=ANN, at=LATER)
    discarded = surveys.retire(a_draft(), by=ANN, at=MONDAY).after
    with pytest.raises(GuardNotMet, match="it was released"):
        surveys.new_version(discarded, id="q-2", by=ANN, at=LATER)
    retired = surveys.retire(a_release(), by=ANN, at=MONDAY).after
    assert surveys.new_version(retired, id="q-2", by=ANN, at=LATER).after.version == 2


# -- the checklist -------------------------------------------------------------------------------


def test_the_checklist_tells_what_a_questionnaire_lacks() -> None:  # C007, C075
    report = CHECKLIST.check(a_release())

    assert report.missing == ()
    assert [line.path for line in report.warnings] == ["owner", "purpose"]
    assert [line.path for line in CHECKLIST.check(evolve(a_release(), digests=())).missing] == ["digests"]

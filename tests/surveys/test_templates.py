"""Every template can be released as it is, in every language, and names whose instrument it is."""

import pytest

from servicecrm import surveys
from servicecrm.errors import InvalidValue
from servicecrm.measures import gaps, servqual, sus
from servicecrm.surveys import TEMPLATES, Item, ItemKind, Polarity, Questionnaire, Scale, Status, coded, template
from servicecrm.testing.makers import MONDAY
from tests.surveys.making import ANN, BOB


def drafted(name: str) -> Questionnaire:
    return surveys.draft(id=name, **template(name), by=ANN, at=MONDAY).after


def released(name: str) -> Questionnaire:
    return surveys.release(surveys.review(drafted(name), by=BOB, at=MONDAY).after, by=BOB, at=MONDAY).after


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_can_be_released_at_once_in_every_language(name: str) -> None:  # C074, C093
    questionnaire = released(name)

    assert questionnaire.languages == ("en", "de", "zh") == template(name)["languages"]
    assert set(questionnaire.languages) == set(surveys.TEXTS.languages)
    assert (questionnaire.template, questionnaire.version) == (name, 1)


@pytest.mark.parametrize("name", TEMPLATES)
def test_no_language_of_a_template_is_the_english_text_again(name: str) -> None:  # C093
    for each in drafted(name).items:
        assert len(set(each.text.values())) == 3


def test_a_template_in_one_language_needs_no_other() -> None:
    assert surveys.draft(id="q", **template("sus", languages=["de"]), by=ANN, at=MONDAY).after.languages == ("de",)
    with pytest.raises(InvalidValue, match="en, de, zh"):
        template("sus", languages=["en", "fr"])
    with pytest.raises(InvalidValue, match="known: satisfaction, nps"):
        template("happiness")


def test_satisfaction_is_asked_on_the_scale_of_the_seed() -> None:  # C074
    overall = drafted("satisfaction").item("overall")

    assert overall.scale == Scale(low=1, high=10)
    assert [label.text["de"] for label in overall.labels] == ["sehr unzufrieden", "sehr zufrieden"]
    for answer, status in ((4, Status.MISSING), (5, Status.NOT_SHOWN)):
        (trouble,) = (a for a in released("satisfaction").validated({"overall": answer}) if a.item == "trouble")
        assert trouble.status is status


@pytest.mark.parametrize(
    ("name", "id", "kind"), [("nps", "recommend", "nps"), ("csat", "satisfied", "csat"), ("ces", "easy", "ces")]
)
def test_a_metric_is_declared_and_required(name: str, id: str, kind: str) -> None:  # C078
    asked = drafted(name).item(id)

    assert (asked.kind, asked.required, asked.polarity) == (ItemKind(kind), True, Polarity.HIGHER)


def test_sus_is_scored_from_its_coded_answers() -> None:  # C078
    given = [4, 2, 5, 1, 3, 3, 4, 2, 5, 1]
    questionnaire = released("sus")
    answers = questionnaire.validated({f"q{n}": value for n, value in enumerate(given, 1)})
    numbers = [coded(item, answer) for item, answer in zip(questionnaire.items, answers, strict=True)]

    assert 2.5 * sum(number - 1 for number in numbers if isinstance(number, float)) == sus(given)
    assert [item.polarity is Polarity.LOWER for item in questionnaire.items] == [n % 2 == 1 for n in range(10)]
    assert "Brooke" in str(questionnaire.source)


def rows(items: tuple[Item, ...], suffix: str = "") -> dict[str, tuple[str | None, ...]]:
    return {str(item.dimension): item.parts for item in items if item.id == f"{item.dimension}{suffix}"}


def test_servqual_has_five_dimensions_each_with_its_ideal_and_its_weight() -> None:  # C078, C081
    items = drafted("servqual").items

    assert [len(found) for found in rows(items).values()] == [4, 5, 4, 4, 5]
    assert rows(items) == rows(items, "_ideal") == rows(drafted("servperf").items)
    assert {item.expectation_of for item in items} - {None} == set(rows(items))
    assert {item.importance_of for item in items} - {None} == set(rows(items))


def test_servqual_answers_lead_to_its_score() -> None:  # C078
    questionnaire = released("servqual")
    found = {dimension: dict.fromkeys(parts, 5) for dimension, parts in rows(questionnaire.items).items()}
    ideal = {f"{dimension}_ideal": dict.fromkeys(parts, 6) for dimension, parts in rows(questionnaire.items).items()}
    points = {f"{dimension}_points": 20 for dimension in found}
    answers = questionnaire.validated({**found, **ideal, **points})
    numbers = {answer.item: answer.number for answer in answers}

    perceived = {dimension: numbers[dimension] or 0.0 for dimension in found}
    expected = {dimension: numbers[f"{dimension}_ideal"] or 0.0 for dimension in found}
    score = servqual(
        gaps(perceived, expected), {dimension: numbers[f"{dimension}_points"] or 0.0 for dimension in found}
    )
    assert (score.unweighted, score.weighted) == (-1.0, -1.0)


def test_the_index_asks_for_satisfaction_and_importance_of_the_same() -> None:  # C081
    questionnaire = drafted("iso10004")

    assert questionnaire.item("importance").importance_of == "aspects"
    assert questionnaire.item("importance").parts == questionnaire.item("aspects").parts

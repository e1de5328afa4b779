"""A request type says what a request has to tell, and changes without making older requests wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.cases import Attribute, Choice, Datatype, RequestType
from servicecrm.cases.types import RequestTypeBook, in_language
from servicecrm.errors import InvalidValue, PolicyViolation
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.kernel.policies import publish
from servicecrm.kernel.records import evolve
from servicecrm.testing.makers import MONDAY
from servicecrm.testing.strategies import texts
from tests.cases.making import DAY, OFFICE

VALUES = (Choice(key="curb", name=FrozenMap({"en": "At the curb"})), Choice(key="lane"))
POTHOLE = RequestType(
    code="pothole",
    name=FrozenMap({"en": "Pothole", "de": "Schlagloch"}),
    group="streets",
    keywords=("hole",),
    targets=FrozenMap({"first action": "2 business days"}),
    attributes=(
        Attribute(code="where", datatype=Datatype.SINGLE, values=VALUES, required=True, order=2),
        Attribute(code="seen", datatype=Datatype.MULTI, values=VALUES, order=3),
        Attribute(code="depth", datatype=Datatype.NUMBER, order=1),
        Attribute(code="since", datatype=Datatype.DATETIME, order=4),
        Attribute(code="plate", datatype=Datatype.STRING, order=5),
        Attribute(code="story", datatype=Datatype.TEXT, order=6),
        Attribute(code="hint", variable=False, order=7, description=FrozenMap({"en": "Keep away from traffic."})),
    ),
)

GOOD = {
    "where": "curb",
    "seen": ["curb", "lane"],
    "depth": 12.5,
    "since": "2026-03-02T09:00:00+00:00",
    "plate": "W-1",
    "story": "Long.\nVery long.",
}


def problems(**attributes: object) -> tuple[str, ...]:
    return POTHOLE.problems(FrozenMap({"where": "curb", **attributes}))


def test_a_request_that_tells_what_it_should_is_taken() -> None:  # C068
    POTHOLE.check(FrozenMap(GOOD))
    POTHOLE.check(FrozenMap({"where": "lane"}))


@pytest.mark.parametrize(
    ("code", "value", "says"),
    [
        ("where", "roof", "expected keys out of curb, lane"),
        ("where", ["curb"], "expected one key"),
        ("where", 1, "expected one key"),
        ("seen", "curb", "expected several keys, each once"),
        ("seen", ["curb", "curb"], "expected several keys, each once"),
        ("seen", ["curb", 1], "expected several keys, each once"),
        ("seen", ["curb", "roof"], "expected keys out of curb, lane"),
        ("depth", "12.5", "expected a number"),
        ("depth", True, "expected a number"),
        ("since", "2026-03-02T09:00:00", "expected a time with a zone, in ISO 8601"),
        ("since", "Monday", "expected a time with a zone, in ISO 8601"),
        ("since", 20260302, "expected a time with a zone, in ISO 8601"),
        ("plate", 1, "expected a text"),
        ("story", ["Long."], "expected a text"),
        ("hint", "yes", "is only shown, and holds nothing"),
    ],
)
def test_a_value_that_does_not_fit_is_told_by_the_code_of_its_attribute(code: str, value: object, says: str) -> None:
    assert problems(**{code: value}) == (f"{code}: {says}",)  # C068


@pytest.mark.parametrize("nothing", [None, "", []])
def test_what_is_required_is_not_empty(nothing: object) -> None:  # C068
    assert problems(where=nothing) == ("where: is required",)
    assert problems(seen=nothing, depth=nothing) == ()


def test_nought_is_an_answer() -> None:
    required = RequestType(code="leak", attributes=(Attribute(code="litres", datatype=Datatype.NUMBER, required=True),))
    assert required.problems(FrozenMap({"litres": 0})) == ()


def test_every_problem_is_told_at_once_and_no_value_is_shown() -> None:  # C068
    with pytest.raises(InvalidValue) as caught:
        POTHOLE.check(FrozenMap({"color": "secret red", "depth": "secret deep"}))

    told = caught.value.says.split("; ")
    assert told == ["color: not an attribute of pothole", "depth: expected a number", "where: is required"]
    assert "secret" not in str(caught.value)


@given(st.dictionaries(st.sampled_from(sorted(GOOD)), st.none() | st.integers(0, 9) | texts() | st.lists(texts())))
def test_whatever_is_sent_each_attribute_has_at_most_one_problem(attributes: dict[str, object]) -> None:
    codes = [problem.partition(":")[0] for problem in POTHOLE.problems(FrozenMap(attributes))]

    assert len(codes) == len(set(codes))
    assert set(codes) <= set(GOOD)


def test_attributes_are_asked_for_in_their_order() -> None:  # C068
    assert [attribute.code for attribute in POTHOLE.ordered][:3] == ["depth", "where", "seen"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"datatype": Datatype.SINGLE},
        {"datatype": Datatype.MULTI, "values": (Choice(key="a"), Choice(key="a"))},
        {"datatype": Datatype.STRING, "values": VALUES},
        {"required": True, "variable": False},
        {"code": " "},
    ],
)
def test_an_attribute_that_could_not_be_filled_in_is_refused(wrong: dict[str, object]) -> None:  # C068
    with pytest.raises(InvalidValue, match="Attribute"):
        evolve(Attribute(code="a"), **wrong)


def test_a_type_has_each_attribute_once_and_names_by_language() -> None:  # C068
    with pytest.raises(InvalidValue, match="each attribute has a code of its own"):
        RequestType(code="leak", attributes=(Attribute(code="a"), Attribute(code="a")))
    with pytest.raises(InvalidValue, match="a language is written"):
        RequestType(code="leak", name=FrozenMap({"English": "Leak"}))


@pytest.mark.parametrize(("language", "found"), [("de-AT", "Schlagloch"), ("en", "Pothole"), ("fr", "Pothole")])
def test_a_name_is_found_in_the_nearest_language(language: str, found: str) -> None:  # C093
    assert in_language(POTHOLE.name, language) == found


def test_any_wording_is_better_than_none() -> None:
    assert in_language(FrozenMap({"zh": "坑洞"}), "fr") == "坑洞"
    assert in_language(FrozenMap(), "fr") is None


def test_a_type_changes_and_retires_while_each_version_stays() -> None:  # C068
    book = publish(RequestTypeBook(id="pothole"), POTHOLE, effective=MONDAY, by=OFFICE, at=MONDAY).after
    renamed = evolve(POTHOLE, group="roads")
    book = book.publish(renamed, effective=MONDAY + DAY).publish(
        evolve(renamed, retired=True), effective=MONDAY + 2 * DAY
    )

    assert book.version(1).policy == POTHOLE
    assert [book.at(MONDAY + n * DAY).policy.group for n in range(2)] == ["streets", "roads"]
    assert book.at(MONDAY + 3 * DAY).policy.retired
    with pytest.raises(PolicyViolation, match="no version is in force"):
        book.at(MONDAY - DAY)


def test_a_book_is_about_one_type() -> None:
    with pytest.raises(InvalidValue, match="every version of pothole has this code"):
        RequestTypeBook(id="pothole").publish(evolve(POTHOLE, code="leak"), effective=MONDAY)

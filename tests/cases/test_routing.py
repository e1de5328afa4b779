"""A request goes where the first rule that fits sends it, and the answer tells why."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.cases import Missed, Place, RequestType, Router, Routing, RoutingRule
from servicecrm.cases.routing import BY_DEFAULT, BY_TYPE, RoutingBook, present
from servicecrm.errors import InvalidValue
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.kernel.records import evolve
from servicecrm.testing.makers import MONDAY
from tests.cases.making import a_case

ROUTER = Router(
    rules=(
        RoutingRule(name="hospital", types=("leak",), attributes=FrozenMap({"site": "hospital"}), handler="chief"),
        RoutingRule(name="north", types=("leak", "no-water"), areas=("11", "12"), queue="water north"),
        RoutingRule(name="water", keywords=("WATER", "水"), queue="water", handler="wanda"),
    )
)


def test_a_water_request_goes_to_the_water_department() -> None:  # C059
    routing = ROUTER.route(a_case())

    assert (routing.queue, routing.handler, routing.rule) == ("water", "wanda", "water")
    assert routing.deputy_for is None


def test_what_nothing_fits_goes_to_triage_and_says_why() -> None:  # C059
    routing = ROUTER.route(a_case(subject="A dead tree"))

    assert routing == Routing(
        queue="triage",
        rule=BY_DEFAULT,
        missed=(
            Missed(rule="hospital", conditions=("type", "attribute site")),
            Missed(rule="north", conditions=("type", "area")),
            Missed(rule="water", conditions=("keyword",)),
        ),
    )
    assert str(routing).splitlines() == [
        "hospital: type, attribute site did not fit",
        "north: type, area did not fit",
        "water: keyword did not fit",
        "rule by_default: to triage",
    ]


def test_a_rule_fits_when_each_of_its_conditions_does() -> None:  # C059
    leak = a_case(request_type="leak", place=Place(zipcode="1210"))

    assert ROUTER.route(leak).rule == "north"
    assert ROUTER.route(evolve(leak, place=Place(zipcode="2110"))).rule == "water"
    assert ROUTER.route(evolve(leak, attributes=FrozenMap({"site": "hospital"}))).handler == "chief"


def test_a_handler_without_a_queue_is_one_of_the_default_queue() -> None:
    hospital = a_case(request_type="leak", attributes=FrozenMap({"site": "hospital"}))

    assert ROUTER.route(hospital).queue == "triage"


@pytest.mark.parametrize("text", ["The waterpipe burst.", "没有水了"])
def test_a_keyword_is_found_wherever_it_stands(text: str) -> None:  # C059
    assert ROUTER.route(a_case(subject="Help", text=text)).rule == "water"


def test_rules_come_before_the_queue_of_the_type_which_comes_before_the_default() -> None:  # C059, C068
    tree = RequestType(code="tree", queue="parks")

    assert ROUTER.route(a_case(), tree).rule == "water"
    assert (ROUTER.route(a_case(subject="A dead tree"), tree).queue, ROUTER.route(a_case(subject="x"), tree).rule) == (
        "parks",
        BY_TYPE,
    )


def test_an_absent_person_is_stood_in_for() -> None:  # C059
    routing = ROUTER.route(a_case(), deputies={"wanda": "paul", "paul": "olga"})

    assert (routing.handler, routing.deputy_for) == ("olga", "wanda")
    assert str(routing).endswith("rule water: to water / olga, for wanda who is absent")


def test_when_all_are_absent_the_queue_has_it() -> None:  # C059
    routing = ROUTER.route(a_case(), deputies={"wanda": "paul", "paul": "wanda"})

    assert (routing.queue, routing.handler, routing.deputy_for) == ("water", None, "wanda")


@given(st.dictionaries(st.sampled_from("abcdef"), st.sampled_from("abcdef")), st.sampled_from("abcdef"))
def test_whoever_stands_in_is_there(deputies: dict[str, str], person: str) -> None:  # C059
    found = present(person, deputies)

    assert found is None or found not in deputies
    assert person in deputies or found == person


@given(st.permutations(ROUTER.rules), st.sampled_from(["", "leak", "no-water"]), st.sampled_from(["1100", "9"]))
def test_the_first_rule_that_fits_decides(rules: list[RoutingRule], request_type: str, zipcode: str) -> None:  # C059
    case = a_case(request_type=request_type, place=Place(zipcode=zipcode), subject="Water")
    routing = Router(rules=tuple(rules)).route(case)

    assert routing.rule == next(rule.name for rule in rules if not rule.misses(case))
    assert [missed.rule for missed in routing.missed] == [
        rule.name for rule in rules[: [rule.name for rule in rules].index(str(routing.rule))]
    ]


@pytest.mark.parametrize(
    ("parts", "says"),
    [({"queue": "water"}, "a rule has a condition"), ({"types": ("leak",)}, "a rule names a queue or a handler")],
)
def test_a_rule_has_a_condition_and_an_end(parts: dict[str, object], says: str) -> None:
    with pytest.raises(InvalidValue, match=says):
        RoutingRule(name="odd", **parts)  # type: ignore[arg-type]


@pytest.mark.parametrize("condition", ["types", "areas", "keywords"])
def test_one_text_is_not_taken_for_several_conditions(condition: str) -> None:
    with pytest.raises(InvalidValue, match="expected several values"):
        RoutingRule(name="odd", queue="water", **{condition: "leak"})  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["water", BY_TYPE, BY_DEFAULT])
def test_a_rule_is_known_by_its_name(name: str) -> None:
    with pytest.raises(InvalidValue, match="each rule has a name of its own"):
        Router(rules=(*ROUTER.rules, RoutingRule(name=name, types=("x",), queue="x")))


def test_a_person_may_decide_instead_of_a_rule() -> None:
    assert str(Routing(queue="water")) == "decided by a person: to water"


def test_before_any_rules_are_published_everything_waits_in_triage() -> None:  # C008
    assert RoutingBook().in_force(MONDAY)[1].route(a_case()).queue == "triage"
    assert RoutingBook().publish(ROUTER, effective=MONDAY).in_force(MONDAY) == (1, ROUTER)

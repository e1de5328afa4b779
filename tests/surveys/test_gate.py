"""What an evaluation shows of few: codes, statuses, items put together, twins, weights, names, and what comes again."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from hashlib import sha256
from itertools import combinations
from random import Random
from typing import Any

import pytest

from servicecrm import surveys
from servicecrm.desk import Desk
from servicecrm.errors import InvalidValue, PolicyViolation
from servicecrm.measures.following import Following
from servicecrm.surveys import Evaluation, Questionnaire, Scale, evaluate, evaluations, importing, report_markdown
from servicecrm.surveys.evaluation_lines import Group
from servicecrm.surveys.evaluation_pools import MissingPolicy
from servicecrm.surveys.items import Item
from servicecrm.testing.makers import MONDAY
from tests.surveys.campaigning import LINK, a_desk, an_open_campaign
from tests.surveys.making import ANN, a_draft, en, ends

MIN_N = 5
PRIME = 2**61 - 1
FIVE = Scale(low=1, high=5)


def rated(id: str, **told: Any) -> Item:
    return surveys.item(id, "scale", text=en(id), scale=FIVE, labels=ends(FIVE), **told)


def text(id: str, **told: Any) -> Item:
    return surveys.item(id, "text", text=en(id), **told)


# -- codes and statuses --------------------------------------------------------------------------


def test_a_group_has_a_line_for_every_code_that_somebody_gave() -> None:  # C080
    people = [{"o": 3, "why": "x", "g": "n"}] * 7 + [{"o": 1, "why": "y", "g": "s"}]
    found = evaluate(a_draft(rated("o"), text("why")), people, by="g", codes={"why": [("price",)] * 7 + [("staff",)]})

    of = {(line.part, line.group): line.hidden for line in found if line.key == "why"}
    assert of == {
        ("price", ()): None,
        ("staff", ()): None,
        ("price", ("n",)): "beside",
        ("staff", ("n",)): "beside",
        ("price", ("s",)): "small",
        ("staff", ("s",)): "small",
    }


def test_of_a_group_of_one_nothing_is_told_not_even_that_they_said_nothing() -> None:  # C080
    asked = a_draft(rated("o", apart=("dont_know",)), text("why", shown_if={"item": "o", "at_most": 2}))
    people = [{"o": 4, "g": "n"}] * 9 + [{"o": 1, "why": "x", "g": "s"}, {"o": "dont_know", "g": "t"}]
    found = evaluate(asked, people, by="g")

    hidden = [row for row in found.to_dicts() if row["group"] in ("s", "t")]
    told = {name for row in hidden for name, value in row.items() if value is not None}
    assert hidden
    assert told == {"about", "key", "group", "figure", "hidden"}
    assert all(line.counts is None and line.n == 0 for line in found.hidden)
    rows = [line for line in found.markdown().splitlines() if line.startswith("|") and ("| s |" in line)]
    assert rows
    assert not any(mark.isdigit() for row in rows for mark in row)


# -- items that are put together -----------------------------------------------------------------


def test_a_service_does_not_tell_the_item_that_is_hidden() -> None:  # C080
    asked = a_draft(rated("a", service="s"), rated("b", service="s"))
    found = evaluate(asked, [{"a": x} for x in (5, 4, 4, 3, 5, 2)] + [{"b": 1}])

    hidden = {line.key: line.hidden for line in found if line.figure == "mean"}
    assert hidden == {"a": None, "b": "small", "s": "beside"}


def test_a_dimension_of_all_but_one_does_not_tell_what_this_one_said() -> None:  # C080
    asked = a_draft(rated("a", dimension="d"), rated("b", dimension="d"))
    people: list[dict[str, Any]] = [{"a": x, "b": y} for x, y in ((5, 5), (4, 4), (4, 3), (3, 3), (5, 4))]

    assert evaluate(asked, people).line("d").value == 4.0
    assert evaluate(asked, [*people, {"a": 1}], missing="listwise").line("d").hidden == "beside"
    assert evaluate(asked, [*people, *[{"a": 1}] * 5], missing="listwise").line("d").value == 4.0


Class = tuple[Group, tuple[str, ...]]
"""Of which group they are, and what they have answered."""

OF: dict[str, str] = {"s": "abc", "d": "ab"}


def sums(found: Evaluation, sizes: Mapping[Class, int], *, missing: str) -> Iterator[dict[Any, int]]:
    """All that is shown, as what it takes of the sum of each item in each class of respondents."""
    for line in found:
        if line.figure != "mean" or line.score is None or not line.n:
            continue
        keys, vector = OF.get(line.key, line.key), dict[Any, int]()
        for group, there in sizes:
            have = [key for key in there if key in keys]
            if line.group == group[: len(line.group)] and not (missing == "listwise" and len(have) < len(keys)):
                turned = {"b"} if line.key == "s" else set()  # in a service the good end is up
                vector |= {
                    (group, there, key): pow(-len(have) if key in turned else len(have), -1, PRIME) for key in have
                }
        yield vector
    for pair in found.aspects.aspects if found.aspects else ():
        if not pair.hidden and pair.performance is not None:
            yield from complete(sizes, "ai")
    for scale in found.reliability:
        if scale.reliability is not None:
            yield from complete(sizes, "ab")
    if found.drivers is not None and found.drivers.drivers:
        yield from complete(sizes, "abc")


def complete(sizes: Mapping[Class, int], keys: str) -> Iterator[dict[Any, int]]:
    """Of those who have answered all of these, each of them."""
    return ({(*each, key): 1 for each in sizes if {*keys} <= {*each[1]}} for key in keys)


def rank(vectors: Sequence[Mapping[Any, int]]) -> int:
    rows: dict[Any, dict[Any, int]] = {}
    for vector in vectors:
        rest = {at: x % PRIME for at, x in vector.items() if x % PRIME}
        while rest:
            first = min(rest)
            if first not in rows:
                inverse = pow(rest[first], -1, PRIME)
                rows[first] = {at: x * inverse % PRIME for at, x in rest.items()}
                break
            times = rest[first]
            for at, x in rows[first].items():
                rest[at] = (rest.get(at, 0) - times * x) % PRIME
            rest = {at: x for at, x in rest.items() if x}
    return len(rows)


def told(found: Evaluation, sizes: Mapping[Class, int], *, missing: str) -> bool:
    """Does something follow of too few respondents from all that is shown? Then what is left has a lower rank."""
    vectors = list(sums(found, sizes, missing=missing))
    small = [each for each, n in sizes.items() if n < MIN_N]
    some = [set(few) for n in (1, 2, 3) for few in combinations(small, n) if sum(sizes[each] for each in few) < MIN_N]
    whole = rank(vectors)
    return any(
        rank([{at: x for at, x in vector.items() if at[:2] not in few} for vector in vectors]) < whole for few in some
    )


def attacked(count: int) -> tuple[int, int]:
    """In how many of some nasty surveys something follows, and how many figures of several items these show."""
    chance, lost, shown = Random(2026), 0, 0
    asked = a_draft(
        rated("a", service="s", dimension="d"),
        rated("b", service="s", dimension="d", reverse=True),
        rated("c", service="s"),
        rated("i", importance_of="a"),
    )
    for _ in range(count):
        lacking = {key: chance.choice([0, 0.02, 0.1, 0.3, 0.8]) for key in "abci"}
        missing: MissingPolicy = "available" if chance.random() < 0.5 else "listwise"
        by = chance.choice([("g",), ("g", "h")])
        people: list[dict[str, Any]] = [
            {key: None if chance.random() < lack else chance.randint(1, 5) for key, lack in lacking.items()}
            | {"g": chance.choices("nsew", (5, 4, 2, 1))[0], "h": chance.choice("xy")}
            for _ in range(chance.randint(8, 60))
        ]
        found = evaluate(asked, people, by=by, min_n=MIN_N, missing=missing, outcome="c")
        sizes: dict[Class, int] = {}
        for each in people:
            of = (tuple(each[name] for name in by), tuple(key for key in "abci" if each[key] is not None))
            sizes[of] = sizes.get(of, 0) + 1
        lost += told(found, sizes, missing=missing)
        shown += sum(line.key in OF and line.n > 0 for line in found)
    return lost, shown


@pytest.mark.parametrize("count", [50, pytest.param(1_000, marks=pytest.mark.torture)])
def test_nothing_that_is_put_together_tells_with_its_items_of_too_few(count: int) -> None:  # C080
    lost, shown = attacked(count)

    assert lost == 0
    assert shown > count


@pytest.mark.parametrize("planted", ["looks at nothing", "remembers nothing", "looks at single items of a few"])
def test_a_gate_that_looks_less_closely_is_found_out(monkeypatch: pytest.MonkeyPatch, planted: str) -> None:
    tells = Following._tells
    faults: dict[str, dict[str, Any]] = {
        "looks at nothing": {"takes": lambda *_: True},
        "remembers nothing": {"_keep": lambda *_: None},
        "looks at single items of a few": {"_tells": lambda self, rest: len(rest) == 1 and tells(self, rest)},
    }
    for name, instead in faults[planted].items():
        monkeypatch.setattr(Following, name, instead)

    assert attacked(25)[0] > 0


# -- twins and weights ---------------------------------------------------------------------------


@pytest.mark.parametrize("twin", ["importance_of", "expectation_of"])
def test_two_questions_about_one_thing_do_not_tell_who_answered_only_one(twin: str) -> None:  # C080, C081
    asked = a_draft(rated("a"), rated("other", **{twin: "a"}))
    people: list[dict[str, Any]] = [{"a": x, "other": 4} for x in (5, 4, 4, 3, 5)]

    def hidden(more: list[dict[str, Any]]) -> list[tuple[bool, int]]:
        found = evaluate(asked, [*people, *more])
        if found.aspects is not None:
            return [(each.hidden, each.n) for each in found.aspects.aspects]
        return [(each.hidden, each.n) for each in found.expectations.gaps] if found.expectations else []

    assert hidden([]) == hidden([{"a": 1}] * 5) == [(False, 5)]
    assert hidden([{"a": 1}]) == hidden([{"other": 1}]) == hidden([{"a": 1}] * 4) == [(True, 0)]


@pytest.mark.parametrize("weights", [[1.0, 0, 0, 0, 0], [1, 1e-9, 1e-9, 1e-9, 1e-9], [1, 1, 1, 1, 0.0]])
def test_a_figure_of_one_person_is_hidden_whatever_the_others_weigh(weights: list[float]) -> None:  # C073, C080
    people = [{"a": 1}] + [{"a": 5}] * 4

    assert evaluate(a_draft(rated("a")), people, weights=weights)["a"].hidden == "small"
    assert evaluate(a_draft(rated("a")), people, weights=[0.1] * 5)["a"].value == pytest.approx(4.2)


# -- names, verdicts, texts ----------------------------------------------------------------------


def two_groups() -> Evaluation:
    people = [{"o": 1, "g": "a / b", "h": "x"}] * 5 + [{"o": 2, "g": "a", "h": "b"}] * 5
    return evaluate(a_draft(rated("o")), people, by=["g", "h"])


def test_every_low_score_has_a_name_of_its_own() -> None:  # C082
    low = evaluations.low_scores(two_groups(), 3)
    groups = [row["group"] for row in two_groups().to_dicts() if row["figure"] == "mean"]

    assert [each.name for each in low] == ["o", "o [a]", 'o ["a / b"]', "o [a / b]", 'o ["a / b" / x]']
    assert len(set(groups)) == len(groups)


def test_of_many_changes_one_is_called_higher_only_if_it_is_so_among_many() -> None:  # C079
    chance = Random(4)
    asked = a_draft(*(rated(f"i{n}") for n in range(20)))
    waves = [
        evaluate(asked, [{f"i{n}": chance.randint(1, 5) for n in range(20)} for _ in range(60)], wave=wave)
        for wave in "12"
    ]
    found = surveys.trend(*waves)
    alone = [line.changes[0].verdict for line in found if line.changes[0] is not None]

    assert {"higher", "lower"} & {*alone}
    assert {row["verdict"] for row in found.to_dicts() if row["wave"] == "2"} == {"no_detectable_change"}


def test_no_words_of_somebody_become_a_link_or_a_picture() -> None:  # C082
    words = "[a](javascript:x) ![i](http://e/x.png)"
    people = [{"o": 3, "w": "x", "g": words}] * 6 + [{"o": 4, "w": "x", "g": "b"}] * 6
    found = evaluate(a_draft(rated("o"), text("w")), people, by="g", codes={"w": [(words,)] * 12}, wave=words)
    kept = evaluations.draft(found, id="e", threshold=5, by=ANN, at=MONDAY).after
    kept = evaluations.conclude(kept, words, by=ANN, at=MONDAY).after

    for page in (found.markdown(), report_markdown(kept)):
        assert "javascript:x" in page
        assert "[a]" not in page
        assert "](" not in page.replace("\\](", "")


# -- campaigns -----------------------------------------------------------------------------------


def of_six(crm: Desk, mode: str = "confidential", times: int = 1) -> tuple[str, list[str]]:
    campaign = an_open_campaign(crm, mode=mode)
    return campaign.id, [crm.responses.record(campaign.id, {"overall": n % 6 + 1}).id for n in range(6 * times)]


def published(crm: Desk, campaign: str, **how: Any) -> str:
    kept = crm.evaluations.draft(crm.evaluations.of(campaign, **how), threshold={})
    crm.evaluations.conclude(kept.id, "It is known.")
    crm.evaluations.review(kept.id)
    return crm.evaluations.publish(kept.id).state


OTHERS = r"published: it is not made of the same responses in the same way as .*: let the same ones count, in one way"


@pytest.mark.parametrize("mode", ["identified", "confidential"])
def test_without_one_of_them_it_is_not_published_again(mode: str) -> None:  # C080, C082
    with a_desk() as (crm, _):
        campaign, ids = of_six(crm, mode)
        with pytest.raises(PolicyViolation, match="campaign: it is open"):  # which the answers tell, if nobody does
            published(crm, campaign)
        crm.campaigns.close(campaign)
        assert published(crm, campaign) == published(crm, campaign) == "published"

        crm.responses.exclude(ids[4], "asked to be taken out")
        with pytest.raises(PolicyViolation, match=OTHERS):
            published(crm, campaign)
        crm.responses.readmit(ids[4])
        assert published(crm, campaign) == "published"


def test_without_many_of_them_it_is_not_published_again_either() -> None:  # C080, C082
    with a_desk() as (crm, _):
        campaign, ids = of_six(crm, times=2)
        crm.campaigns.close(campaign)
        assert published(crm, campaign) == "published"

        for id in ids[:6]:  # of these only one may have answered some item
            crm.responses.exclude(id, "asked to be taken out")
        with pytest.raises(PolicyViolation, match=OTHERS):
            published(crm, campaign)


@pytest.mark.parametrize(
    "how",
    [
        {"by": "service"},
        {"by": ("service", "stratum")},
        {"weights": [1.0] * 5 + [2.0]},
        {"missing": "listwise"},
        {"codes": {"why": [("price",)] * 6}},
        {"outcome": "overall"},
        {"min_n": 4},
    ],
    ids=lambda how: next(iter(how)),
)
def test_in_another_way_the_same_ones_are_not_published_again(how: dict[str, Any]) -> None:  # C080, C082
    with a_desk() as (crm, _):
        campaign, _ids = of_six(crm)
        crm.campaigns.close(campaign)
        assert published(crm, campaign, by="stratum") == "published"

        with pytest.raises(PolicyViolation, match=OTHERS):
            published(crm, campaign, **how)
        assert published(crm, campaign, by="stratum") == "published"


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ({"by": {"g": [*"aaaaabbbbbbb"]}}, {"by": {"g": [*"aaaaaabbbbbb"]}}),
        ({"codes": {"why": [("x",)] * 6 + [()] * 6}}, {"codes": {"why": [("x",)] * 7 + [()] * 5}}),
        ({"weights": [1.0] * 6 + [2.0] * 6}, {"weights": [2.0] * 6 + [1.0] * 6}),
    ],
    ids=["by", "codes", "weights"],
)
def test_if_only_one_of_them_is_in_another_place_they_are_not_published_again(
    first: dict[str, Any], then: dict[str, Any]
) -> None:  # C080, C082
    with a_desk() as (crm, _):
        campaign, _ids = of_six(crm, times=2)
        crm.campaigns.close(campaign)
        assert published(crm, campaign, **first) == published(crm, campaign, **first) == "published"
        with pytest.raises(PolicyViolation, match=OTHERS):
            published(crm, campaign, **then)


def test_anonymous_answers_are_published_again_in_the_same_way_alone() -> None:  # C076, C080, C082
    with a_desk() as (crm, _):
        campaign = an_open_campaign(crm, mode="anonymous").id
        for n in range(6):
            crm.responses.cast(crm.responses.ballot(campaign, {"overall": n + 1}))
        crm.campaigns.close(campaign)

        assert published(crm, campaign) == published(crm, campaign) == "published"
        with pytest.raises(PolicyViolation, match=OTHERS):
            published(crm, campaign, by="overall")


@pytest.mark.parametrize("by", ["id", "answers", "day", "invitation", "state"])
def test_nobody_is_a_group_of_their_own(by: str) -> None:  # C080
    with a_desk() as (crm, _):
        campaign, _ids = of_six(crm)

        with pytest.raises(InvalidValue, match=f"by: {by} makes no groups; known: overall, .*service, stratum"):
            crm.evaluations.of(campaign, by=by)
        assert {line.group for line in crm.evaluations.of(campaign, by="stratum")} == {(), ("",)}


def test_results_of_a_confidential_campaign_lead_to_nobody_by_id_or_day() -> None:  # C076, C077
    with a_desk() as (crm, clock):
        campaign = an_open_campaign(crm, mode="confidential")
        asked: Questionnaire = crm.questionnaires.get(campaign.questionnaire)
        rows = list(importing.read_rows([{"staff": f"{n:04}", "overall": "3"} for n in range(20)], asked))
        crm.responses.import_(campaign.id, rows, key="staff")
        (invited,) = crm.invitations.invite(campaign.id, ["p"], link=LINK).invitations
        clock.advance(days=1)
        crm.responses.answer(invited.token, {"overall": 1})
        crm.responses.answer(invited.token, {"overall": 2})

        shown = {each.id for each in crm.responses.of(campaign.id)}
        known = {f"{campaign.id}:{n:04}" for n in range(20)}
        assert not shown & {f"unnamed-{sha256(id.encode()).hexdigest()[:32]}" for id in known}
        assert shown == {each.id for each in crm.responses.of(campaign.id)}
        assert shown == {each.response for each in crm.responses.answers(campaign.id)}
        assert shown == {*crm.responses.columns(campaign.id)["response"]}
        assert len(shown) == 21

        day = crm.invitations.get(invited.id).answered_on
        assert day == (MONDAY + timedelta(days=1)).date()
        assert day not in {each.day for each in (*crm.responses.of(campaign.id), *crm.responses.answers(campaign.id))}
        assert day.isoformat() not in crm.responses.columns(campaign.id)["day"]

"""A quota never has more places than its limit, however many people answer at once and stop half-way."""

from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.desk.invitations import Invitee
from servicecrm.errors import GuardNotMet, InvalidValue, PolicyViolation, StaleRevision, TransitionNotAllowed
from servicecrm.kernel.records import evolve
from servicecrm.surveys import CAMPAIGN, ContactRules, Exclusion, invitations, quotas
from tests.surveys.campaigning import ANN, LINK, MONDAY, a_campaign, a_desk, an_invitation, an_open_campaign
from tests.surveys.making import rating

HOUR = timedelta(hours=1)
QUOTAS = [
    quotas.quota("north", 2, region="north"),
    quotas.quota("young", 3, age=["teen", "twen"]),
    quotas.quota("all", 4),
]
NORTH: dict[str, object] = {"region": "north"}
PEOPLE: list[dict[str, object]] = [NORTH, {"age": "teen"}, {"age": "old"}, {"region": "north", "age": "twen"}]


class Asked:
    """An open campaign and some who were invited to it, as they are kept."""

    def __init__(self, people: Mapping[str, Mapping[str, object]], state: str = "open") -> None:
        self.campaign = a_campaign(quotas=QUOTAS)
        self.invited = {
            id: an_invitation(self.campaign, id=id, attributes=attributes) for id, attributes in people.items()
        }
        self.campaign = evolve(self.campaign, state=state)

    def reserve(self, id: str, at: datetime = MONDAY, keep: timedelta = HOUR) -> None:
        over = self.invited.values()
        kept, opened = quotas.reserve(self.campaign, self.invited[id], over, until=at + keep, by=ANN, at=at)
        self.campaign, self.invited[id] = kept.after, opened.after

    def take(self, id: str, at: datetime = MONDAY) -> None:
        taken = quotas.take(self.campaign, self.invited[id], self.invited.values(), by=ANN, at=at).after
        self.invited[id] = invitations.take_part(self.invited[id], "complete", by=ANN, at=at).after
        self.campaign = taken

    def decline(self, id: str, at: datetime = MONDAY) -> None:
        freed = quotas.release(self.campaign, self.invited[id], self.invited.values(), by=ANN, at=at).after
        self.invited[id] = invitations.decline(self.invited[id], by=ANN, at=at).after
        self.campaign = freed

    def standing(self, at: datetime = MONDAY) -> tuple[quotas.Standing, ...]:
        return quotas.standing(self.campaign, at, self.invited.values())

    def free(self, at: datetime = MONDAY) -> dict[str, int]:
        return {each.name: each.free for each in self.standing(at)}

    def full(self, id: str, at: datetime = MONDAY) -> tuple[str, ...]:
        return quotas.full(self.campaign, self.invited[id], at, self.invited.values())


def of_the_north(*ids: str, state: str = "open") -> Asked:
    return Asked(dict.fromkeys(ids or ("one", "two", "three"), NORTH), state)


def test_somebody_needs_a_place_in_every_quota_that_they_fall_under() -> None:  # C076
    asked = of_the_north()

    assert quotas.matching(asked.campaign, NORTH) == ("north", "all")
    assert quotas.matching(asked.campaign, {"region": "south", "age": "teen"}) == ("young", "all")
    asked.take("one")
    assert asked.free() == {"north": 1, "young": 3, "all": 3}


def test_a_full_quota_takes_nobody_and_says_which_one_it_is() -> None:  # C076
    asked = Asked({"one": NORTH, "two": NORTH, "three": NORTH, "four": {}})
    asked.take("one")
    asked.take("two")

    assert (asked.full("three"), asked.full("four")) == (("north",), ())
    for command in (asked.reserve, asked.take):
        with pytest.raises(GuardNotMet, match="more places than its limit"):
            command("three")


def test_a_place_is_kept_while_somebody_answers_and_free_again_if_they_do_not() -> None:  # C076
    asked = of_the_north("one", "two", "three", "four")
    asked.reserve("one")
    asked.reserve("two")

    assert (asked.free()["north"], asked.free(MONDAY + HOUR)["north"]) == (0, 2)
    with pytest.raises(GuardNotMet):
        asked.reserve("three")
    asked.take("one")
    assert asked.free()["north"] == 0
    asked.reserve("three", MONDAY + HOUR)
    assert asked.full("four", MONDAY + HOUR) == ("north",)
    assert [(each.taken, each.reserved) for each in asked.standing(MONDAY + HOUR)] == [(1, 1), (0, 0), (1, 1)]


def test_the_same_person_has_one_place() -> None:  # C076
    asked = of_the_north()
    asked.reserve("one")
    asked.reserve("one", MONDAY + HOUR / 2)

    kept = asked.invited["one"].reserved
    assert kept is not None
    assert (kept.until, asked.free()["north"]) == (MONDAY + HOUR * 1.5, 1)
    asked.reserve("two")
    assert (asked.full("one"), asked.full("three")) == ((), ("north",))
    asked.take("one")
    assert asked.free() == {"north": 0, "young": 3, "all": 2}


def test_a_place_can_be_given_back_once() -> None:  # C076
    asked = of_the_north()
    asked.reserve("one")
    asked.reserve("two")
    asked.decline("one")

    assert asked.free() == {"north": 1, "young": 3, "all": 3}
    assert asked.free(MONDAY + HOUR) == {"north": 2, "young": 3, "all": 4}


@pytest.mark.parametrize("state", ["prepared", "closed"])
def test_places_are_there_only_while_the_campaign_is_open(state: str) -> None:
    with pytest.raises(TransitionNotAllowed):
        of_the_north(state=state).reserve("one")


def test_a_place_is_kept_until_a_later_time() -> None:
    with pytest.raises(PolicyViolation, match="later time"):
        of_the_north().reserve("one", keep=timedelta())


def test_a_place_in_another_campaign_is_none() -> None:
    asked = of_the_north()
    asked.reserve("one")

    assert quotas.keeps_place(asked.campaign, asked.invited["one"])
    assert not quotas.keeps_place(evolve(asked.campaign, id="s-2"), asked.invited["one"])


def test_a_clock_that_is_behind_neither_gives_a_place_twice_nor_keeps_one_for_ever() -> None:  # C076
    asked = of_the_north()
    asked.reserve("one", MONDAY)
    asked.reserve("two", MONDAY + HOUR)  # the first one's time is over
    asked.reserve("three", MONDAY - 2 * HOUR)

    assert [each.reserved for each in asked.standing(MONDAY - HOUR)] == [1, 0, 1]
    assert [each.reserved for each in asked.standing(MONDAY + 2 * HOUR)] == [0, 0, 0]


def test_a_quota_that_nobody_could_fill_is_refused() -> None:  # C076
    for name, limit, age in ((" ", 1, "teen"), ("a", 0, "teen"), ("a", 1, ())):
        with pytest.raises(InvalidValue):
            quotas.quota(name, limit, age=age)


steps = st.lists(
    st.tuples(st.sampled_from(["begin", "answer", "decline"]), st.integers(0, 7), st.integers(0, 40)), max_size=40
)


@given(steps)
def test_places_are_those_of_whoever_answers_just_now_and_of_whoever_has_answered(
    told: list[tuple[str, int, int]],
) -> None:  # C076
    """The model is a list of who answers until when, and of who has answered, and it is looked through every time."""
    people = {f"i-{n}": PEOPLE[n % len(PEOPLE)] for n in range(8)}
    asked, now = Asked(people), MONDAY
    until, needs = (
        dict[str, datetime](),
        {id: {*quotas.matching(asked.campaign, each.attributes)} for id, each in asked.invited.items()},
    )
    answered, gone = set[str](), set[str]()
    for what, n, minutes in told:
        now += timedelta(minutes=minutes)
        id = f"i-{n}"
        if id in answered | gone:
            continue
        here = {other for other, end in until.items() if end > now}
        used = Counter(name for other in answered | here - {id} for name in needs[other])
        full = {each.name for each in QUOTAS if each.name in needs[id] and used[each.name] >= each.limit}
        assert {*asked.full(id, now)} == full
        if what == "decline":
            asked.decline(id, now)
            until.pop(id, None)
            gone.add(id)
        elif full:
            with pytest.raises(GuardNotMet):
                asked.reserve(id, now) if what == "begin" else asked.take(id, now)
        elif what == "begin":
            asked.reserve(id, now)
            until[id] = now + HOUR
        else:
            asked.take(id, now)
            until.pop(id, None)
            answered.add(id)
        here = {other for other, end in until.items() if end > now}
        for each in asked.standing(now):
            assert each.taken == sum(each.name in needs[other] for other in answered)
            assert each.reserved == sum(each.name in needs[other] for other in here)
            assert each.taken + each.reserved <= each.limit


# -- at the desk ---------------------------------------------------------------------------------


def test_whoever_comes_when_a_quota_is_full_is_left_out_and_not_asked() -> None:  # C076
    with a_desk() as (crm, clock):
        campaign = an_open_campaign(crm, quotas=[quotas.quota("north", 1, region="north")])
        people = [Invitee(contact=f"c-{n}", attributes=NORTH) for n in range(3)]
        one, two, three = crm.invitations.invite(campaign.id, people, link=LINK).invitations
        assert crm.responses.begin(one.token).full == ()
        begun = crm.responses.begin(two.token)
        assert (begun.full, begun.invitation.excluded) == (("north",), Exclusion.OVER_QUOTA)
        clock.advance(hours=1)  # the first one has left
        assert crm.responses.begin(three.token).full == ()
        crm.responses.answer(three.token, {"overall": 7})
        with pytest.raises(GuardNotMet):
            crm.responses.answer(one.token, {"overall": 7})
        assert [(each.taken, each.free) for each in crm.campaigns.places(campaign.id)] == [(1, 0)]
        crm.responses.answer(three.token, {"overall": 8})  # the same place
        assert crm.responses.count() == 1


def test_whoever_declines_or_is_left_out_makes_room_at_once() -> None:  # C076
    with a_desk() as (crm, _):
        campaign = an_open_campaign(crm, quotas=[quotas.quota("north", 1, region="north")])
        people = [Invitee(contact=f"c-{n}", attributes=NORTH) for n in range(3)]
        one, two, three = crm.invitations.invite(campaign.id, people, link=LINK).invitations
        for leaves, comes in ((one, two), (two, three)):
            crm.responses.begin(leaves.token)
            assert crm.campaigns.places(campaign.id)[0].free == 0
            if leaves is one:
                crm.invitations.decline(one.token)
            else:
                assert crm.invitations.exclude(two.id, "screened_out", command="once").reserved is None
                assert crm.invitations.exclude(two.id, "screened_out", command="once").state == "excluded"
            assert crm.campaigns.places(campaign.id)[0].free == 1
            assert crm.responses.begin(comes.token).full == ()
        assert crm.responses.begin(one.token).invitation.reserved is None  # they can come back to look, not to answer
        assert [(each.taken, each.reserved) for each in crm.campaigns.places(campaign.id)] == [(0, 1)]


def test_whoever_answers_too_little_keeps_the_place_and_whoever_is_late_gives_it_back() -> None:  # C076
    with a_desk() as (crm, clock):
        items = tuple(rating(f"q{n}") for n in range(4))
        campaign = an_open_campaign(crm, items=items, quotas=[quotas.quota("all", 9)])
        one, two = crm.invitations.invite(campaign.id, ["c-1", "c-2"], link=LINK).invitations
        clock.advance(days=29, hours=23, minutes=30)
        for each in (one, two):
            crm.responses.begin(each.token)
        crm.responses.answer(one.token, {"q0": 3}, finished=False)
        assert [(each.taken, each.reserved) for each in crm.campaigns.places(campaign.id)] == [(0, 2)]
        clock.advance(minutes=40)
        assert crm.responses.answer(two.token, {"q0": 3}).late
        assert [(each.taken, each.reserved) for each in crm.campaigns.places(campaign.id)] == [(0, 1)]


def test_quotas_that_change_meanwhile_lose_no_place() -> None:  # C076
    with a_desk() as (crm, clock):
        campaign = an_open_campaign(crm, quotas=[quotas.quota("all", 1)])
        one, two = crm.invitations.invite(campaign.id, ["c-1", "c-2"], link=LINK).invitations
        crm.responses.begin(one.token)
        crm.campaigns.change(campaign.id, quotas=())
        crm.responses.answer(one.token, {"overall": 7})
        crm.campaigns.change(campaign.id, quotas=[quotas.quota("all", 1)])
        assert crm.responses.begin(two.token).full == ()
        clock.advance(hours=2)
        assert [(each.taken, each.reserved) for each in crm.campaigns.places(campaign.id)] == [(0, 0)]


def test_the_last_place_is_never_given_twice_in_two_units_at_once() -> None:  # C076
    with a_desk() as (crm, _):
        rules = ContactRules(cooldown_days=0)
        campaign = an_open_campaign(crm, quotas=[quotas.quota("all", 1)], contact=rules)
        one, two = crm.invitations.invite(campaign.id, ["c-1", "c-2"], link=LINK).invitations
        stale = crm.campaigns.get(campaign.id)
        crm.save(quotas.take(stale, one, by=ANN, at=crm.clock()))
        with pytest.raises(StaleRevision):
            crm.save(quotas.take(stale, two, by=ANN, at=crm.clock()))


def test_people_who_come_at_once_are_given_no_more_places_than_there_are(tmp_path: Path) -> None:  # C076
    with a_desk(tmp_path / "crm.db") as (crm, _):
        campaign = an_open_campaign(crm, quotas=[quotas.quota("all", 3)])
        people = [f"c-{n}" for n in range(12)]
        tokens = [each.token for each in crm.invitations.invite(campaign.id, people, link=LINK).invitations]
        with ThreadPoolExecutor(4) as together:
            begun = list(together.map(lambda token: crm.responses.begin(token).full, tokens))

        assert begun.count(()) == 3
        assert [(each.taken, each.reserved) for each in crm.campaigns.places(campaign.id)] == [(0, 3)]


class Counted(NamedTuple):
    """What somebody who begins costs, among so many others who answer."""

    steps: int
    written: int
    """How long what is written down about the campaign is."""


@pytest.mark.parametrize("lapsed", [False, True], ids=["others answer", "others have left, and were counted off"])
def test_to_begin_costs_the_same_however_many_are_answering(tmp_path: Path, *, lapsed: bool) -> None:
    def cost(others: int) -> Counted:
        with a_desk(tmp_path / f"{others}.db") as (crm, clock):
            campaign = an_open_campaign(crm, quotas=[quotas.quota("all", 10**6)])
            people = [f"c-{n}" for n in range(201)]
            *many, one = crm.invitations.invite(campaign.id, people, link=LINK).invitations
            for each in many[:others]:
                crm.responses.begin(each.token)
                clock.advance(seconds=1)
            if lapsed:
                clock.advance(hours=2)
                crm.responses.begin(many[-1].token)
                clock.advance(seconds=1)
            steps = steps_of(crm, lambda: crm.responses.begin(one.token))
            return Counted(steps, len(CAMPAIGN.schema.text(crm.campaigns.get(campaign.id))))

    few, all_of_them = cost(20), cost(200)

    assert all_of_them.written <= few.written + 1  # a digit
    assert all_of_them.steps <= 1.1 * few.steps + 10


def steps_of(crm: Any, call: Callable[[], object]) -> int:
    """How many instructions SQLite runs for a call."""
    done: list[None] = []
    with crm.unit():
        connection = crm.store.engine._turn.group.connection
        connection.set_progress_handler(partial(done.append, None), 1)
        try:
            call()
        finally:
            connection.set_progress_handler(None, 1)
    return len(done)

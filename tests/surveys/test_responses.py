"""What people answer is checked, kept and counted; and where nobody is to know who said it, nobody can."""

import contextlib
import json
import sqlite3
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.desk.invitations import Invitee
from servicecrm.errors import (
    InvalidValue,
    MalformedDocument,
    NotFound,
    PolicyViolation,
    TransitionNotAllowed,
)
from servicecrm.kernel.documents import Schema, from_text, to_text
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.kernel.records import evolve, field_names
from servicecrm.storage import answers as table
from servicecrm.surveys import (
    ANSWER,
    RESPONSE,
    Answer,
    Ballot,
    Campaign,
    Extent,
    GivenAnswer,
    Mode,
    Quota,
    Response,
    Source,
    Status,
    ballots,
    campaigns,
    coded,
    invitations,
    item,
    responses,
)
from servicecrm.surveys.response_model import extent_of
from tests.surveys.campaigning import (
    ANN,
    BOB,
    DAY,
    LINK,
    MONDAY,
    a_campaign,
    a_desk,
    a_plan,
    an_invitation,
    an_open_campaign,
    questions,
)
from tests.surveys.making import a_release, en, one_of_each, rating

GOLDEN = Path(__file__).parents[1] / "golden" / "response"
FULL = {"overall": 9, "price": 4, "why": "You called back."}


def a_response(mode: str = "identified", given: dict[str, object] | None = None, **told: Any) -> Response:
    """A response to an open campaign."""
    options: dict[str, Any] = {"id": "r-1", "by": ANN, "at": MONDAY, **told}
    campaign = options.pop("campaign", a_campaign(mode=mode))
    return responses.record(campaign, questions(), FULL if given is None else given, **options).after


# -- checked and kept ----------------------------------------------------------------------------


def test_a_response_keeps_the_answers_and_the_questionnaire_that_they_are_to() -> None:  # C077, S0-A15
    response = a_response(contact="c-7", customer="k-1", stratum="north", language="en-GB")

    assert [answer.key for answer in response.answers] == ["overall", "price", "why"]
    assert (response.questionnaire, response.digest) == ("q-1", questions().digest)
    assert (response.extent, response.late, response.counts, response.day) == (
        Extent.COMPLETE,
        False,
        True,
        date(2026, 3, 2),
    )
    assert "called back" not in repr(response)


def test_answers_that_are_wrong_are_refused_all_at_once() -> None:  # C077
    with pytest.raises(MalformedDocument) as refused:
        a_response(given={"overall": 11, "price": "much", "colour": "red"})
    assert len(refused.value.problems) == 3


def test_it_has_to_be_the_questionnaire_of_the_campaign() -> None:  # C075
    with pytest.raises(InvalidValue, match="questionnaire q-1"):
        responses.record(a_campaign(), a_release(*one_of_each()[:2]), {"used": True}, id="r-1", by=ANN, at=MONDAY)


@pytest.mark.parametrize("state", ["prepared", "evaluated"])
def test_a_campaign_takes_answers_from_its_opening_to_its_evaluation(state: str) -> None:  # C077
    with pytest.raises(PolicyViolation, match="takes no answers"):
        a_response(campaign=a_campaign(state), at=MONDAY + 31 * DAY)


def test_what_comes_after_the_end_is_kept_and_flagged_and_does_not_count() -> None:  # C077
    late = a_response(campaign=a_campaign("closed", mode="identified"), at=MONDAY + 30 * DAY)
    still_open = a_response(at=MONDAY + 30 * DAY)
    told_later = a_response(
        campaign=a_campaign("closed"), at=MONDAY + 31 * DAY, occurred_at=MONDAY + 29 * DAY, source="import"
    )

    ended = campaigns.close(a_campaign(mode="identified"), by=ANN, at=MONDAY + 40 * DAY).after
    before_closing = a_response(campaign=ended, at=MONDAY + 41 * DAY, occurred_at=MONDAY + 35 * DAY)

    assert [(each.late, each.counts) for each in (late, still_open, before_closing, told_later)] == [
        (True, False),
        (True, False),
        (True, False),
        (False, True),
    ]


@pytest.mark.parametrize(
    ("given_", "extent", "counts"),
    [
        ({}, Extent.BROKEN_OFF, False),
        ({"price": 4}, Extent.BROKEN_OFF, False),
        ({"price": 4, "why": "x"}, Extent.PARTIAL, True),
        (FULL, Extent.PARTIAL, True),
    ],
)
def test_from_half_of_what_was_shown_an_unfinished_response_counts(
    given_: dict[str, object], extent: Extent, counts: bool
) -> None:  # C077
    response = a_response(given=given_, finished=False)

    assert (response.extent, response.counts) == (extent, counts)


def test_what_is_not_shown_is_no_part_of_the_base_and_not_applicable_is_an_answer() -> None:  # C077
    statuses = (Status.NOT_APPLICABLE, Status.MISSING, Status.NOT_SHOWN, Status.NOT_SHOWN)
    answers = [Answer(item=f"q{n}", status=status) for n, status in enumerate(statuses)]

    assert extent_of(answers, finished=False, partial_from=0.5) is Extent.PARTIAL
    assert extent_of(answers, finished=False, partial_from=0.51) is Extent.BROKEN_OFF
    assert extent_of([], finished=False, partial_from=0.5) is Extent.BROKEN_OFF


def test_an_answer_takes_the_place_of_the_one_before_only_until_the_end() -> None:  # C077
    first = a_response("confidential", given={"price": 4}, finished=False)
    told: dict[str, Any] = {"by": ANN, "at": MONDAY + DAY}
    second = responses.replace(first, a_campaign(), questions(), FULL, **told).after

    assert (second.extent, second.replacements, second.day) == (Extent.COMPLETE, 1, date(2026, 3, 3))
    with pytest.raises(PolicyViolation, match="it is finished"):
        responses.replace(second, a_campaign(), questions(), {}, finished=False, **told)
    with pytest.raises(PolicyViolation, match="what was answered stays"):
        responses.replace(first, a_campaign("closed"), questions(), FULL, by=ANN, at=MONDAY + 30 * DAY)


def test_what_was_given_in_jest_can_be_left_out_for_a_reason_and_taken_back() -> None:  # C077
    excluded = responses.exclude(a_response(), "All the same", by=BOB, at=MONDAY)
    back = responses.readmit(excluded.after, by=BOB, at=MONDAY).after

    assert (excluded.after.counts, back.counts, back) == (False, True, a_response())
    with pytest.raises(TransitionNotAllowed):
        responses.replace(excluded.after, a_campaign(), questions(), FULL, by=ANN, at=MONDAY)


def test_answering_an_invitation_decides_about_both() -> None:  # C076, C077
    campaign = a_campaign(mode="identified")
    invitation = an_invitation(campaign, customer="k-1", stratum="north", attributes={"region": "north"})
    response, invited = responses.answer(invitation, campaign, questions(), FULL, id="r-1", by=ANN, at=MONDAY + DAY)

    known = response.after
    assert (known.invitation, known.contact, known.customer, known.stratum) == ("i-1", "c-7", "k-1", "north")
    assert (known.context["region"], invited.after.state) == ("north", "completed")
    with pytest.raises(InvalidValue, match="another campaign"):
        responses.answer(invitation, a_campaign(id="s-2"), questions(), FULL, id="r-1", by=ANN, at=MONDAY)
    declined = invitations.decline(invitation, by=ANN, at=MONDAY).after
    with pytest.raises(TransitionNotAllowed):
        responses.answer(declined, campaign, questions(), FULL, id="r-1", by=ANN, at=MONDAY)


# -- confidential --------------------------------------------------------------------------------


def test_of_a_confidential_response_only_the_invitation_leads_to_the_person() -> None:  # C076
    campaign = a_campaign()
    decision, _ = responses.answer(an_invitation(campaign), campaign, questions(), FULL, id="r-1", by=ANN, at=MONDAY)
    response = decision.after

    assert (response.contact, response.invitation) == (None, "i-1")
    assert response.unnamed.invitation is None
    assert a_response(contact="c-7").unnamed == a_response(contact="c-7")
    with pytest.raises(InvalidValue, match="only the invitation"):
        a_response("confidential", contact="c-7")


# -- anonymous -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "known",
    [
        *({name: "x"} for name in ("invitation", "contact", "customer", "service", "stratum", "language")),
        {"context": {"region": "north"}},
        {"extra": {"row": 1}},
        {"late": True},
    ],
)
def test_an_anonymous_response_that_knows_anything_cannot_be_made(known: dict[str, Any]) -> None:  # C076
    nothing = evolve(a_response(), mode=Mode.ANONYMOUS)
    changes = {name: FrozenMap(value) if isinstance(value, dict) else value for name, value in known.items()}
    with pytest.raises(InvalidValue):
        evolve(nothing, **changes)


def test_there_is_no_record_of_an_anonymous_response_to_save() -> None:  # C076
    campaign = a_campaign(mode="anonymous")
    with pytest.raises(PolicyViolation, match="cast a ballot"):
        a_response(campaign=campaign)
    with pytest.raises(PolicyViolation, match="cast a ballot"):
        responses.answer(an_invitation(campaign), campaign, questions(), FULL, id="r-1", by=ANN, at=MONDAY)
    with pytest.raises(PolicyViolation, match="record a response"):
        ballots.ballot(a_campaign(), questions(), FULL, key="secret", at=MONDAY)


def a_vote(day: int = 0, **told: Any) -> tuple[Ballot, Any]:
    campaign = a_campaign(mode="anonymous")
    invitation = told.pop("invitation", an_invitation(campaign, customer="k-1", stratum="north", language="en"))
    options: dict[str, Any] = {"key": "secret", "by": ANN, "at": MONDAY + day * DAY, **told}
    given_ = options.pop("given", FULL)
    return ballots.vote(invitation, campaign, questions(), given_, **options)


@given(st.integers(0, 29), st.integers(0, 29))
def test_a_ballot_says_nothing_of_who_gave_it_or_when(one: int, other: int) -> None:  # C076
    (first, taken_part), (second, _) = a_vote(one), a_vote(other)

    assert first == second
    assert taken_part.after.state == "completed"
    assert set(field_names(Ballot)) == {"key", "campaign", "extent", "day", "answers", "texts"}
    assert "secret" not in repr(first)
    assert not any("secret" in each.id + each.response for each in first.given())


def test_that_somebody_did_not_finish_does_not_lead_to_the_one_unfinished_ballot() -> None:  # C076
    ballot, taken_part = a_vote(given={"price": 4, "why": "x"}, finished=False)

    assert (ballot.extent, taken_part.after.state) == (Extent.PARTIAL, "completed")
    # What was written does not decide it, or a ballot that counts with few marks would tell of a text.
    assert a_vote(given={"price": 4}, finished=False)[0].extent is Extent.PARTIAL
    for little in ({}, {"why": "x"}):
        with pytest.raises(PolicyViolation, match="too little"):
            a_vote(given=little, finished=False)


def test_nobody_votes_twice_or_late() -> None:  # C076
    _, taken_part = a_vote()
    with pytest.raises(PolicyViolation, match="they have taken part"):
        a_vote(invitation=taken_part.after)
    with pytest.raises(PolicyViolation, match="late ballots"):
        a_vote(30)


def test_a_free_text_does_not_lead_to_what_was_marked() -> None:  # C076
    ballot, _ = a_vote()
    given_ = list(ballot.given())
    marks, text = given_[0].response, given_[2].response

    assert marks != text
    assert [(each.response, each.answer.key) for each in given_] == [
        (marks, "overall"),
        (marks, "price"),
        (text, "why"),
    ]
    assert {each.id for each in given_}.isdisjoint(each.id for each in a_vote(key="other")[0].given())
    (response,) = ballots.collected(a_campaign(mode="anonymous"), questions(), given_)
    assert [answer.key for answer in response.answers] == ["overall", "price"]
    assert response.mode is Mode.ANONYMOUS
    with pytest.raises(InvalidValue, match="stands apart"):
        evolve(ballot, answers=(*ballot.answers, *ballot.texts))


@given(st.booleans(), st.booleans(), st.sampled_from(["Slow", " ", None]))
def test_the_marks_are_the_same_whether_somebody_wrote_or_not(used: bool, finished: bool, why: str | None) -> None:
    # C076: nor does a text say whether it was asked of all, or how much else was answered
    def rows(text: str | None) -> list[GivenAnswer]:
        ballot = ballots.ballot(
            a_campaign(asks=asks, mode="anonymous", partial_from=0.01),
            asks,
            {"used": used, "overall": 4} | ({"why": text} if used else {}),
            key="secret",
            finished=finished,
            at=MONDAY,
        )
        return list(ballot.given())

    asks = a_release(*one_of_each())
    key = rows(None)[0].response
    marks = [each for each in rows(why) if each.response == key]
    texts = [each for each in rows(why) if each.response != key]
    assert marks == rows(None)
    assert not any(each.answer.item == "why" for each in marks)
    assert len(texts) == (used and why == "Slow")
    assert all(each.extent is Extent.COMPLETE for each in texts)


@given(st.integers(0, 8))
def test_a_text_that_few_were_asked_for_is_not_told(asked: int) -> None:  # C076, C080
    asks, campaign = a_release(*one_of_each()), a_campaign(asks=a_release(*one_of_each()), mode="anonymous")
    told: list[dict[str, Any]] = [{"used": True, "why": f"Words {n}"} for n in range(asked)] + [{"used": False}] * 9
    given_ = [
        row
        for n, each in enumerate(told)
        for row in ballots.ballot(campaign, asks, each, key=f"{n}", at=MONDAY).given()
    ]
    texts = [each.answer.text for each in ballots.told(asks, given_) if each.answer.item == "why"]
    assert texts == ([f"Words {n}" for n in range(asked)] if asked >= 5 else [])


def test_nothing_is_asked_because_of_an_anonymous_text() -> None:  # C076
    because = {"item": "why", "is": "answered"}
    asks = a_release(item("why", "text", text=en("Why?")), rating("more", shown_if=because))
    with pytest.raises(PolicyViolation, match="more is asked because of a text"):
        campaigns.prepare(a_plan(mode="anonymous"), asks, by=ANN, at=MONDAY)
    assert campaigns.prepare(a_plan(), asks, by=ANN, at=MONDAY).after.state == "prepared"


# -- at the desk ---------------------------------------------------------------------------------


@pytest.mark.parametrize("file", [False, True], ids=["memory", "sqlite"])
def test_somebody_answers_goes_on_and_answers_again_at_the_desk(file: bool, tmp_path: Path) -> None:  # C077
    with a_desk(tmp_path / "crm.db" if file else None) as (crm, _):
        campaign = an_open_campaign(crm)
        one, two = crm.invitations.invite(campaign.id, ["c-1", "c-2"], link=LINK).invitations
        assert crm.responses.begin(one.token).invitation.state == "opened"
        part = crm.responses.answer(one.token, {"price": 3, "why": "x"}, finished=False, command="a-1")
        assert crm.responses.begin(one.token).before == part
        assert crm.invitations.get(one.id).state == "partial"
        whole = crm.responses.answer(one.token, {"overall": 8, "price": 3}, command="a-2")
        assert crm.responses.answer(one.token, {"overall": 8, "price": 3}, command="a-2") == whole
        assert (whole.id, whole.replacements) == (part.id, 1)
        crm.responses.answer(two.token, {"overall": 2})
        assert crm.responses.columns(campaign.id)["value"] in (
            [8.0, 3.0, None, 2.0, None, None],
            [2.0, None, None, 8.0, 3.0, None],
        )
        excluded = crm.responses.exclude(whole.id, "In jest")
        assert crm.responses.columns(campaign.id)["value"] == [2.0, None, None]
        every = [each.id for each in crm.responses.of(campaign.number, every=True)]
        assert (len(every), every.count(excluded.unnamed.id)) == (2, 1)
        crm.responses.readmit(whole.id)
        assert len(crm.responses.of(campaign.id)) == 2
        assert all(each.invitation is None for each in crm.responses.of(campaign.id))
        with pytest.raises(NotFound):
            crm.responses.begin("guessed")
        crm.store.verify()


def test_what_nobody_was_invited_to_is_kept_too() -> None:  # C077
    with a_desk() as (crm, _):
        campaign = an_open_campaign(crm, mode="identified")
        told = {"source": "interview", "contact": "c-1", "service": "water"}
        kept = crm.responses.record(campaign.number, FULL, **told, command="r-1")
        assert crm.responses.record(campaign.number, FULL, **told, command="r-1") == kept
        assert (kept.source, kept.contact, kept.service) == (Source.INTERVIEW, "c-1", "water")
        assert [each.answer.text for each in crm.responses.answers(campaign.id)] == [None, None, "You called back."]


def test_results_are_counted_from_the_responses_as_they_are() -> None:  # C077, C078
    with a_desk() as (crm, _):
        campaign = an_open_campaign(crm, mode="anonymous")
        for n in (9, 4):
            crm.responses.cast(crm.responses.ballot(campaign.id, {"overall": n}))
        found = [{answer.key: answer for answer in each.answers} for each in crm.responses.of(campaign.id)]
        assert len(crm.responses.answers(campaign.id)) == 4
        assert Counter(coded(questions().item("overall"), each["overall"]) for each in found) == {9.0: 1, 4.0: 1}


def votes(crm: Any, clock: Any, people: int = 8) -> tuple[Any, list[Any]]:
    """An anonymous campaign in which each person votes a few hours after the one before, with another answer."""
    campaign = an_open_campaign(crm, mode="anonymous")
    invitees = [
        Invitee(contact=f"contact {n}", customer=f"customer {n}", stratum="north", language="en") for n in range(people)
    ]
    invited = crm.invitations.invite(campaign.id, invitees, link=LINK).invitations
    for n, each in enumerate(invited):
        clock.advance(hours=13)
        crm.responses.cast(crm.responses.take_part(each.token, {"overall": n + 1, "why": f"Words {n}"}))
    return campaign, invited


def test_nothing_in_a_database_joins_an_anonymous_answer_to_a_person(tmp_path: Path) -> None:  # C076
    place = tmp_path / "crm.db"
    with a_desk(place) as (crm, clock):
        campaign, invited = votes(crm, clock)
        crm.campaigns.close(campaign.id)
        crm.store.verify()

    rows: dict[str, list[dict[str, Any]]] = {}
    with contextlib.closing(sqlite3.connect(place)) as connection:
        connection.row_factory = sqlite3.Row
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for name in names:
            rows[name] = [dict(row) for row in connection.execute(f"SELECT * FROM {name}")]
    kept = rows.pop("servicecrm_answer")
    elsewhere = json.dumps(rows)
    assert len(kept) == 8 * 3
    for row in kept:
        # Every value of an answer is the same for all, or stands nowhere else: there is nothing to join on.
        document = json.loads(row["document"])
        assert set(document) == {"id", "campaign", "response", "day", "extent", "counts", "answer"}
        assert document["response"] not in elsewhere
        assert document["id"] not in elsewhere
        assert (row["day"], row["campaign"], document["extent"]) == ("2026-03-02", campaign.id, "complete")
        assert not any(person.token in row["document"] or person.contact in row["document"] for person in invited)
    assert "Words" not in elsewhere
    assert {entry["kind"] for entry in rows["servicecrm_journal"]} == {"questionnaire", "campaign", "invitation"}
    assert rows["servicecrm_commands"] == []


def test_of_the_only_author_nothing_lacks_that_others_have() -> None:  # C076
    with a_desk() as (crm, _):
        campaign = an_open_campaign(crm, mode="anonymous")
        for n in range(6):
            text = {"why": "I am known by my words"} if n == 2 else {}
            crm.responses.cast(crm.responses.ballot(campaign.id, {"overall": n + 1, **text}))
        crm.campaigns.close(campaign.id)

        answers, columns = crm.responses.answers(campaign.id), crm.responses.columns(campaign.id)
        (text,) = [each for each in answers if each.answer.text]
        items: dict[str, list[str]] = {}
        for each in answers:
            items.setdefault(each.response, []).append(each.answer.key)
        assert items.pop(text.response) == ["why"]
        assert Counter(map(frozenset, items.values())) == {frozenset({"overall", "price"}): 6}
        assert Counter(columns["item"]) == {"overall": 6, "price": 6, "why": 1}
        assert {tuple(a.key for a in each.answers) for each in crm.responses.of(campaign.id)} == {("overall", "price")}
        assert crm.evaluations.of(campaign.id, min_n=1).line("why").n == 1


def test_a_text_that_follows_from_the_marks_of_one_alone_is_not_among_the_answers() -> None:  # C076, C080
    trouble = item("trouble", "text", text=en("What?"), shown_if={"item": "overall", "at_most": 4})
    with a_desk() as (crm, _):
        campaign = an_open_campaign(crm, items=(rating("overall"), trouble), mode="anonymous")
        crm.responses.cast(crm.responses.ballot(campaign.id, {"overall": 1, "trouble": "Noise"}))
        for _ in range(5):
            crm.responses.cast(crm.responses.ballot(campaign.id, {"overall": 9}))
        assert {each.answer.item for each in crm.responses.answers(campaign.id)} == {"overall"}


@pytest.mark.parametrize("mode", [Mode.CONFIDENTIAL, Mode.IDENTIFIED])
def test_what_results_show_leads_to_the_person_only_if_they_are_named(mode: Mode) -> None:  # C076
    with a_desk() as (crm, _):
        campaign = an_open_campaign(crm, mode=mode)
        people = [
            Invitee(contact=f"c-{n}", customer=f"k-{n}", stratum="north", attributes={"staff": n}) for n in range(9)
        ]
        for each in crm.invitations.invite(campaign.id, people, link=LINK).invitations:
            crm.responses.answer(each.token, {"overall": 2})

        shown, kept = crm.responses.of(campaign.id), {each.id for each in crm.responses.find()}
        columns, answers = crm.responses.columns(campaign.id), crm.responses.answers(campaign.id)
        known = mode is Mode.IDENTIFIED
        assert {each.id for each in shown} == set(columns["response"]) == {each.response for each in answers}
        assert all((each.id in kept) == known for each in shown)
        assert all(each.id.startswith(each.response) for each in answers)
        assert all((each.customer is not None, bool(each.context)) == (known, known) for each in shown)
        assert all((each.invitation is not None) == known for each in shown)
        assert [each.unnamed for each in shown] == list(shown)
        for ids in ([each.id for each in shown], columns["response"], [each.id for each in answers]):
            assert ids == sorted(ids)
        assert crm.evaluations.of(campaign.id, by="stratum").line("overall", group="north").n == 9


def _saved_in_a_unit(crm: Any, campaign: Campaign) -> None:
    with crm.store.unit() as unit:
        unit.save(campaigns.close(unit.get(Campaign, campaign.id), by=ANN, at=crm.clock()))


ENDS: dict[str, Callable[[Any, Campaign], object]] = {
    "close": lambda crm, campaign: crm.campaigns.close(campaign.id),
    "cancel": lambda crm, campaign: crm.campaigns.cancel(campaign.id, "Enough"),
    "close, decided by a host": lambda crm, campaign: crm.save(campaigns.close(campaign, by=ANN, at=crm.clock())),
    "cancel, decided by a host": lambda crm, campaign: crm.save(
        campaigns.cancel(campaign, "Enough", by=ANN, at=crm.clock())
    ),
    "close, in a unit of the store": _saved_in_a_unit,
    "close and evaluate, at once": lambda crm, campaign: crm.save(
        campaigns.close(campaign, by=ANN, at=crm.clock()).then(campaigns.evaluate, "None", by=ANN, at=crm.clock())
    ),
}


@pytest.mark.parametrize("way", ENDS)
def test_however_a_campaign_ends_its_anonymous_answers_exchange_their_places(way: str) -> None:  # C076
    with a_desk() as (crm, clock):
        campaign, _ = votes(crm, clock, people=3)
        assert {each.revision for each in crm.responses.answers(campaign.id)} == {1}
        ENDS[way](crm, campaign)
        assert {each.revision for each in crm.responses.answers(campaign.id)} == {2}
        if way == "close":
            crm.campaigns.evaluate(campaign.id, "None")  # which ends nothing any more
        assert {each.revision for each in crm.responses.answers(campaign.id)} == {2}
        crm.store.verify()


def test_what_ends_otherwise_keeps_its_places() -> None:  # C076
    with a_desk() as (crm, _):
        campaign = an_open_campaign(crm, mode="confidential")
        crm.responses.record(campaign.id, FULL)
        crm.campaigns.close(campaign.id)
        crm.campaigns.evaluate(campaign.id, "None")
        assert {each.revision for each in crm.responses.answers(campaign.id)} == {1}


def test_while_a_campaign_goes_on_its_answers_keep_their_places() -> None:  # C076
    with a_desk() as (crm, _):
        campaign = an_open_campaign(crm, mode="anonymous", quotas=[Quota(name="all", limit=9)])
        for each in crm.invitations.invite(campaign.id, ["c-1", "c-2"], link=LINK).invitations:
            crm.responses.cast(crm.responses.take_part(each.token, FULL))  # which takes a place in the quotas
        assert crm.campaigns.get(campaign.id).revision > campaign.revision
        assert {each.revision for each in crm.responses.answers(campaign.id)} == {1}


def test_the_order_of_the_places_says_nothing_of_the_order_of_voting(tmp_path: Path) -> None:  # C076
    def order(place: Path) -> list[float]:
        with contextlib.closing(sqlite3.connect(place)) as connection:
            found = connection.execute("SELECT value FROM servicecrm_answer WHERE item = 'overall' ORDER BY rowid")
            return [value for (value,) in found]

    place = tmp_path / "crm.db"
    with a_desk(place) as (crm, clock):
        campaign, _ = votes(crm, clock)
        before = order(place)
        assert before == sorted(before)  # until it is closed, the database knows
        crm.campaigns.close(campaign.id)
        after = order(place)
        assert sorted(after) == before
        assert after != before  # by chance they could be the same, once in more than 10^9 times
        assert len(crm.responses.of(campaign.id)) == 8


def test_a_shuffle_puts_whole_answers_into_other_places_as_chance_wills() -> None:  # C076
    with a_desk() as (crm, clock):
        campaign, _ = votes(crm, clock, people=3)

        def places() -> dict[str, tuple[Any, ...]]:
            given_ = crm.perform(lambda _: table.answers_of(campaign.id))
            return {each.id: (each.response, each.answer) for each in given_}

        before = places()
        assert crm.perform(lambda _: table.shuffled(campaign.id, lambda answers: answers.reverse())) == 9
        after = places()
        assert list(map(before.get, before)) != list(map(after.get, before))
        assert Counter(before.values()) == Counter(after.values())
        assert before.keys() == after.keys()


def _before(crm: Any, ballot: Ballot) -> None:
    crm.responses.cast(ballot)
    crm.customers.add(name="Harbour Cafe", account_manager=ANN)


def _after(crm: Any, ballot: Ballot) -> None:
    list(crm.customers.find())
    crm.responses.cast(ballot)


@pytest.mark.parametrize(
    "together", [_before, _after, lambda crm, ballot: crm.responses.cast(ballot)], ids=["before", "after", "alone"]
)
def test_a_ballot_is_not_cast_inside_of_a_unit_whatever_else_it_holds(together: Any) -> None:  # C076
    # Whatever a transaction writes or locks, the database knows to belong together.
    with a_desk() as (crm, _):
        ballot = crm.responses.ballot(an_open_campaign(crm, mode="anonymous").id, FULL)
        with pytest.raises(PolicyViolation, match="after the end of this one"), crm.unit():
            together(crm, ballot)
        assert not crm.responses.answers(ballot.campaign)
        assert not list(crm.customers.find())
        crm.responses.cast(ballot)
        assert len(crm.responses.of(ballot.campaign)) == 1


@pytest.mark.parametrize("file", [False, True], ids=["memory", "sqlite"])
def test_a_ballot_is_in_the_box_once(file: bool, tmp_path: Path) -> None:  # C076
    with a_desk(tmp_path / "crm.db" if file else None) as (crm, _):
        campaign = an_open_campaign(crm, mode="anonymous").id
        one, other, third = (crm.responses.ballot(campaign, {"overall": n, "why": f"Words {n}"}) for n in (1, 2, 3))
        forged = evolve(one, answers=other.answers, texts=())
        for many in ((one, one), (one, forged)):
            with pytest.raises(PolicyViolation, match="cast once"):
                crm.responses.cast(*many)
        assert not crm.responses.answers(campaign)
        crm.responses.cast(one, other)
        for again in ((one,), (forged,), (third, one)):
            with pytest.raises(PolicyViolation, match="cast once") as refused:
                crm.responses.cast(*again)
            assert not any(each.id in str(refused.value) for each in one.given())
        crm.campaigns.close(campaign)  # and all exchange their places
        with pytest.raises(PolicyViolation, match="cast once"):
            crm.responses.cast(one)
        assert Counter(each.answer.number for each in crm.responses.answers(campaign) if each.answer.number) == {
            1.0: 1,
            2.0: 1,
        }


def test_a_ballot_is_cast_in_a_unit_of_its_own() -> None:  # C076
    with a_desk() as (crm, clock):
        campaign = an_open_campaign(crm, mode="anonymous")
        (one,) = crm.invitations.invite(campaign.id, ["c-1"], link=LINK).invitations
        with pytest.raises(PolicyViolation, match="a unit of their own"), crm.unit():
            crm.responses.cast(crm.responses.take_part(one.token, FULL))
        assert crm.invitations.get(one.id).state == "sent"  # nothing of that unit was saved
        ballot = crm.responses.take_part(one.token, FULL)
        crm.campaigns.close(campaign.id)
        clock.advance(days=40)
        crm.responses.cast(ballot)  # it was given in time
        assert len(crm.responses.of(campaign.id)) == 1
        # It came in last, and all were shuffled once more, so that the last place does not say so.
        assert {each.revision for each in crm.responses.answers(campaign.id)} == {2}
        with pytest.raises(PolicyViolation, match="they have taken part"):
            crm.responses.take_part(one.token, FULL)


# -- golden files --------------------------------------------------------------------------------


def the_response() -> Response:
    told: dict[str, Any] = {
        "source": "import",
        "contact": "c-7",
        "customer": "k-1",
        "service": "water",
        "stratum": "north",
        "context": {"region": "north"},
        "language": "en",
        "extra": {"row": 7},
        "invitation": "i-1",
    }
    campaign = a_campaign("closed", asks=a_release(*one_of_each()), mode="identified")
    given_ = {
        "used": True,
        "overall": 9,
        "satisfied": "dont_know",
        "ways": ["phone", "web"],
        "aspects": {"price": 3},
        "since": "2020-02-29",
        "visits": 7,
        "why": "You called back.",
    }
    late = responses.record(
        campaign, a_release(*one_of_each()), given_, id="r-1", by=ANN, at=MONDAY + 31 * DAY, **told
    ).after
    return evolve(late, replacements=1, alias="unnamed-7")


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("v*.json")), ids=lambda path: path.stem)
def test_what_any_version_stored_is_read_as_the_same_response(path: Path) -> None:  # C127
    version = int(path.stem.removeprefix("v"))

    read = RESPONSE.schema.load(from_text(path.read_text("utf-8")), version=version)
    assert read == (the_response() if version > 1 else evolve(the_response(), alias=None))


def test_the_current_version_of_responses_has_a_golden_file() -> None:
    stored = (GOLDEN / f"v{RESPONSE.schema.current}.json").read_text("utf-8")

    assert from_text(stored) == from_text(to_text(RESPONSE.schema.dump(the_response())))


def test_the_golden_response_has_something_everywhere() -> None:
    assert [name for name in field_names(Response) if not getattr(the_response(), name)] == ["revision"]


def test_every_answer_of_a_response_has_a_place_in_the_table() -> None:  # C077
    schema: Schema[GivenAnswer] = ANSWER.schema
    given_ = list(the_response().given())

    assert [each.answer for each in given_] == list(the_response().answers)
    assert [schema.load(from_text(to_text(schema.dump(each)))) for each in given_] == given_
    index = {each.answer.key: ANSWER.index_of(each) for each in given_}
    assert (index["overall"]["value"], index["overall"]["counts"]) == (9_000_000, 0)  # late
    assert (index["used"]["code"], index["ways"]["code"]) == ("yes", None)


def test_what_no_column_can_hold_is_in_the_document_alone() -> None:
    answers = (
        Answer(item="a", status=Status.ANSWERED, number=1e300),
        Answer(item="b", status=Status.ANSWERED, codes=("x" * 600,)),
    )
    index = [ANSWER.index_of(each) for each in evolve(the_response(), answers=answers).given()]

    assert (index[0]["value"], index[1]["code"]) == (None, None)

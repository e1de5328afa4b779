"""Somebody is invited, reminded and left alone, and how many have answered is counted as the AAPOR counts it."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.desk import connect
from servicecrm.desk.invitations import Invitee
from servicecrm.errors import GuardNotMet, InvalidValue, NotFound, PolicyViolation, TransitionNotAllowed
from servicecrm.kernel.documents import from_text, to_text
from servicecrm.kernel.records import evolve, field_names
from servicecrm.measures import response_rates
from servicecrm.notifications import Deliverer, Letter, Reader, standard_templates
from servicecrm.surveys import (
    INVITATION,
    INVITATION_LIFECYCLE,
    Eligibility,
    Exclusion,
    Extent,
    Hindrance,
    Invitation,
    Reminders,
    invitations,
    returns,
    sampling,
)
from servicecrm.surveys.campaign_model import Reservation
from servicecrm.surveys.invitations import News
from servicecrm.testing import FixedClock
from tests.servers import Postgres
from tests.stores import clean_schema
from tests.surveys.campaigning import (
    ANN,
    BOB,
    DAY,
    LINK,
    MONDAY,
    TOKEN,
    a_campaign,
    a_desk,
    an_invitation,
    an_open_campaign,
    questions,
)

GOLDEN = Path(__file__).parents[1] / "golden" / "invitation"


# -- on its way ----------------------------------------------------------------------------------


def test_an_invitation_is_sent_delivered_opened_and_answered() -> None:  # C076
    invitation = an_invitation()
    assert (invitation.state, invitation.sent_at, invitation.contacted_at) == ("sent", MONDAY, MONDAY)
    for news in ("delivered", "opened"):
        invitation = invitations.mark(invitation, news, by=ANN, at=MONDAY).after
        assert invitation.state == news
    answered = invitations.take_part(invitation, Extent.COMPLETE, by=ANN, at=MONDAY + DAY).after
    assert (answered.state, answered.answered_on) == ("completed", date(2026, 3, 3))


@pytest.mark.parametrize(
    ("state", "says"), [("planned", "open it first"), ("prepared", "open it first"), ("closed", "sends until")]
)
def test_nobody_is_invited_but_to_an_open_campaign(state: str, says: str) -> None:  # C076
    with pytest.raises(PolicyViolation, match=f"it is {state}.* {says}"):
        an_invitation(a_campaign(state))


def test_nothing_is_sent_after_the_time_to_send() -> None:  # C076
    at = MONDAY + 20 * DAY
    campaign = a_campaign(send_until=at)
    waiting = an_invitation(campaign)

    for late in (
        lambda: an_invitation(campaign, at=at),
        lambda: invitations.send(an_invitation(campaign, sent=False), campaign, by=ANN, at=at),
        lambda: invitations.remind(waiting, campaign, by=ANN, at=at),
    ):
        with pytest.raises(PolicyViolation, match="sends until"):
            late()


def test_whoever_may_not_be_asked_is_not_invited_and_hears_why() -> None:  # C072
    lately = Eligibility(hindrances=(Hindrance.ASKED_LATELY,), from_day=date(2026, 4, 1))
    with pytest.raises(PolicyViolation, match="asked_lately; from 2026-04-01 on"):
        an_invitation(eligibility=lately)
    assert an_invitation(eligibility=Eligibility(hindrances=())).state == "sent"


def test_a_token_is_a_secret_that_nobody_guesses_or_sees() -> None:  # C076
    with pytest.raises(InvalidValue, match="22 characters"):
        an_invitation(token="t" * 21)
    assert TOKEN not in repr(an_invitation())


def test_what_came_back_can_be_sent_once_more() -> None:  # C076
    bounced = invitations.mark(an_invitation(), News.BOUNCED, by=ANN, at=MONDAY).after
    again = invitations.send(bounced, a_campaign(), by=ANN, at=MONDAY + DAY).after

    assert (again.state, again.sent_at, again.contacted_at) == ("sent", MONDAY, MONDAY + DAY)
    with pytest.raises(TransitionNotAllowed):
        invitations.send(again, a_campaign(), by=ANN, at=MONDAY + DAY)


@given(st.lists(st.sampled_from([*News, *Extent]), max_size=8))
def test_news_that_come_late_or_twice_never_undo_an_answer(news: list[News | Extent]) -> None:  # C076
    answered = invitations.take_part(an_invitation(), Extent.COMPLETE, by=ANN, at=MONDAY).after
    for each in news:
        if isinstance(each, News):
            answered = invitations.mark(answered, each, by=ANN, at=MONDAY + DAY).after
        elif each is Extent.COMPLETE:
            answered = invitations.take_part(answered, each, by=ANN, at=MONDAY).after
    assert (answered.state, answered.answered_on) == ("completed", date(2026, 3, 2))


def test_whoever_declines_is_left_alone() -> None:  # C076
    declined = invitations.decline(an_invitation(), by=ANN, at=MONDAY).after

    assert (declined.state, INVITATION_LIFECYCLE.allowed(declined)) == ("declined", ())


def test_whoever_was_not_to_answer_is_left_out_for_a_reason() -> None:  # C076
    left_out = invitations.exclude(an_invitation(), "duplicate", by=ANN, at=MONDAY).after

    assert (left_out.state, left_out.excluded) == ("excluded", Exclusion.DUPLICATE)
    with pytest.raises(InvalidValue, match="screened_out"):
        invitations.exclude(an_invitation(), "bored", by=ANN, at=MONDAY)
    with pytest.raises(GuardNotMet):
        INVITATION_LIFECYCLE.step(an_invitation(), "exclude")


# -- reminders -----------------------------------------------------------------------------------


def test_reminders_come_when_the_plan_says_and_no_more_than_that() -> None:  # C076
    campaign = a_campaign(reminders=Reminders(first_after_days=5, gap_days=3, most=2))
    invitation, sent = an_invitation(campaign), []
    for day in range(20):
        now = MONDAY + day * DAY
        for due in invitations.reminders_due([invitation], campaign, now):
            invitation = invitations.remind(due, campaign, by=ANN, at=now).after
            sent.append(day)
    assert sent == [5, 8]
    assert invitations.next_reminder(invitation, campaign) is None


@pytest.mark.parametrize(
    "stop",
    [
        lambda invitation: invitations.take_part(invitation, "complete", by=ANN, at=MONDAY),
        lambda invitation: invitations.decline(invitation, by=ANN, at=MONDAY),
        lambda invitation: invitations.mark(invitation, "bounced", by=ANN, at=MONDAY),
        lambda invitation: invitations.exclude(invitation, "screened_out", by=ANN, at=MONDAY),
    ],
)
def test_reminders_stop_with_an_answer_a_refusal_or_a_letter_that_came_back(stop: Callable[..., Any]) -> None:  # C076
    stopped = stop(an_invitation()).after

    assert invitations.reminders_due([stopped], a_campaign(), MONDAY + 20 * DAY) == ()
    with pytest.raises(TransitionNotAllowed):
        invitations.remind(stopped, a_campaign(), by=ANN, at=MONDAY + 20 * DAY)


@pytest.mark.parametrize("extent", [Extent.PARTIAL, Extent.BROKEN_OFF])
def test_whoever_has_not_finished_is_reminded_too(extent: Extent) -> None:  # C076
    part = invitations.take_part(an_invitation(), extent, by=ANN, at=MONDAY).after

    assert invitations.reminders_due([part], a_campaign(), MONDAY + 7 * DAY) == (part,)


def test_a_reminder_before_its_time_or_too_many_are_refused() -> None:  # C076
    campaign, invitation = a_campaign(), an_invitation()
    with pytest.raises(PolicyViolation, match="from 2026-03-09"):
        invitations.remind(invitation, campaign, by=ANN, at=MONDAY + 7 * DAY - timedelta(seconds=1))
    once = invitations.remind(invitation, campaign, by=ANN, at=MONDAY + 7 * DAY).after
    twice = invitations.remind(once, campaign, by=ANN, at=MONDAY + 14 * DAY).after
    with pytest.raises(PolicyViolation, match="2 are enough"):
        invitations.remind(twice, campaign, by=ANN, at=MONDAY + 21 * DAY)


# -- how many have answered ----------------------------------------------------------------------


def each_state() -> dict[str, Invitation]:
    """An invitation in every state."""
    sent = an_invitation()
    by: dict[str, Any] = {"by": ANN, "at": MONDAY}
    return {
        "created": an_invitation(sent=False),
        "sent": sent,
        "delivered": invitations.mark(sent, "delivered", **by).after,
        "opened": invitations.mark(sent, "opened", **by).after,
        "bounced": invitations.mark(sent, "bounced", **by).after,
        "broken_off": invitations.take_part(sent, "broken_off", **by).after,
        "partial": invitations.take_part(sent, "partial", **by).after,
        "completed": invitations.take_part(sent, "complete", **by).after,
        "declined": invitations.decline(sent, **by).after,
        "excluded": invitations.exclude(sent, "over_quota", **by).after,
    }


def test_every_state_has_its_disposition() -> None:  # C076, K33
    found = {state: returns.disposition(each) for state, each in each_state().items()}

    assert set(found) == set(INVITATION_LIFECYCLE.states)
    assert {state: "/".join(told) for state, told in found.items()} == {
        "completed": "I/1.1",
        "partial": "P/1.2",
        "declined": "R/2.11",
        "opened": "R/2.1121",
        "broken_off": "R/2.12",
        "created": "UH/3.11",
        "sent": "UH/3.19",
        "delivered": "UH/3.19",
        "bounced": "UO/3.30",
        "excluded": "NE/4.80",
    }
    codes = [returns.disposition(evolve(each_state()["excluded"], excluded=why)).code for why in Exclusion]
    assert codes == ["4.10", "4.80", "4.81"]


def test_the_rates_of_the_aapor_follow_from_the_invitations() -> None:  # K33
    states = each_state()
    many = [states["completed"]] * 6 + [states["partial"]] * 2 + [states["declined"]] * 2 + [states["sent"]] * 10
    rates = response_rates(returns.dispositions(many), e=1)

    assert (rates.rr1, rates.rr2, rates.rr5) == (0.3, 0.4, 0.6)


def test_what_came_back_is_no_part_of_those_who_were_asked() -> None:  # C076, K33
    states = each_state()
    many = [states["completed"]] * 3 + [states["partial"]] + [states["sent"]] * 4
    many += [states["bounced"]] * 2 + [states["created"]] * 5 + [states["excluded"]]

    assert returns.return_rate(many) == 4 / 8
    assert returns.return_rate(many, partial=False) == 3 / 8
    assert returns.return_rate([states["bounced"], states["created"]]) is None


def test_rates_can_be_weighted_by_stratum() -> None:  # K33, C073
    north, south = (evolve(each_state()["completed"], stratum=stratum) for stratum in ("north", "south"))

    assert returns.dispositions([north, north, south], weights={"north": 2, "south": 0.5})["I"] == 4.5
    with pytest.raises(InvalidValue, match="every stratum"):
        returns.dispositions([north], weights={"south": 1})


# -- at the desk ---------------------------------------------------------------------------------


class Letters:
    """Keeps what is sent, and knows everybody."""

    def __init__(self) -> None:
        self.sent: list[Letter] = []

    def send(self, letter: Letter) -> None:
        self.sent.append(letter)

    def reader(self, recipient: str, *, tenant: str) -> Reader:
        return Reader(address=f"{recipient}@city.example", language="de", zone="Europe/Berlin")


def test_letters_wait_in_the_outbox_and_lead_to_the_questionnaire() -> None:  # C076, C094
    with a_desk() as (crm, clock):
        campaign = an_open_campaign(crm)
        invited = crm.invitations.invite(campaign.number, ["c-1", "c-2"], link=LINK).invitations
        letters = Letters()
        templates = standard_templates()
        deliverer = Deliverer(letters, letters, clock=clock, templates=templates)
        with crm.store.unit(claiming=True) as unit:
            for delivery in unit.claim("w-1", now=clock()):
                deliverer(delivery)
        assert [(letter.to.address, letter.subject) for letter in letters.sent] == [
            ("c-1@city.example", "How did we do?"),
            ("c-2@city.example", "How did we do?"),
        ]
        assert f"https://city.example/ask?t={invited[0].token}" in letters.sent[0].body
        assert "1. April 2026" in letters.sent[0].body or "01.04.2026" in letters.sent[0].body
        assert len({each.token for each in invited}) == 2


def test_whoever_is_invited_by_several_desks_at_once_is_invited_once(postgres: Postgres) -> None:  # C072, C076
    with (
        clean_schema(postgres) as schema,
        connect(postgres.url, actor=ANN, clock=FixedClock(MONDAY), schema=schema) as crm,
    ):
        campaign, together = an_open_campaign(crm), threading.Barrier(4)

        def invite(_: int) -> int:
            with connect(postgres.url, actor=BOB, clock=FixedClock(MONDAY), schema=schema) as desk:
                desk.invitations.count()
                together.wait()
                return len(desk.invitations.invite(campaign.id, ["c-1", "c-2", "c-3"], link=LINK).invitations)

        with ThreadPoolExecutor(4) as desks:
            assert sum(desks.map(invite, range(4))) == 3
        assert sorted(each.contact for each in crm.invitations.find()) == ["c-1", "c-2", "c-3"]
        assert crm.outbox.counts().waiting == 3


def test_the_id_of_an_invitation_follows_from_campaign_and_contact_and_its_token_from_nothing() -> None:  # C076
    def invited() -> tuple[dict[str, str], set[str]]:
        with a_desk() as (crm, _):
            found = crm.invitations.invite(an_open_campaign(crm).id, ["c-1", "c-2"], link=LINK).invitations
            return {each.id: each.contact for each in found}, {each.token for each in found}

    (ids, tokens), (same, others) = invited(), invited()
    assert (len(ids), len(tokens | others)) == (2, 4)
    assert ids == same


def test_everybody_who_is_due_is_reminded_once_whoever_asks_how_often() -> None:  # C076
    with a_desk() as (crm, clock):
        campaign = an_open_campaign(crm)
        people = ["c-1", "c-2", "c-3", "c-4"]
        one, two, *_ = crm.invitations.invite(campaign.id, people, link=LINK).invitations
        crm.responses.answer(one.token, {"overall": 9})
        crm.invitations.decline(two.token)
        clock.advance(days=7)
        out = {"opted_out": lambda contact, _: contact == "c-3", "link": LINK}
        assert [each.contact for each in crm.invitations.remind(campaign.id, **out)] == ["c-4"]
        assert crm.invitations.remind(campaign.id, **out) == ()
        assert crm.outbox.counts().waiting == 5
        found = crm.invitations.turnout(campaign.id)
        assert (found.invited, found.share, found.dispositions["R"]) == (4, 0.25, 1)


def test_what_bounced_is_marked_and_sent_once_more() -> None:  # C076
    with a_desk() as (crm, _):
        campaign = an_open_campaign(crm)
        (one,) = crm.invitations.invite(campaign.id, ["c-1"], link=LINK).invitations
        assert crm.invitations.mark(one.id, "bounced").state == "bounced"
        assert crm.invitations.send(one.id, link=LINK).state == "sent"
        assert crm.outbox.counts().waiting == 2
        assert crm.invitations.exclude(one.id, "screened_out").excluded is Exclusion.SCREENED_OUT


def test_returns_are_weighted_by_the_sample() -> None:  # C073, K33
    of = {"c-1": "north", "c-2": "north", "c-3": "north", "c-4": "south"}
    drawn = sampling.stratified(of, 2, seed="7")
    with a_desk() as (crm, _):
        campaign = an_open_campaign(crm, sampling=drawn.sampling)
        people = [Invitee(contact=each, stratum=str(drawn.groups[each])) for each in drawn.chosen]
        invited = crm.invitations.invite(campaign.id, people, link=LINK).invitations
        (north,) = (each for each in invited if each.stratum == "north")
        crm.responses.answer(north.token, {"overall": 7})
        assert crm.invitations.turnout(campaign.id).rates.rr1 == 0.5
        assert crm.invitations.turnout(campaign.id, weighted=True).rates.rr1 == 0.75
        crm.invitations.invite(campaign.id, ["c-9"], link=LINK)
        with pytest.raises(InvalidValue, match="every stratum"):
            crm.invitations.turnout(campaign.id, weighted=True)


def test_a_wrong_link_token_or_list_is_refused() -> None:  # C076
    with a_desk() as (crm, _):
        campaign = an_open_campaign(crm)
        with pytest.raises(InvalidValue, match="holds the token"):
            crm.invitations.invite(campaign.id, ["c-1"], link="https://city.example/")
        with pytest.raises(InvalidValue, match="twice"):
            crm.invitations.invite(campaign.id, ["c-1", "c-1"], link=LINK)
        for person in ({"contact": "c-1"}, None, 1):
            with pytest.raises(InvalidValue, match=rf"people: .*Invitee.* got {type(person).__name__}"):
                crm.invitations.invite(campaign.id, [person], link=LINK)
        for use in (crm.invitations.decline, crm.responses.begin):
            with pytest.raises(NotFound, match="no invitation has this token") as refused:
                use("guessed")
            assert "guessed" not in str(refused.value)
        assert crm.invitations.count() == 0


# -- golden files --------------------------------------------------------------------------------


def the_invitation() -> Invitation:
    told: dict[str, Any] = {
        "customer": "k-1",
        "stratum": "north",
        "attributes": {"region": "north"},
        "language": "de-at",
        "extra": {"row": 7},
    }
    campaign = a_campaign(asks=questions())
    reminded = invitations.remind(an_invitation(campaign, **told), campaign, by=ANN, at=MONDAY + 7 * DAY).after
    answered = invitations.take_part(reminded, "complete", by=ANN, at=MONDAY + 8 * DAY).after
    excluded = invitations.exclude(answered, "duplicate", by=ANN, at=MONDAY + 9 * DAY).after
    return evolve(excluded, reserved=Reservation(quotas=("north", "all"), until=MONDAY + DAY))


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("v*.json")), ids=lambda path: path.stem)
def test_what_any_version_stored_is_read_as_the_same_invitation(path: Path) -> None:  # C127
    version = int(path.stem.removeprefix("v"))

    then = the_invitation() if version > 1 else evolve(the_invitation(), reserved=None)

    assert INVITATION.schema.load(from_text(path.read_text("utf-8")), version=version) == then


def test_the_current_version_of_invitations_has_a_golden_file() -> None:
    stored = (GOLDEN / f"v{INVITATION.schema.current}.json").read_text("utf-8")

    assert from_text(stored) == from_text(to_text(INVITATION.schema.dump(the_invitation())))


def test_the_golden_invitation_has_something_everywhere() -> None:
    assert [name for name in field_names(Invitation) if not getattr(the_invitation(), name)] == ["revision"]
    assert INVITATION.index_of(the_invitation())["token"] == TOKEN

"""One campaign from its plan to a follow-up complaint, and a second wave, on every kind of store."""  # C072-C082

from collections.abc import Iterator
from datetime import timedelta
from random import Random
from urllib.parse import parse_qs, urlencode

import pytest

from servicecrm import surveys
from servicecrm.desk import Desk
from servicecrm.desk.invitations import Invitee
from servicecrm.errors import InvalidValue
from servicecrm.processes.low_score import rule
from servicecrm.surveys import sampling
from servicecrm.surveys.campaign_model import Campaign
from servicecrm.surveys.form import form_of
from servicecrm.surveys.form_posting import posted
from servicecrm.testing import FixedClock

LINK = "https://city.example/ask?t={token}"
TEN = surveys.Scale(low=1, high=10)
ENDS = {1.0: {"en": "bad", "de": "schlecht", "zh": "差"}, 10.0: {"en": "good", "de": "gut", "zh": "好"}}
ITEMS = (
    surveys.item(
        "overall",
        "scale",
        text={"en": "How are we?", "de": "Wie sind wir?", "zh": "您对我们满意吗"},
        scale=TEN,
        labels=ENDS,
        required=True,
    ),
    surveys.item(
        "tap",
        "scale",
        text={"en": "And the water?", "de": "Und das Wasser?", "zh": "自来水如何"},
        scale=TEN,
        labels=ENDS,
        service="water",
    ),
    surveys.item(
        "meter",
        "scale",
        text={"en": "And the meter?", "de": "Und der Zähler?", "zh": "水表如何"},
        scale=TEN,
        labels=ENDS,
        service="metering",
    ),
    surveys.item(
        "why",
        "text",
        text={"en": "What went wrong?", "de": "Was lief schief?", "zh": "哪里不满意"},
        shown_if={"item": "overall", "at_most": 4},
    ),
)
TITLE = {"en": "How did we do?", "de": "Wie waren wir?", "zh": "我们做得怎么样"}
PEOPLE = {f"person-{n:03}": "north" if n < 240 else "south" for n in range(400)}

CALL = rule(
    "unhappy", {"item": "overall", "at_most": 4}, title="Call the customer", owner="care", within="2 business days"
)
COMPLAIN = rule(
    "furious", {"item": "overall", "at_most": 1}, title="Very bad in the survey", owner="care", complaint=True
)


def fields(chance: Random, region: str) -> dict[str, str]:
    """What somebody marks: in the south they are less content. The answers follow from chance alone."""
    overall = max(1, min(10, round(chance.gauss(8 if region == "north" else 5, 2))))
    marked = {
        "overall": overall,
        "tap": max(1, min(10, overall + chance.choice([-1, 0, 1]))),
        "meter": chance.randint(2, 9),
    }
    return {f"answer.{key}": str(value) for key, value in marked.items()}


def answer(crm: Desk, token: str, told: dict[str, str], language: str) -> None:
    """Somebody fills in the page, which a browser posts."""
    begun = crm.responses.begin(token)
    form = form_of(begun.questionnaire, action="/ask", hidden={"t": token}, language=language)
    assert f'<html lang="{language}"' in form.html
    sent = parse_qs(urlencode({**told, "language": language, "t": token}))
    crm.responses.answer(sent["t"][0], posted(begun.questionnaire, sent), language=sent["language"][0])


def held(crm: Desk, clock: FixedClock, campaign: Campaign, seed: int) -> Campaign:
    """Invite those who were drawn, take answers from two of three of them, remind the others, and close."""
    drawn = sampling.stratified(PEOPLE, 120, seed=f"wave {campaign.wave}")
    crm.campaigns.draw(campaign.id, drawn.sampling)
    crm.campaigns.open(campaign.id)
    people = [Invitee(contact=each, stratum=PEOPLE[each], customer=f"c-{each}") for each in drawn.chosen]
    invited = crm.invitations.invite(campaign.id, people, link=LINK).invitations
    chance = Random(seed)
    languages = iter(lambda: chance.choice(["en", "de", "zh"]), None)
    for n, each in enumerate(invited):
        if n % 3:
            answer(crm, each.token, fields(chance, PEOPLE[each.contact]), next(languages))
    clock.advance(days=7)
    assert len(crm.invitations.remind(campaign.id, link=LINK)) == 40
    for each in invited[:30:3]:
        answer(crm, each.token, fields(chance, PEOPLE[each.contact]), next(languages))
    clock.advance(days=24)
    return crm.campaigns.close(campaign.id)


def verdicts(first: surveys.Evaluation, second: surveys.Evaluation) -> Iterator[str]:
    for key in ("overall", "tap"):
        yield surveys.change(first, second, key).verdict


def test_a_campaign_from_its_plan_to_a_complaint_and_its_second_wave(crm: Desk, clock: FixedClock) -> None:
    # S0-A13, S3-P6
    draft = crm.questionnaires.draft(title=TITLE, items=ITEMS)
    crm.questionnaires.review(draft.id)
    questionnaire = crm.questionnaires.release(draft.id)

    planned = crm.campaigns.plan(
        "How did we do?",
        opens_at=clock(),
        answer_until=clock() + timedelta(days=30),
        purpose="To hear of trouble before customers leave",
        population="All customers",
        owner="ann@city.example",
        mode="identified",
        every="year",
        reminders=surveys.Reminders(first_after_days=7, gap_days=7, most=2),
    )
    campaign = held(crm, clock, crm.campaigns.prepare(planned.id, questionnaire.id), seed=1)
    turnout = crm.invitations.turnout(campaign.id)
    assert (turnout.invited, turnout.share) == (120, 0.75)

    # What they say, for each service and each part of the town
    evaluation = crm.evaluations.of(campaign.id, by="stratum", wave="2026")
    overall, south = evaluation["overall"], evaluation.line("overall", group="south")
    assert overall.score is not None
    assert south.score is not None
    assert overall.counts
    assert (evaluation.responses, overall.counts.answered) == (90, 90)
    assert south.score.value is not None
    assert overall.score.value is not None
    assert south.score.value < 6 < overall.score.value
    assert {line.key for line in evaluation if str(line.about) == "service"} == {"water", "metering"}
    alone = crm.evaluations.of(campaign.id, by="stratum", min_n=40)
    assert {(line.group, line.hidden) for line in alone.hidden if line.key == "overall"} == {
        (("south",), "small"),
        (("north",), "beside"),
    }

    # What follows from it
    kept = crm.evaluations.draft(evaluation, threshold=6, campaign=campaign.id)
    assert "overall [south]" in {low.name for low in kept.low}
    crm.evaluations.conclude(kept.id, "In the south the pressure is low")
    crm.acting_as("bob@city.example").evaluations.review(kept.id)
    crm.evaluations.follow_up(kept.id, owners="head of south", due_at=clock() + timedelta(days=30))
    assert crm.evaluations.publish(kept.id).state == "published"
    assert crm.campaigns.evaluate(campaign.id, kept.id).state == "evaluated"
    assert {item.owner for item in crm.actions.of(kept.id)} == {"head of south"}

    # Who is called back, and who has complained without knowing it
    opened = crm.evaluations.call_back(campaign.id, [CALL, COMPLAIN])
    assert crm.evaluations.call_back(campaign.id, [CALL, COMPLAIN]) == ()
    unhappy = [each for each in crm.responses.of(campaign.id) if each.answers[0].number <= 4]  # type: ignore[operator]
    assert len([each for each in opened if each.id.endswith(":unhappy")]) == len(unhappy) > 0
    complaints = list(crm.complaints.find())
    assert 0 < len(complaints) == len([each for each in unhappy if each.answers[0].number == 1])
    (complaint, *_) = complaints
    assert complaint.channel == "survey"
    assert [item.owner for item in crm.actions.of(complaint.id)] == ["care"]
    typo = rule("typo", {"item": "overal", "at_most": 4}, title="Call", owner="care")
    with pytest.raises(InvalidValue, match="there is no item overal; known: overall"):
        crm.evaluations.call_back(campaign.id, [typo])
    assert complaint.customer in {each.customer for each in unhappy}
    assert crm.timers(complaint.id)["resolution"].due_at is not None

    # The second wave finds that nothing has changed, and says so
    clock.advance(days=330)
    opens = clock() + timedelta(days=1)
    second = crm.campaigns.next_wave(campaign.id, opens_at=opens, answer_until=opens + timedelta(days=30))
    clock.advance(days=1)
    later = held(crm, clock, crm.campaigns.prepare(second.id, questionnaire.id), seed=2)
    again = crm.evaluations.of(later.id, by="stratum", wave="2027")
    assert set(verdicts(evaluation, again)) == {"no_detectable_change"}
    assert [each.wave for each in crm.campaigns.waves(str(campaign.series))] == [1, 2]

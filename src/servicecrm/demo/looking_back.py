"""What customers are asked, what is talked about with them, and what changes because of it."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from servicecrm.agreements import Agreement, Evaluation, Figure
from servicecrm.demo.asking import ASKED, EACH, ITEMS, OPEN_FOR, TITLE, answers
from servicecrm.demo.cast import CARE, CUSTOMERS, HEAD, MANAGERS, Plays
from servicecrm.demo.stage import YEAR, ZONE, Stage, Story, on
from servicecrm.desk import Desk
from servicecrm.desk.invitations import Invitee
from servicecrm.improvements import Origin
from servicecrm.measures.kpis import kpi_period
from servicecrm.reviews import Attendee, Followed, Resolution, Topic
from servicecrm.surveys import Reminders
from servicecrm.tracking import Side

__all__ = ["judged", "kept", "meeting", "proposals", "regular", "reports", "review", "waves"]

_LINK: Final = "https://fenwater.example/ask?t={token}"
_QUARTERS: Final = {"Q1": (4, 10), "Q2": (7, 10), "Q3": (10, 9)}
"""The quarters that are looked back at within the year, each with the month and the day on which that is done."""


def waves(stage: Stage) -> Story:
    """The same questions in spring and in autumn, and what follows from the answers."""
    crm = stage.crm
    yield on(date(YEAR, 2, 17))
    draft = crm.questionnaires.draft(title=TITLE, items=ITEMS)
    crm.questionnaires.review(draft.id)
    questionnaire = crm.questionnaires.release(draft.id)
    campaign = None
    for wave, month in enumerate(ASKED):
        opens = on(date(YEAR, month, 3))
        yield opens - timedelta(days=7)
        if campaign is None:
            campaign = crm.campaigns.plan(
                TITLE["en"],
                opens_at=opens,
                answer_until=opens + OPEN_FOR,
                purpose="To hear of trouble before customers leave",
                population="Everybody whom customers have named",
                owner=HEAD,
                mode="identified",
                every="6 months",
                reminders=Reminders(first_after_days=10, gap_days=7, most=1),
            )
        else:
            campaign = crm.campaigns.next_wave(campaign.id, opens_at=opens, answer_until=opens + OPEN_FOR)
        crm.campaigns.prepare(campaign.id, questionnaire.id)
        yield opens
        crm.campaigns.open(campaign.id)
        people = [
            Invitee(contact=f"{key}-{n}", stratum=key, customer=stage.customers[key])
            for key in CUSTOMERS
            for n in range(EACH)
        ]
        tokens = {
            each.contact: each.token for each in crm.invitations.invite(campaign.id, people, link=_LINK).invitations
        }
        for n, key in enumerate(CUSTOMERS):
            yield opens + timedelta(days=1 + n)
            for person, given in answers(key, wave):
                crm.responses.answer(tokens[person], given, language="en")
        yield opens + OPEN_FOR + timedelta(hours=1)
        crm.campaigns.close(campaign.id)
        evaluation = crm.evaluations.of(campaign.id, by="stratum", wave=f"{YEAR}-{month:02}")
        kept = crm.evaluations.draft(evaluation, threshold={"overall": 6}, campaign=campaign.id)
        crm.evaluations.conclude(kept.id, "Where the pressure was low, everything else is seen in that light.")
        yield opens + OPEN_FOR + timedelta(days=4)
        crm.acting_as(HEAD).evaluations.review(kept.id)
        crm.evaluations.follow_up(kept.id, owners=CARE, due_at=crm.clock() + timedelta(days=30))
        crm.evaluations.publish(kept.id)
        crm.campaigns.evaluate(campaign.id, kept.id)
        *soon, _ = crm.actions.of(kept.id)
        yield opens + OPEN_FOR + timedelta(days=25)
        for item in soon:
            crm.acting_as(CARE).actions.done(item.id, "Called, and told what we do about it.")


# -- reviews and meetings ------------------------------------------------------------------------


def regular(stage: Stage) -> Story:
    """How often is looked back with whom."""
    yield on(date(YEAR, 1, 20))
    for n, (key, plays) in enumerate(CUSTOMERS.items()):
        if plays.reviews is not None:
            first = date(YEAR, 4, 15) if plays.reviews == "quarter" else date(YEAR, 7, 15)
            stage.crm.review_schedules.start(
                "service_review",
                customer=stage.customers[key],
                every=plays.reviews,
                first=first,
                owner=MANAGERS[n % len(MANAGERS)],
                zone=ZONE.key,
            )


def judged(crm: Desk, agreement: Agreement, plays: Plays, quarter: str) -> Evaluation:
    """Whether an agreement was kept in a quarter. Each miss becomes a record of its own, once."""
    period = f"{YEAR}-{quarter}"
    figure = Figure(
        service=agreement.lines[0].service,  # water, which all of them have
        measure="supply",
        period=kpi_period(period, zone=ZONE.key),
        value=Decimal(plays.supplied[int(quarter[1]) - 1]),
    )
    return crm.agreements.evaluate(agreement.id, period, figures=[figure])


def kept(stage: Stage, key: str) -> Story:
    """After each quarter it is seen whether the agreement with a customer was kept."""
    for quarter, (month, _) in _QUARTERS.items():
        yield on(date(YEAR, month, 2), 8)
        judged(stage.crm, stage.crm.agreements.get(stage.agreements[key]), CUSTOMERS[key], quarter)


def review(stage: Stage, key: str, quarter: str, due: date) -> Story:
    """A review of a quarter with a customer: planned, prepared out of the store, held, decided on and published."""
    crm = stage.crm
    month, day = _QUARTERS[quarter]
    held = on(date(YEAR, month, day), 10)
    yield held - timedelta(days=14)
    planned = crm.service_reviews.plan(
        f"{CUSTOMERS[key].name}, {YEAR}-{quarter}",
        customer=stage.customers[key],
        services=[stage.services[each] for each in CUSTOMERS[key].services],
        period=f"{YEAR}-{quarter}",
        zone=ZONE.key,
        planned_for=held,
        due_on=due,
    )
    yield held - timedelta(days=5)
    agreement = crm.agreements.get(stage.agreements[key])
    found = judged(crm, agreement, CUSTOMERS[key], quarter)
    prepared = crm.service_reviews.prepare(planned.id, evaluations=[found], changes=[], risks=[])
    yield held
    assert prepared.pack is not None
    crm.service_reviews.hold(
        planned.id,
        _both(key),
        followed=[Followed(action=each.record, note="It goes on.") for each in prepared.pack.actions],
        customer_view=["Tell us before the water is off."],
        provider_view=["Valves older than thirty years are known now."],
    )
    if prepared.pack.complaints:
        done_by = held + timedelta(days=60)
        crm.service_reviews.resolve(
            planned.id, [Resolution(text="Renew the valve", owner="Network Operations", due_at=done_by)]
        )
    yield held + timedelta(days=2)
    crm.service_reviews.publish(planned.id, next_on=_after(due))
    crm.service_reviews.sign_off(planned.id, "outside", signer=f"{key}-contact")
    for item in crm.actions.of(planned.id):
        yield held + timedelta(days=40)
        crm.acting_as(item.owner).actions.done(item.id, "Renewed and tested.")
        yield held + timedelta(days=55)
        crm.actions.verify(item.id, "No more complaints about it.", effective=True)


def _both(key: str) -> tuple[Attendee, Attendee]:
    return Attendee(person=f"{key}-contact", side=Side.OUTSIDE), Attendee(person=HEAD, side=Side.INSIDE)


def _after(due: date) -> date:
    return (due.replace(day=1) + timedelta(days=95)).replace(day=15)


def meeting(stage: Stage, key: str, day: date) -> Story:
    """A meeting with a customer, its minutes, and a need that was heard there."""
    crm = stage.crm
    yield on(day - timedelta(days=10))
    found = crm.meetings.plan("Next year", customer=stage.customers[key], planned_for=on(day, 14), place="On site")
    yield on(day, 14)
    crm.meetings.hold(found.id, _both(key))
    crm.meetings.draft(
        found.id, (Topic(title="What comes next year", text="They want to know the pressure every day."),)
    )
    need = crm.needs.capture(
        "The pressure of the day on a page",
        customer=stage.customers[key],
        source_kind="meeting",
        source=found.id,
        service=stage.services["water"],
    )
    crm.needs.confirm(need.id)
    yield on(day + timedelta(days=1))
    crm.meetings.approve(found.id, "inside", signer=HEAD)
    crm.meetings.approve(found.id, "outside", signer=f"{key}-contact")
    crm.meetings.distribute(found.id)
    yield on(day + timedelta(days=7))
    crm.needs.propose(need.id, owner=HEAD)


# -- changes and reports -------------------------------------------------------------------------


def proposals(stage: Stage) -> Story:
    """What complaints have in common is proposed to be changed, and one idea is turned down."""
    crm = stage.crm
    yield on(date(YEAR, 8, 25))
    origins = [Origin(kind="complaint", id=id) for key in ("laundry", "brewery") for id in stage.complaints[key]]
    valves = crm.improvements.propose(
        "Renew all valves older than thirty years", kind="service", about=stage.services["water"],
        benefit="A third of the complaints about supply", raised_from=origins, owner=HEAD,
    )  # fmt: skip
    calls = crm.improvements.propose("Call before every planned interruption", kind="process", owner=HEAD)
    yield on(date(YEAR, 9, 8))
    crm.improvements.accept(valves.id, "In three years, the oldest first.")
    crm.improvements.hand_over(valves.id, "change", target="CHG-2025-014")
    crm.improvements.reject(calls.id, "Letters reach more people; we send them earlier.")


def reports(stage: Stage) -> Story:
    """A report every quarter, made and passed on; the last one is still to be made. The portfolio is kept as it is."""
    crm = stage.crm
    yield on(date(YEAR, 1, 20), 15)
    spec = crm.report_specs.specify(
        "Service levels",
        purpose="To see whether what was agreed is kept",
        audience=MANAGERS,
        every="quarter",
        first=date(YEAR, 4, 10),
        content=("supply", "complaints", "satisfaction"),
        format="html",
        delivery="email",
        owner=HEAD,
        zone=ZONE.key,
    )
    for month in (4, 7, 10):
        yield on(date(YEAR, month, 9))
        crm.report_specs.produce(
            spec.id, date(YEAR, month, 10), cut_off=on(date(YEAR, month, 1), 0), digest=f"{month:064x}"
        )
        crm.report_specs.deliver(spec.id, date(YEAR, month, 10))
    yield on(date(YEAR, 12, 31), 17)
    crm.portfolio_snapshots.take()

"""Records of which there are documents, with something in every place that they tell."""

from datetime import date
from decimal import Decimal
from typing import Final

from servicecrm.agreements import (
    Agreement,
    AgreementContact,
    ContactPurpose,
    Duty,
    EndOf,
    Line,
    Party,
    Price,
    Termination,
)
from servicecrm.analytics.status import status_of
from servicecrm.analytics.status_info import StatusInfo
from servicecrm.complaints import Remedy, RemedyKind, RemedyStatus
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.kernel.values import Money
from servicecrm.reports.documents import Told
from servicecrm.reviews import (
    Followed,
    Measured,
    Meeting,
    PackEntry,
    Resolution,
    ServiceReview,
    minutes,
    service_reviews,
)
from servicecrm.surveys.evaluation_model import (
    Conclusion,
    Handling,
    LowScore,
    Saying,
    SurveyEvaluation,
    SurveyEvaluationId,
)
from servicecrm.testing.makers import a_complaint, a_judgement, a_message
from servicecrm.tracking.moments import Side
from tests.agreements.making import LEVELS, signed
from tests.reviews.making import ANN, BOTH, DAY, HOUR, MONDAY, a_pack, a_review, approved

NAMES: Final = {
    "harbour-cafe": "Harbour Cafe",
    "water": "Water supply",
    "rosa": "Rosa Finn",
    "ann": "Ann Ley",
    "ann@city.example": "Ann Ley",
    "overall": "All in all",
}


def the_review() -> ServiceReview:
    """A review that is published and signed off."""
    pack = a_pack(
        praise=(PackEntry(record="CMP-2026-000002", title="Quick help", service="water", at=MONDAY),),
        satisfaction=(Measured(measure="csat", value=Decimal("81.5"), n=44, service="water"),),
        changes=(PackEntry(record="CHG-7", title="Valves renewed", at=MONDAY),),
        needs=(PackEntry(record="NED-2026-000001", title="Water in the garden", service="water"),),
    )
    prepared = service_reviews.prepare(a_review(number="REV-2026-000001"), pack, by=ANN, at=MONDAY).after
    held_at = MONDAY + 7 * DAY
    held = service_reviews.hold(
        prepared,
        BOTH,
        followed=[Followed(action="ACT-2025-000003", note="Renewed in February.")],
        exceptional="A burst main in January.",
        customer_view=["Call before the water is off."],
        provider_view=["Renew valves earlier."],
        by=ANN,
        at=held_at,
    ).after
    decided = Resolution(text="Renew the valve", owner="ann", due_at=held_at + 30 * DAY)
    resolved, _ = service_reviews.resolve(held, [decided], ids=["act-1"], by=ANN, at=held_at)
    later = held_at + DAY
    published = service_reviews.publish(resolved.after, next_on=date(2026, 6, 9), by=ANN, at=later).after
    half = service_reviews.sign_off(published, "outside", signer="rosa", by="rosa", at=later).after
    return service_reviews.add(half, "The second valve, not the first.", by=ANN, at=later + HOUR).after


def the_meeting() -> Meeting:
    """A meeting with approved minutes, and something added."""
    meeting = approved(number="MTG-2026-000001", place="On site")
    return minutes.add(meeting, "In May.", by=ANN, at=MONDAY + 2 * DAY).after


def the_status() -> StatusInfo:
    """What a complainant may know of an answered complaint."""
    remedy = Remedy(
        kind=RemedyKind.COMPENSATION,
        amount=Money(amount=Decimal(50), currency="EUR"),
        status=RemedyStatus.OFFERED,
        proposed_by=ANN,
        offered_at=MONDAY,
    )
    complaint = a_complaint(promised_by=MONDAY + 5 * DAY, remedies=(remedy,), judgements=(a_judgement(),))
    told = a_message(side=Side.INSIDE, text="We look into it.")
    return status_of(complaint, audience="complainant", messages=[told])


def the_agreement() -> Agreement:
    """An agreement that both have signed."""
    price = Price(amount=Money(amount=Decimal("1250.5"), currency="EUR"))
    return signed(
        lines=(Line(service="water", levels=LEVELS, price=price, calendar="office"),),
        duties=(Duty(party=Party.CUSTOMER, text="Keep the meter within reach."),),
        contacts=(AgreementContact(party=Party.PROVIDER, purpose=ContactPurpose.ESCALATION, person="ann"),),
        termination=Termination(notice="3 calendar months", to=EndOf.QUARTER),
        change_rule="In writing.",
        glossary={"supply": "Water at full pressure."},
        review_every="year",
        number="AGR-2026-000001",
    )


def the_evaluation() -> SurveyEvaluation:
    """An evaluation that is kept, with a low score."""
    row = {"about": "item", "key": "overall", "part": None, "figure": "mean", "low": 5.2, "high": 6.8, "hidden": None}
    figures = (
        FrozenMap({**row, "group": None, "value": 6.0, "n": 40}),
        FrozenMap({**row, "group": "south", "value": 4.5, "n": 12}),
        FrozenMap({**row, "group": "north", "value": None, "low": None, "high": None, "n": 3, "hidden": "small"}),
        FrozenMap({**row, "about": "index", "key": None, "group": None, "value": 55.0, "n": None}),
    )
    return SurveyEvaluation(
        id=SurveyEvaluationId("eval-1"),
        state="published",
        questionnaire="q-1",
        wave="2026-03",
        responses=55,
        min_n=5,
        figures=figures,
        digest="0" * 64,
        low=(LowScore(name="overall [south]", figure="mean", value=4.5, threshold=6.0, n=12),),
        handled=(Handling(scores=("overall [south]",), waiver="Works end in May."),),
        conclusions=(Conclusion(kind=Saying.CONCLUSION, text="In the south the pressure is low."),),
        drafted_at=MONDAY,
        reviewed_at=MONDAY + DAY,
        published_at=MONDAY + DAY,
    )


def every_record() -> tuple[Told, ...]:
    """One of each."""
    return the_review(), the_meeting(), the_status(), the_agreement(), the_evaluation()

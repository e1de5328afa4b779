"""What customers complain about and ask for, and what becomes of it."""

from datetime import timedelta
from decimal import Decimal
from typing import Final

from servicecrm.demo.cast import CARE, HEAD, Complains, Requests
from servicecrm.demo.stage import Stage, Story, on
from servicecrm.kernel.values import Money

__all__ = ["complaint", "request"]

_HANDLERS: Final = {"water": "Network Operations", "sewage": "Sewerage", "metering": "Billing"}
_CREDIT: Final = Money(amount=Decimal(250), currency="GBP")


def complaint(stage: Stage, told: Complains) -> Story:
    """A complaint, from the call until its answer is accepted, if it comes so far."""
    yield on(told.day, 10)
    handler = _HANDLERS[told.service]
    crm = stage.crm.acting_as(handler)
    found = crm.complaints.record(
        subject=told.subject,
        channel="phone",
        customer=stage.customers[told.customer],
        complainant=f"{told.customer}-contact",
        service=stage.services[told.service],
        agreement=stage.agreements.get(told.customer),
        category=told.category,
        severity=told.severity,
    )
    stage.complaints.setdefault(told.customer, []).append(found.id)
    yield on(told.day, 15)
    crm.complaints.acknowledge(found.id)
    crm.complaints.assess(found.id, impact="medium")
    crm.complaints.assign(found.id, handler)
    if told.severity != "low":
        yield on(told.day, 17)
        crm.complaints.message(found.id, "We are on it, and call you tomorrow.", side="inside")
    if told.after is None:
        return
    answered = told.day + timedelta(days=told.after)
    yield on(answered - timedelta(days=1), 11)
    crm.complaints.investigate(found.id, "The records and the place were looked at.")
    if told.cause is not None:
        crm.complaints.find_cause(found.id, told.cause)
    crm.complaints.judge(found.id, told.verdict, grounds="What was found agrees with what was said.")
    yield on(answered, 16)
    if told.verdict == "justified":
        crm.complaints.offer(found.id, "apology", text="We are sorry.")
        if told.severity == "critical":
            crm.complaints.offer(found.id, "compensation", amount=_CREDIT)
            crm.complaints.accept_remedy(found.id, 2)
            crm.complaints.provide_remedy(found.id, 2)
    crm.complaints.answer(found.id, "This is what we found, and what we do about it.", recourse=["The Water Ombudsman"])
    yield on(answered + timedelta(days=3), 9)
    if told.declined:
        crm.complaints.decline_answer(found.id, reason="It happens again and again.")
        crm.complaints.raise_stage(found.id, HEAD, reason="Third interruption in a year.")
        return
    crm.complaints.accept_answer(found.id)
    crm.complaints.close(found.id, "resolved" if told.verdict == "justified" else "explained")


def request(stage: Stage, told: Requests) -> Story:
    """A request for help: routed to a queue, taken on with a promise, answered and closed."""
    yield on(told.day, 11)
    crm = stage.crm.acting_as(CARE)
    case = crm.cases.open(
        subject=told.subject,
        channel="email",
        requester=f"{told.customer}-contact",
        service=stage.services["water"],
        priority="p3",
    )
    crm.cases.route(case.id, told.queue, handler=CARE)
    yield on(told.day, 14)
    crm.cases.accept(case.id, expected_by=on(told.day + timedelta(days=10)))
    crm.cases.start(case.id)
    if told.after is None:
        return
    yield on(told.day + timedelta(days=told.after), 12)
    crm.cases.answer(case.id, "It is arranged.")
    crm.cases.close(case.id, "answered")

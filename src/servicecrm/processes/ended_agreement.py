"""When an agreement ends, whoever has an open case or complaint under it is warned."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from servicecrm import cases, complaints
from servicecrm.agreements import Agreement
from servicecrm.agreements.events import AgreementExpired, AgreementTerminated, NoticeGiven
from servicecrm.cases import Case
from servicecrm.complaints import Complaint
from servicecrm.kernel.decisions import Actor, Decision
from servicecrm.processes.keys import key
from servicecrm.processes.words import TEXTS

__all__ = ["ends", "warn_open"]


def warn_open(
    decision: Decision[Agreement],
    records: Iterable[Case | Complaint],
    *,
    known: Collection[str] = (),
    language: str = "en",
    by: Actor | str,
    at: datetime,
) -> tuple[Decision[Any], ...]:
    """A note on each open case and complaint under an agreement that notice was just given of, or that has just ended.

    What is under it names it, or is of its customer and about one of its services. The id of a note follows from the
    agreement, the record and what happened, so that it is written once; those whose ids are `known` are left out.

    Source: C030; YaSM SP3.2.
    """
    agreement, what = decision.after, ends(decision)
    if what is None:
        return ()
    day = agreement.final_day
    text = TEXTS.get(
        f"ended_agreement.{what}",
        language=language,
        agreement=agreement.number or agreement.id,
        day="" if day is None else day.isoformat(),
    )
    notes: list[Decision[Any]] = []
    for each in records:
        id = key("ended_agreement", what, agreement.id, each.id)
        if each.closed_at is None and id not in known and _under(agreement, each):
            if isinstance(each, Complaint):
                notes += complaints.note(each, text, id=id, language=language, by=by, at=at)
            else:
                notes += cases.note(each, text, id=id, language=language, by=by, at=at)
    return tuple(notes)


def ends(decision: Decision[Agreement]) -> str | None:
    """Whether an agreement has just `ended`, or `notice` was given of it; None if neither."""
    if any(isinstance(event, AgreementTerminated | AgreementExpired) for event in decision.events):
        return "ended"
    return "notice" if any(isinstance(event, NoticeGiven) for event in decision.events) else None


def _under(agreement: Agreement, record: Case | Complaint) -> bool:
    if isinstance(record, Complaint) and record.agreement is not None:
        return record.agreement == agreement.id
    customer = record.customer if isinstance(record, Complaint) else record.requester
    return customer == agreement.customer and record.service in {line.service for line in agreement.lines}

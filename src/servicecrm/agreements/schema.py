"""How services, agreements, violations and the house rules for them are stored and found."""

from collections.abc import Iterator

from servicecrm.agreements.evaluating import Violation
from servicecrm.agreements.model import Agreement, GeneralAgreement
from servicecrm.agreements.policy import AgreementPolicies
from servicecrm.agreements.reviewing import next_review
from servicecrm.agreements.service_model import Service
from servicecrm.kernel.documents import Schema
from servicecrm.kernel.kinds import Column, ColumnType, Kind, Term

__all__ = ["AGREEMENT", "GENERAL_AGREEMENT", "POLICIES", "SERVICE", "VIOLATION"]


def _search_service(service: Service) -> Iterator[str]:
    words = (*service.current.name.values(), *service.current.utility.values())
    return (text for text in (service.number, *words) if isinstance(text, str))


SERVICE: Kind[Service] = Kind(
    "service",
    Schema("service", Service),
    columns=(
        Column("number", ColumnType.TEXT),
        Column("state", ColumnType.TEXT),
        Column("open", ColumnType.BOOLEAN, lambda service: service.retired_at is None),
        Column("owner", ColumnType.TEXT),
        Column("version", ColumnType.INTEGER, lambda service: len(service.versions)),
    ),
    indexes=(("state",), ("owner", "open", "number")),
    terms=(Term("supports", lambda service: service.current.rests_on),),
    search=_search_service,
    prefix="SRV",
)

AGREEMENT: Kind[Agreement] = Kind(
    "agreement",
    Schema("agreement", Agreement),
    columns=(
        Column("number", ColumnType.TEXT),
        Column("state", ColumnType.TEXT),
        Column("open", ColumnType.BOOLEAN, lambda agreement: agreement.ended_at is None),
        Column("customer", ColumnType.TEXT),
        Column("first_day", ColumnType.DATE),
        Column("term_end", ColumnType.DATE),
        Column("final_day", ColumnType.DATE),
        Column("next_review", ColumnType.DATE, next_review),
        Column("signed_at", ColumnType.INSTANT),
        Column("ended_at", ColumnType.INSTANT),
        Column("predecessor", ColumnType.TEXT),
        Column("successor", ColumnType.TEXT),
        Column("source", ColumnType.TEXT),
    ),
    indexes=(
        ("customer", "open", "final_day"),
        ("customer", "signed_at"),  # a timeline
        ("state", "first_day"),  # what may come into force
        ("state", "final_day"),  # what ends
        ("state", "term_end"),  # what is due for renewal
        ("state", "next_review"),  # what is due for review
        ("signed_at",),
        ("ended_at",),
    ),
    terms=(
        Term("services", lambda agreement: {line.service for line in agreement.lines}),
        Term("general", lambda agreement: (each.agreement for each in agreement.general)),
    ),
    search=lambda agreement: filter(None, (agreement.number, agreement.title)),
    prefix="AGR",
)

GENERAL_AGREEMENT: Kind[GeneralAgreement] = Kind(
    "general_agreement",
    Schema("general_agreement", GeneralAgreement),
    columns=(
        Column("number", ColumnType.TEXT),
        Column("state", ColumnType.TEXT),
        Column("open", ColumnType.BOOLEAN, lambda general: general.ended_at is None),
        Column("customer", ColumnType.TEXT),
        Column("topic", ColumnType.TEXT),
        Column("version", ColumnType.INTEGER),
        Column("last_day", ColumnType.DATE),
        Column("ended_at", ColumnType.INSTANT),
    ),
    indexes=(("customer", "open", "last_day"), ("state",)),
    search=lambda general: filter(None, (general.number, general.topic)),
    prefix="GEN",
)

VIOLATION: Kind[Violation] = Kind(
    "violation",
    Schema("violation", Violation),
    columns=(
        Column("agreement", ColumnType.TEXT),
        Column("customer", ColumnType.TEXT),
        Column("service", ColumnType.TEXT),
        Column("target", ColumnType.TEXT),
        Column("period", ColumnType.TEXT),
        Column("record", ColumnType.TEXT),
        Column("found_at", ColumnType.INSTANT),
    ),
    indexes=(("agreement", "found_at"), ("customer", "found_at"), ("record",)),
)

POLICIES: Kind[AgreementPolicies] = Kind(
    "agreement_policies", Schema("agreement_policies", AgreementPolicies, kept=True)
)

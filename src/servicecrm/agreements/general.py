"""General agreements: terms for all service agreements of a customer, signed once and attached to each of them."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from servicecrm.agreements.codes import Party
from servicecrm.agreements.events import (
    GeneralConcluded,
    GeneralDrafted,
    GeneralEdited,
    GeneralEnded,
    GeneralRenewed,
    GeneralSigned,
)
from servicecrm.agreements.levels import ServiceLevels
from servicecrm.agreements.lifecycle import ABANDON, CONCLUDE, DRAFT, EDIT, END, GENERAL, RENEW, SIGN
from servicecrm.agreements.model import Agreement, AgreementId, GeneralAgreement
from servicecrm.agreements.parts import check_signed_in_time, day_of
from servicecrm.errors import InvalidValue, PolicyViolation
from servicecrm.kernel.decisions import Actor, Decision, begin, stamp
from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.records import evolve
from servicecrm.tracking.signatures import Signature, unsigned, with_signature

__all__ = ["dependents", "draft", "edit", "end", "renew", "sign"]


def draft(
    terms: str,
    *,
    id: str,
    customer: str,
    first_day: date,
    last_day: date | None = None,
    topic: str = "general",
    levels: ServiceLevels | None = None,
    zone: str = "UTC",
    number: str | None = None,
    extra: Mapping[str, object] = EMPTY,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[GeneralAgreement]:
    """Begin a general agreement with a customer about a topic. Its `levels` hold for all of the customer's services.

    Raises:
        InvalidValue: a text is blank, or it ends before it begins.

    Source: C027.
    """
    general = GeneralAgreement(
        id=AgreementId(id),
        number=number,
        state=GENERAL.initial,
        customer=customer,
        topic=topic,
        terms=terms,
        levels=ServiceLevels() if levels is None else levels,
        zone=zone,
        first_day=first_day,
        last_day=last_day,
        extra=FrozenMap(extra),
    )
    return begin(general, GeneralDrafted(**stamp(by, at, occurred_at)))


def edit(
    general: GeneralAgreement,
    *,
    terms: str | None = None,
    levels: ServiceLevels | None = None,
    first_day: date | None = None,
    last_day: date | None = None,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[GeneralAgreement]:
    """Change a draft. Whatever was signed before counts no more.

    Raises:
        TransitionNotAllowed: it is in force; renew it instead.
        InvalidValue: nothing is given.
    """
    given = {"terms": terms, "levels": levels, "first_day": first_day, "last_day": last_day}
    changes = {name: value for name, value in given.items() if value is not None}
    if not changes:
        raise InvalidValue("general_agreement", f"nothing is given; it can change {', '.join(given)}")
    return GENERAL.move(general, EDIT, GeneralEdited(**stamp(by, at, occurred_at)), signatures=(), **changes)


def sign(
    general: GeneralAgreement,
    party: Party | str,
    *,
    others: Iterable[GeneralAgreement] = (),
    signer: str | None = None,
    place: str | None = None,
    digest: str | None = None,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> tuple[Decision[GeneralAgreement], ...]:
    """Sign it for a party, as service agreements are signed. The second signature puts it in force.

    One is in force for each customer and topic, so that the version before it ends then. Any of the `others` stands in
    its way.

    Raises:
        TransitionNotAllowed: it is in force already, or has ended.
        PolicyViolation: the terms are other ones than `digest` names; it would be signed after its last day; or another
            one about the topic is in force.

    Source: C027, C029.
    """
    side = Party(party)
    shown, stamped = general.digest, stamp(by, at, occurred_at)
    new = Signature(
        party=side,
        signer=signer or stamped["by"].id,
        place=place,
        at=stamped["occurred_at"],
        digest=shown if digest is None else digest,
    )
    GENERAL.target(general.state, SIGN)
    check_signed_in_time(new.at, general.last_day, general.zone)
    signatures = with_signature(general.signatures, new, digest=shown)
    if unsigned(signatures, Party, digest=shown):
        signed = GeneralSigned(**stamped, party=side, digest=shown)
        return (GENERAL.move(general, SIGN, signed, signatures=signatures),)
    event = GeneralConcluded(**stamped, party=side, digest=shown)
    signed_at = max((each.at for each in signatures), key=micros)
    decision = GENERAL.move(general, CONCLUDE, event, signatures=signatures, signed_at=signed_at)
    rivals = [each for each in others if _rivals(each, general, at)]
    if any(each.id != general.predecessor for each in rivals):
        raise PolicyViolation("topic", "another general agreement about it is in force; end that one, or renew it")
    return decision, *(_end(each, GeneralEnded(**stamped)) for each in rivals)


def renew(
    general: GeneralAgreement,
    *,
    id: str,
    terms: str | None = None,
    levels: ServiceLevels | None = None,
    first_day: date,
    last_day: date | None = None,
    number: str | None = None,
    by: Actor | str,
    at: datetime,
) -> tuple[Decision[GeneralAgreement], ...]:
    """Begin the next version, as a draft of its own. This one stays in force until the next one is signed.

    What it is attached to keeps the version that it names.

    Raises:
        TransitionNotAllowed: it is not in force.
    """
    new = evolve(
        general,
        id=AgreementId(id),
        number=number,
        revision=0,
        state=DRAFT,
        version=general.version + 1,
        terms=general.terms if terms is None else terms,
        levels=general.levels if levels is None else levels,
        first_day=first_day,
        last_day=last_day,
        signatures=(),
        signed_at=None,
        ended_at=None,
        predecessor=general.id,
    )
    old = GENERAL.move(general, RENEW, GeneralRenewed(**stamp(by, at), successor=id))
    return begin(new, GeneralDrafted(**stamp(by, at))), old


def end(
    general: GeneralAgreement,
    reason: str | None = None,
    *,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[GeneralAgreement]:
    """End a general agreement, or give up a draft of one. What it is attached to is told by `dependents`.

    Raises:
        TransitionNotAllowed: it has ended.
    """
    return _end(general, GeneralEnded(**stamp(by, at, occurred_at), reason=reason))


def dependents(general: GeneralAgreement, agreements: Iterable[Agreement], *, at: datetime) -> tuple[Agreement, ...]:
    """The agreements that it is attached to, and that are not over: they need another look when it ends.

    Source: C027.
    """
    attached = (each for each in agreements if general.attached in each.general)
    return tuple(each for each in attached if each.ends_at is None or micros(at) < micros(each.ends_at))


def _end(general: GeneralAgreement, event: Any) -> Decision[GeneralAgreement]:
    action = ABANDON if general.state == DRAFT else END
    return GENERAL.move(general, action, event, ended_at=event.occurred_at)


def _rivals(other: GeneralAgreement, general: GeneralAgreement, at: datetime) -> bool:
    alike = (other.customer, other.topic) == (general.customer, general.topic)
    over = other.last_day is not None and other.last_day < day_of(at, other.zone)
    return other.id != general.id and alike and other.state == "in_force" and not over

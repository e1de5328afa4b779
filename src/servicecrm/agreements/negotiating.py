"""Coming to an agreement: drafted, proposed, countered, accepted, or abandoned."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any, Final, TypedDict, Unpack

from servicecrm.agreements.codes import Party
from servicecrm.agreements.events import (
    AgreementAbandoned,
    AgreementAccepted,
    AgreementCountered,
    AgreementDrafted,
    AgreementEdited,
    AgreementProposed,
    GeneralAttached,
)
from servicecrm.agreements.lifecycle import ABANDON, ACCEPT, AGREEMENT, ATTACH, COUNTER, EDIT, PROPOSE
from servicecrm.agreements.model import Agreement, AgreementId, GeneralAgreement
from servicecrm.agreements.parts import AgreementContact, Duty, Line, Round, Termination
from servicecrm.agreements.policy import DEFAULT, AgreementPolicy
from servicecrm.errors import InvalidValue, PolicyViolation
from servicecrm.kernel.decisions import Actor, Decision, begin, stamp
from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.records import evolve
from servicecrm.kernel.shapes import several

__all__ = ["Terms", "abandon", "accept", "attach", "counter", "draft", "edit", "propose", "told"]


class Terms(TypedDict, total=False):
    """What both parties negotiate about, and sign."""

    title: str
    lines: Iterable[Line]
    duties: Iterable[Duty]
    contacts: Iterable[AgreementContact]
    change_rule: str | None
    termination: Termination | None
    extension: str | None
    reporting: str | None
    review_every: str | None
    glossary: Mapping[str, str]
    zone: str
    first_day: date
    last_day: date | None


def draft(
    *,
    id: str,
    customer: str,
    number: str | None = None,
    general: Iterable[GeneralAgreement] = (),
    extra: Mapping[str, object] = EMPTY,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
    policy: AgreementPolicy = DEFAULT,
    **terms: Unpack[Terms],
) -> Decision[Agreement]:
    """Begin an agreement with a customer; `title` and `first_day` are needed. Lines are made by `line`.

    How it is ended and how often it is reviewed is as the house has it, unless the terms say otherwise. Those of the
    `general` agreements that are in force with this customer are attached, in their present versions.

    Raises:
        InvalidValue: a term is unknown or has not the shape that it needs.

    Source: C027, C028.
    """
    event = AgreementDrafted(**stamp(by, at, occurred_at))
    given = {"termination": policy.termination, "review_every": policy.review_every, **told(terms)}
    missing = [name for name in ("title", "first_day") if name not in given]
    if missing:
        raise InvalidValue("agreement", f"a draft needs {' and '.join(missing)}")
    agreement = Agreement(
        id=AgreementId(id),
        number=number,
        state=AGREEMENT.initial,
        customer=customer,
        general=tuple(each.attached for each in general if each.customer == customer and each.in_force(at)),
        drafted_at=event.occurred_at,
        extra=FrozenMap(extra),
        **given,
    )
    return begin(agreement, event)


def edit(
    agreement: Agreement,
    *,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
    **terms: Unpack[Terms],
) -> Decision[Agreement]:
    """Change a draft that nobody has proposed yet.

    Raises:
        TransitionNotAllowed: it was proposed; counter it, or renew what is signed.
        InvalidValue: nothing is given, or as `draft` does.
    """
    return AGREEMENT.move(agreement, EDIT, AgreementEdited(**stamp(by, at, occurred_at)), **_given(terms))


def attach(
    agreement: Agreement,
    general: Iterable[GeneralAgreement],
    *,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Agreement]:
    """Attach the general agreements that are in force with the customer, in their present versions.

    It changes what is signed: no signature counts any more.

    Raises:
        TransitionNotAllowed: it is signed.

    Source: C027.
    """
    event = GeneralAttached(**stamp(by, at, occurred_at))
    found = tuple(each.attached for each in general if each.customer == agreement.customer and each.in_force(at))
    kept = agreement.signatures if found == agreement.general else ()
    return AGREEMENT.move(agreement, ATTACH, event, general=found, signatures=kept)


def propose(
    agreement: Agreement,
    party: Party | str = Party.PROVIDER,
    *,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Agreement]:
    """Propose a draft to the other party: the first round.

    Raises:
        TransitionNotAllowed: it is no draft.
        GuardNotMet: it is about no service.

    Source: C029.
    """
    event = AgreementProposed(**stamp(by, at, occurred_at))
    return AGREEMENT.move(agreement, PROPOSE, event, rounds=_round(agreement, agreement.digest, party, event))


def counter(
    agreement: Agreement,
    party: Party | str,
    *,
    reason: str | None = None,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
    **terms: Unpack[Terms],
) -> Decision[Agreement]:
    """Propose other terms: one more round. Whatever was signed or accepted before counts no more.

    Raises:
        TransitionNotAllowed: it was not proposed yet, or is signed by both.
        GuardNotMet: the terms are the same as before, or it is about no service.
        InvalidValue: nothing is given, or as `draft` does.

    Source: C029.
    """
    event = AgreementCountered(**stamp(by, at, occurred_at), reason=reason)
    given = _given(terms)
    digest = evolve(agreement, **given).digest
    changes = {"rounds": _round(agreement, digest, party, event), "agreed_by": None, "agreed_at": None}
    return AGREEMENT.move(agreement, COUNTER, event, **changes, signatures=(), **given)


def accept(
    agreement: Agreement,
    party: Party | str,
    *,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Agreement]:
    """Accept what the other party has proposed last, so that it can be signed.

    Raises:
        TransitionNotAllowed: nothing is proposed.
        GuardNotMet: it was this party that proposed it.
        PolicyViolation: it would be accepted before it was proposed.

    Source: C029.
    """
    event = AgreementAccepted(**stamp(by, at, occurred_at))
    decision = AGREEMENT.move(agreement, ACCEPT, event, agreed_by=Party(party), agreed_at=event.occurred_at)
    if micros(event.occurred_at) < micros(agreement.rounds[-1].at):
        raise PolicyViolation("occurred_at", "it cannot be accepted before it was proposed")
    return decision


def abandon(
    agreement: Agreement,
    reason: str | None = None,
    *,
    by: Actor | str,
    at: datetime,
    occurred_at: datetime | None = None,
) -> Decision[Agreement]:
    """Give up an agreement that nobody is held to yet.

    Raises:
        TransitionNotAllowed: it is signed, so that it has to be terminated.
    """
    event = AgreementAbandoned(**stamp(by, at, occurred_at), reason=reason)
    return AGREEMENT.move(agreement, ABANDON, event, ended_at=event.occurred_at)


_TOLD: Final[Mapping[str, Callable[[Any], object]]] = {
    "lines": lambda lines: several("Agreement.lines", lines),
    "duties": lambda duties: several("Agreement.duties", duties),
    "contacts": lambda contacts: several("Agreement.contacts", contacts),
    "glossary": FrozenMap,
}
"""How terms are kept that may be given in several forms."""


def told(terms: Mapping[str, Any]) -> dict[str, Any]:
    """Terms as they are kept.

    Raises:
        InvalidValue: there is no such term; names those that there are.
    """
    others = terms.keys() - Terms.__annotations__.keys()
    if others:
        known = ", ".join(Terms.__annotations__)
        raise InvalidValue("agreement", f"it cannot have {', '.join(sorted(others))}; its terms are {known}")
    return {name: _TOLD[name](value) if name in _TOLD else value for name, value in terms.items()}


def _given(terms: Mapping[str, Any]) -> dict[str, Any]:
    if not terms:
        raise InvalidValue("agreement", f"nothing is given; its terms are {', '.join(Terms.__annotations__)}")
    return told(terms)


def _round(agreement: Agreement, digest: str, party: Party | str, event: Any) -> tuple[Round, ...]:
    new = Round(party=Party(party), by=event.by.id, at=event.occurred_at, digest=digest)
    return (*agreement.rounds, new)

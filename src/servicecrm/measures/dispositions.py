"""How many of those asked have answered, refused, or could not be reached: the rates of the AAPOR."""

from collections.abc import Mapping
from typing import Final

from servicecrm.errors import InvalidValue
from servicecrm.kernel.records import record

__all__ = ["DISPOSITIONS", "ResponseRates", "response_rates"]

DISPOSITIONS: Final = ("I", "P", "R", "NC", "O", "UH", "UO", "NE")
"""Complete, partial, refusal, no contact, other, unknown whether there is anybody, unknown otherwise, not eligible."""


@record
class ResponseRates:
    """Response (rr), cooperation (coop), refusal (ref), contact (con) and location (loc) rates, as shares.

    `e` is the share of the unknown that is taken to be eligible. A rate without a base is None.
    """

    e: float
    rr1: float | None
    rr2: float | None
    rr3: float | None
    rr4: float | None
    rr5: float | None
    rr6: float | None
    coop1: float | None
    coop2: float | None
    coop3: float | None
    coop4: float | None
    ref1: float | None
    ref2: float | None
    ref3: float | None
    con1: float | None
    con2: float | None
    con3: float | None
    loc1: float | None
    loc2: float | None


def response_rates(counts: Mapping[str, float], *, e: float | None = None) -> ResponseRates:
    """All rates from how many cases have each of the `DISPOSITIONS`; one that is left out has none.

    For weighted rates, give the sums of the weights. Without `e` it is the share of the eligible among the cases of
    which it is known; without any of those it is 1.

    Raises:
        InvalidValue: there is another disposition, a count is below 0, or `e` does not lie from 0 to 1.

    Source: AAPOR, Standard Definitions, 9th edition, 2016; K33.
    """
    unknown_codes = sorted(counts.keys() - set(DISPOSITIONS))
    if unknown_codes or min(counts.values(), default=0) < 0:
        raise InvalidValue("counts", f"expected counts from 0 of {', '.join(DISPOSITIONS)}")
    if e is not None and not 0 <= e <= 1:
        raise InvalidValue("e", "expected a share from 0 to 1")
    complete, partial, refused, no_contact, other, households, others, ineligible = (
        float(counts.get(code, 0)) for code in DISPOSITIONS
    )
    answered, contacted = complete + partial, complete + partial + refused + other
    known, unknown = contacted + no_contact, households + others
    if e is None:
        e = _part(known, known + ineligible)
        e = 1.0 if e is None else e
    every, likely = known + unknown, known + e * unknown
    return ResponseRates(
        e=float(e),
        rr1=_part(complete, every),
        rr2=_part(answered, every),
        rr3=_part(complete, likely),
        rr4=_part(answered, likely),
        rr5=_part(complete, known),
        rr6=_part(answered, known),
        coop1=_part(complete, contacted),
        coop2=_part(answered, contacted),
        coop3=_part(complete, answered + refused),
        coop4=_part(answered, answered + refused),
        ref1=_part(refused, every),
        ref2=_part(refused, likely),
        ref3=_part(refused, known),
        con1=_part(contacted, every),
        con2=_part(contacted, likely),
        con3=_part(contacted, known),
        loc1=_part(known, every),
        loc2=_part(known, likely),
    )


def _part(part: float, whole: float) -> float | None:
    return part / whole if whole else None

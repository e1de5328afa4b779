"""Free texts that people have given codes to: do two of them agree?

What the codes come to is told by `evaluate(..., codes={"reason": [("price",), ("price", "staff"), ...]})`.
"""

from collections.abc import Iterable

from servicecrm.errors import InvalidValue
from servicecrm.measures.agreement import Kappa, kappa

__all__ = ["coder_agreement"]

Coded = Iterable[Iterable[str] | None]
"""The codes of each text, in order; None for one that is not coded."""


def coder_agreement(first: Coded, second: Coded, *, confidence: float = 0.95) -> dict[str, Kappa]:
    """How far two coders agree beyond chance, code by code, on the texts that both have coded.

    Raises:
        InvalidValue: they have not the same number of texts.

    Source: Cohen 1960; C082.
    """
    one, other = ([None if codes is None else frozenset(codes) for codes in coder] for coder in (first, second))
    if len(one) != len(other):
        raise InvalidValue("codes", f"expected codes of the same texts, got {len(one)} and {len(other)}")
    both = [(a, b) for a, b in zip(one, other, strict=True) if a is not None and b is not None]
    codes = sorted({code for pair in both for given in pair for code in given})
    return {code: kappa(_table(code, both), confidence=confidence) for code in codes}


def _table(code: str, both: list[tuple[frozenset[str], frozenset[str]]]) -> list[list[int]]:
    table = [[0, 0], [0, 0]]
    for a, b in both:
        table[code in a][code in b] += 1
    return table

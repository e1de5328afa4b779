"""What happened when: the facts that clocks read, without a word of text.

Moments are only ever appended. A correction is one more moment, which voids an earlier one, so that every clock can
be read again from what is there.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from servicecrm.errors import InvalidValue, PolicyViolation
from servicecrm.kernel.decisions import Event
from servicecrm.kernel.documents import Document
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.records import evolve, record
from servicecrm.kernel.shapes import Code

__all__ = [
    "VOIDED",
    "Moment",
    "Moments",
    "Side",
    "counting",
    "standing",
    "with_ends",
    "with_moment",
    "without_moment",
]

VOIDED: Final = "voided"
"""The kind of a moment that voids another."""


class Side(Code):
    """Who spoke or acted: whoever the record is about and for, or we."""

    OUTSIDE = "outside"
    INSIDE = "inside"


@record
class Moment:
    """A fact that a clock may read.

    `n` counts from 1 in the order of recording. `code` tells apart what `kind` does not, such as the class of a
    message. `until` is when the wait that begins here ends by itself. `voids` is the number of the moment that this one
    takes back.
    """

    n: int
    kind: str
    occurred_at: datetime
    recorded_at: datetime
    side: Side | None = None
    code: str | None = None
    until: datetime | None = None
    voids: int | None = None


Moments = tuple[Moment, ...]


def with_moment(
    moments: Moments,
    kind: str,
    event: Event,
    *,
    side: Side | None = None,
    code: str | None = None,
    until: datetime | None = None,
) -> Moments:
    """These moments and one more, at the times of the event that it stands for."""
    new = Moment(
        n=len(moments) + 1,
        kind=str(kind),
        occurred_at=event.occurred_at,
        recorded_at=event.recorded_at,
        side=side,
        code=str(code) if isinstance(code, str) else code,
        until=until,
    )
    return (*moments, new)


def without_moment(moments: Moments, n: int, event: Event) -> Moments:
    """These moments and one more, which voids the n-th: it was entered by mistake.

    Raises:
        InvalidValue: there is no n-th moment.
        PolicyViolation: it was voided before, or is itself a voiding.
    """
    if not 1 <= n <= len(moments):
        raise InvalidValue("moment", f"there is no moment {n}; they are numbered from 1 to {len(moments)}")
    if moments[n - 1].voids is not None:
        raise PolicyViolation("void", f"moment {n} is itself a voiding; enter the voided fact again instead")
    if any(moment.voids == n for moment in moments):
        raise PolicyViolation("void", f"moment {n} was voided before; nothing is left to void")
    *_, voiding = with_moment(moments, VOIDED, event)
    return (*moments, evolve(voiding, voids=n))


def counting(moments: Moments) -> Iterator[Moment]:
    """The moments that count, in the order in which they were told: neither voided nor voiding."""
    voided = {moment.voids for moment in moments}
    return (moment for moment in moments if moment.voids is None and moment.n not in voided)


def standing(moments: Moments) -> Moments:
    """The moments that count, in the order in which they happened."""
    return tuple(sorted(counting(moments), key=lambda moment: (micros(moment.occurred_at), moment.n)))


def with_ends(document: Document) -> Document:
    """The document of a record from before moments could say until when, with that."""
    return {**document, "moments": [{**moment, "until": None} for moment in document["moments"]]}

"""What an interaction is: that we and a customer, or a prospect, were in touch."""

from datetime import datetime
from typing import NewType

import attrs

from servicecrm.errors import InvalidValue
from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.kernel.records import Personal, record
from servicecrm.kernel.shapes import filled
from servicecrm.portfolio.codes import Direction, InteractionKind

__all__ = ["Interaction", "InteractionId"]

InteractionId = NewType("InteractionId", str)


@record
class Interaction:
    """A call, a letter, a meeting: with whom, who began it, and what came of it.

    It is with a customer, a prospect or a partner. `contact` is the person whom we spoke to, `participants` are all
    others who took part, on both sides; `links` are the ids of records that it was about. `outcome` is a word of the
    house, such as `no_answer` or `interested`. `repointed_from` are the customers that it was with before two turned
    out to be one, the first one first.

    Raises:
        InvalidValue: it is with nobody, or with several.

    Source: C017; SRM, contact and profile, call centre.
    """

    id: InteractionId = attrs.field(validator=filled)
    revision: int = attrs.field(default=0, eq=False)
    state: str

    customer: str | None = attrs.field(default=None, validator=filled)
    prospect: str | None = attrs.field(default=None, validator=filled)
    partner: str | None = attrs.field(default=None, validator=filled)
    repointed_from: tuple[str, ...] = ()

    kind: InteractionKind
    direction: Direction
    contact: Personal[str] | None = attrs.field(default=None, validator=filled)
    participants: Personal[tuple[str, ...]] = ()
    handler: str = attrs.field(validator=filled)
    subject: Personal[str] = attrs.field(validator=filled)
    summary: Personal[str] = ""
    outcome: str | None = attrs.field(default=None, validator=filled)
    links: frozenset[str] = frozenset()
    minutes: int | None = None

    occurred_at: datetime
    recorded_at: datetime
    extra: Personal[FrozenMap] = EMPTY

    def __attrs_post_init__(self) -> None:
        if sum(each is not None for each in (self.customer, self.prospect, self.partner)) != 1:
            raise InvalidValue("Interaction", "it is with a customer, a prospect or a partner: name one of them")
        if self.minutes is not None and self.minutes < 0:
            raise InvalidValue("Interaction.minutes", "it takes 0 minutes or more")

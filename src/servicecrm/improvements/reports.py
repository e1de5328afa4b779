"""What becomes of proposals: for whoever raised one, for each record that it comes from, and as a table."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

import attrs

from servicecrm.improvements.codes import HandedTo, ProposalKind
from servicecrm.improvements.model import Origin, Proposal
from servicecrm.improvements.words import TEXTS
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.records import Personal, fields_of
from servicecrm.kernel.shapes import Code

__all__ = ["Told", "rows", "told", "told_from"]


@attrs.frozen(kw_only=True)
class Told:
    """How it stands with a proposal, as whoever raised it is told: without who else has asked for the same."""

    proposal: str
    kind: ProposalKind
    state: str
    text: Personal[str] = attrs.field(repr=False)
    answer: Personal[str] | None = attrs.field(repr=False)
    raised_at: datetime
    decided_at: datetime | None
    handed_to: HandedTo | None
    handed_over_at: datetime | None

    def sentence(self, *, language: str = "en") -> str:
        """The same in a sentence of a language, with the answer as it was written.

        Source: C093, C107.
        """
        said = TEXTS.get(f"told.{self.state}", language=language, proposal=self.proposal)
        return said if self.answer is None else f"{said} {self.answer}"


def told(proposal: Proposal) -> Told:
    """How it stands with a proposal, for whoever raised it.

    Source: C107.
    """
    return Told(
        proposal=proposal.number or proposal.id,
        kind=proposal.kind,
        state=proposal.state,
        text=proposal.text,
        answer=proposal.answer,
        raised_at=proposal.raised_at,
        decided_at=proposal.decided_at,
        handed_to=proposal.handed_to,
        handed_over_at=proposal.handed_over_at,
    )


def told_from(proposals: Iterable[Proposal], kind: str, id: str) -> tuple[Told, ...]:
    """How it stands with what came of a record, such as a complaint: the oldest proposal first.

    Source: C107.
    """
    origin = Origin(kind=kind, id=id)
    found = [each for each in proposals if origin in each.raised_from]
    return tuple(told(each) for each in sorted(found, key=lambda each: (micros(each.raised_at), each.id)))


def rows(proposals: Iterable[Proposal]) -> list[dict[str, object]]:
    """A flat row for each proposal, in JSON types, for a table: without texts, and with how many records ask for it.

    Source: C107, C130.
    """
    return [
        {name: _plain(value) for name, value in fields_of(each).items() if name in _COLUMNS}
        | {"origins": len(each.raised_from)}
        for each in proposals
    ]


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return value.value if isinstance(value, Code) else value


_COLUMNS: Final = (
    *("id", "number", "state", "kind", "about", "side", "raised_at", "owner", "decided_at"),
    *("handed_to", "target", "handed_over_at"),
)

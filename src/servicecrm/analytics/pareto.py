"""What most of something comes from: groups by size, with shares that sum to 100 and what they were before."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import accumulate

import attrs

from servicecrm.kernel.records import record
from servicecrm.measures import relative_change
from servicecrm.measures.scores import Reason

__all__ = ["Pareto", "ParetoLine", "pareto"]


@record
class ParetoLine:
    """How many complaints have this name (None: those that name nothing), and which ones.

    `share` and `cumulative` are in percent, to a tenth. `change` is a part of what was before, in the `previous`
    period; without one, `reason` says why.
    """

    name: str | None
    complaints: int
    share: Decimal
    cumulative: Decimal
    previous: int
    change: float | None
    reason: Reason | None
    ids: tuple[str, ...] = attrs.field(repr=False)


@record
class Pareto:
    """The complaints of a period by a column, the most frequent first. The shares sum to 100 exactly, if there are any.

    Names that only the previous period has are told as well: that something has ceased is worth knowing.
    """

    by: str
    lines: tuple[ParetoLine, ...]

    def __iter__(self) -> Iterator[ParetoLine]:
        return iter(self.lines)

    def __len__(self) -> int:
        return len(self.lines)


def pareto(
    by: str, ids: Mapping[str | None, Sequence[str]], previous: Mapping[str | None, int], *, comparable: bool
) -> Pareto:
    """The groups of a column, by the ids of what is in each; `previous` says how many there were before.

    Source: C054.
    """
    counts = {name: len(ids.get(name, ())) for name in {*ids, *previous}}
    names = sorted(counts, key=lambda name: (-counts[name], name is None, name or ""))
    shares = _shares([counts[name] for name in names])
    lines: list[ParetoLine] = []
    for name, share, cumulative in zip(names, shares, accumulate(shares), strict=True):
        before = previous.get(name, 0)
        change = relative_change(counts[name] if comparable else None, before)
        lines.append(
            ParetoLine(
                name=name,
                complaints=counts[name],
                share=share,
                cumulative=cumulative,
                previous=before,
                change=change.value,
                reason=change.reason,
                ids=tuple(ids.get(name, ())),
            )
        )
    return Pareto(by=by, lines=tuple(lines))


def _shares(counts: Sequence[int]) -> list[Decimal]:
    """The counts in tenths of a percent: what rounding down leaves goes to the largest remainders."""
    total = sum(counts)
    if not total:
        return [Decimal("0.0")] * len(counts)
    tenths = [1000 * count // total for count in counts]
    by_remainder = sorted(range(len(counts)), key=lambda n: (-(1000 * counts[n] % total), n))
    for n in by_remainder[: 1000 - sum(tenths)]:
        tenths[n] += 1
    return [Decimal(each).scaleb(-1) for each in tenths]

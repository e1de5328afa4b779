"""Which figures may be published together, and after those that were: no small group follows from all of them.

A figure is the set of responses that it is made of. Whoever has several figures can add and subtract them as they like,
across tables, filters, waves and whatever was published before.
"""

from collections.abc import Hashable, Iterable

import attrs

from servicecrm.errors import InvalidValue
from servicecrm.measures.following import Following

__all__ = ["Edition", "Figure", "publishable"]

Figure = frozenset[Hashable]
"""The responses that a figure is made of."""


@attrs.frozen(kw_only=True, repr=False)
class Edition:
    """What may be published at one time: the figures `shown`, and with those of all editions so far, `published`."""

    shown: frozenset[Figure] = frozenset()
    published: frozenset[Figure] = frozenset()

    def __repr__(self) -> str:
        return f"<Edition: {len(self.shown)} figures, {len(self.published)} so far>"


def publishable(tables: Iterable[Iterable[Figure]], *, threshold: int, after: Edition | None = None) -> Edition:
    """Which figures of some tables may be published, at first or `after` an earlier edition.

    A table has the figures of groups that share no response: the total alone, the regions, the regions by size. The
    largest figures come first. One is left out if with it something would follow of fewer persons than the threshold by
    additions and subtractions, whoever they are: those of a figure, what is left of one without its parts, what was
    added since an earlier edition, what two that overlap nearly whole differ by, or some of several groups that nobody
    has named. What is left out may be shown as it was published before.

    Some hundred figures in tables take a second. Figures that overlap at random take longer, and what could not be
    looked through in some ten seconds is left out.

    Raises:
        InvalidValue: the threshold is below 1, or groups of one table share a response.

    Source: C080; Gusfield, A Graph Theoretic Approach to Statistical Data Security, 1988.
    """
    if threshold < 1:
        raise InvalidValue("threshold", "expected 1 or more")
    wanted = [[figure for figure in table if figure] for table in tables]
    if any(sum(map(len, table)) > len(frozenset().union(*table)) for table in wanted):
        raise InvalidValue("tables", "groups of one table share a response; give each grouping a table of its own")
    figures = dict.fromkeys(figure for table in wanted for figure in table)
    earlier = Edition() if after is None else after
    classes = _classes([*figures, *earlier.published])
    of = {response: n for n, responses in enumerate(classes) for response in responses}
    known = Following(dict(enumerate(classes)), few=threshold)

    def sum_of(figure: Figure) -> dict[int, int]:
        return dict.fromkeys((of[response] for response in figure), 1)

    for figure in earlier.published:
        known.add(sum_of(figure))
    shown = frozenset(
        figure
        for figure in sorted(figures, key=len, reverse=True)
        if figure in earlier.published or (len(figure) >= threshold and known.takes(sum_of(figure)))
    )
    return Edition(shown=shown, published=earlier.published | shown)


def _classes(figures: Iterable[Figure]) -> list[Figure]:
    """The responses that no figure tells apart."""
    signs: dict[Hashable, list[int]] = {}
    for n, figure in enumerate(figures):
        for response in figure:
            signs.setdefault(response, []).append(n)
    classes: dict[tuple[int, ...], list[Hashable]] = {}
    for response, sign in signs.items():
        classes.setdefault(tuple(sign), []).append(response)
    return [frozenset(responses) for responses in classes.values()]

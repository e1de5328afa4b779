"""An evaluation: what the answers to a questionnaire say, as a table, and drawn for people."""

from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any

import attrs

from servicecrm.errors import InvalidValue, MissingExtra
from servicecrm.measures.drivers import Drivers
from servicecrm.measures.indexes import WeightedIndex
from servicecrm.surveys.evaluation_lines import About, Line
from servicecrm.surveys.evaluation_pools import MissingPolicy, ScaleReliability
from servicecrm.surveys.evaluation_rows import COLUMNS, rows
from servicecrm.surveys.evaluation_twins import Aspects, Expectations
from servicecrm.surveys.evaluation_weights import Weighting
from servicecrm.surveys.model import Questionnaire

__all__ = ["Evaluation"]


@attrs.frozen(kw_only=True)
class Evaluation:
    """What the answers to a questionnaire say.

    `evaluation["recommend"]` is the line of an item; its `score` has the interval. A notebook draws all of it.
    `responses` is how many count, and `left_out` how many do not, because they are late or were excluded. Figures from
    fewer than `min_n` answers or persons are `hidden`, and others beside them, so that none follows by subtraction.
    `campaign` is the one that all responses are of. `basis` tells whether it is made of the same responses in the same
    way as another one, where these are known.

    Source: C078-C082.
    """

    questionnaire: Questionnaire = attrs.field(repr=lambda questionnaire: str(questionnaire.id))
    wave: str | None
    responses: int
    left_out: int
    by: tuple[str, ...]
    min_n: int
    missing: MissingPolicy
    confidence: float
    weighting: Weighting | None
    lines: tuple[Line, ...] = attrs.field(repr=False)
    reliability: tuple[ScaleReliability, ...] = attrs.field(repr=False)
    drivers: Drivers | None = attrs.field(repr=False)
    aspects: Aspects | None = attrs.field(repr=False)
    expectations: Expectations | None = attrs.field(repr=False)
    index: WeightedIndex
    campaign: str | None = None
    basis: str | None = attrs.field(default=None, repr=False)

    def __iter__(self) -> Iterator[Line]:
        return iter(self.lines)

    def __len__(self) -> int:
        return len(self.lines)

    def __getitem__(self, key: str) -> Line:
        return self.line(key)

    def line(
        self,
        key: str,
        *,
        figure: str | None = None,
        part: str | None = None,
        group: str | Sequence[str] = (),
        about: About | str | None = None,
    ) -> Line:
        """The line of an item, a row such as `aspects/price`, a service or a dimension; its first figure by default.

        `group="north"` is the line of a group, and `group=("north", "small")` that of a part of it.

        Raises:
            InvalidValue: there is no such line; names what there is.
        """
        where = (group,) if isinstance(group, str) else tuple(group)
        of_key = [line for line in self.lines if line.key == key and about in (None, line.about)]
        for line in of_key:
            if figure in (None, line.figure) and part in (None, line.part) and line.group == where:
                return line
        if not of_key:
            known = ", ".join(dict.fromkeys(line.key for line in self.lines))
            raise InvalidValue("key", f"there is nothing on {key!r}; known: {known}")
        figures = ", ".join(dict.fromkeys(line.figure for line in of_key))
        groups = ", ".join(dict.fromkeys(" / ".join(line.group) for line in of_key if line.group)) or "none"
        raise InvalidValue("key", f"there is no such line of {key}; figures: {figures}; groups: {groups}")

    @property
    def hidden(self) -> tuple[Line, ...]:
        """The figures that are not shown; each says why.

        Source: C080.
        """
        return tuple(line for line in self.lines if line.hidden)

    # -- other forms -----------------------------------------------------------------------------

    def to_dicts(self) -> list[dict[str, str | float | int | None]]:
        """A dict for each figure, in JSON types: scores, reliability, drivers, gaps and indexes."""
        return [row._asdict() for row in rows(self)]

    def to_pandas(self) -> Any:  # pandas is not there for everybody, nor are its types
        """The same as a data frame of pandas.

        Raises:
            MissingExtra: pandas is not installed.
        """
        return _library("pandas").DataFrame(self.to_dicts(), columns=list(COLUMNS))

    def to_polars(self) -> Any:
        """The same as a data frame of polars.

        Raises:
            MissingExtra: polars is not installed.
        """
        polars = _library("polars")
        types = {str: polars.String, float: polars.Float64, int: polars.Int64}
        return polars.DataFrame(self.to_dicts(), schema={name: types[type] for name, type in COLUMNS.items()})

    # -- for people ------------------------------------------------------------------------------

    def markdown(self, *, language: str = "en") -> str:
        """All of it as a text in Markdown.

        Raises:
            InvalidValue: the language is not a language tag.
        """
        from servicecrm.surveys.evaluation_page import markdown

        return markdown(self, language)

    def html(self, *, language: str = "en") -> str:
        """All of it as HTML with charts, to stand in a page."""
        from servicecrm.surveys.evaluation_page import html

        return html(self, language)

    def __str__(self) -> str:
        return self.markdown()

    def _repr_html_(self) -> str:
        return self.html()


def _library(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        raise MissingExtra(f"a data frame of {name}", name, ours=False) from error

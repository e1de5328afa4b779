"""A table of key figures: to look at, to print, and to go on with in a data frame."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

import attrs

from servicecrm.analytics.printing import TEXTS, data_frame, html_table, section
from servicecrm.errors import InvalidValue
from servicecrm.kernel.records import evolve, record
from servicecrm.measures import TEXTS as MEASURES
from servicecrm.measures import Value
from servicecrm.measures.catalogue import KPIS

__all__ = ["KpiLine", "KpiTable", "kpi_name"]

COLUMNS: Final[Mapping[str, type[str | float | int]]] = {
    "period": str,
    "kpi": str,
    "name": str,
    "part": str,
    "group": str,
    "value": float,
    "unit": str,
    "n": int,
    "low": float,
    "high": float,
    "target": float,
    "status": str,
    "reason": str,
}


def kpi_name(id: str, *, language: str = "en") -> str:
    """What a key figure is called: `K18` is "Complaints received".

    Raises:
        InvalidValue: there is no such figure, or the language is not a language tag.
    """
    return TEXTS.get(f"kpi.{id}", language=language)


@record
class KpiLine(Value):
    """A key figure, of a group and of a part if it has such, and the records behind it.

    `ids` are what it was computed from, as many as `n`; a record that counts twice stands there twice. Of a share,
    `hits` are those that have what it tells: of what was due, what was in time.
    """

    part: str | None = None
    group: str | None = None
    ids: tuple[str, ...] = attrs.field(default=(), repr=False)
    hits: tuple[str, ...] = attrs.field(default=(), repr=False)


@record
class KpiTable:
    """The key figures of a period.

    `table["K18"]` is a line. `to_dicts`, `to_pandas` and `to_polars` give all of them without the records behind them.
    """

    period: str
    zone: str
    as_of: datetime
    by: str | None = None
    lines: tuple[KpiLine, ...] = attrs.field(default=(), repr=False)

    def __iter__(self) -> Iterator[KpiLine]:
        return iter(self.lines)

    def __len__(self) -> int:
        return len(self.lines)

    def __getitem__(self, kpi: str) -> KpiLine:
        return self.line(kpi)

    def line(self, kpi: str, *, part: str | None = None, group: str | None = None) -> KpiLine:
        """A figure by its id, such as `K14.p90`; of a part such as `0-2`, and of a group.

        Raises:
            InvalidValue: the table has no such line; names what it has.
        """
        for line in self.lines:
            if (line.kpi, line.part, line.group) == (kpi, part, group):
                return line
        of_it = [line for line in self.lines if line.kpi == kpi]
        has = f"parts {_listed({line.part for line in of_it})}; groups {_listed({line.group for line in of_it})}"
        ids = _listed({line.kpi for line in self.lines})
        raise InvalidValue("kpi", f"there is no such line; {has if of_it else f'known: {ids}'}")

    def only(self, *kpis: str) -> "KpiTable":
        """The same table with some of the figures; `K14` is all of `K14`, `K14.median` and so on.

        Raises:
            InvalidValue: there is no such figure, in this table or anywhere.
        """
        known = {*KPIS, *(line.kpi for line in self.lines)}
        if unknown := sorted({*kpis} - known - {id.partition(".")[0] for id in known}):
            raise InvalidValue("kpis", f"there is no {', '.join(unknown)}; a figure has an id such as K14 or K23")
        lines = tuple(line for line in self.lines if line.kpi in kpis or line.kpi.partition(".")[0] in kpis)
        return evolve(self, lines=lines)

    # -- other forms -----------------------------------------------------------------------------

    def to_dicts(self, *, language: str = "en") -> list[dict[str, str | float | int | None]]:
        """A dict for each line, in JSON types, with the name of the figure in a language."""
        return [{name: self._cell(line, name, language) for name in COLUMNS} for line in self.lines]

    def to_pandas(self, *, language: str = "en") -> Any:  # pandas is not there for everybody, nor are its types
        """The same as a data frame of pandas.

        Raises:
            MissingExtra: pandas is not installed.
        """
        return data_frame("pandas", self.to_dicts(language=language), COLUMNS)

    def to_polars(self, *, language: str = "en") -> Any:
        """The same as a data frame of polars.

        Raises:
            MissingExtra: polars is not installed.
        """
        return data_frame("polars", self.to_dicts(language=language), COLUMNS)

    # -- for people ------------------------------------------------------------------------------

    def text(self, *, language: str = "en") -> str:
        """The same as a text to print.

        Raises:
            InvalidValue: the language is not a language tag.
        """
        width = max((len(line.kpi) for line in self.lines), default=0)
        rows = [self._head(language), *self._rows(language)]
        joined = [(f"{id:<{width}}  {figure}", *numbers) for id, figure, *numbers in rows]
        _, *lines = section(self._title(language), joined)
        return "\n".join(lines)

    def html(self, *, language: str = "en") -> str:
        """The same as a table of HTML."""
        return html_table(self._title(language), self._head(language), self._rows(language))

    def __str__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        return self.html()

    def _title(self, language: str) -> str:
        return TEXTS.get("kpis.title", language=language, period=self.period, zone=self.zone)

    def _head(self, language: str) -> tuple[str, ...]:
        return tuple(TEXTS.get(f"kpis.{name}", language=language) for name in ("id", "figure", "value", "unit", "n"))

    def _rows(self, language: str) -> Iterator[tuple[str, ...]]:
        for line in self.lines:
            yield line.kpi, self._label(line, language), _shown(line), _unit(line, language), f"{line.n:,}"

    def _label(self, line: KpiLine, language: str) -> str:
        group = None if self.by is None else line.group or TEXTS.get("summary.unnamed", language=language)
        parts = [each for each in (group, line.part) if each is not None]
        return ": ".join((kpi_name(line.kpi, language=language), *parts))

    def _cell(self, line: KpiLine, name: str, language: str) -> str | float | int | None:
        if name == "period":
            return self.period
        value = kpi_name(line.kpi, language=language) if name == "name" else getattr(line, name)
        cell: str | float | int | None = value
        return cell


WORDLESS: Final = ("count", "money")
"""Units that a figure is read in without a word."""


def _shown(line: KpiLine) -> str:
    if line.value is None:
        return "-"
    return f"{line.value:,.0f}" if line.unit == "count" and line.value == int(line.value) else f"{line.value:,.1f}"


def _unit(line: KpiLine, language: str) -> str:
    if line.value is None and line.reason is not None:
        return MEASURES.get(f"reason.{line.reason}", language=language)
    if line.unit in WORDLESS:
        return ""
    key = f"kpi_unit.{line.unit}"
    return TEXTS.get(key, language=language) if key in TEXTS.keys("en") else line.unit  # a currency is its own word


def _listed(names: set[str | None] | set[str]) -> str:
    return ", ".join(sorted(name for name in names if name is not None)) or "none"

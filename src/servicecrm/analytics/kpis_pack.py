"""The key figures of a period beside those of the one before: how much each has changed, and what it is worth."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any, Final, Literal

import attrs

from servicecrm.analytics.kpis_table import WORDLESS, KpiLine, KpiTable, kpi_name
from servicecrm.analytics.printing import TEXTS
from servicecrm.errors import InvalidValue
from servicecrm.kernel.records import field_names, fields_of, record
from servicecrm.kernel.spreadsheet import neutral
from servicecrm.measures import previous_period, relative_change
from servicecrm.measures.scores import Reason

__all__ = ["FEW", "KpiPack", "PackLine", "kpi_pack"]

FEW: Final = 30
"""A share or a mean of fewer records than this changes by chance."""

JUDGED: Final = ("K10", "K20", "K34", "K35", "K36", "K37", "K38", "K40")
"""Figures that tell what somebody thinks of something; all others count what happened."""

Nature = Literal["counted", "judged"]


@record
class PackLine:
    """A figure of two periods. `change` is a part of what was before: 0.25 is a quarter more.

    Without a change, `reason` says why. `few` warns of a share or a mean of few records, in either period.
    """

    kpi: str
    nature: Nature
    unit: str
    value: float | None
    previous: float | None
    difference: float | None
    change: float | None
    reason: Reason | None
    n: int
    few: bool


@record
class KpiPack:
    """The key figures of two periods; `pack["K01"]` is a line."""

    period: str
    previous: str
    zone: str
    lines: tuple[PackLine, ...] = attrs.field(default=(), repr=False)

    def __iter__(self) -> Iterator[PackLine]:
        return iter(self.lines)

    def __len__(self) -> int:
        return len(self.lines)

    def __getitem__(self, kpi: str) -> PackLine:
        for line in self.lines:
            if line.kpi == kpi:
                return line
        known = ", ".join(line.kpi for line in self.lines) or "none"
        raise InvalidValue("kpi", f"there is no such line; known: {known}")

    def to_dicts(self, *, language: str = "en") -> list[dict[str, str | float | int | bool | None]]:
        """A dict for each line, in JSON types, with the name of the figure in a language."""
        return [
            {"period": self.period, "name": kpi_name(line.kpi, language=language), **_cells(line)}
            for line in self.lines
        ]

    def csv(self, *, language: str = "en") -> str:
        """The same as CSV, in which no cell is a formula.

        Raises:
            InvalidValue: the language is not a language tag.
        """
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, ("period", "name", *field_names(PackLine)))
        writer.writeheader()
        for row in self.to_dicts(language=language):
            writer.writerow({name: neutral(cell) if isinstance(cell, str) else cell for name, cell in row.items()})
        return text.getvalue()

    def markdown(self, *, language: str = "en") -> str:
        """The same as a table of Markdown, under a title."""

        def word(key: str) -> str:
            return TEXTS.get(key, language=language)

        title = TEXTS.get("pack.title", language=language, period=self.period, previous=self.previous, zone=self.zone)
        head = [*map(word, ("kpis.id", "kpis.figure", "kpis.value", "pack.previous", "pack.difference", "pack.change"))]
        head += [*map(word, ("kpis.unit", "kpis.n", "pack.nature"))]
        rows = [self._cells(line, language) for line in self.lines]
        rule = ["---", "---", *["---:"] * 4, "---", "---:", "---"]
        return "\n".join([f"**{title}**", "", *(f"| {' | '.join(cells)} |" for cells in (head, rule, *rows))])

    def __str__(self) -> str:
        return self.markdown()

    def _cells(self, line: PackLine, language: str) -> list[str]:
        none = TEXTS.get("pack.none", language=language)
        unit = f"kpi_unit.{line.unit}"
        n = f"{line.n:,}" + (f" ({TEXTS.get('pack.few', language=language)})" if line.few else "")
        return [
            line.kpi,
            kpi_name(line.kpi, language=language),
            *(none if figure is None else _shown(figure) for figure in (line.value, line.previous)),
            none if line.difference is None else _shown(line.difference, "+"),
            none if line.change is None else f"{line.change:+.1%}",
            TEXTS.get(unit, language=language) if unit in TEXTS.keys("en") else "",
            n,
            TEXTS.get(f"pack.{line.nature}", language=language),
        ]


def kpi_pack(now: Iterable[KpiTable], before: Iterable[KpiTable]) -> KpiPack:
    """Put the key figures of a period beside those of the period before, from one table or several of each.

    Only whole figures are compared, and no parts or groups. A figure that grew from nothing has no change, and says so.

    Raises:
        InvalidValue: there is no table, they are of several periods or zones, or the others are not of the period
            before.

    Source: C116, K21.
    """
    tables, earlier = tuple(now), tuple(before)
    spans = {(table.period, table.zone) for table in tables}
    if len(spans) != 1:
        raise InvalidValue("now", "expected tables of one period and zone")
    ((period, zone),) = spans
    previous = previous_period(period)
    if {(table.period, table.zone) for table in earlier} != {(previous, zone)}:
        raise InvalidValue("before", f"expected tables of {previous} in the same zone")
    found = {line.kpi: line for table in earlier for line in _whole(table)}
    lines = tuple(_line(line, found.get(line.kpi)) for table in tables for line in _whole(table))
    return KpiPack(period=period, previous=previous, zone=zone, lines=lines)


def _cells(line: PackLine) -> dict[str, str | float | int | bool | None]:
    cells: Any = fields_of(line)
    return dict(cells)


def _whole(table: KpiTable) -> Iterator[KpiLine]:
    """The lines that are of no part and of no group."""
    return (line for line in table if line.part is None and line.group is None)


def _line(now: KpiLine, before: KpiLine | None) -> PackLine:
    value, previous = now.value, None if before is None else before.value
    change = relative_change(value, previous)
    base = min(now.n, now.n if before is None else before.n)
    return PackLine(
        kpi=now.kpi,
        nature="judged" if now.kpi.partition(".")[0] in JUDGED else "counted",
        unit=now.unit,
        value=value,
        previous=previous,
        difference=None if value is None or previous is None else value - previous,
        change=change.value,
        reason=change.reason,
        n=now.n,
        few=now.unit not in WORDLESS and base < FEW,
    )


def _shown(figure: float, sign: str = "") -> str:
    return f"{figure:{sign},.0f}" if figure == int(figure) else f"{figure:{sign},.1f}"

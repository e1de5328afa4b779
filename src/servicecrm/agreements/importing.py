"""Taking over agreements that were signed elsewhere: one by one, or from the rows of a table."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import MAXYEAR, MINYEAR, date, datetime
from decimal import Decimal, InvalidOperation
from itertools import groupby
from typing import Any, Final, Unpack

import attrs

from servicecrm.agreements.codes import EndOf
from servicecrm.agreements.ending import advance
from servicecrm.agreements.events import AgreementAdopted
from servicecrm.agreements.levels import LevelTarget, ServiceLevels, TimeTarget
from servicecrm.agreements.lifecycle import SIGNED, TERMINATED
from servicecrm.agreements.model import DAY, Agreement, AgreementId
from servicecrm.agreements.negotiating import Terms, told
from servicecrm.agreements.parts import Line, Termination, day_begins
from servicecrm.agreements.service_model import Price
from servicecrm.errors import ImportProblem, InvalidValue, PolicyViolation, RuleError
from servicecrm.kernel.decisions import Actor, Decision, begin, stamp
from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.records import evolve
from servicecrm.kernel.values import Money

__all__ = ["COLUMNS", "Imported", "adopt", "read_rows"]

COLUMNS: Final = (
    "reference",
    "customer",
    "title",
    "first_day",
    "last_day",
    "signed_on",
    "ended_on",
    "zone",
    "notice",
    "notice_to",
    "extension",
    "service",
    "version",
    "price",
    "currency",
    "per",
    "times",
    "levels",
)
"""The columns of a table of agreements. Several rows with one reference are the lines of one agreement.

Needed are the reference, the customer, the first day and the service. Days are written `2026-03-31`, `times`
`acknowledge=4h business; resolution[p1,p2]=1 business day`, and `levels` `availability>=99.5; calls_lost<=5`.
"""


@attrs.frozen(kw_only=True)
class Imported:
    """What became of the rows of a table: agreements to save, and what is wrong with the others, by row and column."""

    decisions: tuple[Decision[Agreement], ...]
    problems: tuple[ImportProblem, ...]


def adopt(
    *,
    id: str,
    customer: str,
    signed_on: date,
    ended_on: date | None = None,
    source: str,
    number: str | None = None,
    extra: Mapping[str, object] = EMPTY,
    by: Actor | str,
    at: datetime,
    **terms: Unpack[Terms],
) -> Decision[Agreement]:
    """Take over an agreement that both parties have signed elsewhere; `source` names the system, or the file.

    It is in the state to which its days have brought it by now. `ended_on` is the last day of one that was ended.

    Raises:
        InvalidValue: a term is unknown, or has not the shape that it needs, or a day is too far away.
        PolicyViolation: it would be signed, or have ended, in the future.
    """
    event = AgreementAdopted(**stamp(by, at), source=source)
    agreement = Agreement(
        id=AgreementId(id),
        number=number,
        state=SIGNED,
        customer=customer,
        drafted_at=at,
        source=source,
        extra=FrozenMap(extra),
        **told(terms),
    )
    for name, day in (("signed_on", signed_on), ("ended_on", ended_on)):
        if day is not None:
            _countable(name, day)
    signed_at = day_begins(signed_on, agreement.zone)
    over = None if ended_on is None else day_begins(ended_on + DAY, agreement.zone)
    for when in (signed_at, over):
        if when is not None and micros(when) > micros(at):
            raise PolicyViolation("signed_on", "what is taken over was signed, or has ended, by now")
    state = SIGNED if over is None else TERMINATED
    decision = begin(evolve(agreement, state=state, signed_at=signed_at, ended_at=over), event)
    more = advance(decision.after, by=by, at=at)
    return decision if more is None else Decision(None, more.after, decision.steps + more.steps)


def read_rows(rows: Iterable[Mapping[str, str]], *, source: str, by: Actor | str, at: datetime) -> Imported:
    """Take over the agreements of a table, such as `csv.DictReader` gives it. See `COLUMNS`.

    The id of each follows from the source and its reference, so that nothing is taken over twice. One of which a row is
    wrong is left out as a whole.

    Raises:
        ImportProblem: the table lacks a column, or has an unknown one.
    """
    numbered = list(enumerate(rows, start=2))  # the first one has the names
    unknown = sorted({column for _, row in numbered for column in row if column not in COLUMNS})
    if unknown:
        raise ImportProblem(f"unknown columns: {', '.join(map(str, unknown))}; known: {', '.join(COLUMNS)}", row=1)
    decisions: list[Decision[Agreement]] = []
    problems: list[ImportProblem] = []
    ordered = sorted(numbered, key=lambda each: (each[1].get("reference") or "", each[0]))
    for reference, found in groupby(ordered, key=lambda each: each[1].get("reference") or ""):
        mine = list(found)
        try:
            decisions.append(_adopted(reference, mine, source=source, by=by, at=at))
        except ImportProblem as problem:
            problems.append(problem)
        except RuleError as error:  # of the agreement as a whole
            problems.append(ImportProblem(str(error), row=mine[0][0]))
    problems.sort(key=lambda problem: problem.row or 0)
    return Imported(decisions=tuple(decisions), problems=tuple(problems))


def _adopted(
    reference: str, rows: list[tuple[int, Mapping[str, str]]], *, source: str, by: Actor | str, at: datetime
) -> Decision[Agreement]:
    n, head = rows[0]
    cell = _Row(n, head)
    cell.needed("reference")
    first_day = cell.day("first_day", needed=True)
    terms: dict[str, Any] = {
        "title": cell.text("title") or reference,
        "first_day": first_day,
        "last_day": cell.day("last_day"),
        "extension": cell.text("extension"),
        "zone": cell.text("zone") or "UTC",
        "lines": [_Row(number, row).line() for number, row in rows],
    }
    if cell.text("notice") is not None:
        terms["termination"] = cell.made(
            "notice", lambda text: Termination(notice=text, to=EndOf(cell.text("notice_to") or EndOf.DAY))
        )
    return adopt(
        id=f"{source}:{reference}",
        customer=cell.needed("customer"),
        signed_on=cell.day("signed_on") or first_day,
        ended_on=cell.day("ended_on"),
        source=source,
        by=by,
        at=at,
        **terms,
    )


class _Row:
    """One row of a table, which says where it is wrong."""

    def __init__(self, number: int, cells: Mapping[str, str]) -> None:
        self._number, self._cells = number, cells

    def text(self, column: str) -> str | None:
        return (self._cells.get(column) or "").strip() or None

    def needed(self, column: str) -> str:
        found = self.text(column)
        if found is None:
            raise ImportProblem("something has to be here", row=self._number, column=column)
        return found

    def made(self, column: str, make: Any) -> Any:
        """What is made of a cell, if it can be."""
        text = self.text(column)
        if text is None:
            return None
        try:
            return make(text)
        except InvalidValue as error:
            raise ImportProblem(error.says, row=self._number, column=column) from None
        except (ValueError, InvalidOperation):
            raise ImportProblem(_FORMS[column], row=self._number, column=column) from None

    def day(self, column: str, *, needed: bool = False) -> Any:
        if needed:
            self.needed(column)
        return self.made(column, lambda text: _countable(column, date.fromisoformat(text)))

    def line(self) -> Line:
        amount = self.made("price", Decimal)
        price = None
        if amount is not None:
            self.needed("currency")
            money = self.made("currency", lambda currency: Money(amount=amount, currency=currency))
            per: Any = self.text("per") or "month"  # another word is refused by the price
            price = Price(amount=money, per=per)
        levels = ServiceLevels(
            times=self.made("times", lambda text: tuple(map(_time, _parts(text)))) or (),
            levels=self.made("levels", lambda text: tuple(map(_level, _parts(text)))) or (),
        )
        return Line(service=self.needed("service"), version=self.made("version", int) or 1, levels=levels, price=price)


def _countable(name: str, day: date) -> date:
    """A day that has others before and after it. The very last one is often written for an end that is open."""
    if not MINYEAR < day.year < MAXYEAR:
        raise InvalidValue(name, "this day is too far away to count with; leave it out if there is none")
    return day


_DAY: Final = "a day is written like 2026-03-31"
_FORMS: Final[Mapping[str, str]] = {
    "first_day": _DAY,
    "last_day": _DAY,
    "signed_on": _DAY,
    "ended_on": _DAY,
    "notice": "a notice is written like 3 months",
    "version": "a version is a whole number",
    "price": "a price is written like 12.50",
    "times": "times are written like acknowledge=4h business; resolution[p1,p2]=1 business day",
    "levels": "levels are written like availability>=99.5; calls_lost<=5",
}
_TIME: Final = re.compile(r"(\w+)(?:\[([\w, ]+)\])?\s*=\s*(.+)", re.ASCII)
_LEVEL: Final = re.compile(r"(\w+)\s*(>=|<=)\s*([\d.]+)", re.ASCII)


def _parts(text: str) -> Iterator[str]:
    return (part.strip() for part in text.split(";") if part.strip())


def _time(text: str) -> TimeTarget:
    found = _TIME.fullmatch(text)
    if found is None:
        raise ValueError
    priorities = [each.strip() for each in (found[2] or "").split(",") if each.strip()]
    return TimeTarget(timer=found[1], within=found[3], priorities=tuple(priorities))


def _level(text: str) -> LevelTarget:
    found = _LEVEL.fullmatch(text)
    if found is None:
        raise ValueError
    limit = Decimal(found[3])
    if found[2] == ">=":
        return LevelTarget(measure=found[1], at_least=limit)
    return LevelTarget(measure=found[1], at_most=limit)

"""What is open: how old, how urgent and how still; and what is left to do about what has ended."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

import attrs

from servicecrm.analytics.kpis_ages import BusinessAges, age_groups, rising
from servicecrm.analytics.kpis_rows import ActionRow
from servicecrm.analytics.printing import TEXTS, data_frame, html_table, section
from servicecrm.analytics.summary import Share
from servicecrm.calendars import BusinessHours
from servicecrm.errors import InvalidValue
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.records import evolve, fields_of, record
from servicecrm.kernel.shapes import Code

__all__ = [
    "Board",
    "BoardLine",
    "BoardRules",
    "Countermeasure",
    "FollowUp",
    "FollowUpStatus",
    "OpenRow",
    "Risk",
    "board",
    "follow_ups",
]

_DAY: Final = 24 * 60 * 60 * 1_000_000
"""Microseconds."""


class OpenRow(NamedTuple):
    """An open record. `due_at` is when its next timer is due, `last_at` when something happened to it last.

    `blockers` are the codes of what it lacks for the next step to its end.
    """

    id: str
    state: str
    received_at: datetime
    number: str | None = None
    handler: str | None = None
    service: str | None = None
    category: str | None = None
    due_at: datetime | None = None
    last_at: datetime | None = None
    waiting_for: str | None = None
    blockers: tuple[str, ...] = ()


@record
class BoardRules:
    """When something is at risk: due within some time, a duration such as `1 business day`. When it stands still:
    nothing has happened for some business days. And the last business days of the groups by age.

    Raises:
        InvalidValue: the days are none, or the ages do not rise.

    Source: C051.
    """

    at_risk: str = "1 business day"
    stalled_days: int = 5
    ages: tuple[int, ...] = (2, 5, 10, 20)

    def __attrs_post_init__(self) -> None:
        if self.stalled_days < 1:
            raise InvalidValue("BoardRules.stalled_days", "expected one day or more")
        rising("BoardRules.ages", self.ages)


class Risk(Code):
    """How urgent an open record is."""

    OVERDUE = "overdue"
    AT_RISK = "at_risk"


class Countermeasure(Code):
    """What may be done about an open record that goes wrong."""

    ESCALATE = "escalate"
    EXTEND = "extend"
    REASSIGN = "reassign"


@record
class BoardLine:
    """An open record. `age` counts business days, and `proposals` are what could be done about it."""

    id: str
    number: str | None
    state: str
    handler: str | None
    service: str | None
    category: str | None
    age: int
    age_group: str
    due_at: datetime | None
    risk: Risk | None
    stalled: bool
    waiting_for: str | None
    blockers: tuple[str, ...]
    proposals: tuple[Countermeasure, ...] = ()


@record
class Board:
    """The open records, what is due first at the top, and how many there are by age and by the column asked for.

    `to_dicts`, `to_pandas` and `to_polars` give a row for each line; printed, it is a table, with times in the zone of
    `as_of`.
    """

    as_of: datetime
    by: str
    lines: tuple[BoardLine, ...] = attrs.field(repr=False)
    ageing: tuple[Share, ...]
    groups: tuple[Share, ...]

    def __iter__(self) -> Iterator[BoardLine]:
        return iter(self.lines)

    def __len__(self) -> int:
        return len(self.lines)

    @property
    def at_risk(self) -> tuple[BoardLine, ...]:
        """Those that are overdue, or soon will be."""
        return tuple(line for line in self.lines if line.risk is not None)

    @property
    def stalled(self) -> tuple[BoardLine, ...]:
        """Those to which nothing has happened for too long."""
        return tuple(line for line in self.lines if line.stalled)

    # -- other forms -----------------------------------------------------------------------------

    def to_dicts(self) -> list[dict[str, str | int | bool | list[str] | None]]:
        """A dict for each line, in JSON types."""
        return [{name: _plain(value) for name, value in fields_of(line).items()} for line in self.lines]

    def to_pandas(self) -> Any:  # pandas is not there for everybody, nor are its types
        """The same as a data frame of pandas.

        Raises:
            MissingExtra: pandas is not installed.
        """
        return data_frame("pandas", self.to_dicts(), _TYPES)

    def to_polars(self) -> Any:
        """The same as a data frame of polars.

        Raises:
            MissingExtra: polars is not installed.
        """
        return data_frame("polars", self.to_dicts(), _TYPES)

    # -- for people ------------------------------------------------------------------------------

    def text(self, *, language: str = "en") -> str:
        """The lines as a text to print.

        Raises:
            InvalidValue: the language is not a language tag.
        """
        shown = self._shown()
        texts = (n for n, name in enumerate(shown) if name != "age")
        _, *lines = section(self._title(language), [self._head(language), *self._rows(language)], texts=texts)
        return "\n".join(lines)

    def html(self, *, language: str = "en") -> str:
        """The lines as a table of HTML."""
        return html_table(self._title(language), self._head(language), self._rows(language))

    def __str__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        return self.html()

    def _title(self, language: str) -> str:
        return TEXTS.get("board.title", language=language, count=f"{len(self):,}", now=f"{self.as_of:{_MINUTE} %Z}")

    def _shown(self) -> tuple[str, ...]:
        """The columns that people see: those of every board, and the one that it was asked for by."""
        return tuple(dict.fromkeys(("number", "state", "handler", self.by, "age", "due_at", *_LATER)))

    def _head(self, language: str) -> tuple[str, ...]:
        return tuple(TEXTS.get(f"board.{name}", language=language) for name in self._shown())

    def _rows(self, language: str) -> Iterator[tuple[str, ...]]:
        shown = self._shown()
        for line in self.lines:
            yield tuple(self._cell(line, name, language) for name in shown)

    def _cell(self, line: BoardLine, name: str, language: str) -> str:
        if name == "number":
            return line.number or line.id
        if name == "due_at":
            return "" if line.due_at is None else f"{line.due_at.astimezone(self.as_of.tzinfo):{_MINUTE}}"
        if name == "risk":
            told = [f"risk.{line.risk}"] * (line.risk is not None) + ["board.stalled"] * line.stalled
            return ", ".join(TEXTS.get(key, language=language) for key in told)
        if name == "proposals":
            return ", ".join(TEXTS.get(f"countermeasure.{each}", language=language) for each in line.proposals)
        value = getattr(line, name)
        return ", ".join(value) if isinstance(value, tuple) else "" if value is None else f"{value}"


_MINUTE: Final = "%Y-%m-%d %H:%M"
_LATER: Final = ("risk", "waiting_for", "blockers", "proposals")

_TYPES: Final[Mapping[str, type]] = {
    **dict.fromkeys(("id", "number", "state", "handler", "service", "category"), str),
    "age": int,
    **dict.fromkeys(("age_group", "due_at", "risk"), str),
    "stalled": bool,
    "waiting_for": str,
    **dict.fromkeys(("blockers", "proposals"), list),
}
"""What each column of a data frame holds."""


def _plain(value: object) -> str | int | bool | list[str] | None:
    if value is None or isinstance(value, int):
        return value
    if isinstance(value, tuple):
        return [str(each) for each in value]
    return value.isoformat() if isinstance(value, datetime) else str(value)


_PROPOSED: Final[Mapping[Countermeasure, Callable[[BoardLine], bool]]] = {
    Countermeasure.ESCALATE: lambda line: line.risk is Risk.OVERDUE,
    Countermeasure.EXTEND: lambda line: line.risk is not None and line.waiting_for is not None,
    Countermeasure.REASSIGN: lambda line: line.handler is None or (line.stalled and line.waiting_for is None),
}
"""What is proposed when: others are overdue with us, or wait for somebody, or nobody sees to them."""

COLUMNS: Final = ("handler", "service", "category", "state", "waiting_for")


def board(
    rows: Iterable[OpenRow],
    *,
    as_of: datetime,
    calendar: BusinessHours,
    by: str = "handler",
    rules: BoardRules | None = None,
) -> Board:
    """The open records at an instant, with what is at risk, what stands still, and what could be done.

    Raises:
        InvalidValue: there is no such column, or the rules name no duration.
        NaiveDatetime: a time has no zone.

    Source: C051, K24, K31; ISO 10002 (tracking of complaints).
    """
    if by not in COLUMNS:
        raise InvalidValue("by", f"expected one of {', '.join(COLUMNS)}")
    rules = rules or BoardRules()
    names = age_groups(rules.ages)
    age_of = BusinessAges(calendar, micros(as_of))
    soon = micros(calendar.due(as_of, rules.at_risk).at)
    lines: list[BoardLine] = []
    for row in rows:
        age = age_of(micros(row.received_at))
        line = BoardLine(
            id=row.id,
            number=row.number,
            state=row.state,
            handler=row.handler,
            service=row.service,
            category=row.category,
            age=age,
            age_group=names[bisect_left(rules.ages, age)],
            due_at=row.due_at,
            risk=_risk(row.due_at, micros(as_of), soon),
            stalled=age_of(micros(row.last_at or row.received_at)) >= rules.stalled_days,
            waiting_for=row.waiting_for,
            blockers=row.blockers,
        )
        proposals = tuple(measure for measure, proposed in _PROPOSED.items() if proposed(line))
        lines.append(evolve(line, proposals=proposals) if proposals else line)
    lines.sort(key=lambda line: (line.due_at is None, micros(line.due_at or as_of), line.id))
    ages = Counter(line.age_group for line in lines)
    groups = Counter[str | None](getattr(line, by) for line in lines)
    return Board(
        as_of=as_of,
        by=by,
        lines=tuple(lines),
        ageing=tuple(Share(name=name, cases=ages[name]) for name in names),
        groups=tuple(
            Share(name=name, cases=groups[name]) for name in sorted(groups, key=lambda name: (name is None, name or ""))
        ),
    )


def _risk(due_at: datetime | None, now: int, soon: int) -> Risk | None:
    if due_at is None or micros(due_at) > soon:
        return None
    return Risk.OVERDUE if micros(due_at) < now else Risk.AT_RISK


# -- what is left to do ----------------------------------------------------------------------------


class FollowUpStatus(Code):
    """Where an action stands."""

    OPEN = "open"
    OVERDUE = "overdue"
    DONE = "done"
    VERIFIED = "verified"
    CANCELLED = "cancelled"


@record
class FollowUp:
    """An action because of a complaint. `ended` says that the complaint has ended; `days_late` counts begun days."""

    complaint: str
    ended: bool
    action: str
    owner: str | None
    status: FollowUpStatus
    due_at: datetime
    days_late: int


def follow_ups(
    actions: Iterable[ActionRow],
    *,
    ended: Collection[str],
    as_of: datetime,
    status: FollowUpStatus | str | None = None,
) -> tuple[FollowUp, ...]:
    """The actions because of complaints, first due first; `ended` are the ids of complaints that have ended.

    Raises:
        InvalidValue: there is no such status.
        NaiveDatetime: a time has no zone.

    Source: C053, K30.
    """
    wanted = None if status is None else FollowUpStatus(status)
    found = (_follow_up(row, ended, micros(as_of)) for row in actions if row.source_kind == "complaint")
    kept = (each for each in found if wanted is None or each.status is wanted)
    return tuple(sorted(kept, key=lambda each: (micros(each.due_at), each.action)))


def _follow_up(row: ActionRow, ended: Collection[str], now: int) -> FollowUp:
    due = micros(row.due_at)
    done = None if row.done_at is None else micros(row.done_at)
    if row.cancelled_at is not None:
        status = FollowUpStatus.CANCELLED
    elif done is not None:
        status = FollowUpStatus.DONE if row.verified_at is None else FollowUpStatus.VERIFIED
    else:
        status = FollowUpStatus.OVERDUE if due < now else FollowUpStatus.OPEN
    late = 0 if status is FollowUpStatus.CANCELLED else max(0, -((due - (now if done is None else done)) // _DAY))
    return FollowUp(
        complaint=row.source,
        ended=row.source in ended,
        action=row.id,
        owner=row.owner,
        status=status,
        due_at=row.due_at,
        days_late=late,
    )

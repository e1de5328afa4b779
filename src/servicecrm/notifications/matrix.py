"""Who is told of what: one table of events and parties, which can be printed and looked at."""

from collections.abc import Collection, Iterator
from typing import Final

import attrs

from servicecrm.errors import InvalidValue
from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.kernel.records import evolve, record
from servicecrm.kernel.shapes import Code, filled

__all__ = ["Entry", "Matrix", "Party"]

MARKS: Final = "!?+"
"""After the name of a template: a duty, a switch of the house, a receipt."""


class Party(Code):
    """Who may be told of what happens to a record. Of two parties that are one person, the first one here counts."""

    HANDLER = "handler"
    PREVIOUS_HANDLER = "previous_handler"
    TEAM = "team"
    MANAGER = "manager"
    SUPERVISOR = "supervisor"
    REQUESTER = "requester"
    SPONSOR = "sponsor"
    FOLLOWER = "follower"


def _party(code: Party | str) -> Party:
    return Party(code)


@record
class Entry:
    """A party is told of an event, in the words of a template.

    Nobody can opt out of a `duty`. With a `switch` it holds only in a house that has turned it on, such as copies to
    supervisors; with `unless` only while there is nobody of that party. With `given` it holds only where that value is
    given, and goes before the one that does without. Whoever did it himself is not told, except with a `receipt`.
    """

    event: str = attrs.field(validator=filled)
    party: Party = attrs.field(converter=_party)
    template: str = attrs.field(validator=filled)
    duty: bool = False
    switch: str | None = attrs.field(default=None, validator=filled)
    unless: Party | None = attrs.field(default=None, converter=attrs.converters.optional(_party))
    given: str | None = attrs.field(default=None, validator=filled)
    receipt: bool = False


@record
class Matrix:
    """Every event and party with the template that tells it.

    `values` names what notices of an event hold besides the number of its record and the time, such as
    `{"timer.missed": ("due_at",)}`. Templates can count on it, and use nothing else.

    Raises:
        InvalidValue: a party is to be told of an event in two ways, or `values` has something else than lists of names.

    Source: C061.
    """

    entries: tuple[Entry, ...] = attrs.field(converter=tuple)
    values: FrozenMap = EMPTY

    def __attrs_post_init__(self) -> None:
        places = [(*_place(entry), entry.given) for entry in self.entries]
        twice = sorted({f"{place[0]}/{place[1]}" for place in places if places.count(place) > 1})
        if twice:
            raise InvalidValue("Matrix.entries", f"one template for each event and party; several: {', '.join(twice)}")
        odd = sorted(event for event, names in self.values.items() if not isinstance(names, tuple))
        if odd:
            raise InvalidValue("Matrix.values", f"expected lists of names, not so for {', '.join(odd)}")

    def __repr__(self) -> str:  # there are a hundred of them
        return f"<Matrix of {len(self.entries)} entries>"

    @property
    def switches(self) -> frozenset[str]:
        """What a house may turn on."""
        return frozenset(entry.switch for entry in self.entries if entry.switch is not None)

    def check_switches(self, switches: Collection[str]) -> None:
        """Refuses switches that turn nothing on.

        Raises:
            InvalidValue: names those that there are.
        """
        unknown = sorted(set(switches) - self.switches)
        if unknown:
            known = ", ".join(sorted(self.switches)) or "none"
            raise InvalidValue("switches", f"the matrix has no switch {', '.join(unknown)}; it has: {known}")

    def of(self, event: str) -> tuple[Entry, ...]:
        """Who is told of an event, the most bound first: a duty before a courtesy, then in the order of `Party`."""
        found = (entry for entry in self.entries if entry.event == event)
        return tuple(sorted(found, key=lambda entry: (not entry.duty, _RANK[entry.party], entry.given is None)))

    def values_of(self, event: str) -> frozenset[str]:
        """The names of the values that an event tells besides those that every event has."""
        names = self.values.get(event, ())
        return frozenset(str(name) for name in names) if isinstance(names, tuple) else frozenset()

    def with_entries(self, *entries: Entry) -> "Matrix":
        """This matrix and more; entries for an event and a party take the place of those that are there for them."""
        replaced = {_place(entry) for entry in entries}
        return evolve(self, entries=(*(e for e in self.entries if _place(e) not in replaced), *entries))

    def without(self, event: str, party: Party | str) -> "Matrix":
        """This matrix, but the party is not told of the event.

        Raises:
            InvalidValue: it is not told now, or there is no such party.
        """
        left = tuple(entry for entry in self.entries if _place(entry) != (event, Party(party)))
        if len(left) == len(self.entries):
            raise InvalidValue("Matrix.entries", f"{party} is not told of {event}; print the matrix to see who is")
        return evolve(self, entries=left)

    def rows(self) -> tuple[tuple[str, ...], ...]:
        """The matrix for an audit: the first row has the parties, each other one an event and its templates.

        After the name of a template `!` is a duty, `?` a switch of the house, `+` a receipt.
        """
        cells: dict[tuple[str, Party], str] = {}
        for entry in self.entries:
            cells[_place(entry)] = " / ".join(filter(None, (cells.get(_place(entry)), _cell(entry))))
        events = dict.fromkeys(entry.event for entry in self.entries)
        head = ("event", *(party.value for party in Party))
        return (head, *((event, *(cells.get((event, party), "") for party in Party)) for event in events))

    def __str__(self) -> str:
        return "\n".join(self._lines()) + "\n"

    def _lines(self) -> Iterator[str]:
        head, *rows = self.rows()
        for row in (head, ("---",) * len(head), *rows):
            yield f"| {' | '.join(row)} |"


_RANK: Final = {party: rank for rank, party in enumerate(Party)}


def _place(entry: Entry) -> tuple[str, Party]:
    return entry.event, entry.party


def _cell(entry: Entry) -> str:
    marked = (entry.duty, entry.switch is not None, entry.receipt)
    marks = "".join(mark for mark, is_marked in zip(MARKS, marked, strict=True) if is_marked)
    given = f" with {entry.given}" if entry.given else ""
    return entry.template + marks + given + (f" unless {entry.unless}" if entry.unless else "")

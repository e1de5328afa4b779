"""The people of a house, as a file tells of them.

```toml
switches = ["supervisor_copies"]        # what the house has turned on in the matrix

[people."wanda@water.example"]          # as handlers and roles are written in the records
address = "wanda@water.example"
name = "Wanda Weber"                    # optional, as is the rest
language = "de"                         # left out: en
zone = "Europe/Berlin"                  # left out: UTC
deputy = "otto@water.example"           # only while she is away: who stands in for her

[people."otto@water.example"]
address = "otto@water.example"

[roles]                                 # those whom a matrix or a ladder names
supervisor = ["otto@water.example"]
```
"""

import tomllib
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import attrs

from servicecrm.desk.house import House
from servicecrm.errors import MalformedDocument
from servicecrm.interop.reading import Reading, Table
from servicecrm.notifications import MATRIX, Reader

__all__ = ["People", "read_people"]

_TABLES: Final = ("switches", "people", "roles")
_READER: Final = ("address", "name", "language", "zone")
_FINE: Final = "someone@example.org"
"""An address with which the other fields of a reader can be tried one by one."""


@attrs.frozen(kw_only=True)
class People:
    """Who can be reached where, who is away, and who has which role: a directory, and what a house has to know."""

    readers: Mapping[str, Reader] = MappingProxyType({})
    deputies: Mapping[str, str] = MappingProxyType({})
    roles: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    switches: tuple[str, ...] = ()

    def reader(self, recipient: str, *, tenant: str) -> Reader | None:
        """Where somebody can be reached: the same in every tenant."""
        return self.readers.get(recipient)

    def holders(self, role: str, _record: Any) -> tuple[str, ...]:
        """Who has a role, then the deputies of those who are away."""
        found = dict.fromkeys(self.roles.get(role, ()))
        for person in tuple(found):
            found |= dict.fromkeys(self._instead(person))
        return tuple(found)

    @property
    def house(self) -> House:
        """The house of these people, with the matrix that is shipped."""
        return House(switches=self.switches, roles=self.holders, deputies=self.deputies)

    def _instead(self, person: str) -> Iterator[str]:
        seen = {person}
        while (person := self.deputies.get(person, person)) not in seen:
            seen.add(person)
            yield person


def read_people(path: Path) -> People:
    """The people that a file tells of.

    Raises:
        MalformedDocument: every problem, with its place.
    """
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except UnicodeDecodeError:
        raise MalformedDocument("people", ("the file is not UTF-8",)) from None
    except (ValueError, RecursionError) as error:
        raise MalformedDocument("people", (f"not TOML: {error}",)) from None
    reading = _Reading()
    people = reading.people(document)
    if reading.problems:
        raise MalformedDocument("people", tuple(reading.problems))
    return people


class _Reading(Reading):
    """Takes the file apart."""

    def people(self, document: Table) -> People:
        self.only(document, _TABLES, "")
        table = self.table(document, "people", needed=True)
        known = {name: self.table(table, name, "people.") for name in table}
        roles = self.table(document, "roles")
        switches = self.texts(document, "switches", "")
        for switch in switches:
            self.one_of(switch, sorted(MATRIX.switches), "switches")
        found = People(
            readers={name: reader for name in known if (reader := self.reader(name, known[name])) is not None},
            deputies={name: self.deputy(name, known) for name in known if "deputy" in known[name]},
            roles={role: self.holders(role, roles, known) for role in roles},
            switches=switches,
        )
        if not self.problems:
            self.unheard(found)
        return found

    def unheard(self, people: People) -> None:
        """A role that a switch tells, and that nobody has, is mostly a role that is misspelt."""
        told = {(entry.party, entry.switch) for entry in MATRIX.entries if entry.switch in people.switches}
        for party, switch in sorted(told):
            if not people.roles.get(party):
                self.problem("switches", f"{switch} tells the {party}, but roles.{party} names nobody")

    def reader(self, name: str, person: Table) -> Reader | None:
        where = f"people.{name}."
        self.only(person, (*_READER, "deputy"), where)
        found = {field: self.text(person, field, where) for field in _READER if field in person or field == "address"}
        fields = {field: text for field, text in found.items() if text}
        # One by one, or of several wrong ones only the first would be told.
        fine = [
            self.made(f"{where}{field}", partial(Reader, **{"address": _FINE, field: text})) is not None
            for field, text in fields.items()
        ]
        return Reader(**fields) if len(fields) == len(found) and all(fine) else None

    def deputy(self, name: str, known: Table) -> str:
        where = f"people.{name}."
        return self.known(self.text(self.table(known, name), "deputy", where), known, f"{where}deputy")

    def holders(self, role: str, roles: Table, known: Table) -> tuple[str, ...]:
        return tuple(self.known(person, known, f"roles.{role}") for person in self.texts(roles, role, "roles."))

    def known(self, person: str, known: Table, where: str) -> str:
        if person and person not in known:
            self.problem(where, f"{person!r} is not among the people of this file")
        return person

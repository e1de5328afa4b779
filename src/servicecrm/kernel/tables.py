"""Lifecycles that a house writes down itself, in TOML.

```toml
[lifecycle]
name = "complaint"
initial = "recorded"
resting = ["closed"]              # optional, as is final
final = ["withdrawn"]

[lifecycle.tags]                  # optional
settled = ["closed", "withdrawn"]

[[moves]]
action = "assign"
from = ["assessed", "in_handling"]   # or one state
to = "in_handling"                # "=" leaves the state as it is
role = "manager"                  # optional, as are guards and demands
guards = ["has_handler"]          # by name, from those that the library or the host registers
demands = ["category"]            # fields that must hold something afterwards
```
"""

import tomllib
from collections.abc import Mapping
from typing import Final, TypeVar

from servicecrm.errors import MalformedDocument
from servicecrm.kernel.lifecycle import ANYONE, Guard, HasState, Lifecycle, Move

__all__ = ["read_lifecycle"]

R = TypeVar("R", bound=HasState)

_LIFECYCLE: Final = frozenset({"name", "initial", "resting", "final", "tags"})
_MOVE: Final = frozenset({"action", "from", "to", "role", "guards", "demands"})


def read_lifecycle(text: str, guards: Mapping[str, Guard[R]]) -> Lifecycle[R]:
    """The table that a TOML text describes, checked. Guards are looked up by name; nothing is evaluated.

    Raises:
        MalformedDocument: the text is not TOML, has another layout, or names an unknown guard; every problem.
        BadLifecycle: the layout is right, but the table cannot be a lifecycle.

    Source: C003.
    """
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # beyond what tomllib names: endless digits, endless nesting
        raise MalformedDocument("lifecycle", (f"not TOML: {error}",)) from None
    reading = _Reading()
    reading.only(document, frozenset({"lifecycle", "moves"}), "")
    head = reading.table(document, "lifecycle", "lifecycle")
    reading.only(head, _LIFECYCLE, "lifecycle.")
    name, initial = (reading.text(head, key, "lifecycle.") for key in ("name", "initial"))
    resting, final = (reading.texts(head, key, "lifecycle.") for key in ("resting", "final"))
    groups = reading.table(head, "tags", "lifecycle.tags") if "tags" in head else {}
    tags = {tag: reading.texts(groups, tag, "lifecycle.tags.") for tag in groups}
    moves = [
        reading.move(row, f"moves[{n}].", guards) for n, row in enumerate(reading.tables(document, "moves"), start=1)
    ]
    if reading.problems:
        raise MalformedDocument("lifecycle", tuple(reading.problems))
    return Lifecycle(name, initial=initial, moves=moves, resting=resting, final=final, tags=tags)


class _Reading:
    """Takes a document apart and goes on after a problem, so that all of them are told."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def only(self, table: Mapping[str, object], known: frozenset[str], where: str) -> None:
        for key in table:
            if key not in known:
                self.problems.append(f"{where}{key}: unknown key; known: {', '.join(sorted(known))}")

    def table(self, table: Mapping[str, object], key: str, where: str) -> Mapping[str, object]:
        found = table.get(key)
        if isinstance(found, dict):
            return found
        self.problems.append(f"{where}: a table is needed")
        return {}

    def tables(self, table: Mapping[str, object], key: str) -> list[Mapping[str, object]]:
        found = table.get(key)
        if isinstance(found, list) and all(isinstance(row, dict) for row in found):
            return found
        self.problems.append(f"{key}: needed, as [[{key}]]")
        return []

    def text(self, table: Mapping[str, object], key: str, where: str, default: str | None = None) -> str:
        found = table.get(key, default)
        if isinstance(found, str) and found:
            return found
        self.problems.append(f"{where}{key}: a text is needed")
        return ""

    def texts(self, table: Mapping[str, object], key: str, where: str) -> tuple[str, ...]:
        found = table.get(key, [])
        if isinstance(found, list) and all(isinstance(item, str) and item for item in found):
            return tuple(found)
        self.problems.append(f"{where}{key}: a list of texts is needed")
        return ()

    def move(self, row: Mapping[str, object], where: str, guards: Mapping[str, Guard[R]]) -> Move[R]:
        self.only(row, _MOVE, where)
        named = self.texts(row, "guards", where)
        for name in named:
            if name not in guards:
                known = ", ".join(sorted(guards)) or "none"
                self.problems.append(f"{where}guards: unknown guard {name!r}; known: {known}")
        start = row.get("from")
        return Move(
            action=self.text(row, "action", where),
            from_=start if isinstance(start, str) and start else self._states(row, where),
            to=self.text(row, "to", where),
            role=self.text(row, "role", where, ANYONE),
            guards=tuple(guards[name] for name in named if name in guards),
            demands=self.texts(row, "demands", where),
        )

    def _states(self, row: Mapping[str, object], where: str) -> tuple[str, ...]:
        if "from" in row and isinstance(row["from"], list):
            return self.texts(row, "from", where)
        self.problems.append(f"{where}from: a state or a list of states is needed")
        return ()

"""Decisions on their way into the tables: what is saved of each, and in which order."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import attrs

from servicecrm.kernel.decisions import Decision, Step
from servicecrm.kernel.documents import joined
from servicecrm.kernel.kinds import Indexed, Kind
from servicecrm.kernel.records import fields_of, personal_fields
from servicecrm.storage.journal import Told, told
from servicecrm.storage.ports import Program
from servicecrm.storage.rows import Change, RecordRow, Tables, Term, ask

__all__ = ["Save", "grouped", "index_terms", "number_of", "told_anew", "unchanged"]


@attrs.define
class Save:
    """One decision on its way into the store."""

    kind: Kind[Any]
    before: Any
    saved: Any
    columns: Mapping[str, Indexed]
    steps: Sequence[Step]
    commands: Sequence[str | None]
    text: str = attrs.field(init=False, default="")
    facts: Sequence[Told] = attrs.field(init=False, default=())

    @property
    def change(self) -> Change:
        """What the table is to hold.

        The document, and what the journal will tell of it, are made here, late: a database may be busy with others
        meanwhile.
        """
        if not self.text:
            members = self.kind.schema.members(self.saved)
            self.text = joined(members)
            self.facts = told(self.saved, zip(self.steps, self.commands, strict=True), members)
        row = RecordRow(self.saved.id, self.saved.revision, self.kind.schema.current, self.text)
        return Change(row, self.columns, self.saved.revision - 1)


def unchanged(
    kind_of: Callable[[type], Kind[Any]], decisions: Iterable[Decision[Any]]
) -> Mapping[type, frozenset[str]]:
    """The columns in indexes that no decision changes, by the type of the records; see `Kind.unchanged`."""
    same: dict[type, frozenset[str]] = {}
    for decision in decisions:
        before, after, record = decision.before, decision.after, type(decision.after)
        if type(before) is record:
            # What a host has changed in place was another one before.
            names = frozenset() if before is after else kind_of(record).unchanged(before, after)
            same[record] = same.get(record, names) & names
    return same


def told_anew(record: object, step: Step) -> Step:
    """A step that tells all that is personal about a record, because no entry before it will do so any longer."""
    values, personal = fields_of(record), personal_fields(type(record))
    return step._replace(
        changes={**step.changes, **{name: values[name] for name in values if name in personal}},
        appended={name: tail for name, tail in step.appended.items() if name not in personal},
    )


def grouped(saves: Sequence[Save]) -> Iterable[list[Save]]:
    """By kind, new records apart from changed ones, each in the order in which they were decided."""
    groups: dict[tuple[str, bool], list[Save]] = {}
    for save in saves:
        groups.setdefault((save.kind.name, save.before is None), []).append(save)
    return groups.values()


def index_terms(kind: Kind[Any], saves: Sequence[Save]) -> Program[None]:
    gone: list[Term] = []
    new: list[Term] = []
    if not kind.terms:
        return
    for save in saves:
        before = kind.terms_of(save.before) if save.before is not None else frozenset()
        after = kind.terms_of(save.saved)
        gone += [(*term, save.saved.id) for term in sorted(before - after)]
        new += [(*term, save.saved.id) for term in sorted(after - before)]
    if gone:
        yield from ask(Tables.drop_terms, kind, gone)
    if new:
        yield from ask(Tables.add_terms, kind, new)


def number_of(record: Any) -> str | None:
    return getattr(record, "number", None)

"""A host of the smallest kind: its rows are texts in a dict, and it knows nothing of stores."""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any, Final

from servicecrm.complaints import COMPLAINT, Complaint
from servicecrm.errors import AlreadyExists, NotFound, StaleRevision
from servicecrm.kernel.decisions import Decision
from servicecrm.kernel.documents import Document, from_text, to_text
from servicecrm.kernel.kinds import Kind
from servicecrm.kernel.records import evolve
from servicecrm.tracking import MESSAGE, Message

KINDS: Final[dict[type, Kind[Any]]] = {Complaint: COMPLAINT, Message: MESSAGE}

Key = tuple[str, str]
"""The name of a kind, and an id."""


class Tickets:
    """A sound repository, in steps small enough that each can be broken alone."""

    def __init__(self) -> None:
        self.rows: dict[Key, tuple[int, str]] = {}
        self.log: list[tuple[str, str]] = []

    def again(self) -> "Tickets":
        """Another one with the same rows."""
        other = type(self)()
        other.rows, other.log = self.rows, self.log
        return other

    def get(self, id: str, /) -> Any:
        return self.load(COMPLAINT, id)

    def messages(self, about: str) -> list[Message]:
        found = [self.load(MESSAGE, id) for kind, id in self.rows if kind == "message"]
        return [message for message in found if message.about == about]

    def save(self, *decisions: Decision[Any]) -> Sequence[Any]:
        with self.whole():
            return tuple(self.put(decision) for decision in decisions)

    @contextlib.contextmanager
    def whole(self) -> Iterator[None]:
        rows, log = dict(self.rows), list(self.log)
        try:
            yield
        except BaseException:
            self.rows, self.log = rows, log
            raise

    def put(self, decision: Decision[Any]) -> Any:
        after = decision.after
        kind = KINDS[type(after)]
        self.check(kind, decision)
        saved = evolve(after, revision=after.revision + 1)
        self.rows[kind.name, after.id] = saved.revision, to_text(self.written(kind.schema.dump(saved)))
        self.tell(decision)
        return saved

    def check(self, kind: Kind[Any], decision: Decision[Any]) -> None:
        actual = self.rows.get((kind.name, decision.after.id), (None, ""))[0]
        if decision.before is None:
            if actual is not None:
                raise AlreadyExists(kind.name, decision.after.id)
        elif actual != decision.before.revision:
            raise StaleRevision(kind.name, decision.after.id, decision.before.revision, actual)

    def tell(self, decision: Decision[Any]) -> None:
        self.log += [(decision.after.id, event.type) for event in decision.events]

    def load(self, kind: Kind[Any], id: str) -> Any:
        if (kind.name, id) not in self.rows:
            raise NotFound(kind.name, id)
        revision, text = self.rows[kind.name, id]
        return kind.schema.load(self.read(from_text(text)), revision=revision)

    def written(self, document: Document) -> Document:
        """The document as it is kept."""
        return document

    def read(self, document: Document) -> Document:
        """The document as it was kept."""
        return document

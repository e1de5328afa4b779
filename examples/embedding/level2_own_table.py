"""Level 2, your own repository: a table with your words for the states, and one for what is said about a ticket."""

import json
import sqlite3
from typing import Any

from level0_rules import WORDS

from servicecrm.complaints import COMPLAINT, Complaint
from servicecrm.errors import AlreadyExists, NotFound, StaleRevision
from servicecrm.kernel.records import evolve
from servicecrm.tracking import MESSAGE

NEW = "INSERT INTO tickets (status, body, ref, version) VALUES (?, ?, ?, 1) ON CONFLICT DO NOTHING"
CHANGED = "UPDATE tickets SET status = ?, body = ?, version = version + 1 WHERE ref = ? AND version = ?"


class Tickets:
    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db

    def get(self, id: str, /) -> Complaint:
        for status, version, body in self.db.execute("SELECT status, version, body FROM tickets WHERE ref = ?", [id]):
            return COMPLAINT.schema.load({**json.loads(body), "state": WORDS.state(status)}, revision=version)
        raise NotFound("complaint", id)

    def save(self, *decisions: Any) -> list[Any]:
        return [self._saved(decision.before, decision.after) for decision in decisions]

    def _saved(self, old: Any, new: Any) -> Any:
        if not isinstance(new, Complaint):
            self.db.execute("INSERT INTO remarks VALUES (?, ?)", [new.id, MESSAGE.schema.text(new)])
            return evolve(new, revision=1)
        row = [WORDS.word(new.state), COMPLAINT.schema.text(new), new.id]
        sql, values = (NEW, row) if old is None else (CHANGED, [*row, old.revision])
        if self.db.execute(sql, values).rowcount == 0:
            [kept] = self.db.execute("SELECT max(version) FROM tickets WHERE ref = ?", [new.id]).fetchone()
            raise StaleRevision("complaint", new.id, old.revision, kept) if old else AlreadyExists("complaint", new.id)
        return evolve(new, revision=new.revision + 1)

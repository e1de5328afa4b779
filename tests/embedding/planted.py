"""Repositories with one fault each, as hosts write them, and the sentence that tells of it."""

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final

from servicecrm.complaints import Complaint
from servicecrm.errors import StaleRevision
from servicecrm.kernel.decisions import Decision
from servicecrm.kernel.documents import Document, from_text, to_text
from servicecrm.kernel.kinds import Kind
from servicecrm.kernel.records import evolve
from tests.embedding.tickets import Tickets


class LosesTheRevision(Tickets):
    def load(self, kind: Kind[Any], id: str) -> Any:
        return evolve(super().load(kind, id), revision=0)


class SavesAStaleChange(Tickets):
    def check(self, kind: Kind[Any], decision: Decision[Any]) -> None:
        if decision.before is None or (kind.name, decision.after.id) not in self.rows:
            super().check(kind, decision)


class SavesAChangeOfNothing(Tickets):
    def check(self, kind: Kind[Any], decision: Decision[Any]) -> None:
        if (kind.name, decision.after.id) in self.rows:
            super().check(kind, decision)


class TakesATakenId(Tickets):
    def check(self, kind: Kind[Any], decision: Decision[Any]) -> None:
        if decision.before is not None:
            super().check(kind, decision)


class DropsMoments(Tickets):
    def written(self, document: Document) -> Document:
        return document | ({"moments": document["moments"][-100:]} if "moments" in document else {})


class ForgetsExtra(Tickets):
    def written(self, document: Document) -> Document:
        return document | {"extra": {}}


class GivesAnExtraThatCanBeChanged(Tickets):
    def load(self, kind: Kind[Any], id: str) -> Any:
        found = super().load(kind, id)
        object.__setattr__(found, "extra", dict(found.extra))
        return found


class GivesTheUnsavedRecord(Tickets):
    def put(self, decision: Decision[Any]) -> Any:
        super().put(decision)
        return decision.after


class ChangesTheGivenRecord(Tickets):
    def put(self, decision: Decision[Any]) -> Any:
        saved = super().put(decision)
        object.__setattr__(decision.after, "revision", saved.revision)
        return saved


class SavesHalf(Tickets):
    @contextmanager
    def whole(self) -> Iterator[None]:
        yield


class GivesNoMessage(Tickets):
    def save(self, *decisions: Decision[Any]) -> Sequence[Any]:
        return tuple(saved for saved in super().save(*decisions) if isinstance(saved, Complaint))


class ForgetsMessages(Tickets):
    def messages(self, about: str) -> list[Any]:
        return []


class KeepsTheFirstEventOnly(Tickets):
    def tell(self, decision: Decision[Any]) -> None:
        self.log.append((decision.after.id, decision.events[0].type))


class LosesMicroseconds(Tickets):
    def written(self, document: Document) -> Document:
        cut: Document = from_text(re.sub(r"(:\d\d)\.\d{6}(?=\+|Z)", r"\1", to_text(document)))
        return cut


class LosesTheZone(Tickets):
    """Keeps the time on the wall, and takes it for UTC."""

    def put(self, decision: Decision[Any]) -> Any:
        after = decision.after
        told = {
            name: value.replace(tzinfo=UTC)
            for name in ("received_at", "recorded_at", "occurred_at")
            if isinstance(value := getattr(after, name, None), datetime)
        }
        return super().put(Decision(decision.before, evolve(after, **told), decision.steps))


class SaysNothingOfAnUnknownId(Tickets):
    def get(self, id: str, /) -> Any:
        return super().get(id) if ("complaint", id) in self.rows else None


class GivesAnotherOrder(Tickets):
    def save(self, *decisions: Decision[Any]) -> Sequence[Any]:
        return sorted(super().save(*decisions), key=lambda record: str(record.id))


class ChangesTexts(Tickets):
    def written(self, document: Document) -> Document:
        return document | ({"subject": document["subject"].strip()} if "subject" in document else {})


class CutsLongTexts(Tickets):
    def written(self, document: Document) -> Document:
        return document | ({"text": document["text"][:65_535]} if "text" in document else {})


class RaisesAnErrorOfItsOwn(Tickets):
    def check(self, kind: Kind[Any], decision: Decision[Any]) -> None:
        try:
            super().check(kind, decision)
        except StaleRevision as error:
            if error.actual is not None:
                raise RuntimeError("somebody else was faster") from error
            raise


class RemembersWhatItDoesNotKeep(ForgetsExtra):
    def __init__(self) -> None:
        super().__init__()
        self.memory: dict[str, Any] = {}

    def get(self, id: str, /) -> Any:
        return self.memory.get(id) or super().get(id)

    def put(self, decision: Decision[Any]) -> Any:
        saved = self.memory[decision.after.id] = super().put(decision)
        return saved


class KnowsFewerStates(Tickets):
    def written(self, document: Document) -> Document:
        fewer = {"assessed": "acknowledged"}
        return document | ({"state": fewer.get(document["state"], document["state"])} if "state" in document else {})


class KeepsWhatWasEmptied(Tickets):
    """Writes only the fields that hold something, on top of those that are there."""

    def written(self, document: Document) -> Document:
        before = json.loads(self.rows.get(("complaint", document["id"]), (0, "{}"))[1])
        return {**before, **{name: value for name, value in document.items() if value is not None}}


class TakesNoneForBlank(Tickets):
    def written(self, document: Document) -> Document:
        return document | ({"category": document["category"] or "none"} if "category" in document else {})


class ForgetsAField(Tickets):
    def written(self, document: Document) -> Document:
        return document | ({"remedy_sought": None} if "remedy_sought" in document else {})


class ChangesEveryRow(Tickets):
    """An UPDATE without its WHERE."""

    def put(self, decision: Decision[Any]) -> Any:
        saved = super().put(decision)
        kind = next(reversed(self.rows))[0]
        if decision.before is not None and kind == "complaint":
            text = self.rows[kind, saved.id][1]
            for key, (revision, old) in self.rows.items():
                self.rows[key] = revision, json.dumps(json.loads(text) | {"id": json.loads(old)["id"]})
        return saved


PLANTED: Final[tuple[tuple[type[Tickets], str], ...]] = (
    (LosesTheRevision, "the repository loses the revision"),
    (SavesAStaleChange, "the repository saves over what somebody else has saved"),
    (SavesAChangeOfNothing, "the repository saves a change of a complaint that it does not have"),
    (TakesATakenId, "the repository saves a new complaint over another one"),
    (DropsMoments, "the repository loses moments"),
    (ForgetsExtra, "the repository loses extra"),
    (GivesAnExtraThatCanBeChanged, "the repository gives an extra that can be changed"),
    (GivesTheUnsavedRecord, "save gives the record as it was before it was saved"),
    (ChangesTheGivenRecord, "save changes the record that it is given"),
    (SavesHalf, "the repository saves a part of several decisions"),
    (GivesNoMessage, "save does not give the message of a complaint"),
    (ForgetsMessages, "the repository loses a message"),
    (KeepsTheFirstEventOnly, "the repository loses events"),
    (LosesMicroseconds, "the repository loses microseconds"),
    (LosesTheZone, "the repository loses the zone of a time"),
    (SaysNothingOfAnUnknownId, "the repository does not say that an id is unknown"),
    (GivesAnotherOrder, "save gives the records in another order"),
    (ChangesTexts, "the repository changes the characters of a text"),
    (CutsLongTexts, "the repository cuts a long text off"),
    (RaisesAnErrorOfItsOwn, "the repository saves over what somebody else has saved"),
    (RemembersWhatItDoesNotKeep, "the repository loses extra"),
    (KnowsFewerStates, "the repository takes assessed for acknowledged"),
    (KeepsWhatWasEmptied, "the repository loses what "),
    (TakesNoneForBlank, "the repository makes up a value for category"),
    (ForgetsAField, "the repository changes remedy_sought"),
    (ChangesEveryRow, "a change of one complaint changes another one"),
)
"""Each fault with the sentence by which the contract tells of it."""

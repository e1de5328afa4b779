"""Records that hold a canary in every personal field, made from their annotations: a new field is planted by itself."""

import datetime as dates
from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from itertools import count
from types import UnionType
from typing import Any, Final, Union, get_args, get_origin

import attrs

from servicecrm.desk.privacy import TRACES
from servicecrm.kernel.decisions import Event, begin, decide, stamp
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.kernel.kinds import Kind
from servicecrm.kernel.records import base_type, fields_of, is_personal, personal_fields, record
from servicecrm.kernel.values import ContactKind
from servicecrm.portfolio.parts import Contact, Served
from servicecrm.storage import answers
from servicecrm.storage.ports import Program
from servicecrm.storage.work import Work
from servicecrm.testing.makers import MONDAY

__all__ = ["KINDS", "Canaries", "planted"]

KINDS: Final[Mapping[str, Kind[Any]]] = {trace.kind.name: trace.kind for trace in TRACES}

DAY: Final = dates.timedelta(days=1)

CLOSED: Final = {
    "customer": "former",
    "prospect": "lost",
    "partner": "active",
    "interaction": "recorded",
    "complaint": "closed",
    "case": "closed",
    "agreement": "terminated",
    "general_agreement": "ended",
    "invitation": "answered",
    "response": "counted",
    "action_item": "done",
}
"""The states of records that are over."""

FIXED: Final[Mapping[str, Mapping[str, Any]]] = {
    "ContactPoint": {"kind": ContactKind.PHONE},
    "Attachment": {"digest": "0" * 64},
    "ProducedReport": {"digest": "0" * 64},
    "Place": {"latitude": 1.0, "longitude": 2.0},
    "Observation": {"confidence": 1.0},
    "ExternalScore": {"value": 7.0, "worst": 0.0, "best": 10.0},
    "Resolution": {"owner": "north", "due_at": MONDAY},
    "Answer": {"status": "answered"},
    "Cadence": {"every": "1 year"},
    "ServiceReview": {"period": "2026-Q1"},
    "Response": {"mode": "identified"},
}
"""What only some values will do for; none of it is a text that is personal."""


@record
class Planted(Event):
    """A record was put in as it is."""

    type = "test.planted"


class Canaries:
    """Texts about a person that stand nowhere else."""

    def __init__(self, name: str, person: str) -> None:
        self.name, self.person, self.all = name, person, list[str]()
        self._numbers = count(1)

    def text(self) -> str:
        self.all.append(f"{self.name}-{next(self._numbers):04}-{self.name}")
        return self.all[-1]

    def filled(self, cls: type, **given: Any) -> Any:
        """A record of which every personal field holds something, and others what they need."""
        personal = personal_fields(cls)
        values = {**FIXED.get(cls.__name__, {}), **({"id": self.person} if cls is Contact else {}), **given}
        for a in attrs.fields(cls):
            if a.name not in values and (a.name in personal or a.default is attrs.NOTHING):
                values[a.name] = self._value(a.type, secret=is_personal(a.type))
        return cls(**{name: _converted(cls, name, value) for name, value in values.items()})

    def _value(self, annotation: Any, *, secret: bool) -> Any:
        annotation = base_type(annotation)
        origin, arguments = get_origin(annotation), [each for each in get_args(annotation) if each is not type(None)]
        if origin in (Union, UnionType):
            return self._value(arguments[0], secret=secret)
        if origin in (tuple, frozenset):
            return origin([self._value(arguments[0], secret=secret)])
        if annotation is FrozenMap:
            return FrozenMap({"note": self.text()} if secret else {})
        if attrs.has(annotation):
            return self.filled(annotation)
        if isinstance(annotation, type) and issubclass(annotation, Enum):
            return next(iter(annotation))
        if annotation is str:
            return self.text() if secret else "word"
        return {
            dates.datetime: MONDAY,
            dates.date: MONDAY.date(),
            bool: False,
            int: 1,
            float: 1.0,
            Decimal: Decimal(1),
        }[annotation]


def _converted(cls: type, name: str, value: Any) -> Any:
    """A code given as text, as the code that it is."""
    annotation = base_type(next(a.type for a in attrs.fields(cls) if a.name == name))
    codes = [each for each in (annotation, *get_args(annotation)) if isinstance(each, type) and issubclass(each, Enum)]
    return codes[0](value) if codes and isinstance(value, str) else value


def whose(person: str) -> dict[str, dict[str, Any]]:
    """What says of each kind of record whose it is."""
    of = {"customer": person}
    return {
        "customer": {"served": (Served(since=MONDAY - DAY, until=MONDAY),), "leaving_reason": "price"},
        "prospect": of,
        "partner": of,
        "interaction": {**of, "contact": person, "prospect": None, "partner": None},
        "complaint": {**of, "closed_at": MONDAY},
        "case": {"requester": person, "closed_at": MONDAY},
        "agreement": {**of, "ended_at": MONDAY},
        "general_agreement": {**of, "ended_at": MONDAY},
        "invitation": {"contact": person},
        "response": {"invitation": f"{person}-invitation", "campaign": "s-1", "questionnaire": "q-1"},
        "need": {"customer": person},
        "action_item": {"source_kind": "complaint", "source": f"{person}-complaint"},
        "message": {"about_kind": "complaint", "about": f"{person}-complaint", "author": "ann"},
        "proposal": {"raised_by": person},
        **dict.fromkeys(("meeting", "service_review", "review_schedule", "report_spec"), of),
    }


def planted(work: Work, now: Canaries, before: Canaries) -> Program[None]:
    """A record of every kind that is about a person, which held other canaries before."""
    told, person = stamp("ann", MONDAY), now.person
    for name in KINDS:
        cls = KINDS[name].schema.record
        id = person if name == "customer" else f"{person}-{name}"
        given = {**whose(person).get(name, {}), "id": id, "revision": 0}
        given |= {"state": CLOSED.get(name, "planned")} if any(a.name == "state" for a in attrs.fields(cls)) else {}
        given |= {"number": None} if any(a.name == "number" for a in attrs.fields(cls)) else {}
        first = before.filled(cls, **given)
        last = now.filled(cls, **given, **({"holds": ()} if name == "customer" else {}))  # nothing is erased on hold
        (saved,) = yield from work.save(begin(first, Planted(**told)))
        changes = {each: value for each, value in fields_of(last).items() if each in personal_fields(cls)}
        yield from work.save(decide(saved, Planted(**told), **changes))
        if name == "response":
            yield from answers.put(last.given())

"""Reading the document of a complaint: JSON text to a checked record."""

from datetime import datetime
from typing import Any, get_args, get_origin

import attrs
from pydantic import AwareDatetime, BaseModel, ConfigDict, create_model

from benchmarks.commands import AT, BY, open_complaint
from benchmarks.rounds import Comparison, repeated
from servicecrm import complaints
from servicecrm.complaints import COMPLAINT, Complaint
from servicecrm.kernel.frozen import FrozenMap
from servicecrm.kernel.records import base_type, evolve
from servicecrm.kernel.values import ContactKind, ContactPoint, LanguageTag

__all__ = ["a_full_complaint", "documents", "model_of"]


def a_full_complaint() -> Complaint:
    """A complaint with nearly every field filled, and nine moments: a document of 2.9 KB."""
    complaint = evolve(
        open_complaint(),
        complainant="Harbour Cafe",
        contact=ContactPoint(kind=ContactKind.EMAIL, value="cafe@harbour.example"),
        on_behalf_of="customer-8",
        remedy_sought="That it runs again, and a lower bill for March.",
        language=LanguageTag("en"),
        service="water-supply",
        agreement="agreement-2026-17",
        severity=complaints.Severity.HIGH,
        impact=complaints.Severity.MEDIUM,
        computed_priority=complaints.Priority.P2,
        priority=complaints.Priority.P2,
        due_at=AT,
        promised_by=AT,
        extra=FrozenMap({"meter": "17-2281", "district": "harbour"}),
    )
    for handler in ("north", "south", "north"):
        complaint = complaints.forward(complaint, handler, by=BY, at=AT).after
    complaint = complaints.wait(complaint, "customer", reason="photos of the meter", until=None, by=BY, at=AT).after
    complaint = complaints.resume(complaint, by=BY, at=AT).after
    return complaints.wait(complaint, "third_party", reason="the road is dug up", by=BY, at=AT).after


def documents() -> tuple[Comparison, ...]:
    """The same text, read by us and by pydantic: without any extra, and with `fast`."""
    text, schema = COMPLAINT.schema.text(a_full_complaint()), COMPLAINT.schema
    model, version = model_of(Complaint), COMPLAINT.schema.current
    title = f"document: {len(text) / 1_000:.1f} KB of JSON to a complaint"
    pydantic = repeated(lambda: model.model_validate_json(text))
    return (
        Comparison(
            title=title,
            count=500,
            ours=repeated(lambda: schema.check_text(text, version=version, revision=1)),
            others={"pydantic": pydantic},
            targets={"pydantic": 0.35},
        ),
        Comparison(
            title=f"{title}, with `fast`",
            count=2_000,
            ours=repeated(lambda: schema.load_text(text, version=version, revision=1)),
            others={"pydantic": pydantic},
            targets={"pydantic": 2.0},
        ),
    )


def model_of(record: type) -> type[BaseModel]:
    """A strict, frozen pydantic model with the fields of a record."""
    fields: dict[str, Any] = {
        a.name: (_pydantic(a.type), ... if a.default is attrs.NOTHING else a.default) for a in attrs.fields(record)
    }
    return create_model(record.__name__, __config__=ConfigDict(strict=True, frozen=True, extra="forbid"), **fields)


def _pydantic(annotation: Any) -> Any:
    annotation = base_type(annotation)
    if get_origin(annotation) in (tuple, frozenset):
        item, *more = get_args(annotation)
        return get_origin(annotation)[(_pydantic(item), *more)]
    if get_args(annotation):
        return _pydantic(get_args(annotation)[0]) | None  # all unions of our records are "or nothing"
    if attrs.has(annotation):
        return model_of(annotation)
    return {datetime: AwareDatetime, FrozenMap: dict[str, Any]}.get(annotation, annotation)

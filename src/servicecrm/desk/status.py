"""At the desk: how a record stands, for those who work on it, and for those who have nothing but its number."""

import contextlib
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from servicecrm import cases, complaints
from servicecrm.analytics.status import NO_STATUS, TOLD, Audience, StatusInfo, StatusKey, status_of
from servicecrm.complaints.model import Complaint
from servicecrm.desk.review_schedules import calendar_of
from servicecrm.desk.timers import timers_of
from servicecrm.errors import InvalidValue, NotFound
from servicecrm.kernel.filters import where
from servicecrm.kernel.kinds import Kind
from servicecrm.kernel.records import evolve
from servicecrm.kernel.values import language_tag
from servicecrm.storage.ports import Program
from servicecrm.storage.work import Work
from servicecrm.tracking import ActionItem, Message, Side
from servicecrm.tracking.books import DEFAULT_CALENDAR

__all__ = ["status_for"]

GOES_ON: Final = ("state", "state_in_words", "since", "next", "promised_by", "verdict", "recourse")
"""What the complainant of a merged complaint is told of the one that it goes on as."""

KINDS: Final[Mapping[str, Kind[Any]]] = {kind.name: kind for kind in (complaints.COMPLAINT, cases.CASE)}
"""What may be asked for."""


def status_for(
    id: str,
    *,
    audience: Audience | str,
    secret: str | None,
    key: StatusKey | None,
    language: str | None,
    at: datetime,
) -> Callable[[Work], Program[StatusInfo]]:
    """What an audience may know of the record with this id or number, in a language or else in that of the record.

    Its text shows the clock of the house, in the zone of its calendar.

    With the `key` of the house it is for whoever comes from outside: `NO_STATUS` answers for a wrong `secret`, for
    none, and for a record that is not there. Without the key, whoever calls has seen to it who asks.

    Raises:
        NotFound: there is no such record, and no secret was asked for.
        InvalidValue: a secret is given without the key, or for another view than the complainant's; there is no such
            audience; the record has no sponsor; or the language is not a language tag.

    Source: C052.
    """
    audience = Audience(audience)
    if not isinstance(id, str):
        raise InvalidValue("id", f"expected text, got {type(id).__name__}")
    if key is not None and not isinstance(key, StatusKey):
        raise InvalidValue("key", f"expected a StatusKey, got {type(key).__name__}")
    if language is not None:
        language_tag(language)  # refused before it is known whether there is a record
    if secret is not None and audience is not Audience.COMPLAINANT:
        raise InvalidValue("audience", "a secret opens the view of the complainant alone")
    if secret is not None and key is None:
        raise InvalidValue("key", "name the key that makes the secrets of this house")

    def program(work: Work) -> Program[StatusInfo]:
        named = yield from _named(work, id)
        if key is not None:
            # Before the secret is known to be right, no record is read: how long it takes tells nothing of it.
            opened = [each for each in named or [("", "")] if key.opens_id(*each, secret)]
            if not opened:
                return evolve(NO_STATUS, language=language or NO_STATUS.language)
            named = opened
        found: dict[str, Any] = {}
        for kind, one in named:
            with contextlib.suppress(InvalidValue):  # such as an id that no store could keep
                found |= yield from work.present(KINDS[kind].schema.record, [one], held=False)
        if not found:
            raise NotFound("record", id)
        record = next(iter(found.values()))
        told = yield from work.find(
            Message, where("about") == record.id, where("side") == Side.INSIDE, where("klass").one_of(TOLD)
        )
        works_on_it = audience is Audience.HANDLER
        timers = (yield from timers_of(record.id, at)(work)) if works_on_it else None
        actions = (yield from work.find(ActionItem, where("source") == record.id)) if works_on_it else ()
        spoken = language or record.language or NO_STATUS.language
        info = status_of(record, audience=audience, messages=told, timers=timers, actions=actions, language=spoken)
        info = evolve(info, zone=(yield from calendar_of(work, DEFAULT_CALENDAR, at)).zone)
        if works_on_it or getattr(record, "duplicate_of", None) is None:
            return info
        # It goes on as another one: how that stands, but nothing that was said about it to somebody else.
        goes_on = status_of((yield from _root(work, record)), audience=audience, language=spoken)
        return evolve(info, **{name: getattr(goes_on, name) for name in GOES_ON})

    return program


def _root(work: Work, complaint: Complaint) -> Program[Complaint]:
    """The complaint that a merged one goes on as; in a circle, the last one before it closes."""
    seen: set[str] = set()
    while complaint.duplicate_of is not None and complaint.id not in seen:
        seen.add(complaint.id)
        complaint = yield from work.get(Complaint, complaint.duplicate_of, held=False)
    return complaint


def _named(work: Work, id: str) -> Program[list[tuple[str, str]]]:
    """The kind and the id of what may be meant; a number is looked up without reading its record."""
    for name, kind in KINDS.items():
        if id.startswith(f"{kind.prefix}-"):
            with contextlib.suppress(InvalidValue):  # such as a text that no store could keep
                rows, _ = yield from work.rows(kind.schema.record, ["id"], where("number") == id, limit=1)
                return [(name, str(one)) for (one,) in rows]
            return []
    return [(name, id) for name in KINDS]

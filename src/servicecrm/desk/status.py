"""At the desk: how a record stands, for those who work on it, and for those who have nothing but its number."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from servicecrm import cases, complaints
from servicecrm.analytics.status import NO_STATUS, TOLD, Audience, StatusInfo, StatusKey, status_of
from servicecrm.desk.programs import fetch
from servicecrm.desk.timers import timers_of
from servicecrm.errors import InvalidValue, NotFound
from servicecrm.kernel.filters import where
from servicecrm.kernel.kinds import Identified, Kind
from servicecrm.kernel.records import evolve
from servicecrm.kernel.values import language_tag
from servicecrm.storage.ports import Program
from servicecrm.storage.work import Work
from servicecrm.tracking import ActionItem, Message, Side

__all__ = ["status_for"]

R = TypeVar("R", bound=Identified)


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

    With a `secret` and the `key` of the house it is for whoever comes from outside: `NO_STATUS` answers for a wrong
    secret and for a record that is not there. Without one, whoever calls has seen to it who asks.

    Raises:
        NotFound: there is no such record, and no secret was asked for.
        InvalidValue: a secret is given without the key, or for another view than the complainant's; there is no such
            audience; the record has no sponsor; or the language is not a language tag.

    Source: C052.
    """
    audience = Audience(audience)
    if language is not None:
        language_tag(language)  # refused before it is known whether there is a record
    if secret is not None and audience is not Audience.COMPLAINANT:
        raise InvalidValue("audience", "a secret opens the view of the complainant alone")
    if secret is not None and key is None:
        raise InvalidValue("key", "name the key that makes the secrets of this house")

    def program(work: Work) -> Program[StatusInfo]:
        # Both are looked for in any case, so that the time it takes tells nothing either.
        complaint = yield from _present(work, complaints.COMPLAINT, id)
        case = yield from _present(work, cases.CASE, id)
        record = case if complaint is None else complaint
        if secret is not None and key is not None and not key.opens(record, secret):
            return evolve(NO_STATUS, language=language or NO_STATUS.language)
        if record is None:
            raise NotFound("record", id)
        told = yield from work.find(
            Message, where("about") == record.id, where("side") == Side.INSIDE, where("klass").one_of(TOLD)
        )
        works_on_it = audience is Audience.HANDLER
        timers = (yield from timers_of(record.id, at)(work)) if works_on_it else None
        actions = (yield from work.find(ActionItem, where("source") == record.id)) if works_on_it else ()
        return status_of(
            record,
            audience=audience,
            messages=told,
            timers=timers,
            actions=actions,
            language=language or record.language or NO_STATUS.language,
        )

    return program


def _present(work: Work, kind: Kind[R], id: str) -> Program[R | None]:
    try:
        return (yield from fetch(work, kind, id))
    except (NotFound, InvalidValue):  # such as an id that no store could keep
        return None

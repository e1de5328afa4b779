"""How a complaint or a case stands, told to whoever asks: each audience sees what is its own, and nothing else.

```python
from servicecrm.analytics.status import status_of

print(status_of(complaint, audience="complainant", messages=messages, language="de").text())
```
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Final

import attrs

from servicecrm.analytics.printing import TEXTS
from servicecrm.analytics.status_info import (
    NO_STATUS,
    Audience,
    StatusAction,
    StatusInfo,
    StatusMessage,
    StatusRemedy,
    StatusTimer,
)
from servicecrm.analytics.status_key import StatusKey, kind_of
from servicecrm.analytics.status_told import said, told_verdict
from servicecrm.cases import TEXTS as OF_CASES
from servicecrm.cases.model import Case
from servicecrm.complaints import TEXTS as OF_COMPLAINTS
from servicecrm.complaints.codes import RemedyStatus
from servicecrm.complaints.model import Complaint
from servicecrm.errors import InvalidValue
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.texts import Texts
from servicecrm.kernel.values import language_tag
from servicecrm.tracking.action_lifecycle import TO_DO
from servicecrm.tracking.action_model import ActionItem
from servicecrm.tracking.chronology import REOPENED
from servicecrm.tracking.messages import Message, MessageClass
from servicecrm.tracking.moments import Side, standing
from servicecrm.tracking.tickets import WaitingFor
from servicecrm.tracking.timing import Timers

__all__ = ["NO_STATUS", "Audience", "StatusInfo", "StatusKey", "status_of"]

TOLD: Final = frozenset({MessageClass.SUBSTANTIVE, MessageClass.COURTESY, MessageClass.FINAL_RESPONSE})
"""The messages that somebody has written to the other side."""

NEXT: Final = {
    # state          what its handler does next
    "recorded":     "acknowledge",
    "acknowledged": "assess",
    "assessed":     "assign",
    "in_handling":  "answer",
    "responded":    "close",
}  # fmt: skip
NEXT_OF_A_CASE: Final = {
    "new":          "route",
    "routed":       "accept",
    "acknowledged": "start",
    "in_work":      "answer",
    "answered":     "close",
}  # fmt: skip

SINCE: Final[Mapping[str, tuple[str, ...]]] = {
    "recorded": ("received",),
    "acknowledged": ("acknowledged", "accepted"),
    "assessed": ("acknowledged", "rated"),
    "in_handling": ("assigned", "reopened"),
    "responded": ("answered",),
    "new": ("received", "handed_back"),
    "routed": ("routed", "forwarded"),
    "in_work": ("accepted", "reopened"),
}
"""The moments at which a record comes to a state; that of any other state is called as the state is."""


def status_of(
    record: Complaint | Case,
    *,
    audience: Audience | str,
    messages: Iterable[Message] = (),
    timers: Timers | None = None,
    actions: Iterable[ActionItem] = (),
    language: str = "en",
) -> StatusInfo:
    """What an audience may know of a record. Of what is given, only that is used which it may see.

    The requester of a case is its complainant, and its sponsor is the official. Our notes are in no view, and that of
    the complainant names nobody who works on it.

    Raises:
        InvalidValue: there is no such audience, the record has no sponsor, or the language is not a language tag.

    Source: C052; ISO 10002 clause 7 (tracking), status on request.
    """
    audience = Audience(audience)
    if audience is Audience.OFFICIAL and getattr(record, "sponsor", None) is None:
        raise InvalidValue("audience", "no official has asked for it; tell the complainant or the handler")
    asked = _Asked(record, tuple(messages), timers, tuple(actions), language_tag(language))
    return StatusInfo(
        audience=audience,
        language=asked.language,
        kind=kind_of(record),
        number=record.number or record.id,
        subject=record.subject,
        state=record.state,
        state_in_words=asked.word("state", record.state),
        since=_since(record),
        promised_by=_promised_by(record),
        **{name: told(asked) for name, told in VIEWS[audience].items()},  # type: ignore[arg-type]  # fields of it
    )


@attrs.frozen
class _Asked:
    """What is there to be told, and in which language."""

    record: Complaint | Case
    messages: tuple[Message, ...]
    timers: Timers | None
    actions: tuple[ActionItem, ...]
    language: str

    def word(self, part: str, code: str) -> str:
        """The word for a code; what a house has added is called as the house calls it."""
        texts = OF_COMPLAINTS if isinstance(self.record, Complaint) else OF_CASES
        return self.found(texts, f"{part}.{code}") or code

    def found(self, texts: Texts, key: str) -> str | None:
        """The text of a key, if there is one."""
        return texts.get(key, language=self.language) if key in texts.keys("en") else None

    def is_about(self, kind: str, id: str) -> bool:
        return (kind, id) == (kind_of(self.record), self.record.id)


def _since(record: Complaint | Case) -> datetime:
    """When it came to where it is, as far as its moments tell; while it waits, since when."""
    if record.waiting is not None:
        return record.waiting.since
    kinds = SINCE.get(record.state, (record.state,))
    came = [moment.occurred_at for moment in standing(record.moments) if moment.kind in kinds]
    return came[-1] if came else record.received_at


def _promised_by(record: Complaint | Case) -> datetime | None:
    """What was promised and not kept yet, if that was since it was last taken up."""
    if record.answered_at is not None or record.closed_at is not None:
        return None
    if isinstance(record, Complaint):
        promised = record.promised_by
    else:
        promised = None if record.promise is None else record.promise.until
    again = [moment.occurred_at for moment in standing(record.moments) if moment.kind == REOPENED]
    return promised if promised is None or not again or promised > again[-1] else None


# -- what comes next -----------------------------------------------------------------------------


def _next_to_do(asked: _Asked) -> str | None:
    if asked.record.waiting is not None:
        return asked.word("action", "resume")
    action = (NEXT if isinstance(asked.record, Complaint) else NEXT_OF_A_CASE).get(asked.record.state)
    return None if action is None else asked.word("action", action)


def _next_for_them(asked: _Asked) -> str | None:
    waiting = asked.record.waiting
    if waiting is None:
        return asked.found(TEXTS, f"status_next.{kind_of(asked.record)}.{asked.record.state}")
    whose = "them" if waiting.for_ is WaitingFor.CUSTOMER else "others"
    return asked.found(TEXTS, f"status_next.waiting_for.{whose}")


def _next_for_official(asked: _Asked) -> str | None:
    state = "waiting" if asked.record.waiting is not None else asked.record.state
    return asked.found(TEXTS, f"status_next.official.{state}")


# -- what was said and offered -------------------------------------------------------------------


def _last_message(asked: _Asked) -> StatusMessage | None:
    told = [
        message
        for message in asked.messages
        if asked.is_about(message.about_kind, message.about) and message.side is Side.INSIDE and message.klass in TOLD
    ]
    last = max(said(asked.record, told), key=lambda message: (micros(message.occurred_at), message.id), default=None)
    return None if last is None else StatusMessage(at=last.occurred_at, text=last.text)


def _remedies(asked: _Asked) -> tuple[StatusRemedy, ...]:
    record = asked.record
    return tuple(
        StatusRemedy(
            kind=remedy.kind,
            kind_in_words=asked.word("remedy", remedy.kind),
            status=remedy.status,
            status_in_words=asked.word("remedy_status", remedy.status),
            text=remedy.text,
            amount=remedy.amount,
            valid_until=remedy.valid_until,
        )
        for remedy in (record.remedies if isinstance(record, Complaint) else ())
    )


def _offered(asked: _Asked) -> tuple[StatusRemedy, ...]:
    """The remedies of which they know: one that is only proposed may come to nothing, or has."""
    ours = (RemedyStatus.PROPOSED, RemedyStatus.REFUSED)
    return tuple(remedy for remedy in _remedies(asked) if remedy.status not in ours)


def _recourse(asked: _Asked) -> tuple[str, ...]:
    record = asked.record
    return record.response.recourse if isinstance(record, Complaint) and record.response is not None else ()


def _verdict(asked: _Asked) -> str | None:
    record = asked.record
    if not isinstance(record, Complaint) or record.verdict is None:
        return None
    return asked.word("verdict", record.verdict)


def _answered_verdict(asked: _Asked) -> str | None:
    """What the answer rests on: what is judged before the answer, or after it, they have not heard."""
    record = asked.record
    verdict = told_verdict(record) if isinstance(record, Complaint) else None
    return None if verdict is None else asked.word("verdict", verdict)


# -- what is left to do --------------------------------------------------------------------------


def _handler(asked: _Asked) -> str | None:
    return asked.record.handler


def _waiting_for(asked: _Asked) -> str | None:
    return None if asked.record.waiting is None else asked.word("waiting", asked.record.waiting.for_)


def _open_actions(asked: _Asked) -> tuple[StatusAction, ...]:
    """What is still to be done, first due first; then steps whose action items nobody has given."""
    record = asked.record
    steps = record.steps if isinstance(record, Complaint) else ()
    mandatory = {step.action for step in steps if step.mandatory}
    known = {item.id: item for item in asked.actions if asked.is_about(item.source_kind, item.source)}
    to_do = [item for item in known.values() if item.state in TO_DO]
    found = [
        StatusAction(
            number=item.number or item.id,
            title=item.title,
            owner=item.owner,
            due_at=item.due_at,
            mandatory=item.id in mandatory,
        )
        for item in sorted(to_do, key=lambda item: (micros(item.due_at), item.id))
    ]
    others = (step for step in steps if step.done_at is None and step.action not in known)
    return (*found, *(StatusAction(number=step.action, mandatory=step.mandatory) for step in others))


def _running(asked: _Asked) -> tuple[StatusTimer, ...]:
    return tuple(
        StatusTimer(name=timer.name, state=timer.state, due_at=timer.due_at, late=timer.late)
        for timer in asked.timers or ()
        if not timer.done
    )


VIEWS: Final[Mapping[Audience, Mapping[str, Callable[[_Asked], object]]]] = {
    Audience.COMPLAINANT: {
        "next": _next_for_them,
        "last_message": _last_message,
        "verdict": _answered_verdict,
        "remedies": _offered,
        "recourse": _recourse,
    },
    Audience.HANDLER: {
        "next": _next_to_do,
        "last_message": _last_message,
        "verdict": _verdict,
        "remedies": _remedies,
        "recourse": _recourse,
        "handler": _handler,
        "waiting_for": _waiting_for,
        "actions": _open_actions,
        "timers": _running,
    },
    Audience.OFFICIAL: {
        "next": _next_for_official,
        "waiting_for": _waiting_for,
    },
}
"""Who sees what, besides what everybody sees. What is not named here is in no view."""

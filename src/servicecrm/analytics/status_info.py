"""What one audience is told of how a record stands: to read, and to hand on as JSON."""

from collections.abc import Iterator
from datetime import datetime, tzinfo
from typing import Final

from servicecrm.analytics.printing import TEXTS
from servicecrm.complaints.codes import RemedyStatus
from servicecrm.kernel.records import Personal, fields_of, record
from servicecrm.kernel.shapes import Code
from servicecrm.kernel.values import Money
from servicecrm.kernel.years import zone_told
from servicecrm.tracking import TEXTS as OF_TRACKING
from servicecrm.tracking.names import timer_name
from servicecrm.tracking.runs import TimerState

__all__ = [
    "NO_STATUS",
    "Audience",
    "StatusAction",
    "StatusInfo",
    "StatusMessage",
    "StatusRemedy",
    "StatusTimer",
]


class Audience(Code):
    """Who asks how a record stands. `complainant` is also whoever asked for something, `official` its sponsor."""

    COMPLAINANT = "complainant"
    HANDLER = "handler"
    OFFICIAL = "official"


@record
class StatusMessage:
    """What we have written to somebody, and when."""

    at: datetime
    text: Personal[str]


@record
class StatusRemedy:
    """A remedy, and how far it has come."""

    kind: str
    kind_in_words: str
    status: RemedyStatus
    status_in_words: str
    text: Personal[str] | None = None
    amount: Money | None = None
    valid_until: datetime | None = None


@record
class StatusAction:
    """Something that is still to be done; of a step that only the complaint knows, no more than its number."""

    number: str
    title: Personal[str] | None = None
    owner: str | None = None
    due_at: datetime | None = None
    mandatory: bool = False


@record
class StatusTimer:
    """A timer that has not come to its end."""

    name: str
    state: TimerState
    due_at: datetime | None
    late: bool


@record
class StatusInfo:
    """How a record stands, as far as an audience may know. `status_of` makes it; `print(info.text())` shows it.

    `since` is when it came to where it is, and `promised_by` an answer that is still to come. `zone` is the one whose
    clock its text shows. What an audience may not see is empty. One that was not `found` has no kind and no number.
    """

    audience: Audience | None = None
    language: str = "en"
    zone: str = "UTC"
    kind: str | None = None
    number: str | None = None
    subject: Personal[str] | None = None
    state: str | None = None
    state_in_words: str | None = None
    since: datetime | None = None
    next: str | None = None
    promised_by: datetime | None = None
    last_message: Personal[StatusMessage] | None = None
    verdict: str | None = None
    remedies: Personal[tuple[StatusRemedy, ...]] = ()
    recourse: tuple[str, ...] = ()
    handler: str | None = None
    waiting_for: str | None = None
    actions: Personal[tuple[StatusAction, ...]] = ()
    timers: tuple[StatusTimer, ...] = ()

    @property
    def found(self) -> bool:
        """Is there such a record, and may whoever asks know of it?"""
        return self.kind is not None

    def to_dict(self) -> dict[str, object]:
        """The same in JSON types, without what is empty; times in ISO 8601, with their own zone, amounts as texts."""
        told = {name: value for name, value in fields_of(self).items() if value not in (None, ()) and name != "zone"}
        return {"found": self.found, **{name: _plain(value) for name, value in told.items()}}

    def text(self, *, zone: tzinfo | str | None = None) -> str:
        """The same to read, in its language; times are those of a zone, such as `Europe/Berlin`, or of its own.

        Raises:
            InvalidValue: there is no such zone.
        """
        asked = self.zone if zone is None else zone
        return "\n".join(_lines(self, asked if isinstance(asked, tzinfo) else zone_told("zone", asked)))

    def __str__(self) -> str:
        return self.text()


NO_STATUS: Final = StatusInfo()
"""The one answer where there is no such record, or where the secret is wrong: nobody can tell which."""


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, StatusMessage | StatusRemedy | StatusAction | StatusTimer | Money):
        return {name: _plain(each) for name, each in fields_of(value).items() if each is not None}
    if isinstance(value, datetime):
        return value.isoformat()
    return value if isinstance(value, bool) else str(value)


def _lines(info: StatusInfo, zone: tzinfo) -> Iterator[str]:
    def label(name: str, **values: str) -> str:
        return TEXTS.get(f"status.{name}", language=info.language, **values)

    def time(at: datetime) -> str:
        local = at.astimezone(zone)
        parts = {"year": "%Y", "month": "%m", "day": "%d", "time": "%H:%M", "zone": "%Z"}
        return label("time", **{part: local.strftime(code) for part, code in parts.items()})

    def until(at: datetime | None) -> tuple[str, ...]:
        return () if at is None else (label("until", at=time(at)),)

    if not info.found:
        yield label("none")
        return
    yield label("head", number=info.number or "", subject=info.subject or "")
    if info.since is not None:
        yield label("state", state=info.state_in_words or "", since=time(info.since))
    for name in ("waiting_for", "next", "handler", "verdict"):
        told = getattr(info, name)
        if told is not None:
            yield label(name, told=told)
    if info.promised_by is not None:
        yield label("promised_by", told=time(info.promised_by))
    yield from _listed(label("remedies"), (_remedy(each, until(each.valid_until)) for each in info.remedies))
    yield from _listed(label("recourse"), info.recourse)
    yield from _listed(label("actions"), (_action(each, until(each.due_at)) for each in info.actions))
    yield from _listed(
        label("timers"), (_timer(each, until(each.due_at), label("late"), info.language) for each in info.timers)
    )
    if info.last_message is not None:
        yield label("last_message", at=time(info.last_message.at))
        yield info.last_message.text


def _listed(title: str, lines: Iterator[str] | tuple[str, ...]) -> Iterator[str]:
    """A title and a line for each; nothing where there is none."""
    for n, line in enumerate(lines):
        if n == 0:
            yield title
        yield f"- {line}"


def _joined(*parts: str | None) -> str:
    return ", ".join(part for part in parts if part)


def _remedy(remedy: StatusRemedy, until: tuple[str, ...]) -> str:
    money = remedy.amount
    amount = None if money is None else f"{money.amount:,f} {money.currency}"
    still = until if remedy.status is RemedyStatus.OFFERED else ()  # it ends only while nobody has taken it
    return f"{remedy.kind_in_words}: {_joined(remedy.status_in_words, amount, *still, remedy.text)}"


def _action(action: StatusAction, until: tuple[str, ...]) -> str:
    return _joined(action.number, action.title, action.owner, *until)


def _timer(timer: StatusTimer, until: tuple[str, ...], late: str, language: str) -> str:
    state = OF_TRACKING.get(f"state.timer.{timer.state}", language=language)
    return f"{timer_name(timer.name, language=language)}: {_joined(state, *until, late if timer.late else None)}"

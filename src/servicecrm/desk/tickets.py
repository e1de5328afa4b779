"""What is done with complaints and cases alike, at the desk: what is said about them, waits, and how they end."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from servicecrm.desk.commands import Commands
from servicecrm.desk.register import R
from servicecrm.kernel.shapes import several, whole
from servicecrm.kernel.values import Attachment
from servicecrm.tracking.messages import MessageClass
from servicecrm.tracking.moments import Side
from servicecrm.tracking.tickets import WaitingFor

__all__ = ["Tickets"]


class Tickets(Commands[R]):
    """Handle what people bring to us, whatever it is. See the pure command of the same name for each."""

    # -- correspondence --------------------------------------------------------------------------

    def message(
        self,
        id: str,
        text: str,
        *,
        side: Side | str,
        klass: MessageClass | str = MessageClass.SUBSTANTIVE,
        channel: str | None = None,
        language: str | None = None,
        attachments: Sequence[Attachment] = (),
        author: str | None = None,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> R:
        """Keep a message from their side (`"outside"`) or from ours (`"inside"`), whatever the state."""
        return self._do(
            "message",
            id,
            command,
            new_id=True,
            text=text,
            side=side,
            klass=klass,
            channel=channel,
            language=language,
            attachments=several("attachments", attachments),
            author=author,
            occurred_at=occurred_at,
        )

    def note(
        self,
        id: str,
        text: str,
        *,
        language: str | None = None,
        attachments: Sequence[Attachment] = (),
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> R:
        """Note something for ourselves."""
        told: dict[str, Any] = {
            "language": language,
            "attachments": several("attachments", attachments),
            "occurred_at": occurred_at,
        }
        return self._do("note", id, command, new_id=True, text=text, **told)

    def answer(
        self,
        id: str,
        text: str,
        *,
        channel: str | None = None,
        language: str | None = None,
        attachments: Sequence[Attachment] = (),
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> R:
        """Give the final response. What was waiting no longer is."""
        told: dict[str, Any] = {
            "channel": channel,
            "language": language,
            "attachments": several("attachments", attachments),
        }
        return self._do("answer", id, command, new_id=True, text=text, occurred_at=occurred_at, **told)

    # -- waits -----------------------------------------------------------------------------------

    def wait(
        self,
        id: str,
        for_: WaitingFor | str,
        *,
        reason: str | None = None,
        until: datetime | None = None,
        occurred_at: datetime | None = None,
        command: str | None = None,
    ) -> R:
        """Put it on hold until somebody else has done something."""
        return self._do("wait", id, command, for_=for_, reason=reason, until=until, occurred_at=occurred_at)

    def resume(self, id: str, *, occurred_at: datetime | None = None, command: str | None = None) -> R:
        """Go on after a wait."""
        return self._do("resume", id, command, occurred_at=occurred_at)

    # -- the end ---------------------------------------------------------------------------------

    def close(self, id: str, code: str, *, occurred_at: datetime | None = None, command: str | None = None) -> R:
        """Close it; `code` says how it ended."""
        return self._do("close", id, command, code=code, occurred_at=occurred_at)

    def reopen(self, id: str, reason: str, *, occurred_at: datetime | None = None, command: str | None = None) -> R:
        """Take up again what was answered or has ended, with the handler it had."""
        return self._do("reopen", id, command, reason=reason, occurred_at=occurred_at)

    def withdraw(
        self, id: str, *, reason: str | None = None, occurred_at: datetime | None = None, command: str | None = None
    ) -> R:
        """End it because they take it back."""
        return self._do("withdraw", id, command, reason=reason, occurred_at=occurred_at)

    def void(
        self, id: str, n: int, *, reason: str, occurred_at: datetime | None = None, command: str | None = None
    ) -> R:
        """Take back the n-th moment, which was entered by mistake: no clock reads it any longer."""
        return self._do("void", id, command, n=whole("n", n), reason=reason, occurred_at=occurred_at)

    # -- inside ----------------------------------------------------------------------------------

    def _amend(self, id: str, command: str | None, changes: Mapping[str, object], **told: Any) -> R:
        # Here None takes a value away; elsewhere it is an argument that was not given.
        taken_away = [name for name in self._actions.Amendment.__annotations__ if changes.get(name, "") is None]
        return self._do("amend", id, command, asked={**told, **changes, "taken_away": taken_away}, **told, **changes)

"""A mail server on this machine, which takes letters or does as it is told."""

import asyncio
import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from servicecrm.notifications import Letter, Letterhead, Reader

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
HEAD = Letterhead(address="service@water.example", name="Wasserwerk Süd")


def a_letter(
    key: str = "complaint:c-1:1:complaint.recorded:c-7", *, to: str | Reader = "lin@home.example", **changes: Any
) -> Letter:
    given: dict[str, Any] = {
        "id": "CMP-2026-000042.0123456789abcdef0123456789abcdef",
        "key": key,
        "topic": "received",
        "duty": True,
        "to": Reader(address=to) if isinstance(to, str) else to,
        "language": "en",
        "subject": "[CMP-2026-000042] We have received your concern",
        "body": "Hello,\n\nthank you.\n",
        "at": MONDAY,
    }
    return Letter(**{**given, **changes})


class Server:
    """A mail server, with what it took and how it was told to answer."""

    def __init__(self) -> None:
        self.taken: list[tuple[Envelope, EmailMessage]] = []
        self.connections = 0
        self.answers: dict[str, str] = {}
        """What to answer to a command, or to RCPT for an address; "drop" hangs up."""

    @property
    def mails(self) -> list[EmailMessage]:
        return [mail for _, mail in self.taken]

    async def _answer(self, server: SMTP, *keys: str) -> str | None:
        for key in keys:
            if key in self.answers:
                if self.answers[key] == "drop":
                    assert isinstance(server.transport, asyncio.Transport)
                    server.transport.abort()
                    await asyncio.sleep(0)
                return self.answers[key]
        return None

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = await self._answer(server, "MAIL")
        if answer is None:
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return answer or "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = await self._answer(server, address, "RCPT")
        if answer is None:
            envelope.rcpt_tos.append(address)
        return answer or "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = await self._answer(server, "DATA")
        if answer is None:
            content = envelope.content
            assert isinstance(content, bytes)
            self.taken.append((envelope, message_from_bytes(content, policy=policy.default)))
        return answer or "250 OK"


class OnAnyPort(Controller):
    """A server on a port that is free."""

    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


@contextlib.contextmanager
def serving(server: Server, **how: Any) -> Iterator[int]:
    """Starts the server in a thread; gives its port."""
    controller = OnAnyPort(server, hostname="127.0.0.1", port=0, **how)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


@pytest.fixture
def server() -> Server:
    """The mail server."""
    return Server()


@pytest.fixture
def port(server: Server) -> Iterator[int]:
    """Where it is."""
    with serving(server, enable_SMTPUTF8=True) as port:
        yield port

"""Letters to a mail server."""

import contextlib
import smtplib
import ssl
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Final, Literal, Self

from servicecrm.errors import InvalidValue
from servicecrm.notifications.delivery import Letter, NotDelivered, Undeliverable
from servicecrm.notifications.mail import Letterhead, as_mail

__all__ = ["SMTPSender"]

Security = Literal["starttls", "tls", "none"]

OK: Final = 250
NO_SUCH_MAILBOX: Final = 550

PORTS: Final[dict[str, int]] = {"starttls": 587, "tls": 465, "none": 25}


class SMTPSender:
    """Sends letters by a mail server, over one connection for as long as the server keeps it.

    `security` is "starttls", which goes on in secret or not at all; "tls", which begins so; or "none", for a server on
    this machine. Certificates are checked, as `context` says. `login` gives user and password when they are needed, so
    that they can be kept elsewhere. No answer is waited for longer than `timeout` seconds. Several threads may send:
    they take turns. Close it at the end, or use it in a `with` block.

    Raises:
        InvalidValue: there is no such `security`, or a password would be sent for all to read.
    """

    def __init__(
        self,
        host: str,
        letterhead: Letterhead,
        *,
        port: int | None = None,
        security: Security = "starttls",
        login: Callable[[], tuple[str, str]] | None = None,
        context: ssl.SSLContext | None = None,
        timeout: float = 30.0,
    ) -> None:
        if security not in PORTS:
            raise InvalidValue("security", f"expected one of {', '.join(PORTS)}")
        if security == "none" and login is not None:
            raise InvalidValue("login", "a password is sent in secret only; choose starttls or tls")
        self._host = host
        self._letterhead = letterhead
        self._port = PORTS[security] if port is None else port
        self._security = security
        self._login = login
        self._context = context
        self._timeout = timeout
        self._lock = threading.Lock()
        self._open: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def send(self, letter: Letter) -> None:
        """Send a letter to its reader, and to nobody else.

        Raises:
            Undeliverable: the server will never take it: it does not know the address, or does not like the letter.
            NotDelivered: it did not take it this time, or could not be reached.
        """
        mail = as_mail(letter, self._letterhead)
        options = () if mail.isascii() else ("SMTPUTF8", "BODY=8BITMIME")
        with self._lock:
            try:
                server = self._connected()
            except OSError as error:  # those of smtplib are such, too
                raise NotDelivered(letter.key, f"no connection to the mail server: {_told(error)}") from None
            try:
                server.sendmail(self._letterhead.mailbox, [letter.to.mailbox], mail, options)
            except OSError as error:
                # Their own texts hold the address.
                if _is_final(error):
                    raise Undeliverable(letter.key, f"the mail server refused it for good: {_told(error)}") from None
                self._hang_up()
                raise NotDelivered(letter.key, f"the mail server did not take it: {_told(error)}") from None

    def close(self) -> None:
        """Say goodbye to the server."""
        with self._lock:
            if self._open is not None:
                with contextlib.suppress(OSError):
                    self._open.quit()
            self._hang_up()

    def _connected(self) -> smtplib.SMTP:
        """The connection, which is asked first whether it still stands: a letter is never sent twice to find out."""
        if self._open is not None:
            with contextlib.suppress(OSError):
                if self._open.noop()[0] == OK:
                    return self._open
            self._hang_up()
        server = self._connection()
        try:
            if self._security == "starttls":
                server.starttls(context=self._secured())
            if self._login is not None:
                server.login(*self._login())
        except BaseException:  # no letter over a connection that is not secret, or not ours
            server.close()
            raise
        self._open = server
        return server

    def _connection(self) -> smtplib.SMTP:
        # The name of the sender's domain, because to ask for that of this machine can take long.
        name = self._letterhead.host
        if self._security == "tls":
            return smtplib.SMTP_SSL(self._host, self._port, name, timeout=self._timeout, context=self._secured())
        return smtplib.SMTP(self._host, self._port, name, timeout=self._timeout)

    def _secured(self) -> ssl.SSLContext:
        return ssl.create_default_context() if self._context is None else self._context

    def _hang_up(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None


def _status(error: OSError) -> int | None:
    """What the server answered, if it did."""
    match error:
        case smtplib.SMTPRecipientsRefused(recipients=refused):
            return next(code for code, _ in refused.values())
        case smtplib.SMTPResponseException(smtp_code=int() as code):
            return code
    return None


def _is_final(error: OSError) -> bool:
    """Will it be the same next time? What the server says of our sender or our login is for an operator to mend."""
    about_the_letter = isinstance(error, smtplib.SMTPRecipientsRefused | smtplib.SMTPDataError)
    # Below 550 it is about how we speak to the server.
    refused = about_the_letter and (_status(error) or 0) >= NO_SUCH_MAILBOX
    return refused or isinstance(error, smtplib.SMTPNotSupportedError)  # it cannot write to such an address


def _told(error: OSError) -> str:
    if isinstance(error, smtplib.SMTPNotSupportedError):  # says what, in words of smtplib's own
        return f"SMTPNotSupportedError: {error}"
    status = _status(error)
    return type(error).__name__ if status is None else f"{type(error).__name__} {status}"

"""Letters go to a real server, which drops, refuses and is away, and none is lost or goes astray."""  # C094, R17

import contextlib
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from typing import Any, Literal

import pytest
from aiosmtpd.smtp import AuthResult

from servicecrm.errors import InvalidValue
from servicecrm.notifications import NotDelivered, SMTPSender, Undeliverable
from tests.notifications.conftest import HEAD, Server, a_letter, serving

LIN, BAD = "lin@home.example", "bad@home.example"


@pytest.fixture
def sender(port: int) -> Iterator[SMTPSender]:
    with SMTPSender("127.0.0.1", HEAD, port=port, security="none", timeout=5) as sender:
        yield sender


def test_a_batch_goes_over_one_connection_each_letter_to_its_one_reader(sender: SMTPSender, server: Server) -> None:
    for n in range(3):
        sender.send(a_letter(to=f"reader-{n}@home.example"))

    assert server.connections == 1
    assert [envelope.rcpt_tos for envelope, _ in server.taken] == [[f"reader-{n}@home.example"] for n in range(3)]
    assert {envelope.mail_from for envelope, _ in server.taken} == {"service@water.example"}
    assert [mail["To"] for mail in server.mails] == [f"reader-{n}@home.example" for n in range(3)]
    assert not any(mail["Bcc"] or mail["Cc"] for mail in server.mails)


def test_text_in_any_language_arrives(sender: SMTPSender, server: Server) -> None:
    sender.send(a_letter(subject="[CMP-1] 我们已收到您反映的事项", body="您好\n\n.\nFrom here on\n"))

    (mail,) = server.mails
    assert mail["Subject"] == "[CMP-1] 我们已收到您反映的事项"
    assert mail.get_content().splitlines() == ["您好", "", ".", "From here on"]


def test_an_address_in_any_language_is_reached(sender: SMTPSender, server: Server) -> None:
    sender.send(a_letter(to="jörg@käse.example"))

    assert server.taken[0][0].rcpt_tos == ["jörg@xn--kse-qla.example"]


def test_a_server_that_cannot_write_to_such_an_address_refuses_it_for_good(server: Server) -> None:
    with (
        serving(server, enable_SMTPUTF8=False) as port,
        SMTPSender("127.0.0.1", HEAD, port=port, security="none") as sender,
    ):
        with pytest.raises(Undeliverable):
            sender.send(a_letter(to="jörg@käse.example"))
        sender.send(a_letter())
    assert len(server.taken) == 1


@pytest.mark.parametrize("status", ["550 no such user", "553 no", "554 spam"])
@pytest.mark.parametrize("stage", [BAD, "DATA"])
def test_what_is_refused_for_good_is_not_tried_again_and_holds_nothing_up(
    sender: SMTPSender, server: Server, stage: str, status: str
) -> None:
    server.answers[stage] = f"{status} {BAD}"

    with pytest.raises(Undeliverable) as refused:
        sender.send(a_letter("complaint:c-1:1:complaint.closed:c-9", to=BAD))
    assert refused.value.key == "complaint:c-1:1:complaint.closed:c-9"
    assert status[:3] in str(refused.value)
    assert BAD not in str(refused.value) + repr(refused.value)
    assert refused.value.__cause__ is None
    server.answers.clear()
    sender.send(a_letter())
    assert [envelope.rcpt_tos for envelope, _ in server.taken] == [[LIN]]
    assert server.connections == 1


@pytest.mark.parametrize(
    ("stage", "status"),
    [
        (LIN, "450 greylisted"),
        (LIN, "421 going down"),
        ("DATA", "451 later"),
        ("MAIL", "451 later"),
        ("MAIL", "550 you may not send"),  # for an operator to mend, not a fault of the letter
        ("RCPT", "530 log in first"),
        ("RCPT", "drop"),
        ("DATA", "drop"),
    ],
)
def test_what_may_be_taken_later_is_tried_again(sender: SMTPSender, server: Server, stage: str, status: str) -> None:
    server.answers[stage] = status

    with pytest.raises(NotDelivered) as failed:
        sender.send(a_letter())
    assert not isinstance(failed.value, Undeliverable)
    assert LIN not in str(failed.value)
    assert server.taken == []
    server.answers.clear()
    sender.send(a_letter())
    assert [envelope.rcpt_tos for envelope, _ in server.taken] == [[LIN]]


def test_a_connection_that_the_server_gave_up_meanwhile_is_made_anew(server: Server) -> None:
    with serving(server) as port:
        sender = SMTPSender("127.0.0.1", HEAD, port=port, security="none")
        sender.send(a_letter())
        connection = sender._open
        assert connection is not None
        assert connection.sock is not None
        connection.sock.shutdown(socket.SHUT_RDWR)
        sender.send(a_letter())
        sender.close()
    assert (server.connections, len(server.taken)) == (2, 2)


def test_a_server_that_is_away_is_not_delivered_and_found_when_it_is_back(server: Server) -> None:
    with serving(server) as port:
        pass
    sender = SMTPSender("127.0.0.1", HEAD, port=port, security="none")

    with pytest.raises(NotDelivered, match="ConnectionRefusedError"):
        sender.send(a_letter())
    sender.close()
    sender.close()


@pytest.mark.parametrize("security", ["none", "tls"])
def test_a_server_that_says_nothing_is_not_waited_for(security: Literal["none", "tls"]) -> None:
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as silent:
        sender = SMTPSender("127.0.0.1", HEAD, port=silent.getsockname()[1], security=security, timeout=0.05)
        with pytest.raises(NotDelivered):
            sender.send(a_letter())


def test_threads_take_turns(sender: SMTPSender, server: Server) -> None:
    threads = [threading.Thread(target=sender.send, args=[a_letter(to=f"r{n}@home.example")]) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(envelope.rcpt_tos[0] for envelope, _ in server.taken) == [f"r{n}@home.example" for n in range(8)]
    assert server.connections == 1


# -- secrecy -------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """What a server needs to speak in secret, and a client to trust it."""
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("NOT RUN: needs the program openssl, to make a certificate")
    folder = tmp_path_factory.mktemp("tls")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    asked = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    names = ["-addext", "subjectAltName=IP:127.0.0.1"]
    command = [program, *asked.split(), *names, "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    ours = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ours.load_cert_chain(certificate, key)
    return ours, ssl.create_default_context(cafile=certificate)


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_letter_and_a_password_go_in_secret(
    security: Literal["starttls", "tls"], server: Server, secrets: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    ours, theirs = secrets
    seen: list[tuple[bytes, bytes]] = []

    def allowed(*of: Any) -> AuthResult:
        seen.append((of[-1].login, of[-1].password))
        return AuthResult(success=of[-1].password == b"secret", handled=False)

    tls = {"ssl_context": ours} if security == "tls" else {"tls_context": ours, "require_starttls": True}
    # Over "tls" this server does not know that nobody can listen.
    known = security == "starttls"
    how = {"authenticator": allowed, "auth_required": known, "auth_require_tls": known, **tls}
    passwords = ["wrong", "secret"]

    def login() -> tuple[str, str]:
        return "ann", passwords[len(seen) > 0]

    with (
        serving(server, **how) as port,
        SMTPSender("127.0.0.1", HEAD, port=port, security=security, login=login, context=theirs) as sender,
    ):
        with pytest.raises(NotDelivered, match="535"):
            sender.send(a_letter())
        sender.send(a_letter())
        sender.send(a_letter())
    assert set(seen) == {(b"ann", b"wrong"), (b"ann", b"secret")}
    assert len(server.taken) == 2


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_server_that_cannot_be_trusted_gets_no_letter(
    security: Literal["starttls", "tls"], server: Server, secrets: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    how = {"ssl_context": secrets[0]} if security == "tls" else {"tls_context": secrets[0]}
    with (
        serving(server, **how) as port,
        SMTPSender("127.0.0.1", HEAD, port=port, security=security) as sender,
        pytest.raises(NotDelivered, match="SSLCertVerificationError"),
    ):
        sender.send(a_letter())
    assert server.taken == []


def test_a_server_that_does_not_start_tls_gets_no_letter(port: int, server: Server) -> None:
    with (
        SMTPSender("127.0.0.1", HEAD, port=port) as sender,
        pytest.raises(NotDelivered, match="STARTTLS extension not supported"),
    ):
        sender.send(a_letter())
    assert server.taken == []


def test_a_password_is_never_sent_for_all_to_read() -> None:
    with pytest.raises(InvalidValue, match="starttls or tls"):
        SMTPSender("127.0.0.1", HEAD, security="none", login=lambda: ("ann", "secret"))


def test_an_unknown_security_is_refused() -> None:
    with pytest.raises(InvalidValue, match="starttls, tls, none"):
        SMTPSender("127.0.0.1", HEAD, security="ssl")  # type: ignore[arg-type]

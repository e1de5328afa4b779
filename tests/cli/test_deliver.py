"""`servicecrm deliver`: letters into a folder or to a mail server, and no password where anybody could read it."""

import re
import signal
import ssl
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult

from servicecrm import connect
from servicecrm.cli import main
from servicecrm.cli.deliver import _Post
from servicecrm.desk.house import House
from tests.desk.places import STORES, empty_store
from tests.notifications import test_smtp
from tests.notifications.conftest import Server, serving

PEOPLE = """
[people.wanda]
address = "wanda@water.example"
name = "Wanda Weber"
language = "de"
zone = "Europe/Berlin"
"""
FROM = ("--from", "Office <office@city.example>")
SECRET = "Geheimwort"

Captured = pytest.CaptureFixture[str]

secrets = test_smtp.secrets
"""What a server needs to speak in secret, and a client to trust it."""


@pytest.fixture(params=STORES[1:])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A store where Wanda of the north has something new to handle."""
    with empty_store(request.param, tmp_path, request) as url:
        give(url, "wanda", tenant="north")
        yield url


@pytest.fixture
def people(tmp_path: Path) -> Path:
    path = tmp_path / "people.toml"
    path.write_text(PEOPLE, "utf-8")
    return path


@pytest.fixture
def letters(tmp_path: Path) -> Path:
    folder = tmp_path / "letters"
    folder.mkdir()
    return folder


def give(store: str, handler: str, *, tenant: str) -> None:
    """Record a complaint and give it to somebody, who has to be told."""
    with connect(store, actor="ann@city.example", tenant=tenant, house=House()) as crm:
        complaint = crm.complaints.record(subject="No water", channel="phone")
        crm.complaints.acknowledge(complaint.id)
        crm.complaints.assign(complaint.id, handler=handler)


def deliver(store: str, people: Path, *options: object) -> int:
    return main(["deliver", "--store", store, "--people", str(people), *FROM, *map(str, options)])


def failed(store: str, tenant: str) -> int:
    with connect(store, tenant=tenant) as crm:
        return crm.outbox.counts().failed


# -- into a folder -------------------------------------------------------------------------------


def test_a_notice_becomes_a_letter_in_the_language_of_its_reader_and_only_once(
    store: str, people: Path, letters: Path, capsys: Captured
) -> None:  # C094
    assert [deliver(store, people, "--folder", letters), deliver(store, people, "--folder", letters)] == [0, 0]

    assert capsys.readouterr() == ("north: 1 delivered\n", "")
    (file,) = letters.iterdir()
    mail = message_from_bytes(file.read_bytes(), _class=EmailMessage, policy=policy.default)
    assert (mail["From"], mail["To"]) == ("Office <office@city.example>", "Wanda Weber <wanda@water.example>")
    assert mail["Content-Language"] == "de"


def test_what_has_no_address_is_given_up_and_counted_for_each_tenant(
    store: str, people: Path, letters: Path, capsys: Captured
) -> None:
    for handler in ("wanda", *["otto"] * 25):  # more than a batch
        give(store, handler, tenant="south")

    assert deliver(store, people, "--folder", letters) == 0
    out, err = capsys.readouterr()
    assert out == "north: 1 delivered\nsouth: 1 delivered, 25 given up\n"
    says = (
        r"a notice of tenant south, topic assigned about complaint \S+ "
        "was given up: Undeliverable: its recipient has no address"
    )
    assert len(re.findall(says, err)) == err.count("\n") == 25
    assert (failed(store, "north"), failed(store, "south")) == (0, 25)


def test_a_folder_that_is_not_there_is_told_before_anything_is_tried(
    store: str, people: Path, tmp_path: Path, capsys: Captured
) -> None:
    assert deliver(store, people, "--folder", tmp_path / "nowhere") == 1
    says = "there is no such folder for the letters"
    assert capsys.readouterr() == ("", f"servicecrm: {tmp_path / 'nowhere'}: {says}\n")


def test_each_turn_tells_what_it_came_to_itself(store: str, capsys: Captured) -> None:
    with connect(store) as crm:
        post = _Post(crm, lambda _: None)
        post.turn()
        post.turn()
        give(store, "wanda", tenant="south")
        post.turn()

    assert capsys.readouterr().out == "north: 1 delivered\nsouth: 1 delivered\n"


def test_letters_are_delivered_until_a_signal_comes(
    store: str, people: Path, letters: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    give(store, "wanda", tenant="north")
    give(store, "wanda", tenant="south")
    monkeypatch.setattr("servicecrm.cli.deliver.FileSender.send", lambda *_: signal.raise_signal(signal.SIGTERM))
    assert deliver(store, people, "--folder", letters, "--every", "1h") == 0

    assert capsys.readouterr().out == "north: 1 delivered\n"
    with connect(store, tenant="north") as crm:
        assert crm.outbox.counts().waiting == 1  # given back at once, not when the lease ends


# -- to a mail server ----------------------------------------------------------------------------


def test_a_mail_server_gets_letters_and_refuses_some(store: str, people: Path, capsys: Captured) -> None:
    server = Server()
    with serving(server) as port:
        to = ("--smtp", f"127.0.0.1:{port}", "--security", "none")
        assert deliver(store, people, *to) == 0
        give(store, "wanda", tenant="north")
        server.answers["RCPT"] = "450 later"
        assert deliver(store, people, *to) == 0
        give(store, "wanda", tenant="north")
        server.answers["RCPT"] = "550 no such user"
        assert deliver(store, people, *to) == 0

    assert [mail["To"] for mail in server.mails] == ["Wanda Weber <wanda@water.example>"]
    out, err = capsys.readouterr()
    assert out == "north: 1 delivered\nnorth: 1 to be tried again\nnorth: 1 given up\n"
    assert "wanda" not in out + err


@pytest.fixture(params=[SECRET, "wrong:Kennwort"])
def login(
    request: pytest.FixtureRequest,
    secrets: tuple[ssl.SSLContext, ssl.SSLContext],
    monkeypatch: pytest.MonkeyPatch,
) -> tuple[str, ssl.SSLContext]:
    """A password in the environment, and what a server needs that we trust."""
    password: str = request.param
    ours, theirs = secrets
    monkeypatch.setenv("MAIL_LOGIN", f"crm:{password}")
    monkeypatch.setattr("ssl.create_default_context", lambda: theirs)
    return password, ours


def test_a_password_comes_from_the_environment_and_is_told_nobody_but_the_server(
    login: tuple[str, ssl.SSLContext], store: str, people: Path, capsys: Captured
) -> None:
    password, context = login
    seen: list[tuple[bytes, bytes]] = []

    def allowed(*of: Any) -> AuthResult:
        seen.append((of[-1].login, of[-1].password))
        return AuthResult(success=of[-1].password == SECRET.encode(), handled=False)

    server = Server()
    with serving(server, authenticator=allowed, tls_context=context, require_starttls=True) as port:
        assert deliver(store, people, "--smtp", f"127.0.0.1:{port}", "--login-env", "MAIL_LOGIN") == 0

    assert set(seen) == {(b"crm", password.encode())}
    assert len(server.taken) == (password == SECRET)
    out, err = capsys.readouterr()
    assert password not in out + err


@pytest.mark.parametrize("value", [None, "", "crm", "crm:", f":{SECRET}"])
def test_an_environment_without_a_login_is_refused(
    value: str | None, people: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    if value is not None:
        monkeypatch.setenv(SECRET, value)

    assert deliver("crm.db", people, "--smtp", "mail.city.example", "--login-env", SECRET) == 1
    err = capsys.readouterr().err
    assert err == "servicecrm: --login-env: name a variable of the environment that holds user:password\n"


def test_a_password_is_not_sent_for_all_to_read(
    people: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setenv("MAIL_LOGIN", f"crm:{SECRET}")

    assert deliver("crm.db", people, "--smtp", "localhost", "--security", "none", "--login-env", "MAIL_LOGIN") == 1
    err = capsys.readouterr().err
    assert "choose starttls or tls" in err
    assert SECRET not in err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "--smtp --folder is required"),
        (("--smtp", "mail.city.example", "--folder", "letters"), "not allowed with"),
        (("--smtp", f"crm:{SECRET}@mail.city.example"), "expected a host"),
        (("--smtp", "mail.city.example:smtp"), "expected a host"),
        (("--smtp", ""), "expected a host"),
        (("--folder", "letters", "--security", "ssl"), "invalid choice"),
        (("--folder", "letters", "--from", f"Office <{SECRET}>"), "expected an address"),
    ],
)
def test_wrong_usage_is_explained_without_what_was_given(
    arguments: tuple[str, ...], says: str, people: Path, capsys: Captured
) -> None:
    with pytest.raises(SystemExit) as raised:
        deliver("crm.db", people, *arguments)
    assert raised.value.code == 2
    err = capsys.readouterr().err
    assert says in err
    assert SECRET not in err

"""A letter as e-mail says what it says, to one reader, and that a machine wrote it."""  # C094; RFC 3834

import stat
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.errors import InvalidValue
from servicecrm.interop.mail import NOTICE_HEADER, read_mail
from servicecrm.kernel.records import evolve
from servicecrm.notifications import LOOP_HEADER, FileSender, Letter, Letterhead, Reader, is_own
from servicecrm.notifications.mail import as_mail
from servicecrm.tracking import MessageClass
from tests.notifications.conftest import HEAD, MONDAY, a_letter

ALWAYS = {
    "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "X-Auto-Response-Suppress", "X-ServiceCRM-Notice",
    "Content-Language", "Content-Type", "Content-Transfer-Encoding", "MIME-Version",
}  # fmt: skip


def arrived(letter: Letter, head: Letterhead = HEAD) -> EmailMessage:
    """The mail as its reader's program takes it apart."""
    return message_from_bytes(as_mail(letter, head), policy=policy.default)


lines = st.text(st.characters(exclude_characters="<>"), min_size=1, max_size=200).filter(
    lambda text: text.isprintable() and bool(text.strip()) and "=?" not in text
)


@given(lines, lines, st.text("äö漢a .\n\r=<", max_size=300))
def test_subject_name_and_body_arrive_as_they_were_and_nothing_else_does(subject: str, name: str, body: str) -> None:
    letter = a_letter(subject=subject, body=body, to=Reader(address="lin@home.example", name=name))
    mail = arrived(letter)

    assert sorted(mail.keys()) == sorted(ALWAYS)
    assert read(letter, "Subject").strip() == subject.strip()
    assert name_of(letter).strip() == name.strip()
    assert [address.addr_spec for address in mail["To"].addresses] == ["lin@home.example"]
    assert mail.get_content().splitlines() == (body.splitlines() or [""])
    assert all(len(line) <= 998 for line in as_mail(letter, HEAD).split(b"\r\n"))
    assert as_mail(letter, HEAD).isascii()
    assert b"\n" not in as_mail(letter, HEAD).replace(b"\r\n", b"")


def read(letter: Letter, header: str) -> str:
    """A header as programs show it. The newer parser of Python breaks names that have several encoded words."""
    return str(make_header(decode_header(message_from_bytes(as_mail(letter, HEAD), policy=policy.compat32)[header])))


def name_of(letter: Letter) -> str:
    """The name of the reader, as programs show it."""
    to = read(letter, "To")
    return parseaddr(to)[0] if to.isascii() else to.removesuffix(" <lin@home.example>")


@pytest.mark.parametrize(
    "text", ["Müller", "王小明", "O'Neil, Ann", 'the "boss" \\ x', "Süd " * 40, "[CMP-1] " + "漢字" * 60]
)
def test_usual_names_and_subjects_arrive_to_the_letter(text: str) -> None:
    text = text.strip()
    letter = a_letter(subject=text, to=Reader(address="lin@home.example", name=text))

    assert arrived(letter)["Subject"] == text
    assert name_of(letter) == text


def test_a_mail_says_that_a_machine_wrote_it_and_that_it_is_ours() -> None:
    mail = arrived(a_letter())

    assert b"\r\nSubject: [CMP-2026-000042] We have received your concern\r\n" in as_mail(a_letter(), HEAD)
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Auto-Response-Suppress"] == "All"
    assert is_own(mail)
    assert is_own({"subject": "x", LOOP_HEADER.upper(): "y"})
    assert not is_own({"Subject": LOOP_HEADER, "Auto-Submitted": "auto-replied"})


def test_a_letter_that_is_sent_again_can_be_told_by_its_message_id() -> None:  # R17
    first, again = arrived(a_letter()), arrived(a_letter(at=datetime(2026, 3, 3, tzinfo=UTC)))

    assert first["Message-ID"] == again["Message-ID"] == f"<{a_letter().id}@water.example>"
    assert first["Date"].datetime == MONDAY
    assert first["Date"] != again["Date"]


def test_only_a_courtesy_says_how_to_leave() -> None:  # C092: nobody opts out of a duty
    to = Reader(address="lin@home.example", unsubscribe="https://water.example/leave?id=7")

    assert arrived(a_letter(to=to, duty=False))["List-Unsubscribe"] == "<https://water.example/leave?id=7>"
    assert arrived(a_letter(to=to, duty=True))["List-Unsubscribe"] is None
    assert arrived(a_letter(duty=False))["List-Unsubscribe"] is None


def test_answers_go_where_the_letterhead_says() -> None:
    head = evolve(HEAD, reply_to="answers@Käse.example")

    assert arrived(a_letter(), head)["Reply-To"] == "answers@xn--kse-qla.example"
    assert arrived(a_letter(), head)["From"] == "Wasserwerk Süd <service@water.example>"


def test_an_address_that_is_not_ascii_stays_what_it_is() -> None:
    reader = Reader(address="jörg@Käse.example")

    assert reader.mailbox == "jörg@xn--kse-qla.example"
    assert "To: jörg@xn--kse-qla.example\r\n".encode() in as_mail(a_letter(to=reader), HEAD)


BAD = [
    "", " ", "lin", "@home.example", "lin@", "lin@.", "a b@home.example", "a,b@home.example", "a@b@home.example",
    '"a"@home.example', "lin@home.example\nBcc: all@city.example", "lin@home.example\r", "lin@ho me.example",
    "lin@home..example", "<lin@home.example>", "lin@[127.0.0.1]", "lin@home.example,all@city.example",
    "=?a@home.example",
]  # fmt: skip


@pytest.mark.parametrize("address", BAD)
def test_what_is_no_address_is_refused_and_not_shown(address: str) -> None:
    for make in (lambda: Reader(address=address), lambda: Letterhead(address=address)):
        with pytest.raises(InvalidValue) as refused:
            make()
        assert not address.strip() or address not in str(refused.value)
    with pytest.raises(InvalidValue):
        Letterhead(address="a@b.example", reply_to=address)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "Lin\r\nBcc: all@city.example"},
        {"name": ""},
        {"name": "  "},
        {"name": "L" * 251},
        {"zone": "Mars/Base"},
        {"zone": "../etc"},
        {"zone": ""},
        {"language": "klingon"},
        {"unsubscribe": "javascript:x"},
        {"unsubscribe": "https://a b"},
        {"unsubscribe": "https://ä.example"},
        {"unsubscribe": "https://a>\r\nX: y"},
    ],
)
def test_a_reader_has_lines_of_text_a_zone_and_a_language(wrong: dict[str, str]) -> None:
    with pytest.raises(InvalidValue):
        Reader(address="lin@home.example", **wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {"subject": "A\nBcc: all@city.example"},
        {"subject": "=?utf-8?q?=0aBcc:_all?="},
        {"id": "../a.eml"},
        {"id": "a b"},
    ],
)
def test_a_letter_has_one_line_of_subject_and_an_id_that_is_a_name(wrong: dict[str, str]) -> None:
    with pytest.raises(InvalidValue):
        a_letter(**wrong)


def test_a_name_on_a_letterhead_is_one_line() -> None:
    with pytest.raises(InvalidValue, match=r"Letterhead\.name"):
        Letterhead(address="a@b.example", name="A\nB")


def test_nothing_personal_shows_in_a_repr() -> None:
    letter = a_letter(to=Reader(address="lin@home.example", name="Lin Chen"))

    assert "lin" not in repr(letter).lower()
    assert "lin" not in repr(letter.to).lower()


# -- coming back ---------------------------------------------------------------------------------


def test_a_letter_that_comes_back_is_known_and_an_answer_finds_its_record() -> None:
    sent = as_mail(a_letter(), HEAD)
    answer = (
        f"From: lin@home.example\r\nSubject: thanks\r\nIn-Reply-To: {arrived(a_letter())['Message-ID']}\r\n\r\nNo.\r\n"
    )

    back, _ = read_mail(sent, own=["city.example"], host=HEAD.host)
    answered, _ = read_mail(answer.encode(), own=["city.example"], host=HEAD.host)
    assert NOTICE_HEADER == LOOP_HEADER
    assert back.klass is MessageClass.OWN_NOTICE
    assert (answered.number, answered.klass) == ("CMP-2026-000042", MessageClass.SUBSTANTIVE)


# -- files ---------------------------------------------------------------------------------------


def test_a_letter_becomes_a_file_that_only_its_owner_reads(tmp_path: Path) -> None:
    sender = FileSender(tmp_path, HEAD)
    sender.send(a_letter())
    sender.send(a_letter())  # again

    (file,) = tmp_path.iterdir()
    assert file.name == "CMP-2026-000042.0123456789abcdef0123456789abcdef.eml"
    assert file.read_bytes() == as_mail(a_letter(), HEAD)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_file_that_cannot_get_its_name_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / f"{a_letter().id}.eml").mkdir()  # in its place

    with pytest.raises(OSError, match="directory"):
        FileSender(tmp_path, HEAD).send(a_letter())
    assert [file.name for file in tmp_path.iterdir()] == [f"{a_letter().id}.eml"]

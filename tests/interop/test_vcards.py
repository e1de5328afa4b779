"""vCards of three versions: what a contact can hold comes in and goes out again, and all else is told."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm import portfolio
from servicecrm.errors import ImportProblem, InvalidValue
from servicecrm.interop import vcards
from servicecrm.interop.vcards import Card, CardsRead, Version, incoming, lines
from servicecrm.kernel.values import ContactKind, ContactPoint
from servicecrm.testing.makers import MONDAY
from tests.portfolio.making import DAY, a_contact, a_customer

VERSIONS: tuple[Version, ...] = ("2.1", "3.0", "4.0")


def read(*properties: str, version: str = "4.0") -> CardsRead:
    return read_all("\r\n".join(("BEGIN:VCARD", f"VERSION:{version}", *properties, "END:VCARD", "")))


def read_all(content: str | bytes) -> CardsRead:
    return vcards.read_cards(content.encode() if isinstance(content, str) else content, source="book")


def told(found: CardsRead) -> list[tuple[int | None, str | None]]:
    return [(problem.row, problem.column) for problem in found.problems]


def points(found: CardsRead) -> list[tuple[str, str]]:
    return [(point.kind.value, point.value) for point in found.cards[0].contact.points]


# -- what goes out comes in again ----------------------------------------------------------------

ANY = st.characters(blacklist_categories=("Cs", "Cc"))
TEXT = (
    st.text(st.one_of(ANY, st.sampled_from("\\;,:\n\t=^\"' é漢😀")), min_size=1, max_size=120)
    .map(str.strip)
    .filter(bool)
)
SOME = st.lists(TEXT, max_size=3)


def a_point(kind: ContactKind, value: str) -> ContactPoint:
    host = "".join(filter(str.isalnum, value)) or "cafe"
    return ContactPoint(kind=kind, value=f"mia@{host}" if kind is ContactKind.EMAIL else value)


CARDS = st.builds(
    lambda name, function, organisation, tags, points, company: Card(
        contact=portfolio.contact(name, id="person-1", function=function, language="de-AT", points=points),
        organisation=tuple(organisation),
        tags=frozenset(tags),
        company=company,
    ),
    TEXT,
    st.none() | TEXT,
    SOME,
    SOME,
    st.lists(st.builds(a_point, st.sampled_from(ContactKind), TEXT), unique=True, max_size=4),
    st.booleans(),
)


@given(st.lists(CARDS, max_size=3), st.sampled_from(VERSIONS))
def test_what_is_written_in_any_version_is_read_back_and_nothing_is_left_out(  # C012
    cards: list[Card], version: Version
) -> None:
    written = vcards.write_cards(cards, version=version)

    found = vcards.read_cards(written, source="book")
    assert found.cards == tuple(cards)
    assert found.problems == ()


@given(st.lists(CARDS, min_size=1, max_size=2), st.sampled_from(VERSIONS))
def test_no_line_is_longer_than_75_bytes_and_every_line_is_text_of_its_own(cards: list[Card], version: Version) -> None:
    for line in vcards.write_cards(cards, version=version).splitlines():
        assert len(line) <= 75 or b"CHARSET" in line
        assert b"\n" not in line
        assert line.decode()


@given(st.binary(max_size=300))
def test_whatever_a_file_holds_it_is_read_or_told(content: bytes) -> None:
    found = read_all(b"BEGIN:VCARD\r\nFN:Mia\r\n" + content + b"\r\nEND:VCARD\r\n")
    assert found.cards or found.problems


# -- what other address books write --------------------------------------------------------------


def test_a_folded_line_goes_on_in_the_next_one() -> None:
    assert read("FN:Mia", " Holt").cards[0].contact.name == "MiaHolt"
    assert read("FN:Mia", " Holt", version="2.1").cards[0].contact.name == "Mia Holt"


def test_quoted_printable_goes_on_after_a_soft_line_break_in_its_own_character_set() -> None:
    found = read("FN;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:J=F6rg=20=", "M=FCller", version="2.1")
    assert found.cards[0].contact.name == "Jörg Müller"


def test_bytes_without_a_character_set_are_utf_8_or_else_the_encoding_of_the_file() -> None:
    card = b"BEGIN:VCARD\nVERSION:2.1\nFN:J\xf6rg\nEND:VCARD"
    assert vcards.read_cards(card, source="book").cards[0].contact.name == "Jörg"
    assert vcards.read_cards(card, source="book", encoding="cp1250").cards[0].contact.name == "Jörg"
    assert vcards.read_cards(card, source="book", encoding="ascii").problems


def test_a_file_of_utf_16_is_read_by_its_mark() -> None:
    assert read_all("BEGIN:VCARD\nFN:漢字\nEND:VCARD".encode("utf-16")).cards[0].contact.name == "漢字"


def test_an_unknown_character_set_is_told_and_never_tried() -> None:
    found = read("FN:Mia", "TITLE;CHARSET=unicode_escape:Chief", version="2.1")
    assert told(found) == [(4, "TITLE")]
    assert found.cards[0].contact.function is None


def test_escapes_are_taken_off_and_in_2_1_a_backslash_is_one() -> None:
    assert points(read("FN:Mia", r"ADR:;;1 Quay\, left\nDock;Port\;Town;;;")) == [
        ("post", "1 Quay, left\nDock\nPort;Town")
    ]
    assert read(r"FN:C:\news", version="2.1").cards[0].contact.name == r"C:\news"


def test_what_is_preferred_comes_first() -> None:
    assert points(read("FN:Mia", "TEL:1", "TEL;TYPE=home,pref:2", version="3.0")) == [("phone", "2"), ("phone", "1")]
    assert points(read("FN:Mia", "TEL;PREF=2:1", 'TEL;TYPE="work,voice";PREF=1:tel:2')) == [
        ("phone", "2"),
        ("phone", "1"),
    ]


def test_nobody_answers_a_fax_so_it_is_no_telephone() -> None:
    assert points(read("FN:Mia", "TEL;WORK;FAX:1", version="2.1")) == [("other", "fax:1")]


def test_without_a_written_name_somebody_is_called_by_its_parts_or_else_by_what_there_is() -> None:
    assert read("N:Holt;Mia;;Dr.;", version="2.1").cards[0].contact.name == "Dr. Mia Holt"
    assert read("ORG:Harbour Cafe", version="2.1").cards[0].contact.name == "Harbour Cafe"
    assert read("EMAIL:mia@cafe.example", version="2.1").cards[0].contact.name == "mia@cafe.example"


def test_the_id_is_the_uid_or_the_place_in_the_file() -> None:
    found = read_all("BEGIN:VCARD\nUID:u-1\nFN:Mia\nEND:VCARD\nBEGIN:VCARD\nFN:Ben\nEND:VCARD")
    assert [card.contact.id for card in found.cards] == ["u-1", "book:2"]


def test_the_card_of_a_company_says_so() -> None:
    assert read("KIND:org", "FN:Harbour Cafe").cards[0].company
    assert read("FN:Harbour Cafe", "X-ABShowAs:COMPANY", version="3.0").cards[0].company


# -- what is not taken over ----------------------------------------------------------------------


def test_what_a_contact_has_no_place_for_is_told_with_its_line_and_never_with_its_value() -> None:
    found = read("FN:Mia", "BDAY:19800321", "NOTE:secret", "TITLE:Chief", "TITLE:Cook", "N:Holt;Mia;;;")

    assert told(found) == [(4, "BDAY"), (5, "NOTE"), (7, "TITLE"), (8, "N")]
    assert not any(word in str(problem) for problem in found.problems for word in ("1980", "secret", "Cook", "Holt"))


def test_a_wrong_value_is_told_and_the_rest_of_the_card_stays() -> None:
    found = read("FN:Mia", "EMAIL:nowhere", "LANG:?", f"UID:{'u' * 201}", f"ROLE:{'x' * 10_001}", "no property")
    assert told(found) == [(4, "EMAIL"), (5, "LANG"), (6, "UID"), (7, "ROLE"), (8, None)]
    assert found.cards[0].contact == portfolio.contact("Mia", id="book:1")


@pytest.mark.parametrize("card", ["VERSION:9.9\nFN:Mia", "KIND:group\nFN:Team", "NOTE:nobody", "FN: "])
def test_a_card_of_nobody_is_told_and_the_next_one_is_read(card: str) -> None:
    found = read_all(f"BEGIN:VCARD\n{card}\nEND:VCARD\nBEGIN:VCARD\nFN:Ben\nEND:VCARD")
    assert [each.contact.name for each in found.cards] == ["Ben"]
    assert "left out" in str(found.problems)


def test_a_card_without_an_end_is_told_and_the_next_one_is_read() -> None:
    found = read_all("hello\nthere\nBEGIN:VCARD\nFN:Mia\nBEGIN:VCARD\nFN:Ben\nEND:VCARD\nBEGIN:VCARD\nFN:Cy")
    assert [card.contact.name for card in found.cards] == ["Ben"]
    assert told(found) == [(1, None), (3, None), (8, None)]


def test_a_card_inside_a_card_is_left_out_and_told() -> None:
    found = read("FN:Mia", "AGENT:", "BEGIN:VCARD", "FN:Sam", "END:VCARD", "TEL:1", version="2.1")
    assert [card.contact.name for card in found.cards] == ["Mia"]
    assert points(found) == [("phone", "1")]


# -- what is beyond all measure ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limit", "value", "card"),
    [
        ("MAX_BYTES", 100, "FN:Mia\n" + "NOTE:x\n" * 20),
        ("MAX_CARD", 100, "FN:Mia\nPHOTO:" + "x" * 100),
        ("MAX_LINES", 10, "FN:Mia\n" + " \n" * 20),
        ("MAX_PROPERTIES", 10, "FN:Mia\n" + "TEL:1\n" * 20),
        ("MAX_DEPTH", 3, "AGENT:\nBEGIN:VCARD\n" * 5),
        ("MAX_CARDS", 10, "FN:Mia\nEND:VCARD\nBEGIN:VCARD\n" * 20),
        ("MAX_PROBLEMS", 10, "FN:Mia\n" + "NOTE:x\n" * 20),
    ],
)
def test_a_bomb_is_a_named_error_and_nothing_of_it_is_taken(
    monkeypatch: pytest.MonkeyPatch, limit: str, value: int, card: str
) -> None:
    monkeypatch.setattr(lines if hasattr(lines, limit) else incoming, limit, value)
    with pytest.raises(ImportProblem, match=str(value)):
        read_all(f"BEGIN:VCARD\n{card}\nEND:VCARD")


def test_other_versions_are_not_written() -> None:
    with pytest.raises(InvalidValue, match=r"2\.1"):
        vcards.write_cards([], version="5.0")  # type: ignore[arg-type]


# -- customers -----------------------------------------------------------------------------------


def test_the_contacts_of_a_customer_are_cards_of_the_people_there_at_a_time() -> None:  # C012
    customer = a_customer(name="Harbour Cafe", tags={"vip"}, contacts=[a_contact(until=MONDAY + DAY), a_contact("ben")])

    cards = list(vcards.cards_of(customer))
    assert [(card.contact.id, card.organisation, list(card.tags)) for card in cards] == [
        ("mia", ("Harbour Cafe",), ["vip"]),
        ("ben", ("Harbour Cafe",), ["vip"]),
    ]
    assert [card.contact.id for card in vcards.cards_of(customer, at=MONDAY + 2 * DAY)] == ["ben"]


# -- real address books --------------------------------------------------------------------------

LEFT_OUT = {
    "John_Doe_ANDROID.vcf": (6, 5),
    "John_Doe_BLACK_BERRY.vcf": (1, 1),
    "John_Doe_EVOLUTION.vcf": (1, 9),
    "John_Doe_GMAIL.vcf": (1, 8),
    "John_Doe_IPHONE.vcf": (1, 7),
    "John_Doe_LOTUS_NOTES.vcf": (1, 14),
    "John_Doe_MAC_ADDRESS_BOOK.vcf": (1, 13),
    "John_Doe_MS_OUTLOOK.vcf": (1, 12),
    "fullcontact.vcf": (1, 32),
    "gmail-list.vcf": (3, 0),
    "gmail-single.vcf": (1, 14),
    "gmail-single2.vcf": (1, 49),
    "issue114.vcf": (1, 0),
    "outlook-2003.vcf": (1, 8),
    "outlook-2007.vcf": (1, 15),
    "rfc2426-example.vcf": (2, 0),
    "rfc6350-example.vcf": (1, 8),
    "thunderbird-MoreFunctionsForAddressBook-extension.vcf": (1, 6),
}
"""How many cards there are in each file, and how many of their properties are told as left out."""


def test_all_18_address_books_of_other_programs_import_and_are_written_again_as_they_came(shared: Path) -> None:  # C012
    folder = shared / "data" / "customers" / "vcf"
    found = {path.name: vcards.read_cards(path.read_bytes(), source=path.stem) for path in folder.glob("*.vcf")}

    assert {name: (len(each.cards), len(each.problems)) for name, each in found.items()} == LEFT_OUT
    for name, each in found.items():
        for version in VERSIONS:
            again = vcards.read_cards(vcards.write_cards(each.cards, version=version), source=Path(name).stem)
            assert (again.cards, again.problems) == (each.cards, ())


def test_the_people_of_real_address_books_are_who_they_are(shared: Path) -> None:
    folder = shared / "data" / "customers" / "vcf"
    (mia,) = vcards.read_cards((folder / "outlook-2007.vcf").read_bytes(), source="o").cards

    assert (mia.contact.name, mia.contact.function) == ("Mr. Michael Angstadt Jr.", "TheJobTitle")
    assert mia.organisation == ("TheCompany", "TheDepartment")
    assert [point.value for point in mia.contact.points if point.kind is ContactKind.PHONE] == [
        "(111) 555-1111",
        "(111) 555-2222",
        "(111) 555-4444",
    ]

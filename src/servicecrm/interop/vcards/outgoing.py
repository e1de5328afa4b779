"""From contacts to the bytes of a file of cards."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from servicecrm.errors import InvalidValue
from servicecrm.interop.vcards.incoming import NO_PHONES, VERSIONS
from servicecrm.interop.vcards.model import Card, Version
from servicecrm.interop.vcards.values import FOLD, escaped, folded, quoted
from servicecrm.kernel.values import ContactKind, ContactPoint
from servicecrm.portfolio import Contact

__all__ = ["write_cards"]

_POINTS: Final[Mapping[ContactKind, str]] = {
    ContactKind.PHONE: "TEL",
    ContactKind.EMAIL: "EMAIL",
    ContactKind.POST: "ADR",
    ContactKind.WEB: "URL",
    ContactKind.CHAT: "IMPP",
    ContactKind.OTHER: "X-CONTACT-POINT",
}
_NEW: Final[Mapping[Version, frozenset[str]]] = {
    "2.1": frozenset({"IMPP", "LANG", "KIND"}),
    "3.0": frozenset({"LANG", "KIND"}),
    "4.0": frozenset(),
}
"""What a version does not know yet; it is written as an extension."""
_URIS: Final = ("URL", "IMPP")


def write_cards(cards: Iterable[Card | Contact], *, version: Version = "3.0") -> bytes:
    """The file of some cards, which `read_cards` takes in again; most address books take version 3.0.

    Raises:
        InvalidValue: there is no such version.

    Source: RFC 6350, RFC 2426, vCard 2.1; C012.
    """
    if version not in VERSIONS:
        raise InvalidValue("version", f"expected one of {', '.join(VERSIONS)}")
    lines = (line for card in cards for line in _lines(card if isinstance(card, Card) else Card(contact=card), version))
    return b"".join(line + b"\r\n" for line in lines)


def _lines(card: Card, version: Version) -> Iterator[bytes]:
    contact = card.contact
    yield b"BEGIN:VCARD"
    yield f"VERSION:{version}".encode()
    yield _line("UID", [contact.id], version)
    yield _line("FN", [contact.name], version)
    if version != "4.0":
        yield _line("N", [contact.name, "", "", "", ""], version)  # which part is which, nobody has said
    if card.company:
        yield _line("KIND", ["org"], version) if version == "4.0" else b"X-ABShowAs:COMPANY"
    if card.organisation:
        yield _line("ORG", card.organisation, version)
    if contact.function is not None:
        yield _line("TITLE", [contact.function], version)
    if contact.language is not None:
        yield _line("LANG", [contact.language], version)
    for point in contact.points:
        yield _point(point, version)
    if card.tags:
        yield _line("CATEGORIES", sorted(card.tags), version)
    yield b"END:VCARD"


def _point(point: ContactPoint, version: Version) -> bytes:
    type_, _, number = point.value.partition(":")
    if point.kind is ContactKind.OTHER and number and type_.upper() in NO_PHONES and type_.islower():
        return _line("TEL", [number], version, type_=type_.upper())
    name = _POINTS[point.kind]
    return _line(name, ["", "", point.value, "", "", "", ""] if name == "ADR" else [point.value], version)


def _line(name: str, parts: Iterable[str], version: Version, *, type_: str | None = None) -> bytes:
    """A property whose value is made of one part or several."""
    separator = "," if name == "CATEGORIES" else ";"
    value = separator.join(escaped(part, version, _marks(name, version)) for part in parts)
    header = f"X-{name}" if name in _NEW[version] else name
    if type_ is not None:
        header += f";{type_}" if version == "2.1" else f";TYPE={type_}"
    line = f"{header}:{value}"
    if version == "2.1" and not (line.isascii() and line.isprintable() and len(line) <= FOLD):
        return quoted(header, value)
    return folded(line)


def _marks(name: str, version: Version) -> str:
    """What is escaped: nothing in a URI, and in 2.1 a comma only between categories."""
    if name in _URIS:
        return ""
    return ";" if version == "2.1" and name != "CATEGORIES" else ";,"

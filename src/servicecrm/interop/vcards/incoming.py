"""From the properties of a card to a contact, and a word on everything else."""

import re
from collections.abc import Callable, Mapping
from typing import Final

import attrs

from servicecrm.errors import ImportProblem, InvalidValue
from servicecrm.interop.vcards.lines import Property, RawCard, Tell, properties, raw_cards
from servicecrm.interop.vcards.model import Card, CardsRead
from servicecrm.interop.vcards.values import Unreadable, decoded, plain, split
from servicecrm.kernel.values import ContactKind, ContactPoint, language_tag
from servicecrm.portfolio import contact

__all__ = ["read_cards"]

VERSIONS: Final = ("2.1", "3.0", "4.0")
MAX_TEXT: Final = 10_000
"""Characters that a text may have to be taken over."""
MAX_PROBLEMS: Final = 100_000
"""How much of a file may not be taken over, before nothing of it is."""
MAX_ID: Final = 200
"""Bytes that the id of a contact may have."""

TECHNICAL: Final = frozenset({"VERSION", "PRODID", "REV", "PROFILE", "SOURCE", "MAILER", "X-GENERATOR"})
"""What says nothing about anybody."""

CHATS: Final[Mapping[str, str]] = {
    "X-AIM": "aim",
    "X-GOOGLE-TALK": "xmpp",
    "X-GTALK": "xmpp",
    "X-ICQ": "icq",
    "X-JABBER": "xmpp",
    "X-MSN": "msn",
    "X-QQ": "qq",
    "X-SKYPE": "skype",
    "X-SKYPE-USERNAME": "skype",
    "X-YAHOO": "ymsgr",
}
"""Older properties for ways to chat, and the scheme of each."""

NO_PHONES: Final = ("FAX", "PAGER")
"""Types of a telephone number at which nobody can be spoken to."""


_WORDS: Final = re.compile(r"\w+")


def read_cards(content: bytes, *, source: str, encoding: str = "cp1252") -> CardsRead:
    """The people of an address book, in the order of the file, and what was not taken over.

    The id of a contact is the UID of its card or, without one, `<source>:<n>` with the place of the card in the file.
    Without a name, somebody is called as the organisation, or as the first way to reach them. `encoding` is that of
    values which are not UTF-8 and do not say what they are.

    Raises:
        ImportProblem: the file is beyond all measure: in size, in number, or in cards that lie in cards.

    Source: RFC 6350, RFC 2426, vCard 2.1; C012.
    """
    problems: list[ImportProblem] = []
    cards: list[Card] = []

    def tell(problem: ImportProblem) -> None:
        if len(problems) == MAX_PROBLEMS:
            raise ImportProblem(f"more than {MAX_PROBLEMS:,} things cannot be taken over", row=problem.row)
        problems.append(problem)

    for n, raw in enumerate(raw_cards(content, tell), 1):
        try:
            cards.append(_card(raw, f"{source}:{n}", encoding, tell))
        except _LeftOut as problem:
            tell(ImportProblem(f"the card is left out: {problem}", row=raw.row))
    return CardsRead(cards=tuple(cards), problems=tuple(sorted(problems, key=lambda problem: problem.row or 0)))


class _LeftOut(Exception):
    """Why a card cannot be taken."""


@attrs.define
class _Found:
    """What is found in a card."""

    version: str
    texts: dict[str, str] = attrs.field(factory=dict)
    organisation: tuple[str, ...] = ()
    points: list[ContactPoint] = attrs.field(factory=list)
    tags: set[str] = attrs.field(factory=set)

    def plain(self, text: str) -> str:
        """A text without its escapes."""
        return plain(text, self.version).strip()

    def split(self, text: str, separator: str = ";") -> list[str]:
        """The parts of a text."""
        return split(text, separator, self.version)

    def one(self, name: str, text: str) -> None:
        """What there can be one of."""
        if text and self.texts.setdefault(name, text) != text:
            raise Unreadable("not taken over: there is another one, and a contact has one")

    def point(self, kind: ContactKind, value: str) -> None:
        """One more way to reach somebody."""
        if value:
            self.points.append(ContactPoint(kind=kind, value=value))


def _card(raw: RawCard, id: str, encoding: str, tell: Tell) -> Card:
    if raw.version not in VERSIONS:
        raise _LeftOut(f"its version is none of {', '.join(VERSIONS)}")
    found = _Found(raw.version)
    every = sorted(properties(raw, tell), key=lambda each: (each.name == "ROLE", each.rank))  # a title says more
    for property in every:
        if property.name not in TECHNICAL and property.value.strip():
            _take(property, found, encoding, tell)
    texts = found.texts
    kind = texts.get("KIND", "individual").lower()
    if kind not in ("individual", "org"):
        raise _LeftOut("it is that of a group, a place or a thing")
    others = (*found.organisation, *(each.value for each in found.points))
    name = texts.get("FN") or texts.get("N") or next(iter(others), None)
    if name is None:
        raise _LeftOut("it names nobody")
    if not _words(texts.get("N", "")) <= _words(name):
        row = next(each.row for each in every if each.name == "N")
        tell(ImportProblem("not taken over: it has words that the name as it is written has not", row=row, column="N"))
    return Card(
        contact=contact(
            name,
            id=texts.get("UID", id),
            function=texts.get("TITLE"),
            language=texts.get("LANG"),
            points=dict.fromkeys(found.points),
        ),
        organisation=found.organisation,
        tags=frozenset(found.tags),
        company=kind == "org" or texts.get("X-ABSHOWAS", "").upper() == "COMPANY",
    )


def _words(name: str) -> set[str]:
    return set(_WORDS.findall(name.casefold()))


# -- one property --------------------------------------------------------------------------------


def _take(property: Property, found: _Found, encoding: str, tell: Tell) -> None:
    try:
        take = _TAKEN.get(property.name)
        if take is None:
            raise Unreadable("not taken over: a contact has no place for it")
        text = decoded(property, encoding)
        if len(text) > MAX_TEXT:
            raise Unreadable(f"not taken over: more than {MAX_TEXT:,} characters")
        take(found, property, text)
    except (Unreadable, InvalidValue) as problem:
        says = problem.says if isinstance(problem, Unreadable) else f"not taken over: {problem.says}"
        tell(ImportProblem(says, row=property.row, column=property.name[:40]))


Take = Callable[[_Found, Property, str], None]


def _text_as(name: str) -> Take:
    return lambda found, _, text: found.one(name, found.plain(text))


def _point_as(kind: ContactKind) -> Take:
    return lambda found, _, text: found.point(kind, found.plain(text))


def _names(found: _Found, _: Property, text: str) -> None:
    family, given, more, before, after = (*found.split(text), *[""] * 5)[:5]
    found.one("N", " ".join(filter(None, (before, given, more, family, after))))


def _uid(found: _Found, _: Property, text: str) -> None:
    uid = found.plain(text)
    if len(uid.encode()) > MAX_ID:
        raise Unreadable(f"not taken over: an id has at most {MAX_ID} bytes")
    found.one("UID", uid)


def _language(found: _Found, _: Property, text: str) -> None:
    found.one("LANG", language_tag(found.plain(text)))


def _organisation(found: _Found, _: Property, text: str) -> None:
    parts = tuple(filter(None, found.split(text)))
    if found.organisation not in ((), parts):
        raise Unreadable("not taken over: there is another one, and a contact is at one")
    found.organisation = parts


def _categories(found: _Found, _: Property, text: str) -> None:
    found.tags |= set(filter(None, found.split(text, ",")))


def _phone(found: _Found, property: Property, text: str) -> None:
    number = found.plain(text).removeprefix("tel:")
    type_ = next((type_ for type_ in NO_PHONES if property.has(type_)), None)
    if type_ is None or not number:
        found.point(ContactKind.PHONE, number)
    else:
        found.point(ContactKind.OTHER, f"{type_.lower()}:{number}")


def _address(found: _Found, _: Property, text: str) -> None:
    found.point(ContactKind.POST, "\n".join(filter(None, found.split(text))))


def _chat(found: _Found, property: Property, text: str) -> None:
    scheme, name = CHATS.get(property.name), found.plain(text)
    found.point(ContactKind.CHAT, f"{scheme}:{name}" if scheme and name else name)


_TAKEN: Final[Mapping[str, Take]] = {
    "FN": _text_as("FN"),
    "N": _names,
    "KIND": _text_as("KIND"),
    "X-ABSHOWAS": _text_as("X-ABSHOWAS"),
    "UID": _uid,
    "ORG": _organisation,
    "TITLE": _text_as("TITLE"),
    "ROLE": _text_as("TITLE"),
    **dict.fromkeys(("LANG", "X-LANG"), _language),
    "CATEGORIES": _categories,
    "TEL": _phone,
    "EMAIL": _point_as(ContactKind.EMAIL),
    "ADR": _address,
    "URL": _point_as(ContactKind.WEB),
    **dict.fromkeys(("IMPP", "X-IMPP", "X-MS-IMADDRESS", *CHATS), _chat),
    "X-CONTACT-POINT": _point_as(ContactKind.OTHER),
}
"""What is taken over, and how."""

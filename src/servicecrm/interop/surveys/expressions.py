"""Conditions as survey tools write them, read into a tree. Nothing is ever run.

LimeSurvey, XForms and SurveyJS write the same few things in their own ways: `Q1 >= 4 and is_empty(Q2)`,
`${q1} >= 4 and ${q2} = ''`, `{q1} >= 4 and {q2} empty`. What is more than that is not read.
"""

import re
from collections.abc import Callable
from typing import Final, Literal, NamedTuple

__all__ = ["SELF", "Both", "Compared", "Either", "Not", "Tree", "Unreadable", "read"]

SELF: Final = "."
"""The name of the item itself, in a constraint of XForms."""

_LONGEST: Final = 4_000
_DEEPEST: Final = 40

Sign = Literal["=", "!=", "<", "<=", ">", ">=", "includes", "empty"]


class Unreadable(Exception):
    """A condition that says more than ours can."""


class Compared(NamedTuple):
    """An answer, by the name that the tool has for it, compared with a value."""

    name: str
    sign: Sign
    value: str | float = ""


class Both(NamedTuple):
    """All of them are true."""

    parts: tuple["Tree", ...]


class Either(NamedTuple):
    """One of them is true."""

    parts: tuple["Tree", ...]


class Not(NamedTuple):
    """It is not true."""

    part: "Tree"


Tree = Compared | Both | Either | Not


def read(text: str, *, bare: bool = False) -> Tree:
    """The tree of a condition; `bare` says that a word without braces is the name of an answer, as in LimeSurvey.

    Raises:
        Unreadable: it says something that ours cannot.
    """
    if len(text) > _LONGEST:
        raise Unreadable("it is too long")
    reader = _Reader(_tokens(text, bare=bare))
    found = reader.either(0)
    if reader.next is not None:
        raise Unreadable(f"{reader.next.text!r} is not understood there")
    return found


# -- words ---------------------------------------------------------------------------------------

_TOKEN: Final = re.compile(
    r"""\s*(?:(?P<text>'[^']*'|"[^"]*")|(?P<number>-?\d+(?:\.\d+)?)|\$?\{(?P<name>[^{}]+)\}"""
    r"""|(?P<sign><=|>=|==|!=|<>|=|<|>|&&|\|\||!|\(|\)|,)|(?P<self>\.)(?![\w.])|(?P<word>[A-Za-z_][\w.]*(?:-[\w]+)*))"""
)
_WRITTEN: Final[dict[Sign, str]] = {
    "=": "= == eq equal",
    "!=": "!= <> ne notequal",
    "<": "< lt less",
    "<=": "<= le lessorequal",
    ">": "> gt greater",
    ">=": ">= ge greaterorequal",
    "includes": "contains",
}
_SIGNS: Final[dict[str, Sign]] = {word: sign for sign, words in _WRITTEN.items() for word in words.split()}
_TURNED: Final[dict[Sign, Sign]] = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_WORDS: Final = frozenset({*filter(str.isalpha, _SIGNS), "and", "or", "not", "empty", "notempty", "notcontains"})
_SUFFIX: Final = re.compile(r"\.(NAOK|code|value|shown)$")


class _Token(NamedTuple):
    kind: Literal["value", "name", "sign", "call"]
    text: str
    value: str | float = ""


def _tokens(text: str, *, bare: bool) -> list[_Token]:
    found: list[_Token] = []
    at = 0
    while at < len(text.rstrip()):
        match = _TOKEN.match(text, at)
        if match is None:
            raise Unreadable(f"{text[at:].split(maxsplit=1)[0]!r} is not understood")
        at = match.end()
        found.append(_token(match, called=text[at:].lstrip().startswith("("), bare=bare))
    return found


def _token(match: re.Match[str], *, called: bool, bare: bool) -> _Token:
    kind, said = match.lastgroup, match[match.lastgroup or 0]
    word = said.lower()
    if kind == "text":
        return _Token("value", said, said[1:-1])
    if kind == "number":
        return _Token("value", said, float(said))
    if kind == "sign":
        return _Token("sign", {"&&": "and", "||": "or", "!": "not"}.get(said, said))
    if kind == "word" and word in _WORDS:
        return _Token("sign", word)
    if kind == "word" and called:
        return _Token("call", word)
    if kind == "word" and not bare:
        return _Token("value", said, said)
    return _Token("name", _SUFFIX.sub("", said.strip()))


# -- sentences -----------------------------------------------------------------------------------


class _Reader:
    """Reads from left to right: or binds loosest, then and, then not."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._at = 0

    @property
    def next(self) -> _Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def take(self) -> _Token:
        if self.next is None:
            raise Unreadable("it ends too early")
        self._at += 1
        return self._tokens[self._at - 1]

    def takes(self, *signs: str) -> str | None:
        """The sign that stands here, if it is one of these."""
        if self.next is not None and self.next.kind == "sign" and self.next.text in signs:
            return self.take().text
        return None

    def needs(self, sign: str) -> None:
        if self.takes(sign) is None:
            raise Unreadable(f"a {sign} is missing")

    def either(self, depth: int) -> Tree:
        parts = self._several(lambda: self._both(depth), "or")
        return parts[0] if len(parts) == 1 else Either(parts)

    def _both(self, depth: int) -> Tree:
        parts = self._several(lambda: self._one(depth), "and")
        return parts[0] if len(parts) == 1 else Both(parts)

    def _several(self, read: Callable[[], Tree], between: str) -> tuple[Tree, ...]:
        parts = [read()]
        while self.takes(between):
            parts.append(read())
        return tuple(parts)

    def _one(self, depth: int) -> Tree:
        if depth == _DEEPEST:
            raise Unreadable("it nests too deep")
        if self.takes("not"):
            return Not(self._one(depth + 1))
        if self.takes("("):
            found = self.either(depth + 1)
            self.needs(")")
            return found
        if self.next is not None and self.next.kind == "call":
            return self._called()
        return self._compared()

    def _called(self) -> Tree:
        function = self.take().text
        self.needs("(")
        name = self._name()
        if function == "selected":
            self.needs(",")
            found: Tree = Compared(name, "includes", self._value())
        elif function in ("is_empty", "isempty"):
            found = Compared(name, "empty")
        else:
            raise Unreadable(f"{function}() is not understood")
        self.needs(")")
        return found

    def _compared(self) -> Tree:
        first = self.take()
        if first.kind == "name" and (word := self.takes("empty", "notempty", "notcontains")):
            found = Compared(first.text, "includes", self._value()) if word == "notcontains" else None
            empty = found or Compared(first.text, "empty")
            return empty if word == "empty" else Not(empty)
        sign = self.take()
        if sign.kind != "sign" or sign.text not in _SIGNS:
            raise Unreadable(f"{sign.text!r} does not compare")
        how = _SIGNS[sign.text]
        if first.kind == "value":
            return _plain(self._name(), _TURNED.get(how, how), first.value)
        if first.kind != "name":
            raise Unreadable(f"{first.text!r} is not understood there")
        return _plain(first.text, how, self._value())

    def _name(self) -> str:
        token = self.take()
        if token.kind != "name":
            raise Unreadable(f"{token.text!r} is not the name of an answer")
        return token.text

    def _value(self) -> str | float:
        token = self.take()
        if token.kind != "value":
            raise Unreadable(f"{token.text!r} is no value to compare with")
        return token.value


def _plain(name: str, sign: Sign, value: str | float) -> Tree:
    """To compare with nothing asks whether there is an answer."""
    if isinstance(value, str) and not value.strip():
        return Not(Compared(name, "empty")) if sign == "!=" else Compared(name, "empty")
    return Compared(name, sign, value)

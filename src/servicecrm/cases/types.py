"""Request types: what can be asked for, and which attributes a request of a type has.

A type is published in versions, like house rules, and a case names the version that it was opened with. So a type may
change or retire while older cases stay as valid as they were.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

import attrs

from servicecrm.errors import InvalidValue
from servicecrm.kernel.frozen import EMPTY, FrozenMap, Plain
from servicecrm.kernel.policies import PolicyBook, PolicyVersion
from servicecrm.kernel.records import record
from servicecrm.kernel.shapes import Code, filled, several
from servicecrm.kernel.values import in_language, language_tag

__all__ = ["Attribute", "Choice", "Datatype", "RequestType", "RequestTypeBook", "in_language", "typed"]


class Datatype(Code):
    """What an attribute holds: a line, a number, a time with a zone, a longer text, one choice or several."""

    STRING = "string"
    NUMBER = "number"
    DATETIME = "datetime"
    TEXT = "text"
    SINGLE = "singlevaluelist"
    MULTI = "multivaluelist"


LISTS: Final = (Datatype.SINGLE, Datatype.MULTI)


@record
class Choice:
    """One value of a list: its key, and its name by language."""

    key: str = attrs.field(validator=filled)
    name: FrozenMap = EMPTY


@record
class Attribute:
    """Something that a request of a type tells. One that is not `variable` is only shown, and holds nothing.

    Raises:
        InvalidValue: a list has no values or one key twice, something else has values, or what is only shown is
            required.
    """

    code: str = attrs.field(validator=filled)
    datatype: Datatype = Datatype.STRING
    required: bool = False
    order: int = 0
    description: FrozenMap = EMPTY
    """By language: `{"en": "How deep is it?"}`."""
    datatype_description: FrozenMap = EMPTY
    values: tuple[Choice, ...] = attrs.field(default=(), converter=tuple)
    variable: bool = True

    def __attrs_post_init__(self) -> None:
        keys = [choice.key for choice in self.values]
        if (self.datatype in LISTS) != bool(keys) or len(set(keys)) < len(keys):
            raise InvalidValue(
                f"Attribute {self.code}.values", "a list has values, each key once; nothing else has any"
            )
        if self.required and not self.variable:
            raise InvalidValue(f"Attribute {self.code}.required", "what is only shown cannot be required")

    def problem(self, value: Plain) -> str | None:
        """What is wrong with a value, without showing it; None if nothing is."""
        if not self.variable:
            return "is only shown, and holds nothing"
        says, right = _SHAPES[self.datatype]
        if not right(value):
            return f"expected {says}"
        if self.datatype not in LISTS:
            return None
        keys = [choice.key for choice in self.values]
        given = value if isinstance(value, tuple) else (value,)
        return None if set(given) <= set(keys) else f"expected keys out of {', '.join(keys)}"


@record
class RequestType:
    """Something that people may ask for, by the code that other systems know it by.

    `name` is by language. `targets` are the host's time limits by name, which are not interpreted here. `queue` is
    where such requests go if no rule says otherwise.

    Raises:
        InvalidValue: two attributes have one code, or a language is not written as a language tag.

    Source: C068, Open311 GeoReport v2 (services and their definitions).
    """

    code: str = attrs.field(validator=filled)
    name: FrozenMap = EMPTY
    description: FrozenMap = EMPTY
    group: str | None = None
    keywords: tuple[str, ...] = attrs.field(default=(), converter=lambda words: several("RequestType.keywords", words))
    attributes: tuple[Attribute, ...] = attrs.field(default=(), converter=tuple)
    targets: FrozenMap = EMPTY
    queue: str | None = None
    retired: bool = False

    def __attrs_post_init__(self) -> None:
        codes = [attribute.code for attribute in self.attributes]
        if len(set(codes)) < len(codes):
            raise InvalidValue(f"RequestType {self.code}.attributes", "each attribute has a code of its own")
        for language in (*self.name, *self.description):
            language_tag(language)

    @property
    def ordered(self) -> tuple[Attribute, ...]:
        """The attributes in the order in which they are asked for."""
        return tuple(sorted(self.attributes, key=lambda attribute: attribute.order))

    def problems(self, attributes: Mapping[str, Plain]) -> tuple[str, ...]:
        """Everything that is wrong with the attributes of a request, each with the code of the attribute."""
        known = {attribute.code: attribute for attribute in self.ordered}
        found = [f"{code}: not an attribute of {self.code}" for code in attributes if code not in known]
        for code, attribute in known.items():
            if attributes.get(code) in _NOTHING:
                found += [f"{code}: is required"] if attribute.required else []
            elif (problem := attribute.problem(attributes[code])) is not None:
                found.append(f"{code}: {problem}")
        return tuple(found)

    def check(self, attributes: Mapping[str, Plain]) -> None:
        """Refuses attributes that a request of this type cannot have.

        Raises:
            InvalidValue: every problem at once.
        """
        found = self.problems(attributes)
        if found:
            raise InvalidValue("Case.attributes", "; ".join(found))


@record
class RequestTypeBook(PolicyBook[RequestType]):
    """All versions of one request type; its id is the code.

    Raises:
        InvalidValue: a version has another code.
    """

    id: str
    versions: tuple[PolicyVersion[RequestType], ...] = ()

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        if any(version.policy.code != self.id for version in self.versions):
            raise InvalidValue("RequestTypeBook.versions", f"every version of {self.id} has this code")


def typed(request_type: RequestType | None, attributes: Mapping[str, object]) -> FrozenMap:
    """The attributes of a request as they are kept.

    Raises:
        InvalidValue: the type does not have such attributes, or there is no type to have any.
    """
    kept = FrozenMap(attributes)
    if request_type is not None:
        request_type.check(kept)
    elif kept:
        raise InvalidValue("Case.attributes", "only a request of a type has attributes; name its type")
    return kept


def _is_number(value: Plain) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_time(value: Plain) -> bool:
    if not isinstance(value, str):
        return False
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def _is_keys(value: Plain) -> bool:
    return isinstance(value, tuple) and all(isinstance(key, str) for key in value) and len(set(value)) == len(value)


_NOTHING: Final = (None, "", ())

_SHAPES: Final[Mapping[Datatype, tuple[str, Callable[[Plain], bool]]]] = {
    Datatype.STRING: ("a text", lambda value: isinstance(value, str)),
    Datatype.NUMBER: ("a number", _is_number),
    Datatype.DATETIME: ("a time with a zone, in ISO 8601", _is_time),
    Datatype.TEXT: ("a text", lambda value: isinstance(value, str)),
    Datatype.SINGLE: ("one key", lambda value: isinstance(value, str)),
    Datatype.MULTI: ("several keys, each once", _is_keys),
}

"""Documents that we wrote, read by msgspec: the extra `fast`. Loaded when the first document is read.

For each record two things are made from its annotations: a `msgspec.Struct` with what its document holds, and a
function that fills a record with that. msgspec looks at the types, and that every field stands there and no other. The
converters and validators of the record do not run: they ran when it was written.

So what somebody changed behind our back is noticed here if the JSON, a field or a type is wrong, and not if a value
breaks a rule: a blank subject, a percentage above 100, a time before the year 1 in UTC. And of a time msgspec rounds
what is finer than microseconds, which Python cuts off. What is verified or imported is read with every check.
"""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Final, NamedTuple, get_args, get_origin

import attrs
import msgspec

from servicecrm.kernel.checks import base_type
from servicecrm.kernel.frozen import EMPTY, FrozenMap, frozen_map
from servicecrm.kernel.quick import Hooks, Names, is_optional, made, named, optional, reading

__all__ = ["fast_reader"]


def fast_reader(record: type, hooks: Hooks) -> Callable[[str, int], Any]:
    """A function from the text of a document and a revision to a record; it fails with any error."""
    struct, fill = _struct(record, hooks, _FILL)
    decode = msgspec.json.Decoder(struct).decode

    def read(text: str, revision: int) -> Any:
        if "\\" in text and "\\u" in text:  # mostly a character that no text may hold; one alone is found at once
            raise ValueError
        return fill(decode(text), revision)

    return read


class _Form(NamedTuple):
    """What msgspec is to read, and the expression that makes the value of a field of it."""

    type: Any
    value: str


def _struct(record: type, hooks: Hooks, text: str) -> tuple[type[msgspec.Struct], Callable[..., Any]]:
    """The struct of a record, and the function of this text."""
    # It is filled as long as it may be changed, as `evolve` does.
    free = {"__slots__": (), "__setattr__": object.__setattr__, "__delattr__": object.__delattr__}
    names: Names = {"blank": object.__new__, "record": record, "thawed": type(record.__name__, (record,), free)}
    forms = {a.name: _form(a.type, f"o.{a.name}", names, hooks) for a in attrs.fields(record) if a.name != "revision"}
    filled = [f"new.{name} = {form.value}" for name, form in forms.items()]
    if len(forms) < len(attrs.fields(record)):
        filled.append("new.revision = revision")
    fields = [(name, form.type) for name, form in forms.items()]
    # No collector of garbage has to look at what is gone at once.
    struct = msgspec.defstruct(record.__name__, fields, forbid_unknown_fields=True, gc=False)
    return struct, made(text.format("; ".join(filled)), names)


_FILL: Final = """
def made(o, revision):
    new = blank(thawed)
    {}
    new.__class__ = record
    return new
"""

# A call for each would take longer than to fill a short one.
_FILL_ALL: Final = """
def made(several, revision=0):
    all = []
    for o in several:
        new = blank(thawed)
        {}
        new.__class__ = record
        all.append(new)
    return all
"""


def _form(annotation: Any, value: str, names: Names, hooks: Hooks) -> _Form:
    annotation = base_type(annotation)
    if annotation in _NATIVE:
        return _Form(_NATIVE[annotation], value)
    if annotation is FrozenMap:
        return _Form(dict, f"({named(names, frozen_map)}({value}) if {value} else {named(names, EMPTY)})")
    if annotation is Decimal:
        return _Form(str, f"{named(names, _finite)}({value})")
    if isinstance(annotation, type) and issubclass(annotation, Enum) and issubclass(annotation, str):
        return _Form(annotation, value)
    if isinstance(annotation, type) and attrs.has(annotation):
        struct, fill = _struct(annotation, hooks, _FILL)
        return _Form(struct, f"{named(names, fill)}({value}, 0)")
    if is_optional(annotation):
        return _optional(annotation, value, names, hooks)
    if get_origin(annotation) in (tuple, frozenset):
        return _items(annotation, value, names, hooks)
    return _Form(Any, reading(annotation, value, names, hooks))


_NATIVE: Final[dict[type, Any]] = {
    str: str,
    bool: bool,
    float: float,
    int: Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)],
    datetime: Annotated[datetime, msgspec.Meta(tz=True)],
    date: date,
}


def _finite(text: str) -> Decimal:
    number = Decimal(text)
    if not number.is_finite():
        raise ValueError
    return number


def _optional(annotation: Any, value: str, names: Names, hooks: Hooks) -> _Form:
    inner: list[Any] = []

    def part(of: Any, there: str) -> str:
        form = _form(of, there, names, hooks)
        inner.append(form.type)
        return form.value

    there = optional(annotation, value, names, part)
    return _Form(inner[0] | None, there)


def _items(annotation: Any, value: str, names: Names, hooks: Hooks) -> _Form:
    container: Any = get_origin(annotation)
    item = base_type(get_args(annotation)[0])
    if isinstance(item, type) and attrs.has(item):
        item, fill = _struct(item, hooks, _FILL_ALL)
        items = f"{named(names, fill)}({value})"
    else:
        item, each = _form(item, "v", names, hooks)
        if each == "v":
            return _Form(container[item, ...] if container is tuple else container[item], value)
        items = f"[{each} for v in {value}]"
    listed: Any = list
    return _Form(listed[item], f"({named(names, container)}({items}) if {value} else {named(names, container())})")

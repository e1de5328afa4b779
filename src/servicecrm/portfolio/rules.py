"""Parts of the house rules: fields of a profile, rules for classes, and how classes are treated."""

from datetime import date, timedelta
from math import isfinite

import attrs

from servicecrm.errors import InvalidValue
from servicecrm.kernel.records import record
from servicecrm.kernel.shapes import filled
from servicecrm.portfolio.codes import Datatype, ValueClass
from servicecrm.portfolio.shapes import figure

__all__ = ["ClassRule", "Condition", "ProfileField", "Treatment", "Value"]

Value = str | float | bool | date
"""What an observation says, read as its field wants it."""


@record
class ProfileField:
    """A field that may be known of a customer: what it holds, how much it weighs, and which consent it needs.

    Raises:
        InvalidValue: a choice has no choices, or the weight is below nothing.

    Source: C018.
    """

    name: str = attrs.field(validator=filled)
    datatype: Datatype = Datatype.TEXT
    choices: tuple[str, ...] = attrs.field(default=(), converter=tuple)
    weight: float = attrs.field(default=1.0, converter=figure)
    consent: str | None = attrs.field(default=None, validator=filled)

    def __attrs_post_init__(self) -> None:
        if (self.datatype is Datatype.CHOICE) != bool(self.choices):
            raise InvalidValue("ProfileField.choices", "a field has choices if it is a choice, and else none")
        if self.weight < 0:
            raise InvalidValue("ProfileField.weight", "a weight is nothing or more")

    def read(self, text: str) -> Value:
        """The value that a text stands for.

        Raises:
            InvalidValue: the field does not hold such a value.
        """
        try:
            match self.datatype:
                case Datatype.NUMBER:
                    number = float(text)
                    if isfinite(number):
                        return number
                case Datatype.DATE:
                    return date.fromisoformat(text)
                case Datatype.YES_NO:
                    return {"yes": True, "no": False}[text]
                case Datatype.CHOICE:
                    return self.choices[self.choices.index(text)]
                case Datatype.TEXT:
                    return text
        except (ValueError, KeyError):
            pass
        wanted = {
            Datatype.NUMBER: "a number",
            Datatype.DATE: "a date as in 2026-03-02",
            Datatype.YES_NO: "yes or no",
            Datatype.CHOICE: f"one of {', '.join(self.choices)}",
        }
        raise InvalidValue(self.name, f"expected {wanted[self.datatype]}")


@record
class Condition:
    """Something that a rule looks at: a figure between `least` and `most`, or a word that is `one_of` several.

    A fact that is not known meets no condition.

    Raises:
        InvalidValue: it asks for nothing, or for a figure and for a word.
    """

    fact: str = attrs.field(validator=filled)
    least: float | None = attrs.field(default=None, converter=figure)
    most: float | None = attrs.field(default=None, converter=figure)
    one_of: tuple[str, ...] = attrs.field(default=(), converter=tuple)

    def __attrs_post_init__(self) -> None:
        if (self.least is not None or self.most is not None) == bool(self.one_of):
            raise InvalidValue(f"Condition {self.fact}", "expected a least or most figure, or words")

    def met(self, fact: float | str | None) -> bool:
        """Is it so?"""
        if fact is None:
            return False
        if self.one_of or isinstance(fact, str):
            return fact in self.one_of
        return (self.least is None or fact >= self.least) and (self.most is None or fact <= self.most)

    def __str__(self) -> str:
        if self.one_of:
            return f"{self.fact} is {' or '.join(self.one_of)}"
        bounds = (("at least", self.least), ("at most", self.most))
        return f"{self.fact} is " + " and ".join(f"{word} {bound:g}" for word, bound in bounds if bound is not None)


@record
class ClassRule:
    """Whoever meets all conditions is in the class. Rules are asked in order, and the first that fits counts.

    Source: C021.
    """

    name: str = attrs.field(validator=filled)
    value_class: ValueClass
    conditions: tuple[Condition, ...] = attrs.field(converter=tuple)

    def __attrs_post_init__(self) -> None:
        if not self.conditions:
            raise InvalidValue(f"ClassRule {self.name}", "a rule has a condition; whoever meets none is standard")


@record
class Treatment:
    """What a class is given: how often somebody is in touch, how often the service is reviewed, which service level.

    Source: C021.
    """

    value_class: ValueClass
    contact_every: timedelta
    review_every: timedelta
    tier: str | None = attrs.field(default=None, validator=filled)

"""Where does a request go? Rules in order, the first that fits decides, and the answer tells why."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

import attrs

from servicecrm.cases.model import Case
from servicecrm.cases.types import RequestType
from servicecrm.errors import InvalidValue
from servicecrm.kernel.frozen import EMPTY, FrozenMap
from servicecrm.kernel.kinds import folded
from servicecrm.kernel.policies import PolicyBook, PolicyVersion
from servicecrm.kernel.records import record
from servicecrm.kernel.shapes import filled, several

__all__ = [
    "BY_DEFAULT",
    "BY_TYPE",
    "NOBODY_ABSENT",
    "Missed",
    "Router",
    "Routing",
    "RoutingBook",
    "RoutingRule",
    "present",
]

BY_TYPE: Final = "by_type"
"""The `rule` of a routing to the queue that the request type names."""

BY_DEFAULT: Final = "by_default"
"""The `rule` of a routing to the queue for what nothing else fits."""

NOBODY_ABSENT: Final[Mapping[str, str]] = MappingProxyType({})


@record
class RoutingRule:
    """Where a request goes if it fits every condition that is given; of several values any one will do.

    `types` are codes of request types, `areas` are how a zip code begins, and `keywords` are looked for in subject and
    text, whatever their case. `attributes` have to be equal. A handler without a queue is one of the default queue.

    Raises:
        InvalidValue: it names neither a queue nor a handler, or has no condition.
    """

    name: str = attrs.field(validator=filled)
    types: tuple[str, ...] = attrs.field(default=(), converter=lambda given: several("RoutingRule.types", given))
    areas: tuple[str, ...] = attrs.field(default=(), converter=lambda given: several("RoutingRule.areas", given))
    keywords: tuple[str, ...] = attrs.field(default=(), converter=lambda given: several("RoutingRule.keywords", given))
    attributes: FrozenMap = EMPTY
    queue: str | None = None
    handler: str | None = None

    def __attrs_post_init__(self) -> None:
        if self.queue is None and self.handler is None:
            raise InvalidValue(f"RoutingRule {self.name}", "a rule names a queue or a handler")
        if not (self.types or self.areas or self.keywords or self.attributes):
            raise InvalidValue(f"RoutingRule {self.name}", "a rule has a condition; `default` takes what is left")

    def misses(self, case: Case) -> tuple[str, ...]:
        """The conditions that a case does not meet: `type`, `area`, `keyword`, or the code of an attribute."""
        return tuple(self._misses(case))

    def _misses(self, case: Case) -> Iterator[str]:
        if self.types and case.request_type not in self.types:
            yield "type"
        if self.areas and not ((case.place and case.place.zipcode) or "").startswith(self.areas):
            yield "area"
        told = folded(f"{case.subject}\n{case.text}")
        if self.keywords and not any(folded(word) in told for word in self.keywords):
            yield "keyword"
        for code, value in self.attributes.items():
            if case.attributes.get(code) != value:
                yield f"attribute {code}"


@record
class Missed:
    """A rule that did not fit, and the conditions that were not met."""

    rule: str
    conditions: tuple[str, ...]


@record
class Routing:
    """Where a request goes, and why: `Routing(queue="water")` where a person decides.

    `rule` is the name of the rule that fitted, `BY_TYPE` or `BY_DEFAULT`; `missed` are the rules before it.
    `deputy_for` is the absent person in whose place the handler is.
    """

    queue: str | None = None
    handler: str | None = None
    rule: str | None = None
    deputy_for: str | None = None
    missed: tuple[Missed, ...] = ()

    def __str__(self) -> str:
        to = " / ".join(filter(None, (self.queue, self.handler))) or "nobody"
        why = "decided by a person" if self.rule is None else f"rule {self.rule}"
        instead = f", for {self.deputy_for} who is absent" if self.deputy_for else ""
        lines = [f"{missed.rule}: {', '.join(missed.conditions)} did not fit" for missed in self.missed]
        return "\n".join((*lines, f"{why}: to {to}{instead}"))


@record
class Router:
    """The rules of a house, in the order in which they are tried; `default` is the queue for what nothing fits.

    Raises:
        InvalidValue: two rules have one name, or a name that a routing without a rule has.

    Source: C059.
    """

    rules: tuple[RoutingRule, ...] = attrs.field(default=(), converter=tuple)
    default: str = attrs.field(default="triage", validator=filled)

    def __attrs_post_init__(self) -> None:
        names = [BY_TYPE, BY_DEFAULT, *(rule.name for rule in self.rules)]
        if len(set(names)) < len(names):
            raise InvalidValue(
                "Router.rules", f"each rule has a name of its own, other than {BY_TYPE} and {BY_DEFAULT}"
            )

    def route(
        self, case: Case, request_type: RequestType | None = None, *, deputies: Mapping[str, str] = NOBODY_ABSENT
    ) -> Routing:
        """Find where a case goes. `deputies` are those who stand in for each person who is absent."""
        missed: list[Missed] = []
        for rule in self.rules:
            conditions = rule.misses(case)
            if not conditions:
                return _routed(rule.queue or self.default, rule.handler, rule.name, missed, deputies)
            missed.append(Missed(rule=rule.name, conditions=conditions))
        if request_type is not None and request_type.queue is not None:
            return _routed(request_type.queue, None, BY_TYPE, missed, deputies)
        return _routed(self.default, None, BY_DEFAULT, missed, deputies)


@record
class RoutingBook(PolicyBook[Router]):
    """All versions of a house's rules for routing."""

    id: str = "routing"
    versions: tuple[PolicyVersion[Router], ...] = ()

    @classmethod
    def shipped(cls) -> Router:
        """Without rules, everything waits in the default queue."""
        return Router()


def present(handler: str | None, deputies: Mapping[str, str]) -> str | None:
    """A person, or whoever stands in; None if all who would are absent too."""
    asked: set[str] = set()
    while handler is not None and handler in deputies:
        if handler in asked:
            return None
        asked.add(handler)
        handler = deputies[handler]
    return handler


def _routed(queue: str, handler: str | None, rule: str, missed: list[Missed], deputies: Mapping[str, str]) -> Routing:
    found = present(handler, deputies)
    return Routing(
        queue=queue,
        handler=found,
        rule=rule,
        deputy_for=handler if found != handler else None,
        missed=tuple(missed),
    )

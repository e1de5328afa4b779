"""What services rest on: never on themselves, and better on nothing weaker than what they promise."""

from collections.abc import Iterable, Iterator, Mapping

import attrs

from servicecrm.agreements.levels import LevelTarget, TimeTarget, is_weaker
from servicecrm.agreements.service_model import Service, ServiceDefinition
from servicecrm.errors import PolicyViolation

__all__ = ["Weakness", "check_acyclic", "cycle", "weaknesses"]


@attrs.frozen(kw_only=True)
class Weakness:
    """A promise that rests on a weaker one: that of a service, or of a supplier's."""

    service: str
    rests_on: str
    promised: TimeTarget | LevelTarget
    supported: TimeTarget | LevelTarget


def cycle(services: Iterable[Service]) -> tuple[str, ...]:
    """The first way by which a service rests on itself, such as `("a", "b", "a")`; empty if none does.

    Source: C025.
    """
    graph: dict[str, tuple[str, ...]] = {each.id: each.current.rests_on for each in services}
    done: set[str] = set()
    for start, rests_on in graph.items():
        path: dict[str, Iterator[str]] = {start: iter(rests_on)}  # in the order in which they were entered
        while path:
            last = next(reversed(path))
            following = next((each for each in path[last] if each not in done), None)
            if following is None:
                done.add(last)
                del path[last]
            elif following in path:
                names = list(path)
                return (*names[names.index(following) :], following)
            else:
                path[following] = iter(graph.get(following, ()))
    return ()


def check_acyclic(service: Service, others: Iterable[Service]) -> None:
    """Refuses a service that rests on itself, by whatever way.

    Raises:
        PolicyViolation: names the way.
    """
    found = cycle([service, *(each for each in others if each.id != service.id)])
    if found:
        raise PolicyViolation("supports", f"a service cannot rest on itself: {' > '.join(found)}")


def weaknesses(service: Service, others: Iterable[Service]) -> tuple[Weakness, ...]:
    """Where what a service rests on promises less than the service itself does. To be looked at, and not refused.

    Source: C025.
    """
    return tuple(_weaknesses(service.id, service.definition, {each.id: each for each in others}))


def _weaknesses(id: str, definition: ServiceDefinition, others: Mapping[str, Service]) -> Iterator[Weakness]:
    for support in definition.supports:
        levels = support.levels
        if support.supplier is None:
            if support.service not in others:
                continue
            levels = others[support.service].current.levels
        for promised in definition.levels.every:
            for own in levels.every:
                if is_weaker(own, promised):
                    yield Weakness(service=id, rests_on=support.service, promised=promised, supported=own)

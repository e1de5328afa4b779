"""Which target counts for a customer and a service: the most specific one that there is, and where it comes from."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

import attrs

from servicecrm.agreements.codes import TargetSource
from servicecrm.agreements.levels import LevelTarget, ServiceLevels, TimeTarget
from servicecrm.agreements.model import Agreement, GeneralAgreement
from servicecrm.agreements.policy import DEFAULT, AgreementPolicy
from servicecrm.agreements.words import TEXTS
from servicecrm.kernel.kinds import micros
from servicecrm.kernel.records import evolve
from servicecrm.tracking.targets import Goal, Target, Targets

__all__ = ["Entitled", "Entitlement", "Tier", "entitlement", "levels_of", "overlay", "unmeasured"]


@attrs.frozen(kw_only=True)
class Tier:
    """What is promised at one place, and where: `of` is the id of the agreement, if it is one."""

    source: TargetSource
    levels: ServiceLevels
    of: str | None = None


@attrs.frozen(kw_only=True)
class Entitled:
    """A target that counts, and where it comes from."""

    target: TimeTarget | LevelTarget
    source: TargetSource
    of: str | None = None

    def words(self, *, language: str) -> str:
        """The target and its source in a sentence.

        Source: C031, C093.
        """
        if isinstance(self.target, TimeTarget):
            named = f" ({', '.join(self.target.priorities)})" if self.target.priorities else ""
            of, value = f"{self.target.timer}{named}", self.target.within
        else:
            limit = ">=" if self.target.at_least is not None else "<="
            per = TEXTS.get(f"per.{self.target.per}", language=language)
            of, value = self.target.measure, f"{limit} {self.target.limit} {self.target.unit}, {per}"
        told = TEXTS.get(f"target_source.{self.source}", language=language, agreement=self.of or "")
        return f"{of}: {value} ({told})"


@attrs.frozen(kw_only=True)
class Entitlement:
    """What a customer can expect of a service at a time. `tiers` are all that was promised, the most specific first."""

    customer: str | None
    service: str | None
    at: datetime
    tiers: tuple[Tier, ...]

    def time(self, timer: str, priority: str | None = None) -> Entitled | None:
        """Within which time something is done for a priority; None if nobody has promised that.

        Source: C031.
        """
        for tier in self.tiers:
            of_timer = [each for each in tier.levels.times if each.timer == timer]
            named = (each for each in of_timer if priority in each.priorities)
            others = (each for each in of_timer if not each.priorities)
            for found in (*named, *others):
                return Entitled(target=found, source=tier.source, of=tier.of)
        return None

    def level(self, measure: str, per: str = "month") -> Entitled | None:
        """Which level is reached in a period; None if nobody has promised that.

        Source: C031, C032.
        """
        for tier in self.tiers:
            for each in tier.levels.levels:
                if (each.measure, each.per) == (measure, per):
                    return Entitled(target=each, source=tier.source, of=tier.of)
        return None

    @property
    def counting(self) -> tuple[Entitled, ...]:
        """Every target that counts for some priority, each with its source; never empty.

        Source: C031.
        """
        return tuple(dict.fromkeys(self._counting()))

    def explain(self, *, language: str = "en") -> str:
        """What counts and why, a line for each target.

        Source: C031.
        """
        return "\n".join(each.words(language=language) for each in self.counting)

    def _counting(self) -> Iterator[Entitled]:
        every = [each for tier in self.tiers for each in tier.levels.every]
        for each in every:
            if isinstance(each, TimeTarget):
                found = (self.time(each.timer, priority) for priority in each.priorities or (None,))
                yield from (one for one in found if one is not None)
            elif (level := self.level(each.measure, each.per)) is not None:
                yield level


def entitlement(
    customer: str | None,
    service: str | None,
    *,
    at: datetime,
    above: Iterable[str] = (),
    agreements: Iterable[Agreement] = (),
    general: Iterable[GeneralAgreement] = (),
    default: ServiceLevels | None = None,
    policy: AgreementPolicy = DEFAULT,
) -> Entitlement:
    """What a customer can expect of a service at a time.

    The line of an agreement about the service comes first, then what is agreed with the customer in general, then both
    of each customer `above` that this one is a part of, the nearest first, then what the house promises to everybody,
    then its default. Each target, and each priority of it, is looked for on its own. Of several agreements in force the
    one counts that came into force last. `default` is another default than that of the policy.

    Source: C031; FitSM default service level agreement.
    """
    parties = () if customer is None else (customer, *above)
    agreed, agreed_in_general = tuple(agreements), tuple(general)
    tiers = [
        *(tier for party in parties for tier in _agreed_with(party, service, at, agreed, agreed_in_general)),
        *(Tier(source=TargetSource.CORPORATE, levels=levels) for levels in policy.corporate_for(service)),
        Tier(source=TargetSource.DEFAULT, levels=policy.default if default is None else default),
    ]
    return Entitlement(customer=customer, service=service, at=at, tiers=tuple(tier for tier in tiers if tier.levels))


def _agreed_with(
    customer: str,
    service: str | None,
    at: datetime,
    agreements: Iterable[Agreement],
    general: Iterable[GeneralAgreement],
) -> Iterator[Tier]:
    """What is agreed with a customer itself."""
    lines = [
        (each.starts_at, each.id, line.levels)
        for each in agreements
        if each.customer == customer and each.in_force(at)
        for line in each.lines
        if line.service == service
    ]
    of_customer = [
        (each.signed_at, each.id, each.levels) for each in general if each.customer == customer and each.in_force(at)
    ]
    for source, found in ((TargetSource.LINE, lines), (TargetSource.CUSTOMER, of_customer)):
        # All of them are in force, so that each has begun.
        latest = sorted(found, key=lambda each: (micros(each[0]) if each[0] else 0, each[1]), reverse=True)
        yield from (Tier(source=source, levels=levels, of=id) for _, id, levels in latest)


def levels_of(targets: Targets) -> ServiceLevels:
    """The times of a house's targets for complaints or cases, as far as they depend on the priority alone."""
    times = []
    for target in targets.targets:
        plain = [goal for goal in target.goals if not goal.types and goal.season is None]
        times += [
            TimeTarget(timer=target.name, within=goal.within, priorities=goal.priorities, calendar=goal.calendar)
            for goal in plain
        ]
        if target.within is not None:
            times.append(TimeTarget(timer=target.name, within=target.within))
    return ServiceLevels(times=tuple(times))


def overlay(targets: Targets, entitled: Entitlement) -> Targets:
    """The targets of a house with the times that were agreed or promised instead; what begins and stops them stays.

    An agreed time for some priorities holds for them whatever the type and the season; the others keep what the house
    has. The default of the house is what it has already.

    Source: C031, C036.
    """
    tiers = [tier for tier in entitled.tiers if tier.source is not TargetSource.DEFAULT]
    return evolve(targets, targets=tuple(_overlaid(target, tiers) for target in targets.targets))


def unmeasured(targets: Targets, entitled: Entitlement) -> tuple[str, ...]:
    """The timers that somebody was promised and that the house does not have, so that nobody would notice."""
    known = {target.name for target in targets.targets}
    promised = (each.timer for tier in entitled.tiers for each in tier.levels.times)
    return tuple(name for name in dict.fromkeys(promised) if name not in known)


def _overlaid(target: Target, tiers: Sequence[Tier]) -> Target:
    by_priority: dict[str, TimeTarget] = {}
    for_all: TimeTarget | None = None
    for tier in tiers:
        if for_all is not None:
            break  # whatever is less specific is covered
        of_timer = [each for each in tier.levels.times if each.timer == target.name]
        named = {priority: each for each in of_timer for priority in each.priorities}
        by_priority = {**named, **by_priority}
        for_all = next((each for each in of_timer if not each.priorities), None)
    agreed = tuple(
        Goal(within=each.within, priorities=(priority,), calendar=each.calendar or target.calendar)
        for priority, each in by_priority.items()
    )
    if for_all is not None:
        return evolve(target, within=for_all.within, calendar=for_all.calendar or target.calendar, goals=agreed)
    return evolve(target, goals=(*agreed, *_kept(target.goals, agreed))) if agreed else target


def _kept(goals: Iterable[Goal], agreed: Sequence[Goal]) -> Iterator[Goal]:
    """The goals of the house beside agreed ones: without their priorities, and never more specific than they are."""
    taken = {priority for goal in agreed for priority in goal.priorities}
    for goal in goals:
        if goal.priorities:
            rest = tuple(priority for priority in goal.priorities if priority not in taken)
            if rest:
                yield evolve(goal, priorities=rest)
        else:
            yield goal
            yield from (evolve(each, types=goal.types, season=goal.season) for each in agreed)

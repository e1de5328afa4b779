"""May somebody be asked again? Two clocks: one for all surveys together, one for each."""

from datetime import date, timedelta
from typing import Literal

from servicecrm.errors import InvalidValue
from servicecrm.kernel.records import record

__all__ = ["Recontact", "Refusal", "Repeat", "WavePolicy", "recontact", "wave_recontact"]

Refusal = Literal["shown_before", "answered_before", "shown_often_enough", "asked_lately", "this_wave_answered"]
"""Why somebody is not asked now."""

Repeat = Literal["once", "until_answered", "some_times", "always"]
"""How often one survey may be shown to somebody."""

WavePolicy = Literal["calendar_window", "rolling"]
"""Waves are the same for everybody, from the day of the launch; or each has an interval of their own."""


@record
class Recontact:
    """May somebody be asked now? If not, why, and from which day on, where time alone will change it."""

    refusals: tuple[Refusal, ...]
    from_day: date | None = None

    @property
    def eligible(self) -> bool:
        """May they be asked now?"""
        return not self.refusals


def recontact(
    now: date,
    *,
    repeat: Repeat,
    shown: int,
    answered: int,
    cooldown_days: int,
    last_shown: date | None = None,
    most: int | None = None,
) -> Recontact:
    """May this survey be shown to somebody, to whom it was `shown` and by whom it was `answered` so often?

    `last_shown` is when any survey was shown last, and `cooldown_days` how long to leave somebody alone after it. A
    survey that is `some_times` shown needs `most`.

    Raises:
        InvalidValue: there is no such rule, or `most` is missing.

    Source: C072.
    """
    if repeat not in ("once", "until_answered", "some_times", "always") or (repeat == "some_times" and most is None):
        raise InvalidValue("repeat", "expected once, until_answered, always, or some_times with the most of them")
    refusals: list[Refusal] = []
    if repeat == "once" and shown:
        refusals.append("shown_before")
    if repeat in ("until_answered", "some_times") and answered:
        refusals.append("answered_before")
    if repeat == "some_times" and most is not None and shown >= most:
        refusals.append("shown_often_enough")
    again = None if last_shown is None else last_shown + timedelta(days=cooldown_days)
    if again is not None and now < again:
        return Recontact(refusals=(*refusals, "asked_lately"), from_day=None if refusals else again)
    return Recontact(refusals=tuple(refusals))


def wave_recontact(
    now: date, *, launch: date, interval_days: int, last_answered: date | None, policy: WavePolicy
) -> Recontact:
    """May somebody who has answered a recurring survey be asked again?

    With `calendar_window` one may be asked in each wave, and so twice within a few days; with `rolling` never before
    the interval is over. Who dismisses a survey has answered it.

    Raises:
        InvalidValue: the interval is no day long, or there is no such policy.

    Source: C072.
    """
    if interval_days < 1 or policy not in ("calendar_window", "rolling"):
        raise InvalidValue("policy", "expected calendar_window or rolling, and an interval of a day or more")
    if last_answered is None:
        return Recontact(refusals=())
    if policy == "rolling":
        again = last_answered + timedelta(days=interval_days)
    else:
        wave = (last_answered - launch).days // interval_days
        again = launch + timedelta(days=(wave + 1) * interval_days)
    return Recontact(refusals=()) if now >= again else Recontact(refusals=("this_wave_answered",), from_day=again)

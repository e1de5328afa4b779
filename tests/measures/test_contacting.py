from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicecrm.errors import InvalidValue
from servicecrm.measures import Recontact, recontact, wave_recontact

TODAY = date(2026, 3, 20)
days = st.integers(0, 400).map(lambda n: date(2026, 1, 1) + timedelta(days=n))


def ask(**changes: Any) -> Recontact:
    usual: dict[str, Any] = {"repeat": "always", "shown": 0, "answered": 0, "cooldown_days": 30}
    return recontact(TODAY, **{**usual, **changes})


def test_who_was_asked_10_days_ago_is_left_out_with_a_reason_and_a_day() -> None:  # C072
    found = ask(last_shown=TODAY - timedelta(days=10))

    assert (found.eligible, found.refusals, found.from_day) == (False, ("asked_lately",), date(2026, 4, 9))


@given(st.integers(0, 100), st.integers(0, 100))
def test_on_the_day_that_is_named_one_may_be_asked_and_not_before(ago: int, cooldown: int) -> None:
    found = ask(last_shown=TODAY - timedelta(days=ago), cooldown_days=cooldown)

    assert found.eligible == (ago >= cooldown)
    assert found.from_day == (None if found.eligible else TODAY + timedelta(days=cooldown - ago))


@pytest.mark.parametrize(
    ("asked", "refusals"),
    [
        ({"repeat": "once"}, ()),
        ({"repeat": "once", "shown": 1}, ("shown_before",)),
        ({"repeat": "until_answered", "shown": 9}, ()),
        ({"repeat": "until_answered", "answered": 1}, ("answered_before",)),
        ({"repeat": "some_times", "shown": 2, "most": 3}, ()),
        ({"repeat": "some_times", "shown": 3, "answered": 1, "most": 3}, ("answered_before", "shown_often_enough")),
        ({"repeat": "always", "shown": 9, "answered": 9}, ()),
    ],
)
def test_every_reason_is_named(asked: dict[str, Any], refusals: tuple[str, ...]) -> None:  # C072
    assert ask(**asked).refusals == refusals
    assert ask(**asked, last_shown=TODAY).refusals == (*refusals, "asked_lately")
    assert (ask(**asked, last_shown=TODAY).from_day is None) == bool(refusals)


@given(days, days, st.integers(1, 60), st.sampled_from(["calendar_window", "rolling"]))
def test_the_day_that_is_named_is_the_first_one(last: date, now: date, interval: int, policy: Any) -> None:
    given_ = {"launch": date(2026, 1, 1), "interval_days": interval, "last_answered": last, "policy": policy}
    found = wave_recontact(now, **given_)

    if found.from_day is not None:
        assert not found.eligible
        assert now < found.from_day
        assert wave_recontact(found.from_day, **given_).eligible
        assert not wave_recontact(found.from_day - timedelta(days=1), **given_).eligible
    else:
        assert found.eligible


def test_who_has_never_answered_may_be_asked() -> None:
    assert wave_recontact(TODAY, launch=TODAY, interval_days=30, last_answered=None, policy="rolling").eligible


def test_windows_that_all_share_may_follow_within_days_and_rolling_ones_do_not() -> None:
    given_: dict[str, Any] = {"launch": date(2026, 2, 1), "interval_days": 30, "last_answered": date(2026, 3, 2)}

    assert wave_recontact(date(2026, 3, 3), policy="calendar_window", **given_).eligible
    assert wave_recontact(date(2026, 3, 3), policy="rolling", **given_).from_day == date(2026, 4, 1)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: ask(repeat="twice"),
        lambda: ask(repeat="some_times"),
        lambda: wave_recontact(TODAY, launch=TODAY, interval_days=0, last_answered=None, policy="rolling"),
        lambda: wave_recontact(TODAY, launch=TODAY, interval_days=1, last_answered=None, policy="x"),  # type: ignore[arg-type]
    ],
)
def test_what_is_no_rule_is_refused(wrong: Any) -> None:
    with pytest.raises(InvalidValue):
        wrong()

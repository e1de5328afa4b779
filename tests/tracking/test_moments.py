"""Moments are appended, voided and read; nothing is ever edited or lost."""

from datetime import timedelta

import pytest
from hypothesis import given

from servicecrm.errors import InvalidValue, PolicyViolation
from servicecrm.kernel.decisions import Event, stamp
from servicecrm.kernel.kinds import micros
from servicecrm.testing.makers import MONDAY, an_actor
from servicecrm.testing.strategies import moments
from servicecrm.tracking import Moments, Side, standing, with_moment, without_moment

HOUR = timedelta(hours=1)


def an_event(*, hours: int = 0) -> Event:
    return Event(**stamp(an_actor(), MONDAY + 9 * HOUR, MONDAY + hours * HOUR))


def test_a_moment_keeps_when_it_happened_and_when_it_was_told() -> None:
    (moment,) = with_moment((), "received", an_event(hours=2), side=Side.OUTSIDE, code="phone")

    assert moment.n == 1
    assert moment.occurred_at == MONDAY + 2 * HOUR
    assert moment.recorded_at == MONDAY + 9 * HOUR
    assert (moment.kind, moment.side, moment.code) == ("received", Side.OUTSIDE, "phone")


def test_what_was_told_late_stands_where_it_happened() -> None:
    found = with_moment((), "answered", an_event(hours=5))
    found = with_moment(found, "acknowledged", an_event(hours=1))

    assert [moment.kind for moment in found] == ["answered", "acknowledged"]
    assert [moment.kind for moment in standing(found)] == ["acknowledged", "answered"]


def test_what_happened_at_the_same_time_stands_in_the_order_of_telling() -> None:
    found = with_moment(with_moment((), "waiting", an_event()), "resumed", an_event())

    assert [moment.kind for moment in standing(found)] == ["waiting", "resumed"]


def test_a_voided_moment_and_its_voiding_no_longer_stand() -> None:
    found = with_moment(with_moment((), "received", an_event()), "answered", an_event(hours=1))
    found = without_moment(found, 2, an_event(hours=2))

    assert [moment.n for moment in found] == [1, 2, 3]
    assert [moment.kind for moment in standing(found)] == ["received"]


def test_a_moment_is_voided_only_once() -> None:
    found = without_moment(with_moment((), "received", an_event()), 1, an_event())

    with pytest.raises(PolicyViolation, match="moment 1 was voided before"):
        without_moment(found, 1, an_event())


def test_a_voiding_cannot_be_voided() -> None:
    found = without_moment(with_moment((), "received", an_event()), 1, an_event())

    with pytest.raises(PolicyViolation, match="moment 2 is itself a voiding"):
        without_moment(found, 2, an_event())


@pytest.mark.parametrize("n", [-1, 0, 2])
def test_only_a_moment_that_is_there_can_be_voided(n: int) -> None:
    with pytest.raises(InvalidValue, match=r"there is no moment .*numbered from 1 to 1"):
        without_moment(with_moment((), "received", an_event()), n, an_event())


@given(moments())
def test_moments_are_numbered_without_a_gap(found: Moments) -> None:
    assert [moment.n for moment in found] == list(range(1, len(found) + 1))


@given(moments())
def test_moments_stand_in_the_order_in_which_they_happened(found: Moments) -> None:
    instants = [micros(moment.occurred_at) for moment in standing(found)]

    assert instants == sorted(instants)


@given(moments())
def test_each_voiding_takes_back_exactly_one_moment(found: Moments) -> None:
    voidings = [moment for moment in found if moment.voids is not None]

    assert len(standing(found)) == len(found) - 2 * len(voidings)


@given(moments())
def test_one_more_moment_changes_none_of_those_before(found: Moments) -> None:
    longer = with_moment(found, "message", an_event())

    assert longer[:-1] == found
    assert set(standing(longer)) == {*standing(found), longer[-1]}

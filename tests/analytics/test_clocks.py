"""Timers are counted by what came of them."""  # C036

from datetime import UTC, datetime, timedelta

from servicecrm.analytics import count_timers
from servicecrm.analytics.clocks import timer_lines
from servicecrm.calendars import Calendar
from servicecrm.tracking import Moment, Moments, Side, Targets, timers, usual

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
TARGETS = Targets(targets=(usual("acknowledge", "4h business"), usual("resolution", "3 business days")))
OFFICE = {"default": Calendar(zone="UTC", hours="mon-fri 09:00-17:00")}


def life(**hours: int) -> Moments:
    """The moments of a record, so many hours after Monday nine o'clock."""
    times = [(kind, MONDAY + timedelta(hours=after)) for kind, after in {"received": 0, **hours}.items()]
    return tuple(
        Moment(n=n, kind=kind, occurred_at=at, recorded_at=at, side=Side.INSIDE)
        for n, (kind, at) in enumerate(times, 1)
    )


def test_each_instance_counts_once_by_what_came_of_it() -> None:
    lives = (
        life(acknowledged=1, answered=3),  # both met
        life(acknowledged=5, answered=100),  # both missed
        life(acknowledged=1),  # one runs
        life(),  # both are late
        life(withdrawn=2),  # both come to nothing
        life(acknowledged=1, answered=2, closed=3, reopened=4, answered_again=5),  # the second resolution runs
    )
    found = count_timers(timers(each, TARGETS, OFFICE, now=MONDAY + timedelta(hours=50)) for each in lives[:3])
    late = count_timers(timers(each, TARGETS, OFFICE, now=MONDAY + timedelta(days=20)) for each in lives[3:5])
    again = count_timers([timers(lives[5], TARGETS, OFFICE, now=MONDAY + timedelta(hours=6))])

    assert [(c.name, c.met, c.missed, c.running, c.late, c.cancelled) for c in found] == [
        ("acknowledge", 2, 1, 0, 0, 0),
        ("resolution", 1, 0, 2, 0, 0),
    ]
    assert [(c.name, c.late, c.cancelled) for c in late] == [("acknowledge", 1, 1), ("resolution", 1, 1)]
    assert [(c.name, c.met, c.running) for c in again] == [("acknowledge", 1, 0), ("resolution", 1, 1)]


def test_the_counts_are_a_table_in_three_languages() -> None:
    counts = count_timers([timers(life(acknowledged=1), TARGETS, OFFICE, now=MONDAY + timedelta(hours=2))])

    assert list(timer_lines([])) == []
    for language, title, names in (
        ("en", "Timers", ["acknowledgement", "resolution"]),
        ("de", "Fristen", ["Eingangsbestätigung", "Lösung"]),
        ("zh", "计时", ["确认收到", "解决"]),
    ):
        blank, first, head, *rows = timer_lines(counts, language=language)
        assert (blank, first) == ("", title)
        assert [row.split()[0] for row in rows] == names
        assert head

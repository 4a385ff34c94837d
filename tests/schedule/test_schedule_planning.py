"""When a mail-out starts so that its last recipient is on time, and when there is anything to wake for."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot import schedule
from mailbot.config import EventConfig

Make = Callable[..., EventConfig]
START = "2018-10-23T14:00"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(f"2018-{text}+00:00")


@pytest.mark.parametrize(
    ("count", "per_minute", "early"),
    [
        (0, 30, timedelta(0)),
        (500, 0, timedelta(0)),
        (1, 30, timedelta(seconds=2)),
        (30, 30, timedelta(minutes=1)),
        (600, 30, timedelta(minutes=20)),
        (100, 7, timedelta(seconds=858)),
    ],
)
def test_a_mailout_starts_as_early_as_the_rate_demands(count: int, per_minute: int, early: timedelta) -> None:
    assert schedule.start_early(count, per_minute) == early


@given(count=st.integers(0, 100_000), per_minute=st.integers(1, 10_000))
def test_at_that_rate_the_last_recipient_is_on_time(count: int, per_minute: int) -> None:
    assert schedule.start_early(count, per_minute) / timedelta(minutes=1) * per_minute >= count * (1 - 1e-9)


def test_mail_is_composed_before_it_leaves_and_leaves_before_it_is_due(event: Make) -> None:
    first = event(START)
    reminder = first.mailouts[1]
    assert schedule.leaves_from(first, reminder, 600, 30) == utc("10-23T11:10:00")
    assert schedule.composed_from(first, reminder, 600, 30) == utc("10-23T11:00:00")


def test_the_moments_of_an_event_stand_in_the_order_of_time(event: Make) -> None:
    some = event(
        START,
        "Europe/Zurich",
        ("reminder", "30 minutes", "online", "never"),
        ("guide", "7 days", "online", "at once"),
        ("directions", "7 days", "in_person", "at once"),
    )
    told = [(moment.mailout.name, moment.due_at, moment.expires_at) for moment in schedule.moments(some)]
    assert told == [
        ("directions", utc("10-16T12:00:00"), utc("10-23T15:00:00")),
        ("guide", utc("10-16T12:00:00"), utc("10-23T15:00:00")),
        ("reminder", utc("10-23T11:30:00"), utc("10-23T12:00:00")),
    ]


def test_it_wakes_for_everything_that_happens_by_itself_and_then_no_more(event: Make) -> None:
    first = event(START)
    seen = []
    now = utc("10-01T00:00:00")
    while coming := schedule.wake_at([first], now):
        seen.append(now := coming)
    assert seen == [
        utc("10-16T11:50:00"),  # the guide is composed
        utc("10-16T12:00:00"),  # and due
        utc("10-23T11:20:00"),  # the reminder is composed
        utc("10-23T11:30:00"),  # and due
        utc("10-23T12:00:00"),  # the event starts, the reminder expires
        utc("10-23T15:00:00"),  # the event ends, the guide expires
    ]


def test_it_wakes_earlier_for_a_mailout_that_leaves_earlier(event: Make) -> None:
    early = {("webinar", "reminder"): timedelta(minutes=20)}
    assert schedule.wake_at([event(START)], utc("10-23T10:00:00"), early) == utc("10-23T11:00:00")
    assert schedule.wake_at([event(START)], utc("10-23T11:00:00"), early) == utc("10-23T11:10:00")


def test_of_several_events_the_next_one_wakes_it(event: Make) -> None:
    both = [event("2018-11-20T14:00"), event(START)]
    assert schedule.wake_at(both, utc("10-23T14:00:00")) == utc("10-23T15:00:00")
    assert schedule.wake_at([], utc("10-23T14:00:00")) is None


def test_what_is_kept_for_days_goes_at_the_wall_clock_of_the_end(event: Make) -> None:
    assert schedule.kept_until(event(START), 90) == datetime(2019, 1, 21, 16, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "wall", "after", "expected"),
    [
        ("Europe/Zurich", "08:00", "10-23T05:59:59", "10-23T06:00:00"),
        ("Europe/Zurich", "08:00", "10-23T06:00:00", "10-24T06:00:00"),
        ("Europe/Zurich", "08:00", "10-27T06:00:00", "10-28T07:00:00"),  # the clocks are set back that night
        ("Europe/Zurich", "02:30", "10-27T12:00:00", "10-28T00:30:00"),  # the earlier of two
        ("Europe/Zurich", "02:30", "10-28T00:30:00", "10-29T01:30:00"),  # and not again an hour later
        ("Europe/Zurich", "02:30", "03-24T12:00:00", "03-25T01:00:00"),  # never: the first moment after the gap
        ("Pacific/Apia", "08:00", "10-23T19:00:00", "10-24T18:00:00"),
    ],
)
def test_the_digests_moment_is_the_next_time_that_clocks_show_its_hour(
    zone: str, wall: str, after: str, expected: str
) -> None:
    assert schedule.next_at(time.fromisoformat(wall), ZoneInfo(zone), utc(after)) == utc(expected)


def test_a_day_that_a_zone_leaves_out_has_its_digest_at_midnight_after() -> None:
    apia = ZoneInfo("Pacific/Apia")
    eve = datetime(2011, 12, 29, 9, 0, tzinfo=apia)
    assert schedule.next_at(time(8, 0), apia, eve) == datetime(2011, 12, 31, 0, 0, tzinfo=apia)


@given(
    after=st.datetimes(datetime(2005, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001 -- gets its zone below
    wall=st.times().map(lambda t: t.replace(microsecond=0)),
    zone=st.sampled_from(["Europe/Zurich", "Pacific/Apia", "Australia/Lord_Howe", "Africa/Casablanca"]),
)
def test_the_next_moment_is_always_ahead_and_within_two_days(after: datetime, wall: time, zone: str) -> None:
    now = after.replace(tzinfo=UTC)
    assert timedelta(0) < schedule.next_at(wall, ZoneInfo(zone), now) - now <= timedelta(days=2)

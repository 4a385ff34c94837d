"""Days and weeks keep the wall clock of the event's zone, minutes and hours are exact, whatever the clocks do."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot import schedule
from mailbot.config import EventConfig, Lead

Make = Callable[..., EventConfig]

ZONES = (
    "Europe/Zurich",
    "America/New_York",
    "Asia/Kolkata",
    "Pacific/Apia",
    "Africa/Casablanca",
    "Australia/Lord_Howe",
)


def due(event: EventConfig, name: str = "m") -> str:
    found = event.mailout(name)
    assert found is not None
    at = schedule.due_at(event, found)
    assert at.tzinfo is UTC
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.parametrize(
    ("zone", "start", "before", "expected", "_why"),
    [
        ("Europe/Zurich", "2018-10-23T14:00", "7 days", "2018-10-16T12:00:00Z", "no change between"),
        ("Europe/Zurich", "2018-10-30T14:00", "7 days", "2018-10-23T12:00:00Z", "set back between: 169 hours"),
        ("Europe/Zurich", "2019-04-02T14:00", "7 days", "2019-03-26T13:00:00Z", "set forward between: 167 hours"),
        ("Europe/Zurich", "2019-04-02T14:00", "1 week", "2019-03-26T13:00:00Z", "a week is seven days"),
        ("Europe/Zurich", "2019-03-31T03:15", "30 minutes", "2019-03-31T00:45:00Z", "exact over the gap: 01:45 there"),
        (
            "Europe/Zurich",
            "2018-10-28T03:15",
            "30 minutes",
            "2018-10-28T01:45:00Z",
            "exact: the later 02:45",
        ),
        ("Europe/Zurich", "2018-10-28T03:15", "2 hours", "2018-10-28T00:15:00Z", "exact: the earlier 02:15"),
        (
            "Europe/Zurich",
            "2018-10-28T12:00",
            "24 hours",
            "2018-10-27T11:00:00Z",
            "exact: 13:00 the day before",
        ),
        ("Europe/Zurich", "2018-10-28T12:00", "1 day", "2018-10-27T10:00:00Z", "a day keeps the wall clock: 12:00"),
        (
            "Europe/Zurich",
            "2019-04-07T02:30",
            "7 days",
            "2019-03-31T01:00:00Z",
            "02:30 never comes: 03:00",
        ),
        ("Europe/Zurich", "2018-11-04T02:30", "7 days", "2018-10-28T00:30:00Z", "02:30 comes twice: the earlier"),
        ("America/New_York", "2018-11-06T09:00", "7 days", "2018-10-30T13:00:00Z", "set back on 4 November"),
        ("America/New_York", "2019-03-12T09:00", "7 days", "2019-03-05T14:00:00Z", "set forward on 10 March"),
        ("America/New_York", "2019-03-17T02:30", "7 days", "2019-03-10T07:00:00Z", "the gap from 02:00 to 03:00"),
        ("America/New_York", "2018-11-11T01:30", "7 days", "2018-11-04T05:30:00Z", "the earlier 01:30, in summer time"),
        ("Asia/Kolkata", "2018-10-30T14:00", "7 days", "2018-10-23T08:30:00Z", "half an hour off, and no changes"),
        ("Pacific/Apia", "2012-01-03T10:00", "7 days", "2011-12-27T20:00:00Z", "30 December 2011 was left out"),
        ("Pacific/Apia", "2012-01-06T10:00", "7 days", "2011-12-30T10:00:00Z", "on the day left out: the 31st, 00:00"),
        ("Pacific/Apia", "2011-12-31T00:15", "30 minutes", "2011-12-30T09:45:00Z", "exact: late on the 29th there"),
        (
            "Africa/Casablanca",
            "2018-06-18T15:00",
            "7 days",
            "2018-06-11T15:00:00Z",
            "set back for Ramadan",
        ),
        ("Africa/Casablanca", "2019-05-07T15:00", "7 days", "2019-04-30T14:00:00Z", "set back when Ramadan began"),
        ("Africa/Casablanca", "2019-06-11T15:00", "7 days", "2019-06-04T15:00:00Z", "set forward when it ended"),
        ("Australia/Lord_Howe", "2019-04-10T10:00", "7 days", "2019-04-02T23:00:00Z", "set back by half an hour"),
        ("Australia/Lord_Howe", "2018-10-10T10:00", "7 days", "2018-10-02T23:30:00Z", "set forward by half an hour"),
        ("Australia/Lord_Howe", "2018-10-14T02:15", "7 days", "2018-10-06T15:30:00Z", "02:15 never comes: 02:30"),
        ("Australia/Lord_Howe", "2019-04-14T01:45", "7 days", "2019-04-06T14:45:00Z", "the earlier of the two 01:45"),
        ("Europe/Zurich", "2018-10-23T14:00", "0 minutes", "2018-10-23T12:00:00Z", "at the very start"),
        ("Europe/Zurich", "2020-03-07T14:00", "7 days", "2020-02-29T13:00:00Z", "a leap day is a day"),
    ],
)
def test_a_mailout_is_due(event: Make, *, zone: str, start: str, before: str, expected: str, _why: str) -> None:
    assert due(event(start, zone, ("m", before, "online", "at once"))) == expected


def test_the_mailouts_of_the_first_event_are_due_a_week_and_half_an_hour_before(event: Make) -> None:
    first = event("2018-10-23T14:00")
    assert (due(first, "guide"), due(first, "reminder")) == ("2018-10-16T12:00:00Z", "2018-10-23T11:30:00Z")


def test_what_goes_at_once_may_go_until_the_end_and_a_reminder_until_the_start(event: Make) -> None:
    first = event("2018-10-23T14:00")
    expires = {m.name: schedule.expires_at(first, m) for m in first.mailouts}
    assert expires == {"guide": first.ends, "reminder": first.starts}


def test_what_is_due_at_the_very_start_may_go_until_the_end(event: Make) -> None:
    now_we_begin = event("2018-10-23T14:00", "Europe/Zurich", ("now", "0 minutes", "online", "never"))
    assert schedule.expires_at(now_we_begin, now_we_begin.mailouts[0]) == now_we_begin.ends


walls = st.datetimes(datetime(2000, 1, 1), datetime(2035, 1, 1))  # noqa: DTZ001 -- wall clocks carry no zone
leads = st.one_of(
    st.builds(Lead, days=st.integers(0, 60)),
    st.builds(Lead, exact=st.integers(0, 60 * 24 * 3).map(lambda minutes: timedelta(minutes=minutes))),
)


def moved(base: EventConfig, wall: datetime, zone: str) -> EventConfig:
    return base.model_copy(update={"start": wall, "end": wall + timedelta(hours=3), "timezone": zone})


@given(wall=walls, zone=st.sampled_from(ZONES), lead=leads)
def test_nothing_is_due_after_the_start_and_the_wall_clock_says_when(
    event: Make, wall: datetime, zone: str, lead: Lead
) -> None:
    some = moved(event("2018-10-23T14:00"), wall, zone)
    at = schedule.due_at(some, some.mailouts[0].model_copy(update={"before": lead}))
    assert at <= some.starts
    if not lead.days:
        assert some.starts - at == lead.exact
    else:
        there = at.astimezone(some.zone).replace(tzinfo=None, fold=0)
        wanted = wall - timedelta(days=lead.days)
        # Only a gap moves the wall clock, and only forward, by no more than the day that Apia left out.
        assert there == wanted or timedelta(0) < there - wanted.replace(microsecond=0) <= timedelta(days=1)


@given(first=walls, later=st.timedeltas(timedelta(0), timedelta(days=90)), zone=st.sampled_from(ZONES), lead=leads)
def test_of_two_events_the_later_one_never_has_its_mail_earlier(
    event: Make, first: datetime, later: timedelta, zone: str, lead: Lead
) -> None:
    one, other = (moved(event("2018-10-23T14:00"), wall, zone) for wall in (first, first + later))
    mailout = one.mailouts[0].model_copy(update={"before": lead})
    assert schedule.due_at(one, mailout) <= schedule.due_at(other, mailout)


@given(wall=walls, zone=st.sampled_from(ZONES), days=st.tuples(st.integers(1, 60), st.integers(1, 60)))
def test_the_longer_lead_is_never_due_later(event: Make, wall: datetime, zone: str, days: tuple[int, int]) -> None:
    some = moved(event("2018-10-23T14:00"), wall, zone)
    long, short = (
        schedule.due_at(some, some.mailouts[0].model_copy(update={"before": Lead(days=n)})) for n in sorted(days)[::-1]
    )
    assert long <= short

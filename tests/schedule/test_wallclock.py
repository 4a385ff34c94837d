"""What a wall clock shows around a change, and which moment it means."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.config.wallclock import comes, gap, settle

CHANGES = [
    ("Europe/Zurich", "2019-03-31T02:00", "never"),
    ("Europe/Zurich", "2019-03-31T02:59:59", "never"),
    ("Europe/Zurich", "2019-03-31T03:00", "once"),
    ("Europe/Zurich", "2018-10-28T01:59:59", "once"),
    ("Europe/Zurich", "2018-10-28T02:00", "twice"),
    ("Europe/Zurich", "2018-10-28T02:59:59", "twice"),
    ("Europe/Zurich", "2018-10-28T03:00", "once"),
    ("Australia/Lord_Howe", "2019-04-07T01:30", "twice"),
    ("Australia/Lord_Howe", "2019-04-07T02:00", "once"),
    ("Pacific/Apia", "2011-12-30T12:00", "never"),
    ("Africa/Casablanca", "2019-05-05T02:30", "twice"),
    ("Asia/Kolkata", "2019-03-31T02:30", "once"),
]


@pytest.mark.parametrize(("zone", "wall", "word"), CHANGES)
def test_a_wall_clock_comes_once_twice_or_never(zone: str, wall: str, word: str) -> None:
    assert comes(datetime.fromisoformat(wall), ZoneInfo(zone)) == word


def test_the_gap_is_told_by_what_the_clock_shows_before_and_after() -> None:
    last, first = gap(datetime.fromisoformat("2011-12-30T12:00"), ZoneInfo("Pacific/Apia"))
    assert (last.isoformat(), first.isoformat()) == ("2011-12-29T23:59:00", "2011-12-31T00:00:00")


walls = st.datetimes(datetime(1995, 1, 1), datetime(2035, 1, 1))  # noqa: DTZ001 -- wall clocks carry no zone
near = st.sampled_from([c[:2] for c in CHANGES]).flatmap(
    lambda change: st.tuples(
        st.just(change[0]),
        st.integers(-7200 * 20, 7200 * 20).map(lambda s: datetime.fromisoformat(change[1]) + timedelta(seconds=s)),
    )
)


@given(near)
def test_a_wall_clock_that_exists_is_what_the_clock_shows_at_its_moment(place: tuple[str, datetime]) -> None:
    zone, wall = ZoneInfo(place[0]), place[1]
    moment = settle(wall, zone)
    there = moment.astimezone(UTC).astimezone(zone)
    if comes(wall, zone) == "never":
        assert there.replace(tzinfo=None) > wall
        assert (there - timedelta(0)).utcoffset() != (moment.astimezone(UTC) - timedelta(seconds=1)).astimezone(
            zone
        ).utcoffset()
    else:
        assert there.replace(tzinfo=None, fold=0) == wall


@given(near, st.integers(0, 7200))
def test_later_wall_clocks_never_mean_earlier_moments(place: tuple[str, datetime], later: int) -> None:
    zone, wall = ZoneInfo(place[0]), place[1]
    assert settle(wall, zone).astimezone(UTC) <= settle(wall + timedelta(seconds=later), zone).astimezone(UTC)

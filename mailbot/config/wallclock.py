"""What a wall clock shows around a clock change: times that never come, and times that come twice.

Pure; the zone's rules come from zoneinfo. It knows no events and no configuration.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo


def comes(wall: datetime, zone: ZoneInfo) -> Literal["once", "never", "twice"]:
    """Say how often a zone's wall clock shows this (naive) time: `never` in the gap of a clock set forward."""
    early, late = (wall.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if early.utcoffset() == late.utcoffset():
        return "once"
    back = early.astimezone(UTC).astimezone(zone).replace(tzinfo=None)
    return "twice" if back == wall.replace(fold=0) else "never"


def settle(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return the moment (aware, in the zone) that a naive wall-clock time means.

    A time that comes twice means the earlier of the two. One that never comes means the first moment after the gap, so
    that what was planned for 02:30 happens when the clock jumps from 02:00 to 03:00, not half an hour later.
    """
    if comes(wall, zone) != "never":
        return wall.replace(tzinfo=zone, fold=0)
    after = wall.replace(tzinfo=zone, fold=1).utcoffset()
    # PEP 495: in a gap fold=1 reckons with the offset after the change, which gives a moment before it, and vice versa.
    low = int(wall.replace(tzinfo=zone, fold=1).timestamp())
    high = int(wall.replace(tzinfo=zone, fold=0).timestamp())
    while high - low > 1:
        middle = (low + high) // 2
        if datetime.fromtimestamp(middle, zone).utcoffset() == after:
            high = middle
        else:
            low = middle
    return datetime.fromtimestamp(high, zone)


def gap(wall: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return what the wall clock shows last before, and first after, the gap that this time falls into (both naive)."""
    first = settle(wall, zone)
    last = (first.astimezone(UTC) - timedelta(minutes=1)).astimezone(zone)
    return last.replace(tzinfo=None, fold=0), first.replace(tzinfo=None, fold=0)

"""Who is owed what at a moment: every row of the table in `mailbot.schedule`, and each bound to the second."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot import schedule
from mailbot.config import EventConfig
from mailbot.schedule import Owed

Make = Callable[..., EventConfig]

# The first event: guide due 2018-10-16 12:00 UTC, reminder due 2018-10-23 11:30, start 12:00, end 15:00 (all UTC).
START = "2018-10-23T14:00"
LONG_AGO = "10-02T09:00:00"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(f"2018-{text}+00:00")


def ask(event: EventConfig, name: str, since: str | None, now: str, **more: object) -> Owed:
    mailout = event.mailout(name)
    assert mailout is not None
    return schedule.owed(event, mailout, utc(since) if since else None, utc(now), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("since", "now", "word"),
    [
        (None, "10-20T12:00:00", "not_eligible"),
        (None, "10-24T12:00:00", "not_eligible"),
        (LONG_AGO, "10-16T11:59:59", "not_yet"),
        (LONG_AGO, "10-16T12:00:00", "owed"),
        (LONG_AGO, "10-23T14:59:59", "owed"),
        (LONG_AGO, "10-23T15:00:00", "expired"),
        ("10-16T12:00:00", "10-16T12:00:00", "owed"),
        ("10-16T12:00:01", "10-16T12:00:01", "owed"),
        ("10-23T11:45:00", "10-23T11:45:00", "owed"),
        ("10-23T14:59:59", "10-23T14:59:59", "owed"),
        ("10-23T15:00:00", "10-23T15:00:00", "expired"),
    ],
)
def test_the_guide_goes_when_due_and_to_latecomers_at_once_until_the_end(
    event: Make, since: str | None, now: str, word: str
) -> None:
    assert ask(event(START), "guide", since, now).word == word


@pytest.mark.parametrize(
    ("since", "now", "word"),
    [
        (None, "10-23T11:30:00", "not_eligible"),
        (LONG_AGO, "10-23T11:29:59", "not_yet"),
        (LONG_AGO, "10-23T11:30:00", "owed"),
        (LONG_AGO, "10-23T11:59:59", "owed"),
        (LONG_AGO, "10-23T12:00:00", "expired"),
        ("10-23T11:00:00", "10-23T11:30:00", "owed"),
        ("10-23T11:30:00", "10-23T11:30:00", "owed"),
        ("10-23T11:30:01", "10-23T11:30:01", "too_late_registered"),
        ("10-23T11:30:01", "10-23T11:59:59", "too_late_registered"),
        ("10-23T11:30:01", "10-23T12:00:00", "expired"),
    ],
)
def test_the_reminder_goes_to_who_is_there_at_its_moment_until_the_start(
    event: Make, since: str | None, now: str, word: str
) -> None:
    guided = {"guide": utc("10-23T11:29:00")}
    assert ask(event(START), "reminder", since, now, got=guided).word == word


@pytest.mark.parametrize(
    ("since", "now", "guided", "word"),
    [
        (LONG_AGO, "10-23T11:30:00", "10-16T12:00:05", "owed"),
        (LONG_AGO, "10-23T11:40:00", "10-23T11:29:59", "owed"),
        (LONG_AGO, "10-23T11:40:00", "10-23T11:30:00", "guide_instead"),
        (LONG_AGO, "10-23T11:40:00", "10-23T11:35:00", "guide_instead"),
        (LONG_AGO, "10-23T11:40:00", None, "guide_instead"),
        ("10-23T11:29:30", "10-23T11:29:59", None, "not_yet"),
        ("10-23T11:29:30", "10-23T11:30:00", None, "guide_instead"),
        ("10-23T11:30:00", "10-23T11:30:00", None, "guide_instead"),
    ],
)
def test_whoever_gets_the_guide_at_the_reminders_moment_or_later_gets_only_the_guide(
    event: Make, since: str, now: str, guided: str | None, word: str
) -> None:
    got = {"guide": utc(guided)} if guided else {}
    assert ask(event(START), "reminder", since, now, got=got).word == word
    if guided is None and word == "guide_instead":
        assert ask(event(START), "guide", since, now)


def test_after_a_downtime_over_both_moments_only_the_guide_goes(event: Make) -> None:
    first = event(START)
    back = "10-23T11:50:00"
    assert [m.name for m in first.mailouts if ask(first, m.name, LONG_AGO, back)] == ["guide"]


def test_after_a_downtime_over_the_guide_alone_both_go_each_in_its_time(event: Make) -> None:
    first = event(START)
    back, later = "10-23T10:00:00", "10-23T11:30:00"
    assert [m.name for m in first.mailouts if ask(first, m.name, LONG_AGO, back)] == ["guide"]
    assert ask(first, "reminder", LONG_AGO, later, got={"guide": utc(back)})


def test_who_registers_an_hour_before_gets_the_guide_at_once_and_then_the_reminder(event: Make) -> None:
    first = event(START)
    at, later = "10-23T11:00:00", "10-23T11:30:00"
    guide = ask(first, "guide", at, at)
    assert (guide.word, guide.at) == ("owed", utc(at))
    assert ask(first, "reminder", at, at).word == "not_yet"
    assert ask(first, "reminder", at, later, got={"guide": utc(at)})


def test_a_guide_that_this_person_is_not_meant_for_does_not_replace_their_reminder(event: Make) -> None:
    both = event(
        START,
        "Europe/Zurich",
        ("guide", "7 days", "online", "at once"),
        ("directions", "7 days", "in_person", "at once"),
        ("reminder", "30 minutes", "everyone", "never"),
    )
    now = "10-23T11:30:00"
    assert ask(both, "reminder", LONG_AGO, now)
    assert ask(both, "reminder", LONG_AGO, now, among=both.mailouts[:1]).word == "guide_instead"
    assert ask(both, "reminder", LONG_AGO, now, among=both.mailouts[1:2]).word == "guide_instead"


def test_a_guide_for_everyone_replaces_the_reminder_of_those_online(event: Make) -> None:
    some = event(
        START,
        "Europe/Zurich",
        ("programme", "1 day", "everyone", "at once"),
        ("reminder", "30 minutes", "online", "never"),
    )
    assert ask(some, "reminder", LONG_AGO, "10-23T11:30:00").word == "guide_instead"


def test_mail_that_latecomers_get_at_once_is_never_replaced_by_other_mail(event: Make) -> None:
    some = event(
        START,
        "Europe/Zurich",
        ("guide", "7 days", "online", "at once"),
        ("documents", "2 days", "online", "at once"),
    )
    late = "10-23T11:45:00"
    assert [m.name for m in some.mailouts if ask(some, m.name, late, late)] == ["guide", "documents"]


def test_a_reminder_that_came_too_late_for_somebody_replaces_no_later_one(event: Make) -> None:
    some = event(
        START,
        "Europe/Zurich",
        ("tomorrow", "1 day", "online", "never"),
        ("reminder", "30 minutes", "online", "never"),
    )
    since = "10-23T08:00:00"
    assert ask(some, "tomorrow", since, since).word == "too_late_registered"
    assert ask(some, "reminder", since, "10-23T11:30:00")


@pytest.mark.parametrize(
    ("now", "word"),
    [
        ("10-23T11:19:59", "not_yet"),
        ("10-23T11:20:00", "owed"),
        ("10-23T11:59:59", "owed"),
        ("10-23T12:00:00", "expired"),
    ],
)
def test_a_mailout_may_begin_ahead_of_its_moment(event: Make, now: str, word: str) -> None:
    guided = {"guide": utc("10-16T12:00:00")}
    answer = ask(event(START), "reminder", LONG_AGO, now, ahead=timedelta(minutes=10), got=guided)
    assert (answer.word, answer.at) == (word, utc("10-23T11:30:00"))


def test_while_it_is_composed_ahead_the_guide_may_still_arrive_in_time(event: Make) -> None:
    ahead = timedelta(minutes=10)
    since = "10-23T11:24:00"
    assert ask(event(START), "reminder", since, "10-23T11:25:00", ahead=ahead)
    assert ask(event(START), "reminder", since, "10-23T11:30:00", ahead=ahead).word == "guide_instead"


def test_a_moved_event_owes_everything_by_its_new_start(event: Make) -> None:
    later = event("2018-10-30T14:00")  # two days after the clocks were set back
    got = {"guide": utc("10-23T12:30:00")}
    assert ask(later, "guide", LONG_AGO, "10-23T11:59:59").word == "not_yet"
    assert ask(later, "guide", LONG_AGO, "10-23T12:00:00")
    assert ask(later, "reminder", LONG_AGO, "10-30T12:29:59", got=got).word == "not_yet"
    assert ask(later, "reminder", LONG_AGO, "10-30T12:30:00", got=got)


def test_an_event_moved_into_the_past_owes_nothing(event: Make) -> None:
    past = event("2018-10-01T14:00")
    assert {ask(past, m.name, "09-01T00:00:00", "10-02T00:00:00").word for m in past.mailouts} == {"expired"}


def test_the_answer_says_when_mail_should_leave_and_until_when_it_may(event: Make) -> None:
    first = event(START)
    in_time, late = (
        ask(first, "guide", LONG_AGO, "10-17T00:00:00"),
        ask(first, "guide", "10-20T08:00:00", "10-21T00:00:00"),
    )
    assert (in_time.at, in_time.expires_at) == (utc("10-16T12:00:00"), utc("10-23T15:00:00"))
    assert (late.at, late.expires_at) == (utc("10-20T08:00:00"), utc("10-23T15:00:00"))
    assert late.at.tzinfo is UTC


minutes = st.integers(-60 * 24 * 10, 60 * 5).map(lambda n: utc("10-23T12:00:00") + timedelta(minutes=n))


@given(since=minutes, now=minutes, guided=st.none() | minutes)
def test_whatever_happens_nobody_is_owed_anything_outside_its_time(
    event: Make, since: datetime, now: datetime, guided: datetime | None
) -> None:
    first = event(START)
    got = {"guide": guided} if guided else {}
    for mailout in first.mailouts:
        answer = schedule.owed(first, mailout, since, now, got=got)
        assert bool(answer) == (answer.word == "owed")
        assert answer.at == max(schedule.due_at(first, mailout), since)
        if answer:
            assert schedule.due_at(first, mailout) <= now < schedule.expires_at(first, mailout)


@given(since=minutes, now=minutes, longer=st.integers(0, 600))
def test_waiting_never_makes_a_late_reminder_owed(event: Make, since: datetime, now: datetime, longer: int) -> None:
    first = event(START)
    reminder = first.mailouts[1]
    if schedule.owed(first, reminder, since, now).word in ("too_late_registered", "expired", "guide_instead"):
        assert not schedule.owed(first, reminder, since, now + timedelta(minutes=longer))

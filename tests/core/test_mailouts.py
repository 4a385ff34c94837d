"""Who is owed what: derived at every turn, through switches, moves and downtime, for ten people or ten thousand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from mailbot import mailouts, registry, schedule
from mailbot.models import Outbox, Participant
from tests.core.conftest import EVENT, GUIDE, NOW, REMINDER, START, Core, count_statements

HOUR = timedelta(hours=1)
LATER = {"start": "2027-04-13T15:00:00", "end": "2027-04-13T17:00:00"}
SOON = {"start": "2027-03-05T15:00:00", "end": "2027-03-05T17:00:00"}


def turn(core: Core, now: datetime) -> list[str]:
    """Plan and send at a moment; returns which mails left."""
    mailouts.plan(core.database, core.config, now)
    deliverer = core.deliverer()
    while deliverer.deliver(now):
        pass
    ours = (Outbox.done_at == now, Outbox.state == "sent")
    return [row.mail for row in core.rows(Outbox, *ours)]


def change(core: Core, number: int, at: datetime, **values: str) -> None:
    with core.database.write() as session:
        person = session.get_one(Participant, number)
        for name, new in values.items():
            registry.change_field(session, person, name, new, who="registrar", at=at)


def test_everybody_of_the_audience_and_nobody_else_is_owed(core: Core) -> None:
    core.someone(1)
    core.someone(2, status="tentative")
    core.someone(3, status="declined")
    core.someone(4, mode="in_person")
    core.someone(5, mode=None)
    core.someone(6, reachable="unreachable")
    core.someone(7, write_to=None)
    core.someone(8, event="another")
    mailouts.plan(core.database, core.config, GUIDE)
    assert [row.recipient for row in core.outbox()] == ["person1@union.example", "person2@union.example"]


def test_planning_again_and_again_owes_nothing_more(core: Core) -> None:
    core.someone(1)
    assert mailouts.plan(core.database, core.config, GUIDE) == 1
    assert [mailouts.plan(core.database, core.config, GUIDE + n * HOUR) for n in range(3)] == [0, 0, 0]


def test_switching_back_and_forth_brings_each_mail_once(core: Core) -> None:
    core.someone(1)
    assert turn(core, GUIDE) == ["guide"]
    for n, mode in enumerate(("in_person", "online", "in_person", "online"), 1):
        change(core, 1, GUIDE + n * HOUR, mode=mode)
        assert turn(core, GUIDE + n * HOUR) == []
    assert turn(core, REMINDER) == ["reminder"]


def test_a_mail_that_was_withdrawn_by_a_switch_comes_back_with_the_next(core: Core) -> None:
    core.someone(1)
    mailouts.plan(core.database, core.config, GUIDE - timedelta(minutes=5))
    change(core, 1, GUIDE - timedelta(minutes=4), mode="in_person")
    assert turn(core, GUIDE) == []
    assert [(r.state, r.reason) for r in core.outbox()] == [("withdrawn", "not_online")]
    change(core, 1, GUIDE + HOUR, mode="online")
    assert turn(core, GUIDE + HOUR) == ["guide"]


def test_who_cancels_while_mail_waits_gets_none_and_who_comes_back_gets_it(core: Core) -> None:
    core.someone(1)
    mailouts.plan(core.database, core.config, GUIDE - timedelta(minutes=5))
    change(core, 1, GUIDE - timedelta(minutes=4), status="declined")
    assert turn(core, GUIDE) == []
    change(core, 1, GUIDE + HOUR, status="registered")
    assert turn(core, GUIDE + HOUR) == ["guide"]


def test_a_corrected_address_gets_the_mail_that_was_waiting_for_the_old_one(core: Core) -> None:
    core.someone(1)
    mailouts.plan(core.database, core.config, GUIDE - timedelta(minutes=5))
    core.deliverer().prepare(GUIDE - timedelta(minutes=5))
    with core.database.write() as session:
        session.get_one(Participant, 1).write_to = "right@union.example"
    assert turn(core, GUIDE) == ["guide"]
    ((recipients, data),) = core.sinks[0].delivered
    assert recipients == ("right@union.example",)
    assert b"person1@union.example" not in data.split(b"\r\n\r\n")[0]


def test_a_moved_event_is_told_once_and_its_mails_are_owed_anew(core: Core) -> None:
    core.someone(1)
    assert turn(core, GUIDE) == ["guide"]
    core.configure(**LATER)
    assert turn(core, GUIDE + HOUR) == ["moved"]
    assert turn(core, GUIDE + 2 * HOUR) == turn(core, REMINDER) == []
    assert turn(core, datetime(2027, 4, 6, 13, 0, tzinfo=UTC)) == ["guide"]
    assert turn(core, datetime(2027, 4, 13, 12, 30, tzinfo=UTC)) == ["reminder"]


def test_an_event_that_is_moved_back_is_told_too(core: Core) -> None:
    """They had the guide for this very start, were told of another one, and must hear that it is void."""
    core.someone(1)
    assert turn(core, GUIDE) == ["guide"]
    starts = [LATER, {}, LATER, {}]
    for n, moved in enumerate(starts, 1):
        core.configure(**moved)
        assert turn(core, GUIDE + n * HOUR) == ["moved"], n
        assert turn(core, GUIDE + n * HOUR + HOUR / 2) == []
    assert turn(core, REMINDER) == ["reminder"]


def test_a_move_that_is_taken_back_before_it_was_told_still_leaves_one_truth(core: Core) -> None:
    core.someone(1)
    mailouts.plan(core.database, core.config, NOW)
    core.configure(**LATER)
    mailouts.plan(core.database, core.config, NOW + HOUR)  # planned, and the server is away
    core.configure()
    assert turn(core, NOW + 2 * HOUR) == ["moved"]
    assert turn(core, GUIDE) == ["guide"]
    assert [r.event_start for r in core.rows(Outbox, Outbox.state == "sent")] == [START, START]


def test_an_event_that_was_moved_nearer_sends_the_guide_and_no_second_mail(core: Core) -> None:
    core.someone(1)
    turn(core, NOW)
    core.configure(**SOON)
    assert turn(core, NOW + HOUR) == ["guide"]


def test_whoever_declined_or_came_later_is_not_told_of_a_move(core: Core) -> None:
    core.someone(1, status="declined")
    turn(core, NOW)
    core.configure(**LATER)
    turn(core, NOW + HOUR)
    core.someone(2, registered_at=NOW + 2 * HOUR, changed_at=NOW + 2 * HOUR)
    assert turn(core, NOW + 3 * HOUR) == []


def test_after_the_end_nothing_is_owed(core: Core) -> None:
    core.someone(1)
    assert turn(core, datetime(2027, 3, 30, 15, 15, tzinfo=UTC)) == []
    assert core.outbox() == []


def test_a_mail_out_that_is_removed_while_mail_waits_is_withdrawn(core: Core) -> None:
    core.someone(1)
    mailouts.plan(core.database, core.config, GUIDE - timedelta(minutes=5))
    core.configure(extra='[[event.mailout]]\nname = "reminder"\nbefore = "30 minutes"\nlate = "never"\n')
    assert turn(core, GUIDE) == []
    assert [(r.state, r.reason) for r in core.outbox()] == [("withdrawn", "mailout_removed")]


def test_somebody_who_was_forgotten_gets_nothing(core: Core) -> None:
    core.someone(1)
    core.someone(2)
    mailouts.plan(core.database, core.config, GUIDE - timedelta(minutes=5))
    with core.database.write() as session:
        session.delete(session.get_one(Participant, 1))
    assert turn(core, GUIDE) == ["guide"]
    assert [r.recipient for r in core.outbox()] == ["person2@union.example"]


@pytest.mark.parametrize("size", [100, 33_000])
def test_planning_takes_as_many_statements_for_many_as_for_few(core: Core, size: int) -> None:
    with core.database.write() as session:
        session.execute(sa.insert(Participant), [
            {"event": EVENT, "identity": f"mailto:p{n}@x.example", "email": f"p{n}@x.example",
             "write_to": f"p{n}@x.example", "name": f"P {n}", "mode": "online", "language": "fr",
             "status": "registered",
             "registered_at": NOW,
             "changed_at": NOW, "reachable": "yes", "confidence": 1.0, "review": ""}
            for n in range(size)
        ])  # fmt: skip
    queries = count_statements(core.database, lambda: mailouts.plan(core.database, core.config, GUIDE))
    assert len(core.outbox()) == size
    assert queries <= 25 + size / 500  # rows are inserted a thousand at a time, and nobody is asked about one by one
    assert count_statements(core.database, lambda: mailouts.plan(core.database, core.config, GUIDE)) <= 20


def test_only_what_takes_somebody_in_or_out_begins_their_time_in_an_audience(core: Core) -> None:
    core.configure(
        extra='[[event.mailout]]\nname = "reminder"\nbefore = "30 minutes"\nto = "everyone"\nlate = "never"\n'
    )
    kinds: list[dict[str, Any]] = [{"mode": None}, {"status": "tentative"}, {"mode": "in_person"}, {}]
    for number, values in enumerate(kinds, 1):
        core.someone(number, **values)
    late = REMINDER + timedelta(minutes=2)
    change(core, 1, late, mode="online")
    change(core, 2, late, status="registered")
    change(core, 3, late, mode="online")
    change(core, 4, late - timedelta(minutes=1), status="declined")
    change(core, 4, late, status="registered")  # was away at the reminder's moment: one moment too late for it
    assert turn(core, late + timedelta(minutes=1)) == ["reminder"] * 3
    assert {row.recipient for row in core.outbox()} == {f"person{n}@union.example" for n in (1, 2, 3)}


def test_who_leaves_an_audience_and_comes_back_is_of_it_since_they_came_back(core: Core) -> None:
    core.someone(1)
    turn(core, GUIDE)
    change(core, 1, REMINDER - HOUR, mode="in_person")
    change(core, 1, REMINDER + timedelta(minutes=1), mode="online")
    assert turn(core, REMINDER + timedelta(minutes=2)) == []


def test_a_cancelled_event_owes_nobody_a_mail_out_and_shows_none_as_coming(core: Core) -> None:
    core.someone(1)
    mailouts.plan(core.database, core.config, NOW)
    (event,) = core.config.events
    cancelled = event.model_copy(update={"cancelled": True})
    config = core.config.model_copy(update={"events": (cancelled,)})
    assert mailouts.plan(core.database, config, GUIDE) == 1
    assert [row.mail for row in core.outbox()] == ["event_cancelled"]
    assert schedule.moments(cancelled) == []
    assert schedule.moments(event) != []

"""A clock that is set, forward or back: nothing is sent twice, and nothing waits for a moment that will not come."""

from __future__ import annotations

import logging
import threading
from datetime import timedelta

import pytest

from mailbot import health, mailouts, outbox, rehearsal
from mailbot.cli import parts
from mailbot.database import open_database
from mailbot.errors import InDoubt
from mailbot.models import Outbox
from mailbot.worker import Worker, utc_now
from tests.core.conftest import EVENT, GUIDE, NOW, START, Core, Sink
from tests.core.test_outbox import owed

HOURS = timedelta(hours=5)
MINUTE = timedelta(minutes=1)


def put(core: Core, *mails: outbox.Owed, now: object) -> None:
    with core.database.write() as session:
        outbox.put(session, mails, now, "workers-network.example")  # type: ignore[arg-type]


def recover(core: Core) -> None:
    with core.database.write() as session:
        outbox.recover(session, NOW)


def acknowledgement(due: object) -> outbox.Owed:
    return owed(1, mail="acknowledgement", key="acknowledgement 1", due_at=due, expires_at=START + HOURS * 50)


def test_an_answer_that_was_owed_by_a_clock_that_ran_ahead_leaves_now(core: Core) -> None:
    put(core, acknowledgement(NOW + HOURS), now=NOW + HOURS)
    recover(core)
    assert core.outbox()[0].next_attempt_at == NOW


def test_a_mail_out_that_was_put_too_early_by_such_a_clock_still_waits_for_its_moment(core: Core) -> None:
    put(core, owed(1, due_at=NOW + HOURS + MINUTE), now=NOW + HOURS)
    recover(core)
    assert core.outbox()[0].next_attempt_at == NOW + HOURS + MINUTE


def test_a_mail_that_was_refused_under_such_a_clock_keeps_its_back_off_and_no_more(core: Core) -> None:
    put(core, acknowledgement(NOW), now=NOW)
    with core.database.write() as session:
        (row,) = outbox.claim(session, NOW + HOURS, 1)
        outbox.note_later(session, row, "greylisted", NOW + HOURS)
    recover(core)
    assert NOW + MINUTE <= core.outbox()[0].next_attempt_at <= NOW + 2 * MINUTE


def test_a_mail_that_was_claimed_by_the_right_clock_and_given_back_by_a_wrong_one_leaves_now(core: Core) -> None:
    put(core, acknowledgement(NOW), now=NOW)
    with core.database.write() as session:
        (row,) = outbox.claim(session, NOW, 1)
        outbox.release(session, row, "no connection", NOW + HOURS)
    recover(core)
    assert core.outbox()[0].next_attempt_at <= NOW + MINUTE


def test_a_mail_in_doubt_since_tomorrow_is_in_doubt_since_now(core: Core) -> None:
    put(core, acknowledgement(NOW), now=NOW)
    with core.database.write() as session:
        outbox.note_in_doubt(session, outbox.claim(session, NOW + HOURS, 1), NOW + HOURS)
    recover(core)
    assert (core.outbox()[0].state, core.outbox()[0].in_doubt_at) == ("in_doubt", NOW)


def test_what_was_noted_a_moment_ahead_is_left_as_it_is(core: Core) -> None:
    put(core, acknowledgement(NOW + MINUTE / 2), now=NOW + MINUTE / 2)
    recover(core)
    assert core.outbox()[0].next_attempt_at == NOW + MINUTE / 2


def test_after_the_clock_was_set_absence_proves_nothing_for_a_while(core: Core) -> None:
    core.someone(1)
    put(core, owed(1, event=EVENT, participant_id=1), now=NOW)
    deliverer = core.deliverer()
    deliverer.evidence = lambda _row: False
    with core.database.write() as session:
        outbox.note_in_doubt(session, outbox.claim(session, NOW, 1), NOW)
    deliverer.believe_absence_from = NOW + HOURS + MINUTE
    assert deliverer.settle(NOW + HOURS) == 0
    assert deliverer.settle(NOW + HOURS + MINUTE) == 1
    with core.database.read() as session:
        assert session.get_one(Outbox, 1).state == "waiting"


def test_how_long_a_mail_is_in_doubt_counts_from_when_its_answer_was_given_up(core: Core) -> None:
    """A turn may last: what is sent at its end was not sent at its beginning."""
    core.someone(1)
    mailouts.plan(core.database, core.config, GUIDE)
    clock = [GUIDE]

    def passes() -> None:
        clock[0] += 4 * MINUTE

    deliverer = core.deliverer(Sink({"finish": [InDoubt("cut")]}, before_dot=passes))
    deliverer.clock = lambda: clock[0]
    assert deliverer.deliver(GUIDE) == 1
    assert (core.outbox()[0].state, core.outbox()[0].in_doubt_at) == ("in_doubt", GUIDE + 4 * MINUTE)


def test_a_pause_that_was_noted_by_a_clock_that_ran_ahead_is_over(core: Core) -> None:
    core.someone(1)
    put(core, owed(1, event=EVENT, participant_id=1), now=NOW)
    deliverer = core.deliverer()
    for noted, sent in ((NOW, 0), (NOW + MINUTE * 50, 1)):
        with core.database.write() as session:
            health.note_pause(session, NOW + MINUTE * 55, 1, noted)
        assert deliverer.deliver(NOW) == sent


@pytest.mark.parametrize(("step", "noticed"), [(HOURS, True), (-HOURS, True), (MINUTE / 6, False)])
def test_the_worker_notices_that_the_clock_was_set(
    core: Core, caplog: pytest.LogCaptureFixture, step: timedelta, noticed: bool
) -> None:
    caplog.set_level(logging.WARNING, "mailbot")
    config = rehearsal.prepare(core.folder / "rehearsal")
    database = open_database(config.database)
    turns = parts.turns_of(config, database, threading.Event())
    worker = Worker(turns, [])
    worker._compare_clocks()
    turns.clock = lambda: utc_now() + step
    worker._compare_clocks()
    assert (turns.deliverer.believe_absence_from is not None) is noticed
    assert ("clock_was_set" in caplog.text) is noticed
    turns.close()
    database.close()

"""A server that refuses us, or asks us to slow down, costs no mail: the way out waits as a whole, and says so."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest

from mailbot import health, mailouts, outbox
from mailbot.deliver import Deliverer
from mailbot.errors import GiveUp, InDoubt, Pause, TryLater
from mailbot.smtp import SmtpSession
from tests.conftest import smtp_settings
from tests.core.conftest import GUIDE, NOW, Core, Sink
from tests.servers.smtp import SmtpServer

MINUTE = timedelta(minutes=1)
PEOPLE = 12


@pytest.fixture
def due(core: Core) -> Core:
    """A guide that is due for twelve people."""
    for n in range(PEOPLE):
        core.someone(n)
    mailouts.plan(core.database, core.config, GUIDE)
    return core


@pytest.fixture
def send(due: Core, smtp_server: SmtpServer) -> Iterator[Callable[[datetime], Deliverer]]:
    """Send what can be sent at a moment, over two real connections."""
    sessions = [SmtpSession(smtp_settings(smtp_server.port), after_dot=5) for _ in range(2)]
    deliverer = due.deliverer()
    deliverer.sinks = sessions

    def at(now: datetime) -> Deliverer:
        while deliverer.deliver(now):
            pass
        return deliverer

    yield at
    deliverer.close()


def states(core: Core) -> dict[str, int]:
    found = [row.state for row in core.outbox()]
    return {state: found.count(state) for state in set(found)}


def until(core: Core) -> datetime:
    with core.database.read() as session:
        pause = health.paused(session)
    assert pause is not None
    return pause.until


REFUSALS = [
    ("MAIL", "550 5.7.1 sender not allowed"), ("MAIL", "553 5.1.8 no such sender"), ("MAIL", "451 4.3.0 not now"),
    ("MAIL", "432 4.3.2 concurrent limit"), ("MAIL", "421 4.7.0 too busy"), ("RCPT", "554 5.7.1 Relay access denied"),
    ("RCPT", "421 4.7.28 unusual rate"), ("DOT", "550 5.4.5 daily sending limit"), ("DOT", "451 4.7.500 busy"),
    ("DOT", "550 5.7.60 may not send as this sender"),
]  # fmt: skip


@pytest.mark.parametrize(("stage", "reply"), REFUSALS)
def test_who_is_refused_as_a_sender_fails_no_mail_and_sends_all_of_them_later(
    due: Core, smtp_server: SmtpServer, send: Callable[[datetime], Deliverer], stage: str, reply: str
) -> None:
    smtp_server.fault(stage, reply=reply, times=6)
    now, offered = GUIDE, 0
    for _ in range(8):
        send(now)
        assert states(due).keys() <= {"waiting", "sent"}
        offered = max(offered, sum(c.startswith("MAIL") for c in smtp_server.commands))
        if states(due) == {"sent": PEOPLE}:
            break
        now = until(due) if states(due).get("sent") is None else now + 2 * MINUTE
    now += timedelta(hours=2)  # those that met the refusal wait a little longer than the others
    send(now)
    assert states(due) == {"sent": PEOPLE}
    assert len({d.recipients for d in smtp_server.messages}) == len(smtp_server.messages) == PEOPLE


def test_during_a_pause_nothing_is_offered_and_after_it_one_mail_tries_the_way(
    due: Core, smtp_server: SmtpServer, send: Callable[[datetime], Deliverer]
) -> None:
    smtp_server.fault("MAIL", reply="550 5.7.1 sender not allowed", times=4)

    def mails_begun() -> int:
        return sum(command.startswith("MAIL") for command in smtp_server.commands)

    send(GUIDE)
    assert mails_begun() == 2  # one a connection, and no more of the batch
    send(until(due) - timedelta(seconds=1))
    assert mails_begun() == 2
    send(until(due))
    assert mails_begun() == 3
    waits = [until(due)]
    send(waits[-1])
    assert until(due) - waits[-1] >= 5 * MINUTE  # the third pause in a row
    assert states(due) == {"waiting": PEOPLE}
    assert all(row.attempts <= 1 for row in due.outbox())
    send(until(due))
    assert states(due)["sent"] >= PEOPLE - 4


def test_the_pause_survives_a_restart(due: Core) -> None:
    deliverer = due.deliverer(Sink({"offer": [Pause("550 5.7.1 not you", code=550)]}))
    deliverer.deliver(GUIDE)
    assert deliverer.trouble == "550 5.7.1 not you"
    again = due.deliverer(Sink())
    assert again.deliver(GUIDE + MINUTE / 2) == 0
    assert due.sinks[0].delivered == []
    assert again.deliver(until(due)) == 1
    with due.database.read() as session:
        assert health.paused(session) is None
        assert health.reached(session, health.SMTP).trouble == ""


def test_a_pause_noted_by_a_clock_that_ran_ahead_is_not_waited_for(due: Core) -> None:
    with due.database.write() as session:
        health.note_pause(session, GUIDE + timedelta(days=300), 1)
    assert due.deliverer().deliver(GUIDE) == 1


def test_one_mail_that_the_server_takes_amiss_does_not_hold_up_the_others(due: Core) -> None:
    class Touchy(Sink):
        def offer(self, sender: str, recipients: list[str], data: bytes, envelope_id: str) -> None:  # type: ignore[override]
            if recipients == ["person3@union.example"]:
                raise Pause("451 4.7.0 not this one", code=451, after=MINUTE)
            super().offer(sender, recipients, data, envelope_id)

    deliverer, now = due.deliverer(Touchy()), GUIDE
    for _ in range(10):
        while deliverer.deliver(now):
            pass
        now += 2 * MINUTE
    assert states(due) == {"sent": PEOPLE - 1, "waiting": 1}
    for _ in range(50):
        deliverer.deliver(now)
        now += 61 * MINUTE
    (row,) = [row for row in due.outbox() if row.state != "sent"]
    assert row.state in ("waiting", "expired")  # never failed: the server spoke of us


def test_a_connection_too_many_pauses_nothing(due: Core) -> None:
    deliverer = due.deliverer(Sink(), Sink({"open": [Pause("421 too many connections", code=421)] * 99}))
    now = GUIDE
    while deliverer.deliver(now) or now < GUIDE + 10 * MINUTE:
        now += MINUTE
    assert states(due) == {"sent": PEOPLE}
    with due.database.read() as session:
        assert health.paused(session) is None


@pytest.mark.parametrize("error", [GiveUp("535 wrong password", code=535), Pause("421 busy", code=421)])
def test_a_server_that_lets_nobody_in_is_not_tried_every_moment(due: Core, error: Exception) -> None:
    deliverer = due.deliverer(Sink({"open": [error] * 99}))
    now, tries, left = GUIDE, 0, 99
    while now < GUIDE + timedelta(hours=1):
        deliverer.deliver(now)
        tries, left = tries + left - len(due.sinks[0].told["open"]), len(due.sinks[0].told["open"])
        now += MINUTE
    assert 4 <= tries <= 8
    assert states(due) == {"waiting": PEOPLE}
    assert {row.attempts for row in due.outbox()} == {0}
    with due.database.read() as session:
        assert str(error) in health.reached(session, health.SMTP).trouble


def test_a_server_that_leaves_a_mail_in_doubt_with_421_is_given_time(due: Core) -> None:
    deliverer = due.deliverer(Sink({"finish": [InDoubt("421 4.4.0", code=421)]}))
    while deliverer.deliver(GUIDE):
        pass
    assert states(due) == {"in_doubt": 1, "waiting": PEOPLE - 1}
    assert until(due) >= GUIDE + MINUTE


def test_greylisting_is_one_recipients_matter(
    due: Core, smtp_server: SmtpServer, send: Callable[[datetime], Deliverer]
) -> None:
    smtp_server.fault("RCPT", reply="450 4.7.1 greylisted, come back in five minutes")
    send(GUIDE)
    assert states(due) == {"sent": PEOPLE - 1, "waiting": 1}


def test_the_log_says_it_once_and_loudly(due: Core, caplog: pytest.LogCaptureFixture) -> None:
    deliverer = due.deliverer(Sink({"offer": [Pause("550 5.7.1 not you", code=550)] * 3}))
    with caplog.at_level(logging.INFO, "mailbot"):
        now = GUIDE
        for _ in range(40):
            deliverer.deliver(now)
            now += MINUTE
    told = [(r.levelname, r.getMessage()) for r in caplog.records if r.getMessage().startswith("smtp_")]
    assert told == [("WARNING", "smtp_paused"), ("INFO", "smtp_reached")]


def test_pauses_grow_have_jitter_and_give_the_server_what_it_asks() -> None:
    for count, least in ((1, 1), (2, 2), (3, 5), (4, 15), (99, 15)):
        waits = [(outbox.pause_until(NOW, count, None) - NOW) / MINUTE for _ in range(50)]
        assert least <= min(waits) < max(waits) <= least * 1.2
    assert outbox.pause_until(NOW, 1, timedelta(hours=1)) >= NOW + timedelta(hours=1)


def test_a_plain_later_is_still_of_one_mail(due: Core) -> None:
    deliverer = due.deliverer(Sink({"offer": [TryLater("452 4.2.2 mailbox full", code=452)]}))
    while deliverer.deliver(GUIDE):
        pass
    assert states(due) == {"sent": PEOPLE - 1, "waiting": 1}

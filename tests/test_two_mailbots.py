"""Two mailbots that write to each other fall silent after one exchange: two processes, real mailboxes and receivers."""

from __future__ import annotations

import email
import email.policy
import re
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

import pytest

from tests.crashes.service import PATIENCE, Service
from tests.journeys.conftest import REGISTRAR, registration
from tests.servers.dovecot import Dovecot
from tests.servers.local import wait_for
from tests.servers.smtp import Delivered, SmtpServer

THEIRS = "rsvp@other-network.example"
TELLING = (b"auto-submitted", b"x-mailbot", b"x-auto-response", b"list-unsubscribe", b"precedence", b"return-path")


@dataclass
class Pair:
    """Two organisations, and the post between them; `honest` post keeps the headers that programs tell each other."""

    services: tuple[Service, Service]
    honest: bool = True
    carried: list[int] = field(default_factory=lambda: [0, 0])
    ending: threading.Event = field(default_factory=threading.Event)

    def carry(self) -> None:
        """Bring what one sends into the other's mailbox until the end, as mail servers do."""
        while not self.ending.wait(0.02):
            for side in (0, 1):
                sender, receiver = self.services[side], self.services[1 - side]
                while self.carried[side] < len(sent := between(sender, side)):
                    delivered = sent[self.carried[side]]
                    raw = f"Return-Path: <{delivered.sender}>\r\n".encode() + delivered.data
                    receiver.dovecot.append(receiver.users[0], raw if self.honest else without_telling(raw))
                    self.carried[side] += 1

    def silent(self) -> bool:
        """Say whether everything that was sent has arrived and been read, and nothing more is to leave."""
        for side in (0, 1):
            one, other = self.services[side], self.services[1 - side]
            unread = other.query("SELECT count(*) FROM received WHERE disposition = 'new'")
            read = other.query("SELECT count(*) FROM received WHERE from_address LIKE 'rsvp@%'")
            waiting = one.query("SELECT count(*) FROM outbox WHERE state IN ('waiting', 'claimed', 'in_doubt')")
            began = 1 if side == 1 else 0  # the message that began it has the other's address and came from nobody
            if not read or unread != [(0,)] or waiting != [(0,)] or self.carried[side] != len(between(one, side)):
                return False
            if read[0][0] != len(between(one, side)) + began:
                return False
        return True


def between(one: Service, side: int) -> list[Delivered]:
    """Return the mails of one side that are addressed to the other; what it tells its organisers stays at home."""
    other = (THEIRS, REGISTRAR)[side]
    return [mail for mail in one.smtp.messages if other in mail.recipients]


def without_telling(raw: bytes) -> bytes:
    """Return a mail as a gateway passes it on that takes away whatever says that a program wrote it."""
    head, blank, body = raw.partition(b"\r\n\r\n")
    lines = re.sub(rb"\r\n(?=[ \t])", b"\0", head).split(b"\r\n")
    kept = [line for line in lines if not line.lower().startswith(TELLING)]
    return b"\r\n".join(kept).replace(b"\0", b"\r\n") + blank + body


@pytest.fixture
def pair(tmp_path: Path, dovecot: Dovecot, smtp_server: SmtpServer) -> Iterator[Pair]:
    """Two mailbots of two organisations, configured and not started."""
    services = []
    for name, receiver in (("ours", smtp_server), ("theirs", SmtpServer())):
        (tmp_path / name).mkdir()
        users = (dovecot.new_user(), dovecot.new_user())
        one = Service(tmp_path / name, dovecot, receiver, users, evidence="none", starts_in=timedelta(days=40))
        one.configure()
        services.append(one)
    config = services[1].folder / "config.toml"
    config.write_text(config.read_text("utf-8").replace("workers-network.example", "other-network.example"), "utf-8")
    both = Pair((services[0], services[1]))
    postman = threading.Thread(target=both.carry, daemon=True)
    postman.start()
    yield both
    both.ending.set()
    postman.join(10)
    for one in both.services:
        one.close()
    services[1].smtp.close()


def begin(pair: Pair) -> None:
    """Let a registration arrive that says it is the other mailbot's: a forged sender, or a person's mistake."""
    ours = pair.services[0]
    mail = EmailMessage(policy=email.policy.SMTP)
    mail["From"], mail["To"], mail["Subject"] = f"Réseau <{THEIRS}>", REGISTRAR, "Re: Invitation : 2e webinaire"
    mail["Date"], mail["Message-ID"] = format_datetime(datetime.now(UTC)), "<begins@elsewhere.example>"
    mail["In-Reply-To"] = "<invite-fr@workers-network.example>"
    mail.set_content(registration())
    ours.dovecot.append(ours.users[0], mail.as_bytes())


def settled(pair: Pair) -> tuple[int, int]:
    """Run both until they are silent; return how many mails each sent."""
    for one in pair.services:
        one.start()
    begin(pair)
    wait_for(lambda: bool(pair.services[0].smtp.messages), "the first answer", PATIENCE)
    wait_for(pair.silent, "both to fall silent", 2 * PATIENCE)
    for one in pair.services:
        assert one.signal(signal.SIGTERM) == 0
    assert pair.silent()
    ours, theirs = (len(between(one, side)) for side, one in enumerate(pair.services))
    return ours, theirs


def test_two_mailbots_fall_silent_after_one_exchange(pair: Pair) -> None:
    assert settled(pair) == (1, 0)


def test_even_where_a_gateway_takes_away_what_they_tell_each_other(pair: Pair) -> None:
    pair.honest = False
    ours, theirs = settled(pair)
    assert 1 <= ours <= 3
    assert theirs <= 3

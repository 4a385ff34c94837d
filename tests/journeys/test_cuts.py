"""Cut anywhere, in a session with the mailbox or with the receiver, nobody's reply is lost and no answer leaves twice.

The suite cuts at places spread over a whole session; MAILBOT_CUTS=1 cuts after every octet, =5 after every fifth.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from mailbot.errors import TryLater
from mailbot.reader import Reader
from tests.journeys.conftest import GENEVA, PASSWORD, Dovecot, Organisation, SmtpServer, registration
from tests.servers.proxy import Direction, FaultProxy

EVERY = int(os.environ.get("MAILBOT_CUTS", "0"))  # octets between two cuts; 0: a few places
PLACES = 12  # in the suite, for each of four streams
COPIES = "rsvp+mailbot-copy@workers-network.example"
FIRST = ("Awa", "Binta", "Cheikh", "Djibril", "Elena", "Fatou", "Grace", "Hamidou", "Issa", "Joana", "Khady", "Lucia")
LAST = ("Ndiaye", "Mendes", "Otieno", "Quispe", "Traore", "Barry", "Silva", "Kamara", "Lopez", "Zongo", "Adjei", "Paye")
LATER = timedelta(minutes=6)  # longer than absence takes to prove something


class Cut:
    """One organisation behind two proxies, to which one person after another replies."""

    def __init__(self, organisation: Organisation, to_imap: FaultProxy, to_smtp: FaultProxy) -> None:
        self.organisation, self.to_imap, self.to_smtp = organisation, to_imap, to_smtp
        self.replied = self.carried = 0

    def somebody_replies(self) -> str:
        name = f"{FIRST[self.replied % 12]} {LAST[self.replied // 12 % 12]}"
        address = f"{name.lower().replace(' ', '.')}.{self.replied}@union.example"
        self.replied += 1
        self.organisation.reply(registration(name=name), sender=f"{name} <{address}>")
        return address

    def pass_on(self) -> None:
        """Do what a worker does in a turn, on connections of its own."""
        _, turns, boxes = self.organisation.parts
        for box in boxes:
            with suppress(TryLater):
                turns.collect(box)
        turns.turn()
        turns.deliverer.close()
        for box in boxes:
            box.source.close()

    def carry_copies(self) -> None:
        messages = self.organisation.smtp.messages
        for delivered in messages[self.carried :]:
            if COPIES in delivered.recipients:
                self.organisation.deliver(delivered.data)
        self.carried = len(messages)

    def through(self, proxy: FaultProxy, direction: Direction, place: int | None, how: str) -> int:
        """Let somebody reply while the connection is cut at a place; returns how many octets passed without a cut."""
        address = self.somebody_replies()
        proxy.mend() if place is None else proxy.cut(direction, place, how)  # type: ignore[arg-type]
        self.pass_on()
        proxy.settle()
        passed = proxy.passed[direction]
        self.organisation.smtp.settle()
        proxy.mend()
        for _ in range(5):
            self.carry_copies()
            self.organisation.now += LATER
            self.pass_on()
            if self.is_done(address):
                break
        to = Counter(mail.kind for mail in self.organisation.mails(address))
        assert to == {"acknowledgement": 1}, f"cut {direction} at {place} by {how}: {to}"
        return passed

    def is_done(self, address: str) -> bool:
        return any(row.recipient == address and row.state == "sent" for row in self.organisation.outbox())


@pytest.fixture
def cut(
    tmp_path: Path, dovecot: Dovecot, smtp_server: SmtpServer, reader: Reader, make_proxy: Callable[[int], FaultProxy]
) -> Iterator[Cut]:
    """An organisation whose event is years away, so that only answers are owed."""
    one = Organisation(tmp_path, dovecot, smtp_server, (dovecot.new_user(),), reader)
    to_imap, to_smtp = make_proxy(dovecot.imap), make_proxy(smtp_server.port)
    one.imap_port, one.smtp_port, one.now = to_imap.port, to_smtp.port, datetime(2024, 3, 1, 8, 0, tzinfo=GENEVA)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MAILBOT_TEST_PASSWORD", PASSWORD)
        one.configure(smtp_extra='evidence = "copy"')
        yield Cut(one, to_imap, to_smtp)
        one.stop()


def places(length: int) -> list[int]:
    """Return where to cut: in the suite a few places over the whole session, the last octets in any case."""
    return sorted({*range(0, length, EVERY or max(1, length // PLACES)), length - 3, length})


@pytest.mark.timeout(3600 if EVERY else 120)
@pytest.mark.parametrize("direction", ["to client", "to server"])
@pytest.mark.parametrize("server", ["mailbox", "receiver"])
def test_wherever_a_session_is_cut_the_reply_is_recorded_once_and_answered_once(
    cut: Cut, server: str, direction: Direction
) -> None:
    proxy = cut.to_imap if server == "mailbox" else cut.to_smtp
    length = max(cut.through(proxy, direction, None, "") for _ in range(2))
    assert length > 200
    for number, place in enumerate(places(length)):
        cut.through(proxy, direction, place, ("reset", "end")[number % 2])
    rows = Counter(row.sender for row in cut.organisation.received() if row.disposition == "registration")
    assert set(rows.values()) == {1}
    assert len(rows) == len(cut.organisation.people()) == cut.replied

"""mailbot as an operator runs it: a process beside real mailboxes and a real receiver, with the real clock.

A postman carries every copy to ourselves from the receiver into the mailbox, as a provider does.
"""

from __future__ import annotations

import contextlib
import email
import email.policy
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tests.journeys.conftest import CONFIG, MAILBOX, REGISTRAR, registration
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.local import group_lives, wait_for
from tests.servers.smtp import SmtpServer

ROOT = Path(__file__).parents[2]
COPIES = "rsvp+mailbot-copy@workers-network.example"
PATIENCE = 30.0  # seconds until a test gives up on what should take one or two


def wall(moment: datetime) -> str:
    """Return a moment as the configuration writes it: the clock on the wall in Geneva."""
    return f"{moment.astimezone(ZoneInfo('Europe/Zurich')):%Y-%m-%dT%H:%M:%S}"


@dataclass
class Service:
    """One mailbot process and everything around it."""

    folder: Path
    dovecot: Dovecot
    smtp: SmtpServer
    users: tuple[str, ...]
    evidence: str = "copy"
    starts_in: timedelta = timedelta(days=3)
    smtp_port: int = 0
    imap_port: int = 0
    process: subprocess.Popen[str] | None = None
    runs: int = 0
    replies: dict[str, int] = field(default_factory=dict)  # Message-ID → in how many mailboxes it lies
    _carried: int = 0
    _ending: threading.Event = field(default_factory=threading.Event)

    def configure(self, smtp_extra: str = "") -> None:
        """Write the configuration; the event is so far from now."""
        start = datetime.now(UTC).replace(microsecond=0) + self.starts_in
        boxes = "".join(
            MAILBOX.format(port=self.imap_port or self.dovecot.imap, user=user, extra="poll = 1") for user in self.users
        )
        text = CONFIG.format(
            mailboxes=boxes, smtp=self.smtp_port or self.smtp.port, start=wall(start),
            end=wall(start + timedelta(hours=2)), smtp_extra=f'evidence = "{self.evidence}"\ntimeout = 5\n{smtp_extra}',
            event_extra="", event_keys="", top="",
        )  # fmt: skip
        (self.folder / "config.toml").write_text(text, "utf-8")

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a process."""
        return {**os.environ, "MAILBOT_TEST_PASSWORD": PASSWORD, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error"}

    def start(self, *, die_at: int = 0, impatient: bool = True, **environment: str) -> None:
        """Start `mailbot run`; with `die_at` it kills itself at that step."""
        self.runs += 1
        module = "tests.crashes.impatient" if impatient else "mailbot"
        told = {**self.environment, **environment}
        if die_at:
            told["MAILBOT_DIE_AT"] = str(die_at)
        with (self.folder / "log").open("a") as log:
            self.process = subprocess.Popen(  # noqa: S603 -- our own
                [sys.executable, "-m", module, "run", "-c", str(self.folder / "config.toml")],
                stdout=log, stderr=log, text=True, env=told, start_new_session=True, cwd=self.folder,
            )  # fmt: skip

    def once(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `mailbot once` to its end."""
        return subprocess.run(  # noqa: S603 -- our own
            [sys.executable, "-m", "tests.crashes.impatient", "once", "-c", self.folder / "config.toml", *arguments],
            capture_output=True, text=True, env=self.environment, cwd=self.folder, check=False, timeout=60,
        )  # fmt: skip

    def signal(self, number: int) -> int:
        """Send a signal, wait for the end, and return the exit code; nothing of it may go on living."""
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.process.pid, number)
        return self.ended()

    def ended(self) -> int:
        """Wait for the process to end by itself and return its exit code."""
        assert self.process is not None
        code = self.process.wait(PATIENCE)
        pid, self.process = self.process.pid, None
        wait_for(lambda: not group_lives(pid), "the reading child to end with its parent")
        return code

    def log(self) -> str:
        """Return what it logged so far."""
        path = self.folder / "log"
        return path.read_text("utf-8") if path.exists() else ""

    def reply(self, name: str, *, to: Sequence[int] = (0,), language: str = "fr") -> str:
        """Put somebody's registration into mailboxes; returns its Message-ID."""
        mail = EmailMessage(policy=email.policy.SMTP)
        address = f"{name.lower().replace(' ', '.')}@union.example"
        mail["From"], mail["To"], mail["Subject"] = f"{name} <{address}>", REGISTRAR, "Re: Invitation : 2e webinaire"
        mail["Date"] = format_datetime(datetime.now(UTC))
        mail["Message-ID"] = f"<{name.lower().replace(' ', '-')}@union.example>"
        mail["In-Reply-To"] = mail["References"] = "<invite-fr@workers-network.example>"
        mail.set_content(registration(language, name=name))
        for index in to:
            self.dovecot.append(self.users[index], mail.as_bytes())
        self.replies[str(mail["Message-ID"])] = len(to)
        return str(mail["Message-ID"])

    def query(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Ask the database from beside, as a person with a tool would."""
        path = self.folder / "registry.db"
        if not path.exists():
            return []
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=20)) as connection:
            try:
                return connection.execute(sql, values).fetchall()
            except sqlite3.OperationalError:
                return []  # not made yet

    def quiet(self) -> bool:
        """Say whether all replies are read, and everything that is owed has left."""
        read = {row[0] for row in self.query("SELECT message_id FROM received WHERE disposition NOT IN ('new')")}
        states = Counter(row[0] for row in self.query("SELECT state FROM outbox"))
        people = self.query("SELECT count(*) FROM participant")
        owed = 2 * len(self.replies)
        return bool(people) and read >= set(self.replies) and states == {"sent": owed}

    def mails(self) -> Counter[tuple[str, str]]:
        """Return how often which mail was delivered to whom."""
        found: Counter[tuple[str, str]] = Counter()
        for delivered in self.smtp.messages:
            mail = email.message_from_bytes(delivered.data, policy=email.policy.default)
            found[str(mail["X-Mailbot-Mail"]), next(r for r in delivered.recipients if r != COPIES)] += 1
        return found

    def carry_post(self) -> None:
        """Carry copies to ourselves into the first mailbox until the end, or what was sent into its Sent folder."""
        while not self._ending.wait(0.02):
            while self._carried < len(self.smtp.messages):
                delivered = self.smtp.messages[self._carried]
                box = "Sent" if self.evidence == "sent" else "INBOX"
                if box == "Sent" or COPIES in delivered.recipients:
                    try:
                        self.dovecot.append(self.users[0], delivered.data, box=box)
                    except Exception:  # noqa: BLE001 -- the server may be down for the test; post waits
                        break
                self._carried += 1

    def close(self) -> None:
        """End everything."""
        self._ending.set()
        if self.process is not None:
            self.signal(signal.SIGKILL)

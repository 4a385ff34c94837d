"""`mailbot` with shorter waits, and with a place to die: `python -m tests.crashes.impatient run -c FILE`.

Only constants are changed, so that a test need not wait minutes. `MAILBOT_DIE_AT=n` kills the process (-9) at the n-th
step: a step is right before a commit, right after it, right before the final dot, or right after its answer came.
`MAILBOT_WATCHDOG` gives the watchdog other seconds, `MAILBOT_HANG=1` lets every turn hang. `MAILBOT_CLOCK` names a file
with the seconds by which the clock on the wall is wrong.
"""

from __future__ import annotations

import functools
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, tzinfo
from pathlib import Path

from sqlalchemy.orm import Session

from mailbot import cli, deliver, health, outbox, worker
from mailbot.cli import parts, work
from mailbot.database import Database
from mailbot.smtp import SmtpSession, refusal

SETTLE_AFTER = timedelta(seconds=3)  # a copy to ourselves takes a moment, more on a loaded machine


class Fate:
    """Counts steps and ends the process at the one that was named."""

    def __init__(self, at: int) -> None:
        self.left = at
        self.lock = threading.Lock()

    def step(self) -> None:
        """Take one step; the last one does not return."""
        with self.lock:
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
                time.sleep(60)


def die_at(step: int) -> None:
    """Let the process die at that step."""
    fate = Fate(step)
    write, finish = Database.write, SmtpSession.finish

    @contextmanager
    def mortal_write(self: Database) -> Iterator[Session]:
        with write(self) as session:
            yield session
            session.flush()
            fate.step()
        fate.step()

    def mortal_finish(self: SmtpSession) -> str:
        fate.step()
        answer = finish(self)
        fate.step()
        return answer

    Database.write, SmtpSession.finish = mortal_write, mortal_finish  # type: ignore[method-assign]


def hurry() -> None:
    """Shorten every wait."""
    deliver.SETTLE_AFTER = parts.SETTLE_AFTER = SETTLE_AFTER
    deliver.PACE = timedelta(seconds=1)
    health.EVERY = timedelta(seconds=0.2)
    outbox.PAUSES = (timedelta(seconds=1),)
    outbox.BACK_OFF = (timedelta(seconds=1),)
    outbox.SERVER_PAUSE = timedelta(seconds=1)
    outbox.AHEAD = timedelta(seconds=5)
    refusal.RATE_WAIT = timedelta(seconds=1)
    worker.SETTLE_AFTER = SETTLE_AFTER
    worker.RECONNECT = (0.2, 0.5)
    worker.GRACE = 2.0
    work.Worker = functools.partial(  # type: ignore[misc, assignment]
        worker.Worker, tick=0.5, watchdog=float(os.environ.get("MAILBOT_WATCHDOG", "300"))
    )
    if os.environ.get("MAILBOT_HANG"):
        worker.Turns.turn = lambda *_: time.sleep(600)  # type: ignore[assignment, method-assign, return-value]


def wrong_clock(path: Path) -> None:
    """Let the clock on the wall be wrong by as much as a file says at the time of asking."""

    class Wrong(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return datetime.now(tz) + timedelta(seconds=float(path.read_text() or 0) if path.exists() else 0)

    worker.datetime = Wrong  # type: ignore[attr-defined]


if __name__ == "__main__":
    hurry()
    if os.environ.get("MAILBOT_CLOCK"):
        wrong_clock(Path(os.environ["MAILBOT_CLOCK"]))
    if os.environ.get("MAILBOT_DIE_AT"):
        die_at(int(os.environ["MAILBOT_DIE_AT"]))
    cli.main()

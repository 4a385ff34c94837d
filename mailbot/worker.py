"""One turn of the work, and when to wake for the next.

A turn reads what was collected, plans what is owed, sends what is due; the clock is read here, once a turn, and handed
down. `Worker` runs turns until it is told to stop: one thread a mailbox collects, APScheduler ticks in memory, and a
monotonic watchdog ends the process when no turn completes. Nothing here knows what a message or a mail says.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy.exc import DBAPIError

from mailbot import alerts, health, intake, mailouts, outbox
from mailbot.collect import collect
from mailbot.config import Config
from mailbot.database import Database, explain, in_trouble, is_damaged
from mailbot.deliver import SETTLE_AFTER, Deliverer
from mailbot.errors import GiveUp, MailbotError, TryLater
from mailbot.log import say, warn
from mailbot.privacy import retention
from mailbot.reader import Here
from mailbot.supervisor import Supervisor
from mailbot.wire import MailSource

SOONEST = 1.0  # seconds until the next turn at least: mail that the rate limit holds back stays due
TICK = 15.0  # seconds between turns when nothing wakes us sooner: a reminder is at most that late
WATCHDOG = 300.0  # seconds without a completed turn after which the process ends, so that a supervisor starts it anew
SLICE = 50  # messages read between two looks at the mail that is due: a backlog must not delay a reminder
RECONNECT = (1.0, 5.0, 15.0, 60.0)  # seconds between attempts to reach a mailbox; the last one repeats
REFUSED = 300.0  # seconds before a mailbox that refuses us is tried again: more often locks accounts

GRACE = 8.0  # seconds that a turn may take to end after `stop`; systemd kills after 90

STEP = timedelta(seconds=30)  # the clock on the wall was set if it and the monotonic one differ by more in a turn

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the present moment in UTC: the one place where the clock on the wall is read."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Box:
    """A mailbox to collect from: its wire, and the names under which its messages are written down."""

    source: MailSource
    name: str
    folder: str
    poll: float


@dataclass
class Turns:
    """The work of one turn, without threads: what `once`, the rehearsal and the worker have in common."""

    database: Database
    config: Config
    deliverer: Deliverer
    clock: Clock = utc_now
    reader: Here = field(default_factory=Here)
    on_message: Callable[[], None] = lambda: None
    on_progress: Callable[[], None] = lambda: None
    _purged: datetime | None = field(default=None, init=False)

    def start(self) -> None:
        """Give back what a dead worker had claimed, and look for what it left in doubt."""
        now = self.clock()
        with self.database.write() as session:
            outbox.recover(session, now)
        self.deliverer.settle(now, starting=True)

    def turn(self, stop: Callable[[], bool] = lambda: False) -> int:
        """Do all that can be done now; returns how many messages and mails came to a result."""
        self._purge(self.clock())
        done = 0
        while not stop():
            worked = self._some()
            self.on_progress()
            done += worked
            if not worked:
                break
        return done

    def _purge(self, now: datetime) -> None:
        """Let go what had its time, once a day; also after the clock was set back."""
        if self._purged is None or not timedelta(0) <= now - self._purged < retention.EVERY:
            retention.purge(self.database, self.config, now)
            self._purged = now

    def _some(self) -> int:
        """Do one slice of the work at one reading of the clock; 0 when there was none."""
        now = self.clock()
        read = 0
        while read < SLICE and intake.take_one(self.database, self.config, now, self.reader):
            read += 1
            self.on_message()
        mailouts.plan(self.database, self.config, now)
        alerts.plan(self.database, self.config, now)
        self.deliverer.settle(now)
        sent = self.deliverer.deliver(now)
        if not sent:
            self.deliverer.prepare(now)
        return read + sent

    def collect(self, box: Box) -> int:
        """Write down what is new in one mailbox; raises TryLater or GiveUp."""
        now = self.clock()
        new = collect(self.database, box.source, box.name, box.folder, now)
        with self.database.write() as session:
            health.note_contact(session, health.mailbox(box.name), now)
        return new

    def close(self) -> None:
        """Close every connection, and end the reader."""
        self.deliverer.close()
        self.reader.close()

    def note_trouble(self, box: Box, reason: str) -> None:
        """Write down that a mailbox can't be reached, for whoever looks into it later."""
        with self.database.write() as session:
            health.note_trouble(session, health.mailbox(box.name), reason, self.clock())

    def note_turn(self, whose: str) -> datetime | None:
        """Write down that a turn came to its end, for whoever asks whether we are at work; returns what is due next."""
        now = self.clock()
        with self.database.read() as session:
            noted = health.is_noted(session, health.TURN, whose, now)
            due, pause = outbox.next_due(session), health.paused(session)
        if not noted:
            with self.database.write() as session:
                health.note(session, health.TURN, whose, now)
        return max(due, pause.until) if due and pause else due


@dataclass
class Worker:
    """Runs turns until `stop()`: mailbox threads, a ticker and a watchdog around one `Turns`."""

    turns: Turns
    boxes: Sequence[Box]
    ending: threading.Event = field(default_factory=threading.Event)
    tick: float = TICK
    watchdog: float = WATCHDOG
    supervisor: Supervisor = field(default_factory=Supervisor)
    _completed: float = field(default=0.0, init=False)
    _scheduler: BackgroundScheduler | None = field(default=None, init=False)
    _started: bool = field(default=False, init=False)
    _broken: str = field(default="", init=False)  # why there is no going on
    _clocks: tuple[datetime, float] | None = field(default=None, init=False)  # the wall's and the monotonic one
    _idle: threading.Lock = field(default_factory=threading.Lock, init=False)  # held by whoever does a turn

    def stop(self) -> None:
        """Ask everything to end; safe from a signal handler."""
        self.ending.set()

    def run(self) -> bool:
        """Work until `stop()`; raises MailbotError when no turn completes or the database is damaged.

        Returns whether all came to its end; if not, threads are still at it and the process should simply end.
        """
        self.turns.on_progress = self._progress
        self._progress()
        threads = [
            threading.Thread(target=self._attend, args=(box,), name=f"mailbox {box.name}", daemon=True)
            for box in self.boxes
        ]
        self._scheduler = scheduler = BackgroundScheduler(timezone=UTC)
        scheduler.add_job(
            self._tick, IntervalTrigger(seconds=max(self.tick, 0.05)), id="tick", max_instances=1, coalesce=True,
            misfire_grace_time=None, next_run_time=utc_now(),
        )  # fmt: skip
        scheduler.start()
        for thread in threads:
            thread.start()
        say("worker_started", mailboxes=len(self.boxes), events=len(self.turns.config.events))
        try:
            self._watch()
        finally:
            finished = self._end(scheduler, threads)
        return finished

    def _end(self, scheduler: BackgroundScheduler, threads: Sequence[threading.Thread]) -> bool:
        """Let what is under way come to its end, but not for longer than GRACE: everything can be cut anywhere."""
        self.ending.set()
        self.supervisor.stopping()
        scheduler.shutdown(wait=False)
        end = time.monotonic() + GRACE
        if idle := self._idle.acquire(timeout=GRACE):
            self._idle.release()  # a turn that begins only now sees that it must end, and must not wait for us for ever
        for thread in threads:
            thread.join(timeout=max(end - time.monotonic(), 0.1))
        finished = idle and not any(thread.is_alive() for thread in threads)
        if finished:
            for box in self.boxes:
                box.source.close()
            self.turns.close()
        say("worker_stopped", unfinished=None if finished else "what was under way is taken up at the next start")
        return finished

    def _watch(self) -> None:
        """Wait for the end; wake the ticker if the clock was set back, give up if no turn completes."""
        woken = time.monotonic()
        while not self.ending.wait(min(1.0, self.tick)):
            if self._broken:
                raise MailbotError(self._broken)
            silent = time.monotonic() - self._completed
            if silent > self.watchdog:
                raise MailbotError(f"no turn was completed for {int(silent)} seconds")
            if silent > 3 * self.tick and time.monotonic() - woken > self.tick:
                self._wake()  # APScheduler waits for the wall clock, which may have been set back
                woken = time.monotonic()

    def _progress(self) -> None:
        """Note that a slice of a turn came to its end: a turn with thousands of mails may last, and is at work."""
        self._completed = time.monotonic()
        self.supervisor.alive()

    def _wake(self) -> None:
        if self._scheduler is not None and not self.ending.is_set():
            self._scheduler.modify_job("tick", next_run_time=utc_now())

    def _tick(self) -> None:
        """Do one turn, and come back sooner than the next tick if something is due before it."""
        try:
            with self._idle:
                self._compare_clocks()
                if not self._started:
                    self.turns.start()
                    self._started = True
                self.turns.turn(self.ending.is_set)
            due = self.turns.note_turn("run")
        except DBAPIError as e:
            self._database_trouble(e)
            if in_trouble(e):
                self._progress()  # a turn that can't be done for now does not hang
            return
        except Exception as e:  # noqa: BLE001 -- the next turn may do better; the watchdog counts completed ones only
            warn("turn_failed", reason=f"{type(e).__name__}: {e}")
            return
        self._progress()
        self.supervisor.ready()
        self.supervisor.alive(now=True)
        self.supervisor.status(self._said(due))
        self._wake_when(due)

    def _compare_clocks(self) -> None:
        """Notice that the clock on the wall was set: a mail that was not found yet may have left a moment ago."""
        wall, steady = self.turns.clock(), time.monotonic()
        before, self._clocks = self._clocks, (wall, steady)
        if before is None:
            return
        step = (wall - before[0]) - timedelta(seconds=steady - before[1])
        if abs(step) > STEP:
            warn("clock_was_set", seconds=int(step.total_seconds()))
            self.turns.deliverer.believe_absence_from = wall + SETTLE_AFTER

    def _said(self, due: datetime | None) -> str:
        if self.turns.deliverer.trouble:
            return f"no mail can leave: {self.turns.deliverer.trouble}"
        return f"at work; next mail due {due:%Y-%m-%d %H:%M} UTC" if due else "at work; no mail waits"

    def _database_trouble(self, error: DBAPIError) -> None:
        """Say what is wrong with the database. What passes (a full disk) is waited for, and is no hanging turn."""
        if not in_trouble(error):
            warn("turn_failed", reason=f"{type(error).__name__}: {error.orig}")
            return
        reason = explain(self.turns.database, error)
        warn("database_trouble", reason=reason)
        if is_damaged(error):
            self._broken = reason  # going on could make it worse
        self.supervisor.status(reason)

    def _wake_when(self, due: datetime | None) -> None:
        if due is None or self._scheduler is None or self.ending.is_set():
            return
        wait = max((due - self.turns.clock()).total_seconds(), SOONEST)
        if wait < self.tick:
            self._scheduler.modify_job("tick", next_run_time=utc_now() + timedelta(seconds=wait))

    def _attend(self, box: Box) -> None:
        """Collect from one mailbox for as long as we run: one thread, one connection."""
        failures = 0
        while not self.ending.is_set():
            try:
                if self.turns.collect(box):
                    self._wake()
                failures = 0
                box.source.wait(box.poll, self.ending)
                continue
            except TryLater as e:
                pause, reason = RECONNECT[min(failures, len(RECONNECT) - 1)], str(e)
            except GiveUp as e:
                pause, reason = REFUSED, str(e)
            except Exception as e:  # noqa: BLE001 -- one mailbox's fault must not end the others
                pause, reason = RECONNECT[-1], f"{type(e).__name__}: {e}"
                if isinstance(e, DBAPIError) and in_trouble(e):  # the mailbox is not at fault
                    self._database_trouble(e)
                    self.ending.wait(self.tick)
                    continue
            failures += 1
            warn("mailbox_unreachable", mailbox=box.name, reason=reason, again_in=pause)
            box.source.close()
            self._note_trouble(box, reason)
            self.ending.wait(pause)

    def _note_trouble(self, box: Box, reason: str) -> None:
        try:
            self.turns.note_trouble(box, reason)
        except DBAPIError as e:
            self._database_trouble(e)

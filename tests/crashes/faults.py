"""Faults with a beginning and an end, drawn by seed: what can happen to a worker, its servers, its disk and its clock.

Each fault is a function that begins it and returns what ends it. Several may be under way at once; `Plan` says when
each begins and for how long, and the same seed makes the same plan.
"""

from __future__ import annotations

import contextlib
import os
import random
import resource
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.crashes.service import Service
from tests.servers.proxy import FaultProxy

End = Callable[[], None]
Begin = Callable[["Scene", random.Random], End]

SMTP_FAULTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("DOT", {"store": True, "then": "reset"}),
    ("DOT", {"store": True, "raw": b"25", "then": "end"}),
    ("DOT", {"store": True, "reply": "421 4.4.0 passed on, and lost the line"}),
    ("DOT", {"store": True, "stall": 1.5, "then": "reset"}),
    ("DOT", {"then": "reset"}),
    ("DOT", {"reply": "451 4.3.0 try again"}),
    ("DOT", {"reply": "421 4.3.2 going down", "then": "end"}),
    ("TEXT", {"then": "reset"}),
    ("DATA", {"reply": "451 4.3.0 not now"}),
    ("RCPT", {"reply": "450 4.2.0 greylisted"}),
    ("MAIL", {"reply": "421 4.7.0 too many connections", "then": "end"}),
    ("CONNECT", {"reply": "421 4.3.2 not now", "then": "end"}),
    ("EHLO", {"then": "reset"}),
)
"""What the receiver does once in place of its duty; with `store` it has taken the mail all the same."""


@dataclass
class Scene:
    """What faults act upon: the service, and the proxies between it and its servers."""

    service: Service
    to_imap: FaultProxy
    to_smtp: FaultProxy
    die_at: int = 0  # the step at which the next process kills itself
    mailboxes_away: int = 0  # faults during which nobody can reach the mailboxes
    second_worker: list[str] = field(default_factory=list)  # what a second one said that was not refused

    @property
    def pid(self) -> int:
        """The worker's process, 0 where there is none."""
        process = self.service.process
        return process.pid if process is not None and process.poll() is None else 0

    def kill(self, number: int) -> None:
        """Send the worker a signal, if it lives, without waiting."""
        if self.pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)


def nothing() -> None:
    """End what has ended by itself."""


def worker_killed(scene: Scene, _chance: random.Random) -> End:
    """Kill -9, at whatever moment it is."""
    scene.kill(signal.SIGKILL)
    return nothing


def worker_dies_at_a_step(scene: Scene, chance: random.Random) -> End:
    """Kill -9 by itself right before or after a commit or a dot: the process that starts next."""
    scene.die_at = chance.randrange(1, 40)
    scene.kill(signal.SIGKILL)
    return nothing


def worker_restarted(scene: Scene, _chance: random.Random) -> End:
    """End it as an operator does."""
    scene.kill(signal.SIGTERM)
    return nothing


def worker_frozen(scene: Scene, _chance: random.Random) -> End:
    """Stop the process and let it go on, as a suspended machine does."""
    pid = scene.pid
    scene.kill(signal.SIGSTOP)

    def go_on() -> None:
        if pid and pid == scene.pid:
            scene.kill(signal.SIGCONT)

    return go_on


def second_worker(scene: Scene, _chance: random.Random) -> End:
    """Start another one on the same database: it must be refused as long as the first one lives."""
    before, lock = scene.pid, scene.service.folder / "registry.db.lock"
    holds = bool(before) and lock.exists() and lock.read_text() == str(before)
    second = scene.service.once()
    if holds and before == scene.pid and second.returncode == 0:
        scene.second_worker.append(second.stderr[-500:])
    return nothing


def mailboxes_killed(scene: Scene, _chance: random.Random) -> End:
    """Crash the IMAP server, and start it again."""
    return _mailboxes_away(scene, scene.service.dovecot.kill, scene.service.dovecot.start)


def mailboxes_frozen(scene: Scene, _chance: random.Random) -> End:
    """Stop every process of the IMAP server; connections stay open."""
    return _mailboxes_away(scene, scene.service.dovecot.freeze, scene.service.dovecot.thaw)


def uids_given_anew(scene: Scene, chance: random.Random) -> End:
    """Restore a mailbox from a backup: every message has another UID, under another UIDVALIDITY."""
    service = scene.service
    user = chance.choice(service.users)

    def restore() -> None:
        service.dovecot.stop()
        service.dovecot.reset_uidvalidity(user)

    return _mailboxes_away(scene, restore, service.dovecot.start)


def _mailboxes_away(scene: Scene, begin: Callable[[], None], end: End) -> End:
    if scene.mailboxes_away:
        return nothing  # one at a time: a frozen server can't be stopped
    begin()
    scene.mailboxes_away += 1

    def back() -> None:
        end()
        scene.mailboxes_away -= 1

    return back


def mailboxes_half_open(scene: Scene, _chance: random.Random) -> End:
    """Let the connection to the IMAP server fall silent without an end."""
    scene.to_imap.freeze()
    return scene.to_imap.thaw


def mailboxes_cut(scene: Scene, chance: random.Random) -> End:
    """Cut connections to the IMAP server after so many octets."""
    way, most = chance.choice((("to client", 6000), ("to server", 600)))
    scene.to_imap.cut(way, chance.randrange(most), chance.choice(("reset", "end")))  # type: ignore[arg-type]
    return scene.to_imap.mend


def receiver_restarted(scene: Scene, _chance: random.Random) -> End:
    """Let the SMTP server vanish, and start it again."""
    if scene.service.smtp._ending.is_set():
        return nothing
    scene.service.smtp.stop()
    return scene.service.smtp.start


def receiver_half_open(scene: Scene, _chance: random.Random) -> End:
    """Let the connection to the SMTP server fall silent without an end."""
    scene.to_smtp.freeze()
    return scene.to_smtp.thaw


def receiver_cut(scene: Scene, chance: random.Random) -> End:
    """Cut connections to the SMTP server after so many octets."""
    way, most = chance.choice((("to client", 400), ("to server", 14_000), ("to server", 300)))
    scene.to_smtp.cut(way, chance.randrange(most), chance.choice(("reset", "end")))  # type: ignore[arg-type]
    return scene.to_smtp.mend


def receiver_misbehaves(scene: Scene, chance: random.Random) -> End:
    """Let the SMTP server do once, somewhere in a session, what it should not."""
    stage, fault = chance.choice(SMTP_FAULTS)
    scene.service.smtp.fault(stage, **fault)
    return nothing


def disk_full(scene: Scene, chance: random.Random) -> End:
    """Let every write beyond a size fail, as on a full disk."""
    pid = scene.pid
    size = chance.choice((0, 4096, 40_000, 120_000))

    def limit(most: int) -> None:
        if pid and pid == scene.pid:
            with contextlib.suppress(ProcessLookupError):
                resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))

    limit(size)
    return lambda: limit(resource.RLIM_INFINITY)


def clock_set(scene: Scene, chance: random.Random) -> End:
    """Set the clock on the wall forward or back by up to a day, and right again."""
    path = scene.service.folder / "clock"
    path.write_text(str(chance.choice((-1, 1)) * chance.choice((60, 600, 4000, 20_000, 80_000))))
    return lambda: path.unlink(missing_ok=True)


def people_at_the_mailbox(scene: Scene, chance: random.Random) -> End:
    """Let an organiser open, copy and sort mail, and delete what is written down already."""
    if scene.mailboxes_away:
        return nothing
    service = scene.service
    user = chance.choice(service.users)
    known = {row[0] for row in service.query("SELECT message_id FROM received WHERE disposition != 'new'")}
    with service.dovecot.client(user) as person:
        uids = person.search()
        if not uids:
            return nothing
        some = chance.sample(uids, min(3, len(uids)))
        match chance.choice(("open", "copy", "sort", "delete")):
            case "open":
                person.add_flags(some, ["\\Seen", "\\Flagged"])
            case "copy":
                person.copy(some, "INBOX")
            case "sort":  # away and back: every one has another UID afterwards
                if not person.folder_exists("Aside"):
                    person.create_folder("Aside")
                person.move(some, "Aside")
                person.select_folder("Aside")
                person.move("1:*", "INBOX")
            case "delete":
                heads = person.fetch(some, ["ENVELOPE"])
                person.delete_messages([uid for uid, one in heads.items()
                                        if (one[b"ENVELOPE"].message_id or b"").decode() in known])  # fmt: skip
                person.expunge()
    return nothing


FAULTS: tuple[Begin, ...] = (
    worker_killed, worker_dies_at_a_step, worker_dies_at_a_step, worker_restarted, worker_frozen, second_worker,
    mailboxes_killed, mailboxes_frozen, mailboxes_half_open, mailboxes_cut, uids_given_anew,
    receiver_restarted, receiver_half_open, receiver_cut, receiver_misbehaves, receiver_misbehaves, receiver_misbehaves,
    disk_full, clock_set, people_at_the_mailbox,
)  # fmt: skip
"""All faults; what stands here twice is drawn twice as often."""


@dataclass(frozen=True, slots=True)
class Step:
    """At which second of a round a fault begins (or replies arrive), and how long it lasts."""

    at: float
    lasts: float
    fault: Begin | None
    seed: int


def plan(chance: random.Random, faults: int, seconds: float) -> list[Step]:
    """Draw a round: so many faults over so many seconds, and replies that arrive in between."""
    steps = [
        Step(chance.uniform(0.5, seconds), chance.uniform(0.2, 4.0), chance.choice(FAULTS), chance.getrandbits(32))
        for _ in range(faults)
    ]
    replies = [Step(chance.uniform(0.0, seconds), 0.0, None, chance.getrandbits(32)) for _ in range(faults)]
    return sorted(steps + replies, key=lambda step: step.at)

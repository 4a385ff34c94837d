"""`make torture`: rounds of everything that can go wrong at once, drawn by seed, and counted afterwards.

    MAILBOT_TORTURE="10 minutes" (or "40 rounds")   how long; 10 minutes by default
    MAILBOT_SEED=4711                               repeats from this round on, as far as processes can be repeated
    MAILBOT_FAULTS=12                               faults in one round

Each round has a mailbot process, mailboxes and a receiver of its own, and some people who reply while faults come and
go. When all is mended, every reply must have exactly one row and everybody exactly the mails that they are owed; where
there is evidence no mail may have left twice, and with `evidence = "none"` the doubles are counted.
"""

from __future__ import annotations

import contextlib
import email
import email.policy
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.crashes.faults import Scene, plan
from tests.crashes.service import COPIES, PATIENCE, Service
from tests.crashes.test_kills import new_name
from tests.journeys.conftest import REGISTRAR, registration
from tests.servers.dovecot import Dovecot
from tests.servers.local import group_lives, make_certificate, wait_for
from tests.servers.proxy import FaultProxy
from tests.servers.smtp import SmtpServer

EVIDENCE = ("copy", "sent", "none")
FAULTS = int(os.environ.get("MAILBOT_FAULTS", "12"))
SECONDS = 14.0  # of a round in which faults begin
REPLIES = ("plain", "both", "both", "as lines end elsewhere", "without a Message-ID", "with another's Message-ID")
AFTERWARDS = 90.0  # seconds until everything must be done once all is mended
ORGANISERS = (REGISTRAR, "registrar2@workers-network.example")
TOLD = "to organisers"
MAYBE = "handed over several times"  # how mailbot says that a mail may have arrived, where no evidence could tell


@dataclass
class Verdict:
    """What a round came to."""

    seed: int
    evidence: str
    faults: Counter[str] = field(default_factory=Counter)
    starts: int = 0
    replies: int = 0
    owed: int = 0
    lost: int = 0
    doubled: int = 0
    wrong: list[str] = field(default_factory=list)
    log: str = ""
    seconds: float = 0.0  # of waiting until all was done, once all was mended

    def __str__(self) -> str:
        counted = " ".join(f"{n}={getattr(self, n)}" for n in ("evidence", "starts", "replies", "lost", "doubled"))
        result = "; ".join(self.wrong) or "ok"
        return (
            f"MAILBOT_SEED={self.seed} faults={self.faults.total()} {counted} done after {self.seconds:.0f} s: {result}"
        )


class Round:
    """One mailbot under one plan."""

    def __init__(self, service: Service, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 -- a test's dice
        self.service = service
        service.evidence = EVIDENCE[seed % len(EVIDENCE)]
        self.to_imap, self.to_smtp = FaultProxy(service.dovecot.imap), FaultProxy(service.smtp.port)
        service.imap_port, service.smtp_port = self.to_imap.port, self.to_smtp.port
        service.configure('in_doubt = "repeat"')
        self.scene = Scene(service, self.to_imap, self.to_smtp)
        self.verdict = Verdict(seed, service.evidence)
        self.people: list[str] = []
        self._post: list[tuple[int, bytes]] = []

    def run(self, faults: int = FAULTS, seconds: float = SECONDS) -> Verdict:
        """Let faults come and go, mend everything, wait until all is done, and look."""
        ends: list[tuple[float, int, object]] = []
        begun = time.monotonic()
        self._start()
        for number, step in enumerate(plan(self.chance, faults, seconds)):
            self._until(begun + step.at, begun, ends)
            if step.fault is None:
                self._somebody_replies(random.Random(step.seed))  # noqa: S311 -- a test's dice
                continue
            self.verdict.faults[step.fault.__name__] += 1
            end = step.fault(self.scene, random.Random(step.seed))  # noqa: S311 -- a test's dice
            ends.append((step.at + step.lasts, number, end))
        self._until(float("inf"), begun, ends)
        self._mended()
        self._look()
        return self.verdict

    def _until(self, moment: float, begun: float, ends: list[tuple[float, int, object]]) -> None:
        """Pass the time up to a moment: end what comes to its end before it, and keep the worker running."""
        while ends or time.monotonic() < moment < float("inf"):
            if ends and (first := min(ends, key=lambda e: e[:2]))[0] + begun <= min(time.monotonic(), moment):
                ends.remove(first)
                first[2]()  # type: ignore[operator]
            elif time.monotonic() >= moment:
                return
            self._start()
            time.sleep(0.02)

    def _start(self) -> None:
        """Start the worker where none lives, as a supervisor does."""
        service = self.service
        if self.scene.pid:
            return
        if service.process is not None:
            pid = service.process.pid
            service.process = None
            wait_for(lambda: not group_lives(pid), "the reading child to end with its parent", PATIENCE)
        die_at, self.scene.die_at = self.scene.die_at, 0
        service.start(die_at=die_at, MAILBOT_CLOCK=str(service.folder / "clock"))

    def _somebody_replies(self, chance: random.Random) -> None:
        name = new_name(len(self.people))
        address = f"{name.lower().replace(' ', '.')}@union.example"
        mail = EmailMessage(policy=email.policy.SMTP)
        mail["From"], mail["To"], mail["Subject"] = f"{name} <{address}>", REGISTRAR, "Re: Invitation : 2e webinaire"
        mail["Date"] = format_datetime(datetime.now(UTC))
        how = chance.choice(REPLIES)
        if how != "without a Message-ID":
            mail["Message-ID"] = "<1@union.example>" if how.startswith("with ") else f"<{address}>"
        mail["In-Reply-To"] = mail["References"] = "<invite-fr@workers-network.example>"
        mail.set_content(registration(chance.choice(("fr", "en", "es", "pt")), name=name))
        raw = mail.as_bytes()
        self.people.append(address)
        self._post.append((chance.randrange(2), raw) if how == "plain" else (0, raw))
        if how != "plain":
            self._post.append((1, raw.replace(b"\r\n", b"\n") if how == "as lines end elsewhere" else raw))
        self._carry_replies()

    def _carry_replies(self) -> None:
        """Put replies into mailboxes; those of a server that is away wait, as they do at the senders' servers."""
        while self._post and not self.scene.mailboxes_away:
            box, raw = self._post[0]
            self.service.dovecot.append(self.service.users[box], raw)
            self._post.pop(0)

    def _mended(self) -> None:
        self.to_imap.mend()
        self.to_smtp.mend()
        self.service.smtp._faults.clear()
        self._carry_replies()
        begun = time.monotonic()
        while time.monotonic() < begun + AFTERWARDS and not self._done():
            self._start()
            time.sleep(0.1)
        self.verdict.seconds = time.monotonic() - begun
        time.sleep(1.0)  # whoever would send once more has the time to

    def _states(self) -> Counter[str]:
        rows = self.service.query("SELECT state, reason FROM outbox WHERE mail IN ('acknowledgement', 'guide')")
        return Counter("given up" if reason.startswith(MAYBE) else state for state, reason in rows)

    def _done(self) -> bool:
        service = self.service
        read = {row[0] for row in service.query("SELECT sender FROM received WHERE disposition = 'registration'")}
        unread = service.query("SELECT count(*) FROM received WHERE disposition = 'new'")
        states = self._states()
        return (
            read >= set(self.people) and unread == [(0,)] and set(states) <= {"sent", "given up"}
            and states.total() == 2 * len(self.people)
        )  # fmt: skip

    def _look(self) -> None:
        """Count, and write down whatever is not as promised."""
        service, found = self.service, self.verdict
        done, states = self._done(), self._states()
        self.scene.kill(signal.SIGTERM)
        code = service.ended() if service.process is not None else 0
        found.starts, found.replies, found.owed = service.runs, len(self.people), 2 * len(self.people)
        mails: Counter[tuple[str, str]] = Counter()
        for delivered in service.smtp.messages:
            mail = email.message_from_bytes(delivered.data, policy=email.policy.default)
            to = next(r for r in delivered.recipients if r != COPIES)
            mails[(TOLD, str(mail["Message-ID"])) if to in ORGANISERS else (str(mail["X-Mailbot-Mail"]), to)] += 1
        owed = {(mail, person) for person in self.people for mail in ("acknowledgement", "guide")}
        found.lost = len(owed - set(mails))
        found.doubled = sum(n - 1 for n in mails.values())
        firsts = Counter(
            row[0] for row in service.query("SELECT sender FROM received WHERE disposition = 'registration'")
        )
        others = service.query(
            "SELECT disposition, reason, subject FROM received WHERE disposition NOT IN ('registration', 'duplicate')"
            " AND rule != 'own_mail'"
        )
        told = {
            "not everything came to an end": not done and dict(states),
            "a reply has no row, or several": firsts != dict.fromkeys(self.people, 1) and firsts,
            "participants": service.query("SELECT count(*) FROM participant") != [(len(self.people),)],
            "messages that were no registration": others,
            "mails that nobody is owed": {key for key in mails if key[0] != TOLD} - owed,
            "mails lost": not states["given up"] and owed - set(mails),
            "mails doubled in spite of evidence": found.evidence != "none" and {k for k, n in mails.items() if n > 1},
            "a second worker worked": self.scene.second_worker,
            "the database": service.query("PRAGMA integrity_check") != [("ok",)],
            "the exit code": code,
            "a traceback": "Traceback" in service.log(),
        }
        found.wrong = [f"{what}: {value}" for what, value in told.items() if value]
        found.log = service.log() if found.wrong else ""


@contextlib.contextmanager
def round_on(folder: Path, dovecot: Dovecot, seed: int) -> Iterator[Round]:
    """Make a round with a receiver, mailboxes, proxies and a postman of its own."""
    receiver = SmtpServer()
    service = Service(folder, dovecot, receiver, (dovecot.new_user(), dovecot.new_user()))
    one = Round(service, seed)
    postman = threading.Thread(target=service.carry_post, daemon=True)
    postman.start()
    try:
        yield one
    finally:
        one.to_imap.thaw()
        one.to_smtp.thaw()
        one.scene.kill(signal.SIGCONT)
        service.close()
        postman.join(15)
        one.to_imap.close()
        one.to_smtp.close()
        receiver.close()


def judged(one: Round) -> Verdict:
    """Run a round; one that breaks off is a wrong one, and the others go on."""
    try:
        return one.run()
    except Exception as error:  # noqa: BLE001 -- whatever it is, it is told and counted
        one.verdict.wrong.append(f"broke off: {type(error).__name__}: {error}")
        one.verdict.log = one.service.log()
        return one.verdict


def show(console: Console, verdicts: list[Verdict]) -> None:
    """Print what all rounds came to."""
    table = Table("evidence", "rounds", "faults", "starts", "replies", "mails owed", "lost", "doubled", "wrong rounds")
    for evidence in EVIDENCE:
        some = [v for v in verdicts if v.evidence == evidence]
        sums = [sum(getattr(v, name) for v in some) for name in ("starts", "replies", "owed", "lost", "doubled")]
        faults = sum(v.faults.total() for v in some)
        table.add_row(evidence, *map(str, (len(some), faults, *sums, sum(bool(v.wrong) for v in some))))
    console.print(table)
    faults = sum((v.faults for v in verdicts), Counter())
    console.print(", ".join(f"{name.replace('_', ' ')} {n}" for name, n in faults.most_common()))


def main() -> int:
    """Run rounds for as long as was asked, print the table; the exit code says whether all was as promised."""
    amount, _, unit = os.environ.get("MAILBOT_TORTURE", "10 minutes").partition(" ")
    seed = int(os.environ.get("MAILBOT_SEED", "0")) or random.SystemRandom().randrange(1, 1_000_000)
    console, verdicts = Console(width=120), list[Verdict]()
    for number in (signal.SIGINT, signal.SIGTERM):  # so that nothing is left running
        signal.signal(number, lambda *_: sys.exit(130))
    end = time.monotonic() + float(amount) * 60
    with tempfile.TemporaryDirectory(prefix="mailbot-torture-") as told:
        dovecot = Dovecot(make_certificate(Path(told)))
        try:
            while len(verdicts) < int(amount) if unit.startswith("round") else time.monotonic() < end:
                folder = Path(told) / str(seed)
                folder.mkdir()
                with round_on(folder, dovecot, seed) as one:
                    found = judged(one)
                verdicts.append(found)
                console.print(str(found), markup=False, highlight=False)
                if found.wrong:
                    console.print(found.log[-8000:], markup=False)
                seed += 1
        finally:
            dovecot.close()
    show(console, verdicts)
    return int(any(v.wrong for v in verdicts))


if __name__ == "__main__":
    sys.exit(main())

"""What the work around reading costs: collecting and recording replies, planning for many, sending over slow servers.

    python -m bench.pipeline

Each row is measured against something plain in the same run; ratios travel between machines, seconds do not.
"""

from __future__ import annotations

import smtplib
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from bench.reading_speed import reply
from mailbot import intake, mailouts, message, reading
from mailbot.cli import parts
from mailbot.collect import store
from mailbot.config import Config, parse
from mailbot.database import Database, open_database
from mailbot.deliver import Deliverer
from mailbot.models import Change, Outbox, Participant
from mailbot.wire import Fetched
from tests.servers.smtp import SmtpServer

REPLIES = 200
PEOPLE = 2_000
MAILS = 200
DELAY = 0.02  # seconds that a server on another continent takes for each answer
NOW = datetime(2027, 3, 23, 13, 0, tzinfo=UTC)  # the guide's moment: a week before, by the wall clock in Zurich
CONFIG = """
[organisers]
addresses = ["registrar@network.example"]
[[mailbox]]
maildir = "inbox"
[smtp]
host = "127.0.0.1"
port = {port}
security = "none"
from = "Registrar <rsvp@network.example>"
evidence = "none"
connections = {connections}
[[event]]
slug = "webinar"
title = "A webinar"
start = 2027-03-30T14:00:00
end = 2027-03-30T17:00:00
timezone = "Europe/Zurich"
subject_words = ["webinaire"]
"""


@contextmanager
def opened(port: int = 25, connections: int = 1) -> Iterator[tuple[Config, Database]]:
    """Give a configuration and an empty database in a folder that goes away."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "inbox").mkdir()
        config = parse(CONFIG.format(port=port, connections=connections), Path(folder) / "config.toml")
        database = open_database(config.database)
        try:
            yield config, database
        finally:
            database.close()


def timed(work: Callable[[], object]) -> float:
    """Return the seconds that something takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def replies() -> list[bytes]:
    """Return different replies of 16 KB each."""
    plain = reply()
    return [
        plain.replace(b"<reply@union.example>", b"<reply-%d@union.example>" % n)
        .replace(b"marie@union.example", b"marie%d@union.example" % n)
        .replace(b"12 34 56 78", b"12 34 %02d %02d" % (n // 100, n % 100))
        for n in range(REPLIES)
    ]


def recording() -> list[tuple[str, float, float]]:
    """Return the rows on recording, against reading alone."""
    raws = replies()
    with opened() as (config, database):
        known = intake.invitation_of(config.events[0], config)
        alone = timed(lambda: [reading.read(message.read(raw), known) for raw in raws])
        chunk = [Fetched("INBOX", 1, n + 1, len(raw), raw) for n, raw in enumerate(raws)]
        stored = timed(lambda: store(database, "box", chunk, NOW))

        def take() -> None:
            while intake.take_one(database, config, NOW):
                pass

        taken = timed(take)
    return [
        (f"read {REPLIES} replies of 16 KB", alone, 1.0),
        ("write them down as received", stored, stored / alone),
        ("read, record and acknowledge them", taken, taken / alone),
    ]


def people(database: Database, count: int) -> None:
    """Fill the registry with participants who take part online."""
    with database.write() as session:
        rows = [
            {"event": "webinar", "identity": f"mailto:p{n}@mail.example", "email": f"p{n}@mail.example",
             "name": f"Person {n}", "mode": "online", "language": "en", "status": "registered", "reachable": "yes",
             "write_to": f"p{n}@mail.example", "registered_at": NOW - timedelta(days=9),
             "changed_at": NOW - timedelta(days=9), "confidence": 1.0, "review": ""}
            for n in range(count)
        ]  # fmt: skip
        session.execute(sa.insert(Participant), rows)
        ids = session.scalars(sa.select(Participant.id)).all()
        session.execute(sa.insert(Change), [
            {"participant_id": i, "at": NOW - timedelta(days=9), "who": "", "field": "mode", "new": "online",
             "words": "", "place": "", "rule": "", "confidence": 1.0} for i in ids
        ])  # fmt: skip


def planning() -> list[tuple[str, float, float]]:
    """Return the rows on planning: the turn in which a mail-out is due, and one in which nothing is."""
    with opened() as (config, database):
        people(database, PEOPLE)
        idle = timed(lambda: mailouts.plan(database, config, NOW - timedelta(days=5)))
        due = timed(lambda: mailouts.plan(database, config, NOW))
        after = timed(lambda: mailouts.plan(database, config, NOW + timedelta(minutes=1)))
    return [
        (f"plan a guide to {PEOPLE}", due, 1.0),
        ("a turn before it is due", idle, idle / due),
        ("a turn after all have it", after, after / due),
    ]


class Slow(SmtpServer):
    """A receiver that takes its time for every answer."""

    def next_fault(self, stage: str) -> None:  # type: ignore[override]  # it has no faults
        """Be slow at every stage."""
        time.sleep(DELAY)


def sending() -> list[tuple[str, float, float]]:
    """Return the rows on sending to a slow server: a bare smtplib loop, then mailbot with one and four connections."""
    rows = []
    server = Slow()
    try:
        bare = timed(lambda: _bare(server.port))
        rows.append((f"{MAILS} mails by a bare smtplib loop, {DELAY * 1000:.0f} ms an answer", bare, 1.0))
        for connections in (1, 4):
            with opened(server.port, connections) as (config, database):
                people(database, MAILS)
                mailouts.plan(database, config, NOW)
                turns = parts.turns_of(config, database, threading.Event(), lambda: NOW)
                took = timed(lambda turns=turns: _drain(turns.deliverer))  # type: ignore[misc]
                with database.read() as session:
                    sent = session.scalar(sa.select(sa.func.count()).where(Outbox.state == "sent"))
                if sent != MAILS:
                    raise SystemExit(f"only {sent} of {MAILS} mails were sent")
                turns.close()
            rows.append((f"the same by mailbot, {connections} connection{'s' * (connections > 1)}", took, took / bare))
    finally:
        server.close()
    return rows


def _bare(port: int) -> None:
    with smtplib.SMTP("127.0.0.1", port) as smtp:
        for n in range(MAILS):
            smtp.sendmail("rsvp@network.example", [f"p{n}@mail.example"], b"Subject: hi\r\n\r\nhello\r\n")


def _drain(deliverer: Deliverer) -> None:
    while deliverer.deliver(NOW):
        pass


def table() -> list[tuple[str, float, float]]:
    """Return all rows: what, seconds, ratio to the first row of its group."""
    return [*recording(), *planning(), *sending()]


if __name__ == "__main__":
    for what, seconds, ratio in table():
        print(f"{what:60} {seconds:8.3f} s {ratio:7.2f}")  # noqa: T201 -- a program

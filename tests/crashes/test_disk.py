"""A full disk, a database that may not be written or is damaged: a clear message, nothing lost, nothing doubled.

A limit on the size of files (RLIMIT_FSIZE) makes every write beyond it fail as on a full disk; it is lifted from
beside while the process runs. In one process SQLite's own limits do the same.
"""

from __future__ import annotations

import resource
import signal
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from mailbot import mailouts
from mailbot.cli import parts
from mailbot.collect import collect
from mailbot.database import Database, open_database
from mailbot.errors import DatabaseRefused
from mailbot.intake import take_one
from mailbot.models import Fact, Received
from mailbot.smtp import SmtpSession
from mailbot.wire import Fetched
from tests.conftest import smtp_settings
from tests.core.conftest import GUIDE, NOW, Core, core
from tests.crashes.service import PATIENCE, Service
from tests.servers.local import wait_for
from tests.servers.smtp import SmtpServer

__all__ = ["core"]
SMALL = 40_000  # bytes: more than the log needs, less than any database has


def limit(service: Service, size: int) -> None:
    assert service.process is not None
    resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def is_sound(path: Path) -> bool:
    with closing(sqlite3.connect(path)) as connection:
        return bool(connection.execute("PRAGMA integrity_check").fetchone() == ("ok",))


def test_when_the_disk_is_full_the_worker_waits_and_goes_on_when_there_is_room(service: Service) -> None:
    service.reply("Awa Ndiaye")
    service.start()
    wait_for(service.quiet, "everything to be sent", PATIENCE)
    limit(service, SMALL)
    for name in ("Binta Mendes", "Cheikh Otieno"):
        service.reply(name, to=(0, 1))
    wait_for(lambda: "database_trouble" in service.log(), "the trouble to be noticed", PATIENCE)
    assert "disk" in service.log()
    assert set(service.mails().values()) == {1}
    assert service.process is not None
    assert service.process.poll() is None
    limit(service, resource.RLIM_INFINITY)
    wait_for(service.quiet, "everything to be sent once there is room", PATIENCE + 20)
    assert service.signal(signal.SIGTERM) == 0
    assert service.query("SELECT count(*) FROM participant") == [(3,)]
    assert (len(service.mails()), set(service.mails().values())) == (6, {1})
    assert is_sound(service.folder / "registry.db")


def test_started_on_a_full_disk_it_waits_as_well(service: Service) -> None:
    assert service.once().returncode == 0
    service.reply("Awa Ndiaye")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (SMALL, before[1]))
    try:
        service.start()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    wait_for(lambda: "database_trouble" in service.log(), "the trouble to be noticed", PATIENCE)
    limit(service, resource.RLIM_INFINITY)
    wait_for(service.quiet, "everything to be sent once there is room", PATIENCE + 20)
    assert service.signal(signal.SIGTERM) == 0
    assert set(service.mails().values()) == {1}


def test_a_database_that_is_damaged_under_a_worker_ends_it_with_a_way_out(service: Service) -> None:
    service.reply("Awa Ndiaye")
    service.start()
    wait_for(service.quiet, "everything to be sent", PATIENCE)
    path = service.folder / "registry.db"
    content = bytearray(path.read_bytes())
    content[24:28] = (int.from_bytes(content[24:28], "big") + 7).to_bytes(4, "big")  # so that nobody trusts their cache
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)
    assert service.ended() == 1
    assert "put back a copy made by `mailbot backup`" in service.log()
    assert "Traceback" not in service.log()
    again = service.once()
    assert (again.returncode, "damaged" in again.stderr) == (1, True)


# ---------------------------------------------------------------- in one process


@contextmanager
def made_to(database: Database, pragma: str) -> Iterator[None]:
    """Let SQLite itself refuse to write, on every connection, for a while."""
    cursor: list[str] = [pragma]

    def apply(connection: Any, *_: object) -> None:
        for one in cursor:
            connection.execute(one).close()

    sa.event.listen(database.engine, "checkout", apply)
    try:
        yield
    finally:
        cursor[:] = ["PRAGMA query_only = OFF", "PRAGMA max_page_count = 1073741823"]
        with database.engine.connect():
            pass
        sa.event.remove(database.engine, "checkout", apply)


def pages(database: Database) -> int:
    with database.engine.connect() as connection:
        return int(connection.exec_driver_sql("PRAGMA page_count").scalar_one())


class Box:
    """A mailbox with large messages, which remembers what it was told to leave."""

    def __init__(self, count: int) -> None:
        self.count, self.left = count, list[int]()

    def open(self) -> int:
        return 1

    def fetch_new(self, known: set[int], chunk: int = 100) -> Iterator[list[Fetched]]:
        for uid in sorted(set(range(1, self.count + 1)) - known):
            raw = b"Message-ID: <%d@x.example>\r\n\r\n" % uid + b"x" * 30_000
            yield [Fetched("INBOX", 1, uid, len(raw), raw)]

    def leave(self, uids: list[int]) -> None:
        self.left += uids


def test_what_can_not_be_written_down_stays_in_the_mailbox_and_is_collected_later(core: Core) -> None:
    box = Box(10)
    with (
        made_to(core.database, f"PRAGMA max_page_count = {pages(core.database) + 20}"),
        pytest.raises(sa.exc.OperationalError, match="disk is full"),
    ):
        collect(core.database, box, "box", "INBOX", NOW)  # type: ignore[arg-type]
    stored = [row.uid for row in core.rows(Received)]
    assert stored == box.left
    assert 0 < len(stored) < 10
    assert collect(core.database, box, "box", "INBOX", NOW) == 10 - len(stored)  # type: ignore[arg-type]
    assert [row.uid for row in core.rows(Received)] == box.left == list(range(1, 11))


@pytest.mark.parametrize("pragma", ["query_only = ON", "max_page_count = 1"])
def test_a_message_is_not_held_for_the_databases_trouble(core: Core, pragma: str) -> None:
    core.collected()

    def work() -> None:
        for n in range(50):
            take_one(core.database, core.config, NOW)
            core.collected(b"Message-ID: <more%d@x.example>\r\n\r\n" % n + b"x" * 20_000)

    with made_to(core.database, f"PRAGMA {pragma}"), pytest.raises(sa.exc.OperationalError):
        work()
    assert {row.disposition for row in core.rows(Received)} <= {"new", "unrelated"}


def test_what_can_not_be_noted_as_in_doubt_is_not_sent(core: Core, smtp_server: SmtpServer) -> None:
    core.someone(1)
    mailouts.plan(core.database, core.config, GUIDE)
    deliverer = core.deliverer()
    session = SmtpSession(smtp_settings(smtp_server.port), after_dot=5)
    deliverer.sinks = [session]
    refusing = made_to(core.database, "PRAGMA query_only = ON")
    offer = session.offer

    def offered(*told: Any) -> None:
        offer(*told)
        refusing.__enter__()

    session.offer = offered  # type: ignore[method-assign, assignment]
    with pytest.raises(sa.exc.OperationalError, match="readonly"):
        deliverer.deliver(GUIDE)
    refusing.__exit__(None, None, None)
    assert (smtp_server.messages, core.outbox()[0].state) == ([], "claimed")
    session.offer = offer  # type: ignore[method-assign]
    assert deliverer.deliver(core.outbox()[0].next_attempt_at) == 1
    assert (len(smtp_server.messages), core.outbox()[0].state) == (1, "sent")
    deliverer.close()


def test_trouble_is_told_with_what_to_do(core: Core) -> None:
    from mailbot.database import explain, in_trouble, is_damaged

    def write() -> None:
        with core.database.write() as session:
            session.merge(Fact(name="x", value="x", at=NOW))

    with made_to(core.database, "PRAGMA query_only = ON"), pytest.raises(sa.exc.OperationalError) as caught:
        write()
    assert in_trouble(caught.value)
    assert not is_damaged(caught.value)
    assert "mend the permissions" in explain(core.database, caught.value)


def test_a_damaged_file_is_refused_before_work_begins(tmp_path: Path) -> None:
    path = tmp_path / "registry.db"
    database = open_database(f"sqlite:///{path}")
    database.examine()
    with database.write() as session:
        for n in range(300):
            session.merge(Fact(name=f"fact {n}", value="x" * 200, at=NOW))
    database.close()
    content = bytearray(path.read_bytes())
    content[-8 * 4096 : -4 * 4096] = b"\xff" * 4 * 4096
    path.write_bytes(content)
    database = open_database(f"sqlite:///{path}")
    with pytest.raises(DatabaseRefused, match=r"damaged.*put back a copy"):
        database.examine()
    database.close()


def test_a_worker_that_meets_damage_does_not_go_on(tmp_path: Path) -> None:
    from mailbot import rehearsal
    from mailbot.errors import MailbotError
    from mailbot.worker import Worker

    config = rehearsal.prepare(tmp_path / "rehearsal")
    database = open_database(config.database)
    turns = parts.turns_of(config, database, threading.Event())

    def damaged(*_: object) -> int:
        raise sa.exc.DatabaseError("SELECT", {}, sqlite3.DatabaseError("database disk image is malformed"))

    turns.turn = damaged  # type: ignore[method-assign, assignment]
    with pytest.raises(MailbotError, match="put back a copy"):
        Worker(turns, [], tick=0.05).run()
    turns.close()
    database.close()


def test_nothing_is_owed_twice_after_the_trouble(core: Core) -> None:
    for n in range(3):
        core.someone(n)
    with made_to(core.database, "PRAGMA query_only = ON"), pytest.raises(sa.exc.OperationalError):
        mailouts.plan(core.database, core.config, GUIDE)
    assert core.outbox() == []
    deliverer = core.deliverer()
    mailouts.plan(core.database, core.config, GUIDE)
    while deliverer.deliver(GUIDE):
        pass
    assert Counter(to for to, _ in core.sinks[0].delivered) == {(f"person{n}@union.example",): 1 for n in range(3)}

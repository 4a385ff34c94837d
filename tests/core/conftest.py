"""A small mailbot without wires: a configuration on folders, a database, rows made by hand, a sink that obeys."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from mailbot import registry
from mailbot.collect import store
from mailbot.compose import Composer
from mailbot.config import Config, load
from mailbot.database import Database, open_database
from mailbot.deliver import Deliverer, Evidence
from mailbot.models import Base, Change, Outbox, Participant, Received
from mailbot.registry import Recorded, Source
from mailbot.rsvp.answer import Answer, Reading, Value
from mailbot.wire import Fetched

NOW = datetime(2027, 3, 2, 8, 0, tzinfo=UTC)
START = datetime(2027, 3, 30, 12, 0, tzinfo=UTC)  # 14:00 in Geneva
GUIDE = datetime(2027, 3, 23, 13, 0, tzinfo=UTC)  # 14:00 in Geneva, before the clocks change
REMINDER = START - timedelta(minutes=30)
EVENT = "webinaire-2"

CONFIG = """\
languages = ["fr", "en", "es", "pt"]
[organisers]
addresses = ["registrar2@workers-network.example"]
[[mailbox]]
maildir = "inbox"
{mailbox}
[smtp]
{smtp}
from = "Réseau <rsvp@workers-network.example>"
[[event]]
slug = "webinaire-2"
title.fr = "2e webinaire du Réseau"
start = {start}
end = {end}
timezone = "Europe/Zurich"
invitations = ["<invite-fr@workers-network.example>"]
subject_words = ["webinaire"]
[event.webex]
url = "https://workers-network.example/webex/join/webinaire-2"
{extra}
"""


def value(what: str | bool, where: Any = "body", confidence: float = 0.95) -> Value:
    """Return a value as a reader would, its words being itself."""
    return Value(what, str(what), where, "test", confidence)


def answer(*, partstat: str | None = None, is_sender: bool = True, **fields: str | bool | Value | None) -> Answer:
    """Return an answer with fields given plainly or as values."""
    given: dict[str, Any] = {n: v if isinstance(v, Value) else value(v) for n, v in fields.items() if v is not None}
    return Answer(partstat=partstat, is_sender=is_sender, **given)


def reading(*answers: Answer, kind: Any = "registration", **more: Any) -> Reading:
    """Return a reading with these answers."""
    return Reading(kind, language=more.pop("language", "fr"), answers=answers, rule="test", **more)


@dataclass
class Core:
    """The parts, and short ways to use them."""

    folder: Path
    config: Config
    database: Database
    count: int = 0
    sinks: list[Sink] = field(default_factory=list)

    def configure(
        self,
        *,
        start: str = "2027-03-30T14:00:00",
        end: str = "2027-03-30T17:15:00",
        smtp: str = 'maildir = "sent"',
        mailbox: str = "",
        extra: str = "",
    ) -> Config:
        """Write the configuration anew and read it."""
        text = CONFIG.format(start=start, end=end, smtp=smtp, mailbox=mailbox, extra=extra)
        (self.folder / "config.toml").write_text(text, "utf-8")
        self.config = load(self.folder / "config.toml")
        return self.config

    def collected(self, raw: bytes = b"", at: datetime = NOW) -> int:
        """Write down one message as collected and return its id."""
        self.count += 1
        raw = raw or f"Message-ID: <m{self.count}@mail.example>\r\n\r\n{self.count}".encode()
        store(self.database, "box", [Fetched("INBOX", 1, self.count, len(raw), raw)], at)
        with self.database.read() as session:
            return session.scalars(sa.select(sa.func.max(Received.id))).one()

    def record(
        self,
        what: Reading,
        sender: str = "awa@cnts.sn.example",
        *,
        at: datetime = NOW,
        sent_at: datetime | None = None,
        event: str = EVENT,
    ) -> list[Recorded]:
        """Record a reading as intake does: a message of its own, one transaction."""
        row_id = self.collected(at=at)
        with self.database.write() as session:
            row = session.get_one(Received, row_id)
            row.disposition, row.sender, row.sent_at = what.kind, sender, sent_at or at
            session.flush()
            source = Source(row_id, sender, at, sent_at or at, language=what.language)
            return registry.record(session, event, what, source)

    def rows(self, table: type[Base], *conditions: sa.ColumnElement[bool]) -> list[Any]:
        """Return rows of a table, in order."""
        with self.database.read() as session:
            query = sa.select(table).where(*conditions)
            return list(session.scalars(query.order_by(getattr(table, "id", sa.text("1")))))

    def people(self) -> list[Participant]:
        """Return the registry."""
        return self.rows(Participant)

    def outbox(self, mail: str = "") -> list[Outbox]:
        """Return the outbox, or the rows of one mail."""
        return [row for row in self.rows(Outbox) if mail in ("", row.mail)]

    def history(self, name: str) -> list[tuple[str | None, str | None]]:
        """Return what one field went through, over everybody."""
        return [(c.old, c.new) for c in self.rows(Change, Change.field == name)]

    def someone(self, number: int = 1, **values: Any) -> int:
        """Put a participant straight into the registry and return their id."""
        email = f"person{number}@union.example"
        given = {
            "event": EVENT, "identity": f"mailto:{email}", "email": email, "write_to": email,
            "name": f"Person {number}",
            "mode": "online", "language": "fr", "status": "registered", "registered_at": NOW, "changed_at": NOW,
        } | values  # fmt: skip
        with self.database.write() as session:
            person = Participant(**given)
            session.add(person)
            session.flush()
            return person.id

    def deliverer(self, *sinks: Sink, evidence: Evidence = lambda _row: None) -> Deliverer:
        """Return a deliverer over sinks that obey."""
        self.sinks = list(sinks) or [Sink()]
        composer = Composer(self.config.templates, self.config)
        return Deliverer(self.database, self.config, composer, self.sinks, evidence)


@dataclass
class Sink:
    """A way out that does what it is told: an exception to raise at `open`, `offer` or `finish`, each used once."""

    told: dict[str, list[BaseException]] = field(default_factory=dict)
    delivered: list[tuple[tuple[str, ...], bytes]] = field(default_factory=list)
    before_dot: Callable[[], None] = lambda: None
    _offered: tuple[tuple[str, ...], bytes] | None = None

    def _maybe(self, stage: str) -> None:
        if self.told.get(stage):
            raise self.told[stage].pop(0)

    def open(self) -> None:
        self._maybe("open")

    def offer(self, sender: str, recipients: Sequence[str], data: bytes, envelope_id: str) -> None:
        self._maybe("offer")
        self._offered = (tuple(recipients), data)

    def finish(self) -> str:
        self.before_dot()
        self._maybe("finish")
        assert self._offered is not None
        self.delivered.append(self._offered)
        return "250 2.0.0 taken"

    def probe(self) -> dict[str, Any]:
        return {}

    def close(self) -> None:
        """Let go."""


@pytest.fixture
def core(tmp_path: Path) -> Any:
    """A small mailbot without wires."""
    one = Core(tmp_path, None, None)  # type: ignore[arg-type] -- both follow at once
    for part in ("new", "cur", "tmp"):
        (tmp_path / "inbox" / part).mkdir(parents=True)
        (tmp_path / "sent" / part).mkdir(parents=True)
    one.configure()
    one.database = open_database(one.config.database)
    yield one
    one.database.close()


def count_statements(database: Database, do: Callable[[], object]) -> int:
    """Return how many statements something sends to the database."""
    counted = 0

    def note(*_: object) -> None:
        nonlocal counted
        counted += 1

    sa.event.listen(database.engine, "before_cursor_execute", note)
    try:
        do()
    finally:
        sa.event.remove(database.engine, "before_cursor_execute", note)
    return counted


def changed_copy(row: Reading, **changes: Any) -> Reading:
    """Return a reading with changes."""
    return replace(row, **changes)


def in_threads(count: int, do: Callable[[int], object]) -> list[BaseException]:
    """Do something in several threads at once and return what they raised."""
    raised: list[BaseException] = []
    gate = threading.Barrier(count)

    def run(number: int) -> None:
        try:
            gate.wait(10)
            do(number)
        except BaseException as e:  # noqa: BLE001 -- handed to the test
            raised.append(e)

    threads = [threading.Thread(target=run, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return raised


def open_session(database: Database) -> Session:
    """Return a plain session, for tests that hold two at once."""
    return Session(database.engine, expire_on_commit=False)

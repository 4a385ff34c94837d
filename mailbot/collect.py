"""Mailbox → received: writes down every message as it lies there, before anything reads it.

The ledger itself says what is known (mailbox, folder, UIDVALIDITY, UID), so a cursor can't disagree with it. Nothing
here looks into a message beyond its fingerprint, and nothing is flagged, moved or deleted before the commit.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from mailbot.database import Database
from mailbot.fingerprint import fingerprint
from mailbot.log import say
from mailbot.models import Received
from mailbot.wire import Fetched, MailSource


def known_uids(database: Database, mailbox: str, folder: str, uidvalidity: int) -> set[int]:
    """Return the UIDs of a folder that are written down already."""
    query = sa.select(Received.uid).where(
        Received.mailbox == mailbox, Received.folder == folder, Received.uidvalidity == uidvalidity
    )
    with database.read() as session:
        return set(session.scalars(query))


def collect(database: Database, source: MailSource, mailbox: str, folder: str, now: datetime) -> int:
    """Write down what is new in an open mailbox and return how many messages that was.

    A chunk is one transaction. What `leave` asks for is done after the commit; if we die in between, the message
    stays where it is, which is harmless.
    """
    uidvalidity = source.open()
    new = 0
    for chunk in source.fetch_new(known_uids(database, mailbox, folder, uidvalidity)):
        new += store(database, mailbox, chunk, now)
        source.leave([one.uid for one in chunk])
    return new


def store(database: Database, mailbox: str, chunk: Iterable[Fetched], now: datetime) -> int:
    """Write down one chunk in one transaction and return how many rows are new."""
    rows = [_row(mailbox, one, now) for one in chunk]
    if not rows:
        return 0
    with database.write() as session:
        insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
        statement = insert(Received).on_conflict_do_nothing(
            index_elements=["mailbox", "folder", "uidvalidity", "uid"],
        )
        done = session.execute(statement.returning(Received.id, Received.uid), rows).all()
    for row_id, uid in done:
        say("message_received", mailbox=mailbox, uid=uid, id=row_id)
    return len(done)


def _row(mailbox: str, one: Fetched, now: datetime) -> dict[str, Any]:
    return {
        "mailbox": mailbox, "folder": one.folder, "uidvalidity": one.uidvalidity, "uid": one.uid, "collected_at": now,
        "size": one.size, "truncated": one.truncated, "raw": one.raw, "fingerprint": fingerprint(one.raw),
        "disposition": "new", "reason": "", "rule": "", "message_id": "", "thread": "", "sender": "",
        "sender_name": "", "subject": "", "language": "", "question": "", "review": "",
    }  # fmt: skip

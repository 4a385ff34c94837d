"""A mailbox that nobody tidied for years: what 160,000 messages cost when it is opened, and at each look for new ones.

    python -m bench.large_mailbox [MESSAGES]

Real Dovecot, a real ledger that knows every message but one. It takes half a minute to set up, so `make bench` leaves
it out.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from mailbot.collect import collect, known_uids, store
from mailbot.config import MailboxConfig, Secret
from mailbot.database import Database, open_database
from mailbot.imap import ImapMailbox
from mailbot.wire import Fetched, MailSource
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.local import account, make_certificate

MESSAGES = 160_000
SHARED = 10_000  # messages that share one file by hard links: file systems allow some 65,000
NOW = datetime(2027, 3, 1, 8, 0, tzinfo=UTC)
MAIL = b"From: a@union.example\r\nMessage-ID: <%d@union.example>\r\nSubject: news\r\n\r\n" + b"News.\r\n" * 150


def fill(folder: Path, count: int) -> None:
    """Put messages of 1 KB into a Maildir."""
    owner = account()
    first = folder
    for number in range(count):
        path = folder / f"{1_500_000_000 + number}.M{number}.x:2,S"
        if number % SHARED == 0:
            path.write_bytes(MAIL % number)
            if os.getuid() == 0:
                os.chown(path, owner.pw_uid, owner.pw_gid)
            first = path
        else:
            path.hardlink_to(first)


def timed(do: Callable[[], object]) -> tuple[float, object]:
    """Return how many seconds something took, and what it returned."""
    begun = time.perf_counter()
    result = do()
    return time.perf_counter() - begun, result


def know_all(database: Database, name: str, uidvalidity: int, count: int) -> None:
    """Write messages down as a collection would have long ago, with next to no bytes."""
    for at in range(1, count + 1, SHARED):
        uids = range(at, min(at + SHARED, count + 1))
        some = (Fetched("INBOX", uidvalidity, uid, 0, b"%d" % uid) for uid in uids)
        store(database, name, some, NOW)


def main() -> None:
    """Set up, measure, print the table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else MESSAGES
    with tempfile.TemporaryDirectory(prefix="mailbot-large-") as folder:
        server = Dovecot(make_certificate(Path(folder)))
        try:
            rows = measure(server, Path(folder), count)
        finally:
            server.close()
    shown = Table("what", "result", title=f"{count:,} messages in a mailbox")
    for what, result in rows:
        shown.add_row(what, result)
    Console().print(shown)


def measure(server: Dovecot, folder: Path, count: int) -> list[tuple[str, str]]:
    """Return what was measured, as rows of words."""
    user = server.new_user()
    server.append(user, MAIL % 0)
    fill(server.folder / "mail" / user / "cur", count)
    settings = MailboxConfig(host="127.0.0.1", port=server.imap, security="none", user=user, timeout=300)
    settings = settings.model_copy(update={"password": Secret("plain", PASSWORD)})
    database = open_database(f"sqlite:///{folder / 'large.db'}")
    wire = ImapMailbox(settings)
    source: MailSource = wire
    uidvalidity = source.open()  # the server makes its index, once
    know_all(database, settings.name, uidvalidity, count)
    source.close()
    opening, _ = timed(source.open)
    ledger, known = timed(lambda: known_uids(database, settings.name, "INBOX", uidvalidity))
    first, new = timed(lambda: collect(database, source, settings.name, "INBOX", NOW))
    server.append(user, MAIL % count)
    later, newer = timed(lambda: collect(database, source, settings.name, "INBOX", NOW))
    assert (new, newer, len(known)) == (1, 1, count)  # type: ignore[arg-type]
    source.close()
    database.close()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [
        ("open", f"{opening:.2f} s"), ("ask the ledger what is known", f"{ledger:.2f} s"),
        ("first look, one new message", f"{first:.2f} s"), ("later look, one new message", f"{later:.2f} s"),
        ("memory, setting up included", f"{memory:.0f} MB"),
    ]  # fmt: skip


if __name__ == "__main__":
    main()

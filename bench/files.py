"""What the report's files cost as the registry grows: time, and memory above that of the empty program.

    python -m bench.files

Each file is written in a process of its own, for a small registry and one ten times as large: ratios of time near 10
and of memory near 1 say that rows stream.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from bench.pipeline import CONFIG
from mailbot.cli.papers import Desk
from mailbot.config import parse
from mailbot.database import open_database
from mailbot.models import Change, Outbox, Participant
from mailbot.report import tables

SMALL, LARGE = 10_000, 100_000
"""Participants; each with four changes and two mails."""

KINDS = ("nothing", "csv", "json", "xlsx", "webex")
NOW = datetime(2027, 3, 20, 12, tzinfo=UTC)
START = datetime(2027, 3, 30, 12, tzinfo=UTC)
BLOCK = 5_000  # participants written at once


def fill(folder: Path, count: int) -> None:
    """Make a folder with a configuration and a registry of so many."""
    (folder / "inbox").mkdir()
    config = parse(CONFIG.format(port=25, connections=1), folder / "config.toml")
    database = open_database(config.database)
    for first in range(0, count, BLOCK):
        block = range(first, min(count, first + BLOCK))
        with database.write() as session:
            session.execute(sa.insert(Participant), [_person(n) for n in block])
            session.execute(sa.insert(Change), [_change(n, field) for n in block for field in _FIELDS])
            session.execute(sa.insert(Outbox), [_mail(n, mail) for n in block for mail in ("guide", "acknowledgement")])
    database.close()


_FIELDS = ("name", "phone", "organisation", "mode")


def _person(n: int) -> dict[str, object]:
    at = NOW - timedelta(days=30) + timedelta(seconds=n)
    return {"id": n + 1, "event": "webinar", "identity": f"mailto:p{n}@x.example", "email": f"p{n}@x.example",
            "name": f"Person Number {n}", "title": "Secretary general", "phone": f"+22177{n:07d}",
            "organisation": f"Union of workers {n % 300}", "mode": "online", "needs_access": False, "language": "fr",
            "status": "registered", "reachable": "yes", "write_to": f"p{n}@x.example", "registered_at": at,
            "changed_at": at, "confidence": 0.97, "review": ""}  # fmt: skip


def _change(n: int, field: str) -> dict[str, object]:
    return {"participant_id": n + 1, "at": NOW, "who": f"p{n}@x.example", "field": field, "old": None,
            "new": f"value of {field} {n}", "words": f"the words for {field} {n}", "place": "body", "rule": "label",
            "confidence": 0.97}  # fmt: skip


def _mail(n: int, mail: str) -> dict[str, object]:
    return {"key": f"{mail} {n}", "mail": mail, "event": "webinar", "event_start": START,
            "participant_id": n + 1, "recipient": f"p{n}@x.example", "language": "fr", "state": "sent", "due_at": NOW,
            "next_attempt_at": NOW, "message_id": f"<{mail}-{n}@x.example>", "created_at": NOW, "done_at": NOW,
            "response": "250 2.0.0 accepted"}  # fmt: skip


def write(kind: str, folder: Path) -> None:
    """Write one file of a folder's registry; print seconds of work and the most memory it had, in MB (Linux only)."""
    config = parse(CONFIG.format(port=25, connections=1), folder / "config.toml")
    database = open_database(config.database, migrate=False)
    desk = Desk(config, NOW, "fr")
    started = time.process_time()
    with database.read() as session, (folder / "out.txt").open("w", newline="", encoding="utf-8") as stream:
        if kind == "csv":
            tables.write_csv(session, desk.events, stream)
        elif kind == "json":
            tables.write_json(session, desk.events, stream)
        elif kind == "xlsx":
            desk.workbook(session, folder / "out.xlsx")
        elif kind == "webex":
            desk.webex(session, folder / "out.csv")
    took = time.process_time() - started
    told = Path("/proc/self/status").read_text("ascii")  # what getrusage says is at least what our parent once had
    memory = int(told.partition("VmHWM:")[2].split()[0]) / 1024
    sys.stdout.write(f"{took} {memory}\n")


def measured(kind: str, folder: Path) -> tuple[float, float]:
    """Write one file in a process of its own; return its seconds and MB."""
    words = [sys.executable, "-m", "bench.files", kind, str(folder)]
    told = subprocess.run(words, check=True, capture_output=True, text=True).stdout.split()  # noqa: S603 -- ourselves
    return float(told[0]), float(told[1])


def table() -> list[tuple[str, float, float, float, float]]:
    """Return per file: its name, seconds and MB above the empty program when large, and their ratios to small."""
    with tempfile.TemporaryDirectory() as small, tempfile.TemporaryDirectory() as large:
        fill(Path(small), SMALL)
        fill(Path(large), LARGE)
        found = {kind: (measured(kind, Path(small)), measured(kind, Path(large))) for kind in KINDS}
    empty = min(found["nothing"])[1]
    return [
        (kind, big[0], big[1] - empty, big[0] / little[0], (big[1] - empty) / max(1.0, little[1] - empty))
        for kind, (little, big) in found.items() if kind != "nothing"
    ]  # fmt: skip


def main() -> None:
    """Print the table, or write one file where that is asked for."""
    if len(sys.argv) == 3:
        write(sys.argv[1], Path(sys.argv[2]))
        return
    for kind, seconds, megabytes, slower, larger in table():
        sys.stdout.write(
            f"{kind:6} of {LARGE}: {seconds:6.1f} s (x {slower:.1f} of {SMALL}), {megabytes:5.0f} MB (x {larger:.2f})\n"
        )


if __name__ == "__main__":
    main()

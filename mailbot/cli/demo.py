"""`demo`: the rehearsal, told day by day on one screen, then the registry, then where to look."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, TypeVar
from zoneinfo import ZoneInfo

import sqlalchemy as sa
import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from sqlalchemy.orm import Session

from mailbot import log, rehearsal
from mailbot.addresses import key
from mailbot.cli import parts
from mailbot.cli.app import app, out
from mailbot.cli.look import registry_table
from mailbot.cli.papers import save_report
from mailbot.database import Database, open_database
from mailbot.models import Change, Outbox, Participant, Received

R = TypeVar("R", Received, Outbox, Change)

PLURALS = {"reply": "replies", "registration": "registrations"}
DISPOSITIONS = {
    "registration": "registration",
    "decline": "decline",
    "question": "question",
    "calendar_reply": "calendar answer",
    "auto_reply": "automatic answer",
    "bounce": "bounce",
    "unrelated": "unrelated mail",
    "duplicate": "second copy",
    "held": "held for a person",
}
"""How the story names what a message was, in the singular."""


@app.command(rich_help_panel="Set up")
def demo(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to put mails, report and database.")] = Path(
        "demo"
    ),
) -> None:
    """Live through an event's weeks in seconds, on folders: replies come in, mails go out, nothing leaves here."""
    started = time.monotonic()
    log.to_stderr()
    logging.getLogger("mailbot").setLevel(logging.ERROR)
    folder = folder.absolute()
    settings = rehearsal.prepare(folder)
    database = open_database(settings.database)
    clock = rehearsal.Clock(rehearsal.INVITED)
    turns = parts.turns_of(settings, database, threading.Event(), clock)
    zone = settings.events[0].zone
    total = sum(len(arrival.boxes) for arrival in rehearsal.arrivals())
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("messages read"))
    with Progress(*columns, console=out, transient=True, disable=not out.is_terminal) as progress:
        task = progress.add_task("1 October 2018", total=total)
        turns.on_message = lambda: progress.advance(task)
        story = Story(database, zone)
        for moment in rehearsal.play(turns, parts.boxes_of(settings), clock, folder):
            progress.update(task, description=f"{moment.astimezone(zone):%-d %B %Y %H:%M}")
            for line in story.told_until(moment):
                out.print(line, soft_wrap=False)
        for line in story.rest():
            out.print(line)
    report = folder / "report.html"
    save_report(database, settings, report, clock.now, settings.languages[0])
    with database.read() as session:
        people = session.scalars(sa.select(Participant).order_by(Participant.id)).all()
        sent = session.scalar(sa.select(sa.func.count()).select_from(Outbox).where(Outbox.state == "sent"))
    out.print()
    out.print(registry_table("The registry", people))
    out.print(f"\n{total} messages read and {sent} mails sent in {time.monotonic() - started:.0f} s. Where to look:")
    for what, where in (("sent mails", folder / "sent"), ("database", folder / "registry.db"),
                        ("configuration", folder / "config.toml"), ("report", report)):  # fmt: skip
        out.print(f"  {what:14} {where}", markup=False, soft_wrap=True, highlight=False)
    turns.close()
    database.close()


class Story:
    """Tells what happened, a day at a time, from what stands in the database."""

    def __init__(self, database: Database, zone: ZoneInfo) -> None:
        self._database, self._zone = database, zone
        self._day: date | None = None

    def told_until(self, moment: datetime) -> Iterator[str]:
        """Yield the lines of the days that are over at a moment."""
        day = moment.astimezone(self._zone).date()
        if self._day is not None and day != self._day:
            yield from self._lines(self._day)
        self._day = day

    def rest(self) -> Iterator[str]:
        """Yield the lines of the last day."""
        if self._day is not None:
            yield from self._lines(self._day)

    def _lines(self, day: date) -> Iterator[str]:
        with self._database.read() as session:
            read = self._of_day(day, session.scalars(sa.select(Received)).all(), "collected_at")
            sent = self._of_day(day, session.scalars(sa.select(Outbox)).all(), "done_at")
            changes = self._of_day(day, session.scalars(sa.select(Change).order_by(Change.id)).all(), "at")
            mails = Counter(m.mail for m in sent if m.state in ("sent", "failed"))
            counted = list(_counted(Counter(DISPOSITIONS[r.disposition] for r in read)))
            counted += [f"[green]{text}[/]" for text in _counted(mails)]
            if counted:
                yield f"[bold]{day:%a %e %b}[/]  " + ", ".join(counted)
            for line in dict.fromkeys(_highlights(session, changes, sent)):
                yield f"            [dim]{escape(line)}[/]"

    def _of_day(self, day: date, rows: Sequence[R], moment: str) -> list[R]:
        return [r for r in rows if (at := getattr(r, moment)) and at.astimezone(self._zone).date() == day]


def _counted(counts: Counter[str]) -> Iterator[str]:
    for what, n in counts.most_common():
        yield f"{n} {what if n == 1 else PLURALS.get(what, what + 's')}"


def _highlights(session: Session, changes: list[Change], sent: list[Outbox]) -> Iterator[str]:
    """Yield the turns of the story: changes of mind, people sent instead, mail that came back, guides sent late."""
    for change in changes:
        person = session.get(Participant, change.participant_id)
        if person is not None and (line := _highlight(change, person)):
            yield line
    for mail in sent:
        person = session.get(Participant, mail.participant_id) if mail.participant_id else None
        if mail.mail == "guide" and person and person.registered_at > mail.event_start.replace(day=16):
            yield f"{person.name} registers late and gets the guide at once"


def _highlight(change: Change, person: Participant) -> str:
    """Return one change as a line of the story, "" where it is none."""
    name = person.name or person.email
    match (change.field, change.old, change.new):
        case ("mode", "in_person", "online"):
            return f"{name} takes part online after all"
        case ("mode", "online", "in_person"):
            return f"{name} comes in person after all"
        case ("status", None, "registered") if key(person.email or "") != key(change.who):
            return f"{name} is registered by {change.who}"
        case ("status", "registered", "declined"):
            return f"{name} cancels"
        case ("phone" | "title" | "organisation" | "name", str(), str()):
            return f"{name} corrects the {change.field}: {change.new}"
        case ("reachable", _, "unreachable"):
            return f"mail to {name} comes back: {' '.join(change.words.split())[:60]}"
        case ("needs_access", None, "yes"):
            return f"{name} needs a computer at an office"
    return ""

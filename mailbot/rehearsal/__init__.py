"""The rehearsal: the real pipeline on folders, with a clock that lives through an event's weeks in seconds.

The messages beside this file arrive when their Date says; between them the clock jumps to the moments at which
something is due. Collecting, reading, planning, composing and delivering are the worker's own turns; only the wires are
folders and only the clock is ours. Nothing here prints, and nothing outside the given folder is written.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

from mailbot import message, outbox, schedule
from mailbot.config import Config, load
from mailbot.errors import MailbotError
from mailbot.worker import Box, Turns

HERE = Path(__file__).parent
MARK = ".mailbot-rehearsal"
"""The file that says that a folder is a rehearsal's, and may be made anew."""

INVITED = datetime(2018, 10, 1, 0, 0, tzinfo=UTC)
"""When the story begins: the day on which the invitation went out."""

TO_BOTH = ("029.eml", "038.eml", "070.eml")
"""Replies that went to both organisers, so that a copy of each lies in either mailbox."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message of the story: when it arrives (UTC) and in which mailboxes it lies then."""

    at: datetime
    file: Path
    boxes: tuple[str, ...]


class Clock:
    """A clock that stands still until it is told to jump."""

    def __init__(self, start: datetime) -> None:
        self.now = start

    def __call__(self) -> datetime:
        """Return the moment that it shows."""
        return self.now


def arrivals() -> list[Arrival]:
    """Return the story's messages in the order in which they arrive."""
    found = []
    for path in sorted((HERE / "messages").glob("*.eml")):
        date = message.read(path.read_bytes()).header("date")
        boxes = ("rsvp", "registrar2") if path.name in TO_BOTH else ("rsvp",)
        found.append(Arrival(parsedate_to_datetime(date).astimezone(UTC), path, boxes))
    return sorted(found, key=lambda arrival: (arrival.at, arrival.file.name))


def prepare(folder: Path) -> Config:
    """Lay out a fresh rehearsal in a folder and return its configuration.

    Raises MailbotError when the folder holds something else than an earlier rehearsal.
    """
    ours = (folder / MARK).exists() and not folder.is_symlink()
    if folder.is_symlink() or (folder.exists() and not ours and not (folder.is_dir() and not any(folder.iterdir()))):
        raise MailbotError(f"{folder} is there and is no rehearsal: name another folder, or remove it")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / MARK).touch()
    for name in ("config.toml", "invitation.fr.txt"):
        shutil.copyfile(HERE / name, folder / name)
    for box in ("inbox/rsvp", "inbox/registrar2", "sent"):
        for part in ("tmp", "new", "cur"):
            (folder / box / part).mkdir(parents=True)
    return load(folder / "config.toml")


def play(turns: Turns, boxes: list[Box], clock: Clock, folder: Path) -> Iterator[datetime]:
    """Live through the story; yields the clock's moment after each turn."""
    coming = arrivals()
    event = turns.config.events[0]
    turns.start()
    while (at := _next(coming, turns, clock.now)) is not None and at <= event.ends.astimezone(UTC):
        clock.now = at
        while coming and coming[0].at <= at:
            _arrive(coming.pop(0), folder)
        for box in boxes:
            turns.collect(box)
        turns.turn()
        yield at


def _next(coming: list[Arrival], turns: Turns, now: datetime) -> datetime | None:
    """Return the next moment at which a message arrives or something is due."""
    with turns.database.read() as session:
        waiting = outbox.next_due(session)
    moments = [coming[0].at if coming else None, schedule.wake_at(turns.config.events, now), waiting]
    later = [max(m, now + timedelta(seconds=1)) for m in moments if m is not None]
    return min(later, default=None)


def _arrive(arrival: Arrival, folder: Path) -> None:
    """Deliver a message to its mailboxes as a mail server would: to tmp, then by a rename to new."""
    for box in arrival.boxes:
        name = f"{int(arrival.at.timestamp())}.{arrival.file.stem}.rehearsal"
        part = folder / "inbox" / box / "tmp" / name
        shutil.copyfile(arrival.file, part)
        part.rename(folder / "inbox" / box / "new" / name)

"""Facts about the work itself, in the database: when which server was last reached, what is in the way, since when.

Whoever looks from beside (`mailbot status`, also with no worker at all) learns from them how things stand. Writing is
cheap: what has not changed is written at most once in EVERY. Nothing here decides what to do about trouble.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from mailbot.models import Fact

EVERY = timedelta(minutes=1)  # between two notes of the same; each is a commit, and a commit waits for the disk

TURN = "worker turn"
"""The fact of the last completed turn; its value says whose it was: `run` or `once`."""


@dataclass(frozen=True, slots=True)
class Ends:
    """The names of the facts about one server: when it was last reached, and what has been in the way since when."""

    contact: str
    trouble: str


def mailbox(name: str) -> Ends:
    """Return the facts about a mailbox."""
    return Ends(f"contact {name}", f"trouble {name}")


SMTP = Ends("smtp contact", "smtp trouble")
"""The facts about the way out; no mailbox's name can make the same."""

PAUSE = "smtp pause"
"""The fact that the way out waits: its moment is the end of the pause, its value how many came in a row and when that
was noted."""


@dataclass(frozen=True, slots=True)
class Paused:
    """Until when the way out waits, how many pauses came in a row without a mail being taken in between, since when."""

    until: datetime
    count: int
    noted: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reached:
    """How a server stands: last contact, and the trouble since then, "" where there is none."""

    contact: datetime | None
    trouble: str
    since: datetime | None


def is_noted(session: Session, name: str, value: str, now: datetime) -> bool:
    """Return whether a fact says this already, and so lately that it need not be said again."""
    known = session.get(Fact, name)
    return known is not None and known.value == value and known.at <= now < known.at + EVERY


def note(session: Session, name: str, value: str, now: datetime) -> None:
    """Note a fact, unless it is known and was noted within EVERY."""
    if not is_noted(session, name, value, now):
        session.merge(Fact(name=name, value=value, at=now))


def note_contact(session: Session, ends: Ends, now: datetime) -> None:
    """Note that a server was reached: what was in the way is over."""
    trouble = session.get(Fact, ends.trouble)
    contact = session.get(Fact, ends.contact)
    if trouble is not None and (contact is None or contact.at < trouble.at):
        session.merge(Fact(name=ends.contact, value="ok", at=now))  # at once: it ends the trouble
    else:
        note(session, ends.contact, "ok", now)


def note_trouble(session: Session, ends: Ends, reason: str, now: datetime) -> None:
    """Note what is in the way; the moment stays that of its beginning until the server is reached again."""
    trouble, contact = session.get(Fact, ends.trouble), session.get(Fact, ends.contact)
    lasts = trouble is not None and (contact is None or contact.at < trouble.at)
    if trouble is not None and lasts:
        trouble.value = reason
    else:
        session.merge(Fact(name=ends.trouble, value=reason, at=now))


def reached(session: Session, ends: Ends) -> Reached:
    """Return how a server stands."""
    trouble, contact = session.get(Fact, ends.trouble), session.get(Fact, ends.contact)
    at = contact.at if contact else None
    if trouble is None or (at is not None and at >= trouble.at):
        return Reached(at, "", None)
    return Reached(at, trouble.value, trouble.at)


def paused(session: Session) -> Paused | None:
    """Return the latest pause of the way out, also one that is over, until a mail is taken again."""
    fact = session.get(Fact, PAUSE)
    if fact is None:
        return None
    count, _, noted = fact.value.partition(" ")
    return Paused(fact.at, int(count), datetime.fromisoformat(noted) if noted else None)


def note_pause(session: Session, until: datetime, count: int, now: datetime | None = None) -> None:
    """Note that nothing is sent before a moment."""
    session.merge(Fact(name=PAUSE, value=f"{count} {now.isoformat()}" if now else str(count), at=until))


def end_pause(session: Session) -> None:
    """Note that the way out is open again."""
    fact = session.get(Fact, PAUSE)
    if fact is not None:
        session.delete(fact)

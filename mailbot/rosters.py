"""What the country offices are told: who comes to sit there, in one mail when that has changed.

Changes are gathered, so that a busy hour is one mail; what the mail says is what holds when it leaves. Nothing here
gives or takes a seat.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from mailbot import countries, outbox
from mailbot.config import Config, EventConfig, OfficeConfig
from mailbot.models import Outbox, Participant, Seat
from mailbot.news import ROSTER
from mailbot.seats import OPEN

BUNDLE = timedelta(minutes=10)
"""How long changes are gathered before an office's contact gets the roster, and the least between two of them."""


@dataclass(frozen=True, slots=True)
class Place:
    """One office with who sits there, in the order in which they asked, and how many wait in its country."""

    office: OfficeConfig
    people: tuple[Participant, ...]
    waiting: int

    @property
    def key(self) -> str:
        """What stands for the office in the keys of its mails."""
        return hashlib.sha256(f"{self.office.country} {self.office.name}".encode()).hexdigest()[:12]


def places(session: Session, event: EventConfig) -> list[Place]:
    """Return an event's offices in the configuration's order, with who sits there."""
    if not event.offices:
        return []
    query = sa.select(Seat, Participant).join(Participant, Participant.id == Seat.participant_id)
    query = query.where(Seat.event == event.slug, Seat.state.in_(OPEN))
    rows = session.execute(query.order_by(Seat.asked_at, Seat.asked_order, Seat.id)).all()
    waiting = Counter(seat.country for seat, _ in rows if seat.state == "waiting")
    return [
        Place(
            office,
            tuple(p for s, p in rows if s.state == "seated" and (s.country, s.office) == (office.country, office.name)),
            waiting[office.country],
        )
        for office in event.offices
    ]


def waiting_line(session: Session, event: EventConfig) -> list[tuple[Seat, Participant]]:
    """Return who waits for a seat, the first in line first, wherever they are."""
    query = sa.select(Seat, Participant).join(Participant, Participant.id == Seat.participant_id)
    query = query.where(Seat.event == event.slug, Seat.state == "waiting")
    found = session.execute(query.order_by(Seat.asked_at, Seat.asked_order, Seat.id))
    return [(seat, person) for seat, person in found]


def place_of(session: Session, event: EventConfig, row: Outbox) -> Place | None:
    """Return the office that a roster mail is for, None where the configuration no longer has it."""
    wanted = row.key.split(" ")[2]
    return next((place for place in places(session, event) if place.key == wanted), None)


def stands(event: EventConfig, place: Place) -> str:
    """Return a digest of what a roster says: another one is worth a mail."""
    people = [(p.id, p.name, p.title, p.organisation, p.phone, p.email) for p in place.people]
    said = repr((people, event.starts.isoformat(), event.ends.isoformat(), event.cancelled, place.office.contact))
    return hashlib.sha256(said.encode()).hexdigest()[:32]


def plan(session: Session, config: Config, event: EventConfig, now: datetime) -> list[outbox.Owed]:
    """Return the rosters that are another than their office was told, each at the earliest in BUNDLE."""
    found: list[outbox.Owed] = []
    if not (event.offices and any_place(session, event)):
        return found
    for place in places(session, event):
        rows = _rosters_of(session, event, place)
        waits = next((r for r in rows if r.state == "waiting" and r.attempts == 0), None)
        last = next((r for r in rows if r is not waits and r.state not in ("withdrawn", "expired")), None)
        now_stands = stands(event, place)
        if (last.case == now_stands) if last else (not place.people or event.cancelled):
            if waits is not None:
                outbox.withdraw(session, waits, "nothing_changed", now)
        elif waits is not None:
            waits.case, waits.recipient = now_stands, place.office.contact
        else:
            found.append(_roster(config, event, place, number=len(rows) + 1, stands_now=now_stands, now=now))
    return found


def any_place(session: Session, event: EventConfig) -> bool:
    """Say whether anybody ever had a seat for an event."""
    return session.scalar(sa.select(Seat.id).where(Seat.event == event.slug).limit(1)) is not None


def _rosters_of(session: Session, event: EventConfig, place: Place) -> Sequence[Outbox]:
    """Return the rosters that an office was sent or is to get, the latest first."""
    query = sa.select(Outbox).where(Outbox.mail == ROSTER, Outbox.event == event.slug)
    query = query.where(Outbox.key.startswith(f"{ROSTER} {event.slug} {place.key} ", autoescape=True))
    return session.scalars(query.order_by(Outbox.id.desc())).all()


def _roster(
    config: Config, event: EventConfig, place: Place, *, number: int, stands_now: str, now: datetime
) -> outbox.Owed:
    office = place.office
    language = office.language or countries.language_of(office.country, config.languages)
    return outbox.Owed(
        key=f"{ROSTER} {event.slug} {place.key} {number}", mail=ROSTER, event=event.slug, event_start=event.starts,
        recipient=office.contact, language=language if language in config.languages else config.languages[0],
        due_at=now + BUNDLE, expires_at=event.ends, case=stands_now,
    )  # fmt: skip


def still_due(session: Session, row: Outbox, event: EventConfig) -> str:
    """Return "" while a roster is worth sending, else why not, as a word."""
    return "" if place_of(session, event, row) is not None else "office_gone"

"""Who is meant: whom a notice is about, and whom an organiser names.

Reads rows, changes none.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from mailbot import registry
from mailbot.addresses import first, key
from mailbot.models import Notice, Participant, Received
from mailbot.registry import identity


def people_of(session: Session, notice: Notice, row: Received | None) -> list[Participant]:
    """Return the participants whom a notice is about: its own, those whom its message spoke of, else its address's."""
    if notice.participant_id is not None:
        person = session.get(Participant, notice.participant_id)
        return [person] if person is not None else []
    if row is not None and (spoken := list(registry.people_of(session, row.id))):
        return spoken
    address = row.sender if row is not None else notice.address
    return identity.by_sender(session, notice.event, address) if address and notice.event else []


def named(session: Session, event: str, text: str) -> list[Participant]:
    """Return the participants whom an organiser names, by address or name."""
    wanted = text.strip(" \t.,;:<>\"'«»“”")
    address = first(wanted)
    if address is not None and "@" in address.email:
        return identity.by_address(session, event, address.email) or identity.by_sender(session, event, address.email)
    people = session.scalars(sa.select(Participant).where(Participant.event == event, Participant.name.is_not(None)))
    found = [p for p in people if identity.alike(p.name, wanted)]
    exact = [p for p in found if identity.folded(p.name or "") == identity.folded(wanted)]
    return exact or found


def name_of(session: Session, notice: Notice) -> str:
    row = session.get(Received, notice.received_id) if notice.received_id else None
    people = people_of(session, notice, row)
    if len(people) == 1:
        return called(people[0])
    return (row.sender_name or row.sender) if row is not None else notice.address


def called(person: Participant) -> str:
    return person.name or person.email or person.write_to or person.identity


def open_questions(session: Session, addresses: Sequence[str]) -> list[Notice]:
    """Return the questions that wait and were asked from one of these addresses."""
    query = sa.select(Notice).where(Notice.kind == "question", Notice.settled_at.is_(None)).order_by(Notice.id)
    wanted = {key(a) for a in addresses}
    return [n for n in session.scalars(query) if key(n.address) in wanted]

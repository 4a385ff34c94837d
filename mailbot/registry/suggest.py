"""Which other address may be a participant's: offered to the organisers as words for review, never used by itself.

An address that looks like a slip of another one, and the other addresses that the participant's own messages name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

import sqlalchemy as sa
from sqlalchemy.orm import Session

from mailbot import misspelt
from mailbot.addresses import domain, key
from mailbot.models import Change, Participant, Received
from mailbot.registry.history import SPOKE

COMES_BACK, PERHAPS, OTHER = "mail_comes_back", "perhaps_address", "other_address"
"""Words for review, the latter two with an address behind a colon."""
ABOUT_ADDRESS = (COMES_BACK, PERHAPS, OTHER)
MOST = 2  # other addresses that are offered: more are a directory, not a signature


def note_slip(session: Session, person: Participant, address: str, writer: str) -> str:
    """Mark an address that looks misspelt, with what was probably meant; return that, "" where it looks right."""
    likely = misspelt.meant(address, seen=_domains(session, person), own=writer)
    if likely:
        _mark(person, [f"{PERHAPS}:{likely}"])
    return likely


def note_unreachable(session: Session, person: Participant, address: str, own: Collection[str]) -> list[str]:
    """Mark a participant whose mail comes back, with the addresses that may be theirs; return those, best first.

    `own` are our addresses, in the form of `addresses.key`.
    """
    named = _named(session, person)
    writer = next((a for a in named if key(a) != key(address)), "")
    likely = misspelt.meant(address, seen=_domains(session, person), own=writer)
    known = {key(address), key(likely), *own}
    others = [a for a in dict.fromkeys(map(key, named)) if a not in known][:MOST]
    words = [f"{PERHAPS}:{likely}"] if likely else []
    _mark(person, [COMES_BACK, *words, *(f"{OTHER}:{a}" for a in others)])
    return [a for a in (likely, *others) if a]


def _mark(person: Participant, words: Iterable[str]) -> None:
    person.review = " ".join(dict.fromkeys([*person.review.split(), *words]))


def _named(session: Session, person: Participant) -> list[str]:
    """Return the addresses that a participant's messages came from or name, the latest message first."""
    query = sa.select(Received.from_address, Received.sender, Received.addresses)
    query = query.join(Change, Change.received_id == Received.id)
    query = query.where(Change.participant_id == person.id, Change.field == SPOKE).order_by(Change.id.desc()).limit(20)
    return [a for from_, sender, more in session.execute(query) for a in (from_, sender, *more.split()) if a]


def _domains(session: Session, person: Participant) -> set[str]:
    """Return the mail domains of the others who can be reached."""
    query = sa.select(Participant.email).where(
        Participant.email.is_not(None), Participant.reachable == "yes", Participant.id != person.id
    )
    return {domain(email) for email in session.scalars(query.distinct()) if email}

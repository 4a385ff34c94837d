"""Who vouches for a message: which registrations it may change, and why not the others.

A registration may be changed from an address that it was made or changed from, if nothing speaks against the sender;
and by whoever answers a mail that only its people got. Plain values; what is proven is found out by `trust`.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from mailbot.addresses import key
from mailbot.errors import Held
from mailbot.models import Change, Participant, Received
from mailbot.registry.history import SPOKE

WORDS = {"fail": "fails_dmarc", "none": "not_authenticated"}
"""What a server's verdict is called where it keeps a message from changing a registration."""

OTHER_ADDRESS = "from_other_address"
"""Why a message is held that would change a registration from an address that it does not know."""

SAME_PERSON = "same_person_other_address"
"""Why a person should look at two registrations: they may be one person's."""


@dataclass(frozen=True, slots=True)
class Vouched:
    """What is known of a message's writer.

    `writer` is the address in From, which servers vouch for (not the one in Reply-To, which nobody does). `verdict` is
    `authentication`'s word. `proven` are the ids of the participants whose mail from us this message answers.
    """

    writer: str
    verdict: str = ""
    proven: frozenset[int] = frozenset()


def check(session: Session, person: Participant, vouched: Vouched | None) -> None:
    """Raise Held, with the reason as a word, where a message must not change this participant's registration."""
    if vouched is None or person.id in vouched.proven:
        return
    if word := WORDS.get(vouched.verdict):
        raise Held(word, _who(person))
    if key(vouched.writer) not in _addresses(session, person):
        raise Held(OTHER_ADDRESS, _who(person))


def _who(person: Participant) -> str:
    return person.name or person.email or person.identity


def _addresses(session: Session, person: Participant) -> set[str]:
    """Return the addresses that a registration was made or changed from, and the participant's own."""
    query = sa.select(Received.from_address, Received.sender).join(Change, Change.received_id == Received.id)
    query = query.where(Change.participant_id == person.id, Change.field == SPOKE).distinct()
    known = {person.email or "", person.write_to or ""}
    # Messages from before From was kept know only where their answer went.
    known |= {from_address or sender for from_address, sender in session.execute(query)}
    return {key(address) for address in known if address}

"""What we hold of one address: its participants, messages, mails and whatever else names it. Reads only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from mailbot.addresses import key
from mailbot.compose.brief import TO_ORGANISERS
from mailbot.models import Change, Guest, Notice, Outbox, Participant, Received, Returned

TO_OTHERS = (*TO_ORGANISERS, "office_roster")
"""Mails that name participants to somebody else."""

BATCH = 200
"""Messages looked through at a time: some megabytes of memory."""

Ids = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Belongings:
    """The ids of all rows that are of one address.

    `messages` are the address's own and those that spoke of nobody else; `shared` are others' that name it, which stay
    others' but lose their text. `sponsored` are participants whom this address registered and who have none of their
    own. `names` are what the people are called, for finding them in texts.
    """

    address: str
    people: Ids
    sponsored: Ids
    messages: Ids
    shared: Ids
    mails: Ids
    shared_mails: Ids
    guests: Ids
    returned: Ids
    notices: Ids
    names: tuple[str, ...]
    events: tuple[str, ...]

    @property
    def any(self) -> bool:
        """Whether there is anything at all."""
        return any((self.people, self.sponsored, self.messages, self.shared, self.mails, self.guests, self.returned,
                    self.notices))  # fmt: skip


def of_address(session: Session, address: str) -> Belongings:
    """Return what is held of an address, in whichever case or form it is written."""
    wanted = key(address)
    rows = session.execute(sa.select(Participant.id, Participant.email, Participant.write_to, Participant.name,
                                     Participant.event, Participant.identity)).all()  # fmt: skip
    own = [r for r in rows if key(r.email or "") == wanted or r.identity.partition("#")[0] == f"mailto:{wanted}"]
    people = tuple(r.id for r in own)
    sponsored = tuple(r.id for r in rows if r not in own and wanted in _keys(r.write_to, r.identity.rpartition("|")[2]))
    messages, shared = _messages(session, wanted, people)
    mails = _mails(session, wanted, people, messages)
    return Belongings(
        address=wanted, people=people, sponsored=sponsored, messages=messages, shared=shared, mails=mails,
        shared_mails=_shared_mails(session, {*shared, *messages}, mails), guests=_with_key(session, Guest, wanted),
        returned=_with_key(session, Returned, wanted), notices=_notices(session, wanted, people, messages),
        names=tuple(dict.fromkeys(r.name for r in own if r.name)), events=tuple(dict.fromkeys(r.event for r in own)),
    )  # fmt: skip


def _keys(*addresses: str | None) -> set[str]:
    return {key(address) for address in addresses if address}


def _messages(session: Session, wanted: str, people: Sequence[int]) -> tuple[Ids, Ids]:
    """Return the messages that are the address's own, and others' that speak of it."""
    rows = session.execute(sa.select(Received.id, Received.sender, Received.from_address, Received.rule,
                                     Received.addresses)).all()  # fmt: skip
    own = {r.id for r in rows if wanted in _keys(r.sender, r.from_address)}
    spoke = sa.select(Change.received_id).where(Change.participant_id.in_(people), Change.received_id.is_not(None))
    spoken = {id_ for id_ in session.scalars(spoke) if id_ is not None}
    back = sa.select(Returned.received_id).where(Returned.address == wanted, Returned.received_id.is_not(None))
    reports = {id_ for id_ in session.scalars(back) if id_ is not None}
    named = {r.id for r in rows if wanted in _keys(*r.addresses.split())}
    copies = {r.id for r in rows if r.rule == "own_mail"}
    texts = set(_naming(session, wanted))
    own |= reports | (texts & copies) | _from_them_unread(session, wanted, texts)
    unread = set(session.scalars(sa.select(Received.id).where(Received.disposition == "new")))
    return tuple(sorted(own)), tuple(sorted((spoken | named | texts) - own - unread))


def _naming(session: Session, wanted: str) -> Iterator[int]:
    """Yield the messages in whose bytes the address stands."""
    needle = wanted.encode()
    last = 0
    query = sa.select(Received.id, Received.raw).where(Received.raw.is_not(None)).order_by(Received.id).limit(BATCH)
    while found := session.execute(query.where(Received.id > last)).all():
        yield from (id_ for id_, raw in found if needle in (raw or b"").lower())
        last = found[-1][0]


def _from_them_unread(session: Session, wanted: str, texts: set[int]) -> set[int]:
    """Return those of the messages that nobody read yet and that the address sent."""
    query = sa.select(Received.id, Received.raw).where(Received.disposition == "new", Received.id.in_(texts))
    needle = wanted.encode()
    lines = ((id_, (raw or b"").lower().replace(b"\r\n", b"\n").partition(b"\n\n")[0].split(b"\n")) for id_, raw in
             session.execute(query))  # fmt: skip
    return {id_ for id_, head in lines if any(line.startswith(b"from:") and needle in line for line in head)}


def _mails(session: Session, wanted: str, people: Sequence[int], messages: Sequence[int]) -> Ids:
    query = sa.select(Outbox.id, Outbox.recipient, Outbox.participant_id, Outbox.received_id).where(
        Outbox.mail.not_in(TO_OTHERS)
    )
    known, read = set(people), set(messages)
    return tuple(
        r.id for r in session.execute(query)
        if r.participant_id in known or r.received_id in read or key(r.recipient) == wanted
    )  # fmt: skip


def _shared_mails(session: Session, messages: set[int], own: Sequence[int]) -> Ids:
    """Return others' mails that may name the person: answers to messages that do, and what organisers and offices get.

    What stands in those bodies can't be told from outside, as they are encoded; so all of them lose theirs.
    """
    query = sa.select(Outbox.id, Outbox.mail, Outbox.received_id).where(Outbox.body.is_not(None))
    mine = set(own)
    return tuple(r.id for r in session.execute(query)
                 if r.id not in mine and (r.mail in TO_OTHERS or r.received_id in messages))  # fmt: skip


def _with_key(session: Session, table: type[Guest] | type[Returned], wanted: str) -> Ids:
    return tuple(session.scalars(sa.select(table.id).where(table.address == wanted)))


def _notices(session: Session, wanted: str, people: Sequence[int], messages: Sequence[int]) -> Ids:
    known, read = set(people), set(messages)
    rows = session.execute(
        sa.select(Notice.id, Notice.participant_id, Notice.received_id, Notice.address, Notice.key, Notice.detail)
    )
    return tuple(
        r.id for r in rows
        if r.participant_id in known or r.received_id in read or key(r.address) == wanted
        or wanted in f"{r.key} {r.detail}".casefold()
    )  # fmt: skip

"""Erases what is one person's, inside the caller's transaction: what stays is a count, and where each message lay.

A message's place in its mailbox and the digest of its bytes stay, since the message itself lies in the organisers'
mailbox still, and would be read as new otherwise. After the commit `Database.shred` makes sure that the words are gone
from the file as well. Nothing here asks whether it may: whoever calls does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session, defer
from sqlalchemy.orm.interfaces import ORMOption

from mailbot.addresses import key
from mailbot.errors import MailbotError
from mailbot.log import say
from mailbot.models import Base, Change, Fact, Guest, Notice, Outbox, Participant, Received, Returned
from mailbot.privacy.belongings import Belongings
from mailbot.registry.identity import HIGHEST

RULE = "forgotten"
"""The rule of a message of which only its place and digest were kept."""

SOMEBODY = "forgotten"
"""Whom the history names where somebody who was forgotten changed another's registration."""

GONE = "…"
"""What stands where an address or a name stood in a text that stays."""

UNDER_WAY = timedelta(minutes=10)
"""How long the answer to a dot may take (RFC 5321 section 4.5.3.2.6): before, a worker may still wait for it."""


class UnderWay(MailbotError):
    """A mail to the person is being handed over: what becomes of it must be noted first."""


BLANK = {
    "raw": None, "reason": "", "rule": RULE, "read_at": None, "message_id": "", "thread": "", "sender": "",
    "sender_name": "", "subject": "", "sent_at": None, "language": "", "question": "", "review": "", "from_address": "",
    "addresses": "", "text_digest": "", "settled_at": None, "settled_by": "",
}  # fmt: skip
"""What is left of a message's row: where it lay, its size, the digest of its bytes, its event and what kind it was."""


def forget(session: Session, what: Belongings, now: datetime, *, working: bool) -> None:
    """Erase what is a person's; raises UnderWay where a worker (`working`) has a mail to them in its hands."""
    if working:
        _nothing_under_way(session, what, now)
    for event in what.events:
        count(session, event, sum(1 for _ in _of_event(session, what.people, event)), now)
    keep_numbers(session, what.people, now)
    blank(session, what.messages)
    _update(session, Received, what.shared, raw=None)
    _update(session, Outbox, what.shared_mails, body=None, digest="")
    _let_go(session, what)
    _scrub_names(session, what)
    for table, ids in ((Outbox, what.mails), (Notice, what.notices), (Returned, what.returned), (Guest, what.guests),
                       (Participant, what.people)):  # fmt: skip
        delete(session, table, ids)
    session.flush()
    session.expire_all()
    _scrub(session, re.compile(re.escape(what.address), re.IGNORECASE), what.address, _TEXTS)
    say("person_forgotten", people=len(what.people), messages=len(what.messages), mails=len(what.mails))


def count(session: Session, event: str, number: int, now: datetime) -> None:
    """Add to the count of people of an event who were forgotten."""
    fact = session.get(Fact, f"forgotten {event}")
    before = int(fact.value) if fact else 0
    session.merge(Fact(name=f"forgotten {event}", value=str(before + number), at=now))


def counted(session: Session, event: str) -> int:
    """Return how many people of an event were forgotten."""
    fact = session.get(Fact, f"forgotten {event}")
    return int(fact.value) if fact else 0


def keep_numbers(session: Session, people: Sequence[int], now: datetime) -> None:
    """Keep the highest number that goes, so that nobody gets it again."""
    fact = session.get(Fact, HIGHEST)
    highest = max([*people, int(fact.value) if fact else 0], default=0)
    if people:
        session.merge(Fact(name=HIGHEST, value=str(highest), at=now))


def blank(session: Session, messages: Sequence[int]) -> None:
    """Leave of messages only where they lay; what a person should have looked at needs no look any more."""
    _update(session, Received, messages, **BLANK)
    for some in _some(messages):
        waiting = sa.update(Received).where(Received.id.in_(some), Received.disposition.in_(("held", "new")))
        session.execute(waiting.values(disposition="unrelated"))


def is_forgotten(session: Session, message: int) -> bool:
    """Return whether only the place and the digest of a message were kept."""
    return session.scalar(sa.select(Received.rule).where(Received.id == message)) == RULE


def delete(session: Session, table: type[Base], ids: Sequence[int]) -> None:
    """Delete rows by their ids; what hangs on them goes or lets go as the tables say."""
    for some in _some(ids):
        session.execute(sa.delete(table).where(_id(table).in_(some)))


def _some(ids: Sequence[int], most: int = 500) -> Iterable[Sequence[int]]:
    """Cut ids into portions: SQLite takes so many parameters and no more."""
    return (ids[at : at + most] for at in range(0, len(ids), most))


def _id(table: type[Base]) -> sa.ColumnElement[int]:
    return sa.inspect(table).local_table.c["id"]


def _update(session: Session, table: type[Base], ids: Sequence[int], **values: object) -> None:
    for some in _some(ids):
        session.execute(sa.update(table).where(_id(table).in_(some)).values(**values))


def _of_event(session: Session, people: Sequence[int], event: str) -> Sequence[int]:
    return session.scalars(
        sa.select(Participant.id).where(Participant.id.in_(people), Participant.event == event)
    ).all()


def _nothing_under_way(session: Session, what: Belongings, now: datetime) -> None:
    for row in session.scalars(sa.select(Outbox).where(Outbox.state.in_(("claimed", "in_doubt")))):
        recent = row.state == "claimed" or (row.in_doubt_at or now) + UNDER_WAY > now
        if recent and (row.id in what.mails or row.participant_id in what.people):
            raise UnderWay("a mail to them is being sent right now: try again in ten minutes, or stop the worker")


def _let_go(session: Session, what: Belongings) -> None:
    """Leave people whom somebody registered in the registry, without an address to reach them by."""
    for person in session.scalars(sa.select(Participant).where(Participant.id.in_(what.sponsored))):
        if key(person.write_to or "") == what.address:
            person.write_to = None
        before, bar, by = person.identity.rpartition("|")
        person.identity = f"{before}|#{person.id}" if bar and key(by) == what.address else person.identity
    session.execute(sa.update(Change).where(sa.func.lower(Change.who) == what.address).values(who=SOMEBODY))
    session.flush()


_TEXTS = (
    Received.reason, Received.review, Received.subject, Received.question, Received.addresses,
    Received.sender_name, Received.settled_by, Received.thread, Received.message_id, Change.old, Change.new,
    Change.words, Change.who, Outbox.reason, Outbox.response, Notice.detail, Notice.settled_by, Participant.review,
    Participant.name, Participant.organisation, Participant.title, Fact.value,
)  # fmt: skip
"""The columns in which people's and servers' words may name somebody."""


def _scrub_names(session: Session, what: Belongings) -> None:
    """Take the names out of the words of messages that spoke of others as well.

    One word alone may be anybody's, and a name that another participant has as well stays theirs.
    """
    messages = (*what.messages, *what.shared)
    for name in what.names:
        others = sa.select(Participant.id).where(Participant.name == name, Participant.id.not_in(what.people))
        if " " not in name or session.scalar(others.limit(1)) is not None:
            continue
        pattern = re.compile(r"\s+".join(map(re.escape, name.split())), re.IGNORECASE)
        for some in _some(messages):
            for change in session.scalars(sa.select(Change).where(Change.received_id.in_(some))):
                change.words = pattern.sub(GONE, change.words)
            for row in session.scalars(sa.select(Received).where(Received.id.in_(some)).options(_no_raw())):
                row.subject, row.reason = pattern.sub(GONE, row.subject), pattern.sub(GONE, row.reason)
                row.question = pattern.sub(GONE, row.question)
        _scrub(session, pattern, name.casefold(), (Notice.detail, Received.reason))
    session.flush()


def _no_raw() -> ORMOption:
    return defer(Received.raw)


def _scrub(
    session: Session, pattern: re.Pattern[str], like: str, columns: Sequence[InstrumentedAttribute[Any]]
) -> None:
    """Take an address or a name out of the texts that stay."""
    for column in columns:
        own = sa.inspect(column.class_).primary_key[0]
        found = session.execute(
            sa.select(own, column).where(sa.func.lower(column).contains(like, autoescape=True))
        ).all()
        for id_, text in found:
            session.execute(sa.update(column.class_).where(own == id_).values({column.key: pattern.sub(GONE, text)}))

"""What goes once its time is up: the messages as they came, then the registry, a set time after each event's end.

Whatever came later than the event's end has its time counted from when it came, so that somebody can still look at it.
A message of no event counts from the next event that ended after it. The counts stay. Nothing here reads a clock; how
long things stay is the configuration's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from mailbot import news, schedule
from mailbot.addresses import in_text
from mailbot.config import Config
from mailbot.database import Database
from mailbot.log import say, warn
from mailbot.models import Change, Fact, Guest, Notice, Outbox, Participant, Received, Returned
from mailbot.privacy import forget

WHO = "retention"
"""Whom the history names for what goes because its time is up."""

RAW = "raw_mail"
"""The field of the change that says that the messages behind a person's history are gone."""

EVERY = timedelta(days=1)
"""How often the worker looks: what stays for months may stay a day longer, and the file is written anew after it."""

DONE = ("sent", "failed", "expired", "withdrawn")
"""The states of mail whose bytes nobody needs any more."""


@dataclass(frozen=True, slots=True)
class Purged:
    """How much went: texts of messages and mails, and people of events whose time was up."""

    texts: int = 0
    people: int = 0
    rows: int = 0

    @property
    def any(self) -> bool:
        """Whether anything went."""
        return bool(self.texts or self.people or self.rows)


def purge(database: Database, config: Config, now: datetime) -> Purged:
    """Erase whatever has had its time; each event in a transaction of its own, and the file written anew at the end."""
    done = Purged()
    with database.read() as session:
        ends = _ends(session, config)
    for slug, (raw_until, registry_until) in sorted(ends.items()):
        if now < raw_until:
            continue
        with database.write() as session:
            texts = _texts(session, Received.event == slug, now - timedelta(days=config.retention.raw_days))
            texts += _bodies(session, slug)
            if texts:
                _write_down(session, slug, now)
            people, rows = _registry(session, slug, config, now) if now >= registry_until else (0, 0)
        done = Purged(done.texts + texts, done.people + people, done.rows + rows)
        if texts or people or rows:
            say("retention", event=slug, texts=texts or None, people=people or None, rows=rows or None)
    done = _of_no_event(database, config, now, done)
    if done.any and (why := database.shred()):
        warn("file_not_written_anew", reason=why)
    return done


def _ends(session: Session, config: Config) -> dict[str, tuple[datetime, datetime]]:
    """Return until when the messages and the registry of each event stay, events that were taken out included."""
    raw, registry = config.retention.raw_days, config.retention.registry_days
    ends = {e.slug: (schedule.kept_until(e, raw), schedule.kept_until(e, registry)) for e in config.events}
    for fact in session.scalars(sa.select(Fact).where(Fact.name.startswith(news.START, autoescape=True))):
        slug = fact.name.removeprefix(news.START)
        # Of an event that the configuration no longer has only the start is known; an event lasts a day at most.
        end = datetime.fromisoformat(fact.value).astimezone(UTC) + timedelta(days=1)
        ends.setdefault(slug, (end + timedelta(days=raw), end + timedelta(days=registry)))
    return ends


def _texts(session: Session, which: sa.ColumnElement[bool], before: datetime) -> int:
    """Let go the bytes of messages that came before a moment and were read."""
    old = sa.update(Received).where(
        which, Received.raw.is_not(None), Received.disposition != "new", Received.collected_at <= before
    )
    return _count(session.execute(old.values(raw=None)))


def _bodies(session: Session, slug: str) -> int:
    old = sa.update(Outbox).where(Outbox.event == slug, Outbox.body.is_not(None), Outbox.state.in_(DONE))
    return _count(session.execute(old.values(body=None, digest="")))


def _count(result: sa.Result[object]) -> int:
    return max(int(getattr(result, "rowcount", 0)), 0)


def _write_down(session: Session, slug: str, now: datetime) -> None:
    """Say in each person's history that the messages behind it are gone, once."""
    told = sa.select(Change.id).where(Change.participant_id == Participant.id, Change.field == RAW)
    for person in session.scalars(sa.select(Participant.id).where(Participant.event == slug, ~told.exists())).all():
        session.add(Change(participant_id=person, at=now, who=WHO, field=RAW, old="kept", new="removed", rule=WHO))


def _registry(session: Session, slug: str, config: Config, now: datetime) -> tuple[int, int]:
    """Erase an event's people with all that hangs on them; return how many people and other rows went."""
    before = now - timedelta(days=config.retention.registry_days)
    people = session.scalars(sa.select(Participant.id).where(Participant.event == slug)).all()
    named = sa.or_(Received.sender != "", Received.subject != "", Received.message_id != "", Received.raw.is_not(None))
    messages = session.scalars(
        sa.select(Received.id).where(Received.event == slug, named, Received.collected_at <= before)
    ).all()
    mails = session.scalars(sa.select(Outbox.id).where(Outbox.event == slug, Outbox.created_at <= before)).all()
    guests = session.scalars(sa.select(Guest.id).where(Guest.event == slug)).all()
    notices = session.scalars(sa.select(Notice.id).where(Notice.event == slug, Notice.at <= before)).all()
    if people:
        forget.count(session, slug, len(people), now)
        forget.keep_numbers(session, people, now)
    forget.blank(session, messages)
    for table, ids in ((Outbox, mails), (Notice, notices), (Guest, guests), (Participant, people)):
        forget.delete(session, table, ids)
    return len(people), len(messages) + len(mails) + len(guests) + len(notices)


def _of_no_event(database: Database, config: Config, now: datetime, done: Purged) -> Purged:
    """Let go what belongs to no event that is known: mail that was not about one, reports, notices, dead addresses.

    A complaint stays for as long as the database does, or until they ask to be forgotten: nobody may write to them.
    """
    raw, registry = (timedelta(days=d) for d in (config.retention.raw_days, config.retention.registry_days))
    with database.write() as session:
        texts = blanked = 0
        for ids in _unclaimed(session, config, now, raw):
            texts += _texts(session, Received.id.in_(ids), now - raw)
        for ids in _unclaimed(session, config, now, registry, named=True):
            forget.blank(session, ids)
            blanked += len(ids)
        back = session.scalars(
            sa.select(Returned.id).where(Returned.at <= now - registry, Returned.how != "complaint")
        ).all()
        notices = session.scalars(
            sa.select(Notice.id).where(
                Notice.event.is_(None), Notice.at <= now - registry, Notice.settled_at.is_not(None)
            )
        ).all()
        _servers_words(session, now - raw)
        forget.delete(session, Returned, back)
        forget.delete(session, Notice, notices)
    return Purged(done.texts + texts, done.people, done.rows + blanked + len(back) + len(notices))


def _servers_words(session: Session, before: datetime) -> None:
    """Take the addresses out of what servers said long ago of trouble with them."""
    for fact in session.scalars(sa.select(Fact).where(Fact.at <= before, Fact.value.contains("@"))):
        for address in in_text(fact.value):
            fact.value = fact.value.replace(address, forget.GONE)


def _unclaimed(
    session: Session, config: Config, now: datetime, days: timedelta, *, named: bool = False, most: int = 500
) -> Iterator[Sequence[int]]:
    """Yield, in portions, messages of no known event whose time is up: counted from the event that came next."""
    ends = sorted(event.ends.astimezone(UTC) for event in config.events)
    known = list(_ends(session, config))
    still = sa.or_(Received.sender != "", Received.subject != "") if named else Received.raw.is_not(None)
    query = sa.select(Received.id, Received.collected_at).where(
        sa.or_(Received.event.is_(None), Received.event.not_in(known)), still, Received.disposition != "new",
        Received.collected_at <= now - days,
    )  # fmt: skip
    old = [id_ for id_, at in session.execute(query).all() if next((e for e in ends if e >= at), at) + days <= now]
    yield from (old[at : at + most] for at in range(0, len(old), most))

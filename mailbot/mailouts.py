"""Who is owed what at a moment: due mail, derived from the registry at every turn.

Nothing is remembered in timers: after downtime, a late registration, a switch from in person to online or a moved
event, the next turn owes exactly what is right. Nothing here sends or composes; a mail is owed at most once for a
(participant, mail-out, event start), which the outbox's key holds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from mailbot import guests, news, notices, outbox, rosters, schedule, seats
from mailbot.compose.brief import TO_ORGANISERS
from mailbot.config import Config, EventConfig, MailoutConfig
from mailbot.database import Database
from mailbot.log import say
from mailbot.models import Change, Fact, Notice, Outbox, Participant
from mailbot.news import COMING

LISTED = 1000  # ids that one statement lists; beyond that a range is asked for and the rest left aside


def plan(database: Database, config: Config, now: datetime) -> int:
    """Write down every mail that is owed by now and not written down yet; return how many those are."""
    _withdraw_of_gone(database, config, now)
    count = 0
    for event in config.events:
        if event.ends <= now:
            continue
        with database.write() as session:
            # First of all the mail-outs: whoever is owed one for the new start learns of a move by it.
            outs = () if event.cancelled else event.mailouts
            owed = [o for mailout in outs for o in _owed(session, config, event, mailout, now)]
            new = outbox.put(session, owed, now, config.smtp.domain)
            new += outbox.put(session, news.owed(session, config, event, now), now, config.smtp.domain)
            new += outbox.put(session, seats.plan(session, config, event, now), now, config.smtp.domain)
            new += outbox.put(session, rosters.plan(session, config, event, now), now, config.smtp.domain)
        if new:
            say("mail_planned", event=event.slug, count=new)
        count += new
    return count


def _withdraw_of_gone(database: Database, config: Config, now: datetime) -> None:
    """Withdraw what waits for events that the configuration no longer has, and let organisers know who is left alone.

    Nobody is told that such an event is off: taking it out may be a slip, and `cancelled = true` says it on purpose.
    """
    known = [event.slug for event in config.events]
    gone = sa.select(Outbox).where(Outbox.state == "waiting", Outbox.event.not_in(known))
    with database.read() as session:
        waits = session.scalar(gone.limit(1)) is not None
        left, back = _left_alone(session, known, now), _back_again(session, known)
    if not (waits or left or back):
        return
    with database.write() as session:
        for row in session.scalars(gone).all():
            outbox.withdraw(session, row, "event_gone", now)
            say("mail_withdrawn", mail=row.mail, to=row.recipient, reason="event_gone")
        for slug, people in left.items():
            notices.tell(session, "event_gone", slug, now, event=slug, detail=f"{people} people are registered")
        for slug in back:
            notices.over(session, "event_gone", slug, now)


def _open_notices(session: Session) -> set[str]:
    query = sa.select(Notice.event).where(Notice.kind == "event_gone", Notice.settled_at.is_(None))
    return {slug for slug in session.scalars(query) if slug}


def _left_alone(session: Session, known: Sequence[str], now: datetime) -> dict[str, int]:
    """Return how many people come to events ahead that the configuration no longer has, unless that was told."""
    facts = session.scalars(sa.select(Fact).where(Fact.name.startswith(news.START)))
    starts = {fact.name.removeprefix(news.START): fact.value for fact in facts}
    gone = {slug for slug, start in starts.items() if slug not in known and datetime.fromisoformat(start) > now}
    if not gone:
        return {}
    query = sa.select(Participant.event, sa.func.count()).where(Participant.status.in_(COMING))
    query = query.where(Participant.event.in_(gone - _open_notices(session))).group_by(Participant.event)
    return {row[0]: row[1] for row in session.execute(query)}


def _back_again(session: Session, known: Sequence[str]) -> set[str]:
    return _open_notices(session) & set(known)


def _owed(
    session: Session, config: Config, event: EventConfig, mailout: MailoutConfig, now: datetime
) -> Iterable[outbox.Owed]:
    """Yield the mails of one mail-out that are owed and not written down."""
    early = schedule.start_early(audience_size(session, event, mailout), config.smtp.max_per_minute)
    ahead = early + schedule.COMPOSE_AHEAD
    if not schedule.due_at(event, mailout) - ahead <= now < schedule.expires_at(event, mailout):
        return
    people = _not_served(session, event, mailout)
    since, got = _since(session, mailout, people), _got(session, event, people)
    for person in people:
        verdict = schedule.owed(event, mailout, since[person.id], now, ahead=ahead, got=got.get(person.id))
        if verdict:
            yield news.mail_to(config, event, mailout.name, person, at=(verdict.at, verdict.expires_at, early))


def _audience(event: EventConfig, mailout: MailoutConfig) -> list[sa.ColumnElement[bool]]:
    """Return the conditions under which a participant is of a mail-out's audience and can be reached."""
    conditions = news.can_be_told(event)
    return conditions if mailout.to == "everyone" else [*conditions, Participant.mode == mailout.to]


def audience_size(session: Session, event: EventConfig, mailout: MailoutConfig) -> int:
    """Return how many people a mail-out is for, as things stand."""
    audience = sa.select(sa.func.count()).select_from(Participant).where(*_audience(event, mailout))
    return session.scalar(audience) or 0


def in_audience(person: Participant, mailout: MailoutConfig) -> str:
    """Return "" when a participant is of a mail-out's audience, else the reason why not, as a word."""
    if reason := _in_the_way(person):
        return reason
    return "" if mailout.to in ("everyone", person.mode) else f"not_{mailout.to}"


def _not_served(session: Session, event: EventConfig, mailout: MailoutConfig) -> Sequence[Participant]:
    """Return the audience without those who have this mail-out for this start, or have it waiting.

    A row that was withdrawn served nobody (`outbox.put` knows which a person withdrew, and leaves those); one that
    failed did not either, once the address is another or its owner has written to us since.
    """
    served = sa.select(Outbox.id).where(
        Outbox.participant_id == Participant.id, Outbox.mail == mailout.name, Outbox.event_start == event.starts,
        Outbox.state != "withdrawn", sa.not_(news.unheard()),
    )  # fmt: skip
    query = sa.select(Participant).where(*_audience(event, mailout), ~served.exists()).order_by(Participant.id)
    return session.scalars(query).all()


def _since(session: Session, mailout: MailoutConfig, people: Sequence[Participant]) -> dict[int, datetime]:
    """Return since when each person has been of a mail-out's audience without a break.

    Only what takes somebody in or out counts: who confirms after a "perhaps", or tells how they take part where the
    mail-out goes to everyone, was of the audience before.
    """
    query = sa.select(Change.participant_id, Change.field, Change.old, Change.new, Change.at)
    query = query.where(Change.field.in_(("mode", "status")), _among(Change.participant_id, people))
    changes: dict[int, list[tuple[str, str | None, str | None, datetime]]] = defaultdict(list)
    for participant_id, field, old, new, at in session.execute(query.order_by(Change.id)):
        changes[participant_id].append((field, old, new, at))
    return {person.id: _since_of(person, mailout, changes[person.id]) for person in people}


def _since_of(
    person: Participant, mailout: MailoutConfig, changes: Sequence[tuple[str, str | None, str | None, datetime]]
) -> datetime:
    state: dict[str, str | None] = {"mode": person.mode, "status": person.status}
    for field, old, _, _ in reversed(changes):
        state[field] = old  # at the end: what was before the first change

    def inside() -> bool:
        return state["status"] in COMING and mailout.to in ("everyone", state["mode"])

    since, was = person.registered_at, inside()
    for field, _, new, at in changes:
        state[field] = new
        if inside() and not was:
            since = at
        was = inside()
    return since


def _among(who: InstrumentedAttribute[Any], people: Sequence[Participant]) -> sa.ColumnElement[bool]:
    """Return the condition that a row is of one of these people, or of many more: a statement takes 32,766 values."""
    ids = [person.id for person in people]
    return who.in_(ids) if len(ids) <= LISTED else who.between(min(ids), max(ids))


def _got(session: Session, event: EventConfig, people: Sequence[Participant]) -> Mapping[int, dict[str, datetime]]:
    """Return when each person got which mail-out for the event's present start."""
    got: dict[int, dict[str, datetime]] = {}
    query = sa.select(Outbox.participant_id, Outbox.mail, Outbox.done_at).where(
        Outbox.state == "sent", Outbox.event_start == event.starts, _among(Outbox.participant_id, people)
    )
    for participant_id, mail, done_at in session.execute(query):
        if participant_id is not None and done_at is not None:
            got.setdefault(participant_id, {})[mail] = done_at
    return got


def still_owed(session: Session, row: Outbox, event: EventConfig, now: datetime) -> str:
    """Return "" when a written-down mail is still owed at the moment of its claim, else why not, as a word."""
    if row.mail in (news.ACKNOWLEDGEMENT, *TO_ORGANISERS):
        return ""
    if row.mail in guests.MAILS:
        return guests.still_due(session, row, event, now)
    if row.mail == news.ROSTER:
        return rosters.still_due(session, row, event)
    if event.cancelled != (row.mail == news.CANCELLED):
        return "event_cancelled" if event.cancelled else "event_restored"
    if row.event_start != event.starts:
        return "event_moved"
    if row.participant_id is None:
        return ""
    person = session.get(Participant, row.participant_id)
    if person is None:
        return "forgotten"
    if row.mail in news.NEWS:
        return _in_the_way(person)
    if row.mail in (seats.SEAT, seats.WAITING):
        return _in_the_way(person) or seats.still_so(session, row, event, now)
    mailout = event.mailout(row.mail)
    return "mailout_removed" if mailout is None else _not_now(session, row, person, event, mailout, now)


def _in_the_way(person: Participant) -> str:
    """Return "" when a participant comes and can be reached, else the reason why not, as a word."""
    if person.status not in COMING:
        return "cancelled"
    if person.reachable != "yes":
        return person.reachable
    return "" if person.write_to else "no_address"


def _not_now(  # noqa: PLR0917 -- one row and all that it hangs on
    session: Session, row: Outbox, person: Participant, event: EventConfig, mailout: MailoutConfig, now: datetime
) -> str:
    if reason := in_audience(person, mailout):
        return reason
    since, got = _since(session, mailout, [person]), _got(session, event, [person])
    verdict = schedule.owed(event, mailout, since[person.id], now, ahead=timedelta(days=1), got=got.get(person.id))
    if verdict.at > max(now, row.due_at):
        return "put_off"  # the configuration sends this mail-out later now: it will be owed again then
    return "" if verdict or verdict.word == "not_yet" else verdict.word

"""Who is owed what at a moment: due mail, derived from the registry at every turn.

Nothing is remembered in timers: after downtime, a late registration, a switch from in person to online or a moved
event, the next turn owes exactly what is right. Nothing here sends or composes; a mail is owed at most once for a
(participant, mail-out, event start), which the outbox's key holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from mailbot import outbox, schedule
from mailbot.config import Config, EventConfig, MailoutConfig
from mailbot.database import Database
from mailbot.log import say
from mailbot.models import Change, Fact, Outbox, Participant

COMING = ("registered", "tentative")
"""The statuses of people who may take part: they get the mail-outs of their audience."""
LISTED = 1000  # ids that one statement lists; beyond that a range is asked for and the rest left aside
MOVED = "moved"
"""The mail that says at once that an event has another start than somebody was told."""


@dataclass(frozen=True, slots=True)
class Move:
    """That an event was moved: when that was noticed, its former start, and how often it has been moved so far."""

    at: datetime
    former: datetime
    times: int


def key_of(mail: str, participant_id: int, start: datetime, move: int = 0) -> str:
    """Return what makes a mail-out to one person the same mail; the event's start is part of it.

    `move` is the number of the move that a mail tells of: an event may be moved to a start that it once had.
    """
    return f"{mail} {participant_id} {start.astimezone(UTC).isoformat()}" + (f" {move}" if move else "")


def plan(database: Database, config: Config, now: datetime) -> int:
    """Write down every mail that is owed by now and not written down yet; return how many those are."""
    count = 0
    for event in config.events:
        if event.ends <= now:
            continue
        with database.write() as session:
            move = _note_move(session, event, now)
            owed = [o for mailout in event.mailouts for o in _owed(session, config, event, mailout, now)]
            new = outbox.put(session, owed, now, config.smtp.domain)
            new += outbox.put(session, _told_of_move(session, config, event, move, now), now, config.smtp.domain)
        if new:
            say("mail_planned", event=event.slug, count=new)
        count += new
    return count


def _owed(
    session: Session, config: Config, event: EventConfig, mailout: MailoutConfig, now: datetime
) -> Iterable[outbox.Owed]:
    """Yield the mails of one mail-out that are owed and not written down."""
    audience = sa.select(sa.func.count()).select_from(Participant).where(*_audience(event, mailout))
    early = schedule.start_early(session.scalar(audience) or 0, config.smtp.max_per_minute)
    ahead = early + schedule.COMPOSE_AHEAD
    if not schedule.due_at(event, mailout) - ahead <= now < schedule.expires_at(event, mailout):
        return
    people = _not_served(session, event, mailout)
    since, got = _since(session, people), _got(session, event, people)
    for person in people:
        verdict = schedule.owed(event, mailout, since[person.id], now, ahead=ahead, got=got.get(person.id))
        if verdict:
            yield _mail(config, event, mailout.name, person, at=(verdict.at, verdict.expires_at, early))


def _mail(
    config: Config,
    event: EventConfig,
    mail: str,
    person: Participant,
    *,
    at: tuple[datetime, datetime, timedelta],
    move: int = 0,
) -> outbox.Owed:
    """Return the mail that is owed to a person; `at` is when it is due, when it expires, how early it may leave."""
    due, expires, early = at
    language = person.language if person.language in config.languages else config.languages[0]
    return outbox.Owed(
        key=key_of(mail, person.id, event.starts, move), mail=mail, event=event.slug, event_start=event.starts,
        recipient=person.write_to or "", language=language, participant_id=person.id,
        due_at=due, expires_at=expires, not_before=due - early,
    )  # fmt: skip


def _audience(event: EventConfig, mailout: MailoutConfig) -> list[sa.ColumnElement[bool]]:
    """Return the conditions under which a participant is of a mail-out's audience and can be reached."""
    conditions = [
        Participant.event == event.slug,
        Participant.status.in_(COMING),
        Participant.reachable == "yes",
        Participant.write_to.is_not(None),
    ]
    return conditions if mailout.to == "everyone" else [*conditions, Participant.mode == mailout.to]


def in_audience(person: Participant, mailout: MailoutConfig) -> str:
    """Return "" when a participant is of a mail-out's audience, else the reason why not, as a word."""
    if person.status not in COMING:
        return "cancelled"
    if person.reachable != "yes":
        return person.reachable
    if not person.write_to:
        return "no_address"
    return "" if mailout.to in ("everyone", person.mode) else f"not_{mailout.to}"


def _not_served(session: Session, event: EventConfig, mailout: MailoutConfig) -> Sequence[Participant]:
    """Return the audience without those who have this mail-out for this start, or have it waiting.

    A row that was withdrawn served nobody; one that failed did not either, once the address is another or its owner
    has written to us since.
    """
    heard = sa.select(Change.id).where(
        Change.participant_id == Participant.id, Change.field == "reachable", Change.new == "yes",
        Change.at >= Outbox.done_at,
    )  # fmt: skip
    stale = sa.or_(Outbox.recipient != Participant.write_to, heard.exists())
    served = sa.select(Outbox.id).where(
        Outbox.participant_id == Participant.id, Outbox.mail == mailout.name, Outbox.event_start == event.starts,
        Outbox.state != "withdrawn", sa.not_(sa.and_(Outbox.state == "failed", stale)),
    )  # fmt: skip
    query = sa.select(Participant).where(*_audience(event, mailout), ~served.exists()).order_by(Participant.id)
    return session.scalars(query).all()


def _since(session: Session, people: Sequence[Participant]) -> dict[int, datetime]:
    """Return since when each person is registered and takes part the way they do now."""
    since = {person.id: person.registered_at for person in people}
    query = sa.select(Change.participant_id, sa.func.max(Change.at)).where(Change.field.in_(("mode", "status")))
    query = query.where(_among(Change.participant_id, people)).group_by(Change.participant_id)
    for participant_id, at in session.execute(query):
        if participant_id not in since:
            continue
        since[participant_id] = max(since[participant_id], at if at.tzinfo else at.replace(tzinfo=UTC))
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
    if row.event_start != event.starts and row.mail != "acknowledgement":
        return "event_moved"
    if row.participant_id is None or row.mail == "acknowledgement":
        return ""
    person = session.get(Participant, row.participant_id)
    if person is None:
        return "forgotten"
    mailout = event.mailout(row.mail)
    if row.mail == MOVED:
        return "" if person.status in COMING and person.reachable == "yes" else "cancelled"
    if mailout is None:
        return "mailout_removed"
    if reason := in_audience(person, mailout):
        return reason
    since, got = _since(session, [person]), _got(session, event, [person])
    verdict = schedule.owed(event, mailout, since[person.id], now, ahead=timedelta(days=1), got=got.get(person.id))
    return "" if verdict or verdict.word == "not_yet" else verdict.word


def last_move(session: Session, event: EventConfig) -> Move | None:
    """Return the event's latest move, None where it has always had its present start."""
    fact = session.get(Fact, f"moved {event.slug}")
    if fact is None:
        return None
    times, _, former = fact.value.partition(" ")
    return Move(at=fact.at, former=datetime.fromisoformat(former), times=int(times))


def _note_move(session: Session, event: EventConfig, now: datetime) -> Move | None:
    """Notice that the configuration gives an event another start than the one that was planned for."""
    start, known = event.starts.astimezone(UTC).isoformat(), session.get(Fact, f"start {event.slug}")
    move = last_move(session, event)
    if known is None:
        session.add(Fact(name=f"start {event.slug}", value=start, at=now))
    elif known.value != start:
        times = move.times + 1 if move else 1
        session.merge(Fact(name=f"moved {event.slug}", value=f"{times} {known.value}", at=now))
        say("event_moved", event=event.slug, former=known.value, start=start)
        move = Move(now, datetime.fromisoformat(known.value), times)
        known.value, known.at = start, now
    return move


def _told_of_move(
    session: Session, config: Config, event: EventConfig, move: Move | None, now: datetime
) -> list[outbox.Owed]:
    """Return the mails to those who registered for a former start and have no mail for the present one since.

    Whoever is owed a mail-out for the new start right now learns it from that one. A mail from before the move does
    not count: the event may have had this start before.
    """
    if move is None:
        return []
    told = sa.select(Outbox.id).where(
        Outbox.participant_id == Participant.id, Outbox.event_start == event.starts, Outbox.state != "withdrawn",
        Outbox.mail != "acknowledgement",
        sa.or_(Outbox.state == "waiting", Outbox.created_at >= move.at, Outbox.done_at >= move.at),
    )  # fmt: skip
    query = sa.select(Participant).where(
        Participant.event == event.slug, Participant.status.in_(COMING), Participant.reachable == "yes",
        Participant.write_to.is_not(None), Participant.registered_at < move.at, ~told.exists(),
    )  # fmt: skip
    people = session.scalars(query.order_by(Participant.id)).all()
    at = (now, event.ends, timedelta(0))
    return [_mail(config, event, MOVED, person, at=at, move=move.times) for person in people]

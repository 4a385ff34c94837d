"""What organisers changed of an event after people registered, and the mail that tells them of it at once.

An event is moved (another start), cancelled, or takes place after all. Each change is a fact in the database from the
turn that noticed it, so that it survives restarts and everybody is told once. Nothing here sends, composes, or knows
the mail-outs that an event owes at their moments.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from mailbot import outbox
from mailbot.compose.brief import TO_ORGANISERS
from mailbot.config import Config, EventConfig
from mailbot.log import say
from mailbot.models import Change, Fact, Outbox, Participant
from mailbot.registry.history import SPOKE

ACKNOWLEDGEMENT = "acknowledgement"
MOVED = "moved"
"""The mail that says at once that an event has another start than somebody was told."""
CANCELLED = "event_cancelled"
"""The mail that says that an event will not take place."""
RESTORED = "event_restored"
"""The mail that says that a cancelled event takes place after all."""
NEWS = (MOVED, CANCELLED, RESTORED)
ROSTER = "office_roster"
"""The mail to a country office: who comes there to a computer; it says itself when an event is cancelled."""

START = "start "
"""How the name of a fact begins that holds the start last planned for; the event's slug follows."""

COMING = ("registered", "tentative")
"""The statuses of people who may take part: they get the mail-outs of their audience."""

_TAKEN = ("claimed", "in_doubt", "sent")


@dataclass(frozen=True, slots=True)
class Move:
    """That an event was moved: when that was noticed, its former start, and how often it has been moved so far."""

    at: datetime
    former: datetime
    times: int


@dataclass(frozen=True, slots=True)
class Call:
    """That an event was called off, or on again: when that was noticed, when it was the time before, how often so far.

    The odd times call it off.
    """

    at: datetime
    before: datetime
    times: int


def key_of(mail: str, participant_id: int, start: datetime, number: int = 0) -> str:
    """Return what makes a mail-out to one person the same mail; the event's start is part of it.

    `number` is that of the change that a mail tells of: an event may be moved to a start that it once had.
    """
    return f"{mail} {participant_id} {start.astimezone(UTC).isoformat()}" + (f" {number}" if number else "")


def mail_to(
    config: Config,
    event: EventConfig,
    mail: str,
    person: Participant,
    *,
    at: tuple[datetime, datetime, timedelta],
    number: int = 0,
) -> outbox.Owed:
    """Return the mail that is owed to a person; `at` is when it is due, when it expires, how early it may leave."""
    due, expires, early = at
    language = person.language if person.language in config.languages else config.languages[0]
    return outbox.Owed(
        key=key_of(mail, person.id, event.starts, number), mail=mail, event=event.slug, event_start=event.starts,
        recipient=person.write_to or "", language=language, participant_id=person.id,
        due_at=due, expires_at=expires, not_before=due - early,
    )  # fmt: skip


def owed(session: Session, config: Config, event: EventConfig, now: datetime) -> list[outbox.Owed]:
    """Notice what was changed of an event, withdraw what is void thereby, and return the mails that tell of it."""
    move, call = _note_move(session, event, now), _note_call(session, event, now)
    if event.cancelled and call is not None:
        void = Outbox.mail.not_in((ACKNOWLEDGEMENT, CANCELLED, ROSTER, *TO_ORGANISERS))
        _withdraw(session, event, "event_cancelled", void, now)
        return _mails(config, event, CANCELLED, _not_told_of_call(session, event, call), number=call.times, now=now)
    if call is not None:
        _withdraw(session, event, "event_restored", Outbox.mail == CANCELLED, now)
        told = _mails(config, event, RESTORED, _to_be_called_back(session, event, call), number=call.times, now=now)
        if told:
            return told  # and of a new start by the same mail; whoever is not among them learns of it in the next turn
    return (
        _mails(config, event, MOVED, _not_told_of_move(session, event, move), number=move.times, now=now)
        if move
        else []
    )


def _mails(
    config: Config, event: EventConfig, mail: str, people: Iterable[Participant], *, number: int, now: datetime
) -> list[outbox.Owed]:
    at = (now, event.ends, timedelta(0))
    return [mail_to(config, event, mail, person, at=at, number=number) for person in people]


def _withdraw(session: Session, event: EventConfig, why: str, what: sa.ColumnElement[bool], now: datetime) -> None:
    waiting = sa.select(Outbox).where(Outbox.state == "waiting", Outbox.event == event.slug, what)
    for row in session.scalars(waiting).all():
        outbox.withdraw(session, row, why, now)
        say("mail_withdrawn", mail=row.mail, to=row.recipient, reason=why)


def can_be_told(event: EventConfig) -> list[sa.ColumnElement[bool]]:
    """Return the conditions under which a participant comes to an event and mail reaches them."""
    return [
        Participant.event == event.slug,
        Participant.status.in_(COMING),
        Participant.reachable == "yes",
        Participant.write_to.is_not(None),
    ]


def unheard() -> sa.ColumnElement[bool]:
    """Return the condition that a mail failed, and that its person has another address or has written to us since."""
    heard = sa.select(Change.id).where(
        Change.participant_id == Participant.id, Change.field == "reachable", Change.new == "yes",
        Change.at >= Outbox.done_at,
    )  # fmt: skip
    stale = sa.or_(Outbox.recipient != Participant.write_to, heard.exists())
    return sa.and_(Outbox.state == "failed", stale)


def last_move(session: Session, event: EventConfig) -> Move | None:
    """Return the event's latest move, None where it has always had its present start."""
    fact = session.get(Fact, f"moved {event.slug}")
    if fact is None:
        return None
    times, _, former = fact.value.partition(" ")
    return Move(at=fact.at, former=datetime.fromisoformat(former), times=int(times))


def _note_move(session: Session, event: EventConfig, now: datetime) -> Move | None:
    """Notice that the configuration gives an event another start than the one that was planned for."""
    start, known = event.starts.astimezone(UTC).isoformat(), session.get(Fact, START + event.slug)
    move = last_move(session, event)
    if known is None:
        session.add(Fact(name=START + event.slug, value=start, at=now))
    elif known.value != start:
        times = move.times + 1 if move else 1
        session.merge(Fact(name=f"moved {event.slug}", value=f"{times} {known.value}", at=now))
        say("event_moved", event=event.slug, former=known.value, start=start)
        move = Move(now, datetime.fromisoformat(known.value), times)
        known.value, known.at = start, now
    return move


def last_call(session: Session, event: EventConfig) -> Call | None:
    """Return the latest time that the event was called off or on again, None where it never was."""
    fact = session.get(Fact, f"called {event.slug}")
    if fact is None:
        return None
    times, _, before = fact.value.partition(" ")
    return Call(at=fact.at, before=datetime.fromisoformat(before), times=int(times))


def _note_call(session: Session, event: EventConfig, now: datetime) -> Call | None:
    """Notice that the configuration cancels an event, or no longer does."""
    call = last_call(session, event)
    if event.cancelled == (call is not None and call.times % 2 == 1):
        return call
    times, before = (call.times + 1, call.at) if call else (1, now)
    session.merge(Fact(name=f"called {event.slug}", value=f"{times} {before.isoformat()}", at=now))
    say("event_cancelled" if event.cancelled else "event_restored", event=event.slug)
    return Call(now, before, times)


def _not_told_of_move(session: Session, event: EventConfig, move: Move) -> Sequence[Participant]:
    """Return those who registered for a former start and have no mail for the present one since.

    Whoever is owed a mail-out for the new start right now learns it from that one. A mail from before the move does
    not count: the event may have had this start before.
    """
    told = sa.select(Outbox.id).where(
        Outbox.participant_id == Participant.id, Outbox.event_start == event.starts, Outbox.state != "withdrawn",
        Outbox.mail != ACKNOWLEDGEMENT,
        sa.or_(Outbox.state == "waiting", Outbox.created_at >= move.at, Outbox.done_at >= move.at),
        sa.not_(unheard()),
    )  # fmt: skip
    query = sa.select(Participant).where(*can_be_told(event), Participant.registered_at < move.at, ~told.exists())
    return session.scalars(query.order_by(Participant.id)).all()


def _not_told_of_call(session: Session, event: EventConfig, call: Call) -> Sequence[Participant]:
    """Return who has no mail that says the event is cancelled; an answer to a registration since then says so too."""
    told = sa.select(Outbox.id).where(
        Outbox.participant_id == Participant.id, Outbox.mail == CANCELLED, Outbox.created_at >= call.at,
        Outbox.state != "withdrawn", sa.not_(unheard()),
    )  # fmt: skip
    answered = sa.and_(Participant.registered_at >= call.at, _answered(Outbox.created_at >= call.at))
    query = sa.select(Participant).where(*can_be_told(event), ~told.exists(), sa.not_(answered))
    return session.scalars(query.order_by(Participant.id)).all()


def _to_be_called_back(session: Session, event: EventConfig, call: Call) -> Sequence[Participant]:
    """Return who was told that the event is cancelled, and not yet that it takes place after all."""
    off = sa.select(Outbox.id).where(
        Outbox.participant_id == Participant.id, Outbox.mail == CANCELLED, Outbox.created_at >= call.before,
        Outbox.state.in_(_TAKEN),
    )  # fmt: skip
    told = sa.select(Outbox.id).where(
        Outbox.participant_id == Participant.id, Outbox.mail == RESTORED, Outbox.created_at >= call.at,
        Outbox.state != "withdrawn", sa.not_(unheard()),
    )  # fmt: skip
    answered = _answered(Outbox.created_at >= call.before, Outbox.created_at < call.at, Outbox.state.in_(_TAKEN))
    query = sa.select(Participant).where(*can_be_told(event), sa.or_(off.exists(), answered), ~told.exists())
    return session.scalars(query.order_by(Participant.id)).all()


def _answered(*when: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """Return the condition that a message which spoke of the participant has an answer, of such a time."""
    query = sa.select(Outbox.id).join(Change, Change.received_id == Outbox.received_id)
    query = query.where(Change.participant_id == Participant.id, Change.field == SPOKE)
    return query.where(Outbox.mail == ACKNOWLEDGEMENT, *when).exists()
